"""The O*NET database, releases 29 and 30, as official text or CSV: occupations, and all that they ask for.

Which table becomes what stands in docs/onet.md; what has no field is kept as statements, a row each. Source: O*NET
Resource Center, U.S. Department of Labor, Employment and Training Administration.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import Finding, Located, Source

from . import onet_tables as tables
from .detection import Format, ReadContext, Table
from .onet_elements import Elements
from .onet_ratings import Ratings
from .onet_roles import Roles
from .onet_work import Products, Tasks
from .sources import ONET, onet_attribution
from .surroundings import Nothing, Surroundings

_Take = Callable[[Row], Iterator[Located | Finding]]
_VERSION = re.compile(r"(?:db|onet|o\*net)[ _-]*(\d\d)[._](\d)(?!\d)", re.IGNORECASE)
CUTS: Final = frozenset({"onet_occupations.csv", "onet_hot_technologies.csv"})
"""Files of the example: cut from O*NET 29.2."""
CUT_VERSION: Final = "29.2"


def read_onet(
    documents: Sequence[Document], *, surroundings: Surroundings | None = None, dataset: str = ""
) -> Iterator[Located | Finding]:
    """The framework, requirements and tasks as their rows come, then occupations, elements and products.

    Args:
        surroundings: what is described elsewhere: an occupation that is gets no record here.
        dataset: the name of the folder or archive, which may tell the release: `onet-29.2`, `db_30_1_text`.
    """
    if documents:
        framework = replace(ONET, attribution=onet_attribution(find_version(documents, dataset)))
        yield Located(record=framework, source=Source(file=documents[0].name))
    reader = _Reader(surroundings or Nothing())
    found = [(tables.table_of(document), document) for document in documents]
    for table, document in sorted(found, key=lambda each: (reader.turn(each[0]), each[1].name)):
        take = reader.find(table)
        for row in read_rows(document, required=table.required, optional=table.optional):
            yield from [row] if isinstance(row, Finding) else take(row)
    yield from reader.rest()


def find_version(documents: Sequence[Document], dataset: str = "") -> str | None:
    """The release of the database, such as `30.1`, by the names of the folder, the archive and the files."""
    for name in (dataset, *(document.name for document in documents)):
        if found := _VERSION.search(name):
            return f"{found[1]}.{found[2]}"
    return CUT_VERSION if all(document.basename.casefold() in CUTS for document in documents) else None


class _Reader:
    """Which part takes the rows of which table, and in what turn: what says something of a thing before the thing."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._roles = Roles(surroundings)
        self._elements = Elements()
        self._ratings = Ratings(self._roles, self._elements)
        self._tasks = Tasks(self._roles, self._elements)
        self._products = Products(self._roles, self._elements)
        roles, elements, tasks = self._roles, self._elements, self._tasks
        takers: list[tuple[Table, _Take]] = [
            (tables.SCALES, elements.read_scale),
            (tables.ELEMENTS, elements.read_element),
            (tables.SCALE_CATEGORIES, elements.read_category),
            (tables.INTERMEDIATE_ACTIVITIES, elements.read_intermediate),
            (tables.DETAILED_ACTIVITIES, elements.read_detailed),
            (tables.JOB_ZONE_REFERENCE, elements.read_job_zone),
            (tables.COMMODITIES, elements.read_commodity),
            *((pair, _with(elements.read_pair, pair.required)) for pair in tables.PAIRS),
            (tables.OCCUPATIONS, roles.read_occupation),
            (tables.ALTERNATE_TITLES, roles.read_title),
            (tables.REPORTED_TITLES, roles.read_title),
            (tables.JOB_ZONES, roles.read_job_zone),
            (tables.RELATED, roles.read_related),
            (tables.TO_2019, _with(roles.read_move, _codes_and_titles(tables.TO_2019))),
            (tables.TO_2019_OFFICIAL, _with(roles.read_move, _codes_and_titles(tables.TO_2019_OFFICIAL))),
            (tables.RATINGS, self._ratings.read),
            (tables.TASK_ACTIVITIES, tasks.read_activity),
            (tables.TASK_RATINGS, tasks.read_rating),
            (tables.TASKS, tasks.read),
            (tables.EMERGING_TASKS, tasks.read_emerging),
            (tables.TECHNOLOGIES, self._products.read),
            (tables.TOOLS, self._products.read),
        ]
        self._takers = dict(takers)
        self._turns = {table: turn for turn, (table, _) in enumerate(takers)}

    def turn(self, table: Table) -> int:
        """Place of a table in the order of reading; tables without a mapping come last."""
        return self._turns.get(table, len(self._turns))

    def find(self, table: Table) -> _Take:
        """What takes the rows of a table."""
        known = self._takers.get(table)
        if known is not None:
            return known
        keep = self._roles.read_kept if tables.CODE in table.required else self._elements.read_kept
        return lambda row: keep(row, table.name)

    def rest(self) -> Iterator[Located | Finding]:
        """What only the whole of the tables tells."""
        yield from self._ratings.rest()
        yield from self._tasks.rest()
        yield from self._roles.records()
        yield from self._elements.records()
        yield from self._products.records()
        for tally in (self._ratings.suppressed, self._ratings.irrelevant, self._roles.unlisted):
            yield from tally.findings()


def _with(take: Callable[[Row, tuple[str, ...]], Iterator[Finding]], columns: tuple[str, ...]) -> _Take:
    return lambda row: take(row, columns)


def _codes_and_titles(table: Table) -> tuple[str, ...]:
    """Code of 2010, code of 2019, title of 2010, title of 2019."""
    old, old_title, new, new_title = table.required
    return old, new, old_title, new_title


def _read(documents: Sequence[Document], context: ReadContext) -> Iterator[Located | Finding]:
    return read_onet(documents, surroundings=context.surroundings, dataset=context.dataset)


FORMAT: Final = Format(name="onet", fit=tables.fit_onet, read=_read)
