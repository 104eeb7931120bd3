"""Views of a service: overlays laid over, releases that were, private datasets; on real Neo4j."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from service_serving import service_on
from service_world import BASE, SKILLS, WORLD, iri, publish_world, texts
from starlette.testclient import TestClient

from graph.archive import dataset_iri
from graph.layout import PRIVATE
from graph.loading import load
from graph.overlays import digest
from graph.reader import GraphReader, Hit, Relation
from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import ResourceType
from graph.store import AsyncStore, Store
from graph.views import Views
from ontology.amendments import amendment_iri, make_header, overlay_iri
from ontology.errors import UnknownReferenceError
from ontology.model import (
    Alignment,
    Amendment,
    Competency,
    Importance,
    Level,
    Located,
    Record,
    Requirement,
    Source,
)
from ontology.model import (
    Relation as AlignmentRelation,
)
from ontology.readers import Reading
from service.schema.state import ReleaseState, Wanted

RELEASE = "https://w3id.org/headwater/id/release/"


def change(overlay: str, target: str, **changes: Any) -> Amendment:
    """The amendment of a thing of the world."""
    return Amendment(iri=amendment_iri(overlay_iri(overlay), iri(target)), target=iri(target), **changes)


def was(target: str) -> str:
    """What the world says of a thing."""
    return next(digest(record) for records in WORLD.values() for record in records if record.iri == iri(target))


NORTH: tuple[Record, ...] = (
    make_header("north", over=["skills", "jobs"], license="CC0-1.0"),
    change("north", "firewalls", removed=True, was=was("firewalls")),
    change("north", "coder", labels=texts("Developer"), descriptions=texts("Writes code."), was=was("coder")),
    change("north", "network", descriptions=texts("Networks of the north."), was="0" * 64),
    change("north", "needs-network", importance=Importance.MUST, was=was("needs-network")),
    change("north", "needs-python", level=Level(iri("scale"), 1.0), was=was("needs-python")),
    Competency(
        iri=iri("sami"), labels=texts("Sami"), descriptions=texts("A language."), framework=overlay_iri("north")
    ),
    Requirement(iri=iri("needs-sami"), owner=iri("coder"), target=iri("sami")),
    Alignment(
        iri=iri("local"), subject=iri("sami"), object=iri("python"), relation=AlignmentRelation.RELATED, comment="c"
    ),
)
"""Without firewalls; the coder is a developer who needs less Python and speaks Sami; network defence is a must."""
SOUTH: tuple[Record, ...] = (
    make_header("south"),
    change("south", "coder", labels=texts("Programmer", "Programmeur")),
    change("south", "sami", removed=True),
)


def reading(name: str, records: Sequence[Record]) -> Reading:
    items = (Located(record=record, source=Source(file=f"{name}.nq", line=n)) for n, record in enumerate(records, 1))
    return Reading(name=name, format="skos", items=items)


def load_overlay(releases: Releases, store: Store, name: str, records: Sequence[Record]) -> Any:
    return load(releases, reading(name, records), store=store, dataset=name, allow_removals=True)


def changed_skills() -> tuple[Record, ...]:
    """A second version of the skills: Python has another name and description, Firewalls is below nothing."""
    found: list[Record] = []
    for record in SKILLS:
        if isinstance(record, Competency) and record.iri == iri("python"):
            record = replace(record, labels=texts("Python 3"), descriptions=texts("A language to program in."))
        if isinstance(record, Competency) and record.iri == iri("firewalls"):
            record = replace(record, broader=())
        found.append(record)
    return tuple(found)


ASKED = """query($view: ViewInput) {
  match(held: {credentials: ["Security+"], competencies: [{id: "https://example.org/python", level: 2, scale: "Depth"}]}, view: $view, first: 20) {
    release totalCount edges { cursor node { score qualified role { id label { text language } } blocking { id }
      met { requirement { id level { value } importance importanceValue } coverage weight part evidence { sentence } }
      missing { requirement { id target { id label { text } } } } levels { qualified level { name } } } } }
  gap(held: {}, role: "opm:511", view: $view) { score missingCount }
  plans(held: {}, role: "621", view: $view) { release plans { steps { resource { id } } } unmet { id } }
  competencies(view: $view, first: 50) { totalCount edges { node { id label { text } kind description { text language }
    framework { id } dataset { name license release } broader { totalCount edges { node { id } } }
    narrower { edges { node { id } } } taughtBy { edges { node { id } } } certifiedBy { edges { node { id } } }
    requiredBy { totalCount edges { node { id } } } alignments { edges { node { id relation object { __typename } } } } } } }
  jobRoles(view: $view) { totalCount edges { node { id label(languages: ["fr"]) { text language } description { text }
    requirements { id label { text } importance importanceValue level { value fraction } children { id } } } } }
  courses(view: $view) { totalCount edges { node { id teaches { edges { node { id } } } awards { edges { node { id } } } } } }
  frameworks(view: $view) { totalCount edges { node { id competencies { totalCount } } } }
  search(text: "python", view: $view) { totalCount edges { node { id label { text } } } }
  node(id: "https://example.org/sami", view: $view) { id }
  resource(ref: "demo:N1", view: $view) { id }
}"""


GRAPH = """MATCH (n:Resource) OPTIONAL MATCH (n)-[r]->(m)
  RETURN labels(n) AS labels, properties(n) AS node, type(r) AS type, properties(r) AS link, m.iri AS end
  ORDER BY n.iri, type, end, r.iri"""


@pytest.fixture(scope="module")
def served(
    emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[TestClient, Releases, dict[str, Any]]]:
    """A client; releases 1 (the world), 2 (with overlays), 3 (skills changed); and what was answered by default in each."""
    home = tmp_path_factory.mktemp("views")
    releases = Releases(home)
    answers: dict[str, Any] = {}
    with Store(emptied_server) as store:
        publish_world(releases, store)
        graph = store.read(GRAPH)
        with service_on(home, emptied_server) as client:
            answers["1"] = ask(client, 1)
            assert load_overlay(releases, store, "north", NORTH).published
            assert load_overlay(releases, store, "south", SOUTH).published
            answers["3"] = ask(client, 3)
            answers["graph"] = graph, store.read(GRAPH)
            report = load_overlay(releases, store, "skills", changed_skills())
            assert report.published
            answers["findings"] = report.findings
            answers["4"] = ask(client, 4)
            yield client, releases, answers


def ask(client: TestClient, release: int, view: dict[str, Any] | None = None) -> Any:
    """The answer to all that is asked, as soon as this release is served; the release is taken out of it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = client.post("/graphql", json={"query": ASKED, "variables": {"view": view}})
        body = found.json()
        if view is not None or ("errors" not in body and body["data"]["match"]["release"] == f"{RELEASE}{release}"):
            break
    assert "errors" not in body, body
    assert found.text.count(f"{RELEASE}{release}") > 3
    return found.text.replace(f"{RELEASE}{release}", "R")


def data(client: TestClient, query: str, **variables: Any) -> Any:
    body = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in body, body
    return body["data"]


def fails(client: TestClient, **view: Any) -> Any:
    query = "query($view: ViewInput) { jobRoles(view: $view) { totalCount } }"
    (error,) = client.post("/graphql", json={"query": query, "variables": {"view": view}}).json()["errors"]
    return error


Served = tuple[TestClient, Releases, dict[str, Any]]


def test_default_answers_are_the_same_bytes_whether_overlays_are_loaded(served: Served) -> None:
    """Match, gap, plans, lists, counts, relations, descriptions, search: nothing of an overlay is in them."""
    _, _, answers = served
    assert answers["1"] == answers["3"]
    before, after = answers["graph"]
    assert before == after
    assert len(before) > 30
    assert answers["3"] != answers["4"]


def test_a_release_that_was_answers_as_it_did(served: Served) -> None:
    """By number and by IRI, all that was answered when it was current, byte for byte but for search scores."""
    client, _, answers = served
    for as_of in ("1", f"{RELEASE}1"):
        assert ask(client, 1, {"asOf": as_of}) == answers["1"]
    assert ask(client, 3, {"asOf": "3"}) == answers["3"]
    assert ask(client, 4, {"asOf": "4"}) == answers["4"]


def test_a_release_whose_snapshot_is_gone_is_built_again(served: Served) -> None:
    """From the archive, and without a file left behind."""
    client, releases, answers = served
    kept = releases.snapshot_path(1).read_bytes()
    releases.snapshot_path(1).unlink()
    try:
        state = ReleaseState(releases.snapshot(), releases)
        view = asyncio.run(state.view_of(Wanted(as_of="1")))
        assert str(view.release) == f"{RELEASE}1"
        assert list(view.snapshot.iris) == list(releases.snapshot_of(releases.get(1)).iris)
    finally:
        releases.snapshot_path(1).write_bytes(kept)
    assert ask(client, 1, {"asOf": "1"}) == answers["1"]


OVERLAID = """query($overlays: [ID!], $asOf: ID, $datasets: [String!]) {
  role: resource(ref: "opm:621", view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) {
    id label { text } french: label(languages: ["fr"]) { text } description { text } dataset { name }
    ... on JobRole { requirements { id importance level { value } target { label { text } } } } }
  network: node(id: "https://example.org/network", view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) {
    ... on Competency { description { text } french: description(languages: ["fr"]) { text } narrower { totalCount }
      requiredBy { edges { node { id requirements { id importance importanceValue } } } } } }
  sami: node(id: "https://example.org/sami", view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) {
    ... on Competency { label { text } description { text } framework { label { text } } dataset { name format }
      requiredBy { edges { node { id } } } alignments { edges { node { id relation } } } } }
  gone: node(id: "https://example.org/firewalls", view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) { id }
  competencies(view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) { totalCount }
  search(text: "developer", view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) { totalCount edges { node { id } } }
  match(held: {competencies: [{id: "sami"}]}, view: {overlays: $overlays, asOf: $asOf, datasets: $datasets}) {
    release totalCount edges { node { role { id } score } } }
}"""


def test_an_overlay_changes_all_that_is_asked_of_the_view(served: Served) -> None:
    """North: names, descriptions, weights, levels, additions and removals, in lists, relations, search and match."""
    client, _, _ = served
    found = data(client, OVERLAID, overlays=["north"])
    role = found["role"]
    assert (role["label"], role["french"], role["description"]) == (
        {"text": "Developer"},
        {"text": "Developer"},
        {"text": "Writes code."},
    )
    assert {each["id"]: each["level"] for each in role["requirements"]} == {
        iri("needs-python"): {"value": 1.0},
        iri("needs-sami"): None,
        iri("needs-time"): None,
    }
    network = found["network"]
    assert network["description"] == {"text": "Networks of the north."}
    assert network["french"] == {"text": "Protéger les réseaux."}
    assert network["narrower"] == {"totalCount": 0}
    (asking,) = network["requiredBy"]["edges"]
    weighed = next(each for each in asking["node"]["requirements"] if each["id"] == iri("needs-network"))
    assert weighed == {"id": iri("needs-network"), "importance": "MUST", "importanceValue": None}
    assert found["sami"] == {
        "label": {"text": "Sami"},
        "description": {"text": "A language."},
        "framework": {"label": {"text": "north"}},
        "dataset": {"name": "north", "format": "overlay"},
        "requiredBy": {"edges": [{"node": {"id": iri("coder")}}]},
        "alignments": {"edges": [{"node": {"id": iri("local"), "relation": "relatedMatch"}}]},
    }
    assert found["gone"] is None
    assert found["competencies"] == {"totalCount": 4}
    assert found["search"]["edges"] == [{"node": {"id": iri("coder")}}]
    assert [edge["node"]["role"]["id"] for edge in found["match"]["edges"]] == [iri("coder")]
    assert found["match"]["release"] == f"{RELEASE}4"


def test_overlays_apply_in_their_order_and_each_once(served: Served) -> None:
    """South after north: the coder is a Programmer and Sami is gone; north after south: a Developer, and Sami is there."""
    client, _, _ = served
    forwards = data(
        client, OVERLAID.replace('{id: "sami"}', '{id: "Network defence"}'), overlays=["north", "south", "north"]
    )
    backwards = data(client, OVERLAID, overlays=[dataset_iri("south"), dataset_iri("north")])
    assert (forwards["role"]["label"]["text"], forwards["sami"]) == ("Programmer", None)
    assert (backwards["role"]["label"]["text"], backwards["sami"]["label"]["text"]) == ("Developer", "Sami")
    assert (forwards["role"]["french"]["text"], backwards["role"]["french"]["text"]) == ("Programmeur", "Programmeur")


def test_overlays_go_with_releases_and_with_datasets(served: Served) -> None:
    """North as of release 3 lies over the old Python; over jobs alone it knows no Python; south is not in release 2."""
    client, _, _ = served
    query = """query($view: ViewInput) { frameworks(view: $view) { edges { node { id } } }
      jobRoles(filter: {ids: ["621"]}, view: $view) { edges { node { label { text } requirements { target { label { text } } } } } } }"""
    old = data(client, query, view={"asOf": "3", "overlays": ["north"]})
    (role,) = old["jobRoles"]["edges"]
    assert role["node"]["label"] == {"text": "Developer"}
    assert [each["target"] for each in role["node"]["requirements"]] == [
        {"label": {"text": "Python"}},
        {"label": {"text": "Sami"}},
        None,
    ]
    few = data(client, query, view={"overlays": ["north"], "datasets": ["jobs"]})
    assert [edge["node"]["id"] for edge in few["frameworks"]["edges"]] == [iri("jobs"), overlay_iri("north")]
    (role,) = few["jobRoles"]["edges"]
    assert [each["target"] for each in role["node"]["requirements"]] == [None, {"label": {"text": "Sami"}}, None]
    assert fails(client, asOf="2", overlays=["south"])["extensions"]["detail"] == "reference.unknown"


def test_what_is_not_there_is_told_with_what_is(served: Served) -> None:
    """An unknown overlay, a dataset that is none, a release that never was, a dataset that is an overlay."""
    client, _, _ = served
    error = fails(client, overlays=["skills"])
    assert error["message"] == "'skills' is no overlay."
    assert error["extensions"]["hint"] == "There are: north, south."
    assert [each["id"] for each in error["extensions"]["candidates"]] == [dataset_iri("north"), dataset_iri("south")]
    assert fails(client, asOf="9")["extensions"]["hint"] == "There are releases 1 to 4."
    assert fails(client, asOf="yesterday")["message"] == "'yesterday' is no release."
    assert fails(client, datasets=["north"])["extensions"]["hint"] == "There are: college, jobs, skills."


def test_a_new_base_tells_what_overlays_amend_of_it(served: Served) -> None:
    """The second skills have another Firewalls than north removes and, as ever, another network than north speaks of."""
    _, releases, answers = served
    told = sorted((each.code, each.subject) for each in answers["findings"] if each.code.startswith("overlay."))
    assert told == [("overlay.target-changed", iri("firewalls")), ("overlay.target-changed", iri("network"))]
    without = [record for record in SKILLS if record.iri not in (iri("network"), iri("firewalls"))]
    tried = load(releases, reading("skills", without), store=None, dataset="skills", dry_run=True, allow_removals=True)
    gone = sorted(each.subject or "" for each in tried.findings if each.code == "overlay.target-gone")
    assert gone == [iri("firewalls"), iri("network")]


def test_an_overlay_is_no_dataset_and_a_dataset_no_overlay(served: Served) -> None:
    """Neither replaces the other under its name."""
    _, releases, _ = served
    plain = (Competency(iri=iri("new"), labels=texts("New")),)
    for name, records in (("skills", SOUTH), ("north", plain)):
        tried = load(releases, reading(name, records), store=None, dataset=name, dry_run=True, allow_removals=True)
        assert "overlay.other-kind" in {each.code for each in tried.findings}
        assert tried.blocked


def test_private_datasets_and_overlays_are_seen_by_leave_alone(served: Served, tmp_path: Path) -> None:
    """jobs is private: without leave there is no role, in no release; north is private: it is no overlay."""
    _, releases, _ = served
    manifest = releases.current()
    assert manifest is not None
    hidden = tuple(
        replace(each, visibility=PRIVATE) if each.name in ("jobs", "north") else each for each in manifest.datasets
    )
    other = Releases(tmp_path)
    (tmp_path / "archive").symlink_to(releases.home / "archive")

    async def look(wanted: Wanted) -> list[str]:
        view = await state.view_of(wanted)
        return sorted({each.name for each in view.datasets})

    old = other.archive.manifest
    other.archive.manifest = lambda number: (  # type: ignore[method-assign]
        replace(old(number), datasets=hidden) if number == manifest.number else old(number)
    )
    (tmp_path / "current.json").write_bytes((releases.home / "current.json").read_bytes())
    state = ReleaseState(other.snapshot(), other)
    assert asyncio.run(look(Wanted())) == ["college", "skills"]
    assert asyncio.run(look(Wanted(private=True))) == ["college", "jobs", "skills"]
    assert asyncio.run(look(Wanted(as_of="1"))) == ["college", "skills"]
    assert asyncio.run(look(Wanted(as_of="1", private=True))) == ["college", "jobs", "skills"]
    assert asyncio.run(look(Wanted(overlays=("south",)))) == ["college", "skills", "south"]
    assert asyncio.run(look(Wanted(overlays=("north",), private=True))) == ["college", "jobs", "north", "skills"]
    for wanted in (Wanted(overlays=("north",)), Wanted(datasets=("jobs",))):
        with pytest.raises(UnknownReferenceError):
            asyncio.run(look(wanted))


# --- the reader of views beside that of Neo4j -------------------------------------------------------------------------

RELATED = tuple(Relation)


WHOLE = ((100, None),)
PAGES = (*WHOLE, (1, None), (1, f"{BASE}c"))


async def compare(connection: Connection, releases: Releases, pages: Sequence[tuple[int, str | None]] = WHOLE) -> None:
    """All relations, alignments and descriptions of all things are the same from Neo4j and from the snapshot."""
    snapshot = releases.snapshot()
    own = Views(releases).open(snapshot).reader
    store = AsyncStore(connection)
    try:
        graph = GraphReader(store)
        described = [each for row, each in enumerate(snapshot.iris) if snapshot.dataset[row] >= 0]
        for relation in RELATED:
            for first, after in pages:
                found = await own.related(relation, described, first=first, after=after)
                assert found == await graph.related(relation, described, first=first, after=after), relation
        assert await own.descriptions(described) == await graph.descriptions(described)
        alignments = list(snapshot.alignment_iris)
        assert await own.alignments(alignments) == await graph.alignments(alignments)
    finally:
        await store.close()


def test_the_reader_of_views_answers_as_neo4j_does(served: Served, neo4j_server: Connection) -> None:
    """On the world of the service, superseded things and descriptions included."""
    _, releases, _ = served
    asyncio.run(compare(neo4j_server, releases, PAGES))


def test_search_finds_what_neo4j_finds(served: Served, neo4j_server: Connection) -> None:
    """Words, slips of the pen, beginnings, codes, languages, types; whoever types a code finds its owner first."""
    _, releases, _ = served

    async def look() -> None:
        own = Views(releases).open(releases.snapshot()).reader
        store = AsyncStore(neo4j_server)
        try:
            graph = GraphReader(store)
            questions: list[dict[str, Any]] = [
                {"text": "network defence"},
                {"text": "netwrok"},
                {"text": "pyth", "prefix": True},
                {"text": "pyth"},
                {"text": "511"},
                {"text": "opm:511"},
                {"text": "S+"},
                {"text": "defense", "languages": ["fr"]},
                {"text": "defense", "languages": ["en"]},
                {"text": "python week", "types": [ResourceType.COURSE]},
                {"text": "security nonsense"},
                {"text": "..."},
            ]
            for question in questions:
                found, expected = await own.search(first=20, **question), await graph.search(first=20, **question)
                assert {hit.iri for hit in found.hits} == {hit.iri for hit in expected.hits}, question
                assert found.total == expected.total
                assert [hit.iri for hit in found.hits][:1] == [hit.iri for hit in expected.hits][:1], question
                paged: list[Hit] = []
                last: Hit | None = None
                while True:
                    page = await own.search(first=1, after=last, **question)
                    paged.extend(page.hits)
                    if not page.has_next:
                        break
                    last = page.hits[-1]
                assert tuple(paged) == found.hits
        finally:
            await store.close()

    asyncio.run(look())
