"""What learners hold, each thing once, and how far each covers a requirement: shared by all learners of a search.

A hundred thousand learners hold a few thousand different things at a few levels. Coverage depends on these alone, so it
is looked up once for each and not for each learner. The meaning is that of `many_learners` and `ranking`, which do the
same for learners. Pure, on the snapshot. Called by talent_scores.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ontology.credentials.claims import Reference

from .awards import find, level_of
from .coverage import ROUNDING, Recent, chains_of, gifts_of
from .layout import Floats, Longs, ResourceType
from .level_mappings import level_mappings_of
from .policy import Policy
from .snapshot import Snapshot

_REACHES_KEPT = 8
_Key = tuple[int, float | None, int]


@dataclass(frozen=True, slots=True)
class _Reach:
    """By target the sources that lead there: CSR, sorted by (target, source)."""

    targets: Longs
    offsets: Longs
    sources: Longs
    """Competency rows."""
    factors: Floats


class Items:
    """The things that claims say are held, on one snapshot: competencies at levels, credentials, courses.

    Claims are numbered by the index, and looked up here in the order of their numbers. Safe from several threads.
    """

    def __init__(self, snapshot: Snapshot):
        self.snapshot = snapshot
        self._lock = threading.Lock()
        self._numbers: dict[_Key, int] = {}
        self._of_claims: Longs = np.zeros(0, np.int64)
        self._sources: _Sources | None = None
        self._reaches: Recent[tuple[object, ...], _Reach] = Recent(_REACHES_KEPT)

    def of_claims(self, claims: Sequence[Reference]) -> Longs:
        """By number of a claim its item, -1 where nothing of the release is meant. Looks up what is new."""
        with self._lock:
            known = len(self._of_claims)
            if known < len(claims):
                found = [self._item(each) for each in claims[known:]]
                self._of_claims = np.concatenate((self._of_claims, np.array(found, np.int64)))
            return self._of_claims

    def _item(self, reference: Reference) -> int:
        row = find(self.snapshot, reference)
        if row is None:
            return -1
        row = int(self.snapshot.canonical[row])
        key: _Key = (row, None, -1)
        if self.snapshot.types[row] == ResourceType.COMPETENCY:
            key = (row, *level_of(self.snapshot, reference.levels))
        return self._numbers.setdefault(key, len(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def covering(self, policy: Policy, target: int, value: float, scale: int) -> tuple[Longs, Floats]:
        """(items, coverage) of what covers a leaf, the least first; an item may be there several times.

        Args:
            target: row asked for, of the last successor.
            value, scale: the level asked for; scale -1: none.
        """
        sources = self._all_sources()
        if self.snapshot.types[target] in (ResourceType.COURSE, ResourceType.CREDENTIAL):
            items = sources.having(target)
            return items, np.ones(len(items))
        reach = self._reaches.get((policy.steps(), len(sources.rows)), lambda: self._reach(sources, policy))
        place = int(np.searchsorted(reach.targets, target))
        if place == len(reach.targets) or reach.targets[place] != target:
            return np.zeros(0, np.int64), np.zeros(0)
        span = slice(reach.offsets[place], reach.offsets[place + 1])
        entries, owners = sources.giving(reach.sources[span])
        coverage = reach.factors[span][owners] * self._ratios(sources, entries, policy, value, scale)
        kept = np.rint(coverage * ROUNDING) > 0
        items, coverage = sources.items[entries[kept]], coverage[kept]
        order = np.argsort(coverage, kind="stable")
        return items[order], coverage[order]

    def _ratios(self, sources: "_Sources", entries: Longs, policy: Policy, value: float, scale: int) -> Floats:
        """Have over need of each source, 1 where no level is asked; as `ranking.Standings` has it."""
        if scale < 0:
            return np.ones(len(entries))
        need = self.snapshot.fraction(scale, value)
        on = sources.scales[entries]
        have = level_mappings_of(self.snapshot).fractions(on, sources.fractions[entries], np.full(len(on), scale))
        comparable = ~np.isnan(have) & (not np.isnan(need))
        ratios = np.ones(len(entries))
        np.divide(have, need, out=ratios, where=comparable & (need > have))
        ratios[~comparable] = policy.unknown_level
        return ratios

    def _all_sources(self) -> "_Sources":
        """What the items give, made anew where items came."""
        with self._lock:
            found = self._sources
            if found is None or found.count != len(self._numbers):
                found = self._sources = _Sources(self.snapshot, list(self._numbers))
            return found

    def _reach(self, sources: "_Sources", policy: Policy) -> _Reach:
        starts = np.unique(sources.rows)
        place, targets, factors = chains_of(self.snapshot, policy).leading_from_many(starts)
        order = np.lexsort((place, targets))
        ends, firsts = np.unique(targets[order], return_index=True)
        offsets = np.concatenate((firsts, [len(order)])).astype(np.int64)
        return _Reach(ends, offsets, starts[place[order]], factors[order])


class _Sources:
    """What items give: competencies at levels (by row), credentials and courses (by row)."""

    def __init__(self, snapshot: Snapshot, items: Sequence[_Key]):
        gifts = gifts_of(snapshot)
        self.count = len(items)
        rows: list[tuple[int, float, int, int]] = []
        things: list[tuple[int, int]] = []
        for number, (row, value, scale) in enumerate(items):
            if snapshot.types[row] == ResourceType.COMPETENCY:
                rows.append((row, np.nan if value is None else value, scale, number))
                continue
            for thing in (row, *gifts.awards.get(row, ())):
                things.append((thing, number))
                rows.extend(
                    (competency, taught, on, number) for competency, taught, on in gifts.teachings.get(thing, ())
                )
        rows.sort(key=lambda each: (each[0], each[3]))
        things.sort()
        self.rows: Longs = np.array([each[0] for each in rows], np.int64)
        values = np.array([each[1] for each in rows], np.float64)
        scales = np.array([each[2] for each in rows], np.int64)
        self.items: Longs = np.array([each[3] for each in rows], np.int64)
        self.fractions, self.scales = _levelled(snapshot, values, scales)
        self._things: Longs = np.array([each[0] for each in things], np.int64)
        self._havers: Longs = np.array([each[1] for each in things], np.int64)

    def having(self, thing: int) -> Longs:
        """Items that are, or give, a credential or course."""
        low, high = np.searchsorted(self._things, [thing, thing + 1])
        return self._havers[low:high]

    def giving(self, rows: Longs) -> tuple[Longs, Longs]:
        """(entries of the columns that give these competencies, which of the rows each belongs to)."""
        low = np.searchsorted(self.rows, rows)
        counts = np.searchsorted(self.rows, rows, "right") - low
        owners = np.repeat(np.arange(len(rows)), counts)
        before = np.cumsum(counts) - counts
        return np.arange(int(counts.sum())) - before[owners] + low[owners], owners


def _levelled(snapshot: Snapshot, values: Floats, scales: Longs) -> tuple[Floats, Longs]:
    """(fraction, scale) of levels; -1 and -1 where they cannot be compared."""
    known = scales >= 0
    fractions = np.full(len(values), -1.0)
    if known.any():
        which = np.where(known, scales, 0)
        low, high = snapshot.scale_minimum[which], snapshot.scale_maximum[which]
        known &= (high > low) & ~np.isnan(values)
        part = (values[known] - low[known]) / (high[known] - low[known])
        fractions[known] = np.minimum(np.maximum(part, 0.0), 1.0)
    return fractions, np.where(known, scales, -1)
