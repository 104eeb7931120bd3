"""Long bodies of GraphQL requests: what makes them long are texts such as credentials, and room for them is bounded.

A body of one MiB costs little, whatever is in it. One of sixteen costs as many bytes as it has where it is a few long
texts, and twenty times as many where it is a million small values: so only texts may make it long, which is looked at
before anything is parsed. Knows no protocol. Called by the transport.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

LONG_TEXT_BYTES: Final = 1024
"""From which a text of JSON, with its quotation marks and escapes, is a long one."""
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text of JSON. Where its end is missing it goes to the end of the body, so that nothing is looked at twice."""


class NoRoomError(Exception):
    """Long bodies take all the room that there is."""


class LongBodies:
    """The room that long bodies of all requests share. For one event loop."""

    def __init__(self, most_bytes: int) -> None:
        self._free = most_bytes

    @contextmanager
    def room(self) -> Iterator["Room"]:
        """What one request takes; given back at its end."""
        room = Room(self)
        try:
            yield room
        finally:
            self._free += room.taken

    def take(self, count: int) -> None:
        """Nothing; so many bytes are taken. Raises NoRoomError."""
        if count > self._free:
            raise NoRoomError
        self._free -= count


class Room:
    """The room of one request."""

    def __init__(self, bodies: LongBodies) -> None:
        self._bodies = bodies
        self.taken = 0

    def take(self, total: int) -> None:
        """Nothing; the request has taken so many bytes in all. Raises NoRoomError."""
        if total > self.taken:
            self._bodies.take(total - self.taken)
            self.taken = total


def is_short_without_texts(body: bytes, most: int) -> bool:
    """Whether a body of JSON has at most so many bytes beside its long texts. Linear; ends early where it has more."""
    rest = end = 0
    for found in _TEXT.finditer(body):
        start, rest, end = found.start(), rest + found.start() - end, found.end()
        if end - start < LONG_TEXT_BYTES:
            rest += end - start
        if rest > most:
            return False
    return rest + len(body) - end <= most
