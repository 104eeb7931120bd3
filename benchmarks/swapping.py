"""A served process is asked without a pause while new releases are published beside it: failures, and durations.

`headwater serve` and the commands that publish are processes of their own, as in production; this one asks. Requests
begin at fixed instants, a fifth of what the service could answer, so that one that waits delays no other's clock.
"""

import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

import orjson

from graph.releases import Releases

from .home import without_neo4j
from .processes import PROJECT, Client, free_port, request_body, service
from .questions import Learner
from .report import Table

ASKERS = 4
SHARE = 0.2
"""Of what the service can answer one after the other: two cores have to do for all, with Neo4j and what publishes."""
BESIDE = 10
"""Niceness of the command that publishes: what is answered comes first, as on a machine where it is not beside."""
BEFORE_SECONDS = 10.0
AFTER_SECONDS = 1.0
"""After the first answer of a new release: what was first asked of it counts as part of the swap."""
SWAP_SECONDS = 2.0
"""Before that answer: the process looks every half second, and gets ready."""
TURNS = 3
"""Times that a dataset comes and goes: two releases each."""
SERVE = ("-c", "from service.cli import main; main()", "serve")
Tell = Callable[[str], None]

_EXTRA = "iri,label,language\nhttps://example.org/made/comes-and-goes,Comes and goes,en\n"
_DOCUMENT = """
query Ranked($held: HeldInput!) {
  match(held: $held, first: 10) { release totalCount edges { node { role { id label { text } } score qualified } } }
}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it should have begun, how long until its answer, which release answered (None: it failed)."""

    begun: float
    seconds: float
    release: str | None


class Asking:
    """Clients that keep asking, at a pace, until they are told to end."""

    def __init__(self, port: int, bodies: Sequence[bytes]) -> None:
        self._port = port
        self._bodies = bodies
        self._pace = 0.0
        self._ticks = itertools.count()
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._epoch = 0.0
        self.asked: list[Asked] = []

    def __enter__(self) -> Self:
        self._pace = self._median_alone() / SHARE
        self._epoch = time.perf_counter()
        self._threads = [threading.Thread(target=self._run) for _ in range(ASKERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    @property
    def rate(self) -> float:
        """Requests a second."""
        return 1 / self._pace

    def since(self, begun: float, ended: float) -> list[Asked]:
        """Those that were to begin in this time."""
        return [each for each in list(self.asked) if begun <= each.begun < ended]

    def await_release(self, other_than: str | None) -> float:
        """When the first answer of another release had come. Raises RuntimeError after a minute."""
        end = time.perf_counter() + 60
        while time.perf_counter() < end:
            for each in list(self.asked[-1000:]):
                if each.release not in (None, other_than):
                    return each.begun + each.seconds
            time.sleep(0.01)
        raise RuntimeError("The service did not come to the new release.")

    def release(self) -> str | None:
        """The release of the last answer."""
        return next((each.release for each in reversed(self.asked) if each.release is not None), None)

    def _median_alone(self) -> float:
        client, taken = Client(self._port, "/graphql"), []
        for number in range(60):
            begun = time.perf_counter()
            client.send(self._bodies[number % len(self._bodies)])
            taken.append(time.perf_counter() - begun)
        client.close()
        return statistics.median(taken[20:])

    def _run(self) -> None:
        client = Client(self._port, "/graphql")
        while not self._ending.is_set():
            with self._lock:
                tick = next(self._ticks)
            begin = self._epoch + tick * self._pace
            if (ahead := begin - time.perf_counter()) > 0:
                time.sleep(ahead)
            release = None
            try:
                release = _release_of(client.send(self._bodies[tick % len(self._bodies)]))
            except (OSError, RuntimeError, ValueError):
                client.close()
            self.asked.append(Asked(begin, time.perf_counter() - begin, release))
        client.close()


def _release_of(answer: bytes) -> str | None:
    body = orjson.loads(answer)
    return None if "errors" in body else str(body["data"]["match"]["release"])


def swap_table(home: Path, learners: Sequence[Learner], folder: Path, tell: Tell) -> Table:
    """Requests before and during publications and swaps. What is published is a small dataset that comes and goes."""
    extra, port = folder / "extra", free_port()
    extra.mkdir()
    (extra / "competencies.csv").write_text(_EXTRA, "utf-8")
    bodies = [request_body(_DOCUMENT, learner.variables()) for learner in learners]
    table = Table(
        title="Swap under load", columns=("requests", "failed", "median ms", "p99 ms", "slowest ms", "p99 / before")
    )
    with service((*SERVE, "--port", str(port), "--home", str(home)), port, "/readyz", folder):
        with Asking(port, bodies) as asking:
            time.sleep(1.0)
            begun = time.perf_counter()
            time.sleep(BEFORE_SECONDS)
            before = asking.since(begun, time.perf_counter())
            publishing: list[Asked] = []
            swapping: list[Asked] = []
            for turn in range(2 * TURNS):
                tell(f"swap {turn + 1} of {2 * TURNS}")
                ran, seen = _publish(home, extra, asking, comes=turn % 2 == 0)
                first = seen - SWAP_SECONDS
                swapping += asking.since(first, seen + AFTER_SECONDS)
                publishing += asking.since(ran, first)
            rate = asking.rate
        everything = asking.asked
    base = _p99(before)
    for name, asked in (
        ("before", before),
        ("while another process loads and publishes", publishing),
        ("around the swap", swapping),
        ("all of it", everything),
    ):
        if asked:
            _add(table, name, asked, base)
    releases = len({each.release for each in everything if each.release is not None})
    table.remarks.append(
        f"{rate:.0f} requests a second over {ASKERS} connections ({SHARE:.0%} of what one alone gets), ten best roles "
        f"of each learner; {releases} releases answered. Around the swap: from {SWAP_SECONDS:g} s before a new "
        f"release's first answer until {AFTER_SECONDS:g} s after it, of {2 * TURNS} swaps. Times count from "
        "the instant at which a request should have begun."
    )
    return table


def _publish(home: Path, extra: Path, asking: Asking, *, comes: bool) -> tuple[float, float]:
    """When a command that publishes began, and when the first answer of its release had come."""
    before = asking.release()
    current = Releases(home).current()
    assert current is not None
    arguments = (
        ["load", str(extra), "--dataset", "extra"] if comes else ["releases", "rollback", str(current.number - 1)]
    )
    begun = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", *arguments, "--home", str(home)],
        env=without_neo4j() | {"PYTHONPATH": str(PROJECT)},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=partial(os.nice, BESIDE),
    )
    if run.returncode:
        raise RuntimeError(f"Publishing failed: {(run.stdout + run.stderr)[-1000:]}")
    seen = asking.await_release(before)
    time.sleep(AFTER_SECONDS + 0.2)
    return begun, seen


def _add(table: Table, name: str, asked: Sequence[Asked], base: float) -> None:
    seconds = [each.seconds for each in asked]
    failed = sum(each.release is None for each in asked)
    late = _p99(asked)
    table.add(name, len(asked), failed, statistics.median(seconds) * 1e3, late * 1e3, max(seconds) * 1e3, late / base)


def _p99(asked: Sequence[Asked]) -> float:
    seconds = sorted(each.seconds for each in asked)
    return seconds[max(0, round(0.99 * len(seconds)) - 1)]
