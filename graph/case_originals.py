"""The documents that CASE packages were imported from, found by the CFDocument in them, as the archive keeps them.

Which document holds which package is looked up once per archive of originals. Called by the CASE provider.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator

import orjson

from .archive import Archive
from .layout import DatasetInfo

_KEPT = 32
_DEPTH = 3
"""How deep a package may stand in a document: alone, in a list, wrapped in `CFPackage`."""


class CaseOriginals:
    """Looks originals up. Safe from several threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._names: OrderedDict[tuple[str, str], dict[str, str]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, dataset: DatasetInfo, keys: tuple[str, ...]) -> bytes | None:
        """The document whose CFDocument has one of these identifiers or URIs, byte for byte; None where none has.

        Raises DamagedError.
        """
        if dataset.originals is None:
            return None
        names = self._documents(dataset.name, dataset.originals)
        name = next((names[key] for key in keys if key in names), None)
        return None if name is None else self._archive.original(dataset.name, dataset.originals, name)

    def _documents(self, dataset: str, originals: str) -> dict[str, str]:
        """Identifier and URI of each CFDocument -> name of the document that it stands in."""
        with self._lock:
            found = self._names.get((dataset, originals))
            if found is None:
                found = self._names[dataset, originals] = {}
                for name in self._archive.original_names(dataset, originals):
                    for key in _keys(self._archive.original(dataset, originals, name)):
                        found.setdefault(key, name)
                while len(self._names) > _KEPT:
                    self._names.popitem(last=False)
            return found


def _keys(content: bytes) -> Iterator[str]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return
    level: list[object] = [value]
    for _ in range(_DEPTH):
        inner: list[object] = []
        for each in level:
            if isinstance(each, list):
                inner += each
            elif isinstance(each, dict):
                document = each.get("CFDocument")
                if isinstance(document, dict):
                    yield from (document[name] for name in ("identifier", "uri") if isinstance(document.get(name), str))
                inner.append(each.get("CFPackage"))
        level = inner
