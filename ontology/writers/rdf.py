"""A dataset as N-Quads or Turtle: the same content is the same bytes, and loading it gives the same graph.

Both begin with what `head` says of the dataset; then the subjects follow in the order of their IRIs. Nothing can be
lost: RDF is what is kept. Streams; holds one subject at a time.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import IO, Final

from ontology.model import ONTOLOGY
from ontology.ntriples import iri_term
from ontology.terms import RDF_TYPE

from .head import DatasetHead

PREFIXES: Final = {
    "hw": ONTOLOGY,
    "dcterms": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "https://schema.org/",
    "esco": "http://data.europa.eu/esco/model#",
    "ceterms": "https://purl.org/ctdl/terms/",
    "ceasn": "https://purl.org/ctdlasn/terms/",
    "case": "https://purl.imsglobal.org/spec/case/vocab#",
    "prov": "http://www.w3.org/ns/prov#",
    "code": "https://w3id.org/headwater/code/",
}
"""Written at the head of every Turtle file, used or not: what is used cannot be known before the end."""

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_LITERAL = re.compile(r'("(?:[^"\\]|\\.)*")(?:\^\^<([^>]*)>)?(@[A-Za-z0-9-]+)?', re.DOTALL)


def write_nquads(head: DatasetHead, lines: Iterable[str], target: IO[bytes]) -> None:
    """Nothing; the head and the lines are in `target`.

    Args:
        lines: canonical N-Quads lines of one dataset, sorted, without line ends, as the archive gives them.
    """
    graph = f"{iri_term(head.iri)}"
    for predicate, term in head.statements():
        target.write(f"{graph} <{predicate}> {term} {graph} .\n".encode())
    for line in lines:
        target.write(line.encode() + b"\n")


def write_turtle(head: DatasetHead, lines: Iterable[str], target: IO[bytes]) -> None:
    """Nothing; the head and what the lines say is in `target`. Args as `write_nquads`."""
    target.writelines(f"@prefix {prefix}: <{namespace}> .\n".encode() for prefix, namespace in PREFIXES.items())
    target.write(_subject(iri_term(head.iri), head.statements()).encode())
    for subject, said in groupby(map(_split, lines), key=lambda parts: parts[0]):
        target.write(_subject(subject, ((predicate, term) for _, predicate, term in said)).encode())


def write_source_turtle(head: DatasetHead, triples: Iterable[tuple[str, str, str]], target: IO[bytes]) -> None:
    """Nothing; what a source of RDF said is in `target`, with its head as comments: no triple is added.

    Args:
        triples: (subject IRI, predicate IRI, canonical N-Triples term), as `rdf_source` gives them; held and sorted.
    """
    for name, text in (
        ("Dataset", head.name),
        ("Format", head.format),
        ("Licence", head.license),
        ("Attribution", head.attribution),
        ("Release", head.release),
        ("Published", head.published_at),
    ):
        target.writelines(f"# {name}: {line}\n".encode() for line in (text or "").splitlines())
    target.writelines(f"@prefix {prefix}: <{namespace}> .\n".encode() for prefix, namespace in PREFIXES.items())
    for subject, said in groupby(sorted(set(triples)), key=lambda triple: triple[0]):
        target.write(_subject(f"<{subject}>", ((predicate, term) for _, predicate, term in said)).encode())


def _split(line: str) -> tuple[str, str, str]:
    """(subject in brackets, predicate IRI, term) of a canonical line."""
    subject, predicate, rest = line.split(" ", 2)
    return subject, predicate[1:-1], rest[: rest.rindex(" <")]


def _subject(subject: str, said: Iterable[tuple[str, str]]) -> str:
    blocks = []
    for predicate, terms in groupby(_types_first(said), key=lambda pair: pair[0]):
        name = "a" if predicate == RDF_TYPE else _shortened(f"<{predicate}>")
        blocks.append(f"    {name} {' , '.join(_object(term) for _, term in terms)}")
    return f"\n{subject}\n" + " ;\n".join(blocks) + " .\n"


def _types_first(said: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return iter(sorted(said, key=lambda pair: (pair[0] != RDF_TYPE, pair)))


def _object(term: str) -> str:
    if term.startswith("<"):
        return _shortened(term)
    found = _LITERAL.fullmatch(term)
    if found is None or found[2] is None:
        return term
    return f"{found[1]}^^{_shortened(f'<{found[2]}>')}"


def _shortened(term: str) -> str:
    """`prefix:local` where that needs no escape, else the IRI in brackets."""
    iri = term[1:-1]
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
            return f"{prefix}:{iri[len(namespace) :]}"
    return term
