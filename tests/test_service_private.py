"""What is private stays private: through roll-backs, in scales, in notes of releases, whoever named the same view before."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from release_world import noon, reading
from service_serving import service_on
from starlette.testclient import TestClient

from graph.layout import PRIVATE
from graph.loading import load, remove_dataset, set_visibility
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import Alignment, Competency, Framework, Record, Relation, Scale, Text
from service.auth import Keys, Role
from service.schema.state import ReleaseState, Wanted

P = "http://private.example/"
OPEN: list[Record] = [
    Competency(iri=f"{P}open", labels=(Text("open", "en"),)),
    Alignment(iri=f"{P}link", subject=f"{P}open", object=f"{P}secret", relation=Relation.EXACT),
]
SECRET: list[Record] = [
    Framework(iri=f"{P}f", labels=(Text("hidden framework", "en"),)),
    Competency(iri=f"{P}secret", labels=(Text("secret", "en"),), framework=f"{P}f"),
    Scale(iri=f"{P}scale", labels=(Text("hidden scale", "en"),), minimum=0, maximum=5),
]


@pytest.fixture
def store(connection: Connection) -> Iterator[Store]:
    with Store(connection) as opened:
        yield opened


@pytest.fixture
def releases(tmp_path: Path, store: Store) -> Releases:
    """Release 1: both datasets, public; 2: the second is private."""
    found = Releases(tmp_path / "home", clock=noon)
    load(found, reading(list(OPEN)), store=store, dataset="open")
    load(found, reading(list(SECRET)), store=store, dataset="mine")
    set_visibility(found, "mine", PRIVATE, store=store)
    return found


def test_a_roll_back_to_when_it_was_public_leaves_it_private(releases: Releases, store: Store) -> None:
    """The content is that of then, who may see it is of now; and where nothing but that differs, there is no release."""
    current = releases.current()
    assert releases.roll_back(store, 2) == current
    load(releases, reading([*SECRET, Competency(iri=f"{P}more")]), store=store, dataset="mine")
    manifest = releases.roll_back(store, 2)
    assert {each.name: each.visibility for each in manifest.datasets} == {"mine": PRIVATE, "open": "public"}
    assert releases.get(2).datasets[0].checksum == manifest.datasets[0].checksum


@pytest.mark.parametrize(
    "wanted", [{}, {"as_of": "2"}, {"datasets": ("open",)}, {"as_of": "2", "datasets": ("open",)}], ids=str
)
def test_scales_of_private_datasets_are_seen_by_leave_alone(releases: Releases, wanted: dict[str, Any]) -> None:
    """Not even their names; and it does not matter whether somebody with a key asked for the same view first."""
    for order in ((True, False), (False, True)):
        state = ReleaseState(releases.snapshot(), releases)
        for private in order:
            view = asyncio.run(state.view_of(Wanted(private=private, **wanted)))
            labels = {view.snapshot.scale_label(row)[0] for row in range(len(view.snapshot.scale_iris))}
            assert ("hidden scale" in labels) is private
            assert (view.find_node(f"{P}scale") is not None) is private


@pytest.fixture
def client(releases: Releases, connection: Connection) -> Iterator[TestClient]:
    with service_on(releases.home, connection) as opened:
        yield opened


NOTES = """{
  releases { edges { node { note datasets { name } } } }
  release(id: "2") { note }
  releaseDiff(from: "1", to: "3") { from { note } to { note } }
}"""


def test_notes_of_releases_do_not_name_what_is_private(client: TestClient, releases: Releases, store: Store) -> None:
    """Loaded, made private, removed: anybody reads none of it, whoever has a key all of it."""
    remove_dataset(releases, "open", store=store, allow_removals=True)
    key, _ = Keys(releases.home).create(Role.READER)
    anonymous = client.post("/graphql", json={"query": NOTES}).text
    assert "mine" not in anonymous
    assert "Load of open" in anonymous
    known = client.post("/graphql", json={"query": NOTES}, headers={"authorization": f"Bearer {key}"}).text
    assert "mine is private" in known


def test_what_a_steward_asks_by_get_is_never_told_unchanged(client: TestClient, releases: Releases) -> None:
    """Jobs and drafts change without a release; what anybody asks keeps its tag."""
    key, _ = Keys(releases.home).create(Role.STEWARD)
    query = {"query": "{ jobs(first: 5) { edges { node { id } } } }"}
    stewards = client.get("/graphql", params=query, headers={"authorization": f"Bearer {key}"})
    assert stewards.status_code == 200
    assert "etag" not in stewards.headers
    assert "etag" in client.get("/graphql", params={"query": "{ frameworks { totalCount } }"}).headers


def test_content_that_is_no_base64_is_told(client: TestClient, releases: Releases) -> None:
    """Letters outside of ASCII too."""
    key, _ = Keys(releases.home).create(Role.STEWARD)
    query = """mutation { load(input: {dataset: "d", filename: "d.csv", contentBase64: "é"}) { id } }"""
    answer = client.post("/graphql", json={"query": query}, headers={"authorization": f"Bearer {key}"}).json()
    assert answer["errors"][0]["extensions"]["detail"] == "input.content"
