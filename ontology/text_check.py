"""Whether a stream of bytes is text that a parser may see: UTF-8, no NUL, no document type declaration, within measure.

Reads a chunk at a time and keeps no more than the end of one. Called by `documents`.
"""

import codecs
import re
from pathlib import PurePosixPath
from typing import Final

from .model import Finding, FindingLevel, Source
from .text_structure import Excess, Syntax, TextStructure

HEAD_BYTES: Final = 1 << 16
"""How much of the beginning tells what a document is."""

MAX_TREE_BYTES: Final = 256 << 20
"""A JSON, XML or YAML document: it is in memory as a whole while it is read."""
_TREE_SUFFIXES: Final = frozenset({".json", ".jsonld", ".xml", ".rdf", ".owl", ".trix", ".yaml", ".yml"})

_ENCODING = re.compile(rb"""\A\s*<\?xml\s[^>]{0,200}?\bencoding\s*=\s*["']([^"']{0,40})["']""")
_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)\b", re.IGNORECASE)
_UTF_8 = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})
_DTD_OVERLAP = 16
"""The end of a chunk that is looked at again with the next one: longer than what `_DTD` matches."""
_WEB_PAGE = re.compile(rb"\A\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)


class TextCheck:
    """The check of one stream: `feed` its chunks, then `finish`; the first fault that either gives ends it.

    Args:
        size: how many bytes there will be, where that is known; 0 where it is not.
    """

    def __init__(self, name: str, *, level: FindingLevel, size: int = 0):
        self._name = name
        self._level = level
        self._pending = b""
        self._line = 1
        self._head = b""
        self._size = 0
        self._expected = size
        self._suffix = PurePosixPath(name).suffix.lower()
        self._declared: int | None = None
        """The line of the first document type declaration, whatever the document turns out to be."""
        self._structure = TextStructure(self._suffix)

    def feed(self, chunk: bytes) -> Finding | None:
        """The fault that the next bytes show."""
        self._size += len(chunk)
        if not self._head:
            self._head = chunk[:HEAD_BYTES]
            start = self._head.removeprefix(codecs.BOM_UTF8)
            if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return self._encoding("UTF-16")
        return self._text(chunk) or self._excess(self._structure.feed(chunk)) or self._xml() or self._too_large()

    def _text(self, chunk: bytes) -> Finding | None:
        """What is wrong with the bytes as text; a declaration of XML is noted in passing."""
        data = self._pending + chunk
        if b"\x00" in data:
            return self._nul(data)
        whole = self._whole(data)
        if isinstance(whole, Finding):
            return whole
        if self._declared is None and b"<!" in data:
            found = _DTD.search(data)
            self._declared = self._line + data.count(b"\n", 0, found.start()) if found else None
        keep = max(whole - _DTD_OVERLAP, 0)
        while keep > 0 and keep < len(data) and data[keep] & 0xC0 == 0x80:
            keep -= 1
        self._line += data.count(b"\n", 0, keep)
        self._pending = data[keep:]
        return None

    def finish(self, size: int) -> Finding | None:
        """The fault that the end shows; `size` is the number of all bytes."""
        if size == 0 or (size <= len(codecs.BOM_UTF8) and self._head == codecs.BOM_UTF8):
            return self._fault("document.empty", "is empty.", "Put its content in, or leave the file out.")
        fault = self._excess(self._structure.finish()) or self._xml() or self._too_large()
        if fault:
            return fault
        whole = self._whole(self._pending)
        if isinstance(whole, Finding):
            return whole
        if whole < len(self._pending):
            self._line += self._pending.count(b"\n", 0, whole)
            return self._encoding("UTF-8 that was cut off in the middle of a character")
        return None

    def _xml(self) -> Finding | None:
        """What XML must not have: a document type declaration, another encoding than the one it is in."""
        if self._structure.syntax is not Syntax.XML:
            return None
        start = self._head.removeprefix(codecs.BOM_UTF8)
        if self._declared is not None:
            self._line = self._declared
            if _WEB_PAGE.match(start):
                return self._fault("document.dtd", "is a web page, not data.", "Download the data file itself.")
            return self._fault(
                "document.dtd",
                "has an XML document type declaration, which is refused: it can pull in files and swell without end.",
                "Remove <!DOCTYPE …> and write entities out.",
            )
        encoding = _ENCODING.match(start)
        if encoding and encoding[1].strip().lower() not in _UTF_8:
            name = encoding[1].decode("utf-8", "replace")
            self._line = 1
            return self._fault(
                "document.not-utf-8",
                f"says that its encoding is {name!r}, and only UTF-8 is read.",
                "Save it as UTF-8 and let its first line say so.",
            )
        return None

    def _too_large(self) -> Finding | None:
        tree = self._suffix in _TREE_SUFFIXES or self._structure.syntax in (Syntax.JSON, Syntax.XML)
        if not tree or self._suffix == ".jsonl" or max(self._size, self._expected) <= MAX_TREE_BYTES:
            return None
        return self._fault(
            "document.too-large",
            f"has more than {MAX_TREE_BYTES:,} bytes, the most that a JSON, XML or YAML document may have.",
            "Split it into several files; one JSON value a line (.jsonl), N-Quads and CSV may be larger.",
        )

    def _excess(self, excess: Excess | None) -> Finding | None:
        if excess is None:
            return None
        self._line = excess.line
        return self._fault(excess.code, excess.what, excess.fix)

    def _whole(self, data: bytes) -> int | Finding:
        """How many bytes are whole characters; a character may be cut by the end of a chunk."""
        try:
            data.decode()
        except UnicodeDecodeError as error:
            if error.reason == "unexpected end of data" and error.end == len(data):
                return error.start
            self._line += data.count(b"\n", 0, error.start)
            return self._encoding("Windows-1252")
        return len(data)

    def _nul(self, data: bytes) -> Finding:
        sample = self._head[:512]
        zeros = sample.count(0)
        if zeros * 3 > len(sample) and b"\x00\x00\x00" not in sample:
            return self._encoding("UTF-16")
        self._line += data.count(b"\n", 0, data.index(b"\x00"))
        return self._fault(
            "document.nul-byte",
            "has a NUL byte: it is not text, or it was damaged.",
            "Export it again as UTF-8 text.",
        )

    def _encoding(self, guess: str) -> Finding:
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
