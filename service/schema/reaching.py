"""Roles within reach: from the contract's question to a page of its answer. Needs no database."""

from dataclasses import dataclass

from graph.matching import Held, Policy
from graph.planning import Limits
from graph.planning import Objective as PlanObjective
from graph.reachable import Reachable, ReachedRole, reachable
from graph.snapshot import Snapshot

from . import connections, held
from .connections import Key, ReachableConnection, ReachableEdge, check_first, decode_cursor
from .context import Context
from .documents import Reachable as ShownRole
from .inputs import MatchPolicyInput, Objective, PlanLimits, RoleFilter
from .matches import role_of, show_plan
from .narrowing import Looked, looked_at, narrowed
from .paging import page_of
from .thinking import left_seconds
from .view import View

_CURSOR = "reachable"
_KEY_TYPES = (float, float, float, float, str)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachQuestion:
    """A question whose input was read and found good."""

    snapshot: Snapshot
    held: Held
    policy: Policy
    limits: Limits
    objective: PlanObjective
    filter: RoleFilter | None
    looked: Looked
    first: int
    after: str | None

    def answer(self, waited: float) -> Reachable:
        """All roles within reach. Takes up to the deadline, of which so many seconds have passed."""
        looked = narrowed(self.snapshot, self.looked, self.filter, self.held, self.policy, by_score=False)
        return reachable(
            self.snapshot,
            self.held,
            policy=self.policy,
            limits=self.limits,
            objective=self.objective,
            roles=looked.roles,
            left_seconds=left_seconds(self.limits.deadline_ms, waited),
        )


def read_question(
    context: Context,
    view: View,
    learner: Held,
    limits: PlanLimits,
    objective: Objective,
    wanted: RoleFilter | None,
    policy_input: MatchPolicyInput | None,
    first: int,
    after: str | None,
) -> ReachQuestion:
    """The question, checked before any work is done. Raises InputError, UnknownReferenceError."""
    check_first(first, context.limits.page)
    decode_cursor(_CURSOR, after, _KEY_TYPES)
    snapshot = view.snapshot
    return ReachQuestion(
        snapshot=snapshot,
        held=learner,
        policy=held.read_policy(policy_input),
        limits=held.read_limits(limits),
        objective=held.read_objective(objective),
        filter=wanted,
        looked=looked_at(snapshot, wanted),
        first=first,
        after=after,
    )


def show_reachable(context: Context, view: View, question: ReachQuestion, answer: Reachable) -> ReachableConnection:
    """A page of roles within reach."""
    least = None if question.filter is None else question.filter.min_score
    listed = [each for each in answer.roles if least is None or each.score >= least]

    def key_of(each: ReachedRole) -> Key:
        plan = each.plan
        iri = view.snapshot.iris[each.role]
        return -each.score, float(plan.unknowns), float(plan.total), float(len(plan.steps)), iri

    found, where = page_of(context, _CURSOR, listed, key_of, _KEY_TYPES, question.first, question.after)
    context.spend(sum(len(each.plan.steps) for _, each in found))
    edges = [
        ReachableEdge(
            cursor=cursor,
            node=ShownRole(role=role_of(view, each.role), score=each.score, plan=show_plan(view, each.plan)),
        )
        for cursor, each in found
    ]
    return connections.ReachableConnection(
        edges=edges, page_info=where, total_count=len(listed), complete=answer.complete, release=view.release
    )
