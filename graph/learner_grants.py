"""What applications may do for a learner: grants, the codes and tokens that prove them, and their end.

A grant lies in the learner's sealed record. A code or token is `ADDRESS.SECRET`: the address, sealed with the master
key, says whose grant it is and which giving of tokens it belongs to, so that nobody makes one up; of the secret only
its SHA-256 is kept. A code or refresh token that comes a second time ends the grant (RFC 6749, 4.1.2; RFC 9700,
4.14.2). Knows no protocol. Called by the service's authorization server.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ontology.errors import DamagedError, HeadwaterError, UnauthenticatedError

from .learner_records import Grant, Learner
from .learner_rules import OPERATOR, Reader, find_entry, time_text
from .learners import Change, Learners
from .releases import utc_now

CODE_SECONDS: Final = 300
"""How long a code can be exchanged; 600 are recommended at most (Open Badges 3.0, Authorization Response)."""
ACCESS_SECONDS: Final = 3600
"""How long an access token is good, as Open Badges 3.0 recommends."""
GRANT_DAYS: Final = 90
"""How long a grant is good where it is not revoked; then the learner is asked again."""
GRANTS_AT_MOST: Final = 100
"""Of one learner, ended ones among them; the oldest of those make room."""
_SECRET_BYTES: Final = 32
_ADDRESS_BYTES: Final = 64
"""Of an address: a nonce of 12, ids of 16 and 16, the number of the giving in 4, a tag of 16."""


class Kind(StrEnum):
    """What a text proves."""

    CODE = "code"
    ACCESS = "access token"
    REFRESH = "refresh token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The application that asks."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an application asked a learner for."""

    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A grant that a code or token proves."""

    learner: str
    grant: Grant

    @property
    def by(self) -> Reader:
        """Who acts by it, for no scope yet."""
        return Reader(who=f"client {self.grant.client}", grant=self.grant.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a code or refresh token was exchanged for; told nowhere else."""

    access: str
    refresh: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """A code or token, read."""

    learner: str
    grant: str
    generation: int
    digest: str


class Grants:
    """The grants of the learners of a data folder. Safe from several threads and processes."""

    def __init__(self, learners: Learners, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._learners = learners
        self._clock = clock

    def give(self, learner: str, client: Client, asked: Asked) -> str:
        """The code for the application: the learner has agreed. Raises UnknownReferenceError."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        grant = Grant(
            id=secrets.token_hex(16),
            client=client.id,
            client_name=client.name,
            scopes=asked.scopes,
            given_at=self._in(0),
            ends_at=self._in(GRANT_DAYS * 86_400),
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            code_digest=_digest(secret),
            code_ends_at=self._in(CODE_SECONDS),
        )

        def add(record: Learner, now: str) -> Change:
            return Change(record=replace(record, grants=(*_with_room(record.grants, now), grant)), what=(grant.id,))

        self._learners.change(learner, Reader(who="learner", own=True, purpose=client.name), "grant", add)
        return self._text(Kind.CODE, learner, grant.id, 0, secret)

    def find(self, kind: Kind, text: str) -> Found | None:
        """The grant of a code or token that is good now; None where it is not. One that came before ends the grant."""
        proof = self._proof(kind, text)
        if proof is None:
            return None
        try:
            record = self._learners.glance(proof.learner)
        except HeadwaterError as error:
            if isinstance(error, DamagedError):
                raise
            return None
        grant = next((each for each in record.grants if each.id == proof.grant), None)
        if grant is None or grant.revoked_at is not None:
            return None
        if _is_spent(kind, grant, proof):
            self.revoke(
                proof.learner, grant.id, Reader(who=f"client {grant.client}", own=True, purpose=f"{kind} again")
            )
            return None
        good = _is_good(kind, grant, proof, self._in(0))
        return Found(learner=proof.learner, grant=grant) if good else None

    def redeem(self, kind: Kind, text: str, *, scopes: Sequence[str] | None = None, with_refresh: bool) -> Tokens:
        """New tokens for a code or a refresh token, which is good no longer; the access token before it neither.

        Args:
            scopes: what the access token is for; all that was granted where None.

        Raises UnauthenticatedError (`oauth.grant`) where it is not good, or was used meanwhile, which ends the grant.
        """
        proof = self._proof(kind, text)
        if proof is None:
            raise _not_good()
        access, refresh = (secrets.token_urlsafe(_SECRET_BYTES) for _ in range(2))
        made: list[Tokens] = []

        def exchange(record: Learner, now: str) -> Change | None:
            grant = next((each for each in record.grants if each.id == proof.grant and each.revoked_at is None), None)
            if grant is None:
                return None
            if _is_spent(kind, grant, proof):
                return Change(record=record, what=(grant.id,), ended=(grant.id,))
            if not _is_good(kind, grant, proof, now):
                return None
            wanted = grant.scopes if scopes is None else tuple(each for each in grant.scopes if each in scopes)
            given = replace(
                grant,
                redeemed=True,
                generation=grant.generation + 1,
                access_digest=_digest(access),
                access_scopes=wanted,
                access_ends_at=self._in(ACCESS_SECONDS),
                refresh_digest=_digest(refresh) if with_refresh else None,
            )
            made.append(
                Tokens(
                    access=self._text(Kind.ACCESS, proof.learner, grant.id, given.generation, access),
                    refresh=self._text(Kind.REFRESH, proof.learner, grant.id, given.generation, refresh)
                    if with_refresh
                    else None,
                    scopes=wanted,
                )
            )
            others = (given if each.id == grant.id else each for each in record.grants)
            return Change(record=replace(record, grants=tuple(others)), what=(grant.id,))

        try:
            self._learners.change(proof.learner, Reader(who="client", own=True, purpose=kind), "token", exchange)
        except HeadwaterError as error:
            if isinstance(error, DamagedError):
                raise
            raise _not_good() from error
        if not made:
            raise _not_good()
        return made[0]

    def revoke(self, learner: str, grant: str, by: Reader = OPERATOR) -> Grant:
        """The grant, by which nobody does anything from now on. A second time is the same.

        Raises UnknownReferenceError; InputError (`learners.entry`).
        """

        def end(record: Learner, _: str) -> Change | None:
            found = find_entry(record.grants, grant)
            return Change(record=record, what=(grant,), ended=(grant,)) if found.revoked_at is None else None

        self._learners.change(learner, by, "revoke", end)
        return find_entry(self._learners.glance(learner).grants, grant)

    def _proof(self, kind: Kind, text: str) -> _Proof | None:
        address, _, secret = text.rpartition(".")
        try:
            sealed = base64.b64decode(f"{address}==".encode(), altchars=b"-_", validate=True)
            if len(sealed) != _ADDRESS_BYTES:
                return None
            found = self._learners.keys.master().open(sealed, f"grant {kind}")
            digest = _digest(secret)
        except (ValueError, DamagedError):
            return None
        return _Proof(
            learner=found[:16].hex(),
            grant=found[16:32].hex(),
            generation=int.from_bytes(found[32:]),
            digest=digest,
        )

    def _text(self, kind: Kind, learner: str, grant: str, generation: int, secret: str) -> str:
        content = bytes.fromhex(learner + grant) + generation.to_bytes(4)
        address = self._learners.keys.master().close(content, f"grant {kind}")
        # 64 bytes need two signs of padding, which have no place in a token: RFC 6750 allows them at its end only
        return f"{base64.urlsafe_b64encode(address).decode().rstrip('=')}.{secret}"

    def _in(self, seconds: int) -> str:
        return time_text(self._clock() + timedelta(seconds=seconds))


def _is_spent(kind: Kind, grant: Grant, proof: _Proof) -> bool:
    """Whether a code or refresh token was exchanged before."""
    if kind is Kind.CODE:
        return grant.redeemed
    return kind is Kind.REFRESH and proof.generation < grant.generation


def _is_good(kind: Kind, grant: Grant, proof: _Proof, now: str) -> bool:
    if kind is Kind.CODE:
        return now < grant.code_ends_at and hmac.compare_digest(proof.digest, grant.code_digest)
    expected = grant.access_digest if kind is Kind.ACCESS else grant.refresh_digest
    if expected is None or not hmac.compare_digest(proof.digest, expected) or proof.generation != grant.generation:
        return False
    return grant.holds(now) and (kind is Kind.REFRESH or now < grant.access_ends_at)


def _with_room(grants: Sequence[Grant], now: str) -> tuple[Grant, ...]:
    """Without codes that nobody came for, and without the oldest ones where they are too many, ended ones first."""
    kept = [each for each in grants if each.redeemed or now < each.code_ends_at]
    while len(kept) >= GRANTS_AT_MOST:
        kept.remove(next((each for each in kept if not each.holds(now)), kept[0]))
    return tuple(kept)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _not_good() -> UnauthenticatedError:
    return UnauthenticatedError(
        "The code or token is not good.", code="oauth.grant", hint="Send the learner to the authorization endpoint."
    )
