"""The rivals as one Strawberry service in a process of its own: `python -m benchmarks.rivals PORT FILE HOME`.

`/static` is Strawberry's ASGI application as its documentation shows it; `/tuned` the same with caches of documents and
a fast JSON library; `/cypher` puts each request to Neo4j. The file has the learners and the prepared answers.
"""

import contextlib
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from graph.server import Connection, connect_server

from .cypher_match import CypherMatcher
from .questions import Json, Learner
from .static_resolver import HeldInput, Key, MatchConnection, TunedGraphQL, build_static_schema, make_connection


def build_cypher_schema(ask: CypherMatcher) -> strawberry.Schema:
    """The schema of a service that puts the match to Neo4j: tuned as Strawberry can be."""

    @strawberry.type
    class Query:
        @strawberry.field
        async def match(self, held: HeldInput, first: int = 10) -> MatchConnection:
            credentials, courses, competencies = held.key()
            learner = Learner(name="", credentials=credentials, courses=courses, competencies=competencies)
            return make_connection(await ask.ask(learner))

    return strawberry.Schema(query=Query, extensions=[lambda: ParserCache(), lambda: ValidationCache()])


def write_answers(path: Path, answers: Mapping[Key, Json]) -> None:
    """Nothing; the prepared answers are in a file."""
    path.write_bytes(orjson.dumps([[key, answer] for key, answer in answers.items()]))


def read_answers(path: Path) -> dict[Key, Json]:
    """The prepared answers of a file."""
    found: dict[Key, Json] = {}
    for (credentials, courses, competencies), answer in orjson.loads(path.read_bytes()):
        found[tuple(credentials), tuple(courses), tuple(competencies)] = answer
    return found


def create_app(answers: Mapping[Key, Json], connection: Connection) -> Starlette:
    """The application of all rivals."""
    matcher = CypherMatcher(connection)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with matcher:
            yield

    routes = [
        Mount("/static", GraphQL[object, None](build_static_schema(answers, tuned=False))),
        Mount("/tuned", TunedGraphQL(build_static_schema(answers, tuned=True))),
        Mount("/cypher", TunedGraphQL(build_cypher_schema(matcher))),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def main(port: int, answers: Path, home: Path) -> None:
    """Nothing, when it has been told to stop. The settings of uvicorn are those of `headwater serve`."""
    with connect_server(home) as lease:
        config = uvicorn.Config(
            create_app(read_answers(answers), lease.connection),
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            timeout_keep_alive=30,
            server_header=False,
            ws="websockets-sansio",
        )
        uvicorn.Server(config).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
