"""Which roles a question is about: the filter's parts that the snapshot answers, and those about what is held now."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.matching import Held, Policy, match
from graph.snapshot import Ints, ResourceType, Snapshot

from .inputs import RoleFilter
from .lists import filter_rows, resolve_all


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Roles that are looked at."""

    roles: Ints | None
    """Resource rows; None: all."""
    named: Sequence[int] = ()
    """Of these, those that the filter names."""


def looked_at(snapshot: Snapshot, wanted: RoleFilter | None) -> Looked:
    """Roles that fit the filter, `qualified` and `minScore` aside. Raises UnknownReferenceError."""
    if wanted is None:
        return Looked(roles=None)
    named = resolve_all(snapshot, wanted.ids or (), (ResourceType.JOB_ROLE,))
    return Looked(roles=filter_rows(snapshot, ResourceType.JOB_ROLE, wanted), named=named)


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
