"""Public keys as credentials write them, and signatures by them: Multikey, JWK, did:key, did:jwk.

Only what a text carries itself is read here; `methods` reads key documents. Keys are Ed25519, P-256, P-384 and RSA of
2,048 to 8,192 bits; every other kind, and every other spelling of one of these, is refused.
Source: Controlled Identifiers 1.0, 2.2.2; The did:key Method v0.7; RFC 7517, 7518, 8037; did:jwk.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .canonical import canonical_json
from .multibase import NotDecodableError, decode_base64url, decode_multibase58, encode_base58btc, encode_base64url
from .strict_json import NotStrictError, Object, parse_object

Kind = Literal["Ed25519", "P-256", "P-384", "RSA"]
PublicKey = Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
"""A longer key makes each signature cost the cube."""
_MULTICODECS: Final[dict[bytes, tuple[Kind, int]]] = {
    b"\xed\x01": ("Ed25519", 32),
    b"\x80\x24": ("P-256", 33),
    b"\x81\x24": ("P-384", 49),
}
"""Prefix → (kind, bytes of the key). Source: the multicodec table."""
_CURVES: Final[dict[Kind, ec.EllipticCurve]] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
_HASHES: Final[dict[Kind, Callable[[], HashAlgorithm]]] = {"P-256": SHA256, "P-384": SHA384, "RSA": SHA256}
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyRefusedError(ValueError):
    """A key that is not one, or of a kind that is not used here. The message is for people."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and its kind."""

    kind: Kind
    public: PublicKey

    def verifies(self, signature: bytes, data: bytes) -> bool:
        """Whether a signature of the data is by this key; ECDSA as r and s of equal length, RSA as PKCS #1 v1.5."""
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, data)
            elif isinstance(self.public, rsa.RSAPublicKey):
                self.public.verify(signature, data, padding.PKCS1v15(), _HASHES[self.kind]())
            else:
                half = self.public.curve.key_size // 8
                if len(signature) != 2 * half:
                    return False
                pair = (int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
                self.public.verify(encode_dss_signature(*pair), data, ec.ECDSA(_HASHES[self.kind]()))
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def thumbprint(self) -> str:
        """By RFC 7638: the same for the same key, however it was written."""
        return encode_base64url(hashlib.sha256(canonical_json(self.jwk())).digest())

    def jwk(self) -> Object:
        """The members of its JWK that RFC 7638 asks for."""
        if isinstance(self.public, Ed25519PublicKey):
            return {"crv": "Ed25519", "kty": "OKP", "x": encode_base64url(self.public.public_bytes_raw())}
        numbers = self.public.public_numbers()
        if isinstance(numbers, rsa.RSAPublicNumbers):
            return {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
        width = numbers.curve.key_size // 8
        return {"crv": self.kind, "kty": "EC", "x": _number(numbers.x, width), "y": _number(numbers.y, width)}

    def multikey(self) -> str:
        """Its Multikey text. Raises KeyRefusedError of RSA, which has none here."""
        for prefix, (kind, _) in _MULTICODECS.items():
            if kind == self.kind:
                return encode_base58btc(prefix + self._compressed())
        raise KeyRefusedError(f"{self.kind} has no Multikey here")

    def _compressed(self) -> bytes:
        if isinstance(self.public, Ed25519PublicKey):
            return self.public.public_bytes_raw()
        return self.public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def key_of_multikey(text: str) -> Key:
    """The key of `publicKeyMultibase` of a Multikey, or of a did:key. Raises KeyRefusedError."""
    try:
        content = decode_multibase58(text)
    except NotDecodableError as error:
        raise KeyRefusedError(f"the key {text[:60]!r} cannot be read: {error}") from None
    found = _MULTICODECS.get(content[:2])
    if found is None:
        raise KeyRefusedError(f"the key {text[:60]!r} is of a kind that is not used here")
    kind, length = found
    if len(content) != 2 + length:
        raise KeyRefusedError(f"the key {text[:60]!r} has {len(content) - 2} bytes, {kind} has {length}")
    return key_of_bytes(kind, content[2:])


def key_of_bytes(kind: Kind, content: bytes) -> Key:
    """The key of a raw Ed25519 key, or of a compressed point. Raises KeyRefusedError."""
    try:
        if kind == "Ed25519":
            return Key(kind, Ed25519PublicKey.from_public_bytes(content))
        return Key(kind, ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind], content))
    except ValueError:
        raise KeyRefusedError(f"it is no key of {kind}") from None


def key_of_jwk(jwk: Object) -> Key:
    """The key of a public JWK. Raises KeyRefusedError, also where its private part stands in it."""
    if _PRIVATE_MEMBERS & jwk.keys():
        raise KeyRefusedError("the JWK has its private part in it, so anyone can sign with it")
    if jwk.get("use", "sig") != "sig":
        raise KeyRefusedError("the JWK is not for signatures")
    operations = jwk.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        raise KeyRefusedError("the JWK is not for signatures")
    kind = (jwk.get("kty"), jwk.get("crv"))
    try:
        if kind == ("OKP", "Ed25519"):
            return key_of_bytes("Ed25519", _member(jwk, "x", 32))
        if kind == ("EC", "P-256"):
            return _key_of_point("P-256", _member(jwk, "x", 32), _member(jwk, "y", 32))
        if kind == ("EC", "P-384"):
            return _key_of_point("P-384", _member(jwk, "x", 48), _member(jwk, "y", 48))
        if kind[0] == "RSA":
            return _key_of_modulus(_member(jwk, "n"), _member(jwk, "e"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyRefusedError(f"the JWK is no key: {error}") from None
    raise KeyRefusedError(f"the JWK is of a kind that is not used here ({kind[0]}, {kind[1]})")


def key_of_did_key(did: str) -> Key:
    """The key that a did:key is. Raises KeyRefusedError."""
    return key_of_multikey(did.removeprefix("did:key:"))


def key_of_did_jwk(did: str) -> Key:
    """The key that a did:jwk is. Raises KeyRefusedError."""
    try:
        return key_of_jwk(parse_object(decode_base64url(did.removeprefix("did:jwk:"))))
    except (NotDecodableError, NotStrictError) as error:
        raise KeyRefusedError(f"the did:jwk cannot be read: {error}") from None


def _key_of_point(kind: Kind, x: bytes, y: bytes) -> Key:
    return Key(kind, ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[kind], b"\x04" + x + y))


def _key_of_modulus(modulus: bytes, exponent: bytes) -> Key:
    n, e = int.from_bytes(modulus), int.from_bytes(exponent)
    if not MIN_RSA_BITS <= n.bit_length() <= MAX_RSA_BITS:
        raise KeyRefusedError(f"the RSA key has {n.bit_length()} bits, {MIN_RSA_BITS} to {MAX_RSA_BITS} are taken")
    if e.bit_length() > 64:
        raise KeyRefusedError("the RSA key's exponent is too large")
    return Key("RSA", rsa.RSAPublicNumbers(e, n).public_key())


def _member(jwk: Object, name: str, length: int | None = None) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or len(value) > 4 * MAX_RSA_BITS // 8:
        raise NotDecodableError(f"{name} is missing or too long")
    content = decode_base64url(value)
    if length is not None and len(content) != length:
        raise NotDecodableError(f"{name} has {len(content)} bytes, not {length}")
    return content


def _number(value: int, width: int | None = None) -> str:
    return encode_base64url(value.to_bytes(width or (value.bit_length() + 7) // 8))
