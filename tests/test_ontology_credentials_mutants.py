"""No mutant of a signed credential is accepted, unless it says exactly the same: thousands, of every form of proof."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

import pytest
from credential_forms import SUITES, at, changed_values
from proof_signing import ED2020, OB3, VC1, VC2, Library, Object, badge, signer, token_of, with_proof

from ontology.credentials.canonical import canonical_json, canonical_rdf
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.keys import Kind
from ontology.credentials.multibase import decode_multibase58, encode_base58btc
from ontology.credentials.proofs import verify_proofs
from ontology.credentials.reports import ProofOutcome
from ontology.credentials.resolving import NoResolver
from ontology.credentials.status_lists import StatusPurpose, status_entry, status_list_credential
from ontology.credentials.strict_json import NotStrictError, parse_object
from ontology.credentials.tokens import verify_token
from ontology.credentials.verdicts import Verdict
from ontology.credentials.verification import verify
from ontology.json_documents import Json

NOW = datetime(2026, 11, 22, tzinfo=UTC)
SEED = 20261122
COUNT = 1000
"""Mutants of each suite."""
LETTERS = 'abcxyzABCXYZ0123456789 _-:/.#"\\{}[],\n\u00e9\u0000'


def original(suite: str, kind: Kind) -> Object:
    """A signed badge."""
    contexts = (VC2, OB3, ED2020) if suite == "Ed25519Signature2020" else (VC2, OB3)
    return with_proof(badge(signer(kind).did, contexts=contexts), signer(kind), suite)


def parts(document: Object, suite: str) -> tuple[bytes, bytes, bytes]:
    """What makes a signed document the same as another one: its canonical form, that of its options, the signature.

    Of ECDSA r alone, since (r, -s) is a signature wherever (r, s) is.
    """
    proof = document["proof"]
    assert isinstance(proof, dict)
    value = proof["proofValue"]
    assert isinstance(value, str)
    options: Object = {name: each for name, each in proof.items() if name != "proofValue"}
    bare = {name: each for name, each in document.items() if name != "proof"}
    signature = decode_multibase58(value)
    if suite.startswith("ecdsa"):
        signature = signature[: len(signature) // 2]
    if "jcs" in suite:
        options.setdefault("@context", document["@context"])
        return canonical_json(bare), canonical_json(options), signature
    options["@context"] = document["@context"]
    return canonical_rdf(bare).encode(), canonical_rdf(options).encode(), signature


def changed_structures(document: Object, chance: random.Random) -> Iterator[Object]:
    """Documents with one value taken away, exchanged, repeated, or put in."""
    values: list[Json] = [
        None, "", "x", 0, 1, -1, 1e400, True, [], {}, "\ud800", "https://evil.example/", {"id": "urn:x"}, {"@value": "x"},
        ["x", "x"], {"@id": "urn:x"}, {"@list": ["x"]}, {"@context": VC1}, "VerifiableCredential", "_:b0", "2030-01-01T00:00:00Z",
    ]  # fmt: skip
    names = ["evil", "@context", "id", "type", "@type", "@id", "@graph", "@reverse", "@included", "validUntil", "proof", "issuer",
             "credentialStatus", "https://www.w3.org/2018/credentials#issuer", "urn:evil", "name", "@language", "expires",
             "previousProof", "nonce", "domain"]  # fmt: skip
    yield from changed_values(document, chance, values, names)


def changed_texts(text: str, chance: random.Random) -> Iterator[str]:
    """The text with each of its characters changed in turn, then with some taken away, put in or moved."""
    for index, letter in enumerate(text):
        yield text[:index] + chance.choice(LETTERS.replace(letter, "")) + text[index + 1 :]
    while True:
        index, length = chance.randrange(len(text)), chance.randrange(1, 9)
        match chance.randrange(3):
            case 0:
                yield text[:index] + text[index + length :]
            case 1:
                yield text[:index] + "".join(chance.choices(LETTERS, k=length)) + text[index:]
            case 2:
                other = chance.randrange(len(text))
                yield text[:index] + text[other : other + length] + text[index + length :]


def is_accepted(document: Object) -> bool:
    """Whether a proof of it holds."""
    return verify_proofs(document, NoResolver(), now=NOW).outcome is ProofOutcome.PASS


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_no_document_with_a_changed_character_is_accepted(suite: str, kind: Kind) -> None:
    """Each character of the signed document, one after the other, and a thousand changes more."""
    document = original(suite, kind)
    assert is_accepted(document)
    wanted, text = parts(document, suite), json.dumps(document, ensure_ascii=False)
    for mutant in islice(changed_texts(text, random.Random(SEED)), len(text) + COUNT // 2):
        try:
            read = parse_object(mutant.encode("utf-8", "surrogatepass"))
        except NotStrictError:
            continue
        if is_accepted(read):
            assert parts(read, suite) == wanted, mutant


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_no_document_with_another_structure_is_accepted(suite: str, kind: Kind) -> None:
    """Values taken away, exchanged, repeated, renamed and put in, in the document and in its proof."""
    document = original(suite, kind)
    wanted = parts(document, suite)
    mutants = changed_structures(document, random.Random(SEED))
    accepted = 0
    for _ in range(COUNT):
        mutant = next(mutants)
        if is_accepted(mutant):
            assert parts(mutant, suite) == wanted, mutant
            accepted += 1
    assert accepted < COUNT // 10, "a mutant says the same only where null or an order changed"


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_a_key_exchanged_a_context_exchanged_and_a_claim_added_are_refused(suite: str, kind: Kind) -> None:
    """After the signature was made."""
    document = original(suite, kind)
    proof = document["proof"]
    assert isinstance(proof, dict)
    other = signer(kind, 1)
    assert not is_accepted({**document, "proof": {**proof, "verificationMethod": other.method}})
    assert not is_accepted({**document, "evil": True})
    assert not is_accepted({**document, "description": "unsigned"})
    assert not is_accepted({**document, "proof": {**proof, "evil": True}})
    assert not is_accepted({**document, "proof": {**proof, "domain": "evil.example"}})
    contexts = document["@context"]
    assert isinstance(contexts, list)
    evil: list[Json] = ["https://evil.example/"]
    own: list[Json] = [*contexts, {"evil": "urn:evil"}]
    for changed in (contexts[:1], evil, own):
        assert not is_accepted({**document, "@context": changed})
    first: list[Json] = [VC1, *contexts[1:]]
    older: Object = {**document, "@context": first}
    if is_accepted(older):
        assert parts(older, suite) == parts(document, suite), "the terms of both versions mean the same here"


@pytest.mark.parametrize(("suite", "kind"), SUITES)
def test_a_changed_document_that_another_key_signed_is_not_its_issuers(suite: str, kind: Kind) -> None:
    """A proof by a stranger holds, and proves nothing of the issuer; beside the issuer's broken one it is no help."""
    document = original(suite, kind)
    proof = document.pop("proof")
    document["name"] = "Brain surgery"
    alone = verify_proofs(with_proof(document, signer(kind, 1), suite), NoResolver(), now=NOW)
    assert alone.outcome is ProofOutcome.PASS
    assert not alone.issuer_proven
    assert alone.controllers == (signer(kind, 1).did,)
    beside = verify_proofs(with_proof({**document, "proof": proof}, signer(kind, 1), suite), NoResolver(), now=NOW)
    assert beside.outcome is ProofOutcome.FAIL


@pytest.mark.parametrize("kind", ["P-256", "P-384"])
def test_the_other_signature_of_ecdsa_says_the_same(kind: Kind) -> None:
    """(r, n - s) holds where (r, s) does, as ECDSA has it; nothing here takes a signature for an identity."""
    document = original("ecdsa-rdfc-2019", kind)
    proof = document["proof"]
    assert isinstance(proof, dict)
    assert isinstance(proof["proofValue"], str)
    signature = decode_multibase58(proof["proofValue"])
    half = len(signature) // 2
    order = {
        "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        "P-384": 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    }[kind]
    other = signature[:half] + (order - int.from_bytes(signature[half:])).to_bytes(half)
    assert is_accepted({**document, "proof": {**proof, "proofValue": encode_base58btc(other)}})
    for bad in (
        bytes(len(signature)),
        signature[:half] + bytes(half),
        signature[1:],
        signature + b"\0",
        b"\xff" * len(signature),
    ):
        assert not is_accepted({**document, "proof": {**proof, "proofValue": encode_base58btc(bad)}})


@pytest.mark.parametrize("kind", ["RSA", "P-256", "Ed25519"])
def test_no_changed_token_is_accepted(kind: Kind) -> None:
    """Each character of the token, one after the other, and a thousand changes more."""
    by = signer(kind)
    document = badge(by.did)
    token = token_of({**document, "iss": by.did, "jti": document["id"], "sub": "did:example:learner"}, by)
    _, report = verify_token(token, NoResolver(), now=NOW)
    assert report.outcome is ProofOutcome.PASS
    assert report.issuer_proven
    for mutant in islice(changed_texts(token, random.Random(SEED)), len(token) + COUNT):
        if mutant != token:
            _, report = verify_token(mutant, NoResolver(), now=NOW)
            assert report.outcome is not ProofOutcome.PASS, mutant


def respelled(document: Object) -> Iterator[Object]:
    """The document with an end of its validity, or its status, in other spellings and other places."""
    for name in ("validUntil", "credentialStatus"):
        value = document[name]
        bare = {key: each for key, each in document.items() if key != name}
        iri = f"https://www.w3.org/2018/credentials#{name}"
        for spelling in (iri, f"cred:{name}", f"@{name}", name.upper(), f"{name} "):
            yield {**bare, spelling: value}
        for other in ({"@value": value}, {"@value": value, "@type": "http://www.w3.org/2001/XMLSchema#dateTime"}):
            yield {**bare, name: other}
        several: list[Json] = [{"@set": [value]}, {"@list": [value]}, [value], [[value]], {"@graph": [value]}]
        for wrapped in several:
            yield {**bare, name: wrapped}
        elsewhere: Object = {"id": document["id"], name: value}
        for keyword in ("@included", "@graph", "@nest", "@reverse", "evidence", "relatedResource"):
            yield {**bare, keyword: [elsewhere]}
        subject = document["credentialSubject"]
        assert isinstance(subject, dict)
        yield {**bare, "credentialSubject": {**subject, "source": elsewhere}}
        yield {**bare, "issuer": {"id": str(at(document, ("issuer", "id"))), name: value}}
    status = document["credentialStatus"]
    assert isinstance(status, dict)
    yield {**document, "credentialStatus": status["id"], "evidence": [status]}
    yield {
        **document,
        "credentialStatus": {"@id": status["id"], **{key: each for key, each in status.items() if key != "id"}},
    }
    contexts = document["@context"]
    assert isinstance(contexts, list)
    for more in (VC1, "https://w3id.org/security/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"):
        changes: list[list[Json]] = [[*contexts, more], [more, *contexts], [more]]
        for changed in changes:
            yield {**document, "@context": changed}
    yield {**document, "@context": contexts[0], "type": ["https://www.w3.org/2018/credentials#VerifiableCredential"]}


@pytest.mark.parametrize("ended", ["validUntil", "credentialStatus"])
@pytest.mark.parametrize(("suite", "kind"), SUITES[:3])
def test_what_has_ended_cannot_be_spelled_away(suite: str, kind: Kind, ended: str) -> None:
    """A credential that is expired or revoked is so in every mutant whose proof still holds."""
    by = signer(kind)
    address = "https://college.example/status/1"
    document = badge(by.did, credentialStatus=status_entry(address, 7, StatusPurpose.REVOCATION))
    if ended == "validUntil":
        document["validUntil"] = "2026-06-01T00:00:00Z"
    listed = status_list_credential(
        address=address, issuer=by.did, purpose=StatusPurpose.REVOCATION, valid_from=NOW,
        indexes=[7] if ended == "credentialStatus" else [], valid_until=datetime(2030, 1, 1, tzinfo=UTC), ttl_seconds=60,
    )  # fmt: skip
    under = Circumstances(now=NOW, resolver=Library({address: with_proof(listed, by, suite)}))
    signed = with_proof(document, by, suite)
    wanted = Verdict.EXPIRED if ended == "validUntil" else Verdict.REVOKED
    assert verify(json.dumps(signed).encode(), under).verdict is wanted
    mutants = [*respelled(signed), *islice(changed_structures(signed, random.Random(SEED)), COUNT // 10)]
    for mutant in mutants:
        try:
            text = json.dumps(mutant).encode()
        except ValueError:
            continue
        assert verify(text, under).verdict is not Verdict.VERIFIED, mutant
