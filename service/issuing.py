"""Issuing as the command and GraphQL offer it: an order in, a credential out; and how what was issued is told as JSON.

Resolves what is named on a snapshot and leaves the rest to the issuer of the data folder. Knows no protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from graph.issuer import Details, IssuedCredential, Issuer, Proof, Terms
from graph.issuer_register import Issued
from graph.snapshot import Snapshot
from ontology.credentials.issuing import Evidence

from .awarding import Wanted, read_achievement, read_moment, read_recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be issued, to whom and how, as a caller says it."""

    wanted: Wanted
    to: tuple[str, ...]
    """The recipient: a DID or address, an e-mail address, `kind:value`."""
    proof: Proof = Proof.DATA_INTEGRITY
    valid_from: str | None = None
    """A date or moment. Default: now."""
    valid_until: str | None = None
    suspendable: bool = False
    evidence: tuple[str, ...] = ()
    """Addresses."""
    narrative: str | None = None

    def terms(self) -> Terms:
        """How it is issued. Raises InputError (`issue.recipient`, `issue.dates`)."""
        return Terms(
            recipient=read_recipient(self.to),
            proof=self.proof,
            valid_from=read_moment(self.valid_from, "the beginning"),
            valid_until=read_moment(self.valid_until, "the end"),
            suspendable=self.suspendable,
        )


class Issuing:
    """The issuer of a data folder, for those who may issue."""

    def __init__(self, home: Path, public_url: str | None) -> None:
        self.issuer = Issuer(home)
        self._public_url = public_url

    def issue(self, snapshot: Callable[[], Snapshot], order: Order) -> IssuedCredential:
        """The credential of an order, aligned to what a snapshot holds.

        Raises InputError (`issuer.none`, `issuer.address`, `issue.*`), UnknownReferenceError, UnavailableError.
        """
        self.issuer.check_address(self._public_url)
        terms = order.terms()
        achievement, results = read_achievement(snapshot(), order.wanted)
        details = Details(
            evidence=tuple(Evidence(url=each) for each in order.evidence), results=results, narrative=order.narrative
        )
        return self.issuer.award(achievement, terms, details)


def issued_json(issued: Issued) -> dict[str, object]:
    """A line of the register, without the hashes of recipients."""
    return {
        "id": issued.id,
        "format": issued.format,
        "proof": issued.proof,
        "issuer": issued.issuer,
        "key": issued.key,
        "achievement": issued.achievement,
        "issuedAt": issued.issued_at,
        "validUntil": issued.valid_until,
        "revokedAt": issued.revoked_at,
        "suspendedAt": issued.suspended_at,
        "sha256": issued.digest,
    }
