"""The SPARQL store of a release: its public datasets in an on-disk pyoxigraph store, built from the archive.

A store is a folder below `HEADWATER_HOME/stores`, named by its release. It counts only with its marker, which is
written last and says of which release it is and how long each file must be; anything else is built anew. `python -m
graph.rdf_store HOME` builds that of the current release. Called by `sparql_process` and by the worker.
"""

import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import psutil
import pyoxigraph

from ontology.errors import DamagedError, HeadwaterError, UnavailableError

from .archive import RESTORE_HINT, Manifest, sync_folder, write_durably, writing
from .layout import DatasetInfo
from .releases import Releases

BESIDE = 10
"""Niceness of processes that build what nobody waits for: whoever answers comes first."""
STORES_KEPT = 2
MARKER = "headwater.json"
BLOCK_BYTES = 48 * 1024 * 1024
"""How much of a dataset is loaded at once: bounds the memory of building a store."""
_VERSION = 2
"""Raised when the same archive comes to make another store."""
_CHANGING = ("LOG", "LOCK", "OPTIONS", MARKER)
"""Files that opening a store may write or that say nothing of its content."""
ENGINE_FAULTS = (OSError, RuntimeError, ValueError)
"""What the engine raises where a store cannot be opened or read."""
_EMPTY = Manifest(number=0, published_at="", note=None, datasets=())


def public_datasets(datasets: Iterable[DatasetInfo]) -> tuple[DatasetInfo, ...]:
    """Those that everybody may read as they stand: neither private ones nor overlays."""
    return tuple(each for each in datasets if each.visibility == "public" and not each.is_overlay)


def served_manifest(releases: Releases) -> Manifest:
    """The current release, an empty one of number 0 before the first. Raises DamagedError."""
    return releases.current() or _EMPTY


def store_path(home: Path, number: int) -> Path:
    """Where the store of a release is."""
    return home / "stores" / str(number)


def find_store(home: Path, manifest: Manifest) -> Path | None:
    """The store of a release, None where it is not there, of another content, or not whole."""
    path = store_path(home, manifest.number)
    try:
        marker = json.loads((path / MARKER).read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(marker, dict):
        return None
    expected = _marker(path, manifest)
    return path if {name: marker.get(name) for name in expected} == expected else None


def count_statements(path: Path) -> dict[str, int]:
    """How many statements each public dataset has, by its name, as the marker of its store says."""
    counts: dict[str, int] = json.loads((path / MARKER).read_bytes())["statements"]
    return counts


def discard_store(path: Path) -> None:
    """Nothing; the store does not count any more."""
    (path / MARKER).unlink(missing_ok=True)


def build_store(home: Path, manifest: Manifest) -> Path:
    """The store of a release, built where it is not there yet.

    Built beside and renamed. Raises DamagedError (`archive.*`), UnavailableError (`archive.not-writable`).
    """
    found = find_store(home, manifest)
    if found is not None:
        return found
    path = store_path(home, manifest.number)
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        scratch = Path(tempfile.mkdtemp(prefix=f".{os.getpid()}-", dir=path.parent))
    try:
        counts = _fill(scratch, home, manifest)
        with writing(path):
            discard_store(path)
            shutil.rmtree(path, ignore_errors=True)
            scratch.rename(path)
            sync_folder(path.parent)
        write_durably(path / MARKER, json.dumps({**_marker(path, manifest), "statements": counts}).encode())
        _prune(path.parent, manifest.number)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path


def _fill(path: Path, home: Path, manifest: Manifest) -> dict[str, int]:
    archive = Releases(home).archive
    counts = {}
    try:
        store = pyoxigraph.Store(str(path))
        for dataset in public_datasets(manifest.datasets):
            counts[dataset.name] = _load(store, archive.path(dataset.name, dataset.checksum), dataset.checksum)
        store.optimize()
        store.flush()
        del store
        return counts
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be written: {error}.", code="archive.not-writable", hint="Free space on the disk."
        ) from error


def _load(store: pyoxigraph.Store, path: Path, checksum: str) -> int:
    """How many statements there are, now in the store. In blocks: the engine keeps all of one load in memory."""
    digest = hashlib.sha256()
    lines = 0
    try:
        with gzip.open(path, "rb") as file:
            while block := file.read(BLOCK_BYTES) + file.readline():
                digest.update(block)
                lines += block.count(b"\n")
                store.bulk_load(block, format=pyoxigraph.RdfFormat.N_QUADS)
    except (EOFError, zlib.error, SyntaxError, ValueError, FileNotFoundError, gzip.BadGzipFile) as error:
        raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error
    if digest.hexdigest() != checksum:
        raise DamagedError(f"{path} does not have its checksum.", code="archive.damaged", hint=RESTORE_HINT)
    return lines


def _marker(path: Path, manifest: Manifest) -> dict[str, object]:
    files = {
        each.name: each.stat().st_size
        for each in sorted(path.iterdir())
        if each.is_file() and not each.name.startswith(_CHANGING)
    }
    return {
        "version": _VERSION,
        "engine": pyoxigraph.__version__,
        "release": manifest.number,
        "checksum": manifest.checksum,
        "files": files,
    }


def remove_leftovers(folder: Path) -> None:
    """What builders that are gone left behind: files and folders whose names begin with a dot and their pid."""
    for path in folder.glob(".*"):
        process = path.name[1:].partition("-")[0]
        if process.isdigit() and psutil.pid_exists(int(process)):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _prune(folder: Path, current: int) -> None:
    numbers = sorted(int(path.name) for path in folder.iterdir() if path.name.isdigit())
    kept = [number for number in numbers if number <= current][-STORES_KEPT:]
    for number in numbers:
        if number not in kept:
            discard_store(folder / str(number))
            shutil.rmtree(folder / str(number), ignore_errors=True)


def main(arguments: list[str]) -> int:
    """0 where the store of the current release in the data folder is there; otherwise 1 and the reason on stderr."""
    home = Path(arguments[0])
    try:
        build_store(home, served_manifest(Releases(home)))
    except HeadwaterError as error:
        sys.stderr.write(f"{error.code}: {error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    os.nice(BESIDE)
    sys.exit(main(sys.argv[1:]))
