"""The command that scores a file of learners: batch. Needs no server."""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from graph.policy import Policy
from graph.progress import stderr_progress
from graph.releases import Releases
from ontology.errors import FindingsError, InputError
from ontology.model import Finding, FindingLevel
from service import console
from service.asking import open_snapshot, read_roles, read_wish

from .options import (
    AsJson,
    CountUnproven,
    Employers,
    Home,
    MinSalary,
    OrUnstated,
    Regions,
    Remote,
    Resolve,
    Strict,
    Trust,
    settings_of,
)

FINDINGS_PRINTED = 10_000
"""In one JSON document; all of them are in the folder's findings.jsonl."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("batch")(score_batch)


def score_batch(
    source: Annotated[
        Path, typer.Argument(help="Learners: Parquet, CSV, JSON lines, or credentials; a file, folder, gz, zip, tar.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the results; made where it is missing.")],
    first: Annotated[int, typer.Option("--first", "-n", min=1, max=1000, help="Roles told of each learner.")] = 10,
    roles: Annotated[list[str] | None, typer.Option("--role", "-r", help="Only these roles.")] = None,
    regions: Regions = None,
    employers: Employers = None,
    remote: Remote = None,
    min_salary: MinSalary = None,
    or_unstated: OrUnstated = False,
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="A field of the policy: NAME=VALUE, such as close=0.8.")
    ] = None,
    skip_unknown: Annotated[
        bool, typer.Option("--skip-unknown", help="Score a learner without what leads nowhere.")
    ] = False,
    by_subject: Annotated[
        bool, typer.Option("--by-subject", help="All credentials of a subject are one learner, else each one is.")
    ] = False,
    resolve: Resolve = None,
    trust: Trust = None,
    count_unproven: CountUnproven = False,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="Processes; default: one a core.", show_default=False)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask cluster's, tcp://HOST:PORT, in place of own processes.")
    ] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=1_000_000, help="Learners of a part.")] = 10_000,
    restart: Annotated[bool, typer.Option("--restart", help="Remove what the folder holds of a run.")] = False,
    strict: Strict = False,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Score a file of learners against all roles; results as Parquet. Goes on where it was stopped. Needs no server."""
    from graph.batch import findings_of, finish_run, instant_of, open_run, plan_run
    from graph.batch_documents import DocumentTerms
    from graph.batch_workers import score_parts
    from graph.lock import writer_lock
    from ontology.learner_files import Gathering
    from service.verifying import lasting_terms

    settings = settings_of(home)
    folder = settings.home
    snapshot = open_snapshot(folder)
    index = Releases(folder).snapshot_path(snapshot.release)
    wish = read_wish(regions, employers, remote, min_salary, or_unstated=or_unstated)
    rows_looked_at, _ = read_roles(snapshot, roles, wish)
    if rows_looked_at is not None and not len(rows_looked_at):
        raise InputError(
            "No role fits the filter.",
            code="filter.nothing",
            hint="Ask for less, or add --or-unstated for roles that do not tell.",
        )
    named = [] if rows_looked_at is None else [snapshot.iris[row] for row in rows_looked_at.tolist()]
    chosen = read_policy(policy or ())
    chosen = replace(chosen, count_unproven=chosen.count_unproven or count_unproven)
    terms = lasting_terms(settings, resolve=resolve, trust=trust)
    beside = output.absolute().parent
    with writer_lock(beside, f".{output.absolute().name}.lock"), _scratch(output.absolute()) as scratch:
        begun = None if restart else instant_of(output)
        instant = begun or datetime.now(UTC).isoformat(timespec="seconds")
        run = plan_run(
            source,
            output,
            index,
            release=snapshot.release,
            policy=chosen,
            first=first,
            roles=named,
            skip_unknown=skip_unknown,
            rows=rows,
            gathering=Gathering(folder=scratch, by_subject=by_subject),
            documents=DocumentTerms(terms=terms, instant=instant, by_subject=by_subject),
        )
        reports = open_run(run, index, restart=restart)
        resumed, missing = len(reports), [number for number in range(len(run.slices)) if number not in reports]
        with stderr_progress() as progress:
            for report in score_parts(run, missing, workers=workers or os.cpu_count() or 1, scheduler=scheduler):
                reports[report.number] = report
                progress("scoring", len(reports), len(run.slices), "parts")
        totals = finish_run(run, reports.values())
    findings = findings_of(run, reports.values())
    if as_json:
        told = [console.finding_json(each) for each in findings[:FINDINGS_PRINTED]]
        omitted = len(findings) - len(told)
        counts = {**asdict(totals), "resumed": resumed, "findings": len(findings), "findingsOmitted": omitted}
        console.print_json({"release": run.release, "output": str(output), "counts": counts, "findings": told})
    else:
        names = {"parts": totals.parts, "parts that were there": resumed, "rows read": totals.read}
        names |= {"documents": totals.documents} if run.documents else {}
        names |= {"learners scored": totals.scored, "refused": totals.refused, "matches": totals.matches}
        console.print_rows(("what", "count"), [[name, f"{count:,}"] for name, count in names.items()])
        console.print_findings(findings)
    _end(findings, strict=strict)


@contextlib.contextmanager
def _scratch(output: Path) -> Iterator[Path]:
    """A folder beside the results for what has to be unpacked, which only the operator can read; it goes at the end."""
    from graph.archive import writing

    folder = output.with_name(f".{output.name}.unpacked")
    with writing(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _end(findings: Sequence[Finding], *, strict: bool) -> None:
    must = any(finding.level is FindingLevel.MUST for finding in findings)
    if must or (strict and findings):
        raise typer.Exit(FindingsError.exit_code)


def read_policy(texts: Sequence[str]) -> Policy:
    """The policy of `name=value` texts. Raises InputError (`policy.unknown-field`, `policy.out-of-range`)."""
    kinds = {field.name: type(field.default) for field in fields(Policy)}
    values: dict[str, float | int | bool] = {}
    for text in texts:
        name, _, value = text.partition("=")
        name = name.strip().replace("-", "_")
        try:
            values[name] = _read_value(kinds[name], value.strip())
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{text!r} sets no field of the policy.",
                code="policy.unknown-field",
                hint=f"NAME=VALUE with one of: {', '.join(kinds)}.",
                subject=name,
            ) from error
    return Policy(**values)  # type: ignore[arg-type]  # each is of its field's type


def _read_value(kind: type[object], text: str) -> float | int | bool:
    if kind is bool:
        return {"true": True, "false": False}[text.casefold()]
    return int(text) if kind is int else float(text)
