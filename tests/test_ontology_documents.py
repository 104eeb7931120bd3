"""The gate: what comes in, what is turned away with which finding, and rows of tables."""

import csv
import gzip
import io
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology import documents
from ontology.documents import Document, Row, open_source, read_header, read_rows
from ontology.errors import InputError
from ontology.model import Finding, FindingLevel
from ontology.text_check import TextCheck

FILES = {"a.csv": b"x,y\n1,2\n", "sub/b.ttl": b"<urn:a> <urn:b> <urn:c> .\n", "z.csv": "ä,ö\n".encode()}


def opened(path: Path) -> tuple[dict[str, bytes], list[Finding]]:
    found: dict[str, bytes] = {}
    findings = []
    for item in open_source(path):
        if isinstance(item, Document):
            found[item.name] = item.data
        else:
            findings.append(item)
    return found, findings


def finding_of(path: Path) -> Finding:
    found, findings = opened(path)
    assert not found
    assert len(findings) == 1
    assert findings[0].fix
    return findings[0]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_a_folder_and_its_zip_give_the_same_documents_in_the_order_of_their_names(tmp_path: Path) -> None:
    folder = written(tmp_path / "folder", FILES)
    (tmp_path / "it.zip").write_bytes(zipped(dict(reversed(FILES.items()))))
    assert opened(folder)[0] == opened(tmp_path / "it.zip")[0] == FILES
    assert [item.name for item in open_source(tmp_path / "it.zip") if isinstance(item, Document)] == sorted(FILES)


def test_archives_are_read_wherever_a_file_is(tmp_path: Path) -> None:
    """A gz in a folder, a zip in a folder, a gz in a zip, a zip in a zip; the suffix does not matter, the bytes do."""
    inner = zipped({"in.csv": b"1\n"})
    packed = {
        "a.csv.gz": gzip.compress(b"a\n"),
        "b.zip": zipped({"c.csv.gz": gzip.compress(b"c\n"), "d.zip": inner}),
        "e.dat": inner,
        "f.csv": gzip.compress(b"f\n"),
    }
    assert opened(written(tmp_path, packed)) == (
        {"a.csv": b"a\n", "b.zip/c.csv": b"c\n", "b.zip/d.zip/in.csv": b"1\n", "e.dat/in.csv": b"1\n", "f.csv": b"f\n"},
        [],
    )


def test_a_large_document_is_opened_again_and_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "KEPT_BYTES", 4)
    data = b"\xef\xbb\xbf" + b"line\n" * 100
    files = {"a.csv": data, "b.csv.gz": gzip.compress(data), "c.zip": zipped({"d.csv.gz": gzip.compress(data)})}
    found, findings = opened(written(tmp_path, files))
    assert not findings
    assert found == dict.fromkeys(("a.csv", "b.csv", "c.zip/d.csv"), b"line\n" * 100)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbfx\n")
    (document,) = open_source(tmp_path / "a.csv")
    assert isinstance(document, Document)
    assert (document.text(), read_header(document)) == ("x\n", ("x",))


def test_nothing_at_the_path_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_source(tmp_path / "missing")
    assert (caught.value.code, caught.value.exit_code) == ("input.missing-file", 2)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError):
        open_source(tmp_path / "pipe")
    written(tmp_path, {"a.csv": b"a\n"})
    assert opened(tmp_path)[0] == {"a.csv": b"a\n"}


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    assert finding_of(tmp_path).code == "document.nothing-inside"


def test_hidden_files_and_system_leftovers_are_no_part_of_a_source(tmp_path: Path) -> None:
    files = {".git/config": b"x", "__MACOSX/._a": b"\x00", ".DS_Store": b"\x00", "a.csv": b"a\n"}
    assert opened(written(tmp_path / "folder", files)) == ({"a.csv": b"a\n"}, [])
    (tmp_path / "it.zip").write_bytes(zipped(files))
    assert opened(tmp_path / "it.zip") == ({"a.csv": b"a\n"}, [])


def test_a_link_that_leads_out_is_not_followed_one_that_stays_inside_is(tmp_path: Path) -> None:
    folder = written(tmp_path / "folder", {"real/a.csv": b"a\n"})
    (tmp_path / "secret.csv").write_bytes(b"secret\n")
    written(tmp_path / "elsewhere", {"b.csv": b"b\n"})
    (folder / "out.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "outside").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    (folder / "dangling").symlink_to(folder / "nowhere")
    found, findings = opened(folder)
    assert found == {"real/a.csv": b"a\n"}
    assert [(item.code, item.source.file) for item in findings if item.source] == [
        ("document.damaged", "dangling"),
        ("document.link-outside", "out.csv"),
        ("document.link-outside", "outside"),
    ]


def test_a_linked_file_is_read_once(tmp_path: Path) -> None:
    written(tmp_path, {"..data/b.csv": b"b\n"})
    (tmp_path / "a.csv").symlink_to("..data/b.csv")
    (tmp_path / "c.csv").symlink_to("..data/b.csv")
    assert opened(tmp_path) == ({"a.csv": b"b\n"}, [])


@pytest.mark.parametrize("name", ["../up.csv", "/etc/passwd", "a/../../up.csv", "..\\up.csv", "C:\\x.csv", "C:x.csv"])
def test_a_name_that_leads_out_of_an_archive_is_refused_and_the_rest_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "it.zip").write_bytes(zipped({name: b"x\n", "ok.csv": b"ok\n"}))
    found, findings = opened(tmp_path / "it.zip")
    assert found == {"ok.csv": b"ok\n"}
    assert [item.code for item in findings] == ["document.unsafe-name"]


def test_a_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "it.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    assert finding_of(tmp_path / "it.zip").code == "document.link-outside"


def test_an_encrypted_entry_is_told(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": b"a\n"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "it.zip").write_bytes(bytes(data))
    assert finding_of(tmp_path / "it.zip").code == "document.encrypted"


def test_an_office_document_is_told_as_one(tmp_path: Path) -> None:
    (tmp_path / "it.xlsx").write_bytes(zipped({"[Content_Types].xml": b"<x/>", "xl/sheet.xml": b"<x/>"}))
    assert finding_of(tmp_path / "it.xlsx").code == "document.office-file"


@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"a.csv": data})], ids=["gz", "zip"])
def test_an_archive_that_swells_is_refused(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "it.bin").write_bytes(pack(b"a" * (documents.RATIO_FREE_BYTES + 1)))
    assert finding_of(tmp_path / "it.bin").code == "document.archive-bomb"


def test_an_archive_that_swells_inside_another_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    bomb = zipped({"a.csv": b"a" * (documents.RATIO_FREE_BYTES + 1)}, zipfile.ZIP_STORED)
    (tmp_path / "it.zip").write_bytes(zipped({"bomb.zip": bomb}))
    assert finding_of(tmp_path / "it.zip").code == "document.archive-bomb"


def test_what_repeats_itself_within_reason_is_no_bomb(tmp_path: Path) -> None:
    data = b"OG-WRL-001,T1015\n" * 5000
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    assert opened(tmp_path / "a.csv.gz") == ({"a.csv": data}, [])


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [
        ("MAX_DOCUMENT_BYTES", 10, "document.too-large"),
        ("MAX_SOURCE_BYTES", 20, "document.too-large"),
        ("MAX_DOCUMENTS", 2, "document.too-many"),
    ],
)
def test_each_limit_admits_what_it_says_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, code: str
) -> None:
    """Two documents of ten bytes are at each limit; one byte, or one file, more is beyond it."""
    written(tmp_path, {"a.csv": b"a" * 10, "b.csv": b"b" * 10})
    monkeypatch.setattr(documents, limit, value)
    assert opened(tmp_path)[1] == []
    written(tmp_path, {"c.csv": b"c"} if limit != "MAX_DOCUMENT_BYTES" else {"b.csv": b"b" * 11})
    assert [item.code for item in opened(tmp_path)[1]] == [code]


def test_archives_nest_only_so_deep(tmp_path: Path) -> None:
    data = b"a\n"
    for _ in range(documents.MAX_ARCHIVE_DEPTH):
        data = gzip.compress(data)
    (tmp_path / "a.gz").write_bytes(data)
    assert list(opened(tmp_path / "a.gz")[0].values()) == [b"a\n"]
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    assert finding_of(tmp_path / "a.gz").code == "document.too-deep"


@pytest.mark.parametrize("cut", [5, 20, -1, -9])
@pytest.mark.parametrize("pack", [gzip.compress, lambda data: zipped({"a.csv": data})], ids=["gz", "zip"])
def test_a_truncated_archive_is_told(tmp_path: Path, pack: Callable[[bytes], bytes], cut: int) -> None:
    (tmp_path / "it.bin").write_bytes(pack(b"a,b,c\n" * 100)[:cut])
    assert finding_of(tmp_path / "it.bin").code == "document.damaged"


def test_a_damaged_entry_is_told_and_the_rest_read(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.csv": b"aaaa\n", "b.csv": b"bbbb\n"}, zipfile.ZIP_STORED))
    data[data.index(b"aaaa")] = ord("x")
    (tmp_path / "it.zip").write_bytes(bytes(data))
    found, findings = opened(tmp_path / "it.zip")
    assert found == {"b.csv": b"bbbb\n"}
    assert [item.code for item in findings] == ["document.damaged"]


@pytest.mark.parametrize(
    ("data", "code", "line", "guess"),
    [
        (b"", "document.empty", 1, ""),
        (b"\xef\xbb\xbf", "document.empty", 1, ""),
        ("a\nb\nStra\xdfe,\xfcber\n".encode("windows-1252"), "document.not-utf-8", 3, "Windows-1252"),
        ("a,b\n".encode("utf-16"), "document.not-utf-8", 1, "UTF-16"),
        ("label,x\n".encode("utf-16-le"), "document.not-utf-8", 1, "UTF-16"),
        ("label,x\n".encode("utf-16-be"), "document.not-utf-8", 1, "UTF-16"),
        ("a\nä".encode()[:-1], "document.not-utf-8", 2, "cut off"),
        (b"a\nb\x00c\n", "document.nul-byte", 2, ""),
        (b"\xed\xa0\x80", "document.not-utf-8", 1, ""),
        (b"\xc0\xaf", "document.not-utf-8", 1, ""),
    ],
)
def test_what_is_no_utf_8_text_is_told_with_its_line(
    tmp_path: Path, data: bytes, code: str, line: int, guess: str
) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    finding = finding_of(tmp_path / "a.csv")
    assert (finding.code, finding.level) == (code, FindingLevel.MUST)
    assert finding.source is not None
    assert finding.source.line == line
    assert guess in finding.message


def test_a_picture_in_a_folder_is_told_and_blocks_only_where_it_was_named(tmp_path: Path) -> None:
    (tmp_path / "it.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
    assert finding_of(tmp_path).level is FindingLevel.SHOULD
    assert finding_of(tmp_path / "it.png").level is FindingLevel.MUST


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x/>',
        "<!DOCTYPE x><x/>",
        "<!-- c --><!doctype x><x/>",
        "<rdf:RDF" + " " * 4000 + "/><!DOCTYPE x>",
        "\ufeff<?xml version='1.0'?>\n<!ENTITY a 'b'>",
    ],
)
@pytest.mark.parametrize("size", [1 << 20, 64])
def test_a_document_type_declaration_is_refused_wherever_chunks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, size: int
) -> None:
    monkeypatch.setattr(documents, "CHUNK_BYTES", size)
    (tmp_path / "a.rdf").write_text(text, encoding="utf-8")
    assert finding_of(tmp_path / "a.rdf").code == "document.dtd"


def test_a_text_that_speaks_of_doctype_is_no_xml(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text('<urn:a> <urn:b> "<!DOCTYPE html>" .\n')
    assert opened(tmp_path / "a.ttl")[1] == []


@given(text=st.text(min_size=1), size=st.integers(1, 5))
def test_where_chunks_end_makes_no_difference_to_utf_8(text: str, size: int) -> None:
    data = text.encode()
    check = TextCheck("a.csv", level=FindingLevel.MUST)
    faults = [check.feed(data[start : start + size]) for start in range(0, len(data), size)]
    expected = "\x00" in text
    if not expected:
        faults.append(check.finish(len(data)))
        assert not any(faults) or text == "\ufeff"
    else:
        assert any(faults)


@given(data=st.binary(min_size=1), size=st.integers(1, 5))
def test_bytes_pass_just_where_python_decodes_them(data: bytes, size: int) -> None:
    check = TextCheck("a.csv", level=FindingLevel.MUST)
    fault = next(filter(None, (check.feed(data[at : at + size]) for at in range(0, len(data), size))), None)
    fault = fault or check.finish(len(data))
    try:
        good = bool(data.decode("utf-8-sig")) and b"\x00" not in data
    except UnicodeDecodeError:
        good = False
    assert (fault is None) == good


def rows_of(text: str, *, preamble: bool = False) -> tuple[list[Row], list[Finding]]:
    document = Document(name="t.csv", data=text.encode())
    items = list(read_rows(document, required=("code", "label"), optional=("note",), preamble=preamble))
    return [item for item in items if isinstance(item, Row)], [item for item in items if isinstance(item, Finding)]


def places(findings: list[Finding]) -> list[tuple[str, int | None, str | None]]:
    return [(item.code, item.source.line, item.source.column) for item in findings if item.source]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_are_read_with_either_separator_and_any_line_end(separator: str, end: str) -> None:
    lines = [["code", "label"], ["1", '"a, b; c"'], ["", ""], ["2", " x "]]
    rows, findings = rows_of(end.join(separator.join(line) for line in lines) + end)
    assert not findings
    assert [(row.source.line, row.get("code"), row.get("label"), row.get("note")) for row in rows] == [
        (2, "1", "a, b; c", ""),
        (4, "2", "x", ""),
    ]
    assert rows[1].cells["label"] == " x "
    assert rows[1].at("label").column == "label"


def test_a_row_stands_where_it_begins_though_a_cell_has_several_lines() -> None:
    rows, _ = rows_of('code,label\n1,"a\nb\nc"\n2,d\n')
    assert [(row.source.line, row.get("label")) for row in rows] == [(2, "a\nb\nc"), (5, "d")]


def test_a_missing_column_is_told_with_the_nearest_one_and_no_row_is_read() -> None:
    rows, findings = rows_of("Code,labell\n1,2\n")
    assert not rows
    assert places(findings)[:2] == [("table.missing-column", 1, "code"), ("table.missing-column", 1, "label")]
    assert [item.fix for item in findings[:2]] == ["Rename `Code` to `code`.", "Rename `labell` to `label`."]


def test_columns_that_are_twice_there_or_have_no_name_block() -> None:
    assert places(rows_of("code,label,code\n1,2,3\n")[1]) == [("table.duplicate-column", 1, "code")]
    assert places(rows_of("code,label,\n1,2,\n")[1]) == [("table.unnamed-column", 1, None)]


def test_an_unknown_column_is_told_and_its_cells_stay() -> None:
    rows, findings = rows_of("code,label,notes\n1,2,3\n")
    assert [(item.level, item.code, item.fix) for item in findings] == [
        (FindingLevel.SHOULD, "table.unknown-column", "Rename it to `note`.")
    ]
    assert rows[0].get("notes") == "3"


def test_all_broken_rows_are_told_and_the_good_ones_read() -> None:
    rows, findings = rows_of('code,label,note\n1,a,b\n2\n3,a,b,c\n4,"a"x,b\n5,a,b\n6,"open,b\n7,a,b\n')
    assert [row.get("code") for row in rows] == ["1", "5"]
    assert places(findings) == [
        ("table.wrong-width", 3, "label"),
        ("table.wrong-width", 4, "note"),
        ("table.broken-quotes", 5, None),
        ("table.broken-quotes", 7, None),
    ]
    assert all(item.fix for item in findings)


@pytest.mark.parametrize("text", ["\n\n", " \n,,\n"])
def test_a_table_of_blanks_has_no_header(text: str) -> None:
    assert places(rows_of(text)[1]) == [("table.no-header", None, None)]


def test_lines_before_the_header_are_passed_over_where_a_source_has_them() -> None:
    text = "Mapping project,x,,\nversion,1,,\n,,,\ncode,label,note\n1,a,b\n"
    assert [row.source.line for row in rows_of(text, preamble=True)[0]] == [5]
    assert rows_of(text)[0] == []


def test_a_cell_may_be_longer_than_python_would_have_it() -> None:
    """`conceptSchemes_en.csv` of ESCO has a cell above csv's default of 131,072 characters."""
    rows, findings = rows_of(f"code,label\n1,{'x' * 200_000}\n")
    assert not findings
    assert len(rows[0].get("label")) == 200_000


@given(
    cells=st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=5),
    separator=st.sampled_from(",;"),
)
def test_what_csv_writes_is_read_back(cells: list[tuple[str, str, str]], separator: str) -> None:
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, quoting=csv.QUOTE_ALL)
    writer.writerow(("code", "label", "note"))
    writer.writerows(cells)
    items = list(
        read_rows(
            Document(name="t.csv", data=buffer.getvalue().encode("utf-8", "replace")),
            required=("code", "label"),
            optional=("note",),
        )
    )
    expected = [
        tuple(cell.encode("utf-8", "replace").decode() for cell in row) for row in cells if any(map(str.strip, row))
    ]
    assert [tuple(item.cells.values()) for item in items if isinstance(item, Row)] == expected
    assert len(items) == len(expected)


@given(data=st.binary(max_size=60))
def test_no_bytes_of_a_table_raise(data: bytes) -> None:
    text = data.decode("utf-8", "ignore").replace("\x00", "")
    for item in read_rows(Document(name="t.csv", data=("code,label\n" + text).encode()), required=("code", "label")):
        assert isinstance(item, Row | Finding)
