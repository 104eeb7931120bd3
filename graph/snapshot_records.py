"""The records that a snapshot was built from, as far as its columns keep them: the way to a view of fewer datasets.

Descriptions and unknown statements are not in a snapshot and so not here. Called by `Snapshot.restrict`.
"""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, TypedDict

from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Money,
    PayPeriod,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
)

from .layout import MICRODAYS, RELATIONS, NodeKind, ResourceType
from .strings import RepeatedStrings, Strings

if TYPE_CHECKING:
    from .snapshot import Snapshot

Numbered = Iterator[tuple[int, Record]]


class _Common(TypedDict):
    iri: str
    labels: tuple[Text, ...]
    alternative_labels: tuple[Text, ...]
    codes: tuple[Code, ...]
    framework: str | None
    replaced_by: str | None
    url: str | None


def _number(value: float) -> float | None:
    return None if isnan(value) else value


def _texts(texts: Strings, languages: RepeatedStrings, span: range) -> tuple[Text, ...]:
    return tuple(Text(texts[entry], languages[entry]) for entry in span)


def _iri(snapshot: "Snapshot", row: int) -> str | None:
    return None if row < 0 else snapshot.iris[row]


def _level(snapshot: "Snapshot", scale: int, value: float) -> Level | None:
    return None if scale < 0 else Level(snapshot.scale_iris[scale], value)


def _salary(snapshot: "Snapshot", row: int) -> Salary | None:
    currency, period = snapshot.salary_currency[row], snapshot.salary_period[row]
    if currency is None:
        return None
    least, most = int(snapshot.salary_minimum[row]), int(snapshot.salary_maximum[row])
    return Salary(
        currency=currency,
        minimum=None if least < 0 else least,
        maximum=None if most < 0 else most,
        period=None if period is None else PayPeriod(period),
    )


def _resource(snapshot: "Snapshot", row: int) -> Record:
    common: _Common = {
        "iri": snapshot.iris[row],
        "labels": _texts(snapshot.label_texts, snapshot.label_languages, snapshot.span("label_offsets", row)),
        "alternative_labels": _texts(
            snapshot.alternative_texts, snapshot.alternative_languages, snapshot.span("alternative_offsets", row)
        ),
        "codes": tuple(Code(system, value) for system, value in snapshot.codes(row)),
        "framework": _iri(snapshot, int(snapshot.framework[row])),
        "replaced_by": _iri(snapshot, int(snapshot.replaced_by[row])),
        "url": snapshot.url[row],
    }
    currency, duration = snapshot.currency[row], int(snapshot.duration[row])
    cost = None if currency is None else Money(int(snapshot.cost[row]), currency)
    days = None if duration < 0 else Decimal(duration) / MICRODAYS
    kind, provider = snapshot.kind[row], snapshot.provider[row]
    match snapshot.types[row]:
        case ResourceType.FRAMEWORK:
            return Framework(**common)
        case ResourceType.COMPETENCY:
            broader = tuple(snapshot.iris[int(snapshot.broader[i])] for i in snapshot.span("broader_offsets", row))
            return Competency(**common, kind=kind, broader=broader)
        case ResourceType.COURSE:
            return Course(**common, provider=provider, cost=cost, duration_days=days)
        case ResourceType.CREDENTIAL:
            return Credential(**common, issuer=provider, kind=kind, cost=cost, duration_days=days)
        case _:
            return JobRole(
                **common,
                employer=snapshot.employer[row],
                employer_iri=snapshot.employer_iri[row],
                places=tuple(snapshot.places[entry] for entry in snapshot.span("place_offsets", row)),
                remote=bool(snapshot.remote[row]),
                salary=_salary(snapshot, row),
            )


def _scales_and_levels(snapshot: "Snapshot", kept: Collection[int], *, scales: bool) -> Numbered:
    for row, dataset in enumerate(snapshot.scale_dataset.tolist()):
        minimum, maximum = float(snapshot.scale_minimum[row]), float(snapshot.scale_maximum[row])
        if not isnan(minimum) and (scales or dataset in kept):
            span = snapshot.span("scale_label_offsets", row)
            labels = _texts(snapshot.scale_label_texts, snapshot.scale_label_languages, span)
            yield dataset, Scale(iri=snapshot.scale_iris[row], labels=labels, minimum=minimum, maximum=maximum)
    for row, dataset in enumerate(snapshot.level_dataset.tolist()):
        if dataset in kept:
            owner = snapshot.iris[int(snapshot.level_owner[row])]
            rank, name = int(snapshot.level_rank[row]), snapshot.level_names[row]
            yield dataset, RoleLevel(iri=snapshot.level_iris[row], role=owner, name=name, rank=rank)


def _scale_levels(snapshot: "Snapshot", kept: Collection[int], *, scales: bool) -> Numbered:
    owners = _subjects(snapshot.scale_level_offsets.tolist())
    for row, dataset in enumerate(snapshot.scale_level_dataset.tolist()):
        if scales or dataset in kept:
            span = snapshot.span("scale_level_label_offsets", row)
            labels = _texts(snapshot.scale_level_label_texts, snapshot.scale_level_label_languages, span)
            level = Level(snapshot.scale_iris[owners[row]], float(snapshot.scale_level_value[row]))
            yield dataset, ScaleLevel(iri=snapshot.scale_level_iris[row], level=level, labels=labels)


def _level_mappings(snapshot: "Snapshot", kept: Collection[int]) -> Numbered:
    columns = zip(
        snapshot.mapping_dataset.tolist(),
        snapshot.mapping_iris,
        snapshot.mapping_scale.tolist(),
        snapshot.mapping_value.tolist(),
        snapshot.mapping_matched_scale.tolist(),
        snapshot.mapping_matched_value.tolist(),
        strict=True,
    )
    for dataset, iri, scale, value, matched_scale, matched_value in columns:
        if dataset in kept:
            level = Level(snapshot.scale_iris[scale], value)
            matched = Level(snapshot.scale_iris[matched_scale], matched_value)
            yield dataset, LevelMapping(iri=iri, level=level, matched=matched)


def _nodes(snapshot: "Snapshot", kept: Collection[int], iris: Sequence[str]) -> Numbered:
    levels = list(snapshot.level_iris)
    nodes = list(snapshot.node_iris)
    columns = zip(
        snapshot.node_dataset.tolist(),
        snapshot.node_owner.tolist(),
        snapshot.node_level.tolist(),
        snapshot.node_parent.tolist(),
        snapshot.node_kind.tolist(),
        snapshot.node_target.tolist(),
        snapshot.node_minimum.tolist(),
        snapshot.node_must.tolist(),
        snapshot.node_importance.tolist(),
        snapshot.node_value.tolist(),
        snapshot.node_scale.tolist(),
        snapshot.node_days.tolist(),
        strict=True,
    )
    for row, column in enumerate(columns):
        dataset, owner, level, parent, kind, target, minimum, must, graded, value, scale, days = column
        if dataset not in kept:
            continue
        role_level = None if level < 0 else levels[level]
        enclosing = None if parent < 0 else nodes[parent]
        importance = Importance.MUST if must else Importance.SHOULD
        if kind >= NodeKind.ALL:
            labels = _texts(
                snapshot.node_label_texts, snapshot.node_label_languages, snapshot.span("node_label_offsets", row)
            )
            yield (
                dataset,
                RequirementGroup(
                    iri=nodes[row],
                    owner=iris[owner],
                    role_level=role_level,
                    parent=enclosing,
                    minimum=None if kind == NodeKind.ALL else minimum,
                    importance=importance,
                    importance_value=_number(graded),
                    labels=labels,
                ),
            )
        else:
            yield (
                dataset,
                Requirement(
                    iri=nodes[row],
                    owner=iris[owner],
                    role_level=role_level,
                    group=enclosing,
                    target=None if target < 0 else iris[target],
                    level=_level(snapshot, scale, value),
                    importance=importance,
                    importance_value=_number(graded),
                    experience_days=_number(days),
                ),
            )


def _statements(snapshot: "Snapshot", kept: Collection[int], iris: Sequence[str]) -> Numbered:
    subjects = _subjects(snapshot.teaches_offsets.tolist())
    for row, dataset in enumerate(snapshot.teaches_dataset.tolist()):
        if dataset in kept:
            level = _level(snapshot, int(snapshot.teaches_scale[row]), float(snapshot.teaches_value[row]))
            competency = iris[int(snapshot.teaches_competency[row])]
            iri, subject = snapshot.teaches_iris[row], iris[subjects[row]]
            yield dataset, Teaching(iri=iri, subject=subject, competency=competency, level=level)
    courses = _subjects(snapshot.awards_offsets.tolist())
    for row, dataset in enumerate(snapshot.awards_dataset.tolist()):
        if dataset in kept:
            credential = iris[int(snapshot.awards_credential[row])]
            yield dataset, Awarding(iri=snapshot.awards_iris[row], course=iris[courses[row]], credential=credential)
    for row, dataset in enumerate(snapshot.alignment_dataset.tolist()):
        if dataset in kept:
            yield (
                dataset,
                Alignment(
                    iri=snapshot.alignment_iris[row],
                    subject=iris[int(snapshot.alignment_subject[row])],
                    object=iris[int(snapshot.alignment_object[row])],
                    relation=RELATIONS[int(snapshot.alignment_relation[row])],
                    confidence=_number(float(snapshot.alignment_confidence[row])),
                    method=snapshot.alignment_method[row],
                    source=snapshot.alignment_source[row],
                ),
            )


def _subjects(offsets: list[int]) -> list[int]:
    return [row for row in range(len(offsets) - 1) for _ in range(offsets[row], offsets[row + 1])]


def records_of(snapshot: "Snapshot", kept: Collection[int], *, scales: bool = True) -> Numbered:
    """Records of these dataset rows, each with the row.

    Args:
        scales: scales of all datasets, since levels are read by them; otherwise of these alone.
    """
    iris = list(snapshot.iris)
    for row, dataset in enumerate(snapshot.dataset.tolist()):
        if dataset in kept:
            yield dataset, _resource(snapshot, row)
    yield from _scales_and_levels(snapshot, kept, scales=scales)
    yield from _scale_levels(snapshot, kept, scales=scales)
    yield from _level_mappings(snapshot, kept)
    yield from _nodes(snapshot, kept, iris)
    yield from _statements(snapshot, kept, iris)
