"""Named arrays in one checksummed file that is mapped, not read.

Layout: magic (8 bytes), length of the directory (uint64), directory (JSON: version, caller's header, arrays with type,
length and offset), arrays raw at multiples of 64 bytes, sha256 of all before it (32 bytes). Little-endian.
Knows nothing of what the arrays mean. Called by the snapshot.
"""

import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ontology.errors import DamagedError

from .layout import Column

MAGIC = b"HEADWTR\x01"
ALIGNMENT = 64
"""A cache line: every array begins at one."""
DIGEST_BYTES = 32
_READ_BYTES = 1 << 20
_PREFIX = struct.Struct("<8sQ")


def _padded(length: int) -> int:
    return -(-length // ALIGNMENT) * ALIGNMENT


def write_arrays(path: Path, version: str, header: Mapping[str, object], arrays: Mapping[str, Column]) -> None:
    """Written beside, fsynced and renamed into place: a file of that name is always whole. Same content, same bytes."""
    directory: dict[str, tuple[str, int, int]] = {}
    offset = 0
    for name, array in arrays.items():
        directory[name] = (array.dtype.newbyteorder("<").str, array.size, offset)
        offset = _padded(offset + array.nbytes)
    head = json.dumps(
        {"version": version, "header": header, "arrays": directory}, ensure_ascii=False, separators=(",", ":")
    ).encode()
    digest = hashlib.sha256()
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:

            def put(data: bytes | memoryview) -> None:
                digest.update(data)
                file.write(data)

            put(_PREFIX.pack(MAGIC, len(head)))
            put(head.ljust(_padded(_PREFIX.size + len(head)) - _PREFIX.size, b"\0"))
            for array in arrays.values():
                raw = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
                if raw.size:
                    put(raw.view(np.uint8).data)
                put(bytes(_padded(raw.nbytes) - raw.nbytes))
            file.write(digest.digest())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _damaged(path: Path, what: str, code: str = "snapshot.damaged") -> DamagedError:
    return DamagedError(f"{path} {what}.", code=code, hint="It is an index and is built anew from the release archive.")


def _is_whole(file: BinaryIO, size: int) -> bool:
    """Whether a file of this size ends in the checksum of what is before. Read, not mapped: nothing stays in memory."""
    digest = hashlib.sha256()
    left = size - DIGEST_BYTES
    while left and (piece := file.read(min(left, _READ_BYTES))):
        digest.update(piece)
        left -= len(piece)
    return file.read(DIGEST_BYTES) == digest.digest()


def open_arrays(path: Path, version: str) -> tuple[dict[str, object], dict[str, Column]]:
    """The caller's header and the arrays of a file, mapped read-only.

    Raises:
        DamagedError: `snapshot.missing`; `snapshot.damaged`: length or checksum; `snapshot.outdated`: another version.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise _damaged(path, "does not exist", "snapshot.missing") from error
    if size < _PREFIX.size + DIGEST_BYTES:
        raise _damaged(path, f"has {size} bytes and is no snapshot")
    with path.open("rb") as file:
        if not _is_whole(file, size):
            raise _damaged(path, "does not have the checksum that it says")
        data = np.asarray(np.memmap(file, np.uint8, "r", shape=(size,)))
    body = data[:-DIGEST_BYTES]
    magic, length = _PREFIX.unpack(body[: _PREFIX.size].tobytes())
    if magic != MAGIC:
        raise _damaged(path, "is no snapshot of this version", "snapshot.outdated")
    directory = json.loads(body[_PREFIX.size : _PREFIX.size + length].tobytes())
    if directory["version"] != version:
        raise _damaged(path, f"has layout {directory['version']}, expected {version}", "snapshot.outdated")
    start = _padded(_PREFIX.size + length)
    arrays: dict[str, Column] = {}
    for name, (kind, count, offset) in directory["arrays"].items():
        dtype = np.dtype(kind)
        arrays[name] = body[start + offset : start + offset + count * dtype.itemsize].view(dtype)
    return directory["header"], arrays
