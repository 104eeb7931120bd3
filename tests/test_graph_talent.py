"""Talent search: consent, pseudonyms, counts, evidence, the budget, what erasure leaves. All learners are invented."""

import multiprocessing
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from many_worlds import network
from matching_networks import U, asks, built, role, row, skill
from talent_worlds import new, proven
from test_graph_learners import content_of

from graph.awards import References, count_documents
from graph.learner_log import FOLDER as LOG_FOLDER
from graph.learner_records import ANY_EMPLOYER, TALENT_SEARCH
from graph.learner_rules import OPERATOR, Reader
from graph.learners import Learners
from graph.matching import Held, gap, match
from graph.policy import Policy
from graph.role_index import role_index_of
from graph.snapshot import ResourceType
from graph.talent import Candidate, Employer, Question, Talent, TalentPage
from graph.talent_budget import FILE
from graph.talent_trees import tree_of_role
from ontology.credentials.verdicts import Issuer, Verdict, Verification
from ontology.errors import LimitError, NotReadyError, UnknownReferenceError
from ontology.model import Record

ACME = Employer(name="acme", who="employer acme (key 0123456789ab)")
GLOBEX = Employer(name="globex", who="employer globex (key 0123456789ac)")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
WORLD: tuple[Record, ...] = (
    skill("a"),
    skill("b"),
    skill("c"),
    role(),
    asks("s/a"),
    asks("s/b"),
)


class Clock:
    """A time that a test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class Place:
    """A data folder with a search over it."""

    def __init__(self, home: Path, searches: int = 1000) -> None:
        self.home, self.clock = home, Clock()
        self.learners = Learners(home, clock=self.clock)
        self.talent = self.another(searches)
        self.snapshot = built(*WORLD)

    def another(self, searches: int = 1000) -> Talent:
        """The search of another process."""
        return Talent(self.home, Learners(self.home, clock=self.clock), searches_a_day=searches, clock=self.clock)

    def learner(self, *documents: Verification, to: str = "acme", name: str = "Somebody") -> str:
        """A learner with these documents, found by whom they let."""
        made = self.learners.add(name).id
        for each in documents:
            self.learners.store_document(made, new(each), OPERATOR)
        if to:
            self.consent(made, to)
        return made

    def consent(self, learner: str, to: str = "acme", days: int = 30) -> str:
        """The id of a consent to be found."""
        end = self.clock.now + timedelta(days=days)
        return self.learners.give_consent(learner, to, TALENT_SEARCH, end, OPERATOR).id

    def question(self, **rest: object) -> Question:
        """What the world's role asks."""
        tree = tree_of_role(self.snapshot, row(self.snapshot, "r/role"))
        return replace(Question(snapshot=self.snapshot, tree=tree, policy=Policy()), **rest)  # type: ignore[arg-type]

    def search(self, employer: Employer = ACME, first: int = 50, talent: Talent | None = None) -> TalentPage:
        """A page."""
        return (talent or self.talent).search(self.question(), employer, first, wait_seconds=60)

    def found(self, employer: Employer = ACME, talent: Talent | None = None) -> list[str]:
        """Ids of who is shown, best first."""
        return [each.record.id for each in self.search(employer, talent=talent).candidates]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "home")


BOTH = proven(f"{U}s/a", f"{U}s/b")
ONE = proven(f"{U}s/a")


def test_only_who_lets_this_employer_is_found(place: Place) -> None:
    """A consent for the purpose, this receiver or any employer, that has not ended; nobody else, whatever they hold."""
    mine = place.learner(BOTH)
    everybody = place.learner(BOTH, to=ANY_EMPLOYER)
    place.learner(BOTH, to="")
    place.learner(BOTH, to="globex")
    other = place.learner(BOTH, to="")
    place.learners.give_consent(other, "acme", "hiring", NOON + timedelta(days=9), OPERATOR)
    assert sorted(place.found()) == sorted([mine, everybody])
    place.clock.now = NOON + timedelta(days=30)
    assert place.found() == []
    place.consent(other)
    assert place.found() == [other]


def test_a_consent_to_be_found_opens_nothing_else(place: Place) -> None:
    """Neither documents nor record, also for who knows the learner's id and states the purpose; however it is spelled."""
    ada = place.learner(BOTH)
    consent = place.learners.give_consent(ada, "acme", "Talent  Search", NOON + timedelta(days=9), OPERATOR)
    assert consent.purpose == TALENT_SEARCH
    for purpose in (TALENT_SEARCH, "talent-disclosure", "Talent Search"):
        by = Reader(who="employer acme", receiver="acme", purpose=purpose)
        with pytest.raises(UnknownReferenceError):
            place.learners.documents(ada, by)
        with pytest.raises(UnknownReferenceError):
            place.learners.read(ada, by)


def test_withdrawal_by_another_process_is_seen_at_once(place: Place) -> None:
    """Also where the index was made before; and a consent that comes back, as another one, is too."""
    ada, other = place.learner(BOTH), Learners(place.home, clock=place.clock)
    consents = [place.consent(ada), *(each.id for each in place.learners.read(ada, OPERATOR).consents)]
    another = place.another()
    assert place.found() == place.found(talent=another) == [ada]
    for each in dict.fromkeys(consents):
        other.withdraw(ada, each, OPERATOR)
    assert place.found() == place.found(talent=another) == []
    assert place.search().count is None
    place.consent(ada)
    assert place.found() == place.found(talent=another) == [ada]


def test_consent_is_read_anew_for_each_page(place: Place) -> None:
    """Who withdraws between the ranking and the showing is not shown; pages go on behind where they were."""
    ids = [place.learner(BOTH) for _ in range(9)]
    first = place.talent.search(place.question(), ACME, 3, wait_seconds=60)
    shown = [each.record.id for each in first.candidates]
    left = [each for each in place.found() if each not in shown]
    other = Learners(place.home, clock=place.clock)
    gone = left[1]
    real = place.talent.index.refreshed

    def refreshed_then_withdrawn(**rest: float) -> object:
        found = real(**rest)
        for each in other.read(gone, OPERATOR).consents:
            other.withdraw(gone, each.id, OPERATOR)
        return found

    place.talent.index.refreshed = refreshed_then_withdrawn  # type: ignore[method-assign,assignment]
    second = place.talent.search(place.question(), ACME, 3, first.candidates[-1].place)
    assert [each.record.id for each in second.candidates] == [left[0], left[2], left[3]]
    assert sorted(ids) == sorted([*shown, *left])
    assert second.has_previous


def test_pages_show_each_learner_once_in_an_order_that_is_the_receivers_own(place: Place) -> None:
    """By score, then by pseudonym; so the orders of two employers tell nothing of each other."""
    for number in range(23):
        place.learner(BOTH if number % 3 else ONE, to=ANY_EMPLOYER)
    whole = place.search().candidates
    paged: list[Candidate] = []
    after = None
    while True:
        page = place.talent.search(place.question(), ACME, 4, after)
        paged += page.candidates
        if not page.has_next:
            break
        after = page.candidates[-1].place
    assert [each.place for each in paged] == [each.place for each in whole]
    places = [(-each.place.score, -each.place.musts_held, each.place.pseudonym) for each in whole]
    assert places == sorted(places)
    other = place.search(GLOBEX).candidates
    assert {each.place.pseudonym for each in whole}.isdisjoint(each.place.pseudonym for each in other)
    assert sorted(place.found()) == sorted(place.found(GLOBEX))
    assert place.found() != place.found(GLOBEX)
    assert [each.place for each in place.search(talent=place.another()).candidates] == [each.place for each in whole]


def test_what_does_not_count_any_more_is_not_found(place: Place) -> None:
    """Expired since, revoked or unproven when it was checked, of somebody else: nobody is found by it."""
    ends = (NOON + timedelta(days=2)).isoformat().replace("+00:00", "Z")
    soon = place.learner(replace(BOTH, valid_until=ends))
    place.learner(replace(BOTH, verdict=Verdict.REVOKED))
    place.learner(replace(BOTH, issuer=Issuer(id="did:example:nobody")))
    place.learner(replace(BOTH, subject_ids=frozenset()))
    trusted = place.learner(replace(BOTH, issuer=Issuer(id="did:example:listed", trusted=True)))
    mixed = place.learner(ONE, ONE, proven(f"{U}s/b", subject="did:example:bob"))
    scores = {each.record.id: each.place.score for each in place.search().candidates}
    assert scores == {soon: 1.0, trusted: 1.0, mixed: 0.5}
    place.clock.now = NOON + timedelta(days=2, seconds=1)
    assert sorted(place.found()) == sorted([trusted, mixed])


def test_what_is_stored_removed_and_checked_anew_counts_at_the_next_search(place: Place) -> None:
    """By another process too; a document that was stored without a verdict counts once it is verified."""
    ada, other = place.learner(), Learners(place.home, clock=place.clock)
    assert place.found() == []
    stored = other.store_document(ada, new(BOTH), OPERATOR)
    assert place.found() == [ada]
    other.keep_evidence(ada, {stored.id: replace(BOTH, verdict=Verdict.REVOKED)})
    assert place.found() == []
    other.keep_evidence(ada, {stored.id: BOTH})
    assert place.found() == [ada]
    other.remove_document(ada, stored.id, OPERATOR)
    assert place.found() == []
    bare = other.store_document(ada, replace(new(BOTH), found=None), OPERATOR)
    assert place.found() == []
    due = other.documents_to_check(ada, "2000-01-01T00:00:00Z")
    assert [each.id for each, _ in due] == [bare.id]
    other.keep_evidence(ada, {bare.id: BOTH})
    assert place.found() == [ada]
    assert other.documents_to_check(ada, "2000-01-01T00:00:00Z") == []


def test_each_showing_is_noted_for_the_learner(place: Place) -> None:
    """Who, why and what, once a page; a count alone shows nobody, and notes nothing."""
    ada = place.learner(BOTH)
    place.search()
    place.talent.search(place.question(), ACME, 0)
    place.search(GLOBEX)
    entries = [each for each in place.learners.audit(ada, OPERATOR)[0] if each.act == "found"]
    assert [(each.who, each.why) for each in entries] == [(ACME.who, TALENT_SEARCH)]
    assert entries[0].what == (f"role {U}r/role", "score", "requirements met")


def test_counts_under_five_are_hidden_and_others_blurred(place: Place) -> None:
    """The same learners give the same count; one more does not always give another one, nor always the same."""
    counts: list[int | None] = []
    for number in range(30):
        place.learner(BOTH)
        page = place.talent.search(place.question(), ACME, 0, wait_seconds=60)
        again = place.talent.search(place.question(min_score=0.5), ACME, 0)
        assert page.count == again.count
        counts.append(page.count)
        assert page.count is None if number < 4 else page.count is not None and abs(page.count - number - 1) < 5
    known = [each for each in counts if each is not None]
    assert all(each % 5 == 0 and each >= 5 for each in known)
    steps = {(n % 5, known[n] != known[n - 1]) for n in range(1, len(known))}
    assert len({residue for residue, changed in steps if changed}) > 1, "the step comes where the count says nothing"


def test_the_budget_outlives_processes_and_ends_with_the_day(place: Place) -> None:
    """Of each receiver by itself; the error says when it renews."""
    place.learner(BOTH, to=ANY_EMPLOYER)
    assert place.search(talent=place.another(3)).searches_left == 2
    small = place.another(3)
    place.search(talent=small)
    place.search(talent=small)
    for talent in (small, place.another(3)):
        with pytest.raises(LimitError) as caught:
            place.search(talent=talent)
        assert (caught.value.code, caught.value.hint) == ("talent.budget", "They renew at 2026-01-02T00:00:00Z.")
    assert len(place.search(GLOBEX, talent=small).candidates) == 1
    place.clock.now = NOON + timedelta(hours=12)
    assert len(place.search(talent=small).candidates) == 1
    assert b"Somebody" not in (place.home / FILE).read_bytes()


MARKERS = ["Marker-Ada-1815", f"{U}marker-7731", "marker-text-9902", "did:example:marker-5150", "marker-4242"]


def test_erasure_leaves_nothing_of_a_learner_who_was_found(place: Place) -> None:
    """No marker in any file, nor in what the index of a running process keeps; nobody finds the learner any more."""
    marked = proven(f"{U}s/a", MARKERS[1], subject=MARKERS[3])
    ada = place.learner(name=MARKERS[0])
    place.learners.store_document(ada, new(marked, MARKERS[2]), OPERATOR)
    place.learners.give_consent(ada, "acme", MARKERS[4], NOON + timedelta(days=1), OPERATOR)
    place.consent(ada)
    bob = place.learner(ONE)
    another = place.another()
    assert sorted(place.found()) == sorted(place.found(talent=another)) == sorted([ada, bob])
    assert any(MARKERS[1] in each.iris for each in place.talent.index.claims)
    content = content_of(place.home)
    assert [each for each in MARKERS if each.encode() in content] == []
    Learners(place.home, clock=place.clock).erase(ada, OPERATOR)
    for talent in (place.talent, another):
        assert place.found(talent=talent) == [bob]
        assert not any(MARKERS[1] in each.iris for each in talent.index.claims)
    content = content_of(place.home)
    assert [each for each in MARKERS if each.encode() in content] == []
    assert list((place.home / LOG_FOLDER).iterdir())


def test_a_restored_folder_is_indexed_anew(place: Place) -> None:
    """Where the logs are other files than they were, nothing of the index before is believed."""
    ada = place.learner(BOTH)
    assert place.found() == [ada]
    elsewhere = Place(place.home.parent / "elsewhere")
    eve = elsewhere.learner(BOTH)
    for each in sorted(place.home.iterdir()):
        if each.is_dir():
            each.rename(place.home.parent / f"before-{each.name}")
    for each in sorted(elsewhere.home.iterdir()):
        if each.is_dir():
            each.rename(place.home / each.name)
    assert place.found() == [eve]


def test_an_index_that_is_being_made_says_so(place: Place) -> None:
    """A question that cannot wait is told to come again, and is not charged."""
    for _ in range(60):
        place.learner(BOTH)
    with pytest.raises(NotReadyError) as caught:
        place.talent.search(place.question(), ACME, 1, wait_seconds=0.0)
    assert caught.value.code == "talent.not-ready"
    assert place.talent.budget.all() == {}
    assert place.search(first=1).searches_left == 999


def test_a_damaged_learner_hides_nobody_else(place: Place) -> None:
    """Who cannot be read is not found; the others are, by an old index and by a new one."""
    ada, bob = place.learner(BOTH), place.learner(BOTH)
    assert sorted(place.found()) == sorted([ada, bob])
    (place.home / "learners" / ada / "record.sealed").write_bytes(b"x" * 99)
    assert place.found() == [bob]
    assert place.found(talent=place.another()) == [bob]


def withdraw_all(home: Path, ids: Sequence[str]) -> None:
    """In a process of its own: withdraws what these learners let, one after the other."""
    learners = Learners(home, clock=Clock())
    for each in ids:
        for consent in learners.read(each, OPERATOR).consents:
            learners.withdraw(each, consent.id, OPERATOR)


def test_searching_while_others_withdraw(place: Place) -> None:
    """Whoever is shown had not withdrawn before the search began; in the end nobody is left."""
    ids = [place.learner(BOTH) for _ in range(12)]
    assert len(place.found()) == 12
    process = multiprocessing.get_context("spawn").Process(target=withdraw_all, args=(place.home, ids))
    process.start()
    observer = Learners(place.home, clock=place.clock)
    while process.is_alive():
        before = {each for each in ids if all(c.withdrawn_at for c in observer.read(each, OPERATOR).consents)}
        assert before.isdisjoint(place.found())
    process.join()
    assert process.exitcode == 0
    assert place.found() == []


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_search_gives_what_match_gives_for_the_same_documents(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    """Random documents of random learners: score, qualification and who is listed are those of `match` for each."""
    random, snapshot = Random(seed), network(seed % 20)
    place = Place(tmp_path_factory.mktemp("talent") / "home")
    place.snapshot = snapshot
    kinds = (ResourceType.COMPETENCY, ResourceType.CREDENTIAL, ResourceType.COURSE)
    things = [snapshot.iris[row] for kind in kinds for row in snapshot.rows(kind).tolist()]
    said: dict[str, list[Verification]] = {}
    for _ in range(6):
        documents = [
            proven(
                *random.sample(things, random.randint(1, 4)),
                subject=random.choice(["did:example:ada", "did:example:ada", "did:example:bob"]),
                verdict=random.choice([Verdict.VERIFIED, Verdict.VERIFIED, Verdict.REVOKED, Verdict.UNVERIFIABLE]),
                issuer=Issuer(id="did:example:x", proven=random.random() < 0.8),
            )
            for _ in range(random.randint(0, 6))
        ]
        said[place.learner(*documents)] = documents
    for row_asked in random.sample(role_index_of(snapshot).roles.tolist(), 5):
        question = Question(snapshot=snapshot, tree=tree_of_role(snapshot, row_asked), policy=Policy())
        page = place.talent.search(question, ACME, 50, wait_seconds=60)
        found = {each.record.id: (each.place.score, each.qualified) for each in page.candidates}
        expected = {}
        for learner, documents in said.items():
            held = Held(awards=count_documents(References(snapshot), documents).awards)
            matches = match(snapshot, held, Policy())
            if row_asked in matches.rows.tolist():
                detail = gap(snapshot, held, Policy(), row_asked)
                expected[learner] = (detail.score, detail.qualified)
        assert found == expected


def test_the_index_takes_many_changes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that changed are put with the others in time, and found all the same."""
    monkeypatch.setattr("graph.talent_index._FRESH_AT_MOST", 3)
    monkeypatch.setattr("graph.talent_index._PARTS_AT_MOST", 2)
    ids = []
    place.search()
    for number in range(20):
        ids.append(place.learner(BOTH if number % 2 else ONE))
        assert sorted(place.found()) == sorted(ids)
    assert place.talent.index.figures().learners == 20
    place.learners.erase(ids.pop(7), OPERATOR)
    assert sorted(place.found()) == sorted(ids)
