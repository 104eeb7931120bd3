"""What ESCO's tables say of each concept, gathered from all of them, and the records made of it.

The same things come of it as of ESCO's RDF (`skos`): an occupation is a JobRole, a skill or group a Competency, a
scheme a Framework; an ISCO group is kept as it is. What is gathered is held as bytes, for ESCO in 21 languages has half
a million labels. Called by `esco`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ontology.model import (
    Code,
    Competency,
    Framework,
    JobRole,
    Located,
    Record,
    Source,
    Statement,
    Text,
    Unmapped,
    derived_iri,
    sorted_texts,
)
from ontology.ntriples import literal_term, text_term
from ontology.terms import RDF_TYPE, SKOS

from .gathered import Gathered
from .skos_facts import DCT, ESCO, ESCO_MODEL, ISCO_SCHEME, MAIN_SCHEMES
from .sources import ENGLISH, ESCO_ATTRIBUTION, ESCO_LICENSE, minted_iri
from .tally import Tally

OCCUPATION: Final = "Occupation"
SKILL: Final = "KnowledgeSkillCompetence"
GROUP: Final = "SkillGroup"
ISCO: Final = "ISCOGroup"
SCHEME: Final = "ConceptScheme"
OTHER: Final = "other"
"""Described by a table, of a type that is none of ESCO's: kept as it is."""
KINDS: Final = frozenset({OCCUPATION, SKILL, GROUP, ISCO, SCHEME})
_COMPETENCIES: Final = frozenset({SKILL, GROUP})
_TYPES: Final = MappingProxyType(
    {
        OCCUPATION: (f"{ESCO_MODEL}Occupation", f"{SKOS}Concept"),
        SKILL: (f"{ESCO_MODEL}Skill", f"{SKOS}Concept"),
        GROUP: (f"{SKOS}Concept",),
        ISCO: (f"{SKOS}Concept",),
        SCHEME: (f"{SKOS}ConceptScheme",),
        OTHER: (f"{SKOS}Concept",),
    }
)
_SCHEMES: Final = MappingProxyType(
    {
        OCCUPATION: f"{ESCO}concept-scheme/occupations",
        SKILL: f"{ESCO}concept-scheme/skills",
        GROUP: f"{ESCO}concept-scheme/skills",
        ISCO: ISCO_SCHEME,
    }
)
"""Where a table does not say it."""
PREFERRED, ALTERNATIVE, DESCRIPTION, DEFINITION = "p", "a", "d", "D"
NOTATION, BROADER, LISTED_BROADER, IN_SCHEME, ISCO_CODE = "n", "b", "B", "s", "i"
SKILL_TYPE, REPLACED_BY, KEPT = "t", "r", "k"
"""What is said: the field that it is for. `LISTED_BROADER` is what a collection says, `KEPT` a whole statement."""


@dataclass(slots=True)
class Concepts(Gathered):
    """Everything that is said of each concept, by its IRI; `extra` is a language, or a kept statement's predicate."""

    kinds: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def describe(self, iri: str, kind: str, source: Source) -> None:
        """Makes it known that a table describes a concept, and as what; the first one counts."""
        if iri not in self.kinds:
            self.kinds[iri] = kind
            self.sources[iri] = source

    def keep(self, iri: str, predicate: str, term: str) -> None:
        """Adds a statement that no field holds."""
        self.say(iri, KEPT, term, predicate)


@dataclass(slots=True)
class _Parts:
    """What is said of one concept, sorted out."""

    preferred: dict[str, Text] = field(default_factory=dict)
    alternatives: list[Text] = field(default_factory=list)
    descriptions: list[Text] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    statements: set[Statement] = field(default_factory=set)

    def keep(self, predicate: str, iris: Iterable[str]) -> None:
        self.statements.update((predicate, f"<{iri}>") for iri in iris)


class Records:
    """The records of gathered concepts, and what is told of them."""

    def __init__(self, concepts: Concepts):
        self._concepts = concepts
        self.several = Tally(
            code="esco.several-labels",
            what="labels are other preferred ones than the concept's own table has in that language; they are "
            "alternative ones now",
            fix="Nothing to do: they come from another version of ESCO.",
        )
        self.untyped = Tally(
            code="esco.no-skill-type",
            what="skills say neither that they are knowledge nor that they are skills",
            fix="Nothing to do: ESCO leaves it open.",
        )
        self.obsolete = Tally(
            code="esco.obsolete",
            what="concepts are obsolete",
            fix="Nothing to do; those that name a successor lead to it.",
        )
        self.unlisted = Tally(
            code="esco.unlisted-labels",
            what="concepts have labels here and no table describes them; the labels are kept",
            fix="Load the tables of the version that the labels are from.",
        )

    def all(self) -> Iterator[Located]:
        """Schemes that the tables name, then every concept where it was first described, then labels of no concept."""
        anywhere = next(iter(self._concepts.sources.values()), None)
        for scheme in sorted(self._named_schemes()):
            if anywhere is not None:
                yield Located(record=_framework(scheme, _Parts()), source=anywhere)
        for iri, kind in self._concepts.kinds.items():
            source = self._concepts.sources[iri]
            yield Located(record=self._record(iri, kind, source), source=source)
        for iri in self._concepts.said:
            if iri not in self._concepts.kinds and iri in self._concepts.sources:
                source = self._concepts.sources[iri]
                self.unlisted.add(iri, source)
                yield Located(record=self._unlisted(iri), source=source)

    def _named_schemes(self) -> set[str]:
        """Schemes that competencies and roles belong to and that no table describes."""
        found = set()
        for iri, kind in self._concepts.kinds.items():
            if kind in _COMPETENCIES or kind == OCCUPATION:
                found.add(_main([*self._concepts.values(iri, IN_SCHEME)] or [_SCHEMES[kind]]))
        return found - self._concepts.kinds.keys()

    def _record(self, iri: str, kind: str, source: Source) -> Record:
        parts = self._sort_out(iri, source)
        if kind in _TYPES:
            parts.keep(RDF_TYPE, _TYPES[kind])
        if any(term == '"obsolete"' and said.endswith("#status") for said, term in parts.statements):
            self.obsolete.add(iri, source)
        if kind == SCHEME:
            return _framework(iri, parts)
        if kind in (ISCO, OTHER):
            return _as_it_is(iri, kind, parts)
        if kind == OCCUPATION:
            return self._role(iri, parts)
        return self._competency(iri, kind, parts, source)

    def _sort_out(self, iri: str, source: Source) -> _Parts:
        parts = _Parts()
        described: dict[tuple[str, str], str] = {}
        for what, value, extra in self._concepts.read(iri):
            if what == PREFERRED:
                first = parts.preferred.setdefault(extra, Text(value, extra))
                if first.text.strip() != value.strip():
                    self.several.add(value, source)
                    parts.alternatives.append(Text(value.strip(), extra))
            elif what == ALTERNATIVE:
                parts.alternatives.append(Text(value, extra))
            elif what in (DESCRIPTION, DEFINITION):
                words = " ".join(value.split())
                if described.setdefault((what, extra), words) == words:
                    parts.descriptions.append(Text(value, extra))
                else:
                    parts.statements.add((minted_iri("esco", "term", "description"), text_term(Text(value, extra))))
            elif what == KEPT:
                parts.statements.add((extra, value))
            elif value not in parts.values[what]:
                parts.values[what].append(value)
        return parts

    def _role(self, iri: str, parts: _Parts) -> JobRole:
        parts.keep(f"{SKOS}broader", (*parts.values[BROADER], *parts.values[LISTED_BROADER]))
        isco = parts.values[ISCO_CODE] or [code for code in [self._isco_above(iri)] if code]
        codes = {Code("isco", code.removeprefix("C")) for code in isco[:1]}
        return JobRole(**_described(iri, OCCUPATION, parts, codes))  # type: ignore[arg-type]

    def _isco_above(self, iri: str) -> str | None:
        """Code of the nearest ISCO group above an occupation whose row does not name it."""
        waiting, seen = [iri], {iri}
        while waiting:
            for parent in sorted(self._concepts.values(waiting.pop(0), BROADER)):
                if parent.startswith(f"{ESCO}isco/"):
                    return parent.rpartition("/")[2]
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return None

    def _competency(self, iri: str, kind: str, parts: _Parts, source: Source) -> Competency:
        parents = set()
        for what in (BROADER, LISTED_BROADER):
            for parent in parts.values[what]:
                above = self._concepts.kinds.get(parent)
                if above in _COMPETENCIES or (above is None and what == BROADER):
                    parents.add(parent)
                else:
                    parts.keep(f"{SKOS}broader", [parent])
        types = sorted(parts.values[SKILL_TYPE])
        if kind == SKILL and not types:
            self.untyped.add(parts.preferred[ENGLISH].text if ENGLISH in parts.preferred else iri, source)
        own = "group" if kind == GROUP else types[0] if types else None
        parts.keep(f"{ESCO_MODEL}skillType", (f"{ESCO}skill-type/{each}" for each in types))
        described = _described(iri, kind, parts)
        return Competency(**described, kind=own, broader=tuple(sorted(parents)))  # type: ignore[arg-type]

    def _unlisted(self, iri: str) -> Unmapped:
        parts = self._sort_out(iri, self._concepts.sources[iri])
        statements = {*parts.statements, *_label_statements(parts), (minted_iri("esco", "term", "concept"), f"<{iri}>")}
        return Unmapped(iri=derived_iri("esco-labels", iri), statements=tuple(sorted(statements)))


def _main(schemes: Iterable[str]) -> str:
    """The scheme that a concept of several belongs to."""
    return min(schemes, key=lambda scheme: (scheme not in MAIN_SCHEMES, scheme))


def _described(iri: str, kind: str, parts: _Parts, codes: Iterable[Code] = ()) -> dict[str, object]:
    """The fields that every described thing has; what does not fit into them joins the statements."""
    schemes = parts.values[IN_SCHEME] or [_SCHEMES[kind]]
    main = _main(schemes)
    parts.keep(f"{SKOS}inScheme", (scheme for scheme in schemes if scheme != main))
    successors = sorted(parts.values[REPLACED_BY])
    parts.keep(f"{DCT}isReplacedBy", successors[1:])
    return {
        "iri": iri,
        "labels": sorted_texts(parts.preferred.values()),
        "alternative_labels": sorted_texts(parts.alternatives),
        "descriptions": sorted_texts(parts.descriptions),
        "codes": tuple(sorted({*codes, *(Code("esco", notation) for notation in parts.values[NOTATION])})),
        "framework": main,
        "replaced_by": successors[0] if successors else None,
        "statements": tuple(sorted(parts.statements)),
    }


def _framework(iri: str, parts: _Parts) -> Framework:
    """A scheme; where no table describes it, with a name for what it is."""
    labels = list(parts.preferred.values())
    if not labels:
        name = MAIN_SCHEMES.get(iri)
        labels = [Text(name, ENGLISH) if name else Text(iri.rpartition("/")[2])]
    return Framework(
        iri=iri,
        labels=sorted_texts(labels),
        alternative_labels=sorted_texts(parts.alternatives),
        descriptions=sorted_texts(parts.descriptions),
        license=ESCO_LICENSE,
        attribution=ESCO_ATTRIBUTION,
        statements=tuple(sorted(parts.statements)),
    )


def _label_statements(parts: _Parts) -> Iterator[Statement]:
    for text in parts.preferred.values():
        yield f"{SKOS}prefLabel", text_term(Text(text.text.strip(), text.language))
    for text in parts.alternatives:
        yield f"{SKOS}altLabel", text_term(text)


def _as_it_is(iri: str, kind: str, parts: _Parts) -> Unmapped:
    """A concept that is no record of ours, in the words in which ESCO's RDF says it."""
    parts.keep(f"{SKOS}broader", (*parts.values[BROADER], *parts.values[LISTED_BROADER]))
    parts.keep(f"{SKOS}inScheme", parts.values[IN_SCHEME] or ([_SCHEMES[kind]] if kind in _SCHEMES else []))
    parts.keep(f"{DCT}isReplacedBy", parts.values[REPLACED_BY])
    parts.statements.update((f"{SKOS}notation", literal_term(each)) for each in parts.values[NOTATION])
    parts.statements.update((f"{DCT}description", text_term(text)) for text in parts.descriptions)
    return Unmapped(iri=iri, statements=tuple(sorted({*parts.statements, *_label_statements(parts)})))
