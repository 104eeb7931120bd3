"""Every role within reach of a plan inside limits: which, by what plan, and how well it fits afterwards.

A match tells which roles need no plan and which no plan can help. For the others one network is drawn, a cheap plan is
found for each, and then plans are proved, the best role's first, until the deadline. Pure but for the clock passed in.
Called by the service. The meaning is docs/matching.md, "Within reach"; the method is docs/planning.md.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from .candidates import Drawing
from .cheap_sets import CheapSets
from .coverage import Recent
from .deadline import Deadline, DeadlinePassedError
from .layout import Ints, ResourceType
from .matching import match
from .networks import Problem, Weights, joined_weights, reach
from .offers import Offers
from .optimisation import Outcome, Search, Solution
from .planning import Limits, Objective, Plan, goals_of, plan_of
from .policy import Held, Policy
from .role_index import ranked_roles
from .snapshot import Snapshot

_ANSWERS_KEPT = 8
_COURSE, _CREDENTIAL = int(ResourceType.COURSE), int(ResourceType.CREDENTIAL)
_LEAST_SLICE_SECONDS = 0.1
"""What the search for one role may take at first, however many are left."""
_SLICE = 4
"""A role may at first take so many times its even share of what is left: most take far less."""
_DRAWING = 0.5
"""Share of the time in which roles are drawn: those that are not by then are not decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedRole:
    """A role that a plan leads to."""

    role: int
    """Resource row."""
    score: float
    """Of a match after the plan."""
    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reachable:
    """Roles within reach, best first."""

    roles: tuple[ReachedRole, ...]
    complete: bool
    """Whether of every role it is decided that it is or is not within reach."""


def reachable(
    snapshot: Snapshot,
    held: Held,
    *,
    policy: Policy,
    limits: Limits,
    objective: Objective = Objective.CHEAPEST,
    roles: Ints | None = None,
    left_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Reachable:
    """Roles into which a plan leads within the limits, at any of their levels.

    By score after the plan, falling; then by the plan's unknowns, total and number of steps, then by IRI. A complete
    answer is kept with the snapshot, so that its pages agree and cost nothing more.

    Args:
        roles: only these rows are looked at; None: all. Superseded ones are read at their last successor.
        left_seconds: of the deadline; None: all of it.
    """
    kept: Recent[object, Reachable] = snapshot.derived("reachable", lambda _: Recent(_ANSWERS_KEPT))
    wanted = ranked_roles(snapshot, roles)
    key = (held, policy, limits, objective, wanted.tobytes())
    known = kept.find(key)
    if known is None:
        deadline = Deadline(clock, limits.deadline_ms / 1000 if left_seconds is None else left_seconds)
        known = _decide(snapshot, held, policy, limits, objective, wanted, deadline, clock)
        if known.complete:
            kept.get(key, lambda: known)
    return known


def _decide(
    snapshot: Snapshot,
    held: Held,
    policy: Policy,
    limits: Limits,
    objective: Objective,
    roles: Ints,
    deadline: Deadline,
    clock: Callable[[], float],
) -> Reachable:
    settled, waiting = _hopeful(snapshot, held, policy, roles)
    drawing = Drawing(snapshot, held, policy, Deadline(clock, _DRAWING * deadline.remaining_seconds()))
    goals = dict(_drawn(snapshot, drawing, policy, waiting))
    field = _Field(Offers(snapshot, drawing, objective, limits), held, policy, goals, deadline)
    try:
        field.decide()
        field.prove(clock)
    except DeadlinePassedError:
        pass
    reached = [*field.reached.values(), *field.without_steps(settled)]
    complete = all(role in field.reached or role in field.excluded for role in waiting)
    return Reachable(roles=tuple(sorted(reached, key=order_of)), complete=complete)


def _drawn(
    snapshot: Snapshot, drawing: Drawing, policy: Policy, roles: Sequence[int]
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(role, nodes of which one must hold) of each role, with what leads there drawn, as far as there is time."""
    for role in roles:
        goals = goals_of(snapshot, role, None, policy)
        try:
            yield role, tuple(drawing.network.every([drawing.requirement(row) for row in goal]) for goal in goals)
        except DeadlinePassedError:
            return


class _Field:
    """The roles that a learner may come into, over one network: what is looked at for one serves the others."""

    def __init__(
        self, offers: Offers, held: Held, policy: Policy, goals: dict[int, tuple[int, ...]], deadline: Deadline
    ) -> None:
        """Nothing is decided yet.

        Args:
            goals: by role, the nodes of which one must hold, drawn.
        """
        self._offers = offers
        self._held = held
        self._policy = policy
        self._goals = goals
        self._deadline = deadline
        self.reached: dict[int, ReachedRole] = {}
        self.excluded: set[int] = set()
        """Roles into which no plan leads within the limits."""

    def without_steps(self, settled: Sequence[tuple[int, float]]) -> list[ReachedRole]:
        """Roles with their scores, each with the plan that has no steps: it is the same for all."""
        if not settled:
            return []
        none = (0,) * len(self._offers.stages)
        nothing = plan_of(
            self._offers, settled[0][0], Solution(steps=frozenset(), values=none, bounds=none, proved=True), {}
        )
        return [ReachedRole(role=role, score=score, plan=nothing) for role, score in settled]

    def decide(self) -> None:
        """Nothing; roles that are within reach have a cheap plan, as far as there is time."""
        for role, goals in self._goals.items():
            if self._deadline.passed:
                break
            if self._is_excluded(goals):
                self.excluded.add(role)
                continue
            steps = self._cheap_set(goals)
            if steps is not None:
                self._reach(role, self._cheap_solution(goals, steps), {})

    def prove(self, clock: Callable[[], float]) -> None:
        """Nothing; open roles are searched for, then plans proved, the best first, as long as there is time."""
        waiting = [role for role in self._goals if role not in self.reached and role not in self.excluded]
        for place, role in enumerate(waiting):
            even = self._deadline.remaining_seconds() / (len(waiting) - place)
            slice_seconds = min(max(_SLICE * even, _LEAST_SLICE_SECONDS), self._deadline.remaining_seconds())
            self._search(role, Deadline(clock, slice_seconds))
        again = [role for role in waiting if role not in self.reached and role not in self.excluded]
        unproved = sorted((each for each in self.reached.values() if not each.plan.optimal), key=order_of)
        for role in [*again, *(each.role for each in unproved)]:
            self._search(role, self._deadline)

    def _search(self, role: int, deadline: Deadline) -> None:
        if deadline.passed:
            return
        search = Search(self._problem(self._goals[role]), deadline)
        found = search.next_best()
        if found is Outcome.NONE:
            self.excluded.add(role)
        elif isinstance(found, Solution) and (found.proved or role not in self.reached):
            self._reach(role, found, search.alternatives(found) if found.proved else {})

    def _reach(self, role: int, solution: Solution, alternatives: dict[int, list[int]]) -> None:
        plan = plan_of(self._offers, role, solution, alternatives)
        known = self.reached.get(role)
        if known is not None and {step.row for step in known.plan.steps} == solution.steps:
            score = known.score
        else:
            score = _score_after(self._offers.snapshot, self._held, self._policy, role, plan)
        self.reached[role] = ReachedRole(role=role, score=score, plan=plan)

    def _problem(self, goals: tuple[int, ...]) -> Problem:
        return self._offers.problem(goals)

    @cached_property
    def _whole(self) -> Problem:
        return self._problem(tuple(sorted({goal for goals in self._goals.values() for goal in goals})))

    @cached_property
    def _cheap(self) -> CheapSets:
        return self._sets(joined_weights(self._whole))

    @cached_property
    def _sparing(self) -> list[CheapSets]:
        """For each limited sum what keeps it small."""
        return [self._sets(_sparing(weights)) for weights, _ in self._whole.caps]

    def _sets(self, weights: Weights) -> CheapSets:
        whole, deadline = self._whole, self._deadline
        found = reach(whole.network, whole.prerequisites, whole.goals, weights.__getitem__, deadline.look)
        return CheapSets(whole, weights, found, deadline)

    def _is_excluded(self, goals: tuple[int, ...]) -> bool:
        """Whether it is certain without a search that there is no plan."""
        caps = self._whole.caps
        return not self._cheap.reaches(goals) or any(self._cheap.least(goals, sums) > most for sums, most in caps)

    def _cheap_set(self, goals: tuple[int, ...]) -> frozenset[int] | None:
        """A minimal set within the limits, if one is found without a search."""
        steps = self._cheap.find(goals)
        place = 0
        while steps is not None and not self._whole.within(steps):
            steps = self._sparing[place].find(goals) if place < len(self._sparing) else None
            place += 1
        return steps

    def _cheap_solution(self, goals: tuple[int, ...], steps: frozenset[int]) -> Solution:
        stages = self._offers.stages
        values = self._whole.values(steps)
        known = min(1, len(stages) - 1)
        bounds = [0] * len(stages)
        bounds[known] = min(self._cheap.least(goals, stages[known]), values[known])
        return Solution(steps=steps, values=values, bounds=tuple(bounds), proved=not steps)


def _sparing(weights: Weights) -> Weights:
    """The same weights, positive, and among equal sums the fewest steps."""
    return {step: weight * (len(weights) + 1) + 1 for step, weight in weights.items()}


def order_of(reached: ReachedRole) -> tuple[float, int, Decimal, int, int]:
    """What roles within reach are sorted by, rising."""
    plan = reached.plan
    return -reached.score, plan.unknowns, plan.total, len(plan.steps), reached.role


def _hopeful(snapshot: Snapshot, held: Held, policy: Policy, roles: Ints) -> tuple[list[tuple[int, float]], list[int]]:
    """Roles that need no plan, with their scores; and those that a plan may lead into, the nearest first.

    Requirements are monotone: what does not hold after all courses and credentials holds after no part of them.
    """
    everything = replace(
        held,
        courses=(*held.courses, *snapshot.rows(ResourceType.COURSE).tolist()),
        credentials=(*held.credentials, *snapshot.rows(ResourceType.CREDENTIAL).tolist()),
    )
    best = match(snapshot, everything, policy, roles=roles, named=roles.tolist())
    hopeful = best.rows[best.qualified != 0]
    now = match(snapshot, held, policy, roles=hopeful, named=hopeful.tolist())
    settled = now.qualified != 0
    return list(zip(now.rows[settled].tolist(), now.scores[settled].tolist(), strict=True)), now.rows[~settled].tolist()


def _score_after(snapshot: Snapshot, held: Held, policy: Policy, role: int, plan: Plan) -> float:
    after = with_things(snapshot, held, [step.row for step in plan.steps])
    return float(match(snapshot, after, policy, roles=np.array([role], np.int32), named=(role,)).scores[0])


def with_things(snapshot: Snapshot, held: Held, rows: Sequence[int]) -> Held:
    """What is held and these courses and credentials."""
    types = snapshot.types[list(rows)].tolist()
    courses = tuple(row for row, kind in zip(rows, types, strict=True) if kind == _COURSE)
    credentials = tuple(row for row, kind in zip(rows, types, strict=True) if kind == _CREDENTIAL)
    return replace(held, courses=(*held.courses, *courses), credentials=(*held.credentials, *credentials))
