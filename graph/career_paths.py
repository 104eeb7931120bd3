"""Ways from one role to another over roles between, by the least effort in all.

Explores moves from the start, as far as paths may go, then lists the best paths without repetition. Pure but for the
clock passed in. Called by the service. The meaning is docs/matching.md, "Career paths".
"""

import heapq
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ontology.errors import InputError

from .deadline import Deadline
from .layout import Ints
from .role_index import ranked_roles
from .role_moves import NEIGHBOURS_AT_MOST, MoveQuestion, RoleMoves, moves_of
from .snapshot import Snapshot

MOVES_AT_MOST = 5
PATHS_AT_MOST = 10
_AT_ONCE = 64
"""Roles whose moves are found together, between two looks at the clock."""
_MOST_PARTIAL = 50_000
"""Beginnings of paths that are looked at: more are only met where very many paths take equal effort."""
_CLOCK_EVERY = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From a role to another."""

    start: int
    end: int
    similarity: float
    effort: int
    """In billionths of one must."""
    alignment: int
    """Row of the alignment that says more than the requirements do, -1 none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareerPath:
    """Moves one after the other."""

    moves: tuple[Move, ...]

    @property
    def effort(self) -> int:
        """The sum, in billionths of one must."""
        return sum(move.effort for move in self.moves)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathLimits:
    """How far and how wide paths are looked for.

    Raises:
        InputError: `input.paths`: moves not from 1 to 5, neighbours not from 1 to 50, a similarity not from 0 to 1.
    """

    max_moves: int = 3
    neighbours: int = 20
    """A move leads to one of so many most similar roles."""
    min_similarity: float = 0.1
    """A move leads to a role that is at least so similar."""
    deadline_ms: int = 2000

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("maxMoves", self.max_moves, 1, MOVES_AT_MOST),
            ("neighbours", self.neighbours, 1, NEIGHBOURS_AT_MOST),
            ("minSimilarity", self.min_similarity, 0, 1),
        ):
            if not least <= value <= most:
                raise InputError(f"`{name}` is from {least} to {most}, got {value}.", code="input.paths", subject=name)
        if self.deadline_ms < 0:
            raise InputError(
                f"`deadlineMs` is from 0, got {self.deadline_ms}.", code="input.paths", subject="deadlineMs"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class CareerPaths:
    """The best paths, and the way without roles between."""

    paths: tuple[CareerPath, ...]
    """By effort, then number of moves, then IRIs of the roles in turn."""
    direct: Move
    """Straight from the start to the goal, however unlike they are."""
    complete: bool
    """Whether all paths within the limits were looked at."""


def career_paths(
    snapshot: Snapshot,
    start: int,
    goal: int,
    question: MoveQuestion,
    *,
    limits: PathLimits,
    first: int = 3,
    roles: Ints | None = None,
    left_seconds: float | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> CareerPaths:
    """Up to `first` paths from a role to another, no role twice in a path.

    Args:
        roles: only over these rows paths lead; None: over all. Start and goal need not be among them.
        left_seconds: of the deadline; None: all of it.

    Raises:
        InputError: `input.paths` where start and goal are one role, or one of them is not ranked.
    """
    deadline = Deadline(clock, limits.deadline_ms / 1000 if left_seconds is None else left_seconds)
    start, goal = int(snapshot.canonical[start]), int(snapshot.canonical[goal])
    if start == goal or not {start, goal} <= set(ranked_roles(snapshot, np.array([start, goal])).tolist()):
        raise InputError("A career path leads from one role to another, both of them current.", code="input.paths")
    moves = moves_of(snapshot, question, None if roles is None else np.append(roles, goal))
    similarity, effort, alignment = moves.between(start, goal)
    direct = Move(start=start, end=goal, similarity=similarity, effort=effort, alignment=alignment)
    edges, whole = _explored(moves, start, goal, limits, deadline)
    left = _left(edges, goal, limits.max_moves)
    paths, listed = _best(edges, left, start, goal, limits.max_moves, first, deadline)
    return CareerPaths(paths=paths, direct=direct, complete=whole and listed)


_Edges = Mapping[int, list[Move]]


def _explored(moves: RoleMoves, start: int, goal: int, limits: PathLimits, deadline: Deadline) -> tuple[_Edges, bool]:
    """Moves out of every role that a path may pass, and whether there was time for all."""
    edges: dict[int, list[Move]] = {}
    frontier = [start]
    for _ in range(limits.max_moves):
        for begin in range(0, len(frontier), _AT_ONCE):
            if deadline.passed:
                return edges, False
            for role, found in moves.nearest(frontier[begin : begin + _AT_ONCE]).items():
                columns = zip(
                    found.rows[: limits.neighbours].tolist(),
                    found.similarities[: limits.neighbours].tolist(),
                    found.efforts[: limits.neighbours].tolist(),
                    found.alignments[: limits.neighbours].tolist(),
                    strict=True,
                )
                edges[role] = [
                    Move(start=role, end=end, similarity=similarity, effort=effort, alignment=alignment)
                    for end, similarity, effort, alignment in columns
                    if similarity >= limits.min_similarity
                ]
        frontier = sorted({move.end for role in frontier for move in edges[role]} - set(edges) - {goal})
    return edges, True


def _left(edges: _Edges, goal: int, most: int) -> list[dict[int, int]]:
    """For each number of moves, by role: the least effort to the goal in at most so many, where there is a way."""
    left: list[dict[int, int]] = [{goal: 0}]
    for _ in range(most):
        before = left[-1]
        now = dict(before)
        for role, moves in edges.items():
            if role == goal:
                continue
            ways = [move.effort + before[move.end] for move in moves if move.end in before]
            if ways:
                now[role] = min(ways)
        left.append(now)
    return left


def _best(
    edges: _Edges, left: list[dict[int, int]], start: int, goal: int, most: int, first: int, deadline: Deadline
) -> tuple[tuple[CareerPath, ...], bool]:
    """The best paths, and whether none was left out.

    A* with the exact effort left: a beginning is taken up in the order of the least effort that it may come to, and no
    path ends later than all that are at least as good have been met.
    """
    if start not in left[most]:
        return (), True
    heap: list[tuple[int, int, tuple[int, ...], tuple[Move, ...]]] = [(left[most][start], 0, (start,), ())]
    done: list[tuple[int, int, tuple[int, ...], tuple[Move, ...]]] = []
    looked_at = 0
    whole = True
    while heap and (len(done) < first or heap[0][0] <= done[first - 1][0]):
        looked_at += 1
        if looked_at > _MOST_PARTIAL or (looked_at % _CLOCK_EVERY == 0 and deadline.passed):
            whole = False
            break
        effort, count, path, moves = heapq.heappop(heap)
        if path[-1] == goal:
            done.append((effort, count, path, moves))
            continue
        spent = sum(move.effort for move in moves)
        for move in edges.get(path[-1], ()):
            rest = left[most - count - 1].get(move.end)
            if rest is not None and move.end not in path:
                following = (spent + move.effort + rest, count + 1, (*path, move.end), (*moves, move))
                heapq.heappush(heap, following)
    done.sort(key=lambda each: each[:3])
    return tuple(CareerPath(moves=each[3]) for each in done[:first]), whole
