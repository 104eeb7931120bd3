"""What a data folder holds, replaced as a whole: what was there is moved aside, what was made ready takes its place.

A journal (`restoring.json`) is the point of no return: what a kill leaves after it is carried on by whoever looks at
the folder next, so that nobody sees half of the one and half of the other. Called by `backup`, which makes the new
content ready, and by `releases`, which carries on.
"""

import json
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from ontology.errors import BusyError, DamagedError

from .archive import sync_folder, write_durably, writing
from .lock import writer_lock

JOURNAL = "restoring.json"
STAGING = ".restoring-"
"""How the folders begin in which new content is made ready."""
CONTENT = (
    "current.json",
    "pending.json",
    "archive",
    "drafts",
    "snapshots",
    "stores",
    "case",
    "loads",
    "learners",
    "learner-log",
)
"""What is replaced, or goes where the new content has none. Keys and the managed server are not content."""
WAIT_SECONDS = 5.0
"""How long a reader waits for another process that is replacing; it takes some milliseconds."""


def replace_content(home: Path, staging: Path, aside: Path, *, also: Iterable[str] = ()) -> bool:
    """Whether anything was there before; it is in `aside` then, and the content of `staging` in the data folder.

    For the holder of the writer lock. `staging` must be on the disk, and both folders below `home`.

    Args:
        also: names beside `CONTENT` that are replaced too.
    """
    names = (*CONTENT, *also)
    was_there = any((home / name).exists() for name in names)
    coming = [name for name in names if (staging / name).exists()]
    going = [name for name in names if name not in coming]
    journal = {"staging": staging.name, "aside": aside.name, "coming": coming, "going": going}
    write_durably(home / JOURNAL, json.dumps(journal).encode())
    finish_replacement(home)
    return was_there


def finish_replacement(home: Path) -> None:
    """Nothing; a replacement that was begun is ended, and what one that never began had made ready is gone.

    For the holder of the writer lock. Every step may be done again. Raises DamagedError, UnavailableError.
    """
    journal = _read(home / JOURNAL)
    with writing(home):
        if journal is not None:
            staging, aside = home / str(journal["staging"]), home / str(journal["aside"])
            for name in _names(journal, "going"):
                if (home / name).exists() and not (aside / name).exists():
                    _move(home / name, aside / name)
            for name in _names(journal, "coming"):
                if (staging / name).exists():  # otherwise it is in its place already
                    if (home / name).exists():
                        _move(home / name, aside / name)
                    (staging / name).rename(home / name)
            if aside.exists():
                sync_folder(aside)
            sync_folder(home)
            (home / JOURNAL).unlink()
            sync_folder(home)
        for path in home.glob(f"{STAGING}*"):
            shutil.rmtree(path, ignore_errors=True)


def await_replacement(home: Path) -> None:
    """Nothing; no replacement is under way: it was ended here where its process is gone, or waited for.

    For readers, who hold no lock. Raises BusyError where it takes too long, DamagedError, UnavailableError.
    """
    deadline = time.monotonic() + WAIT_SECONDS
    while (home / JOURNAL).exists():
        try:
            with writer_lock(home):
                finish_replacement(home)
        except BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _move(place: Path, old: Path) -> None:
    old.parent.mkdir(exist_ok=True)
    place.rename(old)


def _names(journal: dict[str, object], key: str) -> list[str]:
    names = journal[key]
    assert isinstance(names, list)
    return names


def _read(path: Path) -> dict[str, object] | None:
    try:
        content = json.loads(path.read_bytes())
        if not isinstance(content, dict) or not {"staging", "aside", "coming", "going"} <= set(content):
            raise ValueError("it names no folders")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DamagedError(
            f"{path} cannot be read: {error}.",
            code="restore.damaged",
            hint="Move what is in the data folder aside yourself, and restore the backup again.",
        ) from error
    return content
