"""The tables that ESCO is published in, versions 1.0 to 1.2, their columns, and what the names of files say.

A concept table is told by its columns; what each row describes says its `conceptType`. Beside ESCO's own tables stand
two lists of labels in many languages and Tabiya's layout of the same content. Reads nothing itself.
"""

import re
from pathlib import PurePosixPath
from typing import Final

from ontology.documents import Document
from ontology.languages import is_well_formed, normalised

from .detection import Table

_CONCEPT_COLUMNS: Final = (
    "code",
    "iscoGroup",
    "naceCode",
    "skillType",
    "reuseLevel",
    "altLabels",
    "hiddenLabels",
    "status",
    "modifiedDate",
    "regulatedProfessionNote",
    "scopeNote",
    "definition",
    "inScheme",
    "description",
    "broaderConceptUri",
    "broaderConceptPT",
    "replacedBy",
)
CONCEPTS: Final = Table(
    name="concepts", required=("conceptType", "conceptUri", "preferredLabel"), optional=_CONCEPT_COLUMNS
)
SCHEMES: Final = Table(
    name="concept schemes",
    required=("conceptSchemeUri", "preferredLabel"),
    optional=("conceptType", "title", "status", "description", "hasTopConcept"),
)
HIERARCHY: Final = Table(
    name="skills hierarchy",
    required=("Level 0 URI", "Level 1 URI"),
    optional=(
        *(f"Level {level} URI" for level in (2, 3)),
        *(f"Level {level} preferred term" for level in range(4)),
        *(f"Level {level} code" for level in range(4)),
        "Description",
        "Scope note",
    ),
)
BROADER: Final = Table(
    name="broader relations",
    required=("conceptUri", "broaderUri"),
    optional=("conceptType", "conceptLabel", "broaderType", "broaderLabel"),
)
SKILL_SKILL: Final = Table(
    name="relations of skills",
    required=("originalSkillUri", "relationType", "relatedSkillUri"),
    optional=("originalSkillType", "originalSkillLabel", "relatedSkillType", "relatedSkillLabel"),
)
OCCUPATION_SKILL: Final = Table(
    name="skills of occupations",
    required=("occupationUri", "relationType", "skillUri"),
    optional=("occupationLabel", "skillType", "skillLabel"),
)
LABELS: Final = Table(name="labels", required=("conceptUri", "lang", "label"), optional=("kind",))
PREFERRED_LABELS: Final = Table(name="preferred labels", required=("conceptUri", "lang", "prefLabel"))
TABIYA: Final = Table(
    name="Tabiya",
    required=("ORIGINURI", "PREFERREDLABEL"),
    optional=(
        "CODE",
        "ALTLABELS",
        "DESCRIPTION",
        "DEFINITION",
        "SCOPENOTE",
        "REGULATEDPROFESSIONNOTE",
        "OCCUPATIONGROUPCODE",
        "OCCUPATIONTYPE",
        "SKILLTYPE",
        "REUSELEVEL",
        "GROUPTYPE",
        "ID",
        "UUIDHISTORY",
        "ISLOCALIZED",
    ),
)
TABLES: Final = (
    CONCEPTS,
    SCHEMES,
    HIERARCHY,
    BROADER,
    SKILL_SKILL,
    OCCUPATION_SKILL,
    LABELS,
    PREFERRED_LABELS,
    TABIYA,
)
_RANKS: Final = (CONCEPTS, SCHEMES, HIERARCHY, BROADER, LABELS, PREFERRED_LABELS, TABIYA, SKILL_SKILL, OCCUPATION_SKILL)
_LANGUAGE = re.compile(r"_([a-z]{2,3}(?:-[a-z0-9]{2,8})*)(?=[_.])", re.IGNORECASE)
_CELL_OF_LABELS = re.compile(r"[\r\n]+|\s\|\s")
_CELL_OF_URIS = re.compile(r"[\s,|]+")


def rank(document: Document, table: Table) -> tuple[int, bool, str]:
    """Sorts documents so that what a concept's own table says comes before what is said of it elsewhere."""
    return _RANKS.index(table), is_collection(document), document.name


def is_collection(document: Document) -> bool:
    """Whether a concept table lists a part of what others describe: digital, green, language skills, ..."""
    return "collection" in document.basename.casefold()


def file_language(document: Document, otherwise: str) -> str:
    """The language that the file's name ends with, as in `skills_de.csv`."""
    for found in _LANGUAGE.findall(document.basename):
        if is_well_formed(found):
            return normalised(found)
    return otherwise


def split_labels(cell: str) -> list[str]:
    """The labels of a cell, a line each, or ` | ` between them."""
    return [label for part in _CELL_OF_LABELS.split(cell) if (label := part.strip())]


def split_uris(cell: str) -> list[str]:
    """The URIs of a cell: lines, commas or ` | ` between them, by version and table."""
    return [part for part in _CELL_OF_URIS.split(cell) if part]


def collection_name(document: Document) -> str:
    """`digitalSkillsCollection` of `digitalSkillsCollection_en.csv`."""
    return PurePosixPath(document.basename).stem.partition("_")[0]
