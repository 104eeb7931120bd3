"""Plans at full scale: catalogues of 5,000 made courses over the release's competencies, gaps of 30.

Two kinds of catalogue: one whose prerequisites have no cycle and are at most five deep, and one whose prerequisites
fall at random, cycles included. The fewer competencies a catalogue's courses teach, the more courses there are to
choose from for each. The rival is the usual model, with a position for everything, solved by CP-SAT as it comes.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from graph.layout import DatasetInfo
from graph.planning import Limits, Objective, PlanAnswer, plan
from graph.policy import Held, Policy
from graph.snapshot import ResourceType, Snapshot
from ontology.model import (
    Competency,
    Course,
    JobRole,
    Money,
    Record,
    Requirement,
    RequirementGroup,
    Teaching,
)

from .plan_rival import PositionModel
from .questions import SEED
from .report import Table
from .timing import Sample

COURSES = 5_000
GAP = 30
DEEPEST = 5
DENSITIES = (200, 500, 2_000, 14_000)
"""Competencies that a catalogue's courses teach; 14,000 are more than 5,000 courses reach."""
ROLES = 5
"""Questions asked of each catalogue."""
DEADLINE_MS = 5_000
RIVAL_CASES = 2
"""Questions that the rival is asked for each row: it takes its whole deadline for most."""
BASE = "https://example.org/made/"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """How a catalogue is made."""

    competencies: int
    cyclic: bool
    seed: int
    roles: int = ROLES
    """Each asks for `GAP` competencies that can be learned."""
    courses: int = COURSES


@dataclass(frozen=True, slots=True)
class MadeCourse:
    """What a course teaches and asks for: all of its prerequisites, or any one of them."""

    iri: str
    teaches: tuple[str, ...]
    needs: tuple[str, ...]
    any_need: bool


def made_catalogue(skills: Sequence[str], made: Catalogue) -> list[Record]:
    """The records: competencies, courses with prices, lengths and prerequisites, roles. One per cent have no price."""
    draw = random.Random(f"{SEED}-{made.seed}-{made.competencies}-{made.cyclic}")
    pool = draw.sample(list(skills), min(made.competencies, len(skills)))
    courses = list(_courses(draw, pool, made))
    records: list[Record] = [Competency(iri=iri) for iri in sorted(pool)]
    for course in courses:
        records += _records(draw, course)
    choice = sorted(_learnable(courses))
    for number in range(made.roles):
        role = f"{BASE}role/{number:03}"
        records.append(JobRole(iri=role))
        asked = draw.sample(choice, min(GAP, len(choice)))
        records += [Requirement(iri=f"{role}/{place:02}", owner=role, target=iri) for place, iri in enumerate(asked)]
    return records


def _courses(draw: random.Random, pool: Sequence[str], made: Catalogue) -> Iterator[MadeCourse]:
    layer = {iri: draw.randint(0, DEEPEST) for iri in pool}
    by_layer = [[iri for iri in pool if layer[iri] == number] for number in range(DEEPEST + 1)]
    teachings: list[tuple[str, ...]] = []
    for number in range(made.courses):
        first = pool[number] if number < len(pool) else draw.choice(pool)
        near = pool if made.cyclic else by_layer[layer[first]]
        teachings.append(tuple(sorted({first, *draw.sample(near, min(len(near), draw.randint(1, 5)))})))
    taught = sorted({iri for teaches in teachings for iri in teaches})
    lower = [[iri for iri in taught if layer[iri] < number] for number in range(DEEPEST + 1)]
    for number, teaches in enumerate(teachings):
        before = taught if made.cyclic else lower[layer[teaches[0]]]
        chance = draw.random() if len(before) >= 3 else 0.0
        count = 0 if chance < 0.4 else draw.randint(1, 2) if chance < 0.8 else draw.randint(2, 3)
        needs = tuple(iri for iri in draw.sample(before, count) if iri not in teaches)
        yield MadeCourse(f"{BASE}course/{number:05}", teaches, needs, any_need=chance >= 0.8)


def _records(draw: random.Random, course: MadeCourse) -> Iterator[Record]:
    price = draw.randint(50, 2_000) * 1_000 + draw.choice((0, 0, 0, 500, 900))
    yield Course(
        iri=course.iri,
        cost=None if draw.random() < 0.01 else Money(price, "EUR"),
        duration_days=Decimal(draw.randint(1, 80)) / 2,
    )
    for place, iri in enumerate(course.teaches):
        yield Teaching(iri=f"{course.iri}/t/{place}", subject=course.iri, competency=iri)
    group = f"{course.iri}/n" if course.any_need and course.needs else None
    if group is not None:
        yield RequirementGroup(iri=group, owner=course.iri, minimum=1)
    for place, iri in enumerate(course.needs):
        yield Requirement(iri=f"{course.iri}/n/{place}", owner=course.iri, group=group, target=iri)


def _learnable(courses: Sequence[MadeCourse]) -> set[str]:
    """Competencies that somebody who holds nothing comes to by courses."""
    known: set[str] = set()
    waiting = list(courses)
    while True:
        open_now = [c for c in waiting if (any if c.any_need and c.needs else all)(iri in known for iri in c.needs)]
        if not open_now:
            return known
        known.update(iri for course in open_now for iri in course.teaches)
        waiting = [course for course in waiting if not known.issuperset(course.teaches)]


def snapshot_of(records: Sequence[Record]) -> Snapshot:
    """A snapshot of one made dataset."""
    info = DatasetInfo(
        iri="https://example.org/made", name="made", format="tables", license=None, attribution=None, checksum="made"
    )
    return Snapshot.build([(info, records)], release=1)


def skills_of(snapshot: Snapshot) -> list[str]:
    """IRIs of a release's competencies, with made ones where there are few."""
    own = [snapshot.iris[row] for row in snapshot.rows(ResourceType.COMPETENCY).tolist()]
    return own + [f"{BASE}competency/{number:04}" for number in range(max(0, 500 - len(own)))]


@dataclass(slots=True, kw_only=True)
class Figures:
    """What one row of the table is made of."""

    seconds: Sample
    processor: list[float] = field(default_factory=list)
    """Seconds of processor time: what it takes where nobody else wants the core."""
    proved: int = 0
    in_time: int = 0
    in_processor_time: int = 0
    worst_gap: float = 0.0
    rival_seconds: Sample
    rival_proved: int = 0


AIMS = {False: 0.3, True: 2.0}
"""Seconds within which a plan should be proved, without cycles and with them."""


def scale_table(
    skills: Sequence[str],
    cases: int,
    tell: Tell,
    *,
    courses: int = COURSES,
    objective: Objective = Objective.CHEAPEST,
) -> Table:
    """Time to proof of the best plan on catalogues of 5,000 courses; so many cases of each kind.

    The rival knows prices alone: of other objectives it is not asked.
    """
    columns = (
        *("cases", "proved", "in time %", "median s", "p99 s"),
        *("in time % (CPU)", "CPU median s", "CPU p99 s", "worst gap %", "rival s", "rival proved"),
    )
    table = Table(title=f"{objective.capitalize()} plan, {courses:,} courses, gap of {GAP}", columns=columns)
    for cyclic in (False, True):
        kind = "with cycles" if cyclic else "no cycles"
        total = Figures(seconds=Sample(), rival_seconds=Sample())
        for place, density in enumerate(DENSITIES):
            own = len(range(place, cases, len(DENSITIES)))
            found = Figures(seconds=Sample(), rival_seconds=Sample())
            for seed, first in enumerate(range(0, own, ROLES)):
                made = Catalogue(competencies=density, cyclic=cyclic, seed=seed, courses=courses)
                _ask(snapshot_of(made_catalogue(skills, made)), objective, min(ROLES, own - first), cyclic, found)
            if own:
                _add(table, f"{kind}, {min(density, len(skills)):,} competencies", found)
                tell(f"plans: {kind}, {density:,} competencies done")
            _join(total, found)
        _add(table, f"{kind}, all", total)
    table.remarks.append(
        f"In time: proved within {AIMS[False]:g} s without cycles, {AIMS[True]:g} s with them; CPU: of processor time, "
        "which is what counts where other work shares the cores. "
        f"Gap: (total - bound) / total at {DEADLINE_MS / 1000:g} s where it is not proved. Seed {SEED}."
    )
    table.remarks.append(
        f"Rival: positions and CP-SAT with all cores, {RIVAL_CASES} questions a row, the same deadline; "
        "building its model is not counted."
    )
    return table


def _ask(snapshot: Snapshot, objective: Objective, roles: int, cyclic: bool, found: Figures) -> None:
    limits = Limits(deadline_ms=DEADLINE_MS)
    for number in range(-1, roles):  # the first draws what all of them share
        role = snapshot.find_row(f"{BASE}role/{max(number, 0):03}")
        begun, processor = time.perf_counter(), time.process_time()
        answer = plan(snapshot, Held(), role, objective=objective, limits=limits, policy=Policy(), first=1)
        seconds, processor = time.perf_counter() - begun, time.process_time() - processor
        if number < 0:
            continue
        found.seconds.seconds.append(seconds)
        found.proved += answer.optimal
        found.processor.append(processor)
        found.in_time += answer.optimal and seconds <= AIMS[cyclic]
        found.in_processor_time += answer.optimal and processor <= AIMS[cyclic]
        found.worst_gap = max(found.worst_gap, _gap(answer))
        if objective is Objective.CHEAPEST and len(found.rival_seconds.seconds) < RIVAL_CASES:
            _ask_rival(snapshot, role, answer, found)


def _ask_rival(snapshot: Snapshot, role: int, answer: PlanAnswer, found: Figures) -> None:
    """Nothing; the rival is asked too. Raises RuntimeError where both proved different totals."""
    model = PositionModel(snapshot, role)
    begun = time.perf_counter()
    cost, proved = model.solve(DEADLINE_MS / 1000)
    found.rival_seconds.seconds.append(time.perf_counter() - begun)
    found.rival_proved += proved
    if proved and answer.optimal:
        own = (answer.plans[0].unknowns, int(answer.plans[0].total * 100), len(answer.plans[0].steps))
        if own != cost:
            raise RuntimeError(f"The rival's best plan has (unknowns, cents, steps) {cost}, Headwater's {own}.")


def _gap(answer: PlanAnswer) -> float:
    """Of the total, what is not proved: 0 to 1; 1 where there is no plan or the unknowns are not proved."""
    if answer.optimal:
        return 0.0
    best = answer.plans[0] if answer.plans else None
    if best is None or best.unknowns > best.unknowns_bound:
        return 1.0
    return float((best.total - best.bound) / best.total) if best.total else 0.0


def _join(total: Figures, part: Figures) -> None:
    total.seconds.seconds += part.seconds.seconds
    total.rival_seconds.seconds += part.rival_seconds.seconds
    total.processor += part.processor
    total.proved += part.proved
    total.in_time += part.in_time
    total.in_processor_time += part.in_processor_time
    total.rival_proved += part.rival_proved
    total.worst_gap = max(total.worst_gap, part.worst_gap)


def _add(table: Table, name: str, found: Figures) -> None:
    cases = len(found.processor)
    late = max(0, round(0.99 * cases) - 1)
    table.add(
        name,
        cases,
        found.proved,
        100 * found.in_time / cases,
        found.seconds.median(),
        sorted(found.seconds.seconds)[late],
        100 * found.in_processor_time / cases,
        statistics.median(found.processor),
        sorted(found.processor)[late],
        100 * found.worst_gap,
        found.rival_seconds.median() if found.rival_seconds.seconds else "-",
        f"{found.rival_proved} of {len(found.rival_seconds.seconds)}",
    )
