"""Services in processes of their own on loopback, and the keep-alive client that asks them."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import orjson
import psutil

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parent.parent
READY_SECONDS = 120.0
_HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


COUNTING: Final = """
import time
total = 0
for number in range(20_000_000):
    total += number
print(time.process_time())
"""
"""What a process that only counts does: some 1.5 s."""


def count_in(processes: int) -> tuple[float, list[float]]:
    """(seconds, processor seconds of each) of so many processes that only count: what the machine gives just now."""
    begun = time.perf_counter()
    started = [subprocess.Popen([sys.executable, "-c", COUNTING], stdout=subprocess.PIPE) for _ in range(processes)]
    spent = [float(each.communicate()[0]) for each in started]
    return time.perf_counter() - begun, spent


def processor_seconds() -> dict[int, float]:
    """Of this process and all below it that there are, by number, since each began."""
    found = {}
    for process in (own := psutil.Process(), *own.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


@contextlib.contextmanager
def service(
    arguments: Sequence[str],
    port: int,
    path: str,
    folder: Path,
    *,
    program: str = sys.executable,
    variables: Mapping[str, str] | None = None,
) -> Iterator[psutil.Process]:
    """A running service, as soon as GET `path` answers with any status below 500; stopped at the end.

    Raises RuntimeError with the end of what it said where it does not come up.

    Args:
        program: what runs the arguments.
        variables: of its environment, beside the caller's.
    """
    log = folder / f"{port}.log"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NEO4J_", "HEADWATER_"))}
    kept |= {name: os.environ[name] for name in ("HEADWATER_CACHE",) if name in os.environ}
    # Nor are settings files of the caller's folder read: nobody paces the client, and the Neo4j is the managed one.
    environment = kept | {"PYTHONPATH": str(PROJECT), **(variables or {})}
    with log.open("wb") as output:
        process = subprocess.Popen([program, *arguments], stdout=output, stderr=output, env=environment, cwd=folder)
        try:
            _await(process, port, path, log)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _await(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while time.monotonic() < end and process.poll() is None:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError(f"A service did not come up:\n{log.read_text('utf-8', 'replace')[-2000:]}")


class Client:
    """One keep-alive connection to a GraphQL endpoint; the body is read, and parsed only by `ask`."""

    def __init__(self, port: int, path: str) -> None:
        self._path = path
        self._connection = http.client.HTTPConnection(HOST, port, timeout=120)

    def close(self) -> None:
        """The connection closed."""
        self._connection.close()

    def send(self, body: bytes) -> bytes:
        """The body of the answer. Raises RuntimeError for any status but 200."""
        try:
            self._connection.request("POST", self._path, body, _HEADERS)
            response = self._connection.getresponse()
        except ConnectionError:  # the server closed what was idle for long, while another was being asked
            self._connection.close()
            self._connection.request("POST", self._path, body, _HEADERS)
            response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self._path} answered {response.status}: {answer[:500]!r}")
        return answer

    def ask(self, query: str, variables: dict[str, object]) -> dict[str, object]:
        """The data. Raises RuntimeError where there are errors."""
        answer = orjson.loads(self.send(request_body(query, variables)))
        if "errors" in answer:
            raise RuntimeError(f"{self._path} answered {answer['errors']}")
        data: dict[str, object] = answer["data"]
        return data


def request_body(query: str, variables: dict[str, object]) -> bytes:
    """The body of a request."""
    return orjson.dumps({"query": query, "variables": variables})
