"""A client that keeps asking a served process while releases follow each other sees only whole ones; 30 loads in the torture."""

from pathlib import Path

from release_polling import poll_through

from graph.server import Connection

LOADS = 3


def test_a_poller_sees_only_whole_releases(connection: Connection, tmp_path: Path) -> None:
    """Match, lists and counts, plainly, under an overlay and as of an older release, through loads and a rollback."""
    told = poll_through(connection, tmp_path, loads=LOADS)
    assert len({number for _, number, _ in told.answers if number is not None}) > 1
    assert sum(told.answers.values()) >= 30
