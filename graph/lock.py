"""The writer lock: one process at a time changes what is in HEADWATER_HOME.

The kernel drops it with the process that held it, so a kill leaves no lock behind.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ontology.errors import BusyError

from .archive import writing

WRITER = "writer.lock"
"""Held by whoever changes what is loaded."""
KEYS = "keys.lock"
"""Held by whoever changes keys: a key can be revoked while a load is running."""
ISSUER = "issuer.lock"
"""Held by whoever issues or changes what was issued, for milliseconds."""
LEARNERS = "learners.lock"
"""Held by whoever changes what is stored of learners, or notes that it was read, for milliseconds."""
ACCESS = "learner-access.lock"
"""Held by whoever changes which applications are registered, or who signs in as which learner, for milliseconds."""
WAIT_SECONDS = 5.0
"""So long it is waited for a lock that is held for milliseconds."""
_POLL_SECONDS = 0.005


@contextmanager
def writer_lock(home: Path, name: str = WRITER) -> Iterator[None]:
    """Nothing, while this process is the one writer of what the lock of this name stands for.

    Raises:
        BusyError: another one is, and the message says which and since when; nobody waits.
        UnavailableError: the folder cannot be written.
    """
    path = home / name
    with writing(path):
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"{home} is being written by {_holder(path)}.",
                code="busy.writer",
                hint="Wait until it is done, then try again.",
            ) from error
        with writing(path):
            since = datetime.now(UTC).isoformat(timespec="seconds")
            os.ftruncate(handle, 0)
            os.pwrite(handle, json.dumps({"pid": os.getpid(), "since": since}).encode(), 0)
        yield
    finally:
        os.close(handle)


@contextmanager
def waiting_lock(home: Path, name: str, *, seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """The same, waited for: of locks that are held for milliseconds. Raises BusyError after so many seconds."""
    deadline = time.monotonic() + seconds
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(writer_lock(home, name))
                break
            except BusyError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
        yield


def _holder(path: Path) -> str:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
        return f"process {holder['pid']} since {holder['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has the lock and has not written its name yet
