"""What a learner has against what roles ask: scores of all roles at once, and one role in detail with the reasons.

docs/matching.md is the exact meaning. Pure, on the snapshot. Called by the service and the command line. Scores of all
roles are arrays; details are made for the roles that are looked at.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .coverage import (
    ROUNDING,
    Chain,
    CompetencySource,
    Grounds,
    Holdings,
    Link,
    chains_of,
    holdings_of,
    level_ratio,
    rounded,
)
from .layout import Flags, Floats, Ints, Longs, NodeKind, ResourceType
from .policy import Held, HeldAward, HeldCompetency, Policy, Standing
from .role_index import RoleIndex, Weights, group_coverage, role_index_of, touched_groups
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

Verdicts = npt.NDArray[np.int8]


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
    reason: str | None = None
    """Why it is not simply verified; where the factor is 0, why it does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCoverage:
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
        chains = chains_of(snapshot, policy)
        self.reached: dict[int, list[tuple[CompetencySource, Chain]]] = {}
        for source in self.holdings.sources:
            for target, chain in chains.leading_from(source.competency).items():
                self.reached.setdefault(target, []).append((source, chain))
        self.idle = _idle_learner(snapshot, held, policy)
        self._best: dict[tuple[int, float, int], _Result] = {}
        self._nothing = _Result(0.0, policy.min_coverage <= 0)

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
    return EvidenceItem(held=held, factor=factor, chain=links, standing=grounds.standing, reason=grounds.reason or None)


def _idle_learner(snapshot: Snapshot, held: Held, policy: Policy) -> "_Learner | None":
    """One who has what documents say and does not count, to see what it would serve; None where there is nothing."""
    idle = tuple(replace(award, counts=True) for award in held.awards if not award.counts)
    return _Learner(snapshot, Held(awards=idle), policy) if idle else None


def _idle_evidence(learner: _Learner, role: int) -> dict[int, tuple[EvidenceItem, ...]]:
    """By top requirement: what would serve it if it counted, with the factor 0."""
    if learner.idle is None:
        return {}
    return {
        node: tuple(replace(item, factor=0.0) for item in result.evidence) for node, result in _tops(learner.idle, role)
    }


def _tops(learner: _Learner, role: int) -> list[tuple[int, _Result]]:
    """Top requirements of a role, by IRI, with their results."""
    snapshot = learner.snapshot
    first, last = int(snapshot.node_offsets[role]), int(snapshot.node_offsets[role + 1])
    span = slice(first, last)
    targets = role_index_of(snapshot).targets[span].tolist()
    kinds, parents = snapshot.node_kind[span].tolist(), snapshot.node_parent[span].tolist()
    values, scales = snapshot.node_value[span].tolist(), snapshot.node_scale[span].tolist()
    tops: list[tuple[int, _Result]] = []
    below: dict[int, list[tuple[int, _Result]]] = {}
    for place in range(last - first - 1, -1, -1):  # children before their parent
        kind, node = kinds[place], first + place
        if kind == NodeKind.COMPETENCY:
            result = learner.competency(targets[place], values[place], scales[place])
        elif kind <= NodeKind.COURSE:
            result = learner.thing(targets[place])
        elif kind == NodeKind.EXPERIENCE:
            result = learner.experience(float(snapshot.node_days[node]))
        else:
            result = learner.group(int(snapshot.node_minimum[node]), below.get(node, ()))
        parent = parents[place]
        (tops if parent < 0 else below.setdefault(parent, [])).append((node, result))
    tops.reverse()
    return tops


def _units(
    learner: _Learner, tops: Iterable[tuple[int, _Result]], idle: Mapping[int, tuple[EvidenceItem, ...]]
) -> tuple[float, tuple[list[UnitCoverage], list[UnitCoverage], list[UnitCoverage]]]:
    """The score, and the units that are met, partly met and missing."""
    weights = role_index_of(learner.snapshot).weights(learner.policy).unit
    weighed = sorted(((-float(weights[node]), node, result) for node, result in tops), key=lambda entry: entry[:2])
    total = -sum(weight for weight, _, _ in weighed)
    sorted_out: tuple[list[UnitCoverage], list[UnitCoverage], list[UnitCoverage]] = ([], [], [])
    score = 0.0
    for negative, node, result in weighed:
        part = -negative * result.coverage / total if total > 0 else 0.0
        score += part
        unit = UnitCoverage(
            node=node,
            coverage=rounded(result.coverage),
            weight=-negative,
            part=part,
            level_unknown=result.level_unknown,
            evidence=result.evidence + idle.get(node, ()),
        )
        met, missing = unit.coverage >= learner.policy.min_coverage, unit.coverage <= 0
        sorted_out[0 if met else 2 if missing else 1].append(unit)
    return rounded(score), sorted_out


def _detail(learner: _Learner, role: int) -> RoleMatch:
    snapshot = learner.snapshot
    tops = _tops(learner, role)
    score, (met, partial, missing) = _units(learner, tops, _idle_evidence(learner, role))
    musts = [(node, result, int(snapshot.node_level[node])) for node, result in tops if snapshot.node_must[node]]
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
    """Ranked roles. Scores are there for all; `detail` makes the reasons of one.

    Attributes:
        rows: resource rows of the roles listed, best first.
        scores: of the same, 12 decimals.
        qualified: of the same: 1 yes, 0 no, -1 the role states nothing that must hold.
    """

    def __init__(self, learner: _Learner, rows: Ints, scores: Floats, qualified: Verdicts):
        self._learner = learner
        self.rows = rows
        self.scores = scores
        self.qualified = qualified

    def __len__(self) -> int:
        return len(self.rows)

    def detail(self, position: int) -> RoleMatch:
        """The role at a position of the ranking, with units, levels, evidence."""
        return _detail(self._learner, int(self.rows[position]))


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
    index = role_index_of(snapshot)
    learner = _Learner(snapshot, held, policy)
    weights = index.weights(policy)
    standing = _standing(snapshot, index, weights, *_touched(learner, index, weights))
    listed = (standing.scores > 0) | (standing.qualified == 1) | standing.any_level
    listed[_positions(snapshot, index, named)] = True
    if roles is not None:
        looked_at = np.zeros(len(listed), np.bool_)
        looked_at[_positions(snapshot, index, roles.tolist())] = True
        listed &= looked_at
    found = np.flatnonzero(listed)
    order = found[np.lexsort((found, -standing.musts_held[found], -standing.scores[found]))]
    return Matches(learner, index.roles[order], standing.scores[order], standing.qualified[order])


def _positions(snapshot: Snapshot, index: RoleIndex, rows: Iterable[int]) -> list[int]:
    positions = (int(index.position[snapshot.canonical[row]]) for row in rows)
    return [position for position in positions if position >= 0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Standing:
    """By role: where the learner stands."""

    scores: Floats
    qualified: Verdicts
    any_level: Flags
    musts_held: Longs


def _standing(
    snapshot: Snapshot, index: RoleIndex, weights: Weights, nodes: Longs, coverage: Floats, holds: Flags
) -> _Standing:
    """Sums over the touched tops, on top of the sums for somebody who holds nothing."""
    count = len(index.roles)
    roles, levels, must = index.node_role[nodes], snapshot.node_level[nodes], snapshot.node_must[nodes]
    gained = coverage - weights.coverage[nodes]
    won = holds.astype(np.float64) - weights.holds[nodes]
    weighted = weights.weighted + np.bincount(roles, weights.unit[nodes] * gained, count)
    scores = np.divide(weighted, weights.total, out=np.zeros(count), where=weights.total > 0)
    general, of_level = must & (levels < 0), must & (levels >= 0)
    general_met = weights.general_unmet - np.bincount(roles[general], won[general], count) <= 0
    left = weights.level_unmet - np.bincount(levels[of_level], won[of_level], len(weights.level_unmet))
    ranked = index.level_role >= 0
    level_met = (left <= 0) & ranked & general_met[np.where(ranked, index.level_role, 0)] if count else ranked
    any_level = np.bincount(index.level_role[level_met], minlength=count) > 0
    has_levels = np.bincount(index.level_role[ranked], minlength=count) > 0
    qualified = np.where(weights.states, general_met & (~has_levels | any_level), -1).astype(np.int8)
    return _Standing(
        scores=_rounded(scores),
        qualified=qualified,
        any_level=any_level,
        musts_held=weights.musts_held + np.bincount(roles[must], won[must], count).astype(np.int64),
    )


def _touched(learner: _Learner, index: RoleIndex, weights: Weights) -> tuple[Longs, Floats, Flags]:
    """Tops of ranked roles that something held bears on: rows, coverages, whether they hold."""
    snapshot, policy = learner.snapshot, learner.policy
    nodes, coverage = _touched_leaves(learner, index)
    enough = index.experience[snapshot.node_days[index.experience] <= learner.holdings.experience_days]
    nodes = np.concatenate((nodes, enough))
    coverage = np.concatenate((coverage, np.ones(len(enough))))
    holds = _rounded(coverage) >= policy.min_coverage
    inside = snapshot.node_parent[nodes] >= 0
    if not inside.any():
        return nodes, coverage, holds
    found = list(zip(coverage[inside].tolist(), holds[inside].tolist(), strict=True))
    groups = touched_groups(snapshot, index, weights, nodes[inside].tolist(), found)
    return (
        np.concatenate((nodes[~inside], np.fromiter(groups, np.int64, len(groups)))),
        np.concatenate((coverage[~inside], [covered for covered, _ in groups.values()])),
        np.concatenate((holds[~inside], np.array([held for _, held in groups.values()], np.bool_))),
    )


def _touched_leaves(learner: _Learner, index: RoleIndex) -> tuple[Longs, Floats]:
    """Leaves of ranked roles with coverage > 0, and their coverages.

    Sources of one competency at several levels are laid in layers, so that within a layer a leaf is met once.
    """
    layers: list[list[tuple[int, float, float, int]]] = [[(row, 1.0, math.nan, -1) for row in learner.holdings.things]]
    snapshot = learner.snapshot
    for target, ways in learner.reached.items():
        if snapshot.types[target] in _NO_COMPETENCY:
            continue
        best: dict[tuple[float, int], float] = {}
        for source, chain in ways:
            fraction = snapshot.fraction(source.scale, source.value)
            level = (fraction, source.scale) if fraction == fraction else (math.nan, -1)
            level = (-1.0, -1) if level[1] < 0 else level
            best[level] = max(best.get(level, 0.0), chain.factor)
        for depth, ((fraction, scale), factor) in enumerate(sorted(best.items())):
            if depth + 1 >= len(layers):
                layers.append([])
            layers[depth + 1].append((target, factor, fraction, scale))
    covered = np.zeros(len(index.leaf_nodes))
    touched = []
    for layer in layers:
        if layer:
            entries, values = _layer(index, layer, learner.policy.unknown_level)
            covered[entries] = np.maximum(covered[entries], values)
            touched.append(entries)
    entries = (
        np.unique(np.concatenate(touched)) if len(touched) > 1 else np.sort(touched[0]) if touched else _NO_ENTRIES
    )
    entries = entries[_rounded(covered[entries]) > 0]
    return index.leaf_nodes[entries].astype(np.int64), covered[entries]


_NO_COMPETENCY = (ResourceType.COURSE, ResourceType.CREDENTIAL)
_NO_ENTRIES: Longs = np.zeros(0, np.int64)


def _layer(
    index: RoleIndex, layer: Sequence[tuple[int, float, float, int]], unknown_level: float
) -> tuple[Longs, Floats]:
    """Leaves that ask for the rows of a layer of (row, factor, have fraction, scale), and how far each is covered."""
    targets, factors, fractions, scales = (np.array(column) for column in zip(*layer, strict=True))
    entries, owners = index.gathered(targets)
    covered = factors[owners].astype(np.float64)
    if index.any_asks:
        asks = index.asks[entries]
        need, have = index.needs[entries], fractions[owners]
        comparable = (index.scales[entries] == scales[owners]) & ~np.isnan(need)
        ratio = np.ones(len(entries))
        np.divide(have, need, out=ratio, where=comparable & (need > have))
        ratio[asks & ~comparable] = unknown_level
        covered = covered * np.where(asks, ratio, 1.0)
    return entries, covered


def _rounded(values: Floats) -> Floats:
    """As `rounded`. Only what is compared is rounded: a sum of rounded terms would part what is equal."""
    return np.asarray(np.rint(values * ROUNDING) / ROUNDING)
