"""Pseudonyms of learners: another one for each receiver, the same for that receiver whenever they ask.

A learner's id is one block of AES under a key that follows from the master key and the receiver's name: without the key
nobody can tell which pseudonyms of two receivers are one learner, no two learners share one, and the service can read
its own. Source: FIPS 197; one block of random bits needs no mode. Called by talent.
"""

from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from .talent_columns import ID_BYTES, Bytes

HEX_DIGITS: Final = 2 * ID_BYTES


class Pseudonyms:
    """The pseudonyms of one receiver."""

    def __init__(self, key: bytes):
        """`key`: 32 bytes, of this receiver alone."""
        self._cipher = Cipher(AES(key), ECB())  # noqa: S305 - each block is a random id of its own

    def of(self, ids: Bytes) -> Bytes:
        """The pseudonyms of these ids, 16 bytes each, row by row."""
        encryptor = self._cipher.encryptor()
        sealed = encryptor.update(np.ascontiguousarray(ids).tobytes()) + encryptor.finalize()
        return np.frombuffer(sealed, np.uint8).reshape(-1, ID_BYTES)

    def learner_of(self, pseudonym: str) -> str | None:
        """Whose pseudonym it would be; None for what is none. Whether there is such a learner it does not say."""
        try:
            given = bytes.fromhex(pseudonym)
        except ValueError:
            return None
        if len(given) != ID_BYTES:
            return None
        decryptor = self._cipher.decryptor()
        return (decryptor.update(given) + decryptor.finalize()).hex()
