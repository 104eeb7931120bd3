"""JSON that means one thing: no repeated names, no halves of characters, no numbers without measure.

Two readers of a repeated name may see two documents, and a signature would hold for both. Called for everything that is
signed or decides about a signature.
"""

import json
import math
import sys
from typing import Final

from ontology.json_documents import Json

MAX_DEPTH: Final = 64
"""Nesting, as the gate allows; the deepest credential known has 17."""
MAX_DIGITS: Final = 400
"""Digits of a number; a double has at most 309 before its point."""
_LARGEST: Final = sys.float_info.max
"""What a double holds, which every other reader makes of a number."""
Object = dict[str, Json]


class NotStrictError(ValueError):
    """A text that is not JSON, or that two readers could read differently. The message is for people."""


def parse_strict(content: bytes) -> Json:
    """The value of a JSON document in UTF-8. Raises NotStrictError."""
    try:
        value: Json = json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_build,
            parse_constant=_refuse,
            parse_float=_float,
            parse_int=_integer,
        )
    except NotStrictError:
        raise
    except RecursionError:
        raise NotStrictError("it nests too deeply") from None
    except ValueError as error:
        raise NotStrictError(f"it is not JSON ({error})") from None
    check_strict(value)
    return value


def parse_object(content: bytes) -> Object:
    """The object that a JSON document is. Raises NotStrictError."""
    value = parse_strict(content)
    if not isinstance(value, dict):
        raise NotStrictError("it is not a JSON object")
    return value


def check_strict(value: Json) -> None:
    """Nothing, of a value that is in memory already. Raises NotStrictError where it could not be written as JSON."""
    waiting: list[tuple[Json, int]] = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise NotStrictError(f"it nests deeper than {MAX_DEPTH} levels")
        if isinstance(each, str):
            _check_text(each)
        elif isinstance(each, int | float) and not -_LARGEST <= each <= _LARGEST:
            raise NotStrictError("it has a number without measure")
        elif isinstance(each, list):
            waiting.extend((item, depth + 1) for item in each)
        elif isinstance(each, dict):
            for name in each:
                _check_text(name)
            waiting.extend((item, depth + 1) for item in each.values())


def _check_text(text: str) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            raise NotStrictError("it has half a character") from None


def _build(pairs: list[tuple[str, Json]]) -> Object:
    built = dict(pairs)
    if len(built) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotStrictError(f"an object names {twice[:80]!r} more than once")
    return built


def _refuse(text: str) -> None:
    raise NotStrictError(f"{text} is no JSON number")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotStrictError("a number has too many digits")
    return int(text)  # `check_strict` measures it


def _float(text: str) -> float:
    value = float(text) if len(text) <= MAX_DIGITS else math.inf
    if math.isinf(value):
        raise NotStrictError("a number has no measure")
    return value
