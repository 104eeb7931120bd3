"""Match, gap and plans of the contract: plain objects, made from what `graph.matching` and `graph.planning` answer."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

import strawberry
from strawberry import ID, Info, Private

from graph.statements import Statement

from .connections import TOLD_IN_PART, check_first
from .context import context_of, languages_of
from .descriptions import resolver
from .requirements import Requirement, RoleLevel
from .resources import Duration, JobRole, Level, LevelMapping, Money, Resource
from .sources import READ_FROM, Source, read_source

if TYPE_CHECKING:
    from .documents import DocumentVerdict

SENTENCES = "Names as in `label`; the words around them in English, German, French or Spanish."
Part = Literal["met", "partial", "missing"]
Parts = dict[tuple[object, tuple[str, ...]], object]
"""Parts of answers: by who built them and languages."""
DocumentList = list[Annotated["DocumentVerdict", strawberry.lazy(".documents")]]


@strawberry.enum(description="What is known of something held. The caller's own claims are CLAIMED.")
class EvidenceStatus(Enum):
    """What is known of something held."""

    VERIFIED = strawberry.enum_value("VERIFIED", description="Proven by a document.")
    CLAIMED = strawberry.enum_value("CLAIMED", description="The caller says so.")
    UNPROVEN = strawberry.enum_value("UNPROVEN", description="A document says so, and its issuer is not proven.")
    EXPIRED = strawberry.enum_value("EXPIRED", description="It was valid until a date that is past.")
    REVOKED = strawberry.enum_value("REVOKED", description="Its issuer took it back.")
    SUSPENDED = strawberry.enum_value("SUSPENDED", description="Its issuer suspended it.")
    NOT_YET_VALID = strawberry.enum_value("NOT_YET_VALID", description="It is valid from a date to come.")


@strawberry.enum(description="How it is known that something held is the learner's.")
class EvidenceBinding(Enum):
    """How it is known that something held is the learner's."""

    PRESENTATION = strawberry.enum_value(
        "PRESENTATION", description="Its subject presented it, and answered a challenge with the subject's key."
    )
    RECIPIENT = strawberry.enum_value("RECIPIENT", description="Its recipient, plain or hashed, is in `recipients`.")
    SAME_SUBJECT = strawberry.enum_value(
        "SAME_SUBJECT", description="It is about the one subject of the documents that came together."
    )
    CLAIMED = strawberry.enum_value("CLAIMED", description="The caller says so.")


@strawberry.type(description="One step from what is held to what is required.")
class ChainLink:
    """One step of a chain."""

    from_: ID = strawberry.field(name="from", description="Where the step starts: an IRI.")
    to: ID = strawberry.field(description="Where it leads: an IRI.")
    relation: str = strawberry.field(description="teaches, certifies, awards, exactMatch, broadMatch …")
    factor: float = strawberry.field(description="What the step leaves of the coverage, from 0 to 1.")
    source: str | None = strawberry.field(description="Where the statement was published.")
    said: Private[Callable[[], Statement | None]]

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where the statement was read."""
        return await read_source(info, self.said())


@strawberry.type(description="A held level as it is read on the scale that is asked for.")
class ReadLevel:
    """A held level on another scale."""

    held: Level = strawberry.field(description="The level that is held.")
    read_as: Level = strawberry.field(description="What it counts as on the scale that is asked for.")
    mapping: LevelMapping = strawberry.field(description="The mapping that says so.")


@strawberry.type(description="What held thing covers a requirement, and along which way.")
class Evidence:
    """What held thing covers a requirement."""

    held: Resource = strawberry.field(description="What is held.")
    status: EvidenceStatus = strawberry.field(description="What is known of it.")
    binding: EvidenceBinding = strawberry.field(description="How it is known that it is the learner's.")
    document: int | None = strawberry.field(
        description="The document that says so: the `index` of its verdict and checks among `documents`; null for "
        "a claim."
    )
    reason: str | None = strawberry.field(description="Why it does not count, where it does not.")
    factor: float = strawberry.field(description="What the whole chain leaves of the coverage, from 0 to 1.")
    chain: list[ChainLink] = strawberry.field(description="Step by step; empty where it is the required thing itself.")
    read_level: ReadLevel | None = strawberry.field(
        description="How its level was read, where that is on another scale than the one asked for."
    )
    level_of: Private[Callable[[], Level | None]]
    sentence_in: Private[Callable[[tuple[str, ...]], str]]

    @resolver(description="The level at which the competency is held; null where none is known, and for other things.")
    def held_level(self) -> Level | None:
        """The level at which the competency is held."""
        return self.level_of()

    @resolver(description=f"The same in one sentence. {SENTENCES}")
    def sentence(self, info: Info, languages: list[str] | None = None) -> str:
        """The same in one sentence."""
        return self.sentence_in(languages_of(info, languages))


@strawberry.type(description="How far a requirement is covered, and what that adds to the score.")
class Coverage:
    """How far a requirement is covered."""

    requirement: Requirement = strawberry.field(description="A requirement at the top of the role's tree.")
    coverage: float = strawberry.field(description="From 0 to 1.")
    weight: float = strawberry.field(description="Its weight in the score.")
    part: float = strawberry.field(description="What it adds to the score; the parts sum to it.")
    level_unknown: bool = strawberry.field(description="Whether the held level is unknown or not comparable.")
    evidence: list[Evidence] = strawberry.field(description="What covers it, best first.")
    sentence_in: Private[Callable[[tuple[str, ...]], str]]
    parts: Private[Parts | None] = None
    """Of what many answers have, their parts that were made of it; None of what is one learner's own."""

    @resolver(description=f"What becomes of it, in one sentence. {SENTENCES}")
    def sentence(self, info: Info, languages: list[str] | None = None) -> str:
        """What becomes of it, in one sentence."""
        return self.sentence_in(languages_of(info, languages))


@strawberry.type(description="Whether a level of a role is met.")
class LevelResult:
    """Whether a level of a role is met."""

    level: RoleLevel = strawberry.field(description="The level.")
    qualified: bool = strawberry.field(description="Whether it is met, by itself or by a higher one.")
    stated: bool = strawberry.field(description="Whether it is met by its own list, not implied by a higher one.")
    met_by: list[Resource] = strawberry.field(description="The held things that its own musts were met by.")


class MatchDetail(Protocol):
    """What is found of a role beyond its place in the ranking, when it is asked for."""

    def blocking(self) -> list[Requirement]:
        """The musts that do not hold."""

    def levels(self) -> list[LevelResult]:
        """Its levels, lowest first."""

    def count(self, which: Part) -> int:
        """How many requirements are met, met in part, or missing."""

    def coverages(self, which: Part, first: int) -> list[Coverage]:
        """The first of them, heaviest first, then by IRI."""


@strawberry.type(description="How what is held meets a role.")
class Match:
    """How what is held meets a role."""

    role: JobRole = strawberry.field(description="The role.")
    score: float = strawberry.field(description="From 0 to 1: the weighted coverage of its competencies.")
    qualified: bool | None = strawberry.field(
        description="Whether all that must hold holds; null where the role states nothing that must."
    )
    detail: Private[MatchDetail]

    @resolver(description="The musts that do not hold: why not.")
    def blocking(self, info: Info) -> list[Requirement]:
        """The musts that do not hold; they count as edges, for a role may have thousands."""
        found = self.detail.blocking()
        context_of(info).spend(len(found))
        return found

    @resolver(description="Its levels, lowest first.")
    def levels(self) -> list[LevelResult]:
        """Its levels."""
        return self.detail.levels()

    @resolver(description="How many are met.")
    def met_count(self) -> int:
        """How many are met."""
        return self.detail.count("met")

    @resolver(description="How many are met in part.")
    def partial_count(self) -> int:
        """How many are met in part."""
        return self.detail.count("partial")

    @resolver(description="How many are missing.")
    def missing_count(self) -> int:
        """How many are missing."""
        return self.detail.count("missing")

    @resolver(description="Covered as the policy asks; heaviest first, then by IRI.")
    def met(self, info: Info, first: int = 100) -> list[Coverage]:
        """What is covered."""
        return self.detail.coverages("met", check_first(first, context_of(info).limits.page, TOLD_IN_PART))

    @resolver(description="Covered in part; heaviest first, then by IRI.")
    def partial(self, info: Info, first: int = 100) -> list[Coverage]:
        """What is covered in part."""
        return self.detail.coverages("partial", check_first(first, context_of(info).limits.page, TOLD_IN_PART))

    @resolver(description="Not covered; heaviest first, then by IRI.")
    def missing(self, info: Info, first: int = 100) -> list[Coverage]:
        """What is not covered."""
        return self.detail.coverages("missing", check_first(first, context_of(info).limits.page, TOLD_IN_PART))


@strawberry.enum(description="Why there is no plan.")
class NoPlanReason(Enum):
    """Why there is no plan."""

    NONE_EXISTS = strawberry.enum_value("NONE_EXISTS", description="None exists, whatever the limits.")
    LIMITS = strawberry.enum_value("LIMITS", description="One exists without the limits.")
    DEADLINE = strawberry.enum_value("DEADLINE", description="Neither was proved in time.")


@strawberry.type(description="One thing to do.")
class PlanStep:
    """One thing to do."""

    position: int = strawberry.field(description="From 1.")
    resource: Resource = strawberry.field(description="The course to take or the credential to get.")
    cost: Money | None = strawberry.field(description="What it costs; null where unknown.")
    duration: Duration | None = strawberry.field(description="How long it takes; null where unknown.")
    closes: list[Requirement] = strawberry.field(description="The role's musts that hold from this step on.")
    enables: list[int] = strawberry.field(description="Positions of the steps that need this one.")
    alternatives: list[Resource] = strawberry.field(description="What could take its place in an equally good plan.")
    reason_in: Private[Callable[[tuple[str, ...]], str]]

    @resolver(description=f"Why it is in the plan, in one sentence. {SENTENCES}")
    def reason(self, info: Info, languages: list[str] | None = None) -> str:
        """Why it is in the plan."""
        return self.reason_in(languages_of(info, languages))


@strawberry.type(description="Steps after which every must holds, and the level that was asked for.")
class Plan:
    """Steps after which every must holds."""

    steps: list[PlanStep] = strawberry.field(description="In a feasible order; empty where all is met already.")
    cost: Money | None = strawberry.field(description="Sum of the known costs; null where none is known.")
    duration: Duration | None = strawberry.field(description="Sum of the known lengths; null where none is known.")
    unknowns: int = strawberry.field(description="Steps without a figure in the objective's dimension.")
    unknowns_bound: int = strawberry.field(description="Proved lower bound of unknowns.")
    total: float = strawberry.field(description="Sum of the known figures in the objective's dimension.")
    bound: float = strawberry.field(description="Proved lower bound of total.")
    optimal: bool = strawberry.field(description="Whether it is proved that nothing is better.")
    closes: list[Requirement] = strawberry.field(description="The musts that did not hold before.")
    assumptions: list[str] = strawberry.field(description="What the data does not tell: eligibility, figures.")


@strawberry.type(description="The best plans into a role, or why there is none.")
class PlanAnswer:
    """The best plans into a role."""

    plans: list[Plan] = strawberry.field(description="Best first.")
    optimal: bool = strawberry.field(
        description="Whether it is proved in time that the first plan is best, or that there is none."
    )
    reason: NoPlanReason | None = strawberry.field(description="Why there is no plan, where there is none.")
    unmet: list[Requirement] = strawberry.field(
        description="Where there is no plan: a smallest set of musts without which there would be one."
    )
    documents: DocumentList = strawberry.field(description="What was found of each document that was given.")
    release: ID = strawberry.field(description="The release that this answer is from.")
