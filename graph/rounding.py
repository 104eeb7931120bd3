"""Conditions on whole numbers of steps that a solution in parts of steps does not fulfil.

Knows numbers only. Called by `relaxation`.

Of some requirements each must be served. Add up how many of them each step serves, divide by a whole number and round
up: so many times over the steps that are taken must make at least as many as there are requirements, divided and
rounded up. Three requirements of which no step serves more than two take two steps, not one and a half. Source:
V. Chvátal, Edmonds polytopes and a hierarchy of combinatorial problems, Discrete Mathematics 4 (1973).
"""

import numpy as np
from numpy.typing import NDArray

_DIVISORS = (2, 3, 4)
_MISSING = 0.02
"""How much of a step must be missing: less is not worth a condition."""
_MOST = 12
"""Conditions given back at once, those that miss most."""
_MOST_REQUIREMENTS = 64
"""So many requirements are looked at together."""
_TIGHT = 1 + 1e-6


def broken(cover: NDArray[np.int8], taken: NDArray[np.float64]) -> list[tuple[int, list[int]]]:
    """(divisor, requirements) of conditions that what is taken does not fulfil; not all of them.

    From each requirement on another one is added again and again: the one with which the sum grows least.

    Args:
        cover: whether a requirement (row) is served by a step (column).
        taken: how much is taken of each step, each requirement being served once at least.
    """
    tight = np.flatnonzero(cover @ taken <= _TIGHT)[:_MOST_REQUIREMENTS]
    part = cover[tight].astype(np.int16)
    rows = np.arange(len(part))
    missed: dict[tuple[int, tuple[int, ...]], float] = {}
    for divisor in _DIVISORS:
        served, chosen = part.copy(), np.eye(len(part), dtype=np.bool_)
        for size in range(2, min(2 * divisor + 1, len(part)) + 1):
            sums = (-(-(served[:, None, :] + part) // divisor)) @ taken
            sums[chosen] = np.inf
            best = sums.argmin(axis=1)
            served += part[best]
            chosen[rows, best] = True
            if size % divisor == 1:
                missing = size // divisor + 1 - sums[rows, best]
                for row in np.flatnonzero(missing > _MISSING).tolist():
                    missed[divisor, tuple(tight[chosen[row]].tolist())] = float(missing[row])
    most = sorted(missed, key=lambda condition: (-missed[condition], condition))[:_MOST]
    return [(divisor, list(requirements)) for divisor, requirements in most]
