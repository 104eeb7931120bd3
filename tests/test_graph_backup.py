"""Backup and restore: one file that proves itself whole, made beside whatever runs, restored all or nothing."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from release_world import check_settled, dump, expected_files, load_world, noon, world

from graph import backup_file
from graph.archive import Manifest, dataset_iri, write_durably
from graph.backup import make_backup, restore_backup, verify_backup
from graph.backup_file import BackupWriter, read_backup
from graph.drafts import Drafts
from graph.lock import writer_lock
from graph.releases import Releases
from graph.replacement import JOURNAL
from graph.server import Connection
from graph.snapshot import DatasetInfo
from graph.store import Store
from ontology.errors import BusyError, DamagedError, InputError, UnavailableError

ROOT = Path(__file__).resolve().parent.parent
POSITIONS = 150


def later() -> datetime:
    """An hour and a half after the releases of the world."""
    return datetime(2026, 1, 1, 13, 30, tzinfo=UTC)


def fill(home: Path, versions: tuple[int, ...] = (1, 2)) -> Releases:
    """A data folder with a release of each of these versions, originals, a draft and keys; made without Neo4j."""
    releases = Releases(home, clock=noon)
    for number, version in enumerate(versions, 1):
        checksum = releases.archive.write("world", world(version))
        originals = releases.archive.write_originals("world", [("a.json", io.BytesIO(b"{}" * 400 * version))])
        info = DatasetInfo(
            iri=dataset_iri("world"),
            name="world",
            format="case",
            license="CC-BY",
            attribution="World",
            checksum=checksum,
            originals=originals,
        )
        manifest = Manifest(number=number, published_at="2026-01-01T12:00:00Z", note=None, datasets=(info,))
        releases.archive.write_manifest(manifest)
        pointer = {"release": number, "checksum": manifest.checksum, "bookmarks": []}
        write_durably(home / "current.json", json.dumps(pointer).encode())
    Drafts(releases).create("north", over=["world"])
    write_durably(home / "keys.json", b'{"keys": []}', mode=0o600)
    releases.snapshot()
    return releases


def kept(home: Path) -> dict[str, bytes]:
    """The files of a data folder that a backup is to keep, without keys."""
    paths = [home / "current.json", *(home / "drafts").rglob("*"), *(home / "archive").rglob("*")]
    return {str(path.relative_to(home)): path.read_bytes() for path in paths if path.is_file()}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that no test changes."""
    home = tmp_path_factory.mktemp("filled")
    fill(home)
    return home


@pytest.fixture(scope="module")
def whole(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A backup of it, with keys."""
    file = tmp_path_factory.mktemp("whole") / "b.tar"
    make_backup(filled, file, with_keys=True, clock=later)
    return file.read_bytes()


def test_a_restored_folder_is_the_one_that_was_backed_up(filled: Path, tmp_path: Path) -> None:
    """Archive, pointer and drafts byte for byte, the snapshot built anew and the same; keys only where asked for."""
    file = tmp_path / "b.tar"
    report = make_backup(filled, file, clock=later)
    assert (report.release, report.age_seconds, report.with_keys) == (2, 5400, False)
    assert report.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert report.size_bytes == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    verified = verify_backup(file, clock=later)
    assert replace(verified, seconds=0) == replace(report, seconds=0)
    restored = restore_backup(file, tmp_path / "new", clock=later)
    assert restored.aside is None
    assert restored.backup.sha256 == report.sha256
    assert kept(tmp_path / "new") == kept(filled)
    assert not (tmp_path / "new" / "keys.json").exists()
    assert not (tmp_path / "new" / "snapshots").exists()
    releases = Releases(tmp_path / "new")
    assert releases.snapshot().release == 2
    assert releases.snapshot_path(2).read_bytes() == Releases(filled).snapshot_path(2).read_bytes(), (
        "it is a function of the archive"
    )


def test_any_tar_program_reads_it_and_the_same_is_the_same(filled: Path, tmp_path: Path) -> None:
    """Plain files in a fixed order without times; the list of checksums is what the files are."""
    for name in ("a.tar", "b.tar"):
        make_backup(filled, tmp_path / name, with_keys=True, clock=later)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    with tarfile.open(tmp_path / "a.tar") as tar:
        names = tar.getnames()
        assert names == sorted(names, key=names.index)
        assert names[0] == "headwater-backup"
        assert names[-2:] == ["backup.json", "sha256"]
        assert {name for name in names if not name.startswith("archive/datasets/")} == {
            "headwater-backup",
            "drafts/north.nq",
            "keys.json",
            "archive/releases/1.json",
            "archive/releases/2.json",
            "current.json",
            "backup.json",
            "sha256",
        }
        assert {(info.mtime, info.uid, info.type) for info in tar} == {(0, 0, tarfile.REGTYPE)}
        read = {name: content.read() for name in names if (content := tar.extractfile(name)) is not None}
    stated = json.loads(read["backup.json"])
    assert stated["parts"] == ["releases", "drafts", "learners", "keys"]
    assert {each["path"]: each["sha256"] for each in stated["files"]} == {
        name: hashlib.sha256(content).hexdigest() for name, content in read.items() if name in names[1:-2]
    }


def refuses(content: bytes, folder: Path, code: str = "backup.damaged") -> str:
    """What is said of such a backup, which neither verifies nor restores, and of which nothing stays."""
    file = folder / "broken.tar"
    file.write_bytes(content)
    with pytest.raises((DamagedError, InputError)) as verified:
        verify_backup(file)
    with pytest.raises((DamagedError, InputError)) as restored:
        restore_backup(file, folder / "new")
    assert verified.value.code == restored.value.code == code
    assert not (folder / "new").exists()
    return restored.value.message


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a backup is written that is not whole."""
    return tmp_path_factory.mktemp("broken") / "b.tar"


def is_found(content: bytes, file: Path) -> bool:
    """Whether a backup of these bytes does not verify."""
    file.write_bytes(content)
    try:
        verify_backup(file)
    except DamagedError as error:
        return error.code == "backup.damaged"
    return False


@given(share=st.floats(0, 1), flip=st.integers(1, 255))
@hypothesis_settings(max_examples=POSITIONS)
@example(share=0.0, flip=32)
@example(share=1.0, flip=1)
def test_a_changed_byte_anywhere_is_found(whole: bytes, broken: Path, share: float, flip: int) -> None:
    """In names, sizes, contents, padding and the checksum itself."""
    changed = bytearray(whole)
    changed[round(share * (len(whole) - 1))] ^= flip
    assert is_found(bytes(changed), broken)


@given(share=st.floats(0, 1, exclude_max=True))
@hypothesis_settings(max_examples=POSITIONS // 3)
@example(share=0.0)
def test_a_file_that_is_cut_anywhere_is_found(whole: bytes, broken: Path, share: float) -> None:
    """Also in the zeros at its end, and one that goes on behind it."""
    assert is_found(whole[: int(share * len(whole))], broken)
    assert is_found(whole[:-1], broken)
    assert is_found(whole + b"\0", broken)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_what_is_not_whole_is_not_restored(whole: bytes, tmp_path: Path, share: float) -> None:
    """Neither with a changed byte nor cut, and nothing of it is left behind."""
    position = round(share * (len(whole) - 1))
    refuses(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :], tmp_path)
    refuses(whole[:position], tmp_path)


def test_every_byte_of_the_tail_is_covered(whole: bytes, tmp_path: Path) -> None:
    """Where a tar's checksum does not reach: header of the last member, its padding, the end."""
    file = tmp_path / "b.tar"
    for position in range(len(whole) - 2048, len(whole), 7):
        changed = bytearray(whole)
        changed[position] ^= 1
        file.write_bytes(changed)
        with pytest.raises(DamagedError):
            verify_backup(file)


Files = list[tuple[str, bytes]]


def rewritten(whole: bytes, change: Callable[[Files], Files]) -> bytes:
    """The backup with other files, and checksums that fit them."""
    files: Files = []
    contents = read_backup(io.BytesIO(whole), "b.tar", lambda path, _, chunks: files.append((path, b"".join(chunks))))
    raw = io.BytesIO()
    writer = BackupWriter(raw, "b.tar")
    for path, content in change(files):
        writer.add(path, len(content), [content])
    writer.finish(contents.about)
    return raw.getvalue()


CASES: dict[str, tuple[Callable[[Files], Files], str]] = {
    "out of the folder": (lambda files: [*files, ("drafts/../../x.nq", b"")], "no name of a file that belongs"),
    "absolute": (lambda files: [*files, ("/etc/x", b"")], "no name of a file that belongs"),
    "something else": (lambda files: [*files, ("pending.json", b"{}")], "no name of a file that belongs"),
    "a number with a zero before it": (
        lambda files: [*files, ("archive/releases/01.json", b"{}")],
        "no name of a file that belongs",
    ),
    "twice": (lambda files: [*files, files[0]], "twice"),
    "content of no release": (
        lambda files: [
            *files,
            (f"archive/datasets/x/{hashlib.sha256(b'x').hexdigest()}.originals.zip", b"x"),
        ],
        "no release names",
    ),
    "content of another checksum": (
        lambda files: [*files, (f"archive/datasets/x/{'0' * 64}.originals.zip", b"x")],
        "not the one in its name",
    ),
    "content that is no gzip": (
        lambda files: [*files, (f"archive/datasets/x/{'0' * 64}.nq.gz", b"text")],
        "cannot be unpacked",
    ),
    "a missing content": (
        lambda files: [each for each in files if not each[0].endswith(".nq.gz")],
        "is missing",
    ),
    "a missing release": (
        lambda files: [each for each in files if not each[0].endswith("/2.json")],
        "no release names",
    ),
    "a missing pointer": (lambda files: [each for each in files if each[0] != "current.json"], "does not point"),
    "an older pointer": (
        lambda files: [
            (path, content.replace(b'"release": 2', b'"release": 1') if path == "current.json" else content)
            for path, content in files
        ],
        "does not point",
    ),
    "a changed release": (
        lambda files: [
            (path, content.replace(b"CC-BY", b"CC-0!") if path.endswith("/1.json") else content)
            for path, content in files
        ],
        "does not have the checksum",
    ),
    "a release that is no JSON": (
        lambda files: [(path, b"[" * 100_000 if path.endswith("/1.json") else content) for path, content in files],
        "cannot be read",
    ),
    "a pointer that is none": (
        lambda files: [(path, b"[]" if path == "current.json" else content) for path, content in files],
        "cannot be read",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_backup_that_was_tampered_with_is_refused(case: str, whole: bytes, tmp_path: Path) -> None:
    """Whoever can compute checksums can still put nothing where it does not belong, and leave nothing out."""
    change, words = CASES[case]
    assert words in refuses(rewritten(whole, change), tmp_path)


def test_what_was_rewritten_without_a_change_is_the_same(whole: bytes) -> None:
    """What the tests of tampering stand on."""
    assert rewritten(whole, list) == whole


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, b"x", b"g"])
def test_members_that_are_no_plain_files_are_refused(kind: bytes, tmp_path: Path) -> None:
    """Links, folders, devices and extended headers, before anything is made of them."""
    raw = io.BytesIO()
    BackupWriter(raw, "b.tar")
    info = tarfile.TarInfo("drafts/north.nq")
    info.type, info.linkname, info.mode = kind, "/etc/passwd", 0o600
    raw.write(info.tobuf(tarfile.USTAR_FORMAT))
    assert "is not that of a plain file" in refuses(raw.getvalue(), tmp_path)


def test_a_tar_of_somebody_else_is_no_backup(tmp_path: Path, filled: Path) -> None:
    """Nor is an empty file, a text, or the folder in a tar."""
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(filled, "home")
    for content in (b"", b"Hello", bytes(4096), (tmp_path / "x.tar").read_bytes()):
        assert "does not begin with" in refuses(content, tmp_path)


def test_a_backup_of_a_later_version_says_so(whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its form is the first thing in it: nobody takes it for damaged."""
    with monkeypatch.context() as patched:
        patched.setattr(backup_file, "FORM", 2)
        raw = io.BytesIO()
        BackupWriter(raw, "b.tar").finish({})
    refuses(raw.getvalue(), tmp_path, "backup.version")
    refuses(raw.getvalue().replace(b"2\n", b"x\n", 1), tmp_path)


def test_sizes_above_eight_gigabytes_have_a_header_that_tar_reads() -> None:
    """What does not fit into octal digits is written as GNU tar does."""
    for size in (8**11 - 1, 8**11, 3 * 8**11 + 5):
        info = tarfile.TarInfo.frombuf(backup_file._header("drafts/a.nq", size), "utf-8", "strict")
        assert (info.name, info.size) == ("drafts/a.nq", size)


def test_longest_names_fit(tmp_path: Path) -> None:
    """A dataset's name of 64 letters."""
    name = "n" * 64
    path = f"archive/datasets/{name}/{'0' * 64}.originals.zip"
    assert tarfile.TarInfo.frombuf(backup_file._header(path, 1), "utf-8", "strict").name == path


def test_a_damaged_archive_makes_no_backup(tmp_path: Path) -> None:
    """What could not be restored is told while the original may still be mended; an older backup stays."""
    releases = fill(tmp_path / "home")
    current = releases.current()
    assert current is not None
    (info,) = current.datasets
    assert info.originals is not None
    file = tmp_path / "b.tar"
    file.write_text("older")
    for path in (
        releases.archive.path("world", info.checksum),
        releases.archive.originals_path("world", info.originals),
        releases.archive.manifest_path(1),
    ):
        content = path.read_bytes()
        changed = bytearray(content)
        changed[len(content) // 2] ^= 1
        for broken in (bytes(changed), content[:-1], content + b"x", None):
            path.unlink()
            if broken is not None:
                path.write_bytes(broken)
            if broken is None and path.suffix == ".json":
                continue  # a release that the archive no longer has is one that it cannot show
            with pytest.raises(DamagedError) as refused:
                make_backup(tmp_path / "home", file, force=True)
            assert str(path) in refused.value.message
            path.write_bytes(content)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b.tar", "home"]
    assert file.read_text() == "older"


def test_nothing_is_written_over(filled: Path, tmp_path: Path) -> None:
    """Without --force; a folder never; where nothing is loaded there is nothing to back up."""
    file = tmp_path / "b.tar"
    file.write_text("mine")
    with pytest.raises(InputError) as refused:
        make_backup(filled, file)
    assert refused.value.code == "backup.exists"
    assert file.read_text() == "mine"
    with pytest.raises(InputError) as refused:
        make_backup(filled, tmp_path, force=True)
    assert refused.value.code == "backup.exists"
    make_backup(filled, file, force=True)
    verify_backup(file)
    with pytest.raises(UnavailableError) as away:
        make_backup(filled, tmp_path / "missing" / "b.tar")
    assert away.value.code == "backup.not-writable"
    with pytest.raises(InputError) as refused:
        make_backup(tmp_path / "empty", tmp_path / "c.tar")
    assert refused.value.code == "home.nothing-loaded"
    with pytest.raises(InputError) as refused:
        verify_backup(tmp_path / "nothing.tar")
    assert refused.value.code == "input.missing-file"
    assert [each.name for each in tmp_path.iterdir()] == ["b.tar"]


def test_a_folder_that_is_not_empty_is_replaced_only_by_force(filled: Path, tmp_path: Path) -> None:
    """What was there is aside, byte for byte; keys stay where the backup has none; a managed server stays too."""
    file = tmp_path / "b.tar"
    make_backup(filled, file)
    home = tmp_path / "home"
    fill(home, (2, 1, 2))
    (home / "neo4j").mkdir()
    (home / "keys.json").write_text("mine")
    before = kept(home)
    with pytest.raises(InputError) as refused:
        restore_backup(file, home)
    assert refused.value.code == "restore.not-empty"
    assert kept(home) == before
    report = restore_backup(file, home, force=True)
    assert report.aside is not None
    assert kept(report.aside) == before
    assert kept(home) == kept(filled)
    assert (home / "keys.json").read_text() == "mine"
    assert (home / "neo4j").is_dir()
    assert not list(home.glob(".restoring-*"))
    make_backup(filled, file, force=True, with_keys=True)
    report = restore_backup(file, home, force=True)
    assert report.aside is not None
    assert (report.aside / "keys.json").read_text() == "mine"
    assert (home / "keys.json").read_bytes() == (filled / "keys.json").read_bytes()
    assert (home / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_broken_backup_leaves_what_is_there(whole: bytes, tmp_path: Path) -> None:
    """With --force too: all is checked before anything moves."""
    fill(tmp_path / "home", (2,))
    before = kept(tmp_path / "home")
    names = sorted(each.name for each in (tmp_path / "home").iterdir())
    file = tmp_path / "b.tar"
    for position in (600, len(whole) // 2, len(whole) - 1):
        changed = bytearray(whole)
        changed[position] ^= 1
        file.write_bytes(changed)
        with pytest.raises(DamagedError):
            restore_backup(file, tmp_path / "home", force=True)
        assert kept(tmp_path / "home") == before
    assert {each.name for each in (tmp_path / "home").iterdir()} - set(names) <= {
        "writer.lock",
        "keys.lock",
        "issuer.lock",
        "learners.lock",
    }


def test_a_folder_that_is_being_written_is_not_replaced(filled: Path, tmp_path: Path) -> None:
    """Neither beside a load nor beside an edit of a draft or a key."""
    file = tmp_path / "b.tar"
    make_backup(filled, file)
    for lock in ("writer.lock", "drafts.lock", "keys.lock", "issuer.lock"):
        with writer_lock(tmp_path / "home", lock), pytest.raises(BusyError):
            restore_backup(file, tmp_path / "home", force=True)
    restore_backup(file, tmp_path / "home")


def test_a_restore_that_is_killed_is_carried_on_by_whoever_looks(filled: Path, tmp_path: Path) -> None:
    """At every step after the point of no return: readers see the new content whole, and the old one is aside, whole."""
    file = tmp_path / "b.tar"
    make_backup(filled, file, with_keys=True)
    old = tmp_path / "old"
    fill(old, (2, 1, 2))
    before = kept(old)
    homes = [tmp_path / f"home{number}" for number in range(16)]
    for home in homes:
        shutil.copytree(old, home)
    worker = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "backup_worker.py"), str(file), *map(str, homes)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    killed = json.loads(worker.stdout)
    assert not killed[-1], "the steps are fewer than the folders"
    assert sum(killed) >= 10
    for home, was_killed in zip(homes, killed, strict=True):
        current = Releases(home).current()
        assert current is not None
        assert not (home / JOURNAL).exists()
        if was_killed:
            assert not list(home.glob(".restoring-*"))
        assert current.number == 2
        assert kept(home) == kept(filled)
        (aside,) = home.glob("replaced-*")
        assert kept(aside) == before


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    """48 MB of originals that nothing makes smaller, and a content of 64 MB that gzip makes tiny."""
    home = tmp_path / "home"
    releases = fill(home)
    originals = releases.archive.write_originals("world", [("big", io.BytesIO(os.urandom(48 << 20)))])
    current = releases.current()
    assert current is not None
    manifest = replace(current, number=3, datasets=(replace(current.datasets[0], originals=originals),))
    releases.archive.write_manifest(manifest)
    write_durably(home / "current.json", b'{"release": 3}')
    tracemalloc.start()
    make_backup(home, tmp_path / "b.tar")
    restore_backup(tmp_path / "b.tar", tmp_path / "new")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "b.tar").stat().st_size > 48 << 20
    assert peak < 12 << 20
    assert kept(tmp_path / "new").keys() == kept(home).keys()


def test_a_restored_folder_brings_any_neo4j_to_the_same_graph(connection: Connection, tmp_path: Path) -> None:
    """The one that it was backed up beside, an empty one, and one that holds what another folder put there."""
    home, file = tmp_path / "home", tmp_path / "b.tar"
    with Store(connection) as store:
        releases = Releases(home, clock=noon)
        load_world(releases, store, 1)
        load_world(releases, store, 2)
        expected = dump(store)
        make_backup(home, file, clock=later)

        def check(new: Path) -> None:
            restore_backup(file, new)
            restored = Releases(new, clock=noon)
            assert restored.is_publishing(), "Neo4j has yet to follow"
            restored.recover(store)
            assert dump(store) == expected
            assert [restored.snapshot_of(restored.get(number)).release for number in (1, 2)] == [1, 2]
            for lock in ("drafts.lock", "keys.lock", "issuer.lock", "learners.lock"):
                (new / lock).unlink()
            check_settled(restored, store)
            snapshot = restored.snapshot_path(2)
            assert snapshot.read_bytes() == releases.snapshot_path(2).read_bytes()
            for name in expected_files(restored) - {"current.json", "writer.lock"}:
                if not name.startswith("snapshots/"):
                    assert (new / name).read_bytes() == (home / name).read_bytes()
            assert load_world(restored, store, 1).release == restored.current()

        check(tmp_path / "beside the same")
        store.write("MATCH (n) DETACH DELETE n")
        check(tmp_path / "beside an empty one")
        store.write("MATCH (n) DETACH DELETE n")
        load_world(Releases(tmp_path / "other", clock=later), store, 1, 30)
        check(tmp_path / "beside another's")


def test_a_backup_beside_a_running_load_is_of_one_release(connection: Connection, tmp_path: Path) -> None:
    """Loads follow each other as fast as they can; each backup verifies, and is of a release that was current meanwhile."""
    home = tmp_path / "home"
    with Store(connection) as store:
        releases = Releases(home, clock=noon)
        load_world(releases, store, 1)
        failures: list[BaseException] = []
        done = threading.Event()

        def keep_loading() -> None:
            try:
                for turn in range(8):
                    load_world(releases, store, 2 - turn % 2, 12 + turn)
            except BaseException as error:  # noqa: BLE001 - told below
                failures.append(error)
            finally:
                done.set()

        loads = threading.Thread(target=keep_loading)
        loads.start()
        seen: list[Path] = []
        while not done.is_set() or len(seen) < 2:
            file = tmp_path / f"{len(seen)}.tar"
            first = releases.current()
            report = make_backup(home, file, clock=later)
            last = releases.current()
            assert first is not None
            assert last is not None
            assert report.release is not None
            assert first.number <= report.release <= last.number
            assert verify_backup(file).release == report.release
            seen.append(file)
        loads.join()
        assert not failures
        assert len({verify_backup(file).release for file in seen}) > 1
        for number, file in enumerate((seen[0], seen[-1])):
            restored = restore_backup(file, tmp_path / f"restored{number}")
            assert restored.backup.release is not None
            assert Releases(restored.home).snapshot().release == restored.backup.release
