"""What may be stored of a learner and who may read it: the rules, which touch no file.

Called by learners and by what stands around it (`learner_grants`, the service, the command line).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final, TypeVar

from ontology.credentials.data_urls import size_of
from ontology.credentials.verdicts import Verification
from ontology.errors import InputError

from .learner_records import (
    TALENT_DISCLOSURE,
    TALENT_SEARCH,
    Consent,
    ContactRequest,
    Grant,
    Learner,
    Link,
    StoredDocument,
)

DOCUMENTS_AT_MOST: Final = 50
"""Of one learner: a question about them verifies each."""
DOCUMENT_BYTES: Final = 256 << 10
"""Of one document, as a question takes them; of a picture, as it is without base64."""
ENTRIES_AT_MOST: Final = 1000
"""Consents and links of one learner, ended ones among them."""
TEXT_AT_MOST: Final = 200
"""Characters of a name or purpose."""
Entry = TypeVar("Entry", StoredDocument, Consent, Link, Grant, ContactRequest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who wants to read or change what is stored of a learner."""

    who: str
    """As the audit names them: `learner`, `operator`, `key <id>`."""
    own: bool = False
    """The learner, or who holds the data folder: needs no consent."""
    receiver: str | None = None
    """Id of the key, for which a consent may have been given."""
    purpose: str = ""
    """What it is for, as the consent says it; of an application, the scope."""
    grant: str | None = None
    """Id of the grant by which an application acts for the learner."""


OPERATOR: Final = Reader(who="operator", own=True, purpose="command line")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A document to store, with what the verifier said of it."""

    text: str
    format: str
    verdict: str
    issuer: str | None
    found: Verification | None = None
    """All that the verifier said, for searches over many learners; without it they see it once it is verified anew."""


class Standing(Enum):
    """What a document that comes is to one that is stored."""

    OTHER = "another one"
    NEWER = "a newer version of it"
    KNOWN = "the same one, or an older version"


def check_document(document: NewDocument) -> bytes:
    """The bytes of a document that can be stored. Raises InputError (`learners.document`)."""
    size = size_of(document.text)
    if size > DOCUMENT_BYTES:
        raise InputError(f"The document has {size:,} bytes; {DOCUMENT_BYTES:,} are the most.", code="learners.document")
    if document.verdict in ("invalid", "tampered"):
        raise InputError(
            f"The document is {document.verdict} and is not stored.",
            code="learners.document",
            hint="`headwater verify` tells why.",
        )
    return document.text.encode("utf-8", "surrogatepass")


def is_allowed(found: Learner, by: Reader, now: str) -> bool:
    """Whether a consent or a grant in force lets somebody else do what they want to do."""
    if by.grant is not None:
        return any(each.id == by.grant and each.holds(now) and by.purpose in each.scopes for each in found.grants)
    lets_in = by.purpose not in (TALENT_SEARCH, TALENT_DISCLOSURE)  # which open nothing but a search
    return lets_in and any(each.holds(by.receiver, by.purpose, now) for each in found.consents)


def find_entry(entries: Sequence[Entry], identifier: str) -> Entry:
    """The document, consent, link, grant or request with this id. Raises InputError (`learners.entry`)."""
    found = next((each for each in entries if each.id == identifier), None)
    if found is None:
        raise InputError(
            f"The learner has no {identifier[:64]!r}.",
            code="learners.entry",
            hint="`headwater learners show` lists documents, consents and links.",
            subject=identifier[:64],
        )
    return found


def check_room(count: int, most: int, what: str) -> None:
    """Nothing, where one more is allowed. Raises InputError (`learners.too-many`)."""
    if count >= most:
        raise InputError(
            f"A learner has at most {most} {what}.", code="learners.too-many", hint="Remove some, or start anew."
        )


def read_text(text: str, what: str) -> str:
    """A name or purpose without space around it. Raises InputError (`learners.text`)."""
    text = text.strip()
    if not text or len(text) > TEXT_AT_MOST or not text.isprintable():
        raise InputError(f"{what} has 1 to {TEXT_AT_MOST} printable characters, got {len(text)}.", code="learners.text")
    return text


def read_purpose(text: str) -> str:
    """The purpose; however `talent-search` and `talent-disclosure` are spelled, they are these."""
    folded = "-".join(text.casefold().replace("_", " ").replace("-", " ").split())
    return folded if folded in (TALENT_SEARCH, TALENT_DISCLOSURE) else text


def no_link() -> InputError:
    """The one error for whatever link opens nothing."""
    return InputError(
        "The link opens nothing.", code="learners.link", hint="It may have ended or been revoked: ask for another one."
    )


def time_text(moment: datetime) -> str:
    """A moment as records have it: RFC 3339 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
