"""NICE of 2017: roles, areas, tasks, knowledge, skills and abilities as YAML, and which role has which as CSV.

The IRIs are its own (`id/nice2017/…`): its roles are cut otherwise than those of 2.0.0, and both versions stand beside
each other. A role whose OPM code a role of NICE 2.0.0 has leads on to that one. The statements describe the work: they
are `should`.
Source: NIST SP 800-181 (2017); competencies and competency groups as NIST grouped the statements in 2021.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Requirement,
    Source,
    Statement,
    derived_iri,
)

from .detection import Fit, Format, Table, find_table, table_fit
from .sources import NICE, NICE2017, class_of_source, english, find_gaps, link, minted_iri, said, said_besides
from .surroundings import Surroundings
from .yaml_items import read_yaml_items

SOURCE: Final = "nice2017"
STATEMENTS: Final = MappingProxyType(
    {
        "tId": ("task", "taskDescription"),
        "kId": ("knowledge", "knowledgeDescription"),
        "sId": ("skill", "skillDescription"),
        "aId": ("ability", "abilityDescription"),
    }
)
"""Member with the identifier -> kind, member with the text."""
ROLE_KEY: Final = "workRoleID"
ROLE_MEMBERS: Final = (ROLE_KEY, "workRole", "description", "domain", "specialityArea", "opmCode")
AREAS: Final = MappingProxyType({"Area": ("area", "acronym"), "Domain": ("category", "acryonym")})
"""Member with the name -> path below the framework, member with the abbreviation (misspelt so in the files)."""
JOINS: Final = Table(
    name="work roles and statements",
    required=("Work Role", "KSA ID", "KSA", "K S or A"),
    optional=(
        *("Skills Community", "Category", "Specialty Area", "Competency Group ID", "Competency Group"),
        *("Competency ID", "Competency"),
    ),
    file_names=("work_role_ksa_competencies.csv", "nistnice2022-full.csv"),
)
_KINDS: Final = frozenset({"task", "knowledge", "skill", "ability"})
_SUCCESSOR: Final = re.compile(r"WITHDRAWN\b.*\(See ([A-Z]\d{4}[A-Z]?)\)\s*$", re.DOTALL)
_NAMED: Final = re.compile(r"(?P<name>.*\S)\s*\((?P<code>[^()]+)\)\s*$")
_YAML: Final = re.compile(
    rb"^[ \t]*(?:-[ \t]+)?(?:(?:tId|kId|sId|aId|workRoleID)[ \t]*:|(?:acronym|acryonym)[ \t]*:)", re.MULTILINE
)


def fit_nice_2017(document: Document) -> Fit:
    """Whether a document is one of the YAML files by its members, or the table that joins them."""
    if _YAML.search(document.head) and not document.head.lstrip().startswith((b"{", b"[")):
        return Fit.EXACT
    return table_fit((JOINS,))(document)


def read_nice_2017(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """Areas, roles, competencies and statements, each as all files together tell it, then what the roles ask for."""
    if documents:
        yield Located(record=NICE2017, source=Source(file=documents[0].name))
    framework = _Framework()
    for document in documents:
        if find_table(document, (JOINS,))[1] is Fit.NONE:
            yield from framework.take_yaml(read_yaml_items(document))
        else:
            yield from framework.take_joins(read_rows(document, required=JOINS.required, optional=JOINS.optional))
    yield from framework.records(surroundings)


@dataclass(slots=True)
class _Statement:
    source: Source
    kind: str
    text: str
    broader: set[str] = field(default_factory=set)
    statements: set[Statement] = field(default_factory=set)
    successor: str | None = None


@dataclass(slots=True)
class _Role:
    source: Source
    title: str
    description: str = ""
    opm: str = ""
    other_titles: set[str] = field(default_factory=set)
    statements: set[Statement] = field(default_factory=set)


class _Framework:
    """What the files said so far."""

    def __init__(self) -> None:
        self._statements: dict[str, _Statement] = {}
        self._roles: dict[str, _Role] = {}
        self._groups: dict[str, Located] = {}
        self._asked: dict[tuple[str, str], tuple[Source, set[Statement]]] = {}

    def take_yaml(self, rows: Iterable[Row | Finding]) -> Iterator[Finding]:
        """Items of any of the YAML files."""
        for row in rows:
            if isinstance(row, Finding):
                yield row
                continue
            key = next((key for key in STATEMENTS if key in row.cells), None)
            area = next((key for key in AREAS if key in row.cells), None)
            if key is not None:
                yield from self._take_statement(row, key)
            elif ROLE_KEY in row.cells:
                yield from self._take_role(row)
            elif area is not None:
                self._take_area(row, area)
            else:
                yield Finding(
                    level=FindingLevel.MUST,
                    code="table.missing-value",
                    message=f"The item in line {row.source.line} is no role, statement, area or domain: "
                    f"it has {', '.join(row.cells) or 'nothing'}.",
                    source=row.source,
                    fix=f"Give it one of {', '.join((ROLE_KEY, *STATEMENTS, *AREAS))}.",
                )

    def _take_statement(self, row: Row, key: str) -> Iterator[Finding]:
        kind, text = STATEMENTS[key]
        if gaps := find_gaps(row, (key, text)):
            yield from gaps
            return
        found = self._statements.setdefault(row.get(key), _Statement(row.source, kind, row.get(text)))
        if found.source is not row.source and found.text != row.get(text):
            if found.source.file == row.source.file:
                yield _conflict(row, row.get(key))
                return
            found.statements.update(said(SOURCE, "KSA", found.text))
            found.text, found.source, found.kind = row.get(text), row.source, kind
        found.statements.update(said_besides(SOURCE, row, (key, text)))

    def _take_role(self, row: Row) -> Iterator[Finding]:
        if gaps := find_gaps(row, (ROLE_KEY, "workRole")):
            yield from gaps
            return
        role = self._roles.setdefault(row.get(ROLE_KEY), _Role(row.source, row.get("workRole")))
        if role.title != row.get("workRole"):
            role.other_titles.add(role.title)
            role.title = row.get("workRole")
        role.source, role.description, role.opm = row.source, row.get("description"), row.get("opmCode")
        self._group_role(role, row, "domain", "specialityArea")
        role.statements.update(said_besides(SOURCE, row, ROLE_MEMBERS))

    def _group_role(self, role: _Role, row: Row, domain: str, area: str) -> None:
        for column, path in ((domain, "category"), (area, "area")):
            text = row.get(column)
            named = _NAMED.match(text)
            if text:
                role.statements.update(said(SOURCE, column, text))
            if named:
                role.statements.add(link(SOURCE, path, minted_iri(SOURCE, path, named["code"].upper())))

    def _take_area(self, row: Row, key: str) -> None:
        path, short = AREAS[key]
        code = (row.get(short) or row.get("acronym")).upper()
        record = class_of_source(
            minted_iri(SOURCE, path, code or row.get(key)),
            code=code,
            label=row.get(key),
            description=row.get("Description"),
            more=said_besides(SOURCE, row, (key, short, "acronym", "Description")),
        )
        self._groups.setdefault(record.iri, Located(record=record, source=row.source))

    def take_joins(self, rows: Iterable[Row | Finding]) -> Iterator[Finding]:
        """Which role has which statement, and what competency and group the statement belongs to."""
        for row in rows:
            if isinstance(row, Finding):
                yield row
                continue
            named = _NAMED.match(row.get("Work Role"))
            kind = row.get("K S or A").casefold()
            if gaps := find_gaps(row, JOINS.required):
                yield from gaps
            elif named is None:
                yield _unreadable(row, "Work Role", "a title and an identifier, such as `Cyber Operator (CO-OPS-001)`")
            elif kind not in _KINDS:
                yield _unreadable(row, "K S or A", "Task, Knowledge, Skill or Ability")
            else:
                self._join(row, named["name"], named["code"], kind)

    def _join(self, row: Row, title: str, identifier: str, kind: str) -> None:
        role = self._roles.setdefault(identifier, _Role(row.source, title))
        if role.title.casefold() != title.casefold():
            role.other_titles.add(title)
        role.statements.update(said(SOURCE, "Skills Community", row.get("Skills Community")))
        self._group_role(role, row, "Category", "Specialty Area")
        text = row.get("KSA")
        statement = self._statements.setdefault(row.get("KSA ID"), _Statement(row.source, kind, text))
        if _same(statement.text) != _same(text):
            statement.statements.update(said(SOURCE, "KSA", text))
        if withdrawn := _SUCCESSOR.match(text):
            statement.successor = withdrawn[1]
        statement.broader.update(self._take_competency(row))
        asked = self._asked.setdefault((identifier, row.get("KSA ID")), (row.source, set()))
        asked[1].update(said_besides(SOURCE, row, JOINS.columns))

    def _take_competency(self, row: Row) -> Iterator[str]:
        above: tuple[str, ...] = ()
        for name, kind in (("Competency Group", "competency-group"), ("Competency", "competency")):
            code = row.get(f"{name} ID")
            if not code:
                continue
            iri = minted_iri(SOURCE, code)
            record = Competency(
                iri=iri,
                labels=english(row.get(name) or code),
                codes=(Code(SOURCE, code),),
                framework=NICE2017.iri,
                kind=kind,
                broader=above,
            )
            self._groups.setdefault(iri, Located(record=record, source=row.source))
            above = (iri,)
        yield from above

    def records(self, surroundings: Surroundings) -> Iterator[Located]:
        """Everything once, as all files together tell it."""
        yield from self._groups.values()
        for identifier, role in self._roles.items():
            yield Located(record=_read_role(identifier, role, surroundings), source=role.source)
        for identifier, statement in self._statements.items():
            known = statement.successor in self._statements and statement.successor != identifier
            record = Competency(
                iri=minted_iri(SOURCE, identifier),
                labels=english(statement.text),
                codes=(Code(SOURCE, identifier),),
                framework=NICE2017.iri,
                kind=statement.kind,
                broader=tuple(sorted(statement.broader)),
                replaced_by=minted_iri(SOURCE, statement.successor) if statement.successor and known else None,
                statements=tuple(sorted(statement.statements)),
            )
            yield Located(record=record, source=statement.source)
        for (owner, target), (source, statements) in self._asked.items():
            role_iri, target_iri = minted_iri(SOURCE, owner), minted_iri(SOURCE, target)
            requirement = Requirement(
                iri=derived_iri("requirement", role_iri, None, None, target_iri),
                owner=role_iri,
                target=target_iri,
                importance=Importance.SHOULD,
                statements=tuple(sorted(statements)),
            )
            yield Located(record=requirement, source=source)


def _read_role(identifier: str, role: _Role, surroundings: Surroundings) -> JobRole:
    """A role; where NICE 2.0.0 has one of its OPM code, that one has the code and this one leads on to it."""
    found = surroundings.find_by_code("opm", role.opm, (JobRole,)) if role.opm else ()
    later = [iri for iri in found if iri.startswith(f"{NICE.iri}/")]
    successor = later[0] if len(later) == 1 else None
    codes = [Code(SOURCE, identifier)]
    if role.opm and successor is None:
        codes.append(Code("opm", role.opm))
    return JobRole(
        iri=minted_iri(SOURCE, identifier),
        labels=english(role.title),
        alternative_labels=tuple(sorted(text for title in role.other_titles for text in english(title))),
        descriptions=english(role.description),
        codes=tuple(codes),
        framework=NICE2017.iri,
        replaced_by=successor,
        statements=tuple(sorted({*role.statements, *said(SOURCE, "opmCode", role.opm)})),
    )


def _same(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()


def _conflict(row: Row, identifier: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="identity.conflict",
        message=f"{identifier} is described twice in {row.source.file} in different words.",
        subject=minted_iri(SOURCE, identifier),
        source=row.source,
        fix="Keep one of the two.",
    )


def _unreadable(row: Row, column: str, expected: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="nice.unreadable",
        message=f"`{column}` has {row.get(column)!r} where {expected} is expected.",
        source=row.at(column),
        fix=f"Write {expected}.",
    )


FORMAT: Final = Format(
    name="nice2017",
    fit=fit_nice_2017,
    read=lambda documents, context: read_nice_2017(documents, surroundings=context.surroundings),
)
