"""Commands about what is loaded: datasets and releases."""

from collections import Counter
from typing import Annotated

import typer

from graph.archive import Manifest
from graph.releases import Releases
from graph.snapshot import DatasetInfo
from service import console

from .loading import show_reports
from .options import AsJson, Home, settings_of

datasets_app = typer.Typer(help="List and remove datasets.", no_args_is_help=True, rich_markup_mode=None)
releases_app = typer.Typer(
    help="List, show, compare and roll back releases.", no_args_is_help=True, rich_markup_mode=None
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(datasets_app, name="datasets")
    app.add_typer(releases_app, name="releases")


@datasets_app.command("list")
def list_datasets(home: Home = None, as_json: AsJson = False) -> None:
    """The datasets of the current release, with licence and attribution."""
    current = Releases(settings_of(home).home).current()
    found = [_dataset_json(dataset) for dataset in (current.datasets if current else ())]
    if as_json:
        console.print_json({"datasets": found, "release": current.number if current else None})
        return
    console.print_rows(
        ("name", "format", "visibility", "license"),
        [[row["name"], row["format"], row["visibility"], row["license"] or "-"] for row in found],
    )


@datasets_app.command("remove")
def remove_dataset(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    allow_removals: Annotated[bool, typer.Option("--allow-removals", help="Also where others refer to it.")] = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Publish a release without a dataset."""
    from service.stewarding import remove

    report = remove(settings_of(home), name, allow_removals=allow_removals)
    show_reports([report], shape="json" if as_json else "text", strict=False)


@datasets_app.command("visibility")
def change_visibility(
    name: Annotated[str, typer.Argument(help="Name of the dataset.")],
    visibility: Annotated[str, typer.Argument(help="public, or private: served only to callers with a key.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Publish a release in which a dataset is public or private."""
    from service import stewarding

    manifest = stewarding.change_visibility(settings_of(home), name, visibility)
    if as_json:
        console.print_json(_release_json(manifest))
    else:
        typer.echo(f"{name} is {visibility} in release {manifest.number}.")


@releases_app.command("list")
def list_releases(home: Home = None, as_json: AsJson = False) -> None:
    """All releases, newest first."""
    found = [_release_json(manifest) for manifest in Releases(settings_of(home).home).published()]
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
    manifest = Releases(settings_of(home).home).get(number)
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
    releases = Releases(settings_of(home).home)
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
    from service import stewarding

    manifest = stewarding.roll_back(settings_of(home), number)
    if as_json:
        console.print_json(_release_json(manifest))
    else:
        typer.echo(f"Release {manifest.number} has the content of release {number}.")


def _dataset_json(dataset: DatasetInfo) -> dict[str, str | None]:
    return {
        "id": dataset.iri,
        "name": dataset.name,
        "format": dataset.format,
        "license": dataset.license,
        "attribution": dataset.attribution,
        "checksum": dataset.checksum,
        "visibility": dataset.visibility,
    }


def _release_json(manifest: Manifest) -> console.Json:
    return {
        "id": manifest.iri,
        "number": manifest.number,
        "publishedAt": manifest.published_at,
        "note": manifest.note,
    }
