"""A client that keeps asking a served process through thirty loads sees only whole releases. Run by `make torture`."""

import sys
from pathlib import Path

import pytest
from release_polling import poll_through

from graph.server import Connection

pytestmark = pytest.mark.torture
LOADS = 30


def test_a_poller_sees_only_whole_releases_through_thirty_loads(
    connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Match, lists and counts, plainly, under an overlay and as of an older release; every answer is that of its view."""
    told = poll_through(connection, tmp_path, loads=LOADS)
    seen = {number for _, number, _ in told.answers if number is not None}
    with capsys.disabled():
        sys.stdout.write(f"\n{told.answers.total()} answers, {told.rate:.0f} a second, of {len(seen)} releases\n")
    assert len(seen) > LOADS // 2
