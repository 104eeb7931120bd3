"""Commands that ask: match and plan. They answer from the snapshot file, without a server."""

from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from graph.matching import Policy, match
from graph.snapshot import ResourceType
from ontology.errors import InputError
from service import console
from service.asking import open_snapshot, read_held

from .options import (
    AsJson,
    Competencies,
    Courses,
    Credentials,
    Experience,
    First,
    Home,
    Languages,
    settings_of,
)

if TYPE_CHECKING:
    from graph.planning import Objective


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("match")(match_roles)
    app.command("plan")(plan_role)


def match_roles(
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    roles: Annotated[list[str] | None, typer.Option("--role", "-r", help="Only these roles.")] = None,
    first: First = 10,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Job roles that fit what is held, best first. Needs no server."""
    snapshot = open_snapshot(settings_of(home).home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    named = [snapshot.resolve(role, [ResourceType.JOB_ROLE]) for role in roles or ()]
    looked_at = np.array(named, np.int32) if named else None
    found = match(snapshot, held, Policy(), roles=looked_at, named=named)
    results = [found.detail(position) for position in range(min(first, len(found)))]
    if as_json:
        listed = [console.match_json(snapshot, result, languages or ()) for result in results]
        console.print_json({"matches": listed, "totalCount": len(found), "release": snapshot.release})
    else:
        console.print_matches(snapshot, results, len(found), languages or ())


def plan_role(
    role: Annotated[str, typer.Argument(help="The role: IRI, code or label.")],
    level: Annotated[str | None, typer.Option("--level", help="Level of the role; default: any.")] = None,
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    objective: Annotated[str, typer.Option("--objective", "-o", help="cheapest, fastest or fewest.")] = "cheapest",
    max_cost: Annotated[float | None, typer.Option("--max-cost", help="In --currency.")] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="ISO 4217.")] = None,
    max_days: Annotated[float | None, typer.Option("--max-days", help="Learning days.")] = None,
    max_steps: Annotated[int | None, typer.Option("--max-steps", help="Courses and credentials.")] = None,
    providers: Annotated[
        list[str] | None, typer.Option("--provider", help="Only of these providers or issuers.")
    ] = None,
    kinds: Annotated[
        list[str] | None, typer.Option("--kind", help="course, credential, or a credential's kind.")
    ] = None,
    no_unknown: Annotated[bool, typer.Option("--no-unknown", help="No step without a figure.")] = False,
    deadline_ms: Annotated[int, typer.Option("--deadline-ms", min=1, help="Time for the search.")] = 10_000,
    first: First = 3,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """The best ways from what is held to a role. Needs no server."""
    from graph.planning import Limits, plan

    snapshot = open_snapshot(settings_of(home).home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    limits = Limits(
        max_cost=max_cost,
        currency=currency,
        max_days=max_days,
        max_steps=max_steps,
        providers=tuple(providers) if providers else None,
        kinds=tuple(kinds) if kinds else None,
        allow_unknown=not no_unknown,
        deadline_ms=deadline_ms,
    )
    answer = plan(
        snapshot,
        held,
        snapshot.resolve(role, [ResourceType.JOB_ROLE]),
        level=level,
        objective=_objective(objective),
        limits=limits,
        policy=Policy(),
        first=first,
    )
    if as_json:
        console.print_json(console.plan_json(snapshot, answer, languages or ()))
    else:
        console.print_plans(snapshot, answer, languages or ())


def _objective(text: str) -> "Objective":
    from graph.planning import Objective

    found = {objective.name.casefold(): objective for objective in Objective}.get(text.casefold())
    if found is None:
        raise InputError(
            f"There is no objective {text!r}.",
            code="input.unknown-objective",
            hint=f"One of: {', '.join(objective.name.lower() for objective in Objective)}.",
        )
    return found
