"""The cryptographic suites of embedded proofs: which bytes each signs, and with which keys.

Source: Data Integrity EdDSA Cryptosuites 1.0, 3; Data Integrity ECDSA Cryptosuites 1.0, 3; the drafts of 2020 and 2022
for the suites that are deprecated. A proof's options stand before the document in what is signed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from ontology.json_documents import Json

from .canonical import TooMuchWorkError, UnsafeDocumentError, canonical_json, canonical_rdf
from .keys import Kind
from .rdf_canon import Work
from .safe_jsonld import walk
from .strict_json import Object

DATA_INTEGRITY: Final = "DataIntegrityProof"


@dataclass(frozen=True, slots=True)
class Suite:
    """How a proof is made: of which form of the document, by which kinds of keys."""

    name: str
    form: Literal["rdf", "json"]
    kinds: frozenset[Kind]
    deprecated: bool = False


_ED: Final[frozenset[Kind]] = frozenset({"Ed25519"})
_EC: Final[frozenset[Kind]] = frozenset({"P-256", "P-384"})
_BY_CRYPTOSUITE: Final = {
    suite.name: suite
    for suite in (
        Suite("eddsa-rdfc-2022", "rdf", _ED),
        Suite("eddsa-jcs-2022", "json", _ED),
        Suite("ecdsa-rdfc-2019", "rdf", _EC),
        Suite("ecdsa-jcs-2019", "json", _EC),
        Suite("eddsa-2022", "rdf", _ED, deprecated=True),
    )
}
_BY_TYPE: Final = {"Ed25519Signature2020": Suite("Ed25519Signature2020", "rdf", _ED, deprecated=True)}
MAX_VALUES: Final = 300_000
"""JSON values that are canonicalised for all proofs of a document; a credential of 2 MiB has some 70,000."""
SIGNATURE_BYTES: Final[dict[Kind, int]] = {"Ed25519": 64, "P-256": 64, "P-384": 96}
"""Length of a signature by each kind of key."""


def find_suite(kind: Json, cryptosuite: Json) -> Suite | None:
    """The suite of a proof by its `type` and `cryptosuite`, None where it is not known here."""
    if kind == DATA_INTEGRITY:
        return _BY_CRYPTOSUITE.get(cryptosuite) if isinstance(cryptosuite, str) else None
    return _BY_TYPE.get(kind) if isinstance(kind, str) and cryptosuite is None else None


class Canonical:
    """Canonical forms of documents; that of a document without its proofs is made once for all of them."""

    def __init__(self, work: Work | None = None) -> None:
        self._made: dict[tuple[bytes, str], bytes] = {}
        self._work = work or Work()
        self._left = MAX_VALUES

    def rdf(self, document: Object, digest: str) -> bytes:
        """Canonical N-Quads. Raises what `canonical_rdf` raises."""
        key = (json.dumps(document).encode(), digest)
        if key not in self._made:
            self._left -= sum(1 for _ in walk(document))
            if self._left < 0:
                raise TooMuchWorkError("its proofs are each over another form of a large document")
            self._made[key] = canonical_rdf(document, digest=digest, work=self._work).encode()
        return self._made[key]


def signed_data(document: Object, options: Object, suite: Suite, kind: Kind, canonical: Canonical) -> bytes:
    """What a signature of a document is over: the hash of the proof's options, then that of the document.

    Args:
        document: without its proof, or with those alone that the options' `previousProof` names.
        options: the proof without its `proofValue`.
        kind: of the key, since P-384 hashes by SHA-384.

    Raises what `canonical_rdf` raises.
    """
    digest = _digest(kind)
    if suite.form == "rdf":
        return _rdf_data(document, options, digest, digest, canonical)
    if "@context" in options and _listed(options["@context"]) != _listed(document.get("@context")):
        # the specification lets a document begin with them, so that anybody could add one
        raise UnsafeDocumentError("the document has other contexts than its proof")
    signed = {**document, "@context": options["@context"]} if "@context" in options else document
    return _hashed([canonical_json(options), canonical_json(signed)], digest)


def other_signed_data(
    document: Object, options: Object, suite: Suite, kind: Kind, canonical: Canonical
) -> bytes | None:
    """The same as some implementations make it of the same content, None where all agree.

    With P-384 some tell nameless things apart by SHA-256 all the same; under JCS drafts took the document's context
    into options that have none.
    """
    if suite.form == "rdf":
        return _rdf_data(document, options, "sha256", "sha384", canonical) if kind == "P-384" else None
    if "@context" in options or "@context" not in document:
        return None
    texts = [canonical_json({**options, "@context": document["@context"]}), canonical_json(document)]
    return _hashed(texts, _digest(kind))


def _rdf_data(document: Object, options: Object, naming: str, digest: str, canonical: Canonical) -> bytes:
    if options.get("@context", document.get("@context")) != document.get("@context"):
        raise UnsafeDocumentError("the proof has another context than the document")
    config = {**options, "@context": document.get("@context")}
    return _hashed([canonical.rdf(each, naming) for each in (config, document)], digest)


def _hashed(texts: Iterable[bytes], digest: str) -> bytes:
    return b"".join(hashlib.new(digest, text).digest() for text in texts)


def _digest(kind: Kind) -> str:
    return "sha384" if kind == "P-384" else "sha256"


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
