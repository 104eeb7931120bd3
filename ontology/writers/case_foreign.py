"""Frameworks that did not come from CASE in its words: CFDocuments, CFItems, CFAssociations.

What CASE has no property for stands in `extensions` below keys that begin with `headwater:`; records of other classes
are told as losses. Also gives the associations that a record of CASE has got since it was read. Called by `case_parts`'
users.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from ontology.json_documents import Json
from ontology.model import (
    UNDETERMINED,
    Alignment,
    Competency,
    Framework,
    Record,
    Relation,
    Resource,
    Scale,
    ScaleLevel,
    Text,
    derived_iri,
)
from ontology.readers.case_terms import (
    CF_ASSOCIATION,
    CF_DOCUMENT,
    CF_ITEM,
    CF_LICENSE,
    CF_RUBRIC,
    CODING_SCHEME,
    DOCUMENT,
    GUID,
    RELATION,
    RUBRIC,
    UUID,
    JsonObject,
    find_kind,
    stated_iris,
)

from .case_parts import Part, Parts, ordered
from .case_report import CaseReport
from .case_values import NEUTRAL_TIME, VERSION

ENGLISH: Final = "en"
_TYPES = {Relation.EXACT: "exactMatchOf"}
"""Every other relation is isRelatedTo, with its name in `extensions`."""


def foreign_parts(records: Iterable[Record], report: CaseReport) -> Iterator[Part]:
    """The entities of records that do not come from CASE, without associations; what cannot be one is told."""
    lost: Counter[str] = Counter()
    kept = list(records)
    homes = {record.framework for record in kept if isinstance(record, Competency)}
    rubrics = {record.iri for record in kept if find_kind(record.statements) is CF_RUBRIC}
    for record in kept:
        if find_kind(record.statements) is not None:
            continue
        if isinstance(record, Framework) and record.iri not in homes:
            message = "a framework without a competency: no package"
            report.tell("case-export.nothing-inside", message, record.iri, None, loss=True)
        elif isinstance(record, Framework):
            yield from _document(record)
        elif isinstance(record, Competency):
            yield _item(record)
        elif not isinstance(record, Alignment) and not _in_rubric(record, rubrics):
            lost[type(record).__name__] += 1
    for name, number in sorted(lost.items()):
        report.tell("case-export.no-such-thing", f"CASE has no {name}: {number} left out", None, None, loss=True)


def _in_rubric(record: Record, rubrics: set[str]) -> bool:
    """Whether one of these rubrics says it."""
    if not isinstance(record, Scale | ScaleLevel):
        return False
    return any(iri in rubrics for iri in stated_iris(record.statements, RUBRIC))


def _document(record: Framework) -> Iterator[Part]:
    label = _chosen(record.labels)
    made = _named(record)
    made |= {
        "caseVersion": VERSION,
        "creator": record.attribution or "",
        "title": label.text if label else "",
        "lastChangeDateTime": NEUTRAL_TIME,
    }
    description = _chosen(record.descriptions)
    _set(made, "officialSourceURL", record.url)
    _set(made, "description", description.text if description else None)
    _set(made, "language", _language(label))
    if record.license is not None:
        found = _license(record.license, record.iri)
        yield found
        made["licenseURI"] = link_to(found)
    _extend(made, record, label, description, set())
    yield Part(kind=CF_DOCUMENT, iri=record.iri, properties=ordered(made, CF_DOCUMENT))


def _license(words: str, document: str) -> Part:
    iri = derived_iri("case/license", document, words)
    properties: JsonObject = {
        "identifier": _guid(iri),
        "uri": iri,
        "title": words if len(words) <= 100 else words[:99] + "…",
        "licenseText": words,
        "lastChangeDateTime": NEUTRAL_TIME,
    }
    return Part(kind=CF_LICENSE, iri=iri, properties=properties, documents=(document,))


def _item(record: Competency) -> Part:
    label, note, other = _chosen(record.labels), _chosen(record.descriptions), _chosen(record.alternative_labels)
    code = _coding(record)
    made = _named(record)
    made |= {"fullStatement": label.text if label else "", "lastChangeDateTime": NEUTRAL_TIME}
    _set(made, "alternativeLabel", other.text if other else None)
    _set(made, "CFItemType", record.kind)
    _set(made, "humanCodingScheme", code[1] if code else None)
    _set(made, "notes", note.text if note else None)
    _set(made, "language", _language(label))
    _extend(made, record, label, note, {other} if other else set())
    documents = [*([record.framework] if record.framework else []), *stated_iris(record.statements, DOCUMENT)]
    return Part(kind=CF_ITEM, iri=record.iri, properties=ordered(made, CF_ITEM), documents=tuple(documents))


def _named(record: Resource) -> JsonObject:
    known = next((code.value for code in record.codes if code.system == GUID and UUID.fullmatch(code.value)), None)
    return {"identifier": known or _guid(record.iri), "uri": record.iri}


def _guid(iri: str) -> str:
    return str(uuid5(NAMESPACE_URL, iri))


def _set(made: JsonObject, name: str, value: str | None) -> None:
    if value is not None:
        made[name] = value


def _chosen(texts: tuple[Text, ...]) -> Text | None:
    """The text that CASE shows: the English one, else the first."""
    return min(texts, key=lambda text: (text.language.split("-")[0] != ENGLISH, text), default=None)


def _language(text: Text | None) -> str | None:
    return text.language if text is not None and text.language != UNDETERMINED else None


def _coding(record: Resource) -> tuple[str, str] | None:
    """(system, value) of the code that people write."""
    codes = sorted((code.system != CODING_SCHEME, code) for code in record.codes if code.system != GUID)
    return (codes[0][1].system, codes[0][1].value) if codes else None


def _extend(made: JsonObject, record: Resource, label: Text | None, note: Text | None, others: set[Text]) -> None:
    """Puts into `extensions` what CASE has no property for."""
    language = label.language if label else UNDETERMINED
    shown = {text for text in (label, note, *others) if text is not None and text.language == language}
    extensions: JsonObject = {}
    for name, texts in (
        ("labels", record.labels),
        ("alternativeLabels", record.alternative_labels),
        ("descriptions", record.descriptions),
    ):
        more: dict[str, Json] = defaultdict(list)
        for text in texts:
            if text not in shown:
                found = more[text.language]
                assert isinstance(found, list), "made here as a list"
                found.append(text.text)
        if more:
            extensions[f"headwater:{name}"] = dict(more)
    coding = _coding(record) if isinstance(record, Competency) else None
    codes: list[Json] = [
        f"{code.system}:{code.value}"
        for code in record.codes
        if code.value != made["identifier"] and (coding is None or (code.system, code.value) != coding)
    ]
    if coding is not None:
        extensions["headwater:codeSystem"] = coding[0]
    if codes:
        extensions["headwater:codes"] = codes
    if isinstance(record, Competency) and record.url is not None:
        extensions["headwater:url"] = record.url
    statements: list[Json] = [[predicate, term] for predicate, term in record.statements if predicate != DOCUMENT]
    if statements:
        extensions["headwater:statements"] = statements
    if extensions:
        made["extensions"] = extensions


def link_to(part: Part) -> JsonObject:
    """A link to an entity."""
    uri = part.properties.get("uri")
    return {"title": part.title, "identifier": part.properties["identifier"], "uri": uri or part.iri}


def foreign_associations(records: Iterable[Record], parts: Parts, report: CaseReport) -> Iterator[Part]:
    """The associations that records say and no CFAssociation does: parents, successors, alignments."""
    said = _said(parts)
    alignments = []
    for record in records:
        if isinstance(record, Competency | Framework):
            yield from _links(record, parts, said)
        elif isinstance(record, Alignment) and find_kind(record.statements) is None:
            alignments.append(record)
    for alignment in alignments:
        found = _alignment(alignment, parts)
        if found.documents:
            yield found
        else:
            message = "neither end stands in a framework of the export, so that it is left out"
            report.tell("case-export.foreign-alignment", message, alignment.iri, None, loss=True)


def _said(parts: Parts) -> dict[str, set[tuple[str, str]]]:
    """Type -> (origin, destination) of the CFAssociations."""
    said: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for part in parts.by_iri.values():
        kind = part.properties.get("associationType")
        if part.kind is CF_ASSOCIATION and isinstance(kind, str):
            origin = parts.target(part.properties.get("originNodeURI"))
            destination = parts.target(part.properties.get("destinationNodeURI"))
            if origin and destination:
                said[kind].add((origin, destination))
    return said


def _links(record: Competency | Framework, parts: Parts, said: Mapping[str, set[tuple[str, str]]]) -> Iterator[Part]:
    part = parts.by_iri.get(record.iri)
    if part is None:
        return
    documents = part.documents if isinstance(record, Competency) else (record.iri,)
    parents = [iri for iri in getattr(record, "broader", ()) if (record.iri, iri) not in said.get("isChildOf", ())]
    if isinstance(record, Competency) and not record.broader and find_kind(record.statements) is None:
        parents = list(documents[:1])
    for parent in parents:
        yield _association("isChildOf", record.iri, parent, parts, documents)
    successor = record.replaced_by
    if successor is not None and (record.iri, successor) not in said.get("replacedBy", ()):
        yield _association("replacedBy", record.iri, successor, parts, documents)


def _association(
    kind: str, origin: str, destination: str, parts: Parts, documents: tuple[str, ...], iri: str | None = None
) -> Part:
    iri = iri or derived_iri("case/association", kind, origin, destination)
    properties: JsonObject = {
        "identifier": _guid(iri),
        "associationType": kind,
        "uri": iri,
        "originNodeURI": _node(origin, parts),
        "destinationNodeURI": _node(destination, parts),
        "lastChangeDateTime": NEUTRAL_TIME,
    }
    return Part(kind=CF_ASSOCIATION, iri=iri, properties=properties, documents=documents)


def _node(iri: str, parts: Parts) -> JsonObject:
    part = parts.by_iri.get(iri)
    return link_to(part) if part is not None else {"title": "", "identifier": _guid(iri), "uri": iri}


def _alignment(record: Alignment, parts: Parts) -> Part:
    ends = [parts.by_iri[iri] for iri in (record.subject, record.object) if iri in parts.by_iri]
    documents = next((_documents(part) for part in ends if _documents(part)), ())
    kind = _TYPES.get(record.relation, "isRelatedTo")
    found = _association(kind, record.subject, record.object, parts, documents, record.iri)
    extensions: JsonObject = {}
    if kind == "isRelatedTo" and record.relation is not Relation.RELATED:
        extensions[RELATION] = record.relation.value
    for each in ("confidence", "method", "source", "author", "date"):
        value = getattr(record, each)
        if value is not None:
            extensions[f"headwater:{each}"] = str(value)
    statements: list[Json] = [list[Json](statement) for statement in record.statements]
    if statements:
        extensions["headwater:statements"] = statements
    if record.comment is not None:
        found.properties["notes"] = record.comment
    if extensions:
        found.properties["extensions"] = extensions
    return found


def _documents(part: Part) -> tuple[str, ...]:
    return (part.iri,) if part.kind is CF_DOCUMENT else part.documents
