"""A cheap minimal set for each of many goals over one network, and what no set can weigh less than.

Knows numbers only (see `networks`). It proves no set best: that is `optimisation`, at a hundred times the work, and
begins with such a set. Called by `optimisation` and by `reachable`.
"""

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from .deadline import Deadline
from .networks import TRUE, Problem, Reach, Weights
from .reduction import certain_leaves, reduced

_PARTS = 20
"""Prices are whole multiples of a unit of weight over two to this power, rounded down."""


class CheapSets:
    """Cheap sets under one weighing of the steps, for any of the goals that the problem names."""

    def __init__(self, problem: Problem, weights: Weights, found: Reach, deadline: Deadline) -> None:
        """Nothing is looked at yet.

        Args:
            problem: its goals are all that will be asked for.
            weights: positive.
            found: what the problem's steps reach under these weights.
        """
        self._problem = problem
        self._weights = weights
        self._reach = found
        self._deadline = deadline
        self._last: tuple[int, frozenset[int], dict[int, int]] | None = None
        """Of the goal asked for last: it is asked for again at once."""

    def reaches(self, goals: Sequence[int]) -> bool:
        """Whether one of these goals can be reached at all, sums that are limited aside."""
        return any(goal in self._reach.node_cost for goal in goals)

    def find(self, goals: Sequence[int]) -> frozenset[int] | None:
        """A minimal set that reaches the goal that seems cheapest, whatever sums are limited; None where none can be.

        Steps are taken by what they weigh, what they need included, for each open leaf that they serve; then, where
        they are not enough, the cheap way to each part.
        Cost: the steps that serve the goal's leaves, and for each that is taken the leaves it serves.
        """
        options = [(self._reach.node_cost[goal], goal) for goal in goals if goal in self._reach.node_cost]
        if not options:
            return None
        goal = min(options)[1]
        own = replace(self._problem, goals=(goal,), caps=())
        taken = self._covering(own)
        if not own.network.holds(goal, taken):
            parts = own.network.children[goal]
            whole = parts and own.network.minimum[goal] == len(parts)
            for part in parts if whole else (goal,):
                if not own.network.holds(part, taken):
                    taken |= self._reach.way_to(own.network, own.prerequisites, part)
        own = replace(own, goals=tuple(goals))  # a part of the set may reach another one
        return reduced(own, frozenset(taken), self._reach.leaves, self._weights, self._deadline)

    def least(self, goals: Sequence[int], weights: Weights) -> int:
        """What no set that reaches one of these goals weighs less than, by other weights, which may be nothing.

        A leaf is priced at the least share that a step which serves it has for it, a step's weight being shared among
        the leaves it serves: so no step serves for more than it weighs.
        """
        return min((self._priced(goal, weights) for goal in goals if goal in self._reach.node_cost), default=0)

    def _covering(self, own: Problem) -> set[int]:
        """Steps that serve every certain leaf, with what they need."""
        found = self._reach
        leaves, gains = self._gains(own.goals[0])
        waiting = set(leaves)
        heap = [((found.step_cost[step] << _PARTS) // gain, step, gain) for step, gain in gains.items()]
        heapq.heapify(heap)
        taken: set[int] = set()
        while waiting and heap:
            _, step, gain = heapq.heappop(heap)
            left = sum(leaf in waiting for leaf in found.leaves[step])
            if left == 0:
                continue
            if left < gain:
                heapq.heappush(heap, ((found.step_cost[step] << _PARTS) // left, step, left))
                continue
            before = own.prerequisites[step]
            fresh = {step}
            if before != TRUE and not own.network.holds(before, taken):
                fresh |= found.way_to(own.network, own.prerequisites, before)
            for each in fresh - taken:
                waiting.difference_update(found.leaves[each])
            taken |= fresh
        return taken

    def _gains(self, goal: int) -> tuple[frozenset[int], dict[int, int]]:
        """The leaves that a goal is sure to need, and how many of them each step serves that can be taken."""
        if self._last is None or self._last[0] != goal:
            leaves = certain_leaves(replace(self._problem, goals=(goal,)))
            steps = self._problem.network.steps
            counts = Counter(chain.from_iterable(steps[leaf] for leaf in leaves))
            known = self._reach.step_cost
            gains = {step: count for step, count in counts.items() if step in known}
            self._last = goal, leaves, gains
        return self._last[1:]

    def _priced(self, goal: int, weights: Weights) -> int:
        leaves, gains = self._gains(goal)
        shares = {step: (weights[step] << _PARTS) // gain for step, gain in gains.items()}
        steps = self._problem.network.steps
        total = sum(min(shares[step] for step in steps[leaf] if step in shares) for leaf in leaves)
        return -(-total >> _PARTS)
