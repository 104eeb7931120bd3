"""A process that loads worlds in children of its own, which die where they are told to. Started by `release_killing`.

A job a line on stdin; for each of them the wait status of the child, and what it said, on stdout.
"""

import json
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from release_world import load_world, noon

from graph import publication
from graph.drafts import Drafts
from graph.loading import set_visibility
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.errors import HeadwaterError

BATCH_RECORDS = 3


class Fuse:
    """Counts checkpoints, and ends a process by SIGKILL at one of them: this one, or the server that the test started."""

    def __init__(self, at: int | None, victim: int) -> None:
        self.passed: list[str] = []
        self._at = at
        self._victim = victim

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if self._at is not None and len(self.passed) > self._at:
            self._at = None
            kill(self._victim)


def kill(process: int) -> None:
    """Nothing; the process is gone, if it was not already."""
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def change(releases: Releases, store: Store, job: dict[str, object]) -> None:
    """Nothing; what the job asks for is done: a load, a rollback, a visibility, an overlay, or only the recovery."""
    if job.get("version") is not None:
        load_world(releases, store, int(str(job["version"])), int(str(job.get("size", 12))))
    elif job.get("rollback") is not None:
        releases.roll_back(store, int(str(job["rollback"])))
    elif job.get("visibility") is not None:
        set_visibility(releases, "world", str(job["visibility"]), store=store)
    elif job.get("publish") is not None:
        Drafts(releases).publish(str(job["publish"]), store)
    else:
        releases.recover(store)


def run(job: dict[str, object], answer: int) -> None:
    """The job, in this process."""
    publication.BATCH_RECORDS = BATCH_RECORDS  # many small batches: many places to die at
    victim = int(str(job.get("victim") or os.getpid()))
    fuse = Fuse(job.get("at"), victim)  # type: ignore[arg-type]
    if job.get("seconds") is not None:
        timer = threading.Timer(float(str(job["seconds"])), kill, (victim,))
        timer.daemon = True
        timer.start()
    if job.get("file_bytes") is not None:
        limit = int(str(job["file_bytes"]))
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    connection = Connection(**job["connection"])  # type: ignore[arg-type]
    said: dict[str, object] = {}
    try:
        with Store(connection) as store:
            releases = Releases(Path(str(job["home"])), clock=noon, checkpoint=fuse)
            change(releases, store, job)
    except HeadwaterError as error:
        said = {"error": error.code, "message": error.message}
    said["passed"] = fuse.passed
    os.write(answer, json.dumps(said).encode())


def main() -> None:
    """Jobs, one after the other, each in a child."""
    for line in sys.stdin:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            run(json.loads(line), writer)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        answer = {"killed": os.WIFSIGNALED(status), "code": status, "said": json.loads(said) if said else {}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
