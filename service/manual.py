"""The page made from the code: docs/cli.md, from the help of the commands. `make docs` writes, a test compares.

Knows how a page looks; the words are the commands' own. Called by the Makefile.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from .cli import app

_HEAD = """# Commands

Made from the help of the commands by `make docs`. Data goes to stdout, messages and progress to stderr; bars only on
a terminal.

Exit codes: 0 done (should-findings included), 1 must-findings (with `--strict` any finding), 2 usage or a missing file,
3 something that should answer does not, 130 interrupted. `headwater --debug COMMAND` adds a traceback to an error.
"""


def cli_manual() -> str:
    """docs/cli.md as it must be."""
    command = typer.main.get_command(app)
    return "\n".join([_HEAD, *_sections(command, ["headwater"], typer.Context(command))])


def _sections(command: object, path: Sequence[str], context: typer.Context) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            yield from _sections(command.get_command(context, name), [*path, name], context)
    elif isinstance(command, TyperCommand):
        arguments = [_metavar(each) for each in command.params if isinstance(each, TyperArgument)]
        yield f"## {' '.join(path)}\n\n{command.help or ''}\n\n```\n{' '.join([*path, *arguments])}\n```\n"
        yield "\n".join(["| | |", "|---|---|", *(_row(each) for each in command.params), ""])


def _metavar(argument: TyperArgument) -> str:
    name = (argument.name or "").upper()
    return name if argument.nargs == 1 else f"{name}…"


def _row(parameter: object) -> str:
    assert isinstance(parameter, TyperArgument | TyperOption)
    names = [_metavar(parameter)] if isinstance(parameter, TyperArgument) else [f"`{name}`" for name in parameter.opts]
    return f"| {', '.join(names)} | {(parameter.help or '').replace('|', chr(92) + '|')} |"


def main(arguments: Sequence[str]) -> None:
    """Writes the pages into the folder given."""
    (Path(arguments[0]) / "cli.md").write_text(cli_manual(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
