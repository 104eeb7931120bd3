"""Requirement trees as condition profiles of CTDL, and trees whatever IRIs their parts have, for comparison.

A profile says all of its targets, and any one of its alternatives. Some of several, levels of roles and names of groups
are beyond it. Called by `ctdl`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ontology.model import Competency, Course, Credential, Importance, Level, Record, Requirement, RequirementGroup
from ontology.ntriples import literal_term
from ontology.rdf import double_lexical
from ontology.readers.ctdl_conditions import DAYS_A_YEAR
from ontology.readers.ctdl_terms import full
from ontology.terms import RDF_TYPE, XSD

from .ctdl_fields import Fact, Kinds, node_iri

_TARGET_WORDS: Final[Mapping[type[Record], str]] = {
    Competency: "ceterms:targetCompetency",
    Course: "ceterms:targetLearningOpportunity",
    Credential: "ceterms:targetCredential",
}
_CONDITION_WORDS: Final = frozenset(
    {
        "ceterms:requires", "ceterms:recommends", "ceterms:prerequisite", "ceterms:entryCondition",
        "ceterms:coPrerequisite", "ceasn:abilityEmbodied", "ceasn:skillEmbodied", "ceasn:knowledgeEmbodied",
        "ceasn:taskEmbodied", "ceterms:abilityEmbodied", "ceterms:skillEmbodied", "ceterms:knowledgeEmbodied",
        "ceterms:targetCompetency", "ceterms:hasTask",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """A leaf (a target or experience) or a group of trees, with what binds it."""

    importance: Importance
    weight: float | None
    role_level: str | None
    target: str | None = None
    days: float | None = None
    level: Level | None = None
    minimum: int | None = None
    names: tuple[object, ...] = ()
    parts: "tuple[Tree, ...] | None" = None
    """None for a leaf."""

    @property
    def key(self) -> str:
        """What sorts trees."""
        return repr(self)


def condition_words() -> frozenset[str]:
    """Short names of the words by which a thing says its requirements."""
    return _CONDITION_WORDS


def trees_of(records: Iterable[Record]) -> dict[str, tuple[Tree, ...]]:
    """Owner -> its trees, sorted; the order of parts and repetitions make no difference."""
    children: dict[str | None, list[Requirement | RequirementGroup]] = {}
    tops: dict[str, list[Requirement | RequirementGroup]] = {}
    for record in records:
        if isinstance(record, Requirement | RequirementGroup):
            above = record.group if isinstance(record, Requirement) else record.parent
            if above is None:
                tops.setdefault(record.owner, []).append(record)
            else:
                children.setdefault(above, []).append(record)
    return {owner: _sorted(_tree(each, children, 0) for each in found) for owner, found in tops.items()}


def _sorted(trees: Iterable[Tree]) -> tuple[Tree, ...]:
    return tuple(sorted(set(trees), key=lambda tree: tree.key))


def _tree(
    record: Requirement | RequirementGroup,
    children: Mapping[str | None, Sequence[Requirement | RequirementGroup]],
    depth: int,
) -> Tree:
    if isinstance(record, Requirement):
        days = None if record.experience_days is None else round(record.experience_days, 6)
        return Tree(record.importance, record.importance_value, record.role_level, target=record.target, days=days,
                    level=record.level)  # fmt: skip
    inner = children.get(record.iri, ()) if depth < 64 else ()
    parts = _sorted(_tree(each, children, depth + 1) for each in inner)
    minimum = None if record.minimum is not None and record.minimum >= len(parts) > 1 else record.minimum
    return Tree(record.importance, record.importance_value, record.role_level, minimum=minimum, names=record.labels,
                parts=parts)  # fmt: skip


def tree_statements(
    owner: str, trees: Sequence[Tree], kind: Kinds, levels: Mapping[tuple[str, float], str]
) -> list[Fact]:
    """Condition profiles for what CTDL can say of the trees: what binds alike and is plain stands in one profile."""
    plain: dict[tuple[Importance, float | None], list[Tree]] = {}
    found: list[Fact] = []
    for tree in trees:
        if tree.role_level is not None or not _sayable(tree):
            continue
        if tree.parts is None:
            plain.setdefault((tree.importance, tree.weight), []).append(tree)
        else:
            found.extend(_bound(owner, [tree], kind, levels))
    for leaves in plain.values():
        found.extend(_bound(owner, leaves, kind, levels))
    return found


def _sayable(tree: Tree) -> bool:
    """Whether a profile can say it: no more than one choice in each, and of a choice any one part."""
    if tree.parts is None:
        return True
    choices = sum(each.parts is not None and each.minimum == 1 for each in tree.parts)
    flat = tree.minimum == 1 or (tree.minimum is None and choices <= 1)
    return flat and all(_sayable(each) for each in tree.parts)


def _bound(owner: str, trees: Sequence[Tree], kind: Kinds, levels: Mapping[tuple[str, float], str]) -> Iterator[Fact]:
    first = trees[0]
    node = node_iri("condition", owner, *(tree.key for tree in trees))
    word = "ceterms:requires" if first.importance is Importance.MUST else "ceterms:recommends"
    yield owner, full(word), f"<{node}>"
    yield from _profile(node, trees, kind, levels)
    if first.weight is not None:
        yield node, full("ceterms:weight"), literal_term(double_lexical(first.weight), f"{XSD}float")


def _profile(node: str, trees: Sequence[Tree], kind: Kinds, levels: Mapping[tuple[str, float], str]) -> Iterator[Fact]:
    yield node, RDF_TYPE, f"<{full('ceterms:ConditionProfile')}>"
    for tree in trees:
        if tree.parts is None:
            yield from _target(node, tree, kind, levels)
        elif tree.minimum == 1:
            for part in tree.parts:
                alternative = node_iri("alternative", node, part.key)
                yield node, full("ceterms:alternativeCondition"), f"<{alternative}>"
                inner = part.parts if part.parts is not None and part.minimum is None else [part]
                yield from _profile(alternative, inner, kind, levels)
        else:
            yield from (
                fact for fact in _profile(node, tree.parts, kind, levels) if fact[1] != RDF_TYPE or fact[0] != node
            )


def _target(node: str, leaf: Tree, kind: Kinds, levels: Mapping[tuple[str, float], str]) -> Iterator[Fact]:
    if leaf.target is None:
        years = double_lexical((leaf.days or 0.0) / DAYS_A_YEAR)
        yield node, full("ceterms:yearsOfExperience"), literal_term(years, f"{XSD}float")
        return
    word = _TARGET_WORDS.get(kind(leaf.target) or Competency, "ceterms:targetCompetency")
    place = (leaf.level.scale, leaf.level.value) if leaf.level else None
    if place is None or place not in levels:
        yield node, full(word), f"<{leaf.target}>"
        return
    target = node_iri("target", leaf.target, *place)
    yield node, full(word), f"<{target}>"
    yield target, RDF_TYPE, f"<{full('ceterms:CredentialAlignmentObject')}>"
    yield target, full("ceterms:targetNode"), f"<{leaf.target}>"
    yield target, full("asn:hasProgressionLevel"), f"<{levels[place]}>"
