"""Every role within reach of a plan inside limits: which, by what plan, and how well it fits afterwards.

Decides role by role with the planner, after a match has told which roles need no plan and which no plan can help. Pure
but for the clock passed in. Called by the service. The meaning is docs/matching.md, "Within reach".
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from .coverage import Recent
from .deadline import Deadline
from .layout import Ints, ResourceType
from .matching import gap, match
from .optimisation import Outcome
from .planning import Limits, Objective, Plan, best_plan
from .policy import Held, Policy
from .role_index import ranked_roles
from .snapshot import Snapshot

_ANSWERS_KEPT = 8
_LEAST_SLICE_SECONDS = 0.1
"""What one role may take at first, however many are left."""
_SLICE = 4
"""A role may at first take so many times its even share of what is left: most take far less."""


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
    clock: Callable[[], float] = time.monotonic,
) -> Reachable:
    """Roles into which a plan leads within the limits, at any of their levels.

    By score after the plan, falling; then by the plan's unknowns, total and number of steps, then by IRI. An answer
    that is complete and proved is kept with the snapshot, so that its pages agree and cost nothing more.

    Args:
        roles: only these rows are looked at; None: all. Superseded ones are read at their last successor.
    """
    kept: Recent[object, Reachable] = snapshot.derived("reachable", lambda _: Recent(_ANSWERS_KEPT))
    wanted = ranked_roles(snapshot, roles)
    key = (held, policy, limits, objective, wanted.tobytes())
    known = kept.find(key)
    if known is None:
        known = _decide(snapshot, held, policy, limits, objective, wanted, clock)
        if known.complete and all(each.plan.optimal for each in known.roles):
            kept.get(key, lambda: known)
    return known


def _decide(
    snapshot: Snapshot,
    held: Held,
    policy: Policy,
    limits: Limits,
    objective: Objective,
    roles: Ints,
    clock: Callable[[], float],
) -> Reachable:
    deadline = Deadline(clock, limits.deadline_ms / 1000)

    def search(role: int, seconds: float) -> Plan | Outcome:
        share = Deadline(clock, min(seconds, deadline.remaining_seconds()))
        return best_plan(snapshot, held, role, objective=objective, limits=limits, policy=policy, deadline=share)

    settled, waiting = _hopeful(snapshot, held, policy, roles)
    found: dict[int, Plan | Outcome] = {}
    for place, role in enumerate(waiting):
        even = deadline.remaining_seconds() / (len(waiting) - place)
        found[role] = Outcome.UNDECIDED if deadline.passed else search(role, max(_SLICE * even, _LEAST_SLICE_SECONDS))
    for role in [role for role in waiting if _open(found[role])]:
        if deadline.passed:
            break
        again = search(role, deadline.remaining_seconds())
        if again is not Outcome.UNDECIDED:
            found[role] = again
    reached = [
        ReachedRole(role=role, score=_score_after(snapshot, held, policy, role, plan), plan=plan)
        for role, plan in found.items()
        if isinstance(plan, Plan)
    ]
    for role, score in settled:
        # Nothing is left to plan, so the plan of one is that of all.
        nothing = reached[-1].plan if reached and not reached[-1].plan.steps else search(role, math.inf)
        assert isinstance(nothing, Plan)
        reached.append(ReachedRole(role=role, score=score, plan=nothing))
    return Reachable(roles=tuple(sorted(reached, key=order_of)), complete=Outcome.UNDECIDED not in found.values())


def order_of(reached: ReachedRole) -> tuple[float, int, Decimal, int, int]:
    """What roles within reach are sorted by, rising."""
    plan = reached.plan
    return -reached.score, plan.unknowns, plan.total, len(plan.steps), reached.role


def _open(found: Plan | Outcome) -> bool:
    return found is Outcome.UNDECIDED or (isinstance(found, Plan) and not found.optimal)


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
    return gap(snapshot, with_things(snapshot, held, [step.row for step in plan.steps]), policy, role).score


def with_things(snapshot: Snapshot, held: Held, rows: Sequence[int]) -> Held:
    """What is held and these courses and credentials."""
    courses = tuple(row for row in rows if snapshot.types[row] == ResourceType.COURSE)
    credentials = tuple(row for row in rows if snapshot.types[row] == ResourceType.CREDENTIAL)
    return replace(held, courses=(*held.courses, *courses), credentials=(*held.credentials, *credentials))
