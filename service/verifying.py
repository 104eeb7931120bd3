"""Verification for the command line and the API: the circumstances that the settings give, and a verdict as JSON.

Reads files of the operator; what is verified is given as bytes. Called by the commands and the composition root.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from graph.awards import recognise
from graph.issuer import Issuer
from graph.snapshot import ResourceType, Snapshot
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.reading import MAX_IMAGE_BYTES
from ontology.credentials.resolving import ChainedResolver, FetchingResolver, FileResolver
from ontology.credentials.trust import TRUSTS_NOBODY, TrustList
from ontology.credentials.verdicts import Verification
from ontology.errors import InputError

from .issuing import OwnDocuments
from .settings import Settings
from .stewarding import fetcher_of

Json = dict[str, object]

_READ_AT_MOST: Final = MAX_IMAGE_BYTES + 1


def circumstances_of(
    settings: Settings, *, resolve: Path | None = None, trust: Path | None = None, recipients: Sequence[str] = ()
) -> Circumstances:
    """Under which circumstances documents are verified now.

    What the data folder's own issuer publishes needs no fetch.

    Args:
        resolve: a map of documents that are taken from files, before anything is fetched.
        trust: a list of trusted issuers in place of the settings' one.

    Raises InputError (`credential.resolve-map`, `credential.trust-list`).
    """
    given = (FileResolver.read(resolve),) if resolve is not None else ()
    own = OwnDocuments(Issuer(settings.home))
    resolver = ChainedResolver((*given, own, FetchingResolver(fetcher_of(settings))))
    listed = trust if trust is not None else settings.trusted_issuers
    return Circumstances(
        now=datetime.now(UTC),
        resolver=resolver,
        trust=TrustList.read(listed) if listed is not None else TRUSTS_NOBODY,
        recipients=tuple(recipients),
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
    shown = verification.as_json()
    shown["recognised"], shown["unresolved"] = [], []
    if snapshot is not None and snapshot.datasets:
        found = recognise(snapshot, verification)
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
