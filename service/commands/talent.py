"""Commands for talent search, for whoever holds the data folder: verify stored documents anew, see who searched."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from graph.learner_rules import time_text
from ontology.errors import UnknownReferenceError
from service import console

from .options import AsJson, Home, Resolve, Trust, settings_of

talent_app = typer.Typer(
    help="Talent search: stored documents verified anew, searches of the day.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(talent_app, name="talent")


@talent_app.command("recheck")
def recheck(
    days: Annotated[
        int, typer.Option("--older-than", min=0, help="Days since a document was verified last; 0: all documents.")
    ] = 1,
    resolve: Resolve = None,
    trust: Trust = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Verify stored documents anew: what issuers revoked since counts in searches no longer. To be run each day."""
    from ontology.credentials.verification import verify
    from service.learners import LearnerDesk
    from service.verifying import circumstances_of

    settings = settings_of(home)
    under = circumstances_of(settings, resolve=resolve, trust=trust)
    stored = LearnerDesk(settings.home, settings.public_url).stored
    before = time_text(datetime.now(UTC) - timedelta(days=days) + timedelta(seconds=days == 0))
    learners = documents = changed = 0
    for learner in stored.ids():
        try:
            due = stored.documents_to_check(learner, before)
            if not due:
                continue
            found = {each.id: verify(text.encode(), under, each.id) for each, text in due}
            changed += stored.keep_evidence(learner, found)
        except UnknownReferenceError:
            continue  # erased meanwhile
        learners += 1
        documents += len(due)
    if as_json:
        console.print_json({"learners": learners, "documents": documents, "changed": changed})
    else:
        typer.echo(f"{documents} documents of {learners} learners verified; of {changed} something else was found.")


@talent_app.command("searches")
def show_searches(home: Home = None, as_json: AsJson = False) -> None:
    """How many searches and requests for contact each employer made today (UTC)."""
    from service.learners import LearnerDesk

    settings = settings_of(home)
    made = LearnerDesk(settings.home, settings.public_url, settings.talent_searches).talent.budget.all()
    if as_json:
        console.print_json({"searches": made, "aDay": settings.talent_searches})
        return
    console.print_rows(("employer", "searches"), [[name, str(count)] for name, count in made.items()])
