"""Where each record of a dataset was read: file, line, column or pointer, beside its content in the archive.

One file of mapped arrays for each content, sorted by a digest of the records' IRIs, so that a look is a search and
nothing is loaded before it is asked for. No part of the canonical content: where a thing was read is none of what it
says. Called by loads and by explanations.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import numpy as np

from ontology.errors import DamagedError
from ontology.model import Source

from .arrayfile import open_arrays, write_arrays
from .layout import Column, DatasetInfo, Ints, Longs, store_table, table_of
from .strings import OptionalStrings

if TYPE_CHECKING:
    from .archive import Archive

_VERSION: Final = "sources-1"
_OPENED_AT_MOST: Final = 32
"""Files that are kept mapped."""
_TEXTS: Final = ("file", "column", "pointer")


class _Digest(NamedTuple):
    """128 bits of an IRI's BLAKE2b, as two numbers: two IRIs in a thousand million share none."""

    high: int
    low: int


def _digest(iri: str) -> _Digest:
    found = _raw_digest(iri)
    return _Digest(*(int.from_bytes(part, "little", signed=True) for part in (found[:8], found[8:])))


def _raw_digest(iri: str) -> bytes:
    return hashlib.blake2b(iri.encode(), digest_size=16).digest()


def write_sources(path: Path, sources: Mapping[str, Source]) -> None:
    """Nothing; where each record was read, by its IRI, is in a file at this path. Same sources, same bytes."""
    digests = b"".join(_raw_digest(iri) for iri in sources)
    high, low = np.frombuffer(digests, "<i8").reshape(-1, 2).T
    order = np.lexsort((low, high))
    lines = np.fromiter((source.line or 0 for source in sources.values()), np.int32, len(sources))
    arrays: dict[str, Column] = {"high": high[order], "low": low[order], "line": lines[order]}
    for name in _TEXTS:
        table = OptionalStrings.pack([getattr(source, name) for source in sources.values()])
        store_table(arrays, name, OptionalStrings(table.indices[order], table.table))
    write_arrays(path, _VERSION, {}, arrays)


class SourceTable:
    """A file of sources, mapped."""

    def __init__(self, path: Path):
        """The table in a file. Raises DamagedError (`archive.damaged`, `archive.missing`)."""
        try:
            _, arrays = open_arrays(path, _VERSION)
        except DamagedError as error:
            missing = error.code == "snapshot.missing"
            raise DamagedError(
                f"{path} {'is missing from the archive' if missing else 'is not what was written'}.",
                code="archive.missing" if missing else "archive.damaged",
                hint="Restore the file from a backup, or load the dataset again.",
            ) from error
        self._high = cast("Longs", arrays["high"])
        self._low = cast("Longs", arrays["low"])
        self._line = cast("Ints", arrays["line"])
        self._texts = {name: table_of(arrays, name, OptionalStrings) for name in _TEXTS}

    def find(self, iri: str) -> Source | None:
        """Where a record was read, None where that is not known."""
        digest = _digest(iri)
        row = int(np.searchsorted(self._high, digest.high))
        while row < len(self._high) and self._high[row] == digest.high:
            if self._low[row] == digest.low:
                return Source(
                    file=self._texts["file"][row] or "",
                    line=int(self._line[row]) or None,
                    column=self._texts["column"][row],
                    pointer=self._texts["pointer"][row],
                )
            row += 1
        return None


class Provenance:
    """Looks up where records were read. Blocking; safe from several threads."""

    def __init__(self, archive: "Archive"):
        self._archive = archive
        self._opened: OrderedDict[Path, SourceTable] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, dataset: DatasetInfo, iri: str) -> Source | None:
        """Where a record of a dataset was read; None where the dataset does not say it. Raises DamagedError."""
        if dataset.sources is None:
            return None
        return self._table(self._archive.sources_path(dataset.name, dataset.sources)).find(iri)

    def find_all(self, wanted: Iterable[tuple[DatasetInfo, str]]) -> Sequence[Source | None]:
        """The same of several, in their order. Raises DamagedError."""
        return [self.find(dataset, iri) for dataset, iri in wanted]

    def _table(self, path: Path) -> SourceTable:
        with self._lock:
            found = self._opened.get(path)
            if found is None:
                found = self._opened[path] = SourceTable(path)
                if len(self._opened) > _OPENED_AT_MOST:
                    self._opened.popitem(last=False)
            else:
                self._opened.move_to_end(path)
            return found
