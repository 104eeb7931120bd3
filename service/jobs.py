"""Changes that are made in the background: one at a time, in the order asked for, by one thread of the process.

A job is told as it goes on and kept with its report when it is over, so that whoever asked for it may go away. Knows
nothing of what a job does. Called by `stewardship`; `schema` shows jobs and watches them.
"""

import asyncio
import contextlib
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

import structlog

from graph.archive import Manifest
from graph.loading import LoadReport
from graph.progress import Progress
from graph.releases import utc_now
from ontology.errors import BusyError, DamagedError, HeadwaterError, UnavailableError

WAITING_AT_MOST = 8
"""Jobs that wait their turn; one more is refused."""
KEPT = 100
"""Jobs that are over and still told."""
TELL_SECONDS = 0.1
"""Between two tellings of how far one stage is; a new stage is told at once."""
STOP_SECONDS = 10.0
"""Time that a running job has to end with the process. One that is killed is recovered by the next start."""

log = structlog.get_logger("headwater.audit")


class JobState(StrEnum):
    """How a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    BLOCKED = "blocked"
    """Findings kept it from changing anything."""
    FAILED = "failed"
    """It could not be done: an error tells why."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self in (JobState.DONE, JobState.BLOCKED, JobState.FAILED)


class JobKind(StrEnum):
    """What a job does."""

    LOAD = "load"
    REMOVE_DATASET = "remove-dataset"
    SET_VISIBILITY = "set-visibility"
    ROLL_BACK = "roll-back"
    ADD_TO_OVERLAY_DRAFT = "add-to-overlay-draft"
    PUBLISH_OVERLAY_DRAFT = "publish-overlay-draft"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What a job is at, and how far."""

    name: str
    done: float = 0.0
    total: float | None = None
    """None: nobody knows."""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a job came to."""

    report: LoadReport | None = None
    release: Manifest | None = None
    """The release that is current then; None where nothing was published for findings or a dry run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands. Times are RFC 3339 in UTC."""

    id: str
    number: int
    """From 1, counted up in the process."""
    kind: JobKind
    key: str
    """Id of the key that it was asked for with."""
    subject: str | None
    """Name of the dataset or draft, number of the release; None where a load's source names the dataset."""
    dry_run: bool = False
    state: JobState = JobState.QUEUED
    created_at: str
    started_at: str | None = None
    ended_at: str | None = None
    stage: Stage | None = None
    report: LoadReport | None = None
    release: Manifest | None = None
    error: HeadwaterError | None = None
    """Without its traceback, which would keep alive all that was read."""


Work = Callable[[Progress], Outcome]
"""Does a job, and tells how far it is."""


@dataclass(slots=True)
class _Listener:
    loop: asyncio.AbstractEventLoop
    event: asyncio.Event

    def tell(self) -> None:
        with contextlib.suppress(RuntimeError):  # its loop has ended
            self.loop.call_soon_threadsafe(self.event.set)


@dataclass(slots=True)
class _Entry:
    job: Job
    work: Work
    discard: Callable[[], None]
    told_at: float = 0.0
    listeners: list[_Listener] = field(default_factory=list)


class JobsFullError(BusyError):
    """As many jobs as may wait are waiting."""

    default_code = "jobs.full"


class Jobs:
    """The jobs of a process."""

    def __init__(self, *, clock: Callable[[], datetime] = utc_now, waiting: int = WAITING_AT_MOST, kept: int = KEPT):
        self._clock = clock
        self._at_most = waiting
        self._kept = kept
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._waiting: deque[_Entry] = deque()
        self._changed = threading.Condition()
        self._count = 0
        self._stopping = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while jobs are done. At the end what waits is given up and what runs has some seconds left."""
        worker = threading.Thread(target=self._work, name="jobs", daemon=True)
        worker.start()
        try:
            yield
        finally:
            with self._changed:
                self._stopping = True
                waiting = [*self._waiting]
                self._waiting.clear()
                self._changed.notify_all()
            for entry in waiting:
                self._end(entry, JobState.FAILED, error=_stopped())
            await asyncio.to_thread(worker.join, STOP_SECONDS)

    def check_room(self) -> None:
        """Nothing, where one more job may wait. Raises JobsFullError."""
        with self._changed:
            self._check_room()

    def submit(
        self,
        kind: JobKind,
        work: Work,
        *,
        key: str,
        subject: str | None = None,
        dry_run: bool = False,
        discard: Callable[[], None] = lambda: None,
    ) -> Job:
        """The job, which is done when those before it are.

        Args:
            discard: called once, when the job is over, or is not taken.

        Raises JobsFullError.
        """
        with self._changed:
            try:
                self._check_room()
            except BusyError:
                discard()
                raise
            self._count += 1
            job = Job(
                id=secrets.token_hex(8),
                number=self._count,
                kind=kind,
                key=key,
                subject=subject,
                dry_run=dry_run,
                created_at=self._now(),
            )
            entry = self._entries[job.id] = _Entry(job, work, discard)
            self._waiting.append(entry)
            self._changed.notify_all()
            return job

    def find(self, identifier: str) -> Job | None:
        """A job, None where there is none of that id, or no longer."""
        with self._changed:
            entry = self._entries.get(identifier)
            return None if entry is None else entry.job

    def all(self) -> list[Job]:
        """All jobs that are kept, newest first."""
        with self._changed:
            return [entry.job for entry in reversed(self._entries.values())]

    async def watch(self, job: Job) -> AsyncGenerator[Job, None]:
        """The job as it stands, again whenever that changes, and last of all when it is over."""
        with self._changed:
            entry = self._entries.get(job.id)
            listener = _Listener(asyncio.get_running_loop(), asyncio.Event())
            if entry is not None:
                entry.listeners.append(listener)
        if entry is None:
            yield job
            return
        try:
            while True:
                listener.event.clear()
                now = entry.job
                yield now
                if now.state.is_over:
                    return
                await listener.event.wait()
        finally:
            with self._changed:
                entry.listeners.remove(listener)

    async def wait(self, job: Job, seconds: float) -> Job:
        """The job when it is over, or as it stands after so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), contextlib.aclosing(self.watch(job)) as events:
                async for each in events:
                    job = each
        return job

    # ---------------------------------------------------------------------------------------------------- inside

    def _check_room(self) -> None:
        if self._stopping:
            raise _stopped()
        if len(self._waiting) >= self._at_most:
            raise JobsFullError(
                f"{self._at_most} changes are waiting already.", hint="Try again in a minute; `jobs` tells what waits."
            )

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._stopping:
                    self._changed.wait()
                if not self._waiting:
                    return
                entry = self._waiting.popleft()
            self._change(entry, replace(entry.job, state=JobState.RUNNING, started_at=self._now()))
            self._run(entry)

    def _run(self, entry: _Entry) -> None:
        def tell(task: str, done: float, total: float | None = None, unit: str = "") -> None:
            before = entry.job.stage
            now = time.monotonic()
            entry.job = replace(entry.job, stage=Stage(name=task, done=done, total=total, unit=unit))
            if before is None or before.name != task or done == total or now - entry.told_at >= TELL_SECONDS:
                entry.told_at = now
                self._tell(entry)

        try:
            outcome = entry.work(tell)
        except HeadwaterError as error:
            if isinstance(error, DamagedError | UnavailableError):
                log.error("job failed", job=entry.job.id, error=error.code, message=error.message)
            failure: HeadwaterError = error
        except Exception as error:
            log.error("job failed", job=entry.job.id, exc_info=error)
            failure = HeadwaterError("The job met a fault of the service.", code="internal")
        else:
            blocked = outcome.report is not None and outcome.report.blocked
            self._end(entry, JobState.BLOCKED if blocked else JobState.DONE, outcome)
            return
        failure.__traceback__ = failure.__cause__ = failure.__context__ = None
        self._end(entry, JobState.FAILED, error=failure)

    def _end(
        self, entry: _Entry, state: JobState, outcome: Outcome | None = None, *, error: HeadwaterError | None = None
    ) -> None:
        outcome = outcome or Outcome()
        job = replace(
            entry.job,
            state=state,
            ended_at=self._now(),
            stage=None,
            report=outcome.report,
            release=outcome.release,
            error=error,
        )
        entry.discard()
        log.info(
            "job ended",
            job=job.id,
            kind=job.kind.value,
            key=job.key,
            subject=job.report.dataset if job.report else job.subject,
            dry_run=job.dry_run,
            state=state.value,
            release=job.release.number if job.release else None,
            error=error.code if error else None,
        )
        self._change(entry, job)

    def _change(self, entry: _Entry, job: Job) -> None:
        with self._changed:
            entry.job = job
            if job.state.is_over:
                over = [each.job.id for each in self._entries.values() if each.job.state.is_over]
                for identifier in over[: max(0, len(over) - self._kept)]:
                    del self._entries[identifier]
        self._tell(entry)

    def _tell(self, entry: _Entry) -> None:
        with self._changed:
            listeners = [*entry.listeners]
        for listener in listeners:
            listener.tell()

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stopped() -> UnavailableError:
    return UnavailableError("The service is stopping.", code="jobs.stopped", hint="Try again in a moment.")
