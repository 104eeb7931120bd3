"""Many credentials: verdicts in order, none lost to one that hangs, no more read ahead than fits."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import psutil
import pytest
from credential_signing import LEARNER, Signer, badge, record

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.verdicts import Verdict
from ontology.credentials.verification import verify
from ontology.credentials.verifying_worker import Request, Terms
from ontology.model import Finding, FindingLevel
from service import verifying_many
from service.verifying_many import WAITING_PER_WORKER, NamedDocument, verify_documents

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ASKED = Request(now=NOW)
SIGNER = Signer()
GOOD = json.dumps(SIGNER.sign(badge(SIGNER))).encode()
FINDING = Finding(level=FindingLevel.MUST, code="document.damaged", message="x")


def named(number: int, data: bytes = GOOD) -> NamedDocument:
    return NamedDocument(file=f"{number}.json", line=None, data=data)


def test_verdicts_are_those_of_one_process_in_the_order_of_the_documents() -> None:
    """Quick and slow ones, findings between them; whole verdicts are equal."""
    inside = [SIGNER.sign(badge(SIGNER, id=f"urn:uuid:{number}")) for number in range(20)]
    slow = json.dumps(SIGNER.sign(record(SIGNER, [*inside]))).encode()
    token = SIGNER.token(badge(SIGNER)).encode()
    given: list[NamedDocument | Finding] = []
    for number in range(60):
        given.append(named(number, [slow, GOOD, b"{", token, GOOD[:-40]][number % 5]))
        given += [FINDING] if number % 7 == 0 else []
    under = Circumstances(now=NOW)
    expected = [each if isinstance(each, Finding) else (each, verify(each.data, under, each.file)) for each in given]
    for workers in (1, 2, 5):
        assert list(verify_documents(given, Terms(), ASKED, workers=workers)) == expected
    somebody = replace(ASKED, recipients=("ann@example.org",))
    alone = verify(GOOD, Circumstances(now=NOW, recipients=("ann@example.org",)), "0.json")
    assert list(verify_documents([named(0)], Terms(), somebody, workers=1)) == [(named(0), alone)]


def test_one_that_hangs_costs_its_own_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is ended; the documents before and behind it, in both processes, have theirs."""
    many = [SIGNER.sign(badge(SIGNER, id=f"urn:uuid:{number}")) for number in range(300)]
    subject = {"id": LEARNER, "type": ["ClrSubject"], "verifiableCredential": many}
    poison = json.dumps(SIGNER.sign(record(SIGNER, [], credentialSubject=subject))).encode()
    monkeypatch.setattr(verifying_many, "SECONDS", 0.3)
    documents = [named(number, poison if number in (3, 4, 20) else b"{") for number in range(30)]
    found = [told[1] for told in verify_documents(documents, Terms(), ASKED, workers=2) if isinstance(told, tuple)]
    assert {number for number, each in enumerate(found) if each.verdict is Verdict.UNVERIFIABLE} >= {3, 4, 20}
    assert sum(each.verdict is Verdict.INVALID for each in found) > 15


def test_a_process_that_is_killed_is_replaced() -> None:
    """SIGKILL to one on the way: at most its own document is without a verdict."""
    others = {child.pid for child in psutil.Process().children(recursive=True)}
    found = []
    for number, told in enumerate(verify_documents(map(named, range(40)), Terms(), ASKED, workers=2)):
        assert isinstance(told, tuple)
        found.append(told[1].verdict)
        if number == 5:
            started = [child for child in psutil.Process().children() if child.pid not in others]
            started[0].kill()
    assert len(found) == 40
    assert sum(each is Verdict.VERIFIED for each in found) >= 39


def test_no_more_is_read_than_waits_and_no_process_stays() -> None:
    """What is named is drawn as verdicts are taken; who stops early leaves nothing behind."""
    drawn = []

    def documents() -> Iterator[NamedDocument]:
        for number in range(1000):
            drawn.append(number)
            yield named(number)

    others = {child.pid for child in psutil.Process().children(recursive=True)}
    told = verify_documents(documents(), Terms(), ASKED, workers=2)
    for _ in range(3):
        next(told)
    assert len(drawn) <= 3 + 2 * WAITING_PER_WORKER
    told.close()  # type: ignore[attr-defined]  # a generator
    assert {child.pid for child in psutil.Process().children(recursive=True)} <= others
