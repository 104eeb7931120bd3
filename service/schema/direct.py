"""Three things that are done to the schema after Strawberry made it.

Resolvers lose their detours. Strawberry wraps each: it makes an Info, converts arguments, walks extensions. A field
that takes nothing but plain values needs none of it, and an answer with all its evidence has thousands of them. Such
fields are called directly; those with inputs or enumerations, and the root fields, keep Strawberry's way. A resolver
that takes `info` gets graphql-core's, which has the same `context`.

Such a field notes how it is read (`reading_of`), so that a selection of them can be built without an executor: the
builders are made from these notes, and so from the very functions that the executor calls.

Defaults of null go. An optional argument that is left out and one that is null mean the same here, and the contract
writes no default.
"""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import cast

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLScalarType,
    Undefined,
    get_named_type,
)
from strawberry.types.field import StrawberryField

Resolver = Callable[..., object]
_READING = "headwater.reading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the value of a field is read off its source at once: an attribute, or what a function gives."""

    attribute: str | None = None
    function: Resolver | None = None
    """Called with the source, then what has a `context` where it takes `info`, then its arguments by name."""
    with_info: bool = False


def reading_of(graphql_field: GraphQLField) -> Reading | None:
    """How a field is read, None where it awaits something or needs Strawberry's way."""
    return cast("Reading | None", graphql_field.extensions.get(_READING))


def refine(schema: strawberry.Schema) -> None:
    """Nothing; the schema's fields are called directly where they can be, and no default is null."""
    core = schema._schema  # noqa: SLF001 - the graphql-core schema has no public name
    roots = {core.query_type, core.mutation_type, core.subscription_type}
    for graphql_type in core.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            for input_field in graphql_type.fields.values():
                _drop_null_default(input_field)
        elif isinstance(graphql_type, GraphQLObjectType | GraphQLInterfaceType):
            for graphql_field in graphql_type.fields.values():
                for argument in graphql_field.args.values():
                    _drop_null_default(argument)
                if graphql_type not in roots:
                    _shorten(graphql_field)


def _drop_null_default(taken: GraphQLArgument | GraphQLInputField) -> None:
    if taken.default_value is None:
        taken.default_value = Undefined


def _shorten(graphql_field: GraphQLField) -> None:
    field = graphql_field.extensions.get("strawberry-definition")
    if not isinstance(field, StrawberryField) or field.extensions:
        return
    if field.base_resolver is None:
        graphql_field.resolve = _attribute(field.python_name)
        graphql_field.extensions[_READING] = Reading(attribute=field.python_name)
    elif all(isinstance(get_named_type(each.type), GraphQLScalarType) for each in graphql_field.args.values()):
        parameters = set(field.base_resolver.signature.parameters)
        if parameters <= {"self", "info", *graphql_field.args}:
            function = cast("Resolver", field.base_resolver.wrapped_func)
            with_info = "info" in parameters
            graphql_field.resolve = _call(function, with_info=with_info)
            if not iscoroutinefunction(function):
                graphql_field.extensions[_READING] = Reading(function=function, with_info=with_info)


def _attribute(name: str) -> Resolver:
    read = attrgetter(name)
    return lambda source, _info: read(source)


def _call(resolver: Resolver, *, with_info: bool) -> Resolver:
    if with_info:
        return lambda source, info, **arguments: resolver(source, info, **arguments)
    return lambda source, _info, **arguments: resolver(source, **arguments)
