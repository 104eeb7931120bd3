"""What is here, described and downloaded: VoID and DCAT, releases, N-Quads as the archive has them, the change feed."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from service_world import JOBS, SKILLS, WORLD, iri, texts
from starlette.testclient import TestClient
from test_service_rdf import HIDDEN, graph_of, publish, service

from graph.archive import dataset_iri
from graph.releases import Releases
from ontology.model import Competency, Record

ADDED = Competency(iri=iri("added"), labels=texts("Added"))
CHANGED = Competency(iri=iri("python"), labels=texts("Python 3"), framework=iri("skills"), kind="knowledge")


def without(records: tuple[Record, ...], *names: str) -> tuple[Record, ...]:
    """The records but those of these names."""
    return tuple(record for record in records if record.iri not in {iri(name) for name in names})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three releases; in the third one a dataset that was public is private, and there is an overlay."""
    folder = tmp_path_factory.mktemp("downloads")
    publish(folder, {**WORLD, "hidden": HIDDEN}, 1)
    skills = (*without(SKILLS, "python", "old-python"), CHANGED, ADDED)
    publish(folder, {**WORLD, "skills": skills, "hidden": HIDDEN}, 2)
    last = {**WORLD, "skills": skills, "jobs": without(JOBS, "aligned"), "hidden": HIDDEN, "region": (ADDED,)}
    publish(folder, last, 3, hidden={"visibility": "private"}, region={"format": "overlay"})
    return folder


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    """A service on them."""
    with service(home) as found:
        yield found


def detail(response: Any) -> str:
    """Our code of an answer's only error."""
    (error,) = response.json()["errors"]
    return str(error["extensions"]["detail"])


def test_datasets_are_described(client: TestClient) -> None:
    """Each public one with licence, attribution, number of statements, download and checksum, in every format."""
    graph = graph_of(client.get("/.well-known/void?format=nt"))
    assert graph == graph_of(client.get("/datasets?format=ttl"))
    assert graph == graph_of(client.get("/datasets?format=jsonld"))
    said = {
        (getattr(t.subject, "value", ""), t.predicate.value.rpartition("/")[2], getattr(t.object, "value", ""))
        for t in graph
    }
    skills, file = dataset_iri("skills"), "http://testserver/releases/3/skills.nq.gz"
    assert (skills, "license", "https://example.org/licence") in said
    assert (skills, "rights", "By skills & Co") in said
    assert (skills, "void#dataDump", file) in said
    content = gzip.decompress(client.get(file.removeprefix("http://testserver")).content)
    assert (skills, "void#triples", str(content.count(b"\n"))) in said
    assert (f"{file}#content", "terms#checksumValue", hashlib.sha256(content).hexdigest()) in said
    described = {subject for subject, predicate, target in said if target.endswith("void#Dataset")}
    assert described == {dataset_iri(name) for name in WORLD}


def test_the_page_of_the_datasets(client: TestClient) -> None:
    """For people; one dataset alone too; unknown and private ones are 404."""
    page = client.get("/datasets", headers={"accept": "text/html"})
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "By skills &amp; Co" in page.text
    assert "hidden" not in page.text
    assert "By jobs" not in client.get("/datasets/skills").text
    for name in ("hidden", "region", "nothing"):
        assert client.get(f"/datasets/{name}").status_code == 404


def test_releases_are_listed(client: TestClient) -> None:
    """Each with its public datasets; what is private now is not in the older ones either."""
    assert [each["release"] for each in client.get("/releases").json()["releases"]] == [3, 2, 1]
    first, current = client.get("/releases/1").json(), client.get("/releases/current").json()
    assert [each["name"] for each in first["datasets"]] == ["college", "jobs", "skills"]
    assert [each["name"] for each in current["datasets"]] == ["college", "jobs", "skills"]
    assert current["release"] == 3
    assert first["id"] == "https://w3id.org/headwater/id/release/1"
    for number in ("0", "4", "-1", "x", "1" * 20):
        response = client.get(f"/releases/{number}")
        assert (response.status_code, detail(response)) == (404, "release.unknown")


def test_a_dataset_is_downloaded_as_the_archive_has_it(client: TestClient, home: Path) -> None:
    """Byte for byte, in ranges, with its checksum as ETag."""
    info = Releases(home).get(1).find("skills")
    assert info is not None
    content = Releases(home).archive.path("skills", info.checksum).read_bytes()
    response = client.get("/releases/1/skills.nq.gz")
    assert response.content == content
    assert response.headers["etag"] == f'"{info.checksum}"'
    assert response.headers["content-type"] == "application/gzip"
    part = client.get("/releases/1/skills.nq.gz", headers={"range": "bytes=10-19", "if-range": f'"{info.checksum}"'})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert client.get("/releases/1/skills.nq.gz", headers={"if-none-match": f'"{info.checksum}"'}).status_code == 304
    head = client.head("/releases/1/skills.nq.gz")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(content)))
    for name in ("hidden", "region", "nothing", "..%2Fskills"):
        assert client.get(f"/releases/1/{name}.nq.gz").status_code == 404


def test_the_feed_tells_what_changed(client: TestClient) -> None:
    """Added, changed and removed subjects with dataset and release; `until` ends it earlier."""
    feed = client.get("/changes?since=1&until=2").json()
    assert [(each["change"], each["subject"], each["dataset"], each["release"]) for each in feed["changes"]] == [
        ("added", iri("added"), "skills", 2),
        ("removed", iri("old-python"), "skills", 2),
        ("changed", iri("python"), "skills", 2),
    ]
    assert (feed["since"], feed["release"], feed["total"], feed["next"]) == (1, 2, 3, None)
    names = {(each["change"], each["dataset"]) for each in client.get("/changes?since=2").json()["changes"]}
    assert names == {("removed", "hidden"), ("removed", "jobs")}
    assert client.get("/changes?since=3").json()["changes"] == []
    everything = client.get("/changes?since=0&limit=10000").json()["changes"]
    assert {each["change"] for each in everything} == {"added"}
    assert not [each for each in everything if each["dataset"] in ("hidden", "region")]


def test_what_is_private_now_was_never_added(client: TestClient) -> None:
    """A feed that ends before a dataset became private does not name it, either way round."""
    for address in ("/changes?since=0&until=2", "/changes?since=0&until=1", "/changes?since=1&until=2"):
        assert "hidden" not in client.get(f"{address}&limit=10000").text
    back = client.get("/changes?since=3&until=2").json()["changes"]
    assert {(each["change"], each["dataset"]) for each in back} == {("added", "jobs")}


def test_notes_do_not_name_what_is_private(tmp_path: Path) -> None:
    """The note of a release is told unless it names a private dataset or an overlay, of then or of now."""
    archive = Releases(tmp_path).archive
    hidden: Any = {"visibility": "private"}
    worlds: tuple[dict[str, tuple[Record, ...]], ...] = (
        {"skills": SKILLS, "hidden": HIDDEN, "secret": HIDDEN},
        {"skills": SKILLS, "hidden": HIDDEN},
        {"skills": SKILLS, "hidden": HIDDEN, "region": (ADDED,)},
    )
    notes = ("Load of hidden", "Without secret", "Load of skills, unhidden")
    for number, (world, note) in enumerate(zip(worlds, notes, strict=True), start=1):
        special: dict[str, Any] = {"region": {"format": "overlay"}, "secret": hidden}
        manifest = replace(publish(tmp_path, world, number, **special, hidden=hidden if number == 3 else {}), note=note)
        archive.write_manifest(manifest)
        (tmp_path / "current.json").write_text(json.dumps({"release": number, "checksum": manifest.checksum}))
    with service(tmp_path) as other:
        shown = [other.get(f"/releases/{number}").json()["note"] for number in (1, 2, 3)]
    assert shown == [None, None, notes[2]]


def test_the_feed_is_paged(client: TestClient) -> None:
    """Pages that follow `next` are the whole, also as lines; what is published meanwhile shifts nothing."""
    whole = client.get("/changes?since=0").json()["changes"]
    pages, address = [], "/changes?since=0&limit=7"
    while address:
        page = client.get(address).json()
        pages += page["changes"]
        address = page["next"]
        assert address is None or "until=3" in address
    assert pages == whole
    lines = client.get("/changes?since=0&limit=7", headers={"accept": "application/x-ndjson"})
    assert [json.loads(line) for line in lines.text.splitlines()] == whole[:7]
    assert lines.headers["link"] == '</changes?since=0&until=3&after=7&limit=7>; rel="next"'
    assert lines.headers["x-total-count"] == str(len(whole))


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/changes", 400, "input.number"),
        ("/changes?since=", 400, "input.number"),
        ("/changes?since=x", 400, "input.number"),
        ("/changes?since=-1", 400, "input.number"),
        ("/changes?since=1&limit=10001", 400, "input.number"),
        ("/changes?since=4", 404, "release.unknown"),
        ("/changes?since=1&until=9", 404, "release.unknown"),
    ],
)
def test_what_the_feed_refuses(client: TestClient, address: str, status: int, code: str) -> None:
    """Numbers that are none, and releases that there never were."""
    response = client.get(address)
    assert (response.status_code, detail(response)) == (status, code)


def test_a_release_that_is_gone_is_410(client: TestClient, home: Path) -> None:
    """Its manifest is no longer in the archive."""
    path = home / "archive/releases/2.json"
    content = path.read_bytes()
    path.unlink()
    try:
        for address in ("/changes?since=2", "/releases/2", "/releases/2/skills.nq.gz"):
            response = client.get(address)
            assert (response.status_code, detail(response)) == (410, "release.gone")
    finally:
        path.write_bytes(content)
