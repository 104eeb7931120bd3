"""Whether text is built within measure, told before a parser runs: words, strings, lines, nesting, names, languages.

Goes over a stream a chunk at a time with searches of bytes and arrays, never token by token, and keeps no more than a
line of it. Knows just enough of JSON, XML, Turtle and CSV to see where a string begins and ends; whether they are well
formed is the parser's matter. Called by `text_check`.
"""

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

MAX_WORD_BYTES: Final = 1 << 16
"""An IRI or language tag. Records take 2,048 characters; what is longer than this is refused unread."""
MAX_STRING_BYTES: Final = 16 << 20
"""A literal, a JSON string, a text of XML, a line of anything else. The longest that we know has 0.3 MB."""
MAX_NESTING: Final = 64
"""Objects and lists in each other, elements in each other. The deepest of all samples that we know has 17."""
MAX_NAMES: Final = 100_000
"""Different names of members in one JSON document. The most that we know are 2,279."""
MAX_LANGUAGE_TAGS: Final = 10_000
"""Different language tags in one document. IANA registers some 8,200 languages; ESCO has 28."""

_HEAD_BYTES: Final = 1 << 16
_LANGUAGE: Final = re.compile(rb'"@([A-Za-z][A-Za-z0-9-]{0,64})')
_LANGUAGE_IN_SINGLE: Final = re.compile(rb"'@([A-Za-z][A-Za-z0-9-]{0,64})")
_LANGUAGE_MEMBER: Final = re.compile(rb'"@language"\s{0,8}:\s{0,8}"([^"]{0,64})')
_LANGUAGE_ATTRIBUTE: Final = re.compile(rb"""xml:lang\s{0,8}=\s{0,8}["']([^"'<]{0,64})""")
_ABSOLUTE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,30}:")
_LEADING_COMMENTS: Final = re.compile(rb"(?:\s*#[^\n]*\n)*\s*")
_XML_PROLOGUE: Final = re.compile(rb"<(?:\?[A-Za-z]|!)")
_XML_ROOT: Final = re.compile(rb"<[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?(?:\s+[\w.:-]+\s*=|\s*/>|\s{2,})")
_JSON_LIST: Final = re.compile(rb'\[\s*(?:[{\["\d-]|(?:true|false|null)\s*[,\]]|\]\s*\Z)')
_JSON_OBJECT: Final = re.compile(rb'\{\s*["}]')
_TURTLE: Final = re.compile(
    rb"@(?:prefix|base)\s|prefix\s+[\w.-]*:\s*<|base\s+<|_:\w|<[^<>\s]*>\s|[\[(]", re.IGNORECASE
)
_TURTLE_SUFFIXES: Final = frozenset({".n3", ".nq", ".nt", ".trig", ".ttl"})
_XML_SUFFIXES: Final = frozenset({".owl", ".rdf", ".trix", ".xml"})


class Syntax(Enum):
    """What a document is written in, as far as limits need to know."""

    JSON = "JSON"
    XML = "XML"
    TURTLE = "Turtle"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What goes beyond which limit, as the end of a sentence, and where: a line counted from 1."""

    code: str
    what: str
    fix: str
    line: int


def find_syntax(head: bytes, suffix: str) -> Syntax:
    """The syntax by the first bytes, without byte order mark; by the suffix where they leave it open."""
    start = head.lstrip()
    if _JSON_OBJECT.match(start) or _JSON_LIST.match(start):
        return Syntax.JSON
    if _XML_PROLOGUE.match(start) or _XML_ROOT.match(start) or suffix in _XML_SUFFIXES:
        return Syntax.XML
    comments = _LEADING_COMMENTS.match(start)
    if suffix in _TURTLE_SUFFIXES or _TURTLE.match(start, comments.end() if comments else 0):
        return Syntax.TURTLE
    return Syntax.TEXT


class TextStructure:
    """The check of one stream: `feed` its chunks, then `finish`; the first excess that either gives ends it."""

    def __init__(self, suffix: str):
        self.syntax: Syntax | None = None
        """None until enough of the text has come."""
        self._suffix = suffix
        self._waiting = b""
        self._line = 1
        self._rules: tuple[_Rule, ...] = ()

    def feed(self, chunk: bytes) -> Excess | None:
        """What goes beyond a limit in the next bytes."""
        if self.syntax is None:
            start = (self._waiting + chunk).removeprefix(codecs.BOM_UTF8).lstrip()
            self._line += self._waiting.count(b"\n") + chunk.count(b"\n") - start.count(b"\n")
            self._waiting = start
            return self._begin() if len(start) >= _HEAD_BYTES else None
        return self._look(chunk)

    def finish(self) -> Excess | None:
        """What goes beyond a limit in a text that ended before its syntax was told."""
        return self._begin() if self.syntax is None else None

    def _begin(self) -> Excess | None:
        waiting, self._waiting = self._waiting, b""
        self.syntax = find_syntax(waiting[:_HEAD_BYTES], self._suffix)
        self._rules = _RULES[self.syntax]()
        if self.syntax is Syntax.JSON and self._suffix == ".jsonl":
            self._rules = (*self._rules, _Runs(b"\r\n", MAX_STRING_BYTES, "a line"))
        return self._look(waiting)

    def _look(self, data: bytes) -> Excess | None:
        for rule in self._rules:
            found = rule.feed(data)
            if found is not None:
                at, code, what, fix = found
                return Excess(code=code, what=what, fix=fix, line=self._line + data.count(b"\n", 0, max(at, 0)))
        self._line += data.count(b"\n")
        return None


_Found = tuple[int, str, str, str]
"""Offset in the chunk (negative: before it), code, what, fix."""


class _Rule(Protocol):
    """One limit."""

    def feed(self, data: bytes) -> _Found | None:
        """What goes beyond it in the next bytes."""


def _too_long(at: int, what: str, limit: int) -> _Found:
    return (
        at,
        "document.too-long",
        f"has {what} of more than {limit:,} bytes, which is refused unread.",
        "Shorten it, or leave it out; a file that was damaged must be downloaded again.",
    )


class _Runs:
    """No stretch between two breaks is longer than a limit. Cost: a few searches each `limit` bytes.

    `tells` is asked about a stretch that is too long, with the break before it and its first bytes.
    """

    def __init__(self, breaks: bytes, limit: int, what: str, tells: Callable[[bytes], bool] | None = None):
        self._breaks = [bytes([each]) for each in breaks]
        self._next = re.compile(b"[" + re.escape(breaks) + b"]")
        self._limit = limit
        self._what = what
        self._tells = tells
        self._length = 0
        self._start = b"\n"
        self._excused = False

    def feed(self, data: bytes) -> _Found | None:
        size = len(data)
        start = -self._length
        if self._excused:
            start = self._behind(data, 0)
            if start < 0:
                return None
        while start + self._limit < size:
            last = self._last(data, max(start, 0), start + self._limit + 1)
            if last >= 0:
                start = last + 1
            elif self._tells is None or self._tells(self._starts(data, start)):
                return _too_long(start, self._what, self._limit)
            else:
                start = self._behind(data, max(start, 0))
                if start < 0:
                    return None
        last = self._last(data, max(start, 0), size)
        start = last + 1 if last >= 0 else start
        self._start = self._starts(data, start)
        self._length = size - start
        return None

    def _last(self, data: bytes, low: int, high: int) -> int:
        return max(data.rfind(each, low, high) for each in self._breaks)

    def _behind(self, data: bytes, low: int) -> int:
        """Behind the next break; -1 and `_excused` where the stretch goes on."""
        found = self._next.search(data, low)
        self._excused = found is None
        return found.end() if found else -1

    def _starts(self, data: bytes, start: int) -> bytes:
        """The break before a stretch and its first bytes."""
        return data[start - 1 : start + 64] if start > 0 else (self._start + data[:64])[:65]


def _is_name_in_turtle(start: bytes) -> bool:
    return start[:1] == b"<" or start[1:2] == b"@" or start[1:3] == b"_:" or bool(_ABSOLUTE.match(start, 1))


def _is_iri(start: bytes) -> bool:
    return bool(_ABSOLUTE.match(start, 1)) and start[1:6].lower() != b"data:"


class _Cells:
    """No cell in quotes is longer than a limit, as far as one that has no quote inside tells.

    A quote opens a cell where it stands at the start of one and is the odd one; quotes inside bare cells count for
    nothing. What escapes this meets the limit that rows are read with.
    """

    def __init__(self) -> None:
        self._before = b"\n"
        self._length = 0
        self._odd = False
        self._opens = False

    def feed(self, data: bytes) -> _Found | None:
        last = data.rfind(b'"')
        if last < 0:
            self._length += len(data)
        else:
            first = data.find(b'"')
            if self._opens and self._length + first - 1 > MAX_STRING_BYTES:
                return _too_long(-self._length, "a cell", MAX_STRING_BYTES)
            self._odd ^= data.count(b'"') % 2 == 1
            before = data[last - 1 : last] if last else self._before
            self._opens = self._odd and before in _CELL_STARTS
            self._length = len(data) - last
        self._before = data[-1:]
        if self._opens and self._length - 1 > MAX_STRING_BYTES:
            return _too_long(-self._length, "a cell", MAX_STRING_BYTES)
        return None


_CELL_STARTS: Final = (b",", b";", b"\t", b"\n", b"\r")


class _Languages:
    """No more different language tags than the limit."""

    def __init__(self, pattern: re.Pattern[bytes], clue: bytes):
        self._pattern = pattern
        self._clue = clue
        self._seen: set[bytes] = set()

    def feed(self, data: bytes) -> _Found | None:
        if self._clue in data:
            self._seen.update(self._pattern.findall(data))
        if len(self._seen) <= MAX_LANGUAGE_TAGS:
            return None
        return (
            0,
            "document.too-many-names",
            f"has more than {MAX_LANGUAGE_TAGS:,} different language tags.",
            "Use the tags of BCP 47; take what is no language out of them.",
        )


def _too_deep(at: int) -> _Found:
    return (
        at,
        "document.too-deep",
        f"nests more than {MAX_NESTING} levels deep.",
        "Take the inner levels apart into a document of their own.",
    )


def _levels(deltas: npt.NDArray[np.int8], before: int) -> npt.NDArray[np.int64]:
    """The depth after each opening (1) and closing (-1); closings that close nothing count as none."""
    levels = before + np.cumsum(deltas, dtype=np.int64)
    return levels - np.minimum(np.minimum.accumulate(levels), 0)


_QUOTE = ord('"')
_JSON_SIGNS = b'"{}[]'
_NO_JSON_SIGN = bytes(byte for byte in range(256) if byte not in _JSON_SIGNS)
_JSON_DELTAS: npt.NDArray[np.int8] = np.zeros(256, np.int8)
_JSON_DELTAS[[ord("{"), ord("[")]] = 1
_JSON_DELTAS[[ord("}"), ord("]")]] = -1
_BLANKS: npt.NDArray[np.bool_] = np.zeros(256, np.bool_)
_BLANKS[[9, 10, 13, 32]] = True


class _JsonShape:
    """Strings, depth and names of members. What is escaped is masked, so that each quote begins or ends a string."""

    def __init__(self) -> None:
        self._carry = b""
        self._inside = False
        self._length = 0
        self._depth = 0
        self._names: set[int] = set()

    def feed(self, data: bytes) -> _Found | None:
        moved = len(self._carry)
        data = self._carry + data
        odd = (len(data) - len(data.rstrip(b"\\"))) % 2
        self._carry = data[len(data) - odd :]
        data = data[: len(data) - odd]
        if b"\\" in data:
            data = data.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        signs = np.frombuffer(data, np.uint8)
        quotes = np.flatnonzero(signs == _QUOTE)
        found = self._deepest(data, signs) or self._strings(quotes, len(data)) or self._members(signs, quotes)
        self._inside ^= bool(len(quotes) % 2)
        return (found[0] - moved, *found[1:]) if found else None

    def _deepest(self, data: bytes, signs: npt.NDArray[np.uint8]) -> _Found | None:
        skeleton = np.frombuffer(data.translate(None, _NO_JSON_SIGN), np.uint8)
        if not len(skeleton):
            return None
        outside = (np.cumsum(skeleton == _QUOTE) + self._inside) % 2 == 0
        levels = _levels(_JSON_DELTAS[skeleton] * outside, self._depth)
        self._depth = int(levels[-1])
        if int(levels.max()) <= MAX_NESTING:
            return None
        kinds = np.isin(signs, np.frombuffer(_JSON_SIGNS, np.uint8))
        return _too_deep(int(np.flatnonzero(kinds)[int(np.argmax(levels > MAX_NESTING))]))

    def _strings(self, quotes: npt.NDArray[np.int64], size: int) -> _Found | None:
        bounds = np.concatenate(([-self._length], quotes)) if self._inside else quotes
        starts, ends = bounds[0::2], bounds[1::2]
        self._length = size - int(starts[-1]) if len(starts) > len(ends) else 0
        lengths = ends - starts[: len(ends)] - 1
        if len(lengths) and int(lengths.max()) > MAX_STRING_BYTES:
            return _too_long(int(starts[int(lengths.argmax())]), "a string", MAX_STRING_BYTES)
        if self._length - 1 > MAX_STRING_BYTES:
            return _too_long(size - self._length, "a string", MAX_STRING_BYTES)
        return None

    def _members(self, signs: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64]) -> _Found | None:
        """Counts names by a hash of length, first and last eight bytes; one that a chunk's end cuts is passed over."""
        pairs = quotes[1:] if self._inside else quotes
        starts, ends = pairs[0::2][: len(pairs) // 2] + 1, pairs[1::2]
        after = ends + 1
        for _ in range(4):
            after = after + ((after < len(signs)) & _BLANKS[signs[np.minimum(after, len(signs) - 1)]])
        named = (after < len(signs)) & (signs[np.minimum(after, len(signs) - 1)] == ord(":"))
        starts, ends = starts[named], ends[named]
        if not len(starts):
            return None
        padded = np.concatenate((np.zeros(8, np.uint8), signs, np.zeros(8, np.uint8)))
        eights = np.lib.stride_tricks.sliding_window_view(padded, 8)
        lengths = (ends - starts).astype(np.uint64)
        first = np.ascontiguousarray(eights[starts + 8]).view("<u8")[:, 0]
        last = np.ascontiguousarray(eights[ends]).view("<u8")[:, 0]
        spare = np.uint64(8) * (np.uint64(8) - np.minimum(lengths, np.uint64(8)))
        first = np.where(lengths > 0, first << spare, np.uint64(0))
        last = np.where(lengths >= 8, last, np.uint64(0))
        hashes = first ^ (last * np.uint64(0x9E3779B97F4A7C15)) ^ (lengths * np.uint64(0xC2B2AE3D27D4EB4F))
        self._names.update(np.unique(hashes).tolist())
        if len(self._names) <= MAX_NAMES:
            return None
        return (
            0,
            "document.too-many-names",
            f"has more than {MAX_NAMES:,} different names of members.",
            "Give things in lists, each with its id, in place of names that are ids.",
        )


_OUTSIDE = re.compile(
    rb"""(?:[^"'<#\\\n]++|\n|<[^<>"\s]*+>?|\\.?"""
    rb"""|"(?!"")(?:[^"\\\n]++|\\.)*+"?|'(?!'')(?:[^'\\\n]++|\\.)*+'?|#[^\n]*+)*+"""
)
"""Turtle from the start of a line up to a string in three quotes."""


class _LongStrings:
    """No string in three quotes is longer than the limit. Lines have their own, and other strings end in theirs.

    Where neither kind of three quotes stands nothing is looked at; where one does, that line is read on from its start.
    """

    def __init__(self) -> None:
        self._carry = b""
        self._quote = b""
        self._length = 0

    def feed(self, data: bytes) -> _Found | None:
        moved = len(self._carry)
        data = self._carry + data
        at = 0
        while at < len(data):
            if self._quote:
                end = self._end(data, at)
                if end < 0:
                    tail = len(data) - at - len(data[at:].rstrip(b"\\\"'"))
                    self._length += len(data) - at - tail
                    self._carry = data[len(data) - tail :]
                    if max(self._length, tail - 3) > MAX_STRING_BYTES:
                        return _too_long(at - moved, "a literal", MAX_STRING_BYTES)
                    return None
                if self._length + end - at > MAX_STRING_BYTES:
                    return _too_long(at - moved, "a literal", MAX_STRING_BYTES)
                self._quote, self._length, at = b"", 0, end + 3
                continue
            openings = [place for place in (data.find(b'"""', at), data.find(b"'''", at)) if place >= 0]
            if not openings:
                break
            at = max(at, data.rfind(b"\n", at, min(openings)) + 1)
            stop = _OUTSIDE.match(data, at)
            end = stop.end() if stop else at
            if end >= len(data):
                break
            self._quote, at = data[end : end + 3], end + 3
        self._carry = data[max(at, data.rfind(b"\n") + 1) :]
        return None

    def _end(self, data: bytes, start: int) -> int:
        """Where the three quotes stand that end the string; -1 where they do not come."""
        at = data.find(self._quote, start)
        while at >= 0:
            before = data[start:at]
            if (len(before) - len(before.rstrip(b"\\"))) % 2 == 0:
                return at
            at = data.find(self._quote, at + 1)
        return -1


_TAG_STARTS: npt.NDArray[np.int8] = np.ones(256, np.int8)
_TAG_STARTS[ord("/")] = -1
_TAG_STARTS[[ord("!"), ord("?")]] = 0


class _XmlShape:
    """Depth of elements and length of text between them. Comments and CDATA are masked first."""

    def __init__(self) -> None:
        self._carry = b""
        self._depth = 0
        self._end = b""
        self._texts = _Runs(b"<", MAX_STRING_BYTES, "a text")

    def feed(self, data: bytes) -> _Found | None:
        moved = len(self._carry)
        data = self._carry + data
        keep = _safe_end(data)
        self._carry = data[keep:]
        data = self._masked(data[:keep])
        found = self._deepest(data) or self._texts.feed(data)
        return (found[0] - moved, *found[1:]) if found else None

    def _masked(self, data: bytes) -> bytes:
        """The same number of bytes, with blanks for what stands in CDATA and comments."""
        head = b""
        if self._end:
            end = data.find(self._end)
            stop = len(data) if end < 0 else end + len(self._end)
            self._end = self._end if end < 0 else b""
            head, data = b" " * stop, data[stop:]
        if b"<!" not in data:
            return head + data
        pieces = _XML_SECTIONS.split(data)
        last = pieces[-2] if len(pieces) > 1 and not pieces[-1] else b""
        closing = b"]]>" if last.startswith(b"<![") else b"-->"
        if last and not (last.endswith(closing) and len(last) >= len(closing) + 4):
            self._end = closing
        pieces[1::2] = [b" " * len(piece) for piece in pieces[1::2]]
        return head + b"".join(pieces)

    def _deepest(self, data: bytes) -> _Found | None:
        signs = np.frombuffer(data, np.uint8)
        opens = np.flatnonzero(signs[:-1] == ord("<"))
        closed = np.flatnonzero((signs[1:] == ord(">")) & (signs[:-1] == ord("/")))
        places = np.concatenate((opens, closed))
        if not len(places):
            return None
        deltas = np.concatenate((_TAG_STARTS[signs[opens + 1]], np.full(len(closed), -1, np.int8)))
        order = np.argsort(places, kind="stable")
        levels = _levels(deltas[order], self._depth)
        self._depth = int(levels[-1])
        if int(levels.max()) <= MAX_NESTING:
            return None
        return _too_deep(int(places[order][int(np.argmax(levels > MAX_NESTING))]))


def _safe_end(data: bytes) -> int:
    """Where XML may be cut with no sign of several characters in two: before a late `<`, or a last `-`, `]`, `/`."""
    at = data.rfind(b"<", max(len(data) - 12, 0))
    if at >= 0 and b">" not in data[at:]:
        return at
    return len(data) - len(data[-2:]) + len(data[-2:].rstrip(b"-]/"))


_XML_SECTIONS = re.compile(rb"(<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z))", re.DOTALL)

_RULES: Final[dict[Syntax, Callable[[], tuple[_Rule, ...]]]] = {
    Syntax.JSON: lambda: (
        _JsonShape(),
        _Runs(b' \t\r\n"', MAX_WORD_BYTES, "an IRI", _is_iri),
        _Languages(_LANGUAGE_MEMBER, b'"@language"'),
    ),
    Syntax.XML: lambda: (
        _XmlShape(),
        _Runs(b" \t\r\n\"'<>", MAX_WORD_BYTES, "an IRI", _is_iri),
        _Languages(_LANGUAGE_ATTRIBUTE, b"xml:lang"),
    ),
    Syntax.TURTLE: lambda: (
        _Runs(b"\r\n", MAX_STRING_BYTES, "a line"),
        _Runs(b' \t\r\n"<>', MAX_WORD_BYTES, "an IRI or a tag", _is_name_in_turtle),
        _LongStrings(),
        _Languages(_LANGUAGE, b'"@'),
        _Languages(_LANGUAGE_IN_SINGLE, b"'@"),
    ),
    Syntax.TEXT: lambda: (
        _Runs(b"\r\n", MAX_STRING_BYTES, "a line"),
        _Runs(b' \t\r\n",;|<>', MAX_WORD_BYTES, "an IRI", _is_iri),
        _Cells(),
    ),
}
