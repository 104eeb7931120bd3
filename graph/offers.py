"""What may be taken towards a goal: which steps the limits admit, what each weighs, which sums are limited.

Knows figures and limits; searches for nothing. Called by `planning`, for one role, and by `reachable`, for many.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ontology.errors import OutOfRangeError
from ontology.quantities import minor_digits

from .candidates import Drawing
from .figures import Figures, Objective
from .networks import FALSE, Problem, Weights
from .snapshot import MICRODAYS, ResourceType, Snapshot

_CURRENCY = re.compile(r"[A-Za-z]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a plan must keep within. None sets no limit.

    Raises:
        OutOfRangeError: `limits.out-of-range` for a figure that is negative or not a number, `limits.currency`.
    """

    max_cost: float | None = None
    """In major units of `currency`."""
    currency: str | None = None
    """ISO 4217; None: the commonest among the courses and credentials that are not held."""
    max_days: float | None = None
    max_steps: int | None = None
    providers: tuple[str, ...] | None = None
    kinds: tuple[str, ...] | None = None
    allow_unknown: bool = True
    deadline_ms: int = 2000

    def __post_init__(self) -> None:
        for name in ("max_cost", "max_days", "max_steps", "deadline_ms"):
            value = getattr(self, name)
            if value is not None and (math.isnan(value) or value < 0):
                raise OutOfRangeError(
                    name, value, "0 or more", code="limits.out-of-range", hint="Leave a limit out to set none."
                )
        if self.currency is not None and not _CURRENCY.fullmatch(self.currency.strip()):
            raise OutOfRangeError(
                "currency",
                repr(self.currency),
                "three letters of ISO 4217",
                code="limits.currency",
                hint="Write a code such as EUR or USD, or leave it out for the commonest among the candidates.",
            )


class Offers:
    """The steps of a drawing under an objective and limits. What a goal leads back to is drawn before this is asked."""

    def __init__(self, snapshot: Snapshot, drawing: Drawing, objective: Objective, limits: Limits) -> None:
        self.snapshot = snapshot
        self.drawing = drawing
        self.objective = objective
        self.figures = Figures(snapshot, drawing.held, limits.currency)
        self._limits = limits

    def problem(self, goals: tuple[int, ...], *, unlimited: bool = False) -> Problem:
        """The question for a set that reaches one of these nodes; unlimited, whatever steps the limits admit."""
        return Problem(
            network=self.drawing.network,
            prerequisites=self.drawing.prerequisites if unlimited else self.admitted,
            goals=goals,
            stages=self.stages,
            caps=self.caps,
        )

    @cached_property
    def steps(self) -> list[int]:
        """All that is drawn, sorted."""
        return sorted(self.drawing.prerequisites)

    @cached_property
    def stages(self) -> tuple[Weights, ...]:
        """What is minimised, one after the other: unknowns, known total, steps."""
        one = dict.fromkeys(self.steps, 1)
        if self.objective is Objective.FEWEST:
            return (one,)
        figures = {step: self.figures.of(self.objective, step) for step in self.steps}
        unknown = {step: int(figure is None) for step, figure in figures.items()}
        return unknown, {step: figure or 0 for step, figure in figures.items()}, one

    @cached_property
    def caps(self) -> tuple[tuple[Weights, int], ...]:
        """The limited sums; a limit that even all steps together keep is none."""
        limits, figures = self._limits, self.figures
        caps: list[tuple[Weights, int]] = []
        if limits.max_cost is not None and math.isfinite(limits.max_cost):
            most = _floor(limits.max_cost, 10 ** minor_digits(figures.currency or ""))
            caps.append(({step: figures.cost(step) or 0 for step in self.steps}, most))
        if limits.max_days is not None and math.isfinite(limits.max_days):
            caps.append(
                ({step: figures.duration(step) or 0 for step in self.steps}, _floor(limits.max_days, MICRODAYS))
            )
        if limits.max_steps is not None:
            caps.append((dict.fromkeys(self.steps, 1), limits.max_steps))
        return tuple((weights, most) for weights, most in caps if sum(weights.values()) > most)

    @cached_property
    def admitted(self) -> Mapping[int, int]:
        """Prerequisites of each step; FALSE for a step that the limits do not admit."""
        limits, snapshot = self._limits, self.snapshot
        providers = None if limits.providers is None else {name.strip().casefold() for name in limits.providers}
        kinds = None if limits.kinds is None else {name.strip().casefold() for name in limits.kinds}
        needed = [] if limits.allow_unknown else self._limited_dimensions()

        def admits(step: int) -> bool:
            provider = snapshot.provider[step] if providers is not None else None
            if providers is not None and (provider is None or provider.strip().casefold() not in providers):
                return False
            if kinds is not None and kinds.isdisjoint(_kinds(snapshot, step)):
                return False
            return all(self.figures.of(dimension, step) is not None for dimension in needed)

        return {step: node if admits(step) else FALSE for step, node in self.drawing.prerequisites.items()}

    def _limited_dimensions(self) -> list[Objective]:
        """Dimensions in which a step must have a figure where unknown ones are not allowed."""
        dimensions = {self.objective} - {Objective.FEWEST}
        if self._limits.max_cost is not None:
            dimensions.add(Objective.CHEAPEST)
        if self._limits.max_days is not None:
            dimensions.add(Objective.FASTEST)
        return sorted(dimensions)


def _floor(limit: float, units: int) -> int:
    """The largest whole number of small units within a limit, read as the decimal number that it prints as."""
    return math.floor(Fraction(str(limit)) * units)


def _kinds(snapshot: Snapshot, step: int) -> set[str]:
    own = snapshot.kind[step]
    kinds = {"course" if snapshot.types[step] == ResourceType.COURSE else "credential"}
    return kinds if own is None else kinds | {own.strip().casefold()}
