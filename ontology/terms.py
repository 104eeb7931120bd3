"""What headwater.ttl declares, read once: classes, properties, how records become RDF, what Neo4j labels and indexes.

Nothing is read at import. `rdf` takes the mapping of fields from here, `graph` the labels, relationship types and
indexes, the API its descriptions. Does not know Cypher and checks no data.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from .model import ONTOLOGY

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
SCHEMA = "https://schema.org/"
RDF_TYPE = f"{RDF}type"

_MATCHES = ("exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ValueKind(StrEnum):
    """How a property's values are written in RDF."""

    IRI = "iri"
    VALUE = "value"
    """One of the individuals that the ontology names."""
    TEXT = "text"
    """A literal with a language, plain where the language is not stated."""
    CODE = "code"
    """A literal whose datatype names the code system."""
    STRING = "string"
    NAME = "name"
    """An IRI where the text is one, otherwise a plain literal."""
    INTEGER = "integer"
    DECIMAL = "decimal"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    """Written where it is true alone."""


_KINDS = {
    f"{RDF}langString": ValueKind.TEXT,
    f"{ONTOLOGY}CodeLiteral": ValueKind.CODE,
    f"{XSD}string": ValueKind.STRING,
    f"{RDFS}Resource": ValueKind.NAME,
    f"{XSD}integer": ValueKind.INTEGER,
    f"{XSD}decimal": ValueKind.DECIMAL,
    f"{XSD}double": ValueKind.DOUBLE,
    f"{XSD}boolean": ValueKind.BOOLEAN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyClass:
    """A class of the ontology. `record` is the name of its record, None where no record stands for it."""

    iri: str
    label: str
    comment: str
    parent: str | None
    record: str | None
    stored_as: str
    """`node`, `relationship` or `none`."""
    reifies: str | None
    matches: tuple[tuple[str, str], ...]
    """(SKOS mapping property, the standard's term), both IRIs."""

    @property
    def name(self) -> str:
        """Local name: the Neo4j label and the record's name."""
        return self.iri.removeprefix(ONTOLOGY)


@dataclass(frozen=True, slots=True, kw_only=True)
class OntologyProperty:
    """A property of the ontology. `field` is the record's field, None where no record has it."""

    iri: str
    label: str
    comment: str
    unit: str | None
    field: str | None
    predicate: str
    """The IRI that data uses: the standard's where one fits, otherwise our own."""
    domain: tuple[str, ...]
    range: tuple[str, ...]
    kind: ValueKind
    index: str | None
    matches: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Local name, in camel case."""
        return self.iri.removeprefix(ONTOLOGY)

    @property
    def relationship_type(self) -> str:
        """Neo4j's type for a relationship of this property: UPPER_SNAKE of its name."""
        return _CAMEL.sub("_", self.name).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ontology:
    """All that headwater.ttl declares, sorted by IRI."""

    classes: tuple[OntologyClass, ...]
    properties: tuple[OntologyProperty, ...]
    values: Mapping[str, str]
    """IRI of a named individual -> the value in the record."""

    def find_class(self, name: str) -> OntologyClass | None:
        """The class of this local name or IRI."""
        return next((found for found in self.classes if name in (found.name, found.iri)), None)

    def find_property(self, name: str) -> OntologyProperty | None:
        """The property of this local name or IRI."""
        return next((found for found in self.properties if name in (found.name, found.iri)), None)

    def properties_of(self, record: str) -> tuple[OntologyProperty, ...]:
        """The properties that a record of this name has fields for, by field."""
        subject = self.find_class(record)
        if subject is None:
            return ()
        classes = {subject.iri, subject.parent}
        found = [each for each in self.properties if each.field and classes & set(each.domain)]
        return tuple(sorted(found, key=lambda each: each.field or ""))


class _Description:
    """What the file says of one subject."""

    def __init__(self) -> None:
        self.said: dict[str, list[str]] = {}

    def all(self, predicate: str) -> tuple[str, ...]:
        return tuple(sorted(self.said.get(predicate, ())))

    def one(self, predicate: str) -> str | None:
        values = self.said.get(predicate)
        return values[0] if values else None

    def text(self, predicate: str) -> str:
        return self.one(predicate) or ""

    def matches(self) -> tuple[tuple[str, str], ...]:
        return tuple((SKOS + match, term) for match in _MATCHES for term in self.all(SKOS + match))


def _descriptions() -> dict[str, _Description]:
    data = files("ontology").joinpath("headwater.ttl").read_bytes()
    described: dict[str, _Description] = {}
    for quad in parse(data, format=RdfFormat.TURTLE):
        subject, value = quad.subject, quad.object
        assert isinstance(subject, NamedNode), "headwater.ttl has no blank nodes"
        assert isinstance(value, NamedNode | Literal)
        described.setdefault(subject.value, _Description()).said.setdefault(quad.predicate.value, []).append(
            value.value
        )
    return described


def _class(iri: str, said: _Description) -> OntologyClass:
    return OntologyClass(
        iri=iri,
        label=said.text(f"{RDFS}label"),
        comment=said.text(f"{RDFS}comment"),
        parent=said.one(f"{RDFS}subClassOf"),
        record=said.one(f"{ONTOLOGY}recordClass"),
        stored_as=said.one(f"{ONTOLOGY}storedAs") or "none",
        reifies=said.one(f"{ONTOLOGY}reifies"),
        matches=said.matches(),
    )


def _property(iri: str, said: _Description, value_classes: Iterable[str]) -> OntologyProperty:
    ranges = (*said.all(f"{RDFS}range"), *said.all(f"{SCHEMA}rangeIncludes"))
    if f"{OWL}ObjectProperty" in said.all(RDF_TYPE):
        kind = ValueKind.VALUE if set(ranges) & set(value_classes) else ValueKind.IRI
    else:
        kind = _KINDS[ranges[0]]
    return OntologyProperty(
        iri=iri,
        label=said.text(f"{RDFS}label"),
        comment=said.text(f"{RDFS}comment"),
        unit=said.one(f"{ONTOLOGY}unit"),
        field=said.one(f"{ONTOLOGY}recordField"),
        predicate=said.one(f"{ONTOLOGY}writtenAs") or iri,
        domain=(*said.all(f"{RDFS}domain"), *said.all(f"{SCHEMA}domainIncludes")),
        range=ranges,
        kind=kind,
        index=said.one(f"{ONTOLOGY}index"),
        matches=said.matches(),
    )


@lru_cache(maxsize=1)
def read_ontology() -> Ontology:
    """The ontology; the file is read at the first call."""
    described = _descriptions()
    values = {iri: value for iri, said in described.items() if (value := said.one(f"{ONTOLOGY}recordValue"))}
    value_classes = {kind for iri in values for kind in described[iri].all(RDF_TYPE)}
    kinds = {iri: set(said.all(RDF_TYPE)) for iri, said in sorted(described.items())}
    properties = {f"{OWL}ObjectProperty", f"{OWL}DatatypeProperty"}
    return Ontology(
        classes=tuple(_class(iri, described[iri]) for iri, kind in kinds.items() if f"{OWL}Class" in kind),
        properties=tuple(
            _property(iri, described[iri], value_classes) for iri, kind in kinds.items() if kind & properties
        ),
        values=values,
    )


def neo4j_labels() -> tuple[str, ...]:
    """Labels of nodes, sorted. Every node of every label has a property `iri`, unique within the label."""
    return tuple(each.name for each in read_ontology().classes if each.stored_as == "node")


def relationship_types() -> tuple[str, ...]:
    """Types of relationships, sorted: UPPER_SNAKE of each property that leads from node to node.

    A Teaching is a TEACHES, an Awarding an AWARDS, an Alignment an ALIGNED_WITH, with the record's fields as its
    properties.
    """
    ontology = read_ontology()
    nodes = set(neo4j_labels())
    reified = {each.reifies for each in ontology.classes if each.reifies}
    found = set()
    for each in ontology.properties:
        between_nodes = each.kind is ValueKind.IRI and nodes & set(_applicable(ontology, each))
        if each.iri in reified or each.name == "dataset" or (each.field and between_nodes):
            found.add(each.relationship_type)
    return tuple(sorted(found))


def indexed_properties(index: str) -> tuple[tuple[str, str], ...]:
    """(label, record field) pairs of described resources that have a `lookup` or a `fulltext` index, sorted."""
    ontology = read_ontology()
    resources = {found.name for found in ontology.classes if found.parent is not None}
    return tuple(
        sorted(
            (label, each.field)
            for each in ontology.properties
            if each.index == index and each.field
            for label in _applicable(ontology, each)
            if label in resources
        )
    )


def _applicable(ontology: Ontology, each: OntologyProperty) -> tuple[str, ...]:
    """Names of the node classes that have the property, subclasses included."""
    return tuple(
        found.name
        for found in ontology.classes
        if found.stored_as == "node" and (found.iri in each.domain or found.parent in each.domain)
    )


def jsonld_context() -> dict[str, object]:
    """The JSON-LD 1.1 context of the ontology: what contexts/headwater.jsonld must hold.

    Labels and descriptions are language maps (`@none`: no language stated); links are IRIs; names stay.
    """
    ontology = read_ontology()
    terms: dict[str, object] = {"@version": 1.1, "@protected": True, "id": "@id", "type": "@type"}
    terms |= {each.name: each.iri for each in ontology.classes if each.stored_as != "none" or each.record}
    terms |= {value: iri for iri, value in ontology.values.items()}
    terms |= {each.name: _jsonld_term(each) for each in ontology.properties}
    return {"@context": terms}


def _jsonld_term(each: OntologyProperty) -> dict[str, str]:
    term = {"@id": each.predicate}
    if each.kind is ValueKind.TEXT:
        return {**term, "@container": "@language"}
    types = {
        ValueKind.IRI: "@id",
        ValueKind.VALUE: "@vocab",
        ValueKind.INTEGER: f"{XSD}integer",
        ValueKind.DECIMAL: f"{XSD}decimal",
        ValueKind.DOUBLE: f"{XSD}double",
        ValueKind.BOOLEAN: f"{XSD}boolean",
    }
    return {**term, "@type": types[each.kind]} if each.kind in types else term
