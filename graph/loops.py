"""Sets of requirements that only serve each other, and what must serve them from outside.

Knows numbers only (see `networks`). Called by `constraints`, by `relaxation` and by `optimisation`.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from .networks import FALSE, Network


@dataclass(frozen=True, slots=True)
class Loop:
    """If one of the leaves holds, one of the supports was taken while none of the leaves held.

    Of any order of steps look at the first that serves one of the leaves: what it needs held before. Source: loop
    formulas, F. Lin and Y. Zhao, ASSAT: computing answer sets of a logic program by SAT solvers, Artificial
    Intelligence 157 (2004), over requirements in place of steps: all steps that serve the same ones are cut at once.
    """

    leaves: frozenset[int]
    steps: tuple[int, ...]
    """Steps that were taken and serve one of the leaves: taking one of these makes one hold."""
    supports: tuple[tuple[int, int], ...]
    """(step, node that must hold without the leaves) of all steps that may serve one of the leaves first."""


class LoopFinder:
    """Finds loops among the steps that a question may take."""

    def __init__(self, network: Network, prerequisites: Mapping[int, int], serves: Mapping[int, Sequence[int]]) -> None:
        """A finder that knows which leaves each step serves."""
        self._network = network
        self._prerequisites = prerequisites
        self._serves = serves
        self._leaves: dict[int, frozenset[int]] = {}

    def find(self, taken: AbstractSet[int], kept: AbstractSet[int]) -> list[Loop]:
        """The innermost loops among steps that cannot be ordered; none where all can.

        Args:
            taken: a set of steps.
            kept: its largest part that can be ordered.
        """
        steps = self._network.steps
        open_leaves: dict[int, list[int]] = {}
        """Steps that are taken and serve a leaf that does not hold after those that can be ordered."""
        for step in sorted(taken - kept):
            for leaf in sorted(self._serves[step]):
                if steps[leaf].isdisjoint(kept):
                    open_leaves.setdefault(leaf, []).append(step)
        needs = {
            leaf: {
                other
                for step in serving
                for other in self._mentioned(self._prerequisites[step])
                if other in open_leaves
            }
            for leaf, serving in open_leaves.items()
        }
        return [
            self._loop(frozenset(component), open_leaves)
            for component in _components(needs)
            if all(needs[leaf] <= component for leaf in component)
        ]

    def _mentioned(self, node: int) -> frozenset[int]:
        known = self._leaves.get(node)
        if known is None:
            network = self._network
            known = frozenset(part for part in network.below(node) if network.steps[part])
            self._leaves[node] = known
        return known

    def _loop(self, leaves: frozenset[int], serving: Mapping[int, Sequence[int]]) -> Loop:
        network = self._network
        outside: dict[int, int] = {}
        supports: list[tuple[int, int]] = []
        for step in sorted({step for leaf in leaves for step in network.steps[leaf]}):
            if step not in self._serves:
                continue
            node = self._prerequisites[step]
            if node not in outside:
                free = leaves.isdisjoint(self._mentioned(node))
                outside[node] = node if free else network.without_leaves(node, leaves)
            if outside[node] != FALSE:
                supports.append((step, outside[node]))
        steps = tuple(sorted({step for leaf in leaves for step in serving[leaf]}))
        return Loop(leaves, steps, tuple(supports))


def _components(needs: Mapping[int, Iterable[int]]) -> list[set[int]]:
    """Strongly connected components, those that are needed first. Source: R. Tarjan, SIAM J. Comput. 1 (1972)."""
    found: list[set[int]] = []
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    for root in sorted(needs):
        if root in index:
            continue
        index[root] = low[root] = len(index)
        path.append(root)
        on_path.add(root)
        work = [(root, iter(sorted(needs[root])))]
        while work:
            node, following = work[-1]
            for other in following:
                if other not in index:
                    index[other] = low[other] = len(index)
                    path.append(other)
                    on_path.add(other)
                    work.append((other, iter(sorted(needs[other]))))
                    break
                if other in on_path:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component: set[int] = set()
                    while node not in component:
                        component.add(path.pop())
                    on_path -= component
                    found.append(component)
    return found
