"""Open Badges 3.0 and CLR 2.0 credentials, written from an achievement, its results and whom it is awarded to.

Pure: keys, proofs, status lists and addresses are given; what is given back is unsigned. Nothing is kept. Each term is
one that the two contexts define, so that a proof covers all of it. Called by the issuer's store.
Source: Open Badges 3.0 and CLR 2.0 (1EdTech), their common data models; VC Data Model 2.0 (W3C).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from ontology.errors import InputError
from ontology.json_documents import Json
from ontology.ntriples import is_iri

from .associations import Association
from .status_lists import CONTEXT, timestamp

OB_CONTEXT: Final = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CLR_CONTEXT: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
MAX_TEXT: Final = 65_536
"""Characters of one text; the longest criteria known have some 4,000."""
MAX_EMBEDDED: Final = 200
"""Credentials in one CLR."""

IDENTIFIER_TYPES: Final = frozenset(
    {
        "name", "sourcedId", "systemId", "productId", "userName", "accountId", "emailAddress",
        "nationalIdentityNumber", "isbn", "issn", "lisSourcedId", "oneRosterSourcedId", "sisSourcedId",
        "ltiContextId", "ltiDeploymentId", "ltiToolId", "ltiPlatformId", "ltiUserId", "identifier",
    }
)  # fmt: skip
"""Kinds of identifiers that Open Badges has; others begin with `ext:`."""
ACHIEVEMENT_TYPES: Final = frozenset(
    {
        "Achievement", "ApprenticeshipCertificate", "Assessment", "Assignment", "AssociateDegree", "Award", "Badge",
        "BachelorDegree", "Certificate", "CertificateOfCompletion", "Certification", "CommunityService", "Competency",
        "Course", "CoCurricular", "Degree", "Diploma", "DoctoralDegree", "Fieldwork", "GeneralEducationDevelopment",
        "JourneymanCertificate", "LearningProgram", "License", "Membership", "ProfessionalDoctorate",
        "QualityAssuranceCredential", "MasterCertificate", "MasterDegree", "MicroCredential", "ResearchDoctorate",
        "SecondarySchoolDiploma",
    }
)  # fmt: skip
RESULT_TYPES: Final = frozenset(
    {
        "GradePointAverage", "LetterGrade", "Percent", "PerformanceLevel", "PredictedScore", "RawScore", "Result",
        "RubricCriterion", "RubricCriterionLevel", "RubricScore", "ScaledScore", "Status",
    }
)  # fmt: skip
TARGET_TYPES: Final = frozenset(
    {
        "ceasn:Competency", "ceterms:Credential", "CFItem", "CFRubric", "CFRubricCriterion", "CFRubricCriterionLevel",
        "CTDL",
    }
)  # fmt: skip
_EXTENSION: Final = re.compile(r"ext:[A-Za-z0-9._-]+")


class ResultStatus(StrEnum):
    """How far somebody came with an achievement."""

    COMPLETED = "Completed"
    ENROLLED = "Enrolled"
    FAILED = "Failed"
    IN_PROGRESS = "InProgress"
    ON_HOLD = "OnHold"
    PROVISIONAL = "Provisional"
    WITHDREW = "Withdrew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What in a framework an achievement, a result or a level corresponds to."""

    url: str
    """Its IRI."""
    name: str
    type: str | None = None
    """One of `TARGET_TYPES`, or `ext:...`."""
    framework: str | None = None
    """Name of the framework."""
    code: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricLevel:
    """One level of a rubric."""

    iri: str
    name: str
    level: str | None = None
    points: str | None = None
    description: str | None = None
    alignments: tuple[Alignment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDescription:
    """A result that an achievement can have. Allowed values and levels are ordered from low to high."""

    iri: str
    name: str
    type: str = "Result"
    """One of `RESULT_TYPES`, or `ext:...`."""
    alignments: tuple[Alignment, ...] = ()
    allowed_values: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    required_value: str | None = None
    levels: tuple[RubricLevel, ...] = ()
    required_level: str | None = None
    """IRI of one of the levels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Achievement:
    """What is recognised: a definition that many credentials share."""

    iri: str
    name: str
    description: str
    criteria: str
    """What is needed to earn it, Markdown."""
    criteria_url: str | None = None
    type: str | None = None
    """One of `ACHIEVEMENT_TYPES`, or `ext:...`."""
    code: str | None = None
    identifiers: tuple[str, ...] = ()
    """IRIs under which others know it."""
    image: str | None = None
    """Address of its unbaked image."""
    language: str | None = None
    tags: tuple[str, ...] = ()
    alignments: tuple[Alignment, ...] = ()
    results: tuple[ResultDescription, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A result that somebody had."""

    description: str
    """IRI of one of the achievement's result descriptions."""
    value: str | None = None
    level: str | None = None
    """IRI of one of the description's levels."""
    status: ResultStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was done for it."""

    url: str | None = None
    name: str | None = None
    description: str | None = None
    narrative: str | None = None
    genre: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifier:
    """An identifier of a person. A credential has its hash: it can be compared and not read."""

    type: str
    """One of `IDENTIFIER_TYPES`, or `ext:...`."""
    value: str = field(repr=False)
    salt: str

    @property
    def hash(self) -> str:
        """`sha256$` and the hexadecimal hash of the value and the salt."""
        return "sha256$" + hashlib.sha256((self.value + self.salt).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom something is awarded to: an IRI (a DID, an address), or identifiers, or both."""

    iri: str | None = None
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who issues."""

    iri: str
    name: str
    url: str | None = None
    description: str | None = None
    email: str | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """All that is said of one award, whatever its format."""

    iri: str
    """Of the credential."""
    recipient: Recipient
    valid_from: datetime
    valid_until: datetime | None = None
    awarded_at: datetime | None = None
    name: str | None = None
    """Default: the achievement's."""
    evidence: tuple[Evidence, ...] = ()
    results: tuple[Result, ...] = ()
    credits_earned: float | None = None
    narrative: str | None = None
    license_number: str | None = None
    status: tuple[Mapping[str, Json], ...] = ()
    """`credentialStatus`: Open Badges allows one, VC 2.0 several."""


def identifier(kind: str, value: str, salt: str) -> Identifier:
    """An identifier of this kind; an e-mail address in lower case. Raises InputError (`issue.recipient`)."""
    if kind not in IDENTIFIER_TYPES and not _EXTENSION.fullmatch(kind):
        raise InputError(
            f"{kind!r} is no kind of identifier.",
            code="issue.recipient",
            hint=f"One of {', '.join(sorted(IDENTIFIER_TYPES))}, or ext:NAME.",
        )
    text = value.strip().lower() if kind == "emailAddress" else value.strip()
    if not text:
        raise InputError("The identifier is empty.", code="issue.recipient", hint="Give its value.")
    return Identifier(type=kind, value=text, salt=salt)


def placed_at(achievement: Achievement, iri: str) -> Achievement:
    """The achievement with this IRI; so are its results and levels whose own IRI begins with its former one."""

    def placed(own: str) -> str:
        return iri + own.removeprefix(achievement.iri) if own.startswith(achievement.iri) else own

    results = tuple(
        replace(
            result,
            iri=placed(result.iri),
            levels=tuple(replace(level, iri=placed(level.iri)) for level in result.levels),
            required_level=None if result.required_level is None else placed(result.required_level),
        )
        for result in achievement.results
    )
    return replace(achievement, iri=iri, results=results)


def achievement_credential(achievement: Achievement, award: Award, issuer: Profile) -> dict[str, Json]:
    """An Open Badges 3.0 credential, unsigned. Raises InputError for what the standard does not allow."""
    _check_results(achievement, award.results)
    subject = _subject("AchievementSubject", award.recipient)
    subject |= {"achievement": achievement_json(achievement)}
    if award.results:
        subject["result"] = [_result(each) for each in award.results]
    _add(
        subject,
        creditsEarned=award.credits_earned,
        narrative=_text(award.narrative),
        licenseNumber=_text(award.license_number),
    )
    found = _credential([CONTEXT, OB_CONTEXT], ["VerifiableCredential", "OpenBadgeCredential"], award, issuer)
    found |= {"name": _text(award.name or achievement.name), "credentialSubject": subject}
    if award.evidence:
        found["evidence"] = [_evidence(each) for each in award.evidence]
    return found


def clr_credential(
    credentials: Sequence[Mapping[str, Json] | str],
    award: Award,
    issuer: Profile,
    *,
    achievements: Sequence[Achievement] = (),
    associations: Sequence[Association] = (),
    partial: bool = False,
) -> dict[str, Json]:
    """A CLR 2.0 credential, unsigned, that holds these credentials as they are.

    Args:
        credentials: signed documents, or compact JWS, which are put into envelopes.
        achievements: definitions that belong to the record beside those in its credentials.
        associations: what the achievements in it are to each other.
        partial: whether the learner has more from the publisher than is in it.

    Raises InputError (`issue.nothing-to-gather`, `issue.too-many`, `issue.recipient`).
    """
    if not credentials:
        raise InputError(
            "A comprehensive learner record needs a credential.",
            code="issue.nothing-to-gather",
            hint="Name at least one file.",
        )
    if len(credentials) > MAX_EMBEDDED:
        raise InputError(
            f"At most {MAX_EMBEDDED} credentials are gathered in one record, got {len(credentials)}.",
            code="issue.too-many",
            hint="Make several records, each marked as partial.",
        )
    subject = _subject("ClrSubject", award.recipient)
    subject["verifiableCredential"] = [_embedded(each) for each in credentials]
    if achievements:
        subject["achievement"] = [achievement_json(each) for each in achievements]
    if associations:
        subject["association"] = [each.as_json() for each in associations]
    found = _credential(
        [CONTEXT, CLR_CONTEXT, OB_CONTEXT], ["VerifiableCredential", "ClrCredential"], award, issuer
    )  # fmt: skip
    found |= {"name": _text(award.name or "Comprehensive Learner Record"), "credentialSubject": subject}
    if partial:
        found["partial"] = True
    return found


def achievement_json(achievement: Achievement) -> dict[str, Json]:
    """An achievement as credentials and its own address have it. Raises InputError (`issue.achievement`)."""
    if not (achievement.name.strip() and achievement.description.strip() and achievement.criteria.strip()):
        raise InputError(
            "An achievement needs a name, a description and criteria.",
            code="issue.achievement",
            hint="Give what is missing: `--name`, `--description`, `--criteria`.",
            subject=achievement.iri,
        )
    criteria: dict[str, Json] = {"narrative": _text(achievement.criteria)}
    _add(criteria, id=_iri(achievement.criteria_url))
    found: dict[str, Json] = {
        "id": _iri(achievement.iri),
        "type": ["Achievement"],
        "name": _text(achievement.name),
        "description": _text(achievement.description),
        "criteria": criteria,
    }
    _add(
        found,
        achievementType=_word(achievement.type, ACHIEVEMENT_TYPES, "kind of achievement"),
        humanCode=_text(achievement.code),
        otherIdentifier=[
            {"type": "IdentifierEntry", "identifier": _iri(each), "identifierType": "identifier"}
            for each in achievement.identifiers
        ],
        image=_image(achievement.image),
        inLanguage=_text(achievement.language),
        tag=[_text(each) for each in achievement.tags],
        alignment=[_alignment(each) for each in achievement.alignments],
        resultDescription=[_description(each) for each in achievement.results],
    )
    return found


def profile_json(profile: Profile) -> dict[str, Json]:
    """An issuer as credentials and its own address have it."""
    found: dict[str, Json] = {"id": _iri(profile.iri), "type": ["Profile"], "name": _text(profile.name)}
    _add(
        found,
        url=_iri(profile.url),
        description=_text(profile.description),
        email=_text(profile.email),
        image=_image(profile.image),
    )
    return found


def _credential(contexts: list[Json], types: list[Json], award: Award, issuer: Profile) -> dict[str, Json]:
    if award.valid_until is not None and award.valid_until <= award.valid_from:
        raise InputError(
            "The credential would end before it begins.",
            code="issue.dates",
            hint="Give `validUntil` after `validFrom`.",
            subject=award.iri,
        )
    found: dict[str, Json] = {
        "@context": contexts,
        "id": _iri(award.iri),
        "type": types,
        "issuer": profile_json(issuer),
        "validFrom": timestamp(award.valid_from),
    }
    if award.valid_until is not None:
        found["validUntil"] = timestamp(award.valid_until)
    if award.awarded_at is not None:
        found["awardedDate"] = timestamp(award.awarded_at)
    if award.status:
        entries: list[Json] = [dict(entry) for entry in award.status]
        found["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return found


def _subject(kind: str, recipient: Recipient) -> dict[str, Json]:
    if recipient.iri is None and not recipient.identifiers:
        raise InputError(
            "Whom the credential is for is not said.",
            code="issue.recipient",
            hint="Give a DID or address, or an identifier.",
        )
    found: dict[str, Json] = {"type": [kind]}
    _add(found, id=_iri(recipient.iri))
    if recipient.identifiers:
        found["identifier"] = [
            {
                "type": "IdentityObject",
                "hashed": True,
                "identityHash": each.hash,
                "identityType": each.type,
                "salt": each.salt,
            }
            for each in recipient.identifiers
        ]
    return found


def _embedded(credential: Mapping[str, Json] | str) -> Json:
    if isinstance(credential, str):
        return {
            "@context": [CONTEXT],
            "id": f"data:application/vc+jwt,{credential}",
            "type": ["EnvelopedVerifiableCredential"],
        }
    return dict(credential)


def _alignment(alignment: Alignment) -> Json:
    found: dict[str, Json] = {
        "type": ["Alignment"],
        "targetName": _text(alignment.name),
        "targetUrl": _iri(alignment.url),
    }
    _add(
        found,
        targetType=_word(alignment.type, TARGET_TYPES, "kind of alignment target"),
        targetFramework=_text(alignment.framework),
        targetCode=_text(alignment.code),
        targetDescription=_text(alignment.description),
    )
    return found


def _description(description: ResultDescription) -> Json:
    known = {level.iri for level in description.levels}
    if description.required_level is not None and description.required_level not in known:
        raise _wrong_result(f"{description.name!r} requires a level that it does not have.", description.iri)
    found: dict[str, Json] = {
        "id": _iri(description.iri),
        "type": ["ResultDescription"],
        "name": _text(description.name),
        "resultType": _word(description.type, RESULT_TYPES, "kind of result"),
    }
    _add(
        found,
        alignment=[_alignment(each) for each in description.alignments],
        allowedValue=[_text(each) for each in description.allowed_values],
        valueMin=_text(description.minimum),
        valueMax=_text(description.maximum),
        requiredValue=_text(description.required_value),
        rubricCriterionLevel=[_level(each) for each in description.levels],
        requiredLevel=_iri(description.required_level),
    )
    return found


def _level(level: RubricLevel) -> Json:
    found: dict[str, Json] = {
        "id": _iri(level.iri),
        "type": ["RubricCriterionLevel"],
        "name": _text(level.name),
    }
    _add(
        found,
        level=_text(level.level),
        points=_text(level.points),
        description=_text(level.description),
        alignment=[_alignment(each) for each in level.alignments],
    )
    return found


def _result(result: Result) -> Json:
    found: dict[str, Json] = {"type": ["Result"], "resultDescription": _iri(result.description)}
    _add(
        found,
        value=_text(result.value),
        achievedLevel=_iri(result.level),
        status=result.status.value if result.status else None,
    )
    return found


def _check_results(achievement: Achievement, results: Sequence[Result]) -> None:
    """Nothing, where each result is one that the achievement can have. Raises InputError (`issue.result`)."""
    described = {each.iri: each for each in achievement.results}
    for result in results:
        description = described.get(result.description)
        if description is None:
            raise _wrong_result("The achievement describes no such result.", result.description)
        if result.value is None and result.level is None and result.status is None:
            raise _wrong_result(f"The result {description.name!r} says nothing.", description.iri)
        if result.level is not None and result.level not in {level.iri for level in description.levels}:
            raise _wrong_result(f"{result.level!r} is no level of {description.name!r}.", description.iri)
        if result.value is not None and description.allowed_values and result.value not in description.allowed_values:
            raise _wrong_result(f"{result.value!r} is no allowed value of {description.name!r}.", description.iri)
        if description.type == "Status" and result.status is None:
            raise _wrong_result(f"The result {description.name!r} needs a status.", description.iri)
        _check_range(description, result.value)


def _check_range(description: ResultDescription, value: str | None) -> None:
    bounds = [_number(each) for each in (description.minimum, value, description.maximum)]
    if value is None or (description.minimum is None and description.maximum is None):
        return
    low, number, high = bounds
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        raise _wrong_result(
            f"{value!r} is not between {description.minimum} and {description.maximum} of {description.name!r}.",
            description.iri,
        )


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def _wrong_result(message: str, subject: str) -> InputError:
    return InputError(
        message, code="issue.result", hint="Give a result as the achievement describes it.", subject=subject
    )


def _evidence(evidence: Evidence) -> Json:
    found: dict[str, Json] = {"type": ["Evidence"]}
    _add(
        found,
        id=_iri(evidence.url),
        name=_text(evidence.name),
        description=_text(evidence.description),
        narrative=_text(evidence.narrative),
        genre=_text(evidence.genre),
    )
    return found


def _image(address: str | None) -> Json:
    return None if address is None else {"id": _iri(address), "type": "Image"}


def _word(word: str | None, known: frozenset[str], what: str) -> str | None:
    if word is None or word in known or _EXTENSION.fullmatch(word):
        return word
    raise InputError(
        f"{word!r} is no {what}.", code="issue.word", hint=f"One of {', '.join(sorted(known))}, or ext:NAME."
    )


def _iri(iri: str | None) -> str | None:
    """The IRI, where it is absolute and well-formed: others are dropped or changed by JSON-LD."""
    if iri is None or is_iri(iri):
        return iri
    raise InputError(
        f"{iri[:200]!r} is no absolute IRI.", code="issue.iri", hint="Give one such as https://example.edu/badges/1."
    )


def _text(text: str | None) -> str | None:
    if text is not None and len(text) > MAX_TEXT:
        raise InputError(
            f"A text of {len(text)} characters is too long, at most {MAX_TEXT} are issued.",
            code="issue.text",
            hint="Shorten it, or put it behind an address.",
        )
    return text


def _add(found: dict[str, Json], **values: Json) -> None:
    """Nothing; adds what is said: no null, no empty list."""
    found.update({name: value for name, value in values.items() if value is not None and value != []})
