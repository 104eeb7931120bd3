"""What a reference means: an IRI, a code, a label; and which resources a text names.

Looks up folded keys that the builder has sorted. Called by the snapshot and its builder; knows nothing of files.
"""

import itertools
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz, process

from ontology.errors import UnknownReferenceError
from ontology.model import IDENTITY

from .layout import Ints, Longs, ResourceType
from .strings import Strings

if TYPE_CHECKING:
    from .snapshot import Snapshot

NEAREST = 5
"""How many neighbours an unknown reference is answered with."""
_CANDIDATES = 40
_MINIMUM_LIKENESS = 55.0
"""Below this (of 100) two folded texts have little in common."""
_QUALIFIERS = 16
"""Only the first so many `:` and `/` may end a qualifier: what each costs grows with the length of the reference."""
_COMPARED_CHARACTERS = 256
"""Of a longer reference only the beginning is compared: likeness costs the product of both lengths."""
_SEPARATOR = "\0"
_SEPARATOR_BYTE = _SEPARATOR.encode()


_MOST_TOLD = 200
"""Characters of a reference that an error repeats."""


def fold(text: str) -> str:
    """The text without case, blanks and compatibility forms, `+` as `plus`: `Security +` is `securityplus`."""
    if text.isascii():
        return "".join(text.lower().split()).replace("+", "plus")
    # Until nothing changes: a spacing accent becomes a blank and an accent, which then joins the letter before it.
    while (folded := _fold_once(text)) != text:
        text = folded
    return folded


def _fold_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(folded.split()).replace("+", "plus")


def keyed_rows(keys: Strings, offsets: Ints, values: Ints, key: str) -> list[int]:
    """What an index of the snapshot has under a folded key: rows, or entries of codes."""
    position = keys.find_sorted(key)
    if position < 0:
        return []
    found: list[int] = values[offsets[position] : offsets[position + 1]].tolist()
    return found


def _names(snapshot: "Snapshot", row: int, system: str) -> Iterator[str]:
    """What may stand before `/` or `:` in a reference to a code of this row."""
    yield system
    dataset = int(snapshot.dataset[row])
    if dataset >= 0:
        yield snapshot.datasets[dataset].name
    own = snapshot.iris[row]
    if own.startswith(IDENTITY):
        yield own[len(IDENTITY) :].split("/", 1)[0]
    framework = int(snapshot.framework[row])
    if framework >= 0:
        yield from snapshot.iris[framework].replace("#", "/").split("/")
        yield from (snapshot.label_texts[i] for i in snapshot.span("label_offsets", framework))
        yield from (snapshot.alternative_texts[i] for i in snapshot.span("alternative_offsets", framework))
        yield from (value for _, value in snapshot.codes(framework))


def coded_rows(snapshot: "Snapshot", value: str) -> list[tuple[int, str]]:
    """(row, code system) of every code with this value, case and blanks folded."""
    found = keyed_rows(snapshot.code_keys, snapshot.code_key_offsets, snapshot.code_key_entries, fold(value))
    rows = np.searchsorted(snapshot.code_offsets, found, "right") - 1
    return [(int(row), snapshot.code_systems[entry]) for row, entry in zip(rows, found, strict=True)]


def _coded(snapshot: "Snapshot", reference: str) -> Iterator[Iterable[int]]:
    """Rows with this code value; then those of a code after the name of a system, dataset or framework."""
    yield [row for row, _ in coded_rows(snapshot, reference)]
    qualified: list[int] = []
    places = (position for position, character in enumerate(reference) if character in ":/")
    for position in itertools.islice(places, _QUALIFIERS):
        name = fold(reference[:position])
        for row, system in coded_rows(snapshot, reference[position + 1 :]) if name else ():
            if any(fold(known) == name for known in _names(snapshot, row, system)):
                qualified.append(row)
    yield qualified


def _stages(snapshot: "Snapshot", reference: str) -> Iterator[Iterable[int]]:
    row = snapshot.find_row(reference)
    yield [row] if row >= 0 else []
    yield from _coded(snapshot, reference)
    key = fold(reference)
    yield keyed_rows(snapshot.label_keys, snapshot.label_key_offsets, snapshot.label_key_rows, key)
    yield keyed_rows(snapshot.alternative_keys, snapshot.alternative_key_offsets, snapshot.alternative_key_rows, key)


def resolve(snapshot: "Snapshot", reference: str, types: Sequence[ResourceType], *, suggests: bool = True) -> int:
    """Row that the reference means among `types`: see `Snapshot.resolve`.

    `suggests` false: the error for a reference that leads nowhere comes without the nearest, a thousand times sooner.
    """
    text = reference.strip()
    for stage in _stages(snapshot, text):
        rows = sorted({int(snapshot.canonical[row]) for row in stage})
        rows = [row for row in rows if snapshot.types[row] in types]
        if len(rows) == 1:
            return rows[0]
        if rows:
            raise UnknownReferenceError(
                f"{shortened(reference)!r} names {len(rows)} things, expected one.",
                code="reference.ambiguous",
                hint="Say which by its IRI or by a qualified code such as opm:511.",
                subject=shortened(reference),
                candidates=_described(snapshot, rows),
            )
    near = nearest(snapshot, text, types) if suggests else []
    wanted = " or ".join(kind.name.lower().replace("_", " ") for kind in types)
    raise UnknownReferenceError(
        f"{shortened(reference)!r} is no {wanted} that is loaded.",
        hint="Give an IRI, a code or an exact label." + (" The nearest are listed." if near else ""),
        subject=shortened(reference),
        candidates=_described(snapshot, near),
    )


def shortened(reference: str) -> str:
    """A reference as it is told back: whole, or its beginning where it is longer than anything that has a name."""
    return reference if len(reference) <= _MOST_TOLD else f"{reference[:_MOST_TOLD]}..."


def _described(snapshot: "Snapshot", rows: Iterable[int]) -> list[tuple[str, str]]:
    return [(snapshot.iris[row], snapshot.label(row)[0]) for row in rows]


class Lookups:
    """What text search needs, in memory: made at first use, once a snapshot. As UTF-8, the text in its fewest bytes."""

    def __init__(self, snapshot: "Snapshot"):
        self.owners: Ints = np.repeat(np.arange(len(snapshot.iris), dtype=np.int32), np.diff(snapshot.label_offsets))
        starts = array("q")
        text = bytearray()
        for label in snapshot.label_texts:
            starts.append(len(text))
            text += label.casefold().replace(_SEPARATOR, "").encode()
            text += _SEPARATOR_BYTE
        self.text = bytes(text[:-1])
        self.starts: Longs = np.array(starts, np.int64)


def nearest(snapshot: "Snapshot", reference: str, types: Sequence[ResourceType]) -> list[int]:
    """Up to five rows among `types` whose label or code is most like the reference, most alike first, then by IRI."""
    key = fold(reference[:_COMPARED_CHARACTERS])
    labels = len(snapshot.label_keys)
    likeness: dict[int, float] = {}
    for scorer in (fuzz.ratio, fuzz.partial_ratio):
        keys = itertools.chain(snapshot.label_keys, snapshot.code_keys)  # decoded as they pass: nobody keeps them
        hits = process.extract(key, keys, scorer=scorer, limit=_CANDIDATES, score_cutoff=_MINIMUM_LIKENESS)
        for _, score, position in hits:
            for row in _key_rows(snapshot, position, labels):
                canonical = int(snapshot.canonical[row])
                if snapshot.types[canonical] in types:
                    likeness[canonical] = max(likeness.get(canonical, 0.0), score)
        if len(likeness) >= NEAREST:
            break
    return sorted(likeness, key=lambda row: (-likeness[row], row))[:NEAREST]


def _key_rows(snapshot: "Snapshot", position: int, labels: int) -> list[int]:
    if position < labels:
        start, end = snapshot.label_key_offsets[position : position + 2]
        found: list[int] = snapshot.label_key_rows[start:end].tolist()
        return found
    start, end = snapshot.code_key_offsets[position - labels : position - labels + 2]
    rows: list[int] = (
        np.searchsorted(snapshot.code_offsets, snapshot.code_key_entries[start:end], "right") - 1
    ).tolist()
    return rows


def find_text(snapshot: "Snapshot", text: str, kind: ResourceType) -> Ints:
    """Rows of this type with a preferred label, in any language, that contains the text; case folded; by IRI."""
    lookups = snapshot.lookups()
    wanted = text.casefold().encode("utf-8", "surrogatepass")
    if not wanted:
        return snapshot.rows(kind)
    if _SEPARATOR_BYTE in wanted or not len(lookups.starts):
        return np.zeros(0, np.int32)
    hits: list[int] = []
    at = lookups.text.find(wanted)
    while at >= 0:
        position = int(np.searchsorted(lookups.starts, at, "right")) - 1
        hits.append(position)
        if position + 1 == len(lookups.starts):
            break
        at = lookups.text.find(wanted, int(lookups.starts[position + 1]))
    rows = np.unique(lookups.owners[np.array(hits, np.int64)])
    found: Ints = rows[snapshot.types[rows] == kind]
    return found
