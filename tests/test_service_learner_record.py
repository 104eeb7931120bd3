"""What is stored of a learner as one record: by command and GraphQL, with its verdicts, rights and audit.

All learners and badges are invented.
"""

import json
from pathlib import Path
from typing import Any

from credential_signing import Signer, achievement, badge
from service_world import iri
from starlette.testclient import TestClient
from test_service_issuing import Command, ask, client, college, headwater, home

from graph.learner_rules import OPERATOR
from graph.learners import Learners
from service.auth import Keys, Role
from service.learners import LearnerDesk

__all__ = ["client", "college", "headwater", "home"]
ADA = "did:example:ada"
RECORD = """mutation ($input: LearnerRecordInput!, $learner: ID, $purpose: String) {
  issueLearnerRecord(input: $input, learner: $learner, purpose: $purpose) {
    record { credential issued { id format proof } } documents leftOut { document code reason } } }"""
STORE = "mutation ($documents: [String!]!) { storeDocuments(documents: $documents) { id } }"
CONSENT = """mutation ($receiver: ID!) {
  giveConsent(receiver: $receiver, purpose: "transcript", endsAt: "2999-12-31") { id } }"""

OLDER: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/2018/credentials/v1",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "https://w3id.org/security/data-integrity/v2",
    ],
    "validFrom": None,
    "issuanceDate": "2026-01-01T00:00:00Z",
}
"""What makes a badge one of the VC data model 1.1."""


def foreign_badge(signer: Signer, subject: str = ADA, **changes: Any) -> str:
    """A badge of another invented issuer."""
    about = {"id": subject, "type": ["AchievementSubject"], "achievement": achievement()}
    return json.dumps(signer.sign(badge(signer, credentialSubject=about, **changes)))


def issued(command: Command, path: Path, *arguments: str) -> str:
    """What the college issues to Ada, in a file."""
    code, _, err = command("issue", "--to", ADA, *arguments, "-o", path)
    assert code == 0, err
    return path.read_text("utf-8")


def documents_of(listed: list[Any]) -> dict[str, str]:
    """Ids by issuer of the documents that are stored, the first of each."""
    return {str(each["issuer"]): str(each["id"]) for each in reversed(listed)}


def test_what_a_learner_holds_becomes_one_record_and_the_rest_is_told(college: Command, tmp_path: Path) -> None:
    """Badges of two issuers, one of them as a token; what is revoked, of data model 1.1 or somebody else's stays
    out, and the record is partial. Each credential inside has a verdict of its own, now and after one of
    them is revoked; how the achievements belong together is what the release says."""
    secure = issued(college, tmp_path / "secure.json", "-c", "Security+")
    issued(college, tmp_path / "networks.jwt", "-c", "Networks", "--proof", "jwt")
    issued(college, tmp_path / "firewalls.json", "-s", "Firewalls")
    withdrawn = json.loads(issued(college, tmp_path / "withdrawn.json", "-c", "Security+"))["id"]
    assert college("issuer", "revoke", withdrawn)[0] == 0
    signer = Signer()
    (tmp_path / "foreign.json").write_text(foreign_badge(signer), "utf-8")
    (tmp_path / "eve.json").write_text(foreign_badge(signer, "did:example:eve"), "utf-8")
    (tmp_path / "older.json").write_text(foreign_badge(signer, **OLDER), "utf-8")
    names = (
        "secure.json",
        "networks.jwt",
        "firewalls.json",
        "withdrawn.json",
        "foreign.json",
        "eve.json",
        "older.json",
    )
    code, out, err = college("learners", "add", *names, "--name", "Ada (invented)", "--json")
    assert code == 0, err
    added = json.loads(out)
    ids = dict(zip(names, (each["id"] for each in added["documents"]), strict=True))
    code, out, err = college(
        "learners", "record", added["id"], "--name", "All of it", "-o", "clr.json", "--why", "transcript", "--json"
    )
    assert code == 0, err
    told = json.loads(out)
    assert told["documents"] == [
        ids[each] for each in ("secure.json", "networks.jwt", "firewalls.json", "foreign.json")
    ]
    assert {each["document"]: each["code"] for each in told["leftOut"]} == {
        ids["withdrawn.json"]: "issue.not-verified",
        ids["eve.json"]: "issue.another-subject",
        ids["older.json"]: "issue.not-embeddable",
    }
    record = json.loads((tmp_path / "clr.json").read_text("utf-8"))
    assert (record["name"], record["partial"], record["credentialSubject"]["id"]) == ("All of it", True, ADA)
    assert record["credentialSubject"]["verifiableCredential"][0] == json.loads(secure)

    found = json.loads(college("verify", "clr.json", "--json")[1])
    assert (found["format"], found["verdict"]) == ("CLR 2.0", "verified")
    assert [each["verdict"] for each in found["embedded"]] == ["verified"] * 4
    assert found["embedded"][3]["issuer"]["id"] == signer.did
    names_of = {
        each["credentialSubject"]["achievement"]["id"]: each["credentialSubject"]["achievement"]["name"]
        for each in map(
            json.loads, ((tmp_path / name).read_text("utf-8") for name in ("secure.json", "firewalls.json"))
        )
    }
    said = {
        (
            names_of.get(each["sourceId"], "Networks"),
            each["associationType"],
            names_of.get(each["targetId"], "Networks"),
        )
        for each in record["credentialSubject"]["association"]
    }
    assert said == {("Firewalls", "isPartOf", "Security+"), ("Networks", "precedes", "Security+")}

    assert college("issuer", "revoke", json.loads(secure)["id"])[0] == 0
    after = json.loads(college("verify", "clr.json", "--json")[1])
    assert [each["verdict"] for each in after["embedded"]] == ["revoked", *["verified"] * 3]
    audit = json.loads(college("learners", "audit", added["id"], "--json")[1])["entries"]
    (entry,) = [each for each in audit if each["act"] == "record"]
    assert (entry["who"], entry["why"], entry["what"]) == ("operator", "transcript", list(ids.values()))


def test_a_record_of_somebody_known_by_mail_alone(college: Command, tmp_path: Path) -> None:
    """Without `--to` nobody is named; the wrong address is nobody's; the right one is hashed anew in the record."""
    assert college("issue", "-c", "Security+", "--to", "kim@learners.example", "-o", "badge.json")[0] == 0
    learner = json.loads(college("learners", "add", "badge.json", "--json")[1])["id"]
    for to, wrong in (((), "issue.recipient"), (("--to", "eve@learners.example"), "issue.nothing-to-gather")):
        status, out, _ = college("learners", "record", learner, *to, "--json")
        assert (status, json.loads(out)["error"]["code"]) == (2, wrong)
    code, out, err = college("learners", "record", learner, "--to", "kim@learners.example", "-o", "clr.json")
    assert code == 0, err
    subject = json.loads((tmp_path / "clr.json").read_text("utf-8"))["credentialSubject"]
    assert "id" not in subject
    assert subject["identifier"][0]["identityType"] == "emailAddress"
    assert "kim@learners.example" not in (tmp_path / "clr.json").read_text("utf-8")
    code, out, _ = college("verify", "clr.json", "--recipient", "kim@learners.example", "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "verified")


def test_what_no_record_can_hold_is_refused_and_not_issued_broken(college: Command, tmp_path: Path) -> None:
    """A document of data model 1.1, whatever the proof of the record: its context would make the record invalid. A token
    of that model goes in, in an envelope."""
    signer = Signer()
    text = foreign_badge(signer, **OLDER)
    (tmp_path / "older.json").write_text(text, "utf-8")
    for proof in ("eddsa-rdfc-2022", "jwt"):
        status, out, _ = college("issuer", "gather", "older.json", "--proof", proof, "--json")
        assert (status, json.loads(out)["error"]["code"]) == (2, "issue.not-embeddable")
    assert json.loads(college("issuer", "list", "--json")[1]) == {"issued": []}
    document = {name: value for name, value in json.loads(text).items() if name != "proof"}
    (tmp_path / "older.jwt").write_text(signer.token(document, sub=ADA, jti=document["id"], nbf=1767225600), "utf-8")
    code, out, err = college("issuer", "gather", "older.jwt", "-o", "clr.json")
    assert code == 0, err
    found = json.loads(college("verify", "clr.json", "--json")[1])
    assert (found["verdict"], [each["verdict"] for each in found["embedded"]]) == ("verified", ["verified"])


def test_the_learner_and_an_issuer_by_consent_have_the_record_and_nobody_else(
    client: TestClient,
    home: Path,
) -> None:
    """The learner's own key; an issuer with a consent for its purpose, noted with it; other keys and purposes not."""
    learner = Learners(home).add("Ada (invented)")
    own = LearnerDesk(home, None).new_key(learner.id)
    issuer, issuer_key = Keys(home).create(Role.ISSUER)
    reader, _ = Keys(home).create(Role.READER)
    stored = ask(client, own, STORE, documents=[foreign_badge(Signer())])["data"]["storeDocuments"]
    answer = client.post(
        "/graphql",
        json={"query": RECORD, "variables": {"input": {"proof": "JWT"}}},
        headers={"Authorization": f"Bearer {own}"},
    )
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()["data"]["issueLearnerRecord"]
    assert (found["documents"], found["leftOut"]) == ([stored[0]["id"]], [])
    assert (found["record"]["issued"]["format"], found["record"]["issued"]["proof"]) == ("clr2", "JWT")
    verify = "query ($d: [String!]!) { verify(documents: $d) { verdict subject embedded { verdict } } }"
    (verdict,) = ask(client, None, verify, d=[found["record"]["credential"]])["data"]["verify"]
    assert verdict == {"verdict": "verified", "subject": ADA, "embedded": [{"verdict": "verified"}]}

    def refused(key: str | None, **variables: Any) -> tuple[str, str]:
        (error,) = ask(client, key, RECORD, input={}, **variables)["errors"]
        return error["extensions"]["code"], error["extensions"]["detail"]

    closed = ("BAD_USER_INPUT", "learners.closed")
    assert refused(None, learner=learner.id)[0] == "UNAUTHENTICATED"
    assert refused(reader, learner=learner.id, purpose="transcript")[0] == "FORBIDDEN"
    assert refused(issuer, learner=learner.id, purpose="transcript") == closed
    assert refused(issuer, learner="0" * 32, purpose="transcript") == closed
    ask(client, own, CONSENT, receiver=issuer_key.id)
    assert refused(issuer, learner=learner.id, purpose="marketing") == closed
    allowed = ask(client, issuer, RECORD, input={}, learner=learner.id, purpose="transcript")
    assert allowed["data"]["issueLearnerRecord"]["documents"] == [stored[0]["id"]]
    entries, _ = Learners(home).audit(learner.id, OPERATOR)
    noted = [(each.who, each.why, each.what) for each in entries if each.act == "record"]
    assert noted == [("learner", "own", (stored[0]["id"],)), (f"key {issuer_key.id}", "transcript", (stored[0]["id"],))]
    assert iri("secure") not in json.dumps(allowed)
