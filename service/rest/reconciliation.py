"""`/reconcile`: the W3C Reconciliation Service API 0.2, for OpenRefine and others.

Names of a column are matched with competencies, courses, credentials, roles and frameworks; properties `code` and
`framework` narrow; data extension gives labels, descriptions, codes, parents and frameworks back. JSONP is not
offered. Source: https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from graph.likeness import Likeness, find_likeness, rows_beginning_with, rows_with_code
from graph.references import fold
from graph.snapshot import ResourceType, Snapshot
from ontology.model import IDENTITY, ONTOLOGY
from service.transport import parse_json
from service.web.resource_page import read_preview, render_preview

from .guard import Guard, refused, whole_number
from .public_store import PublicStore
from .reconciliation_data import NAMES, PROPERTIES, TYPES, extend, proposed, type_of

PATH = "/reconcile"
BATCH_SIZE = 50
CANDIDATES = 10
CANDIDATES_AT_MOST = 100
SUGGESTIONS = 20
NAME_CHARACTERS = 1_000
_PREVIEW_POLICY = "default-src 'none'"
"""A preview is shown in other pages' frames."""
PublicSnapshot = Callable[[], Snapshot]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One query of a batch."""

    name: str
    types: tuple[ResourceType, ...]
    limit: int
    codes: tuple[str, ...] | None
    frameworks: tuple[str, ...] | None


def reconciliation_routes(snapshot: PublicSnapshot, store: PublicStore, guard: Guard, base: str) -> list[Route]:
    """The routes.

    Args:
        snapshot: what everybody may see of the release that is served.
    """
    service = _Service(snapshot, store, guard, base)
    return [
        guard.route(PATH, service.answer, methods=("GET", "POST")),
        guard.route(f"{PATH}/suggest/entity", service.suggest_entity),
        guard.route(f"{PATH}/suggest/type", service.suggest_type),
        guard.route(f"{PATH}/suggest/property", service.suggest_property),
        guard.route(f"{PATH}/properties", service.propose),
        guard.route(f"{PATH}/preview", service.preview),
    ]


class _Service:
    """The handlers."""

    def __init__(self, snapshot: PublicSnapshot, store: PublicStore, guard: Guard, base: str) -> None:
        self._snapshot = snapshot
        self._store = store
        self._guard = guard
        self._base = base
        self._warm: asyncio.Task[Likeness] | None = None
        """Whoever asks for the manifest will ask for candidates."""

    async def answer(self, request: Request) -> Response:
        """The manifest, candidates of a batch of queries, or data of entities."""
        given = dict(await self._guard.fields(request))
        if "queries" in given:
            return await self._reconcile(given["queries"])
        if "extend" in given:
            return await self._extend(given["extend"])
        if request.method == "POST":
            raise refused(400, "reconciliation.query", "Send `queries` or `extend`.")
        self._warm = asyncio.create_task(asyncio.to_thread(find_likeness, self._snapshot()))
        return _json(self._manifest(self._base or str(request.base_url).rstrip("/")))

    def _manifest(self, base: str) -> object:
        return {
            "versions": ["0.1", "0.2"],
            "name": "Headwater",
            "identifierSpace": IDENTITY,
            "schemaSpace": ONTOLOGY,
            "documentation": f"{base}/",
            "serviceVersion": version("headwater"),
            "defaultTypes": [type_of(kind) for kind in NAMES],
            "view": {"url": f"{base}/resource?iri={{{{id}}}}"},
            "preview": {"url": f"{base}{PATH}/preview?id={{{{id}}}}", "width": 430, "height": 300},
            "suggest": {
                name: {"service_url": base, "service_path": f"{PATH}/suggest/{name}"}
                for name in ("entity", "property", "type")
            },
            "extend": {"propose_properties": {"service_url": base, "service_path": f"{PATH}/properties"}},
            "batchSize": BATCH_SIZE,
        }

    async def _reconcile(self, text: str) -> Response:
        batch = _object(text, "queries")
        if len(batch) > BATCH_SIZE:
            raise refused(413, "reconciliation.batch", f"A batch has at most {BATCH_SIZE} queries.")
        questions = {key: _question(key, query) for key, query in batch.items()}
        snapshot = self._snapshot()
        return _json(await asyncio.to_thread(_answers, snapshot, questions))

    async def _extend(self, text: str) -> Response:
        wanted = _object(text, "extend")
        ids, properties = wanted.get("ids"), wanted.get("properties")
        if not (isinstance(ids, list) and isinstance(properties, list) and all(isinstance(each, str) for each in ids)):
            raise refused(
                400, "reconciliation.query", "`extend` has `ids`, a list of strings, and `properties`, a list."
            )
        if len(ids) > 1_000:
            raise refused(413, "reconciliation.batch", "At most 1000 entities are extended at once.")
        names = [each.get("id") if isinstance(each, dict) else each for each in properties]
        unknown = [str(name)[:100] for name in names if not isinstance(name, str) or name not in PROPERTIES]
        if unknown:
            raise refused(
                400,
                "reconciliation.property",
                f"There is no property {', '.join(unknown)}.",
                hint=f"There are: {', '.join(PROPERTIES)}.",
            )
        snapshot = self._snapshot()
        asked = list(dict.fromkeys(str(name) for name in names))
        body, _ = await self._store.read(partial(extend, snapshot, ids, asked))
        return _json(body)

    async def suggest_entity(self, request: Request) -> Response:
        """Entities whose label begins so."""
        prefix = _prefix(request)
        skipped = whole_number(request, "cursor", 0, 1_000)
        kinds = _types(request.query_params.get("type") or [])
        snapshot = self._snapshot()
        rows = await asyncio.to_thread(rows_beginning_with, snapshot, prefix, kinds, skipped + SUGGESTIONS)
        return _json({"result": [_suggested(snapshot, row) for row in rows[skipped:]]})

    async def suggest_type(self, request: Request) -> Response:
        """Types whose name begins so."""
        prefix = _prefix(request).casefold()
        found = [type_of(kind) for kind in NAMES]
        return _json({"result": [each for each in found if _begins(each, prefix)]})

    async def suggest_property(self, request: Request) -> Response:
        """Properties whose name begins so."""
        prefix = _prefix(request).casefold()
        found = [{"id": key, "name": name} for key, name in PROPERTIES.items()]
        return _json({"result": [each for each in found if _begins(each, prefix)]})

    async def propose(self, request: Request) -> Response:
        """Properties that a type can be extended with."""
        kind = request.query_params.get("type", "")
        limit = whole_number(request, "limit", len(PROPERTIES), 1_000)
        return _json({"type": kind, "limit": limit, "properties": proposed(kind)[:limit]})

    async def preview(self, request: Request) -> Response:
        """A small page for a frame."""
        page, _ = await self._store.read(partial(read_preview, iri=request.query_params.get("id", "")))
        if page is None:
            raise refused(404, "resource.unknown")
        headers = {"Content-Security-Policy": _PREVIEW_POLICY, "Cache-Control": "no-cache"}
        return Response(render_preview(page), headers=headers, media_type="text/html; charset=utf-8")


def _json(body: object) -> Response:
    return JSONResponse(body, headers={"Cache-Control": "no-cache"})


def _object(text: str, name: str) -> dict[str, object]:
    found = parse_json(text)
    if not isinstance(found, dict):
        raise refused(400, "reconciliation.query", f"`{name}` is one JSON object.")
    return found


def _prefix(request: Request) -> str:
    return request.query_params.get("prefix", "").strip()[:NAME_CHARACTERS]


def _begins(each: dict[str, str], prefix: str) -> bool:
    return each["name"].casefold().startswith(prefix) or each["id"].casefold().startswith(prefix)


def _suggested(snapshot: Snapshot, row: int) -> dict[str, object]:
    shown: dict[str, object] = {"id": snapshot.iris[row], "name": snapshot.label(row)[0]}
    described = _described(snapshot, row)
    if described:
        shown["description"] = described
    return {**shown, "notable": [type_of(ResourceType(int(snapshot.types[row])))]}


def _described(snapshot: Snapshot, row: int) -> str:
    """What tells namesakes apart: codes and the framework."""
    codes = [f"{system} {value}" for system, value in snapshot.codes(row)][:3]
    framework = int(snapshot.framework[row])
    return ", ".join([*codes, *([snapshot.label(framework)[0]] if framework >= 0 else [])])


# --------------------------------------------------------------------------------------------------------- queries


def _question(key: str, query: object) -> Question:
    wrong = f"Query {key[:100]!r} is an object with `query`, a string, or `properties`, a list."
    if not isinstance(query, dict):
        raise refused(400, "reconciliation.query", wrong)
    name, properties = query.get("query", ""), query.get("properties") or []
    limit = query.get("limit", CANDIDATES)
    if not isinstance(name, str) or not isinstance(properties, list) or not (name.strip() or properties):
        raise refused(400, "reconciliation.query", wrong)
    if isinstance(limit, bool) or not isinstance(limit, int | float) or limit < 1:
        raise refused(400, "reconciliation.query", f"Query {key[:100]!r}: `limit` is a positive number.")
    stated = {"code": _values(properties, "code"), "framework": _values(properties, "framework")}
    return Question(
        name=name.strip()[:NAME_CHARACTERS],
        types=_types(query.get("type") or []),
        limit=int(min(limit, CANDIDATES_AT_MOST)),
        codes=stated["code"],
        frameworks=stated["framework"],
    )


def _types(given: object) -> tuple[ResourceType, ...]:
    """The types of these ids; all where none is given. An id that is none of ours finds nothing."""
    listed = given if isinstance(given, list) else [given]
    names = [each.get("id") if isinstance(each, dict) else each for each in listed]
    if not names:
        return tuple(NAMES)
    return tuple(kind for name in names if isinstance(name, str) and (kind := TYPES.get(name.removeprefix(ONTOLOGY))))


def _values(properties: list[object], name: str) -> tuple[str, ...] | None:
    """What a query wants of a property; None where it says nothing of it. Other properties are not looked at."""
    found: list[str] = []
    said = False
    for each in properties:
        if isinstance(each, dict) and each.get("pid") == name:
            said = True
            values = each.get("v")
            for value in values if isinstance(values, list) else [values]:
                text = value.get("id") if isinstance(value, dict) else value
                if isinstance(text, str | int | float) and str(text).strip():
                    found.append(str(text).strip())
    return tuple(found) if said and found else None


def _answers(snapshot: Snapshot, questions: dict[str, Question]) -> dict[str, object]:
    return {key: {"result": _candidates(snapshot, question)} for key, question in questions.items()}


def _candidates(snapshot: Snapshot, question: Question) -> list[dict[str, object]]:
    coded = None
    if question.codes is not None:
        coded = {int(snapshot.canonical[row]) for code in question.codes for row in rows_with_code(snapshot, code)}
    homes = _frameworks(snapshot, question.frameworks)

    def accepts(row: int) -> bool:
        return (
            snapshot.types[row] in question.types
            and (coded is None or row in coded)
            and (homes is None or int(snapshot.framework[row]) in homes)
        )

    if not question.name:
        rows = sorted(row for row in coded or () if accepts(row))[: question.limit]
        return [_shown(snapshot, row, 100.0, match=len(rows) == 1, is_exact=True) for row in rows]
    found = find_likeness(snapshot).candidates(question.name, accepts, question.limit)
    sure = [each for each in found if each.is_exact]
    return [_shown(snapshot, each.row, each.score, match=sure == [each], is_exact=each.is_exact) for each in found]


def _frameworks(snapshot: Snapshot, wanted: tuple[str, ...] | None) -> set[int] | None:
    """Rows of the frameworks that are meant: by IRI, code or label."""
    if wanted is None:
        return None
    keys = {fold(each) for each in wanted}
    found = set()
    for row in snapshot.rows(ResourceType.FRAMEWORK).tolist():
        names = [snapshot.label_texts[entry] for entry in snapshot.span("label_offsets", row)]
        names += [value for _, value in snapshot.codes(row)]
        if snapshot.iris[row] in wanted or any(fold(name) in keys for name in names):
            found.add(row)
    return found


def _shown(snapshot: Snapshot, row: int, score: float, *, match: bool, is_exact: bool) -> dict[str, object]:
    shown: dict[str, object] = {"id": snapshot.iris[row], "name": snapshot.label(row)[0]}
    described = _described(snapshot, row)
    if described:
        shown["description"] = described
    return {
        **shown,
        "type": [type_of(ResourceType(int(snapshot.types[row])))],
        "score": score,
        "features": [{"id": "exact", "value": is_exact}],
        "match": match,
    }
