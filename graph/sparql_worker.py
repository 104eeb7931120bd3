"""The process that runs SPARQL queries: `python -m graph.sparql_worker STORE`, asked and answering in frames.

The engine knows no time limit, so the process that asks kills this one; it also ends itself a second later. Opens its
store once, read-only, and then gives up the means to reach anything else: no new file, no socket, no more memory than
is allowed. What it runs has been looked at first (`sparql_text`). Called by `sparql_process` alone.
"""

import json
import signal
import sys
from pathlib import Path
from typing import cast

import pyoxigraph

from ontology.worker_frames import READY, limit_memory, read_frame, write_frame

from .rdf_store import ENGINE_FAULTS
from .sparql_results import Cut, write_boolean, write_solutions, write_triples
from .sparql_text import read_query

MEMORY_BYTES = 768 * 1024 * 1024
"""What a query may take beyond what the process has at its start."""
TABLES_OPENED = 16
"""Source: RocksDB, kInitialLoadLimit in version_builder.cc."""
_OTHER_FILES = 256
Message = dict[str, object]


def main(arguments: list[str]) -> int:
    """0 when nobody asks any more, 1 where the store cannot be opened."""
    answers = sys.stdout.buffer
    try:
        store = pyoxigraph.Store.read_only(arguments[0])
        graphs = frozenset(graph.value for graph in store.named_graphs())
    except ENGINE_FAULTS:
        return 1
    _give_up_means(Path(arguments[0]))
    write_frame(answers, READY)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        request = cast("Message", json.loads(frame))
        _alarm(cast("float", request["seconds"]) + 1.0)
        head, body = _answer(store, graphs, request)
        _alarm(0)
        write_frame(answers, json.dumps(head).encode())
        write_frame(answers, body)
    return 0


def _give_up_means(store: Path) -> None:
    if sys.platform == "win32":
        return
    import resource

    limit_memory(MEMORY_BYTES)
    tables = sum(1 for _ in store.glob("*.sst"))
    # The engine opens the first tables with the store, those of a large one when it needs them.
    files = 0 if tables <= TABLES_OPENED else tables + _OTHER_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def _alarm(seconds: float) -> None:
    """The kernel ends the process then, whatever the engine is doing; 0: it does not."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _answer(store: pyoxigraph.Store, graphs: frozenset[str], request: Message) -> tuple[Message, bytes]:
    query = str(request["query"])
    default = cast("list[str] | None", request["default_graphs"])
    named = cast("list[str] | None", request["named_graphs"])
    text = read_query(query)
    if text.refusal is not None:
        return _refused(text.refusal.code, text.refusal.message)
    for graph in (*text.graphs, *(default or ()), *(named or ())):
        if graph not in graphs:
            return _refused("sparql.graph", f"There is no graph <{graph[:200]}> here, and no other is fetched.")
    try:
        if default is None and named is None:
            results = store.query(query, use_default_graph_as_union=not text.has_dataset)
        else:
            results = store.query(
                query,
                default_graph=[pyoxigraph.NamedNode(graph) for graph in default or ()],
                named_graphs=[pyoxigraph.NamedNode(graph) for graph in named or ()],
            )
        return _serialised(results, request)
    except SyntaxError as error:
        return _refused("sparql.syntax", f"The query cannot be parsed: {error}.")
    except MemoryError:
        return _refused("sparql.memory", "The query needs more memory than one query may take.")
    except (RuntimeError, ValueError) as error:
        if "Corruption" in str(error):
            return _refused("sparql.damaged", "The store cannot be read.")
        return _refused("sparql.evaluation", f"The query cannot be evaluated: {error}.")
    except OSError:
        return _refused("sparql.damaged", "The store cannot be read.")


def _serialised(
    results: pyoxigraph.QuerySolutions | pyoxigraph.QueryBoolean | pyoxigraph.QueryTriples, request: Message
) -> tuple[Message, bytes]:
    triples = isinstance(results, pyoxigraph.QueryTriples)
    wanted = cast("str | None", request["graph_format" if triples else "result_format"])
    if wanted is None:
        return _refused("http.not-acceptable", "None of the media types that are accepted can hold such results.")
    cut = Cut(rows=cast("int", request["rows"]), bytes=cast("int", request["bytes"]))
    if isinstance(results, pyoxigraph.QueryTriples):
        body = write_triples(results, wanted, cut)
    elif isinstance(results, pyoxigraph.QueryBoolean):
        body = write_boolean(bool(results), wanted)
    else:
        body = write_solutions(results, wanted, cut)
    return {"media_type": wanted, "cut": cut.reached}, body


def _refused(code: str, message: str) -> tuple[Message, bytes]:
    return {"code": code, "message": message}, b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
