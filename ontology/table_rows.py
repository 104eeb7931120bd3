"""Rows of tables: CSV and its like as records with their line, each fault of a header or row a finding.

Knows columns and separators; knows no standard. Called by the readers, through `documents`, whose documents it reads.
"""

import bisect
import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from .model import Finding, FindingLevel, Source

if TYPE_CHECKING:
    from .documents import Document

MAX_FIELD_CHARACTERS: Final = 16 << 20
"""One cell. ESCO's `conceptSchemes_en.csv` has one above the 131,072 that Python's csv stops at."""
_SEPARATORS = ",;\t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table and where it stands. `cells` are as written, by column, unknown columns included."""

    source: Source
    cells: dict[str, str]

    def get(self, column: str) -> str:
        """The cell without outer blanks; empty where the table has no such column."""
        return self.cells.get(column, "").strip()

    def at(self, column: str) -> Source:
        """Where that cell stands."""
        return replace(self.source, column=column)


def read_rows(
    document: "Document",
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    preamble: bool = False,
    ragged: bool = False,
    mend: bool = False,
) -> Iterator[Row | Finding]:
    """The rows of a table, separated by `,`, `;` or tabs, in order, and a finding for each that cannot be read.

    A table whose header lacks a required column gives findings alone. Blank lines and lines of empty cells are ignored.

    Args:
        preamble: lines before the header are passed over, up to the first that has all required columns.
        ragged: a row may end before its last cells, as in ESCO's skills hierarchy; they are empty.
        mend: a quote inside a quoted cell that was not doubled, as in NCES's list of programmes, is taken for text and
            told, where the row stands in one line and so has a cell for each column.
    """
    if csv.field_size_limit() < MAX_FIELD_CHARACTERS:
        csv.field_size_limit(MAX_FIELD_CHARACTERS)  # global in the csv module, so it is only ever raised
    separator = _sniff_separator(document, {*required, *optional})
    with document.lines() as lines:
        seen = _Lines(lines) if mend else None
        records = _by_row(_read_records(document.name, seen or lines, separator), document.row_starts)
        header = _find_header(records, required if preamble else ())
        if header is None:
            yield Finding(
                level=FindingLevel.MUST,
                code="table.no-header",
                message=f"{document.name} has no header; expected the columns {', '.join(required)}.",
                source=Source(file=document.name),
                fix="Write the column names into the first line.",
            )
            return
        if isinstance(header, Finding):
            yield header
            return
        faults = list(_check_header(header, required, optional))
        yield from faults
        if any(fault.level is FindingLevel.MUST for fault in faults):
            return
        for record in records:
            if isinstance(record, Finding):
                yield from _mended(record, seen, separator, header.cells) if seen else [record]
            elif len(record.cells) != len(header.cells) and (len(record.cells) > len(header.cells) or not ragged):
                yield _wrong_width(record, header.cells)
            else:
                yield Row(source=record.source, cells=dict(zip(header.cells, record.cells, strict=not ragged)))


def read_header(document: "Document") -> tuple[str, ...]:
    """The column names in a table's first line that is not blank; empty where it has none. Never fails."""
    for line in _head_lines(document):
        if line.strip():
            separator = max(_SEPARATORS, key=line.count)
            try:
                return tuple(cell.strip() for cell in next(csv.reader([line], delimiter=separator), ()))
            except csv.Error:
                return ()
    return ()


@dataclass(frozen=True, slots=True)
class _Record:
    source: Source
    cells: tuple[str, ...]


def _head_lines(document: "Document") -> list[str]:
    return document.head.decode("utf-8", "ignore").splitlines()


def _sniff_separator(document: "Document", expected: set[str]) -> str:
    """The separator that makes more of the expected columns out of the first lines; on a tie, the more frequent one."""
    lines = [line for line in _head_lines(document) if line.strip()][:64]
    best = {
        separator: max(
            (len(expected & {cell.strip(' "') for cell in line.split(separator)}) for line in lines), default=0
        )
        for separator in _SEPARATORS
    }
    return max(_SEPARATORS, key=lambda separator: (best[separator], lines[0].count(separator) if lines else 0))


def _mended(stray: Finding, seen: "_Lines", separator: str, columns: tuple[str, ...]) -> Iterator[Row | Finding]:
    """The row of a line with its stray quotes as text, which is told; the fault where it has not a cell a column."""
    cells, rest = [], separator + seen.last.rstrip("\r\n")
    while rest.startswith(separator):
        rest = rest[1:]
        quoted = re.match(f'"(.*?)"(?={separator}|$)', rest)
        cell = quoted[0] if quoted else rest.partition(separator)[0]
        cells.append(quoted[1].replace('""', '"') if quoted else cell)
        rest = rest[len(cell) :]
    if len(cells) != len(columns) or stray.source is None or stray.source.line != seen.count:
        yield stray
        return
    message = f"{stray.message} Quotes inside of its cells were taken for text."
    yield replace(stray, level=FindingLevel.SHOULD, code="table.mended-quotes", message=message)
    yield Row(source=stray.source, cells=dict(zip(columns, cells, strict=True)))


class _Lines:
    """The lines of a table, counted; `last` is the one that was given last."""

    def __init__(self, lines: io.TextIOWrapper) -> None:
        self._lines = lines
        self.last = ""
        self.count = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        self.last = next(self._lines)
        self.count += 1
        return self.last


def _read_records(name: str, lines: "io.TextIOWrapper | _Lines", separator: str) -> Iterator[_Record | Finding]:
    """Records that are not blank. After a fault csv begins anew with the next line, so all faults are told."""
    tabs = separator == "\t"
    reader = csv.reader(lines, delimiter=separator, strict=True, quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL)
    while True:
        source = Source(file=name, line=reader.line_num + 1)
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _broken_quotes(source, str(error))
            if "field limit" in str(error):
                return  # what follows is the rest of that cell
            continue
        if any(cell.strip() for cell in cells):
            yield _Record(source, tuple(map(_unquoted, cells) if tabs else cells))


def _unquoted(cell: str) -> str:
    """A cell between tabs: quotes are text there, unless they stand around all of it, as spreadsheets write them."""
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"' and '"' not in cell[1:-1].replace('""', "")
    return cell[1:-1].replace('""', '"') if whole else cell


def _by_row(records: Iterator[_Record | Finding], starts: tuple[int, ...] | None) -> Iterator[_Record | Finding]:
    """Records whose line is the row of their sheet."""
    for record in records:
        if starts and isinstance(record, _Record) and record.source.line:
            line = bisect.bisect_right(starts, record.source.line)
            yield replace(record, source=replace(record.source, line=line))
        else:
            yield record


def _broken_quotes(source: Source, error: str) -> Finding:
    if error == "unexpected end of data":
        message = f"A cell of the row that begins in line {source.line} opens with a quote that is never closed."
    elif "field limit" in error:
        message = f"A cell in line {source.line} has more than {MAX_FIELD_CHARACTERS:,} characters."
    else:
        message = f"The quotes of the row in line {source.line} do not fit: {error}."
    return Finding(
        level=FindingLevel.MUST,
        code="table.broken-quotes",
        message=message,
        source=source,
        fix='Close the quote; a quote inside a quoted cell is written twice ("").',
    )


def _find_header(records: Iterator[_Record | Finding], wanted: Sequence[str]) -> _Record | Finding | None:
    """The first record, or the first one with all `wanted` columns."""
    for record in records:
        if isinstance(record, Finding):
            return record
        header = _Record(record.source, tuple(cell.strip() for cell in record.cells))
        if set(wanted) <= set(header.cells):
            return header
    return None


def _check_header(header: _Record, required: Sequence[str], optional: Sequence[str]) -> Iterator[Finding]:
    known = {*required, *optional}
    there = Counter(header.cells)
    unknown = [column for column in header.cells if column not in known]
    for column in required:
        if column not in there:
            near = _nearest(column, unknown)
            got = f"the nearest that is there is `{near}`" if near else f"it has {', '.join(header.cells)}"
            fix = f"Rename `{near}` to `{column}`." if near else f"Add the column `{column}`; separate them by , or ;"
            yield _header_fault(FindingLevel.MUST, "table.missing-column", header, column, f"is missing; {got}", fix)
    for column in sorted(column for column, times in there.items() if column and times > 1):
        message = "is there more than once"
        yield _header_fault(
            FindingLevel.MUST, "table.duplicate-column", header, column, message, "Rename or remove one of them."
        )
    if "" in there:
        fix = "Name the column, or remove the separator at the end of the line."
        yield _header_fault(FindingLevel.MUST, "table.unnamed-column", header, "", "has no name", fix)
    absent = [name for name in optional if name not in there]
    for column in filter(None, unknown):
        near = _nearest(column, absent)
        fix = f"Rename it to `{near}`." if near else f"Known columns: {', '.join([*required, *optional])}."
        yield _header_fault(FindingLevel.SHOULD, "table.unknown-column", header, column, "is not known here", fix)


def _header_fault(level: FindingLevel, code: str, header: _Record, column: str, what: str, fix: str) -> Finding:
    message = f"The column `{column}` {what}."
    return Finding(
        level=level, code=code, message=message, source=replace(header.source, column=column or None), fix=fix
    )


def _nearest(name: str, names: Sequence[str]) -> str | None:
    folded = {re.sub(r"[\W_]", "", other).casefold(): other for other in names}
    near = difflib.get_close_matches(re.sub(r"[\W_]", "", name).casefold(), folded, n=1)
    return folded[near[0]] if near else None


def _wrong_width(record: _Record, columns: tuple[str, ...]) -> Finding:
    short = len(record.cells) < len(columns)
    column = columns[len(record.cells)] if short else columns[-1]
    where = f"nothing is left for `{column}`" if short else f"{len(record.cells) - len(columns)} follow `{column}`"
    return Finding(
        level=FindingLevel.MUST,
        code="table.wrong-width",
        message=f"The row has {len(record.cells)} cells where the header has {len(columns)} columns: {where}.",
        source=replace(record.source, column=column),
        fix="Quote a cell that contains the separator; give every column its cell, if empty.",
    )
