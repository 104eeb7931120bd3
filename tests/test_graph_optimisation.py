"""Best sets of steps through requirement networks: against every subset, with many equals, large figures and cycles."""

import itertools
import random
import time
from dataclasses import replace

import pytest

from graph.deadline import Deadline
from graph.networks import FALSE, TRUE, Network, Problem, founded, ordered
from graph.optimisation import LARGEST_STAGE, Outcome, Search, Solution


def patient() -> Deadline:
    """A deadline that no small problem comes near."""
    return Deadline(time.monotonic, 30)


def random_problem(draw: random.Random, scale: int) -> Problem:
    """Up to 9 steps with few different weights, so that many sets are equal; prerequisites may go round."""
    count = draw.randint(2, 9)
    network = Network()

    def node(depth: int) -> int:
        if depth == 0 or draw.random() < 0.5:
            return network.any_step(draw.sample(range(count), draw.randint(1, min(4, count))))
        children = [node(depth - 1) for _ in range(draw.randint(1, 3))]
        return network.at_least(draw.randint(1, len(children)), children)

    prerequisites = {step: TRUE if draw.random() < 0.4 else node(2) for step in range(count)}
    stages = tuple(
        {step: draw.choice(weights) for step in range(count)} for weights in ((0, 0, 1), (0, scale, 2 * scale))
    )
    caps = (({step: draw.randint(0, 3) for step in range(count)}, draw.randint(3, 9)),) if draw.random() < 0.3 else ()
    return Problem(
        network=network,
        prerequisites=prerequisites,
        goals=tuple(network.every([node(2) for _ in range(draw.randint(1, 3))]) for _ in range(draw.randint(1, 2))),
        stages=(*stages, dict.fromkeys(range(count), 1)),
        caps=caps,
    )


def every_best(problem: Problem) -> list[frozenset[int]]:
    """All minimal feasible sets, best first, by adding one step at a time and trying all."""
    orders = {frozenset[int]()}
    fresh = [frozenset[int]()]
    while fresh:
        taken = fresh.pop()
        for step, node in problem.prerequisites.items():
            larger = taken | {step}
            if larger not in orders and problem.network.holds(node, taken):
                orders.add(larger)
                fresh.append(larger)
    feasible = {taken for taken in orders if problem.reaches(taken) and problem.within(taken)}
    minimal = [taken for taken in feasible if not any(taken - {step} in feasible for step in taken)]
    return sorted(minimal, key=lambda taken: (problem.values(taken), sorted(taken)))


@pytest.mark.parametrize("scale", [1, 10**15])
def test_the_best_sets_come_in_order(scale: int) -> None:
    """All minimal sets of 150 networks, best first, equals by their sorted steps; also where stages are too large to be joined."""
    seen = 0
    for seed in range(150):
        problem = random_problem(random.Random(seed), scale)
        search = Search(problem, patient())
        for expected in every_best(problem)[:6]:
            found = search.next_best()
            assert isinstance(found, Solution)
            assert (found.steps, found.proved, found.bounds) == (expected, True, found.values)
            seen += 1
        if len(every_best(problem)) < 6:
            assert search.next_best() == Outcome.NONE
    assert seen > 150


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
