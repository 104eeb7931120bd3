"""Changes of every kind, killed anywhere: loads, rollbacks, overlays that are published, visibility; or Neo4j under them.

What must be true after the next command: graph, archive, snapshot and pointer are those of an undisturbed run, before the
change or after it. Shared by the suite (a seeded tenth) and the torture.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from release_killing import Answer, Worker, started_worker
from release_world import W, dump, expected_files, files_in, is_settled, load_world, noon

from graph.drafts import Drafts
from graph.layout import PRIVATE, PUBLIC, DatasetInfo
from graph.loading import set_visibility
from graph.releases import Releases
from graph.server import Connection, connect_server, server_folder, stop_server
from graph.server_folder import find_server, is_alive, read_state
from graph.snapshot import Snapshot
from graph.store import Store
from ontology.amendments import amendment_iri, overlay_iri
from ontology.model import Amendment, Text

OVERLAY_NAME = "north"
TEXTS = ("One", "Two")
LONGEST_SECONDS = 1.5
"""A change takes about half a second on a free machine: some kills come too late, and must do no harm either."""
CHECKPOINTS = 40
"""About as many as a load passes; the smallest change passes ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a release of the world has."""

    version: int = 1
    visibility: str = PUBLIC
    overlay: str | None = None


STATES = [
    State(version=version, visibility=visibility, overlay=overlay)
    for overlay in (None, *TEXTS)
    for visibility in (PUBLIC, PRIVATE)
    for version in (1, 2)
]


def write_draft(releases: Releases, text: str) -> None:
    """Nothing; there is a draft of the overlay that names a thing so."""
    drafts = Drafts(releases)
    if OVERLAY_NAME not in drafts.names():
        drafts.create(OVERLAY_NAME, over=["world"])
    iri = amendment_iri(overlay_iri(OVERLAY_NAME), W + "c1")
    drafts.add(OVERLAY_NAME, [Amendment(iri=iri, target=W + "c1", labels=(Text(text, "en"),))])


class Undisturbed:
    """The datasets and the graph of each state, as they are where nobody kills anything."""

    def __init__(self, store: Store, home: Path) -> None:
        self.datasets: dict[State, tuple[DatasetInfo, ...]] = {}
        self.graphs: dict[State, str] = {}
        releases = Releases(home, clock=noon)
        for state in STATES:
            load_world(releases, store, state.version)
            set_visibility(releases, "world", state.visibility, store=store)
            if state.overlay is not None:
                write_draft(releases, state.overlay)
                Drafts(releases).publish(OVERLAY_NAME, store)
            current = releases.current()
            assert current is not None
            self.datasets[state] = current.datasets
            self.graphs[state] = dump(store)
        assert len(set(self.datasets.values())) == len(STATES)
        assert len(set(self.graphs.values())) == len(STATES)


class Changes:
    """A world that is changed at random by a worker, which is killed or whose Neo4j is."""

    def __init__(self, worker: Worker, home: Path, undisturbed: Undisturbed, chance: random.Random) -> None:
        self._worker = worker
        self._home = home
        self._undisturbed = undisturbed
        self._chance = chance
        self._history: list[State] = []
        self.kinds: set[str] = set()

    def begin(self, store: Store) -> None:
        """Nothing; the first release is there."""
        load_world(Releases(self._home, clock=noon), store, 1)
        self._history.append(State())
        self._check(store)

    def disturb(self, opened: Callable[[], AbstractContextManager[Store]], **victim: object) -> Answer:
        """How a change of some kind ended in which something was killed. Afterwards the next command mends all.

        Args:
            opened: a store for the next command; it may have to wait for a server.
            victim: which process is killed instead of the worker, and how to reach the server.
        """
        job, after = self._choose()
        where: dict[str, object] = (
            {"at": self._chance.randrange(CHECKPOINTS)}
            if self._chance.random() < 0.5
            else {"seconds": self._chance.uniform(0.0, LONGEST_SECONDS)}
        )
        answer = self._worker.run(self._home, **job, **where, **victim)
        before = self._history[-1]
        with opened() as store:
            releases = Releases(self._home, clock=noon)
            assert releases.snapshot().release in (len(self._history), len(self._history) + 1), (
                "readers see a whole one"
            )
            releases.recover(store)
            current = releases.current()
            assert current is not None
            if current.number > len(self._history):
                self._history.append(after)
            assert self._history[-1] in (before, after)
            self._check(store)
            self._again(store, job)
            if self._history[-1] != after:
                self._history.append(after)
            self._check(store)
        return answer

    def _choose(self) -> tuple[dict[str, object], State]:
        now = self._history[-1]
        kind = self._chance.choice(["load", "rollback", "visibility", "overlay"])
        # A rollback makes nothing public that is private now.
        private = now.visibility == PRIVATE
        states = [replace(state, visibility=PRIVATE) if private else state for state in self._history]
        earlier = [number for number, state in enumerate(states, 1) if state != now]
        if kind == "rollback" and not earlier:
            kind = "load"
        self.kinds.add(kind)
        if kind == "load":
            return {"version": 3 - now.version}, replace(now, version=3 - now.version)
        if kind == "rollback":
            number = self._chance.choice(earlier)
            return {"rollback": number}, states[number - 1]
        if kind == "visibility":
            other = PUBLIC if now.visibility == PRIVATE else PRIVATE
            return {"visibility": other}, replace(now, visibility=other)
        text = self._chance.choice([text for text in TEXTS if text != now.overlay])
        write_draft(Releases(self._home), text)
        return {"publish": OVERLAY_NAME}, replace(now, overlay=text)

    def _again(self, store: Store, job: dict[str, object]) -> None:
        """Nothing; the same is done once more: what came through the first time changes nothing now."""
        releases = Releases(self._home, clock=noon)
        if "version" in job:
            load_world(releases, store, int(str(job["version"])))
        elif "rollback" in job:
            releases.roll_back(store, int(str(job["rollback"])))
        elif "visibility" in job:
            set_visibility(releases, "world", str(job["visibility"]), store=store)
        elif OVERLAY_NAME in Drafts(releases).names():
            Drafts(releases).publish(OVERLAY_NAME, store)

    def _check(self, store: Store) -> None:
        """Graph, pointer, archive and snapshot are those of the state that the world must be in."""
        state = self._history[-1]
        releases = Releases(self._home)
        current = releases.current()
        assert current is not None
        assert current.number == len(self._history)
        assert current.datasets == self._undisturbed.datasets[state]
        assert dump(store) == self._undisturbed.graphs[state]
        assert is_settled(releases, store)
        for info in current.datasets:
            releases.archive.verify(info.name, info.checksum)
        beside = {"drafts.lock", f"drafts/{OVERLAY_NAME}.nq"}
        assert files_in(self._home) - beside == expected_files(releases)
        content = [(info, releases.archive.records(info.name, info.checksum)) for info in current.plain]
        fresh = self._home.parent / "fresh.snapshot"
        Snapshot.build(content, release=current.number).save(fresh)
        assert releases.snapshot_path(current.number).read_bytes() == fresh.read_bytes()


@contextmanager
def managed_store(home: Path, environment: dict[str, str]) -> Iterator[Store]:
    """A store on a data folder's managed server, as a command has it: started where it does not run."""
    with connect_server(home, environment=environment) as lease, Store(lease.connection) as store:
        yield store


def server_of(home: Path) -> psutil.Process:
    """The process of a data folder's managed server. It runs."""
    folder = server_folder(home)
    process = find_server(folder, read_state(folder))
    assert process is not None
    return process


def kill_commands(connection: Connection, folder: Path, *, kills: int, seed: int) -> Changes:
    """The changes, after so many of them were killed."""
    with started_worker(connection) as worker, Store(connection) as store:
        undisturbed = Undisturbed(store, folder / "reference")
        changes = Changes(worker, folder / "home", undisturbed, random.Random(seed))
        changes.begin(store)
        killed = 0
        while killed < kills:
            killed += changes.disturb(lambda: Store(connection)).killed
    return changes


def kill_neo4j(folder: Path, environment: dict[str, str], *, kills: int, seed: int) -> Counter[str]:
    """How the changes ended under which Neo4j was killed: codes of errors, or `done`. Its server is nobody else's."""
    home = folder / "server"
    ends = Counter[str]()
    try:
        with connect_server(home, environment=environment) as lease, started_worker(lease.connection) as worker:
            with Store(lease.connection) as store:
                undisturbed = Undisturbed(store, folder / "reference")
                changes = Changes(worker, folder / "home", undisturbed, random.Random(seed))
                changes.begin(store)
            while ends.total() < kills:
                stop_server(home)  # a watchdog gives up a server that dies too often: each kill has its own
                with connect_server(home, environment=environment) as own:
                    server = server_of(home)
                    answer = changes.disturb(
                        lambda: managed_store(home, environment),
                        victim=server.pid,
                        connection=asdict(own.connection),
                    )
                if not is_alive(server):
                    ends[answer.error or "done"] += 1
    finally:
        stop_server(home)
    return ends
