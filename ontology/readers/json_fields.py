"""The members of a JSON object as a reader needs them: texts, lists, numbers, each fault a finding with its pointer.

Knows one object at a time and no standard. Called by the readers of JSON whose members are few and known.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from ontology.json_documents import Json, pointer
from ontology.model import Finding, FindingLevel, Source, Statement

from .sources import said

_KINDS: Final = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


@dataclass(slots=True, kw_only=True)
class Fields:
    """One object. A member with a must-fault makes it `broken`: it gives no record."""

    values: dict[str, Json]
    file: str
    path: tuple[str | int, ...] = ()
    line: int | None = None
    """Line of the document where each line is an object."""
    findings: list[Finding] = field(default_factory=list)
    broken: bool = False
    subject: str | None = None

    def at(self, *members: str | int) -> Source:
        """Where a member stands, or the object itself."""
        return Source(file=self.file, line=self.line, pointer=pointer(*self.path, *members))

    def fault(self, code: str, message: str, fix: str, *members: str | int, level: FindingLevel) -> None:
        """Tells a fault of a member."""
        self.broken = self.broken or level is FindingLevel.MUST
        finding = Finding(
            level=level, code=code, message=message, subject=self.subject, source=self.at(*members), fix=fix
        )
        if finding not in self.findings[-1:]:  # a member that is asked for twice is told once
            self.findings.append(finding)

    def text(self, name: str, *, needed: bool = False) -> str:
        """The text without outer blanks, a number as it is written; empty where there is none."""
        value = self.values.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if value is not None and not isinstance(value, str):
            self._wrong(value, "a text", name)
        elif needed:
            self._missing(name)
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of a list in its order; one text is a list of one; blank ones are left out."""
        value = self.values.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            return (value.strip(),) if value.strip() else ()
        if not isinstance(value, list):
            self._wrong(value, "a list of texts", name)
            return ()
        found = []
        for index, each in enumerate(value):
            if isinstance(each, str):
                found.append(each.strip())
            elif isinstance(each, int | float) and not isinstance(each, bool):
                found.append(str(each))
            else:
                self._wrong(each, "a text", name, index)
        return tuple(filter(None, found))

    def number(self, name: str) -> Decimal | None:
        """An exact number, None where there is none."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(value, "a number", name)
            return None
        return Decimal(str(value))

    def object(self, name: str) -> "Fields | None":
        """An object below this one; its findings are told with this one's."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._wrong(value, "an object", name)
            return None
        return Fields(
            values=value,
            file=self.file,
            path=(*self.path, name),
            line=self.line,
            findings=self.findings,
            subject=self.subject,
        )

    def besides(self, source: str, known: Collection[str]) -> tuple[Statement, ...]:
        """What members say that the reader does not know: told, and kept as JSON text unless it is a text."""
        kept: list[Statement] = []
        for name, value in self.values.items():
            if name in known:
                continue
            self.fault(
                "json.unknown-member",
                f"The member {name!r} is not known here; it is kept as it is.",
                f"Known members: {', '.join(sorted(known))}.",
                name,
                level=FindingLevel.SHOULD,
            )
            kept.extend(said(source, name, written(value)))
        return tuple(sorted(kept))

    def _wrong(self, value: Json, expected: str, *members: str | int) -> None:
        got = _KINDS.get(type(value), "a number")
        self.fault(
            "json.wrong-type",
            f"{'/'.join(map(str, members))} is {got} where {expected} is expected.",
            f"Write {expected}.",
            *members,
            level=FindingLevel.MUST,
        )

    def _missing(self, name: str) -> None:
        self.fault(
            "json.missing-member",
            f"The member {name!r} is empty or absent; every object of this kind needs it.",
            f"Fill in {name!r}, or remove the object.",
            name,
            level=FindingLevel.MUST,
        )


def written(value: Json) -> str:
    """A value as text: a text as it is, anything else as JSON with its members in order; empty for null and nothing."""
    if isinstance(value, str):
        return value.strip()
    if value is None or value in ([], {}):
        return ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def objects_of(value: Json, *, file: str, path: tuple[str | int, ...]) -> Iterator[Fields | Finding]:
    """The objects in a list, or the members of an object; a finding for each that is none."""
    if isinstance(value, dict):
        items: list[tuple[str | int, Json]] = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        yield _no_object(value, "a list of objects", Source(file=file, pointer=pointer(*path)))
        return
    for key, each in items:
        if isinstance(each, dict):
            yield Fields(values=each, file=file, path=(*path, key))
        else:
            yield _no_object(each, "an object", Source(file=file, pointer=pointer(*path, key)))


def _no_object(value: Json, expected: str, source: Source) -> Finding:
    got = _KINDS.get(type(value), "a number")
    return Finding(
        level=FindingLevel.MUST,
        code="json.wrong-type",
        message=f"There is {got} where {expected} is expected.",
        source=source,
        fix=f"Write {expected}.",
    )


def line_object(file: str, line: int, value: Json) -> Fields | Finding:
    """The object on a line of JSON Lines."""
    if isinstance(value, dict):
        return Fields(values=value, file=file, line=line)
    return _no_object(value, "an object", Source(file=file, line=line, pointer=""))
