"""The contract's inputs. What they mean is in docs/matching.md; `held` turns them into our records."""

from enum import Enum

import strawberry
from strawberry import ID

from .descriptions import about


@strawberry.input(description="Which data to answer from.")
class ViewInput:
    """Which data to answer from."""

    as_of: ID | None = strawberry.field(
        default=None, description="A release, by number or IRI: answers as it was. Default: the current one."
    )
    overlays: list[ID] | None = strawberry.field(
        default=None, description="Overlays to lay over, by name or IRI, in this order. Default: none."
    )
    datasets: list[str] | None = strawberry.field(
        default=None, description="Names of datasets: only what these say. Default: all."
    )


@strawberry.input(description="A competency that is held, maybe at a level.")
class HeldCompetency:
    """A competency that is held."""

    id: ID = strawberry.field(description="IRI, code or exact label.")
    level: float | None = strawberry.field(default=None, description="A value on `scale`.")
    scale: ID | None = strawberry.field(
        default=None, description="IRI or exact label of the scale; without it the level is unknown."
    )
    level_name: str | None = strawberry.field(
        default=None,
        description="In place of `level`: exact label of one of the scale's levels, or the IRI of one, which says the "
        "scale too.",
    )


@strawberry.input(description="What a learner holds. References are an IRI, a code or an unambiguous exact label.")
class HeldInput:
    """What a learner holds."""

    learner: ID | None = strawberry.field(
        default=None,
        description="A stored learner: their documents, verified anew. Needs the learner's key, or a consent.",
    )
    purpose: str | None = strawberry.field(
        default=None, description="What a receiver reads `learner` for, as the consent has it."
    )
    documents: list[str] | None = strawberry.field(
        default=None,
        description="Open Badges, CLR, VC as JSON, JWT, SVG or a picture's data URL, verified on the way: at most 20 "
        "of 256 KiB, of one subject.",
    )
    recipients: list[str] | None = strawberry.field(
        default=None,
        description="Identities of the learner, such as an e-mail address: at most 10. Documents that name one of"
        " them, plain or hashed, are the learner's, and those of others do not count. Kept nowhere.",
    )
    credentials: list[ID] | None = strawberry.field(default=None, description="Credentials held, as the caller claims.")
    courses: list[ID] | None = strawberry.field(default=None, description="Courses taken, as the caller claims.")
    competencies: list[HeldCompetency] | None = strawberry.field(
        default=None, description="Competencies held, as the caller claims."
    )
    experience_days: float | None = strawberry.field(default=None, description="Days of experience.")


@strawberry.input(description="How a match weighs and what counts. Factors are from 0 to 1.")
class MatchPolicyInput:
    """How a match weighs and what counts."""

    must_weight: float = strawberry.field(default=1, description="Weight of a must.")
    should_weight: float = strawberry.field(default=0.5, description="Weight of a should that is not graded.")
    min_coverage: float = strawberry.field(default=1, description="Coverage from which a competency holds.")
    unknown_level: float = strawberry.field(default=0.5, description="Factor where the held level is not comparable.")
    exact: float = strawberry.field(default=1, description="Factor of an exact match.")
    held_narrower: float = strawberry.field(default=0.8, description="Factor where what is held is narrower.")
    close: float = strawberry.field(default=0.9, description="Factor of a close match.")
    held_broader: float = strawberry.field(default=0.5, description="Factor where what is held is broader.")
    related: float = strawberry.field(default=0.3, description="Factor of a related match.")
    max_hops: int = strawberry.field(default=3, description="Most alignment steps in a chain.")
    hierarchy: bool = strawberry.field(default=False, description="Whether broader links of a framework are steps.")
    implies_lower: bool = strawberry.field(default=True, description="Whether a level met also meets those below.")
    count_unproven: bool = strawberry.field(
        default=False,
        description="Whether documents count whose issuer is not proven, that cannot be verified, or that do not say "
        "whose they are; never invalid, tampered, revoked, suspended or expired ones. Without documents it is idle.",
    )


@strawberry.input(description=about("code"))
class CodeInput:
    """A code of a source."""

    system: str = strawberry.field(description="The code system, case folded.")
    value: str = strawberry.field(description="The code, case and blanks folded.")


@strawberry.enum(description="What a salary is paid for.")
class PayPeriod(Enum):
    """What a salary is paid for."""

    HOUR = strawberry.enum_value("hour", description="An hour.")
    DAY = strawberry.enum_value("day", description="A day.")
    WEEK = strawberry.enum_value("week", description="A week.")
    MONTH = strawberry.enum_value("month", description="A month.")
    YEAR = strawberry.enum_value("year", description="A year.")


@strawberry.input(
    description="The least that a role must be able to pay. Salaries compare by the year; another currency is unknown."
)
class SalaryInput:
    """The least that a role must be able to pay."""

    amount: float = strawberry.field(description="In units of the currency, each period.")
    currency: str = strawberry.field(description="ISO 4217 code.")
    period: PayPeriod = strawberry.field(default=PayPeriod.YEAR, description="What it is paid for.")
    hours_per_year: float = strawberry.field(
        default=2080, description="Paid hours of a year; a day has 8. Weeks are 52 and months 12 a year."
    )


@strawberry.input(description="Which things to list: those that fit every part that is given.")
class ResourceFilter:
    """Which things to list."""

    ids: list[ID] | None = strawberry.field(default=None, description="These: IRI, code or exact label of each.")
    frameworks: list[ID] | None = strawberry.field(default=None, description="In one of these frameworks.")
    codes: list[CodeInput] | None = strawberry.field(default=None, description="With one of these codes.")
    code_prefixes: list[CodeInput] | None = strawberry.field(
        default=None,
        description="With a code that begins so: `isco` `25`, `onetsoc` `15-12`. The groups of a classification.",
    )
    datasets: list[str] | None = strawberry.field(default=None, description="Described by one of these datasets.")
    text: str | None = strawberry.field(default=None, description="With this text in a label of any language.")
    regions: list[str] | None = strawberry.field(
        default=None,
        description="Roles in one of these: ISO 3166 codes of countries and their parts, names after slashes: `US`, "
        "`US-CA`, `US-CA/Oakland`. `US` takes in all of these. Roles only.",
    )
    employers: list[str] | None = strawberry.field(
        default=None,
        description="Roles of one of these organisations, by name (case and blanks folded) or IRI. Roles only.",
    )
    remote: bool | None = strawberry.field(
        default=None,
        description="Roles that may be done from elsewhere, or (false) that have a place and do not say so. "
        "Roles only.",
    )
    min_salary: SalaryInput | None = strawberry.field(
        default=None, description="Roles whose greatest stated pay is at least this. Roles only."
    )
    or_unstated: bool = strawberry.field(
        default=False,
        description="Whether roles are left in that may fit `regions`, `employers`, `remote`, `minSalary` but do not "
        "tell.",
    )


@strawberry.input(description="Which roles to match: those that fit every part that is given.")
class RoleFilter(ResourceFilter):
    """Which roles to match."""

    ids: list[ID] | None = strawberry.field(
        default=None, description="These, listed whatever their score: IRI, code or exact label of each."
    )
    qualified: bool | None = strawberry.field(default=None, description="Only those (not) qualified for.")
    min_score: float | None = strawberry.field(default=None, description="Only those with at least this score.")


@strawberry.input(description="What a plan may cost and consist of.")
class PlanLimits:
    """What a plan may cost and consist of."""

    max_cost: float | None = strawberry.field(default=None, description="Greatest known cost, in `currency`.")
    currency: str | None = strawberry.field(
        default=None, description="ISO 4217 code. Default: the commonest among the candidates."
    )
    max_days: float | None = strawberry.field(default=None, description="Greatest known length, in learning days.")
    max_steps: int | None = strawberry.field(default=None, description="Most steps.")
    providers: list[str] | None = strawberry.field(default=None, description="Every step's provider or issuer.")
    kinds: list[str] | None = strawberry.field(
        default=None, description="Every step's kind: course, credential, or a credential's own kind."
    )
    allow_unknown: bool = strawberry.field(
        default=True, description="Whether steps without a figure that matters may be taken."
    )
    deadline_ms: int = strawberry.field(default=2000, description="Time to search, at most 10000 ms.")


@strawberry.enum(description="What a plan is best in.")
class Objective(Enum):
    """What a plan is best in."""

    CHEAPEST = strawberry.enum_value("CHEAPEST", description="Cost.")
    FASTEST = strawberry.enum_value("FASTEST", description="Learning days.")
    FEWEST = strawberry.enum_value("FEWEST", description="Steps.")


@strawberry.enum(description="Type of a described thing.")
class ResourceType(Enum):
    """Type of a described thing."""

    FRAMEWORK = strawberry.enum_value("FRAMEWORK", description=about("Framework"))
    COMPETENCY = strawberry.enum_value("COMPETENCY", description=about("Competency"))
    COURSE = strawberry.enum_value("COURSE", description=about("Course"))
    CREDENTIAL = strawberry.enum_value("CREDENTIAL", description=about("Credential"))
    JOB_ROLE = strawberry.enum_value("JOB_ROLE", description=about("JobRole"))
