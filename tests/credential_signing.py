"""Signs credentials of invented issuers for invented learners, with keys that are made for the test."""

from copy import deepcopy
from typing import Any

import base58
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ontology.credentials.proofs import data_to_sign

CONTEXTS = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
CLR_CONTEXTS = [CONTEXTS[0], "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json", CONTEXTS[1]]
LEARNER = "did:example:invented-learner"
Document = dict[str, Any]


class Signer:
    """An invented issuer with an Ed25519 key; its DID is the key."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.multikey = "z" + base58.b58encode(b"\xed\x01" + raw).decode()
        self.did = f"did:key:{self.multikey}"
        self.method = f"{self.did}#{self.multikey}"

    def sign(self, document: Document, method: str | None = None, **options: Any) -> Document:
        """The document with a proof more."""
        proof = {
            "type": "DataIntegrityProof",
            "cryptosuite": "eddsa-rdfc-2022",
            "created": "2026-01-01T00:00:00Z",
            "verificationMethod": method or self.method,
            "proofPurpose": "assertionMethod",
            **options,
        }
        proof["proofValue"] = (
            "z" + base58.b58encode(self.key.sign(data_to_sign(document, proof, proof["cryptosuite"]))).decode()
        )
        return {**document, "proof": [*document.get("proof", []), proof]}

    def token(self, document: Document, **claims: Any) -> str:
        """The document as a VC-JWT (1.1) by the key in its `kid`."""
        payload = {"vc": document, "iss": self.did, **claims}
        return jwt.encode(payload, self.key, algorithm="EdDSA", headers={"kid": self.method})


def badge(signer: Signer, /, **changes: Any) -> Document:
    """An unsigned Open Badge 3.0 of the signer for the invented learner; a value of None takes a member away."""
    document: Document = {
        "@context": list(CONTEXTS),
        "id": "urn:uuid:6a2f7a3e-3b6f-4f0e-9c59-d1f5a3f7a001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {"id": signer.did, "type": ["Profile"], "name": "Invented College"},
        "validFrom": "2026-01-01T00:00:00Z",
        "name": "Pipe welding",
        "credentialSubject": {
            "id": LEARNER,
            "type": ["AchievementSubject"],
            "achievement": achievement(),
        },
    }
    document |= changes
    return {name: value for name, value in document.items() if value is not None}


def achievement(**changes: Any) -> Document:
    """An invented achievement."""
    found: Document = {
        "id": "https://college.example/achievements/welding",
        "type": ["Achievement"],
        "name": "Pipe welding",
        "description": "Welds pipes.",
        "criteria": {"narrative": "Passed the bend test."},
    }
    return deepcopy(found | changes)


def record(signer: Signer, credentials: list[Document | str], **changes: Any) -> Document:
    """An unsigned CLR 2.0 of the signer with these credentials inside."""
    return badge(signer, **{
        "@context": list(CLR_CONTEXTS),
        "type": ["VerifiableCredential", "ClrCredential"],
        "id": "urn:uuid:6a2f7a3e-3b6f-4f0e-9c59-d1f5a3f7a0ff",
        "name": "Record",
        "credentialSubject": {"id": LEARNER, "type": ["ClrSubject"], "verifiableCredential": credentials},
        **changes,
    })  # fmt: skip
