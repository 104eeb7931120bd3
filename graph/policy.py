"""What the caller decides about matching, and what a learner holds: the two inputs of every match, gap and plan."""

import math
from dataclasses import dataclass, fields
from enum import IntEnum

from ontology.errors import OutOfRangeError

MAX_HOPS = 3
"""Longer chains of alignments say little and cost much."""
HEAVIEST = 100_000.0
"""Only what weights are to each other counts. Efforts, in billionths of a weight, stay within 64 bits."""
_WEIGHTS = ("must_weight", "should_weight")
_FACTORS = ("min_coverage", "unknown_level", "exact", "held_narrower", "close", "held_broader", "related")
_HOPS = range(MAX_HOPS + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How requirements weigh and how far an alignment carries: docs/matching.md says what each field does.

    Raises:
        OutOfRangeError: `policy.out-of-range`: a weight not in 0..100,000, a factor not in 0..1, hops not in
            0..3.
    """

    must_weight: float = 1.0
    should_weight: float = 0.5
    min_coverage: float = 1.0
    unknown_level: float = 0.5
    exact: float = 1.0
    held_narrower: float = 0.8
    close: float = 0.9
    held_broader: float = 0.5
    related: float = 0.3
    max_hops: int = MAX_HOPS
    hierarchy: bool = False
    implies_lower: bool = True
    count_unproven: bool = False

    def __post_init__(self) -> None:
        if all(0 <= getattr(self, name) <= 1 for name in (*_WEIGHTS, *_FACTORS)) and self.max_hops in _HOPS:
            return  # as nearly all are; what follows tells which is out of range
        for name in _WEIGHTS:
            self._check(name, HEAVIEST, f"a number from 0 to {HEAVIEST:,.0f}")
        for name in _FACTORS:
            self._check(name, 1.0, "a number from 0 to 1")
        self._check("max_hops", MAX_HOPS, f"a whole number from 0 to {MAX_HOPS}")
        if self.max_hops != int(self.max_hops):
            raise self._refusal("max_hops", f"a whole number from 0 to {MAX_HOPS}")

    def _check(self, name: str, highest: float, expected: str) -> None:
        value = getattr(self, name)
        if not (math.isfinite(value) and 0 <= value <= highest):
            raise self._refusal(name, expected)

    def _refusal(self, name: str, expected: str) -> OutOfRangeError:
        default = next(field.default for field in fields(self) if field.name == name)
        hint = f"Leave it out to get the default of {default}."
        return OutOfRangeError(name, repr(getattr(self, name)), expected, code="policy.out-of-range", hint=hint)

    def steps(self) -> tuple[float, ...]:
        """What the factors of chains depend on: two policies that agree in it have the same chains."""
        hierarchy, hops = float(self.hierarchy), float(self.max_hops)
        return (self.exact, self.close, self.held_narrower, self.held_broader, self.related, hops, hierarchy)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCompetency:
    """A competency that is held, at a value of a scale where the level is known."""

    row: int
    value: float | None = None
    scale: int = -1
    """Scale row, -1 none."""


class Standing(IntEnum):
    """How well it is known that something is held: the lower, the better."""

    VERIFIED = 0
    CLAIMED = 1
    UNPROVEN = 2
    EXPIRED = 3
    REVOKED = 4
    SUSPENDED = 5
    NOT_YET_VALID = 6


class Binding(IntEnum):
    """How it is known that what is held is the learner's: the lower, the better."""

    PRESENTATION = 0
    """The holder of a presentation is its subject, and answered a challenge with the holder's key."""
    RECIPIENT = 1
    """Its recipient, plain or hashed, is the person whom the caller named."""
    SAME_SUBJECT = 2
    """It is about the one subject of the documents that came together."""
    CLAIMED = 3
    """The caller says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAward:
    """A credential, course or competency that a document says is held."""

    row: int
    standing: Standing
    counts: bool
    """What does not is shown as evidence with the factor 0."""
    reason: str | None = None
    """Why it is not simply verified, in a sentence or several."""
    value: float | None = None
    """Of a competency, on `scale`; None where the level is unknown."""
    scale: int = -1
    binding: Binding = Binding.CLAIMED
    document: int = -1
    """Position of the document that says so; -1 where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a learner holds, as rows of one snapshot. Repetition does no harm."""

    competencies: tuple[HeldCompetency, ...] = ()
    credentials: tuple[int, ...] = ()
    courses: tuple[int, ...] = ()
    experience_days: float = 0.0
    awards: tuple[HeldAward, ...] = ()
    """What documents say, counted or not; the rest is what the caller claims."""
