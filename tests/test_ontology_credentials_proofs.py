"""Embedded proofs: outcomes of every signed sample, the W3C's vectors, sets and chains, purposes, dates, issuers."""

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from proof_signing import ED2020, OB3, VC2, Library, Object, badge, signer, with_proof

from ontology.credentials import suites
from ontology.credentials.canonical import UnsafeDocumentError, canonical_json, canonical_rdf
from ontology.credentials.multibase import encode_base58btc
from ontology.credentials.proofs import data_to_sign, verify_proofs
from ontology.credentials.reports import ProofOutcome, ProofReport
from ontology.credentials.resolving import FileResolver, NoResolver
from ontology.json_documents import Json

DATA = Path(__file__).parent / "data/credentials"
VECTORS = DATA / "vc-di-eddsa"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ED = signer("Ed25519")
ISSUERS = "did:web:digitalcredentials.github.io:vc-test-fixtures:dids:"
DIDS = FileResolver({ISSUERS + name: DATA / f"dcc/dids/{name}/did.json" for name in ("legacy", "oidf")})
OUTCOMES: dict[str, list[str]] = json.loads(DATA.joinpath("outcomes.json").read_bytes())
"""File → what becomes of each of its proofs, in their order, then of all of them together."""


def verified(document: Object, **more: object) -> ProofReport:
    """What the proofs amount to, with nothing that could be fetched."""
    return verify_proofs(document, NoResolver(), now=NOW, **more)  # type: ignore[arg-type]


def reasons(report: ProofReport) -> str:
    """All that is told."""
    return " ".join(f"{check.step} {check.outcome} {check.reason}" for check in report.checks)


@pytest.mark.parametrize("name", OUTCOMES)
def test_every_signed_sample_has_its_outcome(name: str) -> None:
    """1EdTech's, the Digital Credentials Consortium's and the W3C's: what holds, what fails, what cannot be said."""
    report = verify_proofs(json.loads(DATA.joinpath(name).read_bytes()), DIDS, now=NOW)
    assert [*(each.outcome.value for each in report.proofs), report.outcome.value] == OUTCOMES[name], reasons(report)


def test_no_sample_with_a_proof_is_left_out() -> None:
    """Every file that has a proof at its top has an outcome."""
    found = set()
    for path in DATA.rglob("*"):
        if path.suffix in {".json", ""} and path.is_file():
            value = json.loads(path.read_bytes())
            if isinstance(value, dict) and "proof" in value:
                found.add(str(path.relative_to(DATA)))
    assert found == set(OUTCOMES)


@pytest.mark.parametrize("path", sorted(VECTORS.rglob("signed*.json")), ids=lambda path: path.stem)
def test_the_vectors_of_the_w3c_prove_no_issuer(path: Path) -> None:
    """Their issuers are https addresses, their keys did:key."""
    report = verified(json.loads(path.read_bytes()))
    assert report.outcome is ProofOutcome.PASS
    assert not report.issuer_proven
    assert report.controllers


@pytest.mark.parametrize(("suite", "letters"), [("eddsa-rdfc-2022", "DataInt"), ("eddsa-jcs-2022", "JCS")])
def test_what_is_signed_is_what_the_vectors_print(suite: str, letters: str) -> None:
    """The canonical document and both hashes, byte for byte."""
    folder = VECTORS / suite
    document = json.loads(VECTORS.joinpath("unsigned.json").read_bytes())
    options = json.loads(folder.joinpath(f"proofConfig{letters}.json").read_bytes())
    data = data_to_sign(document, options, suite)
    assert data.hex() == folder.joinpath(f"combinedHash{letters}.txt").read_text("utf-8").strip()
    if suite == "eddsa-rdfc-2022":
        assert canonical_rdf(document) == folder.joinpath("canonDocDataInt.txt").read_text("utf-8")


def test_a_chain_covers_the_proofs_that_it_follows() -> None:
    """Without one of them, or with another in its place, the proof that follows does not hold."""
    chain = json.loads(VECTORS.joinpath("proof-set-chain/signedProofChain1.json").read_bytes())
    first, second, last = chain["proof"]
    assert [each.outcome for each in verified(chain).proofs] == [ProofOutcome.PASS] * 3
    gone = verified({**chain, "proof": [first, last]})
    assert [each.outcome for each in gone.proofs] == [ProofOutcome.PASS, ProofOutcome.INVALID]
    other = with_proof({key: value for key, value in chain.items() if key != "proof"}, ED, id=second["id"])["proof"]
    swapped = verified({**chain, "proof": [first, other, last]})
    assert [each.outcome for each in swapped.proofs] == [ProofOutcome.PASS, ProofOutcome.PASS, ProofOutcome.FAIL]
    twice = verified({**chain, "proof": [first, second, second, last]})
    assert twice.proofs[-1].outcome is ProofOutcome.INVALID


def test_a_chain_holds_only_where_its_beginning_holds() -> None:
    """A proof that follows one of an unknown suite cannot be said to hold."""
    unknown: Json = {"id": "urn:x:1", "type": "DataIntegrityProof", "cryptosuite": "sealing-wax",
                     "verificationMethod": ED.method, "proofPurpose": "assertionMethod", "proofValue": "zz"}  # fmt: skip
    document = with_proof({**badge(ED.did), "proof": [unknown]}, ED, previousProof="urn:x:1")
    report = verified(document)
    assert [each.outcome for each in report.proofs] == [ProofOutcome.UNVERIFIABLE] * 2
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    loop = with_proof(badge(ED.did), ED, id="urn:x:2")
    assert isinstance(loop["proof"], dict)
    assert verified({**loop, "proof": {**loop["proof"], "previousProof": "urn:x:2"}}).outcome is ProofOutcome.INVALID


def test_we_can_sign_a_chain() -> None:
    """`data_to_sign` takes the proofs that `previousProof` names."""
    first = with_proof(badge(ED.did), ED, id="urn:x:1")
    both = with_proof(first, signer("P-256"), "ecdsa-rdfc-2019", previousProof=["urn:x:1"])
    report = verified(both)
    assert [each.outcome for each in report.proofs] == [ProofOutcome.PASS] * 2
    assert report.issuer_proven
    assert set(report.controllers) == {ED.did, signer("P-256").did}


def test_one_proof_of_a_set_is_enough_and_an_unknown_one_is_remarked() -> None:
    """Where another one is of an unknown suite."""
    document = with_proof(badge(ED.did), ED)
    stranger: Object = {"type": "SomeProofType"}
    report = verified({**document, "proof": [stranger, document["proof"]]})
    assert report.outcome is ProofOutcome.PASS
    assert report.issuer_proven
    assert "proof remark SomeProofType" in reasons(report)


def test_proofs_are_checked_without_each_other() -> None:
    """Two signers of one document, in either order."""
    document = with_proof(with_proof(badge(ED.did), ED), signer("Ed25519", 1))
    assert isinstance(document["proof"], list)
    for proofs in (document["proof"], document["proof"][::-1]):
        report = verified({**document, "proof": proofs})
        assert [each.outcome for each in report.proofs] == [ProofOutcome.PASS] * 2


@pytest.mark.parametrize("suite", ["Ed25519Signature2020", "eddsa-2022"])
def test_old_suites_are_remarked(suite: str) -> None:
    """They hold, and are told to be deprecated."""
    contexts = (VC2, OB3, ED2020) if suite == "Ed25519Signature2020" else (VC2, OB3)
    report = verified(with_proof(badge(ED.did, contexts=contexts), ED, suite))
    assert report.outcome is ProofOutcome.PASS
    assert f"proof remark {suite}: deprecated suite" in reasons(report)


def test_forms_that_some_make_of_the_same_content_hold_too() -> None:
    """P-384 with nameless things told apart by SHA-256; JCS as its drafts hashed a proof without a context."""
    elsewhere, by = signer("P-384"), ED
    evidence: list[Json] = [{"type": ["Evidence"], "name": f"work {number}"} for number in range(6)]
    document = badge(elsewhere.did, evidence=evidence)
    options: Object = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-rdfc-2019", "verificationMethod": elsewhere.method,
                       "proofPurpose": "assertionMethod"}  # fmt: skip
    texts = [canonical_rdf({**options, "@context": document["@context"]}), canonical_rdf(document)]
    assert canonical_rdf(document) != canonical_rdf(document, digest="sha384")
    data = b"".join(hashlib.sha384(text.encode()).digest() for text in texts)
    signed = {**document, "proof": {**options, "proofValue": encode_base58btc(elsewhere.sign(data))}}
    assert verified(signed).issuer_proven
    assert verified({**signed, "name": "x"}).outcome is ProofOutcome.FAIL
    document = badge(by.did)
    options = {**options, "cryptosuite": "eddsa-jcs-2022", "verificationMethod": by.method}
    parts = [canonical_json({**options, "@context": document["@context"]}), canonical_json(document)]
    data = b"".join(hashlib.sha256(part).digest() for part in parts)
    signed = {**document, "proof": {**options, "proofValue": encode_base58btc(by.sign(data))}}
    assert verified(signed).issuer_proven
    assert verified({**signed, "name": "x"}).outcome is ProofOutcome.FAIL


@pytest.mark.parametrize("suite", ["eddsa-rdfc-2022", "eddsa-jcs-2022"])
def test_a_proof_has_the_contexts_of_its_document(suite: str) -> None:
    """One more in either is refused."""
    document = with_proof(badge(ED.did), ED, suite)
    proof, contexts = document["proof"], document["@context"]
    assert isinstance(proof, dict)
    assert isinstance(contexts, list)
    more: Json = [*contexts, "https://w3id.org/security/multikey/v1"]
    assert verified({**document, "proof": {**proof, "@context": more}}).outcome is ProofOutcome.INVALID
    if "jcs" in suite:
        assert verified({**document, "@context": more}).outcome is ProofOutcome.INVALID


def test_many_proofs_of_a_large_document_are_refused_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each over another form of it would be canonicalised anew."""
    monkeypatch.setattr(suites, "MAX_VALUES", 200)
    proofs: list[Json] = [
        {"id": f"urn:x:{number}", "type": "DataIntegrityProof", "cryptosuite": "eddsa-rdfc-2022", "proofValue": "z1",
         "verificationMethod": ED.method, "proofPurpose": "assertionMethod", "previousProof": f"urn:x:{(number + 1) % 8}"}
        for number in range(8)
    ]  # fmt: skip
    report = verified({**badge(ED.did), "proof": proofs})
    assert report.outcome is not ProofOutcome.PASS
    assert "over another form of a large document" in reasons(report)


def test_nobody_signs_with_an_old_suite_or_a_wrong_key() -> None:
    """What is signed now is of today."""
    for suite, kind in (("eddsa-2022", "Ed25519"), ("sealing-wax", "Ed25519"), ("ecdsa-rdfc-2019", "Ed25519")):
        with pytest.raises(UnsafeDocumentError):
            data_to_sign(badge(ED.did), {}, suite, kind=kind)  # type: ignore[arg-type]
    with pytest.raises(UnsafeDocumentError, match="repeats the document's context"):
        data_to_sign(badge(ED.did), {}, "eddsa-jcs-2022")


PROOFS: list[tuple[ProofOutcome, str, Json]] = [
    (ProofOutcome.ABSENT, "no proof", None),
    (ProofOutcome.ABSENT, "no proof", []),
    (ProofOutcome.INVALID, "no object", "x"),
    (ProofOutcome.INVALID, "no object", [7]),
    (ProofOutcome.INVALID, "more than", [{}] * 100),
    (ProofOutcome.UNVERIFIABLE, "not known here", {}),
    (ProofOutcome.UNVERIFIABLE, "not known here", {"type": ["DataIntegrityProof"], "cryptosuite": "eddsa-rdfc-2022"}),
    (ProofOutcome.UNVERIFIABLE, "not known here", {"type": "Ed25519Signature2020", "cryptosuite": "eddsa-rdfc-2022"}),
    (ProofOutcome.INVALID, "no verificationMethod", {"type": "Ed25519Signature2020"}),
    (
        ProofOutcome.INVALID,
        "no verificationMethod",
        {"type": "Ed25519Signature2020", "verificationMethod": {"id": "x"}},
    ),
]


@pytest.mark.parametrize(("outcome", "word", "proof"), PROOFS, ids=range(len(PROOFS)))
def test_a_proof_that_is_none_is_told(outcome: ProofOutcome, word: str, proof: Json) -> None:
    """Absent, of another form, without its parts."""
    report = verified({**badge(ED.did), "proof": proof})
    assert report.outcome is outcome
    assert word in reasons(report)


OPTIONS: list[tuple[ProofOutcome, str, Object]] = [
    (ProofOutcome.PASS, "", {"created": "2026-11-22T00:04:00Z"}),
    (ProofOutcome.UNVERIFIABLE, "in the future", {"created": "2026-11-22T00:06:00Z"}),
    (ProofOutcome.INVALID, "no point in time", {"created": "yesterday"}),
    (ProofOutcome.INVALID, "no point in time", {"created": "2026-01-01T00:00:00"}),
    (ProofOutcome.PASS, "", {"created": None}),
    (ProofOutcome.PASS, "", {"expires": "2026-11-22T00:00:01Z"}),
    (ProofOutcome.PASS, "", {"expires": "2026-11-22T01:00:01+01:00"}),
    (ProofOutcome.UNVERIFIABLE, "has expired", {"expires": "2026-11-22T00:00:00Z"}),
    (ProofOutcome.INVALID, "no point in time", {"expires": "2026-02-30T00:00:00Z"}),
    (ProofOutcome.UNVERIFIABLE, "assertionMethod is needed", {"proofPurpose": "authentication"}),
    (ProofOutcome.UNVERIFIABLE, "assertionMethod is needed", {"proofPurpose": "capabilityInvocation"}),
    (ProofOutcome.PASS, "", {"domain": "employer.example", "challenge": "x"}),
    (ProofOutcome.FAIL, "does not hold", {"verificationMethod": signer("Ed25519", 1).method}),
    (ProofOutcome.UNVERIFIABLE, "is not for a key of", {"verificationMethod": signer("P-256").method}),
    (ProofOutcome.UNVERIFIABLE, "neither a DID", {"verificationMethod": "urn:x"}),
]


@pytest.mark.parametrize(("outcome", "word", "options"), OPTIONS, ids=range(len(OPTIONS)))
def test_purposes_and_dates_of_a_proof_count(outcome: ProofOutcome, word: str, options: Object) -> None:
    """Properly signed, and still not to be taken."""
    report = verified(with_proof(badge(ED.did), ED, "eddsa-rdfc-2022", **options))
    assert report.outcome is outcome
    assert word in reasons(report)


def test_a_presentation_repeats_what_was_asked() -> None:
    """Purpose, challenge and domain."""
    shown: Object = {"@context": [VC2], "type": ["VerifiablePresentation"], "holder": ED.did}
    signed = with_proof(shown, ED, proofPurpose="authentication", challenge="c", domain="d")
    assert verified(signed, relation="authentication", challenge="c", domain="d").issuer_proven
    assert verified(signed).outcome is ProofOutcome.UNVERIFIABLE
    assert verified(signed, relation="authentication", challenge="x").outcome is ProofOutcome.UNVERIFIABLE
    assert verified(signed, relation="authentication", challenge="c", domain="x").outcome is ProofOutcome.UNVERIFIABLE


def test_a_signature_that_holds_is_not_an_issuer_that_is_known() -> None:
    """A key in the fragment of the issuer's own address proves nothing; its DID's document does."""
    address = "https://college.example/issuer"
    by_address = verified(with_proof(badge(address), ED, verificationMethod=f"{address}#{ED.key.multikey()}"))
    assert by_address.outcome is ProofOutcome.PASS
    assert not by_address.issuer_proven
    assert by_address.controllers == ()
    assert "issuer remark The issuer is not proven." in reasons(by_address)
    did, there = "did:web:college.example", "https://college.example/.well-known/did.json"
    key: Json = {"id": f"{did}#1", "type": "Multikey", "controller": did, "publicKeyMultibase": ED.key.multikey()}
    library = Library({there: {"id": did, "assertionMethod": [key]}})
    document = with_proof(badge(did), ED, verificationMethod=f"{did}#1")
    report = verify_proofs(document, library, now=NOW)
    assert report.issuer_proven
    assert report.controllers == (did,)
    other = verify_proofs(
        with_proof(badge("did:web:other.example"), ED, verificationMethod=f"{did}#1"), library, now=NOW
    )
    assert other.outcome is ProofOutcome.PASS
    assert not other.issuer_proven


def test_key_documents_are_asked_for_last() -> None:
    """Not for a document that could not have been signed, nor for a proof that would not be taken; and once."""
    did, there = "did:web:college.example", "https://college.example/.well-known/did.json"
    signed = with_proof(badge(did), ED, verificationMethod=f"{did}#1")
    changes: list[Object] = [{"evil": 1}, {"@context": ["https://evil.example/"]}]
    for document in ({**signed, **change} for change in changes):
        library = Library()
        assert verify_proofs(document, library, now=NOW).outcome is not ProofOutcome.PASS
        assert not library.asked
    library = Library()
    report = verify_proofs(signed, library, now=NOW)
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert [url for url, _ in library.asked] == [there]


def test_a_switched_off_fetch_names_its_setting() -> None:
    """So that whoever reads the reason knows what to do."""
    report = verified(with_proof(badge("did:web:college.example"), ED, verificationMethod="did:web:college.example#1"))
    assert report.outcome is ProofOutcome.UNVERIFIABLE
    assert "HEADWATER_FETCH=keys" in reasons(report)


def test_a_proof_that_expires_does_so_on_time() -> None:
    """To the second."""
    document = with_proof(badge(ED.did), ED, expires="2027-01-01T00:00:00Z")
    end = datetime(2027, 1, 1, tzinfo=UTC)
    assert verify_proofs(document, NoResolver(), now=end - timedelta(seconds=1)).outcome is ProofOutcome.PASS
    assert verify_proofs(document, NoResolver(), now=end).outcome is ProofOutcome.UNVERIFIABLE


REFERENCE = os.environ.get("HEADWATER_REFERENCE")
if REFERENCE:
    STANDARDS = Path(REFERENCE, "standards")
    OURS = {
        "vc-di-eddsa/TestVectors/eddsa-jcs-2022/signedJCS.json": "the measuring tool had no JCS; the vector holds",
        "vc-di-eddsa/TestVectors/proof-set-chain/signedProofChain1.json": "the measuring tool had no chains; all hold",
        "openbadges-3.0/samples/1edtech-validator/credential-status-revoked.json": "its DID document is not to be had",
        "vc-signed-dcc/samples/v2/ed25519/didWeb/badDidWeb.json": "its DID document is not to be had",
        "vc-signed-dcc/samples/v2/dataIntegrityProof/didKey/twoOIDF-revoked-notExpired-badSchema.json": "inline context",
    }
    MEASURED = sorted(
        (f"{path.parent.name}/{name}", [proof["outcome"] for proof in proofs])
        for path in STANDARDS.glob("*/signature-outcomes.json")
        for name, proofs in json.loads(path.read_bytes()).items()
    )

    @pytest.mark.parametrize(("name", "measured"), MEASURED, ids=[name for name, _ in MEASURED])
    def test_the_measured_outcomes_of_the_reference_data_are_ours(name: str, measured: list[str]) -> None:
        """OK is what holds, and nothing else; where ours differs, `OURS` says why."""
        report = verify_proofs(json.loads(STANDARDS.joinpath(name).read_bytes()), DIDS, now=NOW)
        held = [each.outcome is ProofOutcome.PASS for each in report.proofs]
        assert (held != [each == "OK" for each in measured]) == (name in OURS), reasons(report)
