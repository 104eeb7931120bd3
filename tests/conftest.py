"""What tests share: one managed Neo4j a session, a clean graph for each test that asks for one.

The server is a real one in a folder of its own; NEO4J_URI is not looked at, for a test graph is emptied.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import neo4j
import pytest
from hypothesis import HealthCheck, settings
from service_world import world_folder

from graph.progress import stderr_progress
from graph.server import Connection, connect_server, stop_server
from graph.store import Store

settings.register_profile("headwater", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("headwater")

ReadOnly = Callable[[Path], AbstractContextManager[None]]
KEPT_VARIABLES = ("HEADWATER_CACHE", "XDG_CACHE_HOME", "HOME")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The torture takes an hour: it is collected only where it is asked for, by `make torture`."""
    asked = "torture" in (config.option.markexpr or "")
    return True if collection_path.name.startswith("test_torture_") and not asked else None


@pytest.fixture(scope="session")
def managed_environment() -> dict[str, str]:
    """An environment in which the server is always the managed one, with the jars of the shared cache."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory, managed_environment: dict[str, str]) -> Iterator[Connection]:
    """The session's managed server. Its graph is whatever the last test left: ask for `connection` or `neo4j_driver`."""
    home = tmp_path_factory.mktemp("session home")
    with stderr_progress() as progress:
        lease = connect_server(home, environment=managed_environment, progress=progress)
    with lease:
        yield lease.connection
    stop_server(home)


@pytest.fixture(scope="session")
def session_driver(neo4j_server: Connection) -> Iterator[neo4j.Driver]:
    """One driver for the session, for cleaning and for `neo4j_driver`."""
    authentication = (neo4j_server.username, neo4j_server.password)
    with neo4j.GraphDatabase.driver(
        neo4j_server.uri, auth=authentication, notifications_min_severity="OFF", telemetry_disabled=True
    ) as driver:
        yield driver


@pytest.fixture
def neo4j_driver(session_driver: neo4j.Driver) -> neo4j.Driver:
    """A driver on an empty graph: no node, no constraint, no index but Neo4j's own lookups."""
    empty_graph(session_driver)
    return session_driver


@pytest.fixture
def connection(neo4j_server: Connection, neo4j_driver: neo4j.Driver) -> Connection:
    """How to reach the session's server, on an empty graph."""
    assert neo4j_driver is not None
    return neo4j_server


@pytest.fixture(scope="module")
def emptied_server(neo4j_server: Connection, session_driver: neo4j.Driver) -> Connection:
    """How to reach the session's server, whose graph is empty when a module begins."""
    empty_graph(session_driver)
    return neo4j_server


@pytest.fixture(scope="module")
def world_home(emptied_server: Connection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the world of `service_world`, which is in Neo4j too."""
    with Store(emptied_server) as store:
        return world_folder(tmp_path_factory.mktemp("world") / "home", store)


def empty_graph(driver: neo4j.Driver) -> None:
    """Removes data and schema."""
    with driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
        for (name,) in session.run("SHOW CONSTRAINTS YIELD name").values():
            session.run(f"DROP CONSTRAINT `{name}`").consume()
        for (name,) in session.run("SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name").values():
            session.run(f"DROP INDEX `{name}`").consume()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty data folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jars are asked for at a loopback port on which nobody listens."""
    settings_file = tmp_path / "jgo.conf"
    settings_file.write_text("[repositories]\ncentral = http://127.0.0.1:9/none\n", "utf-8")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(settings_file))


@pytest.fixture
def read_only() -> ReadOnly:
    """Makes a folder one that cannot be written, for a while."""
    return read_only_folder


@contextmanager
def read_only_folder(folder: Path) -> Iterator[None]:
    """The folder cannot be written; root, who could all the same, is somebody else meanwhile."""
    opened = [
        parent for parent in (folder, *folder.parents) if parent.stat().st_uid == os.geteuid() and parent != Path("/")
    ]
    before = {path: path.stat().st_mode for path in opened}
    for path in opened:
        path.chmod(before[path] | 0o555)
    folder.chmod(0o555)
    root = os.geteuid() == 0
    try:
        if root:
            os.seteuid(65534)
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in before.items():
            path.chmod(mode)
