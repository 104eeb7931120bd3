"""A dataset of the current release as a file of some standard, with a report of what that standard cannot hold.

Reads the archive; needs no server. Called by the command line and by whoever serves downloads.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import orjson

from graph.archive import Manifest, writing
from graph.layout import DatasetInfo
from graph.releases import Releases
from ontology.errors import InputError
from ontology.model import Record
from ontology.writers.case import write_case_packages
from ontology.writers.ctdl import write_ctdl
from ontology.writers.head import DatasetHead, Loss
from ontology.writers.rdf import write_nquads, write_source_turtle, write_turtle
from ontology.writers.rdf_source import original_triples
from ontology.writers.sssom import write_sssom
from ontology.writers.tables import write_tables

SOURCES_OF_RDF = frozenset(("skos", "schema-org"))
"""Formats whose records say in full what their RDF said."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was written."""

    dataset: str
    format: str
    files: tuple[str, ...]
    losses: tuple[Loss, ...]
    """Empty where loading the export gives the same graph again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """A dataset on its way out."""

    releases: Releases
    info: DatasetInfo
    head: DatasetHead

    def lines(self) -> Iterator[str]:
        return self.releases.archive.lines(self.info.name, self.info.checksum)

    def records(self) -> Iterator[Record]:
        return self.releases.archive.records(self.info.name, self.info.checksum)


Writer = Callable[[_Content, IO[bytes]], list[Loss]]
FilesWriter = Callable[[_Content], tuple[dict[str, bytes], list[Loss]]]


def _nquads(content: _Content, target: IO[bytes]) -> list[Loss]:
    write_nquads(content.head, content.lines(), target)
    return []


def _turtle(content: _Content, target: IO[bytes]) -> list[Loss]:
    """What came as RDF leaves as it said itself; anything else as our own RDF, which is read back record by record."""
    if content.info.format in SOURCES_OF_RDF:
        write_source_turtle(content.head, original_triples(list(content.records())), target)
    else:
        write_turtle(content.head, content.lines(), target)
    return []


def _ctdl(content: _Content, target: IO[bytes]) -> list[Loss]:
    data, losses = write_ctdl(content.records())
    target.write(data)
    return losses


def _sssom(content: _Content, target: IO[bytes]) -> list[Loss]:
    data, losses = write_sssom(content.head, content.records())
    target.write(data)
    return losses


def _tables(content: _Content) -> tuple[dict[str, bytes], list[Loss]]:
    return write_tables(content.records())


def _case(content: _Content) -> tuple[dict[str, bytes], list[Loss]]:
    export = write_case_packages(content.records())
    files = {}
    for package in export.packages:
        document = package["CFDocument"]
        assert isinstance(document, dict), "a package has a document"
        files[f"{document['identifier']}.json"] = orjson.dumps(package, option=orjson.OPT_INDENT_2) + b"\n"
    return files, [Loss(subject=None, what=line) for line in export.report.lines()]


WRITERS: dict[str, Writer] = {"ctdl": _ctdl, "nquads": _nquads, "sssom": _sssom, "turtle": _turtle}
"""Formats of one file, by the name of `--format`."""

FILES_WRITERS: dict[str, FilesWriter] = {"case": _case, "csv": _tables}
"""Formats that may be several files: CASE has one a framework."""

EXPORT_FORMATS = tuple(sorted([*WRITERS, *FILES_WRITERS]))


def export_dataset(
    releases: Releases, name: str, fmt: str, target: IO[bytes], *, release: int | None = None, provenance: bool = False
) -> list[Loss]:
    """What the format cannot hold; the dataset is in `target`.

    Several files become a zip; Tables always are one.

    Args:
        fmt: one of `EXPORT_FORMATS`.
        release: number of the release that it is of; None: the current one.
        provenance: also say which release it is of, and when that was published.

    Raises:
        InputError: no such format. UnknownReferenceError: no such dataset or release. DamagedError.
    """
    content = _content(releases, name, fmt, release=release, provenance=provenance)
    if fmt in WRITERS:
        return WRITERS[fmt](content, target)
    files, losses = FILES_WRITERS[fmt](content)
    if fmt == "case" and len(files) == 1:
        target.write(next(iter(files.values())))
    else:
        _write_zip(files, target)
    return losses


def export_to(
    releases: Releases, name: str, fmt: str, path: Path, *, release: int | None = None, provenance: bool = False
) -> Export:
    """The export at `path`, whole or not at all.

    A format of several files goes into a folder where the path has no suffix, into a zip where its suffix is `.zip`.
    Raises as `export_dataset`; InputError also where a folder stands at the path, or one file cannot hold it.
    """
    content = _content(releases, name, fmt, release=release, provenance=provenance)
    folder = path.is_dir() or not path.suffix
    if fmt in FILES_WRITERS:
        files, losses = FILES_WRITERS[fmt](content)
        if folder:
            return Export(dataset=name, format=fmt, files=_write_folder(files, path), losses=tuple(losses))
        if path.suffix == ".zip" or len(files) != 1:
            _refuse_one_file(path, files)
            with _whole(path) as file:
                _write_zip(files, file)
        else:
            with _whole(path) as file:
                file.write(next(iter(files.values())))
        return Export(dataset=name, format=fmt, files=(str(path),), losses=tuple(losses))
    if path.is_dir():
        raise InputError(f"{path} is a folder; a file is expected.", code="export.folder", hint="Name a file in it.")
    with _whole(path) as file:
        losses = WRITERS[fmt](content, file)
    return Export(dataset=name, format=fmt, files=(str(path),), losses=tuple(losses))


def _refuse_one_file(path: Path, files: Mapping[str, bytes]) -> None:
    if path.suffix != ".zip":
        raise InputError(
            f"The export has {len(files)} files: {', '.join([*files][:3])} ...; {path.name} is one.",
            code="export.several-files",
            hint="Give a path that ends with .zip, or a folder.",
        )


def _content(releases: Releases, name: str, fmt: str, *, release: int | None, provenance: bool) -> _Content:
    if fmt not in EXPORT_FORMATS:
        raise InputError(
            f"There is no format {fmt!r} to export to.",
            code="export.unknown-format",
            hint=f"One of: {', '.join(EXPORT_FORMATS)}.",
        )
    manifest = releases.get(release) if release is not None else releases.current()
    info = releases.get_dataset(name, manifest)
    return _Content(releases=releases, info=info, head=dataset_head(info, manifest if provenance else None))


def dataset_head(info: DatasetInfo, manifest: Manifest | None) -> DatasetHead:
    """What an export says of its dataset; with a manifest also the release."""
    return DatasetHead(
        iri=info.iri,
        name=info.name,
        format=info.format,
        license=info.license,
        attribution=info.attribution,
        release=manifest.iri if manifest else None,
        published_at=manifest.published_at if manifest else None,
    )


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is at its place only when all of it is written."""
    beside = path.with_name(f"{path.name}.tmp")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with beside.open("wb") as file:
                yield file
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _write_folder(files: Mapping[str, bytes], folder: Path) -> tuple[str, ...]:
    """Paths of the files."""
    for name, data in files.items():
        with _whole(folder / name) as file:
            file.write(data)
    return tuple(str(folder / name) for name in files)


def _write_zip(files: Mapping[str, bytes], target: IO[bytes]) -> None:
    """Nothing; the same files are the same bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
