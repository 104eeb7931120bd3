"""The GraphQL schema: types, root fields, and the gate before them. `build_schema` puts it together."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError, OperationDefinitionNode, execute
from strawberry.execution.is_awaitable import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types import ExecutionResult as StrawberryResult
from strawberry.types.graphql import OperationType
from strawberry.utils.await_maybe import await_maybe

from service.limits import QueryLimits

from .compiled import CompilingExecutor, compile_selections
from .context import Connection, Context
from .direct import refine
from .gate import DocumentGate, Gate, Verdict, extensions_of
from .given_inputs import read_inputs_at_once
from .given_variables import UnusualError
from .mutations import Mutation
from .queries import Query
from .releases import Release
from .resources import RESOURCE_CLASSES, Alignment, Dataset, ExternalResource, LevelMapping, Scale, ScaleLevel
from .subscriptions import Subscription

SDL_PATH = Path(__file__).with_name("schema.graphql")
"""The printed schema, checked in."""

_HEAD = "# Printed by `headwater schema`; a test compares. Change the types in service/schema, then print it anew.\n\n"


class Schema(strawberry.Schema):
    """Strawberry's schema; errors are logged by the gate alone, once, under the request's id.

    Attributes:
        gate: what documents pass.
        compiled: whether queries that come again are answered by what was made for them.
    """

    gate: DocumentGate
    compiled: bool

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: see `errors.shape_error`."""

    async def execute(  # type: ignore[override]  # the same arguments, by name
        self,
        query: str | None,
        variable_values: dict[str, object] | None = None,
        context_value: object = None,
        *,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StrawberryResult:
        """The answer to an operation.

        A query that came before and has no fault needs none of what Strawberry does around an execution: parsing and
        validating are done, and there is no extension but the gate.
        """
        values = variable_values or {}
        verdict = self._known(query, operation_name, context_value, values)
        if verdict is not None:
            assert isinstance(context_value, Context)
            result = await await_maybe(
                execute(
                    self._schema,
                    context_value=context_value,
                    is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # it says bool and no more
                    executor_class=CompilingExecutor,
                    **self._asked(verdict, values),
                )
            )
            errors = self.gate.shaped(result.errors, context_value.request_id) if result.errors else None
            return StrawberryResult(data=result.data, errors=errors, extensions=extensions_of(context_value))
        return await super().execute(
            query,
            variable_values,
            context_value,
            operation_name=operation_name,
            allowed_operation_types=allowed_operation_types,
        )

    def _known(
        self, query: str | None, operation_name: str | None, context: object, values: Mapping[str, object]
    ) -> Verdict | None:
        """What was found of a document that came before, where it is one faultless query and that is to run."""
        if query is None or not isinstance(context, Context) or context.refusal is not None or not self.compiled:
            return None
        verdict = self.gate.known(query)
        operation = None if verdict is None else verdict.query
        if operation is None or (operation_name is not None and operation_name != _name(operation)):
            return None
        assert verdict is not None
        over = self.gate.judge_values(verdict.uses[_name(operation) or ""], values)
        return verdict if over is None else None

    def _asked(self, verdict: Verdict, values: Mapping[str, object]) -> dict[str, Any]:
        """The document and the values of its variables, for graphql-core: coerced where they are as they should be."""
        if verdict.prepared is not None:
            with suppress(UnusualError):
                prepared = verdict.prepared
                return {"document": prepared.document, "given": (prepared.operation, prepared.coerced(values))}
        return {"document": verdict.document, "variable_values": values}

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


def _name(operation: OperationDefinitionNode) -> str | None:
    return None if operation.name is None else operation.name.value


def build_schema(limits: QueryLimits, *, introspection: bool, suggestions: bool, compiled: bool = True) -> Schema:
    """The schema with its gate. Cost: some 50 ms, once a process.

    Args:
        limits: of one request.
        introspection: whether the schema may be asked for.
        suggestions: whether errors name what might have been meant.
        compiled: whether plain selections are built directly. The answers are the same; tests compare.
    """
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
        extensions=[lambda: Gate(schema.gate)],
        execution_context_class=CompilingExecutor,
    )
    refine(schema)
    core = schema._schema  # noqa: SLF001 - the graphql-core schema has no public name
    read_inputs_at_once(core, schema.config)
    schema.compiled = compiled
    if compiled:
        compile_selections(core)
    schema.gate = DocumentGate(core, limits, introspection=introspection, suggestions=suggestions)
    return schema


def print_sdl(schema: strawberry.Schema) -> str:
    """The schema in SDL, as it is checked in and served at /schema.graphql."""
    return f"{_HEAD}{schema.as_str()}\n"
