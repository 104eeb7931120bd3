"""Spreadsheets (.xlsx, .ods) as tables: each sheet as CSV, with the row of the sheet that each line comes from.

Measures a workbook before a parser lays it out: how much it unpacks to, and how large an area the filled cells of a
sheet span, since one cell in the last corner would otherwise be seventeen thousand million. Called by the gate.
"""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from .archives import Opener
from .errors import DocumentRefusedError

MAX_WORKBOOK_BYTES: Final = 64 << 20
"""All parts of a workbook, unpacked. A table of 100,000 rows of ten columns has about 40 MiB."""
MAX_SHEET_CELLS: Final = 4_000_000
"""Rows times columns from the first cell to the last filled one; more than the 2 x 1,048,576 of two full columns."""
CHUNK_BYTES: Final = 1 << 16
_WORKBOOK: Final = "xl/workbook.xml"
_SHEETS: Final = "xl/worksheets/"
_CONTENT: Final = "content.xml"
_CODE_A: Final = ord("A") - 1

Value = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as CSV."""

    name: str
    data: bytes
    starts: tuple[int, ...] | None
    """Line at which each row of the sheet begins, counted from 1; None where every row is one line."""


def is_workbook(names: Sequence[str]) -> bool:
    """Whether an archive with these entries is a spreadsheet that can be read."""
    there = set(names)
    return _WORKBOOK in there or {"mimetype", _CONTENT, "META-INF/manifest.xml"} <= there


def read_workbook(name: str, opener: Opener) -> list[Sheet]:
    """The sheets that have anything in them, in their order.

    Raises:
        DocumentRefusedError: it is too large, has a document type declaration, or cannot be read.
    """
    try:
        with opener() as stream, zipfile.ZipFile(stream) as archive:
            _measure(name, archive)
        with opener() as stream:
            data = io.BytesIO(stream.read())
        with CalamineWorkbook.from_filelike(data) as workbook:
            sheets = [
                _sheet(each, workbook.get_sheet_by_name(each).to_python(skip_empty_area=False))
                for each in workbook.sheet_names
            ]
    except (CalamineError, zipfile.BadZipFile, expat.ExpatError, EOFError, KeyError, ValueError) as error:
        raise DocumentRefusedError(
            f"{name} cannot be read as a spreadsheet: {error}.",
            code="document.damaged",
            hint="Open it and save it again, or save each sheet as CSV UTF-8.",
            subject=name,
        ) from error
    return [sheet for sheet in sheets if sheet is not None]


def _measure(name: str, archive: zipfile.ZipFile) -> None:
    """Reads every part once, to its real end, and looks at where the filled cells of the sheets are."""
    if sum(entry.file_size for entry in archive.infolist()) > MAX_WORKBOOK_BYTES:
        raise _too_large(name, f"unpacks to more than {MAX_WORKBOOK_BYTES:,} bytes")
    taken = 0
    for entry in archive.infolist():
        sheet = entry.filename.startswith(_SHEETS) and entry.filename.endswith(".xml")
        extent = _Extent(name) if sheet or entry.filename == _CONTENT else None
        with archive.open(entry) as part:  # no more than the entry says is ever read of it, and its sum is checked
            while chunk := part.read(CHUNK_BYTES):
                taken += len(chunk)
                if taken > MAX_WORKBOOK_BYTES:
                    raise _too_large(name, f"unpacks to more than {MAX_WORKBOOK_BYTES:,} bytes")
                if extent is not None:
                    extent.feed(chunk)
        if extent is not None:
            extent.close()


class _Extent:
    """How far the filled cells of a sheet reach; of both formats, whose elements have other names."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._row = self._column = 0
        self._repeated = 1
        self._rows_repeated = 1
        self._last_column = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse

    def feed(self, chunk: bytes) -> None:
        """Takes in the next bytes of the sheet."""
        self._parser.Parse(chunk, False)

    def close(self) -> None:
        """Ends the sheet."""
        self._parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        raise DocumentRefusedError(
            f"{self._file} has a document type declaration.",
            code="document.dtd",
            hint="Open it in a spreadsheet program and save it again.",
            subject=self._file,
        )

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        local = tag.rpartition(" ")[2]
        if local == "table":
            self._row = self._last_column = 0
        elif local in {"row", "table-row"}:
            self._start_row(attributes)
        elif local == "c":
            self._column = _column(attributes.get("r", "")) or self._column + 1
        elif local in {"table-cell", "covered-table-cell"}:
            self._repeated = _number(attributes, "number-columns-repeated") or 1
            self._column += self._repeated
            if any(key.endswith("value-type") for key in attributes):
                self._fill()
        elif local in {"v", "is", "f", "p"}:
            self._fill()

    def _start_row(self, attributes: dict[str, str]) -> None:
        self._rows_repeated = _number(attributes, "number-rows-repeated") or 1
        given = attributes.get("r", "")
        self._row = int(given) if given.isdecimal() else self._row + self._rows_repeated
        self._column = 0

    def _end(self, tag: str) -> None:
        if tag.rpartition(" ")[2] == "sheetData":
            self._column = 0

    def _fill(self) -> None:
        self._last_column = max(self._last_column, self._column)
        if self._row * self._last_column > MAX_SHEET_CELLS:
            raise _too_large(
                self._file, f"has a sheet that spans more than {MAX_SHEET_CELLS:,} cells, up to row {self._row:,}"
            )


def _number(attributes: dict[str, str], name: str) -> int:
    text = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == name), "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _column(reference: str) -> int:
    """Number of the column in a reference such as `AB12`, 0 where there is none."""
    number = 0
    for letter in reference[:4]:
        if not ("A" <= letter <= "Z"):
            break
        number = number * 26 + ord(letter) - _CODE_A
    return number


def _too_large(name: str, what: str) -> DocumentRefusedError:
    return DocumentRefusedError(
        f"{name} {what}.",
        code="document.too-large",
        hint="Clear what is far from the table, or save each sheet as CSV UTF-8.",
        subject=name,
    )


def _sheet(name: str, rows: Sequence[Sequence[Value]]) -> Sheet | None:
    texts = [[_text(value) for value in row] for row in rows]
    width = max((number for row in texts for number, text in enumerate(row, 1) if text), default=0)
    if not width:
        return None
    while not any(texts[-1]):
        texts.pop()
    written, lines, starts = io.StringIO(), 1, []
    writer = csv.writer(written, lineterminator="\n")
    for row in texts:
        starts.append(lines)
        writer.writerow(row[:width])
        lines += 1 + sum(_breaks(text) for text in row[:width])
    whole = lines == len(texts) + 1
    return Sheet(name=name, data=written.getvalue().encode(), starts=None if whole else tuple(starts))


def _breaks(text: str) -> int:
    """Ends of lines within a cell, as a reader of lines counts them."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _text(value: Value) -> str:
    """A cell as CSV has it: `12` for 12.0, plain decimals, `2026-11-22`, `TRUE`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, dt.datetime):
        return (value.date() if value.time() == dt.time() else value).isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
