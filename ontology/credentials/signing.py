"""Signatures on what is issued: Data Integrity proofs (`eddsa-rdfc-2022`) and VC-JWT (EdDSA, ES256, RS256).

Takes keys, makes them, keeps none. Nothing is signed that has a term which no context defines. Called by the issuer's
store.
Source: Data Integrity EdDSA Cryptosuites 1.0 (W3C), 3.2; Open Badges 3.0, 8.2 (VC-JWT); RFC 8037, RFC 7518.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from ontology.errors import InputError
from ontology.json_documents import Json

from .canonical import TooMuchWorkError, UnknownContextError, UnsafeDocumentError
from .multibase import encode_base58btc
from .proofs import data_to_sign
from .status_lists import timestamp

CRYPTOSUITE: Final = "eddsa-rdfc-2022"
TOKEN_TYPE: Final = "JWT"  # noqa: S105 - the header's word
_ED25519: Final = b"\xed\x01"
"""Multicodec of an Ed25519 public key, as a varint."""

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key and the verification method that its signatures name."""

    method: str
    private: PrivateKey

    @property
    def algorithm(self) -> str:
        """`EdDSA`, `ES256` or `RS256`. Raises InputError (`issuer.key-type`) for a key of another curve."""
        if isinstance(self.private, Ed25519PrivateKey):
            return "EdDSA"
        if isinstance(self.private, RSAPrivateKey):
            return "RS256"
        if isinstance(self.private.curve, SECP256R1):
            return "ES256"
        raise _wrong_key(f"No credential is signed with the curve {self.private.curve.name}.")


def sign_document(document: dict[str, Json], key: SigningKey, *, created: datetime) -> dict[str, Json]:
    """The document with an `eddsa-rdfc-2022` proof of this moment.

    Raises InputError: the key is no Ed25519 key (`issuer.key-type`), or something of the document would not be signed
    (`issue.unsafe`).
    """
    if not isinstance(key.private, Ed25519PrivateKey):
        raise _wrong_key(f"{CRYPTOSUITE} needs an Ed25519 key, got one for {key.algorithm}.")
    options: dict[str, Json] = {
        "type": "DataIntegrityProof",
        "cryptosuite": CRYPTOSUITE,
        "created": timestamp(created),
        "verificationMethod": key.method,
        "proofPurpose": "assertionMethod",
    }
    try:
        data = data_to_sign(document, options, CRYPTOSUITE)
    except (UnknownContextError, UnsafeDocumentError, TooMuchWorkError) as error:
        raise InputError(
            f"The document cannot be signed as a whole: {error}",
            code="issue.unsafe",
            hint="Sign it as a token, or leave out what its contexts do not define.",
        ) from error
    return document | {"proof": options | {"proofValue": encode_base58btc(key.private.sign(data))}}


def sign_token(document: dict[str, Json], key: SigningKey) -> str:
    """The document as a compact JWS: it is the payload, beside the registered claims that repeat it.

    Raises InputError (`issuer.key-type`).
    """
    claims = document | _claims(document)
    return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"typ": TOKEN_TYPE, "kid": key.method})


def _claims(document: dict[str, Json]) -> dict[str, Json]:
    issuer, subject = document["issuer"], document["credentialSubject"]
    claims: dict[str, Json] = {
        "iss": issuer["id"] if isinstance(issuer, dict) else issuer,
        "jti": document["id"],
        "nbf": _seconds(document["validFrom"]),
    }
    if isinstance(subject, dict) and "id" in subject:
        claims["sub"] = subject["id"]
    if "validUntil" in document:
        claims["exp"] = _seconds(document["validUntil"])
    return claims


def _seconds(moment: Json) -> int:
    return int(datetime.fromisoformat(cast("str", moment)).timestamp())


def multikey(public: Ed25519PublicKey) -> str:
    """A public key as Multikey text, `z6Mk...`."""
    return encode_base58btc(_ED25519 + public.public_bytes_raw())


def _wrong_key(message: str) -> InputError:
    return InputError(message, code="issuer.key-type", hint="Use an Ed25519 key, or sign as a token with P-256 or RSA.")
