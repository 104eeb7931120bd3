"""What a caller names becomes an achievement of exact IRIs, codes and labels, and a recipient that is hashed."""

from datetime import UTC, datetime

import pytest
from service_world import WORLD, iri

from graph.archive import dataset_iri
from graph.issuer import PROVISIONAL
from graph.layout import DatasetInfo
from graph.snapshot import Snapshot
from ontology.credentials.issuing import Alignment, Result
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import Code, Competency, Credential, Text
from service.awarding import Wanted, read_achievement, read_moment, read_recipient


def snapshot_of(world: dict[str, tuple[str, tuple[object, ...]]]) -> Snapshot:
    return Snapshot.build(
        [
            (
                DatasetInfo(
                    iri=dataset_iri(name), name=name, format=form, license=None, attribution=None, checksum="0" * 64
                ),
                sorted(records, key=lambda record: record.iri),  # type: ignore[arg-type]
            )
            for name, (form, records) in world.items()
        ],
        release=1,
    )


SNAPSHOT = snapshot_of({name: ("tables", records) for name, records in WORLD.items()})


def test_a_credential_is_aligned_to_itself_and_to_what_it_certifies() -> None:
    """Found by code; the exact IRI, label, code and framework of the release are in the alignments."""
    achievement, results = read_achievement(SNAPSHOT, Wanted(credential="S+"))
    assert achievement.name == "Security+"
    assert achievement.description == "Security+: Firewalls"
    assert achievement.alignments == (
        Alignment(url=iri("secure"), name="Security+", type="ext:Credential", code="S+"),
        Alignment(url=iri("firewalls"), name="Firewalls", type="ext:Competency", framework="Skills"),
    )
    assert achievement.type == "Certification"
    assert results == ()


def test_a_level_becomes_a_result_on_the_scale() -> None:
    """What a course teaches at a level, and what the caller says above it; the description names the scale and its ends."""
    achievement, results = read_achievement(SNAPSHOT, Wanted(credential="Python in a week"))
    (description,) = achievement.results
    assert results == (Result(description=f"{PROVISIONAL}#result-1", value="3"),)
    assert (description.iri, description.type) == (results[0].description, "PerformanceLevel")
    assert (description.minimum, description.maximum) == ("0", "4")
    assert [each.url for each in description.alignments] == [iri("python"), iri("scale")]
    assert achievement.type == "Course"
    assert achievement.criteria_url == "https://example.org/catalogue/python"
    higher = Wanted(credential="Python in a week", competencies=(f"Python 2=3.5@{iri('scale')}", "Firewalls"))
    achievement, results = read_achievement(SNAPSHOT, higher)
    assert [each.value for each in results] == ["3.5"], "the caller's word, on the successor"
    assert [each.name for each in achievement.alignments] == ["Python in a week", "Python", "Firewalls"]


def test_competencies_alone_are_an_achievement_in_a_language_of_choice() -> None:
    """Named by their labels, which are asked for in French."""
    achievement, _ = read_achievement(SNAPSHOT, Wanted(competencies=("demo:N1",), language="fr"))
    assert achievement.name == "Défense des réseaux"
    assert achievement.type == "Competency"
    assert achievement.alignments[0].code == "N1"
    named = Wanted(competencies=("N1",), name="Badge", description="What", criteria="How", type="MicroCredential")
    achievement, _ = read_achievement(SNAPSHOT, named)
    assert (achievement.name, achievement.description, achievement.criteria) == ("Badge", "What", "How")


def test_a_thing_is_called_what_its_standard_calls_it() -> None:
    """CASE and CTDL have words in Open Badges; their own identifier is the code."""
    codes = (Code("a-first", "1"), Code("case", "0f09ae53-33ae-4472-8daa-d7381b859e6c"))
    item = Competency(iri="https://case.example/1", labels=(Text("Adds", "en"),), codes=codes)
    ctid = (Code("abbreviation", "X"), Code("ctid", "ce-0f09ae53-33ae-4472-8daa-d7381b859e6c"))
    listed = Credential(
        iri="https://ctdl.example/1", labels=(Text("Diploma of X", "en"),), codes=ctid, kind="ceterms:Diploma"
    )
    snapshot = snapshot_of({"case": ("case", (item,)), "registry": ("ctdl", (listed,))})
    achievement, _ = read_achievement(snapshot, Wanted(credential="X", competencies=("Adds",)))
    assert [(each.type, each.code) for each in achievement.alignments] == [
        ("ceterms:Credential", "ce-0f09ae53-33ae-4472-8daa-d7381b859e6c"),
        ("CFItem", "0f09ae53-33ae-4472-8daa-d7381b859e6c"),
    ]
    assert achievement.type == "Diploma"


def test_what_is_not_in_the_graph_is_not_recognised() -> None:
    """An unknown name is told with the nearest, nothing at all too, a level off its scale too."""
    with pytest.raises(UnknownReferenceError) as caught:
        read_achievement(SNAPSHOT, Wanted(credential="Securitee"))
    assert caught.value.candidates
    for wanted, code in ((Wanted(), "issue.achievement"), (Wanted(competencies=("Python=9@x",)), "held.level")):
        with pytest.raises(InputError) as refused:
            read_achievement(SNAPSHOT, wanted)
        assert refused.value.code == code


def test_a_recipient_is_an_iri_or_hashed() -> None:
    """One DID or address; e-mail addresses, also as `mailto:`, and other identifiers as hashes, each with its own salt."""
    found = read_recipient(
        [" did:example:1 ", "Kim@learners.example", "mailto:kim@learners.example", "sourcedId:S:17", "ext:card:9"]
    )
    assert found.iri == "did:example:1"
    assert [(each.type, each.value) for each in found.identifiers] == [
        ("emailAddress", "kim@learners.example"),
        ("emailAddress", "kim@learners.example"),
        ("sourcedId", "S:17"),
        ("ext:card", "9"),
    ]
    assert len({each.salt for each in found.identifiers}) == 4
    assert min(len(each.salt) for each in found.identifiers) >= 32
    for wrong in (["Kim"], ["did:a:1", "https://b.example/2"], ["shoe:44"], ["emailAddress:"]):
        with pytest.raises(InputError) as caught:
            read_recipient(wrong)
        assert caught.value.code == "issue.recipient"
        assert "Kim" not in caught.value.message, "learners are not repeated in errors"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-06-30", datetime(2027, 6, 30, tzinfo=UTC)),
        ("2027-06-30T12:00:00Z", datetime(2027, 6, 30, 12, tzinfo=UTC)),
        ("2027-06-30T12:00:00+02:00", datetime(2027, 6, 30, 10, tzinfo=UTC)),
        (None, None),
    ],
)
def test_a_date_is_its_beginning_in_utc(text: str | None, expected: datetime | None) -> None:
    """A time without a zone too."""
    assert read_moment(text, "--valid-until") == expected


def test_what_is_no_date_is_told() -> None:
    """With what it was given for."""
    with pytest.raises(InputError, match="--valid-until") as caught:
        read_moment("soon", "--valid-until")
    assert caught.value.code == "issue.dates"
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        with pytest.raises(InputError) as caught:
            read_moment(text, "--valid-until")
        assert caught.value.code == "issue.dates"
