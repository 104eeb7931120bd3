"""How an application registers: what it has to say of itself (RFC 7591, with the rules of Open Badges 3.0, 7.1.1.2).

Pure: reads what was sent and gives it back checked, or says what is wrong with it. Nothing of it is fetched. Called by
the routes of the authorization server.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from ontology.errors import InputError

from .scopes import OFFLINE, ordered

BODY_BYTES: Final = 8 << 10
REDIRECTS_AT_MOST: Final = 10
CONTACTS_AT_MOST: Final = 5
TEXT_AT_MOST: Final = 200
URL_AT_MOST: Final = 512
AUTH_METHOD: Final = "client_secret_basic"
"""The one that Open Badges 3.0 allows."""
CODE: Final = "authorization_code"
REFRESH: Final = "refresh_token"
_URL: Final = re.compile(r"[!#-;=?-\[\]_a-z~%]+", re.IGNORECASE)
"""Printable ASCII that an address may have, as the fetcher has it."""
_PAGES: Final = ("client_uri", "logo_uri", "tos_uri", "policy_uri")
_TEXTS: Final = ("software_id", "software_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What an application said of itself, checked."""

    name: str
    redirect_uris: tuple[str, ...]
    scopes: tuple[str, ...]
    grant_types: tuple[str, ...]
    described: dict[str, Any]
    """The rest, as RFC 7591 names it."""


def read_registration(body: object, *, loopback: bool) -> Registration:
    """What a body in JSON says.

    Args:
        loopback: whether plain http to this machine is an address, as in development.

    Raises InputError: `oauth.redirect-uri`, else `oauth.metadata`.
    """
    if not isinstance(body, dict):
        raise _wrong("The registration is a JSON object.", "")
    redirects = _texts(body, "redirect_uris", REDIRECTS_AT_MOST, URL_AT_MOST)
    for each in redirects:
        if not is_address(each, loopback=loopback) or "#" in each:
            raise InputError(
                f"{each[:80]!r} is no address that a code can be sent to.",
                code="oauth.redirect-uri",
                hint="https, without user, password and fragment; in development also http to 127.0.0.1.",
                subject="redirect_uris",
            )
    described: dict[str, Any] = {}
    for name in _PAGES:
        described[name] = _text(body, name, URL_AT_MOST)
        if not is_address(described[name], loopback=loopback):
            raise _wrong(f"`{name}` is an https address.", name)
    hosts = {urlsplit(each).hostname for each in (*redirects, *(described[name] for name in _PAGES))}
    if len(hosts) > 1:
        raise _wrong("All addresses have the same host name.", "redirect_uris")
    for name in _TEXTS:
        described[name] = _text(body, name, TEXT_AT_MOST)
    if "contacts" in body:
        described["contacts"] = list(_texts(body, "contacts", CONTACTS_AT_MOST, TEXT_AT_MOST))
    _check_constants(body)
    grant_types = _grant_types(body)
    scopes = ordered(_text(body, "scope", 4 * URL_AT_MOST))
    if REFRESH not in grant_types:
        scopes = tuple(each for each in scopes if each != OFFLINE)
    if not set(scopes) - {OFFLINE}:
        raise _wrong("`scope` names none that there is.", "scope")
    return Registration(
        name=_text(body, "client_name", TEXT_AT_MOST),
        redirect_uris=redirects,
        scopes=scopes,
        grant_types=grant_types,
        described=described,
    )


def is_address(text: str, *, loopback: bool) -> bool:
    """Whether this is an https address of a host, without user and password; or http to this machine."""
    if not _URL.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (loopback and parts.scheme == "http" and is_loopback(host))


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_constants(body: dict[str, Any]) -> None:
    if body.get("token_endpoint_auth_method", AUTH_METHOD) != AUTH_METHOD:
        raise _wrong(f"`token_endpoint_auth_method` is {AUTH_METHOD}.", "token_endpoint_auth_method")
    if body.get("response_types", ["code"]) != ["code"]:
        raise _wrong('`response_types` is ["code"].', "response_types")


def _grant_types(body: dict[str, Any]) -> tuple[str, ...]:
    if "grant_types" not in body:
        return (CODE,)
    given = _texts(body, "grant_types", 2, TEXT_AT_MOST)
    if CODE not in given or not set(given) <= {CODE, REFRESH}:
        raise _wrong(f"`grant_types` has {CODE}, and may have {REFRESH}.", "grant_types")
    return given


def _text(body: dict[str, Any], name: str, most: int) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise _wrong(f"`{name}` is needed: a text of at most {most} characters.", name)
    return value.strip()


def _texts(body: dict[str, Any], name: str, most: int, characters: int) -> tuple[str, ...]:
    value = body.get(name)
    if not isinstance(value, list) or not 0 < len(value) <= most:
        raise _wrong(f"`{name}` is needed: a list of 1 to {most} texts.", name)
    return tuple(dict.fromkeys(_text({name: each}, name, characters) for each in value))


def _wrong(message: str, subject: str) -> InputError:
    return InputError(
        message, code="oauth.metadata", hint="docs/learner-apis.md lists what a registration has.", subject=subject
    )
