"""Random worlds, and docs/matching.md over their records by enumeration: every chain is walked, nothing is indexed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st
from matching_networks import FIVE, SHOULD, TEN, U, units

from graph.matching import Held, HeldCompetency, Policy, RoleMatch
from graph.snapshot import Snapshot
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
)

STEP_FIELDS = {
    Relation.EXACT: "exact",
    Relation.CLOSE: "close",
    Relation.BROAD: "held_narrower",
    Relation.NARROW: "held_broader",
    Relation.RELATED: "related",
}
FLIP = {Relation.BROAD: Relation.NARROW, Relation.NARROW: Relation.BROAD}


Kind = TypeVar("Kind")


@dataclass
class World:
    """Records by class, and what is held by IRI."""

    records: list[Record]
    competencies: list[tuple[str, float | None, str | None]] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    days: float = 0.0

    def all(self, kind: type[Kind]) -> list[Kind]:
        return [record for record in self.records if isinstance(record, kind)]


class Brute:
    """docs/matching.md over records, by enumeration."""

    def __init__(self, world: World, policy: Policy):
        self.world, self.policy = world, policy
        self.described = {
            each.iri: each for each in world.records if isinstance(each, Competency | Course | Credential | JobRole)
        }
        self.scales = {scale.iri: scale for scale in world.all(Scale)}
        self.edges = list(self.steps())
        self.things: dict[str, str] = {}
        self.sources: list[tuple[str, Level | None, str]] = []
        self.hold()
        self.ways = {start: list(self.walk((start,), 1.0, False)) for start in {source[0] for source in self.sources}}

    def last(self, iri: str) -> str:
        at, seen = iri, {iri}
        while (thing := self.described.get(at)) is not None and thing.replaced_by in self.described:
            at = str(thing.replaced_by)
            if at in seen:
                return iri
            seen.add(at)
        return at

    def steps(self) -> Iterator[tuple[str, str, float, int]]:
        """(from, to, factor, 1 to something broader, -1 narrower), both ways."""
        for alignment in self.world.all(Alignment):
            confidence = 1.0 if alignment.confidence is None else min(alignment.confidence, 1.0)
            ends = self.last(alignment.subject), self.last(alignment.object)
            for (start, end), relation in (
                (ends, alignment.relation),
                (ends[::-1], FLIP.get(alignment.relation, alignment.relation)),
            ):
                direction = {Relation.BROAD: 1, Relation.NARROW: -1}.get(relation, 0)
                yield start, end, getattr(self.policy, STEP_FIELDS[relation]) * confidence, direction
        for competency in self.world.all(Competency) if self.policy.hierarchy else ():
            for parent in competency.broader:
                child, above = self.last(competency.iri), self.last(parent)
                yield child, above, self.policy.held_narrower, 1
                yield above, child, self.policy.held_broader, -1

    def open(self, iri: str) -> bool:
        return isinstance(self.described.get(iri), Competency | None)

    def walk(self, path: tuple[str, ...], product: float, went_up: bool) -> Iterator[tuple[tuple[str, ...], float]]:
        yield path, product
        if len(path) > self.policy.max_hops or not self.open(path[-1]):
            return
        for start, end, factor, direction in self.edges:
            if start == path[-1] and end not in path and self.open(end) and not (went_up and direction < 0):
                yield from self.walk((*path, end), product * factor, went_up or direction > 0)

    def hold(self) -> None:
        held = sorted({self.last(thing) for thing in self.world.things})
        owners = [(thing, thing) for thing in held]
        for thing in held:
            given = [award for award in self.world.all(Awarding) if self.last(award.course) == thing]
            owners += [(self.last(award.credential), thing) for award in given]
        for thing, by in owners:
            self.things.setdefault(thing, by)
            for teaching in self.world.all(Teaching):
                if self.last(teaching.subject) == thing:
                    self.sources.append((self.last(teaching.competency), teaching.level, by))
        for iri, value, scale in self.world.competencies:
            level = None if value is None or scale is None else Level(scale, value)
            self.sources.append((self.last(iri), level, self.last(iri)))

    def fraction(self, level: Level | None) -> float | None:
        scale = None if level is None else self.scales.get(level.scale)
        if level is None or scale is None:
            return None
        return min(max((level.value - scale.minimum) / (scale.maximum - scale.minimum), 0.0), 1.0)

    def read(self, level: Level | None, scale: str) -> float | None:
        """A level on another scale: each pair of mapped levels is looked at."""
        if level is None or level.scale == scale:
            return self.fraction(level)
        pairs = []
        for each in self.world.all(LevelMapping):
            for one, other in ((each.level, each.matched), (each.matched, each.level)):
                if (one.scale, other.scale) == (level.scale, scale):
                    pairs.append((self.fraction(one), self.fraction(other)))
        known = [(one, other) for one, other in pairs if one is not None and other is not None]
        if any(one < third and other > fourth for one, other in known for third, fourth in known):
            return None
        have = self.fraction(level)
        below = [(-one, other) for one, other in known if have is not None and one <= have]
        return min(below)[1] if below else None

    def ratio(self, asked: Level | None, level: Level | None) -> tuple[float, bool]:
        if asked is None:
            return 1.0, False
        need, have = self.fraction(asked), self.read(level, asked.scale)
        if need is None or have is None:
            return self.policy.unknown_level, True
        return (1.0 if need == 0 else min(have / need, 1.0)), False

    def best(self, leaf: Requirement) -> tuple[float, bool, str, tuple[str, ...]]:
        """(coverage, level unknown, held, path); coverage 0 where nothing leads there."""
        target, found = self.last(str(leaf.target)), []
        for start, level, by in self.sources:
            for path, product in self.ways[start]:
                if path[-1] == target:
                    ratio, unknown = self.ratio(leaf.level, level)
                    found.append((-round(product * ratio, 12), unknown, len(path), by, path))
        if not found:
            return 0.0, False, "", ()
        coverage, unknown, _, by, path = min(found)
        return -coverage, unknown, by, path

    def children(self, node: RequirementGroup) -> list[RequirementGroup | Requirement]:
        inner = [each for each in self.world.all(RequirementGroup) if each.parent == node.iri]
        return [*inner, *(each for each in self.world.all(Requirement) if each.group == node.iri)]

    def leaf_kind(self, leaf: Requirement) -> type[object]:
        thing = None if leaf.target is None else self.described.get(self.last(leaf.target))
        return (
            type(thing) if isinstance(thing, Course | Credential) else type(None) if leaf.target is None else Competency
        )

    def coverage(self, node: RequirementGroup | Requirement) -> float:
        if isinstance(node, RequirementGroup):
            children = sorted((self.coverage(child) for child in self.children(node)), reverse=True)
            count = len(children) if node.minimum is None else node.minimum
            return sum(children[:count]) / count
        kind = self.leaf_kind(node)
        if kind is Competency:
            return self.best(node)[0]
        if kind is type(None):
            return float(node.experience_days is not None and self.world.days >= node.experience_days)
        return float(self.last(str(node.target)) in self.things)

    def holds(self, node: RequirementGroup | Requirement) -> bool:
        if isinstance(node, RequirementGroup):
            children = self.children(node)
            return sum(map(self.holds, children)) >= (len(children) if node.minimum is None else node.minimum)
        return self.coverage(node) >= (self.policy.min_coverage if self.leaf_kind(node) is Competency else 1.0)

    def leaves(self, node: RequirementGroup | Requirement) -> list[Requirement]:
        if isinstance(node, Requirement):
            return [node]
        return [leaf for child in self.children(node) for leaf in self.leaves(child)]

    def met_by(self, node: RequirementGroup | Requirement) -> set[str]:
        if isinstance(node, RequirementGroup):
            return {by for child in self.children(node) if self.holds(child) for by in self.met_by(child)}
        kind = self.leaf_kind(node)
        if kind is Competency:
            return {self.best(node)[2]} if self.coverage(node) > 0 else set()
        return set() if kind is type(None) else {self.things[self.last(str(node.target))]}

    def weight(self, node: RequirementGroup | Requirement) -> float:
        def leaf_weight(leaf: Requirement) -> float:
            if leaf.importance is Importance.MUST:
                return self.policy.must_weight
            graded = leaf.importance_value
            return self.policy.should_weight if graded is None else graded * self.policy.must_weight

        leaves = self.leaves(node)
        return max(map(leaf_weight, leaves)) if all(self.leaf_kind(leaf) is Competency for leaf in leaves) else 0.0

    def tops(self, owner: str) -> list[RequirementGroup | Requirement]:
        found: list[RequirementGroup | Requirement] = []
        found += [each for each in self.world.all(RequirementGroup) if each.parent is None and each.owner == owner]
        found += [each for each in self.world.all(Requirement) if each.group is None and each.owner == owner]
        return sorted(found, key=lambda each: each.iri)

    def role(self, owner: str) -> dict[str, Any]:
        tops, policy = self.tops(owner), self.policy
        total = sum(map(self.weight, tops))
        coverages = {top.iri: self.coverage(top) for top in tops}
        parts = {top.iri: self.weight(top) * coverages[top.iri] / total if total else 0.0 for top in tops}
        places: dict[str, list[str]] = {"met": [], "partial": [], "missing": []}
        for top in sorted(tops, key=lambda top: (-self.weight(top), top.iri)):
            covered = round(coverages[top.iri], 12)
            places["met" if covered >= policy.min_coverage else "partial" if covered > 0 else "missing"].append(top.iri)
        musts = [top for top in tops if top.importance is Importance.MUST]
        unmet = {top.iri for top in musts if not self.holds(top)}
        general = [top.iri for top in musts if top.role_level is None and top.iri in unmet]
        levels = sorted((lv for lv in self.world.all(RoleLevel) if lv.role == owner), key=lambda lv: (lv.rank, lv.iri))
        lacking = {lv.iri: [top.iri for top in musts if top.role_level == lv.iri and top.iri in unmet] for lv in levels}
        stated = [lv for lv in levels if not general and not lacking[lv.iri]]
        outcomes = []
        for lv in levels:
            implied = policy.implies_lower and any(other.rank > lv.rank for other in stated)
            own = [top for top in musts if top.role_level == lv.iri and top.iri not in unmet]
            outcomes.append(
                (lv.iri, lv in stated or implied, lv in stated, sorted({x for t in own for x in self.met_by(t)}))
            )
        worst = (
            min(levels, key=lambda lv: (len(lacking[lv.iri]), lv.rank, lv.iri)).iri if levels and not stated else None
        )
        return {
            "score": round(sum(parts.values()), 12),
            "qualified": (not general and (not levels or bool(stated))) if musts else None,
            "levels": outcomes,
            "blocking": general + (lacking[worst] if worst else []),
            "units": {top.iri: (coverages[top.iri], self.weight(top), parts[top.iri]) for top in tops},
            "held": len(musts) - len(unmet),
            **places,
        }

    def listed(self, named: Sequence[str]) -> list[str]:
        successors = {each.iri for each in self.world.all(JobRole) if self.last(each.iri) == each.iri}
        found = {iri: self.role(iri) for iri in successors}
        shown = [
            iri for iri, its in found.items()
            if its["score"] > 0 or its["qualified"] or any(level[1] for level in its["levels"]) or iri in named
        ]  # fmt: skip
        return sorted(shown, key=lambda iri: (-found[iri]["score"], -found[iri]["held"], iri))


def some(draw: st.DrawFn, values: Sequence[Any], least: int = 0, most: int = 4) -> list[Any]:
    return draw(st.lists(st.sampled_from(values), min_size=least, max_size=most)) if values else []


LEVELS = st.none() | st.builds(
    Level,
    st.sampled_from([f"{U}x/five", f"{U}x/five", f"{U}x/ten", f"{U}x/nobody"]),
    st.sampled_from([0, 1, 2, 3, 5, 7]),
)
CONFIDENCES = st.sampled_from([None, None, 1.0, 0.9, 0.37, 0.0])


@st.composite
def trees(draw: st.DrawFn, owner: str, targets: Sequence[str], levels: Sequence[str]) -> list[Record]:
    """Requirements of one role: leaves and groups, nested to a depth of three."""
    records: list[Record] = []

    def grow(name: str, level: str | None, inside: str | None, depth: int) -> None:
        graded = draw(st.sampled_from([None, None, 0.0, 0.25, 0.7]))
        must = graded is None and draw(st.booleans())
        shared: dict[str, Any] = {
            "iri": f"{U}q/{owner[-1]}{name}",
            "owner": owner,
            "role_level": level,
            "importance": Importance.MUST if must else SHOULD,
            "importance_value": graded,
        }
        shape = draw(st.sampled_from(["leaf", "leaf", "leaf", "group", "days"])) if depth else "leaf"
        if shape == "group":
            count = draw(st.integers(1, 3))
            minimum = draw(st.none() | st.integers(1, count))
            records.append(RequirementGroup(**shared, parent=inside, minimum=minimum))
            for child in range(count):
                grow(f"{name}{child}", level, shared["iri"], depth - 1)
        elif shape == "days":
            records.append(
                Requirement(**shared, group=inside, experience_days=draw(st.sampled_from([0.0, 30.0, 365.0])))
            )
        else:
            target = draw(st.sampled_from(targets))
            records.append(Requirement(**shared, group=inside, target=target, level=draw(LEVELS)))

    for top in range(draw(st.integers(0, 4))):
        grow(f"-{top}", draw(st.sampled_from([None, *levels])), None, 2)
    return records


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Up to five competencies, a hub, things that teach and award, roles with levels and trees, and something held."""
    skills = [f"{U}s/{n}" for n in "abcde"[: draw(st.integers(2, 5))]]
    successor = st.sampled_from([None, None, None, None, *skills, f"{U}hub"])
    records: list[Record] = [FIVE, TEN]
    records += [
        Competency(iri=iri, broader=tuple(sorted(set(some(draw, skills, 0, 2)))), replaced_by=draw(successor))
        for iri in skills
    ]
    courses, credentials = ([f"{U}{kind}/{n}" for n in "ab"[: draw(st.integers(0, 2))]] for kind in "kc")
    things = [*courses, *credentials]
    for iri in things:
        kind = Course if iri in courses else Credential
        records.append(kind(iri=iri, replaced_by=draw(st.sampled_from([None, None, None, *things]))))
    roles = [f"{U}r/{n}" for n in "abc"[: draw(st.integers(1, 3))]]
    records += [JobRole(iri=iri, replaced_by=draw(st.sampled_from([None] * 5 + roles))) for iri in roles]
    ends = [*skills, *skills, f"{U}hub", f"{U}hub", roles[0], *things]
    for n in range(draw(st.integers(0, 7))):
        start, end = draw(st.sampled_from(ends)), draw(st.sampled_from(ends))
        relation, confidence = draw(st.sampled_from(list(Relation))), draw(CONFIDENCES)
        records.append(Alignment(iri=f"{U}a/{n}", subject=start, object=end, relation=relation, confidence=confidence))
    for n, subject in enumerate(some(draw, things)):
        records.append(
            Teaching(iri=f"{U}t/{n}", subject=subject, competency=draw(st.sampled_from(skills)), level=draw(LEVELS))
        )
    for n, course in enumerate(some(draw, courses, 0, 3) if credentials else []):
        records.append(Awarding(iri=f"{U}w/{n}", course=course, credential=draw(st.sampled_from(credentials))))
    for n, level in enumerate(some(draw, [0, 1, 2, 3, 5, 7], 0, 3)):
        one, other = draw(st.sampled_from([("five", "ten"), ("five", "ten"), ("ten", "five"), ("ten", "nobody")]))
        matched = Level(f"{U}x/{other}", draw(st.sampled_from([0, level, level, 2, 9])))
        records.append(LevelMapping(iri=f"{U}v/{n}", level=Level(f"{U}x/{one}", level), matched=matched))
    for iri in roles:
        ranks = draw(st.lists(st.integers(1, 3), max_size=3))
        levels = [RoleLevel(iri=f"{iri}/l{n}", role=iri, name=f"L{n}", rank=rank) for n, rank in enumerate(ranks)]
        records += levels
        records += draw(trees(iri, [*skills, *skills, *things, f"{U}hub"], [level.iri for level in levels]))
    claims: list[tuple[str, float | None, str | None]] = []
    for iri in some(draw, skills):
        level = draw(LEVELS)
        known = level is not None and level.scale != f"{U}x/nobody"
        claims.append((iri, level.value, level.scale) if level is not None and known else (iri, None, None))
    return World(records, claims, some(draw, things, 0, 3), draw(st.sampled_from([0.0, 30.0, 400.0])))


def share(*usual: float) -> st.SearchStrategy[float]:
    return st.sampled_from([*usual, *usual, 0.0, 1.0, 0.61])


POLICIES = st.builds(
    Policy,
    must_weight=st.sampled_from([1.0, 1.0, 0.0, 2.5]), should_weight=st.sampled_from([0.5, 0.5, 0.0, 3.0]),
    min_coverage=share(1.0, 0.5), unknown_level=share(0.5), exact=share(1.0), held_narrower=share(0.8), close=share(0.9),
    held_broader=share(0.5), related=share(0.3), max_hops=st.integers(0, 3), hierarchy=st.booleans(), implies_lower=st.booleans(),
)  # fmt: skip


def held_of(snapshot: Snapshot, world: World) -> Held:
    claims = []
    for iri, value, scale in world.competencies:
        on = -1 if scale is None else snapshot.scale_iris.find_sorted(scale)
        claims.append(HeldCompetency(row=snapshot.find_row(iri), value=value, scale=on))
    courses = [snapshot.find_row(iri) for iri in world.things if iri.startswith(f"{U}k/")]
    credentials = [snapshot.find_row(iri) for iri in world.things if iri.startswith(f"{U}c/")]
    return Held(
        competencies=tuple(claims), courses=tuple(courses), credentials=tuple(credentials), experience_days=world.days
    )


def told(snapshot: Snapshot, found: RoleMatch) -> Mapping[str, Any]:
    """A role match as the brute force tells it."""
    names = snapshot.node_iris
    return {
        "score": found.score,
        "qualified": found.qualified,
        "levels": [
            (
                snapshot.level_iris[level.level],
                level.qualified,
                level.stated,
                [snapshot.iris[each] for each in level.met_by],
            )
            for level in found.levels
        ],
        "blocking": [names[node] for node in found.blocking],
        "units": {names[unit.node]: (unit.coverage, unit.weight, unit.part) for unit in units(found)},
        "met": [names[unit.node] for unit in found.met],
        "partial": [names[unit.node] for unit in found.partial],
        "missing": [names[unit.node] for unit in found.missing],
    }
