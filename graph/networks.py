"""Requirement networks: steps, and thresholds over them, with what it means that a set of steps can be taken.

Knows numbers only: a step is an index, a requirement is a node. Knows nothing of courses, costs or the solver.
All requirements are monotone: more steps never make one fail. Called by `optimisation`, and by `candidates`, which
draws the network from a snapshot.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

TRUE = 0
"""The node that always holds."""
FALSE = 1
"""The node that never holds."""
Weights = Mapping[int, int]
"""What each step weighs, not negative."""
_MOST_PASSES = 64
"""Larger sets are ordered by what each step makes possible, not by looking at all that wait again and again."""
_DEEPEST_RECURSION = 100
"""Deeper requirements are worked through without recursion: documents nest as deep as they like."""


class Network:
    """Requirement nodes over steps, each stored once: equal requirements are the same node.

    A node is either a leaf, which holds as soon as one of its steps is taken, or a threshold over other nodes.
    """

    def __init__(self) -> None:
        self.minimum: list[int] = [0, 1]
        self.steps: list[frozenset[int]] = [frozenset(), frozenset()]
        self.children: list[tuple[int, ...]] = [(), ()]
        self._depth = [0, 0]
        self._known: dict[tuple[int, frozenset[int], tuple[int, ...]], int] = {}

    def any_step(self, steps: Iterable[int]) -> int:
        """The node that holds when at least one of these steps is taken; without steps, FALSE."""
        chosen = frozenset(steps)
        return self._node(1, chosen, ()) if chosen else FALSE

    def at_least(self, minimum: int, children: Iterable[int]) -> int:
        """The node that holds when at least `minimum` of the children do, each counted as often as it is listed."""
        open_children = []
        for child in children:
            if child == TRUE:
                minimum -= 1
            elif child != FALSE:
                open_children.append(child)
        if minimum <= 0:
            return TRUE
        if minimum > len(open_children):
            return FALSE
        if minimum == len(open_children):
            return self._every(open_children)
        if minimum == 1:
            return self._any(open_children)
        return self._node(minimum, frozenset(), tuple(sorted(open_children)))

    def every(self, children: Sequence[int]) -> int:
        """The node that holds when all children do."""
        return self.at_least(len(children), children)

    def below(self, node: int) -> list[int]:
        """A node and all that it is made of, parts before wholes: a node is always stored after its children."""
        seen = {node}
        stack = [node]
        while stack:
            for child in self.children[stack.pop()]:
                if child not in seen:
                    seen.add(child)
                    stack.append(child)
        return sorted(seen)

    def without(self, node: int, removed: AbstractSet[int]) -> int:
        """The same requirement where the removed steps count for nothing."""
        made: dict[int, int] = {}
        for part in self.below(node):
            if self.children[part]:
                made[part] = self.at_least(self.minimum[part], [made[child] for child in self.children[part]])
            elif self.steps[part].isdisjoint(removed):
                made[part] = part
            else:
                made[part] = self.any_step(self.steps[part] - removed)
        return made[node]

    def without_leaves(self, node: int, removed: AbstractSet[int]) -> int:
        """The same requirement where the removed leaves never hold."""
        made: dict[int, int] = {}
        for part in self.below(node):
            if part in removed:
                made[part] = FALSE
            elif self.children[part]:
                made[part] = self.at_least(self.minimum[part], [made[child] for child in self.children[part]])
            else:
                made[part] = part
        return made[node]

    def holds(self, node: int, taken: AbstractSet[int]) -> bool:
        """Whether a requirement holds once these steps are taken."""
        if not self.children[node]:
            return self._leaf_holds(node, taken)
        if self._depth[node] <= _DEEPEST_RECURSION:
            return self._threshold_holds(node, taken)
        made: dict[int, bool] = {}
        for part in self.below(node):
            children = self.children[part]
            made[part] = (
                sum(made[child] for child in children) >= self.minimum[part]
                if children
                else self._leaf_holds(part, taken)
            )
        return made[node]

    def mentioned_among(self, node: int, steps: AbstractSet[int]) -> set[int]:
        """Those of the steps that a requirement speaks of."""
        if not self.children[node]:
            return set(self.steps[node] & steps)
        return {step for part in self.below(node) for step in self.steps[part] & steps}

    def mentioned(self, node: int) -> set[int]:
        """All steps that a requirement speaks of."""
        return set().union(*(self.steps[part] for part in self.below(node)))

    def _leaf_holds(self, node: int, taken: AbstractSet[int]) -> bool:
        return node == TRUE or not self.steps[node].isdisjoint(taken)

    def _threshold_holds(self, node: int, taken: AbstractSet[int]) -> bool:
        missing = self.minimum[node]
        for child in self.children[node]:
            if self._threshold_holds(child, taken) if self.children[child] else self._leaf_holds(child, taken):
                missing -= 1
                if missing == 0:
                    return True
        return False

    def _every(self, children: Sequence[int]) -> int:
        flat: set[int] = set()
        for child in children:
            inner = self.children[child]
            flat.update(inner if inner and self.minimum[child] == len(inner) else (child,))
        if len(flat) == 1:
            return flat.pop()
        return self._node(len(flat), frozenset(), tuple(sorted(flat)))

    def _any(self, children: Sequence[int]) -> int:
        steps: set[int] = set()
        groups: set[int] = set()
        for child in children:
            inner = self.children[child]
            for part in inner if inner and self.minimum[child] == 1 else (child,):
                if self.children[part]:
                    groups.add(part)
                else:
                    steps |= self.steps[part]
        parts = sorted(groups | ({self.any_step(steps)} if steps else set()))
        return parts[0] if len(parts) == 1 else self._node(1, frozenset(), tuple(parts))

    def _node(self, minimum: int, steps: frozenset[int], children: tuple[int, ...]) -> int:
        key = (minimum, steps, children)
        node = self._known.get(key)
        if node is None:
            node = self._known[key] = len(self.minimum)
            self.minimum.append(minimum)
            self.steps.append(steps)
            self.children.append(children)
            self._depth.append(1 + max((self._depth[child] for child in children), default=0))
        return node


def ordered(network: Network, prerequisites: Mapping[int, int], steps: Iterable[int]) -> list[int]:
    """These steps in an order in which each one's prerequisites hold before it, the smallest possible index first.

    Steps that never come to have their prerequisites are left out: what is returned is the largest founded part.
    Cost: each prerequisite is looked at again for each step that it mentions.
    """
    chosen = set(steps)
    asking = asking_for(network, prerequisites, chosen)
    ready = [step for step in chosen if prerequisites[step] == TRUE]
    heapq.heapify(ready)
    seen, taken = set(ready), set[int]()
    order: list[int] = []
    while ready:
        step = heapq.heappop(ready)
        taken.add(step)
        order.append(step)
        for other in asking.get(step, ()):
            if other not in seen and network.holds(prerequisites[other], taken):
                seen.add(other)
                heapq.heappush(ready, other)
    return order


def asking_for(network: Network, prerequisites: Mapping[int, int], steps: AbstractSet[int]) -> dict[int, list[int]]:
    """For each of the steps the others among them whose prerequisites mention it."""
    asking: dict[int, list[int]] = {}
    for step in steps:
        if prerequisites[step] != TRUE:
            for other in network.mentioned_among(prerequisites[step], steps):
                asking.setdefault(other, []).append(step)
    return asking


def founded(network: Network, prerequisites: Mapping[int, int], steps: Iterable[int]) -> set[int]:
    """The largest part of these steps that can be ordered so that each one's prerequisites hold before it."""
    waiting = list(steps)
    if len(waiting) > _MOST_PASSES:
        return set(ordered(network, prerequisites, waiting))
    taken: set[int] = set()
    while waiting:
        rest = []
        for step in waiting:
            if network.holds(prerequisites[step], taken):
                taken.add(step)
            else:
                rest.append(step)
        if len(rest) == len(waiting):
            break
        waiting = rest
    return taken


@dataclass(slots=True)
class Reach:
    """What can be reached at all, and a cheap way to each thing: upper estimates, since shared steps count twice."""

    step_cost: dict[int, int]
    node_cost: dict[int, int]
    supporters: dict[int, tuple[int, ...]]
    """Of a leaf its cheapest step, of a threshold its cheapest children."""
    leaves: dict[int, list[int]]
    """Leaves that each step serves, of all that the goals lead back to; in no order."""

    def way_to(self, network: Network, prerequisites: Mapping[int, int], node: int) -> set[int]:
        """The steps of the cheap way to a node that can be reached: founded, mostly neither minimal nor best."""
        steps: set[int] = set()
        seen: set[int] = set()
        stack = [node]
        while stack:
            current = stack.pop()
            if current in seen:
                continue
            seen.add(current)
            if network.children[current]:
                stack.extend(self.supporters[current])
                continue
            for step in self.supporters[current]:
                steps.add(step)
                stack.append(prerequisites[step])
        return steps


def reach(
    network: Network,
    prerequisites: Mapping[int, int],
    goals: Sequence[int],
    weight: Callable[[int], int],
    look: Callable[[int], None] = lambda _: None,
) -> Reach:
    """What the steps can reach in the end, with a cheap way to each.

    Cost: O(size · log size). Ties go to the smaller index.

    Args:
        weight: of a step; positive, so that a way never leads through itself.
        look: called again and again with how many things are done; it ends the work by what it raises.

    Source: D. E. Knuth, A generalization of Dijkstra's algorithm, Information Processing Letters 6 (1977): a
    threshold's sum of its cheapest children is a superior function. The estimate is h_add of B. Bonet and H. Geffner,
    Planning as heuristic search, Artificial Intelligence 129 (2001).
    """
    leaves, thresholds, waiting = _wiring(network, prerequisites, goals, look)
    result = Reach(step_cost={}, node_cost={TRUE: 0}, supporters={TRUE: ()}, leaves=leaves)
    support: dict[int, list[int]] = {}
    heap: list[tuple[int, int, int]] = [(weight(step), 0, step) for step in sorted(waiting.get(TRUE, ()))]
    heapq.heapify(heap)
    while heap:
        cost, is_node, item = heapq.heappop(heap)
        look(len(result.node_cost) + len(result.step_cost))
        if not is_node:
            if item in result.step_cost:
                continue
            result.step_cost[item] = cost
            for leaf in leaves[item]:
                if leaf not in result.supporters:
                    result.supporters[leaf] = (item,)
                    heapq.heappush(heap, (cost, 1, leaf))
            continue
        result.node_cost[item] = cost
        for step in waiting.get(item, ()):
            heapq.heappush(heap, (cost + weight(step), 0, step))
        for parent in thresholds.get(item, ()):
            children = support.setdefault(parent, [])
            children.append(item)
            if len(children) == network.minimum[parent]:
                result.supporters[parent] = tuple(children)
                heapq.heappush(heap, (sum(result.node_cost[child] for child in children), 1, parent))
    return result


def _wiring(
    network: Network, prerequisites: Mapping[int, int], goals: Sequence[int], look: Callable[[int], None]
) -> tuple[dict[int, list[int]], dict[int, list[int]], dict[int, list[int]]]:
    """(leaves of a step, thresholds over a node, steps that wait for a node) of all that the goals lead back to."""
    leaves: dict[int, list[int]] = {}
    thresholds: dict[int, list[int]] = {}
    waiting: dict[int, list[int]] = {}
    seen = {TRUE, FALSE}
    stack = list(goals)
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        look(len(seen))
        for child in network.children[node]:
            thresholds.setdefault(child, []).append(node)
            stack.append(child)
        for step in network.steps[node]:
            served = leaves.get(step)
            if served is not None:
                served.append(node)
                continue
            leaves[step] = [node]
            before = prerequisites[step]
            waiting.setdefault(before, []).append(step)
            stack.append(before)
    return leaves, thresholds, waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What to reach and what it may cost. Among equal sets the one with the smallest step numbers is preferred."""

    network: Network
    prerequisites: Mapping[int, int]
    """Node of each step's prerequisites."""
    goals: tuple[int, ...]
    """Nodes; one of them must hold in the end."""
    stages: tuple[Weights, ...]
    """Weights by step, not negative; the first stage counts most."""
    caps: tuple[tuple[Weights, int], ...] = ()
    """(weights by step, most that their sum may be)."""
    ranked: frozenset[int] | None = None
    """Steps by which equal sets are told apart, None for all. The stages must fix how many of them a best set has."""

    def within(self, steps: AbstractSet[int]) -> bool:
        """Whether a set keeps every cap."""
        return all(sum(weights[step] for step in steps) <= most for weights, most in self.caps)

    def values(self, steps: AbstractSet[int]) -> tuple[int, ...]:
        """Sum of each stage's weights."""
        return tuple(sum(weights[step] for step in steps) for weights in self.stages)

    def reaches(self, steps: AbstractSet[int]) -> bool:
        """Whether one goal holds once exactly these steps are taken."""
        return any(self.network.holds(goal, steps) for goal in self.goals)

    def feasible(self, steps: AbstractSet[int]) -> bool:
        """Whether a set keeps the caps, reaches a goal and can be ordered."""
        return (
            self.within(steps)
            and self.reaches(steps)
            and len(founded(self.network, self.prerequisites, steps)) == len(steps)
        )

    def minimal(self, steps: AbstractSet[int]) -> bool:
        """Whether no single step of a feasible set can be dropped; then no smaller part is feasible either.

        For a feasible part of a feasible set, the other steps can follow it in the set's own order, and the last of
        them can be dropped.
        """
        return not any(self.feasible(steps - {step}) for step in steps)


def joined_weights(problem: Problem) -> dict[int, int]:
    """One positive weight a step that orders sets as the stages do, in Python's unbounded integers."""
    joined = dict.fromkeys(problem.prerequisites, 0)
    for weights in problem.stages:
        place = sum(weights[step] for step in joined) + 1
        joined = {step: high * place + weights[step] for step, high in joined.items()}
    return {step: weight * (len(joined) + 1) + 1 for step, weight in joined.items()}
