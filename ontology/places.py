"""Places of work as one text that sorts and nests: `US`, `US-CA`, `US-CA/Oakland`, `DE/Niederbayern`, `/Springfield`.

First the ISO 3166 code of a country or of a part of one, as far as it is known; then names, each after a slash, from
the larger to the smaller. A place lies in every place that it begins with. `%` and `/` inside a name are
percent-encoded. Called by readers, by the findings and by the filters of roles.
"""

import re
from collections.abc import Iterator
from typing import Final

from .countries import find_country, find_part, knows_parts

MAXIMUM_LENGTH: Final = 200
"""Characters of a place; the longest name of one that is in use has 85."""
_PLACE: Final = re.compile(r"(?=.)(?:[A-Z]{2}(?:-[A-Z0-9]{1,3})?)?(?:/[^/\s](?:[^/]*[^/\s])?)*", re.DOTALL)
_CODE: Final = re.compile(r"([A-Za-z]{2})(?:-([A-Za-z0-9]{1,3}))?")
_THREE: Final = re.compile(r"[A-Z]{3}")
_PART: Final = re.compile(r"[A-Z0-9]{1,3}")


def is_place(text: str) -> bool:
    """Whether a text is a place as it is written here."""
    return len(text) <= MAXIMUM_LENGTH and bool(_PLACE.fullmatch(text))


def place_of(country: str = "", region: str = "", locality: str = "") -> str | None:
    """The place of an address, None where nothing is said.

    A country that is neither a code nor a name known here, and a region that is no code of it, stay names.

    Args:
        country: code of two or three letters, or a name.
        region: a code such as `CA` or `US-CA`, or a name; it may state the country where nothing else does.
        locality: name of a town.
    """
    country, region, locality = country.strip(), region.strip(), locality.strip()
    code = find_country(country) if country else None
    whole = _CODE.fullmatch(region)
    if whole and whole[2] and (code or whole[1].upper()) == whole[1].upper() and find_country(whole[1]):
        code, region = whole[1].upper(), whole[2]
    names = [] if code is not None or not country else [country]
    head = code or ""
    if region:
        part = None if code is None else _part(code, region)
        if part is None:
            names.append(region)
        else:
            head = f"{code}-{part}"
    names += [locality] if locality else []
    place = head + "".join(f"/{_encoded(name)}" for name in names)
    return place if place and is_place(place) else None


def place_of_name(name: str, *, country: bool = False) -> str | None:
    """The place that a name such as `Michigan, USA` means: its last part is a country where it is known as one.

    Args:
        country: whether the name is said to be a country's, so that codes of two letters are read too.
    """
    parts = [part.strip() for part in name.split(",") if part.strip()]
    if not parts:
        return None
    # `CA` is California behind a town, and `Georgia` may be the state: only what can mean no other thing is read.
    code = find_country(parts[-1], codes=(country and len(parts) == 1) or bool(_THREE.fullmatch(parts[-1])))
    if code is None or (len(parts) == 1 and not country and find_part("US", parts[0])):
        return place_of(locality=", ".join(parts))
    rest = parts[:-1]
    if not rest:
        return code
    region = rest[-1]
    return place_of(code, region, ", ".join(rest[:-1])) if _part(code, region) else place_of(code, "", ", ".join(rest))


def larger_places(place: str) -> Iterator[str]:
    """The place and all that it lies in, from itself to its country."""
    while place:
        yield place
        head, slash, _ = place.rpartition("/")
        place = head if slash else place.rpartition("-")[0]


def wanted_place(text: str) -> str | None:
    """The place that a question names: a place as it is written here in any case, or a country's code or name."""
    text = text.strip()
    head, slash, names = text.partition("/")
    code = _CODE.fullmatch(head)
    if code and find_country(code[1]):
        whole = f"{code[1].upper()}{f'-{code[2].upper()}' if code[2] else ''}{slash}{names}"
        return whole if is_place(whole) else None
    if not head:
        return text if is_place(text) else None
    country = find_country(text)
    return country or (place_of_name(text, country=True) if "," in text else None)


def _part(country: str, region: str) -> str | None:
    """The code of a region of a country, without the country's: by its name, or where it looks like one."""
    named = find_part(country, region)
    if named is not None:
        return named
    known = knows_parts(country)
    code = region.upper()
    return code if _PART.fullmatch(code) and code.isascii() and (code in known if known else region == code) else None


def _encoded(name: str) -> str:
    return name.replace("%", "%25").replace("/", "%2F")
