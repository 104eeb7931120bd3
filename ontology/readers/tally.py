"""Findings that a whole table may have, told once with their number: what a reader leaves out is counted, not listed.

Called by the readers of large tables.
"""

from dataclasses import dataclass, field
from typing import Final

from ontology.model import Finding, FindingLevel, Source

SHOWN: Final = 3
"""How many examples a message names."""


@dataclass(slots=True)
class Tally:
    """One kind of fault that is only told: how often it occurred, where first, and the first examples."""

    code: str
    what: str
    """The message after the number: `labels are of concepts that no table describes`."""
    fix: str
    count: int = 0
    examples: list[str] = field(default_factory=list)
    source: Source | None = None

    def add(self, example: str, source: Source | None) -> None:
        """Counts one more."""
        self.count += 1
        self.source = self.source or source
        if len(self.examples) < SHOWN and example not in self.examples:
            self.examples.append(example)

    def findings(self) -> list[Finding]:
        """The one finding, or none where nothing was counted."""
        if not self.count:
            return []
        more = ", …" if self.count > len(self.examples) else ""
        return [
            Finding(
                level=FindingLevel.SHOULD,
                code=self.code,
                message=f"{self.count:,} {self.what}: {', '.join(self.examples)}{more}",
                source=self.source,
                fix=self.fix,
            )
        ]
