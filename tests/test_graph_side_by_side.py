"""Several roles side by side: what they share is what is in the trees of all of them."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import FIVE, SHOULD, U, asks, built, holding, role, row, skill
from matching_worlds import POLICIES, Brute, World, held_of, worlds
from pathway_worlds import names

from graph.matching import Held, Policy, gap, gaps
from graph.side_by_side import side_by_side
from ontology.model import Competency, Importance, JobRole, Record, Requirement, RequirementGroup


@settings(max_examples=300)
@given(worlds(), POLICIES, st.randoms(use_true_random=False))
def test_things_side_by_side_equal_brute_force(world: World, policy: Policy, random: Any) -> None:
    """Each thing that a leaf asks for, by which leaves of which roles, how far covered; shared and differing."""
    records = list(world.records)
    random.shuffle(records)
    snapshot, brute = built(*records), Brute(world, policy)
    wanted = [each.iri for each in world.all(JobRole)]
    random.shuffle(wanted)
    held = held_of(snapshot, world)
    found = side_by_side(snapshot, held, policy, [snapshot.find_row(iri) for iri in wanted])
    roles = list(dict.fromkeys(brute.last(iri) for iri in wanted))
    assert names(snapshot, [each.role for each in found.matches]) == roles
    expected: dict[str, list[tuple[str, str, float, bool]]] = {}
    for iri in roles:
        leaves = sorted((leaf for top in brute.tops(iri) for leaf in brute.leaves(top)), key=lambda leaf: leaf.iri)
        for leaf in leaves:
            if leaf.target is not None:
                line = (iri, leaf.iri, round(brute.coverage(leaf), 9), brute.holds(leaf))
                expected.setdefault(brute.last(leaf.target), []).append(line)
    told = {
        snapshot.iris[thing.thing]: sorted(
            (snapshot.iris[a.role], snapshot.node_iris[a.leaf.node], round(a.leaf.coverage, 9), a.leaf.holds)
            for a in thing.asked
        )
        for thing in found.things
    }
    assert told == {thing: sorted(lines) for thing, lines in expected.items()}
    musts = {each.iri for each in world.all(Requirement) if each.importance is Importance.MUST}

    def key(thing: str) -> tuple[int, int, str]:
        lines = expected[thing]
        return -len({line[0] for line in lines}), -len({line[0] for line in lines if line[1] in musts}), thing

    assert names(snapshot, [each.thing for each in found.things]) == sorted(expected, key=key)
    shared = {thing for thing, lines in expected.items() if len({line[0] for line in lines}) == len(roles)}
    assert set(names(snapshot, [each.thing for each in found.shared])) == shared
    assert set(names(snapshot, [each.thing for each in found.differing])) == set(expected) - shared
    assert list(found.matches) == gaps(snapshot, held, policy, [snapshot.find_row(iri) for iri in roles])
    assert list(found.matches) == [gap(snapshot, held, policy, snapshot.find_row(iri)) for iri in roles]


def test_a_level_and_a_group_are_each_their_roles_own() -> None:
    """Two roles ask for a, one at level 4, one in a group; b and c are asked for by one each, the must before."""
    records: list[Record] = [FIVE, skill("a"), skill("b"), skill("c"), role("one"), role("two")]
    records += [asks("s/a", name="1", owner="one", level=4.0), asks("s/b", name="2", owner="one", importance=SHOULD)]
    records += [RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/two", minimum=1)]
    records += [
        asks("s/a", name="3", owner="two", group=f"{U}g/1"),
        asks("s/c", name="4", owner="two", group=f"{U}g/1"),
    ]
    snapshot = built(*records)
    found = side_by_side(
        snapshot, holding(snapshot, "s/a", level=2), Policy(), [row(snapshot, "r/two"), row(snapshot, "r/one")]
    )
    assert names(snapshot, [each.thing for each in found.things]) == [f"{U}s/a", f"{U}s/c", f"{U}s/b"]
    assert [(each.leaf.coverage, each.leaf.holds) for each in found.things[0].asked] == [(1.0, True), (0.5, False)]
    assert len(found.shared) == 1


def test_a_role_with_thousands_of_requirements_is_compared() -> None:
    """5,000 of one, of which the other asks for the first thousand; a learner with all of them."""
    records: list[Record] = [Competency(iri=f"{U}s/{n:04}") for n in range(5_000)]
    records += [role("one"), role("two")]
    records += [asks(f"s/{n:04}", name=f"1-{n:04}", owner="one") for n in range(5_000)]
    records += [asks(f"s/{n:04}", name=f"2-{n:04}", owner="two") for n in range(1_000)]
    snapshot = built(*records)
    found = side_by_side(snapshot, Held(), Policy(), [row(snapshot, "r/one"), row(snapshot, "r/two")])
    assert (len(found.shared), len(found.differing)) == (1_000, 4_000)
    assert np.all([each.coverage == 0 for thing in found.things for each in (thing.asked[0].leaf,)])
