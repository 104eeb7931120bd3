"""Streams out of gz and zip archives that close what they were opened from, and what makes a zip harmful by its list.

A zip's list of files is looked at before any of them is opened; sizes of what is unpacked are the gate's matter.
Called by `documents`.
"""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Final

from .errors import DocumentRefusedError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Opener = Callable[[], IO[bytes]]
BUFFER_BYTES: Final = 1 << 20
MAX_ENTRIES: Final = 20_000
"""Files and folders that a zip may list."""
MAX_LIST_BYTES: Final = 4 << 20
"""The list of files of a zip: some 200 bytes for each. It is refused before it is read."""
MAX_MEMBERS: Final = 65_536
"""Parts of one gz. A file of bgzip has one for each 64 KiB, so this is the largest document that the gate takes."""
_LOCAL_HEADER_BYTES: Final = 30
_PACKED_BYTES: Final = 1 << 16


class _Gunzipped(io.RawIOBase):
    """The content of a gz of one or more members, each with its checksum; zeros after the last one are padding."""

    def __init__(self, packed: IO[bytes]):
        self._packed = packed
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""
        self._members = 1
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        while not self._ended:
            if not self._input and not self._refill():
                break
            data = self._member.decompress(self._input, len(view))
            self._input = self._member.unconsumed_tail
            if self._member.eof:
                self._input = self._member.unused_data
                self._begin_next()
            if data:
                view[: len(data)] = data
                return len(data)
        return 0

    def _refill(self) -> bool:
        self._input = self._packed.read(_PACKED_BYTES)
        if self._input:
            return True
        if not self._ended:
            # what the last input left inside the decompressor may still come out, so its end is asked for
            rest = self._member.flush()
            if rest or not self._member.eof:
                raise EOFError("it ends in the middle")
        self._ended = True
        return False

    def _begin_next(self) -> None:
        """The next member, or the end where only zeros are left."""
        while True:
            self._input = self._input.lstrip(b"\x00")
            if self._input:
                break
            self._input = self._packed.read(_PACKED_BYTES)
            if not self._input:
                self._ended = True
                return
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise DocumentRefusedError(
                f"A gz has more than {MAX_MEMBERS:,} parts.",
                code="document.archive-bomb",
                hint="Unpack it yourself if you trust it, and pack it in one part.",
            )
        self._member = zlib.decompressobj(wbits=31)

    def close(self) -> None:
        if not self.closed:
            self._packed.close()
        super().close()


class _BoundedList(io.RawIOBase):
    """A stream out of which no more than a zip's list may be read at once: `zipfile` reads the whole list so."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, MAX_LIST_BYTES + 1) if size >= 0 else MAX_LIST_BYTES + 1)
        if len(data) > MAX_LIST_BYTES:
            raise too_many_entries()
        return data


def too_many_entries() -> DocumentRefusedError:
    """A zip lists more than the gate reads."""
    return DocumentRefusedError(
        f"An archive lists more than {MAX_ENTRIES:,} files.",
        code="document.too-many",
        hint="Load it in several parts.",
    )


def list_zip(opener: Opener) -> list[zipfile.ZipInfo]:
    """The entries of a zip, sorted by name.

    Raises:
        DocumentRefusedError: `document.too-many`; `document.archive-bomb` where two of them share bytes.
    """
    with opener() as stream, zipfile.ZipFile(_BoundedList(stream)) as archive:
        entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise too_many_entries()
    _refuse_overlaps(entries)
    return sorted(entries, key=lambda entry: entry.filename)


def _refuse_overlaps(entries: Sequence[zipfile.ZipInfo]) -> None:
    """Small zips swell to any size where many entries are the same packed bytes (Fifield, WOOT 2019)."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise DocumentRefusedError(
                f"Two files of an archive share the same bytes, {entry.filename[:120]!r} and one before it.",
                code="document.archive-bomb",
                hint="Make the archive again.",
            )
        end = entry.header_offset + _LOCAL_HEADER_BYTES + entry.compress_size


def is_link(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a symbolic link."""
    return stat.S_ISLNK(entry.external_attr >> 16)


def open_gzip(opener: Opener) -> IO[bytes]:
    """The unpacked content of a gz, as a stream that the caller closes; it only goes forward."""
    return io.BufferedReader(_Gunzipped(opener()), BUFFER_BYTES)


class _Entry(io.RawIOBase):
    """The content of one file of a zip; closes the archive's stream with itself."""

    def __init__(self, stream: zipfile.ZipExtFile, owner: IO[bytes]):
        self._stream = stream
        self._owner = owner

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._owner.close()
        super().close()


def open_entry(opener: Opener, entry: zipfile.ZipInfo) -> IO[bytes]:
    """The unpacked content of one file of a zip, as a stream that the caller closes. The list is not read again."""
    outer = opener()
    try:
        outer.seek(entry.header_offset)
        header = outer.read(_LOCAL_HEADER_BYTES)
        if len(header) < _LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
            raise zipfile.BadZipFile("the list of files leads to no file")
        outer.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), os.SEEK_CUR)
        return io.BufferedReader(_Entry(zipfile.ZipExtFile(outer, "r", entry, None, False), outer), BUFFER_BYTES)
    except BaseException:
        outer.close()
        raise
