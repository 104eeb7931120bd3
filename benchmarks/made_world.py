"""A made release of any size: roles ask for competencies whose popularity follows Zipf's law. The same by its seed.

Its columns are made as arrays, for millions of records would take minutes. All of it is invented.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from graph.layout import ARRAYS, TABLES, Column, Columns, DatasetInfo, Floats, Longs, NodeKind, ResourceType, Table
from graph.policy import Held, HeldCompetency
from graph.snapshot import Snapshot
from graph.strings import OptionalStrings, SplitStrings, Strings

ZIPF = 1.0
"""The n-th most popular competency is asked for in proportion to 1 / n."""
MUSTS = 0.4
"""Share of requirements that must hold."""
HELD = 30
BASE = "https://example.org/made/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is made."""

    roles: int
    competencies: int
    requirements: int


def made_snapshot(size: Size, seed: int) -> Snapshot:
    """The release. A role asks for a competency once."""
    draw = np.random.default_rng(seed)
    competencies, roles = size.competencies, size.roles
    iris = [f"{BASE}c/{number:07}" for number in range(competencies)]
    iris += [f"{BASE}r/{number:07}" for number in range(roles)]
    owners, targets = _asked(draw, size)
    count, rows = len(owners), competencies + roles
    offsets = np.concatenate((np.zeros(competencies + 1), np.cumsum(np.bincount(owners, minlength=roles))))
    types = np.repeat([int(ResourceType.COMPETENCY), int(ResourceType.JOB_ROLE)], [competencies, roles])
    none, unknown = np.full(count, -1), np.full(count, np.nan)
    given: dict[str, Sequence[float] | np.typing.NDArray[np.generic]] = {
        "types": types,
        "dataset": np.zeros(rows),
        "framework": np.full(rows, -1),
        "replaced_by": np.full(rows, -1),
        "canonical": np.arange(rows),
        "cost": np.full(rows, -1),
        "duration": np.full(rows, -1),
        "node_owner": owners + competencies,
        "node_level": none,
        "node_parent": none,
        "node_kind": np.full(count, int(NodeKind.COMPETENCY)),
        "node_target": targets,
        "node_minimum": np.zeros(count),
        "node_must": draw.random(count) < MUSTS,
        "node_importance": unknown,
        "node_value": unknown,
        "node_scale": none,
        "node_days": unknown,
        "node_dataset": np.zeros(count),
        "node_end": np.arange(1, count + 1),
        "node_offsets": offsets,
    }
    per_row = {name for name in ARRAYS if name.endswith("_offsets")} - {"node_offsets", "node_label_offsets"}
    given |= {name: np.zeros(rows + 1) for name in per_row}
    given |= {"node_label_offsets": np.zeros(count + 1), "scale_label_offsets": np.zeros(1)}
    given |= {name: np.zeros(1) for name in ("scale_level_offsets", "scale_level_label_offsets")}
    given |= {name: np.zeros(1) for name in ("label_key_offsets", "alternative_key_offsets", "code_key_offsets")}
    arrays: dict[str, Column] = {
        name: np.asarray(given.get(name, np.zeros(0)), dtype=kind) for name, kind in ARRAYS.items()
    }
    tables: dict[str, Table] = {name: kind.pack([]) for name, kind in TABLES.items()}
    tables |= {name: OptionalStrings.pack([None] * rows) for name in ("kind", "provider", "url", "currency")}
    tables |= {
        "iris": Strings.pack(iris),
        "node_iris": SplitStrings.pack([f"{BASE}q/{number:08}" for number in range(count)]),
    }
    info = DatasetInfo(iri=BASE, name="made", format="made", license=None, attribution=None, checksum=f"{seed}")
    return Snapshot(1, [info], Columns(arrays=arrays, tables=tables))


def _popularity(size: Size) -> Floats:
    """Summed shares of the competencies, the most popular first."""
    weight = 1.0 / np.arange(1, size.competencies + 1) ** ZIPF
    shares: Floats = np.cumsum(weight / weight.sum())
    return shares


def _asked(draw: np.random.Generator, size: Size) -> tuple[Longs, Longs]:
    """(role, competency) of requirements, by role, then competency; each pair once."""
    shares, order = _popularity(size), draw.permutation(size.competencies)
    pairs = np.zeros(0, np.int64)
    while len(pairs) < size.requirements:
        # The popular ones are soon asked for by nearly everybody: twice what is missing is drawn at a time.
        count = 2 * (size.requirements - len(pairs)) + 1000
        roles = draw.integers(0, size.roles, count)
        targets = order[np.searchsorted(shares, draw.random(count))]
        pairs = np.unique(np.concatenate((pairs, roles * size.competencies + targets)))
    kept = np.sort(draw.choice(len(pairs), size.requirements, replace=False))
    return pairs[kept] // size.competencies, pairs[kept] % size.competencies


def made_learners(snapshot: Snapshot, seed: int, count: int, *, popular: bool) -> list[Held]:
    """Learners who hold 30 competencies each: any that are asked for, or the popular ones more often, as roles ask."""
    draw = np.random.default_rng(seed)
    asked = snapshot.node_target if popular else np.unique(snapshot.node_target)
    learners = []
    for _ in range(count):
        rows: dict[int, None] = {}
        while len(rows) < HELD:
            rows[int(asked[draw.integers(0, len(asked))])] = None
        learners.append(Held(competencies=tuple(HeldCompetency(row=row) for row in rows)))
    return learners
