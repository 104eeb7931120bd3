"""Best sets of steps through a requirement network, proved by OR-tools CP-SAT.

Knows numbers only (see `networks`). Stages of weights are minimised one after the other, then the smallest sorted set
wins, so the answer does not depend on the solver's path. Every solve ends at the deadline; what is not proved by then
says so. Called by `planning`.
"""

import math
from collections.abc import Callable, Iterator, Sequence, Set as AbstractSet
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from ortools.sat.python import cp_model

from .networks import FALSE, TRUE, Network, founded, reach

LARGEST_STAGE = 2**50
"""Stages are joined into one objective up to here: the solver reports bounds as doubles, exact up to 2**53."""
MOST_SWAPS = 4_000
"""Exchanges tried for one plan's alternatives: about 0.1 s."""
RANDOM_SEED = 20
"""Any fixed number: with one worker it makes the search repeatable."""


class Deadline:
    """A moment that everything below one question shares."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining_seconds(self) -> float:
        """Seconds left, never below 0."""
        return max(self._end - self._clock(), 0.0)

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining_seconds() <= 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to reach and what it may cost. Steps are 0 … n-1, in the order in which equal sets are preferred."""

    network: Network
    prerequisites: tuple[int, ...]
    """Node of each step's prerequisites."""
    goals: tuple[int, ...]
    """Nodes; one of them must hold in the end."""
    stages: tuple[tuple[int, ...], ...]
    """Weights by step, not negative; the first stage counts most."""
    caps: tuple[tuple[tuple[int, ...], int], ...] = ()
    """(weights by step, most that their sum may be)."""
    ranked: frozenset[int] | None = None
    """Steps by which equal sets are told apart, None for all. The stages must fix how many of them a best set has."""

    def within(self, steps: Sequence[int] | frozenset[int]) -> bool:
        """Whether a set keeps every cap."""
        return all(sum(weights[step] for step in steps) <= most for weights, most in self.caps)

    def values(self, steps: Sequence[int] | frozenset[int]) -> tuple[int, ...]:
        """Sum of each stage's weights."""
        return tuple(sum(weights[step] for step in steps) for weights in self.stages)

    def reaches(self, steps: frozenset[int] | set[int]) -> bool:
        """Whether one goal holds once exactly these steps are taken."""
        return any(self.network.holds(goal, steps) for goal in self.goals)

    def feasible(self, steps: frozenset[int]) -> bool:
        """Whether a set keeps the caps, reaches a goal and can be ordered."""
        return (
            self.within(steps)
            and self.reaches(steps)
            and len(founded(self.network, self.prerequisites, steps)) == len(steps)
        )

    def minimal(self, steps: frozenset[int]) -> bool:
        """Whether no single step of a feasible set can be dropped; then no smaller part is feasible either.

        For a feasible part of a feasible set, the other steps can follow it in the set's own order, and the last of
        them can be dropped.
        """
        return not any(self.feasible(steps - {step}) for step in steps)


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

    weights: tuple[int, ...]
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
        weights = _joined_weights(problem.stages)
        everything = frozenset(range(len(problem.prerequisites)))
        self._reach = reach(problem.network, problem.prerequisites, problem.goals, weights.__getitem__, everything)
        self._objectives = _objectives(problem.stages, sorted(self._reach.step_cost))
        self._weights = weights
        self._model: _Model | None = None

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
            self._model = _Model(self.problem, self._reach.step_cost.keys(), self._deadline)
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
            values = tuple(weights[step] for weights in problem.stages)
            for alike in self._classes.get(values, ()):
                same = [other for other in alike if other not in solution.steps]
                if not same or left <= 0:
                    continue
                left -= 1
                swapped = solution.steps - {step} | {same[0]}
                if problem.feasible(swapped) and problem.minimal(swapped):
                    others.extend(same)
            result[step] = sorted(others)
        return result

    @cached_property
    def _classes(self) -> dict[tuple[int, ...], list[list[int]]]:
        """Steps by their stage weights, and below that in lists of steps that nothing but their index tells apart."""
        problem = self.problem
        leaves: dict[int, list[int]] = {step: [] for step in self._reach.step_cost}
        for node in sorted(self._reach.node_cost):
            for step in problem.network.steps[node]:
                if step in leaves:
                    leaves[step].append(node)
        alike: dict[tuple[tuple[int, ...], ...], list[int]] = {}
        for step in sorted(leaves):
            values = tuple(weights[step] for weights in problem.stages)
            capped = tuple(weights[step] for weights, _ in problem.caps)
            alike.setdefault((values, capped, (problem.prerequisites[step],), tuple(leaves[step])), []).append(step)
        classes: dict[tuple[int, ...], list[list[int]]] = {}
        for (values, *_), steps in alike.items():
            classes.setdefault(values, []).append(steps)
        return classes

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

    def _improve(self, model: "_Model", incumbent: frozenset[int] | None) -> Solution | Outcome:
        problem = self.problem
        fixed: list[tuple[Sequence[int], int]] = []
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
        self, model: "_Model", fixed: list[tuple[Sequence[int], int]], best: frozenset[int]
    ) -> tuple[frozenset[int], bool]:
        """The smallest sorted set among equals, and whether that is proved.

        One solve asks for any smaller set. If there is one, the first place where it differs is made as small as it
        can be, and so on.
        """
        ranked = sorted(
            self._reach.step_cost if self.problem.ranked is None else self.problem.ranked & self._reach.step_cost.keys()
        )
        settled = 0
        while True:
            chosen = sorted(best.intersection(ranked))
            gaps = _gaps(ranked, chosen)
            answer = model.find_smaller(fixed, chosen, gaps, settled)
            if answer.steps is None:
                return best, answer.proved
            best = answer.steps
            smaller = sorted(best.intersection(ranked))
            settled = next(place for place, step in enumerate(chosen) if step != smaller[place])
            first = [step for step in gaps[settled] if step <= smaller[settled]]
            answer = model.find_first(fixed, smaller[:settled], first)
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


def _joined_weights(stages: Sequence[Sequence[int]]) -> list[int]:
    """One positive weight a step that orders sets as the stages do, in Python's unbounded integers."""
    count = len(stages[0]) if stages else 0
    joined = [0] * count
    for weights in stages:
        place = sum(weights) + 1
        joined = [high * place + low for high, low in zip(joined, weights, strict=True)]
    return [weight * (count + 1) + 1 for weight in joined]


def _objectives(stages: Sequence[Sequence[int]], steps: Sequence[int]) -> list[_Objective]:
    """The stages, neighbours joined as long as the largest possible sum stays below `LARGEST_STAGE`."""
    result: list[_Objective] = []
    for position, weights in enumerate(stages):
        scale = math.gcd(*(weights[step] for step in steps)) or 1
        scaled = tuple(weight // scale for weight in weights)
        span = sum(scaled[step] for step in steps) + 1
        last = result[-1] if result else None
        if last is not None and (sum(last.weights[step] for step in steps) + 1) * span < LARGEST_STAGE:
            result[-1] = _Objective(
                tuple(high * span + low for high, low in zip(last.weights, scaled, strict=True)),
                range(last.stages.start, position + 1),
                (*last.scales, scale),
                (*(factor * span for factor in last.factors), 1),
            )
        else:
            result.append(_Objective(scaled, range(position, position + 1), (scale,), (1,)))
    return result


@dataclass(frozen=True, slots=True)
class _Answer:
    """Steps of the best founded set seen, the proved bound, and whether the question is settled."""

    steps: frozenset[int] | None
    bound: int
    proved: bool


_Literals = dict[int, cp_model.IntVar]
_Extra = Callable[[cp_model.CpModel, _Literals], None]


class _Model:
    """The constraint model: a variable per step and per node, implications from what is wanted to what serves it.

    Self-justifying cycles are cut as they are met: for a set U of steps that only serve each other, taking any of them
    needs a taken step of U whose prerequisites hold without U. Exact with thresholds too, because nothing is negated.
    Source: loop formulas, F. Lin and Y. Zhao, ASSAT: computing answer sets of a logic program by SAT solvers, Artificial
    Intelligence 157 (2004).
    """

    def __init__(self, problem: Problem, steps: AbstractSet[int], deadline: Deadline) -> None:
        self._problem = problem
        self._deadline = deadline
        self._base = cp_model.CpModel()
        self._steps: _Literals = {step: self._base.new_bool_var("") for step in sorted(steps)}
        self._nodes: dict[int, cp_model.IntVar] = {}
        self._base.add_bool_or([self._node(goal) for goal in problem.goals if goal != FALSE])
        for step, variable in self._steps.items():
            if problem.prerequisites[step] != TRUE:
                self._base.add_implication(variable, self._node(problem.prerequisites[step]))
            if deadline.passed:
                break
        for weights, most in problem.caps:
            self._limit(self._base, self._steps, weights, most)

    def exclude(self, steps: frozenset[int]) -> None:
        """No later set may contain all of these."""
        self._base.add_bool_or([~self._steps[step] for step in sorted(steps)])

    def minimise(
        self, weights: Sequence[int], fixed: Sequence[tuple[Sequence[int], int]], hint: frozenset[int] | None
    ) -> _Answer:
        """The founded set with the smallest sum of weights, none of the fixed sums exceeded."""

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            if hint is not None:
                for step, variable in variables.items():
                    model.add_hint(variable, int(step in hint))
            model.minimize(_weighted(variables, weights))

        return self._solve(fixed, extra)

    def find_smaller(
        self,
        fixed: Sequence[tuple[Sequence[int], int]],
        chosen: Sequence[int],
        gaps: Sequence[Sequence[int]],
        settled: int,
    ) -> _Answer:
        """A founded set that is smaller than the chosen one at some place from `settled` on, if there is one."""
        places = [place for place in range(settled, len(chosen)) if gaps[place]]
        if not places:
            return _Answer(None, 0, proved=True)

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            for step in chosen[:settled]:
                model.add_bool_or([variables[step]])
            differs = []
            for place in places:
                here = model.new_bool_var("")
                model.add_bool_and([variables[step] for step in chosen[settled:place]]).only_enforce_if(here)
                model.add_bool_or([*(variables[step] for step in gaps[place]), ~here])
                differs.append(here)
            model.add_bool_or(differs)

        return self._solve(fixed, extra)

    def find_first(
        self, fixed: Sequence[tuple[Sequence[int], int]], prefix: Sequence[int], candidates: Sequence[int]
    ) -> _Answer:
        """A founded set with the prefix and the earliest candidate that can follow it."""

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            model.add_bool_and([variables[step] for step in prefix])
            first = [model.new_bool_var("") for _ in candidates]
            for step, literal in zip(candidates, first, strict=True):
                model.add_implication(literal, variables[step])
            model.add_bool_or(first)
            model.minimize(cp_model.LinearExpr.weighted_sum(first, range(1, len(first) + 1)))

        return self._solve(fixed, extra)

    def _solve(self, fixed: Sequence[tuple[Sequence[int], int]], extra: _Extra) -> _Answer:
        problem = self._problem
        bound = 0
        while not self._deadline.passed:
            model = self._base.clone()
            variables = {step: model.get_bool_var_from_proto_index(own.index) for step, own in self._steps.items()}
            for weights, value in fixed:
                self._limit(model, variables, weights, value)
            extra(model, variables)
            solver = cp_model.CpSolver()
            solver.parameters.num_workers = 1
            solver.parameters.random_seed = RANDOM_SEED
            solver.parameters.linearization_level = 2  # without it clauses give no bound: see docs/planning.md
            remaining = self._deadline.remaining_seconds()
            if remaining <= 0.0:
                break
            solver.parameters.max_time_in_seconds = remaining
            status = solver.solve(model)
            if status == cp_model.INFEASIBLE:
                return _Answer(None, 0, proved=True)
            if status == cp_model.MODEL_INVALID:
                raise AssertionError(model.validate())
            if model.has_objective():
                bound = max(bound, math.ceil(solver.best_objective_bound - 1e-6))
            if status == cp_model.UNKNOWN:
                break
            taken = {step for step, variable in variables.items() if solver.boolean_value(variable)}
            kept = founded(problem.network, problem.prerequisites, taken)
            if problem.reaches(kept):
                return _Answer(frozenset(kept), bound, proved=status == cp_model.OPTIMAL)
            if status != cp_model.OPTIMAL:
                break
            for loop in _loops(problem, taken - kept):
                self._cut(loop)
        return _Answer(None, bound, proved=False)

    def _cut(self, loop: frozenset[int]) -> None:
        started = self._base.new_bool_var("")
        starts: list[cp_model.LiteralT] = [~started]
        for step in sorted(loop):
            self._base.add_implication(self._steps[step], started)
            outside = self._problem.network.without(self._problem.prerequisites[step], loop)
            if outside == FALSE:
                continue
            here = self._base.new_bool_var("")
            self._base.add_implication(here, self._steps[step])
            self._base.add_implication(here, self._node(outside))
            starts.append(here)
        self._base.add_bool_or(starts)

    def _node(self, node: int) -> cp_model.IntVar:
        """The variable that, when true, makes a requirement hold."""
        known = self._nodes.get(node)
        if known is not None:
            return known
        network = self._problem.network
        variable = self._nodes[node] = self._base.new_bool_var("")
        if node == FALSE:
            self._base.add_bool_or([~variable])
        elif not network.children[node]:
            if node != TRUE:
                serving = [self._steps[step] for step in sorted(network.steps[node]) if step in self._steps]
                self._base.add_bool_or([*serving, ~variable])
        elif network.minimum[node] == len(network.children[node]):
            for child in network.children[node]:
                self._base.add_implication(variable, self._node(child))
        elif network.minimum[node] == 1:
            self._base.add_bool_or([*(self._node(child) for child in network.children[node]), ~variable])
        else:
            children = [self._node(child) for child in network.children[node]]
            self._base.add(cp_model.LinearExpr.sum(children) >= network.minimum[node] * variable)
        return variable

    @staticmethod
    def _limit(model: cp_model.CpModel, variables: _Literals, weights: Sequence[int], most: int) -> None:
        total = sum(weights[step] for step in variables)
        if total > most:
            model.add(_weighted(variables, weights) <= most)


def _weighted(variables: _Literals, weights: Sequence[int]) -> cp_model.LinearExprT:
    return cp_model.LinearExpr.weighted_sum(list(variables.values()), [weights[step] for step in variables])


def _loops(problem: Problem, unfounded: set[int]) -> list[frozenset[int]]:
    """The innermost sets of unfounded steps that only serve each other."""
    needs = {step: problem.network.mentioned(problem.prerequisites[step]) & unfounded for step in sorted(unfounded)}
    closures: dict[int, frozenset[int]] = {}
    for step in needs:
        seen: set[int] = set()
        stack = list(needs[step])
        while stack:
            other = stack.pop()
            if other not in seen:
                seen.add(other)
                stack.extend(needs[other])
        closures[step] = frozenset(seen)
    return sorted({loop for loop in closures.values() if all(closures[step] == loop for step in loop)}, key=sorted)
