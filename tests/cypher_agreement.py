"""The engine's answers beside those of the one Cypher statement of the benchmarks, for learners drawn by a seed."""

import asyncio
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
"""What the issue asks for. Figures come rounded to nine decimals, so two that are alike may be one step apart."""


def loaded(home: Path, connection: Connection, sources: Sequence[Path]) -> Snapshot:
    """The release of these sources, in Neo4j and as a snapshot."""
    with Store(connection) as store:
        for source in sources:
            load_into(Releases(home), store, source, dataset_name(source))
    return Releases(home).snapshot()


def random_learners(snapshot: Snapshot, count: int, seed: int) -> list[Learner]:
    """What roles ask for, a few or many; courses and credentials, also those that teach nothing; nothing superseded."""
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

    return [
        Learner(
            name=f"drawn {number}",
            competencies=some(skills, draw.choice([0, 5, 30])),
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
