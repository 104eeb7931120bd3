"""Keys: who may write over the network, and who may see private datasets.

A key is shown once, when it is made; the data folder keeps its SHA-256 (it has 256 random bits, which nothing slower
would protect better). Whoever holds the data folder makes and revokes keys; a running service sees that at its next
request. Knows no protocol: `transport` reads the header.
"""

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from graph.archive import write_durably
from graph.learner_records import ANY_EMPLOYER
from graph.lock import KEYS, writer_lock
from graph.releases import utc_now
from ontology.errors import DamagedError, ForbiddenError, InputError, UnauthenticatedError, UnknownReferenceError

_KEY = re.compile(r"hw_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_KEY_ID = re.compile(r"[0-9a-f]{12}")
_RECEIVER = re.compile(r"[a-z0-9][a-z0-9.-]{1,62}")
_SECRET_BYTES = 32
_BEARER = "bearer "
_MAKES = "headwater keys create --role "


class Role(StrEnum):
    """What a key is for."""

    READER = "reader"
    """Sees private datasets."""
    STEWARD = "steward"
    """Loads, publishes, rolls back and edits overlays; sees what a reader sees."""
    ISSUER = "issuer"
    """Issues credentials, revokes and suspends them; sees what a reader sees."""
    EMPLOYER = "employer"
    """Searches learners who let it; otherwise sees what anybody sees."""
    LEARNER = "learner"
    """Reads and changes what is stored of one learner; otherwise sees what anybody sees."""

    @property
    def holder(self) -> str:
        """Who has such a key, with an article."""
        return f"{'an' if self in (Role.ISSUER, Role.EMPLOYER) else 'a'} {self.value}"


_MADE_BY = {Role.LEARNER: "headwater learners key"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key, without its secret. Times are RFC 3339 in UTC."""

    id: str
    role: Role
    digest: str
    """SHA-256 of the whole key."""
    created_at: str
    expires_at: str | None = None
    revoked_at: str | None = None
    note: str | None = None
    learner: str | None = None
    """Pseudonym of the learner whose key it is."""
    receiver: str | None = None
    """Of an employer's key: the name by which learners let the employer find them; several keys may have one."""

    def is_valid(self, now: datetime) -> bool:
        """Whether it opens anything at this time."""
        expired = self.expires_at is not None and datetime.fromisoformat(self.expires_at) <= now
        return self.revoked_at is None and not expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: somebody with a key, or anybody."""

    key: str | None = None
    """Id of the key."""
    role: Role | None = None
    learner: str | None = None
    """Pseudonym of the learner whose key it is."""
    receiver: str | None = None
    """Name of the employer whose key it is."""

    @property
    def sees_private(self) -> bool:
        """Whether private datasets are shown."""
        return self.role not in (None, Role.LEARNER, Role.EMPLOYER)

    def require(self, role: Role) -> None:
        """Nothing, where the caller may act as this. Raises UnauthenticatedError without a key, else ForbiddenError."""
        if self.role is None:
            raise UnauthenticatedError(
                f"This needs a key of {role.holder}.",
                hint=f"Send `Authorization: Bearer <key>`; `{_MADE_BY.get(role, _MAKES + role.value)}` makes one.",
            )
        if self.role is not role:
            raise ForbiddenError(
                f"The key is {self.role.holder}'s; this needs {role.holder}'s.",
                hint=f"Use a key of {role.holder}.",
            )


ANYBODY = Caller()


class Keys:
    """The keys of a data folder."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now):
        self._home = home
        self._path = home / "keys.json"
        self._clock = clock
        self._lock = threading.Lock()
        self._read: tuple[tuple[int, int, int] | None, dict[str, Key]] = (None, {})

    def all(self) -> list[Key]:
        """All keys, oldest first. Raises DamagedError."""
        return sorted(self._keys().values(), key=lambda key: (key.created_at, key.id))

    def create(
        self,
        role: Role,
        *,
        note: str | None = None,
        expires_at: datetime | None = None,
        learner: str | None = None,
        receiver: str | None = None,
    ) -> tuple[str, Key]:
        """(the key as its holder sends it, the record). The first is told nowhere else.

        Raises InputError where it would have expired already, or a learner's key has no learner or another key one, or
        an employer's no name that can be one (`keys.receiver`) or another key one;
        BusyError, UnavailableError, DamagedError.
        """
        now = self._clock()
        if (role is Role.LEARNER) != (learner is not None):
            raise InputError(
                "A learner's key, and no other, is that of one learner.",
                code="keys.learner",
                hint="`headwater learners key` makes it.",
            )
        check_receiver_name(role, receiver)
        if expires_at is not None and expires_at <= now:
            raise InputError(f"A key that ends at {expires_at.isoformat()} opens nothing.", code="keys.expired")
        identifier = secrets.token_hex(6)
        text = f"hw_{identifier}_{secrets.token_urlsafe(_SECRET_BYTES)}"
        key = Key(
            id=identifier,
            role=role,
            digest=_digest(text),
            created_at=_time(now),
            expires_at=_time(expires_at) if expires_at is not None else None,
            note=note,
            learner=learner,
            receiver=receiver,
        )
        with self._changing() as keys:
            keys[identifier] = key
        return text, key

    def revoke(self, identifier: str) -> Key:
        """The key, which opens nothing from now on. Raises UnknownReferenceError, BusyError, UnavailableError."""
        with self._changing() as keys:
            key = keys.get(identifier)
            if key is None:
                raise UnknownReferenceError(
                    f"There is no key {identifier!r}.", hint="`headwater keys list` lists them.", subject=identifier
                )
            if key.revoked_at is None:
                key = keys[identifier] = replace(key, revoked_at=_time(self._clock()))
        return key

    def forget(self, learner: str) -> None:
        """Nothing; no key of a learner is left, nor that there was one. Raises BusyError, UnavailableError."""
        if any(key.learner == learner for key in self._keys().values()):
            with self._changing() as keys:
                for identifier in [key.id for key in keys.values() if key.learner == learner]:
                    del keys[identifier]

    def identify(self, authorization: str | None) -> Caller:
        """Who sends this `Authorization` header; anybody where there is none.

        Raises UnauthenticatedError for a key that is none, or no longer one: the same answer for each.
        """
        if authorization is None or not authorization.strip():
            return ANYBODY
        refused = UnauthenticatedError("The key is not valid.", hint="Send `Authorization: Bearer <key>`, or nothing.")
        text = authorization.strip()
        if not text[: len(_BEARER)].lower() == _BEARER:
            raise refused
        given = text[len(_BEARER) :].strip()
        found = _KEY.fullmatch(given)
        key = self._keys().get(found[1]) if found else None
        matches = hmac.compare_digest(_digest(given), key.digest if key else "0" * 64)
        if key is None or not matches or not key.is_valid(self._clock()):
            raise refused
        return Caller(key=key.id, role=key.role, learner=key.learner, receiver=key.receiver)

    def _keys(self) -> dict[str, Key]:
        """By id; the file is read again where it has changed."""
        with self._lock:
            signature = self._signature()
            if signature != self._read[0]:
                self._read = (signature, self._load())
            return dict(self._read[1])

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _load(self) -> dict[str, Key]:
        try:
            content = json.loads(self._path.read_bytes())
            keys = [Key(**(each | {"role": Role(each["role"])})) for each in content["keys"]]
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(
                f"{self._path} cannot be read: {error}", code="keys.damaged", hint="Restore it, or make new keys."
            ) from error
        return {key.id: key for key in keys}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Key]]:
        with writer_lock(self._home, KEYS):
            keys = self._keys()
            yield keys
            content = {"keys": [asdict(key) for key in sorted(keys.values(), key=lambda key: key.id)]}
            write_durably(self._path, json.dumps(content, indent=1).encode(), mode=0o600)


def check_receiver_name(role: Role, receiver: str | None) -> None:
    """Nothing, where an employer's key has a name and another key none. Raises InputError (`keys.receiver`)."""
    if role is not Role.EMPLOYER and receiver is None:
        return
    named = receiver is not None and _RECEIVER.fullmatch(receiver) and not _KEY_ID.fullmatch(receiver)
    if role is not Role.EMPLOYER or not named or receiver == ANY_EMPLOYER:
        raise InputError(
            "An employer's key, and no other, has the name of the employer: 2 to 63 of a-z, 0-9, `.` and `-`.",
            code="keys.receiver",
            hint="`headwater keys create --role employer --receiver acme.example`; learners consent to this name.",
            subject=receiver,
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
