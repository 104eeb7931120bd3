"""Sentences about evidence: why something held covers a requirement.

Knows words, decides nothing: all that is said is in the evidence and the snapshot. Names are in the languages asked,
the sentence around them is English. Called by the service.
"""

import math
from collections.abc import Iterator, Sequence

from .coverage import Link
from .layout import NodeKind, ResourceType
from .level_mappings import ReadLevel
from .matching import EvidenceItem
from .snapshot import Snapshot

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
    end = item.chain[-1].to_row if item.chain else item.held
    if int(snapshot.types[end]) in _THINGS:
        text = f"{_given(snapshot, item, languages)} is {_part(snapshot, node, end)}"
    else:
        text = _way(snapshot, item, languages)
    return f"{text}; it does not count: {(item.reason or 'it is not proven.')}" if item.factor <= 0 else f"{text}."


def _given(snapshot: Snapshot, item: EvidenceItem, languages: Sequence[str]) -> str:
    held = snapshot.label(item.held, languages)[0]
    if not item.chain:
        return held
    return f"{snapshot.label(item.chain[-1].to_row, languages)[0]}, which {held} awards,"


def _part(snapshot: Snapshot, node: int, target: int) -> str:
    """What a credential or course is to a requirement: the requirement itself, or one of several."""
    leaf = _leaf_of(snapshot, node, target)
    level = int(snapshot.node_level[node])
    at_level = f" at {snapshot.level_names[level]}" if level >= 0 else ""
    must = bool(snapshot.node_must[node])
    parent = int(snapshot.node_parent[leaf])
    if parent < 0:
        return f"required{at_level}" if must else f"asked for{at_level}"
    minimum, kind = int(snapshot.node_minimum[parent]), snapshot.node_kind[parent]
    needed = {NodeKind.ALL: "that are all needed", NodeKind.ANY: "that admit" if must else "that count"}
    verb = needed.get(NodeKind(int(kind)), f"of which {minimum} are needed")
    return f"one of the {_plural(_noun(snapshot, target))} {verb}{at_level}"


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


def _way(snapshot: Snapshot, item: EvidenceItem, languages: Sequence[str]) -> str:
    """How a competency is come by, each step with its factor, and what the level leaves of it."""
    gifts = [link for link in item.chain if link.relation in _GIVING]
    steps = item.chain[len(gifts) :]
    parts = [_opening(snapshot, item, gifts, languages)]
    parts += list(_stepwise(snapshot, steps, languages))
    if item.level is not None:
        parts.append(_read_level(snapshot, item.level, languages))
    product = math.prod(link.factor for link in steps)
    # Factors are told with 12 decimals; what is below that is the arithmetic's and no level's.
    if item.factor > 0 and product > 0 and item.factor < product - 1e-9:
        parts.append(f"the level counts {_number(item.factor / product)}")
    return "; ".join(parts)


def _read_level(snapshot: Snapshot, level: ReadLevel, languages: Sequence[str]) -> str:
    held, asked = (snapshot.scale_label(row, languages)[0] for row in (level.scale, level.asked))
    return f"level {_number(level.value)} of {held} is read as {_number(level.read)} of {asked}"


def _opening(snapshot: Snapshot, item: EvidenceItem, gifts: Sequence[Link], languages: Sequence[str]) -> str:
    text = f"You hold {snapshot.label(item.held, languages)[0]}"
    for link in gifts:
        text += f", which {link.relation} {snapshot.label(link.to_row, languages)[0]}"
    return text


def _stepwise(snapshot: Snapshot, steps: Sequence[Link], languages: Sequence[str]) -> Iterator[str]:
    for link in steps:
        start, end = (snapshot.label(row, languages)[0] for row in (link.from_row, link.to_row))
        yield f"{start} {link.relation} {end} ({_number(link.factor)})"


def _number(value: float) -> str:
    return f"{value:.4g}"
