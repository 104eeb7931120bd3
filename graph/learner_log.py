"""What is noted of learners: who read or changed what, when and why; and what has ended for good.

The audit's entries are sealed with the learner's key, so that nobody but who may read the learner reads them, and
nobody at all after the erasure, while the chain over all entries still holds. The endings (learners erased, consents
withdrawn, links revoked, documents removed) name nothing but random ids. They are the one place that says that
something has ended: a restore of an older backup keeps them, so it brings nothing back. Called by `learners`, under its
lock, and by `backup`.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import orjson

from ontology.errors import DamagedError

from .chained_log import ChainedLog, Head
from .learner_keys import Seal

FOLDER: Final = "learner-log"
AUDIT: Final = "audit.jsonl"
ENDINGS: Final = "endings.jsonl"
LEARNER: Final = "learner"
"""What has ended, where it is a learner: erased."""
_PURPOSE: Final = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One reading or change of what is stored of a learner."""

    at: str
    """RFC 3339 in UTC."""
    who: str
    """`learner`, `operator` (who holds the data folder), `key <id>` or `link <id>`."""
    act: str
    """`stored`, `read`, `consent`, `withdraw`, `share`, `revoke`, `export`, `audit`, …"""
    why: str
    """The purpose that a receiver stated, or what the learner or operator did it for."""
    what: tuple[str, ...]
    """Ids of documents, consents or links, or fields, that were read or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What has ended for good: ids are random, and say nothing of a learner."""

    id: str
    kind: str
    """`learner`, `consent`, `link` or `document`."""
    at: str


class Audit:
    """Who read or changed what, of all learners of a data folder."""

    def __init__(self, home: Path) -> None:
        self._places: dict[str, list[int]] = {}
        self._sequence: list[str] = []
        self._ids: dict[str, str] = {}
        self.generation = 0
        """Of the file: another one after a restore."""
        self._log = ChainedLog(home / FOLDER / AUDIT, take=self._take, forget=self._forget)

    def _forget(self) -> None:
        self.generation += bool(self._sequence)
        self._places.clear()
        self._sequence.clear()
        self._ids.clear()

    def _take(self, content: bytes, offset: int) -> None:
        learner = str(_outer(content)["learner"])
        learner = self._ids.setdefault(learner, learner)
        self._places.setdefault(learner, []).append(offset)
        self._sequence.append(learner)

    def learners_since(self, count: int) -> list[str]:
        """The learners of the entries after so many, each once, as of the last refresh."""
        return list(dict.fromkeys(self._sequence[count:]))

    def refresh(self) -> Head:
        """How far it goes. Raises DamagedError (`learners.log-damaged`) where it is not what was written."""
        return self._log.refresh()

    def knows(self, learner: str) -> bool:
        """Whether there is an entry of a learner, as of the last refresh."""
        return learner in self._places

    def append(self, learner: str, seal: Seal, entry: AuditEntry) -> Head:
        """How far it goes then. Raises UnavailableError, and then the entry is not in it; DamagedError."""
        return self.append_all([(learner, seal, entry)])

    def append_all(self, entries: Iterable[tuple[str, Seal, AuditEntry]]) -> Head:
        """The same with several, which are in it together or not at all."""
        lines = []
        for learner, seal, entry in entries:
            sealed = base64.b64encode(seal.close(orjson.dumps(asdict(entry)), _PURPOSE)).decode()
            lines.append(orjson.dumps({"learner": learner, "sealed": sealed}))
        return self._log.append(lines)

    def entries(self, learner: str, seal: Seal) -> list[AuditEntry]:
        """The entries of a learner, oldest first, after the whole chain was checked. Raises DamagedError."""
        self._log.check()
        self.refresh()
        return [self._read(seal, offset) for offset in tuple(self._places.get(learner, ()))]

    def _read(self, seal: Seal, offset: int) -> AuditEntry:
        sealed = base64.b64decode(str(_outer(self._log.read(offset))["sealed"]))
        content = orjson.loads(seal.open(sealed, _PURPOSE))
        return AuditEntry(**(content | {"what": tuple(content["what"])}))


class Endings:
    """What has ended for good, in a data folder."""

    def __init__(self, home: Path) -> None:
        self._ended: dict[str, Ending] = {}
        self._sequence: list[Ending] = []
        self.generation = 0
        """Of the file: another one after a restore."""
        self._log = ChainedLog(home / FOLDER / ENDINGS, take=self._take, forget=self._forget)

    def _forget(self) -> None:
        self.generation += bool(self._sequence)
        self._ended.clear()
        self._sequence.clear()

    def _take(self, content: bytes, _: int) -> None:
        try:
            ending = Ending(**orjson.loads(content))
        except (ValueError, TypeError) as error:
            raise _unreadable() from error
        self._ended[ending.id] = ending
        self._sequence.append(ending)

    def since(self, count: int) -> list[Ending]:
        """Those after so many, as of the last refresh."""
        return self._sequence[count:]

    def refresh(self) -> Head:
        """How far they go. Raises DamagedError (`learners.log-damaged`)."""
        return self._log.refresh()

    def check(self) -> None:
        """Nothing; all of them are as they were written. Raises DamagedError (`learners.log-damaged`)."""
        self._log.check()

    def find(self, identifier: str) -> Ending | None:
        """How what has this id ended, as of the last refresh; None where it did not."""
        return self._ended.get(identifier)

    def all(self) -> Iterator[Ending]:
        """All of them, oldest first, as of the last refresh."""
        yield from tuple(self._ended.values())

    def append(self, endings: Iterable[Ending]) -> None:
        """Nothing; these have ended, durably. Raises UnavailableError, DamagedError."""
        lines = [orjson.dumps(asdict(each)) for each in endings]
        if lines:
            self._log.append(lines)


def _outer(content: bytes) -> dict[str, object]:
    try:
        found: dict[str, object] = orjson.loads(content)
        if not {"learner", "sealed"} <= found.keys():
            raise ValueError("it names no learner")
    except (ValueError, AttributeError) as error:
        raise _unreadable() from error
    return found


def _unreadable() -> DamagedError:
    return DamagedError(
        "A line of the learners' log cannot be read.",
        code="learners.log-damaged",
        hint="Restore the folder `learner-log` from a backup.",
    )
