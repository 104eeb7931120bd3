"""Sentences about evidence: hand-drawn networks and the sentence, word by word."""

import re
from collections.abc import Sequence

import pytest
from matching_networks import FIVE, SHOULD, U, aligned, asks, built, holding, look, role, skill, text, units

from graph.explanation import coverage_sentence, evidence_sentence
from graph.matching import Held, Policy
from graph.phrases import LANGUAGES, PHRASES
from graph.snapshot import Snapshot
from ontology.model import (
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    Level,
    Record,
    Relation,
    RequirementGroup,
    RoleLevel,
    Teaching,
    Text,
)

MUST = Importance.MUST


def certificate(name: str, kind: str | None = "certification") -> Credential:
    return Credential(iri=f"{U}c/{name}", labels=text(name), kind=kind)


def course(name: str) -> Course:
    return Course(iri=f"{U}k/{name}", labels=text(name))


def group(minimum: int | None, *, importance: Importance = MUST, level: str | None = None) -> RequirementGroup:
    return RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/role", minimum=minimum, importance=importance, role_level=level)


def said(snapshot: Snapshot, held: Held, policy: Policy | None = None, languages: Sequence[str] = ("en",)) -> list[str]:
    """All sentences about the one role, in the order of its units and their evidence."""
    found = units(look(snapshot, held, policy))
    return [evidence_sentence(snapshot, unit.node, item, languages) for unit in found for item in unit.evidence]


# --- credentials and courses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minimum", "importance", "verb"),
    [
        (1, MUST, "that admit"),
        (1, SHOULD, "that count"),
        (2, MUST, "of which 2 are needed"),
        (2, SHOULD, "of which 2 are needed"),
        (None, MUST, "that are all needed"),
    ],
)
def test_a_certification_of_a_group_says_what_the_group_asks(
    minimum: int | None, importance: Importance, verb: str
) -> None:
    """Any of a, b, c admits (or counts, where the group only weighs); at least two are needed; or all of them."""
    snapshot = built(
        role(), group(minimum, importance=importance),
        *(record for name in "abc" for record in (certificate(name), asks(f"c/{name}", group=f"{U}g/1"))),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "c/b")) == [f"b is one of the certifications {verb}."]


def test_the_level_is_that_of_the_tree_also_deep_in_it() -> None:
    """Advanced asks for all of (any of (a)): the word is that of the group that encloses a, the level that of the top."""
    snapshot = built(
        role(), RoleLevel(iri=f"{U}l/1", role=f"{U}r/role", name="Advanced", rank=3), group(None, level=f"{U}l/1"),
        RequirementGroup(iri=f"{U}g/2", owner=f"{U}r/role", parent=f"{U}g/1", minimum=1),
        certificate("a"), asks("c/a", group=f"{U}g/2"),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "c/a")) == ["a is one of the certifications that admit at Advanced."]


@pytest.mark.parametrize(("importance", "words"), [(MUST, "required"), (SHOULD, "asked for")])
@pytest.mark.parametrize("level", [None, "Basic"])
def test_what_is_asked_for_by_itself_is_required_or_asked_for(
    importance: Importance, words: str, level: str | None
) -> None:
    """No group around it: a must is required, a should is asked for, at its level where it has one."""
    levels: list[Record] = [RoleLevel(iri=f"{U}l/1", role=f"{U}r/role", name=level, rank=1)] if level else []
    leaf = asks("c/a", importance=importance, role_level=f"{U}l/1" if level else None)
    snapshot = built(role(), certificate("a"), leaf, *levels)
    assert said(snapshot, holding(snapshot, "c/a")) == [f"a is {words}{f' at {level}' if level else ''}."]


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        (None, "credentials"),
        ("Degree", "degrees"),
        ("specialty", "specialties"),
        ("survey", "surveys"),
        ("series", "series"),
    ],
)
def test_credentials_are_called_by_their_kind(kind: str | None, noun: str) -> None:
    """In the plural and in lower case; one without a kind is a credential."""
    snapshot = built(role(), group(1), certificate("a", kind), asks("c/a", group=f"{U}g/1"))
    assert said(snapshot, holding(snapshot, "c/a")) == [f"a is one of the {noun} that admit."]


def test_each_of_a_mixed_group_is_called_what_it_is() -> None:
    """A course and a certification of one group: one is of the courses, one of the certifications."""
    snapshot = built(
        role(), group(1), certificate("a"), course("b"), asks("c/a", group=f"{U}g/1"), asks("k/b", group=f"{U}g/1")
    )
    assert said(snapshot, holding(snapshot, "c/a", "k/b")) == [
        "a is one of the certifications that admit.",
        "b is one of the courses that admit.",
    ]


def test_a_credential_that_a_course_awards_names_the_course() -> None:
    """Who holds the course holds a by it; who holds both holds a by itself."""
    snapshot = built(
        role(), group(1), certificate("a"), course("b"), asks("c/a", group=f"{U}g/1"),
        Awarding(iri=f"{U}w", course=f"{U}k/b", credential=f"{U}c/a"),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "k/b")) == ["a, which b awards, is one of the certifications that admit."]
    assert said(snapshot, holding(snapshot, "k/b", "c/a")) == ["a is one of the certifications that admit."]


def test_a_superseded_credential_is_called_by_its_successor() -> None:
    """Old is asked for by the group and held: both are New now."""
    old = Credential(iri=f"{U}c/old", labels=text("Old"), replaced_by=f"{U}c/new")
    new = Credential(iri=f"{U}c/new", labels=text("New"), kind="certification")
    snapshot = built(role(), group(2), old, new, asks("c/old", group=f"{U}g/1"))
    assert said(snapshot, holding(snapshot, "c/old")) == ["New is one of the certifications of which 2 are needed."]


# --- competencies -----------------------------------------------------------------------------------------------------


def test_what_is_held_itself_is_named() -> None:
    """a is asked for and held, alone and in a group."""
    alone = built(skill("a"), role(), asks("s/a"))
    assert said(alone, holding(alone, "s/a")) == ["You hold a."]
    grouped = built(skill("a"), skill("b"), role(), group(1), *(asks(f"s/{n}", group=f"{U}g/1") for n in "ab"))
    assert said(grouped, holding(grouped, "s/a", "s/b")) == ["You hold a.", "You hold b."]


def test_a_chain_is_told_step_by_step_in_the_direction_walked() -> None:
    """Stated are a broadMatch m and b closeMatch a (confidence 0.5); held is m: m narrowMatch a is 0.5, a closeMatch b 0.45."""
    snapshot = built(
        skill("a"), skill("b"), skill("m"), role(), asks("s/b"),
        aligned("s/a", Relation.BROAD, "s/m"), aligned("s/b", Relation.CLOSE, "s/a", 0.5),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "s/m")) == [
        "You hold m; m is broader than a (0.5); a is nearly the same as b (0.45).",
    ]


def test_a_step_of_the_hierarchy_is_told_as_one() -> None:
    """child is below top: broader up, narrower down."""
    up = built(skill("child", "top"), skill("top"), role(), asks("s/top"))
    down = built(skill("child", "top"), skill("top"), role(), asks("s/child"))
    policy = Policy(hierarchy=True)
    assert said(up, holding(up, "s/child"), policy) == ["You hold child; child is narrower than top (0.8)."]
    assert said(down, holding(down, "s/top"), policy) == ["You hold top; top is broader than child (0.5)."]


def test_a_hub_that_nobody_describes_is_called_by_its_iri() -> None:
    """a and b are exactly what the hub is."""
    snapshot = built(
        skill("a"), skill("b"), role(), asks("s/b"),
        aligned("s/a", Relation.EXACT, "hub"), aligned("s/b", Relation.EXACT, "hub"),
    )  # fmt: skip
    sentence = f"You hold a; a is the same as {U}hub (1); {U}hub is the same as b (1)."
    assert said(snapshot, holding(snapshot, "s/a")) == [sentence]


def test_a_course_teaches_and_its_credential_certifies() -> None:
    """k awards c, c certifies a; k teaches b: each way is told from what is held."""
    snapshot = built(
        skill("a"), skill("b"), course("k"), certificate("c"), role(), asks("s/a"), asks("s/b"),
        Awarding(iri=f"{U}w", course=f"{U}k/k", credential=f"{U}c/c"),
        Teaching(iri=f"{U}t/1", subject=f"{U}c/c", competency=f"{U}s/a"),
        Teaching(iri=f"{U}t/2", subject=f"{U}k/k", competency=f"{U}s/b"),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "k/k")) == [
        "You hold k, which awards c, which certifies a.",
        "You hold k, which teaches b.",
    ]


@pytest.mark.parametrize(
    ("have", "need", "told"),
    [
        (2, 4, "; the level counts 0.5"),
        (1, 3, "; the level counts 0.3333"),
        (4, 4, ""),
        (5, 4, ""),
        (None, 4, "; the level counts 0.5"),
        (0, 0, ""),
    ],
)
def test_a_level_is_told_where_it_takes_something_away(have: float | None, need: float, told: str) -> None:
    """On 0..5: have over need; an unknown one counts what the policy says; one that is enough is not spoken of."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=need))
    assert said(snapshot, holding(snapshot, "s/a", level=have)) == [f"You hold a{told}."]


def test_level_and_chain_are_told_apart() -> None:
    """k teaches a at 2; b at 4 is asked and broader than a: the step gives 0.8, the level 0.5."""
    snapshot = built(
        FIVE, skill("a"), skill("b"), course("k"), role(), asks("s/b", level=4), aligned("s/a", Relation.BROAD, "s/b"),
        Teaching(iri=f"{U}t", subject=f"{U}k/k", competency=f"{U}s/a", level=Level(f"{U}x/five", 2)),
    )  # fmt: skip
    sentence = "You hold k, which teaches a; a is narrower than b (0.8); the level counts 0.5."
    assert said(snapshot, holding(snapshot, "k/k")) == [sentence]


def test_factors_that_only_arithmetic_parts_are_no_level() -> None:
    """Three steps of 0.77 · 0.9: the product and the factor differ in the last bits, and no level is spoken of."""
    snapshot = built(
        *map(skill, "abcd"), role(), asks("s/d"),
        *(aligned(f"s/{x}", Relation.CLOSE, f"s/{y}", 0.77) for x, y in ("ab", "bc", "cd")),
    )  # fmt: skip
    (sentence,) = said(snapshot, holding(snapshot, "s/a"))
    assert (
        sentence
        == "You hold a; a is nearly the same as b (0.693); b is nearly the same as c (0.693); c is nearly the same as d (0.693)."
    )


def test_names_are_in_the_languages_asked() -> None:
    """de-AT is served by German where there is some, by English where there is none; so are the words around."""
    held = Competency(iri=f"{U}s/a", labels=(Text("Schweißen", "de"), Text("welding", "en")))
    asked = Competency(iri=f"{U}s/b", labels=(Text("joining metal", "en"),))
    snapshot = built(held, asked, role(), asks("s/b"), aligned("s/a", Relation.BROAD, "s/b"))
    holds = holding(snapshot, "s/a")
    assert said(snapshot, holds, languages=["de-AT"]) == [
        "Sie haben Schweißen; Schweißen ist enger als joining metal (0,8)."
    ]
    assert said(snapshot, holds, languages=[]) == ["You hold welding; welding is narrower than joining metal (0.8)."]


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("languages", "sentence"),
    [
        (["de-AT"], "Sie haben k, womit a vermittelt wird; a ist enger als b (0,8)."),
        (["fr", "de"], "Vous avez k, qui enseigne a; a est plus spécifique que b (0,8)."),
        (["es"], "Usted tiene k, que enseña a; a es más específico que b (0,8)."),
        (["fi", "en"], "You hold k, which teaches a; a is narrower than b (0.8)."),
    ],
)
def test_the_words_around_names_are_in_the_first_language_that_there_is(languages: list[str], sentence: str) -> None:
    """By RFC 4647: `de-AT` is told in German; what is in none of them in English."""
    snapshot = built(
        role(), skill("a"), skill("b"), course("k"), asks("s/b"), aligned("s/a", Relation.BROAD, "s/b"),
        Teaching(iri=f"{U}t/1", subject=f"{U}k/k", competency=f"{U}s/a"),
    )  # fmt: skip
    assert said(snapshot, holding(snapshot, "k/k"), languages=languages) == [sentence]


def test_every_phrase_is_in_every_language_with_the_same_values() -> None:
    """Only English says what sort of thing a group is of: the other languages would have to inflect it."""
    for key, phrases in PHRASES.items():
        named = [set(re.findall(r"{(\w+)}", phrase)) - {"things"} for phrase in phrases]
        assert named[0] == named[1] == named[2] == named[3], key
        assert len(phrases) == len(LANGUAGES)


def test_each_requirement_has_a_sentence_of_what_becomes_of_it() -> None:
    """Met, met in part with its coverage, missing; with what it adds to the score."""
    snapshot = built(
        role(), *map(skill, "abcd"), asks("s/a"), asks("s/b"), asks("s/c"), aligned("s/d", Relation.BROAD, "s/b")
    )
    found = look(snapshot, holding(snapshot, "s/a", "s/d"))
    told = {
        which: [coverage_sentence(snapshot, unit, which, ["de" if which == "missing" else "en"]) for unit in listed]
        for which, listed in (("met", found.met), ("partial", found.partial), ("missing", found.missing))
    }
    assert told == {
        "met": ["A is met and adds 0.3333 to the score."],
        "partial": ["B is met in part (0.8) and adds 0.2667 to the score."],
        "missing": ["C: fehlt."],
    }
