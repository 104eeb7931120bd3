"""Two hundred kills of loads, at every checkpoint, at instants between them, and of recoveries. Run by `make torture`."""

import random
from pathlib import Path

import pytest
from release_killing import Killing, started_worker

from graph.server import Connection
from graph.store import Store

pytestmark = pytest.mark.torture
AT_CHECKPOINTS = 100
AT_INSTANTS = 70
OF_RECOVERIES = 30
LONGEST_SECONDS = 3.0


def test_a_load_killed_anywhere_ends_in_the_graph_of_an_undisturbed_one(connection: Connection, tmp_path: Path) -> None:
    """200 kills; each is followed by a recovery and the same load again, and both must leave exactly one whole release."""
    chance = random.Random(20260101)
    with Store(connection) as store, started_worker(connection) as worker:
        killing = Killing(worker, store, tmp_path / "home", tmp_path / "reference")
        for number in range(AT_CHECKPOINTS):
            assert killing.kill(at=number % len(killing.checkpoints)).killed
        for _ in range(AT_INSTANTS):
            killing.kill(seconds=chance.uniform(0.0, LONGEST_SECONDS))
        for _ in range(OF_RECOVERIES):
            killing.kill_recovery(chance.randrange(len(killing.checkpoints)), chance.randrange(10))
