"""The verdict of a credential in any of the formats: reads it, finds which it is, and takes the steps of that format.

Pure but for the resolver that is passed in. Needs no database. Called by the command, by the workers that verify for
the API, and by itself for what a document has inside. docs/credentials.md has the steps and the verdicts.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from .badges_2 import verify_badge_2
from .circumstances import Circumstances, Voucher
from .clr_1 import verify_clr_1
from .formats import Format, find_format
from .rdf_canon import Work
from .reading import Object, Presented, UnreadableError, enveloped_token, read_presented, read_token
from .verdicts import Notes, Outcome, Step, Verdict, Verification
from .w3c_credentials import verify_ler_rs, verify_presentation, verify_w3c

MAX_EMBEDDED: Final = 500
"""Credentials in one document, at all depths."""
MAX_DEPTH: Final = 4
"""A presentation of a record of badges with endorsements has three."""


@dataclass(slots=True)
class _Run:
    """One document on its way: under which circumstances, and how many credentials were found inside of it so far."""

    under: Circumstances
    embedded: int = 0

    def verify(self, presented: Presented, depth: int, voucher: Voucher | None) -> Verification:
        """The verdict of what was handed in, or of what is inside of it at a depth."""
        token = enveloped_token(presented.document)
        if token is not None:
            try:
                presented = read_token(token)
            except UnreadableError as error:
                return _unread(error.message)
        carried = presented.carried
        form = find_format(carried)
        inside = partial(self.verify_inside, depth + 1)
        if form is Format.UNKNOWN:
            return _unread("It is JSON, and neither a type nor a context of it says that it is a credential.")
        if form is Format.BADGES_2:
            return verify_badge_2(presented, self.under)
        if form is Format.CLR_1:
            return verify_clr_1(presented, self.under)
        if form is Format.LER_RS:
            return verify_ler_rs(Presented(document=carried), self.under)
        if form in (Format.PRESENTATION_1, Format.PRESENTATION_2):
            return verify_presentation(presented, form, self.under, inside)
        return verify_w3c(presented, form, self.under, inside, voucher)

    def verify_inside(self, depth: int, value: Object | str, voucher: Voucher | None) -> Verification:
        """The verdict of a credential inside another."""
        self.embedded += 1
        if self.embedded > MAX_EMBEDDED:
            return _unread(f"More than {MAX_EMBEDDED} credentials are in one document.")
        if depth > MAX_DEPTH:
            return _unread(f"Credentials are nested deeper than {MAX_DEPTH} levels.")
        try:
            presented = read_token(value) if isinstance(value, str) else Presented(document=value)
        except UnreadableError as error:
            return _unread(error.message)
        return self.verify(presented, depth, voucher)


def verify(data: bytes, under: Circumstances, name: str = "document") -> Verification:
    """The verdict of one document. Never raises for what is in it."""
    try:
        presented = read_presented(data, name)
    except UnreadableError as error:
        return _unread(error.message)
    return _Run(replace(under, work=Work())).verify(presented, 0, None)


def _unread(reason: str) -> Verification:
    notes = Notes()
    notes.fail(Step.PARSE, Verdict.INVALID, reason)
    return Verification(format=Format.UNKNOWN.value, verdict=notes.verdict, checks=notes.checks())


def is_well(verification: Verification) -> bool:
    """Whether the verdict is `verified` and nothing that was asked of the recipient failed."""
    failed = any(check.outcome is Outcome.FAIL for check in verification.checks)
    return verification.verdict is Verdict.VERIFIED and not failed
