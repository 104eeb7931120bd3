"""An empty set of Tables to start from: every file with its header and one line of example that fits the others.

Knows only what docs/tables.md tells. Called by the command `headwater template`.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ontology.errors import InputError

from .table_columns import SSSOM_KEYS, TABLE_FILES

_EXAMPLE: Final = "https://example.org/"
_ALIGNMENT_COLUMNS: Final = (
    *SSSOM_KEYS,
    "mapping_justification",
    "confidence",
    "author_id",
    "mapping_date",
    "comment",
    "subject_label",
    "object_label",
)
"""Of SSSOM's columns those that people fill in; the others are accepted too."""

EXAMPLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "frameworks.csv": {
            "iri": f"{_EXAMPLE}framework/own",
            "label": "Our competencies",
            "description": "What we teach, in our own words.",
            "language": "en",
            "license": "https://creativecommons.org/licenses/by/4.0/",
            "attribution": "Example College",
        },
        "competencies.csv": {
            "iri": f"{_EXAMPLE}competency/harden-a-server",
            "label": "Harden a server",
            "language": "en",
            "framework": f"{_EXAMPLE}framework/own",
            "kind": "skill",
            "codes": "own:SEC-1",
        },
        "courses.csv": {
            "iri": f"{_EXAMPLE}course/server-security",
            "label": "Server security",
            "language": "en",
            "provider": "Example College",
            "cost": "480.00",
            "currency": "EUR",
            "duration_days": "6",
            "url": f"{_EXAMPLE}courses/server-security",
            "codes": "own:C-101",
        },
        "credentials.csv": {
            "iri": f"{_EXAMPLE}credential/server-security",
            "label": "Certificate in server security",
            "language": "en",
            "issuer": "Example College",
            "kind": "Certificate",
            "cost": "90.00",
            "currency": "EUR",
            "duration_days": "4 h",
            "codes": "abbreviation:CSS",
        },
        "job_roles.csv": {
            "iri": f"{_EXAMPLE}role/server-administrator",
            "label": "Server administrator",
            "language": "en",
            "codes": "own:R-1",
            "employer": "Example Works",
            "employer_iri": f"{_EXAMPLE}works",
            "places": "DE-BY/Augsburg; AT-8",
            "remote": "yes",
            "salary_min": "48000",
            "salary_max": "62000",
            "salary_currency": "EUR",
            "salary_period": "year",
        },
        "role_levels.csv": {"role": f"{_EXAMPLE}role/server-administrator", "name": "Senior", "rank": "2"},
        "groups.csv": {
            "role": f"{_EXAMPLE}role/server-administrator",
            "role_level": "Senior",
            "group": "proof",
            "min": "any",
            "importance": "must",
        },
        "requires.csv": {
            "role": f"{_EXAMPLE}role/server-administrator",
            "role_level": "Senior",
            "group": "proof",
            "target": f"{_EXAMPLE}credential/server-security",
            "importance": "must",
        },
        "prerequisites.csv": {
            "target": f"{_EXAMPLE}credential/server-security",
            "needs": f"{_EXAMPLE}competency/harden-a-server",
            "level": "2",
            "scale": f"{_EXAMPLE}scale/own",
        },
        "teaches.csv": {
            "subject": f"{_EXAMPLE}course/server-security",
            "competency": f"{_EXAMPLE}competency/harden-a-server",
            "level": "3",
            "scale": f"{_EXAMPLE}scale/own",
        },
        "awards.csv": {
            "course": f"{_EXAMPLE}course/server-security",
            "credential": f"{_EXAMPLE}credential/server-security",
        },
        "scales.csv": {
            "iri": f"{_EXAMPLE}scale/own",
            "label": "From beginner to expert",
            "language": "en",
            "min": "0",
            "max": "4",
        },
        "scale_levels.csv": {
            "iri": f"{_EXAMPLE}scale/own/3",
            "scale": f"{_EXAMPLE}scale/own",
            "level": "3",
            "label": "Works alone",
            "language": "en",
        },
        "scale_mappings.csv": {
            "scale": f"{_EXAMPLE}scale/own",
            "level": "3",
            "to_scale": f"{_EXAMPLE}scale/partner",
            "to_level": "5",
        },
        "alignments.csv": {
            "subject_id": f"{_EXAMPLE}competency/harden-a-server",
            "predicate_id": "skos:closeMatch",
            "object_id": "http://data.europa.eu/esco/skill/6f1edc19-191f-4ba5-a048-ee69aff05bab",
            "mapping_justification": "semapv:ManualMappingCuration",
            "confidence": "0.8",
            "subject_label": "Harden a server",
            "object_label": "security engineering",
        },
        "labels.csv": {
            "iri": f"{_EXAMPLE}competency/harden-a-server",
            "property": "label",
            "language": "de",
            "text": "Einen Server härten",
        },
    }
)
"""File → the cells of its line of example; together they are one small world without a fault."""

_FURTHER: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "scales.csv": {
            "iri": f"{_EXAMPLE}scale/partner",
            "label": "Our partner's levels",
            "language": "en",
            "min": "1",
            "max": "8",
        }
    }
)
"""A second line where one alone would not be understood."""


def write_template(folder: Path) -> list[Path]:
    """The files written, in the order of `TABLE_FILES`: each its header and one line of example.

    The folder is made where it is missing.

    Raises:
        InputError: one of the files is there already (`template.exists`; nothing is written), or the folder cannot be
            written (`template.not-writable`).

    """
    paths = {file: folder / file for file in TABLE_FILES}
    there = [path.name for path in paths.values() if path.exists()]
    if there:
        raise InputError(
            f"{folder} already has {', '.join(there)}; a template does not overwrite.",
            code="template.exists",
            hint="Name an empty or a new folder.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, path in paths.items():
            path.write_text(_table(file), encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(
            f"The template cannot be written to {folder}: {error.strerror}.",
            code="template.not-writable",
            hint="Name a folder that you may write to.",
        ) from error
    return list(paths.values())


def _table(file: str) -> str:
    columns = _ALIGNMENT_COLUMNS if file == "alignments.csv" else TABLE_FILES[file].columns
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(EXAMPLES[file])
    if file in _FURTHER:
        writer.writerow(_FURTHER[file])
    return written.getvalue()
