"""What RDF said before it was read: the triples of the source, out of the records that its reader made.

A field says what its usual predicate says, a requirement of an occupation is ESCO's relation, an alignment a mapping
property, unless a statement says that the source put it otherwise (docs/rdf.md, "What stays the same"). Records of
schema.org and JDX have all that was said in their statements. Pure. Called by writers of RDF.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Final

from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Framework,
    Importance,
    LevelMapping,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    Scale,
    ScaleLevel,
    Statement,
    Teaching,
)
from ontology.ntriples import find_literal, literal_term, text_term
from ontology.readers.skos_facts import DCT, ESCO_MODEL, TEXT_OF_NODE, scheme_name
from ontology.terms import RDF_TYPE, SKOS

_BY_FIELDS: Final = frozenset(
    f"<{iri}>"
    for iri in (
        f"{SKOS}Concept",
        f"{SKOS}ConceptScheme",
        f"{ESCO_MODEL}Occupation",
        f"{ESCO_MODEL}Skill",
        f"{ESCO_MODEL}Qualification",
    )
)
"""Types whose things have fields that say what the source said; all others keep every word in their statements."""
_RELATED: Final = {
    Importance.MUST: f"{ESCO_MODEL}relatedEssentialSkill",
    Importance.SHOULD: f"{ESCO_MODEL}relatedOptionalSkill",
}

_READ_OUT: Final = (
    Alignment,
    Requirement,
    RequirementGroup,
    Teaching,
    Awarding,
    Scale,
    ScaleLevel,
    LevelMapping,
)
"""Records that are no subject of the source; their statements tell what they were read out of."""

SourceTriple = tuple[str, str, str]
"""Subject IRI, predicate IRI, canonical N-Triples term."""


def original_triples(records: Collection[Record]) -> Iterator[SourceTriple]:
    """What the source of these records said, each triple once, blank nodes under the IRIs that they were given.

    Args:
        records: all records of one dataset that was read from RDF; gone through twice.
    """
    node_texts, above, kept = _facts(records)
    for record in records:
        if isinstance(record, _READ_OUT):
            triple = None if record.statements else _joined(record)
            if triple is not None and triple not in kept:
                yield triple
        else:
            yield from ((record.iri, *pair) for pair in sorted(_said(record, node_texts, above)))


def _joined(record: Record) -> SourceTriple | None:
    """What joins two things in the source, where no statement of the record says how it was put there."""
    if isinstance(record, Alignment):
        return record.subject, f"{SKOS}{record.relation.value}", f"<{record.object}>"
    if isinstance(record, Requirement) and record.target is not None:
        return record.owner, _RELATED[record.importance], f"<{record.target}>"
    return None


def _facts(
    records: Collection[Record],
) -> tuple[dict[str, set[str]], dict[str, set[str]], set[SourceTriple]]:
    """(node -> its texts, subject -> what says that it has it below itself, relations that stayed statements)."""
    kept: set[SourceTriple] = set()
    texts: dict[str, set[str]] = defaultdict(set)
    above: dict[str, set[str]] = defaultdict(set)
    for record in records:
        for said, term in record.statements:
            literal = find_literal(term) if said in TEXT_OF_NODE else None
            if literal is not None:
                texts[record.iri].add(literal.value.strip())
            elif said in _RELATED.values():
                kept.add((record.iri, said, term))
            elif said == f"{SKOS}narrower":
                above[term[1:-1]].add(f"<{record.iri}>")
    return texts, above, kept


def _said(record: Record, node_texts: dict[str, set[str]], above: dict[str, set[str]]) -> set[Statement]:
    said = set(record.statements)
    if isinstance(record, Resource) and any((RDF_TYPE, each) in said for each in _BY_FIELDS):
        explained = set(above.get(record.iri, ()))
        if isinstance(record, Framework):
            explained.add(scheme_name(record.iri))
        for _, term in record.statements:
            literal = find_literal(term)
            explained.add(literal.value.strip() if literal else term)
            explained.update(node_texts.get(term[1:-1], ()))
        said.update(pair for pair, value in _fields(record) if value not in explained)
    return said


def _fields(record: Resource) -> Iterator[tuple[Statement, str]]:
    """(what a field says, the value by which another statement would explain it)."""
    for said, texts in (
        (f"{SKOS}prefLabel", record.labels),
        (f"{SKOS}altLabel", record.alternative_labels),
        (f"{DCT}description", record.descriptions),
    ):
        yield from (((said, text_term(text)), text.text) for text in texts)
    for code in record.codes:
        if code.system in {"esco", "notation"}:
            yield (f"{SKOS}notation", literal_term(code.value)), code.value
    links = [(f"{SKOS}inScheme", record.framework), (f"{DCT}isReplacedBy", record.replaced_by)]
    links.extend((f"{SKOS}broader", parent) for parent in (record.broader if isinstance(record, Competency) else ()))
    yield from (((said, f"<{iri}>"), f"<{iri}>") for said, iri in links if iri is not None)
