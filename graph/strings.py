"""String tables that live in arrays: one UTF-8 blob and offsets, decoded row by row.

Knows nothing of what the strings mean. Used by the snapshot, whose tables are mapped from a file that processes share.
"""

import itertools
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar, overload

import numpy as np
import numpy.typing as npt

Offsets = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Blob = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int8] | npt.NDArray[np.int16] | npt.NDArray[np.int32]
Row = TypeVar("Row", bound=str | None)


def _offsets(lengths: Iterable[int], count: int) -> Offsets:
    """Where each of so many strings begins, and the end; 32 bits where that is enough."""
    offsets = np.zeros(count + 1, np.int64)
    np.cumsum(np.fromiter(lengths, np.int64, count), out=offsets[1:])
    return offsets.astype(np.int32) if offsets[-1] <= np.iinfo(np.int32).max else offsets


def _indices(positions: Iterable[int], count: int, distinct: int) -> Indices:
    """So many indices into so many distinct strings, in the fewest bytes; -1 is none."""
    if distinct - 1 <= np.iinfo(np.int8).max:
        return np.fromiter(positions, np.int8, count)
    if distinct - 1 <= np.iinfo(np.int16).max:
        return np.fromiter(positions, np.int16, count)
    return np.fromiter(positions, np.int32, count)


def _sliced(rows: Sequence[Row], index: slice) -> list[Row]:
    """The rows of a slice, decoded."""
    return [rows[row] for row in range(*index.indices(len(rows)))]


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
        lengths = map(len, map(str.encode, rows))
        return cls(np.frombuffer("".join(rows).encode(), np.uint8), _offsets(lengths, len(rows)))

    @classmethod
    def pack_encoded(cls, rows: Sequence[bytes]) -> "Strings":
        """The same of strings in UTF-8."""
        return cls(np.frombuffer(b"".join(rows), np.uint8), _offsets(map(len, rows), len(rows)))

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _sliced(self, index)
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
        position = bisect_left(self, text)
        return position if position < len(self) and self[position] == text else -1


class _Repeating(Sequence[Row]):
    """An index for each row into a table of the distinct strings."""

    __slots__ = ("_indices", "indices", "table")

    def __init__(self, indices: Indices, table: Strings):
        self.indices = indices
        self.table = table
        self._indices = indices.data

    def __len__(self) -> int:
        return len(self._indices)


class OptionalStrings(_Repeating[str | None]):
    """A list of repeating strings, None included."""

    __slots__ = ()

    @classmethod
    def pack(cls, texts: Sequence[str | None]) -> "OptionalStrings":
        """A table of these strings in this order; the distinct ones are kept sorted."""
        distinct = sorted({text for text in texts if text is not None})
        position: dict[str | None, int] = {text: index for index, text in enumerate(distinct)}
        position[None] = -1
        return cls(_indices(map(position.__getitem__, texts), len(texts), len(distinct)), Strings.pack(distinct))

    @overload
    def __getitem__(self, index: int) -> str | None: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str | None]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str | None] | None:
        if isinstance(index, slice):
            return _sliced(self, index)
        position = self._indices[index]
        return None if position < 0 else self.table[position]

    def __iter__(self) -> Iterator[str | None]:
        table: list[str | None] = [*self.table, None]
        return (table[position] for position in self._indices.tolist())


class RepeatedStrings(_Repeating[str]):
    """A list of repeating strings without None, such as language tags."""

    __slots__ = ()

    @classmethod
    def pack(cls, texts: Sequence[str]) -> "RepeatedStrings":
        """A table of these strings in this order; the distinct ones are kept sorted."""
        packed = OptionalStrings.pack(texts)
        return cls(packed.indices, packed.table)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _sliced(self, index)
        return self.table[self._indices[index]]

    def __iter__(self) -> Iterator[str]:
        table = list(self.table)
        return (table[position] for position in self._indices.tolist())


class SplitStrings(Sequence[str]):
    """A list of strings that begin alike, such as IRIs: what each begins with, and the rest.

    A string is cut behind its last `/` or `#`.
    """

    __slots__ = ("heads", "tails")

    def __init__(self, heads: RepeatedStrings, tails: Strings):
        self.heads = heads
        self.tails = tails

    @classmethod
    def pack(cls, texts: Iterable[str]) -> "SplitStrings":
        """A table of these strings in this order."""
        rows = list(texts)
        cuts = [max(text.rfind("/"), text.rfind("#")) + 1 for text in rows]
        heads = RepeatedStrings.pack([text[:cut] for text, cut in zip(rows, cuts, strict=True)])
        return cls(heads, Strings.pack(text[cut:] for text, cut in zip(rows, cuts, strict=True)))

    def __len__(self) -> int:
        return len(self.tails)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _sliced(self, index)
        return self.heads[index] + self.tails[index]

    def __iter__(self) -> Iterator[str]:
        return map(str.__add__, self.heads, self.tails)
