"""Under which circumstances documents are verified: the instant, where others come from, who is trusted.

Called by `verification`, passed on to each format.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .rdf_canon import Work
from .reading import Object
from .resolving import NoResolver, Resolver
from .trust import TRUSTS_NOBODY, TrustList
from .verdicts import Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Of one verification.

    Attributes:
        now: the instant; aware.
        resolver: where keys, status lists and hosted badges come from.
        trust: issuers that are trusted by the keys they sign with.
        recipients: identities of the person that the credentials should be about, such as an e-mail address.
        challenge: what the proof of a presentation must repeat, so that it was made for who asks.
        domain: the same, of who asks.
        work: what canonical forms may take; of each document that is handed in anew, with all that is inside of it.
    """

    now: datetime
    resolver: Resolver = field(default_factory=NoResolver)
    trust: TrustList = TRUSTS_NOBODY
    recipients: Sequence[str] = ()
    challenge: str | None = None
    domain: str | None = None
    work: Work = field(default_factory=Work, compare=False)


VerifyInside = Callable[[Object | str, "Voucher | None"], Verification]
"""Verifies a credential that is inside another, as an object or a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What is known of the record around a credential: by whom it is, and whether its proof holds."""

    issuer: str | None
    holds: bool
    proven: bool
    trusted: bool
