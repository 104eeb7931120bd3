"""The issuer of a data folder: what it issues is accepted by others, can be withdrawn, and survives kills and changes of keys."""

import base64
import json
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import jwt
import pytest
from credential_samples import ACHIEVEMENT, AWARD, NOW, RECIPIENT
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from openvc import OpenvcError, VerificationPolicy, verify_credential
from openvc.did.base import DidResolverRegistry
from openvc.did.did_key import DidKeyResolver
from openvc.did.did_web import DidWebResolver
from openvc.status.status_list import check_credential_status
from test_ontology_credentials_baking import PLAIN_SVG, make_png

from graph.issuer import Details, Issuer, Proof, Terms, digest
from graph.issuer_identity import DEVELOPMENT_ADDRESS
from ontology.context_files import bundled_contexts
from ontology.credentials.associations import Association, AssociationType
from ontology.credentials.baking import bake
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.issuing import CLR_CONTEXT, OB_CONTEXT, Recipient, identifier
from ontology.credentials.resolving import FileResolver
from ontology.credentials.status_lists import CONTEXT
from ontology.credentials.verdicts import Outcome, Step, Verdict, Verification
from ontology.credentials.verification import verify
from ontology.errors import DamagedError, HeadwaterError, InputError, UnknownReferenceError

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = "https://college.example/skills"
DETAILS = Details(
    evidence=AWARD.evidence,
    results=AWARD.results,
    credits_earned=4.5,
    narrative="Two years.",
    license_number="licence-77",
    awarded_at=AWARD.awarded_at,
)
TERMS = Terms(recipient=RECIPIENT)
PROOFS = pytest.mark.parametrize("proof", list(Proof), ids=lambda proof: proof.value)


def new_issuer(home: Path, address: str | None = ADDRESS, **clock: Callable[[], datetime]) -> Issuer:
    issuer = Issuer(home, **clock)
    issuer.create({"url": "https://college.example"}, "Invented College", address)
    return issuer


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return new_issuer(tmp_path)


def accept(issuer: Issuer, credential: dict[str, Any] | str) -> None:
    """Nothing, where openvc accepts a credential by what the issuer publishes. Raises OpenvcError.

    It reads tokens of VC 1.1 alone: of ours the signature is left to PyJWT, keys and status to openvc.
    """
    contexts = {url: bundled_contexts()[url] for url in (CONTEXT, CLR_CONTEXT, OB_CONTEXT)}

    def fetch(url: str) -> dict[str, Any]:
        if url != f"{ADDRESS}/did.json":
            raise ValueError(f"nothing is at {url}")
        return cast("dict[str, Any]", issuer.did_document())

    def status_list(url: str) -> dict[str, Any]:
        found = issuer.status_list(int(url.removeprefix(f"{issuer.identity().address}/issuer/status/")))
        assert found is not None
        verify_credential(found, policy=policy, resolver=resolver, extra_contexts=contexts)
        return cast("dict[str, Any]", found)

    resolver = DidResolverRegistry([DidKeyResolver(), DidWebResolver(fetch)])
    policy = VerificationPolicy(require_status_issuer_binding=True)
    if isinstance(credential, str):
        method = jwt.get_unverified_header(credential)["kid"]
        key = resolver.resolve(method.partition("#")[0]).key_by_kid(method)
        if key is None or key.id != method:
            raise OpenvcError("there is no such key")
        claims = jwt.decode(credential, jwt.PyJWK(key.public_key_jwk, algorithm="EdDSA"), algorithms=["EdDSA"])
        if not claims["iss"] == claims["issuer"]["id"] == method.partition("#")[0]:
            raise OpenvcError("the key is not the issuer's")
        status = check_credential_status(claims, resolve_status_list=status_list)
        if status.revoked or status.suspended:
            raise OpenvcError("the credential is revoked or suspended")
        return
    verify_credential(
        credential, policy=policy, resolver=resolver, resolve_status_list=status_list, extra_contexts=contexts
    )


def issue(issuer: Issuer, proof: Proof = Proof.DATA_INTEGRITY, **terms: Any) -> Any:
    return issuer.issue(issuer.define(ACHIEVEMENT), replace(TERMS, proof=proof, **terms), placed(issuer))


def placed(issuer: Issuer) -> Details:
    """Results that name the definition's own addresses."""
    defined = issuer.define(ACHIEVEMENT)
    assert [each.iri for each in defined.results] == [each.iri for each in ACHIEVEMENT.results], "others' IRIs stay"
    return DETAILS


@PROOFS
@pytest.mark.parametrize("address", [ADDRESS, None], ids=["web", "key"])
def test_an_independent_verifier_accepts_what_is_issued_until_it_is_revoked(
    tmp_path: Path, proof: Proof, address: str | None
) -> None:
    """openvc, with did:web and did:key, with the status list that is itself a credential of the same issuer."""
    issuer = new_issuer(tmp_path, address)
    issued, other = issue(issuer, proof), issue(issuer, proof)
    accept(issuer, issued.credential)
    issuer.revoke(issued.record.id, by="test")
    with pytest.raises(OpenvcError, match="revoked"):
        accept(issuer, issued.credential)
    accept(issuer, other.credential)


@PROOFS
def test_what_is_changed_after_issuing_is_refused(issuer: Issuer, proof: Proof) -> None:
    """Each value of the document changed, each term of it left out: none passes."""
    credential = issue(issuer, proof).credential
    accept(issuer, credential)
    mutants = list(mutants_of(credential))
    assert len(mutants) > 60
    for name, mutant in mutants:
        try:
            accept(issuer, mutant)
        except (OpenvcError, jwt.PyJWTError, ValueError):
            continue
        pytest.fail(f"accepted: {name}")


def mutants_of(credential: Any) -> Any:
    """(what was changed, the credential with it): each leaf other, each member gone; of a token each part."""
    if isinstance(credential, str):
        parts = credential.split(".")
        for part, text in enumerate(parts):
            for place in range(0, len(text) - 1, max(1, len(text) // 25)):
                other = "A" if text[place] != "A" else "B"
                changed = [*parts[:part], text[:place] + other + text[place + 1 :], *parts[part + 1 :]]
                yield f"part {part} at {place}", ".".join(changed)
        return
    places = list(paths(credential))
    for path in places:
        for how in ("other", "gone"):
            copy = json.loads(json.dumps(credential))
            inside = copy
            for step in path[:-1]:
                inside = inside[step]
            if how == "gone":
                del inside[path[-1]]
            else:
                value = inside[path[-1]]
                inside[path[-1]] = f"{value}x" if isinstance(value, str) else (value or 0) + 1
            if path != ("proof", "created") or how == "other":
                yield f"{path} {how}", copy


def paths(value: Any, at: tuple[Any, ...] = ()) -> Any:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        if isinstance(child, dict | list):
            yield from paths(child, (*at, key))
        else:
            yield (*at, key)


def verdict(issuer: Issuer, credential: Any) -> Verification:
    """What our own verifier says by what the issuer publishes; the network is never asked."""
    content = (
        credential
        if isinstance(credential, bytes)
        else credential.encode()
        if isinstance(credential, str)
        else json.dumps(credential).encode()
    )
    published = {address: json.dumps(issuer.published_at(address)).encode() for address in issuer.published_addresses()}
    under = Circumstances(now=datetime.now(UTC), resolver=FileResolver(published), recipients=("Kim@learners.example",))
    return verify(content, under)


@PROOFS
@pytest.mark.parametrize("address", [ADDRESS, None], ids=["web", "key"])
def test_our_own_verifier_gives_each_verdict_when_it_is_due(tmp_path: Path, proof: Proof, address: str | None) -> None:
    """Verified, with the issuer proven and the recipient recognised; suspended, verified again, revoked; not yet, and no more."""
    issuer = new_issuer(tmp_path, address)
    issued = issue(issuer, proof, suspendable=True)
    found = verdict(issuer, issued.credential)
    assert (found.verdict, found.issuer.proven, found.subject) == (Verdict.VERIFIED, True, RECIPIENT.iri)
    assert {check.outcome for check in found.checks} == {Outcome.PASS, Outcome.SKIPPED}
    assert next(check.outcome for check in found.checks if check.step is Step.RECIPIENT) is Outcome.PASS
    now, day = datetime.now(UTC), timedelta(days=1)
    coming = issue(issuer, proof, valid_from=now + day)
    gone = issue(issuer, proof, valid_from=now - 2 * day, valid_until=now - day)
    assert verdict(issuer, coming.credential).verdict is Verdict.NOT_YET_VALID
    assert verdict(issuer, gone.credential).verdict is Verdict.EXPIRED
    for act, expected in (
        (issuer.suspend, Verdict.SUSPENDED),
        (issuer.reinstate, Verdict.VERIFIED),
        (issuer.revoke, Verdict.REVOKED),
    ):
        act(issued.record.id, by="test")
        assert verdict(issuer, issued.credential).verdict is expected


@PROOFS
def test_our_own_verifier_refuses_what_was_changed(issuer: Issuer, proof: Proof) -> None:
    """Not one mutant has a verdict with which it would count."""
    credential = issue(issuer, proof).credential
    passed = [
        name
        for name, mutant in mutants_of(credential)
        if verdict(issuer, mutant).verdict in (Verdict.VERIFIED, Verdict.EXPIRED, Verdict.REVOKED)
    ]
    assert passed == []


@PROOFS
@pytest.mark.parametrize("picture", ["png", "svg"])
def test_what_is_baked_is_read_and_verified(issuer: Issuer, proof: Proof, picture: str) -> None:
    """From both kinds of pictures, a document and a token."""
    plain = make_png() if picture == "png" else PLAIN_SVG
    baked = bake(plain, issue(issuer, proof).credential)
    assert verdict(issuer, baked).verdict is Verdict.VERIFIED


@PROOFS
def test_a_record_of_documents_and_tokens_verifies_with_all_that_is_in_it(issuer: Issuer, proof: Proof) -> None:
    """Each embedded credential by itself; the record is revoked alone, a credential in it shows as what it is then.

    Its associations are signed: one that is changed afterwards is told.
    """
    parts = [issue(issuer, each) for each in Proof]
    association = Association(type=AssociationType.PART, source="urn:example:one", target="urn:example:other")
    credentials = [each.credential for each in parts]
    record = issuer.gather(credentials, replace(TERMS, proof=proof), associations=[association], partial=True)
    found = verdict(issuer, record.credential)
    assert found.verdict is Verdict.VERIFIED
    assert found.format == "CLR 2.0"
    assert [each.verdict for each in found.embedded] == [Verdict.VERIFIED] * 2
    if proof is Proof.DATA_INTEGRITY:
        changed = deepcopy(cast("dict[str, Any]", record.credential))
        changed["credentialSubject"]["association"][0]["targetId"] = "urn:example:third"
        assert verdict(issuer, changed).verdict is Verdict.TAMPERED
    issuer.revoke(parts[1].record.id, by="test")
    found = verdict(issuer, record.credential)
    assert [each.verdict for each in found.embedded] == [Verdict.VERIFIED, Verdict.REVOKED]
    issuer.revoke(record.record.id, by="test")
    assert verdict(issuer, record.credential).verdict is Verdict.REVOKED
    assert record.record.format == "clr2"


def test_what_is_published_is_at_its_address_and_nothing_else(issuer: Issuer) -> None:
    """Every address gives a document whose id it is, save keys and profile; others give nothing."""
    issue(issuer)
    addresses = issuer.published_addresses()
    assert f"{ADDRESS}/did.json" in addresses
    assert len(addresses) == 5
    for address in addresses:
        found = issuer.published_at(address)
        assert found is not None
        assert found.get("id") in (None, address, issuer.identity().did)
    for address in (
        "https://other.example/issuer/status/1",
        f"{ADDRESS}/issuer/status/9",
        f"{ADDRESS}/issuer/keys/1",
        ADDRESS,
    ):
        assert issuer.published_at(address) is None


def test_a_token_says_who_and_when_beside_the_credential(issuer: Issuer) -> None:
    """VC-JWT of VC 2.0: the credential is the payload; iss, jti, sub, nbf and exp repeat it."""
    token = issue(issuer, Proof.JWT, valid_from=NOW, valid_until=NOW + timedelta(days=1)).credential
    header = jwt.get_unverified_header(token)
    (method,) = cast("list[dict[str, str]]", issuer.did_document()["verificationMethod"])
    assert header == {"alg": "EdDSA", "typ": "JWT", "kid": method["id"]}
    (key,) = cast("list[dict[str, str]]", issuer.key_set()["keys"])
    raw = base64.urlsafe_b64decode(key["x"] + "=")
    read = jwt.decode(
        token, Ed25519PublicKey.from_public_bytes(raw), algorithms=["EdDSA"], options={"verify_exp": False}
    )
    assert key["kid"] == header["kid"]
    assert (read["iss"], read["sub"]) == (issuer.identity().did, RECIPIENT.iri)
    assert read["jti"] == read["id"]
    assert (read["nbf"], read["exp"]) == (int(NOW.timestamp()), int(NOW.timestamp()) + 86_400)
    assert read["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert "vc" not in read


def test_a_retired_key_still_verifies_and_signs_no_more(tmp_path: Path) -> None:
    """did:web: the document names both keys, and the status list is signed with the new one."""
    issuer = new_issuer(tmp_path)
    before = issue(issuer)
    first, did = before.record.key, issuer.identity().did
    assert issuer.rotate().did == did
    after = issue(issuer)
    assert after.record.key != first
    assert [each.name for each in (tmp_path / "issuer" / "keys").iterdir()] == [f"{after.record.key.split('#')[1]}.pem"]
    for each in (before, after):
        accept(issuer, each.credential)
    issuer.revoke(before.record.id, by="test")
    with pytest.raises(OpenvcError, match="revoked"):
        accept(issuer, before.credential)
    assert len(cast("list[Any]", issuer.did_document()["assertionMethod"])) == 2


def test_a_change_of_the_key_that_was_killed_leaves_the_former_key(issuer: Issuer, tmp_path: Path) -> None:
    """Its new key is on the disk and nothing names it: what signs is what the identity names, and the next change clears it away."""
    first = issue(issuer).record.key
    orphan = tmp_path / "issuer" / "keys" / "z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp.pem"
    orphan.write_bytes(b"half of a key")
    (tmp_path / "issuer" / "issuer.json.tmp").write_bytes(b'{"did": "did:web:')
    again = Issuer(tmp_path)
    assert issue(again).record.key == first
    again.rotate()
    assert not orphan.exists()
    accept(again, issue(again).credential)


def test_a_development_issuer_keeps_a_retired_key_for_its_status_lists(tmp_path: Path) -> None:
    """did:key: another key is another DID; what the former one issued can still be revoked."""
    issuer = new_issuer(tmp_path, None)
    before = issue(issuer)
    issuer.rotate()
    after = issue(issuer)
    assert before.record.issuer != after.record.issuer
    assert after.record.issuer == issuer.identity().did == f"did:key:{after.record.key.split('#')[1]}"
    for each in (before, after):
        accept(issuer, each.credential)
        issuer.revoke(each.record.id, by="test")
        with pytest.raises(OpenvcError, match="revoked"):
            accept(issuer, each.credential)


@pytest.mark.parametrize("address", [ADDRESS, None], ids=["web", "key"])
def test_a_compromised_key_vouches_for_nothing(tmp_path: Path, address: str | None) -> None:
    """It is not published, and of a did:key no status list is signed any more; what the new key signs verifies."""
    issuer = new_issuer(tmp_path, address)
    before = issue(issuer)
    issuer.rotate(compromised=True)
    with pytest.raises((OpenvcError, InputError)):
        accept(issuer, before.credential)
    accept(issuer, issue(issuer).credential)
    assert len(list((tmp_path / "issuer" / "keys").iterdir())) == 1


def test_suspension_can_be_taken_back_and_revocation_cannot(issuer: Issuer) -> None:
    """Each with its own list and entry; what was not issued as suspendable cannot be suspended."""
    plain, both = issue(issuer), issue(issuer, suspendable=True)
    assert isinstance(plain.credential["credentialStatus"], dict), "Open Badges 3.0 allows one"
    assert [each["statusPurpose"] for each in both.credential["credentialStatus"]] == ["revocation", "suspension"]
    with pytest.raises(InputError) as caught:
        issuer.suspend(plain.record.id, by="test")
    assert caught.value.code == "issuer.not-suspendable"
    for _ in range(2):
        assert issuer.suspend(both.record.id, by="test").suspended_at is not None
    with pytest.raises(OpenvcError, match="suspended"):
        accept(issuer, both.credential)
    assert issuer.reinstate(both.record.id, by="test").suspended_at is None
    accept(issuer, both.credential)
    issuer.suspend(both.record.id, by="test")
    first = issuer.revoke(both.record.id, by="test")
    assert issuer.revoke(both.record.id, by="other") == first, "a second time changes nothing"
    for change in (issuer.suspend, issuer.reinstate):
        with pytest.raises(InputError) as caught:
            change(both.record.id, by="test")
        assert caught.value.code == "issuer.revoked"
    with pytest.raises(UnknownReferenceError):
        issuer.revoke("urn:uuid:none", by="test")


def test_an_achievement_has_one_address_for_one_content(issuer: Issuer) -> None:
    """The same definition is the same address, another text another one; it is served as it was issued."""
    first = issuer.define(ACHIEVEMENT)
    assert issuer.define(ACHIEVEMENT) == first
    assert issuer.define(replace(first)) == first, "it does not depend on the address that it has"
    assert issuer.define(replace(ACHIEVEMENT, name="Other")).iri != first.iri
    assert first.iri.startswith(f"{ADDRESS}/issuer/achievements/")
    served = issuer.achievement(first.iri.rpartition("/")[2])
    assert served is not None
    credential = issue(issuer).credential
    assert {"@context": served["@context"], **credential["credentialSubject"]["achievement"]} == served
    assert sorted(issuer.achievement_keys()) == issuer.achievement_keys()
    for key in ("none", "../issuer", "0" * 32, "../../issuer/achievements/" + first.iri[-32:]):
        assert issuer.achievement(key) is None


def test_a_learner_is_nowhere_in_the_clear(tmp_path: Path) -> None:
    """Neither name nor identifier nor the text of an award is in any file; secrets are their owner's alone."""
    issuer = new_issuer(tmp_path)
    issue(issuer)
    whole = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).lower()
    for marker in (b"kim@", str(RECIPIENT.iri).lower().encode(), b"two years", b"seams/7", b"licence-77", b"salt-1"):
        assert marker not in whole, marker
    for name in (
        "issuer.json",
        "register.jsonl",
        *(f"keys/{path.name}" for path in (tmp_path / "issuer/keys").iterdir()),
    ):
        assert stat.S_IMODE((tmp_path / "issuer" / name).stat().st_mode) == 0o600, name
    assert stat.S_IMODE((tmp_path / "issuer").stat().st_mode) == 0o700


def test_what_a_recipient_has_is_found_by_any_of_their_names(issuer: Issuer) -> None:
    """By a keyed hash, so that only this issuer can look; others find nothing."""
    mine = issue(issuer).record
    other = issue(issuer, recipient=Recipient(iri="did:example:other")).record
    by_mail = Recipient(identifiers=(identifier("emailAddress", "KIM@learners.example", "another salt"),))
    assert [each.id for each in issuer.issued(recipient=by_mail)] == [mine.id]
    assert [each.id for each in issuer.issued(recipient=Recipient(iri=other.id))] == []
    assert [each.id for each in issuer.issued()] == [mine.id, other.id]
    assert mine.digest != other.digest


@PROOFS
def test_the_register_s_digest_is_of_what_left(issuer: Issuer, proof: Proof) -> None:
    """So that a credential that comes back can be recognised, whatever white space it has now."""
    issued = issue(issuer, proof)
    again = (
        issued.credential if isinstance(issued.credential, str) else json.loads(json.dumps(issued.credential, indent=3))
    )
    assert digest(again) == issued.record.digest


def test_what_cannot_be_issued_takes_no_place(issuer: Issuer, tmp_path: Path) -> None:
    """A refused award leaves no line; one that follows is the first."""
    with pytest.raises(InputError):
        issuer.issue(issuer.define(ACHIEVEMENT), replace(TERMS, recipient=Recipient()), DETAILS)
    assert not (tmp_path / "issuer" / "register.jsonl").exists()
    assert issuer.status_list(1) is None
    assert {number for number, _ in issue(issuer).record.status} == {1}


def test_a_register_that_was_changed_is_not_believed(issuer: Issuer, tmp_path: Path) -> None:
    """A line changed or removed anywhere but at the end breaks the chain, and nothing more is issued."""
    for _ in range(3):
        issue(issuer)
    path = tmp_path / "issuer" / "register.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        [lines[0], *lines[2:]],
        [lines[0], lines[1].replace(b"ob3", b"ob4"), *lines[2:]],
        [lines[0], lines[2], lines[1], *lines[3:]],
        [lines[0], b"\n", *lines[1:]],
    ):
        path.write_bytes(b"".join(changed))
        with pytest.raises(DamagedError) as caught:
            issue(Issuer(tmp_path))
        assert caught.value.code == "issuer.damaged"
        assert path.read_bytes() == b"".join(changed)
    path.write_bytes(b"".join(lines))
    assert len(list(Issuer(tmp_path).issued())) == 3


def test_a_line_that_was_cut_off_is_not_there_and_the_next_takes_its_place(issuer: Issuer, tmp_path: Path) -> None:
    """Cut at any byte of the last line: what was acknowledged before is kept, and issuing goes on."""
    kept = issue(issuer).record
    path = tmp_path / "issuer" / "register.jsonl"
    whole = path.stat().st_size
    issue(issuer)
    content = path.read_bytes()
    for cut in range(whole, len(content), 37):
        path.write_bytes(content[:cut])
        again = Issuer(tmp_path)
        assert [each.id for each in again.issued()] == [kept.id]
        following = issue(again).record
        assert [each.id for each in Issuer(tmp_path).issued()] == [kept.id, following.id]


ISSUING = """
import sys
from dataclasses import replace
from pathlib import Path
from credential_samples import ACHIEVEMENT, RECIPIENT
from graph.issuer import Issuer, Proof, Terms
issuer = Issuer(Path(sys.argv[1]))
achievement = issuer.define(replace(ACHIEVEMENT, results=()))
while True:
    issued = issuer.issue(achievement, Terms(recipient=RECIPIENT, proof=Proof.JWT))
    print(issued.record.id, *issued.record.status[0], flush=True)
    if issued.record.status[0][1] % 3 == 0:
        issuer.revoke(issued.record.id, by="test")
        print("revoked", issued.record.id, flush=True)
"""


def test_whoever_is_killed_while_issuing_loses_nothing_that_left(tmp_path: Path) -> None:
    """Two processes at once, killed again and again: each credential that left is in the register, with an index of its own."""
    new_issuer(tmp_path)
    left: list[list[str]] = []
    for number in range(3):
        command = [sys.executable, "-c", ISSUING, str(tmp_path)]
        workers = [
            subprocess.Popen(
                command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
            )
            for _ in range(2)
        ]
        for worker in workers:
            assert worker.stdout is not None
            left.extend(worker.stdout.readline().split() for _ in range(number + 1))
            worker.send_signal(signal.SIGKILL)
        for worker in workers:
            assert worker.stdout is not None
            left += [line.split() for line in worker.stdout if line.endswith("\n")]
            worker.wait(60)
            worker.stdout.close()
    found = {each.id: each for each in Issuer(tmp_path).issued()}
    issued = [line for line in left if line and line[0] != "revoked"]
    assert len(issued) >= 10
    for identifier_of, number_of, index in issued:
        assert found[identifier_of].status == ((int(number_of), int(index)),)
    for line in left:
        if line and line[0] == "revoked":
            assert found[line[1]].revoked_at is not None
    places = [each.status for each in found.values()]
    assert len(set(places)) == len(places)
    accept(Issuer(tmp_path), issue(Issuer(tmp_path)).credential)


def test_threads_of_one_process_share_an_issuer(issuer: Issuer, tmp_path: Path) -> None:
    """Twenty threads, one credential each, each with a place of its own; another object of the same folder sees them."""
    threads = [threading.Thread(target=issue, args=(issuer,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    places = {each.status for each in Issuer(tmp_path).issued()}
    assert len(places) == 20


def test_a_status_list_is_signed_anew_when_it_changes_and_when_it_grows_old(tmp_path: Path) -> None:
    """Within half of its time to live the same bytes are served; a revocation shows at once, in other processes too."""
    now = [datetime(2026, 5, 4, tzinfo=UTC)]
    issuer = new_issuer(tmp_path, clock=lambda: now[0])
    first, second = issue(issuer).record, issue(issuer).record
    served = issuer.status_list(1)
    now[0] += timedelta(seconds=149)
    assert issuer.status_list(1) == served
    now[0] += timedelta(seconds=1)
    assert issuer.status_list(1) != served
    before = issuer.status_list(1)
    Issuer(tmp_path).revoke(first.id, by="other process")
    changed = issuer.status_list(1)
    assert before is not None
    assert changed is not None
    assert encoded(changed) != encoded(before)
    Issuer(tmp_path).revoke(second.id, by="other process")
    assert encoded(cast("dict[str, Any]", issuer.status_list(1))) != encoded(changed)
    assert issuer.status_list(2) is None


def encoded(status_list: dict[str, Any]) -> str:
    return str(status_list["credentialSubject"]["encodedList"])


@pytest.mark.parametrize(
    ("address", "did"),
    [
        ("https://college.example", "did:web:college.example"),
        ("https://college.example:8443/a/b", "did:web:college.example%3A8443:a:b"),
        ("http://college.example", None),
        (None, None),
    ],
)
def test_who_issues_is_known_by_the_public_address_or_by_the_key(
    tmp_path: Path, address: str | None, did: str | None
) -> None:
    """did:web needs https; anything else is for development."""
    identity = new_issuer(tmp_path, address).identity()
    assert identity.did == (did or f"did:key:{identity.key.multikey}")
    assert identity.address == (address or DEVELOPMENT_ADDRESS)


def test_an_issuer_is_made_once_and_issues_at_its_address_alone(issuer: Issuer, tmp_path: Path) -> None:
    """A second one, another address, none at all: each is told."""
    refused: list[tuple[Callable[[], object], str]] = [
        (lambda: issuer.create({}, "Other", ADDRESS), "issuer.exists"),
        (lambda: issuer.check_address("https://other.example"), "issuer.address"),
        (lambda: issuer.check_address(None), "issuer.address"),
        (lambda: Issuer(tmp_path / "empty").identity(), "issuer.none"),
        (lambda: Issuer(tmp_path / "empty").create({}, " ", None), "issuer.name"),
        (lambda: Issuer(tmp_path / "empty").create({"url": "here"}, "A", None), "issue.iri"),
    ]
    for act, code in refused:
        with pytest.raises(HeadwaterError) as caught:
            act()
        assert caught.value.code == code
        assert caught.value.hint
    issuer.check_address(ADDRESS)
    assert not (tmp_path / "empty" / "issuer").exists()


def test_a_damaged_identity_or_key_issues_nothing(issuer: Issuer, tmp_path: Path) -> None:
    """A key that is gone, another's key, a file that cannot be read."""
    (key,) = (tmp_path / "issuer" / "keys").iterdir()
    content = key.read_bytes()
    other = new_issuer(tmp_path / "other")
    (others,) = (tmp_path / "other" / "issuer" / "keys").iterdir()
    assert other.identity().did
    for wrong in (b"", content[:-40], others.read_bytes()):
        key.write_bytes(wrong)
        with pytest.raises(DamagedError):
            issue(Issuer(tmp_path))
    key.write_bytes(content)
    issue(Issuer(tmp_path))
    (tmp_path / "issuer" / "issuer.json").write_text("{}")
    with pytest.raises(DamagedError):
        Issuer(tmp_path).identity()
    assert issuer is not None
