"""What the snapshot is made of: the types of its rows and the catalogue of its columns.

The catalogue is the single declaration: the builder fills it, the file is written and read by it, and its digest is the
file's version, so that a file of another layout is never read.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt

from ontology.model import Relation

from .strings import OptionalStrings, RepeatedStrings, SplitStrings, Strings

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Small = npt.NDArray[np.int8] | npt.NDArray[np.int16]
"""Indices of string tables."""
Column = Ints | Longs | Floats | Bytes | Flags | Small
Table = Strings | OptionalStrings | RepeatedStrings | SplitStrings
Stored = TypeVar("Stored", bound=Table)

RELATIONS = (Relation.EXACT, Relation.CLOSE, Relation.BROAD, Relation.NARROW, Relation.RELATED)
"""`alignment_relation` is an index into this."""

CONTENT_VERSION = 3
"""Raised when the same columns come to mean something else, such as keys that are folded otherwise."""

OVERLAY = "overlay"
"""Format of a dataset of changes to others."""
PUBLIC = "public"
PRIVATE = "private"
VISIBILITIES = (PUBLIC, PRIVATE)

MICRODAYS = 1_000_000
"""`duration` counts millionths of a learning day, so that sums are exact."""


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
    visibility: str = PUBLIC
    """`public`, or `private`: served only to callers with a key."""
    originals: str | None = None
    """sha256 of the archive of the documents that it was read from, where their format keeps them."""
    sources: str | None = None
    """sha256 of the file that says where each of its records was read; None where it was loaded without."""

    @property
    def is_overlay(self) -> bool:
        """Whether it changes others where a view names it, and is no part of any other view."""
        return self.format == OVERLAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The content of a snapshot by column name, as the builder makes it and the file holds it."""

    arrays: dict[str, Column]
    tables: dict[str, Table]


ARRAYS: dict[str, str] = {
    "types": "uint8",
    **dict.fromkeys(("dataset", "framework", "replaced_by", "canonical"), "int32"),
    **dict.fromkeys(("cost", "duration", "salary_minimum", "salary_maximum"), "int64"),
    "place_offsets": "int32",
    "remote": "bool",
    **dict.fromkeys(("label_offsets", "alternative_offsets", "code_offsets", "broader_offsets", "broader"), "int32"),
    **dict.fromkeys(("narrower_offsets", "narrower"), "int32"),
    **dict.fromkeys(("scale_minimum", "scale_maximum"), "float64"),
    **dict.fromkeys(("scale_label_offsets", "scale_dataset"), "int32"),
    **dict.fromkeys(("scale_level_offsets", "scale_level_dataset", "scale_level_label_offsets"), "int32"),
    "scale_level_value": "float64",
    **dict.fromkeys(("mapping_scale", "mapping_matched_scale", "mapping_dataset"), "int32"),
    **dict.fromkeys(("mapping_value", "mapping_matched_value"), "float64"),
    **dict.fromkeys(("level_owner", "level_rank", "level_offsets", "level_dataset"), "int32"),
    **dict.fromkeys(("node_owner", "node_level", "node_parent", "node_target", "node_minimum", "node_scale"), "int32"),
    **dict.fromkeys(("node_dataset", "node_end", "node_offsets", "node_label_offsets"), "int32"),
    "node_kind": "uint8",
    "node_must": "bool",
    **dict.fromkeys(("node_importance", "node_value", "node_days"), "float64"),
    **dict.fromkeys(("teaches_offsets", "teaches_competency", "teaches_scale", "teaches_dataset"), "int32"),
    "teaches_value": "float64",
    **dict.fromkeys(("awards_offsets", "awards_credential", "awards_dataset"), "int32"),
    **dict.fromkeys(("alignment_subject", "alignment_object", "alignment_dataset"), "int32"),
    "alignment_relation": "uint8",
    "alignment_confidence": "float64",
    **dict.fromkeys(("label_key_offsets", "label_key_rows", "alternative_key_offsets"), "int32"),
    **dict.fromkeys(("alternative_key_rows", "code_key_offsets", "code_key_entries"), "int32"),
}
"""Arrays by name, with their type."""

TABLES: dict[str, type[Table]] = {
    **dict.fromkeys(("iris", "label_texts", "alternative_texts", "code_values", "scale_iris", "level_iris"), Strings),
    **dict.fromkeys(("level_names", "node_label_texts", "scale_label_texts"), Strings),
    **dict.fromkeys(("label_keys", "alternative_keys", "code_keys", "mapping_iris"), Strings),
    **dict.fromkeys(("scale_level_iris", "scale_level_label_texts"), Strings),
    **dict.fromkeys(("node_iris", "teaches_iris", "awards_iris", "alignment_iris"), SplitStrings),
    **dict.fromkeys(("kind", "provider", "url", "currency", "alignment_source", "alignment_method"), OptionalStrings),
    **dict.fromkeys(("employer", "employer_iri", "salary_currency", "salary_period"), OptionalStrings),
    "places": RepeatedStrings,
    **dict.fromkeys(("label_languages", "alternative_languages", "code_systems"), RepeatedStrings),
    **dict.fromkeys(("scale_label_languages", "scale_level_label_languages", "node_label_languages"), RepeatedStrings),
}
"""String tables by name, with their class."""


def stored_arrays(columns: Columns) -> dict[str, Column]:
    """Every array that the file holds, by name: those of string tables are named `<table>.<part>`."""
    stored: dict[str, Column] = dict(columns.arrays)
    for name, table in columns.tables.items():
        store_table(stored, name, table)
    return dict(sorted(stored.items()))


def store_table(stored: dict[str, Column], name: str, table: Table) -> None:
    """Nothing; the arrays of a table are in `stored`, as `table_of` reads them."""
    if isinstance(table, Strings):
        stored[f"{name}.blob"] = table.blob
        stored[f"{name}.offsets"] = table.offsets
    elif isinstance(table, SplitStrings):
        store_table(stored, name, table.tails)
        store_table(stored, f"{name}.heads", table.heads)
    else:
        store_table(stored, name, table.table)
        stored[f"{name}.indices"] = table.indices


def columns_of(stored: dict[str, Column]) -> Columns:
    """The columns over the arrays that `stored_arrays` gave."""
    tables = {name: table_of(stored, name, kind) for name, kind in TABLES.items()}
    return Columns(arrays={name: stored[name] for name in ARRAYS}, tables=tables)


def table_of(stored: Mapping[str, Column], name: str, kind: type[Stored]) -> Stored:
    """The table that `store_table` put there: its numbers in the width in which they were stored."""
    strings = Strings(stored[f"{name}.blob"], stored[f"{name}.offsets"])  # type: ignore[arg-type]  # as they were stored
    if issubclass(kind, Strings):
        return cast("Stored", strings)
    if issubclass(kind, SplitStrings):
        heads = Strings(stored[f"{name}.heads.blob"], stored[f"{name}.heads.offsets"])  # type: ignore[arg-type]
        return kind(RepeatedStrings(stored[f"{name}.heads.indices"], heads), strings)  # type: ignore[arg-type]
    return kind(stored[f"{name}.indices"], strings)  # type: ignore[arg-type]


def layout_digest() -> str:
    """A digest of the catalogue and its meaning: a file that was written by another one is outdated."""
    parts = [f"version:{CONTENT_VERSION}", *(f"{name}:{kind}" for name, kind in sorted(ARRAYS.items()))]
    parts += [f"{name}:{kind.__name__}" for name, kind in sorted(TABLES.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
