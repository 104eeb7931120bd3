"""Pictures that credentials are baked into, as callers over the network give and get them: `data:` URLs.

Knows no protocol. Called by GraphQL and REST.
"""

from dataclasses import dataclass

from graph.issuer import IssuedCredential
from ontology.credentials.baking import bake
from ontology.credentials.data_urls import data_url, is_picture, picture_of
from ontology.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A PNG or SVG into which a credential is to be baked."""

    image: bytes
    replace: bool = False
    """Whether a badge that it has in it already is replaced."""

    def baked(self, issued: IssuedCredential) -> str:
        """The picture with the credential in it, as a `data:` URL."""
        return data_url(bake(self.image, issued.credential, replace=self.replace))


def read_picture(text: str | None, *, replace: bool = False) -> Picture | None:
    """The picture in a `data:` URL, into which a credential can be baked; None where none is given.

    Raises InputError (`baking.image`, `baking.already`): what cannot be baked is not issued.
    """
    if text is None:
        return None
    content = text.strip().encode("utf-8", "surrogatepass")
    try:
        image = picture_of(content) if is_picture(content) else b""
    except ValueError:
        image = b""
    if not image:
        raise InputError(
            "The picture is no data URL of a PNG or SVG in base64.",
            code="baking.image",
            hint="Give data:image/png;base64,... or data:image/svg+xml;base64,...",
        )
    bake(image, "a.b.c", replace=replace)
    return Picture(image=image, replace=replace)
