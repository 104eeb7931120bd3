"""A data folder of the benchmark's own: a managed Neo4j, the example loaded in it, and how long loads take.

Never the caller's Neo4j: the graph is emptied between loads. Rival of the load is a plain script's `UNWIND … MERGE` of
the same nodes and relationships, which checks nothing and archives nothing.
"""

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from graph import cypher
from graph.archive import Manifest, dataset_iri, write_durably
from graph.known import KnownDatasets
from graph.layout import DatasetInfo
from graph.nodes import Node, Properties, Relationship, graph_form
from graph.progress import Progress
from graph.publication import create_schema
from graph.releases import Releases
from graph.server import Connection, connect_server, stop_server
from graph.store import Store
from ontology.model import Located, Record
from ontology.readers import read_source
from ontology.validation import validate
from service.stewarding import LoadOptions, load_one

from .report import Table
from .timing import best, timed

BATCH_ROWS = 10_000
"""Rows a transaction of the plain script: the usual advice."""
_MERGE_NODES = "UNWIND $rows AS row MERGE (n:Resource {iri: row.iri}) SET n += row.properties, n:%s"
_MERGE_LINKS = """
UNWIND $rows AS row
MERGE (a:Resource {iri: row.start}) MERGE (b:Resource {iri: row.end})
MERGE (a)-[:%s]->(b)
"""
_MERGE_STATEMENTS = """
UNWIND $rows AS row
MERGE (a:Resource {iri: row.start}) MERGE (b:Resource {iri: row.end})
MERGE (a)-[r:%s {iri: row.properties.iri}]->(b) SET r += row.properties
"""
_COUNT = "MATCH (n:Resource) RETURN count(n) AS nodes, sum(COUNT { (n)-->() }) AS relationships"


def without_neo4j() -> dict[str, str]:
    """The environment without the caller's own Neo4j, so that the managed one is used."""
    return {name: value for name, value in os.environ.items() if not name.startswith("NEO4J_")}


@contextmanager
def managed_store(folder: Path, progress: Progress) -> Iterator[tuple[Connection, Store]]:
    """A managed Neo4j in a folder, stopped at the end."""
    try:
        with (
            connect_server(folder, environment=without_neo4j(), progress=progress) as lease,
            Store(lease.connection) as store,
        ):
            yield lease.connection, store
    finally:
        stop_server(folder)


@dataclass(slots=True, kw_only=True)
class LoadTimes:
    """Seconds of each load, and how much was loaded."""

    records: int = 0
    rows: int = 0
    """Nodes and relationships."""
    own: list[float] = field(default_factory=list)
    own_writing: list[float] = field(default_factory=list)
    """Of it, what brings Neo4j to the release."""
    plain: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    """What reading the files takes, which a plain script has to do as well."""


def measure_load(folder: Path, home: Path, store: Store, source: Path, name: str, rounds: int) -> LoadTimes:
    """Times of loads A B A B; the last of ours is what `home` holds afterwards. One of ours before is not counted.

    Raises RuntimeError where the two do not write the same number of nodes and relationships.
    """
    times = LoadTimes()
    warm = folder / "warm"
    _own_load(warm, store, source, name)
    records = list(Releases(warm).records(name))
    times.records, counted = len(records), _counted(store)
    times.rows = sum(counted)
    for number in range(rounds):
        empty(store)
        with timed(times.reading):
            list(read_source(source).items)
        with timed(times.plain):
            plain_load(store, records, name)
        if (found := _counted(store)) != counted:
            raise RuntimeError(f"The plain script made {found} nodes and relationships, Headwater {counted}.")
        empty(store)
        begun = time.perf_counter()
        steps = _own_load(home if number == rounds - 1 else folder / f"home-{number}", store, source, name)
        times.own.append(time.perf_counter() - begun)
        times.own_writing.append(steps["current"] - steps["pending"])
    return times


def _own_load(home: Path, store: Store, source: Path, name: str) -> dict[str, float]:
    """When each step was done, by name."""
    steps: dict[str, float] = {}

    def note(step: str) -> None:
        steps[step] = time.perf_counter()

    home.mkdir(parents=True, exist_ok=True)
    load_into(Releases(home, checkpoint=note), store, source, name)
    return steps


def load_into(releases: Releases, store: Store, source: Path, name: str) -> None:
    """Nothing; the source is loaded. Raises RuntimeError where it has faults."""
    report = load_one(releases, store, source, LoadOptions(dataset=name))
    if report.blocked:
        raise RuntimeError(f"{source} has faults: {report.findings[0].message}")


def archive_into(home: Path, sources: Mapping[str, Path]) -> list[str]:
    """Names of the sources that were left out for their faults; the others are the release of a data folder.

    Read, checked and archived as a load with --skip-broken does, without Neo4j. Each is read beside the ones before.
    """
    releases = Releases(home)
    infos: list[DatasetInfo] = []
    left_out = []
    for name, source in sources.items():
        known = KnownDatasets(releases.snapshot(), without=name)
        reading = read_source(source, surroundings=known, dataset=name)
        items = [item for item in reading.items if isinstance(item, Located)]
        records = validate(items, dataset=name, known=known, known_scales=known.scales(), skip_broken=True).records
        if not records:
            left_out.append(name)
            continue
        info = DatasetInfo(
            iri=dataset_iri(name),
            name=name,
            format=reading.format,
            license=None,
            attribution=None,
            checksum=releases.archive.write(name, records),
        )
        infos = sorted([*infos, info], key=lambda each: each.name)
        number = len(infos)
        releases.archive.write_manifest(
            Manifest(number=number, published_at="2026-01-01T00:00:00Z", note=None, datasets=tuple(infos))
        )
        write_durably(home / "current.json", orjson.dumps({"release": number}))
    return left_out


def neo4j_version(store: Store) -> str:
    """The server's version and edition."""
    (row,) = store.read("CALL dbms.components() YIELD versions, edition RETURN versions[0] + ' ' + edition AS version")
    return str(row["version"])


def empty(store: Store) -> None:
    """Nothing; neither nodes nor releases are left, the constraints and indexes are."""
    store.write(cypher.DISOWN)
    while store.write(cypher.CLEAR, {"limit": BATCH_ROWS})[0]["deleted"]:
        pass


def plain_load(store: Store, records: Sequence[Record], dataset: str) -> None:
    """Nothing; the same nodes and relationships are in Neo4j, merged one batch after the other."""
    create_schema(store)
    nodes: dict[str, list[dict[str, str | Properties]]] = defaultdict(list)
    links: dict[str, list[dict[str, str | Properties]]] = defaultdict(list)
    statements: dict[str, list[dict[str, str | Properties]]] = defaultdict(list)
    for record in records:
        match graph_form(record, dataset):
            case Node() as node:
                nodes[node.label].append({"iri": node.iri, "properties": node.properties})
                for kind, end in node.relationships:
                    links[kind].append({"start": node.iri, "end": end})
            case Relationship() as each:
                statements[each.type].append({"start": each.start, "end": each.end, "properties": each.properties})
            case None:
                pass
    for text, groups in ((_MERGE_NODES, nodes), (_MERGE_LINKS, links), (_MERGE_STATEMENTS, statements)):
        for name, rows in groups.items():
            for start in range(0, len(rows), BATCH_ROWS):
                store.write(text % name, {"rows": rows[start : start + BATCH_ROWS]})


def _counted(store: Store) -> tuple[int, int]:
    (row,) = store.read(_COUNT)
    nodes, relationships = row["nodes"], row["relationships"]
    assert isinstance(nodes, int)
    assert isinstance(relationships, int)
    return nodes, relationships


def load_table(times: LoadTimes) -> Table:
    """Rates of the loads."""
    table = Table(title="Load into an empty Neo4j", columns=("best s", "loads", "rows/s", "ratio"))
    own, writing, plain, reading = (best(each) for each in (times.own, times.own_writing, times.plain, times.reading))
    count = len(times.own)
    table.add("Headwater: read, check, archive, index, publish", own, count, round(times.rows / own), 1.0)
    table.add("plain script: read, UNWIND … MERGE", plain + reading, count, *_rate(times.rows, plain + reading, own))
    table.add("Headwater, to Neo4j only", writing, count, round(times.rows / writing), 1.0)
    table.add("plain script, to Neo4j only", plain, count, *_rate(times.rows, plain, writing))
    table.remarks.append(
        f"{times.records:,} records, {times.rows:,} rows (nodes and relationships). "
        "Ratio: Headwater's time over the plain script's."
    )
    return table


def _rate(rows: int, seconds: float, own: float) -> tuple[int, float]:
    return round(rows / seconds), own / seconds
