"""What records say of each other: ends of links exist and are of the right class, levels lie on their scales.

Which class a link leads to stands in headwater.ttl. Called by `validation` once a load. Cost: linear in records.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from .cycles import find_cycles
from .model import (
    Amendment,
    Competency,
    Level,
    LevelMapping,
    Record,
    Requirement,
    Resource,
    ScaleLevel,
    Teaching,
    Unmapped,
)
from .ntriples import is_iri
from .terms import RDFS, ValueKind, read_ontology
from .value_rules import field_iris
from .world import Report, World

_Point = tuple[float, float, str]

CLASSIFICATIONS = frozenset({"cip", "isco", "nace", "onetsoc2010", "soc", "soc2010"})
"""Code systems that say which class a thing belongs to: many things have one such code."""


def check_links(world: World, report: Report) -> None:
    """All faults of links, levels, hierarchies, successions, codes and ownership, told to the report."""
    _check_owners(world, report)
    for record in world.records.values():
        _check_ends(record, world, report)
        if isinstance(record, Requirement | Teaching | Amendment | ScaleLevel) and record.level is not None:
            _check_level(record, record.level, world, report)
        elif isinstance(record, LevelMapping):
            _check_level(record, record.level, world, report)
            _check_level(record, record.matched, world, report)
    _check_hierarchy(world, report)
    _check_successions(world, report)
    _check_codes(world, report)
    _check_level_mappings(world, report)


@lru_cache(maxsize=64)
def _links(class_name: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """(field, names of the record classes it may lead to) of a record class; links that may lead anywhere left out."""
    ontology = read_ontology()
    found = []
    for each in ontology.properties_of(class_name):
        if each.kind is not ValueKind.IRI or f"{RDFS}Resource" in each.range or not each.field:
            continue
        allowed = {found.name for found in ontology.classes if found.iri in each.range or found.parent in each.range}
        found.append((each.field, frozenset(allowed)))
    return tuple(found)


def _check_ends(record: Record, world: World, report: Report) -> None:
    for field, allowed in _links(type(record).__name__):
        for iri in field_iris(record, field):
            if field == "replaced_by":
                _check_successor(record, iri, world, report)
                continue
            kind = world.type_of(iri)
            if kind is None or kind is Unmapped:
                _check_dangling(record, field, iri, allowed, world, report)
            elif kind.__name__ not in allowed:
                report.must(
                    "link.wrong-class",
                    f"Got {world.name(iri)}, a {kind.__name__}, as {field} of {_who(record, world)}, "
                    f"expected a {_either(allowed)}.",
                    record.iri,
                    fix=f"Name a {_either(allowed)}.",
                )


def _check_dangling(
    record: Record, field: str, iri: str, allowed: frozenset[str], world: World, report: Report
) -> None:
    if not is_iri(iri):
        return  # told as identity.invalid-iri
    code = "level.unknown-scale" if field.endswith(".scale") else "link.dangling"
    report.must(
        code,
        f"Got <{iri}> as {field} of {_who(record, world)}, and no dataset describes it; expected a {_either(allowed)}.",
        record.iri,
        fix=f"Describe <{iri}>, load the dataset that does, or mend the reference.",
    )


def _check_successor(record: Record, iri: str, world: World, report: Report) -> None:
    kind = world.type_of(iri)
    if kind is None or kind is Unmapped:
        report.should(
            "replaced-by.unknown",
            f"Got <{iri}> as successor of {world.name(record.iri)}, and no dataset describes it.",
            record.iri,
            fix="Load the dataset that describes the successor.",
        )
    elif kind is not type(record):
        report.must(
            "link.wrong-class",
            f"Got {world.name(iri)}, a {kind.__name__}, as replaced_by of {world.name(record.iri)}, "
            f"expected a {type(record).__name__}.",
            record.iri,
            fix=f"Name a {type(record).__name__}.",
        )


def _who(record: Record, world: World) -> str:
    """What a message calls the record: a thing by its label, a statement by the thing that it is about."""
    if isinstance(record, Resource):
        return world.name(record.iri)
    names = ("owner", "subject", "course", "role")
    about = next((getattr(record, name) for name in names if hasattr(record, name)), None)
    return f"a {type(record).__name__} of {world.name(about)}" if about else world.name(record.iri)


def _either(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def _check_level(
    record: Requirement | Teaching | Amendment | ScaleLevel | LevelMapping,
    level: Level,
    world: World,
    report: Report,
) -> None:
    scale = world.find_scale(level.scale)
    if scale is None or not scale.minimum < scale.maximum or math.isnan(level.value):
        return
    if not scale.minimum <= level.value <= scale.maximum:
        report.must(
            "level.out-of-scale",
            f"Got the level {level.value:g} in {_who(record, world)}, expected from {scale.minimum:g} to "
            f"{scale.maximum:g} on {world.name(scale.iri)}.",
            record.iri,
            fix="Give a value on the scale, or name the scale that the value is on.",
        )


def _check_level_mappings(world: World, report: Report) -> None:
    """Of two scales, the higher level of the one never corresponds to the lower one of the other."""
    pairs = _points(world.of(LevelMapping))
    if pairs:
        _check_others(pairs, _points(world.known.level_mappings()), world, report)
    for (one, other), points in pairs.items():
        for iri, rival in _contradicting(sorted(points)):
            report.must(
                "level-mapping.contradiction",
                f"Got mappings between {world.name(one)} and {world.name(other)} that contradict each other, <{iri}> "
                f"and <{rival}>: the higher level of the one is the lower one of the other.",
                iri,
                fix="Mend one of the two mappings.",
                also=(rival,),
            )


def _points(mappings: Iterable[LevelMapping]) -> dict[tuple[str, str], list[_Point]]:
    """By two scales: (level of the one, level of the other, IRI of the mapping)."""
    pairs: dict[tuple[str, str], list[_Point]] = defaultdict(list)
    for each in mappings:
        ends = sorted(((each.level.scale, each.level.value), (each.matched.scale, each.matched.value)))
        if ends[0][0] != ends[1][0] and all(math.isfinite(value) for _, value in ends):
            pairs[ends[0][0], ends[1][0]].append((ends[0][1], ends[1][1], each.iri))
    return pairs


def _check_others(
    pairs: dict[tuple[str, str], list[_Point]],
    known: dict[tuple[str, str], list[_Point]],
    world: World,
    report: Report,
) -> None:
    """Another dataset's mappings of the same two scales agree with these: otherwise none of them counts."""
    for (one, other), points in pairs.items():
        found = _rivals(points, sorted(known.get((one, other), ())))
        if found is not None:
            iri, rival = found
            report.should(
                "level-mapping.contradicts-another",
                f"Got the mapping <{iri}> between {world.name(one)} and {world.name(other)}, which contradicts "
                f"<{rival}> of the dataset {world.known.owner(rival)!r}, expected mappings that agree; none of those "
                "between the two scales counts.",
                iri,
                fix="Mend one of the two, or leave it out.",
            )


def _rivals(points: list[_Point], known: list[_Point]) -> tuple[str, str] | None:
    """The first of the points that a known one contradicts, and that one. `known` are sorted."""
    levels = [each[0] for each in known]
    matches = [(matched, rival) for _, matched, rival in known]
    highest, lowest = list(accumulate(matches, max)), list(accumulate(reversed(matches), min))[::-1]
    for level, matched, iri in sorted(points):
        below, above = bisect_left(levels, level), bisect_right(levels, level)
        if below and highest[below - 1][0] > matched:
            return iri, highest[below - 1][1]
        if above < len(known) and lowest[above][0] < matched:
            return iri, lowest[above][1]
    return None


def _contradicting(points: list[tuple[float, float, str]]) -> Iterator[tuple[str, str]]:
    """Each point that is above a lower one on one scale and below it on the other, with the worst of these.

    `points` are sorted: (level of one scale, level of the other, IRI).
    """
    before: tuple[float, str] | None = None
    place = 0
    while place < len(points):
        level, end = points[place][0], place
        while end < len(points) and points[end][0] == level:
            end += 1
        if before is not None:
            yield from ((iri, before[1]) for _, matched, iri in points[place:end] if matched < before[0])
        highest = points[end - 1]
        if before is None or highest[1] > before[0]:
            before = highest[1], highest[2]
        place = end


def _check_hierarchy(world: World, report: Report) -> None:
    graph = {each.iri: each.broader for each in world.of(Competency) if each.broader}
    for cycle in find_cycles(graph):
        report.should(
            "broader.cycle",
            f"Got a hierarchy that leads back to itself: {_path(cycle, world)}; expected parents above children.",
            cycle[0],
            fix="Leave out one of these parents.",
        )


def _check_successions(world: World, report: Report) -> None:
    graph = {
        record.iri: (record.replaced_by,)
        for record in world.records.values()
        if isinstance(record, Resource) and record.replaced_by is not None
    }
    for cycle in find_cycles(graph):
        report.should(
            "replaced-by.cycle",
            f"Got things that replace each other: {_path(cycle, world)}; expected a last one. None stands for another.",
            cycle[0],
            fix="Leave out the successor of the one that is in force.",
        )


def _path(cycle: list[str], world: World) -> str:
    return ", ".join(map(world.name, cycle))


def _check_codes(world: World, report: Report) -> None:
    holders: dict[tuple[type[Record], str, str], list[str]] = defaultdict(list)
    for record in world.records.values():
        if isinstance(record, Resource) and record.replaced_by is None:
            for code in record.codes:
                if code.system.casefold() not in CLASSIFICATIONS:
                    holders[type(record), code.system, code.value].append(record.iri)
    for (kind, system, value), iris in holders.items():
        if len(iris) > 1:
            report.should_summarised(
                "code.shared",
                f"Got the code {system}:{value} on {len(iris)} things of the class {kind.__name__}, expected one: "
                f"{', '.join(map(world.name, iris[:3]))}. A reference by it is ambiguous.",
                iris[1],
                fix="Give each its own code, or say which one replaces the other.",
                summary="codes are shared by several things of one class, so that a reference by them is ambiguous",
            )


def _check_owners(world: World, report: Report) -> None:
    """Nothing here may be described by another dataset. Told once an owner, naming a framework where there is one."""
    owned: dict[str, list[str]] = defaultdict(list)
    for iri, owner in _owned(world):
        owned[owner].append(iri)
    for owner, iris in owned.items():
        first = iris[0]
        kind = type(world.records[first]).__name__
        others = f" and {len(iris) - 1} more of its things" if len(iris) > 1 else ""
        report.must(
            "identity.owned-elsewhere",
            f"Got the {kind} {world.name(first)}{others}, which the dataset {owner!r} describes already, "
            f"expected what no other dataset describes.",
            first,
            fix=f"Load it into that dataset (--dataset {owner}), or remove that dataset first.",
            also=iris,
        )


def _owned(world: World) -> Iterator[tuple[str, str]]:
    """(IRI, name of the other dataset that describes it), frameworks first."""
    found = []
    for iri, record in world.records.items():
        owner = world.known.owner(iri)
        if owner is not None and owner != world.dataset:
            found.append((type(record).__name__ != "Framework", iri, owner))
    return ((iri, owner) for _, iri, owner in sorted(found))
