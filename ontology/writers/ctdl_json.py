"""A graph of CTDL as JSON-LD in the published contexts: one object for each subject, same graph, same bytes.

Knows terms and contexts, no records. Blank nodes get labels, terms that no context defines their plain keys, texts that
are no IRIs their places again. Called by `ctdl`. Source: JSON-LD 1.1 (W3C, 2020), section 4.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, cast
from urllib.parse import unquote

from ontology.context_files import bundled_contexts
from ontology.json_documents import Json
from ontology.jsonld import JSON_DATATYPE, LANGUAGE, original_reference, original_term
from ontology.model import IDENTITY, Statement
from ontology.ntriples import LiteralTerm, find_literal
from ontology.readers.ctdl_terms import CONTEXTS, IN_GRAPH
from ontology.terms import RDF_TYPE, XSD

BLANK: Final = f"{IDENTITY}blank/"
_Object = dict[str, Json]


@lru_cache(maxsize=1)
def _context() -> tuple[Mapping[str, str], Mapping[str, _Object]]:
    """(prefix -> namespace, key -> how its values are read) of the published contexts together."""
    prefixes: dict[str, str] = {}
    terms: dict[str, _Object] = {}
    for url in CONTEXTS:
        document = cast("_Object", bundled_contexts()[url])
        for key, value in cast("_Object", document["@context"]).items():
            if isinstance(value, str):
                prefixes[key] = value
            else:
                terms[key] = cast("_Object", value)
    return prefixes, terms


class _Names:
    """How IRIs are written."""

    def __init__(self, hidden: Iterable[str]):
        prefixes, self._terms = _context()
        self.hidden = sorted(set(hidden) & prefixes.keys())
        """Prefixes that are the schemes of IRIs here: they are taken out of the context."""
        self._prefixes = {name: iri for name, iri in prefixes.items() if name not in self.hidden}
        self._keys: dict[str, str] = {}

    def key(self, iri: str) -> str:
        """A predicate or a class."""
        known = self._keys.get(iri)
        if known is None:
            known = self._keys[iri] = self._shortened(iri)
        return known

    def _shortened(self, iri: str) -> str:
        found = [(iri.removeprefix(base), name) for name, base in self._prefixes.items() if iri.startswith(base)]
        local, name = min(found, default=("", ""))
        return f"{name}:{local}" if local and not local.startswith("//") else original_reference(iri)

    def reads(self, key: str) -> _Object:
        """How the context reads the values of a key."""
        return self._terms.get(key, {})

    def defines(self, key: str) -> bool:
        """Whether the context knows the key."""
        return key in self._terms or key in self._prefixes

    def full(self, short: str) -> str:
        """The IRI that a type coercion names."""
        prefix, _, local = short.partition(":")
        return _context()[0].get(prefix, f"{prefix}:") + local

    @property
    def context(self) -> Json:
        """The value of `@context`."""
        urls: list[Json] = list(CONTEXTS)
        return [*urls, cast("Json", dict.fromkeys(self.hidden))] if self.hidden else urls


def write_graph(subjects: Mapping[str, Sequence[Statement]]) -> bytes:
    """The document. Subjects, keys and values are sorted."""
    names = _Names(_schemes(subjects))
    members: dict[str, list[str]] = {}
    inside: set[str] = set()
    for iri, pairs in subjects.items():
        for predicate, term in pairs:
            if predicate == IN_GRAPH:
                members.setdefault(iri, []).append(term[1:-1])
                inside.add(term[1:-1])
    nodes = {
        iri: _nodes(iri, [pair for pair in pairs if pair[0] != IN_GRAPH], names) for iri, pairs in subjects.items()
    }
    top: list[_Object] = []
    for iri in sorted(nodes):
        first, *more = nodes[iri]
        if iri in members:
            held = [each for name in sorted({*members[iri]} - members.keys()) for each in nodes.get(name, ())]
            top.append({**first, "@graph": cast("list[Json]", held)})
            top.extend(more)
        elif iri not in inside:
            top.extend(nodes[iri])
    document: _Object = {"@context": names.context}
    if len(top) == 1 and "@graph" in top[0]:
        document |= top[0]
    else:
        document["@graph"] = cast("list[Json]", top)
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _schemes(subjects: Mapping[str, Sequence[Statement]]) -> set[str]:
    """Schemes of the IRIs that are written out, apart from those that `//` follows."""
    found: set[str] = set()
    for iri, pairs in subjects.items():
        for each in (iri, *(part for pair in pairs for part in (pair[0], pair[1][1:-1] if pair[1][:1] == "<" else ""))):
            scheme, _, rest = each.partition(":")
            if rest and not rest.startswith("//"):
                found.add(scheme)
    return found


def _nodes(iri: str, pairs: Sequence[Statement], names: _Names) -> list[_Object]:
    """The subject as one object; as several, where a term that no context defines has several values."""
    node: _Object = {"@id": _identity(iri)}
    classes = {term[1:-1] for predicate, term in pairs if predicate == RDF_TYPE and term.startswith("<")}
    types = sorted(_identity(each) if each.startswith(BLANK) else names.key(each) for each in classes)
    if types:
        node["@type"] = types[0] if len(types) == 1 else cast("list[Json]", types)
    by_predicate: dict[str, list[str]] = {}
    for predicate, term in sorted(set(pairs)):
        if predicate != RDF_TYPE or not term.startswith("<"):
            by_predicate.setdefault(predicate, []).append(term)
    said: _Object = {}
    more: list[_Object] = []
    for predicate, terms in by_predicate.items():
        undefined = original_term(predicate)
        if undefined is not None and all(map(_is_raw, terms)) and not names.defines(undefined):
            said[undefined] = _json(terms[0])
            more.extend({"@id": _identity(iri), undefined: _json(term)} for term in terms[1:])
        else:
            key = predicate if undefined is not None else names.key(predicate)
            said[key] = _values(key, terms, names)
    return [node | dict(sorted(said.items())), *more]


def _is_raw(term: str) -> bool:
    """Whether the term is a JSON literal that is JSON."""
    literal = find_literal(term)
    if literal is None or literal.datatype != JSON_DATATYPE:
        return False
    try:
        json.loads(literal.value)
    except ValueError:
        return False
    return True


def _json(term: str) -> Json:
    literal = find_literal(term)
    assert literal is not None
    return cast("Json", json.loads(literal.value))


def _values(key: str, terms: Sequence[str], names: _Names) -> Json:
    reads = names.reads(key)
    if reads.get("@container") == "@language":
        return _texts(terms, names)
    values = [_value(term, reads, names) for term in terms]
    return values[0] if len(values) == 1 else values


def _value(term: str, reads: _Object, names: _Names) -> Json:
    literal = find_literal(term)
    if literal is None:
        identity = _identity(term[1:-1])
        return identity if reads.get("@type") == "@id" else {"@id": identity}
    if literal.language is not None:
        return {"@language": literal.language, "@value": literal.value}
    if _is_raw(term):
        return {"@type": "@json", "@value": _json(term)}
    if literal.datatype.startswith(LANGUAGE):
        return {"@language": unquote(literal.datatype.removeprefix(LANGUAGE)), "@value": literal.value}
    return _typed(literal, reads, names)


def _typed(literal: LiteralTerm, reads: _Object, names: _Names) -> Json:
    coerced = reads.get("@type")
    wanted = names.full(coerced) if isinstance(coerced, str) and coerced != "@id" else None
    plain = literal.datatype == f"{XSD}string"
    if literal.datatype == wanted or (plain and coerced is None):
        return literal.value
    return {"@value": literal.value} if plain else {"@type": names.key(literal.datatype), "@value": literal.value}


def _texts(terms: Sequence[str], names: _Names) -> Json:
    """A language map, where nothing but texts in languages is said; else a list of values."""
    literals = [find_literal(term) for term in terms]
    if all(literal is not None and literal.language is not None for literal in literals):
        found: dict[str, list[Json]] = {}
        for literal in literals:
            assert literal is not None
            found.setdefault(literal.language or "", []).append(literal.value)
        return {tag: texts[0] if len(texts) == 1 else texts for tag, texts in sorted(found.items())}
    return [_value(term, {}, names) for term in terms]


def _identity(iri: str) -> str:
    if iri.startswith(BLANK):
        return f"_:{iri.removeprefix(BLANK)}"
    return original_reference(iri)
