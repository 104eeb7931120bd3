"""The rival that comes ready made answers as the engine does, and requests a second are counted. Nothing is timed."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import neo4j
import pytest
from service_world import iri, world_folder

from benchmarks.library_rival import SOURCE, NotMadeError, install, is_fetched, library_versions, statement
from benchmarks.matching import Bench, Effort
from benchmarks.processes import free_port
from benchmarks.questions import Learner, engine_answer, shown_answer
from benchmarks.serving import BESIDE, library_table, not_made
from benchmarks.throughput import CONNECTIONS, Contender, Throughput, ask_all, measure
from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import Snapshot
from graph.store import Store

LEARNERS = [
    Learner(name="nothing"),
    Learner(name="taught", courses=(iri("course-network"), iri("course-python"))),
    Learner(name="certified", credentials=(iri("secure"),), competencies=(iri("firewalls"), iri("network"))),
    Learner(name="python", competencies=(iri("python"),)),
]


@pytest.fixture
def snapshot(home: Path, connection: Connection) -> Snapshot:
    """The small world, published."""
    with Store(connection) as store:
        world_folder(home, store)
    return Releases(home).snapshot()


def test_the_field_s_statement_gives_the_answer_of_the_engine(snapshot: Snapshot, connection: Connection) -> None:
    """Asked with the argument of the GraphQL field, as the library passes it on; nothing else is a parameter."""
    text = statement()
    assert set(re.findall(r"\$(\w+)", text)) == {"held", "first"}
    with neo4j.GraphDatabase.driver(
        connection.uri, auth=(connection.username, connection.password), notifications_min_severity="OFF"
    ) as driver:
        for learner in LEARNERS:
            asked = {**learner.variables(), "first": 10}
            [row] = driver.execute_query(text, asked, database_=connection.database).records
            assert shown_answer({"match": row["page"]}) == engine_answer(snapshot, learner)


def test_versions_are_pinned_and_no_registry_is_named() -> None:
    """Each package has one version and a checksum; where it comes from is the reader's npm's matter."""
    pinned = json.loads((SOURCE / "package.json").read_bytes())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
    assert pinned["@neo4j/graphql"].startswith("7.")
    assert f"@neo4j/graphql {pinned['@neo4j/graphql']}" in library_versions()
    lock = json.loads((SOURCE / "package-lock.json").read_bytes())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages.keys() >= {f"node_modules/{name}" for name in pinned}
    assert all("resolved" not in entry for entry in packages.values())
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())


def test_a_machine_without_node_is_told(tmp_path: Path) -> None:
    """The table says why it was not made; where one program is there, the other is named."""
    with pytest.raises(NotMadeError, match=r"^node and npm are not on this machine.$") as caught:
        install(path=str(tmp_path))
    table = not_made(str(caught.value))
    assert (table.title, table.rows) == (BESIDE, [])
    assert table.lines()[-2] == "Not made: node and npm are not on this machine."
    (tmp_path / "node").write_text("#!/bin/sh\n")
    (tmp_path / "node").chmod(0o755)
    with pytest.raises(NotMadeError, match=r"^npm is not on this machine.$"):
        install(path=str(tmp_path))


class _Handler(BaseHTTPRequestHandler):
    """Counts; says 200 to what is asked, 500 to `bad`."""

    protocol_version = "HTTP/1.1"
    counted: "Counted"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.counted.lock:
            self.counted.bodies.append((self.connection.getsockname()[1], body))
            self.counted.clients.add(self.client_address)
        self.send_response(500 if body == b"bad" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Counted:
    """What the services were asked."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.bodies: list[tuple[int, bytes]] = []
        self.clients: set[object] = set()


@contextmanager
def services(count: int) -> Iterator[tuple[tuple[int, ...], Counted]]:
    """So many HTTP servers on loopback."""
    counted = Counted()
    handler = type("Handler", (_Handler,), {"counted": counted})
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(count)]
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield tuple(server.server_port for server in servers), counted
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def test_requests_are_counted_over_eight_connections() -> None:
    """Each connection's first one is not; with two processes half of the connections go to each; all bodies are sent."""
    bodies = (b"one", b"two", b"three")
    with services(2) as (ports, counted):
        contender = Contender(name="made", ports=ports, path="/graphql", bodies=bodies)
        alone, both = Throughput(), Throughput()
        ask_all(contender, 1, 0.3, alone)
        assert {port for port, _ in counted.bodies} == {ports[0]}
        assert len(counted.clients) == CONNECTIONS
        assert len(alone.durations) == len(counted.bodies) - CONNECTIONS
        before = len(counted.bodies)
        ask_all(contender, 2, 0.3, both)
        assert len(counted.clients) == 2 * CONNECTIONS
        assert {port for port, _ in counted.bodies[before:]} == set(ports)
    assert {body for _, body in counted.bodies} == set(bodies)
    assert alone.seconds >= 0.3
    assert alone.rate == len(alone.durations) / alone.seconds
    assert min(alone.durations) <= alone.p95() <= max(alone.durations)


def test_contenders_are_asked_in_turns() -> None:
    """One process and two, each in two stretches: the first to be asked is the last as well."""
    with services(2) as (ports, counted):
        contenders = [Contender(name=name, ports=ports, path="/", bodies=(name.encode(),)) for name in ("A", "B")]
        found = measure(contenders, 0.1)
    assert found.keys() == {(name, count) for name in "AB" for count in (1, 2)}
    order = "".join(body.decode() for _, body in counted.bodies)
    assert re.fullmatch("A+B+A+B+A+", order)
    assert all(each.rate > 0 for each in found.values())


def test_a_service_that_does_not_answer_ends_the_count() -> None:
    """A status that is none, or nobody there, is an error and no figure."""
    with services(1) as (ports, _):
        contender = Contender(name="made", ports=ports, path="/", bodies=(b"good", b"good", b"bad"))
        with pytest.raises(RuntimeError, match=r"^made did not answer: / answered 500"):
            ask_all(contender, 1, 60, Throughput())
    nobody = Contender(name="nobody", ports=(free_port(),), path="/", bodies=(b"good",))
    with pytest.raises(RuntimeError, match=r"^nobody did not answer: "):
        ask_all(nobody, 1, 60, Throughput())


if is_fetched():  # by `make bench` before: no test fetches anything

    def test_the_library_gives_the_answer_of_the_engine(
        snapshot: Snapshot, home: Path, connection: Connection, tmp_path: Path
    ) -> None:
        """Over HTTP, beside Headwater; `library_table` itself ends where an answer is another."""
        bench = Bench(snapshot, LEARNERS, connection, Effort(rounds=1, seconds=60))
        table = asyncio.run(library_table(bench, install(), home, tmp_path, lambda _: None))
        assert len(table.rows) == 2
        assert not list(tmp_path.glob("library-*.json"))
