"""The release that a process answers from: swapped as a whole, never changed. And the one door to every other view."""

import asyncio
import gc
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.archive import Manifest
from graph.layout import DatasetInfo
from graph.matching import Held, Policy, match
from graph.provenance import Provenance
from graph.releases import Releases
from graph.snapshot import Snapshot
from graph.views import RELEASE, Views, check_names, find_overlays, find_release, visible
from ontology.errors import UnknownReferenceError

from .view import View

_QUESTIONS_KEPT = 1_000
VIEWS_KEPT = 8
"""Views that are kept opened, beside the release's own. Each is mapped from a file, so it costs address space first."""

_Key = tuple[int, tuple[str, ...], tuple[str, ...] | None, bool]
"""Number of the release, names of overlays in order, names of the datasets (None: all of them), whether others are
hidden: two callers who name the same datasets share no view where only one of them may see all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which view a caller asks for."""

    as_of: str | None = None
    """Number or IRI of a release; None: the current one."""
    overlays: tuple[str, ...] = ()
    """Names or IRIs of overlays, to be laid over in this order."""
    datasets: tuple[str, ...] | None = None
    """Names of datasets; None: all."""
    private: bool = False
    """Whether private datasets may be seen."""


@dataclass(slots=True)
class _Kept:
    """Views that were opened, the last used ones. Used by several threads."""

    views: OrderedDict[_Key, View] = field(default_factory=OrderedDict)
    keys: dict[Wanted, _Key] = field(default_factory=dict)
    """What was asked for before, so that it is answered without a look at a file."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, key: _Key | None) -> View | None:
        with self.lock:
            found = None if key is None else self.views.get(key)
            if found is not None and key is not None:
                self.views.move_to_end(key)
            return found

    def keep(self, key: _Key, view: View) -> View:
        with self.lock:
            self.views[key] = view
            forgotten = self.views.popitem(last=False) if len(self.views) > VIEWS_KEPT else None
        if forgotten is not None:
            del forgotten
            gc.collect()  # things of a view name each other; opening the new one took longer
        return view

    def remember(self, wanted: Wanted, key: _Key) -> None:
        if len(self.keys) >= _QUESTIONS_KEPT:
            self.keys.clear()
        self.keys[wanted] = key


class ReleaseState:
    """One release: the whole of it, what anybody may see of it, and the views that were asked for.

    Making one costs nothing where no dataset is private, otherwise as much as building a snapshot.
    """

    def __init__(self, snapshot: Snapshot, releases: Releases | None = None):
        """A release.

        Args:
            snapshot: of the release.
            releases: where older releases and overlays are; None: there are none.
        """
        self.number = snapshot.release
        self.view = View(snapshot, f"{RELEASE}{snapshot.release}")
        self._releases = releases
        self._manifest = releases.archive.manifest(self.number) if releases and self.number else None
        infos = self._manifest.datasets if self._manifest else snapshot.datasets
        self.checksum = "-".join(info.checksum[:12] for info in infos) or "empty"
        self._views = Views(releases) if releases else None
        self.provenance = Provenance(releases.archive) if releases else None
        """Where what is said was read; None without an archive."""
        self._kept = _Kept()
        self._making = asyncio.Lock()
        shown = [info.name for info in visible(snapshot.datasets, self._manifest, private=False)]
        hiding = len(shown) < len(snapshot.datasets)
        self.public = self._public(snapshot, sorted(shown)) if hiding else self.view
        """What anybody may see: the view itself where nothing is private."""

    @property
    def manifest(self) -> Manifest | None:
        """What the release consists of; None before the first."""
        return self._manifest

    async def view_of(self, wanted: Wanted) -> View:
        """The view that is asked for; at once where it is the release's own, or was opened before.

        The first time costs up to as much as building a snapshot, in a thread, one at a time.

        Raises UnknownReferenceError with the releases, overlays or datasets there are; InputError; DamagedError.
        """
        if wanted.as_of is None and not wanted.overlays and wanted.datasets is None:
            return self.view if wanted.private else self.public
        found = self._kept.find(self._kept.keys.get(wanted))
        if found is not None:
            return found
        async with self._making:
            return await asyncio.to_thread(self._open, wanted)

    def warm(self) -> None:
        """Nothing; what the first match and the first search of a name would otherwise wait for is made."""
        for view in {id(view): view for view in (self.view, self.public)}.values():
            _warm(view.snapshot)

    def _open(self, wanted: Wanted) -> View:
        manifest = self._find(wanted.as_of)
        number = manifest.number if manifest else self.number
        infos = manifest.datasets if manifest else self.view.snapshot.datasets
        shown = visible(infos, self._manifest, private=wanted.private)
        if wanted.datasets is not None:
            check_names(shown, wanted.datasets, number)
        overlays = find_overlays(shown, wanted.overlays)
        names = self._names(infos, shown, wanted)
        plain = tuple(sorted(each.name for each in shown if not each.is_overlay))
        hidden = len(plain) < sum(not each.is_overlay for each in infos)
        key: _Key = number, tuple(each.name for each in overlays), names, hidden
        self._kept.remember(wanted, key)
        found = self._kept.find(key)
        if found is None:
            made = self._make(manifest, overlays, names, plain if hidden else None)
            _warm(made.snapshot)
            found = self._kept.keep(key, made)
        return found

    def _make(
        self,
        manifest: Manifest | None,
        overlays: Sequence[DatasetInfo],
        names: tuple[str, ...] | None,
        public: tuple[str, ...] | None,
    ) -> View:
        """The view; `public` names all that the caller may see, where that is not everything."""
        if overlays or (manifest is not None and manifest.number != self.number):
            return self._laid(manifest, overlays, names, public)
        if names is None:
            return self.view
        if public is None:
            return View(self.view.snapshot.restrict(names), self.view.release, names)
        if names == public:
            return self.public
        return View(self.public.snapshot.restrict(names), self.view.release, names)

    def _find(self, as_of: str | None) -> Manifest | None:
        """The release that is asked for. Raises UnknownReferenceError."""
        if as_of is None:
            return self._manifest
        if self._releases is None:
            raise UnknownReferenceError(f"There is no release {as_of!r}.", subject=as_of)
        return find_release(self._releases, as_of)

    @staticmethod
    def _names(infos: Sequence[DatasetInfo], shown: Sequence[DatasetInfo], wanted: Wanted) -> tuple[str, ...] | None:
        """Names of the datasets that the view has, None where it has all of the release."""
        if wanted.datasets is not None:
            return tuple(sorted(set(wanted.datasets)))
        plain = [each.name for each in infos if not each.is_overlay]
        seen = [each.name for each in shown if not each.is_overlay]
        return None if plain == seen else tuple(sorted(seen))

    def _public(self, snapshot: Snapshot, names: Sequence[str]) -> View:
        """What anybody may see of the current release: Neo4j holds more, and is told these names."""
        return View(snapshot.restrict(names, scales=False), self.view.release, names)

    def _laid(
        self,
        manifest: Manifest | None,
        overlays: Sequence[DatasetInfo],
        names: Sequence[str] | None,
        public: tuple[str, ...] | None,
    ) -> View:
        """A view that Neo4j does not hold."""
        assert manifest is not None, "without releases there is neither another one nor an overlay"
        assert self._views is not None, "the same"
        current = manifest.number == self.number
        base = self.view.snapshot if current else self._views.open_release(manifest)
        if public is not None:
            base = self.public.snapshot if current else base.restrict(public, scales=False)
        opened = self._views.open(base, overlays, None if names == public else names)
        return View(opened.snapshot, manifest.iri, names, opened.reader)


def _warm(snapshot: Snapshot) -> None:
    match(snapshot, Held(), Policy())
    snapshot.lookups()
