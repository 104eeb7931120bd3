"""Roles within reach are those that a look at every set of steps gives, in the same order."""

import itertools
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U, asks, built, holding, role, skill
from matching_worlds import POLICIES, World, held_of
from pathway_worlds import LIMITS, Everything, names, pathway_worlds

from graph.planning import Limits, NoPlanReason, Objective, plan
from graph.policy import Held, Policy
from graph.reachable import order_of, reachable
from graph.snapshot import ResourceType
from ontology.model import Course, JobRole, Record, Requirement, Teaching


@settings(max_examples=300)
@given(pathway_worlds(), POLICIES, LIMITS, st.sampled_from(list(Objective)), st.randoms(use_true_random=False))
def test_roles_within_reach_equal_brute_force(
    world: World, policy: Policy, limits: Limits, objective: Objective, random: Any
) -> None:
    """Which roles, their score after the plan, the plan's steps, the order, whatever the order of the records."""
    records = list(world.records)
    random.shuffle(records)
    snapshot = built(*records)
    found = reachable(snapshot, held_of(snapshot, world), policy=policy, limits=limits, objective=objective)
    expected = Everything(world, policy).reachable(objective, limits)
    assert found.complete
    shown = [
        (snapshot.iris[each.role], tuple(sorted(names(snapshot, [s.row for s in each.plan.steps]))))
        for each in found.roles
    ]
    assert shown == [(each, steps) for each, _, steps in expected]
    assert all(abs(each.score - score) < 1e-11 for each, (_, score, _) in zip(found.roles, expected, strict=True))
    assert all(each.plan.optimal for each in found.roles)


@settings(max_examples=100)
@given(pathway_worlds(), POLICIES, LIMITS, st.sampled_from(list(Objective)))
def test_a_role_is_within_reach_just_when_it_has_a_plan(
    world: World, policy: Policy, limits: Limits, objective: Objective
) -> None:
    """The first plan of each role is the one that is told; of the others the planner says that there is none."""
    snapshot = built(*world.records)
    held = held_of(snapshot, world)
    found = {
        each.role: each.plan
        for each in reachable(snapshot, held, policy=policy, limits=limits, objective=objective).roles
    }
    for row in snapshot.rows(ResourceType.JOB_ROLE).tolist():
        if snapshot.canonical[row] != row:
            continue
        answer = plan(snapshot, held, row, objective=objective, limits=limits, policy=policy, first=1)
        assert answer.plans == ((found[row],) if row in found else ())


@settings(max_examples=200)
@given(
    pathway_worlds(),
    POLICIES,
    LIMITS,
    st.sampled_from(list(Objective)),
    st.sampled_from([1, 3, 6, 10, 15, 22, 30, 45, 70, 110]),
)
def test_whenever_the_time_is_up_what_is_told_is_true(
    world: World, policy: Policy, limits: Limits, objective: Objective, looks: int
) -> None:
    """A clock that has run out after so many looks: the roles have plans, none is missed where the answer is complete,
    a plan is no better than the best and no worse than its bound, and what is proved is the best."""
    snapshot = built(*world.records)
    ticks = itertools.count()
    found = reachable(
        snapshot,
        held_of(snapshot, world),
        policy=policy,
        limits=replace(limits, deadline_ms=1000 * looks),
        objective=objective,
        clock=lambda: float(next(ticks)),
    )
    everything = Everything(world, policy)
    expected = {role: (score, steps) for role, score, steps in everything.reachable(objective, limits)}
    allowed = {steps for steps in everything.founded() if everything.within(steps, objective, limits)}
    shown = {snapshot.iris[each.role]: each for each in found.roles}
    assert shown.keys() == expected.keys() if found.complete else shown.keys() <= expected.keys()
    assert sorted(found.roles, key=order_of) == list(found.roles)
    for iri, each in shown.items():
        score, best = expected[iri]
        steps = tuple(sorted(names(snapshot, [step.row for step in each.plan.steps])))
        value = everything.value(steps, objective, limits)
        assert steps in allowed
        assert abs(each.score - everything.after[steps].role(iri)["score"]) < 1e-11
        assert value >= everything.value(best, objective, limits)
        if each.plan.optimal:
            assert (steps, abs(each.score - score) < 1e-11) == (best, True)
        lowest = [
            everything.value(other, objective, limits)
            for other in allowed
            if everything.after[other].role(iri)["qualified"] is not False
        ]
        units = {Objective.CHEAPEST: 100, Objective.FASTEST: 1_000_000, Objective.FEWEST: 1}[objective]
        assert each.plan.unknowns_bound <= min(lowest)[0] or objective is Objective.FEWEST
        assert all(each.plan.bound * units <= total for unknowns, total, _ in lowest if unknowns == value[0])


def ladder(count: int) -> list[Record]:
    """Course n teaches skill n and needs skill n - 1; role n asks for skill n."""
    records: list[Record] = []
    for n in range(count):
        records += [skill(f"{n:02}"), Course(iri=f"{U}k/{n:02}"), role(f"{n:02}")]
        records.append(Teaching(iri=f"{U}t/{n:02}", subject=f"{U}k/{n:02}", competency=f"{U}s/{n:02}"))
        records.append(asks(f"s/{n:02}", owner=f"{n:02}"))
        if n:
            records.append(Requirement(iri=f"{U}p/{n:02}", owner=f"{U}k/{n:02}", target=f"{U}s/{n - 1:02}"))
    return records


def test_limits_bound_how_far_the_ladder_is_climbed() -> None:
    """With at most three steps the roles of the first three rungs, nearest first as all have score 1."""
    snapshot = built(*ladder(8))
    found = reachable(snapshot, Held(), policy=Policy(), limits=Limits(max_steps=3), objective=Objective.FEWEST)
    assert names(snapshot, [each.role for each in found.roles]) == [f"{U}r/{n:02}" for n in range(3)]
    assert [len(each.plan.steps) for each in found.roles] == [1, 2, 3]
    assert found.complete


def test_only_the_roles_asked_for_are_looked_at() -> None:
    """A filter's rows, twice the same one, in any order."""
    snapshot = built(*ladder(4))
    rows = [snapshot.find_row(f"{U}r/{n}") for n in ("03", "01", "01")]
    found = reachable(
        snapshot, Held(), policy=Policy(), limits=Limits(), roles=snapshot.rows(ResourceType.JOB_ROLE)[[0]]
    )
    assert names(snapshot, [each.role for each in found.roles]) == [f"{U}r/00"]
    import numpy as np

    found = reachable(snapshot, Held(), policy=Policy(), limits=Limits(), roles=np.array(rows, np.int32))
    assert names(snapshot, [each.role for each in found.roles]) == [f"{U}r/01", f"{U}r/03"]


def test_without_time_the_answer_says_that_it_is_not_complete() -> None:
    """A clock that has run out: nothing is decided, and nothing is kept for whoever asks with more time."""
    snapshot = built(*ladder(4))
    late = reachable(snapshot, Held(), policy=Policy(), limits=Limits(deadline_ms=0))
    assert (late.roles, late.complete) == ((), False)
    assert reachable(snapshot, Held(), policy=Policy(), limits=Limits(deadline_ms=60_000)).complete


def test_a_role_beyond_reach_costs_no_search() -> None:
    """Where not even all courses together help, the clock is not looked at beyond its start."""
    records = [*ladder(2), JobRole(iri=f"{U}r/never"), skill("never"), asks("s/never", owner="never")]
    snapshot = built(*records)
    never = snapshot.rows(ResourceType.JOB_ROLE)[[2]]
    found = reachable(snapshot, Held(), policy=Policy(), limits=Limits(deadline_ms=0), roles=never)
    assert (found.roles, found.complete) == ((), True)
    answer = plan(snapshot, Held(), int(never[0]), limits=Limits(), policy=Policy())
    assert answer.reason is NoPlanReason.NONE_EXISTS


def test_cyclic_prerequisites_reach_nothing_by_themselves() -> None:
    """Two courses that need each other's skill are no way in; who holds one of the skills gets into both roles."""
    records = ladder(2)
    records.append(Requirement(iri=f"{U}p/cycle", owner=f"{U}k/00", target=f"{U}s/01"))
    snapshot = built(*records)
    assert reachable(snapshot, Held(), policy=Policy(), limits=Limits()).roles == ()
    found = reachable(snapshot, holding(snapshot, "s/00"), policy=Policy(), limits=Limits())
    assert [len(each.plan.steps) for each in found.roles] == [0, 1]
