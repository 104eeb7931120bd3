"""JSON documents as values: one value of a document, or one of each line; a fault is a finding with its line.

The gate has measured the document before: its size, its encoding, how deep it nests. Called by the readers of JSON.
"""

import json
from collections.abc import Iterator, Sequence

from .documents import Document
from .model import Finding, FindingLevel, Source

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def read_json(document: Document) -> Json | Finding:
    """The value of a document; a must-finding where it is not JSON. Of repeated keys the last one counts."""
    return _parsed(document.text(), document.name, 0)


def read_json_lines(document: Document) -> Iterator[tuple[int, Json] | Finding]:
    """(line, value) of each line that is not blank; a must-finding for each that is not JSON."""
    with document.lines() as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                value = _parsed(line, document.name, number - 1)
                yield value if isinstance(value, Finding) else (number, value)


def pointer(*parts: str | int) -> str:
    """An RFC 6901 pointer: `pointer("CFItems", 3)` is `/CFItems/3`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _parsed(text: str, name: str, lines_before: int) -> Json | Finding:
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _fault(name, lines_before + error.lineno, f"{error.msg} (column {error.colno})")
    except RecursionError:
        return _fault(name, None, "it nests too deeply")
    except ValueError as error:
        return _fault(name, None, str(error))
    return value


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


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
