"""Records of CLR 1.0: signed and hosted ones are proven, others read; what in them does not count. All is invented."""

import json
from typing import Any

import pytest
from credential_forms import BADGES, NOW, around_2, record_1
from proof_signing import Object, signer, token_of

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.resolving import FileResolver
from ontology.credentials.verdicts import Outcome, Step, Verdict, Verification
from ontology.credentials.verification import verify


def found(document: bytes | Object | str, **changed: Object) -> Verification:
    """What is found of a record, where some documents of the college are other ones."""
    known = {**around_2("RSA"), **{f"{BADGES}/{name}": each for name, each in changed.items()}}
    resolver = FileResolver({url: json.dumps(each).encode() for url, each in known.items()})
    data = (
        document
        if isinstance(document, bytes)
        else document.encode()
        if isinstance(document, str)
        else json.dumps(document).encode()
    )
    return verify(data, Circumstances(now=NOW, resolver=resolver))


def signed(number: int = 0, **changes: Any) -> str:
    by = signer("RSA", number) if number else signer("RSA")
    return token_of(record_1(**changes), by, kid=None, typ=None)


ELSEWHERE: Any = {"@context": "https://elsewhere.example/"}


def failed(verification: Verification) -> dict[Step, str]:
    return {each.step: each.reason or "" for each in verification.checks if each.outcome is Outcome.FAIL}


def test_a_signed_record_is_its_publishers() -> None:
    """By the key that the publisher's own profile names; the context, which is not bundled, is a remark."""
    verification = found(signed())
    assert (verification.verdict, verification.format) == (Verdict.VERIFIED, "CLR 1.0"), verification.checks
    assert (verification.issuer.id, verification.issuer.proven) == (f"{BADGES}/issuer", True)
    assert verification.subject == "urn:uuid:kim"
    (claim,) = verification.claims
    assert claim.achievement.iris == (f"{BADGES}/soldering",)
    assert claim.against is None
    context = next(each for each in verification.checks if each.step is Step.CONTEXT)
    assert context.outcome is Outcome.REMARK


def test_a_publisher_without_a_profile_of_its_own_is_not_proven() -> None:
    """Whoever signs can write any profile into a record, with a key of their own."""
    publisher = {"id": "urn:uuid:somebody", "type": "Profile", "publicKey": [f"{BADGES}/keys/1"]}
    key: Object = {**around_2("RSA")[f"{BADGES}/keys/1"], "owner": "urn:uuid:somebody"}
    verification = found(signed(publisher=publisher), **{"keys/1": key})
    assert (verification.verdict, verification.issuer.proven) == (Verdict.VERIFIED, False)


@pytest.mark.parametrize(
    ("token", "changed", "verdict", "step"),
    [
        (signed(1), {}, Verdict.TAMPERED, Step.PROOF),
        (signed(verification={"type": "Signed"}), {}, Verdict.UNVERIFIABLE, Step.PROOF),
        (signed(verification={"type": "Signed", "creator": f"{BADGES}/keys/2"}), {}, Verdict.UNVERIFIABLE, Step.PROOF),
        (signed(**ELSEWHERE), {}, Verdict.INVALID, Step.CONTEXT),
        (signed(publisher={"id": "no uri"}), {}, Verdict.INVALID, Step.SCHEMA),
        (signed(learner=None), {}, Verdict.INVALID, Step.SCHEMA),
        (signed(publisher={"id": "https://university.example/", "type": "Profile"}), {}, Verdict.TAMPERED, Step.ISSUER),
        (signed(issuedOn="2030-01-01T00:00:00Z"), {}, Verdict.NOT_YET_VALID, Step.DATES),
        (signed(revoked=True, revocationReason="By mistake."), {}, Verdict.REVOKED, Step.STATUS),
        (signed(), {"revoked": {"id": f"{BADGES}/revoked", "revokedAssertions": ["urn:uuid:1-1"]}}, Verdict.REVOKED, Step.STATUS),
        (record_1(), {}, Verdict.UNVERIFIABLE, Step.PROOF),
        (record_1(verification=None), {}, Verdict.UNVERIFIABLE, Step.PROOF),
        (record_1(verification={"type": "Hosted"}), {}, Verdict.INVALID, Step.PROOF),
        (record_1(verification={"type": "Hosted"}, id=f"{BADGES}/gone"), {}, Verdict.UNVERIFIABLE, Step.PROOF),
        (record_1(verification={"type": "Hosted"}, id=f"{BADGES}/r"), {"r": record_1()}, Verdict.TAMPERED, Step.PROOF),
        (record_1(type="ExtendedTranscript", person={"id": "urn:uuid:kim"}, issuer={"id": f"{BADGES}/issuer"}), {},
         Verdict.UNVERIFIABLE, Step.PROOF),
    ],
)  # fmt: skip
def test_a_record_that_its_publisher_does_not_stand_behind(
    token: Any, changed: dict[str, Object], verdict: Verdict, step: Step
) -> None:
    """Another's key, none, another publisher, another context, revoked, elsewhere, not there."""
    verification = found(token, **changed)
    assert verification.verdict is verdict, verification.checks
    assert failed(verification)[step]
    assert not verification.issuer.proven or verdict in (Verdict.NOT_YET_VALID, Verdict.REVOKED)


def test_assertions_that_do_not_count_are_told() -> None:
    """Revoked, expired, of another than the publisher; the record is verified all the same."""
    achievement = {"id": f"{BADGES}/soldering", "type": "Achievement", "name": "Soldering"}
    others = {**achievement, "id": "urn:uuid:a", "issuer": "https://university.example/"}
    assertions = [
        {"id": "urn:uuid:1", "achievement": achievement},
        {"id": "urn:uuid:2", "achievement": achievement, "revoked": True},
        {"id": "urn:uuid:3", "achievement": achievement, "expires": "2026-02-01T00:00:00Z"},
        {"id": "urn:uuid:4", "achievement": others},
        {"id": "urn:uuid:5", "achievement": "urn:uuid:b"},
    ]
    beside = [{**achievement, "id": "urn:uuid:b", "issuer": {"id": "https://university.example/"}}]
    verification = found(signed(assertions=assertions, achievements=beside))
    assert verification.verdict is Verdict.VERIFIED
    told = [claim.against or "" for claim in verification.claims]
    assert [bool(each) for each in told] == [False, True, True, True, True]
    for each, word in zip(told[1:], ("revoked", "expired", "university", "university"), strict=True):
        assert word in each
