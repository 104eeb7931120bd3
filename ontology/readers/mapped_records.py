"""Things of foreign vocabularies as records, as a mapping file tells; every word of the source stays a statement.

Called by `skos` for the subjects whose class the mapping names.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, cast

from ontology.languages import normalised
from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Relation,
    Requirement,
    Resource,
    Statement,
    Teaching,
    Text,
    derived_iri,
    sorted_texts,
)
from ontology.ntriples import find_literal
from ontology.quantities import read_days, read_money
from ontology.terms import RDF_TYPE, RDFS, SKOS

from .job_texts import read_learning_days
from .rdf_mapping import Link, TermMapping
from .skos_facts import DCT

_USUAL: Final = {
    "label": (f"{SKOS}prefLabel", f"{RDFS}label", f"{DCT}title"),
    "alternative_label": (f"{SKOS}altLabel", f"{SKOS}hiddenLabel"),
    "description": (f"{DCT}description", f"{SKOS}definition", f"{RDFS}comment"),
    "broader": (f"{SKOS}broader",),
    "framework": (f"{SKOS}inScheme",),
    "replaced_by": (f"{DCT}isReplacedBy",),
}
"""What a field is read from where the mapping names nothing that the thing has."""


class Mapped:
    """The subjects that a mapping speaks of."""

    def __init__(self, mapping: TermMapping):
        self._mapping = mapping
        self._kinds: dict[str, type[Resource]] = {}
        self._nodes: dict[str, list[Statement]] = {}
        self._above: dict[str, list[str]] = {}
        self._node_predicates = {
            each for links in mapping.links.values() for link in links for each in link.node_predicates
        }
        self._narrower = {predicate for predicate, name in mapping.fields.items() if name == "narrower"}
        self.known: set[str] = set()
        """All classes and predicates of the data."""

    def take(self, subject: str, predicate: str, term: str) -> None:
        """Takes a triple, before any subject is read."""
        self.known.add(predicate)
        if predicate == RDF_TYPE:
            self.known.add(term[1:-1])
            kind = self._mapping.classes.get(term[1:-1])
            if kind is not None:
                self._kinds.setdefault(subject, kind)
        if predicate in self._node_predicates:
            self._nodes.setdefault(subject, []).append((predicate, term))
        if predicate in self._narrower and term.startswith("<"):
            self._above.setdefault(term[1:-1], []).append(subject)

    def unused(self) -> Iterator[Finding]:
        """Terms of the mapping that the data does not have."""
        yield from self._mapping.unused(self.known)

    def has(self, iri: str) -> bool:
        """Whether the mapping names the subject's class."""
        return iri in self._kinds

    def read(self, iri: str, pairs: Sequence[Statement]) -> Iterator[Record | Finding]:
        """The record of one subject, what it joins, and what could not be read."""
        thing = _Thing(iri, pairs, self._mapping)
        kind = self._kinds[iri]
        resource = self._resource(kind, thing)
        yield cast("Record", resource)
        yield from thing.findings
        for said, term in dict.fromkeys(pairs):
            for link in self._mapping.links.get(said, ()):
                yield from self._joined(iri, link, term)

    def _resource(self, kind: type[Resource], thing: "_Thing") -> Resource:
        labels, others = thing.labels()
        frameworks, successors = thing.links("framework"), thing.links("replaced_by")
        common = {
            "iri": thing.iri,
            "labels": labels,
            "alternative_labels": sorted_texts((*others, *thing.texts("alternative_label"))),
            "descriptions": sorted_texts(thing.texts("description")),
            "codes": thing.codes(),
            "framework": min(frameworks) if frameworks and kind is not Framework else None,
            "replaced_by": min(successors) if successors else None,
            "url": next(iter(thing.links("url")), None),
            "statements": tuple(sorted(set(thing.pairs))),
        }
        own: dict[str, object] = {}
        if kind is Framework:
            own = {"license": thing.name("license"), "attribution": thing.name("attribution")}
        elif kind is Competency:
            parents = {*thing.links("broader"), *self._above.get(thing.iri, ())} - {thing.iri}
            own = {"kind": thing.name("kind"), "broader": tuple(sorted(parents))}
        elif kind is Course:
            own = {"provider": thing.name("provider"), "cost": thing.cost(), "duration_days": thing.days()}
        elif kind is Credential:
            own = {
                "issuer": thing.name("issuer"),
                "kind": thing.name("kind"),
                "cost": thing.cost(),
                "duration_days": thing.days(),
            }
        return cast("type[JobRole]", kind)(**common, **own)  # type: ignore[arg-type]

    def _joined(self, iri: str, link: Link, term: str) -> Iterator[Record | Finding]:
        """What a value of a joining predicate says; of a node between the two, what the node says."""
        if not term.startswith("<"):
            yield _finding(
                iri,
                "rdf-mapping.no-target",
                f"Got {term[:80]} for <{link.predicate[:200]}>, expected a thing with an IRI.",
            )
            return
        node = self._nodes.get(term[1:-1], ())
        targets = [term[1:-1]]
        if link.target is not None:
            targets = [each[1:-1] for said, each in node if said == link.target and each.startswith("<")]
            if not targets:
                wanted = f"<{link.target[:200]}>"
                yield _finding(
                    iri,
                    "rdf-mapping.no-target",
                    f"Got the node {term[:200]} without {wanted}, expected a target there.",
                )
        for target in targets:
            one, other = (target, iri) if link.inverse else (iri, target)
            yield from self._records(link, one, other, node, ((link.predicate, term),))

    def _records(
        self, link: Link, one: str, other: str, node: Sequence[Statement], said: tuple[Statement, ...]
    ) -> Iterator[Record | Finding]:
        if link.table == "alignments":
            relation = cast("Relation", link.relation)
            yield Alignment(
                iri=derived_iri("alignment", one, relation, other),
                subject=one,
                object=other,
                relation=relation,
                method="stated",
                statements=said,
            )
            return
        if link.table == "awards":
            yield Awarding(iri=derived_iri("awarding", one, other), course=one, credential=other, statements=said)
            return
        level, fault = _level(link, node)
        if fault is not None:
            yield _finding(one, "rdf-mapping.unread-level", fault)
        scale, value = (level.scale, level.value) if level else (None, None)
        if link.table == "teaches":
            teaching = derived_iri("teaching", one, other, scale, value)
            yield Teaching(iri=teaching, subject=one, competency=other, level=level, statements=said)
            return
        importance, graded, fault = _importance(link, node)
        if fault is not None:
            yield _finding(one, "rdf-mapping.unread-importance", fault)
        yield Requirement(
            iri=derived_iri("requirement", one, None, None, other, importance, *(filter(None, (scale, value, graded)))),
            owner=one,
            target=other,
            level=level,
            importance=importance,
            importance_value=graded,
            statements=said,
        )


class _Thing:
    """What is said of one subject, by field."""

    def __init__(self, iri: str, pairs: Sequence[Statement], mapping: TermMapping):
        self.iri = iri
        self.pairs = pairs
        self.findings: list[Finding] = []
        self._mapping = mapping
        self._by_field: dict[str, list[str]] = {}
        for said, term in pairs:
            name = mapping.fields.get(said)
            if name is not None:
                self._by_field.setdefault(name, []).append(term)

    def terms(self, name: str) -> list[str]:
        """The values for a field."""
        found = self._by_field.get(name)
        if found:
            return found
        for usual in _USUAL.get(name, ()):
            found = [term for said, term in self.pairs if said == usual]
            if found:
                return found
        return []

    def texts(self, name: str) -> list[Text]:
        """The values with words."""
        literals = [find_literal(term) for term in self.terms(name)]
        return [
            Text(literal.value.strip(), normalised(literal.language or ""))
            for literal in literals
            if literal is not None and literal.value.strip()
        ]

    def labels(self) -> tuple[tuple[Text, ...], list[Text]]:
        """(one label a language, the others)."""
        chosen: dict[str, Text] = {}
        others = []
        for text in sorted_texts(self.texts("label")):
            if text.language in chosen:
                others.append(text)
            else:
                chosen[text.language] = text
        return tuple(chosen.values()), others

    def links(self, name: str) -> list[str]:
        """The values that are IRIs."""
        return [term[1:-1] for term in self.terms(name) if term.startswith("<")]

    def name(self, name: str) -> str | None:
        """The first value, a text or an IRI."""
        texts = self.texts(name)
        return texts[0].text if texts else next(iter(sorted(self.links(name))), None)

    def codes(self) -> tuple[Code, ...]:
        """The values of the predicates that are codes."""
        found = set()
        for said, term in self.pairs:
            literal = find_literal(term) if said in self._mapping.codes else None
            if literal is not None and literal.value.strip():
                found.add(Code(self._mapping.codes[said], literal.value.strip()))
        return tuple(sorted(found))

    def cost(self) -> Money | None:
        """The cost in its currency, None where it is not stated or not read."""
        amount, currency = self.name("cost"), self.name("currency")
        if amount is None:
            return None
        try:
            return read_money(amount, currency or "")
        except ValueError as error:
            self.findings.append(
                _finding(self.iri, "rdf-mapping.unread-cost", f"Got the cost {amount[:80]!r}: {str(error)[:120]}.")
            )
            return None

    def days(self) -> Decimal | None:
        """Learning days, None where they are not stated or not read."""
        stated = self.name("duration")
        if stated is None:
            return None
        days = read_learning_days(stated) or read_days(stated)
        if days is None:
            message = f"Got the duration {stated[:80]!r}, expected days or a length such as 40 hours or PT40H."
            self.findings.append(_finding(self.iri, "rdf-mapping.unread-duration", message))
        return days


def _number(term: str) -> float | None:
    literal = find_literal(term)
    try:
        return float(literal.value) if literal is not None else None
    except ValueError:
        return None


def _first(node: Sequence[Statement], predicate: str | None) -> str | None:
    return next((term for said, term in node if said == predicate), None) if predicate is not None else None


def _level(link: Link, node: Sequence[Statement]) -> tuple[Level | None, str | None]:
    """(the level, what is wrong with it)."""
    value, scale = link.level, link.scale
    term = _first(node, link.level_predicate)
    if term is not None:
        value = _number(term)
        if value is None:
            return None, f"Got the level {term[:80]}, expected a number."
    stated_scale = _first(node, link.scale_predicate)
    if stated_scale is not None and stated_scale.startswith("<"):
        scale = stated_scale[1:-1]
    if value is None:
        return None, None
    if scale is None:
        return None, f"Got the level {value} without its scale."
    return Level(scale, value), None


def _importance(link: Link, node: Sequence[Statement]) -> tuple[Importance, float | None, str | None]:
    """(importance, its value where it is graded, what is wrong with it)."""
    stated: str | float = link.importance
    term = _first(node, link.importance_predicate)
    if term is not None:
        literal = find_literal(term)
        stated = literal.value.strip().casefold() if literal is not None else term
    if stated in {"must", "should"}:
        return Importance(str(stated)), None, None
    graded = stated if isinstance(stated, float) else _number(f'"{stated}"')
    if graded is not None and 0 <= graded <= 1:
        return Importance.SHOULD, graded, None
    return Importance.SHOULD, None, f"Got the importance {str(stated)[:80]!r}, expected must, should or 0 to 1."


def _finding(iri: str, code: str, message: str) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code=code,
        message=message,
        subject=iri[:200],
        fix="Mend the value, or what the mapping says of its property.",
    )
