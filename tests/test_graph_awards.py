"""What documents say that a learner has, looked up and counted: like claims where they hold, and not at all where not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from matching_networks import FIVE, INFO, U, asks, built, role, row, skill, text
from matching_worlds import POLICIES, World, held_of, told, worlds

from graph.awards import References, count_documents, find, level_of, recognise
from graph.explanation import evidence_sentence
from graph.matching import Held, HeldAward, Policy, RoleMatch, Standing, gap, match
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.claims import Claim, LevelClaim, Reference, claims_of_badge
from ontology.credentials.verdicts import Check, Issuer, Outcome, Step, Verdict, Verification
from ontology.model import Code, Competency, Credential, Framework, Level, Located, ScaleLevel, Teaching
from ontology.readers import read_source

CTID = "ce-6a2f7a3e-3b6f-4f0e-9c59-d1f5a3f7a001"
GUID = "0d3fa355-f31f-467c-be1d-e54827879c76"


def document(*references: Reference, verdict: Verdict = Verdict.VERIFIED, **changes: Any) -> Verification:
    """A badge whose achievement is the first reference, aligned to the others; of the learner `kim`, proven."""
    checks = () if verdict is Verdict.VERIFIED else (Check(step=Step.STATUS, outcome=Outcome.FAIL, reason="So it is."),)
    found = Verification(
        format="Open Badges 3.0",
        verdict=verdict,
        issuer=Issuer(id="did:example:college", proven=True),
        subject="kim",
        subject_ids=frozenset({"kim"}),
        checks=checks,
        claims=(Claim(achievement=references[0], alignments=references[1:]),),
    )
    return replace(found, **changes)


def to(name: str, **rest: Any) -> Reference:
    return Reference(iris=(U + name,), **rest)


def counted(snapshot: Snapshot, *documents: Verification, **policy: Any) -> RoleMatch:
    awards = count_documents(References(snapshot), documents, count_unproven=policy.get("count_unproven", False)).awards
    return gap(snapshot, Held(awards=awards), Policy(**policy), row(snapshot, "r/role"))


# ------------------------------------------------------------------------------------------------ looking up


@pytest.fixture(scope="module")
def coded() -> Snapshot:
    return built(
        Framework(iri=f"{U}f/one", labels=text("Metal work")),
        Framework(iri=f"{U}f/two", labels=text("Wood work")),
        Competency(iri=f"{U}s/by-ctid", codes=(Code("ctid", CTID),)),
        Competency(iri=f"{U}s/by-guid", codes=(Code("case", GUID),)),
        Competency(iri=f"{U}s/metal", framework=f"{U}f/one", codes=(Code("local", "W.1"),)),
        Competency(iri=f"{U}s/wood", framework=f"{U}f/two", codes=(Code("local", "W.1"),)),
        Competency(iri=f"{U}s/alone", framework=f"{U}f/two", codes=(Code("local", "W.2"),)),
        Credential(iri=f"{U}c/one", labels=text("Certificate")),
        role(),
    )


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (to("s/metal"), "s/metal"),
        (to("c/one"), "c/one"),
        (to("r/role"), None),
        (Reference(iris=(f"https://credentialengineregistry.org/resources/{CTID}",)), "s/by-ctid"),
        (Reference(codes=(("", CTID.upper()),)), "s/by-ctid"),
        (Reference(iris=(f"https://case.example/ims/case/v1p1/CFItems/{GUID}",)), "s/by-guid"),
        (Reference(iris=(f"urn:uuid:{GUID}",)), "s/by-guid"),
        (Reference(codes=(("", "w.2"),)), "s/alone"),
        (Reference(codes=(("", "W.1"),)), None),
        (Reference(codes=(("", "W.1"),), framework="metal work"), "s/metal"),
        (Reference(codes=(("", "W.1"),), framework=f"{U}f/two"), "s/wood"),
        (Reference(name="Certificate"), None),
        (Reference(iris=(f"https://x.example/{GUID[:-1]}",)), None),
    ],
)
def test_a_reference_is_found_by_iri_ctid_guid_and_code(
    coded: Snapshot, reference: Reference, expected: str | None
) -> None:
    """Never by a name alone, never by a code of several things, never a thing that nobody can hold."""
    found = find(coded, reference)
    assert (None if found is None else coded.iris[found]) == (None if expected is None else U + expected)


def test_what_leads_nowhere_is_told_as_it_was_said(coded: Snapshot) -> None:
    """Both the achievement and its alignments, each once."""
    known = recognise(
        References(coded), document(to("nowhere"), to("s/metal"), Reference(name="Something"), to("s/metal"))
    )
    assert [coded.iris[each] for each in known.rows] == [f"{U}s/metal"]
    assert known.unresolved == (f"{U}nowhere", "Something")


# ------------------------------------------------------------------------------------------------ levels


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (LevelClaim(scales=(f"{U}x/five",), value=3), (3, True)),
        (LevelClaim(scales=("five",), value=3), (3, True)),
        (LevelClaim(scales=(f"{U}x/five",), value=75, minimum=0, maximum=100), (3.75, True)),
        (LevelClaim(scales=(f"{U}x/five",), position=2, count=3), (5, True)),
        (LevelClaim(scales=(f"{U}x/five",), value=7), (None, False)),
        (LevelClaim(scales=("urn:other",), value=3), (None, False)),
        (LevelClaim(scales=(f"{U}x/five",)), (None, False)),
    ],
)
def test_a_result_is_a_level_where_its_description_names_a_scale(
    claim: LevelClaim, expected: tuple[float | None, bool]
) -> None:
    """As a number of that scale, by its place in the result's range, or among ordered values; else the level is unknown."""
    snapshot = built(FIVE, skill("a"))
    value, scale = level_of(snapshot, [claim])
    assert (value, scale >= 0) == expected


def test_a_rubric_level_that_was_reached_is_the_level_of_what_it_is_aligned_to() -> None:
    """Open Badges 3.0: achievedLevel names a level of the result description, whose alignment names the competency."""
    subject: Any = {
        "achievement": {
            "id": f"{U}achievement",
            "name": "Welding",
            "resultDescription": [
                {
                    "id": f"{U}x/five",
                    "alignment": [{"targetUrl": f"{U}s/a", "targetName": "a"}],
                    "rubricCriterionLevel": [
                        {"id": "urn:1", "points": "1"},
                        {"id": "urn:2", "points": "3"},
                        {"id": "urn:3", "points": "5"},
                    ],
                }
            ],
        },
        "result": [{"resultDescription": f"{U}x/five", "achievedLevel": "urn:2"}],
    }
    (claim,) = claims_of_badge(subject)
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=4))
    assert level_of(snapshot, claim.alignments[0].levels) == (3, 0)
    found = counted(snapshot, replace(document(to("x")), claims=(claim,)))
    assert found.score == pytest.approx(3 / 4)


@pytest.mark.parametrize("where", ["level", "alignment of the level", "result"])
def test_a_level_of_a_scale_that_a_result_names_by_iri_is_that_level(where: str) -> None:
    """As 1EdTech joins badges to CASE: the level itself, or an alignment to a CFRubricCriterionLevel. Numbers that stand
    beside it are the badge's own; the scale need not be named."""
    reached = ScaleLevel(iri=f"{U}levels/3", level=Level(FIVE.iri, 3))
    other = ScaleLevel(iri=f"{U}levels/1", level=Level(FIVE.iri, 1))
    to_level = {"targetUrl": reached.iri, "targetName": "Able", "targetType": "CFRubricCriterionLevel"}
    levels: list[Any] = [{"id": other.iri}, {"id": "urn:2", "points": "77"}]
    result: dict[str, Any] = {"resultDescription": "urn:d", "achievedLevel": "urn:2"}
    if where == "level":
        levels[1]["id"] = result["achievedLevel"] = reached.iri
    elif where == "result":
        levels, result = [], {"resultDescription": "urn:d", "alignment": [to_level]}
    else:
        levels[1]["alignment"] = [to_level]
    description: Any = {
        "id": "urn:d",
        "alignment": [{"targetUrl": f"{U}s/a", "targetName": "a", "targetType": "CFItem"}],
        "rubricCriterionLevel": levels,
    }
    achievement: Any = {"id": f"{U}achievement", "name": "Welding", "resultDescription": [description]}
    (claim,) = claims_of_badge({"achievement": achievement, "result": [result]})
    snapshot = built(FIVE, reached, other, skill("a"), role(), asks("s/a", level=4))
    assert [each.iris for each in claim.alignments] == [(f"{U}s/a",)]
    assert level_of(snapshot, claim.alignments[0].levels) == (3, 0)
    assert counted(snapshot, replace(document(to("x")), claims=(claim,))).score == pytest.approx(3 / 4)
    assert level_of(built(FIVE, skill("a")), claim.alignments[0].levels) == (None, -1)


def test_a_result_that_was_not_reached_does_not_count() -> None:
    """Enrolled, failed, withdrew: the achievement is not had."""
    subject: Any = {
        "achievement": {"id": f"{U}x", "alignment": [{"targetUrl": f"{U}s/a", "targetName": "a"}]},
        "result": [{"status": "Enrolled"}],
    }
    (claim,) = claims_of_badge(subject)
    snapshot = built(skill("a"), role(), asks("s/a"))
    found = counted(snapshot, replace(document(to("x")), claims=(claim,)), count_unproven=True)
    assert found.score == 0
    assert "Enrolled" in str(found.missing[0].evidence[0].reason)


# ------------------------------------------------------------------------------------------------ counting


@pytest.mark.parametrize(
    ("verdict", "issuer", "standing", "counts", "admitted"),
    [
        (Verdict.VERIFIED, Issuer(proven=True), Standing.VERIFIED, True, True),
        (Verdict.VERIFIED, Issuer(trusted=True), Standing.VERIFIED, True, True),
        (Verdict.VERIFIED, Issuer(), Standing.UNPROVEN, False, True),
        (Verdict.UNVERIFIABLE, Issuer(), Standing.UNPROVEN, False, True),
        (Verdict.TAMPERED, Issuer(), Standing.UNPROVEN, False, False),
        (Verdict.REVOKED, Issuer(proven=True), Standing.REVOKED, False, False),
        (Verdict.SUSPENDED, Issuer(proven=True), Standing.SUSPENDED, False, False),
        (Verdict.EXPIRED, Issuer(proven=True), Standing.EXPIRED, False, False),
        (Verdict.NOT_YET_VALID, Issuer(proven=True), Standing.NOT_YET_VALID, False, False),
    ],
)
def test_what_counts_and_what_is_only_shown(
    verdict: Verdict, issuer: Issuer, standing: Standing, counts: bool, admitted: bool
) -> None:
    """Verified by a proven or trusted issuer counts; `countUnproven` admits the unproven; nothing admits the rest."""
    snapshot = built(skill("a"), role(), asks("s/a"))
    shown = document(to("s/a"), verdict=verdict, issuer=issuer)
    for count_unproven, expected in ((False, counts), (True, admitted)):
        found = counted(snapshot, shown, count_unproven=count_unproven)
        (unit,) = (*found.met, *found.partial, *found.missing)
        (item,) = unit.evidence
        assert (found.score, item.factor) == (float(expected), float(expected))
        assert item.standing is standing
        assert (item.reason is None) is (standing is Standing.VERIFIED)
        sentence = evidence_sentence(snapshot, unit.node, item)
        assert ("does not count" in sentence) is not expected


def test_an_invalid_document_says_nothing() -> None:
    """What is not well-formed has no claims at all."""
    snapshot = built(skill("a"), role(), asks("s/a"))
    found = counted(snapshot, document(to("s/a"), verdict=Verdict.INVALID, claims=()), count_unproven=True)
    assert found.missing[0].evidence == ()


def test_documents_of_somebody_else_are_told_and_do_not_count() -> None:
    """The subject of most that would count is the learner; a document without a subject counts as unproven only."""
    snapshot = built(skill("a"), skill("b"), role(), asks("s/a"), asks("s/b"))
    hers = document(to("s/a"))
    also = document(to("s/a"), subject_ids=frozenset({"kim", "email:kim"}))
    his = document(to("s/b"), subject="lee", subject_ids=frozenset({"lee"}))
    nobodys = document(to("s/b"), subject=None, subject_ids=frozenset())
    found = count_documents(References(snapshot), [his, hers, also])
    assert found.odd == {0}
    assert {(snapshot.iris[each.row], each.counts) for each in found.awards} == {(f"{U}s/a", True), (f"{U}s/b", False)}
    assert count_documents(References(snapshot), [his, hers]).odd == {1}
    assert [each.counts for each in count_documents(References(snapshot), [nobodys]).awards] == [False]
    (admitted,) = count_documents(References(snapshot), [nobodys], count_unproven=True).awards
    assert (admitted.counts, admitted.standing) == (True, Standing.UNPROVEN)


def compared(outcome: Outcome) -> Check:
    """The step that compares the recipient's identity with those given."""
    return Check(step=Step.RECIPIENT, outcome=outcome)


def test_with_recipients_each_document_is_the_learners_by_itself() -> None:
    """By an id that is given or an identity that was compared; one that names both joins nobody else's to hers."""
    snapshot = built(skill("a"), skill("b"), skill("c"), role(), asks("s/a"), asks("s/b"), asks("s/c"))
    hashed = document(to("s/a"), subject_ids=frozenset({"email:1"}), checks=(compared(Outcome.PASS),))
    salted = document(to("s/b"), subject_ids=frozenset({"email:2", "lee"}), checks=(compared(Outcome.PASS),))
    his = document(to("s/c"), subject_ids=frozenset({"lee"}), checks=(compared(Outcome.FAIL),))
    by_id = document(to("s/c"), subject_ids=frozenset({"kim"}), checks=(compared(Outcome.SKIPPED),))
    found = count_documents(References(snapshot), [his, hashed, salted], recipients=["kim@learners.example"])
    assert found.odd == {0}
    assert [(each.counts, each.reason) for each in found.awards] == [
        (False, "It is about somebody else than the learner named."),
        (True, "Its recipient is the learner named."),
        (True, "Its recipient is the learner named."),
    ]
    assert count_documents(References(snapshot), [his, by_id], recipients=["kim"]).odd == {0}
    assert count_documents(References(snapshot), [his], recipients=["kim"]).odd == {0}
    (bad,) = count_documents(
        References(snapshot), [replace(hashed, verdict=Verdict.REVOKED)], recipients=["kim"]
    ).awards
    assert not bad.counts


def test_a_revoked_document_of_somebody_else_does_not_decide_who_the_learner_is() -> None:
    """Only what would count weighs."""
    snapshot = built(skill("a"), skill("b"))
    bad = [
        document(to("s/b"), subject_ids=frozenset({"lee"}), verdict=Verdict.REVOKED),
        document(to("s/b"), subject_ids=frozenset({"lee"}), verdict=Verdict.TAMPERED),
    ]
    assert count_documents(References(snapshot), [*bad, document(to("s/a"))]).odd == {0, 1}


def test_a_record_is_counted_by_its_credentials_each_by_itself() -> None:
    """An expired credential inside a verified record does not count, its neighbour does."""
    snapshot = built(skill("a"), skill("b"), role(), asks("s/a"), asks("s/b"))
    inside = (document(to("s/a")), document(to("s/b"), verdict=Verdict.EXPIRED))
    record = Verification(format="CLR 2.0", verdict=Verdict.VERIFIED, subject_ids=frozenset({"kim"}), embedded=inside)
    found = counted(snapshot, record)
    assert found.score == 0.5
    assert [item.standing for unit in found.missing for item in unit.evidence] == [Standing.EXPIRED]


def test_a_verified_document_is_told_before_a_claim_of_the_same() -> None:
    """Whoever claims what a document proves has it proven."""
    snapshot = built(skill("a"), Credential(iri=f"{U}c/one", labels=text("Certificate")), role(), asks("s/a"),
                     asks("c/one"), Teaching(iri=f"{U}t", subject=f"{U}c/one", competency=f"{U}s/a"))  # fmt: skip
    credential = row(snapshot, "c/one")
    proven = count_documents(References(snapshot), [document(to("c/one"))]).awards
    found = gap(snapshot, Held(credentials=(credential,), awards=proven), Policy(), row(snapshot, "r/role"))
    assert {item.standing for unit in found.met for item in unit.evidence} == {Standing.VERIFIED}
    assert found.score == 1


@settings(max_examples=200)
@given(worlds(), POLICIES)
def test_verified_documents_are_worth_what_claims_are(world: World, policy: Policy) -> None:
    """Whatever a learner holds, proven by documents or claimed: every role's score, units, levels and ranking are equal.

    And what is shown without counting changes nothing but the evidence.
    """
    snapshot = built(*world.records)
    claimed = held_of(snapshot, world)
    awards = tuple(
        HeldAward(row=each, standing=Standing.VERIFIED, counts=True)
        for each in (*claimed.credentials, *claimed.courses)
    ) + tuple(
        HeldAward(row=each.row, value=each.value, scale=each.scale, standing=Standing.VERIFIED, counts=True)
        for each in claimed.competencies
    )
    proven = Held(awards=awards, experience_days=claimed.experience_days)
    idle = replace(claimed, awards=tuple(
        HeldAward(row=each, standing=Standing.REVOKED, counts=False)
        for kind in (ResourceType.COMPETENCY, ResourceType.CREDENTIAL, ResourceType.COURSE)
        for each in snapshot.rows(kind).tolist()
    ))  # fmt: skip
    expected = match(snapshot, claimed, policy)
    for held in (proven, idle):
        found = match(snapshot, held, policy)
        assert found.rows.tolist() == expected.rows.tolist()
        assert found.scores.tolist() == expected.scores.tolist()
        assert found.qualified.tolist() == expected.qualified.tolist()
    for place in range(len(expected)):
        here, there = match(snapshot, proven, policy).detail(place), expected.detail(place)
        assert told(snapshot, here) == told(snapshot, there)


def test_a_level_of_a_document_is_that_of_a_claim() -> None:
    """A result on the scale that is asked for gives the ratio."""
    snapshot = built(FIVE, skill("a"), role(), asks("s/a", level=4))
    found = counted(
        snapshot,
        document(
            to("s/a", levels=(LevelClaim(scales=("urn:other",), value=1), LevelClaim(scales=(f"{U}x/five",), value=2)))
        ),
    )
    assert found.score == 0.5


@pytest.fixture(scope="module")
def campus() -> Snapshot:
    """The example that the demo serves beside its own: invented roles, courses and credentials of a campus."""
    folder = Path(__file__).parents[1] / "examples" / "campus"
    records = [item.record for item in read_source(folder).items if isinstance(item, Located)]
    return Snapshot.build([(INFO, records)], release=1)


def test_on_real_data_a_badge_is_worth_what_the_claim_is_by_whichever_reference(campus: Snapshot) -> None:
    """Every credential and course of the example, by its IRI and by its codes: the whole ranking is the claim's."""
    tried = 0
    for kind, member in ((ResourceType.CREDENTIAL, "credentials"), (ResourceType.COURSE, "courses")):
        for each in campus.rows(kind).tolist()[:12]:
            own = Reference(iris=(campus.iris[each],))
            coded = [Reference(codes=((system, value),)) for system, value in campus.codes(each)]
            claims: dict[str, Any] = {member: (each,)}
            expected = match(campus, Held(**claims), Policy())
            for reference in (own, *coded):
                if find(campus, reference) != each:
                    assert reference is not own
                    continue
                tried += 1
                awards = count_documents(References(campus), [document(reference)]).awards
                found = match(campus, Held(awards=awards), Policy())
                assert found.rows.tolist() == expected.rows.tolist()
                assert found.scores.tolist() == expected.scores.tolist()
                assert found.qualified.tolist() == expected.qualified.tolist()
    assert tried > 5
