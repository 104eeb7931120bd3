"""Commands that bring data in: load, check, template."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.layout import PRIVATE, PUBLIC
from ontology.errors import FindingsError
from ontology.model import UNDETERMINED, FindingLevel
from ontology.readers.table_template import write_template
from service import console

from .options import AsJson, Format, Home, Strict, TextLanguage, settings_of

if TYPE_CHECKING:
    from graph.loading import LoadReport


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(load)
    app.command()(check)
    app.command()(template)


def load(
    sources: Annotated[
        list[str], typer.Argument(help="Files, folders, archives or https:// addresses; each is a dataset.")
    ],
    fmt: Format = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Name of the dataset.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change; change nothing.")] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave broken records out, load the rest.")
    ] = False,
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Allow more than a tenth to go.")] = False,
    private: Annotated[
        bool | None,
        typer.Option("--private/--public", help="Who sees the dataset. Default: as before, public at first."),
    ] = None,
    language: TextLanguage = UNDETERMINED,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Read, check and publish sources, each as a dataset of its own."""
    from service.stewarding import LoadOptions, load_sources

    options = LoadOptions(
        format=fmt,
        dataset=dataset,
        language=language,
        dry_run=dry_run,
        skip_broken=skip_broken,
        allow_removals=allow_removals,
        visibility=None if private is None else PRIVATE if private else PUBLIC,
    )
    reports = load_sources(settings_of(home), [_source(each) for each in sources], options)
    show_reports(reports, as_json=as_json, strict=strict)


def check(
    source: Annotated[str, typer.Argument(help="A file, folder, archive or https:// address.")],
    fmt: Format = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Name it would be loaded under.")] = None,
    language: TextLanguage = UNDETERMINED,
    shapes: Annotated[bool, typer.Option("--shapes", help="Also run shapes.ttl by SHACL; slow on large sets.")] = False,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Tell every fault of a source; load nothing, need no server."""
    from service.stewarding import LoadOptions, check_source

    options = LoadOptions(format=fmt, dataset=dataset, language=language, dry_run=True, allow_removals=True)
    report = check_source(settings_of(home), _source(source), options, shapes=shapes)
    show_reports([report], as_json=as_json, strict=strict)


def _source(text: str) -> Path | str:
    """An address as it is, anything else as a path."""
    from ontology.harvest import is_address

    return text if is_address(text) else Path(text)


def show_reports(reports: "Sequence[LoadReport]", *, as_json: bool, strict: bool) -> None:
    """Prints reports: one JSON document, with `reports` around them where there are several. Exits with 1 on musts."""
    if as_json:
        shown = [console.report_json(report) for report in reports]
        console.print_json(shown[0] if len(shown) == 1 else {"reports": shown})
    else:
        for report in reports:
            console.print_report(report)
    findings = [finding for report in reports for finding in report.findings]
    must = any(finding.level is FindingLevel.MUST for finding in findings)
    if must or (strict and findings):
        raise typer.Exit(FindingsError.exit_code)


def template(
    folder: Annotated[Path, typer.Argument(help="Folder to write into; made where it is missing.")],
    as_json: AsJson = False,
) -> None:
    """Write empty Tables with a line of example in each."""
    paths = [str(path) for path in write_template(folder)]
    if as_json:
        console.print_json({"files": paths})
    else:
        typer.echo("\n".join(paths))
