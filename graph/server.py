"""A Neo4j to talk to: the one that NEO4J_URI names, or the managed local one, started where it does not run.

Knows leases, readiness and how to stop. Does not start the server itself (watchdog does), fetches nothing (distribution
does), and speaks of Bolt only what tells that our own server answers to our own password. Called by the command line,
the service and tests.
"""

import contextlib
import dataclasses
import json
import math
import os
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from ontology.errors import BusyError, InputError, UnavailableError

from .distribution import Fetch, cache_folder, find_java, provide_jars, read_lock
from .progress import Progress, silent
from .server_folder import (
    STOP_SECONDS,
    ServerFolder,
    find_server,
    find_servers,
    is_locked,
    listening_ports,
    read_failure,
    read_state,
    stop_process,
    take_lock,
)
from .watchdog import BUSY_EXIT, HOST, USERNAME, Launch

START_SECONDS = 300.0
"""5 to 15 s are usual on two free cores; a busy machine, or recovery of a large store after `kill -9`, takes longer."""
POLL_SECONDS = 0.1
DEFAULT_HEAP = "1g"
DEFAULT_PAGE_CACHE = "256m"
DEFAULT_GRACE_SECONDS = 2.0
SIZE = re.compile(r"[1-9]\d{0,5}[kmg]", re.IGNORECASE)
SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
WATCHDOG_TRIES = 5
PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a Neo4j. `database` None is the server's default; `managed` is whether Headwater runs the server."""

    uri: str
    username: str
    password: str = field(repr=False)
    database: str | None = None
    managed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What is found in a folder without changing it."""

    root: Path
    pid: int | None
    """Of the live server."""
    port: int | None
    version: str | None
    watchdog_pid: int | None
    lease_pids: tuple[int, ...]
    """Processes that use the server now, as far as this user may see."""
    stray_pids: tuple[int, ...]
    """Live servers of this folder that its state does not name."""
    stale_state: bool
    """Whether server.json names a process that is gone."""
    password_mode: int | None
    """Permission bits of the password file; None where there is none."""
    failure: str | None
    """Why the last start failed."""
    log: Path


class ServerLease:
    """The right to use a server until `close`; the managed one stops a short while after its last lease.

    A context manager. Closing twice is fine; a process that ends in whatever way gives its leases back.
    """

    __slots__ = ("_handle", "connection")

    def __init__(self, connection: Connection, handle: int | None) -> None:
        self.connection = connection
        self._handle = handle

    def close(self) -> None:
        """Gives the lease back."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def server_folder(home: Path) -> ServerFolder:
    """The managed server's folder in a data folder: absolute, links followed, so that one folder has one name."""
    return ServerFolder(home.expanduser().resolve() / "neo4j")


def connect_server(
    home: Path,
    *,
    environment: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    fetch: Fetch | None = None,
) -> ServerLease:
    """A lease on a server: the one of NEO4J_URI, not asked whether it answers, or this folder's own, which does.

    Args:
        home: the data folder, HEADWATER_HOME; made where it is missing.
        environment: where NEO4J_* and HEADWATER_* are looked up; the process's own by default.
        progress: told of everything that takes long; nobody by default.
        fetch: brings a jar; from a Maven repository by default.

    Raises:
        InputError: a setting or a folder that cannot be used.
        UnavailableError: no network at the first use, or a server that does not start; the hint tells what to do.
    """
    environment = os.environ if environment is None else environment
    named = read_connection(environment)
    if named is not None:
        return ServerLease(named, None)
    folder = server_folder(home)
    progress = progress or silent
    launch = _plan_launch(folder, environment)
    _prepare_folder(folder)
    handle = _take_lease(folder, progress)
    try:
        return ServerLease(_Starter(folder, launch, progress, fetch).wait(), handle)
    except BaseException:
        os.close(handle)
        raise


def read_connection(environment: Mapping[str, str]) -> Connection | None:
    """The server that NEO4J_URI names, with NEO4J_USERNAME, NEO4J_PASSWORD, NEO4J_DATABASE; None where it is not set.

    Raises InputError where the URI is not one of Neo4j.
    """
    uri = environment.get("NEO4J_URI", "").strip()
    if not uri:
        return None
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme not in SCHEMES or not rest:
        message = f"NEO4J_URI is {uri!r}; expected something like neo4j://host:7687."
        raise InputError(
            message, code="neo4j.uri", hint=f"Start it with one of {', '.join(SCHEMES)}, then ://host:port."
        )
    return Connection(
        uri=uri,
        username=environment.get("NEO4J_USERNAME") or USERNAME,
        password=environment.get("NEO4J_PASSWORD", ""),
        database=environment.get("NEO4J_DATABASE") or None,
        managed=False,
    )


def stop_server(home: Path) -> bool:
    """Whether there was a managed server to stop. It is stopped even where others use it; theirs to connect again.

    Raises BusyError where it does not stop in time.
    """
    folder = server_folder(home)
    stopped = False
    watchdog = find_watchdog(folder)
    if watchdog is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            watchdog.terminate()
            stopped = True
        deadline = time.monotonic() + STOP_SECONDS + 10
        while is_locked(folder.watchdog_lock) and find_watchdog(folder) is not None:
            if time.monotonic() > deadline:
                message = f"Neo4j in {folder.root} did not stop within {STOP_SECONDS:.0f} s."
                raise BusyError(message, code="neo4j.stop", hint=f"Look into {folder.root / 'logs'}.")
            time.sleep(POLL_SECONDS)
    for process in find_servers(folder):
        # Its watchdog was killed, so nobody else would stop it.
        folder.state.unlink(missing_ok=True)
        stop_process(process)
        stopped = True
    return stopped


def inspect_server(home: Path) -> ServerFacts:
    """What runs and what lies in a data folder; nothing is changed, started or asked."""
    folder = server_folder(home)
    state = read_state(folder)
    process = find_server(folder, state)
    watchdog = find_watchdog(folder)
    failure = read_failure(folder)
    try:
        mode = folder.password.stat().st_mode & 0o777
    except OSError:
        mode = None
    own = {watchdog.pid} if watchdog else set()
    return ServerFacts(
        root=folder.root,
        pid=process.pid if process else None,
        port=state.port if state and process else None,
        version=state.version if state and process else None,
        watchdog_pid=watchdog.pid if watchdog else None,
        lease_pids=tuple(pid for pid in _holders(folder.lease_lock) if pid not in own),
        stray_pids=tuple(item.pid for item in find_servers(folder) if process is None or item.pid != process.pid),
        stale_state=state is not None and process is None,
        password_mode=mode,
        failure=failure.message if failure else None,
        log=folder.console,
    )


def find_watchdog(folder: ServerFolder) -> psutil.Process | None:
    """The live watchdog of a folder: it holds the lock, and the pid in it is one of a watchdog."""
    if not is_locked(folder.watchdog_lock):
        return None
    try:
        process = psutil.Process(int(folder.watchdog_lock.read_text("utf-8")))
        return process if "graph.watchdog" in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _holders(lock: Path) -> list[int]:
    """Processes that have the lease file open, which only leases and watchdogs do."""
    pids = []
    for process in psutil.process_iter():
        try:
            if any(item.path == str(lock) for item in process.open_files()):
                pids.append(process.pid)
        except (psutil.Error, OSError):
            continue
    return sorted(pids)


def _plan_launch(folder: ServerFolder, environment: Mapping[str, str]) -> Launch:
    """How the server is to be started. Raises InputError where a setting cannot be read."""
    heap = environment.get("HEADWATER_NEO4J_HEAP") or DEFAULT_HEAP
    page_cache = environment.get("HEADWATER_NEO4J_PAGECACHE") or DEFAULT_PAGE_CACHE
    for name, value in (("HEADWATER_NEO4J_HEAP", heap), ("HEADWATER_NEO4J_PAGECACHE", page_cache)):
        if not SIZE.fullmatch(value):
            message = f"{name} is {value!r}; expected a size such as 512m or 2g."
            raise InputError(message, code="neo4j.setting", hint=f"Change {name} or leave it out.", subject=name)
    grace = environment.get("HEADWATER_NEO4J_GRACE") or str(DEFAULT_GRACE_SECONDS)
    try:
        grace_seconds = float(grace)
    except ValueError:
        grace_seconds = math.nan
    if not 0 <= grace_seconds < math.inf:
        message = f"HEADWATER_NEO4J_GRACE is {grace!r}; expected seconds, 0 or more."
        raise InputError(
            message, code="neo4j.setting", hint="Change it or leave it out.", subject="HEADWATER_NEO4J_GRACE"
        )
    return Launch(
        root=str(folder.root),
        java=str(find_java()),
        jars=str(cache_folder(environment, read_lock().version)),
        heap=heap,
        page_cache=page_cache,
        grace_seconds=grace_seconds,
    )


def _prepare_folder(folder: ServerFolder) -> None:
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        folder.root.chmod(0o700)
        folder.watchdog_log.parent.mkdir(exist_ok=True)
        for lock in (folder.lease_lock, folder.watchdog_lock):
            os.close(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        message = f"Neo4j cannot keep its data in {folder.root}: {error.strerror or error}."
        hint = "Set HEADWATER_HOME to a folder that you may write."
        raise InputError(message, code="home.not-writable", hint=hint, subject=str(folder.root)) from error


def _take_lease(folder: ServerFolder, progress: Progress) -> int:
    """A shared lock, had as soon as no watchdog is stopping the server."""
    begun = time.monotonic()
    while True:
        handle = take_lock(folder.lease_lock, shared=True)
        if handle is not None:
            return handle
        waited = time.monotonic() - begun
        if waited > START_SECONDS:
            message = f"The lease on {folder.root} is held exclusively for {waited:.0f} s."
            raise BusyError(message, code="neo4j.lease", hint="Run `headwater doctor`, which names the process.")
        if waited > 1:
            progress("Waiting for Neo4j to stop", waited, None, "s")
        time.sleep(0.05)


class _Starter:
    """Waits, under a lease, until the folder's server answers; sees to it that there is a watchdog to start it."""

    def __init__(self, folder: ServerFolder, launch: Launch, progress: Progress, fetch: Fetch | None) -> None:
        self._folder = folder
        self._launch = launch
        self._progress = progress
        self._fetch = fetch
        self._begun_at = time.time()

    def wait(self) -> Connection:
        """The connection, once it was tried. Raises UnavailableError."""
        begun = time.monotonic()
        watchdogs = 0
        waited = 0.0
        while True:
            if not is_locked(self._folder.watchdog_lock):
                self._raise_failure()
                if watchdogs == WATCHDOG_TRIES:
                    message = f"Neo4j's watchdog ended {watchdogs} times before the server answered."
                    raise UnavailableError(message, code="neo4j.start", hint=f"Look into {self._folder.watchdog_log}.")
                self._start_watchdog()
                # What was spent on fetching jars is not waiting for the server.
                begun = time.monotonic() if not watchdogs else begun
                watchdogs += 1
            connection = self._try()
            if connection is not None:
                if waited:
                    self._progress("Starting Neo4j", waited, waited, "s")
                return connection
            waited = time.monotonic() - begun
            if waited > START_SECONDS:
                message = f"Neo4j in {self._folder.root} did not answer within {START_SECONDS:.0f} s."
                hint = f"Look into {self._folder.console}, or run `headwater doctor`."
                raise UnavailableError(message, code="neo4j.start", hint=hint)
            self._progress("Starting Neo4j", waited, None, "s")
            time.sleep(POLL_SECONDS)

    def _raise_failure(self) -> None:
        failure = read_failure(self._folder)
        if failure is not None and failure.time >= self._begun_at:
            said = f" It said:\n{failure.log}" if failure.log else ""
            hint = f"Look into {self._folder.console}, or run `headwater doctor`.{said}"
            raise UnavailableError(failure.message, code="neo4j.start", hint=hint)

    def _start_watchdog(self) -> None:
        provide_jars(Path(self._launch.jars), read_lock(), fetch=self._fetch, progress=self._progress)
        paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        command = [sys.executable, "-P", "-m", "graph.watchdog", json.dumps(dataclasses.asdict(self._launch))]
        try:
            with self._folder.watchdog_log.open("ab") as log:
                done = subprocess.run(  # noqa: S603 - our own interpreter and module, no shell
                    command,
                    cwd=self._folder.root,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    check=False,
                )
        except OSError as error:
            message = f"Neo4j's watchdog cannot be started: {error.strerror or error}."
            raise UnavailableError(message, code="neo4j.start", hint="Run `headwater doctor`.") from error
        if done.returncode not in (0, BUSY_EXIT):
            message = f"Neo4j's watchdog ended with code {done.returncode}."
            raise UnavailableError(message, code="neo4j.start", hint=f"Look into {self._folder.watchdog_log}.")

    def _try(self) -> Connection | None:
        """The connection where the listener is our own server and lets us in; None while it is not yet so."""
        state = read_state(self._folder)
        process = find_server(self._folder, state)
        # The password is told to nobody but the process that the watchdog started.
        if state is None or process is None or state.port not in listening_ports(process):
            return None
        try:
            password = self._folder.password.read_text("utf-8").strip()
        except OSError as error:
            message = f"The password file {self._folder.password} cannot be read: {error.strerror or error}."
            raise UnavailableError(
                message, code="neo4j.password", hint="docs/neo4j.md tells how to set a new one."
            ) from error
        try:
            answer = ask_server(state.port, password)
        except OSError:
            return None
        if answer.startswith("Neo.ClientError.Security"):
            message = f"The managed Neo4j does not take the password in {self._folder.password} ({answer})."
            raise UnavailableError(message, code="neo4j.password", hint="docs/neo4j.md tells how to set a new one.")
        if answer:
            return None
        return Connection(uri=f"bolt://{HOST}:{state.port}", username=USERNAME, password=password, managed=True)


BOLT_MAGIC = b"\x60\x60\xb0\x17"
BOLT_OFFER = b"\x00\x04\x04\x05" + bytes(12)
"""Bolt 5.4 down to 5.0, nothing else (Bolt handshake specification)."""
BOLT_SECONDS = 10.0
HELLO, LOGON, RUN, GOODBYE = 0x01, 0x6A, 0x10, 0x02
SUCCESS, FAILURE = 0x70, 0x7F


def ask_server(port: int, password: str, *, timeout_seconds: float = BOLT_SECONDS) -> str:
    """Nothing where a server lets us in and begins a query; else the code of its refusal, or `not-bolt`.

    Raises OSError where nobody listens or the answer ends early. The driver is not used: its back-off would double the
    wait for a server that is still starting.
    """
    with socket.create_connection((HOST, port), timeout=timeout_seconds) as stream:
        stream.sendall(BOLT_MAGIC + BOLT_OFFER)
        version = _receive(stream, 4)
        if version[:2] != b"\x00\x00" or version[3] != BOLT_OFFER[3]:
            return "not-bolt"
        agent: dict[str, object] = {"user_agent": "headwater/doctor", "bolt_agent": {"product": "headwater/doctor"}}
        logon: dict[str, object] = {"scheme": "basic", "principal": USERNAME, "credentials": password}
        for message in (_pack(HELLO, agent), _pack(LOGON, logon), _pack(RUN, "RETURN 1", {}, {})):
            stream.sendall(struct.pack(">H", len(message)) + message + b"\x00\x00")
            refused = _read_answer(stream)
            if refused:
                return refused
        goodbye = _pack(GOODBYE)
        stream.sendall(struct.pack(">H", len(goodbye)) + goodbye + b"\x00\x00")
    return ""


def _read_answer(stream: socket.socket) -> str:
    content = b""
    while not content:
        # A chunk of size 0 ends a message; one without a message before it only keeps the line alive.
        while size := struct.unpack(">H", _receive(stream, 2))[0]:
            content += _receive(stream, size)
    if content[1] == SUCCESS:
        return ""
    code = re.search(rb"Neo\.\w+\.\w+\.\w+", content)
    return code.group().decode() if code else f"bolt-{content[1]:02x}"


def _receive(stream: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        part = stream.recv(size - len(content))
        if not part:
            message = "The connection ended within an answer."
            raise ConnectionError(message)
        content += part
    return content


def _pack(signature: int, *values: object) -> bytes:
    """A Bolt message of strings and maps (PackStream version 1)."""
    return bytes((0xB0 | len(values), signature)) + b"".join(_pack_value(value) for value in values)


def _pack_value(value: object) -> bytes:
    if isinstance(value, dict):
        return bytes((0xA0 | len(value),)) + b"".join(_pack_value(part) for pair in value.items() for part in pair)
    content = str(value).encode()
    return b"\xd1" + struct.pack(">H", len(content)) + content
