"""The NICE components as NIST publishes them: one JSON of elements and of relationships between them.

Gives the same IRIs as the tables in `nice`, and what those leave out: competency areas above their statements,
categories, the order that NIST shows things in. A relationship to an element that is not there makes no requirement; it
is told and kept. Source: NIST CPRT export of SP 800-181 Rev. 1, components 2.0.0. Called by `nice`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ontology.documents import Document
from ontology.json_documents import Json, read_json
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Requirement,
    Source,
    Statement,
    Unmapped,
    derived_iri,
)

from .detection import Fit
from .json_fields import Fields, objects_of, written
from .sources import NICE, class_of_source, english, link, minted_iri, said

STATEMENTS: Final = MappingProxyType(
    {"task": "task", "knowledge": "knowledge", "skill": "skill", "competency_area": "competency-area"}
)
"""Type of an element -> kind of the competency that it is."""
ROLE: Final = "work_role"
CATEGORY: Final = "category"
OPM: Final = "opm_code"
SORT: Final = "sort"
SORT_PREFIX: Final = "S-"
"""The element `S-OG-WRL-001` says where `OG-WRL-001` stands in lists."""
_TYPES: Final = frozenset({*STATEMENTS, ROLE, CATEGORY, OPM, SORT})
_ELEMENT: Final = frozenset({"element_type", "element_identifier", "title", "text", "doc_identifier"})
_RELATIONSHIP: Final = frozenset(
    {
        *("source_element_identifier", "source_doc_identifier", "dest_element_identifier", "dest_doc_identifier"),
        *("relationship_identifier", "provenance_doc_identifier"),
    }
)


def fit_components(document: Document) -> Fit:
    """Whether a document is an export of NIST's reference tool, by the members at its beginning."""
    head = document.head.lstrip()
    return Fit.EXACT if head[:1] == b"{" and b'element_identifier"' in head and b'doc_identifier"' in head else Fit.NONE


def read_components(document: Document) -> Iterator[Located | Finding]:
    """Roles, statements, areas and categories, then requirements, in the order of the elements."""
    value = read_json(document)
    if isinstance(value, Finding):
        yield value
        return
    found = _find_components(value, ())
    if found is None:
        yield Finding(
            level=FindingLevel.MUST,
            code="nice.no-elements",
            message=f"{document.name} has no list `elements`; the components as NIST exports them are expected.",
            source=Source(file=document.name, pointer=""),
            fix="Export the framework again, as JSON.",
        )
        return
    components, path = found
    export = _Export(document.name)
    yield from export.take_elements(components.get("elements"), (*path, "elements"))
    yield from export.take_relationships(components.get("relationships", []), (*path, "relationships"))
    export.take_documents(components)
    yield from export.records()


def _find_components(value: Json, path: tuple[str, ...]) -> tuple[dict[str, Json], tuple[str, ...]] | None:
    """The object that holds the elements: the export itself, or one a few members below (`response`, `elements`)."""
    if not isinstance(value, dict) or len(path) > 3:
        return None
    if isinstance(value.get("elements"), list):
        return value, path
    below = (_find_components(each, (*path, name)) for name, each in value.items())
    return next((found for found in below if found is not None), None)


@dataclass(slots=True)
class _Element:
    kind: str
    identifier: str
    title: str
    text: str
    source: Source
    statements: set[Statement] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)
    """OPM codes of a role."""
    above: set[str] = field(default_factory=set)
    """Competency areas of a statement, the category of a role, as identifiers."""


class _Export:
    """What the export said so far."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._elements: dict[str, _Element] = {}
        self._asked: list[tuple[str, str, Source, tuple[Statement, ...]]] = []
        self._loose: dict[str, set[Statement]] = {}
        """What is said of elements that are not there."""

    def take_elements(self, value: Json, path: tuple[str | int, ...]) -> Iterator[Finding]:
        """All elements by their identifier; a repeated one is told where it differs."""
        for item in objects_of(value, file=self._file, path=path):
            if isinstance(item, Finding):
                yield item
                continue
            kind, identifier = item.text("element_type", needed=True), item.text("element_identifier", needed=True)
            item.subject = _iri(identifier) if identifier else None
            element = _Element(kind, identifier, item.text("title"), item.text("text"), item.at())
            element.statements.update(item.besides("nice", _ELEMENT))
            if kind and kind not in _TYPES:
                item.fault(
                    "nice.unknown-element",
                    f"The element type {kind!r} is not one of {', '.join(sorted(_TYPES))}; it is kept as it is.",
                    "Nothing to do if NIST has added a type.",
                    "element_type",
                    level=FindingLevel.SHOULD,
                )
            if kind in STATEMENTS and not (element.text or element.title):
                item.text("text", needed=True)
            before = self._elements.get(identifier)
            if before is not None and (before.kind, before.title, before.text) != (kind, element.title, element.text):
                item.fault(
                    "identity.conflict",
                    f"The element {identifier} is described twice in different words.",
                    "Keep one of them.",
                    level=FindingLevel.MUST,
                )
            yield from item.findings
            if not item.broken:
                self._elements.setdefault(identifier, element)

    def take_relationships(self, value: Json, path: tuple[str | int, ...]) -> Iterator[Finding]:
        """What belongs to what. A relationship to nothing is told."""
        for item in objects_of(value, file=self._file, path=path):
            if isinstance(item, Finding):
                yield item
                continue
            above = item.text("source_element_identifier", needed=True)
            below = item.text("dest_element_identifier", needed=True)
            besides = item.besides("nice", _RELATIONSHIP)
            if not item.broken:
                self._relate(item, above, below, besides)
            yield from item.findings

    def _relate(self, item: Fields, above: str, below: str, besides: tuple[Statement, ...]) -> None:
        upper, lower = self._elements.get(above), self._elements.get(below)
        if upper is None or lower is None:
            missing = above if upper is None else below
            item.subject = _iri(above)
            item.fault(
                "nice.unknown-identifier",
                f"{above} is related to {below}, but no element {missing} is in the export; "
                "it makes no requirement and is kept.",
                f"Add the element {missing}, or remove the relationship.",
                "source_element_identifier" if upper is None else "dest_element_identifier",
                level=FindingLevel.SHOULD,
            )
            around = self._loose.setdefault(above, set()) if upper is None else upper.statements
            around.update((link("nice", "projection", _iri(below)), *besides))
            return
        source = item.at()
        if upper.kind == ROLE and lower.kind == OPM:
            upper.codes.append(below)
            lower.above.add(above)
        elif upper.kind == ROLE and lower.kind in STATEMENTS:
            self._asked.append((above, below, source, besides))
        elif upper.kind == CATEGORY and lower.kind == ROLE:
            lower.statements.update(said("nice", "category", upper.title or above))
            lower.above.add(above)
        elif upper.kind in STATEMENTS and lower.kind in STATEMENTS:
            lower.above.add(above)
        else:
            upper.statements.add(link("nice", "projection", _iri(below)))

    def take_documents(self, components: dict[str, Json]) -> None:
        """The documents and the types of relationships, kept word for word."""
        for member in ("documents", "relationship_types"):
            value = components.get(member)
            for each in value if isinstance(value, list) else ():
                if isinstance(each, dict):
                    key = written(each.get("doc_identifier") or each.get("relationship_identifier"))
                    kept = self._loose.setdefault(f"{member}/{key}", set())
                    for name, part in each.items():
                        kept.update(said("nice", name, written(part)))

    def records(self) -> Iterator[Located]:
        """Everything that is described, then what asks for it."""
        for identifier, element in list(self._elements.items()):
            sorted_one = self._elements.get(identifier.removeprefix(SORT_PREFIX))
            if element.kind == SORT and sorted_one is not None and sorted_one is not element:
                sorted_one.statements.update(said("nice", SORT, element.title))
        for element in self._elements.values():
            yield from self._describe(element)
        for owner, target, source, besides in self._asked:
            requirement = Requirement(
                iri=derived_iri("requirement", _iri(owner), None, None, _iri(target)),
                owner=_iri(owner),
                target=_iri(target),
                importance=Importance.SHOULD,
                statements=besides,
            )
            yield Located(record=requirement, source=source)
        for key, said_of in self._loose.items():
            kept = Unmapped(iri=minted_iri("nice", *key.split("/")), statements=tuple(sorted(said_of)))
            yield Located(record=kept, source=Source(file=self._file))

    def _describe(self, element: _Element) -> Iterator[Located]:
        iri, statements = _iri(element.identifier), tuple(sorted(element.statements))
        record: JobRole | Competency | Unmapped
        if element.kind == ROLE:
            grouped = (link("nice", "categoryElement", _iri(above)) for above in element.above)
            record = JobRole(
                iri=iri,
                labels=english(element.title or element.text),
                descriptions=english(element.text),
                codes=tuple(sorted({Code("nice", element.identifier), *(Code("opm", code) for code in element.codes)})),
                framework=NICE.iri,
                statements=tuple(sorted({*statements, *grouped})),
            )
        elif element.kind in STATEMENTS:
            record = Competency(
                iri=iri,
                labels=english(element.title or element.text),
                descriptions=english(element.text) if element.title else (),
                codes=(Code("nice", element.identifier),),
                framework=NICE.iri,
                kind=STATEMENTS[element.kind],
                broader=tuple(sorted(_iri(above) for above in element.above)),
                statements=statements,
            )
        elif self._is_said_elsewhere(element):
            return
        else:
            more = {*statements, *said("nice", "element_type", element.kind)}
            record = class_of_source(
                iri, code=element.identifier, label=element.title, description=element.text, more=more
            )
        yield Located(record=record, source=element.source)

    def _is_said_elsewhere(self, element: _Element) -> bool:
        """Whether a code or a place in lists stands with the thing that has it."""
        sorts = element.kind == SORT and element.identifier.removeprefix(SORT_PREFIX) in self._elements
        return sorts or (element.kind == OPM and bool(element.above))


def _iri(identifier: str) -> str:
    return minted_iri("nice", identifier)
