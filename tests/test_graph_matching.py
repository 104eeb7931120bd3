"""Matching: hand-drawn networks with the answer in the docstring."""

import itertools
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matching_networks import (
    FIVE,
    SHOULD,
    TEN,
    U,
    aligned,
    asks,
    built,
    covered,
    holding,
    look,
    only_coverage,
    role,
    row,
    skill,
    text,
    units,
)

from graph.coverage import Recent
from graph.explanation import evidence_sentence
from graph.matching import Held, HeldCompetency, Policy, match
from graph.role_index import RoleIndex
from graph.snapshot import Ints, Longs
from ontology.errors import InputError
from ontology.model import (
    Awarding,
    Course,
    Credential,
    JobRole,
    Level,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Teaching,
)

# --- chains -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "forwards", "backwards"),
    [
        (Relation.EXACT, 1.0, 1.0),
        (Relation.CLOSE, 0.9, 0.9),
        (Relation.BROAD, 0.8, 0.5),
        (Relation.NARROW, 0.5, 0.8),
        (Relation.RELATED, 0.3, 0.3),
    ],
)
def test_an_alignment_is_read_both_ways(relation: Relation, forwards: float, backwards: float) -> None:
    """a —relation→ b: broadMatch says that b is broader, so who holds a holds something narrower (0.8), who holds b broader (0.5)."""
    for held, asked, expected in (("s/a", "s/b", forwards), ("s/b", "s/a", backwards)):
        snapshot = built(skill("a"), skill("b"), role(), asks(asked), aligned("s/a", relation, "s/b"))
        assert only_coverage(snapshot, held) == expected


def test_confidence_counts_and_is_at_most_1() -> None:
    """a —close 0.5→ b: 0.45; a confidence of 7 counts as 1."""
    for confidence, expected in ((0.5, 0.45), (7.0, 0.9), (0.0, 0.0)):
        snapshot = built(skill("a"), skill("b"), role(), asks("s/b"), aligned("s/a", Relation.CLOSE, "s/b", confidence))
        assert only_coverage(snapshot, "s/a") == expected


def test_a_chain_runs_through_hubs_and_not_through_roles() -> None:
    """a —exact→ hub ←exact— b is 1, the hub is described by nobody; a —exact→ a role ←exact— b leads nowhere."""
    through_hub = built(
        skill("a"), skill("b"), role(), asks("s/b"),
        aligned("s/a", Relation.EXACT, "hub"), aligned("s/b", Relation.EXACT, "hub"),
    )  # fmt: skip
    assert only_coverage(through_hub, "s/a") == 1.0
    through_role = built(
        skill("a"), skill("b"), role(), role("other"), asks("s/b"),
        aligned("s/a", Relation.EXACT, "r/other"), aligned("s/b", Relation.EXACT, "r/other"),
    )  # fmt: skip
    assert only_coverage(through_role, "s/a") == 0.0


def test_hops_are_limited() -> None:
    """a = b = c = d = e by exact matches: three hops reach d, not e; with maxHops 1 only b; with 0 only a itself."""
    names = "abcde"
    links = [aligned(f"s/{x}", Relation.EXACT, f"s/{y}") for x, y in itertools.pairwise(names)]
    for hops, reached in ((0, "a"), (1, "ab"), (2, "abc"), (3, "abcd")):
        snapshot = built(*map(skill, names), role(), *(asks(f"s/{name}") for name in names), *links)
        found = covered(snapshot, look(snapshot, holding(snapshot, "s/a"), Policy(max_hops=hops)))
        assert "".join(name[-1] for name, coverage in sorted(found.items()) if coverage) == reached


def test_nothing_narrower_after_something_broader() -> None:
    """a → up → top → down → b is closed (siblings); down first, then up, is open: top → a → other is 0.5 · 0.8."""
    siblings = built(
        skill("a"), skill("b"), skill("top"), role(), asks("s/b"),
        aligned("s/a", Relation.BROAD, "s/top"), aligned("s/top", Relation.NARROW, "s/b"),
    )  # fmt: skip
    assert only_coverage(siblings, "s/a") == 0.0
    down_up = built(
        skill("a"), skill("other"), skill("top"), role(), asks("s/other"),
        aligned("s/a", Relation.BROAD, "s/top"), aligned("s/a", Relation.BROAD, "s/other"),
    )  # fmt: skip
    assert only_coverage(down_up, "s/top") == 0.4


def test_the_best_way_on_may_start_with_the_worse_way_there() -> None:
    """a → m is 0.8 by broadMatch and 0.3 by relatedMatch; m → b is narrower: only the related way may go on, 0.3 · 0.5."""
    snapshot = built(
        skill("a"), skill("m"), skill("b"), role(), asks("s/b"),
        aligned("s/a", Relation.BROAD, "s/m"), aligned("s/a", Relation.RELATED, "s/m"),
        aligned("s/m", Relation.NARROW, "s/b"),
    )  # fmt: skip
    assert only_coverage(snapshot, "s/a") == 0.15


def test_a_way_that_came_later_and_is_worse_may_go_on() -> None:
    """a → m is 0.8 in one hop and bound; a = x —related→ m is 0.3 in two and free: m → b, narrower, is 0.3 · 0.5."""
    snapshot = built(
        skill("a"), skill("x"), skill("m"), skill("b"), role(), asks("s/b"),
        aligned("s/a", Relation.BROAD, "s/m"), aligned("s/a", Relation.EXACT, "s/x"),
        aligned("s/x", Relation.RELATED, "s/m"), aligned("s/m", Relation.NARROW, "s/b"),
    )  # fmt: skip
    assert only_coverage(snapshot, "s/a") == 0.15


def test_equal_ways_go_by_iri_whatever_they_are_made_of() -> None:
    """a → n is an alignment, a → m a parent, both 0.8, both exactly z: the way by m is told."""
    snapshot = built(
        skill("a", "m"), skill("m"), skill("n"), skill("z"), role(), asks("s/z"),
        aligned("s/a", Relation.BROAD, "s/n"),
        aligned("s/n", Relation.EXACT, "s/z"), aligned("s/m", Relation.EXACT, "s/z"),
    )  # fmt: skip
    (unit,) = look(snapshot, holding(snapshot, "s/a"), Policy(hierarchy=True)).partial
    assert [snapshot.iris[link.to_row][-1] for link in unit.evidence[0].chain] == ["m", "z"]


def test_a_longer_chain_wins_where_its_product_is_larger() -> None:
    """a —related→ b is 0.3; a —close→ m —close→ b is 0.81, with two steps told."""
    snapshot = built(
        skill("a"), skill("m"), skill("b"), role(), asks("s/b"),
        aligned("s/a", Relation.RELATED, "s/b"),
        aligned("s/a", Relation.CLOSE, "s/m"), aligned("s/b", Relation.CLOSE, "s/m"),
    )  # fmt: skip
    (unit,) = look(snapshot, holding(snapshot, "s/a")).partial
    assert unit.coverage == 0.81
    links = [
        (snapshot.iris[x.from_row][-1], x.relation, snapshot.iris[x.to_row][-1], x.source)
        for x in unit.evidence[0].chain
    ]
    assert links == [("a", "closeMatch", "m", "drawn"), ("m", "closeMatch", "b", "drawn")]


def test_hierarchy_is_a_step_only_where_it_is_asked_for() -> None:
    """child below top: nothing without `hierarchy`; with it child covers top by 0.8 and top covers child by 0.5."""
    for held, asked, expected in (("s/child", "s/top", 0.8), ("s/top", "s/child", 0.5)):
        snapshot = built(skill("child", "top"), skill("top"), role(), asks(asked))
        assert only_coverage(snapshot, held) == 0.0
        assert only_coverage(snapshot, held, policy=Policy(hierarchy=True)) == expected


def test_everything_is_read_at_the_last_successor() -> None:
    """old → new: held, asked, taught, aligned as old are all new. other —close→ old covers a demand for new by 0.9."""
    things = (
        skill("old", replaced_by="new"),
        skill("new"),
        skill("other"),
        aligned("s/other", Relation.CLOSE, "s/old"),
    )
    course = Course(iri=f"{U}k/old", replaced_by=f"{U}k/new")
    later = Course(iri=f"{U}k/new")
    taught = Teaching(iri=f"{U}t", subject=f"{U}k/old", competency=f"{U}s/old")
    for asked in ("s/old", "s/new"):
        snapshot = built(*things, course, later, taught, role(), asks(asked))
        assert [only_coverage(snapshot, name) for name in ("s/old", "s/new", "s/other", "k/old", "k/new")] == [
            1,
            1,
            0.9,
            1,
            1,
        ]


def test_a_superseded_role_is_ranked_as_its_successor() -> None:
    """old is not listed beside new, and a gap of old is one of new, which asks for a only."""
    old = JobRole(iri=f"{U}r/old", replaced_by=f"{U}r/role")
    snapshot = built(skill("a"), skill("b"), role(), old, asks("s/a"), asks("s/b", owner="old"))
    held = holding(snapshot, "s/a", "s/b")
    assert match(snapshot, held, Policy()).rows.tolist() == [row(snapshot, "r/role")]
    assert look(snapshot, held, name="old") == look(snapshot, held)
    assert look(snapshot, held).score == 1.0


# --- levels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("have", "need", "coverage", "unknown"),
    [
        (2, 4, 0.5, False),
        (5, 4, 1.0, False),
        (0, 0, 1.0, False),
        (0, 4, 0.0, False),
        (9, 5, 1.0, False),
        (None, 4, 0.5, True),
    ],
)
def test_a_level_counts_by_its_share(have: float | None, need: float, coverage: float, unknown: bool) -> None:
    """On 0..5: have over need, at most 1, need 0 is met, what lies outside is clamped; unknown counts `unknownLevel`, flagged."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=need))
    (unit,) = units(look(snapshot, holding(snapshot, "s/a", level=have)))
    assert (unit.coverage, unit.level_unknown) == (coverage, unknown)


def test_a_level_of_another_scale_is_unknown() -> None:
    """4 of ten against 4 of five; and a scale without bounds compares with nothing, itself included."""
    snapshot = built(FIVE, TEN, skill("a"), role(), asks("s/a", level=4))
    (unit,) = units(look(snapshot, holding(snapshot, "s/a", level=4, scale="x/ten"), Policy(unknown_level=0.25)))
    assert (unit.coverage, unit.level_unknown) == (0.25, True)
    unbound = built(skill("a"), role(), asks("s/a", level=4))
    (unit,) = units(look(unbound, holding(unbound, "s/a", level=4)))
    assert (unit.coverage, unit.level_unknown) == (0.5, True)


def test_no_level_asked_takes_any() -> None:
    """A held level neither helps nor hurts, and nothing is flagged."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a"))
    assert only_coverage(snapshot, "s/a", level=1) == 1.0
    assert not units(look(snapshot, holding(snapshot, "s/a")))[0].level_unknown


def test_the_ratio_decides_between_sources() -> None:
    """b at 4 is asked. a at 5 by a close match gives 0.9; b itself at 2 gives 0.5: a is the evidence."""
    snapshot = built(FIVE, skill("a"), skill("b"), role(), asks("s/b", level=4), aligned("s/a", Relation.CLOSE, "s/b"))
    at = {name: snapshot.scale_iris.find_sorted(f"{U}x/five") for name in "ab"}
    held = Held(
        competencies=(
            HeldCompetency(row=row(snapshot, "s/a"), value=5, scale=at["a"]),
            HeldCompetency(row=row(snapshot, "s/b"), value=2, scale=at["b"]),
        )
    )
    (unit,) = look(snapshot, held).partial
    assert (unit.coverage, unit.evidence[0].held) == (0.9, row(snapshot, "s/a"))


def test_equal_coverage_prefers_a_known_level_then_few_hops_then_iris() -> None:
    """Known 0.5 beats unknown 0.5; a direct source beats an exact match; of two exact matches the smaller IRI; of two ways too."""
    known = built(
        FIVE, skill("z"), Course(iri=f"{U}k/a"), role(), asks("s/z", level=4),
        Teaching(iri=f"{U}t", subject=f"{U}k/a", competency=f"{U}s/z"),
    )  # fmt: skip
    claim = HeldCompetency(row=row(known, "s/z"), value=2, scale=0)
    (unit,) = look(known, Held(competencies=(claim,), courses=(row(known, "k/a"),))).partial
    assert (unit.evidence[0].held, unit.level_unknown) == (row(known, "s/z"), False)
    hops = built(
        skill("a"), skill("b"), skill("m"), skill("n"), skill("z"), role(), asks("s/z"),
        *(aligned(f"s/{x}", Relation.EXACT, f"s/{y}") for x, y in ("am", "an", "mz", "nz", "bz")),
    )  # fmt: skip
    for names, expected in ((("a", "z"), "z"), (("a", "b"), "bz"), (("a",), "amz"), (("m", "n"), "mz")):
        (unit,) = look(hops, holding(hops, *(f"s/{name}" for name in names))).met
        way = [unit.evidence[0].held, *(link.to_row for link in unit.evidence[0].chain)]
        assert "".join(hops.iris[each][-1] for each in way) == expected


# --- what is held -----------------------------------------------------------------------------------------------------


def test_awards_are_one_step() -> None:
    """Course k awards c, c certifies a, k teaches b; nothing that c might award counts. c is held through k."""
    snapshot = built(
        skill("a"), skill("b"), skill("x"), Course(iri=f"{U}k/k", labels=text("k")), Credential(iri=f"{U}c/c", labels=text("c")),
        Credential(iri=f"{U}c/d"), role(), asks("s/a"), asks("s/b"), asks("s/x"), asks("c/c"), asks("c/d"), asks("k/k"),
        Awarding(iri=f"{U}w/1", course=f"{U}k/k", credential=f"{U}c/c"),
        Awarding(iri=f"{U}w/2", course=f"{U}c/c", credential=f"{U}c/d"),
        Teaching(iri=f"{U}t/1", subject=f"{U}c/c", competency=f"{U}s/a"),
        Teaching(iri=f"{U}t/2", subject=f"{U}k/k", competency=f"{U}s/b"),
        Teaching(iri=f"{U}t/3", subject=f"{U}c/d", competency=f"{U}s/x"),
    )  # fmt: skip
    found = look(snapshot, holding(snapshot, "k/k"))
    assert covered(snapshot, found) == {"s-a": 1, "s-b": 1, "s-x": 0, "c-c": 1, "c-d": 0, "k-k": 1}
    ways = {
        snapshot.node_iris[unit.node].removeprefix(f"{U}q/"): [link.relation for link in unit.evidence[0].chain]
        for unit in found.met
    }
    assert ways == {"s-a": ["awards", "certifies"], "s-b": ["teaches"], "c-c": ["awards"], "k-k": []}


def test_experience_holds_by_days() -> None:
    """90 days asked: 89.5 do not do; nothing asked is held by everybody."""
    for days, expected in ((89.5, 0.0), (90.0, 1.0)):
        need = Requirement(iri=f"{U}q/1", owner=f"{U}r/role", experience_days=90.0)
        snapshot = built(role(), need)
        found = look(snapshot, holding(snapshot, days=days))
        assert [(unit.coverage, unit.weight) for unit in units(found)] == [(expected, 0.0)]
        assert found.qualified == bool(expected)


# --- scores -----------------------------------------------------------------------------------------------------------


def test_weights_of_must_should_and_graded() -> None:
    """must 1, should 0.5, graded 0.25: held are the should and the graded one: 0.75 / 1.75. mustWeight scales the graded."""
    snapshot = built(
        skill("a"), skill("b"), skill("c"), role(), asks("s/a"), asks("s/b", importance=SHOULD),
        asks("s/c", importance=SHOULD, importance_value=0.25),
    )  # fmt: skip
    held = holding(snapshot, "s/b", "s/c")
    assert look(snapshot, held).score == pytest.approx(0.75 / 1.75, abs=1e-12)
    assert look(snapshot, held, Policy(must_weight=2)).score == pytest.approx(1.0 / 3.0, abs=1e-12)
    assert [unit.weight for unit in look(snapshot, held).met] == [0.5, 0.25]
    assert look(snapshot, held, Policy(must_weight=0, should_weight=0)).score == 0.0


def test_a_group_counts_once_by_its_heaviest_child_and_best_children() -> None:
    """At least 2 of (a 1, b 0.9, c 0) and (d should): weight 1, coverage 0.95; should-group of should-leaves: weight 0.5."""
    group = RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/role", minimum=2, importance=SHOULD)
    snapshot = built(
        skill("a"), skill("b"), skill("c"), skill("d"), skill("e"), role(), group, aligned("s/e", Relation.CLOSE, "s/b"),
        *(asks(f"s/{name}", group=f"{U}g/1") for name in "abc"), asks("s/d", group=f"{U}g/1", importance=SHOULD),
    )  # fmt: skip
    (unit,) = units(look(snapshot, holding(snapshot, "s/a", "s/e")))
    assert (unit.weight, unit.coverage) == (1.0, 0.95)
    assert [snapshot.iris[item.held][-1] for item in unit.evidence] == ["a", "e"]


def test_a_unit_with_a_credential_in_it_has_no_weight() -> None:
    """ALL(a, ANY(c)) decides `qualified` and weighs nothing; the score comes from b alone."""
    snapshot = built(
        skill("a"), skill("b"), Credential(iri=f"{U}c/c"), role(), RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/role"),
        RequirementGroup(iri=f"{U}g/2", owner=f"{U}r/role", parent=f"{U}g/1", minimum=1),
        asks("s/a", group=f"{U}g/1"), asks("c/c", group=f"{U}g/2"), asks("s/b"),
    )  # fmt: skip
    found = look(snapshot, holding(snapshot, "s/a", "s/b"))
    assert (found.score, found.qualified) == (1.0, False)
    assert [(unit.coverage, unit.weight, unit.part) for unit in found.partial] == [(0.5, 0.0, 0.0)]
    assert [snapshot.node_iris[node] for node in found.blocking] == [f"{U}g/1"]


def test_parts_sum_to_the_score() -> None:
    """Seven units of uneven weights and coverages: to 1e-9."""
    names = "abcdefg"
    snapshot = built(
        *map(skill, names), role(),
        *(asks(f"s/{n}", importance=SHOULD, importance_value=(i + 1) / 7) for i, n in enumerate(names)),
        *(aligned(f"s/{x}", Relation.CLOSE, f"s/{y}", 0.77) for x, y in itertools.pairwise(names)),
    )  # fmt: skip
    found = look(snapshot, holding(snapshot, "s/a", "s/d"))
    assert math.fsum(unit.part for unit in units(found)) == pytest.approx(found.score, abs=1e-9)
    assert found.partial


# --- levels of roles --------------------------------------------------------------------------------------------------


def levelled(*levels: str) -> list[Record]:
    """Levels 1, 2 … of the role; each level is met by any of the credentials in its string."""
    records: list[Record] = [role()]
    for rank, credentials in enumerate(levels, 1):
        level = f"{U}l/{rank}"
        records.append(RoleLevel(iri=level, role=f"{U}r/role", name=f"Level {rank}", rank=rank))
        if credentials:
            group = RequirementGroup(iri=f"{U}g/{rank}", owner=f"{U}r/role", role_level=level, minimum=1)
            leaves = [
                asks(f"c/{name}", name=f"{rank}{name}", group=group.iri, role_level=level) for name in credentials
            ]
            records += [group, *leaves]
    names = sorted({name for credentials in levels for name in credentials})
    return records + [Credential(iri=f"{U}c/{name}", labels=text(f"c{name}"), kind="certification") for name in names]


def test_a_higher_level_implies_the_lower_ones() -> None:
    """Levels a, b, c: who holds c is stated at 3 and qualified at all; with impliesLower off at 3 only; b: not at 3."""
    snapshot = built(*levelled("a", "b", "c"))

    def outcome(name: str, policy: Policy | None = None) -> list[tuple[bool, bool, int]]:
        found = look(snapshot, holding(snapshot, f"c/{name}"), policy)
        assert found.qualified
        assert found.blocking == ()
        return [(level.qualified, level.stated, len(level.met_by)) for level in found.levels]

    assert outcome("c") == [(True, False, 0), (True, False, 0), (True, True, 1)]
    assert outcome("c", Policy(implies_lower=False)) == [(False, False, 0), (False, False, 0), (True, True, 1)]
    assert outcome("b") == [(True, False, 0), (True, True, 1), (False, False, 0)]


def test_blocking_names_the_level_that_lacks_the_fewest() -> None:
    """Level 1 lacks two musts, 2 and 3 one each: that of 2 blocks; a general must that does not hold comes first."""
    more = asks("c/z", name="1z", role_level=f"{U}l/1")
    snapshot = built(*levelled("a", "b", "c"), more, skill("s"), Credential(iri=f"{U}c/z"), asks("s/s", name="general"))
    found = look(snapshot, holding(snapshot))
    assert [snapshot.node_iris[node].removeprefix(U) for node in found.blocking] == ["q/general", "g/2"]
    assert found.qualified is False


def test_general_musts_bind_at_every_level() -> None:
    """c meets level 1; without the general must nothing is stated, with it level 1 is; a level that states nothing is met too."""
    snapshot = built(*levelled("a", ""), skill("s"), asks("s/s"))
    assert [level.stated for level in look(snapshot, holding(snapshot, "c/a")).levels] == [False, False]
    assert [level.stated for level in look(snapshot, holding(snapshot, "s/s")).levels] == [False, True]
    assert look(snapshot, holding(snapshot, "s/s")).qualified


def test_a_role_that_states_no_must_is_neither_qualified_nor_not() -> None:
    """Only a should: null; listed by its score alone."""
    snapshot = built(skill("a"), role(), asks("s/a", importance=SHOULD))
    assert look(snapshot, holding(snapshot, "s/a")).qualified is None
    assert match(snapshot, holding(snapshot, "s/a"), Policy()).qualified.tolist() == [-1]
    assert len(match(snapshot, holding(snapshot), Policy())) == 0


def test_min_coverage_decides_what_holds() -> None:
    """a by a close match is 0.9: not at 1, at 0.9, and at 0 everything that is a competency holds."""
    snapshot = built(skill("a"), skill("b"), role(), asks("s/a"), aligned("s/b", Relation.CLOSE, "s/a"))
    held = holding(snapshot, "s/b")
    assert [bool(look(snapshot, held, Policy(min_coverage=least)).qualified) for least in (1, 0.9, 0)] == [
        False,
        True,
        True,
    ]
    assert look(snapshot, holding(snapshot), Policy(min_coverage=0)).qualified is True
    assert match(snapshot, holding(snapshot), Policy(min_coverage=0)).qualified.tolist() == [1]


# --- ranking ----------------------------------------------------------------------------------------------------------


def test_roles_rank_by_score_then_musts_then_iri() -> None:
    """x: 1 of 2 with a must; y, z: 1 of 2 with a should; w: all; v: nothing. w, x, y, z; v only where it is named."""
    snapshot = built(
        *map(skill, "abc"), *map(role, "vwxyz"),
        asks("s/a", name="w", owner="w"), asks("s/c", name="v", owner="v"),
        asks("s/a", name="x1", owner="x"), asks("s/c", name="x2", owner="x"),
        *(asks(f"s/{t}", name=f"{o}{t}", owner=o, importance=SHOULD) for o in "yz" for t in "ac"),
    )  # fmt: skip
    held = holding(snapshot, "s/a")

    def listed(**options: Any) -> str:
        return "".join(snapshot.iris[each][-1] for each in match(snapshot, held, Policy(), **options).rows)

    v, z = (row(snapshot, f"r/{name}") for name in "vz")
    assert listed() == "wxyz"
    assert listed(named=[v]) == "wxyzv"
    assert listed(roles=np.array([z, v], np.int32)) == "z"
    assert listed(roles=np.array([z, v], np.int32), named=[v]) == "zv"
    assert listed(roles=np.array([], np.int32)) == ""


def test_nothing_held_and_nothing_loaded() -> None:
    """No role, no source: an empty list, not an error."""
    assert len(match(built(), Held(), Policy())) == 0
    assert len(match(built(skill("a")), Held(), Policy())) == 0


# --- policy -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("must_weight", -0.1), ("should_weight", math.inf), ("must_weight", math.nan), ("min_coverage", 1.01),
        ("unknown_level", -1), ("exact", 2), ("held_narrower", math.nan), ("close", -0.5), ("held_broader", 1.5),
        ("must_weight", 1e300), ("should_weight", 100_001), ("related", 7), ("max_hops", 4), ("max_hops", -1), ("max_hops", 1.5),
        ("max_hops", math.nan), ("max_hops", math.inf),
    ],
)  # fmt: skip
def test_a_policy_out_of_range_is_told(name: str, value: float) -> None:
    """The message names field, value, range; the hint names the default."""
    with pytest.raises(InputError, match=name) as caught:
        Policy(**{name: value})  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.subject) == ("policy.out-of-range", name)
    assert repr(value) in caught.value.message


def test_results_of_one_policy_are_not_given_to_another() -> None:
    """Forty policies one after the other on one snapshot, then the first again."""
    snapshot = built(skill("a"), skill("b"), role(), asks("s/b"), aligned("s/a", Relation.CLOSE, "s/b"))
    for close in [*(step / 40 for step in range(41)), 0.25]:
        assert only_coverage(snapshot, "s/a", policy=Policy(close=close)) == close


def test_what_is_kept_has_a_bound() -> None:
    """Of three keys in a store of two the least recently used is made again."""
    made: list[str] = []
    kept: Recent[str, int] = Recent(2)
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: made.append(key) or 0)  # type: ignore[misc,func-returns-value]
    assert made == ["a", "b", "c", "b"]


# --- sentences --------------------------------------------------------------------------------------------------------


def test_sentences_say_why() -> None:
    """Of a certificate in an any-group, of a course's award, of a chain with its factors and what the level leaves."""
    snapshot = built(*levelled("a", "ab"), Course(iri=f"{U}k/k", labels=text("Night school")), Awarding(
        iri=f"{U}w", course=f"{U}k/k", credential=f"{U}c/a"))  # fmt: skip

    def said(held: Held) -> list[str]:
        return [
            evidence_sentence(snapshot, unit.node, item)
            for unit in units(look(snapshot, held))
            for item in unit.evidence
        ]

    assert said(holding(snapshot, "c/b")) == ["cb is one of the certifications that admit at Level 2."]
    assert said(holding(snapshot, "k/k"))[0] == (
        "ca, which Night school awards, is one of the certifications that admit at Level 1."
    )
    drawn = built(
        FIVE, skill("a"), skill("b"), Course(iri=f"{U}k/k", labels=text("Welding I")), role(), asks("s/b", level=4),
        Teaching(iri=f"{U}t", subject=f"{U}k/k", competency=f"{U}s/a", level=Level(f"{U}x/five", 2)),
        aligned("s/a", Relation.BROAD, "s/b"),
    )  # fmt: skip
    (unit,) = units(look(drawn, holding(drawn, "k/k")))
    sentence = "You hold Welding I, which teaches a; a is narrower than b (0.8); the level counts 0.5."
    assert evidence_sentence(drawn, unit.node, unit.evidence[0]) == sentence


# --- whole runs ------------------------------------------------------------------------------------------------------


def test_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    """Ranking and reasons do not hang on how strings are hashed."""
    snapshot = built(
        *map(skill, "abcdef"), *map(role, "xyz"),
        *(aligned(f"s/{x}", Relation.CLOSE, f"s/{y}") for x, y in ("ab", "bc", "ad", "de", "ef", "cf")),
        *(asks(f"s/{t}", name=f"{o}{t}", owner=o) for o in "xyz" for t in "bcef"),
    )  # fmt: skip
    snapshot.save(tmp_path / "s")
    program = (
        "import sys, pathlib\n"
        "from graph.snapshot import Snapshot\n"
        "from graph.matching import Held, HeldCompetency, Policy, match\n"
        "s = Snapshot.open(pathlib.Path(sys.argv[1]))\n"
        "m = match(s, Held(competencies=(HeldCompetency(row=s.find_row(sys.argv[2])),)), Policy())\n"
        "print([m.detail(i) for i in range(len(m))])\n"
    )
    printed = [
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "s"), f"{U}s/a"],
            env={**os.environ, "PYTHONHASHSEED": seed}, cwd=Path(__file__).parent.parent, capture_output=True, check=True,
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert printed[0] == printed[1]
    assert printed[0].count(b"RoleMatch(") == 3


def test_a_match_looks_only_at_what_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    """30 held skills of 200, each asked for by 150 of 10,000 roles: 4,500 of the 30,000 requirements are visited."""
    roles = [JobRole(iri=f"{U}r/{n:05}") for n in range(10_000)]
    skills = [skill(f"{n:03}") for n in range(200)]
    leaves = [
        Requirement(iri=f"{U}q/{n}-{k}", owner=roles[n].iri, target=f"{U}s/{(n + k) % 200:03}")
        for n in range(10_000)
        for k in range(3)
    ]
    snapshot = built(*roles, *skills, *leaves)
    visited: list[int] = []
    gathered = RoleIndex.gathered

    def counting(index: RoleIndex, targets: Ints) -> tuple[Longs, Longs]:
        entries, owners = gathered(index, targets)
        visited.append(len(entries))
        return entries, owners

    monkeypatch.setattr(RoleIndex, "gathered", counting)
    found = match(snapshot, holding(snapshot, *(f"s/{n:03}" for n in range(30))), Policy())
    assert sum(visited) == 30 * 150
    assert len(found) == 32 * 10_000 // 200
    assert found.scores[0] == 1.0
