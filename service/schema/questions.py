"""Root fields that ask further than match, gap and plans: what is within reach, and what would change what.

Each reads its input, asks `graph` in a thread, and shows a page. Called by `queries`, of which it is a part.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, TypeVar

import strawberry
from strawberry import Info

from . import reaching
from .connections import ReachableConnection
from .context import context_of
from .descriptions import resolver
from .held import read_view
from .inputs import HeldInput, MatchPolicyInput, Objective, PlanLimits, RoleFilter, ViewInput
from .view import View

THINKERS = 2
"""Questions of this page that are worked on at once in a process; the others wait and the loop goes on serving."""

Answer = TypeVar("Answer")

First = Annotated[int, strawberry.argument(description="How many, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor of the edge before the page.")]
Which = Annotated[ViewInput | None, strawberry.argument(description="Which data to answer from. Default: all.")]

_thinkers = ThreadPoolExecutor(THINKERS, thread_name_prefix="questions")


async def view_for(info: Info, view: ViewInput | None) -> View:
    """The view that a question is asked of."""
    context = context_of(info)
    return await context.release.view_of(read_view(view, private=context.caller.sees_private))


async def thought(work: Callable[[], Answer]) -> Answer:
    """What some work gives, done beside the loop."""
    return await asyncio.get_running_loop().run_in_executor(_thinkers, work)


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
        question = reaching.read_question(
            context_of(info), found, held, limits, objective, filter, policy, first, after
        )
        answer = await thought(question.answer)
        return reaching.show_reachable(context_of(info), found, question, answer)
