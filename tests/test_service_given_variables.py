"""Variables that are coerced by what was put together once are those that graphql-core coerces, and no others are."""

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLInputObjectType, OperationDefinitionNode, build_schema, parse
from graphql.execution.values import VariableValues, get_variable_values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from input_values import some_of

from service import schema as service_schema
from service.limits import QueryLimits
from service.schema.given_variables import NotPreparedError, Prepared, UnusualError

SCHEMA = service_schema.build_schema(QueryLimits(), introspection=True, suggestions=True)._schema
INPUTS = [each for each in SCHEMA.type_map.values() if isinstance(each, GraphQLInputObjectType)]
FORMS = ("{}", "{}!", "[{}]", "[{}!]!")
ANYTHING = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2) | st.lists(st.none(), max_size=1)
SMALL = """
input Inner { word: String! = "w", numbers: [Int!] = [1, 2], other: Kind = ONE }
input Outer { inner: Inner! = {}, second: Inner, must: ID!, flag: Boolean, share: Float }
input Loop { loop: Loop, name: String }
input One @oneOf { a: String, b: Int }
enum Kind { ONE TWO }
type Query { a(outer: Outer, loop: Loop, one: One): String }
"""


def both(schema: Any, text: str, values: dict[str, Any]) -> tuple[VariableValues | list[GraphQLError], Any]:
    """What graphql-core makes of the values of a document's variables, and what the prepared operation does."""
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    expected = get_variable_values(schema, operation.variable_definitions or (), values)
    try:
        return expected, Prepared(schema, document, operation).coerced(values)
    except (NotPreparedError, UnusualError) as error:
        return expected, error


def assert_same(expected: VariableValues | list[GraphQLError], found: Any) -> None:
    """Nothing, where the prepared operation leaves what is wrong, and gives what is right as it is."""
    if isinstance(found, Exception):
        return
    assert isinstance(expected, VariableValues), expected
    assert found.coerced == expected.coerced
    assert {name: each.value for name, each in found.sources.items()} == {
        name: each.value for name, each in expected.sources.items()
    }
    assert {name: each.signature.name for name, each in found.sources.items()} == {
        name: each.signature.name for name, each in expected.sources.items()
    }


def spoilt(draw: Any, value: Any) -> Any:
    """The value with something else somewhere in it."""
    if isinstance(value, dict) and value and draw(st.booleans()):
        name = draw(st.sampled_from(sorted(value)))
        change = draw(st.sampled_from(["below", "gone", "more"]))
        rest = {key: item for key, item in value.items() if key != name}
        if change == "gone":
            return rest
        return {**value, name + "x": 1} if change == "more" else {**rest, name: spoilt(draw, value[name])}
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], spoilt(draw, value[place]), *value[place + 1 :]]
    return draw(ANYTHING)


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.name)
def test_variables_are_what_graphql_core_makes(kind: GraphQLInputObjectType) -> None:
    """Every input type of the schema, alone and in lists: right values are the same, wrong ones are left."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def compare(data: st.DataObject) -> None:
        form = data.draw(st.sampled_from(FORMS))
        value = data.draw(some_of(kind, coerced=False))
        value = [value] if form.startswith("[") else value
        text = f"query ($v: {form.format(kind.name)}) {{ __typename }}"
        expected, found = both(SCHEMA, text, {"v": value})
        assert isinstance(expected, VariableValues)
        assert not isinstance(found, UnusualError)
        assert_same(expected, found)
        assert_same(*both(SCHEMA, text, {"v": spoilt(data.draw, value)}))

    compare()


@pytest.mark.parametrize(
    ("definitions", "values"),
    [
        ('$o: Outer = {must: "m"}', {}),
        ("$o: Outer!", {"o": {"must": "m"}}),
        ("$o: Outer!", {"o": {"must": "m", "inner": {"other": "TWO"}, "flag": None}}),
        ("$o: Outer, $n: [Int!] = [3]", {"n": None, "more": 1}),
        ("$n: Int! = 3, $m: Int", {}),
        ("$f: Float!, $s: String", {"f": 1, "s": "s"}),
    ],
)
def test_what_is_left_out_has_its_default(definitions: str, values: dict[str, Any]) -> None:
    """Of a variable and of a field, at any depth; what is null is null."""
    expected, found = both(build_schema(SMALL), f"query ({definitions}) {{ __typename }}", values)
    assert isinstance(found, VariableValues), found
    assert_same(expected, found)


@pytest.mark.parametrize(
    ("definitions", "values"),
    [
        ("$n: Int!", {}),
        ("$n: Int!", {"n": None}),
        ("$n: Int", {"n": "1"}),
        ("$n: [Int]", {"n": 1}),
        ("$o: Outer", {"o": {}}),
        ("$o: Outer", {"o": {"must": 1}}),
        ("$o: Outer", {"o": {"must": "m", "unknown": 1}}),
        ("$o: Outer", {"o": {"must": "m", "inner": None}}),
        ("$o: Outer", {"o": [{"must": "m"}]}),
        ("$k: Kind", {"k": "THREE"}),
        ("$l: Loop", {"l": {"loop": {"name": "n"}}}),
        ("$one: One", {"one": {"a": "a"}}),
        ("$one: One", {"one": {"a": "a", "b": 1}}),
    ],
)
def test_what_is_unusual_is_left_to_graphql_core(definitions: str, values: dict[str, Any]) -> None:
    """Wrong values, one value for a list, a number for an ID, types that hold themselves or one of several fields."""
    _, found = both(build_schema(SMALL), f"query ({definitions}) {{ __typename }}", values)
    assert isinstance(found, UnusualError | NotPreparedError)


def test_a_default_is_made_anew() -> None:
    """What a resolver does to a list must not reach the next request."""
    text = "query ($n: [Int!] = [3]) { __typename }"
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    prepared = Prepared(build_schema(SMALL), document, operation)
    prepared.coerced({}).coerced["n"].append(4)
    expected, _ = both(build_schema(SMALL), text, {})
    assert isinstance(expected, VariableValues)
    assert prepared.coerced({}).coerced == expected.coerced == {"n": [3]}
