"""A small world in two versions for the tests of releases, and what must be true of a data folder and a graph after any of them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from graph.loading import LoadReport, load
from graph.publication import is_held, read_holdings
from graph.releases import Releases
from graph.store import Store
from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    Located,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Source,
    Teaching,
    Text,
    Unmapped,
)
from ontology.readers import Reading

W = "http://world.example/"
DUMP_NODES = "MATCH (n) WHERE NOT n:Release RETURN labels(n) AS labels, properties(n) AS properties"
DUMP_RELATIONSHIPS = (
    "MATCH (a)-[r]->(b) RETURN a.iri AS start, type(r) AS type, b.iri AS end, properties(r) AS properties"
)


def noon() -> datetime:
    """One and the same time for every release."""
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


def world(version: int, size: int = 12) -> list[Record]:
    """Every kind of record; the versions differ in all ways: new, gone, changed, emptied, of another type, now described."""
    second = version == 2
    mark = f"v{version}"
    records: list[Record] = [
        Framework(iri=W + "framework", labels=(Text(f"Framework {mark}", "en"),), license="CC-BY", attribution="World"),
        Scale(iri=W + "scale", minimum=0, maximum=5 if second else 4),
        JobRole(iri=W + "role", labels=(Text(f"Role {mark}", "en"),), codes=(Code("opm", "511"),)),
        RoleLevel(iri=W + "level", role=W + "role", name=mark, rank=version),
        RequirementGroup(iri=W + "group", owner=W + "role", role_level=W + "level", minimum=version),
        Course(
            iri=W + "course", labels=(Text("Course", "en"),), provider=mark, cost=None if second else Money(5, "EUR")
        ),
        Credential(iri=W + "credential", labels=(Text("Security+", "en"),), kind=None if second else "badge"),
        Teaching(iri=W + "teaching", subject=W + "course", competency=W + "c1", level=Level(W + "scale", version)),
        Teaching(iri=W + "teaching2", subject=W + "credential", competency=W + f"c{version}"),
        Awarding(iri=W + "awarding", course=W + "course", credential=W + "credential"),
        Alignment(
            iri=W + "alignment", subject=W + "c1", object=W + f"outside{version}", relation=Relation.EXACT, comment=mark
        ),
        Requirement(iri=W + "r-credential", owner=W + "role", group=W + "group", target=W + "credential"),
        Unmapped(iri=W + "unmapped", statements=((W + "says", f'"{mark}"'),)),
    ]
    if second:
        records.append(Competency(iri=W + "outside1", labels=(Text("Now described", "en"),), framework=W + "framework"))
        records.append(Course(iri=W + "changing", labels=(Text("Was a competency", "en"),)))
    else:
        records.append(Competency(iri=W + "changing", labels=(Text("Becomes a course", "en"),), broader=(W + "c1",)))
        records.append(Competency(iri=W + "going", labels=(Text("Goes", "en"),), replaced_by=W + "c0"))
    for number in range(size):
        labels = [Text(f"Skill {number} {mark}", "en")]
        if number % 3 == version:
            labels.append(Text(f"Fähigkeit {number}", "de"))
        records.append(
            Competency(
                iri=f"{W}c{number}",
                labels=tuple(sorted(labels, key=lambda text: text.language)),
                framework=None if second and number % 5 == 0 else W + "framework",
                broader=(f"{W}c{number // 2}",) if number > 1 and not (second and number % 7 == 0) else (),
            )
        )
        records.append(
            Requirement(
                iri=f"{W}r{number}",
                owner=W + "role",
                group=W + "group" if number % 2 else None,
                target=f"{W}c{number}",
                importance=Importance.SHOULD,
                importance_value=version / 4,
                level=Level(W + "scale", version) if number % 4 == 0 else None,
            )
        )
    return records


def reading(records: list[Record]) -> Reading:
    """The records as a reader gives them."""
    items: Iterator[Located] = (
        Located(record=record, source=Source(file="world.csv", line=line)) for line, record in enumerate(records, 2)
    )
    return Reading(name="world", format="tables", items=items)


def load_world(releases: Releases, store: Store, version: int, size: int = 12) -> LoadReport:
    """A version of the world loaded into the dataset `world`."""
    return load(releases, reading(world(version, size)), store=store, dataset="world", allow_removals=True)


def dump(store: Store) -> str:
    """Everything in the graph but the releases, as text."""
    rows = [*store.read(DUMP_NODES), *store.read(DUMP_RELATIONSHIPS)]
    return "\n".join(sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows))


def is_settled(releases: Releases, store: Store) -> bool:
    """Whether `recover` would find nothing to do."""
    manifest = releases.current()
    if releases.is_publishing() or manifest is None:
        return not releases.is_publishing()
    return is_held(read_holdings(store), manifest)


def check_settled(releases: Releases, store: Store) -> None:
    """The pointer of Neo4j, the current release and the files of the data folder tell the same and nothing else is there."""
    current = releases.current()
    assert current is not None
    assert is_settled(releases, store)
    rows = store.read("MATCH (r:Release) RETURN r.number AS number, r.current AS current, r.publishing AS publishing")
    told = sorted((row["number"], row["current"], row["publishing"]) for row in rows if row["current"])
    assert told == [(current.number, True, None)]
    assert sorted(int(str(row["number"])) for row in rows) == list(range(1, current.number + 1))
    assert files_in(releases.home) == expected_files(releases)


def files_in(home: Path) -> set[str]:
    """Files of a data folder, without the managed server's."""
    found = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    return {name for name in found if not name.startswith("neo4j/")}


def expected_files(releases: Releases) -> set[str]:
    """The files that belong to the releases there are, and no more."""
    found = {"current.json", "writer.lock"}
    numbers = releases.archive.numbers()
    for number in numbers:
        found.add(f"archive/releases/{number}.json")
        for dataset in releases.archive.manifest(number).datasets:
            found.add(f"archive/datasets/{dataset.name}/{dataset.checksum}.nq.gz")
            if dataset.sources is not None:
                found.add(f"archive/datasets/{dataset.name}/{dataset.sources}.sources")
    found.update(f"snapshots/{number}.snapshot" for number in numbers[-5:])
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
