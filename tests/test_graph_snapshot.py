"""The snapshot: what it keeps, how it is stored, what references and languages mean."""

import os
import threading
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_world import world

from graph.arrayfile import write_arrays
from graph.layout import stored_arrays
from graph.references import fold
from graph.snapshot import DatasetInfo, NodeKind, ResourceType, Snapshot
from graph.snapshot_build import _keyed
from graph.strings import OptionalStrings, RepeatedStrings, SplitStrings, Strings
from ontology.errors import DamagedError, UnknownReferenceError
from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    Money,
    PayPeriod,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Salary,
    Scale,
    Teaching,
    Text,
    Unmapped,
)
from ontology.rdf import bare_records, from_nquads_lines, to_nquads_lines

U = "https://example.org/"
EVERY = (
    ResourceType.FRAMEWORK,
    ResourceType.COMPETENCY,
    ResourceType.COURSE,
    ResourceType.CREDENTIAL,
    ResourceType.JOB_ROLE,
)
ROLE = (ResourceType.JOB_ROLE,)


def info(name: str) -> DatasetInfo:
    return DatasetInfo(
        iri=f"{U}dataset/{name}", name=name, format="tables", license="CC0-1.0", attribution=None, checksum=name * 8
    )


WORK: tuple[Record, ...] = (
    Framework(
        iri=f"{U}frames/cyber", labels=(Text("Cyber Workforce Frame", "en"),), codes=(Code("abbreviation", "CWF"),)
    ),
    JobRole(
        iri=f"{U}r/defence",
        labels=(Text("Verteidigung", "de"), Text("Defence", "en"), Text("Défense", "fr-CA")),
        alternative_labels=(Text("Blue team", "en"), Text("Analyst", "en")),
        codes=(Code("opm", "511"), Code("dcwf", "D-1")),
        framework=f"{U}frames/cyber",
        employer="Acme",
        employer_iri=f"{U}acme",
        places=("/Oz", "US-CA/Oakland"),
        remote=True,
        salary=Salary("USD", None, 6_000_000, PayPeriod.YEAR),
    ),
    JobRole(iri=f"{U}r/analyst", labels=(Text("Analyst", "en"),), codes=(Code("soc", "511"),)),
    RoleLevel(iri=f"{U}l/high", role=f"{U}r/defence", name="Advanced", rank=2),
    RoleLevel(iri=f"{U}l/low", role=f"{U}r/defence", name="Basic", rank=1),
    RequirementGroup(
        iri=f"{U}g/any", owner=f"{U}r/defence", role_level=f"{U}l/low", minimum=1, labels=(Text("Any of", "en"),)
    ),
    RequirementGroup(iri=f"{U}g/two", owner=f"{U}r/defence", parent=f"{U}g/any", minimum=2),
    RequirementGroup(iri=f"{U}g/all", owner=f"{U}r/defence", importance=Importance.SHOULD, importance_value=0.25),
    Requirement(iri=f"{U}q/1", owner=f"{U}r/defence", group=f"{U}g/any", target=f"{U}c/plus"),
    Requirement(iri=f"{U}q/2", owner=f"{U}r/defence", group=f"{U}g/two", target=f"{U}c/plus"),
    Requirement(iri=f"{U}q/3", owner=f"{U}r/defence", group=f"{U}g/two", target=f"{U}k/course"),
    Requirement(iri=f"{U}q/4", owner=f"{U}r/defence", group=f"{U}g/all", target=f"{U}s/a", level=Level(f"{U}x/s", 2)),
    Requirement(iri=f"{U}q/5", owner=f"{U}r/defence", experience_days=90.0),
    Unmapped(iri=f"{U}isco/2529"),
)
LEARN: tuple[Record, ...] = (
    Competency(iri=f"{U}s/a", labels=(Text("Skill A", "en"),), kind="skill", broader=(f"{U}s/b",)),
    Competency(iri=f"{U}s/b", labels=(Text("Skill B", "en"),)),
    Competency(iri=f"{U}s/old", labels=(Text("Skill old", "en"),), replaced_by=f"{U}s/older"),
    Competency(iri=f"{U}s/older", labels=(Text("Skill older", "en"),), replaced_by=f"{U}s/a"),
    Competency(iri=f"{U}s/round", labels=(Text("Round", "en"),), replaced_by=f"{U}s/robin"),
    Competency(iri=f"{U}s/robin", labels=(Text("Robin", "en"),), replaced_by=f"{U}s/round"),
    Competency(iri=f"{U}s/towards", labels=(Text("Towards", "en"),), replaced_by=f"{U}s/round"),
    Competency(iri=f"{U}s/gone", labels=(Text("Gone", "en"),), replaced_by=f"{U}s/nowhere"),
    Credential(
        iri=f"{U}c/plus",
        labels=(Text("Security+", "en"),),
        codes=(Code("abbreviation", "Sec+"),),
        issuer="CompTIA",
        kind="certification",
        cost=Money(39_200, "USD"),
    ),
    Course(
        iri=f"{U}k/course",
        labels=(Text("Course", "en"),),
        provider="College",
        cost=Money(0, "EUR"),
        duration_days=Decimal("2.5"),
        url=f"{U}page",
    ),
    Scale(iri=f"{U}x/s", labels=(Text("Scale", "en"),), minimum=1, maximum=5),
    Teaching(iri=f"{U}t/1", subject=f"{U}k/course", competency=f"{U}s/a", level=Level(f"{U}x/s", 3)),
    Teaching(iri=f"{U}t/2", subject=f"{U}c/plus", competency=f"{U}s/b"),
    Awarding(iri=f"{U}w/1", course=f"{U}k/course", credential=f"{U}c/plus"),
    Alignment(iri=f"{U}a/1", subject=f"{U}s/a", object=f"{U}hub", relation=Relation.BROAD, confidence=0.5, source="us"),
)


def build(work: Iterable[Record] = WORK, learn: Iterable[Record] = LEARN) -> Snapshot:
    return Snapshot.build([(info("work"), work), (info("learn"), learn)], release=7)


def only(*records: Record) -> Snapshot:
    return Snapshot.build([(info("one"), records)], release=1)


def saved(snapshot: Snapshot, folder: Path, name: str = "a.snapshot") -> bytes:
    snapshot.save(folder / name)
    return (folder / name).read_bytes()


def row(snapshot: Snapshot, name: str) -> int:
    found = snapshot.find_row(U + name)
    assert found >= 0, name
    return found


# --- what it keeps ----------------------------------------------------------------------------------------------------


def test_resources_are_sorted_by_iri_and_found_by_it() -> None:
    """Row order is IRI order; what a statement names and nobody describes is EXTERNAL; an Unmapped subject has no row."""
    snapshot = build()
    assert list(snapshot.iris) == sorted(snapshot.iris)
    assert [snapshot.find_row(iri) for iri in snapshot.iris] == list(range(len(snapshot.iris)))
    assert snapshot.find_row(f"{U}isco/2529") == -1
    assert snapshot.types[row(snapshot, "hub")] == ResourceType.EXTERNAL
    assert snapshot.dataset[row(snapshot, "hub")] == -1
    assert snapshot.datasets[snapshot.dataset[row(snapshot, "s/a")]].name == "learn"


def test_figures_of_courses_and_credentials_are_whole_numbers() -> None:
    """Cost in minor units, length in millionths of a day, -1 unknown; nothing costs nothing and is known."""
    snapshot = build()
    course, credential = row(snapshot, "k/course"), row(snapshot, "c/plus")
    assert (snapshot.cost[course], snapshot.currency[course], snapshot.duration[course]) == (0, "EUR", 2_500_000)
    assert (snapshot.cost[credential], snapshot.currency[credential], snapshot.duration[credential]) == (
        39_200,
        "USD",
        -1,
    )
    assert (snapshot.provider[course], snapshot.provider[credential]) == ("College", "CompTIA")
    assert (snapshot.kind[credential], snapshot.kind[row(snapshot, "s/a")], snapshot.kind[course]) == (
        "certification",
        "skill",
        None,
    )
    assert snapshot.url[course] == f"{U}page"


def test_trees_lie_in_preorder_with_siblings_by_iri() -> None:
    """Of the role: g/all [q/4], g/any [g/two [q/2, q/3], q/1], q/5; a child is of its top's level."""
    snapshot = build()
    first, last = (
        snapshot.node_offsets[row(snapshot, "r/defence")],
        snapshot.node_offsets[row(snapshot, "r/defence") + 1],
    )
    names = [iri.removeprefix(U) for iri in snapshot.node_iris]
    assert names[first:last] == ["g/all", "q/4", "g/any", "g/two", "q/2", "q/3", "q/1", "q/5"]
    assert snapshot.node_end.tolist() == [2, 2, 7, 6, 5, 6, 7, 8]
    assert snapshot.node_parent.tolist() == [-1, 0, -1, 2, 3, 3, 2, -1]
    assert snapshot.node_minimum.tolist() == [1, 0, 1, 2, 0, 0, 0, 0]
    assert [NodeKind(kind).name for kind in snapshot.node_kind] == [
        "ALL", "COMPETENCY", "ANY", "AT_LEAST", "CREDENTIAL", "COURSE", "CREDENTIAL", "EXPERIENCE",
    ]  # fmt: skip
    levels = [snapshot.level_names[level] if level >= 0 else "" for level in snapshot.node_level]
    assert levels == ["", "", "Basic", "Basic", "Basic", "Basic", "Basic", ""]
    assert list(snapshot.level_names) == ["Basic", "Advanced"]
    assert snapshot.node_label(2) == ("Any of", "en")
    assert snapshot.node_label(3) is None
    assert snapshot.node_importance[0] == 0.25
    assert not snapshot.node_must[0]
    assert snapshot.node_days[7] == 90.0


def test_what_has_no_place_in_a_tree_is_left_out() -> None:
    """A node without owner, of a missing group, of another owner's group or level, and groups that enclose each other."""
    snapshot = only(
        JobRole(iri=f"{U}r/1"),
        JobRole(iri=f"{U}r/2"),
        RoleLevel(iri=f"{U}l/2", role=f"{U}r/2", name="Two", rank=1),
        RoleLevel(iri=f"{U}l/0", role=f"{U}r/none", name="None", rank=1),
        RequirementGroup(iri=f"{U}g/a", owner=f"{U}r/1", parent=f"{U}g/b"),
        RequirementGroup(iri=f"{U}g/b", owner=f"{U}r/1", parent=f"{U}g/a"),
        RequirementGroup(iri=f"{U}g/2", owner=f"{U}r/2"),
        Requirement(iri=f"{U}q/good", owner=f"{U}r/1", target=f"{U}s/dangling"),
        Requirement(iri=f"{U}q/1", owner=f"{U}r/none", target=f"{U}s/unseen"),
        Requirement(iri=f"{U}q/2", owner=f"{U}r/1", group=f"{U}g/none", target=f"{U}s/unseen"),
        Requirement(iri=f"{U}q/3", owner=f"{U}r/1", group=f"{U}g/2", target=f"{U}s/unseen"),
        Requirement(iri=f"{U}q/4", owner=f"{U}r/1", group=f"{U}g/a", target=f"{U}s/unseen"),
        Requirement(iri=f"{U}q/5", owner=f"{U}r/1", role_level=f"{U}l/2", target=f"{U}s/unseen"),
        Requirement(iri=f"{U}q/6", owner=f"{U}r/1", role_level=f"{U}l/0", target=f"{U}s/unseen"),
    )
    assert [iri.removeprefix(U) for iri in snapshot.node_iris] == ["q/good", "g/2"]
    assert snapshot.types[row(snapshot, "s/dangling")] == ResourceType.EXTERNAL
    assert snapshot.find_row(f"{U}s/unseen") == -1
    assert list(snapshot.level_iris) == [f"{U}l/2"]


def test_deep_trees_are_built() -> None:
    """Ten thousand groups, each in the one before: nesting has no limit."""
    depth = 10_000
    groups = [
        RequirementGroup(iri=f"{U}g/{n:05}", owner=f"{U}r", parent=f"{U}g/{n - 1:05}" if n else None)
        for n in range(depth)
    ]
    snapshot = only(JobRole(iri=f"{U}r"), *groups)
    assert snapshot.node_parent.tolist() == list(range(-1, depth - 1))
    assert set(snapshot.node_end.tolist()) == {depth}


def test_successors_lead_to_the_last_that_is_described() -> None:
    """old -> older -> a; round <-> robin and what leads there stay where they are; gone -> (nobody describes it) stays."""
    snapshot = build()
    final = {name: snapshot.iris[snapshot.canonical[row(snapshot, f"s/{name}")]].removeprefix(f"{U}s/") for name in (
        "a", "old", "older", "round", "robin", "towards", "gone",
    )}  # fmt: skip
    assert final == {
        "a": "a", "old": "a", "older": "a", "round": "round", "robin": "robin", "towards": "towards", "gone": "gone",
    }  # fmt: skip


def test_scales_give_fractions_between_0_and_1() -> None:
    """1..5: 3 is the middle, what lies outside is clamped; a scale that nobody describes, or no number, has none."""
    asked = Requirement(iri=f"{U}q", owner=f"{U}r", target=f"{U}s", level=Level(f"{U}x/unknown", 3))
    snapshot = only(JobRole(iri=f"{U}r"), asked, Scale(iri=f"{U}x/known", minimum=1, maximum=5))
    known, unknown = snapshot.scale_iris.find_sorted(f"{U}x/known"), snapshot.scale_iris.find_sorted(f"{U}x/unknown")
    assert [snapshot.fraction(known, value) for value in (1, 3, 9, -9)] == [0.0, 0.5, 1.0, 0.0]
    assert all(value != value for value in (snapshot.fraction(unknown, 3), snapshot.fraction(known, float("nan"))))
    assert snapshot.fraction(-1, 3) != snapshot.fraction(-1, 3)


def test_an_empty_release_is_a_snapshot(tmp_path: Path) -> None:
    """Nothing loaded: no rows, and references say so."""
    Snapshot.build([], release=0).save(tmp_path / "0")
    snapshot = Snapshot.open(tmp_path / "0")
    assert (len(snapshot.iris), len(snapshot.datasets), len(snapshot.rows(ResourceType.JOB_ROLE))) == (0, 0, 0)
    assert snapshot.find_text("x", ResourceType.JOB_ROLE).tolist() == []
    with pytest.raises(UnknownReferenceError):
        snapshot.resolve("x", EVERY)


# --- how it is stored -------------------------------------------------------------------------------------------------


def test_what_is_saved_is_opened_again(tmp_path: Path) -> None:
    """Every array and string table is equal, mapped and read-only."""
    snapshot = build()
    snapshot.save(tmp_path / "7.snapshot")
    opened = Snapshot.open(tmp_path / "7.snapshot")
    assert (opened.release, opened.datasets) == (7, snapshot.datasets)
    before, after = stored_arrays(snapshot.columns), stored_arrays(opened.columns)
    assert list(before) == list(after)
    for name, array in before.items():
        np.testing.assert_array_equal(array, after[name], err_msg=name)
        assert array.dtype == after[name].dtype
    with pytest.raises(ValueError, match="read-only"):
        opened.types[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        snapshot.types[0] = 1
    assert saved(opened, tmp_path) == (tmp_path / "7.snapshot").read_bytes()


@settings(max_examples=25)
@given(st.permutations(WORK), st.permutations(LEARN), st.booleans())
def test_the_order_of_records_changes_no_byte(
    tmp_path_factory: pytest.TempPathFactory, work: list[Record], learn: list[Record], turned: bool
) -> None:
    """Same content, same bytes: however records and datasets come, and also where some come twice."""
    folder = tmp_path_factory.mktemp("order")
    datasets = [(info("work"), [*work, *work[:3]]), (info("learn"), learn)]
    other = Snapshot.build(datasets[::-1] if turned else datasets, release=7)
    assert saved(other, folder) == saved(build(), folder, "b.snapshot")


def test_of_two_records_with_one_iri_the_same_one_stays(tmp_path: Path) -> None:
    """Whatever came first: validation has told of it, the snapshot only must not waver."""
    one, two = (JobRole(iri=f"{U}r", labels=(Text(name, "en"),)) for name in ("One", "Two"))
    assert saved(only(one, two), tmp_path) == saved(only(two, one), tmp_path, "b")


@settings(max_examples=40)
@given(st.data())
def test_any_changed_byte_is_detected(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """One bit flipped anywhere, the file cut anywhere, or bytes behind it: DamagedError, so that the caller builds anew."""
    folder = tmp_path_factory.mktemp("damage")
    whole = bytearray(saved(build(), folder))
    position = data.draw(st.integers(0, len(whole) - 1))
    flipped = whole.copy()
    flipped[position] ^= 1 << data.draw(st.integers(0, 7))
    for damaged in (flipped, whole[:position], whole + b"\0"):
        (folder / "damaged").write_bytes(damaged)
        with pytest.raises(DamagedError):
            Snapshot.open(folder / "damaged")


def test_a_file_of_another_layout_is_outdated(tmp_path: Path) -> None:
    """A whole file of another version, and none at all, are told apart by their codes."""
    write_arrays(tmp_path / "old", "another layout", {}, {})
    with pytest.raises(DamagedError) as outdated:
        Snapshot.open(tmp_path / "old")
    assert outdated.value.code == "snapshot.outdated"
    with pytest.raises(DamagedError) as missing:
        Snapshot.open(tmp_path / "none")
    assert missing.value.code == "snapshot.missing"


def test_a_save_that_fails_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk while writing: the old file is whole, nothing lies beside it."""
    before = saved(build(), tmp_path)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        only(JobRole(iri=f"{U}r")).save(tmp_path / "a.snapshot")
    assert [path.name for path in tmp_path.iterdir()] == ["a.snapshot"]
    assert (tmp_path / "a.snapshot").read_bytes() == before


def test_a_mapped_snapshot_outlives_its_file(tmp_path: Path) -> None:
    """A release is swapped while readers still hold the old one."""
    build().save(tmp_path / "s")
    old = Snapshot.open(tmp_path / "s")
    only(JobRole(iri=f"{U}r")).save(tmp_path / "s")
    assert old.find_row(f"{U}r/defence") >= 0
    assert Snapshot.open(tmp_path / "s").find_row(f"{U}r/defence") == -1


@settings(max_examples=50)
@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]))))
def test_string_tables_give_back_what_was_packed(texts: list[str | None]) -> None:
    """By index from both ends, by slice, in a loop; an index behind the end is an IndexError."""
    known = [text for text in texts if text is not None]
    parted = [f"{'/#'[len(text) % 2]}{text}" for text in known]
    for table, expected in (
        (Strings.pack(known), known),
        (RepeatedStrings.pack(known), known),
        (OptionalStrings.pack(texts), texts),
        (SplitStrings.pack(known), known),
        (SplitStrings.pack(parted), parted),
    ):
        assert list(table) == expected
        assert [table[index] for index in range(len(table))] == expected
        assert [table[-index] for index in range(1, len(table) + 1)] == expected[::-1]
        assert table[1:3] == expected[1:3]
        with pytest.raises(IndexError):
            table[len(expected)]
    ordered = sorted(set(known))
    assert [Strings.pack(ordered).find_sorted(text) for text in ordered] == list(range(len(ordered)))


def test_what_is_derived_is_made_once() -> None:
    """Eight threads ask at once; one makes it."""
    snapshot, barrier = build(), threading.Barrier(8)
    made: list[int] = []

    def make(_: Snapshot) -> list[int]:
        made.append(1)
        return made

    def ask() -> None:
        barrier.wait()
        snapshot.derived("x", make)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]


# --- views ------------------------------------------------------------------------------------------------------------


def test_a_view_of_all_datasets_is_the_release(tmp_path: Path) -> None:
    """Restricting to all that there is changes no byte."""
    assert saved(build().restrict(["work", "learn"]), tmp_path) == saved(build(), tmp_path, "b")


def test_a_view_holds_only_its_datasets() -> None:
    """`work` alone: what it names of `learn` is EXTERNAL, teachings, awards, alignments are gone, the scale stays readable."""
    view = build().restrict(["work"])
    assert [found.name for found in view.datasets] == ["work"]
    assert view.types[row(view, "c/plus")] == view.types[row(view, "s/a")] == ResourceType.EXTERNAL
    assert (len(view.teaches_iris), len(view.awards_iris), len(view.alignment_iris)) == (0, 0, 0)
    assert len(view.node_iris) == 8
    assert view.fraction(0, 3) == 0.5
    assert build().restrict(["learn"]).restrict(["learn"]).find_row(f"{U}r/defence") == -1


def test_a_requirement_on_a_role_of_another_dataset_is_dropped_with_it() -> None:
    """An employer's dataset adds to a shared role: alone it has no role to add to."""
    added = Requirement(iri=f"{U}q/own", owner=f"{U}r/1", target=f"{U}s/1")
    snapshot = Snapshot.build([(info("shared"), [JobRole(iri=f"{U}r/1")]), (info("own"), [added])], release=1)
    assert list(snapshot.node_iris) == [f"{U}q/own"]
    assert len(snapshot.restrict(["own"]).node_iris) == 0
    assert len(snapshot.restrict(["shared"]).node_iris) == 0
    assert len(snapshot.restrict(["own", "shared"]).node_iris) == 1


def test_an_unknown_dataset_is_told_with_those_there_are() -> None:
    """`view.datasets: ["wrok"]`."""
    with pytest.raises(UnknownReferenceError) as caught:
        build().restrict(["work", "wrok"])
    assert caught.value.code == "reference.unknown"
    assert caught.value.hint is not None
    assert "learn, work" in caught.value.hint


# --- references -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        (f"{U}r/defence", "r/defence"),  # IRI
        ("opm:511", "r/defence"),  # code after its system
        ("OPM / 511", "r/defence"),
        ("cwf/511", "r/defence"),  # after a code of the framework
        ("Cyber workforce frame: 511", "r/defence"),  # after a label of the framework
        ("cyber/511", "r/defence"),  # after a segment of the framework's IRI
        ("soc:511", "r/analyst"),
        ("d-1", "r/defence"),  # code alone, case folded
        ("work/D-1", "r/defence"),  # after the dataset
        ("Security+", "c/plus"),  # label
        ("SECURITY PLUS", "c/plus"),
        (" security ＋ ", "c/plus"),  # noqa: RUF001 - a full-width plus is a plus
        ("secplus", "c/plus"),  # code, plus folded
        ("verteidigung", "r/defence"),  # label in any language
        ("DÉFENSE", "r/defence"),
        ("De\u0301fense", "r/defence"),  # decomposed
        ("blue  team", "r/defence"),  # alternative label
        ("Analyst", "r/analyst"),  # a preferred label goes before another's alternative one
        ("Skill old", "s/a"),  # superseded: its last successor
        (f"{U}s/older", "s/a"),
        ("Round", "s/round"),  # successors go round
        ("Gone", "s/gone"),
    ],
)
def test_a_reference_means_one_thing(reference: str, name: str) -> None:
    """IRI, then code, then qualified code, then label, then alternative label; folded; by successor."""
    snapshot = build()
    assert snapshot.iris[snapshot.resolve(reference, EVERY)] == U + name


def test_an_ambiguous_reference_lists_all_it_may_mean() -> None:
    """511 is a code of two roles."""
    with pytest.raises(UnknownReferenceError) as caught:
        build().resolve("511", ROLE)
    assert caught.value.code == "reference.ambiguous"
    assert caught.value.candidates == ((f"{U}r/analyst", "Analyst"), (f"{U}r/defence", "Defence"))


def test_only_the_types_asked_for_are_looked_at() -> None:
    """A label that a role and a competency share is unambiguous where one of them is asked for."""
    snapshot = only(
        JobRole(iri=f"{U}r", labels=(Text("Welding", "en"),)), Competency(iri=f"{U}s", labels=(Text("welding", "en"),))
    )
    assert snapshot.iris[snapshot.resolve("Welding", ROLE)] == f"{U}r"
    assert snapshot.iris[snapshot.resolve("Welding", (ResourceType.COMPETENCY,))] == f"{U}s"
    with pytest.raises(UnknownReferenceError, match="2 things"):
        snapshot.resolve("Welding", EVERY)
    with pytest.raises(UnknownReferenceError):
        snapshot.resolve(f"{U}s", ROLE)


def test_a_superseded_thing_and_its_successor_are_one() -> None:
    """Both carry the label: that is not ambiguous."""
    snapshot = only(
        Competency(iri=f"{U}s/1", labels=(Text("Same", "en"),), replaced_by=f"{U}s/2"),
        Competency(iri=f"{U}s/2", labels=(Text("Same", "en"),)),
    )
    assert snapshot.iris[snapshot.resolve("same", EVERY)] == f"{U}s/2"


@pytest.mark.parametrize("reference", ["Securty+", "Secruity Plus", "sec +x"])
def test_an_unknown_reference_lists_the_nearest(reference: str) -> None:
    """At most five, the most alike first, only of the types asked for."""
    with pytest.raises(UnknownReferenceError) as caught:
        build().resolve(reference, (ResourceType.CREDENTIAL, ResourceType.COURSE))
    assert caught.value.code == "reference.unknown"
    assert caught.value.candidates[0] == (f"{U}c/plus", "Security+")
    assert len(caught.value.candidates) <= 5


@pytest.mark.parametrize("reference", ["", "   ", "/", ":", "opm:", ":511", "zzz/511", "\0", "字" * 3000])
def test_what_names_nothing_is_unknown(reference: str) -> None:
    """Whatever is given, the answer is an error of ours."""
    with pytest.raises(UnknownReferenceError) as caught:
        build().resolve(reference, EVERY)
    assert caught.value.code == "reference.unknown"


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_folding_twice_folds_nothing_more(text: str) -> None:
    """A key is its own fold, so that keys can be compared; case and blanks make no difference."""
    assert fold(fold(text)) == fold(text)
    assert fold(f" {text}\t") == fold(text)


def test_text_is_found_in_labels_of_any_language() -> None:
    """Case folded, of one type, by IRI; a label is found once however often it holds the text; alternatives do not count."""
    snapshot = build()

    def found(text: str, kind: ResourceType) -> list[str]:
        return [snapshot.iris[each].removeprefix(U) for each in snapshot.find_text(text, kind)]

    assert found("SKILL", ResourceType.COMPETENCY) == ["s/a", "s/b", "s/old", "s/older"]
    assert found("teidig", ResourceType.JOB_ROLE) == ["r/defence"]
    assert found("e", ResourceType.JOB_ROLE) == ["r/defence"]
    assert found("blue", ResourceType.JOB_ROLE) == []
    assert found("skill", ResourceType.JOB_ROLE) == []
    assert found("a\0s", ResourceType.COMPETENCY) == []
    assert found("", ResourceType.JOB_ROLE) == ["r/analyst", "r/defence"]


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "languages", "used"),
    [
        (("de", "en"), ("de",), "de"),
        (("de", "en"), ("de-AT-1996",), "de"),  # the range is shortened from its end
        (("de-AT", "en"), ("de",), "en"),  # never lengthened
        (("en", "zh-Hant"), ("zh-Hant-x-private",), "zh-Hant"),  # a singleton goes with what follows it
        (("de", "fr"), ("it", "FR"), "fr"),  # the first range that is there; case makes no difference
        (("de", "fr"), ("fr", "de"), "fr"),
        (("de", "en", "und"), ("it",), "en"),  # then English
        (("de", "en-GB", "und"), (), "en-GB"),
        (("de", "und"), ("it",), "und"),  # then undetermined
        (("de", "fr"), ("it",), "de"),  # then the first
        ((), ("it",), "und"),  # the IRI
    ],
)
def test_labels_fall_back_by_rfc_4647(tags: tuple[str, ...], languages: tuple[str, ...], used: str) -> None:
    """Lookup (section 3.4), then English, `und`, the first there is, the IRI; the tag that was used is told."""
    snapshot = only(JobRole(iri=f"{U}r", labels=tuple(Text(f"in {tag}", tag) for tag in tags)))
    assert snapshot.label(0, languages) == (f"in {used}" if tags else f"{U}r", used)


@pytest.mark.parametrize("version", [1, 2])
def test_a_snapshot_needs_no_more_than_the_bare_records(tmp_path: Path, version: int) -> None:
    """Descriptions, kept statements and unmapped things change no byte of it: a build may leave them unread."""
    records = [
        *world(version),
        Competency(iri=f"{U}said", descriptions=(Text("words", "en"),), statements=((f"{U}p", '"x"'),)),
        Unmapped(iri=f"{U}kept", statements=((f"{U}p", f"<{U}said>"),)),
    ]
    lines = sorted(line for record in records for line in to_nquads_lines(record, f"{U}dataset/d"))
    stored = []
    for number, read in enumerate((from_nquads_lines, bare_records)):
        path = tmp_path / str(number)
        Snapshot.build([(info("d"), read(lines))], release=1).save(path)
        stored.append(path.read_bytes())
    assert stored[0] == stored[1]
    assert all(not getattr(record, "statements", ()) for record in bare_records(lines))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["Ab", "aB", "a b", "c", "C", "é", ""]), st.integers(0, 3)), max_size=12))
def test_folded_keys_have_each_value_once(entries: list[tuple[str, int]]) -> None:
    """Texts that fold to one key share it; its values are sorted, each once."""
    entries.sort(key=lambda entry: entry[1])
    keys, offsets, values = _keyed([text for text, _ in entries], [value for _, value in entries])
    found = {key: values[offsets[at] : offsets[at + 1]].tolist() for at, key in enumerate(keys)}
    expected: dict[str, set[int]] = {}
    for text, value in entries:
        expected.setdefault(fold(text), set()).add(value)
    assert list(keys) == sorted(expected)
    assert found == {key: sorted(rows) for key, rows in expected.items()}
