"""How the achievements of one record belong together, as far as a release says: parts, order, correspondence.

Pure, on a snapshot. Called by who gathers credentials into a record.
Source of the words: CLR 2.0 (1EdTech), AssociationType; an association leads from one achievement to another.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from ontology.credentials.associations import Association, AssociationType
from ontology.credentials.claims import Claim
from ontology.credentials.verdicts import Verification
from ontology.model import Relation

from .awards import References, leaves
from .layout import RELATIONS, ResourceType
from .snapshot import Snapshot

ASSOCIATIONS_AT_MOST: Final = 1_000
"""Of one record."""


def associations_of(snapshot: Snapshot, documents: Sequence[Verification]) -> tuple[Association, ...]:
    """The associations between achievements that the release knows, sorted; at most `ASSOCIATIONS_AT_MOST`.

    A competency is the child of its broader ones and a part of what certifies or teaches it; a course precedes the
    credential that it leads to, a prerequisite what it is needed for. Exact alignments, and two definitions of the same
    thing, are exact matches; other alignments are relations.
    """
    named = _achievements(snapshot, documents)
    found = dict.fromkeys(_same(named))
    for row in named:
        for target, word, away in _links(snapshot, row):
            for source_id in named[row]:
                for target_id in named.get(target, ()) if target != row else ():
                    ends = (source_id, target_id) if away else (target_id, source_id)
                    found[Association(type=word, source=ends[0], target=ends[1])] = None
            if len(found) > ASSOCIATIONS_AT_MOST:
                return _first(found)
    return _first(found)


def _first(found: dict[Association, None]) -> tuple[Association, ...]:
    return tuple(sorted(found, key=lambda each: (each.source, each.target, each.type)))[:ASSOCIATIONS_AT_MOST]


def _achievements(snapshot: Snapshot, documents: Sequence[Verification]) -> dict[int, list[str]]:
    """IRIs of achievements by the row of what they are; of each thing in the order in which it is named."""
    references = References(snapshot)
    named: dict[int, dict[str, None]] = {}
    for document in documents:
        for leaf in leaves(document):
            for claim in leaf.claims:
                row = _meant(references, claim)
                if row is not None and claim.achievement.iris:
                    named.setdefault(row, {})[claim.achievement.iris[0]] = None
    return {row: list(iris) for row, iris in named.items()}


def _meant(references: References, claim: Claim) -> int | None:
    """What an achievement is; where nothing says so, the one thing that it is aligned to."""
    row = references.find(claim.achievement)
    if row is not None:
        return row
    aligned = {found for each in claim.alignments if (found := references.find(each)) is not None}
    return aligned.pop() if len(aligned) == 1 else None


def _same(named: dict[int, list[str]]) -> Iterator[Association]:
    for first, *others in named.values():
        for other in others:
            yield Association(type=AssociationType.EXACT_MATCH, source=other, target=first)


def _links(snapshot: Snapshot, row: int) -> Iterator[tuple[int, AssociationType, bool]]:
    """(row of another thing, the word, whether it is said of this row rather than of the other)."""

    def canonical(other: int) -> int:
        return int(snapshot.canonical[other])

    for entry in snapshot.span("broader_offsets", row):
        yield canonical(int(snapshot.broader[entry])), AssociationType.CHILD, True
    for entry in snapshot.span("teaches_offsets", row):
        yield canonical(int(snapshot.teaches_competency[entry])), AssociationType.PART, False
    for entry in snapshot.span("awards_offsets", row):
        yield canonical(int(snapshot.awards_credential[entry])), AssociationType.PRECEDES, True
    if snapshot.types[row] in (ResourceType.COURSE, ResourceType.CREDENTIAL):
        for node in snapshot.span("node_offsets", row):
            if snapshot.node_target[node] >= 0:
                yield canonical(int(snapshot.node_target[node])), AssociationType.PRECEDES, False
    first, end = np.searchsorted(snapshot.alignment_subject, (row, row + 1))
    for entry in range(int(first), int(end)):
        exact = RELATIONS[int(snapshot.alignment_relation[entry])] is Relation.EXACT
        word = AssociationType.EXACT_MATCH if exact else AssociationType.RELATED
        yield canonical(int(snapshot.alignment_object[entry])), word, True
