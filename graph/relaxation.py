"""A lower bound for what a best set costs, and for what each single step adds to it: the linear relaxation.

Only the steps that matter are in the linear programme: it begins with a cheap way, and a step enters when the prices
of the requirements that it serves exceed its weight (column generation). Prices need not be exact: the bound is
computed from them in whole numbers, for every step, so that it holds whatever the solver's rounding. Knows numbers
only. Called by `optimisation`.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp

from .deadline import Deadline
from .loops import Loop
from .networks import TRUE, Problem, Reach, Weights
from .reduction import certain_leaves
from .rounding import broken

Longs = NDArray[np.int64]
_LARGEST = 2**52
"""Weights and prices stay below this, so that sums over a step's requirements stay within 64 bits."""
_FINEST = 2**20
"""Prices are whole multiples of this part of a unit of weight at the finest."""
_TYPICAL = 100.0
"""What a step weighs in the linear programme, on average: its tolerances are absolute."""
_SUMMED = 2**59
"""What the prices that count for one step stay below together, so that 64 bits hold them."""
_NEVER = 2**61
"""What a step adds that may not be taken."""
_SIMPLEX = "use_dual_simplex: true use_preprocessing: false"
"""The optimum is degenerate, most of all where every step weighs the same: the primal simplex takes up to a hundred
times as long over it."""
_MOST_ROUNDS = 200
_MOST_ROUNDINGS = 20
"""Rounds in which conditions on whole numbers of steps are looked for."""
_VIOLATED = 1e-3
"""How much of a step must be unsupported: less is not worth a row."""
_NEGATIVE = 1e-7
"""Relative to `_TYPICAL`: a step enters that saves more than this."""


_Terms = list[tuple[int, int]]
"""(row, factor)."""
Crowd = tuple[Sequence[tuple[int, int]], int]
"""((step, factor) of steps, what their factors may be at most together)."""
_Variable = tuple[pywraplp.Variable, _Terms]
"""A variable that weighs nothing and is from 0 to 1, with its terms."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A row `sum of terms >= least`, with the places of the steps that count in it, whether or not in the programme."""

    row: int
    served: NDArray[np.intp]
    factors: Longs
    """As how much each of them counts."""
    least: int


class Relaxation:
    """The relaxation of one objective over one set of steps."""

    def __init__(
        self,
        problem: Problem,
        steps: Sequence[int],
        weights: Weights,
        at_most: Sequence[tuple[Weights, int]],
        reach: Reach,
        deadline: Deadline,
    ) -> None:
        """The relaxation without any step.

        Args:
            steps: sorted; a goal can be reached with them.
            at_most: (weights, what their sum may be at most).
        """
        self._problem = problem
        self._reach = reach
        self._deadline = deadline
        self.steps = np.array(steps, dtype=np.int64)
        self._places = {step: place for place, step in enumerate(steps)}
        self._weights: Longs = np.array([weights[step] for step in steps], dtype=np.int64)
        self._worst = int(self._weights.sum()) + 1
        """More than any set weighs: what it costs in the programme to reach no goal."""
        self._unit = max(1, min(_FINEST, _LARGEST // self._worst))
        self._scale = max(float(self._weights.mean()), 1.0) / _TYPICAL
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver.SetSolverSpecificParametersAsString(_SIMPLEX)
        self._constraints: list[pywraplp.Constraint] = []
        self._variables: dict[int, pywraplp.Variable] = {}
        """By step's place."""
        self._terms: dict[int, _Terms] = {}
        """By step's place: its terms in rows where it does not serve."""
        self._others: list[_Terms] = []
        """Terms of every other variable: it weighs nothing and is from 0 to 1."""
        self._nodes: dict[int, _Variable] = {}
        self._serving: dict[int, _Terms] = {}
        """By step's place: its terms in rows in which it counts."""
        self._fresh: list[int] = []
        self._rows: dict[int, _Row] = {}
        """By leaf."""
        self._loop_rows: list[tuple[Loop, _Row, dict[int, int]]] = []
        self._required: dict[int, _Row] = {}
        """By row: steps of which some must be taken."""
        self._forbidden: list[int] = []
        """Places of steps that may not be taken."""
        self._limits: list[tuple[int, Longs, int, float]] = []
        """(row, weights, most, what they are divided by in the programme)."""
        for limited, most in at_most:
            self._limit(np.array([limited[step] for step in steps], dtype=np.int64), most)
        missed = self._solver.NumVar(0.0, 1.0, "")
        self._solver.Objective().SetCoefficient(missed, self._worst / self._scale)
        self._solver.Objective().SetMinimization()
        self._goal = self._at_least(1.0)
        self._constraints[self._goal].SetCoefficient(missed, 1.0)
        for goal in problem.goals:
            if goal in reach.node_cost:
                self._term(self._goal, self._node(goal), 1)
        self.values: dict[int, float] = {}
        """How much of each step the solution takes, where it is more than nothing."""
        self._lowest = 0
        self._reduced: Longs = self._weights * self._unit
        self._prices: list[int] = []
        """By row, those that give the bound."""
        self._least: Longs = self._reduced
        """By step's place what no set with the step weighs less than, in parts of a unit, by whatever prices."""
        self._roundings = 0

    @property
    def bound(self) -> int:
        """No allowed set weighs less; where it is more than all steps weigh, there is none."""
        return -(-self._lowest // self._unit)

    @property
    def infeasible(self) -> bool:
        """Whether it is proved that there is no set."""
        return self.bound >= self._worst

    @property
    def columns(self) -> set[int]:
        """Steps in the programme."""
        return {int(self.steps[place]) for place in self._variables}

    def useful(self, value: int) -> list[int]:
        """Steps that may be in a set that weighs no more than the value, sorted."""
        found: list[int] = self.steps[self._least <= min(value * self._unit, _NEVER - 1)].tolist()
        return found

    def crowded(self, value: int) -> list[Crowd]:
        """Conditions that each set fulfils that weighs no more than the value.

        What a row has beyond what it must have adds its price to the bound, each time.
        """
        left = value * self._unit - self._lowest
        found: list[Crowd] = []
        for row, least in (
            *((row, 1) for row in self._rows.values()),
            *((row, row.least) for row in self._required.values()),
        ):
            price = self._prices[row.row] if row.row < len(self._prices) else 0
            if 2 * price > left >= 0:
                terms = zip(self.steps[row.served].tolist(), row.factors.tolist(), strict=True)
                found.append((list(terms), least + left // price))
        return found

    def nearest(self, count: int) -> list[int]:
        """So many steps that add least to the bound."""
        found: list[int] = self.steps[np.argsort(self._reduced, kind="stable")[:count]].tolist()
        return found

    def unsupported(self, loop: Loop) -> bool:
        """Whether the solution does not fulfil a loop's condition: its steps are taken more than its supports."""
        supported = sum(self.values.get(step, 0.0) for step, _ in loop.supports)
        return supported < max((self.values.get(step, 0.0) for step in loop.steps), default=0.0) - _VIOLATED

    def add_steps(self, steps: Iterable[int]) -> None:
        """Nothing; these steps are in the programme."""
        for step in sorted(steps):
            place = self._places.get(step)
            if place is not None and place not in self._variables:
                self._enter(place)
        self._complete()

    def add_loops(self, loops: Sequence[Loop]) -> None:
        """Nothing; the loops' conditions are in the programme, and it is tightened."""
        for loop in loops:
            self._add_loop(loop)
        if loops:
            self.tighten()

    def _add_loop(self, loop: Loop) -> None:
        started = self._variable()
        row = self._row(step for step, _ in loop.supports)
        self._term(row.row, started, -1)
        outside = {self._places[step]: node for step, node in loop.supports if step in self._places}
        self._loop_rows.append((loop, row, outside))
        for place in sorted(outside.keys() & self._variables.keys()):
            self._support(row, place, outside[place])
        for leaf in sorted(loop.leaves & self._nodes.keys()):
            implied = self._at_least(0.0)
            self._term(implied, started, 1)
            self._term(implied, self._nodes[leaf], -1)
        for place in sorted(self._places[step] for step in loop.steps if step in self._places):
            if place in self._variables:
                implied = self._at_least(0.0)
                self._term(implied, started, 1)
                self._own_term(implied, place, -1)
        self._complete()

    def require(self, steps: Sequence[int], enough: float = math.inf) -> Callable[[], None]:
        """What takes it back; one of these steps must be taken, and the programme is tightened until that is enough."""
        before = self._lowest, self._reduced, self._prices, self._least
        row = self._row(steps, 1)
        self._required[row.row] = row
        self.add_steps(steps[:1])
        self.tighten(enough)

        def release() -> None:
            del self._required[row.row]
            self._constraints[row.row].SetLb(-self._solver.infinity())
            self._lowest, self._reduced, self._prices, self._least = before

        return release

    def forbid(self, steps: Iterable[int]) -> None:
        """Nothing; these steps may not be taken."""
        for place in sorted(self._places[step] for step in steps):
            self._forbidden.append(place)
            if place in self._variables:
                self._variables[place].SetUb(0.0)
        self._reduced, self._least = self._reduced.copy(), self._least.copy()
        self._reduced[self._forbidden] = self._least[self._forbidden] = _NEVER

    def tighten(self, enough: float = math.inf) -> None:
        """Nothing; the programme is solved, steps enter as long as they improve it; the bound is the best so far.

        Args:
            enough: in units of weight; a higher bound is not sought.
        """
        for _ in range(_MOST_ROUNDS):
            remaining = self._deadline.remaining_seconds()
            if remaining <= 0.0 or self._lowest > enough * self._unit:
                return
            self._solver.SetTimeLimit(max(1, int(1000 * remaining)))
            if self._solver.Solve() != pywraplp.Solver.OPTIMAL:
                return
            self.values = {
                int(self.steps[place]): value
                for place, variable in self._variables.items()
                if (value := variable.SolutionValue()) > _NEGATIVE
            }
            reduced = self._price([each.dual_value() for each in self._constraints])
            entering = np.flatnonzero(reduced < -_NEGATIVE * _TYPICAL * self._scale * self._unit).tolist()
            fresh = [place for place in entering if place not in self._variables]
            if not fresh:
                if self._roundings >= _MOST_ROUNDINGS or not self._round():
                    return
                continue
            fresh.sort(key=lambda place: (int(reduced[place]), place))
            self.add_steps(int(self.steps[place]) for place in fresh[: max(100, len(self._variables))])

    def _round(self) -> bool:
        """Whether the solution does not fulfil conditions on whole numbers of steps, which are in the programme now."""
        self._roundings += 1
        taken = np.array(list(self.values.values()))
        found = broken(self._cover[:, [self._places[step] for step in self.values]], taken)
        for divisor, leaves in found:
            factors = -(-self._cover[leaves].sum(axis=0, dtype=np.int64) // divisor)
            places = np.flatnonzero(factors)
            row = self._counted(places, factors[places], -(-len(leaves) // divisor))
            self._required[row.row] = row
        return bool(found)

    @cached_property
    def _cover(self) -> NDArray[np.int8]:
        """Whether a leaf that every set must serve (row) is served by a step (column)."""
        leaves = sorted(certain_leaves(self._problem))
        cover = np.zeros((len(leaves), len(self.steps)), dtype=np.int8)
        for row, leaf in enumerate(leaves):
            cover[row, [self._places[step] for step in self._problem.network.steps[leaf] if step in self._places]] = 1
        return cover

    def _price(self, duals: Sequence[float]) -> Longs:
        """What each step adds at these prices, in parts of a unit; the bound is raised where they give a better one."""
        unit, factor = self._unit, self._scale * self._unit
        most_terms = max((sum(factor for _, factor in terms) for terms in self._serving.values()), default=0)
        most_each = min(_LARGEST, 4 * _SUMMED // (4 + most_terms))
        prices = [min(max(int(dual * factor), 0), most_each) for dual in duals]
        reduced = self._weights * unit
        for each in (*self._rows.values(), *self._required.values(), *(row for _, row, _ in self._loop_rows)):
            if prices[each.row]:
                reduced[each.served] -= prices[each.row] * each.factors
        lowest = prices[self._goal] + min(0, self._worst * unit - prices[self._goal])
        lowest += sum(prices[row] * each.least for row, each in self._required.items())
        for row, limited, most, divisor in self._limits:
            price = min(int(max(duals[row], 0.0) * factor / divisor), _SUMMED // (len(self._limits) * int(divisor)))
            if price:
                reduced += price * limited
                lowest -= price * most
        for place, terms in self._terms.items():
            reduced[place] -= sum(prices[row] * term for row, term in terms)
        lowest += sum(min(0, -sum(prices[row] * term for row, term in terms)) for terms in self._others)
        reduced[self._forbidden] = _NEVER
        lowest += sum(reduced[reduced < 0].tolist())
        added = np.maximum(reduced, 0)
        self._least = np.maximum(self._least, lowest + added)
        if lowest > self._lowest:
            self._lowest, self._reduced, self._prices = lowest, added, prices
        return reduced

    def _variable(self) -> _Variable:
        terms: _Terms = []
        self._others.append(terms)
        return self._solver.NumVar(0.0, 1.0, ""), terms

    def _at_least(self, least: float) -> int:
        self._constraints.append(self._solver.Constraint(least, self._solver.infinity()))
        return len(self._constraints) - 1

    def _term(self, row: int, variable: _Variable, term: int) -> None:
        self._constraints[row].SetCoefficient(variable[0], float(term))
        variable[1].append((row, term))

    def _own_term(self, row: int, place: int, term: int) -> None:
        self._constraints[row].SetCoefficient(self._variables[place], float(term))
        self._terms.setdefault(place, []).append((row, term))

    def _node(self, node: int) -> _Variable:
        """The variable that says how far a requirement holds."""
        for part in self._problem.network.below(node) if node not in self._nodes else ():
            if part not in self._nodes:
                self._nodes[part] = self._said(part)
        return self._nodes[node]

    def _said(self, node: int) -> _Variable:
        network = self._problem.network
        variable = self._variable()
        children = network.children[node]
        if not children:
            row = self._rows[node] = self._row(network.steps[node])
            self._term(row.row, variable, -1)
            self._fresh.append(node)
        elif network.minimum[node] == len(children):
            for child in children:
                each = self._at_least(0.0)
                self._term(each, self._nodes[child], 1)
                self._term(each, variable, -1)
        else:
            together = self._at_least(0.0)
            self._term(together, variable, -network.minimum[node])
            for child in children:
                self._term(together, self._nodes[child], 1)
        return variable

    def _row(self, steps: Iterable[int], least: int = 0) -> _Row:
        """A row in which these steps count, those that are in the programme now and those that enter later."""
        places = np.array(sorted(self._places[step] for step in steps if step in self._places), dtype=np.intp)
        return self._counted(places, np.ones(len(places), dtype=np.int64), least)

    def _counted(self, places: NDArray[np.intp], factors: Longs, least: int) -> _Row:
        row = self._at_least(float(least))
        for place, factor in zip(places.tolist(), factors.tolist(), strict=True):
            self._serving.setdefault(place, []).append((row, factor))
            if place in self._variables:
                self._constraints[row].SetCoefficient(self._variables[place], float(factor))
        return _Row(row, places, factors, least)

    def _enter(self, place: int) -> None:
        variable = self._variables[place] = self._solver.NumVar(0.0, float(place not in self._forbidden), "")
        self._solver.Objective().SetCoefficient(variable, int(self._weights[place]) / self._scale)
        for row, factor in self._serving.get(place, ()):
            self._constraints[row].SetCoefficient(variable, float(factor))
        for limit, weights, _, divisor in self._limits:
            self._constraints[limit].SetCoefficient(variable, -int(weights[place]) / divisor)
        before = self._problem.prerequisites[int(self.steps[place])]
        if before != TRUE:
            each = self._at_least(0.0)
            self._term(each, self._node(before), 1)
            self._own_term(each, place, -1)
        for _, loop_row, outside in self._loop_rows:
            if place in outside:
                self._support(loop_row, place, outside[place])

    def _support(self, row: _Row, place: int, outside: int) -> None:
        """Nothing; in a loop's row a step counts only as far as what must hold outside the loop does."""
        if outside in (TRUE, self._problem.prerequisites[int(self.steps[place])]):
            return
        excess = self._variable()  # what of the step does not count
        self._term(row.row, excess, -1)
        enough = self._at_least(0.0)
        self._term(enough, excess, 1)
        self._term(enough, self._node(outside), 1)
        self._own_term(enough, place, -1)

    def _complete(self) -> None:
        """Nothing; each leaf in the programme has its cheapest step there."""
        while self._fresh:
            for step in self._reach.supporters.get(self._fresh.pop(), ()):
                place = self._places.get(step)
                if place is not None and place not in self._variables:
                    self._enter(place)

    def _limit(self, weights: Longs, most: int) -> None:
        divisor = max(float(weights.max(initial=0)), 1.0)
        row = self._at_least(-most / divisor)
        self._limits.append((row, weights, most, divisor))
