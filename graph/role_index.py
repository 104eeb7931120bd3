"""The requirement trees of all roles, turned round: who asks for a thing, and what a role weighs under a policy.

Knows trees, weights and what holds for somebody who holds nothing; not who holds what. Called by matching. Pure; made
once a snapshot, and once for each of the last few policies.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .coverage import Recent
from .layout import Flags, Floats, Ints, Longs, NodeKind, ResourceType
from .policy import Policy
from .snapshot import Snapshot
from .trees import trees_of

Places = npt.NDArray[np.int16] | npt.NDArray[np.int32]
_POLICIES_KEPT = 16
_SMALL = int(np.iinfo(np.int16).max)


def group_coverage(coverages: Iterable[float], minimum: int) -> float:
    """Mean of the `minimum` largest coverages; children that are not there count 0; where none must hold: 1.

    Added up one by one from the largest on, as arrays are: `sum` rounds otherwise from Python 3.12 on.
    """
    if minimum <= 0:
        return 1.0
    total = 0.0
    for coverage in sorted(coverages, reverse=True)[:minimum]:
        total += coverage
    return total / minimum


class RoleIndex:
    """Roles that are ranked, and the nodes of their trees by what they ask for.

    A superseded role is not ranked beside its successor, nor are an old version's conditions added to the new one's.

    Attributes:
        roles: resource rows of ranked roles, by IRI. Arrays "by role" follow this order.
        position: by resource row, its position in `roles`, -1 where it is none of them.
        leaf_nodes, leaf_offsets: CSR by resource row (of the last successor): leaves that ask for it.
        leaf_roles, leaf_inside: by entry of `leaf_nodes`, the role's position, and whether it is in a group.
        asked_level: by entry of `leaf_nodes`, which level is asked, 0 none; a place in the next two.
        asked_scales, asked_fractions: its scale, -1 none, and how far up that scale it is, NaN unknown.
        scored: by node, whether it is a top that takes part in the score.
    """

    def __init__(self, snapshot: Snapshot):
        types, canonical = snapshot.types, snapshot.canonical
        rows = snapshot.rows(ResourceType.JOB_ROLE)
        last = canonical[rows]
        self.roles: Ints = rows[(last == rows) | (types[last] != ResourceType.JOB_ROLE)]
        self.position: Ints = np.full(len(types), -1, np.int32)
        self.position[self.roles] = np.arange(len(self.roles), dtype=np.int32)
        self.level_role: Ints = self.position[snapshot.level_owner]
        self._snapshot = snapshot
        ranked = self.position[snapshot.node_owner] >= 0
        is_leaf = snapshot.node_kind <= NodeKind.COURSE
        leaves = np.flatnonzero(is_leaf & ranked).astype(np.int32)
        targets = canonical[snapshot.node_target[leaves]]
        self.leaf_nodes: Ints = leaves[np.argsort(targets, kind="stable")]
        self.leaf_offsets: Longs = np.zeros(len(types) + 1, np.int64)
        np.cumsum(np.bincount(targets, minlength=len(types)), out=self.leaf_offsets[1:])
        self.leaf_roles: Longs = self.roles_of(self.leaf_nodes).astype(np.int64)
        self.leaf_inside: Flags = snapshot.node_parent[self.leaf_nodes] >= 0
        self._levels_asked(snapshot)
        self.experience: Ints = np.flatnonzero((snapshot.node_kind == NodeKind.EXPERIENCE) & ranked).astype(np.int32)
        self.tops: Ints = np.flatnonzero(snapshot.node_parent < 0).astype(np.int32)
        unscored = is_leaf & (snapshot.node_kind != NodeKind.COMPETENCY)
        counted = np.concatenate(([0], np.cumsum(unscored | (snapshot.node_kind == NodeKind.EXPERIENCE))))
        plain = counted[snapshot.node_end] == counted[:-1]
        self.scored: Flags = plain & (snapshot.node_parent < 0)
        self._kept: Recent[tuple[float, float, bool], Weights] = Recent(_POLICIES_KEPT)

    def _levels_asked(self, snapshot: Snapshot) -> None:
        nodes = self.leaf_nodes
        scales = np.where(snapshot.node_kind[nodes] == NodeKind.COMPETENCY, snapshot.node_scale[nodes], -1)
        asking = np.flatnonzero(scales >= 0)
        values, which = np.unique(snapshot.node_value[nodes[asking]], return_inverse=True)
        levels, places = np.unique(scales[asking].astype(np.int64) * len(values) + which, return_inverse=True)
        asked = [(level // len(values), values[level % len(values)]) for level in levels.tolist()]
        self.any_asks = bool(asked)
        self.asked_level: Places = (
            np.zeros(len(nodes), np.int16) if len(asked) <= _SMALL else np.zeros(len(nodes), np.int32)
        )
        self.asked_level[asking] = places + 1
        self.asked_scales: Ints = np.array([-1, *(scale for scale, _ in asked)], np.int32)
        fractions = (snapshot.fraction(scale, float(value)) for scale, value in asked)
        self.asked_fractions: Floats = np.array([np.nan, *fractions])

    def targets(self, nodes: Ints | Longs | slice) -> Ints:
        """What these nodes ask for, as the row of the last successor; -1 of those that are no leaves."""
        snapshot = self._snapshot
        found = snapshot.canonical[snapshot.node_target[nodes]]
        return np.where(snapshot.node_kind[nodes] <= NodeKind.COURSE, found, -1)

    def roles_of(self, nodes: Ints | Longs) -> Ints:
        """Positions in `roles` of these nodes' roles, -1 of nodes of others."""
        return self.position[self._snapshot.node_owner[nodes]]

    def ranked_tops(self) -> tuple[Ints, Ints]:
        """(nodes, positions of their roles) of the tops of ranked roles, by node."""
        roles = self.roles_of(self.tops)
        ranked = roles >= 0
        return self.tops[ranked], roles[ranked]

    def weights(self, policy: Policy) -> "Weights":
        """What roles weigh under a policy, shared by policies that agree in it."""
        key = (policy.must_weight, policy.should_weight, policy.min_coverage <= 0)
        return self._kept.get(key, lambda: Weights(self._snapshot, self, policy))

    def gathered(self, targets: Ints | Longs) -> tuple[Longs, Longs]:
        """(entries of `leaf_nodes` that ask for these rows, which of the rows each belongs to)."""
        starts, ends = self.leaf_offsets[targets], self.leaf_offsets[targets + 1]
        counts = ends - starts
        owners = np.repeat(np.arange(len(targets)), counts)
        before = np.cumsum(counts) - counts
        entries = np.arange(int(counts.sum())) - before[owners] + starts[owners]
        return entries, owners


def _summed(positions: Ints, values: Floats, count: int) -> Floats:
    return np.bincount(positions, values, count).astype(np.float64)


class Weights:
    """Weights of a policy, and what is true of somebody who holds nothing.

    Attributes:
        unit: by node, the weight of a scored top, else 0.   total: by role, the sum;  divisor: 1 where that is 0.
        coverage, holds: by node, of somebody who holds nothing: 0 and false but for groups that ask for nothing, and
            where the policy's `min_coverage` is 0.
        weighted, musts_held, general_unmet: by role;  level_unmet: by role level: sums of the same.
        states: by role, whether it or one of its levels states a must.
    """

    def __init__(self, snapshot: Snapshot, index: RoleIndex, policy: Policy):
        graded = snapshot.node_importance
        should = np.where(np.isnan(graded), policy.should_weight, graded * policy.must_weight)
        leaf = np.where(snapshot.node_must, policy.must_weight, should)
        leaf[snapshot.node_kind >= NodeKind.ALL] = 0.0
        self.unit: Floats = np.zeros(len(leaf))
        if len(index.tops):
            # Trees lie one after the other, so a tree is what is between its top and the next one.
            self.unit[index.tops] = np.maximum.reduceat(leaf, index.tops)
        self.unit[~index.scored] = 0.0
        self._start(snapshot, policy)
        tops, roles = index.ranked_tops()
        count = len(index.roles)
        self.total: Floats = _summed(roles, self.unit[tops], count)
        self.divisor: Floats = np.where(self.total > 0, self.total, 1.0)
        self.weighted: Floats = _summed(roles, self.unit[tops] * self.coverage[tops], count)
        must = snapshot.node_must[tops]
        held, levels = self.holds[tops], snapshot.node_level[tops]
        general = must & (levels < 0)
        self.musts_held: Longs = np.bincount(roles[must & held], minlength=count)
        self.general_unmet: Longs = np.bincount(roles[general & ~held], minlength=count)
        of_level = must & (levels >= 0)
        self.level_unmet: Longs = np.bincount(levels[of_level & ~held], minlength=len(snapshot.level_owner))
        self.states: Flags = np.bincount(roles[must], minlength=count) > 0

    def _start(self, snapshot: Snapshot, policy: Policy) -> None:
        self.holds: Flags = np.zeros(len(snapshot.node_kind), np.bool_)
        self.coverage: Floats = np.zeros(len(snapshot.node_kind))
        if policy.min_coverage <= 0:
            self.holds[snapshot.node_kind == NodeKind.COMPETENCY] = True
        trees = trees_of(snapshot)
        # Children follow their parent, so the last group has only leaves.
        for group in np.flatnonzero(snapshot.node_kind >= NodeKind.ALL)[::-1].tolist():
            children = trees.below(group)
            minimum = int(snapshot.node_minimum[group])
            self.coverage[group] = group_coverage(self.coverage[children].tolist(), minimum)
            self.holds[group] = int(np.count_nonzero(self.holds[children])) >= minimum


def role_index_of(snapshot: Snapshot) -> RoleIndex:
    """The index of a snapshot's roles, made at first use."""
    return snapshot.derived("roles", RoleIndex)


def ranked_roles(snapshot: Snapshot, roles: Ints | None) -> Ints:
    """Rows of the ranked roles among these, by IRI, each once; None: all. Superseded ones are their last successors."""
    index = role_index_of(snapshot)
    if roles is None:
        return index.roles
    positions = index.position[snapshot.canonical[roles]]
    return index.roles[np.unique(positions[positions >= 0])]
