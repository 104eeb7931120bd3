"""Headwater's own exports, N-Quads or Turtle, read back as they were written.

An export begins with what it says of its dataset (`writers.head`); by that it is told from anybody else's RDF. Every
subject is a record, whatever other vocabularies it speaks. A file whose subjects stand together, as ours do, is
streamed; any other is read whole.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pyoxigraph import BlankNode, Quad, parse

from ontology.documents import Document
from ontology.model import ONTOLOGY, Finding, Located, Source
from ontology.rdf import from_rdf
from ontology.writers.head import DATASET_CLASS
from ontology.writers.head import FORMAT as HEAD_FORMAT
from ontology.writers.head import NAME as HEAD_NAME

from .detection import Fit, Format
from .nodes import find_rdf_format, syntax_fault

OWN_FORMAT: Final = "headwater"
_HEAD_CHARACTERS: Final = 4_096
_IS_DATASET: Final = re.compile(rf"(<{re.escape(DATASET_CLASS)}>|\ba hw:Dataset\b)")


def fit_headwater(document: Document) -> Fit:
    """Whether it is one of our exports: RDF whose beginning describes a dataset of ours."""
    if find_rdf_format(document) is None or ONTOLOGY.encode() not in document.head:
        return Fit.NONE
    return Fit.EXACT if _IS_DATASET.search(_head(document)) else Fit.NONE


def exported_dataset(document: Document) -> tuple[str, str] | None:
    """(name, format) of the dataset that an export is of; None where the document is none."""
    if fit_headwater(document) is Fit.NONE:
        return None
    text = _head(document)
    found = [_said(text, predicate, short) for predicate, short in ((HEAD_NAME, "identifier"), (HEAD_FORMAT, "format"))]
    return (found[0], found[1]) if found[0] and found[1] else None


def read_headwater(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """The records in the order in which their subjects first appear, each with the line of its first statement."""
    for document in documents:
        faults: list[Finding] = []
        groups = _grouped(document, faults) if _is_grouped(document) else iter([list(_quads(document, faults))])
        for quads in groups:
            for record in from_rdf(quads):
                yield Located(record=record, source=Source(file=document.name))
        yield from faults


def _head(document: Document) -> str:
    return document.head[:_HEAD_CHARACTERS].decode("utf-8", "ignore")


def _said(text: str, predicate: str, short: str) -> str | None:
    found = re.search(rf'(?:<{re.escape(predicate)}>|dcterms:{short}) "([^"\\]*)"', text)
    return found[1] if found else None


def _quads(document: Document, faults: list[Finding]) -> Iterator[Quad]:
    """The statements, without those about the dataset."""
    syntax = find_rdf_format(document)
    assert syntax is not None, "the document fits"
    dataset = None
    with document.open() as stream:
        parser = parse(stream, format=syntax)
        while True:
            try:
                quad = next(parser, None)
            except SyntaxError as error:
                faults.append(syntax_fault(document, error))
                return
            if quad is None:
                return
            if dataset is None and str(quad.object) == f"<{DATASET_CLASS}>":
                dataset = quad.subject
            if quad.subject != dataset:
                yield quad


def _is_grouped(document: Document) -> bool:
    """Whether each subject's statements stand together and no node is blank."""
    seen: set[int] = set()
    last = None
    for quad in _quads(document, []):
        if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode):
            return False
        if quad.subject != last:
            last = quad.subject
            key = hash(str(last))
            if key in seen:
                return False
            seen.add(key)
    return True


def _grouped(document: Document, faults: list[Finding]) -> Iterator[list[Quad]]:
    group: list[Quad] = []
    for quad in _quads(document, faults):
        if group and quad.subject != group[0].subject:
            yield group
            group = []
        group.append(quad)
    if group:
        yield group


FORMAT: Final = Format(
    name=OWN_FORMAT, fit=fit_headwater, read=lambda documents, _: read_headwater(documents), alone=True
)
