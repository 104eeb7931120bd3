"""Baking: the credential is in the image, the picture is as it was, and what is no image is refused."""

import io
import json
import random
import re
import struct
import zlib
from xml.etree import ElementTree as ET

import png
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.credentials.baking import MAX_IMAGE_BYTES, PNG_KEYWORD, SVG_NAMESPACE, bake
from ontology.errors import InputError

CREDENTIAL = {"id": "urn:uuid:1", "name": "Ä badge ]]> & <b> \x07", "list": ["é", 1.5, None]}
TOKEN = "eyJhbGciOiJFZERTQSJ9.eyJpZCI6InVybjp1dWlkOjEifQ.c2lnbmF0dXJl"
PLAIN_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title a=">">x</title><path d="M0 0"/></svg>'


def make_png(width: int = 5, height: int = 4, extra: tuple[tuple[bytes, bytes], ...] = ()) -> bytes:
    """A random picture with 16 bits a channel."""
    rows = [[random.Random(row).randrange(65536) for _ in range(width * 4)] for row in range(height)]
    made = io.BytesIO()
    png.Writer(width, height, greyscale=False, alpha=True, bitdepth=16).write(made, rows)
    chunks = [*png.Reader(bytes=made.getvalue()).chunks()]
    chunks[1:1] = extra
    out = io.BytesIO()
    png.write_chunks(out, chunks)
    return out.getvalue()


def baked_text(image: bytes) -> str:
    """What the one chunk of Open Badges 3 holds, taken apart by hand as PNG's specification has it (11.3.3.4)."""
    found, at = [], 8
    while at < len(image):
        (length,) = struct.unpack(">I", image[at : at + 4])
        kind, content = image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        assert struct.unpack(">I", image[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        if kind == b"iTXt" and content.startswith(PNG_KEYWORD.encode() + b"\0"):
            found.append(content)
        at += 12 + length
    (only,) = found
    keyword, rest = only.split(b"\0", 1)
    assert keyword == b"openbadgecredential"
    assert rest[:2] == b"\0\0", "no compression"
    language, translated, text = rest[2:].split(b"\0", 2)
    assert (language, translated) == (b"", b"")
    return text.decode("utf-8")


def pixels(image: bytes) -> list[list[int]]:
    return [list(row) for row in png.Reader(bytes=image).read()[2]]


@pytest.mark.parametrize("credential", [CREDENTIAL, TOKEN], ids=["json", "jwt"])
def test_a_png_carries_the_credential_and_shows_the_same_pixels(credential: dict[str, object] | str) -> None:
    """One uncompressed iTXt chunk is added; every other chunk has the bytes that it had."""
    plain = make_png(extra=((b"tEXt", b"Title\0A badge"), (b"gAMA", struct.pack(">I", 45455))))
    baked = bake(plain, credential)  # type: ignore[arg-type]  # the test's own JSON
    assert baked_text(baked) == (
        credential if isinstance(credential, str) else json.dumps(credential, ensure_ascii=False)
    )
    assert pixels(baked) == pixels(plain)
    others = [chunk for chunk in png.Reader(bytes=baked).chunks() if b"openbadgecredential" not in chunk[1]]
    assert others == [*png.Reader(bytes=plain).chunks()]
    with pytest.raises(InputError, match="already"):
        bake(baked, TOKEN)


@pytest.mark.parametrize("older", [(b"iTXt", b"openbadges\0\0\0\0\0{}"), (b"tEXt", b"openbadges\0https://a.example")])
def test_an_image_that_is_a_badge_is_refused_unless_it_is_replaced(older: tuple[bytes, bytes]) -> None:
    """Open Badges 3.0: at most one; what was there, of version 2 too, is gone when it is replaced."""
    for image in (bake(make_png(), TOKEN), make_png(extra=(older,))):
        with pytest.raises(InputError) as caught:
            bake(image, CREDENTIAL)  # type: ignore[arg-type]
        assert caught.value.code == "baking.already"
        again = bake(image, CREDENTIAL, replace=True)  # type: ignore[arg-type]
        assert json.loads(baked_text(again)) == CREDENTIAL
        assert b"openbadges\0" not in again


@given(cut=st.integers(0, 400), flip=st.integers(0, 400))
def test_a_png_that_is_not_whole_is_refused(cut: int, flip: int) -> None:
    """Cut anywhere or with a byte changed anywhere it is refused, or baked with all that it has."""
    whole = make_png()
    broken = [whole[: cut % len(whole)]]
    if flip % len(whole) >= 8:
        changed = bytearray(whole)
        changed[flip % len(whole)] ^= 0x41
        broken.append(bytes(changed))
    for image in broken:
        with pytest.raises(InputError) as caught:
            bake(image, TOKEN)
        assert caught.value.code == "baking.image"


@pytest.mark.parametrize(
    "image",
    [
        PLAIN_SVG,
        b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?>\n<!-- > --><s:svg xmlns:s="http://www.w3.org/2000/svg"  id=\'a>"b\'\n/>\n',
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
        + PLAIN_SVG,
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org"><g/></svg>',
    ],
    ids=["plain", "empty", "doctype", "older"],
)
@pytest.mark.parametrize("credential", [CREDENTIAL, TOKEN], ids=["json", "jwt"])
def test_an_svg_carries_the_credential_and_draws_the_same(image: bytes, credential: dict[str, object] | str) -> None:
    """The element is the root's first; without it the document is as it was, save a document type declaration."""
    baked = bake(image, credential)  # type: ignore[arg-type]
    root = ET.fromstring(baked)
    first = root[0]
    assert first.tag == f"{{{SVG_NAMESPACE}}}credential"
    if isinstance(credential, str):
        assert first.get("verify") == credential
        assert not first.text
    else:
        assert first.get("verify") is None
        assert json.loads(first.text or "") == credential
    root.remove(first)
    plain = re.sub(rb"<!DOCTYPE[^>]*>", b"", image)
    assert ET.canonicalize(ET.tostring(root)) == ET.canonicalize(ET.tostring(ET.fromstring(plain)))
    assert b"<!DOCTYPE" not in baked
    with pytest.raises(InputError, match="already"):
        bake(baked, TOKEN)
    other = ET.fromstring(bake(baked, "a.b.c", replace=True))
    assert [each.get("verify") for each in other.iter(f"{{{SVG_NAMESPACE}}}credential")] == ["a.b.c"]


def test_an_svg_of_an_older_badge_is_replaced_as_a_whole() -> None:
    """Its assertion goes, wherever it is."""
    older = PLAIN_SVG.replace(
        b"<path", b'<g><o:assertion xmlns:o="http://openbadges.org" verify="x"><![CDATA[{}]]></o:assertion></g><path'
    )
    with pytest.raises(InputError, match="already"):
        bake(older, TOKEN)
    assert b"assertion" not in bake(older, TOKEN, replace=True)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8\xff\xe0JFIF",
        b"<html/>",
        b"<svg/>",
        b'<svg xmlns="http://www.w3.org/2000/svg">',
        PLAIN_SVG.decode().encode("utf-16"),
        b'<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + PLAIN_SVG,
        b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + PLAIN_SVG,
        b" " * (MAX_IMAGE_BYTES + 1),
    ],
    ids=["empty", "gif", "jpeg", "html", "no-namespace", "open", "utf-16", "entities", "external", "large"],
)
def test_what_is_no_image_to_bake_into_is_refused(image: bytes) -> None:
    """Other formats, other encodings, entities, more than 16 MiB."""
    with pytest.raises(InputError) as caught:
        bake(image, TOKEN)
    assert caught.value.code == "baking.image"
    assert caught.value.hint
