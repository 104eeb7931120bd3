"""What a platform should know of its numbers: how much is unknown, which roles nobody can learn, what a factor decides.

docs/fairness.md says what each figure means. Pure, on the snapshot; the same for the same release, policy and seed.
Called by the command line.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from .layout import Flags, Floats, Ints, Longs, NodeKind, ResourceType
from .level_mappings import level_mappings_of
from .many_learners import learners_of
from .many_matches import ManyMatches
from .matching import gap, match
from .policy import Held, HeldCompetency, Policy
from .ranking import Verdicts
from .role_index import role_index_of
from .snapshot import Snapshot

FACTORS: Final = (
    "must_weight",
    "should_weight",
    "min_coverage",
    "unknown_level",
    "exact",
    "close",
    "held_narrower",
    "held_broader",
    "related",
)
SHARE: Final = 0.1
"""By how much a factor is changed, up and down."""
TOP: Final = 10
"""Roles of a page, which are compared."""
COMPARED: Final = 50
"""Roles of a learner whose order is compared: the first so many before the change."""
NAMED: Final = 100
"""Roles out of reach that are named; all are counted."""
_EVER_DAYS: Final = 1e9
_HELD: Final = (3, 10, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of so many things, how many have a figure."""

    count: int
    known: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelsAsked:
    """Competency requirements of roles that ask for a level, by the best that is taught of the same competency."""

    asked: int
    comparable: int
    """Something teaches it at a level of the same scale, or of one that is mapped to it."""
    unknown: int
    """What teaches it does not say at which level."""
    other_scale: int
    """What teaches it says a level of other scales alone."""
    untaught: int
    """Nothing teaches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfReach:
    """A role that nobody can come to hold by learning, and what stands in the way."""

    role: int
    blocking: tuple[int, ...]
    """Requirement nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which roles can be reached by somebody who has done every course and has every credential."""

    stating: int
    """Roles that state something that must hold."""
    out_of_reach: int
    named: tuple[OutOfReach, ...]
    """The first of these, by IRI."""
    untaught: tuple[tuple[int, int], ...]
    """(target row, how many of the named roles it blocks), the commonest first: at most ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one change of a factor does to the rankings of drawn learners."""

    factor: str
    value: float
    """After the change; weights from 0, factors from 0 to 1: where that stops a change, nothing is changed."""
    kept: float
    """Mean share of the ten best roles that are among the ten best after the change."""
    first_changed: float
    """Share of learners whose best role is another one."""
    agreement: float
    """Mean Kendall's tau-b of the scores of a learner's first fifty roles, before and after."""
    moved: float
    """Mean absolute change of the score of the ten best."""
    requalified: float
    """Mean number of the ten best for which the learner is qualified before and not after, or the other way round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fairness:
    """The report."""

    levels: LevelsAsked
    taught_levels: Known
    """Teachings, and those that say a level."""
    costs: dict[str, Known]
    durations: dict[str, Known]
    """Both by `course` and `credential`."""
    reach: Reach
    learners: int
    effects: tuple[Effect, ...]


def assess_fairness(snapshot: Snapshot, policy: Policy, *, learners: int = 200, seed: int = 1) -> Fairness:
    """The report on a release under a policy.

    Args:
        learners: how many are drawn for the effects; 0: none, and no effects.
        seed: of the draw.
    """
    kinds = {"course": ResourceType.COURSE, "credential": ResourceType.CREDENTIAL}
    return Fairness(
        levels=_levels(snapshot),
        taught_levels=Known(
            count=len(snapshot.teaches_value), known=int(np.count_nonzero(~np.isnan(snapshot.teaches_value)))
        ),
        costs={name: _known(snapshot.cost, snapshot.rows(kind)) for name, kind in kinds.items()},
        durations={name: _known(snapshot.duration, snapshot.rows(kind)) for name, kind in kinds.items()},
        reach=_reach(snapshot, policy),
        learners=learners,
        effects=tuple(_effects(snapshot, policy, drawn_learners(snapshot, learners, seed))) if learners else (),
    )


def _known(figures: Longs, rows: Ints) -> Known:
    return Known(count=len(rows), known=int(np.count_nonzero(figures[rows] >= 0)))


def _levels(snapshot: Snapshot) -> LevelsAsked:
    index = role_index_of(snapshot)
    asking = np.flatnonzero(index.asked_level)
    targets = index.targets(index.leaf_nodes[asking]).astype(np.int64)
    taught = snapshot.canonical[snapshot.teaches_competency].astype(np.int64)
    known = ~np.isnan(snapshot.teaches_value) & (snapshot.teaches_scale >= 0)
    scales = max(len(snapshot.scale_iris), 1)
    asked = targets * scales + index.asked_scales[index.asked_level[asking]]
    same: Flags = np.isin(asked, taught[known] * scales + snapshot.teaches_scale[known])
    mappings = level_mappings_of(snapshot)
    for scale in np.unique(snapshot.teaches_scale[known]).tolist():
        at = taught[known & (snapshot.teaches_scale == scale)]
        for mapped in mappings.comparable(scale):
            same = same | np.isin(asked, at * scales + mapped)
    unknown = ~same & np.isin(targets, taught[~known])
    other = ~same & ~unknown & np.isin(targets, taught)
    counts = [int(np.count_nonzero(each)) for each in (same, unknown, other)]
    return LevelsAsked(
        asked=len(asking),
        comparable=counts[0],
        unknown=counts[1],
        other_scale=counts[2],
        untaught=len(asking) - sum(counts),
    )


def _reach(snapshot: Snapshot, policy: Policy) -> Reach:
    """Whoever has done everything has prerequisites too, so that none is a bar: a bound from above."""
    everything = Held(
        credentials=tuple(snapshot.rows(ResourceType.CREDENTIAL).tolist()),
        courses=tuple(snapshot.rows(ResourceType.COURSE).tolist()),
        experience_days=_EVER_DAYS,
    )
    index = role_index_of(snapshot)
    found = match(snapshot, everything, policy, named=index.roles.tolist())
    stating = int(np.count_nonzero(found.qualified >= 0))
    closed = np.sort(found.rows[found.qualified == 0])
    named = []
    blocked: Counter[int] = Counter()
    for row in closed[:NAMED].tolist():
        blocking = gap(snapshot, everything, policy, row).blocking
        named.append(OutOfReach(role=row, blocking=blocking))
        targets = set(index.targets(np.array(blocking, np.int64)).tolist())
        blocked.update(target for target in targets if target >= 0)
    commonest = sorted(blocked.items(), key=lambda entry: (-entry[1], entry[0]))[:10]
    return Reach(stating=stating, out_of_reach=len(closed), named=tuple(named), untaught=tuple(commonest))


def drawn_learners(snapshot: Snapshot, count: int, seed: int) -> list[Held]:
    """Learners by a seed: 3, 10 or 30 competencies that roles ask for, half of them at a level, and a few courses."""
    draw = random.Random(seed)  # noqa: S311 - drawn alike each time, nothing is secret
    index = role_index_of(snapshot)
    leaves = np.flatnonzero(snapshot.node_kind[index.leaf_nodes] == NodeKind.COMPETENCY).tolist()
    courses = snapshot.rows(ResourceType.COURSE).tolist()
    held = []
    for number in range(count):
        picked = draw.sample(leaves, min(_HELD[number % len(_HELD)], len(leaves)))
        claims = tuple(_claim(snapshot, int(index.leaf_nodes[leaf]), draw) for leaf in picked)
        held.append(Held(competencies=claims, courses=tuple(draw.sample(courses, min(number % 3, len(courses))))))
    return held


def _claim(snapshot: Snapshot, node: int, draw: random.Random) -> HeldCompetency:
    row, scale = int(snapshot.canonical[snapshot.node_target[node]]), int(snapshot.node_scale[node])
    chance, place = draw.random(), draw.random()
    if scale < 0 or chance < 1 / 2:
        return HeldCompetency(row=row)
    low, high = float(snapshot.scale_minimum[scale]), float(snapshot.scale_maximum[scale])
    value = low + place * (high - low)
    return HeldCompetency(row=row, value=value, scale=scale) if high > low else HeldCompetency(row=row)


def _effects(snapshot: Snapshot, policy: Policy, held: Sequence[Held]) -> Iterator[Effect]:
    before = _scores(snapshot, policy, held)
    for factor in FACTORS:
        value = getattr(policy, factor)
        for share in (1 - SHARE, 1 + SHARE):
            changed = value * share if factor.endswith("_weight") else min(value * share, 1.0)
            after = before if changed == value else _scores(snapshot, replace(policy, **{factor: changed}), held)
            yield _effect(factor, changed, before, after)


_Ranking = tuple[Longs, Floats, Verdicts]
"""Roles of a learner, best first, their scores, and whether the learner is qualified."""


def _scores(snapshot: Snapshot, policy: Policy, held: Sequence[Held]) -> list[_Ranking]:
    """All roles that each learner matches."""
    ranked = ManyMatches(snapshot, policy).best(learners_of(held), len(role_index_of(snapshot).roles))
    bounds = np.searchsorted(ranked.learners, np.arange(len(held) + 1)).tolist()
    spans = [slice(start, end) for start, end in pairwise(bounds)]
    return [(ranked.roles[span].astype(np.int64), ranked.scores[span], ranked.qualified[span]) for span in spans]


def _effect(factor: str, value: float, before: Sequence[_Ranking], after: Sequence[_Ranking]) -> Effect:
    pairs = [(old, new) for old, new in zip(before, after, strict=True) if len(old[0])]
    kept, changed, agreement, moved, verdicts = [], [], [], [], []
    for (roles, scores, qualified), (now, fresh, judged) in pairs:
        kept.append(len(np.intersect1d(roles[:TOP], now[:TOP])) / len(roles[:TOP]))
        changed.append(len(now) == 0 or now[0] != roles[0])
        then = dict(zip(now.tolist(), fresh.tolist(), strict=True))
        compared = np.array([then.get(role, 0.0) for role in roles[:COMPARED].tolist()])
        agreement.append(kendall_tau(scores[:COMPARED], compared))
        verdict = dict(zip(now.tolist(), judged.tolist(), strict=True))
        own = zip(roles[:TOP].tolist(), qualified[:TOP].tolist(), strict=True)
        verdicts.append(sum((verdict.get(role) == 1) != (was == 1) for role, was in own))
        moved.append(float(np.mean(np.abs(compared[:TOP] - scores[:TOP]))))
    return Effect(
        factor=factor,
        value=value,
        kept=_mean(kept, 1.0),
        first_changed=_mean(changed, 0.0),
        agreement=_mean(agreement, 1.0),
        moved=_mean(moved, 0.0),
        requalified=_mean(verdicts, 0.0),
    )


def _mean(values: Sequence[float], empty: float) -> float:
    return float(np.mean(values)) if values else empty


def kendall_tau(one: Floats, other: Floats) -> float:
    """Kendall's tau-b, which takes ties into account; 1 where both have none but ties, 0 where one has.

    Source: Kendall, The treatment of ties in ranking problems, Biometrika 33 (1945).
    """
    first, second = np.sign(one[:, None] - one[None, :]), np.sign(other[:, None] - other[None, :])
    untied = float((first != 0).sum()), float((second != 0).sum())
    if not all(untied):
        return float(untied == (0.0, 0.0))
    return float((first * second).sum() / (untied[0] * untied[1]) ** 0.5)
