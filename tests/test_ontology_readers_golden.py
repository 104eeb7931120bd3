"""Each reader against its golden pair, and what is wrong with its files: a cut one, a wrong value, an unknown column."""

import csv
import io
import runpy
import string
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import Code, Competency, Finding, FindingLevel, JobRole, Located, Record, Relation, Requirement
from ontology.readers import KnownCodes, Nothing, read_source
from ontology.readers.cip import read_cip
from ontology.readers.crosswalk import read_crosswalk
from ontology.readers.nice import read_nice
from ontology.readers.onet import read_onet

DATA = Path(__file__).parent / "data"
FORMATS = ("nice", "dod8140", "onet", "cip", "crosswalk", "skos")
CYBER_AND_OTHERS = ("nice2017", "dcwf", "ncs", "digcomp", "alignments", "sssom")


def surroundings() -> KnownCodes:
    known = KnownCodes()
    known.add(JobRole(iri="https://w3id.org/headwater/id/nice/PD-WRL-001", codes=(Code("opm", "511"),)))
    known.add(JobRole(iri="https://w3id.org/headwater/id/onet/15-1212.00", codes=(Code("soc", "15-1212"),)))
    known.add(JobRole(iri="http://data.europa.eu/esco/occupation/dev", codes=(Code("esco", "2512.4"),)))
    return known


def table(name: str, *rows: Sequence[str]) -> Document:
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return Document(name=name, data=buffer.getvalue().encode())


def records_of(items: Sequence[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def faults_of(items: Sequence[Located | Finding]) -> list[tuple[FindingLevel, str, int | None, str | None]]:
    return [
        (item.level, item.code, item.source.line, item.source.column)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


@pytest.mark.parametrize("name", [*FORMATS, *CYBER_AND_OTHERS])
def test_a_reader_gives_what_its_golden_pair_says(name: str) -> None:
    """Every record with its file and line, in order, and every finding with its place; the format is found by content."""
    expected = runpy.run_path(str(DATA / name / f"records_{name}.py"))
    reading = read_source(DATA / name, surroundings=surroundings())
    items = list(reading.items)
    assert reading.format == name
    assert [
        (item.record, item.source.file, item.source.line) for item in items if isinstance(item, Located)
    ] == expected["RECORDS"]
    assert [
        (item.level.value, item.code, item.source.file, item.source.line, item.source.column)
        for item in items
        if isinstance(item, Finding) and item.source and item.code != "reader.unknown-file"
    ] == expected["FINDINGS"]


@pytest.mark.parametrize(
    "path",
    sorted(path for name in FORMATS for path in (DATA / name).iterdir() if path.suffix in {".csv", ".ttl"}),
    ids=lambda path: path.name,
)
def test_a_file_cut_anywhere_is_never_passed_over_in_silence(path: Path, tmp_path: Path) -> None:
    """Whatever is left gives records or findings that say where and what to do; a row cut between cells is told."""
    data = path.read_bytes()
    for cut in range(1, len(data), 29):
        (tmp_path / path.name).write_bytes(data[:cut])
        items = list(read_source(tmp_path / path.name, surroundings=surroundings()).items)
        assert items
        findings = [item for item in items if isinstance(item, Finding)]
        assert all(item.source and item.fix and item.source.file == path.name for item in findings)
        if path.suffix == ".ttl" and b"." not in data[cut - 2 : cut]:
            assert "rdf.syntax" in {item.code for item in findings} or cut < data.index(b"\n")


@pytest.mark.parametrize("name", ["nice/statements.csv", "dod8140/degrees_by_role.csv", "onet/occupation_data.csv"])
def test_a_row_without_its_last_cell_is_told(name: str, tmp_path: Path) -> None:
    cut = (DATA / name).read_text().rstrip().rpartition(",")[0]
    (tmp_path / "cut.csv").write_text(cut)
    findings = [item for item in read_source(tmp_path / "cut.csv").items if isinstance(item, Finding)]
    assert [(item.code, item.source and item.source.line) for item in findings] == [
        ("table.wrong-width", cut.count("\n") + 1)
    ]


def test_nice_a_wrong_type_and_empty_cells_are_told_and_the_rest_read() -> None:
    items = list(
        read_nice(
            [
                table("s.csv", ("id", "type", "text"), ("A1", "ability", "x"), ("", "", "y"), ("T1", "TASK", "z")),
                table("r.csv", ("workRoleId", "statementId"), ("R1", "")),
            ]
        )
    )
    assert faults_of(items) == [
        (FindingLevel.MUST, "nice.unknown-type", 2, "type"),
        (FindingLevel.MUST, "table.missing-value", 3, "id"),
        (FindingLevel.MUST, "table.missing-value", 3, "type"),
        (FindingLevel.MUST, "table.missing-value", 2, "statementId"),
    ]
    assert [type(record).__name__ for record in records_of(items)] == ["Framework", "Competency"]


def test_an_unknown_column_is_told_and_what_it_says_is_kept() -> None:
    items = list(read_nice([table("s.csv", ("id", "type", "text", "since"), ("T1", "task", "z", "2024"))]))
    assert faults_of(items) == [(FindingLevel.SHOULD, "table.unknown-column", 1, "since")]
    (competency,) = (record for record in records_of(items) if isinstance(record, Competency))
    assert competency.statements == (("https://w3id.org/headwater/id/nice/term/since", '"2024"'),)


@given(
    rows=st.dictionaries(
        st.text(string.ascii_letters + string.digits + "-", min_size=1),
        st.tuples(st.sampled_from(("task", "knowledge", "skill")), st.text(min_size=1).filter(str.strip)),
        max_size=5,
    )
)
def test_nice_every_statement_becomes_a_competency_with_its_text(rows: dict[str, tuple[str, str]]) -> None:
    lines = [(key, kind, text.replace("\x00", "?")) for key, (kind, text) in rows.items()]
    document = table("s.csv", ("id", "type", "text"), *lines)
    found = {
        (record.codes[0].value, record.kind, record.labels[0].text)
        for record in records_of(list(read_nice([document])))
        if isinstance(record, Competency)
    }
    assert found == {(key, kind, text.strip()) for key, kind, text in lines if text.strip()}


def test_onet_a_malformed_code_is_told() -> None:
    items = list(
        read_onet([table("o.csv", ("O*NET-SOC Code", "Title", "Description"), ("15-1212", "x", ""), ("", "y", ""))])
    )
    assert faults_of(items) == [
        (FindingLevel.MUST, "onet.bad-code", 2, "O*NET-SOC Code"),
        (FindingLevel.MUST, "table.missing-value", 3, "O*NET-SOC Code"),
    ]


@pytest.mark.parametrize(
    ("match", "relation"),
    [
        ("exactMatch", Relation.EXACT),
        ("exactISCO", Relation.EXACT),
        ("closeMatch", Relation.CLOSE),
        ("broadMatch", Relation.NARROW),
        ("narrowMatch", Relation.BROAD),
        ("relatedMatch", Relation.RELATED),
    ],
)
def test_crosswalk_broad_means_that_the_onet_side_is_the_broader_one(match: str, relation: Relation) -> None:
    """`Software Developers, broadMatch, mobile application developer`: O*NET narrowMatch ESCO."""
    document = table("c.csv", ("onetCode", "escoUri", "match"), ("15-1252.00", "http://example.org/e", match))
    items = list(read_crosswalk([document], surroundings=Nothing()))
    assert [getattr(record, "relation", None) for record in records_of(items)] == [None, relation]


def test_crosswalk_every_wrong_value_of_a_row_is_told() -> None:
    document = table("c.csv", ("onetCode", "escoUri", "match"), ("15-1252", "no iri", "sameAs"))
    assert sorted(code for _, code, _, _ in faults_of(list(read_crosswalk([document], surroundings=Nothing())))) == [
        "crosswalk.bad-uri",
        "crosswalk.unknown-match",
        "onet.bad-code",
    ]


def test_cip_a_code_that_lost_its_zeros_is_told() -> None:
    columns = ("CIP2020Code", "CIP2020Title", "SOC2018Code", "SOC2018Title")
    items = list(read_cip([table("c.csv", columns, ("1.01", "x", "151212", "y"))], surroundings=Nothing()))
    assert faults_of(items) == [
        (FindingLevel.MUST, "cip.bad-code", 2, "CIP2020Code"),
        (FindingLevel.MUST, "cip.bad-code", 2, "SOC2018Code"),
    ]


def test_cip_prepares_for_every_occupation_known_by_the_soc_code() -> None:
    known = KnownCodes()
    for code in ("15-1299.01", "15-1299.02"):
        known.add(JobRole(iri=f"urn:onet:{code}", codes=(Code("soc", "15-1299"),)))
    columns = ("CIP2020Code", "CIP2020Title", "SOC2018Code", "SOC2018Title")
    items = list(read_cip([table("c.csv", columns, ("01.0106", "x", "15-1299", "y"))], surroundings=known))
    owners = [record.owner for record in records_of(items) if isinstance(record, Requirement)]
    assert owners == ["urn:onet:15-1299.01", "urn:onet:15-1299.02"]
