"""Statements as JSON-LD with our own context: one node a subject, terms where the context has one that keeps the value.

Expanding it with the context gives exactly the statements (the default graph; datasets are not named). Pure. Called by
the routes that give RDF.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Triple

from ontology.terms import RDF_TYPE, XSD, OntologyProperty, ValueKind, jsonld_context, read_ontology

CONTEXT_PATH: Final = "/contexts/headwater.jsonld"
_STRING = f"{XSD}string"
_RDF_TEXT = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_NUMBERS = {ValueKind.INTEGER: f"{XSD}integer", ValueKind.DECIMAL: f"{XSD}decimal", ValueKind.DOUBLE: f"{XSD}double"}
Json = dict[str, object]


@lru_cache(maxsize=1)
def _terms() -> tuple[dict[str, OntologyProperty], dict[str, str]]:
    """Properties by the predicate that data uses; classes and values by IRI."""
    ontology = read_ontology()
    context = jsonld_context()["@context"]
    assert isinstance(context, dict)
    names = {value: name for name, value in context.items() if isinstance(value, str) and value.startswith("http")}
    return {each.predicate: each for each in ontology.properties}, names


def write_jsonld(statements: Iterable[Quad | Triple], context: str) -> Json:
    """The document.

    Args:
        context: URL of the context.
    """
    nodes: dict[str, Json] = {}
    triples = (each.triple if isinstance(each, Quad) else each for each in statements)
    for statement in dict.fromkeys(triples):
        assert isinstance(statement.subject, NamedNode), "records have no blank nodes"
        node = nodes.setdefault(statement.subject.value, {"id": statement.subject.value})
        value = statement.object
        assert isinstance(value, NamedNode | Literal), "records have no blank nodes"
        _add(node, statement.predicate.value, value)
    found: list[Json] = [_tidied(node) for node in nodes.values()]
    body = found[0] if len(found) == 1 else {"@graph": found}
    return {"@context": context, **body}


def _add(node: Json, predicate: str, value: NamedNode | Literal) -> None:
    properties, names = _terms()
    if predicate == RDF_TYPE and isinstance(value, NamedNode):
        _append(node, "type", names.get(value.value, value.value))
        return
    each = properties.get(predicate)
    if each is not None and each.kind is ValueKind.TEXT and _is_text(value):
        assert isinstance(value, Literal)
        texts = node.setdefault(each.name, {})
        assert isinstance(texts, dict)
        _append(texts, value.language or "@none", value.value)
        return
    short = _short(each, value, names) if each is not None else None
    if each is None or each.kind is ValueKind.TEXT:
        _append(node, predicate, _full(value))
    else:
        _append(node, each.name, _full(value) if short is None else short)


def _is_text(value: NamedNode | Literal) -> bool:
    return isinstance(value, Literal) and (bool(value.language) or value.datatype.value == _STRING)


def _short(each: OntologyProperty, value: NamedNode | Literal, names: dict[str, str]) -> object | None:
    """The value as the term alone says it; None where it must be written out."""
    if isinstance(value, NamedNode):
        if each.kind is ValueKind.VALUE:
            return names.get(value.value)
        return value.value if each.kind is ValueKind.IRI else None
    if each.kind in _NUMBERS:
        return value.value if value.datatype.value == _NUMBERS[each.kind] and not value.language else None
    if each.kind in (ValueKind.STRING, ValueKind.NAME) and not value.language and value.datatype.value == _STRING:
        return value.value
    return None


def _full(value: NamedNode | Literal) -> Json:
    if isinstance(value, NamedNode):
        return {"@id": value.value}
    if value.language:
        return {"@value": value.value, "@language": value.language}
    if value.datatype.value in (_STRING, _RDF_TEXT):
        return {"@value": value.value}
    return {"@value": value.value, "@type": value.datatype.value}


def _append(node: Json, name: str, value: object) -> None:
    values = node.setdefault(name, [])
    assert isinstance(values, list)
    values.append(value)


def _tidied(value: Json) -> Json:
    """Lists of one as that one."""
    tidy: Json = {}
    for name, values in value.items():
        if isinstance(values, dict):
            tidy[name] = _tidied(values)
        elif isinstance(values, list) and len(values) == 1:
            tidy[name] = values[0]
        else:
            tidy[name] = values
    return tidy
