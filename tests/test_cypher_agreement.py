"""Match on the example says what the same question asked in Cypher says."""

from pathlib import Path

from cypher_agreement import differences, levelled_tables, loaded, random_learners

from benchmarks.questions import ask_engine
from graph.server import Connection
from service.demo import find_examples

LEARNERS = 8


def test_engine_and_cypher_agree_on_the_example(home: Path, connection: Connection) -> None:
    """Drawn learners on both datasets of the example: roles, order, scores, levels, units, evidence, chains."""
    examples = find_examples()
    snapshot = loaded(home, connection, [examples / "ict", examples / "campus"])
    assert differences(snapshot, connection, random_learners(snapshot, LEARNERS, 17)) == []


def test_engine_and_cypher_read_levels_alike(home: Path, tmp_path: Path, connection: Connection) -> None:
    """Levels of three scales, claimed and taught, read by mappings, some of which contradict each other."""
    snapshot = loaded(home, connection, levelled_tables(tmp_path, (), 12))
    learners = random_learners(snapshot, LEARNERS, 12)
    assert differences(snapshot, connection, learners) == []
    read = [
        item.level
        for learner in learners
        for role in ask_engine(snapshot, learner.held(snapshot))[1]
        for unit in (*role.met, *role.partial)
        for item in unit.evidence
    ]
    assert any(read)
