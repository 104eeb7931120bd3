"""Threads in which long questions are worked on beside the loop: so many at once, so many waiting, and no more.

A question's deadline goes on while it waits, so the last in a long line is answered in bounded time too. Knows no
question. Called by `matches` and `questions`.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from ontology.errors import BusyError

WAITING_AT_MOST: Final = 64
"""Questions that wait for a thread; each may still take `LEAST_SECONDS` after its deadline."""
LEAST_SECONDS: Final = 0.1
"""What a question has for itself however long it waited: most are answered in less."""

Answer = TypeVar("Answer")


class Thinkers:
    """So many threads for one kind of questions."""

    def __init__(self, name: str, *, at_once: int, waiting: int = WAITING_AT_MOST) -> None:
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix=name)
        self._most = at_once + waiting
        self._asked = 0

    async def think(self, work: Callable[[float], Answer]) -> Answer:
        """What some work gives, done beside the loop. It is told for how many seconds it waited.

        Raises BusyError (`questions.busy`) where as many wait already as may.
        """
        if self._asked >= self._most:
            raise BusyError(
                "Too many questions wait for an answer.", code="questions.busy", hint="Try again in a few seconds."
            )
        asked = time.monotonic()
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: work(time.monotonic() - asked))
        finally:
            self._asked -= 1


def left_seconds(deadline_ms: int, waited: float) -> float:
    """What is left of a deadline after so many seconds, and at least `LEAST_SECONDS` of it."""
    whole = deadline_ms / 1000
    return max(whole - waited, min(whole, LEAST_SECONDS))
