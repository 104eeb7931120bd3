"""Releases on a real Neo4j: what a load publishes, what it refuses, and what every fault of disk, database and neighbour leaves."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from release_killing import started_worker
from release_world import (
    W,
    check_settled,
    digest,
    dump,
    expected_files,
    files_in,
    is_settled,
    load_world,
    noon,
    reading,
    world,
)

from graph import cypher
from graph.loading import LoadReport, default_name, load, remove_dataset, slug
from graph.lock import writer_lock
from graph.releases import ChangeKind, Releases, Watcher, current_snapshot
from graph.server import Connection
from graph.snapshot import Snapshot
from graph.store import Store
from ontology.errors import BusyError, DamagedError, InputError, UnavailableError, UnknownReferenceError
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Located,
    Record,
    Relation,
    Requirement,
    Teaching,
    Text,
)
from ontology.readers import Reading
from ontology.terms import indexed_properties, neo4j_labels, relationship_types


@pytest.fixture
def store(connection: Connection) -> Iterator[Store]:
    with Store(connection) as opened:
        yield opened


@pytest.fixture
def releases(home: Path) -> Releases:
    return Releases(home, clock=noon)


def load_records(
    releases: Releases, store: Store | None, name: str, records: list[Record], **options: bool
) -> LoadReport:
    return load(releases, reading(records), store=store, dataset=name, **options)  # type: ignore[arg-type]  # flags alone


def codes(report: LoadReport, level: FindingLevel = FindingLevel.MUST) -> list[str]:
    return [finding.code for finding in report.findings if finding.level is level]


def skills(*names: str) -> list[Record]:
    return [Competency(iri=W + name, labels=(Text(name, "en"),)) for name in names]


def test_names_of_labels_types_and_indexes_are_those_of_the_ontology() -> None:
    """Whatever Neo4j is told to label, link or index is declared in headwater.ttl."""
    assert {*cypher.NODE_LABELS, cypher.EXTERNAL, "Dataset"} == set(neo4j_labels())
    assert {*cypher.STRUCTURE_TYPES, *cypher.STATEMENT_TYPES} == set(relationship_types()) - {"DATASET"}
    searched = {(label, field) for label in cypher.RESOURCE_LABELS for field in ("labels", "alternative_labels")}
    assert searched <= set(indexed_properties("fulltext"))
    assert set(cypher.LOOKUPS) <= set(indexed_properties("lookup"))


def test_a_load_gives_a_release_with_archive_snapshot_graph_and_pointer(releases: Releases, store: Store) -> None:
    """One load, one release: all four hold the same content."""
    report = load_world(releases, store, 1)
    assert codes(report) == []
    assert report.published
    assert report.release is not None
    assert (report.release.number, report.release.published_at) == (1, "2026-01-01T12:00:00Z")
    assert report.counts.read == report.counts.loaded == len(world(1))
    (dataset,) = report.release.datasets
    assert (dataset.license, dataset.attribution, dataset.format) == ("CC-BY", "World", "tables")
    assert sorted(record.iri for record in releases.records("world")) == sorted(record.iri for record in world(1))
    snapshot = current_snapshot(releases.home)
    assert snapshot.release == 1
    assert W + "c0" in snapshot.iris
    (row,) = store.read("MATCH (c:Course {iri: $iri}) RETURN properties(c) AS properties", {"iri": W + "course"})
    assert row["properties"] == {
        "iri": W + "course",
        "name": "Course",
        "labels": ["Course"],
        "label_languages": ["en"],
        "provider": "v1",
        "cost_minor_units": 5,
        "currency": "EUR",
        "dataset": "world",
    }
    check_settled(releases, store)


def test_an_unchanged_load_makes_no_release(releases: Releases, store: Store) -> None:
    """The same content and description is the same release, and its file has the same bytes."""
    first = load_world(releases, store, 1)
    assert first.release is not None
    path = releases.archive.path("world", first.release.datasets[0].checksum)
    before = digest(path)
    again = load_world(releases, store, 1)
    assert not again.published
    assert again.release == first.release
    assert (again.counts.loaded, again.counts.unchanged, again.counts.removed) == (0, len(world(1)), 0)
    assert digest(path) == before
    check_settled(releases, store)


def test_a_new_version_leaves_nothing_of_the_old_one(releases: Releases, store: Store, tmp_path: Path) -> None:
    """After version 1 and 2 the graph is that of version 2 alone: no old property, relationship, label or lonely node."""
    load_world(Releases(tmp_path / "other", clock=noon), store, 2)
    expected = dump(store)
    load_world(releases, store, 1)
    assert dump(store) != expected
    report = load_world(releases, store, 2)
    assert dump(store) == expected
    assert report.counts.removed == 1
    assert report.changes.removed == {"Competency": 1}
    assert report.counts.loaded + report.counts.unchanged == len(world(2))
    check_settled(releases, store)


def test_an_iri_can_become_a_statement_and_a_thing_again(releases: Releases, store: Store, tmp_path: Path) -> None:
    """A competency's IRI becomes a teaching's, then an awarding's, then a competency's: each time nothing of the former stays."""
    rest: list[Record] = [*skills("a"), Course(iri=W + "course"), Credential(iri=W + "credential")]
    forms: list[Record] = [
        *skills("same"),
        Teaching(iri=W + "same", subject=W + "course", competency=W + "a"),
        Awarding(iri=W + "same", course=W + "course", credential=W + "credential"),
        *skills("same"),
    ]
    seen = []
    for form in forms:
        assert load_records(releases, store, "d", [*rest, form], allow_removals=True).published
        seen.append(dump(store))
    for form, expected in zip(forms, seen, strict=True):
        fresh = Releases(tmp_path / f"fresh {len(list(tmp_path.iterdir()))}", clock=noon)
        load_records(fresh, store, "d", [*rest, form])
        assert dump(store) == expected


def test_what_is_only_named_is_external_until_it_is_described_and_after(releases: Releases, store: Store) -> None:
    """ExternalResource, then Competency by another dataset, then ExternalResource again, then gone with the alignment."""
    label = (
        "MATCH (n:Resource {iri: $iri}) RETURN [each IN labels(n) WHERE each <> 'Resource'] AS labels, n.name AS name"
    )
    outside = {"iri": W + "outside"}
    aligned: list[Record] = [
        *skills("a"),
        Alignment(iri=W + "x", subject=W + "a", object=W + "outside", relation=Relation.CLOSE),
    ]
    load_records(releases, store, "aligned", aligned)
    assert store.read(label, outside) == [{"labels": ["ExternalResource"], "name": W + "outside"}]
    load_records(releases, store, "describing", skills("outside"))
    assert store.read(label, outside) == [{"labels": ["Competency"], "name": "outside"}]
    assert codes(remove_dataset(releases, "describing", store=store)) == []
    assert store.read(label, outside) == [{"labels": ["ExternalResource"], "name": W + "outside"}]
    remove_dataset(releases, "aligned", store=store)
    assert store.read("MATCH (n) WHERE NOT n:Release RETURN count(n) AS n") == [{"n": 0}]
    check_settled(releases, store)


def test_a_thing_can_move_from_one_dataset_to_another_in_one_release(releases: Releases, store: Store) -> None:
    """A roll-back over a removal and a load elsewhere: what one dataset loses and another gains stays described."""
    load_records(releases, store, "first", skills("a", "b"))
    remove_dataset(releases, "first", store=store)
    load_records(releases, store, "second", skills("a"))
    for number, expected in ((1, "first"), (3, "second")):
        releases.roll_back(store, number)
        assert store.read("MATCH (n:Competency {iri: $iri}) RETURN n.dataset AS d", {"iri": W + "a"}) == [
            {"d": expected}
        ]
    check_settled(releases, store)


def test_roll_back_publishes_the_old_content_as_a_new_release(releases: Releases, store: Store) -> None:
    """Release 3 has the content of release 1; rolling back to what is current makes none."""
    load_world(releases, store, 1)
    expected = dump(store)
    load_world(releases, store, 2)
    manifest = releases.roll_back(store, 1)
    assert (manifest.number, manifest.note) == (3, "Content of release 1")
    assert dump(store) == expected
    assert releases.roll_back(store, 1) == manifest
    assert [each.number for each in releases.published()] == [3, 2, 1]
    with pytest.raises(UnknownReferenceError, match="no release 7"):
        releases.roll_back(store, 7)
    check_settled(releases, store)


def test_readers_see_a_roll_back_before_neo4j_follows(home: Path, store: Store) -> None:
    """The kept snapshot is swapped in first; the graph comes after."""
    seen: list[tuple[str, int]] = []
    releases = Releases(home, checkpoint=lambda name: seen.append((name, Releases(home).snapshot().release)))
    load_world(releases, store, 1)
    load_world(releases, store, 2)
    seen.clear()
    releases.roll_back(store, 1)
    assert seen.index(("current", 3)) < seen.index(("added", 3))


def test_diff_tells_what_differs_between_releases(releases: Releases, store: Store) -> None:
    """By dataset and subject, with the lines before and after."""
    load_records(releases, store, "d", skills("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"))
    changed = skills(*"cdefghijk")
    changed.append(Competency(iri=W + "b", labels=(Text("b", "en"),), kind="knowledge"))
    load_records(releases, store, "d", changed)
    found = [(change.subject, change.kind) for change in releases.diff(releases.get(1), releases.get(2))]
    assert found == [(W + "a", ChangeKind.REMOVED), (W + "b", ChangeKind.CHANGED), (W + "k", ChangeKind.ADDED)]


def test_removing_more_than_a_tenth_needs_leave(releases: Releases, store: Store) -> None:
    """Of 20, two may go; three may not, unless that is allowed."""
    names = [f"s{number}" for number in range(20)]
    load_records(releases, store, "d", skills(*names))
    refused = load_records(releases, store, "d", skills(*names[3:]))
    assert codes(refused) == ["load.many-removals"]
    assert refused.blocked
    assert (refused.counts.loaded, refused.counts.removed, refused.release) == (0, 0, None)
    check_settled(releases, store)
    assert not load_records(releases, store, "d", skills(*names[2:])).blocked
    allowed = load_records(releases, store, "d", skills(*names[10:]), allow_removals=True)
    assert codes(allowed, FindingLevel.SHOULD) == ["load.many-removals"]
    assert allowed.counts.removed == 8
    check_settled(releases, store)


def test_statements_whose_iri_changes_with_their_content_are_not_removals(releases: Releases, store: Store) -> None:
    """Every requirement replaced by another one is a change, however many there are."""
    targets = skills(*(f"s{number}" for number in range(10)))
    role = next(each for each in world(1) if each.iri == W + "role")
    for mark in ("x", "y"):
        wanted: list[Record] = [
            Requirement(iri=f"{W}{mark}{number}", owner=W + "role", target=f"{W}s{number}") for number in range(10)
        ]
        report = load_records(releases, store, "d", [role, *targets, *wanted])
        assert codes(report) == []
    assert report.changes.removed == report.changes.added == {"Requirement": 10}
    fewer = load_records(releases, store, "d", [role, *targets, *wanted[3:]])
    assert codes(fewer) == ["load.many-removals"]


def test_what_other_datasets_name_may_not_go_unless_allowed(releases: Releases, store: Store) -> None:
    """A requirement of another dataset would dangle: must when the dataset is loaded again or removed, should when allowed."""
    base = [each for each in world(1) if isinstance(each, Competency)]
    base = [replace(each, framework=None) for each in base]
    roles = [each for each in world(1) if each.iri == W + "role"]
    load_records(releases, store, "skills", [*base])
    load_records(releases, store, "jobs", [*roles, Requirement(iri=W + "r", owner=W + "role", target=W + "c3")])
    without = [each for each in base if each.iri != W + "c3"]
    without = [replace(each, broader=tuple(iri for iri in each.broader if iri != W + "c3")) for each in without]
    report = load_records(releases, store, "skills", [*without])
    assert codes(report) == ["load.orphaned"]
    assert "jobs (1)" in report.findings[0].message
    assert codes(remove_dataset(releases, "skills", store=store)) == ["load.orphaned"]
    allowed = remove_dataset(releases, "skills", store=store, allow_removals=True)
    assert codes(allowed, FindingLevel.SHOULD) == ["load.orphaned"]
    assert [dataset.name for dataset in releases.current().datasets] == ["jobs"]  # type: ignore[union-attr]
    check_settled(releases, store)


def test_another_dataset_cannot_claim_what_one_describes(releases: Releases, store: Store) -> None:
    """The finding names the owner; statements about foreign things are free."""
    load_records(releases, store, "owner", skills("a", "b"))
    report = load_records(releases, store, "thief", skills("a"))
    assert report.blocked
    assert any("owner" in finding.message and finding.subject == W + "a" for finding in report.findings)
    about: list[Record] = [
        *skills("z"),
        Alignment(iri=W + "y", subject=W + "z", object=W + "a", relation=Relation.BROAD),
    ]
    assert load_records(releases, store, "about", about).published


def test_must_findings_load_nothing_and_skip_broken_loads_the_rest(releases: Releases, store: Store) -> None:
    """A reader's fault blocks as well as a rule's; the counts tell what was refused."""
    fault = Finding(level=FindingLevel.MUST, code="tables.bad", message="Got x, expected y.", subject=W + "bad")

    def with_fault() -> Reading:
        good = reading(skills("a", "b"))
        return replace(good, items=iter([*good.items, fault]))

    blocked = load(releases, with_fault(), store=store, dataset="d")
    assert blocked.blocked
    assert (blocked.counts.read, blocked.counts.loaded, blocked.counts.refused) == (3, 0, 1)
    assert releases.current() is None
    assert files_in(releases.home) == {"writer.lock"}
    rest = load(releases, with_fault(), store=store, dataset="d", skip_broken=True)
    assert rest.published
    assert (rest.counts.read, rest.counts.loaded, rest.counts.refused) == (3, 2, 1)


def test_a_dry_run_tells_the_same_and_writes_nothing(releases: Releases, store: Store) -> None:
    """Counts and findings of a load, without a database, and not a byte in the data folder."""
    load_world(releases, store, 1)
    before = {name: digest(releases.home / name) for name in files_in(releases.home)}
    tried = load(releases, reading(world(2)), store=None, dataset="world", allow_removals=True, dry_run=True)
    assert {name: digest(releases.home / name) for name in files_in(releases.home)} == before
    done = load_world(releases, store, 2)
    assert (tried.counts, tried.changes, tried.findings) == (done.counts, done.changes, done.findings)
    assert tried.release is None


def test_an_empty_source_is_a_must_finding(releases: Releases, store: Store) -> None:
    """A load of nothing is a slip, not an empty dataset."""
    assert codes(load_records(releases, store, "d", [])) == ["load.nothing-read"]


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65, "a b", "ä"])
def test_a_name_that_is_no_folder_name_is_refused(releases: Releases, store: Store, name: str) -> None:
    """The hint gives one that would do."""
    with pytest.raises(InputError) as caught:
        load_records(releases, store, name, skills("a"))
    assert caught.value.code == "dataset.invalid-name"


def test_default_names_come_from_the_one_framework_or_the_folder() -> None:
    """A single file: its framework's identifier; otherwise the name, as a slug."""
    framework = [each for each in reading(world(1)[:1]).items if isinstance(each, Located)]
    named = replace(reading([]), name="My Ärzte & Co.")
    assert default_name(named, framework) == "framework"
    assert default_name(named, []) == "my-arzte-co"
    assert default_name(replace(named, dataset="Our.Own_1"), framework) == "Our.Own_1"
    assert slug("中文") == "dataset"


def test_a_second_writer_is_told_who_writes(releases: Releases, store: Store) -> None:
    """At once, with process and time; the first is not disturbed, and afterwards the second may."""
    with writer_lock(releases.home):
        with pytest.raises(BusyError, match=rf"process {os.getpid()} since 20") as caught:
            load_world(releases, store, 1)
        assert caught.value.exit_code == 3
    assert load_world(releases, store, 1).published


def test_the_lock_goes_with_its_process(home: Path) -> None:
    """A killed writer leaves no lock behind."""
    script = "import sys,os,pathlib\nfrom graph.lock import writer_lock\nwith writer_lock(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", script, str(home)], check=False, cwd=Path(__file__).parent.parent)
    with writer_lock(home):
        pass


def test_a_poller_sees_only_whole_releases(releases: Releases, store: Store) -> None:
    """While two versions are loaded in turn, every snapshot that is opened has all of one version and nothing of the other."""
    load_world(releases, store, 1, 300)
    watcher = Watcher(Releases(releases.home))
    mixed: list[object] = []
    seen: set[int] = set()
    stop = threading.Event()

    def look(snapshot: Snapshot) -> None:
        marks = {text.rsplit(" ", 1)[-1] for text in snapshot.label_texts if text.startswith(("Skill", "Role"))}
        version = 2 - snapshot.release % 2
        names = set(snapshot.iris)
        if marks != {f"v{version}"} or (W + "going" in names) != (version == 1) or len(snapshot.node_iris) != 302:
            mixed.append((snapshot.release, marks, len(snapshot.node_iris)))
        seen.add(snapshot.release)

    def poll() -> None:
        while not stop.is_set():
            look(current_snapshot(releases.home))
            changed = watcher.poll()
            if changed is not None:
                look(changed)

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        for version in (2, 1, 2):
            load_world(releases, store, version, 300)
    finally:
        stop.set()
        poller.join()
    assert mixed == []
    assert len(seen) > 1
    assert seen <= {1, 2, 3, 4}


def test_a_watcher_tells_each_new_release_once(releases: Releases, store: Store) -> None:
    """Nothing before the first; then the release; then nothing until the next."""
    watcher = Watcher(releases)
    assert watcher.poll() is None
    load_world(releases, store, 1)
    first = watcher.poll()
    assert first is not None
    assert first.release == 1
    assert watcher.poll() is None


def test_a_damaged_snapshot_is_built_again(releases: Releases, store: Store) -> None:
    """From the archive, with the same bytes; a missing one too."""
    load_world(releases, store, 1)
    path = releases.snapshot_path(1)
    good = digest(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    assert releases.snapshot().release == 1
    assert digest(path) == good
    path.unlink()
    assert releases.snapshot().release == 1
    assert digest(path) == good


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "swap"])
def test_a_damaged_archive_file_is_noticed_before_it_is_published(
    releases: Releases, store: Store, damage: str
) -> None:
    """A roll-back to it fails with the file's name and changes nothing; loading the content again mends it."""
    load_world(releases, store, 1)
    load_world(releases, store, 2)
    expected = dump(store)
    old = releases.get(1).datasets[0]
    path = releases.archive.path("world", old.checksum)
    content = bytearray(path.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:-20])
    elif damage == "swap":
        shutil.copy(releases.archive.path("world", releases.get(2).datasets[0].checksum), path)
    else:
        path.unlink()
    with pytest.raises(DamagedError, match=old.checksum):
        releases.roll_back(store, 1)
    assert dump(store) == expected
    assert files_in(releases.home) ^ expected_files(releases) <= {str(path.relative_to(releases.home))}
    assert load_world(releases, store, 1).published
    assert releases.roll_back(store, 1).number == 3
    check_settled(releases, store)


def test_a_damaged_manifest_is_noticed(releases: Releases, store: Store) -> None:
    """A release that is not what was written is not answered from."""
    load_world(releases, store, 1)
    path = releases.home / "archive" / "releases" / "1.json"
    path.write_text(path.read_text(encoding="utf-8").replace("CC-BY", "CC-0"), encoding="utf-8")
    with pytest.raises(DamagedError):
        releases.snapshot()


def test_an_emptied_database_is_filled_again(releases: Releases, store: Store) -> None:
    """Somebody removed everything, or only the nodes, or only the pointer's content: the next command brings all back."""
    load_world(releases, store, 1)
    load_world(releases, store, 2)
    expected = dump(store)
    for statement in ("MATCH (n) DETACH DELETE n", "MATCH (n:Resource) DETACH DELETE n"):
        store.write(statement)
        assert not is_settled(releases, store)
        releases.recover(store)
        assert dump(store) == expected
        check_settled(releases, store)


def test_a_database_restored_from_an_older_release_is_brought_forward(
    releases: Releases, store: Store, tmp_path: Path
) -> None:
    """Only the difference is applied: the archive still knows what it holds."""
    load_world(releases, store, 1, 200)
    shutil.copytree(releases.home, tmp_path / "older")
    load_world(releases, store, 2, 200)
    expected = dump(store)
    store.write("MATCH (n) DETACH DELETE n")
    Releases(tmp_path / "older").recover(store)
    assert dump(store) != expected
    releases.recover(store)
    assert dump(store) == expected
    check_settled(releases, store)


def test_a_database_of_another_data_folder_is_built_anew(releases: Releases, store: Store, tmp_path: Path) -> None:
    """What it holds is in no archive here; nothing of it stays."""
    load_world(releases, store, 1)
    expected = dump(store)
    other = Releases(tmp_path / "other")
    load_records(other, store, "else", skills("q", "r"))
    releases.recover(store)
    assert dump(store) == expected
    check_settled(releases, store)


def test_a_database_half_way_to_a_release_that_is_lost_is_built_anew(
    releases: Releases, store: Store, tmp_path: Path
) -> None:
    """The data folder was put back from a backup while a release was being published: nothing of that release stays."""

    class StoppedError(Exception):
        pass

    def stop(name: str) -> None:
        if name == "added":
            raise StoppedError

    load_world(releases, store, 1)
    expected = dump(store)
    shutil.copytree(releases.home, tmp_path / "backup")
    with pytest.raises(StoppedError):
        load_world(Releases(releases.home, checkpoint=stop), store, 2)
    assert dump(store) != expected
    restored = Releases(tmp_path / "backup")
    restored.recover(store)
    assert dump(store) == expected
    check_settled(restored, store)


def test_nodes_of_somebody_else_are_left_alone(releases: Releases, store: Store) -> None:
    """A database with a graph of its own under our label is refused, and its nodes stay."""
    store.write("CREATE (:Resource {iri: 'mine'})")
    with pytest.raises(InputError) as caught:
        load_world(releases, store, 1)
    assert caught.value.code == "store.foreign-content"
    assert store.read("MATCH (n) RETURN n.iri AS iri") == [{"iri": "mine"}]


def test_a_full_disk_changes_nothing(connection: Connection, releases: Releases, store: Store) -> None:
    """The load ends with a sentence, the release before stays, and with space again the load works."""
    load_world(releases, store, 1, 300)
    expected = dump(store)
    with started_worker(connection) as worker:
        for limit in (100, 2_000, 20_000):
            answer = worker.run(releases.home, version=2, size=300, file_bytes=limit)
            assert answer.error == "archive.not-writable", answer
            assert dump(store) == expected
            assert releases.current() == releases.get(1)
    assert load_world(releases, store, 2, 300).published
    check_settled(releases, store)


def test_an_archive_that_cannot_be_written_changes_nothing(releases: Releases, store: Store) -> None:
    """A folder on a read-only file system: an error that names it, and no release."""
    (releases.home / "archive").symlink_to("/proc/self")
    with pytest.raises(UnavailableError) as caught:
        load_world(releases, store, 1)
    assert caught.value.code == "archive.not-writable"
    assert releases.current() is None


def test_only_the_last_five_snapshots_are_kept(releases: Releases, store: Store) -> None:
    """Older ones are built when they are asked for, and go again."""
    for number in range(7):
        load_records(releases, store, "d", skills("a", f"b{number}"), allow_removals=True)
    names = sorted(path.name for path in (releases.home / "snapshots").iterdir())
    assert names == [f"{number}.snapshot" for number in range(3, 8)]
    assert releases.snapshot_of(releases.get(1)).release == 1
    assert load_records(releases, store, "d", skills("a", "c"), allow_removals=True).published
    check_settled(releases, store)
