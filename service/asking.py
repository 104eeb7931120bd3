"""Questions of the command line to the snapshot: what is held, which role, which limits. Needs no server.

Turns arguments into records of matching and planning and resolves references. Called by cli and demo.
"""

from collections.abc import Sequence
from pathlib import Path

from graph.matching import Held, HeldCompetency
from graph.releases import current_snapshot
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import InputError


def open_snapshot(home: Path) -> Snapshot:
    """The current release of a data folder. Raises InputError (`home.nothing-loaded`) where nothing is loaded."""
    snapshot = current_snapshot(home)
    if not snapshot.datasets:
        raise InputError(
            f"Nothing is loaded in {home}.",
            code="home.nothing-loaded",
            hint="Load something first: `headwater load SOURCE`, or `headwater demo` for the example.",
        )
    return snapshot


def read_held(
    snapshot: Snapshot,
    credentials: Sequence[str] | None = None,
    courses: Sequence[str] | None = None,
    competencies: Sequence[str] | None = None,
    experience_days: float = 0.0,
) -> Held:
    """What is held, its references resolved.

    Args:
        competencies: references, each with `=value@scale` behind it where a level is claimed.

    Raises UnknownReferenceError, and InputError (`held.level`) for a level that is not `value@scale`.
    """
    return Held(
        credentials=tuple(snapshot.resolve(item, [ResourceType.CREDENTIAL]) for item in credentials or ()),
        courses=tuple(snapshot.resolve(item, [ResourceType.COURSE]) for item in courses or ()),
        competencies=tuple(_held_competency(snapshot, item) for item in competencies or ()),
        experience_days=experience_days,
    )


def read_more(snapshot: Snapshot, references: Sequence[str]) -> Held:
    """What would be held more: each a credential, course or competency (as in `read_held`).

    Raises UnknownReferenceError, InputError.
    """
    kinds = (ResourceType.CREDENTIAL, ResourceType.COURSE, ResourceType.COMPETENCY)
    found: dict[ResourceType, list[str]] = {kind: [] for kind in kinds}
    for reference in references:
        kind = ResourceType.COMPETENCY
        if "=" not in reference or "@" not in reference or snapshot.find_row(reference) >= 0:
            kind = ResourceType(int(snapshot.types[snapshot.resolve(reference, kinds)]))
        found[kind].append(reference)
    return read_held(snapshot, found[kinds[0]], found[kinds[1]], found[kinds[2]])


def _held_competency(snapshot: Snapshot, text: str) -> HeldCompetency:
    if snapshot.find_row(text) >= 0 or "=" not in text:
        return HeldCompetency(row=snapshot.resolve(text, [ResourceType.COMPETENCY]), value=None, scale=-1)
    reference, _, level = text.rpartition("=")
    value, separator, scale = level.partition("@")
    scales = list(snapshot.scale_iris)
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if not separator or number != number or scale not in scales:
        raise InputError(
            f"The level {level!r} of {reference!r} is not value@scale with the IRI of a loaded scale.",
            code="held.level",
            hint=f"Scales: {', '.join(scales) or 'none is loaded'}.",
        )
    return HeldCompetency(
        row=snapshot.resolve(reference, [ResourceType.COMPETENCY]), value=number, scale=scales.index(scale)
    )
