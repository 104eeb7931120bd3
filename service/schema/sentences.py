"""Evidence in a sentence: names in the languages asked, the words between them in English."""

from collections.abc import Sequence

from graph.matching import EvidenceItem
from graph.snapshot import Snapshot

_WORDS = {
    "teaches": "teaches",
    "certifies": "certifies",
    "awards": "gives",
    "exactMatch": "is the same as",
    "closeMatch": "is nearly the same as",
    "broadMatch": "is narrower than",
    "narrowMatch": "is broader than",
    "relatedMatch": "is related to",
    "broader": "is part of",
    "narrower": "contains",
}


def say_evidence(snapshot: Snapshot, item: EvidenceItem, languages: Sequence[str] = ()) -> str:
    """What is held and how it leads to what is asked: `Security+ certifies Network defence, which is the same as …`."""
    name = snapshot.label(item.held, languages)[0]
    if not item.chain:
        return f"{name} is held.{_share(item.factor)}"
    parts = [
        f"{_WORDS.get(link.relation, link.relation)} {snapshot.label(link.to_row, languages)[0]}" for link in item.chain
    ]
    return f"{name} {', which '.join(parts)}.{_share(item.factor)}"


def _share(factor: float) -> str:
    return "" if factor >= 1 else f" It covers {factor:.0%}."
