"""Bakes credentials into badge images, so that one file shows the badge and proves it.

Knows PNG chunks and the first tag of an SVG; decodes no pixels and changes none. What is baked is what was signed,
as text. Called by the command and the service; reading what was baked is the verifier's.
Source: Open Badges 3.0 (1EdTech), section 5.3, "Baking".
"""

import io
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

import png

from ontology.errors import InputError
from ontology.json_documents import Json

from .data_urls import PNG_SIGNATURE

MAX_IMAGE_BYTES: Final = 16 << 20
"""Of an image to bake into: badges have some 100 KiB."""
PNG_KEYWORD: Final = "openbadgecredential"
SVG_NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"

_OLDER_KEYWORD: Final = "openbadges"
"""Of Open Badges 1 and 2: an image is one badge, so it counts as baked too."""
_OLDER_NAMESPACES: Final = ("http://openbadges.org", "https://openbadges.org", "https://purl.imsglobal.org/ob/v2p0")
_SVG: Final = "http://www.w3.org/2000/svg"
_TEXT_CHUNKS: Final = (b"iTXt", b"tEXt", b"zTXt")
_TAG_END: Final = re.compile(rb"""(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_HINT: Final = "Give a PNG or SVG image of at most 16 MiB."


def bake(image: bytes, credential: dict[str, Json] | str, *, replace: bool = False) -> bytes:
    """The image with the credential in it; its pixels and all its other chunks or elements are as they were.

    Args:
        image: a PNG or an SVG. A document type declaration of an SVG, which readers refuse, is left out.
        credential: a signed document, or a compact JWS.
        replace: take the place of a credential that the image has; else such an image is refused.

    Raises InputError (`baking.image`, `baking.already`).
    """
    if len(image) > MAX_IMAGE_BYTES:
        raise _refused(f"The image has {len(image)} bytes, at most {MAX_IMAGE_BYTES} are baked.")
    if image.startswith(PNG_SIGNATURE):
        return _bake_png(image, credential, replace=replace)
    return _bake_svg(image, credential, replace=replace)


def _refused(message: str, hint: str = _HINT) -> InputError:
    return InputError(message, code="baking.image", hint=hint)


def _already() -> InputError:
    return InputError(
        "The image has a badge in it already.",
        code="baking.already",
        hint="Give an image without one, or replace it (`--replace`).",
    )


# ---------------------------------------------------------------------------------------------------------- PNG


def _bake_png(image: bytes, credential: dict[str, Json] | str, *, replace: bool) -> bytes:
    chunks = _chunks(image)
    kept = [chunk for chunk in chunks if not _is_badge(*chunk)]
    if len(kept) < len(chunks) and not replace:
        raise _already()
    text = credential if isinstance(credential, str) else json.dumps(credential, ensure_ascii=False)
    # keyword, end, no compression, its method, no language, no translated keyword, text
    kept.insert(1, (b"iTXt", PNG_KEYWORD.encode() + b"\0\0\0\0\0" + text.encode()))
    baked = io.BytesIO()
    png.write_chunks(baked, kept)
    return baked.getvalue()


def _chunks(image: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and content of each chunk, their checksums held to their content."""
    try:
        found = [(bytes(kind), bytes(content)) for kind, content in png.Reader(bytes=image).chunks()]
    except (png.Error, EOFError, zlib.error) as error:
        raise _refused(f"The image is not a whole PNG: {error}.") from error
    if not found or found[0][0] != b"IHDR" or found[-1][0] != b"IEND":
        raise _refused("The image is not a whole PNG: it does not begin with IHDR and end with IEND.")
    return found


def _is_badge(kind: bytes, content: bytes) -> bool:
    keyword = content.split(b"\0", 1)[0]
    return kind in _TEXT_CHUNKS and keyword in (PNG_KEYWORD.encode(), _OLDER_KEYWORD.encode())


# ---------------------------------------------------------------------------------------------------------- SVG


def _bake_svg(image: bytes, credential: dict[str, Json] | str, *, replace: bool) -> bytes:
    outline = _Outline.of(image)
    if outline.badges and not replace:
        raise _already()
    declared = f' xmlns:openbadges="{SVG_NAMESPACE}"'
    if isinstance(credential, str):
        element = f'<openbadges:credential{declared} verify="{credential}"/>'
    else:
        # The only `]]>` that JSON can hold is inside a string, where it may be written otherwise.
        text = json.dumps(credential).replace("]]>", "]]\\u003e")
        element = f"<openbadges:credential{declared}><![CDATA[{text}]]></openbadges:credential>"
    at = outline.root_end
    head = image[:at]
    if outline.empty_root:
        tag = head[outline.root_start :].rstrip(b">").rstrip().removesuffix(b"/")
        parts: list[tuple[int, int, bytes]] = [
            (outline.root_start, at, tag + b">" + element.encode() + b"</" + outline.root_name + b">")
        ]
    else:
        parts = [(at, at, element.encode())]
    parts += [(start, end, b"") for start, end in outline.badges]
    parts += [(start, end, b"") for start, end in outline.doctype]
    return _spliced(image, parts)


def _spliced(text: bytes, parts: Iterable[tuple[int, int, bytes]]) -> bytes:
    pieces, at = [], 0
    for start, end, content in sorted(parts):
        pieces += [text[at:start], content]
        at = end
    return b"".join([*pieces, text[at:]])


@dataclass(slots=True)
class _Outline:
    """Where in an SVG what baking changes begins and ends, in bytes."""

    image: bytes
    root_start: int = -1
    root_end: int = -1
    root_name: bytes = b""
    empty_root: bool = False
    badges: list[tuple[int, int]] = field(default_factory=list)
    """Elements of Open Badges directly below the root, or anywhere else."""
    doctype: list[tuple[int, int]] = field(default_factory=list)
    _parser: expat.XMLParserType = field(init=False)
    _depth: int = 0
    _inside: tuple[int, int] | None = None
    """Depth and beginning of the badge that is being read."""

    @classmethod
    def of(cls, image: bytes) -> "_Outline":
        """The outline of an SVG. Raises InputError (`baking.image`) for anything else."""
        try:
            image.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _refused("The image is neither a PNG nor an SVG in UTF-8.") from error
        outline = cls(image)
        parser = outline._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = outline._start
        parser.EndElementHandler = outline._end
        parser.StartDoctypeDeclHandler = outline._begin_doctype
        parser.EndDoctypeDeclHandler = outline._end_doctype
        try:
            parser.Parse(image, True)
        except expat.ExpatError as error:
            raise _refused(f"The image is neither a PNG nor a well-formed SVG: {error}.") from error
        return outline

    def _begin_doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        del name, system, public
        if internal:
            raise _refused("The SVG declares entities or other parts of a document type.", "Save it as plain SVG.")

    def _end_doctype(self) -> None:
        end = self.image.index(b">", self._parser.CurrentByteIndex) + 1
        self.doctype.append((self.image.rindex(b"<!DOCTYPE", 0, end), end))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        del attributes
        at = self._parser.CurrentByteIndex
        if self._depth == 0:
            if name != f"{_SVG} svg":
                raise _refused(f"The image is an XML document of {name.rpartition(' ')[2]!r}, not an SVG.")
            self.root_start, self.root_end = at, self._tag_end(at)
            self.root_name = self.image[at + 1 : self.root_end].split()[0].rstrip(b"/>")
            self.empty_root = self.image.endswith(b"/>", at, self.root_end)
        elif self._inside is None and name.partition(" ")[0] in (SVG_NAMESPACE, *_OLDER_NAMESPACES):
            self._inside = self._depth, at
        self._depth += 1

    def _end(self, name: str) -> None:
        del name
        self._depth -= 1
        if self._inside is not None and self._inside[0] == self._depth:
            start = self._inside[1]
            opened = self._tag_end(start)
            empty = self.image.endswith(b"/>", start, opened)
            self.badges.append((start, opened if empty else self._tag_end(self._parser.CurrentByteIndex)))
            self._inside = None

    def _tag_end(self, start: int) -> int:
        """Where the tag that begins here ends: behind the first `>` outside of quotes."""
        found = _TAG_END.match(self.image, start)
        assert found is not None, "expat has read the tag"
        return found.end()
