"""Stored learners: their documents, consents and links; who may read them; erasure. Never part of a release.

A learner is a folder `learners/<pseudonym>/` of sealed files, opened by a key that lies elsewhere (`learner_keys`).
What ends, ends by a line in the log of endings (`learner_log`), the one step that counts: after a kill the rest is made
up for by whoever writes next. Every reading is in the audit, durably, before anything is given back. Verifies nothing
and knows no protocol. Called by the service and the command line ([learners.md](../docs/learners.md)).
"""

import base64
import hashlib
import hmac
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Final

from ontology.credentials.verdicts import Verification
from ontology.errors import DamagedError, HeadwaterError, InputError, UnknownReferenceError

from .archive import writing
from .chained_log import Head
from .evidence import EvidenceBook, evidence_of
from .learner_files import FOLDER, LearnerFiles
from .learner_keys import ASIDE, ID, LearnerKeys, Seal, unknown
from .learner_log import LEARNER, Audit, AuditEntry, Ending, Endings
from .learner_records import (
    Consent,
    Learner,
    Link,
    StoredDocument,
    public_json,
    with_endings,
)
from .learner_rules import (
    DOCUMENTS_AT_MOST,
    ENTRIES_AT_MOST,
    OPERATOR,
    NewDocument,
    Reader,
    Standing,
    check_document,
    check_room,
    find_entry,
    is_allowed,
    no_link,
    read_purpose,
    read_text,
    time_text,
)
from .lock import LEARNERS, waiting_lock
from .releases import utc_now

_ADDRESS_BYTES: Final = 60
"""Of a link's address: a nonce of 12, two ids of 16, a tag of 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an audit is to say of a reading."""

    who: str
    act: str
    why: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How far the logs went when somebody looked."""

    generation: int
    """Of the files: another one after a restore."""
    audit: int
    endings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What may have changed since somebody looked."""

    seen: Seen
    learners: tuple[str, ...] | None
    """None: any may have, for the logs are other ones."""
    ended: tuple[Ending, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a learner's record."""

    record: Learner
    what: tuple[str, ...]
    """Ids or fields that the audit names."""
    ended: tuple[str, ...] = ()
    """Ids of grants that end for good."""


class Put(Enum):
    """What became of a document that came."""

    CREATED = "created"
    REPLACED = "replaced"
    KEPT = "kept what there was"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """That a learner was erased."""

    learner: str
    erased_at: str
    audit: Head
    """How far the chain of the audit goes: what was noted of the learner is in it, unreadable."""


class Learners:
    """The stored learners of a data folder. Safe from several threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._home = home
        self._clock = clock
        self._mutex = threading.Lock()
        self.keys = LearnerKeys(home)
        self._files = LearnerFiles(home)
        self._audit, self._endings = Audit(home), Endings(home)
        self._finished: set[str] = set()
        self._looked_at: Head | None = None

    # -------------------------------------------------------------------------------------------------- storing

    def add(self, name: str | None = None, *, by: Reader = OPERATOR) -> Learner:
        """A new learner, stored. Raises InputError (`learners.text`), BusyError, UnavailableError."""
        name = None if name is None else read_text(name, "A name")
        with self._writing():
            learner = Learner(id=secrets.token_hex(16), name=name, created_at=self._now())
            seal = self.keys.create(learner.id)
            self._note(learner.id, seal, by, "stored", ("name",) if name else ())
            self._files.write(learner, seal)
        return learner

    def ids(self) -> list[str]:
        """The pseudonyms of all stored learners, sorted. Nothing of them is read."""
        self._endings.refresh()
        found = sorted(path.name for path in (self._home / FOLDER).glob("*") if ID.fullmatch(path.name))
        return [each for each in found if self._endings.find(each) is None and self._files.record_path(each).exists()]

    def erased(self) -> set[str]:
        """The pseudonyms of all learners who were erased. Raises DamagedError."""
        self._endings.refresh()
        return {each.id for each in self._endings.all() if each.kind == LEARNER}

    def read(self, learner: str, by: Reader) -> Learner:
        """What is stored of a learner, but for the texts. Raises UnknownReferenceError where it may not be read."""
        with self._writing():
            found, seal = self._opened(learner, by)
            self._note(learner, seal, by, "read", ("record",))
            return found

    def glance(self, learner: str) -> Learner:
        """What is stored, for checks that give nothing back and so are not in the audit. Raises as `read`."""
        with self._writing():
            return self._opened(learner, OPERATOR)[0]

    def documents(
        self, learner: str, by: Reader, *, act: str = "read", only: Sequence[str] | None = None
    ) -> list[tuple[StoredDocument, str]]:
        """The documents of a learner with their texts, in the order in which they were stored.

        Args:
            only: ids of those that are wanted; all where None.

        Raises UnknownReferenceError where they may not be read, or there is no such one; DamagedError.
        """
        with self._writing():
            found, seal = self._opened(learner, by)
            wanted = found.documents
            if only is not None:
                wanted = tuple(find_entry(found.documents, each) for each in dict.fromkeys(only))
            self._note(learner, seal, by, act, tuple(each.id for each in wanted))
            return [(each, self._files.document(learner, each.id, seal)) for each in wanted]

    def store_document(self, learner: str, document: NewDocument, by: Reader) -> StoredDocument:
        """The document, stored; the one that is there where the same text is stored already.

        Raises UnknownReferenceError; InputError (`learners.document`, `learners.too-many`).
        """
        content = check_document(document)
        with self._changing(learner, by) as (found, seal):
            digest = hashlib.sha256(content).hexdigest()
            same = next((each for each in found.documents if each.sha256 == digest), None)
            if same is not None:
                return same
            check_room(len(found.documents), DOCUMENTS_AT_MOST, "documents")
            stored = self._keep(learner, document, content, seal)
            self._note(learner, seal, by, "add document", (stored.id,))
            self._files.write(replace(found, documents=(*found.documents, stored)), seal)
            return stored

    def put_document(self, learner: str, document: NewDocument, by: Reader, compare: Callable[[str], Standing]) -> Put:
        """What became of the document: stored, stored in place of those that it is newer than, or not needed.

        Args:
            compare: what the document is to one that is stored, whose text is given.

        Raises as `store_document`; nothing is stored then.
        """
        content = check_document(document)
        with self._changing(learner, by) as (found, seal):
            standings = {each.id: compare(self._files.document(learner, each.id, seal)) for each in found.documents}
            if Standing.KNOWN in standings.values():
                known = tuple(each for each, standing in standings.items() if standing is Standing.KNOWN)
                self._note(learner, seal, by, "compare document", known)
                return Put.KEPT
            former = tuple(each for each, standing in standings.items() if standing is Standing.NEWER)
            kept = tuple(each for each in found.documents if each.id not in former)
            check_room(len(kept), DOCUMENTS_AT_MOST, "documents")
            stored = self._keep(learner, document, content, seal)
            self._note(learner, seal, by, "add document", (stored.id, *former))
            self._files.write(replace(found, documents=(*kept, stored)), seal)
            self._end(former, "document")
            return Put.REPLACED if former else Put.CREATED

    def _keep(self, learner: str, document: NewDocument, content: bytes, seal: Seal) -> StoredDocument:
        """A document whose sealed text is on the disk; the record does not name it yet."""
        stored = StoredDocument(
            id=secrets.token_hex(16),
            added_at=self._now(),
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            format=document.format,
            verdict=document.verdict,
            issuer=document.issuer,
        )
        self._files.write_document(learner, stored.id, content, seal)
        if document.found is not None:
            book = self._files.evidence(learner, seal) or EvidenceBook()
            fresh = evidence_of(document.found, stored.added_at)
            self._files.write_evidence(learner, book.having(stored.id, fresh), seal)
        return stored

    def change(self, learner: str, by: Reader, act: str, make: Callable[[Learner, str], Change | None]) -> None:
        """Nothing; the record is what `make` gives of it and of the time, in one step; unchanged where that is None.

        What `make` raises is raised, and nothing has changed. Raises UnknownReferenceError.
        """
        with self._changing(learner, by) as (found, seal):
            changed = make(found, self._now())
            if changed is not None:
                self._note(learner, seal, by, act, changed.what)
                self._end(changed.ended, "grant")
                self._files.write(changed.record, seal)

    def remove_document(self, learner: str, document: str, by: Reader) -> None:
        """Nothing; the document is stored no longer. Raises UnknownReferenceError."""
        with self._changing(learner, by) as (found, seal):
            find_entry(found.documents, document)
            self._note(learner, seal, by, "remove document", (document,))
            self._end([document], "document")
            self._files.write(replace(found, documents=tuple(e for e in found.documents if e.id != document)), seal)

    # --------------------------------------------------------------------------------------------- of many at once

    def changes(self, seen: Seen | None) -> Changes:
        """What may have changed since; of the changes that have begun all are whole. Raises BusyError, DamagedError."""
        with self._writing():
            head, ended = self._audit.refresh(), self._endings.refresh()
            generation = self._audit.generation + self._endings.generation
            now = Seen(generation=generation, audit=head.count, endings=ended.count)
            if seen is None or seen.generation != generation:
                return Changes(seen=now, learners=None)
            return Changes(
                seen=now,
                learners=tuple(self._audit.learners_since(seen.audit)),
                ended=tuple(self._endings.since(seen.endings)),
            )

    def glimpse(self, learner: str) -> tuple[Learner, EvidenceBook] | None:
        """(record, evidence) for an index in memory that shows nobody anything; None where there is no such learner.

        It is not noted: what the index leads to is read by `show`, which is. Raises DamagedError.
        """
        if not ID.fullmatch(learner) or self._endings.find(learner) is not None:
            return None
        try:
            seal = self.keys.open(learner)
            if not self._files.record_path(learner).exists():
                return None
            found = with_endings(self._files.record(learner, seal), self._endings)
        except UnknownReferenceError:
            return None
        return found, self._files.evidence(learner, seal) or EvidenceBook()

    def signature(self, learner: str) -> tuple[int, ...] | None:
        """What differs where `glimpse` would give something else; None where there is no such learner."""
        return None if self._endings.find(learner) is not None else self._files.signature(learner)

    def show(
        self,
        wanted: Iterable[str],
        first: int,
        allowed: Callable[[Learner, str], bool],
        note: Note,
    ) -> list[Learner]:
        """The first so many of these learners who, by their records as they are now, may be shown; each noted.

        Args:
            allowed: whether a learner may be shown, at this time (RFC 3339).
            note: what their audits say.

        Raises DamagedError where the logs are damaged; a learner whose record cannot be read is not shown.
        """
        found: list[Learner] = []
        entries = []
        with self._writing():
            now = self._now()
            for each in wanted:
                if len(found) >= first:
                    break
                try:
                    learner, seal = self._opened(each, OPERATOR)
                except UnknownReferenceError:
                    continue
                if allowed(learner, now):
                    found.append(learner)
                    entries.append(
                        (each, seal, AuditEntry(at=now, who=note.who, act=note.act, why=note.why, what=note.what))
                    )
            if entries:
                self._audit.append_all(entries)
        return found

    def documents_to_check(self, learner: str, before: str) -> list[tuple[StoredDocument, str]]:
        """The documents, with texts, that were verified before this time or never for searches; noted as `recheck`."""
        with self._writing():
            found, seal = self._opened(learner, OPERATOR)
            book = self._files.evidence(learner, seal) or EvidenceBook()
            due = [each for each in found.documents if not _is_fresh(book, each.id, before)]
            if due:
                by = replace(OPERATOR, purpose="talent-search")
                self._note(learner, seal, by, "recheck", tuple(each.id for each in due))
            return [(each, self._files.document(learner, each.id, seal)) for each in due]

    def keep_evidence(self, learner: str, found: Mapping[str, Verification]) -> int:
        """Of how many of these documents something else was found than before; searches count what was found now.

        Raises UnknownReferenceError.
        """
        with self._changing(learner, OPERATOR) as (record, seal):
            book = self._files.evidence(learner, seal) or EvidenceBook()
            changed = 0
            for document, each in found.items():
                before, fresh = book.documents.get(document), evidence_of(each, self._now())
                changed += before is None or before.found != fresh.found
                book = book.having(document, fresh)
            by = replace(OPERATOR, purpose="talent-search")
            self._note(learner, seal, by, "evidence", tuple(found))
            self._files.write_evidence(learner, book.only({each.id for each in record.documents}), seal)
            return changed

    # ------------------------------------------------------------------------------------------------- consents

    def give_consent(self, learner: str, receiver: str, purpose: str, ends_at: datetime, by: Reader) -> Consent:
        """The consent, in force. Raises UnknownReferenceError; InputError (`learners.text`, `learners.ends`)."""
        purpose = read_purpose(read_text(purpose, "A purpose"))
        with self._changing(learner, by) as (found, seal):
            check_room(len(found.consents), ENTRIES_AT_MOST, "consents")
            consent = Consent(
                id=secrets.token_hex(16),
                receiver=receiver,
                purpose=purpose,
                given_at=self._now(),
                ends_at=self._endtime_text(ends_at),
            )
            self._note(learner, seal, by, "consent", (consent.id,))
            self._files.write(replace(found, consents=(*found.consents, consent)), seal)
            return consent

    def withdraw(self, learner: str, consent: str, by: Reader) -> Consent:
        """The consent, withdrawn: nobody reads by it from now on. A second time is the same."""
        with self._changing(learner, by) as (found, seal):
            if find_entry(found.consents, consent).withdrawn_at is None:
                self._end([consent], "consent")
                self._note(learner, seal, by, "withdraw", (consent,))
            return find_entry(with_endings(found, self._endings).consents, consent)

    # ---------------------------------------------------------------------------------------------------- links

    def share(self, learner: str, documents: Sequence[str], ends_at: datetime, by: Reader) -> tuple[str, Link]:
        """(what the link says behind its `#`, the link). The first is told nowhere else.

        Raises UnknownReferenceError; InputError (`learners.share`, `learners.ends`).
        """
        if not documents:
            raise InputError("A link shows at least one document.", code="learners.share", hint="Name documents.")
        with self._changing(learner, by) as (found, seal):
            check_room(len(found.links), ENTRIES_AT_MOST, "links")
            chosen = tuple(find_entry(found.documents, each).id for each in dict.fromkeys(documents))
            secret = secrets.token_urlsafe(32)
            link = Link(
                id=secrets.token_hex(16),
                digest=hashlib.sha256(secret.encode()).hexdigest(),
                documents=chosen,
                given_at=self._now(),
                ends_at=self._endtime_text(ends_at),
            )
            address = self.keys.master().close(bytes.fromhex(learner + link.id), "link")
            self._note(learner, seal, by, "share", (link.id, *chosen))
            self._files.write(replace(found, links=(*found.links, link)), seal)
            return f"{base64.urlsafe_b64encode(address).decode()}.{secret}", link

    def revoke_link(self, learner: str, link: str, by: Reader) -> Link:
        """The link, which opens nothing from now on. A second time is the same. Raises UnknownReferenceError."""
        with self._changing(learner, by) as (found, seal):
            if find_entry(found.links, link).revoked_at is None:
                self._end([link], "link")
                self._note(learner, seal, by, "revoke", (link,))
            return find_entry(with_endings(found, self._endings).links, link)

    def open_link(self, token: str) -> list[tuple[StoredDocument, str]]:
        """The documents that a link shows, with their texts.

        Raises InputError (`learners.link`), the same for a link that is none, has ended, was revoked or forged.
        """
        address, _, secret = token.strip().rpartition(".")
        learner, identifier = self._read_address(address)
        with self._writing():
            try:
                found, seal = self._opened(learner, OPERATOR)
                link = find_entry(found.links, identifier)
            except HeadwaterError as error:
                if isinstance(error, DamagedError):
                    raise
                raise no_link() from None
            digest = hashlib.sha256(secret.encode()).hexdigest()
            if not hmac.compare_digest(digest, link.digest) or not link.holds(self._now()):
                raise no_link()
            shown = tuple(each for each in found.documents if each.id in link.documents)
            by = Reader(who=f"link {link.id}", purpose="shared by link")
            self._note(learner, seal, by, "read", tuple(each.id for each in shown))
            return [(each, self._files.document(learner, each.id, seal)) for each in shown]

    def _read_address(self, address: str) -> tuple[str, str]:
        """(learner, link) of a link's address."""
        try:
            sealed = base64.b64decode(address.encode(), altchars=b"-_", validate=True)
            if len(sealed) != _ADDRESS_BYTES:
                raise ValueError("another length")
            found = self.keys.master().open(sealed, "link").hex()
        except (ValueError, DamagedError):
            raise no_link() from None
        return found[:32], found[32:]

    # ------------------------------------------------------------------------------------------ rights of learners

    def audit(self, learner: str, by: Reader) -> tuple[list[AuditEntry], Head]:
        """(what was noted of a learner, oldest first and this reading last, how far the whole chain goes).

        Raises UnknownReferenceError; DamagedError (`learners.log-damaged`) where a line was changed or is missing.
        """
        with self._writing():
            _, seal = self._opened(learner, by)
            self._endings.check()
            head = self._note(learner, seal, by, "audit", ())
            return self._audit.entries(learner, seal), head

    def export(self, learner: str, by: Reader) -> dict[str, object]:
        """All that is stored of a learner, as one JSON document: record, texts, consents, links, audit."""
        with self._writing():
            found, seal = self._opened(learner, by)
            head = self._note(learner, seal, by, "export", ("everything",))
            shown = public_json(found)
            shown["documents"] = [
                {**described, "text": self._files.document(learner, str(described["id"]), seal)}
                for described in _listed(shown["documents"])
            ]
            entries = self._audit.entries(learner, seal)
        shown["audit"] = [
            {"at": each.at, "who": each.who, "act": each.act, "why": each.why, "what": list(each.what)}
            for each in entries
        ]
        return shown | {"auditHead": {"count": head.count, "hash": head.hash}, "exportedAt": self._now()}

    def erase(self, learner: str, by: Reader) -> Receipt:
        """The receipt: the key is destroyed and the files are gone. A second time gives the same time.

        Raises UnknownReferenceError where there never was such a learner, UnavailableError.
        """
        if not by.own:
            raise unknown(learner)
        with self._writing():
            self._endings.refresh()
            if self._endings.find(learner) is None:
                if not self.keys.exists(learner) and not (self._home / FOLDER / learner).exists():
                    raise unknown(learner)
                self._end([learner], LEARNER)
            self._finish(learner)
            ending = self._endings.find(learner)
            assert ending is not None, "it was appended"
            return Receipt(learner=learner, erased_at=ending.at, audit=self._audit.refresh())

    def recover(self) -> None:
        """Nothing; what a kill left of an erasure, a removal or a storing is made up for. Raises BusyError."""
        if (self._home / FOLDER).exists() or self.keys.folder.exists():
            with self._writing():
                pass

    # --------------------------------------------------------------------------------------------------- inside

    def _opened(self, learner: str, by: Reader) -> tuple[Learner, Seal]:
        """A learner that this reader may read. The same error for all others."""
        if not ID.fullmatch(learner) or self._endings.find(learner) is not None:
            raise unknown(learner)
        seal = self.keys.open(learner)
        if not self._files.record_path(learner).exists():
            raise unknown(learner)
        self._audit.refresh()
        if not self._audit.knows(learner):
            raise DamagedError(
                "The learners' log has nothing of a stored learner.",
                code="learners.log-damaged",
                hint="Restore the folder `learner-log` from a backup.",
                subject=learner,
            )
        found = with_endings(self._files.record(learner, seal), self._endings)
        if not by.own and not is_allowed(found, by, self._now()):
            raise unknown(learner)
        return found, seal

    def _note(self, learner: str, seal: Seal, by: Reader, act: str, what: tuple[str, ...]) -> Head:
        entry = AuditEntry(at=self._now(), who=by.who, act=act, why=by.purpose, what=what)
        return self._audit.append(learner, seal, entry)

    def _end(self, identifiers: Sequence[str], kind: str) -> None:
        at = self._now()
        self._endings.append(Ending(id=each, kind=kind, at=at) for each in identifiers)

    def _finish(self, learner: str) -> None:
        """Nothing; an erasure is whole: key and files are gone, also where a restore moved them aside."""
        self.keys.destroy(learner)
        with writing(self._home / FOLDER):
            for folder in (self._home / FOLDER, *(path / FOLDER for path in self._home.glob(ASIDE))):
                if (folder / learner).exists():
                    shutil.rmtree(folder / learner)
        self._finished.add(learner)

    @contextmanager
    def _changing(self, learner: str, by: Reader) -> Iterator[tuple[Learner, Seal]]:
        """(the record, the seal) for who may change it: the learner, who holds the data folder, or by a grant."""
        if not by.own and by.grant is None:
            raise unknown(learner)
        with self._writing():
            yield self._opened(learner, by)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Nothing, while no other thread or process changes learners; what a kill left is made up for first.

        Raises BusyError after five seconds.
        """
        with self._mutex, waiting_lock(self._home, LEARNERS):
            head = self._endings.refresh()
            if head != self._looked_at:
                for ending in self._endings.all():
                    if ending.kind == LEARNER and ending.id not in self._finished:
                        self._finish(ending.id)
                self._looked_at = head
            yield

    def _now(self) -> str:
        return time_text(self._clock())

    def _endtime_text(self, ends_at: datetime) -> str:
        if ends_at <= self._clock():
            raise InputError(
                f"{ends_at.isoformat()} has passed already.", code="learners.ends", hint="Give an end that is to come."
            )
        return time_text(ends_at)


def _is_fresh(book: EvidenceBook, document: str, before: str) -> bool:
    return document in book.documents and book.documents[document].checked_at >= before


def _listed(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value
