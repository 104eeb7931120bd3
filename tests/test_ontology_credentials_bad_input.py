"""Whatever is handed in as a credential has a verdict and a reason: no crash, no fetch, no verdict that it did not earn."""

import hmac
import io
import json
import time
import zlib
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import png
import pytest
from credential_forms import BADGES, around_2, assertion
from credential_signing import CONTEXTS, Signer, badge, record
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_signing import Signer as KeyHolder
from proof_signing import raw_token, signer
from test_ontology_credentials_canonical import poison
from test_ontology_credentials_verification import ASSERTION, BADGE_CLASS, PROFILE, hosted

from ontology.credentials.baking import bake
from ontology.credentials.canonical import canonical_rdf
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.multibase import encode_base64url
from ontology.credentials.reading import MAX_CREDENTIAL_BYTES
from ontology.credentials.resolving import FetchingResolver, FileResolver
from ontology.credentials.verdicts import Outcome, Verdict, Verification
from ontology.credentials.verification import verify
from ontology.fetching import Fetcher, Purpose

NOW = datetime(2026, 6, 1, tzinfo=UTC)
UNDER = Circumstances(now=NOW)
SIGNER = Signer()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
BAKED = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:o="https://purl.imsglobal.org/ob/v3p0">{}</svg>'


def picture() -> bytes:
    """A PNG of one pixel."""
    stream = io.BytesIO()
    png.Writer(1, 1, greyscale=True).write(stream, [[0]])
    return stream.getvalue()


def chunked(kind: bytes, content: bytes) -> bytes:
    """The picture with a chunk more before its end."""
    body = kind + content
    chunk = len(content).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    whole = picture()
    return whole[:-12] + chunk + whole[-12:]


def told(found: Verification) -> str:
    return " ".join(check.reason or "" for check in found.checks if check.outcome is Outcome.FAIL)


def test_baked_pictures_hold_what_was_baked() -> None:
    """PNG and SVG, as JSON and as a token; a compressed chunk and an old keyword too."""
    signed = SIGNER.sign(badge(SIGNER))
    version_1 = badge(
        SIGNER,
        **{"@context": ["https://www.w3.org/2018/credentials/v1", CONTEXTS[1]]},
        validFrom=None,
        issuanceDate="2026-01-01T00:00:00Z",
    )
    token = SIGNER.token(version_1)
    for image in (picture(), SVG.encode()):
        for credential in (signed, token):
            assert verify(bake(image, credential), UNDER).verdict is Verdict.VERIFIED
    packed = b"openbadgecredential\0\1\0\0\0" + zlib.compress(json.dumps(signed).encode())
    assert verify(chunked(b"iTXt", packed), UNDER).verdict is Verdict.VERIFIED
    assert verify(chunked(b"tEXt", b"openbadges\0" + json.dumps(signed).encode()), UNDER).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (picture(), "no Open Badges chunk"),
        (picture()[:40], "damaged"),
        (picture()[:8], "damaged"),
        (chunked(b"iTXt", b"openbadgecredential\0"), "cut off"),
        (chunked(b"iTXt", b"openbadgecredential\0\0\0\0\0"), "empty"),
        (chunked(b"iTXt", b"openbadgecredential\0\1\0\0\0nothing packed"), "damaged"),
        (
            chunked(b"iTXt", b"openbadgecredential\0\1\0\0\0" + zlib.compress(b" " * (MAX_CREDENTIAL_BYTES + 2))),
            "unpacks to more",
        ),
        (SVG.encode(), "no Open Badges element"),
        (BAKED.format("<o:credential/>").encode(), "empty"),
        (BAKED.format("<o:credential verify='a.b'/>").encode(), "not JSON"),
        (b"<svg", "not well-formed"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "entities"),
        (b"", "empty"),
        (b"   ", "empty"),
        (b" " * (5 << 20) + b"{}", "most that is read"),
        (json.dumps(badge(SIGNER, description="x" * (5 << 20))).encode(), "most that is read"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "nest"),
        (b"[" * 1_000_000, "nest"),
        (b'{"type": "a", "type": "b"}', "more than once"),
        (b'{"type": NaN}', "no number"),
        (b'{"type": "Assertion", "a": 1' + b"0" * 309 + b"}", "no number"),
        (b'{"type": "Assertion", "a": -1' + b"0" * 4000 + b"}", "no number"),
        (b'{"type": "Assertion", "a": 1' + b"0" * 5000 + b"}", "no number"),
        (b'{"type": "Assertion", "a": 1e400}', "no number"),
        (b'{"type": "\xff"}', "UTF-8"),
        (b'{"type": "\\ud800"}', "half a character"),
        (b"PK\x03\x04", "cannot be read"),
        (b"[1, 2]", "object"),
        (b"{}", "nor a context"),
    ],
)
def test_what_cannot_be_read_is_invalid_with_its_reason(data: bytes, reason: str) -> None:
    """Containers without data, damaged, swollen, too large, too deep, ambiguous."""
    found = verify(data, UNDER)
    assert found.verdict is Verdict.INVALID
    assert reason in told(found), told(found)


@dataclass(slots=True)
class Asked:
    """A look-up of names that keeps what it was asked for and finds nothing."""

    names: list[str] = field(default_factory=list)

    def resolve(self, host: str, port: int) -> list[str]:
        self.names.append(host)
        return []


@pytest.mark.parametrize(
    "did",
    [
        "did:web:localhost",
        "did:web:localhost%3A8000",
        "did:web:127.0.0.1",
        "did:web:127.1",
        "did:web:2130706433",
        "did:web:0x7f000001",
        "did:web:%5B%3A%3A1%5D",
        "did:web:169.254.169.254:latest:meta-data",
        "did:web:metadata.google.internal",
        "did:web:user%40college.example",
        "did:web:college.example:..:..:admin",
        "did:web:10.0.0.1%3A6379",
    ],
)
def test_a_did_of_a_private_address_is_never_asked_even_where_fetching_is_on(did: str) -> None:
    """Loopback, metadata, numbers in every notation, users, ports: no name is looked up, nothing is dialled."""
    asked = Asked()
    fetcher = Fetcher(allowed=frozenset(Purpose), resolve=asked.resolve)
    document = SIGNER.sign(badge(SIGNER, issuer={"id": did, "type": ["Profile"]}), method=f"{did}#key-1")
    status = {"id": "https://127.0.0.1/status", "type": "1EdTechRevocationList"}
    contexts = [*CONTEXTS, "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"]
    plain = SIGNER.sign(badge(SIGNER, **{"@context": contexts}, credentialStatus=status))
    badge_2 = {**ASSERTION, "id": "https://localhost/assertion"}
    under = Circumstances(now=NOW, resolver=FetchingResolver(fetcher))
    for each in (document, plain, badge_2):
        found = verify(json.dumps(each).encode(), under)
        assert found.verdict in (Verdict.UNVERIFIABLE, Verdict.INVALID)
        assert told(found)
    assert asked.names == []


def test_nothing_is_asked_for_before_the_proof_holds() -> None:
    """The status of a credential whose proof does not hold is nobody's business; neither is its schema or refresh."""
    asked = Asked()
    fetcher = Fetcher(allowed=frozenset(Purpose), resolve=asked.resolve)
    under = Circumstances(now=NOW, resolver=FetchingResolver(fetcher))
    named = badge(
        SIGNER,
        credentialStatus={"id": "https://status.example/1", "type": "1EdTechRevocationList"},
        credentialSchema=[{"id": "https://schema.example/1", "type": "1EdTechJsonSchemaValidator2019"}],
        refreshService={"id": "https://refresh.example/1", "type": "1EdTechCredentialRefresh"},
    )
    named["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")
    signed = SIGNER.sign(named)
    signed["name"] = "Another"
    assert verify(json.dumps(signed).encode(), under).verdict is Verdict.TAMPERED
    assert asked.names == []
    signed["name"] = named["name"]
    assert verify(json.dumps(signed).encode(), under).verdict is Verdict.UNVERIFIABLE
    assert set(asked.names) == {"status.example"}


def says_the_same(one: Any, other: Any) -> bool:
    """Whether two documents make the same statements, their proofs aside."""
    bare = [{key: value for key, value in each.items() if key != "proof"} for each in (one, other)]
    try:
        return canonical_rdf(bare[0]) == canonical_rdf(bare[1])
    except ValueError:
        return False


def test_a_context_that_was_swapped_after_signing_counts_only_where_it_means_the_same() -> None:
    """Another version, another order, one more, one of the document's own: what is verified says what was signed."""
    results = SIGNER.sign(badge(SIGNER, credentialSubject={
        "id": "did:example:invented-learner", "type": ["AchievementSubject"],
        "achievement": {**badge(SIGNER)["credentialSubject"]["achievement"], "inLanguage": "en"},
    }))  # fmt: skip
    verdicts = []
    for contexts in (
        [CONTEXTS[0], "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json"],
        [CONTEXTS[1], CONTEXTS[0]],
        [CONTEXTS[0], "https://w3id.org/openbadges/v2"],
        [*CONTEXTS, "https://www.w3.org/ns/credentials/examples/v2"],
        [*CONTEXTS, {"name": "https://elsewhere.example/name"}],
    ):
        swapped = {**results, "@context": contexts}
        found = verify(json.dumps(swapped).encode(), UNDER).verdict
        assert found is not Verdict.VERIFIED or says_the_same(swapped, results)
        verdicts.append(found)
    assert verdicts[-1] is Verdict.UNVERIFIABLE
    assert verdicts[1:3] == [Verdict.INVALID, Verdict.INVALID]


def test_a_subject_that_was_swapped_is_tampered() -> None:
    """Another learner's identifier under the same signature, in a badge and in a token."""
    document = SIGNER.sign(badge(SIGNER))
    document["credentialSubject"]["id"] = "did:example:thief"
    assert verify(json.dumps(document).encode(), UNDER).verdict is Verdict.TAMPERED


def signed_by(by: KeyHolder, head: str) -> str:
    """A token by an RSA key, whatever its header says."""
    assert isinstance(by.private, RSAPrivateKey)
    return f"{head}.{encode_base64url(by.private.sign(head.encode(), PKCS1v15(), SHA256()))}"


def signed_2(header: dict[str, Any], number: int = 0) -> str:
    """A signed badge of Open Badges 2.0 by the invented college's RSA key, or another, with any header."""
    payload = assertion(verification={"type": "signed", "creator": f"{BADGES}/keys/1"}, id="urn:uuid:2-1")
    return signed_by(signer("RSA", number) if number else signer("RSA"), raw_token(header, payload).rpartition(".")[0])


def found_2(token: str) -> Verification:
    known = {address: json.dumps(each).encode() for address, each in around_2("RSA").items()}
    return verify(token.encode(), Circumstances(now=NOW, resolver=FileResolver(known)))


@pytest.mark.parametrize(
    ("more", "verdict", "reason"),
    [
        *(({name: "https://evil.example/x"}, Verdict.UNVERIFIABLE, f"header with {name}") for name in ("jku", "x5u")),
        ({"x5c": ["AAAA"]}, Verdict.UNVERIFIABLE, "header with x5c"),
        ({"crit": ["exp"]}, Verdict.UNVERIFIABLE, "header with crit"),
        ({"crit": ["b64"], "b64": False}, Verdict.UNVERIFIABLE, "header with crit"),
        *(({"alg": name}, Verdict.TAMPERED, "algorithm") for name in ("none", "None", "HS256", "PS256", "ES256", "RS512")),
        ({"alg": None}, Verdict.TAMPERED, "algorithm"),
    ],
)  # fmt: skip
def test_tricks_of_headers_of_signed_badges_are_refused(more: dict[str, Any], verdict: Verdict, reason: str) -> None:
    """Though the issuer's key signed them; without the trick it is verified."""
    assert found_2(signed_2({"alg": "RS256"})).verdict is Verdict.VERIFIED
    found = found_2(signed_2({"alg": "RS256", **more}))
    assert found.verdict is verdict, found.checks
    assert reason in told(found)


def test_a_signed_badge_is_its_issuers_alone() -> None:
    """A key in the header or a `kid` is not asked; HS256 by the public key in any spelling is no signature."""
    for header in ({"jwk": signer("RSA", 1).key.jwk()}, {"kid": "../../etc/passwd"}, {"kid": "https://evil.example/"}):
        assert found_2(signed_2({"alg": "RS256", **header})).verdict is Verdict.VERIFIED
        assert found_2(signed_2({"alg": "RS256", **header}, 1)).verdict is Verdict.TAMPERED
    head = signed_2({"alg": "HS256"}).rpartition(".")[0]
    pem = str(around_2("RSA")[f"{BADGES}/keys/1"]["publicKeyPem"])
    for secret in (pem, pem.strip(), pem.replace("\n", "")):
        token = f"{head}.{encode_base64url(hmac.digest(secret.encode(), head.encode(), 'sha256'))}"
        assert found_2(token).verdict is Verdict.TAMPERED


def test_a_signed_badge_has_one_spelling_and_one_reading() -> None:
    """Stray bits behind a signature, a header that names its algorithm twice."""
    token = signed_2({"alg": "RS256"})
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    verdicts = [found_2(token[:-1] + letter).verdict for letter in letters]
    assert verdicts.count(Verdict.VERIFIED) == 1
    assert set(verdicts) == {Verdict.VERIFIED, Verdict.INVALID, Verdict.TAMPERED}
    _, payload, _ = token.split(".")
    header = encode_base64url(b'{"alg":"none","alg":"RS256"}')
    found = found_2(signed_by(signer("RSA"), f"{header}.{payload}"))
    assert found.verdict is Verdict.INVALID
    assert "more than once" in told(found)


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "ecdsa-rdfc-2019", "Ed25519Signature2020"])
def test_poison_is_unverifiable_within_two_seconds(suite: str) -> None:
    """Nameless things each linked to each other one, however many."""
    names = {"type": "DataIntegrityProof", "cryptosuite": suite} if "-" in suite else {"type": suite}
    proof = {**names, "verificationMethod": SIGNER.method, "proofPurpose": "assertionMethod",
             "created": "2026-01-01T00:00:00Z", "proofValue": "z" + "1" * 88}  # fmt: skip
    for size in (10, 40):
        begun = time.process_time()
        found = verify(json.dumps({**named_poison(size), "proof": proof}).encode(), UNDER)
        assert time.process_time() - begun < 2
        assert found.verdict is Verdict.UNVERIFIABLE
        assert "too costly" in told(found)


def named_poison(size: int) -> dict[str, Any]:
    """A credential with a named subject who knows nameless people, each linked to each other one."""
    document: dict[str, Any] = poison(size)
    contexts = [
        *document["@context"],
        "https://w3id.org/security/data-integrity/v2",
        "https://w3id.org/security/suites/ed25519-2020/v1",
    ]
    return {
        **document,
        "@context": contexts,
        "credentialSubject": {"id": "did:example:kim", "spouse": document["credentialSubject"]},
    }


def test_a_record_of_many_poisoned_credentials_takes_no_longer() -> None:
    """What tells nameless things apart has one budget for a document and all that is inside of it."""
    proof = SIGNER.sign(badge(SIGNER))["proof"][0]
    documents: list[Any] = [{**named_poison(8), "proof": proof} for _ in range(60)]
    begun = time.process_time()
    found = verify(json.dumps({**record(SIGNER, documents), "proof": proof}).encode(), UNDER)
    assert time.process_time() - begun < 4
    assert found.verdict is Verdict.INVALID
    assert {each.verdict for each in found.embedded} == {Verdict.UNVERIFIABLE}
    badges: list[Any] = [SIGNER.sign(badge(SIGNER, id=f"urn:uuid:{number}")) for number in range(60)]
    honest = verify(json.dumps(SIGNER.sign(record(SIGNER, badges))).encode(), UNDER)
    assert {each.verdict for each in (honest, *honest.embedded)} == {Verdict.VERIFIED}


# ------------------------------------------------------------------------------------------------ whatever comes

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "x", "_:b", "https://x.example/", "did:key:z6Mk", "VerifiableCredential", "2026-01-01", "@id"])
    | st.sampled_from(["https://[", "https://[x]#z6Mk", "did:web:[", "https://\u2100", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
                       "data:application/vc+jwt,a.b.c", "sha256$", "\u0000", 10**308, -(10**308), 10**400, 2**53 + 1, 1e308, -0.0])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "type", "@context", "@id", "@value", "proof", "name", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value inside another."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*path, key)
        yield from places(each, (*path, key))


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = deepcopy(document)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


HOLDER = Signer()
GOOD: tuple[Any, ...] = (
    SIGNER.sign(badge(SIGNER)),
    SIGNER.sign(record(SIGNER, [SIGNER.sign(badge(SIGNER)), badge(SIGNER, id="urn:uuid:9")])),
    HOLDER.sign(
        {
            "@context": [CONTEXTS[0]],
            "type": ["VerifiablePresentation"],
            "holder": HOLDER.did,
            "verifiableCredential": [SIGNER.sign(badge(SIGNER))],
        },
        proofPurpose="authentication",
    ),
    ASSERTION,
    {"@context": "https://purl.imsglobal.org/spec/clr/v1p0/context/clr_v1p0.jsonld", "id": "urn:uuid:1", "type": "Clr",
     "learner": {"id": "urn:uuid:2", "type": "Profile"}, "publisher": {"id": "urn:uuid:3", "type": "Profile"},
     "assertions": [{"id": "urn:uuid:4", "achievement": {"id": "urn:uuid:5", "name": "x"},
                     "results": [{"value": "A", "resultDescription": "urn:uuid:6"}]}], "issuedOn": "2026-01-01T00:00:00Z"},
    {"person": {"name": {"given": "Kim"}}, "skills": [{"name": "Welding"}], "type": "LER-RSType"},
)  # fmt: skip


@settings(max_examples=400)
@given(st.data())
def test_a_document_with_anything_in_any_place_has_a_verdict(data: st.DataObject) -> None:
    """Any value put into any place of a credential: a verdict, JSON, and `verified` only where it says the same."""
    document = data.draw(st.sampled_from(GOOD))
    path = data.draw(st.sampled_from(list(places(document))))
    changed = put(document, path, data.draw(VALUES))
    found = verify(json.dumps(changed).encode(), hosted(ASSERTION, BADGE_CLASS, PROFILE))
    json.dumps(found.as_json())
    assert len(found.checks) == 12
    if found.verdict is Verdict.VERIFIED and "proof" not in path and document is not ASSERTION:
        assert says_the_same(changed, document), path


@settings(max_examples=200)
@given(VALUES)
def test_any_json_has_a_verdict(value: Any) -> None:
    """Whatever it is."""
    assert verify(json.dumps(value).encode(), UNDER).verdict in Verdict


@settings(max_examples=200)
@given(st.binary(max_size=64), st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"<svg>", b"eyJ.", b"{"]))
def test_any_bytes_have_a_verdict(content: bytes, head: bytes) -> None:
    """Behind the beginning of every container."""
    assert verify(head + content, UNDER).verdict is Verdict.INVALID
