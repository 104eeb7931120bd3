"""Commands that are killed on their way: the next command ends them. All counts in `make torture`."""

from pathlib import Path

from release_changes import kill_commands
from release_killing import Killing, started_worker

from graph.server import Connection
from graph.store import Store

KILLS = 20
OF_COMMANDS = 10


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
