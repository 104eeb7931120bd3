"""Files of learners: Parquet, CSV or JSON lines, or credentials, cut into slices that can be read by themselves.

One row is one learner; in the text formats a row is a line. What is packed, and credentials, are written to a folder of
the caller's, since processes cannot share the reading of an archive. Memory is bounded by a slice, never by a file.
Knows no release: references stay as they are written. Called by graph.batch.
"""

import codecs
import csv
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from .errors import DocumentRefusedError, InputError
from .learner_documents import DOCUMENTS_OF_A_PART, DocumentSpool
from .learner_rows import FIELDS, LISTS, LearnerRows, RowCollector, RowFault
from .learner_sources import READ_FAULTS, Content, Found, files_below, find_content, read_fault
from .model import Finding

MAX_SLICE_BYTES: Final = 64 << 20
"""A slice of a text file ends here, however few rows it has; a longer line is refused unread."""
_BLOCK_BYTES: Final = 4 << 20
_SEPARATORS: Final = ",;\t"
ITEM_SEPARATOR: Final = "|"
"""Between the items of a CSV cell: no IRI holds one."""
_TABLES: Final = frozenset({Content.PARQUET, Content.CSV, Content.LINES})
_CAMEL: Final = {"experienceDays": "experience_days"}
"""Fields as the GraphQL input spells them."""


class LearnerFormat(StrEnum):
    """How a file is written."""

    PARQUET = "parquet"
    CSV = "csv"
    LINES = "jsonl"
    DOCUMENTS = "documents"
    """Credentials, gathered by `learner_documents`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerFile:
    """One file of learners. `name` is relative to what was named; `checksum` is the sha256 of its bytes."""

    name: str
    path: str
    format: LearnerFormat
    size: int
    checksum: str
    columns: tuple[str, ...] = ()
    """The header of a CSV file."""
    separator: str = ","
    unread: tuple[str, ...] = ()
    """Columns that mean nothing here, where the file has a header or a schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows of a file that are read together: bytes of a text, rows of a Parquet file's row group."""

    file: int
    """Place in the list of files."""
    start: int
    end: int
    first_line: int
    group: int = -1
    """The row group of a Parquet file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """Where what is packed and credentials are written, and what of credentials is a learner."""

    folder: Path
    """The caller's, who removes it; nobody else should be able to read it."""
    by_subject: bool = False
    """All documents that say the same subject, else each document."""


class FoundLearners(NamedTuple):
    """What there is at a path."""

    files: list[LearnerFile]
    slices: list[Slice]
    findings: list[Finding]
    """Of files that cannot be read; the others are."""


def find_learners(path: Path, rows: int, gathering: Gathering | None = None) -> FoundLearners:
    """The files at a path (one, or those of a folder, by name) and their slices of at most so many rows.

    Reads every text once, for its lines and its checksum; of Parquet only the checksum and the schema.

    Args:
        gathering: None: what is packed, and credentials, are refused.

    Raises:
        InputError: `learners.no-file`, `learners.columns`, `learners.format`, `learners.encoding`.
        UnavailableError: the folder of the gathering cannot be written.
    """
    search = _Search(rows, gathering)
    named = path.is_file()
    paths = ((each, _shown(each if named else each.relative_to(path), named=named)) for each in _paths(path))
    try:
        for found in find_content(path, paths, named=named):
            search.take(found)
        return search.finish()
    except OSError as error:
        raise _no_file(path, error.strerror or str(error)) from error
    finally:
        search.close()


class _Search:
    """Files on their way in."""

    def __init__(self, rows: int, gathering: Gathering | None) -> None:
        self._rows = rows
        self._gathering = gathering
        self._spool = None if gathering is None else DocumentSpool(gathering.folder, by_subject=gathering.by_subject)
        self._files: list[LearnerFile] = []
        self._slices: list[Slice] = []
        self._findings: dict[Finding, None] = {}

    def take(self, found: Found | Finding) -> None:
        """Takes a file."""
        if isinstance(found, Finding):
            if self._gathering is None:
                raise InputError(found.message, code="learners.format", hint=found.fix)
            self._findings[found] = None
            return
        is_table = found.content in _TABLES
        if self._gathering is None or self._spool is None:
            if found.path is None or not is_table:
                raise _not_here(found)
            self._cut(found.path, found)
            return
        try:
            if not is_table:
                self._spool.take(found)
            elif found.path is not None:
                self._cut(found.path, found)
            else:
                self._cut(self._unpacked(found, self._gathering.folder), found)
        except (DocumentRefusedError, *READ_FAULTS) as error:
            self._findings[read_fault(found.name, error)] = None

    def _unpacked(self, found: Found, folder: Path) -> Path:
        path = folder / f"{len(self._files):05}"
        with found.opener() as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, _BLOCK_BYTES)
        return path

    def _cut(self, path: Path, found: Found) -> None:
        file, slices = _cut(path, found, len(self._files), self._rows)
        self._files.append(file)
        self._slices += slices

    def finish(self) -> FoundLearners:
        """What was taken, the credentials as one file behind the others."""
        if self._spool is not None and self._spool.count:
            spooled = self._spool.finish(min(self._rows, DOCUMENTS_OF_A_PART))
            number = len(self._files)
            self._slices += [Slice(file=number, start=start, end=end, first_line=1) for start, end in spooled.parts]
            self._files.append(
                LearnerFile(
                    name="documents",
                    path=str(spooled.path.absolute()),
                    format=LearnerFormat.DOCUMENTS,
                    size=spooled.size,
                    checksum=spooled.checksum,
                )
            )
        return FoundLearners(self._files, self._slices, list(self._findings))

    def close(self) -> None:
        """Nothing; no file is open any more."""
        if self._spool is not None:
            self._spool.close()


def _shown(path: Path, *, named: bool) -> str:
    """A path as text that can be written; names of other encodings have signs for what is none."""
    return os.fsencode(path.name if named else path.as_posix()).decode("utf-8", "replace")


def _not_here(found: Found) -> InputError:
    what = "packed" if found.path is None else "no table"
    return InputError(
        f"{found.name} is {what}.",
        code="learners.format",
        hint="Give a table as Parquet, CSV or JSON lines.",
        subject=found.name,
    )


def read_slice(file: LearnerFile, part: Slice) -> LearnerRows:
    """The rows of a slice. Raises InputError where the file is not there or is another one by now."""
    try:
        if file.format is LearnerFormat.PARQUET:
            from .learner_parquet import read_rows

            return read_rows(file, part)
        with Path(file.path).open("rb") as stream:
            stream.seek(part.start)
            if part.end - part.start > MAX_SLICE_BYTES:
                return _refused_line(file, part)
            data = stream.read(part.end - part.start)
    except OSError as error:
        raise _no_file(Path(file.path), error.strerror or str(error)) from error
    collector = RowCollector(file.name)
    take = _take_json if file.format is LearnerFormat.LINES else _CsvRows(file).take
    for number, line in enumerate(data.split(b"\n"), part.first_line):
        if line.strip():
            try:
                collector.add(take(line), number)
            except RowFault as fault:
                collector.refuse(fault, number)
    return collector.rows()


def _no_file(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} cannot be read: {reason}.",
        code="learners.no-file",
        hint="Name a file of learners, or a folder of such files: Parquet, CSV or JSON lines.",
        subject=str(path),
    )


def _paths(path: Path) -> Sequence[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise _no_file(path, "it does not exist" if not path.exists() else "it is no file and no folder")
    found = files_below(path)
    if not found:
        raise _no_file(path, "the folder is empty")
    return found


def _cut(path: Path, found: Found, number: int, rows: int) -> tuple[LearnerFile, list[Slice]]:
    name, head = found.name, found.head
    if found.content is Content.PARQUET:
        from .learner_parquet import cut_groups

        return cut_groups(path, name, number, rows, _checksum(path))
    body = head.removeprefix(codecs.BOM_UTF8)
    is_lines = found.content is Content.LINES
    begin, line = len(head) - len(body), 1
    columns: tuple[str, ...] = ()
    separator = ","
    unread: tuple[str, ...] = ()
    if not is_lines:
        columns, separator, length, blank = _header(path, name, body)
        begin, line = begin + length, 1 + blank
        unread = tuple(column for column in columns if column not in FIELDS)
    checksum, slices = _cut_lines(path, number, begin, line, rows)
    file = LearnerFile(
        name=name,
        path=str(path.absolute()),
        format=LearnerFormat.LINES if is_lines else LearnerFormat.CSV,
        size=path.stat().st_size,
        checksum=checksum,
        columns=columns,
        separator=separator,
        unread=unread,
    )
    return file, slices


def _checksum(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _header(path: Path, name: str, body: bytes) -> tuple[tuple[str, ...], str, int, int]:
    """(columns, separator, bytes up to the end of the header, its lines)."""
    length = lines = 0
    text = ""
    for raw in body.splitlines(keepends=True):
        length, lines = length + len(raw), lines + 1
        if raw.strip():
            try:
                text = raw.decode()
            except UnicodeDecodeError as error:
                raise InputError(
                    f"{path} is not UTF-8.",
                    code="learners.encoding",
                    hint="Save it as UTF-8.",
                    subject=name,
                ) from error
            break
    separator = max(_SEPARATORS, key=text.count)
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        cells = []
    columns = tuple(cell.strip() for cell in cells)
    columns = tuple(_CAMEL.get(column, column) for column in columns)
    repeated = sorted({column for column in columns if columns.count(column) > 1})
    if "learner" not in columns or repeated:
        got = f"has {', '.join(repeated)} twice" if repeated else "has no column `learner`"
        raise InputError(
            f"The header of {path} {got}.",
            code="learners.columns",
            hint=f"Columns of a CSV file of learners: {', '.join(FIELDS)}. Or give JSON lines or Parquet.",
            subject=name,
        )
    return columns, separator, length, lines


def _cut_lines(path: Path, number: int, begin: int, line: int, rows: int) -> tuple[str, list[Slice]]:
    """The file's checksum, and slices of whole lines: at most so many, and at most `MAX_SLICE_BYTES`."""
    digest = hashlib.sha256()
    slices: list[Slice] = []
    start, count, last = begin, 0, begin
    for position, end in _line_ends(path, begin, digest):
        full = count == rows or (end - start > MAX_SLICE_BYTES and count)
        if full:
            slices.append(Slice(file=number, start=start, end=position, first_line=line))
            start, line, count = position, line + count, 0
        count, last = count + 1, end
    if count:
        slices.append(Slice(file=number, start=start, end=last, first_line=line))
    return digest.hexdigest(), slices


def _line_ends(path: Path, begin: int, digest: "hashlib._Hash") -> Iterator[tuple[int, int]]:
    """(start, end) of each line from a place on; everything is put into the digest."""
    at, start = 0, begin
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
            place = max(0, start - at) if start >= at else 0
            while (found := block.find(b"\n", place)) >= 0:
                place = found + 1
                yield start, at + place
                start = at + place
            at += len(block)
    if start < at:
        yield start, at


def _refused_line(file: LearnerFile, part: Slice) -> LearnerRows:
    collector = RowCollector(file.name)
    fault = RowFault(
        "batch.line-too-long",
        f"The line has {part.end - part.start:,} bytes, at most {MAX_SLICE_BYTES:,} are read.",
        "Give one learner a line.",
    )
    collector.refuse(fault, part.first_line)
    return collector.rows()


def _take_json(line: bytes) -> dict[str, object]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        fix = "Write one object a line, in UTF-8, with the field `learner`."
        raise RowFault("batch.not-json", f"The line is not JSON: {error.msg}.", fix) from error
    if not isinstance(row, dict):
        kind = type(row).__name__
        raise RowFault(
            "batch.not-json", f"The line is a {kind}, expected an object.", "Write one object a line, with `learner`."
        )
    if "experienceDays" in row and "experience_days" not in row:
        row["experience_days"] = row["experienceDays"]
    unknown = [name for name in row if name not in FIELDS and name not in _CAMEL]
    if unknown:
        raise RowFault(
            "batch.field",
            f"There is no field `{unknown[0][:80]}`.",
            f"Fields: {', '.join(FIELDS)}.",
            unknown[0][:80],
        )
    return row


class _CsvRows:
    """Lines of one CSV file as rows."""

    def __init__(self, file: LearnerFile) -> None:
        self._columns = file.columns
        self._separator = file.separator

    def take(self, line: bytes) -> dict[str, object]:
        """The row of a line. Raises RowFault."""
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            message = f"The line is not UTF-8: byte {error.start + 1} is {line[error.start]:#04x}."
            raise RowFault("batch.line-encoding", message, "Save the file as UTF-8.") from error
        cells = self._cells(text.rstrip("\r"))
        if len(cells) != len(self._columns):
            raise RowFault(
                "batch.row-width",
                f"The row has {len(cells)} cells where the header has {len(self._columns)}.",
                "Quote a cell that contains the separator; a row is one line.",
            )
        row: dict[str, object] = dict(zip(self._columns, cells, strict=True))
        for name in LISTS:
            cell = row.get(name)
            if isinstance(cell, str):
                row[name] = [item for each in cell.split(ITEM_SEPARATOR) if (item := each.strip())]
        return row

    def _cells(self, text: str) -> list[str]:
        if '"' not in text:
            return text.split(self._separator)
        if csv.field_size_limit() < MAX_SLICE_BYTES:
            csv.field_size_limit(MAX_SLICE_BYTES)  # global in the csv module, so it is only ever raised
        try:
            return next(csv.reader([text], delimiter=self._separator, strict=True))
        except csv.Error as error:
            fix = 'Close the quote in its line; a quote inside a quoted cell is written twice ("").'
            raise RowFault("batch.quotes", f"The quotes of the row do not fit: {error}.", fix) from error
