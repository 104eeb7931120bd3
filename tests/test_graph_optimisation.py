"""Best sets of steps through requirement networks: against every subset, with many equals, large figures and cycles."""

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_problems import (
    check_middling,
    check_relaxation,
    check_search,
    every_best,
    middling_problem,
    patient,
    random_problem,
)

from graph.deadline import Deadline
from graph.networks import FALSE, TRUE, Network, Problem, founded, ordered, reach
from graph.optimisation import FEW_STEPS, LARGEST_STAGE, Outcome, Search, Solution
from graph.relaxation import Relaxation


@pytest.mark.parametrize(("scale", "few"), [(1, FEW_STEPS), (10**15, FEW_STEPS), (1, 0)])
def test_the_best_sets_come_in_order(scale: int, few: int) -> None:
    """All minimal sets of 100 networks, best first, equals by their sorted steps, with their alternatives: searched whole,
    also where stages are too large to be joined, and where the relaxation picks what is searched."""
    seen = sum(check_search(random_problem(random.Random(seed), scale), few) for seed in range(100))
    assert seen > 100


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_bounds_hold_for_every_set(draw: random.Random) -> None:
    """Of the relaxation, and of what each step adds to it, loops included."""
    check_relaxation(random_problem(draw, 7))


def test_what_the_relaxation_leaves_out_is_in_no_best_set() -> None:
    """200 steps, three best sets: the same with and without it."""
    for seed in range(5):
        check_middling(middling_problem(random.Random(seed)))


def test_bounds_count_whole_steps() -> None:
    """Three times three requirements, any two of which one step serves: six steps, where halves would do with 4.5."""
    network = Network()
    pairs = [(3 * group + one, 3 * group + two) for group in range(3) for one, two in ((0, 1), (0, 2), (1, 2))]
    leaves = [network.any_step(step for step, pair in enumerate(pairs) if leaf in pair) for leaf in range(9)]
    problem = Problem(
        network=network,
        prerequisites=dict.fromkeys(range(9), TRUE),
        goals=(network.every(leaves),),
        stages=(dict.fromkeys(range(9), 1),),
    )
    found = reach(network, problem.prerequisites, problem.goals, lambda _: 1)
    relaxation = Relaxation(problem, range(9), problem.stages[0], (), found, patient())
    relaxation.add_steps(range(9))
    relaxation.tighten()
    assert relaxation.bound == 6
    assert ([(0, 1), (1, 1), (2, 1)], 2) in relaxation.crowded(6)


def test_figures_beyond_the_limit_are_minimised_stage_by_stage() -> None:
    """Two stages that do not fit into one objective: the lower second one decides between equals of the first."""
    network = Network()
    huge = LARGEST_STAGE // 2
    problem = Problem(
        network=network,
        prerequisites=dict.fromkeys(range(3), TRUE),
        goals=(network.any_step(range(3)),),
        stages=({0: huge, 1: huge, 2: huge + 1}, {0: huge, 1: huge - 1, 2: 0}),
    )
    search = Search(problem, patient())
    found = [search.next_best() for _ in range(4)]
    assert [one.steps for one in found[:3] if isinstance(one, Solution)] == [{1}, {0}, {2}]
    assert found[3] == Outcome.NONE


def test_many_equals_are_settled_without_trying_all() -> None:
    """Any 5 of 60 equal steps: the first five, within a second."""
    network = Network()
    steps = range(60)
    leaves = [network.any_step([step]) for step in steps]
    problem = Problem(
        network=network,
        prerequisites=dict.fromkeys(steps, TRUE),
        goals=(network.at_least(5, leaves),),
        stages=(dict.fromkeys(steps, 1),),
    )
    search = Search(problem, patient())
    found = search.next_best()
    assert isinstance(found, Solution)
    assert found.steps == {0, 1, 2, 3, 4}
    assert search.alternatives(found) == {step: list(range(5, 60)) for step in range(5)}


def test_long_cycles_are_cut() -> None:
    """Forty free steps in a ring justify each other only; the way in costs 1,000 and is taken."""
    network = Network()
    ring = range(40)
    prerequisites = {step: network.any_step([(step + 1) % 40, *([40] if step == 0 else [])]) for step in ring} | {
        40: TRUE
    }
    problem = Problem(
        network=network,
        prerequisites=prerequisites,
        goals=(network.any_step([20]),),
        stages=(dict.fromkeys(ring, 0) | {40: 1000}, dict.fromkeys(range(41), 1)),
    )
    found = Search(problem, patient()).next_best()
    assert isinstance(found, Solution)
    assert found.steps == {40, 0, *range(20, 40)}
    assert ordered(network, prerequisites, found.steps)[:2] == [40, 0]
    assert founded(network, prerequisites, ring) == set()


def test_a_set_that_is_not_proved_is_feasible_and_minimal() -> None:
    """When the clock has run out after the start, the cheap way is given, with bounds that hold. Some need no search."""
    unproved = 0
    for seed in range(60):
        problem = replace(random_problem(random.Random(seed), 1), caps=())
        best = every_best(problem)
        ticks = itertools.count()
        found = Search(problem, Deadline(lambda ticks=ticks: float(next(ticks)), 0.5)).next_best()  # type: ignore[misc]
        if not best or best == [frozenset()]:
            assert found == Outcome.NONE or (isinstance(found, Solution) and found.steps == frozenset())
            continue
        assert isinstance(found, Solution)
        assert found.steps in best
        assert not found.proved or found.steps == best[0]
        unproved += not found.proved
        assert all(bound <= value for bound, value in zip(found.bounds, problem.values(best[0]), strict=True))
    assert unproved > 10


def test_equal_requirements_are_one_node() -> None:
    """Groups are simplified: what always or never holds goes, groups of the same kind melt together."""
    network = Network()
    a, b = network.any_step([1]), network.any_step([2])
    assert network.every([a, TRUE]) == a
    assert network.at_least(1, [a, FALSE]) == a
    assert network.at_least(1, [a, b]) == network.any_step([1, 2])
    assert network.at_least(3, [a, b]) == FALSE
    assert network.at_least(0, [a]) == TRUE
    assert network.every([network.every([a, b]), b]) == network.every([b, a])
    assert network.without(network.every([a, b]), {1}) == FALSE
    assert network.mentioned(network.every([a, b])) == {1, 2}


def test_large_sets_are_ordered_as_small_ones_are() -> None:
    """300 steps in a random order of need, a loop among them: the smallest first of those that can be taken."""
    draw = random.Random(5)
    network = Network()
    steps = draw.sample(range(1000), 300)
    prerequisites = {steps[0]: TRUE}
    for place, step in enumerate(steps[1:], 1):
        prerequisites[step] = network.any_step(draw.sample(steps[:place], min(place, 2)))
    prerequisites |= {1001: network.any_step([1002]), 1002: network.any_step([1001])}
    order = ordered(network, prerequisites, prerequisites)
    assert set(order) == set(steps) == founded(network, prerequisites, prerequisites)
    for place, step in enumerate(order):
        before = set(order[:place])
        ready = [each for each in order[place:] if network.holds(prerequisites[each], before)]
        assert step == min(ready)
