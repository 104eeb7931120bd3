"""Loads that are killed on their way: the next command ends them. `make torture` does this 200 times."""

from pathlib import Path

from release_killing import Killing, started_worker

from graph.server import Connection
from graph.store import Store

KILLS = 20


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
