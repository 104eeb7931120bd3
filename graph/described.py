"""Descriptions of a dataset's things, looked up in the archive instead of Neo4j.

A snapshot has none: they are as large as all the rest and asked for one by one. They are copied once into an unnamed
file on the disk, so that a process holds no more than where each begins. Called by `views`.
"""

import os
import tempfile
import weakref
from array import array
from collections.abc import Iterable

from ontology.languages import normalised
from ontology.model import UNDETERMINED, Text, sorted_texts
from ontology.ntriples import find_literal
from ontology.terms import XSD

from .strings import Strings

PREDICATE = "http://purl.org/dc/terms/description"
"""What the ontology writes descriptions as."""
_MARK = f"> <{PREDICATE}> "


class Descriptions:
    """The descriptions of one content of a dataset."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Takes the sorted N-Quads lines of a dataset. Costs one pass; raises what `lines` raises."""
        found: list[tuple[str, int]] = []
        starts = array("q", [0])
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with this object
        weakref.finalize(self, self._file.close)
        for line in lines:
            at = line.find(_MARK)
            if at < 0 or line.index(">") != at:
                continue
            iri, term = line[1:at], line[at + len(_MARK) :].rsplit(" ", 2)[0]
            if not found or found[-1][0] != iri:
                found.append((iri, len(found)))
                starts.append(starts[-1])
            starts[-1] += self._file.write(f"{term}\n".encode())
        self._file.flush()
        found.sort()
        self._iris = Strings.pack(iri for iri, _ in found)
        self._places = array("q", (place for _, place in found))
        self._starts = starts

    def find(self, iri: str) -> tuple[Text, ...]:
        """Descriptions of a thing, by language; empty where it has none."""
        row = self._iris.find_sorted(iri)
        if row < 0:
            return ()
        place = self._places[row]
        start, end = self._starts[place], self._starts[place + 1]
        terms = os.pread(self._file.fileno(), end - start, start).decode().splitlines()
        return sorted_texts(text for text in map(_read_text, terms) if text is not None)


def _read_text(term: str) -> Text | None:
    literal = find_literal(term)
    if literal is None or (literal.language is None and literal.datatype != f"{XSD}string"):
        return None
    return Text(literal.value, normalised(literal.language) if literal.language else UNDETERMINED)
