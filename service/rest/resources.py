"""Every resource under its IRI, and any other by `/resource?iri=`: as a page, JSON-LD, Turtle, N-Triples or RDF/XML.

IRIs of ours are answered at the path that they have below `https://w3id.org/headwater`, which leads here. What is
said of a thing comes from the release's store, so private datasets and overlays are not in it. Beside them: the
ontology and its JSON-LD context.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from urllib.parse import quote, unquote

import orjson
import pyoxigraph
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from graph.resource_triples import About, read_about
from graph.sparql_results import JSON_LD, N_TRIPLES, RDF_XML, TURTLE, write_triples
from ontology.model import IDENTITY
from service.web.pages import PAGE_POLICY
from service.web.resource_page import ResourcePage, read_page, render_resource

from .guard import Guard, refused
from .jsonld import CONTEXT_PATH, write_jsonld
from .negotiation import choose, entity_tag, not_modified
from .public_store import PublicStore

HTML = "text/html"
OFFERED = (HTML, JSON_LD, TURTLE, N_TRIPLES, RDF_XML)
FORMATS = {
    "html": HTML,
    "jsonld": JSON_LD,
    "json-ld": JSON_LD,
    "json": JSON_LD,
    "ttl": TURTLE,
    "turtle": TURTLE,
    "nt": N_TRIPLES,
    "ntriples": N_TRIPLES,
    "n-triples": N_TRIPLES,
    "rdf": RDF_XML,
    "xml": RDF_XML,
    "rdfxml": RDF_XML,
    "rdf/xml": RDF_XML,
}
"""`?format=` and suffixes."""
_SUFFIXES = ("html", "jsonld", "json", "ttl", "nt", "rdf")
_ACCEPTED = (*OFFERED, "application/xhtml+xml", "application/json", "text/plain")
_SAME = {"application/xhtml+xml": HTML, "application/json": JSON_LD, "text/plain": N_TRIPLES}
_MOST_CHARACTERS = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A thing that may be meant, and the format that the address itself asks for."""

    iri: str
    format: str | None = None


def resource_routes(store: PublicStore, guard: Guard, base: str, version: Callable[[], str]) -> list[Route]:
    """The routes.

    Args:
        base: address that clients see, without a slash at the end; empty where only the request tells.
        version: what identifies the content of the release that is served.
    """
    resources = _Resources(store, Answers(base), base, version)
    return [
        guard.route("/id/{path:path}", resources.by_path),
        guard.route("/resource", resources.by_iri),
        guard.route("/ontology", resources.ontology),
        guard.route(CONTEXT_PATH, show_context),
    ]


class _Resources:
    """The handlers."""

    def __init__(self, store: PublicStore, answers: "Answers", base: str, version: Callable[[], str]) -> None:
        self._store = store
        self._answers = answers
        self._base = base
        self._version = version

    async def by_path(self, request: Request) -> Response:
        """What has the IRI of ours that the path says; datasets and releases are described elsewhere."""
        wanted = _wanted(request)
        for name in ("dataset", "release"):
            prefix = f"{IDENTITY}{name}/"
            if wanted[0].iri.startswith(prefix):
                rest = quote(wanted[0].iri.removeprefix(prefix), safe="%")
                return RedirectResponse(f"{self._base}/{name}s/{rest}", status_code=303)
        return await self._answer(request, wanted)

    async def by_iri(self, request: Request) -> Response:
        """What has the IRI in `iri`."""
        iri = request.query_params.get("iri", "")
        if not iri:
            raise refused(400, "resource.iri")
        return await self._answer(request, [Wanted(iri=iri)])

    async def _answer(self, request: Request, wanted: list[Wanted]) -> Response:
        answers = self._answers
        wanted = [each for each in wanted if len(each.iri) <= _MOST_CHARACTERS]
        read = partial(_read_first, wanted, page=answers.may_be_page(request))
        found, manifest = await self._store.read(read)
        if found is None:
            raise refused(404, "resource.unknown")
        each, about, page = found
        media_type = answers.media_type(request, each.format)
        tag = entity_tag(manifest.checksum, self._version(), each.iri, media_type, answers.base_of(request))
        headers = {**answers.headers(tag), "X-Headwater-Release": str(manifest.number)}
        if about.is_cut:
            headers["X-Headwater-Cut"] = "more is said of this than is given here; /sparql has all"
        unchanged = not_modified(request, tag, headers)
        if unchanged is not None:
            return unchanged
        if media_type == HTML:
            assert page is not None
            return show_page(await asyncio.to_thread(render_resource, page, self._base, manifest), headers)
        statements = (*about.own, *about.records, *about.named_by)
        return await asyncio.to_thread(answers.rdf, statements, media_type, request, headers)

    async def ontology(self, request: Request) -> Response:
        """The ontology; a browser gets the Turtle."""
        media_type = self._answers.media_type(request, None)
        content = files("ontology").joinpath("headwater.ttl").read_bytes()
        tag = entity_tag(content, media_type)
        headers = self._answers.headers(tag)
        unchanged = not_modified(request, tag, headers)
        if unchanged is not None:
            return unchanged
        if media_type in (TURTLE, HTML):
            return Response(content, headers=headers, media_type=f"{TURTLE}; charset=utf-8")
        statements = pyoxigraph.parse(content, format=pyoxigraph.RdfFormat.TURTLE)
        return self._answers.rdf(statements, media_type, request, headers)


async def show_context(request: Request) -> Response:
    """The JSON-LD context, for everybody's pages."""
    content = files("ontology.contexts").joinpath("headwater.jsonld").read_bytes()
    tag = entity_tag(content)
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
    return not_modified(request, tag, headers) or Response(content, headers=headers, media_type=JSON_LD)


class Answers:
    """How RDF is answered, whatever it is about."""

    def __init__(self, base: str) -> None:
        self.base = base
        """As it is set: links of pages are relative where it is not."""

    def base_of(self, request: Request) -> str:
        """The service's address as this client sees it."""
        return self.base or str(request.base_url).rstrip("/")

    def headers(self, tag: str) -> dict[str, str]:
        """Of every such answer."""
        return {"ETag": tag, "Vary": "Accept", "Cache-Control": "no-cache"}

    def may_be_page(self, request: Request) -> bool:
        """Whether the answer may turn out to be a page."""
        return self._chosen(request, None) in (HTML, None)

    def media_type(self, request: Request, suffix: str | None) -> str:
        """What the client gets. Raises RefusedError (406)."""
        chosen = self._chosen(request, suffix)
        if chosen is None:
            raise refused(406, "http.not-acceptable", hint=f"Ask for one of {', '.join(OFFERED)}.")
        return chosen

    def _chosen(self, request: Request, suffix: str | None) -> str | None:
        named = request.query_params.get("format") or suffix
        if named:
            return FORMATS.get(named.lower(), named.lower() if named.lower() in OFFERED else None)
        chosen = choose(request.headers.get("accept"), _ACCEPTED)
        return None if chosen is None else _SAME.get(chosen, chosen)

    def rdf(
        self,
        statements: Iterable[pyoxigraph.Quad | pyoxigraph.Triple],
        media_type: str,
        request: Request,
        headers: dict[str, str],
    ) -> Response:
        """Statements without their graphs, in this format."""
        if media_type == JSON_LD:
            body = orjson.dumps(write_jsonld(statements, self.base_of(request) + CONTEXT_PATH))
        else:
            body = write_triples(
                (each.triple if isinstance(each, pyoxigraph.Quad) else each for each in statements), media_type
            )
        shown = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
        return Response(body, headers=headers, media_type=shown)


def show_page(html: str, headers: dict[str, str]) -> Response:
    """A page under its content policy."""
    return Response(
        html, headers={**headers, "Content-Security-Policy": PAGE_POLICY}, media_type="text/html; charset=utf-8"
    )


def _read_first(
    wanted: list[Wanted], store: pyoxigraph.Store, *, page: bool
) -> tuple[Wanted, About, ResourcePage | None] | None:
    """What the store says of the first of these that it has anything of; the page too, where one may be wanted."""
    for each in wanted:
        about = read_about(store, each.iri)
        if about is not None:
            shows = page or each.format == "html"
            return each, about, read_page(store, about) if shows else None
    return None


def _wanted(request: Request) -> list[Wanted]:
    """What an address below /id may mean: the IRI as it was sent, as it is usually written, without its suffix."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    path = raw.decode("ascii", "replace").partition("?")[0]
    sent = path[path.index("/id/") + len("/id/") :]
    spellings = [sent, quote(unquote(sent), safe="/-._~"), unquote(sent)]
    found = [Wanted(iri=IDENTITY + each) for each in spellings]
    for each in spellings:
        stem, _, suffix = each.rpartition(".")
        if stem and suffix in _SUFFIXES:
            found.append(Wanted(iri=IDENTITY + stem, format=suffix))
    return list(dict.fromkeys(found))
