"""What goes into a learner's record, and whose it is: what is verified, fits into a CLR 2.0, and is the learner's.

Judges what was verified; verifies and issues nothing. Called by `issuing`.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from graph.issuer import IssuedCredential, Proof, Terms
from ontology.credentials.formats import VC_2_CONTEXT, Format, listed
from ontology.credentials.issuing import IDENTIFIER_TYPES, Recipient
from ontology.credentials.reading import MAX_CREDENTIAL_BYTES, Presented, read_presented
from ontology.credentials.verdicts import Outcome, Step, Verdict, Verification
from ontology.errors import InputError

from .awarding import read_moment, read_recipient

GATHERED: Final = (Verdict.VERIFIED, Verdict.EXPIRED)
"""Verdicts of what goes into a record: what has ended was had all the same."""
RECORD_BYTES: Final = MAX_CREDENTIAL_BYTES - (256 << 10)
"""Of all that is gathered into one record: a larger one would be read by nobody."""
_CREDENTIALS: Final = frozenset({Format.BADGES_3, Format.CLR_2, Format.VC_1, Format.VC_2})
_ROOM: Final = "Make several records, each marked as partial."


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """How credentials are put into one record, and whose it is."""

    to: tuple[str, ...] = ()
    """The learner, named as at issuing. Default: the one subject that all share."""
    name: str | None = None
    partial: bool = False
    proof: Proof = Proof.DATA_INTEGRITY
    valid_until: str | None = None
    suspendable: bool = False

    def recipient(self) -> Recipient:
        """Who is named. Raises InputError (`issue.recipient`)."""
        return read_recipient(self.to)

    def terms(self, recipient: Recipient) -> Terms:
        """How the record is issued. Raises InputError (`issue.dates`)."""
        return Terms(
            recipient=recipient,
            proof=self.proof,
            valid_until=read_moment(self.valid_until, "the end"),
            name=self.name,
            suspendable=self.suspendable,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A credential that may go into a record, and what the verifier said of it."""

    name: str
    """Of its file, or the id under which it is stored."""
    presented: Presented
    verification: Verification
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A credential that did not go into a record, and why."""

    name: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A record that was issued of what is stored of a learner."""

    issued: IssuedCredential
    taken: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def candidate(name: str, content: bytes, verification: Verification) -> Candidate:
    """A credential in a file or picture, with its verdict. Raises UnreadableError."""
    return Candidate(name=name, presented=read_presented(content, name), verification=verification, size=len(content))


def check_all(candidates: Sequence[Candidate], recipient: Recipient) -> Recipient:
    """Whose these are, each of which goes into the record.

    Raises InputError (`issue.not-verified`, `issue.not-embeddable`, `issue.another-subject`, `issue.recipient`,
    `issue.too-large`).
    """
    for each in candidates:
        _check_verified(each)
    if recipient == Recipient():
        recipient = _common_subject([each.verification for each in candidates])
    for each in candidates:
        _check_belongs(each, recipient)
    _check_size(candidates)
    return recipient


def choose(
    candidates: Sequence[Candidate], recipient: Recipient
) -> tuple[list[Candidate], Recipient, tuple[LeftOut, ...]]:
    """(those that go into a record, whose they are, those that do not).

    Where nobody is named the learner is the subject of most of them, by an IRI; the first of several.
    Raises InputError (`issue.nothing-to-gather`, `issue.recipient`, `issue.too-large`).
    """
    left: list[LeftOut] = []

    def keep(each: Candidate, error: InputError | None) -> bool:
        if error is not None:
            left.append(LeftOut(name=each.name, code=error.code, reason=error.message))
        return error is None

    fit = [each for each in candidates if keep(each, _fault(each))]
    if recipient == Recipient() and fit:
        recipient = _most_common_subject([each.verification for each in fit])
    taken = [each for each in fit if keep(each, _stranger(each, recipient))]
    if not taken:
        raise InputError(
            f"Nothing of it goes into a record: {left[0].reason}" if left else "Nothing is stored to gather.",
            code="issue.nothing-to-gather",
            hint="A record holds verified Open Badges 3.0, CLR 2.0 and W3C credentials of one learner.",
        )
    _check_size(taken)
    return taken, recipient, tuple(left)


def _check_verified(each: Candidate) -> None:
    error = _fault(each)
    if error is not None:
        raise error


def _fault(each: Candidate) -> InputError | None:
    """What keeps a credential from any record."""
    found = each.verification
    failed = [check for check in found.checks if check.outcome is Outcome.FAIL and check.step is not Step.RECIPIENT]
    if found.verdict not in GATHERED or (found.verdict is Verdict.VERIFIED and failed):
        why = next((check.reason for check in failed if check.reason), "it does not hold")
        return InputError(
            f"{each.name} is {found.verdict.value}: {why}",
            code="issue.not-verified",
            hint="`headwater verify` tells more; a record holds what is verified.",
            subject=each.name,
        )
    if found.format not in _CREDENTIALS:
        return _not_embeddable(each, f"is {found.format}, which a CLR 2.0 cannot hold")
    contexts = listed(each.presented.document.get("@context"))
    if each.presented.token is None and contexts[:1] != [VC_2_CONTEXT]:
        return _not_embeddable(each, "is of the VC data model 1.1, whose context a CLR 2.0 does not allow inside")
    return None


def _not_embeddable(each: Candidate, why: str) -> InputError:
    return InputError(
        f"{each.name} {why}.",
        code="issue.not-embeddable",
        hint="Keep it beside the record; tokens of either data model go into one.",
        subject=each.name,
    )


def _common_subject(found: Sequence[Verification]) -> Recipient:
    """The one IRI by which all name their subject. Raises InputError (`issue.recipient`)."""
    named = [_iris(verification) for verification in found]
    common = set.intersection(*named) if named else set()
    if named and not common:
        raise _nobody()
    return Recipient(iri=min(common, default=None))


def _most_common_subject(found: Sequence[Verification]) -> Recipient:
    """The IRI by which most name their subject, the first of equals. Raises InputError (`issue.recipient`)."""
    counts = Counter(iri for verification in found for iri in sorted(_iris(verification)))
    if not counts:
        raise _nobody()
    return Recipient(iri=counts.most_common(1)[0][0])


def _iris(verification: Verification) -> set[str]:
    """The IRIs among the identifiers; the others are identities, such as `emailAddress:...`."""
    kinds = ((each, each.partition(":")[0]) for each in verification.subject_ids if ":" in each)
    return {each for each, kind in kinds if kind != "ext" and kind not in IDENTIFIER_TYPES}


def _nobody() -> InputError:
    return InputError(
        "The credentials name no subject that they share by an IRI.",
        code="issue.recipient",
        hint="Say whose they are (`--to`), by the identity that is hashed in them.",
    )


def _check_belongs(each: Candidate, recipient: Recipient) -> None:
    error = _stranger(each, recipient)
    if error is not None:
        raise error


def _stranger(each: Candidate, recipient: Recipient) -> InputError | None:
    """What keeps a credential from this learner's record."""
    found = each.verification
    proven = any(check.step is Step.RECIPIENT and check.outcome is Outcome.PASS for check in found.checks)
    if recipient.iri in found.subject_ids or (proven and recipient.identifiers):
        return None
    return InputError(
        f"{each.name} is about somebody else.",
        code="issue.another-subject",
        hint="Leave it out, or name the learner by the identity that it has.",
        subject=each.name,
    )


def _check_size(candidates: Sequence[Candidate]) -> None:
    size = sum(each.size for each in candidates)
    if size > RECORD_BYTES:
        raise InputError(
            f"The credentials have {size:,} bytes together; one record holds {RECORD_BYTES:,}.",
            code="issue.too-large",
            hint=_ROOM,
        )
