"""Documents from an address: all packages of a CASE server, one package of it, or any one file.

Lists the documents of a CASE server page by page and fetches the package of each; every byte comes through the guarded
fetcher and passes the gate. One that cannot be had is a finding, and the others are read. Knows CASE's addresses and no
more of it. Called by `readers.reading`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from .documents import Document, open_fetched
from .errors import FetchError
from .fetching import Fetched, Fetcher, Purpose
from .json_documents import Json, pointer, read_json
from .model import Finding, FindingLevel, Source, shorten

MAX_DOCUMENTS: Final = 1_000
"""Packages of one harvest."""
MAX_BYTES: Final = 1 << 30
"""All of a harvest together, unpacked."""
MAX_PAGES: Final = 100
MAX_FAILURES: Final = 10
"""Packages that could not be had one after the other, after which no more are asked for: the server is away."""
PAGE: Final = 100
"""Documents asked for at once; CASE's own default."""
_LIST: Final = "CFDocuments"
_CASE: Final = re.compile(
    r"(?P<base>[a-z]+://[^?#]+?/ims/case/v1p[01])(?:/(?P<kind>CF[A-Za-z]+)(?:/(?P<id>[^/?#]+))?)?/?(?:\?(?P<query>[^#]*))?"
)
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_NEXT: Final = re.compile(r"""<([^<>]*)>\s*(?:;[^,<]*)?;\s*rel\s*=\s*["']?next\b""", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Whether a source is named by an address and not by a path."""
    return bool(_ADDRESS.match(text))


def harvest(url: str, fetcher: Fetcher) -> Iterator[Document | Finding]:
    """What is at an address: the packages of a CASE server, otherwise the one file or archive.

    Raises:
        FetchRefusedError: at once, where the address is not one that may be asked.
        FetchError: as it is read, where the first answer does not come.
    """
    if _CASE.fullmatch(url):
        return harvest_case(url, fetcher)
    fetcher.check(url, Purpose.HARVEST)
    return open_fetched(_fetch_one(url, fetcher))


def harvest_case(url: str, fetcher: Fetcher) -> Iterator[Document | Finding]:
    """The packages of a CASE 1.0 or 1.1 server, in the order in which it lists them.

    Args:
        url: `…/ims/case/v1p1` or `…/CFDocuments` for all of them (a query of it is asked with), `…/CFDocuments/<id>` or
            `…/CFPackages/<id>` for one package, any other endpoint for what it gives.

    Raises:
        FetchRefusedError: at once, where the address is not one that may be asked.
        FetchError: as it is read, where the first answer does not come.
    """
    fetcher.check(url, Purpose.HARVEST)
    found = _CASE.fullmatch(url)
    if found is None:
        return open_fetched(_fetch_one(url, fetcher))
    base, kind, identifier = found["base"], found["kind"], found["id"]
    if kind in (None, _LIST) and identifier is None:
        return open_fetched(_Harvest(base=base, query=found["query"] or "", fetcher=fetcher).packages())
    if kind == _LIST:
        return open_fetched(_fetch_one(f"{base}/CFPackages/{identifier}", fetcher))
    return open_fetched(_fetch_one(url, fetcher))


def address_name(url: str) -> str:
    """What a dataset from an address is called where nobody says: its last part, the host where that is a server's."""
    found = _CASE.fullmatch(url)
    parts = urlsplit(url)
    if found and found["id"] is None:
        return parts.hostname or url
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.hostname or url


def _fetch_one(url: str, fetcher: Fetcher) -> Iterator[tuple[str, bytes]]:
    accept = "application/json" if _CASE.fullmatch(url) else "*/*"
    fetched = fetcher.fetch(url, Purpose.HARVEST, accept=accept)
    name = address_name(url)
    yield (f"{name}.json" if _CASE.fullmatch(url) else name), fetched.body


@dataclass(slots=True, kw_only=True)
class _Harvest:
    """All packages of one server."""

    base: str
    query: str
    fetcher: Fetcher
    seen: dict[str, None] = field(default_factory=dict)
    taken: int = 0

    def packages(self) -> Iterator[tuple[str, bytes] | Finding]:
        """Each package that is listed, as the pages come."""
        failures = 0
        for item in self._identifiers():
            if isinstance(item, Finding):
                yield item
                continue
            name = f"CFPackages/{quote(item, safe='')}.json"
            try:
                fetched = self.fetcher.fetch(f"{self.base}/CFPackages/{quote(item, safe='')}", Purpose.HARVEST)
            except FetchError as error:
                failures += 1
                yield _fault("harvest.not-fetched", name, error.message, error.hint or "Try again later.")
                if failures >= MAX_FAILURES:
                    yield _fault(
                        "harvest.given-up",
                        name,
                        f"{failures} packages one after the other could not be fetched; no more were asked for.",
                        "Try again when the server answers.",
                    )
                    return
                continue
            failures = 0
            self.taken += len(fetched.body)
            if self.taken > MAX_BYTES:
                yield _fault(
                    "harvest.too-large",
                    name,
                    f"The packages have more than {MAX_BYTES:,} bytes together; no more were asked for.",
                    "Load the packages one by one, or in several parts by a query.",
                )
                return
            yield name, fetched.body

    def _identifiers(self) -> Iterator[str | Finding]:
        """The documents' identifiers, each once, page by page."""
        url: str | None = self._page(0)
        for _ in range(MAX_PAGES):
            assert url is not None, "the last page ends the loop"
            fetched = self.fetcher.fetch(url, Purpose.HARVEST)
            self.taken += len(fetched.body)
            entries = _entries(fetched)
            if isinstance(entries, Finding):
                yield entries
                return
            before = len(self.seen)
            yield from self._new(entries)
            if len(self.seen) > MAX_DOCUMENTS:
                return
            following = self._following(fetched, len(entries)) if len(self.seen) > before else None
            if following is None or isinstance(following, Finding):
                yield from () if following is None else (following,)
                yield from self._missing(fetched)
                return
            url = following
        yield _too_many(f"more than {MAX_PAGES} pages")

    def _new(self, entries: list[Json]) -> Iterator[str | Finding]:
        """Those of a page that no page before had."""
        for index, entry in enumerate(entries):
            identifier = entry.get("identifier") if isinstance(entry, dict) else None
            if not isinstance(identifier, str) or not identifier.strip():
                yield Finding(
                    level=FindingLevel.MUST,
                    code="harvest.no-identifier",
                    message="A document in the list has no identifier, so that its package cannot be asked for.",
                    source=Source(file=f"{_LIST}.json", pointer=pointer(_LIST, index)),
                    fix="Ask the server's owner to mend it, or load the other packages one by one.",
                )
            elif identifier not in self.seen:
                self.seen[identifier] = None
                if len(self.seen) > MAX_DOCUMENTS:
                    yield _too_many(f"more than {MAX_DOCUMENTS:,} documents")
                    return
                yield identifier

    def _page(self, offset: int) -> str:
        given = [(name, value) for name, value in parse_qsl(self.query) if name not in {"limit", "offset"}]
        return f"{self.base}/{_LIST}?{urlencode([*given, ('limit', PAGE), ('offset', offset)])}"

    def _following(self, fetched: Fetched, count: int) -> str | Finding | None:
        """The next page: by its link, on the same server alone, otherwise by its offset; None after the last one."""
        link = _NEXT.search(fetched.headers.get("link", ""))
        if link:
            following = str(urljoin(fetched.url, link[1]))
            if urlsplit(following)[:2] == urlsplit(fetched.url)[:2]:
                return following
            return Finding(
                level=FindingLevel.MUST,
                code="harvest.foreign-page",
                message=f"The next page of the list is on another server, {shorten(following)}; it was not asked for.",
                source=Source(file=f"{_LIST}.json"),
                fix="Load the packages one by one, or harvest that server if you trust it.",
            )
        total = _total(fetched)
        more = total > len(self.seen) if total is not None else "link" not in fetched.headers and count == PAGE
        return self._page(len(self.seen)) if more else None

    def _missing(self, fetched: Fetched) -> Iterator[Finding]:
        total = _total(fetched)
        if total is not None and total > len(self.seen):
            yield Finding(
                level=FindingLevel.MUST,
                code="harvest.incomplete",
                message=f"The server says that it has {total} documents and lists {len(self.seen)}.",
                source=Source(file=f"{_LIST}.json"),
                fix="Load the missing ones by their address; --skip-broken takes what is there.",
            )


def _total(fetched: Fetched) -> int | None:
    text = fetched.headers.get("x-total-count", "")
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _entries(fetched: Fetched) -> list[Json] | Finding:
    """The documents of a page of the list."""
    name = f"{_LIST}.json"
    (document,) = open_fetched([(name, fetched.body)])
    value = read_json(document) if isinstance(document, Document) else document
    if isinstance(value, Finding):
        return value
    entries = value.get(_LIST) if isinstance(value, dict) else None
    if isinstance(entries, list):
        return entries
    return _fault(
        "harvest.no-list",
        name,
        f"{shorten(fetched.url)} gives no list of documents, expected an object with {_LIST}.",
        "Give the address of a CASE server, that ends in /ims/case/v1p0 or /ims/case/v1p1.",
    )


def _too_many(what: str) -> Finding:
    return _fault(
        "harvest.too-many",
        f"{_LIST}.json",
        f"The server lists {what}; no more were asked for.",
        "Load the packages one by one, or in several parts by a query.",
    )


def _fault(code: str, file: str, message: str, fix: str) -> Finding:
    return Finding(level=FindingLevel.MUST, code=code, message=message, source=Source(file=file), fix=fix)
