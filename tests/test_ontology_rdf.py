"""Records to RDF and back."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Dataset, Literal, NamedNode, RdfFormat, Triple, parse

from ontology import rdf
from ontology.errors import DamagedError, InputError
from ontology.languages import is_well_formed, normalised
from ontology.model import (
    ONTOLOGY,
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Statement,
    Teaching,
    Text,
    Unmapped,
    sorted_texts,
)
from ontology.ntriples import canonical_term, find_literal, literal_term, text_term

GRAPH = "https://w3id.org/headwater/id/dataset/x"
SKOS = "http://www.w3.org/2004/02/skos/core#"

nasty = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(['"', "\\", "\\n", "\n\r\t\b\f\x00\x0b\x7f", "\u2028\u0085\u00a0", '"@en', "> <x> .", "<http://x>", "😀e\u0301", "a .\n"]),
)
iris = st.one_of(
    st.sampled_from(["http://a", "http://a/b", "http://a/b#", "http://a!", "urn:é:x", "http://xn--/%20?q=1&r#<".rstrip("<")]),
    st.integers(0, 30).map(lambda number: f"https://w3id.org/headwater/id/x/{number}"),
)
tags = st.sampled_from(["und", "en", "de-AT", "zh-Hant-TW", "x-private", "sl-rozaj-biske-1994", "en-a-bbb-x-ccc"])
texts = st.builds(Text, nasty, tags)
text_tuples = st.lists(texts, max_size=4).map(sorted_texts)
floats = st.floats(allow_nan=False)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, places=6)
predicates = st.one_of(
    iris,
    st.sampled_from([f"{SKOS}prefLabel", f"{SKOS}inScheme", f"{SKOS}notation", rdf.KEPT + "x", f"{ONTOLOGY}owner", f"{ONTOLOGY}currency"]),
)
terms = st.one_of(
    iris.map(lambda iri: f"<{iri}>"),
    texts.map(text_term),
    st.builds(literal_term, nasty, iris),
    st.builds(literal_term, nasty, st.just(rdf.CODE_SYSTEM + "opm")),
)
types = st.sampled_from(["Course", "Unmapped", "Requirement", "Other"]).map(lambda name: (rdf.RDF_TYPE, f"<{ONTOLOGY}{name}>"))
statements = st.lists(st.one_of(st.tuples(predicates, terms), types), max_size=4).map(lambda found: tuple(sorted(set(found))))
codes = st.lists(st.builds(Code, nasty, nasty), max_size=3).map(lambda found: tuple(sorted(set(found))))
maybe_iri = st.none() | iris
maybe_text = st.none() | nasty | iris
levels = st.none() | st.builds(Level, iris, floats)
costs = st.none() | st.builds(Money, st.integers(-(10**15), 10**15), nasty)
days = st.none() | decimals
described = {
    "iri": iris,
    "labels": text_tuples,
    "alternative_labels": text_tuples,
    "descriptions": text_tuples,
    "codes": codes,
    "framework": maybe_iri,
    "replaced_by": maybe_iri,
    "url": maybe_text,
    "statements": statements,
}
asked = {
    "iri": iris,
    "owner": iris,
    "role_level": maybe_iri,
    "importance": st.sampled_from(Importance),
    "importance_value": st.none() | floats,
    "statements": statements,
}
broader = st.lists(iris, max_size=3).map(lambda found: tuple(sorted(set(found))))
records: st.SearchStrategy[Record] = st.one_of(
    st.builds(Framework, **described, license=maybe_text, attribution=st.none() | nasty),
    st.builds(Competency, **described, kind=maybe_text, broader=broader),
    st.builds(Course, **described, provider=maybe_text, cost=costs, duration_days=days),
    st.builds(Credential, **described, issuer=maybe_text, kind=maybe_text, cost=costs, duration_days=days),
    st.builds(JobRole, **described),
    st.builds(RoleLevel, iri=iris, role=iris, name=nasty, rank=st.integers(-5, 10**12), statements=statements),
    st.builds(Scale, iri=iris, labels=text_tuples, minimum=floats, maximum=floats, statements=statements),
    st.builds(RequirementGroup, **asked, parent=maybe_iri, minimum=st.none() | st.integers(), labels=text_tuples),
    st.builds(Requirement, **asked, group=maybe_iri, target=maybe_iri, level=levels, experience_days=st.none() | floats),
    st.builds(Teaching, iri=iris, subject=iris, competency=iris, level=levels, statements=statements),
    st.builds(Awarding, iri=iris, course=iris, credential=iris, statements=statements),
    st.builds(
        Alignment,
        iri=iris,
        subject=iris,
        object=iris,
        relation=st.sampled_from(Relation),
        confidence=st.none() | floats,
        method=maybe_text,
        source=maybe_text,
        author=maybe_text,
        date=st.none() | nasty,
        comment=st.none() | nasty,
        statements=statements,
    ),
    st.builds(Unmapped, iri=iris, statements=statements),
)


def test_records_generated_are_all_there_are() -> None:
    """The round trips below speak of every record class."""
    strategies = str(records)
    assert all(f"{each.__name__}" in strategies for each in get_args(Record))


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(records)
def test_a_record_comes_back_from_triples(record: Record) -> None:
    """from_rdf(to_rdf(r)) == r, whatever its strings and statements."""
    assert list(rdf.from_rdf(rdf.to_rdf(record))) == [record]


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(records)
def test_a_record_comes_back_from_lines_and_the_lines_are_stable(record: Record) -> None:
    """The lines are canonical N-Quads: another implementation reads them, and writes the same."""
    lines = rdf.to_nquads_lines(record, GRAPH)
    assert lines == sorted(lines)
    assert list(rdf.from_nquads_lines(lines)) == [record]
    assert [line for found in rdf.from_nquads_lines(lines) for line in rdf.to_nquads_lines(found, GRAPH)] == lines
    quads = list(parse("\n".join(lines).encode(), format=RdfFormat.N_QUADS))
    assert [f"{quad} ." for quad in quads] == lines
    assert [quad.triple for quad in quads] == rdf.to_rdf(record)
