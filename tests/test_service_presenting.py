"""Presentations over GraphQL: who answers a challenge of the service is who its credentials are about."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from credential_signing import Document, Signer, achievement, badge, record
from service_serving import ask, service_on
from service_world import iri
from starlette.testclient import TestClient

from graph.server import Connection
from service.auth import Keys, Role

VC_1 = "https://www.w3.org/2018/credentials/v1"
VC_2 = "https://www.w3.org/ns/credentials/v2"
BADGES_1 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
CHALLENGE = "mutation { createChallenge { challenge domain endsAt } }"
MATCH = """query ($held: HeldInput!) { match(held: $held) { documents { verdict checks { step outcome reason } }
  edges { node { met { evidence { status binding reason held { id } } } } } } }"""
GAP = """query ($held: HeldInput!) { gap(held: $held, role: "511") { qualified met { evidence { binding } }
  missing { evidence { reason } } } }"""


@pytest.fixture(scope="module")
def client(world_home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with service_on(world_home, neo4j_server, public_url="https://skills.example") as client:
        yield client


@pytest.fixture(scope="module")
def issuer() -> Signer:
    return Signer()


@pytest.fixture
def learner() -> Signer:
    """Holds a key; nobody has presented anything by it."""
    return Signer()


def certificate(issuer: Signer, subject: str, *, old: bool = False) -> Document:
    """The world's Security+, signed for whom the DID is; of the data model 1.1 where it is old."""
    changes: dict[str, Any] = {"validFrom": None, "issuanceDate": "2026-01-01T00:00:00Z"} if old else {}
    changes |= {"@context": [VC_1, BADGES_1, DATA_INTEGRITY]} if old else {}
    about = {"id": subject, "type": ["AchievementSubject"], "achievement": achievement(id=iri("secure"))}
    return issuer.sign(badge(issuer, credentialSubject=about, **changes))


def given(client: TestClient, **headers: str) -> dict[str, Any]:
    """A challenge of the service and its domain, as a proof repeats them."""
    answer = client.post("/graphql", json={"query": CHALLENGE}, headers=headers).json()["data"]["createChallenge"]
    return {"challenge": answer["challenge"], "domain": answer["domain"]}


def presentation(key: Signer, credentials: list[Document], **changes: Any) -> Document:
    """Unsigned, VC 2.0."""
    document = {"@context": [VC_2], "type": ["VerifiablePresentation"], "holder": key.did}
    return document | {"verifiableCredential": credentials} | changes


def presented(key: Signer, credentials: list[Document], options: dict[str, Any], **changes: Any) -> str:
    """Signed with a key, for what the options say."""
    document = presentation(key, credentials, **changes)
    return json.dumps(key.sign(document, proofPurpose="authentication", **options))


def subject_check(document: dict[str, Any]) -> tuple[str, str]:
    """(outcome, reason) of a document's subject step."""
    check = next(each for each in document["checks"] if each["step"] == "subject")
    return check["outcome"], check["reason"] or ""


def evidence(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """(status, binding) of what covers something."""
    found = [each["evidence"] for edge in answer["edges"] for each in edge["node"]["met"]]
    return [(each["status"], each["binding"]) for items in found for each in items]


def token_1(holder: Signer, credentials: list[Document], options: dict[str, Any]) -> str:
    document = presentation(holder, credentials, **{"@context": [VC_1]})
    claims = {"iss": holder.did, "vp": document, "nonce": options["challenge"], "aud": options["domain"]}
    return jwt.encode(claims, holder.key, algorithm="EdDSA", headers={"kid": holder.method})


def token_2(holder: Signer, credentials: list[Document], options: dict[str, Any]) -> str:
    claims = {**presentation(holder, credentials), "nonce": options["challenge"], "aud": [options["domain"]]}
    return jwt.encode(claims, holder.key, algorithm="EdDSA", headers={"kid": holder.method, "typ": "vp+jwt"})


def enveloped(holder: Signer, credentials: list[Document], options: dict[str, Any]) -> str:
    identifier = f"data:application/vp+jwt,{token_2(holder, credentials, options)}"
    return json.dumps({"@context": VC_2, "id": identifier, "type": "EnvelopedVerifiablePresentation"})


def embedded_1(holder: Signer, credentials: list[Document], options: dict[str, Any]) -> str:
    return presented(holder, credentials, options, **{"@context": [VC_1, DATA_INTEGRITY]})


@pytest.mark.parametrize("make", [presented, embedded_1, token_1, token_2, enveloped])
def test_who_answers_the_challenge_is_who_the_credentials_are_about(
    client: TestClient, issuer: Signer, learner: Signer, make: Any
) -> None:
    """In each form that a wallet may send; the evidence says how it is bound, and why that is known."""
    old = make in (embedded_1, token_1)
    document = make(learner, [certificate(issuer, learner.did, old=old)], given(client))
    answer = ask(client, MATCH, held={"documents": [document]})["match"]
    assert answer["documents"][0]["verdict"] == "verified"
    assert subject_check(answer["documents"][0]) == ("pass", "Its holder answered a challenge of this service.")
    assert evidence(answer) == [("VERIFIED", "PRESENTATION")]
    (item,) = answer["edges"][0]["node"]["met"][0]["evidence"]
    assert item["reason"] == "Its holder presented it, and answered a challenge with the holder's key."


def test_a_challenge_is_answered_once(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """Several fields of one request take it together; the next request counts the credential, and no longer who sends it."""
    held = {"documents": [presented(learner, [certificate(issuer, learner.did)], given(client))]}
    query = """query ($held: HeldInput!) { gap(held: $held, role: "511") { met { evidence { binding } } }
      match(held: $held) { edges { node { met { evidence { status binding } } } } documents { checks { step outcome reason } } } }"""
    both = ask(client, query, held=held)
    assert both["gap"]["met"][0]["evidence"] == [{"binding": "PRESENTATION"}]
    assert evidence(both["match"]) == [("VERIFIED", "PRESENTATION")]
    again = ask(client, MATCH, held=held)["match"]
    assert evidence(again) == [("VERIFIED", "SAME_SUBJECT")]
    outcome, reason = subject_check(again["documents"][0])
    assert (outcome, "answered before" in reason) == ("remark", True)


def test_verify_looks_at_a_challenge_and_leaves_it(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """So that a client may look at what it has before it asks; it says whether the challenge would count."""
    verify = "query ($documents: [String!]!) { verify(documents: $documents) { checks { step outcome reason } } }"
    document = presented(learner, [certificate(issuer, learner.did)], given(client))
    for _ in range(2):
        (found,) = ask(client, verify, documents=[document])["verify"]
        assert subject_check(found) == ("pass", "Its holder answered a challenge of this service.")
    assert evidence(ask(client, MATCH, held={"documents": [document]})["match"]) == [("VERIFIED", "PRESENTATION")]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, "answers no challenge"),
        ({"challenge": "mine"}, "not given here"),
        ({"domain": "https://elsewhere.example"}, "another domain"),
        ({"domain": ["https://elsewhere.example", "https://elsewhere.example/2"]}, "another domain"),
    ],
)
def test_another_answer_binds_nothing(
    client: TestClient, issuer: Signer, learner: Signer, options: dict[str, Any], reason: str
) -> None:
    """None, one that was made up, another domain: told, and the credential is nothing more than sent."""
    asked = {**given(client), **options} if options else {}
    held = {"documents": [presented(learner, [certificate(issuer, learner.did)], asked)]}
    answer = ask(client, MATCH, held=held)["match"]
    outcome, told = subject_check(answer["documents"][0])
    assert (outcome, reason in told, evidence(answer)) == ("remark", True, [("VERIFIED", "SAME_SUBJECT")])


def test_several_domains_may_be_named(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """Of a proof's domains one is this service (Verifiable Credential Data Integrity 1.0, 2.1)."""
    asked = given(client)
    asked = {**asked, "domain": ["https://elsewhere.example", asked["domain"]]}
    held = {"documents": [presented(learner, [certificate(issuer, learner.did)], asked)]}
    assert evidence(ask(client, MATCH, held=held)["match"]) == [("VERIFIED", "PRESENTATION")]


def test_a_challenge_is_answered_by_whom_it_was_given_to(
    client: TestClient, world_home: Path, issuer: Signer, learner: Signer
) -> None:
    """Whoever asked with a key answers with it: what one service was sent is no answer to another's challenge."""
    key = Keys(world_home).create(Role.READER)[0]
    asked = given(client, authorization=f"Bearer {key}")
    document = presented(learner, [certificate(issuer, learner.did)], asked)
    body = {"query": MATCH, "variables": {"held": {"documents": [document]}}}
    as_anybody, as_asked = [
        client.post("/graphql", json=body, headers=headers).json()["data"]["match"]
        for headers in ({}, {"authorization": f"Bearer {key}"})
    ]
    assert [evidence(as_anybody), evidence(as_asked)] == [
        [("VERIFIED", "SAME_SUBJECT")],
        [("VERIFIED", "PRESENTATION")],
    ]


def test_a_changed_answer_is_tampered(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """The signature covers challenge and domain: those of another presentation prove nothing."""
    document = json.loads(presented(learner, [certificate(issuer, learner.did)], {"challenge": "c", "domain": "d"}))
    document["proof"][0] |= given(client)
    answer = ask(client, MATCH, held={"documents": [json.dumps(document)]})["match"]
    assert answer["documents"][0]["verdict"] == "tampered"
    assert "not verified" in subject_check(answer["documents"][0])[1]
    assert evidence(answer) == [("VERIFIED", "SAME_SUBJECT")]


def test_somebody_elses_key_binds_nothing(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """A thief signs with a key of his own: in the holder's name, then in his own. Neither makes the credential his."""
    thief = Signer()
    credential = certificate(issuer, learner.did)
    in_her_name = presented(thief, [credential], given(client), holder=learner.did)
    answer = ask(client, MATCH, held={"documents": [in_her_name]})["match"]
    assert "not proven to be its holder's" in subject_check(answer["documents"][0])[1]
    assert evidence(answer) == [("VERIFIED", "SAME_SUBJECT")]
    in_his_own = {"documents": [presented(thief, [credential], given(client))]}
    answer = ask(client, MATCH, held=in_his_own)["match"]
    outcome, told = subject_check(answer["documents"][0])
    assert (outcome, "somebody else than its holder" in told, evidence(answer)) == ("remark", True, [])
    in_his_own = {"documents": [presented(thief, [credential], given(client))]}
    (shown,) = ask(client, GAP, held=in_his_own)["gap"]["missing"][0]["evidence"]
    assert shown == {"reason": "It is about somebody else than the holder of the presentation."}


def test_who_is_proven_decides_whose_the_other_documents_are(
    client: TestClient, issuer: Signer, learner: Signer
) -> None:
    """Others about the holder are of the same subject; those of others are odd, also where there are more of them."""
    mine = presented(learner, [issuer.sign(badge(issuer, credentialSubject={
        "id": learner.did, "type": ["AchievementSubject"], "achievement": achievement()}))], given(client))  # fmt: skip
    theirs = [json.dumps(certificate(issuer, f"did:example:{each}")) for each in ("other", "other")]
    answer = ask(client, MATCH, held={"documents": [*theirs, mine]})["match"]
    assert [subject_check(each)[0] for each in answer["documents"]] == ["remark", "remark", "pass"]
    assert evidence(answer) == []
    beside = json.dumps(certificate(issuer, learner.did))
    again = presented(learner, [], given(client))
    assert evidence(ask(client, MATCH, held={"documents": [beside, again]})["match"]) == [("VERIFIED", "SAME_SUBJECT")]


def test_a_record_is_presented_as_a_badge_is(client: TestClient, issuer: Signer, learner: Signer) -> None:
    """The credentials in a presented record are the holder's too."""
    inside = certificate(issuer, learner.did)
    whole = record(issuer, [inside], credentialSubject={
        "id": learner.did, "type": ["ClrSubject"], "verifiableCredential": [inside]})  # fmt: skip
    held = {"documents": [presented(learner, [issuer.sign(whole)], given(client))]}
    assert evidence(ask(client, MATCH, held=held)["match"]) == [("VERIFIED", "PRESENTATION")]


def test_what_is_only_said_is_claimed(client: TestClient) -> None:
    """Claims of the caller have no document that binds them."""
    answer = ask(client, MATCH, held={"credentials": [iri("secure")]})["match"]
    assert evidence(answer) == [("CLAIMED", "CLAIMED")]
