"""The snapshot: built from a release's archive, opened, held by several processes, beside two other ways to hold it.

Rivals: the archive's N-Quads in pyoxigraph's store on disk, which is what one would query with SPARQL; and the same
records as dataclasses, pickled. Neither is ready to match.
"""

import json
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph

from graph.archive import Manifest
from graph.releases import Releases
from graph.snapshot import Snapshot

from .processes import PROJECT
from .questions import asked_competencies
from .report import Table, megabytes
from .timing import best

WORKERS = 2
"""Processes that hold the same file at once: what they share is then not their own."""
OPENED = 3
"""Times that a file is opened, by new processes; the file is in the system's cache."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What processes that hold a release took: best seconds until the first answer, megabytes of one of several."""

    seconds: float
    processor: float
    private: float
    """Nobody else's (USS)."""
    share: float
    """With the share of what several map (PSS)."""


@dataclass(slots=True)
class _Built:
    path: Path
    seconds: float
    processor: float
    size: int = field(init=False)

    def __post_init__(self) -> None:
        files = self.path.rglob("*") if self.path.is_dir() else [self.path]
        self.size = sum(each.stat().st_size for each in files if each.is_file())


def index_table(home: Path, folder: Path, tell: Tell) -> Table:
    """Building, size, opening and memory of the snapshot of a data folder's release, and of its rivals."""
    releases = Releases(home)
    manifest = releases.current()
    assert manifest is not None
    columns = ("build s", "build CPU s", "file MB", "load s", "load CPU s", "private MB", "beyond MB", "with shared MB")
    table = Table(title="Snapshot", columns=columns)
    builders: dict[str, tuple[str, Callable[[Releases, Manifest, Path], None]]] = {
        "Headwater's snapshot, ready to match": ("snapshot", _build_snapshot),
        "pyoxigraph's store on disk": ("store", _build_store),
        "records pickled": ("pickle", _build_pickle),
    }
    nothing = hold("nothing", folder, "")
    word = ""
    for name, (kind, build) in builders.items():
        built = _built(build, releases, manifest, folder / f"index.{kind}")
        if not word:
            snapshot = Snapshot.open(built.path)
            asked = asked_competencies(snapshot)
            word = snapshot.iris[int(asked[0]) if len(asked) else 0]
            things, needs = len(snapshot.iris), len(snapshot.node_kind)
        tell(f"index: {kind} built")
        found = hold(kind, built.path, word)
        row = (built.seconds, built.processor, megabytes(built.size), found.seconds, found.processor)
        table.add(name, *row, found.private, found.private - nothing.private, found.share)
    table.add("a process with nothing loaded", *[None] * 5, nothing.private, 0.0, nothing.share)
    names = ", ".join(info.name for info in manifest.datasets)
    table.remarks.append(
        f"{things:,} resources, {needs:,} nodes of requirement trees of {names}. From the archive's compressed "
        "N-Quads; all checksums are checked."
    )
    table.remarks.append(
        f"Load: from a file in the system's cache to the first answer, best of {OPENED} processes. Memory: of each of "
        f"{WORKERS} processes that hold it at once; private is nobody else's, beyond: over a process with nothing."
    )
    return table


def _built(
    build: Callable[[Releases, Manifest, Path], None], releases: Releases, manifest: Manifest, path: Path
) -> _Built:
    begun, processor = time.perf_counter(), time.process_time()
    build(releases, manifest, path)
    return _Built(path, time.perf_counter() - begun, time.process_time() - processor)


def _build_snapshot(releases: Releases, manifest: Manifest, path: Path) -> None:
    content = [(info, releases.archive.bare_records(info.name, info.checksum)) for info in manifest.plain]
    Snapshot.build(content, release=manifest.number).save(path)


def _build_store(releases: Releases, manifest: Manifest, path: Path) -> None:
    store = pyoxigraph.Store(str(path))
    for info in manifest.plain:
        lines = releases.archive.lines(info.name, info.checksum)
        content = "\n".join(lines).encode() + b"\n"
        store.bulk_load(content, format=pyoxigraph.RdfFormat.N_QUADS)
    store.optimize()
    store.flush()


def _build_pickle(releases: Releases, manifest: Manifest, path: Path) -> None:
    records = [record for info in manifest.plain for record in releases.archive.bare_records(info.name, info.checksum)]
    with path.open("wb") as file:
        pickle.dump(records, file, pickle.HIGHEST_PROTOCOL)


def hold(kind: str, path: Path, word: str) -> Holding:
    """What so many processes took that hold a file at once."""
    with ExitStack() as stack:
        seconds: list[float] = []
        processor: list[float] = []
        workers: list[subprocess.Popen[str]] = []
        for number in range(OPENED):
            worker = stack.enter_context(_worker([kind, str(path), word]))
            opened = _said(worker)
            seconds.append(opened["seconds"])
            processor.append(opened["processor"])
            if number < WORKERS:
                workers.append(worker)
            else:
                _end(worker)
        memory = [_said(worker, ask=True) for worker in workers]
        for worker in workers:
            _end(worker)
    private, share = (max(each[name] for each in memory) for name in ("private", "share"))
    return Holding(seconds=best(seconds), processor=best(processor), private=private, share=share)


def _worker(arguments: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.index_worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def _said(worker: "subprocess.Popen[str]", *, ask: bool = False) -> dict[str, float]:
    """What a process says next. Raises RuntimeError where it has ended."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    if ask:
        worker.stdin.write("\n")
        worker.stdin.flush()
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("A process that holds the index ended before it said how.")
    found: dict[str, float] = json.loads(line)
    return found


def _end(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdin is not None
    worker.stdin.close()
    worker.wait(60)
