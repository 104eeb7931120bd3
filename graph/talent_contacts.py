"""Requests for contact: an employer asks a learner whom it knows by a pseudonym who they are; the learner answers.

A request lies in the learner's sealed record, and asking tells the employer nothing. To agree is to consent to
`talent-disclosure` for this employer until an end; who declines is not asked again for half a year. Called by the
service and the command line ([talent.md](../docs/talent.md)).
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from ontology.errors import InputError, UnknownReferenceError

from .learner_records import TALENT_DISCLOSURE, TALENT_SEARCH, Consent, ContactRequest, Learner
from .learner_rules import ENTRIES_AT_MOST, Reader, check_room, find_entry, time_text
from .learners import Change, Learners
from .releases import utc_now
from .talent import Employer, Talent, may_find, may_see

ANSWER_DAYS: Final = 30
"""How long a request can be answered."""
QUIET_DAYS: Final = 180
"""How long an employer whose request was declined cannot ask again."""
REQUESTS_AT_MOST: Final = 50
"""Open ones of one learner, of all employers."""
TEXT_AT_MOST: Final = 500
"""Characters of what an employer says."""


class ContactState(Enum):
    """How an employer's request to a learner stands."""

    ASKED = "asked"
    AGREED = "agreed"
    DECLINED = "declined"


class Contacts:
    """The requests for contact at the stored learners of a data folder."""

    def __init__(self, learners: Learners, talent: Talent, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._learners = learners
        self._talent = talent
        self._clock = clock

    def ask(self, employer: Employer, pseudonym: str, text: str | None = None) -> ContactState:
        """How the request stands now. Asking again while it is open, agreed or declined changes nothing.

        Args:
            pseudonym: of somebody whom this employer may find now.
            text: what the learner is told, at most 500 characters.

        Raises UnknownReferenceError (`talent.pseudonym`) for a pseudonym of nobody whom this employer may find;
        InputError (`talent.text`, `learners.too-many`); LimitError (`talent.budget`): asking counts as a search.
        """
        said = _read_text(text)
        self._talent.budget.spend(employer.name)
        learner = self._talent.pseudonyms(employer.name).learner_of(pseudonym)
        found: list[ContactState] = []

        def add(record: Learner, now: str) -> Change | None:
            if not may_find(record, employer.name, now):
                raise _nobody(pseudonym)
            state = contact_of(record, employer.name, now)
            found.append(state or ContactState.ASKED)
            if state is not None:
                return None
            check_room(sum(each.is_open(now) for each in record.requests), REQUESTS_AT_MOST, "open requests")
            request = ContactRequest(
                id=secrets.token_hex(16),
                receiver=employer.name,
                text=said,
                asked_at=now,
                ends_at=time_text(self._clock() + timedelta(days=ANSWER_DAYS)),
            )
            kept = tuple(each for each in record.requests if each.is_open(now) or _is_quiet(each, now))
            return Change(record=replace(record, requests=(*kept, request)), what=(request.id,))

        by = Reader(who=employer.who, own=True, purpose=TALENT_SEARCH)
        try:
            self._learners.change(learner or "", by, "request contact", add)
        except UnknownReferenceError:
            raise _nobody(pseudonym) from None
        return found[0]

    def answer(self, learner: str, request: str, by: Reader, *, ends_at: datetime | None) -> ContactRequest:
        """The request, answered.

        Args:
            ends_at: until when the employer sees who the learner is; None: the learner declines.

        Raises UnknownReferenceError; InputError (`learners.entry`, `learners.ends`, `talent.answered`).
        """
        answered: list[ContactRequest] = []
        if ends_at is not None and ends_at <= self._clock():
            raise InputError(
                f"{ends_at.isoformat()} has passed already.", code="learners.ends", hint="Give an end that is to come."
            )

        def make(record: Learner, now: str) -> Change:
            asked = find_entry(record.requests, request)
            if not asked.is_open(now):
                raise InputError(
                    "The request is answered already, or can be answered no longer.",
                    code="talent.answered",
                    hint="Consents are given and withdrawn without a request too.",
                    subject=request[:64],
                )
            consents = record.consents
            if ends_at is not None:
                check_room(len(consents), ENTRIES_AT_MOST, "consents")
                consent = Consent(
                    id=secrets.token_hex(16),
                    receiver=asked.receiver,
                    purpose=TALENT_DISCLOSURE,
                    given_at=now,
                    ends_at=time_text(ends_at),
                )
                consents = (*consents, consent)
            given = None if ends_at is None else consents[-1].id
            done = replace(asked, answered_at=now, consent=given)
            answered.append(done)
            others = tuple(done if each.id == asked.id else each for each in record.requests)
            what = (asked.id,) if given is None else (asked.id, given)
            return Change(record=replace(record, requests=others, consents=consents), what=what)

        self._learners.change(learner, by, "decline contact" if ends_at is None else "agree to contact", make)
        return answered[0]


def contact_of(learner: Learner, receiver: str, now: str) -> ContactState | None:
    """How this employer's request to a learner stands; None where it may ask."""
    if may_see(learner, receiver, now):
        return ContactState.AGREED
    own = [each for each in learner.requests if each.receiver == receiver]
    if any(each.is_open(now) for each in own):
        return ContactState.ASKED
    return ContactState.DECLINED if any(_is_quiet(each, now) for each in own) else None


def _is_quiet(request: ContactRequest, now: str) -> bool:
    """Whether a learner declined not long ago."""
    if request.answered_at is None or request.consent is not None:
        return False
    return now < time_text(datetime.fromisoformat(request.answered_at) + timedelta(days=QUIET_DAYS))


def _read_text(text: str | None) -> str | None:
    said = (text or "").strip()
    if len(said) > TEXT_AT_MOST or not said.isprintable():
        raise InputError(
            f"What the learner is told has at most {TEXT_AT_MOST} printable characters on one line, got {len(said)}.",
            code="talent.text",
        )
    return said or None


def _nobody(pseudonym: str) -> UnknownReferenceError:
    return UnknownReferenceError(
        f"Nobody whom this employer may find has the pseudonym {pseudonym[:64]!r}.",
        code="talent.pseudonym",
        hint="`talent` gives pseudonyms; consents may have been withdrawn since.",
        subject=pseudonym[:64],
    )
