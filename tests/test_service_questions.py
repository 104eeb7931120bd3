"""Questions about what could be, over HTTP on a small world: whole queries and their whole answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service_serving import ask, fail, service_on
from service_world import WORLD, iri, publish_world, texts
from starlette.testclient import TestClient

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import Alignment, JobRole, Record, Relation, Requirement


@pytest.fixture(scope="module")
def client(world_home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with service_on(world_home, neo4j_server) as client:
        yield client


def linked_roles() -> tuple[Record, ...]:
    """Analyst and architect share nothing, each half of the builder; the tester is like the analyst as somebody says."""
    asked = {"analyst": "python", "builder": "python network", "architect": "network secure", "tester": "firewalls"}
    records: list[Record] = []
    for name, targets in asked.items():
        records.append(JobRole(iri=iri(name), labels=texts(name.capitalize())))
        records += [
            Requirement(
                iri=iri(f"{name[0] if name != 'architect' else 'x'}-{target}"), owner=iri(name), target=iri(target)
            )
            for target in targets.split()
        ]
    records.append(
        Alignment(
            iri=iri("alike"), subject=iri("analyst"), object=iri("tester"), relation=Relation.CLOSE, source="Jobs Ltd"
        )
    )
    return tuple(records)


@pytest.fixture(scope="module")
def linked(
    client: TestClient, neo4j_server: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    """A client of a service on roles that lead to each other, beside the world."""
    home = tmp_path_factory.mktemp("linked")
    with Store(neo4j_server) as store:
        publish_world(Releases(home), store, {**WORLD, "jobs": linked_roles()})
    with service_on(home, neo4j_server) as linked:
        yield linked


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


def test_roles_are_filtered_by_dataset_and_by_the_beginning_of_a_code(client: TestClient) -> None:
    """In match, in lists and in the questions alike."""
    held = {"credentials": ["Security+"], "courses": ["Python in a week"], "experienceDays": 365}
    query = """query ($h: HeldInput!, $f: RoleFilter, $l: ResourceFilter) {
      match(held: $h, filter: $f) { totalCount } jobRoles(filter: $l) { totalCount }
      reachable(held: $h, limits: {}, filter: $f) { totalCount } whatIf(held: {}, add: $h, filter: $f) { totalCount } }"""
    for wanted, count in (
        ({"datasets": ["jobs"]}, 2),
        ({"datasets": ["college", "skills"]}, 0),
        ({"codePrefixes": [{"system": "OPM", "value": "5"}]}, 1),
        ({"codePrefixes": [{"system": "opm", "value": "5"}, {"system": "opm", "value": "62"}]}, 2),
        ({"codePrefixes": [{"system": "isco", "value": "5"}]}, 0),
    ):
        answer = ask(client, query, h=held, f=wanted, l=wanted)
        assert {name: found["totalCount"] for name, found in answer.items()} == dict.fromkeys(answer, count), wanted
    failed = '{ jobRoles(filter: { datasets: ["nowhere"] }) { totalCount } }'
    assert fail(client, failed)["detail"] == "reference.unknown"


# --- what if ----------------------------------------------------------------------------------------------------------

WHAT_IF = """query ($held: HeldInput!, $add: HeldInput!, $filter: RoleFilter, $first: Int! = 10, $after: String) {
  whatIf(held: $held, add: $add, filter: $filter, first: $first, after: $after) {
    totalCount openedCount raisedCount levelsOpened listedBefore listedAfter release documents { index }
    pageInfo { endCursor hasNextPage }
    edges { node { role { id } opened gained rankBefore rankAfter levelsOpened { name } closed { id }
      before { score qualified } after { score qualified met { requirement { id } } } } } } }"""


def test_what_if_tells_what_opens_and_by_what(client: TestClient) -> None:
    """A course and a year more open both roles: the coder by its level of Python, the defender by its award."""
    answer = ask(
        client, WHAT_IF, held={}, add={"courses": [iri("course-python"), iri("course-network")], "experienceDays": 365}
    )["whatIf"]
    assert [edge["node"] for edge in answer.pop("edges")] == [
        {
            "role": {"id": iri("coder")},
            "opened": True,
            "gained": 1.0,
            "rankBefore": None,
            "rankAfter": 1,
            "levelsOpened": [],
            "closed": [{"id": iri("needs-python")}, {"id": iri("needs-time")}],
            "before": {"score": 0.0, "qualified": False},
            "after": {
                "score": 1.0,
                "qualified": True,
                "met": [{"requirement": {"id": iri("needs-python")}}, {"requirement": {"id": iri("needs-time")}}],
            },
        },
        {
            "role": {"id": iri("defender")},
            "opened": True,
            "gained": 1.0,
            "rankBefore": None,
            "rankAfter": 2,
            "levelsOpened": [{"name": "Basic"}],
            "closed": [{"id": iri("any")}],
            "before": {"score": 0.0, "qualified": False},
            "after": {
                "score": 1.0,
                "qualified": True,
                "met": [{"requirement": {"id": iri("needs-network")}}, {"requirement": {"id": iri("any")}}],
            },
        },
    ]
    assert answer.pop("release").endswith("/1")
    assert answer.pop("pageInfo")["hasNextPage"] is False
    assert answer == {
        "totalCount": 2,
        "openedCount": 2,
        "raisedCount": 2,
        "levelsOpened": 1,
        "listedBefore": 0,
        "listedAfter": 2,
        "documents": [],
    }


def test_what_if_counts_only_the_roles_of_the_filter_and_pages(client: TestClient) -> None:
    """By reference; by what holds now; one role a page."""
    add = {"courses": ["Python in a week", "Networks"], "experienceDays": 365}
    assert ask(client, WHAT_IF, held={}, add=add, filter={"ids": ["621"]})["whatIf"]["totalCount"] == 1
    held = {"credentials": ["Security+"]}
    assert ask(client, WHAT_IF, held=held, add=add, filter={"qualified": True})["whatIf"]["openedCount"] == 0
    assert ask(client, WHAT_IF, held=held, add=add, filter={"minScore": 0.5})["whatIf"]["totalCount"] == 1
    one = ask(client, WHAT_IF, held={}, add=add, first=1)["whatIf"]
    two = ask(client, WHAT_IF, held={}, add=add, first=1, after=one["pageInfo"]["endCursor"])["whatIf"]
    assert (one["pageInfo"]["hasNextPage"], two["pageInfo"]["hasNextPage"]) == (True, False)
    assert [page["edges"][0]["node"]["role"]["id"] for page in (one, two)] == [iri("coder"), iri("defender")]


def test_what_if_refuses_what_nobody_can_hold(client: TestClient) -> None:
    """In `add` as in `held`, and a page that cannot be."""
    assert fail(client, WHAT_IF, held={}, add={"courses": ["Security+"]})["detail"] == "reference.unknown"
    assert fail(client, WHAT_IF, held={}, add={"experienceDays": -1})["detail"] == "input.held"
    assert fail(client, WHAT_IF, held={}, add={}, first=101)["detail"] == "input.first"


# --- one thing more ---------------------------------------------------------------------------------------------------

MARGINAL = """query ($held: HeldInput!, $kinds: [CandidateKind!], $order: MarginalOrder! = OPENED, $filter: RoleFilter,
    $first: Int! = 10, $after: String) {
  marginal(held: $held, kinds: $kinds, order: $order, filter: $filter, first: $first, after: $after) {
    totalCount release pageInfo { endCursor hasNextPage }
    edges { node { resource { __typename id } opened levelsOpened raised gain
      roles { role { id } before after opened levelsOpened } } } } }"""


def test_marginal_ranks_every_one_thing_more(client: TestClient) -> None:
    """For who has a year: both certificates open the defender's levels, the course of Python opens the coder."""
    answer = ask(client, MARGINAL, held={"experienceDays": 365})["marginal"]
    found = [
        (node["resource"]["id"], node["opened"], node["levelsOpened"], node["raised"], round(node["gain"], 6))
        for node in (edge["node"] for edge in answer["edges"])
    ]
    assert found == [
        (iri("secure-2"), 1, 2, 0, 0.0),
        (iri("course-network"), 1, 1, 1, 1.0),
        (iri("secure"), 1, 1, 1, 0.72),
        (iri("course-python"), 1, 0, 1, 1.0),
        (iri("python"), 1, 0, 1, 1.0),
        (iri("network"), 0, 0, 1, 1.0),
        (iri("firewalls"), 0, 0, 1, 0.72),
        (iri("course-scripts"), 0, 0, 1, 0.5),
    ]
    assert answer["edges"][1]["node"]["roles"] == [
        {"role": {"id": iri("defender")}, "before": 0.0, "after": 1.0, "opened": True, "levelsOpened": 1}
    ]


def test_marginal_by_gain_of_some_kinds_and_roles_in_pages(client: TestClient) -> None:
    """The order is part of the cursor: a page of one order is none of the other."""
    asked: dict[str, Any] = {"held": {}, "kinds": ["COURSE"], "order": "GAIN", "first": 1}
    one = ask(client, MARGINAL, **asked)["marginal"]
    assert (one["totalCount"], one["edges"][0]["node"]["resource"]["id"]) == (3, iri("course-network"))
    two = ask(client, MARGINAL, **asked, after=one["pageInfo"]["endCursor"])["marginal"]
    assert two["edges"][0]["node"]["resource"]["id"] == iri("course-python")
    wrong = {**asked, "order": "OPENED", "after": one["pageInfo"]["endCursor"]}
    assert fail(client, MARGINAL, **wrong)["detail"] == "cursor.invalid"
    coder = ask(client, MARGINAL, held={}, kinds=["COURSE"], filter={"ids": ["621"]})["marginal"]
    assert coder["totalCount"] == 2
    assert ask(client, MARGINAL, held={}, kinds=[])["marginal"]["totalCount"] == 0


# --- side by side, and many at once -----------------------------------------------------------------------------------

COMPARE = """query ($held: HeldInput!, $roles: [ID!]!) { compare(held: $held, roles: $roles) {
  sharedCount differingCount release matches { role { id } score qualified metCount missingCount }
  shared { id } differing(first: 2) { id roleCount thing { __typename }
    asked { role { id } requirement { id } coverage holds levelUnknown } } } }"""


def test_compare_shows_roles_side_by_side(client: TestClient) -> None:
    """What holds Python at an unknown level covers of the coder, beside the defender; nothing is shared."""
    answer = ask(client, COMPARE, held={"competencies": [{"id": "Python"}]}, roles=["621", "511", "Coder"])["compare"]
    assert answer.pop("release").endswith("/1")
    assert answer == {
        "sharedCount": 0,
        "differingCount": 4,
        "matches": [
            {"role": {"id": iri("coder")}, "score": 0.5, "qualified": False, "metCount": 0, "missingCount": 1},
            {"role": {"id": iri("defender")}, "score": 0.0, "qualified": False, "metCount": 0, "missingCount": 3},
        ],
        "shared": [],
        "differing": [
            {
                "id": iri("python"),
                "roleCount": 1,
                "thing": {"__typename": "Competency"},
                "asked": [
                    {
                        "role": {"id": iri("coder")},
                        "requirement": {"id": iri("needs-python")},
                        "coverage": 0.5,
                        "holds": False,
                        "levelUnknown": True,
                    }
                ],
            },
            {
                "id": iri("secure"),
                "roleCount": 1,
                "thing": {"__typename": "Credential"},
                "asked": [
                    {
                        "role": {"id": iri("defender")},
                        "requirement": {"id": iri("any-1")},
                        "coverage": 0.0,
                        "holds": False,
                        "levelUnknown": False,
                    }
                ],
            },
        ],
    }


def test_many_learners_get_what_each_would_get_alone(client: TestClient) -> None:
    """The first page of each, with the cursors of `match`."""
    fields = (
        "totalCount pageInfo { hasNextPage endCursor } edges { cursor node { role { id } score met { coverage } } }"
    )
    learners = [{"credentials": ["Security+"]}, {}, {"courses": ["Networks"], "experienceDays": 400}]
    many = ask(client, f"query ($l: [HeldInput!]!) {{ matchMany(learners: $l, first: 1) {{ {fields} }} }}", l=learners)[
        "matchMany"
    ]
    alone = f"query ($h: HeldInput!) {{ match(held: $h, first: 1) {{ {fields} }} }}"
    assert many == [ask(client, alone, h=each)["match"] for each in learners]
    named = f'query ($l: [HeldInput!]!) {{ matchMany(learners: $l, filter: {{ ids: ["511"], qualified: true }}) {{ {fields} }} }}'
    assert [each["totalCount"] for each in ask(client, named, l=learners)["matchMany"]] == [1, 0, 1]


def test_many_roles_get_what_each_would_get_alone(client: TestClient) -> None:
    """In their order, as often as they are named."""
    fields = "role { id } score qualified blocking { id } met { requirement { id } evidence { sentence } }"
    held = {"courses": ["Networks"]}
    many = ask(
        client,
        f"query ($h: HeldInput!, $r: [ID!]!) {{ gapMany(held: $h, roles: $r) {{ {fields} }} }}",
        h=held,
        r=["621", "511", "621"],
    )["gapMany"]
    alone = f"query ($h: HeldInput!, $r: ID!) {{ gap(held: $h, role: $r) {{ {fields} }} }}"
    assert many == [ask(client, alone, h=held, r=each)["gap"] for each in ("621", "511", "621")]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("{ compare(held: {}, roles: []) { sharedCount } }", "input.many"),
        ("{ compare(held: {}, roles: [" + '"511" ' * 11 + "]) { sharedCount } }", "input.many"),
        ("{ gapMany(held: {}, roles: [" + '"511" ' * 101 + "]) { score } }", "input.many"),
        ("{ matchMany(learners: [" + "{} " * 51 + "]) { totalCount } }", "input.many"),
        ("{ matchMany(learners: [{}], first: 0) { totalCount } }", "input.first"),
        ('{ compare(held: {}, roles: ["nobody"]) { sharedCount } }', "reference.unknown"),
        ('{ matchMany(learners: [{}, { courses: ["nothing"] }]) { totalCount } }', "reference.unknown"),
    ],
)
def test_many_is_bounded(client: TestClient, query: str, detail: str) -> None:
    """None, or more than may be asked for at once, and references that mean nothing."""
    assert fail(client, query)["detail"] == detail


# --- from role to role ------------------------------------------------------------------------------------------------

SIMILAR = """query ($role: ID!, $filter: RoleFilter, $first: Int! = 10, $after: String, $fulfilled: Fulfilment! = EVERYTHING) {
  similarRoles(role: $role, filter: $filter, first: $first, after: $after, fulfilled: $fulfilled) {
    totalCount release pageInfo { endCursor } edges { node { start { id } role { id } similarity effort alignment { id }
      match { score missing { requirement { id } } } } } } }"""


def test_similar_roles_with_the_effort_between(linked: TestClient) -> None:
    """Who fulfils the analyst has half of the coder; the tester is the coder's like by what an alignment says."""
    answer = ask(linked, SIMILAR, role="Analyst")["similarRoles"]
    assert [edge["node"] for edge in answer["edges"]] == [
        {
            "start": {"id": iri("analyst")},
            "role": {"id": iri("tester")},
            "similarity": 0.9,
            "effort": 0.1,
            "alignment": {"id": iri("alike")},
            "match": {"score": 0.0, "missing": [{"requirement": {"id": iri("t-firewalls")}}]},
        },
        {
            "start": {"id": iri("analyst")},
            "role": {"id": iri("builder")},
            "similarity": 0.5,
            "effort": 1.0,
            "alignment": None,
            "match": {"score": 0.5, "missing": [{"requirement": {"id": iri("b-network")}}]},
        },
    ]
    one = ask(linked, SIMILAR, role="Analyst", first=1)["similarRoles"]
    two = ask(linked, SIMILAR, role="Analyst", first=1, after=one["pageInfo"]["endCursor"])["similarRoles"]
    assert one["edges"] + two["edges"] == answer["edges"]
    assert ask(linked, SIMILAR, role="Analyst", filter={"ids": ["Builder"]})["similarRoles"]["totalCount"] == 1
    assert ask(linked, SIMILAR, role="Analyst", fulfilled="MUSTS")["similarRoles"]["totalCount"] == 2


PATHS = """query ($from: ID!, $to: ID!, $maxMoves: Int! = 3, $first: Int! = 3, $filter: RoleFilter, $min: Float! = 0.1) {
  careerPaths(from: $from, to: $to, maxMoves: $maxMoves, first: $first, filter: $filter, minSimilarity: $min) {
    complete release direct { effort similarity } paths { effort moves { start { id } role { id } effort } } } }"""


def test_career_paths_lead_over_roles_between(linked: TestClient) -> None:
    """From analyst to architect nothing is shared; over the builder half is, each time."""
    answer = ask(linked, PATHS, **{"from": "Analyst", "to": "Architect"})["careerPaths"]
    assert answer["direct"] == {"effort": 2.0, "similarity": 0.0}
    assert answer["complete"] is True
    assert answer["paths"] == [
        {
            "effort": 2.0,
            "moves": [
                {"start": {"id": iri("analyst")}, "role": {"id": iri("builder")}, "effort": 1.0},
                {"start": {"id": iri("builder")}, "role": {"id": iri("architect")}, "effort": 1.0},
            ],
        }
    ]
    assert ask(linked, PATHS, **{"from": "Analyst", "to": "Architect", "maxMoves": 1})["careerPaths"]["paths"] == []
    over = {"ids": ["Tester"]}
    assert ask(linked, PATHS, **{"from": "Analyst", "to": "Architect", "filter": over})["careerPaths"]["paths"] == []


@pytest.mark.parametrize(
    ("query", "arguments", "detail"),
    [
        (PATHS, {"from": "Analyst", "to": "Analyst"}, "input.paths"),
        (PATHS, {"from": "Analyst", "to": "Builder", "maxMoves": 6}, "input.paths"),
        (PATHS, {"from": "Analyst", "to": "Builder", "min": 1.5}, "input.paths"),
        (PATHS, {"from": "Analyst", "to": "Builder", "first": 11}, "input.first"),
        (PATHS, {"from": "Analyst", "to": "nobody"}, "reference.unknown"),
        (PATHS, {"from": "Analyst", "to": "Builder", "filter": {"qualified": True}}, "input.filter"),
        (SIMILAR, {"role": "Analyst", "filter": {"minScore": 0.5}}, "input.filter"),
        (SIMILAR, {"role": "Analyst", "first": 0}, "input.first"),
        (SIMILAR, {"role": "Python"}, "reference.unknown"),
    ],
)
def test_questions_between_roles_are_checked(
    linked: TestClient, query: str, arguments: dict[str, Any], detail: str
) -> None:
    """Each with the error's own code."""
    assert fail(linked, query, **arguments)["detail"] == detail
