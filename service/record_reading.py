"""What is stored of a learner, read for a record and verified as of now, as whoever asks may read it.

The reading is in the learner's audit. Called by GraphQL and REST.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from graph.learner_rules import Reader
from ontology.credentials.verdicts import Verification

from .gathering import Candidate, Gathering, candidate
from .issuing import Issuing
from .learners import LearnerDesk
from .verifying import DOCUMENTS_AT_MOST

ACT: Final = "record"
"""What the learner's audit calls it."""
Verify = Callable[[Sequence[str], Sequence[str]], Awaitable[list[Verification]]]


async def read_candidates(
    issuing: Issuing,
    desk: LearnerDesk,
    verify: Verify,
    learner: str,
    reader: Reader,
    gathering: Gathering,
    only: Sequence[str] | None,
) -> list[Candidate]:
    """The stored documents of a learner that may go into a record.

    Args:
        verify: (documents, recipients) to verdicts, at most `DOCUMENTS_AT_MOST` at a time.
        only: ids of those that are wanted; all where None.

    Raises UnknownReferenceError where they may not be read, InputError where nothing can be issued, and what verifying
    raises.
    """
    recipients = [each.value for each in gathering.recipient().identifiers]
    await asyncio.to_thread(issuing.check)
    stored = await asyncio.to_thread(desk.stored.documents, learner, reader, act=ACT, only=only)
    found = []
    for first in range(0, len(stored), DOCUMENTS_AT_MOST):
        part = stored[first : first + DOCUMENTS_AT_MOST]
        verdicts = await verify([text for _, text in part], recipients)
        for (each, text), verdict in zip(part, verdicts, strict=True):
            found.append(candidate(each.id, text.encode("utf-8", "surrogatepass"), verdict))
    return found
