"""Keys, signatures and invented credentials for tests of verification. Keys are made anew in each run."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from ontology.credentials.keys import Key, Kind
from ontology.credentials.multibase import encode_base58btc, encode_base64url
from ontology.credentials.proofs import data_to_sign
from ontology.credentials.resolving import UnresolvedError
from ontology.credentials.suites import Canonical, find_suite, signed_data
from ontology.fetching import Purpose
from ontology.json_documents import Json

Object = dict[str, Json]
Private = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
VC1 = "https://www.w3.org/2018/credentials/v1"
VC2 = "https://www.w3.org/ns/credentials/v2"
OB3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
ED2020 = "https://w3id.org/security/suites/ed25519-2020/v1"
ALGORITHMS: dict[Kind, str] = {"Ed25519": "EdDSA", "P-256": "ES256", "RSA": "RS256"}


@dataclass(frozen=True)
class Signer:
    """A private key and what is said of it."""

    kind: Kind
    private: Private

    @property
    def key(self) -> Key:
        """Its public half."""
        return Key(self.kind, self.private.public_key())

    @property
    def did(self) -> str:
        """Its did:key, or did:jwk of RSA."""
        if self.kind == "RSA":
            return "did:jwk:" + encode_base64url(json.dumps(self.key.jwk()).encode())
        return f"did:key:{self.key.multikey()}"

    @property
    def method(self) -> str:
        """Its verification method."""
        return f"{self.did}#{'0' if self.kind == 'RSA' else self.key.multikey()}"

    def sign(self, data: bytes) -> bytes:
        """A signature as proofs carry it."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(data)
        assert isinstance(self.private, ec.EllipticCurvePrivateKey)
        digest = SHA384() if self.kind == "P-384" else SHA256()
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
        half = self.private.curve.key_size // 8
        return r.to_bytes(half) + s.to_bytes(half)


@lru_cache
def signer(kind: Kind, number: int = 0) -> Signer:
    """The same for the same number within a run."""
    if kind == "Ed25519":
        return Signer(kind, Ed25519PrivateKey.generate())
    if kind == "RSA":
        return Signer(kind, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    return Signer(kind, ec.generate_private_key(ec.SECP256R1() if kind == "P-256" else ec.SECP384R1()))


def badge(issuer: str, *, contexts: tuple[str, ...] = (VC2, OB3), **more: Json) -> Object:
    """An invented badge of VC 2.0."""
    return {
        "@context": list(contexts),
        "id": "urn:uuid:0f2a6d3c-5b7e-4c1d-9e8f-aa5301c0ffee",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Invented College"},
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2036-01-01T00:00:00Z",
        "name": "Soldering",
        "credentialSubject": {
            "id": "did:example:learner",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://college.example/achievements/soldering",
                "type": ["Achievement"],
                "name": "Soldering",
                "description": "Solders by hand.",
                "criteria": {"narrative": "Solder ten joints."},
            },
        },
        **more,
    }


def with_proof(document: Object, by: Signer, suite: str = "eddsa-rdfc-2022", **options: Json) -> Object:
    """The document with a proof, beside those that it has."""
    proof: Object = {
        "created": "2026-01-02T00:00:00Z",
        "verificationMethod": by.method,
        "proofPurpose": "assertionMethod",
        **options,
    }
    if suite in {"Ed25519Signature2020", "eddsa-2022"}:
        names: Object = {"type": suite} if suite[0] == "E" else {"type": "DataIntegrityProof", "cryptosuite": suite}
        proof = {**names, **proof}
        found = find_suite(proof["type"], proof.get("cryptosuite"))
        assert found is not None
        bare = {name: value for name, value in document.items() if name != "proof"}
        data = signed_data(bare, proof, found, by.kind, Canonical())
    else:
        context: Object = {"@context": document["@context"]} if "jcs" in suite else {}
        proof = {"type": "DataIntegrityProof", "cryptosuite": suite, **context, **proof}
        data = data_to_sign(document, proof, suite, kind=by.kind)
    proof["proofValue"] = encode_base58btc(by.sign(data))
    before = document.get("proof", [])
    proofs = [*(before if isinstance(before, list) else [before]), proof]
    return {**document, "proof": list(proofs) if len(proofs) > 1 else proof}


def token_of(payload: Mapping[str, Json], by: Signer, **header: Json) -> str:
    """A JWT of the payload; `kid` is the signer's method where no other is given."""
    headers = {"typ": "JWT", "kid": by.method, **header}
    kept = {name: value for name, value in headers.items() if value is not None}
    return jwt.PyJWS().encode(json.dumps(payload).encode(), by.private, algorithm=ALGORITHMS[by.kind], headers=kept)


def raw_token(header: Json, payload: Json, signature: bytes = b"") -> str:
    """A token whatever its header says."""
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


@dataclass
class Library:
    """Documents by address, and which of them were asked for."""

    documents: Mapping[str, Json | bytes] = field(default_factory=dict)
    asked: list[tuple[str, Purpose]] = field(default_factory=list)

    def get(self, url: str, purpose: Purpose) -> bytes:
        """Raises UnresolvedError for any other one."""
        self.asked.append((url, purpose))
        if url not in self.documents:
            raise UnresolvedError(f"{url} is not in the library.")
        found = self.documents[url]
        return found if isinstance(found, bytes) else json.dumps(found).encode()
