"""Whether a credential was revoked or suspended, by the lists that it names.

1. Each entry is of a type that is known here. 2. Its list can be had. 3. The list is a credential of its own: its proof
holds, its dates are now, its purpose is the entry's, its issuer is compared. 4. The entry's value is read.
To be called after the proof of the credential was verified and not before: an address that nobody signed is not asked.
Source: Bitstring Status List 1.0, 3.2; Status List 2021; 1EdTech Credential Revocation List 1.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ontology.fetching import Purpose
from ontology.json_documents import Json

from .bitstrings import LEAST_ENTRIES, NotBitsError, unpack_bits, value_at
from .instants import instant
from .proofs import SKEW, issuer_of, verify_proofs
from .reports import Check, ProofOutcome, ProofReport, StatusOutcome, StatusReport
from .resolving import Resolver, UnresolvedError
from .strict_json import NotStrictError, Object, parse_object
from .tokens import verify_token

MAX_ENTRIES: Final = 16
"""Status entries of one credential; the most known are 2."""
MAX_SIZE: Final = 8
"""Bits of an entry."""
_LIST_TYPES: Final = {
    "BitstringStatusListEntry": ("BitstringStatusListCredential", "BitstringStatusList"),
    "StatusList2021Entry": ("StatusList2021Credential", "StatusList2021"),
}
"""Type of an entry → (type of the list's credential, type of its subject)."""
_REVOCATION_LISTS: Final = frozenset({"1EdTechRevocationList"})
_ORDER: Final = tuple(StatusOutcome)


class _Unknown(Exception):  # noqa: N818 - the end of the checks of one entry, no error
    """The status cannot be said. The message is a clause or a sentence for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    outcome: StatusOutcome
    told: str
    remarks: tuple[str, ...] = ()
    message: str | None = None


def check_status(document: Object, resolver: Resolver, *, now: datetime) -> StatusReport:
    """The status of a credential whose proof holds; never raises on account of documents.

    Args:
        document: the credential.
        now: with its time zone.
    """
    entries = _listed(document.get("credentialStatus"))
    if not entries:
        return StatusReport(
            outcome=StatusOutcome.ABSENT,
            checks=(Check(step="status", outcome="skipped", reason="The credential names no status."),),
        )
    found = [_entry(each, document, resolver, now) for each in entries[:MAX_ENTRIES]]
    if len(entries) > MAX_ENTRIES:
        found.append(_Entry(outcome=StatusOutcome.UNVERIFIABLE, told=f"More than {MAX_ENTRIES} entries are not read."))
    return StatusReport(
        outcome=min((each.outcome for each in found), key=_ORDER.index),
        checks=tuple(check for each in found for check in _checks(each)),
        messages=tuple(each.message for each in found if each.message is not None),
    )


def _checks(entry: _Entry) -> Iterator[Check]:
    yield from (Check(step="status", outcome="remark", reason=each) for each in entry.remarks)
    yield Check(step="status", outcome="pass" if entry.outcome is StatusOutcome.VALID else "fail", reason=entry.told)


def _entry(entry: Json, document: Object, resolver: Resolver, now: datetime) -> _Entry:
    try:
        if not isinstance(entry, dict):
            raise _Unknown("a status entry is no object")
        kinds = [each for each in _listed(entry.get("type")) if isinstance(each, str)]
        known = [each for each in kinds if each in _LIST_TYPES]
        if known:
            return _in_bits(entry, known[0], document, resolver, now)
        if _REVOCATION_LISTS & set(kinds):
            return _in_revocations(entry, document, resolver)
        raise _Unknown(f"a status of type {', '.join(kinds)[:80] or 'nothing'} is not known here")
    except UnresolvedError as error:
        return _Entry(outcome=StatusOutcome.UNVERIFIABLE, told=error.reason)
    except (_Unknown, NotBitsError, NotStrictError) as error:
        return _Entry(outcome=StatusOutcome.UNVERIFIABLE, told=f"The status cannot be checked: {error}.")


def _in_bits(entry: Object, kind: str, document: Object, resolver: Resolver, now: datetime) -> _Entry:
    address, purpose = _member(entry, "statusListCredential"), _member(entry, "statusPurpose")
    index, size = _number(entry.get("statusListIndex"), "statusListIndex"), _size(entry)
    content = resolver.get(address, Purpose.STATUS)
    listed, report = _list_credential(content, resolver, now)
    remarks = [f"Of the status list: {each.reason}" for each in report.checks if each.outcome == "remark"]
    subject = _subject(listed, kind, now)
    if purpose not in _listed(subject.get("statusPurpose")):
        raise _Unknown(f"the list at {address[:120]} is not for {purpose[:40]}")
    remarks += _compared(document, listed, report, address)
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str):
        raise _Unknown("the list has no encodedList")
    bits = unpack_bits(encoded)
    if len(bits) * 8 // size < LEAST_ENTRIES:
        remarks.append(f"The status list has {len(bits) * 8 // size:,} entries, fewer than {LEAST_ENTRIES:,}.")
    value = value_at(bits, index, size)
    return _read(entry, purpose, value, size, tuple(remarks))


def _read(entry: Object, purpose: str, value: int, size: int, remarks: tuple[str, ...]) -> _Entry:
    if purpose == "message":
        words = _message(entry, value, size)
        return _Entry(outcome=StatusOutcome.VALID, told=f"The status says: {words}.", remarks=remarks, message=words)
    if not value:
        return _Entry(outcome=StatusOutcome.VALID, told=f"The list for {purpose} does not have it.", remarks=remarks)
    if purpose == "revocation":
        return _Entry(outcome=StatusOutcome.REVOKED, told="The credential was revoked.", remarks=remarks)
    if purpose == "suspension":
        return _Entry(outcome=StatusOutcome.SUSPENDED, told="The credential is suspended.", remarks=remarks)
    if purpose == "refresh":
        remarks = (*remarks, "The issuer has a newer version of the credential.")
        return _Entry(outcome=StatusOutcome.VALID, told="The list for refresh has it.", remarks=remarks)
    raise _Unknown(f"the list has it for {purpose[:40]!r}, which is not known here")


def _message(entry: Object, value: int, size: int) -> str:
    messages = [each for each in _listed(entry.get("statusMessage")) if isinstance(each, dict)]
    if size > 1 and len(messages) != 1 << size:
        raise _Unknown(f"a status of {size} bits has {len(messages)} messages, not {1 << size}")
    for each in messages:
        status = each.get("status")
        if isinstance(status, str) and status.lower().removeprefix("0x").lstrip("0") == f"{value:x}".lstrip("0"):
            words = each.get("message")
            return words[:500] if isinstance(words, str) and words else f"{value:#x}"
    return f"{value:#x}"


def _in_revocations(entry: Object, document: Object, resolver: Resolver) -> _Entry:
    """By 1EdTech's list: an object with `revokedCredential`, in which an id is revoked unless it says otherwise."""
    address, name = _member(entry, "id"), document.get("id")
    if not isinstance(name, str):
        raise _Unknown("the credential has no id by which a revocation list could name it")
    listed = parse_object(resolver.get(address, Purpose.STATUS))
    revoked = listed.get("revokedCredential")
    if not isinstance(revoked, list):
        raise _Unknown(f"the document at {address[:120]} is no revocation list")
    remarks = []
    if listed.get("id") != address:
        remarks.append("The revocation list's id is not its address.")
    issuer = issuer_of(listed)
    if issuer is not None and issuer != issuer_of(document):
        raise _Unknown(f"the revocation list is by {issuer[:120]}, which is not the credential's issuer")
    for each in revoked:
        if isinstance(each, dict) and each.get("id") == name and each.get("revoked") is not False:
            why = each.get("revocationReason")
            told = f"The credential was revoked: {why[:300]}" if isinstance(why, str) and why else "It was revoked."
            return _Entry(outcome=StatusOutcome.REVOKED, told=told, remarks=tuple(remarks))
    told = "The revocation list does not have it."
    return _Entry(outcome=StatusOutcome.VALID, told=told, remarks=tuple(remarks))


def _list_credential(content: bytes, resolver: Resolver, now: datetime) -> tuple[Object, ProofReport]:
    """(the list's credential, what its proof amounts to). Raises _Unknown where that does not hold."""
    text = content.strip()
    if text.startswith(b"ey") and text.count(b".") == 2:
        listed, report = verify_token(text.decode("ascii", "replace"), resolver, now=now)
    else:
        listed = parse_object(text)
        report = verify_proofs(listed, resolver, now=now)
    if listed is None or report.outcome is not ProofOutcome.PASS:
        why = next((each.reason for each in report.checks if each.outcome == "fail" and each.reason), None)
        raise _Unknown(f"the proof of its list does not hold ({(why or 'there is no proof').rstrip('.')})")
    return listed, report


def _subject(listed: Object, kind: str, now: datetime) -> Object:
    """What a list's credential says of its list. Raises _Unknown where it is of another type, or not of now."""
    credential, subject_kind = _LIST_TYPES[kind]
    if credential not in _listed(listed.get("type")):
        raise _Unknown(f"its list is no {credential}")
    for member, ends in (("validFrom", False), ("issuanceDate", False), ("validUntil", True), ("expirationDate", True)):
        value = listed.get(member)
        if value is None:
            continue
        when = instant(value, zone_needed=False)
        if when is None:
            raise _Unknown(f"the {member} of its list is no point in time")
        if ends and when <= now:
            raise _Unknown(f"its list has expired ({value})")
        if not ends and when > now + SKEW:
            raise _Unknown(f"its list is not yet valid ({value})")
    subjects = [each for each in _listed(listed.get("credentialSubject")) if isinstance(each, dict)]
    if len(subjects) != 1 or subject_kind not in _listed(subjects[0].get("type")):
        raise _Unknown(f"its list is no {subject_kind}")
    return subjects[0]


def _compared(document: Object, listed: Object, report: ProofReport, address: str) -> Iterator[str]:
    """What is to be remarked on a list's id and issuer. Raises _Unknown where a DID did not sign its own list."""
    if listed.get("id") != address:
        yield "The status list's id is not its address."
    issuer, ours = issuer_of(listed), issuer_of(document)
    if issuer != ours:
        yield f"The status list is by {str(issuer)[:120]}, which is not the credential's issuer."
    if issuer is not None and issuer.startswith("did:") and not report.issuer_proven:
        raise _Unknown(f"its list says that it is by {issuer[:120]}, and was signed by another key")


def _member(entry: Object, name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value:
        raise _Unknown(f"the status entry has no {name}, or one that is no text")
    return value


def _number(value: Json, name: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 12:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12:
        return value
    raise _Unknown(f"the {name} is no whole number")


def _size(entry: Object) -> int:
    size = _number(entry.get("statusSize", 1), "statusSize")
    if not 1 <= size <= MAX_SIZE:
        raise _Unknown(f"a status of {size} bits is not read, at most {MAX_SIZE} are")
    return size


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
