"""Several roles side by side for one learner: what they share, where they differ, and how far each thing is covered.

Pure, on the snapshot. Called by the service. The meaning is docs/matching.md, "Side by side".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .matching import LeafCoverage, RoleMatch, gaps, leaf_coverages
from .policy import Held, Policy
from .snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A leaf of one of the roles."""

    role: int
    """Resource row."""
    leaf: LeafCoverage


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedThing:
    """Something that at least one of the roles asks for."""

    thing: int
    """Resource row."""
    roles: int
    """How many of the roles ask for it."""
    asked: tuple[Asking, ...]
    """In the order of the roles, then by row of the leaf."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """Roles and what they ask for."""

    matches: tuple[RoleMatch, ...]
    """Of each role, in the order asked; each once."""
    things: tuple[ComparedThing, ...]
    """What most roles ask for first, then what most ask for as a must, then by IRI."""

    @property
    def shared(self) -> tuple[ComparedThing, ...]:
        """What every role asks for."""
        return tuple(each for each in self.things if each.roles == len(self.matches))

    @property
    def differing(self) -> tuple[ComparedThing, ...]:
        """What some roles ask for and some do not."""
        return tuple(each for each in self.things if each.roles < len(self.matches))


def side_by_side(snapshot: Snapshot, held: Held, policy: Policy, roles: Sequence[int]) -> SideBySide:
    """These roles side by side. Superseded ones are read at their last successors."""
    rows = list(dict.fromkeys(int(snapshot.canonical[role]) for role in roles))
    asked: dict[int, list[Asking]] = {}
    for role, leaves in zip(rows, leaf_coverages(snapshot, held, policy, rows), strict=True):
        for leaf in leaves:
            asked.setdefault(leaf.target, []).append(Asking(role=role, leaf=leaf))
    things = [
        ComparedThing(thing=thing, roles=len({each.role for each in askings}), asked=tuple(askings))
        for thing, askings in asked.items()
    ]

    def musts(compared: ComparedThing) -> int:
        return len({each.role for each in compared.asked if snapshot.node_must[each.leaf.node]})

    things.sort(key=lambda each: (-each.roles, -musts(each), each.thing))
    return SideBySide(matches=tuple(gaps(snapshot, held, policy, rows)), things=tuple(things))
