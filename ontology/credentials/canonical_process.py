"""Processes that canonicalise and can be killed: at most two at once, kept for the next document.

A process has as much time as `MAX_SECONDS` for a document; one that takes longer is ended, and the document refused.
Called by `canonical`, from any thread.
"""

import atexit
import json
import threading
from typing import Final

from ontology.worker_processes import Worker, Workers

from .rdf_canon import MAX_WORK, Work
from .safe_jsonld import TooMuchWorkError, UnknownContextError, UnsafeDocumentError
from .strict_json import Object

MAX_SECONDS: Final = 2.0
START_SECONDS: Final = 30.0
MAX_PROCESSES: Final = 2
_ERRORS: Final = {each.__name__: each for each in (TooMuchWorkError, UnknownContextError, UnsafeDocumentError)}
_places = threading.BoundedSemaphore(MAX_PROCESSES)
_workers: Workers[Worker] = Workers()
atexit.register(_workers.close)


def canonicalise_elsewhere(document: Object, digest: str, work: Work | None = None) -> str:
    """Canonical N-Quads of a document, made by another process. Raises as `canonical_rdf` does.

    A process that gives no answer has taken as many steps as one document may.
    """
    shared = work or Work()
    before, shared.left = shared.left, shared.left - MAX_WORK
    question = json.dumps({"document": document, "digest": digest, "left": before}).encode()
    try:
        with _places, _workers.taken(_start) as worker:
            (frame,) = worker.ask(question, seconds=MAX_SECONDS)
    except TimeoutError:
        raise TooMuchWorkError(f"it was not canonicalised within {MAX_SECONDS:g} s") from None
    except EOFError:
        raise TooMuchWorkError("the process that canonicalises has ended") from None
    except OSError as error:
        raise TooMuchWorkError(f"no process could be started for it ({error.strerror})") from None
    answer: dict[str, str | int] = json.loads(frame)
    shared.left = int(answer["left"])
    if "error" in answer:
        raise _ERRORS.get(str(answer["error"]), TooMuchWorkError)(answer["message"])
    return str(answer["nquads"])


def _start() -> Worker:
    return Worker("ontology.credentials.canonical_worker", start_seconds=START_SECONDS)
