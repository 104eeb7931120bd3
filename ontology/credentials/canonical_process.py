"""Processes that canonicalise and can be killed: at most two at once, kept for the next document.

A process has as much time as `MAX_SECONDS` for a document; one that takes longer is ended, and the document refused.
Called by `canonical`, from any thread.
"""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from .rdf_canon import MAX_WORK, Work
from .safe_jsonld import TooMuchWorkError, UnknownContextError, UnsafeDocumentError
from .strict_json import Object

MAX_SECONDS: Final = 2.0
START_SECONDS: Final = 30.0
MAX_PROCESSES: Final = 2
_SOURCES: Final = Path(__file__).parent.parent.parent
_ERRORS: Final = {each.__name__: each for each in (TooMuchWorkError, UnknownContextError, UnsafeDocumentError)}
_places = threading.BoundedSemaphore(MAX_PROCESSES)
_idle: "list[_Worker]" = []
_lock = threading.Lock()


def canonicalise_elsewhere(document: Object, digest: str, work: Work | None = None) -> str:
    """Canonical N-Quads of a document, made by another process. Raises as `canonical_rdf` does.

    A process that gives no answer has taken as many steps as one document may.
    """
    shared = work or Work()
    before, shared.left = shared.left, shared.left - MAX_WORK
    with _places:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None or not worker.is_alive():
            try:
                worker = _Worker()
            except OSError as error:
                raise TooMuchWorkError(f"no process could be started for it ({error.strerror})") from None
        answer = worker.ask(json.dumps({"document": document, "digest": digest, "left": before}))
        with _lock:
            _idle.append(worker)
    shared.left = int(answer["left"])
    if "error" in answer:
        raise _ERRORS.get(str(answer["error"]), TooMuchWorkError)(answer["message"])
    return str(answer["nquads"])


class _Worker:
    """One process, and the way to it. Ended by itself when its standard input is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ontology.credentials.canonical_worker"],
            cwd=_SOURCES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._line_within(START_SECONDS)

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, question: str) -> dict[str, str | int]:
        """The answer to one line. Raises TooMuchWorkError where it does not come in time, and ends the process."""
        try:
            _stream(self._process.stdin).write(question.encode() + b"\n")
            _stream(self._process.stdin).flush()
        except OSError:
            self.end()
            raise TooMuchWorkError("the process that canonicalises has ended") from None
        answer: dict[str, str | int] = json.loads(self._line_within(MAX_SECONDS))
        return answer

    def end(self) -> None:
        """Nothing; it does not run any more."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                _stream(stream).close()

    def _line_within(self, seconds: float) -> bytes:
        timer = threading.Timer(seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            line = _stream(self._process.stdout).readline()
        finally:
            timer.cancel()
        if not line.endswith(b"\n"):
            self.end()
            raise TooMuchWorkError(f"it was not canonicalised within {seconds:g} s")
        return line


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


@atexit.register
def _end_idle() -> None:
    with _lock:
        while _idle:
            _idle.pop().end()
