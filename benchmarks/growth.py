"""How match grows with the data, and plans with the number of courses: 1, 10 and 30 times.

Match: copies of the release's roles, their trees, courses and credentials over the *same* competencies, so that what
is held bears on 30 times as many requirements. Plans: colleges made by a seeded generator.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from graph.layout import DatasetInfo
from graph.planning import Limits, Objective, PlanAnswer, plan
from graph.policy import Held, HeldCompetency, Policy
from graph.releases import Releases
from graph.snapshot import ResourceType, Snapshot
from ontology.model import (
    Awarding,
    Competency,
    Course,
    Credential,
    JobRole,
    Money,
    Record,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Teaching,
)
from service.demo import Question

from .questions import SEED, Learner, ask_engine
from .report import Table, megabytes

SCALES = (1, 10, 30)
DEADLINE_MS = 10_000
_COPIED = (Awarding, Course, Credential, JobRole, Requirement, RequirementGroup, RoleLevel, Teaching)
_LINKS = ("iri", "owner", "role", "role_level", "parent", "group", "target", "subject", "course", "credential")
Tell = Callable[[str], None]


def copied(records: Sequence[Record], copies: int) -> Iterator[Record]:
    """The records, and so many copies less one of all but frameworks, scales, competencies and alignments."""
    yield from records
    own = {record.iri for record in records if isinstance(record, _COPIED)}
    for number in range(2, copies + 1):
        for record in records:
            if isinstance(record, _COPIED):
                links = {name: getattr(record, name) for name in _LINKS if hasattr(record, name)}
                renamed = {name: f"{iri}~{number}" for name, iri in links.items() if iri in own}
                yield replace(record, **renamed)  # type: ignore[arg-type]  # fields that the record has, all of them text


def match_growth(
    home: Path, learners: Sequence[Learner], scales: Sequence[int], rounds: int, folder: Path, tell: Tell
) -> Table:
    """Match of the same learners on 1, 10 and 30 times the roles."""
    grown: list[tuple[int, Path, float]] = []
    for scale in scales:
        path = folder / f"growth-{scale}.snapshot"
        grown.append((scale, path, _build(home, scale, path)))
        tell(f"growth of match: the index of {scale}x is built")
    snapshots = [Snapshot.open(path) for _, path, _ in grown]
    seconds = _match_seconds(snapshots, learners, rounds)
    table = Table(
        title="Growth of match", columns=("roles", "requirements", "median ms", "x first", "snapshot MB", "build s")
    )
    for (scale, path, built), snapshot, median in zip(grown, snapshots, seconds, strict=True):
        roles, nodes = len(snapshot.rows(ResourceType.JOB_ROLE)), len(snapshot.node_kind)
        size = megabytes(path.stat().st_size)
        table.add(f"{scale}x", roles, nodes, median * 1000, median / seconds[0], size, built)
    table.remarks.append("Top 10 with reasons on the snapshot, no GraphQL; the same learners each time.")
    return table


def _build(home: Path, scale: int, path: Path) -> float:
    """Seconds that the index of so many copies took to build; it is in the file."""
    releases = Releases(home)
    current = releases.current()
    assert current is not None
    content = [(info, list(copied(list(releases.records(info.name)), scale))) for info in current.datasets]
    begun = time.perf_counter()
    snapshot = Snapshot.build(content, release=1)
    built = time.perf_counter() - begun
    snapshot.save(path)
    return built


def _match_seconds(snapshots: Sequence[Snapshot], learners: Sequence[Learner], rounds: int) -> list[float]:
    """Median for each snapshot; they take turns."""
    held = [[learner.held(snapshot) for learner in learners] for snapshot in snapshots]
    seconds: list[list[float]] = [[] for _ in snapshots]
    for number in range(rounds + 1):
        for place in range(len(learners)):
            for which, snapshot in enumerate(snapshots):
                begun = time.perf_counter()
                ask_engine(snapshot, held[which][place])
                if number:  # the first makes what is kept with a snapshot
                    seconds[which].append(time.perf_counter() - begun)
    return [statistics.median(each) for each in seconds]


# ------------------------------------------------------------------------------------------------------- plans

MUSTS = 15
"""Competencies that a made role asks for."""
COURSES = 40
"""Courses of a made college at 1x."""
COMPETENCIES = 30


def college(scale: int, seed: int = SEED) -> list[Record]:
    """A made college: 40 courses times the scale teach 30 competencies, half of them with a prerequisite.

    The number of competencies stays: all courses may lead to the role, so that the choice grows with the scale. A
    course needs only what stands before its first competency, so that everything can be learned.
    """
    draw = random.Random(f"{seed}-{scale}")
    base = "https://example.org/made/"
    skills = [f"{base}competency/{number:03}" for number in range(COMPETENCIES)]
    records: list[Record] = [Competency(iri=iri) for iri in skills]
    role = f"{base}role"
    records.append(JobRole(iri=role))
    records += [Requirement(iri=f"{role}/{iri[-3:]}", owner=role, target=iri) for iri in draw.sample(skills, MUSTS)]
    for number in range(COURSES * scale):
        course, first = f"{base}course/{number:05}", number % COMPETENCIES
        days = Decimal(draw.randint(1, 20))
        records.append(Course(iri=course, cost=Money(draw.randint(5, 60) * 1000, "EUR"), duration_days=days))
        records += [
            Teaching(iri=f"{course}/teaches/{taught[-3:]}", subject=course, competency=taught)
            for taught in sorted({skills[first], *draw.sample(skills, draw.randint(0, 3))})
        ]
        if first > 1 and draw.random() < 1 / 2:
            group = f"{course}/needs"
            records.append(RequirementGroup(iri=group, owner=course, minimum=1))
            records += [
                Requirement(iri=f"{group}/{needed[-3:]}", owner=course, group=group, target=needed)
                for needed in draw.sample(skills[:first], 2)
            ]
    return records


def plan_table(snapshot: Snapshot, question: Question | None, scales: Sequence[int], repeats: int, tell: Tell) -> Table:
    """Time to proof: the question of the example, and colleges of growing size."""
    table = Table(title="Best plan, with proof", columns=("courses", "median s", "steps", "total", "bound", "proved"))
    if question is not None:
        role = snapshot.resolve(question.study_role, [ResourceType.JOB_ROLE])
        skills = [snapshot.resolve(each, [ResourceType.COMPETENCY]) for each in question.skills]
        held = Held(competencies=tuple(HeldCompetency(row=row) for row in skills))
        limits = Limits(providers=(question.provider,), deadline_ms=DEADLINE_MS)
        courses = sum(
            snapshot.provider[int(row)] == question.provider for row in snapshot.rows(ResourceType.COURSE).tolist()
        )
        _add_plans(table, "the example's college", courses, snapshot, held, role, limits, repeats)
        tell("plans: the example done")
    info = DatasetInfo(
        iri="https://example.org/made", name="made", format="tables", license=None, attribution=None, checksum="made"
    )
    for scale in scales:
        made = Snapshot.build([(info, college(scale))], release=1)
        role = made.find_row("https://example.org/made/role")
        limits = Limits(deadline_ms=DEADLINE_MS)
        _add_plans(table, f"made college {scale}x", COURSES * scale, made, Held(), role, limits, repeats)
        tell(f"plans: made college {scale}x done")
    table.remarks.append(
        f"One plan, searched for at most {DEADLINE_MS / 1000:g} s. Proved: nothing is better "
        "in the order of matching.md. CHEAPEST in currency units, FASTEST in days, FEWEST in steps."
    )
    return table


def _add_plans(
    table: Table, name: str, courses: int, snapshot: Snapshot, held: Held, role: int, limits: Limits, repeats: int
) -> None:
    for objective in (Objective.CHEAPEST, Objective.FASTEST, Objective.FEWEST):
        seconds: list[float] = []
        answers: list[PlanAnswer] = []
        for _ in range(repeats):
            begun = time.perf_counter()
            answers.append(plan(snapshot, held, role, objective=objective, limits=limits, policy=Policy(), first=1))
            seconds.append(time.perf_counter() - begun)
        figures = _figures(answers[0])
        table.add(f"{name}, {objective.name}", courses, statistics.median(seconds), *figures)


def _figures(answer: PlanAnswer) -> tuple[int | None, float | None, float | None, str]:
    proved = "yes" if answer.optimal else "no"
    if not answer.plans:
        return None, None, None, proved
    (best,) = answer.plans
    return len(best.steps), float(best.total), float(best.bound), proved
