"""What is here, described for machines and people: VoID and DCAT at `/.well-known/void` and `/datasets`.

Each public dataset of the release that is served: licence, attribution, number of statements, downloads, checksum.
"""

from collections.abc import Iterator
from html import escape
from string import Template

from pyoxigraph import Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.layout import DatasetInfo
from graph.rdf_store import public_datasets
from ontology.model import ONTOLOGY
from ontology.ntriples import is_iri
from ontology.terms import RDF_TYPE, RDFS, XSD
from service.web.pages import WEB

from .guard import Guard, refused
from .negotiation import entity_tag, not_modified
from .public_store import PublicStore, Ready
from .releases import download_path
from .resources import HTML, Answers, show_page

_VOID, _DCAT = "http://rdfs.org/ns/void#", "http://www.w3.org/ns/dcat#"
_DCTERMS, _SPDX = "http://purl.org/dc/terms/", "http://spdx.org/rdf/terms#"
_FOAF_TOPIC = "http://xmlns.com/foaf/0.1/topic"
_MEDIA = "https://www.iana.org/assignments/media-types/"


def void_routes(store: PublicStore, guard: Guard, base: str) -> list[Route]:
    """The routes."""
    answers = Answers(base)

    async def show_all(request: Request) -> Response:
        ready = await store.current()
        return _answer(request, answers, ready, public_datasets(ready.manifest.datasets))

    async def show_one(request: Request) -> Response:
        ready = await store.current()
        name = request.path_params["name"]
        found = tuple(each for each in public_datasets(ready.manifest.datasets) if each.name == name)
        if not found:
            raise refused(404, "resource.unknown")
        return _answer(request, answers, ready, found)

    return [
        guard.route("/.well-known/void", show_all),
        guard.route("/datasets", show_all),
        guard.route("/datasets/{name}", show_one, elsewhere=("POST",)),
    ]


def _answer(request: Request, answers: Answers, ready: Ready, datasets: tuple[DatasetInfo, ...]) -> Response:
    media_type = answers.media_type(request, None)
    base = answers.base_of(request)
    tag = entity_tag(ready.manifest.checksum, media_type, request.url.path, base)
    headers = {**answers.headers(tag), "X-Headwater-Release": str(ready.manifest.number)}
    unchanged = not_modified(request, tag, headers)
    if unchanged is not None:
        return unchanged
    if media_type == HTML:
        return show_page(_page(ready, datasets, answers.base), headers)
    statements = list(_catalogue(ready, datasets, base))
    return answers.rdf(statements, media_type, request, headers)


def _catalogue(ready: Ready, datasets: tuple[DatasetInfo, ...], base: str) -> Iterator[Triple]:
    catalogue, description = f"{base}/datasets", f"{base}/.well-known/void"
    yield _link(catalogue, RDF_TYPE, f"{_DCAT}Catalog")
    yield _value(catalogue, f"{_DCTERMS}title", "Headwater")
    yield _value(catalogue, f"{_DCAT}version", str(ready.manifest.number))
    if ready.manifest.published_at:
        yield _value(catalogue, f"{_DCTERMS}modified", ready.manifest.published_at, f"{XSD}dateTime")
    yield _link(description, RDF_TYPE, f"{_VOID}DatasetDescription")
    for dataset in datasets:
        yield _link(catalogue, f"{_DCAT}dataset", dataset.iri)
        yield _link(description, _FOAF_TOPIC, dataset.iri)
        yield from _dataset(ready, dataset, base)


def _dataset(ready: Ready, dataset: DatasetInfo, base: str) -> Iterator[Triple]:
    iri = dataset.iri
    yield _link(iri, RDF_TYPE, f"{_VOID}Dataset")
    yield _link(iri, RDF_TYPE, f"{_DCAT}Dataset")
    yield _value(iri, f"{_DCTERMS}title", dataset.name)
    for line in (dataset.license or "").splitlines():
        yield _link(iri, f"{_DCTERMS}license", line) if is_iri(line) else _value(iri, f"{_DCTERMS}license", line)
    if dataset.attribution:
        yield _value(iri, f"{_DCTERMS}rights", dataset.attribution)
        yield _value(iri, f"{ONTOLOGY}attribution", dataset.attribution)
    yield _value(iri, f"{_DCAT}version", str(ready.manifest.number))
    yield _link(iri, f"{_DCTERMS}isPartOf", ready.manifest.iri)
    yield _value(iri, f"{_VOID}triples", str(ready.statements.get(dataset.name, 0)), f"{XSD}integer")
    yield _link(iri, f"{_VOID}sparqlEndpoint", f"{base}/sparql")
    yield _link(iri, f"{_VOID}vocabulary", ONTOLOGY)
    file = base + download_path(ready.manifest.number, dataset)
    yield _link(iri, f"{_VOID}dataDump", file)
    yield _link(iri, f"{_DCAT}distribution", file)
    yield _link(file, RDF_TYPE, f"{_DCAT}Distribution")
    yield _link(file, f"{_DCAT}downloadURL", file)
    yield _link(file, f"{_DCAT}accessURL", f"{base}/datasets/{dataset.name}")
    yield _link(file, f"{_DCAT}mediaType", f"{_MEDIA}application/n-quads")
    yield _link(file, f"{_DCAT}compressFormat", f"{_MEDIA}application/gzip")
    checksum = f"{file}#content"
    yield _link(file, f"{_SPDX}checksum", checksum)
    yield _link(checksum, RDF_TYPE, f"{_SPDX}Checksum")
    yield _link(checksum, f"{_SPDX}algorithm", f"{_SPDX}checksumAlgorithm_sha256")
    yield _value(checksum, f"{_SPDX}checksumValue", dataset.checksum, f"{XSD}hexBinary")
    yield _value(checksum, f"{RDFS}comment", "Of the content without compression.")


def _link(subject: str, predicate: str, target: str) -> Triple:
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target))


def _value(subject: str, predicate: str, text: str, datatype: str | None = None) -> Triple:
    value = Literal(text, datatype=NamedNode(datatype)) if datatype else Literal(text)
    return Triple(NamedNode(subject), NamedNode(predicate), value)


def _page(ready: Ready, datasets: tuple[DatasetInfo, ...], base: str) -> str:
    template = Template((WEB / "datasets.html").read_text(encoding="utf-8"))
    rows = "\n".join(_row(ready, dataset, base) for dataset in datasets) or '<tr><td colspan="6">None yet.</td></tr>'
    return template.substitute(base=escape(base), release=ready.manifest.number, rows=rows)


def _row(ready: Ready, dataset: DatasetInfo, base: str) -> str:
    name, where = escape(dataset.name), escape(f"{base}/datasets/{dataset.name}")
    licence = dataset.license or "not stated"
    shown = escape(licence)
    if licence.startswith(("https://", "http://")) and is_iri(licence):
        shown = f'<a href="{shown}" rel="noreferrer license">{shown}</a>'
    file = escape(base + download_path(ready.manifest.number, dataset))
    return (
        f'<tr><th scope="row"><a href="{where}">{name}</a></th><td>{shown}</td>'
        f"<td>{escape(dataset.attribution or 'none stated')}</td><td>{ready.statements.get(dataset.name, 0):,}</td>"
        f'<td><a href="{file}">N-Quads</a></td><td><code>{escape(dataset.checksum)}</code></td></tr>'
    )
