"""What one request reads from Neo4j: everything asked for at one level of a query in one statement.

A loader collects the keys of a tick of the event loop. Without a connection (Neo4j is starting or away) each read
raises UnavailableError, and only the fields that asked are without an answer.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from ontology.errors import UnavailableError

from .reading import Reader, RelatedPage, SearchPage

if TYPE_CHECKING:
    from .view import View

NO_PAGE = RelatedPage(iris=(), total=0)


class Loaders:
    """One request's loaders.

    Args:
        reader: how to read; None while there is no connection.
        is_publishing: whether a release is being applied to Neo4j at the moment.
    """

    def __init__(self, reader: Reader | None, is_publishing: Callable[[], bool]):
        self._reader = reader
        self._is_publishing = is_publishing
        self.publishing = False
        """Whether anything was read while a release was being applied: it may be ahead of the rest of the answer."""
        self.descriptions: DataLoader[str, Sequence[tuple[str, str]]] = DataLoader(self._load_descriptions)
        """(text, language) pairs by IRI."""
        self._relations: dict[tuple[int, str, int, str | None], DataLoader[str, RelatedPage]] = {}

    def relation(self, view: "View", name: str, limit: int, after: str | None) -> DataLoader[str, RelatedPage]:
        """The loader of a relation's pages, by IRI of the thing they are of."""
        key = id(view), name, limit, after
        found = self._relations.get(key)
        if found is None:

            async def load(iris: list[str]) -> list[RelatedPage]:
                pages = await self._connected().related(name, iris, first=limit, after=after, datasets=view.names)
                return [pages.get(iri, NO_PAGE) for iri in iris]

            found = self._relations[key] = DataLoader(load)
        return found

    async def search(
        self,
        view: "View",
        text: str,
        *,
        labels: Sequence[str],
        languages: Sequence[str] | None,
        prefix: bool,
        first: int,
        after: tuple[float, str] | None,
    ) -> SearchPage:
        """A page of what a text finds, best first. Raises UnavailableError."""
        return await self._connected().search(
            text, labels=labels, languages=languages, prefix=prefix, first=first, after=after, datasets=view.names
        )

    async def _load_descriptions(self, iris: list[str]) -> list[Sequence[tuple[str, str]]]:
        found = await self._connected().descriptions(iris)
        return [found.get(iri, ()) for iri in iris]

    def _connected(self) -> Reader:
        self.publishing = self.publishing or self._is_publishing()
        if self._reader is None:
            raise UnavailableError("Neo4j is not connected yet.", hint="Try again in a moment.")
        return self._reader
