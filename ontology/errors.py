"""The project's one error tree. Faults in data are `Finding`s (see `validation`), never these.

HeadwaterError
├── InputError                 what the caller gave cannot be used             exit 2, BAD_USER_INPUT
│   ├── UnknownReferenceError  a name, code or IRI that leads nowhere, or to several things
│   ├── OutOfRangeError        a figure that has a name is outside its range
│   ├── LimitError             more was asked for than one may ask in a time      LIMIT_EXCEEDED
│   ├── DocumentRefusedError   the gate turned a foreign document away
│   └── FetchRefusedError      an address that is not asked: fetching is off, or it is not public
├── FindingsError              a load with must-findings                        exit 1
├── UnavailableError           something that should answer does not           exit 3, SERVICE_UNAVAILABLE
│   ├── NotReadyError          what the answer is made from is being prepared
│   ├── BusyError              another process holds what is needed
│   └── FetchError             an address that was asked and did not give a document within the limits
├── UnauthenticatedError       a key is needed, or the one given is not valid   exit 1, UNAUTHENTICATED
├── ForbiddenError             the key does not allow it                        exit 1, FORBIDDEN
└── DamagedError               stored bytes do not have the checksum they must have

Every error has a stable `code` (documented in docs/errors.md), a one-sentence message with what was got and what was
expected, and a `hint` that names the way out. Library errors are wrapped where the input and output happens.
"""

from collections.abc import Sequence
from typing import ClassVar


class HeadwaterError(Exception):
    """The root: `message` for people, `code` for programs, `hint` for the way out."""

    default_code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, code: str | None = None, hint: str | None = None, subject: str | None = None):
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.hint = hint
        self.subject = subject


class InputError(HeadwaterError):
    """What the caller gave cannot be used: a wrong value, an unknown option, a missing file."""

    default_code = "input.invalid"
    exit_code = 2


class UnknownReferenceError(InputError):
    """A reference that leads to nothing (`reference.unknown`) or to several things (`reference.ambiguous`).

    `candidates` holds (IRI, label) pairs, nearest first.
    """

    default_code = "reference.unknown"

    def __init__(
        self,
        message: str,
        *,
        candidates: Sequence[tuple[str, str]] = (),
        code: str | None = None,
        hint: str | None = None,
        subject: str | None = None,
    ):
        super().__init__(message, code=code, hint=hint, subject=subject)
        self.candidates = tuple(candidates)


class OutOfRangeError(InputError):
    """A figure is outside its range. `named` says the same under the name by which the caller gave it."""

    def __init__(self, name: str, got: object, expected: str, *, code: str, hint: str | None = None):
        super().__init__(f"`{name}` is {got}, expected {expected}.", code=code, hint=hint, subject=name)
        self._got = got
        self._expected = expected

    def named(self, name: str) -> "OutOfRangeError":
        """The same of a figure of this name."""
        return OutOfRangeError(name, self._got, self._expected, code=self.code, hint=self.hint)


class LimitError(InputError):
    """More was asked for than somebody may ask in a time; the hint says when they may again."""

    default_code = "limit"


class DocumentRefusedError(InputError):
    """The gate turned a foreign document away before a parser saw it: too large, too deep, not UTF-8, a DTD."""

    default_code = "document.refused"


class FetchRefusedError(InputError):
    """An address is not asked: fetching for this purpose is off, or it is not a public one."""

    default_code = "fetch.address"


class FindingsError(HeadwaterError):
    """A load was stopped by must-findings. The findings are with the report that the caller already has."""

    default_code = "load.must-findings"


class UnavailableError(HeadwaterError):
    """Something that should answer does not: Neo4j away, no network at the first download."""

    default_code = "unavailable"
    exit_code = 3


class NotReadyError(UnavailableError):
    """What the answer is made from is being prepared; the same question is answered later."""

    default_code = "not-ready"


class BusyError(UnavailableError):
    """Another process holds what is needed, and the message says which."""

    default_code = "busy"


class FetchError(UnavailableError):
    """An address was asked and did not give a document: away, too slow, too large, a redirect, a wrong certificate."""

    default_code = "fetch.failed"


class UnauthenticatedError(HeadwaterError):
    """A key is needed, or the one that was given is not valid."""

    default_code = "auth.unauthenticated"


class ForbiddenError(HeadwaterError):
    """The key is valid and does not allow this."""

    default_code = "auth.forbidden"


class DamagedError(HeadwaterError):
    """Stored bytes do not have the checksum that they must have."""

    default_code = "damaged"
