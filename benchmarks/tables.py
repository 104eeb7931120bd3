"""Which tables there are, what each is made from, and the order in which they are shown.

A table's making may be asked for alone; what it needs (a Neo4j, a loaded release, an archive) is made at first use.
"""

import argparse
import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from graph.planning import Objective
from graph.progress import stderr_progress
from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import Snapshot
from graph.store import Store
from ontology.readers import dataset_name
from service.demo import read_question

from .credentials import proof_table
from .growth import match_growth, plan_table
from .home import LoadTimes, archive_into, load_into, load_table, managed_store, measure_load, neo4j_version
from .indexing import index_table
from .library_rival import NotMadeError, install
from .many import batch_table, made_table
from .many_credentials import many_table
from .matching import Bench, Effort, Tell, memory_table
from .plans import scale_table, skills_of
from .questions import learners_of
from .report import Table
from .serving import library_table, not_made, throughput_tables
from .stewarding import case_table, steward_table
from .swapping import swap_table
from .talent import talent_table

FULL_SET = {
    **{f"{name}-samples": f"standards/{name}/samples" for name in ("case", "jdx", "schema-org")},
    **{name: f"data/{name}" for name in ("case-frameworks", "ctdl-samples", "digcomp-3.0", "cip-soc")},
    **{name: f"data/{name}" for name in ("cyber-workforce", "ncs-job-profiles", "onet-29.2", "esco-1.2.0")},
    **{name: f"data/{name}" for name in ("crosswalk-esco-onet", "alignments")},
}
"""Everything in the reference folder that loads, by the name of the dataset; what joins others comes after them."""
MADE_ROLES = (1_000, 10_000)
LARGEST_MADE = 100_000
TALENTS, TALENTS_FULL = 2_000, 100_000
"""Stored learners of the talent search."""
_LONGEST_STRETCH = 5.0
"""Seconds that each service is asked as often as it can, with one process and with two."""
_STRETCH_SHARE = 0.25
"""Of the seconds of a comparison."""
_FEW = 3
"""Rounds of what takes long."""


class Setting:
    """What a run has: sources and options, and, made when first asked for, a Neo4j, a release, an index."""

    def __init__(
        self, stack: ExitStack, scratch: Path, sources: Sequence[Path], options: argparse.Namespace, tell: Tell
    ) -> None:
        self._stack = stack
        self.scratch = scratch
        self.sources = sources
        self.options = options
        self.tell = tell
        self.neo4j: str | None = None
        """Version of the Neo4j of the run; None where none was asked for."""
        self.load_times: LoadTimes | None = None

    @property
    def examples(self) -> Path | None:
        """The folder with the example's question, where the example is what is loaded."""
        examples: Path | None = self.options.examples
        return examples

    @property
    def few(self) -> int:
        """Rounds of what takes long."""
        return min(_FEW, int(self.options.rounds))

    @cached_property
    def server(self) -> tuple[Connection, Store]:
        """A managed Neo4j of the run's own."""
        self.tell("starting a Neo4j of its own")
        (self.scratch / "home").mkdir()
        progress = self._stack.enter_context(stderr_progress())
        connection, store = self._stack.enter_context(managed_store(self.scratch / "home", progress))
        self.neo4j = neo4j_version(store)
        return connection, store

    @cached_property
    def home(self) -> Path:
        """A data folder whose release has the sources; in Neo4j as well where that is running."""
        if "server" not in self.__dict__:
            home = self.scratch / "archived"
            self.tell("the sources are archived")
            archive_into(home, {dataset_name(source): source for source in self.sources})
            return home
        home, (_, store) = self.scratch / "home", self.server
        first = self.sources[0]
        if "load" in chosen(self.options):
            self.tell("loading, in turns with a plain script")
            self.load_times = measure_load(self.scratch, home, store, first, dataset_name(first), self.options.loads)
        else:
            self.tell("loading")
            load_into(Releases(home), store, first, dataset_name(first))
        for source in self.sources[1:]:
            load_into(Releases(home), store, source, dataset_name(source))
        return home

    @cached_property
    def snapshot(self) -> Snapshot:
        """The index of the release."""
        return Releases(self.home).snapshot()

    @cached_property
    def library(self) -> Path | str:
        """The folder of @neo4j/graphql's service; why there is none, as a sentence."""
        if "library" not in chosen(self.options):
            return "it was not asked for."
        self.tell("@neo4j/graphql is fetched where it is not there")
        try:
            return install()
        except NotMadeError as error:
            return str(error)

    def bench(self) -> Bench:
        """The release's learners, and the answers that every contender must give."""
        effort = Effort(rounds=self.options.rounds, seconds=self.options.seconds)
        return Bench(self.snapshot, learners_of(self.snapshot, self.examples), self.server[0], effort)

    @property
    def index(self) -> tuple[Path, int]:
        """The file of the index, and the number of its release."""
        assert self.snapshot  # which makes the file
        current = Releases(self.home).current()
        assert current is not None
        return Releases(self.home).snapshot_path(current.number), current.number


def _match(run: Setting) -> list[Table]:
    return asyncio.run(_matches(run))


async def _matches(run: Setting) -> list[Table]:
    bench = run.bench()
    answers = await bench.prepare()
    run.tell("Cypher: the first question is being planned, which takes a while")
    engine = await bench.engine(run.tell)
    inside = await bench.in_process(answers, run.tell)
    outside, memory = await bench.over_http(answers, run.home, run.scratch, run.tell)
    for table in (engine, inside, *outside):
        table.remarks.append(_asked(bench))
    return [*outside, inside, engine, memory_table(memory, run.index[0], run.server[0])]


def _asked(bench: Bench) -> str:
    names = ", ".join(learner.name for learner in bench.learners)
    return f"Learners: {names}. Every answer was compared with the engine's."


def _library(run: Setting) -> list[Table]:
    if isinstance(run.library, str):
        return [not_made(run.library)]
    bench = run.bench()
    table = asyncio.run(library_table(bench, run.library, run.home, run.scratch, run.tell))
    table.remarks.append(_asked(bench))
    return [table]


def _throughput(run: Setting) -> list[Table]:
    bench, installed = run.bench(), run.library
    answers = asyncio.run(bench.prepare())
    seconds = min(_LONGEST_STRETCH, run.options.seconds * _STRETCH_SHARE)
    there = None if isinstance(installed, str) else installed
    tables = throughput_tables(bench, answers, run.home, run.scratch, there, seconds, run.tell)
    if isinstance(installed, str):
        tables[0].remarks.append(f"Without @neo4j/graphql: {installed}")
    return tables


def _snapshot(run: Setting) -> list[Table]:
    """Of all that the reference folder has, where --full is given; of the run's own release otherwise."""
    home = run.home
    if run.options.full:
        home = run.scratch / "full-set"
        run.tell("everything in the reference folder is archived, which takes a few minutes")
        reference = Path(os.environ["HEADWATER_REFERENCE"])
        archive_into(home, {name: reference / path for name, path in FULL_SET.items()})
    return [index_table(home, run.scratch, run.tell)]


def _swap(run: Setting) -> list[Table]:
    return [swap_table(run.home, learners_of(run.snapshot, run.examples), run.scratch, run.tell)]


def _load(run: Setting) -> list[Table]:
    assert run.home
    assert run.load_times is not None
    return [load_table(run.load_times)]


def _colleges(run: Setting) -> list[Table]:
    question = read_question(run.examples) if run.examples else None
    return [plan_table(run.snapshot, question, run.options.scales, run.few, run.tell)]


def _plans(run: Setting) -> list[Table]:
    cases = run.options.plan_cases
    skills, objectives = skills_of(run.snapshot), run.options.plan_objectives
    return [scale_table(skills, cases, run.tell, objective=Objective[each.upper()]) for each in objectives if cases]


def _stewards(run: Setting) -> list[Table]:
    """Empties the graph: comes after all others that ask it."""
    assert run.home
    run.tell("stewards: the same again, roll-back")
    return [steward_table(run.server[1], run.sources[0], dataset_name(run.sources[0]))]


def _growth(run: Setting) -> list[Table]:
    learners = learners_of(run.snapshot, run.examples)
    return [match_growth(run.home, learners, run.options.scales, run.options.rounds, run.scratch, run.tell)]


def _made(run: Setting) -> list[Table]:
    sizes = run.options.made or [*MADE_ROLES, *([LARGEST_MADE] if run.options.full else [])]
    return [made_table(list(sizes), run.few, run.tell)]


def _many_credentials(run: Setting) -> list[Table]:
    folder = run.scratch / "credentials"
    folder.mkdir()
    return [many_table(folder, run.few, run.tell)]


def _batch(run: Setting) -> list[Table]:
    return [batch_table(*run.index, run.options.learners, run.scratch, run.tell)]


MAKERS: Mapping[str, Callable[[Setting], list[Table]]] = {
    "match": _match,
    "library": _library,
    "throughput": _throughput,
    "snapshot": _snapshot,
    "swap": _swap,
    "load": _load,
    "stewards": _stewards,
    "colleges": _colleges,
    "plans": _plans,
    "case": lambda run: [case_table(run.few)],
    "credentials": lambda run: [proof_table(run.options.rounds)],
    "many-credentials": _many_credentials,
    "growth": _growth,
    "made": _made,
    "batch": _batch,
    "talent": lambda run: [talent_table(TALENTS_FULL if run.options.full else TALENTS, run.scratch, run.tell)],
}
"""By the word that asks for it, in the order of being shown."""
NEED_NEO4J = ("match", "library", "throughput", "swap", "load", "stewards")


def chosen(options: argparse.Namespace) -> list[str]:
    """The words of the tables that are made, in the order of being shown. Raises ValueError for a word that is none."""
    only, skipped = (
        {word for text in texts or () for word in text.replace(",", " ").split()}
        for texts in (options.only, options.skip)
    )
    if unknown := sorted((only | skipped) - set(MAKERS)):
        raise ValueError(f"There is no table {unknown[0]!r}; there are: {', '.join(MAKERS)}.")
    return [name for name in MAKERS if (name in only or not options.only) and name not in skipped]


def make_tables(run: Setting) -> list[Table]:
    """The tables that are asked for."""
    names = chosen(run.options)
    if set(names) & set(NEED_NEO4J):
        assert run.server
    made: dict[str, list[Table]] = {}
    for name in sorted(names, key=("swap", "stewards").__contains__):  # the two change what is loaded
        run.tell(f"table: {name}")
        made[name] = MAKERS[name](run)
    return [table for name in names for table in made[name]]
