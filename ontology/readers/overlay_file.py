"""Overlays written by hand: a TOML file that says what is called, weighed and levelled otherwise, or left out.

`[overlay]` names it, each `[[change]]` is about one thing (docs/overlays.md has an example of all keys). What it adds
stands in other files of the same folder, in any format. Faults are findings with the line of their change.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ontology.amendments import amendment_iri, find_weight, make_header, overlay_iri
from ontology.documents import Document
from ontology.model import Amendment, Finding, FindingLevel, Level, Located, Source, Text, sorted_texts
from ontology.ntriples import is_iri

from .detection import Fit, Format, ReadContext

MAX_BYTES: Final = 4 * 1024 * 1024
"""Tens of thousands of changes; the parser builds the whole file in memory."""
_HEAD: Final = re.compile(rb"^[ \t]*\[[ \t]*overlay[ \t]*\]", re.MULTILINE)
_CHANGE: Final = re.compile(r"^[ \t]*\[\[[ \t]*change[ \t]*\]\]", re.MULTILINE)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_OVERLAY_KEYS: Final = frozenset({"name", "label", "license", "attribution", "over"})
_CHANGE_KEYS: Final = frozenset({"of", "removed", "label", "description", "weight", "level"})

Toml = Mapping[str, object]


def fit_overlay(document: Document) -> Fit:
    """Whether the document is TOML with a table `[overlay]`."""
    return Fit.EXACT if _HEAD.search(document.head) else Fit.NONE


def read_overlays(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    """The framework of each overlay, then its amendments in the order of the file."""
    for document in documents:
        yield from _File(document, context.language).read()


FORMAT: Final = Format(name="overlay", fit=fit_overlay, read=read_overlays)


class _File:
    """One file, and what is wrong with it."""

    def __init__(self, document: Document, language: str) -> None:
        self._name = document.name
        self._data = document.data
        self._language = language
        self._faults: list[Finding] = []
        self._line: int | None = 1
        self._starts: list[int] = []

    def read(self) -> Iterator[Located | Finding]:
        """Its records and its faults."""
        stated = self._parse()
        if stated is not None:
            yield from self._records(stated)
        yield from self._faults

    def _parse(self) -> Toml | None:
        if len(self._data) > MAX_BYTES:
            self._fault("overlay.file-syntax", f"has more than {MAX_BYTES:,} bytes", "Split it into several overlays.")
            return None
        text = self._data.decode()
        self._starts = [text.count("\n", 0, found.start()) + 1 for found in _CHANGE.finditer(text)]
        try:
            return tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"at line (\d+)", str(error))
            self._line = int(line[1]) if line else None
            self._fault("overlay.file-syntax", f"is not TOML: {str(error)[:200]}", "Mend the line.")
            return None

    def _records(self, stated: Toml) -> Iterator[Located]:
        head = stated.get("overlay")
        if not isinstance(head, dict):
            self._fault(
                "overlay.file-value", "has an `overlay` that is no table", "Write [overlay] on a line of its own."
            )
            return
        self._check_keys(stated, frozenset({"overlay", "change"}))
        self._check_keys(head, _OVERLAY_KEYS)
        name = head.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            what = "has no name that a dataset can have"
            self._fault("overlay.file-value", what, 'Write name = "north", of letters, digits, `.`, `-`, `_`.')
            return
        over = head.get("over", [])
        if not isinstance(over, list) or not all(isinstance(each, str) for each in over):
            self._fault("overlay.file-value", "has an `over` that is no list of names", 'Write over = ["nice"].')
            over = []
        header = make_header(
            name,
            over=over,
            labels=self._texts(head, "label"),
            license=self._text(head, "license"),
            attribution=self._text(head, "attribution"),
        )
        yield Located(record=header, source=self._source())
        changes = stated.get("change", [])
        for place, change in enumerate(changes if isinstance(changes, list) else [changes]):
            self._line = self._starts[place] if place < len(self._starts) else None
            if isinstance(change, dict):
                yield from self._change(name, change)
            else:
                self._fault("overlay.file-value", "has a `change` that is no table", "Write [[change]] for each.")

    def _change(self, name: str, change: Toml) -> Iterator[Located]:
        self._check_keys(change, _CHANGE_KEYS)
        target, removed = change.get("of"), change.get("removed", False)
        if not isinstance(target, str) or not is_iri(target):
            self._fault(
                "overlay.file-value", "has a change without the IRI of what it is of", 'Write of = "https://…".'
            )
            return
        if not isinstance(removed, bool):
            self._fault("overlay.file-value", f"has removed = {removed!r}", "Write removed = true.")
            return
        weight = change.get("weight")
        found = find_weight(weight) if isinstance(weight, str | int | float) else None
        if weight is not None and (found is None or isinstance(weight, bool)):
            self._fault(
                "overlay.file-value", f"has the weight {weight!r}", "Write must, should, or a number from 0 to 1."
            )
            return
        record = Amendment(
            iri=amendment_iri(overlay_iri(name), target),
            target=target,
            removed=removed,
            labels=self._texts(change, "label"),
            descriptions=self._texts(change, "description"),
            importance=found[0] if found else None,
            importance_value=found[1] if found else None,
            level=self._level(change),
        )
        yield Located(record=record, source=self._source())

    def _level(self, change: Toml) -> Level | None:
        stated = change.get("level")
        if stated is None:
            return None
        value = stated.get("value") if isinstance(stated, dict) else None
        scale = stated.get("scale") if isinstance(stated, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool) and isinstance(scale, str):
            return Level(scale, float(value))
        fix = 'Write level = { value = 2, scale = "https://…" }.'
        self._fault("overlay.file-value", "has a level that is no value on a scale", fix)
        return None

    def _texts(self, table: Toml, key: str) -> tuple[Text, ...]:
        """A text, or texts by language."""
        stated = table.get(key)
        if isinstance(stated, str):
            return (Text(stated, self._language),)
        if isinstance(stated, dict) and all(isinstance(each, str) for each in stated.values()):
            return sorted_texts(Text(str(text), str(language)) for language, text in stated.items())
        if stated is not None:
            fix = f'Write {key} = {{ en = "…" }}, or {key} = "…".'
            self._fault("overlay.file-value", f"has a {key} that is neither a text nor texts by language", fix)
        return ()

    def _text(self, table: Toml, key: str) -> str | None:
        stated = table.get(key)
        if stated is None or isinstance(stated, str):
            return stated
        self._fault("overlay.file-value", f"has a {key} that is no text", f'Write {key} = "…".')
        return None

    def _check_keys(self, table: Toml, known: frozenset[str]) -> None:
        for key in table:
            if key not in known:
                message = f"{self._name} has {key[:60]!r}, expected one of {', '.join(sorted(known))}; it is left out."
                self._add(FindingLevel.SHOULD, "overlay.file-key", message, "Mend the word, or leave it out.")

    def _fault(self, code: str, what: str, fix: str) -> None:
        self._add(FindingLevel.MUST, code, f"{self._name} {what}.", fix)

    def _add(self, level: FindingLevel, code: str, message: str, fix: str) -> None:
        self._faults.append(Finding(level=level, code=code, message=message, source=self._source(), fix=fix))

    def _source(self) -> Source:
        return Source(file=self._name, line=self._line)
