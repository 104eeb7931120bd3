"""Plans of thousands of random worlds and networks against every subset. Run by `make torture`."""

import random
from collections import Counter

import pytest
from plan_problems import (
    check_cheap_sets,
    check_middling,
    check_relaxation,
    check_search,
    middling_problem,
    random_problem,
)
from test_graph_planning_worlds import check_world, world

from graph.optimisation import FEW_STEPS

pytestmark = pytest.mark.torture
WORLDS = 3_000
NETWORKS = 2_000
RELAXATIONS = 2_000
MIDDLING = 200


def test_plans_of_3000_random_worlds_equal_brute_force() -> None:
    """Objectives, k best, limits, levels, trees, cycles, alternatives, reasons and what is unmet."""
    kinds = Counter(check_world(world(random.Random(100_000 + seed))) for seed in range(WORLDS))
    assert all(kinds[kind] >= WORLDS // 30 for kind in ("met", "plans", "NONE_EXISTS", "LIMITS")), kinds


@pytest.mark.parametrize("few", [FEW_STEPS, 0])
def test_best_sets_of_2000_random_networks_equal_brute_force(few: int) -> None:
    """With twins and dominated steps, two sums limited, and the relaxation picking the steps or not."""
    seen = sum(check_search(random_problem(random.Random(200_000 + seed), 1), few) for seed in range(NETWORKS))
    assert seen > NETWORKS


def test_bounds_of_2000_random_networks_hold_for_every_set() -> None:
    """No set is lighter than the bound or has a step that its weight excludes."""
    seen = sum(check_relaxation(random_problem(random.Random(300_000 + seed), 7)) for seed in range(RELAXATIONS))
    assert seen > RELAXATIONS


def test_cheap_sets_of_2000_random_networks_are_minimal_and_found_wherever_there_is_one() -> None:
    """And no set is lighter than what is told."""
    seen = sum(check_cheap_sets(random_problem(random.Random(500_000 + seed), 7)) for seed in range(NETWORKS))
    assert seen > NETWORKS


def test_200_larger_networks_have_the_same_best_sets_with_and_without_the_relaxation() -> None:
    """200 steps each, cycles among them, three best sets."""
    for seed in range(MIDDLING):
        check_middling(middling_problem(random.Random(400_000 + seed)))
