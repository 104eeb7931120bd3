"""What a job, course or credential asks for as a tree of requirements, each leaf with the words it comes from.

All of a list must hold; where a source names alternatives, any one will do (a group of minimum 1). What is only wished
for is `should`. Called by `job_records`; docs/jobs.md has the rules.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ontology.model import (
    Finding,
    FindingLevel,
    Importance,
    Record,
    Requirement,
    RequirementGroup,
    Statement,
    derived_iri,
)
from ontology.ntriples import find_literal
from ontology.terms import SCHEMA

from .job_targets import Targets, items_of
from .job_terms import (
    ALTERNATIVE_CONDITION,
    ASKS,
    COURSE_TYPES,
    DESCRIPTIONS,
    JDX,
    PREFERRED_CONDITION,
    REQUIRED_CONDITION,
    Ask,
    Asked,
)
from .job_texts import months_to_days, read_experience, stated_importance
from .job_things import Things, text_of
from .linked_json import MAX_DEPTH, MAX_SHOWN

_FAMILIES: Final = (Asked.CREDENTIAL, Asked.EDUCATION, Asked.EXPERIENCE)
_TRUE: Final = frozenset({"true", "1", "yes"})
_FALSE: Final = frozenset({"false", "0", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    importance: Importance
    target: str | None = None
    days: float | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    children: "tuple[_Leaf | _Group, ...]"
    minimum: int | None = None
    importance: Importance = Importance.MUST


_Tree = _Leaf | _Group


@dataclass(slots=True)
class _Family:
    """What is asked for of one kind, and what fulfils it instead."""

    asked: list[_Tree] = field(default_factory=list)
    instead: list[_Tree] = field(default_factory=list)

    def trees(self) -> list[_Tree]:
        """Wished things by themselves; the others, or any one that stands in for all of them."""
        wished = [each for each in self.asked if each.importance is Importance.SHOULD]
        needed = [each for each in self.asked if each.importance is not Importance.SHOULD]
        if not self.instead:
            return [*needed, *wished]
        either = [*([_all(needed)] if needed else ()), *self.instead]
        return [_any(either), *wished]


class Needs:
    """Requirements of one thing."""

    def __init__(self, things: Things, targets: Targets, owner: str):
        self._things = things
        self._targets = targets
        self._owner = owner
        self._beside: list[Record | Finding] = []

    def read(self) -> Iterator[Record | Finding]:
        """Targets that nothing described yet, then groups and requirements, a group before what is in it."""
        trees = self._conditions(self._owner, 0)
        yield from self._beside
        yield from self._merged(trees)

    def prerequisites(self, *predicates: str) -> Iterator[Record | Finding]:
        """What must be held before a course or credential: things only, since words alone can never be met by one."""
        things, leaves = self._things, []
        for predicate in predicates:
            for term in things.terms(self._owner, predicate):
                iri = term[1:-1]
                if not term.startswith("<") or iri == self._owner:
                    continue
                if things.types(iri) & COURSE_TYPES:
                    leaves.append(self._leaf(Importance.MUST, predicate, term, iri))
                elif self._targets.is_credential(things, term):
                    target, records = self._targets.credential(things, term)
                    self._beside.extend(records)
                    leaves.append(self._leaf(Importance.MUST, predicate, term, target))
                elif things.is_described(iri):
                    found = self._targets.term(things, iri)
                    if found is not None:
                        self._beside.extend(found[1])
                        leaves.append(self._leaf(Importance.MUST, predicate, term, found[0]))
        yield from self._beside
        yield from self._merged(leaves)

    def _merged(self, trees: "Sequence[_Tree]") -> Iterator[Record]:
        """The records of the trees; what is asked for twice is one requirement, with all the words that ask for it."""
        records: dict[str, Record] = {}
        for tree in dict.fromkeys(trees):
            for record in self._records(tree, None):
                known = records.get(record.iri)
                if known is not None:
                    record = replace(known, statements=tuple(sorted({*known.statements, *record.statements})))
                records[record.iri] = record
        yield from records.values()

    def _conditions(self, iri: str, depth: int) -> list[_Tree]:
        """What a job, or one of its conditions, asks for."""
        trees: list[_Tree] = []
        families = {what: _Family() for what in _FAMILIES}
        for predicate, ask in ASKS.items():
            for term in self._things.terms(iri, predicate):
                if ask.what in families:
                    family = families[ask.what]
                    leaves = self._family_leaves(predicate, ask, term)
                    (family.instead if ask.instead else family.asked).extend(leaves)
                else:
                    trees.extend(self._competency_leaves(iri, predicate, ask, term))
        in_place = f"{SCHEMA}experienceInPlaceOfEducation"
        if self._things.text(iri, in_place).casefold() in _TRUE:
            _merge(families)
        for family in families.values():
            trees.extend(family.trees())
        trees.extend(self._nested(iri, depth))
        return trees

    def _nested(self, iri: str, depth: int) -> Iterator[_Tree]:
        if depth >= MAX_DEPTH:
            return
        for predicate, importance in ((REQUIRED_CONDITION, Importance.MUST), (PREFERRED_CONDITION, Importance.SHOULD)):
            for condition in self._things.links(iri, predicate):
                children = self._conditions(condition, depth + 1)
                others = [
                    _all(inner)
                    for other in self._things.links(condition, ALTERNATIVE_CONDITION)
                    if (inner := self._conditions(other, depth + 1))
                ]
                own = [_all(children)] if children else []
                if own or others:
                    tree = _any([*own, *others]) if others else own[0]
                    yield replace(tree, importance=importance) if importance is Importance.SHOULD else tree

    def _competency_leaves(self, iri: str, predicate: str, ask: Ask, term: str) -> Iterator[_Leaf]:
        text = text_of(term)
        if text is not None:
            alone = len(self._things.terms(iri, predicate)) == 1
            for item, importance in items_of(text.text, alone=alone, otherwise=ask.importance):
                target, records = self._targets.competency(replace(text, text=item), kind=ask.kind)
                self._beside.extend(records)
                yield self._leaf(importance, predicate, term, target)
        elif ask.what is Asked.ANYTHING and self._targets.is_credential(self._things, term):
            yield from self._family_leaves(predicate, ask, term)
        elif term.startswith("<"):
            found = self._targets.term(self._things, term[1:-1], kind=ask.kind)
            if found is not None:
                self._beside.extend(found[1])
                yield self._leaf(self._annotated(term[1:-1], ask.importance), predicate, term, found[0])

    def _annotated(self, iri: str, otherwise: Importance) -> Importance:
        """What JDX's annotation of a term says: required, or only preferred."""
        for note in self._things.links(iri, f"{JDX}annotation"):
            required = self._things.text(note, f"{JDX}required").casefold()
            preferred = self._things.text(note, f"{JDX}preferred").casefold()
            if required in _TRUE:
                return Importance.MUST
            if required in _FALSE or preferred in _TRUE:
                return Importance.SHOULD
        return otherwise

    def _family_leaves(self, predicate: str, ask: Ask, term: str) -> Iterator[_Leaf]:
        text = text_of(term)
        importance = stated_importance(text.text, ask.importance) if text is not None else ask.importance
        if ask.what is Asked.EXPERIENCE:
            yield from self._experience(predicate, importance, term)
            return
        target, records = self._targets.credential(self._things, term)
        self._beside.extend(records)
        if target is not None:
            yield self._leaf(importance, predicate, term, target)

    def _experience(self, predicate: str, importance: Importance, term: str) -> Iterator[_Leaf]:
        days, words = self._days(term)
        if days is None:
            self._beside.append(self._unread(words))
        elif days > 0:
            yield _Leaf(importance=importance, days=days, statements=((predicate, term),))

    def _days(self, term: str) -> tuple[float | None, str]:
        """(days, the words they come from)."""
        literal = find_literal(term)
        if literal is not None:
            return read_experience(literal.value), literal.value
        iri, things = term[1:-1], self._things
        months = things.text(iri, f"{SCHEMA}monthsOfExperience")
        if months:
            try:
                number = float(months)
            except ValueError:
                return None, months
            return (months_to_days(number) if 0 <= number <= 1200 else None), months
        for text in things.texts(iri, f"{SCHEMA}duration", *DESCRIPTIONS, f"{SCHEMA}name"):
            days = read_experience(text.text)
            if days is not None:
                return days, text.text
        return None, things.text(iri, *DESCRIPTIONS, f"{SCHEMA}name", f"{SCHEMA}duration") or iri

    def _unread(self, words: str) -> Finding:
        return Finding(
            level=FindingLevel.SHOULD,
            code="jobs.unread-experience",
            message=f"Got the experience {words[:MAX_SHOWN]!r}, expected one length such as 3 years; it is kept and "
            "not asked for.",
            subject=self._owner,
            fix="State monthsOfExperience, or one length in years or months.",
        )

    def _leaf(self, importance: Importance, predicate: str, term: str, target: str | None) -> _Leaf:
        return _Leaf(importance=importance, target=target, statements=((predicate, term),))

    def _records(self, tree: _Tree, parent: str | None) -> Iterator[Record]:
        owner = self._owner
        if isinstance(tree, _Leaf):
            parts = (parent, tree.target, tree.importance, *((tree.days,) if tree.days is not None else ()))
            yield Requirement(
                iri=derived_iri("requirement", owner, None, *parts),
                owner=owner,
                group=parent,
                target=tree.target,
                importance=tree.importance,
                experience_days=tree.days,
                statements=tree.statements,
            )
            return
        iri = derived_iri("group", owner, None, parent, repr(tree))
        yield RequirementGroup(iri=iri, owner=owner, parent=parent, minimum=tree.minimum, importance=tree.importance)
        for child in dict.fromkeys(tree.children):
            yield from self._records(child, iri)


def _merge(families: dict[Asked, _Family]) -> None:
    """Experience may stand in for education: either will do."""
    education, experience = families[Asked.EDUCATION], families[Asked.EXPERIENCE]
    if education.asked and experience.asked:
        education.instead.append(_all(experience.asked))
        experience.asked = []


def _all(trees: Sequence[_Tree]) -> _Tree:
    return trees[0] if len(trees) == 1 else _Group(children=tuple(trees))


def _any(trees: Sequence[_Tree]) -> _Tree:
    return trees[0] if len(trees) == 1 else _Group(children=tuple(trees), minimum=1)
