"""LER-RS, the learning and employment record of one person: told and refused, since learner data is never released.

Its skills, certificates and positions are what one person claims or applied for, not definitions. Such a record is
checked by `headwater verify`; frameworks and jobs are loaded from where they are published. Source: HR Open LER-RS 4.5.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ontology.documents import Document
from ontology.json_documents import read_json
from ontology.model import Finding, FindingLevel, Located, Source

from .detection import Fit, Format, ReadContext
from .json_outline import find_outline

_CONTEXT: Final = re.compile(r"LER-RS", re.IGNORECASE)
_OF_A_PERSON: Final = frozenset(
    {
        "employmentHistories",
        "educationAndLearnings",
        "licenses",
        "certifications",
        "narratives",
        "employmentPreferences",
    }
)


def fit_ler_rs(document: Document) -> Fit:
    """Whether the document is an LER-RS record, wrapped as a credential or bare."""
    outline = find_outline(document)
    if outline is None or "$schema" in outline.keys:
        return Fit.NONE
    if any(_CONTEXT.search(text) for text in (*outline.contexts, *outline.types)):
        return Fit.EXACT
    bare = "person" in outline.keys and outline.keys & (_OF_A_PERSON | {"skills"})
    return Fit.EXACT if bare or len(outline.keys & _OF_A_PERSON) > 1 else Fit.NONE


def read_ler_rs(documents: Sequence[Document], _: ReadContext) -> Iterator[Located | Finding]:
    """One finding a document: it is not JSON, or it is a learner's record."""
    for document in documents:
        value = read_json(document)
        yield value if isinstance(value, Finding) else _refused(document.name)


def _refused(name: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="ler-rs.learner-record",
        message=f"{name} is the record of a learner (LER-RS), and learner data is never part of a release; nothing "
        "of it was read.",
        source=Source(file=name),
        fix="Check it with `headwater verify`, and leave it out of what is loaded; load the jobs and frameworks that "
        "it names from where they are published.",
    )


FORMAT: Final = Format(name="ler-rs", fit=fit_ler_rs, read=read_ler_rs)
