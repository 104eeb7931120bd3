"""From a verification method to its key and to whom it belongs: DIDs, key documents, keys in a fragment.

A key is *controlled* where what was resolved says so: a DID is its key, or its document lists the method under the
relation that the proof's purpose asks for. A Multikey in the fragment of an https address is a key and no more: anyone
can write any address before it.
Source: Controlled Identifiers 1.0, 3.3 (Retrieve Verification Method); Decentralized Identifiers 1.0, 5.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from ontology.fetching import Purpose
from ontology.json_documents import Json

from .addresses import cut, joined
from .did_web import NotDidWebError, address_of_did
from .instants import instant
from .keys import Key, KeyRefusedError, key_of_bytes, key_of_did_jwk, key_of_did_key, key_of_jwk, key_of_multikey
from .multibase import NotDecodableError, decode_base58btc
from .resolving import Resolver
from .strict_json import NotStrictError, Object, parse_object

Relation = Literal["assertionMethod", "authentication"]
_MULTIBASE_TYPES: Final = frozenset({"Multikey", "Ed25519VerificationKey2020", "EcdsaSecp256r1VerificationKey2019",
                                     "EcdsaSecp384r1VerificationKey2019"})  # fmt: skip
_JWK_TYPES: Final = frozenset({"JsonWebKey", "JsonWebKey2020", "Ed25519VerificationKey2018"})
_RELATIONS: Final = ("assertionMethod", "authentication", "capabilityInvocation", "capabilityDelegation")
_MAX_URL: Final = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A verification method: its key, and whose it is; `controller` is None where only the method itself says so."""

    id: str
    key: Key
    controller: str | None
    remark: str | None = None


def resolve_method(url: str, resolver: Resolver, *, relation: Relation, now: datetime) -> Method:
    """The method that a proof or a token names, of a controller that allows it for the relation.

    Raises:
        KeyRefusedError: it is no method, of an unknown kind, revoked, or not for this relation.
        UnresolvedError: its document cannot be had.
    """
    if len(url) > _MAX_URL:
        raise KeyRefusedError("the verification method's name is too long")
    plain, fragment = cut(url)
    if plain.startswith("did:key:"):
        if fragment not in {"", plain.removeprefix("did:key:")}:
            raise KeyRefusedError(f"{url[:120]!r} names another key than its did:key is")
        remark = None if fragment else "The verification method names a did:key without its fragment."
        return Method(id=url, key=key_of_did_key(plain), controller=plain, remark=remark)
    if plain.startswith("did:jwk:"):
        if fragment not in {"", "0"}:
            raise KeyRefusedError(f"{url[:120]!r} names another key than its did:jwk is")
        return Method(id=url, key=key_of_did_jwk(plain), controller=plain)
    if plain.startswith("did:web:"):
        return _in_document(url, _did_document(plain, resolver), plain, resolver, relation, now)
    if plain.startswith("https://") and fragment.startswith("z"):
        return Method(id=url, key=key_of_multikey(fragment), controller=None)
    if plain.startswith("https://"):
        return _at_address(url, plain, resolver, relation, now)
    raise KeyRefusedError(f"the verification method {url[:120]!r} is neither a DID that is known here nor https")


def methods_of(document: Object, relation: Relation) -> Iterator[tuple[str, Object]]:
    """(name, method) of each method that a controller document allows for a relation, in its order."""
    name = document.get("id")
    base = name if isinstance(name, str) else ""
    listed = {_absolute(base, each.get("id")): each for each in _objects(document.get("verificationMethod"))}
    for each in _listed(document.get(relation)):
        if isinstance(each, dict):
            yield _absolute(base, each.get("id")), each
        elif isinstance(each, str) and _absolute(base, each) in listed:
            yield _absolute(base, each), listed[_absolute(base, each)]


def key_of_method(method: Object) -> Key:
    """The key that a verification method carries. Raises KeyRefusedError."""
    kind = method.get("type")
    kinds = [kind] if isinstance(kind, str) else [each for each in _listed(kind) if isinstance(each, str)]
    multibase, jwk, raw = (method.get(each) for each in ("publicKeyMultibase", "publicKeyJwk", "publicKeyBase58"))
    if sum(each is not None for each in (multibase, jwk, raw)) != 1:
        raise KeyRefusedError("the verification method has no key, or several")
    if isinstance(multibase, str) and any(each in _MULTIBASE_TYPES for each in kinds):
        key = key_of_multikey(multibase)
        if "Ed25519VerificationKey2020" in kinds and key.kind != "Ed25519":
            raise KeyRefusedError(f"an Ed25519VerificationKey2020 has a key of {key.kind}")
        return key
    if isinstance(jwk, dict) and any(each in _JWK_TYPES for each in kinds):
        return key_of_jwk(jwk)
    if isinstance(raw, str) and "Ed25519VerificationKey2018" in kinds:
        try:
            return key_of_bytes("Ed25519", decode_base58btc(raw))
        except NotDecodableError as error:
            raise KeyRefusedError(f"the key cannot be read: {error}") from None
    raise KeyRefusedError(f"verification methods of type {', '.join(kinds)[:80] or 'nothing'} are not known here")


def _did_document(did: str, resolver: Resolver) -> Object:
    try:
        address = address_of_did(did)
    except NotDidWebError as error:
        raise KeyRefusedError(f"{did[:120]!r} is no did:web: {error}") from None
    document = _document(address, resolver)
    if document.get("id") != did:
        raise KeyRefusedError(f"the document at {address[:200]} is not that of {did[:120]}")
    return document


def _document(address: str, resolver: Resolver) -> Object:
    try:
        return parse_object(resolver.get(address, Purpose.KEYS))
    except NotStrictError as error:
        raise KeyRefusedError(f"the document at {address[:200]} cannot be read: {error}") from None


def _in_document(
    url: str, document: Object, name: str, resolver: Resolver, relation: Relation, now: datetime
) -> Method:
    found = next((method for each, method in methods_of(document, relation) if each == url), None)
    if found is None:
        listed = any(each == url for other in _RELATIONS for each, _ in _every(document, other))
        why = f"does not allow it as {relation}" if listed else "does not have it"
        raise KeyRefusedError(f"the document of {name[:120]} {why}: {url[:200]}")
    _check_dates(found, now)
    controller = found.get("controller", name)
    if not isinstance(controller, str):
        raise KeyRefusedError("the verification method has no controller, or several")
    if controller != name:
        _check_controller(url, controller, resolver, relation)
    return Method(id=url, key=key_of_method(found), controller=controller)


def _at_address(url: str, address: str, resolver: Resolver, relation: Relation, now: datetime) -> Method:
    document = _document(address, resolver)
    if document.get("id") == url and "controller" in document and relation not in document:
        _check_dates(document, now)
        controller = document["controller"]
        if not isinstance(controller, str):
            raise KeyRefusedError("the verification method has no controller, or several")
        _check_controller(url, controller, resolver, relation)
        return Method(id=url, key=key_of_method(document), controller=controller)
    if document.get("id") != address:
        raise KeyRefusedError(f"the document at {address[:200]} is not what its address says")
    return _in_document(url, document, address, resolver, relation, now)


def _check_controller(url: str, controller: str, resolver: Resolver, relation: Relation) -> None:
    """Raises KeyRefusedError unless the controller's own document allows the method."""
    if controller.startswith("did:web:"):
        document = _did_document(controller, resolver)
    elif controller.startswith("https://"):
        document = _document(controller, resolver)
        if document.get("id") != controller:
            raise KeyRefusedError(f"the document at {controller[:200]} is not what its address says")
    else:
        raise KeyRefusedError(f"the controller {controller[:120]!r} does not tell its methods")
    allowed = {_absolute(controller, each) for each in _listed(document.get(relation)) if isinstance(each, str)}
    if url not in allowed | {name for name, _ in methods_of(document, relation)}:
        raise KeyRefusedError(f"the document of {controller[:120]} does not allow it as {relation}: {url[:200]}")


def _every(document: Object, relation: str) -> Iterator[tuple[str, Object]]:
    base = document["id"] if isinstance(document.get("id"), str) else ""
    for member in ("verificationMethod", relation):
        for each in _objects(document.get(member)):
            yield _absolute(str(base), each.get("id")), each


def _check_dates(method: Object, now: datetime) -> None:
    for member, what in (("revoked", "was revoked"), ("expires", "has expired")):
        value = method.get(member)
        if value is not None:
            when = instant(value)
            if when is None or when <= now:
                raise KeyRefusedError(f"the key {what} ({str(value)[:40]})")


def _absolute(base: str, name: Json) -> str:
    if not isinstance(name, str):
        return ""
    return base + name if name.startswith("#") else joined(base, name) if base.startswith("https://") else name


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _objects(value: Json) -> list[Object]:
    return [each for each in _listed(value) if isinstance(each, dict)]
