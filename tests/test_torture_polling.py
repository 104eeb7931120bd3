"""A client that keeps asking a served process through thirty loads sees only whole releases. Run by `make torture`."""

from pathlib import Path

import pytest
from release_polling import poll_through

from graph.server import Connection

pytestmark = pytest.mark.torture
LOADS = 30


def test_a_poller_sees_only_whole_releases_through_thirty_loads(connection: Connection, tmp_path: Path) -> None:
    """Match, lists and counts, in one query and apart, plainly and under an overlay; every answer is of one release."""
    told = poll_through(connection, tmp_path, loads=LOADS)
    assert len({number for _, number, _ in told.answers if number is not None}) > LOADS // 2
