"""RDF documents as triples and the lines where their subjects stand, in whatever syntax.

Knows syntaxes, not vocabularies. A fault of syntax is a finding, and the parser goes on behind it. Called by `graphs`,
and by readers that know what their RDF is about.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

from pyoxigraph import Literal, RdfFormat, parse

from ontology.documents import Document
from ontology.json_documents import Json, read_json
from ontology.jsonld import to_triples
from ontology.model import UNDETERMINED, Finding, FindingLevel, Source
from ontology.skolem import as_terms

MAX_SYNTAX_FAULTS: Final = 100
"""After so many a document is given up: it is most likely something else."""

_BY_SUFFIX: Final = MappingProxyType(
    {
        ".ttl": RdfFormat.TURTLE,
        ".nt": RdfFormat.N_TRIPLES,
        ".nq": RdfFormat.N_QUADS,
        ".trig": RdfFormat.TRIG,
        ".rdf": RdfFormat.RDF_XML,
        ".owl": RdfFormat.RDF_XML,
    }
)
_UNDETERMINED = f'"@{UNDETERMINED}'
"""End of a literal with the tag `und`, which says as much as none."""
_XML_RDF = re.compile(rb"<(\w+:)?RDF\b|22-rdf-syntax-ns#")
_TURTLE = re.compile(rb"^\s*(@prefix|@base|prefix\s+[\w.-]*:\s*<|base\s*<)", re.IGNORECASE | re.MULTILINE)
_LINE_OF_TRIPLES = re.compile(rb"^\s*(<[^<>\s]+>|_:\S+)\s+<[^<>\s]+>\s+\S.*\.\s*$", re.MULTILINE)
_SUBJECT = re.compile(rb"<([^<>\s]+)>|([A-Za-z][\w.-]*)?:([\w][\w.-]*)?(?=\s)")
_ABOUT = re.compile(rb"""\brdf:about\s*=\s*["']([^"']+)["']""")


def find_rdf_format(document: Document) -> RdfFormat | None:
    """The RDF syntax that a document is in, None where it is not RDF. A known suffix wins over what it looks like."""
    suffix = re.search(r"\.\w+$", document.name.casefold())
    if suffix and suffix[0] in _BY_SUFFIX:
        return _BY_SUFFIX[suffix[0]]
    head = document.head
    if head.lstrip().startswith((b"<?xml", b"<rdf:", b"<RDF")):
        return RdfFormat.RDF_XML if _XML_RDF.search(head) else None
    if _TURTLE.search(head):
        return RdfFormat.TRIG
    return RdfFormat.N_QUADS if _LINE_OF_TRIPLES.match(head) else None


def read_triples(
    document: Document, findings: list[Finding], prefixes: dict[str, str] | None = None
) -> Iterator[tuple[str, str, str]]:
    """(subject or label of a blank node, predicate, term) of each triple of one document, in its order.

    Args:
        findings: where faults go.
        prefixes: where prefixes that the document declares go.
    """
    prefixes = {} if prefixes is None else prefixes
    faults, said = len(findings), False
    if is_json(document):
        for value in _json_values(document, findings):
            triples, told = to_triples(value, file=document.name)
            findings.extend(told)
            yield from as_terms(triples)
            said = said or bool(triples)
    else:
        syntax = find_rdf_format(document) or RdfFormat.TURTLE
        for triple in _read_triples(document, syntax, findings, prefixes):
            yield triple
            said = True
        if syntax == RdfFormat.RDF_XML and len(findings) == faults:
            findings.extend(_find_xml_faults(document))
    if not said and len(findings) == faults:
        findings.append(_nothing_said(document))


def _json_values(document: Document, findings: list[Finding]) -> Iterator[Json]:
    value = read_json(document)
    if isinstance(value, Finding):
        findings.append(value)
    else:
        yield value


def is_json(document: Document) -> bool:
    """Whether the document begins as JSON does."""
    return document.head.lstrip().startswith((b"{", b"["))


def read_lines(document: Document, prefixes: Mapping[str, str], wanted: Callable[[str], bool] | None) -> dict[str, int]:
    """Subject -> line where it is first named at the beginning of a line, of those that are wanted."""
    if is_json(document):
        return {}
    syntax = find_rdf_format(document) or RdfFormat.TURTLE
    lines: dict[str, int] = {}
    for iri, number in _find_lines(document, syntax, prefixes):
        if wanted is None or wanted(iri):
            lines.setdefault(iri, number)
    return lines


def _read_triples(
    document: Document, syntax: RdfFormat, findings: list[Finding], prefixes: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    faults: set[tuple[object, ...]] = set()
    with document.open() as stream:
        parser = parse(stream, format=syntax)
        while len(faults) < MAX_SYNTAX_FAULTS:
            try:
                quad = next(parser)
            except StopIteration:
                break
            except SyntaxError as error:
                place = (error.lineno, error.offset, error.msg)
                if place in faults:
                    break
                faults.add(place)
                findings.append(syntax_fault(document, error))
                continue
            # one call for the whole triple: a third of the time of asking for its parts
            head, predicate, term = str(quad.triple).split(" ", 2)
            if head[:2] == "<<" or term[:2] == "<<":
                findings.append(_triple_term(document))
                continue
            if term[-len(_UNDETERMINED) :] == _UNDETERMINED:
                term = str(Literal(str(quad.object.value)))
            yield head[1:-1] if head[0] == "<" else head, predicate[1:-1], term
        prefixes.update(parser.prefixes)


def syntax_fault(document: Document, error: SyntaxError) -> Finding:
    """What the parser found, with its line."""
    return Finding(
        level=FindingLevel.MUST,
        code="rdf.syntax",
        message=f"{document.name} breaks the syntax: {error.msg}.",
        source=Source(file=document.name, line=error.lineno),
        fix="Mend the statement there; a file that ends too early was cut off on its way.",
    )


def _find_xml_faults(document: Document) -> Iterator[Finding]:
    """The first fault of XML itself: the RDF parser takes a document that ends too early for a whole one."""
    with document.open() as stream:
        try:
            expat.ParserCreate().ParseFile(stream)
        except expat.ExpatError as error:
            yield Finding(
                level=FindingLevel.MUST,
                code="rdf.syntax",
                message=f"{document.name} is not well-formed XML: {expat.ErrorString(error.code)}.",
                source=Source(file=document.name, line=error.lineno),
                fix="Mend the XML there; a file that ends too early was cut off on its way.",
            )


def _nothing_said(document: Document) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code="rdf.nothing-said",
        message=f"{document.name} is RDF without a single statement.",
        source=Source(file=document.name),
        fix="Check that the file is whole.",
    )


def _triple_term(document: Document) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code="rdf.triple-term",
        message=f"{document.name} says something about a statement, which no record holds; it was left out.",
        source=Source(file=document.name),
        fix="Say it about a thing with an IRI of its own.",
    )


def _find_lines(document: Document, syntax: RdfFormat, prefixes: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """(subject, line) where a line begins with its name: the parser tells no places."""
    with document.open() as stream:
        for number, line in enumerate(stream, 1):
            if syntax == RdfFormat.RDF_XML:
                yield from ((match.decode("utf-8", "replace"), number) for match in _ABOUT.findall(line))
            elif not line[:1].isspace() and (match := _SUBJECT.match(line)):
                iri, prefix, local = (part.decode() if part is not None else None for part in match.groups())
                if iri is not None:
                    yield iri, number
                elif (prefix or "") in prefixes:
                    yield f"{prefixes[prefix or '']}{local or ''}", number
