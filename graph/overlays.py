"""Overlays: what a dataset of additions and amendments makes of others. Pure, on records; asks no file and no database.

An overlay owns its additions, which are ordinary records, and amends what others own. Views are composed of a
release's snapshot and overlays in their order; nothing is forked. See docs/overlays.md. Called by `views`, `conflicts`,
`drafts` and `loading`.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ontology.model import (
    ONTOLOGY,
    Alignment,
    Amendment,
    Awarding,
    Competency,
    Finding,
    FindingLevel,
    Importance,
    LevelMapping,
    Record,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
    sorted_texts,
)
from ontology.rdf import to_nquads_lines

from .layout import DatasetInfo
from .snapshot import Snapshot
from .snapshot_build import build_columns
from .snapshot_records import records_of

OVERLAYS_AT_MOST = 10
"""In one view: each is gone through once, and nobody keeps more of them in mind."""

Node = Requirement | RequirementGroup
Entry = tuple[int, Record]
"""A record with the row of its dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """One overlay of a release: its dataset and its records."""

    info: DatasetInfo
    records: tuple[Record, ...]


def digest(record: Record) -> str:
    """SHA-256 of what a record says, whichever dataset says it: the `was` of an amendment made now."""
    return hashlib.sha256("\n".join(to_nquads_lines(record, ONTOLOGY)).encode()).hexdigest()


def fitting(record: Record, amendment: Amendment) -> bool:
    """Whether all that an amendment says can be said of a record of this class."""
    return not (
        (amendment.labels and not isinstance(record, Resource | Scale | ScaleLevel | RequirementGroup))
        or (amendment.descriptions and not isinstance(record, Resource))
        or (_weight(amendment) is not None and not isinstance(record, Node))
        or (amendment.level is not None and not isinstance(record, Requirement | Teaching))
    )


def amended(record: Record, amendment: Amendment) -> Record:
    """The record as an overlay has it. What does not fit its class changes nothing."""
    if amendment.labels and isinstance(record, Resource | Scale | ScaleLevel | RequirementGroup):
        record = replace(record, labels=merged(record.labels, amendment.labels))
    if amendment.descriptions and isinstance(record, Resource):
        record = replace(record, descriptions=merged(record.descriptions, amendment.descriptions))
    weight = _weight(amendment)
    if weight is not None and isinstance(record, Node):
        record = replace(record, importance=weight[0], importance_value=weight[1])
    if amendment.level is not None and isinstance(record, Requirement | Teaching):
        record = replace(record, level=amendment.level)
    return record


def merged(texts: Sequence[Text], others: Sequence[Text]) -> tuple[Text, ...]:
    """The texts with these in place of those of the same language."""
    languages = {text.language.lower() for text in others}
    return sorted_texts([*others, *(text for text in texts if text.language.lower() not in languages)])


def _weight(amendment: Amendment) -> tuple[Importance, float | None] | None:
    """Importance and its value, which change together; a value alone is that of a should."""
    if amendment.importance is None and amendment.importance_value is None:
        return None
    return amendment.importance or Importance.SHOULD, amendment.importance_value


# ------------------------------------------------------------------------------------------------ composition


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A view that overlays were laid over."""

    snapshot: Snapshot
    descriptions: Mapping[str, tuple[Text, ...]]
    """By IRI, descriptions that overlays give: of what they add, all; of what they amend, in place of the thing's own
    in these languages.
    """


def compose(snapshot: Snapshot, overlays: Sequence[Overlay], names: Collection[str] | None = None) -> Composed:
    """The view of these datasets of a release (all where None) with overlays laid over, in order.

    Costs about twice as much as building the snapshot: a pass over all records for each overlay, one over the columns.
    """
    kept = [row for row, info in enumerate(snapshot.datasets) if names is None or info.name in names]
    infos = sorted((*(snapshot.datasets[row] for row in kept), *(each.info for each in overlays)), key=_order)
    place = {info.name: row for row, info in enumerate(infos)}
    moved = {row: place[snapshot.datasets[row].name] for row in kept}
    entries = [(moved.get(row, -1), record) for row, record in records_of(snapshot, frozenset(kept))]
    laid = lay_over(entries, [(place[each.info.name], each.records) for each in overlays])
    return Composed(
        snapshot=Snapshot(snapshot.release, infos, build_columns(laid)),
        descriptions={
            record.iri: record.descriptions
            for _, record in laid
            if isinstance(record, Resource) and record.descriptions
        },
    )


def _order(info: DatasetInfo) -> tuple[str, str]:
    return info.name, info.iri


def lay_over(entries: Iterable[Entry], overlays: Iterable[tuple[int, Sequence[Record]]]) -> list[Entry]:
    """The records of a view: those there are, then overlay after overlay its additions and its amendments.

    An addition whose IRI is there already is left out: what a thing is, its owner says. A removal takes with it
    whatever cannot be without the thing removed (its requirements, teachings, awards, alignments, levels; the members
    of a framework) and a group that is left with fewer children than must hold; links to it that may be missing
    (parents, successors) are dropped.
    """
    found = list(entries)
    for row, records in overlays:
        amendments = {record.target: record for record in records if isinstance(record, Amendment)}
        there = {record.iri for _, record in found}
        found.extend(
            (row, record) for record in records if not isinstance(record, Amendment) and record.iri not in there
        )
        removed = {iri for iri, each in amendments.items() if each.removed}
        if removed:
            found = _without(found, removed)
        found = [
            (owner, amended(record, amendments[record.iri]) if record.iri in amendments else record)
            for owner, record in found
        ]
    return found


def _without(entries: Sequence[Entry], removed: Collection[str]) -> list[Entry]:
    gone = _gone(entries, removed)
    return [(owner, _unlinked(record, gone)) for owner, record in entries if record.iri not in gone]


def _gone(entries: Sequence[Entry], removed: Collection[str]) -> set[str]:
    """IRIs of what is removed and of all that cannot be without it. Cost: linear in records."""
    dependents: dict[str, list[str]] = defaultdict(list)
    groups: dict[str, tuple[int, str | None]] = {}
    around: dict[str, str] = {}
    children: dict[str, int] = defaultdict(int)
    for _, record in entries:
        for iri in _needs(record):
            dependents[iri].append(record.iri)
        group = _enclosing(record)
        if group is not None:
            around[record.iri] = group
            children[group] += 1
        if isinstance(record, RequirementGroup):
            groups[record.iri] = record.minimum or 1, record.parent
    known = {record.iri for _, record in entries}
    gone: set[str] = set()
    waiting = sorted(iri for iri in removed if iri in known)
    while waiting:
        iri = waiting.pop()
        if iri in gone:
            continue
        gone.add(iri)
        waiting.extend(dependents.get(iri, ()))
        group = around.get(iri)
        if group is not None:
            children[group] -= 1
            if group in groups and children[group] < groups[group][0]:
                waiting.append(group)
    return gone


def _enclosing(record: Record) -> str | None:
    return (
        record.group
        if isinstance(record, Requirement)
        else record.parent
        if isinstance(record, RequirementGroup)
        else None
    )


def _needs(record: Record) -> Iterator[str]:
    """IRIs of what a record cannot be without."""
    named: tuple[str | None, ...] = ()
    match record:
        case Requirement():
            named = (record.owner, record.role_level, record.group, record.target)
        case RequirementGroup():
            named = (record.owner, record.role_level, record.parent)
        case Teaching():
            named = (record.subject, record.competency)
        case Awarding():
            named = (record.course, record.credential)
        case Alignment():
            named = (record.subject, record.object)
        case RoleLevel():
            named = (record.role,)
        case ScaleLevel():
            named = (record.level.scale,)
        case LevelMapping():
            named = (record.level.scale, record.matched.scale)
        case Resource():
            named = (record.framework,)
    return (iri for iri in named if iri is not None)


def _unlinked(record: Record, gone: Collection[str]) -> Record:
    """The record without links to what is gone and that it can be without."""
    if isinstance(record, Requirement | Teaching):
        return replace(record, level=None) if record.level is not None and record.level.scale in gone else record
    if isinstance(record, Resource) and record.replaced_by in gone:
        record = replace(record, replaced_by=None)
    if isinstance(record, Competency) and any(iri in gone for iri in record.broader):
        record = replace(record, broader=tuple(iri for iri in record.broader if iri not in gone))
    return record


# ------------------------------------------------------------------------------------------------ conflicts


def find_conflicts(
    overlay: str,
    records: Iterable[Record],
    find: Callable[[str], Record | None],
    *,
    concerned: Callable[[str], bool] | None = None,
) -> Iterator[Finding]:
    """What of an overlay no longer fits what others say: should-findings, for an overlay is kept whatever changes.

    Args:
        overlay: name of its dataset, for the messages.
        find: what a thing is now; None where nothing describes it.
        concerned: which things are looked at, where only those of one dataset have changed; None: all.
    """
    told = concerned or (lambda _: True)
    for record in records:
        if isinstance(record, Amendment):
            if told(record.target):
                yield from _judge(overlay, record, find(record.target))
            continue
        if concerned is None:
            continue  # what an overlay adds is checked like any other record when it is loaded
        if find(record.iri) is not None:
            yield _conflict(
                "overlay.addition-taken",
                f"Got <{record.iri}>, which the overlay {overlay} adds, expected what no other dataset describes; "
                "the other one counts.",
                record.iri,
                "Leave it out of the overlay, or amend the other dataset's.",
            )
        # An alignment may lead to what nobody describes.
        for iri in () if isinstance(record, Alignment) else _needs(record):
            if told(iri) and find(iri) is None:
                yield _conflict(
                    "overlay.addition-dangles",
                    f"<{iri}> goes, expected it to stay: the overlay {overlay} adds a {type(record).__name__} to it.",
                    record.iri,
                    "Leave it out of the overlay, or name the successor.",
                )


def _judge(overlay: str, amendment: Amendment, target: Record | None) -> Iterator[Finding]:
    if target is None:
        yield _conflict(
            "overlay.target-gone",
            f"Nothing describes <{amendment.target}>, which the overlay {overlay} amends, expected it to be there; "
            "the amendment changes nothing.",
            amendment.target,
            "Drop the amendment, or amend the successor.",
        )
        return
    if not fitting(target, amendment):
        yield _conflict(
            "overlay.no-longer-fits",
            f"<{amendment.target}> is a {type(target).__name__}, expected what the overlay {overlay} can say so of: "
            "names of things and groups, weights of requirements and groups, levels of requirements and teachings.",
            amendment.target,
            "Make the amendment again.",
        )
    elif amendment.was is not None and amendment.was != digest(target):
        yield _conflict(
            "overlay.target-changed",
            f"<{amendment.target}> has changed since the overlay {overlay} amended it, expected what it was; "
            "the amendment still holds.",
            amendment.target,
            "Look at it, and make the amendment again or drop it.",
        )


def _conflict(code: str, message: str, subject: str, fix: str) -> Finding:
    return Finding(level=FindingLevel.SHOULD, code=code, message=message, subject=subject, fix=fix)
