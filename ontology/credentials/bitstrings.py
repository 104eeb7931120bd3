"""The bits of a status list, unpacked under a limit.

Source: Bitstring Status List 1.0 (W3C, 2025), 3.2 and 3.3; Status List 2021 for lists without the multibase prefix.
"""

import zlib
from typing import Final

from .multibase import NotDecodableError, decode_base64url

MAX_BYTES: Final = 16 << 20
"""Unpacked. Source: the default of ssi-status; the specification has no maximum."""
LEAST_ENTRIES: Final = 131_072
"""Of a list, so that an entry hides among many. Source: section 2.2."""


class NotBitsError(ValueError):
    """A text that is no status list. The message is for people."""


def unpack_bits(text: str) -> bytes:
    """The bits of an `encodedList`: `u` and base64url, or base64url alone, of gzip. Raises NotBitsError."""
    try:
        packed = decode_base64url(text.removeprefix("u").rstrip("="))
    except NotDecodableError as error:
        raise NotBitsError(f"the list cannot be read: {error}") from None
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        bits = unpacker.decompress(packed, MAX_BYTES)
        more = unpacker.unconsumed_tail and unpacker.decompress(unpacker.unconsumed_tail, 1)
    except zlib.error as error:
        raise NotBitsError(f"the list is not packed by gzip ({error})") from None
    if more or (not unpacker.eof and len(bits) >= MAX_BYTES):
        raise NotBitsError(f"the list is larger than {MAX_BYTES >> 20} MiB when unpacked")
    if not unpacker.eof:
        raise NotBitsError("the list was cut off")
    if unpacker.unused_data:
        raise NotBitsError("more follows after the list")
    return bits


def value_at(bits: bytes, index: int, size: int) -> int:
    """The value of an entry of `size` bits; index 0 is leftmost. Raises NotBitsError beyond the end."""
    first = index * size
    if first + size > len(bits) * 8:
        raise NotBitsError(f"the list has {len(bits) * 8 // size:,} entries, and not one of index {index:,}")
    value = 0
    for position in range(first, first + size):
        value = value << 1 | bits[position >> 3] >> (7 - (position & 7)) & 1
    return value
