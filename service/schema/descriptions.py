"""Descriptions of types and fields, taken from the ontology, so that a term is explained in one place."""

from collections.abc import Callable
from typing import TypeVar, cast

import strawberry

from ontology.terms import read_ontology

Method = TypeVar("Method", bound=Callable[..., object])


def about(term: str, addition: str = "") -> str:
    """The ontology's comment on a class or property, with what only the API adds.

    Raises LookupError for a term that the ontology does not declare.
    """
    ontology = read_ontology()
    found = ontology.find_class(term) or ontology.find_property(term)
    if found is None:
        raise LookupError(f"headwater.ttl declares no {term!r}")
    return f"{found.comment} {addition}".rstrip()


def subscription(*, description: str) -> Callable[[Method], Method]:
    """A decorator that makes a method of asynchronous answers a field; typed, as `resolver`."""
    return cast("Callable[[Method], Method]", strawberry.subscription(description=description))


def resolver(*, description: str) -> Callable[[Method], Method]:
    """A decorator that makes a method a field. Strawberry's own is untyped to a type checker."""
    return cast("Callable[[Method], Method]", strawberry.field(description=description))
