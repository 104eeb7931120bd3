"""The commands that take credentials: `verify`, and the documents of `match` and `plan`."""

import json
import zipfile
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
    assert headwater("verify", file, tmp_path / "none.json", "--json").json["error"]["code"] == "input.missing-file"
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


def signed(signer: Signer = SIGNER, **changes: object) -> bytes:
    return json.dumps(signer.sign(badge(signer, **changes))).encode()


def test_many_credentials_have_the_verdicts_of_each_alone(headwater: Command, tmp_path: Path) -> None:
    """Of files, folders, archives and lines, in the order in which they are named, however many processes verify."""
    folder = tmp_path / "wallet"
    (folder / "inner").mkdir(parents=True)
    for number in range(12):
        until = "2026-02-01T00:00:00Z" if number % 3 == 1 else None
        (folder / ("inner" if number % 2 else "") / f"{number:02}.json").write_bytes(signed(validUntil=until))
    (folder / "bad.json").write_bytes(b"{")
    (folder / "notes.txt").write_bytes(b"Dear reader")
    (folder / "table.csv").write_bytes(b"learner\nann\n")
    (folder / ".hidden").write_bytes(b"x")
    lines = tmp_path / "all.jsonl"
    lines.write_bytes(signed() + b"\n\n" + SIGNER.token(badge(SIGNER)).encode() + b"\nnonsense")
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("a/x.json", signed())
        archive.writestr("../y.json", signed())
    single = tmp_path / "one.json"
    single.write_bytes(signed())
    said = [headwater("verify", folder, single, lines, tmp_path / "more.zip", "--json", "-w", n) for n in (1, 3)]
    assert said[0].code == said[1].code == 1
    assert said[0].json == said[1].json
    found = said[0].json
    assert found["counts"] == {"expired": 4, "invalid": 4, "verified": 12}
    assert [each["code"] for each in found["findings"]] == ["document.unsafe-name"]
    places = [(Path(each["file"]).name, each["line"]) for each in found["documents"]]
    below = sorted(each for each in folder.rglob("*") if each.is_file() and each.name != ".hidden")
    assert places[: len(below)] == [(each.name, None) for each in below]
    assert places[len(below) :] == [
        ("one.json", None), ("all.jsonl", 1), ("all.jsonl", 3), ("all.jsonl", 4), ("x.json", None)
    ]  # fmt: skip
    for each in found["documents"][: len(below) + 1]:
        alone = headwater("verify", each["file"], "--json").json
        assert {name: each[name] for name in alone} == alone
    plain = headwater("verify", folder / "00.json", single)
    assert (plain.code, plain.out.count(": Open Badges 3.0: verified\n")) == (0, 2)


def test_many_credentials_under_one_command_s_circumstances(headwater: Command, tmp_path: Path) -> None:
    """Keys from a map of files, trust, recipients: as for one alone. A missing file ends with two, and nothing is said."""
    did, college = "did:web:college.example", "https://college.example/i"
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": SIGNER.multikey}
    published = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    written(tmp_path, published, "did.json")
    given = written(tmp_path, {"https://college.example/.well-known/did.json": "did.json"}, "map.json")
    trust = written(tmp_path, {"issuers": [{"id": college, "keys": [SIGNER.multikey]}]}, "trust.json")
    (tmp_path / "w").mkdir()
    profile = {"type": ["Profile"]}
    written(tmp_path / "w", SIGNER.sign(badge(SIGNER, issuer={"id": did} | profile), method=f"{did}#k"), "a.json")
    trusted = SIGNER.sign(badge(SIGNER, issuer={"id": college} | profile), method=f"{college}#{SIGNER.multikey}")
    written(tmp_path / "w", trusted, "b.json")
    found = headwater("verify", tmp_path / "w", "--resolve", given, "--trust", trust, "--json").json["documents"]
    assert [(each["verdict"], each["issuer"]["proven"], each["issuer"]["trusted"]) for each in found] == [
        ("verified", True, False),
        ("verified", False, True),
    ]
    without = headwater("verify", tmp_path / "w", "--json").json["documents"]
    assert [each["verdict"] for each in without] == ["unverifiable", "verified"]
    missing = headwater("verify", tmp_path / "w", tmp_path / "none.json", "--json")
    assert (missing.code, missing.json["error"]["code"]) == (2, "input.missing-file")
    (tmp_path / "empty").mkdir()
    assert headwater("verify", tmp_path / "empty", "--json").json == {"documents": [], "findings": [], "counts": {}}
