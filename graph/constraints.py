"""The constraint model of a requirement network, solved by OR-tools CP-SAT within a deadline.

Knows how a network is said to the solver and how plans that justify themselves are cut off; decides nothing about what
is best. Called by `optimisation`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ortools.sat.python import cp_model

from .deadline import Deadline
from .loops import Loop, LoopFinder
from .networks import FALSE, TRUE, Problem, Weights, founded
from .relaxation import Crowd

RANDOM_SEED = 20
"""Any fixed number: with one worker it makes the search repeatable."""
MOST_IN_ORDER = 1_000
"""Steps among which the smallest set is looked for in their order: that is quick where few of them can be taken."""
_MOST_CONFLICTS = 1_500
"""After so many it is given up: 0.1 to 0.5 s."""
_LOOKS_UP = 64
"""Steps put into a model between two looks at the clock."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Steps of the best founded set seen, the proved bound, and whether the question is settled."""

    steps: frozenset[int] | None
    bound: int
    proved: bool


_Literals = dict[int, cp_model.IntVar]
_Extra = Callable[[cp_model.CpModel, _Literals], None]


class ConstraintModel:
    """The constraint model: a variable per step and per node, implications from what is wanted to what serves it.

    Self-justifying cycles are cut as they are met (`loops`). Exact with thresholds too, because nothing is negated.
    """

    def __init__(
        self,
        problem: Problem,
        steps: Sequence[int],
        deadline: Deadline,
        *,
        finder: LoopFinder,
        loops: list[Loop],
        excluded: Iterable[frozenset[int]] = (),
        crowded: Iterable[Crowd] = (),
    ) -> None:
        """A model of sets of these steps.

        Args:
            steps: sorted; no others are taken.
            loops: those known; those that are met are added to the list.
            excluded: sets of which none may be contained in what is found.
            crowded: conditions that every set fulfils that is asked for.
        """
        self._problem = problem
        self._deadline = deadline
        self._finder = finder
        self._loops = loops
        self._base = cp_model.CpModel()
        self._steps: _Literals = {step: self._base.new_bool_var("") for step in steps}
        self._nodes: dict[int, cp_model.IntVar] = {}
        self._base.add_bool_or([self._node(goal) for goal in problem.goals if goal != FALSE])
        for number, (step, variable) in enumerate(self._steps.items()):
            if problem.prerequisites[step] != TRUE:
                self._base.add_implication(variable, self._node(problem.prerequisites[step]))
            if number % _LOOKS_UP == 0 and deadline.passed:
                break
        for weights, most in problem.caps:
            self._limit(self._base, self._steps, weights, most)
        for terms, most in crowded:
            known = [(self._steps[step], factor) for step, factor in terms if step in self._steps]
            if sum(factor for _, factor in known) > most:
                self._base.add(cp_model.LinearExpr.sum([variable * factor for variable, factor in known]) <= most)
        for loop in loops:
            self._cut(loop)
        for taken in excluded:
            if taken <= self._steps.keys():
                self._base.add_bool_or([~self._steps[step] for step in sorted(taken)])

    def minimise(self, weights: Weights, fixed: Sequence[tuple[Weights, int]], below: int | None) -> Answer:
        """The founded set with the smallest sum of weights, less than `below`, none of the fixed sums exceeded."""

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            if below is not None:
                self._limit(model, variables, weights, below - 1)
            model.minimize(_weighted(variables, weights))

        return self._solve(fixed, extra)

    def find_smaller(
        self,
        fixed: Sequence[tuple[Weights, int]],
        chosen: Sequence[int],
        gaps: Sequence[Sequence[int]],
        settled: int,
    ) -> Answer:
        """A founded set that is smaller than the chosen one at some place from `settled` on, if there is one."""
        places = [place for place in range(settled, len(chosen)) if gaps[place]]
        if not places:
            return Answer(None, 0, proved=True)

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
            # What is fixed already is minimised again: its linear relaxation is what refutes most of the others.
            model.minimize(_weighted(variables, fixed[-1][0]))

        return self._solve(fixed, extra)

    def find_smallest(self, fixed: Sequence[tuple[Weights, int]]) -> Answer:
        """The founded set whose sorted steps come first, of sets with equally many; none where that takes long.

        The solver decides step by step, from the first on, that it is taken, and takes that back only where it follows
        from what it has learned that it cannot be: so what it finds first should be the smallest. The work is counted,
        so that the answer is repeatable.
        """

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            in_order = [variables[step] for step in sorted(variables)]
            model.add_decision_strategy(in_order, cp_model.CHOOSE_FIRST, cp_model.SELECT_MAX_VALUE)

        return self._solve(fixed, extra, in_order=True)

    def find_first(
        self, fixed: Sequence[tuple[Weights, int]], prefix: Sequence[int], candidates: Sequence[int]
    ) -> Answer:
        """A founded set with the prefix and the earliest candidate that can follow it."""

        def extra(model: cp_model.CpModel, variables: _Literals) -> None:
            model.add_bool_and([variables[step] for step in prefix])
            first = [model.new_bool_var("") for _ in candidates]
            for step, literal in zip(candidates, first, strict=True):
                model.add_implication(literal, variables[step])
            model.add_bool_or(first)
            model.minimize(cp_model.LinearExpr.weighted_sum(first, range(1, len(first) + 1)))

        return self._solve(fixed, extra)

    def _solve(self, fixed: Sequence[tuple[Weights, int]], extra: _Extra, *, in_order: bool = False) -> Answer:
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
            if in_order:
                solver.parameters.search_branching = cp_model.FIXED_SEARCH
                solver.parameters.cp_model_presolve = False  # it may settle steps out of their turn
                solver.parameters.symmetry_level = 0
                solver.parameters.max_number_of_conflicts = _MOST_CONFLICTS
            remaining = self._deadline.remaining_seconds()
            if remaining <= 0.0:
                break
            solver.parameters.max_time_in_seconds = remaining
            status = solver.solve(model)
            if status == cp_model.INFEASIBLE:
                return Answer(None, 0, proved=True)
            if status == cp_model.MODEL_INVALID:
                raise AssertionError(model.validate())
            if model.has_objective():
                bound = max(bound, math.ceil(solver.best_objective_bound - 1e-6))
            if status == cp_model.UNKNOWN:
                break
            taken = {step for step, variable in variables.items() if solver.boolean_value(variable)}
            kept = founded(problem.network, problem.prerequisites, taken)
            if problem.reaches(kept):
                return Answer(frozenset(kept), bound, proved=status == cp_model.OPTIMAL)
            if status != cp_model.OPTIMAL:
                break
            met = self._finder.find(taken, kept)
            self._loops += met
            for loop in met:
                self._cut(loop)
        return Answer(None, bound, proved=False)

    def _cut(self, loop: Loop) -> None:
        started = self._base.new_bool_var("")
        starts: list[cp_model.LiteralT] = [~started]
        for leaf in sorted(loop.leaves & self._nodes.keys()):
            self._base.add_implication(self._nodes[leaf], started)
        for step in loop.steps:
            if step in self._steps:
                self._base.add_implication(self._steps[step], started)
        for step, outside in loop.supports:
            if step not in self._steps:
                continue
            if outside in (TRUE, self._problem.prerequisites[step]):
                starts.append(self._steps[step])
                continue
            here = self._base.new_bool_var("")
            self._base.add_implication(here, self._steps[step])
            self._base.add_implication(here, self._node(outside))
            starts.append(here)
        self._base.add_bool_or(starts)

    def _node(self, node: int) -> cp_model.IntVar:
        """The variable that, when true, makes a requirement hold."""
        for part in self._problem.network.below(node) if node not in self._nodes else ():
            if part not in self._nodes:
                self._nodes[part] = self._said(part)
        return self._nodes[node]

    def _said(self, node: int) -> cp_model.IntVar:
        network = self._problem.network
        variable = self._base.new_bool_var("")
        children = [self._nodes[child] for child in network.children[node]]
        if node == TRUE:
            self._base.add_bool_or([variable])
        elif not children:  # FALSE is a leaf without steps
            serving = [self._steps[step] for step in sorted(network.steps[node]) if step in self._steps]
            self._base.add_bool_or([*serving, ~variable])
        elif network.minimum[node] == len(children):
            for child in children:
                self._base.add_implication(variable, child)
        elif network.minimum[node] == 1:
            self._base.add_bool_or([*children, ~variable])
        else:
            self._base.add(cp_model.LinearExpr.sum(children) >= network.minimum[node] * variable)
        return variable

    @staticmethod
    def _limit(model: cp_model.CpModel, variables: _Literals, weights: Weights, most: int) -> None:
        total = sum(weights[step] for step in variables)
        if total > most:
            model.add(_weighted(variables, weights) <= most)


def _weighted(variables: _Literals, weights: Weights) -> cp_model.LinearExprT:
    return cp_model.LinearExpr.weighted_sum(list(variables.values()), [weights[step] for step in variables])
