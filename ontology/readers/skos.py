"""SKOS in any RDF syntax, above all in ESCO's shape: occupations, skills, groups, schemes, mappings.

An `esco:Occupation` is a JobRole, an `esco:Skill` or another concept a Competency, a scheme a Framework; an ISCO group
is kept as it is. Essential skills of an occupation are `must`, optional ones `should`. Relations between skills are no
alignments: they stay statements, as does everything that no field of a record holds. Things that Headwater itself
described are read back as they were. Source: SKOS Reference (W3C, 2009); ESCO data model 2.0.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypedDict

from ontology.documents import Document
from ontology.languages import normalised
from ontology.model import (
    ONTOLOGY,
    UNDETERMINED,
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
from ontology.ntriples import XSD_STRING, find_literal, literal_term, text_term
from ontology.rdf import from_nquads_lines
from ontology.terms import OWL, RDFS, SKOS

from .detection import Fit, Format
from .graphs import KEPT_TRIPLES, Graph, read_graph
from .json_outline import Outline, find_outline
from .mapped_records import Mapped
from .nodes import find_rdf_format
from .rdf_mapping import is_mapping, read_mappings
from .skos_facts import DCT, DIRECT, ESCO, ESCO_MODEL, MAIN_SCHEMES, SKOS_XL, Facts, scheme_name
from .sources import ENGLISH, ESCO_ATTRIBUTION, ESCO_LICENSE

RDFS_LABEL: Final = f"{RDFS}label"

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
HELD_TEXTS: Final = frozenset({f"{SKOS}prefLabel", f"{SKOS}altLabel", f"{DCT}description"})
HELD_LINKS: Final = frozenset(
    {
        f"{SKOS}broader",
        f"{SKOS}inScheme",
        f"{DCT}isReplacedBy",
        f"{ESCO_MODEL}relatedEssentialSkill",
        f"{ESCO_MODEL}relatedOptionalSkill",
    }
)
"""Predicates whose values a field holds in place of a statement."""
_TEXTS: Final = frozenset({"labels", "alternatives", "titles", "descriptions"})
_LITERALS: Final = frozenset({"notations", "licenses", "rights"})
_ALIGNMENTS: Final = MappingProxyType({f"{SKOS}{relation.value}": relation for relation in Relation})
_INVERSE: Final = MappingProxyType(
    {
        f"{ESCO_MODEL}isEssentialSkillFor": Importance.MUST,
        f"{ESCO_MODEL}isOptionalSkillFor": Importance.SHOULD,
    }
)
_CTDL: Final = (b"purl.org/ctdl/terms/", b"purl.org/ctdlasn/terms/")
_OF_PEOPLE: Final = ("/credentials/v", "ns/credentials", "purl.imsglobal.org", "openbadges")
"""Words of the contexts of credentials that people hold."""
_EXPORTED: Final = re.compile(rb"# Dataset: [^\n]*\n# Format: ([^\n]*)\n")
"""How our own export as Turtle begins of what came as RDF."""
_OWL_PARTS: Final = MappingProxyType(
    {f"{RDFS}subClassOf": "broader", f"{RDFS}comment": "descriptions", f"{RDFS}isDefinedBy": "schemes"}
)
"""What counts beside `_PARTS` where classes are the concepts."""


def fit_skos(document: Document) -> Fit:
    """Whether the document is RDF, and whether in words that are read here; CTDL's are another reader's."""
    if is_mapping(document):
        return Fit.EXACT
    outline = find_outline(document)
    if outline is not None:
        return _fit_json(outline)
    if find_rdf_format(document) is None:
        return Fit.NONE
    head = document.head
    if (exported := _EXPORTED.match(head)) is not None and exported[1] != b"skos":
        return Fit.NONE
    if ONTOLOGY.encode() in head:
        return Fit.EXACT
    foreign = any(namespace in head for namespace in _CTDL)
    return Fit.EXACT if not foreign and (SKOS.encode() in head or ESCO.encode() in head) else Fit.NEAR


def _fit_json(outline: Outline) -> Fit:
    """Whether it is JSON-LD in a vocabulary that no other reader has; what is about people is no vocabulary."""
    if not outline.keys & {"@context", "@graph", "@id", "@type"} or outline.keys & {"credentialSubject"}:
        return Fit.NONE
    stated = " ".join(outline.contexts)
    if any(word in stated for word in _OF_PEOPLE) or any(namespace.decode() in stated for namespace in _CTDL):
        return Fit.NONE if any(word in stated for word in _OF_PEOPLE) else Fit.NEAR
    known = any(namespace in stated for namespace in (SKOS, ESCO, OWL, RDFS, ONTOLOGY))
    return Fit.EXACT if known else Fit.NEAR


def read_skos(documents: Sequence[Document], *, kept: int = KEPT_TRIPLES) -> Iterator[Located | Finding]:
    """Faults of syntax, frameworks, then each subject where it first appears, with its requirements and alignments.

    Args:
        kept: triples beyond which the graph is held on disk.
    """
    mapping, faults = read_mappings([document for document in documents if is_mapping(document)])
    data = [document for document in documents if not is_mapping(document)]
    facts, mapped = Facts(), Mapped(mapping) if len(data) < len(documents) else None
    graph = read_graph(data, kept=kept, observe=_both(facts, mapped) if mapped else facts.take)
    yield from faults
    yield from mapping.scales
    yield from read_vocabulary(graph, facts, data[0].name if data else documents[0].name, mapped)


def _both(facts: Facts, mapped: Mapped) -> Callable[[str, str, str], None]:
    def take(subject: str, predicate: str, term: str) -> None:
        facts.take(subject, predicate, term)
        mapped.take(subject, predicate, term)

    return take


def read_vocabulary(graph: Graph, facts: Facts, file: str, mapped: Mapped | None = None) -> Iterator[Located | Finding]:
    """The same for what was read elsewhere.

    Args:
        file: where things are said to be that are named but not described.
        mapped: what a mapping file says of foreign words.
    """
    with closing(graph):
        yield from _read_graph(graph, facts, file, mapped)


def _read_graph(graph: Graph, facts: Facts, file: str, mapped: Mapped | None) -> Iterator[Located | Finding]:
    yield from graph.findings
    facts.finish()
    graph.find_lines(facts.has_kind)
    vocabulary = _Vocabulary(facts)
    anywhere = Source(file=file)
    for scheme in facts.schemes():
        if not graph.describes(scheme):
            yield Located(record=_framework(scheme, _Parts()), source=anywhere)
    empty, some = True, facts.mapped
    for iri, pairs in graph.subjects():
        empty = False
        source = graph.source(iri) or anywhere
        foreign = mapped is not None and mapped.has(iri)
        reads = mapped.read(iri, pairs) if mapped is not None and foreign else vocabulary.read(iri, pairs)
        some = some or foreign
        for item in reads:
            yield Located(record=item, source=source) if not isinstance(item, Finding) else _placed(item, source)
    if mapped is not None:
        yield from mapped.unused()
    if not empty and not some:
        yield Finding(
            level=FindingLevel.SHOULD,
            code="skos.no-concept",
            message=f"Nothing in {file} is a concept, an occupation or a scheme; it was kept as it is.",
            source=anywhere,
            fix="Check that this is the file you meant; concepts have the type skos:Concept. A mapping file tells what "
            "the terms of another vocabulary mean (docs/rdf.md).",
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
    held: list[tuple[Statement, str]] = field(default_factory=list)
    """(what a field holds word for word, its text or the IRI in brackets)."""
    explaining: set[str] = field(default_factory=set)
    """What a field may hold that no statement here says: texts of nodes that stand for a text, the name given to a
    scheme, and what says of itself that it is above."""
    scheme: str | None = None
    """The one that it belongs to."""

    def keep(self, predicate: str, iris: Iterable[str]) -> None:
        """Leaves things to the statements that no field of this record holds."""
        self.statements.update((predicate, f"<{iri}>") for iri in iris)

    def keep_ambiguous(self) -> None:
        """Keeps what a field holds as a statement too, where another statement or `explaining` would explain the field.

        So a field can be told to say what its usual predicate said, unless something else says the same.
        """
        explaining = set(self.explaining)
        for _, term in self.statements:
            literal = find_literal(term) if term[0] == '"' else None
            explaining.add(literal.value.strip() if literal else term)
        self.statements.update(pair for pair, value in self.held if value in explaining)


class _Vocabulary:
    """All subjects of a reading: the records of each, by what is known of the whole."""

    def __init__(self, facts: Facts):
        self._facts = facts
        self._parts = MappingProxyType({**_PARTS, **(_OWL_PARTS if facts.is_owl else {})})

    def read(self, iri: str, pairs: Sequence[Statement]) -> Iterator[Record | Finding]:
        """The records of one subject and its faults."""
        kind = self._facts.kind(iri)
        if kind == "ours":
            yield from from_nquads_lines(f"<{iri}> <{said}> {term} <{ONTOLOGY}> ." for said, term in pairs)
            return
        parts = self._sort_out(pairs)
        schemes = [*parts.schemes, *parts.top_of]
        parts.scheme = self._facts.main_scheme(schemes) if schemes else self._only_ontology(kind)
        yield from self._aligned(iri, parts)
        if kind in {None, "isco"}:
            kept = ((said, term) for said, term in pairs if said not in _ALIGNMENTS or not term.startswith("<"))
            yield Unmapped(iri=iri, statements=tuple(sorted(set(kept))))
            return
        parts.explaining.update(f"<{each}>" for each in self._facts.above(iri))
        yield from self._several_labels(iri, parts)
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
            yield from self._inverse_requirements(iri, pairs)

    def _only_ontology(self, kind: str | None) -> str | None:
        """The ontology that classes belong to which do not say so, where there is but one."""
        only = self._facts.ontologies
        return only[0] if self._facts.is_owl and kind == "concept" and len(only) == 1 else None

    def _sort_out(self, pairs: Sequence[Statement]) -> _Parts:
        parts = _Parts()
        for said, term in pairs:
            name = self._parts.get(said)
            if said in _ALIGNMENTS and term.startswith("<"):
                parts.alignments.append((_ALIGNMENTS[said], term[1:-1]))
            elif name in _TEXTS:
                self._take_text(parts, name, said, term)
            elif name in _LITERALS:
                literal = find_literal(term)
                value = literal.value.strip() if literal else term[1:-1]
                if literal is not None or name != "notations":
                    getattr(parts, name).append(value)
                if name == "notations" and value and term == literal_term(value):
                    parts.held.append(((said, term), value))
                else:
                    parts.statements.add((said, term))
            elif name is not None and term.startswith("<"):
                getattr(parts, name).append(term[1:-1])
                if said not in HELD_LINKS:
                    parts.statements.add((said, term))
            else:
                parts.statements.add((said, term))
        return parts

    def _take_text(self, parts: _Parts, name: str, said: str, term: str) -> None:
        """A text, or the text of the node that stands for it (a label of SKOS-XL), which is kept as well."""
        terms = [term]
        if term.startswith("<"):
            parts.statements.add((said, term))
            terms = list(self._facts.forms(term[1:-1]))
            parts.explaining.update(literal.value.strip() for each in terms if (literal := find_literal(each)))
        for each in terms:
            literal = find_literal(each)
            if literal is None:
                parts.statements.add((said, term))
                continue
            text = literal.value.strip()
            if text:
                getattr(parts, name).append(Text(text, normalised(literal.language or "")))
            if each is not term:
                continue  # the node says it, and the link to the node is kept
            plain = text == literal.value and (literal.language is not None or literal.datatype == XSD_STRING)
            if said in HELD_TEXTS and plain and text:
                parts.held.append(((said, each), text))
            else:
                parts.statements.add((said, each))

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
            parts.statements.update(
                {(f"{SKOS}prefLabel", text_term(text))}.intersection(pair for pair, _ in parts.held)
            )
            yield Finding(
                level=FindingLevel.SHOULD,
                code="skos.several-labels",
                message=f"Got a second preferred label in {text.language!r}, {text.text[:80]!r}: now alternative.",
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
        # a skill that is both becomes one must when it is checked; the statement stays
        parts.keep(f"{ESCO_MODEL}relatedOptionalSkill", set(parts.optional).intersection(parts.essential))
        isco = self._facts.find_isco(iri)
        codes = (Code("isco", isco),) if isco else ()
        yield JobRole(**_described(iri, parts, codes))
        for targets, importance in ((parts.essential, Importance.MUST), (parts.optional, Importance.SHOULD)):
            for target in dict.fromkeys(targets):
                yield _requirement(iri, target, importance)

    def _competency(self, iri: str, kind: str | None, parts: _Parts) -> Competency:
        types = sorted({each.rpartition("/")[2].casefold() for each in parts.skill_types})
        above = self._facts.above(iri)
        parents = {parent for parent in (*parts.broader, *above) if self._facts.may_be_parent(parent)}
        if not self._facts.is_owl:
            parts.keep(f"{SKOS}broader", (each for each in parts.broader if each not in parents))
            parts.held.extend(((f"{SKOS}broader", f"<{each}>"), f"<{each}>") for each in parts.broader)
        own = types[0] if types else None
        return Competency(
            **_described(iri, parts), kind="group" if kind == "group" else own, broader=tuple(sorted(parents))
        )

    def _inverse_requirements(self, iri: str, pairs: Sequence[Statement]) -> Iterator[Requirement]:
        """What a skill says of the occupations that need it, where they do not say so themselves."""
        for said, term in pairs:
            role = term[1:-1] if said in _INVERSE else ""
            if self._facts.kind(role) == "role" and not self._facts.says_itself(role, DIRECT[said], iri):
                yield replace(_requirement(role, iri, _INVERSE[said]), statements=((said, term),))


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
    main, in_scheme = parts.scheme, f"{SKOS}inScheme"
    parts.keep(in_scheme, (scheme for scheme in parts.schemes if scheme != main))
    if main in parts.schemes:
        parts.held.append(((in_scheme, f"<{main}>"), f"<{main}>"))
    successors = sorted(parts.successors)
    parts.keep(f"{DCT}isReplacedBy", successors[1:])
    parts.held.extend(((f"{DCT}isReplacedBy", f"<{each}>"), f"<{each}>") for each in successors[:1])
    parts.keep_ambiguous()
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
    name = scheme_name(iri)
    parts.labels = parts.labels or [Text(name, ENGLISH if iri in MAIN_SCHEMES else UNDETERMINED)]
    parts.explaining.add(name)
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


FORMAT: Final = Format(name="skos", fit=fit_skos, read=lambda documents, _: read_skos(documents), alone=True)
