"""Challenges for presentations: what a holder signs besides a presentation, so that it was made now and for who asks.

A challenge says itself until when it may be answered, for whose key it was given and that it was given here (an HMAC),
so that giving one keeps nothing. One that was answered is kept as the name of an empty file until it ends: two
processes cannot take it both. Knows no presentation. Called by the service.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from .archive import writing
from .releases import utc_now

FOLDER: Final = "challenges"
SECONDS: Final = 300
"""So long a challenge may be answered: a person looks at what a wallet shows, and agrees."""
ANSWERED_AT_MOST: Final = 20_000
"""Challenges that are answered within their time; further ones are not taken."""
_KEY_FILE: Final = "key"
_NONCE_BYTES: Final = 16
_ENDS_BYTES: Final = 5
_MARK_BYTES: Final = 16
_ANSWERED: Final = re.compile(r"[0-9a-f]{10}-[0-9a-f]{32}")
_LOOK_AGAIN: Final = timedelta(seconds=30)
"""After which files of challenges that have ended are looked for anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """What is to be signed, and until when it may be answered."""

    text: str
    ends_at: datetime


class Challenges:
    """The challenges of a data folder. Safe from several threads and processes."""

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._folder = home / FOLDER
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at: datetime | None = None
        self._answered = 0

    def give(self, by: str = "") -> Challenge:
        """A new challenge; nothing of it is kept.

        Args:
            by: whose it is; nobody else may answer by it.

        Raises UnavailableError where the data folder cannot be written.
        """
        ends_at = self._clock().replace(microsecond=0) + timedelta(seconds=SECONDS)
        said = secrets.token_bytes(_NONCE_BYTES) + int(ends_at.timestamp()).to_bytes(_ENDS_BYTES, "big")
        return Challenge(text=_written(said + _mark(self._key(), said, by)), ends_at=ends_at)

    def find_fault(self, text: str, by: str = "", *, use: bool = True) -> str | None:
        """Why a challenge does not count, as a sentence; None where it does.

        Args:
            by: whose it is.
            use: whether it is answered by this, and so counts never again.

        Raises UnavailableError where the data folder cannot be written.
        """
        said = self._read(text, by)
        if said is None:
            return "The challenge was not given here, or to somebody else."
        ends = int.from_bytes(said[_NONCE_BYTES:], "big")
        if datetime.fromtimestamp(ends, UTC) <= self._clock():
            return "The time to answer the challenge is over."
        path = self._folder / f"{ends:010x}-{said[:_NONCE_BYTES].hex()}"
        if not use:
            return _USED if path.exists() else None
        if not self._has_room():
            return "Too many challenges are being answered; a new one can be answered later."
        with writing(self._folder):
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            except FileExistsError:
                return _USED
        return None

    def _read(self, text: str, by: str) -> bytes | None:
        """What a challenge says, where it was given here and to them."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        said, mark = whole[:-_MARK_BYTES], whole[-_MARK_BYTES:]
        if len(whole) != _NONCE_BYTES + _ENDS_BYTES + _MARK_BYTES or _written(whole) != text:
            return None
        return said if hmac.compare_digest(mark, _mark(self._key(), said, by)) else None

    def _has_room(self) -> bool:
        """Whether one more may be answered. Files of those that have ended are removed now and then."""
        now = self._clock()
        with self._lock:
            if self._looked_at is None or now - self._looked_at >= _LOOK_AGAIN or self._answered >= ANSWERED_AT_MOST:
                self._looked_at, self._answered = now, self._sweep(int(now.timestamp()))
            self._answered += 1
            return self._answered <= ANSWERED_AT_MOST

    def _sweep(self, now: int) -> int:
        """How many answered challenges have not ended; the files of the others are gone."""
        left = 0
        for name in os.listdir(self._folder):  # noqa: PTH208 - twice as fast for twenty thousand names
            if _ANSWERED.fullmatch(name) is None:
                continue
            if int(name[:10], 16) > now:
                left += 1
            else:
                with suppress(FileNotFoundError):  # another process was faster
                    (self._folder / name).unlink()
        return left

    def _key(self) -> bytes:
        """The key of the data folder; made by the first who needs it."""
        path = self._folder / _KEY_FILE
        with suppress(FileNotFoundError):
            return path.read_bytes()
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside = self._folder / f"{_KEY_FILE}.{secrets.token_hex(8)}"
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
            with suppress(FileExistsError):  # the first who links it has made it
                os.link(beside, path)
            beside.unlink()
        return path.read_bytes()


_USED: Final = "The challenge was answered before."


def _written(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def _mark(key: bytes, said: bytes, by: str) -> bytes:
    return hmac.digest(key, b"headwater challenge " + said + by.encode(), hashlib.sha256)[:_MARK_BYTES]
