"""Commands about overlays: drafts that are edited, checked and published."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from graph.drafts import Draft, Drafts, Edit
from graph.releases import Releases
from ontology.amendments import find_weight
from ontology.errors import InputError
from ontology.model import UNDETERMINED, Amendment, Importance, Level, Text
from service import console

from .loading import show_reports
from .options import AsJson, Format, Home, Strict, TextLanguage, settings_of

overlays_app = typer.Typer(
    help="Overlays over shared frameworks: drafts to edit, check and publish.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(help="Name of the overlay.")]
Target = "IRI, code or exact label"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(overlays_app, name="overlays")


def _drafts(home: Path | None) -> Drafts:
    return Drafts(Releases(settings_of(home).home))


@overlays_app.command("list")
def list_overlays(home: Home = None, as_json: AsJson = False) -> None:
    """The overlays that are published, and the drafts."""
    releases = Releases(settings_of(home).home)
    current = releases.current()
    published = [each for each in (current.datasets if current else ()) if each.is_overlay]
    drafts = Drafts(releases).names()
    if as_json:
        listed = [{"id": each.iri, "name": each.name, "visibility": each.visibility} for each in published]
        console.print_json({"overlays": listed, "drafts": list(drafts)})
        return
    rows = [[each.name, "published", each.visibility] for each in published]
    console.print_rows(("name", "state", "visibility"), [*rows, *([name, "draft", "-"] for name in drafts)])


@overlays_app.command("new")
def new_overlay(
    name: Name,
    over: Annotated[
        list[str] | None, typer.Option("--over", help="Name of a dataset that it is made for. Default: any.")
    ] = None,
    label: Annotated[str | None, typer.Option("--label", help="What it is called. Default: its name.")] = None,
    license: Annotated[str | None, typer.Option("--license", help="Licence of what it adds.")] = None,  # noqa: A002
    language: TextLanguage = UNDETERMINED,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Begin a draft: of the published overlay of that name where there is one, otherwise an empty one."""
    text = Text(label, language) if label else None
    _show(_drafts(home).create(name, over=over or (), label=text, license=license), as_json=as_json)


@overlays_app.command("set")
def set_overlay(
    name: Name,
    remove: Annotated[list[str] | None, typer.Option("--remove", help=f"Leave it out: {Target}.")] = None,
    keep: Annotated[list[str] | None, typer.Option("--keep", help=f"No longer leave it out: {Target}.")] = None,
    label: Annotated[tuple[str, str] | None, typer.Option("--label", help="Call it so: what, and the text.")] = None,
    description: Annotated[
        tuple[str, str] | None, typer.Option("--description", help="Describe it so: what, and the text.")
    ] = None,
    weight: Annotated[
        tuple[str, str] | None,
        typer.Option("--weight", help="Weigh a requirement or group: its IRI, and must, should or 0 to 1."),
    ] = None,
    level: Annotated[
        tuple[str, float, str] | None,
        typer.Option("--level", help="Level of a requirement or teaching: its IRI, value, IRI of the scale."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option("--drop", help="Take back what the draft says of it, or adds.")
    ] = None,
    language: TextLanguage = UNDETERMINED,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Edit a draft: all that is given, or nothing where one of it cannot be."""
    edits = [
        *(Edit(target=target, removed=True) for target in remove or ()),
        *(Edit(target=target, removed=False) for target in keep or ()),
        *(Edit(target=each[0], labels=(Text(each[1], language),)) for each in (label,) if each),
        *(Edit(target=each[0], descriptions=(Text(each[1], language),)) for each in (description,) if each),
        *(Edit(target=each[0], weight=read_weight(each[1])) for each in (weight,) if each),
        *(Edit(target=each[0], level=Level(each[2], each[1])) for each in (level,) if each),
    ]
    if not edits and not drop:
        raise InputError("Nothing to change was given.", code="input.invalid", hint="See --help for what can be set.")
    drafts = _drafts(home)
    if edits:
        drafts.edit(name, edits)
    _show(drafts.drop(name, drop) if drop else drafts.get(name), as_json=as_json)


@overlays_app.command("add")
def add_to_overlay(
    name: Name,
    source: Annotated[Path, typer.Argument(help="File, folder or archive of what to add: Tables, or any format.")],
    fmt: Format = None,
    language: TextLanguage = UNDETERMINED,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Add what a source describes: requirements, competencies, alignments. Faults of the source are told."""
    from service.stewarding import LoadOptions, add_to_draft

    options = LoadOptions(format=fmt, dataset=name, language=language)
    report = add_to_draft(settings_of(home), name, source, options)
    show_reports([report], shape="json" if as_json else "text", strict=strict)


@overlays_app.command("show")
def show_overlay(name: Name, home: Home = None, as_json: AsJson = False) -> None:
    """What a draft says, or the published overlay where there is no draft."""
    releases = Releases(settings_of(home).home)
    drafts = Drafts(releases)
    current = releases.current()
    published = current.find(name) if current else None
    if name not in drafts.names() and published is not None and published.is_overlay:
        _show(Draft(name=name, records=tuple(releases.records(name))), as_json=as_json)
    else:
        _show(drafts.get(name), as_json=as_json)


@overlays_app.command("check")
def check_overlay(name: Name, strict: Strict = False, home: Home = None, as_json: AsJson = False) -> None:
    """All faults of a draft, and where it no longer fits what it is laid over. Needs no server."""
    show_reports([_drafts(home).check(name)], shape="json" if as_json else "text", strict=strict)


@overlays_app.command("publish")
def publish_overlay(name: Name, strict: Strict = False, home: Home = None, as_json: AsJson = False) -> None:
    """Publish a draft as a release; the draft is gone then."""
    from service.stewarding import steward

    drafts = _drafts(home)
    drafts.get(name)
    with steward(settings_of(home)) as (releases, store, _):
        report = Drafts(releases).publish(name, store)
    show_reports([report], shape="json" if as_json else "text", strict=strict)


@overlays_app.command("discard")
def discard_overlay(name: Name, home: Home = None, as_json: AsJson = False) -> None:
    """Throw a draft away; what is published stays."""
    _drafts(home).discard(name)
    if as_json:
        console.print_json({"discarded": name})
    else:
        typer.echo(f"The draft {name} is gone.")


def read_weight(words: str) -> tuple[Importance, float | None]:
    """Importance and its value. Raises InputError (`overlay.weight`)."""
    found = find_weight(words)
    if found is None:
        raise InputError(
            f"A weight is must, should, or a number from 0 to 1, got {words!r}.", code="overlay.weight", subject=words
        )
    return found


def _show(draft: Draft, *, as_json: bool) -> None:
    additions = [each for each in draft.records if not isinstance(each, Amendment)]
    if as_json:
        console.print_json(
            {
                "name": draft.name,
                "over": list(draft.over),
                "amendments": [_amendment_json(each) for each in draft.amendments],
                "additions": [{"id": each.iri, "type": type(each).__name__} for each in additions],
            }
        )
        return
    typer.echo(f"{draft.name}, over {', '.join(draft.over) or 'whatever is loaded'}")
    rows = [[each.target, _said(each)] for each in draft.amendments]
    rows += [[each.iri, f"added {type(each).__name__}"] for each in additions]
    console.print_rows(("what", "is"), rows)


def _amendment_json(amendment: Amendment) -> console.Json:
    level = amendment.level
    return {
        "target": amendment.target,
        "removed": amendment.removed,
        "labels": _texts_json(amendment.labels),
        "descriptions": _texts_json(amendment.descriptions),
        "importance": amendment.importance,
        "importanceValue": amendment.importance_value,
        "level": None if level is None else {"scale": level.scale, "value": level.value},
    }


def _texts_json(texts: Sequence[Text]) -> list[dict[str, str]]:
    return [{"text": each.text, "language": each.language} for each in texts]


def _said(amendment: Amendment) -> str:
    parts = ["removed"] if amendment.removed else []
    parts += [f"called {text.text!r} ({text.language})" for text in amendment.labels]
    parts += [f"described ({text.language})" for text in amendment.descriptions]
    if amendment.importance is not None:
        value = amendment.importance_value
        parts.append(f"weighs {amendment.importance.value if value is None else f'{value:g}'}")
    if amendment.level is not None:
        parts.append(f"at level {amendment.level.value:g} on <{amendment.level.scale}>")
    return ", ".join(parts) or "as it was"
