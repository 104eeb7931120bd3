"""What many tables say of one thing, kept as bytes until its record is made: a half million labels in little memory.

Called by the readers of folders in which one thing is described in several files.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

_MARK: Final = "\0"
"""Between gathered words: no document that passes the gate has it."""


@dataclass(slots=True)
class Gathered:
    """Everything that is said of each thing, by its key, in the order in which it was read."""

    said: dict[str, bytearray] = field(default_factory=dict)

    def say(self, key: str, what: str, value: str, extra: str = "") -> None:
        """Adds what is said, unless it is empty; `what` says of which kind it is."""
        if value:
            self.said.setdefault(key, bytearray()).extend(f"{what}{_MARK}{extra}{_MARK}{value}{_MARK}".encode())

    def read(self, key: str) -> Iterator[tuple[str, str, str]]:
        """(what is said, its value, the extra word), in the order in which it was read."""
        parts = self.said.get(key, b"").decode().split(_MARK)
        return zip(parts[0::3], parts[2::3], parts[1::3], strict=False)

    def values(self, key: str, what: str) -> list[str]:
        """All values of one kind."""
        return [value for said, value, _ in self.read(key) if said == what]
