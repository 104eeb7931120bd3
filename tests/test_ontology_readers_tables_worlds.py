"""Tables: random small worlds are read as exactly the records that a straightforward construction gives."""

import csv
import io
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Finding,
    JobRole,
    Located,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
)
from ontology.readers.tables import TABLE_FILES, read_tables

X = "https://x.example/"
SCALE = f"{X}scale"
Rows = dict[str, list[dict[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The rows of a set of tables, and what they mean: one tuple for each record, told by names instead of derived IRIs."""

    rows: Rows
    meaning: Counter[tuple[object, ...]]


MINIMA = {"": None, "all": None, "any": 1, "1": 1, "2": 2, "3": 3}
IMPORTANCES = {"": ("must", None), "must": ("must", None), "should": ("should", None), "0.25": ("should", 0.25)}
RELATIONS = ["exactMatch", "closeMatch", "broadMatch", "narrowMatch", "relatedMatch"]
COSTS: dict[tuple[str, str], tuple[int, str] | None] = {
    ("", ""): None,
    ("", "EUR"): None,
    ("0", "EUR"): (0, "EUR"),
    ("12.5", "EUR"): (1250, "EUR"),
    ("300", "JPY"): (300, "JPY"),
}
LENGTHS = {"": None, "2": Decimal(2), "16 h": Decimal(2), "1 week": Decimal(5), "0.5": Decimal("0.5")}


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Competencies, courses, credentials, roles with levels, trees, prerequisites, awards, teachings and alignments."""
    rows: Rows = {file: [] for file in TABLE_FILES}
    meaning: Counter[tuple[object, ...]] = Counter()
    competencies = [f"{X}c{number}" for number in range(draw(st.integers(1, 4)))]
    courses = [f"{X}k{number}" for number in range(draw(st.integers(1, 3)))]
    credentials = [f"{X}z{number}" for number in range(draw(st.integers(1, 2)))]
    roles = [f"{X}r{number}" for number in range(draw(st.integers(1, 2)))]
    targets = [*competencies, *courses, *credentials]

    def level() -> tuple[dict[str, str], tuple[str, float] | None]:
        value = draw(st.sampled_from(["", "", "1", "2.5"]))
        return ({"level": value, "scale": SCALE}, (SCALE, float(value))) if value else ({}, None)

    rows["scales.csv"].append({"iri": SCALE, "min": "0", "max": "4"})
    meaning["scale", SCALE, 0.0, 4.0] += 1
    for competency in competencies:
        parents = draw(st.lists(st.sampled_from(competencies), unique=True, max_size=2))
        rows["competencies.csv"].append({"iri": competency, "parent": " ".join(parents)})
        meaning["competency", competency, tuple(sorted(parents))] += 1
    for kind, described in (("course", courses), ("credential", credentials)):
        for iri in described:
            (cost, currency), money = draw(st.sampled_from(list(COSTS.items())))
            written, days = draw(st.sampled_from(list(LENGTHS.items())))
            row = {"iri": iri, "cost": cost, "currency": currency, "duration_days": written}
            rows[f"{kind}s.csv"].append(row)
            meaning[kind, iri, money, days] += 1
            for competency in draw(st.lists(st.sampled_from(competencies), unique=True, max_size=2)):
                cells, stated = level()
                rows["teaches.csv"].append({"subject": iri, "competency": competency, **cells})
                meaning["teaching", iri, competency, stated] += 1
            for target in draw(st.lists(st.sampled_from(targets), unique=True, max_size=3)):
                cells, asked = level()
                group = draw(st.sampled_from(["", "g", "h"]))
                rows["prerequisites.csv"].append({"target": iri, "group": group, "needs": target, **cells})
                meaning["leaf", iri, None, group or None, target, asked, "must", None, None] += 1
                if group:
                    meaning["group", iri, None, group, None, 1, "must", None] |= 1
    for course in courses:
        for credential in draw(st.lists(st.sampled_from(credentials), unique=True)):
            rows["awards.csv"].append({"course": course, "credential": credential})
            meaning["awarding", course, credential] += 1
    for role in roles:
        rows["job_roles.csv"].append({"iri": role})
        meaning["role", role] += 1
        names = ["Basic", "Advanced"][: draw(st.integers(0, 2))]
        for rank, name in enumerate(names, 1):
            rows["role_levels.csv"].append({"role": role, "name": name, "rank": str(rank)})
            meaning["level", role, name, rank] += 1
        for role_level in ["", *names]:
            listed: list[str] = []
            for number in range(draw(st.integers(0, 3))):
                group = f"{role_level} {number}".strip()
                parent = draw(st.sampled_from(["", *listed]))
                minimum = draw(st.sampled_from(list(MINIMA)))
                importance = draw(st.sampled_from(list(IMPORTANCES)))
                rows["groups.csv"].append(
                    {
                        "role": role,
                        "role_level": role_level,
                        "group": group,
                        "parent": parent,
                        "min": minimum,
                        "importance": importance,
                    }
                )
                kept = (role_level or None, group, parent or None, MINIMA[minimum], *IMPORTANCES[importance])
                meaning["group", role, *kept] += 1
                listed.append(group)
            unlisted: dict[str, list[str]] = {}
            for target in draw(st.lists(st.sampled_from([*targets, "30", "365.5"]), unique=True, max_size=4)):
                group = draw(st.sampled_from(["", "loose", *listed]))
                importance = draw(st.sampled_from(list(IMPORTANCES)))
                cells, asked = level()
                experience = float(target) if not target.startswith(X) else None
                row = {"role": role, "role_level": role_level, "group": group, "importance": importance, **cells}
                row["target" if experience is None else "days"] = target
                rows["requires.csv"].append(row)
                reached = target if experience is None else None
                kind, value = IMPORTANCES[importance]
                meaning["leaf", role, role_level or None, group or None, reached, asked, kind, value, experience] += 1
                if group == "loose":
                    unlisted.setdefault(role_level, []).append(importance)
            for members in unlisted.values():
                strongest = next(
                    IMPORTANCES[importance] for importance in ["", "must", "should", "0.25"] if importance in members
                )
                meaning["group", role, role_level or None, "loose", None, 1, *strongest] += 1
    for number in range(draw(st.integers(0, 3))):
        relation, confidence = draw(st.sampled_from(RELATIONS)), draw(st.sampled_from(["", "0.5", "1"]))
        subject, end = draw(st.sampled_from(competencies)), f"https://foreign.example/{number}"
        rows["alignments.csv"].append(
            {"subject_id": subject, "predicate_id": f"skos:{relation}", "object_id": end, "confidence": confidence}
        )
        meaning["alignment", subject, relation, end, float(confidence) if confidence else None] += 1
    return World(rows=rows, meaning=meaning)


def written(file: str, rows: list[dict[str, str]]) -> Document:
    text = io.StringIO()
    writer = csv.DictWriter(text, TABLE_FILES[file].columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return Document(name=file, data=text.getvalue().encode())


def meaning_of(records: list[Record]) -> Counter[tuple[object, ...]]:
    """The records told by names instead of derived IRIs."""
    levels = {record.iri: record.name for record in records if isinstance(record, RoleLevel)}
    groups = {record.iri: record.labels[0].text for record in records if isinstance(record, RequirementGroup)}
    told: Counter[tuple[object, ...]] = Counter()
    for record in records:
        match record:
            case Scale():
                told["scale", record.iri, record.minimum, record.maximum] += 1
            case Competency():
                told["competency", record.iri, record.broader] += 1
            case Course() | Credential():
                money = record.cost and (record.cost.minor_units, record.cost.currency)
                kind = "course" if isinstance(record, Course) else "credential"
                told[kind, record.iri, money, record.duration_days] += 1
            case JobRole():
                told["role", record.iri] += 1
            case RoleLevel():
                told["level", record.role, record.name, record.rank] += 1
            case Teaching():
                level = record.level and (record.level.scale, record.level.value)
                told["teaching", record.subject, record.competency, level] += 1
            case Awarding():
                told["awarding", record.course, record.credential] += 1
            case Alignment():
                told["alignment", record.subject, record.relation.value, record.object, record.confidence] += 1
            case RequirementGroup():
                place = (record.owner, levels[record.role_level] if record.role_level else None, groups[record.iri])
                parent = groups[record.parent] if record.parent else None
                weight = (record.importance.value, record.importance_value)
                told["group", *place, parent, record.minimum, *weight] += 1
            case Requirement():
                place = (
                    record.owner,
                    levels[record.role_level] if record.role_level else None,
                    groups[record.group] if record.group else "",
                )
                asked = record.level and (record.level.scale, record.level.value)
                weight = (record.importance.value, record.importance_value)
                told["leaf", *place[:2], place[2] or None, record.target, asked, *weight, record.experience_days] += 1
            case _:
                told["unexpected", record.iri] += 1
    return told


@given(worlds(), st.randoms(use_true_random=False))
def test_a_world_is_read_as_what_its_rows_say(world: World, random: Random) -> None:
    """Nested groups, levels, prerequisites, awards, alignments, unknown costs: record for record, in any order of rows."""
    documents = [written(file, rows) for file, rows in world.rows.items() if rows]
    items = list(read_tables(documents))
    assert [item for item in items if isinstance(item, Finding)] == []
    records = [item.record for item in items if isinstance(item, Located)]
    assert meaning_of(records) == world.meaning
    assert len({record.iri for record in records}) == len(records)
    groups = {record.iri for record in records if isinstance(record, RequirementGroup)}
    for record in records:
        if isinstance(record, Requirement) and record.group is not None:
            assert record.group in groups

    shuffled = {file: random.sample(rows, len(rows)) for file, rows in world.rows.items() if rows}
    files = random.sample(sorted(shuffled), len(shuffled))
    again = list(read_tables([written(file, shuffled[file]) for file in files]))
    assert {item.record for item in again if isinstance(item, Located)} == set(records)
