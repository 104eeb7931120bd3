"""did:web: from a DID to the address of its document, and back.

Only what a DID says is read here; whether the address may be asked is for the fetcher to say.
Source: the did:web Method Specification (W3C CCG), "Read (Resolve)".
"""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

PREFIX: Final = "did:web:"
MAX_DID_CHARACTERS: Final = 1024
_HOST: Final = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:%3[Aa][0-9]{1,5})?"
)
"""A name whose last label is no number, and a percent-encoded port."""
_SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+")
_UNSAFE: Final = re.compile(r"[\x00-\x20/\\?#%:@\x7f]")


class NotDidWebError(ValueError):
    """A did:web that names no address. The message is for people."""


def address_of_did(did: str) -> str:
    """The https address of the document of a did:web. Raises NotDidWebError."""
    host, *segments = did.removeprefix(PREFIX).split(":")
    if not did.startswith(PREFIX) or len(did) > MAX_DID_CHARACTERS or not _HOST.fullmatch(host):
        raise NotDidWebError("it does not name a host")
    for segment in segments:
        if not _SEGMENT.fullmatch(segment) or unquote(segment) in {".", ".."} or _UNSAFE.search(unquote(segment)):
            raise NotDidWebError("its path has a part that an address may not have")
    path = f"/{'/'.join(segments)}/did.json" if segments else "/.well-known/did.json"
    return f"https://{unquote(host).lower()}{path}"


def did_of_address(url: str) -> str | None:
    """The did:web whose document is at the address, None where there is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.path.endswith("/did.json") or parts.query or parts.fragment:
        return None
    segments = [each for each in parts.path.removesuffix("/did.json").split("/") if each]
    if segments == [".well-known"]:
        segments = []
    return PREFIX + ":".join([parts.netloc.replace(":", "%3A"), *segments])
