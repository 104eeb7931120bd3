"""What comes new into the graph is not cleared first; where a run ended early it is, and the graph is the same."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from release_world import dump, load_world, noon, reading, world

from graph import cypher
from graph.loading import load
from graph.releases import Releases
from graph.server import Connection
from graph.store import Statement, Store
from ontology.model import Competency, Record, Teaching

CLEARING = {cypher.CLEAR_STRUCTURE, *cypher.DELETE_STATEMENTS.values()}


class Recorder(Store):
    """A store that remembers which statements clear, and of how many records."""

    cleared = 0

    def write_together(self, statements: object) -> None:
        """The statements done, and noted."""
        done: list[Statement] = list(statements)  # type: ignore[call-overload]
        self.cleared += sum(len(parameters["iris"]) for query, parameters in done if query in CLEARING)  # type: ignore[misc, arg-type]
        super().write_together(done)


@pytest.fixture
def store(connection: Connection) -> Iterator[Recorder]:
    with Recorder(connection) as opened:
        yield opened


def resumed(home: Path, store: Store) -> Releases:
    """Releases of which Neo4j always says that one is being applied already, as after a kill."""

    def announce(step: str) -> None:
        if step == "pending":
            target = releases.archive.manifest(releases.archive.numbers()[-1])
            announcement = {"iri": target.iri, "number": target.number, "checksum": target.checksum, "clearing": False}
            store.write(cypher.ANNOUNCE, announcement)

    releases = Releases(home, clock=noon, checkpoint=announce)
    return releases


@pytest.mark.parametrize("versions", [(1,), (1, 2), (2, 1)])
def test_what_is_new_is_written_as_if_it_had_been_cleared(
    tmp_path: Path, store: Recorder, versions: tuple[int, ...]
) -> None:
    """The quick way and the one after a kill end in the same graph."""
    graphs = []
    for name in ("quick", "resumed"):
        store.write("MATCH (n) DETACH DELETE n")
        releases = Releases(tmp_path / name, clock=noon) if name == "quick" else resumed(tmp_path / name, store)
        for version in versions:
            assert load_world(releases, store, version).published
        graphs.append(dump(store))
    assert graphs[0] == graphs[1]


def test_only_what_may_be_there_is_cleared(tmp_path: Path, store: Recorder) -> None:
    """Nothing in an empty graph, the changed records in a later load, all of them where a run ended early."""
    releases = Releases(tmp_path / "quick", clock=noon)
    load_world(releases, store, 1)
    assert store.cleared == 0
    more: list[Record] = [Competency(iri="urn:n"), Teaching(iri="urn:t", subject=world(1)[5].iri, competency="urn:n")]
    assert load(releases, reading(more), store=store, dataset="more").published
    assert store.cleared == 0
    load_world(releases, store, 2)
    assert store.cleared > 0
    store.cleared = 0
    store.write("MATCH (n) DETACH DELETE n")
    load_world(resumed(tmp_path / "resumed", store), store, 1)
    assert store.cleared == len(world(1)) - 1, "all but the Unmapped one"
