"""What a search over many learners asks for: the requirement tree of a role, or one that the caller gives, as columns.

Weights, and what is true of somebody who holds nothing, are as in `role_index`: a role's tree and an equal one that is
given have the same scores. Pure, on the snapshot. Called by talent_scores.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ontology.errors import InputError

from .layout import Flags, Floats, Ints, Longs, NodeKind, ResourceType
from .policy import Policy
from .role_index import group_coverage
from .snapshot import Snapshot

NODES_AT_MOST: Final = 100
DEPTH_AT_MOST: Final = 5

_KINDS: Final = {
    int(ResourceType.CREDENTIAL): int(NodeKind.CREDENTIAL),
    int(ResourceType.COURSE): int(NodeKind.COURSE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A requirement that a caller gives: a leaf that asks for a row, or a group."""

    target: int = -1
    """Resource row; -1 for a group."""
    value: float | None = None
    """Asked level on `scale`."""
    scale: int = -1
    must: bool = True
    importance: float | None = None
    """0 to 1, where it is graded; it is no must then."""
    minimum: int | None = None
    """Of a group: how many children must hold; None: all of them."""
    children: tuple["Wish", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Requirements as columns by node; trees one after the other, children behind their parents.

    Attributes:
        nodes: rows of the snapshot; of a tree that was given, the places.   kinds: `NodeKind`.
        targets: rows asked for, of their last successors, -1 for groups.   values, scales, days: as in the snapshot.
        minimums, parents: by node; parents are places, -1 for tops.   musts, importances: as in the snapshot.
        levels: place of the role level, -1 for what every level asks.   level_count: how many levels the role has.
    """

    nodes: Longs
    kinds: Ints
    targets: Longs
    values: Floats
    scales: Ints
    days: Floats
    minimums: Ints
    parents: Ints
    musts: Flags
    importances: Floats
    levels: Ints
    level_count: int
    role: int | None = None
    """Row of the role, None where the tree was given."""

    def children(self) -> list[list[int]]:
        """Of each node the places of its children."""
        found: list[list[int]] = [[] for _ in self.parents]
        for place, parent in enumerate(self.parents.tolist()):
            if parent >= 0:
                found[parent].append(place)
        return found


def tree_of_role(snapshot: Snapshot, role: int) -> Tree:
    """The tree of a role; a superseded one is read at its last successor."""
    row = int(snapshot.canonical[role])
    first, last = int(snapshot.node_offsets[row]), int(snapshot.node_offsets[row + 1])
    low, high = int(snapshot.level_offsets[row]), int(snapshot.level_offsets[row + 1])
    span = slice(first, last)
    kinds = snapshot.node_kind[span]
    targets = np.where(kinds <= NodeKind.COURSE, snapshot.canonical[snapshot.node_target[span]], -1)
    parents, levels = snapshot.node_parent[span], snapshot.node_level[span]
    return Tree(
        nodes=np.arange(first, last),
        kinds=kinds.astype(np.int32),
        targets=targets.astype(np.int64),
        values=snapshot.node_value[span].astype(np.float64),
        scales=snapshot.node_scale[span].astype(np.int32),
        days=snapshot.node_days[span].astype(np.float64),
        minimums=snapshot.node_minimum[span].astype(np.int32),
        parents=np.where(parents >= 0, parents - first, -1).astype(np.int32),
        musts=snapshot.node_must[span],
        importances=snapshot.node_importance[span].astype(np.float64),
        levels=np.where(levels >= 0, levels - low, -1).astype(np.int32),
        level_count=high - low,
        role=row,
    )


def tree_of_wishes(snapshot: Snapshot, wishes: Sequence[Wish]) -> Tree:
    """The tree that a caller gives. Raises InputError (`talent.requirements`) for none, too many or too deep ones."""
    flat = list(_flattened(wishes, -1, 1, [0]))
    if not 0 < len(flat) <= NODES_AT_MOST:
        raise _refused(f"`requirements` are 1 to {NODES_AT_MOST} requirements, groups among them.")
    kinds, minimums = [], []
    for wish, _ in flat:
        if wish.target >= 0:
            kinds.append(_KINDS.get(int(snapshot.types[snapshot.canonical[wish.target]]), int(NodeKind.COMPETENCY)))
            minimums.append(0)
        else:
            count = len(wish.children)
            minimum = count if wish.minimum is None else wish.minimum
            if not count or not 1 <= minimum <= count:
                raise _refused("A group of requirements has children, and a minimum from 1 to as many.")
            kinds.append(int(NodeKind.ALL if minimum == count else NodeKind.ANY if minimum == 1 else NodeKind.AT_LEAST))
            minimums.append(minimum)
    count = len(flat)
    rows = np.array([wish.target for wish, _ in flat], np.int64)
    return Tree(
        nodes=np.arange(count),
        kinds=np.array(kinds, np.int32),
        targets=np.where(rows >= 0, snapshot.canonical[rows], -1).astype(np.int64),
        values=np.array([np.nan if wish.value is None else wish.value for wish, _ in flat], np.float64),
        scales=np.array([wish.scale for wish, _ in flat], np.int32),
        days=np.full(count, np.nan),
        minimums=np.array(minimums, np.int32),
        parents=np.array([parent for _, parent in flat], np.int32),
        musts=np.array([wish.must and wish.importance is None for wish, _ in flat], np.bool_),
        importances=np.array([np.nan if w.importance is None else w.importance for w, _ in flat], np.float64),
        levels=np.full(count, -1, np.int32),
        level_count=0,
    )


def _flattened(wishes: Sequence[Wish], parent: int, depth: int, count: list[int]) -> Iterator[tuple[Wish, int]]:
    """Each wish with the place of its parent, parents first."""
    if depth > DEPTH_AT_MOST:
        raise _refused(f"`requirements` nest at most {DEPTH_AT_MOST} deep.")
    for wish in wishes:
        place = count[0]
        count[0] += 1
        if place > NODES_AT_MOST:
            raise _refused(f"`requirements` are 1 to {NODES_AT_MOST} requirements, groups among them.")
        yield wish, parent
        yield from _flattened(wish.children, place, depth + 1, count)


def _refused(message: str) -> InputError:
    return InputError(message, code="talent.requirements", subject="requirements")


class TreeWeights:
    """What a tree weighs under a policy, and what is true of somebody who holds nothing.

    Attributes:
        tops: places of the tops.   unit: by node, the weight of a scored top, else 0.   total: their sum.
        coverage, holds: by node, of somebody who holds nothing.   weighted: their score times `total`.
    """

    def __init__(self, tree: Tree, policy: Policy):
        self.children = tree.children()
        should = np.where(np.isnan(tree.importances), policy.should_weight, tree.importances * policy.must_weight)
        leaf = np.where(tree.musts, policy.must_weight, should)
        leaf[tree.kinds >= NodeKind.ALL] = 0.0
        self.tops: list[int] = np.flatnonzero(tree.parents < 0).tolist()
        plain = (tree.kinds == NodeKind.COMPETENCY) | (tree.kinds >= NodeKind.ALL)
        self.unit: Floats = np.zeros(len(leaf))
        for top, end in zip(self.tops, [*self.tops[1:], len(leaf)], strict=True):
            if plain[top:end].all():
                self.unit[top] = leaf[top:end].max()
        self.coverage: Floats = np.zeros(len(leaf))
        self.holds: Flags = np.zeros(len(leaf), np.bool_)
        for place in range(len(leaf) - 1, -1, -1):
            self._start(tree, policy, place)
        self.total, self.weighted = 0.0, 0.0
        for top in self.tops:
            self.total += float(self.unit[top])
            self.weighted += float(self.unit[top] * self.coverage[top])

    def _start(self, tree: Tree, policy: Policy, place: int) -> None:
        kind, minimum = int(tree.kinds[place]), int(tree.minimums[place])
        if kind == NodeKind.COMPETENCY:
            self.holds[place] = policy.min_coverage <= 0
        elif kind == NodeKind.EXPERIENCE:
            # No document says how long somebody has worked.
            enough = float(tree.days[place]) <= 0
            self.holds[place], self.coverage[place] = enough, float(enough)
        elif kind >= NodeKind.ALL:
            below = self.children[place]
            self.coverage[place] = group_coverage(self.coverage[below].tolist(), minimum)
            self.holds[place] = int(np.count_nonzero(self.holds[below])) >= minimum
