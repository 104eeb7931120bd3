"""An index over the stored learners who may be found, in memory alone: made from their sealed files, never written.

A process makes it once, in the background, and brings it up to date at each question from the logs of the learners:
each change of a record has a line there, each withdrawal and erasure an ending. It holds claims by number, which are
looked up in a release when one is searched, so another release needs no other index. Who is shown is read anew from
the record itself (`talent`). Called by talent.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from ontology.credentials.claims import Reference
from ontology.credentials.verdicts import Verdict, Verification
from ontology.errors import DamagedError, HeadwaterError, NotReadyError

from .awards import counted_claims, leaves
from .evidence import EvidenceBook
from .issuer import Issuer
from .layout import Flags
from .learner_log import LEARNER
from .learner_records import TALENT_SEARCH, Learner
from .learners import Changes, Learners, Seen
from .talent_columns import Entry, Part, seconds_of

WAIT_SECONDS: Final = 2.0
"""So long a question waits for an index that is being made."""
_FRESH_AT_MOST: Final = 1000
"""Changed learners that are put into columns anew at each change."""
_PARTS_AT_MOST: Final = 8
_BEGINNINGS_AT_MOST: Final = 3
"""Of one question: the logs may be replaced while an index is made."""
_SIGNATURES_KEPT: Final = 20_000


class Searched(NamedTuple):
    """Some learners, and which of them are still as they are there."""

    part: Part
    alive: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFigures:
    """How much is indexed."""

    learners: int
    awards: int
    claims: int
    """Different ones."""
    size_bytes: int
    """Of the columns."""
    seconds: float
    """In which it was made."""


class TalentIndex:
    """The index of a process. Safe from several threads."""

    def __init__(self, learners: Learners, issuer: Issuer):
        self._learners = learners
        self._issuer = issuer
        self._mutex = threading.RLock()
        self._built = threading.Event()
        self._builder: threading.Thread | None = None
        self._failure: HeadwaterError | None = None
        self._progress = (0, 0)
        self.seconds = 0.0
        self._claim_numbers: dict[Reference, int] = {}
        self.claims: list[Reference] = []
        """By number; only ever longer."""
        self._receivers: dict[str, int] = {}
        self._start_over()

    def _start_over(self) -> None:
        self._seen: Seen | None = None
        self._statuses: tuple[int, int] | None = None
        self._parts: list[Part] = []
        self._fresh: dict[str, Entry] = {}
        self._fresh_part = Part([])
        self._consents: dict[str, str] = {}
        self._own: dict[str, set[str]] = {}
        self._signatures: OrderedDict[str, tuple[int, ...] | None] = OrderedDict()
        self._built.clear()

    def start(self) -> None:
        """Nothing; the index is being made in the background, where it is not made yet."""
        with self._mutex:
            if self._builder is None and not self._built.is_set():
                self._failure = None
                self._builder = threading.Thread(target=self._build, name="talent index", daemon=True)
                self._builder.start()

    def refreshed(self, *, wait_seconds: float = WAIT_SECONDS) -> list[Searched]:
        """All that may be searched, as the records and logs are now.

        Raises NotReadyError (`talent.not-ready`) where the index is not made after so many seconds; DamagedError.
        """
        deadline = time.monotonic() + wait_seconds
        for _ in range(_BEGINNINGS_AT_MOST):
            self.start()
            if not self._built.wait(max(0.0, deadline - time.monotonic())):
                raise self._not_ready()
            with self._mutex:
                if self._failure is not None:
                    failure, self._failure = self._failure, None
                    self._start_over()
                    raise failure
                if self._catch_up():
                    return [Searched(each, each.alive.copy()) for each in (*self._parts, self._fresh_part) if len(each)]
        raise self._not_ready()

    def receivers(self, names: Iterable[str]) -> list[int]:
        """Numbers of these receivers, as far as any consent names them."""
        return [self._receivers[name] for name in names if name in self._receivers]

    def figures(self) -> IndexFigures:
        """How much is indexed."""
        with self._mutex:
            parts = [*self._parts, self._fresh_part]
            return IndexFigures(
                learners=sum(int(each.alive.sum()) for each in parts),
                awards=sum(each.awards for each in parts),
                claims=len(self.claims),
                size_bytes=sum(each.size_bytes for each in parts),
                seconds=self.seconds,
            )

    # ------------------------------------------------------------------------------------------------ making it

    def _build(self) -> None:
        begun = time.perf_counter()
        try:
            changes = self._learners.changes(None)
            statuses, _ = self._issuer.status_changes(None)
            ids = self._learners.ids()
            entries = []
            for done, learner in enumerate(ids):
                self._progress = (done, len(ids))
                entry = self._read(learner)
                if entry is not None:
                    entries.append(entry)
            part = Part(entries)
            with self._mutex:
                self._parts, self._seen, self._statuses = [part], changes.seen, statuses
        except HeadwaterError as error:
            self._failure = error
        finally:
            self.seconds = time.perf_counter() - begun
            with self._mutex:
                self._builder = None
                self._built.set()

    def _not_ready(self) -> NotReadyError:
        done, count = self._progress
        return NotReadyError(
            f"The talent index is being made: {done:,} of {count:,} learners are read.",
            code="talent.not-ready",
            hint="Ask again in some seconds.",
        )

    def _read(self, learner: str) -> Entry | None:
        """What is indexed of a learner as stored now; None of one who is gone, damaged, or lets nobody search."""
        try:
            found = self._learners.glimpse(learner)
        except DamagedError:
            return None  # whoever reads this learner is told
        return None if found is None else self._entry(*found)

    def _entry(self, learner: Learner, book: EvidenceBook) -> Entry | None:
        consents = [each for each in learner.consents if each.purpose == TALENT_SEARCH and each.withdrawn_at is None]
        if not consents:
            return None
        known = [book.documents[each.id].found for each in learner.documents if each.id in book.documents]
        awards: dict[int, float] = {}
        for claim in counted_claims([self._as_of_now(each, learner.id) for each in known]):
            number = self._number(claim.reference)
            awards[number] = max(awards.get(number, 0.0), seconds_of(claim.valid_until))
        for each in consents:
            self._consents[each.id] = learner.id
        return Entry(
            learner=learner.id,
            consents=tuple((self._receiver(each.receiver), seconds_of(each.ends_at)) for each in consents),
            awards=tuple(sorted(awards.items())),
        )

    def _as_of_now(self, found: Verification, learner: str) -> Verification:
        """The verdict with what the data folder's own issuer has revoked or suspended since."""
        for leaf in leaves(found):
            if leaf.id is not None and self._issuer.find(leaf.id) is not None:
                self._own.setdefault(leaf.id, set()).add(learner)
        return self._with_status(found)

    def _with_status(self, found: Verification) -> Verification:
        issued = self._issuer.find(found.id) if found.id is not None else None
        verdict = found.verdict
        if issued is not None and verdict in _GOOD:
            if issued.revoked_at is not None:
                verdict = Verdict.REVOKED
            elif issued.suspended_at is not None:
                verdict = Verdict.SUSPENDED
        if verdict is found.verdict and not found.embedded:
            return found
        return replace(found, verdict=verdict, embedded=tuple(self._with_status(each) for each in found.embedded))

    def _number(self, reference: Reference) -> int:
        reference = replace(reference, name=None, kind=None)  # which nothing is looked up by
        number = self._claim_numbers.get(reference)
        if number is None:
            number = self._claim_numbers[reference] = len(self.claims)
            self.claims.append(reference)
        return number

    def _receiver(self, name: str) -> int:
        return self._receivers.setdefault(name, len(self._receivers))

    # -------------------------------------------------------------------------------------------- keeping it so

    def _catch_up(self) -> bool:
        """Whether the index is up to date; where the logs are other ones now it has begun anew."""
        changes = self._learners.changes(self._seen)
        statuses, credentials = self._issuer.status_changes(self._statuses)
        if changes.learners is None or credentials is None:
            self._start_over()
            return False
        self._seen, self._statuses = changes.seen, statuses
        concerned = self._concerned(changes)
        for each in credentials:
            for learner in self._own.get(each, ()):
                self._signatures.pop(learner, None)
                concerned[learner] = None
        changed = False
        for learner in concerned:
            changed |= self._take(learner)
        if changed:
            self._settle()
        if any(each.kind == LEARNER for each in changes.ended):
            self._forget_claims()
        return True

    def _forget_claims(self) -> None:
        """Nothing; of what nobody has any more, after an erasure, no word is left in memory."""
        parts = [*self._parts, self._fresh_part]
        held = {number for each in parts for number in each.claims().tolist()}
        for number, reference in enumerate(self.claims):
            if number not in held and reference != _NOTHING:
                self._claim_numbers.pop(reference, None)
                self.claims[number] = _NOTHING

    def _concerned(self, changes: Changes) -> dict[str, None]:
        found = dict.fromkeys(changes.learners or ())
        for each in changes.ended:
            learner = each.id if each.kind == LEARNER else self._consents.pop(each.id, None)
            if learner is not None:
                self._signatures.pop(learner, None)
                found[learner] = None
        return found

    def _take(self, learner: str) -> bool:
        """Whether what is indexed of a learner changed."""
        signature = self._learners.signature(learner)
        if learner in self._signatures and self._signatures[learner] == signature:
            return False
        entry = self._read(learner)
        self._signatures[learner] = signature
        if len(self._signatures) > _SIGNATURES_KEPT:
            self._signatures.popitem(last=False)
        if learner in self._fresh:
            before: Entry | None = self._fresh[learner]
        else:
            places = [(each, each.places[learner]) for each in self._parts if learner in each.places]
            alive = [(part, slot) for part, slot in places if part.alive[slot]]
            before = alive[0][0].entry(alive[0][1]) if alive else None
            if entry != before:
                for part, slot in alive:
                    part.alive[slot] = False
        if entry == before:
            return False
        self._fresh.pop(learner, None)
        if entry is not None:
            self._fresh[learner] = entry
        return True

    def _settle(self) -> None:
        """Nothing; those that changed are in columns."""
        self._fresh_part = Part(list(self._fresh.values()))
        if len(self._fresh) > _FRESH_AT_MOST:
            self._parts.append(self._fresh_part)
            self._fresh, self._fresh_part = {}, Part([])
        if len(self._parts) > _PARTS_AT_MOST:
            self._parts = [Part([entry for each in self._parts for entry in each.entries()])]


_NOTHING: Final = Reference()
_GOOD: Final = (Verdict.VERIFIED, Verdict.EXPIRED, Verdict.NOT_YET_VALID, Verdict.SUSPENDED)
"""Verdicts that a revocation is graver than."""
