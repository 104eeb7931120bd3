"""Documents are verified in processes: the same verdicts, under the same terms, and none waits for one that takes too long."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from credential_signing import Signer, badge, record

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.trust import TrustList
from ontology.credentials.verdicts import Verdict
from ontology.credentials.verification import verify
from ontology.credentials.verifying_process import VerifyingProcesses
from ontology.credentials.verifying_worker import Terms

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ISSUER = "https://college.example/issuer"
SIGNER = Signer()
GOOD = json.dumps(SIGNER.sign(record(SIGNER, [SIGNER.sign(badge(SIGNER))])))
TRUSTED = json.dumps(
    SIGNER.sign(badge(SIGNER, issuer={"id": ISSUER, "type": ["Profile"]}), method=f"{ISSUER}#{SIGNER.multikey}")
)


@pytest.fixture(scope="module")
def processes() -> Iterator[VerifyingProcesses]:
    made = VerifyingProcesses(Terms(trusted={ISSUER: [SIGNER.multikey]}))
    yield made
    made.close()


def test_a_process_finds_what_is_found_here(processes: VerifyingProcesses) -> None:
    """Whole verdicts, with what is inside and what is claimed, survive the way between processes."""
    under = Circumstances(now=NOW, trust=TrustList({ISSUER: frozenset({SIGNER.multikey})}))
    for document in (GOOD, TRUSTED, "x", "{}"):
        assert processes.verify(document, NOW) == verify(document.encode(), under)
    assert processes.verify(TRUSTED, NOW).issuer.trusted
    assert processes.verify("\ud800", NOW).verdict is Verdict.INVALID


def test_documents_that_are_given_need_no_fetch(processes: VerifyingProcesses) -> None:
    """A key document by its address."""
    did = "did:web:college.example"
    document = json.dumps(SIGNER.sign(badge(SIGNER, issuer={"id": did, "type": ["Profile"]}), method=f"{did}#k"))
    method = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": SIGNER.multikey}
    published = {"id": did, "verificationMethod": [method], "assertionMethod": [method["id"]]}
    assert processes.verify(document, NOW).verdict is Verdict.UNVERIFIABLE
    found = processes.verify(document, NOW, {"https://college.example/.well-known/did.json": json.dumps(published)})
    assert (found.verdict, found.issuer.proven) == (Verdict.VERIFIED, True)


def test_several_threads_get_each_their_own_verdict(processes: VerifyingProcesses) -> None:
    """Whoever asks gets the answer to what it asked."""
    documents = [GOOD, "x", TRUSTED, "{}"] * 5
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(partial(processes.verify, now=NOW), documents))
    assert [each.verdict for each in found] == [
        Verdict.VERIFIED, Verdict.INVALID, Verdict.VERIFIED, Verdict.INVALID
    ] * 5  # fmt: skip


def test_a_document_that_takes_too_long_costs_its_process_and_no_other() -> None:
    """It is told that nothing is known of it; the next document gets a new process."""
    many = json.dumps(record(SIGNER, [SIGNER.sign(badge(SIGNER, id=f"urn:uuid:{n}")) for n in range(200)]))
    hurried = VerifyingProcesses(Terms(), at_once=1, seconds=0.01)
    try:
        for _ in range(2):
            found = hurried.verify(many, NOW)
            assert found.verdict is Verdict.UNVERIFIABLE
            assert "0.01 s" in str(found.reason)
    finally:
        hurried.close()
