"""What was handed in as a credential: JSON, a token, or a PNG or SVG with one of them inside; read under limits.

Knows containers and the gate's limits, no standard: which format it is, `formats` tells. Nothing is fetched.
Source: Open Badges 2.0 and 3.0, "Baking".
"""

import binascii
import json
import re
import zlib
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError

import png
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ontology.documents import Document, open_fetched
from ontology.errors import DocumentRefusedError
from ontology.json_documents import Json, read_json
from ontology.model import Finding

from .data_urls import PNG_SIGNATURE, is_picture, picture_of

MAX_CREDENTIAL_BYTES: Final = 2 << 20
"""A credential, as JSON or token. The largest sample, a record with six credentials and pictures, has 0.2 MB."""
MAX_IMAGE_BYTES: Final = 16 << 20
"""A picture with a credential inside."""
MAX_REASON: Final = 200

_PNG_KEYWORDS: Final = (b"openbadgecredential", b"openbadges")
_SVG_ELEMENTS: Final = (
    "{https://purl.imsglobal.org/ob/v3p0}credential",
    "{http://openbadges.org}assertion",
    "{https://openbadges.org}assertion",
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_XML_START: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_ENVELOPE: Final = re.compile(r"data:application/(?:vc|vp)(?:-ld)?\+(?:jwt|jose)(?:;[a-z0-9=+/-]+)*,", re.IGNORECASE)

Object = dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What was handed in. A token's document is what it carries, unverified."""

    document: Object
    token: str | None = None
    container: str = "JSON"
    """`JSON`, `JWT`, `PNG` or `SVG`."""

    @property
    def carried(self) -> Object:
        """What a token is about: its `vc` or `vp` where it has one (VC-JWT 1.1), else all that it says."""
        if self.token is not None:
            for member in ("vc", "vp"):
                inside = self.document.get(member)
                if isinstance(inside, dict):
                    return inside
        return self.document


class UnreadableError(DocumentRefusedError):
    """What was handed in is no credential in any form; its message says why."""

    default_code = "credential.unreadable"


def read_presented(data: bytes, name: str = "document") -> Presented:
    """The credential in what was handed in; a picture may come as a `data:` URL.

    Raises:
        UnreadableError: too large, too deep, not JSON, no token, or a picture without a credential.
    """
    if is_picture(data):
        try:
            data = picture_of(_measured(data, 2 * MAX_IMAGE_BYTES, "picture"))
        except ValueError:
            raise _refused("The picture's data URL is not base64.") from None
    if data.startswith(PNG_SIGNATURE):
        return _inside("PNG", _from_png(_measured(data, MAX_IMAGE_BYTES, "picture")), name)
    if _XML_START.match(data[:256]):
        return _inside("SVG", _from_svg(_measured(data, MAX_IMAGE_BYTES, "picture")), name)
    return _read_text(_measured(data, MAX_CREDENTIAL_BYTES, "credential"), name)


def read_token(token: str, name: str = "document") -> Presented:
    """A compact JWS and what it carries, unverified. Raises UnreadableError."""
    if len(token) > MAX_CREDENTIAL_BYTES:
        raise _refused(f"The credential has more than {MAX_CREDENTIAL_BYTES:,} bytes.")
    parts = token.split(".")
    if len(parts) != 3 or not _TOKEN.fullmatch(token):
        raise _refused("It is no compact JWS of three parts.")
    payload = _read_object(_decoded(parts[1]), f"{name}, the token's payload")
    return Presented(document=payload, token=token, container="JWT")


def enveloped_token(document: Object) -> str | None:
    """The token in an EnvelopedVerifiableCredential (VC 2.0), None of any other object."""
    identifier = document.get("id")
    found = _ENVELOPE.match(identifier) if isinstance(identifier, str) else None
    return cast("str", identifier)[found.end() :] if found else None


def _measured(data: bytes, most: int, what: str) -> bytes:
    if len(data) > most:
        raise _refused(f"The {what} has {len(data):,} bytes; {most:,} are the most that is read.")
    if not data.strip():
        raise _refused(f"The {what} is empty.")
    return data


def _inside(container: str, content: bytes, name: str) -> Presented:
    found = _read_text(_measured(content, MAX_CREDENTIAL_BYTES, "credential in the picture"), name)
    return Presented(document=found.document, token=found.token, container=container)


def _read_text(data: bytes, name: str) -> Presented:
    text = data.strip()
    if text.startswith(b'"') and text.endswith(b'"'):
        text = text[1:-1]
    if not text.startswith(b"{"):
        try:
            plain = text.decode("ascii")
        except UnicodeDecodeError:
            plain = ""
        if _TOKEN.fullmatch(plain):
            return read_token(plain, name)
        if plain.startswith(("https://", "http://")) and len(plain) < 2048:
            return Presented(document={"type": "Assertion", "id": plain}, container="JSON")
    return Presented(document=_read_object(data, name))


def _read_object(data: bytes, name: str) -> Object:
    """A JSON object through the gate: UTF-8, bounded depth, no name twice. Raises UnreadableError."""
    documents = list(open_fetched([(f"{name}.json" if "." not in name else name, data)]))
    first = documents[0] if len(documents) == 1 else None
    if isinstance(first, Finding):
        raise _refused(first.message)
    if not isinstance(first, Document):
        raise _refused("It is an archive, and a single document is expected.")
    value = read_json(first)
    if isinstance(value, Finding):
        raise _refused(value.message)
    for remark in first.remarks:  # two readers may take two different values: what was signed would be open
        raise _refused(remark.message)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise _refused("It is JSON, and an object is expected.")
    return value


def _decoded(part: str) -> bytes:
    try:
        return urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise _refused("A part of the token is not base64url.") from None


def _from_png(data: bytes) -> bytes:
    """What the picture's text chunk for Open Badges holds."""
    try:
        for kind, chunk in png.Reader(bytes=data).chunks():
            keyword, _, rest = chunk.partition(b"\0")
            if kind in (b"iTXt", b"tEXt") and keyword in _PNG_KEYWORDS:
                return _international(rest) if kind == b"iTXt" else rest
    except (png.Error, zlib.error, ValueError, EOFError) as error:
        raise _refused(f"The PNG is damaged: {str(error)[:MAX_REASON]}.") from None
    raise _refused("The PNG has no Open Badges chunk (iTXt `openbadgecredential` or `openbadges`), so no credential.")


def _international(rest: bytes) -> bytes:
    """The text of an iTXt chunk behind its keyword: compression flag and method, language, translated keyword, text."""
    if len(rest) < 2:
        raise _refused("The PNG's Open Badges chunk is cut off.")
    packed = rest[0] == 1
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:
        raise _refused("The PNG's Open Badges chunk is cut off.")
    if not packed:
        return parts[2]
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(parts[2], MAX_CREDENTIAL_BYTES + 1)
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise _refused(f"The PNG's chunk unpacks to more than {MAX_CREDENTIAL_BYTES:,} bytes, or is cut off.")
    return text


def _from_svg(data: bytes) -> bytes:
    """What the SVG's Open Badges element holds: its `verify` attribute (a token or an address), or its text."""
    try:
        # A document type without entities is common in SVG, and harmless: nothing outside is read for it.
        root: Element = fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise _refused(f"The SVG declares entities, which are not read: {str(error)[:MAX_REASON]}.") from None
    except (ParseError, ValueError, RecursionError) as error:
        raise _refused(f"The SVG is not well-formed: {str(error)[:MAX_REASON]}.") from None
    for name in _SVG_ELEMENTS:
        element = root if root.tag == name else root.find(f".//{name}")
        if element is not None:
            text = (element.text or "").strip()
            return (text or element.get("verify", "").strip()).encode()
    raise _refused("The SVG has no Open Badges element (`credential` or `assertion`), so no credential.")


def _refused(why: str) -> UnreadableError:
    return UnreadableError(
        why,
        hint="Give a credential as JSON, JSON-LD, a JWT, or a baked PNG or SVG.",
    )


def same_json(one: Json, other: Json) -> bool:
    """Whether two values are the same JSON, whatever the order of members."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
