"""The reconciliation API 0.2: manifest, batches, types, properties, suggestions, preview, extension, speed."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from service_world import WORLD, iri
from starlette.testclient import TestClient
from test_service_rdf import HIDDEN, OWN, publish, service

from graph.layout import DatasetInfo
from graph.likeness import Likeness, find_likeness, rows_beginning_with
from graph.snapshot import ResourceType, Snapshot
from ontology.model import Competency, Text


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service on the world and a private dataset, open to one origin."""
    home = tmp_path_factory.mktemp("reconciliation")
    publish(home, {**WORLD, "own": OWN, "hidden": HIDDEN}, hidden={"visibility": "private"})
    with service(home, cors_origins=("https://refine.example",)) as found:
        yield found


def ask(client: TestClient, **queries: Any) -> Any:
    """The results of a batch, by key."""
    response = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert response.status_code == 200, response.text
    return {key: value["result"] for key, value in response.json().items()}


def detail(response: Any) -> str:
    """Our code of an answer's only error."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["detail"])


def test_the_manifest(client: TestClient) -> None:
    """What the specification requires, and the address of everything that is offered."""
    manifest = client.get("/reconcile").json()
    assert "0.2" in manifest["versions"]
    assert manifest["identifierSpace"] == "https://w3id.org/headwater/id/"
    assert manifest["schemaSpace"] == "https://w3id.org/headwater/ontology#"
    assert {"id": "JobRole", "name": "Job role"} in manifest["defaultTypes"]
    assert manifest["view"]["url"] == "http://testserver/resource?iri={{id}}"
    assert manifest["preview"].keys() == {"url", "width", "height"}
    for name, service_ in manifest["suggest"].items():
        address = service_["service_url"] + service_["service_path"]
        assert client.get(address, params={"prefix": ""}).status_code == 200, name
    proposed = manifest["extend"]["propose_properties"]
    assert client.get(proposed["service_url"] + proposed["service_path"]).json()["properties"]


def test_an_exact_name_is_a_match(client: TestClient) -> None:
    """A label in any case and language, a code, an IRI: score 100 and match; a slip of the pen: less, and none."""
    results = ask(
        client,
        label={"query": "NETWORK  defence"},
        french={"query": "Défense des réseaux"},
        code={"query": "511"},
        qualified={"query": "opm:511"},
        iri={"query": iri("network")},
        slip={"query": "Netwrok defense"},
        nothing={"query": "zzzzqqqq"},
    )
    for key, name in (
        ("label", "network"),
        ("french", "network"),
        ("code", "defender"),
        ("qualified", "defender"),
        ("iri", "network"),
    ):
        best = results[key][0]
        assert (best["id"], best["score"], best["match"]) == (iri(name), 100.0, True), key
    slip = results["slip"][0]
    assert slip["id"] == iri("network")
    assert 60 < slip["score"] < 100
    assert not any(each["match"] for each in results["slip"])
    assert results["nothing"] == []
    assert results["label"][0]["type"] == [{"id": "Competency", "name": "Competency"}]
    assert results["label"][0]["description"] == "demo N1, Skills"


def test_candidates_are_sorted_and_limited(client: TestClient) -> None:
    """By score; at most as many as asked for; a superseded thing leads to its successor, and counts once."""
    found = ask(client, all={"query": "Python"}, one={"query": "Python", "limit": 1})
    scores = [each["score"] for each in found["all"]]
    assert scores == sorted(scores, reverse=True)
    assert [each["id"] for each in found["all"]][:2] == [iri("python"), iri("course-python")]
    assert len(found["one"]) == 1
    assert iri("old-python") not in [each["id"] for each in found["all"]]
    assert ask(client, old={"query": "Python 2"})["old"][0]["id"] == iri("python")


def test_types_and_properties_narrow(client: TestClient) -> None:
    """`type` as text, list or IRI; `code` and `framework` by any of their names; other properties are ignored."""
    found = ask(
        client,
        course={"query": "Python", "type": "Course"},
        several={"query": "Python", "type": ["Course", "https://w3id.org/headwater/ontology#Competency"]},
        unknown={"query": "Python", "type": "Person"},
        code={"query": "Defender of networks", "properties": [{"pid": "code", "v": "opm:511"}]},
        only={"properties": [{"pid": "code", "v": ["621", "nothing"]}]},
        home={"query": "Network", "properties": [{"pid": "framework", "v": {"id": iri("skills")}}]},
        label={"query": "Python", "properties": [{"pid": "framework", "v": "jobs"}]},
        other={"query": "Python", "properties": [{"pid": "colour", "v": "red"}]},
    )
    assert [each["id"] for each in found["course"]] == [iri("course-python")]
    assert {each["type"][0]["id"] for each in found["several"]} == {"Course", "Competency"}
    assert found["unknown"] == []
    assert [each["id"] for each in found["code"]] == [iri("defender")]
    assert [(each["id"], each["match"]) for each in found["only"]] == [(iri("coder"), True)]
    assert {each["id"] for each in found["home"]} == {iri("network")}
    assert found["label"] == []
    assert found["other"][0]["id"] == iri("python")


def test_a_batch_by_get(client: TestClient) -> None:
    """The same answer as by POST; JSONP is not offered."""
    queries = json.dumps({"q0": {"query": "Firewalls"}})
    response = client.get("/reconcile", params={"queries": queries, "callback": "evil"})
    assert response.headers["content-type"] == "application/json"
    assert response.json()["q0"]["result"][0]["id"] == iri("firewalls")


def test_bad_queries_are_told(client: TestClient) -> None:
    """Not JSON, no object, nothing to look for, too many."""

    def answer(queries: str) -> Any:
        return client.post("/reconcile", data={"queries": queries})

    assert detail(answer("{")) == "http.body"
    for each in ("[]", '{"q": 1}', '{"q": {}}', '{"q": {"query": 1}}', '{"q": {"query": "a", "limit": 0}}'):
        assert (answer(each).status_code, detail(answer(each))) == (400, "reconciliation.query"), each
    many = answer(json.dumps({f"q{number}": {"query": "a"} for number in range(51)}))
    assert (many.status_code, detail(many)) == (413, "reconciliation.batch")
    assert detail(client.post("/reconcile", data={"other": "x"})) == "reconciliation.query"
    assert client.post("/reconcile", json={"queries": {}}).status_code == 415


def test_suggestions_are_by_prefix(client: TestClient) -> None:
    """Of entities, also by IRI and code and after a cursor; of types and of properties."""

    def names(kind: str, **parameters: Any) -> list[str]:
        return [each["name"] for each in client.get(f"/reconcile/suggest/{kind}", params=parameters).json()["result"]]

    assert names("entity", prefix="pyth") == ["Python", "Python in a week"]
    assert names("entity", prefix="pyth", cursor=1) == ["Python in a week"]
    assert names("entity", prefix=iri("network")) == ["Network defence"]
    assert names("entity", prefix="511") == ["Defender"]
    assert names("type", prefix="c") == ["Competency", "Course", "Credential"]
    assert names("type", prefix="JobR") == ["Job role"]
    assert names("property", prefix="fra") == ["Framework"]
    first = client.get("/reconcile/suggest/entity", params={"prefix": "Firew"}).json()["result"][0]
    assert first == {
        "id": iri("firewalls"),
        "name": "Firewalls",
        "description": "Skills",
        "notable": [{"id": "Competency", "name": "Competency"}],
    }


def test_a_preview_is_a_small_page(client: TestClient) -> None:
    """Escaped, without scripts, allowed in a frame; unknown things are 404."""
    page = client.get("/reconcile/preview", params={"id": iri("network")})
    assert "<h1>Network defence</h1>" in page.text
    assert "frame-ancestors" not in page.headers["content-security-policy"]
    evil = client.get("/reconcile/preview", params={"id": OWN[2].iri}).text
    assert "<script" not in evil
    assert "<img" not in evil
    for identifier in ("", "nothing", iri("hidden")):
        assert client.get("/reconcile/preview", params={"id": identifier}).status_code == 404


def test_entities_are_extended(client: TestClient) -> None:
    """Values of the properties asked for; entities as such; what is not known has none."""
    query = {
        "ids": [iri("firewalls"), iri("network"), "urn:nothing"],
        "properties": [{"id": name} for name in ("label", "description", "code", "broader", "framework")],
    }
    found = client.post("/reconcile", data={"extend": json.dumps(query)}).json()
    assert [each["id"] for each in found["meta"]] == ["label", "description", "code", "broader", "framework"]
    skills = {"id": iri("skills"), "name": "Skills"}
    assert found["rows"][iri("firewalls")] == {
        "label": [{"str": "Firewalls"}],
        "description": [],
        "code": [],
        "broader": [{"id": iri("network"), "name": "Network defence"}],
        "framework": [skills],
    }
    assert found["rows"][iri("network")]["description"] == [
        {"str": "Keeping networks safe."},
        {"str": "Protéger les réseaux."},
    ]
    assert found["rows"][iri("network")]["code"] == [{"str": "demo:N1"}]
    assert all(values == [] for values in found["rows"]["urn:nothing"].values())
    wrong = client.get("/reconcile", params={"extend": json.dumps({"ids": [], "properties": [{"id": "age"}]})})
    assert (wrong.status_code, detail(wrong)) == (400, "reconciliation.property")


def test_private_datasets_are_not_found(client: TestClient) -> None:
    """Neither as candidates nor as suggestions."""
    assert iri("hidden") not in [each["id"] for each in ask(client, q={"query": "A secret"})["q"]]
    assert client.get("/reconcile/suggest/entity", params={"prefix": "a secr"}).json()["result"] == []


def test_other_origins_as_set(client: TestClient) -> None:
    """The origin of the settings may read the answers."""
    response = client.get("/reconcile", headers={"origin": "https://refine.example"})
    assert response.headers["access-control-allow-origin"] == "https://refine.example"


# ---------------------------------------------------------------------------------------------------------- speed

WORDS = [
    "manage",
    "plan",
    "design",
    "test",
    "repair",
    "teach",
    "write",
    "check",
    "build",
    "lead",
    "sell",
    "store",
    "paint",
    "move",
    "treat",
    "guide",
    "weld",
    "plant",
    "bake",
    "network",
    "software",
    "garden",
    "kitchen",
    "vehicle",
    "patient",
    "project",
    "budget",
    "data",
    "wood",
    "metal",
    "water",
    "music",
    "safety",
    "archive",
]


def big_snapshot() -> Snapshot:
    """17,000 competencies with invented names of three to five words."""
    records = []
    for number in range(17_000):
        picked = [WORDS[number * step // 7 % len(WORDS)] for step in (1, 3, 11, 29)[: 2 + number % 3]]
        records.append(
            Competency(
                iri=f"https://example.org/{number:05}",
                labels=(Text(f"{' '.join(picked)} {number}", "en"),),
                alternative_labels=(Text(f"{picked[0]}ing {' '.join(picked[1:])} {number}", "en"),),
            )
        )
    info = DatasetInfo(iri="urn:d", name="d", format="tables", license=None, attribution=None, checksum="c")
    return Snapshot.build([(info, records)], release=1)


def test_ten_queries_over_a_large_framework_are_quick() -> None:
    """Ten queries with slips over 17,000 things with two names each: 0.3 s; five times that is the ceiling."""
    snapshot = big_snapshot()
    likeness = find_likeness(snapshot)
    assert find_likeness(snapshot) is likeness
    wanted = [snapshot.label(row)[0] for row in range(0, 17_000, 1_700)]
    start = time.monotonic()
    for name in wanted:
        slipped = name[:3] + name[4] + name[3] + name[5:]
        assert name in [snapshot.label(each.row)[0] for each in likeness.candidates(slipped, lambda _: True, 10)]
    assert time.monotonic() - start < 0.3 * 5
    assert len(rows_beginning_with(snapshot, "ma", [ResourceType.COMPETENCY], 20)) == 20


def test_an_empty_snapshot_has_no_candidates() -> None:
    """Nothing is loaded, or the name has no letters."""
    empty = Likeness(Snapshot.build((), release=0))
    assert empty.candidates("anything", lambda _: True, 5) == []
    assert empty.candidates("", lambda _: True, 5) == []


@pytest.mark.parametrize("name", [["label"], {}, None, 5, "size"])
def test_properties_that_are_none_are_refused(client: TestClient, name: object) -> None:
    """Whatever JSON stands where the name of a property is wanted: 400."""
    for properties in ([{"id": name}], [name]):
        response = client.post("/reconcile", data={"extend": json.dumps({"ids": [], "properties": properties})})
        assert (response.status_code, detail(response)) == (400, "reconciliation.property")


def test_a_property_that_is_asked_twice_is_given_once(client: TestClient) -> None:
    """So that a list of thousands costs no more than the properties that there are."""
    asked = {"ids": [iri("python")], "properties": ["label", {"id": "label"}, {"id": "code"}, "label"]}
    found = client.post("/reconcile", data={"extend": json.dumps(asked)}).json()
    assert [each["id"] for each in found["meta"]] == ["label", "code"]
