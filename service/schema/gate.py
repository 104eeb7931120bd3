"""What a document passes before it runs, on every transport: limits, parsing, validation; and how errors leave.

Documents that came before are kept with their verdict, so that a client's usual queries cost no parsing. The limits
come first: nothing here takes more than linear time in a document that is over one.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    ValidationRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult as StrawberryResult
from strawberry.types.execution import StreamExecutionResult

from service.limits import QueryLimits, Violation, count_uses, count_values, find_violation

from .context import Context
from .errors import ErrorCode, client_error, limit_error, shape_errors, without_suggestions
from .given_variables import NotPreparedError, Prepared

_KEPT_CHARACTERS = 500_000
"""Sum of the lengths of the documents kept: some 40 MB of syntax trees at most."""
_COMMENTS_AT_MOST = 1_000
_NOTHING = parse("{ __typename }")
"""Stands for a document that could not be parsed; it never runs."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found of a document. Without errors it may run."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...] = ()
    operations: int = 1
    uses: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """By operation, how often it uses each variable."""
    schema: GraphQLSchema | None = None
    """Which it may run on."""

    @cached_property
    def query(self) -> OperationDefinitionNode | None:
        """The one operation, where it is a query and the document has no fault."""
        found = [each for each in self.document.definitions if isinstance(each, OperationDefinitionNode)]
        alone = not self.errors and len(found) == 1 and found[0].operation is OperationType.QUERY
        return found[0] if alone else None

    @cached_property
    def prepared(self) -> Prepared | None:
        """That query with what coerces its variables; None where graphql-core is to do it."""
        if self.query is None or self.schema is None:
            return None
        try:
            return Prepared(self.schema, self.document, self.query)
        except NotPreparedError:
            return None


class DocumentGate:
    """Verdicts on documents, kept for those that come again. Safe from several threads."""

    def __init__(self, schema: GraphQLSchema, limits: QueryLimits, *, introspection: bool, suggestions: bool):
        self._schema = schema
        self._limits = limits
        self._rules: tuple[type[ASTValidationRule], ...] = (
            *(() if introspection else (NoIntrospection,)),
            *specified_rules,
        )
        self._suggestions = suggestions
        self._kept: OrderedDict[str, Verdict] = OrderedDict()
        self._characters = 0
        self._lock = threading.Lock()

    def known(self, text: str) -> Verdict | None:
        """The verdict on a document that came before, where it is kept."""
        with self._lock:
            found = self._kept.get(text)
            if found is not None:
                self._kept.move_to_end(text)
            return found

    def judge(self, text: str) -> Verdict:
        """The verdict on a document's text."""
        found = self.known(text)
        if found is not None:
            return found
        if len(text) > self._limits.characters:
            return _refused(limit_error(_over("characters", self._limits.characters, len(text))))
        verdict = self._examine(text)
        with self._lock:
            if text not in self._kept:
                self._kept[text] = verdict
                self._characters += len(text)
            while self._characters > _KEPT_CHARACTERS:
                self._characters -= len(self._kept.popitem(last=False)[0])
        return verdict

    def shaped(self, errors: Sequence[GraphQLError], request_id: str) -> list[GraphQLError]:
        """Errors as clients get them."""
        found = shape_errors(errors, request_id)
        return found if self._suggestions else [without_suggestions(error) for error in found]

    def _examine(self, text: str) -> Verdict:
        tokens = self._limits.tokens
        try:
            document = parse(text, max_lexical_tokens=tokens, max_comments=_COMMENTS_AT_MOST)
        except GraphQLSyntaxError as error:
            if error.message.endswith(f"Document contains more than {tokens} tokens. Parsing aborted."):
                return _refused(limit_error(_over("tokens", tokens, None)))
            if error.message.endswith("Document is nested too deeply. Parsing aborted."):
                return _refused(limit_error(_over("depth", self._limits.depth, None)))
            return _refused(error)
        violation = find_violation(document, self._limits)
        if violation is not None:
            return _refused(limit_error(violation))
        operations = sum(isinstance(each, OperationDefinitionNode) for each in document.definitions)
        errors = tuple(validate(self._schema, document, self._rules))
        return Verdict(
            document=document,
            errors=errors,
            operations=operations,
            schema=self._schema,
            uses=count_uses(document),
        )

    def judge_values(self, uses: Mapping[str, int], variables: Mapping[str, object]) -> GraphQLError | None:
        """The error of variables that come to more values than the limit, where used in several places; else None.

        Used once they are bounded by the request's body.
        """
        if max(uses.values(), default=0) <= 1:
            return None
        limit, found = self._limits.variable_values, count_values(variables, uses)
        return None if found <= limit else limit_error(_over("variable_values", limit, found))


def _over(name: str, limit: int, found: int | None) -> Violation:
    return Violation(name=name, limit=limit, found=found)


def _refused(error: GraphQLError) -> Verdict:
    return Verdict(document=_NOTHING, errors=(error,))


def extensions_of(context: Context) -> dict[str, object]:
    """What an answer's `extensions` say."""
    return {"publishing": True} if context.loaders.publishing else {}


class NoIntrospection(ValidationRule):
    """Refuses `__schema` and `__type`."""

    def enter_field(self, node: FieldNode, *_: object) -> None:
        """Reports a field of introspection."""
        if node.name.value in ("__schema", "__type"):
            error = client_error(
                ErrorCode.GRAPHQL_VALIDATION_FAILED,
                "introspection.off",
                "Introspection is off.",
                hint="The schema is at /schema.graphql.",
            )
            self.report_error(GraphQLError(error.message, nodes=[node], extensions=error.extensions))


class Gate(SchemaExtension):
    """One request's way through the gate: document in, errors out."""

    def __init__(self, gate: DocumentGate):
        self._gate = gate
        self._verdict: Verdict | None = None
        self._shaped = False

    def on_operation(self) -> Iterator[None]:
        """Gives errors their shape when the request is answered."""
        yield
        if not self._shaped:
            self._shape(self.execution_context.result)

    def on_parse(self) -> Iterator[None]:
        """Gives the document, from those kept where it is there."""
        refusal = self._context().refusal
        self._verdict = _refused(refusal) if refusal else self._gate.judge(self.execution_context.query or "")
        self.execution_context.graphql_document = self._verdict.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Gives what validation found."""
        verdict = self._verdict
        if verdict is not None:
            errors = list(verdict.errors)
            if not errors and verdict.operations > 1 and self._provided_name() is None:
                errors.append(
                    client_error(
                        ErrorCode.BAD_USER_INPUT,
                        "graphql.operation",
                        "The document has several operations, and `operationName` does not say which to run.",
                    )
                )
            if not errors:
                context = self.execution_context
                uses = verdict.uses.get(self._provided_name() or next(iter(verdict.uses), ""), {})
                over = self._gate.judge_values(uses, context.variables or {})
                errors += [] if over is None else [over]
            self.execution_context.pre_execution_errors = errors
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """The same for each answer over WebSocket."""
        self._shaped = True
        self._shape(result)
        yield

    def get_results(self) -> dict[str, object]:
        """What the answer's `extensions` say."""
        return extensions_of(self._context())

    def _provided_name(self) -> str | None:
        return self.execution_context._provided_operation_name  # noqa: SLF001 - Strawberry has no public name for it

    def _context(self) -> Context:
        return cast("Context", self.execution_context.context)

    def _shape(self, result: object) -> None:
        if isinstance(result, ExecutionResult | StrawberryResult) and result.errors:
            result.errors = self._gate.shaped(result.errors, self._context().request_id)
