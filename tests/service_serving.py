"""What tests of a running service share."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from graph.server import Connection

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
