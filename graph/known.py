"""What the datasets of a release describe, asked by whoever reads or checks another one. Answers from the snapshot."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np

from ontology.model import (
    Alignment,
    Awarding,
    Level,
    LevelMapping,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Scale,
    ScaleLevel,
    Teaching,
    sorted_texts,
)
from ontology.model import Text as ModelText

from .snapshot import NodeKind, Snapshot
from .snapshot_build import RESOURCE_TYPES

TYPES = {int(kind): cast("type[Record]", record) for record, kind in RESOURCE_TYPES.items()}
_GROUPS = (NodeKind.ALL, NodeKind.ANY, NodeKind.AT_LEAST)


class KnownDatasets:
    """The datasets of a snapshot but one: the version of it that is being replaced is not known."""

    def __init__(self, snapshot: Snapshot, *, without: str) -> None:
        self._snapshot = snapshot
        self._without = next((row for row, info in enumerate(snapshot.datasets) if info.name == without), -1)

    def owner(self, iri: str) -> str | None:
        """Name of the dataset that describes the IRI."""
        found = self._find(iri)
        return None if found is None else self._snapshot.datasets[found[0]].name

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of the record that describes the IRI."""
        found = self._find(iri)
        return None if found is None else found[1]

    def find_by_code(self, system: str, value: str, types: Sequence[type[Resource]]) -> tuple[str, ...]:
        """IRIs of the things of these types with that code, sorted; empty where there is none."""
        rows = self._snapshot.derived("rows by code", _rows_by_code).get((system, value), ())
        return tuple(
            self._snapshot.iris[row]
            for row in rows
            if self._snapshot.dataset[row] != self._without and TYPES.get(int(self._snapshot.types[row])) in types
        )

    def scales(self) -> dict[str, Scale]:
        """The scales that are described, by IRI."""
        own = self._snapshot
        found = {}
        for row, iri in enumerate(own.scale_iris):
            if own.scale_dataset[row] in (-1, self._without):
                continue
            labels = [
                ModelText(own.scale_label_texts[entry], own.scale_label_languages[entry])
                for entry in own.span("scale_label_offsets", row)
            ]
            found[iri] = Scale(
                iri=iri,
                labels=sorted_texts(labels),
                minimum=float(own.scale_minimum[row]),
                maximum=float(own.scale_maximum[row]),
            )
        return found

    def level_mappings(self) -> Iterator[LevelMapping]:
        """The mappings between scales, by row."""
        own = self._snapshot
        for row, iri in enumerate(own.mapping_iris):
            if own.mapping_dataset[row] not in (-1, self._without):
                level = Level(own.scale_iris[int(own.mapping_scale[row])], float(own.mapping_value[row]))
                other = own.scale_iris[int(own.mapping_matched_scale[row])]
                matched = Level(other, float(own.mapping_matched_value[row]))
                yield LevelMapping(iri=iri, level=level, matched=matched)

    def _find(self, iri: str) -> tuple[int, type[Record]] | None:
        """(row of the dataset, class of the record)."""
        found = self._snapshot.derived("what is described", _Described).find(iri)
        return None if found is None or found[0] in (-1, self._without) else found


def _rows_by_code(snapshot: Snapshot) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for row in range(len(snapshot.iris)):
        for code in snapshot.codes(row):
            found.setdefault(code, []).append(row)
    return found


class _Described:
    """All that a snapshot describes, found by IRI.

    Sorted hashes in place of a dictionary, which would hold hundreds of thousands of IRIs once more: a load asks for
    each of its own.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        own = snapshot
        # By rank: of two things with one IRI the first counts.
        self._tables = (
            (own.iris, own.dataset),
            (own.node_iris, own.node_dataset),
            (own.alignment_iris, own.alignment_dataset),
            (own.awards_iris, own.awards_dataset),
            (own.teaches_iris, own.teaches_dataset),
            (own.level_iris, own.level_dataset),
            (own.scale_iris, own.scale_dataset),
            (own.mapping_iris, own.mapping_dataset),
            (own.scale_level_iris, own.scale_level_dataset),
        )
        self._kinds: tuple[type[Record], ...] = (
            Alignment,
            Awarding,
            Teaching,
            RoleLevel,
            Scale,
            LevelMapping,
            ScaleLevel,
        )
        self._types = own.types
        self._node_kinds = own.node_kind
        self._starts = np.cumsum([0, *(len(table) for table, _ in self._tables)]).tolist()
        hashes = np.empty(self._starts[-1], np.int64)
        for start, (table, _) in zip(self._starts, self._tables, strict=False):
            hashes[start : start + len(table)] = np.fromiter(map(hash, table), np.int64, len(table))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        # An array hands out Python integers faster than numpy or a memoryview does.
        self._hashes = array("q", hashes[order].tobytes())
        self._entries = array("i", order.tobytes())

    def find(self, iri: str) -> tuple[int, type[Record]] | None:
        """(row of the dataset, class of the record), None where nothing describes it."""
        wanted = hash(iri)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            entry = self._entries[at]
            place = bisect_right(self._starts, entry) - 1
            table, datasets = self._tables[place]
            row = entry - self._starts[place]
            if table[row] == iri and (kind := self._kind(place, row)) is not None:
                return int(datasets[row]), kind
            at += 1
        return None

    def _kind(self, place: int, row: int) -> type[Record] | None:
        if place == 0:
            return TYPES.get(int(self._types[row]))
        if place == 1:
            return RequirementGroup if int(self._node_kinds[row]) in _GROUPS else Requirement
        return self._kinds[place - 2]
