"""The process that verifies documents, asked in frames: `python -m ontology.credentials.verifying_worker`.

A document cannot keep it longer than the process that asks waits for it, and cannot take more memory than is allowed.
It ends when nobody asks any more. Called by `verifying_process` alone.
"""

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from ontology.fetching import Fetcher, Purpose
from ontology.worker_frames import READY, limit_memory, read_frame, write_frame

from .circumstances import Circumstances
from .resolving import ChainedResolver, FetchingResolver, FileResolver
from .trust import TrustList
from .verdicts import Verification

MEMORY_BYTES: Final = 1 << 30
"""What verifying may take beyond what the process has at its start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Documents by address that need no fetch: as texts, and in files."""

    texts: dict[str, str] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def of(cls, resolver: FileResolver) -> "Given":
        """What a map of documents gives."""
        found = resolver.documents
        return cls(
            texts={address: each.decode() for address, each in found.items() if isinstance(each, bytes)},
            files={address: each.absolute() for address, each in found.items() if isinstance(each, Path)},
        )

    def resolver(self) -> FileResolver:
        """The same as a resolver."""
        return FileResolver({**{address: text.encode() for address, text in self.texts.items()}, **self.files})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a process verifies all that it is asked: what it may fetch, from whom, and who is trusted."""

    fetch: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    trusted: dict[str, list[str]] = field(default_factory=dict)
    given: tuple[Given, ...] = ()
    """Asked in turn, before what comes with a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of one document, as of an instant. The document itself is the frame behind it."""

    now: datetime
    name: str = "document"
    given: dict[str, str] = field(default_factory=dict)
    """Documents by address that need no fetch."""
    recipients: tuple[str, ...] = ()
    """Identities of the person that it should be about."""
    challenge: str | None = None
    """What the proof of a presentation must repeat."""
    domain: str | None = None


@lru_cache(maxsize=1)
def all_terms() -> "TypeAdapter[Terms]":
    """Between terms and their bytes."""
    return TypeAdapter(Terms)


@lru_cache(maxsize=1)
def requests() -> "TypeAdapter[Request]":
    """Between a request and its bytes."""
    return TypeAdapter(Request)


@lru_cache(maxsize=1)
def verdicts() -> "TypeAdapter[Verification]":
    """Between a verdict and its bytes."""
    return TypeAdapter(Verification)


def main() -> int:
    """0 when nobody asks any more. The first frame is the terms, then come a request and its document in turns."""
    from .verification import verify

    verdicts(), requests()
    first = read_frame(sys.stdin.buffer)
    if first is None:
        return 0
    terms = _Terms.read(first)
    limit_memory(MEMORY_BYTES)
    write_frame(sys.stdout.buffer, READY)
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        request, document = requests().validate_json(frame), read_frame(sys.stdin.buffer)
        if document is None:
            break
        try:
            found = verify(document, terms.circumstances(request), request.name)
            answer = verdicts().dump_json(found)
        except (MemoryError, RecursionError) as error:
            answer = json.dumps({"cannot": type(error).__name__}).encode()
        write_frame(sys.stdout.buffer, answer)
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """The terms as a verification takes them."""

    fetcher: Fetcher
    trust: TrustList
    given: tuple[FileResolver, ...]

    @classmethod
    def read(cls, frame: bytes) -> "_Terms":
        terms = all_terms().validate_json(frame)
        allowed = frozenset(purpose for purpose in Purpose if purpose.word in terms.fetch)
        return cls(
            fetcher=Fetcher(allowed=allowed, hosts=frozenset(terms.hosts)),
            trust=TrustList({issuer: frozenset(keys) for issuer, keys in terms.trusted.items()}),
            given=tuple(each.resolver() for each in terms.given),
        )

    def circumstances(self, request: Request) -> Circumstances:
        own = FileResolver({address: text.encode() for address, text in request.given.items()})
        return Circumstances(
            now=request.now,
            resolver=ChainedResolver((*self.given, own, FetchingResolver(self.fetcher))),
            trust=self.trust,
            recipients=request.recipients,
            challenge=request.challenge,
            domain=request.domain,
        )


if __name__ == "__main__":
    sys.exit(main())
