"""What would change if more were held: two looks at every role, by brute force and by match."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U, asks, built, holding, role, row, skill
from matching_worlds import POLICIES, Brute, World, held_of, some, worlds
from pathway_worlds import names

from graph.matching import Held, Policy, gap, match
from graph.what_if import RoleChanges, added, what_if
from ontology.model import Competency, Course, Credential, Importance, JobRole, Record, RequirementGroup, RoleLevel


def more_of(draw: Any, world: World) -> World:
    """What is held more, in the same world."""
    skills = [each.iri for each in world.all(Competency)]
    things = [each.iri for each in (*world.all(Course), *world.all(Credential))]
    days = draw(st.sampled_from([0.0, 0.0, 335.0]))
    return World(world.records, [(iri, None, None) for iri in some(draw, skills, 0, 2)], some(draw, things, 0, 2), days)


def together(world: World, more: World) -> World:
    return World(
        world.records,
        [*world.competencies, *more.competencies],
        [*world.things, *more.things],
        world.days + more.days,
    )


def holding_musts(brute: Brute, iri: str) -> list[str]:
    return [top.iri for top in brute.tops(iri) if top.importance is Importance.MUST and brute.holds(top)]


@settings(max_examples=400)
@given(st.data(), worlds(), POLICIES, st.randoms(use_true_random=False))
def test_what_if_equals_brute_force(data: Any, world: World, policy: Policy, random: Any) -> None:
    """Roles that change, their order, scores, ranks, levels and musts, whatever the order of the records."""
    more = more_of(data.draw, world)
    records = list(world.records)
    random.shuffle(records)
    snapshot = built(*records)
    found = what_if(snapshot, held_of(snapshot, world), held_of(snapshot, more), policy)
    old, new = Brute(world, policy), Brute(together(world, more), policy)
    ranked = {"before": old.listed([]), "after": new.listed([])}
    lines = []
    for iri in sorted(each.iri for each in world.all(JobRole) if old.last(each.iri) == each.iri):
        before, after = old.role(iri), new.role(iri)
        gain = round(after["score"] - before["score"], 12)
        closed = sorted(set(holding_musts(new, iri)) - set(holding_musts(old, iri)))
        if gain > 1e-11 or closed:
            opened = before["qualified"] is False and after["qualified"] is True
            met = {level[0] for level in before["levels"] if level[1]}
            levels = [level[0] for level in after["levels"] if level[1] and level[0] not in met]
            lines.append((not opened, -round(gain, 10), -round(after["score"], 10), iri, levels, closed))
    lines.sort()
    assert names(snapshot, found.rows.tolist()) == [line[3] for line in lines]
    for place, (unopened, gain, score, iri, levels, closed) in enumerate(lines):
        detail = found.detail(place)
        assert detail.opened is not unopened
        assert abs(detail.gained + gain) < 1e-9
        assert abs(detail.after.score + score) < 1e-9
        assert [snapshot.level_iris[level] for level in detail.levels_opened] == levels
        assert [snapshot.node_iris[node] for node in detail.closed] == closed
        for side, rank in (("before", detail.rank_before), ("after", detail.rank_after)):
            assert rank == (ranked[side].index(iri) + 1 if iri in ranked[side] else None)
    assert (found.listed_before, found.listed_after) == (len(ranked["before"]), len(ranked["after"]))


@settings(max_examples=200)
@given(st.data(), worlds(), POLICIES)
def test_both_sides_are_the_matches_with_and_without(data: Any, world: World, policy: Policy) -> None:
    """The details are those of `gap`; what does not change is not told; nothing more changes nothing."""
    snapshot = built(*world.records)
    held, more = held_of(snapshot, world), held_of(snapshot, more_of(data.draw, world))
    found = what_if(snapshot, held, more, policy)
    after = added(held, more)
    for place, job in enumerate(found.rows.tolist()):
        detail = found.detail(place)
        assert detail.before == gap(snapshot, held, policy, job)
        assert detail.after == gap(snapshot, after, policy, job)
        assert found.scores[place] == detail.after.score
    ranked = match(snapshot, after, policy)
    assert found.listed_after == len(ranked)
    assert [found.detail(n).rank_after for n in range(len(found))] == [
        ranked.rows.tolist().index(job) + 1 if job in ranked.rows else None for job in found.rows.tolist()
    ]
    assert len(what_if(snapshot, held, Held(), policy)) == 0


def two_levels() -> list[Record]:
    """A role with two levels; a second role that asks for nothing that anybody learns."""
    return [
        *(skill(name) for name in "abc"),
        role(),
        role("other"),
        *(RoleLevel(iri=f"{U}l/{n}", role=f"{U}r/role", name=f"L{n}", rank=n) for n in (1, 2)),
        asks("s/a"),
        asks("s/b", role_level=f"{U}l/1"),
        asks("s/c", role_level=f"{U}l/2"),
        RequirementGroup(iri=f"{U}g/1", owner=f"{U}r/other", minimum=1),
        asks("s/a", name="o1", owner="other", group=f"{U}g/1"),
        asks("s/c", name="o2", owner="other", group=f"{U}g/1"),
    ]


def told(found: RoleChanges, place: int) -> tuple[bool, float, int | None, int | None]:
    detail = found.detail(place)
    return detail.opened, round(detail.gained, 9), detail.rank_before, detail.rank_after


def test_a_level_that_is_won_opens_those_below() -> None:
    """Holding a, then c too: level 2 is met and implies level 1; the other role was open before and is not told."""
    snapshot = built(*two_levels())
    found = what_if(snapshot, holding(snapshot, "s/a"), holding(snapshot, "s/c"), Policy())
    assert names(snapshot, found.rows.tolist()) == [f"{U}r/role"]
    assert told(found, 0) == (True, round(1 / 3, 9), 2, 2)
    assert [snapshot.level_names[level] for level in found.detail(0).levels_opened] == ["L1", "L2"]
    assert found.levels_opened == 2


def test_ranks_are_those_among_the_roles_looked_at() -> None:
    """Of one role alone, from no place to the first."""
    snapshot = built(*two_levels())
    rows = snapshot.rows(snapshot.types[row(snapshot, "r/role")])[[1]]
    found = what_if(snapshot, Held(), holding(snapshot, "s/a"), Policy(), roles=rows)
    assert told(found, 0) == (False, round(1 / 3, 9), None, 1)
    named = what_if(snapshot, Held(), holding(snapshot, "s/a"), Policy(), roles=rows, named=rows.tolist())
    assert told(named, 0) == (False, round(1 / 3, 9), 1, 1)
