"""What writes from the command line: load, check, remove, roll back, each with its own lease on Neo4j and progress.

Turns settings and paths into calls of the graph room; decides nothing about data. Called by cli and demo.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from graph.archive import Manifest
from graph.drafts import Drafts
from graph.known import KnownDatasets
from graph.loading import LoadReport, check_name, default_name, find_known, load, remove_dataset, set_visibility, slug
from graph.loads import Basis, find_basis
from graph.progress import Progress, stderr_progress
from graph.releases import Releases
from graph.server import connect_server
from graph.store import Store
from ontology.documents import Document, open_source
from ontology.errors import InputError
from ontology.fetching import Fetcher, Purpose
from ontology.harvest import harvest
from ontology.model import Finding, Located, Record, Source
from ontology.quality import assess
from ontology.readers import Reading, dataset_name, read_source
from ontology.validation import validate

from .settings import Settings, server_environment


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How sources are loaded; the command's flags."""

    format: str | None = None
    dataset: str | None = None
    language: str = "und"
    dry_run: bool = False
    skip_broken: bool = False
    allow_removals: bool = False
    visibility: str | None = None
    anew: bool = False
    """Read and check also what is the same as at the load before."""
    fetcher: Fetcher | None = None
    """For sources that are addresses; by the settings where not given."""


@contextmanager
def steward(settings: Settings) -> Iterator[tuple[Releases, Store, Progress]]:
    """Releases and Neo4j, ready to write, with progress on stderr. Raises UnavailableError, InputError."""
    with (
        stderr_progress() as progress,
        connect_server(settings.home, environment=server_environment(settings), progress=progress) as lease,
        Store(lease.connection) as store,
    ):
        yield Releases(settings.home, progress=progress), store, progress


def load_sources(settings: Settings, sources: Sequence[Path | str], options: LoadOptions) -> list[LoadReport]:
    """A report for each source, in order; each source is a dataset and a release of its own.

    All of them become one dataset only where they are one folder or archive. After one that is blocked the rest is only
    checked, so that all faults are told.
    Raises InputError before anything is read where a source is missing or several would share one dataset.
    """
    _check_sources(sources, options)
    options = _with_fetcher(settings, sources, options)
    if options.dry_run:
        releases = Releases(settings.home)
        return [load_one(releases, None, source, options) for source in sources]
    reports: list[LoadReport] = []
    with steward(settings) as (releases, store, _):
        for source in sources:
            blocked = any(report.blocked for report in reports)
            reports.append(load_one(releases, None if blocked else store, source, options))
    return reports


def load_one(releases: Releases, store: Store | None, source: Path | str, options: LoadOptions) -> LoadReport:
    """The report of one source's load; without a store of a dry run.

    What is loaded already, and of which everything that a load follows from is the same, is not read again.
    """
    opened = _open(source, options)
    basis = None if store is None or options.dry_run else _find_basis(releases, source, options, opened)
    if store is not None and basis is not None and not options.anew:
        known = find_known(releases, basis, store=store, visibility=options.visibility)
        if known is not None:
            return known
    name, reading, items = _read(releases, source, options, opened)
    if basis is not None and basis != _find_basis(releases, source, options, opened):
        basis = None  # changed while it was read
    del opened
    return _load(releases, store, name, reading, _used_up(items), options, basis)


def check_source(
    settings: Settings, source: Path | str, options: LoadOptions, *, shapes: bool = False, quality: bool = False
) -> LoadReport:
    """All findings of a source beside what is loaded already; writes nothing and needs no server.

    Args:
        shapes: also what shapes.ttl finds and the streamed rules do not.
        quality: also the quality report of what the source describes.
    """
    _check_sources([source], options)
    options = _with_fetcher(settings, [source], options)
    releases = Releases(settings.home)
    name, reading, items = _read(releases, source, options, _open(source, options))
    report = _load(releases, None, name, reading, iter(items), options)
    read = [item for item in items if isinstance(item, Located)]
    more: list[Finding] = []
    if shapes:
        from ontology.shacl import check_shapes

        more += check_shapes((item.record for item in read), known=KnownDatasets(releases.snapshot(), without=name))
    if quality:
        own = {item.record.iri: item for item in read}
        others = (record for record in _all_records(releases, without=name) if record.iri not in own)
        records = chain((item.record for item in own.values()), others)
        more += assess(records, about=own, sources={iri: item.source for iri, item in own.items()}, in_full=False)
    told = {(finding.code, finding.subject) for finding in report.findings}
    return replace(
        report, findings=(*report.findings, *(each for each in more if (each.code, each.subject) not in told))
    )


def report_quality(settings: Settings, dataset: str | None) -> tuple[Finding, ...]:
    """The quality report of a dataset beside all others, or of all of them; what they were loaded with is told again.

    The place of a finding is its dataset: the archive keeps no lines. Raises UnknownReferenceError, DamagedError.
    """
    releases = Releases(settings.home)
    current = releases.current()
    infos = [releases.get_dataset(dataset)] if dataset is not None else list(current.datasets) if current else []
    snapshot = releases.snapshot()
    found: list[Finding] = []
    about: dict[str, Source] = {}
    for info in infos:
        source = Source(file=info.name)
        items = [Located(record=record, source=source) for record in releases.archive.records(info.name, info.checksum)]
        about.update((item.record.iri, source) for item in items)
        known = KnownDatasets(snapshot, without=info.name)
        found += validate(items, dataset=info.name, known=known, known_scales=known.scales()).findings
    found += assess(_all_records(releases), about=about, sources=about)
    return tuple(found)


def _all_records(releases: Releases, *, without: str | None = None) -> Iterator[Record]:
    """The records of all datasets of the current release that are no overlays."""
    current = releases.current()
    for info in current.datasets if current else ():
        if info.name != without and not info.is_overlay:
            yield from releases.archive.records(info.name, info.checksum)


def add_to_draft(settings: Settings, name: str, source: Path, options: LoadOptions) -> LoadReport:
    """The report of what a source adds to a draft of an overlay; nothing is added where it is blocked.

    Raises InputError where the source is missing, UnknownReferenceError where there is no such draft.
    """
    _check_sources([source], options)
    releases = Releases(settings.home)
    drafts = Drafts(releases)
    drafts.get(name)
    _, items = _read_beside(releases, source, options, name, _open(source, options))
    return drafts.add_read(name, items)


def remove(settings: Settings, name: str, *, allow_removals: bool) -> LoadReport:
    """The report of a dataset's removal. Raises UnknownReferenceError before a server is asked for."""
    Releases(settings.home).get_dataset(name)
    with steward(settings) as (releases, store, _):
        return remove_dataset(releases, name, store=store, allow_removals=allow_removals)


def change_visibility(settings: Settings, name: str, visibility: str) -> Manifest:
    """The release in which a dataset is public or private. Raises UnknownReferenceError before a server is started."""
    Releases(settings.home).get_dataset(name)
    with steward(settings) as (releases, store, _):
        return set_visibility(releases, name, visibility, store=store)


def roll_back(settings: Settings, number: int) -> Manifest:
    """The new release with the content of an old one. Raises UnknownReferenceError before a server is asked for."""
    Releases(settings.home).get(number)
    with steward(settings) as (releases, store, _):
        return releases.roll_back(store, number)


def _load(
    releases: Releases,
    store: Store | None,
    name: str,
    reading: Reading,
    items: Iterator[Located | Finding],
    options: LoadOptions,
    basis: Basis | None = None,
) -> LoadReport:
    return load(
        releases,
        replace(reading, items=items),
        store=store,
        dataset=name,
        dry_run=options.dry_run or store is None,
        skip_broken=options.skip_broken,
        allow_removals=options.allow_removals,
        visibility=options.visibility,
        basis=basis,
    )


def _open(source: Path | str, options: LoadOptions) -> list[Document | Finding]:
    """What the gate lets in, and what it says. Raises InputError, FetchError."""
    return list(open_source(source) if isinstance(source, Path) else harvest(source, options.fetcher or Fetcher()))


def _find_basis(
    releases: Releases, source: Path | str, options: LoadOptions, opened: Sequence[Document | Finding]
) -> Basis | None:
    """What the load of a source follows from beside the datasets that are loaded."""
    told = (options.format, options.dataset, options.language, options.skip_broken)
    place = ("file" if source.is_file() else "folder") if isinstance(source, Path) else "address"
    return find_basis(opened, place, dataset_name(source), *told, beside=releases.current())


def _used_up(items: list[Located | Finding]) -> Iterator[Located | Finding]:
    """The items, each forgotten as it is given: a load of a whole nation's data has no room for them twice."""
    items.reverse()
    while items:
        yield items.pop()


def _read(
    releases: Releases, source: Path | str, options: LoadOptions, opened: Sequence[Document | Finding]
) -> tuple[str, Reading, list[Located | Finding]]:
    """The dataset's name and what is read, beside what the other datasets hold; the reading's own items are used up.

    A joining reader asks what others describe, so the version that is being replaced must not be among them; where its
    name follows from the content and is not the expected one, the source is read once more where that may differ.
    """
    expected = options.dataset or slug(dataset_name(source))
    reading, items = _read_beside(releases, source, options, expected, opened)
    name = options.dataset or default_name(reading, [item for item in items if isinstance(item, Located)])
    if name != expected and not reading.alone:
        reading, items = _read_beside(releases, source, options, name, opened)
    return name, reading, items


def _read_beside(
    releases: Releases,
    source: Path | str,
    options: LoadOptions,
    replaced: str,
    opened: Sequence[Document | Finding],
) -> tuple[Reading, list[Located | Finding]]:
    known = KnownDatasets(releases.snapshot(), without=replaced)
    reading = read_source(
        source,
        format=options.format,
        language=options.language,
        surroundings=known,
        dataset=replaced,
        fetcher=options.fetcher,
        opened=opened,
    )
    return reading, list(reading.items)


def fetcher_of(settings: Settings) -> Fetcher:
    """Fetches for what the settings allow, HEADWATER_FETCH and HEADWATER_FETCH_HOSTS; by default for nothing."""
    allowed = frozenset(purpose for purpose in Purpose if purpose.word in settings.fetch)
    return Fetcher(allowed=allowed, hosts=frozenset(settings.fetch_hosts))


def _with_fetcher(settings: Settings, sources: Sequence[Path | str], options: LoadOptions) -> LoadOptions:
    """The options with the settings' fetcher. Raises FetchRefusedError before a server is started for what is off."""
    fetcher = options.fetcher or fetcher_of(settings)
    for source in sources:
        if isinstance(source, str):
            fetcher.check(source, Purpose.HARVEST)
    return replace(options, fetcher=fetcher)


def _check_sources(sources: Sequence[Path | str], options: LoadOptions) -> None:
    if options.dataset is not None:
        check_name(options.dataset)
    missing = [str(source) for source in sources if isinstance(source, Path) and not source.exists()]
    if missing:
        raise InputError(
            f"There is nothing at {', '.join(missing)}.",
            code="input.missing-file",
            hint="Give the path of a file, folder or archive.",
        )
    names = [options.dataset or slug(dataset_name(source)) for source in sources]
    shared = next((name for name in names if names.count(name) > 1), None)
    if shared is not None:
        raise InputError(
            f"{names.count(shared)} sources cannot all be the dataset {shared!r}: each would replace the one before.",
            code="input.several-sources",
            hint="Put the files into one folder and load that, or load each by itself with a --dataset of its own.",
        )
