"""A process that restores a backup into folders in children of its own, each killed at another step of the replacement.

Arguments: the backup, the data folders. In the n-th folder the child dies before its n-th change of the file tree after
the point of no return. Prints for each whether it was killed. Started by `test_graph_backup`.
"""

import json
import os
import signal
import sys
from pathlib import Path

from graph import replacement
from graph.backup import restore_backup


def restore(file: Path, home: Path, at: int) -> None:
    """The restore, which dies before the change of that number."""
    passed = 0

    def count() -> None:
        nonlocal passed
        if passed == at:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1

    rename, finish = Path.rename, replacement.finish_replacement

    def counted_rename(self: Path, target: Path) -> Path:
        count()
        return rename(self, target)

    def counted_finish(home: Path) -> None:
        count()
        finish(home)
        count()

    Path.rename = counted_rename  # type: ignore[method-assign,assignment]
    replacement.finish_replacement = counted_finish
    restore_backup(file, home, force=True)


def main() -> None:
    """A child for each folder."""
    file, *homes = map(Path, sys.argv[1:])
    killed = []
    for at, home in enumerate(homes):
        child = os.fork()
        if child == 0:
            restore(file, home, at)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or status == 0, status
        killed.append(os.WIFSIGNALED(status))
    sys.stdout.write(json.dumps(killed))


if __name__ == "__main__":
    main()
