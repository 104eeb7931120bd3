"""Scales, what their levels are called, and which levels of two of them correspond, each with who says so."""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import ID, Info

from graph.level_mappings import ReadLevel as ReadRow
from graph.level_mappings import level_mappings_of
from graph.scales import find_scale, unread_levels

from .answers import ReadLevel
from .arguments import After, First, Which, view_for
from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .descriptions import resolver
from .inputs import ViewInput
from .paging import page_of
from .resources import Level, LevelMapping, Scale, ScaleLevel
from .view import View

Named = Annotated[ID | None, strawberry.argument(description="Only of this scale: its IRI or exact label.")]


@strawberry.enum(description="Whether levels of two scales compare.")
class ScaleComparison(Enum):
    """Whether levels of two scales compare."""

    SAME = strawberry.enum_value("SAME", description="It is one scale.")
    MAPPED = strawberry.enum_value("MAPPED", description="Mappings say which levels correspond.")
    UNMAPPED = strawberry.enum_value("UNMAPPED", description="No mapping joins the two.")
    CONTRADICTORY = strawberry.enum_value(
        "CONTRADICTORY", description="There are mappings, and none counts, for they contradict each other."
    )


@strawberry.type(
    description="How levels of one scale are read on another. A level counts as the highest mapped one that is not "
    "above it; below the lowest mapped one, and where the two do not compare, nothing is known."
)
class ScaleReading:
    """How levels of one scale are read on another."""

    scale: Scale = strawberry.field(description="The scale of the levels that are read.")
    read_on: Scale = strawberry.field(description="The scale that they are read on.")
    comparison: ScaleComparison = strawberry.field(description="Whether they compare.")
    steps: list[ReadLevel] = strawberry.field(
        description="Each mapped level and what it counts as, lowest first; empty where the two do not compare."
    )
    known_from: Level | None = strawberry.field(
        description="The lowest level that is known on the other scale; null where none is. Of one scale its least."
    )
    unknown: list[ScaleLevel] = strawberry.field(
        description="The levels with a name that are not known on the other scale, lowest first."
    )


@strawberry.type(description="A scale, in a page.")
class ScaleEdge:
    """A scale, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: Scale = strawberry.field(description=NODE)


@strawberry.type(description="A page of scales, by IRI.")
class ScaleConnection:
    """A page of scales."""

    edges: list[ScaleEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="A mapping between levels of two scales, in a page.")
class LevelMappingEdge:
    """A mapping between levels, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: LevelMapping = strawberry.field(description=NODE)


@strawberry.type(description="A page of mappings between levels of two scales, by IRI and dataset.")
class LevelMappingConnection:
    """A page of mappings between levels."""

    edges: list[LevelMappingEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type
class ScaleQueries:
    """Root fields about scales; for everybody."""

    @resolver(description="The scales that levels are measured on, by IRI.")
    async def scales(self, info: Info, view: Which = None, first: First = 20, after: After = None) -> ScaleConnection:
        """Scales that somebody describes."""
        context, found = await _asked(info, view)
        iris = found.snapshot.scale_iris
        rows = [row for row in range(len(iris)) if found.describes_scale(row)]
        page, where = page_of(context, "scales", rows, lambda row: (iris[row],), (str,), first, after)
        edges = [ScaleEdge(cursor=cursor, node=found.scale(row)) for cursor, row in page]
        return ScaleConnection(edges=edges, page_info=where, total_count=len(rows))

    @resolver(description="What datasets say of levels of two scales that correspond; levels compare by nothing else.")
    async def level_mappings(
        self, info: Info, scale: Named = None, view: Which = None, first: First = 20, after: After = None
    ) -> LevelMappingConnection:
        """Mappings between levels of two scales. Raises UnknownReferenceError."""
        context, found = await _asked(info, view)
        snapshot = found.snapshot
        rows = range(len(snapshot.mapping_iris))
        if scale is not None:
            wanted = find_scale(snapshot, str(scale))
            ends = (snapshot.mapping_scale, snapshot.mapping_matched_scale)
            rows_of = [row for row in rows if any(int(end[row]) == wanted for end in ends)]
        else:
            rows_of = list(rows)
        page, where = page_of(
            context,
            "levelMappings",
            rows_of,
            lambda row: (snapshot.mapping_iris[row], float(snapshot.mapping_dataset[row])),
            (str, float),
            first,
            after,
        )
        edges = [LevelMappingEdge(cursor=cursor, node=found.level_mapping(row)) for cursor, row in page]
        return LevelMappingConnection(edges=edges, page_info=where, total_count=len(rows_of))


async def _asked(info: Info, view: ViewInput | None) -> tuple[Context, View]:
    return context_of(info), await view_for(info, view)


def show_reading(context: Context, view: View, scale: int, asked: int) -> ScaleReading:
    """How levels of one scale are read on another. Raises RowsExceededError."""
    snapshot = view.snapshot
    mappings = level_mappings_of(snapshot)
    steps, unknown = mappings.steps(scale, asked), unread_levels(snapshot, scale, asked)
    context.spend(1 + len(steps) + len(unknown))
    known_from = view.level(scale, steps[0].value) if steps else None
    if scale == asked and view.describes_scale(scale):
        known_from = view.level(scale, float(snapshot.scale_minimum[scale]))
    return ScaleReading(
        scale=view.scale(scale),
        read_on=view.scale(asked),
        comparison=ScaleComparison[mappings.compare(scale, asked).name],
        steps=[show_read_level(view, each) for each in steps],
        known_from=known_from,
        unknown=[view.scale_level(row) for row in unknown],
    )


def show_read_level(view: View, level: ReadRow) -> ReadLevel:
    """A level as it is read on another scale, and by which mapping."""
    return ReadLevel(
        held=view.level(level.scale, level.value),
        read_as=view.level(level.asked, level.read),
        mapping=view.level_mapping(level.mapping),
    )
