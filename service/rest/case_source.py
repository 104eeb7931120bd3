"""The CASE payloads of what is public in the release that is served, made beside the service and looked up in files."""

import asyncio
import contextlib
import sqlite3
import zlib
from collections.abc import AsyncIterator, Callable

import orjson
import structlog

from graph.archive import Manifest
from graph.case_originals import CaseOriginals
from graph.case_store import CasePayloads, case_path, missing_datasets
from graph.layout import DatasetInfo
from graph.rdf_store import public_datasets
from graph.releases import Releases
from graph.sparql_process import Builder
from ontology.errors import HeadwaterError, UnavailableError
from ontology.readers.case_terms import JsonObject

log = structlog.get_logger("headwater.case")

WATCH_SECONDS = 0.25
WAIT_SECONDS = 8.0
UNASKED_SECONDS = 20.0
"""So long after its start a service that nobody asks for CASE makes no payloads."""
AGAIN_SECONDS = 15.0
_DAMAGED = (sqlite3.Error, zlib.error)


class CaseSource:
    """Looks payloads up, dataset by dataset in the order of their names.

    Args:
        number: of the release that is served.
        base: URL of the CASE service in the payloads.
    """

    def __init__(self, releases: Releases, number: Callable[[], int], base: str) -> None:
        self._releases = releases
        self._number = number
        self._base = base
        self._builder = Builder()
        self._wanted = asyncio.Event()
        self._manifest: Manifest | None = None
        self._documents: tuple[int, list[JsonObject]] | None = None
        self._failed_at = float("-inf")
        self._originals = CaseOriginals(releases.archive)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while payloads are made as they are needed."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            self._builder.close()
            await asyncio.gather(watching, return_exceptions=True)

    async def find(self, endpoint: str, identifier: str) -> bytes | None:
        """A payload as JSON. Raises UnavailableError where it may be in a dataset whose payloads are being made."""
        self._wanted.set()
        found = await asyncio.to_thread(self._find, endpoint, identifier)
        if found is None and self._missing():
            await self._wait()
            found = await asyncio.to_thread(self._find, endpoint, identifier)
        return found

    async def documents(self) -> list[JsonObject]:
        """All CFDocuments, each identifier once. Raises UnavailableError while some are being made."""
        self._wanted.set()
        number = self._number()
        if self._documents is None or self._documents[0] != number:
            await self._wait()
            self._documents = number, await asyncio.to_thread(self._read_documents)
        return self._documents[1]

    async def original(self, identifier: str) -> bytes | None:
        """The document that the package of this CFDocument was imported from, byte for byte; None: none is kept."""
        body = await self.find("CFDocuments", identifier)
        if body is None:
            return None
        keys = (identifier, str(orjson.loads(body)["uri"]))
        return await asyncio.to_thread(self._original, keys)

    def _original(self, keys: tuple[str, ...]) -> bytes | None:
        found = (self._originals.find(dataset, keys) for dataset in self._datasets())
        return next((each for each in found if each is not None), None)

    def version(self) -> str:
        """What identifies the content that is served."""
        return f"{self._current().checksum}:{self._base}" if self._number() else self._base

    def _current(self) -> Manifest:
        number = self._number()
        if self._manifest is None or self._manifest.number != number:
            self._manifest = self._releases.archive.manifest(number)
        return self._manifest

    def _datasets(self) -> tuple[DatasetInfo, ...]:
        return public_datasets(self._current().datasets) if self._number() else ()

    def _missing(self) -> list[DatasetInfo]:
        return missing_datasets(self._releases.home, self._current(), self._base) if self._number() else []

    async def _wait(self) -> None:
        waited = 0.0
        while self._missing():
            if waited >= WAIT_SECONDS:
                raise UnavailableError("CASE payloads are still being made.", code="store.building")
            await asyncio.sleep(0.05)
            waited += 0.05

    def _find(self, endpoint: str, identifier: str) -> bytes | None:
        for dataset in self._datasets():
            path = case_path(self._releases.home, dataset, self._base)
            if not path.is_file():
                continue
            try:
                found = CasePayloads(path).find(endpoint, identifier)
            except _DAMAGED as error:
                path.unlink(missing_ok=True)
                raise UnavailableError("CASE payloads are made anew.", code="store.building") from error
            if found is not None:
                return found
        return None

    def _read_documents(self) -> list[JsonObject]:
        found: dict[object, JsonObject] = {}
        for dataset in self._datasets():
            path = case_path(self._releases.home, dataset, self._base)
            try:
                for document in CasePayloads(path).documents():
                    found.setdefault(document["identifier"], document)
            except _DAMAGED as error:
                path.unlink(missing_ok=True)
                raise UnavailableError("CASE payloads are made anew.", code="store.building") from error
        return list(found.values())

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(UNASKED_SECONDS):
                await self._wanted.wait()
        while True:
            if loop.time() - self._failed_at > AGAIN_SECONDS:
                try:
                    if await asyncio.to_thread(self._missing):
                        await asyncio.to_thread(
                            self._builder.run, "graph.case_store", str(self._releases.home), self._base
                        )
                except HeadwaterError as error:
                    self._failed_at = loop.time()
                    log.error("CASE payloads cannot be made", error=error.message)
            await asyncio.sleep(WATCH_SECONDS)
