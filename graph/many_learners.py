"""What learners hold, in columns, and what it reaches: the first half of a match, of one learner or of thousands.

The meaning is that of `coverage.holdings_of` and of a learner in `matching`; here it is arrays over all learners of a
batch. Knows no roles' sums and no ranking. Called by matching and many_matches.
"""

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np

from .coverage import Holdings, Recent, chains_of, gifts_of
from .layout import Flags, Floats, Ints, Longs, ResourceType
from .policy import Held, Policy
from .role_index import role_index_of
from .snapshot import Snapshot

Item = TypeVar("Item")

_POLICIES_KEPT = 16
_REACHED_KEPT = 4_000_000
"""Pairs of a competency and what it reaches that are kept for a policy: 64 MB. Mostly there are a few thousand."""
_TOGETHER_FROM = 256
"""So many competencies of one learner are followed together, by level, and what each reaches by itself is not kept."""
_ONE_BY_ONE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Learners:
    """What learners hold, as rows of one snapshot. Claims of a learner lie together, in the learners' order.

    Attributes:
        claim_offsets: by learner and one more: where the claims of each begin.
        claims: competency rows.   values: NaN where the level is unknown.   scales: scale rows, -1 none.
        thing_offsets, things: the same of credentials and courses.
        experience_days: by learner.
    """

    claim_offsets: Longs
    claims: Ints
    values: Floats
    scales: Ints
    thing_offsets: Longs
    things: Ints
    experience_days: Floats

    def __len__(self) -> int:
        return len(self.experience_days)

    def part(self, start: int, end: int) -> "Learners":
        """The learners from one place up to another."""
        claims = slice(self.claim_offsets[start], self.claim_offsets[end])
        things = slice(self.thing_offsets[start], self.thing_offsets[end])
        return Learners(
            claim_offsets=self.claim_offsets[start : end + 1] - self.claim_offsets[start],
            claims=self.claims[claims],
            values=self.values[claims],
            scales=self.scales[claims],
            thing_offsets=self.thing_offsets[start : end + 1] - self.thing_offsets[start],
            things=self.things[things],
            experience_days=self.experience_days[start:end],
        )


def learners_of(held: Sequence[Held]) -> Learners:
    """The same in columns."""
    claims = [claim for each in held for claim in each.competencies]
    things = [row for each in held for row in (*each.credentials, *each.courses)]
    return Learners(
        claim_offsets=_offsets([len(each.competencies) for each in held]),
        claims=np.array([claim.row for claim in claims], np.int32),
        values=np.array([np.nan if claim.value is None else claim.value for claim in claims], np.float64),
        scales=np.array([claim.scale for claim in claims], np.int32),
        thing_offsets=_offsets([len(each.credentials) + len(each.courses) for each in held]),
        things=np.array(things, np.int32),
        experience_days=np.array([each.experience_days for each in held], np.float64),
    )


def _offsets(counts: Sequence[int]) -> Longs:
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64))).astype(np.int64)


class Reached(NamedTuple):
    """Rows that learners reach, in the order of (learner, row, depth).

    A row that is reached at several levels is there several times, with a depth for each.
    """

    learners: Longs
    rows: Longs
    factors: Floats
    """The best product of a chain at this level."""
    fractions: Floats
    """-1 where the level cannot be compared."""
    scales: Longs
    depths: Longs


_Sources = tuple[Longs, Longs, Floats, Floats, Longs]
"""Learner, row, factor, fraction, scale."""


class Spread:
    """A list of rows for each row (CSR), filled as rows are asked for where a maker is given."""

    def __init__(self, rows: int) -> None:
        self.starts: Ints | Longs = np.zeros(rows, np.int32)
        self.counts: Ints | Longs = np.full(rows, -1, np.int32)
        self.targets: Longs = np.zeros(0, np.int64)
        self.factors: Floats = np.zeros(0)

    def expanded(self, rows: Longs) -> tuple[Longs, Longs]:
        """(entries, which of the rows each belongs to)."""
        return spread_out(self.starts[rows], self.counts[rows])


def spread_out(starts: Ints | Longs, counts: Ints | Longs) -> tuple[Longs, Longs]:
    """(entries of spans that begin here and are so long, which of the spans each belongs to), span by span."""
    owners = np.repeat(np.arange(len(starts)), counts)
    before = np.cumsum(counts, dtype=np.int64) - counts
    return np.arange(len(owners)) + (starts - before)[owners], owners


class ManyHoldings:
    """What follows from what is held, for many at once, on a snapshot under a policy. Safe from several threads."""

    def __init__(self, snapshot: Snapshot, policy: Policy):
        self._snapshot = snapshot
        self._chains = chains_of(snapshot, policy)
        self._levels = role_index_of(snapshot).any_asks
        self._canonical: Ints = snapshot.canonical
        index = role_index_of(snapshot)
        asked = np.diff(index.leaf_offsets) > 0
        things = np.isin(snapshot.types, (ResourceType.COURSE, ResourceType.CREDENTIAL))
        self._asked: Flags = asked
        self._open: Flags = asked & ~things
        """Rows whose leaves competencies can cover."""
        self._reach = Spread(len(snapshot.types))
        self._exploring = threading.Lock()
        self._gifts()

    def _gifts(self) -> None:
        """Awards and teachings in columns, read at the last successors."""
        gifts, count = gifts_of(self._snapshot), len(self._canonical)
        self._awards = Spread(count)
        self._awards.starts, self._awards.counts, given = _in_columns(gifts.awards, count)
        self._awards.targets = np.array(given, np.int64)
        self._teachings = Spread(count)
        self._teachings.starts, self._teachings.counts, taught = _in_columns(gifts.teachings, count)
        self._teachings.targets = np.array([competency for competency, _, _ in taught], np.int64)
        values = np.array([value for _, value, _ in taught], np.float64)
        scales = np.array([scale for _, _, scale in taught], np.int64)
        self._taught_at = self._levelled(values, scales)

    def _levelled(self, values: Floats, scales: Longs) -> tuple[Floats, Longs]:
        """(fraction, scale) of levels; -1 and -1 where they cannot be compared."""
        if not self._levels:
            return np.full(len(values), -1.0), np.full(len(values), -1, np.int64)
        snapshot = self._snapshot
        known = scales >= 0
        if not known.any():
            return np.full(len(values), -1.0), np.full(len(values), -1, np.int64)
        which = np.where(known, scales, 0)
        low, high = snapshot.scale_minimum[which], snapshot.scale_maximum[which]
        known &= (high > low) & ~np.isnan(values)
        fractions = np.full(len(values), -1.0)
        part = (values[known] - low[known]) / (high[known] - low[known])
        fractions[known] = np.minimum(np.maximum(part, 0.0), 1.0)
        return fractions, np.where(known, scales, -1)

    def reached(self, learners: Learners) -> Reached:
        """What the learners reach of what any role asks for."""
        who = np.repeat(np.arange(len(learners)), np.diff(learners.claim_offsets))
        claimed = self._canonical[learners.claims].astype(np.int64)
        fractions, scales = self._levelled(learners.values, learners.scales.astype(np.int64))
        parts = []
        if len(learners.things):
            owners, things, taught = self._given(learners)
            who, claimed = np.concatenate((who, taught[0])), np.concatenate((claimed, taught[1]))
            fractions, scales = np.concatenate((fractions, taught[2])), np.concatenate((scales, taught[3]))
            parts.append(self._things(owners, things))
        return self._all(who, claimed, fractions, scales, parts)

    def reached_by_one(self, holdings: Holdings) -> Reached:
        """What one learner reaches of what any role asks for."""
        sources, things = holdings.sources, holdings.things
        claimed = np.array([source.competency for source in sources], np.int64)
        if self._levels:
            values = np.array([source.value for source in sources], np.float64)
            fractions, scales = self._levelled(values, np.array([source.scale for source in sources], np.int64))
        else:
            fractions, scales = np.full(len(sources), -1.0), np.full(len(sources), -1, np.int64)
        parts = []
        if things:
            parts.append(self._things(np.zeros(len(things), np.int64), np.fromiter(things, np.int64, len(things))))
        if len(claimed) >= _TOGETHER_FROM and not self._chains.all_end_in(claimed):
            return self._together(claimed, fractions, scales, parts)
        return self._all(np.zeros(len(sources), np.int64), claimed, fractions, scales, parts)

    def alone(self, claimed: Longs, things: Collection[int]) -> bool:
        """Whether these competencies reach themselves alone, and no role asks for any of these things."""
        if things and self._asked[np.fromiter(things, np.int64, len(things))].any():
            return False
        return self._chains.all_end_in(claimed)

    def _things(self, owners: Longs, things: Longs) -> _Sources:
        """Credentials and courses that are asked for, as what is reached."""
        asked = self._asked[things]
        owners, things = owners[asked], things[asked]
        count = len(owners)
        return owners, things, np.ones(count), np.full(count, -1.0), np.full(count, -1, np.int64)

    def _together(self, claimed: Longs, fractions: Floats, scales: Longs, parts: list[_Sources]) -> Reached:
        """What these competencies of one learner reach: those at one level together, whichever reaches it best."""
        levels, level = np.unique(np.stack((fractions, scales)), axis=1, return_inverse=True)
        level = level.reshape(-1)
        order = np.argsort(level, kind="stable")
        place, rows, factors = self._chains.leading_from_many(claimed[order], level[order])
        kept = self._open[rows]
        place, rows, factors = place[kept], rows[kept], factors[kept]
        parts.append(
            (np.zeros(len(rows), np.int64), rows, factors, levels[0][place], levels[1][place].astype(np.int64))
        )
        return self._joined(parts)

    def _all(self, who: Longs, claimed: Longs, fractions: Floats, scales: Longs, parts: list[_Sources]) -> Reached:
        """What these competencies reach, and the parts that are reached already."""
        reach = self._explore(claimed)
        entries, sources = reach.expanded(claimed)
        targets = reach.targets[entries]
        parts.append((who[sources], targets, reach.factors[entries], fractions[sources], scales[sources]))
        return self._joined(parts)

    def _joined(self, parts: list[_Sources]) -> Reached:
        if len(parts) == 1:
            return self._sorted(*parts[0])
        owners, rows, factors, levels, on = zip(*parts, strict=True)
        return self._sorted(
            np.concatenate(owners),
            np.concatenate(rows),
            np.concatenate(factors),
            np.concatenate(levels),
            np.concatenate(on),
        )

    def _given(self, learners: Learners) -> tuple[Longs, Longs, tuple[Longs, Longs, Floats, Longs]]:
        """Things held or given: (learner, row); and what they teach: (learner, competency, fraction, scale)."""
        owners = np.repeat(np.arange(len(learners)), np.diff(learners.thing_offsets))
        things = self._canonical[learners.things].astype(np.int64)
        entries, givers = self._awards.expanded(things)
        owners = np.concatenate((owners, owners[givers]))
        things = np.concatenate((things, self._awards.targets[entries]))
        entries, teachers = self._teachings.expanded(things)
        fractions, scales = self._taught_at
        taught = owners[teachers], self._teachings.targets[entries], fractions[entries], scales[entries]
        return owners, things, taught

    def _explore(self, rows: Longs) -> Spread:
        """What is known to be reached, these rows' included. Counts are set last: who sees them finds the rest."""
        reach = self._reach
        if (reach.counts[rows] >= 0).all():
            return reach
        with self._exploring:
            if len(self._reach.targets) > _REACHED_KEPT:
                self._reach = Spread(len(self._canonical))
            reach = self._reach
            self._explore_new(reach, np.unique(rows[reach.counts[rows] < 0]))
            return reach

    def _explore_new(self, reach: Spread, new: Longs) -> None:
        targets, factors, counts = [reach.targets], [reach.factors], []
        if len(new) > _ONE_BY_ONE:
            place, ends, products = self._chains.leading_from_many(new)
            kept = self._open[ends]
            targets.append(ends[kept])
            factors.append(products[kept])
            counts = np.bincount(place[kept], minlength=len(new)).tolist()
        for row in new.tolist() if len(new) <= _ONE_BY_ONE else ():
            found = self._chains.leading_from(row)
            ends = np.fromiter(found, np.int64, len(found))
            products = np.fromiter((chain.factor for chain in found.values()), np.float64, len(found))
            kept = self._open[ends]
            targets.append(ends[kept])
            factors.append(products[kept])
            counts.append(int(np.count_nonzero(kept)))
        before = len(reach.targets)
        reach.targets, reach.factors = np.concatenate(targets), np.concatenate(factors)
        reach.starts[new] = before + np.cumsum([0, *counts])[:-1]
        reach.counts[new] = counts

    def _sorted(self, learners: Longs, rows: Longs, factors: Floats, fractions: Floats, scales: Longs) -> Reached:
        """By learner, row and level, the best of each; depths counted."""
        keys = learners * len(self._canonical) + rows
        order = np.lexsort((scales, fractions, keys)) if self._levels else np.argsort(keys, kind="stable")
        keys, fractions, scales = keys[order], fractions[order], scales[order]
        new_row = np.ones(len(keys), np.bool_)
        new_row[1:] = keys[1:] != keys[:-1]
        new = new_row.copy()
        if self._levels:
            new[1:] |= (fractions[1:] != fractions[:-1]) | (scales[1:] != scales[:-1])
        starts = np.flatnonzero(new)
        factors = np.maximum.reduceat(factors[order], starts) if len(starts) else factors
        firsts = new_row[starts]
        depths = np.arange(len(starts))
        depths -= np.maximum.accumulate(np.where(firsts, depths, 0)) if len(starts) else 0
        kept = order[starts]
        return Reached(learners[kept], rows[kept], factors, fractions[starts], scales[starts], depths)


def many_holdings_of(snapshot: Snapshot, policy: Policy) -> ManyHoldings:
    """The same for all that ask under policies with equal chains."""
    kept: Recent[tuple[float, ...], ManyHoldings] = snapshot.derived("many holdings", _none_yet)
    return kept.get(policy.steps(), lambda: ManyHoldings(snapshot, policy))


def _none_yet(_: Snapshot) -> Recent[tuple[float, ...], ManyHoldings]:
    return Recent(_POLICIES_KEPT)


def _in_columns(lists: dict[int, list[Item]], rows: int) -> tuple[Ints, Ints, list[Item]]:
    """(start of each row's list, its length, all items)."""
    counts = np.zeros(rows, np.int32)
    items: list[Item] = []
    starts = np.zeros(rows, np.int32)
    for row in sorted(lists):
        starts[row], counts[row] = len(items), len(lists[row])
        items += lists[row]
    return starts, counts, items
