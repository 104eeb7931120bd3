"""Tables: the plain way in for everyone, a folder of CSV files of which any may be absent.

Knows what each file says and yields records and findings; whether records fit together is `validation`'s to tell.
The files and their columns are in `table_columns`, described for people in docs/tables.md. Called by the loader.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    UNDETERMINED,
    Awarding,
    Competency,
    Course,
    Credential,
    Finding,
    Framework,
    JobRole,
    Level,
    LevelMapping,
    Located,
    Scale,
    ScaleLevel,
    Source,
    Statement,
    Teaching,
    Text,
    derived_iri,
    sorted_texts,
)

from .detection import Fit, Format, Table, find_table
from .sssom import AlignmentReader, read_preamble
from .table_cells import Cells, Names, fold, names_of
from .table_columns import FAULTS, TABLE_FILES, TableSpec
from .table_jobs import read_places, read_remote, read_salary
from .table_trees import TreeReader

__all__ = ["TABLE_FILES", "TableSpec", "read_tables"]

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "frameworks.csv": "framework",
        "competencies.csv": "competency",
        "courses.csv": "course",
        "credentials.csv": "credential",
        "job_roles.csv": "job_role",
        "scales.csv": "scale",
        "scale_levels.csv": "scale_level",
    }
)
"""The files that describe things, and what a thing in them is called in references."""

Described = Framework | Competency | Course | Credential | JobRole | Scale | ScaleLevel
PROPERTIES: Final = ("label", "alternative_label", "description")


def read_tables(documents: Sequence[Document], *, language: str = UNDETERMINED) -> Iterator[Located | Finding]:
    """The records of a set of tables in the order of their rows, file by file, and a finding for every fault.

    All rows are held until the last is read, because labels and references point across files. A row with a
    must-finding gives no record; its findings have as subject the IRI that it is about, where that is known.

    Args:
        documents: named as in `TABLE_FILES`, in any folder; one file may come in several documents.
        language: BCP 47 tag of texts whose row states none.
    """
    findings: list[Finding] = []
    reader = _TablesReader(findings, language=language)
    for document in documents:
        reader.take(document)
    for located in reader.read():
        yield from findings
        findings.clear()
        yield located
    yield from findings


@dataclass(slots=True)
class _Words:
    """What labels.csv says about one thing."""

    texts: dict[str, list[Text]] = field(default_factory=lambda: {name: [] for name in PROPERTIES})
    statements: list[Statement] = field(default_factory=list)


class _TablesReader:
    """One set of tables: first all rows, then the names in them, then record by record."""

    def __init__(self, findings: list[Finding], *, language: str):
        self._findings = findings
        self._language = language
        self._rows: dict[str, list[Row]] = {}
        self._alignments: list[tuple[list[Row], Mapping[str, str]]] = []
        self._names = Names()
        self._words: dict[str, _Words] = {}

    def take(self, document: Document) -> None:
        """Read the rows of one document."""
        file = PurePosixPath(document.name).name.casefold()
        spec = TABLE_FILES.get(file)
        if spec is None:
            self._findings.append(_unknown_file(document))
            return
        prefixes: Mapping[str, str] = {}
        if file == "alignments.csv":
            document, prefixes = read_preamble(document)
        rows = []
        for row in read_rows(document, required=spec.required, optional=spec.optional):
            if isinstance(row, Finding):
                self._findings.append(row)
            else:
                rows.append(row)
        if file == "alignments.csv":
            self._alignments.append((rows, prefixes))
        else:
            self._rows.setdefault(file, []).extend(rows)

    def read(self) -> Iterator[Located]:
        """All records; faults go to the findings before the record after them."""
        self._names = names_of(self._rows, KINDS)
        self._read_words()
        describe: dict[str, Callable[[Cells, str], Described]] = {
            "frameworks.csv": self._framework,
            "scales.csv": self._scale,
            "scale_levels.csv": self._scale_level,
            "competencies.csv": self._competency,
            "courses.csv": self._course,
            "credentials.csv": self._credential,
            "job_roles.csv": self._job_role,
        }
        for file, make in describe.items():
            yield from self._describe(file, make)
        trees = TreeReader(self._names, self._findings, language=self._language)
        yield from trees.read_role_levels(self._rows.get("role_levels.csv", ()))
        yield from trees.read_groups(self._rows.get("groups.csv", ()))
        yield from trees.read_requires(self._rows.get("requires.csv", ()))
        yield from trees.read_prerequisites(self._rows.get("prerequisites.csv", ()))
        yield from self._read_teaches()
        yield from self._read_awards()
        yield from self._read_scale_mappings()
        for rows, prefixes in self._alignments:
            yield from AlignmentReader(self._names, self._findings, prefixes).read(rows)

    def _cells(self, file: str) -> Iterator[Cells]:
        for row in self._rows.get(file, ()):
            yield Cells(row, self._findings, self._names)

    def _describe(self, file: str, make: Callable[[Cells, str], Described]) -> Iterator[Located]:
        columns = TABLE_FILES[file].columns
        for cells in self._cells(file):
            iri = cells.iri("iri")
            cells.subject = iri
            record = make(cells, iri or "")
            texts = self._texts(cells, iri)
            statements = {*cells.statements(columns), *(self._words[iri].statements if iri in self._words else ())}
            if cells.broken:
                continue
            labels = sorted_texts(texts["label"])
            kept = tuple(sorted(statements))
            if isinstance(record, Scale):
                record = replace(record, labels=labels, statements=kept)
            elif isinstance(record, ScaleLevel):
                texts_of = sorted_texts(texts["description"])
                record = replace(record, labels=labels, descriptions=texts_of, statements=kept)
            else:
                record = replace(
                    record,
                    labels=labels,
                    alternative_labels=sorted_texts(texts["alternative_label"]),
                    descriptions=sorted_texts(texts["description"]),
                    statements=kept,
                )
            yield Located(record=record, source=cells.source)

    def _texts(self, cells: Cells, iri: str | None) -> dict[str, list[Text]]:
        """The texts of a row together with those that labels.csv has for it."""
        language = cells.language(self._language)
        words = self._words.get(iri or "")
        texts = {name: list(words.texts[name]) if words else [] for name in PROPERTIES}
        for column in ("label", "description"):
            text = cells.text(column)
            if text is not None:
                texts[column].append(Text(text, language))
        by_language: dict[str, set[str]] = {}
        for label in texts["label"]:
            by_language.setdefault(label.language.casefold(), set()).add(label.text)
        for tag, labels in sorted(by_language.items()):
            if len(labels) > 1:
                shown = " and ".join(repr(label) for label in sorted(labels))
                cells.fault(
                    "label",
                    "several-labels",
                    f"There are {len(labels)} labels in {tag!r}: {shown}; one a language is expected.",
                    "Keep one, and write the others into labels.csv as alternative_label.",
                )
        return texts

    def _framework(self, cells: Cells, iri: str) -> Framework:
        return Framework(iri=iri, license=cells.text("license"), attribution=cells.text("attribution"))

    def _scale(self, cells: Cells, iri: str) -> Scale:
        least, most = cells.number("min"), cells.number("max")
        for column in ("min", "max"):
            if cells.text(column) is None:
                cells.needed(column)
        if least is not None and most is not None and least >= most:
            cells.fault(
                "max",
                "empty-scale",
                f"`max` has {most:g} and `min` {least:g}; a scale goes from a lower to a higher value.",
                "Write the lowest value into `min` and the highest into `max`.",
            )
        return Scale(iri=iri, minimum=least or 0.0, maximum=most or 0.0)

    def _scale_level(self, cells: Cells, iri: str) -> ScaleLevel:
        on = cells.reference("scale", "scale")
        value = cells.number("level") if cells.needed("level") is not None else None
        return ScaleLevel(iri=iri, level=Level(on or "", value or 0.0))

    def _competency(self, cells: Cells, iri: str) -> Competency:
        return Competency(
            iri=iri,
            codes=cells.codes(),
            framework=cells.reference("framework", "framework", blank=True),
            replaced_by=cells.reference("replaced_by", "competency", blank=True),
            kind=cells.text("kind"),
            broader=cells.references("parent", "competency"),
        )

    def _course(self, cells: Cells, iri: str) -> Course:
        return Course(
            iri=iri,
            codes=cells.codes(),
            url=cells.link("url"),
            provider=cells.text("provider"),
            cost=cells.cost(),
            duration_days=cells.duration_days(),
        )

    def _credential(self, cells: Cells, iri: str) -> Credential:
        return Credential(
            iri=iri,
            codes=cells.codes(),
            issuer=cells.text("issuer"),
            kind=cells.text("kind"),
            cost=cells.cost(),
            duration_days=cells.duration_days(),
        )

    def _job_role(self, cells: Cells, iri: str) -> JobRole:
        return JobRole(
            iri=iri,
            codes=cells.codes(),
            framework=cells.reference("framework", "framework", blank=True),
            employer=cells.text("employer"),
            employer_iri=cells.link("employer_iri"),
            places=read_places(cells),
            remote=read_remote(cells),
            salary=read_salary(cells),
        )

    def _read_words(self) -> None:
        """Take in labels.csv, so that a thing has all its texts when it is yielded."""
        columns = TABLE_FILES["labels.csv"].columns
        for cells in self._cells("labels.csv"):
            iri, text, name = cells.iri("iri"), cells.needed("text"), cells.needed("property")
            cells.subject = iri
            language = cells.language(self._language)
            if name is not None and name.casefold() not in PROPERTIES:
                cells.fault(
                    "property",
                    "unknown-property",
                    f"`property` has {name!r}; one of {', '.join(PROPERTIES)} is expected.",
                    "Write label, alternative_label or description.",
                )
            if iri is not None and iri not in self._names.kinds:
                near = self._names.nearest(iri, KINDS.values())
                cells.fault(
                    "iri",
                    "label-of-nothing",
                    f"`iri` has {iri!r}, which none of these tables describes.",
                    f"Nearest: {'; '.join(near)}." if near else "Describe it, or remove the row.",
                )
            elif iri is not None and name is not None and not _has(self._names.kinds[iri], fold(name)):
                cells.fault(
                    "property",
                    "unknown-property",
                    f"`property` has {name!r}; a scale has labels alone, a level of one labels and descriptions.",
                    "Write label, or remove the row.",
                )
            if cells.broken or iri is None or text is None or name is None:
                continue
            words = self._words.setdefault(iri, _Words())
            words.texts[name.casefold()].append(Text(text, language))
            words.statements.extend(cells.statements(columns))

    def _read_teaches(self) -> Iterator[Located]:
        columns = TABLE_FILES["teaches.csv"].columns
        for cells in self._cells("teaches.csv"):
            subject = cells.reference("subject", "course", "credential")
            cells.subject = subject
            competency = cells.reference("competency", "competency")
            level = cells.level()
            statements = cells.statements(columns)
            if cells.broken or subject is None or competency is None:
                continue
            record = Teaching(
                iri=derived_iri("teaching", subject, competency, *_parts(level), *_flat(statements)),
                subject=subject,
                competency=competency,
                level=level,
                statements=statements,
            )
            yield Located(record=record, source=cells.source)

    def _read_awards(self) -> Iterator[Located]:
        columns = TABLE_FILES["awards.csv"].columns
        for cells in self._cells("awards.csv"):
            course = cells.reference("course", "course")
            cells.subject = course
            credential = cells.reference("credential", "credential")
            statements = cells.statements(columns)
            if cells.broken or course is None or credential is None:
                continue
            record = Awarding(
                iri=derived_iri("awarding", course, credential, *_flat(statements)),
                course=course,
                credential=credential,
                statements=statements,
            )
            yield Located(record=record, source=cells.source)

    def _read_scale_mappings(self) -> Iterator[Located]:
        columns = TABLE_FILES["scale_mappings.csv"].columns
        for cells in self._cells("scale_mappings.csv"):
            level, matched = self._mapped(cells, "scale", "level"), self._mapped(cells, "to_scale", "to_level")
            statements = cells.statements(columns)
            if cells.broken or level is None or matched is None:
                continue
            record = LevelMapping(
                iri=derived_iri("level-mapping", *_parts(level), *_parts(matched), *_flat(statements)),
                level=level,
                matched=matched,
                statements=statements,
            )
            yield Located(record=record, source=cells.source)

    @staticmethod
    def _mapped(cells: Cells, scale: str, level: str) -> Level | None:
        on = cells.reference(scale, "scale")
        value = cells.level_value(level, on) if cells.needed(level) is not None else None
        return None if on is None or value is None else Level(on, value)


def _has(kinds: Collection[str], name: str) -> bool:
    """Whether something described in tables of these kinds has texts of this name."""
    if kinds == {"scale"}:
        return name == "label"
    return kinds != {"scale_level"} or name != "alternative_label"


def _parts(level: Level | None) -> tuple[str | float | None, ...]:
    return (None, None) if level is None else (level.scale, level.value)


def _flat(statements: tuple[Statement, ...]) -> tuple[str, ...]:
    return tuple(part for statement in statements for part in statement)


def _unknown_file(document: Document) -> Finding:
    return Finding(
        level=FAULTS["unknown-file"],
        code="tables.unknown-file",
        message=f"{document.name} is none of the files of Tables and was not read.",
        source=Source(file=document.name),
        fix=f"Name it as one of {', '.join(TABLE_FILES)}.",
    )


def fit_tables(document: Document) -> Fit:
    """How well a document fits Tables: its file's name and its header, for the columns alone could be anybody's."""
    spec = TABLE_FILES.get(document.basename.casefold())
    if spec is None:
        return Fit.NONE
    table = Table(name=document.basename, required=spec.required, optional=spec.optional, preamble=True)
    if find_table(document, (table,))[1] is Fit.EXACT:
        return Fit.EXACT
    named = Table(
        name=table.name, required=spec.required, optional=spec.optional, file_names=(document.basename.casefold(),)
    )
    return find_table(document, (named,))[1]


FORMAT: Final = Format(
    name="tables",
    fit=fit_tables,
    read=lambda documents, context: read_tables(documents, language=context.language),
    alone=True,
)
