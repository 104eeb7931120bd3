"""The best plans from what is held to what a role asks, with proof: from a snapshot to an answer.

Pure: no clock but the one passed in, no database. The network is drawn by `candidates`, the sets are found by
`optimisation`; here are goals, limits, order and the answer. Called by the service. The meaning is docs/matching.md,
"Plan"; the method is docs/planning.md.
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from ontology.errors import InputError, UnknownReferenceError
from ontology.model import Money
from ontology.quantities import minor_digits

from .candidates import Drawing
from .deadline import Deadline, DeadlinePassedError
from .figures import Figures, Objective, days, money_total
from .networks import FALSE, TRUE, Problem, ordered, reach
from .optimisation import Outcome, Search, Solution
from .policy import Held, Policy
from .purposes import Purpose, purposes
from .references import fold
from .snapshot import MICRODAYS, ResourceType, Snapshot
from .wording import assumptions, reason

__all__ = ["Limits", "NoPlanReason", "Objective", "Plan", "PlanAnswer", "PlanStep", "best_plan", "plan", "step_reason"]


class NoPlanReason(StrEnum):
    """Why there is no plan."""

    NONE_EXISTS = "NONE_EXISTS"
    LIMITS = "LIMITS"
    DEADLINE = "DEADLINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan must keep within. None sets no limit.

    Raises:
        InputError: `limits.out-of-range` for a figure that is negative or not a number.
    """

    max_cost: float | None = None
    """In major units of `currency`."""
    currency: str | None = None
    """ISO 4217; None: the commonest among the courses and credentials that are not held."""
    max_days: float | None = None
    max_steps: int | None = None
    providers: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    allow_unknown: bool = True
    deadline_ms: int = 2000

    def __post_init__(self) -> None:
        for name in ("max_cost", "max_days", "max_steps", "deadline_ms"):
            value = getattr(self, name)
            if value is not None and (math.isnan(value) or value < 0):
                raise InputError(
                    f"The limit {name} is {value}, expected 0 or more.",
                    code="limits.out-of-range",
                    hint="Leave a limit out to set none.",
                    subject=name,
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One course or credential of a plan, and why it is there."""

    position: int
    """From 1."""
    row: int
    cost: Money | None
    """As its provider states it, in whatever currency."""
    duration_days: Decimal | None
    closes: tuple[int, ...]
    """Top musts of the role that first hold after this step, as node rows."""
    counts_towards: tuple[int, ...]
    """Top musts of the role that hold in the end and would not without this step, as node rows."""
    enables: tuple[int, ...]
    """Positions of later steps whose prerequisites would not hold in their turn without this step."""
    alternatives: tuple[int, ...]
    """Rows of others that, in its place, give a plan equal in unknowns, total and number of steps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A set of steps in an order that respects prerequisites, after which the goal holds."""

    steps: tuple[PlanStep, ...]
    cost: Money | None
    """Sum of the known costs in the plan's currency, None where none is known."""
    duration_days: Decimal | None
    unknowns: int
    unknowns_bound: int
    total: Decimal
    """Known figures in the objective's dimension: major units of the currency, days, or steps."""
    bound: Decimal
    """No plan with as few unknowns has a lower total; 0 where that is not proved."""
    optimal: bool
    closes: tuple[int, ...]
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAnswer:
    """The best plans, or why there is none."""

    plans: tuple[Plan, ...]
    optimal: bool
    """Proved within the deadline: the first plan is best, or there is none."""
    reason: NoPlanReason | None
    unmet: tuple[int, ...]
    """Without a plan: one smallest set of musts, as node rows, without which there would be one."""


def plan(
    snapshot: Snapshot,
    held: Held,
    role: int,
    *,
    level: str | None = None,
    objective: Objective = Objective.CHEAPEST,
    limits: Limits,
    policy: Policy,
    first: int = 3,
    clock: Callable[[], float] = time.monotonic,
) -> PlanAnswer:
    """Up to `first` plans, best first, or why there is none.

    Raises:
        UnknownReferenceError: the role has no level of that name; the candidates are those it has.
        InputError: `limits.out-of-range`.
    """
    if first < 1:
        raise InputError(
            f"{first} plans were asked for, expected 1 or more.", code="limits.out-of-range", subject="first"
        )
    deadline = Deadline(clock, limits.deadline_ms / 1000)
    role = int(snapshot.canonical[role])
    goals = _goals(snapshot, role, level, policy)
    try:
        question = _Question(snapshot, Drawing(snapshot, held, policy, deadline), goals, role, objective, limits)
        return question.answer(first, deadline)
    except DeadlinePassedError:
        return PlanAnswer(plans=(), optimal=False, reason=NoPlanReason.DEADLINE, unmet=())


def best_plan(
    snapshot: Snapshot,
    held: Held,
    role: int,
    *,
    objective: Objective,
    limits: Limits,
    policy: Policy,
    deadline: Deadline,
) -> Plan | Outcome:
    """The first plan into a role at any level, as `plan` has it; NONE where none is within the limits.

    UNDECIDED where the deadline passed before one was found or excluded. Why there is none is not looked for.
    """
    role = int(snapshot.canonical[role])
    goals = _goals(snapshot, role, None, policy)
    try:
        question = _Question(snapshot, Drawing(snapshot, held, policy, deadline), goals, role, objective, limits)
        return question.best(deadline)
    except DeadlinePassedError:
        return Outcome.UNDECIDED


def _goals(snapshot: Snapshot, role: int, level: str | None, policy: Policy) -> list[tuple[int, ...]]:
    """The musts, as node rows, of each way to what is asked: of each level that serves, lowest rank first."""
    musts = [row for row in snapshot.top_nodes(role) if snapshot.node_must[row]]
    general = tuple(row for row in musts if snapshot.node_level[row] < 0)
    levels = list(snapshot.span("level_offsets", role))
    if level is not None:
        asked = [
            row for row in levels if level == snapshot.level_iris[row] or fold(level) == fold(snapshot.level_names[row])
        ]
        if not asked:
            raise _unknown_level(snapshot, role, level, levels)
        lowest = min(int(snapshot.level_rank[row]) for row in asked)
        levels = [
            row for row in levels if row in asked or (policy.implies_lower and int(snapshot.level_rank[row]) > lowest)
        ]
    if not levels:
        return [general]
    return [tuple(row for row in musts if snapshot.node_level[row] in (-1, own)) for own in levels]


def _unknown_level(snapshot: Snapshot, role: int, level: str, levels: Sequence[int]) -> UnknownReferenceError:
    names = [snapshot.level_names[row] for row in levels]
    return UnknownReferenceError(
        f"{snapshot.label(role)[0]!r} has no level {level!r}.",
        hint=f"Its levels are {', '.join(names)}." if names else "It has no levels: ask without one.",
        subject=level,
        candidates=[(snapshot.level_iris[row], name) for row, name in zip(levels, names, strict=True)],
    )


class _Question:
    """One planning question with its network, figures and limits."""

    def __init__(
        self,
        snapshot: Snapshot,
        drawing: Drawing,
        goals: Sequence[Sequence[int]],
        role: int,
        objective: Objective,
        limits: Limits,
    ):
        self._snapshot = snapshot
        self._drawing = drawing
        self._objective = objective
        self._limits = limits
        self._goals = goals
        self._musts = {row: drawing.requirement(row) for row in sorted({row for goal in goals for row in goal})}
        self._steps = sorted(drawing.prerequisites)
        self._figures = Figures(snapshot, drawing.held, limits.currency)
        self._role_musts = [row for row in snapshot.top_nodes(role) if snapshot.node_must[row]]
        self._caps = self._limit_caps()

    def answer(self, first: int, deadline: Deadline) -> PlanAnswer:
        """The best plans, or why there is none."""
        network = self._drawing.network
        nodes = tuple(network.every([self._musts[row] for row in goal]) for goal in self._goals)
        search = Search(self._problem(nodes, self._admitted()), deadline)
        found: list[Solution] = []
        while len(found) < first:
            result = search.next_best()
            if isinstance(result, Outcome):
                break
            found.append(result)
            if not result.proved:
                break
        if found:
            plans = tuple(self._plan(solution, search.alternatives(solution)) for solution in found)
            return PlanAnswer(plans=plans, optimal=found[0].proved, reason=None, unmet=())
        if not Search(self._problem(nodes, self._drawing.prerequisites), deadline).reachable:
            reason = NoPlanReason.NONE_EXISTS
        elif result == Outcome.NONE:
            reason = NoPlanReason.LIMITS
        else:
            return PlanAnswer(plans=(), optimal=False, reason=NoPlanReason.DEADLINE, unmet=())
        unmet, proved = self._unmet(deadline)
        return PlanAnswer(plans=(), optimal=proved, reason=reason, unmet=unmet)

    def best(self, deadline: Deadline) -> Plan | Outcome:
        """The first plan, or whether it is proved that there is none."""
        nodes = tuple(self._drawing.network.every([self._musts[row] for row in goal]) for goal in self._goals)
        search = Search(self._problem(nodes, self._admitted()), deadline)
        found = search.next_best()
        return found if isinstance(found, Outcome) else self._plan(found, search.alternatives(found))

    def _problem(self, goals: tuple[int, ...], prerequisites: Mapping[int, int]) -> Problem:
        return Problem(
            network=self._drawing.network,
            prerequisites=prerequisites,
            goals=goals,
            stages=self._stages(),
            caps=self._caps,
        )

    def _stages(self) -> tuple[Mapping[int, int], ...]:
        one = dict.fromkeys(self._steps, 1)
        if self._objective is Objective.FEWEST:
            return (one,)
        figures = {step: self._figures.of(self._objective, step) for step in self._steps}
        unknown = {step: int(figure is None) for step, figure in figures.items()}
        return unknown, {step: figure or 0 for step, figure in figures.items()}, one

    def _limit_caps(self) -> tuple[tuple[Mapping[int, int], int], ...]:
        limits, figures = self._limits, self._figures
        caps: list[tuple[Mapping[int, int], int]] = []
        if limits.max_cost is not None and math.isfinite(limits.max_cost):
            most = _floor(limits.max_cost, 10 ** minor_digits(figures.currency or ""))
            caps.append(({step: figures.cost(step) or 0 for step in self._steps}, most))
        if limits.max_days is not None and math.isfinite(limits.max_days):
            caps.append(
                ({step: figures.duration(step) or 0 for step in self._steps}, _floor(limits.max_days, MICRODAYS))
            )
        if limits.max_steps is not None:
            caps.append((dict.fromkeys(self._steps, 1), limits.max_steps))
        return tuple(caps)

    def _admitted(self) -> dict[int, int]:
        """Prerequisites of each step; FALSE for a step that the limits do not admit."""
        limits, snapshot = self._limits, self._snapshot
        providers = None if limits.providers is None else {name.strip().casefold() for name in limits.providers}
        kinds = None if limits.kinds is None else {name.strip().casefold() for name in limits.kinds}
        needed = [] if limits.allow_unknown else self._limited_dimensions()

        def admits(step: int) -> bool:
            provider = snapshot.provider[step]
            if providers is not None and (provider is None or provider.strip().casefold() not in providers):
                return False
            if kinds is not None and kinds.isdisjoint(_kinds(snapshot, step)):
                return False
            return all(self._figures.of(dimension, step) is not None for dimension in needed)

        return {step: node if admits(step) else FALSE for step, node in self._drawing.prerequisites.items()}

    def _limited_dimensions(self) -> list[Objective]:
        """Dimensions in which a step must have a figure where unknown ones are not allowed."""
        dimensions = {self._objective} - {Objective.FEWEST}
        if self._limits.max_cost is not None:
            dimensions.add(Objective.CHEAPEST)
        if self._limits.max_days is not None:
            dimensions.add(Objective.FASTEST)
        return sorted(dimensions)

    def _unmet(self, deadline: Deadline) -> tuple[tuple[int, ...], bool]:
        """A smallest set of musts without which a plan exists within the limits, and whether that is proved.

        Each open must gets a step of its own that fulfils it, and as few of these as possible are taken.
        """
        network, snapshot = self._drawing.network, self._snapshot
        if not self._caps:
            return self._unreachable(), True
        rows = sorted(self._musts, key=lambda row: snapshot.node_iris[row])
        drops = {row: len(snapshot.iris) + place for place, row in enumerate(rows)}
        goals = tuple(
            network.every([network.at_least(1, [self._musts[row], network.any_step([drops[row]])]) for row in goal])
            for goal in self._goals
        )
        none = dict.fromkeys(drops.values(), 0)
        problem = Problem(
            network=network,
            prerequisites={**self._admitted(), **dict.fromkeys(drops.values(), TRUE)},
            goals=goals,
            stages=({**dict.fromkeys(self._steps, 0), **dict.fromkeys(drops.values(), 1)},),
            caps=tuple(({**weights, **none}, most) for weights, most in self._caps),
            ranked=frozenset(drops.values()),
        )
        solution = Search(problem, deadline).next_best()
        if isinstance(solution, Outcome):
            return tuple(sorted(self._goals[0])), False
        return tuple(row for row in rows if drops[row] in solution.steps), solution.proved

    def _unreachable(self) -> tuple[int, ...]:
        """The same where no sum is limited: the musts that even all admitted steps together do not meet."""
        reached = reach(self._drawing.network, self._admitted(), tuple(self._musts.values()), lambda _: 1).node_cost
        iris = self._snapshot.node_iris
        options = [sorted((iris[row], row) for row in goal if self._musts[row] not in reached) for goal in self._goals]
        return tuple(row for _, row in min(options, key=lambda option: (len(option), option)))

    def _plan(self, solution: Solution, alternatives: Mapping[int, Sequence[int]]) -> Plan:
        order = ordered(self._drawing.network, self._drawing.prerequisites, solution.steps)
        musts = [(must, self._drawing.tree(must)) for must in self._role_musts]
        found = purposes(self._drawing.network, self._drawing.prerequisites, musts, order)
        steps = tuple(
            self._step(row, place, found[place], alternatives.get(row, ())) for place, row in enumerate(order)
        )
        costs = [cost for row in order if (cost := self._figures.cost(row)) is not None]
        lengths = [length for row in order if (length := self._figures.duration(row)) is not None]
        unknowns, total = self._shown(solution.values)
        unknowns_bound, bound = self._shown(solution.bounds)
        return Plan(
            steps=steps,
            cost=Money(sum(costs), self._figures.currency) if costs and self._figures.currency else None,
            duration_days=days(sum(lengths)) if lengths else None,
            unknowns=unknowns,
            unknowns_bound=unknowns_bound,
            total=total,
            bound=bound,
            optimal=solution.proved,
            closes=tuple(sorted(row for step in steps for row in step.closes)),
            assumptions=tuple(assumptions(self._snapshot, self._figures, self._objective, order)),
        )

    def _shown(self, values: Sequence[int]) -> tuple[int, Decimal]:
        """(unknowns, total in the objective's unit) of the stages' values."""
        if self._objective is Objective.FEWEST:
            return 0, Decimal(values[0])
        unknowns, total = values[0], values[1]
        if self._objective is Objective.FASTEST:
            return unknowns, days(total)
        return unknowns, money_total(total, self._figures.currency)

    def _step(self, row: int, place: int, purpose: Purpose, alternatives: Iterable[int]) -> PlanStep:
        return PlanStep(
            position=place + 1,
            row=row,
            cost=self._figures.stated_cost(row),
            duration_days=None if (length := self._figures.duration(row)) is None else days(length),
            closes=tuple(purpose.closes),
            counts_towards=tuple(purpose.counts_towards),
            enables=tuple(later + 1 for later in purpose.enables),
            alternatives=tuple(alternatives),
        )


def step_reason(snapshot: Snapshot, plan: Plan, step: PlanStep, languages: Sequence[str] = ()) -> str:
    """A sentence: which requirements the step closes or counts towards, and which later steps need it."""
    served = [later.row for later in plan.steps if later.position in step.enables]
    return reason(snapshot, step.closes, step.counts_towards, served, languages)


def _floor(limit: float, units: int) -> int:
    """The largest whole number of small units within a limit, read as the decimal number that it prints as."""
    return math.floor(Fraction(str(limit)) * units)


def _kinds(snapshot: Snapshot, step: int) -> set[str]:
    own = snapshot.kind[step]
    kinds = {"course" if snapshot.types[step] == ResourceType.COURSE else "credential"}
    return kinds if own is None else kinds | {own.strip().casefold()}
