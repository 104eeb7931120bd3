"""BCP 47 language tags: whether one is well-formed, and the one spelling that records use.

RDF compares tags without regard to case, so a record must not hold two spellings of one tag. Readers and `validation`
call this.
"""

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
