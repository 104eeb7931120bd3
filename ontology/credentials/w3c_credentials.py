"""Credentials of the W3C's data model: Open Badges 3.0, CLR 2.0, plain VC 1.1 and 2.0, presentations, LER-RS.

Takes the steps in their order and notes what comes of each. Nothing but key documents is resolved before a proof holds.
Source: Open Badges 3.0 "Verification"; VC Data Model 1.1 and 2.0; docs/credentials.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from ontology.json_documents import Json

from .badge_classes import BADGE_CLASSES
from .circumstances import Circumstances, VerifyInside, Voucher
from .claims import MAX_CLAIMS, Claim, claims_of_badge, objects, text
from .formats import BADGES_3_CONTEXT, CLR_2_CONTEXT, Format, listed, strings
from .identity import read_identity
from .methods import Relation
from .proofs import verify_proofs
from .reading import Object, Presented
from .reports import ProofOutcome, ProofReport, StatusOutcome, StatusReport
from .safe_terms import find_term_faults
from .status import check_status
from .structure import MAX_PROBLEMS, Problem, find_problems, is_uri, read_time
from .tokens import verify_token
from .verdicts import Answer, Issuer, Notes, Step, Verdict, Verification
from .w3c_rules import find_context_problems, find_credential_problems, find_presentation_problems

_SCHEMAS: Final = frozenset(
    {"1EdTechJsonSchemaValidator2019", "JsonSchema", "JsonSchemaCredential", "JsonSchemaValidator2018"}
)
_REFRESHES: Final = frozenset({"1EdTechCredentialRefresh"})
_STARTS: Final = ("validFrom", "issuanceDate")
_ENDS: Final = ("validUntil", "expirationDate")
_PROOF_VERDICTS: Final = {
    ProofOutcome.FAIL: Verdict.TAMPERED,
    ProofOutcome.INVALID: Verdict.INVALID,
    ProofOutcome.UNVERIFIABLE: Verdict.UNVERIFIABLE,
    ProofOutcome.ABSENT: Verdict.UNVERIFIABLE,
}
_OVER_RDF: Final = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019", "eddsa-2022", "ecdsa-2019", "Ed25519Signature2020"})
"""Suites whose canonical form is of RDF statements."""
_STATUS_VERDICTS: Final = {
    StatusOutcome.UNVERIFIABLE: Verdict.UNVERIFIABLE,
    StatusOutcome.REVOKED: Verdict.REVOKED,
    StatusOutcome.SUSPENDED: Verdict.SUSPENDED,
}


def verify_w3c(
    presented: Presented,
    form: Format,
    under: Circumstances,
    inside: VerifyInside,
    voucher: Voucher | None = None,
) -> Verification:
    """The verdict of a credential.

    Args:
        inside: verifies what is embedded, and endorsements.
        voucher: of the record around it; its proof covers a credential of the same issuer that has none itself.
    """
    notes = Notes()
    notes.passed(Step.PARSE)
    document, report = _proven(presented, under)
    _note_report(report, notes)
    _note_terms(document, report, notes)
    _note_contexts(document, form, notes)
    _note_schema(document, form, notes)
    subjects = list(objects(document.get("credentialSubject")))
    _note_subject(subjects, form, notes)
    issuer = _note_proof(document, report, under, notes, voucher)
    _note_status(document, under, notes)
    note_dates(document, under.now, notes)
    note_recipient(_identities(subjects), under.recipients, notes)
    _note_endorsements(document, subjects, inside, notes)
    vouched = Voucher(
        issuer=issuer.id,
        holds=not notes.failed(Step.PARSE, Step.JSON_LD, Step.CONTEXT, Step.SCHEMA, Step.PROOF),
        proven=issuer.proven,
        trusted=issuer.trusted,
    )
    embedded = [inside(each, vouched) for each in _embedded(subjects)] if form is Format.CLR_2 else []
    note_embedded(embedded, notes)
    return Verification(
        format=form.value,
        verdict=notes.verdict,
        issuer=issuer,
        subject=_subject(subjects),
        subject_ids=frozenset(_subject_ids(subjects)),
        id=_identifier(document),
        name=text(document.get("name")),
        valid_until=last_moment(document),
        checks=notes.checks(),
        embedded=tuple(embedded),
        claims=() if notes.verdict is Verdict.INVALID else tuple(islice(_claims(subjects), MAX_CLAIMS)),
    )


def verify_presentation(presented: Presented, form: Format, under: Circumstances, inside: VerifyInside) -> Verification:
    """The verdict of a presentation: whether its holder signed it. Its credentials have each their own."""
    notes = Notes()
    notes.passed(Step.PARSE)
    document, report = _proven(presented, under, "authentication")
    _note_report(report, notes)
    _note_terms(document, report, notes)
    _note_problems(find_context_problems(document), Step.CONTEXT, notes)
    _note_problems(find_presentation_problems(document), Step.SCHEMA, notes)
    holder = _holder(document)
    if holder is None:
        notes.skip(Step.SUBJECT, "The presentation names no holder.")
    else:
        notes.passed(Step.SUBJECT)
    issuer = _note_proof({**document, "issuer": holder}, report, under, notes, None)
    notes.skip(Step.STATUS, "A presentation has no status.")
    note_dates(document, under.now, notes)
    notes.skip(Step.RECIPIENT, "A presentation has no recipient; its credentials do.")
    notes.skip(Step.ENDORSEMENTS, "A presentation has no endorsements.")
    values = listed(document.get("verifiableCredential"))
    embedded = [inside(each, None) for each in values if isinstance(each, dict | str)]
    note_embedded(embedded, notes)
    by_holder = [each for each in report.proofs if each.outcome is ProofOutcome.PASS and each.proves_issuer]
    holds = notes.verdict is Verdict.VERIFIED and issuer.proven
    answers = [Answer(challenge=each.challenge, domains=each.domains) for each in by_holder if each.challenge]
    return Verification(
        format=form.value,
        verdict=notes.verdict,
        issuer=issuer,
        subject=holder,
        subject_ids=frozenset({holder} if holder else ()),
        id=_identifier(document),
        checks=notes.checks(),
        embedded=tuple(embedded),
        answers=tuple(answers) if holds else (),
    )


def verify_ler_rs(presented: Presented, under: Circumstances) -> Verification:
    """The verdict of an LER-RS record: never better than `unverifiable`, since its proofs are placeholders."""
    notes = Notes()
    notes.passed(Step.PARSE)
    document = presented.document
    notes.skip(Step.JSON_LD, "HR Open publishes no JSON-LD context for LER-RS.")
    notes.skip(Step.CONTEXT, "HR Open publishes no JSON-LD context for LER-RS.")
    record = next(objects(document.get("credentialSubject")), document)
    if not isinstance(record.get("person"), dict):
        notes.fail(Step.SCHEMA, Verdict.INVALID, "The record names no person, which LER-RS requires.")
    notes.passed(Step.SCHEMA)
    notes.passed(Step.SUBJECT)
    notes.fail(
        Step.PROOF, Verdict.UNVERIFIABLE, "LER-RS defines no proof that can be verified; only its structure is read."
    )
    note_dates(document, under.now, notes)
    for step in (Step.ISSUER, Step.STATUS, Step.RECIPIENT, Step.ENDORSEMENTS, Step.EMBEDDED):
        notes.skip(step, "Only the structure of LER-RS is read.")
    issuer = _issuer(document)
    return Verification(
        format=Format.LER_RS.value,
        verdict=notes.verdict,
        issuer=issuer,
        id=_identifier(document),
        checks=notes.checks(),
    )


# ------------------------------------------------------------------------------------------------ steps


def _proven(
    presented: Presented, under: Circumstances, relation: Relation = "assertionMethod"
) -> tuple[Object, ProofReport]:
    """The document as it was signed, and what its proofs amount to; a presentation's repeat what was asked for."""
    holders = relation == "authentication"
    asked = {"challenge": under.challenge, "domain": under.domain} if holders else {"challenge": None, "domain": None}
    if presented.token is not None:
        document, report = verify_token(presented.token, under.resolver, now=under.now, relation=relation, **asked)
        return (document if document is not None else presented.carried), report
    document = presented.document
    return document, verify_proofs(document, under.resolver, now=under.now, relation=relation, work=under.work, **asked)


def _note_terms(document: Object, report: ProofReport, notes: Notes) -> None:
    """What the contexts leave open; where there is a proof, it was looked at before the proof was."""
    looked_at = _covers_terms(report) or any(check.step in ("json_ld", "context") for check in report.checks)
    for fault in () if looked_at else find_term_faults(document):
        if fault.verdict is None:
            notes.remark(fault.step, fault.reason)
        else:
            notes.fail(fault.step, fault.verdict, fault.reason)
    if notes.failed(Step.CONTEXT):
        notes.skip(Step.JSON_LD, "Without the context nothing can be said of its terms.")
    notes.passed(Step.JSON_LD)


def _covers_terms(report: ProofReport) -> bool:
    """Whether a proof holds that is over RDF, which is refused where a term is left open."""
    over_rdf = (each for each in report.proofs if each.suite in _OVER_RDF)
    return any(each.outcome is ProofOutcome.PASS for each in over_rdf)


def _note_contexts(document: Object, form: Format, notes: Notes) -> None:
    _note_problems(find_context_problems(document), Step.CONTEXT, notes)
    contexts = strings(document.get("@context"))
    wanted = {Format.BADGES_3: ("Open Badges", BADGES_3_CONTEXT), Format.CLR_2: ("CLR", CLR_2_CONTEXT)}.get(form)
    if wanted is not None and not any(wanted[1].fullmatch(each) for each in contexts):
        notes.fail(Step.CONTEXT, Verdict.INVALID, f"No context of it is that of {wanted[0]}.")
    types = set(strings(document.get("type")))
    named = {
        Format.BADGES_3: {"AchievementCredential", "OpenBadgeCredential", "EndorsementCredential"},
        Format.CLR_2: {"ClrCredential"},
    }.get(form)
    if named is not None and not named & types:
        shown = ", ".join(sorted(types)) or "none"
        notes.fail(Step.CONTEXT, Verdict.INVALID, f"Its type is {shown[:200]}, expected {' or '.join(sorted(named))}.")


def _note_schema(document: Object, form: Format, notes: Notes) -> None:
    _note_problems(find_credential_problems(document), Step.SCHEMA, notes)
    name = _class_of(document, form)
    if name is not None:
        _note_problems(find_problems(document, name, BADGE_CLASSES), Step.SCHEMA, notes)
    for each in objects(document.get("credentialSchema")):
        unknown = set(strings(each.get("type"))) - _SCHEMAS
        if unknown:
            notes.remark(Step.SCHEMA, f"The schema's type {min(unknown)[:80]!r} is not known; it was not used.")
    for each in objects(document.get("refreshService")):
        unknown = set(strings(each.get("type"))) - _REFRESHES
        if unknown:
            notes.remark(Step.SCHEMA, f"The refresh service's type {min(unknown)[:80]!r} is not known.")


def _class_of(document: Object, form: Format) -> str | None:
    if form is Format.CLR_2:
        return "ClrCredential"
    if form is Format.BADGES_3:
        endorses = "EndorsementCredential" in strings(document.get("type"))
        return "EndorsementCredential" if endorses else "AchievementCredential"
    return None


def _note_problems(problems: Iterator[Problem], step: Step, notes: Notes) -> None:
    for count, problem in enumerate(problems, 1):
        if count > MAX_PROBLEMS:
            break
        notes.fail(step, Verdict.INVALID, str(problem))
    notes.passed(step)


def _note_subject(subjects: Sequence[Object], form: Format, notes: Notes) -> None:
    if not subjects:
        notes.skip(Step.SUBJECT, "There is no subject to look at.")
        return
    nameless = [each for each in subjects if not any(_subject_ids([each]))]
    if nameless:
        also = " nor an identifier" if form in (Format.BADGES_3, Format.CLR_2) else ""
        notes.remark(Step.SUBJECT, f"The subject has no id{also}, so it may be anybody.")
    notes.passed(Step.SUBJECT)


def _note_proof(
    document: Object, report: ProofReport, under: Circumstances, notes: Notes, voucher: Voucher | None
) -> Issuer:
    """Notes proof and issuer; gives back who issued it."""
    issuer = _issuer(document)
    covered = report.outcome is ProofOutcome.ABSENT and voucher is not None and voucher.holds
    if covered and voucher is not None and issuer.id is not None and issuer.id == voucher.issuer:
        notes.remark(
            Step.PROOF, "It has no proof of its own; that of the record around it, by the same issuer, covers it."
        )
        notes.remark(Step.ISSUER, "As of the record around it.")
        return Issuer(id=issuer.id, name=issuer.name, proven=voucher.proven, trusted=voucher.trusted)
    verdict = _PROOF_VERDICTS.get(report.outcome)
    if verdict is not None:
        if not notes.failed(Step.PROOF, Step.JSON_LD, Step.CONTEXT) or report.outcome is ProofOutcome.ABSENT:
            notes.fail(Step.PROOF, verdict, _proof_reason(report))
        notes.skip(Step.PROOF, "A proof is looked at where the document leaves nothing open.")
        notes.skip(Step.ISSUER, "Whose key it is matters only where the proof holds.")
        return issuer
    notes.passed(Step.PROOF)
    trusted = under.trust.trusts(issuer.id, report)
    if trusted and not report.issuer_proven:
        notes.remark(Step.ISSUER, "The key is one that is trusted for this issuer.")
    notes.passed(Step.ISSUER)
    return Issuer(id=issuer.id, name=issuer.name, proven=report.issuer_proven, trusted=trusted)


def _proof_reason(report: ProofReport) -> str:
    if report.outcome is ProofOutcome.ABSENT:
        return "There is no proof."
    return next((each.reason for each in report.proofs if each.reason), "The proof does not hold.")


def _note_report(report: ProofReport, notes: Notes) -> None:
    """The checks of the proofs: what fails there fails here, unless another proof holds."""
    verdict = _PROOF_VERDICTS.get(report.outcome)
    for check in report.checks:
        step = Step(check.step)
        if check.outcome == "fail" and verdict is not None:
            notes.fail(step, verdict, check.reason or "It does not hold.")
        elif check.outcome in ("fail", "remark") and check.reason:
            notes.remark(step, check.reason)


def _note_status(document: Object, under: Circumstances, notes: Notes) -> None:
    if "credentialStatus" not in document:
        notes.skip(Step.STATUS, "It names no status.")
        return
    if notes.failed(Step.PROOF, Step.JSON_LD, Step.CONTEXT, Step.SCHEMA):
        notes.skip(Step.STATUS, "Nothing is asked about a credential whose proof does not hold.")
        return
    note_status_report(check_status(document, under.resolver, now=under.now), notes)


def note_status_report(report: StatusReport, notes: Notes) -> None:
    """What came of the status, with the reasons of its entries."""
    verdict = _STATUS_VERDICTS.get(report.outcome)
    for check in report.checks:
        if check.outcome == "fail" and verdict is not None:
            notes.fail(Step.STATUS, verdict, check.reason or "The status does not hold.")
        elif check.outcome in ("fail", "remark") and check.reason:
            notes.remark(Step.STATUS, check.reason)
    if verdict is not None and not notes.failed(Step.STATUS):
        notes.fail(Step.STATUS, verdict, f"The status is {report.outcome.value}.")
    for message in report.messages:
        notes.remark(Step.STATUS, f"The issuer says: {message[:200]}")
    notes.passed(Step.STATUS)


def note_dates(document: Object, now: datetime, notes: Notes) -> None:
    """Not yet valid, expired, or neither."""
    for member in _STARTS:
        start = read_time(document.get(member))
        if start is not None and start > now:
            notes.fail(Step.DATES, Verdict.NOT_YET_VALID, f"It is valid from {_shown(start)}.")
    for member in _ENDS:
        end = read_time(document.get(member))
        if end is not None and end < now:
            notes.fail(Step.DATES, Verdict.EXPIRED, f"It expired at {_shown(end)}.")
    notes.passed(Step.DATES)


def last_moment(document: Object) -> str | None:
    """The first of a document's ends, None where it names none."""
    ends = [end for member in _ENDS if (end := read_time(document.get(member))) is not None]
    return _shown(min(ends)) if ends else None


def _shown(instant: datetime) -> str:
    with suppress(OverflowError):  # the first and last hours of all years are in no year of UTC
        instant = instant.astimezone(UTC)
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")


def _identities(subjects: Sequence[Object]) -> list[Object]:
    return [each for subject in subjects for each in objects(subject.get("identifier"))]


def note_recipient(said: Sequence[Object], recipients: Sequence[str], notes: Notes) -> None:
    """Whether the identities that a credential names are those of the person that is asked about."""
    identities = [found for each in said if (found := read_identity(each)) is not None]
    for each in identities:
        if each.fault is not None:
            notes.fail(Step.RECIPIENT, Verdict.INVALID, each.fault)
    if not identities:
        notes.skip(Step.RECIPIENT, "It names no recipient by an identity.")
    elif not recipients:
        notes.skip(Step.RECIPIENT, "No recipient was given to compare with.")
    elif any(identity.is_of(person) for identity in identities for person in recipients):
        notes.passed(Step.RECIPIENT)
    else:
        notes.fail(Step.RECIPIENT, Verdict.VERIFIED, "The recipient is none of the identities that were given.")


def _note_endorsements(document: Object, subjects: Sequence[Object], inside: VerifyInside, notes: Notes) -> None:
    found = list(_endorsements(document, subjects))
    if not found:
        notes.skip(Step.ENDORSEMENTS, "There are none.")
        return
    for each in found:
        verification = inside(each, None)
        if verification.verdict is not Verdict.VERIFIED:
            who = verification.issuer.name or verification.issuer.id or "somebody"
            why = f": {verification.reason}" if verification.reason else "."
            notes.remark(Step.ENDORSEMENTS, f"The endorsement of {who[:120]} is {verification.verdict.value}{why}")
    notes.passed(Step.ENDORSEMENTS)


def _endorsements(document: Object, subjects: Sequence[Object]) -> Iterator[Object | str]:
    """Endorsements of the credential, its issuer and its achievements, as objects and tokens."""
    achievements = [each for subject in subjects for each in objects(subject.get("achievement"))]
    issuers = list(objects(document.get("issuer")))
    for owner in (document, *issuers, *achievements):
        yield from objects(owner.get("endorsement"))
        yield from strings(owner.get("endorsementJwt"))


def note_embedded(embedded: Sequence[Verification], notes: Notes) -> None:
    """How many of the credentials inside are verified."""
    if not embedded:
        notes.skip(Step.EMBEDDED, "There are none.")
        return
    bad = [each for each in embedded if each.verdict is not Verdict.VERIFIED]
    if bad:
        kinds = ", ".join(sorted({each.verdict.value for each in bad}))
        notes.remark(Step.EMBEDDED, f"{len(bad)} of the {len(embedded)} credentials inside are not verified ({kinds}).")
    notes.passed(Step.EMBEDDED)


# ------------------------------------------------------------------------------------------------ what it says


def _embedded(subjects: Sequence[Object]) -> Iterator[Object | str]:
    for subject in subjects:
        for each in listed(subject.get("verifiableCredential")):
            if isinstance(each, dict | str):
                yield each


def _claims(subjects: Sequence[Object]) -> Iterator[Claim]:
    for subject in subjects:
        if "verifiableCredential" not in subject:
            yield from claims_of_badge(subject)


def _issuer(document: Object) -> Issuer:
    said = document.get("issuer")
    if isinstance(said, dict):
        identifier = said.get("id")
        return Issuer(id=identifier if isinstance(identifier, str) else None, name=text(said.get("name")))
    return Issuer(id=said if isinstance(said, str) else None)


def _holder(document: Object) -> str | None:
    said: Json = document.get("holder")
    identifier = said.get("id") if isinstance(said, dict) else said
    return identifier if isinstance(identifier, str) and is_uri(identifier) else None


def _identifier(document: Object) -> str | None:
    said = document.get("id")
    return said if isinstance(said, str) else None


def _subject(subjects: Sequence[Object]) -> str | None:
    return next(iter(_subject_ids(subjects)), None)


def _subject_ids(subjects: Sequence[Object]) -> Iterator[str]:
    """The identifiers of the subjects, then the identities that they are said to have."""
    for subject in subjects:
        identifier = subject.get("id")
        if isinstance(identifier, str) and identifier:
            yield identifier
    for said in _identities(subjects):
        identity = read_identity(said)
        if identity is not None:
            yield identity.shown
