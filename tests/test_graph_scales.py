"""Scales and named levels by reference, what is unknown between two scales, and the scales of real readers together."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from matching_networks import FIVE, TEN, U, built, skill

from graph.layout import DatasetInfo
from graph.level_mappings import Comparison, level_mappings_of
from graph.matching import Held, HeldCompetency, Policy, gap
from graph.scales import find_level, find_scale, level_iri, level_name, level_row, scale_of_level, unread_levels
from graph.snapshot import Snapshot
from ontology.documents import Document
from ontology.errors import UnknownReferenceError
from ontology.model import Level, LevelMapping, Located, Record, ScaleLevel, Text
from ontology.readers import read_source
from ontology.readers.tables import read_tables
from ontology.validation import validate

DATA = Path(__file__).parent / "data"
ONET, DIGCOMP = "https://w3id.org/headwater/id/onet/", "https://w3id.org/headwater/id/digcomp3/"


def named(name: str, value: float, scale: str = FIVE.iri, *others: Text) -> ScaleLevel:
    labels = (Text(name, "en"), *others)
    return ScaleLevel(iri=f"{U}level/{scale.rpartition('/')[2]}-{name}", level=Level(scale, value), labels=labels)


def mapped(number: int, held: float, read: float) -> LevelMapping:
    return LevelMapping(iri=f"{U}v/{number}", level=Level(FIVE.iri, held), matched=Level(TEN.iri, read))


SNAPSHOT = built(
    FIVE,
    TEN,
    skill("a"),
    named("Able", 3, FIVE.iri, Text("Fähig", "de")),
    named("Expert", 5),
    named("Novice", 1),
    named("Able", 7, TEN.iri),
    named("Twin", 2, TEN.iri),
    ScaleLevel(iri=f"{U}level/twin", level=Level(TEN.iri, 4), labels=(Text("twin", "en"),)),
    mapped(1, 3, 6),
)
ONE, OTHER = find_scale(SNAPSHOT, "Five"), find_scale(SNAPSHOT, "Ten")


@pytest.mark.parametrize(
    ("reference", "scale", "expected"),
    [
        ("able", ONE, (3, ONE)),
        ("FÄHIG", ONE, (3, ONE)),
        ("Able", OTHER, (7, OTHER)),
        (f"{U}level/five-Expert", -1, (5, ONE)),
        (f" {U}level/five-Expert ", ONE, (5, ONE)),
    ],
)
def test_a_level_is_found_by_its_label_on_a_scale_or_by_its_iri(
    reference: str, scale: int, expected: tuple[float, int]
) -> None:
    """In any language, folded as references are."""
    assert find_level(SNAPSHOT, reference, scale) == expected


@pytest.mark.parametrize(
    ("reference", "scale", "code"),
    [
        ("Master", ONE, "reference.unknown"),
        ("Able", -1, "reference.unknown"),
        (f"{U}level/five-Expert", OTHER, "reference.unknown"),
        ("Twin", OTHER, "reference.ambiguous"),
    ],
)
def test_what_names_no_level_is_told_with_those_there_are(reference: str, scale: int, code: str) -> None:
    """Also the level of another scale, and a name that two levels have."""
    with pytest.raises(UnknownReferenceError) as error:
        find_level(SNAPSHOT, reference, scale)
    assert error.value.code == code
    assert bool(error.value.candidates) == (scale >= 0)


def test_a_level_that_two_datasets_put_to_different_places_is_at_none() -> None:
    """Its IRI says nothing then; its labels still do."""
    info = [
        DatasetInfo(iri=f"{U}{n}", name=n, format="tables", license=None, attribution=None, checksum=n) for n in "ab"
    ]
    other = ScaleLevel(iri=f"{U}level/five-Able", level=Level(FIVE.iri, 4), labels=(Text("Deft", "en"),))
    one: list[Record] = [FIVE, named("Able", 3)]
    snapshot = Snapshot.build([(info[0], one), (info[1], [other])], release=1)
    with pytest.raises(UnknownReferenceError):
        find_level(snapshot, f"{U}level/five-Able")
    assert find_level(snapshot, "Deft", 0) == (4, 0)
    only = snapshot.restrict(["a"], scales=False)
    assert find_level(only, f"{U}level/five-Able") == (3, 0)
    assert len(snapshot.restrict(["a"]).scale_level_iris) == 2, "names of levels stay with their scales"


def test_levels_lie_by_value_and_are_named_in_the_language_asked() -> None:
    """Rows of a scale rise; a value that nobody names has neither name nor IRI."""
    rows = SNAPSHOT.span("scale_level_offsets", ONE)
    assert [float(SNAPSHOT.scale_level_value[row]) for row in rows] == [1, 3, 5]
    assert {scale_of_level(SNAPSHOT, row) for row in rows} == {ONE}
    assert level_name(SNAPSHOT, ONE, 3, ["de"]) == ("Fähig", "de")
    assert (level_name(SNAPSHOT, ONE, 2), level_iri(SNAPSHOT, ONE, 2)) == (None, None)
    assert level_iri(SNAPSHOT, ONE, 3) == f"{U}level/five-Able"
    assert level_row(SNAPSHOT, f"{U}level/five-Able") == rows[1]
    assert level_row(SNAPSHOT, "urn:nowhere") == -1


def test_which_named_levels_are_unknown_on_another_scale() -> None:
    """Below the lowest mapped level; all where nothing is mapped; none on the scale itself."""
    mappings = level_mappings_of(SNAPSHOT)
    assert (mappings.compare(ONE, OTHER), mappings.mapped(ONE)) == (Comparison.MAPPED, [OTHER])
    assert [(each.value, each.read) for each in mappings.steps(ONE, OTHER)] == [(3, 6)]
    assert [(each.value, each.read) for each in mappings.steps(OTHER, ONE)] == [(6, 3)]
    assert [SNAPSHOT.scale_level_label(row) for row in unread_levels(SNAPSHOT, ONE, OTHER)] == [("Novice", "en")]
    assert len(unread_levels(SNAPSHOT, OTHER, ONE)) == 2
    assert unread_levels(SNAPSHOT, ONE, ONE) == []
    bare = built(FIVE, TEN, named("Able", 3), mapped(1, 3, 6), mapped(2, 4, 5))
    assert level_mappings_of(bare).compare(0, 1) is Comparison.CONTRADICTORY
    assert (level_mappings_of(bare).mapped(0), level_mappings_of(bare).steps(0, 1)) == ([1], [])
    assert len(unread_levels(bare, 0, 1)) == 1
    assert level_mappings_of(built(FIVE, TEN)).compare(0, 1) is Comparison.UNMAPPED


def of(items: Sequence[object]) -> list[Located]:
    return [item for item in items if isinstance(item, Located)]


def test_scales_of_onet_and_digcomp_are_joined_by_a_stewards_table() -> None:
    """O*NET asks for 4.62 of its scale LV; whoever has DigComp's level 6, invented here as LV 5, has that; level 5 is
    not enough, and level 4 is below all that the steward says."""
    table = f"scale,level,to_scale,to_level\n{DIGCOMP}scale/8,5,{ONET}scale/LV,3\n{DIGCOMP}scale/8,6,{ONET}scale/LV,5\n"
    steward = of(list(read_tables([Document(name="scale_mappings.csv", data=table.encode())])))
    read = {
        "onet": of(list(read_source(DATA / "onet-29.2").items)),
        "digcomp": of(list(read_source(DATA / "digcomp").items)),
        "steward": steward,
    }
    datasets = []
    for name, located in read.items():
        checked = validate(located, dataset=name, skip_broken=name == "onet")
        records = [each.record for each in located] if name == "steward" else checked.records
        info = DatasetInfo(iri=f"{U}{name}", name=name, format=name, license=None, attribution=None, checksum=name)
        datasets.append((info, records))
    snapshot = Snapshot.build(datasets, release=1)
    level, eight, four = (find_scale(snapshot, each) for each in ("Level", f"{DIGCOMP}scale/8", f"{DIGCOMP}scale/4"))
    assert level_name(snapshot, four, 2) == ("Intermediate", "en")
    mappings = level_mappings_of(snapshot)
    assert (mappings.compare(level, four), mappings.mapped(eight)) == (Comparison.UNMAPPED, sorted((four, level)))
    skill_row, role = snapshot.find_row(f"{ONET}element/2.A.1.a"), snapshot.find_row(f"{ONET}11-1011.00")
    outcomes = []
    for value in (6, 5, 4):
        held = Held(competencies=(HeldCompetency(row=skill_row, value=value, scale=eight),))
        found = gap(snapshot, held, Policy(), role)
        (unit,) = [each for each in (*found.met, *found.partial, *found.missing) if each.evidence]
        read_as = unit.evidence[0].level
        outcomes.append((round(unit.coverage, 6), unit.level_unknown, None if read_as is None else read_as.read))
    assert outcomes == [(1, False, 5), (round(3 / 4.62, 6), False, 3), (0.5, True, None)]
