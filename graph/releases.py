"""Releases: what HEADWATER_HOME holds, which release is current, and how the next one becomes it.

The archive is the write-ahead log: a release's files and snapshot are made first, `pending.json` is the point of no
return, then Neo4j follows and `current.json` is replaced. What a kill leaves is recovered forward by the next command
or service start. See docs/releases.md. Reads no source and judges no data: `loading` does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from ontology.errors import DamagedError, UnknownReferenceError
from ontology.model import Record

from .archive import Archive, Manifest, sync_folder, write_durably, writing
from .layout import PRIVATE
from .lock import writer_lock
from .progress import Progress, silent
from .publication import Checkpoint, publish
from .replacement import await_replacement, finish_replacement
from .snapshot import DatasetInfo, Snapshot

if TYPE_CHECKING:
    from .store import Store

SNAPSHOTS_KEPT = 5
"""Snapshot files kept; older releases are rebuilt from the archive when they are asked for."""


class ChangeKind(StrEnum):
    """What happened to a subject between two releases."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One subject that differs between two releases, with its N-Quads lines."""

    dataset: str
    subject: str
    kind: ChangeKind
    before: tuple[str, ...]
    after: tuple[str, ...]


def nothing(_name: str) -> None:
    """Nothing: the checkpoint of whoever has none."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class Releases:
    """The releases in a data folder. Reading needs no lock and no database; whatever writes takes the writer lock."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Callable[[], datetime] = utc_now,
        checkpoint: Checkpoint = nothing,
        progress: Progress = silent,
    ) -> None:
        self.home = home
        self.archive = Archive(home / "archive")
        self._clock = clock
        self.checkpoint = checkpoint
        self._progress = progress
        self._current_path = home / "current.json"
        self._pending_path = home / "pending.json"

    # -------------------------------------------------------------------------------------------- reading

    def current(self) -> Manifest | None:
        """The release that readers answer from; None before the first. Raises DamagedError."""
        await_replacement(self.home)
        number = self._number(self._current_path)
        return None if number is None else self.archive.manifest(number)

    def is_publishing(self) -> bool:
        """Whether a release is being published: what Neo4j tells may be ahead of the current release."""
        return self._pending_path.exists()

    def pending_signature(self) -> tuple[int, int, int] | None:
        """What tells one publication from another while it is under way; None while none is."""
        return _signature(self._pending_path)

    def published(self) -> Iterator[Manifest]:
        """All releases, newest first. Raises DamagedError."""
        current = self._number(self._current_path) or 0
        return (each for each in self.archive.manifests() if each.number <= current)

    def get(self, number: int) -> Manifest:
        """A release. Raises UnknownReferenceError where there is none of that number."""
        current = self._number(self._current_path) or 0
        known = [each for each in self.archive.numbers() if each <= current]
        if number not in known:
            raise UnknownReferenceError(
                f"There is no release {number}.",
                hint=f"There are releases {known[0]} to {known[-1]}." if known else "Nothing has been loaded yet.",
                subject=str(number),
            )
        return self.archive.manifest(number)

    def get_dataset(self, name: str, manifest: Manifest | None = None) -> DatasetInfo:
        """A dataset of a release, the current one by default. Raises UnknownReferenceError with the names there are."""
        current = manifest or self.current()
        found = current.find(name) if current else None
        if found is None:
            names = [dataset.name for dataset in current.datasets] if current else []
            raise UnknownReferenceError(
                f"There is no dataset {name!r}.",
                hint=f"There are: {', '.join(names)}." if names else "Nothing has been loaded yet.",
                subject=name,
            )
        return found

    def records(self, name: str) -> Iterator[Record]:
        """The records of a dataset of the current release, by IRI. Raises UnknownReferenceError, DamagedError."""
        return self.archive.records(name, self.get_dataset(name).checksum)

    def diff(self, before: Manifest | None, after: Manifest) -> Iterator[Change]:
        """What differs between two releases, by dataset and subject. Raises DamagedError."""
        old = {dataset.name: dataset.checksum for dataset in before.datasets} if before else {}
        new = {dataset.name: dataset.checksum for dataset in after.datasets}
        for name in sorted({*old, *new}):
            for each in self.archive.differences(name, old.get(name), new.get(name)):
                kind = ChangeKind.CHANGED if each.before and each.after else ChangeKind.ADDED
                yield Change(
                    dataset=name,
                    subject=each.subject,
                    kind=kind if each.after else ChangeKind.REMOVED,
                    before=each.before,
                    after=each.after,
                )

    def snapshot(self) -> Snapshot:
        """The index of the current release, opened, or rebuilt from the archive where its file is not what it must be.

        Before the first release it is an empty one, of release 0. Raises DamagedError where the archive is damaged.
        """
        manifest = self.current()
        return Snapshot.build((), release=0) if manifest is None else self.snapshot_of(manifest)

    def snapshot_of(self, manifest: Manifest) -> Snapshot:
        """The index of a release, as `snapshot`."""
        path = self.snapshot_path(manifest.number)
        try:
            snapshot = Snapshot.open(path)
        except (DamagedError, FileNotFoundError):
            snapshot = None
        if snapshot is not None and snapshot.release == manifest.number and snapshot.datasets == manifest.plain:
            return snapshot
        return self._build_snapshot(manifest)

    def snapshot_path(self, number: int) -> Path:
        """Where the index of a release is."""
        return self.home / "snapshots" / f"{number}.snapshot"

    # -------------------------------------------------------------------------------------------- writing

    @contextmanager
    def writing(self, store: Store) -> Iterator[None]:
        """Nothing, while this process is the one writer, with everything that was begun before brought to its end.

        Raises BusyError, UnavailableError, DamagedError.
        """
        store.verify()
        with writer_lock(self.home):
            finish_replacement(self.home)
            self._recover(store)
            yield

    def recover(self, store: Store) -> None:
        """Nothing; a release whose publication was interrupted is published, and Neo4j holds the current release.

        For the start of a service and of every command that writes. Raises BusyError, UnavailableError, DamagedError.
        """
        with self.writing(store):
            pass

    def publish(
        self, store: Store, datasets: Sequence[DatasetInfo], *, note: str | None, readers_first: bool = False
    ) -> Manifest:
        """The new release of these datasets, published. For the holder of the lock (`writing`).

        Args:
            readers_first: readers swap to the new release before Neo4j follows.

        Raises:
            UnavailableError: before anything was changed, or, where Neo4j went away on the way, to be recovered.
            DamagedError: a file of the archive is damaged.
        """
        current = self.current()
        manifest = Manifest(
            number=(current.number if current else 0) + 1,
            published_at=self._clock().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            note=note,
            datasets=tuple(sorted(datasets, key=lambda dataset: dataset.name)),
        )
        self.archive.write_manifest(manifest)
        self.checkpoint("manifest")
        self._build_snapshot(manifest)
        self.checkpoint("snapshot")
        pending = {"release": manifest.number, "checksum": manifest.checksum, "readers_first": readers_first}
        write_durably(self._pending_path, json.dumps(pending).encode())
        self.checkpoint("pending")
        self._finish(store)
        return manifest

    def roll_back(self, store: Store, number: int) -> Manifest:
        """A new release with the content of an old one; readers swap at once, Neo4j follows. What is private stays so.

        Raises UnknownReferenceError, BusyError, UnavailableError, DamagedError.
        """
        with self.writing(store):
            old = self.get(number)
            current = self.current()
            assert current is not None, "there is a release"
            private = {each.name for each in current.datasets if each.visibility == PRIVATE}
            datasets = tuple(
                replace(each, visibility=PRIVATE) if each.name in private else each for each in old.datasets
            )
            if datasets == current.datasets:
                return current
            for dataset in datasets:
                self.archive.verify(dataset.name, dataset.checksum)
            return self.publish(store, datasets, note=f"Content of release {number}", readers_first=True)

    def remove_leftovers(self) -> None:
        """Nothing; files of releases that never came to be are gone. For the lock's holder, when nothing is pending."""
        number = self._number(self._current_path) or 0
        with writing(self.home):
            self.archive.remove_manifests_after(number)
            self.archive.remove_unreferenced()
            for path in [*self.home.glob("*.json.tmp"), *(self.home / "archive" / "releases").glob("*.json.tmp")]:
                path.unlink()
            self._prune_snapshots(number)

    def _recover(self, store: Store) -> None:
        if self.is_publishing():
            self._finish(store)
        self.remove_leftovers()
        manifest = self.current()
        if manifest is not None:
            publish(store, self.archive, manifest, checkpoint=self.checkpoint, progress=self._progress)

    def _finish(self, store: Store) -> None:
        """What is pending becomes the release: Neo4j, then readers (or readers first), then nothing is pending."""
        pending = self._read(self._pending_path)
        number = self._number(self._pending_path)
        assert pending is not None
        assert number is not None, "something is pending"
        manifest = self.archive.manifest(number)
        if manifest.checksum != pending.get("checksum"):
            raise DamagedError(
                f"{self._pending_path} names another release {number} than the archive has.", code="archive.damaged"
            )
        if pending.get("readers_first"):
            self._move_current(manifest, ())
            self.checkpoint("current")
        publish(store, self.archive, manifest, checkpoint=self.checkpoint, progress=self._progress)
        self._move_current(manifest, store.bookmarks())
        self.checkpoint("current")
        with writing(self._pending_path):
            self._pending_path.unlink()
            sync_folder(self.home)
            self.checkpoint("done")
            self._prune_snapshots(number)

    def _move_current(self, manifest: Manifest, bookmarks: Sequence[str]) -> None:
        content = {"release": manifest.number, "checksum": manifest.checksum, "bookmarks": list(bookmarks)}
        write_durably(self._current_path, json.dumps(content).encode())

    def _build_snapshot(self, manifest: Manifest) -> Snapshot:
        snapshot = self._find_alike(manifest)
        if snapshot is None:
            content = [(each, self.archive.bare_records(each.name, each.checksum)) for each in manifest.plain]
            snapshot = Snapshot.build(content, release=manifest.number)
        path = self.snapshot_path(manifest.number)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            snapshot.save(path)
        return snapshot

    def _find_alike(self, manifest: Manifest) -> Snapshot | None:
        """The index of an earlier release of the same datasets under this number: a roll-back is seen at once."""
        for path in sorted((self.home / "snapshots").glob("*.snapshot")):
            try:
                found = Snapshot.open(path)
            except (DamagedError, FileNotFoundError):
                continue
            if found.datasets == manifest.plain:
                return Snapshot(manifest.number, found.datasets, found.columns)
        return None

    def _prune_snapshots(self, current: int) -> None:
        """Only the last releases' snapshots stay, and nothing unfinished."""
        kept = {self.snapshot_path(number) for number in range(current - SNAPSHOTS_KEPT + 1, current + 1)}
        for path in (self.home / "snapshots").glob("*"):
            if path not in kept:
                path.unlink()

    def _number(self, path: Path) -> int | None:
        content = self._read(path)
        if content is None:
            return None
        number = content.get("release")
        if not isinstance(number, int):
            raise DamagedError(f"{path} names no release.", code="archive.damaged", hint="Restore it from a backup.")
        return number

    def _read(self, path: Path) -> dict[str, object] | None:
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DamagedError(
                f"{path} cannot be read: {error}", code="archive.damaged", hint="Restore it from a backup."
            ) from error
        return content if isinstance(content, dict) else {}


def current_snapshot(home: Path) -> Snapshot:
    """The index of a data folder's current release; empty, of release 0, before the first. Raises DamagedError."""
    return Releases(home).snapshot()


class Watcher:
    """Tells a long-running process that the current release has changed. A look costs one `stat`."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._path = releases.home / "current.json"
        self._seen = _signature(self._path)

    def poll(self) -> Snapshot | None:
        """The new snapshot where the release has changed since the last look, otherwise None. Raises DamagedError."""
        signature = _signature(self._path)
        if signature == self._seen:
            return None
        snapshot = self._releases.snapshot()
        self._seen = signature
        return snapshot


def _signature(path: Path) -> tuple[int, int, int] | None:
    """What changes with each replacement of a file; None where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
