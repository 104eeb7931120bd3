"""Credentials for a file of recipients: a line is a credential with its own outcome, taken up again where it ended.

The folder is the state: a file for each credential, named by what its line says, and `outcomes.jsonl` with a line for
each recipient in the end. A credential is issued where the folder has none for a line as it is written now: a second
run issues what is missing, and lines that were changed. Issues by `issuing`. Called by the command.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from graph.archive import write_durably
from graph.issuer import IssuedCredential
from graph.lock import writer_lock
from ontology.credentials.reading import UnreadableError, read_presented
from ontology.errors import HeadwaterError, InputError, UnavailableError

from .issuing import Order

OUTCOMES: Final = "outcomes.jsonl"
LOCK: Final = "issuing.lock"
LINE_BYTES: Final = 64 << 10
LINES_AT_MOST: Final = 1_000_000
ITEM_SEPARATOR: Final = "|"
"""Between the items of a cell of CSV."""
_LISTS: Final = ("to", "competencies", "evidence")
_WANTED: Final = (
    "credential",
    "competencies",
    "name",
    "description",
    "criteria",
    "criteria_url",
    "type",
    "image",
    "language",
)
_OWN: Final = ("to", "valid_from", "valid_until", "evidence", "narrative")
COLUMNS: Final = (*_OWN, *_WANTED)
"""What a line may say; the rest is as the command says it for all."""
Fields = dict[str, str | tuple[str, ...]]
Issue = Callable[[Order], IssuedCredential]
Deliver = Callable[[IssuedCredential, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file, counted from 1 with the header of CSV; its fault in place of its fields where it has one."""

    number: int
    digest: str
    """Of what it says, and of what is said for all lines."""
    fields: Fields
    fault: InputError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a line."""

    line: int
    outcome: str
    """`issued` in this run, `kept` from an earlier one, or `refused`."""
    id: str | None = None
    file: str | None = None
    """Name in the folder."""
    error: HeadwaterError | None = None

    def as_json(self) -> dict[str, object]:
        """As `outcomes.jsonl` has it."""
        shown: dict[str, object] = {"line": self.line, "outcome": self.outcome}
        if self.error is not None:
            return shown | {"code": self.error.code, "message": self.error.message, "hint": self.error.hint}
        return shown | {"id": self.id, "file": self.file}


@dataclass(frozen=True, slots=True, kw_only=True)
class MassIssuing:
    """One file of recipients and the folder that its credentials go to.

    Attributes:
        source: CSV with a header, or JSON lines.
        folder: is made where it is missing.
        order: what is said for all lines.
        said: all that the command says, which tells whether a credential of an earlier run is the same.
        suffix: of the files, with its dot.
        issue: issues an order.
        deliver: writes what was issued to a path, durably.
    """

    source: Path
    folder: Path
    order: Order
    said: Mapping[str, object]
    suffix: str
    issue: Issue
    deliver: Deliver

    def run(self) -> Iterator[Outcome]:
        """What comes of each line, in their order; at the end `outcomes.jsonl` has them all.

        Raises:
            InputError: the file or its header cannot be read.
            BusyError: another process issues into the folder.
            UnavailableError: the folder cannot be written; what was issued until then is there, and is kept next time.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"{self.folder} cannot be written: {error.strerror or error}.", code="issue.not-written"
            ) from error
        lines = read_lines(self.source, self.said)
        told = []
        with writer_lock(self.folder, LOCK):
            for line in lines:
                outcome = self._outcome(line)
                told.append(orjson.dumps(outcome.as_json()))
                yield outcome
            write_durably(self.folder / OUTCOMES, b"\n".join((*told, b"")))

    def _outcome(self, line: Line) -> Outcome:
        path = self.folder / f"{line.digest[:32]}{self.suffix}"
        if path.exists():
            return Outcome(line=line.number, outcome="kept", id=_id_in(path), file=path.name)
        try:
            if line.fault is not None:
                raise line.fault
            order = _ordered(self.order, line.fields)
            if not order.to:
                raise _bad_line("It names no recipient.")
            issued = self.issue(order)
        except InputError as error:
            return Outcome(line=line.number, outcome="refused", error=error)
        self.deliver(issued, path)
        return Outcome(line=line.number, outcome="issued", id=issued.record.id, file=path.name)


def _id_in(path: Path) -> str | None:
    """The id of a credential that was issued before; None where its file is another one now."""
    try:
        document = read_presented(path.read_bytes(), path.name).document
    except (OSError, InputError, UnreadableError):
        return None
    found = document.get("id", document.get("jti"))
    return found if isinstance(found, str) else None


def read_lines(source: Path, said: Mapping[str, object]) -> Iterator[Line]:
    """The lines of a file of recipients; a bad one has its fault. Nothing is read but a line at a time.

    Raises InputError (`input.missing-file`, `issue.recipients`).
    """
    common = orjson.dumps(dict(said), option=orjson.OPT_SORT_KEYS, default=str)
    try:
        with source.open("rb") as stream:
            header: list[str] | None = None
            separator = ","
            number = 0
            while raw := stream.readline(LINE_BYTES + 1):
                number += 1
                if number > LINES_AT_MOST:
                    raise _bad_file(source, f"it has more than {LINES_AT_MOST:,} lines")
                fault = _skip_long(stream, raw)
                text = raw.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip("\r\n")
                if header is None and not text.lstrip().startswith("{"):
                    if number > 1:
                        header = []
                    else:
                        separator = ";" if text.count(";") > text.count(",") else ","
                        header = _header(source, text, separator)
                        continue
                if not text.strip() and fault is None:
                    continue
                digest = hashlib.sha256(common + b"\0" + text.encode()).hexdigest()
                yield _line(number, digest, text, fault, header, separator)
    except OSError as error:
        raise InputError(
            f"There is nothing to read at {source}: {error.strerror or error}.",
            code="input.missing-file",
            hint="Give a file of recipients: CSV with a header, or JSON lines.",
            subject=str(source),
        ) from error


def _skip_long(stream: BinaryIO, raw: bytes) -> InputError | None:
    """Reads on to the end of a line that is too long, and says so."""
    if len(raw) <= LINE_BYTES or raw.endswith(b"\n"):
        return None
    rest = raw
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(LINE_BYTES)
    return _bad_line(f"It has more than {LINE_BYTES:,} bytes.")


def _header(source: Path, text: str, separator: str) -> list[str]:
    names = [each.strip() for each in next(csv.reader([text], delimiter=separator), [])]
    if "to" not in names:
        raise _bad_file(source, "its header has no column `to`")
    unknown = [each for each in names if each not in COLUMNS]
    if unknown or len(set(names)) < len(names):
        raise _bad_file(source, f"its header has the column {unknown[0]!r}" if unknown else "its header has one twice")
    return names


def _line(
    number: int, digest: str, text: str, fault: InputError | None, header: list[str] | None, separator: str
) -> Line:
    fields: Fields = {}
    try:
        if fault is None and "\ufffd" in text:
            raise _bad_line("It is not UTF-8.")
        if fault is None:
            fields = _from_json(text) if not header else _from_csv(text, header, separator)
    except InputError as error:
        fault = error
    return Line(number=number, digest=digest, fields=fields, fault=fault)


def _from_csv(text: str, header: list[str], separator: str) -> Fields:
    try:
        cells = next(csv.reader([text], delimiter=separator, strict=True), [])
    except csv.Error as error:
        raise _bad_line(f"It is not CSV: {error}.") from None
    if len(cells) > len(header):
        raise _bad_line(f"It has {len(cells)} cells, the header {len(header)}.")
    return {
        name: tuple(each.strip() for each in cell.split(ITEM_SEPARATOR) if each.strip()) if name in _LISTS else cell
        for name, cell in zip(header, cells, strict=False)
        if cell.strip()
    }


def _from_json(text: str) -> Fields:
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise _bad_line(f"It is not JSON: {error}.") from None
    if not isinstance(found, dict):
        raise _bad_line("It is JSON, and an object is expected.")
    fields: Fields = {}
    for name, value in found.items():
        if name not in COLUMNS:
            raise _bad_line(f"It has the member {name[:40]!r}, which is none of {', '.join(COLUMNS)}.")
        if value is None:
            continue
        listed = value if isinstance(value, list) else [value]
        if any(not isinstance(each, str) for each in listed) or (isinstance(value, list) and name not in _LISTS):
            raise _bad_line(f"Its {name} is no text{' or list of texts' if name in _LISTS else ''}.")
        fields[name] = tuple(listed) if name in _LISTS else listed[0]
    return fields


def _ordered(order: Order, fields: Fields) -> Order:
    """The order of one line: what it says, else what is said for all."""
    wanted = replace(order.wanted, **{name: value for name, value in fields.items() if name in _WANTED})  # type: ignore[arg-type]
    return replace(order, wanted=wanted, **{name: value for name, value in fields.items() if name in _OWN})  # type: ignore[arg-type]


def _bad_line(why: str) -> InputError:
    return InputError(why, code="issue.line", hint=f"A line may say {', '.join(COLUMNS)}; `to` must be said.")


def _bad_file(source: Path, why: str) -> InputError:
    return InputError(
        f"{source.name} is no file of recipients: {why}.",
        code="issue.recipients",
        hint=f"CSV with a header of {', '.join(COLUMNS)}, or JSON lines with these members; `to` must be there.",
        subject=str(source),
    )
