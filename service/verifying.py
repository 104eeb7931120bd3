"""Verification for the command line and the API: the circumstances that the settings give, and a verdict as JSON.

Reads files of the operator; what is verified is given as bytes or text. The API's documents are verified by processes
that can be killed, so that no document holds up the loop or another one. Called by the commands and the composition
root.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from graph.awards import References, recognise
from graph.issuer import Issuer
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.data_urls import size_of
from ontology.credentials.reading import MAX_IMAGE_BYTES
from ontology.credentials.resolving import ChainedResolver, FetchingResolver, FileResolver
from ontology.credentials.trust import TRUSTS_NOBODY, TrustList
from ontology.credentials.verdicts import Verification
from ontology.credentials.verifying_process import VerifyingProcesses
from ontology.credentials.verifying_worker import Given, Terms
from ontology.errors import BusyError, HeadwaterError, InputError

from .issuing import OwnDocuments
from .settings import Settings

Json = dict[str, object]

DOCUMENTS_AT_MOST: Final = 20
"""Of one question."""
DOCUMENT_BYTES: Final = 256 << 10
"""Of one document, as UTF-8; of a picture, as it is without base64."""
MAX_WAITING: Final = 200
"""Documents that are being verified or wait for it, over all requests."""
PROCESSES: Final = max(1, min(4, os.cpu_count() or 1))
_ACHIEVEMENTS: Final = "/issuer/achievements/"
"""In the addresses of definitions, which no verification asks for."""
_READ_AT_MOST: Final = MAX_IMAGE_BYTES + 1


def circumstances_of(
    settings: Settings,
    *,
    resolve: Path | None = None,
    trust: Path | None = None,
    recipients: Sequence[str] = (),
    challenge: str | None = None,
    domain: str | None = None,
) -> Circumstances:
    """Under which circumstances documents are verified now.

    What the data folder's own issuer publishes needs no fetch.

    Args:
        resolve: a map of documents that are taken from files, before anything is fetched.
        trust: a list of trusted issuers in place of the settings' one.

    Raises InputError (`credential.resolve-map`, `credential.trust-list`).
    """
    from .stewarding import fetcher_of  # imports the driver, for which `match` is not to wait

    given = (FileResolver.read(resolve),) if resolve is not None else ()
    own = OwnDocuments(Issuer(settings.home))
    resolver = ChainedResolver((*given, own, FetchingResolver(fetcher_of(settings))))
    listed = trust if trust is not None else settings.trusted_issuers
    return Circumstances(
        now=datetime.now(UTC),
        resolver=resolver,
        trust=TrustList.read(listed) if listed is not None else TRUSTS_NOBODY,
        recipients=tuple(recipients),
        challenge=challenge,
        domain=domain,
    )


def terms_of(settings: Settings, *, resolve: Path | None = None, trust: Path | None = None) -> Terms:
    """The same for processes that verify, but for what the data folder's own issuer publishes.

    Raises InputError (`credential.resolve-map`, `credential.trust-list`).
    """
    listed = trust if trust is not None else settings.trusted_issuers
    trusted = TrustList.read(listed) if listed is not None else TRUSTS_NOBODY
    return Terms(
        fetch=settings.fetch,
        hosts=settings.fetch_hosts,
        trusted={issuer: sorted(keys) for issuer, keys in trusted.keys.items()},
        given=(Given.of(FileResolver.read(resolve)),) if resolve is not None else (),
    )


def own_documents(issuer: Issuer) -> dict[str, str]:
    """What a data folder's issuer publishes of its keys and status lists, by address."""
    try:
        if issuer.find_identity() is None:
            return {}
        addresses = [each for each in issuer.published_addresses() if _ACHIEVEMENTS not in each]
        published = {each: issuer.published_at(each) for each in addresses}
    except HeadwaterError:  # what cannot be read is missing, and the verdict says so
        return {}
    return {address: orjson.dumps(found).decode() for address, found in published.items() if found is not None}


def lasting_terms(settings: Settings, *, resolve: Path | None = None, trust: Path | None = None) -> Terms:
    """Terms for documents that are verified together: what the own issuer publishes is as it is now.

    Raises InputError (`credential.resolve-map`, `credential.trust-list`).
    """
    terms = terms_of(settings, resolve=resolve, trust=trust)
    return replace(terms, given=(*terms.given, Given(texts=own_documents(Issuer(settings.home)))))


class DocumentVerifier:
    """Verifies what comes over the API, in processes of its own that start with the first document."""

    def __init__(self, settings: Settings) -> None:
        """Raises InputError where the list of trusted issuers cannot be read."""
        self._issuer = Issuer(settings.home)
        self._processes = VerifyingProcesses(terms_of(settings), at_once=PROCESSES)
        self._threads = ThreadPoolExecutor(PROCESSES, thread_name_prefix="verify")
        self._waiting = 0

    async def verify(self, documents: Sequence[str], recipients: Sequence[str] = ()) -> list[Verification]:
        """The verdicts, in the order of the documents; the loop goes on serving.

        Args:
            recipients: identities of the person that the documents should be about, such as an e-mail address.

        Raises:
            InputError: `documents.too-many`, `documents.too-large`.
            BusyError: `verify.busy`: too many are being verified or wait already.
        """
        check_documents(documents)
        if self._waiting + len(documents) > MAX_WAITING:
            raise BusyError(
                "Too many documents wait to be verified.", code="verify.busy", hint="Try again in a few seconds."
            )
        self._waiting += len(documents)
        try:
            loop, now = asyncio.get_running_loop(), datetime.now(UTC)
            own = await loop.run_in_executor(self._threads, own_documents, self._issuer)
            asked = [
                loop.run_in_executor(self._threads, self._processes.verify, each, now, own, recipients)
                for each in documents
            ]
            return await asyncio.gather(*asked)
        finally:
            self._waiting -= len(documents)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While it is needed; afterwards no process runs any more."""
        try:
            yield
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._processes.close()


def check_documents(documents: Sequence[str]) -> None:
    """Nothing. Raises InputError for too many documents, or one that is too large."""
    if len(documents) > DOCUMENTS_AT_MOST:
        raise InputError(
            f"A question takes at most {DOCUMENTS_AT_MOST} documents, got {len(documents)}.",
            code="documents.too-many",
            hint="Ask several times, or gather the credentials into one record.",
            subject="documents",
        )
    for index, each in enumerate(documents):
        size = size_of(each)
        if size > DOCUMENT_BYTES:
            raise InputError(
                f"The document {index} has {size:,} bytes; {DOCUMENT_BYTES:,} are the most.",
                code="documents.too-large",
                hint="Leave out pictures that the credential embeds, or verify it with `headwater verify`.",
                subject=f"documents/{index}",
            )


def read_document(path: Path) -> bytes:
    """The bytes of a file, no more of them than would be refused. Raises InputError (`input.missing-file`)."""
    try:
        with path.open("rb") as stream:
            return stream.read(_READ_AT_MOST)
    except OSError as error:
        raise InputError(
            f"There is nothing to read at {path}: {error.strerror}.",
            code="input.missing-file",
            hint="Give the path of a credential: JSON, JSON-LD, a JWT, or a baked PNG or SVG.",
            subject=str(path),
        ) from None


def verdict_json(verification: Verification, snapshot: Snapshot | None, languages: Sequence[str] = ()) -> Json:
    """A verdict as `verify --json` prints it; without a release nothing is recognised, and nothing is unresolved."""
    return verdict_by(verification, None if snapshot is None else References(snapshot), languages)


def verdict_by(verification: Verification, references: References | None, languages: Sequence[str] = ()) -> Json:
    """The same of one of many, which are looked up together."""
    shown = verification.as_json()
    shown["recognised"], shown["unresolved"] = [], []
    if references is not None and references.snapshot.datasets:
        snapshot, found = references.snapshot, recognise(references, verification)
        shown["recognised"] = [
            {
                "id": snapshot.iris[row],
                "type": ResourceType(int(snapshot.types[row])).name.lower(),
                "label": snapshot.label(row, languages)[0],
            }
            for row in found.rows
        ]
        shown["unresolved"] = list(found.unresolved)
    return shown
