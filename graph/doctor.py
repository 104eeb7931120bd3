"""What `headwater doctor` explains: each thing that a start depends on, what was found, and what to do about it.

Changes nothing and starts nothing; asks the network only whether the server of NEO4J_URI listens. Called by the command
line.
"""

import os
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ontology.errors import HeadwaterError

from .distribution import PARTIAL, cache_folder, find_broken, find_java, read_lock
from .server import ServerFacts, inspect_server, read_connection

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 500_000_000
"""Jars 140 MB, the example's store and archive, and room to breathe."""
DEFAULT_PORT = 7687
CONNECT_SECONDS = 2.0
PRIVATE_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at. `advice` is empty where nothing is to be done."""

    name: str
    ok: bool
    found: str
    advice: str = ""
    away: bool = False
    """Whether it is something that should answer and does not."""


def examine(home: Path, *, environment: Mapping[str, str] | None = None) -> list[Check]:
    """All checks, in the order in which a start needs them. Cost: reads the jars once (140 MB)."""
    environment = os.environ if environment is None else environment
    facts = inspect_server(home)
    return [
        _check_python(),
        _check_java(environment),
        _check_jars(environment),
        _check_home(home),
        _check_disk(home),
        _check_named_server(environment),
        _check_managed_server(facts),
        _check_password(facts),
        _check_leftovers(facts, environment),
    ]


def _check_python() -> Check:
    found = f"Python {sys.version.split()[0]} at {sys.executable}"
    good = sys.version_info >= OLDEST_PYTHON
    return Check(name="python", ok=good, found=found, advice="" if good else "Use Python 3.11 or newer.")


def _check_java(environment: Mapping[str, str]) -> Check:
    try:
        java = find_java()
    except HeadwaterError as error:
        return Check(name="java", ok=False, found=error.message, advice=error.hint or "")
    ignored = [name for name in ("JAVA_HOME", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS") if environment.get(name)]
    other = shutil.which("java", path=environment.get("PATH"))
    if other:
        ignored.append(other)
    note = f"; not used: {', '.join(ignored)}" if ignored else ""
    return Check(name="java", ok=True, found=f"{java}{note}")


def _check_jars(environment: Mapping[str, str]) -> Check:
    try:
        distribution = read_lock()
        folder = cache_folder(environment, distribution.version)
        broken = find_broken(folder, distribution)
    except HeadwaterError as error:
        return Check(name="jars", ok=False, found=error.message, advice=error.hint or "")
    except OSError as error:
        return Check(
            name="jars", ok=False, found=f"{error}", advice="Set HEADWATER_CACHE to a folder that you may read."
        )
    whole = len(distribution.jars) - len(broken)
    found = f"Neo4j {distribution.version}: {whole} of {len(distribution.jars)} jars whole in {folder}"
    if not broken:
        return Check(name="jars", ok=True, found=found)
    size = sum(jar.size_bytes for jar in broken) / 1_000_000
    return Check(name="jars", ok=False, found=found, advice=f"The next start fetches the others ({size:.0f} MB).")


def _nearest(path: Path) -> Path:
    """The path, or the first folder above it that exists."""
    path = path.expanduser().absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _check_home(home: Path) -> Check:
    nearest = _nearest(home / "neo4j")
    effective = os.access in os.supports_effective_ids
    good = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK, effective_ids=effective)
    found = f"{home.expanduser().absolute()}" + ("" if home.exists() else " (will be made)")
    advice = "" if good else f"Set HEADWATER_HOME to a folder that you may write: {nearest} is not one."
    return Check(name="home", ok=good, found=found, advice=advice)


def _check_disk(home: Path) -> Check:
    free = shutil.disk_usage(_nearest(home)).free
    good = free >= LEAST_FREE_BYTES
    advice = "" if good else f"Make room: {LEAST_FREE_BYTES / 1_000_000:.0f} MB are wanted."
    return Check(name="disk", ok=good, found=f"{free / 1_000_000:.0f} MB free", advice=advice)


def _check_named_server(environment: Mapping[str, str]) -> Check:
    try:
        named = read_connection(environment)
    except HeadwaterError as error:
        return Check(name="NEO4J_URI", ok=False, found=error.message, advice=error.hint or "")
    if named is None:
        return Check(name="NEO4J_URI", ok=True, found="not set: the managed local Neo4j is used")
    parts = urlsplit(named.uri)
    try:
        host, port = parts.hostname or "localhost", parts.port or DEFAULT_PORT
        socket.create_connection((host, port), timeout=CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        found = f"{parts.scheme}://{parts.hostname} does not answer: {error}"
        advice = "Start that server, correct NEO4J_URI, or leave it out to use the managed local one."
        return Check(name="NEO4J_URI", ok=False, found=found, advice=advice, away=True)
    found = f"{parts.scheme}://{host}:{port} listens; the managed local Neo4j is not used"
    return Check(name="NEO4J_URI", ok=True, found=found)


def _check_managed_server(facts: ServerFacts) -> Check:
    if facts.pid is None:
        found = "does not run; it starts with its first use"
        if facts.failure:
            advice = f"Look into {facts.log}."
            return Check(
                name="server", ok=False, found=f"{found}; the last start failed: {facts.failure}", advice=advice
            )
        return Check(name="server", ok=True, found=found)
    users = ", ".join(str(pid) for pid in facts.lease_pids) or "nobody"
    found = f"Neo4j {facts.version}, pid {facts.pid}, bolt://127.0.0.1:{facts.port}, used by {users}"
    if facts.watchdog_pid is None:
        advice = "Its watchdog was killed; the next use gives it a new one."
        return Check(name="server", ok=False, found=found, advice=advice)
    return Check(name="server", ok=True, found=f"{found}, watched by {facts.watchdog_pid}")


def _check_password(facts: ServerFacts) -> Check:
    path = facts.root / "password"
    if facts.password_mode is None:
        return Check(name="password", ok=True, found="none yet; the first start makes one")
    good = facts.password_mode == PRIVATE_MODE
    found = f"{path}, mode {facts.password_mode:o}"
    return Check(name="password", ok=good, found=found, advice="" if good else f"Run: chmod 600 '{path}'")


def _check_leftovers(facts: ServerFacts, environment: Mapping[str, str]) -> Check:
    found, advice = [], []
    if facts.stray_pids:
        found.append(f"servers that nobody watches: {', '.join(str(pid) for pid in facts.stray_pids)}")
        advice.append("The next use ends them.")
    if facts.stale_state:
        found.append("server.json names a process that is gone")
        advice.append("The next use starts the server anew; the data is intact.")
    try:
        partial = sorted(cache_folder(environment, read_lock().version).glob(f"{PARTIAL}*"))
    except (HeadwaterError, OSError):
        partial = []
    if partial:
        found.append(f"an unfinished download in {partial[0].parent}")
        advice.append("The next start goes on with it.")
    return Check(name="leftovers", ok=not found, found="; ".join(found) or "none", advice=" ".join(advice))
