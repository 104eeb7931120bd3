"""SPARQL over the current release in processes that can be killed, and the process that builds its store.

A worker keeps its store open between queries and is replaced when it was killed, died, or serves a release that has
gone. At most so many queries run at once; a further one is told to come again. Called by the service, from threads.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ontology.errors import BusyError, DamagedError, InputError, UnavailableError
from ontology.worker_processes import Worker, Workers

from .rdf_store import discard_store

ROWS = 50_000
BYTES = 16 * 1024 * 1024
BUILD_SECONDS = 1800
_SOURCES = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A query and how its results are wanted; a format is None where the caller takes none of that kind."""

    query: str
    result_format: str | None
    graph_format: str | None
    default_graphs: Sequence[str] | None = None
    named_graphs: Sequence[str] | None = None
    rows: int = ROWS
    bytes: int = BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The results of a query. `cut` is `rows` or `bytes` where that limit left something out."""

    body: bytes
    media_type: str
    cut: str | None


class QueryFailedError(InputError):
    """A query that cannot be parsed or evaluated, or that is refused; `code` says which."""

    default_code = "sparql.syntax"


class QueryTooCostlyError(InputError):
    """A query that took more time or memory than one may."""

    default_code = "sparql.timeout"


class Builder:
    """Runs modules that make something from a release, one at a time, each in a process of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def run(self, module: str, *arguments: str) -> None:
        """Nothing; the module has done its work. Raises UnavailableError (`store.building`)."""
        try:
            with self._lock:
                if self._closed:
                    return
                process = self._process = subprocess.Popen(  # noqa: S603 - our own module
                    [sys.executable, "-m", module, *arguments],
                    cwd=_SOURCES,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                )
            _, told = process.communicate(timeout=BUILD_SECONDS)
        except subprocess.TimeoutExpired as error:
            process.kill()
            process.communicate()
            raise UnavailableError(f"{module} took too long.", code="store.building") from error
        except OSError as error:
            raise UnavailableError(f"{module} cannot be run: {error}", code="store.building") from error
        if process.returncode and not self._closed:
            reason = told.decode("utf-8", "replace").strip()[-500:]
            raise UnavailableError(f"{module} failed: {reason}", code="store.building")

    def close(self) -> None:
        """Nothing; what runs is ended, and nothing is begun any more."""
        with self._lock:
            self._closed = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


class QueryProcesses:
    """The workers of one service process. Safe from several threads."""

    def __init__(self, *, at_once: int, seconds: float) -> None:
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(at_once)
        self._workers: Workers[_QueryWorker] = Workers()

    def ask(self, store: Path, question: Question) -> Results:
        """The results of a query on a store.

        Raises:
            QueryFailedError: it is refused, or cannot be parsed or evaluated.
            QueryTooCostlyError: it took more time or memory than allowed (`sparql.timeout`, `sparql.memory`).
            BusyError: as many queries as allowed are running (`sparql.busy`).
            DamagedError: the store is damaged, and does not count any more.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("As many queries as may run at once are running.", code="sparql.busy")
        try:
            with self._workers.taken(
                lambda: _QueryWorker(store), lambda each: each.store == store and each.is_alive()
            ) as worker:
                return worker.results(question, self._seconds)
        finally:
            self._places.release()

    def close(self) -> None:
        """Nothing; no worker runs any more."""
        self._workers.close()


class _QueryWorker(Worker):
    """One process with one store open."""

    def __init__(self, store: Path) -> None:
        self.store = store
        try:
            super().__init__("graph.sparql_worker", str(store))
        except EOFError as error:
            discard_store(store)
            raise DamagedError(f"{store} cannot be opened.", code="sparql.damaged") from error

    def results(self, question: Question, seconds: float) -> Results:
        """As `QueryProcesses.ask`."""
        request = json.dumps({**asdict(question), "seconds": seconds}).encode()
        try:
            head, body = self.ask(request, seconds=seconds, answers=2)
        except TimeoutError as error:
            raise QueryTooCostlyError(
                f"The query took more than {seconds:g} seconds.",
                code="sparql.timeout",
                hint="Ask for less: bind more of it, or use LIMIT inside subqueries.",
            ) from error
        except EOFError as error:
            raise _memory() from error
        return self._read(json.loads(head), body)

    def _read(self, head: dict[str, str], body: bytes) -> Results:
        code = head.get("code")
        if code is None:
            return Results(body=body, media_type=head["media_type"], cut=head["cut"])
        if code == "sparql.damaged":
            self.end()
            discard_store(self.store)
            raise DamagedError(f"{self.store} cannot be read.", code=code)
        if code == "sparql.memory":
            self.end()
            raise _memory()
        raise QueryFailedError(head["message"], code=code)


def _memory() -> QueryTooCostlyError:
    return QueryTooCostlyError(
        "The query took more memory than one may, or nests too deep.",
        code="sparql.memory",
        hint="Ask for less: sort, group and construct fewer rows.",
    )
