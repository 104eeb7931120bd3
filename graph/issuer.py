"""The issuer of a data folder: issues, revokes, suspends, changes keys, and says what is published of it all.

Whatever leaves is in the register first, durably, so that it can be revoked: a kill loses nothing that anybody has.
One process at a time writes, under a lock of its own that lasts milliseconds. Called by the command and the service.
"""

import hashlib
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import orjson
import rfc8785

from ontology.credentials.associations import Association
from ontology.credentials.did_web import address_of_did
from ontology.credentials.issuer_documents import did_document, key_set
from ontology.credentials.issuing import (
    OB_CONTEXT,
    Achievement,
    Award,
    Evidence,
    Profile,
    Recipient,
    Result,
    achievement_credential,
    achievement_json,
    clr_credential,
    placed_at,
    profile_json,
)
from ontology.credentials.signing import SigningKey, sign_document, sign_token
from ontology.credentials.status_lists import (
    CONTEXT,
    ENTRIES,
    StatusPurpose,
    choose_index,
    status_entry,
    status_list_credential,
    timestamp,
)
from ontology.errors import DamagedError, InputError, UnknownReferenceError
from ontology.json_documents import Json

from .archive import write_durably
from .issuer_identity import (
    DEVELOPMENT_ADDRESS,
    FOLDER,
    Identity,
    IdentityFiles,
    IssuerKey,
    new_identity,
    new_key,
    with_new_key,
)
from .issuer_register import REGISTER, Issued, Register, StatusList, change_event, issued_event, list_event
from .lock import ISSUER, waiting_lock
from .releases import utc_now

ACHIEVEMENTS: Final = "achievements"
TTL_SECONDS: Final = 300
"""So long a verifier may use a copy of a status list: the default of the specification."""
LIST_DAYS: Final = 7
"""So long a copy of a status list is valid at all."""
PROVISIONAL: Final = "urn:headwater:achievement"
"""Stands for the address of an achievement until that is known."""
_KEY_CHARACTERS: Final = 32


class Proof(StrEnum):
    """How a credential is secured."""

    DATA_INTEGRITY = "eddsa-rdfc-2022"
    JWT = "jwt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How something is issued, whatever it is."""

    recipient: Recipient
    proof: Proof = Proof.DATA_INTEGRITY
    valid_from: datetime | None = None
    """Default: now."""
    valid_until: datetime | None = None
    name: str | None = None
    suspendable: bool = False
    """Whether it can be suspended too: then it has two status entries, where Open Badges 3.0 allows one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What one award of an achievement says beside it."""

    evidence: tuple[Evidence, ...] = ()
    results: tuple[Result, ...] = ()
    credits_earned: float | None = None
    narrative: str | None = None
    license_number: str | None = None
    awarded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedCredential:
    """What was issued: as it leaves, and its line in the register. The former is kept nowhere."""

    credential: dict[str, Json] | str
    """A document with its proof, or a compact JWS."""
    record: Issued


@dataclass(slots=True)
class _Opened:
    """The identity as it was read, and the key that signs."""

    signature: tuple[int, int, int] | None = None
    identity: Identity | None = None
    keys: dict[str, SigningKey] = field(default_factory=dict)


class Issuer:
    """The issuer of a data folder. Safe to use from several threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._home = home
        self._files = IdentityFiles(home)
        self._register = Register(home / FOLDER / REGISTER)
        self._clock = clock
        self._mutex = threading.RLock()
        self._opened = _Opened()
        self._signed: dict[int, tuple[datetime, frozenset[int], str, dict[str, Json]]] = {}

    # ------------------------------------------------------------------------------------------------- identity

    def find_identity(self) -> Identity | None:
        """Who issues, None where nobody does yet. Raises DamagedError."""
        with self._mutex:
            signature = self._files.signature()
            if signature is None or signature != self._opened.signature:
                self._opened = _Opened(signature, self._files.find())
            return self._opened.identity

    def identity(self) -> Identity:
        """Who issues. Raises InputError (`issuer.none`) where nobody does yet."""
        found = self.find_identity()
        if found is None:
            raise InputError(
                "This data folder has no issuer.",
                code="issuer.none",
                hint="`headwater issuer init --name NAME` makes one.",
            )
        return found

    def create(self, profile: Mapping[str, str | None], name: str, public_url: str | None) -> Identity:
        """The new issuer, with its first key.

        Args:
            profile: `url`, `description`, `email`, `image`, as far as they are known.
            public_url: an https address makes it did:web, anything else did:key.

        Raises InputError (`issuer.exists`, `issuer.name`, `issuer.address`, `issue.iri`).
        """
        identity, private = new_identity(public_url, self._now(), name=name, **profile)
        profile_json(identity.profile)
        with self._writing():
            if self.find_identity() is not None:
                raise InputError(
                    "This data folder has an issuer already.",
                    code="issuer.exists",
                    hint="`headwater issuer show` shows it; another issuer needs another data folder.",
                )
            self._files.write(identity, private)
        return identity

    def rotate(self, *, compromised: bool = False) -> Identity:
        """The issuer with a new key; the one before signs no credential any more.

        Args:
            compromised: others may have it: it is no longer published, and nothing that it signed verifies.
        """
        with self._writing():
            identity, at = self.identity(), self._now()
            private, key = new_key(identity.did if identity.is_web else None, at)
            changed = with_new_key(identity, key, at, compromised=compromised)
            self._files.write(changed, private)
        return changed

    def check_address(self, public_url: str | None) -> None:
        """Nothing, where the service is reached where the issuer says. Raises InputError (`issuer.address`)."""
        identity = self.identity()
        if (public_url or DEVELOPMENT_ADDRESS) != identity.address:
            raise InputError(
                f"The issuer was made for {identity.address}, and the public address is {public_url or 'not set'}.",
                code="issuer.address",
                hint="Set HEADWATER_PUBLIC_URL to that address, or make an issuer in another data folder.",
            )

    # -------------------------------------------------------------------------------------------------- issuing

    def define(self, achievement: Achievement) -> Achievement:
        """The achievement with the address at which it is served from now on; the same content, the same address.

        What it gives as its IRI, and the beginnings of those of its results and levels, are put in its place.
        Raises InputError for what the standard does not allow.
        """
        key = _key(achievement)
        placed = placed_at(achievement, self._address(key))
        path = self._home / FOLDER / ACHIEVEMENTS / f"{key}.json"
        if not path.exists():
            with self._writing():
                write_durably(path, orjson.dumps(achievement_json(placed)))
        return placed

    def _address(self, key: str) -> str:
        return f"{self.identity().address}/{FOLDER}/{ACHIEVEMENTS}/{key}"

    def award(self, achievement: Achievement, terms: Terms, details: Details) -> IssuedCredential:
        """An Open Badges 3.0 credential of an achievement as it was given to `define`, results named alike.

        Raises as `define` and `issue` do.
        """
        placed = self.define(achievement)
        results = tuple(
            replace(
                each,
                description=_moved(each.description, achievement.iri, placed.iri),
                level=None if each.level is None else _moved(each.level, achievement.iri, placed.iri),
            )
            for each in details.results
        )
        return self.issue(placed, terms, replace(details, results=results))

    def issue(self, achievement: Achievement, terms: Terms, details: Details | None = None) -> IssuedCredential:
        """An Open Badges 3.0 credential of an achievement that `define` gave.

        Raises InputError for what the standard does not allow, BusyError, UnavailableError; nothing is issued then.
        """
        details = details or Details()

        def make(award: Award, issuer: Profile) -> dict[str, Json]:
            whole = replace(
                award,
                evidence=details.evidence,
                results=details.results,
                credits_earned=details.credits_earned,
                narrative=details.narrative,
                license_number=details.license_number,
                awarded_at=details.awarded_at,
            )
            return achievement_credential(achievement, whole, issuer)

        return self._issue(make, terms, form="ob3", achievement=achievement.iri)

    def gather(
        self,
        credentials: Sequence[Mapping[str, Json] | str],
        terms: Terms,
        *,
        associations: Sequence[Association] = (),
        partial: bool = False,
    ) -> IssuedCredential:
        """A CLR 2.0 credential that holds these. Raises as `issue` does."""

        def make(award: Award, issuer: Profile) -> dict[str, Json]:
            return clr_credential(credentials, award, issuer, associations=associations, partial=partial)

        return self._issue(make, terms, form="clr2", achievement=None)

    def _issue(
        self, make: Callable[[Award, Profile], dict[str, Json]], terms: Terms, *, form: str, achievement: str | None
    ) -> IssuedCredential:
        identity, now = self.identity(), self._clock()
        award = Award(
            iri=f"urn:uuid:{uuid.uuid4()}",
            recipient=terms.recipient,
            valid_from=terms.valid_from or now,
            valid_until=terms.valid_until,
            name=terms.name,
        )
        make(award, identity.profile)  # what cannot be issued takes no place in a list
        with self._writing():
            identity = self.identity()
            events, status = self._places(identity, terms.suspendable)
            entries = tuple(
                status_entry(self.list_address(identity, number), index, purpose) for number, index, purpose in status
            )
            document = make(replace(award, status=entries), identity.profile)
            key = self._signing_key(identity.key)
            credential: dict[str, Json] | str
            if terms.proof is Proof.JWT:
                credential = sign_token(document, key)
            else:
                credential = sign_document(document, key, created=now)
            record = Issued(
                id=award.iri,
                digest=digest(credential),
                issued_at=timestamp(now),
                issuer=identity.did,
                key=key.method,
                format=form,
                proof=terms.proof.value,
                achievement=achievement,
                recipients=tuple(identity.hash_recipient(each) for each in _names(terms.recipient)),
                valid_until=None if terms.valid_until is None else timestamp(terms.valid_until),
                status=tuple((number, index) for number, index, _ in status),
            )
            self._register.append([*events, issued_event(record)])
        return IssuedCredential(credential=credential, record=record)

    def _places(
        self, identity: Identity, suspendable: bool
    ) -> tuple[list[dict[str, object]], list[tuple[int, int, StatusPurpose]]]:
        """(events of new lists, places in lists) for one credential."""
        self._register.refresh()
        lists = self._register.lists()
        events, places = [], []
        for purpose in list(StatusPurpose)[: 2 if suspendable else 1]:
            own = [each for each in lists if each.issuer == identity.did and each.purpose is purpose]
            found = next((each for each in own if not each.closed and len(each.used) < ENTRIES), None)
            if found is None:
                found = StatusList(number=len(lists) + 1, issuer=identity.did, purpose=purpose)
                lists.append(found)
                events.append(list_event(found.number, identity.did, purpose))
            places.append((found.number, choose_index(found.used, secrets.randbelow), purpose))
        return events, places

    # --------------------------------------------------------------------------------------------------- status

    def revoke(self, identifier: str, *, by: str) -> Issued:
        """The credential, withdrawn for good; a second time is the same. Raises UnknownReferenceError."""
        return self._change("revoked", identifier, by)

    def suspend(self, identifier: str, *, by: str) -> Issued:
        """The credential, not valid for now. Raises UnknownReferenceError, InputError (`issuer.not-suspendable`)."""
        return self._change("suspended", identifier, by)

    def reinstate(self, identifier: str, *, by: str) -> Issued:
        """The credential, no longer suspended. Raises as `suspend`, and for a revoked one (`issuer.revoked`)."""
        return self._change("reinstated", identifier, by)

    def _change(self, what: str, identifier: str, by: str) -> Issued:
        with self._writing():
            self._register.refresh()
            issued = self.get(identifier)
            if what != "revoked":
                self._check_suspendable(issued)
            changed = {
                "revoked": issued.revoked_at is None,
                "suspended": issued.suspended_at is None,
                "reinstated": issued.suspended_at is not None,
            }
            if changed[what]:
                self._register.append([change_event(what, identifier, self._now(), by)])
            return self.get(identifier)

    def _check_suspendable(self, issued: Issued) -> None:
        purposes = {each.number: each.purpose for each in self._register.lists()}
        if issued.revoked_at is not None:
            raise InputError(
                f"{issued.id!r} is revoked, which is for good.",
                code="issuer.revoked",
                hint="Issue it anew.",
                subject=issued.id,
            )
        if StatusPurpose.SUSPENSION not in {purposes[number] for number, _ in issued.status}:
            raise InputError(
                f"{issued.id!r} was issued without an entry for suspension.",
                code="issuer.not-suspendable",
                hint="Revoke it; what is issued as suspendable can be suspended.",
                subject=issued.id,
            )

    def get(self, identifier: str) -> Issued:
        """What was issued under this id. Raises UnknownReferenceError."""
        self._register.refresh()
        found = self._register.find(identifier)
        if found is None:
            raise UnknownReferenceError(
                f"Nothing was issued as {identifier[:200]!r}.",
                hint="`headwater issuer list` lists what was issued; give the credential's `id`.",
                subject=identifier[:200],
            )
        return found

    def issued(self, *, recipient: Recipient | None = None) -> Iterator[Issued]:
        """What was issued, oldest first: all, or what this recipient has by any of their names."""
        self._register.refresh()
        wanted: set[str] = set()
        if recipient is not None:
            wanted = {self.identity().hash_recipient(each) for each in _names(recipient)}
        return (each for each in self._register.issued() if recipient is None or wanted & set(each.recipients))

    def status_changes(self, seen: tuple[int, int] | None) -> tuple[tuple[int, int], list[str] | None]:
        """(how far the register goes, ids whose status changed since; None: any may have). Raises DamagedError."""
        self._register.refresh()
        generation = self._register.generation
        changed = self._register.changed_since(0 if seen is None else seen[1])
        if seen is None or seen[0] != generation:
            return (generation, len(self._register.changed_since(0))), None
        return (generation, seen[1] + len(changed)), changed

    def find(self, identifier: str) -> Issued | None:
        """What was issued under this id, as of the last refresh."""
        return self._register.find(identifier)

    # ------------------------------------------------------------------------------------------------ published

    def list_address(self, identity: Identity, number: int) -> str:
        """Where a status list is served."""
        return f"{identity.address}/{FOLDER}/status/{number}"

    def status_list(self, number: int) -> dict[str, Json] | None:
        """A status list as a signed credential; None where there is none of that number.

        It is signed anew when it changes, and when half of the time to live has passed.
        """
        self._register.refresh()
        found = next((each for each in self._register.lists() if each.number == number), None)
        identity = self.find_identity()
        if found is None or identity is None:
            return None
        key = _key_of(identity, found.issuer)
        with self._mutex:
            now, indexes = self._clock(), frozenset(found.indexes)
            kept = self._signed.get(number)
            if kept and kept[1:3] == (indexes, key.method) and now - kept[0] < timedelta(seconds=TTL_SECONDS / 2):
                return kept[3]
            document = status_list_credential(
                address=self.list_address(identity, number),
                issuer=found.issuer,
                purpose=found.purpose,
                indexes=indexes,
                valid_from=now,
                valid_until=now + timedelta(days=LIST_DAYS),
                ttl_seconds=TTL_SECONDS,
            )
            signed = sign_document(document, self._signing_key(key), created=now)
            self._signed[number] = now, indexes, key.method, signed
            return signed

    def did_document(self) -> dict[str, Json]:
        """The document of the issuer's DID. Raises InputError (`issuer.none`)."""
        identity = self.identity()
        return did_document(identity.did, identity.published_keys())

    def key_set(self) -> dict[str, Json]:
        """Its keys as a JWK Set. Raises InputError (`issuer.none`)."""
        return key_set(self.identity().published_keys())

    def profile(self) -> dict[str, Json]:
        """Who issues, as JSON-LD. Raises InputError (`issuer.none`)."""
        return {"@context": [CONTEXT, OB_CONTEXT], **profile_json(self.identity().profile)}

    def achievement(self, key: str) -> dict[str, Json] | None:
        """A definition that was issued, by the last part of its address; None where there is none."""
        if len(key) != _KEY_CHARACTERS or not set(key) <= set("0123456789abcdef"):
            return None
        path = self._home / FOLDER / ACHIEVEMENTS / f"{key}.json"
        try:
            found: dict[str, Json] = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="issuer.damaged") from error
        return {"@context": [CONTEXT, OB_CONTEXT], **found}

    def achievement_keys(self) -> list[str]:
        """The last parts of the addresses of all definitions, sorted."""
        return sorted(path.stem for path in (self._home / FOLDER / ACHIEVEMENTS).glob("*.json"))

    def published_at(self, address: str) -> dict[str, Json] | None:
        """What the issuer publishes at an address; None where it is nothing of its own."""
        identity = self.find_identity()
        if identity is None:
            return None
        if identity.is_web and address == address_of_did(identity.did):
            return self.did_document()
        match address.removeprefix(f"{identity.address}/").split("/"):
            case [".well-known", "jwks.json"]:
                return self.key_set()
            case ["issuer"]:
                return self.profile()
            case ["issuer", "achievements", key]:
                return self.achievement(key)
            case ["issuer", "status", number] if (
                number.isascii() and number.isdigit() and len(number) < _KEY_CHARACTERS
            ):
                return self.status_list(int(number))
        return None

    def published_addresses(self) -> list[str]:
        """The addresses at which it publishes something, sorted. Raises InputError (`issuer.none`)."""
        identity = self.identity()
        found = {f"{identity.address}/.well-known/jwks.json", f"{identity.address}/{FOLDER}"}
        if identity.is_web:
            found.add(address_of_did(identity.did))
        found |= {self._address(key) for key in self.achievement_keys()}
        self._register.refresh()
        issuers = {key.issuer for key in identity.keys if not key.compromised}
        found |= {self.list_address(identity, each.number) for each in self._register.lists() if each.issuer in issuers}
        return sorted(found)

    # --------------------------------------------------------------------------------------------------- inside

    def _now(self) -> str:
        return timestamp(self._clock())

    def _signing_key(self, key: IssuerKey) -> SigningKey:
        kept = self._opened.keys.get(key.method)
        if kept is None:
            kept = self._opened.keys[key.method] = self._files.signing_key(key)
        return kept

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Nothing, while no other thread or process issues. Raises BusyError after five seconds."""
        with self._mutex, waiting_lock(self._home, ISSUER):
            yield


def _key(achievement: Achievement) -> str:
    given = achievement_json(placed_at(achievement, PROVISIONAL))
    return hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()[:_KEY_CHARACTERS]


def _moved(iri: str, former: str, address: str) -> str:
    return address + iri.removeprefix(former) if iri.startswith(former) else iri


def digest(credential: dict[str, Json] | str) -> str:
    """SHA-256 of a credential as the register has it: of the compact JWS, or of the document in canonical JSON."""
    content = credential.encode() if isinstance(credential, str) else rfc8785.dumps(credential)
    return hashlib.sha256(content).hexdigest()


def _key_of(identity: Identity, issuer: str) -> IssuerKey:
    """The key that signs the status lists of a DID of this issuer."""
    if issuer == identity.did:
        return identity.key
    found = next((key for key in identity.keys if key.issuer == issuer and not key.compromised), None)
    if found is None:
        raise InputError(
            f"No key vouches for {issuer} any more.",
            code="issuer.compromised",
            hint="What it issued is not valid; issue it anew.",
            subject=issuer,
        )
    return found


def _names(recipient: Recipient) -> list[str]:
    """Each way in which a recipient is named, as the register hashes it."""
    named = [] if recipient.iri is None else [recipient.iri]
    return [*named, *(f"{each.type}:{each.value}" for each in recipient.identifiers)]
