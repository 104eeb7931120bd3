"""The verdict of a credential: each step has a document that passes it and one that does not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from credential_signing import CONTEXTS, LEARNER, Signer, achievement, badge, record

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.identity import read_identity
from ontology.credentials.resolving import FileResolver
from ontology.credentials.trust import TrustList
from ontology.credentials.verdicts import Check, Outcome, Step, Verdict, Verification
from ontology.credentials.verification import is_well, verify

NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNDER = Circumstances(now=NOW)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


def found(document: Any, under: Circumstances = UNDER) -> Verification:
    return verify(document.encode() if isinstance(document, str) else json.dumps(document).encode(), under)


def check(verification: Verification, step: Step) -> Check:
    return next(each for each in verification.checks if each.step is step)


def test_a_signed_badge_of_a_did_key_is_verified_and_its_issuer_is_proven(signer: Signer) -> None:
    """The key is the issuer's DID: nothing has to be resolved, and every step is told once, in order."""
    verification = found(signer.sign(badge(signer)))
    assert (verification.verdict, verification.format) == (Verdict.VERIFIED, "Open Badges 3.0")
    assert (verification.issuer.id, verification.issuer.proven) == (signer.did, True)
    assert verification.subject == LEARNER
    assert [each.step for each in verification.checks] == list(Step)
    assert check(verification, Step.PROOF).outcome is Outcome.PASS
    assert is_well(verification)


def test_a_badge_as_a_token_is_verified(signer: Signer) -> None:
    """A VC-JWT by a key in its `kid` is the same credential."""
    document = badge(signer, **{"@context": ["https://www.w3.org/2018/credentials/v1", CONTEXTS[1]]}, validFrom=None)
    document["issuanceDate"] = "2026-01-01T00:00:00Z"
    verification = found(signer.token(document, sub=LEARNER, jti=document["id"], nbf=1767225600))
    assert (verification.verdict, verification.issuer.proven) == (Verdict.VERIFIED, True), verification.checks


def test_a_changed_claim_is_tampered(signer: Signer) -> None:
    """What was signed said something else."""
    document = signer.sign(badge(signer))
    document["credentialSubject"]["achievement"]["name"] = "Brain surgery"
    verification = found(document)
    assert verification.verdict is Verdict.TAMPERED
    assert check(verification, Step.PROOF).outcome is Outcome.FAIL


def test_an_undefined_term_is_invalid(signer: Signer) -> None:
    """No signature covers it, so that anybody could have added it."""
    document = signer.sign(badge(signer))
    document["credentialSubject"]["grandmaster"] = True
    verification = found(document)
    assert verification.verdict is Verdict.INVALID
    assert "grandmaster" in str(check(verification, Step.JSON_LD).reason)


def test_an_undefined_type_is_invalid(signer: Signer) -> None:
    """A type that no context defines is not signed either."""
    verification = found(badge(signer, type=["VerifiableCredential", "OpenBadgeCredential", "RoyalCredential"]))
    assert verification.verdict is Verdict.INVALID
    assert "RoyalCredential" in str(check(verification, Step.JSON_LD).reason)


@pytest.mark.parametrize(
    "context", ["https://college.example/context.json", {"grandmaster": "https://college.example/grandmaster"}]
)
def test_a_context_that_is_not_bundled_is_unverifiable(signer: Signer, context: Any) -> None:
    """One that would have to be fetched, and one that the document writes itself."""
    verification = found(badge(signer, **{"@context": [*CONTEXTS, context]}))
    assert verification.verdict is Verdict.UNVERIFIABLE
    assert check(verification, Step.CONTEXT).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"issuer": None}, Step.SCHEMA),
        ({"issuer": "no uri"}, Step.SCHEMA),
        ({"credentialSubject": {"id": LEARNER, "type": ["AchievementSubject"]}}, Step.SCHEMA),
        ({"validFrom": "1 June 2026"}, Step.SCHEMA),
        ({"id": None}, Step.SCHEMA),
        ({"@context": [CONTEXTS[1], CONTEXTS[0]]}, Step.CONTEXT),
        ({"@context": [CONTEXTS[0]]}, Step.CONTEXT),
    ],
)
def test_what_a_badge_must_have_and_has_not_is_invalid(signer: Signer, changes: dict[str, Any], step: Step) -> None:
    """A required member missing or wrong, an issuer without a URI, contexts out of order."""
    verification = found(badge(signer, **changes))
    assert verification.verdict is Verdict.INVALID
    assert check(verification, step).outcome is Outcome.FAIL
    assert verification.claims == ()


def test_without_a_proof_a_badge_is_unverifiable(signer: Signer) -> None:
    """It is well-formed, and nobody signed it."""
    verification = found(badge(signer))
    assert verification.verdict is Verdict.UNVERIFIABLE
    assert check(verification, Step.PROOF).reason == "There is no proof."


def test_the_instant_decides_whether_it_is_valid_yet_and_still(signer: Signer) -> None:
    """Not before validFrom, not after validUntil."""
    document = signer.sign(badge(signer, validFrom="2026-03-01T00:00:00Z", validUntil="2026-04-01T00:00:00+02:00"))
    verdicts = {
        moment: found(document, Circumstances(now=moment)).verdict
        for moment in (
            datetime(2026, 2, 1, tzinfo=UTC),
            datetime(2026, 3, 15, tzinfo=UTC),
            datetime(2026, 3, 31, 22, 30, tzinfo=UTC),
        )
    }
    assert list(verdicts.values()) == [Verdict.NOT_YET_VALID, Verdict.VERIFIED, Verdict.EXPIRED]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"validUntil": "0001-01-01T00:00:00+14:00", "validFrom": "0001-01-01T00:00:00+14:00"}, Verdict.EXPIRED),
        ({"validFrom": "9999-12-31T23:59:59-14:00"}, Verdict.NOT_YET_VALID),
        ({"validUntil": "9999-12-31T23:59:59-14:00"}, Verdict.VERIFIED),
    ],
)
def test_the_first_and_last_hours_of_all_years_are_dates(
    signer: Signer, changes: dict[str, Any], verdict: Verdict
) -> None:
    """Though they are in no year of UTC."""
    assert found(signer.sign(badge(signer, **changes))).verdict is verdict


def test_the_graver_verdict_stands(signer: Signer) -> None:
    """Expired and tampered is tampered; tampered with an undefined term is invalid."""
    document = signer.sign(badge(signer, validUntil="2026-02-01T00:00:00Z"))
    assert found(document).verdict is Verdict.EXPIRED
    document["name"] = "Another"
    assert found(document).verdict is Verdict.TAMPERED
    document["undefinedTerm"] = 1
    assert found(document).verdict is Verdict.INVALID


def test_a_key_in_the_fragment_of_an_address_proves_nothing_of_the_issuer(signer: Signer) -> None:
    """The proof holds; only a trust list that names the key makes the issuer count, and never another's key."""
    issuer = "https://college.example/issuer"
    document = badge(signer, issuer={"id": issuer, "type": ["Profile"], "name": "Invented College"})
    document = signer.sign(document, method=f"{issuer}#{signer.multikey}")
    plain = found(document)
    assert (plain.verdict, plain.issuer.proven, plain.issuer.trusted) == (Verdict.VERIFIED, False, False)
    assert check(plain, Step.ISSUER).outcome is Outcome.REMARK
    for keys, trusted in (({signer.multikey}, True), ({Signer().multikey}, False)):
        listed = Circumstances(now=NOW, trust=TrustList({issuer: frozenset(keys)}))
        assert found(document, listed).issuer.trusted is trusted


def test_an_unknown_status_type_is_unverifiable_and_nothing_is_asked_of_a_broken_proof(signer: Signer) -> None:
    """The status belongs to what was signed."""
    status = {"id": "https://college.example/status/1", "type": "https://college.example/OwnStatus"}
    document = signer.sign(badge(signer, credentialStatus=status))
    verification = found(document)
    assert verification.verdict is Verdict.UNVERIFIABLE
    assert check(verification, Step.STATUS).outcome is Outcome.FAIL
    document["name"] = "Another"
    assert check(found(document), Step.STATUS).outcome is Outcome.SKIPPED


def test_the_recipients_hash_is_compared_with_who_is_asked_about(signer: Signer) -> None:
    """The salted hash of an address is that address's and nobody else's; a malformed one is invalid."""
    identity = {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": "sha256$8f6c1dc4fa7b7ad0e2d1f1a5a83ef3f0f2d5a4c8b1d5b9c3f1a9d2f4b7c6e5d4",
        "identityType": "emailAddress",
        "salt": "sea",
    }
    import hashlib

    identity["identityHash"] = "sha256$" + hashlib.sha256(b"kim@learners.examplesea").hexdigest()
    subject = {"type": ["AchievementSubject"], "identifier": [identity], "achievement": achievement()}
    document = signer.sign(badge(signer, credentialSubject=subject))
    assert check(found(document), Step.RECIPIENT).outcome is Outcome.SKIPPED
    hers = found(document, Circumstances(now=NOW, recipients=("Kim@Learners.example",)))
    assert check(hers, Step.RECIPIENT).outcome is Outcome.PASS
    his = found(document, Circumstances(now=NOW, recipients=("lee@learners.example",)))
    assert check(his, Step.RECIPIENT).outcome is Outcome.FAIL
    assert his.verdict is Verdict.VERIFIED
    assert not is_well(his)
    identity["identityHash"] = "sha256$abc"
    assert found(signer.sign(badge(signer, credentialSubject=subject))).verdict is Verdict.INVALID


def test_the_identity_of_the_specification_is_recognised() -> None:
    """Open Badges 2.0's own example: the hash of an address with the salt `deadsea`."""
    identity = read_identity(
        {
            "type": "email",
            "hashed": True,
            "salt": "deadsea",
            "identity": "sha256$c7ef86405ba71b85acd8e2e95166c4b111448089f2e1599f42fe1bba46e865c5",
        }
    )
    assert identity is not None
    assert identity.is_of("mayze@email.example.org") is False
    plain = read_identity({"type": "email", "hashed": False, "identity": "kim@learners.example"})
    assert plain is not None
    assert plain.is_of("KIM@learners.example")


def test_credentials_inside_a_record_have_each_their_own_verdict(signer: Signer) -> None:
    """A good one, an expired one, and one without a proof of the same issuer that the record's proof covers."""
    good = signer.sign(badge(signer))
    late = signer.sign(badge(signer, id="urn:uuid:2", validUntil="2026-02-01T00:00:00Z"))
    bare = badge(signer, id="urn:uuid:3")
    stranger = Signer()
    foreign = badge(stranger, id="urn:uuid:4")
    verification = found(signer.sign(record(signer, [good, late, bare, foreign])))
    assert (verification.verdict, verification.format) == (Verdict.VERIFIED, "CLR 2.0")
    assert [each.verdict for each in verification.embedded] == [
        Verdict.VERIFIED,
        Verdict.EXPIRED,
        Verdict.VERIFIED,
        Verdict.UNVERIFIABLE,
    ]
    assert verification.embedded[2].issuer.proven
    assert check(verification, Step.EMBEDDED).outcome is Outcome.REMARK


def test_a_record_that_was_tampered_with_covers_nothing(signer: Signer) -> None:
    """What has no proof of its own stands and falls with the record's."""
    document = signer.sign(record(signer, [badge(signer)]))
    document["credentialSubject"]["verifiableCredential"][0]["name"] = "Another"
    verification = found(document)
    assert verification.verdict is Verdict.TAMPERED
    assert [each.verdict for each in verification.embedded] == [Verdict.UNVERIFIABLE]


def test_a_presentation_is_its_holders_and_its_credentials_have_their_own_verdicts(signer: Signer) -> None:
    """The holder signs for authentication."""
    holder = Signer()
    presentation = {
        "@context": [CONTEXTS[0]],
        "type": ["VerifiablePresentation"],
        "holder": holder.did,
        "verifiableCredential": [signer.sign(badge(signer))],
    }
    signed = holder.sign(presentation, proofPurpose="authentication")
    verification = found(signed)
    assert (verification.format, verification.verdict) == ("W3C VP 2.0", Verdict.VERIFIED), verification.checks
    assert verification.issuer.proven
    assert [each.verdict for each in verification.embedded] == [Verdict.VERIFIED]
    assert found(presentation).verdict is Verdict.UNVERIFIABLE


def test_a_presentation_repeats_the_challenge_that_was_asked_for(signer: Signer) -> None:
    """So that it was made now and for who asks: another challenge or domain, or none, is unverifiable."""
    holder = Signer()
    presentation = {"@context": [CONTEXTS[0]], "type": ["VerifiablePresentation"], "holder": holder.did}
    signed = holder.sign(presentation, proofPurpose="authentication", challenge="c-1", domain="https://jobs.example")
    for challenge, domain, verdict in (
        ("c-1", "https://jobs.example", Verdict.VERIFIED),
        ("c-1", None, Verdict.VERIFIED),
        ("c-2", None, Verdict.UNVERIFIABLE),
        (None, "https://other.example", Verdict.UNVERIFIABLE),
    ):
        under = Circumstances(now=NOW, challenge=challenge, domain=domain)
        assert found(signed, under).verdict is verdict
    bare = holder.sign(presentation, proofPurpose="authentication")
    assert found(bare, Circumstances(now=NOW, challenge="c-1")).verdict is Verdict.UNVERIFIABLE


def test_an_endorsement_is_verified_by_itself_and_is_a_remark_where_it_does_not_hold(signer: Signer) -> None:
    """What somebody else says of a credential is no part of its verdict."""
    endorser = Signer()
    endorsement = {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:9",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": {"id": endorser.did, "type": ["Profile"]},
        "validFrom": "2026-01-01T00:00:00Z",
        "name": "Well done",
        "credentialSubject": {"id": signer.did, "type": ["EndorsementSubject"], "endorsementComment": "Good."},
    }
    good = found(signer.sign(badge(signer, endorsement=[endorser.sign(endorsement)])))
    assert check(good, Step.ENDORSEMENTS).outcome is Outcome.PASS, good.checks
    forged = endorser.sign(endorsement)
    forged["credentialSubject"]["endorsementComment"] = "The best."
    bad = found(signer.sign(badge(signer, endorsement=[forged])))
    assert (bad.verdict, check(bad, Step.ENDORSEMENTS).outcome) == (Verdict.VERIFIED, Outcome.REMARK)


# ------------------------------------------------------------------------------------------------ Open Badges 2.0

ASSERTION = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": "https://badges.example/assertions/1",
    "recipient": {"type": "email", "hashed": False, "identity": "kim@learners.example"},
    "issuedOn": "2026-01-01T00:00:00Z",
    "badge": "https://badges.example/welding",
    "verification": {"type": "hosted"},
}
BADGE_CLASS = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "BadgeClass",
    "id": "https://badges.example/welding",
    "name": "Pipe welding",
    "description": "Welds pipes.",
    "criteria": "https://badges.example/criteria",
    "issuer": "https://badges.example/issuer",
}
PROFILE = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Issuer",
    "id": "https://badges.example/issuer",
    "name": "Invented College",
    "url": "https://badges.example",
    "email": "registrar@badges.example",
}


def hosted(*documents: Any, **others: Any) -> Circumstances:
    known = {document["id"]: json.dumps(document).encode() for document in documents}
    return Circumstances(now=NOW, resolver=FileResolver(known), **others)


def test_a_hosted_badge_is_what_its_own_address_gives() -> None:
    """The same document at its own address, allowed by its issuer: verified, and the issuer is proven."""
    verification = found(ASSERTION, hosted(ASSERTION, BADGE_CLASS, PROFILE))
    assert (verification.verdict, verification.issuer.proven) == (Verdict.VERIFIED, True), verification.checks
    assert verification.subject == "email:kim@learners.example"
    assert verification.claims[0].achievement.iris == ("https://badges.example/welding",)


@pytest.mark.parametrize(
    ("documents", "verdict"),
    [
        ((), Verdict.UNVERIFIABLE),
        (({**ASSERTION, "issuedOn": "2025-01-01T00:00:00Z"}, BADGE_CLASS, PROFILE), Verdict.TAMPERED),
        (({"id": ASSERTION["id"], "revoked": True}, BADGE_CLASS, PROFILE), Verdict.REVOKED),
        (
            (ASSERTION, BADGE_CLASS, {**PROFILE, "verification": {"startsWith": "https://badges.example/other/"}}),
            Verdict.TAMPERED,
        ),
        (
            (ASSERTION, BADGE_CLASS, {**PROFILE, "verification": {"allowedOrigins": "elsewhere.example"}}),
            Verdict.TAMPERED,
        ),
        ((ASSERTION, BADGE_CLASS, {**PROFILE, "type": "Criteria"}), Verdict.INVALID),
        ((ASSERTION, {**BADGE_CLASS, "issuer": "https://university.example/issuer"},
          {**PROFILE, "id": "https://university.example/issuer"}), Verdict.TAMPERED),
    ],
)  # fmt: skip
def test_a_hosted_badge_that_its_issuer_does_not_stand_behind(documents: Any, verdict: Verdict) -> None:
    """Nothing there, another document there, revoked, an address that the issuer does not allow, a wrong issuer."""
    assert found(ASSERTION, hosted(*documents)).verdict is verdict


def test_a_profile_that_calls_itself_another_is_not_proven() -> None:
    """Whoever hosts a profile can write any identifier into it."""
    forged = {
        **PROFILE,
        "id": "https://university.example/issuer",
        "verification": {"allowedOrigins": "badges.example"},
    }
    documents = {
        ASSERTION["id"]: json.dumps(ASSERTION).encode(),
        BADGE_CLASS["id"]: json.dumps(BADGE_CLASS).encode(),
        PROFILE["id"]: json.dumps(forged).encode(),
    }
    under = Circumstances(now=NOW, resolver=FileResolver({str(key): value for key, value in documents.items()}))
    verification = found(ASSERTION, under)
    assert (verification.issuer.id, verification.issuer.proven) == ("https://university.example/issuer", False)
