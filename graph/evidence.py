"""What was found of a learner's documents when they were verified: what a search over many learners counts.

A document takes milliseconds to verify, so of a hundred thousand learners the verdicts are kept: sealed beside the
documents, without their texts. What has an end is held against the time of the question; that a credential was revoked
since is known from the next verification on, of the data folder's own issuer at once (`talent_index`). Pure.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from pydantic import TypeAdapter, ValidationError

from ontology.credentials.verdicts import Verification

FORM: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found of one document."""

    checked_at: str
    """When it was verified, RFC 3339 in UTC."""
    found: Verification
    """Without what only people read: names, the steps and their reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceBook:
    """What was found of all documents of a learner, by their ids."""

    form: int = FORM
    documents: dict[str, Evidence] = field(default_factory=dict)

    def having(self, document: str, evidence: Evidence) -> "EvidenceBook":
        """The same with this one."""
        return replace(self, documents=self.documents | {document: evidence})

    def only(self, documents: set[str]) -> "EvidenceBook":
        """The same without those of other documents."""
        return replace(self, documents={key: each for key, each in self.documents.items() if key in documents})

    def to_json(self) -> bytes:
        """As it is sealed."""
        return _books().dump_json(self)


@cache
def _books() -> "TypeAdapter[EvidenceBook]":
    return TypeAdapter(EvidenceBook)


def read_book(content: bytes) -> EvidenceBook:
    """What `to_json` gave. Raises ValueError for anything else, also what a later version wrote."""
    try:
        found = _books().validate_json(content)
    except ValidationError as error:
        raise ValueError("it is no evidence") from error
    if found.form != FORM:
        raise ValueError("a later version wrote it")
    return found


def evidence_of(found: Verification, checked_at: str) -> Evidence:
    """What is kept of a verification."""
    return Evidence(checked_at=checked_at, found=_bare(found))


def _bare(found: Verification) -> Verification:
    return replace(found, name=None, checks=(), embedded=tuple(_bare(each) for each in found.embedded))
