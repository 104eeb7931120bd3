"""The index of one release: immutable arrays and string tables in one memory-mapped, checksummed file.

Holds what match, gap, plans, lists and labels need. Built from the records of a release's archive in one pass, saved
atomically, mapped by every process, swapped as a whole. Knows no database. Called by releases, matching, planning and
the service.

Row numbers are the identity inside a snapshot; -1 is none; NaN is an unknown number. Resources are sorted by IRI,
so the order of rows is that of IRIs. Everything is a pure function of the content: same content, same bytes.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from ontology.errors import UnknownReferenceError
from ontology.languages import look_up
from ontology.model import Record

from .arrayfile import open_arrays, write_arrays
from .layout import (
    MICRODAYS,
    RELATIONS,
    Bytes,
    Columns,
    DatasetInfo,
    Flags,
    Floats,
    Ints,
    Longs,
    NodeKind,
    ResourceType,
    columns_of,
    layout_digest,
    stored_arrays,
)
from .references import Lookups, find_text, resolve
from .snapshot_build import build_columns
from .snapshot_records import records_of
from .strings import OptionalStrings, RepeatedStrings, SplitStrings, Strings

__all__ = [
    "MICRODAYS",
    "RELATIONS",
    "Bytes",
    "DatasetInfo",
    "Flags",
    "Floats",
    "Ints",
    "Longs",
    "NodeKind",
    "ResourceType",
    "Snapshot",
]

Derived = TypeVar("Derived")

_RESOLVED_AT_MOST = 10_000
"""Kept rows of references: learners hold the same things."""
_REFERENCE_KEPT = 200
"""Characters of the longest reference whose row is kept."""


class Snapshot:
    """One release, mapped. All array attributes are read-only.

    Resources, by row (sorted by IRI):
        iris: row -> IRI;  types: ResourceType
        dataset: row in `datasets` of the describing dataset, -1 for EXTERNAL
        framework: resource row, -1 none
        replaced_by: resource row of the direct successor, -1 none
        canonical: resource row of the last successor that a dataset describes (itself where there is none, or where
            successors go round)
        kind, provider (the issuer of a credential), url: str or None
        cost: minor units, -1 unknown;  currency: str or None
        duration: millionths of a learning day, -1 unknown
        employer, employer_iri: of a role, str or None;  remote: whether it may be done from elsewhere
        place_offsets, places: CSR, where a role is, sorted (`ontology.places`)
        salary_minimum, salary_maximum: minor units, -1 unknown;  salary_currency, salary_period: str or None
        label_offsets, label_texts, label_languages: CSR, preferred labels of a row, by language
        alternative_offsets, alternative_texts, alternative_languages: CSR, alternative labels, by language
        code_offsets, code_systems, code_values: CSR
        broader_offsets, broader: CSR, parents;  narrower_offsets, narrower: the inverse
    Scales, by row (sorted by IRI):
        scale_iris, scale_minimum, scale_maximum (NaN where nobody describes it), scale_dataset
        scale_label_offsets, scale_label_texts, scale_label_languages: CSR
    Levels of scales that have names, by row (sorted by scale, value, IRI):
        scale_level_iris, scale_level_value, scale_level_dataset;  scale_level_offsets by scale row
        scale_level_label_offsets, scale_level_label_texts, scale_level_label_languages: CSR
    Levels of scales that correspond, by row (sorted by IRI):
        mapping_iris, mapping_scale, mapping_value, mapping_matched_scale, mapping_matched_value, mapping_dataset
    Role levels, by row (sorted by owner, rank, IRI):
        level_iris, level_owner, level_names, level_rank, level_dataset;  level_offsets by resource row
    Requirement nodes, by row (sorted by owner; each tree in preorder, siblings by IRI):
        node_iris, node_owner (resource row), node_level (role level row or -1; that of its top for a child)
        node_parent (node row or -1), node_end (row after its last descendant), node_offsets by owner's resource row
        node_kind (NodeKind), node_target (resource row as stated, -1)
        node_minimum: of a group, how many children must hold; ALL: their number
        node_must, node_importance (NaN where not graded), node_days (NaN), node_dataset
        node_value (NaN: no level asked), node_scale (scale row, -1)
        node_label_offsets, node_label_texts, node_label_languages: CSR, labels of a group
    Teachings (CSR by subject row, sorted by competency):
        teaches_offsets, teaches_iris, teaches_competency, teaches_dataset
        teaches_value (NaN unknown), teaches_scale (-1)
    Awards (CSR by course row, sorted by credential):
        awards_offsets, awards_iris, awards_credential, awards_dataset
    Alignments, by row (sorted by subject, object, relation, IRI):
        alignment_iris, alignment_subject, alignment_object (resource rows, EXTERNAL included)
        alignment_relation (index into `RELATIONS`), alignment_confidence (NaN none)
        alignment_source, alignment_method: str or None;  alignment_dataset
    Folded references (sorted; CSR):
        label_keys and alternative_keys to resource rows, code_keys to entries of the codes
    """

    iris: Strings
    types: Bytes
    dataset: Ints
    framework: Ints
    replaced_by: Ints
    canonical: Ints
    kind: OptionalStrings
    provider: OptionalStrings
    url: OptionalStrings
    cost: Longs
    currency: OptionalStrings
    duration: Longs
    employer: OptionalStrings
    employer_iri: OptionalStrings
    remote: Flags
    place_offsets: Ints
    places: RepeatedStrings
    salary_minimum: Longs
    salary_maximum: Longs
    salary_currency: OptionalStrings
    salary_period: OptionalStrings
    label_offsets: Ints
    label_texts: Strings
    label_languages: RepeatedStrings
    alternative_offsets: Ints
    alternative_texts: Strings
    alternative_languages: RepeatedStrings
    code_offsets: Ints
    code_systems: RepeatedStrings
    code_values: Strings
    broader_offsets: Ints
    broader: Ints
    narrower_offsets: Ints
    narrower: Ints
    scale_iris: Strings
    scale_minimum: Floats
    scale_maximum: Floats
    scale_label_offsets: Ints
    scale_label_texts: Strings
    scale_label_languages: RepeatedStrings
    scale_level_iris: Strings
    scale_level_value: Floats
    scale_level_dataset: Ints
    scale_level_offsets: Ints
    scale_level_label_offsets: Ints
    scale_level_label_texts: Strings
    scale_level_label_languages: RepeatedStrings
    scale_dataset: Ints
    mapping_iris: Strings
    mapping_scale: Ints
    mapping_value: Floats
    mapping_matched_scale: Ints
    mapping_matched_value: Floats
    mapping_dataset: Ints
    level_iris: Strings
    level_owner: Ints
    level_names: Strings
    level_rank: Ints
    level_dataset: Ints
    level_offsets: Ints
    node_iris: SplitStrings
    node_owner: Ints
    node_level: Ints
    node_parent: Ints
    node_kind: Bytes
    node_target: Ints
    node_minimum: Ints
    node_must: Flags
    node_importance: Floats
    node_value: Floats
    node_scale: Ints
    node_days: Floats
    node_dataset: Ints
    node_end: Ints
    node_offsets: Ints
    node_label_offsets: Ints
    node_label_texts: Strings
    node_label_languages: RepeatedStrings
    teaches_offsets: Ints
    teaches_competency: Ints
    teaches_value: Floats
    teaches_scale: Ints
    teaches_dataset: Ints
    teaches_iris: SplitStrings
    awards_offsets: Ints
    awards_credential: Ints
    awards_dataset: Ints
    awards_iris: SplitStrings
    alignment_iris: SplitStrings
    alignment_subject: Ints
    alignment_object: Ints
    alignment_relation: Bytes
    alignment_confidence: Floats
    alignment_source: OptionalStrings
    alignment_method: OptionalStrings
    alignment_dataset: Ints
    label_keys: Strings
    label_key_offsets: Ints
    label_key_rows: Ints
    alternative_keys: Strings
    alternative_key_offsets: Ints
    alternative_key_rows: Ints
    code_keys: Strings
    code_key_offsets: Ints
    code_key_entries: Ints

    def __init__(self, release: int, datasets: Sequence[DatasetInfo], columns: Columns):
        self.release = release
        self.datasets = tuple(datasets)
        self.columns = columns
        for name, array in columns.arrays.items():
            array.setflags(write=False)
            setattr(self, name, array)
        for name, table in columns.tables.items():
            setattr(self, name, table)
        self._lock = threading.RLock()
        self._derived: dict[object, object] = {}

    @classmethod
    def build(cls, datasets: Sequence[tuple[DatasetInfo, Iterable[Record]]], *, release: int) -> "Snapshot":
        """A snapshot in memory of these datasets' records."""
        ordered = sorted(datasets, key=lambda entry: (entry[0].name, entry[0].iri))
        numbered = ((row, record) for row, (_, records) in enumerate(ordered) for record in records)
        return cls(release, [info for info, _ in ordered], build_columns(numbered))

    @classmethod
    def open(cls, path: Path) -> "Snapshot":
        """The snapshot in a file, mapped. Raises DamagedError where the file, its checksum or its version is wrong."""
        header, arrays = open_arrays(path, layout_digest())
        infos = cast("list[dict[str, str]]", header["datasets"])
        return cls(cast("int", header["release"]), [DatasetInfo(**info) for info in infos], columns_of(arrays))

    def save(self, path: Path) -> None:
        """Written beside, fsynced and renamed into place: a file of that name is always whole."""
        header = {"release": self.release, "datasets": [asdict(info) for info in self.datasets]}
        write_arrays(path, layout_digest(), header, stored_arrays(self.columns))

    def restrict(self, names: Iterable[str], *, scales: bool = True) -> "Snapshot":
        """Only these datasets' resources and statements (`view.datasets`).

        Resources of other datasets that a statement names become EXTERNAL; requirements whose owner is not in the view
        are left out; scales stay, unless `scales` is false, which hides what the other datasets say of theirs. Costs
        about as much as building: the caller keeps the result.

        Raises:
            UnknownReferenceError: a name is none of the datasets; the hint names those there are.
        """
        wanted = set(names)
        known = {info.name: row for row, info in enumerate(self.datasets)}
        for name in sorted(wanted - set(known)):
            raise UnknownReferenceError(
                f"{name!r} is no dataset of release {self.release}.",
                code="reference.unknown",
                hint=f"There are: {', '.join(known) or 'none'}.",
                subject=name,
                candidates=[(info.iri, info.name) for info in self.datasets],
            )
        kept = [row for row, info in enumerate(self.datasets) if info.name in wanted]
        position = {row: index for index, row in enumerate(kept)}
        numbered = ((position.get(row, -1), record) for row, record in records_of(self, frozenset(kept), scales=scales))
        return Snapshot(self.release, [self.datasets[row] for row in kept], build_columns(numbered))

    def derived(self, key: object, make: Callable[["Snapshot"], Derived]) -> Derived:
        """What `make` computes from this snapshot, computed once and kept with it. Safe from several threads."""
        found = self._derived.get(key)
        if found is None:
            with self._lock:
                found = self._derived.get(key)
                if found is None:
                    found = make(self)
                    self._derived[key] = found
        return cast("Derived", found)

    def lookups(self) -> Lookups:
        """What text search needs, made at first use."""
        return self.derived("lookups", Lookups)

    def find_row(self, iri: str) -> int:
        """Row of an IRI, -1 where there is none."""
        return self.iris.find_sorted(iri)

    def resolve(self, reference: str, types: Sequence[ResourceType]) -> int:
        """Row that a reference means among `types`.

        The first that fits: the exact IRI; a code (`511`); a code after the name of its system, dataset or framework
        and `:` or `/` (`opm:511`, `nice/511`; a framework's name is a label, a code or a path segment of its IRI); a
        preferred label in any language; an alternative label. Case, blanks, compatibility forms and `+`/`plus` are
        folded (not in IRIs).
        A superseded resource leads to its last successor.

        Raises:
            UnknownReferenceError: `reference.unknown` with the nearest, `reference.ambiguous` with all candidates.
        """
        if len(reference) > _REFERENCE_KEPT:
            return resolve(self, reference, types)
        return self.derived("resolved", _resolved)(reference, tuple(types))

    def find_text(self, text: str, kind: ResourceType) -> Ints:
        """Rows of this type whose preferred label in any language contains the text, case folded; by IRI."""
        return find_text(self, text, kind)

    def label(self, row: int, languages: Sequence[str] = ()) -> tuple[str, str]:
        """(text, BCP 47 tag used) by RFC 4647 lookup; then English, `und`, the first; the IRI where there is none."""
        span = self.span("label_offsets", row)
        found = look_up([self.label_languages[entry] for entry in span], languages)
        return (
            (self.iris[row], "und") if found < 0 else (self.label_texts[span[found]], self.label_languages[span[found]])
        )

    def scale_label(self, row: int, languages: Sequence[str] = ()) -> tuple[str, str]:
        """The same for a scale."""
        span = self.span("scale_label_offsets", row)
        found = look_up([self.scale_label_languages[entry] for entry in span], languages)
        if found < 0:
            return self.scale_iris[row], "und"
        return self.scale_label_texts[span[found]], self.scale_label_languages[span[found]]

    def scale_level_label(self, row: int, languages: Sequence[str] = ()) -> tuple[str, str] | None:
        """The same for a named level of a scale; None where it has an IRI alone."""
        span = self.span("scale_level_label_offsets", row)
        found = look_up([self.scale_level_label_languages[entry] for entry in span], languages)
        if found < 0:
            return None
        return self.scale_level_label_texts[span[found]], self.scale_level_label_languages[span[found]]

    def node_label(self, row: int, languages: Sequence[str] = ()) -> tuple[str, str] | None:
        """The same for a requirement group; None where the source gives it no label."""
        span = self.span("node_label_offsets", row)
        found = look_up([self.node_label_languages[entry] for entry in span], languages)
        return None if found < 0 else (self.node_label_texts[span[found]], self.node_label_languages[span[found]])

    def span(self, offsets: str, row: int) -> range:
        """Entries of a row in the CSR columns of these offsets, such as `broader_offsets`."""
        bounds: Ints = self.columns.arrays[offsets]  # type: ignore[assignment]
        return range(int(bounds[row]), int(bounds[row + 1]))

    def top_nodes(self, owner: int) -> tuple[int, ...]:
        """Top requirement nodes of a role, or of a course or credential whose prerequisites they are, by IRI."""
        return tuple(row for row in self.span("node_offsets", owner) if self.node_parent[row] < 0)

    def child_nodes(self, node: int) -> Iterator[int]:
        """Direct children of a requirement node, in row order."""
        child, end = node + 1, int(self.node_end[node])
        while child < end:
            yield child
            child = int(self.node_end[child])

    def rows(self, kind: ResourceType) -> Ints:
        """Rows of one type, by IRI."""
        return self.derived(("rows", kind), lambda own: np.flatnonzero(own.types == kind).astype(np.int32))

    def codes(self, row: int) -> Iterator[tuple[str, str]]:
        """(system, value) of a row, sorted."""
        for entry in self.span("code_offsets", row):
            yield self.code_systems[entry], self.code_values[entry]

    def fraction(self, scale: int, value: float) -> float:
        """Where a value lies on a scale, 0 to 1; NaN where that cannot be told."""
        if scale < 0:
            return float("nan")
        low, high = float(self.scale_minimum[scale]), float(self.scale_maximum[scale])
        return min(max((value - low) / (high - low), 0.0), 1.0) if high > low and value == value else float("nan")


def _resolved(snapshot: Snapshot) -> Callable[[str, tuple[ResourceType, ...]], int]:
    """What references mean, those of late kept; one that means nothing is looked up each time."""
    return lru_cache(_RESOLVED_AT_MOST)(partial(resolve, snapshot))
