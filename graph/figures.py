"""What steps cost and how long they take, in the one currency of a plan.

Knows which figures are unknown and why; sums and compares nothing. Called by `planning`.
"""

from collections import Counter
from collections.abc import Set as AbstractSet
from decimal import Decimal
from enum import StrEnum
from functools import partial

from ontology.model import Money
from ontology.quantities import minor_digits

from .snapshot import MICRODAYS, ResourceType, Snapshot


class Objective(StrEnum):
    """What a plan has as little of as it can."""

    CHEAPEST = "CHEAPEST"
    FASTEST = "FASTEST"
    FEWEST = "FEWEST"


class Figures:
    """Costs in minor units of `currency` and lengths in millionths of a day, None where unknown.

    `currency` is the one given, else the commonest among the courses and credentials that are not held, ties by code;
    None where none of them states a cost. `assumed` says that it was chosen among several.
    """

    def __init__(self, snapshot: Snapshot, held: AbstractSet[int], currency: str | None):
        self._snapshot = snapshot
        counts = dict(snapshot.derived("figures.currencies", _currencies))
        for row in held:
            own = snapshot.currency[row]
            if own is not None and own in counts and _counted(snapshot, row):
                counts[own] -= 1
        stated = sorted((code for code in counts if counts[code] > 0), key=lambda code: (-counts[code], code))
        self.currency = currency.strip().upper() if currency is not None else (stated[0] if stated else None)
        self.assumed = currency is None and len(stated) > 1

    def of(self, objective: Objective, row: int) -> int | None:
        """The figure in this dimension; every step counts 1 where the fewest are wanted."""
        if objective is Objective.CHEAPEST:
            return self.cost(row)
        return self.duration(row) if objective is Objective.FASTEST else 1

    def cost(self, row: int) -> int | None:
        """Minor units of the plan's currency; a cost in another currency is unknown."""
        cost = int(self._snapshot.cost[row])
        return cost if cost >= 0 and self._snapshot.currency[row] == self.currency else None

    def duration(self, row: int) -> int | None:
        """Millionths of a learning day."""
        duration = int(self._snapshot.duration[row])
        return duration if duration >= 0 else None

    def stated_cost(self, row: int) -> Money | None:
        """The cost as stated, in whatever currency."""
        cost, currency = int(self._snapshot.cost[row]), self._snapshot.currency[row]
        return Money(cost, currency) if cost >= 0 and currency is not None else None


def money_total(minor_units: int, currency: str | None) -> Decimal:
    """An amount in major units."""
    return Decimal(minor_units).scaleb(-minor_digits(currency or ""))


def days(millionths: int) -> Decimal:
    """A length in days, without trailing zeros."""
    whole, rest = divmod(millionths, MICRODAYS)
    return Decimal(whole) if not rest else (Decimal(millionths) / MICRODAYS).normalize()


def _counted(snapshot: Snapshot, row: int) -> bool:
    is_step = snapshot.types[row] in (ResourceType.COURSE, ResourceType.CREDENTIAL)
    return bool(is_step and snapshot.canonical[row] == row and snapshot.cost[row] >= 0)


def _currencies(snapshot: Snapshot) -> Counter[str]:
    stated = partial(_counted, snapshot)
    rows = [*snapshot.rows(ResourceType.COURSE).tolist(), *snapshot.rows(ResourceType.CREDENTIAL).tolist()]
    return Counter(currency for row in filter(stated, rows) if (currency := snapshot.currency[row]) is not None)
