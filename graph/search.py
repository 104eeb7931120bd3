"""A text that people type as a Lucene query, and whether a label answers it. Pure; called by `reader`.

Every word must be found, and if no thing has them all, any. A word is found as it stands (which counts most), with a
slip of the pen, and, where that is asked, as a beginning. Nothing that is typed has a meaning of its own to Lucene.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

MAXIMUM_WORDS = 32
"""Words of a text that are looked for; Lucene itself takes no more than 1,024 clauses."""
MAXIMUM_LETTERS = 128
"""Letters of a word that are looked for: a longer one is cut."""
ONE_SLIP_FROM = 4
"""Letters from which a word may have one slip of the pen; shorter ones would match half the words there are."""
TWO_SLIPS_FROM = 9
EXACT_BOOST = 4
WORD_BOOST = 2
WORD_FIELDS = {"labels": 2, "alternative_labels": 1, "code_values": 4}
"""The index's fields that every word is looked for in, and what they count: who types a code means it."""
SYSTEM_FIELD = "codes"
"""The field of codes with their systems: for `opm:511`. Elsewhere it would count a code twice."""
_TOKEN = re.compile(r"\w+")
_SPECIAL = re.compile(r'([+\-&|!(){}\[\]^"~*?:\\/])')


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is looked for: the pieces of a text between blanks, each with the words in it, lower case."""

    pieces: tuple[tuple[str, tuple[str, ...]], ...]
    prefix: bool

    def __bool__(self) -> bool:
        return bool(self.pieces)


def find_words(text: str, *, prefix: bool) -> Words:
    """The words of a text; none where it has neither letter nor digit."""
    pieces: dict[str, tuple[str, ...]] = {}
    count = 0
    for piece in text.lower().split():
        words = tuple(word[:MAXIMUM_LETTERS] for word in _TOKEN.findall(piece))
        if not words or piece in pieces:
            continue
        pieces[piece[: MAXIMUM_LETTERS * 2]] = words[: MAXIMUM_WORDS - count]
        count += len(words)
        if count >= MAXIMUM_WORDS:
            break
    return Words(pieces=tuple(pieces.items()), prefix=prefix)


def lucene_query(words: Words, *, every: bool = True) -> str:
    """The query that finds things with every piece, or with any."""
    clauses = (_clause(piece, inside, words.prefix) for piece, inside in words.pieces)
    return " ".join(f"+({clause})" if every else f"({clause})" for clause in clauses)


def _clause(piece: str, words: Sequence[str], prefix: bool) -> str:
    """A piece as it stands, or all its words one by one."""
    quoted = piece.replace("\\", "\\\\").replace('"', '\\"')
    boosts = {**WORD_FIELDS, SYSTEM_FIELD: WORD_FIELDS["code_values"]} if ":" in piece else WORD_FIELDS
    found = [f'{field}:"{quoted}"^{EXACT_BOOST * boost}' for field, boost in boosts.items()]
    found.append(f"({' '.join(f'+({_near(word, prefix)})' for word in words)})")
    return " ".join(found)


def _near(word: str, prefix: bool) -> str:
    escaped = _escaped(word)
    forms = [f"{escaped}^{WORD_BOOST}"]
    slips = allowed_slips(word)
    if slips:
        forms.append(f"{escaped}~{slips}")
    if prefix:
        forms.append(f"{escaped}*")
    return " ".join(f"{field}:({' '.join(forms)})" for field in WORD_FIELDS)


def _escaped(word: str) -> str:
    """The word without a meaning of its own; `and`, `or`, `not` are operators in capitals alone, which no word has."""
    return _SPECIAL.sub(r"\\\1", word)


def allowed_slips(word: str) -> int:
    """How many letters of a word may be wrong, missing, too many or exchanged."""
    return 2 if len(word) >= TWO_SLIPS_FROM else 1 if len(word) >= ONE_SLIP_FROM else 0


def answers(words: Words, texts: Iterable[str], *, every: bool = True) -> bool:
    """Whether these texts by themselves have every piece, or any, as the query means it."""
    there = {token for text in texts for token in find_tokens(text)}
    found = (all(_is_there(folded(word), there, prefix=words.prefix) for word in inside) for _, inside in words.pieces)
    return all(found) if every else any(found)


def find_tokens(text: str) -> list[str]:
    """The words of a label or code, folded, in order."""
    return _TOKEN.findall(folded(text))


def folded(text: str) -> str:
    """Lower case, without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).replace("ß", "ss")


def _is_there(word: str, there: set[str], *, prefix: bool) -> bool:
    if word in there:
        return True
    slips = allowed_slips(word)
    return any(
        (prefix and token.startswith(word)) or (slips and OSA.distance(word, token, score_cutoff=slips) <= slips)
        for token in there
    )
