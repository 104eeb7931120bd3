"""A process that changes a learner in copies of a data folder, in children of its own, each killed at another step.

Arguments: the data folder, the folder for copies, the learner, a document of theirs, a consent, and the change. In the
n-th copy the child dies before its n-th change of the file tree. Prints how many were killed. Started by
`test_graph_learners`.
"""

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from graph.learner_rules import OPERATOR, NewDocument
from graph.learners import Learners


def change(home: Path, learner: str, document: str, consent: str, what: str) -> None:
    """The change of this name."""
    learners, ends = Learners(home), datetime.now(UTC) + timedelta(days=1)
    new = NewDocument(text="another", format="ob3", verdict="verified", issuer=None)
    changes: dict[str, Callable[[], object]] = {
        "add": lambda: learners.add("Somebody else"),
        "store": lambda: learners.store_document(learner, new, OPERATOR),
        "remove": lambda: learners.remove_document(learner, document, OPERATOR),
        "consent": lambda: learners.give_consent(learner, "0123456789ab", "another purpose", ends, OPERATOR),
        "withdraw": lambda: learners.withdraw(learner, consent, OPERATOR),
        "share": lambda: learners.share(learner, [document], ends, OPERATOR),
        "read": lambda: learners.documents(learner, OPERATOR),
        "erase": lambda: learners.erase(learner, OPERATOR),
    }
    changes[what]()


def die_at(step: int) -> None:
    """Nothing; this process will kill itself before the change of the file tree of this number."""
    passed = itertools.count()

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(*arguments: Any, **named: Any) -> Any:
            if next(passed) == step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return calling

    os.pwrite = counted(os.pwrite)
    os.fsync = counted(os.fsync)
    os.rmdir = counted(os.rmdir)
    os.unlink = counted(os.unlink)
    Path.replace = counted(Path.replace)  # type: ignore[method-assign]
    Path.unlink = counted(Path.unlink)  # type: ignore[method-assign]


def main(home: Path, copies: Path, *about: str) -> None:
    """Changes copies until a child is not killed any more."""
    for step in itertools.count():
        copy = Path(shutil.copytree(home, copies / str(step)))
        child = os.fork()
        if child == 0:
            die_at(step)
            change(copy, *about)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.stdout.write(json.dumps({"killed": step, "status": os.waitstatus_to_exitcode(status)}))
            return


main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
