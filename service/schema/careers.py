"""From role to role: similar ones, and career paths with the effort of each move. Needs no database."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial

import strawberry
from strawberry import ID, Private

from graph.career_paths import PATHS_AT_MOST, CareerPaths, Move, PathLimits, career_paths
from graph.matching import RoleMatch, gap
from graph.role_moves import EFFORT_UNITS, MoveQuestion, Moves, holder_of, moves_of
from graph.role_moves import Fulfilment as FulfilmentKind
from graph.snapshot import Ints, ResourceType, Snapshot
from ontology.errors import InputError

from .answers import Match
from .connections import CURSOR, EDGES, NODE, TOTAL, Key, PageInfo
from .context import Context
from .descriptions import resolver
from .inputs import RoleFilter
from .matches import role_of, show_match
from .narrowing import looked_at
from .paging import page_of
from .resources import Alignment, JobRole
from .thinking import left_seconds
from .view import View

DEADLINE_MS_AT_MOST = 10_000


@strawberry.enum(description="What one who fulfils a role is taken to hold.")
class Fulfilment(Enum):
    """What one who fulfils a role is taken to hold."""

    EVERYTHING = strawberry.enum_value("EVERYTHING", description="All that the role asks for.")
    MUSTS = strawberry.enum_value("MUSTS", description="What its musts ask for.")


@strawberry.type(description="A move from one role to another.")
class RoleMove:
    """A move from one role to another."""

    start: JobRole = strawberry.field(description="The role that is fulfilled.")
    role: JobRole = strawberry.field(description="The role that the move leads to.")
    similarity: float = strawberry.field(
        description="From 0 to 1: the score of the one for who fulfils the other, or what an alignment of both says."
    )
    effort: float = strawberry.field(description="What is lacking, in weights of a must.")
    alignment: Alignment | None = strawberry.field(
        description="The alignment that says more than the requirements do, where one does."
    )
    found: Private[Callable[[], RoleMatch]]
    shown: Private[View]

    @resolver(description="How who fulfils the one meets the other: what is met, what is lacking.")
    def match(self) -> Match:
        """How who fulfils the one meets the other."""
        return show_match(self.shown, self.found())


@strawberry.type(description="A similar role, in a page.")
class RoleMoveEdge:
    """A similar role, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: RoleMove = strawberry.field(description=NODE)


@strawberry.type(description="A page of similar roles, the most similar first.")
class RoleMoveConnection:
    """A page of similar roles."""

    edges: list[RoleMoveEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    release: ID = strawberry.field(description="The release that this answer is from.")


@strawberry.type(description="Moves one after the other, no role twice.")
class CareerPath:
    """Moves one after the other."""

    effort: float = strawberry.field(description="The sum of the efforts of its moves.")
    moves: list[RoleMove] = strawberry.field(description="In turn, from the first role to the last.")


@strawberry.type(description="The ways from one role to another by the least effort.")
class CareerPathAnswer:
    """The ways from one role to another."""

    paths: list[CareerPath] = strawberry.field(
        description="By effort, then number of moves, then the roles' IRIs in turn."
    )
    direct: RoleMove = strawberry.field(description="Straight from the one to the other, however unlike they are.")
    complete: bool = strawberry.field(description="Whether every path within the limits was looked at in time.")
    release: ID = strawberry.field(description="The release that this answer is from.")


@dataclass(frozen=True)
class _Lacking:
    """What who fulfils a role meets of another; looked at once, when it is asked for."""

    snapshot: Snapshot
    question: MoveQuestion
    start: int
    end: int

    @cached_property
    def found(self) -> RoleMatch:
        held = holder_of(self.snapshot, self.start, self.question.fulfilment)
        return gap(self.snapshot, held, self.question.policy, self.end)


def read_fulfilment(fulfilment: Fulfilment) -> FulfilmentKind:
    """What is taken to be held."""
    return FulfilmentKind[fulfilment.name]


def read_path_limits(max_moves: int, neighbours: int, min_similarity: float, deadline_ms: int) -> PathLimits:
    """The limits; the deadline is at most `DEADLINE_MS_AT_MOST`. Raises InputError (`input.paths`)."""
    return PathLimits(
        max_moves=max_moves,
        neighbours=neighbours,
        min_similarity=min_similarity,
        deadline_ms=min(deadline_ms, DEADLINE_MS_AT_MOST),
    )


def check_paths(first: int) -> None:
    """Nothing. Raises InputError (`input.first`)."""
    if not 1 <= first <= PATHS_AT_MOST:
        raise InputError(f"`first` is from 1 to {PATHS_AT_MOST} paths, got {first}.", code="input.first")


def find_role(snapshot: Snapshot, reference: str) -> int:
    """Row of a role. Raises UnknownReferenceError."""
    return snapshot.resolve(reference, (ResourceType.JOB_ROLE,))


def led_to(snapshot: Snapshot, wanted: RoleFilter | None) -> Ints | None:
    """Roles that moves may lead to; None: all. Raises UnknownReferenceError; InputError for what is about a learner."""
    if wanted is not None and (wanted.qualified is not None or wanted.min_score is not None):
        raise InputError(
            "`qualified` and `minScore` are about what somebody holds, and here nobody is asked about.",
            code="input.filter",
            hint="Leave them out; `minSimilarity` keeps paths to similar roles.",
        )
    return looked_at(snapshot, wanted).roles


def find_similar(snapshot: Snapshot, role: int, question: MoveQuestion, roles: Ints | None) -> Moves:
    """All roles that are similar to one at all."""
    return moves_of(snapshot, question, roles).all(int(snapshot.canonical[role]))


_KEY = (float, float, str)


def show_similar(
    context: Context, view: View, role: int, question: MoveQuestion, found: Moves, first: int, after: str | None
) -> RoleMoveConnection:
    """A page of similar roles. Raises InputError."""
    snapshot = view.snapshot
    start = int(snapshot.canonical[role])

    def key_of(place: int) -> Key:
        iri = snapshot.iris[int(found.rows[place])]
        return -float(found.similarities[place]), float(found.efforts[place]), iri

    shown, where = page_of(context, "similarRoles", range(len(found.rows)), key_of, _KEY, first, after)

    def move(place: int) -> Move:
        return Move(
            start=start,
            end=int(found.rows[place]),
            similarity=float(found.similarities[place]),
            effort=int(found.efforts[place]),
            alignment=int(found.alignments[place]),
        )

    return RoleMoveConnection(
        edges=[RoleMoveEdge(cursor=cursor, node=_show_move(view, question, move(place))) for cursor, place in shown],
        page_info=where,
        total_count=len(found.rows),
        release=view.release,
    )


def find_paths(
    snapshot: Snapshot,
    start: int,
    goal: int,
    question: MoveQuestion,
    limits: PathLimits,
    roles: Ints | None,
    first: int,
    waited: float,
) -> CareerPaths:
    """The best paths. Takes up to the deadline, of which so many seconds have passed.

    Raises InputError (`input.paths`).
    """
    left = left_seconds(limits.deadline_ms, waited)
    return career_paths(snapshot, start, goal, question, limits=limits, first=first, roles=roles, left_seconds=left)


def show_paths(context: Context, view: View, question: MoveQuestion, found: CareerPaths) -> CareerPathAnswer:
    """Paths as the API has them."""
    context.spend(1 + sum(len(path.moves) for path in found.paths))
    show = partial(_show_move, view, question)
    return CareerPathAnswer(
        paths=[
            CareerPath(effort=path.effort / EFFORT_UNITS, moves=[show(move) for move in path.moves])
            for path in found.paths
        ],
        direct=show(found.direct),
        complete=found.complete,
        release=view.release,
    )


def _show_move(view: View, question: MoveQuestion, move: Move) -> RoleMove:
    lacking = _Lacking(view.snapshot, question, move.start, move.end)
    return RoleMove(
        start=role_of(view, move.start),
        role=role_of(view, move.end),
        similarity=move.similarity,
        effort=move.effort / EFFORT_UNITS,
        alignment=view.alignment(move.alignment) if move.alignment >= 0 else None,
        found=lambda: lacking.found,
        shown=view,
    )
