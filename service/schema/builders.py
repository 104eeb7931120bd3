"""Builders of plain selections: the part of an answer below a field, made without an executor.

A selection is plain where every field of it, at every depth and for every type that an interface or union there may
be, is read off its source at once (`direct.Reading`). Which fields an object gives, under which names and in which
order, is asked of graphql-core (`collect_subfields`), so fragments, directives, aliases and merged fields are its own.

A builder is a function that is written for its selection, such as:

    def build(source, asking):
        if source.__class__ is not c0:
            raise LeftError
        v1 = source.coverage
        if not (v1.__class__ is float and -INFINITY < v1 < INFINITY): v1 = l1(v1)
        v2 = f2(source, asking)
        v2 = b2(v2, asking)
        return {k1: v1, k2: v2}

What an object of a snapshot's row gives, where it depends on nothing but the row and the languages asked for, is kept
with the view (`View.built`) and given again: roles ask for the same competencies, and pages have the same roles. So is
what an object gives that is the same in many answers (`Coverage.parts`).

Nothing of the client's is in that text: names of the answer, arguments and the builders below are values that it is
given. It knows values as they are meant to be. Whatever else it meets (an error, a null where none may be, a value of
another class) ends it with an exception, and the executor does that selection again: errors are the executor's alone.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import lru_cache, partial
from math import inf
from types import CodeType
from typing import cast

from graphql import (
    GRAPHQL_MAX_INT,
    GRAPHQL_MIN_INT,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
    is_abstract_type,
)
from graphql.execution.collect_fields import DeferUsage, FieldDetails
from graphql.execution.executor import Executor
from graphql.execution.incremental.incremental_executor import DeliveryGroup
from graphql.execution.values import get_argument_values
from graphql.pyutils import RefMap
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition

from .direct import reading_of

FIELDS_AT_MOST = 2_000
"""Fields of one operation's builders; a fragment counts once for each type that it is asked of."""
_TEXTS_KEPT = 1_000
_PARTS_AT_MOST = 4
"""Of one object, by selection and languages."""
_TESTS = {
    GraphQLString: "{0}.__class__ is str",
    GraphQLID: "{0}.__class__ is str",
    GraphQLBoolean: "{0}.__class__ is bool",
    GraphQLFloat: "{0}.__class__ is float and -INFINITY < {0} < INFINITY",
    GraphQLInt: "{0}.__class__ is int and LEAST <= {0} <= GREATEST",
}
"""What is true of a value that the answer has as it is."""


@dataclass(frozen=True, slots=True)
class Asking:
    """What a resolver that takes `info` gets of the request, and what it may depend on."""

    context: object
    languages: tuple[str, ...]


Build = Callable[[object, Asking], object]
"""What the answer has for a value. Raises an exception for a value that it does not know."""
Places = RefMap[DeferUsage, DeliveryGroup]
"""What graphql-core hands on of deferred answers, which there are none of."""
Selected = list[FieldDetails]
"""The fields that lead to a value; their selections are merged."""


class LeftError(Exception):
    """A value that a builder does not know."""


class NotPlainError(Exception):
    """A selection with a field that is not read at once, or with too many fields."""


class Builders:
    """The builders of one operation with some values of its variables, each made when it is first looked for."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, tuple[int, ...]], Build | None] = {}
        self.pure: set[Build] = set()
        """Those whose answer depends on the value and the request's languages alone."""
        self.fields = 0

    def find(self, executor: Executor[Places], kind: GraphQLObjectType, selected: Selected) -> Build | None:
        """The builder of a selection on an object type, None where it is not plain.

        Args:
            executor: of a request for this operation with these values.
            kind: of the object.
            selected: the fields that lead to it.
        """
        key = kind.name, tuple([id(each.node) for each in selected])
        if key not in self._made:
            try:
                self._made[key] = self._make(executor, kind, selected)
            except (NotPlainError, GraphQLError):  # such as an argument that its variable does not fit
                self._made[key] = None
        return self._made[key]

    def _make(self, executor: Executor[Places], kind: GraphQLObjectType, selected: Selected) -> Build:
        function = _Function(self, executor, class_of(kind))
        for name, details in executor.collect_subfields(kind, selected).grouped_field_set.items():
            self.fields += 1
            node = details[0].node
            if node.name.value == "__typename":
                function.add_constant(name, kind.name)
                continue
            field = executor.schema.get_field(kind, node.name.value)
            if field is None or self.fields > FIELDS_AT_MOST or details[0].fragment_variable_values is not None:
                raise NotPlainError
            function.add(name, field, details)
        return function.finish()


class _Function:
    """A builder being written."""

    def __init__(self, builders: Builders, executor: Executor[Places], source_class: type):
        self._builders = builders
        self._executor = executor
        self._lines: list[str] = []
        self._pure = True
        self._worth_keeping = False
        self._shown: list[str] = []
        self._source_class = source_class
        self._given: dict[str, object] = {
            "c0": source_class,
            "LeftError": LeftError,
            "INFINITY": inf,
            "LEAST": GRAPHQL_MIN_INT,
            "GREATEST": GRAPHQL_MAX_INT,
        }

    def add_constant(self, name: str, value: str) -> None:
        """Nothing; the answer has this under a name."""
        self._show(name, self._give("t", value))

    def add(self, name: str, field: GraphQLField, details: Selected) -> None:
        """Nothing; the answer has a field under a name. Raises NotPlainError."""
        reading = reading_of(field)
        if reading is None:
            raise NotPlainError
        if reading.attribute is not None:
            assert reading.attribute.isidentifier(), "an attribute of a class"
            read = f"source.{reading.attribute}"
        else:
            assert reading.function is not None, "a field is read by an attribute or by a function"
            arguments = get_argument_values(field, details[0].node, self._executor.variable_values)
            function = partial(reading.function, **arguments) if arguments else reading.function
            self._worth_keeping = True
            self._pure = self._pure and (not reading.with_info or list(field.args) == ["languages"])
            read = f"{self._give('f', function)}({'source, asking' if reading.with_info else 'source'})"
        value = f"v{len(self._given)}"
        self._lines.append(f" {value} = {read}")
        self._complete(value, field.type, details)
        self._show(name, value)

    def finish(self) -> Build:
        """The builder."""
        lines = ["def build(source, asking):", " if source.__class__ is not c0: raise LeftError"]
        answer = f"{{{', '.join(self._shown)}}}"
        if self._pure and self._worth_keeping and _is_row(self._source_class):
            mark = self._give("m", object())  # tells this builder from others, also when it is gone
            lines.append(f" key = {mark}, source.row, asking.languages")
            lines.append(" kept = source.view.built.get(key)")
            lines.append(" if kept is not None: return kept")
            lines += [*self._lines, f" made = {answer}", " source.view.keep_built(key, made)", " return made"]
        elif self._pure and self._worth_keeping and _has_parts(self._source_class):
            mark = self._give("m", object())
            lines.append(" parts = source.parts")
            lines.append(" if parts is not None:")
            lines.append(f"  kept = parts.get(({mark}, asking.languages))")
            lines.append("  if kept is not None: return kept")
            lines += [*self._lines, f" made = {answer}", " if parts is not None:"]
            lines.append(f"  if len(parts) >= {_PARTS_AT_MOST}: parts.clear()")
            lines += [f"  parts[{mark}, asking.languages] = made", " return made"]
        else:
            lines += [*self._lines, f" return {answer}"]
        exec(_code("\n".join(lines)), self._given)  # noqa: S102  nothing of a client's is in the text
        build = cast("Build", self._given["build"])
        if self._pure:
            self._builders.pure.add(build)
        return build

    def _complete(self, value: str, kind: GraphQLOutputType, details: Selected) -> None:
        """Nothing; the variable has what the answer has for a value of this type. Raises NotPlainError."""
        indent = " "
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        else:
            self._lines.append(f" if {value} is not None:")
            indent = "  "
        if isinstance(kind, GraphQLList):
            item = self._item(kind.of_type, details)
            self._lines.append(f"{indent}if {value}.__class__ is not list: raise LeftError")
            self._lines.append(f"{indent}{value} = [{item} for each in {value}]")
        else:
            self._lines.append(indent + self._single(value, kind, details))

    def _single(self, value: str, kind: GraphQLOutputType, details: Selected) -> str:
        """The statement that makes of a value, which is not null and no list, what the answer has."""
        if isinstance(kind, GraphQLEnumType):
            names = self._give("n", _names(kind))
            return f"{value} = {names}.get(id({value})) or {self._give('l', _leaf(kind))}({value})"
        if isinstance(kind, GraphQLScalarType):
            coerce = self._give("l", _leaf(kind))
            test = _TESTS.get(kind)
            assign = f"{value} = {coerce}({value})"
            return f"if not ({test.format(value)}): {assign}" if test else assign
        return f"{value} = {self._below(kind, details).format(value)}"

    def _item(self, kind: GraphQLOutputType, details: Selected) -> str:
        """The expression that makes of `each`, an item of a list, what the answer has."""
        if not isinstance(kind, GraphQLNonNull) or isinstance(kind.of_type, GraphQLList):
            raise NotPlainError  # the contract has neither null items nor lists of lists
        kind = kind.of_type
        if isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            return f"{self._give('l', _leaf(kind))}(each)"
        return self._below(kind, details).format("each")

    def _below(self, kind: GraphQLOutputType, details: Selected) -> str:
        """The expression, with a place for the value, that builds an object. Raises NotPlainError."""
        possible = self._executor.schema.get_possible_types(kind) if is_abstract_type(kind) else (kind,)
        found: dict[type, Build] = {}
        for each in possible:
            assert isinstance(each, GraphQLObjectType), "leaves and lists are made elsewhere"
            builder = self._builders.find(self._executor, each, details)
            if builder is None:
                raise NotPlainError
            found[class_of(each)] = builder
            self._pure = self._pure and builder in self._builders.pure
        self._worth_keeping = True
        if len(found) > 1:
            return self._give("b", found) + "[{0}.__class__]({0}, asking)"
        return self._give("b", *found.values()) + "({0}, asking)"

    def _give(self, letter: str, value: object) -> str:
        name = f"{letter}{len(self._given)}"
        self._given[name] = value
        return name

    def _show(self, name: str, value: str) -> None:
        self._shown.append(f"{self._give('k', name)}: {value}")


def class_of(kind: GraphQLObjectType) -> type:
    """The class whose objects an object type stands for. Raises NotPlainError for the types of introspection."""
    definition = kind.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryObjectDefinition):
        raise NotPlainError
    return definition.origin


def _has_parts(source_class: type) -> bool:
    """Whether objects of a class may keep parts of answers, where many answers have them."""
    return is_dataclass(source_class) and "parts" in {each.name for each in fields(source_class)}


def _is_row(source_class: type) -> bool:
    """Whether objects of a class stand for rows of a view's snapshot."""
    return {"view", "row"} <= {each.name for each in fields(source_class)} if is_dataclass(source_class) else False


@lru_cache(_TEXTS_KEPT)
def _code(text: str) -> CodeType:
    """The text compiled: many selections read the same, for names and arguments are not in it."""
    return compile(text, "<builder>", "exec")


def _leaf(kind: GraphQLScalarType | GraphQLEnumType) -> Callable[[object], object]:
    """What the answer has for a leaf, coerced as it always is."""
    coerce = kind.coerce_output_value

    def complete(value: object) -> object:
        if not isinstance(value, str | int | float | Enum):
            raise LeftError
        coerced: object = coerce(value)
        if coerced is None:
            raise LeftError
        return coerced

    return complete


def _names(kind: GraphQLEnumType) -> dict[int, object]:
    """Names of an enumeration by the identity of its members, which are always the same objects."""
    definition = kind.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryEnumDefinition):
        return {}
    members: Iterable[object] = definition.wrapped_cls
    return {id(member): kind.coerce_output_value(member) for member in members}
