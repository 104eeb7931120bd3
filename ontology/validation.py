"""All faults of a load at once, and the records that can be loaded.

Streams the records once, mends what can be mended, then looks at what they say of each other. The rules stand in
`cleaning`, `value_rules`, `link_rules`, `tree_rules` and `prerequisite_rules`; docs/findings.md lists their codes.
Reads no file and knows no database: what other datasets hold comes by `KnownGraph`. Called by releases and the
command line.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from .cleaning import cleaned
from .link_rules import check_links
from .model import Finding, FindingLevel, Located, Record, Requirement, RequirementGroup, Scale, Source
from .prerequisite_rules import check_prerequisites
from .tree_rules import check_trees, drop_weaker, enclosing, read_trees
from .value_rules import check_values, field_iris, iri_fields
from .world import KnownGraph, NothingKnown, Report, World

__all__ = ["KnownGraph", "NothingKnown", "Validated", "validate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Validated:
    """What a validation gives: the records to load, all findings, and the counts."""

    records: tuple[Record, ...]
    """By IRI, each once; without the refused ones where broken ones are skipped, otherwise all."""
    findings: tuple[Finding, ...]
    """Must before should, then by file and line."""
    read: int
    """Records read, duplicates included."""
    merged: int
    """Records that said again what another one says: identical duplicates, shoulds that are musts as well."""
    refused: int
    """Records left out: broken ones and what depends on them. 0 unless broken ones are skipped."""
    sources: Mapping[str, Source]
    """Where each record was read, by its IRI; of identical duplicates the first."""

    @property
    def blocked(self) -> bool:
        """Whether there is a must-finding."""
        return any(finding.level is FindingLevel.MUST for finding in self.findings)


def validate(
    items: Iterable[Located],
    *,
    dataset: str,
    known: KnownGraph | None = None,
    known_scales: Mapping[str, Scale] | None = None,
    skip_broken: bool = False,
) -> Validated:
    """The records of a load, merged and mended, with all findings.

    Args:
        items: the records in the order read; consumed once.
        dataset: name of the dataset that they are loaded into: what it describes already is its own.
        known: what other datasets describe. None: nothing.
        known_scales: scales that other datasets describe, by IRI; levels on them are held to their bounds.
        skip_broken: leave out records with must-findings and, transitively, what depends on them.
    """
    world = World(dataset=dataset, known=known or NothingKnown(), known_scales=known_scales or {})
    report = Report(world=world)
    read = merged = 0
    for item in items:
        read += 1
        merged += _add(item, world, report)
    trees = read_trees(world)
    merged += drop_weaker(world, trees, report)
    trees = read_trees(world)
    check_links(world, report)
    check_trees(world, trees, report)
    check_prerequisites(world, trees, report)
    left_out = _left_out(world, report) if skip_broken else set()
    return Validated(
        records=tuple(world.records[iri] for iri in sorted(world.records) if iri not in left_out),
        findings=report.all(),
        read=read,
        merged=merged,
        refused=len(left_out),
        sources=world.sources,
    )


def _add(item: Located, world: World, report: Report) -> int:
    """Takes a record into the world; gives back 1 where it was there already."""
    record = cleaned(item.record, item.source, report)
    first = world.records.get(record.iri)
    if first is None:
        world.records[record.iri] = record
        world.sources[record.iri] = item.source
        check_values(record, item.source, report)
        return 0
    where = _place(world.sources[record.iri])
    if first == record and type(first) is type(record):
        report.should_summarised(
            "identity.duplicate",
            f"Got {world.name(record.iri)} again as in {where}, expected it once; both are one.",
            record.iri,
            fix="Describe it once.",
            summary="things are described more than once in the same words",
            source=item.source,
        )
        return 1
    report.must(
        "identity.conflict",
        f"Got {world.name(record.iri)} again with other {_difference(first, record)} than in {where}, "
        f"expected one description.",
        record.iri,
        fix="Describe it once, or give one of the two another IRI.",
        source=item.source,
    )
    return 0


def _place(source: Source) -> str:
    return source.file + (f", line {source.line}" if source.line else f", {source.pointer}" if source.pointer else "")


def _difference(first: Record, second: Record) -> str:
    if type(first) is not type(second):
        return f"class ({type(second).__name__}, {type(first).__name__})"
    names = [each.name for each in fields(first) if getattr(first, each.name) != getattr(second, each.name)]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _left_out(world: World, report: Report) -> set[str]:
    """IRIs of the broken records and of what cannot be without them."""
    left_out: set[str] = set()
    dependents = _dependents(world)
    children: dict[str, set[str]] = defaultdict(set)
    for record in world.records.values():
        group = enclosing(record) if isinstance(record, Requirement | RequirementGroup) else None
        if group is not None:
            children[group].add(record.iri)
    waiting = [iri for iri in sorted(report.broken) if iri in world.records]
    while waiting:
        iri = waiting.pop()
        if iri in left_out:
            continue
        left_out.add(iri)
        waiting.extend(dependents.get(iri, ()))
        waiting.extend(_starved(world.records[iri], world, children, left_out))
    extra = len(left_out - report.broken)
    if extra:
        first = min(left_out - report.broken)
        report.should(
            "load.left-out",
            f"{extra} records without a fault of their own are left out because they depend on refused ones.",
            first,
            fix="Mend the faults that are told as must.",
        )
    return left_out


def _dependents(world: World) -> Mapping[str, Sequence[str]]:
    """IRI -> the records that name it in a link that must not dangle."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in world.records.values():
        for field in iri_fields(type(record).__name__):
            if field in {"replaced_by", "object"} or (field == "subject" and type(record).__name__ == "Alignment"):
                continue
            for iri in field_iris(record, field):
                found[iri].append(record.iri)
    return found


def _starved(record: Record, world: World, children: Mapping[str, set[str]], left_out: set[str]) -> list[str]:
    """The group around a record that is left out, where too few children stay for it ever to hold."""
    if not isinstance(record, Requirement | RequirementGroup):
        return []
    group = world.records.get(enclosing(record) or "")
    if not isinstance(group, RequirementGroup):
        return []
    staying = len(children[group.iri] - left_out)
    return [group.iri] if staying < (group.minimum or 1) else []
