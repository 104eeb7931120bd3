"""The first roles of a ranking, and how many are listed, are those of the whole ranking, by whatever way they come."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many_worlds import learners_on, network
from matching_networks import built
from matching_worlds import POLICIES, World, held_of, worlds

from benchmarks.made_world import Size, made_learners, made_snapshot
from graph import ranking_head
from graph.coverage import holdings_of
from graph.layout import Longs
from graph.many_learners import many_holdings_of
from graph.matching import Held, Matches, Policy, match
from graph.ranking import standings_of
from graph.snapshot import ResourceType, Snapshot

Row = tuple[int, float, int]
WAYS: tuple[dict[str, int], ...] = (
    {},
    {"_SLICED_FROM": 0, "_DENSE_ROLES": 1 << 30, "_MANY_TIMES": 0, "_STRETCH": 1, "_FIRST_AT_LEAST": 1},
    {
        "_SLICED_FROM": 1 << 30,
        "_DENSE_ROLES": 0,
        "_DENSE_PART": 0,
        "_MANY_TIMES": 0,
        "_STRETCH": 2,
        "_FIRST_AT_LEAST": 1,
    },
)
"""As it is; with all roles summed up from copied stretches; with those touched alone, from single entries."""


@contextmanager
def way(limits: dict[str, int]) -> Iterator[None]:
    """The limits from which one way is taken and not the other, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in limits.items():
            patch.setattr(ranking_head, name, limit)
        yield


def plainly(
    snapshot: Snapshot, held: Held, policy: Policy, named: Sequence[int], roles: Sequence[int] | None
) -> list[Row]:
    """The whole ranking: all that is touched is looked at and sorted by three keys."""
    standings = standings_of(snapshot, policy)
    index, holdings = standings.index, holdings_of(snapshot, held)
    reached = many_holdings_of(snapshot, policy).reached_by_one(holdings)
    touched = standings.touched(reached, np.array([holdings.experience_days]))
    looked_at = index.position[snapshot.canonical[list(named)]].astype(np.int64) if named else np.zeros(0, np.int64)
    looked_at = looked_at[looked_at >= 0]
    sums = standings.at(1, touched, also=looked_at)
    listed = sums.listed | np.isin(sums.keys, looked_at)
    if roles is not None:
        listed &= np.isin(sums.keys, index.position[snapshot.canonical[list(roles)]])
    places = np.flatnonzero(listed)
    order = places[np.lexsort((places, -sums.musts_held[places], -sums.scores[places]))]
    columns = index.roles[sums.keys[order]], sums.scores[order], sums.qualified[order]
    return list(zip(*(column.tolist() for column in columns), strict=True))


def rows_of(found: Matches, count: int) -> list[Row]:
    """The first so many roles."""
    head = found.first(count)
    return list(zip(head.rows.tolist(), head.scores.tolist(), head.qualified.tolist(), strict=True))


def compare(
    snapshot: Snapshot, held: Held, policy: Policy, named: Sequence[int] = (), roles: Sequence[int] | None = None
) -> None:
    """Nothing; every way gives the first ones, and then all, as the plain one."""
    expected = plainly(snapshot, held, policy, named, roles)
    only = None if roles is None else np.array(roles, np.int32)
    for limits in WAYS:
        with way(limits):
            for count in (1, 2, 3, 10, len(expected)):
                found = match(snapshot, held, policy, roles=only, named=named)
                assert len(found) == len(expected)
                assert rows_of(found, count) == expected[:count]
            assert rows_of(found, 2) == expected[:2]
            assert found.rows.tolist() == [row for row, _, _ in expected]
            assert found.scores.tolist() == [score for _, score, _ in expected]
            assert found.qualified.tolist() == [verdict for _, _, verdict in expected]


@settings(max_examples=80, deadline=None)
@given(worlds(), POLICIES, st.randoms(use_true_random=False))
def test_random_worlds_are_ranked_as_by_the_plain_way(world: World, policy: Policy, random: object) -> None:
    """Chains, levels, groups, days; nobody who holds nothing is left out; with roles named, and only some allowed."""
    assert hasattr(random, "sample")
    snapshot = built(*world.records)
    rows = snapshot.rows(ResourceType.JOB_ROLE).tolist()
    for held in (held_of(snapshot, world), Held()):
        compare(snapshot, held, policy)
        compare(snapshot, held, policy, named=random.sample(rows, len(rows) // 2))
        compare(snapshot, held, policy, named=rows[:1], roles=random.sample(rows, (len(rows) + 1) // 2))


@pytest.mark.parametrize(
    "policy", [Policy(), Policy(min_coverage=0.0), Policy(must_weight=0.0), Policy(must_weight=1e-13)]
)
def test_a_network_is_ranked_as_by_the_plain_way(policy: Policy) -> None:
    """Of everything that a match knows; also where much holds for everybody, and where scores are 0 or round to it."""
    snapshot = network(5)
    for held in learners_on(snapshot, 12, 5):
        compare(snapshot, held, policy)


@pytest.mark.parametrize("popular", [False, True])
@pytest.mark.parametrize("policy", [Policy(), Policy(must_weight=3.0, should_weight=0.7)])
def test_many_equals_are_ranked_as_by_the_plain_way(policy: Policy, popular: bool) -> None:
    """2,000 roles that ask for four things each: scores are few, so that musts and IRIs decide."""
    snapshot = made_snapshot(Size(roles=2_000, competencies=300, requirements=8_000), seed=4)
    for held in made_learners(snapshot, 4, 5, popular=popular):
        compare(snapshot, held, policy)
        compare(snapshot, held, policy, roles=snapshot.rows(ResourceType.JOB_ROLE)[::3].tolist())


def test_no_role_is_looked_at_further_than_the_page_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 roles that are listed, those with one of the first scores are looked at, and no others."""
    snapshot = made_snapshot(Size(roles=20_000, competencies=500, requirements=200_000), seed=7)
    (held,) = made_learners(snapshot, 7, 1, popular=True)
    looked_at: list[int] = []
    look = ranking_head.Ranked._looked_at

    def counting(self: ranking_head.Ranked, roles: Longs) -> ranking_head._Looked:
        looked_at.append(len(roles))
        return look(self, roles)

    monkeypatch.setattr(ranking_head.Ranked, "_looked_at", counting)
    found = match(snapshot, held, Policy())
    head = found.first(10)
    assert len(found) > 15_000
    assert len(head.rows) == 10
    assert sum(looked_at) < 1_000
