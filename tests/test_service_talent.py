"""Talent search over GraphQL: who may ask, what is shown, what a withdrawal and a disclosure change. All learners are invented."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest
from conftest import empty_graph
from credential_signing import Signer
from service_serving import wait_until_ready
from service_world import iri, world_folder
from starlette.testclient import TestClient
from test_service_learners import CONSENT, STORE, WITHDRAW, Someone, certificate
from test_service_queries import settings_for

from graph.learners import Learners
from graph.server import Connection
from graph.store import Store
from service.app import create_app
from service.auth import Keys, Role
from service.learners import LearnerDesk

TALENT = """query ($role: ID, $requirements: [TalentRequirementInput!], $first: Int!, $after: String, $minScore: Float) {
  talent(role: $role, requirements: $requirements, first: $first, after: $after, minScore: $minScore) {
    about searchesLeft pageInfo { hasNextPage endCursor }
    edges { node { pseudonym score qualified requirements { place id target { id } outcome } disclosed { id name } } } } }"""
WISHED = [{"target": "Security+"}, {"target": "Firewalls", "importance": 0.5}]


@pytest.fixture(scope="module")
def home(neo4j_server: Connection, session_driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    empty_graph(session_driver)
    with Store(neo4j_server) as store:
        return world_folder(tmp_path_factory.mktemp("talent") / "home", store)


@pytest.fixture(scope="module")
def client(home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with TestClient(create_app(settings_for(home, neo4j_server)), raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


@pytest.fixture
def acme(home: Path, client: TestClient, request: pytest.FixtureRequest) -> tuple[str, Someone]:
    """An employer of this test's own, by name, and its key."""
    name = f"acme-{abs(hash(request.node.name)) % 10**9}"
    return name, Someone(client, Keys(home).create(Role.EMPLOYER, receiver=name)[0])


class Ada(Someone):
    """A learner with a certificate, who lets an employer find her."""

    def __init__(self, home: Path, client: TestClient, signer: Signer, name: str, to: str) -> None:
        self.learner = Learners(home).add(name).id
        super().__init__(client, LearnerDesk(home, None).new_key(self.learner))
        self.ask(STORE, documents=[certificate(signer)])
        self.consent = self.allow(to, "talent-search")

    def allow(self, to: str, purpose: str) -> str:
        """The id of a consent."""
        given: str = self.ask(CONSENT, receiver=to, purpose=purpose)["giveConsent"]["id"]
        return given


def search(employer: Someone, **asked: Any) -> Any:
    return employer.ask(TALENT, **{"first": 10, **asked})["talent"]


def test_a_role_finds_who_lets_it_under_a_pseudonym(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """Score and requirements met, nothing of who they are; and their audit says who looked for what."""
    name, employer = acme
    ada = Ada(home, client, signer, "Ada", name)
    page = search(employer, role="511")
    (edge,) = page["edges"]
    found = edge["node"]
    assert page["about"] is None
    assert found["disclosed"] is None
    assert found["pseudonym"] != ada.learner
    assert {each["id"]: each["outcome"] for each in found["requirements"]} == {
        iri("any"): "MET", iri("advanced"): "MISSING", iri("needs-network"): "PARTLY",
    }  # fmt: skip
    assert found["qualified"]
    assert search(employer, role="511")["edges"] == page["edges"]
    told = ada.ask("query ($id: ID) { learner(id: $id) { audit { who act why what } } }", id=ada.learner)["learner"]
    seen = [each for each in told["audit"] if each["act"] == "found"]
    assert len(seen) == 2
    assert seen[0]["who"].startswith(f"employer {name} ")
    assert seen[0]["why"] == "talent-search"
    assert seen[0]["what"][0] == f"role {iri('defender')}"


def test_requirements_of_ones_own_find_the_same_people(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """In place of a role; what only weighs does not keep anybody out."""
    name, employer = acme
    Ada(home, client, signer, "Ada", name)
    (edge,) = search(employer, requirements=WISHED)["edges"]
    assert edge["node"]["qualified"]
    assert [(each["id"], each["outcome"]) for each in edge["node"]["requirements"]] == [(None, "MET"), (None, "MET")]
    assert search(employer, requirements=[{"target": "Advanced security"}])["edges"] == []


def test_a_withdrawal_is_seen_at_once_and_a_disclosure_shows_who_it_is(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """No search after it shows the learner; until then a second consent says who they are, to this employer alone."""
    name, employer = acme
    other = Someone(client, Keys(home).create(Role.EMPLOYER, receiver=f"other-{name}")[0])
    ada = Ada(home, client, signer, "Ada Example", name)
    ada.allow(f"other-{name}", "talent-search")
    disclosed = ada.allow(name, "talent-disclosure")
    (edge,), (unknown,) = search(employer, role="511")["edges"], search(other, role="511")["edges"]
    assert edge["node"]["disclosed"] == {"id": ada.learner, "name": "Ada Example"}
    assert unknown["node"]["disclosed"] is None
    assert unknown["node"]["pseudonym"] != edge["node"]["pseudonym"]
    ada.ask(WITHDRAW, id=disclosed)
    assert search(employer, role="511")["edges"][0]["node"]["disclosed"] is None
    ada.ask(WITHDRAW, id=ada.consent)
    assert search(employer, role="511")["edges"] == []


def test_pages_follow_each_other_without_showing_anybody_twice(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """Equal scores in the order of this employer's pseudonyms; from five on it is told about how many there are."""
    name, employer = acme
    for number in range(6):
        Ada(home, client, signer, f"Learner {number}", name)
    seen: list[str] = []
    after = None
    while True:
        page = search(employer, role="511", first=4, after=after)
        seen += [edge["node"]["pseudonym"] for edge in page["edges"]]
        assert page["about"] in (5, 10)
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen) == 6
    assert search(employer, role="511", first=0)["edges"] == []


@pytest.mark.parametrize("role", [None, Role.READER, Role.STEWARD, Role.ISSUER])
def test_nobody_but_an_employer_searches(home: Path, client: TestClient, role: Role | None) -> None:
    """Whatever else a key opens."""
    key = None if role is None else Keys(home).create(role)[0]
    code, _, _ = Someone(client, key).fail(TALENT, role="511", first=1)
    assert code == ("UNAUTHENTICATED" if role is None else "FORBIDDEN")


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({}, "talent.requirements"),
        ({"role": "511", "requirements": WISHED}, "talent.requirements"),
        ({"requirements": []}, "talent.requirements"),
        ({"requirements": [{"minimum": 2, "children": [{"target": "Python"}]}]}, "talent.requirements"),
        ({"requirements": [{"target": "Python", "children": []}]}, "talent.requirements"),
        ({"requirements": [{"target": "Python", "importance": 2}]}, "talent.requirements"),
        ({"requirements": [{"target": "Python", "level": 99, "scale": "Depth"}]}, "input.held"),
        ({"requirements": [{"target": "Nothing"}]}, "reference.unknown"),
        ({"role": "511", "first": 101}, "input.first"),
        ({"role": "511", "first": -1}, "input.first"),
        ({"role": "511", "after": "x"}, "cursor.invalid"),
    ],
)
def test_what_cannot_be_asked_is_refused(acme: tuple[str, Someone], asked: dict[str, Any], detail: str) -> None:
    """And costs no search."""
    _, employer = acme
    assert employer.fail(TALENT, **{"first": 1, **asked})[1] == detail
    assert search(employer, role="511")["searchesLeft"] == 199


def test_searches_of_a_day_end(home: Path, neo4j_server: Connection) -> None:
    """The budget is the employer's, whichever key or process asks; the error says when it renews."""
    settings = settings_for(home, neo4j_server).model_copy(update={"talent_searches": 2})
    for _ in range(2):
        with TestClient(create_app(settings), raise_server_exceptions=False) as client:
            wait_until_ready(client)
            employer = Someone(client, Keys(home).create(Role.EMPLOYER, receiver="thrifty.example")[0])
            assert search(employer, role="511")["searchesLeft"] in (1, 0)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        wait_until_ready(client)
        employer = Someone(client, Keys(home).create(Role.EMPLOYER, receiver="thrifty.example")[0])
        code, detail, _ = employer.fail(TALENT, role="511", first=1)
    assert (code, detail) == ("LIMIT_EXCEEDED", "talent.budget")
