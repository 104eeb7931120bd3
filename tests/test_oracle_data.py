"""Real data against an independent reckoning: certifications as the table lists them, ESCO occupations by plain counting.

What is expected is computed here from examples/ict with csv and rdflib alone. Nothing of it is written down but the facts
that README tells: 59 certifications, and what Security+ gives.
"""

import csv
import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import NamedTuple

import orjson
import pytest
import rdflib

from graph.figures import Objective
from graph.known import KnownDatasets
from graph.layout import DatasetInfo, ResourceType
from graph.matching import Matches, RoleMatch, match
from graph.planning import Limits, plan
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import Snapshot
from ontology.model import FindingLevel, Located, Record
from ontology.readers import read_source
from ontology.validation import validate

EXAMPLES = Path(__file__).parent.parent / "examples"
ICT = EXAMPLES / "ict"
ESCO = rdflib.Namespace("http://data.europa.eu/esco/model#")
RANKS = {"Basic": 1, "Intermediate": 2, "Advanced": 3}
CERTIFICATIONS = 59
SETS = 200
CLOSE = 1e-9
DEADLINE_MS = 120_000
WEIGHTS = ((1.0, 0.5), (1.0, 0.5), (1.0, 0.25), (2.0, 3.0), (1.0, 0.0))
"""(must, should): the default twice; halves and quarters, so that sums of floats are exact."""


# --- what the files say


def read_table(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file of the example."""
    with (ICT / name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


BY_ROLE = read_table("certifications_by_role.csv")
NAMES = sorted({row["certification"] for row in BY_ROLE})


def listed_levels(certification: str) -> dict[str, set[str]]:
    """OPM code -> the levels at which the table lists a certification."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in BY_ROLE:
        if row["certification"] == certification:
            found[row["workRoleCode"]].add(row["proficiency"])
    return dict(found)


def levels_of_roles() -> dict[str, set[str]]:
    """OPM code -> the levels that any of the three tables has rows for."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in (*BY_ROLE, *read_table("training_courses_by_role.csv"), *read_table("degrees_by_role.csv")):
        if row["proficiency"] and row.get("courseTitle", "x") + row.get("courseNumber", "x"):
            found[row["workRoleCode"]].add(row["proficiency"])
    return dict(found)


class Occupation(NamedTuple):
    """What an ESCO occupation asks for."""

    essential: frozenset[str]
    optional: frozenset[str]

    def score(self, held: set[str], must: float, should: float) -> Fraction:
        """Σ weight·coverage / Σ weight."""
        weights = Fraction(must), Fraction(should)
        have = len(self.essential & held) * weights[0] + len(self.optional & held) * weights[1]
        whole = len(self.essential) * weights[0] + len(self.optional) * weights[1]
        return have / whole if whole else Fraction(0)


@pytest.fixture(scope="session")
def occupations() -> dict[str, Occupation]:
    """Occupations by IRI; a skill that is essential and optional is essential."""
    graph = rdflib.Graph().parse(ICT / "esco_ict.ttl", format="turtle")
    found = {}
    for subject in graph.subjects(rdflib.RDF.type, ESCO.Occupation):
        essential = frozenset(map(str, graph.objects(subject, ESCO.relatedEssentialSkill)))
        optional = frozenset(map(str, graph.objects(subject, ESCO.relatedOptionalSkill)))
        found[str(subject)] = Occupation(essential, optional - essential)
    return found


# --- what the product says


def read_records(folder: Path, known: Snapshot | None = None) -> list[Record]:
    """The records of an example, which has no fault that blocks."""
    items = [item for item in read_source(folder).items if isinstance(item, Located)]
    validated = validate(items, dataset=folder.name, known=KnownDatasets(known, without=folder.name) if known else None)
    assert [each for each in validated.findings if each.level is FindingLevel.MUST] == []
    return list(validated.records)


def dataset(name: str) -> DatasetInfo:
    return DatasetInfo(iri=f"urn:{name}", name=name, format="", license=None, attribution=None, checksum="0" * 64)


@pytest.fixture(scope="session")
def snapshot() -> Snapshot:
    """The index of examples/ict."""
    return Snapshot.build([(dataset("ict"), read_records(ICT))], release=1)


def opm_code(snapshot: Snapshot, row: int) -> str:
    return next(value for system, value in snapshot.codes(row) if system == "opm")


def levels_met(snapshot: Snapshot, found: RoleMatch, *, stated: bool) -> set[str]:
    """Names of the levels that are qualified, or stated."""
    outcomes = [each for each in found.levels if (each.stated if stated else each.qualified)]
    return {snapshot.level_names[each.level] for each in outcomes}


def match_certification(snapshot: Snapshot, certification: str, policy: Policy) -> dict[str, RoleMatch]:
    """OPM code -> the match of each role that is listed for who holds a certification."""
    row = snapshot.resolve(certification, [ResourceType.CREDENTIAL])
    found = match(snapshot, Held(credentials=(row,)), policy)
    details = [found.detail(position) for position in range(len(found.rows))]
    assert [detail.role for detail in details] == [int(each) for each in found.rows]
    return {opm_code(snapshot, detail.role): detail for detail in details}


# --- certifications


def test_the_table_has_the_certifications_that_it_is_told_to_have() -> None:
    """The tests below look at each of them."""
    assert len(NAMES) == CERTIFICATIONS


@pytest.mark.parametrize("certification", NAMES)
def test_a_certification_gives_the_roles_and_levels_that_the_table_lists(
    snapshot: Snapshot, certification: str
) -> None:
    """Exactly the roles; stated at the levels listed; qualified there and, with impliesLower, at all levels below."""
    listed, levels = listed_levels(certification), levels_of_roles()
    implied = match_certification(snapshot, certification, Policy())
    plain = match_certification(snapshot, certification, Policy(implies_lower=False))
    assert set(implied) == set(plain) == set(listed)
    for code, names in listed.items():
        highest = max(RANKS[name] for name in names)
        below = {name for name in levels[code] if RANKS[name] <= highest}
        assert {snapshot.level_names[each.level] for each in implied[code].levels} == levels[code]
        assert levels_met(snapshot, implied[code], stated=True) == names
        assert levels_met(snapshot, implied[code], stated=False) == below
        assert levels_met(snapshot, plain[code], stated=True) == names
        assert levels_met(snapshot, plain[code], stated=False) == names
        assert implied[code].qualified is True
        held = snapshot.resolve(certification, [ResourceType.CREDENTIAL])
        assert {each.met_by for each in implied[code].levels if each.stated} == {(held,)}


def test_security_plus_gives_intermediate_in_twenty_roles(snapshot: Snapshot) -> None:
    """And in none of them more."""
    found = match_certification(snapshot, "Security+", Policy())
    highest = [max(levels_met(snapshot, each, stated=False), key=RANKS.__getitem__) for each in found.values()]
    assert highest == ["Intermediate"] * 20


def test_six_certifications_give_advanced_in_defensive_cybersecurity(snapshot: Snapshot) -> None:
    """Found by holding each certification of the table in turn."""
    found = {name: match_certification(snapshot, name, Policy()).get("511") for name in NAMES}
    advanced = {name for name, each in found.items() if each and "Advanced" in levels_met(snapshot, each, stated=True)}
    assert advanced == {"CBROPS", "CFR", "CySA+", "GCFA", "GCIA", "GICSP"}


# --- ESCO


def random_skills(rng: Random, occupations: Mapping[str, Occupation]) -> set[str]:
    """Some skills; of every third set, all essential ones of an occupation among them."""
    asked = sorted({skill for each in occupations.values() for skill in (*each.essential, *each.optional)})
    held = set(rng.sample(asked, rng.choice((1, 2, 5, 10, 20, 50, 150))))
    if rng.random() < 1 / 3:
        held |= occupations[rng.choice(sorted(occupations))].essential
    return held


@pytest.mark.parametrize("seed", range(SETS))
def test_scores_and_order_of_occupations_equal_plain_counting(
    snapshot: Snapshot, occupations: Mapping[str, Occupation], seed: int
) -> None:
    """Whoever holds ESCO skills alone gets ESCO occupations alone, in the order of docs/matching.md."""
    rng = Random(seed)
    skills = random_skills(rng, occupations)
    must, should = rng.choice(WEIGHTS)
    rows = [snapshot.find_row(skill) for skill in sorted(skills)]
    held = Held(competencies=tuple(HeldCompetency(row=row) for row in rows))
    found = match(snapshot, held, Policy(must_weight=must, should_weight=should))
    expected = sorted(
        (-round(float(score), 12), -len(each.essential & skills), iri)
        for iri, each in occupations.items()
        if (score := each.score(skills, must, should)) > 0 or (each.essential and each.essential <= skills)
    )
    assert [snapshot.iris[int(row)] for row in found.rows] == [iri for _, _, iri in expected]
    for position, (falling, _, iri) in enumerate(expected):
        assert abs(float(found.scores[position]) + falling) < CLOSE
        essential = occupations[iri].essential
        assert found.qualified[position] == (int(essential <= skills) if essential else -1)
    for position in rng.sample(range(len(expected)), min(len(expected), 3)):
        check_occupation(snapshot, found, position, skills, occupations)


def check_occupation(
    snapshot: Snapshot, found: Matches, position: int, skills: set[str], occupations: Mapping[str, Occupation]
) -> None:
    """Units are the skills asked for; parts sum to the score."""
    detail = found.detail(position)
    wanted = occupations[snapshot.iris[detail.role]]
    assert abs(sum(unit.part for unit in (*detail.met, *detail.partial, *detail.missing)) - detail.score) < CLOSE
    met = {snapshot.iris[int(snapshot.node_target[unit.node])] for unit in detail.met}
    missing = {snapshot.iris[int(snapshot.node_target[unit.node])] for unit in detail.missing}
    blocking = {snapshot.iris[int(snapshot.node_target[node])] for node in detail.blocking}
    assert met == (wanted.essential | wanted.optional) & skills
    assert missing == (wanted.essential | wanted.optional) - skills
    assert blocking == wanted.essential - skills
    assert detail.partial == ()


# --- same input, same bytes


def print_answers() -> None:
    """Everything that matches, gaps and plans say of the two examples, as one line of JSON a question."""
    ict = read_records(ICT)
    alone = Snapshot.build([(dataset("ict"), ict)], release=1)
    campus = read_records(EXAMPLES / "campus", known=alone)
    both = Snapshot.build([(dataset("ict"), ict), (dataset("campus"), campus)], release=1)
    rng = Random(0)
    skills = [int(row) for row in both.rows(ResourceType.COMPETENCY)]
    credentials = [int(row) for row in both.rows(ResourceType.CREDENTIAL)]
    for _ in range(12):
        held = Held(
            competencies=tuple(HeldCompetency(row=row) for row in rng.sample(skills, 60)),
            credentials=tuple(rng.sample(credentials, 2)),
        )
        found = match(both, held, Policy(min_coverage=0.8, hierarchy=True))
        details = [found.detail(position)._asdict() for position in range(min(10, len(found.rows)))]
        print_json([found.rows.tolist(), found.scores.tolist(), found.qualified.tolist(), details])
    role = both.resolve("ICT security administrator", [ResourceType.JOB_ROLE])
    for objective in Objective:
        limits = Limits(deadline_ms=DEADLINE_MS)
        answer = plan(both, Held(), role, objective=objective, limits=limits, policy=Policy())
        assert answer.optimal
        print_json(asdict(answer))


def print_json(answer: object) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer, default=str, option=orjson.OPT_APPEND_NEWLINE))


def test_two_processes_give_the_same_bytes() -> None:
    """However the hashes of strings fall."""
    digests, sizes = set(), set()
    for seed in ("1", "2"):
        tests = Path(__file__).parent
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "PYTHONPATH": os.pathsep.join((str(tests), str(tests.parent))),
        }
        command = [sys.executable, "-c", "import test_oracle_data; test_oracle_data.print_answers()"]
        output = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        digests.add(hashlib.sha256(output).hexdigest())
        sizes.add(len(output.splitlines()))
    assert sizes == {15}
    assert len(digests) == 1
