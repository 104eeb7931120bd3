"""Neo4j killed in the middle of a load, and what must be true after the next command. Shared by suite and torture."""

import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from release_world import check_settled, dump, load_world, noon

from graph.progress import silent
from graph.releases import Releases
from graph.server import connect_server, inspect_server, stop_server
from graph.store import Store
from ontology.errors import UnavailableError

RESTART_SECONDS = 180.0


@dataclass(slots=True)
class Fuse:
    """Kills the server at one of the checkpoints of a load."""

    folder: Path
    at: int = -1
    passed: int = 0
    killed: bool = False

    def __call__(self, _: str) -> None:
        """One checkpoint more."""
        self.passed += 1
        if self.passed == self.at:
            pid = inspect_server(self.folder).pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            self.killed = True


def kill_neo4j(folder: Path, environment: Mapping[str, str], *, kills: int, seed: int) -> int:
    """How many loads were cut off, of so many during which Neo4j was killed; each ends in the undisturbed graph."""
    chance = random.Random(seed)
    cut_off = 0
    try:
        with (
            connect_server(folder, environment=dict(environment), progress=silent) as lease,
            Store(lease.connection) as store,
        ):
            expected = {}
            undisturbed = Releases(folder / "undisturbed", clock=noon)
            for version in (1, 2):
                load_world(undisturbed, store, version)
                expected[version] = dump(store)
            fuse = Fuse(folder)
            releases = Releases(folder / "home", clock=noon, checkpoint=fuse)
            load_world(releases, store, 1)
            lengths = {}
            for version in (2, 1):
                fuse.passed = 0
                load_world(releases, store, version)
                lengths[version] = fuse.passed
            for _ in range(kills):
                version = 3 - version
                fuse.passed, fuse.killed, fuse.at = 0, False, chance.randint(1, lengths[version])
                try:
                    load_world(releases, store, version)
                except UnavailableError:
                    cut_off += 1
                assert fuse.killed
                fuse.at = -1
                _wait_for(store)
                load_world(releases, store, version)
                assert dump(store) == expected[version]
                check_settled(releases, store)
    finally:
        stop_server(folder)
    return cut_off


def _wait_for(store: Store) -> None:
    """Nothing, as soon as the server answers again. Raises UnavailableError where it does not in time."""
    end = time.monotonic() + RESTART_SECONDS
    while True:
        try:
            store.verify()
        except UnavailableError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
        else:
            return
