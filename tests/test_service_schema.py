"""The printed schema, the contract, the errors: what clients build on."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    ast_from_value,
    is_enum_type,
    is_input_object_type,
    is_union_type,
    print_ast,
)
from graphql import (
    build_schema as parse_schema,
)

from service.limits import QueryLimits
from service.schema import SDL_PATH, build_schema, print_sdl
from service.schema.errors import DETAILS, ErrorCode

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = parse_schema((ROOT / "tests/data/contract.graphql").read_text("utf-8"))
PRINTED = parse_schema(SDL_PATH.read_text("utf-8"))
CONTRACT_TYPES = sorted(name for name in CONTRACT.type_map if not name.startswith("__"))


def test_printed_schema_is_checked_in() -> None:
    """service/schema/schema.graphql is what the types print; `headwater schema` prints it anew."""
    schema = build_schema(QueryLimits(), introspection=False, suggestions=False)
    assert print_sdl(schema) == SDL_PATH.read_text("utf-8")


@pytest.mark.parametrize("name", CONTRACT_TYPES)
def test_contract_is_in_the_schema(name: str) -> None:
    """Every type, field, argument, default, enum value, interface and union member of the contract is there, the same."""
    ours = set(facts(PRINTED.type_map[name]))
    assert set(facts(CONTRACT.type_map[name])) <= ours


def facts(kind: object) -> Iterator[tuple[str, ...]]:
    """All that a type says, one tuple each."""
    yield "kind", type(kind).__name__
    if is_enum_type(kind):
        yield from (("value", value) for value in kind.values)
    elif is_union_type(kind):
        yield from (("member", member.name) for member in kind.types)
    elif is_input_object_type(kind):
        yield from (("input", name, str(field.type), default(field)) for name, field in kind.fields.items())
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        yield from (("interface", interface.name) for interface in kind.interfaces)
        for name, field in kind.fields.items():
            yield "field", name, str(field.type)
            for argument_name, argument in field.args.items():
                yield "argument", name, argument_name, str(argument.type), default(argument)


def default(taken: GraphQLArgument | GraphQLInputField) -> str:
    """A default as it is written, `none` where there is none."""
    if taken.default is None:
        return "none"
    node = taken.default.literal or ast_from_value(taken.default.value, taken.type)
    return print_ast(node) if node is not None else "none"


def test_every_type_and_field_is_described() -> None:
    """A reader of the schema never meets an unexplained name."""
    silent = [
        f"{name}.{field_name}"
        for name, kind in PRINTED.type_map.items()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__")
        for field_name, field in kind.fields.items()
        if not field.description
    ]
    assert silent == []


def codes_raised() -> set[str]:
    """Every error code that the rooms raise: `code=` of something called …Error, what REST refuses, and defaults in the tree."""
    found: set[str] = set()
    for room in ("ontology", "graph", "service"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
                    found |= {str(ast.literal_eval(each.value)) for each in node.keywords if is_code(each)}
                elif isinstance(node, ast.Call) and ast.unparse(node.func) == "refused":
                    found |= {str(each.value) for each in node.args[1:2] if isinstance(each, ast.Constant)}
                elif (isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "default_code") or (
                    isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "default_code"
                ):
                    assert isinstance(node.value, ast.Constant)
                    found.add(str(node.value.value))
    return found


def is_code(keyword: ast.keyword) -> bool:
    """Whether a keyword is a code written out."""
    return keyword.arg == "code" and isinstance(keyword.value, ast.Constant)


def test_every_error_code_is_documented() -> None:
    """docs/errors.md lists each class and each detail that can be seen, and none that cannot."""
    text = (ROOT / "docs/errors.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE))
    assert listed >= {code.value for code in ErrorCode}
    assert codes_raised() | set(DETAILS) <= listed, "docs/errors.md misses some"
    assert listed <= codes_raised() | set(DETAILS) | {code.value for code in ErrorCode} | CHOSEN, "nothing raises some"


CHOSEN = {"reference.ambiguous", "reference.unknown"}
"""Codes that are chosen by a condition where they are raised."""
