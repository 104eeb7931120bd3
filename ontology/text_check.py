"""Whether a stream of bytes is text that a parser may see: UTF-8, no NUL, no XML document type declaration.

Reads a chunk at a time and keeps no more than the end of one. Called by `documents`.
"""

import codecs
import re
from pathlib import PurePosixPath
from typing import Final

from .model import Finding, FindingLevel, Source

HEAD_BYTES: Final = 1 << 16
"""How much of the beginning tells what a document is."""

_PLAIN_SUFFIXES = frozenset({".csv", ".json", ".jsonl", ".jsonld", ".nq", ".nt", ".trig", ".ttl"})
_XML_START = re.compile(rb"\s*<(\?xml\b|!--|!DOCTYPE\b|[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?[\s/>])", re.IGNORECASE)
_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)\b", re.IGNORECASE)
_DTD_OVERLAP = 16
"""The end of a chunk that is looked at again with the next one: longer than what `_DTD` matches."""


class TextCheck:
    """The check of one stream: `feed` its chunks, then `finish`; the first fault that either gives ends it."""

    def __init__(self, name: str, *, level: FindingLevel):
        self._name = name
        self._level = level
        self._pending = b""
        self._line = 1
        self._head = b""
        self._is_xml = False

    def feed(self, chunk: bytes) -> Finding | None:
        """The fault that the next bytes show."""
        if not self._head:
            self._head = chunk[:HEAD_BYTES]
            start = self._head.removeprefix(codecs.BOM_UTF8)
            suffix = PurePosixPath(self._name).suffix.lower()
            self._is_xml = suffix not in _PLAIN_SUFFIXES and bool(_XML_START.match(start))
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return self._encoding(0, "UTF-16")
        data = self._pending + chunk
        if b"\x00" in data:
            return self._nul(data)
        if self._is_xml and _DTD.search(data):
            return self._fault(
                "document.dtd",
                "has an XML document type declaration, which is refused: it can pull in files and swell without end.",
                "Remove <!DOCTYPE …> and write entities out.",
            )
        whole = self._whole(data)
        if isinstance(whole, Finding):
            return whole
        keep = max(whole - _DTD_OVERLAP, 0) if self._is_xml else whole
        while keep > 0 and keep < len(data) and data[keep] & 0xC0 == 0x80:
            keep -= 1
        self._line += data.count(b"\n", 0, keep)
        self._pending = data[keep:]
        return None

    def finish(self, size: int) -> Finding | None:
        """The fault that the end shows; `size` is the number of all bytes."""
        if size == 0 or (size <= len(codecs.BOM_UTF8) and self._head == codecs.BOM_UTF8):
            return self._fault("document.empty", "is empty.", "Put its content in, or leave the file out.")
        whole = self._whole(self._pending)
        if isinstance(whole, Finding):
            return whole
        if whole < len(self._pending):
            return self._encoding(whole, "UTF-8 that was cut off in the middle of a character")
        return None

    def _whole(self, data: bytes) -> int | Finding:
        """How many bytes are whole characters; a character may be cut by the end of a chunk."""
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and error.end == len(data):
                return error.start
            self._line += data.count(b"\n", 0, error.start)
            return self._encoding(error.start, "Windows-1252")
        return len(data)

    def _nul(self, data: bytes) -> Finding:
        sample = self._head[:512]
        zeros = sample.count(0)
        if zeros * 3 > len(sample) and b"\x00\x00\x00" not in sample:
            return self._encoding(0, "UTF-16")
        self._line += data.count(b"\n", 0, data.index(b"\x00"))
        return self._fault(
            "document.nul-byte",
            "has a NUL byte: it is not text, or it was damaged.",
            "Export it again as UTF-8 text.",
        )

    def _encoding(self, at: int, guess: str) -> Finding:
        encoding = {"UTF-16": "UTF-16", "Windows-1252": "WINDOWS-1252"}.get(guess)
        convert = f": iconv -f {encoding} -t UTF-8 {PurePosixPath(self._name).name}" if encoding else ""
        return self._fault(
            "document.not-utf-8",
            f"is not UTF-8; it looks like {guess}.",
            f"Save it as UTF-8{convert}.",
        )

    def _fault(self, code: str, what: str, fix: str) -> Finding:
        return Finding(
            level=self._level,
            code=code,
            message=f"{self._name} {what}",
            source=Source(file=self._name, line=self._line),
            fix=fix,
        )
