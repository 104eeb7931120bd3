"""What the API reads from Neo4j: descriptions, pages of relations, full text, by the statements of `graph.cypher`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from rapidfuzz.distance import OSA

from graph import cypher
from graph.store import AsyncStore, Row

_WORD = re.compile(r"\w+")
_WORDS_AT_MOST = 16
"""Words of a search that are looked for; each is one clause."""
_FUZZY_FROM = 4
"""Letters from which one typing error is forgiven."""
_TWICE_FUZZY_FROM = 9
"""Letters from which two are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedPage:
    """A page of related things: IRIs in order, and how many there are on all pages."""

    iris: Sequence[str]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A page of a search: (IRI, score), best first, then by IRI; and how many there are on all pages."""

    hits: Sequence[tuple[str, float]]
    total: int


class Reader:
    """Reads from one Neo4j. Everything raises UnavailableError where it does not answer."""

    def __init__(self, store: AsyncStore):
        self._store = store

    async def descriptions(self, iris: Sequence[str]) -> Mapping[str, Sequence[tuple[str, str]]]:
        """(text, language) pairs by IRI; what has none may be absent."""
        rows = await self._store.read(cypher.DESCRIPTIONS, {"iris": sorted(set(iris))})
        return {
            str(row["iri"]): list(zip(_strings(row["texts"]), _strings(row["languages"]), strict=True)) for row in rows
        }

    async def related(
        self, relation: str, iris: Sequence[str], *, first: int, after: str | None, datasets: Sequence[str] | None
    ) -> Mapping[str, RelatedPage]:
        """A page of a relation (of `cypher.RELATIONS`) for each IRI, by IRI; absent for what Neo4j does not have."""
        parameters = {"iris": sorted(set(iris)), "after": after, "limit": first, "datasets": _listed(datasets)}
        rows = await self._store.read(cypher.RELATIONS[relation], parameters)
        return {str(row["iri"]): RelatedPage(iris=_strings(row["page"]), total=_number(row["total"])) for row in rows}

    async def search(
        self,
        text: str,
        *,
        labels: Sequence[str],
        languages: Sequence[str] | None,
        prefix: bool,
        first: int,
        after: tuple[float, str] | None,
        datasets: Sequence[str] | None,
    ) -> SearchPage:
        """A page of what has every word of the text, or one that differs by a typing error.

        Args:
            prefix: whether the last word may be unfinished.
            languages: only what has such words in a text of one of these, or in a code.
            after: score and IRI of the last hit of the page before.
        """
        words = _words(text)
        if not words:
            return SearchPage(hits=(), total=0)
        parameters = {"query": lucene(words, prefix=prefix), "labels": list(labels), "datasets": _listed(datasets)}
        score, last = after or (None, None)
        if languages:
            tags = [tag.lower() for tag in languages]
            rows = await self._store.read(cypher.SEARCH_IN_LANGUAGES, {**parameters, "languages": tags})
            hits = [(str(row["iri"]), _score(row["score"])) for row in rows if _says(row, words, prefix=prefix)]
            following = hits if last is None else [hit for hit in hits if (-hit[1], hit[0]) > (-(score or 0.0), last)]
            return SearchPage(hits=following[:first], total=len(hits))
        rows = await self._store.read(cypher.SEARCH, {**parameters, "score": score, "after": last, "limit": first})
        page = cast("Sequence[Row]", rows[0]["page"])
        hits = [(str(hit["iri"]), _score(hit["score"])) for hit in page]
        return SearchPage(hits=hits, total=_number(rows[0]["total"]))


def lucene(words: Sequence[str], *, prefix: bool) -> str:
    """The full text query: every word, as it is (counts most) or with a typing error; the last one maybe unfinished."""
    clauses = []
    for position, word in enumerate(words):
        ways = [f"{word}^4"]
        if _errors(word):
            ways.append(f"{word}~{_errors(word)}")
        if prefix and position == len(words) - 1:
            ways.append(f"{word}*^2")
        clauses.append(f"({' OR '.join(ways)})")
    return " AND ".join(clauses)


def _words(text: str) -> list[str]:
    """Words of a text, folded; letters and digits only, so that nothing in them is syntax."""
    return _WORD.findall(_folded(text).replace("_", " "))[:_WORDS_AT_MOST]


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def _errors(word: str) -> int:
    return 2 if len(word) >= _TWICE_FUZZY_FROM else int(len(word) >= _FUZZY_FROM)


def _says(row: Row, words: Sequence[str], *, prefix: bool) -> bool:
    """Whether the texts in the languages asked, or the codes, have every word."""
    said = {
        word for text in (*_strings(row["texts"]), *_strings(row["codes"])) for word in _WORD.findall(_folded(text))
    }
    return all(
        _has(said, word, unfinished=prefix and position == len(words) - 1) for position, word in enumerate(words)
    )


def _has(said: Iterable[str], word: str, *, unfinished: bool) -> bool:
    allowed = _errors(word)
    return any(
        OSA.distance(word, other, score_cutoff=allowed) <= allowed or (unfinished and other.startswith(word))
        for other in said
    )


def _strings(value: object) -> list[str]:
    return [str(each) for each in cast("Sequence[object]", value)]


def _number(value: object) -> int:
    return cast("int", value)


def _score(value: object) -> float:
    return float(cast("float", value))


def _listed(datasets: Sequence[str] | None) -> list[str] | None:
    return None if datasets is None else list(datasets)
