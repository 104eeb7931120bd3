"""The engine's answers beside those of the one Cypher statement of the benchmarks, for learners drawn by a seed."""

import asyncio
import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.cypher_match import CypherMatcher
from benchmarks.home import load_into
from benchmarks.questions import Learner, asked_competencies, engine_answer, shown_answer
from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import ResourceType, Snapshot
from graph.store import Store
from ontology.readers import dataset_name

TOLERANCE = 1e-9
"""How far figures may lie apart. Figures come rounded to nine decimals, so two that are alike may be one step apart."""


def loaded(home: Path, connection: Connection, sources: Sequence[Path]) -> Snapshot:
    """The release of these sources, in Neo4j and as a snapshot."""
    with Store(connection) as store:
        for source in sources:
            load_into(Releases(home), store, source, dataset_name(source))
    return Releases(home).snapshot()


MADE = "https://example.org/made/"
SCALES = {"five": (0.0, 5.0), "eight": (1.0, 8.0), "hundred": (0.0, 100.0)}
_MAPPINGS = [
    [("five", 1, "eight", 2), ("five", 2, "eight", 4), ("five", 2, "eight", 5), ("five", 4, "eight", 6)],
    [("eight", 3, "hundred", 30), ("eight", 6, "hundred", 80), ("hundred", 20, "five", 1), ("hundred", 75, "five", 4)],
    [("eight", 4, "hundred", 20)],
]
"""By dataset: the last contradicts the one before it, so that of eight and hundred none counts."""


def levelled_tables(folder: Path, skills: Sequence[str], seed: int, *, roles: int = 40) -> list[Path]:
    """Three folders of tables: roles that ask for skills at levels of three scales, courses that teach them, mappings.

    Args:
        skills: IRIs that another dataset describes, or none: then the tables describe 60 of their own.
    """
    draw = random.Random(seed)
    own = [] if skills else [f"{MADE}skill/{number:02}" for number in range(60)]
    pool = draw.sample(list(skills), min(len(skills), 400)) or own

    def level(chance: float) -> tuple[str, str]:
        name = draw.choice(list(SCALES))
        value = draw.choice([*draw.choices(range(int(SCALES[name][0]), int(SCALES[name][1]) + 1), k=2), 2.5])
        return (f"{value:g}", f"{MADE}scale/{name}") if draw.random() < chance else ("", "")

    requires: list[list[str]] = []
    teaches: list[list[str]] = []
    for number in range(roles):
        for skill in draw.sample(pool, 12):
            group = draw.choice(["", "", "", "one", "two"])
            importance = draw.choice(["must", "should", "0.4"]) if not group else "must"
            requires.append([f"{MADE}role/{number:02}", group, skill, *level(0.7), importance])
    for number in range(30):
        teaches += [[f"{MADE}course/{number:02}", skill, *level(0.8)] for skill in draw.sample(pool, 8)]
    first: dict[str, list[Sequence[object]]] = {
        "scales.csv": [
            ["iri", "label", "min", "max"],
            *([f"{MADE}scale/{name}", name, *SCALES[name]] for name in SCALES),
        ],
        "competencies.csv": [["iri", "label"], *([iri, iri[-8:]] for iri in own)],
        "job_roles.csv": [
            ["iri", "label"],
            *([f"{MADE}role/{number:02}", f"role {number}"] for number in range(roles)),
        ],
        "courses.csv": [["iri", "label"], *([f"{MADE}course/{number:02}", f"course {number}"] for number in range(30))],
        "requires.csv": [["role", "group", "target", "level", "scale", "importance"], *requires],
        "teaches.csv": [["subject", "competency", "level", "scale"], *teaches],
    }
    folders = []
    for place, mappings in enumerate(_MAPPINGS):
        rows = [[f"{MADE}scale/{one}", low, f"{MADE}scale/{other}", high] for one, low, other, high in mappings]
        tables: dict[str, list[Sequence[object]]] = {
            **(first if not place else {}),
            "scale_mappings.csv": [["scale", "level", "to_scale", "to_level"], *rows],
        }
        folders.append(folder / f"levels-{place}")
        folders[-1].mkdir()
        for name, lines in tables.items():
            with (folders[-1] / name).open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(lines)
    return folders


def random_learners(snapshot: Snapshot, count: int, seed: int) -> list[Learner]:
    """What roles ask for, a few or many, at levels where there are scales; courses and credentials, also those that
    teach nothing; nothing superseded."""
    draw = random.Random(seed)
    superseded = np.flatnonzero(snapshot.canonical != np.arange(len(snapshot.types)))
    followers = set(snapshot.canonical[superseded].tolist())  # roles may ask for what they follow, which Cypher misses
    skills = [snapshot.iris[row] for row in asked_competencies(snapshot).tolist() if row not in followers]
    courses, credentials = (
        [snapshot.iris[row] for row in snapshot.rows(kind).tolist() if snapshot.canonical[row] == row]
        for kind in (ResourceType.COURSE, ResourceType.CREDENTIAL)
    )

    def some(things: Sequence[str], most: int) -> tuple[str, ...]:
        return tuple(sorted(draw.sample(things, min(draw.randint(0, most), len(things)))))

    def levels() -> tuple[tuple[str, float, str], ...]:
        scale = draw.randrange(len(snapshot.scale_iris))
        low, high = float(snapshot.scale_minimum[scale]), float(snapshot.scale_maximum[scale])
        return tuple(
            (iri, draw.choice([draw.uniform(low, high), float(draw.randint(int(low), int(high)))]), scale_iri)
            for iri in some(skills, 12)
            for scale_iri in [snapshot.scale_iris[scale]]
        )

    return [
        Learner(
            name=f"drawn {number}",
            competencies=some(skills, draw.choice([0, 5, 30])),
            levels=levels() if len(snapshot.scale_iris) else (),
            courses=some(courses, 4),
            credentials=some(credentials, 3),
        )
        for number in range(count)
    ]


def differences(snapshot: Snapshot, connection: Connection, learners: Sequence[Learner]) -> list[str]:
    """Where the two say something else: learner, place in the answer, both."""

    async def ask() -> list[dict[str, object]]:
        async with CypherMatcher(connection) as matcher:
            return [shown_answer({"match": await matcher.ask(learner)}) for learner in learners]

    found: list[str] = []
    for learner, answer in zip(learners, asyncio.run(ask()), strict=True):
        found += _differing(learner.name, engine_answer(snapshot, learner), answer)
    return found


def _differing(place: str, own: Any, other: Any) -> list[str]:
    if isinstance(own, Mapping) and isinstance(other, Mapping) and own.keys() == other.keys():
        return [text for key in own for text in _differing(f"{place} {key}", own[key], other[key])]
    if isinstance(own, list | tuple) and isinstance(other, list | tuple) and len(own) == len(other):
        pairs = enumerate(zip(own, other, strict=True))
        return [text for number, (a, b) in pairs for text in _differing(f"{place} {number}", a, b)]
    if isinstance(own, float) and isinstance(other, int | float) and abs(own - other) <= 1.001 * TOLERANCE:
        return []
    return [] if own == other else [f"{place}: {own!r} and {other!r}"]
