"""What a verification says: a check for each step, the verdict that follows from them, and who is proven.

Knows no format. The order of verdicts is that of docs/credentials.md: the first that holds is the one. Called by
`verification` and the formats that it knows, read by the counting and by whoever shows a verdict.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .claims import Claim


class Step(StrEnum):
    """The steps, in their order."""

    PARSE = "parse"
    JSON_LD = "json_ld"
    CONTEXT = "context"
    SCHEMA = "schema"
    SUBJECT = "subject"
    PROOF = "proof"
    ISSUER = "issuer"
    STATUS = "status"
    DATES = "dates"
    RECIPIENT = "recipient"
    ENDORSEMENTS = "endorsements"
    EMBEDDED = "embedded"


class Outcome(StrEnum):
    """What came of a step."""

    PASS = "pass"  # noqa: S105 - a word, no secret
    FAIL = "fail"
    REMARK = "remark"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """What holds of a credential; of several the first."""

    INVALID = "invalid"
    TAMPERED = "tampered"
    UNVERIFIABLE = "unverifiable"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    VERIFIED = "verified"


_ORDER = list(Verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step: what came of it, and why in a sentence or several."""

    step: Step
    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who issued, as the document says, and what is known of it."""

    id: str | None = None
    name: str | None = None
    proven: bool = False
    """The key is the issuer's by what the issuer itself publishes or is."""
    trusted: bool = False
    """The key is one that the trust list names for this issuer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the holder of a presentation signed besides it: the challenge that it was made for, and for whom."""

    challenge: str
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found of one document."""

    format: str
    verdict: Verdict
    issuer: Issuer = Issuer()
    subject: str | None = None
    """Identifier of whom it is about, or the hash that stands for it."""
    subject_ids: frozenset[str] = frozenset()
    """Every identifier of the subject; two documents share a subject where they share one of them."""
    id: str | None = None
    name: str | None = None
    valid_until: str | None = None
    """The last moment at which it is not expired, RFC 3339 in UTC; None: it names no end."""
    checks: tuple[Check, ...] = ()
    embedded: tuple["Verification", ...] = ()
    """Of a collection or a presentation: its credentials, each verified by itself."""
    claims: tuple[Claim, ...] = ()
    """What it says of its subject; none of an invalid document."""
    answers: tuple[Answer, ...] = ()
    """Of a presentation that is verified, by keys that are its holder's: the challenges that they answer."""

    @property
    def reason(self) -> str | None:
        """Why the verdict is not `verified`: the reason of the first failed step."""
        return next((check.reason for check in self.checks if check.outcome is Outcome.FAIL), None)

    def as_json(self) -> dict[str, object]:
        """The verdict as `verify --json` shows it; `recognised` and `unresolved` are the caller's to add."""
        return {
            "format": self.format,
            "verdict": self.verdict.value,
            "id": self.id,
            "name": self.name,
            "issuer": {
                "id": self.issuer.id,
                "name": self.issuer.name,
                "proven": self.issuer.proven,
                "trusted": self.issuer.trusted,
            },
            "subject": self.subject,
            "checks": [
                {"step": check.step.value, "outcome": check.outcome.value, "reason": check.reason}
                for check in self.checks
            ],
            "embedded": [each.as_json() for each in self.embedded],
        }


@dataclass(slots=True)
class Notes:
    """The steps as they are taken. What is not noted at the end was skipped."""

    _outcomes: dict[Step, Outcome] = field(default_factory=dict)
    _reasons: dict[Step, dict[str, None]] = field(default_factory=dict)
    _verdict: Verdict = Verdict.VERIFIED

    def passed(self, step: Step) -> None:
        """The step holds, unless something else was noted of it."""
        self._outcomes.setdefault(step, Outcome.PASS)

    def remark(self, step: Step, reason: str) -> None:
        """Something that does not stand against the document."""
        if self._outcomes.get(step) is not Outcome.FAIL:
            self._outcomes[step] = Outcome.REMARK
        self._add(step, reason)

    def fail(self, step: Step, verdict: Verdict, reason: str) -> None:
        """Something that makes the verdict, or a graver one that is there already."""
        if self._outcomes.get(step) is not Outcome.FAIL:
            self._reasons.pop(step, None)
        self._outcomes[step] = Outcome.FAIL
        self._verdict = min(self._verdict, verdict, key=_ORDER.index)
        self._add(step, reason)

    def skip(self, step: Step, reason: str) -> None:
        """The step was not taken; what is noted of it already stays."""
        if step not in self._outcomes:
            self._outcomes[step] = Outcome.SKIPPED
            self._add(step, reason)

    def failed(self, *steps: Step) -> bool:
        """Whether one of the steps failed."""
        return any(self._outcomes.get(step) is Outcome.FAIL for step in steps)

    @property
    def verdict(self) -> Verdict:
        """What holds so far."""
        return self._verdict

    def checks(self) -> tuple[Check, ...]:
        """A check for each step, in order."""
        return tuple(
            Check(
                step=step,
                outcome=self._outcomes.get(step, Outcome.SKIPPED),
                reason=" ".join(self._reasons[step]) if step in self._reasons else None,
            )
            for step in Step
        )

    def _add(self, step: Step, reason: str) -> None:
        self._reasons.setdefault(step, {})[reason] = None


def worst(found: Sequence[Verdict]) -> Verdict:
    """The first in the order of verdicts, `verified` where there is none."""
    return min(found, key=_ORDER.index, default=Verdict.VERIFIED)
