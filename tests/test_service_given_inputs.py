"""Inputs that resolvers are given are those that Strawberry makes, whatever is left out, null or nested."""

from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition

from service.limits import QueryLimits
from service.schema import build_schema

SCHEMA = build_schema(QueryLimits(), introspection=True, suggestions=True)
INPUTS = [each for each in SCHEMA._schema.type_map.values() if isinstance(each, GraphQLInputObjectType)]


def definition_of(kind: GraphQLInputObjectType) -> StrawberryObjectDefinition:
    """What Strawberry knows of an input type."""
    definition = kind.extensions["strawberry-definition"]
    assert isinstance(definition, StrawberryObjectDefinition)
    return definition


def values_of(kind: GraphQLInputType) -> st.SearchStrategy[Any]:
    """Values as graphql-core hands them on: coerced, by name in GraphQL."""
    if isinstance(kind, GraphQLNonNull):
        return values_of(kind.of_type).filter(lambda value: value is not None)
    if isinstance(kind, GraphQLList):
        found: st.SearchStrategy[Any] = st.lists(values_of(kind.of_type), max_size=3)
    elif isinstance(kind, GraphQLEnumType):
        found = st.sampled_from([each.value for each in kind.values.values()])
    elif isinstance(kind, GraphQLInputObjectType):
        found = st.deferred(lambda: objects_of(kind))  # an input may have its own type inside
    else:
        found = {
            GraphQLInt: st.integers(-9, 9),
            GraphQLFloat: st.floats(allow_nan=False),
            GraphQLBoolean: st.booleans(),
        }.get(kind, st.text(max_size=3))
    return st.none() | found


@cache
def objects_of(kind: GraphQLInputObjectType) -> st.SearchStrategy[Any]:
    """Values of an input type, with what is required of it and some of the rest."""
    required = {
        name: values_of(field.type)
        for name, field in kind.fields.items()
        if isinstance(field.type, GraphQLNonNull) and field.default_value is Undefined
    }
    optional = {name: values_of(field.type) for name, field in kind.fields.items() if name not in required}
    return st.fixed_dictionaries(required, optional=optional)


def converted(kind: GraphQLInputObjectType, value: object) -> object:
    """What a resolver is given."""
    return convert_argument(value, definition_of(kind).origin, SCHEMA.schema_converter.scalar_registry, SCHEMA.config)


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.name)
def test_an_input_is_what_strawberry_makes(kind: GraphQLInputObjectType) -> None:
    """Every input type of the schema: the same object, made by the reader and by Strawberry; lists are copies."""
    assert all(definition_of(each).from_input is not None for each in INPUTS)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(values_of(GraphQLNonNull(kind)))
    def compare(value: object) -> None:
        made = converted(kind, value)
        with pytest.MonkeyPatch.context() as patch:
            for each in INPUTS:
                patch.setattr(definition_of(each), "from_input", None)
            expected = converted(kind, value)
        assert type(made) is type(expected)
        assert repr(made) == repr(expected)

    compare()


def test_a_list_is_a_copy() -> None:
    """graphql-core gives one default to every request: what a resolver does to a list must not reach the next one."""
    kind = next(each for each in INPUTS if each.name == "HeldInput")
    given_list = ["a"]
    made = converted(kind, {"credentials": given_list})
    assert made.credentials == given_list  # type: ignore[attr-defined]
    assert made.credentials is not given_list  # type: ignore[attr-defined]
