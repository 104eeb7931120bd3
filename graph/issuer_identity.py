"""Who this data folder issues as: DID, profile, addresses and keys, and the changes of keys.

`issuer/issuer.json` names the public keys, each private key is a file of its own beside it; all are readable for their
owner alone and appear whole or not at all. Knows nothing of what was issued. Called by `issuer`, under its lock.
"""

import hashlib
import hmac
import json
import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ontology.credentials.issuer_documents import PublicKey, did_key, did_web
from ontology.credentials.issuing import Profile
from ontology.credentials.signing import SigningKey, multikey
from ontology.errors import DamagedError, InputError

from .archive import write_durably, writing

FOLDER: Final = "issuer"
IDENTITY_FILE: Final = "issuer.json"
KEYS_FOLDER: Final = "keys"
DEVELOPMENT_ADDRESS: Final = "https://headwater.invalid"
"""Below which things are named where no public address is set. RFC 2606 keeps it from leading anywhere."""
_SECRET_BYTES: Final = 32
_HINT: Final = "Restore the folder `issuer` from a backup."


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerKey:
    """One key of an issuer, without its secret. Times are RFC 3339 in UTC."""

    multikey: str
    issuer: str
    """The DID that signs with it: another one after each change, where the DID is the key."""
    created_at: str
    retired_at: str | None = None
    compromised: bool = False
    """Whether others may have it: then nothing that it signed is vouched for."""

    @property
    def method(self) -> str:
        """The verification method that its signatures name."""
        return f"{self.issuer}#{self.multikey}"

    @property
    def public(self) -> PublicKey:
        """What is published of it."""
        return PublicKey(multikey=self.multikey, method=self.method)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who issues, as it is on the disk."""

    did: str
    address: str
    """Below which everything that it names is served, without a slash at its end."""
    name: str
    created_at: str
    secret: str
    """Of the hashes of recipients in the register, hexadecimal."""
    keys: tuple[IssuerKey, ...]
    """Oldest first; the last one signs."""
    url: str | None = None
    description: str | None = None
    email: str | None = None
    image: str | None = None

    @property
    def is_web(self) -> bool:
        """Whether it is known by its address; else by its key, for development."""
        return self.did.startswith("did:web:")

    @property
    def key(self) -> IssuerKey:
        """The key that signs."""
        return self.keys[-1]

    @property
    def profile(self) -> Profile:
        """Who issues, as credentials say it."""
        return Profile(
            iri=self.did,
            name=self.name,
            url=self.url,
            description=self.description,
            email=self.email,
            image=self.image,
        )

    def published_keys(self) -> list[PublicKey]:
        """The keys of this DID, retired ones among them, compromised ones not."""
        return [key.public for key in self.keys if key.issuer == self.did and not key.compromised]

    def hash_recipient(self, named: str) -> str:
        """The keyed hash by which the register knows a recipient."""
        return hmac.new(bytes.fromhex(self.secret), named.encode(), hashlib.sha256).hexdigest()[:32]


def new_identity(
    public_url: str | None,
    at: str,
    *,
    name: str,
    url: str | None = None,
    description: str | None = None,
    email: str | None = None,
    image: str | None = None,
) -> tuple[Identity, Ed25519PrivateKey]:
    """An identity and its first key: did:web below an https address, did:key without one. Raises InputError."""
    if not name.strip():
        raise InputError("An issuer needs a name.", code="issuer.name", hint="Give `--name`.")
    web = public_url is not None and public_url.startswith("https://")
    private, key = new_key(did_web(public_url) if web and public_url else None, at)
    identity = Identity(
        did=key.issuer,
        address=public_url or DEVELOPMENT_ADDRESS,
        name=name.strip(),
        created_at=at,
        secret=secrets.token_hex(_SECRET_BYTES),
        keys=(key,),
        url=url,
        description=description,
        email=email,
        image=image,
    )
    return identity, private


def new_key(did: str | None, at: str) -> tuple[Ed25519PrivateKey, IssuerKey]:
    """A key of this DID, or of the one that it is itself."""
    private = Ed25519PrivateKey.generate()
    name = multikey(private.public_key())
    return private, IssuerKey(multikey=name, issuer=did or did_key(name), created_at=at)


class IdentityFiles:
    """The identity and its private keys in a data folder."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER
        self._path = self.folder / IDENTITY_FILE

    def find(self) -> Identity | None:
        """The identity, if there is one. Raises DamagedError (`issuer.damaged`)."""
        try:
            content = json.loads(self._path.read_bytes())
            keys = tuple(IssuerKey(**each) for each in content.pop("keys"))
            return Identity(**content, keys=keys)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{self._path} cannot be read: {error}", code="issuer.damaged", hint=_HINT) from error

    def write(self, identity: Identity, private: Ed25519PrivateKey) -> None:
        """Nothing; the identity is on the disk, the private key of its last key before it.

        A kill in between leaves a key that nothing names, which `clean` removes. Raises UnavailableError.
        """
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self.folder / KEYS_FOLDER).mkdir(exist_ok=True, mode=0o700)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_durably(self._key_path(identity.key), pem, mode=0o600)
        write_durably(self._path, json.dumps(asdict(identity), indent=1).encode(), mode=0o600)
        self.clean(identity)

    def clean(self, identity: Identity) -> None:
        """Nothing; private keys that sign nothing any more are gone.

        A retired key of a did:web is not needed again. One that is a DID itself still signs the status lists of what it
        issued, unless others may have it.
        """
        wanted = {self._key_path(key).name for key in identity.keys if signs(identity, key)}
        with writing(self.folder):
            for path in (self.folder / KEYS_FOLDER).iterdir():
                if path.name not in wanted:
                    path.unlink(missing_ok=True)

    def signing_key(self, key: IssuerKey) -> SigningKey:
        """The key with its secret. Raises DamagedError where it is gone or cannot be read."""
        path = self._key_path(key)
        try:
            private = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="issuer.damaged", hint=_HINT) from error
        if not isinstance(private, Ed25519PrivateKey) or multikey(private.public_key()) != key.multikey:
            raise DamagedError(f"{path} is not the key that it should be.", code="issuer.damaged", hint=_HINT)
        return SigningKey(method=key.method, private=private)

    def signature(self) -> tuple[int, int, int] | None:
        """What changes when the identity does; None where there is none."""
        with suppress(FileNotFoundError):
            found = self._path.stat()
            return found.st_ino, found.st_mtime_ns, found.st_size
        return None

    def _key_path(self, key: IssuerKey) -> Path:
        return self.folder / KEYS_FOLDER / f"{key.multikey}.pem"


def signs(identity: Identity, key: IssuerKey) -> bool:
    """Whether anything may still be signed with a key: the last one all, one that is a DID its own status lists."""
    return key == identity.key or (not key.compromised and key.issuer == did_key(key.multikey))


def with_new_key(identity: Identity, key: IssuerKey, at: str, *, compromised: bool) -> Identity:
    """The identity after a change of its key; the DID changes with the key where it is the key."""
    retired = replace(identity.key, retired_at=at, compromised=compromised)
    return replace(identity, did=key.issuer, keys=(*identity.keys[:-1], retired, key))
