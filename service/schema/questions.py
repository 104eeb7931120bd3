"""Root fields that ask further than match, gap and plans: what is within reach, and what would change what.

Each reads its input, asks `graph` in a thread, and shows a page. Called by `queries`, of which it is a part.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

import strawberry
from strawberry import ID, Info

from graph.marginal import marginal
from graph.matching import gaps
from graph.role_moves import MoveQuestion
from graph.side_by_side import side_by_side
from graph.what_if import what_if

from . import careers, changes, comparing, reaching
from . import held as inputs
from .answers import Match
from .arguments import After, First, Reference, Which, view_for
from .connections import MatchConnection, ReachableConnection, check_first
from .context import context_of
from .descriptions import resolver
from .inputs import HeldInput, MatchPolicyInput, Objective, PlanLimits, RoleFilter
from .matches import show_match
from .narrowing import looked_at, narrowed
from .thinking import Thinkers

THINKERS = 2
"""Questions of this page that are worked on at once in a process; the others wait and the loop goes on serving."""

Answer = TypeVar("Answer")

Now = Annotated[
    RoleFilter | None,
    strawberry.argument(description="Which roles count; `qualified` and `minScore` are about what is held now."),
]

Fulfilled = Annotated[
    careers.Fulfilment, strawberry.argument(description="What one who fulfils a role is taken to hold.")
]
Aligned = Annotated[bool, strawberry.argument(description="Whether an alignment of two roles counts too.")]

_thinkers = Thinkers("questions", at_once=THINKERS)


async def thought(work: Callable[[], Answer]) -> Answer:
    """What some work gives, done beside the loop. Raises BusyError (`questions.busy`)."""
    return await _thinkers.think(lambda _: work())


@strawberry.type
class PathwayQueries:
    """Root fields about what could be."""

    @resolver(
        description="Every role into which a plan leads within the limits, at any of its levels. By score after the "
        "plan, then by the plan's unknowns, total and steps, then by IRI."
    )
    async def reachable(
        self,
        info: Info,
        held: HeldInput,
        limits: PlanLimits,
        objective: Annotated[
            Objective, strawberry.argument(description="What the plans are best in.")
        ] = Objective.CHEAPEST,
        filter: Annotated[  # noqa: A002 - the contract's name
            RoleFilter | None,
            strawberry.argument(description="`qualified` is about now, `minScore` about the score after the plan."),
        ] = None,
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> ReachableConnection:
        """Roles within reach."""
        found = await view_for(info, view)
        learner = await inputs.read_learner(context_of(info), found, held, policy)
        question = reaching.read_question(
            context_of(info), found, learner.held, limits, objective, filter, policy, first, after
        )
        answer = await _thinkers.think(question.answer)
        return reaching.show_reachable(context_of(info), found, question, answer)

    @resolver(
        description="What would change if more were held: roles that open, scores and ranks before and after. Those "
        "that open first, then by what they gain, the score after, IRI."
    )
    async def what_if(
        self,
        info: Info,
        held: HeldInput,
        add: Annotated[HeldInput, strawberry.argument(description="What is held more; days of experience add up.")],
        filter: Now = None,  # noqa: A002 - the contract's name
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> changes.RoleChangeConnection:
        """What would change."""
        context, found = context_of(info), await view_for(info, view)
        check_first(first, context.limits.page)
        snapshot, read = found.snapshot, inputs.read_policy(policy)
        known = await inputs.read_learner(context, found, held, policy)
        more = await inputs.read_learner(context, found, add, policy)
        learner, added = known.held, more.held
        looked = narrowed(snapshot, looked_at(snapshot, filter), filter, learner, read, by_score=True)
        answer = await thought(lambda: what_if(snapshot, learner, added, read, roles=looked.roles, named=looked.named))
        return changes.show_changes(context, found, answer, [*known.documents, *more.documents], first, after)

    @resolver(
        description="Which one competency, credential or course would open most roles or raise their scores most: each "
        "with what a match that holds it too would tell."
    )
    async def marginal(
        self,
        info: Info,
        held: HeldInput,
        kinds: changes.Kinds = None,
        order: changes.MarginalOrder = changes.MarginalOrder.OPENED,
        filter: Now = None,  # noqa: A002 - the contract's name
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> changes.MarginalConnection:
        """One thing more."""
        context, found = context_of(info), await view_for(info, view)
        check_first(first, context.limits.page)
        snapshot, read = found.snapshot, inputs.read_policy(policy)
        known, looked = await inputs.read_learner(context, found, held, policy), looked_at(snapshot, filter)
        learner = known.held
        tried, by = changes.read_kinds(kinds), changes.read_order(order)
        looked = narrowed(snapshot, looked, filter, learner, read, by_score=True)
        answer = await thought(lambda: marginal(snapshot, learner, read, kinds=tried, order=by, roles=looked.roles))
        return changes.show_marginals(context, found, answer, known.documents, order, first, after)

    @resolver(
        description="Several roles side by side for one learner: what they share, where they differ, what is met."
    )
    async def compare(
        self,
        info: Info,
        held: HeldInput,
        roles: Annotated[
            list[ID],
            strawberry.argument(
                description=f"IRI, code or exact label of each; from 1 to {comparing.COMPARED_AT_MOST}."
            ),
        ],
        policy: MatchPolicyInput | None = None,
        view: Which = None,
    ) -> comparing.Comparison:
        """Roles side by side."""
        found = await view_for(info, view)
        snapshot, read = found.snapshot, inputs.read_policy(policy)
        learner = await inputs.read_learner(context_of(info), found, held, policy)
        rows = comparing.read_roles(snapshot, roles, comparing.COMPARED_AT_MOST)
        answer = await thought(lambda: side_by_side(snapshot, learner.held, read, rows))
        return comparing.show_comparison(context_of(info), found, answer, learner.documents)

    @resolver(description="`match` for many learners: the first page of each, in their order. Page on with `match`.")
    async def match_many(
        self,
        info: Info,
        learners: Annotated[
            list[HeldInput],
            strawberry.argument(description=f"What each holds; from 1 to {comparing.LEARNERS_AT_MOST} learners."),
        ],
        filter: RoleFilter | None = None,  # noqa: A002 - the contract's name
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: Annotated[int, strawberry.argument(description="How many roles for each, from 1 to 100.")] = 10,
    ) -> list[MatchConnection]:
        """Matches of many learners."""
        context, found = context_of(info), await view_for(info, view)
        comparing.check_many("learners", len(learners), comparing.LEARNERS_AT_MOST)
        check_first(first, context.limits.page)
        context.spend(len(learners) * first)
        snapshot, read = found.snapshot, inputs.read_policy(policy)
        known = [await inputs.read_learner(context, found, each, policy) for each in learners]
        holding, looked = [each.held for each in known], looked_at(snapshot, filter)
        answer = await thought(lambda: comparing.match_each(snapshot, holding, read, looked, filter, first))
        return comparing.show_each(found, answer, [each.documents for each in known], filter)

    @resolver(description="`gap` for many roles, in their order.")
    async def gap_many(
        self,
        info: Info,
        held: HeldInput,
        roles: Annotated[
            list[ID],
            strawberry.argument(description=f"IRI, code or exact label of each; from 1 to {comparing.ROLES_AT_MOST}."),
        ],
        policy: MatchPolicyInput | None = None,
        view: Which = None,
    ) -> list[Match]:
        """Gaps of many roles."""
        found = await view_for(info, view)
        snapshot, read = found.snapshot, inputs.read_policy(policy)
        learner = (await inputs.read_learner(context_of(info), found, held, policy)).held
        rows = comparing.read_roles(snapshot, roles, comparing.ROLES_AT_MOST)
        context_of(info).spend(len(rows))
        answer = await thought(lambda: gaps(snapshot, learner, read, rows))
        return [show_match(found, each) for each in answer]

    @resolver(
        description="Roles that are like one: what one who fulfils it meets of each other role, and the effort that "
        "lies between. The most similar first, then the least effort, then IRI."
    )
    async def similar_roles(
        self,
        info: Info,
        role: Reference,
        fulfilled: Fulfilled = careers.Fulfilment.EVERYTHING,
        alignments: Aligned = True,
        filter: RoleFilter | None = None,  # noqa: A002 - the contract's name
        policy: MatchPolicyInput | None = None,
        view: Which = None,
        first: First = 10,
        after: After = None,
    ) -> careers.RoleMoveConnection:
        """Similar roles."""
        context, found = context_of(info), await view_for(info, view)
        check_first(first, context.limits.page)
        snapshot = found.snapshot
        row, roles = careers.find_role(snapshot, str(role)), careers.led_to(snapshot, filter)
        question = _moves(policy, fulfilled, alignments)
        answer = await thought(lambda: careers.find_similar(snapshot, row, question, roles))
        return careers.show_similar(context, found, row, question, answer, first, after)

    @resolver(
        description="Ways from one role to another over roles between, by the least effort in all: each move leads to "
        "one of the most similar roles. With `direct`, the effort without roles between."
    )
    async def career_paths(
        self,
        info: Info,
        start: Annotated[ID, strawberry.argument(name="from", description="The role that is fulfilled: a reference.")],
        goal: Annotated[ID, strawberry.argument(name="to", description="The role to get to: a reference.")],
        max_moves: Annotated[int, strawberry.argument(description="Most moves of a path, from 1 to 5.")] = 3,
        neighbours: Annotated[
            int, strawberry.argument(description="A move leads to one of so many most similar roles; from 1 to 50.")
        ] = 20,
        min_similarity: Annotated[
            float, strawberry.argument(description="A move leads to a role at least so similar; from 0 to 1.")
        ] = 0.1,
        fulfilled: Fulfilled = careers.Fulfilment.EVERYTHING,
        alignments: Aligned = True,
        filter: Annotated[  # noqa: A002 - the contract's name
            RoleFilter | None, strawberry.argument(description="Only over these roles.")
        ] = None,
        policy: MatchPolicyInput | None = None,
        deadline_ms: Annotated[int, strawberry.argument(description="Time to search, at most 10000 ms.")] = 2000,
        view: Which = None,
        first: Annotated[int, strawberry.argument(description="How many paths, from 1 to 10.")] = 3,
    ) -> careers.CareerPathAnswer:
        """Career paths."""
        context, found = context_of(info), await view_for(info, view)
        careers.check_paths(first)
        limits = careers.read_path_limits(max_moves, neighbours, min_similarity, deadline_ms)
        snapshot = found.snapshot
        begin, end = careers.find_role(snapshot, str(start)), careers.find_role(snapshot, str(goal))
        question, roles = _moves(policy, fulfilled, alignments), careers.led_to(snapshot, filter)
        answer = await _thinkers.think(
            lambda waited: careers.find_paths(snapshot, begin, end, question, limits, roles, first, waited)
        )
        return careers.show_paths(context, found, question, answer)


def _moves(policy: MatchPolicyInput | None, fulfilled: careers.Fulfilment, alignments: bool) -> MoveQuestion:
    return MoveQuestion(
        policy=inputs.read_policy(policy), fulfilment=careers.read_fulfilment(fulfilled), alignments=alignments
    )
