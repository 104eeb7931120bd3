"""The reasons of a match from the score to the line it was read from: as JSON and as an indented text.

Score ← requirement ← coverage ← evidence ← chain ← source. Called by the command line; the same tree is in GraphQL.
"""

from collections.abc import Iterator, Sequence

from graph.coverage import Link
from graph.explanation import coverage_sentence, evidence_sentence
from graph.matching import EvidenceItem, RoleMatch, UnitCoverage
from graph.provenance import Provenance
from graph.snapshot import Snapshot
from graph.statements import Statement, link_statement, requirement_statement
from graph.wording import requirement_name
from ontology.model import Source

from .console import held_level_json

Json = dict[str, object]
PARTS = ("met", "partial", "missing")


class Explainer:
    """Tells the reasons of matches on one snapshot."""

    def __init__(self, snapshot: Snapshot, provenance: Provenance, languages: Sequence[str]):
        self._snapshot = snapshot
        self._provenance = provenance
        self._languages = languages

    def role_json(self, result: RoleMatch) -> list[Json]:
        """Every requirement of a role with its evidence, heaviest first: what is met, met in part, missing."""
        return [self._unit_json(part, unit) for part, unit in _units(result)]

    def role_text(self, result: RoleMatch) -> Iterator[str]:
        """The same as lines, indented by two blanks a level."""
        for part, unit in _units(result):
            said = coverage_sentence(self._snapshot, unit, part, self._languages)
            read = _text(self._read(requirement_statement(self._snapshot, unit.node)))
            yield f"  {said}{read}"
            for item in unit.evidence:
                yield f"    {self._sentence(unit, item)} [{item.standing.name.lower()}, {item.binding.name.lower()}]"
                for link in item.chain:
                    start, end = (self._label(row) for row in (link.from_row, link.to_row))
                    read = _text(self._read(link_statement(self._snapshot, link)))
                    yield f"      {start} {link.relation} {end} ({link.factor:.4g}){read}"

    def _unit_json(self, part: str, unit: UnitCoverage) -> Json:
        return {
            "requirement": {
                "id": self._snapshot.node_iris[unit.node],
                "label": requirement_name(self._snapshot, unit.node, self._languages),
                "readFrom": _json(self._read(requirement_statement(self._snapshot, unit.node))),
            },
            "outcome": part,
            "coverage": unit.coverage,
            "weight": unit.weight,
            "part": unit.part,
            "sentence": coverage_sentence(self._snapshot, unit, part, self._languages),
            "evidence": [self._evidence_json(unit, item) for item in unit.evidence],
        }

    def _evidence_json(self, unit: UnitCoverage, item: EvidenceItem) -> Json:
        return {
            "held": {"id": self._snapshot.iris[item.held], "label": self._label(item.held)},
            "status": item.standing.name,
            "binding": item.binding.name,
            "document": None if item.document < 0 else item.document,
            "reason": item.reason,
            "factor": item.factor,
            "level": held_level_json(self._snapshot, item),
            "sentence": self._sentence(unit, item),
            "chain": [self._link_json(link) for link in item.chain],
        }

    def _link_json(self, link: Link) -> Json:
        return {
            "from": self._snapshot.iris[link.from_row],
            "to": self._snapshot.iris[link.to_row],
            "relation": link.relation,
            "factor": link.factor,
            "source": link.source,
            "readFrom": _json(self._read(link_statement(self._snapshot, link))),
        }

    def _sentence(self, unit: UnitCoverage, item: EvidenceItem) -> str:
        return evidence_sentence(self._snapshot, unit.node, item, self._languages)

    def _label(self, row: int) -> str:
        return self._snapshot.label(row, self._languages)[0]

    def _read(self, statement: Statement | None) -> tuple[str, Source] | None:
        """(name of the dataset, where it was read), None where that is not known."""
        found = None if statement is None else self._provenance.find(statement.dataset, statement.iri)
        return None if statement is None or found is None else (statement.dataset.name, found)


def _units(result: RoleMatch) -> Iterator[tuple[str, UnitCoverage]]:
    for part in PARTS:
        units: tuple[UnitCoverage, ...] = getattr(result, part)
        yield from ((part, unit) for unit in units)


def _json(read: tuple[str, Source] | None) -> Json | None:
    if read is None:
        return None
    dataset, source = read
    place = {"file": source.file, "line": source.line, "column": source.column, "pointer": source.pointer}
    return {"dataset": dataset, **place}


def _text(read: tuple[str, Source] | None) -> str:
    """` [dataset: file:line]`, or with the pointer; empty where it is not known."""
    if read is None:
        return ""
    dataset, source = read
    line = f":{source.line}" if source.line is not None else ""
    pointer = f" {source.pointer}" if source.pointer else ""
    return f" [{dataset}: {source.file}{line}{pointer}]"
