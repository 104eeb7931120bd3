"""Conditions of CTDL as requirement trees: condition profiles, pathways and their component conditions.

Within a profile all targets hold, and any one of its `alternativeCondition`s fulfils it; the profiles of one thing hold
together. A component condition holds when `requiredNumber` of its parts do, else all of them (any with `logic:Or`).
What cannot be read makes a tree laxer, never stricter, and is told. Called by `ctdl` and by the writer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ontology.model import Importance, Level, Requirement, RequirementGroup, derived_iri

from .ctdl_graph import CtdlGraph
from .ctdl_terms import COMPONENTS, ancestors

DAYS_A_YEAR: Final = 365
"""Days of experience in a year."""
_MUST: Final = ("ceterms:requires", "ceterms:prerequisite", "ceterms:entryCondition", "ceterms:coPrerequisite")
_SHOULD: Final = ("ceterms:recommends",)
_EMBODIED: Final = (
    "ceasn:abilityEmbodied", "ceasn:skillEmbodied", "ceasn:knowledgeEmbodied", "ceasn:taskEmbodied",
    "ceterms:abilityEmbodied", "ceterms:skillEmbodied", "ceterms:knowledgeEmbodied",
    "ceterms:targetCompetency", "ceterms:hasTask",
)  # fmt: skip
_TARGETS: Final = ("ceterms:targetCompetency", "ceterms:targetCredential", "ceterms:targetLearningOpportunity")
_UNREAD: Final = ("ceterms:targetAssessment", "ceterms:targetJob", "ceterms:targetOccupation", "ceterms:targetTask",
                  "ceterms:condition", "ceterms:submissionOf", "ceterms:creditValue")  # fmt: skip
_OWNERS: Final = frozenset({"role", "course", "credential"})
_TARGET_KINDS: Final = frozenset({"competency", "course", "credential"})
_MAX_DEPTH: Final = 32
"""Conditions in conditions."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A target, or experience in days."""

    target: str | None
    days: float | None = None
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of which `minimum` hold, all where it is None."""

    minimum: int | None
    parts: "tuple[Leaf | Group, ...]"


Part = Leaf | Group


@dataclass(slots=True)
class _Read:
    """The parts of a condition, and how many of its parts could not be read."""

    parts: list[Part] = field(default_factory=list)
    unread: int = 0

    def add(self, part: Part | None) -> None:
        """One more part."""
        if part is None:
            self.unread += 1
        elif part not in self.parts:
            self.parts.append(part)


class CtdlConditions:
    """The requirement trees of a reading."""

    def __init__(self, graph: CtdlGraph, named: set[str]):
        self._graph = graph
        self._named = named
        """Alignment objects that became competencies; filled while trees are read."""
        self._destinations = {
            each
            for pathway in graph.subjects
            for each in graph.links(pathway, "ceterms:hasDestinationComponent")
        } | {iri for iri in graph.subjects
             if graph.links(iri, "ceterms:isDestinationComponentOf", "ceterms:isDestinationComponentFor")}  # fmt: skip

    def competency(self, iri: str) -> str | None:
        """The competency that a node means: itself, what an alignment object leads to, or that object by its name."""
        graph = self._graph
        if graph.kind_anywhere(iri) == "competency":
            return iri
        if not any("AlignmentObject" in each for each in graph.types(iri)) and not graph.links(
            iri, "ceterms:targetNode"
        ):
            return None
        for target in graph.links(iri, "ceterms:targetNode"):
            if graph.kind_anywhere(target) == "competency":
                return target
        if graph.texts(iri, "ceterms:targetNodeName"):
            self._named.add(iri)
            return iri
        return None

    def trees(self, iri: str) -> Iterator[Requirement | RequirementGroup]:
        """The requirements of one thing, each group before its parts."""
        graph = self._graph
        if graph.kind(iri) in _OWNERS:
            for importance, parts, weight in self._stated(iri):
                yield from _emit(iri, parts, importance, weight)
        for importance, owner in self._inverse(iri):
            yield from _emit(owner, [Leaf(iri)], importance, None)

    def _stated(self, iri: str) -> Iterator[tuple[Importance, list[Part], float | None]]:
        graph = self._graph
        for name, importance in (*((each, Importance.MUST) for each in _MUST),
                                 *((each, Importance.SHOULD) for each in _SHOULD)):  # fmt: skip
            for node in graph.links(iri, name):
                yield importance, self._condition(iri, node), self._weight(node, importance)
        if graph.kind(iri) == "role":
            yield Importance.SHOULD, self._embodied(iri), None
        component = self._component(iri)
        if component is not None:
            read = self._within(component, frozenset({component}), 0)
            yield Importance.MUST, read.parts, None

    def _component(self, iri: str) -> str | None:
        """The component whose conditions are the thing's: itself, or a destination that stands for it."""
        graph = self._graph
        if set(graph.types(iri)) & COMPONENTS.keys():
            return iri
        proxies = (*graph.inverse("ceterms:proxyFor").get(iri, ()), *graph.inverse("ceterms:sourceData").get(iri, ()))
        return next((each for each in proxies if each in self._destinations), None)

    def _inverse(self, iri: str) -> Iterator[tuple[Importance, str]]:
        """What a thing says of those that it is required for."""
        graph = self._graph
        if graph.kind(iri) not in _TARGET_KINDS:
            return
        for name, importance in (("ceterms:isRequiredFor", Importance.MUST),
                                 ("ceterms:isRecommendedFor", Importance.SHOULD)):  # fmt: skip
            for owner in graph.links(iri, name):
                if graph.kind_anywhere(owner) in _OWNERS:
                    yield importance, owner

    def _weight(self, node: str, importance: Importance) -> float | None:
        values = self._graph.values(node, "ceterms:weight") if importance is Importance.SHOULD else []
        try:
            weight = float(values[0]) if len(values) == 1 else None
        except ValueError:
            return None
        return weight if weight is not None and 0 <= weight <= 1 else None

    def _condition(self, owner: str, node: str) -> list[Part]:
        """The parts of what a thing requires: a profile's, or the required thing itself."""
        profile = any("ceterms:ConditionProfile" in ancestors(each) for each in self._graph.types(node))
        if not profile and not self._has_targets(node):
            leaf = self._leaf(owner, node, node)
            return [leaf] if leaf else []
        return self._profile(owner, node, 0).parts

    def _has_targets(self, node: str) -> bool:
        kind = self._graph.kind(node)
        return kind is None and bool(
            self._graph.links(node, *_TARGETS, "ceterms:alternativeCondition")
            or self._graph.values(node, "ceterms:yearsOfExperience")
        )

    def _profile(self, owner: str, node: str, depth: int) -> _Read:
        graph, read = self._graph, _Read()
        if depth > _MAX_DEPTH:
            read.unread += 1
            return read
        for name in _TARGETS:
            for target in graph.links(node, name):
                read.add(self._leaf(owner, target, node))
        for years in graph.values(node, "ceterms:yearsOfExperience"):
            read.add(_experience(years))
        read.unread += sum(bool(graph.said(node).get(name)) for name in _UNREAD)
        alternatives = [
            self._profile(owner, each, depth + 1) for each in graph.links(node, "ceterms:alternativeCondition")
        ]
        if alternatives:
            read.add(self._any_of(owner, alternatives))
        return read

    def _any_of(self, owner: str, alternatives: Sequence[_Read]) -> Part | None:
        """Any of several ways. One that nobody can read may be the one that is taken, so then there is no group."""
        if any(not each.parts for each in alternatives):
            self._graph.doubts.add("ctdl.partial-condition", owner, f"{len(alternatives)} alternatives")
            return None
        parts = tuple(_all_of(each.parts) for each in alternatives)
        unique = tuple(dict.fromkeys(parts))
        return unique[0] if len(unique) == 1 else Group(1, unique)

    def _leaf(self, owner: str, target: str, node: str) -> Part | None:
        graph = self._graph
        found = self.competency(target)
        if found is None and graph.kind_anywhere(target) in _TARGET_KINDS:
            found = target
        if found is None or found == owner:
            if found is None and target not in graph.subjects:
                graph.doubts.add("ctdl.dangling", owner, target)
            return None
        stated = graph.level(target) if target != found or target in self._named else graph.level(node)
        return Leaf(found, level=Level(*stated) if stated and graph.kind_anywhere(found) == "competency" else None)

    def _embodied(self, iri: str) -> list[Part]:
        """What the work needs: competencies and tasks of the role, and the competencies of its tasks."""
        read = _Read()
        for node in self._graph.links(iri, *_EMBODIED):
            read.add(self._leaf(iri, node, node))
            if "ceterms:Task" in self._graph.types(node):
                for each in self._graph.links(node, *_EMBODIED):
                    read.add(self._leaf(iri, each, each))
        return read.parts

    def _within(self, component: str, above: frozenset[str], depth: int) -> _Read:
        """What completes a component: its conditions, else its children; and what comes before it."""
        graph, read = self._graph, _Read()
        if depth > _MAX_DEPTH:
            read.unread += 1
            return read
        conditions = graph.links(component, "ceterms:hasCondition")
        for condition in conditions:
            for part in self._component_condition(component, condition, above, depth):
                read.add(part)
        if not conditions:
            for child in graph.both_ways(component, "ceasn:hasChild", "ceasn:isChildOf"):
                read.add(self._step(child, above, depth))
        before = set(graph.both_ways(component, "ceterms:precededBy", "ceterms:precedes"))
        before.update(graph.links(component, "ceterms:prerequisite"))
        for each in sorted(before):
            read.add(self._step(each, above, depth))
        return read

    def _component_condition(
        self, component: str, condition: str, above: frozenset[str], depth: int
    ) -> list[Part | None]:
        graph, read = self._graph, _Read()
        if depth > _MAX_DEPTH:
            return [None]
        for target in graph.links(condition, "ceterms:targetComponent"):
            read.add(self._step(target, above, depth))
        for inner in graph.links(condition, "ceterms:hasCondition"):
            if inner in above:
                continue
            for part in self._component_condition(component, inner, above | {inner}, depth + 1):
                read.add(part)
        total = len(read.parts) + read.unread
        needed = self._needed(condition, total) - read.unread
        if read.unread and needed < len(read.parts):
            graph.doubts.add("ctdl.partial-condition", component, f"{total} parts")
        if needed <= 0 or not read.parts:
            return [None] if total else []
        if needed >= len(read.parts):
            return list(read.parts)
        return [Group(needed, tuple(read.parts))]

    def _needed(self, condition: str, total: int) -> int:
        numbers = [
            each for each in self._graph.values(condition, "ceterms:requiredNumber") if re.fullmatch("[0-9]{1,9}", each)
        ]
        if numbers:
            return min(int(numbers[0]), total)
        operators = [*self._graph.links(condition, "ceterms:logicalOperator"),
                     *self._graph.values(condition, "ceterms:logicalOperator")]  # fmt: skip
        return 1 if any(each.endswith(("Or", "OnlyOne")) for each in operators) else total

    def _step(self, component: str, above: frozenset[str], depth: int) -> Part | None:
        """A component as a part: what it stands for, or, where it stands for nothing, what completes it."""
        graph = self._graph
        if component in above:
            return None
        thing = graph.proxied(component) or component
        if graph.kind_anywhere(thing) in _TARGET_KINDS:
            return Leaf(thing)
        if component not in graph.subjects:
            graph.doubts.add("ctdl.dangling", min(above), component)
            return None
        read = self._within(component, above | {component}, depth + 1)
        return _all_of(read.parts) if read.parts else None


def _all_of(parts: Sequence[Part]) -> Part:
    return parts[0] if len(parts) == 1 else Group(None, tuple(parts))


def _experience(years: str) -> Leaf | None:
    try:
        days = float(years) * DAYS_A_YEAR
    except ValueError:
        return None
    return Leaf(None, days=days) if 0 <= days < float("inf") else None


def _emit(
    owner: str, parts: Sequence[Part], importance: Importance, weight: float | None, group: str | None = None
) -> Iterator[Requirement | RequirementGroup]:
    """The records of parts, with IRIs derived from what they say."""
    for part in parts:
        if isinstance(part, Leaf):
            if part.target != owner:
                yield Requirement(
                    iri=derived_iri(
                        "requirement", owner, None, group, part.target, part.days, part.level, importance, weight
                    ),
                    owner=owner,
                    group=group,
                    target=part.target,
                    level=part.level,
                    importance=importance,
                    importance_value=weight,
                    experience_days=part.days,
                )
            continue
        iri = derived_iri("group", owner, None, group, part, importance)
        yield RequirementGroup(
            iri=iri, owner=owner, parent=group, minimum=part.minimum, importance=importance, importance_value=weight
        )
        yield from _emit(owner, part.parts, importance, weight, iri)
