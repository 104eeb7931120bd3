"""The process that verifies documents, asked in frames: `python -m ontology.credentials.verifying_worker`.

A document cannot keep it longer than the process that asks waits for it, and cannot take more memory than is allowed.
It ends when nobody asks any more. Called by `verifying_process` alone.
"""

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter

from ontology.fetching import Fetcher, Purpose
from ontology.worker_frames import limit_memory, read_frame, write_frame

from .circumstances import Circumstances
from .resolving import ChainedResolver, FetchingResolver, FileResolver
from .trust import TrustList
from .verdicts import Verification

MEMORY_BYTES: Final = 1 << 30
"""What verifying may take beyond what the process has at its start."""
READY: Final = b"ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a process verifies: what it may fetch, from whom, and who is trusted."""

    fetch: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    trusted: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One document, as of an instant."""

    document: str
    now: datetime
    terms: Terms
    given: dict[str, str] = field(default_factory=dict)
    """Documents by address that need no fetch."""
    recipients: tuple[str, ...] = ()
    """Identities of the person that it should be about."""


@lru_cache(maxsize=1)
def requests() -> "TypeAdapter[Request]":
    """Between a request and its bytes."""
    return TypeAdapter(Request)


@lru_cache(maxsize=1)
def verdicts() -> "TypeAdapter[Verification]":
    """Between a verdict and its bytes."""
    return TypeAdapter(Verification)


def main() -> int:
    """0 when nobody asks any more."""
    from .verification import verify

    verdicts()
    limit_memory(MEMORY_BYTES)
    write_frame(sys.stdout.buffer, READY)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        request = requests().validate_json(frame)
        try:
            found = verify(request.document.encode(), _circumstances(request))
            answer = verdicts().dump_json(found)
        except (MemoryError, RecursionError) as error:
            answer = json.dumps({"cannot": type(error).__name__}).encode()
        write_frame(sys.stdout.buffer, answer)
    return 0


def _circumstances(request: Request) -> Circumstances:
    allowed = frozenset(purpose for purpose in Purpose if purpose.word in request.terms.fetch)
    fetcher = Fetcher(allowed=allowed, hosts=frozenset(request.terms.hosts))
    trusted = {issuer: frozenset(keys) for issuer, keys in request.terms.trusted.items()}
    given = FileResolver({address: text.encode() for address, text in request.given.items()})
    resolver = ChainedResolver((given, FetchingResolver(fetcher)))
    return Circumstances(now=request.now, resolver=resolver, trust=TrustList(trusted), recipients=request.recipients)


if __name__ == "__main__":
    sys.exit(main())
