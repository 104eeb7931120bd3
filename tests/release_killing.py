"""Loads that are killed, and what must be true after the next command. Shared by the suite (20 kills) and the torture (200)."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from release_world import check_settled, dump, load_world, noon

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a job ended."""

    killed: bool
    passed: list[str] = field(default_factory=list)
    error: str | None = None
    message: str | None = None


class Worker:
    """The other process."""

    def __init__(self, process: "subprocess.Popen[str]", connection: Connection) -> None:
        self._process = process
        self._connection = connection

    def run(self, home: Path, **job: object) -> Answer:
        """The answer of one job."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"home": str(home), "connection": asdict(self._connection), **job}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["killed"] or answer["code"] == 0, answer
        return Answer(killed=answer["killed"], **answer["said"])


@contextmanager
def started_worker(connection: Connection) -> Iterator[Worker]:
    """A worker, ended afterwards."""
    command = [sys.executable, str(ROOT / "tests" / "release_worker.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}"}
    ) as process:
        yield Worker(process, connection)


class Killing:
    """A world that goes back and forth between two versions by loads that are killed, beside what it should look like."""

    def __init__(self, worker: Worker, store: Store, home: Path, reference: Path) -> None:
        self.worker = worker
        self._store = store
        self._home = home
        self.expected: dict[int, str] = {}
        undisturbed = Releases(reference, clock=noon)
        for version in (1, 2):
            load_world(undisturbed, store, version)
            self.expected[version] = dump(store)
        answer = worker.run(home, version=1)
        assert answer.error is None, answer
        self.version = 1
        answer = worker.run(home, version=2)
        self.checkpoints = answer.passed
        self.version = 2
        self.check()

    def check(self) -> None:
        """The graph is that of an undisturbed load, and the files are those of whole releases."""
        assert dump(self._store) == self.expected[self.version]
        check_settled(Releases(self._home), self._store)

    def kill(self, **where: object) -> Answer:
        """How the load of the other version ended that was killed; afterwards the next command has put everything right."""
        other = 3 - self.version
        before = Releases(self._home).current()
        assert before is not None
        answer = self.worker.run(self._home, version=other, **where)
        return self._mend(answer, before.number)

    def kill_recovery(self, first: int, second: int) -> None:
        """A load is killed, then the recovery of it."""
        before = Releases(self._home).current()
        assert before is not None
        other = 3 - self.version
        answer = self.worker.run(self._home, version=other, at=first)
        self.worker.run(self._home, at=second)
        self._mend(answer, before.number)

    def _mend(self, answer: Answer, number: int) -> Answer:
        other = 3 - self.version
        releases = Releases(self._home, clock=noon)
        snapshot = releases.snapshot()
        assert snapshot.release in (number, number + 1)
        releases.recover(self._store)
        recovered = releases.current()
        assert recovered is not None
        self.version = self.version if recovered.number == number else other
        self.check()
        report = load_world(releases, self._store, other)
        assert report.published == (recovered.number == number)
        assert report.release is not None
        assert report.release.number == number + 1
        self.version = other
        self.check()
        return answer
