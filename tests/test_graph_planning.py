"""Plans of hand-drawn networks, with the answer told; deadlines."""

import itertools
import math
import random
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal

import pytest

from graph.planning import Limits, NoPlanReason, Objective, Plan, PlanAnswer, plan, step_reason
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import DatasetInfo, Snapshot
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import (
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
    Text,
)

ROLE = "x:role"
SCALE = "x:scale"
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


CHAIN: list[Record] = [
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
    assert (best.cost, best.duration_days) == (Money(15000, "EUR"), Decimal(7))
    assert best.total == best.bound == Decimal("150.00")
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
    assert (done.steps, done.cost, done.duration_days) == ((), None, None)
    assert done.unknowns == done.total == 0
    assert answer.optimal


def test_a_role_without_musts_is_met_already() -> None:
    """A should does not block."""
    should = Requirement(iri="x:n", owner=ROLE, target="x:python", importance=Importance.SHOULD)
    _, answer = asked([*skills("python"), should])
    assert [one.steps for one in answer.plans] == [()]


def test_a_cycle_does_not_justify_itself() -> None:
    """a needs what b teaches and b what a teaches, both for nothing; the honest way in is start for 10 EUR."""
    records: list[Record] = [
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
    records: list[Record] = [
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
    records: list[Record] = [
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
    records: list[Record] = [
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
    records: list[Record] = [
        *skills("s"),
        course("tokyo", 500, currency="JPY"),
        *teaches("tokyo", "s"),
        *needs("role", "s"),
    ]
    _, answer = asked(records, limits=Limits(max_cost=500, deadline_ms=GENEROUS))
    assert answer.plans[0].total == 500
    _, answer = asked(records, limits=Limits(max_cost=499.99, deadline_ms=GENEROUS))
    assert answer.reason == NoPlanReason.LIMITS


def test_equal_plans_go_by_iri_and_are_named_as_alternatives() -> None:
    """Three courses for 10 EUR each: a is first, b and c stand in for it; d costs more and does not."""
    records: list[Record] = [*skills("s"), *needs("role", "s")]
    for name, cost in (("c", 1000), ("b", 1000), ("a", 1000), ("d", 1001)):
        records += [course(name, cost), *teaches(name, "s")]
    snapshot, answer = asked(records, first=2)
    assert plans(snapshot, answer) == [["a"], ["b"]]
    assert [snapshot.iris[row] for row in answer.plans[0].steps[0].alternatives] == ["x:b", "x:c"]


LEVELS: list[Record] = [
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
    records: list[Record] = [
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
    records: list[Record] = [*skills("s", "t", "u"), group("g", "role", 2)]
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
    records: list[Record] = [
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


@pytest.mark.parametrize("wrong", ["", "EURO", "€", "12"])
def test_a_currency_that_is_none_is_refused(wrong: str) -> None:
    """`limits.currency`: in silence every cost would be unknown."""
    with pytest.raises(InputError) as caught:
        Limits(currency=wrong)
    assert (caught.value.code, caught.value.subject) == ("limits.currency", "currency")


@pytest.mark.parametrize("limit", ["max_cost", "max_days"])
def test_a_limit_beyond_all_figures_is_none(limit: str) -> None:
    """1e308 is a number that JSON has: the plan is the one without it."""
    records: list[Record] = [*skills("s"), course("c", 100), *teaches("c", "s"), *needs("role", "s")]
    _, plain = asked(records, limits=Limits(deadline_ms=GENEROUS))
    _, answer = asked(records, limits=Limits(**{limit: 1e308}, deadline_ms=GENEROUS))  # type: ignore[arg-type]
    assert answer == plain
    assert answer.optimal


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
    records: list[Record] = [*CHAIN, course("other", 1), *teaches("other", "data"), *needs("role", "data")]
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


def test_what_was_drawn_when_the_deadline_passed_stays_for_the_next_question() -> None:
    """A college of 1,500 courses with three prerequisites each: no time gives DEADLINE; asked again with time, the plan."""
    names_of_skills = [f"s{number:04}" for number in range(1500)]
    records: list[Record] = [*skills(*names_of_skills), *needs("role", *names_of_skills[-3:])]
    for number, skill in enumerate(names_of_skills):
        name = f"c{number:04}"
        records += [course(name, 100), *teaches(name, skill)]
        records += needs(name, *(names_of_skills[max(0, number - back)] for back in (1, 2, 3) if number >= back))
    snapshot = built([JobRole(iri=ROLE), *records])
    role = snapshot.find_row(ROLE)
    hurried = plan(snapshot, Held(), role, limits=Limits(deadline_ms=0), policy=Policy())
    assert (hurried.plans, hurried.reason, hurried.optimal) == ((), NoPlanReason.DEADLINE, False)
    answer = plan(snapshot, Held(), role, limits=Limits(deadline_ms=GENEROUS), policy=Policy(), first=1)
    assert len(answer.plans[0].steps) == 1500
    assert answer.plans[0].steps[-2].enables == (1500,)


def test_a_role_of_a_thousand_musts_has_a_plan_that_closes_them() -> None:
    """1,000 courses of three skills each, prerequisites that go round: whatever the deadline lets prove, all is closed."""
    draw = random.Random(11)
    names_of_skills = [f"s{number:04}" for number in range(1000)]
    records: list[Record] = [*skills(*names_of_skills), *needs("role", *names_of_skills)]
    for number, skill in enumerate(names_of_skills):
        name = f"c{number:04}"
        records += [course(name, draw.randint(1, 90) * 100), *teaches(name, *{skill, *draw.sample(names_of_skills, 2)})]
        records += needs(name, *draw.sample(names_of_skills, 1)) if draw.random() < 0.5 else []
    _, answer = asked(records, limits=Limits(deadline_ms=500), first=1)
    (best,) = answer.plans
    assert len(best.closes) == 1000
    assert sum(len(step.closes) for step in best.steps) == 1000
    assert best.bound <= best.total
