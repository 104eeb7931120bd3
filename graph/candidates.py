"""The requirement network of one planning question: what a role asks and which steps could serve it.

Knows which courses and credentials satisfy which requirement; searches for nothing. A step's number is its resource
row, so that the order of numbers is the order of IRIs. What does not depend on the learner is drawn once for a snapshot
and a policy and kept with it (`Catalogue`); a question takes the part of it that leads back from its goal and lacks
what is held (`Drawing`). Called by `planning`.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from .coverage import Coverage, Holdings, Recent, chains_of, gifts_of, holdings_of, rounded
from .deadline import LOOKS_EVERY, Deadline, DeadlinePassedError
from .networks import FALSE, TRUE, Network
from .policy import Held, Policy
from .snapshot import NodeKind, ResourceType, Snapshot

Taught = dict[int, list[tuple[int, float, int]]]
"""By competency row: who teaches it, at which value (NaN unknown) of which scale (-1 unknown)."""
HeldSources = Mapping[int, Sequence[tuple[float, int]]]
"""By competency row that is held: at which values (NaN unknown) of which scales (-1 unknown)."""
_CATALOGUES_KEPT = 4
"""Policies whose catalogue is kept with a snapshot: each may be as large as the snapshot's requirements."""
_SHORT_SECONDS = 0.05
"""Another question's drawing is waited for at least so long, even where no time is left."""
_STEP_TYPES = (int(ResourceType.COURSE), int(ResourceType.CREDENTIAL))
_THING = -1
"""Kind of a demand for a credential or course."""
_EXPERIENCE, _COMPETENCY = int(NodeKind.EXPERIENCE), int(NodeKind.COMPETENCY)
_GROUPS = (int(NodeKind.ALL), int(NodeKind.ANY), int(NodeKind.AT_LEAST))


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


class Catalogue:
    """The network of somebody who holds nothing, under one policy; grown on demand, safe from several threads.

    A leaf mentions its steps and, as a negative number, each demand that it stands for: an experience, or a thing or
    competency that may be held. So leaves that are served by the same steps but met by different holdings stay apart.
    """

    def __init__(self, snapshot: Snapshot, policy: Policy):
        self.network = Network()
        self.prerequisites: dict[int, int] = {}
        self._snapshot = snapshot
        self._policy = policy
        self._taught = taught(snapshot)
        self._awarders = awarders(snapshot)
        self._chains = chains_of(snapshot, policy)
        self._coverage = Coverage(snapshot, policy)
        self._nodes: dict[int, int] = {}
        self._demands: list[tuple[int, int, float]] = []
        """(kind, target row, days of experience), by -1 - demand."""
        self._leaves: dict[tuple[int, int, float | None, int], int] = {}
        """Leaf by (kind, target row, value or days, scale)."""
        self._askers: dict[int, int] = {}
        """A requirement row that makes a demand for a competency."""
        self._ways: dict[int, tuple[tuple[int, float], ...]] = {}
        """(competency row, factor of the chain from it) of all that may cover a demand for a competency."""
        self._drawn: set[int] = set()
        """Nodes whose steps are drawn."""
        self._waiting: list[int] = []
        """Nodes whose steps are still to be drawn: none, unless a deadline passed."""
        self._work = self._looked = 0
        """Nodes drawn and chains followed; how many when the clock was last looked at."""
        self._parts: dict[int, tuple[tuple[int, ...], frozenset[int]]] = {}
        self._lock = threading.Lock()

    def requirement(self, row: int, deadline: Deadline) -> int:
        """The network node of a requirement node, with everything drawn that leads back from it.

        Raises:
            DeadlinePassedError: what is drawn by then stays, and the next question goes on from there.
        """
        if not self._lock.acquire(timeout=deadline.remaining_seconds() + _SHORT_SECONDS):
            raise DeadlinePassedError
        try:
            node = self._tree(row)
            self._waiting.append(node)
            network, prerequisites = self.network, self.prerequisites
            while self._waiting:
                current = self._waiting.pop()
                if current in self._drawn:
                    continue
                self._drawn.add(current)
                self._waiting.extend(network.children[current])
                for step in network.steps[current]:
                    if step >= 0 and step not in prerequisites:
                        tops = self._snapshot.top_nodes(step)
                        prerequisites[step] = network.every([self._tree(top) for top in tops])
                        self._waiting.append(prerequisites[step])
                self._look(deadline)
            return node
        finally:
            self._lock.release()

    def _look(self, deadline: Deadline) -> None:
        if self._work - self._looked >= LOOKS_EVERY:
            self._looked = self._work
            if deadline.passed:
                raise DeadlinePassedError

    def tree(self, row: int) -> int:
        """The network node of a requirement node, without the steps that may serve it."""
        with self._lock:
            return self._tree(row)

    def parts_of(self, leaf: int) -> tuple[tuple[int, ...], frozenset[int]]:
        """(demands, steps) that a leaf mentions."""
        known = self._parts.get(leaf)
        if known is None:
            mentioned = self.network.steps[leaf]
            steps = frozenset(one for one in mentioned if one >= 0)
            known = self._parts[leaf] = (tuple(sorted(mentioned - steps)), steps)
        return known

    def is_met(self, demand: int, holdings: Holdings, sources: HeldSources) -> bool:
        """Whether what is held meets a demand."""
        kind, target, days = self._demands[-1 - demand]
        if kind == _EXPERIENCE:
            return holdings.experience_days >= days
        if kind != _COMPETENCY:
            return target in holdings.things
        row = self._askers[demand]
        return any(
            self._enough(factor, row, value, scale)
            for source, factor in self._ways[demand]
            for value, scale in sources.get(source, ())
        )

    def _tree(self, row: int) -> int:
        known = self._nodes.get(row)
        if known is None:
            for below in range(int(self._snapshot.node_end[row]) - 1, row - 1, -1):  # children before their parent
                known = self._nodes[below] = self._draw(below)
                self._work += 1
        assert known is not None
        return known

    def _draw(self, row: int) -> int:
        snapshot = self._snapshot
        kind = int(snapshot.node_kind[row])
        if kind == _EXPERIENCE:
            return self._experience(float(snapshot.node_days[row]))
        if kind in _GROUPS:
            children = [self._nodes[child] for child in snapshot.child_nodes(row)]
            return self.network.at_least(int(snapshot.node_minimum[row]), children)
        target = int(snapshot.canonical[snapshot.node_target[row]])
        if kind == _COMPETENCY:
            return self._competency(row, target)
        key = (_THING, target, None, -1)
        if key not in self._leaves:
            demand = self._demand(_THING, target)
            self._leaves[key] = self.network.any_step([demand, *self._givers(target)])
        return self._leaves[key]

    def _demand(self, kind: int, target: int, days: float = 0.0) -> int:
        self._demands.append((kind, target, days))
        return -len(self._demands)

    def _experience(self, days: float) -> int:
        key = (_EXPERIENCE, -1, days, -1)
        if key not in self._leaves:
            self._leaves[key] = self.network.any_step([self._demand(_EXPERIENCE, -1, days)])
        return self._leaves[key]

    def _givers(self, row: int) -> Iterator[int]:
        """Steps after which a course or credential is held."""
        types = self._snapshot.types
        for giver in (row, *self._awarders.get(row, ())):
            if types[giver] in _STEP_TYPES:
                yield giver

    def _competency(self, row: int, target: int) -> int:
        """The leaf of all steps that cover a competency alone: coverage is a maximum over sources, never a sum."""
        if self._policy.min_coverage <= 0.0:
            return TRUE
        value = float(self._snapshot.node_value[row])
        key = (_COMPETENCY, target, None if np.isnan(value) else value, int(self._snapshot.node_scale[row]))
        known = self._leaves.get(key)
        if known is not None:
            return known
        demand = self._demand(_COMPETENCY, target)
        least, chains = self._policy.min_coverage, self._chains.leading_to(target)
        self._work += len(chains)
        ways = [(s, c.factor) for s, c in chains.items() if rounded(c.factor) >= least]
        self._askers[demand], self._ways[demand] = row, tuple(ways)
        steps = {demand}
        for source, factor in ways:
            for subject, level, scale in self._taught.get(source, ()):
                if self._enough(factor, row, level, scale):
                    steps.update(self._givers(subject))
        leaf = self._leaves[key] = self.network.any_step(steps)
        return leaf

    def _enough(self, factor: float, row: int, value: float, scale: int) -> bool:
        coverage = factor * self._coverage.ratio(row, value, scale)[0]
        return rounded(coverage) >= self._policy.min_coverage


def catalogue_of(snapshot: Snapshot, policy: Policy) -> Catalogue:
    """The catalogue of a snapshot under a policy, shared by all that ask under an equal one."""

    def make(_: Snapshot) -> Recent[tuple[float, ...], Catalogue]:
        return Recent(_CATALOGUES_KEPT)

    kept = snapshot.derived("candidates.catalogues", make)
    key = (*policy.steps(), policy.min_coverage, policy.unknown_level)
    return kept.get(key, lambda: Catalogue(snapshot, policy))


class Drawing:
    """The network of what a learner lacks, grown on demand: asking for a requirement draws all that may serve it.

    `prerequisites` holds the node of every step drawn so far.
    """

    def __init__(self, snapshot: Snapshot, held: Held, policy: Policy, deadline: Deadline):
        self.network = Network()
        self.prerequisites: dict[int, int] = {}
        self._deadline = deadline
        self._catalogue = catalogue_of(snapshot, policy)
        self._holdings = holdings_of(snapshot, held)
        self.held = frozenset(self._holdings.things)
        self._sources: dict[int, list[tuple[float, int]]] = {}
        for source in self._holdings.sources:
            self._sources.setdefault(source.competency, []).append((source.value, source.scale))
        self._met: dict[int, bool] = {}
        self._made: dict[int, int] = {TRUE: TRUE, FALSE: FALSE}
        self._drawn: set[int] = set()
        """Nodes whose steps are drawn."""
        self._known: set[int] = set()
        """Steps that are drawn: `prerequisites` has them."""

    def requirement(self, row: int) -> int:
        """The network node of a requirement node, with everything drawn that leads back from it.

        Raises:
            DeadlinePassedError: the time is up.
        """
        drawn, prerequisites = self._catalogue.prerequisites, self.prerequisites
        node = self._own(self._catalogue.requirement(row, self._deadline))
        waiting = [node]
        seen = self._drawn
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            self._deadline.look(len(seen))
            waiting.extend(self.network.children[current])
            for step in self.network.steps[current] - self._known:
                before = prerequisites[step] = self._own(drawn[step])
                waiting.append(before)
            self._known |= self.network.steps[current]
        return node

    def tree(self, row: int) -> int:
        """The network node of a requirement node, without the steps that may serve it."""
        return self._own(self._catalogue.tree(row))

    def _own(self, node: int) -> int:
        """A node of the catalogue as it is for this learner."""
        known = self._made.get(node)
        if known is not None:
            return known
        network = self._catalogue.network
        for part in network.below(node):
            if part not in self._made:
                children = network.children[part]
                self._made[part] = (
                    self.network.at_least(network.minimum[part], [self._made[child] for child in children])
                    if children
                    else self._leaf(part)
                )
        return self._made[node]

    def _leaf(self, leaf: int) -> int:
        demands, steps = self._catalogue.parts_of(leaf)
        for demand in demands:
            if demand not in self._met:
                self._met[demand] = self._catalogue.is_met(demand, self._holdings, self._sources)
            if self._met[demand]:
                return TRUE
        return self.network.any_step(steps if self.held.isdisjoint(steps) else steps - self.held)
