"""Who holds very much is answered as everybody, by other ways: together, and backward from what is asked."""

import numpy as np
import pytest
from many_worlds import learners_on, network
from matching_networks import U, built, role, skill

from graph import many_learners, results
from graph.coverage import Recent, chains_of
from graph.layout import ResourceType
from graph.marginal import marginal
from graph.matching import Held, HeldCompetency, Matches, Policy, match
from graph.snapshot import Snapshot
from graph.what_if import what_if
from ontology.errors import InputError
from ontology.model import Record, Requirement, RequirementGroup

POLICIES = (
    Policy(),
    Policy(min_coverage=0.4, hierarchy=True, unknown_level=0.1),
    Policy(exact=0.9, related=0.7, held_broader=0.6, max_hops=2, min_coverage=0.25),
)


def told(found: Matches) -> list[object]:
    """All that is told of all roles, but for which of equal sums was added first."""
    return [(score, *found.detail(place)) for place, score in enumerate(found.scores.tolist())]


def everybody(snapshot: Snapshot, seed: int) -> list[Held]:
    """Learners, and one who holds every competency, twice and at several levels."""
    rows = snapshot.rows(ResourceType.COMPETENCY).tolist()
    much = [HeldCompetency(row=row) for row in rows] + [HeldCompetency(row=row, value=2.0, scale=0) for row in rows]
    much += [HeldCompetency(row=row, value=row % 7, scale=1) for row in rows]
    return [*learners_on(snapshot, 12, seed), Held(competencies=tuple(much))]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("policy", POLICIES)
def test_much_is_matched_as_little_is(monkeypatch: pytest.MonkeyPatch, seed: int, policy: Policy) -> None:
    """Scores, order, units, evidence and chains are the same whichever way is taken."""
    usual = network(seed)
    expected = [told(match(usual, each, policy)) for each in everybody(usual, seed)]
    monkeypatch.setattr(many_learners, "_TOGETHER_FROM", 1)
    monkeypatch.setattr(results, "_BACKWARD_FROM", 1)
    other = network(seed)  # what is kept with a snapshot is kept with the first one
    assert [told(match(other, each, policy)) for each in everybody(other, seed)] == expected


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_of_reaches_is_bounded(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Forgetting what was reached, and following many at once, changes no answer."""
    usual = network(seed)
    expected = [told(match(usual, each, POLICIES[1])) for each in everybody(usual, seed)]
    monkeypatch.setattr(many_learners, "_REACHED_KEPT", 5)
    monkeypatch.setattr(many_learners, "_ONE_BY_ONE", 0)
    monkeypatch.setattr("graph.coverage._WAYS_AT_ONCE", 3)
    other = network(seed)
    assert [told(match(other, each, POLICIES[1])) for each in everybody(other, seed)] == expected


@pytest.mark.parametrize("most", [1, 40, 2_000_000])
@pytest.mark.parametrize("policy", POLICIES)
def test_places_share_what_their_rows_reach(monkeypatch: pytest.MonkeyPatch, policy: Policy, most: int) -> None:
    """Of a place the best of its rows' chains, however few ways are looked at together."""
    monkeypatch.setattr("graph.coverage._WAYS_AT_ONCE", most)
    snapshot = network(5)
    chains = chains_of(snapshot, policy)
    rows = snapshot.rows(ResourceType.COMPETENCY).astype(np.int64)
    places = np.arange(len(rows)) // 7
    best: dict[tuple[int, int], float] = {}
    for place, row in zip(places.tolist(), rows.tolist(), strict=True):
        for end, chain in chains.leading_from(row).items():
            best[place, end] = max(best.get((place, end), 0.0), chain.factor)
    found, ends, factors = chains.leading_from_many(rows, places)
    pairs = list(zip(found.tolist(), ends.tolist(), strict=True))
    assert pairs == sorted(best)
    assert factors.tolist() == pytest.approx([best[pair] for pair in pairs], abs=1e-12)


@pytest.mark.parametrize("policy", POLICIES)
def test_chains_are_the_same_from_both_ends(policy: Policy) -> None:
    """The way, its steps, and the product to the last bit."""
    snapshot = network(6)
    chains = chains_of(snapshot, policy)
    for row in snapshot.rows(ResourceType.COMPETENCY).tolist():
        for start, chain in chains.leading_to(row).items():
            assert chain.walked() == chains.leading_from(start)[row]


def test_what_would_change_is_told_of_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """`whatIf` adds to all of it what `match` counts of all of it."""
    monkeypatch.setattr(many_learners, "_TOGETHER_FROM", 1)
    snapshot = network(2)
    *_, much = everybody(snapshot, 2)
    changes = what_if(snapshot, Held(), much, POLICIES[1])
    after = match(snapshot, much, POLICIES[1])
    scores = dict(zip(after.rows.tolist(), after.scores.tolist(), strict=True))
    assert [scores[row] for row in changes.rows.tolist()] == changes.scores.tolist()
    assert len(changes) > 0


@pytest.mark.parametrize("seed", range(2))
def test_groups_are_added_up_in_portions(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """However few children are looked at together, every candidate changes the same."""

    def tried(snapshot: Snapshot) -> list[list[float]]:
        found = marginal(snapshot, Held(), POLICIES[1])
        columns = (found.rows, found.opened, found.levels_opened, found.raised, found.gains)
        return [column.tolist() for column in columns]

    expected = tried(network(seed))
    monkeypatch.setattr("graph.standing._PAIRS_AT_ONCE", 2)
    assert tried(network(seed)) == expected


def test_what_lies_in_large_groups_counts_as_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty skills in one group are 20 leaves, and the 20 beside each are looked at too: 420."""
    records: list[Record] = [role("r"), RequirementGroup(iri=f"{U}g", owner=f"{U}r/r", minimum=3)]
    for n in range(20):
        records += [
            skill(f"{n:02}"),
            Requirement(iri=f"{U}q/{n}", owner=f"{U}r/r", target=f"{U}s/{n:02}", group=f"{U}g"),
        ]
    snapshot = built(*records)
    monkeypatch.setattr("graph.marginal.LEAVES_AT_MOST", 420)
    assert len(marginal(snapshot, Held(), Policy())) == 20
    monkeypatch.setattr("graph.marginal.LEAVES_AT_MOST", 419)
    with pytest.raises(InputError) as caught:
        marginal(snapshot, Held(), Policy())
    assert caught.value.code == "input.too-large"


def test_results_are_kept_by_weight() -> None:
    """The last ones that together weigh no more than the capacity; one that weighs more alone stays until the next."""
    kept: Recent[str, str] = Recent(5, len)
    for each in ("aa", "bbb"):
        kept.get(each, lambda each=each: each)  # type: ignore[misc]  # the default binds it now
    assert (kept.find("aa"), kept.find("bbb")) == ("aa", "bbb")
    kept.get("c", lambda: "c")
    assert (kept.find("aa"), kept.find("bbb"), kept.find("c")) == (None, "bbb", "c")
    kept.get("long", lambda: "seven77")
    assert [kept.find(each) for each in ("bbb", "c", "long")] == [None, None, "seven77"]
    kept.get("d", lambda: "d")
    assert (kept.find("long"), kept.find("d")) == (None, "d")
