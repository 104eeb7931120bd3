"""One learner's ranking: how many roles are listed, and the first so many of them; all of them only where asked for.

docs/matching.md is the exact meaning; the sums are those of `ranking`, of the same terms in the same order. Scores are
made of all roles that are touched. What decides among equal scores, and whether a role is qualified for, is looked at
for the roles that may be among the first, which are found by score: the largest scores of stretches of roles tell a
score that so many reach. Cost: the requirements touched, and a few passes over the roles. Called by matching. Pure.
"""

from typing import NamedTuple, Protocol

import numpy as np

from .coverage import ROUNDING, Holdings
from .layout import Flags, Floats, Ints, Longs
from .many_learners import ManyHoldings, many_holdings_of
from .policy import Policy
from .ranking import SURELY_ABOVE_0, Standings, Touched, Verdicts, standings_of
from .snapshot import Snapshot

_SLICED_FROM = 20_000
"""Requirements touched from which their columns are copied in stretches: that is quicker than one by one."""
_DENSE_ROLES = 16_384
_DENSE_PART = 8
"""All roles are summed up where there are no more than so many, or where one touched comes on so many roles."""
_MANY_TIMES = 4
"""Of more than so many times as many roles as are wanted, the score is looked for that so many reach."""
_FIRST_AT_LEAST = 20
"""Of the first roles so many are put in order at once: a page asks for one after the other."""
_STRETCH = 128
"""Roles whose largest score stands for them where the first are looked for."""


class Head(NamedTuple):
    """The first roles of a ranking, best first."""

    rows: Ints
    scores: Floats
    """12 decimals."""
    qualified: Verdicts


class _Tops(Protocol):
    """Top requirements that something held bears on."""

    roles: Longs
    """Of each, its role's position."""
    gains: Floats
    """What each adds to its role's sum."""
    surely_scored: bool
    """Whether no role can have one of them and the score 0."""

    def chosen(self, which: Longs) -> Touched:
        """Those at these places, which rise."""

    def musts_won(self, roles: Longs) -> Longs:
        """How many musts of each of these roles hold that hold for nobody who holds nothing. Roles rise."""


class _Plain:
    """Leaves that ask for no level, lie in no group and weigh something: all that ask for a thing are covered alike.

    Given the rows that are reached, rising, and how far; None: wholly.
    """

    def __init__(self, standings: Standings, rows: Longs, factors: Floats | None):
        index = standings.index
        self._standings, self._factors = standings, factors
        self._starts, ends = index.leaf_offsets[rows], index.leaf_offsets[rows + 1]
        self._counts = ends - self._starts
        self._entries: tuple[Longs, Longs] | None = None
        """Entries of the index's leaves, and by which of the rows; None where they are copied in stretches."""
        if self._counts.sum() <= _SLICED_FROM:
            entries, owners = self._entries = index.gathered(rows)
            self.roles: Longs = index.leaf_roles[entries]
            self.gains: Floats = standings.unit_by_entry[entries]
            if factors is not None:
                self.gains *= factors[owners]
        else:
            stretches = [slice(*each) for each in zip(self._starts.tolist(), ends.tolist(), strict=True)]
            self.roles = np.concatenate([index.leaf_roles[each] for each in stretches])
            self.gains = np.concatenate([standings.unit_by_entry[each] for each in stretches])
            if factors is not None:
                self.gains *= np.repeat(factors, self._counts)
        least = standings.least_part * (1.0 if factors is None else float(factors.min(initial=1.0)))
        self.surely_scored = least > SURELY_ABOVE_0

    def chosen(self, which: Longs) -> Touched:
        """Those at these places, which rise."""
        before = np.cumsum(self._counts) - self._counts
        # Of rows that nothing asks for the last is found, which begins where the next one does.
        owners = np.searchsorted(before, which, "right") - 1
        entries = which - before[owners] + self._starts[owners]
        coverage = np.ones(len(which)) if self._factors is None else self._factors[owners]
        return self._standings.leaves(np.zeros(len(which), np.int64), entries, coverage)

    def musts_won(self, roles: Longs) -> Longs:
        """How many musts of each of these roles hold that hold for nobody who holds nothing. Roles rise."""
        standings, count = self._standings, len(self._standings.index.roles)
        if self._entries is None or count > _DENSE_ROLES:
            return _musts_won(standings, self, roles)
        entries, owners = self._entries
        won = standings.waiting[entries]
        if self._factors is not None:
            won &= standings.hold(self._factors)[owners]
        return np.bincount(self.roles, won, count)[roles].astype(np.int64)


class _Found:
    """Top requirements of any kind."""

    surely_scored = False

    def __init__(self, standings: Standings, touched: Touched):
        self._standings, self._touched = standings, touched
        self.roles: Longs = standings.roles_of(touched)
        self.gains: Floats = standings.gains(touched)

    def chosen(self, which: Longs) -> Touched:
        """Those at these places, which rise."""
        (learners, nodes, coverage, holds), entries = self._touched
        own = which[: np.searchsorted(which, len(entries))]
        return Touched((learners[which], nodes[which], coverage[which], holds[which]), entries[own])

    def musts_won(self, roles: Longs) -> Longs:
        """How many musts of each of these roles hold that hold for nobody who holds nothing. Roles rise."""
        return _musts_won(self._standings, self, roles)


def _of_roles(count: int, tops: _Tops, roles: Longs) -> Longs:
    """Places of the tops of these roles."""
    marked = np.zeros(count, np.bool_)
    marked[roles] = True
    return np.flatnonzero(marked[tops.roles])


def _musts_won(standings: Standings, tops: _Tops, roles: Longs) -> Longs:
    """The same of any tops."""
    count = len(standings.index.roles)
    which = _of_roles(count, tops, roles)
    _, nodes, _, holds = tops.chosen(which).tops
    must = standings.musts[nodes]
    numbers = np.empty(count, np.int64)
    numbers[roles] = np.arange(len(roles))
    won = holds[must].astype(np.float64) - standings.weights.holds[nodes[must]]
    return np.bincount(numbers[tops.roles[which[must]]], won, len(roles)).astype(np.int64)


def ranked(
    snapshot: Snapshot, policy: Policy, holdings: Holdings, *, named: Longs, allowed: Flags | None = None
) -> "Ranked":
    """The ranking of one who has this.

    Args:
        named: positions of roles that are listed whatever their score.
        allowed: by role, whether it may be listed; None: all may.
    """
    standings, reach = standings_of(snapshot, policy), many_holdings_of(snapshot, policy)
    return Ranked(standings, _tops(standings, reach, holdings), named=named, allowed=allowed)


def _tops(standings: Standings, reach: ManyHoldings, holdings: Holdings) -> _Tops:
    no_days = holdings.experience_days < standings.least_days
    claimed = np.array(sorted({source.competency for source in holdings.sources}), np.int64)
    if no_days and standings.all_plain(claimed) and reach.alone(claimed, holdings.things):
        return _Plain(standings, claimed, None)
    reached = reach.reached_by_one(holdings)
    if (
        no_days
        and not reached.depths.any()
        and standings.all_plain(reached.rows)
        and reached.factors.min(initial=1.0) > SURELY_ABOVE_0
    ):
        return _Plain(standings, reached.rows, reached.factors)
    return _Found(standings, standings.touched(reached, np.array([holdings.experience_days])))


class Ranked:
    """A learner's ranking. `len` is how many roles are listed."""

    def __init__(self, standings: Standings, tops: _Tops, *, named: Longs, allowed: Flags | None):
        self._standings, self._tops = standings, tops
        index, weights = standings.index, standings.weights
        count = len(index.roles)
        always = np.concatenate((standings.always, named)) if len(named) else standings.always
        if count <= _DENSE_ROLES or len(tops.roles) * _DENSE_PART >= count:
            self._keys: Longs | None = None
            sums = np.bincount(tops.roles, tops.gains, count)
            before, divisor = weights.weighted, weights.divisor
        else:
            marked = np.zeros(count, np.bool_)
            marked[always] = True
            marked[tops.roles] = True
            self._keys = np.flatnonzero(marked)
            numbers = np.empty(count, np.int64)
            numbers[self._keys] = np.arange(len(self._keys))
            sums = np.bincount(numbers[tops.roles], tops.gains, len(self._keys))
            before, divisor = weights.weighted[self._keys], weights.divisor[self._keys]
        self._sums: Floats = _in_last_decimals(sums.astype(np.float64, copy=False), before, divisor)
        """By key, the scores as whole numbers of the last decimal."""
        self._positive: Flags = self._sums > 0
        if allowed is not None:
            self._positive &= allowed if self._keys is None else allowed[self._keys]
            self._sums[~self._positive] = 0.0
        self._positives = int(np.count_nonzero(self._positive))
        self._others = self._listed_at_0(always, named, allowed)
        self._found: Head | None = None

    def __len__(self) -> int:
        return self._positives + len(self._others)

    def _scores(self, roles: Longs) -> Floats:
        places = roles if self._keys is None else np.searchsorted(self._keys, roles)
        scores: Floats = self._sums[places]
        return scores

    def _listed_at_0(self, always: Longs, named: Longs, allowed: Flags | None) -> Longs:
        """Roles that are listed though their score is 0, rising."""
        tops = self._tops
        if tops.surely_scored and not len(always):
            return _NONE
        suspects: Longs = np.unique(always if tops.surely_scored else np.concatenate((always, tops.roles)))
        suspects = suspects[self._scores(suspects) == 0]
        if allowed is not None:
            suspects = suspects[allowed[suspects]]
        if not len(suspects):
            return _NONE
        listed = self._looked_at(suspects).listed
        found: Longs = suspects[listed | np.isin(suspects, named)]
        return found

    def first(self, count: int) -> Head:
        """The first so many roles, fewer where there are fewer."""
        found = self._found
        if found is None or len(found.rows) < min(count, len(self)):
            found = self._found = self._in_order(max(count, _FIRST_AT_LEAST))
        return Head(found.rows[:count], found.scores[:count], found.qualified[:count])

    def at(self, position: int) -> tuple[int, float, int]:
        """Resource row, score and verdict of the role at a position."""
        found = self._found
        if found is None or len(found.rows) <= position:
            found = self.first(position + 1)
        return int(found.rows[position]), float(found.scores[position]), int(found.qualified[position])

    def _in_order(self, count: int) -> Head:
        """At least so many of the first, by score, musts that hold, both falling, then IRI."""
        roles = self._candidates(count)
        scores, looked_at = self._scores(roles), self._looked_at(roles)
        order = self._standings.in_order(roles, scores, looked_at.musts_held)
        rows = self._standings.index.roles[roles[order]]
        return Head(rows, scores[order] / ROUNDING, looked_at.qualified[order])

    def _candidates(self, count: int) -> Longs:
        """The first so many roles, and more that follow them, rising by position: all of at least some score."""
        if self._positives <= count:
            places = np.flatnonzero(self._positive)
            roles: Longs = places if self._keys is None else self._keys[places]
            return np.sort(np.concatenate((roles, self._others))) if len(self._others) else roles
        sums, least = self._sums, 1.0
        if len(sums) >= _STRETCH * count:
            least = max(1.0, _largest(np.maximum.reduceat(sums, np.arange(0, len(sums), _STRETCH)), count))
        places = np.flatnonzero(sums >= least)
        if len(places) > _MANY_TIMES * count:
            reached = sums[places]
            places = places[reached >= _largest(reached, count)]
        return places if self._keys is None else self._keys[places]

    def _looked_at(self, roles: Longs) -> "_Looked":
        """What decides, of these roles, rising."""
        standings, weights = self._standings, self._standings.weights
        if standings.any_levels:
            which = _of_roles(len(standings.index.roles), self._tops, roles)
            sums = standings.at(1, self._tops.chosen(which), also=roles)
            there = np.searchsorted(sums.keys, roles)
            return _Looked(sums.musts_held[there], sums.qualified[there], sums.listed[there])
        musts_won = self._tops.musts_won(roles)
        fine = weights.general_unmet[roles] <= musts_won
        qualified = np.where(weights.states[roles], fine, -1).astype(np.int8)
        return _Looked(weights.musts_held[roles] + musts_won, qualified, (self._scores(roles) > 0) | (qualified == 1))


def _largest(values: Floats, count: int) -> float:
    """The value that so many reach."""
    place = len(values) - count
    return float(np.partition(values, place)[place])


def _in_last_decimals(sums: Floats, before: Floats, divisor: Floats) -> Floats:
    """The sums, and what was there before, divided and rounded; made in place."""
    np.add(before, sums, out=sums)
    np.divide(sums, divisor, out=sums)
    np.multiply(sums, ROUNDING, out=sums)
    return np.rint(sums, out=sums)


class _Looked(NamedTuple):
    musts_held: Longs
    qualified: Verdicts
    listed: Flags


_NONE = np.zeros(0, np.int64)
