"""How things are timed: interleaved, so that what slows the machine slows all contenders; medians, never means."""

import statistics
import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

SLOW_ROUNDS = 3
Ask = Callable[[int], Awaitable[int]]
"""Asks the question of a learner, by place; gives the bytes of the answer, 0 where nothing is written."""


@dataclass(slots=True, kw_only=True)
class Sample:
    """Durations of one contender in seconds, in the order of asking, and the bytes of its answers."""

    seconds: list[float] = field(default_factory=list)
    answer_bytes: list[int] = field(default_factory=list)

    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)

    def p95(self) -> float:
        """Seconds that 95 of 100 were no longer than."""
        return sorted(self.seconds)[max(0, round(0.95 * len(self.seconds)) - 1)]

    def mean_bytes(self) -> float:
        """Bytes of an answer, on average."""
        return statistics.fmean(self.answer_bytes)


def ratio(own: Sample, rival: Sample) -> float:
    """Median of one over the other, each pair asked right after one another for the same learner.

    Of one that was asked in fewer rounds, those rounds count.
    """
    return statistics.median(mine / other for mine, other in zip(own.seconds, rival.seconds, strict=False))


async def interleave(
    contenders: Mapping[str, Ask],
    questions: int,
    rounds: int,
    seconds: float,
    tell: Callable[[int, int], None],
    *,
    slow: Collection[str] = (),
) -> dict[str, Sample]:
    """Samples of all contenders: each round asks every learner's question of each in turn, A B A B.

    Every other round goes backward through the contenders, so that none always follows the same one. Ends after
    `rounds`, or after the round in which the time is up. One round more, before, is not counted. Those who are slow are
    asked in the first rounds only.
    """
    samples = {name: Sample() for name in contenders}
    order = list(contenders.items())
    for question in range(questions):
        for _, ask in order:
            await ask(question)
    begun = time.perf_counter()
    for done in range(rounds):
        for question in range(questions):
            for name, ask in order:
                if name in slow and done >= SLOW_ROUNDS:
                    continue
                start = time.perf_counter()
                size = await ask(question)
                samples[name].seconds.append(time.perf_counter() - start)
                samples[name].answer_bytes.append(size)
            order.reverse()
        tell(done + 1, rounds)
        if time.perf_counter() - begun > seconds:
            break
    return samples


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Nothing; the seconds that the block took are added to the list."""
    start = time.perf_counter()
    yield
    into.append(time.perf_counter() - start)


def best(seconds: Sequence[float]) -> float:
    """The shortest: what the work takes where nothing disturbs it."""
    return min(seconds)
