"""kill -9 of Neo4j under changes: what was cut off comes through with the next command, or as if it had never begun."""

from pathlib import Path

from release_changes import kill_neo4j

KILLS = 2


def test_neo4j_that_is_killed_under_a_change_does_no_harm(tmp_path: Path, managed_environment: dict[str, str]) -> None:
    """Graph, archive, snapshot and pointer are those of an undisturbed change, or of none. All counts in `make torture`."""
    assert kill_neo4j(tmp_path, managed_environment, kills=KILLS, seed=20261124).total() == KILLS
