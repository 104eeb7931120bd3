"""Tells whoever waits in this process that answers come from a new release. One look serves all who wait.

Knows only where to look. Called by the subscription; the composition root keeps it running.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

LOOK_SECONDS = 0.25
"""Between two looks; a look compares two numbers."""


class Announcer:
    """Waits for the next release.

    Args:
        number: of the release that answers come from now.
    """

    def __init__(self, number: Callable[[], int]) -> None:
        self.number = number
        self._changed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while new releases are told."""
        task = asyncio.create_task(self._look())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def after(self, seen: int) -> int:
        """The number of the release that is answered from, as soon as it is another one than this."""
        while (number := self.number()) == seen:
            await self._changed.wait()
        return number

    async def _look(self) -> None:
        seen = self.number()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.number() != seen:
                seen = self.number()
                told, self._changed = self._changed, asyncio.Event()
                told.set()
