"""What the resolvers of one request share: the release they answer from, the loaders, the languages, the budget.

Made by the transport for each request and thrown away after it. Knows no type of the schema.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from graphql import GraphQLError
from strawberry import Info

from graph.archive import Manifest
from ontology.errors import InputError
from service.auth import ANYBODY, Caller
from service.limits import QueryLimits

from .errors import RowsExceededError, new_request_id

if TYPE_CHECKING:
    from asyncio import Task

    from service.announcing import Announcer
    from service.issuing import Issuing
    from service.learners import LearnerDesk
    from service.presenting import Judged, Presenting
    from service.stewardship import Stewardship
    from service.verifying import DocumentVerifier

    from .loaders import Loaders
    from .state import ReleaseState

LANGUAGES_AT_MOST = 20
"""Each is looked up for each label."""


@dataclass(slots=True, kw_only=True)
class Context:
    """One request."""

    release: "ReleaseState"
    """All of one request is answered from this release."""
    loaders: "Loaders"
    limits: QueryLimits
    published: Callable[[], Sequence[Manifest]]
    """The releases there were, newest first; reads files."""
    stewardship: "Stewardship"
    """What stewards can do, and what is told of it."""
    issuing: "Issuing"
    """What issuers can do."""
    learners: "LearnerDesk"
    """What learners can do, and receivers by their consent."""
    announcer: "Announcer"
    """Tells of new releases."""
    verifier: "DocumentVerifier"
    """Verifies documents in processes of its own."""
    presenting: "Presenting"
    """Gives challenges for presentations, and says which are answered."""
    check_caller: Callable[[], None] = lambda: None
    """Raises UnauthenticatedError where the caller's key is no longer valid: for what lasts longer than a request."""
    caller: Caller = ANYBODY
    """Who asks."""
    languages: tuple[str, ...] = ()
    """What the client prefers (Accept-Language), where a field has no `languages`."""
    refusal: GraphQLError | None = None
    """Why the request is not run at all."""
    manifests: dict[str, Manifest] = field(default_factory=dict)
    """Of the releases that were looked at, by IRI: a page of datasets asks for the same one many times."""
    request_id: str = field(default_factory=new_request_id)
    rows: int = 0
    judged: "dict[tuple[str, bool], Task[Judged | None]]" = field(default_factory=dict)
    """What came of presentations, by the digest of each: one request may ask with the same several times."""
    personal: bool = False
    """Whether a stored learner was asked about: nobody may keep the answer."""

    def spend(self, rows: int) -> None:
        """Nothing; counts the edges of a list. Raises RowsExceededError where the request's budget is used up."""
        self.rows += rows
        if self.rows > self.limits.rows:
            raise RowsExceededError(
                f"The lists of this request hold more than {self.limits.rows} edges.",
                hint="Ask for smaller pages, or for fewer levels in one query.",
            )


@dataclass(slots=True, kw_only=True)
class Connection:
    """A WebSocket, on which one client runs many requests."""

    new_request: Callable[[Mapping[str, object]], Context]
    """The context of an operation, for a client that said this at its `connection_init`."""
    connection_params: dict[str, object] = field(default_factory=dict)
    """The payload of `connection_init`; Strawberry sets it."""


def context_of(info: Info) -> Context:
    """The request that a resolver works for."""
    return cast("Context", info.context)


def languages_of(info: Info, languages: Sequence[str] | None) -> tuple[str, ...]:
    """The languages asked for at the field, else those of the request. Raises InputError where there are too many."""
    if languages is None:
        return context_of(info).languages
    if len(languages) > LANGUAGES_AT_MOST:
        raise InputError(
            f"`languages` takes at most {LANGUAGES_AT_MOST} tags, got {len(languages)}.", code="input.languages"
        )
    return tuple(languages)


def parse_accept_language(header: str | None) -> tuple[str, ...]:
    """Language tags of an Accept-Language header, most wanted first; without `*` and those of weight 0.

    Source: RFC 9110, 12.5.4.
    """
    wanted: list[tuple[float, int, str]] = []
    for position, part in enumerate((header or "").split(",")[:LANGUAGES_AT_MOST]):
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if tag.strip() not in ("", "*") and weight > 0:
            wanted.append((-weight, position, tag.strip()))
    return tuple(tag for _, _, tag in sorted(wanted))


def _weight(parameter: str) -> float:
    """The weight of a `q=0.5`, 1 where there is none, 0 where it cannot be read."""
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
