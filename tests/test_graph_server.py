"""The managed local Neo4j: real servers, real kills. Each test that stops or kills one has a data folder of its own."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import cast

import neo4j
import psutil
import pytest
from neo4j.exceptions import ClientError

from graph.distribution import cache_folder, provide_jars, read_lock
from graph.server import (
    Connection,
    ask_server,
    connect_server,
    inspect_server,
    read_connection,
    server_folder,
    stop_server,
)
from graph.server_folder import find_server, read_state
from graph.watchdog import server_environment, server_settings
from ontology.errors import InputError, UnavailableError

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 120.0


def wait_until(holds: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.05)


def ask(connection: Connection, query: str, **parameters: object) -> list[object]:
    """First column of a query's rows."""
    authentication = (connection.username, connection.password)
    with neo4j.GraphDatabase.driver(connection.uri, auth=authentication, notifications_min_severity="OFF") as driver:
        records, _, _ = driver.execute_query(query, parameters)
        return [record[0] for record in records]


@pytest.fixture
def managed(home: Path) -> Iterator[Path]:
    """A data folder whose server is stopped at the end, whatever the test did."""
    yield home
    stop_server(home)


USER = """
import json, sys
from pathlib import Path
from graph.server import connect_server
with connect_server(Path(sys.argv[1]), environment=json.loads(sys.argv[2])) as lease:
    print(lease.connection.uri, flush=True)
    sys.stdin.readline()
"""


@contextmanager
def user(home: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server until it is told to end, by a line or by kill -9."""
    process = subprocess.Popen(
        [sys.executable, "-c", USER, str(home), json.dumps(environment)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    """The URI that another process got."""
    assert process.stdout is not None
    uri = process.stdout.readline().strip()
    assert uri.startswith("bolt://127.0.0.1:")
    return uri


def is_gone(home: Path) -> bool:
    facts = inspect_server(home)
    return facts.pid is None and facts.watchdog_pid is None and not facts.stray_pids


# The server itself: these share the session's.


def test_it_listens_on_loopback_alone_and_speaks_bolt_alone(neo4j_server: Connection) -> None:
    """One port, on 127.0.0.1, and no HTTP connector."""
    port = int(neo4j_server.uri.rpartition(":")[2])
    listening = [item for item in psutil.net_connections("tcp") if item.status == psutil.CONN_LISTEN]
    addresses = [(item.pid, *cast("tuple[str, int]", item.laddr)) for item in listening]
    owner = next(pid for pid, _, number in addresses if number == port)
    places = {(ip.removeprefix("::ffff:"), number) for pid, ip, number in addresses if pid == owner}
    assert places == {("127.0.0.1", port)}


def test_the_password_is_generated_private_and_not_told(neo4j_server: Connection) -> None:
    """Long, in no repr, in no command line; without it nobody is let in."""
    assert len(neo4j_server.password) >= 32
    assert neo4j_server.password not in repr(neo4j_server)
    port = int(neo4j_server.uri.rpartition(":")[2])
    assert ask_server(port, neo4j_server.password) == ""
    assert ask_server(port, "neo4j").startswith("Neo.ClientError.Security")
    for process in psutil.process_iter(["cmdline"]):
        assert not any(neo4j_server.password in part for part in process.info["cmdline"] or ())


@pytest.mark.parametrize("source", ["file:///etc/passwd", "http://127.0.0.1:{port}/", "http://[::1]:{port}/"])
def test_cypher_reads_neither_files_nor_network(
    neo4j_driver: neo4j.Driver, neo4j_server: Connection, source: str
) -> None:
    """LOAD CSV, which does both by default, is refused by setting, not for want of a listener."""
    port = neo4j_server.uri.rpartition(":")[2]
    with neo4j_driver.session() as session, pytest.raises(ClientError) as caught:
        session.run("LOAD CSV FROM $source AS row RETURN row", source=source.format(port=port)).consume()
    assert any(word in str(caught.value) for word in ("configuration property", "blocklist", "blocked"))


def test_the_settings_are_those_that_the_server_runs_with(neo4j_driver: neo4j.Driver) -> None:
    """No usage report, no preallocated logs, no HTTP: as Neo4j itself tells them."""
    with neo4j_driver.session() as session:
        told = dict(session.run("SHOW SETTINGS YIELD name, value").values())
    for name in ("dbms.usage_report.enabled", "db.tx_log.preallocate", "server.http.enabled", "server.https.enabled"):
        assert told[name] == "false", name
    assert told["server.memory.pagecache.size"] == "256.00MiB"
    assert told["dbms.security.allow_csv_import_from_file_urls"] == "false"


@pytest.mark.parametrize("time", ["first", "second"])
def test_the_graph_is_empty_for_each_test(neo4j_driver: neo4j.Driver, time: str) -> None:
    """Nodes, constraints and indexes of the test before are gone: this one leaves some of each, twice."""
    with neo4j_driver.session() as session:
        assert session.run("MATCH (n) RETURN count(n)").single(strict=True)[0] == 0
        session.run("CREATE CONSTRAINT one FOR (n:Thing) REQUIRE n.iri IS UNIQUE").consume()
        session.run("CREATE FULLTEXT INDEX words FOR (n:Thing) ON EACH [n.label]").consume()
        session.run("CREATE (:Thing {iri: $time})-[:KNOWS]->(:Thing {iri: 'c'})", time=time).consume()


# Lease and watchdog.


def test_two_processes_at_once_get_the_same_server_and_it_outlives_neither(
    managed: Path, managed_environment: dict[str, str]
) -> None:
    """Both start at the same moment on an empty folder; one server serves both. After kill -9 of both it stops by itself."""
    with user(managed, managed_environment) as first, user(managed, managed_environment) as second:
        assert said(first) == said(second)
        facts = inspect_server(managed)
        assert {first.pid, second.pid} <= set(facts.lease_pids)
        assert facts.stray_pids == ()
        assert facts.watchdog_pid is not None
        assert os.getsid(facts.watchdog_pid) not in (os.getsid(0), os.getsid(first.pid)), "Ctrl-C would reach it"
        first.send_signal(signal.SIGKILL)
        first.wait()
        time.sleep(4)
        assert inspect_server(managed).pid == facts.pid, "stopped although the second one uses it"
        second.send_signal(signal.SIGKILL)
        second.wait()
        wait_until(lambda: is_gone(managed), "the watchdog's stop")
    assert read_state(server_folder(managed)) is None


def test_it_starts_anew_after_every_kind_of_kill_with_its_data(
    managed: Path, managed_environment: dict[str, str]
) -> None:
    """kill -9 of the server under a lease: its watchdog starts it again on the same port. Of the watchdog: the next use
    adopts the running server. Of all three, with a state that names a living stranger: the next use starts anew.
    """
    with user(managed, managed_environment) as owner:
        uri = said(owner)
        with connect_server(managed, environment=managed_environment) as lease:
            assert lease.connection.uri == uri
            ask(lease.connection, "CREATE (:Kept {number: 1})")
            before = inspect_server(managed)
            assert before.pid is not None
            os.kill(before.pid, signal.SIGKILL)
            wait_until(lambda: inspect_server(managed).pid not in (None, before.pid), "the restart")
            with connect_server(managed, environment=managed_environment) as again:
                assert again.connection.uri == uri
                assert ask(again.connection, "MATCH (n:Kept) RETURN n.number") == [1]
                ask(again.connection, "CREATE (:Kept {number: 2})")

        orphan = inspect_server(managed)
        assert orphan.pid is not None
        assert orphan.watchdog_pid is not None
        os.kill(orphan.watchdog_pid, signal.SIGKILL)
        wait_until(lambda: inspect_server(managed).watchdog_pid is None, "the watchdog's end")
        assert inspect_server(managed).pid == orphan.pid
        with connect_server(managed, environment=managed_environment) as lease:
            adopted = inspect_server(managed)
            assert adopted.pid == orphan.pid
            assert adopted.watchdog_pid not in (None, orphan.watchdog_pid)
            assert ask(lease.connection, "MATCH (n:Kept) RETURN count(n)") == [2]

        assert adopted.pid is not None
        assert adopted.watchdog_pid is not None
        os.kill(adopted.watchdog_pid, signal.SIGKILL)
        os.kill(adopted.pid, signal.SIGKILL)
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    wait_until(lambda: not psutil.pid_exists(adopted.pid or 0), "the server's end")
    assert inspect_server(managed).stale_state
    # The pid of the killed server was given to somebody else meanwhile: to this test.
    folder = server_folder(managed)
    state = json.loads(folder.state.read_text("utf-8"))
    folder.state.write_text(json.dumps({**state, "pid": os.getpid(), "created": psutil.Process().create_time()}))
    with connect_server(managed, environment=managed_environment) as lease:
        assert inspect_server(managed).pid not in (None, os.getpid())
        assert ask(lease.connection, "MATCH (n:Kept) RETURN n.number ORDER BY n.number") == [1, 2]


def test_a_port_that_another_holds_is_left_to_it_and_it_is_told_nothing(
    managed: Path, managed_environment: dict[str, str]
) -> None:
    """Another Neo4j has the port of last time: ours takes another. A state that names the other's port leads nobody there."""
    with connect_server(managed, environment=managed_environment) as lease:
        port = int(lease.connection.uri.rpartition(":")[2])
    assert stop_server(managed)
    assert is_gone(managed)
    with listener(port) as heard:
        with connect_server(managed, environment=managed_environment) as lease:
            assert lease.connection.uri != f"bolt://127.0.0.1:{port}"
            assert ask(lease.connection, "RETURN 1") == [1]
            # Whoever comes now reads a state with our server's pid and the other's port: it must not speak to the other.
            folder = server_folder(managed)
            true = folder.state.read_text("utf-8")
            folder.state.write_text(json.dumps({**json.loads(true), "port": port}), "utf-8")
            with user(managed, managed_environment) as other:
                time.sleep(2)
                assert other.poll() is None
                folder.state.write_text(true, "utf-8")
                assert said(other) == lease.connection.uri
        assert heard == []


@contextmanager
def listener(port: int) -> Iterator[list[bytes]]:
    """Somebody else on a port, and what it was told."""
    heard: list[bytes] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()

        def accept() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.settimeout(5)
                    heard.append(peer.recv(1000))

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield heard
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)


def test_any_path_and_any_java_around_will_do(managed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blanks, umlauts and a colon in both paths, a plain C locale; around it a broken java in PATH, a wrong JAVA_HOME, and
    options that would stop any Java.
    """
    wrong = tmp_path / "wrong" / "bin"
    wrong.mkdir(parents=True)
    marker = tmp_path / "called"
    (wrong / "java").write_text(f"#!/bin/sh\ntouch '{marker}'\nexit 1\n", "utf-8")
    (wrong / "java").chmod(0o755)
    home = managed / "Größe 技能: data"
    lock = read_lock()
    shared = cache_folder(os.environ, lock.version)
    provide_jars(shared, lock)
    cache = tmp_path / "cäche: jars" / shared.name
    cache.mkdir(parents=True)
    for jar in lock.jars:
        (cache / jar.file_name).symlink_to(shared / jar.file_name)
    monkeypatch.setenv("PATH", f"{wrong}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("JAVA_HOME", str(wrong.parent))
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Xmx1k")
    monkeypatch.setenv("JDK_JAVA_OPTIONS", "--no-such-option")
    monkeypatch.setenv("NEO4J_HOME", "/nowhere")
    monkeypatch.setenv("LC_ALL", "C")
    environment = {"HEADWATER_CACHE": str(cache.parent), "HEADWATER_NEO4J_HEAP": "400m", "HEADWATER_NEO4J_GRACE": "0.5"}
    with connect_server(home, environment=environment) as lease:
        assert ask(lease.connection, "CREATE (n:Kept {name: 'ü'}) RETURN n.name") == ["ü"]
        heap = "SHOW SETTINGS YIELD name, value WHERE name = 'server.memory.heap.max_size' RETURN value"
        assert ask(lease.connection, heap) == ["400.00MiB"]
        files = list((home / "neo4j").iterdir())
    assert not marker.exists()
    assert {"data", "logs", "password", "server.json"} <= {path.name for path in files}
    assert stat.S_IMODE((home / "neo4j" / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "neo4j").stat().st_mode) == 0o700
    begun = time.monotonic()
    wait_until(lambda: is_gone(home), "the watchdog's stop")
    assert time.monotonic() - begun < 60
    size = sum(path.stat().st_size for path in (home / "neo4j" / "data").rglob("*") if path.is_file())
    assert size < 20_000_000, "an empty store takes megabytes, not half a gigabyte"

    # Without its password the data cannot be opened: said at once, with what to do, and no new one is made.
    (home / "neo4j" / "password").unlink()
    with pytest.raises(UnavailableError) as caught:
        connect_server(home, environment=environment)
    assert caught.value.code == "neo4j.start"
    assert "password" in caught.value.message
    assert not (home / "neo4j" / "password").exists()
    # The way out that docs/neo4j.md tells.
    for part in ("databases/system", "transactions/system", "dbms"):
        shutil.rmtree(home / "neo4j" / "data" / part)
    with connect_server(home, environment=environment) as lease:
        assert ask(lease.connection, "MATCH (n:Kept) RETURN count(n)") == [1]


def test_a_folder_removed_under_it_takes_its_server_along(managed: Path, managed_environment: dict[str, str]) -> None:
    """rm -r of the data folder, and made anew: the old server ends, the new one is empty."""
    with connect_server(managed, environment=managed_environment) as lease:
        ask(lease.connection, "CREATE (:Kept)")
        old = inspect_server(managed)
        server_folder(managed).root.rename(managed / "removed")
        wait_until(lambda: not psutil.pid_exists(old.pid or 0), "the old server's end")
        wait_until(lambda: not psutil.pid_exists(old.watchdog_pid or 0), "the old watchdog's end")
    with connect_server(managed, environment=managed_environment) as lease:
        assert ask(lease.connection, "MATCH (n) RETURN count(n)") == [0]


def test_a_server_that_cannot_start_says_what_it_said(managed: Path, managed_environment: dict[str, str]) -> None:
    """A heap of 1 KB: an error, and nothing running, with the end of Java's own output in the hint."""
    with pytest.raises(UnavailableError) as caught:
        connect_server(managed, environment={**managed_environment, "HEADWATER_NEO4J_HEAP": "1k"})
    assert caught.value.code == "neo4j.start"
    assert "too small" in str(caught.value.hint).lower()
    assert is_gone(managed)
    facts = inspect_server(managed)
    assert facts.failure is not None


def test_stopping_what_does_not_run_is_no_fault(home: Path) -> None:
    """False, and nothing is made."""
    assert stop_server(home) is False
    assert list(home.iterdir()) == []


# What needs no server.


def test_a_read_only_folder_is_an_input_error_with_the_way_out(
    home: Path, managed_environment: dict[str, str], read_only: Callable[[Path], AbstractContextManager[None]]
) -> None:
    """`home.not-writable`, and the hint names HEADWATER_HOME."""
    with read_only(home), pytest.raises(InputError) as caught:
        connect_server(home / "data", environment=managed_environment)
    assert caught.value.code == "home.not-writable"
    assert "HEADWATER_HOME" in str(caught.value.hint)


def test_a_file_in_the_folders_place_is_an_input_error(home: Path, managed_environment: dict[str, str]) -> None:
    """The data folder is a file."""
    (home / "data").write_text("", "utf-8")
    with pytest.raises(InputError) as caught:
        connect_server(home / "data", environment=managed_environment)
    assert caught.value.code == "home.not-writable"


@pytest.mark.usefixtures("no_network")
def test_no_network_at_the_first_use_leaves_nothing_running(home: Path, tmp_path: Path) -> None:
    """An empty cache and a repository on a port where nobody listens: `neo4j.offline`, no process, no lease."""
    with pytest.raises(UnavailableError) as caught:
        connect_server(home, environment={"HEADWATER_CACHE": str(tmp_path / "cache")})
    assert caught.value.code == "neo4j.offline"
    assert is_gone(home)
    assert inspect_server(home).lease_pids == ()


def test_neo4j_uri_wins_and_nothing_is_started(home: Path) -> None:
    """The four variables make the connection; the folder stays empty and the server is not asked."""
    environment = {
        "NEO4J_URI": "neo4j://db.example:7687",
        "NEO4J_USERNAME": "reader",
        "NEO4J_PASSWORD": "secret",
        "NEO4J_DATABASE": "skills",
    }
    with connect_server(home, environment=environment) as lease:
        assert lease.connection == Connection(
            uri="neo4j://db.example:7687", username="reader", password="secret", database="skills", managed=False
        )
    assert "secret" not in repr(lease.connection)
    assert list(home.iterdir()) == []
    assert read_connection({"NEO4J_URI": "  "}) is None


@pytest.mark.parametrize("uri", ["localhost:7687", "http://localhost:7474", "bolt://", "postgres://x"])
def test_a_uri_that_is_none_of_neo4j_is_refused(home: Path, uri: str) -> None:
    """`neo4j.uri`, before anything is tried."""
    with pytest.raises(InputError) as caught:
        connect_server(home, environment={"NEO4J_URI": uri})
    assert caught.value.code == "neo4j.uri"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADWATER_NEO4J_HEAP", "much"),
        ("HEADWATER_NEO4J_HEAP", "0m"),
        ("HEADWATER_NEO4J_PAGECACHE", "12"),
        ("HEADWATER_NEO4J_GRACE", "soon"),
        ("HEADWATER_NEO4J_GRACE", "-1"),
        ("HEADWATER_NEO4J_GRACE", "nan"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(
    home: Path, name: str, value: str, managed_environment: dict[str, str]
) -> None:
    """The variable and its value are in the message; nothing is started."""
    with pytest.raises(InputError) as caught:
        connect_server(home, environment={**managed_environment, name: value})
    assert caught.value.subject == name
    assert value in caught.value.message
    assert list(home.iterdir()) == []


def test_a_stale_state_is_not_believed(home: Path) -> None:
    """A pid that is gone, one of another program, one of another creation time, a file that is not whole."""
    folder = server_folder(home)
    folder.root.mkdir()
    me = psutil.Process()
    for pid, created in ((2**22 + 1, 0.0), (me.pid, me.create_time()), (me.pid, 0.0)):
        text = json.dumps({"pid": pid, "created": created, "port": 7687, "version": "5"})
        folder.state.write_text(text, "utf-8")
        assert find_server(folder, read_state(folder)) is None
        assert inspect_server(home).stale_state
    folder.state.write_text(text[:-9], "utf-8")
    assert read_state(folder) is None


def test_a_process_with_the_right_words_and_another_birth_is_not_ours(home: Path) -> None:
    """The pid was given to a program that names the same folder; only the creation time tells them apart."""
    folder = server_folder(home)
    folder.root.mkdir()
    words = ["org.neo4j.server.CommunityEntryPoint", f"--home-dir={folder.root}"]
    stranger = subprocess.Popen([sys.executable, "-c", "input()", *words], stdin=subprocess.PIPE)
    try:
        process = psutil.Process(stranger.pid)
        # Right after the start the kernel may not show the words yet.
        wait_until(lambda: words[0] in process.cmdline(), "the command line's appearance")
        created = process.create_time()
        state = {"pid": stranger.pid, "port": 7687, "version": "5"}
        folder.state.write_text(json.dumps({**state, "created": created - 60}), "utf-8")
        assert find_server(folder, read_state(folder)) is None
        folder.state.write_text(json.dumps({**state, "created": created}), "utf-8")
        assert find_server(folder, read_state(folder)) is not None
    finally:
        stranger.communicate(b"\n")


def test_what_does_not_speak_bolt_is_not_taken_for_a_server() -> None:
    """A web server answers the handshake with HTTP; nobody at all refuses."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = int(server.getsockname()[1])

        def answer() -> None:
            peer, _ = server.accept()
            with peer:
                peer.recv(100)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert ask_server(port, "secret") == "not-bolt"
        thread.join()
    with pytest.raises(ConnectionRefusedError):
        ask_server(port, "secret")


def test_no_variable_of_another_java_or_neo4j_reaches_the_server() -> None:
    """Only what changes nothing is inherited; file names are UTF-8."""
    given = {"PATH": "/bin", "JAVA_HOME": "/x", "_JAVA_OPTIONS": "-Xmx1k", "JDK_JAVA_OPTIONS": "-x", "NEO4J_CONF": "/y"}
    assert server_environment({**given, "LC_ALL": "C", "CLASSPATH": "z"}) == {
        "PATH": "/bin",
        "LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
    }


def test_the_configuration_names_no_place_but_loopback() -> None:
    """Every address in it is 127.0.0.1; both HTTP connectors are off."""
    settings = server_settings(port=12345, heap="1g", page_cache="64m")
    addresses = {name: value for name, value in settings.items() if name.endswith("address")}
    assert addresses
    assert all(value.partition(":")[0] == "127.0.0.1" for value in addresses.values())
    assert settings["internal.dbms.cypher_ip_blocklist"] == "0.0.0.0/0,::/0"
