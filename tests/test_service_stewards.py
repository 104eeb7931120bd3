"""Stewards over GraphQL: load, diff, roll back, overlays, jobs as they go on; on a real server with a real Neo4j."""

import asyncio
import base64
import contextlib
import io
import json
import re
import socket
import tempfile
import threading
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    is_leaf_type,
)
from graphql import build_schema as parse_schema
from service_serving import listening, settings_for
from starlette.applications import Starlette
from starlette.testclient import TestClient
from structlog.testing import capture_logs
from websockets.sync.client import ClientConnection, connect

from graph.fairness import assess_fairness
from graph.lock import writer_lock
from graph.policy import Policy
from graph.progress import Progress
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.errors import UnavailableError
from service.app import create_app
from service.auth import Keys, Role
from service.jobs import JobKind, Jobs, JobsFullError, JobState, Outcome
from service.limits import QueryLimits
from service.rest.guard import Guard
from service.rest.uploads import upload_routes
from service.schema import SDL_PATH
from service.settings import Profile, Settings
from service.stewarding import LoadOptions, load_one
from service.stewardship import Stewardship

SUBPROTOCOL = "graphql-transport-ws"


@dataclass
class Service:
    """A running service and its keys."""

    address: str
    home: Path
    connection: Connection
    steward: str
    reader: str
    issuer: str
    employer: str

    def ask(self, query: str, *, key: str | None = "steward", **variables: Any) -> Any:
        """The whole answer."""
        body = {"query": query, "variables": variables}
        return self.post("/graphql", key=key, json=body).json()

    def post(self, path: str, *, key: str | None = "steward", **own: Any) -> httpx.Response:
        """The response."""
        headers = self.headers(key) | own.pop("headers", {})
        return httpx.post(f"http://{self.address}{path}", headers=headers, timeout=60, **own)

    def data(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        body = self.ask(query, **variables)
        assert "errors" not in body, body
        return body["data"]

    def headers(self, key: str | None) -> dict[str, str]:
        """The header of a key."""
        texts = {"steward": self.steward, "reader": self.reader, "issuer": self.issuer, "employer": self.employer}
        text = texts.get(key or "")
        return {"authorization": f"Bearer {text}"} if text else {}

    @contextlib.contextmanager
    def socket(self, payload: dict[str, Any] | None = None, key: str | None = None) -> Iterator[ClientConnection]:
        """A WebSocket that is initialised."""
        address = f"ws://{self.address}/graphql"
        with connect(address, subprotocols=[SUBPROTOCOL], additional_headers=self.headers(key)) as found:  # type: ignore[list-item]
            found.send(json.dumps({"type": "connection_init", **({} if payload is None else {"payload": payload})}))
            assert json.loads(found.recv(10)) == {"type": "connection_ack"}
            yield found

    def settle(self, number: int) -> None:
        """Nothing, as soon as the service answers from this release or a later one."""
        for _ in range(1200):
            found = self.ask("{ match(held: {}) { release } }")["data"]["match"]["release"]
            if int(found.rpartition("/")[2]) >= number:
                return
            time.sleep(0.05)
        raise AssertionError(f"release {number} is not served")


def subscribe(ws: ClientConnection, query: str, identifier: str = "1", **variables: Any) -> None:
    """Begins an operation."""
    payload = {"query": query, "variables": variables}
    ws.send(json.dumps({"id": identifier, "type": "subscribe", "payload": payload}))


def told(ws: ClientConnection, seconds: float = 20) -> Any:
    """The next message."""
    return json.loads(ws.recv(seconds))


@pytest.fixture(scope="module")
def running(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service in production with an empty folder; each test loads datasets of its own names."""
    home = tmp_path_factory.mktemp("stewards")
    keys = Keys(home)
    with listening(settings_for(home, emptied_server, profile=Profile.PRODUCTION)) as address:
        steward, reader, issuer = (keys.create(role)[0] for role in (Role.STEWARD, Role.READER, Role.ISSUER))
        employer, _ = keys.create(Role.EMPLOYER, receiver="acme.example")
        yield Service(address, home, emptied_server, steward, reader, issuer, employer)


@pytest.fixture
def service(running: Service) -> Service:
    """The service when it has nothing left to do."""
    for _ in range(1200):
        jobs = running.data("{ jobs(first: 20) { edges { node { endedAt } } } }")["jobs"]["edges"]
        if all(each["node"]["endedAt"] for each in jobs):
            return running
        time.sleep(0.05)
    raise AssertionError("a job does not end")


TRADE = "https://trade.example/"
"""Everything of the trade, which is invented, has an IRI below this."""


def tables(name: str, *competencies: str, framework: str = "") -> str:
    """An archive of Tables in Base64: a framework of that name and competencies `name|label|parent`."""
    rows = "".join(
        f"{TRADE}{name}/{each},{label},en,{framework or TRADE + name},{f'{TRADE}{name}/{parent}' if parent else ''}\n"
        for each, label, parent in ((*row.split("|"), "")[:3] for row in competencies)
    )
    files = {
        "frameworks.csv": f"iri,label,language,license\n{TRADE}{name},Trade of {name},en,CC0-1.0\n",
        "competencies.csv": f"iri,label,language,framework,parent\n{rows}",
        "job_roles.csv": f"iri,label,language,codes\n{TRADE}{name}/joiner,Joiner,en,{name}:J1\n",
        "requires.csv": f"role,target,importance\n{TRADE}{name}/joiner,{TRADE}{name}/saw,must\n"
        f"{TRADE}{name}/joiner,{TRADE}{name}/plane,should\n",
    }
    return archive(files)


def archive(files: dict[str, str]) -> str:
    """A zip in Base64."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as file:
        for each, text in files.items():
            file.writestr(each, text)
    return base64.b64encode(found.getvalue()).decode()


FIRST = ("saw|Sawing", "plane|Planing", "joint|Joinery|saw", "dovetail|Dovetails|joint")

FIELDS = """kind state subject dryRun error { code detail message hint }
  release { number }
  report { dataset blocked published release { number }
    counts { read loaded unchanged removed refused }
    changes { added { type count } changed { type count } removed { type count } }
    findings { totalCount counts { level code count } edges { node { level code message subject fix
      source { file line column pointer } } } } }"""
LOAD = (
    f"mutation ($input: LoadInput!, $wait: Int! = 30) {{ load(input: $input, waitSeconds: $wait) {{ id {FIELDS} }} }}"
)
JOB = f"query ($id: ID!) {{ job(id: $id) {{ {FIELDS} }} }}"


def load(service: Service, name: str, *competencies: str, **given: Any) -> Any:
    """The finished job of a load of the trade."""
    source = {"filename": f"{name}.zip", "contentBase64": tables(name, *(competencies or FIRST)), "dataset": name}
    job = service.data(LOAD, input=source | given)["load"]
    identifier = job.pop("id")
    while job["state"] in ("QUEUED", "RUNNING"):  # a busy machine: the answer waits no longer than half a minute
        time.sleep(0.2)
        job = service.data(JOB, id=identifier)["job"]
    return job


def settle(service: Service) -> None:
    """Nothing, as soon as the service answers from the release that is current now."""
    current = Releases(service.home).current()
    service.settle(current.number if current else 0)


# ------------------------------------------------------------------------------------------------------------ loads


def test_a_load_publishes_and_tells_what_it_did(service: Service) -> None:
    """A dry run tells the same and changes nothing; the same content again makes no release."""
    before = service.data("{ releases(first: 1) { totalCount } }")["releases"]["totalCount"]
    tried = load(service, "oak", dryRun=True)
    assert tried["state"] == "DONE"
    assert tried["dryRun"]
    assert tried["release"] is None
    assert service.data("{ releases(first: 1) { totalCount } }")["releases"]["totalCount"] == before
    done = load(service, "oak")
    number = before + 1
    assert done == {
        "kind": "LOAD",
        "state": "DONE",
        "subject": "oak",
        "dryRun": False,
        "error": None,
        "release": {"number": number},
        "report": {
            "dataset": "oak",
            "blocked": False,
            "published": True,
            "release": {"number": number},
            "counts": {"read": 8, "loaded": 8, "unchanged": 0, "removed": 0, "refused": 0},
            "changes": {
                "added": [
                    {"type": "Competency", "count": 4},
                    {"type": "Framework", "count": 1},
                    {"type": "JobRole", "count": 1},
                    {"type": "Requirement", "count": 2},
                ],
                "changed": [],
                "removed": [],
            },
            "findings": {
                "totalCount": 1,
                "counts": [{"level": "SHOULD", "code": "competency.not-taught", "count": 1}],
                "edges": done["report"]["findings"]["edges"],
            },
        },
    }
    for what in ("counts", "changes", "findings", "blocked"):
        assert tried["report"][what] == done["report"][what]
    again = load(service, "oak")
    assert (again["state"], again["report"]["published"], again["release"]) == ("DONE", False, {"number": number})
    assert again["report"]["counts"]["unchanged"] == 8


def test_a_load_with_faults_is_blocked_and_tells_all_of_them(service: Service) -> None:
    """Each with its file, line, column and the way out; with skipBroken the rest is loaded."""
    broken = archive(
        {
            "competencies.csv": f"iri,label,language\n{TRADE}elm/a,A,en\nnot an iri,B,en\n{TRADE}elm/c,C,no-such-language-at-all-x\n",
            "teaches.csv": f"subject,competency\n{TRADE}elm/course,{TRADE}elm/a\n",
        }
    )
    job = load(service, "elm", contentBase64=broken)
    assert (job["state"], job["release"], job["report"]["published"]) == ("BLOCKED", None, False)
    findings = [each["node"] for each in job["report"]["findings"]["edges"]]
    assert {(each["level"], each["code"], each["source"]["file"], each["source"]["line"]) for each in findings} >= {
        ("MUST", "tables.not-an-iri", "competencies.csv", 3),
        ("MUST", "tables.bad-language", "competencies.csv", 4),
        ("MUST", "link.dangling", "teaches.csv", 2),
    }
    assert all(each["fix"] and each["message"] for each in findings)
    assert str(service.home) not in json.dumps(job)
    assert "/tmp" not in json.dumps(job)
    rest = load(service, "elm", contentBase64=broken, skipBroken=True)
    assert (rest["state"], rest["report"]["counts"]["loaded"]) == ("DONE", 1)


def test_findings_of_a_report_are_filtered_and_paged(service: Service) -> None:
    """By level and code; a cursor goes on where the page ended."""
    rows = "".join(f"not an iri {number},X,en\n" for number in range(5))
    source = {"filename": "competencies.csv", "content": f"iri,label,language\n{rows}", "dataset": "ash"}
    query = """mutation ($input: LoadInput!, $after: String) { load(input: $input, waitSeconds: 30) { state report {
      none: findings(level: SHOULD, codes: ["tables.not-an-iri"]) { totalCount }
      findings(codes: ["tables.not-an-iri"], first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor }
      edges { node { source { line } } } } } } }"""
    lines, after = [], None
    while True:
        job = service.data(query, input=source, after=after)["load"]
        page = job["report"]["findings"]
        lines += [each["node"]["source"]["line"] for each in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert (job["state"], job["report"]["none"]["totalCount"], page["totalCount"]) == ("BLOCKED", 0, 5)
    assert lines == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        ({"content": "x", "contentBase64": "eA=="}, "input.content"),
        ({"contentBase64": None}, "input.content"),
        ({"contentBase64": "no base64!"}, "input.content"),
        ({"contentBase64": None, "content": "\ud800"}, "http.body"),
        ({"filename": "../../etc/passwd"}, "input.filename"),
        ({"filename": "/etc/passwd"}, "input.filename"),
        ({"filename": "a\\b.csv"}, "input.filename"),
        ({"filename": "a\0.csv"}, "input.filename"),
        ({"filename": ".."}, "input.filename"),
        ({"filename": ""}, "input.filename"),
        ({"filename": "a" * 201}, "input.filename"),
        ({"dataset": "../up"}, "dataset.invalid-name"),
        ({"format": "nonsense"}, "input.unknown-format"),
    ],
)
def test_what_cannot_be_a_load_is_refused_at_once(service: Service, given: Any, detail: str) -> None:
    """No job is made of it, and nothing stays on the disk."""
    source = {"filename": "a.csv", "contentBase64": "eA==", "dataset": "fir"} | given
    body = json.dumps({"query": LOAD, "variables": {"input": source}}).encode()
    found = service.post("/graphql", content=body, headers={"content-type": "application/json"}).json()
    assert found["errors"][0]["extensions"]["detail"] == detail
    assert "fir" not in [each["node"]["subject"] for each in service.data(JOBS)["jobs"]["edges"]]


def test_foreign_bytes_pass_the_gate(service: Service) -> None:
    """A bomb, an entity, a path that leads out: findings or a refusal, as on the command line; never a file elsewhere."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("competencies.csv", b"\0" * 200_000_000)
    out = archive({"../../outside.csv": "iri,label\n"})
    dtd = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>&b;</rdf:RDF>"
    sources: list[dict[str, Any]] = [
        {"filename": "bomb.zip", "contentBase64": base64.b64encode(bomb.getvalue()).decode()},
        {"filename": "out.zip", "contentBase64": out},
        {"filename": "a.rdf", "contentBase64": None, "content": dtd},
        {"filename": "deep.json", "contentBase64": None, "content": "[" * 20_000},
    ]
    for source in sources:
        begun = time.monotonic()
        job = load(service, "yew", **source)
        assert job["state"] in ("BLOCKED", "FAILED"), source["filename"]
        assert job["release"] is None
        assert time.monotonic() - begun < 5
    assert not (service.home.parent / "outside.csv").exists()


JOBS = "{ jobs(first: 100) { totalCount edges { node { id kind subject state key createdAt startedAt endedAt } } } }"


def test_jobs_are_kept_and_listed(service: Service) -> None:
    """Newest first, with who asked; one by its id; what never was is null."""
    load(service, "walnut")
    load(service, "beech")
    listed = service.data(JOBS)["jobs"]["edges"]
    newest = listed[0]["node"]
    assert (newest["kind"], newest["subject"], newest["state"]) == ("LOAD", "beech", "DONE")
    assert newest["key"] == service.steward[3:15]
    assert newest["createdAt"] <= newest["startedAt"] <= newest["endedAt"]
    one = service.data('query ($id: ID!) { job(id: $id) { subject } none: job(id: "x") { id } }', id=newest["id"])
    assert one == {"job": {"subject": "beech"}, "none": None}
    page = service.data("{ jobs(first: 1) { pageInfo { endCursor hasNextPage } edges { node { id } } } }")["jobs"]
    assert page["edges"][0]["node"]["id"] == newest["id"]
    after = page["pageInfo"]["endCursor"]
    following = service.data("query ($a: String) { jobs(first: 1, after: $a) { edges { node { id } } } }", a=after)
    assert following["jobs"]["edges"][0]["node"]["id"] == listed[1]["node"]["id"]


def test_a_second_writer_is_told_and_the_job_fails_without_a_trace(service: Service) -> None:
    """While a command holds the folder: SERVICE_UNAVAILABLE, since when, and neither process nor path."""
    with writer_lock(service.home):
        job = load(service, "larch")
    assert job["state"] == "FAILED"
    assert (job["error"]["code"], job["error"]["detail"]) == ("SERVICE_UNAVAILABLE", "busy.writer")
    assert "since 20" in job["error"]["message"]
    assert str(service.home) not in json.dumps(job)
    assert "process" not in job["error"]["message"]
    assert load(service, "larch")["state"] == "DONE"


def test_without_neo4j_a_load_fails_and_says_so(home: Path) -> None:
    """A dry run, drafts, lists and reports need none; a fault of the service is told without its particulars."""
    settings = Settings(home=home, neo4j_uri="bolt://127.0.0.1:9")
    headers = {"authorization": f"Bearer {Keys(home).create(Role.STEWARD)[0]}"}
    source = {"filename": "elder.zip", "contentBase64": tables("elder", *FIRST), "dataset": "elder"}
    with TestClient(create_app(settings), headers=headers) as client:

        def ask(query: str, **variables: Any) -> Any:
            return client.post("/graphql", json={"query": query, "variables": variables}).json()["data"]

        tried = ask(LOAD, input=source | {"dryRun": True})["load"]
        assert (tried["state"], tried["report"]["counts"]["loaded"]) == ("DONE", 8)
        begun = time.monotonic()
        job = ask(LOAD, input=source)["load"]
        assert time.monotonic() - begun < 10
        assert (job["state"], job["report"]) == ("FAILED", None)
        assert (job["error"]["code"], job["error"]["detail"]) == ("SERVICE_UNAVAILABLE", "unavailable")
        assert "127.0.0.1:9" not in json.dumps(job)
        made = ask('mutation { createOverlayDraft(input: { name: "elder" }) { name check { blocked } } }')
        assert made["createOverlayDraft"] == {"name": "elder", "check": {"blocked": False}}
        assert ask("{ datasets { totalCount } overlayDrafts { totalCount } }") == {
            "datasets": {"totalCount": 0},
            "overlayDrafts": {"totalCount": 1},
        }
        (home / "drafts" / "elder.nq").write_text("no statement\n", "utf-8")
        body = client.post("/graphql", json={"query": '{ overlayDraft(name: "elder") { name } }'}).json()
        assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        failed = ask('mutation { publishOverlayDraft(name: "nowhere", waitSeconds: 30) { state } }')
        assert failed is None


def test_too_many_jobs_are_refused(service: Service) -> None:
    """Eight wait; the next one is SERVICE_UNAVAILABLE with a hint."""
    many = tables("pine", *(f"c{number}|Cut {number}" for number in range(1200)), "saw|Sawing", "plane|Planing")
    source = {"filename": "pine.zip", "contentBase64": many, "dataset": "pine", "dryRun": True}
    fields = " ".join(f"l{number}: load(input: $input) {{ id }}" for number in range(10))
    body = service.ask(f"mutation ($input: LoadInput!) {{ {fields} }}", input=source)
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert error["extensions"]["detail"] == "jobs.full"
    assert error["extensions"]["hint"]
    waiting = [each["node"]["id"] for each in service.data(JOBS)["jobs"]["edges"] if each["node"]["endedAt"] is None]
    assert len(waiting) >= 8
    for identifier in waiting:
        finish(service, identifier)


def finish(service: Service, identifier: str) -> Any:
    """The job when it is over."""
    for _ in range(1200):
        job = service.data("query ($id: ID!) { job(id: $id) { state release { number } } }", id=identifier)["job"]
        if job["state"] in ("DONE", "BLOCKED", "FAILED"):
            return job
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def test_an_answer_waits_no_longer_than_it_may(service: Service) -> None:
    """More than thirty seconds are refused before anything is done."""
    source = {"filename": "a.csv", "content": "x", "dataset": "fir"}
    for seconds in (-1, 31):
        (error,) = service.ask(LOAD, input=source, wait=seconds)["errors"]
        assert error["extensions"]["detail"] == "input.wait"


# ------------------------------------------------------------------------------------------------- what is there now


def test_datasets_are_listed_with_what_they_have(service: Service) -> None:
    """Name, format, licence, visibility, checksum and counts; private ones for callers with a key."""
    done = load(service, "birch", visibility="PRIVATE")
    service.settle(done["release"]["number"])
    query = """query ($release: ID) { datasets(release: $release, first: 100) { totalCount edges { node {
      name format license visibility checksum counts { type count } release } } } }"""
    found = {each["node"]["name"]: each["node"] for each in service.data(query)["datasets"]["edges"]}
    manifest = Releases(service.home).get(done["release"]["number"])
    info = manifest.find("birch")
    assert info is not None
    assert found["birch"] == {
        "name": "birch",
        "format": "tables",
        "license": "CC0-1.0",
        "visibility": "PRIVATE",
        "checksum": info.checksum,
        "release": manifest.iri,
        "counts": [
            {"type": "Competency", "count": 4},
            {"type": "Framework", "count": 1},
            {"type": "JobRole", "count": 1},
            {"type": "Requirement", "count": 2},
        ],
    }
    anonymous = service.ask(query, key=None)["data"]["datasets"]
    assert "birch" not in [each["node"]["name"] for each in anonymous["edges"]]
    assert "birch" in [each["node"]["name"] for each in service.ask(query, key="reader")["data"]["datasets"]["edges"]]
    opened = service.data(
        'mutation { setVisibility(name: "birch", visibility: PUBLIC, waitSeconds: 30) { kind state release { number } report { dataset } } }'
    )["setVisibility"]
    number = done["release"]["number"] + 1
    assert opened == {"kind": "SET_VISIBILITY", "state": "DONE", "release": {"number": number}, "report": None}
    anonymous = service.ask(query, key=None)["data"]["datasets"]
    assert "birch" in [each["node"]["name"] for each in anonymous["edges"]]


def test_a_tree_is_drawn_level_by_level(service: Service) -> None:
    """Tops, how many are below each, and the way up; public, and without Neo4j."""
    service.settle(load(service, "maple")["release"]["number"])
    query = """query ($ref: String!) { resource(ref: $ref) { ... on Framework { tops { totalCount edges { node {
      id childCount path { id } } } } competencies { edges { node { id childCount path { id } } } } } } }"""
    found = service.ask(query, key=None, ref=f"{TRADE}maple")["data"]["resource"]
    name = f"{TRADE}maple/"
    assert found["tops"] == {
        "totalCount": 2,
        "edges": [
            {"node": {"id": f"{name}plane", "childCount": 0, "path": []}},
            {"node": {"id": f"{name}saw", "childCount": 1, "path": []}},
        ],
    }
    paths = {each["node"]["id"]: each["node"]["path"] for each in found["competencies"]["edges"]}
    assert paths[f"{name}dovetail"] == [{"id": f"{name}saw"}, {"id": f"{name}joint"}]


def test_a_cycle_of_parents_ends(service: Service) -> None:
    """Each is told once on the way up, never the competency itself."""
    done = load(service, "ivy", "saw|Sawing|plane", "plane|Planing|joint", "joint|Joining|saw")
    if done["state"] != "DONE":
        assert {each["node"]["code"] for each in done["report"]["findings"]["edges"]}
        return
    service.settle(done["release"]["number"])
    query = "query ($ref: String!) { resource(ref: $ref) { ... on Competency { path { id } childCount } } }"
    found = service.data(query, ref=f"{TRADE}ivy/saw")["resource"]
    assert found == {"path": [{"id": f"{TRADE}ivy/joint"}, {"id": f"{TRADE}ivy/plane"}], "childCount": 1}


def test_the_quality_report_of_a_dataset(service: Service) -> None:
    """What nobody teaches, cannot be reached, stands alone; filtered, paged; unknown names are told with those there are."""
    load(service, "willow", *FIRST, "lone|Alone")
    query = """query ($codes: [String!], $after: String) { findings(dataset: "willow", codes: $codes, first: 1, after: $after) {
      totalCount counts { level code count } pageInfo { hasNextPage endCursor } edges { node { code subject fix } } } }"""
    found = service.data(query)["findings"]
    counts = {each["code"]: each["count"] for each in found["counts"]}
    assert counts["quality.never-taught"] == 2
    assert counts["quality.unmeetable"] == 1
    assert counts["quality.orphan"] == 1
    assert {each["level"] for each in found["counts"]} == {"SHOULD"}
    assert found["totalCount"] == sum(counts.values())
    page = service.data(query, codes=["quality.never-taught"])["findings"]
    assert page["edges"] == [
        {
            "node": {
                "code": "quality.never-taught",
                "subject": f"{TRADE}willow/plane",
                "fix": page["edges"][0]["node"]["fix"],
            }
        }
    ]
    rest = service.data(query, codes=["quality.never-taught"], after=page["pageInfo"]["endCursor"])["findings"]
    assert [each["node"]["subject"] for each in rest["edges"]] == [f"{TRADE}willow/saw"]
    (error,) = service.ask('{ findings(dataset: "nowhere") { totalCount } }')["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"
    assert "willow" in error["extensions"]["hint"]


FAIRNESS = """query ($policy: MatchPolicyInput, $learners: Int! = 30, $first: Int! = 20, $view: ViewInput) {
  fairness(policy: $policy, learners: $learners, seed: 3, first: $first, view: $view) {
    release levels { asked comparable unknown otherScale untaught } taughtLevels { count known }
    courseCosts { count known } credentialDurations { count known } learners
    reach { stating outOfReachCount outOfReach { role { id } blockingCount blocking { id } } untaught { resource { id } roles } }
    effects { factor value kept firstChanged agreement moved requalified } } }"""


def test_how_honest_the_numbers_are(service: Service) -> None:
    """The report of `headwater fairness` on what is served, under a policy; bounded, and of a view alone where asked."""
    done = load(service, "hornbeam", *FIRST, "lone|Alone")
    service.settle(done["release"]["number"])
    found = service.data(FAIRNESS, policy={"minCoverage": 0.7})["fairness"]
    snapshot = Releases(service.home).snapshot()
    report = assess_fairness(snapshot, Policy(min_coverage=0.7), learners=30, seed=3)
    assert found["levels"]["asked"] == report.levels.asked
    assert found["taughtLevels"] == {"count": report.taught_levels.count, "known": report.taught_levels.known}
    assert found["courseCosts"] == {"count": report.costs["course"].count, "known": report.costs["course"].known}
    reach = found["reach"]
    assert (reach["stating"], reach["outOfReachCount"]) == (report.reach.stating, report.reach.out_of_reach)
    assert reach["outOfReachCount"] > 0
    assert [(each["role"]["id"], [own["id"] for own in each["blocking"]]) for each in reach["outOfReach"]] == [
        (snapshot.iris[each.role], [snapshot.node_iris[node] for node in each.blocking])
        for each in report.reach.named[:20]
    ]
    assert [(each["resource"]["id"], each["roles"]) for each in reach["untaught"]] == [
        (snapshot.iris[row], count) for row, count in report.reach.untaught
    ]
    assert [(each["value"], each["kept"], each["moved"]) for each in found["effects"]] == [
        (each.value, each.kept, each.moved) for each in report.effects
    ]
    assert [each["factor"] for each in found["effects"]][:4] == ["mustWeight"] * 2 + ["shouldWeight"] * 2
    assert service.data(FAIRNESS, policy={"minCoverage": 0.7})["fairness"] == found
    assert service.data(FAIRNESS, learners=0, first=1)["fairness"]["effects"] == []
    alone = service.data(FAIRNESS, view={"datasets": ["hornbeam"]})["fairness"]
    assert alone["reach"]["outOfReachCount"] <= reach["outOfReachCount"]
    errors = [*service.ask(FAIRNESS, learners=2001)["errors"], *service.ask(FAIRNESS, first=101)["errors"]]
    assert [each["extensions"]["detail"] for each in errors] == ["fairness.learners", "input.first"]


# -------------------------------------------------------------------------------------------- differences, rolling back

DIFF = """query ($from: ID!, $to: ID, $kinds: [ChangeKind!], $types: [String!], $datasets: [String!], $first: Int! = 20, $after: String) {
  releaseDiff(from: $from, to: $to, kinds: $kinds, types: $types, datasets: $datasets, first: $first, after: $after) {
    totalCount from { number } to { number } counts { kind type count } pageInfo { hasNextPage endCursor }
    edges { node { dataset subject type kind node { id ... on Competency { label { text } } }
      before { predicate value } added { predicate value isIri language datatype } removed { value language } } } } }"""
LABEL = "https://w3id.org/headwater/ontology#label"


def test_what_differs_between_two_releases(service: Service) -> None:
    """Added, changed and removed subjects with what was and is said, counted by kind and type; filtered and paged."""
    one = load(service, "cedar")["release"]["number"]
    two = load(
        service, "cedar", "saw|Ripping", "plane|Planing", "joint|Joinery|saw", "carve|Carving", allowRemovals=True
    )
    until = two["release"]["number"]
    service.settle(until)
    found = service.data(DIFF, **{"from": str(one)}, to=str(until))["releaseDiff"]
    name = f"{TRADE}cedar/"
    assert (found["from"], found["to"], found["totalCount"]) == ({"number": one}, {"number": until}, 3)
    assert found["counts"] == [
        {"kind": "ADDED", "type": "Competency", "count": 1},
        {"kind": "CHANGED", "type": "Competency", "count": 1},
        {"kind": "REMOVED", "type": "Competency", "count": 1},
    ]
    added, removed, changed = (each["node"] for each in found["edges"])
    assert (added["subject"], added["kind"], added["before"]) == (f"{name}carve", "ADDED", [])
    assert (removed["subject"], removed["kind"]) == (f"{name}dovetail", "REMOVED")
    assert removed["node"] == {"id": f"{name}dovetail", "label": {"text": "Dovetails"}}
    assert changed["node"] == {"id": f"{name}saw", "label": {"text": "Ripping"}}
    assert changed["added"] == [
        {
            "predicate": changed["added"][0]["predicate"],
            "value": "Ripping",
            "isIri": False,
            "language": "en",
            "datatype": None,
        }
    ]
    assert changed["removed"] == [{"value": "Sawing", "language": "en"}]
    assert len(changed["before"]) >= 3
    backwards = service.data(DIFF, **{"from": str(until)}, to=str(one))["releaseDiff"]
    assert [each["node"]["kind"] for each in backwards["edges"]] == ["REMOVED", "ADDED", "CHANGED"]
    page = service.data(DIFF, **{"from": str(one)}, to=str(until), first=2)["releaseDiff"]
    rest = service.data(DIFF, **{"from": str(one)}, to=str(until), first=2, after=page["pageInfo"]["endCursor"])
    assert page["edges"] + rest["releaseDiff"]["edges"] == found["edges"]
    only = service.data(
        DIFF, **{"from": str(one)}, to=str(until), kinds=["ADDED"], types=["Competency"], datasets=["cedar"]
    )
    assert [each["node"]["subject"] for each in only["releaseDiff"]["edges"]] == [f"{name}carve"]
    everything = service.data(DIFF, **{"from": "0"}, datasets=["cedar"])["releaseDiff"]
    assert (everything["from"], everything["totalCount"]) == (None, 8)
    (error,) = service.ask(DIFF, **{"from": "99999"})["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"


def test_private_datasets_are_in_nobodys_difference(service: Service) -> None:
    """Nor in the counts; who has a key sees them."""
    number = load(service, "hazel", visibility="PRIVATE")["release"]["number"]
    asked = {"from": str(number - 1), "to": str(number)}
    assert service.ask(DIFF, key=None, **asked)["data"]["releaseDiff"]["totalCount"] == 0
    assert service.ask(DIFF, key=None, **asked)["data"]["releaseDiff"]["counts"] == []
    service.settle(number)
    assert service.ask(DIFF, key="reader", **asked)["data"]["releaseDiff"]["totalCount"] == 8


def test_going_back(service: Service) -> None:
    """The old content is the next release; what cannot be gone back to is told."""
    one = load(service, "spruce")["release"]["number"]
    load(service, "spruce", "saw|Ripping", "plane|Planing", "joint|Joinery|saw", "dovetail|Dovetails|joint")
    query = "mutation ($release: ID!) { rollBack(release: $release, waitSeconds: 30) { kind state subject release { number note } } }"
    done = service.data(query, release=f"https://w3id.org/headwater/id/release/{one}")["rollBack"]
    assert done == {
        "kind": "ROLL_BACK",
        "state": "DONE",
        "subject": str(one),
        "release": {"number": one + 2, "note": f"Content of release {one}"},
    }
    found = service.data(DIFF, **{"from": str(one)}, to=str(one + 2))["releaseDiff"]
    assert found["totalCount"] == 0
    shown = service.data(
        f'{{ release(id: "{one}") {{ number datasets {{ name }} }} none: release(id: "9999") {{ id }} }}'
    )
    assert shown["release"]["number"] == one
    assert "spruce" in [each["name"] for each in shown["release"]["datasets"]]
    assert shown["none"] is None
    (error,) = service.ask(query, release="nonsense")["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"


def test_a_dataset_is_removed(service: Service) -> None:
    """What others name keeps it, unless that is allowed; an unknown one is told."""
    load(service, "teak")
    user = {
        "courses.csv": f"iri,label,language\n{TRADE}school/course,Course,en\n",
        "teaches.csv": f"subject,competency\n{TRADE}school/course,{TRADE}teak/saw\n",
    }
    load(service, "school", contentBase64=archive(user))
    query = """mutation ($allow: Boolean!) { removeDataset(name: "teak", allowRemovals: $allow, waitSeconds: 30) {
      state release { datasets { name } } report { counts { removed } findings { edges { node { level code subject } } } } } }"""
    kept = service.data(query, allow=False)["removeDataset"]
    assert (kept["state"], kept["report"]["counts"]["removed"]) == ("BLOCKED", 0)
    assert kept["report"]["findings"]["edges"][0]["node"] == {
        "level": "MUST",
        "code": "load.orphaned",
        "subject": f"{TRADE}teak/saw",
    }
    gone = service.data(query, allow=True)["removeDataset"]
    assert (gone["state"], gone["report"]["counts"]["removed"]) == ("DONE", 8)
    assert "teak" not in [each["name"] for each in gone["release"]["datasets"]]
    (error,) = service.ask(query, allow=True)["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"


# ------------------------------------------------------------------------------------------------------------ overlays

DRAFT = """name over license labels { text language } amendments { totalCount edges { node { target removed labels { text language }
  importance importanceValue level { value } node { id } } } } additions { totalCount edges { node { id type } } }
  check { blocked published findings { totalCount } counts { read } }"""


def test_an_overlay_is_edited_published_and_matched_in(service: Service) -> None:
    """A draft is served to nobody; published, it is a view; taken back, it is as it was before."""
    load(service, "alder")
    saw, need = f"{TRADE}alder/saw", requirement(service, "alder", "plane")
    create = f"mutation ($input: OverlayDraftInput!) {{ createOverlayDraft(input: $input) {{ {DRAFT} }} }}"
    edit = (
        f'mutation ($edits: [OverlayEditInput!]!) {{ editOverlayDraft(name: "alpine", edits: $edits) {{ {DRAFT} }} }}'
    )
    made = service.data(
        create, input={"name": "alpine", "over": ["alder"], "label": {"text": "The Alps"}, "license": "CC0-1.0"}
    )
    assert made["createOverlayDraft"]["over"] == ["alder"]
    assert made["createOverlayDraft"]["license"] == "CC0-1.0"
    assert made["createOverlayDraft"]["labels"] == [{"text": "The Alps", "language": "und"}]
    edits = [
        {"target": saw, "labels": [{"text": "Sawing ice"}]},
        {"target": need, "importance": "MUST"},
        {"target": f"{TRADE}alder/dovetail", "removed": True},
    ]
    draft = service.data(edit, edits=edits)["editOverlayDraft"]
    said = {each["node"]["target"]: each["node"] for each in draft["amendments"]["edges"]}
    assert said[saw]["labels"] == [{"text": "Sawing ice", "language": "en"}]
    assert said[saw]["node"] == {"id": saw}
    assert (said[need]["importance"], said[need]["importanceValue"]) == ("MUST", None)
    assert said[f"{TRADE}alder/dovetail"]["removed"]
    assert (draft["check"]["blocked"], draft["additions"]["totalCount"]) == (False, 1)
    refused = service.ask(edit, edits=[{"target": saw, "removed": True}, {"target": saw, "importance": "MUST"}])
    assert refused["errors"][0]["extensions"]["detail"] == "overlay.not-fitting"
    graded = service.ask(edit, edits=[{"target": need, "importance": "MUST", "importanceValue": 0.5}])
    assert graded["errors"][0]["extensions"]["detail"] == "overlay.weight"
    added = service.data(
        'mutation ($input: SourceInput!) { addToOverlayDraft(name: "alpine", input: $input, waitSeconds: 30) { state report { blocked changes { added { type count } } } } }',
        input={"filename": "competencies.csv", "content": f"iri,label,language\n{TRADE}alpine/ice,Ice,en\n"},
    )["addToOverlayDraft"]
    assert (added["state"], added["report"]["changes"]["added"]) == ("DONE", [{"type": "Competency", "count": 1}])
    dropped = service.data(
        f'mutation ($t: [ID!]!) {{ dropFromOverlayDraft(name: "alpine", targets: $t) {{ {DRAFT} }} }}',
        t=[f"{TRADE}alder/dovetail"],
    )["dropFromOverlayDraft"]
    assert (dropped["amendments"]["totalCount"], dropped["additions"]["totalCount"]) == (2, 2)
    listed = service.data(
        '{ overlayDrafts { totalCount edges { node { name } } } overlayDraft(name: "alpine") { name } none: overlayDraft(name: "nowhere") { name } }'
    )
    assert {"node": {"name": "alpine"}} in listed["overlayDrafts"]["edges"]
    assert (listed["overlayDraft"], listed["none"]) == ({"name": "alpine"}, None)
    published = service.data(
        'mutation { publishOverlayDraft(name: "alpine", waitSeconds: 30) { state release { number datasets { name format } } } }'
    )["publishOverlayDraft"]
    assert {"name": "alpine", "format": "overlay"} in published["release"]["datasets"]
    number = published["release"]["number"]
    service.settle(number)
    query = """query ($view: ViewInput) { gap(held: {}, role: "alder:J1", view: $view) { qualified blocking { target { id label { text } } } } }"""
    plain = service.ask(query, key=None)["data"]["gap"]
    laid = service.ask(query, key=None, view={"overlays": ["alpine"]})["data"]["gap"]
    assert plain["blocking"] == [{"target": {"id": saw, "label": {"text": "Sawing"}}}]
    assert {each["target"]["label"]["text"] for each in laid["blocking"]} == {"Sawing ice", "Planing"}
    assert service.data('{ overlayDraft(name: "alpine") { name } }')["overlayDraft"] is None
    again = service.data(create, input={"name": "alpine"})["createOverlayDraft"]
    assert again["amendments"]["totalCount"] == 2
    gone = service.data('mutation { discardOverlayDraft(name: "alpine") { amendments { totalCount } } }')
    assert gone["discardOverlayDraft"]["amendments"]["totalCount"] == 2
    (error,) = service.ask('mutation { discardOverlayDraft(name: "alpine") { name } }')["errors"]
    assert error["extensions"]["detail"] == "reference.unknown"


def requirement(service: Service, name: str, target: str) -> str:
    """IRI of the joiner's requirement of a competency."""
    query = "query ($ref: String!) { resource(ref: $ref) { ... on JobRole { requirements { id target { id } } } } }"
    for _ in range(1200):
        body = service.ask(query, ref=f"{name}:J1")
        if "errors" not in body:
            break
        time.sleep(0.05)
    found = body["data"]["resource"]["requirements"]
    return next(str(each["id"]) for each in found if each["target"]["id"] == f"{TRADE}{name}/{target}")


# -------------------------------------------------------------------------------------------------------------- rights

SCHEMA = parse_schema(SDL_PATH.read_text("utf-8"))
PUBLIC_QUERIES = (
    *(
        [
            "node",
            "resource",
            "search",
            "frameworks",
            "scales",
            "levelMappings",
            "competencies",
            "courses",
            "credentials",
            "jobRoles",
            "match",
            "gap",
            "plans",
            "reachable",
            "whatIf",
            "marginal",
            "compare",
            "matchMany",
            "gapMany",
            "similarRoles",
            "careerPaths",
            "verify",
        ]
    ),
    *(["releases", "release", "releaseDiff", "datasets"]),
)
FOR_ISSUERS = [
    ("mutation", name)
    for name in SCHEMA.mutation_type.fields  # type: ignore[union-attr]
    if name.endswith(("Credential", "Credentials", "Record"))
] + [("query", "issuedCredentials"), ("query", "issuedCredential")]
LEARNERS_MUTATIONS = (
    "storeDocuments",
    "removeDocument",
    "giveConsent",
    "withdrawConsent",
    "answerContact",
    "shareDocuments",
    "revokeLink",
    "endGrant",
    "eraseLearner",
)
FOR_LEARNERS = [*(("mutation", name) for name in LEARNERS_MUTATIONS), ("query", "learner")]
FOR_ANYBODY = (("mutation", "openLink"), ("mutation", "createChallenge"))
FOR_EMPLOYERS = [("query", "talent"), ("mutation", "requestContact")]
FOR_STEWARDS = [
    *(
        ("mutation", name)
        for name in SCHEMA.mutation_type.fields  # type: ignore[union-attr]
        if ("mutation", name) not in (*FOR_ISSUERS, *FOR_LEARNERS, *FOR_ANYBODY, *FOR_EMPLOYERS)
    ),
    *(
        ("query", name)
        for name in SCHEMA.query_type.fields  # type: ignore[union-attr]
        if name not in PUBLIC_QUERIES and ("query", name) not in (*FOR_ISSUERS, *FOR_LEARNERS, *FOR_EMPLOYERS)
    ),
    ("subscription", "jobProgress"),
]


def value_of(kind: Any) -> Any:
    """A value of an input type: what is required, as little as may be."""
    if not isinstance(kind, GraphQLNonNull):
        return None
    inner = get_named_type(kind)
    if isinstance(inner, GraphQLInputObjectType):
        return {
            name: value_of(each.type)
            for name, each in inner.fields.items()
            if isinstance(each.type, GraphQLNonNull) and each.default is None
        }
    if isinstance(inner, GraphQLEnumType):
        return next(iter(inner.values))
    assert isinstance(inner, GraphQLScalarType)
    return {"Int": 1, "Float": 1.0, "Boolean": True}.get(inner.name, "x")


def call(operation: str, name: str) -> tuple[str, dict[str, Any]]:
    """A document that asks for a root field with what it requires, and its variables."""
    root = SCHEMA.type_map[operation.capitalize()]
    assert isinstance(root, GraphQLObjectType)
    field = root.fields[name]
    needed = {
        each: argument
        for each, argument in field.args.items()
        if isinstance(argument.type, GraphQLNonNull) and argument.default is None
    }
    declared = ", ".join(f"${each}: {argument.type}" for each, argument in needed.items())
    given = ", ".join(f"{each}: ${each}" for each in needed)
    selected = "" if is_leaf_type(get_named_type(field.type)) else "{ __typename }"
    shown = f"{operation} {f'({declared})' if declared else ''} {{ {name}{f'({given})' if given else ''} {selected} }}"
    variables = {each: value_of(argument.type) for each, argument in needed.items()}
    lists = {each for each, argument in needed.items() if "[" in str(argument.type)}
    return shown, {each: [value] if each in lists else value for each, value in variables.items()}


@pytest.mark.parametrize(
    ("operation", "name"),
    [*FOR_STEWARDS, *FOR_ISSUERS, *FOR_LEARNERS, *FOR_EMPLOYERS],
    ids=[name for _, name in (*FOR_STEWARDS, *FOR_ISSUERS, *FOR_LEARNERS, *FOR_EMPLOYERS)],
)
def test_rights(service: Service, operation: str, name: str) -> None:
    """Every mutation, and every query that is not public: nobody is UNAUTHENTICATED, a reader is FORBIDDEN, over HTTP and
    WebSocket; a steward gets past both, or an issuer, each where it is theirs; a learner's is nobody else's. What is new
    without a right fails here."""
    document, variables = call(operation, name)
    whose = dict.fromkeys(FOR_ISSUERS, "issuer") | dict.fromkeys(FOR_LEARNERS, "learner")
    whose |= dict.fromkeys(FOR_EMPLOYERS, "employer")
    mine = whose.get((operation, name), "steward")
    others = [each for each in ("reader", "steward", "issuer", "employer") if each != mine]
    for key, code in ((None, "UNAUTHENTICATED"), *((other, "FORBIDDEN") for other in others)):
        if operation != "subscription":
            body = service.ask(document, key=key, **variables)
            assert [each["extensions"]["code"] for each in body["errors"]] == [code], body
        with service.socket(key=key) as ws:
            subscribe(ws, document, **variables)
            message = told(ws)
            errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
            assert [each["extensions"]["code"] for each in errors] == [code]
    if operation != "subscription" and mine != "learner":
        body = service.ask(document, key=mine, **variables)
        assert not {each["extensions"]["code"] for each in body.get("errors", ())} & {"UNAUTHENTICATED", "FORBIDDEN"}


def test_public_queries_need_no_key(service: Service) -> None:
    """What is not for stewards is answered to anybody, or refused for another reason."""
    for name in PUBLIC_QUERIES:
        document, variables = call("query", name)
        codes = {each["extensions"]["code"] for each in service.ask(document, key=None, **variables).get("errors", ())}
        assert codes <= {"BAD_USER_INPUT"}, name
    for mutation, wanted in zip(FOR_ANYBODY, (["BAD_USER_INPUT"], []), strict=True):
        document, variables = call(*mutation)
        errors = service.ask(document, key=None, **variables).get("errors", ())
        assert [each["extensions"]["code"] for each in errors] == wanted


def test_a_mutation_is_not_run_by_get(service: Service) -> None:
    """Nor a subscription over plain HTTP."""
    document = 'mutation { discardOverlayDraft(name: "x") { name } }'
    found = httpx.get(
        f"http://{service.address}/graphql",
        params={"query": document},
        headers=service.headers("steward") | {"apollo-require-preflight": "1"},
    )
    assert (found.status_code, found.json()["errors"][0]["extensions"]["detail"]) == (405, "graphql.operation")
    response = service.post("/graphql", json={"query": "subscription { releasePublished { number } }"})
    assert (response.status_code, response.json()["errors"][0]["extensions"]["detail"]) == (405, "graphql.operation")


# ------------------------------------------------------------------------------------------------------------ WebSocket

PROGRESS = """subscription ($id: ID!) { jobProgress(id: $id) { state progress { stage done total unit }
  report { published counts { loaded } } release { number } } }"""
NO_WAIT = "mutation ($input: LoadInput!) { load(input: $input) { id state } }"


def test_progress_is_told_to_the_end(service: Service) -> None:
    """Queued or running, its stages, what is written, and the end with its report; then the operation is complete."""
    many = tables("poplar", *(f"c{number}|Cut {number}" for number in range(400)), "saw|Sawing", "plane|Planing")
    source = {"filename": "poplar.zip", "contentBase64": many, "dataset": "poplar"}
    with service.socket({"authorization": f"Bearer {service.steward}"}) as ws:
        subscribe(ws, NO_WAIT, "load", input=source)
        job = told(ws)["payload"]["data"]["load"]
        assert told(ws)["type"] == "complete"
        assert job["state"] == "QUEUED"
        subscribe(ws, PROGRESS, "watch", id=job["id"])
        events = []
        while (message := told(ws))["type"] == "next":
            events.append(message["payload"]["data"]["jobProgress"])
        assert message == {"id": "watch", "type": "complete"}
    stages = [each["progress"]["stage"] for each in events if each["progress"]]
    assert events[-1]["state"] == "DONE"
    assert events[-1]["report"] == {"published": True, "counts": {"loaded": 406}}
    assert events[-1]["release"]["number"] > 0
    assert [each["state"] for each in events[:-1]] == sorted(each["state"] for each in events[:-1])
    assert "Publishing" in stages  # what comes before may be over when somebody begins to watch
    written = [
        each["progress"]["done"]
        for each in events
        if each["progress"] and each["progress"]["stage"] == "Writing to Neo4j"
    ]
    assert written == sorted(written)
    with service.socket({"Authorization": f"Bearer {service.steward}"}) as ws:
        subscribe(ws, PROGRESS, "late", id=job["id"])
        assert told(ws)["payload"]["data"]["jobProgress"]["state"] == "DONE"
        assert told(ws)["type"] == "complete"
        subscribe(ws, PROGRESS, "none", id="nothing")
        message = told(ws)
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["detail"] == "job.unknown"


def test_a_job_goes_on_without_its_client(service: Service) -> None:
    """Whoever waits may go away, over WebSocket and HTTP: the load is published all the same."""
    source = {"filename": "lime.zip", "contentBase64": tables("lime", *FIRST), "dataset": "lime"}
    with service.socket(key="steward") as ws:
        subscribe(ws, LOAD, input=source)
        while "lime" not in json.dumps(service.data(JOBS)):
            time.sleep(0.01)
    other = {**source, "contentBase64": tables("lemon", *FIRST), "dataset": "lemon", "filename": "lemon.zip"}
    with contextlib.suppress(httpx.TimeoutException):
        body = {"query": LOAD, "variables": {"input": other}}
        httpx.post(f"http://{service.address}/graphql", json=body, headers=service.headers("steward"), timeout=0.05)
    for _ in range(1200):
        jobs = [each["node"] for each in service.data(JOBS)["jobs"]["edges"]]
        states = {each["subject"]: each["state"] for each in jobs if each["subject"] in ("lime", "lemon")}
        if states == {"lime": "DONE", "lemon": "DONE"}:
            break
        time.sleep(0.05)
    assert states == {"lime": "DONE", "lemon": "DONE"}


def test_a_new_release_is_told_to_everybody(service: Service, tmp_path: Path) -> None:
    """Also one that a command published; without its private datasets for who has no key."""
    path = tmp_path / "plum.zip"
    path.write_bytes(base64.b64decode(tables("plum", *FIRST)))
    query = "subscription { releasePublished { number datasets { name } } }"
    settle(service)
    with service.socket() as anybody, service.socket(key="reader") as reader, Store(service.connection) as store:
        subscribe(anybody, query)
        subscribe(reader, query)
        time.sleep(0.3)
        report = load_one(Releases(service.home), store, path, LoadOptions(dataset="plum", visibility="private"))
        assert report.release is not None
        begun = time.monotonic()
        found = told(anybody)["payload"]["data"]["releasePublished"]
        assert time.monotonic() - begun < 5
        seen = told(reader)["payload"]["data"]["releasePublished"]
    assert found["number"] == seen["number"] == report.release.number
    assert "plum" not in [each["name"] for each in found["datasets"]]
    assert "plum" in [each["name"] for each in seen["datasets"]]


def test_keys_over_websocket(service: Service) -> None:
    """From the header or what connection_init says; a wrong one runs nothing; one that is revoked ends what goes on."""
    query = "{ jobs { totalCount } }"
    wrong = ("Bearer nonsense", service.steward, ["x"], 3)
    for payload in wrong:
        with service.socket({"authorization": payload}, key="steward") as ws:
            subscribe(ws, query)
            message = told(ws)
            assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
    with service.socket({"other": 1}, key="steward") as ws:
        subscribe(ws, query)
        assert "errors" not in told(ws)["payload"]
    text, key = Keys(service.home).create(Role.READER)
    settle(service)
    with service.socket({"authorization": f"Bearer {text}"}) as ws:
        subscribe(ws, "subscription { releasePublished { number } }")
        time.sleep(0.3)
        Keys(service.home).revoke(key.id)
        load(service, "quince")
        message = told(ws)
        assert message["payload"]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert message["payload"]["data"] is None
        assert told(ws)["type"] == "complete"


def test_limits_hold_for_mutations_and_subscriptions(service: Service) -> None:
    """Root fields, aliases, tokens, `first`, one root field of a subscription, twenty operations on a socket."""
    eleven = "mutation { " + " ".join(f'd{n}: discardOverlayDraft(name: "x") {{ name }}' for n in range(11)) + " }"
    (error,) = service.ask(eleven)["errors"]
    assert (error["extensions"]["code"], error["extensions"]["detail"]) == ("LIMIT_EXCEEDED", "limit.root-fields")
    (error,) = service.ask("{ jobs(first: 101) { totalCount } }")["errors"]
    assert error["extensions"]["detail"] == "input.first"
    with service.socket(key="steward") as ws:
        aliases = " ".join(f"a{number}: number" for number in range(31))
        subscribe(ws, f"subscription {{ releasePublished {{ {aliases} }} }}", "1")
        message = told(ws)
        assert (message["type"], message["payload"][0]["extensions"]["detail"]) == ("error", "limit.aliases")
        subscribe(ws, "subscription { a: releasePublished { id } b: releasePublished { id } }", "2")
        message = told(ws)
        assert message["payload"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        for number in range(21):
            subscribe(ws, "subscription { releasePublished { number } }", f"s{number}")
        message = told(ws)
        assert (message["id"], message["type"]) == ("s20", "error")


def test_open_subscriptions_do_not_hold_up_the_end(service: Service, tmp_path: Path) -> None:
    """A server that is told to stop closes them; what they would still tell is nobody's."""
    own = tmp_path / "own"
    own.mkdir()
    running = listening(settings_for(own, service.connection))
    address = running.__enter__()
    with connect(f"ws://{address}/graphql", subprotocols=[SUBPROTOCOL]) as ws:  # type: ignore[list-item]
        ws.send('{"type": "connection_init"}')
        assert told(ws)["type"] == "connection_ack"
        subscribe(ws, "subscription { releasePublished { number } }")
        time.sleep(0.3)
        begun = time.monotonic()
        running.__exit__(None, None, None)
        assert time.monotonic() - begun < 10


# -------------------------------------------------------------------------------------------------------------- uploads


def test_a_file_is_sent_by_itself(service: Service) -> None:
    """The body is the file, the rest is in the address; the answer is the job, done or to be asked for again."""
    content = base64.b64decode(tables("olive", *FIRST))
    asked = "/datasets/olive?filename=olive.zip&waitSeconds=30"
    tried = service.post(f"{asked}&dryRun=true", content=content)
    assert (tried.status_code, tried.json()["job"]["state"]) == (200, "done")
    assert tried.json()["job"]["release"] is None
    done = service.post(f"{asked}&visibility=private", content=iter([content[:100], content[100:]]))
    job = done.json()["job"]
    assert (done.status_code, job["state"], job["report"]["counts"]["loaded"]) == (200, "done", 8)
    info = Releases(service.home).get_dataset("olive")
    assert (info.visibility, info.format) == ("private", "tables")
    begun = service.post("/datasets/olive?filename=olive.zip", content=content)
    assert begun.status_code == 202
    assert finish(service, begun.json()["job"]["id"])["state"] == "DONE"
    blocked = service.post(
        "/datasets/olive?filename=competencies.csv&waitSeconds=30", content=b"iri,label\nnot an iri,A\n"
    )
    found = blocked.json()["job"]
    assert (blocked.status_code, found["state"]) == (200, "blocked")
    assert found["report"]["findings"][0]["source"]["file"] == "competencies.csv"


def test_the_right_to_send_a_file(service: Service) -> None:
    """As for the mutation: 401 without a key or with a wrong one, 403 for a reader; nothing is read of the body."""
    for key, status, code in ((None, 401, "UNAUTHENTICATED"), ("reader", 403, "FORBIDDEN")):
        found = service.post("/datasets/pear?filename=a.csv", key=key, content=b"x")
        assert (found.status_code, found.json()["errors"][0]["extensions"]["code"]) == (status, code)
    found = service.post("/datasets/pear", key=None, content=b"x", headers={"authorization": "Bearer nonsense"})
    assert found.status_code == 401
    assert httpx.get(f"http://{service.address}/datasets/pear").status_code == 404


@pytest.mark.parametrize(
    ("asked", "headers", "status", "detail"),
    [
        ("?filename=a.csv", {"content-length": str((256 << 20) + 1)}, 413, "http.too-large"),
        ("?filename=a.csv", {"content-encoding": "gzip"}, 415, "http.media-type"),
        ("?filename=../a.csv", {}, 400, "input.filename"),
        ("?filename=a.csv&dryRun=maybe", {}, 400, "input.invalid"),
        ("?filename=a.csv&nonsense=1", {}, 400, "input.invalid"),
        ("?filename=a.csv&format=nonsense", {}, 400, "input.unknown-format"),
        ("?filename=a.csv&visibility=open", {}, 400, "dataset.visibility"),
        ("?filename=a.csv&waitSeconds=31", {}, 400, "input.number"),
    ],
)
def test_files_that_are_not_taken(
    service: Service, asked: str, headers: dict[str, str], status: int, detail: str
) -> None:
    """Too large by what is announced, encoded, or not understood: told before the body is read, and nothing is kept."""
    with socket.create_connection(("127.0.0.1", int(service.address.rpartition(":")[2])), timeout=10) as raw:
        lines = {"host": service.address, "content-length": "1", **service.headers("steward"), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        raw.sendall(f"POST /datasets/pear{asked} HTTP/1.1\r\n{head}\r\nx".encode())
        answer = raw.recv(65536).decode()
        while "\r\n\r\n" not in answer or not answer.rstrip().endswith("}"):
            answer += raw.recv(65536).decode()
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert json.loads(answer.partition("\r\n\r\n")[2])["errors"][0]["extensions"]["detail"] == detail


def small(home: Path, jobs: Jobs, limit: int) -> TestClient:
    """The route alone, over an empty folder."""
    stewardship = Stewardship(Settings(home=home), Releases(home), jobs=jobs)
    keys = Keys(home)
    guard = Guard(limits=QueryLimits(), buckets=None, identify=keys.identify)
    routes = upload_routes(stewardship, guard, keys.identify, upload_bytes=limit)
    headers = {"authorization": f"Bearer {keys.create(Role.STEWARD)[0]}"}
    return TestClient(Starlette(routes=routes), headers=headers)


def test_a_file_that_grows_over_the_limit(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit it is taken, a byte more is 413 as soon as it comes, announced or not; no file is left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    jobs = Jobs()
    client = small(home, jobs, 1000)
    before = set(tmp_path.iterdir())
    for content in (b"x" * 1001, iter([b"x" * 900, b"y" * 101])):
        found = client.post("/datasets/pear?filename=a.csv", content=content)
        assert (found.status_code, found.json()["errors"][0]["extensions"]["detail"]) == (413, "http.too-large")
    assert set(tmp_path.iterdir()) == before
    taken = client.post("/datasets/pear?filename=a.csv", content=iter([b"x" * 900, b"y" * 100]))
    assert (taken.status_code, taken.json()["job"]["state"]) == (202, "queued")
    (folder,) = set(tmp_path.iterdir()) - before
    assert [path.stat().st_size for path in folder.iterdir()] == [1000]


def test_no_file_is_taken_where_no_job_may_wait(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the time to wait, before the body is read."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = set(tmp_path.iterdir())
    found = small(home, Jobs(waiting=0), 1000).post("/datasets/pear?filename=a.csv", content=b"x")
    assert (found.status_code, found.headers["retry-after"]) == (503, "30")
    assert found.json()["errors"][0]["extensions"]["detail"] == "jobs.full"
    assert set(tmp_path.iterdir()) == before


# ---------------------------------------------------------------------------------------------------------------- audit


def test_the_log_tells_who_did_what_and_never_with_what(service: Service) -> None:
    """A line for the act, one for the job's end, one for what was refused; keys by their id."""
    with capture_logs() as lines:
        load(service, "rowan")
        service.ask('mutation { discardOverlayDraft(name: "secret-plan") { name } }', key="reader")
        service.ask('mutation { discardOverlayDraft(name: "secret-plan") { name } }', key=None)
        service.post("/datasets/rowan?filename=a.csv", content=b"x", key="reader")
    told_lines = [each for each in lines if "act" in each or each["event"] == "job ended"]
    steward, reader = service.steward[3:15], service.reader[3:15]
    assert [(each.get("act"), each["event"], each["key"], each["subject"]) for each in told_lines] == [
        ("load", "done", steward, "rowan"),
        (None, "job ended", steward, "rowan"),
        ("discardOverlayDraft", "refused", reader, "secret-plan"),
        ("discardOverlayDraft", "refused", None, "secret-plan"),
        ("upload", "refused", reader, "rowan"),
    ]
    assert (told_lines[1]["state"], told_lines[1]["kind"]) == ("done", "load")
    assert [each["error"] for each in told_lines[2:]] == ["auth.forbidden", "auth.unauthenticated", "auth.forbidden"]
    assert "Sawing" not in str(lines)
    assert service.steward not in str(lines)


# ----------------------------------------------------------------------------------------------------- jobs themselves


def run(work: Callable[[Jobs], Awaitable[None]], **own: Any) -> None:
    """Runs jobs around what is done with them."""

    async def main() -> None:
        jobs = Jobs(**own)
        async with jobs.running():
            await work(jobs)

    asyncio.run(main())


def done(_: Progress) -> Outcome:
    """Work that is none."""
    return Outcome()


def test_jobs_are_done_one_at_a_time_in_order() -> None:
    """However many ask at once; what one meets does not end the others."""
    order: list[int] = []
    running: list[int] = []

    def work(number: int, _: Progress) -> Outcome:
        running.append(number)
        assert len(running) == 1
        time.sleep(0.002)
        order.append(running.pop())
        if number == 2:
            raise RuntimeError("a fault")
        if number == 3:
            raise UnavailableError("away", code="store.away")
        return Outcome()

    async def ask(jobs: Jobs) -> None:
        made = [jobs.submit(JobKind.LOAD, partial(work, number), key="k") for number in range(8)]
        ended = [await jobs.wait(job, 10) for job in made]
        assert order == list(range(8))
        assert [each.state for each in ended] == [
            JobState.FAILED if number in (2, 3) else JobState.DONE for number in range(8)
        ]
        errors = [ended[2].error, ended[3].error]
        assert [each.code for each in errors if each] == ["internal", "store.away"]
        assert [each.__traceback__ for each in errors if each] == [None, None]

    run(ask)


def test_only_so_many_wait_and_only_so_many_are_kept() -> None:
    """One runs, two wait, the fourth is refused and told to its caller; of what is over the last three are kept."""
    gate = threading.Event()
    discarded: list[str] = []

    def held(_: Progress) -> Outcome:
        gate.wait(10)
        return Outcome()

    async def ask(jobs: Jobs) -> None:
        first = jobs.submit(JobKind.LOAD, held, key="k")
        await asyncio.sleep(0.05)
        waiting = [jobs.submit(JobKind.LOAD, done, key="k") for _ in range(2)]
        with pytest.raises(JobsFullError):
            jobs.submit(JobKind.LOAD, done, key="k", discard=lambda: discarded.append("refused"))
        with pytest.raises(JobsFullError):
            jobs.check_room()
        assert discarded == ["refused"]
        assert (await jobs.wait(first, 0.01)).state is JobState.RUNNING
        gate.set()
        for job in waiting:
            assert (await jobs.wait(job, 10)).state is JobState.DONE
        last = [await jobs.wait(jobs.submit(JobKind.LOAD, done, key="k"), 10) for _ in range(3)]
        assert [each.id for each in jobs.all()] == [each.id for each in reversed(last)]
        assert jobs.find(first.id) is None
        assert (await jobs.wait(waiting[0], 0.1)).id == waiting[0].id

    run(ask, waiting=2, kept=3)


def test_jobs_that_wait_at_the_end_are_given_up() -> None:
    """The running one ends; the others fail, their files are discarded, and nothing more is taken."""
    gate = threading.Event()
    discarded: list[str] = []
    kept: list[Any] = []

    def held(_: Progress) -> Outcome:
        gate.wait(10)
        return Outcome()

    async def main() -> None:
        jobs = Jobs()
        async with jobs.running():
            kept.append(jobs.submit(JobKind.LOAD, held, key="k"))
            await asyncio.sleep(0.05)
            kept.append(jobs.submit(JobKind.LOAD, done, key="k", discard=lambda: discarded.append("gone")))
            asyncio.get_running_loop().call_later(0.1, gate.set)
        states = [job.state for each in kept if (job := jobs.find(each.id)) is not None]
        assert states == [JobState.DONE, JobState.FAILED]
        assert discarded == ["gone"]
        with pytest.raises(UnavailableError):
            jobs.submit(JobKind.LOAD, done, key="k")

    asyncio.run(main())


def test_a_watcher_that_goes_away_is_forgotten() -> None:
    """Nothing of it stays with the job."""
    gate = threading.Event()

    def held(progress: Progress) -> Outcome:
        progress("Waiting", 1, 2, "s")
        gate.wait(10)
        return Outcome()

    async def ask(jobs: Jobs) -> None:
        job = jobs.submit(JobKind.LOAD, held, key="k")
        async with contextlib.aclosing(jobs.watch(job)) as events:
            async for each in events:
                if each.stage is not None:
                    assert (each.stage.name, each.stage.done, each.stage.total, each.stage.unit) == (
                        "Waiting",
                        1,
                        2,
                        "s",
                    )
                    break
        assert jobs._entries[job.id].listeners == []
        gate.set()
        assert (await jobs.wait(job, 10)).stage is None

    run(ask)


# ---------------------------------------------------------------------------------------------------------------- docs

PAGE = (Path(__file__).resolve().parent.parent / "docs/graphql.md").read_text("utf-8")
BLOCK = re.compile(r"```(graphql|json)\n(.*?)```", re.DOTALL)


def examples() -> list[tuple[str, dict[str, Any]]]:
    """(document, variables) of each example of the page, in order."""
    found: list[tuple[str, dict[str, Any]]] = []
    for language, text in BLOCK.findall(PAGE[PAGE.index("## For stewards") :]):
        if language == "graphql":
            found.append((text, {}))
        else:
            found[-1] = found[-1][0], json.loads(text)
    return found


def test_every_field_for_stewards_has_an_example() -> None:
    """docs/graphql.md shows each of them."""
    shown = " ".join(document for document, _ in examples())
    assert [name for _, name in FOR_STEWARDS if not re.search(rf"\b{name}\b", shown)] == []
    assert [name for name in ("release", "releaseDiff", "datasets", "releasePublished") if name not in shown] == []


def test_the_examples_of_the_page_run(service: Service) -> None:
    """In order, each without an error; the job of a subscription is the first one's."""
    service.data('mutation { createOverlayDraft(input: { name: "south" }) { name } }')
    job = ""
    for document, variables in examples():
        if document.startswith("subscription"):
            with service.socket(key="steward") as ws:
                subscribe(ws, document, **({"id": job} if "$id" in document else {}))
                if "$id" in document:
                    assert told(ws)["payload"]["data"]["jobProgress"]["state"] == "DONE"
                    continue
                load(service, "spindle")
                assert told(ws)["payload"]["data"]["releasePublished"]["number"] > 0
            continue
        if "createOverlayDraft" in document:
            service.data(*[examples()[0][0]], **examples()[0][1])
            settle(service)
        body = service.ask(document, **variables)
        assert "errors" not in body, (document, body)
        for each in body["data"].values():
            if "state" in document and isinstance(each, dict) and "state" in each and each.get("state") is not None:
                assert each["state"] == "DONE", (document, body)
        job = job or body["data"]["load"]["id"]
