"""What a learner has against what roles ask: scores of all roles at once, and one role in detail with the reasons.

docs/matching.md is the exact meaning. Pure, on the snapshot. Called by the service and the command line. Scores of all
roles are arrays; details are made for the roles that are looked at.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .coverage import (
    Link,
    rounded,
)
from .layout import Floats, Ints, Longs, NodeKind
from .policy import Held, HeldAward, HeldCompetency, Policy, Standing
from .ranking import Verdicts
from .ranking_head import Head, Ranked, ranked
from .results import EvidenceItem, Learner
from .role_detail import LevelOutcome, RoleMatch, UnitCoverage, detail_of
from .role_index import RoleIndex, role_index_of
from .snapshot import Snapshot

__all__ = [
    "EvidenceItem",
    "Held",
    "HeldAward",
    "HeldCompetency",
    "LeafCoverage",
    "LevelOutcome",
    "Link",
    "Matches",
    "Policy",
    "RoleMatch",
    "Standing",
    "UnitCoverage",
    "gap",
    "gaps",
    "leaf_coverages",
    "match",
]


class Matches:
    """Ranked roles. How many there are and which come first is there; `detail` makes the reasons of one.

    `rows`, `scores` and `qualified` bring all of them in order, which costs more than the first: `first` is for a page.
    """

    def __init__(self, learner: Learner, ranked: Ranked):
        self._learner = learner
        self._ranked = ranked

    def __len__(self) -> int:
        return len(self._ranked)

    def first(self, count: int) -> Head:
        """The first so many roles, fewer where there are fewer."""
        return self._ranked.first(count)

    def at(self, position: int) -> tuple[int, float, int]:
        """Resource row, score and verdict (as in `qualified`) of the role at a position."""
        return self._ranked.at(position)

    @property
    def rows(self) -> Ints:
        """Resource rows of the roles listed, best first."""
        return self._ranked.first(len(self)).rows

    @property
    def scores(self) -> Floats:
        """Of the same, 12 decimals."""
        return self._ranked.first(len(self)).scores

    @property
    def qualified(self) -> Verdicts:
        """Of the same: 1 yes, 0 no, -1 the role states nothing that must hold."""
        return self._ranked.first(len(self)).qualified

    def detail(self, position: int) -> RoleMatch:
        """The role at a position of the ranking, with units, levels, evidence."""
        return detail_of(self._learner, self._ranked.at(position)[0])


def gap(snapshot: Snapshot, held: Held, policy: Policy, role: int) -> RoleMatch:
    """One role in detail. A superseded role is read at its last successor."""
    return detail_of(Learner(snapshot, held, policy), int(snapshot.canonical[role]))


def gaps(snapshot: Snapshot, held: Held, policy: Policy, roles: Iterable[int]) -> list[RoleMatch]:
    """`gap` of several roles, in their order; what is held is looked at once."""
    learner = Learner(snapshot, held, policy)
    return [detail_of(learner, int(snapshot.canonical[role])) for role in roles]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafCoverage:
    """A leaf of a role's tree that asks for a thing, and how far that is covered."""

    node: int
    target: int
    """Resource row asked for (the last successor)."""
    coverage: float
    holds: bool
    level_unknown: bool


def leaf_coverages(snapshot: Snapshot, held: Held, policy: Policy, roles: Iterable[int]) -> list[list[LeafCoverage]]:
    """For each of these roles its leaves that ask for a competency, credential or course, by row."""
    learner = Learner(snapshot, held, policy)
    index = role_index_of(snapshot)
    found = []
    for role in roles:
        leaves = []
        nodes = snapshot.span("node_offsets", int(snapshot.canonical[role]))
        targets = index.targets(slice(nodes.start, nodes.stop)).tolist()
        for node, target in zip(nodes, targets, strict=True):
            kind = snapshot.node_kind[node]
            if kind == NodeKind.COMPETENCY:
                result = learner.competency(target, float(snapshot.node_value[node]), int(snapshot.node_scale[node]))
            elif kind <= NodeKind.COURSE:
                result = learner.thing(target)
            else:
                continue
            leaves.append(
                LeafCoverage(
                    node=node,
                    target=target,
                    coverage=rounded(result.coverage),
                    holds=result.holds,
                    level_unknown=result.level_unknown,
                )
            )
        found.append(leaves)
    return found


def match(
    snapshot: Snapshot, held: Held, policy: Policy, *, roles: Ints | None = None, named: Iterable[int] = ()
) -> Matches:
    """Roles with score > 0, or qualified, or with a level met, or named; by score, musts that hold, IRI.

    Args:
        snapshot: the release.
        held: what the learner has.
        policy: weights and factors.
        roles: only these rows are looked at; None: all. Superseded ones are read at their last successor.
        named: of these, rows that are listed also where nothing is met (`filter.ids`).
    """
    learner = Learner(snapshot, held, policy)
    index = role_index_of(snapshot)
    allowed = None
    if roles is not None:
        allowed = np.zeros(len(index.roles), np.bool_)
        allowed[_positions(snapshot, index, roles)] = True
    looked_at = _positions(snapshot, index, np.fromiter(named, np.int64))
    return Matches(learner, ranked(snapshot, policy, learner.holdings, named=looked_at, allowed=allowed))


def _positions(snapshot: Snapshot, index: RoleIndex, rows: Ints | Longs) -> Longs:
    """Positions of the ranked roles among these rows."""
    if not len(rows):
        return np.zeros(0, np.int64)
    positions = index.position[snapshot.canonical[rows]].astype(np.int64)
    return positions[positions >= 0]
