"""The bytes of a document that a signature is over: canonical N-Quads of its statements, or canonical JSON.

Documents with many values or nameless things are canonicalised by a process that is killed when it takes too long; what
comes out is the same there and here. Called by `proofs`, and by what issues.
"""

from typing import Final

import rfc8785

from ontology.json_documents import Json

from .canonical_process import canonicalise_elsewhere
from .rdf_canon import Work, canonical_nquads
from .safe_jsonld import TooMuchWorkError, UnknownContextError, UnsafeDocumentError, to_quads, walk
from .strict_json import Object

__all__ = [
    "TooMuchWorkError",
    "UnknownContextError",
    "UnsafeDocumentError",
    "canonical_json",
    "canonical_rdf",
]

MANY_VALUES: Final = 6000
"""JSON values of a document from which on a process of its own does the work; a CLR of 27 KB has 900."""
MANY_NAMELESS: Final = 300
"""The same of blank nodes; 1EdTech's largest sample has 60."""


def canonical_rdf(document: Object, *, digest: str = "sha256", work: Work | None = None) -> str:
    """Canonical N-Quads of a document in JSON-LD, contexts being the bundled ones alone.

    Args:
        digest: name of the hash by which blank nodes are told apart.
        work: what is left of the budget of the document that this one is inside of.

    Raises:
        UnknownContextError: it names a context that is not bundled, or has one of its own.
        UnsafeDocumentError: something of it would not be signed, or could be read in two ways.
        TooMuchWorkError: it asks for more work than any honest one does.
    """
    if sum(1 for _ in walk(document)) > MANY_VALUES:
        return canonicalise_elsewhere(document, digest, work)
    quads = to_quads(document)
    nameless = {term for quad in quads for term in (quad[0], quad[2], quad[3]) if term.startswith("_:")}
    if len(nameless) > MANY_NAMELESS:
        return canonicalise_elsewhere(document, digest, work)
    return canonical_nquads(quads, digest=digest, work=work)


def canonical_json(value: Json) -> bytes:
    """JSON as the JSON Canonicalization Scheme (RFC 8785) writes it.

    Raises UnsafeDocumentError where it cannot: whole numbers beyond 2^53, numbers without measure, half a character.
    """
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise UnsafeDocumentError(f"it cannot be written as canonical JSON ({error})") from None
