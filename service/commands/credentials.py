"""The command that verifies a credential. It needs no database and no server."""

from pathlib import Path
from typing import Annotated

import typer

from graph.releases import current_snapshot
from ontology.credentials.verdicts import Outcome, Verification
from service import console

from .options import AsJson, Home, Languages, Resolve, Trust, settings_of


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("verify")(verify_credential)


def verify_credential(
    file: Annotated[Path, typer.Argument(help="A credential: JSON, JSON-LD, JWT, or a baked PNG or SVG.")],
    resolve: Resolve = None,
    trust: Trust = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--recipient", help="Who should hold it, such as an e-mail address.")
    ] = None,
    challenge: Annotated[
        str | None, typer.Option("--challenge", help="What the proof of a presentation must repeat.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="For whom a presentation must be.")] = None,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Whether a credential holds, step by step. Exits with 0 where it is verified, with 1 otherwise."""
    from ontology.credentials.verification import is_well, verify
    from service.verifying import circumstances_of, read_document, verdict_json

    settings = settings_of(home)
    data = read_document(file)
    under = circumstances_of(
        settings, resolve=resolve, trust=trust, recipients=recipients or (), challenge=challenge, domain=domain
    )
    found = verify(data, under, file.name)
    shown = verdict_json(found, current_snapshot(settings.home), languages or ())
    if as_json:
        console.print_json(shown)
    else:
        print_verification(found)
        for title, entries in (("Recognised", shown["recognised"]), ("Not known here", shown["unresolved"])):
            assert isinstance(entries, list)
            for each in entries:
                typer.echo(f"{title}: {each['label']} <{each['id']}>" if isinstance(each, dict) else f"{title}: {each}")
    if not is_well(found):
        raise typer.Exit(1)


def print_verification(found: Verification, indent: str = "") -> None:
    """The verdict and the numbered steps, then those of what is inside."""
    named = f"{found.name}, " if found.name else ""
    typer.echo(f"{indent}{named}{found.format}: {found.verdict.value}")
    issuer = found.issuer
    proven = "proven" if issuer.proven else "trusted" if issuer.trusted else "not proven"
    typer.echo(f"{indent}Issuer: {issuer.name or ''} <{issuer.id or 'unknown'}> ({proven})".replace(":  <", ": <"))
    if found.subject is not None:
        typer.echo(f"{indent}Subject: {found.subject}")
    for number, check in enumerate(found.checks, 1):
        mark = "" if check.outcome is not Outcome.FAIL else "  <--"
        reason = f"  {check.reason}" if check.reason else ""
        typer.echo(f"{indent}{number:>3}. {check.step.value:<13} {check.outcome.value:<8}{reason}{mark}")
    for number, each in enumerate(found.embedded, 1):
        typer.echo(f"{indent}Inside, {number} of {len(found.embedded)}:")
        print_verification(each, f"{indent}     ")
