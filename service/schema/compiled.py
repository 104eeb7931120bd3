"""The executor of the service: graphql-core's, with plain selections built directly (`builders`).

Root fields and whatever awaits something are executed as ever. Where an object of a plain selection is to be completed,
its builder makes all of it at once. Where that meets anything unusual, the object is executed as ever, from the start,
and so is the rest of the request: errors, their places and what they void are graphql-core's own in every case.

Builders depend on an operation and on the values of those of its variables that are used below the arguments of root
fields. They are made when both come for the second time, so that what is asked once costs no more than ever, and kept.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import VariableValues
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .builders import Asking, Builders, Places

FIELDS_KEPT = 20_000
"""Fields of all builders that are kept: some 30 MB at most."""
VALUES_AT_MOST = 1_000
"""Characters of the variables' values that builders are made for."""
_A_KEPT_ONE = 10
"""What builders count by themselves, in fields."""
_COMPILED: Final = "headwater.compiled"

Values = tuple[str, ...]


@dataclass(slots=True)
class _Operation:
    """An operation that came before. It is held, so that its identity stays its own."""

    node: OperationDefinitionNode
    variables: tuple[str, ...]
    """Names of those that builders depend on."""
    kept: dict[Values, Builders | None] = field(default_factory=dict)
    """By values of these variables; None where they came once."""


class Compiled:
    """The builders of operations that came before, the least recently used operations going first."""

    def __init__(self, fields_kept: int = FIELDS_KEPT) -> None:
        self._fields_kept = fields_kept
        self._operations: OrderedDict[int, _Operation] = OrderedDict()
        self._lock = threading.Lock()
        self.built = 0
        """Objects that were made with all that is below them."""
        self.left = 0
        """Objects that a builder began and the executor had to make."""

    def builders(
        self,
        operation: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        variables: dict[str, object],
    ) -> Builders | None:
        """The builders of an operation with these coerced variables, None where nothing is to be built."""
        with self._lock:
            known = self._operations.get(id(operation))
            if known is None:
                known = _Operation(operation, tuple(sorted(set(variables_below(operation, fragments)))))
                self._operations[id(operation)] = known
            self._operations.move_to_end(id(operation))
            values = _values(known.variables, variables)
            if values is None:
                return None
            found = known.kept.get(values)
            if found is None:
                known.kept[values] = Builders() if values in known.kept else None
                self._forget()
            return known.kept.get(values)

    def fields(self) -> int:
        """How many fields are kept, and what stands for the operations and values themselves."""
        return sum(
            _A_KEPT_ONE + (0 if each is None else each.fields)
            for known in self._operations.values()
            for each in known.kept.values()
        )

    def _forget(self) -> None:
        while self._operations and self.fields() > self._fields_kept:
            self._operations.popitem(last=False)


def compile_selections(schema: GraphQLSchema) -> None:
    """Nothing; plain selections of the schema's queries are built directly from now on."""
    schema.extensions[_COMPILED] = Compiled()


def compiled_of(schema: GraphQLSchema) -> Compiled | None:
    """The builders kept for a schema, None where all of it is executed as ever."""
    found = schema.extensions.get(_COMPILED)
    assert isinstance(found, Compiled | None)
    return found


class CompilingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation; builds directly what is plain of it."""

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        *arguments: Any,
        given: tuple[OperationDefinitionNode, VariableValues] | None = None,
        **named: Any,
    ) -> "list[GraphQLError] | CompilingExecutor":
        """An executor, or why there is none.

        Args:
            schema, document, arguments, named: graphql-core's own.
            given: where the document has no variables, for they are coerced: the operation that has, and their values.
        """
        made = super().build(schema, document, *arguments, **named)
        if isinstance(made, CompilingExecutor) and given is not None:
            made.operation, made.variable_values = given
        return cast("list[GraphQLError] | CompilingExecutor", made)

    _looked = False
    _compiled: Compiled | None = None
    _builders: Builders | None = None

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: object,
        position_context: Places | None,
    ) -> AwaitableOrValue[dict[str, object]]:
        """An object of the answer with all that is selected of it."""
        builders = self._builders if self._looked else self._look()
        build = None if builders is None else builders.find(self, return_type, field_details_list)
        if build is not None and self._compiled is not None:
            context = self.context_value
            rows = context.rows
            try:
                made = build(result, Asking(context, context.languages))
            except Exception:  # noqa: BLE001  whatever it is, the executor meets it again and tells
                context.rows = rows
                self._compiled.left += 1
                self._builders = None
            else:
                self._compiled.built += 1
                return cast("dict[str, object]", made)
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)

    def _look(self) -> Builders | None:
        self._looked = True
        self._compiled = compiled = compiled_of(self.schema)
        if compiled is not None and self.operation.operation is OperationType.QUERY:
            self._builders = compiled.builders(self.operation, self.fragment_definitions, self.variable_values.coerced)
        return self._builders


def _values(names: tuple[str, ...], variables: dict[str, object]) -> Values | None:
    """The values of these variables as text, None where they are too long. No value differs from null."""
    found = tuple(repr(variables[name]) if name in variables else "" for name in names)
    return found if sum(map(len, found)) <= VALUES_AT_MOST else None


def variables_below(operation: OperationDefinitionNode, fragments: dict[str, FragmentDefinitionNode]) -> Iterator[str]:
    """Names of variables in directives and in arguments of all but root fields, maybe several times.

    Cost: linear in the document.
    """
    pending: list[tuple[SelectionSetNode | None, bool]] = [(operation.selection_set, True)]
    seen: set[tuple[str, bool]] = set()
    while pending:
        selection_set, at_root = pending.pop()
        for selection in selection_set.selections if selection_set is not None else ():
            for directive in selection.directives or ():
                yield from _variables_of(directive)
            if isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if name in fragments and (name, at_root) not in seen:
                    seen.add((name, at_root))
                    pending.append((fragments[name].selection_set, at_root))
            elif isinstance(selection, FieldNode):
                if not at_root:
                    yield from _variables_of(selection)
                pending.append((selection.selection_set, False))
            elif isinstance(selection, InlineFragmentNode):
                pending.append((selection.selection_set, at_root))


def _variables_of(node: FieldNode | DirectiveNode) -> Iterator[str]:
    values = [each.value for each in node.arguments or ()]
    while values:
        match values.pop():
            case VariableNode(name=name):
                yield name.value
            case ListValueNode(values=items):
                values.extend(items)
            case ObjectValueNode(fields=fields):
                values.extend(each.value for each in fields)
