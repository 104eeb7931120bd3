"""Keys as credentials write them, and whose they are: did:key, did:web, did:jwk, JWK, documents, fragments."""

import json
from datetime import UTC, datetime
from pathlib import Path

import base58
import pytest
from proof_signing import Library, Object, signer

from ontology.credentials.did_web import NotDidWebError, address_of_did, did_of_address
from ontology.credentials.keys import (
    Key,
    KeyRefusedError,
    Kind,
    key_of_did_jwk,
    key_of_did_key,
    key_of_jwk,
    key_of_multikey,
)
from ontology.credentials.methods import Method, Relation, resolve_method
from ontology.credentials.multibase import (
    NotDecodableError,
    decode_base64url,
    decode_multibase58,
    encode_base58btc,
    encode_base64url,
)
from ontology.credentials.resolving import UnresolvedError
from ontology.json_documents import Json

DATA = Path(__file__).parent / "data/credentials"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
DID = "did:web:college.example:issuers:1"
ADDRESS = "https://college.example/issuers/1/did.json"
ED = signer("Ed25519")


def vectors(name: str) -> dict[str, Object]:
    """did:key → what its vector says."""
    read: dict[str, Object] = json.loads(DATA.joinpath("did-key", name).read_bytes())
    return read


def resolved(url: str, documents: dict[str, Json], relation: Relation = "assertionMethod") -> Method:
    """The method, with these documents and no others."""
    return resolve_method(url, Library(documents), relation=relation, now=NOW)


def method(name: str = f"{DID}#1", **more: Json) -> Object:
    """A verification method of the issuer."""
    return {"id": name, "type": "Multikey", "controller": DID, "publicKeyMultibase": ED.key.multikey(), **more}


@pytest.mark.parametrize("did", vectors("ed25519-x25519.json"))
def test_the_ed25519_vectors_of_did_key_hold(did: str) -> None:
    """The key is that of the vector's document, however it is written."""
    document = vectors("ed25519-x25519.json")[did]["didDocument"]
    assert isinstance(document, dict)
    listed = document["verificationMethod"]
    assert isinstance(listed, list)
    assert isinstance(listed[0], dict)
    key = key_of_did_key(did)
    assert did.endswith(key.multikey())
    jwk, raw = listed[0].get("publicKeyJwk"), listed[0].get("publicKeyBase58")
    assert key.jwk() == (jwk or {"crv": "Ed25519", "kty": "OKP", "x": encode_base64url(base58.b58decode(str(raw)))})
    found = resolved(str(listed[0]["id"]), {})
    assert (found.key.thumbprint, found.controller) == (key.thumbprint, did)


@pytest.mark.parametrize("did", vectors("nist-curves.json"))
def test_the_curves_of_did_key_hold_or_are_refused(did: str) -> None:
    """P-256 and P-384 are the vector's JWK; P-521 is not used here."""
    told = vectors("nist-curves.json")[did]["verificationMethod"]
    assert isinstance(told, dict)
    jwk = told.get("publicKeyJwk")
    if did.startswith("did:key:z2J9"):
        with pytest.raises(KeyRefusedError, match="not used here"):
            key_of_did_key(did)
        return
    key = key_of_did_key(did)
    if isinstance(jwk, dict):
        assert key.jwk() == {name: jwk[name] for name in ("crv", "kty", "x", "y")}
        assert key_of_jwk(jwk).thumbprint == key.thumbprint
    assert did.endswith(key.multikey())


@pytest.mark.parametrize("did", vectors("x25519.json"))
def test_keys_that_agree_on_secrets_sign_nothing(did: str) -> None:
    """X25519."""
    with pytest.raises(KeyRefusedError):
        key_of_did_key(did)


@pytest.mark.parametrize("kind", ["Ed25519", "P-256", "P-384", "RSA"])
def test_a_key_is_the_same_in_every_spelling(kind: Kind) -> None:
    """JWK, Multikey, DID."""
    key = signer(kind).key
    assert key_of_jwk(key.jwk()).thumbprint == key.thumbprint
    assert key_of_did_jwk("did:jwk:" + encode_base64url(json.dumps(key.jwk()).encode())).thumbprint == key.thumbprint
    if kind != "RSA":
        assert key_of_multikey(key.multikey()).thumbprint == key.thumbprint
        data = b"data"
        assert key.verifies(signer(kind).sign(data), data)
        assert not key.verifies(signer(kind).sign(data), b"other")
        assert not key.verifies(b"", data)


MULTIKEY = ED.key.multikey()
RAW = decode_multibase58(MULTIKEY)


@pytest.mark.parametrize(
    "text",
    [
        "", "z", MULTIKEY[1:], "f" + RAW.hex(), "u" + encode_base64url(RAW), MULTIKEY + " ", MULTIKEY + "\n", " " + MULTIKEY,
        "z1" + MULTIKEY[1:], MULTIKEY + "1", MULTIKEY.replace("z6Mk", "z6Ml"), "z0OIl", "z" + "1" * 2000,
        encode_base58btc(RAW[:-1]), encode_base58btc(RAW + b"\0"), encode_base58btc(RAW[2:]), encode_base58btc(b"\xed\x81\0" + RAW[2:]),
        encode_base58btc(b"\xec\x01" + RAW[2:]), encode_base58btc(b"\xe7\x01\x02" + RAW[2:]), encode_base58btc(b"\x80\x24\x02" + b"\xff" * 32),
        encode_base58btc(b"\x80\x24\x04" + bytes(32)), "z\u0661\u0662",
    ],
)  # fmt: skip
def test_only_one_spelling_of_a_multikey_is_taken(text: str) -> None:
    """Other bases, prefixes, lengths, kinds, points off the curve."""
    with pytest.raises(KeyRefusedError):
        key_of_multikey(text)


P256, RSA = signer("P-256").key.jwk(), signer("RSA").key.jwk()


@pytest.mark.parametrize(
    "jwk",
    [
        {}, {"kty": "oct", "k": "AAAA"}, {**P256, "d": "AAAA"}, {**P256, "use": "enc"}, {**P256, "key_ops": ["sign"]}, {**P256, "x": P256["y"]},
        {**P256, "crv": "P-521"}, {**P256, "crv": "secp256k1"}, {**P256, "x": str(P256["x"]) + "="}, {**P256, "x": str(P256["x"])[:-2]}, {**P256, "x": 7},
        {**RSA, "n": encode_base64url(b"\xff" * 64)}, {**RSA, "n": encode_base64url(b"\xff" * 2000)}, {**RSA, "e": "AQ"}, {**RSA, "e": "Ag"},
        {**RSA, "e": encode_base64url(b"\xff" * 40)}, {**ED.key.jwk(), "crv": "Ed448"}, {**ED.key.jwk(), "crv": "X25519"}, {**ED.key.jwk(), "x": ""},
    ],
)  # fmt: skip
def test_a_jwk_that_is_no_public_key_for_signatures_is_refused(jwk: Object) -> None:
    """Secrets, other uses, other curves, weak or huge moduli, stray bits."""
    with pytest.raises(KeyRefusedError):
        key_of_jwk(jwk)


@pytest.mark.parametrize(
    ("did", "address"),
    [
        ("did:web:college.example", "https://college.example/.well-known/did.json"),
        ("did:web:college.example:a:b", "https://college.example/a/b/did.json"),
        ("did:web:college.example%3A8443:a", "https://college.example:8443/a/did.json"),
        ("did:web:host%3a8443:a:b", "https://host:8443/a/b/did.json"),
        ("did:web:college.example:caf%C3%A9", "https://college.example/caf%C3%A9/did.json"),
    ],
)
def test_a_did_web_is_an_address(did: str, address: str) -> None:
    """And back."""
    assert address_of_did(did) == address
    assert (did_of_address(address) or "").lower() == did.lower()


@pytest.mark.parametrize(
    "did",
    [
        "did:web:", "did:web:127.0.0.1", "did:web:127.0.0.1%3A6379", "did:web:169.254.169.254:latest", "did:web:[::1]", "did:web:2130706433",
        "did:web:0x7f.1", "did:web:user@college.example", "did:web:college.example:..:etc", "did:web:college.example:%2e%2e", "did:web:college.example:a%2Fb",
        "did:web:college.example::", "did:web:college.example/a", "did:web:college.example?x", "did:web:college.example%2Fa", "did:web:college.example%3Ax",
        "did:web:college.example:a b", "did:web:college.example:%00", "did:key:z6Mk", "did:web:a%3A80%3A90", "did:web:" + "a" * 2000,
    ],
)  # fmt: skip
def test_a_did_web_that_could_lead_elsewhere_is_none(did: str) -> None:
    """Addresses of machines, ways up, other parts of an address."""
    with pytest.raises(NotDidWebError):
        address_of_did(did)
    library = Library()
    with pytest.raises(KeyRefusedError):
        resolve_method(f"{did}#1", library, relation="assertionMethod", now=NOW)
    assert not library.asked


FORMS: list[Object] = [
    {"assertionMethod": [method()]},
    {"assertionMethod": [f"{DID}#1"], "verificationMethod": [method()]},
    {"assertionMethod": ["#1"], "verificationMethod": [method("#1")]},
    {"assertionMethod": f"{DID}#1", "verificationMethod": method()},
    {"assertionMethod": [method(type="JsonWebKey2020", publicKeyMultibase=None, publicKeyJwk=ED.key.jwk())]},
    {"assertionMethod": [method(type="JsonWebKey", publicKeyMultibase=None, publicKeyJwk=ED.key.jwk())]},
    {"assertionMethod": [method(type="Ed25519VerificationKey2020")]},
    {"assertionMethod": [method(type="Ed25519VerificationKey2018", publicKeyMultibase=None, publicKeyBase58=base58.b58encode(RAW[2:]).decode())]},
    {"assertionMethod": [method(type=["Multikey"], expires="2030-01-01T00:00:00Z")]},
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=range(len(FORMS)))
def test_a_did_document_gives_its_keys(form: Object) -> None:
    """Listed or embedded, by whole names or relative ones, in every type."""
    found = resolved(f"{DID}#1", {ADDRESS: {"id": DID, **form}})
    assert (found.key.thumbprint, found.controller) == (ED.key.thumbprint, DID)


@pytest.mark.parametrize(
    ("word", "document"),
    [
        ("is not that of", {"id": "did:web:evil.example", "assertionMethod": [method()]}),
        ("does not have it", {"id": DID}),
        ("does not have it", {"id": DID, "assertionMethod": [method(f"{DID}#2")]}),
        ("does not allow it", {"id": DID, "verificationMethod": [method()]}),
        ("does not allow it", {"id": DID, "authentication": [method()], "assertionMethod": []}),
        ("revoked", {"id": DID, "assertionMethod": [method(revoked="2026-01-01T00:00:00Z")]}),
        ("expired", {"id": DID, "assertionMethod": [method(expires="2026-01-01T00:00:00Z")]}),
        ("expired", {"id": DID, "assertionMethod": [method(expires="never")]}),
        ("no key, or several", {"id": DID, "assertionMethod": [method(publicKeyJwk=ED.key.jwk())]}),
        ("no key, or several", {"id": DID, "assertionMethod": [method(publicKeyMultibase=None)]}),
        ("not known here", {"id": DID, "assertionMethod": [method(type="RsaVerificationKey2018")]}),
        ("no controller", {"id": DID, "assertionMethod": [method(controller=[DID, "did:web:evil.example"])]}),
        ("an Ed25519VerificationKey2020 has", {"id": DID, "assertionMethod": [method(type="Ed25519VerificationKey2020", publicKeyMultibase=signer("P-256").key.multikey())]}),
        ("cannot be read", b'{"id": 1, "id": 2}'),
        ("cannot be read", b"<html>"),
        ("cannot be read", b"[]"),
    ],
)  # fmt: skip
def test_a_did_document_that_does_not_allow_the_key_is_refused(word: str, document: Json | bytes) -> None:
    """Another's document, another relation, a revoked key, several keys in one, what is not JSON."""
    with pytest.raises(KeyRefusedError, match=word):
        resolve_method(f"{DID}#1", Library({ADDRESS: document}), relation="assertionMethod", now=NOW)


def test_authentication_is_another_relation() -> None:
    """A key of the one does not serve the other."""
    document: Object = {"id": DID, "authentication": [method()]}
    assert resolved(f"{DID}#1", {ADDRESS: document}, "authentication").controller == DID
    with pytest.raises(KeyRefusedError):
        resolved(f"{DID}#1", {ADDRESS: document})


def test_a_controller_elsewhere_must_say_so_itself() -> None:
    """A document may list a key of another controller; that one's own document decides."""
    other = "did:web:other.example"
    document: Object = {"id": DID, "assertionMethod": [method(controller=other)]}
    there = "https://other.example/.well-known/did.json"
    with pytest.raises(KeyRefusedError, match="does not allow it"):
        resolved(f"{DID}#1", {ADDRESS: document, there: {"id": other}})
    found = resolved(f"{DID}#1", {ADDRESS: document, there: {"id": other, "assertionMethod": [f"{DID}#1"]}})
    assert found.controller == other
    with pytest.raises(UnresolvedError):
        resolved(f"{DID}#1", {ADDRESS: document})


def test_a_key_in_the_fragment_of_an_address_is_nobodys() -> None:
    """It is a key; nothing is asked, and no controller is known."""
    library = Library()
    found = resolve_method(f"https://college.example/1#{MULTIKEY}", library, relation="assertionMethod", now=NOW)
    assert (found.key.thumbprint, found.controller) == (ED.key.thumbprint, None)
    assert not library.asked


def test_a_key_document_at_an_address_belongs_to_its_controller() -> None:
    """Where the controller's document says so too; a document that names another address is refused."""
    url, controller = "https://college.example/keys/1", "https://college.example/issuer"
    key = method(url, controller=controller)
    issuer: Object = {"id": controller, "assertionMethod": [url]}
    assert resolved(url, {url: key, controller: issuer}).controller == controller
    with pytest.raises(KeyRefusedError, match="does not allow it"):
        resolved(url, {url: key, controller: {"id": controller}})
    with pytest.raises(KeyRefusedError, match="not what its address says"):
        resolved(url, {url: {**key, "id": "https://evil.example/"}, controller: issuer})
    inside: Object = {"id": controller, "assertionMethod": [method("#k", controller=controller)]}
    assert resolved(f"{controller}#k", {controller: inside}).controller == controller


def test_controllers_are_addresses_or_dids_that_say_so() -> None:
    """Another kind of controller, or a document of another name, allows nothing."""
    url, controller = "https://college.example/keys/1", "https://college.example/issuer"
    cases: list[tuple[Json, Json]] = [(controller, {"id": "https://evil.example/"}), ("urn:x", {}), (["x"], {})]
    for other, there in cases:
        with pytest.raises(KeyRefusedError):
            resolved(url, {url: method(url, controller=other), controller: there})


@pytest.mark.parametrize("url", ["did:jwk:e30#1", "", "x", "did:example:1#k", "http://college.example/#" + MULTIKEY, "file:///etc/passwd", "urn:x",
                                 "https://" + "a" * 3000, "did:key:" + MULTIKEY + "#other", "did:jwk:e30#0", "did:jwk:!#0"])  # fmt: skip
def test_other_methods_are_refused(url: str) -> None:
    """By their reason, and nothing is asked for."""
    library = Library()
    with pytest.raises(KeyRefusedError):
        resolve_method(url, library, relation="assertionMethod", now=NOW)
    assert not library.asked


def test_did_key_without_its_fragment_is_taken_with_a_remark() -> None:
    """As 1EdTech's sample has it."""
    found = resolved(ED.did, {})
    assert found.controller == ED.did
    assert found.remark is not None


@pytest.mark.parametrize("text", ["A", "AB=", "AB", "A B", "AA\n", "-_-_+", "\u00e9"])
def test_base64url_has_one_spelling(text: str) -> None:
    """No padding, blanks or stray bits."""
    with pytest.raises(NotDecodableError):
        decode_base64url(text)


def test_an_unknown_kind_of_key_has_no_multikey() -> None:
    """RSA."""
    key: Key = signer("RSA").key
    with pytest.raises(KeyRefusedError):
        key.multikey()
