"""Questions about what could be, over HTTP on a small world: whole queries and their whole answers."""

from collections.abc import Iterator
from typing import Any

import neo4j
import pytest
from conftest import empty_graph
from service_serving import wait_until_ready
from service_world import iri, world_folder
from starlette.testclient import TestClient
from test_service_queries import ask, fail, settings_for

from graph.server import Connection
from graph.store import Store
from service.app import create_app


@pytest.fixture(scope="module")
def client(
    neo4j_server: Connection, session_driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client of a service on the world."""
    empty_graph(session_driver)
    home = tmp_path_factory.mktemp("questions")
    with Store(neo4j_server) as store:
        world_folder(home, store)
    with TestClient(create_app(settings_for(home, neo4j_server)), raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client


# --- within reach -----------------------------------------------------------------------------------------------------

REACHABLE = """query ($held: HeldInput!, $limits: PlanLimits!, $filter: RoleFilter, $first: Int! = 10, $after: String) {
  reachable(held: $held, limits: $limits, filter: $filter, first: $first, after: $after, objective: FEWEST) {
    totalCount complete release pageInfo { hasNextPage hasPreviousPage endCursor }
    edges { cursor node { score role { id } plan { optimal total steps { position resource { id } } } } } } }"""


def reached(answer: Any) -> list[tuple[str, float, list[str]]]:
    return [
        (node["role"]["id"], node["score"], [step["resource"]["id"] for step in node["plan"]["steps"]])
        for node in (edge["node"] for edge in answer["reachable"]["edges"])
    ]


def test_reachable_lists_roles_with_their_best_plan(client: TestClient) -> None:
    """With a year of experience: the coder by one course that teaches enough, the defender by a certificate."""
    answer = ask(client, REACHABLE, held={"experienceDays": 365}, limits={"maxSteps": 1})
    assert reached(answer) == [
        (iri("coder"), 1.0, [iri("course-python")]),
        (iri("defender"), 0.72, [iri("secure")]),
    ]
    assert (answer["reachable"]["totalCount"], answer["reachable"]["complete"]) == (2, True)
    assert answer["reachable"]["release"].endswith("/1")
    assert all(edge["node"]["plan"]["optimal"] for edge in answer["reachable"]["edges"])


def test_reachable_keeps_the_limits_and_what_is_out_of_reach_is_not_listed(client: TestClient) -> None:
    """Nobody gets experience by a course; without a step only what is qualified for already."""
    assert reached(ask(client, REACHABLE, held={}, limits={"maxSteps": 1})) == [
        (iri("defender"), 0.72, [iri("secure")])
    ]
    held = {"credentials": ["Security+"]}
    assert reached(ask(client, REACHABLE, held=held, limits={"maxSteps": 0})) == [(iri("defender"), 0.72, [])]


def test_reachable_is_filtered_by_now_and_by_afterwards(client: TestClient) -> None:
    """`qualified` is about now, `minScore` about the score after the plan; ids are references."""
    held, limits = {"credentials": ["Security+"], "experienceDays": 400}, {"maxSteps": 3}
    for wanted, expected in (
        ({"qualified": False}, [iri("coder")]),
        ({"qualified": True}, [iri("defender")]),
        ({"minScore": 0.9}, [iri("coder")]),
        ({"ids": ["511"]}, [iri("defender")]),
        ({"frameworks": ["Skills"]}, []),
    ):
        answer = ask(client, REACHABLE, held=held, limits=limits, filter=wanted)
        assert [role for role, _, _ in reached(answer)] == expected, wanted


def test_pages_of_reachable_go_on_where_the_last_ended(client: TestClient) -> None:
    """Two pages of one: the same as one page of two."""
    arguments: dict[str, Any] = {"held": {"experienceDays": 365}, "limits": {"maxSteps": 1}, "first": 1}
    one = ask(client, REACHABLE, **arguments)["reachable"]
    two = ask(client, REACHABLE, **arguments, after=one["pageInfo"]["endCursor"])["reachable"]
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (True, False)
    assert two["pageInfo"]["hasPreviousPage"]
    both = ask(client, REACHABLE, **{**arguments, "first": 2})["reachable"]
    assert one["edges"] + two["edges"] == both["edges"]


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ({"limits": {"maxDays": -1}}, "limits.out-of-range"),
        ({"limits": {}, "first": 0}, "input.first"),
        ({"limits": {}, "after": "x"}, "cursor.invalid"),
        ({"limits": {}, "filter": {"ids": ["nobody"]}}, "reference.unknown"),
    ],
)
def test_reachable_refuses_what_cannot_be_asked(client: TestClient, arguments: dict[str, Any], detail: str) -> None:
    """Before any search: the error's own code."""
    assert fail(client, REACHABLE, held={}, **arguments)["detail"] == detail
