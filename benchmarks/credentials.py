"""Credentials: a proof verified and made, beside PyLD and cryptography alone, which check nothing else."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyld import jsonld

from ontology.context_files import bundled_contexts
from ontology.credentials.multibase import decode_multibase58
from ontology.credentials.proofs import data_to_sign, verify_proofs
from ontology.credentials.reports import ProofOutcome
from ontology.credentials.resolving import NoResolver

from .report import Table
from .timing import Sample, ratio, timed

SAMPLES: Final = Path(__file__).parent.parent / "tests/data/credentials/1edtech"
NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)
_REPEATS: Final = 5
"""Documents of each contender in a round."""
Document = dict[str, Any]


def proof_table(rounds: int) -> Table:
    """Figures of one core, contenders in turns."""
    table = Table(
        title="Credentials: eddsa-rdfc-2022 and Ed25519Signature2020, one core",
        columns=("median ms", "p95 ms", "PyLD + cryptography ms", "ratio"),
    )
    badge = json.loads(SAMPLES.joinpath("ob3/simple.json").read_bytes())
    record = json.loads(SAMPLES.joinpath("clr2/complex.json").read_bytes())
    for name, documents in (
        ("verify a badge, 1.5 kB", [badge]),
        ("verify a CLR, 27 kB, and the six inside", [record, *record["credentialSubject"]["verifiableCredential"]]),
    ):
        _compare(table, name, rounds, partial(_verify, documents), partial(verify_plainly, documents))
    key = Ed25519PrivateKey.generate()
    bare = {name: value for name, value in badge.items() if name != "proof"}
    options = {name: value for name, value in badge["proof"][0].items() if name != "proofValue"}
    own, rival = partial(_sign, bare, options, key), partial(_sign_plainly, bare, options, key)
    _compare(table, "sign a badge", rounds, own, rival)
    table.remarks.append("Contexts are in memory. Headwater refuses what would not be signed; the rival drops it.")
    return table


def _compare(table: Table, name: str, rounds: int, own: Callable[[], object], rival: Callable[[], object]) -> None:
    samples = Sample(), Sample()
    for made in (own, rival):
        made()
    for _ in range(rounds * _REPEATS):
        for sample, made in zip(samples, (own, rival), strict=True):
            with timed(sample.seconds):
                made()
    mine, other = samples
    table.add(name, mine.median() * 1000, mine.p95() * 1000, other.median() * 1000, ratio(mine, other))


def _verify(documents: list[Document]) -> None:
    for document in documents:
        assert verify_proofs(document, NoResolver(), now=NOW).outcome is ProofOutcome.PASS


def _sign(document: Document, options: Document, key: Ed25519PrivateKey) -> bytes:
    return key.sign(data_to_sign(document, options, "eddsa-rdfc-2022"))


def _sign_plainly(document: Document, options: Document, key: Ed25519PrivateKey) -> bytes:
    return key.sign(_hashed(document, options))


def verify_plainly(documents: list[Document]) -> None:
    for document in documents:
        proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
        bare = {name: value for name, value in document.items() if name != "proof"}
        for proof in proofs:
            options = {name: value for name, value in proof.items() if name != "proofValue"}
            key = decode_multibase58(re.split("[#:]", proof["verificationMethod"])[-1])[2:]
            signature = decode_multibase58(proof["proofValue"])
            Ed25519PublicKey.from_public_bytes(key).verify(signature, _hashed(bare, options))


def _hashed(document: Document, options: Document) -> bytes:
    parts = ({**options, "@context": document["@context"]}, document)
    return b"".join(sha256(jsonld.normalize(part, _OPTIONS).encode()).digest() for part in parts)


def _load(url: str, options: object) -> Document:
    return {"contextUrl": None, "documentUrl": url, "contentType": "application/ld+json", "tag": "static",
            "document": deepcopy(bundled_contexts()[url])}  # fmt: skip


_OPTIONS: Final = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
