"""Values of an operation's variables, coerced by functions that are put together once.

graphql-core looks at every type of every value again, twice: is it nested too deeply, and what becomes of it. For
thirty competencies held that is a seventh of a short answer. Here it is asked once for each document that comes again.
Only what is as it should be is coerced here: anything else (null where none may be, an unknown field, one value for a
list, a text where a number is wanted) is left to graphql-core, whose errors are the only ones. Called by
`Schema.execute`.
"""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.type import GraphQLEnumType, GraphQLScalarType
from graphql.utilities.coerce_input_value import coerce_default_value

Coerce = Callable[[object], object]
"""What becomes of a value that is neither left out nor null. Raises UnusualError."""


class UnusualError(Exception):
    """A value that graphql-core is to look at."""


class NotPreparedError(Exception):
    """A type whose values are left to graphql-core: one that holds itself, or takes one of several fields."""


class Prepared:
    """An operation whose variables are coerced here."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode):
        """Raises NotPreparedError."""
        self.operation = operation
        bare = OperationDefinitionNode(
            operation=operation.operation,
            name=operation.name,
            variable_definitions=(),
            directives=operation.directives,
            selection_set=operation.selection_set,
            loc=operation.loc,
        )
        self.document = DocumentNode(
            definitions=tuple(bare if each is operation else each for each in document.definitions), loc=document.loc
        )
        """The same without variables, for they are coerced by then."""
        kinds = _Kinds()
        self._variables: list[tuple[GraphQLVariableSignature, Coerce]] = []
        for node in operation.variable_definitions or ():
            signature = get_variable_signature(schema, node)
            if isinstance(signature, GraphQLError):
                raise NotPreparedError
            self._variables.append((signature, kinds.coercer(signature.type)))

    def coerced(self, values: Mapping[str, object]) -> VariableValues:
        """The values as graphql-core coerces them. Raises UnusualError."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, object] = {}
        for signature, coerce in self._variables:
            name, value = signature.name, values.get(signature.name, Undefined)
            sources[name] = VariableValueSource(signature, value)
            if value is not Undefined:
                coerced[name] = coerce(value)
                continue
            default = coerce_default_value(signature)
            if default is not Undefined:
                coerced[name] = deepcopy(default)  # the signature keeps it, and resolvers may change it
            elif isinstance(signature.type, GraphQLNonNull):
                raise UnusualError
        return VariableValues(sources, coerced)


class _Kinds:
    """The coercers of the types that an operation's variables have."""

    def __init__(self) -> None:
        self._made: dict[str, Coerce | None] = {}
        """By name of an input type; None while it is being made."""

    def coercer(self, kind: GraphQLInputType) -> Coerce:
        """What coerces values of a type, null among them. Raises NotPreparedError."""
        if isinstance(kind, GraphQLNonNull):
            return self._of_something(kind.of_type)
        return partial(_or_null, self._of_something(kind))

    def _of_something(self, kind: GraphQLInputType) -> Coerce:
        if isinstance(kind, GraphQLList):
            return partial(_each, self.coercer(kind.of_type))
        if isinstance(kind, GraphQLInputObjectType):
            return self._of_object(kind)
        if kind is GraphQLString or kind is GraphQLID:
            return _text
        return partial(_leaf, cast("Coerce", cast("GraphQLScalarType | GraphQLEnumType", kind).coerce_input_value))

    def _of_object(self, kind: GraphQLInputObjectType) -> Coerce:
        if kind.name not in self._made:
            self._made[kind.name] = None
            self._made[kind.name] = _Object(kind, self)
        made = self._made[kind.name]
        if made is None or kind.is_one_of:
            raise NotPreparedError
        return made


class _Object:
    """Coerces values of an input type."""

    def __init__(self, kind: GraphQLInputObjectType, kinds: _Kinds):
        self._out_type = kind.out_type
        self._fields = {
            name: (field.out_name or name, kinds.coercer(field.type)) for name, field in kind.fields.items()
        }
        self._defaults = {
            name: field for name, field in kind.fields.items() if coerce_default_value(field) is not Undefined
        }
        self._required = [name for name, field in kind.fields.items() if is_required_input_field(field)]

    def __call__(self, value: object) -> object:
        if value.__class__ is not dict:
            raise UnusualError
        given, fields = cast("dict[str, object]", value), self._fields
        coerced: dict[str, object] = {}
        for name, item in given.items():
            found = fields.get(name)
            if found is None:
                raise UnusualError
            coerced[found[0]] = found[1](item)
        for name in self._required:
            if name not in given:
                raise UnusualError
        for name, field in self._defaults.items():
            if name not in given:
                coerced[fields[name][0]] = coerce_default_value(field)
        return self._out_type(coerced)


def _or_null(coerce: Coerce, value: object) -> object:
    return None if value is None else coerce(value)


def _each(coerce: Coerce, value: object) -> object:
    if value.__class__ is not list:
        raise UnusualError
    return [coerce(each) for each in cast("list[object]", value)]


def _text(value: object) -> object:
    if value.__class__ is not str:
        raise UnusualError
    return value


def _leaf(coerce: Coerce, value: object) -> object:
    if value is None:
        raise UnusualError
    try:
        return coerce(value)
    except Exception as error:  # as graphql-core, which coerces the value again and tells why it is wrong
        raise UnusualError from error
