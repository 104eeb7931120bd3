"""From the score to the line that it was read from, over HTTP and by command; kept by loads, roll-backs, backups."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from conftest import empty_graph
from service_serving import ask, service_on
from starlette.testclient import TestClient

from graph.backup import make_backup, restore_backup, verify_backup
from graph.loading import load
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.readers import read_source
from service.cli import run

X = "https://example.org/"
TABLES = {
    "competencies.csv": f"iri,label\n{X}c/read,Reading\n{X}c/write,Writing\n",
    "credentials.csv": f"iri,label\n{X}k/pen,Pen licence\n",
    "courses.csv": f"iri,label\n{X}course,Pens\n",
    "job_roles.csv": f"iri,label\n{X}clerk,Clerk\n",
    "requires.csv": f"role,target,importance\n{X}clerk,{X}c/read,should\n{X}clerk,{X}c/write,must\n",
    "teaches.csv": f"subject,competency\n{X}k/pen,{X}c/read\n",
    "awards.csv": f"course,credential\n{X}course,{X}k/pen\n",
    "alignments.csv": "subject_id,predicate_id,object_id,mapping_source\n"
    f"{X}c/read,skos:closeMatch,{X}c/write,Ministry\n",
}
HELD = {"courses": ["Pens"]}


def write(folder: Path, **changed: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in (TABLES | {f"{table}.csv": text for table, text in changed.items()}).items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def office(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which tables were loaded."""
    folder = tmp_path_factory.mktemp("sources")
    with Store(emptied_server) as store:
        report = load(Releases(folder / "home"), read_source(write(folder / "office")), store=store)
    assert report.published, report.findings
    return folder / "home"


@pytest.fixture(scope="module")
def client(office: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on it."""
    with service_on(office, neo4j_server) as client:
        yield client


READ = "readFrom { dataset file line column pointer }"
GAP = f"""query ($held: HeldInput!) {{ gap(held: $held, role: "Clerk") {{
  met {{ requirement {{ label {{ text }} {READ} }} evidence {{ held {{ {READ} }} chain {{ relation source {READ} }} }} }}
  partial {{ requirement {{ {READ} }} evidence {{ chain {{ relation source {READ} }} }} }} }} }}"""


def at(file: str, line: int) -> dict[str, Any]:
    return {"dataset": "office", "file": file, "line": line, "column": None, "pointer": None}


def test_each_reason_leads_to_its_line(client: TestClient) -> None:
    """The requirement, the course, the award, what the credential certifies, the alignment."""
    found = ask(client, GAP, held=HELD)["gap"]
    awards = {"relation": "awards", "source": None, "readFrom": at("awards.csv", 2)}
    certifies = {"relation": "certifies", "source": None, "readFrom": at("teaches.csv", 2)}
    close = {"relation": "closeMatch", "source": "Ministry", "readFrom": at("alignments.csv", 2)}
    assert found["met"] == [
        {
            "requirement": {"label": {"text": "Reading"}, "readFrom": at("requires.csv", 2)},
            "evidence": [{"held": {"readFrom": at("courses.csv", 2)}, "chain": [awards, certifies]}],
        }
    ]
    assert found["partial"] == [
        {"requirement": {"readFrom": at("requires.csv", 3)}, "evidence": [{"chain": [awards, certifies, close]}]}
    ]


def test_a_thing_and_an_alignment_say_where_they_were_read(client: TestClient) -> None:
    """By IRI, as every node."""
    query = f"""query ($id: ID!) {{ node(id: $id) {{ ... on Competency {{ {READ}
      alignments {{ edges {{ node {{ {READ} }} }} }} }} }} }}"""
    assert ask(client, query, id=f"{X}c/write")["node"] == {
        "readFrom": at("competencies.csv", 3),
        "alignments": {"edges": [{"node": {"readFrom": at("alignments.csv", 2)}}]},
    }


def test_the_command_explains_down_to_the_line(office: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, and as a text whose lines name file and line."""
    start = ["match", "--home", str(office), "--course", "Pens", "--explain"]
    assert run([*start, "--json"]) == 0
    (role,) = json.loads(capsys.readouterr().out)["matches"]
    met, partial = role["explanation"]
    assert (met["outcome"], partial["outcome"]) == ("met", "partial")
    assert partial["requirement"]["readFrom"] == at("requires.csv", 3)
    assert [link["readFrom"]["file"] for link in partial["evidence"][0]["chain"]] == [
        "awards.csv",
        "teaches.csv",
        "alignments.csv",
    ]
    assert run(start) == 0
    told = capsys.readouterr().out
    for place in ("requires.csv:2", "requires.csv:3", "awards.csv:2", "teaches.csv:2", "alignments.csv:2"):
        assert f"[office: {place}]" in told


def test_what_is_kept_lives_as_long_as_its_content(
    neo4j_server: Connection, session_driver: neo4j.Driver, tmp_path: Path
) -> None:
    """An unchanged load is no release; a changed one has its own lines; a roll-back the old ones; a backup all of them."""
    empty_graph(session_driver)
    releases = Releases(tmp_path / "home")
    with Store(neo4j_server) as store:
        first = load(releases, read_source(write(tmp_path / "office")), store=store).release
        assert first
        kept = first.datasets[0].sources
        assert kept
        again = load(releases, read_source(tmp_path / "office"), store=store)
        assert not again.published
        changed = TABLES["job_roles.csv"].replace("Clerk", "Senior clerk") + f"{X}other,Other\n"
        second = load(releases, read_source(write(tmp_path / "office", job_roles=changed)), store=store).release
        assert second
        assert second.datasets[0].sources not in {None, kept}
        releases.roll_back(store, first.number)
    rolled = releases.current()
    assert rolled
    assert rolled.datasets[0].sources == kept
    file = tmp_path / "all.backup"
    make_backup(releases.home, file)
    verify_backup(file)
    restore_backup(file, tmp_path / "restored")
    restored = Releases(tmp_path / "restored")
    for manifest in (first, second):
        (dataset,) = manifest.datasets
        assert dataset.sources
        assert restored.archive.sources_path("office", dataset.sources).is_file()
