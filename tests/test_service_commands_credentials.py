"""The commands that take credentials: `verify`, and the documents of `match` and `plan`."""

import json
from pathlib import Path

import pytest
from credential_signing import CONTEXTS, LEARNER, Signer, achievement, badge
from test_service_cli import COMPETENCY, Command, headwater, plain_environment, with_neo4j, write_tables

__all__ = ["headwater", "plain_environment", "with_neo4j"]
SIGNER = Signer()


def written(folder: Path, document: object, name: str = "badge.json") -> Path:
    file = folder / name
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def reading(**changes: object) -> dict[str, object]:
    """An unsigned badge for the competency `reading` of the tables."""
    aligned = [{"type": ["Alignment"], "targetName": "Reading", "targetUrl": f"{COMPETENCY}reading"}]
    subject = {"id": LEARNER, "type": ["AchievementSubject"], "achievement": achievement(alignment=aligned)}
    return badge(SIGNER, credentialSubject=subject, **changes)


def test_a_verified_credential_ends_with_zero(headwater: Command, tmp_path: Path) -> None:
    """As JSON the shape of the design; without a release nothing is recognised. For people, the numbered steps."""
    file = written(tmp_path, SIGNER.sign(badge(SIGNER)))
    found = headwater("verify", file, "--json")
    assert found.code == 0
    assert {"format", "verdict", "issuer", "subject", "checks", "embedded", "recognised", "unresolved"} <= set(
        found.json
    )
    assert (found.json["verdict"], found.json["issuer"]["proven"]) == ("verified", True)
    assert found.json["issuer"]["id"] == SIGNER.did
    assert (found.json["recognised"], found.json["unresolved"]) == ([], [])
    assert {"step", "outcome", "reason"} == set(found.json["checks"][0])
    plain = headwater("verify", file)
    assert plain.code == 0
    assert "  1. parse" in plain.out
    assert " 12. embedded" in plain.out


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ("", "invalid"),
        ("not a credential", "invalid"),
        ("{", "invalid"),
        ("[]", "invalid"),
        ('{"a": 1, "a": 2}', "invalid"),
        ('{"type": "Assertion", "id": "http://127.0.0.1/x"}', "unverifiable"),
        ("a.b.c", "invalid"),
        ("\x00\x01", "invalid"),
        ("[" * 100_000, "invalid"),
    ],
)
def test_what_is_no_credential_has_a_verdict_too(
    headwater: Command, tmp_path: Path, content: str, verdict: str
) -> None:
    """Exit 1 and a reason, whatever it is: never a traceback, never a fetch."""
    found = headwater("verify", written(tmp_path, content), "--json")
    assert (found.code, found.json["verdict"]) == (1, verdict)
    assert any(check["outcome"] == "fail" and check["reason"] for check in found.json["checks"])


def test_a_missing_file_and_a_wrong_map_end_with_two(headwater: Command, tmp_path: Path) -> None:
    """Usage, not verdicts."""
    file = written(tmp_path, SIGNER.sign(badge(SIGNER)))
    assert headwater("verify", tmp_path / "none.json", "--json").code == 2
    assert headwater("verify", tmp_path, "--json").json["error"]["code"] == "input.missing-file"
    broken = written(tmp_path, "[]", "map.json")
    assert headwater("verify", file, "--resolve", broken, "--json").json["error"]["code"] == "credential.resolve-map"
    assert headwater("verify", file, "--trust", broken, "--json").json["error"]["code"] == "credential.trust-list"


def test_a_recipient_that_is_somebody_else_ends_with_one(headwater: Command, tmp_path: Path) -> None:
    """The credential holds, and is not this person's."""
    identity = {"type": "IdentityObject", "hashed": False, "identityHash": "kim@learners.example",
                "identityType": "emailAddress"}  # fmt: skip
    subject = {"type": ["AchievementSubject"], "identifier": [identity], "achievement": achievement()}
    file = written(tmp_path, SIGNER.sign(badge(SIGNER, credentialSubject=subject)))
    assert headwater("verify", file, "--recipient", "kim@learners.example").code == 0
    found = headwater("verify", file, "--recipient", "lee@learners.example", "--json")
    assert (found.code, found.json["verdict"]) == (1, "verified")


def test_keys_come_from_files_that_are_given(headwater: Command, tmp_path: Path) -> None:
    """did:web by its DID or its https address; without the map nothing is fetched, and the reason names the setting."""
    did = "did:web:college.example"
    document = SIGNER.sign(badge(SIGNER, issuer={"id": did, "type": ["Profile"]}), method=f"{did}#key-1")
    file = written(tmp_path, document)
    without = headwater("verify", file, "--json").json
    assert without["verdict"] == "unverifiable"
    assert any("HEADWATER_FETCH" in str(check["reason"]) for check in without["checks"])
    method = {"id": f"{did}#key-1", "type": "Multikey", "controller": did, "publicKeyMultibase": SIGNER.multikey}
    written(tmp_path, {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}, "did.json")
    for key in (did, "https://college.example/.well-known/did.json"):
        given = written(tmp_path, {key: "did.json"}, "map.json")
        found = headwater("verify", file, "--resolve", given, "--json").json
        assert (found["verdict"], found["issuer"]["proven"]) == ("verified", True)


def test_documents_of_a_match_are_verified_counted_and_told(with_neo4j: Command, tmp_path: Path) -> None:
    """A proven badge is a third of the role; an expired one is shown and counts nothing; plans begin with what counts."""
    assert with_neo4j("load", write_tables(tmp_path / "tables"), "--dataset", "example").code == 0
    good = written(tmp_path, SIGNER.sign(reading()))
    found = with_neo4j("match", "--document", good, "--json").json
    assert found["documents"][0]["recognised"][0]["id"] == f"{COMPETENCY}reading"
    (clerk,) = found["matches"]
    assert clerk["score"] == pytest.approx(1 / 3)
    assert clerk["met"][0]["evidence"][0]["status"] == "VERIFIED"
    late = written(tmp_path, SIGNER.sign(reading(validUntil="2026-02-01T00:00:00Z")), "late.json")
    shown = with_neo4j("match", "--document", late, "--role", "job:1", "--json").json["matches"][0]
    assert shown["score"] == 0
    assert [item["status"] for unit in shown["missing"] for item in unit["evidence"]] == ["EXPIRED"]
    assert "expired" in with_neo4j("match", "--document", late, "--role", "job:1").err
    plan = with_neo4j("plan", "job:1", "--document", good, "--json").json
    assert len(plan["plans"][0]["steps"]) == 2
    assert plan["documents"][0]["verdict"] == "verified"


def test_a_presentation_that_answers_says_whose_it_is(with_neo4j: Command, tmp_path: Path) -> None:
    """With the challenge that was asked for, its credentials are bound by it; with another one they are only sent."""
    assert with_neo4j("load", write_tables(tmp_path / "tables"), "--dataset", "example").code == 0
    holder = Signer()
    credential = reading()
    credential["credentialSubject"] = {**dict(credential["credentialSubject"]), "id": holder.did}  # type: ignore[call-overload]
    shown = {"@context": CONTEXTS[:1], "type": ["VerifiablePresentation"], "holder": holder.did,
             "verifiableCredential": [SIGNER.sign(credential)]}  # fmt: skip
    asked = {"challenge": "c-1", "domain": "https://jobs.example"}
    file = written(tmp_path, holder.sign(shown, proofPurpose="authentication", **asked))
    for options, binding in ((("--challenge", "c-1", "--domain", "https://jobs.example"), "PRESENTATION"),
                             (("--challenge", "c-2"), "SAME_SUBJECT"), ((), "SAME_SUBJECT")):  # fmt: skip
        (clerk,) = with_neo4j("match", "--document", file, *options, "--json").json["matches"]
        assert clerk["met"][0]["evidence"][0]["binding"] == binding
        assert with_neo4j("verify", file, *options).code == int(options[:2] == ("--challenge", "c-2"))


def test_a_stored_learner_is_asked_about_by_command(with_neo4j: Command, tmp_path: Path) -> None:
    """Match and plan take what is stored beside what is given, and the learner's audit has it."""
    assert with_neo4j("load", write_tables(tmp_path / "tables"), "--dataset", "example").code == 0
    file = written(tmp_path, SIGNER.sign(reading()))
    learner = with_neo4j("learners", "add", file, "--json").json["id"]
    found = with_neo4j("match", "--learner", learner, "--json").json
    assert found["documents"][0]["verdict"] == "verified"
    assert found["matches"][0]["score"] == pytest.approx(1 / 3)
    assert len(with_neo4j("plan", "job:1", "--learner", learner, "--json").json["plans"][0]["steps"]) == 2
    acts = [each["act"] for each in with_neo4j("learners", "audit", learner, "--json").json["entries"]]
    assert acts.count("question") == 2
    assert with_neo4j("match", "--learner", "0" * 32, "--json").json["error"]["code"] == "learners.closed"
