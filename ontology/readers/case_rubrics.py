"""Rubrics of CASE as scales: a criterion's levels in order, so that a level can be asked for, held and mapped.

The rubric itself stays whole, as `case_records` keeps it; what is read here is read out of it. A criterion is a scale
where it names a CFItem of the source and its levels can be put in order; otherwise its levels stay unknown, and a
finding says so. Called by `case`.
Source: CASE Service 1.1, CFRubric, CFRubricCriterion, CFRubricCriterionLevel: `score` are the points awarded for a
level, `position` is its place in the list of levels.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ontology.json_documents import Json
from ontology.model import Level, Located, Scale, ScaleLevel, Source, Statement, Text
from ontology.ntriples import iri_term

from .case_payloads import Entity, Faults, entity_iri
from .case_records import Dataset, document_language
from .case_terms import CF_ITEM, CF_RUBRIC, ITEM, RUBRIC, JsonObject, canonical_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Criterion:
    """One criterion of a rubric, as it stands in a file."""

    iri: str
    rubric: Entity
    properties: JsonObject
    source: Source

    @property
    def levels(self) -> list[JsonObject]:
        """Its levels that have an identifier."""
        return list(_named(self.properties.get("CFRubricCriterionLevels")))


def find_scales(dataset: Dataset, faults: Mapping[str, Faults]) -> list[Located]:
    """A Scale for each criterion that can be one, each before its ScaleLevels, in the order read."""
    found: list[Located] = []
    read: dict[str, str] = {}
    taken = set(dataset.entities)
    for criterion in _criteria(dataset):
        content = canonical_json(criterion.properties)
        item = dataset.resolved(criterion.properties.get("CFItemURI"))
        if item is None or not criterion.levels or read.get(criterion.iri) == content:
            continue
        read.setdefault(criterion.iri, content)
        ordered = _ordered(criterion.levels)
        iris = [criterion.iri, *(entity_iri(each) for each in criterion.levels)]
        against = None
        if dataset.kind_name(item) != CF_ITEM.name:
            against = f"<{item}>, which it is about, is no CFItem of the source"
        elif isinstance(ordered, str):
            against = ordered
        elif len(set(iris)) < len(iris) or not taken.isdisjoint(iris):
            against = "it, or one of its levels, has the uri of something else"
        if against is not None or isinstance(ordered, str):
            faults[criterion.source.file].should(
                "case.unordered-levels",
                criterion.source.pointer or "",
                f"Got a CFRubricCriterion whose levels are not read as a scale: {against}; they are kept, and a result "
                "at one of them is of unknown level.",
                "Give each level its own uri and score, the higher the better, and name a CFItem of the source.",
            )
            continue
        if ordered.by_position:
            faults[criterion.source.file].should(
                "case.levels-by-position",
                criterion.source.pointer or "",
                "Got a CFRubricCriterion whose levels have positions and not each a score, expected scores; the first "
                "position is read as the lowest level.",
                "Give each level a score, the higher the better.",
            )
        taken.update(iris)
        found.extend(_scale(criterion, item, ordered.values, dataset))
    return found


def _criteria(dataset: Dataset) -> Iterator[_Criterion]:
    for entities in list(dataset.entities.values()):
        for entity in entities:
            if entity.kind is not CF_RUBRIC:
                continue
            listed = entity.properties.get("CFRubricCriteria")
            for place, each in enumerate(listed if isinstance(listed, list) else ()):
                for properties in _named([each]):
                    pointer = f"{entity.source.pointer or ''}/CFRubricCriteria/{place}"
                    yield _Criterion(
                        iri=entity_iri(properties),
                        rubric=entity,
                        properties=properties,
                        source=Source(file=entity.source.file, pointer=pointer),
                    )


def _named(value: Json) -> Iterator[JsonObject]:
    """The objects of an array that have an identifier; the others are told when the rubric is checked."""
    for each in value if isinstance(value, list) else ():
        if isinstance(each, dict):
            identifier = each.get("identifier")
            if isinstance(identifier, str) and identifier.strip():
                yield each


@dataclass(frozen=True, slots=True)
class _Order:
    """Where each level lies, in the order of the file."""

    values: tuple[float, ...]
    by_position: bool


def _ordered(levels: Sequence[JsonObject]) -> _Order | str:
    """The values of levels: their scores, else their positions where no score says otherwise; else what is wrong."""
    if len(levels) < 2:
        return "it has one level"
    scores = [_number(each.get("score")) for each in levels]
    places = [_number(each.get("position")) for each in levels]
    known = [score for score in scores if score is not None]
    if len(set(known)) < len(known):
        return "two of its levels have one score"
    if len(known) == len(levels):
        return _Order(tuple(known), by_position=False)
    positions = [place for place in places if place is not None]
    if len(positions) < len(levels):
        return "not each of its levels has a score, nor each a position"
    if len(set(positions)) < len(positions):
        return "two of its levels have one position"
    ranked = [score for _, score in sorted(zip(positions, scores, strict=True), key=lambda pair: pair[0])]
    if any(one >= other for one, other in pairwise(score for score in ranked if score is not None)):
        return "not each of its levels has a score, and those that have one are in another order than their positions"
    return _Order(tuple(positions), by_position=True)


def _number(value: Json) -> float | None:
    """A number that a double holds; None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number + 0.0 if math.isfinite(number) else None


def _scale(criterion: _Criterion, item: str, values: Sequence[float], dataset: Dataset) -> Iterator[Located]:
    language = document_language(dataset.frameworks(criterion.rubric), dataset)
    said: Statement = (RUBRIC, iri_term(criterion.rubric.iri))
    scale = Scale(
        iri=criterion.iri,
        labels=_texts(_label(criterion, item, dataset), language),
        minimum=min(values),
        maximum=max(values),
        statements=tuple(sorted((said, (ITEM, iri_term(item))))),
    )
    yield Located(record=scale, source=criterion.source)
    for value, level in sorted(zip(values, criterion.levels, strict=True), key=lambda pair: pair[0]):
        quality, description = _text(level, "quality"), _text(level, "description")
        record = ScaleLevel(
            iri=entity_iri(level),
            level=Level(criterion.iri, value),
            labels=_texts(quality or description, language),
            descriptions=_texts(description, language) if quality else (),
            statements=(said,),
        )
        yield Located(record=record, source=criterion.source)


def _label(criterion: _Criterion, item: str, dataset: Dataset) -> str:
    """The rubric's title and what the criterion is about: its description, its category, or its item."""
    about = _text(criterion.properties, "description") or _text(criterion.properties, "category")
    if not about:
        about = _text(dataset.entities[item][0].properties, CF_ITEM.title or "")
    return ": ".join(filter(None, (_text(criterion.rubric.properties, "title"), about)))


def _texts(words: str, language: str) -> tuple[Text, ...]:
    return (Text(words, language),) if words else ()


def _text(properties: JsonObject, name: str) -> str:
    """A property that is a string, without outer blanks; the empty string where there is none."""
    value = properties.get(name)
    return value.strip() if isinstance(value, str) else ""
