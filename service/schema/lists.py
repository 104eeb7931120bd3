"""Lists that the snapshot answers: filtered, counted exactly, paged by IRI. Needs no database."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from strawberry import ID

from graph.references import fold
from graph.role_facts import find_fitting
from graph.snapshot import Ints, ResourceType, Snapshot
from ontology.errors import UnknownReferenceError

from .connections import (
    COMPETENCIES,
    CompetencyConnection,
    Pages,
    PageType,
    check_first,
    decode_cursor,
    encode_cursor,
    page_info,
)
from .context import Context
from .employment import wish_of
from .inputs import CodeInput, ResourceFilter

if TYPE_CHECKING:
    from .resources import Framework
    from .view import View

Bools = npt.NDArray[np.bool_]
PATH_AT_MOST = 100
"""Levels of a hierarchy that are told; the deepest known has nine."""


def filter_rows(snapshot: Snapshot, kind: ResourceType, wanted: ResourceFilter | None) -> Ints:
    """Rows of one type that fit every part of the filter, by IRI. Raises UnknownReferenceError."""
    rows = snapshot.rows(kind)
    if wanted is None:
        return rows
    if wanted.ids is not None:
        rows = _among(rows, resolve_all(snapshot, wanted.ids, (kind,)))
    if wanted.frameworks is not None:
        frameworks = resolve_all(snapshot, wanted.frameworks, (ResourceType.FRAMEWORK,))
        rows = rows[np.isin(snapshot.framework[rows], frameworks)]
    if wanted.codes is not None:
        rows = _among(rows, [row for code in wanted.codes for row in _rows_with_code(snapshot, code)])
    if wanted.code_prefixes is not None:
        rows = _among(rows, [row for code in wanted.code_prefixes for row in _rows_with_prefix(snapshot, code)])
    if wanted.datasets is not None:
        rows = rows[np.isin(snapshot.dataset[rows], _dataset_rows(snapshot, wanted.datasets))]
    if wanted.text is not None:
        rows = _among(rows, snapshot.find_text(wanted.text.strip(), kind).tolist())
    wish = wish_of(wanted, kind)
    if not wish.is_empty:
        rows = rows[find_fitting(snapshot, rows, wish).kept(wish)]
    return rows


def resolve_all(snapshot: Snapshot, references: Sequence[str], types: Sequence[ResourceType]) -> list[int]:
    """The row that each reference means. Raises UnknownReferenceError for the first that means none or several."""
    return [snapshot.resolve(str(reference), types) for reference in references]


def _among(rows: Ints, chosen: Sequence[int]) -> Ints:
    return rows[np.isin(rows, np.asarray(chosen, dtype=np.int32))]


def _rows_with_code(snapshot: Snapshot, code: CodeInput) -> list[int]:
    """Rows that have the code; system and value are folded as in references."""
    return snapshot.derived("rows by folded code", _rows_by_code).get((fold(code.system), fold(code.value)), [])


def _rows_by_code(snapshot: Snapshot) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    owners = np.repeat(np.arange(len(snapshot.iris)), np.diff(snapshot.code_offsets))
    for entry, row in enumerate(owners.tolist()):
        key = fold(snapshot.code_systems[entry]), fold(snapshot.code_values[entry])
        found.setdefault(key, []).append(row)
    return found


def _rows_with_prefix(snapshot: Snapshot, code: CodeInput) -> list[int]:
    """Rows with a code of this system that begins so; both are folded as in references."""
    values, rows = snapshot.derived("codes by folded system", _codes_by_system).get(fold(code.system), ([], []))
    wanted = fold(code.value)
    first = bisect_left(values, wanted)
    last = bisect_left(values, True, lo=first, key=lambda value: not value.startswith(wanted))
    return rows[first:last]


def _codes_by_system(snapshot: Snapshot) -> dict[str, tuple[list[str], list[int]]]:
    """Folded values, sorted, and the rows that have them, by folded system."""
    found: dict[str, list[tuple[str, int]]] = {}
    for (system, value), rows in snapshot.derived("rows by folded code", _rows_by_code).items():
        found.setdefault(system, []).extend((value, row) for row in rows)
    ordered = {system: sorted(pairs) for system, pairs in found.items()}
    return {system: ([value for value, _ in pairs], [row for _, row in pairs]) for system, pairs in ordered.items()}


def _dataset_rows(snapshot: Snapshot, names: Sequence[str]) -> list[int]:
    """Rows of datasets. Raises UnknownReferenceError with those there are."""
    known = {info.name: row for row, info in enumerate(snapshot.datasets)}
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise UnknownReferenceError(
            f"{unknown!r} is no dataset here.",
            code="reference.unknown",
            hint=f"There are: {', '.join(known) or 'none'}.",
            subject=unknown,
            candidates=[(info.iri, info.name) for info in snapshot.datasets],
        )
    return [known[name] for name in names]


def _page(
    context: Context, view: "View", pages: Pages[PageType], rows: Ints, first: int, after: str | None
) -> PageType:
    """A page of rows in the order of IRIs."""
    check_first(first, context.limits.page)
    key = decode_cursor(pages.name, after, (str,))
    start = 0 if key is None else int(np.searchsorted(rows, _row_after(view.snapshot, str(key[0]))))
    page = rows[start : start + first].tolist()
    context.spend(len(page))
    found = [(encode_cursor(pages.name, (view.snapshot.iris[row],)), view.resource(row)) for row in page]
    cursors = [cursor for cursor, _ in found]
    where = page_info(cursors, has_next=start + first < len(rows), has_previous=start > 0)
    return pages.page(found, where, len(rows))


def _row_after(snapshot: Snapshot, iri: str) -> int:
    """The first row whose IRI comes after this one, which need not be there any longer."""
    low, high = 0, len(snapshot.iris)
    while low < high:
        middle = (low + high) // 2
        if snapshot.iris[middle].encode() <= iri.encode():
            low = middle + 1
        else:
            high = middle
    return low


def list_resources(
    context: Context,
    view: "View",
    pages: Pages[PageType],
    wanted: ResourceFilter | None,
    first: int,
    after: str | None,
) -> PageType:
    """A page of the resources of one type that fit the filter. Raises UnknownReferenceError, InputError."""
    return _page(context, view, pages, filter_rows(view.snapshot, pages.kind, wanted), first, after)


def list_framework_competencies(
    context: Context, framework: "Framework", parent: ID | None, first: int, after: str | None
) -> CompetencyConnection:
    """A page of a framework's competencies, or of those of it that are directly below one."""
    view, snapshot = framework.view, framework.view.snapshot
    rows = snapshot.rows(ResourceType.COMPETENCY)
    if parent is not None:
        above = snapshot.resolve(str(parent), (ResourceType.COMPETENCY,))
        rows = _among(rows, snapshot.narrower[snapshot.span("narrower_offsets", above)].tolist())
    return _page(context, view, COMPETENCIES, rows[snapshot.framework[rows] == framework.row], first, after)


def list_framework_tops(
    context: Context, framework: "Framework", first: int, after: str | None
) -> CompetencyConnection:
    """A page of a framework's competencies that are below none of it."""
    view, snapshot = framework.view, framework.view.snapshot
    rows = snapshot.rows(ResourceType.COMPETENCY)
    below = snapshot.derived("below one of their framework", _below_own)
    return _page(
        context, view, COMPETENCIES, rows[(snapshot.framework[rows] == framework.row) & ~below[rows]], first, after
    )


def count_children(snapshot: Snapshot, row: int) -> int:
    """How many competencies of the same framework are directly below a competency."""
    children = snapshot.narrower[snapshot.span("narrower_offsets", row)]
    same = snapshot.framework[children] == snapshot.framework[row]
    return int(np.count_nonzero(same & (snapshot.types[children] == ResourceType.COMPETENCY)))


def ancestors(snapshot: Snapshot, row: int) -> list[int]:
    """Rows above a competency in its framework, from the top down; the first by IRI where it has several parents.

    Of a cycle each is there once, and never the competency itself.
    """
    found: list[int] = []
    at = row
    while len(found) < PATH_AT_MOST:
        parents = snapshot.broader[snapshot.span("broader_offsets", at)]
        own = parents[
            (snapshot.framework[parents] == snapshot.framework[row])
            & (snapshot.types[parents] == ResourceType.COMPETENCY)
        ]
        if not len(own) or (at := int(own.min())) in (row, *found):
            break
        found.append(at)
    return found[::-1]


def _below_own(snapshot: Snapshot) -> Bools:
    """Of each row, whether it is below a thing of its own framework."""
    owners = np.repeat(np.arange(len(snapshot.iris)), np.diff(snapshot.broader_offsets))
    below = np.zeros(len(snapshot.iris), dtype=np.bool_)
    below[owners[snapshot.framework[owners] == snapshot.framework[snapshot.broader]]] = True
    return below
