"""What the service asks Neo4j about single things: descriptions, relations, alignments, search.

Batched, so that a data loader asks once for many things: one statement a call whatever the number (search may need
two). Answers hold IRIs; labels are the snapshot's. What is answered may be ahead of the current release while one is
being published.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from ontology.languages import fallbacks

from . import cypher
from .search import Words, answers, find_words, lucene_query
from .snapshot import ResourceType
from .store import AsyncStore, Row

LABELS: Mapping[ResourceType, str] = {
    ResourceType.FRAMEWORK: "Framework",
    ResourceType.COMPETENCY: "Competency",
    ResourceType.COURSE: "Course",
    ResourceType.CREDENTIAL: "Credential",
    ResourceType.JOB_ROLE: "JobRole",
}


class Relation(StrEnum):
    """A relation of a thing to others, each of one type."""

    BROADER = "broader"
    NARROWER = "narrower"
    TAUGHT_BY = "taught_by"
    """Courses."""
    CERTIFIED_BY = "certified_by"
    """Credentials."""
    REQUIRED_BY = "required_by"
    """Roles anywhere in whose requirements the thing is: for a course or credential, what it qualifies for."""
    TEACHES = "teaches"
    """Competencies that a course teaches or a credential certifies."""
    AWARDS = "awards"
    AWARDED_BY = "awarded_by"
    ALIGNMENTS = "alignments"
    """IRIs of the alignments, not of their other ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of a relation, by IRI."""

    iris: tuple[str, ...]
    total: int
    """Exact number on all pages."""
    has_next: bool


NO_PAGE = Page(iris=(), total=0, has_next=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A description and its BCP 47 tag."""

    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentRow:
    """An alignment. `relation` is that of SKOS; `dataset` the name of the dataset that states it."""

    iri: str
    subject: str
    object: str
    relation: str
    confidence: float | None
    method: str | None
    source: str | None
    author: str | None
    date: str | None
    comment: str | None
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A thing that was found. Scores compare within one answer only."""

    iri: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    """A page of what was found, best first, then by IRI."""

    hits: tuple[Hit, ...]
    total: int
    has_next: bool


class GraphReader:
    """Questions about single things. Every method raises UnavailableError within two seconds where Neo4j is away."""

    def __init__(self, store: AsyncStore) -> None:
        self.store = store

    async def descriptions(self, iris: Sequence[str]) -> dict[str, tuple[Description, ...]]:
        """Descriptions by IRI, by language; no entry for what is not described."""
        rows = await self.store.read(cypher.DESCRIPTIONS, {"iris": _once(iris)})
        return {
            str(row["iri"]): tuple(
                Description(text=text, language=language)
                for text, language in zip(_texts(row, "texts"), _texts(row, "languages"), strict=True)
            )
            for row in rows
        }

    async def related(
        self,
        relation: Relation,
        iris: Sequence[str],
        *,
        first: int,
        after: str | None = None,
        datasets: Sequence[str] | None = None,
    ) -> dict[str, Page]:
        """A page of a relation for each of these things.

        Args:
            first: length of the page.
            after: the last IRI of the page before.
            datasets: names; what they describe and state alone counts. None: all.
        """
        parameters = {"iris": _once(iris), "after": after, "limit": first + 1, "datasets": _names(datasets)}
        rows = await self.store.read(cypher.RELATIONS[relation.value], parameters)
        found = {str(row["iri"]): _page(row, first) for row in rows}
        return {iri: found.get(iri, NO_PAGE) for iri in iris}

    async def alignments(
        self, iris: Sequence[str], *, datasets: Sequence[str] | None = None
    ) -> dict[str, AlignmentRow]:
        """Alignments by their own IRI; no entry where there is none."""
        rows = await self.store.read(cypher.ALIGNMENTS, {"iris": _once(iris), "datasets": _names(datasets)})
        return {
            str(row["iri"]): AlignmentRow(
                iri=str(row["iri"]),
                subject=str(row["subject"]),
                object=str(row["object"]),
                relation=str(row["relation"]),
                confidence=cast("float | None", row["confidence"]),
                method=_optional(row, "method"),
                source=_optional(row, "source"),
                author=_optional(row, "author"),
                date=_optional(row, "date"),
                comment=_optional(row, "comment"),
                dataset=str(row["dataset"]),
            )
            for row in rows
        }

    async def search(
        self,
        text: str,
        *,
        first: int,
        after: Hit | None = None,
        types: Sequence[ResourceType] | None = None,
        languages: Sequence[str] | None = None,
        prefix: bool = False,
        datasets: Sequence[str] | None = None,
    ) -> SearchPage:
        """A page of the things whose labels or codes have the words of a text, slips of the pen forgiven.

        Alternative labels count too. Things that have all words; where there is none, those that have any. Nothing
        where the text has no word.

        Args:
            types: only these types; None: all five.
            languages: only texts in these languages (`en` takes `en-GB` too), in what they fall back to (`fr-CA` to
                `fr`) or in an undetermined one; codes always.
            prefix: words may be beginnings.
        """
        words = find_words(text, prefix=prefix)
        if not words:
            return SearchPage(hits=(), total=0, has_next=False)
        parameters: dict[str, object] = {
            "labels": [LABELS[kind] for kind in (LABELS if types is None else types) if kind in LABELS],
            "datasets": _names(datasets),
            "typed": text.strip().lower(),
        }
        for every in (True, False):
            if languages is None:
                page = await self._search_all(words, parameters, first=first, after=after, every=every)
            else:
                page = await self._search_in(words, languages, parameters, first=first, after=after, every=every)
            if page.total or len(words.pieces) == 1:
                break
        return page

    async def _search_all(
        self, words: Words, parameters: Mapping[str, object], *, first: int, after: Hit | None, every: bool
    ) -> SearchPage:
        position = {
            "query": lucene_query(words, every=every),
            "score": after.score if after else None,
            "after": after.iri if after else None,
            "limit": first + 1,
        }
        (row,) = await self.store.read(cypher.SEARCH, {**parameters, **position})
        found = cast("list[dict[str, object]]", row["page"])
        hits = [Hit(iri=str(each["iri"]), score=cast("float", each["score"])) for each in found]
        return SearchPage(hits=tuple(hits[:first]), total=cast("int", row["total"]), has_next=len(hits) > first)

    async def _search_in(
        self,
        words: Words,
        languages: Sequence[str],
        parameters: Mapping[str, object],
        *,
        first: int,
        after: Hit | None,
        every: bool,
    ) -> SearchPage:
        """The index does not know languages: what it finds is looked at once more, with the texts in these alone."""
        query = {
            "query": lucene_query(words, every=every),
            "languages": [language.lower() for language in languages],
            "fallbacks": ["und", *(tag for language in languages for tag in fallbacks(language))],
        }
        rows = await self.store.read(cypher.SEARCH_IN_LANGUAGES, {**parameters, **query})
        found = [
            Hit(iri=str(row["iri"]), score=cast("float", row["score"]))
            for row in rows
            if answers(words, (*_texts(row, "texts"), *_texts(row, "codes")), every=every)
        ]
        rest = [hit for hit in found if after is None or (-hit.score, hit.iri) > (-after.score, after.iri)]
        return SearchPage(hits=tuple(rest[:first]), total=len(found), has_next=len(rest) > first)


def _page(row: Row, first: int) -> Page:
    iris = _texts(row, "page")
    return Page(iris=tuple(iris[:first]), total=cast("int", row["total"]), has_next=len(iris) > first)


def _once(iris: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(iris))


def _names(datasets: Sequence[str] | None) -> list[str] | None:
    return None if datasets is None else list(datasets)


def _texts(row: Row, column: str) -> list[str]:
    return cast("list[str]", row[column])


def _optional(row: Row, column: str) -> str | None:
    return cast("str | None", row.get(column))
