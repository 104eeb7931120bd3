"""What a credential says that its subject has: achievements, what they are aligned to, and results as levels.

Neutral records of Open Badges 2 and 3, and of CLR; knows no graph: which Credential or Competency is meant, the
counting finds (`graph.awards`). Source: Open Badges 3.0, Achievement, Alignment, Result and ResultDescription.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ontology.json_documents import Json

Object = dict[str, Json]

UNACHIEVED: Final = frozenset({"enrolled", "failed", "inprogress", "onhold", "withdrew"})
"""Statuses of a result (1EdTech's ResultStatusType) with which an achievement is not had."""
MAX_CLAIMS: Final = 2_000
"""Achievements of one document."""
MAX_REFERENCES: Final = 500
"""Alignments of one achievement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelClaim:
    """A result on some scale: numbers where it is numeric, else a place among ordered values."""

    scales: tuple[str, ...]
    """IRIs that the result's description is or is aligned to, and its frameworks; one of them may be a scale."""
    value: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    position: int | None = None
    """From 0, among `count` ordered values."""
    count: int = 0
    levels: tuple[str, ...] = ()
    """IRIs of the level that was reached and of what it is aligned to; one of them may be a level of a scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A thing that an achievement is, or is aligned to."""

    iris: tuple[str, ...] = ()
    codes: tuple[tuple[str, str], ...] = ()
    """(system or an empty text, value)."""
    name: str | None = None
    framework: str | None = None
    kind: str | None = None
    """Of an alignment: `ceasn:Competency`, `CFItem`, …; of an achievement: its type."""
    levels: tuple[LevelClaim, ...] = ()
    """What results say of it; the first on a scale that is known counts."""

    @property
    def shown(self) -> str:
        """How it is told where it leads nowhere."""
        return next(iter(self.iris), None) or next((value for _, value in self.codes), None) or self.name or "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One achievement of the subject."""

    achievement: Reference
    alignments: tuple[Reference, ...] = ()
    """What it is aligned to, what its results are aligned to."""
    unachieved: str | None = None
    """The status of a result with which it is not had."""
    against: str | None = None
    """Why it does not count though the document does: a sentence."""


def claims_of_badge(subject: Object) -> Iterator[Claim]:
    """The claim of an AchievementSubject (Open Badges 3.0), none where it names no achievement."""
    for achievement in objects(subject.get("achievement")):
        yield _claim(achievement, list(objects(subject.get("result"))))


def claims_of_badge_class(badge: Object) -> Iterator[Claim]:
    """The claim of an Open Badges 2.0 badge class."""
    alignments = [alignment(each) for each in _some(badge.get("alignment"), badge.get("alignments"))]
    yield Claim(
        achievement=Reference(iris=_iris(badge.get("id")), name=text(badge.get("name")), kind="BadgeClass"),
        alignments=tuple(alignments),
    )


def claims_of_clr_assertion(assertion: Object, achievements: dict[str, Object]) -> Iterator[Claim]:
    """The claim of a CLR 1.0 assertion, whose achievement is inside it or beside it."""
    said = assertion.get("achievement")
    achievement = said if isinstance(said, dict) else achievements.get(said) if isinstance(said, str) else None
    if isinstance(achievement, dict):
        yield _claim(achievement, _some(assertion.get("results"), assertion.get("result")))


def _claim(achievement: Object, results: list[Object]) -> Claim:
    descriptions = {
        str(each["id"]): each
        for each in _some(achievement.get("resultDescription"), achievement.get("resultDescriptions"))
        if "id" in each
    }
    own = [alignment(each) for each in _some(achievement.get("alignment"), achievement.get("alignments"))]
    levels = [(each, _level(each, descriptions)) for each in results[:MAX_REFERENCES]]
    # one result is of the whole achievement; of several those that are not aligned to something themselves
    alone = len(levels) == 1
    of_all = (level for each, level in levels if alone or not _places(each, descriptions))
    overall = tuple(level for level in of_all if level is not None)
    # one that is aligned to some of what the achievement is aligned to says nothing of the rest
    placed = {_target(alignment(place)) for each, _ in levels for place in _places(each, descriptions)}
    apart = alone and not placed.isdisjoint(map(_target, own))
    found = own if apart else [replace(each, levels=overall) for each in own]
    for each, level in levels:
        own_levels = () if level is None else (level,)
        found.extend(replace(alignment(place), levels=own_levels) for place in _places(each, descriptions))
    status = next((said for each in results if (said := text(each.get("status"))) and _is_unachieved(said)), None)
    return Claim(
        achievement=replace(_achievement(achievement), levels=overall),
        alignments=tuple(_distinct(found))[:MAX_REFERENCES],
        unachieved=status,
    )


def _achievement(achievement: Object) -> Reference:
    iris = list(_iris(achievement.get("id")))
    codes = [("", code)] if (code := text(achievement.get("humanCode"))) else []
    for each in _some(achievement.get("otherIdentifier"), achievement.get("identifiers")):
        value = text(each.get("identifier"))
        if value and ":" in value and "/" in value:
            iris.append(value)
        elif value:
            codes.append(("", value))
    return Reference(
        iris=tuple(iris),
        codes=tuple(codes),
        name=text(achievement.get("name")),
        kind=text(achievement.get("achievementType")),
    )


def alignment(said: Object) -> Reference:
    """An alignment's target, of any version of Open Badges or CLR."""
    code = text(said.get("targetCode"))
    return Reference(
        iris=_iris(said.get("targetUrl"), said.get("target"), said.get("id")),
        codes=(("", code),) if code else (),
        name=text(said.get("targetName")),
        framework=text(said.get("targetFramework")) or text(said.get("frameworkName")),
        kind=text(said.get("targetType")),
    )


def _places(result: Object, descriptions: dict[str, Object]) -> list[Object]:
    """What a result is aligned to: by itself, by its description, by the level that was reached."""
    found = list(_some(result.get("alignment"), result.get("alignments")))
    description = descriptions.get(str(result.get("resultDescription")))
    if description is not None:
        found.extend(_some(description.get("alignment"), description.get("alignments")))
    return [each for each in found if text(each.get("targetType")) not in _RUBRICS]


_RUBRIC_LEVEL: Final = "CFRubricCriterionLevel"
_RUBRICS: Final = frozenset({"CFRubric", "CFRubricCriterion", _RUBRIC_LEVEL})


def _level(result: Object, descriptions: dict[str, Object]) -> LevelClaim | None:
    """What a result says of a level, None where it says nothing."""
    description = descriptions.get(str(result.get("resultDescription")), {})
    named = _some(description.get("alignment"), description.get("alignments"), result.get("alignment"))
    scales = [*_iris(description.get("id")), *(iri for each in named for iri in alignment(each).iris)]
    scales.extend(framework for each in named if (framework := alignment(each).framework))
    reached = text(result.get("achievedLevel"))
    levels = _some(description.get("rubricCriterionLevel"), description.get("rubricCriterionLevels"))
    own = [alignment(each) for each in _some(result.get("alignment"), result.get("alignments"))]
    places = tuple(iri for each in own if each.kind == _RUBRIC_LEVEL for iri in each.iris)
    if reached and levels:
        return _rubric_level(reached, levels, tuple(scales), places)
    places = (*_iris(reached), *places)
    said = text(result.get("value"))
    if said is None:
        return LevelClaim(scales=tuple(scales), levels=places) if places else None
    allowed = [each for each in _list(description.get("allowedValue")) if isinstance(each, str)]
    low, high = _number(text(description.get("valueMin"))), _number(text(description.get("valueMax")))
    if said in allowed:
        return LevelClaim(
            scales=tuple(scales), value=_number(said), minimum=low, maximum=high, position=allowed.index(said),
            count=len(allowed), levels=places,
        )  # fmt: skip
    number = _number(said)
    if number is None and not places:
        return None
    return LevelClaim(scales=tuple(scales), value=number, minimum=low, maximum=high, levels=places)


def _rubric_level(
    reached: str, levels: list[Object], scales: tuple[str, ...], places: tuple[str, ...]
) -> LevelClaim | None:
    place = next((index for index, each in enumerate(levels) if each.get("id") == reached), None)
    if place is None:
        return None
    level = levels[place]
    aligned = [alignment(each) for each in _some(level.get("alignment"))]
    named = [iri for each in aligned for iri in each.iris]
    claim = LevelClaim(
        scales=(*scales, *named),
        value=_number(text(level.get("points")) or text(level.get("level"))),
        position=place,
        count=len(levels),
        levels=(*_iris(reached), *named, *places),
    )
    for each in aligned:  # says which level of which scale it is
        value = next((number for _, code in each.codes if (number := _number(code)) is not None), None)
        if value is not None and each.kind == _RUBRIC_LEVEL:
            return replace(claim, scales=(*each.iris, *scales), value=value)
    return claim


def _distinct(references: Sequence[Reference]) -> Iterator[Reference]:
    """Each target once, with all that is said of its level; what is said of it alone comes first."""
    kept: dict[tuple[object, ...], Reference] = {}
    for each in references:
        key = _target(each)
        known = kept.get(key, each)
        levels = tuple(dict.fromkeys((*each.levels, *known.levels)))
        kept[key] = replace(known, levels=levels)
    yield from kept.values()


def _target(reference: Reference) -> tuple[object, ...]:
    """What tells targets of alignments apart."""
    return reference.iris, reference.codes, reference.name


def _is_unachieved(status: str) -> bool:
    return status.rpartition(":")[2].replace(" ", "").casefold() in UNACHIEVED


def text(value: Json) -> str | None:
    """A value as text: a string, a number, the first of a list, a language map or value object's text."""
    if isinstance(value, list):
        return text(value[0]) if value else None
    if isinstance(value, dict):
        return text(value.get("@value"))
    if isinstance(value, bool) or value is None:
        return None
    return str(value).strip() or None


def objects(value: Json) -> Iterator[Object]:
    """The objects of a value: itself, or those of a list."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def _some(*values: Json) -> list[Object]:
    return [each for value in values for each in objects(value)]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _iris(*values: Json) -> tuple[str, ...]:
    return tuple(each for each in values if isinstance(each, str) and ":" in each)


def _number(value: str | None) -> float | None:
    try:
        number = float((value or "").strip().removesuffix("%"))
    except ValueError:
        return None
    return number if abs(number) < 1e12 else None
