"""A log in a file: entries are only appended, each chained to the one before it by its hash, and their number anchored.

A line that was changed, removed or put elsewhere breaks the chain; lines cut off at the end are told by the anchor, a
file beside it with the number of entries and the last hash. What an entry says is on the disk when `append` returns; a
line that a kill cut off was never acknowledged and goes at the next writing. Whoever can write both files can make both
anew: the last hash, kept elsewhere (exports and receipts have it), tells that. Knows nothing of what entries mean.
Called by `learner_log`, which says who may append; `issuer_register` chains its lines the same way.
"""

import hashlib
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from ontology.errors import DamagedError

from .archive import sync_folder, write_durably, writing

START: Final = "0" * 64
"""What the first entry is chained to."""
_HASH_BYTES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How far a log goes."""

    count: int
    hash: str
    """Of the last entry and all before it."""


class ChainedLog:
    """A log in a file, as far as it has been read. Safe from several threads; one process at a time appends."""

    def __init__(self, path: Path, *, take: Callable[[bytes, int], None], forget: Callable[[], None]) -> None:
        """The log of a path; nothing is read yet.

        Args:
            take: is given each entry and its place in the file, in order, once.
            forget: is called where the file is another one now, before it is read from its beginning.
        """
        self._path = path
        self._anchor_path = path.with_name(f"{path.stem}.anchor")
        self._given, self._forgotten = take, forget
        self._lock = threading.RLock()
        self._start_over()

    def _start_over(self) -> None:
        self._inode, self._offset, self._count, self._chain = -1, 0, 0, START
        self._forgotten()

    def refresh(self) -> Head:
        """How far it goes, after what was appended meanwhile, by any process, was taken. Raises DamagedError."""
        with self._lock:
            anchor = self._anchor()  # before the log: that is never behind it
            try:
                with self._path.open("rb") as file:
                    found = os.fstat(file.fileno())
                    if (found.st_ino, found.st_size >= self._offset) != (self._inode, True):
                        self._start_over()
                        self._inode = found.st_ino
                    file.seek(self._offset)
                    self._hold_against(anchor)
                    for line in file:
                        if not line.endswith(b"\n"):
                            break  # it is being written, or was cut off: not acknowledged
                        self._take(line)
                        self._hold_against(anchor)
            except FileNotFoundError:
                self._start_over()
            except OSError as error:
                raise self._damaged(f"cannot be read: {error.strerror or error}") from error
            if anchor is not None and self._count < anchor.count:
                raise self._damaged(f"has {self._count} entries of {anchor.count}: its end was cut off")
            if anchor is None and self._count:
                raise self._damaged(f"has no {self._anchor_path.name} beside it")
            return Head(count=self._count, hash=self._chain)

    def _hold_against(self, anchor: Head | None) -> None:
        if anchor is not None and anchor.count == self._count and anchor.hash != self._chain:
            raise self._damaged(f"is not what was written: entry {self._count} is another one")

    def _anchor(self) -> Head | None:
        try:
            content = orjson.loads(self._anchor_path.read_bytes())
            return Head(count=int(content["count"]), hash=str(content["hash"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"cannot be read: {error}", self._anchor_path) from error

    def _take(self, line: bytes) -> None:
        chained, content = line[:_HASH_BYTES], line[_HASH_BYTES + 1 : -1]
        expected = link(self._chain, content)
        if chained.decode("ascii", "replace") != expected:
            raise self._damaged(f"is not what was written at byte {self._offset}: a line was changed or removed")
        self._given(content, self._offset)
        self._chain = expected
        self._count += 1
        self._offset += len(line)

    def _damaged(self, what: str, path: Path | None = None) -> DamagedError:
        return DamagedError(
            f"{path or self._path} {what}.",
            code="learners.log-damaged",
            hint="Keep the file as it is for whoever looks into it, and restore the log from a backup.",
        )

    def append(self, entries: Sequence[bytes]) -> Head:
        """How far it goes then; the entries, without line breaks, are in it durably. For the holder of the lock.

        Raises UnavailableError where the disk cannot be written, and none of them is in it then; DamagedError.
        """
        with self._lock:
            self.refresh()
            if not self._count and self._anchor() is None:
                with writing(self._path):
                    self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                self._write_anchor()
            append_chained(self._path, self._offset, self._chain, entries)
            head = self.refresh()
            self._write_anchor()
            return head

    def _write_anchor(self) -> None:
        content = orjson.dumps({"count": self._count, "hash": self._chain})
        write_durably(self._anchor_path, content, mode=0o600)

    def check(self) -> None:
        """Nothing; all of it is read again, what was read before too. Raises DamagedError where it is not whole."""
        ChainedLog(self._path, take=lambda _, __: None, forget=lambda: None).refresh()

    def read(self, offset: int) -> bytes:
        """The entry at a place that `take` was given. Raises DamagedError."""
        try:
            with self._path.open("rb") as file:
                file.seek(offset)
                return file.readline()[_HASH_BYTES + 1 : -1]
        except OSError as error:
            raise self._damaged(f"cannot be read: {error.strerror or error}") from error


def link(chain: str, content: bytes) -> str:
    """The hash of an entry and all before it: SHA-256 of the hash before and the entry."""
    return hashlib.sha256(chain.encode() + content).hexdigest()


def append_chained(path: Path, offset: int, chain: str, entries: Sequence[bytes]) -> None:
    """Nothing; the entries are in the file durably, from this byte on, the first chained to the hash before it.

    What stood there, a line that a kill cut off, is gone. Raises UnavailableError where the disk cannot be written, and
    none of them is in it then.
    """
    lines = []
    for content in entries:
        chain = link(chain, content)
        lines.append(chain.encode() + b" " + content + b"\n")
    with writing(path):
        new = not path.exists()
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _write_at(handle, offset, b"".join(lines))
        finally:
            os.close(handle)
        if new:
            sync_folder(path.parent)


def _write_at(handle: int, offset: int, content: bytes) -> None:
    os.ftruncate(handle, offset)
    try:
        done = 0
        while done < len(content):
            done += os.pwrite(handle, content[done:], offset + done)
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, offset)
        raise
