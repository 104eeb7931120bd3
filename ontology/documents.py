"""The gate for foreign documents: opens a file, a folder, a zip or a gz under limits, before any parser sees a byte.

Knows sizes, archives, encodings and rows of CSV; knows no standard. Nothing is unpacked to disk, nothing is fetched,
links that lead out of a folder are not followed. A fault is a finding, and the next document is read all the same.
Called by the readers.
"""

import codecs
import io
import os
import re
import stat
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Final

from .archives import Opener, is_link, list_zip, open_entry, open_gzip
from .errors import DocumentRefusedError, InputError
from .model import Finding, FindingLevel, Source
from .table_rows import Row, read_header, read_rows
from .text_check import HEAD_BYTES, TextCheck
from .workbooks import is_workbook, read_workbook

MAX_DOCUMENT_BYTES: Final = 1 << 30
"""One document, unpacked. The largest Turtle file of ESCO that we know has 34.5 MB."""
MAX_SOURCE_BYTES: Final = 4 << 30
"""All documents of one source together, unpacked."""
MAX_DOCUMENTS: Final = 10_000
MAX_ARCHIVE_DEPTH: Final = 3
"""Archives in archives."""
MAX_COMPRESSION_RATIO: Final = 200
"""Unpacked bytes for each packed one. Repetitive tables reach about 30, deflate's limit is 1,032."""
RATIO_FREE_BYTES: Final = 16 << 20
"""What may be unpacked before the ratio is looked at: a small table of one repeated row is no bomb."""
MAX_NESTED_ARCHIVE_BYTES: Final = 64 << 20
"""A zip inside another archive: it is in memory while its files are read, since its list is at its end."""
KEPT_BYTES: Final = 8 << 20
"""A document up to this size is kept in memory after the check; a larger one is opened again when it is read."""
MAX_KEPT_BYTES: Final = 64 << 20
"""All documents that are kept together; those behind them are opened again."""
CHUNK_BYTES: Final = 1 << 20

DATA_SUFFIXES: Final = frozenset(
    {
        *(".csv", ".json", ".jsonl", ".jsonld", ".nq", ".nt", ".ods", ".owl", ".rdf", ".trig", ".tsv", ".ttl"),
        *(".xlsx", ".xml", ".yaml", ".yml"),
    }
)
"""A document so named is meant to be read: its fault blocks. A picture in a folder is only told."""

__all__ = [
    "DATA_SUFFIXES",
    "Document",
    "Row",
    "open_source",
    "read_header",
    "read_rows",
]

_GZIP = b"\x1f\x8b"
_COMPOUND = b"\xd0\xcf\x11\xe0"
"""Office files before 2007, and later ones with a password."""
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_READ_FAULTS = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


class Document:
    """A foreign document that passed the gate: UTF-8, within the limits, no DTD. A byte order mark is no part of it."""

    __slots__ = ("_bytes", "_head", "_opener", "_remarks", "name", "row_starts")

    def __init__(self, *, name: str, data: bytes | None = None, opener: Opener | None = None):
        self.name = name
        """Path relative to the source, with `/`; what findings show."""
        self._bytes = data.removeprefix(codecs.BOM_UTF8) if data is not None else None
        self._opener = opener
        self._head: bytes | None = None
        self._remarks: dict[Finding, None] = {}
        self.row_starts: tuple[int, ...] | None = None
        """Of a sheet whose cells have several lines: the line at which each of its rows begins."""

    def open(self) -> IO[bytes]:
        """The bytes as a stream from the start; the caller closes it."""
        if self._bytes is not None:
            return io.BytesIO(self._bytes)
        assert self._opener is not None, "a document has bytes or an opener"
        stream = self._opener()
        if stream.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8:
            return stream
        stream.close()
        return self._opener()

    @property
    def data(self) -> bytes:
        """All bytes, read now."""
        if self._bytes is not None:
            return self._bytes
        with self.open() as stream:
            return stream.read()

    @property
    def head(self) -> bytes:
        """The first bytes, at most `HEAD_BYTES`: enough to tell the format."""
        if self._head is None:
            with self.open() as stream:
                self._head = stream.read(HEAD_BYTES)
        return self._head

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """What reading it has shown of its syntax that is told and does not stop anybody, each once."""
        return tuple(self._remarks)

    def remark(self, finding: Finding) -> None:
        """Adds to the remarks; what is there already is not added again."""
        self._remarks[finding] = None

    @property
    def basename(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name).name

    def text(self) -> str:
        """All of it as text."""
        return self.data.decode()

    def lines(self) -> io.TextIOWrapper:
        """The text as a stream of lines, their ends kept as csv wants them; the caller closes it."""
        return io.TextIOWrapper(self.open(), encoding="utf-8", newline="")


def open_source(path: Path) -> Iterator[Document | Finding]:
    """The documents of a file, folder or archive, sorted by name, and a finding for each that the gate turns away.

    Names that begin with a dot, and what macOS adds to archives, are not part of a source.

    Raises:
        InputError: there is nothing at `path`, or it may not be read.
    """
    return _Gate().open(path)


def open_fetched(items: Iterable[tuple[str, bytes] | Finding]) -> Iterator[Document | Finding]:
    """Documents of (name, bytes) from elsewhere, through the same checks; findings are passed on in their place.

    What is too large to be kept in memory is written to a file that goes with its document.
    """
    return _Gate().open_fetched(items)


class _Spooled:
    """Bytes in a file without a name to be found by; it goes when nothing refers to this any more."""

    def __init__(self, data: bytes):
        descriptor, self._path = tempfile.mkstemp(prefix="headwater-")
        weakref.finalize(self, _remove, self._path)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)

    def open(self) -> IO[bytes]:
        return Path(self._path).open("rb")


def _remove(path: str) -> None:
    Path(path).unlink(missing_ok=True)


class _Gate:
    """One source on its way in: what it has taken of the limits so far."""

    def __init__(self) -> None:
        self._taken_bytes = 0
        self._kept_bytes = 0
        self._unpacked_bytes = 0
        """What came out of archives so far."""
        self._packed_bytes = 0
        """What the archives have on disk."""
        self._nested: tuple[str, bytes] = ("", b"")
        """The zip inside another archive that was read last."""
        self._documents = 0
        self._name = ""
        """What is being opened."""

    def open(self, path: Path) -> Iterator[Document | Finding]:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            raise InputError(
                f"There is nothing to read at {path}: {error.strerror}.",
                code="input.missing-file",
                hint="Check the path; a file, a folder, a .zip or a .gz can be given.",
            ) from error
        if stat.S_ISDIR(mode):
            return self._limited(self._open_folder(path))
        if not stat.S_ISREG(mode):
            raise InputError(f"{path} is neither a file nor a folder.", code="input.missing-file")
        return self._limited(self._open_file(path, path.name, named=True))

    def open_fetched(self, items: Iterable[tuple[str, bytes] | Finding]) -> Iterator[Document | Finding]:
        return self._limited(self._open_fetched(items))

    def _open_fetched(self, items: Iterable[tuple[str, bytes] | Finding]) -> Iterator[Document | Finding]:
        for item in items:
            if isinstance(item, Finding):
                yield item
                continue
            name, data = item
            small = len(data) <= min(KEPT_BYTES, MAX_KEPT_BYTES - self._kept_bytes)
            opener: Opener = partial(io.BytesIO, data) if small else _Spooled(data).open
            size = len(data)
            del data, item
            yield from self._open_stream(name, opener, packed=size, depth=0, named=True, unpacked=False)

    def _limited(self, documents: Iterator[Document | Finding]) -> Iterator[Document | Finding]:
        nothing = True
        try:
            for document in documents:
                nothing = False
                yield document
        except DocumentRefusedError as error:
            yield Finding(
                level=FindingLevel.MUST,
                code=error.code,
                message=error.message,
                source=Source(file=error.subject or self._name),
                fix=error.hint,
            )
            return
        if nothing:
            yield Finding(
                level=FindingLevel.MUST,
                code="document.nothing-inside",
                message="The source has no file in it.",
                fix="Name the folder or archive that holds the data.",
            )

    def _open_folder(self, root: Path) -> Iterator[Document | Finding]:
        resolved_root = Path(os.path.realpath(root))
        seen: set[Path] = set()
        for path in _walk(root):
            name = _shown(path.relative_to(root))
            resolved = Path(os.path.realpath(path))
            if path.is_dir() and not path.is_symlink():
                yield _finding(
                    "document.damaged",
                    name,
                    f"The folder {name} cannot be listed.",
                    "Make it readable, or move it away.",
                )
            elif not resolved.is_relative_to(resolved_root):
                yield _finding(
                    "document.link-outside",
                    name,
                    f"{name} is a link that leads out of the folder and was not followed.",
                    "Copy the file into the folder.",
                )
            elif not os.access(path, os.F_OK):
                yield _finding(
                    "document.damaged", name, f"{name} is a link to nothing.", "Put the file there, or remove the link."
                )
            elif resolved not in seen and path.is_file():
                seen.add(resolved)
                yield from self._open_file(path, name, named=False)

    def _open_file(self, path: Path, name: str, *, named: bool) -> Iterator[Document | Finding]:
        yield from self._open_stream(
            name, lambda: path.open("rb"), packed=path.stat().st_size, depth=0, named=named, unpacked=False
        )

    def _open_stream(
        self, name: str, opener: Opener, *, packed: int, depth: int, named: bool, unpacked: bool
    ) -> Iterator[Document | Finding]:
        """Documents behind one stream; `packed` is its size on disk, `unpacked` that an archive was opened."""
        self._name = name
        try:
            with opener() as stream:
                start = stream.read(4)
        except _READ_FAULTS as error:
            yield _damaged(name, error)
            return
        if start == _COMPOUND:
            yield _office_file(name, named=named)
            return
        if depth == 0 and (start.startswith(_GZIP) or start in _ZIPS):
            self._packed_bytes += packed
        if not (start.startswith(_GZIP) or start in _ZIPS):
            yield (
                self._check(name, opener, packed=packed, named=named)
                if unpacked
                else self._check(name, opener, packed=None, named=named, size_on_disk=packed)
            )
        elif depth >= MAX_ARCHIVE_DEPTH:
            yield _finding(
                "document.too-deep",
                name,
                f"{name} is an archive in {depth} others; {MAX_ARCHIVE_DEPTH} are allowed.",
                "Unpack it first.",
            )
        elif start.startswith(_GZIP):
            inner = name[:-3] if name.lower().endswith(".gz") else name
            yield from self._open_stream(
                inner,
                partial(open_gzip, opener),
                packed=packed,
                depth=depth + 1,
                named=named,
                unpacked=True,
            )
        else:
            yield from self._open_zip(name, opener, packed=packed if unpacked else None, depth=depth, named=named)

    def _open_zip(
        self, name: str, opener: Opener, *, packed: int | None, depth: int, named: bool
    ) -> Iterator[Document | Finding]:
        inner = opener if packed is None else partial(self._open_nested, name, opener, packed)
        try:
            entries = list_zip(inner)
        except _READ_FAULTS as error:
            yield _damaged(name, error)
            return
        if is_workbook([entry.filename for entry in entries]):
            yield from self._open_workbook(name, inner, named=named)
            return
        if any(entry.filename == "[Content_Types].xml" for entry in entries):
            yield _office_file(name, named=named)
            return
        self._foresee(name, entries)
        prefix = "" if named else f"{name}/"
        seen: set[str] = set()
        for entry in entries:
            shown = f"{prefix}{entry.filename}"
            fault = _entry_fault(entry, shown, seen)
            seen.add(entry.filename)
            if fault:
                yield fault
            elif not entry.is_dir() and not _ignored(PurePosixPath(entry.filename)):
                yield from self._open_stream(
                    shown,
                    partial(open_entry, inner, entry),
                    packed=entry.compress_size,
                    depth=depth + 1,
                    named=False,
                    unpacked=True,
                )

    def _open_workbook(self, name: str, opener: Opener, *, named: bool) -> Iterator[Document | Finding]:
        """Each sheet as a document `<workbook>/<sheet>.csv`, which findings name; their lines are the sheet's rows."""
        try:
            sheets = read_workbook(name, opener)
        except DocumentRefusedError as error:
            yield _finding(error.code, name, error.message, error.hint or "", level=_level(name, named=named))
            return
        if not sheets:
            yield _finding("document.empty", name, f"{name} has no filled cell.", "Fill in a sheet, or leave it out.")
        for sheet in sheets:
            shown = "_".join(sheet.name.replace("/", " ").split())
            document = self._check(f"{name}/{shown}.csv", partial(io.BytesIO, sheet.data), packed=None, named=named)
            if isinstance(document, Document):
                document.row_starts = sheet.starts
            yield document

    def _open_nested(self, name: str, opener: Opener, packed: int) -> IO[bytes]:
        """A zip that is inside another archive, in memory: of the last one the bytes are still there."""
        if self._nested[0] != name:
            parts: list[bytes] = []
            size = 0
            with opener() as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    size += len(chunk)
                    self._limit(name, size, packed)
                    if size > MAX_NESTED_ARCHIVE_BYTES:
                        raise DocumentRefusedError(
                            f"{name} is an archive in an archive and has more than {MAX_NESTED_ARCHIVE_BYTES:,} bytes.",
                            code="document.too-large",
                            hint="Unpack the outer one first.",
                            subject=name,
                        )
                    parts.append(chunk)
            self._nested = (name, b"".join(parts))
        return io.BytesIO(self._nested[1])

    def _foresee(self, name: str, entries: Sequence[zipfile.ZipInfo]) -> None:
        """Refuses a zip that says itself that it swells beyond measure; no more than it says is ever read of it."""
        unpacked = sum(entry.file_size for entry in entries)
        if self._taken_bytes + unpacked > MAX_SOURCE_BYTES:
            raise _source_too_large(name)
        if unpacked > RATIO_FREE_BYTES and unpacked > MAX_COMPRESSION_RATIO * sum(
            each.compress_size for each in entries
        ):
            raise _swells(name)

    def _limit(self, name: str, size: int, packed: int | None) -> None:
        if size > MAX_DOCUMENT_BYTES:
            raise DocumentRefusedError(
                f"{name} has more than {MAX_DOCUMENT_BYTES:,} bytes, the most that one document may have.",
                code="document.too-large",
                hint="Split it into several files.",
                subject=name,
            )
        if self._taken_bytes + size > MAX_SOURCE_BYTES:
            raise _source_too_large(name)
        if packed is None:
            return
        unpacked = self._unpacked_bytes + size
        alone = size > RATIO_FREE_BYTES and size > packed * MAX_COMPRESSION_RATIO
        if alone or (unpacked > RATIO_FREE_BYTES and unpacked > self._packed_bytes * MAX_COMPRESSION_RATIO):
            raise _swells(name)

    def _check(
        self, name: str, opener: Opener, *, packed: int | None, named: bool, size_on_disk: int = 0
    ) -> Document | Finding:
        """The document, or what is wrong with it. Reads it once, a chunk at a time."""
        self._documents += 1
        if self._documents > MAX_DOCUMENTS:
            raise DocumentRefusedError(
                f"The source has more than {MAX_DOCUMENTS:,} files; reading stopped at {name}.",
                code="document.too-many",
                hint="Load it in several parts.",
                subject=name,
            )
        check = TextCheck(name, level=_level(name, named=named), size=size_on_disk)
        kept: list[bytes] | None = []
        size = 0
        self._limit(name, size_on_disk, packed)
        try:
            with opener() as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    size += len(chunk)
                    self._limit(name, size, packed)
                    fault = check.feed(chunk)
                    if fault:
                        return fault
                    if kept is not None:
                        kept.append(chunk)
                        kept = kept if size <= min(KEPT_BYTES, MAX_KEPT_BYTES - self._kept_bytes) else None
        except _READ_FAULTS as error:
            return _damaged(name, error)
        self._taken_bytes += size
        self._unpacked_bytes += size if packed is not None else 0
        fault = check.finish(size)
        if fault:
            return fault
        if kept is None:
            return Document(name=name, opener=opener)
        self._kept_bytes += size
        return Document(name=name, data=b"".join(kept))


def _source_too_large(name: str) -> DocumentRefusedError:
    return DocumentRefusedError(
        f"The source has more than {MAX_SOURCE_BYTES:,} bytes; reading stopped at {name}.",
        code="document.too-large",
        hint="Load it in several parts.",
        subject=name,
    )


def _swells(name: str) -> DocumentRefusedError:
    return DocumentRefusedError(
        f"{name} unpacks to more than {MAX_COMPRESSION_RATIO} times its packed size, as harmful archives do.",
        code="document.archive-bomb",
        hint="Unpack it yourself if you trust it.",
        subject=name,
    )


def _walk(root: Path) -> Iterator[Path]:
    """Files and links below a folder, sorted by name, then the folders that cannot be listed.

    A linked folder that lies inside is read at its own place.
    """
    shut: list[Path] = []
    for folder, folders, files in os.walk(root, onerror=lambda error: shut.append(Path(error.filename))):
        kept = sorted(name for name in folders if not _ignored(PurePosixPath(name)))
        folders[:] = [name for name in kept if not (Path(folder) / name).is_symlink()]
        links = [name for name in kept if (Path(folder) / name).is_symlink()]
        for name in sorted([*links, *(name for name in files if not _ignored(PurePosixPath(name)))]):
            yield Path(folder) / name
    yield from sorted(shut)


def _ignored(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part in {"__MACOSX", "Thumbs.db", "desktop.ini"} for part in path.parts)


def _shown(path: Path) -> str:
    return os.fsencode(path.as_posix()).decode("utf-8", "replace")


def _level(name: str, *, named: bool) -> FindingLevel:
    meant = named or PurePosixPath(name).suffix.lower() in DATA_SUFFIXES
    return FindingLevel.MUST if meant else FindingLevel.SHOULD


def _finding(code: str, name: str, message: str, fix: str, *, level: FindingLevel = FindingLevel.MUST) -> Finding:
    return Finding(level=level, code=code, message=message, source=Source(file=name), fix=fix)


def _office_file(name: str, *, named: bool) -> Finding:
    return _finding(
        "document.office-file",
        name,
        f"{name} is an office document, or an old or locked spreadsheet; tables are read as .xlsx, .ods or CSV.",
        "Save it as .xlsx without a password, or each sheet as CSV UTF-8.",
        level=_level(name, named=named),
    )


def _damaged(name: str, error: Exception) -> Finding:
    return _finding(
        "document.damaged",
        name,
        f"{name} cannot be read to its end: {error}.",
        "Copy or download the file again.",
    )


def _entry_fault(entry: zipfile.ZipInfo, shown: str, seen: set[str]) -> Finding | None:
    name = entry.filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name):
        return _finding(
            "document.unsafe-name",
            shown,
            f"The archive names a file outside of itself: {name!r}.",
            "Make the archive again with relative names.",
        )
    if is_link(entry):
        return _finding(
            "document.link-outside",
            shown,
            f"{shown} is a link; links in archives are not followed.",
            "Archive the file.",
        )
    if entry.flag_bits & 1:
        return _finding("document.encrypted", shown, f"{shown} is encrypted.", "Make the archive without a password.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return _finding(
            "document.unknown-packing",
            shown,
            f"{shown} is packed by the method {entry.compress_type}, expected deflate.",
            "Make the archive again as a plain zip.",
        )
    if name in seen:
        return _finding(
            "document.duplicate-name", shown, f"The archive holds {name} more than once.", "Keep one of the two."
        )
    return None
