"""The list of CIP programmes: programmes, families, codes that moved, spreadsheet codes, stray quotes."""

import os
from collections import Counter
from pathlib import Path

import pytest

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Code,
    Course,
    Finding,
    FindingLevel,
    JobRole,
    Located,
    Record,
    RequirementGroup,
    Text,
    Unmapped,
)
from ontology.readers import Nothing, read_source
from ontology.readers.cip import read_cip
from ontology.validation import validate

ID = "https://w3id.org/headwater/id/cip/"
HEADER = '"CIPFamily","CIPCode","Action","TextChange","CIPTitle","CIPDefinition","CrossReferences","Examples"\n'


def read(*texts: str) -> tuple[dict[str, Record], list[Finding]]:
    documents = [Document(name=f"{place}.csv", data=text.encode()) for place, text in enumerate(texts)]
    items = list(read_cip(documents, surroundings=Nothing()))
    return (
        {item.record.iri: item.record for item in items if isinstance(item, Located)},
        [item for item in items if isinstance(item, Finding)],
    )


def test_a_programme_is_a_course_and_what_is_above_it_is_kept() -> None:
    """Codes are written as `="01"` to keep their zeros; the crosswalk's title of a listed programme changes nothing."""
    rows = (
        '="01",="01","New",yes,"AGRICULTURE.","Programs that focus.","",\n'
        '="01",="01.01","New",no,"Business.","Defined in 01.0101.","",\n'
        '="01",="01.0101","New",no,"Agricultural Business, General.","A program.","See 01.0102","Examples: - x"\n'
    )
    pairs = "CIP2020Code,CIP2020Title,SOC2018Code,SOC2018Title\n01.0101,Agricultural Business,11-9013,Farmers\n"
    records, findings = read(pairs, f"\ufeff{HEADER}{rows}")
    assert not findings
    assert records[f"{ID}01.0101"] == Course(
        iri=f"{ID}01.0101",
        labels=(Text("Agricultural Business, General", "en"),),
        descriptions=(Text("A program.", "en"),),
        codes=(Code("cip", "01.0101"),),
        framework=ID.rstrip("/"),
        statements=(
            ("http://www.w3.org/2004/02/skos/core#broader", f"<{ID}01.01>"),
            (f"{ID}term/Action", '"New"'),
            (f"{ID}term/CrossReferences", '"See 01.0102"'),
            (f"{ID}term/Examples", '"Examples: - x"'),
            (f"{ID}term/TextChange", '"no"'),
        ),
    )
    assert isinstance(records[f"{ID}01"], Unmapped)
    assert ("http://www.w3.org/2004/02/skos/core#broader", f"<{ID}01>") in records[f"{ID}01.01"].statements
    assert [type(record) for record in records.values()].count(RequirementGroup) == 1


@pytest.mark.parametrize(
    ("definition", "successor"),
    [
        ("Moved from 01.0309 to 01.1004", "01.1004"),
        ("Deleted, Report under 45.1103", "45.1103"),
        ("Deleted, Report under 61", None),
        ("A program that moved.", None),
    ],
)
def test_a_programme_that_moved_leads_to_its_new_code(definition: str, successor: str | None) -> None:
    records, _ = read(f'{HEADER}="01",="01.0309","Moved from",no,"Viticulture.","{definition}","",\n')
    course = records[f"{ID}01.0309"]
    assert isinstance(course, Course)
    assert course.replaced_by == (f"{ID}{successor}" if successor else None)


def test_quotes_inside_a_cell_that_are_not_doubled_are_text_and_told_and_others_block() -> None:
    rows = (
        '="43",="43","New",no,"SECURITY.","This series is titled "Security and Services" in Canada.","",\n'
        '="43",="43.0101","New",no,"Corrections.","He said "yes", and no.","",\n'
        '="43",="43.0102","New",no,"Guards.","d","",\n'
    )
    records, findings = read(HEADER + rows)
    assert [(each.level, each.code, each.source and each.source.line) for each in findings] == [
        (FindingLevel.SHOULD, "table.mended-quotes", 2),
        (FindingLevel.MUST, "table.broken-quotes", 3),
    ]
    assert (f"{ID}term/CIPDefinition", '"This series is titled \\"Security and Services\\" in Canada."') in records[
        f"{ID}43"
    ].statements
    assert f"{ID}43.0102" in records


def test_stray_quotes_block_where_nobody_asked_to_mend_them() -> None:
    document = Document(name="a.csv", data=b'a,b\n"x "y" z",1\n2,3\n')
    strict = list(read_rows(document, required=("a",), optional=("b",)))
    mended = list(read_rows(document, required=("a",), optional=("b",), mend=True))
    assert [item.code if isinstance(item, Finding) else item.cells for item in strict] == [
        "table.broken-quotes",
        {"a": "2", "b": "3"},
    ]
    assert [item.cells for item in mended if isinstance(item, Row)] == [
        {"a": 'x "y" z', "b": "1"},
        {"a": "2", "b": "3"},
    ]


if "HEADWATER_REFERENCE" in os.environ:

    def test_all_programmes_are_read_and_nothing_blocks() -> None:
        """2,848 codes, 161 of them moved or deleted; the one row with stray quotes is told."""
        items = list(read_source(Path(os.environ["HEADWATER_REFERENCE"]) / "data" / "cip-soc").items)
        validated = validate([item for item in items if isinstance(item, Located)], dataset="cip")
        found = [*(item for item in items if isinstance(item, Finding)), *validated.findings]
        assert [each for each in found if each.level is FindingLevel.MUST] == []
        assert [each.code for each in found if each.code.startswith("table.")] == ["table.mended-quotes"]
        kinds = Counter(type(record) for record in validated.records)
        assert kinds[Course] + kinds[Unmapped] == 2_848
        assert kinds[JobRole] > 500
