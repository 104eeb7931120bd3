"""BCP 47 language tags: whether one is well-formed, the one spelling that records use, and which of several to use.

RDF compares tags without regard to case, so a record must not hold two spellings of one tag. Readers and `validation`
call this; labels and search look tags up.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from pyoxigraph import Literal

from .model import UNDETERMINED


@lru_cache(maxsize=4096)
def is_well_formed(tag: str) -> bool:
    """Whether the tag has the form of BCP 47 (RFC 5646, 2.2.9); whether its subtags are registered is not looked at."""
    try:
        Literal("", language=tag)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def normalised(tag: str) -> str:
    """The tag in the case that RFC 5646, 2.1.1 recommends: `en-GB`, `zh-Hant-TW`. An empty one is `und`."""
    if not tag:
        return UNDETERMINED
    parts = tag.lower().split("-")
    after_singleton = False
    for position, part in enumerate(parts):
        if position and not after_singleton:
            if len(part) == 2:
                parts[position] = part.upper()
            elif len(part) == 4:
                parts[position] = part.title()
        after_singleton = after_singleton or len(part) == 1
    return "-".join(parts)


def fallbacks(tag: str) -> Iterator[str]:
    """The tag and what it falls back to, in lower case: `zh-hant-tw`, `zh-hant`, `zh`. Source: RFC 4647, 3.4."""
    parts = tag.lower().split("-")
    while parts:
        yield "-".join(parts)
        parts.pop()
        if parts and len(parts[-1]) == 1:  # a singleton says what follows it and goes with that
            parts.pop()


def look_up(tags: Sequence[str], ranges: Sequence[str]) -> int:
    """Position of the tag to use: by RFC 4647 lookup, then English, `und`, the first; -1 among none."""
    folded = [tag.lower() for tag in tags]
    for wanted in ranges:
        for tag in fallbacks(wanted):
            if tag in folded:
                return folded.index(tag)
    for wanted in ("en", UNDETERMINED):
        for position, tag in enumerate(folded):
            if tag == wanted or (wanted == "en" and tag.startswith("en-")):
                return position
    return 0 if folded else -1
