"""What a level of one scale is on another, by the mappings that datasets state.

Knows scales and mappings alone. Called by whatever compares a level that is held with one that is asked for. Pure, made
once a snapshot.

A mapping says that two levels correspond, and so both ways. Who is at a level has all that is below it: of the mapped
levels that are not above what is held the highest counts, and where it corresponds to several the lowest of these.
Below the lowest mapped level nothing is known. Mappings are not chained. Where those between two scales contradict each
other, a higher level of the one being a lower one of the other, none of them counts.
"""

from collections import defaultdict
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from .layout import Floats, Ints, Longs
from .snapshot import Snapshot

_Point = tuple[float, float, int]
"""Fraction of the one scale, of the other, row of the mapping."""


class Comparison(StrEnum):
    """Whether levels of two scales compare."""

    SAME = "same"
    """It is one scale."""
    MAPPED = "mapped"
    """Mappings say which levels correspond; below the lowest of them nothing is known."""
    UNMAPPED = "unmapped"
    """No mapping leads from the one to the other."""
    CONTRADICTORY = "contradictory"
    """There are mappings, and none counts, for they contradict each other."""


class ReadLevel(NamedTuple):
    """A held level and what it is on the scale that is asked for."""

    scale: int
    """Scale row of what is held."""
    value: float
    asked: int
    """Scale row of what is asked for."""
    read: float
    """The level as a value of that scale."""
    fraction: float
    """Where that lies there, 0 to 1."""
    mapping: int
    """Row of the mapping that says so."""


class _Steps(NamedTuple):
    """How the levels of one scale are read on another: by mapped level, rising."""

    held: Floats
    matched: Floats
    rows: Longs


class LevelMappings:
    """All mappings of a snapshot. `none` says that levels compare on one scale alone."""

    def __init__(self, snapshot: Snapshot):
        self._snapshot = snapshot
        found: dict[tuple[int, int], list[_Point]] = defaultdict(list)
        for row, (one, other) in enumerate(zip(snapshot.mapping_scale, snapshot.mapping_matched_scale, strict=True)):
            low, high = sorted((int(one), int(other)))
            ends = (
                snapshot.fraction(int(one), float(snapshot.mapping_value[row])),
                snapshot.fraction(int(other), float(snapshot.mapping_matched_value[row])),
            )
            if low != high and not np.isnan(ends).any():
                found[low, high].append((*(ends if one < other else ends[::-1]), row))
        self._steps: dict[tuple[int, int], _Steps] = {}
        self._contradictory: set[tuple[int, int]] = set()
        for (low, high), points in found.items():
            if _contradict(points):
                self._contradictory.update(((low, high), (high, low)))
            else:
                self._steps[low, high] = _steps(points)
                self._steps[high, low] = _steps([(other, one, row) for one, other, row in points])
        self.none = not self._steps

    def comparable(self, scale: int) -> list[int]:
        """The other scales on which levels of this one can be read."""
        return sorted(to for own, to in self._steps if own == scale)

    def mapped(self, scale: int) -> list[int]:
        """The other scales that mappings join to this one, those whose mappings contradict each other among them."""
        return sorted({to for own, to in (*self._steps, *self._contradictory) if own == scale})

    def compare(self, scale: int, asked: int) -> Comparison:
        """Whether levels of the one scale can be read on the other, and why not."""
        if scale == asked:
            return Comparison.SAME
        if (scale, asked) in self._contradictory:
            return Comparison.CONTRADICTORY
        return Comparison.MAPPED if (scale, asked) in self._steps else Comparison.UNMAPPED

    def steps(self, scale: int, asked: int) -> list[ReadLevel]:
        """Each mapped level of the one scale and what it is on the other, rising; empty where they do not compare."""
        steps = self._steps.get((scale, asked))
        if steps is None:
            return []
        return [self._read(steps, place, scale, None, asked) for place in range(len(steps.rows))]

    def find(self, scale: int, value: float, asked: int) -> ReadLevel | None:
        """A level of one scale as it is read on another; None where that is not known, or both are one scale."""
        steps = self._steps.get((scale, asked))
        if steps is None:
            return None
        place = int(np.searchsorted(steps.held, self._snapshot.fraction(scale, value), "right")) - 1
        if place < 0 or value != value:
            return None
        return self._read(steps, place, scale, value, asked)

    def _read(self, steps: _Steps, place: int, scale: int, value: float | None, asked: int) -> ReadLevel:
        """A step; the level that is held is the mapped one where no `value` is given."""
        row = int(steps.rows[place])
        ends = float(self._snapshot.mapping_value[row]), float(self._snapshot.mapping_matched_value[row])
        read, held = ends if int(self._snapshot.mapping_scale[row]) == asked else ends[::-1]
        return ReadLevel(scale, held if value is None else value, asked, read, float(steps.matched[place]), row)

    def fraction(self, scale: int, value: float, asked: int) -> float:
        """Where a level lies on the scale that is asked for, 0 to 1; NaN where that is not known."""
        if scale == asked:
            return self._snapshot.fraction(scale, value)
        found = self.find(scale, value, asked)
        return float("nan") if found is None else found.fraction

    def fractions(self, scales: Longs | Ints, held: Floats, asked: Longs | Ints) -> Floats:
        """The same for many at once.

        Args:
            scales: scale rows of what is held; negative where there is none.
            held: as fractions of these.   asked: scale rows, negative where none is asked for.
        """
        found = np.where(scales == asked, held, np.nan)
        if self.none:
            return found
        rest = np.flatnonzero((scales != asked) & (scales >= 0) & (asked >= 0))
        count = len(self._snapshot.scale_iris)
        pairs, which = np.unique(scales[rest].astype(np.int64) * count + asked[rest], return_inverse=True)
        for number, pair in enumerate(pairs.tolist()):
            steps = self._steps.get(divmod(pair, count))
            if steps is not None:
                places = rest[which == number]
                at = np.searchsorted(steps.held, held[places], "right") - 1
                known = (at >= 0) & ~np.isnan(held[places])
                found[places[known]] = steps.matched[at[known]]
        return found


def _contradict(points: list[_Point]) -> bool:
    """Whether a higher level of the one scale is a lower level of the other."""
    highest = -np.inf
    ahead = -np.inf
    last = -np.inf
    for one, other, _ in sorted(points):
        if one > last:
            highest, last = max(highest, ahead), one
        if other < highest:
            return True
        ahead = max(ahead, other)
    return False


def _steps(points: list[_Point]) -> _Steps:
    """By level of the one scale the lowest of the other that it corresponds to."""
    lowest: dict[float, tuple[float, int]] = {}
    for one, other, row in sorted(points):
        lowest.setdefault(one, (other, row))
    return _Steps(
        np.array(list(lowest), np.float64),
        np.array([other for other, _ in lowest.values()], np.float64),
        np.array([row for _, row in lowest.values()], np.int64),
    )


def level_mappings_of(snapshot: Snapshot) -> LevelMappings:
    """The mappings of a snapshot; made once."""
    return snapshot.derived("level mappings", LevelMappings)
