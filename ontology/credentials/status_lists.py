"""Status lists: which bits say what of which credential, and the credential that carries them.

Pure: who issued what, and signatures, are others'. Reading lists is the verifier's.
Source: Bitstring Status List 1.0 (W3C, 2025), sections 2 and 3.
"""

import base64
import gzip
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from ontology.errors import InputError
from ontology.json_documents import Json

ENTRIES: Final = 131_072
"""Of each list: the least that the specification allows, 16 KiB, so that an entry hides among many."""
CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
_COMPRESSION: Final = 9


class StatusPurpose(StrEnum):
    """What a bit that is set says."""

    REVOCATION = "revocation"
    """Withdrawn for good."""
    SUSPENSION = "suspension"
    """Not valid for now."""


def choose_index(used: Collection[int], below: Callable[[int], int], entries: int = ENTRIES) -> int:
    """An index that no credential has yet, any with equal chance, so that indexes tell no order of issuing.

    Args:
        used: indexes that are given away, as a set.
        below: a random whole number from 0 to below its argument, unpredictable (`secrets.randbelow`).

    Raises InputError (`issuer.list-full`) where none is left.
    """
    free = entries - len(used)
    if free <= 0:
        raise InputError("The status list has no free entry.", code="issuer.list-full", hint="Begin a new list.")
    if free * 8 >= entries:
        while (index := below(entries)) in used:
            pass
        return index
    wanted = below(free)
    return next(index for skipped, index in enumerate(i for i in range(entries) if i not in used) if skipped == wanted)


def status_entry(address: str, index: int, purpose: StatusPurpose) -> dict[str, Json]:
    """The `credentialStatus` of a credential with this index in the list at this address."""
    return {
        "id": f"{address}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose.value,
        "statusListIndex": str(index),
        "statusListCredential": address,
    }


def status_list_credential(
    *,
    address: str,
    issuer: str,
    purpose: StatusPurpose,
    indexes: Iterable[int],
    valid_from: datetime,
    valid_until: datetime,
    ttl_seconds: int,
) -> dict[str, Json]:
    """The credential, unsigned, that a list is served as.

    Args:
        address: where it is served; its id too.
        indexes: of the credentials that are revoked or suspended.
        ttl_seconds: so long a verifier may use a copy.
    """
    return {
        "@context": [CONTEXT],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": timestamp(valid_from),
        "validUntil": timestamp(valid_until),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose.value,
            "encodedList": encode_bits(indexes),
            "ttl": ttl_seconds * 1000,
        },
    }


def encode_bits(indexes: Iterable[int], entries: int = ENTRIES) -> str:
    """A list with these bits set as multibase text: `u` and the compressed bits in base64url; index 0 is leftmost."""
    bits = bytearray(entries // 8)
    for index in indexes:
        bits[index // 8] |= 0x80 >> (index % 8)
    packed = gzip.compress(bytes(bits), _COMPRESSION, mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def timestamp(moment: datetime) -> str:
    """A moment as credentials write it: to the second, in UTC. Raises ValueError for one without a zone."""
    if moment.utcoffset() is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
