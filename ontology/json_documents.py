"""JSON documents as values: one value of a document, or one of each line; a fault is a finding with its line.

The gate has measured the document before: its size, its encoding, how deep it nests. What JSON allows and no reader can
use, half of a surrogate pair or a number beyond all measure, is a fault here. Called by the readers of JSON.
"""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from .documents import Document
from .model import Finding, FindingLevel, Source, shorten

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_LARGEST: Final = sys.float_info.max
"""What a double holds, which most that is done with a number makes of it."""
MAX_DIGITS: Final = 4300
"""Digits of a number; Python's own limit, since the work grows with their square."""
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_HIGH_AND_LOW: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NAMES_TOLD: Final = 3
_BLANKS: Final = " \t\r\n"


def read_json(document: Document, *, whole: bool = True) -> Json | Finding:
    """The value of a document; a must-finding where it is not JSON.

    Args:
        whole: also where something in it cannot be written again, half a character or a number without measure. A
            reader that looks for these itself says False and reads the rest.

    Of repeated names in an object the last one counts, and the document has a should-finding among its `remarks`.
    """
    return _parsed(document.text(), document, 0, whole=whole)


def read_json_lines(document: Document) -> Iterator[tuple[int, Json] | Finding]:
    """(line, value) of each line that is not blank; a must-finding for each that is not JSON."""
    with document.lines() as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                value = _parsed(line.rstrip("\r\n"), document, number - 1, whole=True)
                yield value if isinstance(value, Finding) else (number, value)


def pointer(*parts: str | int) -> str:
    """An RFC 6901 pointer: `pointer("CFItems", 3)` is `/CFItems/3`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


class _RefusedError(ValueError):
    """A value that is JSON's, or nearly, and that is not taken."""


def _parsed(text: str, document: Document, lines_before: int, *, whole: bool) -> Json | Finding:
    name = document.name
    repeated: dict[str, None] = {}

    def build(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        built = dict(pairs)
        if len(built) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            repeated.update((key, None) for key, count in counts.items() if count > 1)
        return built

    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=build,
            parse_constant=_refuse,
            parse_float=_float if whole else float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        at, what = _place(text, error)
        column = at - text.rfind("\n", 0, at)
        return _fault(name, lines_before + text.count("\n", 0, at) + 1, f"{what} (column {column})")
    except RecursionError:
        return _fault(name, None, "it nests too deeply")
    except _RefusedError as error:
        at = text.find(str(error))
        line = None if at < 0 else lines_before + text.count("\n", 0, at) + 1
        return _fault(name, line, f"{shorten(str(error))} is no number that can be read")
    half = _half_of_a_pair(text) if whole else None
    if half is not None:
        return _fault(
            name, lines_before + text.count("\n", 0, half) + 1, f"{text[half : half + 6]} is half a character"
        )
    if repeated:
        document.remark(_repeated(document, list(repeated), lines_before + 1 if lines_before else None))
    return value


def _place(text: str, error: json.JSONDecodeError) -> tuple[int, str]:
    """(where a text stops to be JSON, in words); the same for every version of Python."""
    at, rest = error.pos, text[error.pos :].lstrip(_BLANKS)
    if rest[:1] == "," and rest[1:].lstrip(_BLANKS)[:1] in {"]", "}"}:
        rest = rest[1:].lstrip(_BLANKS)
        at = len(text) - len(rest)
    if not rest:
        return at, "it ends where more is expected"
    if rest.startswith(("//", "/*")):
        return at, "JSON has no comments, and one begins here"
    if rest[0] in {"]", "}"} and text[:at].rstrip(_BLANKS).endswith(","):
        return at, f"a comma stands before the closing {rest[0]}"
    if error.msg == "Extra data":
        return at, "more follows after the end of its value"
    return at, error.msg


def _refuse(text: str) -> None:
    raise _RefusedError(text)


def _integer(text: str) -> int:
    value = int(text) if len(text) <= MAX_DIGITS else math.inf
    if not -_LARGEST <= value <= _LARGEST:
        raise _RefusedError(text)
    return int(value)


def _float(text: str) -> float:
    value = float(text) if len(text) <= MAX_DIGITS else math.inf
    if math.isinf(value):
        raise _RefusedError(text)
    return value


def _half_of_a_pair(text: str) -> int | None:
    """Where an escape stands that is half of a surrogate pair; half a character cannot be written as UTF-8."""
    if "\\ud" not in text and "\\uD" not in text:
        return None
    plain = _HIGH_AND_LOW.sub("____________", text.replace("\\\\", "__"))
    found = _SURROGATE.search(plain)
    return found.start() if found else None


def _repeated(document: Document, names: list[str], line: int | None) -> Finding:
    shown = ", ".join(repr(shorten(each)) for each in names[:_NAMES_TOLD])
    more = f" and {len(names) - _NAMES_TOLD} more" if len(names) > _NAMES_TOLD else ""
    return Finding(
        level=FindingLevel.SHOULD,
        code="json.repeated-name",
        message=f"An object in {document.name} names a member more than once ({shown}{more}); the last one counts.",
        source=Source(file=document.name, line=line),
        fix="Keep one of them, or make a list of the values.",
    )


def _fault(name: str, line: int | None, what: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="json.syntax",
        message=f"{name} is not JSON: {what}.",
        source=Source(file=name, line=line),
        fix="Mend the JSON there; a file that ends too early was cut off on its way.",
    )


def objects_in(value: Json, path: Sequence[str | int] = ()) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json]]]:
    """(path, object) of each object directly in a list, or of the value itself where it is one."""
    if isinstance(value, dict):
        yield tuple(path), value
    elif isinstance(value, list):
        for index, each in enumerate(value):
            if isinstance(each, dict):
                yield (*path, index), each
