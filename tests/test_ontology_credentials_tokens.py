"""Credentials as tokens: keys of every source, tricks of headers, claims that say something else than the credential."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from proof_signing import VC1, VC2, Library, Object, Signer, badge, raw_token, signer, token_of

from ontology.credentials.keys import Kind
from ontology.credentials.multibase import encode_base64url
from ontology.credentials.reports import ProofOutcome, ProofReport
from ontology.credentials.resolving import NoResolver
from ontology.credentials.tokens import verify_token
from ontology.json_documents import Json

DATA = Path(__file__).parent / "data/credentials"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
COLLEGE = "https://college.example/issuers/1"
JWKS = "https://college.example/.well-known/jwks.json"
DID = "did:web:college.example"
DID_DOCUMENT = "https://college.example/.well-known/did.json"
ED, EC, RSA = signer("Ed25519"), signer("P-256"), signer("RSA")


def older(issuer: str, **more: Json) -> Object:
    """An invented badge in VC 1.1."""
    made = badge(issuer, contexts=(VC1, "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"), **more)
    made["issuanceDate"], made["expirationDate"] = made.pop("validFrom"), made.pop("validUntil")
    return made


def verified(token: str, documents: Mapping[str, Any] | None = None, **more: Any) -> tuple[Object | None, ProofReport]:
    """The document and what its token amounts to."""
    return verify_token(token, Library(documents or {}), now=NOW, **more)


def reasons(report: ProofReport) -> str:
    """All that is told."""
    return " ".join(f"{check.step} {check.outcome} {check.reason}" for check in report.checks)


def named(by: Signer, kid: str, **more: Json) -> Object:
    """A JWK with its name."""
    return {**by.key.jwk(), "kid": kid, **more}


@pytest.mark.parametrize("kind", ["Ed25519", "P-256", "RSA"])
@pytest.mark.parametrize("form", ["2.0", "1.1", "2.0 in vc"])
def test_each_algorithm_and_form_is_proven_by_its_did(kind: Kind, form: str) -> None:
    """`kid` is a DID that is the key, and the issuer is that DID."""
    by = signer(kind)
    document = older(by.did) if form == "1.1" else badge(by.did)
    payload: Object = {"vc": document, "iss": by.did} if "1.1" in form or "vc" in form else {**document, "iss": by.did}
    read, report = verified(token_of(payload, by))
    assert report.outcome is ProofOutcome.PASS
    assert report.issuer_proven
    assert report.controllers == (by.did,)
    assert read == document


def test_the_samples_of_1edtech_have_their_outcomes() -> None:
    """A key in the header holds, and does not prove the issuer; without one nothing can be said."""
    held, report = verify_token(DATA.joinpath("1edtech/clr2/simple.jwt").read_text().strip(), NoResolver(), now=NOW)
    assert report.outcome is ProofOutcome.PASS
    assert not report.issuer_proven
    assert "HEADWATER_FETCH=keys" in reasons(report)
    assert held is not None
    _, report = verify_token(DATA.joinpath("1edtech/ob3/simple.jwt").read_text().strip(), NoResolver(), now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "neither kid nor jwk" in reasons(report)
    _, report = verify_token(DATA.joinpath("1edtech/ob3/velocity.jwt").read_text().strip(), NoResolver(), now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "did:velocity" in reasons(report)


def test_a_key_in_the_header_is_the_issuers_where_its_jwks_has_it() -> None:
    """However it is named there; else the proof holds and the issuer is not proven."""
    token = token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid=None, jwk=EC.key.jwk())
    _, report = verified(token, {JWKS: {"keys": [named(RSA, "a"), named(EC, "b"), {"kty": "oct"}, 7]}})
    assert report.issuer_proven
    for keys in ([], [named(signer("P-256", 1), "b")], None):
        _, report = verified(token, {JWKS: {"keys": keys}})
        assert report.outcome is ProofOutcome.PASS
        assert not report.issuer_proven
    _, report = verified(token, {JWKS: {"keys": "x", "keys ": []}})
    assert not report.issuer_proven


def test_a_name_is_looked_up_in_the_issuers_jwks() -> None:
    """By its whole name, once, of the kind that the algorithm needs."""
    token = token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid="key-1")
    _, report = verified(token, {JWKS: {"keys": [named(EC, "key-1"), named(RSA, "key-1")]}})
    assert report.issuer_proven, "RS256 is another kind of key"
    for keys in (
        [],
        [named(EC, "key-2")],
        [named(EC, "key-1"), named(signer("P-256", 1), "key-1")],
        [named(EC, "key-1", alg="ES384")],
        [named(EC, "key-1", use="enc")],
    ):
        _, report = verified(token, {JWKS: {"keys": list(keys)}})
        assert report.outcome is ProofOutcome.UNVERIFIABLE
    _, report = verified(token, {JWKS: {"keys": [named(signer("P-256", 1), "key-1")]}})
    assert report.outcome is ProofOutcome.FAIL


@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "/etc/passwd", "x'; DROP TABLE keys; --", "", "\u0000", "a" * 5000]
)
def test_a_name_is_no_path(kid: str) -> None:
    """It is compared with names and leads nowhere."""
    library = Library({JWKS: {"keys": []}})
    _, report = verify_token(token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid=kid), library, now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert {url for url, _ in library.asked} <= {JWKS}


@pytest.mark.parametrize(
    "kid",
    ["https://evil.example/key", "http://college.example/key", "file:///etc/passwd", "https://user@college.example/key",
     "https://college.example:8443/key", "https://college.example.evil.example/key", "https://169.254.169.254/latest",
     "https://[", "ftp://college.example/x", "https://college.example@evil.example/"],
)  # fmt: skip
def test_an_address_elsewhere_is_not_asked(kid: str) -> None:
    """Only the issuer's own host over https is."""
    library = Library()
    _, report = verify_token(token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid=kid), library, now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "not on the issuer's own host" in reasons(report) or "neither" in reasons(report)
    assert not library.asked


def test_a_key_at_an_address_of_the_issuer_holds_and_its_jwks_decides() -> None:
    """A JWK, a JWKS, or a document of the controller."""
    url = "https://college.example/keys/1"
    token = token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid=url)
    for document in (EC.key.jwk(), {"keys": [named(EC, url)]}):
        _, report = verified(token, {url: document})
        assert report.outcome is ProofOutcome.PASS
        assert not report.issuer_proven
        _, report = verified(token, {url: document, JWKS: {"keys": [named(EC, "x")]}})
        assert report.issuer_proven
    method: Object = {"id": url, "type": "JsonWebKey", "controller": COLLEGE, "publicKeyJwk": EC.key.jwk()}
    _, report = verified(token, {url: method, COLLEGE: {"id": COLLEGE, "assertionMethod": [url]}})
    assert report.issuer_proven
    _, report = verified(token, {url: {"keys": []}})
    assert report.outcome is ProofOutcome.UNVERIFIABLE


def test_did_web_names_the_key() -> None:
    """By a whole DID URL, by its fragment, or by the fragment's name."""
    key: Json = {"id": f"{DID}#1", "type": "JsonWebKey", "controller": DID, "publicKeyJwk": EC.key.jwk()}
    documents: dict[str, Json] = {DID_DOCUMENT: {"id": DID, "assertionMethod": [key]}}
    for kid in (f"{DID}#1", "#1", "1"):
        _, report = verified(token_of({**badge(DID), "iss": DID}, EC, kid=kid), documents)
        assert report.issuer_proven, kid
        _, report = verified(token_of({**badge(COLLEGE), "iss": COLLEGE}, EC, kid=kid), documents)
        assert not report.issuer_proven
    _, report = verified(token_of({**badge(DID), "iss": DID}, EC, kid=DID), documents)
    assert report.outcome is ProofOutcome.UNVERIFIABLE


def test_two_keys_in_a_header_must_be_one() -> None:
    """A `kid` of the issuer beside the `jwk` of another one."""
    document: Object = {**badge(EC.did), "iss": EC.did}
    _, report = verified(token_of(document, EC, jwk=EC.key.jwk()))
    assert report.issuer_proven
    other = signer("P-256", 1)
    _, report = verified(token_of(document, other, kid=EC.method, jwk=other.key.jwk()))
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "another key than its kid names" in reasons(report)


PAYLOAD: Object = {**badge(RSA.did), "iss": RSA.did}


def test_no_signature_is_no_signature() -> None:
    """`none`, in any spelling, with a signature or without."""
    for name in ("none", "None", "NONE", "", None, 7, ["RS256"], "HS256", "HS512", "PS256", "ES256K", "ES384", "rs256"):
        for signature in (b"", b"x"):
            header: Any = {"alg": name, "kid": RSA.method}
            _, report = verified(raw_token(header, PAYLOAD, signature))
            assert report.outcome is ProofOutcome.UNVERIFIABLE, name
            assert "is not taken" in reasons(report)


def test_a_public_key_is_no_secret() -> None:
    """HS256 by the public key in each of its spellings."""
    public = RSA.key.public
    secrets = [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(RSA.key.jwk()).encode(),
    ]
    head = raw_token({"alg": "HS256", "kid": RSA.method}, PAYLOAD).rpartition(".")[0]
    for secret in secrets:
        signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head.encode(), secret)
        _, report = verified(f"{head}.{encode_base64url(signature)}")
        assert report.outcome is ProofOutcome.UNVERIFIABLE


@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_the_algorithm_must_fit_the_key(alg: str) -> None:
    """RSA's key asked for another algorithm."""
    _, report = verified(raw_token({"alg": alg, "kid": RSA.method}, PAYLOAD, bytes(64)))
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "is not for a key of RSA" in reasons(report)


HEADERS: list[Object] = [
    {"crit": ["exp"]}, {"crit": []}, {"b64": False}, {"b64": True}, {"jku": JWKS}, {"jku": "https://evil.example/jwks.json"},
    {"x5u": "https://evil.example/x"}, {"x5c": ["AAAA"]}, {"x5t": "x"}, {"x5t#S256": "x"}, {"typ": "at+jwt"}, {"typ": "secevent+jwt"},
    {"typ": 7}, {"kid": 7}, {"kid": ["x"]}, {"jwk": "x"}, {"jwk": {"kty": "oct", "k": "AAAA"}},
]  # fmt: skip


@pytest.mark.parametrize("more", HEADERS, ids=str)
def test_tricks_of_headers_are_refused(more: Object) -> None:
    """Whatever they ask for is not done, and nothing is fetched."""
    header: Object = {"alg": "EdDSA", "kid": ED.method, "typ": "JWT", **more}
    head = raw_token(header, {**badge(ED.did), "iss": ED.did}).rpartition(".")[0]
    token = f"{head}.{encode_base64url(ED.sign(head.encode()))}"
    library = Library()
    _, report = verify_token(token, library, now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert not library.asked


def signed_text(header: str, payload: str) -> str:
    """A token of texts as they are."""
    head = f"{encode_base64url(header.encode())}.{encode_base64url(payload.encode())}"
    return f"{head}.{encode_base64url(ED.sign(head.encode()))}"


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        ('{"alg":"EdDSA","kid":"KID","alg":"none"}', "{}"),
        ('{"alg":"EdDSA","kid":"KID"}', '{"iss":"x","iss":"y"}'),
        ('{"alg":"EdDSA","kid":"KID"}', '{"vc":{"a":{"b":1,"b":2}}}'),
        ('{"alg":"EdDSA","kid":"KID"}', "[]"),
        ('{"alg":"EdDSA","kid":"KID"}', "not json"),
        ('{"alg":"EdDSA","kid":"KID"}', '{"a":NaN}'),
        ('{"alg":"EdDSA","kid":"KID"}', '{"a":"\\ud800"}'),
        ('{"alg":"EdDSA","kid":"KID"}', '{"vc":7}'),
        ('{"alg":"EdDSA","kid":"KID"}', '{"vc":{},"vp":{}}'),
        ("[]", "{}"),
    ],
)
def test_a_token_that_can_be_read_in_two_ways_is_invalid(header: str, payload: str) -> None:
    """Though it is signed."""
    _, report = verified(signed_text(header.replace("KID", ED.method), payload))
    assert report.outcome is ProofOutcome.INVALID


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        "...",
        "e30.e30.",
        "e30=.e30.x",
        "eyJ.eyJ.x",
        "e30.e30.A",
        "\u00e9.\u00e9.\u00e9",
        "e30 .e30.AA",
    ],
)
def test_what_is_no_token_is_invalid(token: str) -> None:
    """Or is one without an algorithm."""
    document, report = verified(token)
    assert report.outcome in {ProofOutcome.INVALID, ProofOutcome.UNVERIFIABLE}
    assert not document


CLAIMS: list[tuple[str, Object]] = [
    ("iss", {"iss": "did:web:evil.example"}),
    ("iss", {"iss": 7}),
    ("jti", {"jti": "urn:uuid:other"}),
    ("jti", {"jti": ["x"]}),
    ("sub", {"sub": "did:example:thief"}),
    ("sub", {"sub": {"id": "did:example:learner"}}),
    ("nbf", {"nbf": 1}),
    ("nbf", {"nbf": "2026"}),
    ("nbf", {"nbf": True}),
    ("exp", {"exp": 4102444800}),
    ("exp", {"exp": -1}),
    ("exp", {"exp": 1e300}),
]


@pytest.mark.parametrize(("name", "claims"), CLAIMS, ids=[f"{name}-{index}" for index, (name, _) in enumerate(CLAIMS)])
@pytest.mark.parametrize("inside", [True, False])
def test_claims_that_contradict_the_credential_are_refused(name: str, claims: Object, inside: bool) -> None:
    """Issuer, id, subject and dates are said once, or the same twice."""
    document = older(ED.did) if inside else badge(ED.did)
    payload: Object = {**({"vc": document} if inside else document), **claims}
    _, report = verified(token_of(payload, ED))
    assert report.outcome is ProofOutcome.INVALID
    assert f"claim {name}" in reasons(report)


def test_a_token_of_vc_jose_has_a_time_of_its_own() -> None:
    """By its type: its dates need not be the credential's, and it must be valid now."""
    payload: Object = {**badge(ED.did), "iss": ED.did}
    for claims, outcome in (
        ({"nbf": 1767312000, "exp": 1900000000}, ProofOutcome.PASS),
        ({"nbf": 1900000000}, ProofOutcome.UNVERIFIABLE),
        ({"exp": 1767312000}, ProofOutcome.UNVERIFIABLE),
    ):
        _, report = verified(token_of({**payload, **claims}, ED, typ="vc+jwt"))
        assert report.outcome is outcome
        _, report = verified(token_of({**payload, **claims}, ED))
        assert report.outcome is ProofOutcome.INVALID
    read, _ = verified(token_of({**payload, "validUntil": None, "exp": 1767312000}, ED, typ="vc+jwt"))
    assert read is not None
    assert read["validUntil"] == "2026-01-02T00:00:00Z"


@pytest.mark.parametrize("inside", [True, False])
def test_what_only_the_claims_say_is_put_into_the_credential(inside: bool) -> None:
    """So that whoever reads the document reads all of it; to the second."""
    document = older(ED.did) if inside else badge(ED.did)
    begins, ends = ("issuanceDate", "expirationDate") if inside else ("validFrom", "validUntil")
    claims: Object = {
        "iss": ED.did,
        "jti": document["id"],
        "sub": "did:example:learner",
        "nbf": 1767225600.7,
        "exp": 2082758400,
    }
    subject = document["credentialSubject"]
    assert isinstance(subject, dict)
    bare: Object = {name: value for name, value in document.items() if name not in {"id", "issuer", begins, ends}} | {
        "credentialSubject": {name: value for name, value in subject.items() if name != "id"}
    }
    for kept in (document, bare):
        payload: Object = {**({"vc": kept} if inside else kept), **claims}
        read, report = verified(token_of(payload, ED))
        assert report.issuer_proven, reasons(report)
        assert read is not None
        assert (read[begins], read[ends]) == ("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z")
        assert read["id"] == document["id"]
        assert not read.keys() & {"iss", "sub", "jti", "nbf", "exp"}
        assert isinstance(read["credentialSubject"], dict)
        assert read["credentialSubject"]["id"] == "did:example:learner"


def test_a_presentation_repeats_what_was_asked() -> None:
    """Its holder is who signs; challenge and domain are its nonce and audience."""
    shown: Object = {"@context": [VC2], "type": ["VerifiablePresentation"], "verifiableCredential": []}
    token = token_of({"vp": shown, "iss": ED.did, "nonce": "c", "aud": ["d"]}, ED)
    read, report = verified(token, relation="authentication", challenge="c", domain="d")
    assert report.issuer_proven
    assert read is not None
    assert read["holder"] == ED.did
    for report in (
        verified(token, relation="authentication", challenge="x")[1],
        verified(token, relation="authentication", domain="x")[1],
    ):
        assert report.outcome is ProofOutcome.UNVERIFIABLE


def test_claims_are_read_before_the_signature_but_not_believed() -> None:
    """Of a tampered token the document is given, and its outcome says what it is worth."""
    token = token_of({**badge(ED.did), "iss": ED.did}, ED)
    head, _, signature = token.split(".")
    other = raw_token({}, {**badge(ED.did), "name": "Brain surgery"}).split(".")[1]
    document, report = verified(f"{head}.{other}.{signature}")
    assert report.outcome is ProofOutcome.FAIL
    assert document is not None
    assert document["name"] == "Brain surgery"
