"""The records that cross every seam: readers yield them, the archive keeps them as RDF, Neo4j and snapshots hold them.

Knows the shape of each thing and the name the standards give it. Does no input or output and checks nothing beyond
types: `validation` finds the faults. A record is one RDF subject: its IRI plus what is said of it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ONTOLOGY = "https://w3id.org/headwater/ontology#"
IDENTITY = "https://w3id.org/headwater/id/"
UNDETERMINED = "und"
"""BCP 47 tag of a text whose language nobody states."""
_SHOWN = 120
"""Characters of a value that a message repeats."""


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text in one language. `language` is a BCP 47 tag, `und` where the source does not say."""

    text: str
    language: str = UNDETERMINED


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code of a source: `opm` `511`, `onetsoc` `15-1212.00`, `isco` `2529`, `abbreviation` `Security+`."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Level:
    """A value on a source's own scale. `scale` is the IRI of a `Scale`; the fraction is derived from it."""

    scale: str
    value: float


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in integer minor units (cents) of an ISO 4217 currency."""

    minor_units: int
    currency: str


class PayPeriod(StrEnum):
    """What a salary is paid for: as schema.org's `unitText` of a `baseSalary`."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Salary:
    """What a role pays: integer minor units of an ISO 4217 currency, from `minimum` to `maximum`; None is unknown."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None
    period: PayPeriod | None = None


class Importance(StrEnum):
    """`must` blocks; `should` only weighs. Graded importance is `should` with a value from 0 to 1."""

    MUST = "must"
    SHOULD = "should"


Statement = tuple[str, str]
"""What a source says and no record field holds: a predicate IRI and an N-Triples term. Kept: export loses nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What every described thing has. Tuples are sorted and free of repetition; `statements` keeps unknown fields."""

    iri: str
    labels: tuple[Text, ...] = ()
    """Preferred labels, at most one a language (skos:prefLabel)."""
    alternative_labels: tuple[Text, ...] = ()
    descriptions: tuple[Text, ...] = ()
    codes: tuple[Code, ...] = ()
    framework: str | None = None
    """IRI of the Framework it belongs to (skos:inScheme, CASE CFDocument, ceasn:isPartOf)."""
    replaced_by: str | None = None
    """IRI of the successor of a superseded thing (dcterms:isReplacedBy)."""
    url: str | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework(Resource):
    """A published set of competencies or roles: CASE CFDocument, ceasn:CompetencyFramework, an ESCO pillar."""

    license: str | None = None
    attribution: str | None = None
    """The line that must be shown wherever the content is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Competency(Resource):
    """What can be known or done: CASE CFItem, ceasn:Competency, ESCO skill or knowledge, a NICE T/K/S statement."""

    kind: str | None = None
    broader: tuple[str, ...] = ()
    """IRIs of its parents in its own framework: a DAG, not a tree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course(Resource):
    """Something to take part in: ceterms:Course, a DoD 8140 course, a CIP programme."""

    provider: str | None = None
    cost: Money | None = None
    duration_days: Decimal | None = None
    """Learning days, 8 hours = 1 day; at most six decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Resource):
    """The definition of what is awarded: ceterms:Credential, ESCO qualification, Open Badges Achievement."""

    issuer: str | None = None
    kind: str | None = None
    cost: Money | None = None
    duration_days: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRole(Resource):
    """What asks: ceterms:Occupation, Job or WorkRole, ESCO occupation, O*NET occupation, NICE role, job posting."""

    employer: str | None = None
    """Name of the organisation that hires."""
    employer_iri: str | None = None
    """IRI of that organisation."""
    places: tuple[str, ...] = ()
    """Where the work is, as `ontology.places` writes it: `US`, `US-CA`, `US-CA/Oakland`; of a remote role also from
    where it may be done."""
    remote: bool = False
    """Whether it may be done from elsewhere; false where nobody says so."""
    salary: Salary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLevel:
    """One level of a role (8140: Basic, Intermediate, Advanced). A higher `rank` is a higher level."""

    iri: str
    role: str
    name: str
    rank: int
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A scale that levels are measured on; `fraction = (value - minimum) / (maximum - minimum)`."""

    iri: str
    labels: tuple[Text, ...] = ()
    minimum: float
    maximum: float
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleLevel:
    """A level of a scale that its source names: CASE CFRubricCriterionLevel. A level is a level without one too."""

    iri: str
    level: Level
    labels: tuple[Text, ...] = ()
    descriptions: tuple[Text, ...] = ()
    """What who is at that level does."""
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMapping:
    """A level of one scale corresponds to a level of another: who has the one has the other, and so both ways.

    All mappings between two scales together say how levels of the one are read on the other. Between two mapped levels
    the lower one counts; below the lowest nothing is known.
    """

    iri: str
    level: Level
    matched: Level
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementGroup:
    """An inner node of a requirement tree. `owner` is a role, or the course or credential whose prerequisite it is."""

    iri: str
    owner: str
    role_level: str | None = None
    """IRI of the RoleLevel that it belongs to; None binds at all levels."""
    parent: str | None = None
    """IRI of the enclosing group; None for the top of the tree."""
    minimum: int | None = None
    """How many children must hold: None all of them, 1 any, n at least n."""
    importance: Importance = Importance.MUST
    importance_value: float | None = None
    labels: tuple[Text, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """A leaf of a requirement tree: a target, or experience where `experience_days` is given instead."""

    iri: str
    owner: str
    role_level: str | None = None
    group: str | None = None
    """IRI of the enclosing RequirementGroup; None for the top of the tree."""
    target: str | None = None
    """IRI of a Competency, Credential or Course."""
    level: Level | None = None
    importance: Importance = Importance.MUST
    importance_value: float | None = None
    """0 to 1 where the source grades; the importance is then `should`."""
    experience_days: float | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching:
    """A course teaches, or a credential certifies, a competency, at a level where the source states one."""

    iri: str
    subject: str
    competency: str
    level: Level | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Awarding:
    """A course gives a credential at its end."""

    iri: str
    course: str
    credential: str
    statements: tuple[Statement, ...] = ()


class Relation(StrEnum):
    """Type of an alignment, read as SKOS does: `subject broadMatch object` says that the object is the broader one."""

    EXACT = "exactMatch"
    CLOSE = "closeMatch"
    BROAD = "broadMatch"
    NARROW = "narrowMatch"
    RELATED = "relatedMatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """A statement that two things of different frameworks correspond. Ends may be IRIs that no dataset describes."""

    iri: str
    subject: str
    object: str
    relation: Relation
    confidence: float | None = None
    """0 to 1 where stated."""
    method: str | None = None
    """SSSOM mapping_justification, or `stated`, `suggested`, `reviewed`."""
    source: str | None = None
    author: str | None = None
    date: str | None = None
    comment: str | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """What an overlay says otherwise of something that another dataset describes. What is left out stays as it is."""

    iri: str
    target: str
    """IRI of the record that is amended."""
    removed: bool = False
    """Whether the target is left out, with all that cannot be without it."""
    labels: tuple[Text, ...] = ()
    """Preferred labels; each takes the place of the target's in its language."""
    descriptions: tuple[Text, ...] = ()
    """The same for descriptions."""
    importance: Importance | None = None
    """Of a requirement or a group of them; `importance_value` is then replaced too."""
    importance_value: float | None = None
    level: Level | None = None
    """Level of a requirement or a teaching."""
    was: str | None = None
    """SHA-256 of what the target said when the amendment was made: whether it has changed since."""
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmapped:
    """A subject that the source describes and that is none of the above (an ISCO group): kept, not in the graph."""

    iri: str
    statements: tuple[Statement, ...] = ()


Record = (
    Framework
    | Competency
    | Course
    | Credential
    | JobRole
    | RoleLevel
    | Scale
    | ScaleLevel
    | LevelMapping
    | RequirementGroup
    | Requirement
    | Teaching
    | Awarding
    | Alignment
    | Amendment
    | Unmapped
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where in which file something was read. `line` and `column` count from 1; `pointer` is an RFC 6901 pointer."""

    file: str
    line: int | None = None
    column: str | None = None
    """Name of the column in a table."""
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A record and where it was read."""

    record: Record
    source: Source


class FindingLevel(StrEnum):
    """`must` blocks a load; `should` is told."""

    MUST = "must"
    SHOULD = "should"


def shorten(text: str) -> str:
    """What a message repeats of a value: its first 120 characters, and a sign that there are more."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A fault in data: what, where, and how to mend it. All faults of a load are told at once."""

    level: FindingLevel
    code: str
    """Stable: `<area>.<kebab-case>`, listed in docs/findings.md."""
    message: str
    """One sentence with what was got and what was expected."""
    subject: str | None = None
    source: Source | None = None
    fix: str | None = None


def derived_iri(kind: str, *parts: object) -> str:
    """An IRI for something that its source leaves unnamed, derived from its content: same content, same IRI.

    Args:
        kind: path segment below `IDENTITY`, such as `requirement`.
        parts: what tells it apart; None and the empty string differ.
    """
    digest = hashlib.sha256("\x1f".join("\x00" if part is None else str(part) for part in parts).encode()).hexdigest()
    return f"{IDENTITY}{kind}/{digest[:24]}"


def sorted_texts(texts: Iterable[Text]) -> tuple[Text, ...]:
    """Texts without repetition, by language, then text."""
    # By what they say: a record's own hash and order cost ten times those of a pair.
    return tuple(text for _, text in sorted({(text.language, text.text): text for text in texts}.items()))
