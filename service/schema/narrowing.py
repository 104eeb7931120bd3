"""Which roles a question is about: the filter's parts that the snapshot answers, and those about what is held now."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import NamedTuple

import numpy as np

from graph.coverage import Recent
from graph.matching import Held, Policy, match
from graph.role_facts import find_fitting
from graph.snapshot import Ints, ResourceType, Snapshot

from .employment import JOB_PARTS, wish_of
from .inputs import RoleFilter
from .lists import filter_rows, resolve_all

_PARTS = ("ids", "frameworks", "codes", "code_prefixes", "datasets", "text", *JOB_PARTS)
"""Parts of a filter that the snapshot answers by itself."""
_FILTERS_KEPT = 16
"""Each has at most four bytes a role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Roles that are looked at."""

    roles: Ints | None
    """Resource rows; None: all."""
    named: Sequence[int] = ()
    """Of these, those that the filter names."""


class Chosen(NamedTuple):
    """What a filter leaves, `qualified` and `minScore` aside."""

    rows: Ints
    """Resource rows, by IRI."""
    unstated: int
    """How many roles may fit and do not tell what the filter asks for: place, employer, pay."""


def looked_at(snapshot: Snapshot, wanted: RoleFilter | None) -> Looked:
    """Roles that fit the filter, `qualified` and `minScore` aside. Raises UnknownReferenceError."""
    if wanted is None:
        return Looked(roles=None)
    named = resolve_all(snapshot, wanted.ids or (), (ResourceType.JOB_ROLE,))
    if all(getattr(wanted, part) is None for part in _PARTS):
        return Looked(roles=None, named=named)
    return Looked(roles=chosen(snapshot, wanted).rows, named=named)


def count_unstated(snapshot: Snapshot, wanted: RoleFilter | None) -> int:
    """How many roles may fit a filter and do not tell what it asks for: place, employer, pay."""
    if wanted is None or all(getattr(wanted, part) is None for part in JOB_PARTS):
        return 0
    return chosen(snapshot, wanted).unstated


def chosen(snapshot: Snapshot, wanted: RoleFilter) -> Chosen:
    """What a filter leaves; of the last filters it is kept with the snapshot. Raises UnknownReferenceError."""
    kept: Recent[Hashable, Chosen] = snapshot.derived("chosen roles", lambda _: Recent(_FILTERS_KEPT))
    key = tuple(_told(getattr(wanted, part)) for part in (*_PARTS, "or_unstated"))
    return kept.get(key, lambda: _choose(snapshot, wanted))


def _choose(snapshot: Snapshot, wanted: RoleFilter) -> Chosen:
    wish = wish_of(wanted, ResourceType.JOB_ROLE)
    anywhere = replace(wanted, regions=None, employers=None, remote=None, min_salary=None)
    rows, unstated = filter_rows(snapshot, ResourceType.JOB_ROLE, anywhere), 0
    if not wish.is_empty:
        fitting = find_fitting(snapshot, rows, wish)
        rows, unstated = rows[fitting.kept(wish)], int(np.count_nonzero(fitting.unstated))
    return Chosen(rows, unstated)


def _told(value: object) -> Hashable:
    """A part of a filter as a key: lists and inputs as tuples."""
    if isinstance(value, list):
        return tuple(map(_told, value))
    if is_dataclass(value):
        return tuple(_told(getattr(value, each.name)) for each in fields(value))
    assert isinstance(value, Hashable)
    return value


def narrowed(
    snapshot: Snapshot, looked: Looked, wanted: RoleFilter | None, held: Held, policy: Policy, *, by_score: bool
) -> Looked:
    """Of these roles those that `qualified` and, where wanted, `minScore` leave of a match now."""
    least = wanted.min_score if wanted is not None and by_score else None
    qualified = None if wanted is None else wanted.qualified
    if least is None and qualified is None:
        return looked
    rows = snapshot.rows(ResourceType.JOB_ROLE) if looked.roles is None else looked.roles
    now = match(snapshot, held, policy, roles=rows, named=rows.tolist())
    kept = np.ones(len(now), np.bool_)
    if qualified is not None:
        kept &= now.qualified == int(qualified)
    if least is not None:
        kept &= now.scores >= least
    return Looked(roles=np.sort(now.rows[kept]), named=looked.named)
