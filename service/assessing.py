"""What can be said of a loaded dataset: how many records of each sort it has, and its steward's quality report.

Both follow from the archive alone, and what was found is kept for a while. Blocking, one of each at a time; a report
reads all that is served, which takes seconds for large frameworks. Called by `schema`.
"""

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Final, TypeVar

from graph.archive import Manifest
from graph.conflicts import find_misfits
from graph.known import KnownDatasets
from graph.layout import DatasetInfo
from graph.releases import Releases
from ontology.model import Amendment, Finding, FindingLevel, Located, Record, Source
from ontology.quality import assess
from ontology.validation import validate

from .differences import record_type

REPORTS_KEPT: Final = 4
COUNTS_KEPT: Final = 1_000

T = TypeVar("T")


class Assessor:
    """Counts and reports of a data folder's datasets."""

    def __init__(self, releases: Releases) -> None:
        self._releases = releases
        self._counting = threading.Lock()
        self._reporting = threading.Lock()
        self._counts: OrderedDict[Hashable, dict[str, int]] = OrderedDict()
        self._reports: OrderedDict[Hashable, tuple[Finding, ...]] = OrderedDict()

    def counts(self, info: DatasetInfo) -> dict[str, int]:
        """Number of records by name of the record, sorted. Raises DamagedError."""
        with self._counting:
            return _kept(self._counts, COUNTS_KEPT, (info.name, info.checksum), lambda: self._count(info))

    def findings(self, manifest: Manifest, info: DatasetInfo) -> tuple[Finding, ...]:
        """The quality report of a dataset of a release: must before should, then by code and subject.

        What the checks of a load find, and what no rule forbids and a good framework does not have. Raises
        DamagedError.
        """
        key = (manifest.checksum, info.name)
        with self._reporting:
            return _kept(self._reports, REPORTS_KEPT, key, lambda: self._assess(manifest, info))

    def _count(self, info: DatasetInfo) -> dict[str, int]:
        found = Counter[str]()
        for lines in _subjects(self._releases.archive.lines(info.name, info.checksum)):
            found[record_type(lines)] += 1
        return dict(sorted(found.items()))

    def _assess(self, manifest: Manifest, info: DatasetInfo) -> tuple[Finding, ...]:
        own = list(self._records(info))
        snapshot = self._releases.snapshot_of(manifest)
        known = KnownDatasets(snapshot, without=info.name)
        source = Source(file=f"{info.name}.nq")
        checked = validate(
            (Located(record=record, source=source) for record in own),
            dataset=info.name,
            known=known,
            known_scales=known.scales(),
        )
        found = list(checked.findings)
        if info.is_overlay:
            found.extend(find_misfits(self._releases.archive, manifest, snapshot, info.name, own))
        others = (each for each in manifest.plain if each.name != info.name)
        everything = (record for each in others for record in self._records(each))
        told = {record.iri for record in own if not isinstance(record, Amendment)}
        found.extend(assess([*own, *everything], about=told, in_full=True))
        return tuple(sorted(found, key=_order))

    def _records(self, info: DatasetInfo) -> Iterator[Record]:
        return self._releases.archive.records(info.name, info.checksum)


def _kept(kept: OrderedDict[Hashable, T], most: int, key: Hashable, make: Callable[[], T]) -> T:
    """What is kept under a key, made where it is not; of the others the last used stay. For the holder of its lock."""
    if key not in kept:
        kept[key] = make()
        while len(kept) > most:
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


def _subjects(lines: Iterable[str]) -> Iterator[list[str]]:
    """The lines of each subject, which stand together."""
    subject, own = "", list[str]()
    for line in lines:
        if own and not line.startswith(subject):
            yield own
            own = []
        if not own:
            subject = line[: line.index(">") + 1]
        own.append(line)
    if own:
        yield own


def _order(finding: Finding) -> tuple[bool, str, str, str]:
    return finding.level is not FindingLevel.MUST, finding.code, finding.subject or "", finding.message
