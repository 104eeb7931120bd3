"""Thousands of drawn documents, built and executed. Run by `make torture`."""

import asyncio

import pytest
from compiled_worlds import Ways, documents, world_snapshot
from hypothesis import HealthCheck, given, settings

from service.schema.state import ReleaseState

pytestmark = pytest.mark.torture


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Ways:
    """Both ways, on the small world without Neo4j."""
    return Ways(ReleaseState(world_snapshot()), tmp_path_factory.mktemp("home"))


def test_thousands_of_documents_are_answered_alike(ways: Ways) -> None:
    """Not a byte differs; and among them were objects that were built, and such that a builder gave up."""

    @given(asked=documents())
    @settings(max_examples=5_000, suppress_health_check=list(HealthCheck))
    def compare(asked: tuple[str, dict[str, object]]) -> None:
        asyncio.run(ways.compare(*asked))

    compare()
    assert ways.compiled.built > 1_000
    assert ways.compiled.left > 20
