"""Comprehensive Learner Record 1.0, and the extended transcript before it, which is read and not proven.

A record is proven as a badge of Open Badges 2.0 is: by its JWS, or by the same record at its own address. Its context
is not among the bundled ones; what is proven is the text, all of it, so that this is a remark then. An assertion in it
that was revoked or has expired, or whose achievement is another's than the publisher's, is told and does not count.
Source: 1EdTech Comprehensive Learner Record 1.0, "Clr", "Assertion" and "Verification".
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice

from .badges_2 import HOSTED, prove_record
from .circumstances import Circumstances
from .claims import MAX_CLAIMS, Claim, claims_of_clr_assertion, objects, text
from .formats import CLR_1_CONTEXT, Format, strings
from .identity import read_identity
from .reading import Object, Presented
from .safe_terms import find_term_faults
from .structure import is_uri, read_time
from .verdicts import Issuer, Notes, Step, Verdict, Verification
from .w3c_credentials import note_dates


def verify_clr_1(presented: Presented, under: Circumstances) -> Verification:
    """The verdict of a record; `unverifiable` at best where it is neither signed nor hosted, and of a transcript."""
    notes = Notes()
    notes.passed(Step.PARSE)
    document = presented.document
    transcript = "ExtendedTranscript" in strings(document.get("type"))
    whole = not transcript and (presented.token is not None or _is_hosted(document))
    _note_contexts(document, notes, whole=whole)
    person, publisher = ("person", "issuer") if transcript else ("learner", "publisher")
    _note_schema(document, (person, publisher), notes)
    issuer = _issuer(document.get(publisher))
    if not whole:
        told = "Proofs of transcripts are not verified" if transcript else "There is no proof"
        notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, f"{told}; only its structure is read.")
    elif not notes.failed(Step.SCHEMA, Step.CONTEXT):
        profile, proven = prove_record(document, presented.token, under, notes)
        issuer = replace(_issuer(profile) if profile else issuer, proven=proven)
    note_dates({"validFrom": document.get("issuedOn", document.get("createdAt"))}, under.now, notes)
    if document.get("revoked") is True:
        notes.fail(Step.STATUS, Verdict.REVOKED, text(document.get("revocationReason")) or "The record says so itself.")
    for step in Step:
        notes.skip(step, "Nothing more is looked at in CLR 1.0.")
    ids = list(_subject_ids(document.get(person)))
    identifier = document.get("id")
    claims = _claims(document, issuer.id, under.now)
    return Verification(
        format=Format.CLR_1.value,
        verdict=notes.verdict,
        issuer=issuer,
        subject=ids[0] if ids else None,
        subject_ids=frozenset(ids),
        id=identifier if isinstance(identifier, str) else None,
        name=text(document.get("name")),
        checks=notes.checks(),
        claims=() if notes.verdict is Verdict.INVALID else tuple(islice(claims, MAX_CLAIMS)),
    )


def _is_hosted(document: Object) -> bool:
    said = document.get("verification")
    return isinstance(said, dict) and bool(HOSTED & set(strings(said.get("type"))))


def _note_contexts(document: Object, notes: Notes, *, whole: bool) -> None:
    """What contexts it has; `whole` says that its proof is over the text, whatever a context makes of it."""
    if whole and not any(CLR_1_CONTEXT.match(each) for each in strings(document.get("@context"))):
        notes.fail(Step.CONTEXT, Verdict.INVALID, "No context of it is that of CLR 1.0.")
    for fault in find_term_faults(document):
        if fault.step is Step.CONTEXT and whole:
            notes.remark(Step.CONTEXT, fault.reason)
        elif fault.step is Step.CONTEXT:
            notes.fail(Step.CONTEXT, Verdict.UNVERIFIABLE, fault.reason)
    notes.passed(Step.CONTEXT)
    notes.skip(Step.JSON_LD, "Without the context nothing can be said of its terms.")


def _note_schema(document: Object, members: tuple[str, str], notes: Notes) -> None:
    for member in members:
        said = document.get(member)
        if not isinstance(said, dict) or not is_uri(said.get("id")):
            notes.fail(Step.SCHEMA, Verdict.INVALID, f"The document has no {member} with a URI, which is required.")
    notes.passed(Step.SCHEMA)
    notes.passed(Step.SUBJECT)


def _claims(document: Object, publisher: str | None, now: datetime) -> Iterator[Claim]:
    achievements = {str(each["id"]): each for each in objects(document.get("achievements")) if "id" in each}
    for assertion in objects(document.get("assertions")):
        for claim in claims_of_clr_assertion(assertion, achievements):
            yield replace(claim, against=_against(assertion, achievements, publisher, now))


def _against(assertion: Object, achievements: dict[str, Object], publisher: str | None, now: datetime) -> str | None:
    """Why an assertion does not count with its record; None where nothing stands against it."""
    if assertion.get("revoked") is True:
        return "The record says that it was revoked."
    expires = read_time(assertion.get("expires"))
    if expires is not None and expires < now:
        return "It has expired."
    said = assertion.get("achievement")
    achievement = said if isinstance(said, dict) else achievements.get(str(said), {})
    maker = achievement.get("issuer")
    named = maker.get("id") if isinstance(maker, dict) else maker
    if isinstance(named, str) and named != publisher:
        return f"It was issued by {named[:120]}, who is not the publisher of the record."
    return None


def _issuer(said: object) -> Issuer:
    if not isinstance(said, dict):
        return Issuer()
    identifier = said.get("id")
    return Issuer(id=identifier if isinstance(identifier, str) else None, name=text(said.get("name")))


def _subject_ids(said: object) -> Iterator[str]:
    if not isinstance(said, dict):
        return
    identifier = said.get("id")
    if isinstance(identifier, str):
        yield identifier
    identity = read_identity(said)
    if identity is not None:
        yield identity.shown
