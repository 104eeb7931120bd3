"""Employer, places and pay of roles over HTTP and by command: shown, filtered, counted where they are not told."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from service_serving import ask, fail, service_on
from service_world import WORLD, iri, publish_world, texts
from starlette.testclient import TestClient

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import JobRole, PayPeriod, Record, Requirement, Salary
from service.cli import run

POSTINGS = (
    JobRole(
        iri=iri("oakland"),
        labels=texts("Oakland"),
        employer="Acme Ltd",
        employer_iri=iri("acme"),
        places=("US-CA/Oakland",),
        salary=Salary("USD", 6_000_000, 9_000_000, PayPeriod.YEAR),
    ),
    JobRole(
        iri=iri("anywhere"),
        labels=texts("Anywhere"),
        employer="Mill",
        places=("US",),
        remote=True,
        salary=Salary("USD", 2000, 2500, PayPeriod.HOUR),
    ),
    JobRole(iri=iri("berlin"), labels=texts("Berlin"), places=("DE-BE",), salary=Salary("EUR", None, None, None)),
    JobRole(iri=iri("silent"), labels=texts("Silent")),
)
HOLDS_PYTHON = {"competencies": [{"id": "Python"}]}


def postings() -> tuple[Record, ...]:
    asked = (Requirement(iri=f"{each.iri}-python", owner=each.iri, target=iri("python")) for each in POSTINGS)
    return (*POSTINGS, *asked)


@pytest.fixture(scope="module")
def folder(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the postings beside the world's skills and courses."""
    home = tmp_path_factory.mktemp("postings")
    with Store(emptied_server) as store:
        publish_world(Releases(home), store, {**WORLD, "jobs": postings()})
    return home


@pytest.fixture(scope="module")
def client(folder: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on it."""
    with service_on(folder, neo4j_server) as client:
        yield client


def names(answer: Any) -> list[str]:
    return [edge["node"]["role"]["id"].removeprefix(iri("")) for edge in answer["edges"]]


def test_a_role_shows_employer_places_and_pay(client: TestClient) -> None:
    """Amounts in units of the currency; what is not stated is null or empty."""
    query = """query ($ids: [ID!]) { jobRoles(filter: { ids: $ids }) { edges { node { label { text } employer { id name }
      places { code country region names } remote salary { minimum maximum currency period } } } } }"""
    found = [edge["node"] for edge in ask(client, query, ids=[each.iri for each in POSTINGS])["jobRoles"]["edges"]]
    assert found == [
        {
            "label": {"text": "Anywhere"},
            "employer": {"id": None, "name": "Mill"},
            "places": [{"code": "US", "country": "US", "region": None, "names": []}],
            "remote": True,
            "salary": {"minimum": 20, "maximum": 25, "currency": "USD", "period": "HOUR"},
        },
        {
            "label": {"text": "Berlin"},
            "employer": None,
            "places": [{"code": "DE-BE", "country": "DE", "region": "DE-BE", "names": []}],
            "remote": None,
            "salary": {"minimum": None, "maximum": None, "currency": "EUR", "period": None},
        },
        {
            "label": {"text": "Oakland"},
            "employer": {"id": iri("acme"), "name": "Acme Ltd"},
            "places": [{"code": "US-CA/Oakland", "country": "US", "region": "US-CA", "names": ["Oakland"]}],
            "remote": None,
            "salary": {"minimum": 60000, "maximum": 90000, "currency": "USD", "period": "YEAR"},
        },
        {"label": {"text": "Silent"}, "employer": None, "places": [], "remote": None, "salary": None},
    ]


MATCH = """query ($held: HeldInput!, $filter: RoleFilter) { match(held: $held, filter: $filter) {
  totalCount unstatedCount edges { node { role { id } } } } }"""
FILTERED: list[tuple[dict[str, Any], list[str], int]] = [
    ({}, ["anywhere", "berlin", "oakland", "silent"], 0),
    ({"regions": ["us-ca"]}, ["anywhere", "oakland"], 1),
    ({"regions": ["US"]}, ["anywhere", "oakland"], 1),
    ({"regions": ["US-CA", "Germany"], "orUnstated": True}, ["anywhere", "berlin", "oakland", "silent"], 1),
    ({"employers": ["acme  ltd"]}, ["oakland"], 2),
    ({"employers": [iri("acme")]}, ["oakland"], 3),
    ({"remote": True}, ["anywhere"], 3),
    ({"remote": False}, ["berlin", "oakland"], 1),
    ({"minSalary": {"amount": 52000, "currency": "USD"}}, ["anywhere", "oakland"], 2),
    ({"minSalary": {"amount": 25.01, "currency": "USD", "period": "HOUR"}}, ["oakland"], 2),
    ({"minSalary": {"amount": 52000, "currency": "USD", "hoursPerYear": 1800}}, ["oakland"], 2),
    ({"regions": ["DE"], "minSalary": {"amount": 1, "currency": "EUR"}}, [], 2),
    ({"regions": ["DE"], "minSalary": {"amount": 1, "currency": "EUR"}, "orUnstated": True}, ["berlin", "silent"], 2),
    ({"ids": [iri("berlin"), iri("oakland")], "regions": ["DE"]}, ["berlin"], 0),
    ({"regions": []}, [], 0),
]


@pytest.mark.parametrize(("wanted", "expected", "unstated"), FILTERED)
def test_a_match_is_filtered_and_tells_what_is_not_told(
    client: TestClient, wanted: dict[str, Any], expected: list[str], unstated: int
) -> None:
    """By place, employer, pay; the same in `matchMany`, and in a list of roles."""
    found = ask(client, MATCH, held=HOLDS_PYTHON, filter=wanted)["match"]
    assert (sorted(names(found)), found["totalCount"], found["unstatedCount"]) == (expected, len(expected), unstated)
    many = """query ($held: [HeldInput!]!, $filter: RoleFilter) { matchMany(learners: $held, filter: $filter) {
      totalCount unstatedCount edges { node { role { id } } } } }"""
    assert ask(client, many, held=[HOLDS_PYTHON], filter=wanted)["matchMany"] == [found]
    listed = ask(
        client, "query ($filter: ResourceFilter) { jobRoles(filter: $filter) { edges { node { id } } } }", filter=wanted
    )
    assert [edge["node"]["id"] for edge in listed["jobRoles"]["edges"]] == [iri(name) for name in expected]


@pytest.mark.parametrize(
    "query",
    [
        "{ reachable(held: {}, limits: { maxSteps: 1 }, filter: FILTER) { edges { node { role { id } } } } }",
        '{ whatIf(held: {}, add: { competencies: [{ id: "Python" }] }, filter: FILTER) { edges { node { role { id } } } } }',
        '{ similarRoles(role: "Silent", filter: FILTER) { edges { node { role { id } } } } }',
    ],
)
def test_every_question_about_roles_is_filtered(client: TestClient, query: str) -> None:
    """Within reach, with more held, similar: only roles that pay as much."""
    pay = '{ minSalary: { amount: 60000, currency: "USD" } }'
    ((answer),) = ask(client, query.replace("FILTER", pay)).values()
    assert names(answer) == ["oakland"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ('{ jobRoles(filter: { regions: ["Atlantis"] }) { totalCount } }', "filter.region"),
        ('{ jobRoles(filter: { minSalary: { amount: -1, currency: "USD" } }) { totalCount } }', "filter.salary"),
        ('{ courses(filter: { regions: ["US"] }) { totalCount } }', "input.filter"),
    ],
)
def test_what_cannot_be_filtered_is_told(client: TestClient, query: str, detail: str) -> None:
    """With a code and a hint, in place of an empty list."""
    told = fail(client, query)
    assert (told["code"], told["detail"]) == ("BAD_USER_INPUT", detail)
    assert told["hint"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--region", "US-CA"], ["anywhere", "oakland"]),
        (["--region", "us-ca", "--on-site"], ["oakland"]),
        (["--remote"], ["anywhere"]),
        (["--employer", "MILL"], ["anywhere"]),
        (["--min-salary", "52000 USD"], ["anywhere", "oakland"]),
        (["--min-salary", "25.01 usd/hour"], ["oakland"]),
        (["--role", "Silent", "--role", "Oakland", "--region", "US"], ["oakland"]),
        (["--min-salary", "1 EUR", "--or-unstated", "--region", "DE"], ["berlin", "silent"]),
    ],
)
def test_the_command_filters_alike(
    folder: Path, capsys: pytest.CaptureFixture[str], options: Sequence[str], expected: list[str]
) -> None:
    """`headwater match` with the same words."""
    assert run(["match", "--home", str(folder), "--competency", "Python", *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["matches"]
    assert sorted(each["role"]["id"] for each in told) == [iri(name) for name in expected]


def test_a_wrong_salary_of_the_command_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What an amount looks like stands in the hint."""
    assert run(["match", "--home", str(folder), "--min-salary", "a lot", "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "filter.salary"


def test_a_batch_is_scored_against_what_the_filter_leaves(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a filter that leaves nothing is an error, not all roles."""
    learners = tmp_path / "learners.csv"
    learners.write_text(f"learner,competencies\nada,{iri('python')}\n", "utf-8")
    start = ["batch", str(learners), "--home", str(folder), "--json", "--workers", "1"]
    assert run([*start, "-o", str(tmp_path / "found"), "--region", "US"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["matches"] == 2
    assert run([*start, "-o", str(tmp_path / "none"), "--region", "FR", "--on-site"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "filter.nothing"
