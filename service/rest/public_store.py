"""The SPARQL store of the release that is served, kept up to date beside the service, and queries on it.

A release's store is built in a process of its own: at the first question, a while after the start, and from then on
as soon as a new release is served. Until it is there, that of the
release before answers, unless something in it is not public any more. Called by the routes that give RDF.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyoxigraph
import structlog

from graph.archive import Manifest
from graph.rdf_store import ENGINE_FAULTS, count_statements, discard_store, find_store, public_datasets, served_manifest
from graph.releases import Releases
from graph.sparql_process import Builder, QueryProcesses, Question, Results
from ontology.errors import DamagedError, HeadwaterError, UnavailableError

log = structlog.get_logger("headwater.rdf")

WATCH_SECONDS = 0.25
WAIT_SECONDS = 10.0
"""So long a request waits for the store of the first release after a start."""
BEHIND_SECONDS = 3.0
"""So long it waits for that of a new release while there is one of the release before."""
UNASKED_SECONDS = 20.0
"""So long after its start a service that nobody asks for RDF builds no store."""
AGAIN_SECONDS = 15.0
"""Between two tries to build a store."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A store that is whole, and what is in it."""

    manifest: Manifest
    path: Path
    store: pyoxigraph.Store
    statements: dict[str, int]
    """Their number in each dataset."""


class PublicStore:
    """What everybody may read of the current release, as RDF.

    Args:
        number: of the release that is served.
    """

    def __init__(self, releases: Releases, number: Callable[[], int], *, at_once: int, seconds: float) -> None:
        self._releases = releases
        self._number = number
        self._processes = QueryProcesses(at_once=at_once, seconds=seconds)
        self._threads = ThreadPoolExecutor(max_workers=at_once + 1, thread_name_prefix="sparql")
        self._builder = Builder()
        self._wanted = asyncio.Event()
        self._ready: Ready | None = None
        self._newest = 0
        self._failed_at = float("-inf")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while the store is kept up to date."""
        watching = asyncio.create_task(self._watch())
        watching.add_done_callback(_tell_end)
        try:
            yield
        finally:
            watching.cancel()
            self._builder.close()
            await asyncio.gather(watching, return_exceptions=True)
            self._processes.close()
            self._threads.shutdown(wait=False, cancel_futures=True)

    async def current(self) -> Ready:
        """The store that answers now. Raises UnavailableError where there is none yet."""
        self._wanted.set()
        waited = 0.0
        while not self._is_current():
            if waited >= (WAIT_SECONDS if self._ready is None else BEHIND_SECONDS):
                break
            await asyncio.sleep(0.05)
            waited += 0.05
        ready = self._ready
        if ready is None or not self._may_be_served(ready):
            raise UnavailableError("The store of this release is still being built.", code="sparql.store")
        return ready

    async def ask(self, question: Question) -> tuple[Results, Manifest]:
        """The results of a query, and of which release. Raises as `QueryProcesses.ask`, UnavailableError."""
        ready = await self.current()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._processes.ask, ready.path, question), ready.manifest
        except DamagedError as error:
            self._lose(ready)
            raise UnavailableError("The store is being built anew.", code="sparql.store") from error

    async def read(self, work: Callable[[pyoxigraph.Store], Found]) -> tuple[Found, Manifest]:
        """What the work finds in the store, in a thread, and of which release. Raises UnavailableError."""
        ready = await self.current()
        try:
            return await asyncio.to_thread(work, ready.store), ready.manifest
        except ENGINE_FAULTS as error:
            discard_store(ready.path)
            self._lose(ready)
            raise UnavailableError("The store is being built anew.", code="sparql.store") from error

    def _is_current(self) -> bool:
        """Whether the store is of the release that is served, or ahead of it: what is served is about to follow."""
        if self._ready is None:
            return False
        number = self._ready.manifest.number
        return number == self._number() or (number > self._number() and number == self._newest)

    def _is_behind(self) -> bool:
        """Whether there is a release whose store is to be opened."""
        ready = self._ready
        if ready is None or ready.manifest.number != self._number():
            return ready is None or ready.manifest.checksum != served_manifest(self._releases).checksum
        return False

    def _may_be_served(self, ready: Ready) -> bool:
        if ready.manifest.number == self._number():
            return True
        now = {dataset.name for dataset in public_datasets(served_manifest(self._releases).datasets)}
        return {dataset.name for dataset in public_datasets(ready.manifest.datasets)} <= now

    def _lose(self, ready: Ready) -> None:
        if self._ready is ready:
            self._ready = None

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UNASKED_SECONDS):
                await self._wanted.wait()
        while True:
            if self._is_behind() and loop.time() - self._failed_at > AGAIN_SECONDS:
                try:
                    ready = await asyncio.to_thread(self._open)
                except HeadwaterError as error:
                    self._failed_at = loop.time()
                    log.error("the SPARQL store cannot be had", error=error.message)
                else:
                    self._ready = ready
                    self._newest = ready.manifest.number
                    log.info("the SPARQL store is there", release=ready.manifest.number)
            await asyncio.sleep(WATCH_SECONDS)

    def _open(self) -> Ready:
        """The store of the current release, built where it is not there."""
        for _ in range(2):
            manifest = served_manifest(self._releases)
            path = find_store(self._releases.home, manifest)
            if path is None:
                self._builder.run("graph.rdf_store", str(self._releases.home))
                path = find_store(self._releases.home, manifest)
            if path is None:
                continue
            try:
                store = pyoxigraph.Store.read_only(str(path))
                return Ready(manifest=manifest, path=path, store=store, statements=count_statements(path))
            except ENGINE_FAULTS:
                discard_store(path)
        raise UnavailableError("The SPARQL store cannot be opened.", code="sparql.store")


def _tell_end(task: asyncio.Task[None]) -> None:
    """Logs what ended a task that never ends by itself."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a background task ended", exc_info=error)
