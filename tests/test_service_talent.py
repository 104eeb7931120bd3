"""Talent search over GraphQL: who may ask, what is shown, what a withdrawal and a disclosure change. All learners are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from credential_signing import CONTEXTS, Signer
from service_serving import service_on
from service_world import iri
from starlette.testclient import TestClient
from test_service_learners import CONSENT, STORE, WITHDRAW, Someone, certificate, client, home, signer

from graph.learner_rules import OPERATOR
from graph.learners import Learners
from graph.server import Connection
from service.auth import Keys, Role
from service.cli import run
from service.learners import LearnerDesk

__all__ = ["client", "home", "signer"]
TALENT = """query ($role: ID, $requirements: [TalentRequirementInput!], $first: Int!, $after: String, $minScore: Float) {
  talent(role: $role, requirements: $requirements, first: $first, after: $after, minScore: $minScore) {
    about searchesLeft pageInfo { hasNextPage endCursor }
    edges { node { pseudonym score qualified requirements { place id target { id } outcome } disclosed { id name } contact } } } }"""
WISHED = [{"target": "Security+"}, {"target": "Firewalls", "importance": 0.5}]


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
    for _ in range(2):
        with service_on(home, neo4j_server, talent_searches=2) as client:
            employer = Someone(client, Keys(home).create(Role.EMPLOYER, receiver="thrifty.example")[0])
            assert search(employer, role="511")["searchesLeft"] in (1, 0)
    with service_on(home, neo4j_server, talent_searches=2) as client:
        employer = Someone(client, Keys(home).create(Role.EMPLOYER, receiver="thrifty.example")[0])
        code, detail, _ = employer.fail(TALENT, role="511", first=1)
    assert (code, detail) == ("LIMIT_EXCEEDED", "talent.budget")


REQUEST = "mutation ($pseudonym: ID!, $text: String) { requestContact(pseudonym: $pseudonym, text: $text) }"
ANSWER = (
    "mutation ($id: ID!, $endsAt: String) { answerContact(id: $id, endsAt: $endsAt) { receiver answeredAt consent } }"
)
REQUESTS = "{ learner { contactRequests { id receiver text answeredAt consent } audit { who act } } }"


def test_a_request_for_contact_is_answered_by_the_learner(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """The employer learns who it is only by the answer, and no longer once that consent is withdrawn."""
    name, employer = acme
    ada = Ada(home, client, signer, "Ada Example", name)
    pseudonym = search(employer, role="511")["edges"][0]["node"]["pseudonym"]
    for _ in range(2):
        asked = employer.ask(REQUEST, pseudonym=pseudonym, text="We would like to meet you.")
        assert asked == {"requestContact": "ASKED"}
    told = ada.ask(REQUESTS)["learner"]
    (request,) = told["contactRequests"]
    assert (request["receiver"], request["text"]) == (name, "We would like to meet you.")
    assert [each["who"].split(" (")[0] for each in told["audit"] if each["act"] == "request contact"] == [
        f"employer {name}"
    ]
    answered = ada.ask(ANSWER, id=request["id"], endsAt="2999-01-01")["answerContact"]
    assert search(employer, role="511")["edges"][0]["node"]["disclosed"] == {"id": ada.learner, "name": "Ada Example"}
    assert employer.ask(REQUEST, pseudonym=pseudonym) == {"requestContact": "AGREED"}
    assert ada.fail(ANSWER, id=request["id"])[1] == "talent.answered"
    ada.ask(WITHDRAW, id=answered["consent"])
    found = search(employer, role="511")["edges"][0]["node"]
    assert (found["disclosed"], found["contact"]) == (None, None)


def test_who_declines_is_not_asked_again(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """By this employer; the request stays told as declined and nothing new reaches the learner."""
    name, employer = acme
    ada = Ada(home, client, signer, "Ada", name)
    pseudonym = search(employer, role="511")["edges"][0]["node"]["pseudonym"]
    employer.ask(REQUEST, pseudonym=pseudonym)
    (request,) = ada.ask(REQUESTS)["learner"]["contactRequests"]
    ada.ask(ANSWER, id=request["id"])
    assert employer.ask(REQUEST, pseudonym=pseudonym) == {"requestContact": "DECLINED"}
    found = search(employer, role="511")["edges"][0]["node"]
    assert (found["disclosed"], found["contact"]) == (None, "DECLINED")
    assert len(ada.ask(REQUESTS)["learner"]["contactRequests"]) == 1


def test_nobody_is_asked_who_may_not_be_found(
    home: Path, client: TestClient, signer: Signer, acme: tuple[str, Someone]
) -> None:
    """A pseudonym of another employer's, one whose consent was withdrawn, an erased learner's, none at all: one error."""
    name, employer = acme
    other_name = f"other-{name}"
    other = Someone(client, Keys(home).create(Role.EMPLOYER, receiver=other_name)[0])
    ada = Ada(home, client, signer, "Ada", name)
    pseudonym = search(employer, role="511")["edges"][0]["node"]["pseudonym"]
    answers = [other.fail(REQUEST, pseudonym=pseudonym)]
    ada.ask(WITHDRAW, id=ada.consent)
    answers.append(employer.fail(REQUEST, pseudonym=pseudonym))
    LearnerDesk(home, None).erase(ada.learner, OPERATOR)
    answers += [employer.fail(REQUEST, pseudonym=each) for each in (pseudonym, "x", "0" * 32)]
    assert {detail for _, detail, _ in answers} == {"talent.pseudonym"}
    assert ada.learner not in str(answers)
    assert employer.fail(REQUEST, pseudonym=ada.learner)[1] == "talent.pseudonym"


@pytest.mark.parametrize("text", ["x" * 501, "two\nlines", "\u202eturned"])
def test_what_a_learner_is_told_is_one_line_of_text(acme: tuple[str, Someone], text: str) -> None:
    """Refused before anybody is looked for."""
    assert acme[1].fail(REQUEST, pseudonym="0" * 32, text=text)[1] == "talent.text"


def command(home: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    """What a command of the data folder tells as JSON."""
    capsys.readouterr()
    assert run([*arguments, "--home", str(home), "--json"]) == 0, capsys.readouterr()
    return json.loads(capsys.readouterr().out)


def test_what_the_services_own_issuer_revokes_is_out_at_the_next_search(
    home: Path, client: TestClient, acme: tuple[str, Someone], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Suspended is out and back, revoked is out for good, with no verification in between."""
    name, employer = acme
    command(home, capsys, "issuer", "init", "--name", "Invented College")
    file = tmp_path / "badge.json"
    command(
        home, capsys, "issue", "-c", iri("secure"), "--to", "did:example:ada", "--suspendable", "-o", str(file)
    )  # fmt: skip
    credential = json.loads(file.read_text("utf-8"))["id"]
    ada = command(home, capsys, "learners", "add", str(file), "--name", "Ada (invented)")["id"]
    command(
        home, capsys, "learners", "consent", ada, "--to", name, "--purpose", "talent-search", "--until", "2999-01-01"
    )
    found = [len(search(employer, role="511")["edges"])]
    for act in ("suspend", "reinstate", "revoke"):
        command(home, capsys, "issuer", act, credential)
        found.append(len(search(employer, role="511")["edges"]))
    assert found == [1, 0, 1, 0]


def test_what_others_revoke_is_out_once_documents_are_verified_anew(
    home: Path,
    client: TestClient,
    signer: Signer,
    acme: tuple[str, Someone],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`talent recheck` finds it; only what is older is verified, and both are in the learner's audit."""
    name, employer = acme
    address = "https://status.example/revoked"
    document = certificate(
        signer,
        **{
            "@context": [*CONTEXTS, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"],
            "credentialStatus": {"id": address, "type": "1EdTechRevocationList"},
        },
    )
    (tmp_path / "badge.json").write_text(document, "utf-8")
    resolve = tmp_path / "map.json"

    def publish(*revoked: dict[str, Any]) -> None:
        resolve.write_text(
            json.dumps({address: {"id": address, "issuer": signer.did, "revokedCredential": list(revoked)}}), "utf-8"
        )

    publish()
    ada = command(home, capsys, "learners", "add", str(tmp_path / "badge.json"), "--resolve", str(resolve))["id"]
    command(
        home, capsys, "learners", "consent", ada, "--to", name, "--purpose", "talent-search", "--until", "2999-01-01"
    )
    assert len(search(employer, role="511")["edges"]) == 1
    publish({"id": json.loads(document)["id"], "revoked": True})
    recheck = ("talent", "recheck", "--resolve", str(resolve))
    command(home, capsys, *recheck)
    assert len(search(employer, role="511")["edges"]) == 1
    told = command(home, capsys, *recheck, "--older-than", "0")
    assert told["changed"] >= 1
    assert told["documents"] >= told["learners"] >= 1
    assert search(employer, role="511")["edges"] == []
    acts = [each["act"] for each in command(home, capsys, "learners", "audit", ada)["entries"]]
    assert acts[-3:] == ["recheck", "evidence", "audit"]
    assert command(home, capsys, "talent", "searches")["searches"][name] == 3
