"""Which things a name may mean, best first: for reconciling a column of names with what is loaded.

An IRI, a code or a label that is the same when folded comes first; then labels that share letters, found by an index
of three-letter pieces and scored by rapidfuzz. Made at the first question of a snapshot. Called by the reconciliation
API. Cost: a question reads the lists of the pieces it has; about a millisecond for 20,000 labels.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from .layout import Ints, ResourceType
from .references import coded_rows, fold, keyed_rows
from .snapshot import Snapshot
from .strings import Strings

EXACT = 100.0
ALTERNATIVE = 98.0
"""Score of an alternative label that is the same."""
FUZZY_AT_MOST = 95.0
MINIMUM = 40.0
"""Candidates below this score are not told."""
COMPARED_CHARACTERS = 256
_COMPARED = 200
"""Labels that are scored one by one, those that share most pieces."""
_BUCKETS = 1 << 20
_SEPARATOR = "\0"

Accept = Callable[[int], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A thing that a name may mean. `score` is 0 to 100; `is_exact`: its IRI, a code or a label is the same."""

    row: int
    score: float
    is_exact: bool


class Likeness:
    """The index of one snapshot's labels."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        texts, owners = _labels(snapshot)
        self._texts = texts
        self._owners = owners
        pieces, labels = _pieces(texts)
        order = np.argsort(pieces, kind="stable")
        self._postings = labels[order]
        self._starts = np.searchsorted(pieces[order], np.arange(_BUCKETS + 1)).astype(np.int64)
        self._sizes = np.bincount(labels, minlength=len(texts)).astype(np.float64)

    def candidates(self, name: str, accept: Accept, limit: int) -> list[Candidate]:
        """At most `limit` things that are accepted, best first, then by IRI."""
        found: dict[int, Candidate] = {}
        for row, score in self._exact(name.strip()):
            self._take(found, row, score, accept, is_exact=True)
        for row, score in self._alike(name[:COMPARED_CHARACTERS]):
            self._take(found, row, score, accept, is_exact=False)
        return sorted(found.values(), key=lambda each: (-each.score, each.row))[:limit]

    def _take(self, found: dict[int, Candidate], row: int, score: float, accept: Accept, *, is_exact: bool) -> None:
        row = int(self._snapshot.canonical[row])
        if (row not in found or found[row].score < score) and accept(row):
            found[row] = Candidate(row=row, score=round(score, 2), is_exact=is_exact)

    def _exact(self, name: str) -> Iterable[tuple[int, float]]:
        snapshot = self._snapshot
        row = snapshot.find_row(name)
        if row >= 0:
            yield row, EXACT
        yield from ((each, EXACT) for each in rows_with_code(snapshot, name))
        key = fold(name)
        if not key:
            return
        for score, (keys, offsets, rows) in zip((EXACT, ALTERNATIVE), _label_indexes(snapshot), strict=True):
            yield from ((each, score) for each in keyed_rows(keys, offsets, rows, key))

    def _alike(self, name: str) -> Iterable[tuple[int, float]]:
        text = _cleaned(name)
        wanted = np.unique(_pieces([text])[0])
        if not len(wanted) or not len(self._texts):
            return
        hits = np.concatenate([self._postings[self._starts[piece] : self._starts[piece + 1]] for piece in wanted])
        shared = np.bincount(hits, minlength=len(self._texts))
        overlap = 2.0 * shared / (self._sizes + len(wanted))
        best = np.argsort(-overlap, kind="stable")[:_COMPARED]
        for label in best[overlap[best] > 0].tolist():
            other = self._texts[label]
            score = max(fuzz.ratio(text, other), 0.98 * fuzz.token_sort_ratio(text, other)) * FUZZY_AT_MOST / 100
            if score >= MINIMUM:
                yield int(self._owners[label]), score


def find_likeness(snapshot: Snapshot) -> Likeness:
    """The index of a snapshot, made once."""
    return snapshot.derived("likeness", Likeness)


def rows_with_code(snapshot: Snapshot, code: str) -> list[int]:
    """Rows that have a code, given as `511` or with its system as `opm:511`; folded."""
    found = _code_rows(snapshot, code)
    system, colon, value = code.partition(":")
    if colon and value:
        wanted = fold(system)
        found += [
            row
            for row in _code_rows(snapshot, value)
            if any(fold(each) == wanted and fold(own) == fold(value) for each, own in snapshot.codes(row))
        ]
    return list(dict.fromkeys(found))


def _code_rows(snapshot: Snapshot, value: str) -> list[int]:
    return [row for row, _ in coded_rows(snapshot, value)] if fold(value) else []


def _label_indexes(snapshot: Snapshot) -> tuple[tuple[Strings, Ints, Ints], ...]:
    """Of preferred and of other labels: (folded keys, where each has its rows, rows)."""
    return (
        (snapshot.label_keys, snapshot.label_key_offsets, snapshot.label_key_rows),
        (snapshot.alternative_keys, snapshot.alternative_key_offsets, snapshot.alternative_key_rows),
    )


def rows_beginning_with(snapshot: Snapshot, prefix: str, types: Sequence[ResourceType], limit: int) -> list[int]:
    """Rows of these types with a label that begins so, folded: preferred ones first, each by label. At most `limit`.

    An IRI or a code that is given whole comes first.
    """
    row = snapshot.find_row(prefix.strip())
    found: dict[int, None] = dict.fromkeys(([row] if row >= 0 else []) + rows_with_code(snapshot, prefix.strip()))
    key = fold(prefix)
    accepted: dict[int, None] = {}
    for keys, offsets, rows in _label_indexes(snapshot):
        position = bisect_left(keys, key)
        while position < len(keys) and keys[position].startswith(key) and len(found) < 20 * limit:
            found.update(dict.fromkeys(rows[offsets[position] : offsets[position + 1]].tolist()))
            position += 1
    for each in found:
        canonical = int(snapshot.canonical[each])
        if snapshot.types[canonical] in types:
            accepted[canonical] = None
    return list(accepted)[:limit]


def _labels(snapshot: Snapshot) -> tuple[list[str], Ints]:
    """Preferred and alternative labels, cleaned, and the row of each."""
    rows = np.arange(len(snapshot.iris), dtype=np.int32)
    owners = np.concatenate(
        [np.repeat(rows, np.diff(snapshot.label_offsets)), np.repeat(rows, np.diff(snapshot.alternative_offsets))]
    )
    return [_cleaned(text) for text in (*snapshot.label_texts, *snapshot.alternative_texts)], owners


def _cleaned(text: str) -> str:
    return " ".join(text[:COMPARED_CHARACTERS].casefold().replace(_SEPARATOR, " ").split())


def _pieces(texts: Sequence[str]) -> tuple[Ints, Ints]:
    """(bucket, label) of each three-letter piece; texts are padded, so that beginnings and ends count."""
    if not texts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    padded = [f"{_SEPARATOR}{text}{_SEPARATOR}" for text in texts]
    letters = np.frombuffer("".join(padded).encode("utf-32-le"), np.uint32).astype(np.int64)
    owners = np.repeat(np.arange(len(padded)), [len(text) for text in padded])
    if len(letters) < 3:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    buckets = (letters[:-2] * 1_000_003 + letters[1:-1] * 10_007 + letters[2:]) % _BUCKETS
    inside = owners[:-2] == owners[2:]
    return buckets[inside], owners[:-2][inside]
