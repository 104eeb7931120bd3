"""Pages of lists that are at hand as a whole: sorted by a key that their cursors hold."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

from .connections import Key, PageInfo, check_first, decode_cursor, encode_cursor, page_info
from .context import Context

Item = TypeVar("Item")


def page_of(
    context: Context,
    kind: str,
    items: Sequence[Item],
    key_of: Callable[[Item], Key],
    key_types: Sequence[type],
    first: int,
    after: str | None,
) -> tuple[list[tuple[str, Item]], PageInfo]:
    """(cursor, item) of a page, and where it lies. Raises InputError.

    Args:
        items: by key, rising.
    """
    check_first(first, context.limits.page)
    key = decode_cursor(kind, after, key_types)
    start = 0 if key is None else bisect_right(items, key, key=key_of)
    shown = items[start : start + first]
    context.spend(len(shown))
    found = [(encode_cursor(kind, key_of(each)), each) for each in shown]
    where = page_info([cursor for cursor, _ in found], has_next=start + first < len(items), has_previous=start > 0)
    return found, where
