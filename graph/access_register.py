"""Which applications are registered to ask learners, and who signs in as which learner.

`learner-access/` has `clients.json` (what an application said of itself, and the SHA-256 of its secret), `accounts/`
(a file per person who signs in through a provider: a keyed hash of who they are there, and the learner's pseudonym)
and `local.json` (the one local account of development, its password hashed with scrypt). Nothing here opens anything
of a learner by itself. Knows no protocol. Called by the authorization server and the commands.
"""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from ontology.errors import BusyError, DamagedError, UnknownReferenceError

from .archive import write_durably, writing
from .learner_keys import ASIDE
from .learner_log import Ending, Endings
from .learner_rules import time_text
from .lock import ACCESS, LEARNERS, waiting_lock
from .releases import utc_now

FOLDER: Final = "learner-access"
CLIENTS: Final = "clients.json"
LOCAL: Final = "local.json"
ACCOUNTS: Final = "accounts"
CLIENTS_AT_MOST: Final = 1000
UNUSED_HOURS: Final = 24
"""After which a registration goes by which no learner has agreed to anything."""
_MARK: Final = re.compile(r"[0-9a-f]{64}")
_SECRET_BYTES: Final = 32
_SCRYPT_COST: Final = 1 << 14
"""16 MiB and some 50 ms; the password has 120 random bits besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """An application, without its secret. Times are RFC 3339 in UTC."""

    id: str
    digest: str
    """SHA-256 of the secret."""
    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    auth_method: str
    """`client_secret_basic` or `client_secret_post`."""
    described: dict[str, Any]
    """The rest of what it said of itself, as RFC 7591 names it."""
    registered_at: str
    used_at: str | None = None
    """When a learner first agreed to something."""

    def has_secret(self, secret: str) -> bool:
        """Whether this is its secret."""
        return hmac.compare_digest(_digest(secret), self.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalAccount:
    """The one local account, for development."""

    name: str
    learner: str
    salt: str
    digest: str


class AccessRegister:
    """The applications and accounts of a data folder. Safe from several threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._home = home
        self._folder = home / FOLDER
        self._clock = clock
        self._mutex = threading.Lock()
        self._endings = Endings(home)

    # ---------------------------------------------------------------------------------------------- applications

    def clients(self) -> list[RegisteredClient]:
        """All applications, oldest first. Raises DamagedError."""
        self._endings.refresh()
        since = time_text(self._clock() - timedelta(hours=UNUSED_HOURS))
        found = (
            each
            for each in self._read_clients()
            if self._endings.find(each.id) is None and (each.used_at is not None or each.registered_at > since)
        )
        return sorted(found, key=lambda each: (each.registered_at, each.id))

    def find_client(self, identifier: str) -> RegisteredClient | None:
        """The application with this id, where it is registered."""
        return next((each for each in self.clients() if each.id == identifier), None)

    def register(
        self,
        *,
        name: str,
        redirect_uris: tuple[str, ...],
        scopes: tuple[str, ...],
        grant_types: tuple[str, ...],
        auth_method: str,
        described: dict[str, Any],
    ) -> tuple[str, RegisteredClient]:
        """(the secret, the application). The first is told nowhere else.

        Raises BusyError (`oauth.full`) where there are too many, UnavailableError, DamagedError.
        """
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        client = RegisteredClient(
            id=secrets.token_hex(16),
            digest=_digest(secret),
            name=name,
            redirect_uris=redirect_uris,
            scopes=scopes,
            grant_types=grant_types,
            auth_method=auth_method,
            described=described,
            registered_at=time_text(self._clock()),
        )
        with self._changing() as clients:
            if len(clients) >= CLIENTS_AT_MOST:
                raise BusyError(
                    f"{CLIENTS_AT_MOST} applications are registered already.",
                    code="oauth.full",
                    hint=f"Unused registrations go after {UNUSED_HOURS} hours; the operator can remove others.",
                )
            clients[client.id] = client
        return secret, client

    def note_use(self, identifier: str) -> None:
        """Nothing; the registration stays, since a learner has agreed to something. For the first time only."""
        found = self.find_client(identifier)
        if found is not None and found.used_at is None:
            with self._changing() as clients:
                if identifier in clients:
                    clients[identifier] = replace(clients[identifier], used_at=time_text(self._clock()))

    def remove_client(self, identifier: str) -> RegisteredClient:
        """The application, which can do nothing from now on, nor after a restore. Raises UnknownReferenceError."""
        with self._changing() as clients:
            client = clients.pop(identifier, None)
            if client is None:
                raise UnknownReferenceError(
                    f"No application {identifier[:64]!r} is registered.",
                    code="oauth.client",
                    hint="`headwater learners clients` lists them.",
                    subject=identifier[:64],
                )
            with waiting_lock(self._home, LEARNERS):
                self._endings.append([Ending(id=identifier, kind="client", at=time_text(self._clock()))])
        return client

    def _read_clients(self) -> list[RegisteredClient]:
        path = self._folder / CLIENTS
        try:
            listed = orjson.loads(path.read_bytes())["clients"]
            return [
                RegisteredClient(
                    **(each | {name: tuple(each[name]) for name in ("redirect_uris", "scopes", "grant_types")})
                )
                for each in listed
            ]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(path) from error

    @contextmanager
    def _changing(self) -> Iterator[dict[str, RegisteredClient]]:
        with self._writing():
            clients = {each.id: each for each in self.clients()}
            yield clients
            content = orjson.dumps({"clients": [asdict(each) for each in clients.values()]}, option=orjson.OPT_INDENT_2)
            write_durably(self._folder / CLIENTS, content, mode=0o600)

    # -------------------------------------------------------------------------------------------------- accounts

    def learner_of(self, mark: str) -> str | None:
        """The learner as whom somebody signs in; `mark` is the keyed hash of who they are at the provider."""
        path = self._account_path(mark)
        try:
            return str(orjson.loads(path.read_bytes())["learner"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(path) from error

    def bind(self, mark: str, learner: str) -> None:
        """Nothing; whoever this is signs in as the learner from now on. Raises BusyError, UnavailableError."""
        with self._writing():
            self._bind(mark, learner)

    def learner_for(self, mark: str, is_stored: Callable[[str], bool], make: Callable[[], str]) -> str:
        """The learner as whom somebody signs in: the one that they are bound to, or a new one, bound from now on."""
        with self._writing():
            found = self.learner_of(mark)
            if found is None or not is_stored(found):
                found = make()
                self._bind(mark, found)
            return found

    def _bind(self, mark: str, learner: str) -> None:
        content = orjson.dumps({"learner": learner, "since": time_text(self._clock())})
        write_durably(self._account_path(mark), content, mode=0o600)

    def make_local(self, name: str, learner: str) -> str:
        """The password of the one local account, which there is from now on; told nowhere else."""
        password = secrets.token_urlsafe(15)
        salt = secrets.token_bytes(16)
        account = LocalAccount(name=name, learner=learner, salt=salt.hex(), digest=_slow_digest(password, salt))
        with self._writing():
            write_durably(self._folder / LOCAL, orjson.dumps(asdict(account)), mode=0o600)
        return password

    def local(self) -> LocalAccount | None:
        """The local account, where there is one. Raises DamagedError."""
        path = self._folder / LOCAL
        try:
            return LocalAccount(**orjson.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise _damaged(path) from error

    def sign_in_locally(self, name: str, password: str) -> str | None:
        """The learner of the local account; None where name or password is another one. Takes some 50 ms."""
        account = self.local()
        salt = bytes.fromhex(account.salt) if account is not None else bytes(16)
        digest = _slow_digest(password, salt)
        if account is None:
            return None
        given = name.encode("utf-8", "surrogatepass")
        same = hmac.compare_digest(digest, account.digest), hmac.compare_digest(given, account.name.encode())
        return account.learner if all(same) else None

    def forget(self, learners: Collection[str]) -> None:
        """Nothing; nobody signs in as one of these learners, nor is it said that anybody did."""
        if not self._folder.exists():
            return
        with self._writing():
            for folder in (self._folder, *(path / FOLDER for path in self._home.glob(ASIDE))):
                forget_accounts(folder, learners)

    def _account_path(self, mark: str) -> Path:
        assert _MARK.fullmatch(mark), "a keyed hash"
        return self._folder / ACCOUNTS / f"{mark}.json"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._mutex, waiting_lock(self._home, ACCESS):
            with writing(self._folder):
                for folder in (self._folder, self._folder / ACCOUNTS):
                    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            yield


def forget_accounts(folder: Path, learners: Collection[str]) -> None:
    """Nothing; in this folder nobody signs in as one of these learners. Raises UnavailableError, DamagedError."""
    for path in (*(folder / ACCOUNTS).glob("*.json"), folder / LOCAL):
        try:
            learner = orjson.loads(path.read_bytes())["learner"]
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _damaged(path) from error
        if learner in learners:
            with writing(path):
                path.unlink(missing_ok=True)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _slow_digest(password: str, salt: bytes) -> str:
    content = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(content, salt=salt, n=_SCRYPT_COST, r=8, p=1, dklen=32).hex()


def _damaged(path: Path) -> DamagedError:
    return DamagedError(
        f"{path} cannot be read.", code="learners.access-damaged", hint="Restore the folder `learner-access`."
    )
