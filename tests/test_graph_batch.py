"""Batch runs: the scores of `match` for every learner of a file, whole after kills, told where a row is bad."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import psutil
import pyarrow.parquet as pq
import pytest
from batch_world import carry_out, files_of, matches_of, planned, row_of, write_rows
from distributed import LocalCluster
from many_worlds import learners_on, network
from matching_networks import FIVE, U, asks, built, role, skill

from graph import batch_workers
from graph.batch import finish_run, open_run
from graph.batch_scoring import score_part
from graph.batch_workers import score_parts
from graph.matching import Policy, match
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import DamagedError, InputError
from ontology.model import Finding, FindingLevel, Level, ScaleLevel, Text

ROOT = Path(__file__).resolve().parent.parent
LEARNERS = 70
FIRST = 5


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    return network(11)


@pytest.fixture
def index(tmp_path: Path, snapshot: Snapshot) -> Path:
    """The snapshot's file."""
    path = tmp_path / "1.snapshot"
    snapshot.save(path)
    return path


@pytest.fixture(scope="module")
def rows(snapshot: Snapshot) -> list[dict[str, Any]]:
    held = learners_on(snapshot, LEARNERS, 11)
    return [row_of(snapshot, f"learner {number}", each) for number, each in enumerate(held)]


@pytest.fixture(scope="module")
def expected(snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """What `match` says, learner by learner."""
    found = []
    for number, held in enumerate(learners_on(snapshot, LEARNERS, 11)):
        ranked = match(snapshot, held, Policy())
        for place in range(min(FIRST, len(ranked))):
            role = ranked.detail(place)
            counts = (len(role.met), len(role.partial), len(role.missing))
            found.append(
                (f"learner {number}", place + 1, snapshot.iris[role.role], role.score, role.qualified, *counts)
            )
    return found


def place_of(finding: Finding) -> tuple[str, int | None, str, FindingLevel]:
    assert finding.source is not None
    return finding.source.file, finding.source.line, finding.code, finding.level


# --- the same scores --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_a_file_is_scored_as_match_scores_each_learner(
    suffix: str, tmp_path: Path, index: Path, rows: list[dict[str, Any]], expected: list[tuple[Any, ...]]
) -> None:
    """Each format, levels and days included; learners whom no role fits are among the learners."""
    source = write_rows(tmp_path / f"learners.{suffix}", rows)
    totals, done = carry_out(planned(source, tmp_path / "out", index), index)
    assert (totals.read, totals.scored, totals.refused) == (LEARNERS, LEARNERS, 0)
    assert totals.parts == len(done) > 2
    assert matches_of(tmp_path / "out") == expected
    learners = [
        row for path in sorted((tmp_path / "out/learners").iterdir()) for row in pq.read_table(path).to_pylist()
    ]
    assert [row["learner"] for row in learners] == [row["learner"] for row in rows]
    nothing = {row["learner"] for row in learners if row["matches"] == 0}
    assert nothing == {row["learner"] for row in rows} - {row[0] for row in expected}
    assert [row["line"] for row in learners] == list(range(1 + (suffix == "csv"), LEARNERS + 1 + (suffix == "csv")))


def test_neither_parts_nor_workers_change_the_results(
    tmp_path: Path, index: Path, rows: list[dict[str, Any]], expected: list[tuple[Any, ...]]
) -> None:
    """One learner a part, all in one part, two processes: the same rows; with the same parts, the same bytes."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    for count in (7, 1000):
        carry_out(planned(source, tmp_path / f"by-{count}", index, rows=count), index)
        assert matches_of(tmp_path / f"by-{count}") == expected
    totals, _ = carry_out(planned(source, tmp_path / "by-two", index, rows=7), index, workers=2)
    assert totals.scored == LEARNERS
    assert files_of(tmp_path / "by-two") == files_of(tmp_path / "by-7")


def test_a_cluster_of_dask_gives_the_same_bytes(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """A scheduler that is there already, asked by its address; its worker has two threads and scores one part a time."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    carry_out(planned(source, tmp_path / "alone", index, rows=7), index)
    with LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", host="127.0.0.1", dashboard_address=None
    ) as cluster:
        run = planned(source, tmp_path / "out", index, rows=7)
        carry_out(run, index, scheduler=cluster.scheduler_address)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "alone")


def test_a_policy_and_roles_are_those_of_match(
    tmp_path: Path, index: Path, snapshot: Snapshot, rows: list[dict[str, Any]]
) -> None:
    """Both reach the scores, and are part of what a run is."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    wanted = snapshot.iris[int(match(snapshot, learners_on(snapshot, LEARNERS, 11)[1], Policy()).rows[0])]
    policy = Policy(related=0.9, min_coverage=0.3)
    carry_out(planned(source, tmp_path / "out", index, policy=policy, roles=[wanted], first=3), index)
    found = matches_of(tmp_path / "out")
    assert {row[2] for row in found} == {wanted}
    held = learners_on(snapshot, LEARNERS, 11)
    for number, own in enumerate(held):
        ranked = match(snapshot, own, policy)
        scores = dict(zip((snapshot.iris[row] for row in ranked.rows.tolist()), ranked.scores.tolist(), strict=True))
        assert [row[3] for row in found if row[0] == f"learner {number}"] == [
            score for iri, score in scores.items() if iri == wanted
        ]


def test_a_folder_is_scored_file_by_file(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """By name, formats mixed; hidden files and what Spark leaves are no learners."""
    folder = tmp_path / "in"
    folder.mkdir()
    write_rows(folder / "a.csv", rows[:10])
    write_rows(folder / "b.parquet", rows[10:40])
    write_rows(folder / "c.jsonl", rows[40:])
    (folder / "_SUCCESS").touch()
    (folder / ".b.parquet.crc").write_bytes(b"\0")
    carry_out(planned(folder, tmp_path / "out", index), index)
    whole = write_rows(tmp_path / "whole.jsonl", rows)
    carry_out(planned(whole, tmp_path / "other", index), index)
    assert matches_of(tmp_path / "out") == matches_of(tmp_path / "other")


# --- stopped and going on ---------------------------------------------------------------------------------------------


def test_a_run_goes_on_where_it_was(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """Parts that are missing, half written or damaged are made anew, the others are not; the folder ends the same."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    run = planned(source, tmp_path / "out", index)
    carry_out(run, index)
    undisturbed = files_of(tmp_path / "out")
    (tmp_path / "out/parts/00001.json").unlink()
    (tmp_path / "out/matches/part-00002.parquet").write_bytes(b"PAR1")
    (tmp_path / "out/learners/.part-00001.parquet.tmp").write_bytes(b"half")
    (tmp_path / "out/summary.json").unlink()
    _, done = carry_out(run, index)
    assert sorted(report.number for report in done) == [1, 2]
    assert files_of(tmp_path / "out") == undisturbed
    assert carry_out(run, index)[1] == []


KILLED_AFTER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {root!r}]
from batch_world import planned
from graph.batch import open_run
from graph.batch_workers import score_parts
index = Path({index!r})
run = planned(Path({source!r}), Path({folder!r}), index)
missing = [number for number in range(len(run.slices)) if number not in open_run(run, index)]
for report in score_parts(run, missing, workers=1):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_ends_as_an_undisturbed_one(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """SIGKILL after each part, until nothing is missing."""
    source = write_rows(tmp_path / "learners.csv", rows)
    folder = tmp_path / "killed"
    run = planned(source, folder, index)
    places = {"index": str(index), "source": str(source), "folder": str(folder)}
    script = KILLED_AFTER.format(tests=str(ROOT / "tests"), root=str(ROOT), **places)
    for number in range(len(run.slices)):
        ended = subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT, capture_output=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        assert len(open_run(run, index)) == number + 1
    assert carry_out(run, index)[1] == []
    carry_out(planned(source, tmp_path / "undisturbed", index), index)
    assert files_of(folder) == files_of(tmp_path / "undisturbed")


def worker_besides(others: set[int]) -> int:
    """The process of a worker; its words are there a moment after its birth."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for each in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if each.pid not in others and "spawn_main" in " ".join(each.cmdline()):
                    return each.pid
        time.sleep(0.02)
    raise AssertionError("no worker is there")


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """SIGKILL to one of two processes after the first part: its part is done again, the folder ends the same."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    carry_out(planned(source, tmp_path / "alone", index, rows=1), index)
    run = planned(source, tmp_path / "out", index, rows=1)
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    reports, killed = open_run(run, index), 0
    for report in score_parts(run, range(len(run.slices)), workers=2):
        reports[report.number] = report
        if not killed:
            killed = worker_besides(others)
            os.kill(killed, signal.SIGKILL)
    finish_run(run, reports.values())
    assert files_of(tmp_path / "out") == files_of(tmp_path / "alone")


def kept_by_a_worker() -> tuple[str | None, str | None, bool]:
    """Of the process that is asked: two of its settings, and whether it ran the script of the one that started it."""
    names = ("MALLOC_TRIM_THRESHOLD_", "OPENBLAS_NUM_THREADS")
    return os.environ.get(names[0]), os.environ.get(names[1]), hasattr(sys.modules.get("__mp_main__"), "__file__")


def test_workers_keep_memory_and_do_not_run_the_command() -> None:
    """What made two of them slower than one: arrays that are given back for each part, commands that are imported."""
    script = vars(sys.modules["__main__"]).copy()
    with batch_workers._client(1, None) as client:
        assert client.submit(kept_by_a_worker).result() == (str(256 << 20), "1", False)
    assert vars(sys.modules["__main__"]) == script


def test_a_run_keeps_the_release_that_it_began_with(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """The index may go, for two more releases; the run ends all the same."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    run = planned(source, tmp_path / "out", index)
    open_run(run, index)
    index.unlink()
    reports = [score_part(run, number) for number in range(len(run.slices))]
    assert sum(report.scored for report in reports) == LEARNERS


def test_another_run_does_not_overwrite_a_folder(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """Another policy, other parts, another file: refused, with what differs. `restart` removes what was there."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    carry_out(planned(source, tmp_path / "out", index), index)
    before = files_of(tmp_path / "out")
    for how, name in (({"policy": Policy(close=0.5)}, "policy"), ({"rows": 9}, "parts"), ({"first": 2}, "first")):
        other = planned(source, tmp_path / "out", index, **how)
        with pytest.raises(InputError, match=name) as caught:
            open_run(other, index)
        assert caught.value.code == "run.other"
    write_rows(source, rows[:-1])
    changed = planned(source, tmp_path / "out", index)
    with pytest.raises(InputError, match="files"):
        open_run(changed, index)
    assert files_of(tmp_path / "out") == before
    totals, _ = carry_out(changed, index, restart=True)
    assert totals.scored == LEARNERS - 1


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """A folder with files that are no run's, or a file in its place; `restart` makes no difference."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    for restart in (False, True):
        for folder in (tmp_path, source):
            with pytest.raises(InputError) as caught:
                open_run(planned(source, folder, index), index, restart=restart)
            assert caught.value.code == "run.folder"


def test_a_file_that_changes_under_a_run_stops_it(tmp_path: Path, index: Path, rows: list[dict[str, Any]]) -> None:
    """Rows of two versions are never mixed."""
    source = write_rows(tmp_path / "learners.jsonl", rows)
    run = planned(source, tmp_path / "out", index)
    open_run(run, index)
    score_part(run, 0)
    source.write_bytes(source.read_bytes() + b"\n")
    with pytest.raises(DamagedError, match="has changed") as caught:
        score_part(run, 1)
    assert caught.value.code == "run.changed"


# --- what is told -----------------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_scored_are_told_with_their_line(
    tmp_path: Path, index: Path, snapshot: Snapshot, rows: list[dict[str, Any]]
) -> None:
    """In every part: what is read is scored or refused, and the others are scored as ever."""
    skill = snapshot.iris[int(snapshot.rows(ResourceType.COMPETENCY)[0])]
    bad: dict[int, tuple[bytes, str]] = {
        3: (b"{nonsense", "batch.not-json"),
        9: (orjson.dumps({"learner": "x", "competencies": [f"{skill}/none"]}), "batch.unknown-reference"),
        30: (orjson.dumps({"learner": "x", "competencies": [f"{skill}=9@https://example.org/x/five"]}), "batch.level"),
        31: (orjson.dumps({"learner": "x", "competencies": [f"{skill}=1@https://example.org/none"]}), "batch.level"),
        44: (
            orjson.dumps({"learner": "x", "competencies": [{"id": skill, "level": -1, "scale": "Ten"}]}),
            "batch.level",
        ),
        55: (orjson.dumps({"learner": "", "courses": []}), "batch.learner"),
        60: (orjson.dumps({"learner": "x", "experience_days": -1}), "batch.days"),
    }
    lines = [orjson.dumps(row) for row in rows]
    for line, (content, _) in sorted(bad.items()):
        lines.insert(line - 1, content)
    source = tmp_path / "learners.jsonl"
    source.write_bytes(b"\n".join(lines))
    run = planned(source, tmp_path / "out", index)
    totals, done = carry_out(run, index)
    assert (totals.read, totals.scored, totals.refused) == (LEARNERS + len(bad), LEARNERS, len(bad))
    told = [place_of(finding) for report in done for finding in report.findings]
    assert told == [("learners.jsonl", line, code, FindingLevel.MUST) for line, (_, code) in sorted(bad.items())]
    written = [json.loads(line) for line in (tmp_path / "out/findings.jsonl").read_text("utf-8").splitlines()]
    assert [each["source"]["line"] for each in written] == sorted(bad)
    shutil.rmtree(tmp_path / "out/learners")
    assert open_run(run, index) == {}


def test_unknown_references_can_be_left_out(tmp_path: Path, index: Path, snapshot: Snapshot) -> None:
    """With `skip_unknown` the learner is scored by the rest, and each reference is told as a should."""
    skills = [snapshot.iris[row] for row in snapshot.rows(ResourceType.COMPETENCY)[:2].tolist()]
    known = {"learner": "known", "competencies": skills}
    partly = {"learner": "partly", "competencies": [skills[0], "nowhere", skills[1]], "courses": ["nor here"]}
    source = write_rows(tmp_path / "learners.jsonl", [known, partly])
    totals, done = carry_out(planned(source, tmp_path / "out", index, skip_unknown=True), index)
    assert (totals.scored, totals.refused) == (2, 0)
    told = [(finding.level, finding.subject) for finding in done[0].findings]
    assert told == [(FindingLevel.SHOULD, "nor here"), (FindingLevel.SHOULD, "nowhere")]
    found = matches_of(tmp_path / "out")
    assert [row[1:] for row in found if row[0] == "known"] == [row[1:] for row in found if row[0] == "partly"] != []


def test_columns_that_mean_nothing_are_told_once(tmp_path: Path, index: Path) -> None:
    """As a should, by file."""
    source = tmp_path / "learners.csv"
    source.write_text("learner,town,competencies\nann,Bern,\nbob,Brno,\n", "utf-8")
    carry_out(planned(source, tmp_path / "out", index), index)
    (told,) = [json.loads(line) for line in (tmp_path / "out/findings.jsonl").read_text("utf-8").splitlines()]
    assert (told["code"], told["source"]["column"]) == ("batch.unread-column", "town")


def test_a_level_may_be_said_by_its_name(tmp_path: Path) -> None:
    """As its value says it; what names no level of the scale is told."""
    able = ScaleLevel(iri=f"{U}level/able", level=Level(FIVE.iri, 3), labels=(Text("Able", "en"),))
    path = tmp_path / "1.snapshot"
    built(FIVE, able, skill("a"), role(), asks("s/a", level=4)).save(path)
    learners = {"value": "a=3@Five", "name": "a=able@five", "none": "a=Master@five"}
    lines = [{"learner": name, "competencies": [text]} for name, text in learners.items()]
    source = write_rows(tmp_path / "learners.jsonl", lines)
    totals, done = carry_out(planned(source, tmp_path / "out", path, skip_unknown=True), path)
    assert totals.scored == 3
    assert [(each.code, each.subject) for each in done[0].findings] == [("batch.level", "a=Master@five")]
    found = {row[0]: row[1:] for row in matches_of(tmp_path / "out")}
    assert found["value"] == found["name"] != found.get("none")


def test_labels_codes_and_levels_are_read_as_in_a_query(tmp_path: Path, index: Path, snapshot: Snapshot) -> None:
    """A label is as good as an IRI, and a scale's label too."""
    iri = snapshot.iris[int(snapshot.rows(ResourceType.COMPETENCY)[7])]
    label = snapshot.label(snapshot.find_row(iri))[0]
    by_iri = {"learner": "a", "competencies": [{"id": iri, "level": 2, "scale": "https://example.org/x/five"}]}
    by_label = {"learner": "b", "competencies": [f"{label.upper()}=2@five"]}
    source = write_rows(tmp_path / "learners.jsonl", [by_iri, by_label])
    totals, _ = carry_out(planned(source, tmp_path / "out", index), index)
    assert totals.scored == 2
    found = matches_of(tmp_path / "out")
    assert [row[1:] for row in found if row[0] == "a"] == [row[1:] for row in found if row[0] == "b"] != []
