"""`headwater demo`: loads the example, asks the README's question, prints the answer that follows from it.

The question is examples/question.toml; nothing of the answer is here.
"""

import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.matching import Matches, Policy, RoleMatch, gap, match
from graph.planning import Limits, Objective, Plan, PlanAnswer, plan, step_reason
from graph.releases import Releases
from graph.snapshot import ResourceType, Snapshot
from graph.store import Store
from ontology.errors import FindingsError, InputError
from ontology.model import FindingLevel

from . import console
from .asking import read_held
from .settings import Settings
from .stewarding import LoadOptions, load_one, steward

SOURCES = ("ict", "campus")
"""Folders of examples/, in the order in which they are loaded: the second refers to the first."""
_LINE_NAMES = 3
"""Names of one type listed before `and 4 more`; certifications are all listed."""
_LINE_SKILLS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the demo asks, as examples/question.toml words it."""

    credentials: tuple[str, ...]
    skills: tuple[str, ...]
    role: str
    level: str
    study_role: str
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the data says to it."""

    qualified: Matches
    target: RoleMatch
    ways: PlanAnswer
    study: RoleMatch
    cheapest: PlanAnswer
    fastest: PlanAnswer


def find_examples() -> Path:
    """The folder of examples beside the rooms. Raises InputError (`demo.no-examples`) where there is none."""
    for folder in (Path(__file__).resolve().parent.parent / "examples", Path("/usr/share/headwater/examples")):
        if (folder / "question.toml").is_file():
            return folder
    raise InputError(
        "The examples are not beside this installation.",
        code="demo.no-examples",
        hint="Run the demo from a checkout of the project.",
    )


def read_question(examples: Path) -> Question:
    """The question of a folder of examples. Raises InputError (`demo.question`) where it is not what it must be."""
    path = examples / "question.toml"
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        learner, qualify, study = content["learner"], content["qualify"], content["study"]
        return Question(
            credentials=tuple(learner["credentials"]),
            skills=tuple(learner["skills"]),
            role=qualify["role"],
            level=qualify["level"],
            study_role=study["role"],
            provider=study["provider"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} does not hold the demo's question: {error}.",
            code="demo.question",
            hint="Restore the file from the project.",
        ) from error


def load_examples(releases: Releases, store: Store, examples: Path) -> None:
    """Nothing; the examples are loaded, with a line for each on stderr. Raises FindingsError where one has faults."""
    for name in SOURCES:
        options = LoadOptions(dataset=name, allow_removals=True)
        report = load_one(releases, store, examples / name, options)
        if report.blocked:
            console.print_findings(report.findings)
            raise FindingsError(f"The example {name} has faults.", hint=f"`headwater check {examples / name}`")
        told = sum(1 for finding in report.findings if finding.level is FindingLevel.SHOULD)
        console.tell(
            f"{name}: {report.counts.loaded} records loaded, {report.counts.unchanged} unchanged, "
            f"{told} remarks (`headwater check examples/{name}` lists them)"
        )


def answer_question(snapshot: Snapshot, question: Question) -> Answer:
    """The answer of a release to the question. Raises UnknownReferenceError where it names what is not loaded."""
    policy = Policy()
    certified = read_held(snapshot, credentials=question.credentials)
    role = snapshot.resolve(question.role, [ResourceType.JOB_ROLE])
    study_role = snapshot.resolve(question.study_role, [ResourceType.JOB_ROLE])
    skilled = read_held(snapshot, competencies=question.skills)
    college = Limits(providers=(question.provider,), deadline_ms=20_000)

    def study(objective: Objective) -> PlanAnswer:
        return plan(snapshot, skilled, study_role, objective=objective, limits=college, policy=policy, first=1)

    return Answer(
        qualified=match(snapshot, certified, policy),
        target=gap(snapshot, certified, policy, role),
        ways=plan(
            snapshot,
            certified,
            role,
            level=question.level,
            objective=Objective.FEWEST,
            limits=Limits(),
            policy=policy,
            first=1,
        ),
        study=gap(snapshot, skilled, policy, study_role),
        cheapest=study(Objective.CHEAPEST),
        fastest=study(Objective.FASTEST),
    )


def print_answer(snapshot: Snapshot, question: Question, answer: Answer) -> None:
    """Nothing; question and answer are on stdout, in the README's words."""
    out = console.stdout_console()

    def line(text: str = "") -> None:
        out.print(text, markup=False, soft_wrap=True, highlight=False)

    held = ", ".join(question.credentials)
    line(f"I hold {held}. Which cyber work roles am I qualified for, and at what level?")
    line()
    qualified = [answer.qualified.detail(index) for index in range(len(answer.qualified))]
    for level, roles in sorted(_by_level(snapshot, qualified).items()):
        line(f"  {level}: {len(roles)} roles")
        for role in roles:
            line(f"    {console.role_code(snapshot, role)}{console.name(snapshot, role)}")
    line()
    target = console.role_code(snapshot, answer.target.role) + console.name(snapshot, answer.target.role)
    line(f"What gets me to {question.level} in {target}?")
    line()
    _print_ways(snapshot, answer, line)
    line()
    line(
        f"From these {len(question.skills)} ESCO skills, what is the cheapest and the fastest way at "
        f"{question.provider}"
    )
    line(f"into {console.name(snapshot, answer.study.role)}?")
    line()
    for start in range(0, len(question.skills), _LINE_SKILLS):
        line(f"  {'held:' if start == 0 else '     '} {', '.join(question.skills[start : start + _LINE_SKILLS])}")
    units = (*answer.study.met, *answer.study.partial, *answer.study.missing)
    musts = sum(1 for unit in units if bool(snapshot.node_must[unit.node]))
    line(f"  score {answer.study.score:.3f}; {musts - len(answer.study.blocking)} of {musts} essential skills met")
    for title, result in (("cheapest", answer.cheapest), ("fastest", answer.fastest)):
        line()
        _print_study(snapshot, title, result, line)
    line()
    for text in dict.fromkeys(
        text for dataset in snapshot.datasets for text in (dataset.attribution or "").splitlines()
    ):
        line(text)


def _by_level(snapshot: Snapshot, results: Sequence[RoleMatch]) -> dict[str, list[int]]:
    """Roles by the highest level that they are qualified at, each list by code."""
    found: dict[str, list[int]] = {}
    for result in results:
        met = [level for level in result.levels if level.qualified]
        if met:
            found.setdefault(console.level_name(snapshot, met[-1].level), []).append(result.role)
    return {level: sorted(roles, key=lambda role: console.role_code(snapshot, role)) for level, roles in found.items()}


def _print_ways(snapshot: Snapshot, answer: Answer, line: console.Line) -> None:
    """What each step of the best plan may be replaced by, by type."""
    if not answer.ways.plans:
        line(f"  There is no way: {answer.ways.reason}.")
        return
    best = answer.ways.plans[0]
    if not best.steps:
        line("  You are there already.")
    for step in best.steps:
        line(f"  Step {step.position}: any one of")
        rows = sorted({step.row, *step.alternatives}, key=lambda row: console.name(snapshot, row).casefold())
        for title, kinds in (("certifications", ("certification",)), ("degrees", ("degree",)), ("courses", ())):
            names = [_short_name(snapshot, row) for row in rows if _is_kind(snapshot, row, kinds)]
            if names:
                shown = names if "certification" in kinds else names[:_LINE_NAMES]
                more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
                line(f"    {len(names)} {title}: {', '.join(shown)}{more}")


def _is_kind(snapshot: Snapshot, row: int, kinds: Sequence[str]) -> bool:
    if not kinds:
        return bool(snapshot.types[row] == ResourceType.COURSE)
    return snapshot.types[row] == ResourceType.CREDENTIAL and snapshot.kind[row] in kinds


def _short_name(snapshot: Snapshot, row: int) -> str:
    codes = dict(snapshot.codes(row))
    return codes.get("abbreviation") or console.name(snapshot, row)


def _print_study(snapshot: Snapshot, title: str, result: PlanAnswer, line: console.Line) -> None:
    if not result.plans:
        line(f"  {title}: there is no way ({result.reason}).")
        return
    best: Plan = result.plans[0]
    line(f"  {title}: {console.plan_summary(best)}")
    for step in best.steps:
        cost = console.money_text(step.cost.minor_units, step.cost.currency) if step.cost else "cost unknown"
        days = f"{float(step.duration_days):g} days" if step.duration_days is not None else "length unknown"
        line(f"    {step.position:>2}. {console.name(snapshot, step.row)} ({cost}, {days})")
        line(f"        {step_reason(snapshot, best, step)}")
    for text in best.assumptions:
        line(f"    Assumed: {text}")


@contextmanager
def show_demo(settings: Settings, *, as_json: bool) -> Iterator[None]:
    """Nothing, after the example was loaded and the answer printed; Neo4j stays up until the end.

    Raises FindingsError, UnavailableError, InputError.
    """
    examples = find_examples()
    question = read_question(examples)
    with steward(settings) as (releases, store, _):
        load_examples(releases, store, examples)
        snapshot = releases.snapshot()
        answer = answer_question(snapshot, question)
        if as_json:
            console.print_json(answer_json(snapshot, answer))
        else:
            print_answer(snapshot, question, answer)
        console.tell(f"\nThe data is in {settings.home}; to go on from there: headwater serve --home '{settings.home}'")
        yield


def answer_json(snapshot: Snapshot, answer: Answer) -> console.Json:
    """The answer for programs."""
    qualified = [answer.qualified.detail(index) for index in range(len(answer.qualified))]
    return {
        "qualified": [console.match_json(snapshot, result, ()) for result in qualified],
        "target": console.match_json(snapshot, answer.target, ()),
        "ways": console.plan_json(snapshot, answer.ways, ()),
        "study": console.match_json(snapshot, answer.study, ()),
        "cheapest": console.plan_json(snapshot, answer.cheapest, ()),
        "fastest": console.plan_json(snapshot, answer.fastest, ()),
    }
