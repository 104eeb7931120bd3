"""The command that tells what a platform should know of its numbers: fairness. Needs no server."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from graph.snapshot import Snapshot
from service import console
from service.asking import open_snapshot

from .batches import read_policy
from .options import AsJson, Home, Languages, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.fairness import Fairness, Known

SHOWN = 10
"""Roles out of reach that the text names; the JSON has more."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("fairness")(assess)


def assess(
    policy: Annotated[
        list[str] | None, typer.Option("--policy", help="A field of the policy: NAME=VALUE, such as close=0.8.")
    ] = None,
    learners: Annotated[
        int, typer.Option("--learners", min=0, max=100_000, help="Learners that are drawn to see what a factor does.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw.")] = 1,
    languages: Languages = None,
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """How much is unknown, which roles nobody can learn, what each factor of the policy decides. Needs no server."""
    from graph.fairness import assess_fairness

    snapshot = open_snapshot(settings_of(home).home)
    found = assess_fairness(snapshot, read_policy(policy or ()), learners=learners, seed=seed)
    if as_json:
        console.print_json(fairness_json(snapshot, found, languages or ()))
    else:
        _print(snapshot, found, languages or ())


def fairness_json(snapshot: Snapshot, found: "Fairness", languages: "Sequence[str]") -> dict[str, object]:
    """The report with IRIs and labels."""
    reach = found.reach

    def named(row: int) -> dict[str, object]:
        return {"id": snapshot.iris[row], "label": console.name(snapshot, row, languages)}

    return {
        "release": snapshot.release,
        "levels": asdict(found.levels),
        "taughtLevels": asdict(found.taught_levels),
        "costs": {kind: asdict(known) for kind, known in found.costs.items()},
        "durations": {kind: asdict(known) for kind, known in found.durations.items()},
        "reach": {
            "stating": reach.stating,
            "outOfReach": reach.out_of_reach,
            "roles": [
                {"role": named(each.role), "blocking": [snapshot.node_iris[node] for node in each.blocking]}
                for each in reach.named
            ],
            "untaught": [{**named(row), "roles": count} for row, count in reach.untaught],
        },
        "learners": found.learners,
        "effects": [
            {
                "factor": each.factor,
                "value": each.value,
                "kept": each.kept,
                "firstChanged": each.first_changed,
                "agreement": each.agreement,
                "moved": each.moved,
                "requalified": each.requalified,
            }
            for each in found.effects
        ],
    }


def _print(snapshot: Snapshot, found: "Fairness", languages: "Sequence[str]") -> None:
    levels, reach = found.levels, found.reach
    console.print_rows(
        ("what is known", "of", "known", "share"),
        [
            _row("teachings that say a level", found.taught_levels),
            *(_row(f"costs of {kind}s", known) for kind, known in found.costs.items()),
            *(_row(f"durations of {kind}s", known) for kind, known in found.durations.items()),
        ],
    )
    asked = (("asked", levels.asked), ("taught at a comparable level", levels.comparable))
    others = (("taught at an unknown level", levels.unknown), ("taught on another scale", levels.other_scale))
    rows = [[name, f"{count:,}"] for name, count in (*asked, *others, ("taught by nothing", levels.untaught))]
    console.print_rows(("levels that roles ask for", "count"), rows)
    closed = [["roles that state a must", f"{reach.stating:,}"], ["of these out of reach", f"{reach.out_of_reach:,}"]]
    closed += [
        [console.name(snapshot, each.role, languages), f"{len(each.blocking)} in the way"]
        for each in reach.named[:SHOWN]
    ]
    console.print_rows(("roles that nobody can learn", ""), closed)
    if reach.untaught:
        untaught = [[console.name(snapshot, row, languages), str(count)] for row, count in reach.untaught]
        console.print_rows(("what is taught by nothing", "roles it blocks"), untaught)
    if found.effects:
        console.print_rows(
            (
                f"factor ({found.learners} learners)",
                "value",
                "top 10 kept",
                "first changed",
                "tau",
                "moved",
                "requalified",
            ),
            [
                [
                    each.factor,
                    f"{each.value:.3g}",
                    f"{each.kept:.1%}",
                    f"{each.first_changed:.1%}",
                    f"{each.agreement:.3f}",
                    f"{each.moved:.4f}",
                    f"{each.requalified:.2f}",
                ]
                for each in found.effects
            ],
        )


def _row(name: str, known: "Known") -> list[str]:
    return [name, f"{known.count:,}", f"{known.known:,}", f"{known.known / known.count:.1%}" if known.count else "-"]
