"""Records to RDF and back."""

import re
from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology import rdf
from ontology.errors import DamagedError, InputError
from ontology.languages import is_well_formed, normalised
from ontology.model import (
    ONTOLOGY,
    Alignment,
    Amendment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Money,
    PayPeriod,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
    Unmapped,
    sorted_texts,
)
from ontology.ntriples import XSD_STRING, canonical_term, find_literal, literal_term, text_term
from ontology.terms import RDF_TYPE

GRAPH = "https://w3id.org/headwater/id/dataset/x"
SKOS = "http://www.w3.org/2004/02/skos/core#"

nasty = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(
        [
            '"',
            "\\",
            "\\n",
            "\n\r\t\b\f\x00\x0b\x7f",
            "\u2028\u0085\u00a0",
            '"@en',
            "> <x> .",
            "<http://x>",
            "😀e\u0301",
            "a .\n",
        ]
    ),
)
iris = st.one_of(
    st.sampled_from(
        ["http://a", "http://a/b", "http://a/b#", "http://a!", "urn:é:x", "http://xn--/%20?q=1&r#<".rstrip("<")]
    ),
    st.integers(0, 30).map(lambda number: f"https://w3id.org/headwater/id/x/{number}"),
)
tags = st.sampled_from(["und", "en", "de-AT", "zh-Hant-TW", "x-private", "sl-rozaj-biske-1994", "en-a-bbb-x-ccc"])
texts = st.builds(Text, nasty, tags)
text_tuples = st.lists(texts, max_size=4).map(sorted_texts)
floats = st.floats(allow_nan=False)
decimals = st.decimals(-(10**9), 10**9, allow_nan=False, places=6)
predicates = st.one_of(
    iris,
    st.sampled_from(
        [
            f"{SKOS}prefLabel",
            f"{SKOS}inScheme",
            f"{SKOS}notation",
            rdf.KEPT + "x",
            f"{ONTOLOGY}owner",
            f"{ONTOLOGY}currency",
        ]
    ),
)
terms = st.one_of(
    iris.map(lambda iri: f"<{iri}>"),
    texts.map(text_term),
    st.builds(literal_term, nasty, iris),
    st.builds(literal_term, nasty, st.just(rdf.CODE_SYSTEM + "opm")),
)
types = st.sampled_from(["Course", "Unmapped", "Requirement", "Other"]).map(
    lambda name: (RDF_TYPE, f"<{ONTOLOGY}{name}>")
)
statements = st.lists(st.one_of(st.tuples(predicates, terms), types), max_size=4).map(
    lambda found: tuple(sorted(set(found)))
)
codes = st.lists(st.builds(Code, nasty, nasty), max_size=3).map(lambda found: tuple(sorted(set(found))))
maybe_iri = st.none() | iris
maybe_text = st.none() | nasty | iris
present_levels = st.builds(Level, iris, floats)
levels = st.none() | present_levels
costs = st.none() | st.builds(Money, st.integers(-(10**15), 10**15), nasty)
days = st.none() | decimals
pay = st.none() | st.integers(-(10**15), 10**15)
salaries = st.none() | st.builds(Salary, nasty, pay, pay, st.none() | st.sampled_from(PayPeriod))
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
    st.builds(
        JobRole,
        **described,
        employer=st.none() | nasty,
        employer_iri=maybe_text,
        places=st.lists(nasty, max_size=3).map(lambda found: tuple(sorted(set(found)))),
        remote=st.booleans(),
        salary=salaries,
    ),
    st.builds(RoleLevel, iri=iris, role=iris, name=nasty, rank=st.integers(-5, 10**12), statements=statements),
    st.builds(Scale, iri=iris, labels=text_tuples, minimum=floats, maximum=floats, statements=statements),
    st.builds(
        ScaleLevel,
        iri=iris,
        level=present_levels,
        labels=text_tuples,
        descriptions=text_tuples,
        statements=statements,
    ),
    st.builds(LevelMapping, iri=iris, level=present_levels, matched=present_levels, statements=statements),
    st.builds(RequirementGroup, **asked, parent=maybe_iri, minimum=st.none() | st.integers(), labels=text_tuples),
    st.builds(
        Requirement, **asked, group=maybe_iri, target=maybe_iri, level=levels, experience_days=st.none() | floats
    ),
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
    st.builds(
        Amendment,
        iri=iris,
        target=iris,
        removed=st.booleans(),
        labels=text_tuples,
        descriptions=text_tuples,
        importance=st.none() | st.sampled_from(Importance),
        importance_value=st.none() | floats,
        level=levels,
        was=st.none() | nasty,
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


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(st.lists(records, max_size=4, unique_by=lambda record: record.iri), st.lists(st.booleans(), min_size=60))
def test_bare_records_are_the_records_without_what_an_index_does_not_hold(
    found: list[Record], breaks: list[bool]
) -> None:
    """However many lines come at a time, and whichever graph they are in."""
    lines = sorted(line for record in found for line in rdf.to_nquads_lines(record, f"{GRAPH}{record.iri[-1] == 'b'}"))
    ends = [place for place, ending in zip(range(1, len(lines)), breaks, strict=False) if ending]
    texts = [
        "".join(f"{line}\n" for line in lines[start:end]) for start, end in pairwise(sorted({0, *ends, len(lines)}))
    ]
    left_out = {"descriptions", "statements"}
    expected = [
        type(record)(**{each.name: getattr(record, each.name) for each in fields(record) if each.name not in left_out})
        for record in rdf.from_nquads_lines(lines)
        if not isinstance(record, Unmapped)
    ]
    assert list(rdf.bare_records(texts)) == expected


def test_a_predicate_is_the_same_field_in_every_class() -> None:
    """So that what a line says is known before the class of its subject is."""
    found: dict[str, set[tuple[str, str | None, bool]]] = {}
    for codec in rdf._codecs().values():
        for field in codec.by_predicate.values():
            found.setdefault(field.predicate, set()).add((field.name, field.part, field.many))
    assert [predicate for predicate, meanings in found.items() if len(meanings) > 1] == []


def test_of_a_field_that_the_class_does_not_have_a_bare_record_says_nothing() -> None:
    """As the whole record, which keeps it as a statement."""
    lines = [
        f"<urn:a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{ONTOLOGY}Requirement> <urn:g> .",
        '<urn:a> <http://www.w3.org/2004/02/skos/core#prefLabel> "x" <urn:g> .',
        f"<urn:a> <{ONTOLOGY}owner> <urn:r> <urn:g> .",
    ]
    assert list(rdf.bare_records(["\n".join(lines)])) == [Requirement(iri="urn:a", owner="urn:r")]


def turtle(text: str) -> Iterator[Record]:
    """The records of Turtle with our prefixes."""
    prefixes = (
        f"@prefix hw: <{ONTOLOGY}> . @prefix skos: <{SKOS}> . @prefix x: <https://x.example/> . "
        "@prefix schema: <https://schema.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
    )
    return rdf.from_rdf(parse((prefixes + text).encode(), format=RdfFormat.TURTLE))


def test_a_record_is_one_subject_in_the_terms_of_the_standards() -> None:
    """The golden pair: labels are skos:prefLabel, codes are typed notations, the rest is ours."""
    record = Course(
        iri="https://x.example/k",
        labels=(Text('Secure "nets"', "en-GB"), Text("Netze")),
        codes=(Code("own code", "1"),),
        framework="https://x.example/f",
        provider="The College",
        cost=Money(8950, "EUR"),
        duration_days=Decimal("2.50"),
        statements=(("urn:p", '"kept"'),),
    )
    assert rdf.to_nquads_lines(record, "urn:g") == [
        "<https://x.example/k> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <https://w3id.org/headwater/ontology#Course> <urn:g> .",
        "<https://x.example/k> <http://www.w3.org/2004/02/skos/core#inScheme> <https://x.example/f> <urn:g> .",
        '<https://x.example/k> <http://www.w3.org/2004/02/skos/core#notation> "1"^^<https://w3id.org/headwater/code/own%20code> <urn:g> .',
        '<https://x.example/k> <http://www.w3.org/2004/02/skos/core#prefLabel> "Netze" <urn:g> .',
        '<https://x.example/k> <http://www.w3.org/2004/02/skos/core#prefLabel> "Secure \\"nets\\""@en-gb <urn:g> .',
        f'<https://x.example/k> <{ONTOLOGY}costMinorUnits> "8950"^^<http://www.w3.org/2001/XMLSchema#integer> <urn:g> .',
        '<https://x.example/k> <https://w3id.org/headwater/ontology#currency> "EUR" <urn:g> .',
        f'<https://x.example/k> <{ONTOLOGY}durationDays> "2.5"^^<http://www.w3.org/2001/XMLSchema#decimal> <urn:g> .',
        '<https://x.example/k> <https://w3id.org/headwater/ontology#provider> "The College" <urn:g> .',
        '<https://x.example/k> <urn:p> "kept" <urn:g> .',
    ]


def test_lines_of_many_records_sorted_as_text_keep_subjects_together() -> None:
    """Also where one subject is the beginning of another."""
    names = [
        "http://a",
        "http://a/",
        "http://a/b",
        "http://a!",
        "http://a=",
        "http://aé",
        "http://a~",
        "http://a;",
        "http://a?",
    ]
    found = [Competency(iri=iri, labels=(Text(iri),), alternative_labels=(Text("<"), Text("~"))) for iri in names]
    lines = [line for record in found for line in rdf.to_nquads_lines(record, GRAPH)]
    Random(1).shuffle(lines)
    assert sorted(
        rdf.from_nquads_lines(f"{line}\n" for line in sorted(lines)), key=lambda record: record.iri
    ) == sorted(found, key=lambda record: record.iri)


@settings(max_examples=100)
@given(floats)
def test_doubles_are_canonical_and_exact(value: float) -> None:
    """The shortest digits that give the same number back."""
    text = rdf.double_lexical(value)
    assert float(text.replace("INF", "inf")) == value
    if "INF" not in text:
        mantissa, _, power = text.partition("E")
        assert str(int(power)) == power
        assert len(mantissa.lstrip("-").partition(".")[0]) == 1
        assert not mantissa.endswith("0") or mantissa.endswith(".0")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0E0"), (1.0, "1.0E0"), (0.5, "5.0E-1"), (-120.0, "-1.2E2"), (1e21, "1.0E21"), (1e-7, "1.0E-7")],
)
def test_doubles_by_example(value: float, text: str) -> None:
    """XSD 1.1, E.2."""
    assert rdf.double_lexical(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("-0.00", "0"), ("5.00", "5"), ("1E+3", "1000"), ("0.50", "0.5"), ("-1.250", "-1.25")],
)
def test_decimals_by_example(value: str, text: str) -> None:
    """XSD 1.1, E.1."""
    assert rdf.decimal_lexical(Decimal(value)) == text


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+1000000", "1E-1000000"])
def test_a_decimal_that_cannot_be_written_out_is_refused(value: str) -> None:
    """Before a gigabyte of zeros is made of it."""
    with pytest.raises(InputError) as caught:
        rdf.decimal_lexical(Decimal(value))
    assert caught.value.code == "rdf.invalid-number"


def test_numbers_written_as_people_write_them_are_read() -> None:
    """1, 1.0 and 1e0 are all a double; 2 is a decimal."""
    text = "x:s a hw:Scale ; hw:scaleMinimum 1 ; hw:scaleMaximum 5.50 . x:k a hw:Course ; hw:durationDays 2 ."
    assert list(turtle(text)) == [
        Scale(iri="https://x.example/s", minimum=1.0, maximum=5.5),
        Course(iri="https://x.example/k", duration_days=Decimal(2)),
    ]


def test_unknown_predicates_and_unfit_values_become_statements() -> None:
    """Nothing is lost, and nothing is forced into a field."""
    (record,) = turtle(
        'x:k a hw:Course, schema:Course ; skos:prefLabel <urn:l>, "k"@en ; hw:provider "P"@en ; x:p 1 ; hw:currency "EUR" .'
    )
    assert record == Course(
        iri="https://x.example/k",
        labels=(Text("k", "en"),),
        statements=(
            ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", "<https://schema.org/Course>"),
            ("http://www.w3.org/2004/02/skos/core#prefLabel", "<urn:l>"),
            ("https://w3id.org/headwater/ontology#currency", '"EUR"'),
            ("https://w3id.org/headwater/ontology#provider", '"P"@en'),
            ("https://x.example/p", '"1"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ),
    )
    assert list(rdf.from_rdf(rdf.to_rdf(record))) == [record]


def test_of_several_values_for_one_the_first_in_order_is_taken() -> None:
    """Whatever the order of the triples, and the others are kept."""
    for text in (
        "x:c a hw:Competency ; skos:inScheme x:b, x:a .",
        "x:c skos:inScheme x:a, x:b . x:c a hw:Competency .",
    ):
        (record,) = turtle(text)
        assert record == Competency(
            iri="https://x.example/c",
            framework="https://x.example/a",
            statements=((f"{SKOS}inScheme", "<https://x.example/b>"),),
        )
        assert list(rdf.from_rdf(rdf.to_rdf(record))) == [record]


def test_types_that_are_not_ours_and_incomplete_records_are_unmapped() -> None:
    """An ISCO group; a teaching that does not say what it teaches."""
    foreign, incomplete = turtle('x:i a skos:Concept ; skos:prefLabel "i" . x:t a hw:Teaching ; hw:teacher x:k .')
    assert isinstance(foreign, Unmapped)
    assert isinstance(incomplete, Unmapped)
    assert len(foreign.statements) == len(incomplete.statements) == 2
    assert list(rdf.from_rdf([*rdf.to_rdf(foreign), *rdf.to_rdf(incomplete)])) == [foreign, incomplete]


def test_the_order_of_triples_does_not_matter() -> None:
    """Subjects need not be grouped."""
    found = [Competency(iri=f"urn:c{number}", labels=(Text("b", "en"), Text("a"))) for number in range(20)]
    triples = [triple for record in found for triple in rdf.to_rdf(record)]
    Random(2).shuffle(triples)
    assert sorted(rdf.from_rdf(triples), key=lambda record: record.iri) == sorted(found, key=lambda record: record.iri)


def test_blank_nodes_get_iris_from_their_content() -> None:
    """Same content, same IRI, whatever the labels and the order; other content, another IRI."""
    text = "x:k a hw:Course ; x:cost [ x:price {} ; x:for [ x:who x:all ] ] ."
    first, again, other = (list(turtle(text.format(price))) for price in (1, 1, 2))
    assert first == again
    assert len(first) == 3
    assert {record.iri for record in first} & {record.iri for record in other} == {"https://x.example/k"}
    assert all("_:" not in term for record in first for _, term in record.statements)
    assert [record.iri.startswith("https://w3id.org/headwater/id/blank/") for record in first] == [False, True, True]


def test_another_blank_node_elsewhere_changes_no_iri() -> None:
    """An IRI depends on what is connected with the node, not on the rest of the file."""
    text = "x:k x:cost [ x:price 1 ] . "
    alone, beside = list(turtle(text)), list(turtle(text + "x:z x:list (1 2 3 4 5 6 7) ."))
    assert {record.iri for record in alone} <= {record.iri for record in beside}


def test_blank_nodes_that_point_at_each_other_stay_two() -> None:
    """Nothing tells them apart, and one node that points at itself says something else."""
    assert len(list(turtle("_:a x:p _:b . _:b x:p _:a ."))) == 2


def test_a_long_list_keeps_all_its_items() -> None:
    """Two hundred equal items are two hundred blank nodes."""
    assert len(list(turtle("x:k x:list (" + "1 " * 200 + ") ."))) == 201


def test_a_triple_about_a_blank_node_as_object_only_is_kept() -> None:
    """A blank node of which nothing is said is still an IRI."""
    triple = Triple(NamedNode("urn:s"), NamedNode("urn:p"), BlankNode("b"))
    (record,) = rdf.from_rdf([triple])
    assert record.statements[0][1].startswith("<https://w3id.org/headwater/id/blank/")


@pytest.mark.parametrize("line", ["", "words", "<a> <b> <c>", "<a> <b> <c> <g>", "_:a <b> <c> <g> .", '<a> <b> "c" .'])
def test_a_line_that_is_not_canonical_is_damage(line: str) -> None:
    """The archive holds nothing else."""
    for read in (rdf.from_nquads_lines, rdf.bare_records):
        with pytest.raises(DamagedError) as caught:
            list(read([line]))
        assert caught.value.code == "archive.malformed-line"


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (Competency(iri="not absolute"), "rdf.invalid-iri"),
        (Competency(iri="urn:a> <urn:b> <urn:c"), "rdf.invalid-iri"),
        (Competency(iri="urn:a", framework="http://a b"), "rdf.invalid-iri"),
        (Competency(iri="urn:a", labels=(Text("x", "en_GB"),)), "rdf.invalid-language"),
        (Competency(iri="urn:a", statements=(("urn:p", '"a" . <urn:x> <urn:y> "b"'),)), "rdf.invalid-term"),
        (Competency(iri="urn:a", statements=(("p", '"a"'),)), "rdf.invalid-iri"),
    ],
)
def test_what_is_not_well_formed_is_refused_and_breaks_no_archive(record: Record, code: str) -> None:
    """No string of a record can become a line of its own."""
    for write in (rdf.to_rdf, lambda found: rdf.to_nquads_lines(found, GRAPH)):
        with pytest.raises(InputError) as caught:
            write(record)
        assert caught.value.code == code


@settings(max_examples=100)
@given(nasty, st.sampled_from(["", "@en", "^^<urn:t>"]))
def test_terms_are_what_another_implementation_writes(text: str, suffix: str) -> None:
    """Escapes are those of canonical N-Quads; reading gives the text back."""
    term = literal_term(text) + suffix
    other = {
        "": Literal(text),
        "@en": Literal(text, language="en"),
        "^^<urn:t>": Literal(text, datatype=NamedNode("urn:t")),
    }[suffix]
    assert term == str(other) == canonical_term(term)
    found = find_literal(term)
    assert found is not None
    assert found.value == text


@pytest.mark.parametrize(
    ("term", "canonical"),
    [
        ('"x"@EN-gb', '"x"@en-gb'),
        ('"x"@und', '"x"'),
        ('"x"^^<http://www.w3.org/2001/XMLSchema#string>', '"x"'),
        ('"\\u0041\\u000A"', '"A\\n"'),
        ('"a\tb"', '"a\\tb"'),
        ("<urn:\\u00E9>", "<urn:é>"),
    ],
)
def test_terms_are_made_canonical(term: str, canonical: str) -> None:
    """One spelling of one term."""
    assert canonical_term(term) == canonical


@pytest.mark.parametrize(
    "term", ["", "x", '"x', "<x>", "_:b0 .", '"x"@en_GB', "<urn:a> .\n<urn:b> <urn:c> <urn:d>", '"\n" .\n#']
)
def test_what_is_no_term_is_refused(term: str) -> None:
    """Also what would be more than one."""
    with pytest.raises(InputError) as caught:
        canonical_term(term)
    assert caught.value.code == "rdf.invalid-term"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("EN", "en"),
        ("en-gb", "en-GB"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("", "und"),
        ("en-x-ab-abcd", "en-x-ab-abcd"),
        ("DE-1996", "de-1996"),
    ],
)
def test_language_tags_have_one_spelling(tag: str, expected: str) -> None:
    """RFC 5646, 2.1.1."""
    assert normalised(tag) == expected
    assert is_well_formed(expected)


_LITERAL_BY_THE_BOOK = re.compile(r'"((?:[^"\\]|\\.)*)"(?:@([A-Za-z0-9-]+)|\^\^<([^>]*)>)?', re.DOTALL)


@settings(max_examples=50, deadline=None)
@given(
    inside=st.text(st.sampled_from('"\\@^<>-aé \n\t'), max_size=12),
    suffix=st.sampled_from(["", "@en", "@en--ltr", "^^<urn:d>", "^^<>", "x"]),
)
def test_literals_are_told_apart_as_by_one_pattern(inside: str, suffix: str) -> None:
    """The quick way through a literal finds what a pattern over all of it finds."""
    for term in (f'"{inside}"{suffix}', f'"{inside}{suffix}', inside):
        found = _LITERAL_BY_THE_BOOK.fullmatch(term)
        literal = find_literal(term)
        if found is None or "--" in (found[2] or ""):
            assert literal is None
        else:
            assert literal is not None
            assert (literal.language, literal.datatype) == (found[2], found[3] or XSD_STRING)
            assert "\\" in found[1] or literal.value == found[1]
