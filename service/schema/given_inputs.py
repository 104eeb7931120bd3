"""Inputs as Strawberry gives them to resolvers, made by readers that are put together once.

Strawberry goes through the fields of an input for each value again: the name in GraphQL, the type, whether it is a
leaf. For thirty competencies held that is a third of a short answer. Here it is asked once for each input type. What a
reader does not know is left to Strawberry. Called by `build_schema`.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING
from enum import Enum
from typing import cast

from graphql import GraphQLSchema
from strawberry import UNSET
from strawberry.relay import GlobalID
from strawberry.scalars import is_scalar
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import InputContext
from strawberry.types.base import (
    StrawberryList,
    StrawberryMaybe,
    StrawberryObjectDefinition,
    StrawberryOptional,
    StrawberryType,
    get_object_definition,
)
from strawberry.types.enum import StrawberryEnumDefinition

Read = Callable[[object, InputContext], object]
"""What Strawberry makes of a value that is neither null nor left out."""


def read_inputs_at_once(core: GraphQLSchema, config: StrawberryConfig) -> None:
    """Nothing; the schema's inputs are made by readers from now on."""
    for kind in core.type_map.values():
        definition = kind.extensions.get("strawberry-definition")
        if isinstance(definition, StrawberryObjectDefinition) and definition.is_input and not definition.from_input:
            assert not any(isinstance(field.type, StrawberryMaybe) for field in definition.fields), "Strawberry's own"
            definition.from_input = _Reader(definition, config)


class _Reader:
    """Makes the objects of one input type."""

    def __init__(self, definition: StrawberryObjectDefinition, config: StrawberryConfig):
        self._definition, self._config = definition, config
        self._fields: dict[str, tuple[str, Read]] | None = None
        self._left_out: dict[str, object] = {
            field.python_name: None
            for field in definition.fields
            if field.default_value is MISSING and field.default_factory is MISSING
        }

    def __call__(self, made: type, value: Mapping[str, object], context: InputContext) -> object:
        """The object of a value, whose names are those of GraphQL."""
        fields = self._fields
        if fields is None:
            fields = self._fields = self._readers(context)
        given = dict(self._left_out)
        for name, item in value.items():
            python_name, read = fields[name]
            given[python_name] = item if item is None or item is UNSET else read(item, context)
        return made(**given)

    def one(self, value: object, context: InputContext) -> object:
        """The object of a value."""
        return self(self._definition.origin, cast("Mapping[str, object]", value), context)

    def several(self, values: object, context: InputContext) -> object:
        """The objects of a list of values."""
        return [self.one(each, context) for each in cast("list[object]", values)]

    def _readers(self, context: InputContext) -> dict[str, tuple[str, Read]]:
        """By name in GraphQL: the field's name and how its value is read. Made late, for types may name each other."""
        return {
            name: (field.python_name, _read(name, field.resolve_type(type_definition=self._definition), context))
            for field in self._definition.fields
            for name in [self._config.name_converter.from_field(field)]
        }


def _read(name: str, kind: StrawberryType | type, context: InputContext) -> Read:
    """How a value of a type is read."""
    while isinstance(kind, StrawberryOptional) and not isinstance(kind, StrawberryMaybe):
        kind = kind.of_type
    if _is_leaf(kind, context):
        return _as_it_is
    item = kind.of_type if isinstance(kind, StrawberryList) else None
    if item is not None and _is_leaf(item.of_type if type(item) is StrawberryOptional else item, context):
        return _copied
    reader = _reader_of(kind if item is None else item)
    if reader is None:
        return lambda value, context: context.convert(value, kind, name)
    return reader.one if item is None else reader.several


def _is_leaf(kind: StrawberryType | type, context: InputContext) -> bool:
    """Whether graphql-core has made the value what it is to be."""
    if isinstance(kind, StrawberryEnumDefinition) or (isinstance(kind, type) and issubclass(kind, Enum)):
        return True
    return kind is not GlobalID and is_scalar(kind, context.scalar_registry)


def _reader_of(kind: StrawberryType | type) -> _Reader | None:
    definition = get_object_definition(kind)
    reader = None if definition is None else definition.from_input
    return reader if isinstance(reader, _Reader) else None


def _as_it_is(value: object, _context: InputContext) -> object:
    return value


def _copied(value: object, _context: InputContext) -> object:
    assert isinstance(value, list | tuple), "graphql-core gives lists"
    return list(value)
