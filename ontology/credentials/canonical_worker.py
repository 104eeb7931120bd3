"""The process that canonicalises one document after the other: a frame of JSON in, a frame of JSON out.

Started by `canonical_process`, which ends it when it takes too long. It ends by itself when nobody listens any more.
"""

import json
import resource
import sys
from typing import Final

from ontology.worker_frames import READY, read_frame, write_frame

from .rdf_canon import Work, canonical_nquads
from .safe_jsonld import TooMuchWorkError, UnknownContextError, UnsafeDocumentError, to_quads
from .strict_json import Object

MAX_BYTES: Final = 1 << 30
"""Of memory; a document within the limits of statements takes a tenth."""


def answer(document: Object, digest: str, left: int) -> dict[str, str | int]:
    """`nquads`, or `error` and `message`; `left` of the steps that were."""
    work = Work(left)
    try:
        return {"nquads": canonical_nquads(to_quads(document), digest=digest, work=work), "left": work.left}
    except (UnknownContextError, UnsafeDocumentError, TooMuchWorkError) as error:
        return {"error": type(error).__name__, "message": str(error), "left": work.left}
    except MemoryError:
        message = "it takes more memory than is allowed"
        return {"error": TooMuchWorkError.__name__, "message": message, "left": work.left}


def main() -> None:
    """Nothing; answers until its standard input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    write_frame(sys.stdout.buffer, READY)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        question = json.loads(frame)
        told = answer(question["document"], question["digest"], question["left"])
        write_frame(sys.stdout.buffer, json.dumps(told).encode())


if __name__ == "__main__":
    main()
