"""Cheap sets are minimal and found wherever there is one, and nothing weighs less than is told."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st
from plan_problems import cheap_sets, check_cheap_sets, random_problem

from graph.networks import TRUE, Network, Problem


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from([1, 7, 10**15]))
def test_cheap_sets_equal_brute_force_in_what_can_be_reached(draw: random.Random, scale: int) -> None:
    """Networks of up to 9 steps, thresholds, cycles, two goals; figures small and huge."""
    check_cheap_sets(random_problem(draw, scale))


def covering(leaves: list[list[int]], weights: list[int]) -> Problem:
    """All leaves must be served; step n weighs `weights[n]`."""
    network = Network()
    goal = network.every([network.any_step(steps) for steps in leaves])
    steps = range(len(weights))
    return Problem(
        network=network,
        prerequisites=dict.fromkeys(steps, TRUE),
        goals=(goal,),
        stages=(dict(enumerate(weights)),),
    )


def test_a_step_that_serves_many_is_taken_before_cheaper_ones_that_serve_one() -> None:
    """Step 3 serves all three leaves for 4, the others one each for 2."""
    problem = covering([[0, 3], [1, 3], [2, 3]], [2, 2, 2, 4])
    assert cheap_sets(problem, problem.stages[0]).find(problem.goals) == frozenset({3})


def test_what_is_told_is_as_much_as_shares_allow() -> None:
    """Step 3 serves all three leaves for 4: each costs no less than a third of that; where it weighs 9, the others' 2."""
    for heavy, least in ((4, 4), (9, 6)):
        problem = covering([[0, 3], [1, 3], [2, 3]], [2, 2, 2, heavy])
        assert cheap_sets(problem, problem.stages[0]).least(problem.goals, problem.stages[0]) == least


def test_ways_that_count_shared_steps_again_and_again_are_no_matter() -> None:
    """1,100 courses in a row, each of which needs all before it: the cheap way to the last adds up to more than 2^1024."""
    network = Network()
    leaves = [network.any_step([step]) for step in range(1_100)]
    before = {step: network.every(leaves[:step]) for step in range(1_100)}
    weights = dict.fromkeys(before, 1)
    problem = Problem(network=network, prerequisites=before, goals=(network.every(leaves[-2:]),), stages=(weights,))
    assert cheap_sets(problem, weights).find(problem.goals) == frozenset(before)
