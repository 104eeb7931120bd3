"""What a dataset is beside its content: who may see it, and the documents that it was read from."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from release_world import W, check_settled, load_world, noon, reading, world

from graph.archive import Archive, Manifest
from graph.layout import PRIVATE, PUBLIC
from graph.loading import load, set_visibility
from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import DatasetInfo, Snapshot
from graph.store import Store
from ontology.documents import Document
from ontology.errors import DamagedError, InputError
from ontology.model import Competency, Text

ORIGINAL = b'{"CFDocument": {"title": "World"}}\n'


@pytest.fixture
def store(connection: Connection) -> Iterator[Store]:
    with Store(connection) as opened:
        yield opened


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "home", clock=noon)


def load_with_originals(releases: Releases, store: Store, version: int, original: bytes) -> Manifest | None:
    """A version of the world that was read from a document that is kept."""
    read = replace(reading(world(version)), originals=(Document(name="world.json", data=original),))
    return load(releases, read, store=store, dataset="world", allow_removals=True).release


def test_a_dataset_stays_private_through_its_versions_until_it_is_told_otherwise(
    releases: Releases, store: Store
) -> None:
    """Who may see a dataset is its own: a new version does not change it, a change of it is a release."""
    first = load(releases, reading(world(1)), store=store, dataset="world", visibility=PRIVATE).release
    assert first is not None
    assert first.datasets[0].visibility == PRIVATE
    second = load_world(releases, store, 2).release
    assert second is not None
    assert second.datasets[0].visibility == PRIVATE
    third = set_visibility(releases, "world", PUBLIC, store=store)
    assert (third.number, third.datasets[0].visibility) == (3, PUBLIC)
    assert third.datasets[0].checksum == second.datasets[0].checksum
    assert set_visibility(releases, "world", PUBLIC, store=store) == third
    assert releases.snapshot().datasets == third.datasets
    check_settled(releases, store)


def test_a_visibility_is_one_of_two_words(releases: Releases, store: Store) -> None:
    """Anything else is an error that names them."""
    load_world(releases, store, 1)
    with pytest.raises(InputError, match="public or private"):
        set_visibility(releases, "world", "secret", store=store)


def test_originals_come_back_byte_for_byte(releases: Releases, store: Store) -> None:
    """The documents of a version are kept with it, and those of older versions as long as a release has them."""
    first = load_with_originals(releases, store, 1, ORIGINAL)
    second = load_with_originals(releases, store, 2, b"{}")
    for release, content in ((first, ORIGINAL), (second, b"{}")):
        assert release is not None
        (info,) = release.datasets
        assert info.originals is not None
        assert releases.archive.original_names("world", info.originals) == ["world.json"]
        assert releases.archive.original("world", info.originals, "world.json") == content


def test_the_same_content_in_another_document_makes_no_release(releases: Releases, store: Store) -> None:
    """What counts is what was read: blanks in a file are no new version."""
    first = load_with_originals(releases, store, 1, ORIGINAL)
    again = load_with_originals(releases, store, 1, ORIGINAL + b" ")
    assert first == again


def test_damaged_originals_are_noticed(releases: Releases, store: Store) -> None:
    """A file that is not what was written is a DamagedError, never other content."""
    release = load_with_originals(releases, store, 1, ORIGINAL)
    assert release is not None
    (info,) = release.datasets
    assert info.originals is not None
    path = releases.archive.originals_path("world", info.originals)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DamagedError):
        releases.archive.original("world", info.originals, "world.json")


def test_a_manifest_of_before_there_was_visibility_reads_as_it_was(tmp_path: Path) -> None:
    """A data folder of an older version keeps its checksums: what a dataset does not state is not written."""
    dataset = {
        "iri": f"{W}d",
        "name": "d",
        "format": "tables",
        "license": None,
        "attribution": None,
        "checksum": "0" * 64,
    }
    release = {"number": 1, "published_at": "2026-01-01T12:00:00Z", "note": None, "datasets": [dataset]}
    written = json.dumps(release, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    checksum = hashlib.sha256(written.encode()).hexdigest()
    path = tmp_path / "releases" / "1.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"checksum": checksum, "release": release}), "utf-8")
    manifest = Archive(tmp_path).manifest(1)
    assert manifest.checksum == checksum
    assert manifest.datasets == (DatasetInfo(**dataset),)  # type: ignore[arg-type]  # as JSON has them
    assert manifest.datasets[0].visibility == PUBLIC


def test_documents_are_written_in_one_order(tmp_path: Path) -> None:
    """The same documents are the same file, whatever the order in which they come."""
    archive = Archive(tmp_path)
    documents = [Document(name=name, data=name.encode()) for name in ("b.json", "a.json")]
    sums = {
        archive.write_originals("d", [(each.name, each.open()) for each in order])
        for order in (documents, documents[::-1])
    }
    assert len(sums) == 1


def test_a_competency_of_a_private_dataset_is_in_the_snapshot(releases: Releases, store: Store) -> None:
    """The snapshot holds everything; a view leaves out what its caller may not see."""
    records = [Competency(iri=f"{W}secret", labels=(Text("Secret", "en"),))]
    load(releases, reading(list(records)), store=store, dataset="mine", visibility=PRIVATE)
    assert releases.snapshot().find_row(f"{W}secret") >= 0


def test_a_roll_back_takes_the_kept_index_and_it_is_the_one_that_would_be_built(
    releases: Releases, store: Store, tmp_path: Path
) -> None:
    """Readers need not wait for a build: the file differs from the old release's in nothing but the number."""
    load_world(releases, store, 1)
    load_world(releases, store, 2)
    manifest = releases.roll_back(store, 1)
    content = [(each, releases.archive.records(each.name, each.checksum)) for each in manifest.datasets]
    built = tmp_path / "built"
    Snapshot.build(content, release=manifest.number).save(built)
    assert releases.snapshot_path(manifest.number).read_bytes() == built.read_bytes()
