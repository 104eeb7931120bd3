"""Sentences about plans: what a requirement asks, why a step is there, what a plan takes for granted.

Decides nothing. Names are in the languages asked, the words around them in the first of these that `phrases` has; what
a plan takes for granted is told in English. Called by `planning` and `explanation`.
"""

from collections.abc import Sequence
from decimal import Decimal

from .figures import Figures, Objective
from .phrases import MOST_NAMES, Phrases, phrases_in
from .scales import named_level
from .snapshot import NodeKind, Snapshot

_ENGLISH = Phrases()


def requirement_name(snapshot: Snapshot, node: int, languages: Sequence[str] = (), *, deepest: int = 2) -> str:
    """What a requirement asks, such as `Python at level 3` or `any of Security+ or CySA+`.

    Args:
        deepest: levels of groups inside groups that are spelled out.
    """
    phrases = phrases_in(languages)
    kind = snapshot.node_kind[node]
    if kind == NodeKind.EXPERIENCE:
        return phrases.say("days of experience", number=phrases.exact(_number(float(snapshot.node_days[node]))))
    if kind in (NodeKind.COMPETENCY, NodeKind.CREDENTIAL, NodeKind.COURSE):
        name = snapshot.label(int(snapshot.node_target[node]), languages)[0]
        value = float(snapshot.node_value[node])
        if value != value:
            return name
        number = phrases.exact(_number(value))
        level = named_level(snapshot, int(snapshot.node_scale[node]), value, number, languages)
        return phrases.say("with level", name=name, number=level)
    label = snapshot.node_label(node, languages)
    if label is not None:
        return label[0]
    children = list(snapshot.child_nodes(node))
    if deepest == 0 or not children:
        return phrases.say("a group", number=len(children))
    shown = children if len(children) <= MOST_NAMES + 1 else children[:MOST_NAMES]
    names = [requirement_name(snapshot, child, languages, deepest=deepest - 1) for child in shown]
    names += [phrases.say("more", number=len(children) - len(shown))] if len(shown) < len(children) else []
    minimum = int(snapshot.node_minimum[node])
    if minimum == len(children):
        return phrases.listed(names, most=None)
    key = "any of" if minimum == 1 else "some of"
    return phrases.say(key, number=minimum, names=phrases.listed(names, "or", most=None))


def reason(
    snapshot: Snapshot,
    closes: Sequence[int],
    counts_towards: Sequence[int],
    enables: Sequence[int],
    languages: Sequence[str] = (),
) -> str:
    """Why a step is in its plan.

    Args:
        closes, counts_towards: node rows of musts that it completes, and of those that it is needed for in the end.
        enables: rows of the later steps that need it.
    """
    phrases = phrases_in(languages)
    parts = []
    if closes:
        names = [requirement_name(snapshot, node, languages) for node in closes]
        parts.append(phrases.say("closes", names=phrases.listed(names)))
    towards = [requirement_name(snapshot, node, languages) for node in counts_towards if node not in closes]
    if towards:
        parts.append(phrases.say("counts towards", names=phrases.listed(towards)))
    if enables:
        served = phrases.listed([snapshot.label(row, languages)[0] for row in enables])
        parts.append(phrases.say("enables", names=served))
    sentence = "; ".join(parts) or phrases.say("together")
    return f"{sentence[0].upper()}{sentence[1:]}."


def assumptions(snapshot: Snapshot, figures: Figures, objective: Objective, steps: Sequence[int]) -> list[str]:
    """What a plan takes for granted because the data does not tell it, one sentence each."""
    names = {step: snapshot.label(step)[0] for step in steps}
    found = []
    if steps and figures.assumed:
        found.append(
            f"Costs are added up in {figures.currency}, the commonest currency of the courses and credentials."
        )
    foreign = [step for step in steps if figures.cost(step) is None and figures.stated_cost(step) is not None]
    for step in foreign:
        cost = figures.stated_cost(step)
        assert cost is not None
        found.append(
            f"The cost of {names[step]} is stated in {cost.currency}, not {figures.currency}: it counts as unknown."
        )
    costless = [names[step] for step in steps if figures.stated_cost(step) is None]
    if costless:
        found.append(f"No cost is stated for {_ENGLISH.listed(costless, most=None)}.")
    endless = [names[step] for step in steps if figures.duration(step) is None]
    if endless:
        found.append(f"No length is stated for {_ENGLISH.listed(endless, most=None)}.")
    if objective is Objective.FASTEST and len(steps) > 1:
        found.append("The steps are taken one after the other.")
    open_to_all = [names[step] for step in steps if not snapshot.top_nodes(step)]
    if open_to_all:
        found.append(
            f"No prerequisites are stated for {_ENGLISH.listed(open_to_all, most=None)}: taken as open to everyone."
        )
    return found


def _number(value: float) -> str:
    return f"{Decimal(str(value)).normalize():f}"
