"""Commands that are killed on their way, and Neo4j under them: the next command ends them. All counts in `make torture`."""

from pathlib import Path

from release_changes import kill_commands, kill_neo4j
from release_killing import Killing, started_worker

from graph.server import Connection
from graph.store import Store

KILLS = 20
OF_COMMANDS = 10
OF_NEO4J = 2


def test_a_load_killed_at_20_points_ends_after_the_next_command_in_the_graph_of_an_undisturbed_one(
    connection: Connection, tmp_path: Path
) -> None:
    """The points are spread over all checkpoints, the first and the last among them; in between two recoveries are killed too."""
    with Store(connection) as store, started_worker(connection) as worker:
        killing = Killing(worker, store, tmp_path / "home", tmp_path / "reference")
        last = len(killing.checkpoints) - 1
        assert last >= KILLS
        points = sorted({round(number * last / (KILLS - 3)) for number in range(KILLS - 2)})
        for point in points:
            assert killing.kill(at=point).killed
        for first, second in ((last // 2, 2), (killing.checkpoints.index("pending"), 5)):
            killing.kill_recovery(first, second)
        assert len(points) + 2 == KILLS
        assert {"archived", "manifest", "snapshot", "pending", "pointer", "current", "done"} <= set(killing.checkpoints)


def test_changes_of_every_kind_that_are_killed_end_as_if_nobody_had(connection: Connection, tmp_path: Path) -> None:
    """Loads, rollbacks, overlays that are published and visibility, killed at checkpoints and at instants by a seed."""
    changes = kill_commands(connection, tmp_path, kills=OF_COMMANDS, seed=20260101)
    assert changes.kinds == {"load", "rollback", "visibility", "overlay"}


def test_neo4j_that_is_killed_under_a_change_does_no_harm(tmp_path: Path, managed_environment: dict[str, str]) -> None:
    """A managed server of its own dies in the middle; the next command starts it again, recovers and ends in the same graph."""
    assert kill_neo4j(tmp_path, managed_environment, kills=OF_NEO4J, seed=20260102).total() == OF_NEO4J
