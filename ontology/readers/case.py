"""1EdTech CASE 1.0 and 1.1: packages, bare or wrapped, lists of documents, and what the other endpoints give.

A CFDocument is a Framework, a CFItem a Competency; associations are hierarchy, succession or Alignments and are kept
whole, as everything else is; criteria of rubrics are Scales too. docs/case.md says what becomes what. Several packages
of one source are one dataset.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ontology.documents import Document
from ontology.json_documents import read_json
from ontology.model import UNDETERMINED, Finding, Located

from .case_payloads import Faults, find_entities
from .case_records import Dataset, find_links, read_records
from .case_rubrics import find_scales
from .case_terms import DEFINITIONS, PARTS
from .detection import Fit, Format

_CERTAIN = frozenset({"CFDocument", "CFDocuments", "CFPackage", "CFItem", "CFDefinitions", *PARTS, *DEFINITIONS})
_SINGLE: Final = (
    frozenset({"identifier", "uri", "fullStatement"}),
    frozenset({"fullStatement", "lastChangeDateTime"}),
    frozenset({"originNodeURI", "destinationNodeURI"}),
    frozenset({"identifier", "uri", "lastChangeDateTime"}),
    frozenset({"CFRubricCriteria", "identifier"}),
)
"""Keys that together only an entity of CASE has."""
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|[{}\[\]]', re.DOTALL)


def read_case(documents: Sequence[Document], *, language: str = UNDETERMINED) -> Iterator[Located | Finding]:
    """Findings file by file, then a record for each entity in the order read, then the scales of rubrics."""
    dataset = Dataset(language=language)
    faults = {}
    for document in documents:
        value = read_json(document, whole=False)
        if isinstance(value, Finding):
            yield value
            continue
        faults[document.name] = Faults(document.name)
        for entity in find_entities(value, faults[document.name]):
            dataset.add(entity)
    find_links(dataset, faults)
    scales = find_scales(dataset, faults)
    for each in faults.values():
        yield from each.all()
    yield from read_records(dataset)
    yield from scales


def fit_case(document: Document) -> Fit:
    """Whether the keys at the beginning of a JSON document are those of a CASE payload."""
    head = document.head.decode("utf-8", "ignore")
    if not head.lstrip().startswith(("{", "[")):
        return Fit.NONE
    keys = _outer_keys(head)
    certain = keys & _CERTAIN or any(needed <= keys for needed in _SINGLE)
    return Fit.EXACT if certain else Fit.NONE


def _outer_keys(head: str) -> set[str]:
    """Keys of the outermost object; of each object where it is a list."""
    outer = 2 if head.lstrip().startswith("[") else 1
    depth, found = 0, set()
    for token in _TOKEN.finditer(head):
        sign = token[0]
        if sign in ("{", "["):
            depth += 1
        elif sign in ("}", "]"):
            depth -= 1
        elif token[2] and depth == outer:
            found.add(token[1])
    return found


FORMAT: Final = Format(
    name="case",
    fit=fit_case,
    read=lambda documents, context: read_case(documents, language=context.language),
    keeps_originals=True,
    alone=True,
)
