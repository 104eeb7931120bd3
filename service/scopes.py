"""What applications may be allowed to do for a learner: one scope for each operation of the two 1EdTech APIs.

Sources: Open Badges 3.0, 6.2.1 "Scopes"; CLR 2.0, whose scopes are named alike; `offline_access` as both use it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_SPEC: Final = "https://purl.imsglobal.org/spec"
OFFLINE: Final = "offline_access"


class Api(StrEnum):
    """One of the two APIs; its value is the path under `/ims`."""

    BADGES = "ob/v3p0"
    RECORDS = "clr/v2p0"

    @property
    def path(self) -> str:
        """Where it is served."""
        return f"/ims/{self.value}"

    def scope(self, what: str) -> str:
        """The scope of an operation: `credential.readonly`, `credential.upsert` and so on."""
        return f"{_SPEC}/{self.value}/scope/{what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A scope, and what it lets an application do, in the words of the page that asks the learner."""

    name: str
    words: str


def _scopes(api: Api, noun: str) -> tuple[Scope, ...]:
    words = {
        "credential.readonly": f"read all {noun} that are stored here",
        "credential.upsert": f"add {noun}, and replace those stored here by newer versions",
        "profile.readonly": "read your profile",
        "profile.update": "change your profile",
    }
    return tuple(Scope(name=api.scope(what), words=said) for what, said in words.items())


OF_API: Final = {
    Api.BADGES: _scopes(Api.BADGES, "badges (Open Badges 3.0)"),
    Api.RECORDS: _scopes(Api.RECORDS, "learner records (CLR 2.0)"),
}
SCOPES: Final = {
    each.name: each
    for each in (
        *OF_API[Api.BADGES],
        *OF_API[Api.RECORDS],
        Scope(name=OFFLINE, words="do this while you are away, until the day below"),
    )
}
"""All scopes by name, in the order in which they are shown."""


def ordered(names: str) -> tuple[str, ...]:
    """The known ones among names separated by blanks, each once, in the order in which they are shown."""
    asked = set(names.split())
    return tuple(name for name in SCOPES if name in asked)
