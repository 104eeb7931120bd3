"""Match, gap and plans on 300 random worlds in Tables, against an independent reckoning that looks at every case.

Worlds go the whole way: CSV files, reader, validation, snapshot, question. Requirements are known to the snapshot by IRI
and to the oracle by what they say; twins that say the same are interchangeable.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import oracle
import pytest
from oracle_tables import RandomTables, random_held, random_limits, random_policy

from graph.figures import Objective
from graph.layout import DatasetInfo, NodeKind, ResourceType
from graph.matching import Matches, RoleMatch, UnitCoverage, gap, match
from graph.planning import Limits, PlanAnswer, plan
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import Snapshot
from ontology.model import Finding, FindingLevel, Located
from ontology.readers import read_source
from ontology.validation import validate

WORLDS = 300
FIRST = 3
DEADLINE_MS = 60_000
CLOSE = 1e-9
LEAVES = {
    NodeKind.COMPETENCY: "competency",
    NodeKind.CREDENTIAL: "credential",
    NodeKind.COURSE: "course",
    NodeKind.EXPERIENCE: "experience",
}
TYPES = (ResourceType.COMPETENCY, ResourceType.COURSE, ResourceType.CREDENTIAL, ResourceType.JOB_ROLE)


def snapshot_of(folder: Path, texts: Mapping[str, str]) -> Snapshot:
    """The snapshot of these tables, which have no fault that blocks."""
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    items = list(read_source(folder).items)
    read = [item for item in items if isinstance(item, Finding)]
    validated = validate((item for item in items if isinstance(item, Located)), dataset="world")
    assert [each for each in (*read, *validated.findings) if each.level is FindingLevel.MUST] == []
    info = DatasetInfo(iri="urn:d", name="world", format="tables", license=None, attribution=None, checksum="0" * 64)
    return Snapshot.build([(info, validated.records)], release=1)


class Both:
    """One world as the product sees it and as the oracle does, and the names by which both mean the same."""

    def __init__(self, seed: int, folder: Path):
        tables = RandomTables(seed)
        texts = tables.texts()
        self.rng = Random(seed + 1_000_000)
        self.world = oracle.read_world(texts)
        self.snapshot = snapshot_of(folder, texts)
        self.held = random_held(self.rng, tables)
        self.policy = random_policy(self.rng)
        self.chains = oracle.chains_between(self.world, self.policy)
        self.nodes: dict[int, str] = {}
        """id() of each top requirement of the oracle -> IRI of the requirement."""
        for role in self.world["roles"]:
            self.pair_requirements(role)

    def row(self, iri: str) -> int:
        return self.snapshot.resolve(iri, TYPES)

    def iri(self, row: int) -> str:
        return self.snapshot.iris[row]

    def asked(self) -> Held:
        """What is held, by rows."""
        scales = list(self.snapshot.scale_iris)
        return Held(
            competencies=tuple(
                HeldCompetency(row=self.row(iri), value=level[1], scale=scales.index(level[0]))
                if level
                else HeldCompetency(row=self.row(iri))
                for iri, level in self.held["competencies"]
            ),
            credentials=tuple(map(self.row, self.held["credentials"])),
            courses=tuple(map(self.row, self.held["courses"])),
            experience_days=self.held["days"],
        )

    def learner(self) -> oracle.Learner:
        return oracle.Learner(self.world, self.held, self.policy, self.chains)

    def pair_requirements(self, role: str) -> None:
        """The same trees on both sides, top by top."""
        ours: dict[str, list[str]] = defaultdict(list)
        theirs: dict[str, list[Any]] = defaultdict(list)
        for node in self.tops(self.row(role)):
            ours[self.signature(node)].append(self.snapshot.node_iris[node])
        for top in self.world["trees"][role]:
            theirs[signature(top)].append(top)
        assert {key: len(each) for key, each in ours.items()} == {key: len(each) for key, each in theirs.items()}
        for key, tops in theirs.items():
            self.nodes |= {id(top): iri for top, iri in zip(tops, sorted(ours[key]), strict=True)}

    def tops(self, owner: int) -> list[int]:
        return [node for node in self.snapshot.span("node_offsets", owner) if self.snapshot.node_parent[node] < 0]

    def signature(self, node: int) -> str:
        """What a requirement of the snapshot says, with all below it."""
        own = self.snapshot
        kind = NodeKind(own.node_kind[node])
        level = own.level_names[own.node_level[node]] if own.node_level[node] >= 0 else ""
        graded = float(own.node_importance[node])
        importance = "must" if own.node_must[node] else "should" if graded != graded else graded
        if kind not in LEAVES:
            inner = [below for below in range(node + 1, own.node_end[node]) if own.node_parent[below] == node]
            below = sorted(self.signature(each) for each in inner)
            return repr((level, importance, int(own.node_minimum[node]), below))
        if kind is NodeKind.EXPERIENCE:
            return repr((level, importance, float(own.node_days[node])))
        asked = None
        if own.node_scale[node] >= 0:
            asked = (own.scale_iris[own.node_scale[node]], float(own.node_value[node]))
        return repr((level, importance, LEAVES[kind], self.iri(int(own.node_target[node])), asked))

    def names(self, nodes: Iterable[Any]) -> list[str]:
        """IRIs of the oracle's requirements."""
        return [self.nodes[id(node)] for node in nodes]

    def node_names(self, nodes: Iterable[int]) -> list[str]:
        return [self.snapshot.node_iris[node] for node in nodes]


def signature(node: Mapping[str, Any]) -> str:
    """What a requirement of the oracle says, with all below it."""
    if node["kind"] == "group":
        below = sorted(signature(child) for child in node["children"])
        return repr((node["level"], node["importance"], node["minimum"] or len(below), below))
    if node["kind"] == "experience":
        return repr((node["level"], node["importance"], node["days"]))
    return repr((node["level"], node["importance"], node["kind"], node["target"], node["asked"]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the tables of the one world stand."""
    place = tmp_path / "tables"
    place.mkdir()
    return place


# --- match and gap


@pytest.mark.parametrize("seed", range(WORLDS))
def test_match_and_gap_equal_brute_force(seed: int, folder: Path) -> None:
    """Roles listed, order, score, units, levels, what blocks: as docs/matching.md says, reckoned a second time."""
    both = Both(seed, folder)
    for _ in range(2):
        check_ranking(both)
        for role in both.world["roles"]:
            expected = oracle.gap(both.learner(), role)
            check_role(both, gap(both.snapshot, both.asked(), Policy(**both.policy), both.row(role)), expected)
        both.held = {"competencies": both.held["competencies"], "courses": [], "credentials": [], "days": 0.0}
        both.policy = both.policy | {"min_coverage": 0.5, "max_hops": 3}
        both.chains = oracle.chains_between(both.world, both.policy)


def check_ranking(both: Both) -> None:
    named = both.rng.sample(both.world["roles"], both.rng.choice((0, 1)))
    expected = oracle.match(both.learner(), named)
    found: Matches = match(both.snapshot, both.asked(), Policy(**both.policy), named=[both.row(role) for role in named])
    assert [both.iri(int(row)) for row in found.rows] == [role for role, _ in expected], [
        (role, its["score"], its["musts_held"]) for role, its in expected
    ]
    for position, (_, its) in enumerate(expected):
        assert abs(float(found.scores[position]) - its["score"]) < CLOSE
        assert found.qualified[position] == {True: 1, False: 0, None: -1}[its["qualified"]]
        check_role(both, found.detail(position), its)


def check_role(both: Both, found: RoleMatch, expected: Mapping[str, Any]) -> None:
    assert abs(found.score - expected["score"]) < CLOSE
    assert abs(sum(unit.part for unit in (*found.met, *found.partial, *found.missing)) - found.score) < CLOSE
    assert found.qualified is expected["qualified"]
    levels = [(both.snapshot.level_names[its.level], its.qualified, its.stated) for its in found.levels]
    assert levels == expected["levels"]
    check_blocking(both, found, expected)
    for place in ("met", "partial", "missing"):
        units: Sequence[UnitCoverage] = getattr(found, place)
        theirs = [(unit, both.nodes[id(unit["node"])]) for unit in expected["units"] if unit["place"] == place]
        theirs.sort(key=lambda each: (-each[0]["weight"], each[1]))
        assert both.node_names(unit.node for unit in units) == [iri for _, iri in theirs], place
        for unit, (its, _) in zip(units, theirs, strict=True):
            check_unit(both, unit, its)


def check_blocking(both: Both, found: RoleMatch, expected: Mapping[str, Any]) -> None:
    """The same musts, the general ones before those of a level."""
    assert sorted(both.node_names(found.blocking)) == sorted(both.names(expected["blocking"]))
    of_levels = [both.snapshot.node_level[node] >= 0 for node in found.blocking]
    assert of_levels == sorted(of_levels)


def check_unit(both: Both, unit: UnitCoverage, expected: Mapping[str, Any]) -> None:
    assert abs(unit.coverage - expected["coverage"]) < CLOSE
    assert abs(unit.weight - expected["weight"]) < CLOSE
    assert abs(unit.part - expected["part"]) < CLOSE
    if expected["node"]["kind"] != "competency":
        return
    assert unit.level_unknown is expected["level_unknown"]
    if expected["best"] is None or oracle.rounded(expected["coverage"]) == 0:
        return
    _, _, held, path = expected["best"]
    best = unit.evidence[0]
    assert both.iri(best.held) == held
    hops = [link for link in best.chain if link.relation not in ("teaches", "certifies", "awards")]
    assert [both.iri(link.to_row) for link in hops] == list(path[1:])
    assert abs(best.factor - expected["coverage"]) < CLOSE


EQUAL = {
    "scales.csv": "iri,min,max\nhttps://w.example/scale,0,6\n",
    "competencies.csv": "iri,label\n" + "".join(f"https://w.example/c/{at},C {at}\n" for at in (2, 4, 5, 55)),
    "job_roles.csv": "iri,label\nhttps://w.example/r/1,Three\nhttps://w.example/r/2,One\n",
    "requires.csv": "role,target,level,scale\n"
    + "".join(f"https://w.example/r/1,https://w.example/c/{at},6,https://w.example/scale\n" for at in (2, 5, 55))
    + "https://w.example/r/2,https://w.example/c/4,6,https://w.example/scale\n",
}


def test_scores_that_are_equal_are_ordered_by_what_comes_next(folder: Path) -> None:
    """(1/3 + 5/6 + 5/6) / 3 is 2/3: coverage is rounded where it is compared, not where it is summed, so the IRI decides."""
    snapshot = snapshot_of(folder, EQUAL)
    held = tuple(
        HeldCompetency(row=snapshot.find_row(f"https://w.example/c/{at}"), value=float(str(at)[0]), scale=0)
        for at in (2, 4, 5, 55)
    )
    found = match(snapshot, Held(competencies=held), Policy())
    assert [(snapshot.iris[int(row)], float(score)) for row, score in zip(found.rows, found.scores, strict=True)] == [
        ("https://w.example/r/1", 0.666666666667),
        ("https://w.example/r/2", 0.666666666667),
    ]


# --- plans


@pytest.mark.parametrize("seed", range(WORLDS))
def test_plans_equal_brute_force(seed: int, folder: Path) -> None:
    """The best sets of every objective, with and without limits, or why there is none and what stands in the way."""
    both = Both(seed, folder)
    planner = oracle.Planner(both.world, both.held, both.policy, both.chains)
    role, level = choose_goal(both, planner)
    for limits in ({}, random_limits(both.rng)):
        for objective in Objective:
            answer = plan(
                both.snapshot,
                both.asked(),
                both.row(role),
                level=level,
                objective=objective,
                limits=limits_of(limits),
                policy=Policy(**both.policy),
                first=FIRST,
            )
            question = (role, level, objective.value, limits)
            expected = planner.plans(*question)
            found = [sorted(both.iri(step.row) for step in each.steps) for each in answer.plans]
            assert found == [sorted(steps) for steps in expected[:FIRST]], question
            assert answer.optimal
            if expected:
                assert (answer.reason, answer.unmet) == (None, ())
                check_plans(both, planner, answer, question)
            else:
                check_no_plan(both, planner, answer, question)


def choose_goal(both: Both, planner: oracle.Planner) -> tuple[str, str | None]:
    """A role and a level or None: mostly one that needs steps, sometimes one that none lead to or that is met already."""
    found: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for role in both.world["roles"]:
        for level in (None, *both.world["levels"].get(role, {})):
            best = next(iter(planner.plans(role, level, "FEWEST", {})), None)
            found["none" if best is None else "long" if len(best) > 1 else "short" if best else "met"].append(
                (role, level)
            )
    wanted = both.rng.choice(("long", "long", "long", "short", "none", "met"))
    order = (wanted, "long", "short", "none", "met")
    return both.rng.choice(next(found[each] for each in order if found[each]))


def limits_of(limits: Mapping[str, Any]) -> Limits:
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in limits.items()}
    return Limits(**given, deadline_ms=DEADLINE_MS)


Question = tuple[str, str | None, str, Mapping[str, Any]]


def check_plans(both: Both, planner: oracle.Planner, answer: PlanAnswer, question: Question) -> None:
    role, _, objective, limits = question
    scale = oracle.MINOR_DIGITS.get(planner.currency(limits) or "EUR", 2)
    units = {"CHEAPEST": Decimal(10) ** scale, "FASTEST": Decimal(oracle.MICRODAYS), "FEWEST": Decimal(1)}[objective]
    for number, each in enumerate(answer.plans):
        steps = [both.iri(step.row) for step in each.steps]
        figures = planner.figures(steps, objective, limits)
        assert each.optimal
        assert each.unknowns == figures["unknowns"]
        assert each.total == figures["total"] / units
        assert (each.cost.minor_units if each.cost else None) == figures["cost"]
        assert each.cost is None or each.cost.currency == figures["currency"]
        days = None if figures["microdays"] is None else Decimal(figures["microdays"]) / oracle.MICRODAYS
        assert each.duration_days == days
        assert [step.position for step in each.steps] == list(range(1, len(steps) + 1))
        check_steps(both, planner, each.steps, role)
        if number == 0:
            assert (each.unknowns_bound, each.bound) == (each.unknowns, each.total)
            check_alternatives(both, planner, each.steps, question)


def check_steps(both: Both, planner: oracle.Planner, steps: Sequence[Any], role: str) -> None:
    """Prerequisites hold in their turn, and each step closes the musts that first hold after it."""
    musts = [node for node in both.world["trees"][role] if node["importance"] == "must"]
    taken: list[str] = []
    for step in steps:
        assert planner.may_follow(both.iri(step.row), taken), (taken, both.iri(step.row))
        before = planner.after(taken)
        taken.append(both.iri(step.row))
        after = planner.after(taken)
        newly = [node for node in musts if after.holds(node) and not before.holds(node)]
        assert set(both.node_names(step.closes)) <= set(both.names(newly))
        assert set(both.names(node for node in newly if not node["level"])) <= set(both.node_names(step.closes))


def check_alternatives(both: Both, planner: oracle.Planner, steps: Sequence[Any], question: Question) -> None:
    """Of the best plan: exactly the others that in a step's place give a plan equal in all but IRIs."""
    role, level, objective, limits = question
    chosen = frozenset(both.iri(step.row) for step in steps)
    goals = planner.goals(role, level)
    rank = planner.rank(chosen, objective, limits)[:3]
    for step in steps:
        own = both.iri(step.row)
        expected = [
            other
            for other in planner.candidates
            if other not in chosen
            and planner.feasible(changed := chosen - {own} | {other}, goals)
            and planner.within(changed, objective, limits)
            and planner.rank(changed, objective, limits)[:3] == rank
        ]
        assert sorted(both.iri(row) for row in step.alternatives) == expected, (own, question)


def check_no_plan(both: Both, planner: oracle.Planner, answer: PlanAnswer, question: Question) -> None:
    role, level, objective, limits = question
    assert answer.reason is not None
    free = planner.exists(role, level, objective, {})
    assert answer.reason.value == ("LIMITS" if free else "NONE_EXISTS"), question
    smallest = planner.unmet(role, level, objective, limits)
    expected = min(sorted(both.names(each)) for each in smallest)
    assert sorted(both.node_names(answer.unmet)) == expected, (
        question,
        [sorted(both.names(each)) for each in smallest],
    )


# --- the worlds themselves


def test_worlds_have_what_they_are_for() -> None:
    """Nested groups, each kind of requirement, awards, cycles, unknown figures, each relation: in many of the worlds."""
    seen: Counter[str] = Counter()
    for seed in range(WORLDS):
        world = oracle.read_world(RandomTables(seed).texts())
        seen.update(set(features(world)))
    assert {name for name, count in seen.items() if count >= WORLDS // 20} == FEATURES, seen


FEATURES = {
    *("levels", "empty level", "nested", "all", "any", "at least", "competency", "course", "credential", "experience"),
    *(
        "awards",
        "unknown cost",
        "two currencies",
        "free",
        "unknown length",
        "superseded",
        "parents",
        "group prerequisite",
    ),
    *("competency prerequisite", "ring", "exact", "close", "broad", "narrow", "related", "confidence", "hub", "graded"),
}


def features(world: Mapping[str, Any]) -> Iterable[str]:
    """Names of what a world has."""
    things = world["things"].values()
    for role, ranks in world["levels"].items():
        yield "levels"
        if any(not any(top["level"] == name for top in world["trees"][role]) for name in ranks):
            yield "empty level"
    for tops in (*world["trees"].values(), *world["prerequisites"].values()):
        for node in tops:
            yield from node_features(node)
    for tops in world["prerequisites"].values():
        yield from ("group prerequisite" for node in tops if node["kind"] == "group")
        yield from ("competency prerequisite" for node in tops if node["kind"] == "competency")
    if world["awards"]:
        yield "awards"
    yield from ("unknown cost" for thing in things if thing["cost"] is None)
    yield from ("free" for thing in things if thing["cost"] and thing["cost"][0] == 0)
    yield from ("unknown length" for thing in things if thing["microdays"] is None)
    if len({thing["cost"][1] for thing in things if thing["cost"]}) > 1:
        yield "two currencies"
    yield from ("superseded" for iri in world["replaced_by"] if oracle.successor(dict(world), iri) != iri)
    yield from ("parents" for parents in world["parents"].values() if parents)
    for subject, thing, relation, confidence in world["alignments"]:
        yield relation
        if confidence < 1:
            yield "confidence"
        if {subject, thing} - set(world["kinds"]):
            yield "hub"
    if has_ring(world):
        yield "ring"


def node_features(node: Mapping[str, Any]) -> Iterable[str]:
    if node["kind"] != "group":
        yield node["kind"]
    if isinstance(node.get("importance"), float):
        yield "graded"
    for child in node.get("children", ()):
        if child["kind"] == "group":
            yield "nested"
        yield from node_features(child)
    if node["kind"] == "group" and len(node["children"]) > 1:
        yield {None: "all", 1: "any"}.get(node["minimum"], "at least")


def has_ring(world: Mapping[str, Any]) -> bool:
    """Whether some step needs, by way of competencies, what only comes after it."""
    teachers: dict[str, set[str]] = defaultdict(set)
    for subject, competency, _ in world["teaches"]:
        teachers[competency].add(subject)
    edges: dict[str, set[str]] = {
        thing: {
            each
            for top in tops
            for node in (top, *top.get("children", ()))
            if "target" in node
            for each in teachers.get(oracle.successor(dict(world), node["target"]), {node["target"]})
        }
        for thing, tops in world["prerequisites"].items()
    }
    for thing in edges:
        seen: set[str] = set()
        waiting = list(edges[thing])
        while waiting:
            if (each := waiting.pop()) not in seen:
                seen.add(each)
                waiting.extend(edges.get(each, ()))
        if thing in seen:
            return True
    return False
