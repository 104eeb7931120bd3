"""Inputs that resolvers are given are those that Strawberry makes, whatever is left out, null or nested."""

import pytest
from graphql import GraphQLInputObjectType
from hypothesis import HealthCheck, given, settings
from input_values import some_of
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


def converted(kind: GraphQLInputObjectType, value: object) -> object:
    """What a resolver is given."""
    return convert_argument(value, definition_of(kind).origin, SCHEMA.schema_converter.scalar_registry, SCHEMA.config)


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.name)
def test_an_input_is_what_strawberry_makes(kind: GraphQLInputObjectType) -> None:
    """Every input type of the schema: the same object, made by the reader and by Strawberry; lists are copies."""
    assert all(definition_of(each).from_input is not None for each in INPUTS)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(some_of(kind, coerced=True))
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
