"""What one request reads of single things: everything asked for at one level of a query at once.

From Neo4j in one statement, or, for a view that Neo4j does not hold, from the view's own reader. A loader collects the
keys of a tick of the event loop. Without a connection (Neo4j is starting or away) a read from it raises
UnavailableError, and only the fields that asked are without an answer.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from strawberry.dataloader import DataLoader

from graph.provenance import Provenance
from graph.reader import Description, GraphReader, Hit, Page, Relation, SearchPage
from graph.snapshot import ResourceType
from graph.snapshot_reader import SnapshotReader
from graph.statements import Statement
from ontology.errors import UnavailableError
from ontology.model import Source

from .sources import find_sources

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
        self._descriptions: dict[int, DataLoader[str, Sequence[Description]]] = {}
        self._sources: DataLoader[Statement, Source | None] | None = None
        self._relations: dict[tuple[int, Relation, int, str | None], DataLoader[str, Page]] = {}

    def descriptions(self, view: "View") -> DataLoader[str, Sequence[Description]]:
        """The loader of a view's descriptions, by IRI."""
        found = self._descriptions.get(id(view))
        if found is None:

            async def load(iris: list[str]) -> list[Sequence[Description]]:
                texts = await self._reader_of(view).descriptions(iris)
                self._look_again(view)
                return [texts.get(iri, ()) for iri in iris]

            found = self._descriptions[id(view)] = DataLoader(load)
        return found

    def relation(self, view: "View", relation: Relation, first: int, after: str | None) -> DataLoader[str, Page]:
        """The loader of a relation's pages, by IRI of the thing they are of."""
        key = id(view), relation, first, after
        found = self._relations.get(key)
        if found is None:

            async def load(iris: list[str]) -> list[Page]:
                reader = self._reader_of(view)
                pages = await reader.related(relation, iris, first=first, after=after, datasets=view.names)
                self._look_again(view)
                return [pages[iri] for iri in iris]

            found = self._relations[key] = DataLoader(load)
        return found

    def sources(self, provenance: Provenance) -> DataLoader[Statement, Source | None]:
        """The loader of where statements were read."""
        if self._sources is None:
            self._sources = DataLoader(partial(find_sources, provenance))
        return self._sources

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
        found = await self._reader_of(view).search(
            text, first=first, after=after, types=types, languages=languages, prefix=prefix, datasets=view.names
        )
        self._look_again(view)
        return found

    def _reader_of(self, view: "View") -> GraphReader | SnapshotReader:
        self._look_again(view)
        if view.reader is not None:
            return view.reader
        if self._reader is None:
            raise UnavailableError("Neo4j is not connected yet.", hint="Try again in a moment.")
        return self._reader

    def _look_again(self, view: "View") -> None:
        """A view of its own is whole, whatever is applied to Neo4j."""
        self.publishing = self.publishing or (view.reader is None and self._is_publishing())
