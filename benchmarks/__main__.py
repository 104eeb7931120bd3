"""`python -m benchmarks`: all figures in one run; the tables on stdout, progress on stderr."""

import argparse
import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path

import orjson
import psutil

from graph.planning import Objective
from service.demo import find_examples

from .aims import aims_table
from .growth import SCALES
from .report import Run, as_json, as_page, as_text, megabytes
from .tables import MAKERS, Setting, chosen, make_tables

FULL_FILE = Path("data/esco-1.2.0/esco_v1.2.0_skos_derived.ttl.gz")
"""All of ESCO as Turtle, below HEADWATER_REFERENCE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(given)
    begun = time.perf_counter()

    def tell(text: str) -> None:
        sys.stderr.write(f"[{time.perf_counter() - begun:5.0f} s] {text}\n")
        sys.stderr.flush()

    try:
        sources = _sources(options)
        chosen(options)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    _fill(options)
    load_before = psutil.getloadavg()
    with ExitStack() as stack:
        # Left before the folder is: the Neo4j in it ends first.
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="headwater-bench-", ignore_cleanup_errors=True))
        setting = Setting(stack, Path(folder), sources, options, tell)
        tables = make_tables(setting)
    machine = {**_machine(load_before), **({"Neo4j": setting.neo4j} if setting.neo4j else {})}
    run = Run(
        command=shlex.join(["python", "-m", "benchmarks", *given]),
        machine=machine,
        data=", ".join(source.name for source in sources),
        seconds=time.perf_counter() - begun,
        aims=aims_table(tables, full=options.full),
        tables=tables,
    )
    _write(run, options)
    return 0


def _write(run: Run, options: argparse.Namespace) -> None:
    if options.report:
        options.report.write_text(as_page(run), "utf-8")
    if options.json:
        sys.stdout.write(orjson.dumps(as_json(run), option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        sys.stdout.write(as_text(run))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--report", type=Path, help="write the whole run as a page of Markdown to this file, too")
    parser.add_argument(
        "--only",
        action="append",
        metavar="TABLES",
        help=f"only these, separated by commas; may be repeated: {', '.join(MAKERS)}",
    )
    parser.add_argument("--skip", action="append", metavar="TABLES", help="all but these")
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
    parser.add_argument("--loads", type=int, help="loads of each kind (default 2, with --full 1)")
    parser.add_argument(
        "--plan-cases", type=int, help="plans at full scale, of each kind (default 20, with --full 200)"
    )
    parser.add_argument(
        "--plan-objectives",
        nargs="+",
        choices=[each.lower() for each in Objective],
        default=["cheapest"],
        help="what these plans are best in (default cheapest; the rival is asked for that alone)",
    )
    parser.add_argument("--scales", type=int, nargs="+", help="growth (default 1 10 30, with --full 1 10)")
    parser.add_argument(
        "--made", type=int, nargs="+", help="roles of made releases (default 1000 10000, with --full 100000 too)"
    )
    parser.add_argument("--learners", type=int, default=80_000, help="learners of the file that is scored")
    parser.set_defaults(examples=None)
    return parser


def _fill(options: argparse.Namespace) -> None:
    """Defaults that depend on how much is loaded."""
    if options.loads is None:
        options.loads = 1 if options.full else 2
    if options.plan_cases is None:
        options.plan_cases = 200 if options.full else 20
    if options.scales is None:
        options.scales = list(SCALES[:2]) if options.full else list(SCALES)


def _sources(options: argparse.Namespace) -> list[Path]:
    """What is loaded, in order; the options name the example's folder where it is that. Raises ValueError."""
    if options.source:
        return list(options.source)
    if not options.full:
        options.examples = find_examples()
        return [options.examples / "ict", options.examples / "campus"]
    reference = os.environ.get("HEADWATER_REFERENCE")
    if not reference or not (Path(reference) / FULL_FILE).is_file():
        raise ValueError(f"--full needs HEADWATER_REFERENCE, a folder with {FULL_FILE}.")
    return [Path(reference) / FULL_FILE]


def _machine(load_before: Sequence[float]) -> dict[str, str]:
    """The machine in general terms."""
    return {
        "cores": str(os.cpu_count()),
        "memory": f"{megabytes(psutil.virtual_memory().total) / 1000:.0f} GB",
        "load average before (1, 5, 15 min)": ", ".join(f"{each:.1f}" for each in load_before),
        "load average after": ", ".join(f"{each:.1f}" for each in psutil.getloadavg()),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "Strawberry": version("strawberry-graphql"),
        "uvicorn": version("uvicorn"),
        "Neo4j driver": version("neo4j"),
    }


if __name__ == "__main__":
    sys.exit(main())
