"""The usual model of a study plan: a Boolean and a position for each course and competency, solved by CP-SAT.

It knows leaves, alls and anys, which is all that the made catalogues have, and minimises unknown prices, then the sum
of the others, then the number of courses. CP-SAT's parameters are its own.
"""

from collections import defaultdict

from ortools.sat.python import cp_model

from graph.snapshot import NodeKind, ResourceType, Snapshot

_STEP = 100
"""Cents of which all made prices are multiples."""
_PLACE = 1_000
"""More than a plan's courses."""
_UNKNOWN = 10**11
"""More than all prices together count; the sum of all stays below 2**53."""


class PositionModel:
    """One role's question to a made catalogue, for somebody who holds nothing."""

    def __init__(self, snapshot: Snapshot, role: int) -> None:
        self._snapshot = snapshot
        self._model = cp_model.CpModel()
        self._known: dict[int, cp_model.IntVar] = {}
        self._when: dict[int, cp_model.IntVar] = {}
        self._taught: dict[int, list[int]] = defaultdict(list)
        self._courses: dict[int, cp_model.IntVar] = {}
        for course in snapshot.rows(ResourceType.COURSE).tolist():
            for entry in snapshot.span("teaches_offsets", course):
                self._taught[int(snapshot.teaches_competency[entry])].append(course)
        self._last = 3 * len(self._taught)
        waiting = [int(snapshot.node_target[node]) for node in snapshot.top_nodes(role)]
        for competency in waiting:
            self._model.add_bool_or([self._competency(competency)])
        open_ones = list(self._known)
        while open_ones:
            competency = open_ones.pop()
            before = set(self._known)
            self._serve(competency)
            open_ones.extend(self._known.keys() - before)
        weights = [self._weight(int(snapshot.cost[course])) for course in self._courses]
        self._model.minimize(cp_model.LinearExpr.weighted_sum(list(self._courses.values()), weights))

    def solve(self, seconds: float) -> tuple[tuple[int, int, int] | None, bool]:
        """((unknowns, cents, courses) of the best set found or None, whether it is proved)."""
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self._model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None, False
        taken = [row for row, variable in self._courses.items() if solver.boolean_value(variable)]
        costs = [int(self._snapshot.cost[row]) for row in taken]
        found = sum(cost < 0 for cost in costs), sum(cost for cost in costs if cost > 0), len(taken)
        return found, status == cp_model.OPTIMAL

    @staticmethod
    def _weight(cents: int) -> int:
        return _UNKNOWN + 1 if cents < 0 else cents // _STEP * _PLACE + 1

    def _competency(self, row: int) -> cp_model.IntVar:
        if row not in self._known:
            self._known[row] = self._model.new_bool_var("")
            self._when[row] = self._model.new_int_var(0, self._last, "")
        return self._known[row]

    def _serve(self, competency: int) -> None:
        """Nothing; who knows a competency has taken a course that teaches it, not later."""
        supports = []
        for course in self._taught[competency]:
            support = self._model.new_bool_var("")
            self._model.add_implication(support, self._course(course))
            self._model.add(self._when[competency] >= self._when[course]).only_enforce_if(support)
            supports.append(support)
        self._model.add_bool_or([*supports, ~self._known[competency]])

    def _course(self, row: int) -> cp_model.IntVar:
        if row not in self._courses:
            taken = self._courses[row] = self._model.new_bool_var("")
            self._when[row] = self._model.new_int_var(0, self._last, "")
            for top in self._snapshot.top_nodes(row):
                leaves = (
                    [top] if self._snapshot.node_kind[top] == NodeKind.COMPETENCY else self._snapshot.child_nodes(top)
                )
                reasons = []
                for leaf in leaves:
                    needed = int(self._snapshot.node_target[leaf])
                    reason = self._model.new_bool_var("")
                    self._model.add_implication(reason, self._competency(needed))
                    self._model.add(self._when[row] >= self._when[needed] + 1).only_enforce_if(reason)
                    reasons.append(reason)
                self._model.add_bool_or([*reasons, ~taken])
        return self._courses[row]
