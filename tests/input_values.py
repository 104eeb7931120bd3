"""Values of GraphQL's input types for Hypothesis, as clients send them and as graphql-core hands them on."""

from functools import cache
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from hypothesis import strategies as st


def values_of(kind: GraphQLInputType, *, coerced: bool) -> st.SearchStrategy[Any]:
    """Values as they should be, null among them where it may be.

    Args:
        kind: their type.
        coerced: as graphql-core hands them on; else as clients send them.
    """
    if isinstance(kind, GraphQLNonNull):
        return some_of(kind.of_type, coerced=coerced)
    return st.none() | some_of(kind, coerced=coerced)


def some_of(kind: GraphQLInputType, *, coerced: bool) -> st.SearchStrategy[Any]:
    """The same without null."""
    if isinstance(kind, GraphQLList):
        return st.lists(values_of(kind.of_type, coerced=coerced), max_size=3)
    if isinstance(kind, GraphQLEnumType):
        return st.sampled_from([each.value for each in kind.values.values()] if coerced else list(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return st.deferred(lambda: _objects_of(kind, coerced))  # an input may have its own type inside
    floats = st.floats(allow_nan=False, allow_infinity=coerced)
    found: dict[object, st.SearchStrategy[Any]] = {
        GraphQLInt: st.integers(-9, 9),
        GraphQLFloat: floats if coerced else floats | st.integers(-9, 9),
        GraphQLBoolean: st.booleans(),
    }
    return found.get(kind, st.text(max_size=3))


@cache
def _objects_of(kind: GraphQLInputObjectType, coerced: bool) -> st.SearchStrategy[Any]:
    """Values of an input type, with what is required of it and some of the rest."""
    found = {name: values_of(field.type, coerced=coerced) for name, field in kind.fields.items()}
    required = {name for name, field in kind.fields.items() if is_required_input_field(field)}
    return st.fixed_dictionaries(
        {name: values for name, values in found.items() if name in required},
        optional={name: values for name, values in found.items() if name not in required},
    )
