"""RDF documents as one graph, gone through subject by subject without holding it all: what any RDF is read from.

Blank nodes get IRIs by their content. Up to `KEPT_TRIPLES` triples are kept in memory; more are written to a temporary
file, and where a subject's triples do not stand together, sorted by a temporary pyoxigraph store. Knows no
vocabularies. Called by `skos` and by what reads SKOS in other dress.
"""

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import IO, Final

from pyoxigraph import NamedNode, RdfFormat, Store

from ontology.documents import Document
from ontology.model import Finding, Source, Statement
from ontology.skolem import blank_iris, is_blank

from .nodes import read_lines, read_triples

KEPT_TRIPLES: Final = 100_000
"""Triples that are kept in memory: some 40 MB as Python objects."""
BATCH: Final = 50_000
"""Triples that the store takes at a time."""

Triple = tuple[str, str, str]


class Graph:
    """What documents say together; graphs apart from the default one are taken as one with it."""

    def __init__(self, *, kept: int = KEPT_TRIPLES, observe: Callable[[str, str, str], None] = lambda *_: None):
        """`observe` is told every triple once while it is read; those with blank nodes at the end."""
        self._observe = observe
        self.findings: list[Finding] = []
        self._kept_limit = kept
        self._kept: list[Triple] = []
        self._file: IO[str] | None = None
        self._blank: list[Triple] = []
        self._names: dict[str, str] = {}
        self._documents: list[Document] = []
        self._prefixes: list[dict[str, str]] = []
        self._first: dict[int, int] = {}
        """Hash of a subject -> the document that it first appears in."""
        self._last = ""
        self._scattered = False
        self._sources: Mapping[str, Source] = {}
        self._lines: list[dict[str, int]] = []

    @property
    def is_large(self) -> bool:
        """Whether it is held on disk."""
        return self._file is not None

    def read(self, document: Document) -> None:
        """Adds a document; its faults go to `findings`."""
        self._documents.append(document)
        prefixes: dict[str, str] = {}
        self._prefixes.append(prefixes)
        taken = f"_:d{len(self._documents)}"
        add, observe = self._add, self._observe
        for triple in read_triples(document, self.findings, prefixes):
            subject, predicate, term = triple
            if subject[0] == "_" or term[0] == "_":
                head = subject.replace("_:", taken, 1) if is_blank(subject) else subject
                value = term.replace("_:", taken, 1) if is_blank(term) else term
                triple = head, predicate, value
                self._blank.append(triple)
            else:
                observe(subject, predicate, term)
            add(triple)

    def add(self, subjects: Mapping[str, Sequence[Statement]], sources: Mapping[str, Source]) -> None:
        """Adds what was read elsewhere, every subject under an IRI."""
        self._sources = sources
        for iri, pairs in subjects.items():
            for predicate, term in pairs:
                self._observe(iri, predicate, term)
                self._add((iri, predicate, term))

    def finish(self) -> None:
        """Names blank nodes; called once, when all has been added."""
        names = self._names = blank_iris(self._blank)
        for subject, predicate, term in self._blank:
            self._observe(names.get(subject, subject), predicate, f"<{names[term]}>" if term in names else term)
        self._blank = []
        for label, iri in self._names.items():
            position = self._first.pop(hash(label), None)
            if position is not None:
                self._scattered = self._scattered or hash(iri) in self._first
                self._first.setdefault(hash(iri), position)

    def triples(self) -> Iterator[Triple]:
        """All of them, in the order read."""
        names = self._names
        if not names:
            yield from self._raw()
            return
        for subject, predicate, term in self._raw():
            value = names.get(term)
            yield names.get(subject, subject), predicate, f"<{value}>" if value else term

    def subjects(self) -> Iterator[tuple[str, list[Statement]]]:
        """(IRI, what is said of it), each once: by first appearance, unless the graph is large and scattered."""
        if not self.is_large:
            subjects: dict[str, list[Statement]] = {}
            for subject, predicate, term in self.triples():
                subjects.setdefault(subject, []).append((predicate, term))
            yield from ((iri, list(dict.fromkeys(pairs))) for iri, pairs in subjects.items())
        elif not self._scattered:
            for iri, group in groupby(self.triples(), key=itemgetter(0)):
                yield iri, list(dict.fromkeys((predicate, term) for _, predicate, term in group))
        else:
            yield from self._sorted()

    def describes(self, iri: str) -> bool:
        """Whether anything is said of it."""
        return hash(iri) in self._first

    def find_lines(self, wanted: Callable[[str], bool]) -> None:
        """Looks up the lines of subjects; of a large graph only of those that are wanted."""
        self._lines = [
            read_lines(document, prefixes, wanted if self.is_large else None)
            for document, prefixes in zip(self._documents, self._prefixes, strict=True)
        ]

    def source(self, iri: str) -> Source | None:
        """Where the subject is first described."""
        if iri in self._sources:
            return self._sources[iri]
        position = self._first.get(hash(iri), 0)
        if position >= len(self._documents):
            return None
        line = self._lines[position].get(iri) if self._lines else None
        return Source(file=self._documents[position].name, line=line)

    def close(self) -> None:
        """Gives the temporary file back."""
        if self._file is not None:
            self._file.close()

    def _add(self, triple: Triple) -> None:
        subject = triple[0]
        if subject != self._last:
            key = hash(subject)
            if key in self._first:
                self._scattered = True
            else:
                self._first[key] = len(self._documents) - 1
            self._last = subject
        if self._file is not None:
            self._file.write(f"{subject} {triple[1]} {triple[2]}\n")
            return
        self._kept.append(triple)
        if len(self._kept) > self._kept_limit:
            self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n")  # noqa: SIM115  as long as the graph
            self._file.writelines(" ".join(each) + "\n" for each in self._kept)
            self._kept = []

    def _raw(self) -> Iterator[Triple]:
        if self._file is None:
            yield from self._kept
            return
        self._file.seek(0)
        for line in self._file:
            subject, predicate, term = line.split(" ", 2)
            yield subject, predicate, term[:-1]

    def _sorted(self) -> Iterator[tuple[str, list[Statement]]]:
        with tempfile.TemporaryDirectory(prefix="headwater-rdf-") as folder:
            store = Store(folder)
            triples = self.triples()
            while batch := "".join(f"<{head}> <{said}> {term} .\n" for head, said, term in islice(triples, BATCH)):
                store.bulk_load(io.BytesIO(batch.encode()), format=RdfFormat.N_TRIPLES, lenient=True)
            for subject, quads in groupby(store, key=lambda quad: quad.subject):
                assert isinstance(subject, NamedNode), "blank nodes have IRIs by now"
                yield subject.value, [(quad.predicate.value, str(quad.object)) for quad in quads]
            del store


def read_graph(
    documents: Iterable[Document], *, kept: int = KEPT_TRIPLES, observe: Callable[[str, str, str], None]
) -> Graph:
    """The graph of all documents together; see `Graph`."""
    graph = Graph(kept=kept, observe=observe)
    for document in documents:
        graph.read(document)
    graph.finish()
    return graph
