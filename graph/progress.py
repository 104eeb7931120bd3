"""How work that takes more than a second tells how far it is: a callable, and its two faces on stderr.

Knows bars on a terminal and plain lines elsewhere, and nothing of the work. Made by whoever starts it, and passed down.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

PATIENCE_SECONDS = 1.0
"""What is done sooner is not worth a line."""
LINE_SECONDS = 5.0
"""Between two plain lines of the same work: a log should stay readable."""
BYTES = "bytes"
MEGABYTE = 1_000_000


class Progress(Protocol):
    """Told at every step: what is done, how much of it, out of how much (None: nobody knows), in which unit."""

    def __call__(self, task: str, done: float, total: float | None = None, unit: str = "") -> None:
        """Called often, from one thread at a time; must be quick. The work is over when done equals total."""


def silent(task: str, done: float, total: float | None = None, unit: str = "") -> None:
    """A progress that tells nobody."""


class PlainProgress:
    """Lines on a stream: one after the first second, then every five, and one at the end of what had a line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun: dict[str, float] = {}
        self._told: dict[str, float] = {}

    def __call__(self, task: str, done: float, total: float | None = None, unit: str = "") -> None:
        """Writes a line where one is due."""
        now = time.monotonic()
        begun = self._begun.setdefault(task, now)
        finished = total is not None and done >= total
        told = self._told.get(task)
        due = now - begun >= PATIENCE_SECONDS if told is None else now - told >= LINE_SECONDS
        if due or (finished and told is not None):
            self._told[task] = now
            self._stream.write(f"{task}: {amount(done, total, unit)}\n" if total or unit else f"{task} ...\n")
            self._stream.flush()
        if finished:
            self._begun.pop(task, None)
            self._told.pop(task, None)


class BarProgress:
    """Bars of rich, one a task; a task of unknown size shows the time it has taken."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, task: str, done: float, total: float | None = None, unit: str = "") -> None:
        """Moves the task's bar."""
        if task not in self._tasks:
            self._tasks[task] = self._bars.add_task(task, total=total, amount="")
        self._bars.update(self._tasks[task], completed=done, total=total, amount=amount(done, total, unit))


def amount(done: float, total: float | None, unit: str) -> str:
    """`12 of 140 MB`, `3 of 10 files`, `4 s`."""
    scale, name = (MEGABYTE, "MB") if unit == BYTES else (1, unit)
    text = f"{done / scale:.0f}" if total is None else f"{done / scale:.0f} of {total / scale:.0f}"
    return f"{text} {name}".strip()


@contextmanager
def stderr_progress(stream: TextIO | None = None) -> Iterator[Progress]:
    """A progress for a command: bars where stderr is a terminal, plain lines where it is not."""
    out = stream or sys.stderr
    if not out.isatty():
        yield PlainProgress(out)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[amount]}"), TimeElapsedColumn())
    with Bars(*columns, console=Console(file=out), transient=True) as bars:
        yield BarProgress(bars)
