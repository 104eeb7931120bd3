"""A moment until which everything that serves one question must be done. Called by planning and what is below it."""

from collections.abc import Callable

LOOKS_EVERY = 4096
"""Things that are worked through between two looks at the clock."""


class DeadlinePassedError(Exception):
    """The time was up before the question was even put together; never leaves planning."""


class Deadline:
    """A moment that everything below one question shares."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining_seconds(self) -> float:
        """Seconds left, never below 0."""
        return max(self._end - self._clock(), 0.0)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining_seconds() <= 0.0

    def look(self, done: int) -> None:
        """Nothing; raises DeadlinePassedError when no time is left, looking once in `LOOKS_EVERY` things done."""
        if done % LOOKS_EVERY == LOOKS_EVERY - 1 and self.passed:
            raise DeadlinePassedError
