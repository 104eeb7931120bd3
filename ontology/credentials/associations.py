"""What the achievements of one record are to each other, in the words of CLR 2.0.

Source: CLR 2.0 (1EdTech), Association and AssociationType.
"""

from dataclasses import dataclass
from enum import StrEnum

from ontology.json_documents import Json


class AssociationType(StrEnum):
    """What one achievement of a record is to another one."""

    EXACT_MATCH = "exactMatchOf"
    CHILD = "isChildOf"
    PART = "isPartOf"
    RELATED = "isRelatedTo"
    PRECEDES = "precedes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """What the achievement `source` is to the achievement `target`; both are named by their `id`."""

    type: AssociationType
    source: str
    target: str

    def as_json(self) -> dict[str, Json]:
        """The association as a record has it."""
        return {
            "type": "Association",
            "associationType": self.type.value,
            "sourceId": self.source,
            "targetId": self.target,
        }
