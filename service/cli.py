"""The `headwater` command: turns arguments into calls of the rooms and prints what they answer.

Exit codes: 0 done (should-findings included), 1 must-findings (`--strict`: any finding), 2 usage or a missing file,
3 unavailable, 130 interrupted. Every command takes `--json`. docs/cli.md is made from the help and a test compares.
"""

import sys
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from graph.archive import Manifest
from graph.doctor import examine
from graph.matching import Policy, match
from graph.releases import Releases, current_snapshot
from graph.snapshot import DatasetInfo, ResourceType
from ontology.errors import FindingsError, HeadwaterError, InputError
from ontology.model import UNDETERMINED, FindingLevel
from ontology.readers import FORMATS
from ontology.readers.table_template import write_template

from . import console
from .asking import open_snapshot, read_held
from .settings import Settings, describe_settings, load_settings, server_environment

if TYPE_CHECKING:
    from graph.loading import LoadReport
    from graph.planning import Objective

# Commands import for themselves what takes long (driver, OR-tools, Strawberry, SHACL): `match` is to answer at once.

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""

app = typer.Typer(
    name="headwater",
    help="Skills knowledge graph: from what a learner can prove to what a job asks.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
datasets_app = typer.Typer(help="List and remove datasets.", no_args_is_help=True, rich_markup_mode=None)
releases_app = typer.Typer(
    help="List, show, compare and roll back releases.", no_args_is_help=True, rich_markup_mode=None
)
config_app = typer.Typer(help="Settings and where each comes from.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(datasets_app, name="datasets")
app.add_typer(releases_app, name="releases")
app.add_typer(config_app, name="config")

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Home = Annotated[Path | None, typer.Option("--home", help="Data folder; default: HEADWATER_HOME.", show_default=False)]
Languages = Annotated[
    list[str] | None, typer.Option("--language", "-l", help="Language of labels, best first (BCP 47).")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 on any finding.")]
Format = Annotated[
    str | None, typer.Option("--format", "-f", help=f"One of: {', '.join(FORMATS)}. Default: by content.")
]
Credentials = Annotated[list[str] | None, typer.Option("--credential", "-c", help="A credential that is held.")]
Courses = Annotated[list[str] | None, typer.Option("--course", help="A course that was taken.")]
Competencies = Annotated[
    list[str] | None, typer.Option("--competency", "-s", help="A competency that is held; =VALUE@SCALE for a level.")
]
Experience = Annotated[float, typer.Option("--experience-days", min=0, help="Days of experience.")]
First = Annotated[int, typer.Option("--first", "-n", min=1, max=100, help="How many, 1 to 100.")]
TextLanguage = Annotated[str, typer.Option("--language", "-l", help="Of texts whose source names none (BCP 47).")]


def _settings(home: Path | None, **values: object) -> Settings:
    return load_settings(home=home, **values)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("headwater"))
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback with an error.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    del debug, show_version  # looked for by `run` and by the callback


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Answer the README's question and end.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Load the example, answer the README's question, then serve until Ctrl-C."""
    from .demo import show_demo
    from .listening import listen

    settings = _settings(home)
    if "home" not in settings.origins:
        settings = _settings(settings.home.with_name("headwater-demo"))
    with show_demo(settings, as_json=as_json):
        if not once:
            listen(settings)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; default 8000.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Serve GraphQL and the web page over HTTP until SIGTERM or Ctrl-C."""
    from .listening import listen

    settings = _settings(home, host=host, port=port)
    listen(settings, as_json=as_json)


@app.command()
def load(
    sources: Annotated[list[Path], typer.Argument(help="Files, folders or archives; each is a dataset.")],
    fmt: Format = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Name of the dataset.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change; change nothing.")] = False,
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help="Leave broken records out, load the rest.")
    ] = False,
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Allow more than a tenth to go.")] = False,
    language: TextLanguage = UNDETERMINED,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Read, check and publish sources, each as a dataset of its own."""
    from .stewarding import LoadOptions, load_sources

    options = LoadOptions(
        format=fmt,
        dataset=dataset,
        language=language,
        dry_run=dry_run,
        skip_broken=skip_broken,
        allow_removals=allow_removals,
    )
    reports = load_sources(_settings(home), sources, options)
    _show_reports(reports, as_json=as_json, strict=strict)


@app.command()
def check(
    source: Annotated[Path, typer.Argument(help="A file, folder or archive.")],
    fmt: Format = None,
    dataset: Annotated[str | None, typer.Option("--dataset", "-d", help="Name it would be loaded under.")] = None,
    language: TextLanguage = UNDETERMINED,
    shapes: Annotated[bool, typer.Option("--shapes", help="Also run shapes.ttl by SHACL; slow on large sets.")] = False,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Tell every fault of a source; load nothing, need no server."""
    from .stewarding import LoadOptions, check_source

    options = LoadOptions(format=fmt, dataset=dataset, language=language, dry_run=True, allow_removals=True)
    report = check_source(_settings(home), source, options, shapes=shapes)
    _show_reports([report], as_json=as_json, strict=strict)


def _show_reports(reports: "Sequence[LoadReport]", *, as_json: bool, strict: bool) -> None:
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


@app.command()
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


@datasets_app.command("list")
def list_datasets(home: Home = None, as_json: AsJson = False) -> None:
    """The datasets of the current release, with licence and attribution."""
    current = Releases(_settings(home).home).current()
    found = [_dataset_json(dataset) for dataset in (current.datasets if current else ())]
    if as_json:
        console.print_json({"datasets": found, "release": current.number if current else None})
        return
    console.print_rows(
        ("name", "format", "license"), [[row["name"], row["format"], row["license"] or "-"] for row in found]
    )


@datasets_app.command("remove")
def remove_dataset(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Also where others refer to it.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Publish a release without a dataset."""
    from .stewarding import remove

    report = remove(_settings(home), name, allow_removals=allow_removals)
    _show_reports([report], as_json=as_json, strict=False)


@releases_app.command("list")
def list_releases(home: Home = None, as_json: AsJson = False) -> None:
    """All releases, newest first."""
    found = [_release_json(manifest) for manifest in Releases(_settings(home).home).published()]
    if as_json:
        console.print_json({"releases": found})
        return
    rows = [[str(row["number"]), str(row["publishedAt"]), str(row["note"] or "-")] for row in found]
    console.print_rows(("release", "published", "note"), rows)


@releases_app.command("show")
def show_release(
    number: Annotated[int, typer.Argument(help="Number of the release.")], home: Home = None, as_json: AsJson = False
) -> None:
    """One release and its datasets."""
    manifest = Releases(_settings(home).home).get(number)
    shown = _release_json(manifest) | {"datasets": [_dataset_json(dataset) for dataset in manifest.datasets]}
    if as_json:
        console.print_json(shown)
        return
    typer.echo(f"Release {manifest.number}, published {manifest.published_at}: {manifest.note or 'no note'}")
    console.print_rows(("name", "format", "checksum"), [[d.name, d.format, d.checksum[:16]] for d in manifest.datasets])


@releases_app.command("diff")
def diff_releases(
    before: Annotated[int, typer.Argument(help="Number of the older release; 0 for nothing.")],
    after: Annotated[int, typer.Argument(help="Number of the newer release.")],
    first: Annotated[int, typer.Option("--first", "-n", min=1, help="How many subjects to list as text.")] = 100,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """The subjects that were added, changed and removed between two releases."""
    releases = Releases(_settings(home).home)
    old = releases.get(before) if before else None
    changes = list(releases.diff(old, releases.get(after)))
    counts = Counter(change.kind.value for change in changes)
    if as_json:
        listed = [{"dataset": each.dataset, "subject": each.subject, "kind": each.kind.value} for each in changes]
        console.print_json({"counts": dict(sorted(counts.items())), "changes": listed})
        return
    for each in changes[:first]:
        typer.echo(f"{each.kind.value:8} {each.dataset} {each.subject}")
    if len(changes) > first:
        typer.echo(f"... and {len(changes) - first} more; --json lists all of them.")
    typer.echo(", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "no difference")


@releases_app.command("rollback")
def roll_back(
    number: Annotated[int, typer.Argument(help="Number of the release to go back to.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Publish the content of an old release as the next one."""
    from . import stewarding

    manifest = stewarding.roll_back(_settings(home), number)
    if as_json:
        console.print_json(_release_json(manifest))
    else:
        typer.echo(f"Release {manifest.number} has the content of release {number}.")


@app.command("match")
def match_roles(
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    roles: Annotated[list[str] | None, typer.Option("--role", "-r", help="Only these roles.")] = None,
    first: First = 10,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Job roles that fit what is held, best first. Needs no server."""
    snapshot = open_snapshot(_settings(home).home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    named = [snapshot.resolve(role, [ResourceType.JOB_ROLE]) for role in roles or ()]
    looked_at = np.array(named, np.int32) if named else None
    found = match(snapshot, held, Policy(), roles=looked_at, named=named)
    results = [found.detail(position) for position in range(min(first, len(found)))]
    if as_json:
        listed = [console.match_json(snapshot, result, languages or ()) for result in results]
        console.print_json({"matches": listed, "totalCount": len(found), "release": snapshot.release})
    else:
        console.print_matches(snapshot, results, len(found), languages or ())


@app.command("plan")
def plan_role(
    role: Annotated[str, typer.Argument(help="The role: IRI, code or label.")],
    level: Annotated[str | None, typer.Option("--level", help="Level of the role; default: any.")] = None,
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    objective: Annotated[str, typer.Option("--objective", "-o", help="cheapest, fastest or fewest.")] = "cheapest",
    max_cost: Annotated[float | None, typer.Option("--max-cost", help="In --currency.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="ISO 4217.")] = None,
    max_days: Annotated[float | None, typer.Option("--max-days", help="Learning days.")] = None,
    max_steps: Annotated[int | None, typer.Option("--max-steps", help="Courses and credentials.")] = None,
    providers: Annotated[
        list[str] | None, typer.Option("--provider", help="Only of these providers or issuers.")
    ] = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="course, credential, or a credential's kind.")
    ] = None,
    no_unknown: Annotated[bool, typer.Option("--no-unknown", help="No step without a figure.")] = False,
    deadline_ms: Annotated[int, typer.Option("--deadline-ms", min=1, help="Time for the search.")] = 10_000,
    first: First = 3,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """The best ways from what is held to a role. Needs no server."""
    from graph.planning import Limits, plan

    snapshot = open_snapshot(_settings(home).home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    limits = Limits(
        max_cost=max_cost,
        currency=currency,
        max_days=max_days,
        max_steps=max_steps,
        providers=tuple(providers) if providers else None,
        kinds=tuple(kinds) if kinds else None,
        allow_unknown=not no_unknown,
        deadline_ms=deadline_ms,
    )
    answer = plan(
        snapshot,
        held,
        snapshot.resolve(role, [ResourceType.JOB_ROLE]),
        level=level,
        objective=_objective(objective),
        limits=limits,
        policy=Policy(),
        first=first,
    )
    if as_json:
        console.print_json(console.plan_json(snapshot, answer, languages or ()))
    else:
        console.print_plans(snapshot, answer, languages or ())


@app.command()
def stats(home: Home = None, as_json: AsJson = False) -> None:
    """How much of what is loaded. Needs no server."""
    snapshot = current_snapshot(_settings(home).home)
    counts = {kind.name.lower(): len(snapshot.rows(kind)) for kind in ResourceType}
    counts |= {
        "requirement": len(snapshot.node_iris),
        "teaching": len(snapshot.teaches_competency),
        "awarding": len(snapshot.awards_credential),
        "alignment": len(snapshot.alignment_iris),
        "scale": len(snapshot.scale_iris),
        "role_level": len(snapshot.level_iris),
    }
    if as_json:
        names = [dataset.name for dataset in snapshot.datasets]
        console.print_json({"release": snapshot.release, "datasets": names, "counts": counts})
    else:
        console.print_rows(("what", "count"), [[name, str(count)] for name, count in counts.items()])


@app.command()
def schema(as_json: AsJson = False) -> None:
    """The GraphQL schema, as SDL."""
    from .limits import QueryLimits
    from .schema import build_schema, print_sdl

    sdl = print_sdl(build_schema(QueryLimits(), introspection=True, suggestions=True))
    if as_json:
        console.print_json({"sdl": sdl})
    else:
        typer.echo(sdl, nl=False)


@app.command()
def doctor(home: Home = None, as_json: AsJson = False) -> None:
    """What is found of everything that Headwater needs, and what to do where something is wrong."""
    settings = _settings(home)
    checks = examine(settings.home, environment=server_environment(settings))
    if as_json:
        console.print_json({"checks": [asdict(check) for check in checks]})
    else:
        for each in checks:
            typer.echo(f"{'ok  ' if each.ok else 'LOOK'} {each.name}: {each.found}")
            if each.advice:
                typer.echo(f"     {each.advice}")
    if not all(each.ok for each in checks):
        raise typer.Exit(1)


@config_app.command("show")
def show_config(home: Home = None, as_json: AsJson = False) -> None:
    """Each setting, its value and where it comes from; secrets are hidden."""
    rows = describe_settings(_settings(home))
    if as_json:
        listed = [{"name": name, "value": value, "origin": origin} for name, value, origin in rows]
        console.print_json({"settings": listed})
    else:
        console.print_rows(("setting", "value", "origin"), [list(row) for row in rows])


def _dataset_json(dataset: DatasetInfo) -> dict[str, str | None]:
    return {
        "id": dataset.iri,
        "name": dataset.name,
        "format": dataset.format,
        "license": dataset.license,
        "attribution": dataset.attribution,
        "checksum": dataset.checksum,
    }


def _release_json(manifest: Manifest) -> console.Json:
    return {
        "id": manifest.iri,
        "number": manifest.number,
        "publishedAt": manifest.published_at,
        "note": manifest.note,
    }


def _objective(text: str) -> "Objective":
    from graph.planning import Objective

    found = {objective.name.casefold(): objective for objective in Objective}.get(text.casefold())
    if found is None:
        raise InputError(
            f"There is no objective {text!r}.",
            code="input.unknown-objective",
            hint=f"One of: {', '.join(objective.name.lower() for objective in Objective)}.",
        )
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command; what it says is on stdout and stderr."""
    try:
        typer.main.get_command(app).main(list(arguments), prog_name="headwater")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except HeadwaterError as error:
        _show_error(error, as_json="--json" in arguments, debug="--debug" in arguments)
        return error.exit_code
    return 0


def _show_error(error: HeadwaterError, *, as_json: bool, debug: bool) -> None:
    if as_json:
        console.print_json(console.error_json(error))
    console.tell(f"Error: {error.message} [{error.code}]")
    for iri, label in getattr(error, "candidates", ()):
        console.tell(f"  {label} <{iri}>")
    if error.hint:
        console.tell(f"Hint: {error.hint}")
    if debug:
        traceback.print_exception(error)
