"""Embedded proofs: the W3C's vectors, sets and chains."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ontology.credentials.canonical import canonical_rdf
from ontology.credentials.proofs import data_to_sign, verify_proofs
from ontology.credentials.reports import ProofOutcome
from ontology.credentials.resolving import NoResolver

VECTORS = Path(__file__).parent / "data/credentials/vc-di-eddsa"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("path", sorted(VECTORS.rglob("signed*.json")), ids=lambda path: path.stem)
def test_the_vectors_of_the_w3c_hold(path: Path) -> None:
    """Every proof of every signed vector, those of sets and chains too."""
    document = json.loads(path.read_bytes())
    report = verify_proofs(document, NoResolver(), now=NOW)
    assert report.outcome is ProofOutcome.PASS
    assert {each.outcome for each in report.proofs} == {ProofOutcome.PASS}
    assert not report.issuer_proven, "the vectors' issuers are https addresses, their keys did:key"


def test_what_is_signed_is_what_the_vectors_print() -> None:
    """The canonical document and both hashes, byte for byte."""
    folder = VECTORS / "eddsa-rdfc-2022"
    document = json.loads(VECTORS.joinpath("unsigned.json").read_bytes())
    assert canonical_rdf(document) == folder.joinpath("canonDocDataInt.txt").read_text("utf-8")
    options = json.loads(folder.joinpath("proofConfigDataInt.json").read_bytes())
    data = data_to_sign(document, options, "eddsa-rdfc-2022")
    assert data.hex() == folder.joinpath("combinedHashDataInt.txt").read_text("utf-8").strip()
