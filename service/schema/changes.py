"""What more would change: the answers to `whatIf` and `marginal`, and how they are made. Needs no database."""

from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Annotated

import strawberry
from strawberry import ID, Info, Private

from graph import marginal as engine
from graph.snapshot import ResourceType as RowType
from graph.what_if import RoleChange as ChangedRole
from graph.what_if import RoleChanges

from .answers import DocumentList, Match
from .connections import CURSOR, EDGES, NODE, TOLD_IN_PART, TOTAL, Key, PageInfo, check_first
from .context import Context, context_of
from .descriptions import resolver
from .documents import DocumentVerdict
from .matches import role_of, show_match
from .paging import page_of
from .requirements import Requirement, RoleLevel
from .resources import JobRole, Resource
from .view import View

_DOCUMENTS = "What was found of each document that was given."
_RELEASE = "The release that this answer is from."
ROLES_SHOWN = 10

# ------------------------------------------------------------------------------------------------------------- what if


@strawberry.type(description="What more would change of a role.")
class RoleChange:
    """What more would change of a role."""

    role: JobRole = strawberry.field(description="The role.")
    gained: float = strawberry.field(description="What its score rises by.")
    opened: bool = strawberry.field(description="Whether it is qualified for after, and was not before.")
    levels_opened: list[RoleLevel] = strawberry.field(description="Its levels that are met after and were not before.")
    closed: list[Requirement] = strawberry.field(description="The musts that hold after and did not before.")
    rank_before: int | None = strawberry.field(
        description="Its place in the match before, from 1; null where that did not list it."
    )
    rank_after: int | None = strawberry.field(description="Its place in the match after, from 1.")
    before: Match = strawberry.field(description="The role before.")
    after: Match = strawberry.field(description="The role after.")


@strawberry.type(description="A role that would change, in a page.")
class RoleChangeEdge:
    """A role that would change, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: RoleChange = strawberry.field(description=NODE)


@strawberry.type(description="A page of the roles that would change: those that open first, then by what they gain.")
class RoleChangeConnection:
    """A page of the roles that would change."""

    edges: list[RoleChangeEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    opened_count: int = strawberry.field(description="How many of them open: qualified after, not before.")
    raised_count: int = strawberry.field(description="How many of them have a higher score.")
    levels_opened: int = strawberry.field(description="How many levels of roles are met after and were not before.")
    listed_before: int = strawberry.field(description="How many roles the match lists before.")
    listed_after: int = strawberry.field(description="How many it lists after.")
    documents: DocumentList = strawberry.field(description=_DOCUMENTS)
    release: ID = strawberry.field(description=_RELEASE)


_CHANGE = "whatIf"
_CHANGE_KEY = (float, float, float, str)


def show_changes(
    context: Context,
    view: View,
    found: RoleChanges,
    documents: list[DocumentVerdict],
    first: int,
    after: str | None,
) -> RoleChangeConnection:
    """A page of changed roles; `documents` are those of both. Raises InputError."""

    def key_of(place: int) -> Key:
        iri = view.snapshot.iris[int(found.rows[place])]
        return float(not found.opened[place]), -float(found.gains[place]), -float(found.scores[place]), iri

    shown, where = page_of(context, _CHANGE, range(len(found)), key_of, _CHANGE_KEY, first, after)
    return RoleChangeConnection(
        edges=[RoleChangeEdge(cursor=cursor, node=_show_change(view, found.detail(place))) for cursor, place in shown],
        page_info=where,
        total_count=len(found),
        opened_count=int(found.opened.sum()),
        raised_count=int((found.gains > 0).sum()),
        levels_opened=found.levels_opened,
        listed_before=found.listed_before,
        listed_after=found.listed_after,
        documents=documents,
        release=view.release,
    )


def _show_change(view: View, change: ChangedRole) -> RoleChange:
    return RoleChange(
        role=role_of(view, change.after.role),
        gained=change.gained,
        opened=change.opened,
        levels_opened=[view.role_level(row) for row in change.levels_opened],
        closed=[view.requirement(row) for row in change.closed],
        rank_before=change.rank_before,
        rank_after=change.rank_after,
        before=show_match(view, change.before),
        after=show_match(view, change.after),
    )


# ------------------------------------------------------------------------------------------------------ one thing more


@strawberry.enum(description="What may be the one thing more.")
class CandidateKind(Enum):
    """What may be the one thing more."""

    COMPETENCY = strawberry.enum_value("COMPETENCY", description="A competency, at a level that is enough everywhere.")
    CREDENTIAL = strawberry.enum_value("CREDENTIAL", description="A credential, with what it certifies.")
    COURSE = strawberry.enum_value("COURSE", description="A course, with what it teaches and awards.")


@strawberry.enum(description="What comes first.")
class MarginalOrder(Enum):
    """What comes first."""

    OPENED = strawberry.enum_value("OPENED", description="Most roles opened, then most levels, then the largest gain.")
    GAIN = strawberry.enum_value("GAIN", description="The largest gain, then most roles opened, then most levels.")


@strawberry.type(description="What one thing more does to a role.")
class RoleRaise:
    """What one thing more does to a role."""

    role: JobRole = strawberry.field(description="The role.")
    before: float = strawberry.field(description="Its score now.")
    after: float = strawberry.field(description="Its score with the one thing more.")
    opened: bool = strawberry.field(description="Whether it is qualified for after, and is not now.")
    levels_opened: int = strawberry.field(description="How many of its levels are met after and are not now.")


@strawberry.type(description="One thing more, and what it would change.")
class Marginal:
    """One thing more."""

    resource: Resource = strawberry.field(description="The competency, credential or course.")
    opened: int = strawberry.field(description="How many roles it opens: qualified after, not now.")
    levels_opened: int = strawberry.field(description="How many levels of roles are met after and are not now.")
    raised: int = strawberry.field(description="How many roles get a higher score.")
    gain: float = strawberry.field(description="The sum of what their scores rise by.")
    roles_in: Private[Callable[[], Sequence[engine.RoleRaise]]]
    shown: Private[View]

    @resolver(description="The roles that it changes: those that open first, then by gain, score, IRI.")
    def roles(self, info: Info, first: int = ROLES_SHOWN) -> list[RoleRaise]:
        """The roles that it changes."""
        context = context_of(info)
        found = self.roles_in()[: check_first(first, context.limits.page, TOLD_IN_PART)]
        context.spend(len(found))
        return [
            RoleRaise(
                role=role_of(self.shown, each.role),
                before=each.before,
                after=each.after,
                opened=each.opened,
                levels_opened=each.levels_opened,
            )
            for each in found
        ]


@strawberry.type(description="One thing more, in a page.")
class MarginalEdge:
    """One thing more, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Marginal = strawberry.field(description=NODE)


@strawberry.type(description="A page of things that would change something, the best first.")
class MarginalConnection:
    """A page of things that would change something."""

    edges: list[MarginalEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    documents: DocumentList = strawberry.field(description=_DOCUMENTS)
    release: ID = strawberry.field(description=_RELEASE)


def read_kinds(kinds: Sequence[CandidateKind] | None) -> tuple[RowType, ...]:
    """The kinds that are tried; all where none are said."""
    return engine.CANDIDATES if kinds is None else tuple(RowType[each.name] for each in kinds)


def read_order(order: MarginalOrder) -> engine.MarginalOrder:
    """What comes first."""
    return engine.MarginalOrder[order.name]


_MARGINAL_KEY = (float, float, float, str)


def show_marginals(
    context: Context,
    view: View,
    found: engine.Marginals,
    documents: list[DocumentVerdict],
    order: MarginalOrder,
    first: int,
    after: str | None,
) -> MarginalConnection:
    """A page of candidates. Raises InputError."""

    def key_of(place: int) -> Key:
        counts = -float(found.opened[place]), -float(found.levels_opened[place])
        gain, iri = -float(found.gains[place]), view.snapshot.iris[int(found.rows[place])]
        return (*counts, gain, iri) if order is MarginalOrder.OPENED else (gain, *counts, iri)

    kind = f"marginal {order.name}"
    shown, where = page_of(context, kind, range(len(found)), key_of, _MARGINAL_KEY, first, after)
    return MarginalConnection(
        edges=[MarginalEdge(cursor=cursor, node=_show_marginal(view, found, place)) for cursor, place in shown],
        page_info=where,
        total_count=len(found),
        documents=documents,
        release=view.release,
    )


def _show_marginal(view: View, found: engine.Marginals, place: int) -> Marginal:
    return Marginal(
        resource=view.resource(int(found.rows[place])),
        opened=int(found.opened[place]),
        levels_opened=int(found.levels_opened[place]),
        raised=int(found.raised[place]),
        gain=float(found.gains[place]),
        roles_in=partial(found.roles, place),
        shown=view,
    )


Kinds = Annotated[
    list[CandidateKind] | None,
    strawberry.argument(description="What is tried. Default: competencies, credentials, courses."),
]
