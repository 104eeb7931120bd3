"""Credentials that are stored and exported come back as they came, byte for byte, and are verified as before.

Those among the tests' own samples; with HEADWATER_REFERENCE every sample of every standard. What is not stored is
refused with its reason: what is invalid or tampered. Pictures go as `data:` URLs and come back as pictures.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from credential_table import FOLDERS, NOW, samples_in, verify_sample

from graph.backup import make_backup, restore_backup
from graph.learner_rules import DOCUMENTS_AT_MOST, OPERATOR, Reader
from graph.learners import Learners
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.data_urls import as_file, as_text
from ontology.credentials.verdicts import Verification
from ontology.credentials.verification import verify
from ontology.errors import InputError
from service.learners import new_document

OWN = Path(__file__).parent / "data" / "credentials"
HERSELF = Reader(who="learner", own=True, purpose="own")
Checked = Iterable[tuple[str, bytes, Verification]]


def outcome(learners: Learners, learner: str, content: bytes, found: Verification) -> str:
    """`stored`, or why not."""
    text = as_text(content)
    if found.verdict.value in ("invalid", "tampered"):
        with pytest.raises(InputError, match=found.verdict.value) as caught:
            learners.store_document(learner, new_document(text, found), OPERATOR)
        assert caught.value.code == "learners.document"
        return found.verdict.value
    learners.store_document(learner, new_document(text, found), OPERATOR)
    return "stored"


def exported(learners: Learners, learner: str) -> list[dict[str, Any]]:
    documents = learners.export(learner, HERSELF)["documents"]
    assert isinstance(documents, list)
    return documents


def round_trip(home: Path, samples: Checked) -> Counter[str]:
    """What became of the samples; all that was stored comes back, from the store and from a backup of it."""
    learners, outcomes = Learners(home / "home"), Counter[str]()
    kept: dict[str, list[tuple[bytes, Verification]]] = {}
    told = list({content: (name, content, found) for name, content, found in samples}.values())  # each once
    for first in range(0, len(told), DOCUMENTS_AT_MOST):
        learner = learners.add("Kim (invented)").id
        kept[learner] = []
        for _, content, found in told[first : first + DOCUMENTS_AT_MOST]:
            what = outcome(learners, learner, content, found)
            outcomes[what] += 1
            if what == "stored":
                kept[learner].append((content, found))
    make_backup(home / "home", home / "a.backup", with_keys=True)
    restore_backup(home / "a.backup", home / "elsewhere")
    for place in (learners, Learners(home / "elsewhere")):
        for learner, originals in kept.items():
            documents = exported(place, learner)
            assert len(documents) == len(originals)
            for document, (content, found) in zip(documents, originals, strict=True):
                assert as_file(document["text"]) == content
                assert document["sha256"] == hashlib.sha256(document["text"].encode()).hexdigest()
                assert (document["format"], document["verdict"]) == (found.format, found.verdict.value)
                assert document["issuer"] == found.issuer.id
    return outcomes


def test_our_own_samples_come_back(tmp_path: Path) -> None:
    """And are found to be the same again."""
    under = Circumstances(now=NOW)
    folders = [OWN / "1edtech", OWN / "dcc", OWN / "vc-di-eddsa"]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    samples = [(path.name, path.read_bytes()) for path in files]
    found = [(name, content, verify(content, under, name)) for name, content in samples]
    outcomes = round_trip(tmp_path, found)
    assert outcomes.total() == len({content for _, content in samples})
    assert outcomes["stored"] > 20


if "HEADWATER_REFERENCE" in os.environ:
    STANDARDS = Path(os.environ["HEADWATER_REFERENCE"]) / "standards"

    @pytest.mark.parametrize("standard", [name for name, _ in FOLDERS])
    def test_every_sample_of_a_standard_comes_back(standard: str, tmp_path: Path) -> None:
        """Each is stored, or refused for what docs/standards.md says of it."""
        samples = list(samples_in(STANDARDS, standard))
        found = [(name, content, verify_sample(STANDARDS, content, name).found) for name, content in samples]
        outcomes = round_trip(tmp_path, found)
        assert outcomes.total() == len({content for _, content in samples})
        assert outcomes["stored"] > 0
        again = [
            (name, content, verify_sample(STANDARDS, content, name).found) for name, content, first in found
            if first.verdict.value not in ("invalid", "tampered")
        ]  # fmt: skip
        assert [each[2] for each in again] == [each[2] for each in found if each[0] in {one[0] for one in again}]
