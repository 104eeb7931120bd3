"""From role to role: similarity, effort and paths are those that a look at every pair and every path gives."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import FIVE, U, aligned, asks, built, role, row, skill
from matching_worlds import FLIP, POLICIES, STEP_FIELDS, Brute, World, worlds

from graph.career_paths import CareerPaths, PathLimits, career_paths
from graph.matching import Policy, gap, match
from graph.role_moves import EFFORT_UNITS, Fulfilment, MoveQuestion, holder_of, moves_of
from graph.snapshot import Snapshot
from ontology.errors import InputError
from ontology.model import (
    Alignment,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
)

GENEROUS_MS = 60_000


def fulfilling(world: World, brute: Brute, iri: str, fulfilment: Fulfilment) -> World:
    """The world where what a role asks for is all that is held."""
    tops = [top for top in brute.tops(iri) if fulfilment is Fulfilment.EVERYTHING or top.importance is Importance.MUST]
    competencies: list[tuple[str, float | None, str | None]] = []
    things, days = [], 0.0
    for leaf in (leaf for top in tops for leaf in brute.leaves(top)):
        kind = brute.leaf_kind(leaf)
        if kind in (Course, Credential):
            things.append(brute.last(str(leaf.target)))
        elif kind is Competency:
            level = leaf.level
            competencies.append((str(leaf.target), *((None, None) if level is None else (level.value, level.scale))))
        else:
            days = max(days, leaf.experience_days or 0.0)
    return World(world.records, competencies, things, days)


def effort(brute: Brute, iri: str) -> float:
    """What is lacking for a role: of the score, and of the musts beside it."""
    found = brute.role(iri)
    tops = {top.iri: top for top in brute.tops(iri)}
    total = sum(map(brute.weight, tops.values()))
    beside = [
        each
        for each in found["blocking"]
        if not all(brute.leaf_kind(leaf) is Competency for leaf in brute.leaves(tops[each]))
    ]
    return float(total * (1 - found["score"]) + brute.policy.must_weight * len(beside))


def pairs(
    world: World, policy: Policy, fulfilment: Fulfilment, alignments: bool
) -> dict[tuple[str, str], tuple[float, float]]:
    """(similarity, effort) between each two roles."""
    nobody = Brute(World(world.records), policy)
    roles = sorted(each.iri for each in world.all(JobRole) if nobody.last(each.iri) == each.iri)
    found = {}
    for start in roles:
        brute = Brute(fulfilling(world, nobody, start, fulfilment), policy)
        for end in roles:
            if start == end:
                continue
            similarity, between = brute.role(end)["score"], effort(brute, end)
            for each in world.all(Alignment) if alignments else ():
                ends = nobody.last(each.subject), nobody.last(each.object)
                for way, relation in ((ends, each.relation), (ends[::-1], FLIP.get(each.relation, each.relation))):
                    if way == (start, end):
                        factor = getattr(policy, STEP_FIELDS[relation]) * (
                            1 if each.confidence is None else each.confidence
                        )
                        similarity = max(similarity, factor)
                        between = min(between, effort(nobody, end) * (1 - factor))
            found[start, end] = similarity, between
    return found


def with_role_alignments(draw: st.DrawFn, world: World) -> World:
    roles = [each.iri for each in world.all(JobRole)]
    more: list[Record] = []
    for n in range(draw(st.integers(0, 3))):
        start, end = draw(st.sampled_from(roles)), draw(st.sampled_from(roles))
        relation, confidence = draw(st.sampled_from(list(Relation))), draw(st.sampled_from([None, 0.5, 1.0]))
        more.append(Alignment(iri=f"{U}b/{n}", subject=start, object=end, relation=relation, confidence=confidence))
    return World([*world.records, *more], world.competencies, world.things, world.days)


@st.composite
def role_worlds(draw: st.DrawFn) -> World:
    return with_role_alignments(draw, draw(worlds()))


QUESTIONS = st.builds(
    MoveQuestion, policy=POLICIES, fulfilment=st.sampled_from(list(Fulfilment)), alignments=st.booleans()
)


@settings(max_examples=400)
@given(role_worlds(), QUESTIONS, st.randoms(use_true_random=False))
def test_moves_equal_brute_force(world: World, question: MoveQuestion, random: Any) -> None:
    """Similarity and effort of every pair of roles, and the order, whatever the order of the records."""
    records = list(world.records)
    random.shuffle(records)
    snapshot = built(*records)
    expected = pairs(world, question.policy, question.fulfilment, question.alignments)
    moves = moves_of(snapshot, question)
    for start in sorted({start for start, _ in expected}):
        found = moves.all(snapshot.find_row(start))
        told = {
            snapshot.iris[end]: (similarity, between / EFFORT_UNITS)
            for end, similarity, between in zip(
                found.rows.tolist(), found.similarities.tolist(), found.efforts.tolist(), strict=True
            )
        }
        wanted = {end: its for (begin, end), its in expected.items() if begin == start and round(its[0], 12) > 0}
        assert set(told) == set(wanted)
        for end, its in wanted.items():
            assert told[end] == pytest.approx(its, abs=3e-9)
        keys = list(zip((-found.similarities).tolist(), found.efforts.tolist(), found.rows.tolist(), strict=True))
        assert keys == sorted(keys)
        for end in {end for begin, end in expected if begin == start}:
            similarity, between, _ = moves.between(snapshot.find_row(start), snapshot.find_row(end))
            assert (similarity, between / EFFORT_UNITS) == pytest.approx(expected[start, end], abs=3e-9)


@settings(max_examples=200)
@given(role_worlds(), POLICIES, st.sampled_from(list(Fulfilment)))
def test_similarity_is_a_match_of_who_fulfils_the_role(world: World, policy: Policy, fulfilment: Fulfilment) -> None:
    """Without alignments: the score that `match` gives who holds what the role asks for."""
    snapshot = built(*world.records)
    moves = moves_of(snapshot, MoveQuestion(policy=policy, fulfilment=fulfilment, alignments=False))
    for job in moves_of(snapshot, MoveQuestion(policy=policy))._nobody.index.roles.tolist():
        found = moves.all(job)
        ranked = match(snapshot, holder_of(snapshot, job, fulfilment), policy)
        scores = dict(zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True))
        told = dict(zip(found.rows.tolist(), found.similarities.tolist(), strict=True))
        assert told == pytest.approx(
            {other: score for other, score in scores.items() if score > 0 and other != job}, abs=1e-11
        )


# --- paths ------------------------------------------------------------------------------------------------------------


def every_path(
    snapshot: Snapshot, question: MoveQuestion, start: int, goal: int, limits: PathLimits
) -> list[tuple[int, int, tuple[int, ...]]]:
    """(effort, moves, roles) of every path, best first, by trying all orders of all roles."""
    moves = moves_of(snapshot, question)
    rows = moves._nobody.index.roles.tolist()
    edges = {}
    for each in rows:
        found = moves.all(each)
        for place in range(min(limits.neighbours, len(found.rows))):
            if found.similarities[place] >= limits.min_similarity:
                edges[each, int(found.rows[place])] = int(found.efforts[place])
    paths = []
    between = [each for each in rows if each not in (start, goal)]
    for count in range(limits.max_moves):
        for middle in itertools.permutations(between, count):
            path = (start, *middle, goal)
            steps = list(itertools.pairwise(path))
            if all(step in edges for step in steps):
                paths.append((sum(edges[step] for step in steps), len(steps), path))
    return sorted(paths)


def told_paths(found: CareerPaths) -> list[tuple[int, int, tuple[int, ...]]]:
    return [
        (path.effort, len(path.moves), (path.moves[0].start, *(move.end for move in path.moves)))
        for path in found.paths
    ]


def network(random: Any, count: int) -> Snapshot:
    """Roles that each ask for some of twelve skills, with groups, and some alignments between roles."""
    records: list[Record] = [FIVE, *(skill(f"{n:02}") for n in range(12))]
    for n in range(count):
        name = f"{n:02}"
        records += [role(name), RequirementGroup(iri=f"{U}g/{n}", owner=f"{U}r/{name}", minimum=1)]
        for k, target in enumerate(random.sample(range(12), random.randint(2, 5))):
            inside = f"{U}g/{n}" if k == 0 else None
            records.append(asks(f"s/{target:02}", name=f"{n}-{k}", owner=name, group=inside))
    for _ in range(count // 3):
        start, end = random.sample(range(count), 2)
        records.append(aligned(f"r/{start:02}", Relation.CLOSE, f"r/{end:02}", random.choice([None, 0.5])))
    return built(*records)


@settings(max_examples=250)
@given(
    st.randoms(use_true_random=False),
    st.builds(
        PathLimits,
        max_moves=st.integers(1, 4),
        neighbours=st.integers(1, 6),
        min_similarity=st.sampled_from([0.0, 0.25, 0.5]),
        deadline_ms=st.just(GENEROUS_MS),
    ),
    st.integers(1, 10),
)
def test_paths_equal_a_look_at_all_orders(random: Any, limits: PathLimits, first: int) -> None:
    """The best paths between two of seven roles: effort, moves, roles, and ties."""
    snapshot = network(random, 7)
    question = MoveQuestion(policy=Policy())
    start, goal = (row(snapshot, f"r/{n:02}") for n in (0, 6))
    found = career_paths(snapshot, start, goal, question, limits=limits, first=first)
    assert found.complete
    assert told_paths(found) == every_path(snapshot, question, start, goal, limits)[:first]
    for path in found.paths:
        for move in path.moves:
            assert moves_of(snapshot, question).between(move.start, move.end) == (
                move.similarity,
                move.effort,
                move.alignment,
            )


def ladder(count: int) -> Snapshot:
    """Role n asks for skills n to n + 3: each is like the next."""
    records: list[Record] = [skill(f"{n:02}") for n in range(count + 4)]
    for n in range(count):
        records.append(role(f"{n:02}"))
        records += [asks(f"s/{n + k:02}", name=f"{n:02}-{k}", owner=f"{n:02}") for k in range(4)]
    return built(*records)


def test_a_far_role_is_reached_over_those_between() -> None:
    """From rung 0 to rung 4 nothing is shared; over rung 2 half is, twice: two musts each time."""
    snapshot = ladder(8)
    question = MoveQuestion(policy=Policy())
    start, goal = row(snapshot, "r/00"), row(snapshot, "r/04")
    found = career_paths(snapshot, start, goal, question, limits=PathLimits(min_similarity=0.5), first=1)
    assert told_paths(found) == [(4 * 10**9, 2, (start, row(snapshot, "r/02"), goal))]
    assert (found.direct.similarity, found.direct.effort) == (0.0, 4 * 10**9)
    none = career_paths(snapshot, start, goal, question, limits=PathLimits(min_similarity=0.9))
    assert (none.paths, none.complete) == ((), True)


def test_paths_lead_only_over_roles_asked_for() -> None:
    """Without rung 2 the way from 0 to 4 takes three moves."""
    snapshot = ladder(8)
    rows = np.array([row(snapshot, f"r/{n:02}") for n in (1, 3, 5)], np.int32)
    start, goal = row(snapshot, "r/00"), row(snapshot, "r/04")
    limits = PathLimits(min_similarity=0.5)
    found = career_paths(snapshot, start, goal, MoveQuestion(policy=Policy()), limits=limits, roles=rows)
    over = [tuple(snapshot.iris[each][-2:] for each in path) for _, _, path in told_paths(found)]
    assert over == [("00", "01", "03", "04")]


def test_without_time_nothing_is_said_to_be_complete() -> None:
    """A deadline that is over: the direct way is told all the same."""
    snapshot = ladder(8)
    start, goal = row(snapshot, "r/00"), row(snapshot, "r/01")
    limits = PathLimits(deadline_ms=0)
    found = career_paths(snapshot, start, goal, MoveQuestion(policy=Policy()), limits=limits)
    assert (found.paths, found.complete, found.direct.effort) == ((), False, 10**9)


def test_very_many_equal_paths_are_bounded() -> None:
    """Sixty roles that ask for the same: every order of them costs nothing, and a few are told."""
    records: list[Record] = [skill("a"), *(role(f"{n:02}") for n in range(60))]
    records += [asks("s/a", name=f"{n:02}", owner=f"{n:02}") for n in range(60)]
    snapshot = built(*records)
    limits = PathLimits(max_moves=5, neighbours=50, deadline_ms=GENEROUS_MS)
    found = career_paths(
        snapshot, row(snapshot, "r/00"), row(snapshot, "r/40"), MoveQuestion(policy=Policy()), limits=limits
    )
    assert not found.complete
    assert told_paths(found)[0][:2] == (0, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_moves": 0},
        {"max_moves": 6},
        {"neighbours": 0},
        {"neighbours": 51},
        {"min_similarity": float("nan")},
        {"deadline_ms": -1},
    ],
)
def test_limits_of_paths_are_checked(wrong: dict[str, Any]) -> None:
    """Each at L + 1."""
    with pytest.raises(InputError) as caught:
        PathLimits(**wrong)
    assert caught.value.code == "input.paths"


def test_no_path_leads_from_a_role_to_itself() -> None:
    """An error, not an empty answer."""
    snapshot = ladder(3)
    with pytest.raises(InputError):
        career_paths(
            snapshot, row(snapshot, "r/00"), row(snapshot, "r/00"), MoveQuestion(policy=Policy()), limits=PathLimits()
        )


def test_who_fulfils_a_role_meets_it() -> None:
    """Everything it asks for is held, at the level asked, with the days asked."""
    records: list[Record] = [FIVE, skill("a"), skill("b"), role(), asks("s/a", level=3.0), asks("s/b")]
    records.append(Requirement(iri=f"{U}q/days", owner=f"{U}r/role", experience_days=365.0))
    snapshot = built(*records)
    held = holder_of(snapshot, row(snapshot, "r/role"), Fulfilment.EVERYTHING)
    assert held.experience_days == 365.0
    found = gap(snapshot, held, Policy(), row(snapshot, "r/role"))
    assert (found.score, found.qualified) == (1.0, True)
