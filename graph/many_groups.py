"""Groups of requirements above what learners cover: groups in groups, from the innermost on.

Knows trees and what holds of them for somebody who holds nothing; not who holds what. Called by ranking.
"""

import numpy as np

from .layout import Flags, Floats, Ints, Longs
from .role_index import Weights
from .snapshot import Snapshot
from .trees import trees_of

Found = tuple[Longs, Longs, Floats, Flags]
"""Learner, node, coverage, whether it holds."""


class GroupTrees:
    """The groups of a snapshot."""

    def __init__(self, snapshot: Snapshot):
        self._parents: Ints = snapshot.node_parent
        self._minimums: Ints = snapshot.node_minimum
        self._trees = trees_of(snapshot)

    def tops(self, weights: Weights, found: Found) -> Found:
        """The top groups above these leaves, by learner, the last rows first so that sums have one order.

        Cost: the children of the groups that are touched.
        """
        nodes = found[1]
        depths = self._trees.depth[nodes]
        waiting = {int(depth): _chosen(found, depths == depth) for depth in np.unique(depths)}
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
        count = len(self._parents)
        keys, pairs = np.unique(learners * count + self._parents[nodes], return_inverse=True)
        who, groups = keys // count, keys % count
        children, owners = self._trees.spread(groups)
        covered, holding = weights.coverage[children], weights.holds[children]
        firsts = np.searchsorted(owners, np.arange(len(groups)))
        places = firsts[pairs] + self._trees.ordinals[nodes]
        covered[places], holding[places] = coverage, holds
        minimums = self._minimums[groups]
        order = np.lexsort((-covered, owners))
        ranks = np.arange(len(owners)) - firsts[owners]
        best = order[ranks < minimums[owners]]
        # bincount adds in the order given, so the sum is that of `group_coverage`.
        sums = np.bincount(owners[best], covered[best], len(groups))
        means = np.divide(sums, minimums, out=np.ones(len(groups)), where=minimums > 0)
        enough = np.bincount(owners[holding], minlength=len(groups)) >= minimums
        return who, groups, means, enough


def _chosen(found: Found, which: Flags | Longs) -> Found:
    learners, nodes, coverage, holds = found
    return learners[which], nodes[which], coverage[which], holds[which]


def _joined(parts: list[Found]) -> Found:
    if len(parts) == 1:
        return parts[0]
    learners, nodes, coverage, holds = zip(*parts, strict=True)
    return np.concatenate(learners), np.concatenate(nodes), np.concatenate(coverage), np.concatenate(holds)
