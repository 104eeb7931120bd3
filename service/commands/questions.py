"""Commands that ask: match and plan. They answer from the snapshot file, without a server."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graph.archive import Archive
from graph.matching import HeldAward, Policy, match
from graph.provenance import Provenance
from graph.snapshot import ResourceType, Snapshot
from graph.what_if import RoleChanges, what_if
from ontology.errors import InputError, OutOfRangeError
from service import console
from service.asking import open_snapshot, read_held, read_more, read_roles, read_wish
from service.explaining import Explainer
from service.settings import Settings

from .options import (
    AsJson,
    Challenge,
    Competencies,
    CountUnproven,
    Courses,
    Credentials,
    Documents,
    Domain,
    Employers,
    Experience,
    First,
    Home,
    Languages,
    MinSalary,
    OrUnstated,
    Recipients,
    Regions,
    Remote,
    Resolve,
    StoredLearner,
    Trust,
    settings_of,
)

if TYPE_CHECKING:
    from graph.planning import Objective
    from ontology.credentials.verdicts import Verification


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("match")(match_roles)
    app.command("plan")(plan_role)


def match_roles(
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    documents: Documents = None,
    resolve: Resolve = None,
    trust: Trust = None,
    recipients: Recipients = None,
    challenge: Challenge = None,
    domain: Domain = None,
    learner: StoredLearner = None,
    count_unproven: CountUnproven = False,
    roles: Annotated[list[str] | None, typer.Option("--role", "-r", help="Only these roles.")] = None,
    regions: Regions = None,
    employers: Employers = None,
    remote: Remote = None,
    min_salary: MinSalary = None,
    or_unstated: OrUnstated = False,
    more: Annotated[
        list[str] | None,
        typer.Option("--what-if", help="Tell what would change with this credential, course or competency too."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Tell each reason down to the file and line that it was read from.")
    ] = False,
    first: First = 10,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Job roles that fit what is held, best first. Needs no server."""
    settings = settings_of(home)
    snapshot = open_snapshot(settings.home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    policy = Policy(count_unproven=count_unproven)
    sources = Sources(
        documents=documents or (),
        learner=learner,
        resolve=resolve,
        trust=trust,
        recipients=recipients or (),
        challenge=challenge,
        domain=domain,
    )
    told = Told(settings, snapshot, sources, policy)
    held = replace(held, awards=told.awards)
    wish = read_wish(regions, employers, remote, min_salary, or_unstated=or_unstated)
    looked_at, named = read_roles(snapshot, roles, wish)
    if more:
        changes = what_if(snapshot, held, read_more(snapshot, more), policy, roles=looked_at, named=named)
        _tell_changes(snapshot, changes, first, languages or (), as_json=as_json)
        return
    found = match(snapshot, held, policy, roles=looked_at, named=named)
    results = [found.detail(position) for position in range(min(first, len(found)))]
    archive = Archive(settings.home / "archive")
    explainer = Explainer(snapshot, Provenance(archive), languages or ()) if explain else None
    if as_json:
        listed = [console.match_json(snapshot, result, languages or ()) for result in results]
        if explainer is not None:
            for shown, result in zip(listed, results, strict=True):
                shown["explanation"] = explainer.role_json(result)
        answer = {"matches": listed, "totalCount": len(found), "release": snapshot.release}
        console.print_json(answer | told.as_json(languages or ()))
    else:
        told.print()
        console.print_matches(snapshot, results, len(found), languages or ())
        if explainer is not None:
            console.print_explanations(snapshot, explainer, results, languages or ())


def _tell_changes(
    snapshot: Snapshot, changes: RoleChanges, first: int, languages: Sequence[str], *, as_json: bool
) -> None:
    shown = [changes.detail(position) for position in range(min(first, len(changes)))]
    if as_json:
        console.print_json(
            {
                "changes": [console.change_json(snapshot, each, languages) for each in shown],
                "totalCount": len(changes),
                "openedCount": int(changes.opened.sum()),
                "levelsOpened": changes.levels_opened,
                "release": snapshot.release,
            }
        )
    else:
        console.print_changes(snapshot, shown, len(changes), languages)


def plan_role(
    role: Annotated[str, typer.Argument(help="The role: IRI, code or label.")],
    level: Annotated[str | None, typer.Option("--level", help="Level of the role; default: any.")] = None,
    credentials: Credentials = None,
    courses: Courses = None,
    competencies: Competencies = None,
    experience_days: Experience = 0.0,
    documents: Documents = None,
    resolve: Resolve = None,
    trust: Trust = None,
    recipients: Recipients = None,
    challenge: Challenge = None,
    domain: Domain = None,
    learner: StoredLearner = None,
    count_unproven: CountUnproven = False,
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

    settings = settings_of(home)
    snapshot = open_snapshot(settings.home)
    held = read_held(snapshot, credentials, courses, competencies, experience_days)
    policy = Policy(count_unproven=count_unproven)
    sources = Sources(
        documents=documents or (),
        learner=learner,
        resolve=resolve,
        trust=trust,
        recipients=recipients or (),
        challenge=challenge,
        domain=domain,
    )
    told = Told(settings, snapshot, sources, policy)
    held = replace(held, awards=told.awards)
    try:
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
    except OutOfRangeError as error:
        raise error.named(f"--{(error.subject or '').replace('_', '-')}") from error
    answer = plan(
        snapshot,
        held,
        snapshot.resolve(role, [ResourceType.JOB_ROLE]),
        level=level,
        objective=_objective(objective),
        limits=limits,
        policy=policy,
        first=first,
    )
    if as_json:
        console.print_json(console.plan_json(snapshot, answer, languages or ()) | told.as_json(languages or ()))
    else:
        told.print()
        console.print_plans(snapshot, answer, languages or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where the documents of a question come from, and what they are held against; as the options say."""

    documents: Sequence[Path]
    learner: str | None
    """A stored one."""
    resolve: Path | None
    trust: Path | None
    recipients: Sequence[str]
    challenge: str | None
    domain: str | None


class Told:
    """The documents of a question, verified, counted and told. Imports what verifies where there are some."""

    def __init__(self, settings: Settings, snapshot: Snapshot, sources: Sources, policy: Policy):
        self._snapshot = snapshot
        self._asked = bool(sources.documents) or sources.learner is not None
        self._found: list[Verification] = []
        self._odd: frozenset[int] = frozenset()
        self.awards: tuple[HeldAward, ...] = ()
        if not self._asked:
            return
        from graph.awards import References, count_documents
        from graph.learner_rules import OPERATOR
        from graph.learners import Learners
        from ontology.credentials.verification import verify
        from service.verifying import circumstances_of, read_document

        read = [(path.name, read_document(path)) for path in sources.documents]
        if sources.learner is not None:
            stored = Learners(settings.home).documents(sources.learner, OPERATOR, act="question")
            read += [(f"stored {each.id}", text.encode()) for each, text in stored]
        under = circumstances_of(
            settings,
            resolve=sources.resolve,
            trust=sources.trust,
            recipients=sources.recipients,
            challenge=sources.challenge,
            domain=sources.domain,
        )
        self._found = [verify(content, under, name) for name, content in read]
        answers = sources.challenge is not None
        holders = {at: each.subject for at, each in enumerate(self._found) if answers and each.answers and each.subject}
        counted = count_documents(
            References(snapshot),
            self._found,
            recipients=sources.recipients,
            holders=holders,
            count_unproven=policy.count_unproven,
        )
        self.awards, self._odd = counted.awards, counted.odd

    def as_json(self, languages: Sequence[str]) -> dict[str, object]:
        """`documents`: the verdicts in order, where documents were asked about.

        `odd` says that a document is about somebody else than the others.
        """
        if not self._asked:
            return {}
        from service.verifying import verdict_json

        told = [
            verdict_json(each, self._snapshot, languages) | {"odd": place in self._odd}
            for place, each in enumerate(self._found)
        ]
        return {"documents": told}

    def print(self) -> None:
        """A line for each document, on stderr."""
        for place, each in enumerate(self._found):
            odd = "; it is about somebody else and does not count" if place in self._odd else ""
            why = f": {each.reason}" if each.reason else ""
            console.tell(f"Document {place + 1}, {each.format}: {each.verdict.value}{why}{odd}")


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
