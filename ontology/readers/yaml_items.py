"""YAML that is a plain list of flat mappings, such as the files of NICE 2017: each item as a row with its line.

Reads events, never objects: no anchors or aliases, no tags, nothing nested, every value as it is written. Real files
have values with an unquoted `: ` in them, which YAML forbids; such an item is read line by line, and told.
"""

import re
from collections.abc import Iterator
from typing import Final

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from ontology.documents import Document, Row
from ontology.model import Finding, FindingLevel, Source

_ITEM: Final = re.compile(r"-(?:[ \t]|$)")
_INDICATORS: Final = frozenset("'\"[]{}&*!|>%@`")
"""A value that begins so is meant to be more than a plain text."""
_MEMBER: Final = re.compile(r"[ \t]*([^\s:#'\"-][^:]*?)[ \t]*:[ \t]+(\S.*?)[ \t]*$")


def read_yaml_items(document: Document) -> Iterator[Row | Finding]:
    """The items in their order, and a finding for each that cannot be read."""
    text = document.text()
    try:
        events = list(_events(text))
    except yaml.YAMLError:
        yield from _read_apart(document.name, text)
        return
    yield from _read_events(document.name, events, 1)


def _events(text: str) -> Iterator[yaml.events.Event]:
    yield from yaml.parse(text, Loader=yaml.CSafeLoader)


def _read_apart(name: str, text: str) -> Iterator[Row | Finding]:
    """Each item by itself, so that a broken one does not cost the rest."""
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if _ITEM.match(line)]
    if not starts:
        yield _fault(name, 1, "there is no list in it", FindingLevel.MUST)
        return
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        part = lines[start:end]
        try:
            events = list(_events("\n".join(part)))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = start + 1 + (mark.line if mark is not None else 0)
            problem = str(getattr(error, "problem", None) or error).splitlines()[0]
            yield from _read_lines(name, part, start + 1, line, problem)
            continue
        yield from _read_events(name, events, start + 1)


def _read_lines(name: str, part: list[str], first: int, line: int, problem: str) -> Iterator[Row | Finding]:
    """An item whose lines are all `name: words`, the words taken as they stand."""
    members = [_MEMBER.match(each.replace("-", " ", 1) if number == 0 else each) for number, each in enumerate(part)]
    said = [each for each in part if each.strip(" \t-")]
    found = [member for member in members if member]
    if not found or len(found) != len(said) or any(member[2][0] in _INDICATORS for member in found):
        yield _fault(name, line, problem, FindingLevel.MUST)
        return
    yield Finding(
        level=FindingLevel.SHOULD,
        code="yaml.unquoted",
        message=f"The text in line {line} is no YAML without quotes ({problem}); it was read as it stands.",
        source=Source(file=name, line=line),
        fix="Put the text in single quotes, a quote inside of it twice.",
    )
    yield Row(source=Source(file=name, line=first), cells={member[1]: member[2] for member in found})


def _read_events(name: str, events: list[yaml.events.Event], first: int) -> Iterator[Row | Finding]:
    """Rows out of `[{name: value}]`; anything nested further is told and the rest of its item left out."""
    depth = 0
    cells: dict[str, str] = {}
    key: str | None = None
    line = first
    for event in events:
        here = first + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, CollectionEndEvent):
            if depth == 2 and cells:
                yield Row(source=Source(file=name, line=line), cells=cells)
            depth -= 1
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            depth += 1
            wrong = isinstance(event, SequenceStartEvent) != (depth == 1)
            if depth == 2 and not wrong:
                cells, key, line = {}, None, here
            elif wrong or depth > 2:
                yield _fault(name, here, "a list of plain `name: value` items is expected", FindingLevel.MUST)
                return
        elif isinstance(event, AliasEvent) or (isinstance(event, ScalarEvent) and depth != 2):
            if isinstance(event, ScalarEvent) and depth == 1 and not event.value.strip():
                continue
            yield _fault(name, here, "a list of plain `name: value` items is expected", FindingLevel.MUST)
            return
        elif isinstance(event, ScalarEvent):
            if key is None:
                key = event.value.strip()
            else:
                cells[key] = event.value
                key = None


def _fault(name: str, line: int, what: str, level: FindingLevel) -> Finding:
    return Finding(
        level=level,
        code="yaml.syntax",
        message=f"{name} cannot be read as YAML in line {line}: {what}.",
        source=Source(file=name, line=line),
        fix="Mend the YAML there; a text with `: ` or `#` in it needs quotes.",
    )
