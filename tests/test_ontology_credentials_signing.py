"""Signatures on what is issued: each kind of key signs what it may, and nothing is signed that no context defines."""

import base64
import json
from dataclasses import replace
from typing import Any

import jwt
import pytest
from credential_samples import ACHIEVEMENT, AWARD, COLLEGE, NOW
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.issuer_documents import did_key, did_web
from ontology.credentials.issuing import achievement_credential
from ontology.credentials.signing import PrivateKey, SigningKey, multikey, sign_document, sign_token
from ontology.credentials.verdicts import Verdict
from ontology.credentials.verification import verify
from ontology.errors import InputError

KEYS: dict[str, PrivateKey] = {
    "EdDSA": Ed25519PrivateKey.generate(),
    "ES256": generate_private_key(SECP256R1()),
    "RS256": generate_rsa_key(public_exponent=65537, key_size=2048),
}


def jwk_of(private: Any) -> dict[str, Any]:
    """The public key as a JWK, by PyJWT."""
    public = private.public_key()
    for algorithm in (OKPAlgorithm, ECAlgorithm, RSAAlgorithm):
        try:
            return {name: value for name, value in algorithm.to_jwk(public, as_dict=True).items() if name != "key_ops"}
        except (TypeError, AttributeError, jwt.InvalidKeyError):
            continue
    raise AssertionError("no algorithm takes the key")


def credential_of(did: str) -> dict[str, Any]:
    return achievement_credential(ACHIEVEMENT, replace(AWARD, status=()), replace(COLLEGE, iri=did))


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_token_is_signed_by_each_kind_of_key(algorithm: str) -> None:
    """EdDSA, ES256, RS256: by the key, not by choice; our verifier reads it with the key that a did:jwk is."""
    encoded = base64.urlsafe_b64encode(json.dumps(jwk_of(KEYS[algorithm])).encode()).rstrip(b"=").decode()
    key = SigningKey(method=f"did:jwk:{encoded}#0", private=KEYS[algorithm])
    token = sign_token(credential_of(f"did:jwk:{encoded}"), key)
    assert jwt.get_unverified_header(token)["alg"] == algorithm
    found = verify(token.encode(), Circumstances(now=NOW))
    assert (found.verdict, found.issuer.proven) == (Verdict.VERIFIED, True), found.reason


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
def test_a_data_integrity_proof_needs_an_ed25519_key(algorithm: str) -> None:
    """The suite is EdDSA's."""
    with pytest.raises(InputError) as caught:
        sign_document(
            credential_of("did:example:1"), SigningKey(method="did:example:1#1", private=KEYS[algorithm]), created=NOW
        )
    assert caught.value.code == "issuer.key-type"


def test_a_curve_that_credentials_do_not_have_signs_nothing() -> None:
    """P-384."""
    with pytest.raises(InputError) as caught:
        sign_token(
            credential_of("did:example:1"),
            SigningKey(method="did:example:1#1", private=generate_private_key(SECP384R1())),
        )
    assert caught.value.code == "issuer.key-type"


@pytest.mark.parametrize(
    "change",
    [
        {"undefinedTerm": "x"},
        {"type": ["VerifiableCredential", "NoSuchType"]},
        {"@context": ["https://elsewhere.example/context"]},
    ],
    ids=["term", "type", "context"],
)
def test_what_no_context_defines_is_not_signed(change: dict[str, Any]) -> None:
    """It would not be covered by the signature."""
    private = Ed25519PrivateKey.generate()
    did = did_key(multikey(private.public_key()))
    with pytest.raises(InputError) as caught:
        sign_document(credential_of(did) | change, SigningKey(method=f"{did}#{did[8:]}", private=private), created=NOW)
    assert caught.value.code == "issue.unsafe"


def test_a_proof_verifies_and_says_when_and_with_which_key() -> None:
    """The document is otherwise as it was."""
    private = Ed25519PrivateKey.generate()
    did = did_key(multikey(private.public_key()))
    document = credential_of(did)
    signed = sign_document(document, SigningKey(method=f"{did}#{did[8:]}", private=private), created=NOW)
    proof: Any = signed.pop("proof")
    assert signed == document
    assert (proof["created"], proof["verificationMethod"], proof["cryptosuite"]) == (
        "2026-05-04T03:02:01Z",
        f"{did}#{did[8:]}",
        "eddsa-rdfc-2022",
    )
    assert verify(json.dumps(signed | {"proof": proof}).encode(), Circumstances(now=NOW)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    "address",
    [
        "http://college.example",
        "https://",
        "https://user@college.example",
        "https://college.example/a?b",
        "https://college.example/a/../b",
        "college.example",
    ],
)
def test_what_can_be_nobody_s_name_is_refused(address: str) -> None:
    """did:web takes https, a host and a plain path."""
    with pytest.raises(InputError) as caught:
        did_web(address)
    assert caught.value.code == "issuer.address"
