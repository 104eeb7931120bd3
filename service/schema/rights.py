"""Who may do it, and that it was done: every field for stewards and issuers goes through here.

The audit names the key, the act, what it was about and how it ended; never what was sent. Called by mutations,
subscriptions and the stewards' queries.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from strawberry import Info

from service.auditing import audited
from service.auth import Role

from .context import Context, context_of

Result = TypeVar("Result")


def steward_of(info: Info) -> Context:
    """The request, where its caller is a steward. Raises UnauthenticatedError, ForbiddenError."""
    context = context_of(info)
    context.caller.require(Role.STEWARD)
    return context


async def act(
    info: Info,
    work: Callable[[Context, str], Result],
    *,
    subject: str | None = None,
    told: Callable[[Result], str],
    role: Role = Role.STEWARD,
) -> Result:
    """What the work gives, done in a thread for a caller of this role, and the line in the audit.

    Args:
        work: gets the request and the id of the key. It goes on also where the client goes away.
        told: how the result is named in the audit.

    Raises UnauthenticatedError, ForbiddenError, and what the work raises.
    """
    context = context_of(info)

    def run() -> Result:
        return audited(
            context.caller,
            role,
            partial(work, context),
            told=told,
            act=info.field_name,
            subject=subject,
            request_id=context.request_id,
        )

    return await asyncio.to_thread(run)
