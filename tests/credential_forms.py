"""Signed credentials of every format, as they are handed in, and mutants of them. All issuers and learners are invented."""

import base64
import copy
import io
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import Final

import png
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from proof_signing import ED2020, OB3, VC1, VC2, Object, Signer, badge, signer, token_of, with_proof

from ontology.credentials.baking import bake
from ontology.credentials.canonical import canonical_json, canonical_rdf
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.keys import Kind
from ontology.credentials.multibase import decode_multibase58
from ontology.credentials.resolving import FileResolver
from ontology.credentials.strict_json import NotStrictError, parse_object
from ontology.credentials.verdicts import Verdict, Verification
from ontology.credentials.verification import verify
from ontology.json_documents import Json

NOW: Final = datetime(2026, 11, 22, tzinfo=UTC)
CLR: Final = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
EXAMPLES: Final = "https://www.w3.org/2018/credentials/examples/v1"
BADGES: Final = "https://badges.example"
SUITES: Final[tuple[tuple[str, Kind], ...]] = (
    ("eddsa-rdfc-2022", "Ed25519"),
    ("eddsa-jcs-2022", "Ed25519"),
    ("ecdsa-rdfc-2019", "P-256"),
    ("ecdsa-rdfc-2019", "P-384"),
    ("ecdsa-jcs-2019", "P-256"),
    ("Ed25519Signature2020", "Ed25519"),
    ("eddsa-2022", "Ed25519"),
)
KINDS: Final[tuple[Kind, ...]] = ("RSA", "P-256", "Ed25519")
_VALUES: Final[tuple[Json, ...]] = (
    None, "", "x", 0, 1, -1, True, [], {}, "\ud800", "https://evil.example/", {"id": "urn:x"}, {"@value": "x"}, ["x", "x"],
    {"@id": "urn:x"}, {"@list": ["x"]}, {"@context": VC1}, "VerifiableCredential", "_:b0", "2030-01-01T00:00:00Z",
)  # fmt: skip
_NAMES: Final = (
    "evil", "@context", "id", "type", "@type", "@id", "@graph", "@reverse", "@included", "validUntil", "proof", "issuer", "badge",
    "credentialStatus", "urn:evil", "name", "@language", "expires", "previousProof", "nonce", "domain", "recipient", "verification",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A signed credential, the text that was signed of it, and what makes another one the same."""

    name: str
    text: bytes
    """JSON or a token."""
    meaning: Callable[[bytes], object]
    """What a text says, proof and signature too. Called for texts whose proof holds alone."""
    wrap: Callable[[bytes], bytes] = field(default=bytes)
    """What is handed in, of a text."""
    known: Mapping[str, bytes] = field(default_factory=dict)
    """Documents by their addresses."""

    def found(self, data: bytes) -> Verification:
        """What is found of something that is handed in."""
        return verify(data, Circumstances(now=NOW, resolver=FileResolver(self.known)))

    def mutants(self, structures: int, chance: random.Random, *, every: int = 1) -> Iterator[bytes]:
        """Texts: one with each (or every so manieth) byte flipped, then so many whose structure is another one."""
        for place in range(chance.randrange(every), len(self.text), every):
            yield flipped(self.text, place, chance.randrange(8))
        made = changed_tokens(self.text, chance) if b"{" not in self.text[:1] else changed_documents(self.text, chance)
        for _ in range(structures):
            yield next(made)


def flipped(data: bytes, place: int, bit: int) -> bytes:
    """The bytes with one bit other."""
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def holds(found: Verification) -> bool:
    """Whether the proof of a credential was taken, whatever its dates and status are."""
    return found.verdict not in (Verdict.INVALID, Verdict.TAMPERED, Verdict.UNVERIFIABLE)


def told(found: Verification) -> object:
    """What whoever asks is told, the words of the checks and what is inside aside.

    The issuer's name too: a record and a badge in it both say it of one IRI, and a statement is signed once.
    """
    issuer = found.issuer.id, found.issuer.proven, found.issuer.trusted
    return found.verdict, found.format, issuer, found.subject, found.id, found.name, found.claims


def is_another(text: bytes, original: bytes) -> bool:
    """Whether a text that was refused is another JSON value, or another token, than the original is."""
    try:
        return parse_object(text) != parse_object(original)
    except NotStrictError:
        return text.strip() != original.strip()


def places(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value below the top."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*path, name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, index))


def at(value: Json, path: tuple[str | int, ...]) -> Json:
    """The value at a place."""
    for step in path:
        value = value[step]  # type: ignore[index]
    return value


def changed_documents(text: bytes, chance: random.Random) -> Iterator[bytes]:
    """The document with one value taken away, exchanged, moved, put in or renamed; never the same JSON."""
    for mutant in changed_values(parse_object(text), chance, _VALUES, _NAMES):
        yield json.dumps(mutant).encode()


def changed_values(
    document: Object, chance: random.Random, values: Sequence[Json], names: Sequence[str]
) -> Iterator[Object]:
    """The same of a document that was read, with these values and names put in."""
    everywhere = list(places(document))
    while True:
        mutant = copy.deepcopy(document)
        path = chance.choice(everywhere)
        holder, last = at(mutant, path[:-1]), path[-1]
        assert isinstance(holder, dict | list)
        match chance.randrange(5):
            case 0:
                del holder[last]  # type: ignore[arg-type]
            case 1:
                holder[last] = copy.deepcopy(chance.choice(values))  # type: ignore[index]
            case 2:
                holder[last] = copy.deepcopy(at(document, chance.choice(everywhere)))  # type: ignore[index]
            case 3 if isinstance(holder, dict):
                holder[chance.choice(names)] = copy.deepcopy(chance.choice(values))
            case 4 if isinstance(holder, dict):
                holder[chance.choice(names)] = holder.pop(str(last))
        if mutant != document:
            yield mutant


def changed_tokens(text: bytes, chance: random.Random) -> Iterator[bytes]:
    """The token with another header or payload under the old signature, parts exchanged, padded, or cut."""
    header, payload, signature = text.decode().split(".")
    headers, payloads = (changed_documents(decoded(part), chance) for part in (header, payload))
    while True:
        match chance.randrange(6):
            case 0 | 1 | 2:
                yield f"{header}.{encoded(next(payloads))}.{signature}".encode()
            case 3:
                yield f"{encoded(next(headers))}.{payload}.{signature}".encode()
            case 4:
                place, length = chance.randrange(len(text)), chance.randrange(1, 9)
                yield text[:place] + text[place + length :]
            case _:
                parts = [header, payload, signature]
                parts[chance.randrange(3)] += chance.choice(["=", "==", "A", "A===", parts[chance.randrange(3)]])
                yield ".".join(parts).encode()


def decoded(part: str) -> bytes:
    """The bytes of a part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def encoded(content: bytes) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@lru_cache
def form_of(name: str) -> Form:
    """One of `MADE`, signed anew in each run."""
    return MADE[name](name)


def by_proof(suite: str, text: bytes) -> object:
    """Of a document: its canonical form, that of its proof's options, the signature.

    Of ECDSA r alone, since (r, -s) is a signature wherever (r, s) is.
    """
    document = parse_object(text)
    proof = document["proof"]
    assert isinstance(proof, dict)
    options: Object = {name: each for name, each in proof.items() if name != "proofValue"}
    bare = {name: each for name, each in document.items() if name != "proof"}
    signature = decode_multibase58(str(proof["proofValue"]))
    if suite.startswith("ecdsa"):
        signature = signature[: len(signature) // 2]
    if "jcs" in suite:
        options.setdefault("@context", document["@context"])
        return canonical_json(bare), canonical_json(options), signature
    options["@context"] = document["@context"]
    return canonical_rdf(bare), canonical_rdf(options), signature


def _of_suite(document: Object, by: Signer, suite: str, name: str) -> Form:
    return Form(name=name, text=json.dumps(with_proof(document, by, suite)).encode(), meaning=partial(by_proof, suite))


def _of_token(payload: Object, by: Signer, name: str) -> Form:
    return Form(name=name, text=token_of(payload, by).encode(), meaning=bytes.strip)


def _badge_3(suite: str, kind: Kind, name: str) -> Form:
    contexts = (VC2, OB3, ED2020) if suite == "Ed25519Signature2020" else (VC2, OB3)
    return _of_suite(badge(signer(kind).did, contexts=contexts), signer(kind), suite, name)


def _badge_3_token(kind: Kind, name: str) -> Form:
    by = signer(kind)
    document = badge(by.did)
    claims: Object = {"iss": by.did, "jti": document["id"], "sub": "did:example:learner"}
    return _of_token({**document, **claims}, by, name)


def _record_of(by: Signer) -> Object:
    inside: list[Json] = [
        with_proof(badge(by.did), by, "eddsa-rdfc-2022" if by.kind == "Ed25519" else "ecdsa-rdfc-2019")
    ]
    return badge(
        by.did,
        contexts=(VC2, CLR, OB3),
        type=["VerifiableCredential", "ClrCredential"],
        name="Record",
        id="urn:uuid:6a2f7a3e-3b6f-4f0e-9c59-d1f5a3f7a0ff",
        credentialSubject={"id": "did:example:learner", "type": ["ClrSubject"], "verifiableCredential": inside},
    )


def _record(name: str) -> Form:
    by = signer("Ed25519")
    return _of_suite(_record_of(by), by, "eddsa-rdfc-2022", name)


def _record_token(name: str) -> Form:
    by = signer("P-256")
    return _of_token({**_record_of(by), "iss": by.did, "sub": "did:example:learner"}, by, name)


def _credential_1(name: str) -> Form:
    by = signer("Ed25519")
    document: Object = {
        "@context": [VC1, EXAMPLES, INTEGRITY],
        "id": "urn:uuid:7b0f1f0e-1f3a-4d0b-9c59-d1f5a3f7a0ff",
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
        "issuer": {"id": by.did},
        "issuanceDate": "2026-01-01T00:00:00Z",
        "expirationDate": "2036-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:learner", "degree": {"type": "BachelorDegree", "name": "Metal work"}},
    }
    return _of_suite(document, by, "eddsa-rdfc-2022", name)


def _credential_2(name: str) -> Form:
    by = signer("P-256")
    document: Object = {
        "@context": [VC2],
        "id": "urn:uuid:7b0f1f0e-1f3a-4d0b-9c59-d1f5a3f7a1ff",
        "type": ["VerifiableCredential"],
        "issuer": {"id": by.did, "name": "Invented College"},
        "name": "Soldering",
        "description": "Solders by hand.",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2036-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:learner", "name": "Kim (invented)", "description": "Solders."},
    }
    return _of_suite(document, by, "ecdsa-rdfc-2019", name)


def assertion(**changes: Json) -> Object:
    """An invented assertion of Open Badges 2.0."""
    return {
        "@context": "https://w3id.org/openbadges/v2",
        "type": "Assertion",
        "id": f"{BADGES}/assertions/1",
        "recipient": {"type": "email", "hashed": False, "identity": "kim@learners.example"},
        "issuedOn": "2026-01-01T00:00:00Z",
        "expires": "2036-01-01T00:00:00Z",
        "badge": f"{BADGES}/soldering",
        "narrative": "Ten joints, all of them well.",
        "evidence": {"id": f"{BADGES}/joints/1", "name": "Ten joints"},
        "verification": {"type": "hosted"},
        **changes,
    }


def around_2(kind: Kind) -> dict[str, Object]:
    """Badge class, profile and key of the invented college, by their addresses."""
    public = signer(kind).key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    context = "https://w3id.org/openbadges/v2"
    documents: list[Object] = [
        {"@context": context, "type": "BadgeClass", "id": f"{BADGES}/soldering", "name": "Soldering",
         "description": "Solders by hand.", "criteria": f"{BADGES}/criteria", "issuer": f"{BADGES}/issuer"},
        {"@context": context, "type": "Issuer", "id": f"{BADGES}/issuer", "name": "Invented College", "url": BADGES,
         "email": "registrar@badges.example", "publicKey": [f"{BADGES}/keys/1"], "revocationList": f"{BADGES}/revoked"},
        {"@context": context, "type": "CryptographicKey", "id": f"{BADGES}/keys/1", "owner": f"{BADGES}/issuer",
         "publicKeyPem": public},
        {"@context": context, "type": "RevocationList", "id": f"{BADGES}/revoked", "issuer": f"{BADGES}/issuer",
         "revokedAssertions": []},
    ]  # fmt: skip
    return {str(each["id"]): each for each in documents}


def _hosted(name: str) -> Form:
    document = assertion()
    known = {**around_2("RSA"), str(document["id"]): document}
    return Form(
        name=name,
        text=json.dumps(document).encode(),
        meaning=parse_object,
        known={address: json.dumps(each).encode() for address, each in known.items()},
    )


def _signed_2(kind: Kind, name: str) -> Form:
    document = assertion(verification={"type": "signed", "creator": f"{BADGES}/keys/1"}, id="urn:uuid:2-1")
    return Form(
        name=name,
        text=token_of(document, signer(kind), kid=None, typ=None).encode(),
        meaning=bytes.strip,
        known={address: json.dumps(each).encode() for address, each in around_2(kind).items()},
    )


def record_1(**changes: Json) -> Object:
    """An invented record of CLR 1.0, signed by the college of `around_2` where nothing else is said."""
    return {
        "@context": "https://purl.imsglobal.org/spec/clr/v1p0/context/clr_v1p0.jsonld",
        "id": "urn:uuid:1-1",
        "type": "Clr",
        "name": "Record",
        "issuedOn": "2026-01-01T00:00:00Z",
        "learner": {"id": "urn:uuid:kim", "type": "Profile", "name": "Kim (invented)"},
        "publisher": {"id": f"{BADGES}/issuer", "type": "Profile", "name": "Invented College"},
        "assertions": [
            {"id": "urn:uuid:1-2", "type": "Assertion", "issuedOn": "2026-01-01T00:00:00Z", "achievement": {
                "id": f"{BADGES}/soldering", "type": "Achievement", "achievementType": "Certificate", "name": "Soldering",
                "issuer": {"id": f"{BADGES}/issuer", "type": "Profile"}}},
        ],
        "verification": {"type": "Signed", "creator": f"{BADGES}/keys/1"},
        **changes,
    }  # fmt: skip


def _signed_1(kind: Kind, name: str) -> Form:
    return Form(
        name=name,
        text=token_of(record_1(), signer(kind), kid=None, typ=None).encode(),
        meaning=bytes.strip,
        known={address: json.dumps(each).encode() for address, each in around_2(kind).items()},
    )


def _hosted_1(name: str) -> Form:
    document = record_1(id=f"{BADGES}/records/1", verification={"type": "Hosted"})
    known = {**around_2("RSA"), str(document["id"]): document}
    return Form(
        name=name,
        text=json.dumps(document).encode(),
        meaning=parse_object,
        known={address: json.dumps(each).encode() for address, each in known.items()},
    )


_SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><title>A badge</title></svg>'


def _png() -> bytes:
    stream = io.BytesIO()
    png.Writer(1, 1, greyscale=True).write(stream, [[0]])
    return stream.getvalue()


def _baked(inside: str, picture: bytes, name: str) -> Form:
    return replace(form_of(inside), name=name, wrap=partial(bake_text, picture))


_MARK: Final = "BAKED"


def bake_text(picture: bytes, text: bytes) -> bytes:
    """The picture with a text in it, whatever it is; its chunk's checksum is right.

    What XML cannot hold is put into the SVG all the same.
    """
    if not picture.startswith(b"\x89PNG"):
        return bake(picture, _MARK).replace(_MARK.encode(), _escaped(text))
    whole = bake(picture, _MARK)
    chunks = [(bytes(kind), bytes(content)) for kind, content in png.Reader(bytes=whole).chunks()]
    stream = io.BytesIO()
    png.write_chunks(stream, [(kind, content.replace(_MARK.encode(), text)) for kind, content in chunks])
    return stream.getvalue()


def _escaped(text: bytes) -> bytes:
    pairs = (
        (b"&", b"&amp;"),
        (b"<", b"&lt;"),
        (b'"', b"&quot;"),
        (b"\n", b"&#10;"),
        (b"\t", b"&#9;"),
        (b"\r", b"&#13;"),
    )
    for raw, written in pairs:
        text = text.replace(raw, written)
    return text


MADE: Final[Mapping[str, Callable[[str], Form]]] = {
    **{f"Open Badges 3.0, {suite}, {kind}": partial(_badge_3, suite, kind) for suite, kind in SUITES},
    **{f"Open Badges 3.0, VC-JWT, {kind}": partial(_badge_3_token, kind) for kind in KINDS},
    "CLR 2.0, eddsa-rdfc-2022": _record,
    "CLR 2.0, VC-JWT": _record_token,
    "CLR 1.0, signed, RSA": partial(_signed_1, "RSA"),
    "CLR 1.0, hosted": _hosted_1,
    "W3C VC 1.1, eddsa-rdfc-2022": _credential_1,
    "W3C VC 2.0, ecdsa-rdfc-2019": _credential_2,
    "Open Badges 2.0, hosted": _hosted,
    **{f"Open Badges 2.0, signed, {kind}": partial(_signed_2, kind) for kind in KINDS},
    "Open Badges 3.0 in a PNG": partial(_baked, "Open Badges 3.0, eddsa-rdfc-2022, Ed25519", _png()),
    "Open Badges 3.0 in an SVG": partial(_baked, "Open Badges 3.0, eddsa-rdfc-2022, Ed25519", _SVG),
    "Open Badges 2.0 in a PNG": partial(_baked, "Open Badges 2.0, signed, RSA", _png()),
    "Open Badges 2.0 in an SVG": partial(_baked, "Open Badges 2.0, signed, RSA", _SVG),
}
"""Each format with each kind of proof that it has; a name is what `form_of` takes."""
