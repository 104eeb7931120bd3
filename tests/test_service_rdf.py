"""Resources as RDF and pages: negotiation, suffixes, foreign IRIs, what is private, the ontology, the context."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph
import pytest
from pyld import jsonld
from service_serving import listening
from service_world import COLLEGE, JOBS, SKILLS, WORLD, iri, texts
from starlette.testclient import TestClient

from graph.archive import Manifest, dataset_iri
from graph.layout import DatasetInfo
from graph.releases import Releases
from ontology.model import IDENTITY, Code, Competency, Record, Text
from service.app import create_app
from service.rest.jsonld import write_jsonld
from service.settings import Settings

AWAY = "bolt://127.0.0.1:9"
SKOS = "http://www.w3.org/2004/02/skos/core#"
EVIL = '<script>alert("1")</script> & Co'
OWN: tuple[Record, ...] = (
    Competency(iri=f"{IDENTITY}nice/T0001", labels=texts("A task"), codes=(Code("nice", "T0001"),)),
    Competency(iri=f"{IDENTITY}onet/15-1212.00", labels=texts("An occupation's name")),
    Competency(
        iri=f"{IDENTITY}dod8140/certification/ceh%28p%29",
        labels=(Text(EVIL, "en"),),
        descriptions=(Text("</p><img src=x onerror=alert(1)>", "en"),),
        statements=(
            ("https://example.org/seeAlso", "<javascript:alert(1)>"),
            ("https://example.org/note", '"x"@de'),
            ("https://example.org/seeAlso", '<https://example.org/a"b>'.replace('"', "%22")),
        ),
    ),
)
HIDDEN: tuple[Record, ...] = (Competency(iri=iri("hidden"), labels=texts("A secret"), broader=(iri("network"),)),)


def publish(home: Path, world: dict[str, tuple[Record, ...]], number: int = 1, **special: dict[str, Any]) -> Manifest:
    """The world as the current release of a data folder, without Neo4j."""
    releases = Releases(home)
    datasets = []
    for name, records in sorted(world.items()):
        checksum = releases.archive.write(name, sorted(records, key=lambda record: record.iri))
        info = DatasetInfo(
            iri=dataset_iri(name),
            name=name,
            format="tables",
            license="https://example.org/licence" if name == "skills" else None,
            attribution=f"By {name} & Co",
            checksum=checksum,
        )
        datasets.append(replace(info, **special.get(name, {})))
    manifest = Manifest(number=number, published_at="2026-01-01T00:00:00Z", note=None, datasets=tuple(datasets))
    releases.archive.write_manifest(manifest)
    (home / "current.json").write_text(json.dumps({"release": number, "checksum": manifest.checksum}))
    return manifest


def service(home: Path, **own: Any) -> TestClient:
    """A client of a service on this data folder, without Neo4j."""
    return TestClient(
        create_app(Settings(home=home, neo4j_uri=AWAY, **own)), raise_server_exceptions=False, follow_redirects=False
    )


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service on the world, on what has IRIs of ours, and on a private dataset."""
    home = tmp_path_factory.mktemp("rdf")
    publish(home, {**WORLD, "own": OWN, "hidden": HIDDEN}, hidden={"visibility": "private"})
    with service(home) as found:
        yield found


def graph_of(response: Any) -> set[pyoxigraph.Triple]:
    """The triples of an answer, whatever its format."""
    assert response.status_code == 200, response.text
    media_type = response.headers["content-type"].partition(";")[0]
    if media_type == "application/ld+json":
        document = response.json()
        context = json.loads((Path(__file__).parent.parent / "ontology/contexts/headwater.jsonld").read_text())
        quads = jsonld.to_rdf({**document, "@context": context["@context"]}, {"format": "application/n-quads"})
        return {quad.triple for quad in pyoxigraph.parse(quads, format=pyoxigraph.RdfFormat.N_QUADS)}
    found = pyoxigraph.RdfFormat.from_media_type(media_type)
    assert found is not None, media_type
    return {quad.triple for quad in pyoxigraph.parse(response.content, format=found)}


# --------------------------------------------------------------------------------------------------- negotiation


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/html"),
        ("*/*", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/ld+json"),
        ("text/turtle;q=0.5, application/n-triples;q=0.6", "application/n-triples"),
        ("text/turtle, text/html;q=0.9", "text/turtle"),
        ("text/*;q=0.3, application/rdf+xml;q=0.2", "text/html"),
        ("text/html;q=0, */*;q=0.1", "application/ld+json"),
        ("TEXT/TURTLE; charset=utf-8", "text/turtle"),
        ("image/png", None),
        ("text/turtle;q=0", None),
        ("text/turtle;q=nonsense", None),
    ],
)
def test_the_format_is_negotiated(client: TestClient, accept: str, expected: str | None) -> None:
    """By Accept with its weights; 406 where none of ours is taken."""
    response = client.get("/id/nice/T0001", headers={"accept": accept})
    assert response.headers["vary"] == "Accept" if expected else response.status_code == 406
    assert expected is None or response.headers["content-type"].partition(";")[0] == expected


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("/id/nice/T0001.ttl", "text/turtle"),
        ("/id/nice/T0001.jsonld", "application/ld+json"),
        ("/id/nice/T0001.html", "text/html"),
        ("/id/nice/T0001?format=nt", "application/n-triples"),
        ("/id/nice/T0001?format=application/rdf%2Bxml", "application/rdf+xml"),
        ("/id/onet/15-1212.00", "text/html"),
        ("/id/onet/15-1212.00.ttl", "text/turtle"),
        ("/id/dod8140/certification/ceh%28p%29.nt", "application/n-triples"),
        ("/id/dod8140/certification/ceh(p)", "text/html"),
    ],
)
def test_the_address_can_name_the_format(client: TestClient, address: str, media_type: str) -> None:
    """A suffix or `format`; a dot that belongs to the IRI is none; both spellings of an escape are understood."""
    response = client.get(address)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type


def test_all_formats_say_the_same(client: TestClient) -> None:
    """Turtle, N-Triples, RDF/XML and JSON-LD are one graph: what is said of a role and the records about it."""
    for name in ("defender", "network", "course-network", "python"):
        address = f"/resource?iri={iri(name)}&format="
        graphs = [graph_of(client.get(address + each)) for each in ("nt", "ttl", "jsonld")]
        assert graphs[0] == graphs[1] == graphs[2]
        subjects = {getattr(triple.subject, "value", "") for triple in graphs[0]}
        assert iri(name) in subjects
    about = {
        getattr(triple.subject, "value", "")
        for triple in graph_of(client.get(f"/resource?iri={iri('defender')}&format=nt"))
    }
    wanted = {
        record.iri for record in JOBS if iri("defender") in (getattr(record, "owner", 0), getattr(record, "role", 0))
    }
    assert about == {iri("defender"), *wanted}


def test_json_ld_reads_well(client: TestClient) -> None:
    """Terms of our context, language maps, and the address of the context, which is served."""
    document = client.get("/id/nice/T0001.jsonld").json()
    assert document == {
        "@context": "http://testserver/contexts/headwater.jsonld",
        "id": f"{IDENTITY}nice/T0001",
        "type": "Competency",
        "label": {"en": "A task"},
        "code": {"@value": "T0001", "@type": "https://w3id.org/headwater/code/nice"},
    }
    context = client.get("/contexts/headwater.jsonld")
    assert context.headers["content-type"] == "application/ld+json"
    assert context.json()["@context"]["label"]["@container"] == "@language"


def test_what_is_not_there_is_404(client: TestClient) -> None:
    """Unknown, not an IRI, too long, external only; `iri` missing is 400; other methods are 405."""
    for address in ("/id/nobody", "/resource?iri=x", f"/resource?iri=https://e.org/{'x' * 3000}", "/id/%00", "/id/"):
        response = client.get(address)
        assert response.status_code == 404, address
        assert response.json()["errors"][0]["extensions"]["detail"] == "resource.unknown"
    assert client.get("/resource?iri=https://elsewhere.example/py").status_code == 404
    assert client.get("/resource").status_code == 400
    refused = client.post("/id/nice/T0001")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/id/nice/T0001", "GET, HEAD"),
        ("/sparql", "GET, HEAD, POST"),
        ("/reconcile", "GET, HEAD, POST"),
        ("/changes", "GET, HEAD"),
        ("/datasets/own", "GET, HEAD, POST"),
        ("/ims/case/v1p1/CFDocuments", "GET, HEAD"),
    ],
)
def test_what_a_path_allows(client: TestClient, path: str, allowed: str) -> None:
    """OPTIONS says it; every other method is refused and told the same, in the shape of the surface's errors."""
    asked = client.options(path)
    assert (asked.status_code, asked.headers["allow"], asked.content) == (204, allowed, b"")
    for method in ("DELETE", "TRACE", "MKCOL"):
        refused = client.request(method, path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed), method
        assert refused.json().keys() & {"errors", "imsx_codeMajor"}


def test_answers_can_be_kept(client: TestClient) -> None:
    """An ETag that changes with format and release; 304; HEAD has the headers and no body."""
    turtle = client.get("/id/nice/T0001.ttl")
    page = client.get("/id/nice/T0001")
    assert turtle.headers["etag"] != page.headers["etag"]
    again = client.get("/id/nice/T0001.ttl", headers={"if-none-match": f'"other", {turtle.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == turtle.headers["etag"]
    assert client.get("/id/nice/T0001", headers={"if-none-match": turtle.headers["etag"]}).status_code == 200
    head = client.head("/id/nice/T0001.ttl")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == turtle.headers["etag"]
    assert head.headers["content-length"] == turtle.headers["content-length"]


def test_private_datasets_and_overlays_do_not_show(client: TestClient) -> None:
    """Neither what they describe nor what they say of others."""
    assert client.get(f"/resource?iri={iri('hidden')}").status_code == 404
    for each in ("nt", "html"):
        assert "hidden" not in client.get(f"/resource?iri={iri('network')}&format={each}").text


def test_datasets_and_releases_lead_on(client: TestClient) -> None:
    """Their IRIs are answered with 303 to where they are described."""
    assert client.get("/id/dataset/skills").headers["location"] == "/datasets/skills"
    response = client.get("/id/release/1")
    assert (response.status_code, response.headers["location"]) == (303, "/releases/1")


# ---------------------------------------------------------------------------------------------------------- pages


def test_the_page_of_a_resource(client: TestClient) -> None:
    """Label, description, codes, relations as links both ways, dataset, licence, attribution; policy and language."""
    page = client.get(f"/resource?iri={iri('network')}")
    text = page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["x-content-type-options"] == "nosniff"
    for part in (
        "<h1>Network defence</h1>",
        '<p lang="fr">Protéger les réseaux.</p>',
        "<td>N1</td><td>demo</td>",
        f'<a href="/resource?iri={iri("firewalls").replace(":", "%3A").replace("/", "%2F")}">Firewalls</a>',
        ">Networks</a>",
        ">Defender</a>",
        "https://example.org/licence",
        "By skills &amp; Co",
        "Release 1.",
    ):
        assert part in text, part
    assert "<script" not in text


def test_everything_on_a_page_is_escaped(client: TestClient) -> None:
    """Labels, descriptions and IRIs of foreign data are text; a javascript: IRI is no link."""
    text = client.get("/id/dod8140/certification/ceh%28p%29").text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;" in text
    assert 'href="javascript' not in text
    assert 'href="https://example.org/a%22b"' in text


def test_the_ontology_is_served(client: TestClient) -> None:
    """As Turtle, also to browsers, and in the other formats as the same graph."""
    turtle = client.get("/ontology", headers={"accept": "text/html"})
    assert turtle.headers["content-type"] == "text/turtle; charset=utf-8"
    assert graph_of(client.get("/ontology?format=nt")) == graph_of(turtle)


def test_a_new_release_is_answered_from(home: Path) -> None:
    """What a release adds is found soon; the old store goes when a third one comes; its number is told."""
    publish(home, WORLD)
    with service(home) as client:
        assert client.get(f"/resource?iri={iri('new')}").status_code == 404
        for number in (2, 3):
            added = Competency(iri=iri("new"), labels=texts(f"New {number}"))
            publish(home, {**WORLD, "skills": (*SKILLS, added)}, number)
            deadline = time.monotonic() + 60
            while f"New {number}" not in (response := client.get(f"/resource?iri={iri('new')}&format=nt")).text:
                assert time.monotonic() < deadline
            assert response.headers["x-headwater-release"] == str(number)
    assert sorted(path.name for path in (home / "stores").iterdir()) == ["2", "3"]


def test_what_has_become_private_is_not_served_from_the_old_store(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the new store cannot be had, an old one that holds what is private now does not answer."""
    publish(home, {"college": COLLEGE, "skills": SKILLS})
    with service(home) as client:
        assert client.get(f"/resource?iri={iri('python')}").status_code == 200
        monkeypatch.setattr("service.rest.public_store.BEHIND_SECONDS", 0.2)
        damaged = publish(home, {"college": COLLEGE, "skills": SKILLS}, 2, skills={"visibility": "private"})
        path = Releases(home).archive.path("college", damaged.datasets[0].checksum)
        Releases(home).snapshot_of(damaged)
        path.write_bytes(path.read_bytes()[:-20])
        deadline = time.monotonic() + 60
        while (response := client.get(f"/resource?iri={iri('python')}")).status_code == 200:
            assert time.monotonic() < deadline
        assert response.status_code == 503
        assert response.headers["retry-after"]


def test_a_real_server_keeps_what_is_sent(home: Path) -> None:
    """Over a socket: escapes in the path as they were sent, HEAD without a body, ranges of a download."""
    publish(home, {**WORLD, "own": OWN})
    settings = Settings(home=home, neo4j_uri=AWAY)
    with listening(settings, "/livez") as address, httpx.Client(base_url=f"http://{address}", timeout=30) as client:
        for each in ("ceh%28p%29", "ceh(p)", "ceh%28p%29.ttl"):
            assert client.get(f"/id/dod8140/certification/{each}").status_code == 200, each
        head = client.head("/id/nice/T0001.ttl")
        whole = client.get("/id/nice/T0001.ttl")
        assert (head.content, head.headers["content-length"]) == (b"", str(len(whole.content)))
        part = client.get("/releases/current/own.nq.gz", headers={"range": "bytes=0-1"})
        assert (part.status_code, part.content) == (206, b"\x1f\x8b")
        found = client.post("/sparql", data={"query": "ASK { ?s ?p ?o }"}).json()
        assert found["boolean"] is True
        assert client.get("/ims/case/v1p1/CFDocuments").headers["x-total-count"] == "2"


def test_many_values_cost_no_more_each() -> None:
    """A scheme that names 20,000 concepts, each said in two datasets: each once, in the time that reading them takes."""
    scheme, top = pyoxigraph.NamedNode("https://e.org/scheme"), pyoxigraph.NamedNode(f"{SKOS}hasTopConcept")
    quads = [
        pyoxigraph.Quad(scheme, top, pyoxigraph.NamedNode(f"https://e.org/{number}"), pyoxigraph.NamedNode(graph))
        for graph in ("https://e.org/a", "https://e.org/b")
        for number in range(20_000)
    ]
    start = time.process_time()
    document = write_jsonld(quads, "https://e.org/context")
    assert time.process_time() - start < 2
    assert len({str(each) for each in document[top.value]}) == len(document[top.value]) == 20_000  # type: ignore[arg-type,attr-defined]
