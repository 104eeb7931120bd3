"""Scales by name: which one a reference means. Called by whoever reads held levels."""

from ontology.errors import UnknownReferenceError

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


def _labels(snapshot: Snapshot, row: int) -> set[str]:
    return {fold(snapshot.scale_label_texts[entry]) for entry in snapshot.span("scale_label_offsets", row)}
