"""Achievements and recipients out of what a caller names: references into the graph, identifiers as people write them.

Resolves on a snapshot, so that an alignment has the exact IRI, code and label of a release. Issues nothing. Called by
the command and by GraphQL.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from graph.issuer import PROVISIONAL
from graph.matching import HeldCompetency
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.issuing import (
    ACHIEVEMENT_TYPES,
    Achievement,
    Alignment,
    Identifier,
    Recipient,
    Result,
    ResultDescription,
    identifier,
)
from ontology.errors import InputError

from .asking import read_held
from .rubrics import WantedResult, align_scale, number_text, read_results

_TARGETS: Final = {
    ("case", ResourceType.COMPETENCY): "CFItem",
    ("ctdl", ResourceType.COMPETENCY): "ceasn:Competency",
    ("ctdl", ResourceType.CREDENTIAL): "ceterms:Credential",
    ("ctdl", ResourceType.COURSE): "CTDL",
}
"""What Open Badges calls things of these formats; others are told by our own name for them."""
_NAMES: Final = {ResourceType.CREDENTIAL: "Credential", ResourceType.COURSE: "Course"}
_CODES: Final = ("ctid", "case")
"""Systems whose codes tell most; of the others the first is taken."""
_LISTED: Final = 20
"""Competencies that a description names."""
_MAIL: Final = re.compile(r"[^@\s:/]+@[^@\s/]+")
_IRI: Final = re.compile(r"(?:did|https?|urn):\S+", re.IGNORECASE)
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be recognised, as a caller says it. Texts that are not given are made from labels."""

    credential: str | None = None
    """Reference to a credential or a course."""
    competencies: tuple[str, ...] = ()
    """References; `=value@scale` behind one gives its level."""
    results: tuple[WantedResult, ...] = ()
    """Rubrics, and what was reached of them."""
    name: str | None = None
    description: str | None = None
    criteria: str | None = None
    criteria_url: str | None = None
    type: str | None = None
    image: str | None = None
    language: str | None = None


def read_recipient(named: Sequence[str]) -> Recipient:
    """Whom these name: an IRI, an e-mail address, or `kind:value` such as `sourcedId:S-17`; at most one is an IRI.

    All but an IRI is hashed, with a salt of its own. Raises InputError (`issue.recipient`).
    """
    iri: str | None = None
    found: list[Identifier] = []
    for each in (text.strip().removeprefix("mailto:") for text in named):
        salt = secrets.token_hex(_SALT_BYTES)
        kind, separator, value = each.partition(":")
        if _MAIL.fullmatch(each):
            found.append(identifier("emailAddress", each, salt))
        elif _IRI.fullmatch(each):
            if iri is not None:
                raise InputError(
                    "A credential has one subject, and two are named by an IRI.",
                    code="issue.recipient",
                    hint="Issue one for each.",
                )
            iri = each
        elif separator and kind == "ext":
            kind, _, value = value.partition(":")
            found.append(identifier(f"ext:{kind}", value, salt))
        elif separator:
            found.append(identifier(kind, value, salt))
        else:
            raise InputError(
                "A recipient is named by a DID or address, an e-mail address, or kind:value.",
                code="issue.recipient",
                hint="For instance kim@learners.example or sourcedId:S-17.",
            )
    return Recipient(iri=iri, identifiers=tuple(found))


def read_moment(text: str | None, name: str) -> datetime | None:
    """A date (its beginning, in UTC) or a moment with a zone. Raises InputError (`issue.dates`)."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"{text[:100]!r} of {name} is no date.",
            code="issue.dates",
            hint="Write 2027-06-30 or 2027-06-30T12:00:00Z.",
        ) from error


def read_achievement(snapshot: Snapshot, wanted: Wanted) -> tuple[Achievement, tuple[Result, ...]]:
    """(the achievement, without its address; the results: levels, then those of rubrics).

    Raises UnknownReferenceError, InputError (`issue.achievement`, `held.level`).
    """
    if wanted.credential is None and not wanted.competencies and not wanted.results:
        raise InputError(
            "What is to be recognised is not said.",
            code="issue.achievement",
            hint="Name a credential, a course, competencies or results on competencies of the graph.",
        )
    row = None
    if wanted.credential is not None:
        row = snapshot.resolve(wanted.credential, [ResourceType.CREDENTIAL, ResourceType.COURSE])
    languages = [wanted.language] if wanted.language else []
    own = read_held(snapshot, competencies=wanted.competencies).competencies
    certified = () if row is None else tuple(_certified(snapshot, row))
    rubrics = read_results(
        snapshot, wanted.results, f"{PROVISIONAL}#rubric", lambda row: align(snapshot, row, languages)
    )
    judged = {each.row: HeldCompetency(row=each.row, value=None, scale=-1) for each in rubrics}
    stated = {each.row: each for each in (*certified, *own)} | judged
    levels = [
        each for each in stated.values() if each.scale >= 0 and each.value is not None and each.value == each.value
    ]
    alignments = [align(snapshot, each, languages) for each in ([] if row is None else [row]) + list(stated)]
    achievement = Achievement(
        iri=PROVISIONAL,
        name=wanted.name
        or (snapshot.label(row, languages)[0] if row is not None else _listed(snapshot, list(stated), languages)),
        description=wanted.description or _described(snapshot, row, list(stated), languages),
        criteria=wanted.criteria or "Shown to the issuer by what the description names.",
        criteria_url=wanted.criteria_url or (None if row is None else snapshot.url[row]),
        type=wanted.type or _type(snapshot, row),
        identifiers=() if row is None else (snapshot.iris[row],),
        image=wanted.image,
        language=wanted.language,
        alignments=tuple(alignments),
        results=(
            *(
                _level(snapshot, f"{PROVISIONAL}#result-{number}", each, languages)
                for number, each in enumerate(levels, start=1)
            ),
            *(each.description for each in rubrics),
        ),
    )
    results = (
        Result(description=description.iri, value=number_text(each.value or 0.0))
        for description, each in zip(achievement.results, levels, strict=False)
    )
    return achievement, (*results, *(each.result for each in rubrics))


def align(snapshot: Snapshot, row: int, languages: Sequence[str] = ()) -> Alignment:
    """The alignment to a thing of the graph."""
    kind = ResourceType(int(snapshot.types[row]))
    dataset, framework = int(snapshot.dataset[row]), int(snapshot.framework[row])
    form = snapshot.datasets[dataset].format if dataset >= 0 else ""
    codes = sorted(snapshot.codes(row), key=lambda code: (code[0] not in _CODES, code))
    return Alignment(
        url=snapshot.iris[row],
        name=snapshot.label(row, languages)[0],
        type=_TARGETS.get((form, kind)) or f"ext:{_NAMES.get(kind, 'Competency')}",
        framework=snapshot.label(framework, languages)[0] if framework >= 0 else None,
        code=codes[0][1] if codes else None,
    )


def _certified(snapshot: Snapshot, row: int) -> Iterator[HeldCompetency]:
    for entry in snapshot.span("teaches_offsets", row):
        value = float(snapshot.teaches_value[entry])
        yield HeldCompetency(
            row=int(snapshot.canonical[int(snapshot.teaches_competency[entry])]),
            value=value if value == value else None,
            scale=int(snapshot.teaches_scale[entry]),
        )


def _level(snapshot: Snapshot, iri: str, held: HeldCompetency, languages: Sequence[str]) -> ResultDescription:
    scale = align_scale(snapshot, held.scale, languages)
    competency = align(snapshot, held.row, languages)
    return ResultDescription(
        iri=iri,
        name=competency.name,
        type="PerformanceLevel",
        alignments=(competency, scale),
        minimum=number_text(float(snapshot.scale_minimum[held.scale])),
        maximum=number_text(float(snapshot.scale_maximum[held.scale])),
    )


def _type(snapshot: Snapshot, row: int | None) -> str | None:
    """The kind of achievement, as far as the graph says one that Open Badges has."""
    if row is None:
        return "Competency"
    if snapshot.types[row] == ResourceType.COURSE:
        return "Course"
    said = (snapshot.kind[row] or "").rpartition("/")[2].rpartition(":")[2].rpartition("#")[2]
    known = {each.casefold(): each for each in ACHIEVEMENT_TYPES}
    return known.get(said.replace(" ", "").casefold())


def _listed(snapshot: Snapshot, rows: Sequence[int], languages: Sequence[str]) -> str:
    names = [snapshot.label(row, languages)[0] for row in rows[:_LISTED]]
    return "; ".join(names) + (f"; and {len(rows) - _LISTED} more" if len(rows) > _LISTED else "")


def _described(snapshot: Snapshot, row: int | None, competencies: Sequence[int], languages: Sequence[str]) -> str:
    listed = _listed(snapshot, competencies, languages)
    if row is None:
        return listed
    name = snapshot.label(row, languages)[0]
    return f"{name}: {listed}" if listed else name
