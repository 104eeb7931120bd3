"""Best sets of steps through a requirement network, proved by OR-tools CP-SAT.

Knows numbers only (see `networks`). Stages of weights are minimised one after the other, then the smallest sorted set
wins, so the answer does not depend on the solver's path. Every solve ends at the deadline; what is not proved by then
says so. Called by `planning`.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

from .cheap_sets import CheapSets
from .constraints import MOST_IN_ORDER, Answer, ConstraintModel
from .deadline import Deadline
from .loops import Loop, LoopFinder
from .networks import FALSE, Problem, Weights, founded, joined_weights, reach
from .reduction import reduced
from .relaxation import Crowd, Relaxation

LARGEST_STAGE = 2**50
"""Stages are joined into one objective up to here: the solver reports bounds as doubles, exact up to 2**53."""
FEW_STEPS = 120
"""So many steps are searched together, without asking a relaxation which of them matter."""
_FEWEST_COLUMNS = 150
"""Steps that are searched first: those that add least to the bound."""
_MORE_COLUMNS = 4
"""So many times as many are searched next."""
_MOST_LOOP_ROUNDS = 30
_CLOSED = 1 / 64
"""Units of weight: a bound that is so near to the best value excludes as much as it ever will."""
MOST_SWAPS = 4_000
"""Exchanges tried for one plan's alternatives: about 0.1 s. Those of a plan of more than `_USUAL_STEPS` cost more."""
_USUAL_STEPS = 40


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


@dataclass(frozen=True, slots=True)
class _Lowest:
    """The lightest set by one objective, or none; what is proved; what is known of equally light ones."""

    steps: frozenset[int] | None
    bound: int
    proved: bool
    useful: Sequence[int] = ()
    """Steps that they may have."""
    crowded: Sequence[Crowd] = ()
    """Conditions that they fulfil."""


class Search:
    """The best sets of a problem, one after the other; each further one contains none of those before it."""

    def __init__(self, problem: Problem, deadline: Deadline, *, few: int = FEW_STEPS) -> None:
        """A search that looks at so few steps together without asking first which of them matter.

        Raises:
            DeadlinePassedError: a large problem, and the time is up before it is known what can be reached.
        """
        self.problem = problem
        self._few = few
        self._deadline = deadline
        self._found: list[frozenset[int]] = []
        self._loops: list[Loop] = []
        self._weights = joined_weights(problem)
        self._reach = reach(
            problem.network, problem.prerequisites, problem.goals, self._weights.__getitem__, deadline.look
        )
        self._steps = sorted(self._reach.step_cost)
        self._clear = self._clear_steps()

    @property
    def reachable(self) -> bool:
        """Whether a goal can be reached at all, caps aside. Proved without any search: more steps never hurt."""
        return any(goal in self._reach.node_cost for goal in self.problem.goals)

    def next_best(self) -> Solution | Outcome:
        """The best set that contains none of those returned before; not proved best when the deadline passed."""
        if not self.reachable or frozenset() in self._found:
            return Outcome.NONE
        incumbent = self._cheap_way()
        if incumbent == frozenset():
            none = (0,) * len(self.problem.stages)
            return self._accept(Solution(steps=incumbent, values=none, bounds=none, proved=True))
        if self._clear is not None:
            clear = incumbent if incumbent is not None and incumbent <= set(self._clear) else None
            result = self._best(self._clear, 1, clear)
            if isinstance(result, Solution):
                return self._accept(result)
            if result == Outcome.NONE:
                self._clear = None
        result = self._best(self._steps, 0, incumbent)
        return self._accept(result) if isinstance(result, Solution) else result

    def alternatives(self, solution: Solution) -> dict[int, list[int]]:
        """For each step the others that give, in its place, a feasible minimal set equal in every stage; in step order.

        Steps that serve the same requirements under the same conditions are tried once for all. The work is counted,
        not timed, so that the answer is repeatable: after `MOST_SWAPS` looks and tries the rest is left out.
        """
        problem = self.problem
        left = MOST_SWAPS
        each = max(1, len(solution.steps) ** 2 // _USUAL_STEPS**2)
        result: dict[int, list[int]] = {}
        for step in sorted(solution.steps):
            others: list[int] = []
            left -= each
            for alike in self._stand_ins(step, solution.steps) if left >= 0 else ():
                left -= each
                if left < 0:
                    break
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
        """Leaves that each reachable step serves, sorted."""
        return {step: sorted(self._reach.leaves[step]) for step in self._steps}

    def _clear_steps(self) -> list[int] | None:
        """Steps without weight in the first stage, where they alone reach a goal and later stages decide between them.

        A best set of these is best of all: no set has less than nothing.
        """
        problem = self.problem
        first = problem.stages[0]
        if len(problem.stages) == 1 or problem.ranked is not None or not self.reachable:
            return None
        clear = [step for step in self._steps if not first[step]]
        if any(first[step] for step in self._way):
            before = {step: FALSE if first[step] else node for step, node in problem.prerequisites.items()}
            reached = reach(problem.network, before, problem.goals, lambda _: 1).node_cost
            if not any(goal in reached for goal in problem.goals):
                return None
        return clear

    def _accept(self, solution: Solution) -> Solution:
        self._found.append(solution.steps)
        return solution

    @cached_property
    def _cheap(self) -> CheapSets:
        return CheapSets(self.problem, self._weights, self._reach, self._deadline)

    @cached_property
    def _way(self) -> frozenset[int]:
        """A minimal set that reaches a goal, caps aside: the better of the cheap way and the cheap set."""
        problem = self.problem
        cost, goal = min((self._reach.node_cost[goal], goal) for goal in problem.goals if goal in self._reach.node_cost)
        if not cost:
            return frozenset()
        way = self._reduced(frozenset(self._reach.way_to(problem.network, problem.prerequisites, goal)))
        return min(
            way, self._cheap.find(problem.goals) or way, key=lambda steps: (problem.values(steps), sorted(steps))
        )

    def _cheap_way(self) -> frozenset[int] | None:
        """A feasible minimal set to start from, where the estimate leads to one within the caps."""
        allowed = self.problem.within(self._way) and not self._is_excluded(self._way)
        return self._way if allowed else None

    def _is_excluded(self, steps: frozenset[int]) -> bool:
        return any(found <= steps for found in self._found)

    def _reduced(self, steps: frozenset[int]) -> frozenset[int]:
        free = replace(self.problem, caps=())  # a part of a set keeps every cap that the set keeps
        return reduced(free, steps, self._reach.leaves, self._weights, self._deadline)

    def _best(self, steps: Sequence[int], stage: int, incumbent: frozenset[int] | None) -> Solution | Outcome:
        """The best set of these steps by the stages from `stage` on; those before are nothing for all of them."""
        problem = self.problem
        fixed: list[tuple[Weights, int]] = []
        bounds = [0] * stage
        proved = True
        while stage < len(problem.stages) and proved:
            objective = _joined(problem.stages, stage, steps)
            lowest = self._lowest(objective.weights, fixed, steps, incumbent)
            incumbent, proved = lowest.steps, lowest.proved
            if incumbent is None:
                return Outcome.NONE if proved else Outcome.UNDECIDED
            stage = objective.stages.stop
            values = problem.values(incumbent)
            bounds += objective.bounds(values, lowest.bound)
            if proved:
                fixed.append((objective.weights, sum(objective.weights[step] for step in incumbent)))
                steps = sorted({*lowest.useful, *incumbent})
        assert incumbent is not None
        if proved:
            incumbent, proved = self._smallest(fixed, steps, lowest.crowded, incumbent)
        if not proved:
            incumbent = self._reduced(incumbent)
        bounds += [0] * (len(problem.stages) - len(bounds))
        values = problem.values(incumbent)
        if not proved:
            bounds = [max(b, self._cheap.least(problem.goals, w)) for b, w in zip(bounds, problem.stages, strict=True)]
        bounds = [min(bound, value) for bound, value in zip(bounds, values, strict=True)]
        return Solution(steps=incumbent, values=values, bounds=tuple(bounds), proved=proved)

    def _model(self, steps: Sequence[int], crowded: Sequence[Crowd]) -> ConstraintModel:
        return ConstraintModel(
            self.problem,
            steps,
            self._deadline,
            finder=self._finder,
            loops=self._loops,
            excluded=self._found,
            crowded=crowded,
        )

    @cached_property
    def _finder(self) -> LoopFinder:
        return LoopFinder(self.problem.network, self.problem.prerequisites, self._reach.leaves)

    def _lowest(
        self,
        weights: Weights,
        fixed: Sequence[tuple[Weights, int]],
        steps: Sequence[int],
        incumbent: frozenset[int] | None,
    ) -> _Lowest:
        """The lightest set of these steps: a few of them are searched, until the bound excludes all others."""
        limit = sum(weights[step] for step in (steps if incumbent is None else incumbent)) + (incumbent is None)
        few = len(steps) <= self._few
        relaxation = None if few else self._relaxation(weights, fixed, steps)
        searched: set[int] = set()
        count = _FEWEST_COLUMNS
        while True:
            useful = set(steps if relaxation is None else relaxation.useful(limit - 1))
            if searched.issuperset(useful) or (relaxation is not None and relaxation.bound >= limit):
                bound = 0 if incumbent is None else limit
                if relaxation is None:
                    return _Lowest(incumbent, bound, proved=True, useful=steps)
                useful_then, crowded = relaxation.useful(limit), relaxation.crowded(limit)
                return _Lowest(incumbent, bound, proved=True, useful=useful_then, crowded=crowded)
            chosen = useful
            if relaxation is not None:
                chosen = useful.intersection(relaxation.columns.union(relaxation.nearest(count)))
            known = len(self._loops)
            crowded = [] if relaxation is None else relaxation.crowded(limit - 1)
            answer = self._model(sorted(chosen), crowded).minimise(weights, fixed, limit)
            if answer.steps is not None:
                incumbent, limit = answer.steps, sum(weights[step] for step in answer.steps)
            bound = min(answer.bound, limit) if chosen == useful else 0
            if relaxation is not None:
                relaxation.add_loops(self._loops[known:])
                bound = max(bound, relaxation.bound)
            if not answer.proved:
                return _Lowest(incumbent, bound, proved=False)
            searched = chosen
            count *= _MORE_COLUMNS

    def _relaxation(self, weights: Weights, fixed: Sequence[tuple[Weights, int]], steps: Sequence[int]) -> Relaxation:
        """The relaxation, tightened, with the loops that are known and those that its own solution shows."""
        problem = self.problem
        excluded = [({step: int(step in found) for step in steps}, len(found) - 1) for found in self._found]
        at_most = [*problem.caps, *fixed, *excluded]
        relaxation = Relaxation(problem, steps, weights, at_most, self._reach, self._deadline)
        relaxation.add_steps(self._way)
        if self._loops:
            relaxation.add_loops(self._loops)
        else:
            relaxation.tighten()
        for _ in range(_MOST_LOOP_ROUNDS):
            taken = set(relaxation.values)
            kept = founded(problem.network, problem.prerequisites, taken)
            if len(kept) == len(taken) or self._deadline.passed:
                break
            met = [loop for loop in self._finder.find(taken, kept) if relaxation.unsupported(loop)]
            if not met:
                break
            self._loops += met
            relaxation.add_loops(met)
        return relaxation

    def _smallest(
        self,
        fixed: Sequence[tuple[Weights, int]],
        steps: Sequence[int],
        crowded: Sequence[Crowd],
        best: frozenset[int],
    ) -> tuple[frozenset[int], bool]:
        """The smallest sorted set among equals, and whether that is proved.

        One solve asks for any smaller set, and where few steps may be in an equal one, mostly there is none. Where
        there is one, or where there are many, the smallest is looked for in the order of the steps, and asked about
        then. Where that takes long, and where very many steps may be in an equal set, steps are settled place by place:
        each is the first that can follow those before it.
        """
        if len(steps) > MOST_IN_ORDER:
            return self._smallest_by_place(fixed, steps, best)
        model = self._model(steps, crowded)
        ranked = [step for step in steps if self.problem.ranked is None or step in self.problem.ranked]
        settled, in_order = 0, self.problem.ranked is None
        many = in_order and len(steps) > self._few
        while True:
            if not many:
                chosen = sorted(best.intersection(ranked))
                answer = model.find_smaller(fixed, chosen, _gaps(ranked, chosen), settled)
                if answer.steps is None:
                    return best, answer.proved
                best = answer.steps
            if in_order:
                in_order = many = False
                first = model.find_smallest(fixed)
                if first.steps is not None:
                    best = first.steps
                    continue
            if len(steps) > max(self._few, 1) * _MORE_COLUMNS:
                return self._smallest_by_place(fixed, steps, best)
            chosen = sorted(best.intersection(ranked))
            gap = _gaps(ranked, chosen)[settled]
            if gap:
                answer = model.find_first(fixed, chosen[:settled], [*gap, chosen[settled]])
                if answer.steps is not None:
                    best = answer.steps
                if not answer.proved:
                    return best, False
            settled += 1

    def _smallest_by_place(
        self,
        fixed: Sequence[tuple[Weights, int]],
        steps: Sequence[int],
        best: frozenset[int],
    ) -> tuple[frozenset[int], bool]:
        """The same where many steps may be in an equal set.

        For each place in turn the relaxation must take one of the steps that would be smaller there: mostly that is too
        heavy, or leaves few steps that may go with it. What is settled makes the next place easier.
        """
        weights, value = fixed[-1]
        relaxation = self._relaxation(weights, fixed[:-1], steps)
        ranked = [step for step in steps if self.problem.ranked is None or step in self.problem.ranked]
        settled, count = 0, _FEWEST_COLUMNS
        while settled < len(chosen := sorted(best.intersection(ranked))):
            useful = relaxation.useful(value)
            gaps = _gaps(sorted({*chosen, *useful}.intersection(ranked)), chosen)
            settled = next((place for place in range(settled, len(chosen)) if gaps[place]), len(chosen))
            if settled == len(chosen):
                break
            gap = gaps[settled]
            release = relaxation.require(gap, value)
            useful = relaxation.useful(value) if relaxation.bound <= value else []
            if useful:
                some = {*relaxation.columns, *relaxation.nearest(count), *chosen[:settled]}.intersection(useful)
                firsts = [step for step in gap if step in some]
                crowded = relaxation.crowded(value)
                answer = self._first_of(sorted(some), crowded, fixed, chosen[:settled], firsts)
                if not answer.proved:
                    return best, False
                best = best if answer.steps is None else answer.steps
                count = _FEWEST_COLUMNS if answer.steps is not None else len(self._steps)
            release()
            if useful and (answer.steps is not None or len(some) < len(useful)):
                continue
            relaxation.forbid(gap)
            relaxation.require([chosen[settled]], value - _CLOSED)
            settled, count = settled + 1, _FEWEST_COLUMNS
        return best, True

    def _first_of(
        self,
        steps: Sequence[int],
        crowded: Sequence[Crowd],
        fixed: Sequence[tuple[Weights, int]],
        prefix: Sequence[int],
        firsts: Sequence[int],
    ) -> Answer:
        """An equal set of these steps with the prefix and the smallest possible one of the others, if there is one."""
        if not firsts or not set(prefix).issubset(steps):
            return Answer(None, 0, proved=True)
        return self._model(steps, crowded).find_first(fixed, prefix, firsts)


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


def _joined(stages: Sequence[Weights], first: int, steps: Sequence[int]) -> _Objective:
    """The stages from the first on, as many as give a largest possible sum below `LARGEST_STAGE`, at least one."""
    joined: _Objective | None = None
    for position in range(first, len(stages)):
        weights = stages[position]
        scale = math.gcd(*(weights[step] for step in steps)) or 1
        scaled = {step: weights[step] // scale for step in steps}
        if joined is None:
            joined = _Objective(scaled, range(position, position + 1), (scale,), (1,))
            continue
        span = sum(scaled.values()) + 1
        if (sum(joined.weights.values()) + 1) * span >= LARGEST_STAGE:
            break
        joined = _Objective(
            {step: joined.weights[step] * span + scaled[step] for step in steps},
            range(first, position + 1),
            (*joined.scales, scale),
            (*(factor * span for factor in joined.factors), 1),
        )
    assert joined is not None
    return joined
