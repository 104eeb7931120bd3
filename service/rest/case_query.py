"""The query parameters of CASE's /CFDocuments: filter, sort, fields, paging. Pure, on the documents as JSON.

Source: CASE Service 1.1, Information Model, sections on pagination, sorting, filtering and field selection; the rules
are those of 1EdTech's REST practice: one predicate or two joined by AND or OR, values in single quotes, comparison
without case, dots for what is nested, `=` on an array for the whole set, `~` for a part.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from pyuca import Collator

from ontology.json_documents import Json
from ontology.readers.case_terms import CF_DOCUMENT, JsonObject, Shape

from .guard import refused

LIMIT = 100
LIMIT_AT_MOST = 10_000
_OPERATOR = r"!=|>=|<=|=|>|<|~"
_CLAUSE = rf"\s*(?P<field{{0}}>[A-Za-z_][\w.\-]*)\s*(?P<operator{{0}}>{_OPERATOR})\s*'(?P<value{{0}}>.*?)'\s*"
_ONE = re.compile(_CLAUSE.format(1) + r"\Z", re.DOTALL)
_TWO = re.compile(_CLAUSE.format(1) + r"(?P<join>AND|OR)(?=\W)" + _CLAUSE.format(2) + r"\Z", re.DOTALL | re.IGNORECASE)
_ANOTHER = re.compile(rf"(?<!['\\])'(?!')[^']*?(?:{_OPERATOR})\s*'")
"""The beginning of one more predicate, inside what would otherwise be a value with quotes."""
_CHARACTERS = 4_000
_LINK_FIELDS = ("title", "identifier", "uri")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One predicate of a filter."""

    field: str
    operator: str
    value: str


def known_field(name: str) -> bool:
    """Whether CFDocuments have a field of this name, with dots for what is nested."""
    first, _, rest = name.partition(".")
    shape = CF_DOCUMENT.properties.get(first)
    if shape is None or not rest:
        return shape is not None
    return shape is Shape.OBJECT or (shape in (Shape.LINK, Shape.LINKS) and rest in _LINK_FIELDS)


def read_filter(text: str) -> tuple[tuple[Clause, ...], bool]:
    """The predicates, one or two, and whether both must hold. Raises RefusedError (400, `case.filter`)."""
    found = _TWO.match(text) or _ONE.match(text) if len(text) <= _CHARACTERS else None
    if found is None or any(_ANOTHER.search(value or "") for value in found.groupdict().values()):
        raise refused(400, "case.filter", hint="Write field='value', or two of these with AND or OR between them.")
    joined = found.groupdict()
    numbers = ("1", "2") if joined.get("join") else ("1",)
    clauses = tuple(
        Clause(
            field=joined[f"field{n}"],
            operator=joined[f"operator{n}"],
            value=re.sub(r"''|\\'", "'", joined[f"value{n}"]),
        )
        for n in numbers
    )
    for clause in clauses:
        if not known_field(clause.field):
            raise refused(400, "case.filter", f"CFDocuments have no field {clause.field[:100]!r}.")
    return clauses, str(joined.get("join") or "AND").upper() == "AND"


def filtered(documents: Iterable[JsonObject], text: str) -> list[JsonObject]:
    """The documents for which the filter holds. Raises RefusedError (400, `case.filter`)."""
    clauses, both = read_filter(text)
    holds = all if both else any
    return [each for each in documents if holds(_holds(each, clause) for clause in clauses)]


def _holds(document: JsonObject, clause: Clause) -> bool:
    values, is_array = _values(document, clause.field)
    if clause.operator == "~":
        wanted = clause.value.casefold()
        return any(wanted in value.casefold() for value in values)
    if clause.operator in ("=", "!="):
        if is_array:
            listed = {_folded(each) for each in clause.value.split(",")}
            same = {_folded(each) for each in values} == listed
        else:
            same = any(_compared(value) == _compared(clause.value) for value in values)
        return same == (clause.operator == "=")
    compare = _COMPARISONS[clause.operator]
    return any(compare(*_comparable(value, clause.value)) for value in values)


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
}


def _values(document: JsonObject, field: str) -> tuple[list[str], bool]:
    """The texts of a field, and whether an array is on the way to them."""
    found: list[Json] = [document]
    is_array = False
    for name in field.split("."):
        reached = [each[name] for each in found if isinstance(each, dict) and name in each]
        is_array = is_array or any(isinstance(each, list) for each in reached)
        found = [inner for each in reached for inner in (each if isinstance(each, list) else [each])]
    return [text for each in found for text in _texts(each)], is_array


def _texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    if isinstance(value, bool):
        return [str(value).lower()]
    return [] if value is None else [str(value)]


def _folded(text: str) -> str:
    return text.strip().casefold()


def _compared(text: str) -> str:
    """A text as it is compared: a time as UTC, so that its offset does not matter; otherwise without case."""
    return _moment(text) or text.casefold()


def _moment(text: str) -> str | None:
    """A date with a time as UTC, with all digits of a second; None for any other text."""
    if len(text) <= 10 or text[4:5] != "-":
        return None
    try:
        time = datetime.fromisoformat(text)
        aware = time if time.tzinfo else time.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    except (ValueError, OverflowError):
        return None


def _comparable(one: str, other: str) -> tuple[str, str]:
    """Two texts to be compared; a date alone with a time is compared with its beginning."""
    return _compared(one), _compared(other)


# ------------------------------------------------------------------------------------------------- sort and fields


@lru_cache(maxsize=1)
def _collator() -> Collator:
    return Collator()


def sorted_by(documents: Sequence[JsonObject], field: str, *, falling: bool) -> list[JsonObject]:
    """The documents by a field, in the order of the Unicode Collation Algorithm, times as moments; those without last.

    A field that CFDocuments do not have leaves their order as it is.
    """
    if not known_field(field):
        return list(documents)
    keyed = [([_moment(value) or value for value in _values(each, field)[0]], each) for each in documents]
    stated = [(_collator().sort_key(" ".join(values)), each) for values, each in keyed if values]
    stated.sort(key=lambda pair: pair[0], reverse=falling)
    return [each for _, each in stated] + [each for values, each in keyed if not values]


def read_fields(text: str) -> tuple[str, ...] | None:
    """The fields that are selected; None for all, where one is not known. Raises RefusedError (400, `case.fields`)."""
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise refused(400, "case.fields")
    return tuple(names) if all(known_field(name) for name in names) else None


def selected(document: JsonObject, names: Sequence[str]) -> JsonObject:
    """The document with these fields alone, in its own order."""
    whole = {name for name in names if "." not in name}
    inner: dict[str, set[str]] = {}
    for name in names:
        first, dot, rest = name.partition(".")
        if dot and first not in whole:
            inner.setdefault(first, set()).add(rest)
    made: JsonObject = {}
    for name, value in document.items():
        if name in whole:
            made[name] = value
        elif name in inner:
            made[name] = _reduced(value, inner[name])
    return made


def _reduced(value: Json, names: set[str]) -> Json:
    if isinstance(value, list):
        return [_reduced(each, names) for each in value]
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if name in names}
    return value


def page_links(address: str, parameters: Sequence[tuple[str, str]], *, limit: int, offset: int, total: int) -> str:
    """The value of `Link`: next and prev where there are such pages, first and last always.

    Args:
        address: without its query string.
        parameters: of the query string, percent-encoded, without limit and offset.
    """
    last = max((total - 1) // limit * limit, 0)
    places = {"next": offset + limit if offset + limit < total else None, "last": last, "first": 0}
    places["prev"] = max(min(offset - limit, last), 0) if offset > 0 else None
    rest = "".join(f"&{name}={value}" for name, value in parameters)
    return ", ".join(
        f'<{address}?limit={limit}&offset={place}{rest}>; rel="{name}"'
        for name, place in places.items()
        if place is not None
    )
