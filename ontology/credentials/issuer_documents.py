"""What an issuer publishes of itself: its DID, DID document and key set. Pure; private keys are not seen.

Source: did:web and did:key method specifications (W3C CCG), Controlled Identifiers 1.0 (Multikey), RFC 7517.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

import base58

from ontology.errors import InputError
from ontology.json_documents import Json

from .did_web import NotDidWebError, address_of_did
from .multibase import encode_base64url

CONTEXTS: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1")
_PREFIX_BYTES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """An Ed25519 key that an issuer signs with, or has signed with."""

    multikey: str
    method: str
    """The verification method that signatures name."""


def did_key(multikey: str) -> str:
    """The DID that is this key."""
    return f"did:key:{multikey}"


def did_web(address: str) -> str:
    """The DID whose document is served below an https address. Raises InputError (`issuer.address`) for another one."""
    parts = urlsplit(address)
    segments = [quote(unquote(each), safe="") for each in parts.path.split("/") if each]
    did = ":".join(["did:web", parts.netloc.lower().replace(":", "%3A"), *segments])
    try:
        if parts.scheme != "https" or parts.query or parts.fragment:
            raise NotDidWebError("it is no https address of a host and a path")
        address_of_did(did)
    except NotDidWebError as error:
        raise InputError(
            f"{address!r} can be nobody's name as did:web: {error}.",
            code="issuer.address",
            hint="Set HEADWATER_PUBLIC_URL to the https address under which the service is reached.",
        ) from error
    return did


def did_document(did: str, keys: Sequence[PublicKey]) -> dict[str, Json]:
    """The document of a DID; each key may assert, so that what a retired one has signed stays verifiable."""
    methods: list[Json] = [
        {"id": key.method, "type": "Multikey", "controller": did, "publicKeyMultibase": key.multikey} for key in keys
    ]
    names: list[Json] = [key.method for key in keys]
    return {"@context": list(CONTEXTS), "id": did, "verificationMethod": methods, "assertionMethod": names}


def key_set(keys: Sequence[PublicKey]) -> dict[str, Json]:
    """The same keys as a JWK Set."""
    return {"keys": [_jwk(key) for key in keys]}


def _jwk(key: PublicKey) -> Json:
    raw = base58.b58decode(key.multikey[1:])[_PREFIX_BYTES:]
    return {"kty": "OKP", "crv": "Ed25519", "x": encode_base64url(raw), "kid": key.method, "alg": "EdDSA", "use": "sig"}
