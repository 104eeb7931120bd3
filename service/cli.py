"""The `headwater` command: turns arguments into calls of the rooms and prints what they answer.

Exit codes: 0 done (should-findings included), 1 must-findings (`--strict`: any finding), 2 usage or a missing file,
3 unavailable, 130 interrupted. Every command takes `--json`. docs/cli.md is made from the help and a test compares.
"""

import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated

import typer

from graph.doctor import examine
from graph.releases import current_snapshot
from graph.snapshot import ResourceType
from ontology.errors import HeadwaterError, InputError, UnavailableError

from . import console
from .commands import (
    backups,
    batches,
    credentials,
    exporting,
    fairness,
    issuing,
    keys,
    learners,
    loading,
    overlays,
    questions,
    releases,
    scales,
    talent,
)
from .commands.options import AsJson, Home, settings_of
from .settings import describe_settings, server_environment

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
config_app = typer.Typer(help="Settings and where each comes from.", no_args_is_help=True, rich_markup_mode=None)


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

    settings = settings_of(home)
    if "home" not in settings.origins:
        settings = settings_of(settings.home.with_name("headwater-demo"))
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

    settings = settings_of(home, host=host, port=port)
    listen(settings, as_json=as_json)


for _commands in (
    loading,
    exporting,
    releases,
    overlays,
    questions,
    batches,
    fairness,
    scales,
    credentials,
    issuing,
    learners,
    talent,
    keys,
    backups,
):
    _commands.register(app)
app.add_typer(config_app, name="config")


@app.command()
def stats(home: Home = None, as_json: AsJson = False) -> None:
    """How much of what is loaded. Needs no server."""
    snapshot = current_snapshot(settings_of(home).home)
    counts = {kind.name.lower(): len(snapshot.rows(kind)) for kind in ResourceType}
    counts |= {
        "requirement": len(snapshot.node_iris),
        "teaching": len(snapshot.teaches_competency),
        "awarding": len(snapshot.awards_credential),
        "alignment": len(snapshot.alignment_iris),
        "scale": len(snapshot.scale_iris),
        "scale_level": len(snapshot.scale_level_iris),
        "level_mapping": len(snapshot.mapping_iris),
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
    settings = settings_of(home)
    checks = examine(settings.home, environment=server_environment(settings))
    if as_json:
        console.print_json({"checks": [asdict(check) for check in checks]})
    else:
        for each in checks:
            typer.echo(f"{'ok  ' if each.ok else 'LOOK'} {each.name}: {each.found}")
            if each.advice:
                typer.echo(f"     {each.advice}")
    if any(each.away for each in checks):
        raise typer.Exit(UnavailableError.exit_code)
    if not all(each.ok for each in checks):
        raise typer.Exit(1)


@config_app.command("show")
def show_config(home: Home = None, as_json: AsJson = False) -> None:
    """Each setting, its value and where it comes from; secrets are hidden."""
    rows = describe_settings(settings_of(home))
    if as_json:
        listed = [{"name": name, "value": value, "origin": origin} for name, value, origin in rows]
        console.print_json({"settings": listed})
    else:
        console.print_rows(("setting", "value", "origin"), [list(row) for row in rows])


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command and ends the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: Sequence[str]) -> int:
    """The exit code of a command; what it says is on stdout and stderr."""
    as_json, debug = "--json" in arguments, "--debug" in arguments
    try:
        # Outside of standalone mode wrong usage is raised and an exit code given back; inside of it typer shows the
        # usage for people and ends.
        ended = typer.main.get_command(app).main(list(arguments), prog_name="headwater", standalone_mode=not as_json)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.TyperException as wrong:
        _show_error(_usage_error(wrong), as_json=as_json, debug=debug)
        return InputError.exit_code
    except HeadwaterError as error:
        _show_error(error, as_json=as_json, debug=debug)
        return error.exit_code
    except Exception as fault:  # noqa: BLE001 - the edge of the process: no fault of ours ends in a traceback
        _show_error(_own_fault(fault), as_json=as_json, debug=debug)
        return UnavailableError.exit_code
    return ended if isinstance(ended, int) else 0


def _usage_error(wrong: typer.TyperException) -> HeadwaterError:
    return InputError(
        wrong.format_message(), code="input.usage", hint="`headwater COMMAND --help` tells what a command takes."
    )


def _own_fault(fault: Exception) -> HeadwaterError:
    """An error that no room foresaw, with its cause for --debug."""
    error = UnavailableError(
        f"Headwater has a fault: {type(fault).__name__}.",
        code="internal",
        hint="`headwater --debug COMMAND` shows where; please report it.",
    )
    error.__cause__ = fault
    return error


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
