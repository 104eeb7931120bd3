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
from ontology.learner_files import LearnerFile, LearnerFormat, Slice, find_learners, read_slice
from ontology.model import Finding, FindingLevel, Source

from .archive import write_durably, writing
from .arrayfile import DIGEST_BYTES
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PartReport:
    """What became of the rows of a part."""

    number: int
    read: int
    scored: int
    refused: int
    matches: int
    """Rows of the matches."""
    checksums: tuple[str, str]
    """sha256 of the files of matches and learners."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of all parts."""

    parts: int
    read: int
    scored: int
    refused: int
    matches: int


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
) -> Run:
    """The run of a file or folder of learners into a folder. Reads every text once. Raises InputError."""
    files, slices = find_learners(source, rows)
    return Run(
        folder=str(folder.absolute()),
        snapshot=_index_checksum(snapshot),
        release=release,
        files=tuple(files),
        slices=tuple(slices),
        policy=policy,
        first=first,
        roles=tuple(sorted(set(roles))),
        skip_unknown=skip_unknown,
    )


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
        for name in ("parts", "matches", "learners"):
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
        for name in ("parts", "matches", "learners"):
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
    return {
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


def part_paths(run: Run, number: int) -> tuple[Path, Path, Path]:
    """(matches, learners, report) of a part."""
    folder, name = Path(run.folder), f"{number:05}"
    return (
        folder / "matches" / f"part-{name}.parquet",
        folder / "learners" / f"part-{name}.parquet",
        folder / "parts" / f"{name}.json",
    )


def write_part(run: Run, report: PartReport) -> None:
    """Nothing; the part is there from now on, for its files are."""
    content = {**asdict(report), "findings": [finding_json(each) for each in report.findings]}
    write_durably(part_paths(run, report.number)[2], _json(content))


def _read_part(run: Run, number: int) -> PartReport | None:
    """The report of a part whose files are as it says; None where they are to be made."""
    matches, learners, path = part_paths(run, number)
    try:
        content = orjson.loads(path.read_bytes())
        checksums = tuple(content["checksums"])
        if checksums != (file_checksum(matches), file_checksum(learners)):
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
    found = [finding_json(each) for each in (*unread_columns(run), *(own for part in ordered for own in part.findings))]
    write_durably(folder / "findings.jsonl", b"".join(orjson.dumps(each) + b"\n" for each in found))
    totals = Totals(
        parts=len(ordered),
        read=sum(report.read for report in ordered),
        scored=sum(report.scored for report in ordered),
        refused=sum(report.refused for report in ordered),
        matches=sum(report.matches for report in ordered),
    )
    write_durably(folder / "summary.json", _json({**_described(run), "totals": asdict(totals)}))
    (folder / "release.snapshot").unlink(missing_ok=True)
    return totals


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
    "finish_run",
    "open_run",
    "part_paths",
    "plan_run",
    "read_slice",
    "write_part",
]
