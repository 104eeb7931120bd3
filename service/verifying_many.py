"""Many credentials, verified in processes that can be killed and told in the order in which they were named.

Reads files, folders, archives and lines of the operator. The processes are asked one document at a time, so that one
that hangs costs its own verdict alone; what is read and waits is bounded. Called by the command.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ontology.credentials.reading import MAX_IMAGE_BYTES
from ontology.credentials.verdicts import Verification
from ontology.credentials.verifying_process import VerifyingProcesses
from ontology.credentials.verifying_worker import Request, Terms
from ontology.errors import DocumentRefusedError
from ontology.learner_documents import read_lines
from ontology.learner_sources import READ_FAULTS, Content, Found, files_below, find_content, read_fault
from ontology.model import Finding

SECONDS: Final = 60.0
"""For one document, with all that it may fetch."""
WAITING_PER_WORKER: Final = 8
"""Documents that were read and have no verdict yet, or whose verdict waits for that of one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedDocument:
    """A document, and where it came from."""

    file: str
    line: int | None
    """Of a file with one a line, from 1."""
    data: bytes


Told = tuple[NamedDocument, Verification] | Finding
"""A document with its verdict, or why a file cannot be read."""


def find_documents(named: Iterable[Path]) -> Iterator[NamedDocument | Finding]:
    """The documents of files, of folders by name, of archives in their order; in its place what cannot be read."""
    for path in named:
        folder, files = (path, files_below(path)) if path.is_dir() else (path.parent, [path])
        for file in files:
            try:
                name = file.relative_to(folder).as_posix()
                for found in find_content(path, iter([(file, name)]), named=False):
                    yield from [found] if isinstance(found, Finding) else _documents_of(folder, found)
            except OSError as error:
                yield read_fault(str(file), error)


def _documents_of(folder: Path, found: Found) -> Iterator[NamedDocument | Finding]:
    name = str(folder / found.name)
    try:
        with found.opener() as stream:
            if found.content is Content.DOCUMENT_LINES:
                for line, data in read_lines(stream):
                    yield NamedDocument(file=name, line=line, data=data)
            else:
                yield NamedDocument(file=name, line=None, data=stream.read(MAX_IMAGE_BYTES + 1))
    except (DocumentRefusedError, *READ_FAULTS) as error:
        yield read_fault(name, error)


def verify_documents(
    documents: Iterable[NamedDocument | Finding], terms: Terms, request: Request, *, workers: int
) -> Iterator[Told]:
    """The documents with their verdicts, in their order, by so many processes; what is no document is passed on.

    The verdicts are those of one document alone, but that one which takes more than a minute or a gibibyte is
    `unverifiable`.

    Args:
        request: of each document, but for its name.
    """
    processes = VerifyingProcesses(terms, at_once=workers, seconds=SECONDS)
    threads = ThreadPoolExecutor(workers, thread_name_prefix="verify")
    waiting: deque[tuple[NamedDocument | Finding, Future[Verification] | None]] = deque()
    try:
        for each in documents:
            waiting.append((each, _asked(each, processes, threads, request)))
            while len(waiting) > workers * WAITING_PER_WORKER:
                yield _told(*waiting.popleft())
        while waiting:
            yield _told(*waiting.popleft())
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        processes.close()
        threads.shutdown()


def _asked(
    each: NamedDocument | Finding,
    processes: VerifyingProcesses,
    threads: ThreadPoolExecutor,
    request: Request,
) -> Future[Verification] | None:
    if not isinstance(each, NamedDocument):
        return None
    return threads.submit(processes.answer, replace(request, name=Path(each.file).name), each.data)


def _told(each: NamedDocument | Finding, asked: Future[Verification] | None) -> Told:
    if not isinstance(each, NamedDocument):
        return each
    assert asked is not None, "each document is asked about"
    return each, asked.result()
