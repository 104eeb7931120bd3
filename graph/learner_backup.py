"""What a backup has of learners, and what a restore carries over: endings and audit never go back in time.

A backup has the sealed files and the logs; the keys only where keys are asked for. A restore joins the logs of the
backup to those of the data folder and leaves out who was erased since, before anything of it is visible. Called by
`backup`.
"""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from . import access_register, learner_keys, learner_log
from .archive import writing
from .chained_log import ChainedLog
from .learner_files import FOLDER as LEARNERS_FOLDER

_ID: Final = "[0-9a-f]{32}"
SEALED_PATH: Final = re.compile(rf"{LEARNERS_FOLDER}/{_ID}/(?:record|evidence|documents/{_ID})\.sealed")
LOG_PATH: Final = re.compile(rf"{learner_log.FOLDER}/(?:audit|endings)\.(?:jsonl|anchor)")
ACCESS_PATH: Final = re.compile(
    rf"{access_register.FOLDER}/(?:{access_register.CLIENTS}|{access_register.LOCAL}"
    rf"|{access_register.ACCOUNTS}/[0-9a-f]{{64}}\.json)"
)
KEY_PATH: Final = re.compile(rf"{learner_keys.FOLDER}/(?:master|{_ID})\.key")
FOLDERS: Final = (LEARNERS_FOLDER, learner_log.FOLDER, access_register.FOLDER)
_BATCH: Final = 1000
"""Entries that are joined at once."""


def has_learners(home: Path) -> bool:
    """Whether anything was ever stored of learners."""
    return (home / learner_log.FOLDER).exists()


def learner_files(home: Path, *, with_keys: bool) -> Iterator[Path]:
    """What a backup has of learners, in the order in which it is to be read; any file may be gone by then.

    Records come before documents and both before the endings: what is removed meanwhile has ended there. An anchor
    comes before its log, so it is never ahead of it.
    """
    folder = home / LEARNERS_FOLDER
    yield from sorted(folder.glob("*/record.sealed"))
    yield from sorted(folder.glob("*/documents/*.sealed"))
    access = home / access_register.FOLDER
    yield from (access / access_register.CLIENTS, access / access_register.LOCAL)
    yield from sorted((access / access_register.ACCOUNTS).glob("*.json"))
    if with_keys:
        keys = home / learner_keys.FOLDER
        yield from sorted(path for path in keys.glob("*.key") if learner_keys.ID.fullmatch(path.stem))
        yield keys / learner_keys.MASTER
    for name in (learner_log.AUDIT, learner_log.ENDINGS):
        path = home / learner_log.FOLDER / name
        yield path.with_suffix(".anchor")
        yield path


def carry_over(home: Path, staging: Path) -> None:
    """Nothing; the content that was made ready has the logs of both, and nothing of who was erased.

    For the holder of the learners' lock. Raises DamagedError (`learners.log-damaged`), UnavailableError.
    """
    for name in (learner_log.AUDIT, learner_log.ENDINGS):
        _join(home, staging, name)
    endings = learner_log.Endings(staging)
    endings.refresh()
    erased = {ending.id for ending in endings.all() if ending.kind == learner_log.LEARNER}
    access_register.forget_accounts(staging / access_register.FOLDER, erased)
    with writing(staging):
        for ending in endings.all():
            if ending.kind == learner_log.LEARNER:
                shutil.rmtree(staging / LEARNERS_FOLDER / ending.id, ignore_errors=True)
                (staging / learner_keys.FOLDER / f"{ending.id}.key").unlink(missing_ok=True)
        for folder in (*FOLDERS, learner_keys.FOLDER):
            if (staging / folder).exists():
                (staging / folder).chmod(0o700)


def _join(home: Path, staging: Path, name: str) -> None:
    """Nothing; the log in `staging` is that of the data folder, then what only the backup has."""
    here, there = home / learner_log.FOLDER / name, staging / learner_log.FOLDER / name
    if not here.exists():
        return
    with writing(there):
        there.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if there.exists():
            for path in (there, there.with_suffix(".anchor")):
                path.rename(path.with_name(f"backup-{path.name}"))
        for path in (here, here.with_suffix(".anchor")):
            shutil.copy2(path, there.with_name(path.name))
    known: set[bytes] = set()
    joined = ChainedLog(there, take=lambda entry, _: known.add(_digest(entry)), forget=known.clear)
    joined.refresh()
    fresh: list[bytes] = []
    former = there.with_name(f"backup-{name}")
    ChainedLog(
        former,
        take=lambda entry, _: fresh.append(entry) if _digest(entry) not in known else None,
        forget=fresh.clear,
    ).refresh()
    for first in range(0, len(fresh), _BATCH):
        joined.append(fresh[first : first + _BATCH])
    with writing(there):
        for path in (former, former.with_suffix(".anchor")):
            path.unlink(missing_ok=True)


def _digest(entry: bytes) -> bytes:
    return hashlib.sha256(entry).digest()[:16]
