"""From what a reader reads to the next release: checked, archived, compared with the version before, published.

Tells all faults at once and loads nothing where one of them blocks. The order of steps is that of docs/releases.md;
how a release becomes current is `releases`' matter. Called by the command line and the demo.
"""

from __future__ import annotations

import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ontology.amendments import is_overlay
from ontology.errors import InputError
from ontology.model import Finding, FindingLevel, Framework, Located, Source
from ontology.readers import Reading
from ontology.validation import validate

from .archive import Archive, Manifest, dataset_iri
from .comparison import Changes, compare, find_orphans, judge_removals
from .conflicts import find_broken_overlays, find_misfits
from .impact import NO_IMPACT, Impact, ImpactFinder
from .known import KnownDatasets
from .layout import OVERLAY, PUBLIC, VISIBILITIES
from .loads import Basis, Kept, Loads, others_digest
from .releases import Releases
from .snapshot import DatasetInfo

if TYPE_CHECKING:
    from .store import Store

MAXIMUM_NAME = 64
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Records of a load. `removed` is of the dataset's version before."""

    read: int = 0
    loaded: int = 0
    """New or changed."""
    unchanged: int = 0
    removed: int = 0
    refused: int = 0
    """Not loaded for a must-finding: rows that give no record, broken records, and those that depend on them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did, or, where it was stopped or only tried, would have done."""

    dataset: str
    findings: tuple[Finding, ...]
    counts: Counts
    changes: Changes
    release: Manifest | None
    """The release that now is current; None where nothing was published because of findings or for a dry run."""
    blocked: bool
    """Whether must-findings stopped it."""
    published: bool
    """Whether there is a new release."""
    impact: Impact = NO_IMPACT
    """What the version breaks."""
    known: bool = False
    """Whether it is told from the load before, of which everything was the same: nothing was read and checked again."""


def slug(name: str) -> str:
    """A name for a dataset, made of any text: lower-case letters and digits of ASCII, with hyphens between."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAXIMUM_NAME].strip("-") or "dataset"


def check_name(name: str) -> str:
    """The name, where it can be a dataset's. Raises InputError (`dataset.invalid-name`)."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"Got the dataset name {name!r}, expected up to {MAXIMUM_NAME} letters, digits, `.`, `-` and `_`.",
            code="dataset.invalid-name",
            hint=f"Use {slug(name)!r}.",
        )
    return name


def load(
    releases: Releases,
    reading: Reading,
    *,
    store: Store | None,
    dataset: str | None = None,
    dry_run: bool = False,
    skip_broken: bool = False,
    allow_removals: bool = False,
    visibility: str | None = None,
    basis: Basis | None = None,
) -> LoadReport:
    """What was loaded into a dataset as the next release; content that is there already makes no release.

    Args:
        store: Neo4j; None for a dry run, which needs none.
        dataset: its name; by default the identifier of the one framework of a single file, otherwise `reading.name`.
        skip_broken: load the rest where there are must-findings about single records.
        allow_removals: load also where more than a tenth of the dataset goes, or what other datasets name.
        visibility: `public` or `private`; None leaves it as it is, public at first.
        basis: what the reading follows from; `find_known` tells the same from then on as long as that stays so.

    Raises:
        InputError: a name that cannot be a dataset's.
        BusyError: another process is writing.
        UnavailableError: Neo4j does not answer, or the archive cannot be written.
        DamagedError: the archive of another dataset is damaged.
    """
    if dataset is not None:
        check_name(dataset)
    if dry_run:
        plan = _Load(
            releases, reading, dataset, skip_broken=skip_broken, allow_removals=allow_removals, visibility=visibility
        )
        with tempfile.TemporaryDirectory(prefix="headwater-") as scratch:
            return plan.compare(Archive(Path(scratch)))
    if store is None:
        raise InputError("A load needs Neo4j; only a dry run does without.", code="store.needed")
    with releases.writing(store):
        try:
            plan = _Load(
                releases,
                reading,
                dataset,
                skip_broken=skip_broken,
                allow_removals=allow_removals,
                visibility=visibility,
            )
            report = plan.compare(releases.archive)
            if report.blocked:
                return report
            report = plan.publish(store, report)
            if basis is not None:
                plan.keep(basis, report)
            return report
        finally:
            if not releases.is_publishing():
                releases.remove_leftovers()


def find_known(releases: Releases, basis: Basis, *, store: Store, visibility: str | None = None) -> LoadReport | None:
    """The report of a load of which everything is as it was at the load before; None where anything may differ.

    That is its basis, the other datasets, what became of it, and the file of its content. What was begun before is
    brought to its end and Neo4j to the current release, as by any load. Overlays are held to the content anew.

    Args:
        visibility: as it is to be; None leaves it as it is.

    Raises BusyError, UnavailableError, DamagedError.
    """
    kept = Loads(releases.home).find(basis.digest)
    if kept is None:
        return None
    with releases.writing(store):
        current = releases.current()
        if current is None or not _still_holds(releases, current, kept):
            return None
        if visibility not in (None, kept.dataset.visibility):
            return None
        conflicts = tuple(_conflicts_of_known(releases, current, kept.dataset))
        if _blocks(conflicts):
            return None
        return LoadReport(
            dataset=kept.dataset.name,
            findings=_ordered((*kept.findings, *conflicts)),
            counts=Counts(read=kept.read, unchanged=kept.records, refused=kept.refused),
            changes=Changes(added={}, changed={}, removed={}),
            release=current,
            blocked=False,
            published=False,
            known=True,
        )


def _still_holds(releases: Releases, current: Manifest, kept: Kept) -> bool:
    info = kept.dataset
    return (
        current.find(info.name) == info
        and others_digest(current, info.name) == kept.others
        and releases.archive.file_checksum(info.name, info.checksum) == kept.file
    )


def _conflicts_of_known(releases: Releases, current: Manifest, info: DatasetInfo) -> Iterator[Finding]:
    """What of a loaded overlay does not fit, or which overlays do not fit a loaded dataset. Raises DamagedError."""
    snapshot = releases.snapshot()
    if any(dataset.is_overlay for dataset in current.datasets):
        records = sorted(releases.archive.records(info.name, info.checksum), key=lambda record: record.iri)
        find = find_misfits if info.is_overlay else find_broken_overlays
        yield from find(releases.archive, current, snapshot, info.name, records)


def set_visibility(releases: Releases, name: str, visibility: str, *, store: Store) -> Manifest:
    """The release in which a dataset is `public` or `private`; the current one where it is so already.

    Raises InputError (`dataset.visibility`), UnknownReferenceError, BusyError, UnavailableError, DamagedError.
    """
    if visibility not in VISIBILITIES:
        raise InputError(
            f"A dataset is {' or '.join(VISIBILITIES)}, got {visibility!r}.", code="dataset.visibility", subject=name
        )
    with releases.writing(store):
        info = releases.get_dataset(name)
        current = releases.current()
        assert current is not None, "it has the dataset"
        if info.visibility == visibility:
            return current
        changed = [replace(each, visibility=visibility) if each.name == name else each for each in current.datasets]
        return releases.publish(store, changed, note=f"{name} is {visibility}")


def remove_dataset(releases: Releases, name: str, *, store: Store, allow_removals: bool = False) -> LoadReport:
    """What the removal of a dataset did: a release without it. What other datasets say about it blocks, unless allowed.

    Raises UnknownReferenceError, BusyError, UnavailableError, DamagedError.
    """
    with releases.writing(store):
        info = releases.get_dataset(name)
        current = releases.current()
        assert current is not None, "it has the dataset"
        removed = Counter[str]()
        iris = []
        impact = ImpactFinder.on(releases.snapshot())
        for record in releases.archive.records(name, info.checksum):
            removed[type(record).__name__] += 1
            iris.append(record.iri)
        snapshot = releases.snapshot()
        orphans = find_orphans(snapshot, name, iris, allowed=allow_removals)
        findings = (*orphans, *find_broken_overlays(releases.archive, current, snapshot, name, ()))
        blocked = _blocks(findings)
        release = None
        if not blocked:
            rest = [dataset for dataset in current.datasets if dataset.name != name]
            release = releases.publish(store, rest, note=f"Without {name}")
        return LoadReport(
            dataset=name,
            findings=findings,
            counts=Counts(removed=0 if blocked else len(iris)),
            changes=Changes(added={}, changed={}, removed=dict(removed)),
            impact=impact.find(),
            release=release,
            blocked=blocked,
            published=not blocked,
        )


class _Load:
    """One load: what was read and checked, against the release that is current."""

    def __init__(
        self,
        releases: Releases,
        reading: Reading,
        dataset: str | None,
        *,
        skip_broken: bool,
        allow_removals: bool,
        visibility: str | None,
    ) -> None:
        self._releases = releases
        self._impact = NO_IMPACT
        self._allow_removals = allow_removals
        self._skip_broken = skip_broken
        self._current = releases.current()
        snapshot = releases.snapshot()
        self._snapshot = snapshot
        items: list[Located] = []
        faults: list[Finding] = []
        for item in reading.items:
            if isinstance(item, Located):
                items.append(item)
            else:
                faults.append(item)
        self._reader_findings = tuple(faults)
        self.name = dataset or default_name(reading, items)
        self._is_overlay = is_overlay(item.record for item in items)
        self._format = OVERLAY if self._is_overlay else reading.format
        self._originals = reading.originals
        self._visibility = visibility
        known = KnownDatasets(snapshot, without=self.name)
        self._validated = validate(
            items, dataset=self.name, known=known, known_scales=known.scales(), skip_broken=skip_broken
        )

    def compare(self, archive: Archive) -> LoadReport:
        """What the load would change, with all findings. The new content is then in `archive`, unless it is blocked."""
        findings: tuple[Finding, ...] = (*self._reader_findings, *self._validated.findings)
        self._found = findings
        refused = _refused_rows(self._reader_findings) + self._validated.refused
        read = self._validated.read + _refused_rows(self._reader_findings)
        empty = Changes(added={}, changed={}, removed={})
        if not self._validated.records and not _blocks(findings):
            findings = (*findings, _nothing_read(self.name))
        if not self._validated.records or (_blocks(findings) and not self._skip_broken):
            broken = {finding.subject for finding in findings if finding.level is FindingLevel.MUST and finding.subject}
            counts = Counts(read=read, refused=max(refused, len(broken)))
            return self._report(findings, counts, empty, blocked=True)
        info = self._archive(archive)
        self._releases.checkpoint("archived")
        before = self._current.find(self.name) if self._current else None
        found = compare(self._releases.archive, before, archive, info, self._validated.records, self._snapshot)
        removals = [
            *found.findings,
            *judge_removals(found, self.name, allowed=self._allow_removals),
            *find_orphans(self._snapshot, self.name, found.removed, allowed=self._allow_removals),
            *self._find_conflicts(),
        ]
        findings = (*findings, *removals)
        self._info = info
        self._impact = found.impact
        blocked = _blocks(removals)
        counts = Counts(
            read=read,
            loaded=0 if blocked else found.loaded,
            unchanged=found.unchanged,
            removed=0 if blocked else len(found.removed),
            refused=refused,
        )
        report = self._report(findings, counts, found.changes, blocked=blocked)
        self._records = len(self._validated.records)
        del self._validated  # the archive has it all: what is published next needs the memory
        return report

    def _find_conflicts(self) -> Iterable[Finding]:
        """What of this overlay does not fit, or which overlays no longer fit this version."""
        before = self._current.find(self.name) if self._current else None
        if before is not None and before.is_overlay is not self._is_overlay:
            yield _other_kind(self.name, was_overlay=before.is_overlay)
        find = find_misfits if self._is_overlay else find_broken_overlays
        archive, records = self._releases.archive, self._validated.records
        yield from find(archive, self._current, self._snapshot, self.name, records)

    def publish(self, store: Store, report: LoadReport) -> LoadReport:
        """The report of the release that now is current: a new one, or the one before where nothing differs."""
        current = self._current
        if current is not None and current.find(self.name) == self._info:
            return replace(report, release=current)
        others = [dataset for dataset in (current.datasets if current else ()) if dataset.name != self.name]
        release = self._releases.publish(store, [*others, self._info], note=f"Load of {self.name}")
        return replace(report, release=release, published=True)

    def keep(self, basis: Basis, report: LoadReport) -> None:
        """Nothing; the load is kept, where nothing was published since its source was read."""
        release, archive = report.release, self._releases.archive
        assert release is not None, "it is published"
        file = archive.file_checksum(self.name, self._info.checksum)
        if basis.beside != (self._current.checksum if self._current else None) or file is None:
            return
        kept = Kept(
            dataset=self._info,
            others=others_digest(release, self.name),
            file=file,
            read=report.counts.read,
            records=self._records,
            refused=report.counts.refused,
            findings=self._found,
        )
        Loads(self._releases.home).keep(basis.digest, kept, release)

    def _archive(self, archive: Archive) -> DatasetInfo:
        """The dataset as it comes. Where nothing has changed, originals and sources stay those of the time before."""
        records = self._validated.records
        frameworks = [record for record in records if isinstance(record, Framework)]
        before = self._current.find(self.name) if self._current else None
        info = DatasetInfo(
            iri=dataset_iri(self.name),
            name=self.name,
            format=self._format,
            license=_joined(framework.license for framework in frameworks),
            attribution=_joined(framework.attribution for framework in frameworks),
            checksum=archive.write(self.name, records),
            visibility=self._visibility or (before.visibility if before else PUBLIC),
            originals=before.originals if before else None,
            sources=before.sources if before else None,
        )
        if before is None or info != before:
            info = replace(info, sources=archive.write_sources(self.name, self._sources()))
            if self._originals:
                documents = ((document.name, document.open()) for document in self._originals)
                info = replace(info, originals=archive.write_originals(self.name, documents))
        return info

    def _sources(self) -> dict[str, Source]:
        found = self._validated.sources
        return {record.iri: found[record.iri] for record in self._validated.records if record.iri in found}

    def _report(self, findings: Iterable[Finding], counts: Counts, changes: Changes, *, blocked: bool) -> LoadReport:
        return LoadReport(
            dataset=self.name,
            findings=_ordered(findings),
            counts=counts,
            changes=changes,
            impact=self._impact,
            release=None,
            blocked=blocked,
            published=False,
        )


def default_name(reading: Reading, items: Sequence[Located]) -> str:
    """Name of a dataset that nobody names.

    The one that an export states, else the identifier of the one framework of a single file, otherwise the source's.
    """
    if reading.dataset is not None:
        return reading.dataset if _NAME.fullmatch(reading.dataset) else slug(reading.dataset)
    frameworks = {item.record.iri for item in items if isinstance(item.record, Framework)}
    files = {item.source.file for item in items}
    if len(frameworks) == 1 and len(files) == 1:
        (iri,) = frameworks
        return slug(re.split(r"[/#:]", iri.rstrip("/#"))[-1])
    return slug(reading.name)


def _blocks(findings: Iterable[Finding]) -> bool:
    return any(finding.level is FindingLevel.MUST for finding in findings)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Must before should, otherwise as they were told."""
    return tuple(sorted(findings, key=lambda finding: finding.level is not FindingLevel.MUST))


def _refused_rows(findings: Iterable[Finding]) -> int:
    """Rows or places of a document that give no record for a must-finding of its reader."""
    return len({_place(finding) for finding in findings if finding.level is FindingLevel.MUST})


def _place(finding: Finding) -> object:
    source = finding.source
    return finding.subject if source is None else (source.file, source.line, source.pointer)


def _nothing_read(name: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="load.nothing-read",
        message=f"Got no record for {name}, expected at least one.",
        fix="Look at the path and the format; to remove a dataset there is `headwater datasets remove`.",
    )


def _other_kind(name: str, *, was_overlay: bool) -> Finding:
    kinds = ("an overlay", "a dataset of its own")
    was, comes = kinds if was_overlay else kinds[::-1]
    return Finding(
        level=FindingLevel.MUST,
        code="overlay.other-kind",
        message=f"Got {comes} under the name {name}, which is that of {was}, expected the same.",
        fix="Choose another name (--dataset), or remove the other one first.",
    )


def _joined(values: Iterable[str | None]) -> str | None:
    """What the frameworks say, each line once, in the order of their IRIs."""
    return "\n".join(dict.fromkeys(line for value in values if value for line in value.splitlines())) or None
