"""What the cells of a row mean: IRIs, references, levels, codes, texts, each fault a finding with its column.

Knows one row at a time and the names that the tables hold; knows no file. Called by `tables`, `table_trees`, `sssom`.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from urllib.parse import quote, unquote

from rapidfuzz import fuzz, process

from ontology import ntriples
from ontology.documents import Row
from ontology.languages import is_well_formed, normalised
from ontology.model import Code, Finding, FindingLevel, Importance, Level, Money, Source, Statement
from ontology.quantities import read_days, read_money, read_number

from .table_columns import FAULTS, STATEMENT_NAMESPACE

MAX_CANDIDATES: Final = 3
MAX_PROPOSALS: Final = 200
"""References for which near names are looked up; a table with more unknown ones has no mere slips of the pen."""
NEAR_ENOUGH: Final = 60
"""Of rapidfuzz's 100: below that a proposal confuses more than it helps."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}", re.ASCII)
_OWN_SCHEMES: Final = frozenset({"urn", "did", "tag", "info", "doi", "ark"})
"""Schemes of IRIs without `//` that are never mistaken for the system of a code."""


def is_iri(text: str) -> bool:
    """Whether the text is an absolute IRI (RFC 3987) with something after its scheme."""
    return ntriples.is_iri(text) and bool(text.partition(":")[2].strip("/"))


def fold(text: str) -> str:
    """The text as labels and codes are compared: without case, blanks run together."""
    return " ".join(text.split()).casefold()


@dataclass(slots=True)
class Names:
    """How the things that the tables describe can be called: by IRI, by code, by a label that only one of them has."""

    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """IRI → the kinds it is described as (`course`, `competency` …)."""
    codes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Folded `system:value` → IRIs."""
    labels: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Folded label → IRIs."""
    shown: dict[str, str] = field(default_factory=dict)
    """IRI → its first label."""
    levels: dict[str, tuple[str, float]] = field(default_factory=dict)
    """IRI of a level that has a name → what its row calls its scale, and its value."""
    _choices: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)
    _proposals: int = 0

    def add(self, kind: str, iri: str, *, labels: Iterable[str] = (), codes: Iterable[Code] = ()) -> None:
        """Take in one described thing."""
        self.kinds[iri].add(kind)
        for code in codes:
            self.codes[fold(f"{code.system}:{code.value}")].add(iri)
        for label in labels:
            self.labels[fold(label)].add(iri)
            self.shown.setdefault(iri, label)

    def find(self, text: str, kinds: Collection[str]) -> tuple[str, ...]:
        """IRIs among `kinds` that the text means: the IRI itself, else all with the code, else all with the label."""
        if text in self.kinds:
            return (text,)
        for index in (self.codes, self.labels):
            found = sorted(iri for iri in index.get(fold(text), ()) if self.kinds[iri] & set(kinds))
            if found:
                return tuple(found)
        return ()

    def level_values(self, text: str, scale: str) -> set[float]:
        """The values of this scale's levels that the text names, by IRI or label."""
        named = [self.levels[iri] for iri in self.find(text, ("scale_level",)) if iri in self.levels]
        return {value for on, value in named if on == scale or self.find(on, ("scale",)) == (scale,)}

    def nearest(self, text: str, kinds: Collection[str]) -> tuple[str, ...]:
        """Names among `kinds` that look most like the text, best first, as they can be shown."""
        self._proposals += 1
        if self._proposals > MAX_PROPOSALS:
            return ()
        wanted = frozenset(kinds)
        if wanted not in self._choices:
            described = {iri for iri, kinds_of in self.kinds.items() if kinds_of & wanted}
            self._choices[wanted] = {iri: iri for iri in described} | {
                name: name for index in (self.labels, self.codes) for name, iris in index.items() if iris & described
            }
        choices = self._choices[wanted]
        found = process.extract(fold(text), choices, scorer=fuzz.ratio, limit=MAX_CANDIDATES, score_cutoff=NEAR_ENOUGH)
        return tuple(self._show(name) for name, _, _ in found)

    def has_system(self, system: str) -> bool:
        """Whether any code is of this system."""
        return any(code.startswith(f"{fold(system)}:") for code in self.codes)

    def _show(self, name: str) -> str:
        for index in (self.labels, self.codes):
            iris = index.get(name)
            if iris:
                iri = min(iris)
                return f"{self.shown.get(iri, name) if index is self.labels else name} ({iri})"
        return name


class Cells:
    """One row while it is read. Faults are collected; a row with a must-fault is `broken` and gives no record."""

    def __init__(self, row: Row, findings: list[Finding], names: Names):
        self._row = row
        self._findings = findings
        self._names = names
        self.broken = False
        self.subject: str | None = None
        """What the findings of this row are about, as soon as it is known."""

    @property
    def source(self) -> Source:
        """Where the row stands."""
        return self._row.source

    def text(self, column: str) -> str | None:
        """The cell without outer blanks; None where it is blank or the column is absent."""
        return self._row.get(column) or None

    def fault(self, column: str, code: str, message: str, fix: str) -> None:
        """Tell a fault of one cell; whether it blocks is declared in `FAULTS`."""
        self.broken = self.broken or FAULTS[code] is FindingLevel.MUST
        self._findings.append(
            Finding(
                level=FAULTS[code],
                code=f"tables.{code}",
                message=message,
                subject=self.subject,
                source=self._row.at(column),
                fix=fix,
            )
        )

    def needed(self, column: str) -> str | None:
        """The cell, which may not be blank."""
        text = self.text(column)
        if text is None:
            self.fault(column, "missing-value", f"`{column}` is blank; a value is expected.", f"Fill in `{column}`.")
        return text

    def iri(self, column: str) -> str | None:
        """The IRI that the row describes: an absolute IRI, never blank."""
        text = self.needed(column)
        if text is None:
            return None
        if not is_iri(text):
            self.fault(
                column,
                "not-an-iri",
                f"`{column}` has {text!r}; an absolute IRI is expected.",
                f"Write it in full, such as https://example.org/{quote(text, safe='')}.",
            )
            return None
        return text

    def link(self, column: str) -> str | None:
        """An absolute IRI, or None where the cell is blank."""
        return self.iri(column) if self.text(column) else None

    def reference(self, column: str, *kinds: str, blank: bool = False) -> str | None:
        """The IRI of what the cell names by IRI, by a `system:value` code, or by a label unique in the tables given."""
        text = self.text(column) if blank else self.needed(column)
        return None if text is None else self.resolve(column, text, kinds)

    def references(self, column: str, *kinds: str) -> tuple[str, ...]:
        """Several of them, separated by blanks; one label with blanks in it is tried first."""
        text = self.text(column)
        if text is None:
            return ()
        parts = (text,) if self._names.find(text, kinds) else tuple(text.split())
        return tuple(sorted({iri for part in parts if (iri := self.resolve(column, part, kinds))}))

    def resolve(self, column: str, text: str, kinds: Collection[str]) -> str | None:
        """The IRI that a reference means."""
        found = self._names.find(text, kinds)
        if len(found) == 1:
            return found[0]
        if found:
            self.fault(
                column,
                "ambiguous-reference",
                f"`{column}` has {text!r}, which names {len(found)} things: {', '.join(found)}.",
                "Write the IRI of the one that is meant.",
            )
            return None
        if self._may_be_foreign(text):
            return text
        near = self._names.nearest(text, kinds)
        expected = " or ".join(kind.replace("_", " ") for kind in kinds)
        self.fault(
            column,
            "unknown-reference",
            f"`{column}` has {text!r}; an IRI, or the code or label of a {expected} in these tables, is expected.",
            f"Nearest: {'; '.join(near)}." if near else "Write its IRI.",
        )
        return None

    def _may_be_foreign(self, text: str) -> bool:
        scheme, _, rest = text.partition(":")
        if not is_iri(text):
            return False
        return rest.startswith("//") or scheme.lower() in _OWN_SCHEMES or not self._names.has_system(scheme)

    def language(self, default: str) -> str:
        """The BCP 47 tag of the row."""
        tag = self.text("language")
        if tag is None:
            return default
        if not is_well_formed(tag):
            self.fault(
                "language",
                "bad-language",
                f"`language` has {tag!r}; a BCP 47 tag is expected.",
                "Write a tag such as en, de-AT or und.",
            )
            return default
        return normalised(tag)

    def codes(self) -> tuple[Code, ...]:
        """Codes `system:value`, separated by blanks, percent-decoded."""
        found = set()
        for item in (self.text("codes") or "").split():
            system, colon, value = item.partition(":")
            try:
                code = Code(unquote(system, errors="strict").strip(), unquote(value, errors="strict").strip())
            except UnicodeDecodeError:
                code = Code("", "")
            if colon and code.system and code.value:
                found.add(code)
            else:
                self.fault(
                    "codes",
                    "bad-code",
                    f"`codes` has {item!r}; system:value is expected.",
                    "Write codes as system:value, separated by blanks; write a blank inside a value as %20.",
                )
        return tuple(sorted(found))

    def number(self, column: str, *, least: float | None = None, most: float | None = None) -> float | None:
        """A plain number within bounds, None where the cell is blank or wrong."""
        text = self.text(column)
        if text is None:
            return None
        try:
            value = float(read_number(text))
        except ValueError:
            self.fault(
                column,
                "not-a-number",
                f"`{column}` has {text!r}; a number is expected.",
                "Write digits with a decimal point, such as 2 or 0.5.",
            )
            return None
        if (least is not None and value < least) or (most is not None and value > most):
            bounds = f"from {least:g} to {most:g}" if most is not None else f"of at least {least:g}"
            self.fault(
                column,
                "out-of-range",
                f"`{column}` has {text!r}; a number {bounds} is expected.",
                f"Write a number {bounds}.",
            )
            return None
        return value + 0.0  # no minus zero: it would be another record

    def integer(self, column: str) -> int | None:
        """A whole number of at most nine digits, never blank."""
        text = self.needed(column)
        if text is None:
            return None
        if not _INTEGER.fullmatch(text):
            self.fault(
                column,
                "not-a-whole-number",
                f"`{column}` has {text!r}; a whole number is expected.",
                "Write a whole number such as 1, 2 or 3.",
            )
            return None
        return int(text)

    def level_value(self, column: str, scale: str | None) -> float | None:
        """The value of a level, by number or by the name that `scale_levels.csv` gives it on this scale."""
        text = self.text(column)
        if text is None or scale is None or _is_number(text):
            return self.number(column)
        found = self._names.level_values(text, scale)
        if len(found) > 1:
            self.fault(
                column,
                "ambiguous-reference",
                f"`{column}` has {text!r}, which names {len(found)} levels of the scale.",
                "Write the value of the one that is meant.",
            )
            return None
        return found.pop() if found else self.number(column)

    def level(self) -> Level | None:
        """The level asked or stated, on its scale."""
        on = self.text("scale")
        scales = self._names.find(on, ("scale",)) if on is not None else ()
        value = self.level_value("level", scales[0] if len(scales) == 1 else on)
        if self.text("level") is None:
            if self.text("scale") is not None:
                self.fault(
                    "scale",
                    "scale-without-level",
                    f"`scale` has {self.text('scale')!r} and `level` is blank; the scale is ignored.",
                    "Fill in `level`, or leave `scale` blank.",
                )
            return None
        if self.text("scale") is None:
            self.fault(
                "scale",
                "level-without-scale",
                f"`level` has {self.text('level')!r} and `scale` is blank; a level means something on a scale only.",
                "Name the scale.",
            )
            return None
        scale = self.reference("scale", "scale")
        return None if scale is None or value is None else Level(scale, value)

    def importance(self) -> tuple[Importance, float | None]:
        """Importance and its value: `must` where blank, `should`, or graded from 0 to 1."""
        text = (self.text("importance") or Importance.MUST).casefold()
        if text in {Importance.MUST, Importance.SHOULD}:
            return Importance(text), None
        try:
            value = float(read_number(text))
        except ValueError:
            value = -1
        if not 0 <= value <= 1:
            self.fault(
                "importance",
                "bad-importance",
                f"`importance` has {self.text('importance')!r}; must, should or a number from 0 to 1 is expected.",
                "Write must, should or a number from 0 to 1, or leave it blank for must.",
            )
        return Importance.SHOULD, abs(value)

    def cost(self) -> Money | None:
        """The cost in minor units; None where nobody states one."""
        amount, currency = self.text("cost"), self.text("currency")
        if amount is None:
            return None
        if currency is None:
            self.fault(
                "currency",
                "cost-without-currency",
                f"`cost` has {amount!r} and `currency` is blank.",
                "Fill in an ISO 4217 code such as EUR, or leave the cost blank where it is not known.",
            )
            return None
        try:
            return read_money(amount, currency.upper())
        except ValueError as error:
            self.fault(
                "cost",
                "bad-cost",
                f"The cost cannot be used: {error}.",
                "Write an amount such as 1200 or 89.50 and an ISO 4217 code; leave the cost blank if it is not known.",
            )
            return None

    def duration_days(self) -> Decimal | None:
        """The length in learning days; None where nobody states one or it cannot be read, which is told."""
        text = self.text("duration_days")
        if text is None:
            return None
        days = read_days(text)
        if days is None and text.startswith("-"):
            self.fault(
                "duration_days",
                "negative-duration",
                f"`duration_days` has {text!r}; nothing takes less than no time.",
                "Write the days, or leave it blank where they are not known.",
            )
        elif days is None:
            self.fault(
                "duration_days",
                "unreadable-duration",
                f"`duration_days` has {text!r}, which is not read and counts as unknown.",
                "Write days with at most six decimals, or such as 16 h, 90 min, 3 days, 2 weeks.",
            )
        return days

    def statements(self, columns: Collection[str]) -> tuple[Statement, ...]:
        """What columns outside of `columns` say, kept word for word."""
        return tuple(
            sorted(
                (f"{STATEMENT_NAMESPACE}{quote(column, safe='')}", ntriples.literal_term(text))
                for column in self._row.cells
                if column not in columns and (text := self.text(column))
            )
        )


def _is_number(text: str) -> bool:
    try:
        read_number(text)
    except ValueError:
        return False
    return True


def names_of(rows: Mapping[str, Iterable[Row]], kinds: Mapping[str, str]) -> Names:
    """The names in tables, read without judging them: a row that is broken elsewhere can still be referred to."""
    names = Names()
    for file, kind in kinds.items():
        for row in rows.get(file, ()):
            cells = Cells(row, [], names)
            iri = row.get("iri")
            if is_iri(iri):
                label = cells.text("label")
                names.add(kind, iri, labels=(label,) if label else (), codes=cells.codes())
    for row in rows.get("scale_levels.csv", ()):
        if _is_number(row.get("level")):
            names.levels[row.get("iri")] = row.get("scale"), float(read_number(row.get("level")))
    for row in rows.get("labels.csv", ()):
        iri, text = row.get("iri"), row.get("text")
        if text and iri in names.kinds and fold(row.get("property")) == "label":
            names.labels[fold(text)].add(iri)
    return names
