"""Kills of loads at every checkpoint, of changes of every kind, of recoveries and of Neo4j. Run by `make torture`."""

import random
import sys
from pathlib import Path

import pytest
from release_changes import kill_commands, kill_neo4j
from release_killing import Killing, started_worker

from graph.server import Connection
from graph.store import Store

pytestmark = pytest.mark.torture
AT_CHECKPOINTS = 100
AT_INSTANTS = 70
OF_RECOVERIES = 30
LONGEST_SECONDS = 3.0
OF_COMMANDS = 100
OF_NEO4J = 20


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


def test_changes_of_every_kind_that_are_killed_end_as_if_nobody_had(connection: Connection, tmp_path: Path) -> None:
    """100 kills of loads, rollbacks, overlays that are published and visibility."""
    changes = kill_commands(connection, tmp_path, kills=OF_COMMANDS, seed=4)
    assert changes.kinds == {"load", "rollback", "visibility", "overlay"}


def test_neo4j_that_is_killed_under_a_change_does_no_harm(
    tmp_path: Path, managed_environment: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """20 kills of the server, by its pid."""
    ends = kill_neo4j(tmp_path, managed_environment, kills=OF_NEO4J, seed=5)
    with capsys.disabled():
        sys.stdout.write(f"\nchanges under which Neo4j was killed ended so: {dict(sorted(ends.items()))}\n")
    assert ends.total() == OF_NEO4J
