"""A process that holds a release and answers one question: `python -m benchmarks.index_worker KIND PATH WORD`.

Says in a line of JSON how long opening and the first answer took, waits for a line, then says what memory it has of its
own: the parent starts several at once, so that what they share is shared. Ends when its input does.
"""

import gc
import json
import pickle
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pyoxigraph

from graph.matching import match
from graph.policy import Held, HeldCompetency, Policy
from graph.snapshot import ResourceType, Snapshot
from ontology.model import Resource

from .report import megabytes


def open_snapshot(path: Path, word: str) -> object:
    """The index, mapped, after the first match: of whoever holds the one thing that is named."""
    snapshot = Snapshot.open(path)
    row = snapshot.find_row(word)
    held = Held(competencies=(HeldCompetency(row=row),)) if snapshot.types[row] == ResourceType.COMPETENCY else Held()
    return snapshot, match(snapshot, held, Policy())


def open_store(path: Path, word: str) -> object:
    """The RDF store, opened, after one look at what it says of the thing."""
    store = pyoxigraph.Store.read_only(str(path))
    return store, list(store.quads_for_pattern(pyoxigraph.NamedNode(word), None, None, None))


def open_pickle(path: Path, word: str) -> object:
    """The records by IRI, as dataclasses, after one look for the thing."""
    with path.open("rb") as file:
        records = pickle.load(file)
    by_iri = {record.iri: record for record in records if isinstance(record, Resource)}
    return records, by_iri.get(word)


KINDS: dict[str, Callable[[Path, str], object]] = {
    "snapshot": open_snapshot,
    "store": open_store,
    "pickle": open_pickle,
    "nothing": lambda *_: None,
}


def main(kind: str, path: str, word: str) -> None:
    """Nothing, when the parent has closed the pipe."""
    begun, processor = time.perf_counter(), time.process_time()
    kept = KINDS[kind](Path(path), word)
    _say({"seconds": time.perf_counter() - begun, "processor": time.process_time() - processor})
    sys.stdin.readline()
    gc.collect()
    info = psutil.Process().memory_full_info()
    _say({"private": megabytes(info.uss), "share": megabytes(getattr(info, "pss", info.uss))})
    sys.stdin.readline()
    assert kept is not None or kind == "nothing"


def _say(content: dict[str, float]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:4])
