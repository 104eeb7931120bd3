"""The best roles of many learners at once are those that `match` gives for each alone, bit for bit."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many_worlds import learners_on, network
from matching_networks import U, built, role, skill
from matching_worlds import POLICIES, Brute, World, held_of, worlds

from graph import many_matches, ranking
from graph.many_learners import learners_of
from graph.many_matches import ManyMatches, Ranked
from graph.matching import Held, HeldCompetency, Policy, match
from graph.snapshot import Ints, ResourceType, Snapshot
from ontology.model import (
    JobRole,
)

Row = tuple[int, int, float, int, int, int, int]


def rows_of(ranked: Ranked, learner: int) -> list[Row]:
    """The ranking of one learner: rank, role, score, qualified, met, partial, missing."""
    own = np.flatnonzero(ranked.learners == learner)
    columns = (ranked.ranks, ranked.roles, ranked.scores, ranked.qualified, ranked.met, ranked.partial, ranked.missing)
    return list(zip(*(column[own].tolist() for column in columns), strict=True))


def rows_of_match(
    snapshot: Snapshot, held: Held, policy: Policy, first: int, roles: Ints | None = None
) -> tuple[list[Row], int]:
    """The same from `match`, and how many match."""
    found = match(snapshot, held, policy, roles=roles)
    rows: list[Row] = []
    for place in range(min(first, len(found))):
        detail = found.detail(place)
        units = (len(detail.met), len(detail.partial), len(detail.missing))
        score, qualified = float(found.scores[place]), int(found.qualified[place])
        rows.append((place + 1, int(found.rows[place]), score, qualified, *units))
    return rows, len(found)


def compare(
    snapshot: Snapshot, held: Sequence[Held], policy: Policy, first: int = 10, roles: Ints | None = None
) -> Ranked:
    """The ranking of all, each compared with `match`."""
    ranked = ManyMatches(snapshot, policy, roles=roles).best(learners_of(held), first)
    for place, each in enumerate(held):
        rows, total = rows_of_match(snapshot, each, policy, first, roles)
        assert rows_of(ranked, place) == rows
        assert ranked.totals[place] == total
    return ranked


@settings(max_examples=150)
@given(worlds(), POLICIES, st.integers(1, 3))
def test_random_worlds_are_ranked_as_one_by_one(world: World, policy: Policy, first: int) -> None:
    """Chains, levels, groups in groups, awards, successors, days; of a learner, of one who holds nothing, and of others."""
    snapshot = built(*world.records)
    own = held_of(snapshot, world)
    bare = tuple(HeldCompetency(row=each.row) for each in own.competencies)
    learners = [
        own,
        Held(),
        Held(competencies=own.competencies * 2 + bare, credentials=own.credentials),
        Held(competencies=own.competencies[:1], courses=own.courses, experience_days=31.0),
    ]
    ranked = compare(snapshot, learners, policy, first)
    compare(snapshot, learners, policy, 100)
    brute = Brute(world, policy)
    mine = ranked.learners == 0
    for iri, musts in zip(ranked.roles[mine].tolist(), ranked.musts_met[mine].tolist(), strict=True):
        assert musts == brute.role(snapshot.iris[iri])["held"]


@pytest.mark.parametrize("seed", range(4))
def test_a_network_is_ranked_as_one_by_one(seed: int) -> None:
    """120 learners at a time, under the default policy and one that lets much through."""
    snapshot = network(seed)
    held = learners_on(snapshot, 120, seed)
    compare(snapshot, held, Policy())
    compare(snapshot, held, Policy(min_coverage=0.4, hierarchy=True, must_weight=2.0, unknown_level=0.1), first=3)


def test_who_else_is_looked_at_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learners one at a time, seven at a time, all at once, in another order: the same rows."""
    snapshot = network(9)
    held = learners_on(snapshot, 100, 9)
    matches = ManyMatches(snapshot, Policy())
    whole = matches.best(learners_of(held), 10)
    expected = [rows_of(whole, place) for place in range(len(held))]
    for together in (1, 7):
        monkeypatch.setattr(many_matches, "LEARNERS_AT_ONCE", together)
        ranked = matches.best(learners_of(held), 10)
        assert [rows_of(ranked, place) for place in range(len(held))] == expected
    turned = matches.best(learners_of(held[::-1]), 10)
    assert [rows_of(turned, place) for place in range(len(held))] == expected[::-1]


def test_only_some_roles_are_listed() -> None:
    """As `match` with `roles`: a superseded role is read at its successor."""
    snapshot = network(3)
    rows = snapshot.rows(ResourceType.JOB_ROLE)[5:25]
    compare(snapshot, learners_on(snapshot, 40, 3), Policy(), first=5, roles=rows)


def test_nobody_and_nothing() -> None:
    """No learners, no roles, no requirements: no rows, and a total for each learner."""
    snapshot = built(skill("a"))
    assert len(ManyMatches(snapshot, Policy()).best(learners_of([]), 10).totals) == 0
    ranked = compare(snapshot, [Held(), Held(competencies=(HeldCompetency(row=0),))], Policy())
    assert ranked.totals.tolist() == [0, 0]
    compare(built(skill("a"), role("a"), JobRole(iri=f"{U}r/b")), [Held()], Policy(min_coverage=0.0))


def test_a_ranking_is_sorted_alike_where_its_keys_fit_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Score, musts and place in one whole number, or as three keys: the same order, ties included."""
    snapshot, held = network(4), learners_on(network(4), 60, 4)
    policy = Policy(must_weight=0.0, should_weight=0.0, min_coverage=0.2)  # every score is 0: musts and IRIs decide
    for each in (Policy(), policy):
        packed = [match(snapshot, own, each).rows.tolist() for own in held]
        with monkeypatch.context() as patch:
            patch.setattr(ranking, "_WORD_BITS", 0)
            assert [match(snapshot, own, each).rows.tolist() for own in held] == packed
        assert any(len(rows) > 10 for rows in packed) or each is policy
