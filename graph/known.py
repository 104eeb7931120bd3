"""What the datasets of a release describe, asked by whoever reads or checks another one. Answers from the snapshot."""

from collections.abc import Sequence
from typing import cast

from ontology.model import (
    Alignment,
    Awarding,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Scale,
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

    def _find(self, iri: str) -> tuple[int, type[Record]] | None:
        """(row of the dataset, class of the record)."""
        own = self._snapshot
        row = own.find_row(iri)
        kind = TYPES.get(int(own.types[row])) if row >= 0 else None
        found = own.derived("statements by IRI", _statements).get(iri)
        if kind is not None:
            found = int(own.dataset[row]), kind
        return None if found is None or found[0] in (-1, self._without) else found


def _rows_by_code(snapshot: Snapshot) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for row in range(len(snapshot.iris)):
        for code in snapshot.codes(row):
            found.setdefault(code, []).append(row)
    return found


def _statements(snapshot: Snapshot) -> dict[str, tuple[int, type[Record]]]:
    """What is not a resource, by IRI: (row of its dataset, class of the record)."""
    kinds = [RequirementGroup if kind in _GROUPS else Requirement for kind in snapshot.node_kind.tolist()]
    found: dict[str, tuple[int, type[Record]]] = {}
    for iris, datasets, kind in (
        (snapshot.scale_iris, snapshot.scale_dataset, Scale),
        (snapshot.level_iris, snapshot.level_dataset, RoleLevel),
        (snapshot.teaches_iris, snapshot.teaches_dataset, Teaching),
        (snapshot.awards_iris, snapshot.awards_dataset, Awarding),
        (snapshot.alignment_iris, snapshot.alignment_dataset, Alignment),
    ):
        found.update((iri, (dataset, kind)) for iri, dataset in zip(iris, datasets.tolist(), strict=True))
    nodes = zip(snapshot.node_iris, snapshot.node_dataset.tolist(), kinds, strict=True)
    found.update((iri, (dataset, kind)) for iri, dataset, kind in nodes)
    return found
