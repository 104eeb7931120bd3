"""The command that takes a dataset out: export."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from graph.releases import Releases
from ontology.errors import FindingsError
from service import console
from service.exporting import EXPORT_FORMATS, Export, export_dataset, export_to

from .options import AsJson, Home, Strict, settings_of


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(export)


def export(
    dataset: Annotated[str, typer.Argument(help="Name of the dataset.")],
    fmt: Annotated[str, typer.Option("--format", "-f", help=f"One of: {', '.join(EXPORT_FORMATS)}.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File; for csv a .zip or a folder. Default: stdout.", show_default=False),
    ] = None,
    release: Annotated[int | None, typer.Option("--release", min=1, help="Of this release. Default: current.")] = None,
    provenance: Annotated[
        bool, typer.Option("--with-provenance", help="Also say which release it is of, and when it was published.")
    ] = False,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write a dataset in a standard's format, and tell what the format cannot hold. Needs no server."""
    releases = Releases(settings_of(home).home)
    if output is None:
        losses = tuple(
            export_dataset(releases, dataset, fmt, sys.stdout.buffer, release=release, provenance=provenance)
        )
        sys.stdout.buffer.flush()
        done = Export(dataset=dataset, format=fmt, files=(), losses=losses)
    else:
        done = export_to(releases, dataset, fmt, output, release=release, provenance=provenance)
    _tell(done, as_json=as_json and output is not None)
    if strict and done.losses:
        raise typer.Exit(FindingsError.exit_code)


def _tell(done: Export, *, as_json: bool) -> None:
    if as_json:
        losses = [{"subject": loss.subject, "what": loss.what} for loss in done.losses]
        console.print_json({"dataset": done.dataset, "format": done.format, "files": [*done.files], "losses": losses})
        return
    for file in done.files:
        typer.echo(file)
    for loss in done.losses:
        console.tell(f"Lost: {loss.what}")
