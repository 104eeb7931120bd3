"""Commands for the applications that act for learners, and for who signs in as which learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from graph.learner_records import grant_json
from graph.learner_rules import OPERATOR
from ontology.errors import InputError
from service import console
from service.settings import Profile, Settings

from .learners import Id, learners_app
from .options import AsJson, Home, settings_of

if TYPE_CHECKING:
    from service.learners import LearnerDesk


@learners_app.command("account")
def make_account(
    learner: Id,
    name: Annotated[str, typer.Option("--name", help="What is typed in as the name.")] = "learner",
    subject: Annotated[
        str | None, typer.Option("--subject", help="Bind whom the provider names so, in place of a local account.")
    ] = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make the one local account, for development: prints its password, which is shown now and never again."""
    from service.learners import LearnerDesk

    settings = settings_of(home)
    if subject is not None:
        _bind_subject(settings, learner, subject, as_json=as_json)
        return
    if settings.profile is not Profile.DEVELOPMENT:
        raise InputError(
            "There is no local account in production.",
            code="oauth.development",
            hint="Set HEADWATER_OIDC_ISSUER: learners sign in at your provider.",
        )
    if not name.isprintable() or not 0 < len(name) <= 200:
        raise InputError("A name has 1 to 200 printable characters.", code="learners.text")
    desk = LearnerDesk(settings.home, settings.public_url)
    desk.stored.read(learner, OPERATOR)
    password = desk.access.make_local(name, learner)
    console.print_json({"name": name, "password": password, "learner": learner}) if as_json else typer.echo(password)


@learners_app.command("clients")
def list_clients(home: Home = None, as_json: AsJson = False) -> None:
    """The applications that are registered."""
    found = _desk_of(home).access.clients()
    if as_json:
        shown = [
            {"id": each.id, "name": each.name, "registeredAt": each.registered_at, "usedAt": each.used_at}
            | {"scopes": list(each.scopes), "redirectUris": list(each.redirect_uris)}
            for each in found
        ]
        console.print_json({"clients": shown})
        return
    for each in found:
        typer.echo(f"{each.id}  {each.name}  since {each.registered_at}, {'used' if each.used_at else 'not used yet'}")


@learners_app.command("remove-client")
def remove_client(
    client: Annotated[str, typer.Argument(help="Id of the application.")], home: Home = None, as_json: AsJson = False
) -> None:
    """Remove an application for good: no learner's grant to it opens anything from now on."""
    found = _desk_of(home).access.remove_client(client)
    console.print_json({"removed": found.id}) if as_json else typer.echo(f"{found.id} is removed.")


@learners_app.command("end-grant")
def end_grant(
    learner: Id,
    grant: Annotated[str, typer.Argument(help="Id of the grant.")],
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """End what an application may do for a learner."""
    from graph.learner_grants import Grants

    found = Grants(_desk_of(home).stored).revoke(learner, grant)
    console.print_json(grant_json(found)) if as_json else typer.echo(f"{found.id} ended at {found.revoked_at}.")


def _bind_subject(settings: Settings, learner: str, subject: str, *, as_json: bool) -> None:
    """Nothing; whom the provider names so signs in as the learner from now on."""
    from service.learners import LearnerDesk

    if settings.oidc_issuer is None:
        raise InputError(
            "No provider is set.", code="settings.invalid", hint="Set HEADWATER_OIDC_ISSUER and its client."
        )
    desk = LearnerDesk(settings.home, settings.public_url)
    desk.stored.read(learner, OPERATOR)
    desk.access.bind(desk.mark_of(settings.oidc_issuer, subject), learner)
    console.print_json({"learner": learner}) if as_json else typer.echo(f"{learner} is bound.")


def _desk_of(home: Home) -> LearnerDesk:
    from service.learners import LearnerDesk

    settings = settings_of(home)
    return LearnerDesk(settings.home, settings.public_url)
