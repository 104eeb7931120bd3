"""Scales and their levels by name: which one a reference means. Called by whoever reads held levels."""

import math
from collections.abc import Sequence

import numpy as np

from ontology.errors import UnknownReferenceError

from .level_mappings import level_mappings_of
from .references import fold
from .snapshot import Snapshot


def find_scale(snapshot: Snapshot, reference: str) -> int:
    """Row of a scale by IRI or exact label, folded as references are. Raises UnknownReferenceError."""
    exact = snapshot.scale_iris.find_sorted(reference.strip())
    if exact >= 0:
        return exact
    wanted = fold(reference)
    rows = range(len(snapshot.scale_iris))
    found = [row for row in rows if wanted in _labels(snapshot, row)]
    if len(found) == 1:
        return found[0]
    candidates = found or list(rows)[:5]
    raise UnknownReferenceError(
        f"{reference!r} names {len(found)} scales, expected one.",
        code="reference.ambiguous" if found else "reference.unknown",
        hint="Give the IRI of a scale, or its exact label.",
        subject=reference,
        candidates=[(snapshot.scale_iris[row], snapshot.scale_label(row)[0]) for row in candidates],
    )


def find_level(snapshot: Snapshot, reference: str, scale: int = -1) -> tuple[float, int]:
    """(value, scale row) of a level that its source names: by IRI, or by exact label on this scale.

    Args:
        scale: -1 where a level is named by its IRI alone.

    Raises UnknownReferenceError.
    """
    exact = find_level_by_iri(snapshot, reference.strip())
    if exact is not None and scale in {-1, exact[1]}:
        return exact
    rows = snapshot.span("scale_level_offsets", scale) if scale >= 0 else range(0)
    wanted = fold(reference)
    found = [row for row in rows if wanted in _level_labels(snapshot, row)]
    values = {float(snapshot.scale_level_value[row]) for row in found}
    if len(values) == 1:
        return values.pop(), scale
    raise UnknownReferenceError(
        f"{reference!r} names {len(found)} levels of the scale, expected one.",
        code="reference.ambiguous" if found else "reference.unknown",
        hint="Give the value of a level, the IRI of one that has a name, or its exact label together with its scale.",
        subject=reference,
        candidates=_shown(snapshot, found or rows),
    )


def find_level_by_iri(snapshot: Snapshot, iri: str) -> tuple[float, int] | None:
    """(value, scale row) of the named level of this IRI, None where there is none."""
    return snapshot.derived("levels of scales by IRI", _levels).get(iri)


def level_name(snapshot: Snapshot, scale: int, value: float, languages: Sequence[str] = ()) -> tuple[str, str] | None:
    """(text, BCP 47 tag) of what the level of this value is called, None where nobody names it."""
    for row in snapshot.span("scale_level_offsets", scale):
        if float(snapshot.scale_level_value[row]) == value:
            found = snapshot.scale_level_label(row, languages)
            if found is not None:
                return found
    return None


def level_iri(snapshot: Snapshot, scale: int, value: float) -> str | None:
    """The IRI of the level of this value, None where nobody names it."""
    rows = snapshot.span("scale_level_offsets", scale)
    return next((snapshot.scale_level_iris[row] for row in rows if snapshot.scale_level_value[row] == value), None)


def named_level(snapshot: Snapshot, scale: int, value: float, number: str, languages: Sequence[str]) -> str:
    """A level as sentences say it: its value, written as `number`, and what it is called, where somebody names it."""
    name = None if scale < 0 else level_name(snapshot, scale, value, languages)
    return number if name is None else f"{number} ({name[0]})"


def unread_levels(snapshot: Snapshot, scale: int, asked: int) -> list[int]:
    """Rows of the scale's named levels of which nothing is known on the other one, lowest first."""
    mappings = level_mappings_of(snapshot)
    return [
        row
        for row in snapshot.span("scale_level_offsets", scale)
        if math.isnan(mappings.fraction(scale, float(snapshot.scale_level_value[row]), asked))
    ]


def level_row(snapshot: Snapshot, iri: str) -> int:
    """Row of the named level of this IRI, -1 where there is none; of several the first."""
    return snapshot.derived("rows of levels of scales", _rows).get(iri, -1)


def scale_of_level(snapshot: Snapshot, row: int) -> int:
    """Row of the scale that a named level is of."""
    return int(np.searchsorted(snapshot.scale_level_offsets, row, "right")) - 1


def _rows(snapshot: Snapshot) -> dict[str, int]:
    iris = list(snapshot.scale_level_iris)
    return {iri: row for row, iri in reversed(list(enumerate(iris)))}


def _levels(snapshot: Snapshot) -> dict[str, tuple[float, int]]:
    """By IRI; one that two datasets put to different places is none."""
    found: dict[str, tuple[float, int]] = {}
    twice: set[str] = set()
    for row, iri in enumerate(snapshot.scale_level_iris):
        place = float(snapshot.scale_level_value[row]), scale_of_level(snapshot, row)
        if found.setdefault(iri, place) != place:
            twice.add(iri)
    return {iri: place for iri, place in found.items() if iri not in twice}


def _labels(snapshot: Snapshot, row: int) -> set[str]:
    return {fold(snapshot.scale_label_texts[entry]) for entry in snapshot.span("scale_label_offsets", row)}


def _level_labels(snapshot: Snapshot, row: int) -> set[str]:
    return {fold(snapshot.scale_level_label_texts[entry]) for entry in snapshot.span("scale_level_label_offsets", row)}


def _shown(snapshot: Snapshot, rows: Sequence[int]) -> list[tuple[str, str]]:
    """(IRI, label or value) of the first of these levels."""
    return [
        (
            snapshot.scale_level_iris[row],
            (snapshot.scale_level_label(row) or (f"{float(snapshot.scale_level_value[row]):g}", ""))[0],
        )
        for row in rows[:5]
    ]
