"""Questions of the command line to the snapshot: what is held, which role, which limits. Needs no server.

Turns arguments into records of matching and planning and resolves references. Called by cli and demo.
"""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from graph.matching import Held, HeldCompetency
from graph.releases import current_snapshot
from graph.role_facts import LeastSalary, RoleWish, find_fitting
from graph.scales import find_level, find_scale
from graph.snapshot import Ints, ResourceType, Snapshot
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import PayPeriod

_SALARY: Final = re.compile(
    r"([0-9]{1,12}(?:\.[0-9]{1,4})?)\s*([A-Za-z]{3})(?:\s*/\s*(hour|day|week|month|year))?", re.ASCII | re.IGNORECASE
)


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
        competencies: references, each with `=value@scale` behind it where a level is claimed; a level that has a name
            may be said by it in place of the value, or by its IRI alone.

    Raises UnknownReferenceError, and InputError (`held.level`) for a level that is not `value@scale`.
    """
    return Held(
        credentials=tuple(snapshot.resolve(item, [ResourceType.CREDENTIAL]) for item in credentials or ()),
        courses=tuple(snapshot.resolve(item, [ResourceType.COURSE]) for item in courses or ()),
        competencies=tuple(_held_competency(snapshot, item) for item in competencies or ()),
        experience_days=experience_days,
    )


def read_wish(
    regions: Sequence[str] | None,
    employers: Sequence[str] | None,
    remote: bool | None,
    min_salary: str | None,
    *,
    or_unstated: bool,
) -> RoleWish:
    """What is asked of roles beside what they ask. Raises InputError (`filter.salary`)."""
    return RoleWish(
        regions=tuple(regions) if regions else None,
        employers=tuple(employers) if employers else None,
        remote=remote,
        salary=None if min_salary is None else _least_salary(min_salary),
        or_unstated=or_unstated,
    )


def _least_salary(text: str) -> LeastSalary:
    found = _SALARY.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"Got the salary {text!r}, expected an amount and a currency.",
            code="filter.salary",
            hint="Write '50000 USD' (a year) or '24.50 EUR/hour'; also /day, /week, /month.",
        )
    return LeastSalary(float(found[1]), found[2].upper(), PayPeriod((found[3] or PayPeriod.YEAR).lower()))


def read_roles(snapshot: Snapshot, references: Sequence[str] | None, wish: RoleWish) -> tuple[Ints | None, list[int]]:
    """(Rows of roles that are looked at, None for all; of these, those that are named).

    Raises UnknownReferenceError, InputError.
    """
    named = [snapshot.resolve(role, [ResourceType.JOB_ROLE]) for role in references or ()]
    if wish.is_empty:
        return np.array(named, np.int32) if named else None, named
    rows = np.array(named, np.int32) if named else snapshot.rows(ResourceType.JOB_ROLE)
    return rows[find_fitting(snapshot, rows, wish).kept(wish)], named


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
    try:
        value, scale = _held_level(snapshot, level)
    except UnknownReferenceError as error:
        raise InputError(
            f"The level {level!r} of {reference!r} is not value@scale with a loaded scale.",
            code="held.level",
            hint=f"Scales: {', '.join(snapshot.scale_iris) or 'none is loaded'}.",
        ) from error
    return HeldCompetency(row=snapshot.resolve(reference, [ResourceType.COMPETENCY]), value=value, scale=scale)


def _held_level(snapshot: Snapshot, text: str) -> tuple[float, int]:
    """(value, scale row) of `value@scale`, `name@scale` or the IRI of a level. Raises UnknownReferenceError."""
    value, separator, name = text.partition("@")
    if not separator:
        return find_level(snapshot, text)
    scale = find_scale(snapshot, name)
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    return find_level(snapshot, value, scale) if math.isnan(number) else (number, scale)
