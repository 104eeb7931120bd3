"""The best plans from what is held to what a role asks, with proof: from a snapshot to an answer.

Pure: no clock but the one passed in, no database. The network is drawn by `candidates`, the sets are found by
`optimisation`; here are goals, limits, order and the answer. Called by the service. The meaning is docs/matching.md,
"Plan"; the method is docs/planning.md.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ontology.errors import InputError, UnknownReferenceError
from ontology.model import Money

from .candidates import Drawing
from .deadline import Deadline, DeadlinePassedError
from .figures import Figures, Objective, days, money_total
from .networks import TRUE, Problem, ordered, reach
from .offers import Limits, Offers
from .optimisation import Outcome, Search, Solution
from .policy import Held, Policy
from .purposes import Purpose, purposes
from .references import fold
from .snapshot import Snapshot
from .wording import assumptions, reason

__all__ = [
    "Limits",
    "NoPlanReason",
    "Objective",
    "Plan",
    "PlanAnswer",
    "PlanStep",
    "goals_of",
    "plan",
    "plan_of",
    "step_reason",
]


class NoPlanReason(StrEnum):
    """Why there is no plan."""

    NONE_EXISTS = "NONE_EXISTS"
    LIMITS = "LIMITS"
    DEADLINE = "DEADLINE"


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
    left_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> PlanAnswer:
    """Up to `first` plans, best first, or why there is none.

    Args:
        left_seconds: of the deadline; None: all of it.

    Raises:
        UnknownReferenceError: the role has no level of that name; the candidates are those it has.
        InputError: `limits.out-of-range`.
    """
    if first < 1:
        raise InputError(
            f"{first} plans were asked for, expected 1 or more.", code="limits.out-of-range", subject="first"
        )
    deadline = Deadline(clock, limits.deadline_ms / 1000 if left_seconds is None else left_seconds)
    role = int(snapshot.canonical[role])
    goals = goals_of(snapshot, role, level, policy)
    try:
        drawing = Drawing(snapshot, held, policy, deadline)
        musts = {row: drawing.requirement(row) for row in sorted({row for goal in goals for row in goal})}
        return _Question(Offers(snapshot, drawing, objective, limits), goals, musts, role).answer(first, deadline)
    except DeadlinePassedError:
        return PlanAnswer(plans=(), optimal=False, reason=NoPlanReason.DEADLINE, unmet=())


def goals_of(snapshot: Snapshot, role: int, level: str | None, policy: Policy) -> list[tuple[int, ...]]:
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

    def __init__(self, offers: Offers, goals: Sequence[Sequence[int]], musts: Mapping[int, int], role: int):
        """The question for one of these goals.

        Args:
            musts: the network node of each row in a goal, drawn.
        """
        self._offers = offers
        self._snapshot = offers.snapshot
        self._drawing = offers.drawing
        self._goals = goals
        self._musts = musts
        self._role = role

    def answer(self, first: int, deadline: Deadline) -> PlanAnswer:
        """The best plans, or why there is none."""
        network, offers = self._drawing.network, self._offers
        nodes = tuple(network.every([self._musts[row] for row in goal]) for goal in self._goals)
        search = Search(offers.problem(nodes), deadline)
        found: list[Solution] = []
        while len(found) < first:
            result = search.next_best()
            if isinstance(result, Outcome):
                break
            found.append(result)
            if not result.proved:
                break
        if found:
            plans = tuple(plan_of(offers, self._role, each, search.alternatives(each)) for each in found)
            return PlanAnswer(plans=plans, optimal=found[0].proved, reason=None, unmet=())
        if not Search(offers.problem(nodes, unlimited=True), deadline).reachable:
            reason = NoPlanReason.NONE_EXISTS
        elif result == Outcome.NONE:
            reason = NoPlanReason.LIMITS
        else:
            return PlanAnswer(plans=(), optimal=False, reason=NoPlanReason.DEADLINE, unmet=())
        unmet, proved = self._unmet(deadline)
        return PlanAnswer(plans=(), optimal=proved, reason=reason, unmet=unmet)

    def _unmet(self, deadline: Deadline) -> tuple[tuple[int, ...], bool]:
        """A smallest set of musts without which a plan exists within the limits, and whether that is proved.

        Each open must gets a step of its own that fulfils it, and as few of these as possible are taken.
        """
        network, snapshot, offers = self._drawing.network, self._snapshot, self._offers
        if not offers.caps:
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
            prerequisites={**offers.admitted, **dict.fromkeys(drops.values(), TRUE)},
            goals=goals,
            stages=({**dict.fromkeys(offers.steps, 0), **dict.fromkeys(drops.values(), 1)},),
            caps=tuple(({**weights, **none}, most) for weights, most in offers.caps),
            ranked=frozenset(drops.values()),
        )
        solution = Search(problem, deadline).next_best()
        if isinstance(solution, Outcome):
            return tuple(sorted(self._goals[0])), False
        return tuple(row for row in rows if drops[row] in solution.steps), solution.proved

    def _unreachable(self) -> tuple[int, ...]:
        """The same where no sum is limited: the musts that even all admitted steps together do not meet."""
        reached = reach(
            self._drawing.network, self._offers.admitted, tuple(self._musts.values()), lambda _: 1
        ).node_cost
        iris = self._snapshot.node_iris
        options = [sorted((iris[row], row) for row in goal if self._musts[row] not in reached) for goal in self._goals]
        return tuple(row for _, row in min(options, key=lambda option: (len(option), option)))


def plan_of(offers: Offers, role: int, solution: Solution, alternatives: Mapping[int, Sequence[int]]) -> Plan:
    """A set of steps as a plan: in order, with what each is for, figures and what is proved.

    Args:
        alternatives: rows of others by step.
    """
    snapshot, drawing, figures = offers.snapshot, offers.drawing, offers.figures
    order = ordered(drawing.network, drawing.prerequisites, solution.steps)
    musts = [(row, drawing.tree(row)) for row in snapshot.top_nodes(role) if snapshot.node_must[row]]
    found = purposes(drawing.network, drawing.prerequisites, musts, order)
    steps = tuple(
        _step(figures, row, place, found[place], alternatives.get(row, ())) for place, row in enumerate(order)
    )
    costs = [cost for row in order if (cost := figures.cost(row)) is not None]
    lengths = [length for row in order if (length := figures.duration(row)) is not None]
    unknowns, total = _shown(offers, solution.values)
    unknowns_bound, bound = _shown(offers, solution.bounds)
    return Plan(
        steps=steps,
        cost=Money(sum(costs), figures.currency) if costs and figures.currency else None,
        duration_days=days(sum(lengths)) if lengths else None,
        unknowns=unknowns,
        unknowns_bound=unknowns_bound,
        total=total,
        bound=bound,
        optimal=solution.proved,
        closes=tuple(sorted(row for step in steps for row in step.closes)),
        assumptions=tuple(assumptions(snapshot, figures, offers.objective, order)),
    )


def _shown(offers: Offers, values: Sequence[int]) -> tuple[int, Decimal]:
    """(unknowns, total in the objective's unit) of the stages' values."""
    if offers.objective is Objective.FEWEST:
        return 0, Decimal(values[0])
    unknowns, total = values[0], values[1]
    if offers.objective is Objective.FASTEST:
        return unknowns, days(total)
    return unknowns, money_total(total, offers.figures.currency)


def _step(figures: Figures, row: int, place: int, purpose: Purpose, alternatives: Iterable[int]) -> PlanStep:
    return PlanStep(
        position=place + 1,
        row=row,
        cost=figures.stated_cost(row),
        duration_days=None if (length := figures.duration(row)) is None else days(length),
        closes=tuple(purpose.closes),
        counts_towards=tuple(purpose.counts_towards),
        enables=tuple(later + 1 for later in purpose.enables),
        alternatives=tuple(alternatives),
    )


def step_reason(snapshot: Snapshot, plan: Plan, step: PlanStep, languages: Sequence[str] = ()) -> str:
    """A sentence: which requirements the step closes or counts towards, and which later steps need it."""
    served = [later.row for later in plan.steps if later.position in step.enables]
    return reason(snapshot, step.closes, step.counts_towards, served, languages)
