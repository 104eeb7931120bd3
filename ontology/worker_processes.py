"""Processes of our own that answer in frames and can be killed, and those of them that are kept for the next question.

What takes too long, or too much, costs a process. Nothing here knows what is asked. Called by those who ask the workers
of SPARQL queries, of verification and of canonical forms, from any thread.
"""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Generic, TypeVar

from .worker_frames import READY, read_frame, write_frame

_SOURCES: Final = Path(__file__).parent.parent


class Worker:
    """One process, `python -m MODULE ARGUMENT ...`, and the way to it. It ends when its standard input is closed."""

    def __init__(
        self, module: str, *arguments: str, first: Sequence[bytes] = (), start_seconds: float | None = None
    ) -> None:
        """Starts it, sends the first frames, and waits until it says that it is ready; without end for None.

        Raises OSError where no process can be started, else what `ask` raises.
        """
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            cwd=_SOURCES,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._questions, self._answers = self._process.stdin, self._process.stdout
        if self.ask(*first, seconds=start_seconds) != [READY]:
            self.end()
            raise EOFError(module)

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, *frames: bytes, seconds: float | None, answers: int = 1) -> list[bytes]:
        """So many frames, which it answers these with.

        Raises TimeoutError where that takes longer, EOFError where it ends before it has answered. It is gone then.
        """
        killed = threading.Event()

        def kill() -> None:
            killed.set()
            self._process.kill()

        timer = threading.Timer(seconds or 0.0, kill)
        timer.daemon = True
        if seconds is not None:
            timer.start()
        try:
            for frame in frames:
                write_frame(self._questions, frame)
            read = (read_frame(self._answers) for _ in range(answers))
            found = [each for each in read if each is not None]
        except (OSError, ValueError):
            found = []
        finally:
            if seconds is not None:
                timer.cancel()
                timer.join()  # or it might kill the process between two questions
        if killed.is_set() or len(found) < answers:
            self.end()
        if len(found) < answers:
            raise TimeoutError if killed.is_set() else EOFError
        return found

    def end(self) -> None:
        """Nothing; the process is gone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._questions, self._answers):
            with contextlib.suppress(OSError, ValueError):
                stream.close()


Kept = TypeVar("Kept", bound=Worker)


class Workers(Generic[Kept]):
    """The workers that are kept between questions. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[Kept] = []
        self._running: set[Kept] = set()
        self._closed = False

    @contextlib.contextmanager
    def taken(self, make: Callable[[], Kept], fits: Callable[[Kept], bool] = Worker.is_alive) -> Iterator[Kept]:
        """A worker for one question: an idle one that fits, else a new one. Idle ones that do not fit are ended."""
        with self._lock:
            unfit = [worker for worker in self._idle if not fits(worker)]
            self._idle = [worker for worker in self._idle if worker not in unfit]
            found = self._idle.pop() if self._idle else None
        for worker in unfit:
            worker.end()
        worker = make() if found is None else found
        with self._lock:
            self._running.add(worker)
        try:
            yield worker
        finally:
            self._give_back(worker)

    def close(self) -> None:
        """Nothing; no worker runs any more."""
        with self._lock:
            self._closed = True
            workers = [*self._idle, *self._running]
            self._idle.clear()
        for worker in workers:
            worker.end()

    def _give_back(self, worker: Kept) -> None:
        with self._lock:
            self._running.discard(worker)
            keeps = worker.is_alive() and not self._closed
            if keeps:
                self._idle.append(worker)
        if not keeps:
            worker.end()
