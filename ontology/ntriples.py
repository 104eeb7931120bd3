"""N-Triples terms as text: writing them canonically and reading them, for statements and archive lines.

Canonical is what RDF Dataset Canonicalization 1.0 (section 5.1, canonical N-Quads) says; language tags are lower-
case. Readers make the terms of `Statement`s here. Knows nothing of records.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import NamedNode, RdfFormat, parse

from .errors import InputError
from .languages import is_well_formed
from .model import UNDETERMINED, Text

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"

_ESCAPES = {code: f"\\u{code:04X}" for code in (*range(0x20), 0x7F)} | {
    ord(character): "\\" + letter
    for character, letter in (("\b", "b"), ("\t", "t"), ("\n", "n"), ("\f", "f"), ("\r", "r"), ('"', '"'), ("\\", "\\"))
}
_UNESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "'": "'", "\\": "\\"}
_SPECIAL = re.compile(r'[\x00-\x1f\x7f"\\]')
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(.*)', re.DOTALL)
_SUFFIX = re.compile(r"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?", re.DOTALL)
_CANONICAL = re.compile(
    r'"(?:[^"\\\x00-\x1f\x7f]|\\[btnfr"\\])*"(?:@[a-z0-9]+(?:-[a-z0-9]+)*|\^\^<(?!http://www\.w3\.org/2001/XMLSchema#string>)[^<>\\]*>)?',
)


@dataclass(frozen=True, slots=True)
class LiteralTerm:
    """A literal's parts. `language` is None where it has none; `datatype` is then an IRI."""

    value: str
    language: str | None
    datatype: str


def is_iri(text: str) -> bool:
    """Whether the text is an absolute IRI (RFC 3987)."""
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def iri_term(iri: str) -> str:
    """`<iri>`. Raises InputError (`rdf.invalid-iri`) where it is not an absolute IRI."""
    if not is_iri(iri):
        raise InputError(
            f"Got {iri!r} where an absolute IRI is expected.",
            code="rdf.invalid-iri",
            hint='Percent-encode blanks and the characters <>"{}|^`\\, and write the scheme (https://, urn:).',
            subject=iri,
        )
    return f"<{iri}>"


def literal_term(value: str, datatype: str | None = None) -> str:
    """A literal of a datatype (an IRI); without one a plain string."""
    quoted = f'"{value.translate(_ESCAPES) if _SPECIAL.search(value) else value}"'
    return quoted if datatype is None or datatype == XSD_STRING else f"{quoted}^^{iri_term(datatype)}"


def text_term(text: Text) -> str:
    """A text with its language, a plain string for `und`. Raises InputError (`rdf.invalid-language`)."""
    quoted = literal_term(text.text)
    tag = text.language.lower()
    if tag == UNDETERMINED or not tag:
        return quoted
    if not is_well_formed(tag):
        raise InputError(
            f"Got the language {text.language!r} where a BCP 47 tag is expected.",
            code="rdf.invalid-language",
            hint="Write a tag such as en, de-AT or und.",
        )
    return f"{quoted}@{tag}"


def canonical_term(term: str) -> str:
    """The same term as canonical N-Triples writes it. Raises InputError (`rdf.invalid-term`)."""
    if _CANONICAL.fullmatch(term) or (term.startswith("<") and term.endswith(">") and is_iri(term[1:-1])):
        tag = term[term.rfind('"') + 1 :]
        if not tag.startswith("@") or (is_well_formed(tag[1:]) and tag != f"@{UNDETERMINED}"):
            return term
    try:
        quads = list(parse(f"<urn:s> <urn:p> {term} .\n".encode(), format=RdfFormat.N_TRIPLES))
    except (SyntaxError, ValueError) as error:
        raise _invalid(term) from error
    if len(quads) != 1:
        raise _invalid(term)
    canonical = str(quads[0].object)
    return canonical.removesuffix(f"@{UNDETERMINED}") if canonical.endswith(f'"@{UNDETERMINED}') else canonical


def find_literal(term: str) -> LiteralTerm | None:
    """The parts of a literal; None for anything else, also for one with a base direction."""
    parts = literal_parts(term)
    return None if parts is None else LiteralTerm(*parts)


def literal_parts(term: str) -> tuple[str, str | None, str] | None:
    """The same as (value, language, datatype): what archives are read with, a million times."""
    parts = unquoted(term)
    if parts is None:
        return None
    kind = literal_kind(parts[1])
    return None if kind is None else (parts[0], kind[0], kind[1])


def unquoted(term: str) -> tuple[str, str] | None:
    """(value, what stands behind the quotes) of a literal; None for anything else."""
    if term[:1] != '"':
        return None
    if "\\" in term:
        found = _LITERAL.fullmatch(term)
        return None if found is None else (_ESCAPED.sub(_unescaped, found[1]), found[2])
    end = term.find('"', 1)
    return None if end < 0 else (term[1:end], term[end + 1 :])


@lru_cache(maxsize=4096)
def literal_kind(text: str) -> tuple[str | None, str] | None:
    """(language, datatype) of what stands behind the quotes; None where nothing of that kind may stand there."""
    found = _SUFFIX.fullmatch(text)
    if found is None:
        return None
    language, datatype = found.groups()
    return None if language is not None and "--" in language else (language, datatype or XSD_STRING)


def _unescaped(found: re.Match[str]) -> str:
    short, long, letter = found.groups()
    if letter is not None:
        return _UNESCAPES.get(letter, letter)
    return chr(int(short or long, 16))


def _invalid(term: str) -> InputError:
    return InputError(
        f"Got {term[:80]!r} where one N-Triples term (an IRI in <>, or a literal in quotes) is expected.",
        code="rdf.invalid-term",
        hint="Make the term with ontology.ntriples.",
    )
