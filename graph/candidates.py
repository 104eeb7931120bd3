"""The requirement network of one planning question: what a role asks and which steps could serve it.

Knows which courses and credentials satisfy which requirement; searches for nothing. A step's number is its resource
row, so that the order of numbers is the order of IRIs. Only what leads back from the goal is drawn. Called by
`planning`.
"""

import numpy as np

from .coverage import Coverage, chains_of, gifts_of, holdings_of, rounded
from .networks import FALSE, TRUE, Network
from .policy import Held, Policy
from .snapshot import NodeKind, ResourceType, Snapshot

Taught = dict[int, list[tuple[int, float, int]]]
"""By competency row: who teaches it, at which value (NaN unknown) of which scale (-1 unknown)."""


def taught(snapshot: Snapshot) -> Taught:
    """Every teaching by its competency, read at the last successors."""

    def make(own: Snapshot) -> Taught:
        found: Taught = {}
        for subject, teachings in gifts_of(own).teachings.items():
            for competency, value, scale in teachings:
                found.setdefault(competency, []).append((subject, value, scale))
        return found

    return snapshot.derived("candidates.taught", make)


def awarders(snapshot: Snapshot) -> dict[int, list[int]]:
    """Courses that give a credential, by its row, read at the last successors."""

    def make(own: Snapshot) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for course, credentials in gifts_of(own).awards.items():
            for credential in credentials:
                found.setdefault(credential, []).append(course)
        return found

    return snapshot.derived("candidates.awarders", make)


class Drawing:
    """The network of what a learner lacks, grown on demand: asking for a requirement draws all that may serve it.

    `prerequisites` holds the node of every step drawn so far.
    """

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy):
        self.network = Network()
        self.prerequisites: dict[int, int] = {}
        self._snapshot = snapshot
        self._policy = policy
        self._taught = taught(snapshot)
        self._awarders = awarders(snapshot)
        self._chains = chains_of(snapshot, policy)
        self._coverage = Coverage(snapshot, policy)
        self._nodes: dict[int, int] = {}
        self._competencies: dict[tuple[int, float | None, int], int] = {}
        holdings = holdings_of(snapshot, held)
        self.held = frozenset(holdings.things)
        self._experience_days = holdings.experience_days
        self._sources: dict[int, list[tuple[float, int]]] = {}
        for source in holdings.sources:
            self._sources.setdefault(source.competency, []).append((source.value, source.scale))

    def requirement(self, row: int) -> int:
        """The network node of a requirement node, with everything drawn that leads back from it."""
        node = self.tree(row)
        waiting = [node]
        seen: set[int] = set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            waiting.extend(self.network.children[current])
            for step in self.network.steps[current]:
                if step not in self.prerequisites:
                    tops = self._snapshot.top_nodes(step)
                    self.prerequisites[step] = self.network.every([self.tree(top) for top in tops])
                    waiting.append(self.prerequisites[step])
        return node

    def tree(self, row: int) -> int:
        """The network node of a requirement node, without the steps that may serve it."""
        if row not in self._nodes:
            for below in range(int(self._snapshot.node_end[row]) - 1, row - 1, -1):  # children before their parent
                self._nodes[below] = self._draw(below)
        return self._nodes[row]

    def _draw(self, row: int) -> int:
        snapshot = self._snapshot
        kind = snapshot.node_kind[row]
        if kind == NodeKind.EXPERIENCE:
            return TRUE if self._experience_days >= snapshot.node_days[row] else FALSE
        if kind in (NodeKind.ALL, NodeKind.ANY, NodeKind.AT_LEAST):
            children = [self._nodes[child] for child in snapshot.child_nodes(row)]
            return self.network.at_least(int(snapshot.node_minimum[row]), children)
        target = int(snapshot.canonical[snapshot.node_target[row]])
        if kind == NodeKind.COMPETENCY:
            return self._competency(row, target)
        return TRUE if target in self.held else self.network.any_step(self._givers(target))

    def _givers(self, row: int) -> set[int]:
        """Steps after which a course or credential is held."""
        givers = {row, *self._awarders.get(row, ())}
        return {giver for giver in givers if self._is_step(giver)}

    def _is_step(self, row: int) -> bool:
        return self._snapshot.types[row] in (ResourceType.COURSE, ResourceType.CREDENTIAL) and row not in self.held

    def _competency(self, row: int, target: int) -> int:
        value = float(self._snapshot.node_value[row])
        key = (target, None if np.isnan(value) else value, int(self._snapshot.node_scale[row]))
        known = self._competencies.get(key)
        if known is None:
            known = self._competencies[key] = self._draw_competency(row, target)
        return known

    def _draw_competency(self, row: int, target: int) -> int:
        """The leaf of all steps that cover a competency alone: coverage is a maximum over sources, never a sum."""
        if self._policy.min_coverage <= 0.0:
            return TRUE
        steps: set[int] = set()
        for source, chain in self._chains.leading_to(target).items():
            if not self._enough(chain.factor):
                continue
            for value, scale in self._sources.get(source, ()):
                if self._enough(chain.factor * self._coverage.ratio(row, value, scale)[0]):
                    return TRUE
            for subject, value, scale in self._taught.get(source, ()):
                if self._enough(chain.factor * self._coverage.ratio(row, value, scale)[0]):
                    steps |= self._givers(subject)
        return self.network.any_step(steps)

    def _enough(self, coverage: float) -> bool:
        return rounded(coverage) >= self._policy.min_coverage
