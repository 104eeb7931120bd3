"""Evaluation sets: files that measure suggestions and hold nothing of a graph. Each set is told once for what it is.

Knows MELO (queries and a corpus of labels, judged in TREC form) and the skill extraction benchmark (sentences with the
ESCO label of a span). Called by `reading` for documents that no reader knows.
"""

import re
from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, read_header
from ontology.model import Finding, FindingLevel, Source

MELO: Final = "MELO"
SKILL_EXTRACTION: Final = "skill extraction"
_WHAT: Final = MappingProxyType(
    {
        MELO: "a MELO evaluation set (job titles, a corpus of ESCO labels, and the pairs that people judged right)",
        SKILL_EXTRACTION: "a skill extraction evaluation set (sentences, and the ESCO label that people gave a part)",
    }
)
_ANNOTATIONS: Final = frozenset({"sentence", "span", "sub_span", "label"})
_MELO_LINES: Final = (
    re.compile(r"Q\d+\t0\tC\d+\S*\t[01]$"),
    re.compile(r"C\d+_[a-z]{2}_\d+\t\S"),
    re.compile(r"Q\d+\t\S"),
)


def find_evaluation_set(document: Document) -> str | None:
    """The set that a document belongs to, by its first line, lists without a form by their name; None for others."""
    if set(read_header(document)) == _ANNOTATIONS:
        return SKILL_EXTRACTION
    lines = document.head.decode("utf-8", "ignore").splitlines()
    first = next((line for line in lines if line.strip()), "")
    if any(pattern.match(first) for pattern in _MELO_LINES) or "Statistics Log" in first:
        return MELO
    return SKILL_EXTRACTION if re.match(r"skills_\w+_label.*\.txt$", document.basename) else None


def describe_evaluation_sets(documents: Sequence[tuple[str, Document]], *, level: FindingLevel) -> list[Finding]:
    """One finding for each of the sets to which documents belong."""
    found: dict[str, list[str]] = {}
    for name, document in documents:
        found.setdefault(name, []).append(document.name)
    return [
        Finding(
            level=level,
            code="reader.evaluation-set",
            message=f"{files[0]}{_others(len(files) - 1)} {'are' if len(files) > 1 else 'is'} {_WHAT[name]}: "
            "it measures suggestions and describes nothing, so there is nothing to load.",
            source=Source(file=files[0]),
            fix="Leave it out of the load.",
        )
        for name, files in found.items()
    ]


def _others(number: int) -> str:
    return f" and {number} other files" if number > 1 else " and another file" if number else ""
