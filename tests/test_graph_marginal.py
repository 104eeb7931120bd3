"""One thing more: what is told of a candidate is what a match that holds it too tells."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import FIVE, SHOULD, U, aligned, asks, built, holding, role, row, skill
from matching_worlds import POLICIES, Brute, World, held_of, worlds
from pathway_worlds import names

from graph.marginal import CANDIDATES, MarginalOrder, Marginals, marginal
from graph.matching import Held, HeldCompetency, Policy, gap, match
from graph.snapshot import ResourceType, Snapshot
from graph.standing import Standing
from ontology.model import (
    Awarding,
    Competency,
    Course,
    Credential,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Scale,
    Teaching,
)


def with_one(world: World, iri: str) -> World:
    """The world where one thing more is held; a competency at the top of every scale."""
    if not iri.startswith(f"{U}s/"):
        return World(world.records, world.competencies, [*world.things, iri], world.days)
    tops = [(iri, scale.maximum, scale.iri) for scale in world.all(Scale)]
    return World(world.records, [*world.competencies, *tops], world.things, world.days)


def comparable(value: float) -> float:
    """Rounded where no number of a test lies between two."""
    return round(value + 3e-12, 9)


def expected(world: World, policy: Policy, order: MarginalOrder) -> list[tuple[str, int, int, int, float, list[Any]]]:
    """(candidate, opened, levels opened, raised, gain, roles) by trying each."""
    now = Brute(world, policy)
    roles = sorted(each.iri for each in world.all(JobRole) if now.last(each.iri) == each.iri)
    before = {iri: now.role(iri) for iri in roles}
    tried = [
        each.iri
        for kind in (Competency, Credential, Course)
        for each in world.all(kind)
        if now.last(each.iri) == each.iri
    ]
    found = []
    for iri in tried:
        if iri in now.things:
            continue
        brute = Brute(with_one(world, iri), policy)
        lines = []
        for each in roles:
            then = brute.role(each)
            rise = then["score"] - before[each]["score"]
            opened = then["qualified"] is True and before[each]["qualified"] is False
            levels = sum(b[1] and not a[1] for a, b in zip(before[each]["levels"], then["levels"], strict=True))
            if opened or levels or rise > 1e-12:
                lines.append((each, before[each]["score"], then["score"], opened, levels))
        lines.sort(key=lambda line: (not line[3], -comparable(line[2] - line[1]), -comparable(line[2]), line[0]))
        gain = math.fsum(line[2] - line[1] for line in lines)
        if lines:
            counts = (
                sum(line[3] for line in lines),
                sum(line[4] for line in lines),
                sum(line[2] > line[1] for line in lines),
            )
            found.append((iri, *counts, comparable(gain), lines))
    if order is MarginalOrder.OPENED:
        return sorted(found, key=lambda each: (-each[1], -each[2], -each[4], each[0]))
    return sorted(found, key=lambda each: (-each[4], -each[1], -each[2], each[0]))


def told(snapshot: Snapshot, found: Marginals) -> list[tuple[Any, ...]]:
    columns = zip(
        found.rows.tolist(),
        found.opened.tolist(),
        found.levels_opened.tolist(),
        found.raised.tolist(),
        found.gains.tolist(),
        strict=True,
    )
    return [
        (
            snapshot.iris[candidate],
            *rest,
            [(snapshot.iris[r.role], r.before, r.after, r.opened, r.levels_opened) for r in found.roles(place)],
        )
        for place, (candidate, *rest) in enumerate(columns)
    ]


@settings(max_examples=400)
@given(worlds(), POLICIES, st.sampled_from(list(MarginalOrder)), st.randoms(use_true_random=False))
def test_one_thing_more_equals_brute_force(world: World, policy: Policy, order: MarginalOrder, random: Any) -> None:
    """Candidates, counts, gains, order, and the roles of each, whatever the order of the records."""
    records = list(world.records)
    random.shuffle(records)
    snapshot = built(*records)
    found = told(snapshot, marginal(snapshot, held_of(snapshot, world), policy, order=order))
    wanted = expected(world, policy, order)
    assert [each[:4] for each in found] == [each[:4] for each in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert one[4] == pytest.approx(other[4], abs=2e-9)
        assert [line[0] for line in one[5]] == [line[0] for line in other[5]]
        assert [line[3:] for line in one[5]] == [line[3:] for line in other[5]]
        for line, its in zip(one[5], other[5], strict=True):
            assert line[1:3] == pytest.approx(its[1:3], abs=1e-11)


@settings(max_examples=300)
@given(worlds(), POLICIES)
def test_a_standing_is_what_a_match_says(world: World, policy: Policy) -> None:
    """Scores, qualified, and levels met of every role; coverage of every top requirement."""
    snapshot = built(*world.records)
    held = held_of(snapshot, world)
    standing = Standing(snapshot, held, policy)
    for position, job in enumerate(standing.index.roles.tolist()):
        detail = gap(snapshot, held, policy, job)
        assert standing.scores[position] == pytest.approx(detail.score, abs=1e-11)
        assert standing.qualified[position] == (-1 if detail.qualified is None else detail.qualified)
        for level in detail.levels:
            assert standing.level_met[level.level] == level.qualified
        for unit in (*detail.met, *detail.partial, *detail.missing):
            assert standing.coverage[unit.node] == pytest.approx(unit.coverage, abs=1e-11)


def chained_roles(seed: int) -> list[Record]:
    """60 skills, 20 courses, 6 credentials, 50 roles with nested groups, levels asked, alignments of every kind."""
    from random import Random

    random = Random(seed)
    skills = [f"{n:02}" for n in range(60)]
    records: list[Record] = [
        FIVE,
        *(skill(name, *random.sample(skills[:n], min(n, 1))) for n, name in enumerate(skills)),
    ]
    records += [Credential(iri=f"{U}c/{n}") for n in range(6)]
    records += [Course(iri=f"{U}k/{n:02}") for n in range(20)]
    for n in range(60):
        subject = f"{U}k/{n % 20:02}" if n < 50 else f"{U}c/{n % 6}"
        records.append(Teaching(iri=f"{U}t/{n}", subject=subject, competency=f"{U}s/{random.choice(skills)}"))
    records += [Awarding(iri=f"{U}w/{n}", course=f"{U}k/{n:02}", credential=f"{U}c/{n % 6}") for n in range(8)]
    for n in range(50):
        name = f"{n:02}"
        records += [role(name), RequirementGroup(iri=f"{U}g/{n}", owner=f"{U}r/{name}", minimum=2)]
        records.append(RequirementGroup(iri=f"{U}h/{n}", owner=f"{U}r/{name}", parent=f"{U}g/{n}", minimum=None))
        for k, target in enumerate(random.sample(skills, 7)):
            inside = (None, f"{U}g/{n}", f"{U}h/{n}")[k % 3]
            level = random.choice([None, None, 2.0, 4.0])
            rest: dict[str, Any] = {"importance": SHOULD} if k == 6 else {}
            records.append(asks(f"s/{target}", name=f"{n}-{k}", owner=name, level=level, group=inside, **rest))
    for _ in range(80):
        one, other = random.sample(skills, 2)
        records.append(aligned(f"s/{one}", random.choice(list(Relation)), f"s/{other}", random.choice([None, 0.9])))
    return records


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("hierarchy", [False, True])
def test_every_candidate_of_a_larger_network_is_as_a_match_with_it(seed: int, hierarchy: bool) -> None:
    """Each competency, credential and course, tried by a match of its own: opened, raised and gain."""
    snapshot = built(*chained_roles(seed))
    policy = Policy(min_coverage=0.5, hierarchy=hierarchy)
    held = holding(snapshot, "s/03", "s/11", "k/07", level=3)
    found = marginal(snapshot, held, policy)
    everybody = snapshot.rows(ResourceType.JOB_ROLE)

    def scores(learner: Held) -> tuple[Any, Any]:
        ranked = match(snapshot, learner, policy, named=everybody.tolist())
        order = np.argsort(ranked.rows)
        return ranked.scores[order], ranked.qualified[order]

    before, qualified = scores(held)
    effects = {}
    top = snapshot.scale_iris.find_sorted(f"{U}x/five")
    for kind in CANDIDATES:
        for candidate in snapshot.rows(kind).tolist():
            if kind is ResourceType.COMPETENCY:
                own = HeldCompetency(row=candidate, value=5.0, scale=top)
                then, now = scores(replace(held, competencies=(*held.competencies, own)))
            elif kind is ResourceType.COURSE:
                then, now = scores(replace(held, courses=(*held.courses, candidate)))
            else:
                then, now = scores(replace(held, credentials=(*held.credentials, candidate)))
            opened = int(((now == 1) & (qualified == 0)).sum())
            raised = int((then > before).sum())
            if opened or raised:
                effects[candidate] = (opened, raised, pytest.approx(float((then - before).sum()), abs=1e-8))
    told_here = zip(
        found.rows.tolist(), found.opened.tolist(), found.raised.tolist(), found.gains.tolist(), strict=True
    )
    assert {each: rest for each, *rest in told_here} == {each: list(its) for each, its in effects.items()}
    assert len(found) > 40


def test_only_the_kinds_and_roles_asked_for_count() -> None:
    """Two roles ask for a, one for b; of role two alone b is as good as a, and comes after it by IRI."""
    records: list[Record] = [skill("a"), skill("b"), role("one"), role("two"), Course(iri=f"{U}k/ab")]
    records += [asks("s/a", owner="one"), asks("s/a", name="2a", owner="two"), asks("s/b", name="2b", owner="two")]
    records += [Teaching(iri=f"{U}t/{n}", subject=f"{U}k/ab", competency=f"{U}s/{n}") for n in "ab"]
    snapshot = built(*records)
    found = marginal(snapshot, Held(), Policy(), kinds=[ResourceType.COMPETENCY])
    assert told(snapshot, found) == [
        (f"{U}s/a", 1, 0, 2, 1.5, [(f"{U}r/one", 0.0, 1.0, True, 0), (f"{U}r/two", 0.0, 0.5, False, 0)]),
        (f"{U}s/b", 0, 0, 1, 0.5, [(f"{U}r/two", 0.0, 0.5, False, 0)]),
    ]
    two = marginal(snapshot, Held(), Policy(), roles=np.array([row(snapshot, "r/two")], np.int32))
    assert names(snapshot, two.rows.tolist()) == [f"{U}k/ab", f"{U}s/a", f"{U}s/b"]
    assert two.opened.tolist() == [1, 0, 0]
    assert len(marginal(snapshot, Held(), Policy(), kinds=[])) == 0


def test_more_than_one_request_may_weigh_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the limit it is answered, one over it refused; a kind at a time it may be answered again."""
    from graph import marginal as module
    from ontology.errors import InputError

    records: list[Record] = [skill("a"), role(), asks("s/a"), Course(iri=f"{U}k/a")]
    snapshot = built(*records, Teaching(iri=f"{U}t/a", subject=f"{U}k/a", competency=f"{U}s/a"))
    monkeypatch.setattr(module, "LEAVES_AT_MOST", 2)
    assert len(marginal(snapshot, Held(), Policy())) == 2
    monkeypatch.setattr(module, "LEAVES_AT_MOST", 1)
    with pytest.raises(InputError) as caught:
        marginal(snapshot, Held(), Policy())
    assert caught.value.code == "input.too-large"
    assert len(marginal(snapshot, Held(), Policy(), kinds=[ResourceType.COURSE])) == 1


def test_large_and_deep_is_answered() -> None:
    """A role with 5,000 requirements, a tree 50 deep, and a learner with 10,000 competencies."""
    records: list[Record] = [skill(f"{n:05}") for n in range(10_000)]
    records += [role("broad"), role("deep")]
    records += [asks(f"s/{n:05}", owner="broad") for n in range(5_000)]
    inside = None
    for depth in range(50):
        iri = f"{U}g/{depth:02}"
        records.append(RequirementGroup(iri=iri, owner=f"{U}r/deep", parent=inside, minimum=1))
        inside = iri
    records.append(Requirement(iri=f"{U}q/deep", owner=f"{U}r/deep", group=inside, target=f"{U}s/00000"))
    snapshot = built(*records)
    found = marginal(snapshot, Held(), Policy())
    assert found.opened.tolist()[:2] == [1, 0]
    assert len(found) == 5_000
    everything = Held(
        competencies=tuple(HeldCompetency(row=n) for n in snapshot.rows(ResourceType.COMPETENCY).tolist())
    )
    assert len(marginal(snapshot, everything, Policy())) == 0
    assert Standing(snapshot, everything, Policy()).qualified.tolist() == [1, 1]
