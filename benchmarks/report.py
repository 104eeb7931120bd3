"""What is printed: rows of figures under headings, as text and as JSON."""

from dataclasses import asdict, dataclass, field

from .timing import Sample

_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: what was measured, and its cells in the order of the table's columns."""

    name: str
    cells: tuple[str | float | None, ...]


@dataclass(slots=True, kw_only=True)
class Table:
    """A heading, columns, rows, and remarks below."""

    title: str
    columns: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, name: str, *cells: str | float | None) -> None:
        """One row more."""
        self.rows.append(Row(name=name, cells=cells))

    def lines(self) -> list[str]:
        """The table as text; figures to the right."""
        shown = [("", *self.columns), *((row.name, *map(_shown, row.cells)) for row in self.rows)]
        widths = [max(len(line[column]) for line in shown) for column in range(len(self.columns) + 1)]
        text = [self.title, "-" * len(self.title)]
        for line in shown:
            first = line[0].ljust(widths[0])
            text.append("  ".join([first, *(cell.rjust(widths[at + 1]) for at, cell in enumerate(line[1:]))]).rstrip())
        return [*text, *self.remarks, ""]


def _shown(cell: str | float | None) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int) else f"{cell:,.2f}"


TIMED_COLUMNS = ("median ms", "p95 ms", "requests", "kB")


def timed_cells(sample: Sample) -> tuple[float, float, int, float | None]:
    """Cells of `TIMED_COLUMNS`."""
    size = sample.mean_bytes() / 1000
    return sample.median() * 1000, sample.p95() * 1000, len(sample.seconds), size or None


def megabytes(count: float) -> float:
    """Bytes as megabytes."""
    return count / _MEGABYTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run of the program: what was asked for, of which machine and data, and what was found."""

    command: str
    machine: dict[str, str]
    data: str
    seconds: float
    aims: Table
    tables: list[Table]

    def about(self) -> dict[str, str]:
        """The machine, the data and the duration."""
        return {**self.machine, "data": self.data, "took": f"{self.seconds:.0f} s"}


def as_text(run: Run) -> str:
    """The run as it is printed."""
    lines = [f"{key}: {value}" for key, value in run.about().items()]
    lines.append("")
    for table in (*([run.aims] if run.aims.rows else []), *run.tables):
        lines += table.lines()
    return "\n".join(lines)


def as_page(run: Run) -> str:
    """The run as a page of Markdown: machine and data, the aims as a table, all figures."""
    lines = ["# Figures of one run", "", f"Written by `{run.command}` ([how it is measured](benchmarks.md)).", ""]
    lines += ["| | |", "|---|---|", *(f"| {key} | {value} |" for key, value in run.about().items())]
    lines += ["", "## Aims", "", "| figure | wanted | found | |", "|---|---|---|---|"]
    for row in run.aims.rows:
        result = row.cells[-1]
        cells = [row.name, *map(_shown, row.cells[:-1]), f"**{result}**" if result != "met" else "met"]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", *(line for remark in run.aims.remarks for line in (remark, "")), "## Tables", "", "```"]
    for table in run.tables:
        lines += table.lines()
    return "\n".join([*lines[:-1], "```", ""])


def as_json(run: Run) -> dict[str, object]:
    """The same for programs: each row's cells by column."""
    found: list[dict[str, object]] = []
    for table in (run.aims, *run.tables):
        rows = [{"name": row.name, **dict(zip(table.columns, row.cells, strict=True))} for row in table.rows]
        found.append({**asdict(table), "rows": rows})
    about = {"machine": run.machine, "data": run.data, "command": run.command, "seconds": run.seconds}
    return {**about, "aims": found[0], "tables": found[1:]}
