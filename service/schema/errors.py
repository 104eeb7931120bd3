"""What an error looks like to a client: `extensions {code, detail, hint, subject}`, and nothing internal.

Knows which of the project's errors is which class of the ecosystem's; masks and logs everything else once, under a
request id that the client sees too. Called by the gate for every transport. docs/errors.md lists all codes and a test
compares.
"""

import re
import secrets
from collections.abc import Sequence
from enum import StrEnum

import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from graphql.language import ValueNode
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from ontology.errors import (
    BusyError,
    ForbiddenError,
    HeadwaterError,
    InputError,
    LimitError,
    NotReadyError,
    UnauthenticatedError,
    UnavailableError,
    UnknownReferenceError,
)
from service.limits import Violation

log = structlog.get_logger("headwater.graphql")


class ErrorCode(StrEnum):
    """The ecosystem's class of an error, in `extensions.code`."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


DETAILS: dict[str, str] = {
    "graphql.syntax": "The document is not GraphQL.",
    "graphql.validation": "The document does not fit the schema.",
    "graphql.variables": "A variable's value does not fit its type, or is missing.",
    "graphql.operation": "Which operation to run is not clear, or it may not be run this way.",
    "http.body": "The request's body is not what GraphQL over HTTP asks for.",
    "http.too-large": "The request's body is over the limit.",
    "http.slow-body": "A long body did not come in time.",
    "http.busy": "As many long bodies as there is room for are being read or answered.",
    "http.method": "The method is not allowed here.",
    "http.media-type": "The body's media type is not application/json.",
    "http.not-acceptable": "None of the media types that the client accepts can be given.",
    "http.preflight": "The request could have been made by any web page; a preflight header is needed.",
    "http.rate": "Too many requests from one address without a key.",
    "introspection.off": "Introspection is off; the schema is at /schema.graphql.",
    "limit.characters": "The document has more characters than the limit.",
    "limit.tokens": "The document has more tokens than the limit.",
    "limit.depth": "The document nests deeper than the limit, fragments written out.",
    "limit.aliases": "An operation has more aliases than the limit, fragments written out.",
    "limit.root-fields": "An operation has more root fields than the limit.",
    "limit.directives": "An operation has more directives than the limit.",
    "limit.repeats": "Selection sets name the same field again more often than the limit.",
    "limit.rows": "The lists of one request hold more edges than the limit.",
    "limit.variable-values": "Variables that are used in several places come to more values than the limit.",
    "input.first": "`first` is outside 1 to 100.",
    "input.held": "What is held cannot be read: a level off its scale or said twice, a number that is none.",
    "documents.too-large": "A document is larger than a question takes.",
    "documents.too-many": "More documents than a question takes.",
    "questions.busy": "Too many questions are being thought about; a further one comes again later.",
    "verify.busy": "Too many documents are being verified; a further one comes again later.",
    "cursor.invalid": "A cursor that this list did not give.",
    "input.number": "A parameter is no whole number in its range.",
    "reconciliation.batch": "More queries or entities than one request may have.",
    "reconciliation.property": "There is no such property to extend with.",
    "reconciliation.query": "A query is not what the reconciliation API asks for.",
    "case.paging": "`limit` or `offset` is no whole number in its range.",
    "case.filter": "A filter is not in the form that CASE gives, or names a field that there is not.",
    "case.fields": "`fields` names nothing.",
    "case.identifier": "An identifier is no UUID as CASE allows them.",
    "case.unknown": "There is no such object.",
    "case.endpoint": "CASE has no such endpoint.",
    "release.gone": "A release is no longer in the archive.",
    "release.unknown": "There is no such release.",
    "resource.iri": "Which resource is meant is not said: give `iri`.",
    "resource.unknown": "Nothing public is said of such a resource.",
    "sparql.busy": "As many queries as may run at once are running.",
    "sparql.evaluation": "A query cannot be evaluated.",
    "sparql.graph": "A query names a graph that is not here.",
    "sparql.memory": "A query needs more memory than one may take.",
    "sparql.service": "A query asks another endpoint, which is refused.",
    "sparql.syntax": "A query is not SPARQL 1.1.",
    "sparql.timeout": "A query takes more time than one may.",
    "sparql.update": "An update; this endpoint only reads.",
    "unavailable": "The graph database does not answer; what the snapshot holds is still served.",
    "internal": "A fault of the service, logged under the request id.",
}
"""What the service itself says in `extensions.detail`; the other details are the codes of `ontology.errors`."""

AWAY_MESSAGE = "This part of the answer needs the graph database, which does not answer."
AWAY_HINT = "Try again in a moment. Match, gap, plans, lists and labels are still answered."
BUSY_MESSAGE = "Another change is being made; one is made at a time."
_TOLD_WHEN_BUSY = ("questions.busy", "verify.busy")
"""Of these the message says what is waited for; others may name processes and files."""
_SUGGESTION = re.compile(r" Did you mean .*\?")
INTERNAL_MESSAGE = "The service failed on this request."


def client_error(
    code: ErrorCode, detail: str, message: str, *, hint: str | None = None, subject: str | None = None
) -> GraphQLError:
    """An error as a client gets it, without a place in the document."""
    return GraphQLError(message, extensions=_extensions(code, detail, hint, subject))


def limit_error(violation: Violation) -> GraphQLError:
    """The error of a document over a limit."""
    name = violation.name.replace("_", " ")
    found = "more" if violation.found is None else str(violation.found)
    return client_error(
        ErrorCode.LIMIT_EXCEEDED,
        f"limit.{violation.name.replace('_', '-')}",
        f"The document is over the limit of {violation.limit} for {name}: it has {found}.",
        hint="Split the query, or ask for less in one.",
    )


class RowsExceededError(InputError):
    """The lists of one request hold more edges than the limit."""

    default_code = "limit.rows"


def shape_errors(errors: Sequence[GraphQLError], request_id: str) -> list[GraphQLError]:
    """Each error as the client gets it; what is not meant for clients is logged and masked."""
    return [shape_error(error, request_id) for error in errors]


def shape_error(error: GraphQLError, request_id: str) -> GraphQLError:
    """One error with its extensions. An error that has a code already is left as it is."""
    if error.extensions and "code" in error.extensions:
        return error
    original = error.original_error
    while isinstance(original, GraphQLError) and original.original_error is not None:
        original = original.original_error
    if isinstance(original, GraphQLError) and original.extensions and "code" in original.extensions:
        return _placed(error, original.message, dict(original.extensions))
    if isinstance(original, HeadwaterError):
        shaped = _shape_own(original)
        if shaped is not None:
            return _placed(error, *shaped)
    if isinstance(error, GraphQLSyntaxError):
        return _placed(error, error.message, _extensions(ErrorCode.GRAPHQL_PARSE_FAILED, "graphql.syntax"))
    if isinstance(original, CannotGetOperationTypeError | InvalidOperationTypeError):
        return _placed(error, error.message, _extensions(ErrorCode.BAD_USER_INPUT, "graphql.operation"))
    if original is None or (isinstance(original, GraphQLError) and (error.path is None or _is_of_a_value(original))):
        return _shape_library(error, original)
    log.error("request failed", request_id=request_id, path=error.path, exc_info=original)
    return _placed(
        error, INTERNAL_MESSAGE, {**_extensions(ErrorCode.INTERNAL_SERVER_ERROR, "internal"), "requestId": request_id}
    )


def _shape_own(error: HeadwaterError) -> tuple[str, dict[str, object]] | None:
    """(message, extensions) of one of the project's errors, None for those that are not for clients."""
    if isinstance(error, UnauthenticatedError):
        return error.message, _extensions(ErrorCode.UNAUTHENTICATED, error.code, error.hint, error.subject)
    if isinstance(error, ForbiddenError):
        return error.message, _extensions(ErrorCode.FORBIDDEN, error.code, error.hint, error.subject)
    if isinstance(error, BusyError):
        message = error.message if error.code in _TOLD_WHEN_BUSY else BUSY_MESSAGE
        return message, _extensions(ErrorCode.SERVICE_UNAVAILABLE, error.code, error.hint)
    if isinstance(error, NotReadyError):
        return error.message, _extensions(ErrorCode.SERVICE_UNAVAILABLE, error.code, error.hint)
    if isinstance(error, UnavailableError):
        return AWAY_MESSAGE, _extensions(ErrorCode.SERVICE_UNAVAILABLE, "unavailable", AWAY_HINT)
    if isinstance(error, RowsExceededError | LimitError):
        return error.message, _extensions(ErrorCode.LIMIT_EXCEEDED, error.code, error.hint, error.subject)
    if isinstance(error, UnknownReferenceError):
        extensions = _extensions(ErrorCode.BAD_USER_INPUT, error.code, error.hint, error.subject)
        extensions["candidates"] = [{"id": iri, "label": label} for iri, label in error.candidates]
        return error.message, extensions
    if isinstance(error, InputError):
        return error.message, _extensions(ErrorCode.BAD_USER_INPUT, error.code, error.hint, error.subject)
    return None


def without_suggestions(error: GraphQLError) -> GraphQLError:
    """The error without what it says of names that the schema has."""
    message = _SUGGESTION.sub("", error.message)
    return error if message == error.message else _placed(error, message, dict(error.extensions or {}))


def _is_of_a_value(error: GraphQLError) -> bool:
    """Whether graphql-core means a value in the document: null in a variable whose default lets it pass validation."""
    return bool(error.nodes) and all(isinstance(node, ValueNode) for node in error.nodes or ())


def _shape_library(error: GraphQLError, original: Exception | None) -> GraphQLError:
    """An error of graphql-core about the request: a variable or argument that does not fit, else of validation."""
    if error.path is not None or original is not None:
        return _placed(error, error.message, _extensions(ErrorCode.BAD_USER_INPUT, "graphql.variables"))
    return _placed(error, error.message, _extensions(ErrorCode.GRAPHQL_VALIDATION_FAILED, "graphql.validation"))


def _placed(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    """The same place in the document and the answer, another message."""
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )


def _extensions(code: ErrorCode, detail: str, hint: str | None = None, subject: str | None = None) -> dict[str, object]:
    """All four keys, always: a client needs no test for their presence."""
    return {"code": code.value, "detail": detail, "hint": hint, "subject": subject}


def new_request_id() -> str:
    """An identifier that the client gets and the log has."""
    return secrets.token_hex(8)
