"""examples/campus: an invented college whose tables have no fault and whose courses make plans mean something."""

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest
from ortools.sat.python import cp_model
from pyoxigraph import RdfFormat, parse

from ontology.documents import Document, open_source
from ontology.model import (
    Alignment,
    Course,
    Credential,
    Finding,
    Located,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Teaching,
)
from ontology.readers.tables import TABLE_FILES, read_tables

EXAMPLES = Path(__file__).parent.parent / "examples"
CAMPUS = EXAMPLES / "campus"
ESCO = "http://data.europa.eu/esco/"
ESSENTIAL = f"{ESCO}model#relatedEssentialSkill"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
COVERED = (
    "ICT security administrator",
    "ICT network technician",
    "ICT help desk agent",
    "ICT resilience manager",
    "cyber incident responder",
    "cybersecurity risk manager",
    "software tester",
)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    """All records of the campus."""
    documents = [each for each in open_source(CAMPUS) if isinstance(each, Document) and each.basename in TABLE_FILES]
    items = list(read_tables(documents))
    assert [item for item in items if isinstance(item, Finding)] == []
    return [item.record for item in items if isinstance(item, Located)]


@pytest.fixture(scope="module")
def esco() -> tuple[set[str], dict[str, set[str]]]:
    """IRIs that the ESCO example describes, and the essential skills of its occupations by English label."""
    described, labels = set(), {}
    essential: dict[str, set[str]] = defaultdict(set)
    for triple in parse(path=EXAMPLES / "ict" / "esco_ict.ttl", format=RdfFormat.TURTLE):
        subject = triple.subject.value
        described.add(subject)
        if triple.predicate.value == LABEL and triple.object.language == "en":
            labels[subject] = triple.object.value
        elif triple.predicate.value == ESSENTIAL:
            essential[subject].add(triple.object.value)
    return described, {labels[occupation]: skills for occupation, skills in essential.items() if occupation in labels}


def gained(records: list[Record]) -> dict[str, set[str]]:
    """Course → what it teaches, with all that is exactly the same: the straightforward reading of a chain at full worth."""
    same: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if isinstance(record, Alignment) and record.relation is Relation.EXACT and record.confidence in (None, 1):
            same[record.subject].add(record.object)
            same[record.object].add(record.subject)
    taught: dict[str, set[str]] = defaultdict(set)
    for record in records:
        if isinstance(record, Teaching):
            reached = waiting = {record.competency}
            while waiting:
                waiting = {other for each in waiting for other in same[each]} - reached
                reached = reached | waiting
            taught[record.subject] |= reached
    return taught


def test_every_file_of_tables_is_there_and_only_those() -> None:
    """The example shows the whole format, but for mappings between scales: it has one scale."""
    assert {path.name for path in CAMPUS.iterdir()} == {*TABLE_FILES, "README.md"} - {
        "scale_levels.csv",
        "scale_mappings.csv",
    }


def test_the_college_says_that_it_is_invented() -> None:
    """In its README and in its attribution, which is shown wherever its content is."""
    assert "Larkfield College, Brackwater Institute and Northgate Freight are invented" in (
        CAMPUS / "README.md"
    ).read_text(encoding="utf-8")
    with (CAMPUS / "frameworks.csv").open(encoding="utf-8", newline="") as lines:
        assert all(row["attribution"].endswith("is invented.") for row in csv.DictReader(lines))


def test_every_esco_iri_is_described_by_the_esco_example(esco: tuple[set[str], dict[str, set[str]]]) -> None:
    """Nothing dangles when the two are loaded together."""
    described, _ = esco
    used = {
        iri
        for path in CAMPUS.glob("*.csv")
        for iri in re.findall(rf"{re.escape(ESCO)}[^\s,;\"]+", path.read_text(encoding="utf-8"))
    }
    assert len(used) > 100
    assert used - described == set()


def test_every_reference_to_larkfield_or_northgate_is_described(records: list[Record]) -> None:
    """The college's own IRIs: whatever a row names, some row describes."""
    described = {record.iri for record in records}
    pages = {record.url for record in records if isinstance(record, Course)}
    named = set()
    for path in CAMPUS.glob("*.csv"):
        named |= set(
            re.findall(r"https://(?:larkfield|northgate)\.example/[^\s,;\"]+", path.read_text(encoding="utf-8"))
        )
    people = {iri for iri in named if "/office/" in iri or "/team/" in iri}
    assert named - described - pages - people == set()


def test_the_courses_teach_all_essential_skills_of_seven_occupations(
    records: list[Record], esco: tuple[set[str], dict[str, set[str]]]
) -> None:
    """So that there is a way into each of them from nothing."""
    taught = set().union(*gained(records).values())
    for label in COVERED:
        assert esco[1][label] - taught == set(), label


def test_the_college_has_what_makes_plans_hard(records: list[Record]) -> None:
    """Unknown and foreign costs, a free course, groups of prerequisites, chains of three, levels, days, any two of three."""
    courses = [record for record in records if isinstance(record, Course)]
    assert 40 <= len(courses) <= 50
    assert {course.cost.currency for course in courses if course.cost} == {"EUR", "GBP"}
    assert sum(course.cost is None for course in courses) == 2
    assert any(course.cost and course.cost.minor_units == 0 for course in courses)
    assert all(course.duration_days for course in courses)
    groups = [record for record in records if isinstance(record, RequirementGroup)]
    assert {group.minimum for group in groups} == {None, 1, 2}
    leaves = [record for record in records if isinstance(record, Requirement)]
    assert any(leaf.experience_days for leaf in leaves)
    assert any(leaf.level for leaf in leaves)
    assert any(isinstance(record, Credential) and record.cost for record in records)
    before = {leaf.owner: leaf.target for leaf in leaves if leaf.group is None and leaf.target}
    longest = "https://larkfield.example/course/sec202"
    chain = [longest]
    while chain[-1] in before:
        chain.append(before[chain[-1]] or "")
    assert [iri.rsplit("/", 1)[1] for iri in chain] == ["sec202", "sec201", "sec103", "sec101"]


def best(records: list[Record], goal: set[str], figures: dict[str, int]) -> tuple[int, list[str]]:
    """Smallest sum of figures, then fewest courses, that teach the goal with all prerequisites before them, proved."""
    model = cp_model.CpModel()
    taught = gained(records)
    taken = {iri: model.new_bool_var(iri) for iri in figures}
    place = {iri: model.new_int_var(0, len(figures), f"place {iri}") for iri in figures}
    for skill in goal:
        model.add_bool_or([taken[iri] for iri in figures if skill in taught[iri]])
    needs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for record in records:
        if isinstance(record, Requirement) and record.owner in figures and record.target:
            needs[record.owner, record.group or record.iri].add(record.target)
    for (course, _), alternatives in needs.items():
        earlier = []
        for other in figures:
            if other != course and ({other} | taught[other]) & alternatives:
                chosen = model.new_bool_var("")
                model.add_implication(chosen, taken[other])
                model.add(place[other] < place[course]).only_enforce_if(chosen)
                earlier.append(chosen)
        model.add_bool_or([*earlier, taken[course].negated()])
    model.minimize(sum(figures[iri] * 100 * taken[iri] for iri in figures) + sum(taken.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    steps = sorted(iri.rsplit("/", 1)[1] for iri in figures if solver.value(taken[iri]))
    return sum(figures[iri] for iri in figures if solver.value(taken[iri])), steps


def test_cheapest_fastest_and_fewest_differ(records: list[Record], esco: tuple[set[str], dict[str, set[str]]]) -> None:
    """The ways into ICT security administrator that examples/campus/README.md tells, from nothing."""
    goal = esco[1]["ICT security administrator"]
    courses = {record.iri: record for record in records if isinstance(record, Course)}
    cents = {
        iri: course.cost.minor_units if course.cost and course.cost.currency == "EUR" else 10**7
        for iri, course in courses.items()
    }
    tenths = {iri: int((course.duration_days or 0) * 10) for iri, course in courses.items()}
    cost, cheapest = best(records, goal, cents)
    days, fastest = best(records, goal, tenths)
    count, fewest = best(records, goal, dict.fromkeys(courses, 1))
    assert (cost, len(cheapest)) == (339_500, 21)
    assert (days, len(fastest)) == (335, 9)
    assert (count, fewest) == (2, ["dip200", "dip201"])
    readme = (CAMPUS / "README.md").read_text(encoding="utf-8")
    assert "(21 steps, 3,395 EUR)" in readme
    assert "(9 steps, 33.5 days)" in readme
    assert "the fewest (2 steps)" in readme
