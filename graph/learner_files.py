"""The sealed files of stored learners: record, documents, and what was found of the documents when they were verified.

Knows how they lie in a folder and no right to read them. Called by `learners`, under its lock.
"""

from pathlib import Path
from typing import Final

from ontology.errors import DamagedError

from .archive import write_durably, writing
from .evidence import EvidenceBook, read_book
from .learner_keys import Seal
from .learner_records import Learner, read_learner

FOLDER: Final = "learners"
_RECORD: Final = "record"
_EVIDENCE: Final = "evidence"


class LearnerFiles:
    """The files of the learners of a data folder."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def record_path(self, learner: str) -> Path:
        """Where a record lies."""
        return self._folder / learner / f"{_RECORD}.sealed"

    def signature(self, learner: str) -> tuple[int, ...] | None:
        """What another record or other evidence changes; None where there is none."""
        try:
            record = self.record_path(learner).stat()
        except FileNotFoundError:
            return None
        found = (record.st_ino, record.st_mtime_ns, record.st_size)
        try:
            evidence = self._evidence_path(learner).stat()
        except FileNotFoundError:
            return found
        return (*found, evidence.st_ino, evidence.st_mtime_ns, evidence.st_size)

    def record(self, learner: str, seal: Seal) -> Learner:
        """The record. Raises DamagedError."""
        path = self.record_path(learner)
        try:
            return read_learner(seal.open(path.read_bytes(), _RECORD))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedError(f"{path} cannot be read.", code="learners.damaged") from error

    def document(self, learner: str, document: str, seal: Seal) -> str:
        """The text of a document. Raises DamagedError."""
        path = self._document_path(learner, document)
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise DamagedError(f"{path} cannot be read.", code="learners.damaged") from error
        return seal.open(sealed, f"document {document}").decode("utf-8", "surrogatepass")

    def evidence(self, learner: str, seal: Seal) -> EvidenceBook | None:
        """What was found of the documents, None where nothing is kept. Raises DamagedError."""
        path = self._evidence_path(learner)
        try:
            return read_book(seal.open(path.read_bytes(), _EVIDENCE))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DamagedError(f"{path} cannot be read.", code="learners.damaged") from error

    def write(self, learner: Learner, seal: Seal) -> None:
        """Nothing; the record is on the disk, and of documents that it does not name nothing is left."""
        with writing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / learner.id).mkdir(exist_ok=True, mode=0o700)
        write_durably(self.record_path(learner.id), seal.close(learner.to_json(), _RECORD), mode=0o600)
        named = {each.id for each in learner.documents}
        with writing(self._folder):
            for path in (self._folder / learner.id / "documents").glob("*"):
                if path.stem not in named:
                    path.unlink(missing_ok=True)
        book = self.evidence(learner.id, seal)
        if book is not None and not book.documents.keys() <= named:
            self.write_evidence(learner.id, book.only(named), seal)

    def write_document(self, learner: str, document: str, content: bytes, seal: Seal) -> None:
        """Nothing; the document is on the disk."""
        with writing(self._folder):
            (self._folder / learner / "documents").mkdir(exist_ok=True, mode=0o700)
        sealed = seal.close(content, f"document {document}")
        write_durably(self._document_path(learner, document), sealed, mode=0o600)

    def write_evidence(self, learner: str, book: EvidenceBook, seal: Seal) -> None:
        """Nothing; the evidence is on the disk."""
        write_durably(self._evidence_path(learner), seal.close(book.to_json(), _EVIDENCE), mode=0o600)

    def _document_path(self, learner: str, document: str) -> Path:
        return self._folder / learner / "documents" / f"{document}.sealed"

    def _evidence_path(self, learner: str) -> Path:
        return self._folder / learner / f"{_EVIDENCE}.sealed"
