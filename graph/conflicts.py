"""Which overlays no longer fit: asked by a load about what it would change, and about an overlay to be published.

Reads the archive for what amendments are about; judges nothing itself, `overlays` does. Called by `loading` and
`drafts`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from ontology.model import Amendment, Finding, Record
from ontology.rdf import from_nquads_lines

from .archive import Archive, Manifest
from .known import KnownDatasets
from .layout import DatasetInfo
from .overlays import find_conflicts
from .snapshot import Snapshot


def find_records(archive: Archive, dataset: DatasetInfo, iris: Collection[str]) -> dict[str, Record]:
    """The records of these IRIs in a dataset, by IRI. Costs a pass over its lines up to the last of them.

    Raises DamagedError.
    """
    if not iris:
        return {}
    last = max(f"<{iri}>" for iri in iris) + " \U0010ffff"  # lines are sorted with the brackets
    found: list[str] = []
    for line in archive.lines(dataset.name, dataset.checksum):
        if line > last:
            break
        if line[1 : line.index(">")] in iris:
            found.append(line)
    return {record.iri: record for record in from_nquads_lines(found)}


def described_by_release(
    archive: Archive, manifest: Manifest | None, snapshot: Snapshot, iris: Iterable[str], *, without: str = ""
) -> dict[str, Record]:
    """The records of these IRIs in a release, overlays included; only datasets that describe one of them are read."""
    known = KnownDatasets(snapshot, without=without)
    wanted: dict[str, set[str]] = defaultdict(set)
    rest: set[str] = set()
    for iri in iris:
        owner = known.owner(iri)
        if owner is None:
            rest.add(iri)
        else:
            wanted[owner].add(iri)
    found: dict[str, Record] = {}
    for dataset in manifest.datasets if manifest else ():
        if dataset.name != without:
            asked = wanted.get(dataset.name, set()) | (rest if dataset.is_overlay else set())
            found.update((iri, each) for iri, each in find_records(archive, dataset, asked).items() if iri not in found)
    return found


def find_misfits(
    archive: Archive, manifest: Manifest | None, snapshot: Snapshot, name: str, records: Sequence[Record]
) -> Iterator[Finding]:
    """What of an overlay with these records does not fit the release. Raises DamagedError."""
    targets = [record.target for record in records if isinstance(record, Amendment)]
    found = described_by_release(archive, manifest, snapshot, targets, without=name)
    own = {record.iri: record for record in records}
    return find_conflicts(name, records, lambda iri: found.get(iri) or own.get(iri))


def find_broken_overlays(
    archive: Archive, manifest: Manifest | None, snapshot: Snapshot, name: str, records: Iterable[Record]
) -> Iterator[Finding]:
    """Which overlays of the release no longer fit where a dataset comes to have these records. Raises DamagedError."""
    overlays = [each for each in manifest.datasets if each.is_overlay and each.name != name] if manifest else []
    if not overlays:
        return
    new = {record.iri: record for record in records}
    known = KnownDatasets(snapshot, without="")
    for overlay in overlays:
        yield from find_conflicts(
            overlay.name,
            archive.records(overlay.name, overlay.checksum),
            new.get,
            concerned=lambda iri: iri in new or known.owner(iri) == name,
        )
