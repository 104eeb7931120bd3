"""Learners as rows of text: what each claims, in columns, as it is written, with the line of each.

Knows the fields of a row and what is wrong with one; knows no file format and no release. Filled by learner_files and
learner_parquet, resolved by graph.batch_references.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from .model import Finding, FindingLevel, Source, shorten

MAX_NAME_CHARACTERS: Final = 2048
"""A learner's name: as long as an IRI may be."""
FIELDS: Final = ("learner", "credentials", "courses", "competencies", "experience_days")
LISTS: Final = ("credentials", "courses", "competencies")

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What rows name in one field, in their order: CSR by row into the distinct texts.

    `levels` (NaN none) and `scales` (into `texts`, -1 none) are by claim.
    """

    offsets: Codes
    texts: Sequence[str]
    codes: Codes
    levels: Numbers
    scales: Codes


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerRows:
    """The rows of a part of a file that can be read, and a finding for each that cannot."""

    file: str
    learners: Sequence[str]
    lines: Codes
    """From 1; of a Parquet file the number of the row."""
    claims: Mapping[str, Claims]
    """By name of the field, all of `LISTS`."""
    experience_days: Numbers
    findings: Sequence[Finding]
    read: int
    """How many rows there are, blank lines left out."""


class RowFault(ValueError):  # noqa: N818 - a fault in data, told as a finding
    """What is wrong with a row: the code of its finding, the message, how to mend it, in which column."""

    def __init__(self, code: str, message: str, fix: str, column: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.fix, self.column = code, message, fix, column

    def finding(self, file: str, line: int) -> Finding:
        """The row's finding."""
        source = Source(file=file, line=line, column=self.column)
        return Finding(level=FindingLevel.MUST, code=self.code, message=self.message, source=source, fix=self.fix)


@dataclass(slots=True)
class _Column:
    """One field while it is filled."""

    texts: dict[str, int]
    counts: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    levels: list[float] = field(default_factory=list)
    scales: list[int] = field(default_factory=list)

    def filled(self) -> Claims:
        return Claims(
            offsets=np.concatenate(([0], np.cumsum(self.counts, dtype=np.int64))).astype(np.int64),
            texts=list(self.texts),
            codes=np.array(self.codes, np.int64),
            levels=np.array(self.levels, np.float64),
            scales=np.array(self.scales, np.int64),
        )


class RowCollector:
    """Takes rows one by one, as mappings of the fields of `FIELDS`, and refuses what cannot be meant."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._learners: list[str] = []
        self._lines: list[int] = []
        self._columns = {name: _Column({}) for name in LISTS}
        self._days: list[float] = []
        self._findings: list[Finding] = []
        self._read = 0

    def add(self, row: Mapping[str, object], line: int) -> None:
        """Takes a row; one that is refused is a finding."""
        self._read += 1
        try:
            learner = learner_name(row.get("learner"))
            days = _days(row.get("experience_days"))
            lists = [(name, _claims(row.get(name), name)) for name in LISTS]
        except RowFault as fault:
            self._findings.append(fault.finding(self._file, line))
            return
        self._learners.append(learner)
        self._lines.append(line)
        self._days.append(days)
        for name, claims in lists:
            column = self._columns[name]
            column.counts.append(len(claims))
            texts = column.texts
            for text, level, scale in claims:
                column.codes.append(texts.setdefault(text, len(texts)))
                column.levels.append(level)
                column.scales.append(-1 if scale is None else texts.setdefault(scale, len(texts)))

    def refuse(self, fault: RowFault, line: int) -> None:
        """Takes a row that could not even be read."""
        self._read += 1
        self._findings.append(fault.finding(self._file, line))

    def rows(self) -> LearnerRows:
        """All that was taken."""
        return LearnerRows(
            file=self._file,
            learners=self._learners,
            lines=np.array(self._lines, np.int64),
            claims={name: column.filled() for name, column in self._columns.items()},
            experience_days=np.array(self._days, np.float64),
            findings=self._findings,
            read=self._read,
        )


def learner_name(value: object) -> str:
    """The learner's name, a text or a whole number. Raises RowFault."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and value.strip() and len(value) <= MAX_NAME_CHARACTERS:
        return value.strip()
    got = "nothing" if value is None or not str(value).strip() else f"a {type(value).__name__}"
    if isinstance(value, str) and len(value) > MAX_NAME_CHARACTERS:
        got = f"{len(value):,} characters"
    raise RowFault(
        "batch.learner",
        f"`learner` has {got}, expected a name of 1 to {MAX_NAME_CHARACTERS:,} characters.",
        "Give each row the name or number of its learner.",
        "learner",
    )


def _days(value: object) -> float:
    if value is None or value == "":
        return 0.0
    try:
        days = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        days = math.nan
    if not (math.isfinite(days) and days >= 0):
        raise RowFault(
            "batch.days",
            f"`experience_days` is {shorten(str(value))!r}, expected a number of days from 0.",
            "Give days of experience as a number, or leave them out.",
            "experience_days",
        )
    return days


Claim = tuple[str, float, str | None]
"""Reference, level (NaN none), scale."""


def _claims(value: object, name: str) -> list[Claim]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise RowFault(
            "batch.list",
            f"`{name}` is a {type(value).__name__}, expected a list.",
            "Give a list of IRIs, codes or labels, if empty.",
            name,
        )
    return [_claim(item, name) for item in value]


def _claim(item: object, name: str) -> Claim:
    if isinstance(item, str) and item:
        return item, math.nan, None
    if isinstance(item, dict) and name == "competencies":
        reference, level, scale = item.get("id"), item.get("level"), item.get("scale")
        level_fits = level is None or (isinstance(level, int | float) and not isinstance(level, bool))
        if isinstance(reference, str) and reference and level_fits and (scale is None or isinstance(scale, str)):
            return reference, math.nan if level is None else float(level), scale or None
    expected = "a text" if name != "competencies" else "a text, or an object with `id`, `level` (a number) and `scale`"
    raise RowFault(
        "batch.claim",
        f"`{name}` has {shorten(repr(item))}, expected {expected}.",
        "Name what is held by its IRI, a code or its exact label.",
        name,
    )
