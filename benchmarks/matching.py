"""Match, the top ten with reasons: ours beside the rivals, through HTTP, in process, and without GraphQL."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil
import strawberry

from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import Snapshot
from service.announcing import Announcer
from service.issuing import Issuing
from service.learners import LearnerDesk
from service.limits import QueryLimits
from service.presenting import Presenting
from service.schema import build_schema
from service.schema.context import Context
from service.schema.loaders import Loaders
from service.schema.state import ReleaseState
from service.settings import load_settings
from service.stewardship import Stewardship
from service.verifying import DocumentVerifier

from .cypher_match import CypherMatcher
from .processes import Client, free_port, request_body, service
from .questions import (
    MATCH,
    MATCH_WITHOUT_SENTENCES,
    RANKED,
    Json,
    Learner,
    ask_engine,
    engine_answer,
    shown_answer,
)
from .report import TIMED_COLUMNS, Table, megabytes, timed_cells
from .rivals import build_cypher_schema, write_answers
from .static_resolver import Key, build_static_schema
from .timing import Ask, Sample, interleave, ratio

Tell = Callable[[str], None]
OWN = "Headwater"
STATIC = "static resolver, as documented"
TUNED = "static resolver, tuned"
CYPHER = "the same in Cypher"
SERVE = ("-c", "from service.cli import main; main()", "serve")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is asked: rounds of each comparison at most, and after how many seconds it ends."""

    rounds: int
    seconds: float


class Bench:
    """One release and its learners, with the answers that every contender must give."""

    def __init__(self, snapshot: Snapshot, learners: Sequence[Learner], connection: Connection, effort: Effort) -> None:
        self.snapshot = snapshot
        self.learners = learners
        self.connection = connection
        self.effort = effort
        self.expected = [engine_answer(snapshot, learner) for learner in learners]
        self._limits = QueryLimits()
        self._state = ReleaseState(snapshot)
        nowhere = Path("/nonexistent")  # nobody asks it for what a steward may do
        self._stewardship = Stewardship(load_settings(home=nowhere), Releases(nowhere))
        self._issuing = Issuing(nowhere, None)
        self._learners = LearnerDesk(nowhere, None)
        self._presenting = Presenting(nowhere, "https://skills.example")
        self._verifier = DocumentVerifier(load_settings(home=nowhere))
        self._schema = build_schema(self._limits, introspection=True, suggestions=True)

    async def prepare(self) -> dict[Key, Json]:
        """What the static resolver gives back: our own answers. Raises RuntimeError where one is wrong."""
        answers: dict[Key, Json] = {}
        for place, learner in enumerate(self.learners):
            data = await _execute(self._schema, MATCH, learner, self._context())
            self.check(place, data, OWN)
            match = data["match"]
            assert isinstance(match, dict)
            answers[learner.key] = match
        return answers

    def check(self, place: int, data: Json, name: str) -> None:
        """Nothing, where the answer is right. Raises RuntimeError."""
        if shown_answer(data) != self.expected[place]:
            raise RuntimeError(f"{name} gives another answer for the learner {self.learners[place].name!r}.")

    def _context(self) -> Context:
        return Context(
            release=self._state,
            loaders=Loaders(None, lambda: False),
            limits=self._limits,
            published=lambda: (),
            stewardship=self._stewardship,
            issuing=self._issuing,
            learners=self._learners,
            announcer=Announcer(lambda: self.snapshot.release),
            verifier=self._verifier,
            presenting=self._presenting,
        )

    async def engine(self, tell: Tell) -> Table:
        """The question without GraphQL: on the snapshot, and as one Cypher statement."""
        held = [learner.held(self.snapshot) for learner in self.learners]
        async with CypherMatcher(self.connection) as matcher:
            for place, learner in enumerate(self.learners):
                self.check(place, {"match": await matcher.ask(learner)}, CYPHER)

            async def own(place: int) -> int:
                ask_engine(self.snapshot, held[place])
                return 0

            async def cypher(place: int) -> int:
                await matcher.ask(self.learners[place])
                return 0

            samples = await self.interleaved("engine", {OWN: own, CYPHER: cypher}, tell)
        table = Table(title="Match top 10 with reasons, no GraphQL", columns=(*TIMED_COLUMNS, "x Headwater"))
        table.add("Headwater, on the snapshot", *timed_cells(samples[OWN]), 1.0)
        table.add("Cypher, one statement, plan cached", *timed_cells(samples[CYPHER]), _over(samples, CYPHER))
        return table

    async def in_process(self, answers: dict[Key, Json], tell: Tell) -> Table:
        """The GraphQL documents executed in this process."""
        static, tuned = build_static_schema(answers, tuned=False), build_static_schema(answers, tuned=True)
        async with CypherMatcher(self.connection) as matcher:
            cypher = build_cypher_schema(matcher)
            schemas: dict[str, tuple[strawberry.Schema, str]] = {
                OWN: (self._schema, MATCH),
                STATIC: (static, MATCH),
                TUNED: (tuned, MATCH),
                CYPHER: (cypher, MATCH_WITHOUT_SENTENCES),
            }
            for name, (schema, document) in schemas.items():
                for place, learner in enumerate(self.learners):
                    self.check(place, await _execute(schema, document, learner, self._context()), name)

            def asking(schema: strawberry.Schema, document: str) -> Ask:
                async def ask(place: int) -> int:
                    await _execute(schema, document, self.learners[place], self._context())
                    return 0

                return ask

            contenders = {name: asking(schema, document) for name, (schema, document) in schemas.items()}
            samples = await self.interleaved("in process", contenders, tell)
        return _compared("Match top 10 with reasons, GraphQL in process", samples)

    async def over_http(
        self, answers: dict[Key, Json], home: Path, folder: Path, tell: Tell
    ) -> tuple[list[Table], dict[str, float]]:
        """The same documents sent to services on loopback, and the services' memory in bytes.

        Then the page without what is met and missing, whose answers are the same for all.
        """
        prepared = folder / "answers.json"
        write_answers(prepared, answers)
        own_port, rival_port = free_port(), free_port()
        with ExitStack() as stack:
            own_process = stack.enter_context(
                service((*SERVE, "--port", str(own_port), "--home", str(home)), own_port, "/readyz", folder)
            )
            started = own_process.memory_info().rss
            rivals = ("-m", "benchmarks.rivals", str(rival_port), str(prepared), str(home))
            rival_process = stack.enter_context(service(rivals, rival_port, "/", folder))
            clients = {
                OWN: Client(own_port, "/graphql"),
                STATIC: Client(rival_port, "/static/"),
                TUNED: Client(rival_port, "/tuned/"),
                CYPHER: Client(rival_port, "/cypher/"),
            }
            contenders: dict[str, Ask] = {}
            for name, client in clients.items():
                stack.callback(client.close)
                document = MATCH_WITHOUT_SENTENCES if name == CYPHER else MATCH
                for place, learner in enumerate(self.learners):
                    self.check(place, client.ask(document, learner.variables()), f"{name} over HTTP")
                contenders[name] = self.sending(client, document)
            samples = await self.interleaved("HTTP", contenders, tell)
            ranked = await self._ranked({name: clients[name] for name in (OWN, STATIC, TUNED)}, tell)
            memory = {
                "Headwater service, started": float(started),
                "Headwater service, after the requests": float(own_process.memory_info().rss),
                "Strawberry service of the rivals": float(rival_process.memory_info().rss),
            }
        tables = [
            _compared("Match top 10 with reasons, HTTP", samples),
            _compared("Match top 10 without reasons, HTTP", ranked),
        ]
        return tables, memory

    async def _ranked(self, clients: dict[str, Client], tell: Tell) -> dict[str, Sample]:
        """Samples of the page without reasons. Raises RuntimeError where answers differ."""
        for learner in self.learners:
            if len({orjson.dumps(client.ask(RANKED, learner.variables())) for client in clients.values()}) != 1:
                raise RuntimeError(f"The ranked roles of {learner.name!r} are not the same for all.")
        return await self.interleaved(
            "HTTP, without reasons", {name: self.sending(client, RANKED) for name, client in clients.items()}, tell
        )

    def sending(self, client: Client, document: str) -> Ask:
        """Each learner's question, sent over one connection."""
        bodies = [request_body(document, learner.variables()) for learner in self.learners]

        async def ask(place: int) -> int:
            return len(client.send(bodies[place]))

        return ask

    async def interleaved(self, title: str, contenders: dict[str, Ask], tell: Tell) -> dict[str, Sample]:
        """Samples of all contenders, who take turns."""

        def told(done: int, rounds: int) -> None:
            tell(f"{title}: round {done} of at most {rounds}")

        return await interleave(
            contenders, len(self.learners), self.effort.rounds, self.effort.seconds, told, slow=(CYPHER,)
        )


async def _execute(schema: strawberry.Schema, document: str, learner: Learner, context: object) -> Json:
    result = await schema.execute(document, variable_values=learner.variables(), context_value=context)
    if result.errors or result.data is None:
        raise RuntimeError(f"The question of {learner.name!r} was not answered: {result.errors}")
    return result.data


def _over(samples: dict[str, Sample], name: str) -> float:
    return ratio(samples[name], samples[OWN])


def _compared(title: str, samples: dict[str, Sample]) -> Table:
    table = Table(title=title, columns=(*TIMED_COLUMNS, "Headwater / it"))
    for name, sample in samples.items():
        table.add(name, *timed_cells(sample), ratio(samples[OWN], sample))
    return table


def memory_table(memory: dict[str, float], snapshot_file: Path, neo4j: Connection) -> Table:
    """Memory of the processes and size of the index."""
    table = Table(title="Memory", columns=("MB",))
    for name, count in memory.items():
        table.add(name, megabytes(count))
    table.add("snapshot file, shared by all workers of a machine", megabytes(snapshot_file.stat().st_size))
    port = int(neo4j.uri.rpartition(":")[2])
    for process in psutil.process_iter(["name"]):
        try:
            if any(each.laddr.port == port and each.status == "LISTEN" for each in process.net_connections("tcp")):
                table.add("managed Neo4j", megabytes(process.memory_info().rss))
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    table.remarks.append("Resident memory; what is mapped from the snapshot file counts in each process.")
    return table
