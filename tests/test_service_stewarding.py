"""The same load again: told from the load before where nothing that it follows from has changed, read anew otherwise."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from release_world import check_settled, dump

from graph.loading import LoadReport, remove_dataset, set_visibility
from graph.loads import FOLDER
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import FindingLevel
from service import console
from service.stewarding import LoadOptions, load_one

ROOT = Path(__file__).resolve().parents[1]
X = "https://example.org/"
SKILLS = f"iri,label,language\n{X}s/write,Writing,en\n{X}s/weld,Welding,en\n"
ROLES = f"iri,label,language\n{X}r/author,Author,en\n"
REQUIRES = f"role,target\n{X}r/author,{X}s/write\n"
REGION = f"""[overlay]
name = "north"
label = {{ en = "North" }}
over = ["trades"]

[[change]]
of = "{X}s/weld"
removed = true
"""
OPTIONS = LoadOptions(dataset="trades")


@pytest.fixture
def store(connection: Connection) -> Iterator[Store]:
    with Store(connection) as opened:
        yield opened


@pytest.fixture
def releases(home: Path) -> Releases:
    return Releases(home)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Tables with one should-finding: nothing teaches what is asked for."""
    return written(tmp_path / "trades", competencies=SKILLS, job_roles=ROLES, requires=REQUIRES)


def written(folder: Path, **tables: str) -> Path:
    folder.mkdir()
    for name, content in tables.items():
        (folder / f"{name}.csv").write_text(content, "utf-8")
    return folder


def anew(releases: Releases, store: Store, source: Path, options: LoadOptions = OPTIONS) -> LoadReport:
    return load_one(releases, store, source, replace(options, anew=True))


def kept_files(releases: Releases) -> list[str]:
    """Names of the datasets whose loads are kept."""
    return sorted(path.name.partition("@")[0] for path in (releases.home / FOLDER).iterdir())


def test_the_same_again_tells_what_reading_it_anew_tells(releases: Releases, store: Store, source: Path) -> None:
    """Findings, counts and release, in the same order; nothing is published and nothing in the archive or Neo4j moves."""
    first = load_one(releases, store, source, OPTIONS)
    assert (first.published, first.known, [each.code for each in first.findings]) == (
        True,
        False,
        ["competency.not-taught"],
    )
    before = dump(store)
    again = load_one(releases, store, source, OPTIONS)
    assert again.known
    assert (again.counts.read, again.counts.unchanged, again.counts.loaded, again.published) == (4, 4, 0, False)
    assert dump(store) == before
    read = anew(releases, store, source)
    assert not read.known
    assert again == replace(read, known=True)
    assert console.report_json(again) == console.report_json(read)
    assert kept_files(releases) == ["trades"]


def test_a_name_that_follows_from_the_content_is_told_too(releases: Releases, store: Store, tmp_path: Path) -> None:
    """Nobody named the dataset: it has its name from its one framework."""
    source = tmp_path / "download.ttl"
    source.write_text(
        f"<{X}scheme/trades> a <http://www.w3.org/2004/02/skos/core#ConceptScheme> . <{X}s/a> a "
        f'<http://www.w3.org/2004/02/skos/core#Concept> ; <http://www.w3.org/2004/02/skos/core#prefLabel> "A"@en ; '
        f"<http://www.w3.org/2004/02/skos/core#inScheme> <{X}scheme/trades> .",
        "utf-8",
    )
    first = load_one(releases, store, source, LoadOptions())
    assert first.dataset == "trades", first.findings
    again = load_one(releases, store, source, LoadOptions())
    assert again.known
    assert again == replace(anew(releases, store, source, LoadOptions()), known=True)


def test_refused_records_are_told_again(releases: Releases, store: Store, source: Path) -> None:
    """With --skip-broken the musts of the load before are told, and counted; without it they block as ever."""
    (source / "requires.csv").write_text(f"{REQUIRES}{X}r/author,{X}s/nowhere\n{X}r/nobody,{X}s/weld\n", "utf-8")
    options = replace(OPTIONS, skip_broken=True)
    first = load_one(releases, store, source, options)
    assert first.published
    assert first.counts.refused
    again = load_one(releases, store, source, options)
    assert again.known
    assert any(each.level is FindingLevel.MUST for each in again.findings)
    assert again == replace(anew(releases, store, source, options), known=True)
    blocked = load_one(releases, store, source, OPTIONS)
    assert (blocked.blocked, blocked.known) == (True, False)
    assert load_one(releases, store, source, options).known


def rename(source: Path) -> None:
    (source / "more").mkdir()
    (source / "competencies.csv").rename(source / "more" / "competencies.csv")


def add_words(source: Path) -> None:
    with (source / "competencies.csv").open("a", encoding="utf-8") as file:
        file.write(f"{X}s/solder,Soldering,en\n")


def swap_letters(source: Path) -> None:
    path = source / "competencies.csv"
    path.write_text(path.read_text("utf-8").replace("Welding", "Wedling"), "utf-8")


def add_note(source: Path) -> None:
    (source / "notes.txt").write_text("No reader knows this.\n", "utf-8")


@pytest.mark.parametrize("change", [rename, add_words, swap_letters, add_note])
def test_a_changed_source_is_read(
    releases: Releases, store: Store, source: Path, change: Callable[[Path], None]
) -> None:
    """A document that has other bytes or another name, or one more that no reader knows."""
    load_one(releases, store, source, OPTIONS)
    change(source)
    changed = load_one(releases, store, source, OPTIONS)
    assert not changed.known
    again = load_one(releases, store, source, OPTIONS)
    assert again.known
    assert again == replace(anew(releases, store, source), known=True)


@pytest.mark.parametrize(
    "other", [{"language": "de"}, {"skip_broken": True}, {"format": "tables"}, {"dataset": "others"}]
)
def test_other_options_are_read(releases: Releases, store: Store, source: Path, other: dict[str, str]) -> None:
    """What is given beside the source may give something else."""
    load_one(releases, store, source, OPTIONS)
    assert not load_one(releases, store, source, replace(OPTIONS, **other)).known  # type: ignore[arg-type]  # fields


def test_another_visibility_is_published(releases: Releases, store: Store, source: Path) -> None:
    """The one asked for, or the one that was set meanwhile."""
    load_one(releases, store, source, OPTIONS)
    private = load_one(releases, store, source, replace(OPTIONS, visibility="private"))
    assert (private.published, private.known) == (True, False)
    assert load_one(releases, store, source, replace(OPTIONS, visibility="private")).known
    assert load_one(releases, store, source, OPTIONS).known
    set_visibility(releases, "trades", "public", store=store)
    assert not load_one(releases, store, source, OPTIONS).known
    assert load_one(releases, store, source, replace(OPTIONS, visibility="public")).known


def test_other_datasets_are_looked_at_anew(releases: Releases, store: Store, source: Path, tmp_path: Path) -> None:
    """What came beside it may describe the same, or what it names: it is read once more, and then it is known again."""
    (source / "requires.csv").write_text(f"{REQUIRES}{X}r/author,{X}s/elsewhere\n", "utf-8")
    assert load_one(releases, store, source, OPTIONS).blocked
    other = written(tmp_path / "other", competencies=f"iri,label,language\n{X}s/elsewhere,Elsewhere,en\n")
    load_one(releases, store, other, LoadOptions(dataset="other"))
    assert load_one(releases, store, source, OPTIONS).published
    assert load_one(releases, store, source, OPTIONS).known
    remove_dataset(releases, "other", store=store, allow_removals=True)
    missing = load_one(releases, store, source, OPTIONS)
    assert (missing.known, missing.blocked) == (False, True)
    load_one(releases, store, other, LoadOptions(dataset="other"))
    assert load_one(releases, store, source, OPTIONS).known, "all is as it was when it was read"
    (other / "competencies.csv").write_text(f"iri,label,language\n{X}s/elsewhere,Anywhere,en\n", "utf-8")
    load_one(releases, store, other, LoadOptions(dataset="other"))
    assert not load_one(releases, store, source, OPTIONS).known
    assert load_one(releases, store, source, OPTIONS).known


def test_another_version_in_its_place_is_replaced(
    releases: Releases, store: Store, source: Path, tmp_path: Path
) -> None:
    """What another source, a roll-back or a removal made of the dataset is not what the source says."""
    load_one(releases, store, source, OPTIONS)
    other = written(tmp_path / "other", competencies=f"{SKILLS}{X}s/solder,Soldering,en\n", job_roles=ROLES)
    load_one(releases, store, other, replace(OPTIONS, allow_removals=True))
    back = load_one(releases, store, source, replace(OPTIONS, allow_removals=True))
    assert (back.published, back.known) == (True, False)
    releases.roll_back(store, 2)
    assert load_one(releases, store, source, replace(OPTIONS, allow_removals=True)).published
    assert load_one(releases, store, source, OPTIONS).known
    remove_dataset(releases, "trades", store=store)
    assert load_one(releases, store, source, OPTIONS).published
    check = load_one(releases, store, source, OPTIONS)
    assert (check.known, check.release) == (True, releases.current())


def test_a_rolled_back_release_is_known(releases: Releases, store: Store, source: Path, tmp_path: Path) -> None:
    """The content of the release is what the load made, whatever its number."""
    load_one(releases, store, source, OPTIONS)
    other = written(tmp_path / "other", competencies=f"iri,label,language\n{X}s/other,Other,en\n")
    load_one(releases, store, other, LoadOptions(dataset="other"))
    releases.roll_back(store, 1)
    again = load_one(releases, store, source, OPTIONS)
    assert again.known
    assert again.release is not None
    assert again.release.number == 3


def test_a_dry_run_reads(releases: Releases, store: Store, source: Path) -> None:
    """It is asked for what reading would tell."""
    load_one(releases, store, source, OPTIONS)
    tried = load_one(releases, store, source, replace(OPTIONS, dry_run=True))
    assert (tried.known, tried.counts.unchanged) == (False, 4)


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_damaged_archive_is_mended(releases: Releases, store: Store, source: Path, damage: str) -> None:
    """Loading again is the way out of it, and it is read for that."""
    first = load_one(releases, store, source, OPTIONS)
    assert first.release is not None
    info = first.release.datasets[0]
    path = releases.archive.path(info.name, info.checksum)
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[:-9])
    again = load_one(releases, store, source, OPTIONS)
    assert (again.known, again.published) == (False, False)
    assert path.read_bytes() == whole
    assert load_one(releases, store, source, OPTIONS).known


def test_neo4j_and_the_snapshot_are_mended(releases: Releases, store: Store, source: Path) -> None:
    """An emptied database, and a snapshot that is gone: both are there again after a load that reads nothing."""
    load_one(releases, store, source, OPTIONS)
    before = dump(store)
    store.write("MATCH (n) DETACH DELETE n")
    releases.snapshot_path(1).unlink()
    assert load_one(releases, store, source, OPTIONS).known
    assert dump(store) == before
    assert releases.snapshot_path(1).exists()


def test_what_is_kept_may_go_or_be_damaged(releases: Releases, store: Store, source: Path) -> None:
    """The next load reads everything, and keeps it again."""
    load_one(releases, store, source, OPTIONS)
    (path,) = (releases.home / FOLDER).iterdir()
    whole = path.read_bytes()
    for broken in (b"", b"{}", b"\xff", whole[:-1], whole.replace(b"not-taught", b"not-tested"), b"[1]"):
        path.write_bytes(broken)
        assert not load_one(releases, store, source, OPTIONS).known
        assert path.read_bytes() == whole
    path.unlink()
    assert not load_one(releases, store, source, OPTIONS).known
    assert load_one(releases, store, source, OPTIONS).known


def test_a_folder_that_keeps_nothing_loads(releases: Releases, store: Store, source: Path) -> None:
    """What cannot be kept is no fault of a load."""
    (releases.home / FOLDER).write_text("a file where the folder would be", "utf-8")
    assert load_one(releases, store, source, OPTIONS).published
    assert not load_one(releases, store, source, OPTIONS).known


def test_only_what_is_loaded_is_kept(releases: Releases, store: Store, source: Path, tmp_path: Path) -> None:
    """One load a dataset: not the one before, nor those of datasets that are gone, nor what a kill left."""
    load_one(releases, store, source, OPTIONS)
    add_words(source)
    load_one(releases, store, source, OPTIONS)
    other = written(tmp_path / "other", competencies=f"iri,label,language\n{X}s/other,Other,en\n")
    load_one(releases, store, other, LoadOptions(dataset="other"))
    assert kept_files(releases) == ["other", "trades"]
    remove_dataset(releases, "other", store=store)
    (releases.home / FOLDER / "trades@0.json.tmp").write_text("half", "utf-8")
    anew(releases, store, source)
    assert kept_files(releases) == ["trades"]
    check_settled_without_kept(releases, store)


def check_settled_without_kept(releases: Releases, store: Store) -> None:
    """Nothing else is left behind by a load that is known."""
    for path in (releases.home / FOLDER).iterdir():
        path.unlink()
    check_settled(releases, store)


def test_overlays_are_held_to_it_anew(releases: Releases, store: Store, source: Path, tmp_path: Path) -> None:
    """What no longer fits is told by the same load again too, beside what was found in the source."""
    load_one(releases, store, source, OPTIONS)
    region = tmp_path / "north.overlay.toml"
    region.write_text(REGION, "utf-8")
    laid = load_one(releases, store, region, LoadOptions(dataset="north"))
    assert laid.published, laid.findings
    known = load_one(releases, store, region, LoadOptions(dataset="north"))
    assert known.known
    assert known == replace(anew(releases, store, region, LoadOptions(dataset="north")), known=True)
    (source / "competencies.csv").write_text(SKILLS.replace(f"{X}s/weld,Welding,en\n", ""), "utf-8")
    options = replace(OPTIONS, allow_removals=True)
    gone = load_one(releases, store, source, options)
    assert "overlay.target-gone" in [each.code for each in gone.findings], gone.findings
    again = load_one(releases, store, source, options)
    assert again.known
    assert again == replace(anew(releases, store, source, options), known=True)
    unfit = load_one(releases, store, region, LoadOptions(dataset="north"))
    assert not unfit.known
    assert unfit == anew(releases, store, region, LoadOptions(dataset="north"))


def test_another_version_of_the_product_reads(tmp_path: Path) -> None:
    """Its files are part of what a load follows from; a file younger than the process leaves open what it runs."""
    for room in ("ontology", "graph", "service"):
        (tmp_path / room).symlink_to(ROOT / room)
    assert rules_of(tmp_path) == rules_of(ROOT) != "None"
    (tmp_path / "service").unlink()
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "rule.py").write_text("WORD = 1\n", "utf-8")
    one = rules_of(tmp_path)
    (tmp_path / "service" / "rule.py").write_text("WORD = 2\n", "utf-8")
    assert len({one, rules_of(tmp_path), rules_of(ROOT)}) == 3
    assert rules_of(tmp_path, "open('service/rule.py', 'w').close()") == "None"


def rules_of(folder: Path, first: str = "") -> str:
    """The digest that a process of the product in this folder computes, after it has done something else."""
    script = f"import graph.loads; {first or 'pass'}; print(graph.loads.rules_digest())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True, env={"PYTHONPATH": "."}
    )
    return done.stdout.strip()
