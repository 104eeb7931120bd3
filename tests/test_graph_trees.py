"""How requirements lie in groups, beside the same counted one by one; what a process has for itself of a release."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U, asks, built, holding, role, skill

from graph.matching import Policy, match
from graph.role_index import role_index_of
from graph.snapshot import Snapshot
from graph.trees import trees_of
from ontology.model import Level, Record, RequirementGroup, Scale

BYTES_A_NODE = 80
"""That a process has for itself of each requirement after it has answered, 61 here; what it maps is shared."""


def nested(above: list[int]) -> Snapshot:
    """A role with a group or leaf for each number: in the group of that number, -1 in none; whoever has nobody is a leaf."""
    records: list[Record] = [role(), skill("a")]
    for number, inside in enumerate(above):
        group = None if inside < 0 else f"{U}q/{inside:03}"
        if number in above:
            records.append(RequirementGroup(iri=f"{U}q/{number:03}", owner=f"{U}r/role", parent=group))
        else:
            records.append(asks("s/a", name=f"{number:03}", group=group))
    return built(*records)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), count=st.integers(0, 30))
def test_children_depths_and_places_are_those_of_the_trees(data: st.DataObject, count: int) -> None:
    """As counted node by node, of groups in groups."""
    snapshot = nested([data.draw(st.integers(-1, number - 1)) for number in range(count)])
    parents, trees = snapshot.node_parent.tolist(), trees_of(snapshot)
    assert len(parents) == count
    depths = []
    for node in range(count):
        depth, above = 0, parents[node]
        while above >= 0:
            depth, above = depth + 1, parents[above]
        depths.append(depth)
    assert trees.depth.tolist() == depths
    assert trees.deepest == max(depths, default=0)
    children = [[child for child in range(count) if parents[child] == node] for node in range(count)]
    assert [trees.below(node).tolist() for node in range(count)] == children
    for node in range(count):
        assert trees.ordinals[node] == (children[parents[node]].index(node) if parents[node] >= 0 else 0)
    asked = np.array(data.draw(st.lists(st.integers(0, count - 1))) if count else [], np.int64)
    found, owners = trees.spread(asked)
    assert list(zip(found.tolist(), owners.tolist(), strict=True)) == [
        (child, place) for place, node in enumerate(asked.tolist()) for child in children[node]
    ]


def test_fifty_groups_in_each_other() -> None:
    """Each is one deeper than the one around it."""
    snapshot = nested([number - 1 for number in range(51)])
    assert trees_of(snapshot).depth.tolist() == list(range(51))
    assert trees_of(snapshot).deepest == 50


def test_levels_that_are_asked_are_told_apart() -> None:
    """By scale and value; a leaf that asks for none has none; a scale that nobody describes gives no fraction."""
    asked = [None, Level(f"{U}x/five", 2), Level(f"{U}x/five", 5), Level(f"{U}x/ten", 2), Level(f"{U}x/nobody", 2)]
    records: list[Record] = [
        Scale(iri=f"{U}x/five", minimum=0, maximum=5),
        Scale(iri=f"{U}x/ten", minimum=0, maximum=10),
    ]
    for number, level in enumerate([*asked, *asked]):
        names = f"{number:02}"
        leaf = asks(f"s/{names}", owner=names)
        records += [skill(names), role(names), leaf if level is None else replace(leaf, level=level)]
    snapshot = built(*records)
    index = role_index_of(snapshot)
    found = [
        (
            int(index.roles_of(index.leaf_nodes[entry : entry + 1])[0]),
            None if level == 0 else snapshot.scale_iris[int(index.asked_scales[level])],
            float(index.asked_fractions[level]),
        )
        for entry, level in enumerate(index.asked_level.tolist())
    ]
    wanted = [(None, None), ("five", 0.4), ("five", 1.0), ("ten", 0.2), ("nobody", None)] * 2
    assert [(number, scale) for number, scale, _ in sorted(found, key=lambda each: each[0])] == [
        (number, None if name is None else f"{U}x/{name}") for number, (name, _) in enumerate(wanted)
    ]
    for number, _, fraction in found:
        expected = wanted[number][1]
        assert np.isnan(fraction) if expected is None else fraction == expected
    assert len(index.asked_fractions) == len(asked)


def test_a_process_has_little_of_a_release_for_itself(tmp_path: Path) -> None:
    """What it makes of the mapped file until its first answer."""
    records: list[Record] = [skill(f"{number:03}") for number in range(200)]
    for number in range(300):
        name = f"{number:03}"
        records += [role(name), RequirementGroup(iri=f"{U}g/{name}", owner=f"{U}r/{name}", minimum=2)]
        records += [
            asks(
                f"s/{(number + k) % 200:03}", name=f"{name}-{k:02}", owner=name, group=f"{U}g/{name}" if k < 3 else None
            )
            for k in range(60)
        ]
    path = tmp_path / "release"
    built(*records).save(path)
    warm = Snapshot.open(path)
    match(warm, holding(warm, "s/100"), Policy())
    snapshot = Snapshot.open(path)
    nodes = len(snapshot.node_kind)
    assert nodes == 300 * 61
    tracemalloc.start()
    try:
        found = match(snapshot, holding(snapshot, "s/100"), Policy())
        assert len(found) > 0
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert kept / nodes < BYTES_A_NODE
