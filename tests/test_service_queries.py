"""Whole queries and their whole answers, on a small world in a real Neo4j."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import structlog
from service_serving import ask, fail, service_on
from service_world import iri
from starlette.testclient import TestClient

from graph.server import Connection
from graph.store import AsyncStore
from service.limits import QueryLimits
from service.schema import matches
from service.schema.context import Context

RELEASE = "https://w3id.org/headwater/id/release/1"


@pytest.fixture(scope="module")
def client(world_home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with service_on(world_home, neo4j_server) as client:
        wait_until_planned(client)
        yield client


def wait_until_planned(client: TestClient) -> None:
    """Nothing, as soon as Neo4j has planned the heaviest query: on a busy machine its first run may be out of time."""
    for _ in range(20):
        answer = client.post("/graphql", json={"query": DETAILS, "variables": {"id": iri("network")}}).json()
        if "errors" not in answer:
            return
    raise AssertionError(answer)


def test_roles_with_their_trees(client: TestClient) -> None:
    """A list from the snapshot: codes, levels, requirements with what groups ask in words."""
    query = """{ jobRoles(filter: { codes: [{ system: "OPM", value: "511" }] }) {
      totalCount pageInfo { hasNextPage hasPreviousPage }
      edges { node { id label { text language } codes { system value } framework { id } dataset { name } replacedBy { id }
        levels { name rank requirements { id kind label { text } minimum roleLevel children { target { id } } } }
        requirements { id kind label { text } importance importanceValue level { value } days } } } } }"""
    assert ask(client, query) == {
        "jobRoles": {
            "totalCount": 1,
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
            "edges": [
                {
                    "node": {
                        "id": iri("defender"),
                        "label": {"text": "Defender", "language": "en"},
                        "codes": [{"system": "opm", "value": "511"}],
                        "framework": {"id": iri("jobs")},
                        "dataset": {"name": "jobs"},
                        "replacedBy": None,
                        "levels": [
                            {
                                "name": "Basic",
                                "rank": 1,
                                "requirements": [
                                    {
                                        "id": iri("any"),
                                        "kind": "ANY",
                                        "label": {"text": "any one of 2"},
                                        "minimum": 1,
                                        "roleLevel": "Basic",
                                        "children": [
                                            {"target": {"id": iri("secure")}},
                                            {"target": {"id": iri("secure-2")}},
                                        ],
                                    }
                                ],
                            },
                            {
                                "name": "Advanced",
                                "rank": 2,
                                "requirements": [
                                    {
                                        "id": iri("advanced"),
                                        "kind": "CREDENTIAL",
                                        "label": {"text": "Advanced security"},
                                        "minimum": None,
                                        "roleLevel": "Advanced",
                                        "children": [],
                                    }
                                ],
                            },
                        ],
                        "requirements": [
                            {
                                "id": iri("advanced"),
                                "kind": "CREDENTIAL",
                                "label": {"text": "Advanced security"},
                                "importance": "MUST",
                                "importanceValue": None,
                                "level": None,
                                "days": None,
                            },
                            {
                                "id": iri("any"),
                                "kind": "ANY",
                                "label": {"text": "any one of 2"},
                                "importance": "MUST",
                                "importanceValue": None,
                                "level": None,
                                "days": None,
                            },
                            {
                                "id": iri("needs-network"),
                                "kind": "COMPETENCY",
                                "label": {"text": "Network defence"},
                                "importance": "SHOULD",
                                "importanceValue": 0.75,
                                "level": None,
                                "days": None,
                            },
                        ],
                    }
                }
            ],
        }
    }


MATCH = """query($held: HeldInput!, $filter: RoleFilter) { match(held: $held, filter: $filter) {
  totalCount release documents { index } pageInfo { hasNextPage }
  edges { node { role { id } score qualified blocking { id } metCount partialCount missingCount
    levels { level { name } qualified stated metBy { id } }
    met { requirement { id } coverage weight part levelUnknown evidence { held { id } status reason factor sentence
      chain { from to relation factor source } } }
    partial { requirement { id } coverage part evidence { chain { from to relation factor source } } }
    missing { requirement { id } } } } } }"""


def test_match(client: TestClient) -> None:
    """A held certification: the level it admits to, what it covers through an alignment, what is missing, and why."""
    answer = ask(client, MATCH, held={"credentials": ["security plus"]})
    assert answer == {
        "match": {
            "totalCount": 1,
            "release": RELEASE,
            "documents": [],
            "pageInfo": {"hasNextPage": False},
            "edges": [
                {
                    "node": {
                        "role": {"id": iri("defender")},
                        "score": 0.72,
                        "qualified": True,
                        "blocking": [],
                        "metCount": 1,
                        "partialCount": 1,
                        "missingCount": 1,
                        "levels": [
                            {
                                "level": {"name": "Basic"},
                                "qualified": True,
                                "stated": True,
                                "metBy": [{"id": iri("secure")}],
                            },
                            {"level": {"name": "Advanced"}, "qualified": False, "stated": False, "metBy": []},
                        ],
                        "met": [
                            {
                                "requirement": {"id": iri("any")},
                                "coverage": 1.0,
                                "weight": 0.0,
                                "part": 0.0,
                                "levelUnknown": False,
                                "evidence": [
                                    {
                                        "held": {"id": iri("secure")},
                                        "status": "CLAIMED",
                                        "reason": None,
                                        "factor": 1.0,
                                        "sentence": "Security+ is one of the certifications that admit at Basic.",
                                        "chain": [],
                                    }
                                ],
                            }
                        ],
                        "partial": [
                            {
                                "requirement": {"id": iri("needs-network")},
                                "coverage": 0.72,
                                "part": pytest.approx(0.72, abs=1e-9),
                                "evidence": [
                                    {
                                        "chain": [
                                            {
                                                "from": iri("secure"),
                                                "to": iri("firewalls"),
                                                "relation": "certifies",
                                                "factor": 1.0,
                                                "source": None,
                                            },
                                            {
                                                "from": iri("firewalls"),
                                                "to": iri("network"),
                                                "relation": "broadMatch",
                                                "factor": pytest.approx(0.72),
                                                "source": "Jobs Ltd",
                                            },
                                        ]
                                    }
                                ],
                            }
                        ],
                        "missing": [{"requirement": {"id": iri("advanced")}}],
                    }
                }
            ],
        }
    }


def test_match_filters(client: TestClient) -> None:
    """A named role is listed whatever its score; `qualified` and `minScore` hold after that."""
    held = {"credentials": ["S+"]}

    def roles(**wanted: Any) -> list[str]:
        answer = ask(client, MATCH, held=held, filter=wanted)["match"]
        assert answer["totalCount"] == len(answer["edges"])
        return [edge["node"]["role"]["id"] for edge in answer["edges"]]

    assert roles(ids=["coder", "511"]) == [iri("defender"), iri("coder")]
    assert roles(ids=["coder"]) == [iri("coder")]
    assert roles(ids=["coder", "511"], qualified=False) == [iri("coder")]
    assert roles(ids=["coder", "511"], minScore=0.5) == [iri("defender")]
    assert roles(text="DÉFENSEUR") == [iri("defender")]
    assert roles(frameworks=["Jobs"]) == [iri("defender")]


def test_gap_with_levels(client: TestClient) -> None:
    """Held at a third of what is asked, on the same scale: half covered, and the experience is missing too."""
    query = """{ gap(held: { competencies: [{ id: "Python", level: 1, scale: "depth" }] }, role: "opm:621") {
      score qualified blocking { id label { text } } partial { coverage levelUnknown requirement { level { value fraction
      scale { id label { text } minimum maximum } } } } missing { requirement { id days } } } }"""
    assert ask(client, query) == {
        "gap": {
            "score": 0.5,
            "qualified": False,
            "blocking": [
                {"id": iri("needs-python"), "label": {"text": "Python"}},
                {"id": iri("needs-time"), "label": {"text": "1 year of experience"}},
            ],
            "partial": [
                {
                    "coverage": 0.5,
                    "levelUnknown": False,
                    "requirement": {
                        "level": {
                            "value": 2.0,
                            "fraction": 0.5,
                            "scale": {
                                "id": iri("scale"),
                                "label": {"text": "Depth"},
                                "minimum": 0.0,
                                "maximum": 4.0,
                            },
                        }
                    },
                }
            ],
            "missing": [{"requirement": {"id": iri("needs-time"), "days": 365.0}}],
        }
    }


def test_plans(client: TestClient) -> None:
    """The cheapest way: a course of known cost before the course that gives the certification."""
    query = """{ plans(held: {}, role: "511", roleLevel: "basic", first: 1, limits: { kinds: ["course"] }) {
      optimal reason unmet { id } release documents { index } plans { optimal total bound unknowns unknownsBound
      cost { amount currency } duration { days } closes { id }
      steps { position resource { __typename id } cost { amount } duration { days } closes { id } enables
        alternatives { id } reason } } } }"""
    assert ask(client, query) == {
        "plans": {
            "optimal": True,
            "reason": None,
            "unmet": [],
            "release": RELEASE,
            "documents": [],
            "plans": [
                {
                    "optimal": True,
                    "total": 650.5,
                    "bound": 650.5,
                    "unknowns": 0,
                    "unknownsBound": 0,
                    "cost": {"amount": 650.5, "currency": "EUR"},
                    "duration": {"days": 5.0},
                    "closes": [{"id": iri("any")}],
                    "steps": [
                        {
                            "position": 1,
                            "resource": {"__typename": "Course", "id": iri("course-python")},
                            "cost": {"amount": 250.0},
                            "duration": {"days": 5.0},
                            "closes": [],
                            "enables": [2],
                            "alternatives": [],
                            "reason": "Meets what must be known or held before Networks.",
                        },
                        {
                            "position": 2,
                            "resource": {"__typename": "Course", "id": iri("course-network")},
                            "cost": {"amount": 400.5},
                            "duration": None,
                            "closes": [{"id": iri("any")}],
                            "enables": [],
                            "alternatives": [],
                            "reason": "Closes any of Security+ or Advanced security.",
                        },
                    ],
                }
            ],
        }
    }


DETAILS = """query($id: ID!) { node(id: $id) { __typename ... on Competency { description(languages: ["fr-CA"]) { text language }
  kind broader { totalCount edges { node { id } } } narrower { totalCount edges { node { id } } }
  taughtBy(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { id } } }
  certifiedBy { edges { node { id } } } requiredBy { edges { node { id label(languages: ["fr"]) { text } } } }
  alignments { edges { node { id relation confidence method source subject { ... on Node { id } } object { __typename } } } } } } }"""


def test_details_of_a_competency(client: TestClient) -> None:
    """Description, hierarchy, what teaches and asks for it, alignments: from Neo4j."""
    assert ask(client, DETAILS, id=iri("network")) == {
        "node": {
            "__typename": "Competency",
            "description": {"text": "Protéger les réseaux.", "language": "fr"},
            "kind": "skill",
            "broader": {"totalCount": 0, "edges": []},
            "narrower": {"totalCount": 1, "edges": [{"node": {"id": iri("firewalls")}}]},
            "taughtBy": {
                "totalCount": 1,
                "pageInfo": {"hasNextPage": False, "endCursor": mention(client, "network")},
                "edges": [{"node": {"id": iri("course-network")}}],
            },
            "certifiedBy": {"edges": []},
            "requiredBy": {"edges": [{"node": {"id": iri("defender"), "label": {"text": "Défenseur"}}}]},
            "alignments": {
                "edges": [
                    {
                        "node": {
                            "id": iri("aligned"),
                            "relation": "broadMatch",
                            "confidence": 0.9,
                            "method": "stated",
                            "source": "Jobs Ltd",
                            "subject": {"id": iri("firewalls")},
                            "object": {"__typename": "Competency"},
                        }
                    }
                ]
            },
        }
    }


def mention(client: TestClient, name: str) -> str:
    """The cursor of the first course that teaches a competency."""
    query = "query($id: ID!) { node(id: $id) { ... on Competency { taughtBy { edges { cursor } } } } }"
    cursor: str = ask(client, query, id=iri(name))["node"]["taughtBy"]["edges"][0]["cursor"]
    return cursor


def test_relations_are_paged(client: TestClient) -> None:
    """One page after the other gives all, with the same count on each."""
    query = """query($id: ID!, $after: String) { node(id: $id) { ... on Competency { taughtBy(first: 1, after: $after) {
      totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { id } } } } } }"""
    found, after = [], None
    for page in range(2):
        taught = ask(client, query, id=iri("python"), after=after)["node"]["taughtBy"]
        found += [edge["node"]["id"] for edge in taught["edges"]]
        after = taught["pageInfo"]["endCursor"]
        assert taught["totalCount"] == 2
        assert taught["pageInfo"]["hasNextPage"] is (page == 0)
        assert taught["pageInfo"]["hasPreviousPage"] is (page == 1)
    assert found == [iri("course-python"), iri("course-scripts")]


def test_lists_are_paged(client: TestClient) -> None:
    """One page after the other gives the whole list, by IRI."""
    query = """query($after: String) { competencies(first: 3, after: $after) { totalCount
      pageInfo { hasNextPage hasPreviousPage endCursor } edges { cursor node { id } } } }"""
    first = ask(client, query)["competencies"]
    second = ask(client, query, after=first["pageInfo"]["endCursor"])["competencies"]
    ids = [edge["node"]["id"] for edge in (*first["edges"], *second["edges"])]
    assert ids == sorted(map(iri, ("network", "firewalls", "python", "old-python")))
    assert (first["totalCount"], second["totalCount"]) == (4, 4)
    assert (first["pageInfo"]["hasPreviousPage"], second["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)


def test_framework_competencies_below_a_parent(client: TestClient) -> None:
    """All of a framework, or those directly below one."""
    query = """query($parent: ID) { frameworks(filter: { ids: ["Skills"] }) { edges { node { dataset { license }
      competencies(parent: $parent) { totalCount edges { node { id } } } } } } }"""
    (everything,) = ask(client, query)["frameworks"]["edges"]
    (below,) = ask(client, query, parent="Network defence")["frameworks"]["edges"]
    assert everything["node"]["dataset"] == {"license": "CC-BY-4.0"}
    assert everything["node"]["competencies"]["totalCount"] == 4
    assert below["node"]["competencies"] == {"totalCount": 1, "edges": [{"node": {"id": iri("firewalls")}}]}


def test_courses_and_credentials(client: TestClient) -> None:
    """What they cost, teach, award, admit to and ask beforehand."""
    query = """{ courses(filter: { text: "networks" }) { edges { node { provider cost { amount currency } duration { days } url
      awards { edges { node { id issuer kind certifies { edges { node { id } } } awardedBy { edges { node { id } } }
        qualifiesFor { totalCount } } } } teaches { edges { node { id } } }
      prerequisites { label { text } children { target { __typename id } } } } } } }"""
    assert ask(client, query)["courses"]["edges"][0]["node"] == {
        "provider": "College",
        "cost": {"amount": 400.5, "currency": "EUR"},
        "duration": None,
        "url": None,
        "awards": {
            "edges": [
                {
                    "node": {
                        "id": iri("secure"),
                        "issuer": "CompTIA",
                        "kind": "certification",
                        "certifies": {"edges": [{"node": {"id": iri("firewalls")}}]},
                        "awardedBy": {"edges": [{"node": {"id": iri("course-network")}}]},
                        "qualifiesFor": {"totalCount": 1},
                    }
                }
            ]
        },
        "teaches": {"edges": [{"node": {"id": iri("network")}}]},
        "prerequisites": [
            {
                "label": {"text": "any one of 2"},
                "children": [
                    {"target": {"__typename": "Course", "id": iri("course-scripts")}},
                    {"target": {"__typename": "Competency", "id": iri("python")}},
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("text", "arguments", "found"),
    [
        ("netwrok defnce", "", ["network"]),
        ("reseaux", "", ["network"]),
        ("reseaux", ', languages: ["en"]', []),
        ("secur", ", prefix: true, types: [CREDENTIAL]", ["secure", "secure-2"]),
        ("511", "", ["defender"]),
        ("a OR *:*", ", types: [JOB_ROLE]", []),
    ],
)
def test_search(client: TestClient, text: str, arguments: str, found: list[str]) -> None:
    """Typing errors are forgiven, accents too; by prefix, type and language; nothing in a text is syntax."""
    query = (
        f"query($text: String!) {{ search(text: $text{arguments}) {{ totalCount edges {{ node {{ id }} score }} }} }}"
    )
    answer = ask(client, query, text=text)["search"]
    assert sorted(edge["node"]["id"] for edge in answer["edges"]) == [iri(name) for name in found]
    assert answer["totalCount"] == len(found)


def test_search_is_paged(client: TestClient) -> None:
    """The second page begins after the first, best first."""
    query = """query($after: String) { search(text: "python network", first: 1, after: $after) { totalCount
      pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { id } score } } }"""
    found, scores, after = [], [], None
    while True:
        page = ask(client, query, after=after)["search"]
        found += [edge["node"]["id"] for edge in page["edges"]]
        scores += [edge["score"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(set(found)) == len(found) == page["totalCount"] > 2
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    ("identifier", "typename"),
    [
        (iri("jobs"), "Framework"),
        (iri("network"), "Competency"),
        (iri("course-python"), "Course"),
        (iri("secure"), "Credential"),
        (iri("defender"), "JobRole"),
        (iri("scale"), "Scale"),
        (iri("any"), "Requirement"),
        (iri("any-1"), "Requirement"),
        (iri("aligned"), "Alignment"),
        ("https://elsewhere.example/py", "ExternalResource"),
        ("https://w3id.org/headwater/id/dataset/jobs", "Dataset"),
        (RELEASE, "Release"),
    ],
)
def test_node_of_every_type(client: TestClient, identifier: str, typename: str) -> None:
    """Whatever has an IRI is had by it."""
    query = "query($id: ID!) { node(id: $id) { __typename id } }"
    assert ask(client, query, id=identifier) == {"node": {"__typename": typename, "id": identifier}}


def test_node_of_nothing_is_null(client: TestClient) -> None:
    """An IRI that nothing has is null, not an error."""
    query = "query($id: ID!) { node(id: $id) { id } }"
    for identifier in ("https://nowhere.example/", f"{RELEASE}9", "https://w3id.org/headwater/id/release/x"):
        assert ask(client, query, id=identifier) == {"node": None}


def test_releases(client: TestClient) -> None:
    """Newest first, with what each consists of."""
    query = "{ releases { totalCount edges { node { id number note publishedAt datasets { name attribution release } } } } }"
    answer = ask(client, query)["releases"]
    (edge,) = answer["edges"]
    assert answer["totalCount"] == 1
    assert edge["node"]["publishedAt"].endswith("Z")
    assert {**edge["node"], "publishedAt": ""} == {
        "id": RELEASE,
        "number": 1,
        "note": "for tests",
        "publishedAt": "",
        "datasets": [
            {"name": name, "attribution": f"By {name}", "release": RELEASE} for name in ("college", "jobs", "skills")
        ],
    }


def test_view_of_some_datasets(client: TestClient) -> None:
    """Only what the named datasets say: their things, their statements, in lists and in relations."""
    query = """{ competencies(view: { datasets: ["skills"] }) { totalCount edges { node { id taughtBy { totalCount } } } }
      courses(view: { datasets: ["skills"] }) { totalCount } all: courses { totalCount }
      match(held: { competencies: [{ id: "Firewalls" }] }, view: { datasets: ["skills", "jobs"] }) { totalCount } }"""
    answer = ask(client, query)
    assert answer["competencies"]["totalCount"] == 4
    assert {edge["node"]["taughtBy"]["totalCount"] for edge in answer["competencies"]["edges"]} == {0}
    assert (answer["courses"], answer["all"]) == ({"totalCount": 0}, {"totalCount": 3})
    assert answer["match"] == {"totalCount": 1}
    wrong = fail(client, '{ courses(view: { datasets: ["nothing"] }) { totalCount } }')
    assert (wrong["detail"], wrong["subject"]) == ("reference.unknown", "nothing")


def test_languages(client: TestClient) -> None:
    """The field's languages, else those of the request; the answer says which tag it used."""
    query = '{ resource(ref: "511") { label { text language } own: label(languages: ["de", "en-GB"]) { language } } }'
    response = client.post("/graphql", json={"query": query}, headers={"accept-language": "de;q=0.2, fr-CA, *;q=0.1"})
    assert response.json()["data"] == {
        "resource": {"label": {"text": "Défenseur", "language": "fr"}, "own": {"language": "en"}}
    }


@pytest.mark.parametrize(
    ("query", "code", "detail"),
    [
        ('{ resource(ref: "Securty") { id } }', "BAD_USER_INPUT", "reference.unknown"),
        ('{ gap(held: { credentials: ["Python"] }, role: "511") { score } }', "BAD_USER_INPUT", "reference.unknown"),
        ('{ match(held: {}, filter: { ids: ["x"] }) { totalCount } }', "BAD_USER_INPUT", "reference.unknown"),
        ("{ match(held: {}, policy: { exact: 2 }) { totalCount } }", "BAD_USER_INPUT", "policy.out-of-range"),
        ("{ match(held: { experienceDays: -1 }) { totalCount } }", "BAD_USER_INPUT", "input.held"),
        (
            '{ match(held: { competencies: [{ id: "Python", level: 9, scale: "Depth" }] }) { totalCount } }',
            "BAD_USER_INPUT",
            "input.held",
        ),
        (
            '{ match(held: { competencies: [{ id: "Python", level: 1, scale: "no" }] }) { totalCount } }',
            "BAD_USER_INPUT",
            "reference.unknown",
        ),
        ('{ match(held: { learner: "x" }) { totalCount } }', "UNAUTHENTICATED", "auth.unauthenticated"),
        ('{ courses(view: { asOf: "x" }) { totalCount } }', "BAD_USER_INPUT", "reference.unknown"),
        ('{ courses(view: { overlays: ["x"] }) { totalCount } }', "BAD_USER_INPUT", "reference.unknown"),
        ("{ reachable(held: {}, limits: { maxDays: -1 }) { totalCount } }", "BAD_USER_INPUT", "limits.out-of-range"),
        ("{ reachable(held: {}, limits: {}, first: 0) { totalCount } }", "BAD_USER_INPUT", "input.first"),
        ('{ reachable(held: {}, limits: {}, after: "x") { totalCount } }', "BAD_USER_INPUT", "cursor.invalid"),
        (
            '{ plans(held: {}, role: "511", limits: { maxCost: -1 }) { optimal } }',
            "BAD_USER_INPUT",
            "limits.out-of-range",
        ),
        ('{ plans(held: {}, role: "511", roleLevel: "x") { optimal } }', "BAD_USER_INPUT", "reference.unknown"),
        ('{ plans(held: {}, role: "511", first: 11) { optimal } }', "BAD_USER_INPUT", "input.first"),
    ],
)
def test_errors_have_one_shape(client: TestClient, query: str, code: str, detail: str) -> None:
    """Each error has its class and its own stable detail, and always the same four keys."""
    error = fail(client, query)
    assert (error["code"], error["detail"]) == (code, detail)
    assert {"code", "detail", "hint", "subject"} <= set(error)


def test_unknown_references_come_with_the_nearest(client: TestClient) -> None:
    """A typing error is answered with what was probably meant."""
    error = fail(client, '{ gap(held: { credentials: ["Securty+"] }, role: "511") { score } }')
    assert error["subject"] == "Securty+"
    assert error["candidates"][0] == {"id": iri("secure"), "label": "Security+"}


THREE_LEVELS = """query($first: Int!) { competencies(first: $first) { edges { node { description { text }
  taughtBy { edges { node { awards { edges { node { id } } } } } } requiredBy { edges { node { id } } } } } } }"""


@pytest.mark.parametrize("first", [1, 100])
def test_statements_do_not_grow_with_the_page(client: TestClient, first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One statement for each relation of a level, whether the page has one thing or a hundred."""
    sent: list[str] = []
    read = AsyncStore.read

    async def counted(self: AsyncStore, query: str, parameters: Any = None) -> Any:
        sent.append(query)
        return await read(self, query, parameters)

    monkeypatch.setattr(AsyncStore, "read", counted)
    ask(client, THREE_LEVELS, first=first)
    assert len(sent) <= 4
    assert len(set(sent)) == len(sent)


def test_rows_of_one_request_are_limited(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """All lists of a request together have a budget: at the limit it passes, with one edge more it does not."""
    query = "{ competencies { edges { node { id } } } courses { edges { node { id } } } }"
    allowed = Context.spend
    for limit, expected in ((7, None), (6, "limit.rows")):

        def spend(self: Context, rows: int, limit: int = limit) -> None:
            self.limits = QueryLimits(rows=limit)
            allowed(self, rows)

        monkeypatch.setattr(Context, "spend", spend)
        answer = client.post("/graphql", json={"query": query}).json()
        assert (answer["errors"][0]["extensions"]["detail"] if expected else "errors" not in answer) == (
            expected or True
        )


def test_faults_of_the_service_are_masked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a resolver raises unforeseen is in the log once, under the id that the client gets, and nowhere else."""

    def explode(*_: Any) -> Any:
        raise RuntimeError("secret db password")

    monkeypatch.setattr(matches, "answer_gap", explode)
    with structlog.testing.capture_logs() as logs:
        response = client.post("/graphql", json={"query": '{ gap(held: {}, role: "511") { score } }'})
    (error,) = response.json()["errors"]
    assert "secret" not in response.text
    assert (error["extensions"]["code"], error["extensions"]["detail"]) == ("INTERNAL_SERVER_ERROR", "internal")
    assert [each["request_id"] for each in logs if each["log_level"] == "error"] == [error["extensions"]["requestId"]]
    assert response.headers["x-request-id"] == error["extensions"]["requestId"]


def test_page_says_what_is_loaded(client: TestClient) -> None:
    """Counts, datasets with licence and attribution, and an example that has an answer."""
    page = client.get("/").text
    for part in ("Release 1", ">skills<", "CC-BY-4.0", "By jobs", '<th scope="row">Job roles</th><td>2</td>'):
        assert part in page
    example = page.split("graphql?query=")[1].split('"')[0]
    assert ask(client, unquote(example))["match"]["totalCount"] == 1
