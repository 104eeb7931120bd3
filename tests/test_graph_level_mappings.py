"""What a level of one scale is on another."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matching_networks import FIVE, TEN, U, built, role, skill

from graph.layout import DatasetInfo
from graph.level_mappings import level_mappings_of
from graph.matching import Held, HeldCompetency, Policy, gap
from graph.snapshot import Snapshot
from ontology.model import Level, LevelMapping, Record, Requirement, Scale

ONE, OTHER = f"{U}x/five", f"{U}x/ten"
ASKED = Requirement(iri=f"{U}q/a", owner=f"{U}r/r", target=f"{U}s/a", level=Level(OTHER, 6.0))


def mapped(number: int, held: float, read: float, one: str = ONE, other: str = OTHER) -> LevelMapping:
    return LevelMapping(iri=f"{U}v/{number}", level=Level(one, held), matched=Level(other, read))


def world(*mappings: LevelMapping) -> Snapshot:
    """A role that asks for a skill at 6 of 10."""
    return built(FIVE, TEN, skill("a"), role("r"), ASKED, *mappings)


def coverage(snapshot: Snapshot, level: float | None, scale: str = ONE) -> tuple[float, bool]:
    held = HeldCompetency(row=snapshot.find_row(f"{U}s/a"), value=level, scale=snapshot.scale_iris.find_sorted(scale))
    found = gap(snapshot, Held(competencies=(held,)), Policy(), snapshot.find_row(f"{U}r/r"))
    (unit,) = (*found.met, *found.partial, *found.missing)
    return unit.coverage, unit.level_unknown


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.5, (0.5, True)), (1.0, (0.5, False)), (2.9, (0.5, False)), (3.0, (1.0, False)), (5.0, (1.0, False))],
)
def test_a_level_counts_as_the_highest_mapped_one_that_it_reaches(level: float, expected: tuple[float, bool]) -> None:
    """1 of 5 is 3 of 10, 3 is 6 and 4 is 9: what is below 1 is unknown, what is between counts as the lower one."""
    assert coverage(world(mapped(1, 1, 3), mapped(2, 3, 6), mapped(3, 4, 9)), level) == expected


def test_a_mapping_is_read_both_ways() -> None:
    """The same stated from the other scale."""
    assert coverage(world(mapped(1, 3, 1, OTHER, ONE), mapped(2, 6, 3, OTHER, ONE)), 2) == (0.5, False)


def test_of_several_levels_that_correspond_the_lowest_counts() -> None:
    """3 of 5 is 3 to 6 of 10: at least 3; and 5 of 10 is at least 3 of 5."""
    snapshot = world(mapped(1, 3, 6), mapped(2, 3, 3))
    assert coverage(snapshot, 3) == (0.5, False)
    found = level_mappings_of(snapshot).find(snapshot.scale_iris.find_sorted(OTHER), 5.0, 0)
    assert found is not None
    assert (found.fraction, found.read) == (0.6, 3.0)


def test_without_a_mapping_and_through_two_nothing_is_known() -> None:
    """Mappings are not chained."""
    third = Scale(iri=f"{U}x/three", minimum=0, maximum=3)
    assert coverage(world(), 3) == (0.5, True)
    snapshot = built(
        FIVE,
        TEN,
        third,
        skill("a"),
        role("r"),
        ASKED,
        mapped(1, 3, 2, ONE, third.iri),
        mapped(2, 2, 6, third.iri, OTHER),
    )
    assert coverage(snapshot, 3) == (0.5, True)
    assert coverage(snapshot, 2, third.iri) == (1.0, False)


def test_contradicting_mappings_count_for_nothing() -> None:
    """3 is 6 and 4 is 5: neither is believed, nor what else is said of the two scales."""
    assert coverage(world(mapped(1, 3, 6), mapped(2, 4, 5), mapped(3, 1, 1)), 3) == (0.5, True)


def test_a_mapping_to_a_scale_that_nobody_describes_says_nothing() -> None:
    """Its levels have no place."""
    assert coverage(world(mapped(1, 3, 6, ONE, f"{U}x/nobody")), 3) == (0.5, True)


points = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 10)), max_size=5)


@given(points, st.lists(st.tuples(st.booleans(), st.integers(-1, 11), st.booleans()), max_size=6))
def test_many_levels_at_once_are_read_as_each_by_itself(
    stated: list[tuple[int, int]], asked: list[tuple[bool, int, bool]]
) -> None:
    """In any mix of scales, unknown levels among them."""
    snapshot = world(*(mapped(number, held, read) for number, (held, read) in enumerate(stated)))
    mappings = level_mappings_of(snapshot)
    rows = [snapshot.scale_iris.find_sorted(ONE), snapshot.scale_iris.find_sorted(OTHER)]
    scales = np.array([rows[own] for own, _, _ in asked], np.int64)
    wanted = np.array([rows[to] for _, _, to in asked], np.int64)
    values = [math.nan if value < 0 else float(value) for _, value, _ in asked]
    held = np.array([snapshot.fraction(int(s), v) for s, v in zip(scales, values, strict=True)], np.float64)
    found = mappings.fractions(scales, held, wanted)
    each = [mappings.fraction(int(s), v, int(to)) for s, v, to in zip(scales, values, wanted, strict=True)]
    np.testing.assert_array_equal(found, np.array(each, np.float64))


def test_records_come_back_out_of_a_snapshot_and_hide_with_their_dataset() -> None:
    """A snapshot of fewer datasets is made of records; a mapping of a hidden one is not there."""

    def named(name: str) -> DatasetInfo:
        return DatasetInfo(iri=f"{U}{name}", name=name, format="tables", license=None, attribution=None, checksum="c")

    base: list[Record] = [FIVE, TEN, skill("a"), role("r"), ASKED]
    whole = Snapshot.build([(named("base"), base), (named("more"), [mapped(1, 3, 6)])], release=1)
    assert coverage(whole, 3) == (1.0, False)
    assert coverage(whole.restrict(["base", "more"]), 3) == (1.0, False)
    assert coverage(whole.restrict(["base"]), 3) == (0.5, True)
