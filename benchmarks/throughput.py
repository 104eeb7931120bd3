"""Requests a second: services on loopback, one process and two, asked over eight connections at once."""

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from .processes import Client

CONNECTIONS = 8
PROCESSES = (1, 2)
READY_SECONDS = 60.0
MOST = 20_000
"""Requests of one stretch, after which it ends before its time is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A service: the ports of its processes, the path of GraphQL, the bodies that it is asked with."""

    name: str
    ports: tuple[int, ...]
    path: str
    bodies: tuple[bytes, ...]


@dataclass(slots=True, kw_only=True)
class Throughput:
    """What came of the stretches in which a contender was asked."""

    seconds: float = 0.0
    durations: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.durations) / self.seconds

    def p95(self) -> float:
        """Seconds that 95 of 100 were no longer than."""
        return sorted(self.durations)[max(0, round(0.95 * len(self.durations)) - 1)]


def ask_all(contender: Contender, processes: int, seconds: float, into: Throughput) -> None:
    """Nothing; one stretch of requests is added. Ends after `seconds` or `MOST` requests.

    Raises RuntimeError with what went wrong where any request was not answered.
    """
    asking = _Asking(contender, seconds)
    threads = [
        threading.Thread(target=asking.run, args=(contender.ports[place % processes],)) for place in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if asking.failures:
        raise RuntimeError(f"{contender.name} did not answer: {asking.failures[0]}")
    into.seconds += time.perf_counter() - asking.begun
    into.durations += asking.durations


class _Asking:
    """One stretch. The clock starts when all connections stand and have had an answer each."""

    def __init__(self, contender: Contender, seconds: float) -> None:
        self._contender = contender
        self._seconds = seconds
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ready = threading.Barrier(CONNECTIONS, action=self._start, timeout=READY_SECONDS)
        self.begun = 0.0
        self.durations: list[float] = []
        self.failures: list[Exception] = []

    def _start(self) -> None:
        self.begun = time.perf_counter()

    def run(self, port: int) -> None:
        """One connection's requests, until the time is up or somebody had none answered."""
        bodies = self._contender.bodies
        client = Client(port, self._contender.path)
        try:
            client.send(bodies[0])
            self._ready.wait()
            while time.perf_counter() < self.begun + self._seconds and not self.failures:
                with self._lock:
                    number = next(self._numbers)
                if number >= MOST:
                    return
                begun = time.perf_counter()
                client.send(bodies[number % len(bodies)])
                self.durations.append(time.perf_counter() - begun)
        except (OSError, RuntimeError) as failure:  # a barrier that others broke is a RuntimeError, and comes after
            self.failures.append(failure)
            self._ready.abort()
        finally:
            client.close()


def measure(contenders: Sequence[Contender], seconds: float) -> dict[tuple[str, int], Throughput]:
    """What each did, by name and number of processes. Each is asked in two stretches: A B C, then C B A."""
    found = {(each.name, count): Throughput() for each in contenders for count in PROCESSES}
    for count in PROCESSES:
        for contender in (*contenders, *reversed(contenders)):
            ask_all(contender, count, seconds / 2, found[contender.name, count])
    return found
