"""`/changes`: the subjects that differ between a release and a later one, in pages that stay the same.

The two releases of a feed are fixed by its first page, so what is published meanwhile shifts nothing. The comparison
of a pair is made once and kept for a while; one is made at a time.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.archive import Manifest
from graph.rdf_store import public_datasets
from graph.releases import Releases

from .guard import Guard, refused, whole_number
from .negotiation import choose
from .releases import ServedReleases

LIMIT = 1_000
LIMIT_AT_MOST = 10_000
PAIRS_KEPT = 2
JSON, LINES = "application/json", "application/x-ndjson"
_MOST = 10**9


def change_routes(releases: Releases, number: Callable[[], int], guard: Guard) -> list[Route]:
    """The route.

    Args:
        number: of the release that is served.
    """
    return [guard.route("/changes", _Changes(releases, number).show)]


class _Changes:
    """The feed."""

    def __init__(self, releases: Releases, number: Callable[[], int]) -> None:
        self._releases = releases
        self._served = ServedReleases(releases, number)
        self._number = number
        self._kept: OrderedDict[tuple[str, str], list[bytes]] = OrderedDict()
        self._comparing = asyncio.Lock()

    async def show(self, request: Request) -> Response:
        """A page of changes after `since`, of `limit`, without the first `after`."""
        if not request.query_params.get("since"):
            raise refused(400, "input.number", "Give `since`, the number of the release that you have; 0: none.")
        media_type = choose(request.headers.get("accept"), (JSON, LINES, "application/jsonl"))
        if media_type is None:
            raise refused(406, "http.not-acceptable", hint=f"Ask for {JSON} or {LINES}.")
        newest = self._number()
        until = whole_number(request, "until", newest, _MOST)
        since = whole_number(request, "since", 0, _MOST)
        after = whole_number(request, "after", 0, _MOST)
        limit = whole_number(request, "limit", LIMIT, LIMIT_AT_MOST) or LIMIT
        if max(since, until) > newest:
            raise refused(404, "release.unknown")
        changes = await self._changes(self._manifest(since), self._manifest(until))
        page = changes[after : after + limit]
        rest = {"since": since, "until": until, "after": after + limit, "limit": limit}
        following = f"/changes?{urlencode(rest)}" if after + limit < len(changes) else None
        headers = {"Cache-Control": "no-cache", "Vary": "Accept", "X-Total-Count": str(len(changes))}
        if following is not None:
            headers["Link"] = f'<{following}>; rel="next"'
        if media_type != JSON:
            return Response(b"".join(line + b"\n" for line in page), headers=headers, media_type=media_type)
        head = orjson.dumps({"since": since, "release": until, "total": len(changes), "next": following})
        return Response(head[:-1] + b',"changes":[' + b",".join(page) + b"]}", headers=headers, media_type=JSON)

    def _manifest(self, number: int) -> Manifest | None:
        return self._served.get(str(number)) if number else None

    def _shown(self, before: Manifest | None, after: Manifest | None) -> tuple[Manifest | None, Manifest | None]:
        """Both without what is not public; what was public in the later one and is private now is in neither.

        What ceased to be public between them is in the first one, so that who has it is told that it goes.
        """
        told = self._served.datasets(after) if after else ()
        hidden = {each.name for each in public_datasets(after.datasets) if each not in told} if after else set()
        kept = tuple(each for each in public_datasets(before.datasets) if each.name not in hidden) if before else ()
        return (replace(before, datasets=kept) if before else None), (replace(after, datasets=told) if after else None)

    async def _changes(self, before: Manifest | None, after: Manifest | None) -> list[bytes]:
        """One JSON object a subject, by dataset and IRI."""
        old, new = self._shown(before, after)
        key = (old.checksum if old else "", new.checksum if new else "")
        async with self._comparing:
            if key not in self._kept:
                self._kept[key] = await asyncio.to_thread(self._compare, old, new)
                while len(self._kept) > PAIRS_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _compare(self, old: Manifest | None, new: Manifest | None) -> list[bytes]:
        if new is None:
            return []
        return [
            orjson.dumps(
                {
                    "subject": change.subject,
                    "change": change.kind.value,
                    "dataset": change.dataset,
                    "release": new.number,
                }
            )
            for change in self._releases.diff(old, new)
        ]
