"""Blank nodes become IRIs derived from what is said of them, so that the same source gives the same IRIs every time.

Blank nodes that nothing tells apart get one IRI where they are not connected with each other (saying the same twice is
saying it once), and otherwise are numbered in the order of appearance. Called by `rdf`.
"""

import hashlib
from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from .errors import InputError
from .model import IDENTITY, UNDETERMINED

MAXIMUM_ROUNDS = 64
"""How many steps are looked at to tell two connected blank nodes apart; beyond it the order of appearance decides."""

_Edge = tuple[str, str, bool, str]
"""(direction, predicate, whether the other end is blank, the other end: a term or a blank node's label)."""


def skolemised(triples: Iterable[Triple | Quad]) -> Iterator[tuple[str, str, str]]:
    """(subject IRI, predicate IRI, canonical N-Triples term) of each triple, in the order given.

    Raises InputError (`rdf.triple-term`) where a subject is itself a triple.
    """
    return without_blanks(as_terms(triples))


def as_terms(triples: Iterable[Triple | Quad]) -> Iterator[tuple[str, str, str]]:
    """(subject, predicate IRI, N-Triples term): a subject is an IRI, or the label of a blank node, `_:b0`.

    Raises InputError (`rdf.triple-term`) where a subject is itself a triple.
    """
    for triple in triples:
        subject, value = triple.subject, triple.object
        if isinstance(subject, NamedNode):
            head = subject.value
        elif isinstance(subject, BlankNode):
            head = str(subject)
        else:
            raise InputError(
                "Got a triple about a triple, expected one about an IRI or a blank node.", code="rdf.triple-term"
            )
        yield head, triple.predicate.value, _literal(value) if isinstance(value, Literal) else str(value)


def without_blanks(triples: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """The triples of `as_terms` with an IRI in place of each blank node, in the order given."""
    named = list(triples)
    iris = blank_iris(named)
    for head, predicate, term in named:
        value_iri = iris.get(term)
        yield iris.get(head, head), predicate, f"<{value_iri}>" if value_iri else term


def is_blank(term: str) -> bool:
    """Whether a subject or term of `as_terms` is a blank node."""
    return term.startswith("_:")


def blank_iris(triples: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Label of each blank node -> its IRI. Triples without blank nodes make no difference."""
    edges: dict[str, list[_Edge]] = {}
    for head, predicate, term in triples:
        blank_value = is_blank(term)
        if is_blank(head):
            edges.setdefault(head, []).append((">", predicate, blank_value, term))
        if blank_value:
            edges.setdefault(term, []).append(("<", predicate, is_blank(head), head))
    return _iris(edges)


def _literal(value: Literal) -> str:
    """The literal's term; the tag `und` says as much as none."""
    if value.language == UNDETERMINED:
        return str(Literal(value.value))
    return str(value)


def _iris(edges: dict[str, list[_Edge]]) -> dict[str, str]:
    """Label of a blank node -> IRI, derived from the part of the graph that blank nodes alone connect with it."""
    iris: dict[str, str] = {}
    for component in _components(edges):
        hashes = _refined(component, edges)
        taken: dict[str, int] = {}
        for label in component:
            position = taken[hashes[label]] = taken.get(hashes[label], -1) + 1
            digest = hashes[label] if not position else _sha256(hashes[label], str(position))
            iris[label] = f"{IDENTITY}blank/{digest[:24]}"
    return iris


def _components(edges: dict[str, list[_Edge]]) -> Iterator[list[str]]:
    """Blank nodes that are connected with each other, each group in the order of appearance."""
    order = {label: position for position, label in enumerate(edges)}
    seen: set[str] = set()
    for start in edges:
        if start in seen:
            continue
        seen.add(start)
        component, waiting = [], [start]
        while waiting:
            label = waiting.pop()
            component.append(label)
            for _, _, blank, other in edges[label]:
                if blank and other not in seen:
                    seen.add(other)
                    waiting.append(other)
        yield sorted(component, key=order.__getitem__)


def _refined(component: list[str], edges: dict[str, list[_Edge]]) -> dict[str, str]:
    """Hashes of what is said: each round looks one step further, until all that is connected has been seen."""
    hashes = dict.fromkeys(component, "")
    for _ in range(min(len(component) + 1, MAXIMUM_ROUNDS)):
        hashes = {label: _digest(label, edges[label], hashes) for label in component}
    return hashes


def _digest(label: str, said: list[_Edge], hashes: dict[str, str]) -> str:
    known = sorted(
        "\x1f".join((direction, predicate, hashes[other] if blank else other))
        for direction, predicate, blank, other in said
    )
    return _sha256(hashes[label], *known)


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()
