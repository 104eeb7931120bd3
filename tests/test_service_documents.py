"""Documents over GraphQL: verified beside the loop, counted in match, gap and plans; whole queries, whole answers."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from credential_signing import Document, Signer, achievement, badge, record
from service_serving import ask, fail, service_on
from service_world import iri
from starlette.testclient import TestClient

from graph.server import Connection
from service.verifying import DOCUMENT_BYTES, DOCUMENTS_AT_MOST

VERIFY = """query ($documents: [String!]!) { verify(documents: $documents) {
  index format verdict issuer issuerProven subject recognised { id } unresolved embedded { index verdict }
  checks { step outcome reason } } }"""
MATCH = """query ($held: HeldInput!, $policy: MatchPolicyInput) { match(held: $held, policy: $policy) {
  documents { index verdict recognised { id } } edges { node { role { id } qualified met { evidence {
  held { id } status reason factor } } missing { evidence { held { id } status reason factor sentence } } } } } }"""


@pytest.fixture(scope="module")
def client(world_home: Path, neo4j_server: Connection) -> Iterator[TestClient]:
    """A client of a service on the world."""
    with service_on(world_home, neo4j_server) as client:
        yield client


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def certificate(signer: Signer, **changes: Any) -> Document:
    """An unsigned badge whose achievement is the world's Security+, aligned to something unknown."""
    subject = {
        "id": "did:example:invented-learner",
        "type": ["AchievementSubject"],
        "achievement": achievement(
            id=iri("secure"),
            alignment=[{"type": ["Alignment"], "targetName": "Unknown", "targetUrl": "https://elsewhere.example/1"}],
        ),
    }
    return badge(signer, credentialSubject=subject, **changes)


def test_verify_tells_what_it_found_in_the_order_of_the_documents(client: TestClient, signer: Signer) -> None:
    """A verified badge with what of it is known, a record of it, and a text that is no credential."""
    signed = signer.sign(certificate(signer))
    documents = [json.dumps(signed), json.dumps(signer.sign(record(signer, [signed]))), "x"]
    first, second, third = ask(client, VERIFY, documents=documents)["verify"]
    assert {**first, "checks": [each["outcome"] for each in first["checks"]]} == {
        "index": 0,
        "format": "Open Badges 3.0",
        "verdict": "verified",
        "issuer": signer.did,
        "issuerProven": True,
        "subject": "did:example:invented-learner",
        "recognised": [{"id": iri("secure")}],
        "unresolved": ["https://elsewhere.example/1"],
        "embedded": [],
        "checks": [*["pass"] * 7, "skipped", "pass", "skipped", "skipped", "skipped"],
    }
    assert (second["index"], second["format"], second["embedded"]) == (
        1, "CLR 2.0", [{"index": 0, "verdict": "verified"}],
    )  # fmt: skip
    assert second["recognised"] == [{"id": iri("secure")}]
    assert (third["format"], third["verdict"], third["checks"][0]["outcome"]) == ("unknown", "invalid", "fail")


def test_a_verified_document_counts_and_says_so(client: TestClient, signer: Signer) -> None:
    """The role is open by the certificate, and the evidence is verified; the document's verdict is beside the matches."""
    held = {"documents": [json.dumps(signer.sign(certificate(signer)))]}
    answer = ask(client, MATCH, held=held)["match"]
    assert answer["documents"] == [{"index": 0, "verdict": "verified", "recognised": [{"id": iri("secure")}]}]
    (node,) = [edge["node"] for edge in answer["edges"]]
    assert (node["role"]["id"], node["qualified"]) == (iri("defender"), True)
    evidence = [item for unit in node["met"] for item in unit["evidence"]]
    assert {(item["held"]["id"], item["status"], item["reason"]) for item in evidence} == {
        (iri("secure"), "VERIFIED", None)
    }


def test_evidence_names_the_document_that_says_it(client: TestClient, signer: Signer) -> None:
    """By the index of its verdict, which has the checks; a claim names none, and neither does it where both say it."""
    texts = ["x", json.dumps(signer.sign(certificate(signer)))]
    query = """query ($held: HeldInput!) { match(held: $held) { documents { index verdict checks { step outcome } }
      edges { node { met { evidence { status document } } } } } }"""
    answer = ask(client, query, held={"documents": texts, "credentials": ["Security+"]})["match"]
    found = [item for edge in answer["edges"] for unit in edge["node"]["met"] for item in unit["evidence"]]
    assert {(item["status"], item["document"]) for item in found} == {("VERIFIED", 1)}
    assert answer["documents"][1]["verdict"] == "verified"
    assert {"step": "proof", "outcome": "pass"} in answer["documents"][1]["checks"]
    claimed = ask(client, query, held={"credentials": ["Security+"]})["match"]["edges"][0]["node"]["met"]
    assert [item for unit in claimed for item in unit["evidence"]] == [{"status": "CLAIMED", "document": None}]


def test_an_expired_document_is_shown_and_does_not_count(client: TestClient, signer: Signer) -> None:
    """Its evidence has the factor 0, its status and its reason; `countUnproven` changes nothing of it."""
    late = signer.sign(certificate(signer, validUntil="2026-02-01T00:00:00Z"))
    gap = """query ($held: HeldInput!, $policy: MatchPolicyInput) { gap(held: $held, role: "511", policy: $policy) {
      score qualified missing { evidence { held { id } status factor sentence } } } }"""
    for policy in (None, {"countUnproven": True}):
        answer = ask(client, gap, held={"documents": [json.dumps(late)]}, policy=policy)["gap"]
        assert (answer["score"], answer["qualified"]) == (0.0, False)
        shown = [item for unit in answer["missing"] for item in unit["evidence"]]
        assert {(item["held"]["id"], item["status"], item["factor"]) for item in shown} == {
            (iri("secure"), "EXPIRED", 0.0)
        }
        assert all("does not count" in item["sentence"] for item in shown)


def test_an_unproven_issuer_counts_where_the_policy_says_so(client: TestClient, signer: Signer) -> None:
    """A key in the fragment of an address: UNPROVEN, and told why."""
    issuer = "https://college.example/issuer"
    document = certificate(signer, issuer={"id": issuer, "type": ["Profile"]})
    held = {"documents": [json.dumps(signer.sign(document, method=f"{issuer}#{signer.multikey}"))]}
    assert ask(client, MATCH, held=held)["match"]["edges"] == []
    (edge,) = ask(client, MATCH, held=held, policy={"countUnproven": True})["match"]["edges"]
    item = edge["node"]["met"][0]["evidence"][0]
    assert (item["status"], item["factor"]) == ("UNPROVEN", 1.0)
    assert "proven" in item["reason"]


def test_documents_of_two_people_are_not_one_learners(client: TestClient, signer: Signer) -> None:
    """The odd one is told at its subject step, and does not count."""
    hers = json.dumps(signer.sign(badge(signer)))
    subject = {**certificate(signer)["credentialSubject"], "id": "did:example:somebody-else"}
    his = json.dumps(signer.sign({**certificate(signer), "credentialSubject": subject}))
    query = """query ($held: HeldInput!) { match(held: $held) { totalCount documents { index verdict
      checks { step outcome reason } } } }"""
    answer = ask(client, query, held={"documents": [hers, his]})["match"]
    assert answer["totalCount"] == 0
    told = [next(each for each in document["checks"] if each["step"] == "subject") for document in answer["documents"]]
    assert [each["outcome"] for each in told] == ["pass", "remark"]
    assert "somebody else" in told[1]["reason"]


def to_address(signer: Signer, document: Document, address: str, salt: str) -> str:
    """Signed for whoever has this e-mail address, which is only there as a hash."""
    digest = hashlib.sha256((address + salt).encode()).hexdigest()
    identifier = {"type": "IdentityObject", "identityType": "emailAddress", "hashed": True, "salt": salt}
    subject = {key: value for key, value in document["credentialSubject"].items() if key != "id"}
    subject["identifier"] = [{**identifier, "identityHash": f"sha256${digest}"}]
    return json.dumps(signer.sign({**document, "credentialSubject": subject}))


def test_recipients_name_whose_documents_count_whatever_their_salts(client: TestClient, signer: Signer) -> None:
    """Two badges of two salts are one learner's where the address is told; with another address neither counts."""
    ada = "ada@learners.example"
    first = to_address(signer, badge(signer), ada, "one")
    second = to_address(signer, certificate(signer), ada, "two")
    verdicts = [{"index": n, "verdict": "verified", "recognised": [{"id": iri("secure")}] * n} for n in (0, 1)]

    def evidence(*recipients: str) -> list[tuple[str, str | None]]:
        held = {"documents": [first, second], "recipients": list(recipients)}
        answer = ask(client, MATCH, held=held)["match"]
        assert answer["documents"] == verdicts
        found = [each for edge in answer["edges"] for kind in ("met", "missing") for each in edge["node"][kind]]
        return [(each["status"], each["reason"]) for item in found for each in item["evidence"]]

    assert evidence("someone@else.example", ada) == [("VERIFIED", "Its recipient is the learner named.")]
    assert evidence() == [], "the first names somebody, and nothing says that the second is the same"
    assert evidence("someone@else.example") == []
    error = fail(client, MATCH, held={"documents": [first], "recipients": [""]})
    assert (error["code"], error["detail"]) == ("BAD_USER_INPUT", "input.held")


def test_plans_start_from_what_documents_prove(client: TestClient, signer: Signer) -> None:
    """Nothing is left to do for a role that the certificate opens; without it there is a step."""
    query = """query ($held: HeldInput!) { plans(held: $held, role: "511", objective: FEWEST, first: 1) {
      plans { steps { resource { id } } } documents { verdict } } }"""
    held = {"documents": [json.dumps(signer.sign(certificate(signer)))]}
    assert ask(client, query, held=held)["plans"] == {"plans": [{"steps": []}], "documents": [{"verdict": "verified"}]}
    assert len(ask(client, query, held={})["plans"]["plans"][0]["steps"]) == 1


def test_more_or_larger_documents_than_a_question_takes_are_refused(client: TestClient) -> None:
    """At the limit it answers, one beyond it does not."""
    ask(client, VERIFY, documents=["x"] * DOCUMENTS_AT_MOST)
    ask(client, VERIFY, documents=["x" * DOCUMENT_BYTES])
    for documents, detail in (
        (["x"] * (DOCUMENTS_AT_MOST + 1), "documents.too-many"),
        (["x" * (DOCUMENT_BYTES + 1)], "documents.too-large"),
    ):
        error = fail(client, VERIFY, documents=documents)
        assert (error["code"], error["detail"]) == ("BAD_USER_INPUT", detail)


def test_documents_are_counted_as_cost(client: TestClient) -> None:
    """Six root fields of twenty documents are more than one request may ask for."""
    fields = " ".join(f"a{index}: verify(documents: $documents) {{ index }}" for index in range(6))
    error = fail(client, f"query ($documents: [String!]!) {{ {fields} }}", documents=["x"] * DOCUMENTS_AT_MOST)
    assert error["detail"] == "limit.rows"


def test_poison_is_refused_and_others_are_answered_meanwhile(client: TestClient, signer: Signer) -> None:
    """A clique of blank nodes costs a budget of work, no crash; so does nesting without end."""
    clique = certificate(signer)
    names = [f"_:n{index}" for index in range(9)]
    clique["evidence"] = [
        {"id": name, "type": ["Evidence"], "https://elsewhere.example/p": [{"id": each} for each in names]}
        for name in names
    ]
    clique["proof"] = {
        "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "verificationMethod": signer.method,
        "proofPurpose": "assertionMethod", "proofValue": "z" + "1" * 80,
    }  # fmt: skip
    deep = json.dumps(certificate(signer)).replace('"name": "Pipe welding"', '"name": ' + "[" * 5000 + "]" * 5000, 1)
    good = json.dumps(signer.sign(certificate(signer)))
    verdicts = [each["verdict"] for each in ask(client, VERIFY, documents=[json.dumps(clique), deep, good])["verify"]]
    assert verdicts[0] in ("invalid", "tampered", "unverifiable")
    assert verdicts[1:] == ["invalid", "verified"]
