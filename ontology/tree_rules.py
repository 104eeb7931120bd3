"""What requirement trees must be: groups without cycles that can hold, one owner, each pair stated once.

Called by `validation` once a load. Cost: linear in records.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .cycles import find_cycles
from .model import (
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Teaching,
)
from .world import Report, World

Node = Requirement | RequirementGroup


@dataclass(frozen=True, slots=True)
class Trees:
    """The requirement trees of a load: tops by owner, children by group. Groups in a cycle are nowhere."""

    tops: Mapping[str, Sequence[Node]]
    children: Mapping[str, Sequence[Node]]


def enclosing(node: Node) -> str | None:
    """IRI of the group around a node, None at the top."""
    return node.group if isinstance(node, Requirement) else node.parent


def read_trees(world: World) -> Trees:
    """The trees as the records state them. A node whose group is not described is nowhere."""
    tops: dict[str, list[Node]] = defaultdict(list)
    children: dict[str, list[Node]] = defaultdict(list)
    for record in world.records.values():
        if isinstance(record, Requirement | RequirementGroup):
            group = enclosing(record)
            if group is None:
                tops[record.owner].append(record)
            else:
                children[group].append(record)
    return Trees(tops, children)


def check_trees(world: World, trees: Trees, report: Report) -> None:
    """All faults of requirement trees, told to the report."""
    _check_group_cycles(world, report)
    for group in world.of(RequirementGroup):
        _check_children(group, trees.children.get(group.iri, ()), world, report)
    for record in world.records.values():
        if isinstance(record, Requirement | RequirementGroup):
            _check_place(record, world, report)
    _check_completeness(world, trees, report)


def _check_group_cycles(world: World, report: Report) -> None:
    graph = {each.iri: (each.parent,) for each in world.of(RequirementGroup) if each.parent is not None}
    for cycle in find_cycles(graph):
        owner = world.records[cycle[0]]
        assert isinstance(owner, RequirementGroup)
        report.must(
            "group.cycle",
            f"Got {len(cycle)} requirement groups of {world.name(owner.owner)} that enclose each other, expected a "
            f"tree: {', '.join(map(world.name, cycle))}.",
            cycle[0],
            fix="Mend the parent of one of them.",
            also=cycle,
        )


def _check_children(group: RequirementGroup, children: Sequence[Node], world: World, report: Report) -> None:
    if not children:
        report.must(
            "group.empty",
            f"Got the group {world.name(group.iri)} of {world.name(group.owner)} without children, "
            f"expected one or more.",
            group.iri,
            fix="Give it requirements, or leave it out.",
        )
    elif group.minimum is not None and group.minimum > len(children):
        report.must(
            "group.minimum-too-large",
            f"Got the minimum {group.minimum} for the group {world.name(group.iri)} of {world.name(group.owner)}, "
            f"expected at most {len(children)}, the number of its children; it can never hold.",
            group.iri,
            fix="Lower the minimum, or give it more children.",
        )


def _check_place(node: Node, world: World, report: Report) -> None:
    """The group around a node and the level of the role belong to the same owner as the node."""
    level = world.records.get(node.role_level or "")
    if isinstance(level, RoleLevel) and level.role != node.owner:
        report.must(
            "requirement.foreign-level",
            f"Got the level {level.name!r} of {world.name(level.role)} in a requirement of {world.name(node.owner)}, "
            f"expected a level of that role.",
            node.iri,
            fix="Name a level of the role that asks.",
        )
    group = world.records.get(enclosing(node) or "")
    if not isinstance(group, RequirementGroup):
        return
    if group.owner != node.owner:
        report.must(
            "requirement.foreign-group",
            f"Got a group of {world.name(group.owner)} around a requirement of {world.name(node.owner)}, "
            f"expected one owner for the whole tree.",
            node.iri,
            fix="Name a group of the same owner.",
        )
    elif node.role_level is not None and node.role_level != group.role_level:
        report.should(
            "requirement.level-differs",
            f"Got a level in a requirement of {world.name(node.owner)} that its group does not have; "
            f"the level of the top of the tree counts.",
            node.iri,
            fix="Give the level to the group, or leave it out inside.",
        )


def find_weaker(world: World, trees: Trees) -> dict[str, str]:
    """IRI of a should at the top of a role's tree -> IRI of the must that states the same pair at the same level."""
    weaker = {}
    for owner, nodes in trees.tops.items():
        if world.type_of(owner) is not JobRole:
            continue
        pairs: dict[tuple[str | None, str], list[Requirement]] = defaultdict(list)
        for node in nodes:
            if isinstance(node, Requirement) and node.target is not None:
                pairs[node.role_level, world.successor(node.target)].append(node)
        for (_, target), same in pairs.items():
            musts = [each for each in same if each.importance is Importance.MUST]
            if musts and len(musts) < len(same) and world.type_of(target) is Competency:
                weaker.update({each.iri: musts[0].iri for each in same if each.importance is Importance.SHOULD})
    return weaker


def drop_weaker(world: World, trees: Trees, report: Report) -> int:
    """Takes each should that a must states as well out of the world and tells it; gives back how many."""
    weaker = find_weaker(world, trees)
    for iri in weaker:
        node = world.records[iri]
        assert isinstance(node, Requirement)
        report.should(
            "requirement.must-and-should",
            f"Got {world.name(node.target or '')} both as must and as should of {world.name(node.owner)} at one level, "
            f"expected one of the two; it is a must.",
            iri,
            fix="State it once.",
        )
    for iri in weaker:
        del world.records[iri]
    return len(weaker)


def _check_completeness(world: World, trees: Trees, report: Report) -> None:
    nodes = [node for group in (trees.tops, trees.children) for found in group.values() for node in found]
    owners = {node.owner for node in nodes}
    levels = {node.role_level for node in nodes}
    for role in world.of(JobRole):
        if role.iri not in owners and role.replaced_by is None:
            report.should_summarised(
                "role.without-requirements",
                f"Got no requirement of the role {world.name(role.iri)}, expected one or more; nothing matches it.",
                role.iri,
                fix="State what the role asks for, or load the dataset that does.",
                summary="roles have no requirements in this dataset, so that nothing in it matches them",
            )
    for level in world.of(RoleLevel):
        if level.iri not in levels:
            report.should_summarised(
                "role-level.without-requirements",
                f"Got no requirement at the level {level.name!r} of {world.name(level.role)}, expected one or more; "
                f"the role's general musts decide it.",
                level.iri,
                fix="State what the level asks for, or leave it out.",
                summary="role levels have no requirements of their own",
            )
    _check_taught(world, report)


def _check_taught(world: World, report: Report) -> None:
    taught = {world.successor(each.competency) for each in world.of(Teaching)}
    roles = {each.iri for each in world.of(JobRole)}
    asked = {
        world.successor(each.target): each.iri
        for each in world.of(Requirement)
        if each.target is not None and each.owner in roles and world.type_of(each.target) is Competency
    }
    missing = [iri for iri in asked if iri not in taught]
    if missing:
        some = ", ".join(map(world.name, missing[:3]))
        report.should(
            "competency.not-taught",
            f"{len(missing)} of {len(asked)} competencies that roles of this dataset ask for are taught by no course "
            f"and certified by no credential of it, such as {some}.",
            missing[0],
            fix="Say which courses teach them, or align them with competencies that are taught.",
        )


def awarded_by(world: World) -> dict[str, list[str]]:
    """IRI of a credential -> the courses that give it."""
    found: dict[str, list[str]] = defaultdict(list)
    for each in world.of(Awarding):
        found[world.successor(each.credential)].append(each.course)
    return found


def steps(world: World) -> list[str]:
    """IRIs of the courses and credentials: what prerequisites may stand before."""
    return [record.iri for record in world.records.values() if isinstance(record, Course | Credential)]
