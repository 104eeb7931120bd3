"""CTDL and CTDL-ASN: competency frameworks, courses, credentials, jobs, pathways, conditions, alignments.

What no field of a record holds stays in statements, so that `ontology.writers.ctdl` gives back the same graph. A link
to what neither the source nor another dataset describes is told and kept as a statement; what people hold (verifiable
credentials) is left out, for it is no part of a release. Docs: docs/ctdl.md. Source: CTDL Handbook and schemas
(Credential Engine, CC BY 4.0).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Awarding,
    Finding,
    FindingLevel,
    Level,
    Located,
    Record,
    Relation,
    Source,
    Statement,
    Teaching,
    derived_iri,
)
from ontology.terms import RDF_TYPE

from .ctdl_conditions import CtdlConditions
from .ctdl_documents import Nodes, is_rdf, read_documents
from .ctdl_graph import CtdlGraph, doubt_findings
from .ctdl_terms import COMPONENTS, IN_GRAPH, known_terms, short
from .ctdl_things import CtdlThings
from .detection import Fit, Format, ReadContext
from .schema_org import fit_schema_org
from .surroundings import Surroundings

_NAMESPACE = re.compile(rb"purl\.org/(?:ctdl|ctdlasn|ceterms|ASN)/|credreg\.net/(?:ctdl|ctdlasn|qdata)/")
_JSON_WORDS = re.compile(
    rb'"@?(?:ceterms|ceasn):\w|"(?:envelope_ceterms_ctid|envelope_ctdl_type|decoded_resource)"\s*:'
)
_JSON_CLASSES = re.compile(
    rb'"(?:_:)?(?:ComponentCondition|(?:Credential|Course|Competency|Job|Basic|Assessment)Component)"'
)
"""Classes that are written without a prefix: too few to read, enough to tell what was meant."""
_JSON_NAME = re.compile(r"\.(?:json|jsonld|jsonl)$", re.IGNORECASE)
_TEACHES: Final = ("ceterms:teaches", "ceterms:assesses", "ceasn:teaches", "ceasn:assesses")
_ALIGNMENTS: Final = {
    "exactAlignment": Relation.EXACT,
    "majorAlignment": Relation.CLOSE,
    "minorAlignment": Relation.RELATED,
    "broadAlignment": Relation.BROAD,
    "narrowAlignment": Relation.NARROW,
    "alignTo": Relation.RELATED,
    "exactMatch": Relation.EXACT,
    "closeMatch": Relation.CLOSE,
    "relatedMatch": Relation.RELATED,
    "broadMatch": Relation.BROAD,
    "narrowMatch": Relation.NARROW,
}


def fit_ctdl(document: Document) -> Fit:
    """Whether the document speaks CTDL; a broken one that does still finds its reader."""
    head = document.head
    if is_rdf(document):
        return Fit.EXACT if _NAMESPACE.search(head) else Fit.NONE
    if head.lstrip()[:1] not in {b"{", b"["} and not _JSON_NAME.search(document.name):
        return Fit.NONE
    if fit_schema_org(document) is Fit.EXACT:  # its credentials may be of a type that CTDL names
        return Fit.NEAR
    if _NAMESPACE.search(head) or _JSON_WORDS.search(head):
        return Fit.EXACT
    return Fit.NEAR if _JSON_CLASSES.search(head) else Fit.NONE


def read_ctdl(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    """Faults of the documents, then the records of each subject where it first appears, then what could not be read."""
    nodes = read_documents(documents)
    yield from nodes.findings
    graph = CtdlGraph(nodes.subjects, context.surroundings)
    yield from _without_learners(nodes, graph, documents)
    graph = CtdlGraph(nodes.subjects, context.surroundings)
    if not nodes.subjects:
        return
    if not _speaks_ctdl(nodes):
        nothing = _nothing_known(nodes, documents)
        yield nothing
        if nothing.level is FindingLevel.MUST:
            return
    anywhere = Source(file=documents[0].name)
    for subject, record in ctdl_records(graph):
        yield Located(record=record, source=nodes.sources.get(subject, anywhere))
    yield from _unknown_terms(nodes, anywhere)
    yield from doubt_findings(graph.doubts, nodes.sources)


def records_of(subjects: Mapping[str, Sequence[Statement]], surroundings: Surroundings | None = None) -> list[Record]:
    """The records of what is said, in the order of the subjects: what a reader of an export would find."""
    return [record for _, record in ctdl_records(CtdlGraph(subjects, surroundings))]


def ctdl_records(graph: CtdlGraph) -> Iterator[tuple[str, Record]]:
    """(subject that says it, record), each record once."""
    things = CtdlThings(graph)
    conditions = CtdlConditions(graph, things.named)
    told: set[str] = set()
    later: list[tuple[str, Record]] = []
    for iri in graph.subjects:
        for record in (*conditions.trees(iri), *_teachings(graph, conditions, iri), *_awardings(graph, iri),
                       *_alignments(graph, iri)):  # fmt: skip
            if record.iri not in told:
                told.add(record.iri)
                later.append((iri, record))
    for iri in sorted(things.named):
        later.extend((iri, each) for each in _named_alignments(graph, iri) if each.iri not in told)
    for iri in graph.subjects:
        yield iri, things.read(iri)
    yield from later


def _teachings(graph: CtdlGraph, conditions: CtdlConditions, iri: str) -> Iterator[Teaching]:
    """What a course teaches and a credential certifies, as it and its assessments say, and what a credential requires.

    Whoever holds a credential has shown the competencies that it requires; CTDL has no other word for certifying.
    """
    kind = graph.kind(iri)
    if kind not in {"course", "credential"}:
        return
    nodes = {*graph.links(iri, *_TEACHES)}
    profiles = graph.links(iri, "ceterms:requires")
    assessments = {each for profile in (iri, *profiles) for each in graph.links(profile, "ceterms:targetAssessment")}
    for assessment in assessments:
        nodes.update(graph.links(assessment, "ceterms:assesses"))
    if kind == "credential":
        nodes.update(each for profile in profiles for each in graph.links(profile, "ceterms:targetCompetency"))
        nodes.update(each for each in profiles if graph.kind(each) == "competency")
    for node in sorted(nodes):
        competency = conditions.competency(node)
        if competency is None:
            if node not in graph.subjects:
                graph.doubts.add("ctdl.dangling", iri, node)
            continue
        stated = graph.level(node) if node != competency or "AlignmentObject" in "".join(graph.types(node)) else None
        level = Level(*stated) if stated else None
        yield Teaching(
            iri=derived_iri(
                "teaching", iri, competency, level.scale if level else None, level.value if level else None
            ),
            subject=iri,
            competency=competency,
            level=level,
        )


def _awardings(graph: CtdlGraph, iri: str) -> Iterator[Awarding]:
    if graph.kind(iri) != "course":
        return
    for credential in graph.links(iri, "ceterms:resultsInCredential"):
        if graph.kind_anywhere(credential) == "credential":
            yield Awarding(iri=derived_iri("awarding", iri, credential), course=iri, credential=credential)
        elif credential not in graph.subjects:
            graph.doubts.add("ctdl.dangling", iri, credential)


def _alignments(graph: CtdlGraph, iri: str) -> Iterator[Alignment]:
    if graph.kind(iri) is not None:
        for name in graph.said(iri):
            relation = _ALIGNMENTS.get(name.partition(":")[2]) if name.startswith(("ce", "skos:")) else None
            for node in graph.links(iri, name) if relation else ():
                targets = graph.links(node, "ceterms:targetNode") or [node]
                yield from (_alignment(iri, relation, each) for each in targets if relation and each != iri)
        if COMPONENTS.keys() & set(graph.types(iri)):
            for target in graph.links(iri, "ceterms:proxyFor"):
                yield _alignment(iri, Relation.EXACT, target)
    if any(each == "ceterms:AlignmentObject" for each in graph.types(iri)):
        yield from _mapped(graph, iri)


def _mapped(graph: CtdlGraph, iri: str) -> Iterator[Alignment]:
    """An entry of an alignment map."""
    types = [*graph.links(iri, "ceterms:alignmentType"), *graph.values(iri, "ceterms:alignmentType")]
    relation = next(
        (_ALIGNMENTS[name] for each in types if (name := re.split(r"[/#:]", each)[-1]) in _ALIGNMENTS), None
    )
    if relation is None:
        return
    dates = graph.values(iri, "ceterms:alignmentDate")
    weights = [
        float(each)
        for each in graph.values(iri, "ceterms:weight")
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,20})?(E-?[0-9]{1,2})?", each)
    ]
    for subject in graph.links(iri, "ceterms:sourceNode"):
        for target in graph.links(iri, "ceterms:targetNode"):
            if subject != target:
                yield _alignment(
                    subject,
                    relation,
                    target,
                    confidence=weights[0] if len(weights) == 1 and weights[0] <= 1 else None,
                    date=dates[0] if dates else None,
                )


def _named_alignments(graph: CtdlGraph, iri: str) -> Iterator[Alignment]:
    """An alignment object that is a competency by its name is the same as the one that it leads to."""
    for target in graph.links(iri, "ceterms:targetNode"):
        yield _alignment(iri, Relation.EXACT, target)


def _alignment(
    subject: str, relation: Relation, target: str, *, confidence: float | None = None, date: str | None = None
) -> Alignment:
    return Alignment(
        iri=derived_iri("alignment", subject, relation, target),
        subject=subject,
        object=target,
        relation=relation,
        confidence=confidence,
        method="stated",
        date=date,
    )


def _without_learners(nodes: Nodes, graph: CtdlGraph, documents: Sequence[Document]) -> Iterator[Finding]:
    """Takes what people hold out of the nodes."""
    learners = graph.learner_data
    if not learners:
        return
    for iri in learners:
        del nodes.subjects[iri]
    for iri, pairs in list(nodes.subjects.items()):
        nodes.subjects[iri] = [pair for pair in pairs if pair[0] != IN_GRAPH or pair[1][1:-1] not in learners]
        if not nodes.subjects[iri]:
            del nodes.subjects[iri]
    nothing_else = not _speaks_ctdl(nodes)
    if nothing_else:
        nodes.subjects.clear()
    yield Finding(
        level=FindingLevel.MUST if nothing_else else FindingLevel.SHOULD,
        code="ctdl.learner-data",
        message=f"{documents[0].name} says what people hold in {len(learners)} descriptions, which is never part of a "
        "release; they were left out.",
        subject=min(learners),
        source=nodes.sources.get(min(learners)),
        fix="Check what people hold with `headwater verify`; load what describes frameworks, courses and jobs.",
    )


def _speaks_ctdl(nodes: Nodes) -> bool:
    words = ("ceterms:", "ceasn:", "asn:", "skos:", "qdata:")
    return any(
        short(predicate).startswith(words) or (term.startswith("<") and short(term[1:-1]).startswith(words))
        for pairs in nodes.subjects.values()
        for predicate, term in pairs
    )


def _nothing_known(nodes: Nodes, documents: Sequence[Document]) -> Finding:
    """Where not even a class is named, it is another format; otherwise the terms lack their prefix."""
    typed = any(predicate == RDF_TYPE for pairs in nodes.subjects.values() for predicate, _ in pairs)
    return Finding(
        level=FindingLevel.SHOULD if typed else FindingLevel.MUST,
        code="ctdl.no-term",
        message=f"{documents[0].name} has no term of CTDL, expected keys such as ceterms:name and classes such as "
        "ceasn:Competency.",
        source=Source(file=documents[0].name),
        fix="Write the prefixes; a request to a registry's publishing assistant has to be exported as CTDL first.",
    )


def _unknown_terms(nodes: Nodes, anywhere: Source) -> Iterator[Finding]:
    """Terms in CTDL's namespaces that CTDL does not define, each once."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for iri, pairs in nodes.subjects.items():
        for predicate, term in pairs:
            for each in (predicate, term[1:-1] if short(predicate) == "rdf:type" else ""):
                name = short(each)
                if name.startswith(("ceterms:", "ceasn:")) and name not in known_terms():
                    counts[name] += 1
                    first.setdefault(name, iri)
    for name, count in sorted(counts.items()):
        folded = {each.casefold(): each for each in known_terms()}
        meant = folded.get(name.casefold())
        yield Finding(
            level=FindingLevel.SHOULD,
            code="ctdl.unknown-term",
            message=f"Got the term {name[:120]} {count} times, which CTDL does not define; what it says is kept.",
            subject=first[name],
            source=nodes.sources.get(first[name], anywhere),
            fix=f"Write {meant}." if meant else "Check its spelling against credreg.net/ctdl/terms.",
        )


FORMAT: Final = Format(name="ctdl", fit=fit_ctdl, read=read_ctdl)
