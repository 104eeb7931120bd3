"""The process that starts the managed Neo4j, and stops it when nobody uses it any more.

One watchdog a data folder, detached from whoever started it: it holds `watchdog.lock` for its life, starts the server
as its child (or adopts one whose watchdog was killed), starts it again if it dies while it is used, and stops it a
short grace after the last lease is gone. A lease is a shared lock on `lease.lock`; the kernel drops it with its
process, also on `kill -9`.
Run by server as `python -m graph.watchdog`; server also uses its view of the folder.
"""

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

import psutil

from .distribution import read_lock
from .server_folder import (
    MAIN_CLASS,
    ServerFolder,
    ServerState,
    StartFailure,
    collect_process,
    find_server,
    find_servers,
    is_alive,
    kill_process,
    listening_ports,
    read_state,
    stop_process,
    take_lock,
    write_whole,
)

HOST = "127.0.0.1"
USERNAME = "neo4j"
POLL_SECONDS = 0.2
BUSY_EXIT = 75
"""Another watchdog holds the folder (EX_TEMPFAIL of sysexits.h)."""
PORT_TRIES = 5
MOST_RESTARTS = 3
RESTART_WINDOW_SECONDS = 300.0
LOG_TAIL_LINES = 12
COMPLAINTS = ("ERROR", "Error", "Exception", "Caused by")
HASH_ROUNDS = 1024
"""Rounds of SHA-256 that Neo4j 5 writes into auth.ini."""
FOREIGN_VARIABLES = ("JAVA", "JDK_JAVA", "_JAVA", "CLASSPATH", "NEO4J_", "HEADWATER_")
"""Prefixes of variables that would change what the server does; none of them reaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a watchdog needs to know. Sizes as Java and Neo4j spell them (`512m`, `1g`)."""

    root: str
    java: str
    jars: str
    heap: str
    page_cache: str
    grace_seconds: float


class _FailedError(Exception):
    """The server cannot be started; the text is for people."""


class Watchdog:
    """Keeps one server for as long as it is used. Made by `main` under the folder's watchdog lock."""

    def __init__(self, launch: Launch, lock: int) -> None:
        self._launch = launch
        self._lock = lock
        self._folder = ServerFolder(Path(launch.root))
        self._process: psutil.Process | None = None
        self._distribution = read_lock()
        self._asked_to_stop = False

    def ask_to_stop(self, _signal: int, _frame: FrameType | None) -> None:
        """Handler of SIGTERM: the server is stopped even if it is used."""
        self._asked_to_stop = True

    def run(self) -> int:
        """0 after the server was stopped in good order, 1 after a failure that failure.json tells."""
        try:
            self._folder.failure.unlink(missing_ok=True)
            self._keep()
        except OSError:
            # The folder was removed under us, or the disk is full: nothing may be left behind that nobody watches.
            if self._process is not None:
                kill_process(self._process)
            if self._owns_folder():
                raise
            return 1
        except _FailedError as error:
            self._folder.state.unlink(missing_ok=True)
            failure = StartFailure(time=time.time(), message=str(error), log=read_complaints(self._folder.console))
            write_whole(self._folder.failure, json.dumps(asdict(failure)))
            return 1
        return 0

    def _keep(self) -> None:
        process = self._process = self._adopt() or self._start()
        deaths: list[float] = []
        idle_since: float | None = None
        while True:
            if not self._owns_folder():
                kill_process(process)
                return
            if not is_alive(process):
                self._folder.state.unlink(missing_ok=True)
                collect_process(process)
                now = time.monotonic()
                deaths = [moment for moment in deaths if now - moment < RESTART_WINDOW_SECONDS] + [now]
                if self._asked_to_stop or not self._is_leased():
                    return
                if len(deaths) > MOST_RESTARTS:
                    message = f"Neo4j died {len(deaths)} times within {RESTART_WINDOW_SECONDS / 60:.0f} minutes."
                    raise _FailedError(message)
                process = self._start()
            if self._asked_to_stop:
                self._stop(process)
                return
            lease = take_lock(self._folder.lease_lock)
            if lease is None:
                idle_since = None
            else:
                # Whoever comes now waits at the lease until the server is gone, and then starts it anew.
                with _closing(lease):
                    idle_since = idle_since or time.monotonic()
                    if time.monotonic() - idle_since >= self._launch.grace_seconds:
                        self._stop(process)
                        return
            time.sleep(POLL_SECONDS)

    def _is_leased(self) -> bool:
        lease = take_lock(self._folder.lease_lock)
        if lease is None:
            return True
        os.close(lease)
        return False

    def _adopt(self) -> psutil.Process | None:
        """The server that the folder's state names, where its watchdog was killed.

        Other servers of this path are killed: their state is lost, or the folder that they write to was removed and
        made anew, and then they must not write into this one while they stop.
        """
        state = read_state(self._folder)
        adopted = find_server(self._folder, state)
        for process in find_servers(self._folder):
            if adopted is None or process.pid != adopted.pid:
                kill_process(process)
        return adopted

    def _owns_folder(self) -> bool:
        """Whether the lock we hold is still the folder's own: not so where the folder was removed and made anew."""
        try:
            there = self._folder.watchdog_lock.stat()
        except OSError:
            return False
        held = os.fstat(self._lock)
        return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)

    def _start(self) -> psutil.Process:
        """A server that listens. Raises _FailedError where it ends before."""
        self._provide_password()
        for attempt in range(PORT_TRIES):
            port = self._choose_port(again=attempt == 0)
            self._configure(port)
            process = self._process = self._spawn()
            self._write_state(process, port)
            while is_alive(process) and not self._asked_to_stop:
                if port in listening_ports(process):
                    write_whole(self._folder.port, str(port))
                    return process
                time.sleep(POLL_SECONDS / 2)
                if not self._is_leased():
                    return process
            if self._asked_to_stop:
                return process
            self._folder.state.unlink(missing_ok=True)
            collect_process(process)
            # Between our look at the port and the server's another process may take it. Any other end is tried once
            # more: a machine short of memory or time kills a server now and then, a wrong folder stops the second too.
            if attempt and "already in use" not in read_complaints(self._folder.console):
                message = "Neo4j ended before it could be used."
                raise _FailedError(message)
        message = f"Neo4j found {PORT_TRIES} ports taken, one after the other."
        raise _FailedError(message)

    def _spawn(self) -> psutil.Process:
        launch = self._launch
        options = [
            f"-Xmx{launch.heap}",
            *(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in ("java.nio", "java.io", "sun.nio.ch")),
            "-Dfile.encoding=UTF-8",
            "-Djava.awt.headless=true",
            f"-XX:ErrorFile={self._folder.root / 'logs' / 'crash-%p.log'}",
        ]
        # Relative to the working folder: short, and the path may have any character, a colon too.
        class_path = os.pathsep.join(jar.file_name for jar in self._distribution.jars)
        places = [f"--home-dir={self._folder.root}", f"--config-dir={self._folder.configuration.parent}"]
        self._folder.console.parent.mkdir(exist_ok=True)
        if self._folder.console.exists():
            self._folder.console.replace(self._folder.console.with_suffix(".previous.log"))
        with self._folder.console.open("wb") as console:
            return psutil.Popen(
                [launch.java, *options, "-cp", class_path, MAIN_CLASS, *places],
                cwd=launch.jars,
                env=server_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
            )

    def _write_state(self, process: psutil.Process, port: int) -> None:
        try:
            created = process.create_time()
        except psutil.Error:
            return
        state = ServerState(pid=process.pid, created=created, port=port, version=self._distribution.version)
        write_whole(self._folder.state, json.dumps(asdict(state)))

    def _stop(self, process: psutil.Process) -> None:
        # Without a state nobody takes the server for usable while it goes.
        self._folder.state.unlink(missing_ok=True)
        stop_process(process)

    def _choose_port(self, *, again: bool) -> int:
        with suppress(OSError, ValueError):
            last = int(self._folder.port.read_text("utf-8"))
            if again and is_free(last):
                return last
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            return int(probe.getsockname()[1])

    def _configure(self, port: int) -> None:
        settings = server_settings(port=port, heap=self._launch.heap, page_cache=self._launch.page_cache)
        self._folder.configuration.parent.mkdir(exist_ok=True)
        lines = ["# Written by Headwater at each start; docs/neo4j.md tells what can be set."]
        lines += [f"{name}={value}" for name, value in settings.items()]
        write_whole(self._folder.configuration, "\n".join(lines) + "\n")

    def _provide_password(self) -> None:
        """The password file and what Neo4j reads the password from at its first start."""
        folder = self._folder
        if not folder.password.exists():
            if (folder.root / "data" / "databases" / "system").exists():
                message = (
                    f"The password file {folder.password} is gone, and the data beside it cannot be opened without."
                )
                raise _FailedError(message)
            write_whole(folder.password, secrets.token_urlsafe(32))
        initial = folder.root / "data" / "dbms" / "auth.ini"
        if not initial.exists():
            initial.parent.mkdir(parents=True, exist_ok=True)
            write_whole(initial, initial_credentials(folder.password.read_text("utf-8").strip()))


def read_complaints(console: Path) -> str:
    """The last lines of a server's output that say what went wrong; the last lines at all where it is short."""
    try:
        lines = console.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    complaints = [line for line in lines if any(word in line for word in COMPLAINTS)]
    told = complaints if complaints and len(lines) > LOG_TAIL_LINES else lines
    return "\n".join(told[-LOG_TAIL_LINES:])


def server_settings(*, port: int, heap: str, page_cache: str) -> dict[str, str]:
    """All that neo4j.conf says, name to value."""
    return {
        "server.default_listen_address": HOST,
        "server.default_advertised_address": HOST,
        "server.bolt.listen_address": f"{HOST}:{port}",
        "server.bolt.advertised_address": f"{HOST}:{port}",
        "server.http.enabled": "false",
        "server.https.enabled": "false",
        "dbms.usage_report.enabled": "false",
        # An empty store takes 2 MB, not 500.
        "db.tx_log.preallocate": "false",
        "db.tx_log.rotation.retention_policy": "2 files",
        # Against reading this machine's files and network from Cypher: LOAD CSV does both by default.
        "dbms.security.allow_csv_import_from_file_urls": "false",
        "internal.dbms.cypher_ip_blocklist": "0.0.0.0/0,::/0",
        "server.memory.heap.initial_size": heap,
        "server.memory.heap.max_size": heap,
        "server.memory.pagecache.size": page_cache,
        # Idle, it stops in half a second, not in ten.
        "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
        "internal.dbms.bolt.netty_server_shutdown_timeout": "5",
        "db.shutdown_transaction_end_timeout": "5s",
    }


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the server inherits: nothing that points to another Java or changes this one; file names in UTF-8."""
    kept = {name: value for name, value in environment.items() if not name.startswith(FOREIGN_VARIABLES)}
    return kept | {"LC_ALL": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"}


def initial_credentials(password: str) -> str:
    """The line of auth.ini by which a new Neo4j knows the password, without telling it to a process list.

    Source: org.neo4j.server.security.SystemGraphCredential and SecureHasher, Neo4j 5.26.
    """
    salt = secrets.token_bytes(32)
    digest = hashlib.sha256(salt + password.encode()).digest()
    for _ in range(HASH_ROUNDS - 1):
        digest = hashlib.sha256(digest).digest()
    return f"{USERNAME}:SHA-256,{digest.hex()},{salt.hex()},{HASH_ROUNDS}:\n"


def is_free(port: int) -> bool:
    """Whether a server could listen on a loopback port now; one that was let go a moment ago counts as free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


@contextmanager
def _closing(handle: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(handle)


def main(arguments: Sequence[str]) -> int:
    """Becomes the watchdog of a folder and comes back at once: 0, or BUSY_EXIT where it has one already."""
    launch = Launch(**json.loads(arguments[0]))
    folder = ServerFolder(Path(launch.root))
    lock = take_lock(folder.watchdog_lock, wait_seconds=1.0)
    if lock is None:
        return BUSY_EXIT
    # The child keeps the lock; the caller's wait ends with the parent, so a watchdog is nobody's child.
    if child := os.fork():
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(child).encode(), 0)
        os._exit(0)
    os.setsid()
    watchdog = Watchdog(launch, lock)
    signal.signal(signal.SIGTERM, watchdog.ask_to_stop)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return watchdog.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
