"""Learners in files of each format, a release without Neo4j, and runs; for the tests of batches. All of it is invented."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from graph.archive import Archive, Manifest, dataset_iri, write_durably
from graph.batch import PartReport, Run, Totals, finish_run, open_run, plan_run
from graph.batch_workers import score_parts
from graph.layout import DatasetInfo
from graph.matching import Held, Policy
from graph.snapshot import Snapshot
from ontology.model import Record

Row = dict[str, Any]


def row_of(snapshot: Snapshot, name: str, held: Held) -> Row:
    """A learner as a row of a file: IRIs, and levels where the scale is known."""
    claims: list[Row] = []
    for claim in held.competencies:
        own: Row = {"id": snapshot.iris[claim.row], "level": None, "scale": None}
        if claim.value is not None and claim.scale >= 0:
            own |= {"level": claim.value, "scale": snapshot.scale_iris[claim.scale]}
        claims.append(own)
    return {
        "learner": name,
        "credentials": [snapshot.iris[row] for row in held.credentials],
        "courses": [snapshot.iris[row] for row in held.courses],
        "competencies": claims,
        "experience_days": held.experience_days,
    }


def write_rows(path: Path, rows: Sequence[Row]) -> Path:
    """The file, in the format of its suffix."""
    if path.suffix == ".parquet":
        text = pa.string()
        claim = pa.struct([("id", text), ("level", pa.float64()), ("scale", text)])
        lists = [("credentials", pa.list_(text)), ("courses", pa.list_(text)), ("competencies", pa.list_(claim))]
        schema = pa.schema([("learner", text), *lists, ("experience_days", pa.float64())])
        pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), path, row_group_size=25)
    elif path.suffix == ".jsonl":
        path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    else:
        written = io.StringIO()
        table = csv.writer(written)
        table.writerow(rows[0])
        for row in rows:
            table.writerow([_cell(value) for value in row.values()])
        path.write_text(written.getvalue(), "utf-8", newline="")
    return path


def _cell(value: object) -> object:
    if not isinstance(value, list):
        return value
    items = [each if isinstance(each, str) else _claim(each) for each in value]
    return "|".join(items)


def _claim(claim: Row) -> str:
    return str(claim["id"]) if claim["level"] is None else f"{claim['id']}={claim['level']}@{claim['scale']}"


def write_release(home: Path, records: Sequence[Record], number: int = 1) -> None:
    """A release in the archive and current, without Neo4j: what commands that need no server answer from."""
    archive = Archive(home / "archive")
    checksum = archive.write("made", records)
    info = DatasetInfo(
        iri=dataset_iri("made"), name="made", format="tables", license=None, attribution=None, checksum=checksum
    )
    archive.write_manifest(Manifest(number=number, published_at="2026-01-01T00:00:00Z", note=None, datasets=(info,)))
    write_durably(home / "current.json", json.dumps({"release": number}).encode())


def planned(source: Path, folder: Path, index: Path, **how: Any) -> Run:
    """A run with the usual settings but those given."""
    settings: dict[str, Any] = {"release": 1, "policy": Policy(), "first": 5, "rows": 20, **how}
    return plan_run(source, folder, index, **settings)


def carry_out(
    run: Run, index: Path, *, workers: int = 1, restart: bool = False, scheduler: str | None = None
) -> tuple[Totals, list[PartReport]]:
    """The totals, and the parts that were scored now."""
    reports = open_run(run, index, restart=restart)
    missing = [number for number in range(len(run.slices)) if number not in reports]
    done = list(score_parts(run, missing, workers=workers, scheduler=scheduler))
    return finish_run(run, [*reports.values(), *done]), done


def files_of(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def matches_of(folder: Path) -> list[tuple[Any, ...]]:
    """Rows of the matches: learner, rank, role, score, qualified, met, partial, missing."""
    names = ("learner", "rank", "role", "score", "qualified", "met", "partial", "missing")
    tables = [pq.read_table(path) for path in sorted((folder / "matches").iterdir())]
    return [tuple(row[name] for name in names) for table in tables for row in table.to_pylist()]
