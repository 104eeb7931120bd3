"""Results of SPARQL queries as bytes in the media types of the standards, cut at a limit.

Written row by row, so that a limit ends the query's evaluation too; what is cut is still whole in its format.
Sources: SPARQL 1.1 Query Results JSON, XML, CSV and TSV Formats. Called by the worker.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr

import orjson
import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat

JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
TURTLE, N_TRIPLES, JSON_LD, RDF_XML = (
    "text/turtle",
    "application/n-triples",
    "application/ld+json",
    "application/rdf+xml",
)
RESULT_FORMATS = (JSON, XML, CSV, TSV)
"""Of SELECT and ASK, the preferred one first."""
GRAPH_FORMATS = (TURTLE, N_TRIPLES, JSON_LD, RDF_XML)
"""Of CONSTRUCT and DESCRIBE, and of resources."""

PREFIXES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "schema": "https://schema.org/",
    "hw": "https://w3id.org/headwater/ontology#",
}
_FORMATS = {
    TURTLE: RdfFormat.TURTLE,
    N_TRIPLES: RdfFormat.N_TRIPLES,
    JSON_LD: RdfFormat.JSON_LD,
    RDF_XML: RdfFormat.RDF_XML,
}
_XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
_XML_HEAD = '<?xml version="1.0"?>\n<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head>'
Term = NamedNode | BlankNode | Literal | pyoxigraph.Triple
Row = list[Term | None]


@dataclass(slots=True, kw_only=True)
class Cut:
    """How much may be written, and whether it was too little."""

    rows: int
    bytes: int
    reached: str | None = None
    """`rows` or `bytes` where something was left out."""
    _rows: int = field(default=0, init=False)
    _bytes: int = field(default=0, init=False)

    def takes(self, size: int) -> bool:
        """Whether one more row of so many bytes is written."""
        if self._rows >= self.rows:
            self.reached = "rows"
        elif self._bytes + size > self.bytes:
            self.reached = "bytes"
        else:
            self._rows += 1
            self._bytes += size
        return self.reached is None


def write_boolean(value: bool, media_type: str) -> bytes:
    """The answer to ASK."""
    word = "true" if value else "false"
    if media_type == JSON:
        return orjson.dumps({"head": {}, "boolean": value})
    if media_type == XML:
        return f"{_XML_HEAD}</head><boolean>{word}</boolean></sparql>".encode()
    return f"{word}\n".encode()


def write_solutions(solutions: pyoxigraph.QuerySolutions, media_type: str, cut: Cut) -> bytes:
    """The answer to SELECT."""
    names = [variable.value for variable in solutions.variables]
    head, row, separator, tail = {JSON: _json, XML: _xml, CSV: _csv, TSV: _tsv}[media_type](names)
    written: list[bytes] = []
    for solution in solutions:
        line = row([solution[name] for name in names])
        if not cut.takes(len(line)):
            break
        written.append(line)
    return head + separator.join(written) + tail


def write_triples(triples: Iterable[pyoxigraph.Triple], media_type: str, cut: Cut | None = None) -> bytes:
    """The answer to CONSTRUCT and DESCRIBE, each triple once."""
    found: dict[pyoxigraph.Triple, None] = {}
    for triple in triples:
        if triple in found:
            continue
        if cut is not None and not cut.takes(len(str(triple))):
            break
        found[triple] = None
    prefixes = None if media_type == N_TRIPLES else PREFIXES
    return pyoxigraph.serialize(found, format=_FORMATS[media_type], prefixes=prefixes) or b""


# ------------------------------------------------------------------------------------------------------- formats

_Format = tuple[bytes, Callable[[Row], bytes], bytes, bytes]


def _json(names: list[str]) -> _Format:
    def row(terms: Row) -> bytes:
        return orjson.dumps({name: _json_term(term) for name, term in zip(names, terms, strict=True) if term})

    return b'{"head":{"vars":' + orjson.dumps(names) + b'},"results":{"bindings":[', row, b",\n", b"]}}"


def _json_term(term: Term) -> dict[str, object]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, pyoxigraph.Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    if term.datatype.value != _XSD_STRING:
        return {"type": "literal", "value": term.value, "datatype": term.datatype.value}
    return {"type": "literal", "value": term.value}


def _xml(names: list[str]) -> _Format:
    def row(terms: Row) -> bytes:
        bound = (
            f"<binding name={quoteattr(name)}>{_xml_term(term)}</binding>"
            for name, term in zip(names, terms, strict=True)
            if term
        )
        return f"<result>{''.join(bound)}</result>".encode()

    head = _XML_HEAD + "".join(f"<variable name={quoteattr(name)}/>" for name in names) + "</head><results>"
    return head.encode(), row, b"\n", b"</results></sparql>"


def _xml_term(term: Term) -> str:
    if isinstance(term, NamedNode):
        return f"<uri>{_xml_text(term.value)}</uri>"
    if isinstance(term, BlankNode):
        return f"<bnode>{_xml_text(term.value)}</bnode>"
    if isinstance(term, pyoxigraph.Triple):
        parts = (("subject", term.subject), ("predicate", term.predicate), ("object", term.object))
        return f"<triple>{''.join(f'<{name}>{_xml_term(part)}</{name}>' for name, part in parts)}</triple>"
    if term.language:
        return f"<literal xml:lang={quoteattr(term.language)}>{_xml_text(term.value)}</literal>"
    kind = "" if term.datatype.value == _XSD_STRING else f" datatype={quoteattr(term.datatype.value)}"
    return f"<literal{kind}>{_xml_text(term.value)}</literal>"


def _xml_text(text: str) -> str:
    """Escaped; what XML 1.0 cannot hold is replaced."""
    safe = "".join(each if each >= " " or each in "\t\n\r" else "\ufffd" for each in text)
    return escape(safe.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"), {"\r": "&#13;"})


def _csv(names: list[str]) -> _Format:
    def row(terms: Row) -> bytes:
        return (",".join(_csv_term(term) for term in terms) + "\r\n").encode()

    return (",".join(names) + "\r\n").encode(), row, b"", b""


def _csv_term(term: Term | None) -> str:
    if term is None:
        return ""
    text = f"_:{term.value}" if isinstance(term, BlankNode) else str(getattr(term, "value", term))
    return '"' + text.replace('"', '""') + '"' if any(each in text for each in '",\r\n') else text


def _tsv(names: list[str]) -> _Format:
    def row(terms: Row) -> bytes:
        cells = ("" if term is None else str(term).replace("\t", "\\t") for term in terms)
        return ("\t".join(cells) + "\n").encode()

    return ("\t".join(f"?{name}" for name in names) + "\n").encode(), row, b"", b""
