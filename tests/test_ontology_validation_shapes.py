"""The streamed rules say what shapes.ttl says."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph

from ontology.model import (
    Alignment,
    Amendment,
    Awarding,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Located,
    Money,
    PayPeriod,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    ScaleLevel,
    Source,
    Teaching,
    Text,
    sorted_texts,
)
from ontology.shacl import check_shapes
from ontology.validation import validate

STREAMED_ONLY = {
    "code.shared",
    "competency.not-taught",
    "overlay.says-nothing",
    "prerequisite.cycle",
    "prerequisite.deadlock",
    "replaced-by.cycle",
}
"""Told by the streamed rules and by no shape."""
ONCE_A_CYCLE = {"broader.cycle", "group.cycle"}
"""Told once a cycle by the streamed rules, of every member by the shapes."""
LINKS = {"link.dangling", "link.wrong-class", "level.unknown-scale"}
"""A shape says that the end must be of a class; the streamed rules say besides whether there is an end at all."""

Told = set[tuple[str, str, str]]


def simplified(told: Iterable[tuple[str, str, str]]) -> Told:
    """(level, code, subject), with what the two tell differently made alike."""
    found = set()
    for level, code, subject in told:
        known = "link" if code in LINKS else code
        found.add((level, known, "" if code in ONCE_A_CYCLE else subject))
    return found


def told_by_shapes(records: Iterable[Record]) -> Told:
    found = check_shapes(records)
    assert all(finding.code != "shape.unnamed" for finding in found)
    return simplified((finding.level.value, finding.code, finding.subject or "") for finding in found)


def told_by_rules(records: Sequence[Record]) -> Told:
    validated = validate([Located(record=record, source=Source(file="x")) for record in records], dataset="x")
    return simplified(
        (finding.level.value, finding.code, finding.subject or "")
        for finding in validated.findings
        if finding.code not in STREAMED_ONLY
    )


NAMES = {
    "f": ["f0"],
    "c": ["c0", "c1", "c2"],
    "k": ["k0", "k1"],
    "d": ["d0", "d1"],
    "r": ["r0", "r1"],
    "l": ["l0", "l1"],
    "s": ["s0", "s1"],
    "g": ["g0", "g1", "g2"],
}


def iri(name: str) -> str:
    return f"https://x.example/{name}"


def ends(*kinds: str) -> st.SearchStrategy[str]:
    """Mostly an end of these kinds, sometimes of another one, sometimes one that nobody describes."""
    right = st.sampled_from([iri(name) for kind in kinds for name in NAMES[kind]])
    return st.one_of(*[right] * 6, st.sampled_from([iri("c0"), iri("r0"), iri("g0"), iri("nobody")]))


labels = st.lists(
    st.sampled_from([Text("a", "en"), Text("b", "en"), Text("a"), Text("b"), Text(" c", "de"), Text("d\u00a0e", "fr")]),
    max_size=3,
).map(sorted_texts)
label = st.just((Text("a", "en"),)) | labels
maybe = st.none()
fractions = st.none() | st.sampled_from([0.0, 0.5, 1.0, -0.1, 1.5, float("inf")])
levels = st.none() | st.builds(Level, ends("s"), st.sampled_from([0.0, 1.0, 3.0, 5.0, 9.0, -1.0]))
some_level = st.builds(Level, ends("s"), st.sampled_from([0.0, 1.0, 3.0, 5.0, 9.0]))
urls = st.sampled_from([None, None, "https://a.example/", "ftp://a", "javascript:alert(1)", "words", "http://"])
costs = st.none() | st.builds(
    Money, st.sampled_from([0, 5, -1, 10**15, 10**15 + 1]), st.sampled_from(["USD", "usd", "EURO", ""])
)
days = st.none() | st.sampled_from(
    [Decimal(0), Decimal("1.5"), Decimal("0.1234567"), Decimal(-1), Decimal(10**6), Decimal(10**6 + 1)]
)
places = st.lists(
    st.sampled_from(
        ["US", "US-CA/Oakland", "/Oakland", "us", "US-", "US//x", "US/ x", "/x y", "", "Oakland", "U" * 201]
    ),
    max_size=2,
).map(lambda found: tuple(sorted(set(found))))
amounts = st.sampled_from([None, None, 0, 5, 6, -1, 10**15, 10**15 + 1])
salaries = st.none() | st.builds(Salary, st.sampled_from(["USD", "usd"]), amounts, amounts, st.sampled_from(PayPeriod))


def described(kind: str) -> dict[str, st.SearchStrategy[object]]:
    return {
        "labels": label,
        "framework": st.none() | ends("f"),
        "replaced_by": st.none() | st.none() | ends(kind),
        "url": urls,
        "alternative_labels": st.just(()) | labels,
    }


asked = {
    "owner": ends("r", "r", "k", "d"),
    "role_level": st.none() | st.none() | ends("l"),
    "importance": st.sampled_from(Importance),
    "importance_value": fractions,
}
STRATEGIES: dict[str, st.SearchStrategy[Record]] = {
    "f": st.builds(Framework, iri=st.just(""), **described("f")),
    "c": st.builds(
        Competency,
        iri=st.just(""),
        **described("c"),
        broader=st.lists(ends("c"), max_size=2).map(lambda found: tuple(sorted(set(found)))),
    ),
    "k": st.builds(Course, iri=st.just(""), **described("k"), cost=costs, duration_days=days),
    "d": st.builds(Credential, iri=st.just(""), **described("d"), cost=costs, duration_days=days),
    "r": st.builds(JobRole, iri=st.just(""), **described("r"), places=places, salary=salaries),
    "l": st.builds(
        RoleLevel, iri=st.just(""), role=ends("r"), name=st.sampled_from(["Basic", " "]), rank=st.integers(0, 3)
    ),
    "s": st.builds(
        Scale,
        iri=st.just(""),
        labels=label,
        minimum=st.sampled_from([0.0, 1.0]),
        maximum=st.sampled_from([5.0, 1.0, 0.0, -2.0]),
    ),
    "g": st.builds(
        RequirementGroup,
        iri=st.just(""),
        **asked,
        parent=st.none() | ends("g"),
        minimum=st.sampled_from([None, 0, 1, 2, 3]),
        labels=labels,
    ),
    "q": st.builds(
        Requirement,
        iri=st.just(""),
        **asked,
        group=st.none() | ends("g"),
        target=st.none() | ends("c", "c", "k", "d"),
        level=levels,
        experience_days=st.sampled_from([None, None, 30.0, -1.0, 1e7]),
    ),
    "t": st.builds(Teaching, iri=st.just(""), subject=ends("k", "d"), competency=ends("c"), level=levels),
    "n": st.builds(ScaleLevel, iri=st.just(""), level=some_level, labels=labels),
    "v": st.builds(LevelMapping, iri=st.just(""), level=some_level, matched=some_level),
    "w": st.builds(Awarding, iri=st.just(""), course=ends("k"), credential=ends("d")),
    "a": st.builds(
        Alignment,
        iri=st.just(""),
        subject=ends("c"),
        object=ends("c"),
        relation=st.sampled_from(Relation),
        confidence=fractions,
    ),
    "m": st.builds(
        Amendment,
        iri=st.just(""),
        target=ends("c", "r", "g"),
        removed=st.booleans(),
        labels=labels,
        importance=st.none() | st.sampled_from(Importance),
        importance_value=fractions,
        level=levels,
    ),
}
COUNTS = {
    "f": 1,
    "c": 3,
    "k": 2,
    "d": 2,
    "r": 2,
    "l": 2,
    "s": 2,
    "n": 2,
    "v": 3,
    "g": 3,
    "q": 6,
    "t": 2,
    "w": 2,
    "a": 2,
    "m": 2,
}


@st.composite
def worlds(draw: st.DrawFn) -> list[Record]:
    """A small graph in which anything may be wrong."""
    records: list[Record] = []
    for kind, count in COUNTS.items():
        records.extend(
            replace(draw(STRATEGIES[kind]), iri=iri(f"{kind}{number}")) for number in range(draw(st.integers(0, count)))
        )
    return records


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_the_streamed_rules_tell_what_the_shapes_tell(records: list[Record]) -> None:
    """Same level, same code, same subject, on graphs in which anything may be wrong."""
    assert told_by_rules(records) == told_by_shapes(records)


def test_an_iri_longer_than_allowed_is_told_by_both() -> None:
    """2,048 characters pass, 2,049 do not."""
    for length, count in ((2048, 0), (2049, 1)):
        long = "https://x.example/" + "a" * (length - 18)
        records = [Competency(iri=long, labels=(Text("a", "en"),))]
        assert len(told_by_shapes(records)) == len(told_by_rules(records)) == count


@pytest.mark.parametrize("name", ["shapes.ttl", "headwater.ttl"])
def test_the_turtle_files_parse(name: str) -> None:
    """Both are Turtle that rdflib reads."""
    assert len(Graph().parse(data=files("ontology").joinpath(name).read_bytes(), format="turtle")) > 100
