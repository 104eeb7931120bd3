"""The match as services answer it: beside @neo4j/graphql on the same Neo4j, and requests a second of all of them."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import psutil

from .library_rival import library_service, library_versions, node_version
from .matching import OWN, SERVE, STATIC, TUNED, Bench, Tell
from .processes import Client, free_port, request_body, service
from .questions import MATCH_WITHOUT_SENTENCES, RANKED, Json
from .report import TIMED_COLUMNS, Table, timed_cells
from .rivals import write_answers
from .static_resolver import Key
from .throughput import CONNECTIONS, PROCESSES, Contender, measure
from .timing import ratio

LIBRARY = "@neo4j/graphql 7, a @cypher field"
BESIDE = "Beside @neo4j/graphql 7: match top 10 with reasons, HTTP"


async def library_table(bench: Bench, installed: Path, home: Path, folder: Path, tell: Tell) -> Table:
    """The same document sent to Headwater and to the library's service, in turns. All answers are the engine's.

    Raises RuntimeError where one is not.
    """
    own_port, port = free_port(), free_port()
    with ExitStack() as stack:
        stack.enter_context(_own(own_port, home, folder))
        stack.enter_context(library_service(installed, bench.connection, port, folder))
        contenders = {}
        for name, client in {OWN: Client(own_port, "/graphql"), LIBRARY: Client(port, "/")}.items():
            stack.callback(client.close)
            for place, learner in enumerate(bench.learners):
                bench.check(place, client.ask(MATCH_WITHOUT_SENTENCES, learner.variables()), f"{name} over HTTP")
            contenders[name] = bench.sending(client, MATCH_WITHOUT_SENTENCES)
        samples = await bench.interleaved("beside @neo4j/graphql", contenders, tell)
    table = Table(title=BESIDE, columns=(*TIMED_COLUMNS, "x Headwater"))
    for name, sample in samples.items():
        table.add(name, *timed_cells(sample), ratio(sample, samples[OWN]))
    table.remarks.append(f"{library_versions()}; node {node_version()}. The document has no sentences, for either.")
    return table


def not_made(reason: str) -> Table:
    """The table where the library cannot be run."""
    return Table(title=BESIDE, columns=("result",), remarks=[f"Not made: {reason}"])


def throughput_tables(
    bench: Bench,
    answers: Mapping[Key, Json],
    home: Path,
    folder: Path,
    installed: Path | None,
    seconds: float,
    tell: Tell,
) -> list[Table]:
    """Requests a second of Headwater, the static resolver, and the library where it is installed.

    With reasons all are asked one document; without them the library is not asked, whose statement makes them anyway.

    Args:
        seconds: how long each contender is asked with one process, and with two.
    """
    prepared = folder / "answers.json"
    write_answers(prepared, answers)
    with ExitStack() as stack:
        ports: dict[str, list[int]] = {"own": [], "static": [], "library": []}
        for _ in range(max(PROCESSES)):
            ports["own"].append(port := free_port())
            stack.enter_context(_own(port, home, folder))
            ports["static"].append(port := free_port())
            rivals = ("-m", "benchmarks.rivals", str(port), str(prepared), str(home))
            stack.enter_context(service(rivals, port, "/", folder))
            if installed is not None:
                ports["library"].append(port := free_port())
                stack.enter_context(library_service(installed, bench.connection, port, folder))
        services = [(OWN, "own", "/graphql"), (STATIC, "static", "/static/"), (TUNED, "static", "/tuned/")]
        tables = []
        for what, document in (("with reasons", MATCH_WITHOUT_SENTENCES), ("without reasons", RANKED)):
            asked = [*services, *([(LIBRARY, "library", "/")] if installed is not None and document != RANKED else [])]
            bodies = tuple(request_body(document, learner.variables()) for learner in bench.learners)
            contenders = []
            for name, key, path in asked:
                contenders.append(Contender(name=name, ports=tuple(ports[key]), path=path, bodies=bodies))
                for port in ports[key]:  # documents, plans and pages of a process that has just started
                    _warm(port, path, bodies)
            tell(f"requests a second, {what}: some {2 * seconds * len(contenders):.0f} s")
            tables.append(_table(what, contenders, seconds))
    return tables


def _own(port: int, home: Path, folder: Path) -> AbstractContextManager[psutil.Process]:
    return service((*SERVE, "--port", str(port), "--home", str(home)), port, "/readyz", folder)


def _warm(port: int, path: str, bodies: tuple[bytes, ...]) -> None:
    client = Client(port, path)
    for body in (*bodies, *bodies):
        client.send(body)
    client.close()


def _table(what: str, contenders: list[Contender], seconds: float) -> Table:
    found = measure(contenders, seconds)
    columns = ("1 process", "2 processes", "x one", "p95 ms, 1", "p95 ms, 2", "Headwater / it")
    table = Table(title=f"Requests a second, match top 10 {what}", columns=columns)
    for contender in contenders:
        one, two = (found[contender.name, count] for count in PROCESSES)
        own = found[OWN, 1].rate / one.rate
        table.add(contender.name, one.rate, two.rate, two.rate / one.rate, one.p95() * 1000, two.p95() * 1000, own)
    table.remarks.append(
        f"{CONNECTIONS} connections, {seconds:g} s each; Headwater / it: of one process. Who asks runs on the same "
        "cores, and Neo4j where it is asked: two processes have no two cores for themselves."
    )
    return table
