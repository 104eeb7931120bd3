"""Rules of loads that a small change of the code could break unnoticed; found by `make mutants`."""

from collections import defaultdict
from pathlib import Path

import pytest
from release_world import load_world, noon, reading, world

from graph.loading import load
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.errors import InputError


def test_a_load_without_neo4j_is_refused_and_writes_nothing(home: Path) -> None:
    """`store.needed`: only a dry run does without."""
    with pytest.raises(InputError) as caught:
        load(Releases(home, clock=noon), reading(world(1)), store=None, dataset="world")
    assert caught.value.code == "store.needed"
    assert list(home.iterdir()) == []


def test_progress_in_neo4j_counts_up_by_the_records_of_a_transaction(
    connection: Connection, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what goes and of what comes: 4, 8, 12 … where a transaction takes 4."""
    monkeypatch.setattr("graph.publication.BATCH_RECORDS", 4)
    told: dict[str, list[float]] = defaultdict(list)

    def progress(task: str, done: float, total: float | None = None, unit: str = "") -> None:
        if task.endswith(" Neo4j"):
            told[task].append(done)

    releases = Releases(home, clock=noon, progress=progress)
    with Store(connection) as store:
        load_world(releases, store, 1, size=24)
        told.clear()
        load_world(releases, store, 2, size=12)
    assert set(told) == {"Removing from Neo4j", "Writing to Neo4j"}
    for done in told.values():
        assert done == [4.0 * (number + 1) for number in range(len(done))]
