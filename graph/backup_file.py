"""The file of a backup: a tar of a fixed form, every byte of which is covered by a checksum at its end.

Members, in this order: `headwater-backup` (the version of the form), the files, `backup.json` (what the backup is of,
and size and SHA-256 of each file), `sha256` (of every byte before). Headers are the same for the same names and sizes:
whatever else a tar may hold (links, folders, owners, extensions) is refused. Any tar program lists and unpacks it.
Written and read as a stream, in bounded memory. Knows nothing of releases. Called by `backup`.
"""

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from ontology.errors import DamagedError, InputError, UnavailableError

FORM = 1
"""Version of the form; a file of a higher one is not read."""
HEADING = "headwater-backup"
CONTENTS = "backup.json"
CHECKSUM = "sha256"
MAXIMUM_CONTENTS_BYTES = 256 * 1024 * 1024
"""Of `backup.json`: about a million files."""
CHUNK_BYTES = 1 << 20
_BLOCK = tarfile.BLOCKSIZE
_MODE = 0o600
_LARGEST_OCTAL = 8**11 - 1
"""Sizes above do not fit the eleven octal digits of ustar: 8 GiB."""
_END = bytes(2 * _BLOCK)
_HINT = "Use another copy of the backup, or an older one; this one restores nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in a backup."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a backup says of itself."""

    about: Mapping[str, object]
    members: tuple[Member, ...]
    sha256: str
    """Of the whole file."""


def damaged(file: str, what: str) -> DamagedError:
    """The error that a backup is not whole."""
    return DamagedError(f"{file} is no whole backup: {what}.", code="backup.damaged", hint=_HINT, subject=file)


@contextmanager
def writing_backup(file: str) -> Iterator[None]:
    """Faults of the disk as UnavailableError `backup.not-writable`."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{file} cannot be written: {error.strerror or error}.",
            code="backup.not-writable",
            hint="Free space, or name another place; there is no backup.",
            subject=file,
        ) from error


class BackupWriter:
    """Writes the members one after the other. Raises UnavailableError where it cannot."""

    def __init__(self, raw: IO[bytes], file: str) -> None:
        self._raw = raw
        self._file = file
        self._digest = hashlib.sha256()
        self._members: list[Member] = []
        self._add(HEADING, f"{FORM}\n".encode())

    def add(self, path: str, size: int, chunks: Iterable[bytes]) -> None:
        """Nothing; the file is in the backup. Raises DamagedError where there are more or fewer bytes than `size`."""
        self._write(_header(path, size))
        digest = hashlib.sha256()
        written = 0
        for chunk in chunks:
            written += len(chunk)
            digest.update(chunk)
            self._write(chunk)
        if written != size:
            raise DamagedError(
                f"{path} has {written} bytes and had {size} when it was opened.",
                code="archive.damaged",
                hint="Something else writes into the data folder. Try again.",
            )
        self._write(_padding(size))
        self._members.append(Member(path=path, size=size, sha256=digest.hexdigest()))

    def finish(self, about: Mapping[str, object]) -> Contents:
        """What was written, with the SHA-256 of the whole file."""
        files = [{"path": each.path, "size": each.size, "sha256": each.sha256} for each in self._members]
        contents = {**about, "files": files, "sha256": _digest_of(self._members)}
        self._add(CONTENTS, json.dumps(contents, ensure_ascii=False, indent=1, sort_keys=True).encode())
        self._write(_trailer(self._digest.hexdigest()))
        return Contents(about=about, members=tuple(self._members), sha256=self._digest.hexdigest())

    def _add(self, path: str, content: bytes) -> None:
        self._write(_header(path, len(content)) + content + _padding(len(content)))

    def _write(self, content: bytes) -> None:
        self._digest.update(content)
        with writing_backup(self._file):
            self._raw.write(content)


Receive = Callable[[str, int, Iterator[bytes]], None]
"""Given (path, size, bytes) of a file; what it does not read is passed over."""


def read_backup(raw: IO[bytes], file: str, receive: Receive) -> Contents:
    """What is in the backup, when every byte of it has been checked; nothing that `receive` got is good before.

    Raises:
        DamagedError: it is no backup, or not whole (`backup.damaged`).
        InputError: a later version made it (`backup.version`).
    """
    return _BackupReader(raw, file).read(receive)


class _BackupReader:
    def __init__(self, raw: IO[bytes], file: str) -> None:
        self._raw = raw
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, receive: Receive) -> Contents:
        """What is in it."""
        self._check_heading()
        members: list[Member] = []
        while (entry := self._next())[0] != CONTENTS:
            path, size = entry
            digest = hashlib.sha256()
            chunks = self._chunks(size, digest)
            receive(path, size, chunks)
            for _ in chunks:
                pass
            self._take_padding(path, size)
            members.append(Member(path=path, size=size, sha256=digest.hexdigest()))
        about = self._contents(entry[1], members)
        expected = _trailer(self._digest.hexdigest())
        if self._raw.read(len(expected) + 1) != expected:
            raise damaged(self._file, "its checksum at the end is another one, or it goes on")
        self._digest.update(expected)
        return Contents(about=about, members=tuple(members), sha256=self._digest.hexdigest())

    def _check_heading(self) -> None:
        block = self._raw.read(_BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.TarError, ValueError):
            info = tarfile.TarInfo()
        if info.name != HEADING or not 0 < info.size <= _BLOCK or block != _header(HEADING, info.size):
            raise damaged(self._file, f"it does not begin with a file {HEADING}")
        self._digest.update(block)
        form = b"".join(self._chunks(info.size, hashlib.sha256()))
        self._take_padding(HEADING, info.size)
        if form == f"{FORM}\n".encode():
            return
        if form.strip().isdigit() and int(form) > FORM:
            raise InputError(
                f"{self._file} is a backup of form {int(form)}, this version of Headwater reads form {FORM}.",
                code="backup.version",
                hint="Use the version that made it, or a later one.",
                subject=self._file,
            )
        raise damaged(self._file, "the version of its form cannot be read")

    def _next(self) -> tuple[str, int]:
        """(path, size) of the next member. Raises DamagedError for whatever is not written as we write it."""
        block = self._take(_BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
            same = block == _header(info.name, info.size)
        except (tarfile.TarError, ValueError) as error:
            raise damaged(self._file, f"a header is not that of a file ({error})") from error
        if not same:
            raise damaged(self._file, f"the header of {info.name!r} is not that of a plain file")
        return info.name, info.size

    def _chunks(self, size: int, digest: "hashlib._Hash") -> Iterator[bytes]:
        left = size
        while left:
            chunk = self._take(min(left, CHUNK_BYTES))
            digest.update(chunk)
            left -= len(chunk)
            yield chunk

    def _take_padding(self, path: str, size: int) -> None:
        if any(self._take(len(_padding(size)))):
            raise damaged(self._file, f"there is something behind the end of {path!r}")

    def _take(self, size: int) -> bytes:
        content = self._raw.read(size)
        if len(content) != size:
            raise damaged(self._file, "it is cut off")
        self._digest.update(content)
        return content

    def _contents(self, size: int, members: list[Member]) -> Mapping[str, object]:
        if size > MAXIMUM_CONTENTS_BYTES:
            raise damaged(self._file, f"its {CONTENTS} has {size} bytes")
        content = b"".join(self._chunks(size, hashlib.sha256()))
        self._take_padding(CONTENTS, size)
        try:
            stated = json.loads(content)
            files = [Member(**each) for each in stated.pop("files")]
            whole = stated.pop("sha256")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise damaged(self._file, f"its {CONTENTS} cannot be read ({error})") from error
        if files != members or whole != _digest_of(members):
            raise damaged(self._file, _first_difference(files, members))
        about: Mapping[str, object] = stated
        return about


def _first_difference(stated: list[Member], found: list[Member]) -> str:
    listed, there = {each.path: each for each in stated}, {each.path: each for each in found}
    for path in listed:
        if path not in there:
            return f"{path!r} is missing"
    for path, member in there.items():
        if path not in listed:
            return f"{path!r} is not among its files"
        if listed[path] != member:
            return f"{path!r} does not have the checksum that it must have"
    return "its files are not in the order that it states, or are there twice"


def _digest_of(members: Iterable[Member]) -> str:
    """SHA-256 of the list, written as `sha256sum` writes it."""
    lines = "".join(f"{each.sha256}  {each.path}\n" for each in members)
    return hashlib.sha256(lines.encode()).hexdigest()


def _header(path: str, size: int) -> bytes:
    """The 512 bytes before a file. Raises ValueError for a name that does not fit ustar."""
    info = tarfile.TarInfo(path)
    info.mode = _MODE
    if size <= _LARGEST_OCTAL:
        info.size = size
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
    block[124:136] = b"\x80" + size.to_bytes(11, "big")  # as GNU tar writes what is larger
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def _padding(size: int) -> bytes:
    return bytes(-size % _BLOCK)


def _trailer(digest: str) -> bytes:
    content = f"{digest}\n".encode()
    return _header(CHECKSUM, len(content)) + content + _padding(len(content)) + _END
