"""Match on the example says what the same question asked in Cypher says."""

from pathlib import Path

from cypher_agreement import differences, loaded, random_learners

from graph.server import Connection
from service.demo import find_examples

LEARNERS = 8


def test_engine_and_cypher_agree_on_the_example(home: Path, connection: Connection) -> None:
    """Drawn learners on both datasets of the example: roles, order, scores, levels, units, evidence, chains."""
    examples = find_examples()
    snapshot = loaded(home, connection, [examples / "ict", examples / "campus"])
    assert differences(snapshot, connection, random_learners(snapshot, LEARNERS, 17)) == []
