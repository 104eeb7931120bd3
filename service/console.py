"""What the command line prints: tables for people, JSON for programs. Data goes to stdout, messages to stderr.

Knows how an answer looks in a terminal; decides nothing. Called by cli and demo.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Self, TextIO

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from graph.matching import EvidenceItem, RoleMatch, UnitCoverage
from graph.snapshot import Snapshot
from graph.what_if import RoleChange
from graph.wording import requirement_name
from ontology.errors import HeadwaterError
from ontology.model import Finding, FindingLevel
from ontology.quantities import minor_digits

if TYPE_CHECKING:
    from graph.loading import LoadReport
    from graph.planning import Plan, PlanAnswer

    from .explaining import Explainer

Json = dict[str, object]
Line = Callable[[str], None]
"""Prints one line of an answer."""


def stdout_console() -> Console:
    """A console for data; wraps at the terminal's width, at 120 where there is none."""
    console = Console(file=sys.stdout, highlight=False, emoji=False, soft_wrap=False)
    return console if console.is_terminal else Console(file=sys.stdout, highlight=False, emoji=False, width=120)


def print_json(value: object, stream: TextIO | None = None) -> None:
    """One JSON document and a newline on stdout, keys in the order given."""
    out = stream or sys.stdout
    out.write(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n")
    out.flush()


class JsonList:
    """One JSON object whose first member is a list, printed as it grows: it may be longer than memory."""

    def __init__(self, name: str, *, printed: bool) -> None:
        """Where it is not `printed`, nothing is."""
        self._name = name
        self._printed = printed
        self._count = 0

    def __enter__(self) -> Self:
        if self._printed:
            sys.stdout.write(f'{{\n"{self._name}": [')
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def add(self, value: Json) -> None:
        """One element more."""
        if self._printed:
            sys.stdout.write((",\n" if self._count else "\n") + orjson.dumps(value).decode())
            self._count += 1

    def end(self, others: Json) -> None:
        """The other members; nothing comes behind them."""
        if self._printed:
            members = orjson.dumps(others, option=orjson.OPT_INDENT_2).decode().removeprefix("{")
            sys.stdout.write(f"\n],{members}\n")


def tell(message: str) -> None:
    """A message for people on stderr."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def error_json(error: HeadwaterError) -> Json:
    """The one error shape of the command line."""
    shape: Json = {"code": error.code, "message": error.message, "hint": error.hint, "subject": error.subject}
    candidates = getattr(error, "candidates", ())
    if candidates:
        shape["candidates"] = [{"id": iri, "label": label} for iri, label in candidates]
    return {"error": shape}


def finding_json(finding: Finding) -> Json:
    """A finding as the contract words it."""
    source = finding.source
    return {
        "level": finding.level.value,
        "code": finding.code,
        "message": finding.message,
        "subject": finding.subject,
        "source": None
        if source is None
        else {"file": source.file, "line": source.line, "column": source.column, "pointer": source.pointer},
        "fix": finding.fix,
    }


def print_counts(findings: Sequence[Finding]) -> None:
    """How many findings of each code, most first."""
    counts = Counter(each.code for each in findings)
    rows = [[code, str(count)] for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
    print_rows(("finding", "count"), rows)


def print_findings(findings: Sequence[Finding], *, most: int = 50) -> None:
    """Findings a line each with place and fix, must first; all of them are in the JSON."""
    console = stdout_console()
    ordered = sorted(findings, key=lambda finding: finding.level is not FindingLevel.MUST)
    for finding in ordered[:most]:
        place = ""
        if finding.source:
            parts = [finding.source.file, finding.source.line, finding.source.column or finding.source.pointer]
            place = ":".join(str(part) for part in parts if part is not None) + ": "
        console.print(f"{finding.level.value:6} {place}{finding.message} [{finding.code}]", markup=False)
        if finding.fix:
            console.print(f"       {finding.fix}", markup=False)
    if len(ordered) > most:
        console.print(f"... and {len(ordered) - most} more; --json lists all of them.", markup=False)


def name(snapshot: Snapshot, row: int, languages: Sequence[str] = ()) -> str:
    """Label of a resource row."""
    return snapshot.label(row, languages)[0]


def level_name(snapshot: Snapshot, level: int) -> str:
    """Name of a role level row."""
    return snapshot.level_names[level] or ""


def match_json(snapshot: Snapshot, result: RoleMatch, languages: Sequence[str]) -> Json:
    """One role of a match, with everything that explains it."""
    return {
        "role": {"id": snapshot.iris[result.role], "label": name(snapshot, result.role, languages)},
        "score": result.score,
        "qualified": result.qualified,
        "levels": [
            {"name": level_name(snapshot, level.level), "qualified": level.qualified, "stated": level.stated}
            for level in result.levels
        ],
        "blocking": [
            {"id": snapshot.node_iris[node], "label": requirement_name(snapshot, node, languages)}
            for node in result.blocking
        ],
        "met": [_unit_json(snapshot, unit, languages) for unit in result.met],
        "partial": [_unit_json(snapshot, unit, languages) for unit in result.partial],
        "missing": [_unit_json(snapshot, unit, languages) for unit in result.missing],
    }


def held_level_json(snapshot: Snapshot, item: EvidenceItem) -> Json | None:
    """The level at which something is held; None where none is known."""
    return None if item.value is None else {"scale": snapshot.scale_iris[item.scale], "value": item.value}


def _unit_json(snapshot: Snapshot, unit: UnitCoverage, languages: Sequence[str]) -> Json:
    return {
        "requirement": {"id": snapshot.node_iris[unit.node], "label": requirement_name(snapshot, unit.node, languages)},
        "coverage": unit.coverage,
        "weight": unit.weight,
        "part": unit.part,
        "levelUnknown": unit.level_unknown,
        "evidence": [
            {
                "held": snapshot.iris[item.held],
                "status": item.standing.name,
                "binding": item.binding.name,
                "document": None if item.document < 0 else item.document,
                "reason": item.reason,
                "factor": item.factor,
                "level": held_level_json(snapshot, item),
            }
            for item in unit.evidence
        ],
    }


def print_matches(snapshot: Snapshot, results: Sequence[RoleMatch], total: int, languages: Sequence[str]) -> None:
    """Roles as a table, best first."""
    table = Table(box=None, pad_edge=False)
    for heading, justify in (
        ("role", "left"),
        ("score", "right"),
        ("qualified", "left"),
        ("level", "left"),
        ("met", "right"),
    ):
        table.add_column(heading, justify="right" if justify == "right" else "left")
    for result in results:
        met = [level for level in result.levels if level.qualified]
        units = len(result.met) + len(result.partial) + len(result.missing)
        table.add_row(
            f"{role_code(snapshot, result.role)}{name(snapshot, result.role, languages)}",
            f"{result.score:.3f}",
            {True: "yes", False: "no", None: "-"}[result.qualified],
            level_name(snapshot, met[-1].level) if met else "-",
            f"{len(result.met)}/{units}",
        )
    console = stdout_console()
    console.print(table)
    if total > len(results):
        console.print(f"... {total - len(results)} more of {total}; --first shows more.", markup=False)


def print_explanations(
    snapshot: Snapshot, explainer: Explainer, results: Sequence[RoleMatch], languages: Sequence[str]
) -> None:
    """Each role's reasons as an indented text."""
    console = stdout_console()
    for result in results:
        console.print(f"\n{name(snapshot, result.role, languages)}: {result.score:.3f}", markup=False)
        for line in explainer.role_text(result):
            console.print(line, markup=False, highlight=False, soft_wrap=True)


def change_json(snapshot: Snapshot, change: RoleChange, languages: Sequence[str]) -> Json:
    """One role before and after, as `whatIf` of the API has it."""
    return {
        "role": {"id": snapshot.iris[change.after.role], "label": name(snapshot, change.after.role, languages)},
        "before": {"score": change.before.score, "qualified": change.before.qualified, "rank": change.rank_before},
        "after": {"score": change.after.score, "qualified": change.after.qualified, "rank": change.rank_after},
        "gained": change.gained,
        "opened": change.opened,
        "levelsOpened": [level_name(snapshot, level) for level in change.levels_opened],
        "closed": [
            {"id": snapshot.node_iris[node], "label": requirement_name(snapshot, node, languages)}
            for node in change.closed
        ],
    }


def print_changes(snapshot: Snapshot, shown: Sequence[RoleChange], total: int, languages: Sequence[str]) -> None:
    """Roles that would change as a table: those that open first."""
    rows = [
        [
            f"{role_code(snapshot, change.after.role)}{name(snapshot, change.after.role, languages)}",
            f"{change.before.score:.3f}",
            f"{change.after.score:.3f}",
            "yes" if change.opened else "no",
            ", ".join(level_name(snapshot, level) for level in change.levels_opened) or "-",
            f"{change.rank_before or '-'} > {change.rank_after or '-'}",
        ]
        for change in shown
    ]
    print_rows(("role", "before", "after", "opens", "levels", "rank"), rows)
    if total > len(shown):
        stdout_console().print(f"... {total - len(shown)} more of {total}; --first shows more.", markup=False)


def role_code(snapshot: Snapshot, role: int) -> str:
    """The short code of a role and a blank, nothing where it has none."""
    codes = dict(snapshot.codes(role))
    code = codes.get("opm") or codes.get("onetsoc") or codes.get("esco")
    return f"{code} " if code else ""


def plan_json(snapshot: Snapshot, answer: PlanAnswer, languages: Sequence[str]) -> Json:
    """A plan answer, best first, or why there is none."""
    return {
        "plans": [_one_plan_json(snapshot, plan, languages) for plan in answer.plans],
        "optimal": answer.optimal,
        "reason": answer.reason.value if answer.reason else None,
        "unmet": [
            {"id": snapshot.node_iris[node], "label": requirement_name(snapshot, node, languages)}
            for node in answer.unmet
        ],
        "release": snapshot.release,
    }


def _one_plan_json(snapshot: Snapshot, plan: Plan, languages: Sequence[str]) -> Json:
    from graph.planning import step_reason

    return {
        "steps": [
            {
                "position": step.position,
                "id": snapshot.iris[step.row],
                "label": name(snapshot, step.row, languages),
                "reason": step_reason(snapshot, plan, step, languages),
                "alternatives": [snapshot.iris[row] for row in step.alternatives],
            }
            for step in plan.steps
        ],
        "cost": None if plan.cost is None else {"minorUnits": plan.cost.minor_units, "currency": plan.cost.currency},
        "durationDays": None if plan.duration_days is None else float(plan.duration_days),
        "unknowns": plan.unknowns,
        "total": float(plan.total),
        "bound": float(plan.bound),
        "optimal": plan.optimal,
        "assumptions": list(plan.assumptions),
    }


def print_plans(snapshot: Snapshot, answer: PlanAnswer, languages: Sequence[str]) -> None:
    """Plans as numbered steps with reasons, or why there is none."""
    from graph.planning import step_reason

    console = stdout_console()
    if not answer.plans:
        console.print(f"No plan: {answer.reason}.", markup=False)
        for node in answer.unmet:
            console.print(f"  cannot be met: {requirement_name(snapshot, node, languages)}", markup=False)
    for number, plan in enumerate(answer.plans, 1):
        console.print(f"Plan {number}: {plan_summary(plan)}", markup=False)
        for step in plan.steps:
            console.print(f"  {step.position}. {name(snapshot, step.row, languages)}", markup=False)
            console.print(f"     {step_reason(snapshot, plan, step, languages)}", markup=False)


def plan_summary(plan: Plan) -> str:
    """Steps, cost, length and proof of a plan in one line."""
    if not plan.steps:
        return "nothing to do: all that must hold is met already"
    parts = [f"{len(plan.steps)} step{'s' if len(plan.steps) > 1 else ''}"]
    parts.append(money_text(plan.cost.minor_units, plan.cost.currency) if plan.cost else "cost unknown")
    parts.append(f"{float(plan.duration_days):g} days" if plan.duration_days is not None else "length unknown")
    if plan.unknowns:
        parts.append(f"{plan.unknowns} step{'s' if plan.unknowns > 1 else ''} without a figure")
    parts.append("proved best" if plan.optimal else f"best found; no plan is below {float(plan.bound):g}")
    return ", ".join(parts)


def money_text(minor_units: int, currency: str) -> str:
    """An amount with its currency: `3,395.00 EUR`."""
    digits = minor_digits(currency)
    return f"{minor_units / 10**digits:,.{digits}f} {currency}"


def report_json(report: LoadReport) -> Json:
    """A load's findings, counts and release as the contract words them, with the changes by record."""
    counts = report.counts
    changes = report.changes
    return {
        "dataset": report.dataset,
        "findings": [finding_json(finding) for finding in report.findings],
        "counts": {
            "read": counts.read,
            "loaded": counts.loaded,
            "unchanged": counts.unchanged,
            "removed": counts.removed,
            "refused": counts.refused,
        },
        "changes": {"added": changes.added, "changed": changes.changed, "removed": changes.removed},
        "breaks": {"roles": list(report.impact.roles), "alignments": list(report.impact.alignments)},
        "blocked": report.blocked,
        "published": report.published,
        "release": report.release.number if report.release else None,
    }


def print_report(report: LoadReport) -> None:
    """A load's findings, then what it did in a line or two."""
    print_findings(report.findings)
    counts = report.counts
    out = stdout_console()
    out.print(
        f"{report.dataset}: read {counts.read}, loaded {counts.loaded}, unchanged {counts.unchanged}, "
        f"removed {counts.removed}, refused {counts.refused}.",
        markup=False,
    )
    for what, iris in (
        ("roles whose requirements change", report.impact.roles),
        ("alignments that lose an end", report.impact.alignments),
    ):
        if iris:
            shown = ", ".join(iris[:3])
            out.print(f"{len(iris)} {what}: {shown}{' ...' if len(iris) > 3 else ''}", markup=False)
    if report.blocked:
        out.print(
            "Nothing was loaded: mend the must-findings, or see --skip-broken and --allow-removals.", markup=False
        )
    elif report.release is None:
        out.print("Nothing was changed: this was a try.", markup=False)
    else:
        state = "published" if report.published else "unchanged"
        out.print(f"Release {report.release.number} {state}.", markup=False)
    if report.known:
        out.print("The source is the same as at the load before and was not read again (see --anew).", markup=False)


def print_rows(headings: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Rows as a plain table."""
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell or "") for cell in row))
    stdout_console().print(table)
