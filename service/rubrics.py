"""Results of an achievement as a caller says them: a rubric's levels, the one that was reached, a score.

A level stands for a value on a scale of the graph, so that whoever has the graph reads it as a level of the competency.
Pure, on a snapshot. Called by `awarding`; the shape of what a caller says is the same in files, GraphQL and REST.
Source: Open Badges 3.0 (1EdTech), ResultDescription, RubricCriterionLevel, Result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from graph.scales import find_scale, level_iri
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.issuing import Alignment, Result, ResultDescription, ResultStatus, RubricLevel
from ontology.errors import InputError

RESULTS_AT_MOST: Final = 100
"""Of one achievement."""
LEVELS_AT_MOST: Final = 100
"""Of one rubric."""
_STRICT: Final = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class WantedLevel:
    """One level of a rubric."""

    name: str
    value: float | None = None
    """Its place on the scale. Default for all levels together: they divide it evenly, the first being its least."""
    points: str | None = None
    description: str | None = None


@checked(frozen=True, slots=True, kw_only=True, config=_STRICT)
class WantedResult:
    """What is said of one competency beside that the achievement is had."""

    competency: str
    """Reference."""
    scale: str | None = None
    """IRI or label of the scale that the levels are on; without one they have names alone."""
    name: str | None = None
    """What is measured. Default: the competency's label."""
    levels: list[WantedLevel]
    """From low to high."""
    achieved: str | None = None
    """Name of the level that was reached."""
    required: str | None = None
    """Name of the level that is needed."""
    score: str | None = None
    minimum: str | None = None
    """Of scores."""
    maximum: str | None = None
    status: ResultStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """A result, ready to be issued."""

    row: int
    """Of the competency."""
    description: ResultDescription
    result: Result


@lru_cache(maxsize=1)
def _results() -> "TypeAdapter[list[WantedResult]]":
    return TypeAdapter(list[WantedResult])


def parse_results(content: bytes) -> tuple[WantedResult, ...]:
    """The results in a JSON document: a list of objects with the members of `WantedResult`. Raises InputError."""
    try:
        return tuple(_results().validate_json(content))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "/".join(map(str, first["loc"]))[:200]
        raise _wrong(f"The results cannot be read: {place + ': ' if place else ''}{first['msg']}.", place) from error


def read_results(
    snapshot: Snapshot, wanted: Sequence[WantedResult], iri: str, align: Callable[[int], Alignment]
) -> list[ReadResult]:
    """The results with their descriptions, whose IRIs are this one with a number.

    Args:
        align: gives the alignment to a row.

    Raises UnknownReferenceError, InputError (`issue.result`).
    """
    if len(wanted) > RESULTS_AT_MOST:
        raise _wrong(f"An achievement has at most {RESULTS_AT_MOST} results, got {len(wanted)}.", "results")
    return [_read(snapshot, each, f"{iri}-{number}", align) for number, each in enumerate(wanted, 1)]


def _read(snapshot: Snapshot, wanted: WantedResult, iri: str, align: Callable[[int], Alignment]) -> ReadResult:
    row = snapshot.resolve(wanted.competency, [ResourceType.COMPETENCY])
    competency = align(row)
    scale = None if wanted.scale is None else find_scale(snapshot, wanted.scale)
    _check_names(wanted)
    levels = _levels(snapshot, wanted, iri, scale)
    named = {each.name: each.iri for each in levels}
    description = ResultDescription(
        iri=iri,
        name=wanted.name or competency.name,
        type="RubricCriterionLevel",
        alignments=(competency,) if scale is None else (competency, align_scale(snapshot, scale)),
        minimum=wanted.minimum,
        maximum=wanted.maximum,
        levels=levels,
        required_level=None if wanted.required is None else named[wanted.required],
    )
    result = Result(
        description=iri,
        value=wanted.score,
        level=None if wanted.achieved is None else named[wanted.achieved],
        status=wanted.status,
    )
    return ReadResult(row=row, description=description, result=result)


def _check_names(wanted: WantedResult) -> None:
    names = [each.name for each in wanted.levels]
    if not 0 < len(names) <= LEVELS_AT_MOST:
        raise _wrong(f"A rubric has 1 to {LEVELS_AT_MOST} levels, got {len(names)}.", wanted.competency)
    if len(set(names)) < len(names):
        raise _wrong("Two levels of a rubric have the same name.", wanted.competency)
    for each in (wanted.achieved, wanted.required):
        if each is not None and each not in names:
            raise _wrong(
                f"{each[:100]!r} is no level of the rubric, which has {', '.join(names)[:300]}.", wanted.competency
            )


def _levels(snapshot: Snapshot, wanted: WantedResult, iri: str, scale: int | None) -> tuple[RubricLevel, ...]:
    values: Sequence[float | None] = [None] * len(wanted.levels)
    if scale is not None:
        values = _values(snapshot, wanted, scale)
    elif any(each.value is not None for each in wanted.levels):
        raise _wrong("Levels have values, and the scale that they are on is not named.", wanted.competency)
    return tuple(
        RubricLevel(
            iri=f"{iri}-level-{number}",
            name=level.name,
            level=None if value is None else number_text(value),
            points=level.points,
            description=level.description,
            alignments=() if value is None else (_place(snapshot, scale, value, level.name),),
        )
        for number, (level, value) in enumerate(zip(wanted.levels, values, strict=True), 1)
    )


def _place(snapshot: Snapshot, scale: int | None, value: float, name: str) -> Alignment:
    """The alignment of a level to its place on the scale: to the level itself where the graph names it."""
    assert scale is not None, "values are on a scale"
    whole = align_scale(snapshot, scale)
    url = level_iri(snapshot, scale, value) or whole.url
    kind = "CFRubricCriterionLevel"
    return replace(whole, url=url, type=kind, code=number_text(value), name=name, framework=whole.name)


def _values(snapshot: Snapshot, wanted: WantedResult, scale: int) -> list[float]:
    """Where each level is on the scale, rising."""
    low, high = float(snapshot.scale_minimum[scale]), float(snapshot.scale_maximum[scale])
    if not low < high:
        raise _wrong(f"Nobody says where the scale {snapshot.scale_iris[scale]} begins and ends.", wanted.competency)
    given = [each.value for each in wanted.levels]
    count = len(given)
    if all(each is None for each in given) and count > 1:
        return [low + place / (count - 1) * (high - low) for place in range(count)]
    values = [each for each in given if each is not None and low <= each <= high]
    if len(values) < count or any(one >= other for one, other in pairwise(values)):
        raise _wrong(
            f"The values of the levels must all be given, rise, and lie on the scale, from {low:g} to {high:g}.",
            wanted.competency,
        )
    return values


def align_scale(snapshot: Snapshot, scale: int, languages: Sequence[str] = ()) -> Alignment:
    """The alignment to a scale."""
    return Alignment(url=snapshot.scale_iris[scale], name=snapshot.scale_label(scale, languages)[0], type="CFRubric")


def number_text(value: float) -> str:
    """A number as credentials have it, without a point where it is whole."""
    return str(int(value)) if value == int(value) else repr(value)


def _wrong(message: str, subject: str) -> InputError:
    return InputError(message, code="issue.result", hint="docs/issuing.md has an example of results.", subject=subject)
