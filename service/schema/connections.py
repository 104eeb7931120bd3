"""Pages of lists: connections, edges, cursors.

A cursor holds the key of its edge (an IRI, or score, count and IRI) and the kind of list, not a position: it stays
good while things before it come and go, also over releases. Opaque to clients; one that this kind of list did not
give is refused.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Generic, TypeVar

import orjson
import strawberry
from strawberry import ID, Private

from graph.snapshot import ResourceType
from ontology.errors import InputError

from .descriptions import resolver

if TYPE_CHECKING:
    from .answers import Match
    from .documents import DocumentVerdict, Reachable
    from .releases import Release
    from .resources import Alignment, Competency, Course, Credential, Framework, JobRole, Resource

Key = tuple[str | float, ...]
"""What tells an edge's place in its list: strings and numbers."""

_CURSOR_AT_MOST = 4096
"""Characters: an IRI and some numbers."""

CURSOR = "Opaque; give it back as `after`."
EDGES = "The page."
NODE = "What the edge leads to."
TOTAL = "How many there are on all pages, exactly."


def encode_cursor(kind: str, key: Key) -> str:
    """The cursor of an edge with this key in a list of this kind."""
    return base64.urlsafe_b64encode(orjson.dumps([kind, *key])).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str | None, key_types: Sequence[type]) -> Key | None:
    """The key in a cursor, None where there is no cursor.

    Raises InputError (`cursor.invalid`) for a cursor that a list of this kind did not give.
    """
    if cursor is None:
        return None
    try:
        if len(cursor) > _CURSOR_AT_MOST:
            raise ValueError("too long")
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        found = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise _wrong_cursor() from error
    if not isinstance(found, list) or len(found) != 1 + len(key_types) or found[0] != kind:
        raise _wrong_cursor()
    key = tuple(
        float(part) if kind_ is float and type(part) is int else part for part, kind_ in _pairs(found, key_types)
    )
    if not all(type(part) is key_type for part, key_type in zip(key, key_types, strict=True)):
        raise _wrong_cursor()
    return key


def _pairs(found: list[str | float], key_types: Sequence[type]) -> list[tuple[str | float, type]]:
    return list(zip(found[1:], key_types, strict=True))


def _wrong_cursor() -> InputError:
    return InputError(
        "`after` is not a cursor of this list.",
        code="cursor.invalid",
        hint="Give back a cursor just as pageInfo or an edge of the same list gave it.",
    )


TOLD_IN_PART = "No more are told; the count beside them is of all."
"""Hint for a list that has no pages."""


def check_first(first: int, greatest: int, hint: str = "Page on with `after`.") -> int:
    """`first`, where it is from 1 to the greatest page. Raises InputError (`input.first`)."""
    if not 1 <= first <= greatest:
        raise InputError(f"`first` is from 1 to {greatest}, got {first}.", code="input.first", hint=hint)
    return first


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Where a page lies in its list."""

    has_next_page: bool = strawberry.field(description="Whether something follows the page.")
    has_previous_page: bool = strawberry.field(description="Whether something precedes the page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first edge; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last edge; null on an empty page.")


def page_info(cursors: Sequence[str], *, has_next: bool, has_previous: bool) -> PageInfo:
    """The PageInfo of a page with these cursors."""
    return PageInfo(
        has_next_page=has_next,
        has_previous_page=has_previous,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )


@strawberry.type(description="A framework, in a page.")
class FrameworkEdge:
    """A framework, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Framework", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of frameworks.")
class FrameworkConnection:
    """A page of frameworks."""

    edges: list[FrameworkEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A competency, in a page.")
class CompetencyEdge:
    """A competency, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Competency", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of competencies.")
class CompetencyConnection:
    """A page of competencies."""

    edges: list[CompetencyEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A course, in a page.")
class CourseEdge:
    """A course, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Course", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of courses.")
class CourseConnection:
    """A page of courses."""

    edges: list[CourseEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A credential, in a page.")
class CredentialEdge:
    """A credential, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Credential", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of credentials.")
class CredentialConnection:
    """A page of credentials."""

    edges: list[CredentialEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A job role, in a page.")
class JobRoleEdge:
    """A job role, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["JobRole", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of job roles.")
class JobRoleConnection:
    """A page of job roles."""

    edges: list[JobRoleEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="An alignment, in a page.")
class AlignmentEdge:
    """An alignment, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Alignment", strawberry.lazy(".resources")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of alignments.")
class AlignmentConnection:
    """A page of alignments."""

    edges: list[AlignmentEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="Something found, in a page.")
class SearchEdge:
    """Something found, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Resource", strawberry.lazy(".resources")] = strawberry.field(description=NODE)
    score: float = strawberry.field(description="How well it fits; comparable within one search only.")


@strawberry.type(description="A page of what a search found, best first.")
class SearchConnection:
    """A page of what a search found, best first."""

    edges: list[SearchEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A role and how it is met, in a page.")
class MatchEdge:
    """A role and how it is met, in a page."""

    score: Private[float]
    iri: Private[str]
    """Of the role; with the score its place in the list."""
    node: Annotated["Match", strawberry.lazy(".answers")] = strawberry.field(description=NODE)

    @resolver(description=CURSOR)
    def cursor(self) -> str:
        """The edge's cursor."""
        return encode_cursor("match", (self.score, self.iri))


def match_page_info(edges: Sequence[MatchEdge], *, has_next: bool, has_previous: bool) -> PageInfo:
    """The PageInfo of a page with these edges."""
    ends = [edge.cursor() for edge in (*edges[:1], *edges[-1:])]
    return page_info(ends, has_next=has_next, has_previous=has_previous)


@strawberry.type(description="A page of job roles that were matched, best first.")
class MatchConnection:
    """A page of job roles that were matched, best first."""

    edges: list[MatchEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    documents: list[Annotated["DocumentVerdict", strawberry.lazy(".documents")]] = strawberry.field(
        description="What was found of each document that was given."
    )
    unstated_count: int = strawberry.field(
        description="How many roles, of any score, may fit the filter's regions, employers, remote and minSalary and "
        "do not tell; they are left out unless `orUnstated` is set."
    )
    release: ID = strawberry.field(description="The release that this answer is from.")


@strawberry.type(description="A role within reach, in a page.")
class ReachableEdge:
    """A role within reach, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Reachable", strawberry.lazy(".documents")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of job roles within reach.")
class ReachableConnection:
    """A page of job roles within reach."""

    edges: list[ReachableEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description="How many there are; exact only when `complete`.")
    complete: bool = strawberry.field(description="Whether every role was looked at in time.")
    release: ID = strawberry.field(description="The release that this answer is from.")


@strawberry.type(description="A release, in a page.")
class ReleaseEdge:
    """A release, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Annotated["Release", strawberry.lazy(".releases")] = strawberry.field(description=NODE)


@strawberry.type(description="A page of releases, newest first.")
class ReleaseConnection:
    """A page of releases, newest first."""

    edges: list[ReleaseEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


PageType = TypeVar("PageType")


@dataclass(frozen=True, slots=True)
class Pages(Generic[PageType]):
    """How pages of one type of resource are made."""

    kind: ResourceType
    name: str
    """Of the root list, in its cursors."""
    edge: Callable[..., object]
    connection: Callable[..., PageType]

    def page(self, found: Iterable[tuple[str, "Resource"]], where: PageInfo, total: int) -> PageType:
        """A page of (cursor, resource), each of this type."""
        edges = [self.edge(cursor=cursor, node=each) for cursor, each in found]
        return self.connection(edges=edges, page_info=where, total_count=total)


FRAMEWORKS: Final = Pages(ResourceType.FRAMEWORK, "frameworks", FrameworkEdge, FrameworkConnection)
COMPETENCIES: Final = Pages(ResourceType.COMPETENCY, "competencies", CompetencyEdge, CompetencyConnection)
COURSES: Final = Pages(ResourceType.COURSE, "courses", CourseEdge, CourseConnection)
CREDENTIALS: Final = Pages(ResourceType.CREDENTIAL, "credentials", CredentialEdge, CredentialConnection)
JOB_ROLES: Final = Pages(ResourceType.JOB_ROLE, "jobRoles", JobRoleEdge, JobRoleConnection)
