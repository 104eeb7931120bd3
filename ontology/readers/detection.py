"""Which reader a document is for, told by its content: the columns of a table, the first bytes of anything else.

Knows no records. A header with a slip of the pen still finds its reader, which then says what is wrong with it.
"""

import csv
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ontology.documents import Document, read_header
from ontology.model import Finding, Located

from .surroundings import Surroundings

PREAMBLE_LINES: Final = 64
"""Lines before the header that a table may have. The ESCO - O*NET crosswalk has 16."""
MOST_COLUMNS: Final = 4
"""How many times the columns of a table a header may have to be compared with it by likeness."""
NEAR_SHARE: Final = 0.7
"""Share of the needed columns, and of those that are there, that must be alike for a header to be meant for a table."""


class Fit(IntEnum):
    """How well a document fits a format."""

    NONE = 0
    NEAR = 1
    EXACT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadContext:
    """What a reader is told beside its documents."""

    language: str
    """BCP 47 tag of texts whose source does not say."""
    surroundings: Surroundings
    dataset: str = "source"
    """Name of the dataset that is read into: tells apart what several datasets leave unnamed in the same words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format and its reader."""

    name: str
    """What `--format` calls it."""
    fit: Callable[[Document], Fit]
    read: Callable[[Sequence[Document], ReadContext], Iterator[Located | Finding]]
    keeps_originals: bool = False
    """Whether the documents stay downloadable as they were: an export may upgrade them."""
    alone: bool = False
    """Whether what is read follows from the documents alone, whatever other datasets hold and this one is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of CSV file of a source."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    """Names that such a file goes by: with one of them a wrong header is a fault, not another file."""
    preamble: bool = False
    """Lines that are no table may stand before the header."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All that a reader knows."""
        return (*self.required, *self.optional)


def find_table(document: Document, tables: Sequence[Table]) -> tuple[Table | None, Fit]:
    """The table that a document is, or most likely is meant to be, and how well it fits."""
    exact = [table for table in tables if _has_columns(document, table)]
    if exact:
        return max(exact, key=lambda table: len(table.required)), Fit.EXACT
    header = read_header(document)
    likeness = {table: _likeness(header, table, document.basename) for table in tables}
    best = max(tables, key=lambda table: likeness[table])
    return (best, Fit.NEAR) if likeness[best] >= NEAR_SHARE else (best, Fit.NONE)


def table_fit(tables: Sequence[Table]) -> Callable[[Document], Fit]:
    """How well a document fits the best of these tables."""
    return lambda document: find_table(document, tables)[1]


def fold_column(name: str) -> str:
    """A column name in which case, blanks and punctuation make no difference."""
    return re.sub(r"[\W_]", "", name).casefold()


def alike(name: str, names: set[str]) -> bool:
    """Whether a folded column name is one of the others, or one slip of the pen away from one."""
    return name in names or bool(difflib.get_close_matches(name, names, n=1, cutoff=0.8))


def _has_columns(document: Document, table: Table) -> bool:
    if not table.preamble:
        return set(table.required) <= set(read_header(document))
    lines = document.head.decode("utf-8", "ignore").splitlines()[:PREAMBLE_LINES]
    return any(set(table.required) <= _split(line, separator) for line in lines for separator in ",;")


def _split(line: str, separator: str) -> set[str]:
    try:
        return {cell.strip() for cell in next(csv.reader([line], delimiter=separator), ())}
    except csv.Error:
        return set()


def _likeness(header: Sequence[str], table: Table, file_name: str) -> float:
    """The smaller of the shares of needed and of present columns, 0 to 1; 1 for a known file name with any of them."""
    there = {fold_column(name) for name in header} - {""}
    needed = {fold_column(name) for name in table.required}
    known = needed | {fold_column(name) for name in table.optional}
    if not there:
        return 0.0
    long = len(there) > MOST_COLUMNS * len(known)  # a line of anything else: not compared letter by letter
    hits = len(there & known) if long else sum(alike(name, known) for name in there)
    if hits and file_name.casefold() in table.file_names:
        return 1.0
    return 0.0 if long else min(sum(alike(name, there) for name in needed) / len(needed), hits / len(there))
