"""Presentations of learners: a challenge out, and whether what comes back answers it.

Whoever holds a copy of a credential can send it. Who presents it with an answer to a challenge of this service holds
the key that it was issued to, now. Verifies nothing: the verdict of a presentation comes in. Called by the schema.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from graph.challenges import Challenge, Challenges
from graph.releases import utc_now
from ontology.credentials.formats import Format
from ontology.credentials.verdicts import Verdict, Verification

from .auth import Caller

ANSWERED: Final = "Its holder answered a challenge of this service."
_PRESENTATIONS: Final = frozenset({Format.PRESENTATION_1.value, Format.PRESENTATION_2.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What is to be told of a presentation, and its holder where it answers a challenge."""

    told: str
    holder: str | None = None


class Presenting:
    """The challenges that a service gives, and what answers them."""

    def __init__(self, home: Path, domain: str, *, clock: Callable[[], datetime] = utc_now) -> None:
        """Gives challenges.

        Args:
            domain: what presentations must name as their domain (`aud` of a token): the address of this service.
        """
        self.domain = domain
        self._challenges = Challenges(home, clock=clock)

    def give(self, caller: Caller) -> Challenge:
        """A challenge that this caller may answer. Raises UnavailableError."""
        return self._challenges.give(_name(caller))

    def judge(self, found: Verification, caller: Caller, *, use: bool = True) -> Judged | None:
        """What is to be told of a presentation: whether it answers a challenge, and why not. None of what is none.

        Args:
            use: whether the challenge is answered by this; it can be once.

        Raises UnavailableError where the data folder cannot be written.
        """
        if found.format not in _PRESENTATIONS:
            return None
        if found.verdict is not Verdict.VERIFIED:
            return Judged(told="It proves nothing of who sends it, for it is not verified.")
        if not found.issuer.proven:
            return Judged(told="It proves nothing of who sends it, for the key is not proven to be its holder's.")
        if not found.answers:
            return Judged(told="It answers no challenge, so it may be anybody's copy.")
        told = ""
        for answer in found.answers:
            if self.domain not in answer.domains:
                told = f"It is for another domain than {self.domain}, so it does not prove who sends it."
                continue
            fault = self._challenges.find_fault(answer.challenge, _name(caller), use=use)
            if fault is None:
                return Judged(told=ANSWERED, holder=found.subject)
            told = f"{fault} So it does not prove who sends it."
        return Judged(told=told)


def _name(caller: Caller) -> str:
    return caller.key or ""
