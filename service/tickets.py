"""Tickets: what the pages of a sign-in carry from one request to the next, sealed, for one browser, for minutes.

A ticket opens for the stage that it was made for and with the secret of the browser's cookie alone, so that no other
page can send a learner's decision. Called by the routes of the authorization server.
"""

import base64
import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from graph.learner_keys import LearnerKeys
from graph.releases import utc_now
from ontology.errors import DamagedError, InputError

TICKET_SECONDS: Final = 600
TICKET_CHARACTERS: Final = 8192
_BINDING: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Stage(StrEnum):
    """What a ticket is for."""

    LOCAL = "local sign-in"
    PROVIDER = "sign-in at the provider"
    CONSENT = "consent"


class Tickets:
    """Makes and opens tickets with the master key of the stored learners."""

    def __init__(self, keys: LearnerKeys, *, clock: Callable[[], datetime] = utc_now) -> None:
        self._keys = keys
        self._clock = clock

    def make(self, stage: Stage, binding: str, content: dict[str, Any]) -> str:
        """A ticket in characters that need no escape. Raises DamagedError, UnavailableError."""
        ends = int(self._clock().timestamp()) + TICKET_SECONDS
        body = orjson.dumps({"bound": _digest(binding), "ends": ends, "content": content})
        sealed = self._keys.master(make=True).close(zlib.compress(body), f"ticket {stage}")
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, stage: Stage, binding: str | None, text: str) -> dict[str, Any]:
        """What a ticket holds. Raises InputError (`oauth.ticket`), the same for each that does not open."""
        refused = InputError(
            "The sign-in has ended, or was begun in another browser.",
            code="oauth.ticket",
            hint="Go back to the application and begin again.",
        )
        if binding is None or len(text) > TICKET_CHARACTERS:
            raise refused
        try:
            sealed = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}".encode(), altchars=b"-_", validate=True)
            body = orjson.loads(zlib.decompress(self._keys.master().open(sealed, f"ticket {stage}")))
        except (ValueError, DamagedError, zlib.error):
            raise refused from None
        if not hmac.compare_digest(body["bound"], _digest(binding)) or body["ends"] <= self._clock().timestamp():
            raise refused
        content: dict[str, Any] = body["content"]
        return content


def binding_of(cookie: str | None) -> str | None:
    """The secret of a browser's cookie, where it is one."""
    return cookie if cookie is not None and _BINDING.fullmatch(cookie) else None


def new_binding() -> str:
    """A secret for a browser's cookie."""
    return secrets.token_urlsafe(32)


def _digest(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()
