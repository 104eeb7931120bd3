"""Plans of random worlds are those that a look at every subset gives; two processes give the same."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.matching import gap
from graph.planning import Limits, NoPlanReason, Objective, Plan, PlanAnswer, plan, step_reason
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import DatasetInfo, ResourceType, Snapshot
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
)

ROOT = Path(__file__).parent.parent
ROLE = "x:role"
SCALE, OTHER_SCALE = "x:scale", "x:scale2"
GENEROUS = 30_000
"""Milliseconds: a wall that no test of an answer comes near."""


def built(records: Iterable[Record]) -> Snapshot:
    """A snapshot of these records as one dataset."""
    info = DatasetInfo(iri="x:set", name="set", format="tables", license=None, attribution=None, checksum="0")
    return Snapshot.build([(info, list(records))], release=1)


@dataclass(frozen=True, kw_only=True)
class World:
    """A small world, what a learner holds in it and what is asked."""

    records: list[Record]
    held: list[str]
    claims: list[tuple[str, Level | None]]
    days: float
    level: str | None
    objective: Objective
    limits: Limits
    policy: Policy


def world(draw: random.Random) -> World:
    """A random world with at most 8 courses and credentials: nested groups, prerequisites (cycles too), awards, levels,
    alignments through a hub, successors, unknown figures, two currencies, limits.
    """
    competencies = [f"x:s{number}" for number in range(draw.randint(2, 5))]
    courses = [f"x:c{number}" for number in range(draw.randint(2, 6))]
    credentials = [f"x:k{number}" for number in range(draw.randint(0, 2))]
    records: list[Record] = [
        JobRole(iri=ROLE),
        Scale(iri=SCALE, minimum=0, maximum=4),
        Scale(iri=OTHER_SCALE, minimum=1, maximum=5),
        *(Competency(iri=iri) for iri in competencies),
        Competency(iri="x:old", replaced_by=competencies[0]),
    ]

    def figures() -> dict[str, object]:
        cost = draw.choice([None, 0, 1000, 1500, 2000, 2500])
        days = draw.choice([None, "0.5", "1", "2", "2.25"])
        return {
            "cost": None if cost is None else Money(cost, "EUR" if draw.random() < 0.75 else "USD"),
            "duration_days": None if days is None else Decimal(days),
        }

    def some_level() -> Level | None:
        chance = draw.random()
        if chance < 0.7:
            return None
        return Level(SCALE, draw.randint(0, 4)) if chance < 0.95 else Level(OTHER_SCALE, draw.randint(1, 5))

    records += [Course(iri=iri, provider=draw.choice([None, "North", "South"]), **figures()) for iri in courses]  # type: ignore[arg-type]
    records += [
        Credential(iri=iri, issuer=draw.choice([None, "North"]), kind=draw.choice([None, "Badge"]), **figures())  # type: ignore[arg-type]
        for iri in credentials
    ]
    for subject in courses + credentials:
        for target in draw.sample([*competencies, "x:old"], draw.choice([1, 2, 2, 3])):
            records.append(
                Teaching(iri=f"x:t/{subject}/{target}", subject=subject, competency=target, level=some_level())
            )
    for subject in courses:
        if credentials and draw.random() < 0.4:
            given = draw.choice(credentials)
            records.append(Awarding(iri=f"x:w/{subject}", course=subject, credential=given))
    for number in range(draw.randint(0, 4)):
        start, end = draw.sample([*competencies, "x:hub"], 2)
        records.append(
            Alignment(
                iri=f"x:a{number}",
                subject=start,
                object=end,
                relation=draw.choice(list(Relation)),
                confidence=draw.choice([None, None, 0.9]),
            )
        )
    targets = competencies + courses + credentials

    def tree(owner: str, name: str, level: str | None, parent: str | None, depth: int, must: bool) -> None:
        importance = Importance.MUST if must else Importance.SHOULD
        if depth and draw.random() < 0.35:
            minimum = draw.choice([None, 1, 1, 2])
            records.append(
                RequirementGroup(
                    iri=name, owner=owner, role_level=level, parent=parent, minimum=minimum, importance=importance
                )
            )
            for number in range(draw.randint(1, 3)):
                tree(owner, f"{name}.{number}", level, name, depth - 1, must)
        elif draw.random() < 0.03:
            days = draw.choice([10.0, 100.0])
            records.append(
                Requirement(
                    iri=name, owner=owner, role_level=level, group=parent, experience_days=days, importance=importance
                )
            )
        else:
            target = draw.choice([*competencies, *targets])
            wanted = some_level() if target in competencies else None
            records.append(
                Requirement(
                    iri=name,
                    owner=owner,
                    role_level=level,
                    group=parent,
                    target=target,
                    level=wanted,
                    importance=importance,
                )
            )

    levels = [f"x:l{number}" for number in range(draw.choice([0, 0, 2, 3]))]
    records += [RoleLevel(iri=iri, role=ROLE, name=f"Level {iri[-1]}", rank=int(iri[-1])) for iri in levels]
    for number in range(draw.choice([1, 2, 3, 4])):
        tree(ROLE, f"x:r{number}", None, None, 2, draw.random() < 0.85)
    for level in levels:
        for number in range(draw.choice([0, 1, 1, 2])):
            tree(ROLE, f"x:r/{level}/{number}", level, None, 2, draw.random() < 0.85)
    for subject in courses + credentials:
        for number in range(draw.choice([0, 0, 0, 1, 1, 2])):
            tree(subject, f"x:p/{subject}/{number}", None, None, 1, draw.random() < 0.8)
    return World(
        records=records,
        held=draw.sample(courses + credentials, draw.choice([0, 0, 1])),
        claims=[(iri, some_level()) for iri in draw.sample(competencies, draw.choice([0, 0, 1]))],
        days=draw.choice([0.0, 50.0]),
        level=draw.choice([None, *(f"Level {iri[-1]}" for iri in levels)]),
        objective=draw.choice(list(Objective)),
        limits=Limits(
            max_cost=draw.choice([None, None, None, 15, 30, 40.5]),
            currency=draw.choice([None, None, "EUR", "USD"]),
            max_days=draw.choice([None, None, None, 1.5, 4]),
            max_steps=draw.choice([None, None, None, 1, 3]),
            providers=draw.choice([*[None] * 7, ("North",)]),
            kinds=draw.choice([*[None] * 7, ("course",), ("badge", "COURSE")]),
            allow_unknown=draw.random() < 0.9,
            deadline_ms=GENEROUS,
        ),
        policy=Policy(
            min_coverage=draw.choice([1.0, 0.8, 0.7, 0.5, 0.4]),
            max_hops=draw.choice([0, 1, 3, 3]),
            implies_lower=draw.random() < 0.7,
        ),
    )


@dataclass
class Judge:
    """The meaning of docs/matching.md, word by word, over the records of a world. Sets of steps are bit masks."""

    world: World
    by_iri: dict[str, Record] = field(init=False)
    steps: list[str] = field(init=False)
    has: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.by_iri = {record.iri: record for record in self.world.records}
        self.has = set(self.world.held)
        for iri in self.world.held:
            self.has |= self._awarded(iri)
        things = [r.iri for r in self.world.records if isinstance(r, Course | Credential)]
        self.steps = sorted(iri for iri in things if iri not in self.has)
        self._truths: dict[str, Callable[[int], bool]] = {}

    def _all(self, kind: type) -> list[Record]:
        return [record for record in self.world.records if isinstance(record, kind)]

    def _awarded(self, iri: str) -> set[str]:
        return {r.credential for r in self.world.records if isinstance(r, Awarding) and r.course == iri}

    def _newest(self, iri: str) -> str:
        record = self.by_iri.get(iri)
        return record.replaced_by if isinstance(record, Competency) and record.replaced_by else iri

    def _sources(self, thing: str) -> list[tuple[str, Level | None]]:
        givers = {thing} | self._awarded(thing)
        return [(t.competency, t.level) for t in self.world.records if isinstance(t, Teaching) and t.subject in givers]

    def _likeness(self, start: str, end: str) -> float:
        """Largest product over every chain, by trying all of them."""
        policy = self.world.policy
        best = 0.0

        def walk(at: str, product: float, seen: tuple[str, ...], went_up: bool) -> None:
            nonlocal best
            if at == end:
                best = max(best, product)
            if len(seen) > policy.max_hops:
                return
            for statement in self.world.records:
                if not isinstance(statement, Alignment):
                    continue
                for one, other, forward in (
                    (statement.subject, statement.object, True),
                    (statement.object, statement.subject, False),
                ):
                    if one != at or other in seen:
                        continue
                    up = statement.relation == (Relation.BROAD if forward else Relation.NARROW)
                    down = statement.relation == (Relation.NARROW if forward else Relation.BROAD)
                    if down and went_up:
                        continue
                    factor = {
                        Relation.EXACT: policy.exact,
                        Relation.CLOSE: policy.close,
                        Relation.RELATED: policy.related,
                    }.get(statement.relation, policy.held_narrower if up else policy.held_broader)
                    walk(other, product * factor * (statement.confidence or 1.0), (*seen, other), went_up or up)

        walk(start, 1.0, (start,), False)
        return best

    def _covers(self, source: tuple[str, Level | None], leaf: Requirement) -> bool:
        competency, have = source
        assert leaf.target is not None
        ratio = 1.0
        if leaf.level is not None:
            if have is None or have.scale != leaf.level.scale:
                ratio = self.world.policy.unknown_level
            else:
                low, high = (0, 4) if have.scale == SCALE else (1, 5)
                need, got = ((level.value - low) / (high - low) for level in (leaf.level, have))
                ratio = 1.0 if need == 0 else min(got / need, 1.0)
        product = self._likeness(self._newest(competency), leaf.target) * ratio
        return round(product, 12) >= self.world.policy.min_coverage

    def _leaf(self, leaf: Requirement) -> Callable[[int], bool]:
        def gives(thing: str) -> bool:
            if leaf.target in [iri for iri in self.by_iri if isinstance(self.by_iri[iri], Competency)]:
                return any(self._covers(source, leaf) for source in self._sources(thing))
            return leaf.target in {thing} | self._awarded(thing)

        if leaf.experience_days is not None:
            enough = self.world.days >= leaf.experience_days
            return lambda _: enough
        already = any(gives(thing) for thing in self.world.held)
        if not already and isinstance(self.by_iri[str(leaf.target)], Competency):
            already = any(self._covers(claim, leaf) for claim in self.world.claims)
        serving = sum(1 << place for place, step in enumerate(self.steps) if gives(step))
        return lambda mask: already or bool(mask & serving)

    def truth(self, node: Record) -> Callable[[int], bool]:
        """Whether a requirement holds after a set of steps."""
        known = self._truths.get(node.iri)
        if known is None:
            if isinstance(node, Requirement):
                known = self._leaf(node)
            else:
                assert isinstance(node, RequirementGroup)
                children = [
                    self.truth(child)
                    for child in self.world.records
                    if (isinstance(child, RequirementGroup) and child.parent == node.iri)
                    or (isinstance(child, Requirement) and child.group == node.iri)
                ]
                minimum = len(children) if node.minimum is None else node.minimum
                known = lambda mask: sum(child(mask) for child in children) >= minimum  # noqa: E731
            self._truths[node.iri] = known
        return known

    def tops(self, owner: str) -> list[Requirement | RequirementGroup]:
        """Top requirements of a role, course or credential."""
        return [
            r
            for r in self.world.records
            if (isinstance(r, Requirement) and r.owner == owner and r.group is None)
            or (isinstance(r, RequirementGroup) and r.owner == owner and r.parent is None)
        ]

    def orders(self) -> list[int]:
        """Every set of steps that has an order in which prerequisites hold, by adding one step at a time."""
        before = [[self.truth(top) for top in self.tops(step)] for step in self.steps]
        found = {0}
        fresh = [0]
        while fresh:
            mask = fresh.pop()
            for place, prerequisites in enumerate(before):
                larger = mask | 1 << place
                if larger not in found and all(holds(mask) for holds in prerequisites):
                    found.add(larger)
                    fresh.append(larger)
        return sorted(found)

    def goals(self) -> list[list[str]]:
        """IRIs of the musts of each way to what is asked."""
        musts = [top for top in self.tops(ROLE) if top.importance == Importance.MUST]
        levels = sorted((r for r in self.world.records if isinstance(r, RoleLevel)), key=lambda level: level.rank)
        if not levels:
            return [[top.iri for top in musts]]
        if self.world.level is not None:
            rank = next(level.rank for level in levels if level.name == self.world.level)
            levels = [x for x in levels if x.rank == rank or (self.world.policy.implies_lower and x.rank > rank)]
        return [[top.iri for top in musts if top.role_level in (None, level.iri)] for level in levels]

    # figures and limits

    def currency(self) -> str | None:
        """That of the limits, else the commonest among the steps, ties by code."""
        if self.world.limits.currency:
            return self.world.limits.currency
        counts = Counter(cost.currency for step in self.steps if (cost := self._record(step).cost) is not None)
        return min(counts, key=lambda code: (-counts[code], code), default=None)

    def _record(self, step: str) -> Course | Credential:
        record = self.by_iri[step]
        assert isinstance(record, Course | Credential)
        return record

    def figure(self, step: str, objective: Objective) -> int | None:
        """Minor units, millionths of a day, or 1."""
        record = self._record(step)
        if objective is Objective.CHEAPEST:
            return record.cost.minor_units if record.cost and record.cost.currency == self.currency() else None
        if objective is Objective.FASTEST:
            return None if record.duration_days is None else int(record.duration_days * 1_000_000)
        return 1

    def within(self, mask: int) -> bool:
        """Whether a set keeps the limits."""
        limits = self.world.limits
        chosen = self.chosen(mask)
        costs = [self.figure(step, Objective.CHEAPEST) for step in chosen]
        days = [self.figure(step, Objective.FASTEST) for step in chosen]
        if limits.max_cost is not None and sum(cost or 0 for cost in costs) > limits.max_cost * 100:
            return False
        if limits.max_days is not None and sum(length or 0 for length in days) > limits.max_days * 1_000_000:
            return False
        if limits.max_steps is not None and len(chosen) > limits.max_steps:
            return False
        for step in chosen:
            record = self._record(step)
            provider = record.provider if isinstance(record, Course) else record.issuer
            kinds = {"course"} if isinstance(record, Course) else {"credential", (record.kind or "credential").lower()}
            if limits.providers is not None and provider not in limits.providers:
                return False
            if limits.kinds is not None and not kinds & {kind.lower() for kind in limits.kinds}:
                return False
        if limits.allow_unknown:
            return True
        unknown = None in [self.figure(step, self.world.objective) for step in chosen]
        return not (
            unknown or (limits.max_cost is not None and None in costs) or (limits.max_days is not None and None in days)
        )

    def chosen(self, mask: int) -> list[str]:
        """Steps of a set, by IRI."""
        return [step for place, step in enumerate(self.steps) if mask >> place & 1]

    def value(self, mask: int) -> tuple[int, int, int]:
        """(unknowns, known total, steps)."""
        figures = [self.figure(step, self.world.objective) for step in self.chosen(mask)]
        return sum(f is None for f in figures), sum(f or 0 for f in figures), len(figures)

    def minimal_plans(self) -> list[int]:
        """Every minimal feasible set, best first."""
        allowed = [mask for mask in self.orders() if self.within(mask)]
        feasible = {mask for mask in allowed if self.reaches(mask)}
        minimal = [
            m for m in feasible if not any(m >> p & 1 and m & ~(1 << p) in feasible for p in range(len(self.steps)))
        ]
        return sorted(minimal, key=lambda mask: (self.value(mask), self.chosen(mask)))

    def reaches(self, mask: int) -> bool:
        """Whether one goal holds."""
        return any(all(self.truth(self.by_iri[iri])(mask) for iri in goal) for goal in self.goals())

    def smallest_unmet(self) -> list[str]:
        """The smallest set of musts without which a plan exists, by trying all."""
        allowed = [mask for mask in self.orders() if self.within(mask)]
        options = [
            sorted(iri for iri in goal if not self.truth(self.by_iri[iri])(mask))
            for goal in self.goals()
            for mask in allowed
        ]
        return min(options, key=lambda option: (len(option), option))


def learner(one: World, snapshot: Snapshot) -> Held:
    """What is held, as rows."""

    def claim(iri: str, level: Level | None) -> HeldCompetency:
        if level is None:
            return HeldCompetency(row=snapshot.find_row(iri))
        return HeldCompetency(
            row=snapshot.find_row(iri), value=level.value, scale=snapshot.scale_iris.find_sorted(level.scale)
        )

    return Held(
        competencies=tuple(claim(iri, level) for iri, level in one.claims),
        courses=tuple(snapshot.find_row(iri) for iri in one.held if iri.startswith("x:c")),
        credentials=tuple(snapshot.find_row(iri) for iri in one.held if iri.startswith("x:k")),
        experience_days=one.days,
    )


def answered(one: World) -> tuple[Snapshot, PlanAnswer]:
    """The answer to a world's question."""
    snapshot = built(one.records)
    return snapshot, plan(
        snapshot,
        learner(one, snapshot),
        snapshot.find_row(ROLE),
        level=one.level,
        objective=one.objective,
        limits=one.limits,
        policy=one.policy,
        first=3,
    )


def check_world(one: World) -> str:
    """Compares the answer with the judge's; gives what kind of case it was."""
    judge = Judge(one)
    snapshot, answer = answered(one)
    expected = judge.minimal_plans()
    found = [sorted(snapshot.iris[step.row] for step in each.steps) for each in answer.plans]
    assert found == [judge.chosen(mask) for mask in expected[:3]]
    assert answer.optimal
    for each, mask in zip(answer.plans, expected, strict=False):
        check_plan(judge, snapshot, each, mask, set(expected))
    if expected:
        assert answer.reason is None
        assert answer.unmet == ()
        return "met" if expected == [0] else "plans"
    reason = NoPlanReason.LIMITS if any(judge.reaches(mask) for mask in judge.orders()) else NoPlanReason.NONE_EXISTS
    assert answer.reason == reason
    assert sorted(snapshot.node_iris[row] for row in answer.unmet) == judge.smallest_unmet()
    return reason


def check_plan(judge: Judge, snapshot: Snapshot, each: Plan, mask: int, minimal: set[int]) -> None:
    """Figures, order, closed musts and alternatives of one plan."""
    objective = judge.world.objective
    unknowns, total, _ = judge.value(mask)
    scale = {Objective.CHEAPEST: 100, Objective.FASTEST: 1_000_000, Objective.FEWEST: 1}[objective]
    assert each.unknowns == unknowns
    assert each.total * scale == total
    assert (each.unknowns_bound, each.bound, each.optimal) == (each.unknowns, each.total, True)
    costs = [cost for step in judge.chosen(mask) if (cost := judge.figure(step, Objective.CHEAPEST)) is not None]
    assert (each.cost and each.cost.minor_units) == (sum(costs) if costs else None)
    musts = [top for top in judge.tops(ROLE) if top.importance == Importance.MUST]
    before = 0
    for position, step in enumerate(each.steps, 1):
        iri = snapshot.iris[step.row]
        bit = 1 << judge.steps.index(iri)
        assert step.position == position
        assert all(judge.truth(top)(before) for top in judge.tops(iri))
        closed = [top.iri for top in musts if judge.truth(top)(before | bit) and not judge.truth(top)(before)]
        assert [snapshot.node_iris[row] for row in step.closes] == sorted(closed)
        others = [
            other
            for place, other in enumerate(judge.steps)
            if not mask >> place & 1
            and (swapped := mask & ~bit | 1 << place) in minimal
            and judge.value(swapped) == judge.value(mask)
        ]
        assert [snapshot.iris[row] for row in step.alternatives] == others
        assert step_reason(snapshot, each, step)
        before |= bit
    assert before == mask


def test_plans_of_300_random_worlds_equal_brute_force() -> None:
    """Plans, figures, proof, alternatives, reasons and unmet musts are those that a look at every subset gives."""
    kinds = Counter(check_world(world(random.Random(seed))) for seed in range(300))
    assert all(kinds[kind] >= 10 for kind in ("met", "plans", "NONE_EXISTS", "LIMITS")), kinds


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_plans_equal_brute_force(draw: random.Random) -> None:
    """The same on worlds that Hypothesis makes, and makes small when they fail."""
    check_world(world(draw))


PRINT_ANSWERS = """
import random, json
from tests.test_graph_planning_worlds import answered, world
print(json.dumps([repr(answered(world(random.Random(seed)))[1]) for seed in range(40)]))
"""


def test_two_processes_give_the_same_answer() -> None:
    """Whatever the hash seed: the same plans, in the same order, with the same words."""
    outputs = []
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", PRINT_ANSWERS], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
        )
        outputs.append(json.loads(done.stdout))
    assert outputs[0] == outputs[1]
    assert len(outputs[0]) == 40


def test_who_has_followed_a_plan_is_qualified() -> None:
    """A match after the plan, with its steps held, says so: both read requirements, levels and alignments alike."""
    followed = 0
    for seed in range(150):
        one = world(random.Random(seed))
        snapshot, answer = answered(one)
        held = learner(one, snapshot)
        for each in answer.plans:
            taken = [step.row for step in each.steps]
            after = replace(
                held,
                courses=(*held.courses, *(row for row in taken if snapshot.types[row] == ResourceType.COURSE)),
                credentials=(*held.credentials, *(row for row in taken if snapshot.types[row] != ResourceType.COURSE)),
            )
            found = gap(snapshot, after, one.policy, snapshot.find_row(ROLE))
            assert found.qualified is not False
            assert found.blocking == ()
            followed += bool(taken)
    assert followed > 30
