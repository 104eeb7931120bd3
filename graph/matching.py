"""What a learner has against what roles ask: scores of all roles at once, and one role in detail with the reasons.

docs/matching.md is the exact meaning. Pure, on the snapshot. Called by the service and the command line. Scores of all
roles are arrays; details are made for the roles that are looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .coverage import (
    Chain,
    CompetencySource,
    Grounds,
    Holdings,
    Link,
    Recent,
    chains_of,
    holdings_of,
    level_ratio,
    rounded,
)
from .layout import Floats, Ints, NodeKind
from .policy import Binding, Held, HeldAward, HeldCompetency, Policy, Standing
from .ranking import Verdicts
from .ranking_head import Head, Ranked, ranked
from .role_index import RoleIndex, group_coverage, role_index_of
from .snapshot import Snapshot

__all__ = [
    "EvidenceItem",
    "Held",
    "HeldAward",
    "HeldCompetency",
    "LeafCoverage",
    "LevelOutcome",
    "Link",
    "Matches",
    "Policy",
    "RoleMatch",
    "Standing",
    "UnitCoverage",
    "gap",
    "gaps",
    "leaf_coverages",
    "match",
]


_BLANKS_KEPT = 1024
"""Some eight kilobytes each."""
_COMPETENCY, _COURSE, _EXPERIENCE = int(NodeKind.COMPETENCY), int(NodeKind.COURSE), int(NodeKind.EXPERIENCE)
"""As plain numbers, which compare ten times as fast as members of an enumeration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One held thing that covers a requirement or a part of it."""

    held: int
    """Resource row of the held thing (of its last successor)."""
    factor: float
    """What it covers of the leaf it serves: product of the chain times the level ratio."""
    chain: tuple[Link, ...]
    """From the held thing to what is asked for; empty where that is held itself."""
    standing: Standing = Standing.CLAIMED
    binding: Binding = Binding.CLAIMED
    """How it is known that it is the learner's."""
    reason: str | None = None
    """Why it is not simply verified; where the factor is 0, why it does not count."""
    document: int = -1
    """Position of the document that says so; -1 for a claim."""


class UnitCoverage(NamedTuple):
    """A top requirement and how far it is covered."""

    node: int
    coverage: float
    weight: float
    """0 for a unit with a credential, course or experience in it."""
    part: float
    """What it gives to the score."""
    level_unknown: bool
    """A level is asked for and the best source's is unknown or on another scale."""
    evidence: tuple[EvidenceItem, ...]
    """Best first: of a leaf its best source, of a group the best source of each child that is covered at all. Behind
    them, with the factor 0, what documents say that would serve and does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelOutcome:
    """A role level: whether it is met, and by what."""

    level: int
    """Role level row."""
    qualified: bool
    stated: bool
    """Met by its own list and the general musts, not implied by a higher level."""
    met_by: tuple[int, ...]
    """Rows of held things that its own musts were met by, by IRI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleMatch:
    """One role in detail. Units are listed heaviest first, then by IRI."""

    role: int
    score: float
    qualified: bool | None
    """None where neither the role nor any of its levels states a must."""
    levels: tuple[LevelOutcome, ...]
    """Lowest first."""
    blocking: tuple[int, ...]
    """Node rows of the musts that stand in the way: the general ones first."""
    met: tuple[UnitCoverage, ...]
    partial: tuple[UnitCoverage, ...]
    missing: tuple[UnitCoverage, ...]


@dataclass(frozen=True, slots=True)
class _Result:
    """What is found of one node."""

    coverage: float
    holds: bool
    level_unknown: bool = False
    evidence: tuple[EvidenceItem, ...] = ()
    met_by: tuple[int, ...] = ()


class _Learner:
    """A learner's holdings on a snapshot under a policy: what they reach, and the best source for each leaf."""

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy):
        self.snapshot = snapshot
        self.policy = policy
        self.holdings: Holdings = holdings_of(snapshot, held)
        self._reached: dict[int, list[tuple[CompetencySource, Chain]]] | None = None
        self.idle = _idle_learner(snapshot, held, policy)
        self._best: dict[tuple[int, float, int], _Result] = {}
        self._nothing = _Result(0.0, policy.min_coverage <= 0)

    @property
    def reached(self) -> dict[int, list[tuple[CompetencySource, Chain]]]:
        """By competency, the ways that lead there. Made when reasons are asked for: a ranking does without."""
        if self._reached is None:
            chains = chains_of(self.snapshot, self.policy)
            reached: dict[int, list[tuple[CompetencySource, Chain]]] = {}
            for source in self.holdings.sources:
                row = source.competency
                if chains.ends_in(row):
                    reached.setdefault(row, []).append((source, Chain(1.0, (row,), ())))
                    continue
                for target, chain in chains.leading_from(row).items():
                    reached.setdefault(target, []).append((source, chain))
            self._reached = reached
        return self._reached

    def competency(self, target: int, value: float, scale: int) -> _Result:
        """Coverage of a competency leaf, with the best source.

        On equal coverage: a level that can be compared, fewest hops, smallest held thing, smallest way, best grounds.
        """
        if target not in self.reached:
            return self._nothing
        key = (target, value if scale >= 0 else 0.0, scale)
        if key not in self._best:
            self._best[key] = self._judge(*key)
        return self._best[key]

    def _judge(self, target: int, value: float, scale: int) -> _Result:
        need = self.snapshot.fraction(scale, value)
        candidates = []
        for order, (source, chain) in enumerate(self.reached[target]):
            ratio, unknown = self._ratio(source, scale, need)
            covered = chain.factor * ratio
            way = (unknown, len(chain.steps), source.held, chain.path, len(source.links), source.grounds, order)
            candidates.append((-rounded(covered), way, covered, source, chain))
        likeness, way, coverage, source, chain = min(candidates, key=lambda entry: entry[:2])
        unknown = way[0]
        if likeness >= 0:
            return _Result(0.0, self._nothing.holds, level_unknown=unknown)
        links = source.links + chain.links(self.snapshot)
        evidence = (_evidence(source.held, rounded(coverage), links, source.grounds),)
        holds = rounded(coverage) >= self.policy.min_coverage
        return _Result(coverage, holds, unknown, evidence, (source.held,) if holds else ())

    def _ratio(self, source: CompetencySource, scale: int, need: float) -> tuple[float, bool]:
        if scale < 0:
            return 1.0, False
        if source.scale != scale:
            return self.policy.unknown_level, True
        return level_ratio(self.snapshot.fraction(scale, source.value), need, self.policy.unknown_level)

    def thing(self, target: int) -> _Result:
        """Coverage of a credential or course leaf."""
        found = self.holdings.things.get(target)
        if found is None:
            return _Result(0.0, holds=False)
        return _Result(1.0, True, False, (_evidence(found.held, 1.0, found.links, found.grounds),), (found.held,))

    def experience(self, days: float) -> _Result:
        """Coverage of an experience leaf; no resource is its evidence."""
        enough = self.holdings.experience_days >= days
        return _Result(float(enough), enough)

    def group(self, minimum: int, children: Sequence[tuple[int, _Result]]) -> _Result:
        """A group from the results of its children, given with their rows."""
        ordered = sorted(children, key=lambda child: (-child[1].coverage, child[1].level_unknown, child[0]))
        results = [result for _, result in ordered]
        return _Result(
            group_coverage((result.coverage for result in results), minimum),
            sum(result.holds for result in results) >= minimum,
            any(result.level_unknown and result.coverage > 0 for result in results[: max(minimum, 0)]),
            tuple(item for result in results for item in result.evidence),
            tuple(row for result in results if result.holds for row in result.met_by),
        )


def _evidence(held: int, factor: float, links: tuple[Link, ...], grounds: Grounds) -> EvidenceItem:
    return EvidenceItem(
        held=held,
        factor=factor,
        chain=links,
        standing=grounds.standing,
        binding=grounds.binding,
        document=grounds.document,
        reason=grounds.reason or None,
    )


def _idle_learner(snapshot: Snapshot, held: Held, policy: Policy) -> "_Learner | None":
    """One who has what documents say and does not count, to see what it would serve; None where there is nothing."""
    idle = tuple(replace(award, counts=True) for award in held.awards if not award.counts)
    return _Learner(snapshot, Held(awards=idle), policy) if idle else None


def _idle_evidence(learner: _Learner, blank: "_Blank") -> dict[int, tuple[EvidenceItem, ...]]:
    """By place of a top requirement: what would serve it if it counted, with the factor 0; only where there is any."""
    if learner.idle is None:
        return {}
    found = {}
    for place, result in _touched(learner.idle, blank).items():
        if result.evidence:
            found[place] = tuple(replace(item, factor=0.0) for item in result.evidence)
    return found


def _weight_and_node(entry: tuple[float, int, _Result]) -> tuple[float, int]:
    return entry[:2]


class _Blank:
    """A role as it is for somebody who holds nothing: what nothing bears on stays as it is here.

    Tops have places, heaviest first, then by IRI. Kept for the roles asked for last.
    """

    __slots__ = (
        "days",
        "first",
        "leaves",
        "musts",
        "parts",
        "results",
        "sections",
        "targets",
        "tops",
        "total",
        "units",
    )

    def __init__(self, snapshot: Snapshot, policy: Policy, role: int):
        first, last = int(snapshot.node_offsets[role]), int(snapshot.node_offsets[role + 1])
        index = role_index_of(snapshot)
        self.targets: list[int] = index.targets[first:last].tolist()
        """By node: what a leaf asks for."""
        kinds = snapshot.node_kind[first:last]
        self.days: list[int] = np.flatnonzero(kinds == _EXPERIENCE).tolist()
        nobody = _Learner(snapshot, Held(), policy)
        tops: list[tuple[int, _Result]]
        if len(self.days) or (snapshot.node_parent[first:last] >= 0).any():
            tops = _results(nobody, first, last)
        else:
            skill, thing = _Result(0.0, policy.min_coverage <= 0), _Result(0.0, holds=False)
            tops = [(first + n, skill if kind == _COMPETENCY else thing) for n, kind in enumerate(kinds.tolist())]
        unit = index.weights(policy).unit
        weighed = sorted([(-float(unit[node]), node, result) for node, result in tops], key=_weight_and_node)
        self.total = -sum(weight for weight, _, _ in weighed)
        self.results = [result for _, _, result in weighed]
        self.units = [self.unit(node, -weight, result) for weight, node, result in weighed]
        self.sections = [_section(each, policy) for each in self.units]
        self.parts = {place: each.part for place, each in enumerate(self.units) if each.part}
        places = {each.node: place for place, each in enumerate(self.units)}
        self.musts = [
            (places[node], node, int(snapshot.node_level[node])) for node, _ in tops if snapshot.node_must[node]
        ]
        self.leaves = [int(snapshot.node_kind[each.node]) == _COMPETENCY for each in self.units]
        """By place: whether it is a competency."""
        self.tops: list[int] = []
        """By node: the place of the top that it is in."""
        for node in sorted(places):
            self.tops += [places[node]] * (int(snapshot.node_end[node]) - node)

    def unit(self, node: int, weight: float, result: _Result, idle: tuple[EvidenceItem, ...] = ()) -> UnitCoverage:
        """A top requirement as it is told."""
        part = weight * result.coverage / self.total if self.total > 0 else 0.0
        evidence = result.evidence + idle
        return UnitCoverage(node, rounded(result.coverage), weight, part, result.level_unknown, evidence)


def _section(unit: UnitCoverage, policy: Policy) -> int:
    """0 met, 1 partly met, 2 missing."""
    return 0 if unit.coverage >= policy.min_coverage else 2 if unit.coverage <= 0 else 1


def _blank_of(snapshot: Snapshot, policy: Policy, role: int) -> _Blank:
    kept = snapshot.derived("blank roles", _no_blanks)
    key = (role, policy.must_weight, policy.should_weight, policy.min_coverage)
    return kept.get(key, lambda: _Blank(snapshot, policy, role))


def _no_blanks(_: Snapshot) -> Recent[tuple[int, float, float, float], _Blank]:
    return Recent(_BLANKS_KEPT)


def _results(learner: _Learner, first: int, last: int) -> list[tuple[int, _Result]]:
    """The trees between two nodes, whole ones, in their order, with their results."""
    snapshot = learner.snapshot
    span = slice(first, last)
    targets = role_index_of(snapshot).targets[span].tolist()
    kinds, parents = snapshot.node_kind[span].tolist(), snapshot.node_parent[span].tolist()
    values, scales = snapshot.node_value[span].tolist(), snapshot.node_scale[span].tolist()
    tops: list[tuple[int, _Result]] = []
    below: dict[int, list[tuple[int, _Result]]] = {}
    for place in range(last - first - 1, -1, -1):  # children before their parent
        kind, node = kinds[place], first + place
        if kind == _COMPETENCY:
            result = learner.competency(targets[place], values[place], scales[place])
        elif kind <= _COURSE:
            result = learner.thing(targets[place])
        elif kind == _EXPERIENCE:
            result = learner.experience(float(snapshot.node_days[node]))
        else:
            result = learner.group(int(snapshot.node_minimum[node]), below.get(node, ()))
        parent = parents[place]
        (tops if parent < 0 else below.setdefault(parent, [])).append((node, result))
    tops.reverse()
    return tops


def _touched(learner: _Learner, blank: _Blank) -> dict[int, _Result]:
    """By place: the tops that something held may bear on."""
    reached, things, snapshot = learner.reached, learner.holdings.things, learner.snapshot
    nodes = [place for place, target in enumerate(blank.targets) if target in reached or target in things]
    found: dict[int, _Result] = {}
    for place in (*nodes, *blank.days):
        top = blank.tops[place]
        if top not in found:
            node = blank.units[top].node
            if blank.leaves[top]:
                value, scale = float(snapshot.node_value[node]), int(snapshot.node_scale[node])
                found[top] = learner.competency(blank.targets[place], value, scale)
            else:
                ((_, found[top]),) = _results(learner, node, int(snapshot.node_end[node]))
    return found


def _units(
    blank: _Blank, changed: Mapping[int, _Result], idle: Mapping[int, tuple[EvidenceItem, ...]], policy: Policy
) -> tuple[float, tuple[list[UnitCoverage], ...]]:
    """The score, and the units that are met, partly met and missing."""
    units, sections, parts = blank.units.copy(), blank.sections.copy(), blank.parts.copy()
    for place in {*changed, *idle}:
        before = units[place]
        result = changed.get(place, blank.results[place])
        unit = blank.unit(before.node, before.weight, result, idle.get(place, ()))
        units[place], sections[place], parts[place] = unit, _section(unit, policy), unit.part
    score = 0.0
    for place in sorted(parts):
        score += parts[place]
    sorted_out = tuple(
        [unit for unit, own in zip(units, sections, strict=True) if own == section] for section in range(3)
    )
    return rounded(score), sorted_out


def _detail(learner: _Learner, role: int) -> RoleMatch:
    snapshot = learner.snapshot
    blank = _blank_of(snapshot, learner.policy, role)
    changed = _touched(learner, blank)
    score, (met, partial, missing) = _units(blank, changed, _idle_evidence(learner, blank), learner.policy)
    musts = [(node, changed.get(place, blank.results[place]), level) for place, node, level in blank.musts]
    general_unmet = [node for node, result, level in musts if level < 0 and not result.holds]
    rows = range(int(snapshot.level_offsets[role]), int(snapshot.level_offsets[role + 1]))
    unmet = {row: [node for node, result, level in musts if level == row and not result.holds] for row in rows}
    stated = [row for row in rows if not general_unmet and not unmet[row]]
    highest = max((int(snapshot.level_rank[row]) for row in stated), default=None)
    levels = []
    for row in rows:
        implied = learner.policy.implies_lower and highest is not None and highest > snapshot.level_rank[row]
        met_by = {held for _, result, level in musts if level == row and result.holds for held in result.met_by}
        levels.append(
            LevelOutcome(
                level=row, qualified=row in stated or bool(implied), stated=row in stated, met_by=tuple(sorted(met_by))
            )
        )
    blocking = list(general_unmet)
    if rows and not stated:
        # Rows of levels go by rank, so the first of the shortest lists is that of the lowest rank.
        blocking += unmet[min(rows, key=lambda row: len(unmet[row]))]
    return RoleMatch(
        role=role,
        score=score,
        qualified=not general_unmet and (not rows or bool(stated)) if musts else None,
        levels=tuple(levels),
        blocking=tuple(blocking),
        met=tuple(met),
        partial=tuple(partial),
        missing=tuple(missing),
    )


class Matches:
    """Ranked roles. How many there are and which come first is there; `detail` makes the reasons of one.

    `rows`, `scores` and `qualified` bring all of them in order, which costs more than the first: `first` is for a page.
    """

    def __init__(self, learner: _Learner, ranked: Ranked):
        self._learner = learner
        self._ranked = ranked

    def __len__(self) -> int:
        return len(self._ranked)

    def first(self, count: int) -> Head:
        """The first so many roles, fewer where there are fewer."""
        return self._ranked.first(count)

    def at(self, position: int) -> tuple[int, float, int]:
        """Resource row, score and verdict (as in `qualified`) of the role at a position."""
        return self._ranked.at(position)

    @property
    def rows(self) -> Ints:
        """Resource rows of the roles listed, best first."""
        return self._ranked.first(len(self)).rows

    @property
    def scores(self) -> Floats:
        """Of the same, 12 decimals."""
        return self._ranked.first(len(self)).scores

    @property
    def qualified(self) -> Verdicts:
        """Of the same: 1 yes, 0 no, -1 the role states nothing that must hold."""
        return self._ranked.first(len(self)).qualified

    def detail(self, position: int) -> RoleMatch:
        """The role at a position of the ranking, with units, levels, evidence."""
        return _detail(self._learner, self._ranked.at(position)[0])


def gap(snapshot: Snapshot, held: Held, policy: Policy, role: int) -> RoleMatch:
    """One role in detail. A superseded role is read at its last successor."""
    return _detail(_Learner(snapshot, held, policy), int(snapshot.canonical[role]))


def gaps(snapshot: Snapshot, held: Held, policy: Policy, roles: Iterable[int]) -> list[RoleMatch]:
    """`gap` of several roles, in their order; what is held is looked at once."""
    learner = _Learner(snapshot, held, policy)
    return [_detail(learner, int(snapshot.canonical[role])) for role in roles]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafCoverage:
    """A leaf of a role's tree that asks for a thing, and how far that is covered."""

    node: int
    target: int
    """Resource row asked for (the last successor)."""
    coverage: float
    holds: bool
    level_unknown: bool


def leaf_coverages(snapshot: Snapshot, held: Held, policy: Policy, roles: Iterable[int]) -> list[list[LeafCoverage]]:
    """For each of these roles its leaves that ask for a competency, credential or course, by row."""
    learner = _Learner(snapshot, held, policy)
    targets = role_index_of(snapshot).targets
    found = []
    for role in roles:
        leaves = []
        for node in snapshot.span("node_offsets", int(snapshot.canonical[role])):
            kind, target = snapshot.node_kind[node], int(targets[node])
            if kind == NodeKind.COMPETENCY:
                result = learner.competency(target, float(snapshot.node_value[node]), int(snapshot.node_scale[node]))
            elif kind <= NodeKind.COURSE:
                result = learner.thing(target)
            else:
                continue
            leaves.append(
                LeafCoverage(
                    node=node,
                    target=target,
                    coverage=rounded(result.coverage),
                    holds=result.holds,
                    level_unknown=result.level_unknown,
                )
            )
        found.append(leaves)
    return found


def match(
    snapshot: Snapshot, held: Held, policy: Policy, *, roles: Ints | None = None, named: Iterable[int] = ()
) -> Matches:
    """Roles with score > 0, or qualified, or with a level met, or named; by score, musts that hold, IRI.

    Args:
        snapshot: the release.
        held: what the learner has.
        policy: weights and factors.
        roles: only these rows are looked at; None: all. Superseded ones are read at their last successor.
        named: of these, rows that are listed also where nothing is met (`filter.ids`).
    """
    learner = _Learner(snapshot, held, policy)
    index = role_index_of(snapshot)
    allowed = None
    if roles is not None:
        allowed = np.zeros(len(index.roles), np.bool_)
        allowed[_positions(snapshot, index, roles.tolist())] = True
    looked_at = np.array(_positions(snapshot, index, named), np.int64)
    return Matches(learner, ranked(snapshot, policy, learner.holdings, named=looked_at, allowed=allowed))


def _positions(snapshot: Snapshot, index: RoleIndex, rows: Iterable[int]) -> list[int]:
    positions = (int(index.position[snapshot.canonical[row]]) for row in rows)
    return [position for position in positions if position >= 0]
