"""The terms of schema.org and JDX JobSchema+ that say what a job asks for, and what each of them means here.

Both write the plain things (title, description, identifier, terms of a vocabulary) in schema.org's words, so one table
serves both. Knows no documents. Called by `job_records` and by the readers of either. Source: schema.org 30.0; JDX
JobSchema+ as CTDL's JDX mapping and HR Open's JobDescriptionType (4.3) have it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from ontology.model import IDENTITY, Importance, PayPeriod
from ontology.terms import SCHEMA

JDX: Final = "http://purl.org/jdx/terms/"
KEPT_ID: Final = f"{IDENTITY}schema-org/term/id"
"""Predicate of an `@id` that is no IRI."""

ROLE_TYPES: Final = frozenset(
    {f"{SCHEMA}JobPosting", f"{SCHEMA}Occupation"}
    | {f"{JDX}{name}" for name in ("Job", "JobPosting", "JobDescription", "JobCompetencyProfile")}
)
COURSE_TYPES: Final = frozenset(
    f"{SCHEMA}{name}" for name in ("Course", "EducationalOccupationalProgram", "WorkBasedProgram")
)
CREDENTIAL_TYPES: Final = frozenset({f"{SCHEMA}EducationalOccupationalCredential", f"{JDX}Credential"})
PERSON: Final = f"{SCHEMA}Person"
TERM_SET: Final = f"{SCHEMA}DefinedTermSet"
TERM: Final = f"{SCHEMA}DefinedTerm"


class Asked(StrEnum):
    """What a property asks for."""

    COMPETENCY = "competency"
    CREDENTIAL = "credential"
    EDUCATION = "education"
    EXPERIENCE = "experience"
    ANYTHING = "anything"
    """A credential where the value is one, else a competency (schema.org's `qualifications`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One property that asks for something."""

    what: Asked
    importance: Importance = Importance.MUST
    instead: bool = False
    """Any one of these fulfils what is asked for of its kind (JDX alternative and equivalent)."""
    kind: str | None = None
    """Kind of a competency that is made of a value."""


def _jdx_families() -> dict[str, Ask]:
    families = {"Credential": Asked.CREDENTIAL, "Education": Asked.EDUCATION, "Experience": Asked.EXPERIENCE}
    found = {}
    for name, what in families.items():
        for need in ("required", "minimum"):
            found[f"{JDX}{need}{name}"] = Ask(what=what)
        found[f"{JDX}preferred{name}"] = Ask(what=what, importance=Importance.SHOULD)
        for other in ("alternative", "equivalent"):
            found[f"{JDX}{other}{name}"] = Ask(what=what, instead=True)
    return found


ASKS: Final = MappingProxyType(
    {
        f"{SCHEMA}skills": Ask(what=Asked.COMPETENCY, kind="skill"),
        f"{SCHEMA}qualifications": Ask(what=Asked.ANYTHING, kind="qualification"),
        f"{SCHEMA}educationRequirements": Ask(what=Asked.EDUCATION),
        f"{SCHEMA}experienceRequirements": Ask(what=Asked.EXPERIENCE),
        f"{SCHEMA}competencyRequired": Ask(what=Asked.COMPETENCY),
        f"{JDX}competency": Ask(what=Asked.COMPETENCY),
        **{
            f"{JDX}{name}": Ask(what=Asked.COMPETENCY, kind=name)
            for name in ("skill", "knowledge", "ability", "attitude", "technology")
        },
        **{
            f"{JDX}{name}": Ask(what=Asked.COMPETENCY, kind=kind, importance=Importance.SHOULD)
            for name, kind in (("task", "task"), ("workActivity", "task"), ("responsibility", "task"))
        },
        **_jdx_families(),
    }
)
"""By predicate. Tasks describe the work, as NICE's statements do: should."""

REQUIRED_CONDITION: Final = f"{JDX}requiredCondition"
PREFERRED_CONDITION: Final = f"{JDX}preferredCondition"
ALTERNATIVE_CONDITION: Final = f"{JDX}alternativeCondition"

TITLES: Final = (f"{SCHEMA}title", f"{SCHEMA}name", f"{SCHEMA}legalName")
DESCRIPTIONS: Final = (f"{SCHEMA}description", f"{JDX}formattedDescription", f"{SCHEMA}disambiguatingDescription")
OTHER_NAMES: Final = (f"{SCHEMA}alternateName",)
IDENTIFIERS: Final = (f"{SCHEMA}identifier", f"{JDX}postingID", f"{JDX}positionID", f"{SCHEMA}courseCode")
OCCUPATION_CODES: Final = (f"{SCHEMA}occupationalCategory", f"{SCHEMA}occupationCategory", f"{JDX}occupationCategory")
TERM_CODES: Final = (f"{SCHEMA}termCode", f"{SCHEMA}codeValue")
TERM_SETS: Final = (f"{SCHEMA}inDefinedTermSet", f"{SCHEMA}inCodeSet")
TEACHES: Final = (f"{SCHEMA}teaches", f"{SCHEMA}assesses")
AWARDS: Final = (f"{SCHEMA}educationalCredentialAwarded", f"{SCHEMA}occupationalCredentialAwarded")
PREREQUISITES: Final = (f"{SCHEMA}coursePrerequisites", f"{SCHEMA}programPrerequisites")
LENGTHS: Final = (f"{SCHEMA}timeToComplete", f"{SCHEMA}timeRequired", f"{SCHEMA}duration")
INSTANCES: Final = f"{SCHEMA}hasCourseInstance"
LINKS: Final = frozenset(
    {
        *(f"{SCHEMA}{name}" for name in ("url", "sameAs", "additionalType", "mainEntityOfPage", "image", "logo")),
        *TERM_SETS,
        *(f"{SCHEMA}{name}" for name in ("hasDefinedTerm", "relevantOccupation")),
    }
)
"""Predicates whose texts are IRIs where they look like one."""

_PERIODS: Final = MappingProxyType(
    {
        **dict.fromkeys(("hour", "hourly", "hours", "hr", "hur", "pt1h", "perhour"), PayPeriod.HOUR),
        **dict.fromkeys(("day", "daily", "days", "p1d", "perday"), PayPeriod.DAY),
        **dict.fromkeys(("week", "weekly", "weeks", "wee", "p1w", "p7d", "perweek"), PayPeriod.WEEK),
        **dict.fromkeys(("month", "monthly", "months", "mon", "p1m", "permonth"), PayPeriod.MONTH),
        **dict.fromkeys(
            ("year", "yearly", "years", "ann", "annual", "annually", "annum", "perannum", "peryear", "p1y", "p12m"),
            PayPeriod.YEAR,
        ),
    }
)
"""Period by folded word: schema.org's `HOUR`, UN/CEFACT's `HUR`, ISO 8601 lengths, JDX's pay cycles."""


def read_period(text: str) -> PayPeriod | None:
    """The period that a word, code or ISO 8601 length means; None where it is none of those known."""
    return _PERIODS.get(re.sub(r"[^a-z0-9]", "", text.rpartition("/")[2].casefold()))
