"""headwater.ttl is the single declaration: records, the JSON-LD context and the shapes say nothing else."""

import hashlib
import json
from dataclasses import fields
from decimal import Decimal
from importlib.resources import files
from typing import get_args

import pytest
from pyoxigraph import RdfFormat, parse
from rdflib import Graph, URIRef
from rdflib.namespace import OWL, RDF, RDFS, SH, SKOS

from ontology import model, rdf
from ontology.model import ONTOLOGY, Amendment, Importance, PayPeriod, Record, Relation, Unmapped
from ontology.terms import (
    ValueKind,
    indexed_properties,
    jsonld_context,
    neo4j_labels,
    read_ontology,
    relationship_types,
)

COMPOSED = {
    "cost": {"cost.minor_units", "cost.currency"},
    "level": {"level.value", "level.scale"},
    "salary": {"salary.minimum", "salary.maximum", "salary.currency", "salary.period"},
    "matched": {"matched.value", "matched.scale"},
}
MATCHES = (SKOS.exactMatch, SKOS.closeMatch, SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch)


def declared() -> Graph:
    return Graph().parse(data=files("ontology").joinpath("headwater.ttl").read_bytes(), format="turtle")


@pytest.mark.parametrize("record", get_args(Record), ids=lambda record: str(record.__name__))
def test_every_field_of_a_record_is_declared_and_nothing_else(record: type[Record]) -> None:
    """A property a field, the two parts of a composed one, none for the identity and for kept statements."""
    expected: set[str] = set()
    for field in fields(record):
        if field.name not in {"iri", "statements"}:
            expected |= COMPOSED.get(field.name, {field.name})
    found = [each.field for each in read_ontology().properties_of(record.__name__)]
    assert set(found) == expected
    assert len(found) == len(expected)


def test_there_is_a_class_a_record() -> None:
    """Each names its record, and each record is named once."""
    names = [each.record for each in read_ontology().classes if each.record]
    assert sorted(names) == sorted(each.__name__ for each in get_args(Record))
    assert all(hasattr(model, name) for name in names)


def test_every_term_has_one_label_and_one_comment() -> None:
    """So that descriptions can be taken from it."""
    graph = declared()
    ours = {subject for subject in graph.subjects() if str(subject).startswith(ONTOLOGY)}
    assert len(ours) > 70
    for subject in ours:
        assert len(list(graph.objects(subject, RDFS.label))) == 1, subject
        assert len(list(graph.objects(subject, RDFS.comment))) == 1, subject
        kinds = set(graph.objects(subject, RDF.type)) & {OWL.Class, OWL.ObjectProperty, OWL.DatatypeProperty}
        assert len(kinds) <= 1, subject


def test_numbers_have_a_unit() -> None:
    """A figure without a unit says nothing; a rank is an order."""
    numbers = {ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.DOUBLE}
    assert [each.name for each in read_ontology().properties if each.kind in numbers and not each.unit] == ["rank"]


def test_described_classes_are_matched_with_the_standards() -> None:
    """CASE, CTDL, ESCO, O*NET, schema.org and Open Badges are all matched."""
    graph = declared()
    matched = {str(term) for match in MATCHES for term in graph.objects(None, match)}
    for start in (
        "https://purl.imsglobal.org/spec/case/",
        "https://purl.org/ctdl/terms/",
        "https://purl.org/ctdlasn/terms/",
        "http://data.europa.eu/esco/model#",
        "https://www.onetcenter.org/dictionary/",
        "https://schema.org/",
        "https://purl.imsglobal.org/spec/vc/ob/",
    ):
        assert any(term.startswith(start) for term in matched), start
    resource = f"{ONTOLOGY}Resource"
    assert all(each.matches for each in read_ontology().classes if each.parent == resource)


def test_domains_and_ranges_are_declared_classes() -> None:
    """No name is mistyped."""
    ontology = read_ontology()
    known = {each.iri for each in ontology.classes} | {f"{ONTOLOGY}CodeLiteral"}
    for each in ontology.properties:
        for iri in (*each.domain, *each.range):
            assert iri in known or not iri.startswith(ONTOLOGY), (each.name, iri)
        assert each.domain or not each.field


def test_the_values_are_those_of_the_records() -> None:
    """must, should, the periods of pay and the five SKOS mapping properties."""
    values = set(read_ontology().values.values())
    assert values == {each.value for kind in (Importance, PayPeriod, Relation) for each in kind}


def test_neo4j_has_a_label_a_record_that_is_a_node() -> None:
    """Teachings, awardings and alignments are relationships; amendments and what is unmapped are not in the graph."""
    labels = set(neo4j_labels())
    records = {each.__name__ for each in get_args(Record)}
    assert records - labels == {"Teaching", "Awarding", "Alignment", Amendment.__name__, Unmapped.__name__}
    assert labels - records == {"ExternalResource", "Dataset"}


def test_relationship_types_are_our_properties_in_upper_snake() -> None:
    """Each links nodes, and is spelled as Neo4j does."""
    types = relationship_types()
    assert {"TEACHES", "AWARDS", "ALIGNED_WITH", "BROADER", "REPLACED_BY", "ROLE_LEVEL"} <= set(types)
    assert list(types) == sorted(set(types))
    assert set(types) <= {each.relationship_type for each in read_ontology().properties}


def test_indexed_properties_are_fields_of_their_records() -> None:
    """Labels, other labels and descriptions are searched; codes are looked up."""
    for index in ("lookup", "fulltext"):
        for label, field in indexed_properties(index):
            assert field in {each.name for each in fields(getattr(model, label))}
    assert ("JobRole", "codes") in indexed_properties("lookup")
    assert {field for _, field in indexed_properties("fulltext")} == {"labels", "alternative_labels", "descriptions"}


def test_the_context_is_what_the_ontology_says() -> None:
    """contexts/headwater.jsonld is derived, and pinned by its hash."""
    contexts = files("ontology").joinpath("contexts")
    content = contexts.joinpath("headwater.jsonld").read_bytes()
    assert json.loads(content) == jsonld_context()
    index = json.loads(contexts.joinpath("index.json").read_bytes())
    for entry in index.values():
        bundled = contexts.joinpath(entry["file"]).read_bytes()
        assert hashlib.sha256(bundled).hexdigest() == entry["sha256"]
    assert "headwater.jsonld" in {entry["file"] for entry in index.values()}


def test_a_document_in_the_context_is_the_record() -> None:
    """The JSON-LD of a course is read into the triples that the record has."""
    document = {
        **jsonld_context(),
        "id": "https://x.example/k",
        "type": "Course",
        "label": {"en": "Nets", "@none": "N"},
        "framework": "https://x.example/f",
        "provider": "College",
        "durationDays": "2.5",
    }
    quads = parse(json.dumps(document).encode(), format=RdfFormat.JSON_LD)
    record = model.Course(
        iri="https://x.example/k",
        labels=(model.Text("Nets", "en"), model.Text("N")),
        framework="https://x.example/f",
        provider="College",
        duration_days=Decimal("2.5"),
    )
    assert {quad.triple for quad in quads} == set(rdf.to_rdf(record))
    assert list(rdf.from_rdf(rdf.to_rdf(record))) == [record]


def test_shapes_have_a_target_a_class_and_paths_that_data_has() -> None:
    """Every class that a load may hold is in a shape; every path is a predicate of records."""
    shapes = Graph().parse(data=files("ontology").joinpath("shapes.ttl").read_bytes(), format="turtle")
    targets = set(shapes.objects(None, SH.targetClass))
    ontology = read_ontology()
    assert {URIRef(each.iri) for each in ontology.classes if each.record} == targets
    known = {URIRef(each.predicate) for each in ontology.properties}
    paths = {path for path in shapes.objects(None, SH.path) if isinstance(path, URIRef)}
    assert paths
    assert paths <= known
