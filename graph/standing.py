"""Where a learner stands with every role, node by node, and what each of many candidates would change.

The same numbers as `matching`, as arrays over all nodes of all trees, so that thousands of candidates are weighed in
one pass: only the leaves that a candidate touches, the groups above them and their roles are looked at. Pure, on the
snapshot. Called by `marginal`, `what_if` and `role_moves`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .coverage import ROUNDING, chains_of, gifts_of, holdings_of, spans
from .layout import Flags, Floats, Ints, Longs, ResourceType
from .level_mappings import level_mappings_of
from .policy import Held, Policy
from .role_index import RoleIndex, Weights, role_index_of
from .snapshot import Snapshot
from .trees import trees_of

ENOUGH = -2
"""Scale of a source whose level is enough on every scale."""
_PAIRS_AT_ONCE = 1_000_000
"""Leaves that are weighed in one go: bounds the memory, some 100 MB."""
_THINGS = (ResourceType.COURSE, ResourceType.CREDENTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What each of many owners brings. Owners are numbered from 0, and each array is sorted by owner."""

    owners: Longs
    """By source: whose it is."""
    competencies: Longs
    """By source: resource row."""
    fractions: Floats
    """By source: the level as a fraction of its scale, NaN where unknown."""
    scales: Longs
    """By source: scale row, -1 where unknown, `ENOUGH`."""
    thing_owners: Longs
    things: Longs
    """Courses and credentials."""
    day_owners: Longs
    days: Floats
    """Of experience."""

    def of(self, first: int, last: int) -> "Sources":
        """Those of the owners from `first` to before `last`."""
        own = slice(*np.searchsorted(self.owners, (first, last)))
        things = slice(*np.searchsorted(self.thing_owners, (first, last)))
        days = slice(*np.searchsorted(self.day_owners, (first, last)))
        return Sources(
            owners=self.owners[own],
            competencies=self.competencies[own],
            fractions=self.fractions[own],
            scales=self.scales[own],
            thing_owners=self.thing_owners[things],
            things=self.things[things],
            day_owners=self.day_owners[days],
            days=self.days[days],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What owners change of roles: a line for each pair of an owner and a role that it touches, by owner, then role."""

    owners: Longs
    roles: Longs
    """Positions in the role index."""
    scores: Floats
    """After, 12 decimals."""
    qualified: Flags
    """After: whether every must holds, and a level is met where there are levels; false where no must is stated."""
    levels_opened: Longs
    """Levels that are met after and were not before."""
    unscored_unmet: Longs
    """Musts that stand in the way after and take no part in the score (`Standing.unscored_unmet`)."""


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Nodes whose result changes for an owner."""

    owners: Longs
    nodes: Longs
    coverage: Floats
    holds: Flags

    def where(self, kept: Flags) -> "_Nodes":
        return _Nodes(self.owners[kept], self.nodes[kept], self.coverage[kept], self.holds[kept])


class Standing:
    """A learner's results on all nodes and roles under a policy.

    Attributes:
        coverage, holds: by node of a ranked role.
        weighted: by role, the sum of weight times coverage;  scores: by role, 12 decimals.
        musts_held, general_unmet: by role;  level_unmet: by role level: top musts that hold, and that do not.
        qualified: by role: 1 yes, 0 no, -1 the role states nothing that must hold.
        level_met: by role level, whether it is met by itself or by a higher one.
        unscored_unmet: by role, how many of its blocking musts hold a credential, course or experience.
    """

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy):
        self.snapshot = snapshot
        self.policy = policy
        self.index: RoleIndex = role_index_of(snapshot)
        self._weights: Weights = self.index.weights(policy)
        self._trees = trees_of(snapshot)
        self._asked: Longs = np.diff(self.index.leaf_offsets)
        self._weighed: Longs = snapshot.derived("leaves weighed", _weighed)
        self._chains = chains_of(snapshot, policy)
        self.coverage: Floats = self._weights.coverage
        self.holds: Flags = self._weights.holds
        self._take(sources_of_holdings(snapshot, held))
        self._sum_up()

    def changes(self, sources: Sources, owners: int) -> Iterator[Changes]:
        """What each owner's sources change, in portions of whole owners, by owner.

        Owners that change nothing have no line.

        Args:
            owners: how many there are.
        """
        load = np.bincount(sources.owners, self._asked[sources.competencies], owners)
        load = load + np.bincount(sources.thing_owners, self._asked[sources.things], owners)
        portion = (np.cumsum(load) // _PAIRS_AT_ONCE).astype(np.int64)
        bounds = [0, *(np.flatnonzero(np.diff(portion)) + 1).tolist(), owners] if owners else []
        for first, last in pairwise(bounds):
            yield self._changes(self._raised(sources.of(first, last)))

    def load(self, sources: Sources) -> int:
        """How many leaves ask for what these bring, alignments aside, and what is beside them in their groups."""
        return int(self._weighed[sources.competencies].sum() + self._weighed[sources.things].sum())

    @property
    def total(self) -> Floats:
        """By role, the sum of the weights of its scored tops."""
        return self._weights.total

    # ------------------------------------------------------------------------------------------------ from leaves up

    def _take(self, sources: Sources) -> None:
        """The learner's own results, on top of those of somebody who holds nothing."""
        own = self._with_groups(self._leaves(sources))
        self.coverage, self.holds = self.coverage.copy(), self.holds.copy()
        self.coverage[own.nodes] = own.coverage
        self.holds[own.nodes] = own.holds

    def _raised(self, sources: Sources) -> _Nodes:
        return self._with_groups(self._leaves(sources))

    def _leaves(self, sources: Sources) -> _Nodes:
        """Leaves of ranked roles that sources cover better than they are covered."""
        index, policy = self.index, self.policy
        order, places = _together(sources)
        place, reached, factor = self._chains.leading_from_many(sources.competencies[order], places)
        place = order[np.searchsorted(places, place)]  # a source that stands for all of its place
        open_to_all = ~np.isin(self.snapshot.types[reached], _THINGS)
        place, reached, factor = place[open_to_all], reached[open_to_all], factor[open_to_all]
        entries, owners = index.gathered(reached)
        source = place[owners]
        covered = factor[owners].copy()
        if index.any_asks:
            covered *= self._ratios(entries, sources.fractions[source], sources.scales[source])
        things, thing_owners = index.gathered(sources.things)
        keys = np.concatenate((sources.owners[source], sources.thing_owners[thing_owners])) * (
            len(index.leaf_nodes) + 1
        )
        keys = keys + np.concatenate((entries, things))
        covered = np.concatenate((covered, np.ones(len(things))))
        keys, covered = _best_of(keys, covered)
        whose, entries = np.divmod(keys, len(index.leaf_nodes) + 1)
        whose, nodes, covered = self._with_experience(
            sources, whose, index.leaf_nodes[entries].astype(np.int64), covered
        )
        better = (covered > self.coverage[nodes]) & (np.rint(covered * ROUNDING) > 0)
        whose, nodes, covered = whose[better], nodes[better], covered[better]
        holds = (np.rint(covered * ROUNDING) / ROUNDING >= policy.min_coverage) | self.holds[nodes]
        return _Nodes(whose, nodes, covered, holds)

    def _with_experience(
        self, sources: Sources, owners: Longs, nodes: Longs, covered: Floats
    ) -> tuple[Longs, Longs, Floats]:
        """These and the experience that owners' days are enough for."""
        asked, days = self.index.experience, self.snapshot.node_days[self.index.experience]
        order = np.argsort(days, kind="stable")
        counts = np.searchsorted(days[order], sources.days, "right")
        whose = np.repeat(sources.day_owners, counts)
        if not len(whose):
            return owners, nodes, covered
        place = np.arange(len(whose)) - np.repeat(np.cumsum(counts) - counts, counts)
        enough = asked[order][place].astype(np.int64)
        return (
            np.concatenate((owners, whose)),
            np.concatenate((nodes, enough)),
            np.concatenate((covered, np.ones(len(enough)))),
        )

    def _ratios(self, entries: Longs, fractions: Floats, scales: Longs) -> Floats:
        """Have over need, at most 1; the policy's factor where that cannot be told."""
        index = self.index
        level = index.asked_level[entries]
        need, asks = index.asked_fractions[level], level > 0
        enough = scales == ENOUGH
        known = level_mappings_of(self.snapshot).fractions(scales, fractions, index.asked_scales[level])
        have = np.where(enough, 1.0, known)
        comparable = ~np.isnan(need) & ~np.isnan(have)
        ratio = np.ones(len(entries))
        np.divide(have, need, out=ratio, where=comparable & (need > have))
        ratio[asks & ~comparable] = self.policy.unknown_level
        return np.where(asks, ratio, 1.0)

    def _with_groups(self, leaves: _Nodes) -> _Nodes:
        """These nodes and every group above them, from the deepest up."""
        trees, parents = self._trees, self.snapshot.node_parent
        depth = trees.depth[leaves.nodes]
        if not depth.any():
            return leaves
        done = [leaves]
        groups = leaves.where(np.zeros(len(depth), np.bool_))
        for level in range(int(depth.max()), 0, -1):
            here = _joined(leaves.where(depth == level), groups)
            groups = self._groups(here, parents[here.nodes].astype(np.int64)) if len(here.nodes) else here
            done.append(groups)
        return _joined(*done)

    def _groups(self, changed: _Nodes, parents: Longs) -> _Nodes:
        """The groups above changed children, all of one depth; in portions, for a group may have thousands."""
        trees, count = self._trees, len(self.snapshot.node_kind)
        order = np.argsort(changed.owners * count + changed.nodes)
        known = (changed.owners * count + changed.nodes)[order]
        owners, groups = np.divmod(np.unique(changed.owners * count + parents), count)
        load = np.cumsum(trees.offsets[groups + 1] - trees.offsets[groups], dtype=np.int64)
        bounds = [0, *(np.flatnonzero(np.diff(load // _PAIRS_AT_ONCE)) + 1).tolist(), len(groups)]
        found = [
            self._some_groups(changed, order, known, owners[first:last], groups[first:last])
            for first, last in pairwise(bounds)
        ]
        return found[0] if len(found) == 1 else _joined(*found)

    def _some_groups(self, changed: _Nodes, order: Longs, known: Longs, owners: Longs, groups: Longs) -> _Nodes:
        """These groups of these owners.

        Args:
            known: keys of the changed nodes, rising.   order: their places.
        """
        snapshot, trees = self.snapshot, self._trees
        count = len(snapshot.node_kind)
        children, pair = trees.spread(groups)
        coverage, holds = self.coverage[children], self.holds[children]
        wanted = owners[pair] * count + children
        at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        new = known[at] == wanted
        coverage = np.where(new, changed.coverage[order][at], coverage)
        holds = np.where(new, changed.holds[order][at], holds)
        minimum = snapshot.node_minimum[groups]
        best = np.lexsort((-coverage, pair))
        first = np.searchsorted(pair, np.arange(len(groups)))
        rank = np.arange(len(pair)) - first[pair]
        taken = np.where(rank < minimum[pair], coverage[best], 0.0)
        mean = np.bincount(pair, taken, len(groups)) / np.maximum(minimum, 1)
        holding = np.bincount(pair, holds, len(groups))
        return _Nodes(owners, groups, np.where(minimum <= 0, 1.0, mean), holding >= minimum)

    # --------------------------------------------------------------------------------------------------- from tops up

    def _sum_up(self) -> None:
        snapshot, index, weights = self.snapshot, self.index, self._weights
        tops, roles = index.ranked_tops()
        levels, must = snapshot.node_level[tops], snapshot.node_must[tops]
        unmet = must & ~self.holds[tops]
        count = len(index.roles)
        self.weighted: Floats = np.bincount(roles, weights.unit[tops] * self.coverage[tops], count).astype(np.float64)
        self.scores: Floats = self._scored(self.weighted, np.arange(count))
        self.musts_held: Longs = np.bincount(roles[must & ~unmet], minlength=count)
        general, of_level = unmet & (levels < 0), unmet & (levels >= 0)
        self.general_unmet: Longs = np.bincount(roles[general], minlength=count)
        self.level_unmet: Longs = np.bincount(levels[of_level], minlength=len(snapshot.level_owner))
        unscored = ~index.scored[tops]
        self._general_unscored: Longs = np.bincount(roles[general & unscored], minlength=count)
        self._level_unscored: Longs = np.bincount(levels[of_level & unscored], minlength=len(snapshot.level_owner))
        self._level_starts: Longs = snapshot.level_offsets.astype(np.int64)
        nobody = _Won.none(len(snapshot.level_owner))
        after = self._levels(index.roles.astype(np.int64), self.general_unmet, self._general_unscored, nobody)
        self.level_met: Flags = np.zeros(len(snapshot.level_owner), np.bool_)
        self.level_met[after.levels] = after.met
        self.qualified = np.where(weights.states, after.qualified, -1).astype(np.int8)
        self.unscored_unmet: Longs = after.unscored_unmet

    def _scored(self, weighted: Floats, roles: Longs) -> Floats:
        total = self._weights.total[roles]
        scores = np.divide(weighted, total, out=np.zeros(len(roles)), where=total > 0)
        return np.asarray(np.rint(scores * ROUNDING) / ROUNDING)

    def _levels(self, rows: Longs, general: Longs, unscored: Longs, won: "_Won") -> "_Levels":
        """How the levels of roles, one a line, come out.

        Args:
            rows: resource rows of the roles, by line.
            general, unscored: by line, general musts that do not hold, and those of them outside the score.
            won: musts of levels that come to hold.
        """
        snapshot = self.snapshot
        levels, line = spans(self._level_starts, rows)
        left = self.level_unmet[levels] - won.of(won.musts, line, levels)
        left_unscored = self._level_unscored[levels] - won.of(won.unscored, line, levels)
        stated = (left <= 0) & (general <= 0)[line]
        any_stated = np.bincount(line, stated, len(rows)) > 0
        highest = np.full(len(rows), np.iinfo(np.int64).min)
        np.maximum.at(highest, line[stated], snapshot.level_rank[levels[stated]].astype(np.int64))
        met = stated | ((snapshot.level_rank[levels] < highest[line]) & self.policy.implies_lower)
        nearest = np.lexsort((levels, left, line))
        nearest = nearest[np.concatenate(([True], line[nearest][1:] != line[nearest][:-1]))] if len(line) else nearest
        blocked = nearest[~any_stated[line[nearest]]]
        unscored = unscored + np.bincount(line[blocked], left_unscored[blocked], len(rows)).astype(np.int64)
        has_levels = np.bincount(line, minlength=len(rows)) > 0
        return _Levels(line, levels, met, (general <= 0) & (~has_levels | any_stated), unscored)

    def _changes(self, raised: _Nodes) -> Changes:
        """By pair of owner and role, what changed nodes come to."""
        snapshot, index = self.snapshot, self.index
        tops = raised.where(snapshot.node_parent[raised.nodes] < 0)
        count, levels_count = len(index.roles), len(snapshot.level_owner)
        keys, line = _lines(tops.owners * count + index.roles_of(tops.nodes))
        owners, roles = np.divmod(keys, count) if len(keys) else (keys, keys)
        gained = self._weights.unit[tops.nodes] * (tops.coverage - self.coverage[tops.nodes])
        weighted = self.weighted[roles] + np.bincount(line, gained, len(keys))
        level, must = snapshot.node_level[tops.nodes], snapshot.node_must[tops.nodes]
        won, unscored = must & tops.holds & ~self.holds[tops.nodes], ~index.scored[tops.nodes]
        general = self.general_unmet[roles] - np.bincount(line[won & (level < 0)], minlength=len(keys))
        general_unscored = self._general_unscored[roles]
        general_unscored = general_unscored - np.bincount(line[won & unscored & (level < 0)], minlength=len(keys))
        of_level = won & (level >= 0)
        level_keys, pair = _lines(tops.owners[of_level] * levels_count + level[of_level])
        musts = np.bincount(pair, minlength=len(level_keys))
        of_level_unscored = np.bincount(pair, unscored[of_level], len(level_keys)).astype(np.int64)
        after = self._levels(
            index.roles[roles].astype(np.int64),
            general,
            general_unscored,
            _Won(levels_count, owners, level_keys, musts, of_level_unscored),
        )
        opened = after.met & ~self.level_met[after.levels]
        return Changes(
            owners=owners,
            roles=roles,
            scores=self._scored(weighted, roles),
            qualified=after.qualified & self._weights.states[roles],
            levels_opened=np.bincount(after.line[opened], minlength=len(keys)),
            unscored_unmet=after.unscored_unmet,
        )


@dataclass(frozen=True, slots=True)
class _Won:
    """Musts of levels that come to hold for owners, by sorted key of owner and level."""

    levels: int
    """How many levels there are."""
    owners: Longs
    """By line."""
    keys: Longs
    musts: Longs
    unscored: Longs

    @classmethod
    def none(cls, levels: int) -> "_Won":
        nothing = np.zeros(0, np.int64)
        return cls(levels, nothing, nothing, nothing, nothing)

    def of(self, counts: Longs, line: Longs, levels: Longs) -> Longs:
        """The counts for these levels of these lines."""
        if not len(self.keys):
            return np.zeros(len(line), np.int64)
        wanted = self.owners[line] * self.levels + levels
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, counts[at], 0)


@dataclass(frozen=True, slots=True)
class _Levels:
    """Levels of roles, and what they make of the roles, by line."""

    line: Longs
    levels: Longs
    met: Flags
    qualified: Flags
    unscored_unmet: Longs


def _together(sources: Sources) -> tuple[Longs, Longs]:
    """(sources in order, the place of each of these): an owner's sources at one level have one place together.

    Places are numbered from 0, in the order of owners.
    """
    fractions = np.nan_to_num(sources.fractions, nan=-1.0)
    order = np.lexsort((sources.scales, fractions, sources.owners))
    owners, fractions, scales = sources.owners[order], fractions[order], sources.scales[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (owners[1:] != owners[:-1]) | (fractions[1:] != fractions[:-1]) | (scales[1:] != scales[:-1])
    return order, np.cumsum(new) - 1


def _weighed(snapshot: Snapshot) -> Longs:
    """By row, how many nodes are looked at where it is added: the leaves that ask for it, and all in groups above."""
    index, trees, parents = role_index_of(snapshot), trees_of(snapshot), snapshot.node_parent
    cost = np.ones(len(parents), np.int64)
    at = parents.copy()
    while (inside := np.flatnonzero(at >= 0)).size:
        groups = at[inside]
        cost[inside] += trees.offsets[groups + 1] - trees.offsets[groups]
        at[inside] = parents[groups]
    summed = np.concatenate(([0], np.cumsum(cost[index.leaf_nodes])))
    weighed: Longs = summed[index.leaf_offsets[1:]] - summed[index.leaf_offsets[:-1]]
    return weighed


def _joined(*parts: _Nodes) -> _Nodes:
    return _Nodes(
        np.concatenate([part.owners for part in parts]),
        np.concatenate([part.nodes for part in parts]),
        np.concatenate([part.coverage for part in parts]),
        np.concatenate([part.holds for part in parts]),
    )


def _lines(keys: Longs) -> tuple[Longs, Longs]:
    """(each key once, rising; the place there of each). Keys that rise already are not sorted."""
    if (keys[1:] >= keys[:-1]).all():
        first = np.concatenate(([True], keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.bool_)
        return keys[first], np.cumsum(first) - 1
    found, place = np.unique(keys, return_inverse=True)
    return found, place


def _best_of(keys: Longs, values: Floats) -> tuple[Longs, Floats]:
    """Each key once, with its largest value, by key. What comes in order and without repetition is not sorted."""
    if not len(keys) or (keys[1:] > keys[:-1]).all():
        return keys, values
    order = np.lexsort((-values, keys))
    ordered = keys[order]
    first = np.concatenate(([True], ordered[1:] != ordered[:-1]))
    return ordered[first], values[order[first]]


def sources_of_holdings(snapshot: Snapshot, held: Held) -> Sources:
    """What a learner holds in effect, as the sources of owner 0."""
    holdings = holdings_of(snapshot, held)
    found = holdings.sources
    return Sources(
        owners=np.zeros(len(found), np.int64),
        competencies=np.array([each.competency for each in found], np.int64),
        fractions=np.array([snapshot.fraction(each.scale, each.value) for each in found], np.float64),
        scales=np.array([each.scale for each in found], np.int64),
        thing_owners=np.zeros(len(holdings.things), np.int64),
        things=np.array(list(holdings.things), np.int64),
        day_owners=np.zeros(1, np.int64),
        days=np.array([holdings.experience_days]),
    )


def sources_of_competencies(rows: Ints) -> Sources:
    """Each of these competencies as what one owner brings, at a level that is enough on every scale."""
    none = np.zeros(0, np.int64)
    return Sources(
        owners=np.arange(len(rows)),
        competencies=rows.astype(np.int64),
        fractions=np.ones(len(rows)),
        scales=np.full(len(rows), ENOUGH),
        thing_owners=none,
        things=none,
        day_owners=none,
        days=np.zeros(0),
    )


def sources_of_things(snapshot: Snapshot, rows: Ints) -> Sources:
    """Each of these courses and credentials as what one owner brings, with what it awards and teaches."""
    gifts = gifts_of(snapshot)
    things: list[tuple[int, int]] = []
    sources: list[tuple[int, int, float, int]] = []
    for owner, row in enumerate(rows.tolist()):
        given = [row, *gifts.awards.get(row, ())]
        things += [(owner, thing) for thing in given]
        sources += [(owner, *taught) for thing in given for taught in gifts.teachings.get(thing, ())]
    scales = np.array([scale for _, _, _, scale in sources], np.int64)
    return Sources(
        owners=np.array([owner for owner, _, _, _ in sources], np.int64),
        competencies=np.array([competency for _, competency, _, _ in sources], np.int64),
        fractions=np.array([snapshot.fraction(scale, value) for _, _, value, scale in sources], np.float64),
        scales=scales,
        thing_owners=np.array([owner for owner, _ in things], np.int64),
        things=np.array([thing for _, thing in things], np.int64),
        day_owners=np.zeros(0, np.int64),
        days=np.zeros(0),
    )
