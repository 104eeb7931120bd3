"""What the figures should be, and whether a run's tables meet it: one line for each aim, read off the finished tables.

An aim names a table by how its title begins, a row by a pattern, and a column; of several rows the worst counts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .report import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A figure's bound."""

    what: str
    title: str
    """How the table's title begins."""
    row: str
    """A regular expression that the whole name of the row matches."""
    column: str
    most: float | None = None
    least: float | None = None
    scale: str = ""
    """Of which data the aim is: `full` of runs with --full alone."""

    def bound(self) -> str:
        """It in words."""
        return f"at most {self.most:,g}" if self.most is not None else f"at least {self.least:,g}"

    def holds(self, found: float) -> bool:
        """Whether a figure meets it."""
        return (self.most is None or found <= self.most) and (self.least is None or found >= self.least)

    def found(self, tables: Sequence[Table]) -> float | None:
        """The worst of the figures that it is about; None where there is none."""
        figures = list(self._figures(tables))
        if not figures:
            return None
        return max(figures) if self.most is not None else min(figures)

    def _figures(self, tables: Sequence[Table]) -> Iterator[float]:
        for table in tables:
            if not table.title.startswith(self.title) or self.column not in table.columns:
                continue
            place = table.columns.index(self.column)
            for row in table.rows:
                cell = row.cells[place]
                if re.fullmatch(self.row, row.name) and isinstance(cell, int | float):
                    yield float(cell)


FULL = "full"
AIMS = (
    Aim(
        what="engine: top 10 with gaps, full ESCO, median ms",
        title="Match top 10 with reasons, no GraphQL",
        row="Headwater.*",
        column="median ms",
        most=0.2,
        scale=FULL,
    ),
    Aim(
        what="engine: top 10 with gaps, 100,000 roles, 5,000,000 requirements, median ms",
        title="Match on made releases",
        row="100,000 roles.*",
        column="with reasons ms",
        most=2.0,
        scale=FULL,
    ),
    Aim(
        what="HTTP: top 10 without gaps, beside a static resolver as documented",
        title="Match top 10 without reasons, HTTP",
        row="static resolver, as documented",
        column="Headwater / it",
        most=0.6,
    ),
    Aim(
        what="HTTP: the full gap page, beside a static resolver as documented",
        title="Match top 10 with reasons, HTTP",
        row="static resolver, as documented",
        column="Headwater / it",
        most=0.15,
    ),
    Aim(
        what="HTTP: the same page asked through @neo4j/graphql 7, times Headwater's",
        title="Beside @neo4j/graphql",
        row="@neo4j/graphql.*",
        column="x Headwater",
        least=10.0,
    ),
    *(
        Aim(
            what=f"requests a second {what}, times those of a static resolver as documented",
            title=f"Requests a second, match top 10 {what}",
            row="static resolver, as documented",
            column="Headwater / it",
            least=least,
        )
        for what, least in (("with reasons", 6.67), ("without reasons", 1.67))
    ),
    Aim(
        what="plans without cycles: proved optimal in 0.3 s, % of cases",
        title="Cheapest plan, 5,000 courses",
        row="no cycles, all",
        column="in time %",
        least=99.0,
    ),
    Aim(
        what="plans with cycles: proved in 2 s, % of cases",
        title="Cheapest plan, 5,000 courses",
        row="with cycles, all",
        column="in time %",
        least=90.0,
    ),
    Aim(
        what="plans with cycles: gap at 5 s where not proved, %",
        title="Cheapest plan, 5,000 courses",
        row="with cycles, all",
        column="worst gap %",
        most=5.0,
    ),
    *(
        Aim(what=what, title="Snapshot", row="Headwater.*", column=column, most=most, scale=FULL)
        for what, column, most in (
            ("snapshot of the full set: build, s", "build s", 15.0),
            ("snapshot of the full set: file, MB", "file MB", 100.0),
            ("snapshot of the full set: load until the first match, s", "load s", 0.3),
            ("snapshot of the full set: a worker's own memory beyond one without, MB", "beyond MB", 30.0),
        )
    ),
    Aim(what="swap under load: failed requests", title="Swap", row="all of it", column="failed", most=0),
    Aim(
        what="swap under load: p99 around it, beside p99 before",
        title="Swap",
        row="around the swap",
        column="p99 / before",
        most=2.0,
    ),
    Aim(
        what="batch: learners a second a core, full ESCO",
        title="A file of learners",
        row="headwater batch, 1 .*",
        column="learners/s",
        least=5_000,
        scale=FULL,
    ),
    Aim(
        what="batch: two workers beside one",
        title="A file of learners",
        row="headwater batch, 2 .*",
        column="x one",
        least=1.8,
    ),
    Aim(
        what="talent search: 100,000 learners, 1,000,000 awards, p95 ms",
        title="Talent search",
        row="Headwater.*",
        column="p95 ms",
        most=100.0,
        scale=FULL,
    ),
    Aim(
        what="credentials: 1,000 mixed ones, two processes beside one",
        title="Credentials: mixed ones",
        row="headwater verify, 2 .*",
        column="x one",
        least=1.8,
    ),
    Aim(
        what="stewards: the same again, share of the first load",
        title="Stewards",
        row="the same again",
        column="share of the first load",
        most=0.2,
    ),
    Aim(
        what="stewards: a roll-back until readers see it, s",
        title="Stewards",
        row="roll-back of all of it, until readers see it",
        column="seconds",
        most=1.0,
    ),
    Aim(what="CASE: 10,000 items served, s", title="CASE", row=".*served", column="Headwater s", most=1.0),
    Aim(what="CASE: 585 items there and back, s", title="CASE", row=".*back", column="Headwater s", most=2.0),
)


def aims_table(tables: Sequence[Table], *, full: bool) -> Table:
    """Each aim that the tables of a run have a figure for: wanted, found, met or not met."""
    table = Table(title="Aims", columns=("wanted", "found", "result"))
    for aim in AIMS:
        found = aim.found(tables) if full or aim.scale != FULL else None
        if found is not None:
            table.add(aim.what, aim.bound(), found, "met" if aim.holds(found) else "not met")
    if not full:
        table.remarks.append("Aims about national data are judged on a run with --full.")
    return table
