"""The best roles of many learners at once: what `matching.match` gives for each, bit for bit, over arrays of thousands.

docs/matching.md is the exact meaning. Sums are taken of the same terms in the same order as in `matching`, so that no
score differs in any bit. No reasons: `matching.gap` gives them for
one learner and role. Pure, on the snapshot. Called by batch runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .coverage import ROUNDING
from .layout import Flags, Floats, Ints, Longs
from .many_learners import Learners, many_holdings_of
from .policy import Policy
from .ranking import RoleSums, Touched, Verdicts, standings_of
from .role_index import RoleIndex, Weights
from .snapshot import Snapshot

CELLS_AT_ONCE = 400_000
"""Learners times roles that are looked at together: the marks of so many stay in a processor's cache."""
LEARNERS_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The best roles of learners: by learner, then best first. All columns but `totals` are by entry.

    Attributes:
        learners: place of the learner.   ranks: from 1.   roles: resource rows.   scores: 12 decimals.
        qualified: 1 yes, 0 no, -1 the role states nothing that must hold.
        musts_met: top musts that hold, of all levels.
        met, partial, missing: top requirements by how far they are covered, as in `RoleMatch`.
        totals: by learner, how many roles match.
    """

    learners: Longs
    ranks: Longs
    roles: Ints
    scores: Floats
    qualified: Verdicts
    musts_met: Longs
    met: Longs
    partial: Longs
    missing: Longs
    totals: Longs


class ManyMatches:
    """Matches of many learners on one snapshot under one policy. Made once, asked often."""

    def __init__(self, snapshot: Snapshot, policy: Policy, *, roles: Ints | None = None):
        """`roles`: only these rows are listed; None: all. Superseded ones are read at their last successor."""
        self._policy = policy
        self._standings = standings_of(snapshot, policy)
        self._holdings = many_holdings_of(snapshot, policy)
        self._index: RoleIndex = self._standings.index
        self._weights: Weights = self._standings.weights
        self._only = _only(snapshot, self._index, roles)
        count = len(self._index.roles)
        tops, owners = self._index.ranked_tops()
        met, missing = self._sorted_out(self._weights.coverage[tops])
        self._tops: Longs = np.bincount(owners, minlength=count)
        self._met: Longs = np.bincount(owners[met], minlength=count)
        self._missing: Longs = np.bincount(owners[missing], minlength=count)

    def _sorted_out(self, coverage: Floats) -> tuple[Flags, Flags]:
        """(met, missing) of tops."""
        covered = _rounded(coverage)
        met = covered >= self._policy.min_coverage
        return met, ~met & (covered <= 0)

    def best(self, learners: Learners, first: int) -> Ranked:
        """The first so many roles of each learner.

        Cost: what the learners touch; memory is bounded by the learners that are looked at together, not by all.
        """
        return _joined(list(self._parts(learners, first)), len(learners))

    def _parts(self, learners: Learners, first: int) -> Iterator[Ranked]:
        step = min(LEARNERS_AT_ONCE, max(1, CELLS_AT_ONCE // max(1, len(self._index.roles))))
        for start in range(0, len(learners), step):
            end = min(start + step, len(learners))
            yield self._rank(start, learners.part(start, end), first)

    def _rank(self, before: int, learners: Learners, first: int) -> Ranked:
        touched = self._standings.touched(self._holdings.reached(learners), learners.experience_days)
        standing = self._standings.at(len(learners), touched)
        count = max(1, len(self._index.roles))
        chosen, ranks, totals = self._chosen(standing, len(learners), first)
        keys = standing.keys[chosen]
        roles = keys % count
        met, missing = self._counted(standing, touched, chosen, roles)
        return Ranked(
            learners=keys // count + before,
            ranks=ranks,
            roles=self._index.roles[roles],
            scores=standing.scores[chosen],
            qualified=standing.qualified[chosen],
            musts_met=standing.musts_held[chosen],
            met=met,
            partial=self._tops[roles] - met - missing,
            missing=missing,
            totals=totals,
        )

    def _chosen(self, standing: RoleSums, learners: int, first: int) -> tuple[Longs, Longs, Longs]:
        """(places of the best among the keys, their ranks, how many are listed by learner)."""
        count = max(1, len(self._index.roles))
        listed = np.flatnonzero(standing.listed)
        if self._only is not None:
            listed = listed[self._only[standing.keys[listed] % count]]
        bounds = np.searchsorted(standing.keys[listed], np.arange(learners + 1) * count)
        totals = np.diff(bounds)
        scores = standing.scores[listed]
        kept = []
        for start, end in pairwise(bounds.tolist()):
            if end - start > first:
                own = scores[start:end]
                least = np.partition(own, end - start - first)[end - start - first]
                kept.append(np.flatnonzero(own >= least) + start)
            else:
                kept.append(np.arange(start, end))
        places = listed[np.concatenate(kept)] if kept else listed
        who = standing.keys[places] // count
        order = np.lexsort((places, -standing.musts_held[places], -standing.scores[places], who))
        places, who = places[order], who[order]
        ranks = np.arange(len(who)) - np.searchsorted(who, who) + 1
        return places[ranks <= first], ranks[ranks <= first], totals

    def _counted(self, standing: RoleSums, touched: Touched, chosen: Longs, roles: Longs) -> tuple[Longs, Longs]:
        """(met, missing) tops of the roles chosen."""
        _, nodes, coverage, _ = touched.tops
        slots = np.full(len(standing.keys), -1, np.int64)
        slots[chosen] = np.arange(len(chosen))
        slot = slots[standing.places]
        kept = slot >= 0
        slot, nodes = slot[kept], nodes[kept]
        met, missing = self._sorted_out(coverage[kept])
        met_before, missing_before = self._sorted_out(self._weights.coverage[nodes])
        more = met.astype(np.float64) - met_before
        less = missing.astype(np.float64) - missing_before
        size = len(chosen)
        return (
            self._met[roles] + np.bincount(slot, more, size).astype(np.int64),
            self._missing[roles] + np.bincount(slot, less, size).astype(np.int64),
        )


def _only(snapshot: Snapshot, index: RoleIndex, roles: Ints | None) -> Flags | None:
    """By role, whether it may be listed; None: all may."""
    if roles is None:
        return None
    places = index.position[snapshot.canonical[roles]]
    allowed = np.zeros(len(index.roles), np.bool_)
    allowed[places[places >= 0]] = True
    return allowed


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.rint(values * ROUNDING) / ROUNDING)


def _joined(parts: list[Ranked], learners: int) -> Ranked:
    """The parts one after the other."""
    if not parts:
        parts = [_nobody()]
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in Ranked.__slots__}
    assert len(columns["totals"]) == learners
    return Ranked(**columns)


def _nobody() -> Ranked:
    none, floats = np.zeros(0, np.int64), np.zeros(0)
    rows = np.zeros(0, np.int32)
    return Ranked(
        learners=none,
        ranks=none,
        roles=rows,
        scores=floats,
        qualified=np.zeros(0, np.int8),
        musts_met=none,
        met=none,
        partial=none,
        missing=none,
        totals=none,
    )
