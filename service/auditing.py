"""The line in the service's audit: which key did what to what, and how it ended; never what was sent.

Knows no protocol. Called by GraphQL and REST, in the thread that does the work.
"""

from collections.abc import Callable
from typing import TypeVar

import structlog

from ontology.errors import HeadwaterError

from .auth import Caller, Role

Result = TypeVar("Result")

log = structlog.get_logger("headwater.audit")


def audited(
    caller: Caller,
    role: Role,
    work: Callable[[str], Result],
    *,
    told: Callable[[Result], str],
    **entry: str | None,
) -> Result:
    """What the work gives, done for a caller of this role, and the line in the audit.

    Args:
        work: gets the id of the key.
        told: how the result is named in the audit.
        entry: what the line says beside the key: `act`, `subject`, `request_id`.

    Raises UnauthenticatedError, ForbiddenError, and what the work raises.
    """
    line = log.bind(key=caller.key, **entry)
    try:
        caller.require(role)
        assert caller.key is not None, "a role comes with a key"
        result = work(caller.key)
    except HeadwaterError as error:
        line.warning("refused", error=error.code)
        raise
    line.info("done", result=told(result))
    return result
