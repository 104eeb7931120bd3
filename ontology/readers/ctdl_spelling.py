"""How CTDL says what the fields of a record hold, and which statements of a source say no more than that.

A statement that a field says as well is not kept twice: the reader leaves out what `spelled` gives back letter by
letter, and the writer puts it in again. Called by both.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from ontology.model import Competency, Course, Credential, Framework, JobRole, Record, Resource, Statement, Text
from ontology.ntriples import canonical_term, is_iri, literal_term, text_term
from ontology.terms import RDF_TYPE

from .ctdl_terms import UNSAID, credential_classes, full, kind_among, kind_of, short

LABELS: Final = (
    "ceasn:competencyLabel", "ceterms:name", "ceasn:name", "schema:name", "skos:prefLabel", "dct:title", "dc:title",
    "rdfs:label", "ceterms:targetNodeName",
)  # fmt: skip
ALTERNATIVES: Final = ("ceterms:alternateName", "skos:altLabel")
DESCRIPTIONS: Final = (
    "ceterms:description", "ceasn:description", "schema:description", "skos:definition", "dct:description",
    "dc:description", "ceterms:targetNodeDescription",
)  # fmt: skip
NOTATIONS: Final = ("ceterms:codedNotation", "ceasn:codedNotation", "skos:notation")

_GROUPS: Final = MappingProxyType(
    {
        "type": frozenset({"rdf:type"}),
        "texts": frozenset((*LABELS, *ALTERNATIVES, *DESCRIPTIONS, "ceasn:competencyText")),
        "ctid": frozenset({"ceterms:ctid"}),
        "notation": frozenset(NOTATIONS),
        "url": frozenset({"ceterms:subjectWebpage"}),
        "license": frozenset({"ceasn:license"}),
        "attribution": frozenset({"ceasn:rights"}),
    }
)
"""Group of fields -> all the words by which a source may say them."""
_DEFAULT_CLASSES: Final[Mapping[type[Record], str]] = MappingProxyType(
    {Framework: "ceasn:CompetencyFramework", Course: "ceterms:Course", JobRole: "ceterms:Occupation"}
)


def spelled(record: Resource) -> dict[str, list[Statement]]:
    """Group of fields -> what CTDL says for them."""
    asn = isinstance(record, Framework | Competency)
    found: dict[str, list[Statement]] = {
        "type": [(RDF_TYPE, f"<{full(class_of(record))}>")],
        "texts": _texts(record),
        "ctid": [_literal("ceterms:ctid", code.value) for code in record.codes if code.system == "ctid"],
        "notation": [
            _literal("ceasn:codedNotation" if asn else "ceterms:codedNotation", code.value)
            for code in record.codes
            if code.system == "notation"
        ],
    }
    if record.url is not None and is_iri(record.url):
        found["url"] = [(full("ceterms:subjectWebpage"), f"<{record.url}>")]
    if isinstance(record, Framework):
        if record.license is not None:
            term = f"<{record.license}>" if is_iri(record.license) else literal_term(record.license)
            found["license"] = [(full("ceasn:license"), term)]
        if record.attribution is not None:
            found["attribution"] = [_literal("ceasn:rights", record.attribution)]
    return found


def class_of(record: Resource) -> str:
    """Short name of the class that CTDL has for the record."""
    if isinstance(record, Competency):
        return "ceterms:Task" if record.kind == "task" else "ceasn:Competency"
    if isinstance(record, Credential):
        return credential_classes().get((record.kind or "").casefold(), "ceterms:Credential")
    if isinstance(record, JobRole) and (record.employer or record.employer_iri or record.salary or record.places):
        return "ceterms:Job"
    return next(name for kind, name in _DEFAULT_CLASSES.items() if isinstance(record, kind))


def _texts(record: Resource) -> list[Statement]:
    name, description, alternative = "ceterms:name", "ceterms:description", "ceterms:alternateName"
    if isinstance(record, Framework):
        name, description = "ceasn:name", "ceasn:description"
    elif isinstance(record, Competency) and record.kind != "task":
        name = "ceasn:competencyLabel" if record.descriptions else "ceasn:competencyText"
        description, alternative = "ceasn:competencyText", "skos:altLabel"
    return [
        *_said(name, record.labels),
        *_said(description, record.descriptions),
        *_said(alternative, record.alternative_labels),
    ]


def _said(name: str, texts: Iterable[Text]) -> list[Statement]:
    return [(full(name), text_term(text)) for text in texts]


def _literal(name: str, value: str) -> Statement:
    return full(name), literal_term(value)


def unspelled(record: Resource, pairs: Sequence[Statement]) -> tuple[Statement, ...]:
    """What of the source's pairs the fields do not give back letter by letter."""
    kept = {(predicate, canonical_term(term)) for predicate, term in pairs}
    for group, said in spelled(record).items():
        own = {pair for pair in kept if short(pair[0]) in _GROUPS[group]}
        if own == set(said):
            kept -= own
        elif not own:
            kept.add((UNSAID, literal_term(group)))
    return tuple(sorted(kept))


def respelled(record: Resource) -> list[Statement]:
    """The pairs of the source again: what was kept, and what the fields say instead of the rest."""
    said = [pair for pair in record.statements if pair[0] != UNSAID]
    present = {short(predicate) for predicate, _ in said}
    unsaid = {term for predicate, term in record.statements if predicate == UNSAID}
    for group, pairs in spelled(record).items():
        if literal_term(group) in unsaid:
            continue
        if not present & _GROUPS[group] or (group == "type" and not _is_typed(record, said)):
            said.extend(pairs)
    return said


def _is_typed(record: Resource, said: Sequence[Statement]) -> bool:
    """Whether the kept classes say in CTDL's words what the record is; another standard's class says nothing here."""
    names = [short(term[1:-1]) for predicate, term in said if predicate == RDF_TYPE]
    return any(name.startswith(("ceterms:", "ceasn:", "asn:")) for name in names) or (
        kind_among(names) == kind_of(class_of(record))
    )


def words_of(group: str) -> frozenset[str]:
    """All short names by which a source may say a group of fields."""
    return _GROUPS[group]
