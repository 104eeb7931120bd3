"""What a file or folder of learners holds: tables and documents, in archives too, each opened under limits.

Tells by content which is which; unpacks gz, zip and tar as streams. Knows no columns and verifies nothing. A fault is a
finding, and the next file is read all the same. Called by `learner_files`, and where many credentials are verified.
"""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final, cast

import orjson

from .archives import Opener, is_link, list_zip, open_entry, open_gzip
from .credentials.data_urls import PNG_SIGNATURE
from .credentials.formats import Format, find_format
from .documents import MAX_ARCHIVE_DEPTH, MAX_COMPRESSION_RATIO, MAX_NESTED_ARCHIVE_BYTES, RATIO_FREE_BYTES
from .errors import DocumentRefusedError
from .json_documents import Json
from .model import Finding, FindingLevel, Source
from .tar_files import BLOCK_BYTES, is_tar, tar_entries

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD_BYTES: Final = 4 << 20
"""What is looked at to tell what a file is."""
MAX_UNPACKED_BYTES: Final = 32 << 30
"""What archives of one run may unpack to."""
MAX_LISTED: Final = 1_000_000
"""Files of one archive."""
READ_FAULTS: Final = (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError)
"""Of archives that are damaged. A disk that fails is no fault of data."""
_BUFFER_BYTES: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"
_ZIPS: Final = (b"PK\x03\x04", b"PK\x05\x06")
_TOKEN: Final = re.compile(rb'"?ey[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"?')
_ADDRESS: Final = re.compile(rb"https?://\S{1,2040}")
_TABLES: Final = frozenset({".csv", ".tsv", ".parquet", ".jsonl", ".ndjson"})
_IGNORED: Final = frozenset({"Thumbs.db", "desktop.ini"})


class Content(StrEnum):
    """What a file is, by how it begins."""

    PARQUET = "parquet"
    CSV = "csv"
    LINES = "lines"
    """JSON lines, each a learner's claims."""
    DOCUMENT = "document"
    """One credential, or what is taken for one."""
    DOCUMENT_LINES = "document lines"
    """A credential a line, as JSON or token."""


class _Packing(StrEnum):
    GZIP = "gzip"
    ZIP = "zip"
    TAR = "tar"


def _packing(head: bytes) -> _Packing | None:
    """What kind of archive begins so; None of what is none."""
    if head.startswith(_GZIP):
        return _Packing.GZIP
    if head.startswith(_ZIPS):
        return _Packing.ZIP
    return _Packing.TAR if is_tar(head) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file that is no archive."""

    name: str
    content: Content
    head: bytes
    opener: Opener
    path: Path | None
    """None of what is inside an archive."""


def files_below(folder: Path) -> list[Path]:
    """The files of a folder and of those in it, by path; names that begin with a dot or a low line are left out."""
    found = [each for each in sorted(folder.rglob("*")) if each.is_file()]
    return [each for each in found if not any(part[0] in "._" for part in each.relative_to(folder).parts)]


def has_many(path: Path) -> bool:
    """Whether what is there is a folder, an archive, or a credential a line."""
    if path.is_dir():
        return True
    try:
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError:
        return False
    return _packing(head) is not None or content_of(head, path.name, named=False) is Content.DOCUMENT_LINES


def find_content(root: Path, paths: Iterator[tuple[Path, str]], *, named: bool) -> Iterator[Found | Finding]:
    """What the files hold, in their order. A stream out of a tar is open until the next one is asked for.

    Args:
        root: what was named; links out of it are not followed.
        paths: files, and their names relative to it.
        named: the one file was named itself, and is a table where nothing says otherwise.
    """
    for path, name in paths:
        if not path.resolve().is_relative_to(root.resolve()):
            yield _fault("document.link-outside", name, f"{name} is a link that leads out of the folder.")
            continue
        walk = _Walk(_Measure(name=name, packed=path.stat().st_size), named=named)
        yield from walk.open(name, partial(_opened, path), path)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


@dataclass(slots=True)
class _Measure:
    """What came out of one archive so far."""

    name: str
    packed: int
    unpacked: int = field(default=0)

    def count(self, size: int) -> None:
        """Takes so many bytes. Raises DocumentRefusedError where they are beyond measure."""
        self.unpacked += size
        swells = self.unpacked > RATIO_FREE_BYTES and self.unpacked > self.packed * MAX_COMPRESSION_RATIO
        if swells or self.unpacked > MAX_UNPACKED_BYTES:
            most = f"{MAX_COMPRESSION_RATIO} times its size" if swells else f"{MAX_UNPACKED_BYTES >> 30} GiB"
            raise DocumentRefusedError(
                f"{self.name} unpacks to more than {most}, as harmful archives do.",
                code="document.archive-bomb",
                hint="Unpack it yourself if you trust it.",
                subject=self.name,
            )


class _Counted(io.RawIOBase):
    """A stream out of an archive, each byte counted."""

    def __init__(self, stream: IO[bytes], measure: _Measure):
        self._stream = stream
        self._measure = measure

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        self._measure.count(len(data))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


class _Walk:
    """One file on its way: through its archives down to what is inside."""

    def __init__(self, measure: _Measure, *, named: bool) -> None:
        self._measure = measure
        self._named = named
        self._listed = 0

    def open(self, name: str, opener: Opener, path: Path | None) -> Iterator[Found | Finding]:
        """What is in it, and what is wrong with it. An archive that is refused ends where it was refused."""
        try:
            yield from self._open(name, opener, path, 0)
        except (DocumentRefusedError, *READ_FAULTS) as error:
            yield read_fault(name, error)

    def _open(self, name: str, opener: Opener, path: Path | None, depth: int) -> Iterator[Found | Finding]:
        with opener() as stream:
            head = stream.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:  # all of it: what is unpacked is unpacked once
            opener = partial(io.BytesIO, head)
        packing = _packing(head)
        if packing is None:
            content = content_of(head, name, named=self._named and depth == 0)
            yield Found(name=name, content=content, head=head, opener=opener, path=path)
        elif depth >= MAX_ARCHIVE_DEPTH:
            yield _fault("document.too-deep", name, f"{name} is an archive in {depth} others.", "Unpack it first.")
        else:
            opens = {_Packing.GZIP: self._open_gzip, _Packing.ZIP: self._open_zip, _Packing.TAR: self._open_tar}
            yield from opens[packing](name, opener, depth)

    def _counted(self, opener: Opener) -> IO[bytes]:
        return io.BufferedReader(_Counted(opener(), self._measure), _BUFFER_BYTES)

    def _open_gzip(self, name: str, opener: Opener, depth: int) -> Iterator[Found | Finding]:
        folded = name.lower()
        inner = name[:-3] if folded.endswith(".gz") else f"{name[:-4]}.tar" if folded.endswith(".tgz") else name
        yield from self._open(inner, partial(self._counted, partial(open_gzip, opener)), None, depth + 1)

    def _open_zip(self, name: str, opener: Opener, depth: int) -> Iterator[Found | Finding]:
        inner = opener if depth == 0 else partial(io.BytesIO, self._whole(name, opener))
        try:
            entries = list_zip(inner)
        except OSError as error:  # an offset that leads nowhere
            raise zipfile.BadZipFile(str(error)) from error
        for entry in entries:
            shown = f"{name}/{entry.filename}"
            if entry.is_dir() or _ignored(entry.filename):
                continue
            fault = _zip_fault(entry, shown) or self._name_fault(entry.filename, shown)
            if fault is not None:
                yield fault
                continue
            unpacked = partial(self._counted, partial(open_entry, inner, entry))
            try:
                yield from self._open(shown, unpacked, None, depth + 1)
            except READ_FAULTS as error:
                yield read_fault(shown, error)

    def _open_tar(self, name: str, opener: Opener, depth: int) -> Iterator[Found | Finding]:
        with opener() as stream:
            for entry in tar_entries(stream):
                shown = f"{name}/{entry.name}"
                if entry.is_folder or _ignored(entry.name):
                    continue
                fault = self._name_fault(entry.name, shown)
                if entry.is_link:
                    fault = _fault("document.link-outside", shown, f"{shown} is a link, which is not followed.")
                elif not entry.is_file:
                    fault = _fault("document.unknown-packing", shown, f"{shown} is no file.")
                if fault is not None:
                    yield fault
                    continue
                again: Opener = _Again(entry.stream)
                with again() as start:
                    packed = _packing(start.read(BLOCK_BYTES)) is not None
                if packed:
                    again = partial(io.BytesIO, self._whole(shown, again))
                yield from self._open(shown, again, None, depth + 1)

    def _name_fault(self, name: str, shown: str) -> Finding | None:
        self._listed += 1
        if self._listed > MAX_LISTED:
            raise DocumentRefusedError(
                f"{self._measure.name} has more than {MAX_LISTED:,} files.",
                code="document.too-many",
                hint="Give it in several parts.",
            )
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
            return _fault("document.unsafe-name", shown, f"The archive names a file outside of itself: {name[:200]!r}.")
        return None

    def _whole(self, name: str, opener: Opener) -> bytes:
        """A zip in another archive: its list is at its end, so it is in memory."""
        with opener() as stream:
            data = stream.read(MAX_NESTED_ARCHIVE_BYTES + 1)
        if len(data) > MAX_NESTED_ARCHIVE_BYTES:
            raise DocumentRefusedError(
                f"{name} is an archive in an archive and has more than {MAX_NESTED_ARCHIVE_BYTES:,} bytes.",
                code="document.too-large",
                hint="Unpack the outer one first.",
            )
        return data


class _Again:
    """Opens a stream that only goes forward from its start, until more than the head was read of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._head: bytes | None = None

    def __call__(self) -> IO[bytes]:
        if self._head is None:
            self._head = self._stream.read(HEAD_BYTES + 2 * _BUFFER_BYTES)
        return io.BufferedReader(_Joined(self._head, self._stream), _BUFFER_BYTES)


class _Joined(io.RawIOBase):
    """What was read already, then the rest of the stream."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = io.BytesIO(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        data = self._head.read(len(view)) or self._rest.read(len(view))
        view[: len(data)] = data
        return len(data)


def content_of(head: bytes, name: str, *, named: bool) -> Content:
    """What a file is that begins so; one that nothing tells apart is a table where it was named or is called one."""
    if head.startswith(b"PAR1"):
        return Content.PARQUET
    body = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if head.startswith(PNG_SIGNATURE) or body[:1] in (b"<", b"["):
        return Content.DOCUMENT
    line, _, rest = body.partition(b"\n")
    line, rest = line.strip(), rest.strip()
    if line[:1] == b"{":
        return _json_content(body, line, more=bool(rest), whole=len(head) < HEAD_BYTES)
    if _TOKEN.fullmatch(line):
        return Content.DOCUMENT_LINES if rest else Content.DOCUMENT
    if _ADDRESS.fullmatch(line) and not rest:
        return Content.DOCUMENT
    is_table = named or PurePosixPath(name).suffix.lower() in _TABLES
    return Content.CSV if is_table or re.search(rb"(?:^|[,;\t\"\s])learner(?:$|[,;\t\"\s])", line) else Content.DOCUMENT


def _json_content(body: bytes, line: bytes, *, more: bool, whole: bool) -> Content:
    value = _parsed(line)
    if isinstance(value, dict):
        if _is_row(value):
            return Content.LINES
        return Content.DOCUMENT_LINES if more else Content.DOCUMENT
    if whole and isinstance(found := _parsed(body), dict):  # written over several lines
        return Content.LINES if _is_row(found) else Content.DOCUMENT
    if whole or line == b"{":
        return Content.DOCUMENT if line == b"{" or _says_credential(body) else Content.LINES
    return Content.DOCUMENT_LINES if _says_credential(line) else Content.LINES


def _parsed(data: bytes) -> Json:
    try:
        return cast("Json", orjson.loads(data))
    except orjson.JSONDecodeError:
        return None


def _is_row(value: dict[str, Json]) -> bool:
    """Whether an object is the row of a learner. A record of CLR 1.0 has a learner too, as an object."""
    if "@context" in value or isinstance(value.get("learner"), dict):
        return False
    return "learner" in value or find_format(value) is Format.UNKNOWN


def _says_credential(text: bytes) -> bool:
    """Whether what cannot be read as JSON was meant as a credential."""
    start = text[:4096]
    return b'"@context"' in start or b'"credentialSubject"' in start


def _ignored(name: str) -> bool:
    return any((part[:1] in {".", "_"} and part not in {".", ".."}) or part in _IGNORED for part in name.split("/"))


def _zip_fault(entry: zipfile.ZipInfo, shown: str) -> Finding | None:
    if is_link(entry):
        return _fault("document.link-outside", shown, f"{shown} is a link, which is not followed.")
    if entry.flag_bits & 1:
        return _fault("document.encrypted", shown, f"{shown} is encrypted.", "Make the archive without a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _fault("document.unknown-packing", shown, f"{shown} is packed by the method {entry.compress_type}.")
    return None


def read_fault(name: str, error: Exception) -> Finding:
    """What is told of an archive that was refused or is damaged."""
    if isinstance(error, DocumentRefusedError):
        return _fault(error.code, error.subject or name, error.message, error.hint or "Give the file itself.")
    return _fault("document.damaged", name, f"{name} cannot be read to its end: {error}.")


def _fault(code: str, name: str, message: str, fix: str = "Give the file itself.") -> Finding:
    return Finding(level=FindingLevel.MUST, code=code, message=message, source=Source(file=name), fix=fix)
