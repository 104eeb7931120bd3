"""What would change if a learner held more: roles that open, scores and ranks before and after.

Two matches and their difference. Pure, on the snapshot. Called by the service and the command line. The meaning is
docs/matching.md, "What if".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .layout import Flags, Floats, Ints, Longs
from .matching import RoleMatch, match
from .policy import Held, Policy
from .role_index import ranked_roles
from .snapshot import Snapshot
from .standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """One role before and after."""

    before: RoleMatch
    after: RoleMatch
    rank_before: int | None
    """From 1, in the match before; None where that does not list the role."""
    rank_after: int | None
    gained: float
    """What its score rises by, 12 decimals."""
    opened: bool
    """Whether it is qualified for after, and was not before."""
    levels_opened: tuple[int, ...]
    """Role level rows that are met after and were not before, lowest first."""
    closed: tuple[int, ...]
    """Node rows of the top musts that hold after and did not before, by IRI."""


class RoleChanges:
    """Roles that change: first those that open, then by gain, then by the score after, all falling, then by IRI.

    Attributes:
        rows: resource rows of the roles.
        gains: of the same, what the score rises by;  scores: what it is after;  opened: whether the role opens.
        levels_opened: how many levels are met after and were not before, over all roles.
        listed_before, listed_after: how many roles a match lists.
    """

    def __init__(self, before: "_Side", after: "_Side"):
        self._before, self._after = before, after
        self.listed_before, self.listed_after = len(before.ranks), len(after.ranks)
        gains = np.round(after.scores - before.scores, 12)
        opened: Flags = (after.qualified == 1) & (before.qualified == 0)
        changed = np.flatnonzero((gains > 0) | (after.musts_held > before.musts_held))
        keys = before.rows[changed], -after.scores[changed], -gains[changed], ~opened[changed]
        self._places: Longs = changed[np.lexsort(keys)]
        self.rows: Ints = before.rows[self._places]
        self.gains: Floats = gains[self._places]
        self.scores: Floats = after.scores[self._places]
        self.opened: Flags = opened[self._places]
        self.levels_opened = int(np.count_nonzero(after.levels_met & ~before.levels_met))

    def __len__(self) -> int:
        return len(self.rows)

    def detail(self, position: int) -> RoleChange:
        """The role at a position, before and after."""
        row, place = int(self.rows[position]), int(self._places[position])
        before, after = self._before.detail(place), self._after.detail(place)
        met = {level.level for level in before.levels if level.qualified}
        return RoleChange(
            before=before,
            after=after,
            rank_before=self._before.ranks.get(row),
            rank_after=self._after.ranks.get(row),
            gained=float(self.gains[position]),
            opened=bool(self.opened[position]),
            levels_opened=tuple(level.level for level in after.levels if level.qualified and level.level not in met),
            closed=tuple(sorted(self._after.musts(row) - self._before.musts(row))),
        )


class _Side:
    """All roles looked at, by row, as a learner stands with them."""

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy, roles: Ints, named: Sequence[int]):
        standing = Standing(snapshot, held, policy)
        found = match(snapshot, held, policy, roles=roles, named=roles.tolist())
        order = np.argsort(found.rows)
        self._found, self._order = found, order
        self._standing, self._must = standing, snapshot.node_must & (snapshot.node_parent < 0)
        self.rows: Ints = found.rows[order]
        self.scores: Floats = found.scores[order]
        self.qualified = found.qualified[order]
        positions = standing.index.position[self.rows]
        self.musts_held: Longs = standing.musts_held[positions]
        levels = standing.index.level_role
        last = snapshot.canonical[np.asarray(named, np.int32)]
        wanted = np.isin(levels, positions)
        self.levels_met: Flags = standing.level_met & wanted
        has_level = np.bincount(levels[self.levels_met], minlength=len(standing.index.roles))[positions] > 0
        listed = (self.scores > 0) | (self.qualified == 1) | has_level | np.isin(self.rows, last)
        ranked = found.rows[listed[np.argsort(order)]].tolist()
        self.ranks = {row: place for place, row in enumerate(ranked, 1)}
        """From 1, of the roles that a match lists."""

    def detail(self, place: int) -> RoleMatch:
        return self._found.detail(int(self._order[place]))

    def musts(self, role: int) -> set[int]:
        """Top musts of a role that hold."""
        nodes = np.arange(*self._standing.snapshot.node_offsets[role : role + 2])
        return set(nodes[self._must[nodes] & self._standing.holds[nodes]].tolist())


def added(held: Held, more: Held) -> Held:
    """What is held and more; days of experience add up."""
    return Held(
        competencies=(*held.competencies, *more.competencies),
        credentials=(*held.credentials, *more.credentials),
        courses=(*held.courses, *more.courses),
        awards=(*held.awards, *more.awards),
        experience_days=held.experience_days + more.experience_days,
    )


def what_if(
    snapshot: Snapshot,
    held: Held,
    more: Held,
    policy: Policy,
    *,
    roles: Ints | None = None,
    named: Sequence[int] = (),
) -> RoleChanges:
    """Roles whose score rises, or of which a further top must holds, when more is held.

    Args:
        roles: only these rows are looked at and ranked; None: all. Superseded ones are read at their last successor.
        named: of these, rows that a match lists also where nothing is met.
    """
    ranked = ranked_roles(snapshot, roles)
    before = _Side(snapshot, held, policy, ranked, named)
    return RoleChanges(before, _Side(snapshot, added(held, more), policy, ranked, named))
