"""Brings Neo4j from what it holds to a release of the archive, idempotently and in batches.

A run that was killed is done again from its beginning and ends in the same graph: every step sets what it is about,
whatever was there. Neo4j says itself what it holds (the current Release) and what is being applied (the Release that
is `publishing`); where that is not the release of the archive, the graph is built anew. Called by `releases` alone,
under the writer lock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ontology.errors import DamagedError, InputError
from ontology.model import Record
from ontology.rdf import from_nquads_lines

from . import cypher
from .archive import Archive, Manifest
from .nodes import Node, Relationship, graph_form
from .progress import Progress

if TYPE_CHECKING:
    from .store import Row, Statement, Store

BATCH_RECORDS = 2_000
"""Records a transaction: five thousand rows or so. 700,000 rows in one transaction end a server of 2 GB heap."""
BATCH_DELETIONS = 10_000

Checkpoint = Callable[[str], None]
"""Told the name of each step just done; tests end the process there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What Neo4j says that it holds: checksums of manifests."""

    current: str | None
    publishing: str | None
    clearing: bool
    """What was there before is being removed."""
    filled: bool
    """It has nodes that look like ours."""


def read_holdings(store: Store) -> Holdings:
    """What Neo4j holds. Raises UnavailableError."""
    (row,) = store.read(cypher.HOLDINGS)
    return Holdings(
        current=_only(row, "current"),
        publishing=_only(row, "publishing"),
        clearing=bool(row["clearing"]),
        filled=bool(row["filled"]),
    )


def publish(store: Store, archive: Archive, target: Manifest, *, checkpoint: Checkpoint, progress: Progress) -> None:
    """Nothing; Neo4j holds `target`, and its pointer says so.

    Only the difference is applied where Neo4j holds another release of the archive, whichever.

    Raises:
        InputError: the database holds nodes of somebody else (`store.foreign-content`); they are left alone.
        UnavailableError: Neo4j does not answer; what was done so far does no harm.
        DamagedError: a file of the archive is damaged; found out before anything is changed.
    """
    holdings = read_holdings(store)
    if is_held(holdings, target):
        return
    _refuse_foreign(store, holdings)
    base = _find_base(archive, holdings, target)
    for dataset in target.datasets:
        if base is None or dataset not in base.datasets:
            archive.verify(dataset.name, dataset.checksum)
    create_schema(store)
    checkpoint("schema")
    announcement = {"iri": target.iri, "number": target.number, "checksum": target.checksum}
    if holdings.filled and base is None and not _is_continued(holdings, target):
        store.write_together([(cypher.DISOWN, {}), (cypher.ANNOUNCE, announcement | {"clearing": True})])
        checkpoint("disowned")
        _repeat(store, cypher.CLEAR)
        checkpoint("cleared")
    store.write(cypher.ANNOUNCE, announcement | {"clearing": False})
    checkpoint("announced")
    _apply(store, archive, base, target, checkpoint, progress, resumed=holdings.publishing is not None)
    _repeat(store, cypher.DELETE_LONELY)
    checkpoint("lonely")
    _move_pointer(store, archive, target)
    checkpoint("pointer")


def is_held(holdings: Holdings, target: Manifest) -> bool:
    """Whether Neo4j holds this release, whole. An emptied database does not, whatever its pointer says."""
    filled = holdings.filled or not target.plain
    return holdings.current == target.checksum and holdings.publishing is None and filled


def _find_base(archive: Archive, holdings: Holdings, target: Manifest) -> Manifest | None:
    """The release to start from; None where Neo4j holds none that the archive can still tell."""
    if holdings.clearing or not holdings.filled or holdings.publishing not in (None, target.checksum):
        return None
    base = next((each for each in archive.manifests() if each.checksum == holdings.current), None)
    if base is None:
        return None
    try:
        for dataset in base.datasets:
            if dataset not in target.datasets:
                archive.verify(dataset.name, dataset.checksum)
    except DamagedError:  # what has to go cannot be told: all goes, and the new release comes whole
        return None
    return base


def _is_continued(holdings: Holdings, target: Manifest) -> bool:
    """Whether all that is there was put there for `target`, into a graph that was empty."""
    return holdings.current is None and holdings.publishing == target.checksum and not holdings.clearing


def create_schema(store: Store) -> None:
    """Nothing; the constraints and indexes are there, and filled."""
    for statement in cypher.SCHEMA:
        store.write(statement)
    store.write(cypher.AWAIT_INDEXES)


def _refuse_foreign(store: Store, holdings: Holdings) -> None:
    if holdings.filled and holdings.current is None and holdings.publishing is None:
        raise InputError(
            f"The database at {store.uri} holds nodes labelled Resource and no release of Headwater's.",
            code="store.foreign-content",
            hint="Use an empty database (NEO4J_DATABASE), or remove these nodes yourself.",
        )


def _apply(
    store: Store,
    archive: Archive,
    base: Manifest | None,
    target: Manifest,
    checkpoint: Checkpoint,
    progress: Progress,
    *,
    resumed: bool,
) -> None:
    """First all that goes, then all that comes: a thing may move from one dataset to another.

    What nobody described before has nothing to clear, unless a run that ended early may have put it there, or another
    dataset that comes with this one.
    """
    changed = _changed_datasets(base, target)
    clean = not resumed and len(changed) == 1
    # While Neo4j does one transaction the next one is made ready; never are two on their way.
    with ThreadPoolExecutor(1, thread_name_prefix="to-neo4j") as sender:
        done = 0
        removals = _Batch(store, sender, BATCH_RECORDS)
        for name, before, after in changed:
            if before is None:
                continue
            for form in _removed(archive, name, before, after):
                if removals.remove(form):
                    done += BATCH_RECORDS
                    progress("Removing from Neo4j", done, None, "records")
                    checkpoint("removal-batch")
        removals.finish()
        checkpoint("removed")
        done = 0
        additions = _Batch(store, sender, BATCH_RECORDS)
        for name, before, after in changed:
            for difference in archive.differences(name, before, after):
                for record in from_nquads_lines(difference.after):
                    if additions.put(graph_form(record, name), new=clean and not difference.before):
                        done += BATCH_RECORDS
                        progress("Writing to Neo4j", done, None, "records")
                        checkpoint("addition-batch")
        additions.finish()
        checkpoint("added")


def _changed_datasets(base: Manifest | None, target: Manifest) -> list[tuple[str, str | None, str | None]]:
    """(name, checksum before, checksum after) of the datasets whose content differs, by name."""
    before = {dataset.name: dataset.checksum for dataset in base.plain} if base else {}
    after = {dataset.name: dataset.checksum for dataset in target.plain}
    names = sorted({*before, *after})
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _removed(archive: Archive, name: str, before: str, after: str | None) -> Iterator[Node | Relationship]:
    """What was there and is no longer, or is now something of another type."""
    for difference in archive.differences(name, before, after):
        kinds = {_kind(record, name) for record in from_nquads_lines(difference.after)}
        for record in from_nquads_lines(difference.before):
            form = graph_form(record, name)
            if form is not None and _kind(record, name) not in kinds:
                yield form


def _kind(record: Record, dataset: str) -> str | None:
    """What Neo4j makes of a record: a node, a relationship of some type, or nothing."""
    form = graph_form(record, dataset)
    return form.type if isinstance(form, Relationship) else None if form is None else "node"


class _Batch:
    """Changes gathered until there are enough for a transaction."""

    def __init__(self, store: Store, sender: Executor, size: int) -> None:
        self._store = store
        self._sender = sender
        self._sending: Future[None] | None = None
        self._size = size
        self._empty()

    def _empty(self) -> None:
        self._nodes: dict[str, list[Node]] = defaultdict(list)
        self._relationships: dict[str, list[Relationship]] = defaultdict(list)
        self._known: list[str] = []
        self._known_statements: dict[str, list[str]] = defaultdict(list)
        self._undescribed: list[str] = []
        self._ended: dict[str, list[str]] = defaultdict(list)
        self._count = 0

    def put(self, form: Node | Relationship | None, *, new: bool) -> bool:
        """Whether a transaction was begun: `form` is to be there just so; of a new one nothing is there yet."""
        match form:
            case Node():
                self._nodes[form.label].append(form)
                if not new:
                    self._known.append(form.iri)
            case Relationship():
                self._relationships[form.type].append(form)
                if not new:
                    self._known_statements[form.type].append(form.iri)
            case None:
                return False
        return self._counted()

    def remove(self, form: Node | Relationship) -> bool:
        """Whether a transaction was begun: `form` is to be gone; what other records say of it stays."""
        if isinstance(form, Node):
            self._undescribed.append(form.iri)
        else:
            self._ended[form.type].append(form.iri)
        return self._counted()

    def _counted(self) -> bool:
        self._count += 1
        if self._count < self._size:
            return False
        self._send()
        return True

    def finish(self) -> None:
        """Nothing; all that was gathered is in Neo4j. Raises UnavailableError."""
        self._send()
        self._await()

    def _send(self) -> None:
        """Nothing; what was gathered before is in Neo4j, and the rest on its way, in one transaction."""
        statements = list(self._statements())
        self._await()
        if statements:
            self._sending = self._sender.submit(self._store.write_together, statements)
        self._empty()

    def _await(self) -> None:
        if self._sending is not None:
            self._sending.result()
            self._sending = None

    def _statements(self) -> Iterator[Statement]:
        if self._undescribed:
            yield cypher.CLEAR_STRUCTURE, {"iris": self._undescribed}
            yield cypher.UNDESCRIBE_NODES, {"iris": self._undescribed}
        for kind, iris in sorted(self._ended.items()):
            yield cypher.DELETE_STATEMENTS[kind], {"iris": iris}
        nodes = [node for group in self._nodes.values() for node in group]
        if self._known:
            yield cypher.CLEAR_STRUCTURE, {"iris": self._known}
        for label, group in sorted(self._nodes.items()):
            yield (
                cypher.UPSERT_NODES[label],
                {"rows": [{"iri": node.iri, "properties": node.properties} for node in group]},
            )
        for kind, ends in sorted(_structure(nodes).items()):
            yield cypher.CREATE_STRUCTURE[kind], {"rows": [{"start": start, "end": end} for start, end in ends]}
        for kind, relationships in sorted(self._relationships.items()):
            if self._known_statements[kind]:
                yield cypher.DELETE_STATEMENTS[kind], {"iris": self._known_statements[kind]}
            rows = [{"start": each.start, "end": each.end, "properties": each.properties} for each in relationships]
            yield cypher.CREATE_STATEMENTS[kind], {"rows": rows}


def _structure(nodes: Iterable[Node]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for node in nodes:
        for kind, end in node.relationships:
            found[kind].append((node.iri, end))
    return found


def _move_pointer(store: Store, archive: Archive, target: Manifest) -> None:
    """The small transaction after which `target` is the release."""
    releases = [archive.manifest(number) for number in archive.numbers() if number < target.number]
    rows = [_release_row(release, current=release.number == target.number) for release in (*releases, target)]
    datasets = [
        {
            name: value
            for name in ("iri", "name", "format", "license", "attribution", "checksum", "visibility")
            if (value := getattr(dataset, name)) is not None
        }
        for dataset in target.datasets
    ]
    store.write_together(
        [
            (cypher.REPLACE_DATASETS, {"rows": datasets}),
            (cypher.UPSERT_DATASETS, {"rows": datasets}),
            (cypher.REMOVE_OTHER_RELEASES, {"rows": rows}),
            (cypher.MOVE_POINTER, {"rows": rows}),
        ]
    )


def _release_row(release: Manifest, *, current: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "iri": release.iri,
        "number": release.number,
        "name": f"Release {release.number}",
        "published_at": release.published_at,
        "checksum": release.checksum,
        "datasets": [dataset.name for dataset in release.datasets],
        "dataset_checksums": [dataset.checksum for dataset in release.datasets],
    }
    if release.note is not None:
        row["note"] = release.note
    if current:
        row["current"] = True
    return row


def _repeat(store: Store, statement: str) -> None:
    while True:
        (row,) = store.write(statement, {"limit": BATCH_DELETIONS})
        if not row["deleted"]:
            return


def _only(row: Row, column: str) -> str | None:
    values = row[column]
    assert isinstance(values, Sequence)
    return str(values[0]) if len(values) == 1 else "several" if values else None
