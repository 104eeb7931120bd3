"""JSON-LD documents as triples: expansion by PyLD with nothing but the bundled contexts, under limits.

Knows the syntax, no vocabulary. Nothing is fetched: a context that is not bundled is a must-finding. A term that no
context defines is told and kept as raw JSON, so that a writer can put it back. Called by the readers of JSON-LD.
Source: JSON-LD 1.1 Processing Algorithms (W3C, 2020), section 8.1, of which `_Triples` is the part after expansion.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, cast
from urllib.parse import quote, unquote

from c14n.Canonicalize import canonicalize
from cachetools import LRUCache
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from .context_files import bundled_contexts
from .json_documents import Json
from .jsonld_faults import Noted, find_unsafe, must, tell_noted
from .languages import is_well_formed
from .model import IDENTITY, Finding, FindingLevel
from .ntriples import is_iri
from .rdf import double_lexical

UNDEFINED: Final = f"{IDENTITY}undefined/"
"""Prefix of the predicate of a term that no context defines; the rest is the percent-encoded term."""
RELATIVE: Final = f"{IDENTITY}relative/"
"""Prefix of what stands for an IRI that is not absolute or not well-formed; the rest is the percent-encoded text."""
LANGUAGE: Final = f"{IDENTITY}language/"
"""Prefix of the datatype of a text whose language tag is not BCP 47; the rest is the percent-encoded tag."""

MAX_CONTEXTS: Final = 10_000
"""Contexts that a document applies, each time that it does."""
MAX_TERMS: Final = 50_000
"""Terms that the contexts of a document define, each time that one is defined anew: about a second of work."""

_OFFERED: Final = ("https://w3id.org/headwater/", "https://credreg.net/")
"""The bundled contexts that a message names: those of frameworks, not the thirty of credentials."""

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
JSON_DATATYPE: Final = f"{RDF}JSON"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_SCHEMES: Final = frozenset({"http", "https", "urn", "did", "tag", "mailto", "data", "info", "ftp", "tel", "doi", "_"})
_LARGEST_INTEGER: Final = 10**21
_Object = dict[str, Json]
_Node = NamedNode | BlankNode
_Graph = NamedNode | BlankNode | DefaultGraph


@dataclass(slots=True)
class JsonLd:
    """What a document says. Triples of a named graph carry its name."""

    quads: list[Quad] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    noted: Noted = field(default_factory=Noted)
    """What the findings tell of, counted by term."""

    @property
    def triples(self) -> list[Triple]:
        """The triples of all graphs, in the order in which they are said."""
        return [quad.triple for quad in self.quads]


def read_jsonld(
    value: Json,
    *,
    file: str,
    base: str | None = None,
    contexts: Mapping[str, Json] | None = None,
    default: Sequence[Json] = (),
) -> JsonLd:
    """The triples of a JSON-LD value and all faults; no triples where there is a must-finding.

    Args:
        file: name of the document, for findings.
        base: absolute IRI that relative ones start from; without one they are kept under `RELATIVE` and told.
        contexts: URL -> document with an `@context`, in addition to the bundled ones.
        default: contexts (URLs or objects) of a document that names none at its top.
    """
    read = JsonLd()
    known = {**bundled_contexts(), **(contexts or {})}
    offered = (url for url in known if url in (contexts or {}) or url.startswith(_OFFERED))
    read.findings.extend(find_unsafe(value, file, known, offered))
    if read.findings:
        return read
    noted = read.noted
    try:
        processor = _ClosedProcessor(noted)
        expanded = processor.expanded(value, known, base, [] if _has_context(value) else list(default))
    except _TooMuchWorkError:
        message = f"{file} applies more than {MAX_CONTEXTS} contexts, or ones that define more than {MAX_TERMS} terms."
        read.findings.append(
            must(file, "jsonld.too-many-contexts", message, "Name one context at the top of the document.")
        )
        return read
    except (JsonLdError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        # PyLD checks most of the syntax, and stumbles over the rest with the errors of plain Python
        message = f"{file} is not valid JSON-LD: {_reason(error)}."
        read.findings.append(must(file, "jsonld.invalid", message, "Mend the document there."))
        return read
    _Triples(read.quads, noted).add_graph(expanded, DefaultGraph())
    read.findings.extend(tell_noted(value, file, noted))
    if any(finding.level is FindingLevel.MUST for finding in read.findings):
        read.quads.clear()
    return read


def to_triples(
    value: Json,
    *,
    file: str,
    base: str | None = None,
    contexts: Mapping[str, Json] | None = None,
    default: Sequence[Json] = (),
) -> tuple[list[Triple], list[Finding]]:
    """The triples of a JSON-LD value, graphs taken as one, and all faults; see `read_jsonld`."""
    read = read_jsonld(value, file=file, base=base, contexts=contexts, default=default)
    return read.triples, read.findings


def original_reference(iri: str) -> str:
    """What the document said where an IRI stands: the text itself for one under `RELATIVE`."""
    return unquote(iri.removeprefix(RELATIVE)) if iri.startswith(RELATIVE) else iri


def original_term(predicate: str) -> str | None:
    """The undefined term that a predicate stands for, None for any other predicate."""
    return unquote(predicate.removeprefix(UNDEFINED)) if predicate.startswith(UNDEFINED) else None


_ABSOLUTE = re.compile(r"(?:[A-Za-z][A-Za-z0-9+-.]*|_):\S*")
"""As PyLD tells an absolute IRI from a relative one; the odd range is PyLD's."""


class _TooMuchWorkError(Exception):
    """A document asks for more work on contexts than any honest one does."""


class _ClosedProcessor(JsonLdProcessor):  # type: ignore[misc]  # PyLD has no types
    """PyLD without a loader, with a budget, and with an ear for the terms that it would drop.

    PyLD tells the name of a dropped term, not what was said with it; so the terms are found one step before.
    """

    def __init__(self, noted: Noted) -> None:
        super().__init__()
        self._noted = noted
        self._contexts = self._terms = 0

    def expanded(self, value: Json, known: Mapping[str, Json], base: str | None, default: list[Json]) -> list[Json]:
        """The expanded document. Raises what PyLD raises, and `_TooMuchWorkError`."""

        def load(url: str, options: object) -> dict[str, Json]:
            if url not in known:
                raise JsonLdError(f"the context {url!r} is not bundled", "jsonld.InvalidUrl")
            return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url,
                    "document": json.loads(json.dumps(known[url]))}  # fmt: skip

        options: dict[str, object] = {
            "base": base,
            "documentLoader": load,
            "contextResolver": ContextResolver(LRUCache(maxsize=256), load),
        }
        if default:
            options["expandContext"] = default
        wrapped = [value] if isinstance(value, str) else value  # PyLD would fetch a text
        return cast("list[Json]", super().expand(wrapped, options))

    def _process_context(self, *arguments: object, **named: object) -> object:
        self._contexts += 1
        if self._contexts > MAX_CONTEXTS:
            raise _TooMuchWorkError
        return super()._process_context(*arguments, **named)

    def _create_term_definition(self, *arguments: object, **named: object) -> object:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise _TooMuchWorkError
        return super()._create_term_definition(*arguments, **named)

    def _expand_object(
        self,
        active_ctx: dict[str, object],
        active_property: str | None,
        expanded_active_property: str | None,
        element: _Object,
        *rest: object,
        **named: object,
    ) -> object:
        kept = self._with_undefined(active_ctx, expanded_active_property, element)
        return super()._expand_object(active_ctx, active_property, expanded_active_property, kept, *rest, **named)

    def _with_undefined(self, active_ctx: dict[str, object], inside: str | None, element: _Object) -> _Object:
        """The object with each undefined term under an IRI of its own, as raw JSON."""
        meaning = {key: self._expand_iri(active_ctx, key, vocab=True) for key in element if key != "@context"}
        lost = [key for key, iri in meaning.items() if not _is_said(iri)]
        for key, iri in meaning.items():
            prefix = key.partition(":")[0]
            if (
                iri == key
                and prefix
                and ":" in key
                and not key.partition(":")[2].startswith("//")
                and prefix not in _SCHEMES
            ):
                self._noted.prefixes[prefix] += 1
        if not lost:
            return element
        said = set(meaning.values())
        unnamed_graph = "@graph" in said and {iri for iri in said if _is_said(iri)} <= {"@graph"}
        if inside == "@reverse" or unnamed_graph or said & {"@value", "@list", "@set"}:
            self._noted.left_out.update(lost)
            return element
        self._noted.undefined.update(lost)
        kept = {key: value for key, value in element.items() if key not in lost}
        for key in lost:
            kept[UNDEFINED + quote(key, safe="")] = {"@type": "@json", "@value": element[key]}
        return kept


def _is_said(iri: object) -> bool:
    """Whether PyLD takes an expanded key for a property: an absolute IRI or a keyword."""
    return isinstance(iri, str) and (iri.startswith("@") or is_absolute(iri))


def is_absolute(text: str) -> bool:
    """Whether the text begins with a scheme, or names a blank node, and has no blanks."""
    return _ABSOLUTE.fullmatch(text) is not None


class _Triples:
    """The triples of an expanded document. Blank nodes are numbered by appearance."""

    def __init__(self, quads: list[Quad], noted: Noted):
        self._quads = quads
        self._noted = noted
        self._blanks: dict[str, BlankNode] = {}
        self._unnamed = 0

    def add_graph(self, nodes: Sequence[Json], graph: _Graph) -> None:
        """What each node of a graph says."""
        for node in nodes:
            if isinstance(node, dict) and "@value" not in node and "@list" not in node:
                self._add_node(node, graph)

    def _add_node(self, node: _Object, graph: _Graph) -> _Node:
        subject = self._reference(node.get("@id"))
        for each in cast("list[Json]", node.get("@type", [])):
            self._say(subject, NamedNode(f"{RDF}type"), self._reference(each), graph)
        for key, value in node.items():
            values = cast("list[Json]", value if isinstance(value, list) else [value])
            if key == "@graph":
                self.add_graph(values, subject)
            elif key == "@included":
                self.add_graph(values, graph)
            elif key == "@reverse":
                for said, others in cast("dict[str, list[_Object]]", value).items():
                    self._add_reverse(subject, said, others, graph)
            elif not key.startswith("@"):
                self._add_values(subject, key, values, graph)
        return subject

    def _add_reverse(
        self,
        subject: _Node,
        said: str,
        others: list[_Object],
        graph: _Graph,
    ) -> None:
        predicate = self._reference(said)
        for other in others:
            node = self._add_node(other, graph)
            if isinstance(predicate, NamedNode):
                self._say(node, predicate, subject, graph)

    def _add_values(self, subject: _Node, key: str, values: list[Json], graph: _Graph) -> None:
        predicate = self._reference(key)
        if isinstance(predicate, BlankNode):  # JSON-LD drops these as well (8.1.2), but not in silence
            self._noted.broken[key] += 1
            return
        for value in values:
            term = self._value(value, graph)
            if term is not None:
                self._say(subject, predicate, term, graph)

    def _value(self, value: Json, graph: _Graph) -> _Node | Literal | None:
        if not isinstance(value, dict):
            return None
        if "@value" in value:
            return self._literal(value)
        if "@list" in value:
            return self._list(cast("list[Json]", value["@list"]), graph)
        return self._add_node(value, graph)

    def _list(self, values: list[Json], graph: _Graph) -> _Node:
        terms = [term for each in values if (term := self._value(each, graph)) is not None]
        rest: _Node = NamedNode(f"{RDF}nil")
        for term in reversed(terms):
            head = self._blank(None)
            self._say(head, NamedNode(f"{RDF}first"), term, graph)
            self._say(head, NamedNode(f"{RDF}rest"), rest, graph)
            rest = head
        return rest

    def _literal(self, value: _Object) -> Literal | None:
        plain, datatype, language = value["@value"], value.get("@type"), value.get("@language")
        self._noted.directions += "@direction" in value
        text, natural = lexical_form(plain, cast("str | None", datatype))
        try:
            if isinstance(language, str):
                if is_well_formed(language):
                    return Literal(text, language=language.lower())
                self._noted.languages[language] += 1
                return Literal(text, datatype=NamedNode(LANGUAGE + quote(language, safe="")))
            wanted = JSON_DATATYPE if datatype == "@json" else cast("str | None", datatype) or natural
            reference = self._reference(wanted)
            return Literal(text, datatype=reference) if isinstance(reference, NamedNode) else Literal(text)
        except UnicodeEncodeError:
            self._noted.broken[repr(text)[:80]] += 1
            return None

    def _say(
        self,
        subject: _Node,
        predicate: NamedNode,
        term: _Node | Literal,
        graph: _Graph,
    ) -> None:
        self._quads.append(Quad(subject, predicate, term, graph))

    def _reference(self, iri: Json) -> _Node:
        if not isinstance(iri, str):
            return self._blank(None)
        if iri.startswith("_:"):
            return self._blank(iri)
        try:
            if is_absolute(iri) and is_iri(iri):
                return NamedNode(iri)
            self._noted.relative[iri] += 1
            return NamedNode(RELATIVE + quote(iri, safe=""))
        except UnicodeEncodeError:
            self._noted.broken[repr(iri)[:80]] += 1
            return self._blank(None)

    def _blank(self, label: str | None) -> BlankNode:
        if label is None:
            self._unnamed += 1
            return BlankNode(f"u{self._unnamed}")
        return self._blanks.setdefault(label, BlankNode(f"n{len(self._blanks)}"))


def lexical_form(value: Json, datatype: str | None) -> tuple[str, str]:
    """(lexical form, datatype where none is given) of a value, as JSON-LD 1.1 (8.2.2) has it."""
    if datatype == "@json":
        return canonicalize(value).decode(), JSON_DATATYPE
    if isinstance(value, bool):
        return ("true" if value else "false"), f"{_XSD}boolean"
    if isinstance(value, int | float):
        whole = value == value // 1 and abs(value) < _LARGEST_INTEGER
        if not whole or datatype == f"{_XSD}double":
            return _double(value), f"{_XSD}double"
        return str(int(value)), f"{_XSD}integer"
    text = value if isinstance(value, str) else json.dumps(value)
    if datatype == f"{_XSD}double":
        try:
            return _double(float(text)), datatype
        except ValueError:
            return text, datatype
    return text, f"{_XSD}string"


def _double(value: float) -> str:
    """The double as JSON-LD 1.1 (8.2.2) writes it: no more than 15 digits after the point."""
    if not math.isfinite(value):
        return double_lexical(value)
    mantissa, _, exponent = f"{value:.15E}".partition("E")
    digits = mantissa.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def _has_context(value: Json) -> bool:
    tops = value if isinstance(value, list) else [value]
    return any(isinstance(top, dict) and "@context" in top for top in tops)


def _reason(error: Exception) -> str:
    words = str(error.args[0]) if error.args else type(error).__name__
    cause = error.__cause__
    if isinstance(cause, JsonLdError) and cause.args:
        words = f"{words.rstrip('.')} ({cause.args[0]})"
    return words.removeprefix("Invalid JSON-LD syntax; ").rstrip(".")[:300]
