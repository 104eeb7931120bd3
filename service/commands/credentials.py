"""The command that verifies credentials. It needs no database and no server."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.awards import References
from graph.releases import current_snapshot
from graph.snapshot import Snapshot
from ontology.credentials.verdicts import Outcome, Verification
from ontology.model import Finding
from service import console

from .options import AsJson, Home, Languages, Resolve, Trust, settings_of

if TYPE_CHECKING:
    from service.verifying_many import Told


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("verify")(verify_credential)


def verify_credential(
    files: Annotated[
        list[Path],
        typer.Argument(help="Credentials (JSON, JSON-LD, JWT, baked PNG or SVG), one a line, folders or archives."),
    ],
    resolve: Resolve = None,
    trust: Trust = None,
    recipients: Annotated[
        list[str] | None, typer.Option("--recipient", help="Who should hold it, such as an e-mail address.")
    ] = None,
    challenge: Annotated[
        str | None, typer.Option("--challenge", help="What the proof of a presentation must repeat.")
    ] = None,
    domain: Annotated[str | None, typer.Option("--domain", help="For whom a presentation must be.")] = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", "-w", min=1, help="Processes for several; default: one a core.", show_default=False),
    ] = None,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Whether a credential holds, step by step; of several, their verdicts. Exits with 1 where one is not verified."""
    from ontology.credentials.verification import is_well, verify
    from ontology.learner_sources import has_many
    from service.verifying import circumstances_of, read_document, verdict_json

    settings = settings_of(home)
    (file, *others) = files
    for each in files:
        if not each.exists():
            read_document(each)
    if others or has_many(file):
        from ontology.credentials.verifying_worker import Request
        from service.verifying import lasting_terms
        from service.verifying_many import find_documents, verify_documents

        terms = lasting_terms(settings, resolve=resolve, trust=trust)
        request = Request(now=datetime.now(UTC), recipients=tuple(recipients or ()), challenge=challenge, domain=domain)
        verified = verify_documents(find_documents(files), terms, request, workers=workers or os.cpu_count() or 1)
        _tell_many(verified, current_snapshot(settings.home), languages or (), as_json=as_json)
        return
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


def _tell_many(
    verified: "Iterable[Told]", snapshot: Snapshot | None, languages: Sequence[str], *, as_json: bool
) -> None:
    """Each as soon as those before it are told, and the counts. Exits with 1 where one is not verified."""
    from ontology.credentials.verification import is_well
    from service.verifying import verdict_by

    references = References(snapshot) if snapshot is not None and as_json else None
    counts: Counter[str] = Counter()
    faults: list[Finding] = []
    well = True
    with console.JsonList("documents", printed=as_json) as listed:
        for each in verified:
            if isinstance(each, Finding):
                faults.append(each)
                continue
            document, found = each
            counts[found.verdict.value] += 1
            well = well and is_well(found)
            if as_json:
                listed.add({"file": document.file, "line": document.line, **verdict_by(found, references, languages)})
            else:
                place = document.file if document.line is None else f"{document.file}:{document.line}"
                reason = f": {found.reason}" if found.reason else ""
                typer.echo(f"{place}: {found.format}: {found.verdict.value}{reason}")
        listed.end(
            {"findings": [console.finding_json(each) for each in faults], "counts": dict(sorted(counts.items()))}
        )
    if not as_json:
        console.print_findings(faults)
        shown = ", ".join(f"{count:,} {verdict}" for verdict, count in sorted(counts.items()))
        console.tell(f"{counts.total():,} documents: {shown}" if counts else "There are no documents.")
    if faults or not well:
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
