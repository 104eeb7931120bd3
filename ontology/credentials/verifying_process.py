"""Processes that verify documents and can be killed: a document that takes too long, or too much, costs a process.

A process is kept for the next document and replaced when it was killed or died. So many at once verify, the others
wait. Called by the service, from threads.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from ontology.worker_processes import Worker, Workers

from .formats import Format
from .verdicts import Notes, Step, Verdict, Verification
from .verifying_worker import Request, Terms, all_terms, requests, verdicts

SECONDS: Final = 10.0
"""For one document, with what it may fetch: keys take at most 2 s, a status list 5."""
START_SECONDS: Final = 60.0


class VerifyingProcesses:
    """The processes of one service. Safe from several threads."""

    def __init__(self, terms: Terms, *, at_once: int = 2, seconds: float = SECONDS) -> None:
        self._terms = terms
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(at_once)
        self._workers: Workers[Worker] = Workers()

    def verify(
        self, document: str, now: datetime, given: Mapping[str, str] | None = None, recipients: Sequence[str] = ()
    ) -> Verification:
        """The verdict of a document; `unverifiable` where it took too much time or memory.

        Args:
            now: the instant; aware.
            given: documents by address that need no fetch.
            recipients: identities of the person that it should be about.
        """
        try:
            data = document.encode()
        except UnicodeEncodeError:
            return _refused(Verdict.INVALID, "It has half a character, which is no text.")
        return self.answer(Request(now=now, given=dict(given or {}), recipients=tuple(recipients)), data)

    def answer(self, request: Request, document: bytes) -> Verification:
        """The verdict of a document, which may be a picture, as it is asked; as `verify`."""
        try:
            with self._places, self._workers.taken(self._start) as worker:
                (answer,) = worker.ask(requests().dump_json(request), document, seconds=self._seconds)
            return verdicts().validate_json(answer)
        except (TimeoutError, EOFError, ValidationError):  # the last: it ran out of memory or stack, and said so
            reason = (
                f"It took more than {self._seconds:g} s or more memory than one document may; nothing is known of it."
            )
            return _refused(Verdict.UNVERIFIABLE, reason)

    def close(self) -> None:
        """Nothing; no process runs any more."""
        self._workers.close()

    def _start(self) -> Worker:
        first = (all_terms().dump_json(self._terms),)
        return Worker("ontology.credentials.verifying_worker", first=first, start_seconds=START_SECONDS)


def _refused(verdict: Verdict, reason: str) -> Verification:
    notes = Notes()
    notes.fail(Step.PARSE, verdict, reason)
    return Verification(format=Format.UNKNOWN.value, verdict=notes.verdict, checks=notes.checks())
