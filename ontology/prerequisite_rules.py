"""Prerequisites that lead back to themselves, told apart by whether an alternative breaks the cycle.

A cycle of direct prerequisites blocks where nobody could ever begin: even if all else could be had, the least fixed
point of what can be acquired leaves its members out. Every other cycle is told. Called by `validation` once a load.
Cost: linear in records, times the rounds in which a cycle's members become acquirable.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .cycles import find_cycles
from .model import Competency, Requirement, RequirementGroup, Teaching
from .tree_rules import Node, Trees, awarded_by, steps
from .world import Report, World


@dataclass(frozen=True, slots=True)
class _Network:
    """What stands before each course and credential, with superseded things read as their successors."""

    world: World
    trees: Trees
    givers: Mapping[str, Sequence[str]]
    """Credential -> courses that award it."""
    teachers: Mapping[str, Sequence[str]]
    """Competency -> courses and credentials that teach or certify it, courses by way of their credentials included."""


def check_prerequisites(world: World, trees: Trees, report: Report) -> None:
    """All cycles of prerequisites, told to the report."""
    network = _Network(world, trees, awarded_by(world), _teachers(world))
    things = [iri for iri in steps(world) if trees.tops.get(iri)]
    direct = {iri: _direct(iri, network) for iri in things}
    blocked: set[str] = set()
    for cycle in find_cycles(direct):
        stuck = _stuck(set(cycle), network)
        for deadlock in find_cycles({iri: [each for each in direct[iri] if each in stuck] for iri in sorted(stuck)}):
            blocked.update(deadlock)
            report.must(
                "prerequisite.deadlock",
                f"Got prerequisites that need each other: {_names(deadlock, world)}; "
                f"expected a way to begin, and no alternative opens one.",
                deadlock[0],
                fix="Remove one of these prerequisites, or give an alternative in a group that any one of satisfies.",
                also=deadlock,
            )
    wider = {iri: [*direct[iri], *_through_competencies(iri, network)] for iri in things}
    for cycle in find_cycles(wider):
        if not blocked.intersection(cycle):
            report.should(
                "prerequisite.cycle",
                f"Got prerequisites that lead back to themselves: {_names(cycle, world)}; "
                f"a plan begins elsewhere or with what is already held.",
                cycle[0],
                fix="Check that this is meant.",
            )


def _names(cycle: Sequence[str], world: World) -> str:
    return ", ".join(map(world.name, cycle))


def _teachers(world: World) -> dict[str, list[str]]:
    givers = awarded_by(world)
    found: dict[str, list[str]] = defaultdict(list)
    for each in world.of(Teaching):
        competency = world.successor(each.competency)
        subject = world.successor(each.subject)
        found[competency].append(subject)
        found[competency].extend(givers.get(subject, ()))
    return found


def _leaves(iri: str, network: _Network) -> list[Requirement]:
    """The leaves of a thing's prerequisites, at any depth."""
    found = []
    waiting: list[Node] = [*network.trees.tops.get(iri, ())]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, Requirement):
            found.append(node)
        elif node.iri not in seen:
            seen.add(node.iri)
            waiting.extend(network.trees.children.get(node.iri, ()))
    return sorted(found, key=lambda leaf: leaf.iri)


def _direct(iri: str, network: _Network) -> list[str]:
    """The courses and credentials that a thing's prerequisites name."""
    world = network.world
    targets = [world.successor(leaf.target) for leaf in _leaves(iri, network) if leaf.target is not None]
    return [target for target in targets if world.type_of(target) is not Competency]


def _through_competencies(iri: str, network: _Network) -> list[str]:
    """The courses and credentials that teach a competency which a thing's prerequisites name."""
    world = network.world
    targets = [world.successor(leaf.target) for leaf in _leaves(iri, network) if leaf.target is not None]
    return [teacher for target in targets for teacher in network.teachers.get(target, ())]


def _stuck(members: set[str], network: _Network) -> set[str]:
    """Members of a cycle that cannot be acquired although everything outside it can."""
    outside_or_acquired = _Acquirable(members, set())
    rounds = True
    while rounds:
        found = {
            iri
            for iri in members - outside_or_acquired.acquired
            if all(_can_hold(node, outside_or_acquired, network, frozenset()) for node in network.trees.tops[iri])
        }
        outside_or_acquired.acquired.update(found)
        rounds = bool(found)
    return members - outside_or_acquired.acquired


@dataclass(frozen=True, slots=True)
class _Acquirable:
    """Everything but `members`, and of these the ones acquired."""

    members: set[str]
    acquired: set[str]

    def __contains__(self, iri: str) -> bool:
        return iri not in self.members or iri in self.acquired


def _can_hold(node: Node, acquirable: _Acquirable, network: _Network, inside: frozenset[str]) -> bool:
    """Whether a node of a tree can hold. What is told as another fault (a group in a cycle, an empty one) holds."""
    if isinstance(node, RequirementGroup):
        children = network.trees.children.get(node.iri, ())
        if node.iri in inside or not children:
            return True
        holding = sum(_can_hold(child, acquirable, network, inside | {node.iri}) for child in children)
        return holding >= min(node.minimum or len(children), len(children))
    if node.target is None:
        return True
    target = network.world.successor(node.target)
    if network.world.type_of(target) is Competency:
        teachers = network.teachers.get(target)
        return not teachers or any(teacher in acquirable for teacher in teachers)
    return target in acquirable or any(giver in acquirable for giver in network.givers.get(target, ()))
