"""Where what is said was read: dataset, file, line or pointer of a requirement, a thing, a step of a chain."""

import asyncio
from typing import TYPE_CHECKING

import strawberry
from strawberry import Info

from graph.statements import Statement
from ontology.model import Source as SourceRecord

from .context import context_of

if TYPE_CHECKING:
    from graph.provenance import Provenance

READ_FROM = "Where it was read; null where it was loaded without that, or is none of a dataset's."


@strawberry.type(description="Where something was read.")
class Source:
    """Where something was read."""

    dataset: str = strawberry.field(description="Name of the dataset that has it.")
    file: str = strawberry.field(description="The file, as the load named it; inside an archive behind its name.")
    line: int | None = strawberry.field(description="Line or row of a table, from 1; null where a pointer says more.")
    column: str | None = strawberry.field(description="Column of a table, where it was read from one alone.")
    pointer: str | None = strawberry.field(description="JSON pointer (RFC 6901), in JSON.")


async def read_source(info: Info, statement: Statement | None) -> Source | None:
    """Where a statement was read, with all others of this level of the query at once. Raises DamagedError."""
    provenance = context_of(info).release.provenance
    if statement is None or provenance is None:
        return None
    found = await context_of(info).loaders.sources(provenance).load(statement)
    if found is None:
        return None
    return Source(
        dataset=statement.dataset.name, file=found.file, line=found.line, column=found.column, pointer=found.pointer
    )


async def find_sources(provenance: "Provenance", statements: list[Statement]) -> list[SourceRecord | None]:
    """Where these were read, in their order; reads files in a thread."""
    return list(await asyncio.to_thread(provenance.find_all, statements))
