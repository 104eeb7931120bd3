"""What each step of an ordered plan is for: which requirements it closes or counts towards, which later steps need it.

Knows numbers only (see `networks`). Called by `planning`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .networks import Network


@dataclass(slots=True)
class Purpose:
    """Of one step. Musts are named as the caller names them."""

    closes: list[int] = field(default_factory=list)
    """Musts that first hold after it."""
    counts_towards: list[int] = field(default_factory=list)
    """Musts that hold in the end and would not without it."""
    enables: list[int] = field(default_factory=list)
    """Places of later steps, from 0, whose prerequisites would not hold in their turn without it."""


def purposes(
    network: Network, prerequisites: Mapping[int, int], musts: Sequence[tuple[int, int]], order: Sequence[int]
) -> list[Purpose]:
    """What each step of the order is for.

    Cost: each requirement is looked at once or twice for each step that it mentions.

    Args:
        musts: (name, node).
    """
    places = {step: place for place, step in enumerate(order)}
    found = [Purpose() for _ in order]
    for must, node in musts:
        spoken = sorted(network.mentioned_among(node, places.keys()), key=places.__getitem__)
        taken: set[int] = set()
        for step in spoken:
            taken.add(step)
            if network.holds(node, taken):
                found[places[step]].closes.append(must)
                break
        for step in _needed(network, node, spoken):
            found[places[step]].counts_towards.append(must)
    for later, step in enumerate(order):
        node = prerequisites[step]
        before = [other for other in network.mentioned_among(node, places.keys()) if places[other] < later]
        for other in _needed(network, node, before):
            found[places[other]].enables.append(later)
    return found


def _needed(network: Network, node: int, steps: Sequence[int]) -> list[int]:
    """Those without which a requirement does not hold that holds with all of them."""
    whole = set(steps)
    if not network.holds(node, whole):
        return []
    return [step for step in steps if not network.holds(node, whole - {step})]
