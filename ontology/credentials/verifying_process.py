"""Processes that verify documents and can be killed: a document that takes too long, or too much, costs a process.

A process is kept for the next document and replaced when it was killed or died. So many at once verify, the others
wait. Called by the service, from threads.
"""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from pydantic import ValidationError

from ontology.worker_frames import read_frame, write_frame

from .formats import Format
from .verdicts import Notes, Step, Verdict, Verification
from .verifying_worker import READY, Request, Terms, all_terms, requests, verdicts

SECONDS: Final = 10.0
"""For one document, with what it may fetch: keys take at most 2 s, a status list 5."""
START_SECONDS: Final = 60.0
_SOURCES: Final = Path(__file__).parent.parent.parent


class VerifyingProcesses:
    """The processes of one service. Safe from several threads."""

    def __init__(self, terms: Terms, *, at_once: int = 2, seconds: float = SECONDS) -> None:
        self._terms = terms
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(at_once)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._running: set[_Worker] = set()
        self._closed = False

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
        with self._places:
            worker = self._worker()
            try:
                found = worker.ask(request, document, self._seconds)
            finally:
                self._give_back(worker)
        reason = f"It took more than {self._seconds:g} s or more memory than one document may; nothing is known of it."
        return found or _refused(Verdict.UNVERIFIABLE, reason)

    def close(self) -> None:
        """Nothing; no process runs any more."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._running]
            self._idle.clear()
        for worker in workers:
            worker.end()

    def _worker(self) -> "_Worker":
        with self._lock:
            found = self._idle.pop() if self._idle else None
        if found is None or not found.is_alive():
            found = _Worker(self._terms)
        with self._lock:
            self._running.add(found)
        return found

    def _give_back(self, worker: "_Worker") -> None:
        with self._lock:
            self._running.discard(worker)
            keeps = worker.is_alive() and not self._closed
            if keeps:
                self._idle.append(worker)
        if not keeps:
            worker.end()


class _Worker:
    """One process, and the way to it."""

    def __init__(self, terms: Terms) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ontology.credentials.verifying_worker"],
            cwd=_SOURCES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if self._within(START_SECONDS, all_terms().dump_json(terms)) != READY:
            self.end()

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, request: Request, document: bytes, seconds: float) -> Verification | None:
        """The verdict; None where none came in time, or the process ended."""
        answer = self._within(seconds, requests().dump_json(request), document)
        if answer is None:
            self.end()
            return None
        try:
            return verdicts().validate_json(answer)
        except ValidationError:  # it ran out of memory or stack, and said so
            return None

    def end(self) -> None:
        """Nothing; the process is gone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError, ValueError):
                _stream(stream).close()

    def _within(self, seconds: float, *question: bytes) -> bytes | None:
        """What it answers; it is killed where that takes longer."""
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            for frame in question:
                write_frame(_stream(self._process.stdin), frame)
            return read_frame(_stream(self._process.stdout))
        except (OSError, ValueError):
            return None
        finally:
            timer.cancel()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None, "both are pipes"
    return stream


def _refused(verdict: Verdict, reason: str) -> Verification:
    notes = Notes()
    notes.fail(Step.PARSE, verdict, reason)
    return Verification(format=Format.UNKNOWN.value, verdict=notes.verdict, checks=notes.checks())
