"""An independent verifier (openvc-core) accepts what is signed by our data, and ours accepts what it signs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from openvc import Ed25519SigningKey, OpenvcError, P256SigningKey, P384SigningKey, verify_credential
from openvc.proof.data_integrity import DataIntegrityProofSuite
from openvc.proof.di_ecdsa_rdfc import EcdsaRdfcProofSuite
from openvc.proof.di_jcs import EcdsaJcsProofSuite, EddsaJcsProofSuite
from proof_signing import OB3, VC2, badge, signer, token_of, with_proof

from ontology.context_files import bundled_contexts
from ontology.credentials.keys import Kind
from ontology.credentials.proofs import verify_proofs
from ontology.credentials.reports import ProofOutcome
from ontology.credentials.resolving import NoResolver
from ontology.credentials.tokens import verify_token

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CONTEXTS: dict[str, Any] = {url: bundled_contexts()[url] for url in (VC2, OB3)}
SUITES: list[tuple[str, Kind, Any]] = [
    ("eddsa-rdfc-2022", "Ed25519", DataIntegrityProofSuite()),
    ("ecdsa-rdfc-2019", "P-256", EcdsaRdfcProofSuite()),
    ("ecdsa-rdfc-2019", "P-384", EcdsaRdfcProofSuite()),
    ("eddsa-jcs-2022", "Ed25519", EddsaJcsProofSuite()),
    ("ecdsa-jcs-2019", "P-256", EcdsaJcsProofSuite()),
    ("ecdsa-jcs-2019", "P-384", EcdsaJcsProofSuite()),
]


def their_key(kind: Kind) -> Any:
    """Our key in their hands."""
    by = signer(kind)
    if isinstance(by.private, Ed25519PrivateKey):
        return Ed25519SigningKey(by.private, by.method)
    assert isinstance(by.private, ec.EllipticCurvePrivateKey)
    return (P256SigningKey if kind == "P-256" else P384SigningKey)(by.private, by.method)


@pytest.mark.parametrize(("suite", "kind", "theirs"), SUITES, ids=[f"{name}-{kind}" for name, kind, _ in SUITES])
def test_each_accepts_what_the_other_signs(suite: str, kind: Kind, theirs: Any) -> None:
    """And refuses it when it was changed."""
    by = signer(kind)
    more = {} if "jcs" in suite else {"extra_contexts": CONTEXTS}
    ours = with_proof(badge(by.did), by, suite)
    assert theirs.verify(ours, now=NOW, **more).issuer == by.did
    with pytest.raises(OpenvcError):
        theirs.verify({**ours, "name": "Brain surgery"}, now=NOW, **more)
    other = theirs.add_proof(badge(by.did), signing_key=their_key(kind), verification_method=by.method, **more)
    report = verify_proofs(other, NoResolver(), now=datetime.now(UTC))
    assert report.outcome is ProofOutcome.PASS
    assert report.issuer_proven
    changed = verify_proofs({**other, "name": "Brain surgery"}, NoResolver(), now=datetime.now(UTC))
    assert changed.outcome is ProofOutcome.FAIL


@pytest.mark.parametrize("kind", ["Ed25519", "P-256"])
def test_it_accepts_our_tokens(kind: Kind) -> None:
    """As VC-JWT, by a did:key."""
    by = signer(kind)
    token = token_of({"vc": badge(by.did), "iss": by.did, "sub": "did:example:learner"}, by)
    assert verify_token(token, NoResolver(), now=NOW)[1].issuer_proven
    assert verify_credential(token, extra_contexts=CONTEXTS).issuer == by.did
