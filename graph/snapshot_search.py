"""Full text search over a snapshot, for views that Neo4j does not hold: overlays, and releases that were.

Finds what `search` says that a text means: every word as it stands, with a slip of the pen, or as a beginning. The
order is like that of the index in Neo4j (names before other names, codes above both, short before long), its scores
are not. Made at the first search of a view: one pass over all labels and codes. Called by `snapshot_reader`.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from ontology.languages import fallbacks

from .layout import Bytes, Flags, Floats, Ints, ResourceType
from .search import WORD_BOOST, WORD_FIELDS, Words, allowed_slips, find_tokens, folded
from .snapshot import Snapshot

OWNER_BOOST = 100.0
"""What it counts that the whole text is a code of the thing, as in Neo4j."""
WHOLE_BOOST = 4.0
"""What it counts that the whole text is a name of the thing."""
SLIP = 0.5
BEGINNING = 0.75
LENGTH_PENALTY = 0.15
"""What each further word of a name takes off, as a share."""
DECIMALS = 6
_ENGLISH = (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
    "this to was will with"
)
STOP_WORDS = frozenset(_ENGLISH.split())
"""Words that Neo4j's analyzer leaves out, of what is searched and of what is typed. Source: Lucene's English ones."""
_LABEL, _ALTERNATIVE, _CODE, _QUALIFIED = range(4)
"""What a text is: the last is a code with its system, in which `opm:511` is looked for."""
_WEIGHTS = np.array([WORD_FIELDS[name] for name in ("labels", "alternative_labels", "code_values", "code_values")])


class SearchIndex:
    """The words of a snapshot's labels and codes, and where each stands."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        rows: list[int] = []
        fields: list[int] = []
        lengths: list[int] = []
        languages: list[str] = []
        found: dict[str, list[int]] = defaultdict(list)
        for row, field, language, text in _texts(snapshot):
            tokens = set(find_tokens(text))
            for token in tokens:
                found[token].append(len(rows))
            rows.append(row)
            fields.append(field)
            lengths.append(len(tokens - STOP_WORDS))
            languages.append(language)
        self.words = sorted(found)
        self._starts = np.zeros(len(self.words) + 1, np.int64)
        np.cumsum([len(found[word]) for word in self.words], out=self._starts[1:])
        self._entries: Ints = np.array([entry for word in self.words for entry in found[word]], np.int32)
        self._rows: Ints = np.array(rows, np.int32)
        self._fields: Bytes = np.array(fields, np.uint8)
        penalties = 1.0 + LENGTH_PENALTY * np.maximum(np.array(lengths, np.float64) - 1, 0)
        self._weights: Floats = _WEIGHTS[self._fields].astype(np.float64) / penalties
        self._tags = sorted(set(languages))
        place = {tag: index for index, tag in enumerate(self._tags)}
        self._languages: Ints = np.array([place[tag] for tag in languages], np.int32)

    def find(
        self,
        text: str,
        words: Words,
        *,
        types: Sequence[ResourceType] | None,
        languages: Sequence[str] | None,
        every: bool,
    ) -> tuple[Ints, Floats]:
        """(rows, scores) of the things that have every piece of the text, or any; best first, then by IRI."""
        shown = self._shown(languages)
        pieces = [(piece, _telling(inside)) for piece, inside in words.pieces if _telling(inside)]
        count = len(self._snapshot.iris)
        total: Floats = np.zeros(count)
        fits: Flags = np.full(count, every and bool(pieces))
        for piece, inside in pieces:
            counting = shown if ":" in piece else shown & (self._fields != _QUALIFIED)
            scores: Floats = np.zeros(count)
            whole: Flags = np.ones(count, np.bool_)
            for word in inside:
                score = self._score(folded(word), counting, prefix=words.prefix)
                whole &= score > 0
                scores += score
            scores[~whole] = 0
            total += scores
            fits = fits & whole if every else fits | whole
        if types is not None:
            fits &= np.isin(self._snapshot.types, [int(kind) for kind in types])
        self._boost(text, total)
        rows = np.flatnonzero(fits).astype(np.int32)
        scores = np.round(total[rows], DECIMALS)
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def _score(self, word: str, shown: Flags, *, prefix: bool) -> Floats:
        """By row, how well the word is found in it: 0 where it is not."""
        found: Floats = np.zeros(len(self._snapshot.iris))
        for position, likeness in self._like(word, prefix=prefix).items():
            entries = self._entries[self._starts[position] : self._starts[position + 1]]
            rarity = log(1 + len(self._rows) / (1 + len(entries)))
            entries = entries[shown[entries]]
            np.maximum.at(found, self._rows[entries], self._weights[entries] * likeness * rarity)
        return found

    def _like(self, word: str, *, prefix: bool) -> dict[int, float]:
        """Positions of the words that a word may mean, and how much each counts."""
        found: dict[int, float] = {}
        slips = allowed_slips(word)
        if slips:
            hits = process.extract(
                word, self.words, scorer=OSA.distance, processor=None, score_cutoff=slips, limit=None
            )
            found.update((position, SLIP) for _, _, position in hits)
        place = bisect_left(self.words, word)
        while prefix and place < len(self.words) and self.words[place].startswith(word):
            found[place] = BEGINNING
            place += 1
        place = bisect_left(self.words, word)
        if place < len(self.words) and self.words[place] == word:
            found[place] = float(WORD_BOOST)
        return found

    def _shown(self, languages: Sequence[str] | None) -> Flags:
        """Which texts count: in the languages, in what these fall back to, in an undetermined one; codes always."""
        if languages is None:
            return np.ones(len(self._rows), np.bool_)
        wanted = [language.lower() for language in languages]
        wider = {"und", *(tag.lower() for language in languages for tag in fallbacks(language))}
        fits = [
            index
            for index, tag in enumerate(self._tags)
            if tag.lower() in wider or any(tag.lower() == each or tag.lower().startswith(f"{each}-") for each in wanted)
        ]
        shown: Flags = np.isin(self._languages, fits) | (self._fields >= _CODE)
        return shown

    def _boost(self, text: str, total: Floats) -> None:
        """The owner of a code that was typed comes first, then who is called just so."""
        typed = text.strip().lower()
        owners, named = set(), set()
        snapshot = self._snapshot
        for row in np.flatnonzero(total).tolist():
            if any(typed in (value.lower(), f"{system}:{value}".lower()) for system, value in snapshot.codes(row)):
                owners.add(row)
            elif any(snapshot.label_texts[entry].lower() == typed for entry in snapshot.span("label_offsets", row)):
                named.add(row)
        total[sorted(owners)] *= OWNER_BOOST
        total[sorted(named)] *= WHOLE_BOOST


def _telling(words: Sequence[str]) -> list[str]:
    """Those of the words that say something."""
    return [word for word in words if word not in STOP_WORDS]


def _texts(snapshot: Snapshot) -> Iterator[tuple[int, int, str, str]]:
    """(row, field, language, text) of all that is searched."""
    for field, name, texts, tags in (
        (_LABEL, "label_offsets", snapshot.label_texts, snapshot.label_languages),
        (_ALTERNATIVE, "alternative_offsets", snapshot.alternative_texts, snapshot.alternative_languages),
    ):
        offsets: list[int] = snapshot.columns.arrays[name].tolist()
        owners = (row for row, (start, end) in enumerate(pairwise(offsets)) for _ in range(start, end))
        yield from ((row, field, tag, text) for row, tag, text in zip(owners, tags, texts, strict=True))
    for row in range(len(snapshot.iris)):
        for system, value in snapshot.codes(row):
            yield row, _CODE, "", value
            yield row, _QUALIFIED, "", f"{system} {value}"
