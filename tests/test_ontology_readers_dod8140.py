"""DoD 8140: what the example's tables list is what the records ask for; levels, courses that differ, lengths in words."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import (
    Code,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
)
from ontology.readers import KnownCodes, Nothing, read_source
from ontology.readers.dod8140 import RANKS, read_dod8140
from ontology.readers.lengths import read_length

EXAMPLE = Path(__file__).parent.parent / "examples" / "ict"
CERTIFICATIONS = "workRoleCode,certification,proficiency,vendor"
COURSES = "workRoleCode,courseTitle,courseNumber,proficiency,component,description,length"


def read(*tables: str, surroundings: KnownCodes | None = None) -> list[Located | Finding]:
    documents = [Document(name=f"{number}.csv", data=table.encode()) for number, table in enumerate(tables)]
    return list(read_dod8140(documents, surroundings=surroundings or Nothing()))


def records_of(items: Iterable[Located | Finding]) -> list[Record]:
    return [item.record for item in items if isinstance(item, Located)]


def faults_of(items: Iterable[Located | Finding]) -> list[tuple[str, str, int | None, str | None]]:
    return [
        (item.level.value, item.code, item.source.line, item.source.column)
        for item in items
        if isinstance(item, Finding) and item.source and item.fix
    ]


def asked(records: Sequence[Record]) -> set[tuple[str, str, str]]:
    """(owner, level name or empty, target) of every leaf, through its group."""
    levels = {record.iri: record for record in records if isinstance(record, RoleLevel)}
    groups = {record.iri: record for record in records if isinstance(record, RequirementGroup)}
    found = set()
    for leaf in records:
        if isinstance(leaf, Requirement) and leaf.group in groups:
            group = groups[leaf.group]
            assert (group.owner, group.role_level, group.minimum) == (leaf.owner, leaf.role_level, 1)
            level = levels[leaf.role_level] if leaf.role_level else None
            assert level is None or (level.role, level.rank) == (leaf.owner, RANKS[level.name])
            found.add((leaf.owner, level.name if level else "", leaf.target or ""))
    return found


def rows(name: str) -> Iterator[dict[str, str]]:
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@pytest.fixture(scope="module")
def example() -> list[Record]:
    return records_of(read_source(EXAMPLE).items)


def test_every_certification_admits_just_where_the_table_lists_it(example: list[Record]) -> None:
    """For all 59 of them, by the role's OPM code and the level; `CEH(P)` of this table is `CEH (P)` of the index."""
    listed = defaultdict(set)
    for row in rows("certifications_by_role.csv"):
        key = row["certification"].replace(" ", "").casefold()
        listed[key].add((row["workRoleCode"], row["proficiency"]))
    opm = {
        record.iri: code.value
        for record in example
        if isinstance(record, JobRole)
        for code in record.codes
        if code.system == "opm"
    }
    keys = {
        record.iri: record.codes[0].value.replace(" ", "").casefold()
        for record in example
        if isinstance(record, Credential) and record.kind == "certification"
    }
    found = defaultdict(set)
    for owner, level, target in asked(example):
        if target in keys:
            found[keys[target]].add((opm[owner], level))
    assert len(listed) == 59
    assert found == listed
    assert set(keys.values()) - set(listed) == {"dawia", "gcti"}


def test_courses_and_degrees_admit_where_their_tables_list_them(example: list[Record]) -> None:
    """A course row without a level is one for every level that its role has in any of the three tables."""
    tables = ("certifications_by_role.csv", "training_courses_by_role.csv", "degrees_by_role.csv")
    levels = defaultdict(set)
    for name in tables:
        for row in rows(name):
            if row["proficiency"] and (name != tables[1] or row["courseNumber"] or row["courseTitle"]):
                levels[row["workRoleCode"]].add(row["proficiency"])
    expected: set[tuple[str, str, str]] = set()
    for row in rows(tables[1]):
        key = " ".join((row["courseNumber"] or row["courseTitle"]).casefold().split())
        if key:
            at = {row["proficiency"]} if row["proficiency"] else levels[row["workRoleCode"]] or {""}
            component = " ".join(row["component"].casefold().split())
            expected.update((row["workRoleCode"], level, f"{component}/{key}") for level in at)
    for row in rows(tables[2]):
        expected.add((row["workRoleCode"], row["proficiency"], row["qualification"].casefold()))
    opm = {
        record.iri: next(code.value for code in record.codes if code.system == "opm")
        for record in example
        if isinstance(record, JobRole) and any(code.system == "opm" for code in record.codes)
    }
    keys: dict[str, str] = {}
    for record in example:
        if isinstance(record, Course) and "/dod8140/" in record.iri:
            number = record.codes[0].value if record.codes else record.labels[0].text
            component = " ".join((record.provider or "").casefold().split())
            keys[record.iri] = f"{component}/{' '.join(number.casefold().split())}"
        elif isinstance(record, Credential) and record.kind == "degree":
            keys[record.iri] = record.labels[0].text.casefold()
    found = {(opm[owner], level, keys[target]) for owner, level, target in asked(example) if target in keys}
    assert found == expected


def test_security_plus_is_listed_for_twenty_roles_at_intermediate(example: list[Record]) -> None:
    (security,) = (
        record.iri
        for record in example
        if isinstance(record, Credential) and Code("abbreviation", "Security+") in record.codes
    )
    places = [(owner, level) for owner, level, target in asked(example) if target == security]
    assert len(places) == 20
    assert {level for _, level in places} == {"Intermediate"}


def test_each_role_has_one_group_a_level_and_all_of_them_must_hold(example: list[Record]) -> None:
    groups = [record for record in example if isinstance(record, RequirementGroup) and "/nice/" in record.owner]
    assert len({(group.owner, group.role_level) for group in groups}) == len(groups)
    assert {group.importance for group in groups} == {Importance.MUST}
    levels = [record for record in example if isinstance(record, RoleLevel)]
    assert {level.iri for level in levels} == {group.role_level for group in groups}


def test_a_row_without_a_level_belongs_to_every_level_of_its_role() -> None:
    items = read(f"{CERTIFICATIONS}\n1,A,Basic,\n1,B,advanced,\n1,C,,\n2,C,,\n")
    c = "https://w3id.org/headwater/id/dod8140/certification/c"
    places = {(owner.rpartition("/")[2], level) for owner, level, target in asked(records_of(items)) if target == c}
    assert places == {("1", "Basic"), ("1", "Advanced"), ("2", "")}


def test_an_unknown_level_and_empty_keys_are_told() -> None:
    items = read(f"{CERTIFICATIONS}\n1,A,Expert,\n,B,Basic,\n1,,Basic,\n")
    assert faults_of(items) == [
        ("must", "dod8140.unknown-level", 2, "proficiency"),
        ("must", "table.missing-value", 3, "workRoleCode"),
        ("must", "table.missing-value", 4, "certification"),
    ]


def test_the_roles_are_those_known_by_the_opm_code_and_never_a_stale_one_of_our_own() -> None:
    known = KnownCodes()
    table = f"{CERTIFICATIONS}\n511,A,Basic,\n"
    known.add(JobRole(iri="https://w3id.org/headwater/id/opm/511", codes=(Code("opm", "511"),)))
    roles = [record.iri for record in records_of(read(table, surroundings=known)) if isinstance(record, JobRole)]
    assert roles == ["https://w3id.org/headwater/id/opm/511"]
    known.add(JobRole(iri="urn:a", codes=(Code("opm", "511"),)))
    records = records_of(read(table, surroundings=known))
    assert not [record for record in records if isinstance(record, JobRole)]
    assert {owner for owner, _, _ in asked(records)} == {"urn:a"}


def test_a_course_told_twice_is_one_the_first_text_counts_and_differences_are_told() -> None:
    table = f"{COURSES}\n1,T,N 1,Basic,Navy,first,40 hours\n1,t,n  1,Advanced,NAVY,second,5 days\n1,,N 1,Basic,Navy,,9 days\n"
    items = read(table)
    (course,) = (record for record in records_of(items) if isinstance(record, Course))
    assert (course.labels[0].text, course.descriptions[0].text, course.duration_days) == ("T", "first", Decimal(5))
    assert faults_of(items) == [
        ("should", "dod8140.course-differs", 3, "description"),
        ("should", "dod8140.course-differs", 4, "length"),
    ]


def test_what_the_first_row_of_a_course_leaves_open_comes_from_a_later_one() -> None:
    items = read(f"{COURSES}\n1,,N,Basic,Navy,,\n1,T,N,Basic,Navy,text,3 days\n")
    (course,) = (record for record in records_of(items) if isinstance(record, Course))
    assert (course.labels[0].text, course.duration_days) == ("T", Decimal(3))
    assert not faults_of(items)


def test_a_row_that_names_no_course_is_told_and_does_not_block() -> None:
    assert faults_of(read(f"{COURSES}\n1,,,Basic,Navy,x,\n")) == [("should", "dod8140.no-course", 2, "courseNumber")]


def test_the_original_tables_with_more_columns_are_read() -> None:
    header = (
        "workRoleCode,workRole,element,component,specialtyCode,position,courseTitle,courseNumber,registration,"
        "proficiency,description,length,school,comments"
    )
    items = read(f"{header}\n1,Analyst,Cyber,Army,25A,,T,N,https://a.example,Basic,d,2 weeks,Fort,c\n")
    course, role = (
        next(record for record in records_of(items) if isinstance(record, kind)) for kind in (Course, JobRole)
    )
    assert not faults_of(items)
    assert isinstance(course, Course)
    assert course.duration_days == Decimal(10)
    assert [term for _, term in course.statements] == ['"c"', '"https://a.example"', '"Fort"']
    assert isinstance(role, JobRole)
    assert role.labels[0].text == "Analyst"


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("40 hours", "5"),
        ("40 Hours", "5"),
        ("19 hours", "2.375"),
        ("1,024 Hours", "128"),
        ("4 days", "4"),
        ("16 Weeks", "80"),
        ("80 hours/10 days", "10"),
        ("120 hours / 15 days", "15"),
        ("3 days/24 hours", "3"),
        ("14 Wks. 0.0 Days", "70"),
        ("23Wks 4.0 Days", "119"),
        ("19Wks. 4.0 Days", "99"),
        ("14 Weeks 0 Days", "70"),
        ("2 weeks, 3 days", "13"),
        ("20 weeks Professional Military Education (PME)", "100"),
    ],
)
def test_a_length_that_means_one_thing_is_read(text: str, days: str) -> None:
    """8 hours are a day, a week has five."""
    assert read_length(text) == Decimal(days)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "self-paced",
        "12-20 hours",
        "40 hours per week",
        "5 hours/week",
        "40 hours or 5 days",
        "40 hours/6 days",
        "6 months",
        "0 hours",
        "10",
        "up to 40 hours",
        "40 hours minimum",
        "2 weeks 3 weeks",
        "666.0 Total Academic Hours 16.0 Total Administrative Hours",
        "734 Academic Hours (19 Weeks, 0 Days)",
        "21 Weeks (Unphased) (798 academic Hours)",
        "(Weeks 4 Days 2) Academic Hours 189",
        "6 weeks distance learning prerequisite | 3 weeks in-residence",
        "Phase 1 (Resident) (2 Weeks), Phase 2 (DL) and Phase 3 Resident (2 Weeks)",
        "INCH- 40 hours/ 5 days\nCIRC- 80 hours/ 10 days",
        "12 Weeks, 456 Academic hours (Phase 1 - 304 hrs, Phase 2 - 152 hrs)",
        "1,02 hours",
        "-5 days",
        "1e9 days",
        f"{'9' * 400} weeks",
    ],
)
def test_a_length_that_can_mean_several_things_is_unknown(text: str) -> None:
    assert read_length(text) is None


def test_a_length_that_cannot_be_read_is_told_once_a_course() -> None:
    items = read(f"{COURSES}\n1,T,N,Basic,Navy,,12-20 hours\n2,T,N,Basic,Navy,,12-20 hours\n")
    assert faults_of(items) == [("should", "dod8140.unread-length", 2, "length")]


@given(
    hours=st.integers(1, 5000), blanks=st.sampled_from(("", " ", "  ")), unit=st.sampled_from(("h", "Hours", "hrs."))
)
def test_hours_are_eighths_of_days(hours: int, blanks: str, unit: str) -> None:
    assert read_length(f"{hours}{blanks}{unit}") == Decimal(hours) / 8


@given(st.text(alphabet="0123456789.,/ -hdwkursayePpot()\n", max_size=20))
def test_no_length_raises_or_is_negative(text: str) -> None:
    days = read_length(text)
    assert days is None or days > 0


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("1", "2")),
            st.sampled_from("ABC"),
            st.sampled_from(("", "Basic", "Intermediate", "Advanced")),
        ),
        max_size=8,
    )
)
def test_any_table_is_read_as_its_rows_say(listed: list[tuple[str, str, str]]) -> None:
    """Against the rule itself: a row's level, or all of its role's levels, or the general group where there are none."""
    table = "\n".join([CERTIFICATIONS, *(f"{role},{name},{level}," for role, name, level in listed)])
    levels: dict[str, set[str]] = {
        role: {level for other, _, level in listed if other == role and level} for role, _, _ in listed
    }
    expected = {
        (role, at, name.casefold())
        for role, name, level in listed
        for at in ({level} if level else levels[role] or {""})
    }
    found = {
        (owner.rpartition("/")[2], level, target.rpartition("/")[2])
        for owner, level, target in asked(records_of(read(table)))
    }
    assert found == expected
    assert FindingLevel.MUST.value not in {level for level, *_ in faults_of(read(table))}
