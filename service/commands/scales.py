"""The command that tells what levels are measured on, and which levels of two scales correspond. Needs no server."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
import typer

from graph.archive import Archive
from graph.level_mappings import Comparison, ReadLevel, level_mappings_of
from graph.provenance import Provenance
from graph.scales import find_scale, named_level, unread_levels
from graph.snapshot import Snapshot
from graph.statements import Statement, level_mapping_statement, scale_level_statement, scale_statement
from service import console
from service.asking import open_snapshot

from .options import AsJson, Home, Languages, settings_of

Json = dict[str, object]
_WHY = {
    Comparison.SAME: "one scale",
    Comparison.MAPPED: "compare by mappings",
    Comparison.UNMAPPED: "do not compare: no mapping joins them",
    Comparison.CONTRADICTORY: "do not compare: the mappings between them contradict each other, and none counts",
}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("scales")(tell_scales)


def tell_scales(
    scale: Annotated[str | None, typer.Argument(help="One scale: its IRI or exact label.", show_default=False)] = None,
    on: Annotated[
        str | None, typer.Option("--on", help="Only how its levels are read on this one: IRI or exact label.")
    ] = None,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Scales, what their levels are called, and how levels of one are read on another. Needs no server."""
    settings = settings_of(home)
    snapshot = open_snapshot(settings.home)
    teller = _Teller(snapshot, Provenance(Archive(settings.home / "archive")), languages or ())
    if scale is None and on is None:
        rows = np.flatnonzero(~np.isnan(snapshot.scale_minimum)).tolist()
        if as_json:
            listed = [teller.scale(row) for row in rows]
            console.print_json({"scales": listed, "levelMappings": teller.mappings(), "release": snapshot.release})
        else:
            teller.print_all(rows)
        return
    row = find_scale(snapshot, scale or on or "")
    joined = level_mappings_of(snapshot).mapped(row)
    others = [find_scale(snapshot, on)] if on is not None else joined
    if as_json:
        readings = [teller.reading(row, each) for each in others]
        console.print_json({"scale": teller.scale(row), "readings": readings, "release": snapshot.release})
    else:
        teller.print_one(row, others)


class _Teller:
    """Tells of the scales of one release."""

    def __init__(self, snapshot: Snapshot, provenance: Provenance, languages: Sequence[str]):
        self._snapshot = snapshot
        self._provenance = provenance
        self._languages = languages
        self._mappings = level_mappings_of(snapshot)

    def scale(self, row: int) -> Json:
        """A scale with its named levels and the scales that mappings join to it."""
        own = self._snapshot
        return {
            **self._named(row),
            "minimum": _known(float(own.scale_minimum[row])),
            "maximum": _known(float(own.scale_maximum[row])),
            "levels": [self._level(level) for level in own.span("scale_level_offsets", row)],
            "joined": [self._named(each) for each in self._mappings.mapped(row)],
            "readFrom": self._read_from(scale_statement(own, row)),
        }

    def mappings(self) -> list[Json]:
        """Every mapping between levels."""
        return [self._mapping(row) for row in range(len(self._snapshot.mapping_iris))]

    def reading(self, row: int, on: int) -> Json:
        """How levels of one scale are read on another."""
        return {
            "scale": self._named(row),
            "on": self._named(on),
            "comparison": self._mappings.compare(row, on).name,
            "steps": [
                {"held": each.value, "readAs": each.read, "mapping": self._mapping(each.mapping)}
                for each in self._mappings.steps(row, on)
            ],
            "unknown": [self._level(level) for level in unread_levels(self._snapshot, row, on)],
        }

    def print_all(self, rows: Sequence[int]) -> None:
        """The scales, then the mappings."""
        own = self._snapshot
        console.print_rows(
            ("scale", "from", "to", "named levels", "joined to", "dataset", "IRI"),
            [
                [
                    self._label(row),
                    f"{float(own.scale_minimum[row]):g}",
                    f"{float(own.scale_maximum[row]):g}",
                    str(len(own.span("scale_level_offsets", row))),
                    ", ".join(map(self._label, self._mappings.mapped(row))) or "-",
                    self._dataset(int(own.scale_dataset[row])),
                    own.scale_iris[row],
                ]
                for row in rows
            ],
        )
        if len(own.mapping_iris):
            found = [self._mapping_row(row) for row in range(len(own.mapping_iris))]
            console.print_rows(("level", "of", "is level", "of", "counts", "dataset"), found)

    def print_one(self, row: int, others: Sequence[int]) -> None:
        """A scale with its levels, and how they are read on the others."""
        own = self._snapshot
        low, high = float(own.scale_minimum[row]), float(own.scale_maximum[row])
        read_from = _text(self._read_from(scale_statement(own, row)))
        typer.echo(f"{self._label(row)} <{own.scale_iris[row]}>, from {low:g} to {high:g}{read_from}")
        levels = own.span("scale_level_offsets", row)
        if levels:
            texts = [
                [
                    f"{float(own.scale_level_value[level]):g}",
                    (own.scale_level_label(level, self._languages) or ("-", ""))[0],
                    own.scale_level_iris[level],
                ]
                for level in levels
            ]
            console.print_rows(("level", "name", "IRI"), texts)
        for other in others:
            self._print_reading(row, other)
        if not others:
            typer.echo("No mapping joins it to another scale: its levels compare with each other alone.")

    def _print_reading(self, row: int, other: int) -> None:
        comparison = self._mappings.compare(row, other)
        typer.echo(f"{self._label(row)} and {self._label(other)} {_WHY[comparison]}.")
        steps = self._mappings.steps(row, other)
        if steps:
            headings = ("from level", f"counts as, of {self._label(other)}", "says")
            console.print_rows(headings, list(map(self._step, steps)))
            typer.echo(f"Below {self._level_text(row, steps[0].value)} nothing is known.")
        unknown = unread_levels(self._snapshot, row, other)
        if unknown:
            values = (float(self._snapshot.scale_level_value[level]) for level in unknown)
            typer.echo(f"Not known on it: {', '.join(self._level_text(row, value) for value in values)}.")

    def _step(self, level: ReadLevel) -> list[str | None]:
        says = self._read_from(level_mapping_statement(self._snapshot, level.mapping))
        held, read = self._level_text(level.scale, level.value), self._level_text(level.asked, level.read)
        return [held, read, _text(says).strip(" []") or "-"]

    def _mapping(self, row: int) -> Json:
        own = self._snapshot
        ends = int(own.mapping_scale[row]), int(own.mapping_matched_scale[row])
        return {
            "id": own.mapping_iris[row],
            "level": {"scale": own.scale_iris[ends[0]], "value": float(own.mapping_value[row])},
            "matched": {"scale": own.scale_iris[ends[1]], "value": float(own.mapping_matched_value[row])},
            "counts": self._mappings.compare(*ends) is Comparison.MAPPED,
            "readFrom": self._read_from(level_mapping_statement(own, row)),
        }

    def _mapping_row(self, row: int) -> list[str | None]:
        own = self._snapshot
        one, other = int(own.mapping_scale[row]), int(own.mapping_matched_scale[row])
        return [
            self._level_text(one, float(own.mapping_value[row])),
            self._label(one),
            self._level_text(other, float(own.mapping_matched_value[row])),
            self._label(other),
            "yes" if self._mappings.compare(one, other) is Comparison.MAPPED else "no",
            self._dataset(int(own.mapping_dataset[row])),
        ]

    def _level(self, row: int) -> Json:
        own = self._snapshot
        label = own.scale_level_label(row, self._languages)
        return {
            "id": own.scale_level_iris[row],
            "value": float(own.scale_level_value[row]),
            "label": None if label is None else label[0],
            "readFrom": self._read_from(scale_level_statement(own, row)),
        }

    def _named(self, row: int) -> Json:
        return {"id": self._snapshot.scale_iris[row], "label": self._label(row)}

    def _label(self, row: int) -> str:
        return self._snapshot.scale_label(row, self._languages)[0]

    def _level_text(self, scale: int, value: float) -> str:
        return named_level(self._snapshot, scale, value, f"{value:g}", self._languages)

    def _dataset(self, row: int) -> str:
        return "-" if row < 0 else self._snapshot.datasets[row].name

    def _read_from(self, statement: Statement | None) -> Json | None:
        """The dataset and, where the load noted it, the place."""
        if statement is None:
            return None
        found = self._provenance.find(statement.dataset, statement.iri)
        place: Json = {} if found is None else {"file": found.file, "line": found.line, "pointer": found.pointer}
        return {"dataset": statement.dataset.name, **place}


def _known(value: float) -> float | None:
    return value if value == value else None


def _text(read_from: Json | None) -> str:
    """` [dataset: file:line]`, or with the pointer; the dataset alone where the place is not known."""
    if read_from is None:
        return ""
    line = f":{read_from['line']}" if read_from.get("line") is not None else ""
    pointer = f" {read_from['pointer']}" if read_from.get("pointer") else ""
    place = f": {read_from['file']}{line}{pointer}" if read_from.get("file") else ""
    return f" [{read_from['dataset']}{place}]"
