"""Multibase texts and multicodec prefixes, strictly: one text for each sequence of bytes.

Source: Controlled Identifiers 1.0 (W3C), section 2.4; the multicodec table.
"""

import base64
import binascii
import re
from typing import Final

import base58

MAX_CHARACTERS: Final = 1024
"""Of base58, whose decoding costs the square of the length."""
_BASE58: Final = re.compile(r"[1-9A-HJ-NP-Za-km-z]+")
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*")


class NotDecodableError(ValueError):
    """A text that does not stand for bytes in the one way that is allowed. The message is for people."""


def decode_base58btc(text: str) -> bytes:
    """The bytes of `z…`, or of base58 without the prefix. Raises NotDecodableError."""
    digits = text.removeprefix("z") if text.startswith("z") else text
    if len(digits) > MAX_CHARACTERS or not _BASE58.fullmatch(digits):
        raise NotDecodableError("it is not base58")
    return base58.b58decode(digits)


def decode_multibase58(text: str) -> bytes:
    """The bytes of a multibase text in base58-btc (`z…`). Raises NotDecodableError."""
    if not text.startswith("z"):
        raise NotDecodableError("it is not multibase in base58-btc")
    return decode_base58btc(text)


def decode_base64url(text: str) -> bytes:
    """The bytes of base64url without padding, spelled in the one canonical way. Raises NotDecodableError."""
    if not _BASE64URL.fullmatch(text) or len(text) % 4 == 1:
        raise NotDecodableError("it is not base64url")
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise NotDecodableError("it is not base64url") from None
    if encode_base64url(content) != text:
        raise NotDecodableError("it is base64url with stray bits")
    return content


def encode_base64url(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def encode_base58btc(content: bytes) -> str:
    """`z` and base58-btc."""
    return "z" + base58.b58encode(content).decode()
