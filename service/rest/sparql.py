"""`/sparql`: SPARQL 1.1 queries over what is public in the current release, read-only.

Reads requests by the SPARQL 1.1 Protocol and hands them to processes that can be killed. The default graph is the
union of all datasets; each dataset is a named graph.
"""

from importlib.resources import files
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.rdf_store import public_datasets
from graph.sparql_process import ROWS, QueryFailedError, QueryTooCostlyError, Question
from graph.sparql_results import GRAPH_FORMATS, RESULT_FORMATS, TURTLE
from ontology.errors import BusyError
from service.schema.errors import ErrorCode

from .guard import Guard, media_type_of, refused
from .negotiation import choose
from .public_store import PublicStore

_QUERY = "application/sparql-query"
_UPDATE = "application/sparql-update"
_NAMES = {
    "json": RESULT_FORMATS[0],
    "xml": RESULT_FORMATS[1],
    "csv": RESULT_FORMATS[2],
    "tsv": RESULT_FORMATS[3],
    "turtle": GRAPH_FORMATS[0],
    "ttl": GRAPH_FORMATS[0],
    "ntriples": GRAPH_FORMATS[1],
    "nt": GRAPH_FORMATS[1],
    "jsonld": GRAPH_FORMATS[2],
    "rdf": GRAPH_FORMATS[3],
}
_SYNONYMS = {"application/json": RESULT_FORMATS[0], "application/xml": RESULT_FORMATS[1], "text/xml": RESULT_FORMATS[1]}
_GRAPH_SYNONYMS = {
    "application/json": GRAPH_FORMATS[2],
    "text/plain": GRAPH_FORMATS[1],
    "application/xml": GRAPH_FORMATS[3],
    "text/xml": GRAPH_FORMATS[3],
}
"""Only where nothing more exact is taken as well."""
_GRAPH_NAMES = {"json": GRAPH_FORMATS[2], "xml": GRAPH_FORMATS[3]}
"""Names that mean one format for rows and another for graphs."""
CUT_HEADER = "X-Headwater-Cut"


def sparql_routes(store: PublicStore, guard: Guard, base: str) -> list[Route]:
    """The route."""

    async def handle(request: Request) -> Response:
        if media_type_of(request) == _UPDATE:
            raise refused(400, "sparql.update")
        fields = await _fields(request, guard)
        given = {name: [value for key, value in fields if key == name] for name, _ in fields}
        if "update" in given:
            raise refused(400, "sparql.update")
        if "query" not in given and request.method != "POST":
            return await _description(request, store, base)
        question = _question(request, given)
        return await _answer(store, question)

    return [guard.route("/sparql", handle, methods=("GET", "POST"))]


async def _fields(request: Request, guard: Guard) -> list[tuple[str, str]]:
    if request.method != "POST" or media_type_of(request) != _QUERY:
        return await guard.fields(request)
    try:
        query = (await guard.body(request)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise refused(400, "http.body", "The query is not UTF-8.") from error
    return [*request.query_params.multi_items(), ("query", query)]


def _question(request: Request, given: dict[str, list[str]]) -> Question:
    queries = given.get("query", [])
    if len(queries) != 1 or not queries[0].strip():
        raise refused(400, "sparql.syntax", "Send one `query`, the text of a SPARQL 1.1 query.")
    wanted = (given.get("format") or [""])[0]
    if wanted:
        named = (_NAMES.get(wanted.lower(), wanted.lower()), _GRAPH_NAMES.get(wanted.lower(), ""))
        accept = ",".join(each for each in named if each in (*RESULT_FORMATS, *GRAPH_FORMATS)) or "none/none"
    else:
        accept = request.headers.get("accept", "")
    results = choose(accept, (*RESULT_FORMATS, *_SYNONYMS))
    graphs = choose(accept, (*GRAPH_FORMATS, *_GRAPH_SYNONYMS))
    if results is None and graphs is None:
        raise refused(
            406, "http.not-acceptable", hint=f"Ask for one of {', '.join((*RESULT_FORMATS, *GRAPH_FORMATS))}."
        )
    return Question(
        query=queries[0],
        result_format=_SYNONYMS.get(results or "", results),
        graph_format=_GRAPH_SYNONYMS.get(graphs or "", graphs),
        default_graphs=given.get("default-graph-uri"),
        named_graphs=given.get("named-graph-uri"),
        rows=ROWS,
    )


async def _answer(store: PublicStore, question: Question) -> Response:
    try:
        results, manifest = await store.ask(question)
    except QueryFailedError as error:
        raise refused(406 if error.code == "http.not-acceptable" else 400, error.code, error.message) from error
    except QueryTooCostlyError as error:
        status = 504 if error.code == "sparql.timeout" else 400
        raise refused(status, error.code, error.message, hint=error.hint, code=ErrorCode.LIMIT_EXCEEDED) from error
    except BusyError as error:
        raise refused(
            503, "sparql.busy", hint="Try again.", code=ErrorCode.SERVICE_UNAVAILABLE, headers={"Retry-After": "2"}
        ) from error
    headers = {"Cache-Control": "no-cache", "Vary": "Accept", "X-Headwater-Release": str(manifest.number)}
    if results.cut is not None:
        limit = f"{question.rows} rows" if results.cut == "rows" else f"{question.bytes} bytes"
        headers[CUT_HEADER] = f"the results are cut at {limit}"
    charset = "" if results.media_type.startswith("application/") else "; charset=utf-8"
    return Response(results.body, headers=headers, media_type=results.media_type + charset)


async def _description(request: Request, store: PublicStore, base: str) -> Response:
    """The service description (SPARQL 1.1 Service Description) in Turtle."""
    if choose(request.headers.get("accept"), (TURTLE, "text/html", "application/xhtml+xml")) is None:
        raise refused(406, "http.not-acceptable", hint=f"The service description is {TURTLE}.")
    manifest = (await store.current()).manifest
    template = Template(files("service.rest").joinpath("sparql_service.ttl").read_text("utf-8"))
    graphs = "".join(
        f",\n    [ a sd:NamedGraph ; sd:name <{dataset.iri}> ]" for dataset in public_datasets(manifest.datasets)
    )
    body = template.substitute(
        endpoint=f"{base or str(request.base_url).rstrip('/')}/sparql",
        graphs=f"sd:namedGraph {graphs[2:].strip()}" if graphs else "",
    )
    return Response(
        body, headers={"Cache-Control": "no-cache", "Vary": "Accept"}, media_type=f"{TURTLE}; charset=utf-8"
    )
