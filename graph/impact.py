"""What a new version of a dataset breaks: roles whose requirements are others now, alignments that lose an end.

Overlays that no longer fit are findings, see `conflicts`. Pure, on the snapshot of the release before and what
differs. Called by `loading`, for dry runs and loads alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ontology.model import Competency, Course, Credential, Record, Requirement, RequirementGroup, RoleLevel

from .snapshot import ResourceType, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What breaks; all IRIs sorted."""

    roles: tuple[str, ...] = ()
    """Roles of the release before whose tree is another: a requirement, group or level came, went or changed, or what
    one asks for went or was replaced."""
    alignments: tuple[str, ...] = ()
    """Alignments that stay and of which an end that was described no longer is."""


NO_IMPACT = Impact()


@dataclass(slots=True)
class ImpactFinder:
    """Gathers what differs, subject by subject; then `find` tells what that breaks."""

    snapshot: Snapshot
    _owners: set[str]
    _targets: set[str]
    _removed: set[str]

    @classmethod
    def on(cls, snapshot: Snapshot) -> "ImpactFinder":
        """On the release before."""
        return cls(snapshot, set(), set(), set())

    def take(self, before: Record | None, after: Record | None) -> None:
        """A subject as it was and as it comes; None where it is not there."""
        for record in (before, after):
            if isinstance(record, Requirement | RequirementGroup):
                self._owners.add(record.owner)
            elif isinstance(record, RoleLevel):
                self._owners.add(record.role)
        if before is not None and (after is None or type(after) is not type(before)):
            self._removed.add(before.iri)
        if isinstance(before, Competency | Credential | Course) and _leads_elsewhere(before, after):
            self._targets.add(before.iri)

    def find(self) -> Impact:
        """What breaks."""
        own = self.snapshot
        targets = self._rows(self._targets)
        asking = own.node_owner[np.isin(own.node_target, targets)] if targets.size else np.empty(0, np.int32)
        roles = {row for iri in self._owners if (row := own.find_row(iri)) >= 0} | {int(row) for row in asking}
        removed = self._rows(self._removed)
        ends = np.isin(own.alignment_subject, removed) | np.isin(own.alignment_object, removed)
        lost = {own.alignment_iris[int(row)] for row in np.flatnonzero(ends)} if removed.size else set()
        return Impact(
            roles=tuple(sorted(own.iris[row] for row in roles if own.types[row] == ResourceType.JOB_ROLE)),
            alignments=tuple(sorted(lost - self._removed)),
        )

    def _rows(self, iris: Iterable[str]) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
        rows = [row for iri in iris if (row := self.snapshot.find_row(iri)) >= 0]
        return np.array(sorted(rows), np.int32)


def _leads_elsewhere(before: Competency | Credential | Course, after: Record | None) -> bool:
    """Whether what asks for it means something else from now on."""
    return type(after) is not type(before) or getattr(after, "replaced_by", None) != before.replaced_by
