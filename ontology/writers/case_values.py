"""Single values made valid CASE 1.1: texts, numbers, dates. None where nothing valid can be made of a value.

Called by `case_upgrade`, which keeps what was there before.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from ontology.json_documents import Json
from ontology.readers.case_terms import ASSOCIATION_TYPES, EXTENDED_TYPE, JsonObject, Shape

VERSION: Final = "1.1"
NEUTRAL_TIME: Final = "1970-01-01T00:00:00Z"
"""What stands for a lastChangeDateTime that nobody knows."""
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EXTENSION = re.compile(r"^[^:][^:]*:[^:][^:]*$")
"""Keys of `extensions` whose values the official schema restricts: an integer there fits two of its choices."""
_INT32 = 1 << 31


def text_of(value: Json) -> str | None:
    """A string; a number or a truth value as JSON writes it."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def texts_of(value: Json) -> list[Json] | None:
    """An array of strings; one string is an array of it."""
    if isinstance(value, list):
        return [text for each in value if (text := text_of(each)) is not None]
    text = text_of(value)
    return None if text is None else [text]


def date_of(value: Json) -> str | None:
    """A date; of a date and time the date."""
    if not isinstance(value, str) or not _DATE.match(value.strip()):
        return None
    day = value.strip()[:10]
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    return day


def time_of(value: Json) -> str | None:
    """A date and time of RFC 3339; without a zone it is taken as UTC, without a time as midnight."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if _TIME.fullmatch(value):
        return value
    if found.utcoffset() is not None and found.utcoffset().total_seconds() % 60 == 0:  # type: ignore[union-attr]
        return found.isoformat()
    return found.replace(tzinfo=None).isoformat() + "Z"


def integer_of(value: Json) -> int | None:
    """An integer of 32 bits; a string of digits and a whole number are read as one."""
    number = number_of(value)
    if number is None or not math.isfinite(number) or number != int(number) or not -_INT32 <= number < _INT32:
        return None
    return int(number)


def number_of(value: Json) -> int | float | None:
    """A number; a string with one is read as one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,15}(\.\d{1,15})?\s*", value, re.ASCII):
        return float(value) if "." in value else int(value)
    return None


def association_type_of(value: Json) -> str | None:
    """A type that 1.1 knows; any other as `ext:` and its name."""
    if not isinstance(value, str):
        return None
    if value in ASSOCIATION_TYPES or EXTENDED_TYPE.fullmatch(value):
        return value
    name = re.sub(r"[^A-Za-z0-9.\-_]+", "_", value.removeprefix("ext:").strip())
    return f"ext:{name}" if name else None


def target_type_of(value: Json) -> str | None:
    """`CASE` or `ext:` and a name."""
    return value if isinstance(value, str) and (value == "CASE" or EXTENDED_TYPE.fullmatch(value)) else None


def extensions_of(extensions: JsonObject) -> tuple[JsonObject, JsonObject]:
    """(extensions that the official schema allows, what had to be changed as it was)."""
    allowed: JsonObject = {}
    changed: JsonObject = {}
    for key, value in extensions.items():
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if _EXTENSION.search(key) and (value is None or (whole and not isinstance(value, bool))):
            changed[key] = value
            if value is not None:
                allowed[key] = json.dumps(value)
        else:
            allowed[key] = value
    return allowed, changed


SIMPLE: Final[Mapping[Shape, Callable[[Json], Json]]] = MappingProxyType(
    {
        Shape.TEXT: text_of,
        Shape.URI: text_of,
        Shape.DATE: date_of,
        Shape.TIME: time_of,
        Shape.INTEGER: integer_of,
        Shape.NUMBER: number_of,
        Shape.TEXTS: texts_of,
        Shape.ASSOCIATION_TYPE: association_type_of,
        Shape.VERSION: lambda _: VERSION,
    }
)
"""Shape -> what makes a value of that shape, None where nothing can."""
