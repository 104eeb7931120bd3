"""Best sets of steps through a requirement network, proved by OR-tools CP-SAT.

Knows numbers only (see `networks`). Stages of weights are minimised one after the other, then the smallest sorted set
wins, so the answer does not depend on the solver's path. Every solve ends at the deadline; what is not proved by then
says so. Called by `planning`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from .constraints import ConstraintModel, Deadline, Weights
from .networks import Problem, founded, reach

LARGEST_STAGE = 2**50
"""Stages are joined into one objective up to here: the solver reports bounds as doubles, exact up to 2**53."""
MOST_SWAPS = 4_000
"""Exchanges tried for one plan's alternatives: about 0.1 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """A feasible, minimal set with its value in each stage and what is proved about it."""

    steps: frozenset[int]
    values: tuple[int, ...]
    bounds: tuple[int, ...]
    """No allowed set has less in a stage than this where it equals the set in the stages before."""
    proved: bool
    """Best by all stages and by the order of equals."""


class Outcome(Enum):
    """Why there is no (further) solution."""

    NONE = auto()
    """Proved that there is none."""
    UNDECIDED = auto()
    """The deadline passed first."""


@dataclass(frozen=True, slots=True)
class _Objective:
    """Weights by step, joined from stages that are small enough together."""

    weights: Weights
    stages: range
    scales: tuple[int, ...]
    """What each of these stages was divided by."""
    factors: tuple[int, ...]
    """Place value of each of these stages."""

    def bounds(self, values: Sequence[int], bound: int) -> list[int]:
        """Proved bound of each stage, given the values found and the proved bound of the joined objective."""
        result = []
        left = bound
        for position, stage in enumerate(self.stages):
            factor = self.factors[position]
            proved = max(left // factor, 0)
            found = values[stage] // self.scales[position]
            result.append(min(proved, found) * self.scales[position])
            if proved < found:
                break
            left -= found * factor
        return result + [0] * (len(self.stages) - len(result))


class Search:
    """The best sets of a problem, one after the other; each further one contains none of those before it."""

    def __init__(self, problem: Problem, deadline: Deadline) -> None:
        self.problem = problem
        self._deadline = deadline
        self._found: list[frozenset[int]] = []
        weights = _joined_weights(problem)
        self._reach = reach(problem.network, problem.prerequisites, problem.goals, weights.__getitem__)
        self._objectives = _objectives(problem.stages, sorted(self._reach.step_cost))
        self._weights = weights
        self._model: ConstraintModel | None = None

    @property
    def reachable(self) -> bool:
        """Whether a goal can be reached at all, caps aside. Proved without any search: more steps never hurt."""
        return any(goal in self._reach.node_cost for goal in self.problem.goals)

    def next_best(self) -> Solution | Outcome:
        """The best set that contains none of those returned before; not proved best when the deadline passed."""
        if not self.reachable or frozenset() in self._found:
            return Outcome.NONE
        incumbent = None if self._found else self._cheap_way()
        if incumbent == frozenset():
            return self._accept(
                Solution(steps=incumbent, values=(0,) * self._stage_count, bounds=(0,) * self._stage_count, proved=True)
            )
        if self._model is None:
            self._model = ConstraintModel(self.problem, self._reach.step_cost.keys(), self._deadline)
        result = self._improve(self._model, incumbent)
        return self._accept(result) if isinstance(result, Solution) else result

    def alternatives(self, solution: Solution) -> dict[int, list[int]]:
        """For each step the others that give, in its place, a feasible minimal set equal in every stage; in step order.

        Steps that serve the same requirements under the same conditions are tried once for all. The work is counted,
        not timed, so that the answer is repeatable: after `MOST_SWAPS` tries the rest is left out.
        """
        problem = self.problem
        left = MOST_SWAPS
        result: dict[int, list[int]] = {}
        for step in sorted(solution.steps):
            others: list[int] = []
            for alike in self._stand_ins(step, solution.steps):
                if left <= 0:
                    break
                left -= 1
                swapped = solution.steps - {step} | {alike[0]}
                if problem.feasible(swapped) and problem.minimal(swapped):
                    others.extend(alike)
            result[step] = sorted(others)
        return result

    def _stand_ins(self, step: int, taken: frozenset[int]) -> list[list[int]]:
        """Steps that could stand in for one that is taken, in lists of those that nothing but their index tells apart.

        They have its weights and serve a requirement that the goals or the other steps speak of, and that does not hold
        with what can be taken without it: else the set is no better than it is without the step.
        """
        problem, network = self.problem, self.problem.network
        values = tuple(weights[step] for weights in problem.stages)
        rest = taken - {step}
        kept = founded(network, problem.prerequisites, rest)
        spoken = {part for node in self._spoken_of(rest) for part in network.below(node)}
        missed = [node for node in spoken if network.steps[node] and network.steps[node].isdisjoint(kept)]
        others = {other for node in missed for other in network.steps[node]}
        alike: dict[tuple[object, ...], list[int]] = {}
        for other in sorted(others - taken):
            if other in self._leaves and tuple(weights[other] for weights in problem.stages) == values:
                capped = tuple(weights[other] for weights, _ in problem.caps)
                key = (capped, problem.prerequisites[other], tuple(self._leaves[other]))
                alike.setdefault(key, []).append(other)
        return list(alike.values())

    def _spoken_of(self, steps: Iterable[int]) -> set[int]:
        return {*self.problem.goals, *(self.problem.prerequisites[step] for step in steps)}

    @cached_property
    def _leaves(self) -> dict[int, list[int]]:
        """Leaves that each reachable step serves."""
        leaves: dict[int, list[int]] = {step: [] for step in self._reach.step_cost}
        for node in sorted(self._reach.node_cost):
            for step in self.problem.network.steps[node]:
                if step in leaves:
                    leaves[step].append(node)
        return leaves

    @property
    def _stage_count(self) -> int:
        return len(self.problem.stages)

    def _accept(self, solution: Solution) -> Solution:
        self._found.append(solution.steps)
        if self._model is not None:
            self._model.exclude(solution.steps)
        return solution

    def _cheap_way(self) -> frozenset[int] | None:
        """A feasible minimal set to start from, where the estimate leads to one within the caps."""
        problem = self.problem
        cost, goal = min((self._reach.node_cost[goal], goal) for goal in problem.goals if goal in self._reach.node_cost)
        if not cost:
            return frozenset()
        steps = frozenset(self._reach.way_to(problem.network, problem.prerequisites, goal))
        return self._reduced(steps) if problem.within(steps) else None

    def _reduced(self, steps: frozenset[int]) -> frozenset[int]:
        """A minimal feasible part, the heaviest steps dropped first."""
        for step in sorted(steps, key=lambda step: (-self._weights[step], -step)):
            smaller = steps - {step}
            if self.problem.feasible(smaller):
                steps = smaller
        return steps

    def _improve(self, model: ConstraintModel, incumbent: frozenset[int] | None) -> Solution | Outcome:
        problem = self.problem
        fixed: list[tuple[Weights, int]] = []
        bounds: list[int] = []
        proved = True
        for objective in self._objectives:
            answer = model.minimise(objective.weights, fixed, incumbent)
            if answer.steps is not None and _better(problem, answer.steps, incumbent):
                incumbent = answer.steps
            if incumbent is None:
                return Outcome.NONE if answer.proved else Outcome.UNDECIDED
            values = problem.values(incumbent)
            value = sum(objective.weights[step] for step in incumbent)
            if not answer.proved:
                bounds += objective.bounds(values, min(answer.bound, value))
                proved = False
                break
            bounds += values[objective.stages.start : objective.stages.stop]
            fixed.append((objective.weights, value))
        assert incumbent is not None
        if proved:
            incumbent, proved = self._smallest(model, fixed, incumbent)
        if not proved:
            incumbent = self._reduced(incumbent)
        bounds += [0] * (self._stage_count - len(bounds))
        values = problem.values(incumbent)
        bounds = [min(bound, value) for bound, value in zip(bounds, values, strict=True)]
        return Solution(steps=incumbent, values=values, bounds=tuple(bounds), proved=proved)

    def _smallest(
        self, model: ConstraintModel, fixed: list[tuple[Weights, int]], best: frozenset[int]
    ) -> tuple[frozenset[int], bool]:
        """The smallest sorted set among equals, and whether that is proved.

        One solve asks for any smaller set, and mostly there is none. As long as there is one, the steps are settled
        place by place: each is the first that can follow those before it.
        """
        ranked = sorted(
            self._reach.step_cost if self.problem.ranked is None else self.problem.ranked & self._reach.step_cost.keys()
        )
        settled = 0
        while True:
            chosen = sorted(best.intersection(ranked))
            answer = model.find_smaller(fixed, chosen, _gaps(ranked, chosen), settled)
            if answer.steps is None:
                return best, answer.proved
            best = answer.steps
            chosen = sorted(best.intersection(ranked))
            gap = _gaps(ranked, chosen)[settled]
            if gap:
                answer = model.find_first(fixed, chosen[:settled], [*gap, chosen[settled]])
                if answer.steps is not None:
                    best = answer.steps
                if not answer.proved:
                    return best, False
            settled += 1


def _better(problem: Problem, steps: frozenset[int], incumbent: frozenset[int] | None) -> bool:
    return incumbent is None or problem.values(steps) < problem.values(incumbent)


def _gaps(ranked: Sequence[int], chosen: Sequence[int]) -> list[list[int]]:
    """For each chosen step the ranked ones between it and the chosen one before it."""
    gaps: list[list[int]] = []
    candidates: Iterator[int] = iter(ranked)
    for end in chosen:
        gap: list[int] = []
        for step in candidates:
            if step == end:
                break
            gap.append(step)
        gaps.append(gap)
    return gaps


def _joined_weights(problem: Problem) -> dict[int, int]:
    """One positive weight a step that orders sets as the stages do, in Python's unbounded integers."""
    joined = dict.fromkeys(problem.prerequisites, 0)
    for weights in problem.stages:
        place = sum(weights[step] for step in joined) + 1
        joined = {step: high * place + weights[step] for step, high in joined.items()}
    return {step: weight * (len(joined) + 1) + 1 for step, weight in joined.items()}


def _objectives(stages: Sequence[Weights], steps: Sequence[int]) -> list[_Objective]:
    """The stages, neighbours joined as long as the largest possible sum stays below `LARGEST_STAGE`."""
    result: list[_Objective] = []
    for position, weights in enumerate(stages):
        scale = math.gcd(*(weights[step] for step in steps)) or 1
        scaled = {step: weights[step] // scale for step in steps}
        span = sum(scaled[step] for step in steps) + 1
        last = result[-1] if result else None
        if last is not None and (sum(last.weights[step] for step in steps) + 1) * span < LARGEST_STAGE:
            result[-1] = _Objective(
                {step: last.weights[step] * span + scaled[step] for step in steps},
                range(last.stages.start, position + 1),
                (*last.scales, scale),
                (*(factor * span for factor in last.factors), 1),
            )
        else:
            result.append(_Objective(scaled, range(position, position + 1), (scale,), (1,)))
    return result
