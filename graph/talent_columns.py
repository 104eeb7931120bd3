"""Learners of a search as columns: until when who may find them, and what they hold until when.

Knows claims by number and no release: what they mean there is looked up when it is asked. Immutable but for marks of
those that are gone. Called by talent_index and talent_scores.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from .layout import Flags, Floats, Ints, Longs
from .talent_items import Items

FOREVER: Final = float("inf")
ID_BYTES: Final = 16
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One learner."""

    learner: str
    consents: tuple[tuple[int, float], ...]
    """(receiver, until when): numbers of the index, seconds since 1970."""
    awards: tuple[tuple[int, float], ...]
    """(claim, until when), each claim once."""


@dataclass(frozen=True, slots=True)
class Postings:
    """By item who holds it, and until when."""

    offsets: Longs
    slots: Ints
    """Of an item each once, rising."""
    untils: Floats
    soonest: Floats
    """By item, when the first of its holders holds it no longer."""

    def holders(self, item: int, now: float) -> Ints:
        """Slots of those who hold an item at this time, rising."""
        span = slice(self.offsets[item], self.offsets[item + 1])
        return self.slots[span] if self.soonest[item] >= now else self.slots[span][self.untils[span] >= now]


class Part:
    """Some learners, each at a slot."""

    def __init__(self, entries: Sequence[Entry]):
        self.learners = [each.learner for each in entries]
        self.alive: Flags = np.ones(len(entries), np.bool_)
        self.ids: Bytes = np.frombuffer(bytes.fromhex("".join(self.learners)), np.uint8).reshape(-1, ID_BYTES)
        self._consents = _columns([each.consents for each in entries])
        self._awards = _columns([each.awards for each in entries])
        self.places = {learner: slot for slot, learner in enumerate(self.learners)}
        self._kept: tuple[Items, int, Postings] | None = None

    def __len__(self) -> int:
        return len(self.learners)

    @property
    def awards(self) -> int:
        """How many are counted, over all learners."""
        return len(self._awards[1])

    @property
    def size_bytes(self) -> int:
        """Of the columns."""
        kept = self._kept
        columns = sum(slots.nbytes + numbers.nbytes + untils.nbytes for slots, numbers, untils in self._both())
        made = kept[2].offsets.nbytes + kept[2].slots.nbytes + kept[2].untils.nbytes if kept else 0
        return columns + made + self.ids.nbytes + self.alive.nbytes

    def _both(self) -> "tuple[_Columns, _Columns]":
        return self._consents, self._awards

    def findable(self, receivers: Sequence[int], now: float) -> Flags:
        """By slot, whether a consent to one of these receivers is in force."""
        slots, whom, untils = self._consents
        found = np.zeros(len(self), np.bool_)
        found[slots[np.isin(whom, receivers) & (untils > now)]] = True
        return found & self.alive

    def postings(self, items: Items, of_claims: Longs) -> Postings:
        """Who holds each item of a release. Made once for each release, and anew where items came."""
        kept = self._kept
        if kept is not None and kept[0] is items and kept[1] == len(of_claims):
            return kept[2]
        slots, claims, untils = self._awards
        own = of_claims[claims]
        known = own >= 0
        own, slots, untils = own[known], slots[known], untils[known]
        order = np.lexsort((-untils, slots, own))
        own, slots, untils = own[order], slots[order], untils[order]
        new = np.ones(len(own), np.bool_)  # what is held twice counts as long as the longer one does
        new[1:] = (own[1:] != own[:-1]) | (slots[1:] != slots[:-1])
        own, slots, untils = own[new], slots[new], untils[new]
        offsets = np.concatenate(([0], np.cumsum(np.bincount(own, minlength=len(items))))).astype(np.int64)
        held = np.flatnonzero(np.diff(offsets))
        soonest = np.full(len(items), FOREVER)
        soonest[held] = np.minimum.reduceat(untils, offsets[held]) if len(held) else FOREVER
        made = Postings(offsets, slots, untils, soonest)
        self._kept = (items, len(of_claims), made)
        return made

    def claims(self) -> Longs:
        """Numbers of the claims of those that are not gone, each once."""
        slots, claims, _ = self._awards
        return np.unique(claims[self.alive[slots]]).astype(np.int64)

    def entry(self, slot: int) -> Entry:
        """A learner as they came."""
        return Entry(learner=self.learners[slot], consents=_own(self._consents, slot), awards=_own(self._awards, slot))

    def entries(self) -> list[Entry]:
        """Those that are not gone, as they came."""
        return [self.entry(slot) for slot in np.flatnonzero(self.alive).tolist()]


_Columns = tuple[Ints, Ints, Floats]
"""Slot, number, until when."""


def _columns(lists: Sequence[tuple[tuple[int, float], ...]]) -> _Columns:
    slots = np.repeat(np.arange(len(lists), dtype=np.int32), [len(each) for each in lists])
    flat = [entry for each in lists for entry in each]
    return slots, np.array([n for n, _ in flat], np.int32), np.array([until for _, until in flat], np.float64)


def _own(columns: _Columns, slot: int) -> tuple[tuple[int, float], ...]:
    slots, numbers, untils = columns
    low, high = np.searchsorted(slots, [slot, slot + 1])
    return tuple(zip(numbers[low:high].tolist(), untils[low:high].tolist(), strict=True))


def seconds_of(text: str | None) -> float:
    """Seconds since 1970 of an RFC 3339 time, FOREVER for None."""
    return FOREVER if text is None else datetime.fromisoformat(text).astimezone(UTC).timestamp()
