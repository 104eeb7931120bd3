"""The register of what was issued: one line an event, appended, each chained to the one before it by its hash.

Keeps no document and no learner's text: who received a credential is a keyed hash. What a line says is on the disk when
`append` returns; a line that a kill cut off was never acknowledged and goes at the next writing. Called by `issuer`,
under its lock.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import orjson

from ontology.credentials.status_lists import StatusPurpose
from ontology.errors import DamagedError

from .chained_log import START, append_chained, link

REGISTER: Final = "register.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One credential that was issued. Times are RFC 3339 in UTC."""

    id: str
    digest: str
    """SHA-256 of the credential as it left: the compact JWS, or the document in canonical JSON (RFC 8785)."""
    issued_at: str
    issuer: str
    """DID of the issuer at that time."""
    key: str
    """The verification method that it was signed with."""
    format: str
    """`ob3` or `clr2`."""
    proof: str
    """`eddsa-rdfc-2022` or `jwt`."""
    achievement: str | None
    """IRI of the achievement's definition."""
    recipients: tuple[str, ...]
    """A keyed hash of each way in which the recipient is named."""
    valid_until: str | None
    status: tuple[tuple[int, int], ...]
    """(number of the list, index in it), one for each purpose."""
    revoked_at: str | None = None
    suspended_at: str | None = None


@dataclass(slots=True, kw_only=True)
class StatusList:
    """A status list: whose it is, for what, which indexes are given away and which are set."""

    number: int
    issuer: str
    purpose: StatusPurpose
    used: set[int] = field(default_factory=set)
    indexes: set[int] = field(default_factory=set)
    """Of credentials that are revoked or suspended."""
    closed: bool = False
    """Whether nothing is issued with it any more: a restored register does not know which indexes were given away."""


class Register:
    """The register in a file, as far as it has been read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.generation = 0
        """Of the file: another one after a restore."""
        self._issued: dict[str, Issued] = {}
        self._forget()

    def _forget(self) -> None:
        self._inode, self._offset, self._chain = -1, 0, START
        self.generation += bool(self._issued)
        self._issued = {}
        self._lists: dict[int, StatusList] = {}
        self._changed: list[str] = []

    def refresh(self) -> None:
        """Nothing; what was appended meanwhile, by any process, is read. Raises DamagedError (`issuer.damaged`)."""
        with self._lock:
            self._refresh()

    def _refresh(self) -> None:
        try:
            with self._path.open("rb") as file:
                found = os.fstat(file.fileno())
                if (found.st_ino, found.st_size >= self._offset) != (self._inode, True):
                    self._forget()
                    self._inode = found.st_ino
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # it is being written, or was cut off: not acknowledged
                    self._take(line)
        except FileNotFoundError:
            self._forget()
        except OSError as error:
            raise self._damaged(f"cannot be read: {error.strerror or error}") from error

    def _take(self, line: bytes) -> None:
        chained, _, content = line[:-1].partition(b" ")
        expected = link(self._chain, content)
        if chained.decode("ascii", "replace") != expected:
            raise self._damaged(f"is not what was written at byte {self._offset}: a line was changed or removed")
        try:
            self._apply(orjson.loads(content))
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(f"has a line at byte {self._offset} that cannot be read") from error
        self._chain = expected
        self._offset += len(line)

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(f"{self._path} {what}.", code="issuer.damaged", hint="Restore it from a backup.")

    def _apply(self, event: dict[str, object]) -> None:
        match event["event"]:
            case "list":
                found = StatusList(
                    number=_whole(event["number"]),
                    issuer=str(event["issuer"]),
                    purpose=StatusPurpose(str(event["purpose"])),
                )
                self._lists[found.number] = found
            case "issued":
                issued = _read_issued(event)
                self._issued[issued.id] = issued
                for number, index in issued.status:
                    self._lists[number].used.add(index)
            case "restored":
                for each in self._lists.values():
                    each.closed = True
            case "revoked" | "suspended" | "reinstated" as what:
                self._change(self._issued[str(event["id"])], what, str(event["at"]))
            case other:
                raise ValueError(f"no event {other!r}")

    def _change(self, issued: Issued, what: str, at: str) -> None:
        purpose = StatusPurpose.REVOCATION if what == "revoked" else StatusPurpose.SUSPENSION
        for number, index in issued.status:
            if self._lists[number].purpose is purpose:
                if what == "reinstated":
                    self._lists[number].indexes.discard(index)
                else:
                    self._lists[number].indexes.add(index)
        if what == "revoked":
            changed = replace(issued, revoked_at=issued.revoked_at or at)
        else:
            changed = replace(issued, suspended_at=at if what == "suspended" else None)
        self._issued[issued.id] = changed
        self._changed.append(issued.id)

    def changed_since(self, count: int) -> list[str]:
        """Ids of what was revoked, suspended or reinstated after so many such events, as of the last refresh."""
        return self._changed[count:]

    def append(self, events: Sequence[dict[str, object]]) -> None:
        """Nothing; these are in the register, in this order, durably. The caller holds the issuer's lock.

        Raises UnavailableError where the disk cannot be written, and none of them is in it then; DamagedError.
        """
        with self._lock:
            self._refresh()
            entries = [orjson.dumps(event, option=orjson.OPT_SORT_KEYS) for event in events]
            append_chained(self._path, self._offset, self._chain, entries)
            self._refresh()

    def find(self, identifier: str) -> Issued | None:
        """What was issued under this id, as of the last refresh."""
        return self._issued.get(identifier)

    def issued(self) -> Iterator[Issued]:
        """All that was issued, oldest first."""
        with self._lock:
            yield from tuple(self._issued.values())

    def lists(self) -> list[StatusList]:
        """All status lists, by number."""
        with self._lock:
            return [self._lists[number] for number in sorted(self._lists)]

    @property
    def size(self) -> int:
        """Bytes that have been read: a register that grew has more."""
        return self._offset


def list_event(number: int, issuer: str, purpose: StatusPurpose) -> dict[str, object]:
    """The event of a new list."""
    return {"event": "list", "number": number, "issuer": issuer, "purpose": purpose.value}


def restored_event(at: str) -> dict[str, object]:
    """The event of a register that was restored from a backup: what came after that is not in it."""
    return {"event": "restored", "at": at}


def issued_event(issued: Issued) -> dict[str, object]:
    """The event of a new credential."""
    return {
        "event": "issued",
        "id": issued.id,
        "digest": issued.digest,
        "at": issued.issued_at,
        "issuer": issued.issuer,
        "key": issued.key,
        "format": issued.format,
        "proof": issued.proof,
        "achievement": issued.achievement,
        "recipients": issued.recipients,
        "until": issued.valid_until,
        "status": issued.status,
    }


def change_event(what: str, identifier: str, at: str, by: str) -> dict[str, object]:
    """The event of a change: `revoked`, `suspended` or `reinstated`."""
    return {"event": what, "id": identifier, "at": at, "by": by}


def _read_issued(event: dict[str, object]) -> Issued:
    status, recipients = event["status"], event["recipients"]
    if not isinstance(status, list) or not isinstance(recipients, list):
        raise TypeError("status and recipients are lists")
    until, achievement = event["until"], event["achievement"]
    return Issued(
        id=str(event["id"]),
        digest=str(event["digest"]),
        issued_at=str(event["at"]),
        issuer=str(event["issuer"]),
        key=str(event["key"]),
        format=str(event["format"]),
        proof=str(event["proof"]),
        achievement=None if achievement is None else str(achievement),
        recipients=tuple(str(each) for each in recipients),
        valid_until=None if until is None else str(until),
        status=tuple((_whole(number), _whole(index)) for number, index in status),
    )


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number is expected")
    return value
