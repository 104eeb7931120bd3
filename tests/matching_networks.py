"""Small networks drawn by hand for the tests of matching: names instead of IRIs, figures by requirement."""

from typing import Any

from graph.matching import Held, HeldCompetency, Policy, RoleMatch, UnitCoverage, gap
from graph.snapshot import DatasetInfo, Snapshot
from ontology.model import (
    Alignment,
    Competency,
    Importance,
    JobRole,
    Level,
    Record,
    Relation,
    Requirement,
    Scale,
    Text,
)

U = "https://example.org/"
SHOULD = Importance.SHOULD
INFO = DatasetInfo(iri=f"{U}dataset", name="drawn", format="tables", license=None, attribution=None, checksum="0")


def built(*records: Record) -> Snapshot:
    return Snapshot.build([(INFO, records)], release=1)


def text(name: str) -> tuple[Text, ...]:
    return (Text(name, "en"),)


def skill(name: str, *broader: str, replaced_by: str | None = None) -> Competency:
    return Competency(
        iri=f"{U}s/{name}",
        labels=text(name),
        broader=tuple(f"{U}s/{each}" for each in broader),
        replaced_by=None if replaced_by is None else f"{U}s/{replaced_by}",
    )


def role(name: str = "role") -> JobRole:
    return JobRole(iri=f"{U}r/{name}", labels=text(name))


def asks(
    target: str, *, name: str | None = None, owner: str = "role", level: float | None = None, **rest: Any
) -> Requirement:
    """A leaf of `owner` that asks for `s/a`, `c/a`, `k/a`; its IRI is q/<target> unless named."""
    iri = f"{U}q/{name or target.replace('/', '-')}"
    asked = None if level is None else Level(f"{U}x/five", level)
    return Requirement(iri=iri, owner=f"{U}r/{owner}", target=f"{U}{target}", level=asked, **rest)


def aligned(subject: str, relation: Relation, thing: str, confidence: float | None = None) -> Alignment:
    iri = f"{U}a/{subject}-{relation}-{thing}".replace("s/", "")
    return Alignment(
        iri=iri, subject=f"{U}{subject}", object=f"{U}{thing}", relation=relation, confidence=confidence, source="drawn"
    )


FIVE = Scale(iri=f"{U}x/five", labels=text("Five"), minimum=0, maximum=5)
TEN = Scale(iri=f"{U}x/ten", labels=text("Ten"), minimum=0, maximum=10)


def row(snapshot: Snapshot, name: str) -> int:
    found = snapshot.find_row(U + name)
    assert found >= 0, name
    return found


def holding(
    snapshot: Snapshot, *names: str, level: float | None = None, scale: str = "x/five", days: float = 0
) -> Held:
    """Held things by `s/…`, `c/…`, `k/…`; a level is that of all competencies."""
    rows = {kind: tuple(row(snapshot, name) for name in names if name.startswith(kind)) for kind in ("s/", "c/", "k/")}
    on = -1 if level is None else snapshot.scale_iris.find_sorted(U + scale)
    competencies = tuple(HeldCompetency(row=each, value=level, scale=on) for each in rows["s/"])
    return Held(competencies=competencies, credentials=rows["c/"], courses=rows["k/"], experience_days=days)


def look(snapshot: Snapshot, held: Held, policy: Policy | None = None, name: str = "role") -> RoleMatch:
    return gap(snapshot, held, policy or Policy(), row(snapshot, f"r/{name}"))


def units(found: RoleMatch) -> list[UnitCoverage]:
    return [*found.met, *found.partial, *found.missing]


def covered(snapshot: Snapshot, found: RoleMatch) -> dict[str, float]:
    return {snapshot.node_iris[unit.node].removeprefix(f"{U}q/"): unit.coverage for unit in units(found)}


def only_coverage(snapshot: Snapshot, *names: str, policy: Policy | None = None, **level: Any) -> float:
    """Coverage of the one requirement of the one role."""
    (unit,) = units(look(snapshot, holding(snapshot, *names, **level), policy))
    return unit.coverage
