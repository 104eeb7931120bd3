"""Comprehensive Learner Record 1.0, and the extended transcript before it: read, not proven.

Their contexts are not among the bundled ones, so that a record is `unverifiable` at best; what it says of achievements
is read all the same. Source: 1EdTech Comprehensive Learner Record 1.0, "Clr" and "Assertion".
"""

from collections.abc import Iterator
from itertools import islice

from .circumstances import Circumstances
from .claims import MAX_CLAIMS, Claim, claims_of_clr_assertion, objects, text
from .formats import Format, strings
from .identity import read_identity
from .reading import Object, Presented
from .safe_terms import find_term_faults
from .structure import is_uri
from .verdicts import Issuer, Notes, Step, Verdict, Verification
from .w3c_credentials import note_dates


def verify_clr_1(presented: Presented, under: Circumstances) -> Verification:
    """The verdict of a record: `invalid` or `unverifiable`, or `revoked` where the record says so itself."""
    notes = Notes()
    notes.passed(Step.PARSE)
    document = presented.document
    for fault in find_term_faults(document):
        if fault.step is Step.CONTEXT:
            notes.fail(Step.CONTEXT, Verdict.UNVERIFIABLE, fault.reason)
    notes.skip(Step.JSON_LD, "Without the context nothing can be said of its terms.")
    transcript = "ExtendedTranscript" in strings(document.get("type"))
    person, issuer = ("person", "issuer") if transcript else ("learner", "publisher")
    for member in (person, issuer):
        said = document.get(member)
        if not isinstance(said, dict) or not is_uri(said.get("id")):
            notes.fail(Step.SCHEMA, Verdict.INVALID, f"The document has no {member} with a URI, which is required.")
    notes.passed(Step.SCHEMA)
    notes.passed(Step.SUBJECT)
    notes.fail(Step.PROOF, Verdict.UNVERIFIABLE, "Proofs of CLR 1.0 are not verified; only its structure is read.")
    note_dates({"validFrom": document.get("issuedOn", document.get("createdAt"))}, under.now, notes)
    if document.get("revoked") is True:
        notes.fail(Step.STATUS, Verdict.REVOKED, text(document.get("revocationReason")) or "The record says so itself.")
    for step in (Step.ISSUER, Step.STATUS, Step.RECIPIENT, Step.ENDORSEMENTS, Step.EMBEDDED):
        notes.skip(step, "Only the structure of CLR 1.0 is read.")
    ids = list(_subject_ids(document.get(person)))
    identifier = document.get("id")
    return Verification(
        format=Format.CLR_1.value,
        verdict=notes.verdict,
        issuer=_issuer(document.get(issuer)),
        subject=ids[0] if ids else None,
        subject_ids=frozenset(ids),
        id=identifier if isinstance(identifier, str) else None,
        name=text(document.get("name")),
        checks=notes.checks(),
        claims=() if notes.verdict is Verdict.INVALID else tuple(islice(_claims(document), MAX_CLAIMS)),
    )


def _claims(document: Object) -> Iterator[Claim]:
    achievements = {str(each["id"]): each for each in objects(document.get("achievements")) if "id" in each}
    for assertion in objects(document.get("assertions")):
        yield from claims_of_clr_assertion(assertion, achievements)


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
