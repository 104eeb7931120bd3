"""What a reader may ask about the things around its documents: which of them has a given code, what an IRI is."""

from collections.abc import Sequence
from typing import Protocol

from ontology.model import Record, Resource


class Surroundings(Protocol):
    """What is described elsewhere: what this load read before, and what other datasets hold.

    The version of a dataset that is being replaced is not part of it.
    """

    def find_by_code(self, system: str, value: str, types: Sequence[type[Resource]]) -> tuple[str, ...]:
        """IRIs of the things of these types with that code, sorted; empty where there is none."""
        ...

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of the record that describes the IRI, None where nothing does."""
        ...


class Nothing:
    """Surroundings in which nothing is described."""

    def find_by_code(self, system: str, value: str, types: Sequence[type[Resource]]) -> tuple[str, ...]:
        """No IRI."""
        return ()

    def type_of(self, iri: str) -> type[Record] | None:
        """No class."""
        return None


class KnownCodes:
    """Surroundings that grow by each record that is read, on top of others."""

    def __init__(self, beyond: Surroundings | None = None):
        self._beyond = beyond or Nothing()
        self._found: dict[tuple[str, str], dict[str, type[Resource]]] = {}
        self._types: dict[str, type[Record]] = {}

    def add(self, record: Record) -> None:
        """Makes the record and its codes known."""
        if isinstance(record, Resource):
            self._types[record.iri] = type(record)
            for code in record.codes:
                self._found.setdefault((code.system, code.value), {})[record.iri] = type(record)

    def find_by_code(self, system: str, value: str, types: Sequence[type[Resource]]) -> tuple[str, ...]:
        """IRIs read before or known beyond, sorted."""
        here = {iri for iri, kind in self._found.get((system, value), {}).items() if issubclass(kind, tuple(types))}
        return tuple(sorted(here.union(self._beyond.find_by_code(system, value, types))))

    def type_of(self, iri: str) -> type[Record] | None:
        """Class of what was read before or is known beyond."""
        return self._types.get(iri) or self._beyond.type_of(iri)
