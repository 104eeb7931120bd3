"""What stewards do over the network: load, remove, roll back, edit overlays; each change a job or done at once.

Whoever calls has asked for the right already. What is sent goes into a file of its own for the time of its job, and
from there through the same gate as a file on the command line. Knows no protocol. Called by `schema` and `rest`.
"""

import asyncio
import base64
import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from graph.archive import Manifest, writing
from graph.drafts import Draft, Drafts, Edit
from graph.loading import check_name, remove_dataset, set_visibility
from graph.progress import Progress
from graph.releases import Releases
from graph.server import connect_server
from graph.store import Store
from graph.views import find_release
from ontology.errors import HeadwaterError, InputError, UnavailableError
from ontology.model import Text
from ontology.readers import FORMATS

from .assessing import Assessor
from .differences import Differences
from .jobs import Job, JobKind, Jobs, Outcome
from .settings import Settings, server_environment
from .stewarding import LoadOptions, add_to_draft, load_one

UPLOAD_BYTES: Final = 256 << 20
"""Of a file that is sent by itself; one inside a mutation is bounded by the body's limit."""
READERS: Final = 4
"""Threads for what is read: one each for a comparison, counts and a quality report, and one for what is short."""
_NAME_CHARACTERS: Final = 200
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

READING: Final = "Reading and checking"
_STAGES: Final = {
    "archived": "Comparing with the version before",
    "manifest": "Building the index",
    "pending": "Publishing",
}
"""What begins when a load has passed one of its checkpoints."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent, alone in a temporary folder."""

    path: Path

    def discard(self) -> None:
        """Nothing; it is gone."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


def receive(filename: str) -> Upload:
    """A place for a file of this name. Raises InputError (`input.filename`) for what is no plain name of a file."""
    plain = filename.strip()
    wrong = not plain or plain.startswith(".") or len(plain) > _NAME_CHARACTERS or len(plain.encode()) > 255
    if wrong or any(each in '/\\:"<>|?*' or not each.isprintable() for each in plain):
        raise InputError(
            f"Got the file name {filename[:80]!r}, expected a plain one such as competencies.csv.",
            code="input.filename",
            hint="Send the name alone, without a folder; its ending tells the format of text files.",
        )
    return Upload(Path(tempfile.mkdtemp(prefix="headwater-upload-")) / plain)


def write_upload(filename: str, content: str | None, content_base64: str | None) -> Upload:
    """The file with what was sent as text or in Base64. Raises InputError (`input.content`, `input.filename`)."""
    if (content is None) == (content_base64 is None):
        raise InputError("Give either `content` or `contentBase64`.", code="input.content")
    try:
        data = content.encode() if content is not None else base64.b64decode(content_base64 or "", validate=True)
    except ValueError as error:  # of encodings, and of binascii
        raise InputError(
            "What was sent cannot be decoded.", code="input.content", hint="Send text, or standard Base64 (RFC 4648)."
        ) from error
    upload = receive(filename)
    try:
        append(upload, data)
    except UnavailableError:
        upload.discard()
        raise
    return upload


def append(upload: Upload, data: bytes) -> None:
    """Nothing; the file has these bytes too. Raises UnavailableError where the disk does not take them."""
    with writing(upload.path), upload.path.open("ab") as file:
        file.write(data)


class Stewardship:
    """What the stewards of one service can do."""

    def __init__(self, settings: Settings, releases: Releases, *, jobs: Jobs | None = None) -> None:
        self._settings = settings
        self._releases = releases
        self.jobs = jobs or Jobs()
        self.drafts = Drafts(releases)
        self.differences = Differences(releases)
        self.assessor = Assessor(releases)
        self.comparing, self.counting, self.reporting = asyncio.Lock(), asyncio.Lock(), asyncio.Lock()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="stewards")

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while jobs are done."""
        try:
            async with self.jobs.running():
                yield
        finally:
            self._readers.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------------------------------------------- reading

    async def read(
        self, work: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Result:
        """What the work gives, done in one of the few threads for it: what takes long does not hold up the others."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, partial(work, *args, **kwargs))

    def release(self, reference: str) -> Manifest:
        """The release of a number or IRI. Raises UnknownReferenceError, DamagedError."""
        return find_release(self._releases, reference)

    def current(self) -> Manifest | None:
        """The release that readers answer from; None before the first."""
        return self._releases.current()

    # ------------------------------------------------------------------------------------------------------- jobs

    def check_load(self, options: LoadOptions) -> None:
        """Nothing, where a load of this kind can be asked for now. Raises InputError, JobsFullError."""
        if options.dataset is not None:
            check_name(options.dataset)
        if options.format is not None and options.format not in FORMATS:
            raise InputError(
                f"There is no format {options.format[:80]!r}.",
                code="input.unknown-format",
                hint=f"Formats: {', '.join(FORMATS)}.",
            )
        self.jobs.check_room()

    def load(self, upload: Upload, options: LoadOptions, *, key: str) -> Job:
        """The job that loads what was sent, which is gone when it is over. Raises JobsFullError."""
        work = (
            partial(self._try, upload.path, options) if options.dry_run else partial(self._load, upload.path, options)
        )
        return self.jobs.submit(
            JobKind.LOAD,
            work,
            key=key,
            subject=options.dataset,
            dry_run=options.dry_run,
            discard=upload.discard,
        )

    def add_to_draft(self, upload: Upload, name: str, options: LoadOptions, *, key: str) -> Job:
        """The job that adds what was sent to a draft. Raises UnknownReferenceError, JobsFullError."""

        def work(progress: Progress) -> Outcome:
            progress(READING, 0)
            return Outcome(report=add_to_draft(self._settings, name, upload.path, options))

        try:
            self.drafts.get(name)
        except HeadwaterError:
            upload.discard()
            raise
        return self.jobs.submit(JobKind.ADD_TO_OVERLAY_DRAFT, work, key=key, subject=name, discard=upload.discard)

    def remove_dataset(self, name: str, *, allow_removals: bool, key: str) -> Job:
        """The job that removes a dataset. Raises UnknownReferenceError, JobsFullError."""
        self._releases.get_dataset(name)

        def work(progress: Progress) -> Outcome:
            with self._writing(progress) as (releases, store):
                report = remove_dataset(releases, name, store=store, allow_removals=allow_removals)
            return Outcome(report=report, release=report.release)

        return self.jobs.submit(JobKind.REMOVE_DATASET, work, key=key, subject=name)

    def set_visibility(self, name: str, visibility: str, *, key: str) -> Job:
        """The job after which a dataset is public or private. Raises UnknownReferenceError, JobsFullError."""
        self._releases.get_dataset(name)

        def work(progress: Progress) -> Outcome:
            with self._writing(progress) as (releases, store):
                return Outcome(release=set_visibility(releases, name, visibility, store=store))

        return self.jobs.submit(JobKind.SET_VISIBILITY, work, key=key, subject=name)

    def roll_back(self, reference: str, *, key: str) -> Job:
        """The job that publishes an old release's content again. Raises UnknownReferenceError, JobsFullError."""
        number = self.release(reference).number

        def work(progress: Progress) -> Outcome:
            with self._writing(progress) as (releases, store):
                return Outcome(release=releases.roll_back(store, number))

        return self.jobs.submit(JobKind.ROLL_BACK, work, key=key, subject=str(number))

    def publish_draft(self, name: str, *, key: str) -> Job:
        """The job that publishes a draft. Raises UnknownReferenceError, JobsFullError."""
        self.drafts.get(name)

        def work(progress: Progress) -> Outcome:
            with self._writing(progress) as (releases, store):
                report = Drafts(releases).publish(name, store)
            return Outcome(report=report, release=report.release)

        return self.jobs.submit(JobKind.PUBLISH_OVERLAY_DRAFT, work, key=key, subject=name)

    # ----------------------------------------------------------------------------------------------------- drafts

    def find_draft(self, name: str) -> Draft | None:
        """A draft; None where there is none of that name. Raises InputError for what is no name, DamagedError."""
        check_name(name)
        return self.drafts.get(name) if name in self.drafts.names() else None

    def create_draft(self, name: str, over: Sequence[str], label: Text | None, license: str | None) -> Draft:  # noqa: A002 - the field's name
        """A new draft. Raises InputError, UnknownReferenceError, BusyError."""
        return self.drafts.create(name, over=over, label=label, license=license)

    def edit_draft(self, name: str, edits: Sequence[Edit]) -> Draft:
        """The draft with all of these said otherwise, or none. Raises InputError, UnknownReferenceError, BusyError."""
        return self.drafts.edit(name, edits)

    def drop_from_draft(self, name: str, references: Sequence[str]) -> Draft:
        """The draft without what it says of these, and without these additions. Raises UnknownReferenceError."""
        return self.drafts.drop(name, references)

    def discard_draft(self, name: str) -> Draft:
        """The draft as it was; it is gone. Raises UnknownReferenceError, BusyError."""
        draft = self.drafts.get(name)
        self.drafts.discard(name)
        return draft

    # ----------------------------------------------------------------------------------------------------- inside

    def _load(self, path: Path, options: LoadOptions, progress: Progress) -> Outcome:
        with self._writing(progress) as (releases, store):
            progress(READING, 0)
            report = load_one(releases, store, path, options)
        return Outcome(report=report, release=report.release)

    def _try(self, path: Path, options: LoadOptions, progress: Progress) -> Outcome:
        progress(READING, 0)
        releases = Releases(self._releases.home, progress=progress, checkpoint=_stages(progress))
        return Outcome(report=load_one(releases, None, path, options))

    @contextlib.contextmanager
    def _writing(self, progress: Progress) -> Iterator[tuple[Releases, Store]]:
        """Releases and Neo4j, ready to write. Raises UnavailableError."""
        home = self._releases.home
        environment = server_environment(self._settings)
        with (
            connect_server(home, environment=environment, progress=progress) as lease,
            Store(lease.connection) as store,
        ):
            yield Releases(home, progress=progress, checkpoint=_stages(progress)), store


def _stages(progress: Progress) -> Callable[[str], None]:
    """A checkpoint that tells which stage begins."""

    def passed(checkpoint: str) -> None:
        if checkpoint in _STAGES:
            progress(_STAGES[checkpoint], 0)

    return passed
