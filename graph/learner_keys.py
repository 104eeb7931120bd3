"""A key per learner: what is kept of a learner is sealed with it (AES-GCM), and destroying it is the erasure.

The keys lie in `learner-keys/`, a file each, wrapped by a master key that is made there; all of them readable for
their owner alone, in no export, and in no backup unless asked for. A copy of sealed bytes, wherever it lies (an older
backup, a file system's journal, a disk that was thrown away), is unreadable from then on. Called by `learners`,
under its lock.
"""

import hashlib
import hmac
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ontology.errors import DamagedError, UnknownReferenceError

from .archive import sync_folder, write_durably, writing

FOLDER: Final = "learner-keys"
MASTER: Final = "master.key"
ID: Final = re.compile(r"[0-9a-f]{32}")
"""A learner's pseudonym: 128 random bits."""
ASIDE: Final = "replaced-*"
"""Folders in which a restore leaves what was there."""
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_HINT: Final = "Restore the folder `learner-keys` from a backup that was made with --with-keys."


class Seal:
    """Seals and opens with one key. What is sealed for one purpose opens for no other."""

    def __init__(self, key: bytes, subject: str) -> None:
        self._cipher = AESGCM(key)
        self._subject = subject

    def close(self, content: bytes, purpose: str) -> bytes:
        """The content, sealed: a nonce of 12 bytes, then the ciphertext with its tag."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, self._bound(purpose))

    def open(self, sealed: bytes, purpose: str) -> bytes:
        """What was sealed. Raises DamagedError (`learners.damaged`) where it is not what `close` gave."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], self._bound(purpose))
        except (InvalidTag, ValueError) as error:
            raise DamagedError(
                f"What is kept as {purpose} is not what was written.",
                code="learners.damaged",
                hint="Restore the folder `learners` from a backup.",
            ) from error

    def _bound(self, purpose: str) -> bytes:
        return f"headwater {self._subject} {purpose}".encode()


class LearnerKeys:
    """The keys of a data folder."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.folder = home / FOLDER

    def create(self, learner: str) -> Seal:
        """The seal of a new learner, whose key is on the disk. Raises UnavailableError, DamagedError."""
        key = secrets.token_bytes(_KEY_BYTES)
        wrapped = self.master(make=True).close(key, learner)
        write_durably(self._path(learner), wrapped, mode=0o600)
        return Seal(key, learner)

    def exists(self, learner: str) -> bool:
        """Whether there is a key."""
        return self._path(learner).exists()

    def all(self) -> list[str]:
        """The learners that have a key, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.key") if ID.fullmatch(path.stem))

    def open(self, learner: str) -> Seal:
        """A learner's seal. Raises UnknownReferenceError where there is no key, DamagedError."""
        try:
            wrapped = self._path(learner).read_bytes()
        except FileNotFoundError:
            raise unknown(learner) from None
        except OSError as error:
            raise self._damaged(self._path(learner), error) from error
        return Seal(self.master().open(wrapped, learner), learner)

    def destroy(self, learner: str) -> None:
        """Nothing; the key is nowhere in the data folder. Raises UnavailableError."""
        for folder in (self.folder, *(path / FOLDER for path in self._home.glob(ASIDE))):
            for path in (folder / f"{learner}.key", folder / f"{learner}.key.tmp"):
                if not path.exists():
                    continue
                with writing(path), suppress(FileNotFoundError):
                    with path.open("r+b") as file:
                        file.write(bytes(os.fstat(file.fileno()).st_size))
                        file.flush()
                        os.fsync(file.fileno())
                    path.unlink()
                    sync_folder(folder)

    def derived(self, purpose: str) -> bytes:
        """A secret of 32 bytes for one purpose, which follows from the master key; of an empty folder any.

        Raises DamagedError.
        """
        if not (self.folder / MASTER).exists() and not self.all():
            return secrets.token_bytes(_KEY_BYTES)
        self.master()
        return hmac.digest((self.folder / MASTER).read_bytes(), purpose.encode(), "sha256")

    def master(self, *, make: bool = False) -> Seal:
        """The seal of the keys themselves. Raises DamagedError where the master key is gone."""
        path = self.folder / MASTER
        try:
            key = path.read_bytes()
        except FileNotFoundError as error:
            if not make or self.all():
                raise self._damaged(path, error) from error
            with writing(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            key = secrets.token_bytes(_KEY_BYTES)
            write_durably(path, key, mode=0o600)
        except OSError as error:
            raise self._damaged(path, error) from error
        if len(key) != _KEY_BYTES:
            raise self._damaged(path, None)
        return Seal(key, "master")

    def mark(self, text: str) -> str:
        """What stands for a text in names and files of this data folder: a keyed hash, 64 hexadecimal digits.

        Raises DamagedError where the master key is gone, UnavailableError.
        """
        self.master(make=True)
        key = (self.folder / MASTER).read_bytes()
        return hmac.new(key, f"headwater mark {text}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def _path(self, learner: str) -> Path:
        if not ID.fullmatch(learner):
            raise unknown(learner)
        return self.folder / f"{learner}.key"

    def _damaged(self, path: Path, error: OSError | None) -> DamagedError:
        what = f"cannot be read: {error.strerror}" if error is not None else "is no key"
        return DamagedError(f"{path} {what}.", code="learners.keys-damaged", hint=_HINT)


def unknown(learner: str) -> UnknownReferenceError:
    """The one answer for a learner who is not stored, was erased, or may not be read by who asks."""
    return UnknownReferenceError(
        f"There is no learner {learner[:64]!r} here, or no consent to read what is stored of them.",
        code="learners.closed",
        hint="A learner is named by 32 hexadecimal digits; a receiver needs a consent, and states its purpose.",
        subject=learner[:64],
    )
