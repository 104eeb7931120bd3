"""What must be known of a whole vocabulary before any one of its subjects can be read: what each is, and who is above.

Holds no texts but those of labels and descriptions that are nodes of their own. Called by `skos`.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from ontology.model import ONTOLOGY
from ontology.ntriples import find_literal
from ontology.terms import OWL, RDF_TYPE, RDFS, SKOS

DCT: Final = "http://purl.org/dc/terms/"
SKOS_XL: Final = "http://www.w3.org/2008/05/skos-xl#"
ESCO: Final = "http://data.europa.eu/esco/"
ESCO_MODEL: Final = f"{ESCO}model#"
ISCO_SCHEME: Final = f"{ESCO}concept-scheme/isco"
SCHEME_PREDICATES: Final = (f"{SKOS}inScheme", f"{SKOS}topConceptOf")
MAIN_SCHEMES: Final = MappingProxyType(
    {
        f"{ESCO}concept-scheme/skills": "ESCO skills",
        f"{ESCO}concept-scheme/occupations": "ESCO occupations",
    }
)
"""Schemes that a concept of several belongs to before others, and their names where the data does not say."""
DIRECT: Final = MappingProxyType(
    {
        f"{ESCO_MODEL}isEssentialSkillFor": f"{ESCO_MODEL}relatedEssentialSkill",
        f"{ESCO_MODEL}isOptionalSkillFor": f"{ESCO_MODEL}relatedOptionalSkill",
    }
)
"""What a skill says of occupations -> what an occupation says of skills."""

_KINDS: Final = (
    (f"{SKOS}ConceptScheme", "scheme"),
    (f"{ESCO_MODEL}Occupation", "role"),
    (f"{ESCO_MODEL}Skill", "skill"),
    (f"{ESCO_MODEL}Qualification", "qualification"),
    (f"{SKOS}Concept", "concept"),
    (f"{OWL}Ontology", "ontology"),
    (f"{OWL}Class", "class"),
    (f"{RDFS}Class", "class"),
)
"""Types by which a subject is told, the first that it has."""
_RANKS: Final = MappingProxyType({f"<{iri}>": rank for rank, (iri, _) in enumerate(_KINDS)})
_OURS: Final = -1
_CLASS: Final = next(rank for rank, (_, kind) in enumerate(_KINDS) if kind == "class")
_ONTOLOGY: Final = next(rank for rank, (_, kind) in enumerate(_KINDS) if kind == "ontology")
TEXT_OF_NODE: Final = frozenset({f"{SKOS_XL}literalForm", f"{ESCO_MODEL}nodeLiteral"})

_LOOKED_AT: Final = frozenset(
    {RDF_TYPE, f"{SKOS}notation", f"{SKOS}broader", f"{SKOS}narrower"}
    | {*TEXT_OF_NODE, *SCHEME_PREDICATES, *DIRECT.values()}
)


class Facts:
    """What each subject of a graph is, and how they hang together."""

    def __init__(self) -> None:
        self._ranks: dict[str, int] = {}
        self._isco: set[str] = set()
        self._forms: dict[str, list[str]] = {}
        self._notations: dict[str, str] = {}
        self._broader: dict[str, list[str]] = {}
        self._narrower: dict[str, list[str]] = {}
        self._schemes: dict[str, list[str]] = {}
        self._direct: set[int] = set()
        self.is_owl = False
        """Whether it is an ontology of classes without any concepts: then the classes are the concepts."""
        self.ontologies: list[str] = []

    def finish(self) -> None:
        """Called once, when everything was taken."""
        ranks = set(self._ranks.values())
        self.is_owl = _CLASS in ranks and not any(rank < _ONTOLOGY for rank in ranks)
        self.ontologies = sorted(iri for iri, rank in self._ranks.items() if rank == _ONTOLOGY)

    def take(self, subject: str, predicate: str, term: str) -> None:
        """Takes a triple."""
        if predicate not in _LOOKED_AT:
            return
        if predicate == RDF_TYPE:
            rank = _OURS if term.startswith(f"<{ONTOLOGY}") else _RANKS.get(term)
            if rank is not None:
                self._ranks[subject] = min(rank, self._ranks.get(subject, rank))
        elif predicate in TEXT_OF_NODE:
            self._forms.setdefault(subject, []).append(term)
        elif predicate == f"{SKOS}notation":
            if subject.startswith(ESCO):
                literal = find_literal(term)
                if literal is not None:
                    self._notations.setdefault(subject, literal.value)
        elif term.startswith("<"):
            self._link(subject, predicate, term[1:-1])

    def _link(self, subject: str, predicate: str, other: str) -> None:
        if predicate == f"{SKOS}broader":
            self._broader.setdefault(subject, []).append(other)
        elif predicate == f"{SKOS}narrower":
            self._narrower.setdefault(other, []).append(subject)
        elif predicate in SCHEME_PREDICATES:
            self._schemes.setdefault(subject, []).append(other)
            if other == ISCO_SCHEME and predicate == SCHEME_PREDICATES[0]:
                self._isco.add(subject)
        elif predicate in DIRECT.values():
            self._direct.add(hash((subject, predicate, other)))

    def kind(self, iri: str) -> str | None:
        """What a subject is; None for what no record but `Unmapped` holds."""
        rank = self._ranks.get(iri)
        if rank is None:
            return None
        if rank == _OURS:
            return "ours"
        kind = _KINDS[rank][1]
        if kind in {"ontology", "class"}:
            return {"ontology": "scheme", "class": "concept"}[kind] if self.is_owl else None
        if kind != "concept":
            return kind
        if iri.startswith(f"{ESCO}isco/") or iri in self._isco:
            return "isco"
        return "group" if iri.startswith(ESCO) else "concept"

    @property
    def mapped(self) -> bool:
        """Whether any subject is more than `Unmapped`."""
        return any(self.kind(iri) is not None for iri in self._ranks)

    def has_kind(self, iri: str) -> bool:
        """Whether a subject has one of the types that are looked at."""
        return iri in self._ranks

    def forms(self, node: str) -> Sequence[str]:
        """The literals of a node that stands for a text (a label of SKOS-XL)."""
        return self._forms.get(node, ())

    def above(self, iri: str) -> Sequence[str]:
        """What says of itself that it has the subject below it."""
        return self._narrower.get(iri, ())

    def may_be_parent(self, iri: str) -> bool:
        """Whether a competency may lie below it: a competency, or in SKOS what nobody here describes."""
        kind = self.kind(iri)
        return kind in {"skill", "group", "concept"} or (kind is None and not self.is_owl)

    def says_itself(self, role: str, predicate: str, skill: str) -> bool:
        """Whether an occupation says of a skill what the skill says of it."""
        return hash((role, predicate, skill)) in self._direct

    def main_scheme(self, schemes: Sequence[str]) -> str:
        """The scheme that a concept of several belongs to: one of ESCO's pillars, one that is described, the first."""
        return min(schemes, key=lambda scheme: (scheme not in MAIN_SCHEMES, self.kind(scheme) != "scheme", scheme))

    def schemes(self) -> list[str]:
        """Schemes that competencies and roles belong to, sorted."""
        kinds = {"role", "skill", "group", "concept", "qualification"}
        return sorted({self.main_scheme(found) for iri, found in self._schemes.items() if self.kind(iri) in kinds})

    def find_isco(self, iri: str) -> str | None:
        """Code of the nearest ISCO group above an occupation; an occupation may lie below another."""
        waiting, seen = [iri], {iri}
        while waiting:
            for parent in sorted(self._broader.get(waiting.pop(0), ())):
                if self.kind(parent) == "isco" or parent.startswith(f"{ESCO}isco/"):
                    stated = self._notations.get(parent)
                    return (stated or parent.rpartition("/")[2]).removeprefix("C")
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return None


def scheme_name(iri: str) -> str:
    """What a scheme is called that does not say it: ESCO's pillars by their names, others by the end of their IRI."""
    return MAIN_SCHEMES.get(iri) or re.split(r"[/#]", iri.rstrip("/#"))[-1]
