"""Credentials of many learners, gathered into one file that can be cut anywhere between two learners.

A learner is one document, or all documents that say the same subject. Bytes are kept as they were; nothing is verified.
Called by `learner_files`, read by graph.batch_documents.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import orjson

from .credentials.reading import MAX_CREDENTIAL_BYTES, MAX_IMAGE_BYTES
from .credentials.subjects import said_subject
from .learner_sources import Content, Found
from .worker_frames import read_frame, write_frame

DOCUMENTS_OF_A_PART: Final = 500
"""At most, however many rows a part may have: a row is scored in microseconds, a document verified in milliseconds."""
_READ_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnerDocument:
    """A document as it came, and where it came from."""

    file: str
    line: int
    """From 1; of a file that is one document 1."""
    learner: str | None
    """The subject by which it was gathered."""
    data: bytes


@dataclass(slots=True)
class _Place:
    """Where a learner's documents lie."""

    spans: list[tuple[int, int]]


class DocumentSpool:
    """Takes documents one by one, and gives a file of them, learner by learner."""

    def __init__(self, folder: Path, *, by_subject: bool) -> None:
        """Makes files in a folder of the caller's, which also removes them."""
        self._path = folder / "documents"
        self._by_subject = by_subject
        self._stream: IO[bytes] | None = None
        self._places: dict[str | int, _Place] = {}
        self.count = 0

    def take(self, found: Found) -> None:
        """Takes what a file holds: a document, or one a line."""
        with found.opener() as stream:
            if found.content is Content.DOCUMENT:
                self._add(found.name, 1, stream.read(MAX_IMAGE_BYTES + 1))
                return
            for line, data in read_lines(stream):
                self._add(found.name, line, data)

    def _add(self, file: str, line: int, data: bytes) -> None:
        if self._stream is None:
            self._stream = self._path.with_suffix(".taken").open("w+b")
        subject = said_subject(data, file) if self._by_subject else None
        start = self._stream.tell()
        write_frame(self._stream, orjson.dumps({"file": file, "line": line, "learner": subject}))
        write_frame(self._stream, data)
        place = self._places.setdefault(self.count if subject is None else subject, _Place([]))
        place.spans.append((start, self._stream.tell()))
        self.count += 1

    def finish(self, most: int) -> "Spooled":
        """The file; the parts have at most so many documents, unless one learner has more."""
        digest, parts, at = hashlib.sha256(), [], 0
        with self._path.open("wb") as target:
            start, count = 0, 0
            for place in self._places.values():
                if count and count + len(place.spans) > most:
                    parts.append((start, at))
                    start, count = at, 0
                for span in place.spans:
                    for chunk in self._chunks(span):
                        digest.update(chunk)
                        target.write(chunk)
                    at += span[1] - span[0]
                count += len(place.spans)
            if count:
                parts.append((start, at))
        self.close()
        return Spooled(path=self._path, size=at, checksum=digest.hexdigest(), parts=parts)

    def close(self) -> None:
        """Nothing; what was taken is gone."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
            self._path.with_suffix(".taken").unlink()

    def _chunks(self, span: tuple[int, int]) -> Iterator[bytes]:
        assert self._stream is not None, "there are places, so something was taken"
        start, end = span
        self._stream.seek(start)
        while start < end:
            chunk = self._stream.read(min(_READ_BYTES, end - start))
            start += len(chunk)
            yield chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """A file of documents, and where its parts begin and end."""

    path: Path
    size: int
    checksum: str
    parts: list[tuple[int, int]]


def read_lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number, line) of those that are not blank; of one that is too long as much as shows it."""
    number = 0
    while line := stream.readline(MAX_CREDENTIAL_BYTES + 2):
        number += 1
        rest = line
        while len(rest) == MAX_CREDENTIAL_BYTES + 2 and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_CREDENTIAL_BYTES + 2)
        if line.strip():
            yield number, line.rstrip(b"\r\n")


def read_documents(path: Path, start: int, end: int) -> Iterator[list[LearnerDocument]]:
    """The documents of a part, those of a learner together."""
    own: list[LearnerDocument] = []
    with path.open("rb") as stream:
        stream.seek(start)
        while stream.tell() < end:
            head, data = read_frame(stream), read_frame(stream)
            assert head is not None and data is not None, "the part is of whole documents"  # noqa: PT018 - together
            document = LearnerDocument(**orjson.loads(head), data=data)
            if own and (document.learner is None or document.learner != own[0].learner):
                yield own
                own = []
            own.append(document)
    if own:
        yield own
