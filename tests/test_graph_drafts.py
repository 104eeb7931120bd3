"""Drafts of overlays: edited in the data folder, told where they do not fit, published as a release."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matching_worlds import World, worlds
from service_world import WORLD, iri, texts

from graph.archive import Manifest, dataset_iri, write_durably
from graph.conflicts import find_broken_overlays, find_records
from graph.drafts import LOCK, Draft, Drafts, Edit
from graph.layout import OVERLAY, DatasetInfo, stored_arrays
from graph.loading import load
from graph.lock import writer_lock
from graph.overlays import digest
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.amendments import find_header, make_header, overlay_iri
from ontology.errors import BusyError, InputError, UnknownReferenceError
from ontology.model import Amendment, Competency, Importance, JobRole, Level, Located, Record, Requirement, Source, Text
from ontology.readers import read_source
from service.cli import run


def released(home: Path, world: Mapping[str, Sequence[Record]] = WORLD, /, **datasets: Sequence[Record]) -> Releases:
    """The releases of a data folder, of which the first has the world and these overlays. Needs no Neo4j."""
    releases = Releases(home)
    infos = []
    for name, records in {**world, **datasets}.items():
        checksum = releases.archive.write(name, records)
        kind = OVERLAY if name in datasets else "tables"
        infos.append(
            DatasetInfo(
                iri=dataset_iri(name), name=name, format=kind, license=None, attribution=None, checksum=checksum
            )
        )
    infos.sort(key=lambda info: info.name)
    manifest = Manifest(number=1, published_at="2026-01-01T12:00:00Z", note=None, datasets=tuple(infos))
    releases.archive.write_manifest(manifest)
    write_durably(home / "current.json", b'{"release": 1}')
    return releases


def only(draft: Draft) -> Amendment:
    """Its one amendment."""
    (amendment,) = draft.amendments
    return amendment


def test_edits_of_one_thing_are_one_amendment(home: Path) -> None:
    """By code, label or IRI; a name takes the place of the one in its language, and what was said before stays."""
    drafts = Drafts(released(home))
    assert drafts.create("north", over=["jobs"], license="CC0-1.0").over == ("jobs",)
    drafts.edit("north", [Edit(target="opm:511", labels=texts("Guard"))])
    drafts.edit("north", [Edit(target="Défenseur", labels=texts("Watch", "Garde"))])
    draft = drafts.edit("north", [Edit(target=iri("defender"), descriptions=(Text("Guards."),))])
    amendment = only(draft)
    assert (amendment.target, amendment.labels) == (iri("defender"), texts("Watch", "Garde"))
    assert amendment.descriptions == texts("Guards.")
    assert amendment.was == digest(next(each for each in WORLD["jobs"] if each.iri == iri("defender")))
    assert drafts.get("north") == draft
    assert drafts.names() == ("north",)


def test_weights_and_levels_go_with_requirements_alone(home: Path) -> None:
    """needs-python weighs a quarter at level 1; the role Coder can have neither, and nothing of that edit is done."""
    drafts = Drafts(released(home))
    drafts.create("north")
    level = Level(iri("scale"), 1.0)
    draft = drafts.edit("north", [Edit(target=iri("needs-python"), weight=(Importance.SHOULD, 0.25), level=level)])
    assert (only(draft).importance, only(draft).importance_value, only(draft).level) == (Importance.SHOULD, 0.25, level)
    with pytest.raises(InputError) as caught:
        drafts.edit(
            "north",
            [Edit(target="621", labels=texts("Dev")), Edit(target="621", weight=(Importance.MUST, None))],
        )
    assert caught.value.code == "overlay.not-fitting"
    assert drafts.get("north") == draft


def test_a_text_without_a_language_takes_the_place_of_the_only_one(home: Path) -> None:
    """Coder is English alone; Defender is English and French, so that which of them is meant must be said."""
    drafts = Drafts(released(home))
    drafts.create("north")
    assert only(drafts.edit("north", [Edit(target="621", labels=(Text("Dev"),))])).labels == texts("Dev")
    with pytest.raises(InputError, match="en, fr") as caught:
        drafts.edit("north", [Edit(target="511", labels=(Text("Dev"),))])
    assert caught.value.code == "overlay.language"


def test_what_is_unknown_is_told_and_changes_nothing(home: Path) -> None:
    """A target that nothing describes, a draft that is not there, a dataset under which it cannot lie."""
    drafts = Drafts(released(home))
    with pytest.raises(UnknownReferenceError, match="no draft 'north'"):
        drafts.get("north")
    with pytest.raises(UnknownReferenceError, match="no dataset 'nowhere'"):
        drafts.create("north", over=["nowhere"])
    with pytest.raises(InputError) as caught:
        drafts.create("skills")
    assert caught.value.code == "overlay.other-kind"
    drafts.create("north")
    with pytest.raises(UnknownReferenceError):
        drafts.edit("north", [Edit(target="621", removed=True), Edit(target="https://nowhere.example/", removed=True)])
    assert drafts.get("north").amendments == ()
    with pytest.raises(InputError) as caught:
        drafts.create("north")
    assert caught.value.code == "overlay.draft-exists"


def test_amendments_and_additions_are_taken_back(home: Path) -> None:
    """By what they are about, by their own IRI; and a removal is taken back by saying so."""
    drafts = Drafts(released(home))
    drafts.create("north")
    drafts.add("north", [Competency(iri=iri("sami"), labels=texts("Sami"))])
    drafts.edit("north", [Edit(target="621", removed=True), Edit(target=iri("sami"), labels=texts("Saami"))])
    drafts.edit("north", [Edit(target="621", removed=False)])
    draft = drafts.drop("north", ["opm:621", iri("sami")])
    assert [type(record).__name__ for record in draft.records] == ["Framework"]
    with pytest.raises(UnknownReferenceError, match="says nothing of"):
        drafts.drop("north", [iri("coder")])
    drafts.discard("north")
    assert drafts.names() == ()


def test_additions_are_checked_beside_those_before(home: Path) -> None:
    """A requirement of what the draft itself adds is fine, one of nothing blocks, and so does a source without a record."""
    releases = released(home)
    before = Drafts(releases)
    before.create("north")
    place = Source(file="more.csv")
    first = [Located(record=Competency(iri=iri("sami"), labels=texts("Sami")), source=place)]
    assert before.add_read("north", first).counts.loaded == 1
    second = [Located(record=Requirement(iri=iri("n"), owner=iri("coder"), target=iri("sami")), source=place)]
    assert not before.add_read("north", second).blocked
    kept = before.get("north")
    third = [Located(record=Requirement(iri=iri("m"), owner=iri("coder"), target=iri("no")), source=place)]
    assert [each.code for each in before.add_read("north", third).findings] == ["link.dangling"]
    assert before.add_read("north", []).blocked
    assert before.get("north") == kept


def test_a_draft_is_not_served_and_one_edits_at_a_time(home: Path) -> None:
    """The release stays as it is; while another one holds the lock an edit is refused, and a load is not kept waiting."""
    releases = released(home)
    drafts = Drafts(releases)
    before = releases.current()
    drafts.create("north")
    with writer_lock(home, LOCK), pytest.raises(BusyError):
        drafts.edit("north", [Edit(target="621", removed=True)])
    with writer_lock(home):
        drafts.edit("north", [Edit(target="621", removed=True)])
    assert releases.current() == before


def test_a_draft_of_a_published_overlay_begins_with_it(home: Path) -> None:
    """And keeps its identity, whatever it is called and lies over."""
    north = (make_header("north", over=["skills"]), Competency(iri=iri("sami"), labels=texts("Sami")))
    drafts = Drafts(released(home, north=north))
    assert drafts.create("north").records == tuple(sorted(north, key=lambda record: record.iri))
    drafts.discard("north")
    header = find_header(drafts.create("north", over=["jobs"], label=Text("North", "en")).records)
    assert header is not None
    assert (header.iri, header.labels) == (overlay_iri("north"), (Text("North", "en"),))


def test_a_check_tells_what_does_not_fit(home: Path) -> None:
    """An amendment of what is not there, of what has changed, of what is of another class, and one that says nothing."""
    drafts = Drafts(released(home))
    drafts.create("north")
    drafts.add(
        "north",
        [
            Amendment(iri=iri("am1"), target=iri("nowhere"), removed=True),
            Amendment(iri=iri("am2"), target=iri("coder"), removed=True, was="0" * 64),
            Amendment(iri=iri("am3"), target=iri("python"), importance=Importance.MUST),
            Amendment(iri=iri("am4"), target=iri("network")),
            Requirement(iri=iri("dangles"), owner=iri("coder"), target=iri("nowhere")),
        ],
    )
    report = drafts.check("north")
    assert report.blocked
    assert {(each.code, each.subject) for each in report.findings} == {
        ("link.dangling", iri("dangles")),
        ("overlay.says-nothing", iri("am4")),
    }
    drafts.drop("north", [iri("dangles")])
    report = drafts.check("north")
    assert not report.blocked
    assert {(each.code, each.subject) for each in report.findings} == {
        ("overlay.target-gone", iri("nowhere")),
        ("overlay.target-changed", iri("coder")),
        ("overlay.no-longer-fits", iri("python")),
        ("overlay.says-nothing", iri("am4")),
    }


def test_a_new_version_tells_the_overlays_that_no_longer_fit(home: Path) -> None:
    """jobs without Coder: the overlay's weight is of nothing, its addition hangs in the air; what it adds itself is now jobs'."""
    north = (
        make_header("north"),
        Amendment(iri=iri("am1"), target=iri("needs-python"), importance=Importance.MUST),
        Amendment(iri=iri("am2"), target=iri("python"), removed=True),
        Requirement(iri=iri("more"), owner=iri("coder"), target=iri("network")),
        JobRole(iri=iri("local"), labels=texts("Local")),
    )
    releases = released(home, north=north)
    gone = (iri("coder"), iri("needs-python"), iri("needs-time"))
    jobs = [*(each for each in WORLD["jobs"] if each.iri not in gone), JobRole(iri=iri("local"))]
    found = list(find_broken_overlays(releases.archive, releases.current(), releases.snapshot(), "jobs", jobs))
    assert [(each.code, each.subject) for each in found] == [
        ("overlay.target-gone", iri("needs-python")),
        ("overlay.addition-taken", iri("local")),
        ("overlay.addition-dangles", iri("more")),
    ]
    same = find_broken_overlays(releases.archive, releases.current(), releases.snapshot(), "jobs", WORLD["jobs"])
    assert list(same) == []


def test_records_are_found_among_the_lines_of_a_dataset(home: Path) -> None:
    """The first, the last, one whose IRI is the beginning of another's, none."""
    releases = Releases(home)
    records = [Competency(iri=f"urn:x:{name}", labels=(Text(name),)) for name in ("a", "a/b", "a!", "z")]
    info = DatasetInfo(
        iri=dataset_iri("x"),
        name="x",
        format="tables",
        license=None,
        attribution=None,
        checksum=releases.archive.write("x", records),
    )
    for iris in (
        {"urn:x:a"},
        {"urn:x:a", "urn:x:a/b"},
        {"urn:x:a/b", "urn:x:z"},
        {"urn:x:a!", "urn:x:none"},
        set[str](),
    ):
        found = find_records(releases.archive, info, iris)
        assert found == {record.iri: record for record in records if record.iri in iris}


def test_a_walk_with_the_command(
    connection: Connection,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """new, set, add, check, publish; exported as N-Quads it loads as an overlay; a roll-back takes it away again."""
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("HEADWATER_HOME", str(home)),
        ("NEO4J_URI", connection.uri),
        ("NEO4J_USERNAME", connection.username),
        ("NEO4J_PASSWORD", connection.password),
    ):
        monkeypatch.setenv(name, value)
    released(home)
    additions = tmp_path / "more"
    additions.mkdir()
    (additions / "competencies.csv").write_text(f"iri,label,language\n{iri('sami')},Sami,en\n", "utf-8")
    (additions / "requires.csv").write_text(f"role,target,importance\n{iri('coder')},{iri('sami')},should\n", "utf-8")
    set_all = ["--remove", "demo:N1", "--label", "621", "Developer", "--weight", iri("needs-python"), "0.5"]
    for arguments in (
        ["new", "north", "--over", "skills", "--label", "North", "--language", "en"],
        ["set", "north", *set_all],
        ["set", "north", "--level", iri("needs-python"), "1", iri("scale")],
        ["add", "north", str(additions)],
        ["check", "north"],
        ["show", "north"],
        ["publish", "north"],
        ["list"],
    ):
        assert run(["overlays", *arguments]) == 0, capsys.readouterr()
    assert "published" in capsys.readouterr().out
    releases = Releases(home)
    assert Drafts(releases).names() == ()
    info = releases.get_dataset("north")
    assert info.is_overlay
    assert releases.snapshot().find_row(iri("sami")) == -1
    file = tmp_path / "north.nq"
    file.write_text("".join(f"{line}\n" for line in releases.archive.lines("north", info.checksum)), "utf-8")
    with Store(connection) as store:
        assert store.read("MATCH (n:Resource {iri: $iri}) RETURN n.iri AS iri", {"iri": iri("sami")}) == []
        again = load(releases, read_source(file), store=store)
        assert (again.dataset, again.published, again.findings) == ("north", False, ())
        releases.roll_back(store, 1)
    assert "north" not in [each.name for each in (releases.current() or again.release).datasets]  # type: ignore[union-attr]
    assert run(["overlays", "set", "north", "--remove", "621"]) == 2
    assert run(["overlays", "new", "north"]) == 0
    assert run(["overlays", "set", "north", "--weight", iri("needs-python"), "heavy"]) == 2
    assert run(["overlays", "set", "north"]) == 2
    assert run(["overlays", "discard", "north", "--json"]) == 0


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(worlds(), worlds(), st.integers(0, 2**16))
def test_whatever_an_overlay_says_the_release_is_the_same(
    tmp_path_factory: pytest.TempPathFactory, world: World, other: World, seed: int
) -> None:
    """Any records beside amendments of any thing, as an overlay: the release's snapshot has the same columns, byte for byte."""
    targets = [record.iri for record in world.records]
    records: list[Record] = [
        make_header("north"),
        *{record.iri: record for record in other.records}.values(),
        *(
            Amendment(iri=f"urn:am:{place}", target=target, removed=bool(seed >> place % 16 & 1), labels=(Text("x"),))
            for place, target in enumerate(targets)
        ),
    ]
    base = tuple({record.iri: record for record in world.records}.values())
    snapshots = []
    for overlays in ({}, {"north": records}):
        releases = released(tmp_path_factory.mktemp("home"), {"world": base}, **overlays)
        snapshots.append(stored_arrays(releases.snapshot().columns))
    assert snapshots[0].keys() == snapshots[1].keys()
    assert all(column.tobytes() == snapshots[1][name].tobytes() for name, column in snapshots[0].items())
