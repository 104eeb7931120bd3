"""What documents say that a learner has, as rows of a snapshot, and whether it counts.

Knows what verdicts mean for counting (docs/credentials.md, "What counts"); verifies nothing. Pure. Called by the
service and the command line.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from ontology.credentials.claims import Claim, LevelClaim, Reference
from ontology.credentials.verdicts import Outcome, Step, Verdict, Verification

from .layout import ResourceType
from .policy import Binding, HeldAward, Standing
from .references import coded_rows, fold
from .scales import find_level_by_iri
from .snapshot import Snapshot

HOLDABLE: Final = (ResourceType.CREDENTIAL, ResourceType.COURSE, ResourceType.COMPETENCY)
"""What an achievement can be, or be aligned to."""

_CTID: Final = re.compile(r"ce-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_GUID: Final = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f-])", re.IGNORECASE)
_STANDINGS: Final = {
    Verdict.REVOKED: Standing.REVOKED,
    Verdict.SUSPENDED: Standing.SUSPENDED,
    Verdict.NOT_YET_VALID: Standing.NOT_YET_VALID,
    Verdict.EXPIRED: Standing.EXPIRED,
}
NOBODY: Final[Mapping[int, str]] = MappingProxyType({})
_REASONS: Final = {
    Binding.RECIPIENT: "Its recipient is the learner named.",
    Binding.PRESENTATION: "Its holder presented it, and answered a challenge with the holder's key.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """What a document says, looked up: rows by IRI, and what leads nowhere, as it was said."""

    rows: tuple[int, ...] = ()
    unresolved: tuple[str, ...] = ()


class References:
    """Looks references up in a release, each once: documents repeat them, and are both counted and told of."""

    def __init__(self, snapshot: Snapshot):
        self.snapshot = snapshot
        self._found: dict[Reference, int | None] = {}

    def find(self, reference: Reference) -> int | None:
        """As `find`."""
        if reference not in self._found:
            self._found[reference] = find(self.snapshot, reference)
        return self._found[reference]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDocuments:
    """Several documents of one query."""

    awards: tuple[HeldAward, ...]
    """What they say that is known here; each says whether it counts."""
    odd: frozenset[int]
    """Positions of the documents that are about somebody else than the others."""


def recognise(references: References, verification: Verification) -> Recognised:
    """What a document and what is inside of it says, looked up in the release. Nothing of an invalid one."""
    rows: set[int] = set()
    unresolved: dict[str, None] = {}
    for leaf in leaves(verification):
        for claim in leaf.claims:
            for reference in (claim.achievement, *claim.alignments):
                row = references.find(reference)
                if row is None:
                    unresolved[reference.shown] = None
                else:
                    rows.add(row)
    return Recognised(rows=tuple(sorted(rows)), unresolved=tuple(unresolved))


def leaves(verification: Verification) -> Iterator[Verification]:
    """The document itself, then the credentials inside of it, at all depths."""
    yield verification
    for each in verification.embedded:
        yield from leaves(each)


def find(snapshot: Snapshot, reference: Reference) -> int | None:
    """Row of a credential, course or competency that is meant, by IRI, CTID, CASE GUID, then code; None without one.

    A code must be that of one thing alone; where the reference names a framework, of one in that framework.
    """
    for iri in reference.iris:
        row = snapshot.find_row(iri)
        if row >= 0 and snapshot.types[snapshot.canonical[row]] in HOLDABLE:
            return int(snapshot.canonical[row])
    for system, value in _identifiers(reference):
        found = _holdable(snapshot, coded_rows(snapshot, value), system)
        if len(found) == 1:
            return found[0]
    for _, value in reference.codes:
        found = _holdable(snapshot, coded_rows(snapshot, value), None)
        if reference.framework is not None:
            found = [row for row in found if _is_in(snapshot, row, reference.framework)] or found
        if len(found) == 1:
            return found[0]
    return None


def _identifiers(reference: Reference) -> Iterator[tuple[str, str]]:
    """(code system, value) of the CTIDs and CASE GUIDs in what a reference says."""
    texts = (*reference.iris, *(value for _, value in reference.codes))
    for text in texts:
        for found in _CTID.findall(text):
            yield "ctid", found
    for text in texts:
        for found in _GUID.findall(text):
            yield "case", found


def _holdable(snapshot: Snapshot, coded: Iterable[tuple[int, str]], system: str | None) -> list[int]:
    rows = {int(snapshot.canonical[row]) for row, said in coded if system is None or said == system}
    return sorted(row for row in rows if snapshot.types[row] in HOLDABLE)


def _is_in(snapshot: Snapshot, row: int, framework: str) -> bool:
    """Whether a framework's name or IRI is that of a row's framework."""
    own = int(snapshot.framework[row])
    if own < 0:
        return False
    names = {snapshot.iris[own], *(snapshot.label_texts[entry] for entry in snapshot.span("label_offsets", own))}
    return fold(framework) in {fold(name) for name in names}


# ------------------------------------------------------------------------------------------------ counting


def count_documents(
    references: References,
    documents: Sequence[Verification],
    *,
    recipients: Collection[str] = (),
    holders: Mapping[int, str] = NOBODY,
    count_unproven: bool = False,
) -> CountedDocuments:
    """What a query's documents say that a learner has, and what of it counts.

    A document counts where it is verified, its issuer proven or trusted, and its subject the one that the documents
    share: the one of most that would count, else of the first. Where `recipients` are given, each document must be
    about one of them by itself: by an id, or by an identity that verification compared. Nothing is joined then, since
    whoever issues a credential could join two people. The same where the holder of a presentation answered a challenge:
    the learner is who holds that key (the first of several). With `count_unproven` those of unproven issuers, those
    that cannot be verified and those that do not say whose they are count too.

    Args:
        holders: by position of a presentation, who answered the challenge that the caller was given.
    """
    awards: list[HeldAward] = []
    odd: set[int] = set()
    for found in _judged(documents, recipients, holders, count_unproven=count_unproven):
        if found.odd:
            odd.add(found.place)
        for claim in found.leaf.claims:
            said = _awards(
                references, claim, found.standing, counts=found.counts, reason=found.reason, binding=found.binding
            )
            awards.extend(replace(award, document=found.place) for award in said)
    return CountedDocuments(awards=tuple(dict.fromkeys(awards)), odd=frozenset(odd))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedClaim:
    """What a document that counts says that its subject has, not yet looked up in any release."""

    reference: Reference
    valid_until: str | None
    """The last moment at which the document is not expired."""


def counted_claims(documents: Sequence[Verification]) -> Iterator[CountedClaim]:
    """What counts of several documents, as `count_documents` counts them, whatever the release knows of it."""
    for found in _judged(documents, (), {}, count_unproven=False):
        for claim in found.leaf.claims if found.counts else ():
            for reference in (
                (claim.achievement, *claim.alignments) if claim.unachieved is claim.against is None else ()
            ):
                yield CountedClaim(reference=reference, valid_until=found.leaf.valid_until)


class _Judged(NamedTuple):
    """A credential in a document, and whether it counts."""

    place: int
    """Of the document."""
    leaf: Verification
    standing: Standing
    counts: bool
    reason: str | None
    odd: bool
    """Whether it is about somebody else."""
    binding: Binding


def _judged(
    documents: Sequence[Verification],
    recipients: Collection[str],
    holders: Mapping[int, str],
    *,
    count_unproven: bool,
) -> Iterator[_Judged]:
    entries = [(place, leaf) for place, document in enumerate(documents) for leaf in leaves(document)]
    shared = _shared_subject([leaf for _, leaf in entries], count_unproven=count_unproven)
    holder = holders[min(holders)] if holders else None
    given = frozenset(recipients) | ({holder} if holder else frozenset())
    for place, leaf in entries:
        standing, counts, reason = _judge(leaf, count_unproven=count_unproven)
        binding = _binding(leaf, holder if holders.get(place) == holder else None, recipients, given or shared)
        odd = binding is None and bool(leaf.claims)
        if odd:
            counts, reason = False, f"It is about somebody else than {_whom(holders, place, recipients)}."
        reason = reason or (None if binding is None else _REASONS.get(binding))
        bound = Binding.CLAIMED if binding is None else binding
        yield _Judged(place, leaf, standing, counts, reason, odd, bound)


def _judge(leaf: Verification, *, count_unproven: bool) -> tuple[Standing, bool, str | None]:
    """(standing, whether it counts, why it is not simply verified) of one credential, its subject not looked at."""
    if leaf.verdict in _STANDINGS:
        return _STANDINGS[leaf.verdict], False, leaf.reason
    if leaf.verdict in (Verdict.INVALID, Verdict.TAMPERED):
        return Standing.UNPROVEN, False, f"It is {leaf.verdict.value}: {leaf.reason}"
    if leaf.verdict is Verdict.UNVERIFIABLE:
        return Standing.UNPROVEN, count_unproven, f"It cannot be verified: {leaf.reason}"
    if not (leaf.issuer.proven or leaf.issuer.trusted):
        return Standing.UNPROVEN, count_unproven, "It is not proven that the key is the issuer's."
    if not leaf.subject_ids:
        return Standing.UNPROVEN, count_unproven, "It does not say whose it is."
    return Standing.VERIFIED, True, None


def _binding(
    leaf: Verification, holder: str | None, recipients: Collection[str], learner: frozenset[str]
) -> Binding | None:
    """How a credential is known to be the learner's; None where it is somebody else's.

    Args:
        holder: who presents it and answered a challenge, where that is the learner.
        learner: every identifier that is theirs.
    """
    if holder is not None and holder in leaf.subject_ids:
        return Binding.PRESENTATION
    compared = any(check.step is Step.RECIPIENT and check.outcome is Outcome.PASS for check in leaf.checks)
    if recipients and (compared or not leaf.subject_ids.isdisjoint(recipients)):
        return Binding.RECIPIENT
    if not leaf.subject_ids:
        return Binding.CLAIMED
    return Binding.SAME_SUBJECT if leaf.subject_ids & learner else None


def _whom(holders: Mapping[int, str], place: int, recipients: Collection[str]) -> str:
    """Whom a document that is odd should be about."""
    if place in holders:
        return "the holder of the presentation"
    return "the learner named" if recipients or holders else "the other documents"


def _shared_subject(found: Sequence[Verification], *, count_unproven: bool) -> frozenset[str]:
    """Every identifier of the subject that the documents share."""
    groups: list[tuple[set[str], int, int]] = []
    for order, leaf in enumerate(found):
        if not leaf.subject_ids or not leaf.claims:
            continue
        ids, weight = set(leaf.subject_ids), int(_judge(leaf, count_unproven=count_unproven)[1])
        joined = [group for group in groups if group[0] & ids]
        groups = [group for group in groups if not group[0] & ids]
        groups.append(
            (
                ids.union(*(group[0] for group in joined)),
                weight + sum(group[1] for group in joined),
                min([order, *(group[2] for group in joined)]),
            )
        )
    return frozenset(max(groups, key=lambda group: (group[1], -group[2]))[0]) if groups else frozenset()


def _awards(
    references: References, claim: Claim, standing: Standing, *, counts: bool, reason: str | None, binding: Binding
) -> Iterator[HeldAward]:
    """What one claim gives: the achievement and what it is aligned to, each that is known here."""
    if claim.unachieved is not None or claim.against is not None:
        counts, reason = False, claim.against or f"Its result says {claim.unachieved!r}."
    snapshot = references.snapshot
    for reference in (claim.achievement, *claim.alignments):
        row = references.find(reference)
        if row is None:
            continue
        value, scale = None, -1
        if snapshot.types[row] == ResourceType.COMPETENCY:
            value, scale = level_of(snapshot, reference.levels)
        yield HeldAward(
            row=row, value=value, scale=scale, standing=standing, counts=counts, reason=reason, binding=binding
        )


def level_of(snapshot: Snapshot, claims: Sequence[LevelClaim]) -> tuple[float | None, int]:
    """(value, scale row) of the first result on a scale of the release; (None, -1) where none has a place on one.

    A level of a scale that the result names by IRI is that level (`graph.scales`), whatever numbers stand beside it.
    A number is taken by its place in the result's own range, as it is where no range is said. Of ordered values without
    numbers, or with numbers off the scale, the place among them decides, the first being the lowest.
    """
    placed = (_placed(snapshot, claim) for claim in claims)
    return next((found for found in placed if found[1] >= 0), (None, -1))


def _placed(snapshot: Snapshot, claim: LevelClaim) -> tuple[float | None, int]:
    for iri in claim.levels:
        named = find_level_by_iri(snapshot, iri)
        if named is not None:
            return named
    scales = snapshot.derived("scales by name", _scales_by_name)
    scale = next((scales[fold(name)] for name in claim.scales if fold(name) in scales), -1)
    if scale < 0:
        return None, -1
    low, high = float(snapshot.scale_minimum[scale]), float(snapshot.scale_maximum[scale])
    if not low < high:
        return None, -1
    value = claim.value
    if value is not None and claim.minimum is not None and claim.maximum is not None and claim.maximum > claim.minimum:
        value = low + (value - claim.minimum) / (claim.maximum - claim.minimum) * (high - low)
    if value is not None and low <= value <= high:
        return value, scale
    if claim.position is not None and claim.count > 1:
        return low + claim.position / (claim.count - 1) * (high - low), scale
    return None, -1


def _scales_by_name(snapshot: Snapshot) -> dict[str, int]:
    """Scales by folded IRI, and by a label that is of one alone."""
    found: dict[str, int] = {}
    twice: set[str] = set()
    for row in range(len(snapshot.scale_iris)):
        names = {fold(snapshot.scale_label_texts[entry]) for entry in snapshot.span("scale_label_offsets", row)}
        for name in (fold(snapshot.scale_iris[row]), *names):
            if found.setdefault(name, row) != row:
                twice.add(name)
    return {name: row for name, row in found.items() if name not in twice}
