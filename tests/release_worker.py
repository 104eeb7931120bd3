"""A process that loads worlds in children of its own, which die where they are told to. Started by `release_killing`.

A job a line on stdin; for each of them the wait status of the child, and what it said, on stdout.
"""

import json
import os
import resource
import signal
import sys
import threading
from pathlib import Path

from release_world import load_world, noon

from graph import publication
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.errors import HeadwaterError

BATCH_RECORDS = 3


class Fuse:
    """Counts checkpoints, and ends the process by SIGKILL at one of them."""

    def __init__(self, at: int | None) -> None:
        self.passed: list[str] = []
        self._at = at

    def __call__(self, name: str) -> None:
        self.passed.append(name)
        if self._at is not None and len(self.passed) > self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def run(job: dict[str, object], answer: int) -> None:
    """The job, in this process."""
    publication.BATCH_RECORDS = BATCH_RECORDS  # many small batches: many places to die at
    fuse = Fuse(job.get("at"))  # type: ignore[arg-type]
    if job.get("seconds") is not None:
        timer = threading.Timer(float(str(job["seconds"])), os.kill, (os.getpid(), signal.SIGKILL))
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
            if job.get("version") is None:
                releases.recover(store)
            else:
                load_world(releases, store, int(str(job["version"])), int(str(job.get("size", 12))))
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
