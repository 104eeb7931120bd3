"""What one request reads from Neo4j: everything asked for at one level of a query in one statement.

A loader collects the keys of a tick of the event loop. Without a connection (Neo4j is starting or away) a read raises
UnavailableError, and only the fields that asked are without an answer.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from graph.reader import Description, GraphReader, Hit, Page, Relation, SearchPage
from graph.snapshot import ResourceType
from ontology.errors import UnavailableError

if TYPE_CHECKING:
    from .view import View


class Loaders:
    """One request's loaders.

    Args:
        reader: how to read; None while there is no connection.
        is_publishing: whether a release is being applied to Neo4j at the moment.
    """

    def __init__(self, reader: GraphReader | None, is_publishing: Callable[[], bool]):
        self._reader = reader
        self._is_publishing = is_publishing
        self.publishing = False
        """Whether anything was read while a release was being applied: it may be ahead of the rest of the answer."""
        self.descriptions: DataLoader[str, Sequence[Description]] = DataLoader(self._load_descriptions)
        """Descriptions by IRI."""
        self._relations: dict[tuple[int, Relation, int, str | None], DataLoader[str, Page]] = {}

    def relation(self, view: "View", relation: Relation, first: int, after: str | None) -> DataLoader[str, Page]:
        """The loader of a relation's pages, by IRI of the thing they are of."""
        key = id(view), relation, first, after
        found = self._relations.get(key)
        if found is None:

            async def load(iris: list[str]) -> list[Page]:
                reader = self._connected()
                pages = await reader.related(relation, iris, first=first, after=after, datasets=view.names)
                self._look_again()
                return [pages[iri] for iri in iris]

            found = self._relations[key] = DataLoader(load)
        return found

    async def search(
        self,
        view: "View",
        text: str,
        *,
        types: Sequence[ResourceType] | None,
        languages: Sequence[str] | None,
        prefix: bool,
        first: int,
        after: Hit | None,
    ) -> SearchPage:
        """A page of what a text finds, best first. Raises UnavailableError."""
        found = await self._connected().search(
            text, first=first, after=after, types=types, languages=languages, prefix=prefix, datasets=view.names
        )
        self._look_again()
        return found

    async def _load_descriptions(self, iris: list[str]) -> list[Sequence[Description]]:
        found = await self._connected().descriptions(iris)
        self._look_again()
        return [found.get(iri, ()) for iri in iris]

    def _connected(self) -> GraphReader:
        self._look_again()
        if self._reader is None:
            raise UnavailableError("Neo4j is not connected yet.", hint="Try again in a moment.")
        return self._reader

    def _look_again(self) -> None:
        self.publishing = self.publishing or self._is_publishing()
