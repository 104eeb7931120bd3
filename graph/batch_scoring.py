"""One part of a batch run: its rows read, resolved, ranked and written. What a worker does, in whatever process.

What a process has opened stays with it: the index of the run, references that were looked up. Called by batch_workers.
"""

import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ontology.errors import DamagedError
from ontology.learner_files import LearnerFormat, read_slice

from .archive import sync_folder, writing
from .batch import PartReport, Run, check_unchanged, file_checksum, part_paths, write_part
from .batch_documents import DocumentBook, DocumentTerms, ToldDocument, document_table
from .batch_references import ReferenceBook, ResolvedRows
from .layout import Ints, ResourceType
from .many_matches import ManyMatches, Ranked
from .policy import Policy
from .snapshot import Snapshot

_SCORING = threading.Lock()
"""What a process keeps is not safe from threads, and a worker has one."""

MATCH_COLUMNS: Final = pa.schema(
    [
        ("learner", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("rank", pa.int32()),
        ("role", pa.string()),
        ("score", pa.float64()),
        ("qualified", pa.bool_()),
        ("musts_met", pa.int32()),
        ("met", pa.int32()),
        ("partial", pa.int32()),
        ("missing", pa.int32()),
    ]
)
"""A row for each of a learner's best roles, best first. `qualified` is null where the role states nothing that must
hold; the last three count its top requirements, as `metCount`, `partialCount` and `missingCount` of the API."""
LEARNER_COLUMNS: Final = pa.schema(
    [("learner", pa.string()), ("file", pa.string()), ("line", pa.int64()), ("matches", pa.int32())]
)
"""A row for each learner who was scored, with how many roles match: none gives no row among the matches."""


@dataclass(frozen=True, slots=True)
class _Scorer:
    snapshot: Snapshot
    matches: ManyMatches
    references: ReferenceBook
    documents: DocumentBook | None


@lru_cache(maxsize=2)
def _scorer(
    path: str,
    checksum: str,
    policy: Policy,
    roles: tuple[str, ...],
    skip_unknown: bool,
    terms: DocumentTerms | None,
) -> _Scorer:
    """What is kept of a run. Raises DamagedError where the index is not the run's."""
    with Path(path).open("rb") as file:
        file.seek(-len(checksum) // 2, os.SEEK_END)
        found = file.read().hex()
    if found != checksum:
        raise DamagedError(
            f"{path} is not the index that the run began with.",
            code="run.changed",
            hint="Start again with --restart.",
        )
    snapshot = Snapshot.open(Path(path))
    rows: Ints | None = None
    if roles:
        rows = np.array([snapshot.resolve(role, [ResourceType.JOB_ROLE]) for role in roles], np.int32)
    return _Scorer(
        snapshot,
        ManyMatches(snapshot, policy, roles=rows),
        ReferenceBook(snapshot, skip_unknown=skip_unknown),
        None if terms is None else DocumentBook(snapshot, terms, count_unproven=policy.count_unproven),
    )


def score_part(run: Run, number: int) -> PartReport:
    """The part is scored and there: a pure function of the run and the number.

    Raises:
        DamagedError: a file or the index has changed since the run began.
        UnavailableError: the folder cannot be written.
    """
    part = run.slices[number]
    file = run.files[part.file]
    check_unchanged(file)
    with _SCORING:
        index = str(Path(run.folder) / "release.snapshot")
        scorer = _scorer(index, run.snapshot, run.policy, run.roles, run.skip_unknown, run.documents)
        told: list[ToldDocument] = []
        if file.format is LearnerFormat.DOCUMENTS:
            assert scorer.documents is not None, "a run with credentials says how they are verified"
            rows, told = scorer.documents.resolved(Path(file.path), part)
        else:
            rows = scorer.references.resolved(read_slice(file, part))
        ranked = scorer.matches.best(rows.learners, run.first)
        matches = _matches(scorer.snapshot, rows, ranked)
    learners = pa.table(
        {
            "learner": pa.array(rows.names, pa.string()),
            "file": pa.array(rows.files, pa.string()),
            "line": rows.lines,
            "matches": ranked.totals.astype(np.int32),
        },
        schema=LEARNER_COLUMNS,
    )
    paths = part_paths(run, number)
    tables = [matches, learners, *([document_table(told)] if len(paths) > 2 else [])]
    report = PartReport(
        number=number,
        read=rows.read,
        scored=len(rows.names),
        refused=rows.refused,
        matches=len(matches),
        checksums=tuple(_write(table, path) for table, path in zip(tables, paths, strict=True)),
        findings=tuple(rows.findings),
        documents=len(told),
    )
    write_part(run, report)
    return report


def _matches(snapshot: Snapshot, rows: ResolvedRows, ranked: Ranked) -> pa.Table:
    """The rows of `MATCH_COLUMNS`."""
    roles, places = np.unique(ranked.roles, return_inverse=True)
    iris = pa.array([snapshot.iris[row] for row in roles.tolist()], pa.string())
    return pa.table(
        {
            "learner": pa.array(rows.names, pa.string()).take(pa.array(ranked.learners)),
            "file": pa.array(rows.files, pa.string()).take(pa.array(ranked.learners)),
            "line": rows.lines[ranked.learners],
            "rank": ranked.ranks.astype(np.int32),
            "role": iris.take(pa.array(places)),
            "score": ranked.scores,
            "qualified": pa.array(ranked.qualified == 1, mask=ranked.qualified < 0),
            "musts_met": ranked.musts_met.astype(np.int32),
            "met": ranked.met.astype(np.int32),
            "partial": ranked.partial.astype(np.int32),
            "missing": ranked.missing.astype(np.int32),
        },
        schema=MATCH_COLUMNS,
    )


def _write(table: pa.Table, path: Path) -> str:
    """The sha256 of the file, which is there whole or not at all."""
    beside = path.with_name(f".{path.name}.tmp")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, beside, compression="zstd")
        with beside.open("rb") as written:
            os.fsync(written.fileno())
        checksum = file_checksum(beside)
        beside.replace(path)
        sync_folder(path.parent)
    return checksum
