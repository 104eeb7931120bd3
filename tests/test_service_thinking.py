"""Long questions wait their turn: so many and no more, and their deadline goes on meanwhile."""

import asyncio
import threading

import pytest

from ontology.errors import BusyError
from service.schema.thinking import LEAST_SECONDS, Thinkers, left_seconds

SECONDS = 30


async def settle(thinkers: Thinkers, count: int) -> "list[asyncio.Task[float]]":
    """So many questions that have come."""
    asked = [asyncio.ensure_future(thinkers.think(lambda waited: waited)) for _ in range(count)]
    await asyncio.sleep(0)
    return asked


def test_so_many_wait_and_a_further_one_is_told() -> None:
    """One at once and two that wait; the fourth is refused, and answered when there is room again."""

    async def ask() -> None:
        thinkers, go = Thinkers("test", at_once=1, waiting=2), threading.Event()
        first = asyncio.ensure_future(thinkers.think(lambda _: go.wait(SECONDS)))
        await asyncio.sleep(0)
        waiting = await settle(thinkers, 2)
        with pytest.raises(BusyError) as caught:
            await thinkers.think(lambda waited: waited)
        assert caught.value.code == "questions.busy"
        go.set()
        assert await first is True
        await asyncio.gather(*waiting)
        assert await thinkers.think(lambda _: 7) == 7

    asyncio.run(ask())


def test_a_question_is_told_how_long_it_waited() -> None:
    """At least as long as the one before it took after it had come."""

    async def ask() -> None:
        thinkers, go = Thinkers("test", at_once=1), threading.Event()
        first = asyncio.ensure_future(thinkers.think(lambda _: go.wait(SECONDS)))
        await asyncio.sleep(0)
        (second,) = await settle(thinkers, 1)
        await asyncio.sleep(0.05)
        go.set()
        await first
        assert await second >= 0.05

    asyncio.run(ask())


def test_one_that_fails_leaves_its_place() -> None:
    """What it raises is the asker's, and the next one is answered."""

    async def ask() -> None:
        thinkers = Thinkers("test", at_once=1, waiting=0)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await thinkers.think(lambda _: 1 / 0)

    asyncio.run(ask())


def test_a_deadline_goes_on_while_a_question_waits() -> None:
    """What is left is what was not waited for, and the least that everyone has; a shorter deadline stays short."""
    assert left_seconds(2000, 0.5) == 1.5
    assert left_seconds(2000, 5.0) == LEAST_SECONDS
    assert left_seconds(20, 0.0) == 0.02
    assert left_seconds(20, 5.0) == 0.02
    assert left_seconds(0, 5.0) == 0.0
