"""Matching by many at once on one snapshot, and how much work a match is: counted, not timed."""

import threading
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest
from matching_networks import U, aligned, asks, built, holding, look, role, skill

from graph import coverage, role_index
from graph.many_groups import Found, GroupTrees
from graph.matching import Held, Policy, gap, match
from graph.role_index import RoleIndex, Weights
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import UnknownReferenceError
from ontology.model import Credential, JobRole, Record, Relation, Requirement, RequirementGroup, Teaching

THREADS = 8
WAITING_SECONDS = 60


def network(seed: int = 7) -> Snapshot:
    """40 skills, 10 credentials, 30 roles with groups and leaves, 60 alignments: anyhow, and always the same."""
    random = Random(seed)
    names = [f"{n:02}" for n in range(40)]
    records: list[Record] = [skill(name, *random.sample(names[:n], min(n, 1))) for n, name in enumerate(names)]
    records += [Credential(iri=f"{U}c/{n}") for n in range(10)]
    records += [
        Teaching(iri=f"{U}t/{n}", subject=f"{U}c/{n % 10}", competency=f"{U}s/{random.choice(names)}")
        for n in range(30)
    ]
    for n in range(30):
        records += [role(f"{n:02}"), RequirementGroup(iri=f"{U}g/{n}", owner=f"{U}r/{n:02}", minimum=2)]
        for k, name in enumerate(random.sample(names, 6)):
            inside = f"{U}g/{n}" if k < 3 else None
            records.append(asks(f"s/{name}", name=f"{n}-{k}", owner=f"{n:02}", group=inside))
        records.append(asks(f"c/{random.randrange(10)}", name=f"{n}-c", owner=f"{n:02}"))
    for _ in range(60):
        one, other = random.sample(names, 2)
        records.append(aligned(f"s/{one}", random.choice(list(Relation)), f"s/{other}", 0.9))
    return built(*records)


# --- many at once -----------------------------------------------------------------------------------------------------


def asked_at_once(questions: Sequence[Callable[[], object]]) -> list[list[object]]:
    """What each of eight threads got, each asking all questions, beginning at another one."""
    barrier = threading.Barrier(THREADS, timeout=WAITING_SECONDS)
    answers: list[list[object]] = [[None] * len(questions) for _ in range(THREADS)]
    failures: list[BaseException] = []

    def ask(thread: int) -> None:
        try:
            barrier.wait()
            for step in range(len(questions)):
                number = (step + thread * 5) % len(questions)
                answers[thread][number] = questions[number]()
        except Exception as failure:  # noqa: BLE001 - told by the test, not by the thread
            failures.append(failure)

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAITING_SECONDS)
    assert failures == []
    return answers


def whole_match(snapshot: Snapshot, held: Held, policy: Policy) -> object:
    found = match(snapshot, held, policy)
    return found.rows.tolist(), found.scores.tolist(), [found.detail(place) for place in range(len(found))]


def questions_of(snapshot: Snapshot) -> list[Callable[[], object]]:
    """Forty: ranking with all details, under more policies than are kept at a time, and single gaps."""
    questions: list[Callable[[], object]] = []
    for n in range(20):
        held = holding(snapshot, f"s/{n:02}", f"s/{n + 20:02}", f"c/{n % 10}")
        policy = Policy(close=n / 20, hierarchy=n % 2 == 0, max_hops=n % 4, must_weight=1 + n, min_coverage=n % 3 / 2)
        questions.append(lambda held=held, policy=policy: whole_match(snapshot, held, policy))  # type: ignore[misc]
        asked = snapshot.find_row(f"{U}r/{n:02}")
        questions.append(lambda held=held, policy=policy, asked=asked: gap(snapshot, held, policy, asked))  # type: ignore[misc]
    return questions


def test_threads_that_share_a_snapshot_get_the_answers_of_one() -> None:
    """Eight threads on a fresh snapshot, all caches empty, policies pushing each other out: as asked one after the other."""
    expected = [question() for question in questions_of(network())]
    for answers in asked_at_once(questions_of(network())):
        assert answers == expected


def test_threads_that_look_up_names_get_the_answers_of_one() -> None:
    """Unknown names, texts and rows of a type, each made ready at its first use by whoever comes first."""

    def nearest(snapshot: Snapshot, name: str) -> object:
        with pytest.raises(UnknownReferenceError) as caught:
            snapshot.resolve(name, (ResourceType.COMPETENCY,))
        return caught.value.candidates

    def questions(snapshot: Snapshot) -> list[Callable[[], object]]:
        return [
            lambda: nearest(snapshot, "0x"),
            lambda: snapshot.find_text("1", ResourceType.COMPETENCY).tolist(),
            lambda: snapshot.rows(ResourceType.JOB_ROLE).tolist(),
            lambda: snapshot.resolve("07", (ResourceType.COMPETENCY,)),
        ]

    expected = [question() for question in questions(network())]
    for answers in asked_at_once(questions(network())):
        assert answers == expected


# --- how much work ----------------------------------------------------------------------------------------------------


def grouped_roles(count: int) -> list[Record]:
    """Each with two groups of three skills of 200: role n asks for n, n+1, n+2 and n+50, n+51, n+52 (of 200)."""
    records: list[Record] = []
    for n in range(count):
        owner = f"{U}r/{n:05}"
        records.append(JobRole(iri=owner))
        for part, first in enumerate((n, n + 50)):
            inside = f"{U}g/{n}-{part}"
            records.append(RequirementGroup(iri=inside, owner=owner, minimum=2))
            records += [
                Requirement(iri=f"{inside}-{k}", owner=owner, group=inside, target=f"{U}s/{(first + k) % 200:03}")
                for k in range(3)
            ]
    return records


@pytest.mark.parametrize("count", [200, 2000])
def test_only_groups_that_something_held_bears_on_are_looked_at(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """One held skill of 200 is in 6 leaves of every 200 roles: 6 groups of 400 are visited, however many roles there are."""
    snapshot = built(*(skill(f"{n:03}") for n in range(200)), *grouped_roles(count))
    policy = Policy()
    role_index.role_index_of(snapshot).weights(policy)
    visited: list[int] = []
    above = GroupTrees._above

    def counting(self: GroupTrees, weights: Weights, found: Found) -> Found:
        groups = above(self, weights, found)
        visited.extend(groups[1].tolist())
        return groups

    monkeypatch.setattr(GroupTrees, "_above", counting)
    found = match(snapshot, holding(snapshot, "s/100"), policy)
    assert len(visited) == len(set(visited)) == 6 * count // 200
    assert len(found) == 6 * count // 200
    assert found.scores.tolist() == [0.25] * len(found)  # one of two in one of two groups


def test_what_is_the_same_for_all_learners_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second learner under an equal policy: no index, no weights, no chain of a skill already asked for is made again."""
    snapshot = network()
    made: list[str] = []
    explore, weigh, turn_round = coverage.Chains._explore, Weights.__init__, RoleIndex.__init__

    def exploring(self: coverage.Chains, start: int, *, backward: bool) -> dict[int, coverage.Chain]:
        made.append(snapshot.iris[start].removeprefix(U))
        return explore(self, start, backward=backward)

    def weighing(self: Weights, own: Snapshot, index: RoleIndex, policy: Policy) -> None:
        made.append("weights")
        weigh(self, own, index, policy)

    def turning(self: RoleIndex, own: Snapshot) -> None:
        made.append("index")
        turn_round(self, own)

    monkeypatch.setattr(coverage.Chains, "_explore", exploring)
    monkeypatch.setattr(Weights, "__init__", weighing)
    monkeypatch.setattr(RoleIndex, "__init__", turning)
    match(snapshot, holding(snapshot, "s/01", "s/02"), Policy())
    assert sorted(made) == ["index", "s/01", "s/02", "weights"]
    made.clear()
    match(snapshot, holding(snapshot, "s/02", "s/03"), Policy())
    assert made == ["s/03"]
    made.clear()
    match(snapshot, holding(snapshot, "s/02", "s/03"), Policy(must_weight=2.0))
    assert made == ["weights"]
    made.clear()
    match(snapshot, holding(snapshot, "s/02"), Policy(close=0.5))
    assert made == ["s/02"]


def test_scores_of_a_ranking_are_those_of_the_details() -> None:
    """Of a network with cycles, groups and hierarchy, for twenty learners: score and qualified, to the last bit."""
    snapshot = network(seed=11)
    for n in range(20):
        policy = Policy(hierarchy=n % 2 == 0, max_hops=n % 4, min_coverage=0.5)
        held = holding(snapshot, *(f"s/{(n * 7 + k) % 40:02}" for k in range(5)), f"c/{n % 10}")
        found = match(snapshot, held, policy, named=snapshot.rows(ResourceType.JOB_ROLE).tolist())
        assert len(found) == 30
        details = [look(snapshot, held, policy, snapshot.iris[each].removeprefix(f"{U}r/")) for each in found.rows]
        assert found.scores.tolist() == [each.score for each in details]
        verdicts = [-1 if each.qualified is None else int(each.qualified) for each in details]
        np.testing.assert_array_equal(found.qualified, verdicts)
        assert details == [found.detail(place) for place in range(len(found))]
