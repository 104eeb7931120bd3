"""What is told of a proof or a status: an outcome, and the checks that led to it, in their order."""

from dataclasses import dataclass
from enum import Enum
from typing import Literal

Step = Literal["parse", "json_ld", "context", "proof", "issuer", "status"]
CheckOutcome = Literal["pass", "fail", "remark", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at. `reason` is a sentence for people; None where there is nothing to add."""

    step: Step
    outcome: CheckOutcome
    reason: str | None = None


class ProofOutcome(Enum):
    """What the proofs of a document amount to."""

    PASS = "pass"  # noqa: S105 - no password
    """The signature holds for what the document says."""
    FAIL = "fail"
    """It does not: the document is not what was signed, or not by this key. Verdict: tampered."""
    INVALID = "invalid"
    """It cannot have been signed as it stands: an undefined term, broken JSON-LD, a proof without its parts."""
    UNVERIFIABLE = "unverifiable"
    """It cannot be said: an unknown suite, key or context, a key document that cannot be had, too much work."""
    ABSENT = "absent"
    """There is no proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofResult:
    """What became of one proof.

    `method` is the verification method as the proof names it, `controller` whose key it is by what was resolved; None
    where that is not known. `proves_issuer` says that the controller is the issuer, or its JWKS has the key.
    """

    suite: str
    outcome: ProofOutcome
    method: str | None = None
    controller: str | None = None
    proves_issuer: bool = False
    reason: str | None = None
    step: Step = "proof"
    """Where it was decided."""
    challenge: str | None = None
    """What it repeats of what it was asked for."""
    domains: tuple[str, ...] = ()
    """Whom it says that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReport:
    """What the proofs of a document amount to. That one holds and that the issuer is known are separate facts.

    Attributes:
        outcome: of all proofs together; one that holds is enough, unless another fails and the issuer is not proven.
        issuer_proven: a proof that holds is by a key of the issuer; False where `outcome` is not PASS.
        controllers: whose keys the proofs that hold are by, as far as that is known.
        checks: of the steps parse, json_ld, context, proof and issuer.
        proofs: one for each proof, in the order of the document.
    """

    outcome: ProofOutcome
    issuer_proven: bool = False
    controllers: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    proofs: tuple[ProofResult, ...] = ()


class StatusOutcome(Enum):
    """What the status of a credential is. The first that holds, in the order of the design's verdicts."""

    UNVERIFIABLE = "unverifiable"
    REVOKED = "revoked"
    SUSPENDED = "suspended"
    VALID = "valid"
    """Nothing stands against it in any list."""
    ABSENT = "absent"
    """The credential names no status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """The status of a credential, with a check for each entry that it names.

    `messages` are the ones that lists of purpose `message` give.
    """

    outcome: StatusOutcome
    checks: tuple[Check, ...] = ()
    messages: tuple[str, ...] = ()
