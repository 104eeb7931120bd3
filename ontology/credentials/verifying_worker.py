"""The process that verifies documents, asked in frames: `python -m ontology.credentials.verifying_worker`.

A document cannot keep it longer than the process that asks waits for it, and cannot take more memory than is allowed.
It ends when nobody asks any more. Called by `verifying_process` alone.
"""

import json
import struct
import sys
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import IO, Final

from pydantic import TypeAdapter

from ontology.fetching import Fetcher, Purpose

from .circumstances import Circumstances
from .resolving import ChainedResolver, FetchingResolver, FileResolver
from .trust import TrustList
from .verdicts import Verification

MEMORY_BYTES: Final = 1 << 30
"""What verifying may take beyond what the process has at its start."""
READY: Final = b"ready"
_LENGTH: Final = struct.Struct(">Q")


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


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Nothing; the frame is written."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


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
    _give_up_means()
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


def _give_up_means() -> None:
    if sys.platform == "win32":
        return
    import resource

    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
