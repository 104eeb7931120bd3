"""One role in detail: what is met, met in part and missing, its levels, and what stands in the way.

What a role is for somebody who holds nothing is kept; of it only what the learner changes is made anew. Called by
`matching`, whose records are here. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .coverage import Recent, rounded
from .policy import Held, Policy
from .results import COMPETENCY, EXPERIENCE, EvidenceItem, Learner, Result, results_of
from .role_index import role_index_of
from .snapshot import Snapshot

_BLANKS_KEPT = 1024
"""Some eight kilobytes each."""


class UnitCoverage(NamedTuple):
    """A top requirement and how far it is covered."""

    node: int
    coverage: float
    weight: float
    """0 for a unit with a credential, course or experience in it."""
    part: float
    """What it gives to the score."""
    level_unknown: bool
    """A level is asked for and the best source's is unknown or on another scale."""
    evidence: tuple[EvidenceItem, ...]
    """Best first: of a leaf its best source, of a group the best source of each child that is covered at all. Behind
    them, with the factor 0, what documents say that would serve and does not count."""


class LevelOutcome(NamedTuple):
    """A role level: whether it is met, and by what."""

    level: int
    """Role level row."""
    qualified: bool
    stated: bool
    """Met by its own list and the general musts, not implied by a higher level."""
    met_by: tuple[int, ...]
    """Rows of held things that its own musts were met by, by IRI."""


class RoleMatch(NamedTuple):
    """One role in detail. Units are listed heaviest first, then by IRI."""

    role: int
    score: float
    qualified: bool | None
    """None where neither the role nor any of its levels states a must."""
    levels: tuple[LevelOutcome, ...]
    """Lowest first."""
    blocking: tuple[int, ...]
    """Node rows of the musts that stand in the way: the general ones first."""
    met: tuple[UnitCoverage, ...]
    partial: tuple[UnitCoverage, ...]
    missing: tuple[UnitCoverage, ...]


_SortedOut = tuple[tuple[UnitCoverage, ...], tuple[UnitCoverage, ...], tuple[UnitCoverage, ...]]
"""Units that are met, partly met and missing."""
_MET, _PARTIAL, _MISSING = range(3)


def _idle_evidence(learner: Learner, blank: "_Blank") -> dict[int, tuple[EvidenceItem, ...]]:
    """By place of a top requirement: what would serve it if it counted, with the factor 0; only where there is any."""
    if learner.idle is None:
        return {}
    found = {}
    for place, result in _touched(learner.idle, blank).items():
        if result.evidence:
            found[place] = tuple(item._replace(factor=0.0) for item in result.evidence)
    return found


def _weight_and_node(entry: tuple[float, int, Result]) -> tuple[float, int]:
    return entry[:2]


class _Blank:
    """A role as it is for somebody who holds nothing: what nothing bears on stays as it is here.

    Tops have places, heaviest first, then by IRI. Kept for the roles asked for last.
    """

    __slots__ = (
        "all_missing",
        "asked",
        "days",
        "lacked",
        "lacking",
        "leaves",
        "levels",
        "musts",
        "nodes",
        "parts",
        "places",
        "results",
        "score",
        "sections",
        "sorted_out",
        "tops",
        "total",
        "units",
        "weights",
    )

    def __init__(self, snapshot: Snapshot, policy: Policy, role: int):
        self.levels = range(int(snapshot.level_offsets[role]), int(snapshot.level_offsets[role + 1]))
        first, last = int(snapshot.node_offsets[role]), int(snapshot.node_offsets[role + 1])
        index = role_index_of(snapshot)
        kinds = snapshot.node_kind[first:last]
        self.days: list[int] = np.flatnonzero(kinds == EXPERIENCE).tolist()
        nobody = Learner(snapshot, Held(), policy)
        tops: list[tuple[int, Result]]
        if len(self.days) or (snapshot.node_parent[first:last] >= 0).any():
            tops = results_of(nobody, first, last)
        else:
            skill, thing = Result(0.0, policy.min_coverage <= 0), Result(0.0, holds=False)
            tops = [(first + n, skill if kind == COMPETENCY else thing) for n, kind in enumerate(kinds.tolist())]
        unit = index.weights(policy).unit
        weighed = sorted([(-float(unit[node]), node, result) for node, result in tops], key=_weight_and_node)
        self.total = -sum(weight for weight, _, _ in weighed)
        self.results = [result for _, _, result in weighed]
        self.nodes = [node for _, node, _ in weighed]
        self.weights = [-weight for weight, _, _ in weighed]
        self.units = [self.unit(place, result) for place, result in enumerate(self.results)]
        self.sections = [_section(each, policy) for each in self.units]
        self.parts = {place: each.part for place, each in enumerate(self.units) if each.part}
        self.score, self.sorted_out = rounded(_added(self.parts)), _sorted_out(self.units, self.sections)
        places = {each.node: place for place, each in enumerate(self.units)}
        self.musts = [
            (places[node], node, int(snapshot.node_level[node])) for node, _ in tops if snapshot.node_must[node]
        ]
        lacking = [(place, node) for place, node, level in self.musts if level < 0 and not self.results[place].holds]
        self.lacking = [node for _, node in lacking]
        """General musts that do not hold."""
        self.lacked = {place: number for number, (place, _) in enumerate(lacking)}
        """By place: which of them it is."""
        self.all_missing = all(section == _MISSING for section in self.sections) and not self.parts
        self.leaves = [
            (float(snapshot.node_value[each.node]), int(snapshot.node_scale[each.node]))
            if snapshot.node_kind[each.node] == COMPETENCY
            else None
            for each in self.units
        ]
        """By place: of a competency, the value and scale that are asked."""
        self.tops: list[int] = []
        """By node: the place of the top that it is in."""
        for node in sorted(places):
            self.tops += [places[node]] * (int(snapshot.node_end[node]) - node)
        self.places: dict[int, list[int]] = {}
        """By what is asked for: the places of the tops in which it is."""
        for target, place in zip(index.targets(slice(first, last)).tolist(), self.tops, strict=True):
            if target >= 0:
                self.places.setdefault(target, []).append(place)
        self.asked = frozenset(self.places)

    def unit(self, place: int, result: Result, idle: tuple[EvidenceItem, ...] = ()) -> UnitCoverage:
        """A top requirement as it is told."""
        coverage, weight = result.coverage, self.weights[place]
        part = weight * coverage / self.total if self.total > 0 else 0.0
        evidence = result.evidence + idle
        return UnitCoverage(self.nodes[place], rounded(coverage), weight, part, result.level_unknown, evidence)


def _section(unit: UnitCoverage, policy: Policy) -> int:
    """Which of the three lists it is in."""
    return _MET if unit.coverage >= policy.min_coverage else _MISSING if unit.coverage <= 0 else _PARTIAL


def _blank_of(snapshot: Snapshot, policy: Policy, role: int) -> _Blank:
    kept = snapshot.derived("blank roles", _no_blanks)
    key = (role, policy.must_weight, policy.should_weight, policy.min_coverage)
    return kept.get(key, lambda: _Blank(snapshot, policy, role))


def _no_blanks(_: Snapshot) -> Recent[tuple[int, float, float, float], _Blank]:
    return Recent(_BLANKS_KEPT)


def _touched(learner: Learner, blank: _Blank) -> dict[int, Result]:
    """By place: the tops that something held may bear on."""
    found: dict[int, Result] = {}
    for target in learner.bearing_on(blank.asked):
        for place in blank.places[target]:
            if place not in found:
                asked = blank.leaves[place]
                found[place] = _whole(learner, blank, place) if asked is None else learner.competency(target, *asked)
    for node in blank.days:
        place = blank.tops[node]
        if place not in found:
            found[place] = _whole(learner, blank, place)
    return found


def _whole(learner: Learner, blank: _Blank, place: int) -> Result:
    """The result of a top with all that is in it."""
    node = blank.nodes[place]
    ((_, result),) = results_of(learner, node, int(learner.snapshot.node_end[node]))
    return result


def _units(
    blank: _Blank, changed: Mapping[int, Result], idle: Mapping[int, tuple[EvidenceItem, ...]], policy: Policy
) -> tuple[float, _SortedOut]:
    """The score, and the units that are met, partly met and missing."""
    if not changed and not idle:
        return blank.score, blank.sorted_out
    if not idle and blank.all_missing:
        return _raised(blank, changed, policy)
    units, sections, parts = blank.units.copy(), blank.sections.copy(), blank.parts.copy()
    for place in {*changed, *idle}:
        result = changed.get(place, blank.results[place])
        unit = blank.unit(place, result, idle.get(place, ()))
        units[place], sections[place], parts[place] = unit, _section(unit, policy), unit.part
    return rounded(_added(parts)), _sorted_out(units, sections)


def _raised(blank: _Blank, changed: Mapping[int, Result], policy: Policy) -> tuple[float, _SortedOut]:
    """The same of a role of which somebody who holds nothing misses all: only what is changed is looked at."""
    met: list[UnitCoverage] = []
    partial: list[UnitCoverage] = []
    missing, gone = blank.units.copy(), []
    score = 0.0
    for place in sorted(changed):
        unit = blank.unit(place, changed[place])
        score += unit.part
        section = _section(unit, policy)
        if section == _MISSING:
            missing[place] = unit
        else:
            (met if section == _MET else partial).append(unit)
            gone.append(place)
    for place in reversed(gone):
        del missing[place]
    return rounded(score), (tuple(met), tuple(partial), tuple(missing))


def _added(parts: Mapping[int, float]) -> float:
    """The sum, by place from the first on."""
    total = 0.0
    for place in sorted(parts):
        total += parts[place]
    return total


def _sorted_out(units: Sequence[UnitCoverage], sections: Sequence[int]) -> _SortedOut:
    met, partial, missing = (
        tuple([unit for unit, own in zip(units, sections, strict=True) if own == section])
        for section in (_MET, _PARTIAL, _MISSING)
    )
    return met, partial, missing


def detail_of(learner: Learner, role: int) -> RoleMatch:
    """A role, by its resource row, in detail. Cost: a look at its requirements, and each that is touched made anew."""
    snapshot = learner.snapshot
    blank = _blank_of(snapshot, learner.policy, role)
    changed = _touched(learner, blank)
    score, (met, partial, missing) = _units(blank, changed, _idle_evidence(learner, blank), learner.policy)
    # What holds for nobody else may hold now, never the other way round.
    general_unmet = blank.lacking
    won = [place for place, result in changed.items() if result.holds and place in blank.lacked]
    if won:
        general_unmet = general_unmet.copy()
        for number in sorted([blank.lacked[place] for place in won], reverse=True):
            del general_unmet[number]
    levels: tuple[LevelOutcome, ...] = ()
    fine, blocking = not general_unmet, tuple(general_unmet)
    if blank.levels:
        levels, of_a_level = _levels(learner, blank, changed, met_in_general=fine)
        fine, blocking = fine and not of_a_level, (*blocking, *of_a_level)
    qualified = fine if blank.musts else None
    return RoleMatch(role, score, qualified, levels, blocking, met, partial, missing)


def _levels(
    learner: Learner, blank: _Blank, changed: Mapping[int, Result], *, met_in_general: bool
) -> tuple[tuple[LevelOutcome, ...], Sequence[int]]:
    """The role's levels, lowest first, and the musts that stand in the way of the nearest where none is met."""
    snapshot, rows = learner.snapshot, blank.levels
    musts = [(node, changed.get(place, blank.results[place]), level) for place, node, level in blank.musts]
    unmet = {row: [node for node, result, level in musts if level == row and not result.holds] for row in rows}
    stated = [row for row in rows if met_in_general and not unmet[row]]
    highest = max((int(snapshot.level_rank[row]) for row in stated), default=None)
    levels = []
    for row in rows:
        implied = learner.policy.implies_lower and highest is not None and highest > snapshot.level_rank[row]
        met_by = {held for _, result, level in musts if level == row and result.holds for held in result.met_by}
        levels.append(
            LevelOutcome(
                level=row, qualified=row in stated or bool(implied), stated=row in stated, met_by=tuple(sorted(met_by))
            )
        )
    # Rows of levels go by rank, so the first of the shortest lists is that of the lowest rank.
    return tuple(levels), [] if stated else unmet[min(rows, key=lambda row: len(unmet[row]))]
