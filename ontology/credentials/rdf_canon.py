"""Canonical N-Quads of RDF statements: blank nodes get names that depend on the graph alone.

Graphs that are made to cost time are refused by a budget that depends on the graph alone, so the answer is the same on
every machine. Cost: n log n where statements tell the blank nodes apart; else factorial in those that they do not.
Source: RDF Dataset Canonicalization (RDFC-1.0), W3C Recommendation of 2024-05-21, section 4.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

from .safe_jsonld import Quad, TooMuchWorkError

MAX_WORK: Final = 200_000
"""Steps that tell blank nodes apart, 0.2 s; no sample of credentials takes more than a thousandth of them."""
MAX_WORK_IN_ALL: Final = 5 * MAX_WORK
"""Steps of a document together with all that is inside of it, each of its forms counted; 1 s."""
Issued = dict[str, str]
"""Blank node → the name that it was given, in the order in which that happened."""


@dataclass(slots=True)
class Work:
    """Steps that are left to a document and to all that is inside of it; each canonical form takes its own of them."""

    left: int = MAX_WORK_IN_ALL


def canonical_nquads(quads: Iterable[Quad], *, digest: str = "sha256", work: Work | None = None) -> str:
    """The canonical form: sorted lines, each ended by a line feed. Raises TooMuchWorkError.

    Args:
        digest: name of the hash by which blank nodes are told apart.
        work: what is left of a budget that is shared with others.
    """
    unique = list(dict.fromkeys(quads))
    names = canonical_names(unique, digest=digest, work=work)
    lines = [
        _line(names.get(subject, subject), predicate, names.get(term, term), names.get(graph, graph))
        for subject, predicate, term, graph in unique
    ]
    return "".join(sorted(lines))


def canonical_names(quads: Sequence[Quad], *, digest: str = "sha256", work: Work | None = None) -> Issued:
    """Blank node → its canonical name. The statements must be without repetitions. Raises TooMuchWorkError."""
    shared = work or Work()
    naming = _Naming(digest, min(MAX_WORK, shared.left))
    for quad in quads:
        for term in {quad[0], quad[2], quad[3]}:
            if term.startswith("_:"):
                naming.quads.setdefault(term, []).append(quad)
    try:
        naming.name_all()
    except RecursionError:
        raise TooMuchWorkError("its nameless things form too long a chain") from None
    finally:
        shared.left -= naming.taken
    return naming.canonical


class _Naming:
    """The canonicalization state of RDFC-1.0, 4.2."""

    def __init__(self, digest: str, max_work: int) -> None:
        self.quads: dict[str, list[Quad]] = {}
        self.canonical: Issued = {}
        self._first: dict[str, str] = {}
        self._hash: Callable[[str], str] = lambda text: hashlib.new(digest, text.encode()).hexdigest()
        self._max_work = max_work
        self.taken = 0

    def name_all(self) -> None:
        """Section 4.4, steps 3 to 5."""
        by_hash: dict[str, list[str]] = {}
        for node in self.quads:
            self._first[node] = self._first_degree(node)
            by_hash.setdefault(self._first[node], []).append(node)
        for found in sorted(by_hash):
            if len(by_hash[found]) == 1:
                _issue(self.canonical, "_:c14n", by_hash.pop(found)[0])
        for found in sorted(by_hash):
            paths: list[tuple[str, Issued]] = []
            for node in by_hash[found]:
                if node not in self.canonical:
                    issued: Issued = {}
                    _issue(issued, "_:b", node)
                    paths.append(self._n_degree(node, issued))
            for _, issued in sorted(paths, key=lambda path: path[0]):
                for node in issued:
                    _issue(self.canonical, "_:c14n", node)

    def _first_degree(self, node: str) -> str:
        """Section 4.6."""

        def masked(term: str) -> str:
            return term if not term.startswith("_:") else "_:a" if term == node else "_:z"

        return self._hash("".join(sorted(_line(masked(s), p, masked(o), masked(g)) for s, p, o, g in self.quads[node])))

    def _related(self, related: str, predicate: str, issued: Issued, position: str) -> str:
        """Section 4.7."""
        name = self.canonical.get(related) or issued.get(related) or self._first[related]
        return self._hash(f"{position}{'' if position == 'g' else predicate}{name}")

    def _n_degree(self, node: str, issued: Issued) -> tuple[str, Issued]:
        """Section 4.8: (hash, names given on the way that was chosen)."""
        by_hash: dict[str, list[str]] = {}
        for subject, predicate, term, graph in self.quads[node]:
            for position, other in (("s", subject), ("o", term), ("g", graph)):
                if other.startswith("_:") and other != node:
                    by_hash.setdefault(self._related(other, predicate, issued, position), []).append(other)
        self._work(1 + len(self.quads[node]))
        data: list[str] = []
        for found in sorted(by_hash):
            chosen_path, chosen_issued = "", issued
            for order in permutations(by_hash[found]):
                self._work(1 + len(order) + len(issued) // 8)
                walked = self._walk(order, issued, chosen_path)
                if walked is not None and (not chosen_path or walked[0] < chosen_path):
                    chosen_path, chosen_issued = walked
            data += [found, chosen_path]
            issued = chosen_issued
        return self._hash("".join(data)), issued

    def _walk(self, order: Sequence[str], before: Issued, chosen: str) -> tuple[str, Issued] | None:
        """Section 4.8.3, step 5.4: (path, names given) of one order; None where it cannot become the least."""
        issued, path, recursion = dict(before), "", []
        for related in order:
            if related in self.canonical:
                path += self.canonical[related]
            else:
                if related not in issued:
                    recursion.append(related)
                path += _issue(issued, "_:b", related)
            if chosen and len(path) >= len(chosen) and path > chosen:
                return None
        for related in recursion:
            found, result = self._n_degree(related, issued)
            path += f"{_issue(issued, '_:b', related)}<{found}>"
            issued = result
            if chosen and len(path) >= len(chosen) and path > chosen:
                return None
        return path, issued

    def _work(self, steps: int) -> None:
        self.taken += steps
        if self.taken > self._max_work:
            raise TooMuchWorkError("its nameless things cannot be told apart in the time that is allowed")


def _issue(issued: Issued, prefix: str, node: str) -> str:
    return issued.get(node) or issued.setdefault(node, f"{prefix}{len(issued)}")


def _line(subject: str, predicate: str, term: str, graph: str) -> str:
    return f"{subject} {predicate} {term} {graph} .\n" if graph else f"{subject} {predicate} {term} .\n"
