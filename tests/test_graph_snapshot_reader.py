"""The reader of views beside Neo4j on random worlds: in a module of its own, for it empties the graph."""

import asyncio

import neo4j
import pytest
from conftest import empty_graph
from hypothesis import HealthCheck, given, settings
from matching_worlds import World, worlds
from service_world import publish_world
from test_service_views import compare

from graph.releases import Releases
from graph.server import Connection
from graph.store import Store


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_the_reader_of_views_answers_as_neo4j_does_in_any_world(
    neo4j_server: Connection, session_driver: neo4j.Driver, tmp_path_factory: pytest.TempPathFactory, world: World
) -> None:
    """Random worlds with successors, cycles and things that nobody describes."""
    empty_graph(session_driver)
    releases = Releases(tmp_path_factory.mktemp("world"))
    with Store(neo4j_server) as store:
        publish_world(releases, store, {"one": tuple({record.iri: record for record in world.records}.values())})
    asyncio.run(compare(neo4j_server, releases))
