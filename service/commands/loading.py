"""Commands that bring data in: load, check, template."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.layout import PRIVATE, PUBLIC
from ontology.errors import FindingsError, InputError
from ontology.model import UNDETERMINED, Finding, FindingLevel
from ontology.readers.table_template import write_template
from service import console

from .options import AsJson, FindingsAs, Format, Home, Strict, TextLanguage, settings_of

if TYPE_CHECKING:
    from graph.loading import LoadReport


FINDING_SHAPES = ("text", "json", "csv", "sarif")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(load)
    app.command()(check)
    app.command()(report)
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
    anew: Annotated[
        bool, typer.Option("--anew", help="Read and check also what is the same as at the load before.")
    ] = False,
    findings: FindingsAs = None,
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
        anew=anew,
    )
    reports = load_sources(settings_of(home), [_source(each) for each in sources], options)
    show_reports(reports, shape=chosen_shape(findings, as_json=as_json), strict=strict)


def check(
    source: Annotated[str, typer.Argument(help="A file, folder, archive or https:// address.")],
    fmt: Format = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Name it would be loaded under.")] = None,
    language: TextLanguage = UNDETERMINED,
    shapes: Annotated[bool, typer.Option("--shapes", help="Also run shapes.ttl by SHACL; slow on large sets.")] = False,
    quality: Annotated[
        bool,
        typer.Option("--quality", help="Also what no rule forbids: orphans, overlapping labels, what is not taught."),
    ] = False,
    findings: FindingsAs = None,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Tell every fault of a source; load nothing, need no server."""
    from service.stewarding import LoadOptions, check_source

    options = LoadOptions(format=fmt, dataset=dataset, language=language, dry_run=True, allow_removals=True)
    shape = chosen_shape(findings, as_json=as_json)
    report = check_source(settings_of(home), _source(source), options, shapes=shapes, quality=quality)
    show_reports([report], shape=shape, strict=strict)


def report(
    dataset: Annotated[str | None, typer.Argument(help="Name of a dataset. Default: all of them.")] = None,
    findings: FindingsAs = None,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """The quality of what is loaded: every should-finding, each by itself. Needs no server."""
    from service.stewarding import report_quality

    shape = chosen_shape(findings, as_json=as_json)
    found = report_quality(settings_of(home), dataset)
    if shape == "json":
        console.print_json({"findings": [console.finding_json(each) for each in found]})
    elif shape == "text":
        console.print_counts(found)
        console.print_findings(found)
    else:
        print_findings_as(found, shape)
    if strict and found:
        raise typer.Exit(FindingsError.exit_code)


def _source(text: str) -> Path | str:
    """An address as it is, anything else as a path."""
    from ontology.harvest import is_address

    return text if is_address(text) else Path(text)


def chosen_shape(findings: str | None, *, as_json: bool) -> str:
    """How findings are printed. Raises InputError for a word that is none of `FINDING_SHAPES`."""
    shape = (findings or ("json" if as_json else "text")).casefold()
    if shape not in FINDING_SHAPES:
        raise InputError(
            f"Findings are not printed as {findings!r}.",
            code="input.findings-shape",
            hint=f"One of: {', '.join(FINDING_SHAPES)}.",
        )
    return shape


def show_reports(reports: "Sequence[LoadReport]", *, shape: str, strict: bool) -> None:
    """Prints reports: one JSON document, with `reports` around them where there are several. Exits with 1 on musts."""
    findings = [finding for report in reports for finding in report.findings]
    if shape == "json":
        shown = [console.report_json(report) for report in reports]
        console.print_json(shown[0] if len(shown) == 1 else {"reports": shown})
    elif shape == "text":
        for report in reports:
            console.print_report(report)
    else:
        print_findings_as(findings, shape)
    must = any(finding.level is FindingLevel.MUST for finding in findings)
    if must or (strict and findings):
        raise typer.Exit(FindingsError.exit_code)


def print_findings_as(findings: "Sequence[Finding]", shape: str) -> None:
    """Prints findings for another program, `csv` or `sarif`."""
    from service.findings_report import findings_csv, findings_sarif

    typer.echo((findings_csv if shape == "csv" else findings_sarif)(findings), nl=False)


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
