"""Talent search: which learners who let themselves be found meet a requirement, for one employer at a time.

Proven evidence alone counts, as `match` counts it. Found learners are ranked on an index in memory; whoever is shown is
read anew from the record, where the consent must hold at that moment, and gets a line in the audit. An employer sees a
pseudonym of its own, the score and which requirements are met; counts are hidden below five and blurred above. Called
by the service and the command line ([talent.md](../docs/talent.md)).
"""

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from .issuer import Issuer
from .layout import Floats, Longs
from .learner_records import ANY_EMPLOYER, TALENT_DISCLOSURE, TALENT_SEARCH, Learner
from .learner_rules import time_text
from .learners import Learners, Note
from .policy import Policy
from .releases import utc_now
from .snapshot import Snapshot
from .talent_budget import Budget
from .talent_columns import ID_BYTES, Bytes
from .talent_index import Searched, TalentIndex
from .talent_items import Items
from .talent_pseudonyms import HEX_DIGITS, Pseudonyms
from .talent_scores import TalentScores
from .talent_trees import Tree

HIDDEN_BELOW: Final = 5
"""Counts under this are told to nobody, and others are blurred by as much."""
_ITEMS_KEPT: Final = 2
_TOLD_AT_MOST: Final = 20
"""Things asked for that an audit names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Employer:
    """Who searches."""

    name: str
    """As consents name the receiver."""
    who: str
    """As audits name them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for, on one release."""

    snapshot: Snapshot
    tree: Tree
    policy: Policy
    qualified: bool | None = None
    """Only those (not) qualified."""
    min_score: float | None = None


class Place(NamedTuple):
    """Where a learner stands in the order: by score and musts that hold, falling, then by pseudonym."""

    score: float
    musts_held: int
    pseudonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A learner who was found and may be shown."""

    place: Place
    qualified: bool | None
    outcomes: tuple[tuple[int, int], ...]
    """(place of a top in the tree, MET, PARTLY or MISSING)."""
    record: Learner
    """As it is now. For what its consents disclose; never to be shown."""
    at: str
    """When that was, RFC 3339 in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalentPage:
    """Some of those who were found, best first."""

    candidates: tuple[Candidate, ...]
    count: int | None
    """About how many there are on all pages; None for fewer than five."""
    has_next: bool
    has_previous: bool
    searches_left: int


class _Ranked(NamedTuple):
    """All who were found, in no order. Columns by learner."""

    scores: Floats
    musts: Longs
    pseudonyms: Bytes
    qualified: Longs
    parts: Longs
    slots: Longs


class Talent:
    """The search over the stored learners of a data folder."""

    def __init__(
        self,
        home: Path,
        learners: Learners,
        *,
        searches_a_day: int,
        issuer: Issuer | None = None,
        clock: Callable[[], datetime] = utc_now,
    ):
        self._learners = learners
        self._clock = clock
        self.index = TalentIndex(learners, issuer or Issuer(home))
        self.budget = Budget(home, searches_a_day, clock)
        self._items: OrderedDict[int, Items] = OrderedDict()
        self._lock = threading.Lock()

    def search(
        self,
        question: Question,
        employer: Employer,
        first: int,
        after: Place | None = None,
        *,
        wait_seconds: float = 2.0,
    ) -> TalentPage:
        """A page of those whom this employer may find. Each that it has is noted in their audit.

        Args:
            first: how many; 0: only the count.

        Raises LimitError (`talent.budget`), NotReadyError, BusyError, UnavailableError, DamagedError.
        """
        searched = self.index.refreshed(wait_seconds=wait_seconds)
        left = self.budget.spend(employer.name)
        pseudonyms = self.pseudonyms(employer.name)
        scored, found = self._found(question, employer, searched, pseudonyms)
        behind = _behind(found, after)
        order = _in_order(found, behind, first)
        shown = self._shown(question, employer, searched, found, order, first) if first else []
        candidates = tuple(self._candidate(found, row, record, scored) for row, record in shown)
        last = candidates[-1].place if candidates else after
        has_next = bool(len(_behind(found, last))) if first else bool(len(found.scores))
        return TalentPage(
            candidates=candidates,
            count=self._blurred(found, employer.name),
            has_next=has_next,
            has_previous=after is not None and len(behind) < len(found.scores),
            searches_left=left,
        )

    def pseudonyms(self, receiver: str) -> Pseudonyms:
        """The pseudonyms of a receiver. Raises DamagedError."""
        return Pseudonyms(self._learners.keys.derived(f"talent pseudonyms of {receiver}"))

    # ---------------------------------------------------------------------------------------------------- finding

    def _items_of(self, snapshot: Snapshot) -> Items:
        with self._lock:
            found = self._items.get(id(snapshot))  # it is kept with the items, so its id stays its own
            if found is None:
                found = self._items[id(snapshot)] = Items(snapshot)
                while len(self._items) > _ITEMS_KEPT:
                    self._items.popitem(last=False)
            self._items.move_to_end(id(snapshot))
            return found

    def _found(
        self, question: Question, employer: Employer, searched: list[Searched], pseudonyms: Pseudonyms
    ) -> tuple[list[TalentScores], _Ranked]:
        items = self._items_of(question.snapshot)
        of_claims = items.of_claims(self.index.claims)
        receivers, now = self.index.receivers((employer.name, ANY_EMPLOYER)), self._clock().timestamp()
        scored, columns = [], []
        for number, (part, alive) in enumerate(searched):
            scores = TalentScores(part, items, of_claims, question.tree, question.policy, now)
            standing = scores.standing()
            kept = part.findable(receivers, now) & alive & standing.listed
            if question.qualified is not None:
                kept &= standing.qualified == int(question.qualified)
            if question.min_score is not None:
                kept &= standing.scores >= question.min_score
            slots = np.flatnonzero(kept)
            scored.append(scores)
            columns.append(
                _Ranked(
                    standing.scores[slots],
                    standing.musts_held[slots],
                    pseudonyms.of(part.ids[slots]),
                    standing.qualified[slots].astype(np.int64),
                    np.full(len(slots), number),
                    slots,
                )
            )
        if not columns:
            none = np.zeros(0, np.int64)
            return [], _Ranked(np.zeros(0), none, np.zeros((0, ID_BYTES), np.uint8), none, none, none)
        return scored, _Ranked(*(np.concatenate(column) for column in zip(*columns, strict=True)))

    def _shown(
        self,
        question: Question,
        employer: Employer,
        searched: list[Searched],
        found: _Ranked,
        order: Iterator[int],
        first: int,
    ) -> list[tuple[int, Learner]]:
        """(row, record) of the first so many whose records, as they are now, let this employer find them."""
        rows: dict[str, int] = {}

        def wanted() -> Iterator[str]:
            for row in order:
                learner = searched[int(found.parts[row])].part.learners[int(found.slots[row])]
                rows[learner] = row
                yield learner

        note = Note(who=employer.who, act="found", why=TALENT_SEARCH, what=_told(question))
        records = self._learners.show(wanted(), first, lambda each, now: may_find(each, employer.name, now), note)
        return [(rows[each.id], each) for each in records]

    def _candidate(self, found: _Ranked, row: int, record: Learner, scored: list[TalentScores]) -> Candidate:
        verdict = int(found.qualified[row])
        return Candidate(
            place=_place(found, row),
            qualified=None if verdict < 0 else bool(verdict),
            outcomes=tuple(scored[int(found.parts[row])].outcomes(int(found.slots[row]))),
            record=record,
            at=time_text(self._clock()),
        )

    def _blurred(self, found: _Ranked, receiver: str) -> int | None:
        """About how many were found: up or down to a multiple of five, by chance that hangs on who they are.

        The same learners give the same count, so asking again tells nothing more; one learner more or less gives
        another chance, so that the difference of two counts does not tell of one learner.
        """
        count = len(found.scores)
        if count < HIDDEN_BELOW:
            return None
        words = np.ascontiguousarray(found.pseudonyms).view("<u8")
        summed = words.sum(axis=0, dtype=np.uint64).tobytes()
        key = self._learners.keys.derived(f"talent counts of {receiver}")
        chance = hmac.new(key, summed, hashlib.sha256).digest()[0] % HIDDEN_BELOW
        return max(HIDDEN_BELOW, (count + chance) // HIDDEN_BELOW * HIDDEN_BELOW)


def may_find(learner: Learner, receiver: str, now: str) -> bool:
    """Whether a consent lets this receiver find a learner at this time."""
    return any(each.holds(name, TALENT_SEARCH, now) for each in learner.consents for name in (receiver, ANY_EMPLOYER))


def may_see(learner: Learner, receiver: str, now: str) -> bool:
    """Whether a consent lets this receiver, having found a learner, see who that is."""
    return any(each.holds(receiver, TALENT_DISCLOSURE, now) for each in learner.consents)


def _told(question: Question) -> tuple[str, ...]:
    """What an audit says was asked and seen."""
    snapshot, tree = question.snapshot, question.tree
    if tree.role is not None:
        return (f"role {snapshot.iris[tree.role]}", "score", "requirements met")
    asked = dict.fromkeys(snapshot.iris[row] for row in tree.targets.tolist() if row >= 0)
    return (*(f"requirement {iri}" for iri in list(asked)[:_TOLD_AT_MOST]), "score", "requirements met")


def _place(found: _Ranked, row: int) -> Place:
    return Place(float(found.scores[row]), int(found.musts[row]), found.pseudonyms[row].tobytes().hex())


def _halves(pseudonyms: Bytes) -> tuple[np.typing.NDArray[np.uint64], np.typing.NDArray[np.uint64]]:
    """The pseudonyms as two numbers each, in whose order they are."""
    words = np.ascontiguousarray(pseudonyms).view(">u8").astype(np.uint64)
    return words[:, 0], words[:, 1]


def _behind(found: _Ranked, after: Place | None) -> Longs:
    """Rows of those who stand behind a place; all where there is none."""
    if after is None:
        return np.arange(len(found.scores))
    high, low = _halves(found.pseudonyms)
    given = bytes.fromhex(after.pseudonym)
    at_high, at_low = (np.uint64(int.from_bytes(given[n : n + 8], "big")) for n in (0, 8))
    later = (high > at_high) | ((high == at_high) & (low > at_low))
    same = (found.musts < after.musts_held) | ((found.musts == after.musts_held) & later)
    return np.flatnonzero((found.scores < after.score) | ((found.scores == after.score) & same))


def _in_order(found: _Ranked, rows: Longs, first: int) -> Iterator[int]:
    """The rows, best first; only as many are sorted as are looked at."""
    step = max(64, 4 * first)
    while len(rows):
        chosen = rows
        if len(rows) > step:
            own = found.scores[rows]
            least = np.partition(own, len(own) - step)[len(own) - step]
            chosen = rows[own >= least]
        high, low = _halves(found.pseudonyms[chosen])
        order = np.lexsort((low, high, -found.musts[chosen], -found.scores[chosen]))
        yield from chosen[order].tolist()
        rows = rows[found.scores[rows] < found.scores[chosen].min()]


def is_pseudonym(text: str) -> bool:
    """Whether a text can be a pseudonym."""
    return len(text) == HEX_DIGITS and set(text) <= set("0123456789abcdef")
