"""Spreadsheets as Tables: a sheet for each table, cells as CSV has them, findings with sheet and row, no bomb laid out."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ontology import workbooks
from ontology.documents import Document, open_source, read_rows
from ontology.model import Course, Finding, JobRole, Located
from ontology.readers import read_source

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
DATE_STYLE = 1

Cell = str | int | float | bool | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]


def cell_xml(value: Cell, place: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value!r}</v></c>'
    if value.startswith("date:"):
        return f'<c r="{place}" s="{DATE_STYLE}"><v>{value.removeprefix("date:")}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet_xml(rows: Sequence[Sequence[Cell]]) -> str:
    body = "".join(
        f'<row r="{number}">'
        + "".join(cell_xml(value, f"{chr(64 + column)}{number}") for column, value in enumerate(row, 1))
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def xlsx(sheets: Sheets, **parts: str) -> bytes:
    """A workbook as spreadsheet programs write them, made by hand; `parts` replace sheets by their number."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
        for name, number in zip(sheets, numbers, strict=True)
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in numbers
    )
    styles = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    files = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}'
        f'<Relationship Id="s" Type="{RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        **{
            f"xl/worksheets/sheet{number}.xml": sheet_xml(rows)
            for number, rows in zip(numbers, sheets.values(), strict=True)
        },
        **{f"xl/worksheets/{name}.xml": text for name, text in parts.items()},
    }
    return zipped(files)


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def ods(rows: str) -> bytes:
    namespaces = " ".join(f'xmlns:{name}="{OFFICE}:{name}:1.0"' for name in ("office", "table", "text"))
    content = (
        f"<office:document-content {namespaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="job_roles">{rows}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return zipped({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


def ods_row(*texts: str, more: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts
    )
    return f"<table:table-row>{cells}{more}</table:table-row>"


def opened(path: Path, data: bytes) -> list[Document | Finding]:
    path.write_bytes(data)
    return list(open_source(path))


def code_of(path: Path, data: bytes) -> str:
    (item,) = opened(path, data)
    assert isinstance(item, Finding)
    assert item.source
    assert item.source.file == path.name
    return item.code


def test_a_workbook_is_read_as_the_tables_that_its_sheets_are_called(tmp_path: Path) -> None:
    """Sheets `job_roles` and `Courses`, numbers as numbers; an empty sheet is nothing."""
    sheets: Sheets = {
        "job_roles": [["iri", "label"], ["urn:r:1", "Clerk"]],
        "Courses": [["iri", "label", "cost", "currency", "duration_days"], ["urn:c:1", "Typing", 89.5, "EUR", 2.0]],
        "Sheet3": [],
    }
    (tmp_path / "office.xlsx").write_bytes(xlsx(sheets))
    reading = read_source(tmp_path / "office.xlsx")
    records = [item.record for item in reading.items if isinstance(item, Located)]
    assert (reading.name, reading.format) == ("office", "tables")
    (course,) = (record for record in records if isinstance(record, Course))
    assert course.cost is not None
    assert (course.cost.minor_units, course.duration_days) == (8950, Decimal(2))
    assert [record.iri for record in records if isinstance(record, JobRole)] == ["urn:r:1"]


def test_a_finding_names_the_sheet_and_its_row_below_cells_of_several_lines(tmp_path: Path) -> None:
    """Row 4 of the sheet, though the cell above it has three lines and row 2 is blank."""
    rows = [["iri", "label", "description"], [], ["urn:r:1", "A", "one\ntwo\r\nthree"], ["no iri", "B", "x"]]
    (tmp_path / "office.xlsx").write_bytes(xlsx({"job_roles": rows}))
    findings = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    assert [(item.code, item.source and item.source.file, item.source and item.source.line) for item in findings] == [
        ("tables.not-an-iri", "office.xlsx/job_roles.csv", 4)
    ]


def test_cells_are_written_as_csv_has_them(tmp_path: Path) -> None:
    row: list[Cell] = [12.0, 0.1, 1e-7, True, False, "date:46000", "date:46000.5", ' "x", ', 10**15]
    (document,) = opened(tmp_path / "a.xlsx", xlsx({"s": [list("abcdefghi"), row]}))
    assert isinstance(document, Document)
    assert document.text().splitlines()[1] == (
        '12,0.1,0.0000001,TRUE,FALSE,2025-12-09,2025-12-09T12:00:00," ""x"", ",1000000000000000'
    )


def test_columns_and_rows_without_a_filled_cell_are_no_part_of_a_table(tmp_path: Path) -> None:
    (document,) = opened(tmp_path / "a.xlsx", xlsx({"s": [["a", "b", "", ""], ["1", None, ""], ["", ""]]}))
    assert isinstance(document, Document)
    assert document.text() == "a,b\n1,\n"


def test_an_open_document_is_read_as_well(tmp_path: Path) -> None:
    far = '<table:table-cell table:number-columns-repeated="16380"/>'
    end = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    (tmp_path / "a.ods").write_bytes(ods(ods_row("iri", "label", more=far) + ods_row("urn:r:1", "Clerk") + end))
    records = [item.record for item in read_source(tmp_path / "a.ods").items if isinstance(item, Located)]
    assert [record.iri for record in records] == ["urn:r:1"]


@settings(max_examples=20, deadline=None)
@given(
    rows=st.lists(
        st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))), min_size=2, max_size=2),
        max_size=4,
    )
)
def test_every_text_comes_out_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    texts = [[f"x{text.replace('date:', '')}x" for text in row] for row in rows]
    path = tmp_path_factory.mktemp("x") / "a.xlsx"
    (document,) = opened(path, xlsx({"s": [["a", "b"], *texts]}))
    assert isinstance(document, Document)
    found = [
        list(row.cells.values()) for row in read_rows(document, required=("a", "b")) if not isinstance(row, Finding)
    ]
    assert found == texts


def test_a_cell_in_the_last_corner_is_refused_before_it_is_laid_out(tmp_path: Path) -> None:
    """XFD1048576: 17 thousand million cells, most of a terabyte in memory."""
    far = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert code_of(tmp_path / "a.xlsx", xlsx({"s": []}, sheet1=far)) == "document.too-large"


def test_repeated_cells_of_an_open_document_are_counted(tmp_path: Path) -> None:
    row = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000" '
        'office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
    )
    assert code_of(tmp_path / "a.ods", ods(row)) == "document.too-large"


def test_a_workbook_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_WORKBOOK_BYTES", 1 << 16)
    assert code_of(tmp_path / "a.xlsx", xlsx({"s": []}, more=" " * (1 << 17))) == "document.too-large"


def test_a_document_type_declaration_in_a_sheet_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    assert code_of(tmp_path / "a.xlsx", xlsx({"s": []}, sheet1=bomb)) == "document.dtd"


@pytest.mark.parametrize(
    "text", ["", "<worksheet", "<worksheet><sheetData><row r='x'><c/></row></sheetData></worksheet>"]
)
def test_a_sheet_that_cannot_be_read_is_told(tmp_path: Path, text: str) -> None:
    assert code_of(tmp_path / "a.xlsx", xlsx({"s": []}, sheet1=text)) in {"document.damaged", "document.empty"}


def test_a_workbook_cut_off_is_told(tmp_path: Path) -> None:
    data = xlsx({"job_roles": [["iri", "label"], ["urn:r:1", "Clerk"]]})
    for cut in (30, len(data) // 2, len(data) - 10):
        assert code_of(tmp_path / "a.xlsx", data[:cut]) == "document.damaged"


def test_other_office_files_stay_refused(tmp_path: Path) -> None:
    data = zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"})
    assert code_of(tmp_path / "a.docx", data) == "document.office-file"


def test_spreadsheets_of_old_and_locked_ones_are_told_as_such(tmp_path: Path) -> None:
    """Both are compound files, which no reader opens: save it as .xlsx."""
    assert code_of(tmp_path / "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512)) == "document.office-file"


def test_a_workbook_that_says_that_it_swells_is_refused_at_once(tmp_path: Path) -> None:
    """A part of 64 MiB of blanks packs into 65 KB; nothing of it is unpacked."""
    data = xlsx({"s": []}, more=" " * (workbooks.MAX_WORKBOOK_BYTES + 1))
    assert code_of(tmp_path / "a.xlsx", data) == "document.too-large"
