"""Where learners stand at the roles that something held bears on: scores, musts, levels, whether they are listed.

docs/matching.md is the exact meaning. One learner or hundreds, by the same arrays: a score has the same bits whoever
else is looked at, for what is added up comes in the same order. Cost: the requirements that are touched. Knows no
reasons. Called by matching and many_matches. Pure, on the snapshot.
"""

from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from .coverage import ROUNDING, Recent
from .layout import Flags, Floats, Longs
from .level_mappings import level_mappings_of
from .many_groups import Found, GroupTrees
from .many_learners import Reached
from .policy import Policy
from .role_index import RoleIndex, Weights, role_index_of
from .snapshot import Snapshot

Verdicts = npt.NDArray[np.int8]
"""1 yes, 0 no, -1: nothing is stated that must hold."""
SURELY_ABOVE_0 = 1e-11
"""What is larger does not become 0 by rounding."""
Value = TypeVar("Value", bound=np.generic)
_POLICIES_KEPT = 16
_SCORE_BITS = 40
"""A score at 12 decimals is a whole number of at most 10^12 < 2^40."""
_WORD_BITS = 64


class RoleSums(NamedTuple):
    """Roles that are looked at, by key (learner * roles + role), and the places of the touched tops among them."""

    keys: Longs
    places: Longs
    scores: Floats
    qualified: Verdicts
    musts_held: Longs
    listed: Flags


class Touched(NamedTuple):
    """Tops that something held bears on."""

    tops: Found
    entries: Longs
    """Of the leading ones, which are leaves: their entries in the index, whose columns lie beside each other."""


class Standings:
    """Standings on one snapshot under one policy. Safe from several threads.

    Attributes:
        index, weights: of the snapshot and policy.
        unit_by_entry: by entry of the index's leaves, its weight.   musts: by node, whether it must hold.
        waiting: by entry, whether it must hold and holds for nobody who holds nothing.
        least_part: no leaf that weighs anything is less of its role's score.
        least_days: of experience that bear on anything; infinite where none do.
        always: positions of the roles that are listed for everybody.
        any_levels: whether a role has levels.
    """

    def __init__(self, snapshot: Snapshot, policy: Policy):
        self.index: RoleIndex = role_index_of(snapshot)
        self.weights: Weights = self.index.weights(policy)
        self._index, self._weights = self.index, self.weights
        self._snapshot = snapshot
        self._mappings = level_mappings_of(snapshot)
        self._policy = policy
        self._trees: GroupTrees = snapshot.derived("group trees", GroupTrees)
        index, count = self.index, len(self.index.roles)
        leaves = index.leaf_nodes
        self.unit_by_entry: Floats = self.weights.unit[leaves]
        self.musts: Flags = snapshot.node_must
        self._must_by_entry: Flags = snapshot.node_must[leaves]
        self._holds_by_entry: Flags = self.weights.holds[leaves]
        self.waiting: Flags = self._must_by_entry & ~self._holds_by_entry
        self._any_inside = bool(index.leaf_inside.any())
        self._plain: Flags = self._plain_rows()
        positive = self.unit_by_entry[self.unit_by_entry > 0]
        self.least_part = float(positive.min(initial=1.0) / self.weights.divisor.max(initial=1.0))
        self.least_days = float(snapshot.node_days[index.experience].min(initial=np.inf))
        ranked = index.level_role >= 0
        self._has_levels: Flags = np.bincount(index.level_role[ranked], minlength=count) > 0
        self._levels: Longs = np.flatnonzero(ranked)
        self.any_levels = bool(len(self._levels))
        nobody = self._at(0, np.arange(count), _NOTHING)
        self.always: Longs = nobody.keys[nobody.listed]
        musts = index.roles_of(index.tops[snapshot.node_must[index.tops]])
        self._most_musts = int(np.bincount(musts[musts >= 0]).max(initial=0))

    def _plain_rows(self) -> Flags:
        """By resource row, whether all leaves that ask for it ask for no level, lie in no group and weigh something."""
        index = self.index
        odd = (index.asked_level > 0) | index.leaf_inside | ~(self.unit_by_entry > 0)
        counted = np.concatenate(([0], np.cumsum(odd)))
        plain: Flags = counted[index.leaf_offsets[1:]] == counted[index.leaf_offsets[:-1]]
        return plain

    def all_plain(self, rows: Longs) -> bool:
        """Whether all leaves that ask for one of these rows are covered alike: see `_plain_rows`."""
        return bool(self._plain[rows].all())

    def leaves(self, who: Longs, entries: Longs, coverage: Floats) -> Touched:
        """Leaves at the top that are covered so, by entry of the index."""
        return Touched((who, self._index.leaf_nodes[entries].astype(np.int64), coverage, self.hold(coverage)), entries)

    def hold(self, coverage: Floats) -> Flags:
        """Whether competencies hold that are covered so."""
        return _rounded(coverage) >= self._policy.min_coverage

    def roles_of(self, touched: Touched) -> Longs:
        """Positions of the tops' roles."""
        own, behind = self._index.leaf_roles[touched.entries], touched.tops[1][len(touched.entries) :]
        return own if not len(behind) else np.concatenate((own, self._index.roles_of(behind)))

    def gains(self, touched: Touched) -> Floats:
        """What the tops add to their roles' sums, beside what they are to somebody who holds nothing."""
        coverage, behind = touched.tops[2], touched.tops[1][len(touched.entries) :]
        # Of a leaf nobody who holds nothing has any coverage.
        before = np.concatenate((np.zeros(len(touched.entries)), self._weights.coverage[behind]))
        more = coverage if not len(behind) else coverage - before
        gained: Floats = self._of(self.unit_by_entry, self._weights.unit, touched) * more
        return gained

    @staticmethod
    def _of(by_entry: npt.NDArray[Value], by_node: npt.NDArray[Value], touched: Touched) -> npt.NDArray[Value]:
        """The values of tops; of leaves by entry, for their nodes lie far apart where what they ask for is popular."""
        own, behind = by_entry[touched.entries], touched.tops[1][len(touched.entries) :]
        return own if not len(behind) else np.concatenate((own, by_node[behind]))

    def touched(self, reached: Reached, experience_days: Floats) -> Touched:
        """Tops that something held bears on: leaves by row, those of experience, groups from the last row on.

        Args:
            reached: what the learners reach.
            experience_days: by learner.
        """
        index, snapshot = self._index, self._snapshot
        who, entries, coverage = self._covered(reached)
        holds = self.hold(coverage)
        nodes = index.leaf_nodes[entries].astype(np.int64)
        found: list[Found] = [(who, nodes, coverage, holds)]
        inner: list[Found] = []
        if self._any_inside and (inside := index.leaf_inside[entries]).any():
            inner.append((who[inside], nodes[inside], coverage[inside], holds[inside]))
            found = [(who[~inside], nodes[~inside], coverage[~inside], holds[~inside])]
            entries = entries[~inside]
        if len(index.experience):
            days = snapshot.node_days[index.experience]
            enough = days[None, :] <= experience_days[:, None]
            by, which = np.nonzero(enough)
            nodes = index.experience[which].astype(np.int64)
            holds = np.full(len(by), self._policy.min_coverage <= 1.0)
            inside = snapshot.node_parent[nodes] >= 0
            coverage = np.ones(len(by))
            found.append((by[~inside], nodes[~inside], coverage[~inside], holds[~inside]))
            if inside.any():
                inner.append((by[inside], nodes[inside], coverage[inside], holds[inside]))
        if inner:
            found.append(self._trees.tops(self._weights, _beside(inner)))
        return Touched(_beside(found), entries)

    def _covered(self, reached: Reached) -> tuple[Longs, Longs, Floats]:
        """(learner, entry of the leaves, coverage), in that order, where it is above 0."""
        index = self._index
        firsts = np.flatnonzero(reached.depths == 0)
        entries, pairs = index.gathered(reached.rows[firsts])
        owners = firsts[pairs]
        coverage = self._factor(reached, owners, entries)
        if len(firsts) < len(reached.depths):
            place = np.searchsorted(pairs, np.cumsum(reached.depths == 0) - 1)
            for depth in range(1, int(reached.depths.max()) + 1):
                level = np.flatnonzero(reached.depths == depth)
                length = index.leaf_offsets[reached.rows[level] + 1] - index.leaf_offsets[reached.rows[level]]
                again = np.repeat(level, length)
                there = np.arange(len(again)) + np.repeat(place[level] - (np.cumsum(length) - length), length)
                coverage[there] = np.maximum(coverage[there], self._factor(reached, again, entries[there]))
        who = reached.learners[owners]
        if len(coverage) and coverage.min() < SURELY_ABOVE_0:
            kept = _rounded(coverage) > 0
            who, entries, coverage = who[kept], entries[kept], coverage[kept]
        return who, entries, coverage

    def _factor(self, reached: Reached, owners: Longs, entries: Longs) -> Floats:
        """How far each entry is covered by what reaches it."""
        index = self._index
        covered = reached.factors[owners]
        if not index.any_asks:
            return covered
        level = index.asked_level[entries]
        asks, scales = level > 0, index.asked_scales[level]
        need, have = index.asked_fractions[level], reached.fractions[owners]
        if self._mappings.none:
            comparable = (scales == reached.scales[owners]) & ~np.isnan(need)
        else:
            have = self._mappings.fractions(reached.scales[owners], have, scales)
            comparable = ~np.isnan(have) & ~np.isnan(need)
        ratio = np.ones(len(entries))
        np.divide(have, need, out=ratio, where=comparable & (need > have))
        ratio[asks & ~comparable] = self._policy.unknown_level
        product: Floats = covered * np.where(asks, ratio, 1.0)
        return product

    def at(self, learners: int, touched: Touched, *, also: Longs | None = None) -> RoleSums:
        """Where so many learners stand at the roles that are touched, and at those that are listed for everybody.

        `also`: positions of roles that are looked at for everybody whatever is found.
        """
        always = self.always if also is None else np.concatenate((self.always, also))
        return self._at(learners, always, touched)

    def _at(self, learners: int, always: Longs, touched: Touched) -> RoleSums:
        index, weights, snapshot = self._index, self._weights, self._snapshot
        who, nodes, _, holds = touched.tops
        count = len(index.roles)
        top_keys = who * count + self.roles_of(touched)
        marked = np.zeros((max(learners, 1), count), np.bool_)
        marked[:, always] = True
        marked.ravel()[top_keys] = True
        keys = np.flatnonzero(marked)
        numbers = np.empty(marked.size, np.int32)
        numbers[keys] = np.arange(len(keys), dtype=np.int32)
        places, roles, size = numbers[top_keys], keys % max(count, 1), len(keys)
        weighted = weights.weighted[roles] + np.bincount(places, self.gains(touched), size)
        total = weights.total[roles]
        scores = _rounded(np.divide(weighted, total, out=np.zeros(size), where=total > 0))
        won = holds.astype(np.float64) - self._of(self._holds_by_entry, weights.holds, touched)
        must = self._of(self._must_by_entry, snapshot.node_must, touched)
        musts_won = np.bincount(places[must], won[must], size).astype(np.int64)
        if not len(self._levels):
            general_met = weights.general_unmet[roles] - musts_won <= 0
            any_level = np.zeros(size, np.bool_)
        else:
            levels = snapshot.node_level[nodes]
            general = must & (levels < 0)
            general_met = weights.general_unmet[roles] - np.bincount(places[general], won[general], size) <= 0
            any_level = self._any_level(
                marked.shape[0], keys, general_met, (who, levels.astype(np.int64), won, must & (levels >= 0))
            )
        fine = general_met & (~self._has_levels[roles] | any_level)
        qualified = np.where(weights.states[roles], fine, -1).astype(np.int8)
        listed = (scores > 0) | (qualified == 1) | any_level
        return RoleSums(keys, places, scores, qualified, weights.musts_held[roles] + musts_won, listed)

    def _any_level(
        self, learners: int, keys: Longs, general_met: Flags, tops: tuple[Longs, Longs, Floats, Flags]
    ) -> Flags:
        """By key: whether a level of the role is met."""
        who, levels, won, of_level = tops
        index, weights = self._index, self._weights
        count, ranked = len(weights.level_unmet), self._levels
        by = who[of_level] * count + levels[of_level]
        left = weights.level_unmet - np.bincount(by, won[of_level], learners * count).reshape(learners, count)
        roles = index.level_role[ranked]
        general = np.tile(weights.general_unmet <= 0, (learners, 1))
        general.ravel()[keys] = general_met
        learner, level = np.nonzero((left[:, ranked] <= 0) & general[:, roles])
        met = np.zeros(general.shape, np.bool_)
        met[learner, roles[level]] = True
        any_level: Flags = met.ravel()[keys]
        return any_level

    def in_order(self, roles: Longs, scores: Floats, musts_held: Longs) -> Longs:
        """Places of these roles, where one learner is looked at: by score, musts that hold, both falling, then IRI.

        Sorted as whole numbers that hold all three, where they fit into one; that takes a tenth of the time.

        Args:
            roles: positions, rising.
            scores: whole numbers of the last decimal.
            musts_held: how many musts of each hold.
        """
        bits, musts = len(self._index.roles).bit_length(), self._most_musts.bit_length()
        if _SCORE_BITS + musts + bits > _WORD_BITS:
            return np.lexsort((roles, -musts_held, -scores))
        key = scores.astype(np.uint64) << (musts + bits)
        key += ((musts_held << bits) + (len(self._index.roles) - roles)).astype(np.uint64)
        in_order: Longs = np.argsort(key)[::-1]
        return in_order


def standings_of(snapshot: Snapshot, policy: Policy) -> Standings:
    """The standings of a snapshot under a policy, shared by all that ask under one that agrees in what counts here."""
    kept: Recent[tuple[float, ...], Standings] = snapshot.derived("standings", _none_yet)
    key = (policy.must_weight, policy.should_weight, policy.min_coverage, policy.unknown_level)
    return kept.get(key, lambda: Standings(snapshot, policy))


def _none_yet(_: Snapshot) -> Recent[tuple[float, ...], Standings]:
    return Recent(_POLICIES_KEPT)


_NONE = np.zeros(0, np.int64)
_NOTHING = Touched((_NONE, _NONE, np.zeros(0), np.zeros(0, np.bool_)), _NONE)


def _rounded(values: Floats) -> Floats:
    """As `coverage.rounded`. Only what is compared is rounded: a sum of rounded terms would part what is equal."""
    return np.asarray(np.rint(values * ROUNDING) / ROUNDING)


def _beside(found: list[Found]) -> Found:
    if len(found) == 1:
        return found[0]
    learners, nodes, coverage, holds = zip(*found, strict=True)
    return np.concatenate(learners), np.concatenate(nodes), np.concatenate(coverage), np.concatenate(holds)
