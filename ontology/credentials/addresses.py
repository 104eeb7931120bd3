"""Addresses as documents have them, which may be none: taken apart without an error, whatever is in them.

Whether an address may be asked is for the fetcher to say. Called by whatever follows an address in a credential.
"""

from urllib.parse import urljoin, urlsplit


def cut(address: str) -> tuple[str, str]:
    """(an address without its fragment, the fragment; empty where there is none)."""
    plain, _, fragment = address.partition("#")
    return plain, fragment


def place_of(address: str) -> str:
    """Host and port as the address has them; empty where it has none."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def joined(base: str, name: str) -> str:
    """A relative address made absolute; as it is where that cannot be."""
    try:
        return urljoin(base, name)
    except ValueError:
        return name
