"""Rules of matching that a small change of the code could break unnoticed; found by `make mutants`."""

import math

import pytest
from matching_networks import FIVE, U, asks, built, holding, look, role, row, skill, units

from graph.coverage import level_ratio
from graph.matching import Held, HeldCompetency, Policy, match
from graph.networks import Network
from ontology.model import Alignment, Relation, RequirementGroup


@pytest.mark.parametrize(("stated", "told"), [("A crosswalk", "A crosswalk"), (None, "drawn")])
def test_a_link_tells_who_states_the_alignment(stated: str | None, told: str) -> None:
    """The source that the alignment names, which is not its dataset's name; the dataset where it names none."""
    alignment = Alignment(iri=f"{U}a/1", subject=f"{U}s/b", object=f"{U}s/a", relation=Relation.EXACT, source=stated)
    snapshot = built(skill("a"), skill("b"), role(), asks("s/a"), alignment)
    (unit,) = units(look(snapshot, holding(snapshot, "s/b")))
    assert [link.source for item in unit.evidence for link in item.chain] == [told]


def test_a_level_that_is_held_without_a_value_is_unknown() -> None:
    """The scale is that of the requirement, the value is missing: *unknownLevel*, flagged, not a coverage that is no number."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=4))
    claim = HeldCompetency(row=row(snapshot, "s/a"), value=None, scale=snapshot.scale_iris.find_sorted(FIVE.iri))
    (unit,) = units(look(snapshot, Held(competencies=(claim,))))
    assert (unit.coverage, unit.level_unknown) == (0.5, True)


@pytest.mark.parametrize(("have", "need"), [(math.nan, 0.5), (0.5, math.nan), (math.nan, math.nan)])
def test_a_ratio_with_an_unknown_side_is_the_policys(have: float, need: float) -> None:
    """Either side unknown: `unknown`, flagged."""
    assert level_ratio(have, need, 0.25) == (0.25, True)


def test_a_group_that_asks_for_nothing_rests_on_no_unknown_level() -> None:
    """Minimum 0: covered whole by no child, so the unknown level of one that is held is nothing to tell."""
    group = RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/role", minimum=0)
    snapshot = built(FIVE, skill("a"), skill("b"), role(), group, *(
        asks(f"s/{name}", group=f"{U}g/1", level=4) for name in "ab"
    ))  # fmt: skip
    (unit,) = units(look(snapshot, holding(snapshot, "s/a")))
    assert (unit.coverage, unit.level_unknown) == (1.0, False)


@pytest.mark.parametrize("depth", [3, 4000])
def test_a_nested_requirement_holds_by_its_own_steps(depth: int) -> None:
    """Each level asks for a step of its own and for the one below, which is judged without recursion where it is deep."""
    network = Network()
    node = network.any_step([0])
    for step in range(1, depth):
        both = network.at_least(2, [node, network.any_step([step]), network.any_step([depth + step])])
        node = network.at_least(1, [both, network.any_step([-step])])
    taken = set(range(depth))
    assert network.holds(node, taken)
    assert not network.holds(node, {0})


def test_the_lowest_level_is_covered_by_itself_in_the_ranking_too() -> None:
    """Need 0 and have 0: a ratio of 1, not 0 / 0; the score of the list is that of the role in detail."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=0))
    held = holding(snapshot, "s/a", level=0)
    assert match(snapshot, held, Policy()).scores.tolist() == [1.0]
    assert look(snapshot, held).score == 1.0
