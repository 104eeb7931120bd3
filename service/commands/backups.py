"""Commands that keep the data safe: backup, restore."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ontology.errors import InputError
from service import console

from .options import AsJson, Home, settings_of

if TYPE_CHECKING:
    from graph.backup import BackupReport


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write, or with --verify to check.")],
    verify: Annotated[bool, typer.Option("--verify", help="Check a backup; write and restore nothing.")] = False,
    with_keys: Annotated[
        bool, typer.Option("--with-keys", help="Also the digests of the API's keys, and the keys of learners.")
    ] = False,
    with_issuer: Annotated[
        bool, typer.Option("--with-issuer", help="Also the issuer: its private keys and its register.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that cannot be built anew into one file, beside whatever runs. Needs no server."""
    from graph.backup import make_backup, verify_backup

    if verify:
        if with_keys or with_issuer or force:
            raise InputError(
                "--verify writes nothing: it goes without --with-keys, --with-issuer and --force.", code="input.invalid"
            )
        report = verify_backup(file)
    else:
        report = make_backup(settings_of(home).home, file, with_keys=with_keys, with_issuer=with_issuer, force=force)
    if as_json:
        console.print_json(_backup_json(report))
        return
    typer.echo(f"{file} is whole." if verify else f"{file} is written.")
    _print_backup(report)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    force: Annotated[
        bool, typer.Option("--force", help="Also where the data folder is not empty: what it has is moved aside.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a data folder of a backup, all of it or nothing. Needs no server; Neo4j follows with what comes next."""
    from graph.backup import restore_backup

    report = restore_backup(file, settings_of(home).home, force=force)
    if as_json:
        aside = str(report.aside) if report.aside else None
        console.print_json(_backup_json(report.backup) | {"home": str(report.home), "aside": aside})
        return
    typer.echo(f"{report.home} is what {file} has.")
    _print_backup(report.backup)
    if report.aside:
        typer.echo(f"What was there is in {report.aside}; remove it when it is not needed any more.")
    console.tell("Neo4j follows with the next command that writes, or with `headwater serve`.")


def _print_backup(report: "BackupReport") -> None:
    if report.release is None or report.age_seconds is None:
        typer.echo("No release is in it.")
    else:
        typer.echo(
            f"Newest release in it: {report.release}, published {report.published_at}, "
            f"{_duration(report.age_seconds)} ago (RPO)."
        )
    keys = "with keys" if report.with_keys else "without keys"
    keys += ", with the issuer" if report.with_issuer else ""
    size = report.size_bytes / 1_000_000
    typer.echo(f"{report.files} files, {keys}, {size:.1f} MB in {report.seconds:.1f} s; SHA-256 {report.sha256}")


def _duration(seconds: float) -> str:
    """Seconds in the unit that people would say."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _backup_json(report: "BackupReport") -> console.Json:
    return {
        "file": str(report.file),
        "sizeBytes": report.size_bytes,
        "sha256": report.sha256,
        "createdAt": report.created_at,
        "release": report.release,
        "publishedAt": report.published_at,
        "rpoSeconds": report.age_seconds,
        "files": report.files,
        "withKeys": report.with_keys,
        "withIssuer": report.with_issuer,
        "seconds": round(report.seconds, 3),
    }
