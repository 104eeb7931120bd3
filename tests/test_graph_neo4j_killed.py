"""kill -9 of Neo4j in the middle of a load: the next command ends in the graph of an undisturbed one. 20 in the torture."""

from pathlib import Path

from neo4j_killing import kill_neo4j


def test_neo4j_killed_in_a_load_ends_in_the_graph_of_an_undisturbed_one(
    tmp_path: Path, managed_environment: dict[str, str]
) -> None:
    """Two kills at checkpoints that a seed draws; a server of its own, which starts again by itself."""
    assert kill_neo4j(tmp_path, managed_environment, kills=2, seed=20261124) <= 2
