"""A pytest plugin of mutating: the session's Neo4j is one that runs already, so that no run of the tests starts one anew."""

import json
import os
from typing import Any

import pytest

from graph.server import Connection


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: Any) -> Connection | None:
    """The connection in place of the fixture `neo4j_server`; of any other fixture nothing, so that pytest makes it."""
    if fixturedef.argname != "neo4j_server":
        return None
    connection = Connection(**json.loads(os.environ["HEADWATER_TEST_CONNECTION"]))
    fixturedef.cached_result = (connection, fixturedef.cache_key(request), None)
    return connection
