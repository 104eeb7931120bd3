"""Random requirement networks with few steps and few weights, the judge that tries every set, and what must hold of each."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace

from graph.cheap_sets import CheapSets
from graph.deadline import Deadline
from graph.loops import LoopFinder
from graph.networks import TRUE, Network, Problem, Weights, founded, joined_weights, reach
from graph.optimisation import Outcome, Search, Solution
from graph.relaxation import Relaxation


def patient() -> Deadline:
    """A deadline that no small problem comes near."""
    return Deadline(time.monotonic, 60)


def random_problem(draw: random.Random, scale: int) -> Problem:
    """Up to 9 steps with few different weights, so that many sets are equal; prerequisites may go round.

    Some steps are twins of others, or are dominated by them: they serve no more, under the same prerequisites, and
    weigh no less.
    """
    count = draw.randint(2, 9)
    network = Network()
    twin_of = {step: draw.randrange(step) for step in range(1, count) if draw.random() < 0.25}

    def leaf() -> int:
        steps = set(draw.sample(range(count), draw.randint(1, min(4, count))))
        steps |= {twin for twin, other in twin_of.items() if other in steps and draw.random() < 0.8}
        return network.any_step(steps)

    def node(depth: int) -> int:
        if depth == 0 or draw.random() < 0.5:
            return leaf()
        children = [node(depth - 1) for _ in range(draw.randint(1, 3))]
        return network.at_least(draw.randint(1, len(children)), children)

    prerequisites: dict[int, int] = {}
    for step in range(count):
        own = TRUE if draw.random() < 0.4 else node(2)
        prerequisites[step] = prerequisites[twin_of[step]] if step in twin_of else own
    stages = [{step: draw.choice(weights) for step in range(count)} for weights in ((0, 0, 1), (0, scale, 2 * scale))]
    for step, other in twin_of.items():
        for weights in stages:
            weights[step] = weights[other] + draw.choice((0, 0, scale if weights is stages[1] else 0))
    caps = [
        ({step: draw.randint(0, 3) for step in range(count)}, draw.randint(3, 9))
        for _ in range(draw.choice((0, 0, 0, 1, 2)))
    ]
    return Problem(
        network=network,
        prerequisites=prerequisites,
        goals=tuple(network.every([node(2) for _ in range(draw.randint(1, 3))]) for _ in range(draw.randint(1, 2))),
        stages=(*stages, dict.fromkeys(range(count), 1)),
        caps=tuple(caps),
    )


def every_feasible(problem: Problem) -> list[frozenset[int]]:
    """All feasible sets, by adding one step at a time."""
    orders = {frozenset[int]()}
    fresh = [frozenset[int]()]
    while fresh:
        taken = fresh.pop()
        for step, node in problem.prerequisites.items():
            larger = taken | {step}
            if larger not in orders and problem.network.holds(node, taken):
                orders.add(larger)
                fresh.append(larger)
    return [taken for taken in orders if problem.reaches(taken) and problem.within(taken)]


def every_best(problem: Problem) -> list[frozenset[int]]:
    """All minimal feasible sets, best first."""
    feasible = set(every_feasible(problem))
    minimal = [taken for taken in feasible if not any(taken - {step} in feasible for step in taken)]
    return sorted(minimal, key=lambda taken: (problem.values(taken), sorted(taken)))


def check_search(problem: Problem, few: int) -> int:
    """All best sets come in order, proved, with the alternatives that trying all gives; how many there are."""
    search = Search(problem, patient(), few=few)
    best = every_best(problem)
    for expected in best[:6]:
        found = search.next_best()
        assert isinstance(found, Solution)
        assert (found.steps, found.proved, found.bounds) == (expected, True, found.values)
        assert search.alternatives(found) == alternatives(problem, expected, best)
    if len(best) < 6:
        assert search.next_best() == Outcome.NONE
    return len(best)


def alternatives(problem: Problem, taken: frozenset[int], best: Sequence[frozenset[int]]) -> dict[int, list[int]]:
    """For each step those that give, in its place, another of the minimal sets, equal in every stage."""
    return {
        step: [
            other
            for other in sorted(problem.prerequisites.keys() - taken)
            if (swapped := taken - {step} | {other}) in best and problem.values(swapped) == problem.values(taken)
        ]
        for step in sorted(taken)
    }


def check_relaxation(problem: Problem) -> int:
    """No feasible set weighs less than the bound, and each is among the steps that its weight admits; how many there are.

    Also with all loops that any set of steps shows: no set that can be ordered violates one.
    """
    deadline = patient()
    found = reach(problem.network, problem.prerequisites, problem.goals, lambda _: 1)
    if not any(goal in found.node_cost for goal in problem.goals):
        return 0
    steps = sorted(found.step_cost)
    weights = {step: problem.stages[1][step] * 10 + 1 for step in steps}
    relaxation = Relaxation(problem, steps, weights, problem.caps, found, deadline)
    relaxation.tighten()
    feasible = [taken for taken in every_feasible(problem) if taken <= set(steps)]
    finder = LoopFinder(problem.network, problem.prerequisites, found.leaves)
    draw = random.Random(len(steps))
    for _ in range(4):
        for taken in feasible:
            value = sum(weights[step] for step in taken)
            assert relaxation.bound <= value
            assert set(relaxation.useful(value)) >= taken
            for terms, most in relaxation.crowded(value):
                assert sum(factor for step, factor in terms if step in taken) <= most
        if not feasible or relaxation.infeasible:
            break
        some = set(draw.sample(steps, draw.randint(1, len(steps))))
        relaxation.add_loops(finder.find(some, founded(problem.network, problem.prerequisites, some)))
    assert not (relaxation.infeasible and feasible)
    return len(feasible)


def cheap_sets(problem: Problem, weights: Weights) -> CheapSets:
    """Under these weights, without a deadline."""
    found = reach(problem.network, problem.prerequisites, problem.goals, weights.__getitem__)
    return CheapSets(problem, weights, found, patient())


def check_cheap_sets(problem: Problem) -> int:
    """The cheap set of all goals and of each is minimal, and one is found just where there is one; no set weighs less
    than is told. How many sets there are."""
    free = replace(problem, caps=())
    sets = cheap_sets(problem, joined_weights(problem))
    for goals in (problem.goals, *((goal,) for goal in problem.goals)):
        own = replace(free, goals=goals)
        feasible = every_feasible(own)
        found = sets.find(goals)
        assert sets.reaches(goals) == bool(feasible) == (found is not None)
        if found is not None:
            assert own.feasible(found)
            assert own.minimal(found)
        for weights in (*problem.stages, *(weights for weights, _ in problem.caps)):
            assert all(sets.least(goals, weights) <= sum(weights[step] for step in taken) for taken in feasible)
    return len(every_feasible(free))


def middling_problem(draw: random.Random) -> Problem:
    """150 to 250 steps over 25 requirements, most of them with prerequisites that may go round."""
    network = Network()
    count, leaves = draw.randint(150, 250), 25
    served = [draw.sample(range(leaves), draw.randint(1, 3)) for _ in range(count)]
    nodes = [network.any_step(step for step in range(count) if leaf in served[step]) for leaf in range(leaves)]

    def needs() -> int:
        some = draw.sample(nodes, draw.randint(1, 2))
        return network.at_least(draw.randint(1, len(some)), some)

    return Problem(
        network=network,
        prerequisites={step: TRUE if draw.random() < 0.3 else needs() for step in range(count)},
        goals=(network.every(draw.sample(nodes, 10)),),
        stages=(
            {step: int(draw.random() < 0.05) for step in range(count)},
            {step: draw.randint(5, 200) * 10 for step in range(count)},
            dict.fromkeys(range(count), 1),
        ),
    )


def check_middling(problem: Problem) -> None:
    """The three best sets are the same whether or not the relaxation picks the steps that matter."""
    picked, whole = Search(problem, patient(), few=0), Search(problem, patient(), few=1_000)
    for _ in range(3):
        one, other = picked.next_best(), whole.next_best()
        if isinstance(one, Outcome):
            assert one == other == Outcome.NONE
            return
        assert isinstance(other, Solution)
        assert (one.steps, one.bounds, one.proved) == (other.steps, other.bounds, True)
