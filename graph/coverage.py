"""How far something held covers a competency that is asked for: alignment chains and levels.

Knows competencies, alignments, scales; not roles, trees or scores. Called by matching and planning. Pure, on the
snapshot; what it derives from one is kept with it (`Snapshot.derived`), bounded where it depends on a policy.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from ontology.model import Relation

from .layout import RELATIONS, Column, Flags, Floats, Ints, Longs, ResourceType
from .level_mappings import level_mappings_of
from .policy import Binding, Held, HeldAward, HeldCompetency, Policy, Standing
from .snapshot import Snapshot

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")

ROUNDING = 1e12
"""Coverages and scores are compared at 12 decimals: no result hangs on the order of a multiplication."""
_POLICIES_KEPT = 16
_CHAINS_KEPT = 300_000
"""By policy: some 100 MB where alignments are dense; mostly a competency has a handful."""
_WAYS_AT_ONCE = 2_000_000
"""Ways that are looked at together: bounds the memory, some 200 MB."""
_COURSE = int(ResourceType.COURSE)

UP, DOWN, LEVEL = 1, -1, 0
"""Direction of a step: to something broader, to something narrower, neither."""
_STEPS = (*(relation.value for relation in RELATIONS), "broader", "narrower")
"""Name of a step as it is walked; those after the alignments' are of the hierarchy."""
_BROADER, _NARROWER = len(RELATIONS), len(RELATIONS) + 1
_FLIPPED = np.array(
    [
        *(
            RELATIONS.index({Relation.BROAD: Relation.NARROW, Relation.NARROW: Relation.BROAD}.get(relation, relation))
            for relation in RELATIONS
        ),
        _NARROWER,
        _BROADER,
    ]
)
_DIRECTIONS = tuple(
    {"broadMatch": UP, "broader": UP, "narrowMatch": DOWN, "narrower": DOWN}.get(n, LEVEL) for n in _STEPS
)


def rounded(value: float) -> float:
    """The value at 12 decimals, as numpy's rint gives it for arrays."""
    return round(value * ROUNDING) / ROUNDING


class Recent(Generic[Key, Made]):
    """The last few results by key, the least recently used going first. Safe from several threads."""

    def __init__(self, capacity: int, weigh: Callable[[Made], int] = lambda _: 1):
        """Results that together weigh no more than the capacity, but always the last one."""
        self._capacity = capacity
        self._weigh = weigh
        self._weight = 0
        self._kept: OrderedDict[Key, Made] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> Made | None:
        """The result for a key, None where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def get(self, key: Key, make: Callable[[], Made]) -> Made:
        """The result for a key, made where it is not kept. Two threads may make the same one; both are equal."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            before = self._kept.pop(key, None)
            self._weight += self._weigh(made) - (0 if before is None else self._weigh(before))
            self._kept[key] = made
            while self._weight > self._capacity and len(self._kept) > 1:
                self._weight -= self._weigh(self._kept.popitem(last=False)[1])
        return made


class Link(NamedTuple):
    """One step of a chain, from the held side to the required side; the relation reads in that direction."""

    from_row: int
    to_row: int
    relation: str
    """An alignment's relation; `broader`, `narrower`; `teaches`, `certifies`, `awards` before the first competency."""
    factor: float
    source: str | None
    alignment: int = -1
    """Row of the alignment that says it, where one does."""


class Chain(NamedTuple):
    """A way through alignments: the rows it passes, both ends included, and (step, factor, alignment row) of each."""

    factor: float
    path: tuple[int, ...]
    steps: tuple[tuple[int, float, int], ...]

    def walked(self) -> "Chain":
        """The same with the product taken in the order of its steps, whichever way the chain was found."""
        factor = 1.0
        for _, each, _ in self.steps:
            factor *= each
        return self._replace(factor=factor)

    def links(self, snapshot: Snapshot) -> tuple[Link, ...]:
        """The chain with names. The source of an alignment that states none is its dataset."""
        return tuple(
            Link(start, end, _STEPS[step], factor, _source(snapshot, alignment), alignment)
            for start, end, (step, factor, alignment) in zip(self.path, self.path[1:], self.steps, strict=False)
        )


def _source(snapshot: Snapshot, alignment: int) -> str | None:
    if alignment < 0:
        return None
    dataset = int(snapshot.alignment_dataset[alignment])
    return snapshot.alignment_source[alignment] or (snapshot.datasets[dataset].name if dataset >= 0 else None)


class _Steps:
    """Steps between rows read at their successors, both ways: CSR by row of start, sorted by (row, end, step)."""

    def __init__(self, rows: int, starts: Ints, ends: Ints, step: Ints, confidence: Floats, statement: Ints):
        both = np.concatenate((starts, ends)), np.concatenate((ends, starts))
        steps = np.concatenate((step, _FLIPPED[step]))
        statements = np.concatenate((statement, statement))
        order = np.lexsort((statements, steps, both[1], both[0]))
        self.offsets = np.searchsorted(both[0][order], np.arange(rows + 1)).astype(np.int32)
        self.ends = both[1][order]
        self.steps = steps[order]
        self.confidences = np.concatenate((confidence, confidence))[order]
        self.statements = statements[order]

    def of(self, row: int) -> Iterator[tuple[int, int, float, int]]:
        """(end, step, confidence, alignment row) from a row."""
        span = slice(self.offsets[row], self.offsets[row + 1])
        return zip(
            self.ends[span].tolist(),
            self.steps[span].tolist(),
            self.confidences[span].tolist(),
            self.statements[span].tolist(),
            strict=True,
        )


def _passable(snapshot: Snapshot, starts: Column, ends: Column) -> Column:
    """Which steps a chain may take: between competencies and IRIs that no dataset describes, from one to another."""
    types = snapshot.types
    open_types = np.isin(types, (ResourceType.COMPETENCY, ResourceType.EXTERNAL))
    passable: Column = open_types[starts] & open_types[ends] & (starts != ends)
    return passable


def _alignment_steps(snapshot: Snapshot) -> _Steps:
    starts = snapshot.canonical[snapshot.alignment_subject]
    ends = snapshot.canonical[snapshot.alignment_object]
    kept = _passable(snapshot, starts, ends)
    confidence = np.clip(np.nan_to_num(snapshot.alignment_confidence, nan=1.0), 0.0, 1.0)
    rows = np.arange(len(starts), dtype=np.int32)
    relation = snapshot.alignment_relation.astype(np.int32)
    return _Steps(len(snapshot.types), starts[kept], ends[kept], relation[kept], confidence[kept], rows[kept])


def _hierarchy_steps(snapshot: Snapshot) -> _Steps:
    children = np.repeat(np.arange(len(snapshot.types), dtype=np.int32), np.diff(snapshot.broader_offsets))
    starts, ends = snapshot.canonical[children], snapshot.canonical[snapshot.broader]
    kept = _passable(snapshot, starts, ends)
    count = int(np.count_nonzero(kept))
    step, none = np.full(count, _BROADER, np.int32), np.full(count, -1, np.int32)
    return _Steps(len(snapshot.types), starts[kept], ends[kept], step, np.ones(count), none)


class Chains:
    """The best chains of a snapshot under one policy, from or to any competency."""

    def __init__(self, snapshot: Snapshot, policy: Policy):
        self._steps = [snapshot.derived("alignment steps", _alignment_steps)]
        if policy.hierarchy:
            self._steps.append(snapshot.derived("hierarchy steps", _hierarchy_steps))
        ways = sum(np.diff(steps.offsets) for steps in self._steps)
        self._alone: Flags = np.asarray(ways) == 0 if policy.max_hops else np.ones(len(snapshot.types), np.bool_)
        by_relation = {
            Relation.EXACT: policy.exact,
            Relation.CLOSE: policy.close,
            Relation.BROAD: policy.held_narrower,
            Relation.NARROW: policy.held_broader,
            Relation.RELATED: policy.related,
        }
        factors = (*(by_relation[relation] for relation in RELATIONS), policy.held_narrower, policy.held_broader)
        self._factors = factors
        self._hops = policy.max_hops
        self._reaches: Recent[tuple[int, bool], dict[int, Chain]] = Recent(_CHAINS_KEPT, len)

    def ending(self, rows: Sequence[int]) -> list[bool]:
        """Of each, whether it reaches itself alone."""
        ends: list[bool] = self._alone[rows].tolist() if rows else []
        return ends

    def all_end_in(self, rows: Longs) -> bool:
        """Whether that is so of all of these."""
        return bool(self._alone[rows].all())

    def leading_from(self, row: int) -> dict[int, Chain]:
        """The best chain from a competency to each that it reaches, itself included, in the order of hops."""
        return self._reaches.get((row, False), lambda: self._explore(row, backward=False))

    def leading_to(self, row: int) -> dict[int, Chain]:
        """The best chain to a competency from each that reaches it, itself included, in the order of hops."""
        return self._reaches.get((row, True), lambda: self._explore(row, backward=True))

    def leading_from_many(self, rows: Longs, places: Longs | None = None) -> tuple[Longs, Longs, Floats]:
        """(place, competency reached, factor of the best chain) from many at once, each pair once, in order.

        The factors are those of `leading_from`; ways are not told. Cost: hops times the steps out of what is reached
        from a place, which thousands of rows of one place share.

        Args:
            places: of each of the rows, not falling; None: each has its own, from 0 on.
        """
        own: Longs = np.arange(len(rows)) if places is None else places
        place, at, factor = own, rows, np.ones(len(rows))
        if places is not None:
            kept = _largest(place * len(self._steps[0].offsets) + at, factor)
            place, at, factor = place[kept], at[kept], factor[kept]
        bound = np.zeros(len(at), np.bool_)
        parts = [(place, at, factor)]
        count = len(self._steps[0].offsets)
        for _ in range(self._hops):
            if self._ways(at) > _WAYS_AT_ONCE and own[0] != own[-1]:
                half = int(np.searchsorted(own, own[len(own) // 2]))
                half = half or int(np.searchsorted(own, own[0], "right"))
                both = self.leading_from_many(rows[:half], own[:half]), self.leading_from_many(rows[half:], own[half:])
                found_place, found_at, found_factor = (np.concatenate(pair) for pair in zip(*both, strict=True))
                return found_place, found_at, found_factor
            place, at, factor, bound = self._longer(place, at, factor, bound)
            kept = _largest((place * count + at) * 2 + bound, factor)
            place, at, factor, bound = place[kept], at[kept], factor[kept], bound[kept]
            if not len(place):
                break
            parts.append((place, at, factor))
        if len(parts) == 1:
            return parts[0]
        place, at, factor = (np.concatenate(column) for column in zip(*parts, strict=True))
        kept = _largest(place * count + at, factor)
        return place[kept], at[kept], factor[kept]

    def _ways(self, rows: Longs) -> int:
        """How many steps lead out of these rows."""
        return sum(int((steps.offsets[rows + 1] - steps.offsets[rows]).sum()) for steps in self._steps)

    def _longer(self, place: Longs, at: Longs, factor: Floats, bound: Flags) -> tuple[Longs, Longs, Floats, Flags]:
        """Every way that is one step longer and leaves anything, walking forward."""
        found = []
        directions = np.array(_DIRECTIONS)
        for steps in self._steps:
            entries, owners = spans(steps.offsets, at)
            taken = steps.steps[entries]
            product = factor[owners] * (np.array(self._factors)[taken] * steps.confidences[entries])
            kept = ~(bound[owners] & (directions[taken] == DOWN)) & (np.rint(product * ROUNDING) > 0)
            entries, owners, taken = entries[kept], owners[kept], taken[kept]
            now_bound = bound[owners] | (directions[taken] == UP)
            found.append((place[owners], steps.ends[entries].astype(np.int64), product[kept], now_bound))
        places, ends, products, bounds = (np.concatenate(column) for column in zip(*found, strict=True))
        return places, ends, products, bounds

    def _explore(self, start: int, *, backward: bool) -> dict[int, Chain]:
        """Best chains by largest product, then fewest hops, then smallest rows along the chain.

        A dynamic programme over (row, whether the way is bound) for each number of hops: walking forward a way is bound
        once it went to something broader (nothing narrower may follow); walking backward once it holds a step to
        something narrower. Factors are at most 1, so a way that passes a row twice is never better than its shorter
        part. Cost: hops times the steps out of what is reached.
        """
        first = Chain(1.0, (start,), ())
        best = {start: first}
        settled = {(start, False): 1.0}
        frontier = {(start, False): first}
        for _ in range(self._hops):
            found: dict[tuple[int, bool], Chain] = {}
            for (row, bound), chain in frontier.items():
                for end, now_bound, longer in self._extended(row, bound, chain, backward):
                    likeness = rounded(longer.factor)
                    if likeness <= max(settled.get((end, False), 0.0), settled.get((end, now_bound), 0.0)):
                        continue
                    rival = found.get((end, now_bound))
                    if rival is None or _beats(longer, rival):
                        found[end, now_bound] = longer
            for (end, now_bound), chain in found.items():
                settled[end, now_bound] = rounded(chain.factor)
                known = best.get(end)
                if known is None or _beats(chain, known):
                    best[end] = chain
            frontier = found
        return best

    def _extended(self, row: int, bound: bool, chain: Chain, backward: bool) -> Iterator[tuple[int, bool, Chain]]:
        """Every way that is one step longer: where it ends, whether it is bound, the chain from held to required."""
        closed, binding = (UP, DOWN) if backward else (DOWN, UP)
        for steps in self._steps:
            for end, step, confidence, statement in steps.of(row):
                taken = int(_FLIPPED[step]) if backward else step
                direction = _DIRECTIONS[taken]
                if (bound and direction == closed) or end in chain.path:
                    continue
                factor = self._factors[taken] * confidence
                done = ((taken, factor, statement),)
                product = chain.factor * factor
                if backward:
                    longer = Chain(product, (end, *chain.path), done + chain.steps)
                else:
                    longer = Chain(product, (*chain.path, end), chain.steps + done)
                yield end, bound or direction == binding, longer


def spans(offsets: Ints | Longs, rows: Longs) -> tuple[Longs, Longs]:
    """(entries of these rows in a CSR of these offsets, place in `rows` of each entry's row)."""
    starts = offsets[rows]
    counts = offsets[rows + 1] - starts
    owners = np.repeat(np.arange(len(rows)), counts)
    before = np.cumsum(counts) - counts
    return np.arange(int(counts.sum())) - before[owners] + starts[owners], owners


def _largest(keys: Longs, values: Floats) -> Longs:
    """Places of the largest value of each key, by key."""
    order = np.lexsort((-values, keys))
    ordered = keys[order]
    return order[np.concatenate(([True], ordered[1:] != ordered[:-1]))] if len(order) else order


def _beats(chain: Chain, rival: Chain) -> bool:
    """Whether a chain is better than another between the same ends; where all is equal the first stays."""
    own, other = rounded(chain.factor), rounded(rival.factor)
    return own > other or (own == other and (len(chain.path), chain.path) < (len(rival.path), rival.path))


def _no_chains(_: Snapshot) -> Recent[tuple[float, ...], Chains]:
    return Recent(_POLICIES_KEPT)


def chains_of(snapshot: Snapshot, policy: Policy) -> Chains:
    """The chains of a snapshot under a policy, shared by all that ask under an equal one."""
    kept = snapshot.derived("chains", _no_chains)
    return kept.get(policy.steps(), lambda: Chains(snapshot, policy))


class Coverage:
    """Coverage of competency leaves by single sources, under one policy."""

    def __init__(self, snapshot: Snapshot, policy: Policy):
        self._snapshot = snapshot
        self._chains = chains_of(snapshot, policy)
        self._mappings = level_mappings_of(snapshot)
        self._unknown = policy.unknown_level

    def ratio(self, node: int, value: float | None, scale: int) -> tuple[float, bool]:
        """Have over need, at most 1, and whether the held level is unknown or not comparable."""
        snapshot = self._snapshot
        asked = int(snapshot.node_scale[node])
        if asked < 0:
            return 1.0, False
        if value is None:
            return self._unknown, True
        have = self._mappings.fraction(scale, value, asked)
        return level_ratio(have, snapshot.fraction(asked, float(snapshot.node_value[node])), self._unknown)

    def of(self, node: int, source: int, value: float | None, scale: int) -> tuple[float, bool]:
        """(coverage, level unknown) of a competency leaf by a source competency at this level.

        Args:
            node: a leaf's row.
            source: row of a competency that is held or taught.
            value: on `scale`; None or NaN where the level is unknown.
            scale: scale row, -1 where the level is unknown.
        """
        target = int(self._snapshot.canonical[self._snapshot.node_target[node]])
        chain = self._chains.leading_from(int(self._snapshot.canonical[source])).get(target)
        ratio, unknown = self.ratio(node, value, scale)
        return (0.0, False) if chain is None else (rounded(chain.factor * ratio), unknown)


def level_ratio(have: float, need: float, unknown: float) -> tuple[float, bool]:
    """min(have / need, 1) of two fractions of one scale; `unknown`, flagged, where one of them is NaN."""
    if math.isnan(have) or math.isnan(need):
        return unknown, True
    return (1.0 if need <= have else have / need), False


class CompetencySource(NamedTuple):
    """A competency that a learner has, its level, and how it came from what is held."""

    competency: int
    value: float
    """NaN where unknown."""
    scale: int
    held: int
    """Resource row of the held thing."""
    links: tuple[Link, ...]
    """From the held thing to the competency: none where it is held itself, else `awards`, `teaches`, `certifies`."""
    grounds: "Grounds"


class Grounds(NamedTuple):
    """How it is known that something is held; the smaller one is told where several hold."""

    standing: Standing = Standing.CLAIMED
    binding: Binding = Binding.CLAIMED
    reason: str = ""
    document: int = -1
    """Position of the document that says so; -1 for a claim."""


_CLAIMED = Grounds()


class Having(NamedTuple):
    """How a credential or course comes to be had: the held thing, the way from it, and how that is known."""

    held: int
    links: tuple[Link, ...]
    grounds: Grounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What a learner has in effect, read at the last successors."""

    sources: tuple[CompetencySource, ...]
    things: dict[int, Having]
    """By credential and course row that is held or given."""
    experience_days: float


class Gifts:
    """What each course and credential gives, read at the last successors."""

    def __init__(self, snapshot: Snapshot):
        canonical = snapshot.canonical.tolist()
        self.teachings: dict[int, list[tuple[int, float, int]]] = {}
        """By subject row: (competency, value or NaN, scale or -1)."""
        self.awards: dict[int, list[int]] = {}
        """By course row: credentials."""
        subjects = np.repeat(np.arange(len(canonical)), np.diff(snapshot.teaches_offsets)).tolist()
        taught = zip(
            subjects,
            snapshot.teaches_competency.tolist(),
            snapshot.teaches_value.tolist(),
            snapshot.teaches_scale.tolist(),
            strict=True,
        )
        for subject, competency, value, scale in taught:
            self.teachings.setdefault(canonical[subject], []).append((canonical[competency], value, scale))
        courses = np.repeat(np.arange(len(canonical)), np.diff(snapshot.awards_offsets)).tolist()
        for course, credential in zip(courses, snapshot.awards_credential.tolist(), strict=True):
            given = self.awards.setdefault(canonical[course], [])
            if canonical[credential] not in given:
                given.append(canonical[credential])


def gifts_of(snapshot: Snapshot) -> Gifts:
    """What each course and credential gives; made once a snapshot."""
    return snapshot.derived("gifts", Gifts)


def holdings_of(snapshot: Snapshot, held: Held) -> Holdings:
    """What a learner has in effect: things held, credentials that held courses award, competencies of all of these.

    What documents say and does not count is left out.
    """
    gifts = gifts_of(snapshot)
    direct = _direct(snapshot, held)
    things = {row: Having(row, (), grounds) for row, grounds in direct.items()}
    for row, grounds in sorted(direct.items(), key=lambda entry: (entry[1].standing, entry[0])):
        for credential in gifts.awards.get(row, ()):
            # What is held needs no reason; of two courses that give the same the first by IRI is told.
            things.setdefault(credential, Having(row, (Link(row, credential, "awards", 1.0, None),), grounds))
    sources = list(_competencies(snapshot, held))
    for row, grounds in direct.items():
        sources += _taught(snapshot, gifts, row, Having(row, (), grounds))
        for credential in gifts.awards.get(row, ()):
            given = Having(row, (Link(row, credential, "awards", 1.0, None),), grounds)
            sources += _taught(snapshot, gifts, credential, given)
    return Holdings(sources=tuple(sources), things=things, experience_days=held.experience_days)


def _direct(snapshot: Snapshot, held: Held) -> dict[int, Grounds]:
    """Credentials and courses held, by row, each on its best grounds."""
    claimed = [(int(snapshot.canonical[row]), Grounds()) for row in (*held.credentials, *held.courses)]
    proven = [
        (int(snapshot.canonical[award.row]), _grounds(award))
        for award in held.awards
        if award.counts and snapshot.types[award.row] != ResourceType.COMPETENCY
    ]
    found: dict[int, Grounds] = {}
    for row, grounds in sorted([*claimed, *proven]):
        found.setdefault(row, grounds)
    return found


def _grounds(award: HeldAward) -> Grounds:
    return Grounds(award.standing, award.binding, award.reason or "", award.document)


def _competencies(snapshot: Snapshot, held: Held) -> Iterator[CompetencySource]:
    """Competencies that are held by themselves."""
    found: list[HeldCompetency | HeldAward] = list(held.competencies)
    grounds = [_CLAIMED] * len(found)
    for award in held.awards:
        if award.counts and snapshot.types[award.row] == ResourceType.COMPETENCY:
            found.append(award)
            grounds.append(_grounds(award))
    rows = snapshot.canonical[[each.row for each in found]].tolist() if found else []
    for row, each, own in zip(rows, found, grounds, strict=True):
        yield CompetencySource(row, math.nan if each.value is None else each.value, each.scale, row, (), own)


def _taught(snapshot: Snapshot, gifts: Gifts, subject: int, having: Having) -> Iterator[CompetencySource]:
    verb = "teaches" if int(snapshot.types[subject]) == _COURSE else "certifies"
    for competency, value, scale in gifts.teachings.get(subject, ()):
        link = Link(subject, competency, verb, 1.0, None)
        yield CompetencySource(
            competency=competency,
            value=value,
            scale=scale,
            held=having.held,
            links=(*having.links, link),
            grounds=having.grounds,
        )
