"""Whatever is given, a report comes back: no document, token or status makes an error of the code."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_signing import Library, badge, raw_token, signer, with_proof

from ontology.credentials.proofs import verify_proofs
from ontology.credentials.reports import ProofOutcome, ProofReport, StatusOutcome, StatusReport
from ontology.credentials.resolving import NoResolver
from ontology.credentials.status import check_status
from ontology.credentials.tokens import verify_token

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ED = signer("Ed25519")
WORDS = st.sampled_from(
    ["", "id", "type", "@context", "@id", "@type", "@value", "@graph", "proof", "DataIntegrityProof", "eddsa-rdfc-2022", "eddsa-jcs-2022",
     "assertionMethod", "https://www.w3.org/ns/credentials/v2", "VerifiableCredential", "issuer", "credentialSubject", "verificationMethod",
     "cryptosuite", "proofPurpose", "proofValue", "z" * 90, ED.method, "did:web:x.example#1", "keys", "previousProof", "credentialStatus",
     "BitstringStatusListEntry", "statusPurpose", "revocation", "statusListIndex", "statusListCredential", "https://x.example/list", "\ud800", "\u0000"]
)  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5) | WORDS, inner, max_size=6),
    max_leaves=25,
)
OBJECTS = st.dictionaries(WORDS | st.text(max_size=5), ANYTHING, max_size=8)


@settings(max_examples=100, deadline=None)
@given(OBJECTS, OBJECTS)
def test_any_object_is_a_document_with_an_outcome(document: dict[str, Any], proof: dict[str, Any]) -> None:
    """As a document, as the proof of one, and as a part of a signed one."""
    signed = with_proof(badge(ED.did), ED)
    for each in (
        document,
        {**document, "proof": proof},
        {**signed, "proof": proof},
        {**signed, "proof": [proof, signed["proof"]]},
        {**signed, **document},
    ):
        report = verify_proofs(each, Library({"https://x.example/.well-known/did.json": document}), now=NOW)
        assert isinstance(report, ProofReport)
        assert report.issuer_proven <= (report.outcome is ProofOutcome.PASS)
        assert all(check.reason is None or isinstance(check.reason, str) for check in report.checks)


@settings(max_examples=80, deadline=None)
@given(OBJECTS, OBJECTS, st.text(max_size=30))
def test_any_token_has_an_outcome(header: dict[str, Any], claims: dict[str, Any], text: str) -> None:
    """Of any header and claims, and any text."""
    for token in (text, f"{text}.{text}.{text}"):
        assert verify_token(token, NoResolver(), now=NOW)[1].outcome is not ProofOutcome.PASS
    for more in ({}, {"alg": "EdDSA"}, {"alg": "EdDSA", "kid": ED.method}, {"alg": "ES256", "kid": "k"}):
        try:
            token = raw_token({**header, **more}, claims, b"x" * 64)
        except (ValueError, UnicodeError):
            continue
        assert verify_token(token, Library({"https://x.example/": header}), now=NOW)[1].outcome is not ProofOutcome.PASS


@settings(max_examples=80, deadline=None)
@given(OBJECTS, OBJECTS | ANYTHING)
def test_any_status_has_an_outcome(entry: dict[str, Any], listed: Any) -> None:
    """Of any entry and any list."""
    whole = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": 1,
        "statusListCredential": "https://x.example/list",
    }
    content: Any = listed if isinstance(listed, dict) else {"revokedCredential": listed}
    for each in (
        entry,
        {**whole, **entry},
        {**entry, **whole},
        {**entry, "type": "1EdTechRevocationList", "id": "https://x.example/list"},
    ):
        try:
            report = check_status(
                badge(ED.did, credentialStatus=each), Library({"https://x.example/list": content}), now=NOW
            )
        except UnicodeError:
            pytest.fail("half a character")
        assert isinstance(report, StatusReport)
        assert report.outcome is not StatusOutcome.ABSENT
