"""How the nodes of requirement trees lie in each other: what is below a group, and how deep a node lies.

Knows no roles, weights or learners. In 32 bits and less: every process that answers has it for itself. Called by the
role index, by ranking and by standings. Pure; made once a snapshot.
"""

import numpy as np
import numpy.typing as npt

from .layout import Ints, Longs
from .snapshot import Snapshot

Depths = npt.NDArray[np.int16]


class Trees:
    """The trees of a snapshot with each group's children beside each other.

    Attributes:
        depth: by node, how many nodes are above it.   deepest: the most of them.
        children, offsets: CSR by node: rows of its children, rising.
        ordinals: by node, its place among its parent's children; 0 at the top.
    """

    def __init__(self, snapshot: Snapshot):
        parents = snapshot.node_parent
        inner = np.flatnonzero(parents >= 0).astype(np.int32)
        self.depth: Depths = np.zeros(len(parents), np.int16)
        below, above = inner, parents[inner]
        while len(below):
            self.depth[below] += 1
            above = parents[above]
            below, above = below[above >= 0], above[above >= 0]
        self.deepest = int(self.depth.max(initial=0))
        self.children: Ints = inner[np.argsort(parents[inner], kind="stable")]
        owners = parents[self.children]
        self.offsets: Ints = np.zeros(len(parents) + 1, np.int32)
        np.cumsum(np.bincount(owners, minlength=len(parents)), out=self.offsets[1:])
        self.ordinals: Ints = np.zeros(len(parents), np.int32)
        self.ordinals[self.children] = np.arange(len(inner), dtype=np.int32) - self.offsets[owners]

    def below(self, group: int) -> Ints:
        """Rows of a group's children, rising."""
        return self.children[self.offsets[group] : self.offsets[group + 1]]

    def spread(self, groups: Longs) -> tuple[Ints, Longs]:
        """(children of these groups, which of the groups each belongs to), group by group."""
        starts = self.offsets[groups]
        counts = self.offsets[groups + 1] - starts
        owners = np.repeat(np.arange(len(groups)), counts)
        before = np.cumsum(counts, dtype=np.int64) - counts
        return self.children[np.arange(len(owners)) + (starts - before)[owners]], owners


def trees_of(snapshot: Snapshot) -> Trees:
    """The trees of a snapshot, made at first use."""
    return snapshot.derived("trees", Trees)
