"""What a JSON document is about, told by its beginning: the keys of its first objects and the contexts it names.

Reads no more than the head of a document, which may end anywhere. Called by readers of JSON to tell whose it is.
"""

import re
from dataclasses import dataclass
from typing import Final

from ontology.documents import Document

_TOKEN: Final = re.compile(r'"((?:[^"\\]|\\.)*)"|[{}\[\]:,]', re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The beginning of a JSON document."""

    keys: frozenset[str]
    """Keys of the outermost objects: the top one, those of a list at the top."""
    all_keys: frozenset[str]
    """Keys of all objects in the head."""
    contexts: tuple[str, ...]
    """Texts within the first `@context`: addresses, prefixes, terms."""
    types: frozenset[str]
    """Texts that `@type` or `type` has, in any object."""


def find_outline(document: Document) -> Outline | None:
    """The outline; None where the document does not begin as JSON does."""
    text = document.head.decode("utf-8", "ignore").lstrip()
    if not text.startswith(("{", "[")):
        return None
    scan = _Scan()
    tokens = list(_TOKEN.finditer(text))
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        scan.take(token, followed_by_colon=following is not None and following[0] == ":")
    return Outline(
        keys=frozenset(scan.keys),
        all_keys=frozenset(scan.every),
        contexts=tuple(scan.contexts),
        types=frozenset(scan.types),
    )


class _Scan:
    """What the tokens so far say."""

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.every: set[str] = set()
        self.contexts: list[str] = []
        self.types: set[str] = set()
        self._around: list[tuple[str, str]] = []
        """(bracket, key that it is the value of) of each open object and list."""
        self._key = ""
        self._context_depth: int | None = None
        """Depth of the first `@context`; 0 behind its end."""

    def take(self, token: re.Match[str], *, followed_by_colon: bool) -> None:
        symbol = token[0]
        if symbol in "{[":
            self._around.append((symbol, self._key))
        elif symbol in "}]":
            self._key = self._around.pop()[1] if self._around else ""
        elif symbol not in ":,":
            self._text(token[1], is_key=followed_by_colon and bool(self._around) and self._around[-1][0] == "{")

    def _text(self, text: str, *, is_key: bool) -> None:
        depth = len(self._around)
        if not is_key:
            if self._key in {"@type", "type"}:
                self.types.add(text)
        else:
            self._key = text
            self.every.add(text)
            if [bracket for bracket, _ in self._around] in (["{"], ["[", "{"]):
                self.keys.add(text)
            if depth == self._context_depth:
                self._context_depth = 0
            if text == "@context" and self._context_depth is None:
                self._context_depth = depth
                return
        if self._context_depth and depth >= self._context_depth:
            self.contexts.append(text)
