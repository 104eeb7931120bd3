"""Questions that are large, deep, circular or contradictory, over HTTP: each ends with a clear answer."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from service_serving import ask, fail, service_on
from service_world import publish_world, texts
from starlette.testclient import TestClient

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import (
    Alignment,
    Competency,
    Course,
    JobRole,
    Level,
    Located,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Scale,
    Source,
    Teaching,
)
from ontology.validation import validate

X = "https://example.org/hard/"
SKILLS = 10_000
ASKED = 5_000
DEPTH = 50
WANTED = 120
"""Skills of the role whose cheapest plan is not found in a moment."""


def skill(number: int) -> str:
    return f"{X}s/{number:05}"


def role(name: str) -> JobRole:
    return JobRole(iri=f"{X}r/{name}", labels=texts(name))


def wide() -> list[Record]:
    """A role that asks for half of all skills."""
    leaves = (Requirement(iri=f"{X}wide/{n:04}", owner=f"{X}r/wide", target=skill(n)) for n in range(ASKED))
    return [role("wide"), *leaves]


def deep() -> list[Record]:
    """Groups inside each other, any and all in turn, around two skills."""
    records: list[Record] = [role("deep")]
    for depth in range(DEPTH):
        parent = f"{X}g/{depth - 1}" if depth else None
        records.append(
            RequirementGroup(iri=f"{X}g/{depth}", owner=f"{X}r/deep", parent=parent, minimum=1 if depth % 2 else None)
        )
    inner = f"{X}g/{DEPTH - 1}"
    leaves = [Requirement(iri=f"{X}g/leaf{n}", owner=f"{X}r/deep", group=inner, target=skill(n)) for n in (1, 2)]
    return [*records, *leaves]


def circular() -> list[Record]:
    """Two courses, each of which needs what the other teaches, and an honest way in."""
    records: list[Record] = [
        role("circular"), Requirement(iri=f"{X}circular", owner=f"{X}r/circular", target=skill(9001))
    ]  # fmt: skip
    for name, teaches, needs, cost in (("a", 9001, 9002, 0), ("b", 9002, 9001, 0), ("honest", 9002, None, 1000)):
        course = f"{X}k/{name}"
        records += [
            Course(iri=course, labels=texts(name), cost=Money(cost, "EUR")),
            Teaching(iri=f"{course}/t", subject=course, competency=skill(teaches)),
        ]
        if needs is not None:
            records.append(Requirement(iri=f"{course}/n", owner=course, target=skill(needs)))
    return records


def contradictory() -> list[Record]:
    """Two skills that are said to be the same, broader and narrower than each other."""
    relations = (Relation.EXACT, Relation.BROAD, Relation.NARROW, Relation.RELATED)
    told = (
        Alignment(iri=f"{X}a/{each}", subject=skill(9101), object=skill(9102), relation=each, confidence=confidence)
        for each, confidence in zip(relations, (0.2, 1.0, 1.0, 1.0), strict=True)
    )
    asked = Requirement(iri=f"{X}contradictory", owner=f"{X}r/contradictory", target=skill(9102))
    return [role("contradictory"), asked, *told]


def costly(seed: int) -> list[Record]:
    """A set cover that is not proved in a moment."""
    draw = random.Random(seed)
    wanted = [skill(8000 + n) for n in range(WANTED)]
    records: list[Record] = [role("costly")]
    records += [
        Requirement(iri=f"{X}costly/{n}", owner=f"{X}r/costly", target=target) for n, target in enumerate(wanted)
    ]
    for number in range(300):
        course = f"{X}k/{number:03}"
        records.append(Course(iri=course, cost=Money(draw.randint(5000, 9000), "EUR")))
        taught = enumerate(draw.sample(wanted, 6))
        records += [Teaching(iri=f"{course}/{n}", subject=course, competency=target) for n, target in taught]
    return records


@pytest.fixture(scope="module")
def client(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a service on all of it."""
    home: Path = tmp_path_factory.mktemp("hard")
    records = [
        *(Competency(iri=skill(n), labels=texts(f"Skill {n}")) for n in range(SKILLS)),
        *wide(), *deep(), *circular(), *contradictory(), *costly(1),
        Scale(iri=f"{X}scale", labels=texts("Five"), minimum=0, maximum=5),
    ]  # fmt: skip
    with Store(emptied_server) as store:
        publish_world(Releases(home), store, {"hard": tuple(records)})
    with service_on(home, emptied_server) as client:
        yield client


def holding(*numbers: int) -> dict[str, Any]:
    return {"competencies": [{"id": skill(number)} for number in numbers]}


def test_ten_thousand_competencies_meet_five_thousand_requirements(client: TestClient) -> None:
    """All are counted; a page shows a hundred of what is met and says how many there are."""
    query = """query ($held: HeldInput!) { gap(held: $held, role: "wide") { score qualified metCount missingCount
      met(first: 100) { coverage } } match(held: $held, first: 5) { totalCount edges { node { score } } } }"""
    found = ask(client, query, held=holding(*range(SKILLS)))
    assert found["gap"] == {
        "score": 1.0, "qualified": True, "metCount": ASKED, "missingCount": 0, "met": [{"coverage": 1.0}] * 100,
    }  # fmt: skip
    assert found["match"]["totalCount"] == 5
    half = ask(client, query, held=holding(*range(0, SKILLS, 2)))["gap"]
    assert (half["score"], half["metCount"], half["missingCount"]) == (0.5, ASKED // 2, ASKED // 2)


def test_a_tree_fifty_deep_is_decided(client: TestClient) -> None:
    """The innermost group, the fiftieth, is an ANY: one of two is enough through all of them."""
    query = 'query ($held: HeldInput!) { gap(held: $held, role: "deep") { qualified score } }'
    assert ask(client, query, held=holding(2))["gap"] == {"qualified": True, "score": 1.0}
    assert ask(client, query, held=holding(3))["gap"] == {"qualified": False, "score": 0.0}


def test_a_plan_never_justifies_itself_by_a_cycle(client: TestClient) -> None:
    """Two free courses that need each other are no way; the one that costs something is."""
    query = """{ plans(held: {}, role: "circular", first: 1) { optimal plans { steps { resource { id } } } } }"""
    found = ask(client, query)["plans"]
    (plan,) = found["plans"]
    assert found["optimal"]
    assert [step["resource"]["id"] for step in plan["steps"]] == [f"{X}k/honest", f"{X}k/a"]


def test_of_alignments_that_contradict_each_other_the_best_counts_in_the_way_it_is_told(client: TestClient) -> None:
    """Exact at 0.2, broader, narrower and related: what is held is narrower counts 0.8, the most."""
    query = """query ($held: HeldInput!) { gap(held: $held, role: "contradictory") {
      partial(first: 5) { coverage evidence { chain { relation factor } } } } }"""
    (partial,) = ask(client, query, held=holding(9101))["gap"]["partial"]
    assert partial["coverage"] == 0.8
    assert partial["evidence"] == [{"chain": [{"relation": "broadMatch", "factor": 0.8}]}]


def test_a_plan_that_would_take_minutes_ends_at_its_deadline(client: TestClient) -> None:
    """With the best so far, and it says that this is not proved; the service answers others after it."""
    query = """query ($deadline: Int!) { plans(held: {}, role: "costly", first: 1, limits: { deadlineMs: $deadline }) {
      optimal reason plans { steps { resource { id } } cost { amount } } } }"""
    found = ask(client, query, deadline=300)["plans"]
    assert not found["optimal"]
    assert found["reason"] is None
    assert len(found["plans"][0]["steps"]) >= WANTED // 6
    assert ask(client, "{ jobRoles { totalCount } }")["jobRoles"]["totalCount"] == 5


@pytest.mark.parametrize("level", [-1, 5.5, 1e300])
def test_a_level_off_its_scale_is_refused_with_its_bounds(client: TestClient, level: float) -> None:
    """Nothing is clipped in silence."""
    query = 'query ($held: HeldInput!) { gap(held: $held, role: "wide") { score } }'
    error = fail(client, query, held={"competencies": [{"id": skill(1), "level": level, "scale": f"{X}scale"}]})
    assert (error["code"], error["detail"]) == ("BAD_USER_INPUT", "input.held")
    assert "from 0 to 5" in error["message"]


def test_a_negative_limit_is_refused(client: TestClient) -> None:
    """Over HTTP as in the engine, under the name that the caller wrote."""
    query = '{ plans(held: {}, role: "circular", limits: { maxCost: -1, currency: "EUR" }) { optimal } }'
    error = fail(client, query)
    assert (error["detail"], error["subject"]) == ("limits.out-of-range", "maxCost")
    assert error["message"] == "`maxCost` is -1.0, expected 0 or more."


def test_a_factor_out_of_range_is_refused_by_its_name(client: TestClient) -> None:
    """As the caller wrote it, with the default."""
    error = fail(client, '{ gap(held: {}, role: "circular", policy: { heldNarrower: 1.5 }) { score } }')
    assert (error["detail"], error["subject"]) == ("policy.out-of-range", "heldNarrower")
    assert error["message"] == "`heldNarrower` is 1.5, expected a number from 0 to 1."
    assert error["hint"] == "Leave it out to get the default of 0.8."


def test_a_list_without_pages_does_not_speak_of_cursors(client: TestClient) -> None:
    """What is missing of a wide role is counted wholly and told in part."""
    error = fail(client, '{ gap(held: {}, role: "wide") { missing(first: 5000) { coverage } } }')
    assert (error["detail"], error["hint"]) == ("input.first", "No more are told; the count beside them is of all.")


def test_what_blocks_counts_as_edges(client: TestClient) -> None:
    """A role that asks for five thousand skills, asked for again and again: 50,000 musts are told and no more."""
    query = "query ($roles: [ID!]!) { gapMany(held: {}, roles: $roles) { score blocking { id } } }"
    for _ in range(3):
        found = ask(client, query, roles=["wide"] * 9 + ["deep"])["gapMany"]
        assert [len(each["blocking"]) for each in found] == [ASKED] * 9 + [1]
        error = fail(client, query, roles=["wide"] * 10)
        assert (error["code"], error["detail"]) == ("LIMIT_EXCEEDED", "limit.rows")


def test_one_variable_used_again_and_again_is_bounded(client: TestClient) -> None:
    """Ten thousand competencies once are fine; fifty times over they are refused before they are read."""
    query = "query ($held: HeldInput!) { matchMany(learners: [%s], first: 1) { totalCount } }"
    held = holding(*range(SKILLS))
    assert ask(client, query % "$held", held=held)["matchMany"] == [{"totalCount": 5}]
    for _ in range(3):  # a document that came before runs another way
        answer = client.post("/graphql", json={"query": query % ", ".join(["$held"] * 50), "variables": {"held": held}})
        (error,) = answer.json()["errors"]
        told = (error["extensions"]["code"], error["extensions"]["detail"])
        assert told == ("LIMIT_EXCEEDED", "limit.variable-values")


def test_negative_costs_and_levels_off_their_scale_are_never_loaded() -> None:
    """Each is a must-finding with the record that it is about."""
    records: list[Record] = [
        Scale(iri=f"{X}scale", labels=texts("Five"), minimum=0, maximum=5),
        Competency(iri=skill(1), labels=texts("One")),
        Course(iri=f"{X}k/paid", labels=texts("They pay you"), cost=Money(-1, "EUR")),
        Teaching(iri=f"{X}t", subject=f"{X}k/paid", competency=skill(1), level=Level(f"{X}scale", 6)),
    ]
    found = validate([Located(record=each, source=Source(file="x")) for each in records], dataset="x")
    told = {(each.code, each.level.value) for each in found.findings}
    assert {("cost.out-of-range", "must"), ("level.out-of-scale", "must")} <= told
