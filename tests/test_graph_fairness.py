"""The report on fairness: drawn networks with the answer in the docstring, effects against match under both policies."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from many_worlds import network
from matching_networks import FIVE, SHOULD, TEN, U, asks, built, role, row, skill

from graph.fairness import COMPARED, FACTORS, Known, LevelsAsked, assess_fairness, drawn_learners, kendall_tau
from graph.matching import Policy, match
from ontology.model import Course, Credential, Level, Money, Requirement, Teaching


def teaches(course: str, competency: str, level: Level | None = None) -> Teaching:
    return Teaching(
        iri=f"{U}t/{course}-{competency}", subject=f"{U}k/{course}", competency=f"{U}s/{competency}", level=level
    )


def test_levels_that_are_asked_by_what_is_taught() -> None:
    """a: taught at a level of the scale; b: at an unknown one; c: on another scale; d: by nothing; e asks no level."""
    snapshot = built(
        FIVE, TEN, *(skill(name) for name in "abcde"), role(), Course(iri=f"{U}k/1"),
        *(asks(f"s/{name}", level=3) for name in "abcd"), asks("s/e"),
        teaches("1", "a", Level(f"{U}x/five", 1)), teaches("1", "b"), teaches("1", "c", Level(f"{U}x/ten", 9)),
        teaches("1", "e"),
    )  # fmt: skip
    found = assess_fairness(snapshot, Policy(), learners=0)
    assert found.levels == LevelsAsked(asked=4, comparable=1, unknown=1, other_scale=1, untaught=1)
    assert found.taught_levels == Known(count=4, known=2)
    assert found.effects == ()


def test_figures_that_are_known() -> None:
    """Two of three courses have a cost, of which one is 0; none has a duration; one credential, nothing known."""
    courses = [Course(iri=f"{U}k/{n}", cost=cost) for n, cost in enumerate((Money(0, "EUR"), Money(5, "EUR"), None))]
    found = assess_fairness(built(*courses, Credential(iri=f"{U}c/1")), Policy(), learners=0)
    assert found.costs == {"course": Known(count=3, known=2), "credential": Known(count=1, known=0)}
    assert found.durations == {"course": Known(count=3, known=0), "credential": Known(count=1, known=0)}


def test_roles_that_nobody_can_learn() -> None:
    """open: taught, by two courses together. shut: asks for d, which nothing teaches. weighs: states no must."""
    snapshot = built(
        *(skill(name) for name in "abd"), role("open"), role("shut"), role("weighs"),
        Course(iri=f"{U}k/1"), Course(iri=f"{U}k/2"), teaches("1", "a"), teaches("2", "b"),
        asks("s/a", owner="open"), asks("s/b", owner="open"),
        Requirement(iri=f"{U}q/days", owner=f"{U}r/open", experience_days=4000.0),
        asks("s/a", owner="shut", name="shut-a"), asks("s/d", owner="shut"),
        asks("s/d", owner="weighs", name="weighs-d", importance=SHOULD),
    )  # fmt: skip
    reach = assess_fairness(snapshot, Policy(), learners=0).reach
    assert (reach.stating, reach.out_of_reach) == (2, 1)
    (shut,) = reach.named
    assert shut.role == row(snapshot, "r/shut")
    assert [snapshot.node_iris[node] for node in shut.blocking] == [f"{U}q/s-d"]
    assert reach.untaught == ((row(snapshot, "s/d"), 1),)


@pytest.mark.parametrize("seed", [2, 5])
def test_effects_are_those_of_match_under_both_policies(seed: int) -> None:
    """For each factor and direction, learner by learner, by `match` alone."""
    snapshot, policy = network(seed), Policy(min_coverage=0.7, must_weight=1.5)
    found = assess_fairness(snapshot, policy, learners=12, seed=seed)
    assert [effect.factor for effect in found.effects] == [factor for factor in FACTORS for _ in range(2)]
    held = drawn_learners(snapshot, 12, seed)
    for effect in found.effects:
        changed = replace(policy, **{effect.factor: effect.value})  # type: ignore[arg-type]  # a number, as all factors are
        kept, first, moved, verdicts = [], [], [], []
        for own in held:
            old, new = match(snapshot, own, policy), match(snapshot, own, changed)
            if not len(old):
                continue
            top = old.rows[:10].tolist()
            kept.append(len(set(top) & set(new.rows[:10].tolist())) / len(top))
            first.append(new.rows[:1].tolist() != top[:1])
            scores = dict(zip(new.rows.tolist(), new.scores.tolist(), strict=True))
            judged = dict(zip(new.rows.tolist(), new.qualified.tolist(), strict=True))
            moved.append(np.mean([abs(scores.get(each, 0.0) - s) for each, s in zip(top, old.scores, strict=False)]))
            verdicts.append(sum((judged.get(e) == 1) != (q == 1) for e, q in zip(top, old.qualified, strict=False)))
        assert effect.kept == pytest.approx(np.mean(kept))
        assert effect.first_changed == pytest.approx(np.mean(first))
        assert effect.moved == pytest.approx(np.mean(moved))
        assert effect.requalified == pytest.approx(np.mean(verdicts))
    assert len({effect.kept for effect in found.effects} | {effect.moved for effect in found.effects}) > 2
    assert assess_fairness(snapshot, policy, learners=12, seed=seed) == found


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=12))
def test_kendalls_tau_b_counts_pairs(pairs: list[tuple[int, int]]) -> None:
    """(concordant - discordant) / sqrt(pairs untied in one * pairs untied in the other)."""
    one, other = (np.array([pair[side] for pair in pairs], np.float64) for side in (0, 1))
    score = untied_one = untied_other = 0
    for (a, x), (b, y) in combinations(pairs, 2):
        score += int(np.sign(a - b) * np.sign(x - y))
        untied_one, untied_other = untied_one + (a != b), untied_other + (x != y)
    if untied_one and untied_other:
        assert kendall_tau(one, other) == pytest.approx(score / (untied_one * untied_other) ** 0.5)
    else:
        assert kendall_tau(one, other) == float(untied_one == untied_other == 0)
    assert COMPARED >= 10
