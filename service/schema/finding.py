"""Finding a thing: by IRI, by text; and the releases there were."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from strawberry import ID

from graph.archive import Manifest
from graph.layout import DatasetInfo
from graph.reader import Hit
from graph.snapshot import ResourceType as RowType
from graph.views import public_note, visible
from ontology.errors import InputError, UnknownReferenceError
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
_RELEASE = f"{IDENTITY}release/"


async def find_node(context: Context, view: View, iri: str) -> Node | None:
    """Whatever has this IRI, None where nothing has. Needs no database."""
    found = view.find_node(iri)
    if found is not None or not iri.startswith(_RELEASE):
        return found
    published = await asyncio.to_thread(context.published)
    return next((_shown(context, each, published) for each in published if each.iri == iri), None)


def _shown(context: Context, manifest: Manifest, published: Sequence[Manifest]) -> Release:
    """A release with those of its datasets that the caller may see."""
    current = published[0] if published else None
    shown = visible(manifest.datasets, current, private=context.caller.sees_private)
    if not context.caller.sees_private:
        manifest = replace(manifest, note=public_note(manifest, published))
    return show_release(manifest, shown)


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
    if not view.snapshot.datasets:
        return SearchConnection(edges=[], page_info=page_info((), has_next=False, has_previous=False), total_count=0)
    page = await context.loaders.search(
        view,
        text,
        types=None if types is None else [RowType[each.name] for each in types],
        languages=languages,
        prefix=prefix,
        first=first,
        after=None if key is None else Hit(iri=str(key[1]), score=float(key[0])),
    )
    context.spend(len(page.hits))
    edges = []
    for hit in page.hits:
        found = view.find_resource(view.snapshot.find_row(hit.iri))
        if found is not None:
            edges.append(SearchEdge(cursor=_search_cursor(hit), node=found, score=hit.score))
    where = page_info(
        [_search_cursor(hit) for hit in page.hits],
        has_next=page.has_next,
        has_previous=key is not None,
    )
    return SearchConnection(edges=edges, page_info=where, total_count=page.total)


def _search_cursor(hit: Hit) -> str:
    return encode_cursor("search", (hit.score, hit.iri))


async def list_releases(context: Context, first: int, after: str | None) -> ReleaseConnection:
    """A page of releases, newest first. Raises InputError. Needs no database."""
    check_first(first, context.limits.page)
    key = decode_cursor("releases", after, (float,))
    published = await asyncio.to_thread(context.published)
    following = published if key is None else [each for each in published if each.number < float(key[0])]
    shown = following[:first]
    context.spend(len(shown))
    edges = [
        ReleaseEdge(cursor=encode_cursor("releases", (each.number,)), node=_shown(context, each, published))
        for each in shown
    ]
    where = page_info(
        [edge.cursor for edge in edges],
        has_next=len(following) > first,
        has_previous=len(following) < len(published),
    )
    return ReleaseConnection(edges=edges, page_info=where, total_count=len(published))


def find_release(context: Context, reference: str) -> Release | None:
    """A release by number or IRI, None where there is none. Blocking. Raises DamagedError."""
    try:
        manifest = context.stewardship.release(reference)
    except UnknownReferenceError:
        return None
    return _shown(context, manifest, context.published())


def show_release(manifest: Manifest, datasets: Sequence[DatasetInfo]) -> Release:
    """A release as the contract has it, with these of its datasets."""
    return Release(
        id=ID(manifest.iri),
        number=manifest.number,
        published_at=manifest.published_at,
        note=manifest.note,
        datasets=[show_dataset(info, manifest.iri) for info in datasets],
    )


def show_dataset(info: DatasetInfo, release: str) -> Dataset:
    """A dataset of a release as the contract has it."""
    return Dataset(
        id=ID(info.iri),
        name=info.name,
        format=info.format,
        license=info.license,
        attribution=info.attribution,
        release=ID(release),
    )
