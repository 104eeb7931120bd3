"""SKOS in any RDF syntax, above all in ESCO's shape: occupations, skills, groups, schemes, mappings.

An `esco:Occupation` is a JobRole, an `esco:Skill` or another concept a Competency, a scheme a Framework; an ISCO group
is kept as it is. Essential skills of an occupation are `must`, optional ones `should`. Relations between skills are no
alignments: they stay statements, as does everything that no field of a record holds. Things that Headwater itself
described are read back as they were. Source: SKOS Reference (W3C, 2009); ESCO data model 2.0.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypedDict

from ontology.documents import Document
from ontology.languages import normalised
from ontology.model import (
    ONTOLOGY,
    Alignment,
    Code,
    Competency,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Located,
    Record,
    Relation,
    Requirement,
    Source,
    Statement,
    Text,
    Unmapped,
    derived_iri,
    sorted_texts,
)
from ontology.ntriples import find_literal, literal_term
from ontology.rdf import from_nquads_lines

from .detection import Fit, Format
from .nodes import Nodes, find_rdf_format, read_nodes
from .sources import ENGLISH, ESCO_ATTRIBUTION, ESCO_LICENSE

RDF_TYPE: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
RDFS_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
SKOS_XL: Final = "http://www.w3.org/2008/05/skos-xl#"
DCT: Final = "http://purl.org/dc/terms/"
ESCO: Final = "http://data.europa.eu/esco/"
ESCO_MODEL: Final = f"{ESCO}model#"
ISCO_SCHEME: Final = f"{ESCO}concept-scheme/isco"
MAIN_SCHEMES: Final = MappingProxyType(
    {
        f"{ESCO}concept-scheme/skills": "ESCO skills",
        f"{ESCO}concept-scheme/occupations": "ESCO occupations",
    }
)
"""Schemes that a concept of several belongs to before others, and their names where the data does not say."""

_PARTS: Final = MappingProxyType(
    {
        f"{SKOS}prefLabel": "labels",
        f"{SKOS_XL}prefLabel": "labels",
        f"{SKOS}altLabel": "alternatives",
        f"{SKOS}hiddenLabel": "alternatives",
        f"{SKOS_XL}altLabel": "alternatives",
        f"{SKOS_XL}hiddenLabel": "alternatives",
        RDFS_LABEL: "titles",
        f"{DCT}title": "titles",
        f"{DCT}description": "descriptions",
        f"{SKOS}definition": "descriptions",
        f"{SKOS}notation": "notations",
        f"{SKOS}broader": "broader",
        f"{SKOS}inScheme": "schemes",
        f"{SKOS}topConceptOf": "top_of",
        f"{DCT}isReplacedBy": "successors",
        f"{DCT}license": "licenses",
        f"{DCT}rights": "rights",
        f"{ESCO_MODEL}skillType": "skill_types",
        f"{ESCO_MODEL}relatedEssentialSkill": "essential",
        f"{ESCO_MODEL}relatedOptionalSkill": "optional",
    }
)
_TEXTS: Final = frozenset({"labels", "alternatives", "titles", "descriptions"})
_LITERALS: Final = frozenset({"notations", "licenses", "rights"})
_TEXT_OF_NODE: Final = frozenset({f"{SKOS_XL}literalForm", f"{ESCO_MODEL}nodeLiteral"})
_ALIGNMENTS: Final = MappingProxyType({f"{SKOS}{relation.value}": relation for relation in Relation})
_INVERSE: Final = MappingProxyType(
    {
        f"{ESCO_MODEL}isEssentialSkillFor": (f"{ESCO_MODEL}relatedEssentialSkill", Importance.MUST),
        f"{ESCO_MODEL}isOptionalSkillFor": (f"{ESCO_MODEL}relatedOptionalSkill", Importance.SHOULD),
    }
)
_CTDL: Final = (b"http://purl.org/ctdl/terms/", b"http://purl.org/ctdlasn/terms/")
_SCHEME_PREDICATES: Final = (f"{SKOS}inScheme", f"{SKOS}topConceptOf")
_KINDS: Final = (
    (f"{SKOS}ConceptScheme", "scheme"),
    (f"{ESCO_MODEL}Occupation", "role"),
    (f"{ESCO_MODEL}Skill", "skill"),
    (f"{ESCO_MODEL}Qualification", "qualification"),
    (f"{SKOS}Concept", "concept"),
)
"""Types by which a subject is told, the first that it has."""


def fit_skos(document: Document) -> Fit:
    """Whether the document is RDF, and whether in words that are read here; CTDL's are another reader's."""
    if find_rdf_format(document) is None:
        return Fit.NONE
    head = document.head
    if ONTOLOGY.encode() in head:
        return Fit.EXACT
    foreign = any(namespace in head for namespace in _CTDL)
    return Fit.EXACT if not foreign and (SKOS.encode() in head or ESCO.encode() in head) else Fit.NEAR


def read_skos(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """Faults of syntax, frameworks, then each subject where it first appears, with its requirements and alignments."""
    yield from read_vocabulary(read_nodes(documents), documents[0].name if documents else "")


def read_vocabulary(nodes: Nodes, file: str) -> Iterator[Located | Finding]:
    """The same for what was read elsewhere.

    Args:
        file: where things are said to be that are named but not described.
    """
    yield from nodes.findings
    vocabulary = _Vocabulary(nodes.subjects)
    anywhere = Source(file=file) if file else None
    for scheme in vocabulary.schemes():
        if scheme not in nodes.subjects and anywhere is not None:
            yield Located(record=_framework(scheme, _Parts()), source=anywhere)
    for iri, source in nodes.sources.items():
        for item in vocabulary.read(iri):
            yield Located(record=item, source=source) if not isinstance(item, Finding) else _placed(item, source)
    if nodes.subjects and not vocabulary.mapped:
        yield Finding(
            level=FindingLevel.SHOULD,
            code="skos.no-concept",
            message=f"Nothing in {file} is a concept, an occupation or a scheme; it was kept as it is.",
            source=anywhere,
            fix="Check that this is the file you meant; concepts have the type skos:Concept.",
        )


def _placed(finding: Finding, source: Source) -> Finding:
    return Finding(
        level=finding.level,
        code=finding.code,
        message=finding.message,
        subject=finding.subject,
        source=source,
        fix=finding.fix,
    )


@dataclass(slots=True)
class _Parts:
    """What is said of one subject, sorted out by the field that it is for."""

    labels: list[Text] = field(default_factory=list)
    alternatives: list[Text] = field(default_factory=list)
    titles: list[Text] = field(default_factory=list)
    descriptions: list[Text] = field(default_factory=list)
    notations: list[str] = field(default_factory=list)
    broader: list[str] = field(default_factory=list)
    schemes: list[str] = field(default_factory=list)
    top_of: list[str] = field(default_factory=list)
    successors: list[str] = field(default_factory=list)
    licenses: list[str] = field(default_factory=list)
    rights: list[str] = field(default_factory=list)
    skill_types: list[str] = field(default_factory=list)
    essential: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    alignments: list[tuple[Relation, str]] = field(default_factory=list)
    statements: set[Statement] = field(default_factory=set)
    scheme: str | None = None
    """The one that it belongs to."""

    def keep(self, predicate: str, iris: Iterable[str]) -> None:
        """Leaves things to the statements that no field of this record holds."""
        self.statements.update((predicate, f"<{iri}>") for iri in iris)


class _Vocabulary:
    """All subjects of a reading: what each of them is, and its records."""

    def __init__(self, subjects: dict[str, list[Statement]]):
        self._subjects = subjects
        self._kinds = {iri: _find_kind(iri, pairs) for iri, pairs in subjects.items()}
        self._narrower = self._inverted(f"{SKOS}narrower")
        self.mapped = any(self._kinds.values())

    def _inverted(self, predicate: str) -> dict[str, list[str]]:
        inverse: dict[str, list[str]] = {}
        for iri, pairs in self._subjects.items():
            for said, term in pairs:
                if said == predicate and term.startswith("<"):
                    inverse.setdefault(term[1:-1], []).append(iri)
        return inverse

    def schemes(self) -> list[str]:
        """Schemes that competencies and roles belong to, sorted."""
        found = set()
        for iri, pairs in self._subjects.items():
            if self._kinds[iri] in {"role", "skill", "group", "concept", "qualification"}:
                schemes = [term[1:-1] for said, term in pairs if said in _SCHEME_PREDICATES and term.startswith("<")]
                if schemes:
                    found.add(self.main_scheme(schemes))
        return sorted(found)

    def main_scheme(self, schemes: Sequence[str]) -> str:
        """The scheme that a concept of several belongs to: one of ESCO's pillars, one that is described, the first."""
        return min(
            schemes, key=lambda scheme: (scheme not in MAIN_SCHEMES, self._kinds.get(scheme) != "scheme", scheme)
        )

    def read(self, iri: str) -> Iterator[Record | Finding]:
        """The records of one subject and its faults."""
        kind, pairs = self._kinds[iri], self._subjects[iri]
        if kind == "ours":
            yield from from_nquads_lines(f"<{iri}> <{said}> {term} <{ONTOLOGY}> ." for said, term in pairs)
            return
        parts = self._sort_out(pairs)
        schemes = [*parts.schemes, *parts.top_of]
        parts.scheme = self.main_scheme(schemes) if schemes else None
        yield from self._aligned(iri, parts)
        if kind in {None, "isco"}:
            kept = ((said, term) for said, term in pairs if said not in _ALIGNMENTS or not term.startswith("<"))
            yield Unmapped(iri=iri, statements=tuple(sorted(set(kept))))
            return
        yield from self._several_labels(iri, parts)
        parts.keep(f"{ESCO_MODEL}skillType", parts.skill_types)
        if kind == "role":
            yield from self._read_role(iri, parts)
            return
        parts.keep(f"{ESCO_MODEL}relatedEssentialSkill", parts.essential)
        parts.keep(f"{ESCO_MODEL}relatedOptionalSkill", parts.optional)
        if kind in {"scheme", "qualification"}:
            parts.keep(f"{SKOS}broader", parts.broader)
            yield _framework(iri, parts) if kind == "scheme" else _qualification(iri, parts)
        else:
            yield self._competency(iri, kind, parts)
            yield from self._inverse_requirements(iri)

    def _sort_out(self, pairs: Sequence[Statement]) -> _Parts:
        parts = _Parts()
        for said, term in pairs:
            name = _PARTS.get(said)
            if said in _ALIGNMENTS and term.startswith("<"):
                parts.alignments.append((_ALIGNMENTS[said], term[1:-1]))
            elif name in _TEXTS:
                self._take_text(parts, name, said, term)
            elif name in _LITERALS:
                literal = find_literal(term)
                getattr(parts, name).append(literal.value.strip() if literal else term[1:-1])
            elif name is not None and term.startswith("<"):
                getattr(parts, name).append(term[1:-1])
            else:
                parts.statements.add((said, term))
        return parts

    def _take_text(self, parts: _Parts, name: str, said: str, term: str) -> None:
        """A text, or the text of the node that stands for it (a label of SKOS-XL), which is kept as well."""
        terms = [term]
        if term.startswith("<"):
            parts.statements.add((said, term))
            terms = [text for form, text in self._subjects.get(term[1:-1], ()) if form in _TEXT_OF_NODE]
        for each in terms:
            literal = find_literal(each)
            if literal is None:
                parts.statements.add((said, each))
            elif text := literal.value.strip():
                getattr(parts, name).append(Text(text, normalised(literal.language or "")))

    def _several_labels(self, iri: str, parts: _Parts) -> Iterator[Finding]:
        """One preferred label a language: the first by its text; the others become alternative ones, which is told."""
        if not parts.labels:
            parts.labels, parts.titles = parts.titles, []
        chosen: dict[str, Text] = {}
        for text in sorted_texts(parts.labels):
            if text.language not in chosen:
                chosen[text.language] = text
                continue
            parts.alternatives.append(text)
            yield Finding(
                level=FindingLevel.SHOULD,
                code="skos.several-labels",
                message=f"Got a second preferred label in {text.language!r}, {text.text!r}: it is now an alternative.",
                subject=iri,
                fix="Make all but one of them skos:altLabel.",
            )
        parts.labels = list(chosen.values())
        parts.alternatives.extend(parts.titles)

    def _aligned(self, iri: str, parts: _Parts) -> Iterator[Alignment]:
        for relation, target in sorted(set(parts.alignments)):
            yield Alignment(
                iri=derived_iri("alignment", iri, relation, target),
                subject=iri,
                object=target,
                relation=relation,
                method="stated",
            )

    def _read_role(self, iri: str, parts: _Parts) -> Iterator[Record]:
        parts.keep(f"{SKOS}broader", parts.broader)
        isco = self._find_isco(iri)
        codes = (Code("isco", isco),) if isco else ()
        yield JobRole(**_described(iri, parts, codes))
        for targets, importance in ((parts.essential, Importance.MUST), (parts.optional, Importance.SHOULD)):
            for target in dict.fromkeys(targets):
                yield _requirement(iri, target, importance)

    def _find_isco(self, iri: str) -> str | None:
        """Code of the nearest ISCO group above an occupation; an occupation may lie below another."""
        waiting, seen = [iri], {iri}
        while waiting:
            parents = sorted(term[1:-1] for said, term in self._said(waiting.pop(0)) if said == f"{SKOS}broader")
            for parent in parents:
                if self._kinds.get(parent) == "isco" or parent.startswith(f"{ESCO}isco/"):
                    notations = [find_literal(term) for said, term in self._said(parent) if said == f"{SKOS}notation"]
                    stated = next((notation.value for notation in notations if notation), None)
                    return (stated or parent.rpartition("/")[2]).removeprefix("C")
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return None

    def _said(self, iri: str) -> Sequence[Statement]:
        return self._subjects.get(iri, ())

    def _competency(self, iri: str, kind: str | None, parts: _Parts) -> Competency:
        types = sorted({each.rpartition("/")[2].casefold() for each in parts.skill_types})
        parents = set()
        for parent in (*parts.broader, *self._narrower.get(iri, ())):
            if self._kinds.get(parent, "concept") in {"skill", "group", "concept"}:
                parents.add(parent)
            else:
                parts.keep(f"{SKOS}broader", [parent])
        own = types[0] if types else None
        return Competency(
            **_described(iri, parts), kind="group" if kind == "group" else own, broader=tuple(sorted(parents))
        )

    def _inverse_requirements(self, iri: str) -> Iterator[Requirement]:
        """What a skill says of the occupations that need it, where they do not say so themselves."""
        for said, term in self._subjects[iri]:
            if said in _INVERSE and self._kinds.get(term[1:-1]) == "role":
                direct, importance = _INVERSE[said]
                if (direct, f"<{iri}>") not in self._subjects[term[1:-1]]:
                    yield _requirement(term[1:-1], iri, importance)


def _find_kind(iri: str, pairs: Sequence[Statement]) -> str | None:
    types = {term[1:-1] for said, term in pairs if said == RDF_TYPE}
    if any(each.startswith(ONTOLOGY) for each in types):
        return "ours"
    kind = next((kind for each, kind in _KINDS if each in types), None)
    if kind != "concept":
        return kind
    if iri.startswith(f"{ESCO}isco/") or (f"{SKOS}inScheme", f"<{ISCO_SCHEME}>") in pairs:
        return "isco"
    return "group" if iri.startswith(ESCO) else "concept"


class _Described(TypedDict):
    iri: str
    labels: tuple[Text, ...]
    alternative_labels: tuple[Text, ...]
    descriptions: tuple[Text, ...]
    codes: tuple[Code, ...]
    framework: str | None
    replaced_by: str | None
    statements: tuple[Statement, ...]


def _described(iri: str, parts: _Parts, codes: Iterable[Code] = ()) -> _Described:
    """The fields that every described thing has; what does not fit into them joins the statements."""
    main = parts.scheme
    parts.keep(f"{SKOS}inScheme", (scheme for scheme in parts.schemes if scheme != main))
    parts.keep(f"{SKOS}topConceptOf", parts.top_of)
    successors = sorted(parts.successors)
    parts.keep(f"{DCT}isReplacedBy", successors[1:])
    parts.statements.update((f"{DCT}license", literal_term(text)) for text in parts.licenses)
    parts.statements.update((f"{DCT}rights", literal_term(text)) for text in parts.rights)
    system = "esco" if iri.startswith(ESCO) else "notation"
    return _Described(
        iri=iri,
        labels=sorted_texts(parts.labels),
        alternative_labels=sorted_texts(parts.alternatives),
        descriptions=sorted_texts(parts.descriptions),
        codes=tuple(sorted({*codes, *(Code(system, notation) for notation in parts.notations if notation)})),
        framework=main,
        replaced_by=successors[0] if successors else None,
        statements=tuple(sorted(parts.statements)),
    )


def _framework(iri: str, parts: _Parts) -> Framework:
    """A scheme; where the data does not describe it, with a name for what it is and, for ESCO's, its attribution."""
    official = iri.startswith(ESCO)
    licenses, rights = sorted(set(parts.licenses)), sorted(set(parts.rights))
    parts.licenses, parts.rights = licenses[1:], rights[1:]
    if not parts.labels:
        name = MAIN_SCHEMES.get(iri)
        parts.labels.append(Text(name, ENGLISH) if name else Text(re.split(r"[/#]", iri.rstrip("/#"))[-1]))
    return Framework(
        **_described(iri, parts),
        license=licenses[0] if licenses else ESCO_LICENSE if official else None,
        attribution=rights[0] if rights else ESCO_ATTRIBUTION if official else None,
    )


def _qualification(iri: str, parts: _Parts) -> Credential:
    return Credential(**_described(iri, parts), kind="qualification")


def _requirement(owner: str, target: str, importance: Importance) -> Requirement:
    return Requirement(
        iri=derived_iri("requirement", owner, None, None, target, importance),
        owner=owner,
        target=target,
        importance=importance,
    )


FORMAT: Final = Format(name="skos", fit=fit_skos, read=lambda documents, _: read_skos(documents))
