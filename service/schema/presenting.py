"""Challenges for presentations over GraphQL, and presentations that come with a question."""

import asyncio
import hashlib
from collections.abc import Sequence
from functools import partial

import strawberry
from strawberry import Info

from ontology.credentials.verdicts import Verification
from service.presenting import Judged

from .context import Context, context_of
from .descriptions import resolver


@strawberry.type(description="What a wallet signs with a presentation, to prove who sends it.")
class PresentationChallenge:
    """What a learner's wallet signs with a presentation."""

    challenge: str = strawberry.field(description="`challenge` of the proof, `nonce` of a token. Is answered once.")
    domain: str = strawberry.field(description="`domain` of the proof, `aud` of a token.")
    ends_at: str = strawberry.field(description="Until when it may be answered, RFC 3339 in UTC.")


@strawberry.type
class PresentationMutations:
    """What anybody may ask for, so that a presentation can be sent with a question."""

    @resolver(
        description="Gives a challenge for a presentation among `held.documents`. Needs no key; whoever asked with one"
        " answers with it."
    )
    async def create_challenge(self, info: Info) -> PresentationChallenge:
        """Gives a challenge."""
        context = context_of(info)
        given = await asyncio.to_thread(context.presenting.give, context.caller)
        return PresentationChallenge(
            challenge=given.text,
            domain=context.presenting.domain,
            ends_at=given.ends_at.isoformat().replace("+00:00", "Z"),
        )


async def judge_presentations(
    context: Context, documents: Sequence[str], found: Sequence[Verification], *, use: bool = True
) -> dict[int, Judged]:
    """What is to be told of the presentations among documents, by position.

    Several fields of one request may ask with the same presentation: its challenge is answered once, for all of them.

    Args:
        use: whether challenges are answered by this.
    """
    told: dict[int, Judged] = {}
    for place, (document, each) in enumerate(zip(documents, found, strict=True)):
        name = (hashlib.sha256(document.encode("utf-8", "replace")).hexdigest(), use)
        task = context.judged.get(name)
        if task is None:
            work = partial(context.presenting.judge, each, context.caller, use=use)
            task = context.judged[name] = asyncio.ensure_future(asyncio.to_thread(work))
        judged = await asyncio.shield(task)
        if judged is not None:
            told[place] = judged
    return told
