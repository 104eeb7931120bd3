"""`python -m benchmarks`: all figures in one run; the table on stdout, progress on stderr."""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import orjson
import psutil

from graph.progress import stderr_progress
from graph.releases import Releases
from graph.server import Connection
from ontology.readers import dataset_name
from service.demo import find_examples, read_question

from .credentials import proof_table
from .growth import SCALES, match_growth, plan_table
from .home import load_into, load_table, managed_store, measure_load, neo4j_version
from .many import batch_table, made_table
from .matching import Bench, Effort, Tell, memory_table
from .plans import scale_table, skills_of
from .questions import learners_of
from .report import Table, as_json, megabytes
from .stewarding import case_table, steward_table

FULL_FILE = Path("data/esco-1.2.0/esco_v1.2.0_skos_derived.ttl.gz")
"""All of ESCO as Turtle, below HEADWATER_REFERENCE."""


MADE_ROLES = (1_000, 10_000)
LARGEST_MADE = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    options = _parser().parse_args(arguments)
    begun = time.perf_counter()

    def tell(text: str) -> None:
        sys.stderr.write(f"[{time.perf_counter() - begun:5.0f} s] {text}\n")
        sys.stderr.flush()

    try:
        sources, examples = _sources(options)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", ignore_cleanup_errors=True) as scratch:
        tables, neo4j = _run(Path(scratch), sources, examples, options, tell)
    machine = {**_machine(), "Neo4j": neo4j}
    if options.json:
        content = {"machine": machine, "tables": as_json(tables), "seconds": time.perf_counter() - begun}
        sys.stdout.write(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        names = ", ".join(source.name for source in sources)
        lines = [f"{key}: {value}" for key, value in machine.items()]
        lines += [f"data: {names}", f"took: {time.perf_counter() - begun:.0f} s", ""]
        for table in tables:
            lines += table.lines()
        sys.stdout.write("\n".join(lines))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument(
        "--full",
        action="store_true",
        default=bool(os.environ.get("HEADWATER_BENCH_FULL")),
        help=f"all of ESCO: {FULL_FILE} below HEADWATER_REFERENCE, in place of the example (or HEADWATER_BENCH_FULL=1)",
    )
    parser.add_argument(
        "--source", type=Path, action="append", help="load this in place of the example; may be repeated"
    )
    parser.add_argument("--rounds", type=int, default=20, help="rounds of each comparison at most (default 20)")
    parser.add_argument("--seconds", type=float, default=20.0, help="after which a comparison ends (default 20)")
    parser.add_argument("--loads", type=int, default=2, help="loads of each kind (default 2)")
    parser.add_argument("--plan-cases", type=int, default=20, help="plans at full scale, of each kind (default 20)")
    parser.add_argument("--scales", type=int, nargs="+", default=list(SCALES), help="growth (default 1 10 30)")
    parser.add_argument(
        "--made", type=int, nargs="+", help="roles of made releases (default 1000 10000, with --full 100000 too)"
    )
    parser.add_argument("--learners", type=int, default=20_000, help="learners of the file that is scored")
    return parser


def _sources(options: argparse.Namespace) -> tuple[list[Path], Path | None]:
    """What is loaded, in order, and the folder with the question where it is the example. Raises ValueError."""
    if options.source:
        return list(options.source), None
    if not options.full:
        examples = find_examples()
        return [examples / "ict", examples / "campus"], examples
    reference = os.environ.get("HEADWATER_REFERENCE")
    if not reference or not (Path(reference) / FULL_FILE).is_file():
        raise ValueError(f"--full needs HEADWATER_REFERENCE, a folder with {FULL_FILE}.")
    return [Path(reference) / FULL_FILE], None


def _made(options: argparse.Namespace) -> list[int]:
    """Roles of the made releases."""
    return list(options.made) if options.made else [*MADE_ROLES, *([LARGEST_MADE] if options.full else [])]


def _run(
    scratch: Path, sources: Sequence[Path], examples: Path | None, options: argparse.Namespace, tell: Tell
) -> tuple[list[Table], str]:
    """The tables, and Neo4j's version."""
    home = scratch / "home"
    home.mkdir()
    tell("starting a Neo4j of its own")
    with stderr_progress() as progress, managed_store(home, progress) as (connection, store):
        tell("loading, in turns with a plain script")
        times = measure_load(scratch, home, store, sources[0], dataset_name(sources[0]), options.loads)
        for source in sources[1:]:
            load_into(Releases(home), store, source, dataset_name(source))
        tables = asyncio.run(_matches(scratch, home, connection, examples, options, tell))
        tables.insert(-1, load_table(times))
        neo4j = neo4j_version(store)
        tell("stewards: the same again, roll-back, CASE packages")
        steward = steward_table(store, sources[0], dataset_name(sources[0]))
    learners = learners_of(Releases(home).snapshot(), examples)
    question = read_question(examples) if examples else None
    tables.insert(-1, plan_table(Releases(home).snapshot(), question, options.scales, min(3, options.rounds), tell))
    if options.plan_cases:
        tables.insert(-1, scale_table(skills_of(Releases(home).snapshot()), options.plan_cases, tell))
    tell("credentials")
    tables += [steward, case_table(min(3, options.rounds)), proof_table(options.rounds)]
    tables.append(match_growth(home, learners, options.scales, options.rounds, scratch, tell))
    tables.append(made_table(_made(options), min(3, options.rounds), tell))
    current = Releases(home).current()
    assert current is not None
    index = Releases(home).snapshot_path(current.number)
    tables.append(batch_table(index, current.number, options.learners, scratch, tell))
    return tables, neo4j


async def _matches(
    scratch: Path,
    home: Path,
    connection: Connection,
    examples: Path | None,
    options: argparse.Namespace,
    tell: Tell,
) -> list[Table]:
    releases = Releases(home)
    snapshot = releases.snapshot()
    learners = learners_of(snapshot, examples)
    effort = Effort(rounds=options.rounds, seconds=options.seconds)
    bench = Bench(snapshot, learners, connection, effort)
    answers = await bench.prepare()
    tell("Cypher: the first question is being planned, which takes a while")
    engine = await bench.engine(tell)
    inside = await bench.in_process(answers, tell)
    outside, memory = await bench.over_http(answers, home, scratch, tell)
    current = releases.current()
    assert current is not None
    asked = ", ".join(learner.name for learner in learners)
    for table in (engine, inside, *outside):
        table.remarks.append(f"Learners: {asked}. Every answer was compared with the engine's.")
    return [*outside, inside, engine, memory_table(memory, releases.snapshot_path(current.number), connection)]


def _machine() -> dict[str, str]:
    """The machine in general terms."""
    load = ", ".join(f"{each:.1f}" for each in psutil.getloadavg())
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{megabytes(psutil.virtual_memory().total) / 1000:.0f} GB",
        "load average (1, 5, 15 min)": load,
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Strawberry": version("strawberry-graphql"),
        "uvicorn": version("uvicorn"),
        "Neo4j driver": version("neo4j"),
    }


if __name__ == "__main__":
    sys.exit(main())
