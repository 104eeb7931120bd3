"""SSSOM mapping sets in all their forms, and the tables of alignments that are no SSSOM: directions, what is no match."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from ontology.documents import Document
from ontology.model import Alignment, Finding, FindingLevel, Framework, Located, Record, Relation, Unmapped
from ontology.ntriples import find_literal
from ontology.readers import read_source
from ontology.readers.alignment_tables import read_alignment_tables
from ontology.readers.mapping_sets import read_mapping_sets
from ontology.validation import validate

DATA = Path(__file__).parent / "data" / "sssom"
ID = "https://w3id.org/headwater/id"
HEAD = "#curie_map:\n#  A: https://a.example/\n#  B: https://b.example/\n#mapping_set_id: https://a.example/set\n"
COLUMNS = "subject_id\tpredicate_id\tobject_id\tmapping_justification\n"
SEMAPV = "semapv:ManualMappingCuration"


def tsv(*rows: str, head: str = HEAD, columns: str = COLUMNS, name: str = "s.sssom.tsv") -> Document:
    return Document(name=name, data=(head + columns + "".join(f"{row}\n" for row in rows)).encode())


def csv_document(text: str, name: str = "a.csv") -> Document:
    return Document(name=name, data=text.encode())


def records_of(items: list[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def alignments_of(items: list[Located | Finding]) -> list[Alignment]:
    return [record for record in records_of(items) if isinstance(record, Alignment)]


def faults_of(items: list[Located | Finding]) -> list[tuple[str, str, str | int | None]]:
    return [
        (item.level.value, item.code, item.source.pointer or item.source.line)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


@pytest.mark.parametrize(
    ("predicate", "relation"),
    [
        ("skos:exactMatch", Relation.EXACT),
        ("skos:closeMatch", Relation.CLOSE),
        ("skos:broadMatch", Relation.BROAD),
        ("skos:narrowMatch", Relation.NARROW),
        ("skos:relatedMatch", Relation.RELATED),
        ("http://www.w3.org/2004/02/skos/core#broadMatch", Relation.BROAD),
        ("owl:sameAs", Relation.EXACT),
        ("owl:equivalentClass", Relation.EXACT),
    ],
)
def test_a_mapping_is_read_in_its_own_direction(predicate: str, relation: Relation) -> None:
    """`subject broadMatch object`: the object is the broader one, as SKOS says; nothing is turned round."""
    (found,) = alignments_of(list(read_mapping_sets([tsv(f"A:1\t{predicate}\tB:2\t{SEMAPV}")])))
    assert (found.subject, found.relation, found.object) == ("https://a.example/1", relation, "https://b.example/2")
    assert found.method == SEMAPV


@pytest.mark.parametrize(
    ("columns", "row", "code"),
    [
        (COLUMNS, f"A:1\tskos:exactMatch\tsssom:NoTermFound\t{SEMAPV}", "sssom.no-term"),
        (COLUMNS, f"sssom:NoTermFound\tskos:exactMatch\tB:1\t{SEMAPV}", "sssom.no-term"),
        (COLUMNS, f"A:1\trdfs:subClassOf\tB:1\t{SEMAPV}", "sssom.other-predicate"),
        (f"predicate_modifier\t{COLUMNS}", f"Not\tA:1\tskos:exactMatch\tB:1\t{SEMAPV}", "sssom.negated"),
        (
            f"subject_type\tsubject_label\t{COLUMNS}",
            f"rdfs literal\tx\t\tskos:exactMatch\tB:1\t{SEMAPV}",
            "sssom.literal",
        ),
    ],
)
def test_what_is_no_alignment_is_kept_word_for_word_and_told(columns: str, row: str, code: str) -> None:
    items = list(read_mapping_sets([tsv(row, columns=columns)]))
    assert alignments_of(items) == []
    assert faults_of(items) == [("should", code, 6)]
    (kept,) = (record for record in records_of(items) if isinstance(record, Unmapped))
    literals = {literal.value for _, term in kept.statements if (literal := find_literal(term))}
    assert {cell for cell in row.split("\t") if cell} <= literals


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"C:1\tskos:exactMatch\tB:1\t{SEMAPV}", ("must", "sssom.undeclared-prefix", 6)),
        (f"A:1\tskos:exactMatch\t\t{SEMAPV}", ("must", "table.missing-value", 6)),
        (f"A:1\tmatches\tB:1\t{SEMAPV}", ("must", "sssom.undeclared-prefix", 6)),
        (f"A:1 2\tskos:exactMatch\tB:1\t{SEMAPV}", ("must", "identity.invalid-iri", 6)),
        ("A:1\tskos:exactMatch", ("must", "table.wrong-width", 6)),
    ],
)
def test_each_fault_of_a_mapping_is_told_with_its_line(row: str, expected: tuple[str, str, int]) -> None:
    items = list(read_mapping_sets([tsv(row, f"A:2\tskos:exactMatch\tB:2\t{SEMAPV}")]))
    assert faults_of(items) == [expected]
    assert [found.subject for found in alignments_of(items)] == ["https://a.example/2"]


@pytest.mark.parametrize("confidence", ["1.5", "-0.1", "high", "nan", "1e-1"])
def test_a_confidence_that_is_no_number_from_0_to_1_is_told(confidence: str) -> None:
    row = f"{confidence}\tA:1\tskos:exactMatch\tB:1\t{SEMAPV}"
    items = list(read_mapping_sets([tsv(row, columns=f"confidence\t{COLUMNS}")]))
    assert faults_of(items) == [("must", "confidence.out-of-range", 6)]


@pytest.mark.parametrize("head", ["#curie_map: [\n", "#a: &x 1\n#b: *x\n", "#" + "[" * 9000 + "\n", "#- list\n"])
def test_broken_metadata_is_told_and_breaks_nothing(head: str) -> None:
    items = list(read_mapping_sets([tsv(head=head)]))
    assert [code for _, code, _ in faults_of(items)] == ["yaml.syntax"]


def test_tsv_csv_and_json_say_the_same() -> None:
    """One set in its three forms, the YAML above the rows, in a file of its own, or as members."""
    row = f"A:1\tskos:closeMatch\tB:1\t{SEMAPV}"
    comma = Document(name="s.csv", data=(HEAD + COLUMNS.replace("\t", ",") + row.replace("\t", ",") + "\n").encode())
    metadata = HEAD.replace("#", "")
    apart = [Document(name="s.sssom.yml", data=metadata.encode()), tsv(row, head="")]
    value = {
        "mapping_set_id": "https://a.example/set",
        "curie_map": {"A": "https://a.example/", "B": "https://b.example/"},
        "mappings": [dict(zip(COLUMNS.split(), row.split("\t"), strict=True))],
    }
    members = Document(name="s.json", data=json.dumps(value).encode())
    expected = alignments_of(list(read_mapping_sets([tsv(row)])))
    for documents in ([comma], apart, [members]):
        assert alignments_of(list(read_mapping_sets(documents))) == expected


@pytest.mark.parametrize("value", [{"mappings": 3}, {"mappings": ["x"]}, {"mappings": {"a": 1}}])
def test_json_without_a_list_of_mappings_is_told(value: object) -> None:
    items = list(read_mapping_sets([Document(name="s.json", data=json.dumps(value).encode())]))
    assert [code for _, code, _ in faults_of(items)] == ["json.wrong-type"]


def test_the_set_carries_its_licence_its_creators_and_all_its_slots() -> None:
    (record,) = (
        item.record
        for item in read_source(DATA).items
        if isinstance(item, Located) and isinstance(item.record, Framework)
    )
    assert (record.iri, record.license) == (
        "https://example.org/sets/a",
        "https://creativecommons.org/publicdomain/zero/1.0/",
    )
    assert record.attribution == "Foo to bar. Ann, Ben"
    slots = {predicate.removeprefix("https://w3id.org/sssom/") for predicate, _ in record.statements}
    assert slots == {
        *("curie_map", "creator_label", "license", "mapping_set_id", "mapping_set_title", "mapping_date"),
        "extension_definitions",
    }


def test_the_date_of_the_set_is_that_of_its_mappings() -> None:
    """`mapping_date` is a slot that sets hand on; a mapping's own day comes first."""
    head = HEAD + "#mapping_date: 2020-05-30\n"
    rows = (f"\tA:1\tskos:exactMatch\tB:1\t{SEMAPV}", f"2021-01-01\tA:2\tskos:exactMatch\tB:2\t{SEMAPV}")
    found = alignments_of(list(read_mapping_sets([tsv(*rows, head=head, columns=f"mapping_date\t{COLUMNS}")])))
    assert [alignment.date for alignment in found] == ["2020-05-30", "2021-01-01"]


def test_a_set_is_found_by_its_columns_and_tables_keep_their_alignments(tmp_path: Path) -> None:
    (tmp_path / "mine.tsv").write_text(HEAD + COLUMNS + f"A:1\tskos:exactMatch\tB:1\t{SEMAPV}\n")
    assert read_source(tmp_path).format == "sssom"
    (tmp_path / "mine.tsv").rename(tmp_path / "alignments.csv")
    assert read_source(tmp_path).format == "tables"


def test_one_old_code_that_became_several_gives_an_alignment_to_each() -> None:
    text = "ncsSlug,onetSoc2010,onetSoc2019\nchemist,29-2011.04,29-2011.04;29-2012.01\nseller,00-0000.00,\n"
    items = list(read_alignment_tables([csv_document(text)]))
    assert [found.object for found in alignments_of(items)] == [f"{ID}/onet/29-2011.04", f"{ID}/onet/29-2012.01"]
    assert faults_of(items) == [("should", "crosswalk.leads-nowhere", 3)]


def test_vdab_says_that_escos_skill_is_the_broader_one() -> None:
    """`Glas harden` (hardening glass) broadMatch `glas bewerken` (working glass): VDAB's is the subject."""
    text = "escoUri,escoLabel_nl,id,label_fr,label_nl,relation\nurn:esco:glass,glas bewerken,KN-1,La trempe,Glas harden,skos:broadMatch\n"
    (found,) = alignments_of(list(read_alignment_tables([csv_document(text)])))
    assert (found.subject, found.relation, found.object) == (f"{ID}/vdab/KN-1", Relation.BROAD, "urn:esco:glass")


def test_nestas_confidence_is_the_share_of_its_highest() -> None:
    text = "concept_uri,onet_code,confidence\nurn:e:1,11-1011.00,2.0\nurn:e:2,11-1011.00,0.5\nurn:e:3,11-1011.00,3\n"
    items = list(read_alignment_tables([csv_document(text)]))
    assert [found.confidence for found in alignments_of(items)] == [1.0, 0.25]
    assert faults_of(items) == [("must", "confidence.out-of-range", 4)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("concept_uri,onet_code,confidence\nno iri,11-1011.00,1\n", "crosswalk.bad-uri"),
        ("concept_uri,onet_code,confidence\nurn:e:1,11,1\n", "onet.bad-code"),
        ("escoUri,id,relation\nurn:e:1,KN-1,skos:sameMatch\n", "crosswalk.unknown-match"),
        ("ncsSlug,onetSoc2010,onetSoc2019\na,11-1011.00,11\n", "onet.bad-code"),
        ("nice2017Id,nice2Id\nA-B-1,\n", "table.missing-value"),
    ],
)
def test_each_wrong_value_of_a_table_is_told(text: str, code: str) -> None:
    assert ("must", code, 2) in faults_of(list(read_alignment_tables([csv_document(text)])))


def test_evaluation_sets_are_told_once_for_what_they_are(tmp_path: Path) -> None:
    """Nothing to load: must where nothing else is there, should beside data."""
    (tmp_path / "queries.tsv").write_text("Q000001\tChief Executives\n")
    (tmp_path / "annotations.tsv").write_text("Q000001\t0\tC001940_en_000\t1\n")
    (tmp_path / "corpus.tsv").write_text("C000001_en_000\tOccupations\n")
    (tmp_path / "v.csv").write_text("sentence,span,sub_span,label\na b,b,,Java\n")
    items = list(read_source(tmp_path).items)
    findings = [item for item in items if isinstance(item, Finding)]
    assert [(item.level, item.code) for item in findings] == [(FindingLevel.MUST, "reader.evaluation-set")] * 2
    (tmp_path / "job_roles.csv").write_text("iri,label\nurn:r:1,x\n")
    findings = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    assert {item.level for item in findings} == {FindingLevel.SHOULD}


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"]) / "data"

    def test_all_alignment_tables_are_read() -> None:
        """40, 51 + 41 of 68, 798 profiles, 1,680 and 11,183 rows; 31 profiles and 17 roles lead nowhere."""
        items = list(read_source(REFERENCE / "alignments").items)
        found = Counter((alignment.source or "").rpartition("/")[2] for alignment in alignments_of(items))
        assert found["nice2017-nice"] == 40
        assert found["nesta-esco-onet"] == 1680
        assert found["vdab-esco"] == 11183
        assert len({alignment.subject for alignment in alignments_of(items) if "/ncs/" in alignment.subject}) == 798
        assert Counter(code for _, code, _ in faults_of(items)) == {
            "crosswalk.leads-nowhere": 2,
            "reader.unknown-file": 1,
        }
        validated = validate([item for item in items if isinstance(item, Located)], dataset="a")
        assert not [finding for finding in validated.findings if finding.level is FindingLevel.MUST]

    @pytest.mark.parametrize("name", ["melo-dev", "skill-extraction-dev"])
    def test_each_evaluation_set_is_refused_once(name: str) -> None:
        findings = [item for item in read_source(REFERENCE / name).items if isinstance(item, Finding)]
        assert [item.code for item in findings if item.level is FindingLevel.MUST] == ["reader.evaluation-set"]
