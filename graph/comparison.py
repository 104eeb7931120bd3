"""A dataset's new content beside the version before: what comes, changes and goes, and whether too much goes.

Writes nothing. Called by `loading`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ontology.errors import DamagedError
from ontology.model import (
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    JobRole,
    Record,
)
from ontology.rdf import from_nquads_lines

from .archive import Archive, find_differences
from .impact import NO_IMPACT, Impact, ImpactFinder
from .snapshot import DatasetInfo, Snapshot

ALLOWED_SHARE = 10
"""One in so many subjects of a dataset may go without `--allow-removals`."""
EXAMPLES = 3
LASTING = (Framework, Competency, Course, Credential, JobRole)
"""What keeps its IRI when its content changes. A statement's is often derived from it: changed, it goes and comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How many records come, change and go, by name of the record, sorted."""

    added: dict[str, int]
    changed: dict[str, int]
    removed: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The new content beside the version before."""

    changes: Changes
    removed: tuple[str, ...]
    """IRIs of what goes."""
    lost: int
    """Lasting things that go, and by how many statements there are fewer."""
    before: int
    """Subjects of the version before."""
    unchanged: int
    impact: Impact = NO_IMPACT
    findings: tuple[Finding, ...] = ()

    @property
    def loaded(self) -> int:
        """New or changed subjects."""
        return sum(self.changes.added.values()) + sum(self.changes.changed.values())


def compare(
    old: Archive,
    before: DatasetInfo | None,
    new: Archive,
    after: DatasetInfo,
    records: Sequence[Record],
    snapshot: Snapshot,
) -> Comparison:
    """The content `after` in the archive `new`, which is `records`, beside `before` in `old`.

    A version before that is damaged counts as none, with a should-finding: loading again is the way out of it.
    """
    if before is None:
        return _all_new(records, ())
    added, changed, removed = Counter[str](), Counter[str](), Counter[str]()
    iris: list[str] = []
    impact = ImpactFinder.on(snapshot)
    try:
        old_lines = () if before.checksum == after.checksum else old.lines(before.name, before.checksum)
        new_lines = () if before.checksum == after.checksum else new.lines(after.name, after.checksum)
        for each in find_differences(old_lines, new_lines):
            was, comes = (next(from_nquads_lines(lines), None) for lines in (each.before, each.after))
            kind = type(comes or was).__name__
            (changed if was and comes else added if comes else removed)[kind] += 1
            impact.take(was, comes)
            if not each.after:
                iris.append(each.subject)
    except DamagedError as error:
        return _all_new(records, (_damaged(before, error),))
    unchanged = len(records) - added.total() - changed.total()
    lasting = {kind.__name__ for kind in LASTING}
    return Comparison(
        changes=Changes(added=_sorted(added), changed=_sorted(changed), removed=_sorted(removed)),
        removed=tuple(iris),
        lost=sum(number if kind in lasting else max(0, number - added[kind]) for kind, number in removed.items()),
        before=unchanged + changed.total() + removed.total(),
        unchanged=unchanged,
        impact=impact.find(),
    )


def judge_removals(found: Comparison, dataset: str, *, allowed: bool) -> Iterator[Finding]:
    """A finding where more than a tenth of a dataset goes: must, or should where that is allowed."""
    if found.lost * ALLOWED_SHARE > found.before:
        yield Finding(
            level=FindingLevel.SHOULD if allowed else FindingLevel.MUST,
            code="load.many-removals",
            message=f"Got a version of {dataset} that lacks {found.lost} of the {found.before} things and statements "
            f"before it, expected at most a tenth to go: {_examples(found.removed)}.",
            subject=found.removed[0] if found.removed else None,
            fix="Load the whole dataset, or allow the removals (--allow-removals).",
        )


def find_orphans(snapshot: Snapshot, dataset: str, removed: Iterable[str], *, allowed: bool) -> Iterator[Finding]:
    """A finding for each thing that goes and that other datasets require, teach, award, or say so of.

    Must, or should where that is allowed. An alignment may lead to anything and is no reason.
    """
    own = next((row for row, info in enumerate(snapshot.datasets) if info.name == dataset), -1)
    if own < 0:
        return  # an overlay: nothing outside of it names what it adds
    rows = {row for iri in removed if (row := snapshot.find_row(iri)) >= 0 and snapshot.dataset[row] == own}
    if not rows:
        return
    naming: dict[int, Counter[str]] = {}
    for named, by in _namings(snapshot):
        if named in rows and by not in (own, -1):
            naming.setdefault(named, Counter())[snapshot.datasets[by].name] += 1
    for row in sorted(naming):
        names = ", ".join(f"{name} ({times})" for name, times in sorted(naming[row].items()))
        yield Finding(
            level=FindingLevel.SHOULD if allowed else FindingLevel.MUST,
            code="load.orphaned",
            message=f"{dataset} no longer has <{snapshot.iris[row]}>, which requirements, teachings or awards of other "
            f"datasets name, expected it to stay: {names}.",
            subject=snapshot.iris[row],
            fix="Name its successor, change the other datasets first, or allow it (--allow-removals).",
        )


def _namings(snapshot: Snapshot) -> Iterator[tuple[int, int]]:
    """(row of a resource, row of a dataset that makes a statement which cannot be without it)."""
    for named, by in (
        (snapshot.node_target.tolist(), snapshot.node_dataset),
        (snapshot.node_owner.tolist(), snapshot.node_dataset),
        (snapshot.teaches_competency.tolist(), snapshot.teaches_dataset),
        (_subjects(snapshot, "teaches_offsets"), snapshot.teaches_dataset),
        (snapshot.awards_credential.tolist(), snapshot.awards_dataset),
        (_subjects(snapshot, "awards_offsets"), snapshot.awards_dataset),
    ):
        yield from zip(named, by.tolist(), strict=True)


def _subjects(snapshot: Snapshot, offsets: str) -> list[int]:
    """Row of the subject of each entry of a CSR column."""
    return [row for row in range(len(snapshot.iris)) for _ in snapshot.span(offsets, row)]


def _all_new(records: Sequence[Record], findings: tuple[Finding, ...]) -> Comparison:
    added = Counter(type(record).__name__ for record in records)
    return Comparison(
        changes=Changes(added=_sorted(added), changed={}, removed={}),
        removed=(),
        lost=0,
        before=0,
        unchanged=0,
        findings=findings,
    )


def _damaged(before: DatasetInfo, error: DamagedError) -> Finding:
    return Finding(
        level=FindingLevel.SHOULD,
        code="load.damaged-version",
        message=f"The version before cannot be read: {error.message}",
        subject=before.iri,
        fix="Nothing: this load replaces it. A roll-back to a release that has it needs a backup.",
    )


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))


def _examples(iris: Sequence[str]) -> str:
    shown = ", ".join(iris[:EXAMPLES])
    return f"{shown} and {len(iris) - EXAMPLES} more" if len(iris) > EXAMPLES else shown or "statements"
