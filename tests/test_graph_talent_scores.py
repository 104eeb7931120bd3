"""Scores of a search over many learners: those of `match` for the same evidence, whoever else is there."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many_worlds import learners_on, network
from talent_worlds import part_of

from graph.layout import NodeKind
from graph.matching import gap, match
from graph.policy import Policy
from graph.role_index import role_index_of
from graph.snapshot import Snapshot
from graph.talent_items import Items
from graph.talent_scores import TalentScores
from graph.talent_trees import Tree, Wish, tree_of_role, tree_of_wishes

POLICIES = st.builds(
    Policy,
    must_weight=st.sampled_from([1.0, 2.0]),
    should_weight=st.sampled_from([0.5, 0.0]),
    min_coverage=st.sampled_from([1.0, 0.6, 0.0]),
    unknown_level=st.sampled_from([0.5, 0.0, 1.0]),
    max_hops=st.sampled_from([3, 1, 0]),
    hierarchy=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), policy=POLICIES)
def test_scores_are_those_of_match(seed: int, policy: Policy) -> None:
    """Score, qualification, musts held, what is listed, and which tops are met, for every learner and every role."""
    snapshot = network(seed % 50)
    learners = [replace(each, experience_days=0.0) for each in learners_on(snapshot, 12, seed)]
    part, claims = part_of(snapshot, learners)
    items = Items(snapshot)
    of_claims = items.of_claims(claims)
    alone = [match(snapshot, each, policy) for each in learners]
    listed = [dict(zip(each.rows.tolist(), each.scores.tolist(), strict=True)) for each in alone]
    random = Random(seed)
    for role in random.sample(role_index_of(snapshot).roles.tolist(), 15):
        found = TalentScores(part, items, of_claims, tree_of_role(snapshot, role), policy, 0.0)
        standing = found.standing()
        tree = tree_of_role(snapshot, role)
        for slot, held in enumerate(learners):
            detail = gap(snapshot, held, policy, role)
            assert standing.scores[slot] == detail.score
            assert standing.qualified[slot] == (-1 if detail.qualified is None else detail.qualified)
            assert bool(standing.listed[slot]) == (role in listed[slot])
            if role in listed[slot]:
                assert standing.scores[slot] == listed[slot][role]
            told = {int(tree.nodes[top]): section for top, section in found.outcomes(slot)}
            assert told == {
                unit.node: section
                for section, units in enumerate((detail.met, detail.partial, detail.missing))
                for unit in units
            }


def wishes_of(tree: Tree, snapshot: Snapshot) -> list[Wish]:
    """The same requirements as a caller would give them."""

    def wish(node: int) -> Wish:
        graded = tree.importances[node]
        importance = None if np.isnan(graded) else float(graded)
        if tree.kinds[node] >= NodeKind.ALL:
            below = tuple(wish(child) for child in tree.children()[node])
            return Wish(children=below, minimum=int(tree.minimums[node]), must=bool(tree.musts[node]))
        value = float(tree.values[node])
        return Wish(
            target=int(tree.targets[node]),
            value=None if np.isnan(value) else value,
            scale=int(tree.scales[node]),
            must=bool(tree.musts[node]),
            importance=importance,
        )

    return [wish(top) for top in np.flatnonzero(tree.parents < 0).tolist()]


@pytest.mark.parametrize("seed", range(6))
def test_a_tree_that_is_given_counts_as_an_equal_role(seed: int) -> None:
    """The same requirements, asked for by a role without levels or given, give the same scores."""
    snapshot = network(seed)
    learners = [replace(each, experience_days=0.0) for each in learners_on(snapshot, 40, seed)]
    part, claims = part_of(snapshot, learners)
    items = Items(snapshot)
    of_claims = items.of_claims(claims)
    compared = 0
    for role in role_index_of(snapshot).roles.tolist():
        tree = tree_of_role(snapshot, role)
        groups = tree.kinds >= NodeKind.ALL
        childless = {node for node in np.flatnonzero(groups).tolist() if not tree.children()[node]}
        if tree.level_count or childless or (tree.kinds == NodeKind.EXPERIENCE).any() or not len(tree.nodes):
            continue
        if any(tree.minimums[node] > len(tree.children()[node]) for node in np.flatnonzero(groups).tolist()):
            continue
        given = tree_of_wishes(snapshot, wishes_of(tree, snapshot))
        one = TalentScores(part, items, of_claims, tree, Policy(), 0.0).standing()
        other = TalentScores(part, items, of_claims, given, Policy(), 0.0).standing()
        for name in ("scores", "musts_held", "qualified", "listed"):
            assert np.array_equal(getattr(one, name), getattr(other, name)), name
        compared += 1
    assert compared > 5


def test_nobody_else_changes_a_score() -> None:
    """Learners in another order, and apart, stand as they stood together."""
    snapshot = network(3)
    learners = [replace(each, experience_days=0.0) for each in learners_on(snapshot, 30, 3)]
    role = int(role_index_of(snapshot).roles[7])
    tree = tree_of_role(snapshot, role)

    def standing(chosen: list[int]) -> list[tuple[float, int]]:
        part, claims = part_of(snapshot, [learners[each] for each in chosen])
        items = Items(snapshot)
        found = TalentScores(part, items, items.of_claims(claims), tree, Policy(), 0.0).standing()
        return list(zip(found.scores.tolist(), found.musts_held.tolist(), strict=True))

    together = standing(list(range(30)))
    backwards = standing(list(range(29, -1, -1)))
    assert backwards[::-1] == together
    assert [standing([each])[0] for each in range(30)] == together
