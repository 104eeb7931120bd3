"""Pages of what Neo4j relates to a thing, one statement for all things of a level of a query.

What Neo4j names and the snapshot has not (a release is being applied) is left out of the page. Called by the resolvers.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from strawberry import Info

from graph.reader import Relation

from . import connections
from .connections import Pages, PageType, check_first, decode_cursor, encode_cursor, page_info
from .context import context_of

if TYPE_CHECKING:
    from .resources import Alignment, Resource


async def _load_page(
    node: "Resource", info: Info, relation: Relation, first: int, after: str | None
) -> tuple[Sequence[str], int, connections.PageInfo]:
    """(IRIs of the page, number on all pages, where the page lies)."""
    context = context_of(info)
    check_first(first, context.limits.page)
    key = decode_cursor(relation, after, (str,))
    last = None if key is None else str(key[0])
    page = await context.loaders.relation(node.view, relation, first, last).load(str(node.id))
    context.spend(len(page.iris))
    cursors = [encode_cursor(relation, (iri,)) for iri in (page.iris[:1] + page.iris[-1:])]
    where = page_info(cursors, has_next=page.has_next, has_previous=last is not None and page.total > 0)
    return page.iris, page.total, where


async def load_related(
    node: "Resource", info: Info, relation: Relation, pages: Pages[PageType], first: int, after: str | None
) -> PageType:
    """A page of related resources of one type, by IRI. Raises UnavailableError, InputError."""
    iris, total, where = await _load_page(node, info, relation, first, after)
    view = node.view
    found = [(iri, view.find_resource(view.snapshot.find_row(iri))) for iri in iris]
    return pages.page(
        ((encode_cursor(relation, (iri,)), each) for iri, each in found if each is not None), where, total
    )


async def load_alignments(
    node: "Resource", info: Info, first: int, after: str | None
) -> connections.AlignmentConnection:
    """A page of alignments that name the thing, by IRI. Raises UnavailableError, InputError."""
    iris, total, where = await _load_page(node, info, Relation.ALIGNMENTS, first, after)
    found = [node.view.find_node(iri) for iri in iris]
    edges = [
        connections.AlignmentEdge(cursor=encode_cursor(Relation.ALIGNMENTS, (iri,)), node=each)
        for iri, each in zip(iris, _alignments(found), strict=True)
        if each is not None
    ]
    return connections.AlignmentConnection(edges=edges, page_info=where, total_count=total)


def _alignments(found: Sequence[object]) -> "list[Alignment | None]":
    from .resources import Alignment

    return [each if isinstance(each, Alignment) else None for each in found]
