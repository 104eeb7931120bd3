"""The release archive: every dataset's content as canonical N-Quads, and one manifest a release.

A file is named by the SHA-256 of the content it holds, sorted lines without repetition, so the same content is the same
file; it appears whole or not at all. Knows nothing of Neo4j or of what may be published. Called by `releases`,
`publication` and exports.
"""

import gzip
import hashlib
import heapq
import itertools
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import IO

from ontology.errors import DamagedError, UnavailableError
from ontology.model import IDENTITY, Record, Source
from ontology.rdf import bare_records, from_nquads_lines, to_nquads_lines

from .provenance import write_sources
from .snapshot import DatasetInfo

SORT_CHARACTERS = 32 * 1024 * 1024
"""How much text is sorted in memory before it goes to a file of its own: bounds the memory of a load's sort."""
READ_BYTES = 256 * 1024
COMPRESSION_LEVEL = 6
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold: the same documents are the same bytes."""
RESTORE_HINT = "Restore the file from a backup, or load the dataset again."


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one release consists of. `published_at` is RFC 3339 in UTC; datasets are sorted by name."""

    number: int
    published_at: str
    note: str | None
    datasets: tuple[DatasetInfo, ...]

    @property
    def iri(self) -> str:
        """IRI of the release."""
        return f"{IDENTITY}release/{self.number}"

    @property
    def checksum(self) -> str:
        """SHA-256 of everything above: two stores that agree on it hold the same release."""
        return hashlib.sha256(_canonical_json(self.content())).hexdigest()

    @property
    def plain(self) -> tuple[DatasetInfo, ...]:
        """The datasets that Neo4j and the snapshot hold: all but overlays, which views name."""
        return tuple(dataset for dataset in self.datasets if not dataset.is_overlay)

    def content(self) -> dict[str, object]:
        """It as JSON. What a dataset does not state is left out, so that it reads as it did before there was a word."""
        content = asdict(self)
        content["datasets"] = [_stated(dataset) for dataset in self.datasets]
        return content

    def find(self, name: str) -> DatasetInfo | None:
        """The dataset of that name, if the release has it."""
        return next((dataset for dataset in self.datasets if dataset.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One subject whose lines differ between two archives; no lines where it is not there."""

    subject: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def _stated(dataset: DatasetInfo) -> dict[str, object]:
    content = asdict(dataset)
    for field in fields(DatasetInfo):
        if field.default is not MISSING and content[field.name] == field.default:
            del content[field.name]
    return content


def dataset_iri(name: str) -> str:
    """IRI of a dataset: the graph of its N-Quads."""
    return f"{IDENTITY}dataset/{name}"


class Archive:
    """The archive in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, records: Iterable[Record]) -> str:
        """SHA-256 of the canonical N-Quads of `records`, which are then in the archive, durably.

        Raises UnavailableError where the folder cannot be written (`archive.not-writable`).
        """
        graph = dataset_iri(name)
        folder = self.folder / "datasets" / name
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", suffix=".tmp", dir=folder) as scratch:
                whole = Path(scratch) / "whole"
                if isinstance(records, Sequence):
                    lines = _lines_in_order(records, graph)
                else:
                    found = itertools.chain.from_iterable(to_nquads_lines(record, graph) for record in records)
                    lines = _sorted_lines(found, Path(scratch))
                checksum = _write_compressed(whole, lines)
                _publish_file(whole, folder / f"{checksum}.nq.gz")
                sync_folder(folder.parent)
                sync_folder(self.folder)
        return checksum

    def write_originals(self, name: str, documents: Iterable[tuple[str, IO[bytes]]]) -> str:
        """SHA-256 of the zip of these (name, bytes), which is then in the archive, durably. Same documents, same bytes.

        Raises UnavailableError where the folder cannot be written (`archive.not-writable`).
        """
        folder = self.folder / "datasets" / name
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", suffix=".tmp", dir=folder) as scratch:
                whole = Path(scratch) / "whole"
                with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
                    for document, stream in sorted(documents, key=lambda each: each[0]):
                        entry_info = zipfile.ZipInfo(document, _ZIP_EPOCH)
                        entry_info.compress_type = zipfile.ZIP_DEFLATED
                        with stream, file.open(entry_info, "w", force_zip64=True) as entry:
                            shutil.copyfileobj(stream, entry, 1 << 20)
                checksum = _file_checksum(whole)
                with whole.open("rb") as file_handle:
                    os.fsync(file_handle.fileno())
                _publish_file(whole, self.originals_path(name, checksum))
                sync_folder(folder.parent)
                sync_folder(self.folder)
        return checksum

    def write_sources(self, name: str, sources: Mapping[str, Source]) -> str:
        """SHA-256 of the file of where each record was read (`provenance`), which is then in the archive, durably.

        Raises UnavailableError where the folder cannot be written (`archive.not-writable`).
        """
        folder = self.folder / "datasets" / name
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", suffix=".tmp", dir=folder) as scratch:
                whole = Path(scratch) / "whole"
                write_sources(whole, sources)
                checksum = _file_checksum(whole)
                _publish_file(whole, self.sources_path(name, checksum))
                sync_folder(folder.parent)
                sync_folder(self.folder)
        return checksum

    def sources_path(self, name: str, checksum: str) -> Path:
        """Where it is told where a dataset's records were read."""
        return self.folder / "datasets" / name / f"{checksum}.sources"

    def original_names(self, name: str, checksum: str) -> list[str]:
        """Names of the documents that a dataset was read from. Raises DamagedError."""
        with self._originals(name, checksum) as file:
            return file.namelist()

    def original(self, name: str, checksum: str, document: str) -> bytes:
        """A document as it was read, byte for byte (without a byte order mark). Raises DamagedError, KeyError."""
        with self._originals(name, checksum) as file:
            return file.read(document)

    def originals_path(self, name: str, checksum: str) -> Path:
        """Where the documents are that a dataset was read from."""
        return self.folder / "datasets" / name / f"{checksum}.originals.zip"

    @contextmanager
    def _originals(self, name: str, checksum: str) -> Iterator[zipfile.ZipFile]:
        path = self.originals_path(name, checksum)
        try:
            with zipfile.ZipFile(path) as file:
                yield file
        except (OSError, zipfile.BadZipFile, zlib.error) as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error

    def lines(self, name: str, checksum: str) -> Iterator[str]:
        """The N-Quads lines, sorted, without line ends. Raises DamagedError, at the latest at the end of the file."""
        for text in self._texts(name, checksum):
            yield from text.removesuffix("\n").split("\n")

    def _texts(self, name: str, checksum: str) -> Iterator[str]:
        """The same as texts of many whole lines."""
        path = self.path(name, checksum)
        digest = hashlib.sha256()
        try:
            with gzip.open(path, "rb") as file:
                yield from _texts_of(file, digest.update)
        except FileNotFoundError as error:
            raise DamagedError(
                f"{path} is missing from the archive.", code="archive.missing", hint=RESTORE_HINT
            ) from error
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error
        if digest.hexdigest() != checksum:
            raise DamagedError(
                f"{path} has the SHA-256 {digest.hexdigest()}, not the one in its name.",
                code="archive.damaged",
                hint=RESTORE_HINT,
            )

    def file_checksum(self, name: str, checksum: str) -> str | None:
        """SHA-256 of the compressed file of a dataset's content as it lies there; None where it cannot be read."""
        try:
            return _file_checksum(self.path(name, checksum))
        except OSError:
            return None

    def verify(self, name: str, checksum: str) -> None:
        """Nothing, where the file is whole. Raises DamagedError."""
        for _ in self.lines(name, checksum):
            pass

    def records(self, name: str, checksum: str) -> Iterator[Record]:
        """The records of a dataset, by IRI. Raises DamagedError, at the latest at the end of the file."""
        return from_nquads_lines(self.lines(name, checksum))

    def bare_records(self, name: str, checksum: str) -> Iterator[Record]:
        """The same as far as a snapshot holds it. Raises DamagedError, at the latest at the end of the file."""
        return bare_records(self._texts(name, checksum))

    def differences(self, name: str, before: str | None, after: str | None) -> Iterator[Difference]:
        """Subjects that differ between two contents of a dataset, as `find_differences`; None is no content."""
        if before == after:
            return iter(())
        return find_differences(
            self.lines(name, before) if before is not None else (), self.lines(name, after) if after is not None else ()
        )

    def path(self, name: str, checksum: str) -> Path:
        """Where a dataset's content is."""
        return self.folder / "datasets" / name / f"{checksum}.nq.gz"

    def write_manifest(self, manifest: Manifest) -> None:
        """Nothing; the manifest is in the archive, durably."""
        content = {"checksum": manifest.checksum, "release": manifest.content()}
        write_durably(self.manifest_path(manifest.number), _canonical_json(content))

    def manifest(self, number: int) -> Manifest:
        """The manifest of a release. Raises DamagedError where it is missing or not what was written."""
        path = self.manifest_path(number)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error
        return read_manifest(content, number, str(path))

    def numbers(self) -> list[int]:
        """Numbers of the releases that have a manifest, rising."""
        folder = self.folder / "releases"
        return sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit())

    def manifests(self) -> Iterator[Manifest]:
        """All manifests, newest first. Raises DamagedError."""
        return (self.manifest(number) for number in reversed(self.numbers()))

    def remove_manifests_after(self, number: int) -> None:
        """Nothing; manifests of releases that were never published are gone."""
        for other in self.numbers():
            if other > number:
                self.manifest_path(other).unlink(missing_ok=True)

    def remove_unreferenced(self) -> None:
        """Nothing; files that no manifest names are gone, unfinished ones too. For the holder of the writer lock."""
        kept = set()
        for dataset in (dataset for number in self.numbers() for dataset in self.manifest(number).datasets):
            kept.add(self.path(dataset.name, dataset.checksum))
            if dataset.originals is not None:
                kept.add(self.originals_path(dataset.name, dataset.originals))
            if dataset.sources is not None:
                kept.add(self.sources_path(dataset.name, dataset.sources))
        for folder in sorted((self.folder / "datasets").glob("*")):
            for path in sorted(folder.iterdir()):
                if path.suffix == ".tmp" and path.is_dir():
                    shutil.rmtree(path)
                elif path not in kept:
                    path.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()

    def manifest_path(self, number: int) -> Path:
        """Where the manifest of a release is."""
        return self.folder / "releases" / f"{number}.json"


def read_manifest(content: bytes, number: int, path: str) -> Manifest:
    """The manifest of a release as its file has it; `path` is what an error names. Raises DamagedError."""
    try:
        stated = json.loads(content)
        release = dict(stated["release"])
        datasets = tuple(DatasetInfo(**dataset) for dataset in release.pop("datasets"))
        manifest = Manifest(datasets=datasets, **release)
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error
    if manifest.checksum != stated.get("checksum") or manifest.number != number:
        raise DamagedError(
            f"{path} does not have the checksum written in it.", code="archive.damaged", hint=RESTORE_HINT
        )
    return manifest


def _lines_in_order(records: Sequence[Record], graph: str) -> Iterator[str]:
    """The same as `_sorted_lines` of what they say, one record after the other: sorted by how their lines begin.

    That is the IRI with the `>` behind it, which no IRI has inside: of `a` and `a/b` the lines of `a` come last.
    """
    ordered = sorted(records, key=lambda record: f"{record.iri}>")
    for _, same in itertools.groupby(ordered, key=lambda record: record.iri):
        groups = [to_nquads_lines(record, graph) for record in same]
        yield from groups[0] if len(groups) == 1 else sorted(set(itertools.chain.from_iterable(groups)))


def _sorted_lines(lines: Iterable[str], scratch: Path) -> Iterator[str]:
    """Lines by code point, each once; what does not fit into memory is sorted in runs and merged."""
    runs: list[Path] = []
    pending: list[str] = []
    size = 0
    for line in lines:
        pending.append(line.rstrip("\n"))
        size += len(line)
        if size >= SORT_CHARACTERS:
            runs.append(_write_run(scratch / f"run-{len(runs)}", pending))
            pending, size = [], 0
    pending.sort()
    if not runs:
        return _without_repetition(pending)
    return _without_repetition(heapq.merge(*(_read_run(run) for run in runs), pending))


def _write_run(path: Path, lines: list[str]) -> Path:
    lines.sort()
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
    return path


def _read_run(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line[:-1]


def _without_repetition(lines: Iterable[str]) -> Iterator[str]:
    return (line for line, _ in itertools.groupby(lines))


def _write_compressed(path: Path, lines: Iterator[str]) -> str:
    """SHA-256 of the uncompressed lines. The compressed bytes hold no time and no name: same content, same bytes."""
    digest = hashlib.sha256()
    with path.open("wb") as raw:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION_LEVEL, fileobj=raw, mtime=0) as file:
            while batch := list(itertools.islice(lines, 10_000)):
                content = "".join(f"{line}\n" for line in batch).encode("utf-8")
                digest.update(content)
                file.write(content)
        raw.flush()
        os.fsync(raw.fileno())
    return digest.hexdigest()


def _texts_of(file: gzip.GzipFile, note: Callable[[bytes], None]) -> Iterator[str]:
    """A file in texts of whole lines, many at a time; `note` is told all bytes before they are given."""
    pieces: list[bytes] = []
    while chunk := file.read(READ_BYTES):
        note(chunk)
        end = chunk.rfind(b"\n") + 1
        if not end:
            pieces.append(chunk)
            continue
        yield b"".join((*pieces, chunk[:end])).decode("utf-8")
        pieces = [chunk[end:]]
    if rest := b"".join(pieces):
        yield rest.decode("utf-8")


def _file_checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_differences(before: Iterable[str], after: Iterable[str]) -> Iterator[Difference]:
    """Subjects that differ between two sequences of sorted lines, sorted. Cost: one pass over both."""
    old, new = _subjects(before), _subjects(after)
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[0] < right[0]):
            assert left is not None
            yield Difference(subject=left[0][1:-1], before=left[1], after=())
            left = next(old, None)
        elif left is None or right[0] < left[0]:
            yield Difference(subject=right[0][1:-1], before=(), after=right[1])
            right = next(new, None)
        else:
            if left[1] != right[1]:
                yield Difference(subject=left[0][1:-1], before=left[1], after=right[1])
            left, right = next(old, None), next(new, None)


def _subjects(lines: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(`<IRI>`, its lines): `>` cannot occur inside an IRI, so equal subjects stand together in sorted lines."""
    for subject, group in itertools.groupby(lines, key=lambda line: line[: line.index(">") + 1]):
        yield subject, tuple(group)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Faults of the disk (full, read-only, not a folder) as UnavailableError `archive.not-writable`."""
    try:
        yield
    except OSError as error:
        raise UnavailableError(
            f"{path} cannot be written: {error.strerror or error}.",
            code="archive.not-writable",
            hint="Free space, or make the folder writable; nothing was changed.",
        ) from error


def write_durably(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Nothing; `path` holds `content` after a power cut too, or what it held before. Raises UnavailableError."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.tmp")
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _publish_file(beside, path)


def _publish_file(source: Path, target: Path) -> None:
    source.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Nothing; the folder's entries are on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _canonical_json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
