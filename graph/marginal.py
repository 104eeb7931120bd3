"""Which one competency, credential or course would open most roles, or raise their scores most.

Exact: what is told of a candidate is what a match that holds it too would tell. Pure, on the snapshot. Called by the
service. The meaning is docs/matching.md, "One thing more".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .coverage import holdings_of
from .layout import Flags, Floats, Ints, Longs, ResourceType
from .policy import Held, Policy
from .snapshot import Snapshot
from .standing import Changes, Standing, sources_of_competencies, sources_of_things

GAIN_DECIMALS = 9
"""Gains are sums of many differences: they are compared and shown at so many decimals."""


class MarginalOrder(StrEnum):
    """What comes first."""

    OPENED = "OPENED"
    """Most roles opened, then most levels, then the largest gain."""
    GAIN = "GAIN"
    """The largest gain, then most roles opened, then most levels."""


CANDIDATES = (ResourceType.COMPETENCY, ResourceType.CREDENTIAL, ResourceType.COURSE)
"""What may be the one thing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRaise:
    """What one thing more does to a role."""

    role: int
    before: float
    after: float
    opened: bool
    """Whether the role is qualified for after, and was not before."""
    levels_opened: int


class Marginals:
    """Candidates that change something, best first.

    Attributes:
        rows: resource rows of the candidates.
        opened: how many roles each opens;  levels_opened: how many role levels;  raised: how many roles get a higher
            score;  gains: the sum of what their scores rise by.
    """

    def __init__(self, standing: Standing, rows: Ints, changes: Changes, order: MarginalOrder):
        self._standing = standing
        self._changes = changes
        before = standing.scores[changes.roles]
        self._rises: Floats = np.maximum(changes.scores - before, 0.0)
        self._opens: Flags = changes.qualified & (standing.qualified[changes.roles] == 0)
        count = len(rows)
        opened: Longs = np.bincount(changes.owners[self._opens], minlength=count)
        levels = np.bincount(changes.owners, changes.levels_opened, count).astype(np.int64)
        raised: Longs = np.bincount(changes.owners[self._rises > 0], minlength=count)
        gains: Floats = np.bincount(changes.owners, self._rises, count).astype(np.float64).round(GAIN_DECIMALS)
        useful = np.flatnonzero((opened > 0) | (levels > 0) | (raised > 0))
        most, more, larger = opened[useful], levels[useful], -gains[useful]
        keys = (larger, -more, -most) if order is MarginalOrder.OPENED else (-more, -most, larger)
        self._owners: Longs = useful[np.lexsort((rows[useful], *keys))]
        self.rows: Ints = rows[self._owners]
        self.opened: Longs = opened[self._owners]
        self.levels_opened: Longs = levels[self._owners]
        self.raised: Longs = raised[self._owners]
        self.gains: Floats = gains[self._owners]
        self._bounds: Longs = np.searchsorted(changes.owners, np.arange(count + 1))

    def __len__(self) -> int:
        return len(self.rows)

    def roles(self, position: int) -> list[RoleRaise]:
        """The roles that the candidate at a position changes: opened ones first, then by gain, score, IRI."""
        owner, changes, standing = int(self._owners[position]), self._changes, self._standing
        lines = np.arange(self._bounds[owner], self._bounds[owner + 1])
        lines = lines[self._opens[lines] | (self._rises[lines] > 0) | (changes.levels_opened[lines] > 0)]
        keys = (changes.roles[lines], -changes.scores[lines], -self._rises[lines], ~self._opens[lines])
        found = []
        for line in lines[np.lexsort(keys)].tolist():
            role = int(changes.roles[line])
            found.append(
                RoleRaise(
                    role=int(standing.index.roles[role]),
                    before=float(standing.scores[role]),
                    after=max(float(changes.scores[line]), float(standing.scores[role])),
                    opened=bool(self._opens[line]),
                    levels_opened=int(changes.levels_opened[line]),
                )
            )
        return found


def marginal(
    snapshot: Snapshot,
    held: Held,
    policy: Policy,
    *,
    kinds: Iterable[ResourceType] = CANDIDATES,
    order: MarginalOrder = MarginalOrder.OPENED,
    roles: Ints | None = None,
) -> Marginals:
    """Every competency, credential and course that would change something, best first; ties by IRI.

    Cost: the leaves that ask for what candidates bring, and the groups above those; not candidates times roles.

    Args:
        kinds: of `CANDIDATES`, which are tried.
        roles: only these rows count; None: all. Superseded ones are read at their last successor.
    """
    standing = Standing(snapshot, held, policy)
    own = holdings_of(snapshot, held).things
    tried, found = [], []
    before = 0
    for kind in [kind for kind in CANDIDATES if kind in set(kinds)]:
        rows = snapshot.rows(kind)
        rows = rows[snapshot.canonical[rows] == rows]
        if kind is not ResourceType.COMPETENCY:
            rows = rows[~np.isin(rows, list(own))]
        sources = (
            sources_of_competencies(rows) if kind is ResourceType.COMPETENCY else sources_of_things(snapshot, rows)
        )
        found += [_moved(changes, before) for changes in standing.changes(sources, len(rows))]
        tried.append(rows)
        before += len(rows)
    changes = _of_roles(_joined(found), standing, roles)
    return Marginals(standing, np.concatenate(tried) if tried else np.zeros(0, np.int32), changes, order)


def _moved(changes: Changes, by: int) -> Changes:
    return Changes(
        owners=changes.owners + by,
        roles=changes.roles,
        scores=changes.scores,
        qualified=changes.qualified,
        levels_opened=changes.levels_opened,
        unscored_unmet=changes.unscored_unmet,
    )


def _joined(parts: list[Changes]) -> Changes:
    none = np.zeros(0, np.int64)
    return Changes(
        owners=np.concatenate([none, *(part.owners for part in parts)]),
        roles=np.concatenate([none, *(part.roles for part in parts)]),
        scores=np.concatenate([np.zeros(0), *(part.scores for part in parts)]),
        qualified=np.concatenate([np.zeros(0, np.bool_), *(part.qualified for part in parts)]),
        levels_opened=np.concatenate([none, *(part.levels_opened for part in parts)]),
        unscored_unmet=np.concatenate([none, *(part.unscored_unmet for part in parts)]),
    )


def _of_roles(changes: Changes, standing: Standing, roles: Ints | None) -> Changes:
    if roles is None:
        return changes
    wanted = np.zeros(len(standing.index.roles) + 1, np.bool_)
    wanted[standing.index.position[standing.snapshot.canonical[roles]]] = True  # -1, not ranked, is the last place
    kept = wanted[:-1][changes.roles]
    return Changes(
        owners=changes.owners[kept],
        roles=changes.roles[kept],
        scores=changes.scores[kept],
        qualified=changes.qualified[kept],
        levels_opened=changes.levels_opened[kept],
        unscored_unmet=changes.unscored_unmet[kept],
    )
