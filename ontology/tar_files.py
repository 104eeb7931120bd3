"""The files of a tar archive, read forward from a stream under limits: POSIX (ustar, pax) and GNU forms.

Links, devices and folders are told by their kind and have no content. Knows headers; sizes of what is inside are the
caller's matter. Called by `learner_sources`. Source: POSIX.1-2017, pax, "ustar Interchange Format".
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from .errors import DocumentRefusedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK_BYTES: Final = 512
MAX_HEADER_BYTES: Final = 1 << 16
"""Of the names and attributes that stand before an entry."""
_MAGIC_AT: Final = 257
_MAGIC: Final = b"ustar"
_FILES: Final = (b"0", b"\0", b"7")
_FOLDER: Final = b"5"
_LINKS: Final = (b"1", b"2")
_LONG_NAME, _LONG_LINK, _PAX, _PAX_OF_ALL = b"L", b"K", b"x", b"g"
_SKIPPED_BYTES: Final = 1 << 20
_PAX_RECORD: Final = re.compile(rb"(\d{1,9}) ([^=]+)=")


@dataclass(frozen=True, slots=True, kw_only=True)
class TarEntry:
    """One entry; its content can be read until the next one is asked for."""

    name: str
    size: int
    stream: IO[bytes]
    is_file: bool
    is_link: bool = False
    is_folder: bool = False


def is_tar(head: bytes) -> bool:
    """Whether a stream that begins so is a tar archive."""
    return head[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] == _MAGIC and _sum_fits(head[:BLOCK_BYTES])


def tar_entries(stream: IO[bytes]) -> Iterator[TarEntry]:
    """The entries in their order. Raises DocumentRefusedError (`document.damaged`) where it is none, or cut off."""
    name, size = None, None
    while True:
        header = _read(stream, BLOCK_BYTES)
        if not header.strip(b"\0"):
            return
        if not _sum_fits(header):
            raise _damaged("a header's sum is wrong")
        kind, length = header[156:157], _number(header[124:136])
        if kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_OF_ALL):
            if length > MAX_HEADER_BYTES:
                raise _damaged(f"a header has {length:,} bytes")
            body = _read(stream, length)
            _skip(stream, -length % BLOCK_BYTES)
            if kind == _LONG_NAME:
                name = _text(body)
            elif kind == _PAX:
                said = _pax(body)
                name = _text(said[b"path"]) if b"path" in said else name
                size = int(said[b"size"]) if said.get(b"size", b"").isdigit() else size
            continue
        length = length if size is None else size
        content = _Content(stream, length)
        yield TarEntry(
            name=name if name is not None else _name(header),
            size=length,
            stream=io.BufferedReader(content),
            is_file=kind in _FILES,
            is_link=kind in _LINKS,
            is_folder=kind == _FOLDER,
        )
        _skip(stream, content.left + (-length % BLOCK_BYTES))
        name, size = None, None


class _Content(io.RawIOBase):
    """So many bytes of a stream."""

    def __init__(self, stream: IO[bytes], left: int):
        self._stream = stream
        self.left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        wanted = min(len(view), self.left)
        data = self._stream.read(wanted) if wanted else b""
        if wanted and not data:
            raise _damaged("it ends in the middle")
        view[: len(data)] = data
        self.left -= len(data)
        return len(data)


def _read(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise _damaged("it ends in the middle")
    return data


def _skip(stream: IO[bytes], length: int) -> None:
    while length > 0:
        length -= len(_read(stream, min(length, _SKIPPED_BYTES)))


def _sum_fits(header: bytes) -> bool:
    if len(header) < BLOCK_BYTES:
        return False
    said = header[148:156].strip(b" \0")
    total = sum(header) - sum(header[148:156]) + 8 * ord(" ")
    return bool(re.fullmatch(rb"[0-7]{1,8}", said)) and int(said, 8) == total


def _number(field: bytes) -> int:
    """Octal digits, or with the first bit set a binary number."""
    if field[0] & 0x80:
        return int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    digits = field.strip(b" \0")
    if not re.fullmatch(rb"[0-7]*", digits):
        raise _damaged("a size is no number")
    return int(digits or b"0", 8)


def _name(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    return f"{prefix}/{name}" if prefix and header[257:263] == b"ustar\0" else name


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def _pax(body: bytes) -> dict[bytes, bytes]:
    """Attributes, each written as its length, a blank, name=value and a line end."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(body):
        record = _PAX_RECORD.match(body, at)
        length = int(record[1]) if record else 0
        if record is None or length <= record.end() - at or at + length > len(body):
            raise _damaged("an attribute is cut off")
        found[record[2]] = body[record.end() : at + length - 1]
        at += length
    return found


def _damaged(why: str) -> DocumentRefusedError:
    return DocumentRefusedError(
        f"The tar archive cannot be read: {why}.", code="document.damaged", hint="Copy or download the file again."
    )
