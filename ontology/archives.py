"""Streams out of gz and zip archives that close what they were opened from. Knows no limits: those are the gate's.

Called by `documents`.
"""

import gzip
import io
import os
import zipfile
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Opener = Callable[[], IO[bytes]]
BUFFER_BYTES: Final = 1 << 20


class _Chained(io.RawIOBase):
    """A stream that closes the archive it comes from with itself; the standard library leaves that to its caller."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, *owners: IO[bytes] | zipfile.ZipFile):
        self._stream = stream
        self._owners = owners

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            for owner in self._owners:
                owner.close()
        super().close()


def open_gzip(opener: Opener) -> IO[bytes]:
    """The unpacked content of a gz, as a stream that the caller closes."""
    outer = opener()
    return io.BufferedReader(_Chained(gzip.GzipFile(fileobj=outer, mode="rb"), outer), BUFFER_BYTES)


def open_entry(opener: Opener, entry: zipfile.ZipInfo) -> IO[bytes]:
    """The unpacked content of one file of a zip, as a stream that the caller closes."""
    outer = opener()
    try:
        archive = zipfile.ZipFile(outer)
        return io.BufferedReader(_Chained(archive.open(entry), archive, outer), BUFFER_BYTES)
    except BaseException:
        outer.close()
        raise
