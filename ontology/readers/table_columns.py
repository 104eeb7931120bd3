"""The files of Tables and their columns: what the reader, the template and docs/tables.md agree on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ontology.model import FindingLevel


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Columns of one file, in the order in which they are written, and those without which it cannot be understood."""

    columns: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that may be absent."""
        return tuple(column for column in self.columns if column not in self.required)


SSSOM_KEYS = ("subject_id", "predicate_id", "object_id")
SSSOM_COLUMNS = (
    "mapping_justification", "confidence", "author_id", "mapping_date", "comment", "mapping_source",
    "subject_label", "object_label", "predicate_label", "predicate_modifier",
    "record_id", "subject_category", "object_category", "author_label", "reviewer_id", "reviewer_label", "creator_id",
    "creator_label", "license", "subject_type", "subject_source", "subject_source_version", "object_type",
    "object_source",
    "object_source_version", "predicate_type", "mapping_provider", "mapping_cardinality", "mapping_tool",
    "mapping_tool_version", "publication_date", "subject_match_field", "object_match_field", "match_string",
    "subject_preprocessing", "object_preprocessing", "similarity_score", "similarity_measure", "curation_rule",
    "curation_rule_text", "see_also", "issue_tracker_item", "other",
)  # fmt: skip
"""Slots of a mapping beside the three keys. Source: SSSOM 1.0, class Mapping."""


def _spec(columns: str, required: str) -> TableSpec:
    return TableSpec(tuple(columns.split()), tuple(required.split()))


TABLE_FILES: Mapping[str, TableSpec] = MappingProxyType(
    {
        "frameworks.csv": _spec("iri label description language license attribution", "iri"),
        "competencies.csv": _spec("iri label description language framework kind parent codes replaced_by", "iri"),
        "courses.csv": _spec("iri label description language provider cost currency duration_days url codes", "iri"),
        "credentials.csv": _spec("iri label description language issuer kind cost currency duration_days codes", "iri"),
        "job_roles.csv": _spec(
            "iri label description language framework codes employer employer_iri places remote salary_min salary_max"
            " salary_currency salary_period",
            "iri",
        ),
        "role_levels.csv": _spec("role name rank", "role name rank"),
        "groups.csv": _spec("role role_level group parent min importance language", "role group"),
        "requires.csv": _spec("role role_level group target level scale importance days", "role target"),
        "prerequisites.csv": _spec("target group needs level scale days", "target needs"),
        "teaches.csv": _spec("subject competency level scale", "subject competency"),
        "awards.csv": _spec("course credential", "course credential"),
        "scales.csv": _spec("iri label language min max", "iri min max"),
        "scale_levels.csv": _spec("iri scale level label description language", "iri scale level"),
        "scale_mappings.csv": _spec("scale level to_scale to_level", "scale level to_scale to_level"),
        "alignments.csv": TableSpec((*SSSOM_KEYS, *SSSOM_COLUMNS), SSSOM_KEYS),
        "labels.csv": _spec("iri property language text", "iri property text"),
    }
)
"""File name → its columns. Any file may be absent."""

STATEMENT_NAMESPACE = "https://w3id.org/headwater/tables#"
"""Predicates of what a column says that no field of a record holds."""

_BLOCKING = (
    "alignment-with-itself", "ambiguous-reference", "bad-code", "bad-cost", "bad-date", "bad-importance",
    "bad-language", "bad-period", "bad-place", "bad-remote", "bad-salary",
    "conflicting-group", "conflicting-role-level", "cost-without-currency", "duplicate-rank", "salary-without-currency",
    "empty-scale", "group-of-another-level", "label-of-nothing", "level-without-scale", "missing-value",
    "negative-duration", "not-a-number", "not-a-whole-number", "not-an-iri", "out-of-range", "several-labels",
    "target-and-days", "unknown-parent", "unknown-predicate", "unknown-property", "unknown-reference",
    "unknown-role-level",
)  # fmt: skip
_TOLD = (
    "negated-alignment", "repeated-group", "repeated-role-level", "scale-without-level", "unknown-file",
    "unreadable-duration",
)  # fmt: skip
FAULTS: Mapping[str, FindingLevel] = MappingProxyType(
    {**dict.fromkeys(_BLOCKING, FindingLevel.MUST), **dict.fromkeys(_TOLD, FindingLevel.SHOULD)}
)
"""What can be wrong in Tables, without the prefix `tables.`, and whether it blocks. Explained in docs/tables.md."""
