"""Plans: hand-drawn networks with the answer told, and random worlds against a look at every subset."""

import itertools
import json
import math
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.planning import Limits, NoPlanReason, Objective, Plan, PlanAnswer, plan, step_reason
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import DatasetInfo, Snapshot
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
    Text,
)

ROOT = Path(__file__).parent.parent
ROLE = "x:role"
SCALE, OTHER_SCALE = "x:scale", "x:scale2"
GENEROUS = 30_000
"""Milliseconds: a wall that no test of an answer comes near."""


def built(records: Iterable[Record]) -> Snapshot:
    """A snapshot of these records as one dataset."""
    info = DatasetInfo(iri="x:set", name="set", format="tables", license=None, attribution=None, checksum="0")
    return Snapshot.build([(info, list(records))], release=1)


# ---------------------------------------------------------------------------------------------- hand-drawn networks


def course(
    name: str, cost: int | None = None, days: str | None = None, currency: str = "EUR", provider: str | None = None
) -> Course:
    """A course with its cost in minor units."""
    return Course(
        iri=f"x:{name}",
        labels=(Text(name, "en"),),
        cost=None if cost is None else Money(cost, currency),
        duration_days=None if days is None else Decimal(days),
        provider=provider,
    )


def credential(name: str, cost: int | None = None, kind: str | None = None, issuer: str | None = None) -> Credential:
    """A credential with its cost in minor units of EUR."""
    return Credential(
        iri=f"x:{name}",
        labels=(Text(name, "en"),),
        cost=None if cost is None else Money(cost, "EUR"),
        kind=kind,
        issuer=issuer,
    )


def skills(*names: str) -> list[Competency]:
    """Competencies of these names."""
    return [Competency(iri=f"x:{name}", labels=(Text(name, "en"),)) for name in names]


def teaches(subject: str, *names: str, level: float | None = None) -> list[Teaching]:
    """Teachings of competencies by a course or credential."""
    return [
        Teaching(
            iri=f"x:t/{subject}/{name}",
            subject=f"x:{subject}",
            competency=f"x:{name}",
            level=None if level is None else Level(SCALE, level),
        )
        for name in names
    ]


def needs(
    owner: str, *targets: str, level: str | None = None, asked: float | None = None, group: str | None = None
) -> list[Requirement]:
    """Leaves, all of them must."""
    return [
        Requirement(
            iri=f"x:n/{owner}/{level}/{target}",
            owner=f"x:{owner}",
            target=f"x:{target}",
            role_level=None if level is None else f"x:{level}",
            level=None if asked is None else Level(SCALE, asked),
            group=None if group is None else f"x:{group}",
        )
        for target in targets
    ]


def group(
    name: str, owner: str, minimum: int | None, parent: str | None = None, level: str | None = None
) -> RequirementGroup:
    """A group: None is all, 1 any."""
    return RequirementGroup(
        iri=f"x:{name}",
        owner=f"x:{owner}",
        minimum=minimum,
        parent=None if parent is None else f"x:{parent}",
        role_level=None if level is None else f"x:{level}",
    )


def asked(
    records: Iterable[Record],
    objective: Objective = Objective.CHEAPEST,
    *,
    holds: Sequence[str] = (),
    level: str | None = None,
    limits: Limits | None = None,
    policy: Policy | None = None,
    first: int = 3,
    days: float = 0.0,
) -> tuple[Snapshot, PlanAnswer]:
    """The answer over hand-drawn records; what is held is sorted by its type."""
    snapshot = built([JobRole(iri=ROLE, labels=(Text("Role", "en"),)), *records])
    rows = [snapshot.find_row(f"x:{name}") for name in holds]
    by_type: dict[int, list[int]] = {}
    for row in rows:
        by_type.setdefault(int(snapshot.types[row]), []).append(row)
    held = Held(
        competencies=tuple(HeldCompetency(row=row) for row in by_type.get(1, ())),
        courses=tuple(by_type.get(2, ())),
        credentials=tuple(by_type.get(3, ())),
        experience_days=days,
    )
    answer = plan(
        snapshot,
        held,
        snapshot.find_row(ROLE),
        level=level,
        objective=objective,
        limits=limits or Limits(deadline_ms=GENEROUS),
        policy=policy or Policy(),
        first=first,
    )
    return snapshot, answer


def names(snapshot: Snapshot, one: Plan) -> list[str]:
    """Steps in their order."""
    return [snapshot.iris[step.row].removeprefix("x:") for step in one.steps]


def plans(snapshot: Snapshot, answer: PlanAnswer) -> list[list[str]]:
    """All plans."""
    return [names(snapshot, one) for one in answer.plans]


CHAIN = [
    *skills("sql", "python", "data"),
    course("intro", 5000, "2"),
    course("python-course", 10000, "5"),
    course("bootcamp", 40000, "3"),
    *teaches("intro", "sql"),
    *teaches("python-course", "python"),
    *teaches("bootcamp", "sql", "python"),
    *needs("python-course", "sql"),
    *needs("role", "python"),
]
"""python by python-course (100 EUR, 5 days), which needs sql, which intro (50 EUR, 2 days) teaches; or by bootcamp (400 EUR, 3 days)."""


def test_the_cheapest_way_goes_by_prerequisites() -> None:
    """CHEAPEST of the chain: intro, then python-course for 150 EUR; next bootcamp for 400 EUR."""
    snapshot, answer = asked(CHAIN)
    assert plans(snapshot, answer) == [["intro", "python-course"], ["bootcamp"]]
    best, other = answer.plans
    assert (best.cost, best.duration_days, best.total, best.bound) == (Money(15000, "EUR"), 7, Decimal("150.00"), 150)
    assert other.cost == Money(40000, "EUR")
    assert answer.optimal
    assert best.optimal
    assert answer.reason is None
    assert answer.unmet == ()


def test_the_fastest_and_the_fewest_way_is_another_one() -> None:
    """FASTEST and FEWEST of the chain: bootcamp, 3 days, one step."""
    for objective, total in ((Objective.FASTEST, 3), (Objective.FEWEST, 1)):
        snapshot, answer = asked(CHAIN, objective, first=1)
        assert plans(snapshot, answer) == [["bootcamp"]]
        assert answer.plans[0].total == total


def test_a_step_says_what_it_is_for() -> None:
    """intro enables step 2 and closes nothing; python-course closes the role's must."""
    snapshot, answer = asked(CHAIN)
    first, second = answer.plans[0].steps
    (must,) = [row for row in range(len(snapshot.node_iris)) if snapshot.iris[snapshot.node_owner[row]] == ROLE]
    assert (first.position, first.enables, first.closes) == (1, (2,), ())
    assert (second.position, second.enables, second.closes) == (2, (), (must,))
    assert answer.plans[0].closes == (must,)
    assert (
        step_reason(snapshot, answer.plans[0], first, ["en"])
        == "Meets what must be known or held before python-course."
    )
    assert step_reason(snapshot, answer.plans[0], second, ["en"]) == "Closes python."


def test_what_is_held_needs_no_step() -> None:
    """Who knows sql takes python-course alone; who knows python is there already."""
    snapshot, answer = asked(CHAIN, holds=["sql"])
    assert plans(snapshot, answer)[0] == ["python-course"]
    _, answer = asked(CHAIN, holds=["python"])
    (done,) = answer.plans
    assert (done.steps, done.cost, done.duration_days, done.unknowns, done.total) == ((), None, None, 0, 0)
    assert answer.optimal


def test_a_role_without_musts_is_met_already() -> None:
    """A should does not block."""
    should = Requirement(iri="x:n", owner=ROLE, target="x:python", importance=Importance.SHOULD)
    _, answer = asked([*skills("python"), should])
    assert [one.steps for one in answer.plans] == [()]


def test_a_cycle_does_not_justify_itself() -> None:
    """a needs what b teaches and b what a teaches, both for nothing; the honest way in is start for 10 EUR."""
    records = [
        *skills("one", "two"),
        course("a", 0),
        course("b", 0),
        course("start", 1000),
        *teaches("a", "one"),
        *teaches("b", "two"),
        *teaches("start", "two"),
        *needs("a", "two"),
        *needs("b", "one"),
        *needs("role", "one"),
    ]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["start", "a"]]
    snapshot, answer = asked([record for record in records if record.iri not in ("x:start", "x:t/start/two")])
    assert answer.plans == ()
    assert answer.reason == NoPlanReason.NONE_EXISTS
    assert answer.optimal


def test_a_course_gives_the_credentials_that_it_awards() -> None:
    """The course for 20 EUR awards the credential that costs 30 EUR by itself; its competency comes with it."""
    records = [
        *skills("security"),
        course("lab", 2000),
        credential("cert", 3000),
        Awarding(iri="x:w", course="x:lab", credential="x:cert"),
        *teaches("cert", "security"),
        *needs("role", "cert", "security"),
    ]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["lab"], ["cert"]]
    assert len(answer.plans[0].steps[0].closes) == 2


def test_unknown_figures_come_last_and_are_told() -> None:
    """A course without a cost counts as unknown: 900 EUR known is preferred, and with the limit it is the other way."""
    records = [
        *skills("s"),
        course("dear", 90000),
        course("secret"),
        *teaches("dear", "s"),
        *teaches("secret", "s"),
        *needs("role", "s"),
    ]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["dear"], ["secret"]]
    assert (answer.plans[1].unknowns, answer.plans[1].unknowns_bound, answer.plans[1].cost) == (1, 1, None)
    assert any("No cost is stated for secret" in text for text in answer.plans[1].assumptions)
    snapshot, answer = asked(records, limits=Limits(max_cost=100, deadline_ms=GENEROUS))
    assert plans(snapshot, answer) == [["secret"]]
    _, answer = asked(records, limits=Limits(max_cost=100, allow_unknown=False, deadline_ms=GENEROUS))
    assert (answer.reason, len(answer.unmet)) == (NoPlanReason.LIMITS, 1)


def test_a_second_currency_is_unknown() -> None:
    """EUR is the commoner one: 5 USD is unknown and comes after 90 EUR; asked in USD it is first."""
    records = [
        *skills("s"),
        course("euro", 9000),
        course("other-euro", 9500),
        course("dollar", 500, currency="USD"),
        *teaches("euro", "s"),
        *teaches("other-euro", "s"),
        *teaches("dollar", "s"),
        *needs("role", "s"),
    ]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["euro"], ["other-euro"], ["dollar"]]
    assert any("stated in USD" in text for text in answer.plans[2].assumptions)
    snapshot, answer = asked(records, limits=Limits(currency="usd", deadline_ms=GENEROUS))
    assert plans(snapshot, answer)[0] == ["dollar"]
    assert answer.plans[0].cost == Money(500, "USD")


def test_yen_have_no_minor_unit() -> None:
    """A limit of 500 JPY admits a course for 500 JPY, and its total is 500."""
    records = [*skills("s"), course("tokyo", 500, currency="JPY"), *teaches("tokyo", "s"), *needs("role", "s")]
    _, answer = asked(records, limits=Limits(max_cost=500, deadline_ms=GENEROUS))
    assert answer.plans[0].total == 500
    _, answer = asked(records, limits=Limits(max_cost=499.99, deadline_ms=GENEROUS))
    assert answer.reason == NoPlanReason.LIMITS


def test_equal_plans_go_by_iri_and_are_named_as_alternatives() -> None:
    """Three courses for 10 EUR each: a is first, b and c stand in for it; d costs more and does not."""
    records = [*skills("s"), *needs("role", "s")]
    for name, cost in (("c", 1000), ("b", 1000), ("a", 1000), ("d", 1001)):
        records += [course(name, cost), *teaches(name, "s")]
    snapshot, answer = asked(records, first=2)
    assert plans(snapshot, answer) == [["a"], ["b"]]
    assert [snapshot.iris[row] for row in answer.plans[0].steps[0].alternatives] == ["x:b", "x:c"]


LEVELS = [
    RoleLevel(iri="x:l1", role=ROLE, name="Basic", rank=1),
    RoleLevel(iri="x:l2", role=ROLE, name="Advanced", rank=2),
    *skills("easy", "hard"),
    course("long", 5000),
    course("short", 1000),
    *teaches("long", "easy"),
    *teaches("short", "hard"),
    *needs("role", "easy", level="l1"),
    *needs("role", "hard", level="l2"),
]
"""Basic asks for easy (50 EUR), Advanced for hard (10 EUR)."""


def test_a_higher_level_serves_too() -> None:
    """The cheapest way to Basic is the must of Advanced, unless levels do not imply lower ones."""
    snapshot, answer = asked(LEVELS, level=" basic")
    assert plans(snapshot, answer) == [["short"], ["long"]]
    snapshot, answer = asked(LEVELS, level="Basic", policy=Policy(implies_lower=False))
    assert plans(snapshot, answer) == [["long"]]
    snapshot, answer = asked(LEVELS, level="ADVANCED")
    assert plans(snapshot, answer) == [["short"]]
    snapshot, answer = asked(LEVELS)
    assert plans(snapshot, answer) == [["short"], ["long"]]


def test_an_unknown_level_names_those_there_are() -> None:
    """The candidates are the role's levels, by rank."""
    with pytest.raises(UnknownReferenceError) as caught:
        asked(LEVELS, level="Expert")
    assert caught.value.candidates == (("x:l1", "Basic"), ("x:l2", "Advanced"))
    with pytest.raises(UnknownReferenceError):
        asked(CHAIN, level="Basic")


def test_levels_of_competencies_count() -> None:
    """Level 3 of 4 is asked: the course that teaches to 2 does not reach it, the one that teaches to 4 does."""
    records = [
        Scale(iri=SCALE, minimum=0, maximum=4),
        *skills("s"),
        course("low", 100),
        course("high", 200),
        *teaches("low", "s", level=2),
        *teaches("high", "s", level=4),
        *needs("role", "s", asked=3),
    ]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["high"]]
    snapshot, answer = asked(records, policy=Policy(min_coverage=0.6))
    assert plans(snapshot, answer) == [["low"], ["high"]]


def test_two_of_three_may_be_served_by_any_two() -> None:
    """At least two of three skills: the two cheapest, 30 EUR; next 40 EUR, then 50 EUR."""
    records = [*skills("s", "t", "u"), group("g", "role", 2)]
    for name, cost in (("s", 1000), ("t", 2000), ("u", 3000)):
        records += [course(f"{name}1", cost), *teaches(f"{name}1", name), *needs("role", name, group="g")]
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["s1", "t1"], ["s1", "u1"], ["t1", "u1"]]
    first, second = answer.plans[0].steps
    assert (first.closes, len(second.closes)) == ((), 1)
    assert step_reason(snapshot, answer.plans[0], first, []) == "Counts towards 2 of s, t or u."


def test_experience_is_only_what_is_held() -> None:
    """90 days of experience cannot be planned."""
    experience = Requirement(iri="x:n/e", owner=ROLE, experience_days=90)
    snapshot, answer = asked([experience])
    assert (answer.plans, answer.reason) == ((), NoPlanReason.NONE_EXISTS)
    assert [snapshot.node_iris[row] for row in answer.unmet] == ["x:n/e"]
    _, answer = asked([experience], days=90)
    assert [one.steps for one in answer.plans] == [()]


def test_limits_of_provider_and_kind() -> None:
    """Only Northfield's steps; only certificates; both leave the dearer way."""
    records = [
        *skills("s"),
        course("near", 100, provider="Southfield"),
        course("far", 200, provider="Northfield"),
        credential("paper", 300, kind="Certificate", issuer="Northfield"),
        *teaches("near", "s"),
        *teaches("far", "s"),
        *teaches("paper", "s"),
        *needs("role", "s"),
    ]

    def kept(**limits: tuple[str, ...]) -> list[list[str]]:
        return plans(*asked(records, limits=Limits(deadline_ms=GENEROUS, **limits)))  # type: ignore[arg-type]

    assert kept(providers=("Northfield",)) == [["far"], ["paper"]]
    assert kept(kinds=("CERTIFICATE",)) == [["paper"]]
    assert kept(kinds=("course",)) == [["near"], ["far"]]
    assert kept(kinds=("credential",)) == [["paper"]]


def test_unmet_is_the_smallest_set_of_musts_to_leave_out() -> None:
    """With 100 EUR two of the three musts (60, 50, 50 EUR) can be had: the dear one is to be left out."""
    records: list[Record] = []
    for name, cost in (("p", 6000), ("q", 5000), ("r", 5000)):
        records += [*skills(name), course(f"{name}1", cost), *teaches(f"{name}1", name), *needs("role", name)]
    snapshot, answer = asked(records, limits=Limits(max_cost=100, deadline_ms=GENEROUS))
    assert (answer.reason, answer.optimal) == (NoPlanReason.LIMITS, True)
    assert [snapshot.node_iris[row] for row in answer.unmet] == ["x:n/role/None/p"]


@pytest.mark.parametrize(
    "wrong", [{"max_cost": -1}, {"max_cost": math.nan}, {"max_days": -0.5}, {"max_steps": -1}, {"deadline_ms": -1}]
)
def test_a_negative_limit_is_refused(wrong: dict[str, float]) -> None:
    """`limits.out-of-range`, naming the limit."""
    with pytest.raises(InputError) as caught:
        Limits(**wrong)  # type: ignore[arg-type]
    assert caught.value.code == "limits.out-of-range"
    assert caught.value.subject == next(iter(wrong))


def test_requirements_nest_as_deep_as_they_like() -> None:
    """3,000 groups inside each other, any and all in turn, around one skill: its course is the plan."""
    records: list[Record] = [*skills("s", "t"), course("c", 100), *teaches("c", "s")]
    for depth in range(3000):
        parent = f"g{depth - 1}" if depth else None
        records.append(group(f"g{depth}", "role", 1 if depth % 2 else None, parent))
        if depth % 2:
            records.append(Requirement(iri=f"x:d{depth}", owner=ROLE, target="x:t", group=f"x:g{depth}"))
    records += needs("role", "s", group="g2999")
    snapshot, answer = asked(records)
    assert plans(snapshot, answer) == [["c"]]
    assert len(step_reason(snapshot, answer.plans[0], answer.plans[0].steps[0])) < 200


# ------------------------------------------------------------------------------- random worlds against every subset


@dataclass(frozen=True, kw_only=True)
class World:
    """A small world, what a learner holds in it and what is asked."""

    records: list[Record]
    held: list[str]
    claims: list[tuple[str, Level | None]]
    days: float
    level: str | None
    objective: Objective
    limits: Limits
    policy: Policy


def world(draw: random.Random) -> World:
    """A random world with at most 8 courses and credentials: nested groups, prerequisites (cycles too), awards, levels,
    alignments through a hub, successors, unknown figures, two currencies, limits.
    """
    competencies = [f"x:s{number}" for number in range(draw.randint(2, 5))]
    courses = [f"x:c{number}" for number in range(draw.randint(1, 5))]
    credentials = [f"x:k{number}" for number in range(draw.randint(0, 3))]
    records: list[Record] = [
        JobRole(iri=ROLE),
        Scale(iri=SCALE, minimum=0, maximum=4),
        Scale(iri=OTHER_SCALE, minimum=1, maximum=5),
        *(Competency(iri=iri) for iri in competencies),
        Competency(iri="x:old", replaced_by=competencies[0]),
    ]

    def figures() -> dict[str, object]:
        cost = draw.choice([None, 0, 1000, 1500, 2000, 2500])
        days = draw.choice([None, "0.5", "1", "2", "2.25"])
        return {
            "cost": None if cost is None else Money(cost, "EUR" if draw.random() < 0.75 else "USD"),
            "duration_days": None if days is None else Decimal(days),
        }

    def some_level() -> Level | None:
        chance = draw.random()
        if chance < 0.5:
            return None
        return Level(SCALE, draw.randint(0, 4)) if chance < 0.9 else Level(OTHER_SCALE, draw.randint(1, 5))

    records += [Course(iri=iri, provider=draw.choice([None, "North", "South"]), **figures()) for iri in courses]  # type: ignore[arg-type]
    records += [
        Credential(iri=iri, issuer=draw.choice([None, "North"]), kind=draw.choice([None, "Badge"]), **figures())  # type: ignore[arg-type]
        for iri in credentials
    ]
    for subject in courses + credentials:
        for target in draw.sample([*competencies, "x:old"], draw.randint(0, 2)):
            records.append(
                Teaching(iri=f"x:t/{subject}/{target}", subject=subject, competency=target, level=some_level())
            )
    for subject in courses:
        if credentials and draw.random() < 0.4:
            given = draw.choice(credentials)
            records.append(Awarding(iri=f"x:w/{subject}", course=subject, credential=given))
    for number in range(draw.randint(0, 4)):
        start, end = draw.sample([*competencies, "x:hub"], 2)
        records.append(
            Alignment(
                iri=f"x:a{number}",
                subject=start,
                object=end,
                relation=draw.choice(list(Relation)),
                confidence=draw.choice([None, None, 0.9]),
            )
        )
    targets = competencies + courses + credentials

    def tree(owner: str, name: str, level: str | None, parent: str | None, depth: int, must: bool) -> None:
        importance = Importance.MUST if must else Importance.SHOULD
        if depth and draw.random() < 0.35:
            minimum = draw.choice([None, 1, 1, 2])
            records.append(
                RequirementGroup(
                    iri=name, owner=owner, role_level=level, parent=parent, minimum=minimum, importance=importance
                )
            )
            for number in range(draw.randint(1, 3)):
                tree(owner, f"{name}.{number}", level, name, depth - 1, must)
        elif draw.random() < 0.05:
            days = draw.choice([10.0, 100.0])
            records.append(
                Requirement(
                    iri=name, owner=owner, role_level=level, group=parent, experience_days=days, importance=importance
                )
            )
        else:
            target = draw.choice([*competencies, *targets])
            wanted = some_level() if target in competencies else None
            records.append(
                Requirement(
                    iri=name,
                    owner=owner,
                    role_level=level,
                    group=parent,
                    target=target,
                    level=wanted,
                    importance=importance,
                )
            )

    levels = [f"x:l{number}" for number in range(draw.choice([0, 0, 2, 3]))]
    records += [RoleLevel(iri=iri, role=ROLE, name=f"Level {iri[-1]}", rank=int(iri[-1])) for iri in levels]
    for number in range(draw.randint(1, 3)):
        tree(ROLE, f"x:r{number}", None, None, 2, draw.random() < 0.85)
    for level in levels:
        for number in range(draw.randint(0, 2)):
            tree(ROLE, f"x:r/{level}/{number}", level, None, 2, draw.random() < 0.85)
    for subject in courses + credentials:
        for number in range(draw.choice([0, 0, 1, 2])):
            tree(subject, f"x:p/{subject}/{number}", None, None, 1, draw.random() < 0.8)
    return World(
        records=records,
        held=draw.sample(courses + credentials, draw.choice([0, 0, 1])),
        claims=[(iri, some_level()) for iri in draw.sample(competencies, draw.choice([0, 0, 1]))],
        days=draw.choice([0.0, 50.0]),
        level=draw.choice([None, *(f"Level {iri[-1]}" for iri in levels)]),
        objective=draw.choice(list(Objective)),
        limits=Limits(
            max_cost=draw.choice([None, None, 15, 30, 40.5]),
            currency=draw.choice([None, None, "EUR", "USD"]),
            max_days=draw.choice([None, None, 1.5, 4]),
            max_steps=draw.choice([None, None, 1, 3]),
            providers=draw.choice([None, None, None, ("North",)]),
            kinds=draw.choice([None, None, None, ("course",), ("badge", "COURSE")]),
            allow_unknown=draw.random() < 0.8,
            deadline_ms=GENEROUS,
        ),
        policy=Policy(
            min_coverage=draw.choice([1.0, 0.8, 0.7, 0.4]),
            max_hops=draw.choice([0, 1, 3, 3]),
            implies_lower=draw.random() < 0.7,
        ),
    )


@dataclass
class Judge:
    """The meaning of docs/matching.md, word by word, over the records of a world. Sets of steps are bit masks."""

    world: World
    by_iri: dict[str, Record] = field(init=False)
    steps: list[str] = field(init=False)
    has: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_iri = {record.iri: record for record in self.world.records}
        self.has = set(self.world.held)
        for iri in self.world.held:
            self.has |= self._awarded(iri)
        things = [r.iri for r in self.world.records if isinstance(r, Course | Credential)]
        self.steps = sorted(iri for iri in things if iri not in self.has)
        self._truths: dict[str, Callable[[int], bool]] = {}

    def _all(self, kind: type) -> list[Record]:
        return [record for record in self.world.records if isinstance(record, kind)]

    def _awarded(self, iri: str) -> set[str]:
        return {r.credential for r in self.world.records if isinstance(r, Awarding) and r.course == iri}

    def _newest(self, iri: str) -> str:
        record = self.by_iri.get(iri)
        return record.replaced_by if isinstance(record, Competency) and record.replaced_by else iri

    def _sources(self, thing: str) -> list[tuple[str, Level | None]]:
        givers = {thing} | self._awarded(thing)
        return [(t.competency, t.level) for t in self.world.records if isinstance(t, Teaching) and t.subject in givers]

    def _likeness(self, start: str, end: str) -> float:
        """Largest product over every chain, by trying all of them."""
        policy = self.world.policy
        best = 0.0

        def walk(at: str, product: float, seen: tuple[str, ...], went_up: bool) -> None:
            nonlocal best
            if at == end:
                best = max(best, product)
            if len(seen) > policy.max_hops:
                return
            for statement in self.world.records:
                if not isinstance(statement, Alignment):
                    continue
                for one, other, forward in (
                    (statement.subject, statement.object, True),
                    (statement.object, statement.subject, False),
                ):
                    if one != at or other in seen:
                        continue
                    up = statement.relation == (Relation.BROAD if forward else Relation.NARROW)
                    down = statement.relation == (Relation.NARROW if forward else Relation.BROAD)
                    if down and went_up:
                        continue
                    factor = {
                        Relation.EXACT: policy.exact,
                        Relation.CLOSE: policy.close,
                        Relation.RELATED: policy.related,
                    }.get(statement.relation, policy.held_narrower if up else policy.held_broader)
                    walk(other, product * factor * (statement.confidence or 1.0), (*seen, other), went_up or up)

        walk(start, 1.0, (start,), False)
        return best

    def _covers(self, source: tuple[str, Level | None], leaf: Requirement) -> bool:
        competency, have = source
        assert leaf.target is not None
        ratio = 1.0
        if leaf.level is not None:
            if have is None or have.scale != leaf.level.scale:
                ratio = self.world.policy.unknown_level
            else:
                low, high = (0, 4) if have.scale == SCALE else (1, 5)
                need, got = ((level.value - low) / (high - low) for level in (leaf.level, have))
                ratio = 1.0 if need == 0 else min(got / need, 1.0)
        product = self._likeness(self._newest(competency), leaf.target) * ratio
        return round(product, 12) >= self.world.policy.min_coverage

    def _leaf(self, leaf: Requirement) -> Callable[[int], bool]:
        def gives(thing: str) -> bool:
            if leaf.target in [iri for iri in self.by_iri if isinstance(self.by_iri[iri], Competency)]:
                return any(self._covers(source, leaf) for source in self._sources(thing))
            return leaf.target in {thing} | self._awarded(thing)

        if leaf.experience_days is not None:
            enough = self.world.days >= leaf.experience_days
            return lambda _: enough
        already = any(gives(thing) for thing in self.world.held)
        if not already and isinstance(self.by_iri[str(leaf.target)], Competency):
            already = any(self._covers(claim, leaf) for claim in self.world.claims)
        serving = sum(1 << place for place, step in enumerate(self.steps) if gives(step))
        return lambda mask: already or bool(mask & serving)

    def truth(self, node: Record) -> Callable[[int], bool]:
        """Whether a requirement holds after a set of steps."""
        known = self._truths.get(node.iri)
        if known is None:
            if isinstance(node, Requirement):
                known = self._leaf(node)
            else:
                assert isinstance(node, RequirementGroup)
                children = [
                    self.truth(child)
                    for child in self.world.records
                    if (isinstance(child, RequirementGroup) and child.parent == node.iri)
                    or (isinstance(child, Requirement) and child.group == node.iri)
                ]
                minimum = len(children) if node.minimum is None else node.minimum
                known = lambda mask: sum(child(mask) for child in children) >= minimum  # noqa: E731
            self._truths[node.iri] = known
        return known

    def tops(self, owner: str) -> list[Requirement | RequirementGroup]:
        """Top requirements of a role, course or credential."""
        return [
            r
            for r in self.world.records
            if (isinstance(r, Requirement) and r.owner == owner and r.group is None)
            or (isinstance(r, RequirementGroup) and r.owner == owner and r.parent is None)
        ]

    def orders(self) -> list[int]:
        """Every set of steps that has an order in which prerequisites hold, by adding one step at a time."""
        before = [[self.truth(top) for top in self.tops(step)] for step in self.steps]
        found = {0}
        fresh = [0]
        while fresh:
            mask = fresh.pop()
            for place, prerequisites in enumerate(before):
                larger = mask | 1 << place
                if larger not in found and all(holds(mask) for holds in prerequisites):
                    found.add(larger)
                    fresh.append(larger)
        return sorted(found)

    def goals(self) -> list[list[str]]:
        """IRIs of the musts of each way to what is asked."""
        musts = [top for top in self.tops(ROLE) if top.importance == Importance.MUST]
        levels = sorted((r for r in self.world.records if isinstance(r, RoleLevel)), key=lambda level: level.rank)
        if not levels:
            return [[top.iri for top in musts]]
        if self.world.level is not None:
            rank = next(level.rank for level in levels if level.name == self.world.level)
            levels = [x for x in levels if x.rank == rank or (self.world.policy.implies_lower and x.rank > rank)]
        return [[top.iri for top in musts if top.role_level in (None, level.iri)] for level in levels]

    # figures and limits

    def currency(self) -> str | None:
        """That of the limits, else the commonest among the steps, ties by code."""
        if self.world.limits.currency:
            return self.world.limits.currency
        counts = Counter(cost.currency for step in self.steps if (cost := self._record(step).cost) is not None)
        return min(counts, key=lambda code: (-counts[code], code), default=None)

    def _record(self, step: str) -> Course | Credential:
        record = self.by_iri[step]
        assert isinstance(record, Course | Credential)
        return record

    def figure(self, step: str, objective: Objective) -> int | None:
        """Minor units, millionths of a day, or 1."""
        record = self._record(step)
        if objective is Objective.CHEAPEST:
            return record.cost.minor_units if record.cost and record.cost.currency == self.currency() else None
        if objective is Objective.FASTEST:
            return None if record.duration_days is None else int(record.duration_days * 1_000_000)
        return 1

    def within(self, mask: int) -> bool:
        """Whether a set keeps the limits."""
        limits = self.world.limits
        chosen = self.chosen(mask)
        costs = [self.figure(step, Objective.CHEAPEST) for step in chosen]
        days = [self.figure(step, Objective.FASTEST) for step in chosen]
        if limits.max_cost is not None and sum(cost or 0 for cost in costs) > limits.max_cost * 100:
            return False
        if limits.max_days is not None and sum(length or 0 for length in days) > limits.max_days * 1_000_000:
            return False
        if limits.max_steps is not None and len(chosen) > limits.max_steps:
            return False
        for step in chosen:
            record = self._record(step)
            provider = record.provider if isinstance(record, Course) else record.issuer
            kinds = {"course"} if isinstance(record, Course) else {"credential", (record.kind or "credential").lower()}
            if limits.providers is not None and provider not in limits.providers:
                return False
            if limits.kinds is not None and not kinds & {kind.lower() for kind in limits.kinds}:
                return False
        if limits.allow_unknown:
            return True
        unknown = None in [self.figure(step, self.world.objective) for step in chosen]
        return not (
            unknown or (limits.max_cost is not None and None in costs) or (limits.max_days is not None and None in days)
        )

    def chosen(self, mask: int) -> list[str]:
        """Steps of a set, by IRI."""
        return [step for place, step in enumerate(self.steps) if mask >> place & 1]

    def value(self, mask: int) -> tuple[int, int, int]:
        """(unknowns, known total, steps)."""
        figures = [self.figure(step, self.world.objective) for step in self.chosen(mask)]
        return sum(f is None for f in figures), sum(f or 0 for f in figures), len(figures)

    def minimal_plans(self) -> list[int]:
        """Every minimal feasible set, best first."""
        allowed = [mask for mask in self.orders() if self.within(mask)]
        feasible = {mask for mask in allowed if self.reaches(mask)}
        minimal = [
            m for m in feasible if not any(m >> p & 1 and m & ~(1 << p) in feasible for p in range(len(self.steps)))
        ]
        return sorted(minimal, key=lambda mask: (self.value(mask), self.chosen(mask)))

    def reaches(self, mask: int) -> bool:
        """Whether one goal holds."""
        return any(all(self.truth(self.by_iri[iri])(mask) for iri in goal) for goal in self.goals())

    def smallest_unmet(self) -> list[str]:
        """The smallest set of musts without which a plan exists, by trying all."""
        allowed = [mask for mask in self.orders() if self.within(mask)]
        options = []
        for goal in self.goals():
            for mask in allowed:
                options.append(sorted(iri for iri in goal if not self.truth(self.by_iri[iri])(mask)))
        return min(options, key=lambda option: (len(option), option))


def answered(one: World) -> tuple[Snapshot, PlanAnswer]:
    """The answer to a world's question."""
    snapshot = built(one.records)

    def claim(iri: str, level: Level | None) -> HeldCompetency:
        if level is None:
            return HeldCompetency(row=snapshot.find_row(iri))
        return HeldCompetency(
            row=snapshot.find_row(iri), value=level.value, scale=snapshot.scale_iris.find_sorted(level.scale)
        )

    held = Held(
        competencies=tuple(claim(iri, level) for iri, level in one.claims),
        courses=tuple(snapshot.find_row(iri) for iri in one.held if iri.startswith("x:c")),
        credentials=tuple(snapshot.find_row(iri) for iri in one.held if iri.startswith("x:k")),
        experience_days=one.days,
    )
    return snapshot, plan(
        snapshot,
        held,
        snapshot.find_row(ROLE),
        level=one.level,
        objective=one.objective,
        limits=one.limits,
        policy=one.policy,
        first=3,
    )


def check_world(one: World) -> str:
    """Compares the answer with the judge's; gives what kind of case it was."""
    judge = Judge(one)
    snapshot, answer = answered(one)
    expected = judge.minimal_plans()
    found = [sorted(snapshot.iris[step.row] for step in each.steps) for each in answer.plans]
    assert found == [judge.chosen(mask) for mask in expected[:3]]
    assert answer.optimal
    for each, mask in zip(answer.plans, expected, strict=False):
        check_plan(judge, snapshot, each, mask, set(expected))
    if expected:
        assert answer.reason is None
        assert answer.unmet == ()
        return "met" if expected == [0] else "plans"
    reason = NoPlanReason.LIMITS if any(judge.reaches(mask) for mask in judge.orders()) else NoPlanReason.NONE_EXISTS
    assert answer.reason == reason
    assert sorted(snapshot.node_iris[row] for row in answer.unmet) == judge.smallest_unmet()
    return reason


def check_plan(judge: Judge, snapshot: Snapshot, each: Plan, mask: int, minimal: set[int]) -> None:
    """Figures, order, closed musts and alternatives of one plan."""
    objective = judge.world.objective
    unknowns, total, _ = judge.value(mask)
    scale = {Objective.CHEAPEST: 100, Objective.FASTEST: 1_000_000, Objective.FEWEST: 1}[objective]
    assert (each.unknowns, each.total * scale) == (unknowns, total)
    assert (each.unknowns_bound, each.bound, each.optimal) == (each.unknowns, each.total, True)
    costs = [cost for step in judge.chosen(mask) if (cost := judge.figure(step, Objective.CHEAPEST)) is not None]
    assert (each.cost and each.cost.minor_units) == (sum(costs) if costs else None)
    musts = [top for top in judge.tops(ROLE) if top.importance == Importance.MUST]
    before = 0
    for position, step in enumerate(each.steps, 1):
        iri = snapshot.iris[step.row]
        bit = 1 << judge.steps.index(iri)
        assert step.position == position
        assert all(judge.truth(top)(before) for top in judge.tops(iri))
        closed = [top.iri for top in musts if judge.truth(top)(before | bit) and not judge.truth(top)(before)]
        assert [snapshot.node_iris[row] for row in step.closes] == sorted(closed)
        others = [
            other
            for place, other in enumerate(judge.steps)
            if not mask >> place & 1
            and (swapped := mask & ~bit | 1 << place) in minimal
            and judge.value(swapped) == judge.value(mask)
        ]
        assert [snapshot.iris[row] for row in step.alternatives] == others
        assert step_reason(snapshot, each, step)
        before |= bit
    assert before == mask


def test_plans_of_300_random_worlds_equal_brute_force() -> None:
    """Plans, figures, proof, alternatives, reasons and unmet musts are those that a look at every subset gives."""
    kinds = Counter(check_world(world(random.Random(seed))) for seed in range(300))
    assert all(kinds[kind] >= 10 for kind in ("met", "plans", "NONE_EXISTS", "LIMITS")), kinds


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_plans_equal_brute_force(draw: random.Random) -> None:
    """The same on worlds that Hypothesis makes, and makes small when they fail."""
    check_world(world(draw))


# --------------------------------------------------------------------------------------------- deadline, repetition


def hard_world(seed: int, courses: int = 300, wanted: int = 120) -> list[Record]:
    """A set cover that is not proved in a moment."""
    draw = random.Random(seed)
    skill_names = [f"s{number:03}" for number in range(wanted)]
    records: list[Record] = [*skills(*skill_names), *needs("role", *skill_names)]
    for number in range(courses):
        name = f"c{number:04}"
        records += [course(name, draw.randint(5000, 9000)), *teaches(name, *draw.sample(skill_names, 6))]
    return records


def test_a_hard_question_ends_at_its_deadline_with_a_bound() -> None:
    """200 ms are given: there is a plan within a second, its bound is not above its total, and it says that it is not proved."""
    snapshot = built([JobRole(iri=ROLE), *hard_world(7)])
    started = time.monotonic()
    answer = plan(
        snapshot,
        Held(),
        snapshot.find_row(ROLE),
        limits=Limits(deadline_ms=200),
        policy=Policy(),
        objective=Objective.CHEAPEST,
    )
    elapsed = time.monotonic() - started
    assert elapsed < 1
    (best,) = answer.plans
    assert not answer.optimal
    assert not best.optimal
    assert 0 <= best.bound <= best.total
    assert len(best.closes) == 120


def test_a_deadline_that_has_passed_is_told() -> None:
    """With a sum limited and no time at all neither a plan nor its absence is proved."""
    ticks = itertools.count()
    records = [*CHAIN, course("other", 1), *teaches("other", "data"), *needs("role", "data")]
    snapshot = built([JobRole(iri=ROLE), *records])
    answer = plan(
        snapshot,
        Held(),
        snapshot.find_row(ROLE),
        limits=Limits(max_cost=150, deadline_ms=1),
        policy=Policy(),
        clock=lambda: float(next(ticks)),
    )
    assert (answer.plans, answer.reason, answer.optimal) == ((), NoPlanReason.DEADLINE, False)


PRINT_ANSWERS = """
import random, json
from tests.test_graph_planning import answered, world
print(json.dumps([repr(answered(world(random.Random(seed)))[1]) for seed in range(40)]))
"""


def test_two_processes_give_the_same_answer() -> None:
    """Whatever the hash seed: the same plans, in the same order, with the same words."""
    outputs = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", PRINT_ANSWERS], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        outputs.append(json.loads(done.stdout))
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 40
