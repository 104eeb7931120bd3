"""Opens what a view names: a release, some of its datasets, overlays laid over. Blocking; reads snapshots and archive.

What Neo4j holds too (the current release, without overlays) gets no reader of its own. The order of work is the
caller's: the service opens one view at a time, in a thread, and keeps it. Called by the service's state.
"""

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ontology.errors import DamagedError, InputError, UnknownReferenceError
from ontology.model import IDENTITY, Record

from .archive import Manifest
from .conflicts import find_records
from .described import Descriptions
from .layout import PRIVATE, DatasetInfo
from .overlays import OVERLAYS_AT_MOST, Overlay, compose
from .releases import Releases
from .snapshot import Snapshot
from .snapshot_reader import SnapshotReader, Sources

DESCRIBED_KEPT = 32
"""Contents of datasets whose descriptions are kept at hand; each holds an open file and some bytes a description."""
RELEASE = f"{IDENTITY}release/"
_DIGITS = 9
"""A number of more digits is none of a release."""
_SHOWN = 200
"""Characters of a reference that an error repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An opened view."""

    snapshot: Snapshot
    reader: SnapshotReader


def visible(datasets: Sequence[DatasetInfo], current: Manifest | None, *, private: bool) -> tuple[DatasetInfo, ...]:
    """Those of a release's datasets that the caller may see: private ones by leave alone.

    What is private now was not public before: a dataset is hidden in older releases too as long as it is private.
    """
    if private:
        return tuple(datasets)
    hidden = {each.name for each in current.datasets if each.visibility == PRIVATE} if current else set()
    return tuple(each for each in datasets if each.visibility != PRIVATE and each.name not in hidden)


def public_note(manifest: Manifest, published: Iterable[Manifest]) -> str | None:
    """What was noted of a release; None where that names a dataset that is private in it, just before it, or now.

    Args:
        published: the releases there are, in any order.
    """
    numbered = {each.number: each for each in published}
    before = max((number for number in numbered if number < manifest.number), default=None)
    around = [manifest, *(numbered[number] for number in {before, max(numbered, default=None)} if number is not None)]
    hidden = {each.name for listed in around for each in listed.datasets if each.visibility == PRIVATE}
    words = {word.strip(".,;:") for word in (manifest.note or "").split()}
    return None if words & hidden else manifest.note


def find_release(releases: Releases, reference: str) -> Manifest:
    """The release of a number or IRI. Raises UnknownReferenceError with those there are, DamagedError."""
    text = reference.strip().removeprefix(RELEASE)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        known = [each.number for each in releases.published()]
        raise UnknownReferenceError(
            f"{reference[:_SHOWN]!r} is no release.",
            code="reference.unknown",
            hint=f"Give a number or IRI of the releases {known[-1]} to {known[0]}." if known else "Nothing is loaded.",
            subject=reference[:_SHOWN],
        )
    return releases.get(int(text))


def find_overlays(shown: Sequence[DatasetInfo], wanted: Sequence[str]) -> tuple[DatasetInfo, ...]:
    """The overlays of these names or IRIs, each once, in the order given.

    Raises UnknownReferenceError with the overlays there are, InputError (`input.view`) where they are too many.
    """
    there = [each for each in shown if each.is_overlay]
    found: dict[str, DatasetInfo] = {}
    for reference in wanted:
        overlay = next((each for each in there if reference in (each.name, each.iri)), None)
        if overlay is None:
            raise UnknownReferenceError(
                f"{reference[:_SHOWN]!r} is no overlay.",
                code="reference.unknown",
                hint=f"There are: {', '.join(each.name for each in there) or 'none'}.",
                subject=reference[:_SHOWN],
                candidates=[(each.iri, each.name) for each in there],
            )
        found.setdefault(overlay.name, overlay)
    if len(found) > OVERLAYS_AT_MOST:
        raise InputError(f"A view takes at most {OVERLAYS_AT_MOST} overlays, got {len(found)}.", code="input.view")
    return tuple(found.values())


def check_names(shown: Sequence[DatasetInfo], names: Collection[str], release: int) -> None:
    """Nothing, where all of these are names of datasets that are no overlays. Raises UnknownReferenceError."""
    there = [each for each in shown if not each.is_overlay]
    for name in sorted(set(names) - {each.name for each in there}):
        raise UnknownReferenceError(
            f"{name[:_SHOWN]!r} is no dataset of release {release}.",
            code="reference.unknown",
            hint=f"There are: {', '.join(each.name for each in there) or 'none'}.",
            subject=name[:_SHOWN],
            candidates=[(each.iri, each.name) for each in there],
        )


class Views:
    """What is opened of a data folder's releases."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._described: OrderedDict[str, Descriptions] = OrderedDict()
        self._lock = threading.Lock()

    def open(
        self, base: Snapshot, overlays: Sequence[DatasetInfo] = (), names: Collection[str] | None = None
    ) -> Opened:
        """A view of a release's snapshot: these of its datasets (all where None), overlays laid over in order.

        Costs nothing where that is the snapshot itself, about as much as building it otherwise. Raises DamagedError.
        """
        laid = [
            Overlay(info=each, records=tuple(self._releases.archive.records(each.name, each.checksum)))
            for each in overlays
        ]
        if not laid:
            snapshot = base if names is None else _mapped(base.restrict(names))
            return Opened(snapshot=snapshot, reader=SnapshotReader(snapshot, self._sources(snapshot, {}), {}))
        composed = compose(base, laid, names)
        snapshot = _mapped(composed.snapshot)
        own = {each.info.name: {record.iri: record for record in each.records} for each in laid}
        return Opened(
            snapshot=snapshot,
            reader=SnapshotReader(snapshot, self._sources(snapshot, own), composed.descriptions),
        )

    def open_release(self, manifest: Manifest) -> Snapshot:
        """The snapshot of a release: its file where that is kept, else built from the archive. Raises DamagedError."""
        try:
            snapshot = Snapshot.open(self._releases.snapshot_path(manifest.number))
        except (DamagedError, FileNotFoundError):
            snapshot = None
        if snapshot is not None and snapshot.release == manifest.number and snapshot.datasets == manifest.plain:
            return snapshot
        archive = self._releases.archive
        content = [(each, archive.bare_records(each.name, each.checksum)) for each in manifest.plain]
        return _mapped(Snapshot.build(content, release=manifest.number))

    def _sources(self, snapshot: Snapshot, own: Mapping[str, Mapping[str, Record]]) -> Sources:
        def descriptions(row: int) -> Descriptions | None:
            info = snapshot.datasets[row]
            return None if info.is_overlay else self._descriptions(info)

        def records(row: int, iris: Collection[str]) -> Mapping[str, Record]:
            info = snapshot.datasets[row]
            return own[info.name] if info.name in own else find_records(self._releases.archive, info, iris)

        return Sources(descriptions=descriptions, records=records)

    def _descriptions(self, dataset: DatasetInfo) -> Descriptions:
        """What a dataset's things are; read once, whatever views there are of it."""
        key = f"{dataset.name}/{dataset.checksum}"
        with self._lock:
            found = self._described.get(key)
            if found is None:
                found = Descriptions(self._releases.archive.lines(dataset.name, dataset.checksum))
                self._described[key] = found
                if len(self._described) > DESCRIBED_KEPT:
                    self._described.popitem(last=False)
            self._described.move_to_end(key)
            return found


def _mapped(snapshot: Snapshot) -> Snapshot:
    """The same snapshot, mapped from a file without a name: the memory of kept views is the system's to take back."""
    with tempfile.TemporaryDirectory(prefix="headwater-view-") as folder:
        path = Path(folder) / "view"
        snapshot.save(path)
        return Snapshot.open(path)
