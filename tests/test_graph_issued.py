"""What an issuer issues, whole and with everything that can be said of an award, is accepted by others.

By an independent verifier (openvc-core, and PyJWT for tokens of VC 2.0), and by the published schemas where the
reference folder is there. Issuer and learner are invented.
"""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from credential_samples import ACHIEVEMENT
from openvc import OpenvcError
from test_graph_issuer import ADDRESS, DETAILS, PROOFS, TERMS, accept, mutants_of, new_issuer, verdict

from graph.issuer import Issuer, Proof, Terms
from ontology.credentials.canonical import UnknownContextError, UnsafeDocumentError, canonical_rdf
from ontology.credentials.verdicts import Verdict

FULL = replace(TERMS, suspendable=True, valid_until=datetime.now(UTC) + timedelta(days=365))


def badge_of(issuer: Issuer, terms: Terms) -> Any:
    return issuer.issue(issuer.define(ACHIEVEMENT), terms, DETAILS)


def record_of(issuer: Issuer, terms: Terms) -> Any:
    """A record of a badge of each kind of proof."""
    parts = [badge_of(issuer, replace(terms, proof=each)).credential for each in Proof]
    return issuer.gather(parts, terms)


def said_by(document: dict[str, Any]) -> str | None:
    """The statements of a document without its proof; None where it makes none that could be signed."""
    try:
        return canonical_rdf({name: each for name, each in document.items() if name != "proof"})
    except (UnsafeDocumentError, UnknownContextError):
        return None


def accept_whole(issuer: Issuer, credential: Any) -> None:
    """Nothing, where openvc accepts a credential and each that is inside. Raises as `accept`.

    openvc wants a document to be what PyLD's compaction makes of it. No CLR is: the published context gives the
    members of a ClrSubject a datatype, so that none of them is chosen for an object. That one look is left out then.
    """
    subject = payload(credential)["credentialSubject"]
    inside = subject.get("verifiableCredential", []) if isinstance(subject, dict) else []
    with pytest.MonkeyPatch.context() as patched:
        if inside:
            patched.setattr("openvc.proof.data_integrity.validate_document", lambda *_: None)
        accept(issuer, credential)
    for each in inside:
        enveloped = each["id"].removeprefix("data:application/vc+jwt,")
        accept(issuer, enveloped if enveloped != each["id"] else each)


BOTH = pytest.mark.parametrize("make", [badge_of, record_of], ids=["ob3", "clr2"])


def payload(credential: Any) -> dict[str, Any]:
    """The document, or what a token carries."""
    if isinstance(credential, dict):
        return credential
    found: dict[str, Any] = jwt.decode(credential, options={"verify_signature": False})
    return {name: value for name, value in found.items() if name not in ("iss", "sub", "jti", "nbf", "exp", "iat")}


def test_everything_that_is_known_of_an_award_is_in_it(tmp_path: Path) -> None:
    """Results, alignments, status, evidence, image: what the others look at is there."""
    document = payload(badge_of(new_issuer(tmp_path), FULL).credential)
    subject = document["credentialSubject"]
    assert len(document["credentialStatus"]) == 2
    assert document["evidence"][0]["narrative"]
    assert len(subject["result"]) == 4
    achievement = subject["achievement"]
    assert achievement["image"]["type"] == "Image"
    assert len(achievement["alignment"]) == 2
    assert achievement["resultDescription"][3]["rubricCriterionLevel"][1]["alignment"]


@PROOFS
@BOTH
@pytest.mark.parametrize("address", [ADDRESS, None], ids=["web", "key"])
def test_it_is_accepted_until_it_is_suspended_or_revoked(
    tmp_path: Path, make: Any, proof: Proof, address: str | None
) -> None:
    """By the independent verifier as by ours."""
    issuer = new_issuer(tmp_path, address)
    issued = make(issuer, replace(FULL, proof=proof))
    accept_whole(issuer, issued.credential)
    assert verdict(issuer, issued.credential).verdict is Verdict.VERIFIED
    for act, expected in ((issuer.suspend, Verdict.SUSPENDED), (issuer.revoke, Verdict.REVOKED)):
        act(issued.record.id, by="test")
        with pytest.raises(OpenvcError, match=r"revoked|suspended"):
            accept_whole(issuer, issued.credential)
        assert verdict(issuer, issued.credential).verdict is expected


@PROOFS
def test_no_mutant_of_a_record_is_accepted(tmp_path: Path, proof: Proof) -> None:
    """Values of the record and of what is in it changed or gone: neither verifier takes one that says something else.

    What a badge says of its issuer the record says too, so that it is not gone where it is left out once.
    """
    issuer = new_issuer(tmp_path)
    credential = record_of(issuer, replace(FULL, proof=proof)).credential
    mutants = list(mutants_of(credential))
    assert len(mutants) > 60
    for name, mutant in mutants[:: max(1, len(mutants) // 60)]:
        if isinstance(mutant, dict) and said_by(mutant) == said_by(credential):
            continue
        with pytest.raises((OpenvcError, jwt.PyJWTError, ValueError)):
            accept_whole(issuer, mutant)
        assert verdict(issuer, mutant).verdict in (Verdict.INVALID, Verdict.TAMPERED, Verdict.UNVERIFIABLE), name


if "HEADWATER_REFERENCE" in os.environ:
    from test_ontology_credentials_issuing import STANDARDS, of_version_2

    @PROOFS
    @BOTH
    def test_published_schemas_accept_it_whole(tmp_path: Path, make: Any, proof: Proof) -> None:
        """1EdTech's of the format and W3C's of VC 2.0, with proof and status; without its subject they refuse it.

        1EdTech's know one status alone, and no enveloped credential in a record: what can be suspended too, and so has
        two, and a record with a token in it are accepted by W3C's.
        """
        from jsonschema import Draft202012Validator

        paths = {
            badge_of: "openbadges-3.0/schema/ob_v3p0_achievementcredential_schema_draft4.json",
            record_of: "clr-2.0/schema/clr_v2p0_clrcredential_schema_draft4.json",
        }
        w3c = STANDARDS / "vc-data-model/schema/verifiable-credential/verifiable-credential-schema.json"
        issuer = new_issuer(tmp_path)
        plain = replace(FULL, proof=proof, suspendable=False)
        ours = issuer.gather([badge_of(issuer, replace(plain, proof=Proof.DATA_INTEGRITY)).credential], plain)
        known = ours if make is record_of else badge_of(issuer, plain)
        whole = make(issuer, replace(FULL, proof=proof))
        for document, schema in (
            (payload(known.credential), of_version_2(paths[make])),
            (payload(known.credential), json.loads(w3c.read_text("utf-8"))),
            (payload(whole.credential), json.loads(w3c.read_text("utf-8"))),
        ):
            validator = Draft202012Validator(schema)
            assert [error.message for error in validator.iter_errors(document)] == []
            assert not validator.is_valid({**document, "credentialSubject": 7})
