"""A credential in JSON-LD as RDF statements, with nothing left out in silence: JSON-LD's safe mode, and stricter.

A signature over RDF covers what becomes a statement. So whatever would be dropped (undefined terms and types, relative
IRIs, free values) is refused, and so is what would let two documents of the same statements be read differently:
contexts of its own, keywords and whole IRIs where a context has a term, a credential whose dates or status stand
in two places. Contexts are the bundled ones alone. Cost: linear in the document, within `MAX_STATEMENTS`.
Source: JSON-LD 1.1 Processing Algorithms, section 8.1; Verifiable Credential Data Integrity 1.0, 2.4.2 and 5.2.
"""

import json
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, cast

from cachetools import LRUCache
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor

from ontology.context_files import bundled_contexts
from ontology.json_documents import Json
from ontology.jsonld import JSON_DATATYPE, RDF, is_absolute, lexical_form
from ontology.languages import is_well_formed
from ontology.ntriples import literal_term

from .strict_json import MAX_DEPTH, NotStrictError, Object, check_strict

MAX_STATEMENTS: Final = 50_000
"""Statements of a document; a transcript of 200 courses has some 10,000."""
MAX_CONTEXTS: Final = 20_000
"""Contexts that a document applies, each time that it does."""
CREDENTIALS: Final = "https://www.w3.org/2018/credentials#"
Quad = tuple[str, str, str, str]
"""(subject, predicate, object, graph) as N-Quads writes them, the default graph empty; blank nodes begin with `_:`."""

_KEPT_CONTEXTS: Final = 4096
_UNSAFE: Final = re.compile(r'[\x00-\x20<>"\\\x7f]')
"""What would end an IRI in N-Quads."""
_CONTAINED: Final = frozenset(
    {
        "VerifiableCredential",
        "VerifiablePresentation",
        "EnvelopedVerifiableCredential",
        "EnvelopedVerifiablePresentation",
    }
)
"""Types of what has contexts of its own inside another document."""
_VALUE_KEYWORDS: Final = frozenset({"@value", "@type", "@language"})
_RDF_FIRST, _RDF_REST, _RDF_NIL = f"<{RDF}first>", f"<{RDF}rest>", f"<{RDF}nil>"
_RDF_TYPE: Final = f"<{RDF}type>"
_XSD_DATE_TIME: Final = "http://www.w3.org/2001/XMLSchema#dateTime"
_XSD_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
_processors: "deque[_SafeProcessor]" = deque()
"""Those that nobody uses now; each holds some MB of contexts, and there are as many as were ever used at once."""


class UnsafeDocumentError(ValueError):
    """A document whose signature would not cover what it says. The message names the place and is for people."""


class UnknownContextError(ValueError):
    """A context that is not bundled, or stands in the document itself. The message is for people."""


class TooMuchWorkError(ValueError):
    """A document that asks for more work than any honest one does. The message is for people."""


def to_quads(document: Object) -> list[Quad]:
    """The statements of a document, without repetitions, in no order.

    Raises:
        UnknownContextError: it names a context that is not bundled.
        UnsafeDocumentError: something of it would not become a statement, or could be read in two ways.
        TooMuchWorkError: it is too large, or uses too many contexts.
    """
    try:
        check_strict(document)
    except NotStrictError as error:
        raise UnsafeDocumentError(str(error)) from None
    _check_contexts(document)
    try:
        quads = _Statements().of(_expanded(document))
    except JsonLdError as error:
        raise UnsafeDocumentError(f"it is not valid JSON-LD ({_reason(error)})") from None
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError) as error:
        # PyLD checks most of the syntax, and stumbles over the rest with the errors of plain Python
        raise UnsafeDocumentError(f"it is not valid JSON-LD ({type(error).__name__})") from None
    return quads


def _check_contexts(document: Object) -> None:
    """Raises unless every context is the address of a bundled one, and stands at the top of a credential."""
    waiting: list[Json] = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            if "@context" in each:
                _check_context(each["@context"])
                if each is not document and not _CONTAINED & set(_listed(each.get("type"))):
                    raise UnsafeDocumentError("a context stands in something that is no credential")
            waiting.extend(value for value in each.values() if isinstance(value, dict | list))


def _check_context(value: Json) -> None:
    """Raises UnknownContextError."""
    for context in value if isinstance(value, list) else [value]:
        if not isinstance(context, str):
            raise UnknownContextError("it defines terms of its own, which nobody vouches for")
        if context not in bundled_contexts():
            raise UnknownContextError(f"the context {context[:200]!r} is not one that is trusted here")


def _listed(value: Json) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _expanded(document: Object) -> list[Json]:
    """By a processor that keeps the contexts that it has processed."""
    try:
        processor = _processors.pop()
    except IndexError:
        processor = _SafeProcessor()
    try:
        return processor.expanded(document)
    finally:
        _processors.append(processor)


@lru_cache(maxsize=64)
def _text_of_context(url: str) -> str:
    return json.dumps(bundled_contexts()[url])


def _load(url: str, options: object) -> dict[str, object]:
    if url not in bundled_contexts():
        raise JsonLdError(f"the context {url!r} is not bundled", "jsonld.InvalidUrl")
    document = json.loads(_text_of_context(url))
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": document,
            "tag": "static"}  # fmt: skip


class _SafeProcessor(JsonLdProcessor):  # type: ignore[misc]  # PyLD has no types
    """PyLD's expansion with bundled contexts alone, kept between documents, that refuses where PyLD would drop."""

    def __init__(self) -> None:
        super().__init__(on_property_dropped=_refuse_dropped)
        self._resolved: LRUCache[str, object] = LRUCache(maxsize=256)
        self._processed: LRUCache[object, tuple[object, object]] = LRUCache(maxsize=_KEPT_CONTEXTS)
        self._spelled: LRUCache[str, frozenset[str]] = LRUCache(maxsize=256)
        self._contexts = 0

    def expanded(self, document: Object) -> list[Json]:
        """The expanded document. Raises what PyLD raises, and the errors of this module."""
        self._contexts = 0
        # no base: with an empty one PyLD makes relative IRIs absolute under an address of its own
        options = {"base": None, "documentLoader": _load, "contextResolver": ContextResolver(self._resolved, _load)}
        return cast("list[Json]", super().expand(document, options))

    def _process_context(
        self,
        active_ctx: dict[str, Any],
        local_ctx: Json,
        options: dict[str, object],
        override_protected: bool = False,
        propagate: bool = True,
        validate_scoped: bool = True,
        cycles: set[str] | None = None,
    ) -> object:
        """PyLD's, with every outcome kept: it keeps only those of contexts that are not scoped to a type."""
        self._contexts += 1
        if self._contexts > MAX_CONTEXTS:
            raise TooMuchWorkError(f"it applies more than {MAX_CONTEXTS} contexts")
        about = json.dumps(local_ctx) if isinstance(local_ctx, str | list) else id(local_ctx)
        key = (active_ctx.get("_uuid"), about, override_protected, propagate, validate_scoped)
        if key[0] is None or cycles:
            return super()._process_context(
                active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
            )
        kept = self._processed.get(key)
        if kept is None:
            made = super()._process_context(
                active_ctx, local_ctx, options, override_protected, propagate, validate_scoped, cycles
            )
            kept = self._processed[key] = (made, local_ctx)  # holds what `id` is of
        return kept[0]

    def _expand_object(
        self,
        active_ctx: dict[str, Any],
        active_property: str | None,
        expanded_active_property: str | None,
        element: Object,
        *rest: object,
        **named: object,
    ) -> object:
        mappings = active_ctx["mappings"]
        for key, value in element.items():
            mapping = mappings.get(key)
            if mapping is None:
                self._check_key(active_ctx, key, element)
            else:
                _check_term(key, mapping, value)
        return super()._expand_object(active_ctx, active_property, expanded_active_property, element, *rest, **named)

    def _check_key(self, active_ctx: dict[str, Any], key: str, element: Object) -> None:
        """Of a key that is no term."""
        if key == "@context" or (key in _VALUE_KEYWORDS and "@value" in element):
            return
        if key == "@direction":
            raise UnsafeDocumentError("the base direction of a text would not be signed")
        if key in {"@id", "@type"}:
            if key[1:] in active_ctx["mappings"]:
                raise UnsafeDocumentError(f"{key} stands where the context has {key[1:]!r}")
            return
        if key.startswith("@"):
            raise UnsafeDocumentError(f"{key} says things in a place where they are not read")
        iri = self._expand_iri(active_ctx, key, vocab=True)
        if not isinstance(iri, str) or not is_absolute(iri):
            raise UnsafeDocumentError(f"no context defines {key[:80]!r}, so it would not be signed")
        if iri.startswith("_:"):
            raise UnsafeDocumentError(f"{key[:80]!r} is no property")
        if ":" in key and (iri in self._iris_with_terms(active_ctx) or iri.startswith(CREDENTIALS)):
            raise UnsafeDocumentError(f"{key[:80]!r} stands where the context has a term for it")

    def _iris_with_terms(self, active_ctx: dict[str, Any]) -> frozenset[str]:
        uuid = cast("str", active_ctx.get("_uuid", ""))
        found = self._spelled.get(uuid) if uuid else None
        if found is None:
            iris = (mapping.get("@id") for mapping in active_ctx["mappings"].values() if mapping)
            found = frozenset(iri for iri in iris if isinstance(iri, str))
            if uuid:
                self._spelled[uuid] = found
        return found


def _check_term(key: str, mapping: dict[str, Any], value: Json) -> None:
    """Of a key that is a term; values of the credential itself have one spelling, and contexts give them one name."""
    iri = mapping.get("@id")
    if mapping.get("reverse") or (isinstance(iri, str) and iri.startswith("@") and iri not in {"@id", "@type"}):
        raise UnsafeDocumentError(f"{key!r} says things in a place where they are not read")
    if not isinstance(iri, str) or not iri.startswith(CREDENTIALS):
        return
    if isinstance(value, dict) and "@value" in value:
        raise UnsafeDocumentError(f"{key!r} has a value in a spelling that is not read")
    if isinstance(value, list) and (
        mapping.get("@type") == _XSD_DATE_TIME
        or any(isinstance(each, list) or (isinstance(each, dict) and "@value" in each) for each in value)
    ):
        raise UnsafeDocumentError(f"{key!r} has values in a spelling that is not read")


def _refuse_dropped(key: str | None) -> None:
    raise UnsafeDocumentError(f"no context defines {str(key)[:80]!r}, so it would not be signed")


class _Statements:
    """The statements of one expanded document. Blank nodes are numbered by appearance."""

    def __init__(self) -> None:
        self._quads: dict[Quad, None] = {}
        self._labels: dict[str, str] = {}
        self._claims: dict[str, frozenset[str]] = {}
        self._count = 0

    def of(self, expanded: Sequence[Json]) -> list[Quad]:
        """Every statement once. Raises UnsafeDocumentError, TooMuchWorkError."""
        if len(expanded) != 1:
            raise UnsafeDocumentError("it describes no single thing")
        self._node(cast("Object", expanded[0]), "")
        return list(self._quads)

    def _node(self, node: Object, graph: str) -> str:
        name = node.get("@id")
        subject = self._blank() if name is None else self._reference(name)
        claims = frozenset(key for key in node if key.startswith(CREDENTIALS))
        if claims and isinstance(name, str) and self._claims.setdefault(name, claims) != claims:
            raise UnsafeDocumentError(f"it says in more than one place what the credential {name[:80]!r} is")
        for key, value in node.items():
            values = cast("list[Json]", value if isinstance(value, list) else [value])
            if key == "@type":
                for each in values:
                    self._say(subject, _RDF_TYPE, self._reference(each, "the type"), graph)
            elif key == "@graph":
                for each in values:
                    self._in_graph(each, subject)
            elif key.startswith("@"):
                if key != "@id":
                    raise UnsafeDocumentError(f"{key} says things in a place where they are not read")
            else:
                predicate = self._reference(key)
                for each in values:
                    self._say(subject, predicate, self._value(each, graph), graph)
        return subject

    def _in_graph(self, value: Json, graph: str) -> None:
        if not isinstance(value, dict) or "@value" in value or "@list" in value:
            raise UnsafeDocumentError("a value stands where a thing is expected")
        self._node(value, graph)

    def _value(self, value: Json, graph: str) -> str:
        if not isinstance(value, dict):
            raise UnsafeDocumentError("a value stands where it says nothing")
        if "@value" in value:
            return _literal(value)
        if "@list" in value:
            return self._list(cast("list[Json]", value["@list"]), graph)
        return self._node(value, graph)

    def _list(self, values: list[Json], graph: str) -> str:
        terms = [self._value(each, graph) for each in values]
        rest = _RDF_NIL
        for term in reversed(terms):
            head = self._blank()
            self._say(head, _RDF_FIRST, term, graph)
            self._say(head, _RDF_REST, rest, graph)
            rest = head
        return rest

    def _say(self, subject: str, predicate: str, term: str, graph: str) -> None:
        self._quads[(subject, predicate, term, graph)] = None
        if len(self._quads) > MAX_STATEMENTS:
            raise TooMuchWorkError(f"it makes more than {MAX_STATEMENTS:,} statements")

    def _reference(self, iri: Json, what: str = "the reference") -> str:
        if not isinstance(iri, str):
            raise UnsafeDocumentError(f"{what} is no text")
        if iri.startswith("_:"):
            return self._labels.get(iri) or self._labels.setdefault(iri, self._blank())
        return iri_text(iri, what)

    def _blank(self) -> str:
        self._count += 1
        return f"_:b{self._count}"


def iri_text(iri: str, what: str = "the reference") -> str:
    """`<iri>`. Raises UnsafeDocumentError where it is relative or would end too early."""
    if not is_absolute(iri) or _UNSAFE.search(iri):
        raise UnsafeDocumentError(f"{what} {iri[:80]!r} is no absolute IRI, so it would not be signed")
    return f"<{iri}>"


def _literal(value: Object) -> str:
    if any(key not in _VALUE_KEYWORDS for key in value):
        raise UnsafeDocumentError("a value has parts that would not be signed")
    plain, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if datatype is not None and not isinstance(datatype, str):
        raise UnsafeDocumentError("the type of a value is no text")
    text, natural = lexical_form(plain, datatype)
    if isinstance(language, str):
        if not is_well_formed(language):
            raise UnsafeDocumentError(f"{language[:40]!r} is no language tag")
        return f"{literal_term(text)}@{language.lower()}"
    wanted = JSON_DATATYPE if datatype == "@json" else datatype or natural
    quoted = literal_term(text)
    return quoted if wanted == _XSD_STRING else f"{quoted}^^{iri_text(wanted, 'the type')}"


def _reason(error: JsonLdError) -> str:
    words = str(error.args[0]) if error.args else type(error).__name__
    return words.removeprefix("Invalid JSON-LD syntax; ").rstrip(".")[:300]


def walk(value: Json) -> Iterator[Json]:
    """Every value in a JSON value, itself first; no deeper than `MAX_DEPTH`."""
    waiting: list[tuple[Json, int]] = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        yield each
        if depth < MAX_DEPTH and isinstance(each, dict):
            waiting.extend((item, depth + 1) for item in each.values())
        elif depth < MAX_DEPTH and isinstance(each, list):
            waiting.extend((item, depth + 1) for item in each)
