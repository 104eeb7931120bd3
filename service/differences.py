"""What differs between two releases, for pages: the comparison of a pair is made once and kept for a while.

Keeps of each change what it is about; what was said of it is read again from the archive, for one page at a time.
Called by `schema`. Blocking; one comparison is made at a time.
"""

import threading
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, get_args

from graph.archive import Archive, Manifest
from graph.layout import DatasetInfo
from graph.releases import ChangeKind, Releases
from graph.views import public_note, visible
from ontology.model import ONTOLOGY, Record
from ontology.terms import RDF_TYPE

PAIRS_KEPT: Final = 4
_UNMAPPED: Final = "Unmapped"


@dataclass(frozen=True, slots=True)
class Changed:
    """One subject that differs."""

    dataset: str
    subject: str
    type: str
    """Name of the record."""
    kind: ChangeKind

    @property
    def key(self) -> tuple[str, str]:
        """Its place in the order of changes: that of the archive's lines, by code point."""
        return self.dataset, f"<{self.subject}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All that differs between two releases, as one caller may see it."""

    before: Manifest | None
    after: Manifest
    changes: tuple[Changed, ...]
    """By dataset and subject."""

    def counts(self) -> list[tuple[ChangeKind, str, int]]:
        """(kind, type, number), sorted."""
        found = Counter((each.kind, each.type) for each in self.changes)
        return [(kind, name, number) for (kind, name), number in sorted(found.items())]

    def following(self, key: tuple[str, str] | None) -> int:
        """Position of the first change after a key."""
        return 0 if key is None else bisect_right(self.changes, key, key=lambda each: each.key)


class Differences:
    """The differences between a data folder's releases."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._kept: OrderedDict[tuple[object, ...], Difference] = OrderedDict()
        self._lock = threading.Lock()

    def between(self, before: Manifest | None, after: Manifest, *, private: bool) -> Difference:
        """What differs, private datasets left out for who may not see them. Raises DamagedError."""
        current = self._releases.current()
        published = () if private else tuple(self._releases.published())
        old = None if before is None else _seen(before, current, published, private=private)
        new = _seen(after, current, published, private=private)
        key = (before and before.checksum, after.checksum, old and (_names(old), old.note), (_names(new), new.note))
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                changes = tuple(
                    Changed(each.dataset, each.subject, record_type(each.after or each.before), each.kind)
                    for each in self._releases.diff(old, new)
                )
                found = self._kept[key] = Difference(before=old, after=new, changes=changes)
                while len(self._kept) > PAIRS_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return found

    def lines(self, manifest: Manifest | None, changes: Sequence[Changed]) -> dict[tuple[str, str], tuple[str, ...]]:
        """The N-Quads lines of what changes are about as a release has them, by their keys. Raises DamagedError."""
        found: dict[tuple[str, str], list[str]] = {}
        wanted: dict[str, set[str]] = {}
        for each in changes:
            wanted.setdefault(each.dataset, set()).add(f"<{each.subject}>")
        for name, subjects in wanted.items():
            info = manifest.find(name) if manifest else None
            if info is not None:
                for subject, line in _lines_of(self._releases.archive, info, subjects):
                    found.setdefault((name, subject), []).append(line)
        return {key: tuple(lines) for key, lines in found.items()}


def record_type(lines: Sequence[str]) -> str:
    """Name of the record that a subject's lines are."""
    names = _record_names()
    for line in lines:
        _, predicate, rest = line.split(" ", 2)
        if predicate == f"<{RDF_TYPE}>":
            name = names.get(rest[: rest.index(">") + 1])
            if name is not None:
                return name
    return _UNMAPPED


@cache
def _record_names() -> dict[str, str]:
    """Class term → name of the record."""
    return {f"<{ONTOLOGY}{each.__name__}>": each.__name__ for each in get_args(Record)}


def _seen(manifest: Manifest, current: Manifest | None, published: Sequence[Manifest], *, private: bool) -> Manifest:
    note = manifest.note if private else public_note(manifest, published)
    return replace(manifest, datasets=visible(manifest.datasets, current, private=private), note=note)


def _names(manifest: Manifest) -> tuple[str, ...]:
    return tuple(each.name for each in manifest.datasets)


def _lines_of(archive: Archive, info: DatasetInfo, subjects: Collection[str]) -> list[tuple[str, str]]:
    """(subject, line) of these subjects. Costs a pass over the lines up to the last of them."""
    last = max(subjects)
    found = []
    for line in archive.lines(info.name, info.checksum):
        subject = line[: line.index(">") + 1]
        if subject > last:
            break
        if subject in subjects:
            found.append((subject, line))
    return found
