"""Descriptions of types and fields, taken from the ontology, so that a term is explained in one place."""

from ontology.terms import read_ontology


def about(term: str, addition: str = "") -> str:
    """The ontology's comment on a class or property, with what only the API adds. Raises LookupError for an unknown term."""
    ontology = read_ontology()
    found = ontology.find_class(term) or ontology.find_property(term)
    if found is None:
        raise LookupError(f"headwater.ttl declares no {term!r}")
    return f"{found.comment} {addition}".rstrip()
