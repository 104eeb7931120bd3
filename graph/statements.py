"""Which record says a step of a chain, and which dataset has that record: the way from a reason to its source.

Pure, on the snapshot. What is superseded counts at its last successor, so a record may name an older thing than the
step does. Called by explanations.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .coverage import Link
from .layout import DatasetInfo, Ints
from .snapshot import Snapshot

_Pairs = dict[tuple[int, int], int]


class Statement(NamedTuple):
    """A record and the dataset that has it."""

    dataset: DatasetInfo
    iri: str


def requirement_statement(snapshot: Snapshot, node: int) -> Statement | None:
    """What says a requirement or a group of them."""
    return _statement(snapshot, int(snapshot.node_dataset[node]), snapshot.node_iris[node])


def resource_statement(snapshot: Snapshot, row: int) -> Statement | None:
    """What describes a thing; None for one that no dataset describes."""
    return _statement(snapshot, int(snapshot.dataset[row]), snapshot.iris[row])


def alignment_statement(snapshot: Snapshot, alignment: int) -> Statement | None:
    """What says an alignment."""
    return _statement(snapshot, int(snapshot.alignment_dataset[alignment]), snapshot.alignment_iris[alignment])


def scale_statement(snapshot: Snapshot, scale: int) -> Statement | None:
    """What describes a scale; None for one that no dataset of the view does."""
    return _statement(snapshot, int(snapshot.scale_dataset[scale]), snapshot.scale_iris[scale])


def scale_level_statement(snapshot: Snapshot, level: int) -> Statement | None:
    """What names a level of a scale."""
    return _statement(snapshot, int(snapshot.scale_level_dataset[level]), snapshot.scale_level_iris[level])


def level_mapping_statement(snapshot: Snapshot, mapping: int) -> Statement | None:
    """What says that two levels correspond."""
    return _statement(snapshot, int(snapshot.mapping_dataset[mapping]), snapshot.mapping_iris[mapping])


def link_statement(snapshot: Snapshot, link: Link) -> Statement | None:
    """What says a step: an alignment, a teaching, an award, or, of a hierarchy, the narrower thing.

    Of several teachings of one thing, at several levels, the first by row.
    """
    if link.alignment >= 0:
        return alignment_statement(snapshot, link.alignment)
    pair = link.from_row, link.to_row
    if link.relation == "awards":
        entry = snapshot.derived("awards by pair", _awards).get(pair, -1)
        if entry < 0:
            return None
        return _statement(snapshot, int(snapshot.awards_dataset[entry]), snapshot.awards_iris[entry])
    if link.relation in {"teaches", "certifies"}:
        entry = snapshot.derived("teachings by pair", _teachings).get(pair, -1)
        if entry < 0:
            return None
        return _statement(snapshot, int(snapshot.teaches_dataset[entry]), snapshot.teaches_iris[entry])
    return resource_statement(snapshot, link.from_row if link.relation == "broader" else link.to_row)


def _statement(snapshot: Snapshot, dataset: int, iri: str) -> Statement | None:
    return None if dataset < 0 else Statement(snapshot.datasets[dataset], iri)


def _awards(snapshot: Snapshot) -> _Pairs:
    return _first(snapshot, snapshot.awards_offsets, snapshot.awards_credential.tolist())


def _teachings(snapshot: Snapshot) -> _Pairs:
    return _first(snapshot, snapshot.teaches_offsets, snapshot.teaches_competency.tolist())


def _first(snapshot: Snapshot, offsets: Ints, ends: Iterable[int]) -> _Pairs:
    """Entry of the first statement of each pair of subject and object, both at their last successors."""
    canonical = snapshot.canonical.tolist()
    subjects = np.repeat(np.arange(len(canonical)), np.diff(offsets)).tolist()
    found: _Pairs = {}
    for entry, (subject, end) in enumerate(zip(subjects, ends, strict=True)):
        found.setdefault((canonical[subject], canonical[end]), entry)
    return found
