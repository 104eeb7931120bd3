"""The GraphQL schema: types, root fields, and the gate before them. `build_schema` puts it together."""

from pathlib import Path

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from service.limits import QueryLimits

from .compiled import CompilingExecutor, compile_selections
from .context import Connection
from .direct import refine
from .gate import DocumentGate, Gate
from .given_inputs import read_inputs_at_once
from .mutations import Mutation
from .queries import Query
from .releases import Release
from .resources import RESOURCE_CLASSES, Alignment, Dataset, ExternalResource, LevelMapping, Scale, ScaleLevel
from .subscriptions import Subscription

SDL_PATH = Path(__file__).with_name("schema.graphql")
"""The printed schema, checked in."""

_HEAD = "# Printed by `headwater schema`; a test compares. Change the types in service/schema, then print it anew.\n\n"


class Schema(strawberry.Schema):
    """Strawberry's schema; errors are logged by the gate alone, once, under the request's id."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: see `errors.shape_error`."""

    async def stream(  # type: ignore[override]  # the same arguments, by name
        self, query: str | None, *, context_value: object = None, **arguments: object
    ) -> object:
        """The answers to an operation over WebSocket, each operation with a context of its own."""
        context = (
            context_value.new_request(context_value.connection_params)
            if isinstance(context_value, Connection)
            else context_value
        )
        return await super().stream(query, context_value=context, **arguments)  # type: ignore[arg-type]


def build_schema(limits: QueryLimits, *, introspection: bool, suggestions: bool, compiled: bool = True) -> Schema:
    """The schema with its gate. Cost: some 50 ms, once a process.

    Args:
        limits: of one request.
        introspection: whether the schema may be asked for.
        suggestions: whether errors name what might have been meant.
        compiled: whether plain selections are built directly. The answers are the same; tests compare.
    """
    gates: list[DocumentGate] = []
    schema = Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[
            *RESOURCE_CLASSES.values(),
            Alignment,
            Dataset,
            ExternalResource,
            LevelMapping,
            Release,
            Scale,
            ScaleLevel,
        ],
        config=StrawberryConfig(disable_field_suggestions=not suggestions),
        extensions=[lambda: Gate(gates[0])],
        execution_context_class=CompilingExecutor,
    )
    refine(schema)
    core = schema._schema  # noqa: SLF001 - the graphql-core schema has no public name
    read_inputs_at_once(core, schema.config)
    if compiled:
        compile_selections(core)
    gates.append(DocumentGate(core, limits, introspection=introspection, suggestions=suggestions))
    return schema


def print_sdl(schema: strawberry.Schema) -> str:
    """The schema in SDL, as it is checked in and served at /schema.graphql."""
    return f"{_HEAD}{schema.as_str()}\n"
