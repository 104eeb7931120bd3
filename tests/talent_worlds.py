"""Learners of a search from what they hold, and documents as a verifier finds them. Shared by tests of talent search."""

import secrets
from collections.abc import Sequence
from typing import Any

from graph.learner_rules import NewDocument
from graph.matching import Held
from graph.snapshot import Snapshot
from graph.talent_columns import FOREVER, Entry, Part
from ontology.credentials.claims import Claim, LevelClaim, Reference
from ontology.credentials.verdicts import Issuer, Verdict, Verification


def references_of(snapshot: Snapshot, held: Held) -> list[Reference]:
    """What documents would say that somebody has who holds this."""
    found = [Reference(iris=(snapshot.iris[row],)) for row in (*held.credentials, *held.courses)]
    for claim in held.competencies:
        scales = () if claim.scale < 0 else (snapshot.scale_iris[claim.scale],)
        levels = () if claim.value is None else (LevelClaim(scales=scales, value=claim.value),)
        found.append(Reference(iris=(snapshot.iris[claim.row],), levels=levels))
    return found


def part_of(snapshot: Snapshot, learners: Sequence[Held]) -> tuple[Part, list[Reference]]:
    """(learners, findable by receiver 0 for ever, the claims by number)."""
    claims: dict[Reference, int] = {}
    entries = []
    for number, held in enumerate(learners):
        own = {claims.setdefault(each, len(claims)) for each in references_of(snapshot, held)}
        awards = tuple((claim, FOREVER) for claim in sorted(own))
        entries.append(Entry(learner=f"{number:032x}", consents=((0, FOREVER),), awards=awards))
    return Part(entries), list(claims)


def proven(*iris: str, subject: str = "did:example:ada", **changes: Any) -> Verification:
    """What a verifier says of a good credential for these things. All invented."""
    claims = tuple(Claim(achievement=Reference(iris=(iri,), name="An award")) for iri in iris)
    given: dict[str, Any] = {
        "format": "ob3",
        "verdict": Verdict.VERIFIED,
        "issuer": Issuer(id="did:example:college", proven=True),
        "subject_ids": frozenset({subject}),
        "claims": claims,
    }
    return Verification(**(given | changes))


def new(found: Verification, text: str | None = None) -> NewDocument:
    """A document that the verifier found so."""
    content = text if text is not None else secrets.token_hex(8)
    return NewDocument(
        text=content, format=found.format, verdict=found.verdict.value, issuer=found.issuer.id, found=found
    )
