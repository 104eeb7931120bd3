"""What is wrong with a JSON-LD document: what is refused before it is processed, and what is told afterwards.

Called by `jsonld`.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from .json_documents import Json, pointer
from .model import Finding, FindingLevel, Source

MAX_DEPTH: Final = 128
"""Nesting of a document; the deepest CTDL sample has 13."""


@dataclass(slots=True)
class Noted:
    """What was met on the way from a document to its triples, counted."""

    undefined: Counter[str] = field(default_factory=Counter)
    """Terms that no context defines, kept as raw JSON."""
    left_out: Counter[str] = field(default_factory=Counter)
    """The same where no statement can hold them."""
    prefixes: Counter[str] = field(default_factory=Counter)
    relative: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    directions: int = 0


def find_unsafe(value: Json, file: str, known: Container[str], offered: Iterable[str]) -> Iterator[Finding]:
    """Must-findings of what no processor should see: too deep, or contexts that would have to be fetched.

    Args:
        known: URLs of the contexts that are there.
        offered: the ones to name in the way out.
    """
    told: set[str] = set()
    waiting: list[tuple[Json, tuple[str | int, ...], bool]] = [(value, (), False)]
    while waiting:
        each, path, context = waiting.pop()
        if len(path) > MAX_DEPTH:
            yield must(
                file,
                "jsonld.too-deep",
                f"{file} nests deeper than {MAX_DEPTH} levels.",
                "Describe things beside each other and name them by their IRIs.",
            )
            return
        if isinstance(each, str):
            if context and each not in known and each not in told:
                told.add(each)
                yield must(
                    file,
                    "jsonld.unknown-context",
                    f"Got the context {each[:200]!r}, expected one that is bundled; nothing is fetched.",
                    f"Write the context itself into the document, or name a bundled one: {', '.join(offered)}.",
                    pointer(*path),
                )
        elif isinstance(each, list):
            waiting.extend((item, (*path, index), context) for index, item in reversed(list(enumerate(each))))
        elif isinstance(each, dict):
            for key, item in reversed(each.items()):
                names = key in {"@context", "@import"} or (context and isinstance(item, dict))
                if names or not context or isinstance(item, dict | list):
                    waiting.append((item, (*path, key), names))


def tell_noted(value: Json, file: str, noted: Noted) -> Iterator[Finding]:
    """A finding for each kind of thing that was noted, with the first place where a term stands."""
    words = {*noted.undefined, *noted.left_out, *noted.languages, *noted.relative}
    places = _first_places(value, words, set(noted.prefixes))
    for term, count in sorted(noted.undefined.items()):
        message = (
            f"Got the term {term[:120]!r} {_times(count)}, which no context defines; what it says is kept as it is."
        )
        fix = "Define it in @context, or write its whole IRI."
        yield _should(file, "jsonld.undefined-term", message, fix, places.get(term))
    for term, count in sorted(noted.left_out.items()):
        message = (
            f"Got the term {term[:120]!r} {_times(count)}, which no context defines, beside a plain value or around a "
            f"graph; it is left out."
        )
        fix = "Define it in @context, or remove it."
        yield _should(file, "jsonld.left-out", message, fix, places.get(term))
    for prefix, count in sorted(noted.prefixes.items()):
        message = (
            f"Got the prefix {prefix[:80]!r} {_times(count)}, which no context defines; it is read as an IRI's scheme."
        )
        place = places.get(f"{prefix}:")
        yield _should(file, "jsonld.undefined-prefix", message, "Define the prefix in @context.", place)
    if noted.relative:
        first = min(noted.relative)
        message = (
            f"Got {first[:120]!r} where an absolute IRI is expected, {_times(noted.relative.total())} "
            f"with others like it; it is kept as it is and leads nowhere."
        )
        yield _should(file, "jsonld.relative-iri", message, "Write whole IRIs without blanks.", places.get(first))
    for tag, count in sorted(noted.languages.items()):
        message = f"Got the language tag {tag[:40]!r} {_times(count)}, expected BCP 47; the texts are kept."
        yield _should(file, "jsonld.invalid-language", message, "Write a tag such as en or de-AT.", places.get(tag))
    if noted.directions:
        message = f"Got the base direction of a text {_times(noted.directions)}; the text is kept without it."
        yield _should(file, "jsonld.direction", message, "Nothing to do: the letters tell the direction.")
    for text in sorted(noted.broken):
        message = f"{file} says {text}, which RDF cannot hold: half of a surrogate pair, or a blank node as a property."
        yield must(file, "jsonld.invalid", message, "Write whole characters, and IRIs as properties.")


def _first_places(value: Json, words: set[str], prefixes: set[str]) -> dict[str, str]:
    """Pointer of the first place at which each word stands, as a key or a text, and each prefix (`x:`) as a key."""
    found: dict[str, str] = {}
    wanted = len(words) + len(prefixes)
    waiting: list[tuple[Json, tuple[str | int, ...]]] = [(value, ())] if wanted else []
    while waiting and len(found) < wanted:
        each, path = waiting.pop()
        if isinstance(each, str) and each in words:
            found.setdefault(each, pointer(*path))
        elif isinstance(each, dict):
            for key in each:
                prefix, colon, _ = key.partition(":")
                if key in words:
                    found.setdefault(key, pointer(*path, key))
                if colon and prefix in prefixes:
                    found.setdefault(f"{prefix}:", pointer(*path, key))
            waiting.extend((item, (*path, key)) for key, item in reversed(each.items()) if key != "@context")
        elif isinstance(each, list):
            waiting.extend((item, (*path, index)) for index, item in reversed(list(enumerate(each))))
    return found


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def must(file: str, code: str, message: str, fix: str, place: str | None = None) -> Finding:
    """A fault that keeps the document out."""
    return Finding(
        level=FindingLevel.MUST, code=code, message=message, source=Source(file=file, pointer=place), fix=fix
    )


def _should(file: str, code: str, message: str, fix: str, place: str | None = None) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD, code=code, message=message, source=Source(file=file, pointer=place), fix=fix
    )
