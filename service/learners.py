"""What learners can do with what is stored of them, and receivers by consent, as the command and GraphQL offer it.

Says who a caller is to a learner, brings the keys of the API and the stored learners together, and tells learners as
JSON. Verifies nothing: who stores a document gives its verdict. Knows no protocol.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final

from graph.access_register import AccessRegister
from graph.learner_log import AuditEntry
from graph.learner_records import ANY_EMPLOYER, TALENT_DISCLOSURE, TALENT_SEARCH
from graph.learner_rules import OPERATOR, NewDocument, Reader, read_purpose
from graph.learners import Learners, Receipt
from graph.talent import Employer, Talent
from graph.talent_contacts import Contacts
from ontology.credentials.verdicts import Verification
from ontology.errors import InputError, UnauthenticatedError, UnknownReferenceError

from .auth import Caller, Keys, Role

OWN: Final = "own"
"""What learners read their own record for, where they say nothing."""
SEARCHES_A_DAY: Final = 200
"""Talent searches of an employer."""
_LOCAL: Final = "http://127.0.0.1:8000"
SHARED_PATH: Final = "/shared"


class LearnerDesk:
    """The stored learners of a data folder, and the keys and applications that may reach them."""

    def __init__(self, home: Path, public_url: str | None, searches_a_day: int = SEARCHES_A_DAY) -> None:
        self.stored = Learners(home)
        self.talent = Talent(home, self.stored, searches_a_day=searches_a_day)
        self.contacts = Contacts(self.stored, self.talent)
        self.access = AccessRegister(home)
        self._keys = Keys(home)
        self._base = public_url or _LOCAL

    def reader(self, caller: Caller, learner: str, purpose: str | None) -> Reader:
        """Who a caller is to a learner. Raises UnauthenticatedError, InputError (`learners.purpose`)."""
        if caller.role is None or caller.key is None:
            raise UnauthenticatedError(
                "What is stored of a learner needs a key: the learner's, or that of a receiver with a consent.",
                hint="Send `Authorization: Bearer <key>`; `headwater learners key` makes one for a learner.",
            )
        if caller.learner is not None:
            return Reader(who="learner", own=caller.learner == learner, purpose=purpose or OWN)
        if not purpose or not purpose.strip():
            raise InputError(
                "A receiver says for which purpose a learner is read.",
                code="learners.purpose",
                hint="Give `purpose` as the consent has it.",
                subject="purpose",
            )
        if caller.receiver is not None:
            return Reader(who=employer_of(caller).who, receiver=caller.receiver, purpose=purpose.strip())
        return Reader(who=f"key {caller.key}", receiver=caller.key, purpose=purpose.strip())

    def find_receiver(self, receiver: str, purpose: str) -> str:
        """The name under which a consent names a receiver: the id of its key, an employer's name, or any employer.

        Raises UnknownReferenceError where there is none such; a talent search is an employer's alone.
        """
        talent = read_purpose(purpose.strip()) in (TALENT_SEARCH, TALENT_DISCLOSURE)
        if receiver == ANY_EMPLOYER and read_purpose(purpose.strip()) == TALENT_SEARCH:
            return receiver
        for key in self._keys.all():
            employer = key.role is Role.EMPLOYER
            if receiver in (key.id, key.receiver) and key.role is not Role.LEARNER and key.revoked_at is None:
                if talent and not employer:
                    break
                return key.receiver or key.id
        raise UnknownReferenceError(
            f"There is no receiver {receiver[:64]!r}{' for a talent search' if talent else ''}.",
            hint="A receiver is named by the id of its key, an employer by its name, any employer that searches by "
            f"{ANY_EMPLOYER!r}: ask it, or see `headwater keys list`.",
            subject=receiver[:64],
        )

    def link(self, token: str) -> str:
        """The address of a link: its secret stands behind the `#`, which no browser sends."""
        return f"{self._base}{SHARED_PATH}#{token}"

    def new_key(self, learner: str, ends_at: datetime | None = None) -> str:
        """A key for a learner, as its holder sends it; told nowhere else. Raises UnknownReferenceError."""
        if learner not in self.stored.ids():
            self.stored.read(learner, OPERATOR)  # raises as for any who is not there
        return self._keys.create(Role.LEARNER, learner=learner, expires_at=ends_at)[0]

    def erase(self, learner: str, by: Reader) -> Receipt:
        """The receipt; the keys of the learner are gone too. Raises UnknownReferenceError."""
        receipt = self.stored.erase(learner, by)
        self._keys.forget(learner)
        self.access.forget([learner])
        return receipt

    def mark_of(self, issuer: str, subject: str) -> str:
        """What stands for somebody who signs in at a provider: a keyed hash. Raises UnavailableError, DamagedError."""
        return self.stored.keys.mark(json.dumps(["account", issuer, subject]))

    def learner_for(self, mark: str) -> str:
        """The learner as whom somebody signs in; at the first time a new one. Raises BusyError, UnavailableError."""

        def is_stored(learner: str) -> bool:
            try:
                self.stored.glance(learner)
            except UnknownReferenceError:
                return False
            return True

        def make() -> str:
            return self.stored.add(by=Reader(who="learner", own=True, purpose="first sign-in")).id

        return self.access.learner_for(mark, is_stored, make)

    def recover(self) -> None:
        """Nothing; what a kill left of an erasure is made up for. Raises BusyError, UnavailableError, DamagedError."""
        self.stored.recover()
        erased = self.stored.erased()
        for learner in {each.learner for each in self._keys.all()} & erased:
            self._keys.forget(str(learner))
        self.access.forget(erased)


def employer_of(caller: Caller) -> Employer:
    """Who searches. Raises UnauthenticatedError, ForbiddenError where the caller is no employer."""
    caller.require(Role.EMPLOYER)
    assert caller.receiver is not None, "an employer's key has a name"
    return Employer(name=caller.receiver, who=f"employer {caller.receiver} (key {caller.key})")


def new_document(text: str, found: Verification) -> NewDocument:
    """A document to store, with what the verifier said of it."""
    return NewDocument(text=text, format=found.format, verdict=found.verdict.value, issuer=found.issuer.id, found=found)


def read_end(text: str) -> datetime:
    """A date or moment at which something ends; a date ends with its day, in UTC. Raises InputError."""
    try:
        if len(text) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("it has no zone")
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text[:40]!r} is no end.",
            code="learners.ends",
            hint="Give a date (2026-12-31), or a time with its zone (2026-12-31T12:00:00Z).",
            subject=text[:40],
        ) from error
    return moment


def audit_json(entries: Sequence[AuditEntry]) -> list[dict[str, object]]:
    """The entries of an audit."""
    return [asdict(each) | {"what": list(each.what)} for each in entries]


def receipt_json(receipt: Receipt) -> dict[str, object]:
    """That a learner was erased."""
    return {
        "learner": receipt.learner,
        "erasedAt": receipt.erased_at,
        "auditHead": {"count": receipt.audit.count, "hash": receipt.audit.hash},
    }
