"""What the rows of a file of learners name, as rows of a snapshot: each distinct text is looked up once.

Knows references and levels; knows no file format and no scores. Called by batch.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ontology.errors import UnknownReferenceError
from ontology.learner_rows import LISTS, Claims, LearnerRows
from ontology.model import Finding, FindingLevel, Source, shorten

from .layout import Flags, Floats, Longs, ResourceType
from .many_learners import Learners
from .references import resolve
from .scales import find_level, find_scale
from .snapshot import Snapshot

TEXTS_KEPT = 1_000_000
"""References whose meaning is kept between slices; when there are more, all are forgotten."""
_TYPES = {
    "competencies": ResourceType.COMPETENCY,
    "credentials": ResourceType.CREDENTIAL,
    "courses": ResourceType.COURSE,
}
_FIX = "Correct the reference, or load the dataset that describes it; `--skip-unknown` scores the learner without it."


class _Meaning(NamedTuple):
    """What a text of a claim means."""

    row: int
    """-1: nothing."""
    value: float = math.nan
    scale: int = -1
    code: str = ""
    message: str = ""
    """Why it means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRows:
    """Learners that can be scored, and what is told of the rows.

    Attributes:
        learners: what they hold.   names, files, lines: of the same.
        findings: of all rows of the slice, by line: of those that were refused, and of what was left out.
        refused: how many rows are not scored.
    """

    learners: Learners
    names: Sequence[str]
    files: Sequence[str]
    lines: Longs
    findings: Sequence[Finding]
    read: int
    refused: int


class ReferenceBook:
    """References looked up in one snapshot. Not safe from threads."""

    def __init__(self, snapshot: Snapshot, *, skip_unknown: bool = False):
        self._snapshot = snapshot
        self._skip = skip_unknown
        self._known: dict[str, dict[str, _Meaning]] = {name: {} for name in LISTS}
        self._scales: dict[str, int] = {}

    def resolved(self, rows: LearnerRows) -> ResolvedRows:
        """The learners of these rows. One with a reference that means nothing is refused, or scored without it."""
        faults: list[Finding] = []
        bad = np.zeros(len(rows.learners), np.bool_)
        fields = {}
        for name in LISTS:
            resolved, own = self._field(rows, name, bad)
            fields[name] = resolved
            faults += own
        kept = np.ones(len(bad), np.bool_) if self._skip else ~bad
        places = np.flatnonzero(kept)
        claims = _of_kept(fields["competencies"], kept)
        things = _joined(_of_kept(fields["credentials"], kept), _of_kept(fields["courses"], kept))
        learners = Learners(
            claim_offsets=claims.offsets,
            claims=claims.rows.astype(np.int32),
            values=claims.values,
            scales=claims.scales.astype(np.int32),
            thing_offsets=things.offsets,
            things=things.rows.astype(np.int32),
            experience_days=rows.experience_days[kept],
        )
        findings = sorted([*rows.findings, *faults], key=_line)
        return ResolvedRows(
            learners=learners,
            names=[rows.learners[place] for place in places.tolist()],
            files=[rows.file] * len(places),
            lines=rows.lines[kept],
            findings=findings,
            read=rows.read,
            refused=rows.read - len(places),
        )

    def _field(self, rows: LearnerRows, name: str, bad: Flags) -> tuple["_Field", list[Finding]]:
        """One field's claims, and a finding for each that means nothing; its learner is marked in `bad`."""
        claims = rows.claims[name]
        meanings = self._meanings(name, claims)
        found = np.array([meaning.row for meaning in meanings], np.int64)[claims.codes]
        values = np.array([meaning.value for meaning in meanings], np.float64)[claims.codes]
        scales = np.array([meaning.scale for meaning in meanings], np.int64)[claims.codes]
        owners = np.repeat(np.arange(len(rows.learners)), np.diff(claims.offsets))
        faults: list[Finding] = []

        def refuse(claim: int, code: str, message: str, fix: str) -> None:
            found[claim] = -1
            owner = int(owners[claim])
            bad[owner] = True
            faults.append(
                Finding(
                    level=FindingLevel.SHOULD if self._skip else FindingLevel.MUST,
                    code=code,
                    message=message,
                    subject=shorten(claims.texts[int(claims.codes[claim])]),
                    source=Source(file=rows.file, line=int(rows.lines[owner]), column=name),
                    fix=fix,
                )
            )

        for claim in np.flatnonzero(found < 0).tolist():
            meaning = meanings[int(claims.codes[claim])]
            refuse(claim, meaning.code, meaning.message, _FIX)
        for claim in np.flatnonzero((claims.scales >= 0) & ~np.isnan(claims.levels) & (found >= 0)).tolist():
            value, text = float(claims.levels[claim]), claims.texts[int(claims.scales[claim])]
            scale, wrong = self._level(value, text)
            if wrong:
                refuse(claim, "batch.level", wrong, "Give a value on a loaded scale, or leave the level out.")
            values[claim], scales[claim] = value, scale
        return _kept_claims(owners, found, values, scales, len(rows.learners)), faults

    def _meanings(self, name: str, claims: Claims) -> list[_Meaning]:
        known = self._known[name]
        if len(known) > TEXTS_KEPT:
            known.clear()
        used = np.zeros(len(claims.texts), np.bool_)
        used[claims.codes] = True
        meanings = []
        for text, is_used in zip(claims.texts, used.tolist(), strict=True):
            meaning = known.get(text) if is_used else _NO_CLAIM
            if meaning is None:
                meaning = known[text] = self._look_up(text, name)
            meanings.append(meaning)
        return meanings

    def _look_up(self, text: str, name: str) -> _Meaning:
        """What a text means; of a competency also `reference=value@scale`."""
        try:
            return _Meaning(resolve(self._snapshot, text, (_TYPES[name],), suggests=False))
        except UnknownReferenceError as error:
            fault = _Meaning(-1, code=_CODES[error.code], message=error.message)
        reference, separator, level = text.rpartition("=")
        value, at, scale_text = level.partition("@")
        if name != "competencies" or not separator or not at:
            return fault
        try:
            row = resolve(self._snapshot, reference, (ResourceType.COMPETENCY,), suggests=False)
        except UnknownReferenceError as error:
            return _Meaning(-1, code=_CODES[error.code], message=error.message)
        try:
            number = float(value)
        except ValueError:
            return self._named_level(row, value, scale_text)
        scale, wrong = self._level(number, scale_text)
        return _Meaning(-1, code="batch.level", message=wrong) if wrong else _Meaning(row, number, scale)

    def _named_level(self, row: int, name: str, scale_text: str) -> _Meaning:
        """The same where a name stands in place of the value."""
        try:
            number, scale = find_level(self._snapshot, name, find_scale(self._snapshot, scale_text))
        except UnknownReferenceError as error:
            return _Meaning(-1, code="batch.level", message=error.message)
        return _Meaning(row, number, scale)

    def _level(self, value: float, text: str) -> tuple[int, str]:
        """(scale row, what is wrong)."""
        if text not in self._scales:
            try:
                self._scales[text] = find_scale(self._snapshot, text)
            except UnknownReferenceError:
                self._scales[text] = -1
        scale = self._scales[text]
        if scale < 0:
            return -1, f"{shorten(text)!r} is no scale that is loaded."
        low, high = float(self._snapshot.scale_minimum[scale]), float(self._snapshot.scale_maximum[scale])
        if math.isfinite(value) and (math.isnan(low) or low <= value <= high):
            return scale, ""
        return scale, f"The level {value:g} is off its scale, which goes from {low:g} to {high:g}."


_NO_CLAIM = _Meaning(-1)
_CODES = {"reference.unknown": "batch.unknown-reference", "reference.ambiguous": "batch.ambiguous-reference"}


class _Field(NamedTuple):
    """Claims of one field that mean something: CSR by learner."""

    offsets: Longs
    rows: Longs
    values: Floats
    scales: Longs


def _line(finding: Finding) -> int:
    return finding.source.line or 0 if finding.source else 0


def _kept_claims(owners: Longs, rows: Longs, values: Floats, scales: Longs, learners: int) -> _Field:
    kept = rows >= 0
    counts = np.bincount(owners[kept], minlength=learners)
    return _Field(np.concatenate(([0], np.cumsum(counts))), rows[kept], values[kept], scales[kept])


def _of_kept(field: _Field, kept: Flags) -> _Field:
    if kept.all():
        return field
    owners = np.repeat(np.arange(len(kept)), np.diff(field.offsets))
    there = kept[owners]
    counts = np.diff(field.offsets)[kept]
    offsets = np.concatenate(([0], np.cumsum(counts)))
    return _Field(offsets, field.rows[there], field.values[there], field.scales[there])


def _joined(one: _Field, other: _Field) -> _Field:
    """Both claims of each learner beside each other."""
    counts = np.diff(one.offsets), np.diff(other.offsets)
    owners = np.concatenate([np.repeat(np.arange(len(each)), each) for each in counts])
    order = np.argsort(owners, kind="stable")
    rows, values = np.concatenate((one.rows, other.rows)), np.concatenate((one.values, other.values))
    offsets = np.concatenate(([0], np.cumsum(counts[0] + counts[1])))
    return _Field(offsets, rows[order], values[order], np.concatenate((one.scales, other.scales))[order])
