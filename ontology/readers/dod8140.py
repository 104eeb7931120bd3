"""DoD 8140 Qualification Matrix: which certifications, courses and degrees admit to a work role at which level.

A role at a level asks for any one of what the tables list for it: one ANY group for each level that the role has. A row
without a level belongs to every level of its role; a role without any level has one general group. The roles are those
that are known by the row's OPM or DCWF code, else one of its own.
Source: DoD 8140 Qualification Matrix V2.1, as four tables.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import (
    Code,
    Course,
    Credential,
    Finding,
    FindingLevel,
    JobRole,
    Located,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Source,
    Statement,
    derived_iri,
)

from .detection import Format, Table, find_table, table_fit
from .lengths import read_length
from .sources import DOD8140, english, find_gaps, folded, minted_iri, said, said_besides
from .surroundings import Surroundings

INDEX: Final = Table(
    name="certifications",
    required=("abbreviation", "name"),
    optional=("vendor",),
    file_names=("certifications.csv", "certification_index.csv"),
)
CERTIFICATIONS: Final = Table(
    name="certifications by role",
    required=("workRoleCode", "certification", "proficiency"),
    optional=("workRole", "element", "vendor"),
    file_names=("certifications_by_role.csv",),
)
COURSES: Final = Table(
    name="courses by role",
    required=("workRoleCode", "courseTitle", "courseNumber", "proficiency", "component"),
    optional=(
        *("description", "length"),
        *("workRole", "element", "specialtyCode", "position", "registration", "school", "comments"),
    ),
    file_names=("training_courses_by_role.csv",),
)
DEGREES: Final = Table(
    name="degrees by role",
    required=("workRoleCode", "proficiency", "qualification"),
    optional=("workRole", "element"),
    file_names=("degrees_by_role.csv",),
)
TABLES: Final = (INDEX, CERTIFICATIONS, COURSES, DEGREES)
ROLE_CODES: Final = ("opm", "dcwf")
"""Systems of a work role's code: OPM's, as NICE has them, and DCWF's, which are the same numbers."""
RANKS: Final = MappingProxyType({"Basic": 1, "Intermediate": 2, "Advanced": 3})
_LEVELS: Final = MappingProxyType({name.casefold(): name for name in RANKS})
_KEYS: Final = MappingProxyType(
    {
        INDEX: ("abbreviation",),
        CERTIFICATIONS: ("workRoleCode", "certification"),
        COURSES: ("workRoleCode",),
        DEGREES: ("workRoleCode", "qualification"),
    }
)


def read_dod8140(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """Credentials and courses, then for each role its levels, groups and what is in them, in the order of the files."""
    if documents:
        yield Located(record=DOD8140, source=Source(file=documents[0].name))
    matrix = _Matrix()
    tables = [(find_table(document, TABLES)[0] or INDEX, document) for document in documents]
    for table, document in sorted(tables, key=lambda pair: TABLES.index(pair[0])):
        for row in read_rows(document, required=table.required, optional=table.optional):
            if isinstance(row, Finding):
                yield row
            elif gaps := find_gaps(row, _KEYS[table]):
                yield from gaps
            else:
                yield from matrix.take(table, row)
    yield from matrix.courses()
    yield from matrix.roles(surroundings)


@dataclass(slots=True)
class _Admission:
    """One thing that admits to a role at a level, where it was first listed, and what else its rows say."""

    source: Source
    statements: set[Statement] = field(default_factory=set)


@dataclass(slots=True)
class _Role:
    source: Source
    title: str = ""
    by_level: dict[str, dict[str, _Admission]] = field(default_factory=dict)
    """Level name (empty: none) -> IRI -> admission."""

    def include(self, other: "_Role") -> None:
        """Takes in what is listed under another code of the same role."""
        for level, admissions in other.by_level.items():
            mine = self.by_level.setdefault(level, {})
            for iri, admission in admissions.items():
                mine.setdefault(iri, _Admission(admission.source)).statements.update(admission.statements)


@dataclass(slots=True)
class _Course:
    """A course as its first row tells it; what that leaves empty comes from the next row that does not."""

    source: Source
    texts: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    statements: set[Statement] = field(default_factory=set)
    differing: dict[str, Source] = field(default_factory=dict)


class _Matrix:
    """What the tables said so far."""

    def __init__(self) -> None:
        self._certifications: set[str] = set()
        self._degrees: set[str] = set()
        self._courses: dict[str, _Course] = {}
        self._roles: dict[str, _Role] = {}

    def take(self, table: Table, row: Row) -> Iterator[Located | Finding]:
        """What one row adds: a credential at once; courses and roles wait for their other rows."""
        if table is INDEX:
            iri = _certification_iri(row.get("abbreviation"))
            self._certifications.add(iri)
            yield Located(
                record=replace(
                    _certification(iri, row.get("abbreviation"), row.get("name"), row.get("vendor")),
                    statements=said_besides("dod8140", row, INDEX.columns),
                ),
                source=row.source,
            )
            return
        level = row.get("proficiency")
        if level and level.casefold() not in _LEVELS:
            yield _unknown_level(row, level)
        elif table is CERTIFICATIONS:
            yield from self._take_certification(row)
        elif table is DEGREES:
            yield from self._take_degree(row)
        elif row.get("courseNumber") or row.get("courseTitle"):
            self._take_course(row)
        else:
            yield Finding(
                level=FindingLevel.SHOULD,
                code="dod8140.no-course",
                message=f"The row for role {row.get('workRoleCode')} names no course: number and title are empty.",
                source=row.at("courseNumber"),
                fix="Fill in the number or the title, or remove the row.",
            )

    def _take_certification(self, row: Row) -> Iterator[Located]:
        name = row.get("certification")
        iri = _certification_iri(name)
        if iri not in self._certifications:
            self._certifications.add(iri)
            yield Located(record=_certification(iri, name, name, row.get("vendor")), source=row.source)
        self._admit(row, iri, CERTIFICATIONS, ("element",))

    def _take_degree(self, row: Row) -> Iterator[Located]:
        title = row.get("qualification")
        iri = minted_iri("dod8140", "degree", folded(title))
        if iri not in self._degrees:
            self._degrees.add(iri)
            degree = Credential(iri=iri, labels=english(title), framework=DOD8140.iri, kind="degree")
            yield Located(record=degree, source=row.source)
        self._admit(row, iri, DEGREES, ("element",))

    def _take_course(self, row: Row) -> None:
        component = folded(row.get("component")) or "-"
        iri = minted_iri("dod8140", "course", component, folded(row.get("courseNumber") or row.get("courseTitle")))
        course = self._courses.setdefault(iri, _Course(row.source))
        for column in ("courseNumber", "component", "courseTitle", "description", "length"):
            text = row.get(column)
            if text and column not in course.texts:
                course.texts[column], course.sources[column] = text, row.at(column)
            elif text and not _same(column, text, course.texts[column]):
                course.differing.setdefault(column, row.at(column))
        for column in ("registration", "school", "comments"):
            course.statements.update(said("dod8140", column, row.get(column)))
        self._admit(row, iri, COURSES, ("element", "specialtyCode", "position"))

    def _admit(self, row: Row, iri: str, table: Table, columns: Sequence[str]) -> None:
        role = self._roles.setdefault(row.get("workRoleCode"), _Role(row.source))
        role.title = role.title or row.get("workRole")
        level = _LEVELS.get(row.get("proficiency").casefold(), "")
        admission = role.by_level.setdefault(level, {}).setdefault(iri, _Admission(row.source))
        admission.statements.update(said_besides("dod8140", row, table.columns))
        for column in columns:
            admission.statements.update(said("dod8140", column, row.get(column)))

    def courses(self) -> Iterator[Located | Finding]:
        """Each course once, with a finding where its rows differ or its length cannot be read."""
        for iri, course in self._courses.items():
            yield from _course_findings(iri, course)
            number = course.texts.get("courseNumber", "")
            record = Course(
                iri=iri,
                labels=english(course.texts.get("courseTitle") or number),
                descriptions=english(course.texts.get("description", "")),
                codes=(Code("dod8140", number),) if number else (),
                framework=DOD8140.iri,
                provider=course.texts.get("component"),
                duration_days=read_length(course.texts.get("length", "")),
                statements=tuple(sorted(course.statements)),
            )
            yield Located(record=record, source=course.source)

    def roles(self, surroundings: Surroundings) -> Iterator[Located]:
        """The requirement trees of all roles, and the roles that nothing else describes."""
        owners = {code: self._owners(code, surroundings) for code in self._roles}
        owned: dict[str, _Role] = {}
        for code, role in self._roles.items():
            for owner in owners[code]:
                owned.setdefault(owner, _Role(role.source)).include(role)
        for code, role in self._roles.items():
            own = _own_iri(code)
            if owners[code] == (own,):
                record = JobRole(
                    iri=own,
                    labels=english(role.title or f"Work role {code}"),
                    codes=(Code("opm", code),),
                    framework=DOD8140.iri,
                )
                yield Located(record=record, source=role.source)
            for owner in owners[code]:
                if owner in owned:
                    yield from _read_role(owner, owned.pop(owner))

    def _owners(self, code: str, surroundings: Surroundings) -> tuple[str, ...]:
        """The roles that have the code: one role of NICE may have two codes, and two frameworks a role of one code."""
        known = {iri for system in ROLE_CODES for iri in surroundings.find_by_code(system, code, (JobRole,))}
        return tuple(sorted(known - {_own_iri(code)})) or (_own_iri(code),)


def _own_iri(code: str) -> str:
    return minted_iri("opm", code)


def _certification_iri(name: str) -> str:
    return minted_iri("dod8140", "certification", "".join(name.split()).casefold())


def _certification(iri: str, abbreviation: str, name: str, vendor: str) -> Credential:
    return Credential(
        iri=iri,
        labels=english(name or abbreviation),
        codes=(Code("abbreviation", abbreviation),),
        framework=DOD8140.iri,
        issuer=vendor or None,
        kind="certification",
    )


def _unknown_level(row: Row, level: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="dod8140.unknown-level",
        message=f"The proficiency {level!r} of role {row.get('workRoleCode')} is not one of {', '.join(RANKS)}.",
        source=row.at("proficiency"),
        fix="Write Basic, Intermediate or Advanced, or leave the cell empty for all levels.",
    )


def _same(column: str, left: str, right: str) -> bool:
    if folded(left) == folded(right):
        return True
    days = read_length(left) if column == "length" else None
    return days is not None and days == read_length(right)


def _course_findings(iri: str, course: _Course) -> Iterator[Finding]:
    length = course.texts.get("length", "")
    if length and read_length(length) is None:
        yield Finding(
            level=FindingLevel.SHOULD,
            code="dod8140.unread-length",
            message=f"The length {' '.join(length.split())[:120]!r} can mean several things; it counts as unknown.",
            subject=iri,
            source=course.sources["length"],
            fix="Write one figure, such as `40 hours`, `10 days` or `3 weeks`.",
        )
    for column, source in course.differing.items():
        yield Finding(
            level=FindingLevel.SHOULD,
            code="dod8140.course-differs",
            message=f"The same course has another `{column}` in line {course.sources[column].line}; that one counts.",
            subject=iri,
            source=source,
            fix="Give the course one text, or another number.",
        )


def _read_role(owner: str, role: _Role) -> Iterator[Located]:
    levels = sorted((level for level in role.by_level if level), key=lambda level: RANKS[level])
    everywhere = role.by_level.get("", {})
    for name in levels:
        admissions = {**everywhere, **role.by_level[name]}
        source = min((admission.source for admission in role.by_level[name].values()), key=_place)
        level = RoleLevel(iri=derived_iri("level", owner, name), role=owner, name=name, rank=RANKS[name])
        yield Located(record=level, source=source)
        yield from _read_group(owner, level.iri, admissions, source)
    if not levels:
        yield from _read_group(owner, None, everywhere, role.source)


def _place(source: Source) -> tuple[str, int]:
    return source.file, source.line or 0


def _read_group(owner: str, level: str | None, admissions: dict[str, _Admission], source: Source) -> Iterator[Located]:
    group = derived_iri("group", owner, level, DOD8140.iri)
    record: Record = RequirementGroup(iri=group, owner=owner, role_level=level, minimum=1)
    yield Located(record=record, source=source)
    for target, admission in admissions.items():
        leaf = Requirement(
            iri=derived_iri("requirement", owner, level, group, target),
            owner=owner,
            role_level=level,
            group=group,
            target=target,
            statements=tuple(sorted(admission.statements)),
        )
        yield Located(record=leaf, source=admission.source)


FORMAT: Final = Format(
    name="dod8140",
    fit=table_fit(TABLES),
    read=lambda documents, context: read_dod8140(documents, surroundings=context.surroundings),
)
