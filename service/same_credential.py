"""Which stored documents a 1EdTech API shows, and whether one that comes is a newer version of one that is stored.

Source: Open Badges 3.0, "Credential equality and comparison algorithm". Pure.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import unquote

import orjson

from graph.learner_rules import Standing
from ontology.credentials.formats import Format, listed
from ontology.credentials.instants import instant
from ontology.credentials.reading import Presented, UnreadableError, read_presented
from ontology.json_documents import Json

from .scopes import Api

FORMATS: Final = {Api.BADGES: Format.BADGES_3, Api.RECORDS: Format.CLR_2}
_TYPES: Final = {Api.BADGES: {"OpenBadgeCredential", "AchievementCredential"}, Api.RECORDS: {"ClrCredential"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What tells a credential from others, and its versions apart."""

    issuer: str
    id: str
    valid_from: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A stored credential as an API shows it."""

    token: str | None
    """The compact JWS, where it is one; it holds the credential then."""
    json: bytes
    """The credential in JSON, as it was stored, where it is no JWS."""
    known: Known


def shown_by(api: Api, text: str) -> Shown | None:
    """The credential in a stored document, None where the API is not for it."""
    try:
        presented = read_presented(text.encode("utf-8", "surrogatepass"))
    except UnreadableError:
        return None
    if not _TYPES[api] & {each for each in listed(presented.carried.get("type")) if isinstance(each, str)}:
        return None
    if presented.token is not None:
        json = b""
    elif presented.container == "JSON":
        json = text.strip().encode()
    else:
        json = orjson.dumps(presented.document)
    return Shown(token=presented.token, json=json, known=_known(presented))


def compare(text: str, stored: str) -> Standing:
    """What a credential is to a stored one: another, a newer version, or known already."""
    one, other = (_known(read_presented(each.encode("utf-8", "surrogatepass"))) for each in (text, stored))
    if (one.issuer, one.id) != (other.issuer, other.id) or not one.id:
        return Standing.OTHER
    if one.valid_from is None or (other.valid_from is not None and one.valid_from <= other.valid_from):
        return Standing.KNOWN
    return Standing.NEWER


def _known(presented: Presented) -> Known:
    document, claims = presented.carried, presented.document
    issuer = document.get("issuer", claims.get("iss"))
    if isinstance(issuer, dict):
        issuer = issuer.get("id")
    valid_from = document.get("validFrom", document.get("issuanceDate"))
    return Known(
        issuer=_plain(issuer),
        id=_plain(document.get("id", claims.get("jti"))),
        valid_from=instant(valid_from, zone_needed=False),
    )


def _plain(value: Json) -> str:
    """An identifier without percent encoding and blanks around it."""
    return unquote(value).strip() if isinstance(value, str) else ""
