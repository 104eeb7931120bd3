"""Foreign vocabularies by a mapping file: the golden pair, docs/rdf.md's example, every fault of a mapping, the way back."""

import re
import runpy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Competency,
    Finding,
    FindingLevel,
    JobRole,
    Level,
    Located,
    Record,
    Requirement,
    Teaching,
)
from ontology.readers import read_source
from ontology.readers.nodes import read_triples
from ontology.readers.rdf_mapping import is_mapping
from ontology.readers.skos import read_skos
from ontology.skolem import without_blanks
from ontology.validation import validate
from ontology.writers.rdf_source import original_triples

DATA = Path(__file__).parent / "data" / "rdf"
PAGE = Path(__file__).parent.parent / "docs" / "rdf.md"
MAPPING = (DATA / "acme.mapping.toml").read_text("utf-8")
TURTLE = (DATA / "acme.ttl").read_text("utf-8")


def read(mapping: str, turtle: str = TURTLE) -> tuple[list[Record], list[Finding]]:
    documents = [
        Document(name="a.mapping.toml", data=mapping.encode()),
        Document(name="a.ttl", data=turtle.encode()),
    ]
    items = list(read_skos(documents))
    return (
        [item.record for item in items if isinstance(item, Located)],
        [item for item in items if isinstance(item, Finding)],
    )


def test_the_reader_gives_what_its_golden_pair_says() -> None:
    """A folder with a graph and its mapping; what it gives is valid."""
    expected = runpy.run_path(str(DATA / "records_rdf.py"))
    reading = read_source(DATA)
    items = list(reading.items)
    assert reading.format == "skos"
    found = [(item.record, item.source.file, item.source.line) for item in items if isinstance(item, Located)]
    assert found == expected["RECORDS"]
    faults = [item for item in items if isinstance(item, Finding) and item.code != "reader.unknown-file"]
    assert faults == expected["FINDINGS"] == []
    located = [item for item in items if isinstance(item, Located)]
    assert not [each for each in validate(located, dataset="x").findings if each.level is FindingLevel.MUST]


def test_the_example_of_the_page_is_this_one_and_has_every_key() -> None:
    """docs/rdf.md shows the mapping and the graph that the golden pair reads."""
    blocks = re.findall(r"```(?:toml|turtle)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert MAPPING in blocks
    assert TURTLE in blocks


def test_without_its_mapping_the_same_graph_is_kept_as_it_is_and_told() -> None:
    items = list(read_skos([Document(name="a.ttl", data=TURTLE.encode())]))
    assert [item.code for item in items if isinstance(item, Finding)] == ["skos.no-concept"]
    assert {type(item.record).__name__ for item in items if isinstance(item, Located)} == {"Unmapped"}


def test_all_that_the_graph_says_comes_back() -> None:
    said = set(without_blanks(read_triples(Document(name="a.ttl", data=TURTLE.encode()), [])))
    assert set(original_triples(read(MAPPING)[0])) == said


@pytest.mark.parametrize("name", ["acme.mapping.toml", "x/acme.MAPPING.toml", "mapping.toml"])
def test_a_mapping_is_known_by_its_name(name: str) -> None:
    assert is_mapping(Document(name=name, data=b""))


def test_a_mapping_cut_anywhere_is_told_or_says_less() -> None:
    """A cut in the middle of a line is a fault with its line; a whole line less is only less said, never a crash."""
    for cut in range(1, len(MAPPING), 37):
        _, findings = read(MAPPING[:cut])
        for each in findings:
            assert each.source
            assert each.fix


@pytest.mark.parametrize(
    ("stated", "code", "words"),
    [
        ("[clases]\n", "unknown-key", "Did you mean classes?"),
        ('[fields]\nlable = "rdfs:label"\n', "unknown-field", "Did you mean label?"),
        ('[classes]\n"skos:Concept" = "Competence"\n', "unknown-class", "Did you mean Competency?"),
        ('[fields]\nlabel = "acme:title"\n', "unknown-prefix", "[prefixes]"),
        ('[[alignments]]\nproperty = "rdfs:seeAlso"\nrelation = "exact"\n', "unknown-relation", "exactMatch"),
        ('[[requires]]\nproperty = "rdfs:seeAlso"\nimportance = 2\n', "wrong-value", "docs/rdf.md"),
        ('[[requires]]\nproperty = "rdfs:seeAlso"\nlevel = 2\n', "wrong-value", "docs/rdf.md"),
        ("[[requires]]\nproperty = 5\n", "wrong-value", "docs/rdf.md"),
        ('[[teaches]]\nproperty = "rdfs:seeAlso"\nimportance = "must"\n', "unknown-key", "Known are"),
        ('[[scales]]\niri = "urn:s"\nminimum = nan\nmaximum = 1\n', "wrong-value", "docs/rdf.md"),
        ('[[scales]]\niri = "urn:s"\nminimum = 0\nmaximum = 1\nlevels = 3\n', "wrong-value", "docs/rdf.md"),
        ('[[scales]]\niri = "urn:s"\nminimum = 0\nmaximum = 1\nlevels = { a = "b" }\n', "wrong-value", "docs/rdf.md"),
        ('[[level_mappings]]\nscale = "urn:s"\nlevel = "x"\n', "wrong-value", "docs/rdf.md"),
        ('[[level_mappings]]\nscale = "urn:s"\nlevel = 1\n', "wrong-value", "docs/rdf.md"),
        ("fields = 3\n", "wrong-value", "docs/rdf.md"),
        ("requires = 3\n", "wrong-value", "docs/rdf.md"),
        ('[prefixes]\nacme = "no iri"\n', "wrong-value", "docs/rdf.md"),
        ("[fields\n", "syntax", "Mend"),
        ("x = " + "[" * 5000, "syntax", "Mend"),
    ],
)
def test_every_fault_of_a_mapping_is_told_with_its_line_and_the_way_out(stated: str, code: str, words: str) -> None:
    findings = read(stated)[1]
    faults = [each for each in findings if each.code == f"rdf-mapping.{code}"]
    assert faults
    assert all(each.level is FindingLevel.MUST for each in faults)
    assert words in (faults[0].fix or "")
    assert faults[0].source
    assert faults[0].source.file == "a.mapping.toml"


def test_a_term_that_no_statement_has_is_told_with_its_neighbour() -> None:
    findings = read(MAPPING.replace('"acme:title"', '"acme:titel"'))[1]
    (unused,) = (each for each in findings if each.code == "rdf-mapping.unused-term")
    assert unused.fix == "Did you mean <https://acme.example/terms#title>?"
    assert unused.source
    assert unused.source.line


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (':welder acme:needs "welding" .', "no-target"),
        (":welder acme:wants [ acme:level 4 ] .", "no-target"),
        (':welder acme:wants [ acme:ability :mig ; acme:level "high" ] .', "unread-level"),
        (':welder acme:wants [ acme:ability :mig ; acme:weight "rather" ] .', "unread-importance"),
        (':welder a acme:Module ; acme:price "1,50" .', "unread-cost"),
        (':x a acme:Module ; acme:price "1,50" .', "unread-cost"),
        (':x a acme:Module ; acme:length "P1Y" .', "unread-duration"),
    ],
)
def test_values_that_cannot_be_read_are_told_and_kept(said: str, code: str) -> None:
    turtle = f"{TURTLE}\n{said}"
    records, findings = read(MAPPING, turtle)
    if ":welder a acme:Module" not in said:  # a thing of two classes is of the first
        assert f"rdf-mapping.{code}" in {each.code for each in findings}
    triples = set(without_blanks(read_triples(Document(name="a.ttl", data=turtle.encode()), [])))
    assert set(original_triples(records)) == triples


def test_importance_and_levels_come_from_the_mapping_or_from_the_node_between() -> None:
    records = read(MAPPING)[0]
    requirements = {(each.target or "").rpartition("/")[2]: each for each in records if isinstance(each, Requirement)}
    assert requirements["mig"].level == Level("https://acme.example/terms#scale", 4.0)
    assert requirements["mig"].importance == "must"
    assert (requirements["old"].importance, requirements["old"].importance_value) == ("should", 0.25)
    teachings = {each.competency.rpartition("/")[2]: each for each in records if isinstance(each, Teaching)}
    assert (teachings["mig"].subject, teachings["mig"].level) == ("https://acme.example/id/evening", None)
    assert teachings["welding"].level == Level("https://acme.example/terms#scale", 3.0)


NAMES = st.sampled_from(["a", "b", "c", "d"])
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
SAID = st.lists(
    st.one_of(
        st.tuples(NAMES, st.sampled_from(["title", "about", "number", "shelf", "nickname", "length", "price"]), WORDS),
        st.tuples(
            NAMES, st.sampled_from(["partOf", "hasPart", "needs", "wants", "trains", "newer", "sameAsIn"]), NAMES
        ),
        st.tuples(NAMES, st.just("a"), st.sampled_from(["Ability", "Module", "Post", "Diploma", "Other"])),
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=20)
@given(said=SAID, kept=st.sampled_from([0, 10**6]))
def test_any_graph_comes_back_and_is_the_same_on_disk(said: list[tuple[str, str, str]], kept: int) -> None:
    """Nothing is lost and nothing is added, whether the graph is held in memory or on disk."""
    lines = []
    for subject, predicate, value in said:
        node = f"<urn:x:{subject}>"
        if predicate == "a":
            lines.append(f"{node} a <https://acme.example/terms#{value}> .")
        elif value in {"a", "b", "c", "d"} and predicate not in {"title", "about", "number", "shelf", "nickname"}:
            lines.append(f"{node} <https://acme.example/terms#{predicate}> <urn:x:{value}> .")
        else:
            text = value.replace("\\", "\\\\").replace('"', '\\"')
            lines.append(f'{node} <https://acme.example/terms#{predicate}> "{text}" .')
    data = "\n".join(lines).encode()
    documents = [Document(name="a.mapping.toml", data=MAPPING.encode()), Document(name="a.ttl", data=data)]
    items = list(read_skos(documents, kept=kept))
    records = [item.record for item in items if isinstance(item, Located)]
    assert set(original_triples(records)) == set(read_triples(documents[1], []))
    other = [item.record for item in read_skos(documents, kept=10**6 - kept) if isinstance(item, Located)]
    assert sorted(map(repr, other)) == sorted(map(repr, records))


def test_a_thing_of_a_mapped_class_may_use_skos_words_too() -> None:
    turtle = """@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix acme: <https://acme.example/terms#> .
    <urn:a> a acme:Ability, skos:Concept ; skos:prefLabel "A"@en ; skos:broader <urn:b> ; skos:exactMatch <urn:c> .
    <urn:b> a skos:Concept ; skos:prefLabel "B"@en . <urn:p> a acme:Post ; acme:needs <urn:a> ; skos:prefLabel "P" ."""
    records = read(MAPPING, turtle)[0]
    kinds = {each.iri: type(each) for each in records if not isinstance(each, Alignment | Requirement)}
    assert kinds["urn:a"] is kinds["urn:b"] is Competency
    assert kinds["urn:p"] is JobRole
    (competency,) = (each for each in records if isinstance(each, Competency) and each.iri == "urn:a")
    assert competency.labels[0].text == "A"
    assert competency.broader == ("urn:b",)
    assert set(original_triples(records)) == set(read_triples(Document(name="a.ttl", data=turtle.encode()), []))
