"""What a service process keeps going: the release that it answers from, and the way to Neo4j.

Both are looked after in the background. The process starts without Neo4j and comes back by itself when Neo4j does. It
swaps to a new release within two seconds, as a whole, and answers what it has begun from the old one.
"""

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar, cast

import structlog

from graph.archive import Manifest
from graph.reader import GraphReader, Relation
from graph.releases import Releases, Watcher
from graph.server import Connection, ServerLease, connect_server
from graph.store import AsyncStore, Store
from ontology.errors import BusyError, DamagedError, HeadwaterError, UnavailableError

from .schema.state import ReleaseState
from .settings import Settings, server_environment

Result = TypeVar("Result")

WATCH_SECONDS = 0.5
"""Between two looks at the release pointer; a look is one `stat`."""
CHECK_SECONDS = 2.0
"""Between two looks whether Neo4j answers, and between two tries to reach it."""

_NOBODY = "urn:headwater:nobody"
"""An IRI of nothing."""

STOP_SECONDS = 3.0
"""Time for a connection attempt that is under way to end by itself at the end of the process."""
WARM_SECONDS = 15.0
"""At most so long the service is not ready yet because Neo4j is planning; two or three are usual."""

log = structlog.get_logger("headwater.serving")


class Serving:
    """One process's release and connection."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self.releases = Releases(settings.home)
        self._watcher = Watcher(self.releases)
        self.state = ReleaseState(self.releases.snapshot(), self.releases)
        self.published_at = self._published_at()
        self.reader: GraphReader | None = None
        self._store: AsyncStore | None = None
        self._lease: ServerLease | None = None
        self._recovered = False
        self._pending: tuple[int, int, int] | None = None
        """The publication that was under way at the last look."""
        self._stopping = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while release and connection are looked after."""
        tasks = [asyncio.create_task(self._watch()), asyncio.create_task(self._keep_connected())]
        for task in tasks:
            task.add_done_callback(_tell_end)
        try:
            yield
        finally:
            self._stopping.set()
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._disconnect()

    async def check_ready(self) -> None:
        """Nothing where every query can be answered. Raises UnavailableError within two seconds."""
        if self._store is None or not self._recovered:
            raise UnavailableError("Neo4j is not connected yet.", code="store.connecting")
        await self._store.verify()

    def published(self) -> Sequence[Manifest]:
        """The releases there were, newest first, down to the oldest that the archive has."""
        return list(self.releases.published())

    def etag(self) -> str | None:
        """What identifies the content of answers, None while a release is being applied."""
        if self.releases.is_publishing():
            return None
        return f"{self.state.number}:{self.state.checksum}:{self.reader is not None}"

    # ------------------------------------------------------------------------------------------------- release

    async def _watch(self) -> None:
        await asyncio.to_thread(self.state.warm)
        while not await self._stops_within(WATCH_SECONDS):
            try:
                snapshot = await asyncio.to_thread(self._watcher.poll)
                state = None if snapshot is None else await asyncio.to_thread(ReleaseState, snapshot, self.releases)
            except DamagedError as error:
                log.error("the new release is damaged, the old one is still served", error=error.message)
                await self._stops_within(CHECK_SECONDS)
                continue
            if state is not None:
                await asyncio.to_thread(state.warm)
                self.state = state
                self.published_at = self._published_at()
                log.info("answering from a new release", release=state.number)
                await asyncio.to_thread(gc.collect)  # things of the old one name each other

    async def _stops_within(self, seconds: float) -> bool:
        """Whether the process is stopping, told at once or after these seconds."""
        try:
            async with asyncio.timeout(seconds):
                return await self._stopping.wait()
        except TimeoutError:
            return False

    def _published_at(self) -> str | None:
        manifest = self.releases.current()
        return manifest.published_at if manifest is not None else None

    # ---------------------------------------------------------------------------------------------- connection

    async def _keep_connected(self) -> None:
        told: str | None = None
        while not self._stopping.is_set():
            try:
                if self._store is None:
                    await self._connect()
                assert self._store is not None
                await self._store.verify()
                if self._is_left_behind():
                    await self._recover()
                if not self._recovered:
                    await self._recover()
                    await _warm_reader(self.reader, self.state.number)
                    self._recovered = True
                if told is not None:
                    log.info("Neo4j answers again")
                told = None
            except HeadwaterError as error:
                if told != error.code:
                    log.warning("Neo4j is away", error=error.message, hint=error.hint)
                told = error.code
                if self._is_managed():
                    await self._disconnect()
                self._recovered = self._recovered and self._store is not None
            await self._stops_within(CHECK_SECONDS)

    async def _connect(self) -> None:
        self._lease = await _in_daemon(
            partial(connect_server, self._settings.home, environment=server_environment(self._settings))
        )
        self._store = AsyncStore(self._lease.connection)
        self.reader = GraphReader(self._store)

    def _is_left_behind(self) -> bool:
        """Whether a publication has been begun since the last look and not ended: killed, or a restore began it.

        Where its process goes on, that one holds the lock, and a recovery does nothing.
        """
        seen, self._pending = self._pending, self.releases.pending_signature()
        return seen is not None and seen == self._pending

    async def _recover(self) -> None:
        """Brings Neo4j to the current release. Where another process is writing, that one does."""
        assert self._lease is not None
        with contextlib.suppress(BusyError):
            await asyncio.to_thread(_recover, self.releases, self._lease.connection)

    def _is_managed(self) -> bool:
        return self._settings.neo4j_uri is None

    async def _disconnect(self) -> None:
        store, lease = self._store, self._lease
        self._store = self._lease = self.reader = None
        self._recovered = False
        if store is not None:
            await store.close()
        if lease is not None:
            lease.close()


async def _in_daemon(work: Callable[[], Result]) -> Result:
    """What the work gives, done in a thread that does not keep the process from ending.

    The first start of a managed Neo4j may take minutes; a SIGTERM meanwhile ends the process at once.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(result: Result | None, error: BaseException | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast("Result", result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except HeadwaterError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, result, failure)

    threading.Thread(target=run, daemon=True, name="connecting").start()
    return await done


def _tell_end(task: asyncio.Task[None]) -> None:
    """Logs what ended a task that never ends by itself."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a background task ended", exc_info=error)


def _recover(releases: Releases, connection: Connection) -> None:
    with Store(connection) as store:
        releases.recover(store)


async def _warm_reader(reader: GraphReader | None, release: int) -> None:
    """Nothing; Neo4j has planned what it will be asked, which takes it seconds after a start, or the time is up.

    Otherwise the first queries after a start would meet the time limit of a read on a busy machine.
    """
    if reader is None or not release:
        return
    questions: list[Callable[[], Awaitable[object]]] = [
        partial(reader.related, relation, [_NOBODY], first=1) for relation in Relation
    ]
    questions += [partial(reader.descriptions, [_NOBODY]), partial(reader.search, "headwater", first=1)]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WARM_SECONDS):
            for ask in questions:
                with contextlib.suppress(HeadwaterError):
                    await ask()
