"""What differs between two releases: a connection of changes, each with what was and is said."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import ID, Info, Private

from ontology.ntriples import XSD_STRING, find_literal
from service.differences import Changed, Difference

from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .descriptions import resolver
from .finding import show_release
from .paging import page_of
from .resources import Node
from .state import Wanted

if TYPE_CHECKING:
    from .releases import Release

LazyRelease = Annotated["Release", strawberry.lazy(".releases")]
Lines = dict[tuple[str, str], tuple[str, ...]]
NOTHING = "0"
"""In place of a release: the state before the first."""


@strawberry.enum(description="What happened to a subject between two releases.")
class ChangeKind(Enum):
    """What happened to a subject."""

    ADDED = strawberry.enum_value("added", description="It was not there before.")
    CHANGED = strawberry.enum_value("changed", description="Something else is said of it.")
    REMOVED = strawberry.enum_value("removed", description="It is no longer there.")


@strawberry.type(description="One thing that is said of a subject: a triple without it.")
class Statement:
    """One thing that is said of a subject."""

    predicate: ID = strawberry.field(description="IRI of the property.")
    value: str = strawberry.field(description="The IRI, or the text of the literal.")
    is_iri: bool = strawberry.field(description="Whether the value is an IRI.")
    language: str | None = strawberry.field(description="BCP 47 tag of a text, where it has one.")
    datatype: ID | None = strawberry.field(description="IRI of a literal's datatype; null for texts and plain strings.")


class _PageLines:
    """The lines of a page's changes on both sides, read when the first is asked for."""

    def __init__(self, read: Callable[[], Awaitable[tuple[Lines, Lines]]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._found: tuple[Lines, Lines] | None = None

    async def get(self, change: Changed) -> tuple[tuple[str, ...], tuple[str, ...]]:
        async with self._lock:
            if self._found is None:
                self._found = await self._read()
        before, after = self._found
        return before.get(change.key, ()), after.get(change.key, ())


@strawberry.type(description="One subject that differs between two releases.")
class ReleaseChange:
    """One subject that differs."""

    change: Private[Changed]
    difference: Private[Difference]
    lines: Private[_PageLines]

    @resolver(description="Name of the dataset that says it.")
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.change.dataset

    @resolver(description="IRI of what the statements are about.")
    def subject(self) -> ID:
        """IRI of the subject."""
        return ID(self.change.subject)

    @resolver(description="The record that it is: Competency, Requirement, Alignment …")
    def type(self) -> str:
        """Name of the record."""
        return self.change.type

    @resolver(description="What happened to it.")
    def kind(self) -> ChangeKind:
        """What happened to it."""
        return ChangeKind[self.change.kind.name]

    @resolver(
        description="The subject as it is after the change, as it was where it was removed; null where it is none "
        "of the things that have an object of their own, as a teaching or an amendment."
    )
    async def node(self, info: Info) -> Node | None:
        """The subject."""
        context = context_of(info)
        removed = self.change.kind.name == ChangeKind.REMOVED.name
        manifest = self.difference.before if removed else self.difference.after
        assert manifest is not None, "nothing is removed from nothing"
        as_of = None if manifest.number == context.release.number else str(manifest.number)
        view = await context.release.view_of(Wanted(as_of=as_of, private=context.caller.sees_private))
        return view.find_node(self.change.subject)

    @resolver(description="All that was said of it before, sorted.")
    async def before(self, info: Info) -> list[Statement]:
        """What was said before."""
        return _statements(info, (await self.lines.get(self.change))[0])

    @resolver(description="All that is said of it after, sorted.")
    async def after(self, info: Info) -> list[Statement]:
        """What is said after."""
        return _statements(info, (await self.lines.get(self.change))[1])

    @resolver(description="What is said of it after and was not before.")
    async def added(self, info: Info) -> list[Statement]:
        """What came."""
        before, after = await self.lines.get(self.change)
        return _statements(info, [line for line in after if line not in set(before)])

    @resolver(description="What was said of it before and is not after.")
    async def removed(self, info: Info) -> list[Statement]:
        """What went."""
        before, after = await self.lines.get(self.change)
        return _statements(info, [line for line in before if line not in set(after)])


@strawberry.type(description="A change, in a page.")
class ReleaseChangeEdge:
    """A change, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: ReleaseChange = strawberry.field(description=NODE)


@strawberry.type(description="How many changes of one kind and type.")
class ChangeCount:
    """How many changes of one kind and type."""

    kind: ChangeKind = strawberry.field(description="What happened.")
    type: str = strawberry.field(description="The record.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="A page of what differs between two releases, by dataset and IRI.")
class ReleaseChangeConnection:
    """A page of what differs between two releases."""

    edges: list[ReleaseChangeEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)
    counts: list[ChangeCount] = strawberry.field(description="How many of each kind and type, unfiltered.")
    from_: LazyRelease | None = strawberry.field(name="from", description="The release before; null for nothing.")
    to: LazyRelease = strawberry.field(description="The release after.")


async def answer_diff(
    context: Context,
    before: str,
    after: str | None,
    datasets: Sequence[str] | None,
    kinds: Sequence[ChangeKind] | None,
    types: Sequence[str] | None,
    first: int,
    cursor: str | None,
) -> ReleaseChangeConnection:
    """A page of changes. Raises UnknownReferenceError, InputError, DamagedError. Needs no database."""
    stewardship = context.stewardship
    async with stewardship.comparing:
        difference = await stewardship.read(_compare, context, before, after)
    wanted = None if kinds is None else {each.name for each in kinds}
    shown = [
        each
        for each in difference.changes
        if (datasets is None or each.dataset in datasets)
        and (wanted is None or each.kind.name in wanted)
        and (types is None or each.type in types)
    ]
    found, where = page_of(context, "changes", shown, lambda each: each.key, (str, str), first, cursor)
    page = [each for _, each in found]

    def read() -> tuple[Lines, Lines]:
        lines = partial(stewardship.differences.lines, changes=page)
        return lines(difference.before), lines(difference.after)

    lines = _PageLines(partial(stewardship.read, read))
    return ReleaseChangeConnection(
        edges=[
            ReleaseChangeEdge(cursor=cursor_, node=ReleaseChange(change=each, difference=difference, lines=lines))
            for cursor_, each in found
        ],
        page_info=where,
        total_count=len(shown),
        counts=[
            ChangeCount(kind=ChangeKind[kind.name], type=name, count=count) for kind, name, count in difference.counts()
        ],
        from_=None if difference.before is None else show_release(difference.before, difference.before.datasets),
        to=show_release(difference.after, difference.after.datasets),
    )


def _compare(context: Context, before: str, after: str | None) -> Difference:
    stewardship = context.stewardship
    old = None if before.strip() == NOTHING else stewardship.release(before)
    new = context.release.manifest if after is None else stewardship.release(after)
    new = new or stewardship.release(before)  # nothing is loaded: told as such
    return stewardship.differences.between(old, new, private=context.caller.sees_private)


def _statements(info: Info, lines: Sequence[str]) -> list[Statement]:
    context_of(info).spend(len(lines))
    return [_statement(line) for line in lines]


def _statement(line: str) -> Statement:
    """The statement of an N-Quads line `<subject> <predicate> object <graph> .`."""
    _, predicate, rest = line.split(" ", 2)
    term = rest[: rest.rindex(" <")]
    literal = find_literal(term)
    if literal is None:
        return Statement(
            predicate=ID(predicate[1:-1]),
            value=term.strip("<>"),
            is_iri=term.startswith("<"),
            language=None,
            datatype=None,
        )
    plain = literal.language is not None or literal.datatype == XSD_STRING
    return Statement(
        predicate=ID(predicate[1:-1]),
        value=literal.value,
        is_iri=False,
        language=literal.language,
        datatype=None if plain else ID(literal.datatype),
    )
