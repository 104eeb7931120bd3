"""The service's verifier: what its own data folder issued needs no fetch, and too many documents at once are refused."""

import asyncio
import json
from pathlib import Path

import pytest
from test_graph_issuer import issue, new_issuer

from ontology.credentials.verdicts import Verdict
from ontology.errors import BusyError
from service import verifying
from service.settings import Settings
from service.verifying import DocumentVerifier


def test_what_the_data_folder_issued_is_verified_with_its_status_and_without_a_fetch(tmp_path: Path) -> None:
    """Its keys and status lists are given to the processes: verified and proven, and revoked once it was."""
    issuer = new_issuer(tmp_path)
    issued = issue(issuer).credential
    document = issued if isinstance(issued, str) else json.dumps(issued)

    async def verdicts() -> list[tuple[Verdict, bool]]:
        verifier = DocumentVerifier(Settings(home=tmp_path))
        async with verifier.running():
            before = (await verifier.verify([document]))[0]
            issuer.revoke(json.loads(document)["id"], by="the test")
            after = (await verifier.verify([document]))[0]
        return [(each.verdict, each.issuer.proven) for each in (before, after)]

    assert asyncio.run(verdicts()) == [(Verdict.VERIFIED, True), (Verdict.REVOKED, True)]


def test_more_documents_than_may_wait_are_told_to_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being verified goes on, and room is there again when it is done."""
    monkeypatch.setattr(verifying, "MAX_WAITING", 3)

    async def run() -> None:
        verifier = DocumentVerifier(Settings(home=tmp_path))
        async with verifier.running():
            first = asyncio.create_task(verifier.verify(["x"] * 3))
            await asyncio.sleep(0)
            with pytest.raises(BusyError) as refused:
                await verifier.verify(["x"])
            assert refused.value.code == "verify.busy"
            assert len(await first) == 3
            assert len(await verifier.verify(["x"] * 3)) == 3

    asyncio.run(run())
