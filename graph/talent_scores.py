"""Where thousands of learners stand at one requirement tree: scores and verdicts, each as `matching.match` gives it.

docs/matching.md is the exact meaning. What is added up comes in the same order as in `ranking`, so that a score has the
same bits. Cost: who holds something that bears on the tree. No reasons. Pure. Called by talent.
"""

from typing import NamedTuple

import numpy as np

from .coverage import ROUNDING, rounded
from .layout import Flags, Floats, Ints, Longs, NodeKind
from .policy import Policy
from .ranking import Verdicts
from .talent_columns import Part
from .talent_items import Items
from .talent_trees import Tree, TreeWeights

MET, PARTLY, MISSING = 0, 1, 2


class Standing(NamedTuple):
    """By slot of a part."""

    scores: Floats
    """12 decimals."""
    qualified: Verdicts
    musts_held: Longs
    listed: Flags
    """Whether `match` would list the role."""


class _Found(NamedTuple):
    """A node for those learners, by slot, for whom something held bears on it; the others stand as nobody does."""

    slots: Ints | Longs
    coverage: Floats
    holds: Flags


_NOBODY = _Found(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_))


class TalentScores:
    """One part's learners at one tree, under one policy, at one time."""

    def __init__(self, part: Part, items: Items, of_claims: Longs, tree: Tree, policy: Policy, now: float):
        self._part, self._tree, self._policy = part, tree, policy
        self._weights = TreeWeights(tree, policy)
        self._items, self._now = items, now
        self._postings = part.postings(items, of_claims)
        self._scratch: Floats = np.zeros(len(part))
        self._tops = [(top, self._result(top)) for top in self._in_order()]

    def _in_order(self) -> list[int]:
        """Tops in the order in which they are added up: competencies and things by row, days, groups from the last."""
        tree = self._tree
        leaves = [top for top in self._weights.tops if tree.kinds[top] <= NodeKind.COURSE]
        leaves.sort(key=lambda top: (int(tree.targets[top]), top))
        days = [top for top in self._weights.tops if tree.kinds[top] == NodeKind.EXPERIENCE]
        groups = [top for top in self._weights.tops if tree.kinds[top] >= NodeKind.ALL]
        return [*leaves, *days, *reversed(groups)]

    def standing(self) -> Standing:
        """Where all learners of the part stand."""
        tree, weights, count = self._tree, self._weights, len(self._part)
        gained, musts = np.zeros(count), np.zeros(count, np.int64)
        unmet = np.zeros((tree.level_count + 1, count), np.int64)
        states = False
        for top, found in self._tops:
            if weights.unit[top]:
                gained[found.slots] += weights.unit[top] * (found.coverage - weights.coverage[top])
            if tree.musts[top]:
                states = True
                level, base = int(tree.levels[top]) + 1, bool(weights.holds[top])
                won = found.holds.astype(np.int64) - base
                musts += base
                musts[found.slots] += won
                unmet[level] += not base
                unmet[level, found.slots] -= won
        weighted = weights.weighted + gained
        scores = _rounded(weighted / weights.total if weights.total > 0 else np.zeros(count))
        general = unmet[0] <= 0
        any_level = general & (unmet[1:] <= 0).any(axis=0)
        fine = general & (any_level if tree.level_count else True)
        qualified = np.where(fine, 1, 0).astype(np.int8) if states else np.full(count, -1, np.int8)
        listed = (scores > 0) | (qualified == 1) | any_level
        return Standing(scores, qualified, musts, listed)

    def outcomes(self, slot: int) -> list[tuple[int, int]]:
        """(place of a top, MET, PARTLY or MISSING) of one learner, heaviest first, then as they stand in the tree."""
        found = []
        for top, result in self._tops:
            place = int(np.searchsorted(result.slots, slot))
            there = place < len(result.slots) and result.slots[place] == slot
            covered = float(_rounded(result.coverage[place : place + 1])[0]) if there else self._base(top)
            section = MET if covered >= self._policy.min_coverage else MISSING if covered <= 0 else PARTLY
            found.append((top, section))
        return sorted(found, key=lambda each: (-float(self._weights.unit[each[0]]), each[0]))

    def _base(self, top: int) -> float:
        return float(_rounded(self._weights.coverage[top : top + 1])[0])

    def _result(self, node: int) -> _Found:
        kind = int(self._tree.kinds[node])
        if kind <= NodeKind.COURSE:
            return self._leaf(node)
        if kind == NodeKind.EXPERIENCE:
            return _NOBODY
        return self._group(node)

    def _leaf(self, node: int) -> _Found:
        tree, postings = self._tree, self._postings
        target, scale = int(tree.targets[node]), int(tree.scales[node])
        kept_scale = scale if tree.kinds[node] == NodeKind.COMPETENCY else -1
        items, coverage = self._items.covering(self._policy, target, float(tree.values[node]), kept_scale)
        known = items < len(postings.soonest)
        held = [
            (holders, covered)
            for item, covered in zip(items[known].tolist(), coverage[known].tolist(), strict=True)
            if len(holders := postings.holders(item, self._now))
        ]
        if not held:
            return _NOBODY
        if len(held) == 1:
            slots, covered = held[0]
            holds = rounded(covered) >= self._policy.min_coverage
            return _Found(slots, np.full(len(slots), covered), np.full(len(slots), holds))
        scratch = self._scratch
        for slots, covered in held:
            scratch[slots] = covered  # the last stays, which covers most
        many = sum(len(slots) for slots, _ in held) * 8 > len(scratch)
        touched = np.flatnonzero(scratch) if many else np.unique(np.concatenate([slots for slots, _ in held]))
        found = scratch[touched]
        scratch[touched] = 0.0
        return _Found(touched, found, _rounded(found) >= self._policy.min_coverage)

    def _group(self, node: int) -> _Found:
        children = self._weights.children[node]
        results = [self._result(child) for child in children]
        slots = np.unique(np.concatenate([each.slots for each in results])) if results else np.zeros(0, np.int64)
        covered = np.empty((len(children), len(slots)))
        holding = np.empty((len(children), len(slots)), np.bool_)
        for row, (child, result) in enumerate(zip(children, results, strict=True)):
            covered[row], holding[row] = self._weights.coverage[child], self._weights.holds[child]
            places = np.searchsorted(slots, result.slots)
            covered[row, places], holding[row, places] = result.coverage, result.holds
        minimum = int(self._tree.minimums[node])
        enough = np.count_nonzero(holding, axis=0) >= minimum
        if minimum <= 0:
            return _Found(slots, np.ones(len(slots)), enough)
        covered = -np.sort(-covered, axis=0)
        total = np.zeros(len(slots))
        for row in range(min(minimum, len(children))):
            total += covered[row]
        return _Found(slots, total / minimum, enough)


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.rint(values * ROUNDING) / ROUNDING)
