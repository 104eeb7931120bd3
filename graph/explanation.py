"""Sentences about evidence: why something held covers a requirement.

Decides nothing: all that is said is in the evidence and the snapshot. Names are in the languages asked, the words
around them in the first of these that `phrases` has. Called by the service.
"""

import math
from collections.abc import Iterator, Sequence

from .coverage import Link
from .layout import NodeKind, ResourceType
from .level_mappings import ReadLevel
from .matching import EvidenceItem, UnitCoverage
from .phrases import Phrases, phrases_in
from .scales import named_level
from .snapshot import Snapshot
from .wording import requirement_name

_GIVING = ("awards", "teaches", "certifies")
"""Links before the first competency of a chain."""
_THINGS = frozenset({int(ResourceType.CREDENTIAL), int(ResourceType.COURSE)})


def evidence_sentence(snapshot: Snapshot, node: int, item: EvidenceItem, languages: Sequence[str] = ()) -> str:
    """One sentence such as `Security+ is one of the certifications that admit at Intermediate`, with its full stop.

    Args:
        snapshot: the release.
        node: row of the top requirement that the evidence is for.
        item: the evidence.
        languages: of the names, the best first.
    """
    phrases = phrases_in(languages)
    end = item.chain[-1].to_row if item.chain else item.held
    if int(snapshot.types[end]) in _THINGS:
        text = _part(snapshot, node, end, _given(snapshot, item, languages, phrases), phrases)
    else:
        text = _way(snapshot, item, languages, phrases)
    if item.factor > 0:
        return f"{text}."
    return phrases.say("does not count", text=text, reason=item.reason or phrases.say("not proven"))


def coverage_sentence(snapshot: Snapshot, unit: UnitCoverage, outcome: str, languages: Sequence[str] = ()) -> str:
    """One sentence on what becomes of a requirement, such as `Python is met and adds 0.5 to the score`.

    Args:
        outcome: `met`, `partial` or `missing`.
    """
    phrases = phrases_in(languages)
    key = {"met": "met", "partial": "partly met"}.get(outcome, "missing")
    key += " without weight" if unit.weight <= 0 and key != "missing" else ""
    text = phrases.say(
        key,
        what=requirement_name(snapshot, unit.node, languages),
        part=phrases.number(unit.part),
        coverage=phrases.number(unit.coverage),
    )
    text = f"{text[0].upper()}{text[1:]}"
    return text + phrases.say("level unknown") if unit.level_unknown else text


def _given(snapshot: Snapshot, item: EvidenceItem, languages: Sequence[str], phrases: Phrases) -> str:
    held = snapshot.label(item.held, languages)[0]
    if not item.chain:
        return held
    return phrases.say("by course", thing=snapshot.label(item.chain[-1].to_row, languages)[0], held=held)


def _part(snapshot: Snapshot, node: int, target: int, given: str, phrases: Phrases) -> str:
    """What a credential or course is to a requirement: the requirement itself, or one of several."""
    leaf = _leaf_of(snapshot, node, target)
    level = int(snapshot.node_level[node])
    at_level = phrases.say("at level", level=snapshot.level_names[level]) if level >= 0 else ""
    must = bool(snapshot.node_must[node])
    parent = int(snapshot.node_parent[leaf])
    if parent < 0:
        return phrases.say("required" if must else "asked for", thing=given, at=at_level)
    keys = {NodeKind.ALL: "one of all", NodeKind.ANY: "one that admits" if must else "one that counts"}
    return phrases.say(
        keys.get(NodeKind(int(snapshot.node_kind[parent])), "one of several"),
        thing=given,
        things=_plural(_noun(snapshot, target)),
        number=int(snapshot.node_minimum[parent]),
        at=at_level,
    )


def _leaf_of(snapshot: Snapshot, node: int, target: int) -> int:
    leaves = range(node, int(snapshot.node_end[node]))
    asked = (row for row in leaves if snapshot.node_target[row] >= 0)
    return next((row for row in asked if snapshot.canonical[snapshot.node_target[row]] == target), node)


def _noun(snapshot: Snapshot, target: int) -> str:
    if snapshot.types[target] == ResourceType.COURSE:
        return "course"
    return (snapshot.kind[target] or "credential").lower()


def _plural(noun: str) -> str:
    if noun.endswith("s"):
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def _way(snapshot: Snapshot, item: EvidenceItem, languages: Sequence[str], phrases: Phrases) -> str:
    """How a competency is come by, each step with its factor, and what the level leaves of it."""
    gifts = [link for link in item.chain if link.relation in _GIVING]
    steps = item.chain[len(gifts) :]
    parts = [_opening(snapshot, item, gifts, languages, phrases)]
    parts += list(_stepwise(snapshot, steps, languages, phrases))
    if item.level is not None:
        parts.append(_read_level(snapshot, item.level, languages, phrases))
    product = math.prod(link.factor for link in steps)
    # Factors are told with 12 decimals; what is below that is the arithmetic's and no level's.
    if item.factor > 0 and product > 0 and item.factor < product - 1e-9:
        parts.append(phrases.say("level counts", number=phrases.number(item.factor / product)))
    return "; ".join(parts)


def _read_level(snapshot: Snapshot, level: ReadLevel, languages: Sequence[str], phrases: Phrases) -> str:
    held, asked = (snapshot.scale_label(row, languages)[0] for row in (level.scale, level.asked))
    value, read = (
        named_level(snapshot, scale, number, phrases.number(number), languages)
        for scale, number in ((level.scale, level.value), (level.asked, level.read))
    )
    return phrases.say("level read", value=value, held=held, read=read, asked=asked)


def _opening(
    snapshot: Snapshot, item: EvidenceItem, gifts: Sequence[Link], languages: Sequence[str], phrases: Phrases
) -> str:
    text = phrases.say("hold", held=snapshot.label(item.held, languages)[0])
    for link in gifts:
        text += phrases.say(link.relation, thing=snapshot.label(link.to_row, languages)[0])
    return text


def _stepwise(snapshot: Snapshot, steps: Sequence[Link], languages: Sequence[str], phrases: Phrases) -> Iterator[str]:
    for link in steps:
        start, end = (snapshot.label(row, languages)[0] for row in (link.from_row, link.to_row))
        yield f"{phrases.relation(link.relation, start, end)} ({phrases.number(link.factor)})"
