"""Whether a document has the members that its class requires, each of the kind that it must be.

Knows how to compare, not what is required: the classes are declared in `badge_classes` as 1EdTech's model writes them.
Source: 1EdTech "Open Badges 3.0" and "CLR 2.0" data models; VC Data Model 1.1 and 2.0 for the kinds of values.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ontology.json_documents import Json, pointer

from .formats import listed, strings
from .reading import Object

MAX_PROBLEMS: Final = 20
"""Told of one document; further ones change nothing."""

_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_DATE_TIME: Final = re.compile(
    r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?P<zone>Z|[+-](?:0\d|1[0-4]):[0-5]\d)?", re.ASCII
)

Classes = Mapping[str, Mapping[str, str]]
"""Class -> member -> what it holds, as `kind cardinality`: `text 1`, `uri 0..1`, `Alignment 0..*`. The member `type`
holds the name that must be among the types, `-` where none must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and where."""

    pointer: str
    what: str

    def __str__(self) -> str:
        return f"{self.pointer or 'The document'} {self.what}."


def is_uri(value: Json) -> bool:
    """Whether a value is an absolute URI."""
    return isinstance(value, str) and _URI.fullmatch(value) is not None


def read_time(value: Json) -> datetime | None:
    """The instant of an xsd:dateTime, taken as UTC where it has no zone; None where it is none."""
    found = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        read = datetime.fromisoformat(found[0])
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def has_zone(value: str) -> bool:
    """Whether a date and time says its zone."""
    found = _DATE_TIME.fullmatch(value)
    return found is not None and found["zone"] is not None


def find_problems(value: Json, name: str, classes: Classes, path: tuple[str | int, ...] = ()) -> Iterator[Problem]:
    """What keeps a value from being of a class."""
    waiting: list[tuple[Json, str, tuple[str | int, ...]]] = [(value, name, path)]
    while waiting:
        each, kind, place = waiting.pop()
        if not isinstance(each, dict):
            yield Problem(pointer=pointer(*place), what=f"is {_shown(each)}, expected an object ({kind})")
            continue
        for member, declared in classes[kind].items():
            if member == "type":
                yield from _type_problems(each, declared, place)
                continue
            held, _, cardinality = declared.partition(" ")
            yield from _problems(each, member, held, cardinality, classes, place, waiting)


def _problems(
    owner: Object,
    member: str,
    kind: str,
    cardinality: str,
    classes: Classes,
    path: tuple[str | int, ...],
    waiting: list[tuple[Json, str, tuple[str | int, ...]]],
) -> Iterator[Problem]:
    place = (*path, member)
    if member not in owner or owner[member] is None or owner[member] == []:
        if cardinality.startswith("1"):
            yield Problem(pointer=pointer(*path), what=f"has no {member}, which is required")
        return
    values = listed(owner[member])
    if len(values) > 1 and not cardinality.endswith("*"):
        yield Problem(pointer=pointer(*place), what=f"has {len(values)} values, expected one")
        return
    for index, value in enumerate(values):
        at = (*place, index) if isinstance(owner[member], list) else place
        choices = kind.split("|")
        objects = [choice for choice in choices if choice in classes]
        if isinstance(value, dict) and objects:
            waiting.append((value, _chosen(value, objects, classes), at))
        elif not any(_KINDS[choice](value) for choice in choices if choice not in classes):
            yield Problem(pointer=pointer(*at), what=f"is {_shown(value)}, expected {_words(choices)}")


def _chosen(value: Object, classes: list[str], declared: Classes) -> str:
    """Which of several classes an object says that it is: the first where it says nothing."""
    types = strings(value.get("type"))
    return next((each for each in classes if declared[each].get("type") in types), classes[0])


def _type_problems(owner: Object, wanted: str, path: tuple[str | int, ...]) -> Iterator[Problem]:
    types = listed(owner.get("type"))
    if any(not isinstance(each, str) for each in types):
        yield Problem(pointer=pointer(*path, "type"), what="is no text")
    elif wanted != "-" and not set(wanted.split("|")) & set(strings(types)):
        shown = ", ".join(map(repr, strings(types)))[:120] or "none"
        yield Problem(pointer=pointer(*path, "type"), what=f"is {shown}, expected {' or '.join(wanted.split('|'))}")


def _is_text(value: Json) -> bool:
    return isinstance(value, str) or _is_language_value(value)


def _is_language_value(value: Json) -> bool:
    """A value object of a text: `@value` with `@language` and `@direction`, and nothing else."""
    if not isinstance(value, dict):
        return False
    return "@value" in value and value.keys() <= {"@value", "@language", "@direction"}


_KINDS: Final[Mapping[str, Callable[[Json], bool]]] = {
    "text": _is_text,
    "uri": is_uri,
    "url": is_uri,
    "date-time": lambda value: read_time(value) is not None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "token": lambda value: isinstance(value, str) and value.count(".") == 2,
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: True,
}
_WORDS: Final = {
    "uri": "a URI",
    "url": "a URL",
    "text": "a text",
    "date-time": "a date and time (RFC 3339)",
    "number": "a number",
    "boolean": "true or false",
    "token": "a compact JWS",
    "object": "an object",
}


def _words(choices: list[str]) -> str:
    return " or ".join(_WORDS.get(each, f"an object ({each})") for each in choices)


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return repr(value)[:80]
