"""What tests of a running service share: its settings, a client in this process, questions; one of its own."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx
from starlette.testclient import TestClient

from graph.server import Connection
from service.app import create_app, make_server
from service.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


class Answer(Protocol):
    """The part of a response that is looked at."""

    @property
    def status_code(self) -> int:
        """HTTP status."""


class Getter(Protocol):
    """A client that can GET."""

    def get(self, url: str, /) -> Answer:
        """The response."""


def wait_until_ready(client: Getter, seconds: float = 60.0, path: str = "/readyz") -> None:
    """Nothing, as soon as the service is ready. Raises AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while client.get(path).status_code != 200:
        assert time.monotonic() < end, "the service did not become ready"
        time.sleep(0.1)


def settings_for(home: Path, connection: Connection, **own: Any) -> Settings:
    """Settings of a service on this server."""
    return Settings(
        home=home,
        neo4j_uri=connection.uri,
        neo4j_username=connection.username,
        neo4j_password=connection.password,
        **own,
    )


@contextmanager
def service_on(home: Path, connection: Connection, **own: Any) -> Iterator[TestClient]:
    """A client of a service on this data folder and this server, as soon as it is ready."""
    with TestClient(create_app(settings_for(home, connection, **own)), raise_server_exceptions=False) as client:
        wait_until_ready(client)
        yield client


@contextmanager
def listening(settings: Settings, path: str = "/readyz") -> Iterator[str]:
    """The address of a server of this process on a free port, once it answers there; it is drained at the end."""
    server = make_server(create_app(settings), settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        try:
            while not server.started:
                time.sleep(0.02)
            with httpx.Client(base_url=f"http://{address}") as client:
                wait_until_ready(client, path=path)
            yield address
        finally:
            server.should_exit = True
            thread.join()


def ask(client: TestClient, query: str, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = client.post("/graphql", json={"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer
    return answer["data"]


def fail(client: TestClient, query: str, **variables: Any) -> Any:
    """The extensions of an answer's only error, with its message."""
    (error,) = client.post("/graphql", json={"query": query, "variables": variables}).json()["errors"]
    return {**error["extensions"], "message": error["message"]}


@contextmanager
def served(home: Path, connection: Connection | None = None) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """(base address, process) of `headwater serve` on a free port; ended afterwards. Without a connection Neo4j is away."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NEO4J_", "HEADWATER_"))}
    environment |= {"PYTHONPATH": str(ROOT), "NEO4J_URI": connection.uri if connection else "bolt://127.0.0.1:9"}
    if connection:
        environment |= {"NEO4J_USERNAME": connection.username, "NEO4J_PASSWORD": connection.password}
    command = [sys.executable, "-W", "error", "-c", "from service.cli import main; main()"]
    with subprocess.Popen(
        [*command, "serve", "--home", str(home), "--port", "0", "--json"],
        env=environment,
        cwd=home.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            while not said.rstrip().endswith("}"):
                line = process.stdout.readline()
                assert line, "the service did not start"
                said += line
            yield f"http://127.0.0.1:{json.loads(said)['port']}", process
        finally:
            process.terminate()
            process.wait(60)
