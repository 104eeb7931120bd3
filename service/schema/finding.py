"""Finding a thing: by IRI, by text; and the releases there were."""

import asyncio
from collections.abc import Sequence

from strawberry import ID

from graph.archive import Manifest
from graph.cypher import RESOURCE_LABELS
from ontology.errors import InputError
from ontology.model import IDENTITY

from .connections import (
    ReleaseConnection,
    ReleaseEdge,
    SearchConnection,
    SearchEdge,
    check_first,
    decode_cursor,
    encode_cursor,
    page_info,
)
from .context import LANGUAGES_AT_MOST, Context
from .inputs import ResourceType
from .releases import Release
from .resources import Dataset, Node
from .view import View

TEXT_AT_MOST = 1000
"""Characters of a search."""
_LABELS = dict(zip(ResourceType, RESOURCE_LABELS, strict=True))
_RELEASE = f"{IDENTITY}release/"


async def find_node(context: Context, view: View, iri: str) -> Node | None:
    """Whatever has this IRI, None where nothing has. Needs no database."""
    found = view.find_node(iri)
    if found is not None or not iri.startswith(_RELEASE):
        return found
    published = await asyncio.to_thread(context.published)
    return next((show_release(each) for each in published if each.iri == iri), None)


async def answer_search(
    context: Context,
    view: View,
    text: str,
    types: Sequence[ResourceType] | None,
    languages: Sequence[str] | None,
    prefix: bool,
    first: int,
    after: str | None,
) -> SearchConnection:
    """A page of what a text finds, best first, then by IRI. Raises InputError, UnavailableError."""
    check_first(first, context.limits.page)
    key = decode_cursor("search", after, (float, str))
    if len(text) > TEXT_AT_MOST:
        raise InputError(f"`text` has at most {TEXT_AT_MOST} characters, got {len(text)}.", code="input.text")
    if languages is not None and len(languages) > LANGUAGES_AT_MOST:
        raise InputError(f"`languages` takes at most {LANGUAGES_AT_MOST} tags.", code="input.languages")
    page = await context.loaders.search(
        view,
        text,
        labels=RESOURCE_LABELS if types is None else [_LABELS[each] for each in types],
        languages=languages,
        prefix=prefix,
        first=first + 1,
        after=None if key is None else (float(key[0]), str(key[1])),
    )
    hits = page.hits[:first]
    context.spend(len(hits))
    edges = []
    for iri, score in hits:
        found = view.find_resource(view.snapshot.find_row(iri))
        if found is not None:
            edges.append(SearchEdge(cursor=encode_cursor("search", (score, iri)), node=found, score=score))
    where = page_info(
        [encode_cursor("search", (score, iri)) for iri, score in hits],
        has_next=len(page.hits) > first,
        has_previous=key is not None,
    )
    return SearchConnection(edges=edges, page_info=where, total_count=page.total)


async def list_releases(context: Context, first: int, after: str | None) -> ReleaseConnection:
    """A page of releases, newest first. Raises InputError. Needs no database."""
    check_first(first, context.limits.page)
    key = decode_cursor("releases", after, (float,))
    published = await asyncio.to_thread(context.published)
    following = published if key is None else [each for each in published if each.number < float(key[0])]
    shown = following[:first]
    context.spend(len(shown))
    edges = [ReleaseEdge(cursor=encode_cursor("releases", (each.number,)), node=show_release(each)) for each in shown]
    where = page_info(
        [edge.cursor for edge in edges],
        has_next=len(following) > first,
        has_previous=len(following) < len(published),
    )
    return ReleaseConnection(edges=edges, page_info=where, total_count=len(published))


def show_release(manifest: Manifest) -> Release:
    """A release as the contract has it."""
    iri = ID(manifest.iri)
    return Release(
        id=iri,
        number=manifest.number,
        published_at=manifest.published_at,
        note=manifest.note,
        datasets=[
            Dataset(
                id=ID(info.iri),
                name=info.name,
                format=info.format,
                license=info.license,
                attribution=info.attribution,
                release=iri,
            )
            for info in manifest.datasets
        ],
    )
