"""What a release says of one thing: its own statements and the records that are about it, from the release's store.

Bounded: of a thing that very many records are about, the first ones by IRI. Called by the service's pages of resources.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from pyoxigraph import Literal, NamedNode, Quad, Store

from ontology.rdf import double_lexical
from ontology.terms import SKOS, XSD, read_ontology

RECORDS_AT_MOST = 1_000
"""Records about a thing of each kind: requirements, teachings, alignments."""
STATEMENTS_AT_MOST = 20_000
_ABOUT = {
    "RoleLevel": ("role",),
    "RequirementGroup": ("owner",),
    "Requirement": ("owner", "target"),
    "Teaching": ("subject", "competency"),
    "Awarding": ("course", "credential"),
    "Alignment": ("subject", "object"),
}
"""Fields of records that name the thing which the record is about."""
_DOUBLE = f"{XSD}double"
_LABEL = NamedNode(f"{SKOS}prefLabel")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What is said of a thing. Quads name their dataset as the graph."""

    iri: str
    own: tuple[Quad, ...]
    records: tuple[Quad, ...]
    """Statements of the records about it, record by record."""
    named_by: tuple[Quad, ...]
    """Statements of other things that name it as their parent."""
    is_cut: bool
    """Whether more is said than is here."""


@lru_cache(maxsize=1)
def _predicates() -> tuple[NamedNode, ...]:
    ontology = read_ontology()
    found = {
        each.predicate
        for record, names in _ABOUT.items()
        for each in ontology.properties_of(record)
        if each.field in names
    }
    return tuple(NamedNode(iri) for iri in sorted(found))


def read_about(store: Store, iri: str) -> About | None:
    """What the store says of a thing; None where it is no subject. Raises OSError where the store is damaged."""
    try:
        node = NamedNode(iri)
    except ValueError:
        return None
    own = tuple(
        _as_written(quad) for quad in islice(store.quads_for_pattern(node, None, None, None), STATEMENTS_AT_MOST)
    )
    if not own:
        return None
    subjects: dict[NamedNode, None] = {}
    is_cut = len(own) == STATEMENTS_AT_MOST
    for predicate in _predicates():
        found = list(_naming(store, predicate, node))
        is_cut = is_cut or len(found) > RECORDS_AT_MOST
        subjects.update((quad.subject, None) for quad in found[:RECORDS_AT_MOST] if isinstance(quad.subject, NamedNode))
    records = tuple(
        _as_written(quad)
        for subject in sorted(subjects, key=lambda each: each.value)
        for quad in store.quads_for_pattern(subject, None, None, None)
    )
    parents = list(_naming(store, NamedNode(f"{SKOS}broader"), node))
    return About(
        iri=iri,
        own=own,
        records=records,
        named_by=tuple(parents[:RECORDS_AT_MOST]),
        is_cut=is_cut or len(parents) > RECORDS_AT_MOST,
    )


def _as_written(quad: Quad) -> Quad:
    """The store keeps a double by its value and writes it otherwise than the archive does."""
    value = quad.object
    if not isinstance(value, Literal) or value.datatype.value != _DOUBLE:
        return quad
    written = Literal(double_lexical(float(value.value)), datatype=value.datatype)
    return Quad(quad.subject, quad.predicate, written, quad.graph_name)


def _naming(store: Store, predicate: NamedNode, node: NamedNode) -> Iterator[Quad]:
    return islice(store.quads_for_pattern(None, predicate, node, None), RECORDS_AT_MOST + 1)


def read_label(store: Store, iri: str) -> str | None:
    """A label of a thing, English where there is one; None where it has none."""
    found = [
        quad.object
        for quad in store.quads_for_pattern(NamedNode(iri), _LABEL, None, None)
        if isinstance(quad.object, Literal)
    ]
    found.sort(key=lambda label: ((label.language or "") not in ("en", ""), label.language or "", label.value))
    return found[0].value if found else None


def is_described(store: Store, iri: str) -> bool:
    """Whether the store says anything of it."""
    return next(iter(store.quads_for_pattern(NamedNode(iri), None, None, None)), None) is not None
