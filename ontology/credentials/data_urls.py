"""Pictures as text: a baked PNG or SVG in a `data:` URL, so that it goes wherever a credential's text goes, whole.

What comes out is what went in, byte for byte. Source: RFC 2397; RFC 4648, section 4.
"""

import re
from base64 import b64decode, b64encode
from typing import Final

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_URL: Final = re.compile(rb"data:image/(?:png|svg\+xml);base64,")


def is_picture(text: bytes) -> bool:
    """Whether a text is a picture in a `data:` URL."""
    return _URL.match(text) is not None


def picture_of(text: bytes) -> bytes:
    """The picture in a `data:` URL. Raises ValueError where it is not base64."""
    found = _URL.match(text)
    if found is None:
        raise ValueError("it is no data URL of a PNG or SVG")
    return b64decode(text[found.end() :], validate=True)


def data_url(picture: bytes) -> str:
    """A PNG, or else an SVG, as text."""
    kind = "png" if picture.startswith(PNG_SIGNATURE) else "svg+xml"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"


def as_text(content: bytes) -> str:
    """A file with a credential as text: as it is where it is UTF-8, else a picture's `data:` URL."""
    if not content.startswith(PNG_SIGNATURE):
        try:
            return content.decode()
        except UnicodeDecodeError:
            pass
    return data_url(content)


def as_file(text: str) -> bytes:
    """The file that a text is: the reverse of `as_text`."""
    content = text.encode("utf-8", "surrogatepass")
    return picture_of(content) if is_picture(content) else content


def size_of(text: str) -> int:
    """Bytes of the file that a text is. Decodes nothing."""
    content = text.encode("utf-8", "surrogatepass")
    found = _URL.match(content)
    if found is None:
        return len(content)
    return (len(content) - found.end()) * 3 // 4 - content[-2:].count(b"=")
