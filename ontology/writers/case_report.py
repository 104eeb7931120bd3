"""What an export to CASE changed to be valid, and what CASE cannot hold: one line each. Docs: docs/case.md."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

EXAMPLES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that an export did to an entity, or what it had to leave out."""

    code: str
    """Stable, listed in docs/case.md."""
    message: str
    subject: str | None = None
    """IRI of the entity."""
    property: str | None = None
    loss: bool = False
    """Whether the export does not hold it, not even in `extensions`."""


@dataclass(slots=True, kw_only=True)
class CaseReport:
    """The report of an export. `changes` are in the order of the export."""

    changes: list[Change] = field(default_factory=list)

    @property
    def losses(self) -> tuple[Change, ...]:
        """What the export does not hold."""
        return tuple(change for change in self.changes if change.loss)

    def tell(self, code: str, message: str, subject: str | None, name: str | None, *, loss: bool = False) -> None:
        """Adds a line."""
        self.changes.append(Change(code=code, message=message, subject=subject, property=name, loss=loss))

    def lines(self) -> tuple[str, ...]:
        """One line for each code and property: what was done, how often, to what for example; losses first."""
        counts = Counter((not each.loss, each.code, each.property or "", each.message) for each in self.changes)
        subjects: dict[tuple[bool, str, str, str], list[str]] = {}
        for each in self.changes:
            key = (not each.loss, each.code, each.property or "", each.message)
            found = subjects.setdefault(key, [])
            if each.subject is not None and len(found) < EXAMPLES:
                found.append(f"<{each.subject}>")
        return tuple(
            f"{key[1]}: {key[3]} ({number} x{', such as ' if subjects[key] else ''}{', '.join(subjects[key])})"
            for key, number in sorted(counts.items())
        )
