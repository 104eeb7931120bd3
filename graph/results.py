"""What a learner's things do for one requirement: the best source of a leaf, a group of its children, the evidence.

Knows holdings, chains and levels; no roles, weights or scores. Called by `matching` and `role_detail`.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import NamedTuple

from .coverage import (
    Chain,
    Chains,
    CompetencySource,
    Grounds,
    Holdings,
    Link,
    chains_of,
    holdings_of,
    level_ratio,
    rounded,
)
from .layout import NodeKind
from .level_mappings import ReadLevel, level_mappings_of
from .policy import Binding, Held, Policy, Standing
from .role_index import group_coverage, role_index_of
from .snapshot import Snapshot

COMPETENCY, COURSE, EXPERIENCE = int(NodeKind.COMPETENCY), int(NodeKind.COURSE), int(NodeKind.EXPERIENCE)
"""As plain numbers, which compare ten times as fast as members of an enumeration."""


class EvidenceItem(NamedTuple):
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
    level: ReadLevel | None = None
    """The held level as it was read on the scale asked for, where that is another."""
    value: float | None = None
    """The level at which a competency is held, where that is known."""
    scale: int = -1
    """Row of its scale."""


class Result(NamedTuple):
    """What is found of one node."""

    coverage: float
    holds: bool
    level_unknown: bool = False
    evidence: tuple[EvidenceItem, ...] = ()
    met_by: tuple[int, ...] = ()


_BACKWARD_FROM = 500
"""So many held competencies with chains are not followed one by one: what a role asks for is followed back to them."""

_Way = tuple[CompetencySource, Chain | None]
"""A source and the chain from it; None where it is of what is asked for itself."""


class _Ways:
    """Ways from what is held to competencies, in the order of what is held: what is held is followed."""

    def __init__(self, sources: Sequence[CompetencySource], chains: Chains, alone: Sequence[bool]):
        reached: dict[int, list[_Way]] = {}
        for source, ends in zip(sources, alone, strict=True):
            row = source.competency
            if ends:
                reached.setdefault(row, []).append((source, None))
                continue
            for target, chain in chains.leading_from(row).items():
                reached.setdefault(target, []).append((source, chain))
        self._reached = reached
        self._targets = frozenset(reached)

    def to(self, target: int) -> Sequence[_Way]:
        """The ways to a competency."""
        return self._reached.get(target, ())

    def bearing_on(self, asked: frozenset[int]) -> AbstractSet[int]:
        """To which of these a way leads."""
        return self._targets & asked


class _WaysBack(_Ways):
    """The same where very much is held: what is asked for is followed back."""

    def __init__(self, sources: Sequence[CompetencySource], chains: Chains):
        self._chains = chains
        self._found: dict[int, list[_Way]] = {}
        self._sources: dict[int, list[tuple[int, CompetencySource]]] = {}
        for place, source in enumerate(sources):
            self._sources.setdefault(source.competency, []).append((place, source))

    def to(self, target: int) -> Sequence[_Way]:
        """The ways to a competency."""
        found = self._found.get(target)
        if found is None:
            led = self._chains.leading_to(target)
            both = self._sources.keys() & led.keys()
            ways = [(place, source, led[row].walked()) for row in both for place, source in self._sources[row]]
            ways.sort(key=lambda way: way[0])
            found = self._found[target] = [(source, chain) for _, source, chain in ways]
        return found

    def bearing_on(self, asked: frozenset[int]) -> AbstractSet[int]:
        """To which of these a way leads."""
        return {target for target in asked if self.to(target)}


class Learner:
    """A learner's holdings on a snapshot under a policy: what they reach, and the best source for each leaf."""

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy):
        self.snapshot = snapshot
        self.policy = policy
        self._mappings = level_mappings_of(snapshot)
        self.holdings: Holdings = holdings_of(snapshot, held)
        self._ways: _Ways | None = None
        self.idle = _idle_learner(snapshot, held, policy)
        self._best: dict[tuple[int, float, int], Result] = {}
        self._nothing = Result(0.0, policy.min_coverage <= 0)

    @property
    def ways(self) -> _Ways:
        """The ways to what is asked for. Made when reasons are asked for: a ranking does without."""
        if self._ways is None:
            sources = self.holdings.sources
            chains = chains_of(self.snapshot, self.policy)
            alone = chains.ending([each.competency for each in sources])
            many = alone.count(False) >= _BACKWARD_FROM
            self._ways = _WaysBack(sources, chains) if many else _Ways(sources, chains, alone)
        return self._ways

    def bearing_on(self, asked: frozenset[int]) -> AbstractSet[int]:
        """Which of these competencies, credentials and courses something held may cover."""
        return self.ways.bearing_on(asked) | (asked & self.holdings.things.keys())

    def competency(self, target: int, value: float, scale: int) -> Result:
        """Coverage of a competency leaf, with the best source.

        On equal coverage: a level that can be compared, fewest hops, smallest held thing, smallest way, best grounds.
        """
        key = (target, value if scale >= 0 else 0.0, scale)
        found = self._best.get(key)
        if found is None:
            ways = self.ways.to(target)
            found = self._best[key] = self._judge(ways, *key[1:]) if ways else self._nothing
        return found

    def _judge(self, ways: Sequence[_Way], value: float, scale: int) -> Result:
        if len(ways) == 1 and scale < 0:
            ((source, chain),) = ways
            return self._covered(source, chain, 1.0 if chain is None else chain.factor, level_unknown=False)
        need = self.snapshot.fraction(scale, value)
        candidates = []
        for order, (source, led) in enumerate(ways):
            chain = Chain(1.0, (source.competency,), ()) if led is None else led
            ratio, unknown = self._ratio(source, scale, need)
            covered = chain.factor * ratio
            way = (unknown, len(chain.steps), source.held, chain.path, len(source.links), source.grounds, order)
            candidates.append((-rounded(covered), way, covered, source, chain))
        _, way, coverage, source, chain = min(candidates, key=lambda entry: entry[:2])
        level = self._mappings.find(source.scale, source.value, scale)
        return self._covered(source, chain, coverage, level_unknown=way[0], level=level)

    def _covered(
        self,
        source: CompetencySource,
        chain: Chain | None,
        coverage: float,
        *,
        level_unknown: bool,
        level: ReadLevel | None = None,
    ) -> Result:
        """The result of a leaf that this source covers so, along this chain."""
        factor = rounded(coverage)
        if factor <= 0:
            return Result(0.0, self._nothing.holds, level_unknown=level_unknown)
        links = source.links + chain.links(self.snapshot) if chain is not None and chain.steps else source.links
        holds = factor >= self.policy.min_coverage
        found = _evidence(source.held, factor, links, source.grounds, level)
        if source.scale >= 0 and source.value == source.value:
            found = found._replace(value=source.value, scale=source.scale)
        evidence = (found,)
        return Result(coverage, holds, level_unknown, evidence, (source.held,) if holds else ())

    def _ratio(self, source: CompetencySource, scale: int, need: float) -> tuple[float, bool]:
        if scale < 0:
            return 1.0, False
        have = self._mappings.fraction(source.scale, source.value, scale)
        return level_ratio(have, need, self.policy.unknown_level)

    def thing(self, target: int) -> Result:
        """Coverage of a credential or course leaf."""
        found = self.holdings.things.get(target)
        if found is None:
            return Result(0.0, holds=False)
        return Result(1.0, True, False, (_evidence(found.held, 1.0, found.links, found.grounds),), (found.held,))

    def experience(self, days: float) -> Result:
        """Coverage of an experience leaf; no resource is its evidence."""
        enough = self.holdings.experience_days >= days
        return Result(float(enough), enough)

    def group(self, minimum: int, children: Sequence[tuple[int, Result]]) -> Result:
        """A group from the results of its children, given with their rows."""
        ordered = sorted(children, key=lambda child: (-child[1].coverage, child[1].level_unknown, child[0]))
        results = [result for _, result in ordered]
        return Result(
            group_coverage((result.coverage for result in results), minimum),
            sum(result.holds for result in results) >= minimum,
            any(result.level_unknown and result.coverage > 0 for result in results[: max(minimum, 0)]),
            tuple(item for result in results for item in result.evidence),
            tuple(row for result in results if result.holds for row in result.met_by),
        )


def _evidence(
    held: int, factor: float, links: tuple[Link, ...], grounds: Grounds, level: ReadLevel | None = None
) -> EvidenceItem:
    standing, binding, reason, document = grounds
    return EvidenceItem(held, factor, links, standing, binding, reason or None, document, level)


def _idle_learner(snapshot: Snapshot, held: Held, policy: Policy) -> "Learner | None":
    """One who has what documents say and does not count, to see what it would serve; None where there is nothing."""
    idle = tuple(replace(award, counts=True) for award in held.awards if not award.counts)
    return Learner(snapshot, Held(awards=idle), policy) if idle else None


def results_of(learner: Learner, first: int, last: int) -> list[tuple[int, Result]]:
    """The trees between two nodes, whole ones, in their order, with their results."""
    snapshot = learner.snapshot
    span = slice(first, last)
    targets = role_index_of(snapshot).targets(span).tolist()
    kinds, parents = snapshot.node_kind[span].tolist(), snapshot.node_parent[span].tolist()
    values, scales = snapshot.node_value[span].tolist(), snapshot.node_scale[span].tolist()
    tops: list[tuple[int, Result]] = []
    below: dict[int, list[tuple[int, Result]]] = {}
    for place in range(last - first - 1, -1, -1):  # children before their parent
        kind, node = kinds[place], first + place
        if kind == COMPETENCY:
            result = learner.competency(targets[place], values[place], scales[place])
        elif kind <= COURSE:
            result = learner.thing(targets[place])
        elif kind == EXPERIENCE:
            result = learner.experience(float(snapshot.node_days[node]))
        else:
            result = learner.group(int(snapshot.node_minimum[node]), below.get(node, ()))
        parent = parents[place]
        (tops if parent < 0 else below.setdefault(parent, [])).append((node, result))
    tops.reverse()
    return tops
