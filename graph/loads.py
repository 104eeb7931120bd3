"""What each dataset was last loaded from and what was found then: the same again need not be read and checked again.

One file a dataset below `HEADWATER_HOME/loads`. It is no part of a release: whoever removes it makes the next load read
everything. Knows what a load follows from; `loading` judges whether it still holds.
"""

import hashlib
import json
import sys
import time
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

from ontology.documents import Document
from ontology.errors import UnavailableError
from ontology.model import Finding, FindingLevel, Source

from .archive import Manifest, write_durably, writing
from .layout import DatasetInfo

FOLDER: Final = "loads"
ROOMS: Final = ("ontology", "graph", "service")
"""What reads, checks and compares: the folders of the product."""
_RULES: Final = frozenset({".json", ".jsonld", ".py", ".ttl"})
_TICK: Final = 10_000_000
"""Nanoseconds by which the times of files lag behind the clock at most: they are those of the kernel's last tick."""
_STARTED: Final = time.time_ns() - _TICK
"""When this process had its code; what the disk has later may be another's."""
_CHUNK_BYTES: Final = 1 << 20
_UNREADABLE: Final = (OSError, EOFError, zlib.error, BadZipFile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What a load follows from."""

    digest: str
    """SHA-256 of the documents as the gate let them in, the options, and the product that reads them."""
    beside: str | None
    """Checksum of the release beside which they were read; None before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A load that ended well, as it is kept."""

    dataset: DatasetInfo
    """As it was then, which is the outcome."""
    others: str
    """Digest of the other datasets of that release (`others_digest`)."""
    file: str
    """SHA-256 of the compressed file of its content."""
    read: int
    records: int
    refused: int
    findings: tuple[Finding, ...]
    """Of reader and rules, in the order in which they were told; none about the version before."""


class Loads:
    """The loads that are kept in a data folder. Whoever keeps one holds the writer lock."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def find(self, digest: str) -> Kept | None:
        """The load of this basis; None where there was none, or its file is not what was written."""
        for path in self.folder.glob(f"*@{digest}.json"):
            try:
                stated = json.loads(path.read_bytes())
                if stated["checksum"] == _checksum(stated["load"]):
                    return _read(stated["load"])
            except (OSError, ValueError, KeyError, TypeError):
                continue
        return None

    def keep(self, digest: str, kept: Kept, release: Manifest) -> None:
        """Nothing; it is the one load of its dataset that is kept, and those of datasets that are gone are not.

        A disk that does not take it is no fault: the next load reads everything.
        """
        load = asdict(kept)
        content = _canonical({"checksum": _checksum(load), "load": load})
        path = self.folder / f"{kept.dataset.name}@{digest}.json"
        names = {dataset.name for dataset in release.datasets} - {kept.dataset.name}
        with suppress(UnavailableError):
            write_durably(path, content)
            with writing(self.folder):
                for other in self.folder.iterdir():
                    if other != path and (other.suffix != ".json" or other.name.rpartition("@")[0] not in names):
                        other.unlink()


def find_basis(opened: Iterable[Document | Finding], *told: object, beside: Manifest | None) -> Basis | None:
    """What a load of these documents follows from. None where it cannot be told: it is read as ever then.

    Args:
        opened: what the gate gave, findings included. All of it is read.
        told: what a reader and the rules are told beside it: names, flags.
        beside: the release that is current before anything is read.
    """
    rules = rules_digest()
    if rules is None:
        return None
    digest = hashlib.sha256(rules.encode())
    digest.update(_canonical(told))
    try:
        for item in opened:
            digest.update(_canonical(_described(item)))
    except _UNREADABLE:
        return None
    return Basis(digest=digest.hexdigest(), beside=beside.checksum if beside else None)


def others_digest(release: Manifest | None, name: str) -> str:
    """SHA-256 of what a release holds beside a dataset: what its statements may lead to and its overlays amend."""
    others = [asdict(dataset) for dataset in (release.datasets if release else ()) if dataset.name != name]
    return hashlib.sha256(_canonical(others)).hexdigest()


@lru_cache(maxsize=1)
def rules_digest() -> str | None:
    """SHA-256 of the product's own files, of Python and of the names of what is installed, versions included.

    None where a file is younger than this process, which may then run another version than the disk has.
    """
    root = Path(__file__).parent.parent
    own = sorted(path for room in ROOMS for path in (root / room).rglob("*") if path.suffix in _RULES)
    installed = [path for place in dict.fromkeys(sys.path) for path in sorted(Path(place or ".").glob("*.dist-info"))]
    digest = hashlib.sha256(sys.version.encode())
    try:
        if any(path.stat().st_ctime_ns >= _STARTED for path in (*own, *installed)):
            return None
        for path in own:
            digest.update(
                _canonical([path.relative_to(root).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()])
            )
    except OSError:
        return None
    digest.update(_canonical([path.name for path in installed]))  # with the version in it
    return digest.hexdigest()


def _described(item: Document | Finding) -> list[object]:
    if isinstance(item, Finding):
        return [asdict(item)]
    content = hashlib.sha256()
    with item.open() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            content.update(chunk)
    return [item.name, item.row_starts, content.hexdigest()]


def _canonical(content: object) -> bytes:
    """The same content as the same bytes, whatever characters it has."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _checksum(load: object) -> str:
    return hashlib.sha256(_canonical(load)).hexdigest()


def _read(load: dict[str, object]) -> Kept:
    """Raises KeyError, TypeError, ValueError for what no version wrote."""
    stated = dict(load)
    dataset, findings = stated.pop("dataset"), stated.pop("findings")
    if not isinstance(dataset, dict) or not isinstance(findings, list):
        raise TypeError
    return Kept(dataset=DatasetInfo(**dataset), findings=tuple(map(_finding, findings)), **stated)  # type: ignore[arg-type]  # the checksum vouches for their types


def _finding(stated: dict[str, object]) -> Finding:
    rest = dict(stated)
    level, source = FindingLevel(str(rest.pop("level"))), rest.pop("source")
    where = Source(**source) if isinstance(source, dict) else None
    return Finding(level=level, source=where, **rest)  # type: ignore[arg-type]  # as above
