"""Commands for stored learners: whoever holds the data folder acts for them, and each act is in their audit.

What opens what is stored is imported where a command needs it: no other command is to wait for it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from graph.learner_records import consent_json, document_json, link_json, public_json, request_json
from graph.learner_rules import OPERATOR, NewDocument, Reader, check_document
from ontology.credentials.data_urls import as_file, as_text
from ontology.errors import InputError
from service import console

from .options import AsJson, Home, Resolve, Trust, settings_of

if TYPE_CHECKING:
    from service.learners import LearnerDesk

learners_app = typer.Typer(
    help="Stored learners: documents, consents, links, audit, export, erasure.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(help="The learner's pseudonym.")]
Files = Annotated[
    list[Path] | None,
    typer.Argument(help="Credentials: JSON, JSON-LD, JWT, or a baked PNG or SVG.", show_default=False),
]
Until = Annotated[str, typer.Option("--until", help="A date, which ends with its day, or a time with its zone.")]
Why = Annotated[str, typer.Option("--why", help="What it is done for, as the learner's audit will say.")]
_WHY = OPERATOR.purpose


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    from . import learner_access, learner_record  # add their commands

    del learner_access, learner_record
    app.add_typer(learners_app, name="learners")


@learners_app.command("add")
def add_learner(
    files: Files = None,
    name: Annotated[str | None, typer.Option("--name", help="As the learner is called. Default: none.")] = None,
    resolve: Resolve = None,
    trust: Trust = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Store a learner, with these credentials where given, verified first. Prints the pseudonym."""
    new = _read(home, files or [], resolve, trust)
    learners = _desk(home).stored
    learner = learners.add(name)
    stored = [learners.store_document(learner.id, each, OPERATOR) for each in new]
    if as_json:
        console.print_json(public_json(learner) | {"documents": [document_json(each) for each in stored]})
    else:
        typer.echo(learner.id)


@learners_app.command("store")
def store_documents(
    learner: Id,
    files: Files = None,
    resolve: Resolve = None,
    trust: Trust = None,
    why: Why = _WHY,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Verify credentials and store them with a learner. Invalid and tampered ones are refused."""
    new, learners = _read(home, files or [], resolve, trust), _desk(home).stored
    stored = [learners.store_document(learner, each, _operator(why)) for each in new]
    if as_json:
        console.print_json({"documents": [document_json(each) for each in stored]})
    else:
        for each in stored:
            typer.echo(f"{each.id}  {each.format}: {each.verdict}")


@learners_app.command("document")
def show_document(
    learner: Id,
    document: Annotated[str, typer.Argument(help="Id of the document.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: stdout.")] = None,
    why: Why = _WHY,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Give a stored document back, byte for byte as it came; on stdout a PNG is a data URL."""
    ((found, text),) = _desk(home).stored.documents(learner, _operator(why), only=[document])
    if output is not None:
        _write(output, as_file(text))
    if as_json:
        console.print_json(document_json(found) | ({"file": str(output)} if output else {"text": text}))
    else:
        typer.echo(f"{output} is written." if output else text)


@learners_app.command("remove")
def remove_document(
    learner: Id,
    document: Annotated[str, typer.Argument(help="Id of the document.")],
    why: Why = _WHY,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Remove a stored document for good."""
    _desk(home).stored.remove_document(learner, document, _operator(why))
    console.print_json({"removed": document}) if as_json else typer.echo(f"{document} is removed.")


@learners_app.command("list")
def list_learners(home: Home = None, as_json: AsJson = False) -> None:
    """The pseudonyms of all stored learners. Nothing of them is read."""
    found = _desk(home).stored.ids()
    if as_json:
        console.print_json({"learners": found})
    else:
        for each in found:
            typer.echo(each)


@learners_app.command("show")
def show_learner(learner: Id, why: Why = _WHY, home: Home = None, as_json: AsJson = False) -> None:
    """What is stored of a learner, but for the texts of documents."""
    found = _desk(home).stored.read(learner, _operator(why))
    if as_json:
        console.print_json(public_json(found))
        return
    typer.echo(f"{found.id}  {found.name or '-'}  since {found.created_at}")
    for each in found.documents:
        typer.echo(f"document {each.id}  {each.format}: {each.verdict}")
    for consent in found.consents:
        state = f"withdrawn {consent.withdrawn_at}" if consent.withdrawn_at else f"until {consent.ends_at}"
        typer.echo(f"consent  {consent.id}  to {consent.receiver} for {consent.purpose}, {state}")
    for grant in found.grants:
        if grant.redeemed:
            state = f"ended {grant.revoked_at}" if grant.revoked_at else f"until {grant.ends_at}"
            typer.echo(f"grant    {grant.id}  to {grant.client_name} ({grant.client}), {state}")
    for request in found.requests:
        answer = "agreed" if request.consent else "declined" if request.answered_at else f"open until {request.ends_at}"
        typer.echo(f"request  {request.id}  of {request.receiver}: {request.text or '-'} ({answer})")
    for link in found.links:
        state = f"revoked {link.revoked_at}" if link.revoked_at else f"until {link.ends_at}"
        typer.echo(f"link     {link.id}  to {len(link.documents)} documents, {state}")


@learners_app.command("key")
def create_key(
    learner: Id,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=36500, help="How long it opens. Default: no end.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a key with which a learner reaches their record over the API. It is shown now and never again."""
    text = _desk(home).new_key(learner, datetime.now(UTC) + timedelta(days=days) if days is not None else None)
    console.print_json({"key": text, "learner": learner}) if as_json else typer.echo(text)


@learners_app.command("consent")
def give_consent(
    learner: Id,
    receiver: Annotated[str, typer.Option("--to", help="Id of the receiver's key, or an employer's name.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What for; the receiver states the same.")],
    until: Until,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Let a receiver read what is stored of a learner, for one purpose, until an end."""
    from service.learners import read_end

    desk = _desk(home)
    name = desk.find_receiver(receiver, purpose)
    consent = desk.stored.give_consent(learner, name, purpose, read_end(until), OPERATOR)
    console.print_json(consent_json(consent)) if as_json else typer.echo(consent.id)


@learners_app.command("answer")
def answer_request(
    learner: Id,
    request: Annotated[str, typer.Argument(help="Id of the employer's request.")],
    until: Annotated[
        str | None,
        typer.Option("--until", help="The employer sees until then who the learner is. Default: the learner declines."),
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Answer an employer who found the learner under a pseudonym and asks who they are."""
    from service.learners import read_end

    end = None if until is None else read_end(until)
    found = _desk(home).contacts.answer(learner, request, OPERATOR, ends_at=end)
    if as_json:
        console.print_json(request_json(found))
    else:
        typer.echo("Declined." if found.consent is None else f"Agreed, by consent {found.consent}.")


@learners_app.command("withdraw")
def withdraw_consent(
    learner: Id,
    consent: Annotated[str, typer.Argument(help="Id of the consent.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Withdraw a consent, at once, also in a running service."""
    found = _desk(home).stored.withdraw(learner, consent, OPERATOR)
    console.print_json(consent_json(found)) if as_json else typer.echo(f"Withdrawn at {found.withdrawn_at}.")


@learners_app.command("share")
def share_documents(
    learner: Id,
    documents: Annotated[list[str], typer.Option("--document", "-d", help="Id of a document that it shows.")],
    until: Until,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a link that shows chosen documents until an end. It is shown now and never again."""
    from service.learners import read_end

    desk = _desk(home)
    token, link = desk.stored.share(learner, documents, read_end(until), OPERATOR)
    url = desk.link(token)
    console.print_json({"url": url, "link": link_json(link)}) if as_json else typer.echo(url)


@learners_app.command("revoke")
def revoke_link(
    learner: Id,
    link: Annotated[str, typer.Argument(help="Id of the link.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a link, at once, also in a running service."""
    found = _desk(home).stored.revoke_link(learner, link, OPERATOR)
    console.print_json(link_json(found)) if as_json else typer.echo(f"Revoked at {found.revoked_at}.")


@learners_app.command("open")
def open_link(
    link: Annotated[str, typer.Argument(help="The link, or what stands behind its #.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """The documents that a link shows."""
    found = _desk(home).stored.open_link(link.rpartition("#")[2])
    if as_json:
        console.print_json({"documents": [document_json(each) | {"text": text} for each, text in found]})
    else:
        for _, text in found:
            typer.echo(text)


@learners_app.command("export")
def export_learner(
    learner: Id,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: stdout.")] = None,
    why: Why = _WHY,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """All that is stored of a learner as one JSON document: texts, consents, links, audit."""
    found = _desk(home).stored.export(learner, _operator(why))
    if output is None:
        console.print_json(found)
        return
    _write(output, orjson.dumps(found, option=orjson.OPT_INDENT_2))
    console.print_json({"file": str(output)}) if as_json else typer.echo(f"{output} is written.")


@learners_app.command("erase")
def erase_learner(learner: Id, home: Home = None, as_json: AsJson = False) -> None:
    """Erase a learner for good: the key is destroyed, files and API keys are gone. Prints the receipt."""
    from service.learners import receipt_json

    receipt = _desk(home).erase(learner, OPERATOR)
    if as_json:
        console.print_json(receipt_json(receipt))
    else:
        typer.echo(f"{receipt.learner} was erased at {receipt.erased_at}.")
        typer.echo(f"The audit's chain has {receipt.audit.count} entries, the last hash is {receipt.audit.hash}.")


@learners_app.command("audit")
def show_audit(learner: Id, why: Why = _WHY, home: Home = None, as_json: AsJson = False) -> None:
    """Who read or changed what is stored of a learner, when and why. Fails where the log is not what was written."""
    from service.learners import audit_json

    entries, head = _desk(home).stored.audit(learner, _operator(why))
    if as_json:
        told = {"count": head.count, "hash": head.hash}
        console.print_json({"entries": audit_json(entries), "auditHead": told})
        return
    rows = [[each.at, each.who, each.act, each.why, ", ".join(each.what)] for each in entries]
    console.print_rows(("when", "who", "act", "why", "what"), rows)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}.", code="learners.output") from error


def _desk(home: Path | None) -> LearnerDesk:
    from service.learners import LearnerDesk

    settings = settings_of(home)
    return LearnerDesk(settings.home, settings.public_url)


def _operator(why: str) -> Reader:
    return Reader(who=OPERATOR.who, own=True, purpose=why)


def _read(home: Path | None, files: list[Path], resolve: Path | None, trust: Path | None) -> list[NewDocument]:
    """The documents of files, verified. Raises InputError where one cannot be stored."""
    from service.learners import new_document

    if not files:
        return []
    from ontology.credentials.verification import verify
    from service.verifying import circumstances_of, read_document

    under = circumstances_of(settings_of(home), resolve=resolve, trust=trust)
    new = []
    for path in files:
        data = read_document(path)
        document = new_document(as_text(data), verify(data, under, path.name))
        check_document(document)
        new.append(document)
    return new
