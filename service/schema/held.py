"""The contract's inputs as `graph.matching` and `graph.planning` take them: references resolved, figures checked."""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from strawberry.utils.str_converters import to_camel_case

from graph.awards import References, count_documents
from graph.planning import Limits
from graph.planning import Objective as PlanObjective
from graph.policy import Held, Policy
from graph.policy import HeldCompetency as HeldRow
from graph.scales import find_level, find_scale
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import InputError, OutOfRangeError
from service.verifying import DOCUMENTS_AT_MOST

from .context import Context
from .documents import DocumentVerdict
from .inputs import HeldCompetency, HeldInput, MatchPolicyInput, Objective, PlanLimits, ViewInput
from .lists import resolve_all
from .presenting import judge_presentations
from .state import Wanted
from .verifying import show_verdicts, tell_whose, verify_documents
from .view import View

DEADLINE_MS_AT_MOST = 10_000
RECIPIENTS_AT_MOST = 10
RECIPIENT_CHARACTERS = 320
"""As long as an e-mail address may be (RFC 3696, erratum 1690)."""


def read_view(view: ViewInput | None, *, private: bool) -> Wanted:
    """Which view is asked for, and whether private datasets are in it."""
    if view is None:
        return Wanted(private=private)
    return Wanted(
        as_of=None if view.as_of is None else str(view.as_of),
        overlays=tuple(dict.fromkeys(map(str, view.overlays or ()))),
        datasets=None if view.datasets is None else tuple(dict.fromkeys(view.datasets)),
        private=private,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Who a question is about: what is held, and the verdicts on the documents that say so."""

    held: Held
    documents: list[DocumentVerdict] = field(default_factory=list)


async def read_learner(context: Context, view: View, held: HeldInput, policy: MatchPolicyInput | None) -> Learner:
    """What is held, its documents verified and counted as the policy asks, those of a stored learner after the given.

    Raises InputError, UnknownReferenceError as `read_held` does, and what `verify_documents` raises.
    """
    claimed = read_held(view.snapshot, held)
    recipients = _read_recipients(held)
    found = await verify_documents(context, held.documents or (), recipients)
    judged = await judge_presentations(context, held.documents or (), found)
    holders = {place: each.holder for place, each in judged.items() if each.holder is not None}
    stored = await _stored(context, held)
    for first in range(0, len(stored), DOCUMENTS_AT_MOST):
        found += await verify_documents(context, stored[first : first + DOCUMENTS_AT_MOST], recipients)
    if not found:
        return Learner(held=claimed)
    references = References(view.snapshot)
    unproven = policy is not None and policy.count_unproven
    counted = await asyncio.to_thread(
        count_documents, references, found, recipients=recipients, holders=holders, count_unproven=unproven
    )
    told = tell_whose(judged, counted.odd)
    return Learner(held=replace(claimed, awards=counted.awards), documents=show_verdicts(view, references, found, told))


async def _stored(context: Context, held: HeldInput) -> list[str]:
    """The documents of the stored learner that is asked about. Raises UnauthenticatedError, UnknownReferenceError."""
    if held.learner is None:
        return []
    context.personal = True
    learner, desk = str(held.learner), context.learners
    reader = desk.reader(context.caller, learner, held.purpose)
    found = await asyncio.to_thread(desk.stored.documents, learner, reader, act="question")
    return [text for _, text in found]


def _read_recipients(held: HeldInput) -> tuple[str, ...]:
    found = tuple(each.strip() for each in held.recipients or ())
    if len(found) > RECIPIENTS_AT_MOST or not all(0 < len(each) <= RECIPIENT_CHARACTERS for each in found):
        raise InputError(
            f"`recipients` are at most {RECIPIENTS_AT_MOST} identities of 1 to {RECIPIENT_CHARACTERS} characters.",
            code="input.held",
            hint="Give the e-mail address or identifier that the documents were issued to.",
            subject="recipients",
        )
    return found


def read_held(snapshot: Snapshot, held: HeldInput) -> Held:
    """What the caller claims, as rows; documents are left to `read_learner`.

    Raises InputError for a figure that is none, UnknownReferenceError for a reference.
    """
    days = held.experience_days
    if days is not None and not (math.isfinite(days) and days >= 0):
        raise InputError(
            f"`experienceDays` is a number of days from 0, got {days}.", code="input.held", subject="experienceDays"
        )
    return Held(
        competencies=tuple(_read_competency(snapshot, each) for each in held.competencies or ()),
        credentials=tuple(resolve_all(snapshot, held.credentials or (), (ResourceType.CREDENTIAL,))),
        courses=tuple(resolve_all(snapshot, held.courses or (), (ResourceType.COURSE,))),
        experience_days=days or 0.0,
    )


def _read_competency(snapshot: Snapshot, held: HeldCompetency) -> HeldRow:
    row = snapshot.resolve(str(held.id), (ResourceType.COMPETENCY,))
    value, scale = read_level(snapshot, str(held.id), held.level, held.scale, held.level_name)
    return HeldRow(row=row) if value is None else HeldRow(row=row, value=value, scale=scale)


def read_level(
    snapshot: Snapshot, whose: str, level: float | None, on: str | None, name: str | None = None
) -> tuple[float | None, int]:
    """(level, scale row); (None, -1) where it is not known.

    Args:
        name: of a level of the scale, or its IRI, in place of the value.

    Raises InputError (`input.held`) for one off its scale or said twice, UnknownReferenceError.
    """
    scale = find_scale(snapshot, str(on)) if on is not None else -1
    if name is not None and level is not None:
        raise InputError(f"{whose} has both `level` and `levelName`, expected one.", code="input.held", subject=whose)
    if name is not None:
        return find_level(snapshot, name, scale)
    if level is None:
        return None, -1
    if not math.isfinite(level):
        raise InputError(f"A level is a number, got {level}.", code="input.held", subject=whose)
    if scale < 0:
        return None, -1
    low, high = float(snapshot.scale_minimum[scale]), float(snapshot.scale_maximum[scale])
    if not low <= level <= high:
        raise InputError(
            f"The level {level:g} of {whose} is off its scale, which goes from {low:g} to {high:g}.",
            code="input.held",
            hint="Give a value on the scale, or leave the level out where it is not known.",
            subject=whose,
        )
    return level, scale


@contextmanager
def _named_as_written() -> Iterator[None]:
    """While in it, an error about a figure names it as the contract does."""
    try:
        yield
    except OutOfRangeError as error:
        raise error.named(to_camel_case(error.subject or "")) from error


def read_policy(policy: MatchPolicyInput | None) -> Policy:
    """The policy. Raises OutOfRangeError (`policy.out-of-range`)."""
    if policy is None:
        return Policy()
    with _named_as_written():
        return Policy(
            must_weight=policy.must_weight,
            should_weight=policy.should_weight,
            min_coverage=policy.min_coverage,
            unknown_level=policy.unknown_level,
            exact=policy.exact,
            held_narrower=policy.held_narrower,
            close=policy.close,
            held_broader=policy.held_broader,
            related=policy.related,
            max_hops=policy.max_hops,
            hierarchy=policy.hierarchy,
            implies_lower=policy.implies_lower,
            count_unproven=policy.count_unproven,
        )


def read_limits(limits: PlanLimits | None) -> Limits:
    """The limits; the deadline is at most `DEADLINE_MS_AT_MOST`. Raises OutOfRangeError (`limits.out-of-range`)."""
    if limits is None:
        return Limits()
    with _named_as_written():
        return Limits(
            max_cost=limits.max_cost,
            currency=limits.currency,
            max_days=limits.max_days,
            max_steps=limits.max_steps,
            providers=None if limits.providers is None else tuple(limits.providers),
            kinds=None if limits.kinds is None else tuple(limits.kinds),
            allow_unknown=limits.allow_unknown,
            deadline_ms=min(limits.deadline_ms, DEADLINE_MS_AT_MOST),
        )


def read_objective(objective: Objective) -> PlanObjective:
    """The objective."""
    return PlanObjective[objective.name]
