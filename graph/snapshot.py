"""The index of one release: immutable arrays and string tables in one memory-mapped, checksummed file.

Holds what match, gap, plans, lists and labels need. Built from the records of a release's archive in one pass, saved
atomically, mapped by every process, swapped as a whole. Knows no database. Called by releases, matching, planning and the service.

Row numbers are the identity inside a snapshot; -1 is none; NaN is an unknown number. Resources are sorted by IRI, so the order of rows
is the order of IRIs. Everything is a pure function of the release's content: same content, same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ontology.model import Record

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]


class ResourceType(IntEnum):
    """Type of a resource row. EXTERNAL: an IRI that a statement names and no dataset describes."""

    FRAMEWORK = 0
    COMPETENCY = 1
    COURSE = 2
    CREDENTIAL = 3
    JOB_ROLE = 4
    EXTERNAL = 5


class NodeKind(IntEnum):
    """Kind of a node of a requirement tree."""

    COMPETENCY = 0
    CREDENTIAL = 1
    COURSE = 2
    EXPERIENCE = 3
    ALL = 4
    ANY = 5
    AT_LEAST = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """One dataset of a release."""

    iri: str
    name: str
    format: str
    license: str | None
    attribution: str | None
    checksum: str
    """sha256 of its canonical N-Quads."""


class Snapshot:
    """One release, mapped. All array attributes are read-only.

    Resources, by row (sorted by IRI):
        iris: Sequence[str]                     row -> IRI
        types: Bytes                            ResourceType
        dataset: Ints                           row in `datasets` of the describing dataset, -1 for EXTERNAL
        framework: Ints                         resource row, -1 none
        replaced_by: Ints                       resource row of the direct successor, -1 none
        canonical: Ints                         resource row of the last successor (itself where there is none, or in a cycle)
        kind, provider, url: Sequence[str|None] provider is the issuer for a credential
        cost: int64 array                       minor units, -1 unknown;  currency: Sequence[str|None]
        duration: int64 array                   millionths of a learning day, -1 unknown
        label_offsets, label_texts, label_languages        CSR: preferred labels of a row, by language
        code_offsets, code_systems, code_values            CSR
        broader_offsets, broader                           CSR: parents;   narrower_offsets, narrower: the inverse

    Scales, by row: scale_iris, scale_minimum, scale_maximum, scale labels.
    Role levels, by row (sorted by owner, rank, IRI): level_iris, level_owner, level_names, level_rank, level_offsets by resource row.
    Requirement nodes, by row (sorted by owner; each tree in preorder, siblings by IRI):
        node_iris, node_owner (resource row), node_level (role level row or -1), node_parent (node row or -1),
        node_kind (NodeKind), node_target (resource row as stated, -1), node_minimum (of a group: children that must hold; ALL: their number),
        node_must (bool), node_importance (float, NaN where not graded), node_value (float, NaN no level asked), node_scale (scale row, -1),
        node_days (float, NaN), node_dataset, node_end (row after its last descendant), node_offsets by owner's resource row.
    Teachings (CSR by subject row): teaches_offsets, teaches_competency, teaches_value (NaN unknown), teaches_scale (-1), teaches_dataset.
    Awards (CSR by course row): awards_offsets, awards_credential, awards_dataset.
    Alignments, by row (sorted by subject, object, relation, IRI): alignment_iris, alignment_subject, alignment_object (resource rows, EXTERNAL
        included), alignment_relation (index into `RELATIONS`), alignment_confidence (NaN none), alignment_source, alignment_dataset.
    """

    release: int
    datasets: tuple[DatasetInfo, ...]

    @classmethod
    def build(cls, datasets: Sequence[tuple[DatasetInfo, Iterable[Record]]], *, release: int) -> "Snapshot":
        """A snapshot in memory of these datasets' records."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: Path) -> "Snapshot":
        """The snapshot in a file, mapped. Raises DamagedError where the checksum or the version is wrong."""
        raise NotImplementedError

    def save(self, path: Path) -> None:
        """Written beside, fsynced and renamed into place: a file of that name is always whole."""
        raise NotImplementedError

    def restrict(self, names: Iterable[str]) -> "Snapshot":
        """Only these datasets' resources and statements (`view.datasets`). Raises UnknownReferenceError with the names there are."""
        raise NotImplementedError

    def find_row(self, iri: str) -> int:
        """Row of an IRI, -1 where there is none."""
        raise NotImplementedError

    def resolve(self, reference: str, types: Sequence[ResourceType]) -> int:
        """Row that a reference means among `types`: IRI, then code (`511`, `opm:511`, `nice/511`), then exact label.

        Case, blanks and `+`/`plus` are folded; a superseded resource leads to its last successor.
        Raises UnknownReferenceError (`reference.unknown` with the nearest, `reference.ambiguous` with all candidates).
        """
        raise NotImplementedError

    def label(self, row: int, languages: Sequence[str] = ()) -> tuple[str, str]:
        """(text, BCP 47 tag used) by RFC 4647 lookup; then English, `und`, the first there is; the IRI where there is no label."""
        raise NotImplementedError

    def rows(self, kind: ResourceType) -> Ints:
        """Rows of one type, by IRI."""
        raise NotImplementedError

    def codes(self, row: int) -> Iterator[tuple[str, str]]:
        """(system, value) of a row, sorted."""
        raise NotImplementedError
