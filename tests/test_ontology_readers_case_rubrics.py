"""Rubrics of CASE: which criteria become scales, in which order, and that nothing of the rubric is lost."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.documents import Document
from ontology.model import Finding, Located, Record, Scale, ScaleLevel, Text
from ontology.readers.case import read_case
from ontology.validation import validate
from ontology.writers.case import write_case_packages, write_original_case_packages

BASE = "https://rubrics.example.org/ims/case/v1p1"
TIME = "2026-01-01T00:00:00Z"
Json = dict[str, object]
UNORDERED = "case.unordered-levels"
BY_POSITION = "case.levels-by-position"


def named(kind: str, number: int, **more: object) -> Json:
    identifier = f"{number:08d}-0000-4000-8000-000000000001"
    return {"identifier": identifier, "uri": f"{BASE}/{kind}s/{identifier}", "lastChangeDateTime": TIME, **more}


ITEM = named("CFItem", 1, fullStatement="Ties knots")
LINK = {"title": "Ties knots", "identifier": ITEM["identifier"], "uri": ITEM["uri"]}


def level(number: int, **more: object) -> Json:
    return named("CFRubricCriterionLevel", number, **more)


def criterion(*levels: Json, number: int = 20, **more: object) -> Json:
    return named("CFRubricCriterion", number, CFItemURI=LINK, CFRubricCriterionLevels=list(levels), **more)


def package(*criteria: Json, language: str = "en", **rubric: object) -> Json:
    return {
        "CFDocument": named("CFDocument", 3, creator="c", title="Boats", caseVersion="1.1", language=language),
        "CFItems": [ITEM],
        "CFAssociations": [],
        "CFDefinitions": {},
        "CFRubrics": [named("CFRubric", 10, CFRubricCriteria=list(criteria), **rubric)],
    }


def read(*values: object) -> list[Located | Finding]:
    return list(read_case([Document(name=f"{n}.json", data=json.dumps(v).encode()) for n, v in enumerate(values)]))


def records(items: Sequence[Located | Finding]) -> list[Record]:
    return [each.record for each in items if isinstance(each, Located)]


def told(items: Sequence[Located | Finding]) -> list[tuple[str, str | None]]:
    return [(each.code, each.source.pointer if each.source else None) for each in items if isinstance(each, Finding)]


def test_a_criterion_is_a_scale_by_its_scores_whatever_the_order_of_the_file() -> None:
    """The best level stands first; its label is the quality, in the language of the document."""
    best = level(33, quality=" Expert ", description="Alone.", score=4, position=1)
    worst = level(31, quality="Novice", description="With help.", score=1, position=3)
    middle = level(32, description="With a book.", score=2.5, position=2)
    items = read(package(criterion(best, worst, middle, category="Speed"), title="Knots", language="de"))
    scale = next(each for each in records(items) if isinstance(each, Scale))
    assert (scale.minimum, scale.maximum, scale.labels) == (1, 4, (Text("Knots: Speed", "de"),))
    assert scale.iri == f"{BASE}/CFRubricCriterions/00000020-0000-4000-8000-000000000001"
    levels = [each for each in records(items) if isinstance(each, ScaleLevel)]
    assert [(each.iri, each.level.value, each.labels, each.descriptions) for each in levels] == [
        (worst["uri"], 1, (Text("Novice", "de"),), (Text("With help.", "de"),)),
        (middle["uri"], 2.5, (Text("With a book.", "de"),), ()),
        (best["uri"], 4, (Text("Expert", "de"),), (Text("Alone.", "de"),)),
    ]
    assert {each.level.scale for each in levels} == {scale.iri}
    assert told(items) == []
    assert not validate([each for each in items if isinstance(each, Located)], dataset="d").findings


def test_without_scores_the_first_position_is_the_lowest_level_and_that_is_told() -> None:
    """CASE says that a position is a place in the list, and not which end of it is the better one."""
    items = read(package(criterion(level(31, position=3, quality="b"), level(32, position=1, quality="a"))))
    levels = [each for each in records(items) if isinstance(each, ScaleLevel)]
    assert [(each.labels[0].text, each.level.value) for each in levels] == [("a", 1), ("b", 3)]
    assert told(items) == [(BY_POSITION, "/CFRubrics/0/CFRubricCriteria/0")]


def test_scores_of_some_levels_may_agree_with_the_positions_of_all() -> None:
    """Then the positions count."""
    levels = (level(31, position=1, score=0), level(32, position=2), level(33, position=5, score=9))
    items = read(package(criterion(*levels)))
    assert [each.level.value for each in records(items) if isinstance(each, ScaleLevel)] == [1, 2, 5]
    assert told(items) == [(BY_POSITION, "/CFRubrics/0/CFRubricCriteria/0")]


@pytest.mark.parametrize(
    "levels",
    [
        (level(31, score=1),),
        (level(31), level(32)),
        (level(31, score=2, position=1), level(32, score=2, position=2)),
        (level(31, position=1), level(32, position=1)),
        (level(31, position=1), level(32, score=3)),
        (level(31, position=1, score=5), level(32, position=2, score=1), level(33, position=3)),
        (level(31, score=True), level(32, score=False)),
        ({**level(31, score=1), "uri": ITEM["uri"]}, level(32, score=2)),
        (level(31, score=1), {**level(32, score=2), "uri": level(31)["uri"]}),
    ],
)
def test_levels_that_cannot_be_ordered_or_told_apart_stay_unknown_and_are_told(levels: tuple[Json, ...]) -> None:
    """No scale, no level; the rubric comes out as it was read."""
    value = package(criterion(*levels))
    items = read(value)
    assert not [each for each in records(items) if isinstance(each, Scale | ScaleLevel)]
    found = [each for each in told(items) if each[0] == UNORDERED]
    assert found == [(UNORDERED, "/CFRubrics/0/CFRubricCriteria/0")]
    (written,) = write_original_case_packages(records(items))
    assert written["CFRubrics"] == value["CFRubrics"]


def test_a_criterion_about_no_item_of_the_source_is_no_scale() -> None:
    """One that names none says nothing of a competency, and nothing is told; one that names another's is told."""
    alone = criterion(level(31, score=1), level(32, score=2)) | {"CFItemURI": None}
    far = criterion(level(33, score=1), level(34, score=2), number=21)
    far["CFItemURI"] = {"title": "x", "identifier": "x", "uri": "https://far.example.org/x"}
    items = read(package(alone, far))
    assert not [each for each in records(items) if isinstance(each, Scale | ScaleLevel)]
    assert told(items) == [(UNORDERED, "/CFRubrics/0/CFRubricCriteria/1")]


def test_one_criterion_in_two_packages_is_one_scale_and_another_of_its_name_is_told() -> None:
    """What is said twice is said once; who says otherwise under the same uri is not believed."""
    once = package(criterion(level(31, score=1), level(32, score=2)))
    again = read(once, once)
    assert len([each for each in records(again) if isinstance(each, Scale)]) == 1
    other = package()
    other["CFRubrics"] = [
        named("CFRubric", 11, CFRubricCriteria=[criterion(level(31, score=5), level(32, score=2))]),
    ]
    items = read(once, other)
    assert [each.level.value for each in records(items) if isinstance(each, ScaleLevel)] == [1, 2]
    assert told(items) == [(UNORDERED, "/CFRubrics/0/CFRubricCriteria/0")]


def test_a_rubric_that_is_a_scale_comes_out_as_it_was_and_nothing_of_it_is_a_loss() -> None:
    """Both exports; a scale that no rubric says is a loss as ever."""
    value = package(
        criterion(
            level(31, quality="a", score=1, feedback="Go on.", extensions=[{"x:y": "z"}]),
            level(32, quality="b", score=2, position=9),
            weight=0.5,
            position=1,
        ),
        title="Knots",
    )
    found = records(read(value))
    assert write_original_case_packages(found)[0]["CFRubrics"] == value["CFRubrics"]
    export = write_case_packages(found)
    assert export.packages[0]["CFRubrics"] == value["CFRubrics"]
    assert export.report.losses == ()
    foreign = Scale(iri="urn:own", minimum=0, maximum=1)
    assert [each.code for each in write_case_packages([*found, foreign]).report.losses] == ["case-export.no-such-thing"]


numbers = st.none() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(numbers, st.none() | st.integers(-3, 3)), min_size=1, max_size=5))
def test_a_scale_never_says_otherwise_than_the_scores(marks: list[tuple[float | None, int | None]]) -> None:
    """Whatever scores and positions there are: a scale or a finding, and a better score is a higher level."""
    levels = [
        level(30 + n, **{k: v for k, v in (("score", score), ("position", place)) if v is not None})
        for n, (score, place) in enumerate(marks)
    ]
    items = read(package(criterion(*levels)))
    scales = [each for each in records(items) if isinstance(each, Scale)]
    assert len(scales) + [code for code, _ in told(items)].count(UNORDERED) == 1
    values = {each.iri: each.level.value for each in records(items) if isinstance(each, ScaleLevel)}
    assert len(values) == (len(levels) if scales else 0)
    scored = [
        (score, values[str(each["uri"])])
        for each, (score, _) in zip(levels, marks, strict=True)
        if values and score is not None
    ]
    assert all((one < other) == (low < high) for one, low in scored for other, high in scored)
    assert all(scales[0].minimum <= value <= scales[0].maximum for value in values.values())
