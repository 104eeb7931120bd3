"""Scores of a whole file of learners: a run, cut into parts that any process can score by itself, and its folder.

A part is scored as a pure function of the run and its number, and appears whole or not at all; a run that was killed
goes on with the parts that are not there. Knows files and the order of work; who does it is batch_workers'. Called by
the command line.

The folder of a run:
    run.json                     what is scored: files, release, policy. The same run, the same bytes.
    release.snapshot             the index that it answers from, while it is going on
    parts/00000.json             what became of a part's rows; written last: its files are whole where it is
    matches/part-00000.parquet   the rows of its learners' best roles
    learners/part-00000.parquet  its learners, with how many roles match
    documents/part-00000.parquet of credentials: the verdict of each
    findings.jsonl, summary.json written at the end
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, cast

import orjson

from ontology.errors import DamagedError, InputError
from ontology.learner_files import Gathering, LearnerFile, LearnerFormat, Slice, find_learners, read_slice
from ontology.model import Finding, FindingLevel, Source

from .archive import write_durably, writing
from .arrayfile import DIGEST_BYTES
from .batch_documents import DocumentTerms
from .policy import Policy

VERSION: Final = 1
"""Of the folder's layout and of what is in the files."""
ROWS_AT_ONCE: Final = 10_000
"""Learners of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is scored, and how. Two equal runs give the same files."""

    folder: str
    snapshot: str
    """Checksum of the index."""
    release: int
    files: tuple[LearnerFile, ...]
    slices: tuple[Slice, ...]
    policy: Policy
    first: int
    """Roles told of each learner."""
    roles: tuple[str, ...] = ()
    """IRIs of the only roles looked at; empty: all."""
    skip_unknown: bool = False
    documents: DocumentTerms | None = None
    """How credentials are verified, where there are any."""
    findings: tuple[Finding, ...] = ()
    """Of files that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """What became of the rows of a part."""

    number: int
    read: int
    scored: int
    refused: int
    matches: int
    """Rows of the matches."""
    checksums: tuple[str, ...]
    """sha256 of the files of matches and learners, of credentials also of documents."""
    findings: tuple[Finding, ...]
    documents: int = 0
    """Credentials that were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of all parts."""

    parts: int
    read: int
    scored: int
    refused: int
    matches: int
    documents: int


def plan_run(
    source: Path,
    folder: Path,
    snapshot: Path,
    *,
    release: int,
    policy: Policy,
    first: int,
    roles: Sequence[str] = (),
    skip_unknown: bool = False,
    rows: int = ROWS_AT_ONCE,
    gathering: Gathering | None = None,
    documents: DocumentTerms | None = None,
) -> Run:
    """The run of a file or folder of learners into a folder. Reads every text once.

    Args:
        gathering: where archives and credentials are written; None: there are to be none.
        documents: how credentials are verified; of a run that goes on as of the instant when it began.

    Raises InputError.
    """
    found = find_learners(source, rows, gathering)
    has_documents = any(each.format is LearnerFormat.DOCUMENTS for each in found.files)
    return Run(
        folder=str(folder.absolute()),
        snapshot=_index_checksum(snapshot),
        release=release,
        files=tuple(found.files),
        slices=tuple(found.slices),
        documents=documents if has_documents else None,
        findings=tuple(found.findings),
        policy=policy,
        first=first,
        roles=tuple(sorted(set(roles))),
        skip_unknown=skip_unknown,
    )


def instant_of(folder: Path) -> str | None:
    """The instant as of which the run in a folder verifies credentials; None where it does not."""
    try:
        content = orjson.loads((folder / "run.json").read_bytes())
        instant = content["documents"]["instant"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return instant if isinstance(instant, str) else None


def _index_checksum(path: Path) -> str:
    """The checksum that an index ends in."""
    with path.open("rb") as file:
        file.seek(-DIGEST_BYTES, os.SEEK_END)
        return file.read().hex()


def open_run(run: Run, snapshot: Path, *, restart: bool = False) -> dict[int, PartReport]:
    """The parts that are there already; the folder is ready for the others.

    Args:
        run: what is to be scored.
        snapshot: the index; it is kept in the folder until the end, whatever is published meanwhile.
        restart: what is there of a run is removed first.

    Raises:
        InputError: `run.other`: the folder holds another run, or `run.folder`: something else.
        UnavailableError: the folder cannot be written.
    """
    folder = Path(run.folder)
    described = _described(run)
    if folder.exists() and not folder.is_dir():
        raise _not_a_folder(folder)
    there = folder / "run.json"
    if restart and there.exists():
        _clear(folder)
    if there.exists():
        _compare(orjson.loads(there.read_bytes()), described, folder)
    elif folder.exists() and any(folder.iterdir()):
        raise _not_a_folder(folder)
    with writing(folder):
        for name in ("parts", "matches", "learners", *(("documents",) if run.documents else ())):
            (folder / name).mkdir(parents=True, exist_ok=True)
        _keep_index(snapshot, folder / "release.snapshot", run.snapshot)
    write_durably(there, _json(described))
    return {number: report for number in range(len(run.slices)) if (report := _read_part(run, number)) is not None}


def _not_a_folder(folder: Path) -> InputError:
    return InputError(
        f"{folder} holds something else than a run.",
        code="run.folder",
        hint="Name a new or empty folder for the results.",
        subject=str(folder),
    )


def _clear(folder: Path) -> None:
    """Nothing; the folder has nothing of a run. The description goes first: what is left is never taken for a run."""
    with writing(folder):
        (folder / "run.json").unlink()
        for name in ("parts", "matches", "learners", "documents"):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in ("release.snapshot", "findings.jsonl", "summary.json"):
            (folder / name).unlink(missing_ok=True)


def _compare(there: object, wanted: dict[str, object], folder: Path) -> None:
    """Nothing, where the folder's run is the wanted one."""
    known = cast("dict[str, object]", there) if isinstance(there, dict) else {}
    wanted = orjson.loads(orjson.dumps(wanted))
    differing = sorted(name for name in {*known, *wanted} if known.get(name) != wanted.get(name))
    if differing:
        raise InputError(
            f"{folder} holds another run; what differs: {', '.join(differing)}.",
            code="run.other",
            hint="Name another folder, or give --restart to remove what is there.",
            subject=str(folder),
        )


def _described(run: Run) -> dict[str, object]:
    """What makes a run the one it is. Where the files lie does not."""
    files = [{**asdict(file), "format": file.format.value} for file in run.files]
    for file in files:
        del file["path"]
    cut = hashlib.sha256(orjson.dumps([asdict(each) for each in run.slices])).hexdigest()
    documents = {} if run.documents is None else {"documents": run.documents.described()}
    return {
        **documents,
        "version": VERSION,
        "release": run.release,
        "index": run.snapshot,
        "files": files,
        "parts": {"count": len(run.slices), "checksum": cut},
        "policy": asdict(run.policy),
        "first": run.first,
        "roles": list(run.roles),
        "skipUnknown": run.skip_unknown,
    }


def _json(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def _keep_index(source: Path, target: Path, checksum: str) -> None:
    """The index under the run's own name: a link where the disk allows it, otherwise a copy."""
    if target.exists() and _index_checksum(target) == checksum:
        return
    beside = target.with_name(f".{target.name}.tmp")
    beside.unlink(missing_ok=True)
    try:
        os.link(source, beside)
    except OSError:
        shutil.copyfile(source, beside)
    beside.replace(target)


def report_path(run: Run, number: int) -> Path:
    """The report of a part."""
    return Path(run.folder) / "parts" / f"{number:05}.json"


def part_paths(run: Run, number: int) -> tuple[Path, ...]:
    """Where a part's matches are, its learners, and of credentials its documents."""
    of_documents = run.files[run.slices[number].file].format is LearnerFormat.DOCUMENTS
    names = ("matches", "learners", *(("documents",) if of_documents else ()))
    return tuple(Path(run.folder) / name / f"part-{number:05}.parquet" for name in names)


def write_part(run: Run, report: PartReport) -> None:
    """Nothing; the part is there from now on, for its files are."""
    content = {**asdict(report), "findings": [finding_json(each) for each in report.findings]}
    write_durably(report_path(run, report.number), _json(content))


def _read_part(run: Run, number: int) -> PartReport | None:
    """The report of a part whose files are as it says; None where they are to be made."""
    try:
        content = orjson.loads(report_path(run, number).read_bytes())
        checksums = tuple(content["checksums"])
        if checksums != tuple(file_checksum(path) for path in part_paths(run, number)):
            return None
        findings = tuple(_finding(each) for each in content["findings"])
        return PartReport(**{**content, "checksums": checksums, "findings": findings})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def file_checksum(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def finding_json(finding: Finding) -> dict[str, object]:
    """A finding as the contract words it, without what a row of a table does not have."""
    source = finding.source
    place = None if source is None else {"file": source.file, "line": source.line, "column": source.column}
    return {
        "level": finding.level.value,
        "code": finding.code,
        "message": finding.message,
        "subject": finding.subject,
        "source": place,
        "fix": finding.fix,
    }


def _finding(content: dict[str, object]) -> Finding:
    place = cast("dict[str, object] | None", content["source"])
    source = None if place is None else Source(**place)  # type: ignore[arg-type]  # as `finding_json` wrote it
    return Finding(**{**content, "level": FindingLevel(str(content["level"])), "source": source})  # type: ignore[arg-type]


def finish_run(run: Run, reports: Iterable[PartReport]) -> Totals:
    """The sums; all findings are in one file, and the index is given back. The parts are to be all of the run's."""
    folder = Path(run.folder)
    ordered = sorted(reports, key=lambda report: report.number)
    assert [report.number for report in ordered] == list(range(len(run.slices)))
    found = [finding_json(each) for each in findings_of(run, ordered)]
    write_durably(folder / "findings.jsonl", b"".join(orjson.dumps(each) + b"\n" for each in found))
    totals = Totals(
        parts=len(ordered),
        read=sum(report.read for report in ordered),
        scored=sum(report.scored for report in ordered),
        refused=sum(report.refused for report in ordered),
        matches=sum(report.matches for report in ordered),
        documents=sum(report.documents for report in ordered),
    )
    write_durably(folder / "summary.json", _json({**_described(run), "totals": asdict(totals)}))
    (folder / "release.snapshot").unlink(missing_ok=True)
    return totals


def findings_of(run: Run, reports: Iterable[PartReport]) -> list[Finding]:
    """All that is told: of files, of columns, then of rows."""
    ordered = sorted(reports, key=lambda report: report.number)
    return [*run.findings, *unread_columns(run), *(each for report in ordered for each in report.findings)]


def unread_columns(run: Run) -> Iterator[Finding]:
    """A remark for each column of a file that means nothing here."""
    for file in run.files:
        for column in file.unread:
            yield Finding(
                level=FindingLevel.SHOULD,
                code="batch.unread-column",
                message=f"The column `{column}` is not known here and was not read.",
                source=Source(file=file.name, line=1 if file.format is LearnerFormat.CSV else None, column=column),
                fix="Columns: learner, credentials, courses, competencies, experience_days.",
            )


def check_unchanged(file: LearnerFile) -> None:
    """Nothing, where the file has the size that it had. Raises DamagedError."""
    if Path(file.path).stat().st_size != file.size:
        raise DamagedError(
            f"{file.path} has changed since the run began.",
            code="run.changed",
            hint="Start again with --restart.",
            subject=file.name,
        )


__all__ = [
    "PartReport",
    "Run",
    "Slice",
    "Totals",
    "check_unchanged",
    "findings_of",
    "finish_run",
    "instant_of",
    "open_run",
    "part_paths",
    "plan_run",
    "read_slice",
    "write_part",
]
