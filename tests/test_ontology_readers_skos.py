"""SKOS: the same content in every syntax, what becomes of unknown terms, faults of syntax, blank nodes."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Competency,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    JobRole,
    Located,
    Record,
    Relation,
    Requirement,
    Text,
    Unmapped,
)
from ontology.rdf import to_rdf
from ontology.readers.detection import Fit
from ontology.readers.nodes import read_triples
from ontology.readers.skos import fit_skos, read_skos
from ontology.skolem import without_blanks
from ontology.validation import validate
from ontology.writers.rdf_source import original_triples

DATA = Path(__file__).parent / "data" / "skos"
EXAMPLE = Path(__file__).parent.parent / "examples" / "ict" / "esco_ict.ttl"
SKOS = "http://www.w3.org/2004/02/skos/core#"
PREFIXES = f"""@prefix skos: <{SKOS}> . @prefix esco: <http://data.europa.eu/esco/model#> .
@prefix dct: <http://purl.org/dc/terms/> . @prefix xl: <http://www.w3.org/2008/05/skos-xl#> . @prefix : <urn:x:> .
"""


def read(text: str | bytes, name: str = "a.ttl") -> tuple[list[Record], list[Finding]]:
    data = text.encode() if isinstance(text, str) else text
    items = list(read_skos([Document(name=name, data=data)]))
    return (
        [item.record for item in items if isinstance(item, Located)],
        [item for item in items if isinstance(item, Finding)],
    )


def by_iri(text: str) -> dict[str, Record]:
    return {record.iri: record for record in read(PREFIXES + text)[0]}


@pytest.mark.parametrize("suffix", ["nt", "nq", "trig", "rdf", "txt"])
def test_the_same_statements_in_every_syntax_give_the_same_records(suffix: str) -> None:
    """N-Triples, N-Quads in a named graph, TriG, RDF/XML, and a file whose suffix says nothing."""
    formats = {
        "nt": RdfFormat.N_TRIPLES,
        "nq": RdfFormat.N_QUADS,
        "trig": RdfFormat.TRIG,
        "rdf": RdfFormat.RDF_XML,
        "txt": RdfFormat.TURTLE,
    }
    turtle = (DATA / "esco.ttl").read_bytes()
    triples = [quad.triple for quad in parse(turtle, format=RdfFormat.TURTLE)]
    graph = NamedNode("urn:g") if suffix in {"nq", "trig"} else None
    content = [Quad(each.subject, each.predicate, each.object, graph) for each in triples] if graph else triples
    prefixes = {"rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "skos": SKOS} if suffix == "txt" else None
    data = serialize(content, format=formats[suffix], prefixes=prefixes)
    assert data is not None
    assert fit_skos(Document(name=f"a.{suffix}", data=data)) is Fit.EXACT
    records, findings = read(data, f"a.{suffix}")
    assert not findings
    assert sorted(map(repr, records)) == sorted(map(repr, read(turtle)[0]))


@pytest.mark.parametrize(
    ("name", "text", "fit"),
    [
        ("a.csv", "id,type,text\n", Fit.NONE),
        ("a.json", "{}", Fit.NONE),
        ("a.txt", "<http://a.example/> is where we begin.", Fit.NONE),
        ("a.xml", "<?xml version='1.0'?><html/>", Fit.NONE),
        ("a.ttl", "@prefix ceasn: <http://purl.org/ctdlasn/terms/> .", Fit.NEAR),
        ("a", "@prefix x: <http://www.w3.org/2004/02/skos/core#> .", Fit.EXACT),
        ("a", "<urn:a> <http://www.w3.org/2004/02/skos/core#broader> <urn:b> .", Fit.EXACT),
    ],
)
def test_rdf_is_told_by_its_content(name: str, text: str, fit: Fit) -> None:
    assert fit_skos(Document(name=name, data=text.encode())) is fit


def test_every_fault_of_syntax_is_told_with_its_line_and_the_rest_read() -> None:
    records, findings = read(
        PREFIXES
        + ':a a skos:Concept ; skos:prefLabel "a" .\n:b skos:note <no iri> .\n:c a skos:Concept .\n:d "x" .\n:e'
    )
    assert [(item.level, item.code, item.source and item.source.line) for item in findings] == [
        (FindingLevel.MUST, "rdf.syntax", 4),
        (FindingLevel.MUST, "rdf.syntax", 6),
        (FindingLevel.MUST, "rdf.syntax", 7),
    ]
    assert [record.iri for record in records] == ["urn:x:a", "urn:x:c"]


def test_broken_xml_ends_in_a_finding() -> None:
    text = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='urn:a'>"
    _, findings = read(text, "a.rdf")
    assert [item.code for item in findings if item.level is FindingLevel.MUST] == ["rdf.syntax"]


def test_a_document_of_prefixes_alone_and_one_without_concepts_are_told() -> None:
    assert [item.code for item in read(PREFIXES)[1]] == ["rdf.nothing-said"]
    records, findings = read(PREFIXES + ":a :says :b .")
    assert [item.code for item in findings] == ["skos.no-concept"]
    assert records == [Unmapped(iri="urn:x:a", statements=(("urn:x:says", "<urn:x:b>"),))]


def test_what_no_field_holds_stays_in_the_statements() -> None:
    records = by_iri(
        ':a a skos:Concept ; skos:prefLabel "a"@en ; skos:scopeNote "n"@en ; :size 3 ; skos:prefLabel :b .'
    )
    record = records["urn:x:a"]
    assert isinstance(record, Competency)
    assert record.statements == (
        ("http://www.w3.org/1999/02/22-rdf-syntax-ns#type", f"<{SKOS}Concept>"),
        (f"{SKOS}prefLabel", "<urn:x:b>"),
        (f"{SKOS}scopeNote", '"n"@en'),
        ("urn:x:size", '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'),
    )


def test_skills_relate_to_skills_by_statements_and_not_by_alignments_or_requirements() -> None:
    records = by_iri(":a a esco:Skill ; esco:relatedEssentialSkill :b ; esco:relatedOptionalSkill :c .")
    assert set(map(type, records.values())) == {Competency}
    assert ("http://data.europa.eu/esco/model#relatedEssentialSkill", "<urn:x:b>") in records["urn:x:a"].statements


@pytest.mark.parametrize("relation", list(Relation))
def test_each_mapping_property_is_an_alignment_in_its_direction(relation: Relation) -> None:
    (alignment,) = (
        record
        for record in by_iri(f":a a skos:Concept ; skos:{relation} :b .").values()
        if isinstance(record, Alignment)
    )
    assert (alignment.subject, alignment.relation, alignment.object) == ("urn:x:a", relation, "urn:x:b")


def test_an_occupation_finds_its_isco_group_above_other_occupations_and_in_a_circle_none() -> None:
    records = by_iri(
        ":a a esco:Occupation ; skos:broader :b . :b a esco:Occupation ; skos:broader :a,"
        " <http://data.europa.eu/esco/isco/C2512> . :c a esco:Occupation ; skos:broader :c ."
    )
    codes = {iri: record.codes for iri, record in records.items() if isinstance(record, JobRole)}
    assert {iri: [(code.system, code.value) for code in found] for iri, found in codes.items()} == {
        "urn:x:a": [("isco", "2512")],
        "urn:x:b": [("isco", "2512")],
        "urn:x:c": [],
    }


def test_labels_of_skos_xl_count_and_their_nodes_stay() -> None:
    records = by_iri(
        ':a a skos:Concept ; xl:prefLabel :l ; dct:description [ esco:nodeLiteral "d"@en ] . :l xl:literalForm "x"@de .'
    )
    record = records["urn:x:a"]
    assert isinstance(record, Competency)
    assert (record.labels, record.descriptions) == ((Text("x", "de"),), (Text("d", "en"),))
    assert isinstance(records["urn:x:l"], Unmapped)


def test_blank_nodes_get_the_same_names_whatever_they_are_called() -> None:
    first = by_iri(':a a skos:Concept ; skos:note [ :p "1" ], [ :p "2" ; :q [ :p "3" ] ] .')
    second = by_iri('_:z :p "3" . _:y :q _:z ; :p "2" . _:x :p "1" . :a skos:note _:y, _:x ; a skos:Concept .')
    assert first == second
    assert len(first) == 4
    assert all(not iri.startswith("_:") for iri in first)


def test_a_scheme_that_is_not_described_gets_a_name_and_one_that_is_keeps_its_own() -> None:
    records = by_iri(
        ":a a skos:Concept ; skos:inScheme <http://example.org/scheme/tools> . :b a esco:Skill ;"
        " skos:inScheme <http://data.europa.eu/esco/concept-scheme/skills>, <http://data.europa.eu/esco/concept-scheme/a> ."
    )
    frameworks = {iri: record for iri, record in records.items() if isinstance(record, Framework)}
    assert {iri: record.labels[0].text for iri, record in frameworks.items()} == {
        "http://example.org/scheme/tools": "tools",
        "http://data.europa.eu/esco/concept-scheme/skills": "ESCO skills",
    }
    attributions = {record.attribution is not None: iri for iri, record in frameworks.items()}
    assert attributions == {
        True: "http://data.europa.eu/esco/concept-scheme/skills",
        False: "http://example.org/scheme/tools",
    }


def test_a_qualification_is_a_credential() -> None:
    record = by_iri(':q a esco:Qualification ; skos:prefLabel "Q"@en .')["urn:x:q"]
    assert isinstance(record, Credential)
    assert record.kind == "qualification"


def test_what_headwater_wrote_is_read_back() -> None:
    """Reading a SKOS file, writing its records as RDF and reading that again gives the same records."""
    records = read((DATA / "esco.ttl").read_bytes())[0]
    data = serialize((triple for record in records for triple in to_rdf(record)), format=RdfFormat.N_TRIPLES)
    assert data is not None
    again, findings = read(data, "again.nt")
    assert not findings
    assert sorted(map(repr, again)) == sorted(map(repr, records))


WORDS = st.text(min_size=1, max_size=8).filter(lambda text: text.strip() and "\x00" not in text)


@given(
    labels=st.dictionaries(st.sampled_from(("en", "de", "fr-CA")), WORDS, max_size=3),
    parents=st.sets(st.sampled_from("abc")),
    note=WORDS,
)
def test_labels_parents_and_notes_survive(labels: dict[str, str], parents: set[str], note: str) -> None:
    concept, kind = NamedNode("urn:x:s"), NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    quads = [Quad(concept, kind, NamedNode(f"{SKOS}Concept")), Quad(concept, NamedNode(f"{SKOS}note"), Literal(note))]
    quads += [Quad(concept, NamedNode(f"{SKOS}prefLabel"), Literal(text, language=tag)) for tag, text in labels.items()]
    quads += [Quad(concept, NamedNode(f"{SKOS}broader"), NamedNode(f"urn:x:{parent}")) for parent in parents]
    data = serialize(quads, format=RdfFormat.N_QUADS)
    assert data is not None
    ((record,), findings) = read(data, "a.nq")
    assert not findings
    assert isinstance(record, Competency)
    assert {text.language: text.text for text in record.labels} == {tag: text.strip() for tag, text in labels.items()}
    assert record.broader == tuple(f"urn:x:{parent}" for parent in sorted(parents))
    assert (f"{SKOS}note", str(Literal(note))) in record.statements or len(record.statements) == 2


def test_the_example_is_read_as_its_triples_count() -> None:
    """Counted from the statements themselves: a role, competency, requirement for each of their triples."""
    types: Counter[str] = Counter()
    essential: Counter[str] = Counter()
    occupations, isco = set(), set()
    for quad in parse(EXAMPLE.read_bytes(), format=RdfFormat.TURTLE):
        assert isinstance(quad.subject, NamedNode)
        if str(quad.object).endswith("model#Occupation>"):
            occupations.add(quad.subject)
        if str(quad.object).endswith("concept-scheme/isco>"):
            isco.add(quad.subject)
        if str(quad.object).endswith("core#Concept>"):
            types["concepts"] += 1
        if quad.subject in occupations and quad.predicate.value.endswith(("EssentialSkill", "OptionalSkill")):
            essential[quad.predicate.value.rpartition("#")[2]] += 1
    records = read(EXAMPLE.read_bytes())[0]
    kinds = Counter(type(record).__name__ for record in records)
    importance = Counter(record.importance for record in records if isinstance(record, Requirement))
    assert kinds["JobRole"] == len(occupations)
    assert kinds["Unmapped"] == len(isco)
    assert kinds["Competency"] == types["concepts"] - len(occupations) - len(isco)
    assert importance == {"must": essential["relatedEssentialSkill"], "should": essential["relatedOptionalSkill"]}
    assert all(
        record.codes[0].value.startswith(record.codes[1].value) for record in records if isinstance(record, JobRole)
    )


def given_back(text: str, name: str = "a.ttl") -> tuple[set[tuple[str, str, str]], set[tuple[str, str, str]]]:
    """(what the document says, what its records give back after the checks), blank nodes named."""
    document = Document(name=name, data=text.encode())
    said = set(without_blanks(read_triples(document, [])))
    located = [item for item in read_skos([document]) if isinstance(item, Located)]
    assert set(original_triples([item.record for item in located])) == said
    return said, set(original_triples(validate(located, dataset="x").records))


@pytest.mark.parametrize("path", [EXAMPLE, DATA / "esco.ttl", DATA / "plain.ttl"], ids=lambda path: path.name)
def test_a_vocabulary_comes_back_triple_by_triple(path: Path) -> None:
    """Reading, checking and giving back as the source said it: the same triples."""
    said, back = given_back(path.read_text("utf-8"))
    assert back == said


@pytest.mark.parametrize(
    "text",
    [
        ':a a skos:Concept ; rdfs:label "a" ; skos:altLabel "a" ; skos:hiddenLabel "a", "b" .',
        ':a a skos:Concept ; skos:prefLabel "a"@en, "b"@en ; skos:altLabel "b"@en .',
        ':a a skos:Concept ; skos:prefLabel " a "@EN-gb, "  " ; skos:notation "1", "1"^^:n, " 1", "" .',
        ':a a skos:Concept ; xl:prefLabel [ xl:literalForm "a"@en ] ; skos:prefLabel "a"@en, "b"@de .',
        ':a a skos:Concept ; dct:description :n . :n a esco:NodeLiteral ; esco:nodeLiteral "what a is" .',
        ':a a skos:Concept ; dct:description :n, "what a is"@en . :n esco:nodeLiteral "what a is"@en .',
        ":a a skos:Concept ; skos:inScheme :s, :t ; skos:topConceptOf :s . :s a skos:ConceptScheme ; dct:license :l .",
        ":a a skos:Concept ; skos:topConceptOf :s . :s a skos:ConceptScheme ; skos:hasTopConcept :a ; skos:broader :b .",
        ":a a skos:Concept ; skos:narrower :b . :b a skos:Concept ; skos:broader :a, :c . :c skos:narrower :b .",
        ":o a esco:Occupation ; esco:relatedEssentialSkill :s ; esco:relatedOptionalSkill :s, :t .",
        ":s a esco:Skill ; esco:isEssentialSkillFor :o ; esco:relatedOptionalSkill :t . :o a esco:Occupation .",
        ':a a skos:Concept ; dct:isReplacedBy :b, :c ; skos:exactMatch :b, [ :p 1 ], "x" ; skos:member (:x :y) .',
        ":a a skos:Collection ; skos:member :b . :b a skos:Concept ; skos:prefLabel 5, :l, true .",
        ':o a owl:Ontology . :a a owl:Class ; rdfs:subClassOf :b, [ a owl:Restriction ] ; rdfs:comment "c" .',
    ],
)
def test_whatever_way_it_is_said_it_comes_back_that_way(text: str) -> None:
    prefixes = (
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .\n"
    )
    given_back(prefixes + PREFIXES + text)


SUBJECTS = st.sampled_from([":a", ":b", ":c", "<http://data.europa.eu/esco/skill/d>", "_:e"])
PREDICATES = st.sampled_from(
    [
        "skos:prefLabel",
        "skos:altLabel",
        "skos:hiddenLabel",
        "dct:title",
        "skos:definition",
        "dct:description",
        "skos:notation",
        "skos:broader",
        "skos:narrower",
        "skos:inScheme",
        "skos:topConceptOf",
        "dct:isReplacedBy",
        "dct:license",
        "skos:closeMatch",
        "xl:prefLabel",
        "xl:literalForm",
        "esco:relatedEssentialSkill",
        "esco:isEssentialSkillFor",
        "esco:relatedOptionalSkill",
        "esco:skillType",
        ":other",
    ]
)
TYPES = st.sampled_from(
    ["skos:Concept", "skos:ConceptScheme", "esco:Occupation", "esco:Skill", "esco:Qualification", "skos:Collection"]
)
OBJECTS = st.one_of(SUBJECTS, st.sampled_from(['"x"', '"x"@en', '"y"@de', '" y "', '""', "5"]))


@settings(max_examples=30)
@given(
    types=st.dictionaries(SUBJECTS, TYPES),
    said=st.lists(st.tuples(SUBJECTS, PREDICATES, OBJECTS), max_size=12),
    kept=st.sampled_from([0, 3]),
)
def test_any_graph_comes_back_and_reads_the_same_from_disk(
    types: dict[str, str], said: list[tuple[str, str, str]], kept: int
) -> None:
    """Lossless for whatever is said, and a graph on disk, scattered or not, gives the records of one in memory."""
    lines = [f"{subject} a {kind} ." for subject, kind in types.items()]
    text = PREFIXES + "\n".join([*lines, *(f"{' '.join(each)} ." for each in said)])
    document = Document(name="a.ttl", data=text.encode())
    records = [item.record for item in read_skos([document]) if isinstance(item, Located)]
    assert set(original_triples(records)) == set(without_blanks(read_triples(document, [])))
    on_disk = [item.record for item in read_skos([document], kept=kept) if isinstance(item, Located)]
    assert sorted(map(repr, on_disk)) == sorted(map(repr, records))


def test_places_on_disk_are_the_same_as_in_memory() -> None:
    """Each thing with its file and line, also over several documents."""
    documents = [Document(name=name, data=(DATA / name).read_bytes()) for name in ("esco.ttl", "plain.ttl")]
    told = [sorted(map(repr, read_skos(documents, kept=kept))) for kept in (10**6, 0)]
    things = [[each for each in items if "Unmapped" not in each] for items in told]
    assert things[0] == things[1]


def test_json_ld_gives_what_turtle_gives() -> None:
    value = {
        "@context": {"skos": SKOS, "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"}},
        "@id": "urn:x:a",
        "@type": "skos:Concept",
        "prefLabel": {"en": "a", "de": "A"},
        "skos:broader": {"@id": "urn:x:b"},
    }
    text = json.dumps(value)
    assert fit_skos(Document(name="a.jsonld", data=text.encode())) is Fit.EXACT
    turtle = ':a a skos:Concept ; skos:prefLabel "a"@en, "A"@de ; skos:broader :b .'
    assert read(text, "a.jsonld") == read(PREFIXES + turtle)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"@context": "https://no.example/context", "@id": "urn:a"}', "jsonld.unknown-context"),
        ('{"@context": {}, "@id":', "json.syntax"),
        ('{"@context": {"x": "urn:x"}}', "rdf.nothing-said"),
    ],
)
def test_json_ld_that_cannot_be_read_is_told(text: str, code: str) -> None:
    records, findings = read(text, "a.jsonld")
    assert not records
    assert [each.code for each in findings] == [code]


def test_an_ontology_of_classes_is_a_framework_of_competencies() -> None:
    records, findings = read(
        """@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix : <urn:x:> . :o a owl:Ontology ; rdfs:label "O"@en . :a a owl:Class ; rdfs:label "A"@en .
        :b a owl:Class ; rdfs:label "B"@en ; rdfs:comment "b"@en ; rdfs:subClassOf :a, owl:Thing, [ a owl:Restriction ] ."""
    )
    assert not findings
    found = {record.iri: record for record in records}
    child = found["urn:x:b"]
    assert isinstance(found["urn:x:o"], Framework)
    assert isinstance(child, Competency)
    assert (child.broader, child.framework) == (("urn:x:a",), "urn:x:o")
    assert child.descriptions == (Text("b", "en"),)


def test_where_there_are_concepts_classes_are_kept_as_they_are() -> None:
    records = read(PREFIXES + ":a a skos:Concept . :b a <http://www.w3.org/2002/07/owl#Class> .")[0]
    assert {record.iri: type(record) for record in records} == {"urn:x:a": Competency, "urn:x:b": Unmapped}


def test_a_concept_of_an_undescribed_scheme_that_tops_a_described_one_belongs_to_that() -> None:
    record = by_iri(":a a skos:Concept ; skos:inScheme :x ; skos:topConceptOf :z . :z a skos:ConceptScheme .")[
        "urn:x:a"
    ]
    assert isinstance(record, Competency)
    assert record.framework == "urn:x:z"


def test_an_iri_of_a_megabyte_and_many_odd_language_tags_are_told_in_few_words() -> None:
    """What is told stays short, whatever is in the data."""
    long = "a" * 2**20
    tags = " , ".join(f'"t"@x{number}' for number in range(2000))
    text = (
        PREFIXES
        + f':{long} a skos:Concept ; skos:prefLabel "{long}"@en, "z{long}"@en .\n:b a skos:Concept ; skos:prefLabel {tags} .'
    )
    items = list(read_skos([Document(name="a.ttl", data=text.encode())]))
    located = [item for item in items if isinstance(item, Located)]
    findings = [*(item for item in items if isinstance(item, Finding)), *validate(located, dataset="x").findings]
    assert "identity.too-long" in {each.code for each in findings}
    assert all(len(each.message) < 6000 for each in findings)


if "HEADWATER_REFERENCE" in os.environ:

    def test_all_of_esco_is_read_in_time() -> None:
        """3,039 occupations, 13,939 skills and 640 groups, 129,004 relations; some 6 s, at most five times that."""
        import time

        from ontology.readers import read_source

        path = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz"
        start = time.monotonic()
        kinds: Counter[str] = Counter()
        for item in read_source(path).items:
            assert isinstance(item, Located)
            kinds[type(item.record).__name__] += 1
        assert kinds == {
            "Framework": 2,
            "JobRole": 3039,
            "Competency": 13939 + 640,
            "Requirement": 129004,
            "Unmapped": 619,
        }
        assert time.monotonic() - start < 30

    def test_esco_is_read_in_bounded_memory() -> None:
        """434,693 triples in less than 300 MB, in a process of its own; some 120 MB."""
        import subprocess
        import sys

        code = (
            "import re, sys; from pathlib import Path; from ontology.readers import read_source\n"
            "for _ in read_source(Path(sys.argv[1])).items: pass\n"
            "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
        )
        path = Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz"
        done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        assert int(done.stdout) < 300
