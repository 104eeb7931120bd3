"""A dataset as Tables: a CSV file for each kind of record that it has, read back into the same records.

What was read from Tables comes out whole; what other standards say beyond the columns is told as a loss. Rows are
sorted, columns that nobody fills are left out where they need not be there: the same content is the same bytes.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote, unquote

from ontology.model import (
    UNDETERMINED,
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Money,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
)
from ontology.ntriples import find_literal
from ontology.quantities import minor_digits
from ontology.readers.table_columns import STATEMENT_NAMESPACE, TABLE_FILES
from ontology.readers.table_jobs import PLACE_SEPARATOR

from .head import Loss

_PREFERRED = ("en", UNDETERMINED)
"""Languages of the one label and description that stand in a thing's own row; the others are in labels.csv."""
_SKOS = "skos:"
_EXAMPLES = 3

CsvRow = dict[str, str]


def write_tables(records: Iterable[Record]) -> tuple[dict[str, bytes], list[Loss]]:
    """(name → CSV in UTF-8, what the columns cannot hold). A file without a row is left out."""
    tables = _Tables(list(records))
    files = {name: _csv(name, rows) for name, rows in tables.rows.items() if rows}
    return dict(sorted(files.items())), tables.told()


def alignment_row(record: Alignment) -> CsvRow:
    """An alignment in SSSOM columns."""
    row = {
        "subject_id": record.subject,
        "predicate_id": f"{_SKOS}{record.relation}",
        "object_id": record.object,
        "mapping_justification": record.method or "",
        "confidence": _number(record.confidence),
        "author_id": record.author or "",
        "mapping_date": record.date or "",
        "comment": record.comment or "",
        "mapping_source": record.source or "",
    }
    for predicate, term in record.statements:
        column = _column(predicate)
        literal = find_literal(term)
        if column is not None and literal is not None:
            row[column] = literal.value
    return row


@dataclass(slots=True)
class _Tables:
    """The rows of all files while they are made."""

    records: Sequence[Record]
    rows: dict[str, list[CsvRow]] = field(default_factory=lambda: {name: [] for name in TABLE_FILES})
    lost: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What is lost → the things that lose it."""
    _levels: dict[str, RoleLevel] = field(default_factory=dict)
    _groups: dict[str, RequirementGroup] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _courses: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._levels = {record.iri: record for record in self.records if isinstance(record, RoleLevel)}
        self._groups = {record.iri: record for record in self.records if isinstance(record, RequirementGroup)}
        self._names = _group_names(self._groups.values())
        self._courses = {record.iri for record in self.records if isinstance(record, Course | Credential)}
        for record in self.records:
            self._write(record)
        for name, rows in self.rows.items():
            keys = TABLE_FILES[name].columns
            rows.sort(key=lambda row: ([row.get(key, "") for key in keys], sorted(row.items())))

    def told(self) -> list[Loss]:
        """Each kind of loss once, with its number and examples."""
        found = []
        for what, iris in sorted(self.lost.items()):
            shown = ", ".join(sorted(set(iris))[:_EXAMPLES])
            found.append(Loss(subject=min(iris), what=f"{what}: {len(iris)} times, such as in {shown}."))
        return found

    def _write(self, record: Record) -> None:
        match record:
            case Framework() | Competency() | Course() | Credential() | JobRole():
                self._described(record)
            case Scale():
                row = {"iri": record.iri, "min": _number(record.minimum), "max": _number(record.maximum)}
                self._labelled("scales.csv", record, row, record.labels, ())
            case ScaleLevel():
                row = {"iri": record.iri, "scale": record.level.scale, "level": _number(record.level.value)}
                self._labelled("scale_levels.csv", record, row, record.labels, record.descriptions)
            case LevelMapping():
                row = {"scale": record.level.scale, "level": _number(record.level.value)}
                row |= {"to_scale": record.matched.scale, "to_level": _number(record.matched.value)}
                self._add("scale_mappings.csv", record, row)
            case RoleLevel():
                row = {"role": record.role, "name": record.name, "rank": str(record.rank)}
                self._add("role_levels.csv", record, row)
            case RequirementGroup():
                self._group(record)
            case Requirement():
                self._requirement(record)
            case Teaching():
                row = {"subject": record.subject, "competency": record.competency, **_level(record.level)}
                self._add("teaches.csv", record, row)
            case Awarding():
                self._add("awards.csv", record, {"course": record.course, "credential": record.credential})
            case Alignment():
                self._add("alignments.csv", record, alignment_row(record))
            case _:
                self.lost["Things that are none of a table's kinds are left out"].append(record.iri)

    def _described(self, record: Framework | Competency | Course | Credential | JobRole) -> None:
        name, row = _described_row(record)
        held = set(TABLE_FILES[name].columns)
        row["codes"] = " ".join(_code(code) for code in record.codes)
        row["framework"] = record.framework or ""
        row["replaced_by"] = record.replaced_by or ""
        row["url"] = record.url or ""
        for column in [column for column, value in row.items() if value and column not in held]:
            self.lost[f"{name} has no column for `{column}`"].append(record.iri)
        row = {column: value for column, value in row.items() if column in held}
        self._labelled(name, record, row, record.labels, record.descriptions)
        for text in record.alternative_labels:
            self._text(record.iri, "alternative_label", text)

    def _labelled(
        self,
        name: str,
        record: Framework | Competency | Course | Credential | JobRole | Scale | ScaleLevel,
        row: CsvRow,
        labels: Sequence[Text],
        descriptions: Sequence[Text],
    ) -> None:
        """The row with one label and description in one language; the others go to labels.csv."""
        language = _chosen_language([*labels] or [*descriptions])
        own: dict[str, Text] = {}
        for column, texts in (("label", labels), ("description", descriptions)):
            first = next((text for text in texts if text.language == language), None)
            if first is not None:
                own[column] = first
            for text in texts:
                if text is not first:
                    self._text(record.iri, column, text)
        row |= {column: text.text for column, text in own.items()}
        if own and language != UNDETERMINED:
            row["language"] = language
        self._add(name, record, row)

    def _text(self, iri: str, column: str, text: Text) -> None:
        language = "" if text.language == UNDETERMINED else text.language
        self.rows["labels.csv"].append({"iri": iri, "property": column, "language": language, "text": text.text})

    def _group(self, record: RequirementGroup) -> None:
        if record.owner in self._courses:
            simple = record.minimum == 1 and record.parent is None and record.importance is Importance.MUST
            if not simple:
                self.lost["prerequisites.csv knows alternatives only"].append(record.iri)
            return
        language = record.labels[0].language if record.labels else UNDETERMINED
        row = {
            "role": record.owner,
            "role_level": self._level_name(record.role_level),
            "group": self._names[record.iri],
            "parent": self._names.get(record.parent or "", ""),
            "min": "" if record.minimum is None else "any" if record.minimum == 1 else str(record.minimum),
            "importance": _importance(record),
            "language": "" if language == UNDETERMINED else language,
        }
        if len(record.labels) > 1:
            self.lost["A group has one name"].append(record.iri)
        self._add("groups.csv", record, row)

    def _requirement(self, record: Requirement) -> None:
        row = {
            "group": self._names.get(record.group or "", ""),
            **_level(record.level),
            "days": _number(record.experience_days),
        }
        if record.owner in self._courses:
            if record.importance is not Importance.MUST:
                self.lost["prerequisites.csv knows musts only"].append(record.iri)
                return
            self._add("prerequisites.csv", record, {"target": record.owner, "needs": record.target or "", **row})
            return
        row |= {
            "role": record.owner,
            "role_level": self._level_name(record.role_level),
            "target": record.target or "",
            "importance": _importance(record),
        }
        self._add("requires.csv", record, row)

    def _level_name(self, iri: str | None) -> str:
        level = self._levels.get(iri or "")
        return level.name if level is not None else iri or ""

    def _add(self, name: str, record: Record, row: CsvRow) -> None:
        for predicate, term in record.statements:
            column, literal = _column(predicate), find_literal(term)
            if column is None or literal is None or literal.language is not None or column in row:
                if column is None or column not in row:
                    self.lost[f"Tables have no column for {predicate}"].append(record.iri)
            else:
                row[column] = literal.value
        self.rows[name].append(row)


def _described_row(record: Framework | Competency | Course | Credential | JobRole) -> tuple[str, CsvRow]:
    """(file, the columns that its kind has beside the common ones)."""
    match record:
        case Framework():
            row = {"license": record.license or "", "attribution": record.attribution or ""}
            return "frameworks.csv", {"iri": record.iri, **row}
        case Competency():
            row = {"kind": record.kind or "", "parent": " ".join(record.broader)}
            return "competencies.csv", {"iri": record.iri, **row}
        case Course():
            return "courses.csv", {"iri": record.iri, "provider": record.provider or "", **_figures(record)}
        case Credential():
            row = {"issuer": record.issuer or "", "kind": record.kind or ""}
            return "credentials.csv", {"iri": record.iri, **row, **_figures(record)}
        case JobRole():
            return "job_roles.csv", {"iri": record.iri, **_job(record)}


def _figures(record: Course | Credential) -> CsvRow:
    days = record.duration_days
    return {
        **_money(record.cost),
        "duration_days": "" if days is None else format(days.normalize() + 0, "f"),
    }


def _job(record: JobRole) -> CsvRow:
    pay = record.salary
    amounts = {} if pay is None else {"salary_min": pay.minimum, "salary_max": pay.maximum}
    places = (place.replace(PLACE_SEPARATOR, "%3B") for place in record.places)
    return {
        "employer": record.employer or "",
        "employer_iri": record.employer_iri or "",
        "places": f"{PLACE_SEPARATOR} ".join(places),
        "remote": "yes" if record.remote else "",
        **{
            column: format(Decimal(amount).scaleb(-minor_digits(pay.currency)), "f")
            for column, amount in amounts.items()
            if pay is not None and amount is not None
        },
        "salary_currency": "" if pay is None else pay.currency,
        "salary_period": "" if pay is None or pay.period is None else pay.period.value,
    }


def _money(cost: Money | None) -> CsvRow:
    if cost is None:
        return {}
    amount = Decimal(cost.minor_units).scaleb(-minor_digits(cost.currency))
    return {"cost": format(amount, "f"), "currency": cost.currency}


def _level(level: Level | None) -> CsvRow:
    return {} if level is None else {"level": _number(level.value), "scale": level.scale}


def _importance(record: Requirement | RequirementGroup) -> str:
    return _number(record.importance_value) if record.importance_value is not None else record.importance.value


def _number(value: float | None) -> str:
    if value is None:
        return ""
    text = format(Decimal(repr(float(value))), "f")
    return text.removesuffix(".0")


def _code(code: Code) -> str:
    return f"{_escaped(code.system).replace(':', '%3A')}:{_escaped(code.value)}"


def _escaped(text: str) -> str:
    """The text with `%` and blanks percent-encoded: blanks end a code."""
    return "".join(quote(character) if character == "%" or character.isspace() else character for character in text)


def _column(predicate: str) -> str | None:
    """The column that a statement was read from."""
    return unquote(predicate.removeprefix(STATEMENT_NAMESPACE)) if predicate.startswith(STATEMENT_NAMESPACE) else None


def _chosen_language(texts: Sequence[Text]) -> str:
    languages = {text.language for text in texts}
    return next((each for each in _PREFERRED if each in languages), min(languages, default=UNDETERMINED))


def _group_names(groups: Iterable[RequirementGroup]) -> dict[str, str]:
    """IRI → a name that no other group of the same owner and level has."""
    names: dict[str, str] = {}
    wanted = Counter[tuple[str, str | None, str]]()
    ordered = sorted(groups, key=lambda group: group.iri)
    for group in ordered:
        wanted[_group_key(group)] += 1
    for group in ordered:
        plain = group.labels[0].text if group.labels else ""
        alone = plain and wanted[_group_key(group)] == 1
        names[group.iri] = plain if alone else f"{plain or 'group'} {group.iri.rpartition('/')[2][:12]}"
    return names


def _group_key(group: RequirementGroup) -> tuple[str, str | None, str]:
    text = group.labels[0].text if group.labels else ""
    return group.owner, group.role_level, " ".join(text.split()).casefold()


def _csv(name: str, rows: Sequence[CsvRow]) -> bytes:
    spec = TABLE_FILES[name]
    extra = sorted({column for row in rows for column in row} - set(spec.columns))
    filled = [
        column for column in (*spec.columns, *extra) if column in spec.required or any(row.get(column) for row in rows)
    ]
    written = io.StringIO()
    writer = csv.DictWriter(written, filled, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue().encode()
