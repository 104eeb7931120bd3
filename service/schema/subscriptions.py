"""What is told as it happens, over WebSocket: how far a job is, and that there is a new release."""

import contextlib
from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from strawberry import ID, Info

from ontology.errors import UnknownReferenceError

from .context import context_of
from .descriptions import subscription
from .finding import find_release
from .releases import Release
from .reports import Job, show_job
from .rights import steward_of


@strawberry.type(description="What is told as it happens.")
class Subscription:
    """What is told as it happens."""

    @subscription(
        description="A job as it stands, again whenever it gets on, last of all when it is over. Needs a steward's key."
    )
    async def job_progress(
        self,
        info: Info,
        id: Annotated[ID, strawberry.argument(description="Of the job.")],  # noqa: A002 - the contract's word
    ) -> AsyncGenerator[Job, None]:
        """A job as it goes on."""
        context = steward_of(info)
        jobs = context.stewardship.jobs
        job = jobs.find(str(id))
        if job is None:
            raise UnknownReferenceError(
                "There is no such job.",
                code="job.unknown",
                hint="The last ones are kept while the service runs; `jobs` lists them.",
                subject=str(id)[:100],
            )
        async with contextlib.aclosing(jobs.watch(job)) as events:
            async for each in events:
                context.check_caller()
                yield show_job(each)

    @subscription(
        description="Each new release, as soon as answers come from it, whoever published it; of several at once "
        "the last."
    )
    async def release_published(self, info: Info) -> AsyncGenerator[Release, None]:
        """Each new release."""
        context = context_of(info)
        seen = context.announcer.number()
        while True:
            seen = await context.announcer.after(seen)
            context.check_caller()
            shown = await context.stewardship.read(find_release, context, str(seen))
            if shown is not None:
                yield shown
