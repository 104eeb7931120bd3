"""kill -9 of Neo4j at twenty points of loads. Run by `make torture`."""

from pathlib import Path

import pytest
from neo4j_killing import kill_neo4j

pytestmark = pytest.mark.torture
KILLS = 20


def test_neo4j_killed_at_twenty_points(tmp_path: Path, managed_environment: dict[str, str]) -> None:
    """Each load, or the one after it, ends in the graph, archive and pointer of an undisturbed one; some were cut off."""
    assert kill_neo4j(tmp_path, managed_environment, kills=KILLS, seed=4) > 0
