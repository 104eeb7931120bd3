"""The managed server's folder as processes see it: what lies in it, who holds its locks, which processes are its own.

Knows files, locks and the process table. Starts nothing. Called by watchdog, which keeps the server, and by server,
which uses it.
"""

import fcntl
import json
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MAIN_CLASS = "org.neo4j.server.CommunityEntryPoint"
STOP_SECONDS = 60.0
"""Neo4j stops in a second when idle, later where much is to be written. Killed after that, it recovers when started."""
CREATED_TOLERANCE_SECONDS = 5.0
"""The clock that dates a process may be set in between; the command line is compared too."""


@dataclass(frozen=True, slots=True)
class ServerFolder:
    """The managed server's part of HEADWATER_HOME and the names in it."""

    root: Path

    @property
    def password(self) -> Path:
        """The generated password, 0600."""
        return self.root / "password"

    @property
    def state(self) -> Path:
        """Which process serves on which port; absent while it is being stopped."""
        return self.root / "server.json"

    @property
    def failure(self) -> Path:
        """Why the last start failed."""
        return self.root / "failure.json"

    @property
    def port(self) -> Path:
        """The last port, taken again where it is free, so that drivers find the server after a restart."""
        return self.root / "port"

    @property
    def lease_lock(self) -> Path:
        """Locked shared by every user of the server, exclusively by a watchdog that stops it."""
        return self.root / "lease.lock"

    @property
    def watchdog_lock(self) -> Path:
        """Locked by the watchdog for its life; holds its pid."""
        return self.root / "watchdog.lock"

    @property
    def configuration(self) -> Path:
        """neo4j.conf, written anew at each start."""
        return self.root / "conf" / "neo4j.conf"

    @property
    def console(self) -> Path:
        """What the server prints."""
        return self.root / "logs" / "console.log"

    @property
    def watchdog_log(self) -> Path:
        """What the watchdog prints."""
        return self.root / "logs" / "watchdog.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The running server. `created` is the process's creation time in seconds since the epoch."""

    pid: int
    created: float
    port: int
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFailure:
    """Why a start failed, at `time` seconds since the epoch, with the end of the server's own output."""

    time: float
    message: str
    log: str


def read_state(folder: ServerFolder) -> ServerState | None:
    """What server.json says, whether true or stale; None where there is none or it is not whole."""
    try:
        return ServerState(**json.loads(folder.state.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def read_failure(folder: ServerFolder) -> StartFailure | None:
    """The last failed start; None where the last one did not fail."""
    try:
        return StartFailure(**json.loads(folder.failure.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(process: psutil.Process) -> bool:
    """Whether the very same process still runs; one that only waits to be collected does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_server(process: psutil.Process, folder: ServerFolder) -> bool:
    """Whether a process is the managed server of this folder, by its command line."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return False
    return MAIN_CLASS in command and f"--home-dir={folder.root}" in command


def find_server(folder: ServerFolder, state: ServerState | None) -> psutil.Process | None:
    """The live process that a state names; None where the pid is gone or belongs to another process by now."""
    if state is None:
        return None
    try:
        process = psutil.Process(state.pid)
        same = abs(process.create_time() - state.created) <= CREATED_TOLERANCE_SECONDS
    except psutil.Error:
        return None
    return process if same and is_alive(process) and is_server(process, folder) else None


def find_servers(folder: ServerFolder) -> list[psutil.Process]:
    """All live servers of this folder, by the process table alone."""
    return [process for process in psutil.process_iter() if is_server(process, folder) and is_alive(process)]


def listening_ports(process: psutil.Process) -> list[int]:
    """TCP ports on which this very process listens."""
    try:
        connections = process.net_connections(kind="tcp")
    except psutil.Error:
        return []
    return sorted({item.laddr.port for item in connections if item.status == psutil.CONN_LISTEN})


def take_lock(path: Path, *, shared: bool = False, wait_seconds: float = 0.0) -> int | None:
    """A locked descriptor, closed to let go; None where others held the lock until the end of the wait."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(handle)
                return None
            time.sleep(0.05)
        else:
            return handle


def is_locked(path: Path) -> bool:
    """Whether somebody holds the exclusive lock. Creates nothing."""
    if not path.exists():
        return False
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def write_whole(path: Path, text: str) -> None:
    """A 0600 file with this text: readers see the old one or the new one."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def stop_process(process: psutil.Process, wait_seconds: float = STOP_SECONDS) -> None:
    """Ends a process in good order; kills it where that takes too long."""
    with suppress(psutil.NoSuchProcess):
        process.terminate()
        deadline = time.monotonic() + wait_seconds
        while is_alive(process) and time.monotonic() < deadline:
            collect_process(process, 0.05)
        if is_alive(process):
            kill_process(process)


def kill_process(process: psutil.Process) -> None:
    """Ends a process at once."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
    collect_process(process, 5.0)


def collect_process(process: psutil.Process, wait_seconds: float = 1.0) -> None:
    """Waits for the end of a process and, where it is a child, takes its exit code."""
    with suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
        process.wait(timeout=wait_seconds)
