"""What is kept of a learner: the record, and its form as JSON inside the seal. Knows no file. Called by `learners`."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import orjson

from .learner_log import Endings

FORM: Final = 1
"""Of the record."""


TALENT_SEARCH: Final = "talent-search"
"""The purpose of a consent by which a receiver may find a learner, under a pseudonym, and read nothing else."""
TALENT_DISCLOSURE: Final = "talent-disclosure"
"""The purpose of a consent by which a receiver who finds a learner sees what the consent names."""
ANY_EMPLOYER: Final = "any-employer"
"""The receiver of a consent to be found by whoever has an employer's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A credential of a learner, without its text. Times are RFC 3339 in UTC."""

    id: str
    """Random, 32 hexadecimal digits, as are those of consents and links."""
    added_at: str
    sha256: str
    """Of the text in UTF-8."""
    size_bytes: int
    format: str
    verdict: str
    """When it was stored; it is verified anew at each question."""
    issuer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """That somebody may read what is stored of a learner, for one purpose, until an end."""

    id: str
    receiver: str
    """Id of the receiver's API key."""
    purpose: str
    given_at: str
    ends_at: str
    withdrawn_at: str | None = None

    def holds(self, receiver: str | None, purpose: str, now: str) -> bool:
        """Whether it lets this receiver read for this purpose at this time."""
        named = (self.receiver, self.purpose) == (receiver, purpose)
        return named and self.withdrawn_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that shows chosen documents to whoever has it, until an end."""

    id: str
    digest: str
    """SHA-256 of the secret; the secret itself is in the link alone."""
    documents: tuple[str, ...]
    given_at: str
    ends_at: str
    revoked_at: str | None = None

    def holds(self, now: str) -> bool:
        """Whether it opens anything at this time."""
        return self.revoked_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """That a registered application may act for the learner within some scopes, until an end."""

    id: str
    client: str
    """Id of the application's registration."""
    client_name: str
    """As the application called itself when the learner agreed."""
    scopes: tuple[str, ...]
    given_at: str
    ends_at: str
    redirect_uri: str
    """Where the code was sent to."""
    challenge: str
    """PKCE, S256: BASE64URL(SHA-256(verifier))."""
    code_digest: str
    """SHA-256 of the code's secret, as of those of the tokens."""
    code_ends_at: str
    redeemed: bool = False
    """Whether the code was exchanged for tokens; a second time ends the grant."""
    generation: int = 0
    """How often tokens were given; only those of the last time are good."""
    access_digest: str | None = None
    access_scopes: tuple[str, ...] = ()
    access_ends_at: str = ""
    refresh_digest: str | None = None
    revoked_at: str | None = None

    def holds(self, now: str) -> bool:
        """Whether anything is allowed by it at this time."""
        return self.redeemed and self.revoked_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRequest:
    """That an employer who found a learner under a pseudonym asks to know who they are."""

    id: str
    receiver: str
    """The employer's name."""
    text: str | None
    """What the employer says to the learner."""
    asked_at: str
    ends_at: str
    """When it can be answered no longer."""
    answered_at: str | None = None
    consent: str | None = None
    """Id of the consent by which the learner agreed; None where they declined or have not answered."""

    def is_open(self, now: str) -> bool:
        """Whether it can be answered at this time."""
        return self.answered_at is None and now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """What is stored of a learner, but for the texts of the documents."""

    id: str
    """A pseudonym: random, said of nobody else, never given again."""
    name: str | None
    created_at: str
    documents: tuple[StoredDocument, ...] = ()
    consents: tuple[Consent, ...] = ()
    links: tuple[Link, ...] = ()
    grants: tuple[Grant, ...] = ()
    requests: tuple[ContactRequest, ...] = ()
    profile: str | None = None
    """The learner's Profile of Open Badges as an application gave it, in JSON."""

    def to_json(self) -> bytes:
        """The record as it is sealed."""
        return orjson.dumps({"form": FORM, **asdict(self)})


def read_learner(content: bytes) -> Learner:
    """The record. Raises ValueError, KeyError, TypeError for what is none."""
    found: dict[str, Any] = orjson.loads(content)
    if found.pop("form") != FORM:
        raise ValueError("a later version wrote it")
    return Learner(
        id=found["id"],
        name=found["name"],
        created_at=found["created_at"],
        documents=tuple(StoredDocument(**each) for each in found["documents"]),
        consents=tuple(Consent(**each) for each in found["consents"]),
        links=tuple(Link(**(each | {"documents": tuple(each["documents"])})) for each in found["links"]),
        grants=tuple(_read_grant(each) for each in found.get("grants", ())),
        requests=tuple(ContactRequest(**each) for each in found.get("requests", ())),
        profile=found.get("profile"),
    )


def _read_grant(found: dict[str, Any]) -> Grant:
    return Grant(**(found | {"scopes": tuple(found["scopes"]), "access_scopes": tuple(found["access_scopes"])}))


def with_endings(learner: Learner, endings: Endings) -> Learner:
    """The record with what has ended since it was written, or since the backup that it comes from."""

    def ended(identifier: str, before: str | None) -> str | None:
        found = endings.find(identifier)
        return found.at if found is not None else before

    return replace(
        learner,
        documents=tuple(each for each in learner.documents if endings.find(each.id) is None),
        consents=tuple(replace(each, withdrawn_at=ended(each.id, each.withdrawn_at)) for each in learner.consents),
        links=tuple(replace(each, revoked_at=ended(each.id, each.revoked_at)) for each in learner.links),
        grants=tuple(replace(each, revoked_at=ended(each.id, each.revoked_at)) for each in learner.grants),
    )


def public_json(learner: Learner) -> dict[str, object]:
    """The record as it is shown and exported, without the hashes of secrets. Names as GraphQL has them."""
    return {
        "id": learner.id,
        "name": learner.name,
        "createdAt": learner.created_at,
        "documents": [document_json(each) for each in learner.documents],
        "consents": [consent_json(each) for each in learner.consents],
        "links": [link_json(each) for each in learner.links],
        "grants": [grant_json(each) for each in learner.grants if each.redeemed],
        "contactRequests": [request_json(each) for each in learner.requests],
        "profile": None if learner.profile is None else orjson.loads(learner.profile),
    }


def document_json(document: StoredDocument) -> dict[str, object]:
    """A document as it is shown, without its text."""
    return {
        "id": document.id,
        "addedAt": document.added_at,
        "sha256": document.sha256,
        "sizeBytes": document.size_bytes,
        "format": document.format,
        "verdict": document.verdict,
        "issuer": document.issuer,
    }


def consent_json(consent: Consent) -> dict[str, object]:
    """A consent as it is shown."""
    return {
        "id": consent.id,
        "receiver": consent.receiver,
        "purpose": consent.purpose,
        "givenAt": consent.given_at,
        "endsAt": consent.ends_at,
        "withdrawnAt": consent.withdrawn_at,
    }


def request_json(request: ContactRequest) -> dict[str, object]:
    """A request for contact as it is shown to the learner."""
    return {
        "id": request.id,
        "receiver": request.receiver,
        "text": request.text,
        "askedAt": request.asked_at,
        "endsAt": request.ends_at,
        "answeredAt": request.answered_at,
        "consent": request.consent,
    }


def link_json(link: Link) -> dict[str, object]:
    """A link as it is shown, without its secret, which is kept nowhere."""
    return {
        "id": link.id,
        "documents": list(link.documents),
        "givenAt": link.given_at,
        "endsAt": link.ends_at,
        "revokedAt": link.revoked_at,
    }


def grant_json(grant: Grant) -> dict[str, object]:
    """A grant as it is shown, without the hashes of its tokens."""
    return {
        "id": grant.id,
        "client": grant.client,
        "clientName": grant.client_name,
        "scopes": list(grant.scopes),
        "givenAt": grant.given_at,
        "endsAt": grant.ends_at,
        "revokedAt": grant.revoked_at,
    }
