"""Commands for the keys of the API: create, list, revoke."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ontology.errors import InputError
from service import console
from service.auth import Key, Keys, Role

from .options import AsJson, Home, settings_of

keys_app = typer.Typer(help="Make, list and revoke the keys of the API.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(keys_app, name="keys")


@keys_app.command("create")
def create_key(
    role: Annotated[str, typer.Option("--role", "-r", help="reader, steward, issuer or employer.")] = Role.READER.value,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=36500, help="How long it opens. Default: no end.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Whom or what it is for.")] = None,
    receiver: Annotated[
        str | None, typer.Option("--receiver", help="Of an employer's key: the employer's name, as consents name it.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown now and never again."""
    ends = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    text, key = Keys(settings_of(home).home).create(_role(role), note=note, expires_at=ends, receiver=receiver)
    if as_json:
        console.print_json(_key_json(key) | {"key": text})
    else:
        typer.echo(text)
        console.tell(f"Key {key.id} of {key.role.holder}. Keep it: it is not shown again.")


@keys_app.command("list")
def list_keys(home: Home = None, as_json: AsJson = False) -> None:
    """All keys, oldest first, without their secrets."""
    keys = Keys(settings_of(home).home).all()
    if as_json:
        console.print_json({"keys": [_key_json(key) for key in keys]})
        return
    rows = [
        [
            key.id,
            key.role.value,
            key.receiver or "-",
            key.created_at,
            key.expires_at or "-",
            key.revoked_at or "-",
            key.note or "-",
        ]
        for key in keys
    ]
    console.print_rows(("key", "role", "receiver", "created", "ends", "revoked", "note"), rows)


@keys_app.command("revoke")
def revoke_key(
    key: Annotated[str, typer.Argument(help="Id of the key.")], home: Home = None, as_json: AsJson = False
) -> None:
    """End a key at once, also in a running service."""
    revoked = Keys(settings_of(home).home).revoke(key)
    if as_json:
        console.print_json(_key_json(revoked))
    else:
        typer.echo(f"Key {revoked.id} opens nothing any more.")


def _role(text: str) -> Role:
    try:
        return Role(text.casefold())
    except ValueError as error:
        raise InputError(
            f"There is no role {text!r}.", code="keys.role", hint=f"One of: {', '.join(role.value for role in Role)}."
        ) from error


def _key_json(key: Key) -> dict[str, str | None]:
    return {
        "id": key.id,
        "role": key.role.value,
        "receiver": key.receiver,
        "createdAt": key.created_at,
        "expiresAt": key.expires_at,
        "revokedAt": key.revoked_at,
        "note": key.note,
    }
