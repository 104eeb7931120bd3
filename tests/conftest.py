"""What tests share: one managed Neo4j a session, a clean graph for each test that asks for one.

The server is a real one in a folder of its own; NEO4J_URI is not looked at, for a test graph is emptied.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest
from hypothesis import HealthCheck, settings

from graph.progress import stderr_progress
from graph.server import Connection, connect_server, stop_server

settings.register_profile("headwater", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("headwater")

KEPT_VARIABLES = ("HEADWATER_CACHE", "XDG_CACHE_HOME", "HOME")


def managed_environment() -> dict[str, str]:
    """An environment in which the server is always the managed one, with the jars of the shared cache."""
    return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The session's managed server. Its graph is whatever the last test left: ask for `connection` or `neo4j_driver`."""
    home = tmp_path_factory.mktemp("session home")
    with stderr_progress() as progress:
        lease = connect_server(home, environment=managed_environment(), progress=progress)
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
