"""Many learners and many roles: a file of learners on one process and on two; match on made releases of any size."""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from graph.batch import finish_run, open_run, plan_run
from graph.batch_workers import score_parts
from graph.matching import match
from graph.policy import Held, HeldCompetency, Policy
from graph.role_index import role_index_of
from graph.snapshot import Snapshot

from .made_world import HELD, Size, made_learners, made_snapshot
from .processes import count_in, processor_seconds
from .questions import FIRST, SEED, ask_engine, asked_competencies
from .report import Table

Tell = Callable[[str], None]
PER_ROLE = 50
"""Requirements of a made role."""
PARTS = 40
"""Of a file of learners."""
WARM = 8
"""Parts after which every process has looked up what it looks up once."""
ALONE = 500
"""Learners of a file that are also matched one by one."""


def batch_table(index: Path, release: int, count: int, folder: Path, tell: Tell) -> Table:
    """Learners a second: a file on one process and on two, beside the engine asked for each."""
    snapshot = Snapshot.open(index)
    table = Table(
        title="A file of learners, top 10 each",
        columns=("learners", "seconds", "learners/s", "x one", "CPU s of the busiest", "x one by CPU"),
    )
    source, held = _learners(snapshot, folder, count)
    alone = held[:ALONE]
    begun = time.perf_counter()
    for each in alone:
        match(snapshot, each, Policy())
    one_by_one = len(alone) / (time.perf_counter() - begun)
    one: tuple[float, float] | None = None
    for workers in (1, 2):
        seconds, busiest = _scored(source, folder / f"batch-{workers}", index, release, workers, max(1, count // PARTS))
        one = one or (seconds, busiest)
        name = f"headwater batch, {workers} of its processes"
        table.add(name, count, seconds, round(count / seconds), one[0] / seconds, busiest, one[1] / busiest)
        tell(f"batch: {workers} of its processes done")
    assert one is not None
    slower = one[0] * one_by_one / count
    table.add("match, asked for each", len(alone), len(alone) / one_by_one, round(one_by_one), slower, None, None)
    (single, _), (double, _) = count_in(1), count_in(2)
    table.add("only counting, 2 processes, twice as much", None, double, None, 2 * single / double, None, None)
    table.remarks.append(
        f"{HELD} competencies each at most, against all {len(role_index_of(snapshot).roles):,} roles; files read and "
        f"written. At the pace after the first {WARM} parts of {PARTS}, without the start of processes and what each "
        "looks up once. x one by CPU: by the processor time of the busiest process, which other work on the machine "
        "lengthens less. Counting shows what two processes get of the machine."
    )
    return table


def _learners(snapshot: Snapshot, folder: Path, count: int) -> tuple[Path, list[Held]]:
    """A file of made learners, JSON lines, and what they hold."""
    draw = random.Random(SEED)
    rows = asked_competencies(snapshot).tolist()
    held = [tuple(draw.sample(rows, min(HELD, len(rows)))) for _ in range(count)]
    source = folder / "learners.jsonl"
    with source.open("wb") as file:
        for number, own in enumerate(held):
            iris = [snapshot.iris[row] for row in own]
            file.write(orjson.dumps({"learner": f"made {number}", "competencies": iris}) + b"\n")
    return source, [Held(competencies=tuple(HeldCompetency(row=row) for row in own)) for own in held]


def _scored(source: Path, folder: Path, index: Path, release: int, workers: int, rows: int) -> tuple[float, float]:
    """(seconds, processor seconds of the busiest process) for all learners, at the pace after the first parts."""
    run = plan_run(source, folder, index, release=release, policy=Policy(), first=FIRST, rows=rows)
    open_run(run, index)
    begun, reports = time.perf_counter(), []
    warm, last = processor_seconds(), {}
    skipped = min(WARM, len(run.slices) - 1)
    for report in score_parts(run, range(len(run.slices)), workers=workers):
        reports.append(report)
        if len(reports) == skipped:
            begun, warm = time.perf_counter(), processor_seconds()
        if len(reports) == len(run.slices):
            seconds, last = time.perf_counter() - begun, processor_seconds()
    totals = finish_run(run, reports)
    share = totals.scored / max(sum(report.scored for report in reports[skipped:]), 1)
    return seconds * share, max(last[process] - warm.get(process, 0.0) for process in last) * share


def made_table(roles: Sequence[int], rounds: int, tell: Tell) -> Table:
    """Match on made releases: as many competencies as roles, 50 requirements a role, popular by Zipf's law."""
    table = Table(
        title="Match on made releases, top 10 with reasons",
        columns=("roles", "requirements", "touched", "match ms", "with reasons ms", "ns a touched one"),
    )
    for count in roles:
        size = Size(roles=count, competencies=count, requirements=PER_ROLE * count)
        snapshot = made_snapshot(size, SEED)
        tell(f"made release of {count:,} roles done")
        for popular in (False, True):
            held = made_learners(snapshot, SEED, 20, popular=popular)
            touched = statistics.median(_touched(snapshot, each) for each in held)
            alone, whole = _seconds(snapshot, held, rounds)
            name = f"{count:,} roles, {'popular' if popular else 'any'} {HELD} held"
            table.add(name, count, size.requirements, int(touched), alone * 1e3, whole * 1e3, alone / touched * 1e9)
    table.remarks.append(
        "Medians. Touched: requirements that ask for what is held. Any: drawn from all that are asked for; popular: "
        "as often as roles ask for them, so that nearly every role is touched."
    )
    return table


def _touched(snapshot: Snapshot, held: Held) -> int:
    offsets = role_index_of(snapshot).leaf_offsets
    return sum(int(offsets[claim.row + 1] - offsets[claim.row]) for claim in held.competencies)


def _seconds(snapshot: Snapshot, held: Sequence[Held], rounds: int) -> tuple[float, float]:
    """Medians of the ranking alone, and of the page of ten with its reasons."""
    alone, whole = [], []
    match(snapshot, held[0], Policy())  # makes what is kept with a snapshot
    for _ in range(rounds):
        for each in held:
            begun = time.perf_counter()
            match(snapshot, each, Policy())
            ranked = time.perf_counter()
            ask_engine(snapshot, each)
            alone.append(ranked - begun)
            whole.append(time.perf_counter() - ranked)
    return statistics.median(alone), statistics.median(whole)
