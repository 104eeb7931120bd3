"""JSON whose keys are terms of one known vocabulary, as triples: what schema.org and JDX publish, context or not.

The vocabulary stands here instead of its remote context, so nothing is fetched; prefixes, `@vocab`, languages and plain
term definitions of a context in the document count. Told beside each thing is the JSON pointer to it. Knows no
records. Called by the readers of jobs. Source: JSON-LD 1.1 (W3C, 2020), as far as such documents use it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from urllib.parse import quote

from ontology.json_documents import Json, pointer
from ontology.languages import is_well_formed, normalised
from ontology.model import Finding, FindingLevel, Source, Text
from ontology.ntriples import is_iri, literal_term, text_term
from ontology.rdf import double_lexical
from ontology.terms import RDF_TYPE, XSD

MAX_DEPTH: Final = 64
"""Objects in objects. The deepest of schema.org's examples has 5."""
MAX_SHOWN: Final = 80
"""Characters of a value that a message repeats."""

_KEYWORDS: Final = frozenset(
    {"@context", "@graph", "@id", "@index", "@included", "@language", "@list", "@reverse", "@set", "@type", "@value"}
)
_SAFE: Final = "!$&'()*+,;=:@/?#[]~%"
_INTEGRAL_LIMIT: Final = 1e21
"""Above it JSON-LD writes a whole number as a double (JSON-LD 1.1 API, 8.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What stands for a remote context."""

    base: str
    """What a key without a prefix is added to."""
    contexts: re.Pattern[str]
    """Addresses of contexts that mean this vocabulary."""
    prefixes: Mapping[str, str]
    terms: Mapping[str, str] = field(default_factory=dict)
    """Keys that mean something else than the base says."""
    links: frozenset[str] = frozenset()
    """Predicates whose texts are IRIs where they look like one."""
    folded: Mapping[str, str] = field(default_factory=dict)
    """Other spellings of a namespace, and the one that counts."""
    relative: str = ""
    """Predicate that keeps an `@id` that is no IRI."""
    type_key: bool = True
    """Whether `id` and `type` mean `@id` and `@type`."""
    language_maps: bool = False
    """Whether an object whose keys all look like language tags is texts by language."""


@dataclass(slots=True)
class Linked:
    """What a document says. Subjects are IRIs or labels of blank nodes, in order of first appearance."""

    triples: list[tuple[str, str, str]] = field(default_factory=list)
    pointers: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    base: str
    prefixes: Mapping[str, str]
    terms: Mapping[str, str]
    links: frozenset[str]
    maps: frozenset[str]
    """Keys whose objects are language maps."""
    language: str = ""


def link_json(value: Json, vocabulary: Vocabulary, *, file: str, root: str | None = None) -> Linked:
    """What the JSON says in words of the vocabulary.

    Args:
        root: type of an object at the top that states none.
    """
    walk = _Walk(vocabulary, file, root)
    walk.enter(value)
    return walk.linked


class _Walk:
    def __init__(self, vocabulary: Vocabulary, file: str, root: str | None):
        self.linked = Linked()
        self._vocabulary = vocabulary
        self._file = file
        self._root = root
        self._blanks = 0

    def enter(self, value: Json) -> None:
        own = self._vocabulary
        context = _Context(base=own.base, prefixes=own.prefixes, terms=own.terms, links=own.links, maps=frozenset())
        for path, each in _tops(value, ()):
            if isinstance(each, dict):
                self._top(each, context, path)
            elif each is not None:
                self._fault("json.wrong-type", path, f"Got {_shown(each)} at the top, expected an object.")

    def _top(self, value: dict[str, Json], context: _Context, path: tuple[str | int, ...]) -> None:
        inner = self._entered(context, value.get("@context"), path)
        graph = value.get("@graph")
        rest = {key for key in value if key not in {"@context", "@graph"}}
        if graph is None or rest - {"@id", "id"}:
            self._node({key: value[key] for key in value if key != "@graph"}, inner, path, top=True)
        for place, each in _tops(graph, (*path, "@graph")):
            if isinstance(each, dict):
                self._node(each, inner, place, top=True)
            elif each is not None:
                self._fault("json.wrong-type", place, f"Got {_shown(each)} in a graph, expected an object.")

    def _entered(self, context: _Context, stated: Json, path: tuple[str | int, ...]) -> _Context:
        """The context with what the document's own adds to it."""
        for each in stated if isinstance(stated, list) else [stated]:
            if isinstance(each, str):
                if not self._vocabulary.contexts.search(each):
                    message = (
                        f"Got the context {_shown(each)}, which is not known here; its terms are taken as they stand."
                    )
                    self._fault("json.unknown-context", (*path, "@context"), message, level=FindingLevel.SHOULD)
            elif isinstance(each, dict):
                context = self._defined(context, each)
            elif each is not None:
                self._fault(
                    "json.wrong-type", (*path, "@context"), f"Got the context {_shown(each)}, expected an address."
                )
        return context

    def _defined(self, context: _Context, stated: Mapping[str, Json]) -> _Context:
        prefixes, terms = dict(context.prefixes), dict(context.terms)
        links, maps, language, base = set(context.links), set(context.maps), context.language, context.base
        for key, value in stated.items():
            if key == "@language":
                language = value if isinstance(value, str) else ""
            elif key == "@vocab" and isinstance(value, str):
                base = self._folded(value)
            elif key.startswith("@"):
                continue
            elif isinstance(value, str):
                (prefixes if value.endswith(("/", "#", ":")) else terms)[key] = value
            elif isinstance(value, dict):
                stated_id = value.get("@id")
                if isinstance(stated_id, str):
                    terms[key] = stated_id
                if value.get("@type") in {"@id", "@vocab"}:
                    links.add(key)
                if value.get("@container") == "@language":
                    maps.add(key)
        return replace(
            context,
            base=base,
            prefixes=prefixes,
            terms=terms,
            links=frozenset(links),
            maps=frozenset(maps),
            language=language,
        )

    def _folded(self, iri: str) -> str:
        for other, counted in self._vocabulary.folded.items():
            if iri.startswith(other):
                return counted + iri.removeprefix(other)
        return iri

    def _resolved(self, key: str, context: _Context, *, term: bool = True) -> str | None:
        """The IRI that a key or a type means; None where it means none."""
        seen = set()
        while key in context.terms and key not in seen:
            seen.add(key)
            key = context.terms[key]
        prefix, colon, local = key.partition(":")
        if key in context.prefixes:
            iri = context.prefixes[key]
        elif colon and not local.startswith("//") and prefix in context.prefixes:
            iri = context.prefixes[prefix] + local
        elif colon and is_iri(key):
            iri = key
        elif term:
            iri = context.base + quote(key, safe=_SAFE)
        else:
            return None
        iri = self._folded(iri)
        return iri if is_iri(iri) else None

    def _subject(self, value: Mapping[str, Json], context: _Context, path: tuple[str | int, ...]) -> str:
        stated = value.get("@id", value.get("id") if self._vocabulary.type_key else None)
        if isinstance(stated, str):
            if stated.startswith("_:"):
                return f"_:n{quote(stated[2:], safe='').replace('%', '_')}"
            resolved = self._resolved(stated, context, term=False)
            if resolved is not None:
                return resolved
        self._blanks += 1
        blank = f"_:b{self._blanks}"
        if isinstance(stated, str):
            self._fault(
                "json.relative-id",
                (*path, "@id"),
                f"Got the @id {_shown(stated)}, expected an absolute IRI; the thing is named by its content.",
                level=FindingLevel.SHOULD,
                fix="Write the whole address, such as https://example.org/jobs/1.",
            )
            if self._vocabulary.relative:
                self._say(blank, self._vocabulary.relative, literal_term(stated), path)
        elif stated is not None:
            self._fault("json.wrong-type", (*path, "@id"), f"Got the @id {_shown(stated)}, expected a text.")
        return blank

    def _say(self, subject: str, predicate: str, term: str, path: tuple[str | int, ...]) -> None:
        self.linked.pointers.setdefault(subject, pointer(*path))
        self.linked.triples.append((subject, predicate, term))

    def _node(
        self,
        value: Mapping[str, Json],
        context: _Context,
        path: tuple[str | int, ...],
        *,
        top: bool = False,
        depth: int = 0,
    ) -> str:
        if not top and "@context" in value:
            context = self._entered(context, value["@context"], path)
        subject = self._subject(value, context, path)
        self.linked.pointers.setdefault(subject, pointer(*path))
        if depth > MAX_DEPTH:
            self._fault("json.too-deep", path, f"Got objects nested deeper than {MAX_DEPTH}, which is left out.")
            return subject
        typed = False
        for key, each in value.items():
            alias = f"@{key}" if self._vocabulary.type_key and key in {"id", "type", "graph"} else key
            if alias == "@type":
                typed = self._types(subject, each, context, (*path, key)) or typed
            elif alias == "@reverse" and isinstance(each, dict):
                self._reversed(subject, each, context, (*path, key), depth)
            elif alias not in _KEYWORDS and not key.startswith("@"):
                self._property(subject, key, each, context, (*path, key), depth)
        if top and not typed and self._root is not None:
            self._say(subject, RDF_TYPE, f"<{self._root}>", path)
        return subject

    def _types(self, subject: str, value: Json, context: _Context, path: tuple[str | int, ...]) -> bool:
        found = False
        for each in value if isinstance(value, list) else [value]:
            iri = self._resolved(each, context) if isinstance(each, str) and each else None
            if iri is None:
                self._fault("json.wrong-type", path, f"Got the type {_shown(each)}, expected the name of a class.")
            else:
                found = True
                self._say(subject, RDF_TYPE, f"<{iri}>", path[:-1])
        return found

    def _reversed(
        self, subject: str, value: Mapping[str, Json], context: _Context, path: tuple[str | int, ...], depth: int
    ) -> None:
        for key, each in value.items():
            predicate = self._resolved(key, context)
            for place, other in _tops(each, (*path, key)):
                if predicate is not None and isinstance(other, dict):
                    self._say(self._node(other, context, place, depth=depth + 1), predicate, _reference(subject), place)

    def _property(
        self, subject: str, key: str, value: Json, context: _Context, path: tuple[str | int, ...], depth: int
    ) -> None:
        predicate = self._resolved(key, context)
        if predicate is None:
            self._fault("json.invalid-key", path, f"Got the key {_shown(key)}, which can be no IRI; it is left out.")
            return
        for place, each in _values(value, path):
            for term in self._terms(key, predicate, each, context, place, depth):
                self._say(subject, predicate, term, path[:-1])

    def _terms(
        self, key: str, predicate: str, value: Json, context: _Context, path: tuple[str | int, ...], depth: int
    ) -> Iterator[str]:
        if isinstance(value, str):
            yield self._text(key, predicate, value, context, path)
        elif isinstance(value, bool):
            yield literal_term("true" if value else "false", f"{XSD}boolean")
        elif isinstance(value, int):
            yield literal_term(str(value), f"{XSD}integer")
        elif isinstance(value, float):
            whole = value.is_integer() and abs(value) < _INTEGRAL_LIMIT
            yield (
                literal_term(str(int(value)), f"{XSD}integer")
                if whole
                else literal_term(double_lexical(value), f"{XSD}double")
            )
        elif isinstance(value, dict):
            if "@value" in value:
                yield from self._valued(value, context, path)
            elif key in context.maps or (self._vocabulary.language_maps and _is_language_map(value)):
                for tag, texts in value.items():
                    for text in texts if isinstance(texts, list) else [texts]:
                        if isinstance(text, str):
                            yield self._literal(text, "" if tag == "@none" else tag, path)
            else:
                yield _reference(self._node(value, context, path, depth=depth + 1))

    def _valued(self, value: Mapping[str, Json], context: _Context, path: tuple[str | int, ...]) -> Iterator[str]:
        stated, kind, language = value["@value"], value.get("@type"), value.get("@language")
        if isinstance(stated, str) and isinstance(kind, str):
            datatype = self._resolved(kind, context)
            yield literal_term(stated, datatype)
        elif isinstance(stated, str):
            yield self._literal(stated, language if isinstance(language, str) else "", path)
        elif isinstance(stated, bool | int | float):
            yield from self._terms("", "", stated, context, path, 0)

    def _text(self, key: str, predicate: str, text: str, context: _Context, path: tuple[str | int, ...]) -> str:
        if key in context.links or predicate in context.links:
            iri = self._resolved(text.strip(), context, term=False)
            if iri is not None:
                return f"<{iri}>"
        return self._literal(text, context.language, path)

    def _literal(self, text: str, language: str, path: tuple[str | int, ...]) -> str:
        if any("\ud800" <= character <= "\udfff" for character in text):
            self._fault("text.invalid-character", path, "Got half of a surrogate pair in a text.")
            text = text.encode("utf-8", "replace").decode()
        tag = language.replace("_", "-")
        if tag and not is_well_formed(tag):
            self._fault(
                "text.invalid-language",
                path,
                f"Got the language {_shown(language)}, expected a BCP 47 tag; the text counts as without one.",
                level=FindingLevel.SHOULD,
                fix="Write a tag such as en or de-AT.",
            )
            tag = ""
        return text_term(Text(text, normalised(tag)))

    def _fault(
        self,
        code: str,
        path: Sequence[str | int],
        message: str,
        *,
        level: FindingLevel = FindingLevel.MUST,
        fix: str = "Mend the value there.",
    ) -> None:
        source = Source(file=self._file, pointer=pointer(*path))
        self.linked.findings.append(Finding(level=level, code=code, message=message, source=source, fix=fix))


def _tops(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield (*path, index), each
    elif value is not None:
        yield path, value


def _values(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    """Values that are no lists, of lists in lists and in `@list` and `@set` too."""
    waiting = [(path, value)]
    while waiting:
        place, each = waiting.pop()
        inner = each.get("@list", each.get("@set")) if isinstance(each, dict) else None
        if isinstance(each, list):
            waiting.extend(((*place, index), one) for index, one in reversed(list(enumerate(each))))
        elif inner is not None:
            waiting.append((place, inner))
        elif each is not None:
            yield place, each


def _is_language_map(value: Mapping[str, Json]) -> bool:
    """Whether an object's keys are nothing but language tags; no key of the vocabularies read here looks like one."""
    return bool(value) and all(
        re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", key)
        and isinstance(each, str | list)
        and key not in _SHORT
        for key, each in value.items()
    )


_SHORT: Final = frozenset({"url", "geo", "job", "id"})
"""Keys of three letters that are no languages here."""


def _reference(subject: str) -> str:
    return subject if subject.startswith("_:") else f"<{subject}>"


def _shown(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
