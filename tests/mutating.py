"""Changes the code a little, one place at a time, and counts the changes that no test notices. Run by `make mutants`.

mutmut makes the mutants in a copy of the last commit. Those of pure modules it runs itself. Those of modules whose tests
need a Neo4j are written into the copy one by one (`mutmut apply`), for such tests start further processes, and those must
run the changed code as well. Samples are drawn by the seed of mutants.toml, module by module.
"""

import argparse
import contextlib
import io
import json
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.server import connect_server, stop_server  # noqa: E402 - it is not installed beside mutmut

# ruff: noqa: T201 - it tells on the terminal how far it is

MUTMUT = str(Path(sys.executable).with_name("mutmut"))
VERDICTS: dict[int | None, str] = {
    0: "survived",
    1: "killed",
    3: "killed",
    33: "not reached",
    24: "timeout",
    36: "timeout",
    -24: "timeout",
    152: "timeout",
    255: "timeout",
}
"""mutmut's exit codes (`mutmut.stats.status_by_exit_code`)."""
BUSY_WORDS = ("TransactionTimedOut", "did not answer within")
BUSY_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One table of mutants.toml. A share of the mutants of each module is drawn, or `sample` of all modules together."""

    modules: list[str]
    tests: list[str]
    timeout_seconds: float
    share: float = 0.0
    sample: int = 0
    worlds: tuple[str, ...] = ()
    worlds_tried: int = 0
    timeout_times: float = 1.0
    shared_server: bool = False

    def selection(self) -> list[str]:
        """What pytest is asked to run."""
        return [*self.tests, *(f"{test}[{seed}]" for test in self.worlds for seed in range(self.worlds_tried))]

    def drawn(self, seed: int, made: dict[str, list[str]]) -> list[str]:
        """Names of the mutants to be tried, of all that were made by module."""
        total = sum(len(made[module]) for module in self.modules)
        share = self.share or min(1.0, self.sample / total)
        return [
            name
            for module in self.modules
            for name in random.Random(f"{seed} {module}").sample(made[module], math.ceil(share * len(made[module])))
        ]


class Copy:
    """A copy of a commit in which mutants are made and tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, commit: str, parts: Sequence[Part], not_changed: list[str]) -> str:
        """The commit's number. A copy of this very commit and configuration is used again, with what is known of it."""
        commit = subprocess.run(
            ["git", "rev-parse", "--short", commit], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()
        pure = parts[0]
        settings = {
            "source_paths": ["graph"],
            "only_mutate": [f"graph/{module}.py" for part in parts for module in part.modules],
            "also_copy": ["ontology", "service", "benchmarks", "examples", "docs", "README.md", "Makefile"],
            "do_not_mutate_patterns": not_changed,
            "pytest_add_cli_args": ["-p", "no:cacheprovider", "-p", "no:cov"],
            "pytest_add_cli_args_test_selection": pure.selection(),
            "timeout_constant": pure.timeout_seconds,
            "timeout_multiplier": pure.timeout_times,
        }
        # A JSON list of such strings is a TOML list as well.
        table = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        mark = self.folder / "copied.txt"
        if not mark.exists() or mark.read_text("utf-8") != commit + table:
            shutil.rmtree(self.folder, ignore_errors=True)
            archive = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
            with tarfile.open(fileobj=io.BytesIO(archive)) as files:
                files.extractall(self.folder, filter="data")
            with (self.folder / "pyproject.toml").open("a", encoding="utf-8") as project:
                project.write(f"\n[tool.mutmut]\n{table}")
            mark.write_text(commit + table, "utf-8")
        return commit

    def mutmut(self, *arguments: str) -> str:
        """What mutmut prints, run in the copy."""
        done = subprocess.run([MUTMUT, *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"mutmut {arguments[0]} failed:\n{(done.stdout + done.stderr)[-4000:]}")
        return done.stdout

    def verdicts(self, module: str) -> dict[str, int | None]:
        """Exit codes by mutant of a module, as mutmut keeps them."""
        found = json.loads((self.folder / "mutants" / "graph" / f"{module}.py.meta").read_text("utf-8"))
        return dict(found["exit_code_by_key"])

    @contextmanager
    def applied(self, name: str) -> Iterator[None]:
        """The mutant is in the copy's own file, for a while."""
        path = self.folder.joinpath(*name.split(".")[:-1]).with_suffix(".py")
        before = path.read_text("utf-8")
        self.mutmut("apply", name)
        try:
            yield
        finally:
            path.write_text(before, "utf-8")


def tried(copy: Copy, part: Part, environment: dict[str, str]) -> str:
    """How a run of the part's tests ends on what is in the copy: killed, survived, timeout, or not judged.

    A busy machine makes Neo4j miss the time that a query has, which says nothing of the change: such a run is repeated.
    """
    for _ in range(BUSY_TRIES):
        verdict = run_tests(copy, part, environment)
        said = (copy.folder / "pytest.log").read_text("utf-8", errors="replace")
        if verdict != "killed" or not any(word in said for word in BUSY_WORDS):
            return verdict
    return "not judged"


def run_tests(copy: Copy, part: Part, environment: dict[str, str]) -> str:
    """How one run of the part's tests ends: killed, survived or timeout."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        *part.selection(),
    ]
    with (copy.folder / "pytest.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=copy.folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            code = process.wait(part.timeout_seconds)
        except subprocess.TimeoutExpired:
            # SIGINT lets fixtures stop the servers that the tests started.
            os.killpg(process.pid, signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "timeout"
    return "killed" if code else "survived"


@contextmanager
def shared_server(home: Path, tests: Path, *, wanted: bool) -> Iterator[dict[str, str]]:
    """An environment in which tests find one running server, where one is wanted."""
    if not wanted:
        yield dict(os.environ)
        return
    with connect_server(home, environment={k: v for k, v in os.environ.items() if not k.startswith("NEO4J_")}) as lease:
        told = json.dumps(asdict(lease.connection))
        yield {
            **os.environ,
            "PYTEST_ADDOPTS": "-p mutating_server",
            "PYTHONPATH": str(tests),
            "HEADWATER_TEST_CONNECTION": told,
        }
    stop_server(home)


def main() -> None:
    """Prints a line a mutant, then the table; the mutants that no test noticed are in survivors.diff in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "mutants", help="where the copy is made")
    parser.add_argument("--commit", default="HEAD", help="what is copied")
    parser.add_argument("--part", choices=["pure", "releases", "server"], action="append", help="all by default")
    chosen = parser.parse_args()
    plan = tomllib.loads((ROOT / "mutants.toml").read_text("utf-8"))
    parts = {name: Part(**plan[name]) for name in ("pure", "releases", "server")}
    copy = Copy(chosen.folder.resolve())
    commit = copy.prepare(chosen.commit, list(parts.values()), plan["not_changed"])
    if not (copy.folder / "mutants" / "mutmut-stats.json").exists():
        print("Making mutants, and telling which test reaches which function ...", flush=True)
        copy.mutmut("run", "--max-children", "1", "graph.figures.x_days*")
    made = {module: sorted(copy.verdicts(module)) for part in parts.values() for module in part.modules}
    results: dict[str, str] = {}
    for title in chosen.part or parts:
        part = parts[title]
        names = part.drawn(plan["seed"], made)
        print(f"{title}: {len(names)} of {sum(len(made[module]) for module in part.modules)} mutants", flush=True)
        results |= run_pure(copy, part, names) if title == "pure" else run_applied(copy, part, names)
    report(copy, commit, made, results)


def run_pure(copy: Copy, part: Part, names: list[str]) -> dict[str, str]:
    """Verdicts by mutant, from mutmut's own run."""
    known = {name: code for module in part.modules for name, code in copy.verdicts(module).items()}
    waiting = [name for name in names if known[name] is None]
    if waiting:
        copy.mutmut("run", "--max-children", "1", *waiting)
        known = {name: code for module in part.modules for name, code in copy.verdicts(module).items()}
    return {name: VERDICTS.get(known[name], "not judged") for name in names}


def run_applied(copy: Copy, part: Part, names: list[str]) -> dict[str, str]:
    """Verdicts by mutant, each written into the copy for a run of the tests. What an earlier run found is kept."""
    kept = copy.folder / "verdicts.json"
    known: dict[str, str] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    home, tests = copy.folder / "shared home", copy.folder / "tests"
    with shared_server(home, tests, wanted=part.shared_server) as environment:
        if not known.keys() & set(names) and tried(copy, part, environment) != "survived":
            sys.exit(f"The tests do not pass on the code as it is: {copy.folder / 'pytest.log'}")
        for name in names:
            if name in known:
                continue
            begun = time.monotonic()
            with copy.applied(name):
                known[name] = tried(copy, part, environment)
            kept.write_text(json.dumps(known, indent=1), "utf-8")
            print(f"{known[name]:9} {time.monotonic() - begun:6.1f} s  {name}", flush=True)
    return {name: known[name] for name in names}


def report(copy: Copy, commit: str, made: dict[str, list[str]], results: dict[str, str]) -> None:
    """The table, and a difference for each mutant that was not noticed."""
    verdicts = ("killed", "survived", "timeout", "not reached", "not judged")
    print(f"commit {commit}\n\n| module | made | tried | {' | '.join(verdicts)} |\n|---|{'---|' * (2 + len(verdicts))}")
    for module, names in made.items():
        count = Counter(verdict for name, verdict in results.items() if name.split(".")[1] == module)
        if count:
            cells = [len(names), sum(count.values()), *(count[verdict] for verdict in verdicts)]
            print(f"| {module} | {' | '.join(map(str, cells))} |")
    left = [name for name, verdict in sorted(results.items()) if verdict != "killed"]
    (copy.folder / "survivors.diff").write_text("\n".join(copy.mutmut("show", name) for name in left), "utf-8")


if __name__ == "__main__":
    main()
