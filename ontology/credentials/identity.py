"""Whether a recipient's identity, plain or hashed with a salt, is the one of a person that is given.

Source: Open Badges 2.0, "IdentityObject" and "IdentityHash"; Open Badges 3.0, "IdentityObject". A hash is hexadecimal,
of the identity with the salt behind it; an e-mail address is compared in lower case too.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from .reading import Object

_HASH: Final = re.compile(r"(?P<algorithm>sha256|md5)\$(?P<digest>[0-9a-fA-F]+)")
_DIGITS: Final = {"sha256": 64, "md5": 32}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom a credential is for, as an identity object says it."""

    kind: str
    value: str
    """The identity itself, or its hash as `algorithm$digest`."""
    hashed: bool
    salt: str = ""

    @property
    def shown(self) -> str:
        """The identifier that it is among those of a subject."""
        return f"{self.kind}:{self.value}{'$' + self.salt if self.hashed else ''}"

    @property
    def fault(self) -> str | None:
        """What is wrong with a hash, None where nothing is."""
        if not self.hashed:
            return None
        found = _HASH.fullmatch(self.value)
        if found is None:
            return "The recipient's hash is not of the form sha256$ and hexadecimal digits."
        wanted = _DIGITS[found["algorithm"]]
        if len(found["digest"]) != wanted:
            return f"The recipient's {found['algorithm']} has {len(found['digest'])} digits, expected {wanted}."
        return None

    def is_of(self, person: str) -> bool:
        """Whether a person's identity is this one."""
        return any(self._is(each) for each in {person.strip(), person.strip().lower()})

    def _is(self, person: str) -> bool:
        if not self.hashed:
            return hmac.compare_digest(self.value.encode(), person.encode())
        found = _HASH.fullmatch(self.value)
        if found is None:
            return False
        salted = (person + self.salt).encode()
        digest = (hashlib.sha256 if found["algorithm"] == "sha256" else _md5)(salted).hexdigest()
        return hmac.compare_digest(digest.encode(), found["digest"].lower().encode())


def _md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def read_identity(said: Object) -> Identity | None:
    """An identity object of Open Badges 2 or 3; None where it names nobody."""
    value = said.get("identityHash", said.get("identity"))
    if not isinstance(value, str) or not value:
        return None
    kind = said.get("identityType", said.get("type"))
    salt = said.get("salt")
    hashed = said.get("hashed")
    return Identity(
        kind=kind if isinstance(kind, str) else "",
        value=value,
        hashed=hashed if isinstance(hashed, bool) else _HASH.fullmatch(value) is not None,
        salt=salt if isinstance(salt, str) else "",
    )
