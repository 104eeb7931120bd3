"""Issuing as the command and GraphQL offer it: an order in, a credential out; and how what was issued is told as JSON.

Resolves what is named on a snapshot, verifies what is gathered, and leaves the rest to the issuer of the data folder.
Knows no protocol.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from graph.archive import write_durably
from graph.issuer import Details, IssuedCredential, Issuer, Proof, Terms
from graph.issuer_identity import FOLDER as PROFILE
from graph.issuer_register import Issued
from graph.related_awards import associations_of
from graph.releases import utc_now
from graph.snapshot import Snapshot
from ontology.credentials.addresses import cut
from ontology.credentials.circumstances import Circumstances
from ontology.credentials.issuing import Evidence, Recipient
from ontology.credentials.resolving import UnresolvedError
from ontology.credentials.verification import verify
from ontology.errors import HeadwaterError
from ontology.fetching import Purpose

from .awarding import Wanted, read_achievement, read_moment, read_recipient
from .gathering import Candidate, Gathered, Gathering, candidate, check_all, choose


class Form(StrEnum):
    """What is issued."""

    OB3 = "ob3"
    """An Open Badges 3.0 credential."""
    CLR2 = "clr2"
    """A CLR 2.0 credential with it inside."""


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
    form: Form = Form.OB3

    def terms(self) -> Terms:
        """How it is issued. Raises InputError (`issue.recipient`, `issue.dates`)."""
        return Terms(
            recipient=read_recipient(self.to),
            proof=self.proof,
            valid_from=read_moment(self.valid_from, "the beginning"),
            valid_until=read_moment(self.valid_until, "the end"),
            suspendable=self.suspendable,
        )


@dataclass(frozen=True, slots=True)
class OwnDocuments:
    """Gives what an issuer publishes without asking the network: what it issued is verified where it was issued."""

    issuer: Issuer

    def get(self, url: str, purpose: Purpose) -> bytes:
        """The document. Raises UnresolvedError where it is not the issuer's."""
        try:
            found = self.issuer.published_at(cut(url)[0])
        except HeadwaterError as error:
            raise UnresolvedError(error.message, subject=url) from error
        if found is None:
            raise UnresolvedError(f"{url[:200]} is not published here.", subject=url)
        content = orjson.dumps(found)
        if len(content) > purpose.max_bytes:
            raise UnresolvedError(f"{url[:200]} is larger than is read.", subject=url)
        return content


class Issuing:
    """The issuer of a data folder, for those who may issue."""

    def __init__(
        self, home: Path, public_url: str | None, circumstances: Callable[[], Circumstances] | None = None
    ) -> None:
        """Issues from this data folder.

        Args:
            circumstances: under which what is gathered is verified. Default: now, and nothing is fetched.
        """
        self.issuer = Issuer(home)
        self._public_url = public_url
        self._circumstances = circumstances or (lambda: Circumstances(now=utc_now()))

    def check(self) -> None:
        """Nothing, where anything can be issued at all. Raises InputError (`issuer.none`, `issuer.address`)."""
        self.issuer.check_address(self._public_url)

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
        issued = self.issuer.award(achievement, terms, details)
        return issued if order.form is Form.OB3 else self.issuer.gather([issued.credential], terms)

    def gather(
        self,
        documents: Sequence[tuple[str, bytes]],
        gathering: Gathering,
        snapshot: Callable[[], Snapshot | None] = lambda: None,
    ) -> IssuedCredential:
        """One Comprehensive Learner Record of these credentials, each of which is verified and the learner's.

        Args:
            documents: (name, content): JSON, tokens or baked pictures.
            snapshot: tells how the achievements belong together; None where nothing is loaded.

        Raises InputError (`issue.not-verified`, `issue.not-embeddable`, `issue.another-subject`, `issue.recipient`,
        `issue.too-large`, `credential.unreadable` and those of `issue`).
        """
        self.check()
        recipient = gathering.recipient()
        under = replace(self._circumstances(), recipients=tuple(each.value for each in recipient.identifiers))
        candidates = [candidate(name, content, verify(content, under, name)) for name, content in documents]
        return self._record(candidates, check_all(candidates, recipient), gathering, snapshot)

    def gather_stored(
        self,
        candidates: Sequence[Candidate],
        gathering: Gathering,
        snapshot: Callable[[], Snapshot | None] = lambda: None,
    ) -> Gathered:
        """The same of what is stored of a learner: what does not fit is left out and told, and the record is partial.

        Args:
            candidates: verified as of now, those whom `gathering` names being the recipients.

        Raises InputError (`issue.nothing-to-gather`, `issue.recipient`, `issue.too-large` and those of `issue`).
        """
        self.check()
        taken, recipient, left = choose(candidates, gathering.recipient())
        whole = replace(gathering, partial=gathering.partial or bool(left))
        issued = self._record(taken, recipient, whole, snapshot)
        return Gathered(issued=issued, taken=tuple(each.name for each in taken), left_out=left)

    def _record(
        self,
        candidates: Sequence[Candidate],
        recipient: Recipient,
        gathering: Gathering,
        snapshot: Callable[[], Snapshot | None],
    ) -> IssuedCredential:
        terms = gathering.terms(recipient)
        known = snapshot()
        associations = () if known is None else associations_of(known, [each.verification for each in candidates])
        credentials = [each.presented.token or each.presented.document for each in candidates]
        return self.issuer.gather(credentials, terms, associations=associations, partial=gathering.partial)


class State(StrEnum):
    """Whether what was issued is in force, its own end not looked at."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


def state_of(issued: Issued) -> State:
    """Whether a credential is in force."""
    return State.REVOKED if issued.revoked_at else State.SUSPENDED if issued.suspended_at else State.VALID


def list_issued(issuer: Issuer, to: Sequence[str] = (), state: State | None = None) -> list[tuple[int, Issued]]:
    """(number in the register, line), oldest first: all, or what somebody has, or what is in this state.

    Raises InputError (`issue.recipient`), DamagedError.
    """
    wanted = None if not to else {each.id for each in issuer.issued(recipient=read_recipient(to))}
    return [
        (number, each)
        for number, each in enumerate(issuer.issued())
        if (wanted is None or each.id in wanted) and state in (None, state_of(each))
    ]


def issued_json(issued: Issued) -> dict[str, object]:
    """A line of the register, without the hashes of recipients."""
    return {
        "id": issued.id,
        "state": state_of(issued).value,
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


def write_published(issuer: Issuer, folder: Path) -> dict[str, str]:
    """Address -> path below the folder, of each document that the issuer publishes and that is in a file there now.

    The same map is in `resolve.json`. Raises InputError (`issuer.none`), UnavailableError where nothing can be written.
    """
    base = issuer.identity().address
    written = {}
    for address in issuer.published_addresses():
        document = issuer.published_at(address)
        path = urlsplit(address).path.removeprefix(urlsplit(base).path).lstrip("/")
        if path == PROFILE:
            path = f"{PROFILE}/index.json"
        write_durably(folder / path, orjson.dumps(document))
        written[address] = path
    write_durably(folder / "resolve.json", orjson.dumps(written, option=orjson.OPT_INDENT_2))
    return written
