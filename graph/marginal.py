"""Which one competency, credential or course would open most roles, or raise their scores most.

Exact: what is told of a candidate is what a match that holds it too would tell. Pure, on the snapshot. Called by the
service. The meaning is docs/matching.md, "One thing more".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from ontology.errors import InputError

from .coverage import holdings_of
from .layout import Flags, Floats, Ints, Longs, ResourceType
from .policy import Held, Policy
from .snapshot import Snapshot
from .standing import Changes, Sources, Standing, sources_of_competencies, sources_of_things

GAIN_DECIMALS = 9
"""Gains are sums of many differences: they are compared and shown at so many decimals."""
ORDER_SHIFT = 3e-12
"""Added before what is compared is rounded: sums of the same numbers in another order differ in the last bits, and
fractions such as 1/1024 lie just between two rounded values."""


class MarginalOrder(StrEnum):
    """What comes first."""

    OPENED = "OPENED"
    """Most roles opened, then most levels, then the largest gain."""
    GAIN = "GAIN"
    """The largest gain, then most roles opened, then most levels."""


LEAVES_AT_MOST = 50_000_000
"""Leaves that all candidates are weighed on: some seconds of work. Full ESCO has 129,004."""
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


@dataclass(frozen=True, slots=True)
class _Tally:
    """Of each candidate: roles opened, role levels opened, roles raised, sum of the rises."""

    opened: Longs
    levels_opened: Longs
    raised: Longs
    gains: Floats


class _Effects:
    """What changes do to the roles that count."""

    def __init__(self, standing: Standing, roles: Ints | None):
        self.standing = standing
        self._counted: Flags = np.full(len(standing.index.roles) + 1, roles is None)
        if roles is not None:
            # A role that is not ranked has the position -1: the last place, which is no role's.
            self._counted[standing.index.position[standing.snapshot.canonical[roles]]] = True

    def of(self, changes: Changes) -> tuple[Longs, Flags, Floats]:
        """(lines that count, whether the role opens, what its score rises by)."""
        lines = np.flatnonzero(self._counted[:-1][changes.roles])
        roles = changes.roles[lines]
        opens = changes.qualified[lines] & (self.standing.qualified[roles] == 0)
        return lines, opens, np.maximum(changes.scores[lines] - self.standing.scores[roles], 0.0)

    def tally(self, sources: Sources, count: int) -> _Tally:
        """Of all candidates, in portions: what is kept of each is four numbers."""
        opened, levels, raised = (np.zeros(count, np.int64) for _ in range(3))
        gains = np.zeros(count)
        for changes in self.standing.changes(sources, count):
            lines, opens, rises = self.of(changes)
            owners = changes.owners[lines]
            opened += np.bincount(owners[opens], minlength=count)
            levels += np.bincount(owners, changes.levels_opened[lines], count).astype(np.int64)
            raised += np.bincount(owners[rises > 0], minlength=count)
            gains += np.bincount(owners, rises, count)
        return _Tally(opened, levels, raised, gains)


class Marginals:
    """Candidates that change something, best first.

    Attributes:
        rows: resource rows of the candidates.
        opened: how many roles each opens;  levels_opened: how many role levels;  raised: how many roles get a higher
            score;  gains: the sum of what their scores rise by.
    """

    def __init__(self, effects: _Effects, rows: Ints, tally: _Tally, order: MarginalOrder):
        self._effects = effects
        useful = np.flatnonzero((tally.opened > 0) | (tally.levels_opened > 0) | (tally.raised > 0))
        gains = tally.gains.round(GAIN_DECIMALS)
        most, more, larger = tally.opened[useful], tally.levels_opened[useful], -_comparable(tally.gains[useful])
        keys = (larger, -more, -most) if order is MarginalOrder.OPENED else (-more, -most, larger)
        best: Longs = useful[np.lexsort((rows[useful], *keys))]
        self.rows: Ints = rows[best]
        self.opened: Longs = tally.opened[best]
        self.levels_opened: Longs = tally.levels_opened[best]
        self.raised: Longs = tally.raised[best]
        self.gains: Floats = gains[best]

    def __len__(self) -> int:
        return len(self.rows)

    def roles(self, position: int) -> list[RoleRaise]:
        """The roles that the candidate at a position changes: opened ones first, then by gain, score, IRI."""
        standing = self._effects.standing
        sources = _sources(standing.snapshot, self.rows[position : position + 1])
        found = []
        for changes in standing.changes(sources, 1):
            lines, opens, rises = self._effects.of(changes)
            roles, scores, levels = changes.roles[lines], changes.scores[lines], changes.levels_opened[lines]
            places = np.flatnonzero(opens | (rises > 0) | (levels > 0))
            keys = (roles[places], -_comparable(scores[places]), -_comparable(rises[places]), ~opens[places])
            for place in places[np.lexsort(keys)].tolist():
                before = float(standing.scores[roles[place]])
                found.append(
                    RoleRaise(
                        role=int(standing.index.roles[roles[place]]),
                        before=before,
                        after=max(float(scores[place]), before),
                        opened=bool(opens[place]),
                        levels_opened=int(levels[place]),
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

    Cost: the leaves that ask for what candidates bring, and the groups above those; not candidates times roles. Memory:
    a portion of them.

    Args:
        kinds: of `CANDIDATES`, which are tried.
        roles: only these rows count; None: all. Superseded ones are read at their last successor.

    Raises:
        InputError: `input.too-large` where the leaves to weigh are more than `LEAVES_AT_MOST`.
    """
    effects = _Effects(Standing(snapshot, held, policy), roles)
    own = list(holdings_of(snapshot, held).things)
    candidates = []
    left = LEAVES_AT_MOST
    for kind in [kind for kind in CANDIDATES if kind in set(kinds)]:
        rows = snapshot.rows(kind)
        rows = rows[(snapshot.canonical[rows] == rows) & ~np.isin(rows, own)]
        sources = _sources(snapshot, rows)
        left -= effects.standing.load(sources)
        candidates.append((rows, sources))
    if left < 0:
        raise InputError(
            f"More than {LEAVES_AT_MOST} requirements ask for what candidates bring, or are in a group with these.",
            code="input.too-large",
            hint="Ask for one of the kinds at a time.",
        )
    none = np.zeros(0, np.int64)
    tallies = [_Tally(none, none, none, np.zeros(0))]
    tallies += [effects.tally(sources, len(rows)) for rows, sources in candidates]
    tried = [np.zeros(0, np.int32), *(rows for rows, _ in candidates)]
    whole = _Tally(
        np.concatenate([each.opened for each in tallies]),
        np.concatenate([each.levels_opened for each in tallies]),
        np.concatenate([each.raised for each in tallies]),
        np.concatenate([each.gains for each in tallies]),
    )
    return Marginals(effects, np.concatenate(tried), whole, order)


def _comparable(values: Floats) -> Floats:
    return (values + ORDER_SHIFT).round(GAIN_DECIMALS)


def _sources(snapshot: Snapshot, rows: Ints) -> Sources:
    """What candidates of one kind bring, one owner each."""
    if len(rows) and snapshot.types[rows[0]] == ResourceType.COMPETENCY:
        return sources_of_competencies(rows)
    return sources_of_things(snapshot, rows)
