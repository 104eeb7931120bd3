"""The CASE payloads of a dataset's content, made once and looked up in a file: one SQLite database a content.

Made in a process of its own (`python -m graph.case_store HOME BASE`), since a large framework takes seconds; named by
the dataset's checksum, so that what did not change is there already. Payloads are valid CASE 1.1 as bytes; those of
1.0 are made from them. Called by the CASE provider.
"""

import hashlib
import os
import sqlite3
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import orjson

from ontology.errors import HeadwaterError
from ontology.readers.case_terms import JsonObject
from ontology.writers.case_index import CasePackages

from .archive import Manifest, sync_folder, writing
from .layout import DatasetInfo
from .rdf_store import BESIDE, public_datasets, remove_leftovers, served_manifest
from .releases import Releases

_VERSION = 2
"""Raised when the same content comes to make other payloads."""
_KINDS: Final = {
    "CFDocuments": ("CFDocument", CasePackages.find_document),
    "CFPackages": ("CFDocument", CasePackages.find_package),
    "CFItems": ("CFItem", CasePackages.find_item),
    "CFItemAssociations": ("CFItem", CasePackages.find_item_associations),
    "CFAssociations": ("CFAssociation", CasePackages.find_association),
    "CFAssociationGroupings": ("CFAssociationGrouping", CasePackages.find_association_grouping),
    "CFConcepts": ("CFConcept", CasePackages.find_concepts),
    "CFItemTypes": ("CFItemType", CasePackages.find_item_types),
    "CFLicenses": ("CFLicense", CasePackages.find_license),
    "CFRubrics": ("CFRubric", CasePackages.find_rubric),
    "CFSubjects": ("CFSubject", CasePackages.find_subjects),
}
"""Endpoint -> the kind that its identifiers are of, and what finds the payload."""
ENDPOINTS: Final = tuple(_KINDS)
_SCHEMA = """
CREATE TABLE payloads (endpoint TEXT, identifier TEXT, body BLOB, PRIMARY KEY (endpoint, identifier)) WITHOUT ROWID;
CREATE TABLE documents (position INTEGER PRIMARY KEY, body BLOB);
"""


def case_path(home: Path, dataset: DatasetInfo, base: str) -> Path:
    """Where the payloads of a dataset's content are.

    Args:
        base: URL of the CASE service, which payloads have in them.
    """
    made_for = hashlib.sha256(f"{_VERSION}\0{base}\0{dataset.name}\0{dataset.checksum}".encode()).hexdigest()[:32]
    return home / "case" / f"{dataset.checksum[:16]}-{made_for}.sqlite"


def missing_datasets(home: Path, manifest: Manifest, base: str) -> list[DatasetInfo]:
    """The public datasets of a release whose payloads are not there yet."""
    return [each for each in public_datasets(manifest.datasets) if not case_path(home, each, base).is_file()]


def build_payloads(home: Path, manifest: Manifest, base: str) -> None:
    """Nothing; the payloads of all public datasets are there, small ones first, and those of older releases gone.

    Raises DamagedError, UnavailableError.
    """
    folder = home / "case"
    archive = Releases(home).archive
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        remove_leftovers(folder)
        waiting = missing_datasets(home, manifest, base)
        waiting.sort(key=lambda each: archive.path(each.name, each.checksum).stat().st_size)
        for dataset in waiting:
            index = CasePackages(archive.records(dataset.name, dataset.checksum), base=base)
            beside = folder / f".{os.getpid()}-{dataset.checksum[:16]}"
            _write(beside, index)
            beside.rename(case_path(home, dataset, base))
            sync_folder(folder)
        kept = {case_path(home, each, base) for each in manifest.datasets}
        for path in folder.glob("*.sqlite"):
            if path not in kept:
                path.unlink(missing_ok=True)


def _write(path: Path, index: CasePackages) -> None:
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.executescript(_SCHEMA)
        database.executemany("INSERT OR IGNORE INTO payloads VALUES (?, ?, ?)", _payloads(index))
        documents = ((position, _packed(each)) for position, each in enumerate(index.documents()))
        database.executemany("INSERT INTO documents VALUES (?, ?)", documents)
        database.commit()
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _payloads(index: CasePackages) -> Iterator[tuple[str, str, bytes]]:
    identifiers = index.identifiers()
    for endpoint, (kind, find) in _KINDS.items():
        finder: Callable[[CasePackages, str], JsonObject | None] = find
        for identifier in identifiers.get(kind, ()):
            payload = finder(index, identifier)
            if payload is not None:
                yield endpoint, identifier, _packed(payload)


def _packed(payload: JsonObject) -> bytes:
    return zlib.compress(orjson.dumps(payload), 1)


class CasePayloads:
    """The payloads of one content, in a file. Safe from several threads."""

    def __init__(self, path: Path) -> None:
        self._address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"

    def documents(self) -> list[JsonObject]:
        """All CFDocuments, as they stand in getAllCFDocuments. Raises sqlite3.Error where the file is damaged."""
        with closing(sqlite3.connect(self._address, uri=True)) as database:
            rows = database.execute("SELECT body FROM documents ORDER BY position").fetchall()
        return [orjson.loads(zlib.decompress(body)) for (body,) in rows]

    def find(self, endpoint: str, identifier: str) -> bytes | None:
        """The payload of an endpoint, as JSON. Raises sqlite3.Error where the file is damaged."""
        with closing(sqlite3.connect(self._address, uri=True)) as database:
            row = database.execute(
                "SELECT body FROM payloads WHERE endpoint = ? AND identifier = ?", (endpoint, identifier)
            ).fetchone()
        return zlib.decompress(row[0]) if row else None


def main(arguments: list[str]) -> int:
    """0 where the payloads of the current release are there; otherwise 1 and the reason on stderr."""
    home, base = Path(arguments[0]), arguments[1]
    try:
        build_payloads(home, served_manifest(Releases(home)), base)
    except HeadwaterError as error:
        sys.stderr.write(f"{error.code}: {error.message}\n")
        return 1
    return 0


if __name__ == "__main__":
    os.nice(BESIDE)
    sys.exit(main(sys.argv[1:]))
