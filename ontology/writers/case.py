"""Records as CASE packages: the imported ones letter by letter, or all as valid CASE 1.1 (or 1.0) with a report.

Called by exports. Single entities, for a CASE provider, are `case_index`'s.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ontology.errors import InputError
from ontology.model import Record
from ontology.readers.case_terms import JsonObject

from .case_index import VERSIONS, CasePackages
from .case_report import CaseReport, Change

__all__ = ["CaseExport", "CaseReport", "Change", "write_case_packages", "write_original_case_packages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExport:
    """Packages by IRI of their CFDocument, and what was changed or left out."""

    packages: tuple[JsonObject, ...]
    report: CaseReport


def write_case_packages(records: Iterable[Record], *, version: str = "1.1") -> CaseExport:
    """A valid CFPackage for each framework, with the report. Same records, same packages, in whatever order.

    Args:
        records: of a whole dataset.
        version: `1.1` or `1.0`.

    Raises:
        InputError: there is no such version.
    """
    wanted = next((each for each in VERSIONS if each == version), None)
    if wanted is None:
        raise InputError(
            f"Got the version {version!r} of CASE, expected {' or '.join(VERSIONS)}.",
            code="input.unknown-version",
            hint="Leave it out for 1.1.",
        )
    index = CasePackages(records)
    return CaseExport(packages=tuple(index.packages(wanted)), report=index.report_of(wanted))


def write_original_case_packages(records: Iterable[Record]) -> tuple[JsonObject, ...]:
    """Every imported CFPackage as it was, property by property, but for the order of its arrays."""
    return tuple(CasePackages(records).original_packages())
