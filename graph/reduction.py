"""From a set of steps that reaches a goal to a minimal part of it.

Knows numbers only (see `networks`). Called by `optimisation` and by `cheap_sets`.
"""

from collections.abc import Iterable, Mapping, Sequence

from .deadline import Deadline
from .networks import Problem, Weights, asking_for

_LARGE = 200
"""Steps of a set whose reduction looks at the clock."""


def reduced(
    problem: Problem,
    steps: frozenset[int],
    serves: Mapping[int, Sequence[int]],
    weights: Weights,
    deadline: Deadline,
) -> frozenset[int]:
    """A minimal feasible part, the heaviest dropped first; a large set is reduced as far as there is time for.

    Args:
        steps: a feasible set.
        serves: the leaves that each step serves.
    """
    certain = certain_leaves(problem)
    serving: dict[int, int] = {}
    for step in steps:
        for leaf in certain.intersection(serves[step]):
            serving[leaf] = serving.get(leaf, 0) + 1
    asking = asking_for(problem.network, problem.prerequisites, steps)
    large = len(steps) > _LARGE
    waiting = sorted(steps, key=lambda step: (-weights[step], -step))
    before = 0
    while len(waiting) != before:  # what is asked for by a step can be dropped once that is
        before, kept = len(waiting), []
        for step in waiting:
            served = certain.intersection(serves[step])
            smaller = steps - {step}
            if (
                any(serving[leaf] == 1 for leaf in served)
                or (large and deadline.passed)
                or _is_needed(problem, smaller, asking.get(step, ()))
                or not problem.feasible(smaller)
            ):
                kept.append(step)
                continue
            steps = smaller
            for leaf in served:
                serving[leaf] -= 1
        waiting = kept
    return steps


def certain_leaves(problem: Problem) -> frozenset[int]:
    """Leaves that every set must serve."""
    network, goals = problem.network, problem.goals
    if len(goals) != 1:
        return frozenset()
    children = network.children[goals[0]]
    parts = children if children and network.minimum[goals[0]] == len(children) else goals
    return frozenset(part for part in parts if network.steps[part])


def _is_needed(problem: Problem, rest: frozenset[int], asking: Iterable[int]) -> bool:
    """Whether one of those who ask for a step cannot be taken with the others alone: quick, and mostly enough."""
    network, prerequisites = problem.network, problem.prerequisites
    return any(other in rest and not network.holds(prerequisites[other], rest) for other in asking)
