"""The best roles of many learners at once: what `matching.match` gives for each, bit for bit, over arrays of thousands.

docs/matching.md is the exact meaning. Sums are taken of the same terms in the same order as in `matching`, so that no
score differs in any bit. Only roles that something bears on are looked at. No reasons: `matching.gap` gives them for
one learner and role. Pure, on the snapshot. Called by batch runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from .coverage import ROUNDING
from .layout import Flags, Floats, Ints, Longs
from .many_groups import Found, GroupTrees
from .many_learners import Learners, ManyHoldings, Reached
from .policy import Policy
from .role_index import RoleIndex, Weights, role_index_of
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
    qualified: Ints
    musts_met: Longs
    met: Longs
    partial: Longs
    missing: Longs
    totals: Longs


class _Standing(NamedTuple):
    """Roles that are looked at, by key (learner * roles + role), and the places of the touched tops among them."""

    keys: Longs
    places: Longs
    scores: Floats
    qualified: Ints
    musts_held: Longs
    listed: Flags


class ManyMatches:
    """Matches of many learners on one snapshot under one policy. Made once, asked often; not safe from threads."""

    def __init__(self, snapshot: Snapshot, policy: Policy, *, roles: Ints | None = None):
        """`roles`: only these rows are listed; None: all. Superseded ones are read at their last successor."""
        self._snapshot = snapshot
        self._policy = policy
        self._index: RoleIndex = role_index_of(snapshot)
        self._weights: Weights = self._index.weights(policy)
        self._holdings = ManyHoldings(snapshot, policy)
        self._trees: GroupTrees = snapshot.derived("group trees", lambda own: GroupTrees(own, role_index_of(own)))
        self._only = _only(snapshot, self._index, roles)
        self._from_start()

    def _from_start(self) -> None:
        """What is true of somebody who holds nothing, by role."""
        snapshot, index, weights = self._snapshot, self._index, self._weights
        count = len(index.roles)
        tops = index.tops[index.node_role[index.tops] >= 0]
        met, missing = self._sorted_out(weights.coverage[tops])
        roles = index.node_role[tops]
        self._tops: Longs = np.bincount(roles, minlength=count)
        self._met: Longs = np.bincount(roles[met], minlength=count)
        self._missing: Longs = np.bincount(roles[missing], minlength=count)
        leaves = index.leaf_nodes
        self._leaf_roles: Longs = index.node_role[leaves].astype(np.int64)
        self._leaf_units: Floats = weights.unit[leaves]
        self._inside: Flags = snapshot.node_parent[leaves] >= 0
        self._any_inside = bool(self._inside.any())
        self._has_levels: Flags = np.bincount(index.level_role[index.level_role >= 0], minlength=count) > 0
        self._levels: Longs = np.flatnonzero(index.level_role >= 0)
        nobody = self._standing(0, np.arange(count), _NOTHING)
        self._always: Longs = nobody.keys[nobody.listed]
        """Roles that are listed for everybody."""

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
        touched = self._touched(learners)
        standing = self._standing(len(learners), self._always, touched)
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

    def _touched(self, learners: Learners) -> Found:
        """Tops that something held bears on, in the order in which `matching` adds them up."""
        index, snapshot = self._index, self._snapshot
        who, entries, coverage = self._covered(self._holdings.reached(learners))
        holds = _rounded(coverage) >= self._policy.min_coverage
        nodes = index.leaf_nodes[entries].astype(np.int64)
        found: list[Found] = [(who, nodes, coverage, holds)]
        inner: list[Found] = []
        if self._any_inside and (inside := self._inside[entries]).any():
            inner.append((who[inside], nodes[inside], coverage[inside], holds[inside]))
            found = [(who[~inside], nodes[~inside], coverage[~inside], holds[~inside])]
        if len(index.experience):
            days = snapshot.node_days[index.experience]
            enough = days[None, :] <= learners.experience_days[:, None]
            by, which = np.nonzero(enough)
            nodes = index.experience[which].astype(np.int64)
            holds = np.full(len(by), self._policy.min_coverage <= 1.0)
            inside = snapshot.node_parent[nodes] >= 0
            coverage = np.ones(len(by))
            found.append((by[~inside], nodes[~inside], coverage[~inside], holds[~inside]))
            if inside.any():
                inner.append((by[inside], nodes[inside], coverage[inside], holds[inside]))
        if inner:
            found.append(self._trees.tops(self._weights, _beside(inner)))
        return _beside(found)

    def _covered(self, reached: Reached) -> tuple[Longs, Longs, Floats]:
        """(learner, entry of the leaves, coverage), in that order, where it is above 0."""
        index = self._index
        firsts = np.flatnonzero(reached.depths == 0)
        starts = index.leaf_offsets[reached.rows[firsts]]
        counts = index.leaf_offsets[reached.rows[firsts] + 1] - starts
        before = np.cumsum(counts) - counts
        owners = np.repeat(firsts, counts)
        entries = np.arange(len(owners)) + np.repeat(starts - before, counts)
        coverage = self._factor(reached, owners, entries)
        if len(firsts) < len(reached.depths):
            place = before[np.cumsum(reached.depths == 0) - 1]
            for depth in range(1, int(reached.depths.max()) + 1):
                level = np.flatnonzero(reached.depths == depth)
                length = index.leaf_offsets[reached.rows[level] + 1] - index.leaf_offsets[reached.rows[level]]
                again = np.repeat(level, length)
                there = np.arange(len(again)) + np.repeat(place[level] - (np.cumsum(length) - length), length)
                coverage[there] = np.maximum(coverage[there], self._factor(reached, again, entries[there]))
        who = reached.learners[owners]
        if len(coverage) and coverage.min() < _SURELY_ABOVE_ZERO:
            kept = _rounded(coverage) > 0
            who, entries, coverage = who[kept], entries[kept], coverage[kept]
        return who, entries, coverage

    def _factor(self, reached: Reached, owners: Longs, entries: Longs) -> Floats:
        """How far each entry is covered by what reaches it."""
        index = self._index
        covered = reached.factors[owners]
        if not index.any_asks:
            return covered
        asks = index.asks[entries]
        need, have = index.needs[entries], reached.fractions[owners]
        comparable = (index.scales[entries] == reached.scales[owners]) & ~np.isnan(need)
        ratio = np.ones(len(entries))
        np.divide(have, need, out=ratio, where=comparable & (need > have))
        ratio[asks & ~comparable] = self._policy.unknown_level
        product: Floats = covered * np.where(asks, ratio, 1.0)
        return product

    def _standing(self, learners: int, always: Longs, touched: Found) -> _Standing:
        """Where the learners stand at the roles that are touched, and at those that are looked at for everybody."""
        index, weights, snapshot = self._index, self._weights, self._snapshot
        who, nodes, coverage, holds = touched
        count = len(index.roles)
        top_keys = who * count + index.node_role[nodes]
        marked = np.zeros((max(learners, 1), count), np.bool_)
        marked[:, always] = True
        marked.ravel()[top_keys] = True
        keys = np.flatnonzero(marked)
        numbers = np.empty(marked.size, np.int32)
        numbers[keys] = np.arange(len(keys), dtype=np.int32)
        places, roles, size = numbers[top_keys], keys % max(count, 1), len(keys)
        gained = weights.unit[nodes] * (coverage - weights.coverage[nodes])
        weighted = weights.weighted[roles] + np.bincount(places, gained, size)
        total = weights.total[roles]
        scores = _rounded(np.divide(weighted, total, out=np.zeros(size), where=total > 0))
        won = holds.astype(np.float64) - weights.holds[nodes]
        must = snapshot.node_must[nodes]
        musts_won = np.bincount(places[must], won[must], size).astype(np.int64)
        if not len(self._levels):
            general_met = weights.general_unmet[roles] - musts_won <= 0
            any_level = np.zeros(size, np.bool_)
        else:
            levels = snapshot.node_level[nodes]
            general = must & (levels < 0)
            general_met = weights.general_unmet[roles] - np.bincount(places[general], won[general], size) <= 0
            any_level = self._any_level(marked.shape[0], keys, general_met, (who, levels, won, must & (levels >= 0)))
        fine = general_met & (~self._has_levels[roles] | any_level)
        qualified = np.where(weights.states[roles], fine, -1).astype(np.int32)
        listed = (scores > 0) | (qualified == 1) | any_level
        if self._only is not None:
            listed &= self._only[roles]
        return _Standing(keys, places, scores, qualified, weights.musts_held[roles] + musts_won, listed)

    def _any_level(
        self, learners: int, keys: Longs, general_met: Flags, tops: tuple[Longs, Ints, Floats, Flags]
    ) -> Flags:
        """By key: whether a level of the role is met."""
        who, levels, won, of_level = tops
        index, weights = self._index, self._weights
        count, ranked = len(weights.level_unmet), self._levels
        by = who[of_level] * count + levels[of_level]
        left = weights.level_unmet - np.bincount(by, won[of_level], learners * count).reshape(learners, count)
        roles = index.level_role[ranked]
        general = np.tile(weights.general_unmet <= 0, (learners, 1))
        general.ravel()[keys] = general_met
        learner, level = np.nonzero((left[:, ranked] <= 0) & general[:, roles])
        met = np.zeros(general.shape, np.bool_)
        met[learner, roles[level]] = True
        any_level: Flags = met.ravel()[keys]
        return any_level

    def _chosen(self, standing: _Standing, learners: int, first: int) -> tuple[Longs, Longs, Longs]:
        """(places of the best among the keys, their ranks, how many are listed by learner)."""
        count = max(1, len(self._index.roles))
        listed = np.flatnonzero(standing.listed)
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

    def _counted(self, standing: _Standing, touched: Found, chosen: Longs, roles: Longs) -> tuple[Longs, Longs]:
        """(met, missing) tops of the roles chosen."""
        _, nodes, coverage, _ = touched
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


_SURELY_ABOVE_ZERO = 1e-11
_NOTHING: Found = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))


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


def _beside(found: list[Found]) -> Found:
    if len(found) == 1:
        return found[0]
    learners, nodes, coverage, holds = zip(*found, strict=True)
    return np.concatenate(learners), np.concatenate(nodes), np.concatenate(coverage), np.concatenate(holds)


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
        qualified=rows,
        musts_met=none,
        met=none,
        partial=none,
        missing=none,
        totals=none,
    )
