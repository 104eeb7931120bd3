"""Random worlds for questions about what could be, and docs/matching.md over their records by trying everything."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from typing import Any

from hypothesis import strategies as st
from matching_networks import U
from matching_worlds import LEVELS, Brute, World, worlds

from graph.planning import Limits, Objective
from graph.policy import Policy
from graph.snapshot import Snapshot
from ontology.model import Course, Credential, Importance, JobRole, Money, Record, Requirement, RequirementGroup

GENEROUS_MS = 60_000
"""A wall that no answer of a small world comes near."""


@st.composite
def pathway_worlds(draw: st.DrawFn) -> World:
    """A world of matching whose courses and credentials have figures and prerequisites, cycles among them."""
    world = draw(worlds())
    records: list[Record] = []
    for record in world.records:
        if isinstance(record, Course | Credential):
            cost = draw(st.sampled_from([None, 0, 1000, 1500, 2000]))
            days = draw(st.sampled_from([None, "0.5", "1", "2.25"]))
            figures: dict[str, Any] = {
                "cost": None if cost is None else Money(cost, draw(st.sampled_from(["EUR", "EUR", "USD"]))),
                "duration_days": None if days is None else Decimal(days),
            }
            records.append(replace(record, **figures))
            records += draw(prerequisites(world, record.iri))
        else:
            records.append(record)
    return World(records, world.competencies, world.things, world.days)


@st.composite
def prerequisites(draw: st.DrawFn, world: World, owner: str) -> list[Record]:
    targets = [each.iri for each in world.records if each.iri[len(U) : len(U) + 2] in ("s/", "k/", "c/")]
    shape = draw(st.sampled_from(["none", "none", "leaf", "any"]))
    name = f"{U}p/{owner[-3:]}"
    if shape == "none":
        return []
    if shape == "leaf":
        return [Requirement(iri=name, owner=owner, target=draw(st.sampled_from(targets)), level=draw(LEVELS))]
    inside = [
        Requirement(iri=f"{name}/{n}", owner=owner, group=name, target=draw(st.sampled_from(targets))) for n in range(2)
    ]
    return [RequirementGroup(iri=name, owner=owner, minimum=1, importance=Importance.SHOULD), *inside]


LIMITS = st.builds(
    Limits,
    max_cost=st.sampled_from([None, None, 10, 20.5]),
    currency=st.sampled_from([None, None, "EUR", "USD"]),
    max_days=st.sampled_from([None, None, 1, 3]),
    max_steps=st.sampled_from([None, None, 0, 1, 2]),
    kinds=st.sampled_from([None, None, None, ("course",)]),
    allow_unknown=st.sampled_from([True, True, False]),
    deadline_ms=st.just(GENEROUS_MS),
)


class Everything:
    """All that could be in a world: what holds after each set of steps, by enumeration of the sets."""

    def __init__(self, world: World, policy: Policy):
        self.world, self.policy = world, policy
        self.now = Brute(world, policy)
        every = [each.iri for each in world.all(Course) + world.all(Credential)]
        last = sorted({self.now.last(iri) for iri in every})
        self.steps = [iri for iri in last if iri not in self.now.things and self.thing(iri) is not None]
        self.after = {steps: self.with_things(steps) for steps in self.subsets()}

    def thing(self, iri: str) -> Course | Credential | None:
        return next(
            (each for each in self.world.records if each.iri == iri and isinstance(each, Course | Credential)), None
        )

    def with_things(self, steps: Sequence[str]) -> Brute:
        world = self.world
        return Brute(World(world.records, world.competencies, [*world.things, *steps], world.days), self.policy)

    def subsets(self) -> Iterator[tuple[str, ...]]:
        for size in range(len(self.steps) + 1):
            yield from combinations(self.steps, size)

    def roles(self) -> list[str]:
        return sorted(each.iri for each in self.world.all(JobRole) if self.now.last(each.iri) == each.iri)

    def founded(self) -> set[tuple[str, ...]]:
        """Sets that can be ordered so that each step's prerequisites hold before it."""
        found: set[tuple[str, ...]] = {()}
        for steps in self.subsets():
            for step in steps:
                before = tuple(each for each in steps if each != step)
                if before in found and all(map(self.after[before].holds, self.now.tops(step))):
                    found.add(steps)
        return found

    def currency(self, limits: Limits) -> str | None:
        if limits.currency:
            return limits.currency
        stated = Counter(cost.currency for step in self.steps if (cost := self.record(step).cost) is not None)
        return min(stated, key=lambda code: (-stated[code], code), default=None)

    def record(self, step: str) -> Course | Credential:
        thing = self.thing(step)
        assert thing is not None
        return thing

    def figure(self, step: str, objective: Objective, limits: Limits) -> int | None:
        thing = self.record(step)
        if objective is Objective.CHEAPEST:
            known = thing.cost is not None and thing.cost.currency == self.currency(limits)
            return thing.cost.minor_units if known and thing.cost else None
        if objective is Objective.FASTEST:
            return None if thing.duration_days is None else int(thing.duration_days * 1_000_000)
        return 1

    def within(self, steps: Sequence[str], objective: Objective, limits: Limits) -> bool:
        costs = [self.figure(step, Objective.CHEAPEST, limits) for step in steps]
        days = [self.figure(step, Objective.FASTEST, limits) for step in steps]
        if limits.max_cost is not None and sum(cost or 0 for cost in costs) > limits.max_cost * 100:
            return False
        if limits.max_days is not None and sum(length or 0 for length in days) > limits.max_days * 1_000_000:
            return False
        if limits.max_steps is not None and len(steps) > limits.max_steps:
            return False
        if limits.kinds is not None and not all(isinstance(self.record(step), Course) for step in steps):
            return False
        unknown = None in [self.figure(step, objective, limits) for step in steps]
        unknown = (
            unknown or (limits.max_cost is not None and None in costs) or (limits.max_days is not None and None in days)
        )
        return limits.allow_unknown or not unknown

    def value(self, steps: Sequence[str], objective: Objective, limits: Limits) -> tuple[int, int, int]:
        figures = [self.figure(step, objective, limits) for step in steps]
        return figures.count(None), sum(each or 0 for each in figures), len(steps)

    def reachable(self, objective: Objective, limits: Limits) -> list[tuple[str, float, tuple[str, ...]]]:
        """(role, score after, steps), best first."""
        allowed = [steps for steps in self.founded() if self.within(steps, objective, limits)]
        found = []
        for role in self.roles():
            judged = {steps: self.after[steps].role(role) for steps in allowed}
            plans = [steps for steps in allowed if judged[steps]["qualified"] is not False]
            if plans:
                best = min(plans, key=lambda steps: (self.value(steps, objective, limits), steps))
                found.append((role, judged[best]["score"], best))
        return sorted(found, key=lambda each: (-each[1], self.value(each[2], objective, limits), each[0]))


def names(snapshot: Snapshot, rows: Sequence[int]) -> list[str]:
    return [snapshot.iris[row] for row in rows]
