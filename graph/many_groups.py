"""Groups of requirements above what learners cover: groups in groups, from the innermost on.

Knows trees and what holds of them for somebody who holds nothing; not who holds what. Called by ranking.
"""

import numpy as np

from .layout import Flags, Floats, Ints, Longs
from .many_learners import spread_out
from .role_index import Weights
from .snapshot import Snapshot

Found = tuple[Longs, Longs, Floats, Flags]
"""Learner, node, coverage, whether it holds."""


class GroupTrees:
    """The trees of a snapshot with each group's children beside each other."""

    def __init__(self, snapshot: Snapshot):
        self.parents: Ints = snapshot.node_parent
        self.depths: Ints = _depths(snapshot.node_parent)
        self.minimums: Ints = snapshot.node_minimum
        below = np.flatnonzero(self.parents >= 0)
        order = below[np.argsort(self.parents[below], kind="stable")]
        self._children: Longs = order
        self._counts: Longs = np.bincount(self.parents[below], minlength=len(self.parents))
        self._starts: Longs = np.cumsum(self._counts) - self._counts
        self._ordinals: Longs = np.zeros(len(self.parents), np.int64)
        self._ordinals[order] = np.arange(len(order)) - self._starts[self.parents[order]]

    def tops(self, weights: Weights, found: Found) -> Found:
        """The top groups above these leaves, by learner, the last rows first so that sums have one order.

        Cost: the children of the groups that are touched.
        """
        nodes = found[1]
        waiting = {int(depth): _chosen(found, self.depths[nodes] == depth) for depth in np.unique(self.depths[nodes])}
        done: list[Found] = []
        for depth in range(max(waiting, default=0), 0, -1):
            if depth not in waiting:
                continue
            above = self._above(weights, waiting.pop(depth))
            if depth == 1:
                done.append(above)
            else:
                waiting[depth - 1] = _joined([waiting[depth - 1], above]) if depth - 1 in waiting else above
        tops = _joined(done)
        return _chosen(tops, np.lexsort((-tops[1], tops[0])))

    def _above(self, weights: Weights, found: Found) -> Found:
        """The groups directly above these nodes."""
        learners, nodes, coverage, holds = found
        count = len(self.parents)
        keys, pairs = np.unique(learners * count + self.parents[nodes], return_inverse=True)
        who, groups = keys // count, keys % count
        entries, owners = spread_out(self._starts[groups], self._counts[groups])
        children = self._children[entries]
        covered, holding = weights.coverage[children], weights.holds[children]
        counts = self._counts[groups]
        places = (np.cumsum(counts) - counts)[pairs] + self._ordinals[nodes]
        covered[places], holding[places] = coverage, holds
        minimums = self.minimums[groups]
        order = np.lexsort((-covered, owners))
        ranks = np.arange(len(owners)) - (np.cumsum(counts) - counts)[owners]
        best = order[ranks < minimums[owners]]
        # bincount adds in the order given, so the sum is that of `group_coverage`.
        sums = np.bincount(owners[best], covered[best], len(groups))
        means = np.divide(sums, minimums, out=np.ones(len(groups)), where=minimums > 0)
        enough = np.bincount(owners[holding], minlength=len(groups)) >= minimums
        return who, groups, means, enough


def _depths(parents: Ints) -> Ints:
    """How many nodes are above each."""
    depths = np.zeros(len(parents), np.int32)
    above = parents
    while (inside := above >= 0).any():
        depths[inside] += 1
        above = np.where(inside, parents[np.where(inside, above, 0)], -1)
    return depths


def _chosen(found: Found, which: Flags | Longs) -> Found:
    learners, nodes, coverage, holds = found
    return learners[which], nodes[which], coverage[which], holds[which]


def _joined(parts: list[Found]) -> Found:
    if len(parts) == 1:
        return parts[0]
    learners, nodes, coverage, holds = zip(*parts, strict=True)
    return np.concatenate(learners), np.concatenate(nodes), np.concatenate(coverage), np.concatenate(holds)
