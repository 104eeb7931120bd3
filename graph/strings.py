"""String tables that live in arrays: one UTF-8 blob and offsets, decoded row by row.

Knows nothing of what the strings mean. Used by the snapshot, whose tables are mapped from a file that processes share.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int64]
Blob = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int32]


class Strings(Sequence[str]):
    """A list of strings over a blob and `len + 1` byte offsets; decodes on access and keeps nothing."""

    __slots__ = ("_blob", "_offsets", "blob", "offsets")

    def __init__(self, blob: Blob, offsets: Offsets):
        self.blob = blob
        self.offsets = offsets
        # A memoryview hands out Python integers and bytes several times faster than an array does.
        self._blob = blob.data
        self._offsets = offsets.data

    @classmethod
    def pack(cls, texts: Iterable[str]) -> "Strings":
        """A table of these strings in this order."""
        rows = list(texts)
        offsets = np.zeros(len(rows) + 1, np.int64)
        lengths = (len(text) if text.isascii() else len(text.encode()) for text in rows)
        np.cumsum(np.fromiter(lengths, np.int64, len(rows)), out=offsets[1:])
        return cls(np.frombuffer("".join(rows).encode(), np.uint8), offsets)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        return str(self._blob[self._offsets[index] : self._offsets[index + 1]], "utf-8")

    def __iter__(self) -> Iterator[str]:
        data = bytes(self._blob)
        bounds = self._offsets.tolist()
        for start, end in itertools.pairwise(bounds):
            yield data[start:end].decode()

    def find_sorted(self, text: str) -> int:
        """Position of a string in a table sorted by code point, -1 where it is not there. Cost: log n decodings."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self[middle] < text:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self[low] == text else -1


class OptionalStrings(Sequence[str | None]):
    """A list of repeating strings, None included: an index for each row into a table of the distinct ones."""

    __slots__ = ("_indices", "indices", "table")

    def __init__(self, indices: Indices, table: Strings):
        self.indices = indices
        self.table = table
        self._indices = indices.data

    @classmethod
    def pack(cls, texts: Sequence[str | None]) -> "OptionalStrings":
        """A table of these strings in this order; the distinct ones are kept sorted."""
        distinct = sorted({text for text in texts if text is not None})
        position: dict[str | None, int] = {text: index for index, text in enumerate(distinct)}
        position[None] = -1
        return cls(np.fromiter((position[text] for text in texts), np.int32, len(texts)), Strings.pack(distinct))

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str | None]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str | None] | None:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        position = self._indices[index]
        return None if position < 0 else self.table[position]

    def __iter__(self) -> Iterator[str | None]:
        table: list[str | None] = [*self.table, None]
        return (table[position] for position in self._indices.tolist())


class RepeatedStrings(Sequence[str]):
    """A list of repeating strings without None, such as language tags: an index for each row into the distinct ones."""

    __slots__ = ("_indices", "indices", "table")

    def __init__(self, indices: Indices, table: Strings):
        self.indices = indices
        self.table = table
        self._indices = indices.data

    @classmethod
    def pack(cls, texts: Sequence[str]) -> "RepeatedStrings":
        """A table of these strings in this order; the distinct ones are kept sorted."""
        packed = OptionalStrings.pack(texts)
        return cls(packed.indices, packed.table)

    def __len__(self) -> int:
        return len(self._indices)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        return self.table[self._indices[index]]

    def __iter__(self) -> Iterator[str]:
        table = list(self.table)
        return (table[position] for position in self._indices.tolist())
