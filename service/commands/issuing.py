"""Commands of an issuer: issue, gather, revoke, and the issuer itself.

What issues and verifies is imported where a command needs it: no other command is to wait for the libraries of proofs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import typer

from ontology.errors import InputError, UnavailableError
from service import console

from .options import AsJson, Home, Resolve, settings_of

if TYPE_CHECKING:
    from graph.issuer import IssuedCredential, Issuer, Proof
    from graph.issuer_identity import Identity
    from graph.issuer_register import Issued
    from service.issuing import Form, Issuing, Order

issuer_app = typer.Typer(
    help="The issuer of this data folder: its keys, and what it issued.", no_args_is_help=True, rich_markup_mode=None
)
DATA_INTEGRITY: Final = "eddsa-rdfc-2022"
"""How a credential is secured where nothing else is said."""
BADGE: Final = "ob3"
"""What is issued where nothing else is said."""
BY_COMMAND = "command"
"""Who changed a status, where no key did."""
Id = Annotated[str, typer.Argument(help="The credential's `id`.")]
ProofOption = Annotated[str, typer.Option("--proof", help="eddsa-rdfc-2022 or jwt.")]
BakeOption = Annotated[Path | None, typer.Option("--bake", help="PNG or SVG to put it into.", show_default=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File to write. Default: stdout.")]
ValidFrom = Annotated[str | None, typer.Option("--valid-from", help="Date or time; default: now.")]
ValidUntil = Annotated[str | None, typer.Option("--valid-until", help="Date or time; default: no end.")]
RecordName = Annotated[str | None, typer.Option("--name", help="What the record is called.")]
Partial = Annotated[bool, typer.Option("--partial", help="The learner has more than is in it.")]
Suspendable = Annotated[
    bool, typer.Option("--suspendable", help="It can be suspended too: a second status entry, beyond Open Badges 3.0.")
]
Replace = Annotated[bool, typer.Option("--replace", help="Replace a badge that the image has in it already.")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("issue")(issue)
    app.add_typer(issuer_app, name="issuer")


def issue(
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Who receives it: a DID or address, an e-mail address, or kind:value."),
    ] = None,
    recipients: Annotated[
        Path | None,
        typer.Option(
            "--recipients", help="File of recipients, CSV or JSON lines: a credential each, into the folder --output."
        ),
    ] = None,
    credential: Annotated[
        str | None, typer.Option("--credential", "-c", help="Credential or course that is awarded: IRI, code or label.")
    ] = None,
    competencies: Annotated[
        list[str] | None,
        typer.Option("--competency", "-s", help="Competency that it shows too; =VALUE@SCALE for a level."),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option("--results", help="JSON file of rubrics with levels, and what was reached.", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What the achievement is called. Default: its label.")
    ] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is. Default: labels.")] = None,
    criteria: Annotated[str | None, typer.Option("--criteria", help="What earns it, Markdown.")] = None,
    achievement_type: Annotated[
        str | None, typer.Option("--type", help="Certificate, MicroCredential, ... of Open Badges.")
    ] = None,
    evidence: Annotated[list[str] | None, typer.Option("--evidence", help="Address of what was done for it.")] = None,
    narrative: Annotated[str | None, typer.Option("--narrative", help="What is to be said of this award.")] = None,
    image: Annotated[str | None, typer.Option("--image", help="Address of the achievement's picture.")] = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    suspendable: Suspendable = False,
    proof: ProofOption = DATA_INTEGRITY,
    form: Annotated[
        str, typer.Option("--format", "-f", help="ob3, or clr2: the badge in a record of its own.")
    ] = BADGE,
    bake_into: BakeOption = None,
    replace: Replace = False,
    output: Output = None,
    language: Annotated[str | None, typer.Option("--language", "-l", help="Language of labels (BCP 47).")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Issue an Open Badges 3.0 credential, or one to each of many recipients, aligned to the graph. Needs no server."""
    from ontology.credentials.baking import bake
    from service.asking import open_snapshot
    from service.awarding import Wanted
    from service.issuing import Issuing, Order
    from service.rubrics import parse_results
    from service.verifying import read_document

    settings = settings_of(home)
    picture = _read_picture(bake_into, output)
    if picture is not None:
        bake(picture, "a.b.c", replace=replace)  # what cannot be baked is not issued
    order = Order(
        wanted=Wanted(
            credential=credential,
            competencies=tuple(competencies or ()),
            results=() if results is None else parse_results(read_document(results)),
            name=name,
            description=description,
            criteria=criteria,
            type=achievement_type,
            image=image,
            language=language,
        ),
        to=tuple(to or ()),
        proof=read_proof(proof),
        valid_from=valid_from,
        valid_until=valid_until,
        suspendable=suspendable,
        evidence=tuple(evidence or ()),
        narrative=narrative,
        form=_form(form),
    )
    issuing = Issuing(settings.home, settings.public_url)
    if recipients is not None:
        _issue_all(settings.home, issuing, _Batch(recipients, order, output, picture, replace=replace), as_json=as_json)
        return
    if not to:
        raise InputError(
            "Nobody is named who receives it.", code="issue.recipient", hint="Say --to, or --recipients FILE."
        )
    issued = issuing.issue(partial(open_snapshot, settings.home), order)
    deliver(issued, output, picture, replace=replace, as_json=as_json)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is issued to a file of recipients."""

    recipients: Path
    order: Order
    output: Path | None
    picture: bytes | None
    _: KW_ONLY
    replace: bool


def _issue_all(home: Path, issuing: Issuing, batch: _Batch, *, as_json: bool) -> None:
    """Tells what came of each line. Exits with 1 where one was refused."""
    from graph.archive import write_durably
    from service.asking import open_snapshot
    from service.mass_issuing import OUTCOMES, MassIssuing

    if batch.output is None:
        raise InputError("Many credentials need a folder.", code="issue.output", hint="Name one: -o FOLDER.")
    issuing.check()
    snapshot = lru_cache(maxsize=1)(partial(open_snapshot, home))
    order, picture = batch.order, batch.picture

    def deliver(issued: IssuedCredential, path: Path) -> None:
        write_durably(path, _content(issued, picture, replace=batch.replace))

    mass = MassIssuing(
        source=batch.recipients,
        folder=batch.output,
        order=order,
        said={"order": asdict(order), "picture": sha256(picture).hexdigest() if picture else None},
        suffix=_suffix(order, picture),
        issue=partial(issuing.issue, snapshot),
        deliver=deliver,
    )
    counts = dict.fromkeys(("issued", "kept", "refused"), 0)
    for outcome in mass.run():
        counts[outcome.outcome] += 1
        if outcome.error is not None:
            console.tell(f"Line {outcome.line} is refused: {outcome.error.message} {outcome.error.hint or ''}".rstrip())
    if as_json:
        console.print_json(counts | {"folder": str(batch.output)})
    else:
        told = ", ".join(f"{count} {word}" for word, count in counts.items())
        typer.echo(f"{told}; {batch.output / OUTCOMES} says which line is which file.")
    if counts["refused"]:
        raise typer.Exit(1)


def _suffix(order: Order, picture: bytes | None) -> str:
    """Of files with a credential."""
    from graph.issuer import Proof
    from ontology.credentials.data_urls import PNG_SIGNATURE

    if picture is not None:
        return ".png" if picture.startswith(PNG_SIGNATURE) else ".svg"
    return ".jwt" if order.proof is Proof.JWT else ".json"


@issuer_app.command("init")
def init_issuer(
    name: Annotated[str, typer.Option("--name", help="What the issuer is called.")],
    url: Annotated[str | None, typer.Option("--url", help="Its web page.")] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is.")] = None,
    email: Annotated[str | None, typer.Option("--email", help="Where it is reached.")] = None,
    image: Annotated[str | None, typer.Option("--image", help="Address of its picture.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make the issuer of this data folder and its first key.

    Known as did:web by HEADWATER_PUBLIC_URL; as did:key, for development, where that is no https address.
    """
    settings = settings_of(home)
    profile = {"url": url, "description": description, "email": email, "image": image}
    _show_identity(_issuer(home).create(profile, name, settings.public_url), as_json=as_json)


@issuer_app.command("show")
def show_issuer(home: Home = None, as_json: AsJson = False) -> None:
    """Who issues, and with which keys."""
    _show_identity(_issuer(home).identity(), as_json=as_json)


@issuer_app.command("rotate")
def rotate_key(
    compromised: Annotated[
        bool, typer.Option("--compromised", help="Others may have the key: what it signed verifies no longer.")
    ] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Sign with a new key from now on. What the retired one signed still verifies."""
    _show_identity(_issuer(home).rotate(compromised=compromised), as_json=as_json)


@issuer_app.command("list")
def list_issued(
    to: Annotated[list[str] | None, typer.Option("--to", help="Only what they received, named as at issuing.")] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """What was issued, oldest first. Recipients are kept as hashes."""
    from service.awarding import read_recipient
    from service.issuing import issued_json, state_of

    issuer = _issuer(home)
    found = list(issuer.issued(recipient=read_recipient(to) if to else None))
    if as_json:
        console.print_json({"issued": [issued_json(each) for each in found]})
        return
    rows = [[each.id, each.issued_at, each.format, each.proof, state_of(each).value] for each in found]
    console.print_rows(("id", "issued", "format", "proof", "state"), rows)


@issuer_app.command("gather")
def gather_awards(
    files: Annotated[list[Path], typer.Argument(help="The learner's credentials: JSON, JWT, or baked PNG or SVG.")],
    to: Annotated[
        list[str] | None,
        typer.Option("--to", help="Whose they are, as at issuing. Default: the subject that all name by an IRI."),
    ] = None,
    name: RecordName = None,
    partial_record: Partial = False,
    valid_until: ValidUntil = None,
    suspendable: Suspendable = False,
    proof: ProofOption = DATA_INTEGRITY,
    resolve: Resolve = None,
    output: Output = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Put a learner's credentials into one Comprehensive Learner Record (CLR 2.0). Each is verified first."""
    from graph.releases import current_snapshot
    from service.gathering import Gathering
    from service.issuing import Issuing
    from service.verifying import circumstances_of, read_document

    settings = settings_of(home)
    gathering = Gathering(
        to=tuple(to or ()),
        name=name,
        partial=partial_record,
        proof=read_proof(proof),
        valid_until=valid_until,
        suspendable=suspendable,
    )
    documents = [(path.name, read_document(path)) for path in files]
    issuing = Issuing(settings.home, settings.public_url, partial(circumstances_of, settings, resolve=resolve))
    issued = issuing.gather(documents, gathering, partial(current_snapshot, settings.home))
    deliver(issued, output, as_json=as_json)


@issuer_app.command("publish")
def publish_issuer(
    folder: Annotated[Path, typer.Argument(help="Folder to write into.")], home: Home = None, as_json: AsJson = False
) -> None:
    """Write all that the issuer publishes as files: for a static host, or for `verify --resolve FOLDER/resolve.json`.

    Status lists are valid for seven days: write them again before, and after each revocation.
    """
    from service.issuing import write_published

    written = write_published(_issuer(home), folder)
    if as_json:
        console.print_json({"folder": str(folder), "files": written})
    else:
        typer.echo(f"{len(written)} documents in {folder}; resolve.json says which is at which address.")


@issuer_app.command("revoke")
def revoke_issued(identifier: Id, home: Home = None, as_json: AsJson = False) -> None:
    """Withdraw a credential for good."""
    _show_change(_issuer(home).revoke(identifier, by=BY_COMMAND), as_json=as_json)


@issuer_app.command("suspend")
def suspend_issued(identifier: Id, home: Home = None, as_json: AsJson = False) -> None:
    """Make a credential not valid for now; only one that was issued as suspendable."""
    _show_change(_issuer(home).suspend(identifier, by=BY_COMMAND), as_json=as_json)


@issuer_app.command("reinstate")
def reinstate_issued(identifier: Id, home: Home = None, as_json: AsJson = False) -> None:
    """Make a suspended credential valid again."""
    _show_change(_issuer(home).reinstate(identifier, by=BY_COMMAND), as_json=as_json)


def _issuer(home: Path | None) -> Issuer:
    from graph.issuer import Issuer

    return Issuer(settings_of(home).home)


def read_proof(text: str) -> Proof:
    """How something is secured. Raises InputError (`issue.proof`)."""
    from graph.issuer import Proof

    try:
        return Proof(text.casefold())
    except ValueError as error:
        raise InputError(
            f"There is no proof {text!r}.",
            code="issue.proof",
            hint=f"One of: {', '.join(each.value for each in Proof)}.",
        ) from error


def _form(text: str) -> Form:
    from service.issuing import Form

    try:
        return Form(text.casefold())
    except ValueError as error:
        raise InputError(
            f"Nothing is issued as {text!r}.",
            code="issue.format",
            hint=f"One of: {', '.join(each.value for each in Form)}.",
        ) from error


def _read_picture(path: Path | None, output: Path | None) -> bytes | None:
    if path is None:
        return None
    if output is None:
        raise InputError("An image is not written to a terminal.", code="issue.output", hint="Name a file: -o FILE.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.",
            code="input.missing-file",
            hint="Give the path of a PNG or SVG image.",
        ) from error


def deliver(
    issued: IssuedCredential,
    output: Path | None,
    picture: bytes | None = None,
    *,
    replace: bool = False,
    as_json: bool,
    told: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Nothing; the credential is in the file, or in the picture there, or printed.

    Args:
        told: what is said beside it in JSON.
    """
    from service.issuing import issued_json

    if output is not None:
        try:
            output.write_bytes(_content(issued, picture, replace=replace))
        except OSError as error:
            raise UnavailableError(
                f"{output} cannot be written: {error.strerror or error}. {issued.record.id} is issued and lost.",
                code="issue.not-written",
                hint=f"Revoke it (`headwater issuer revoke {issued.record.id}`) and issue it anew.",
            ) from error
    if as_json:
        shown = issued_json(issued.record) | {"file": str(output) if output else None, **told}
        console.print_json(shown if output else shown | {"credential": issued.credential})
    elif output is None:
        typer.echo(_content(issued, None, replace=replace).removesuffix(b"\n"))
        console.tell(f"Issued {issued.record.id}.")
    else:
        typer.echo(f"Issued {issued.record.id} in {output}.")


def _content(issued: IssuedCredential, picture: bytes | None, *, replace: bool) -> bytes:
    """A credential as its file has it."""
    from ontology.credentials.baking import bake

    credential = issued.credential
    if picture is not None:
        return bake(picture, credential, replace=replace)
    text = credential.encode() if isinstance(credential, str) else orjson.dumps(credential, option=orjson.OPT_INDENT_2)
    return text + b"\n"


def _show_identity(identity: Identity, *, as_json: bool) -> None:
    keys = [
        {
            "method": key.method,
            "createdAt": key.created_at,
            "retiredAt": key.retired_at,
            "compromised": key.compromised,
        }
        for key in identity.keys
    ]
    if as_json:
        console.print_json({"id": identity.did, "name": identity.name, "address": identity.address, "keys": keys})
        return
    typer.echo(f"{identity.name} <{identity.did}>")
    typer.echo(f"What it names is served below {identity.address}.")
    for key in identity.keys:
        state = "compromised" if key.compromised else f"retired {key.retired_at}" if key.retired_at else "signs"
        typer.echo(f"{key.method}: made {key.created_at}, {state}")


def _show_change(issued: Issued, *, as_json: bool) -> None:
    from service.issuing import issued_json, state_of

    if as_json:
        console.print_json(issued_json(issued))
    else:
        typer.echo(f"{issued.id}: {state_of(issued).value}.")
