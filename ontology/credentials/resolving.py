"""Where documents come from that a verification needs: a map of files, or the network where it is allowed.

Nothing else in this package reads a file or asks an address. Keys of `--resolve` are the addresses that would be asked;
for did:web its https address, and the DID itself too. Called by `keys`, `tokens` and `status` with the purpose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import orjson

from ontology.errors import FetchError, FetchRefusedError, InputError, UnavailableError
from ontology.fetching import Fetcher, Purpose
from ontology.json_documents import Json

from .addresses import cut
from .did_web import did_of_address
from .strict_json import NotStrictError, parse_object

MAX_MAP_BYTES: Final = 16 << 20
MAX_FETCHES: Final = 50
"""Documents that one verification fetches: keys and lists of a record with some dozen issuers."""
ACCEPT: Final = "application/json, application/did+json, application/did+ld+json, application/vc+jwt, */*;q=0.5"


class UnresolvedError(UnavailableError):
    """A document cannot be had. The message says why, and names the setting where one would allow it."""

    default_code = "credential.unresolved"

    @property
    def reason(self) -> str:
        """One clause, for the reason of a check."""
        return self.message if self.hint is None else f"{self.message} {self.hint}"


class Resolver(Protocol):
    """Gives documents by their address."""

    def get(self, url: str, purpose: Purpose) -> bytes:
        """The document at an address, at most `purpose.max_bytes`. Raises UnresolvedError."""


@dataclass(frozen=True, slots=True)
class NoResolver:
    """Gives nothing: what a document carries itself must do."""

    def get(self, url: str, purpose: Purpose) -> bytes:
        """Raises UnresolvedError, always."""
        raise _off(url, purpose)


@dataclass(frozen=True, slots=True)
class FileResolver:
    """Documents of a map from addresses to files or to documents that stand in the map itself."""

    documents: Mapping[str, bytes | Path]

    @classmethod
    def read(cls, path: Path) -> "FileResolver":
        """The map of a file: address → a path relative to the map, or a document as an object, an array or a JWT.

        Raises InputError (`credential.resolve-map`).
        """
        try:
            if path.stat().st_size > MAX_MAP_BYTES:
                raise _bad_map(path, f"it is larger than {MAX_MAP_BYTES >> 20} MiB")
            entries = parse_object(path.read_bytes())
        except OSError as error:
            raise _bad_map(path, error.strerror or str(error)) from None
        except NotStrictError as error:
            raise _bad_map(path, str(error)) from None
        return cls({url: _entry(path, url, value) for url, value in entries.items()})

    def get(self, url: str, purpose: Purpose) -> bytes:
        """The document that the map has for the address, for the same without its fragment, or for its DID."""
        plain, _ = cut(url)
        found = next(
            (self.documents[key] for key in (url, plain, did_of_address(plain) or "") if key in self.documents),
            None,
        )
        if found is None:
            raise UnresolvedError(f"{_shown(url)} is not among the documents that were given.", subject=url)
        if isinstance(found, bytes):
            content = found
        else:
            try:
                if found.stat().st_size > purpose.max_bytes:
                    raise _too_large(url, purpose)
                content = found.read_bytes()
            except OSError as error:
                raise UnresolvedError(f"{found.name} cannot be read: {error.strerror}.", subject=url) from None
        if len(content) > purpose.max_bytes:
            raise _too_large(url, purpose)
        return content


@dataclass(frozen=True, slots=True)
class FetchingResolver:
    """Documents from the network, for the purposes that the fetcher allows.

    What was got is kept while this lives, so it is made for one verification. After `most` documents, had or not, no
    further one is asked for: a document could name a slow server for each credential that is inside of it.
    """

    fetcher: Fetcher
    most: int = MAX_FETCHES
    _kept: dict[tuple[str, Purpose], bytes | UnresolvedError] = field(default_factory=dict)

    def get(self, url: str, purpose: Purpose) -> bytes:
        """The document, fetched once. Raises UnresolvedError, also where fetching is off."""
        plain, _ = cut(url)
        key = (plain, purpose)
        if key not in self._kept:
            if len(self._kept) >= self.most:
                raise UnresolvedError(f"{_shown(url)} was not fetched, after {self.most} others.", subject=url)
            self._kept[key] = self._fetched(plain, purpose)
        kept = self._kept[key]
        if isinstance(kept, UnresolvedError):
            raise UnresolvedError(kept.message, hint=kept.hint, subject=kept.subject)
        return kept

    def _fetched(self, url: str, purpose: Purpose) -> bytes | UnresolvedError:
        if purpose not in self.fetcher.allowed:
            return _off(url, purpose)
        try:
            return self.fetcher.fetch(url, purpose, accept=ACCEPT).body
        except (FetchRefusedError, FetchError) as error:
            return UnresolvedError(error.message, subject=url)


@dataclass(frozen=True, slots=True)
class ChainedResolver:
    """Asks several resolvers in turn; the reason is that of the last."""

    resolvers: Sequence[Resolver]

    def get(self, url: str, purpose: Purpose) -> bytes:
        """The document of the first that has it. Raises UnresolvedError where none has."""
        last: UnresolvedError | None = None
        for resolver in self.resolvers:
            try:
                return resolver.get(url, purpose)
            except UnresolvedError as error:
                last = error
        raise last or _off(url, purpose)


def _entry(path: Path, url: str, value: Json) -> bytes | Path:
    if isinstance(value, dict | list):
        return orjson.dumps(value)
    if isinstance(value, str) and value:
        if value.count(".") == 2 and value.startswith("ey"):
            return value.encode()
        return path.parent / value
    raise _bad_map(path, f"the value of {_shown(url)} is neither a path nor a document")


def _bad_map(path: Path, why: str) -> InputError:
    return InputError(
        f"{path.name} is no map of documents: {why}.",
        code="credential.resolve-map",
        hint='Write a JSON object such as {"https://example.org/status/1": "status.json"}.',
        subject=str(path),
    )


def _off(url: str, purpose: Purpose) -> UnresolvedError:
    return UnresolvedError(
        f"{_shown(url)} was not fetched, since fetching for {purpose.word} is off.",
        hint=f"Set HEADWATER_FETCH={purpose.word}, or give the document with --resolve.",
        subject=url,
    )


def _too_large(url: str, purpose: Purpose) -> UnresolvedError:
    return UnresolvedError(
        f"{_shown(url)} is larger than the {purpose.max_bytes >> 10} KiB allowed for {purpose.word}.", subject=url
    )


def _shown(url: str) -> str:
    return url if len(url) <= 120 else f"{url[:119]}…"
