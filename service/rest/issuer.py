"""What an issuer publishes: its DID document and keys, who it is, what it recognises, and the status lists.

Open to everybody, in browsers too: verifiers must reach it. Nothing here names a learner. Called by the composition
root.
"""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graph.issuer import Issuer
from ontology.credentials.did_web import address_of_did
from ontology.errors import InputError
from ontology.json_documents import Json

from .guard import Guard, refused
from .negotiation import not_modified

KEYS_SECONDS: Final = 300
"""So long a copy of keys or profile may be used."""
STATUS_SECONDS: Final = 60
"""So long a copy of a status list may be used by caches on the way: revocation is to be seen soon."""
DEFINITION_SECONDS: Final = 86_400
"""The same for a definition, whose address has its hash."""
_NUMBER_DIGITS: Final = 9


def issuer_routes(issuer: Issuer, guard: Guard) -> list[Route]:
    """The routes. Each answers 404 where there is no issuer, or nothing of that name."""

    async def answer(
        request: Request, read: Callable[[], dict[str, Json] | None], media_type: str, seconds: int
    ) -> Response:
        try:
            found = await asyncio.to_thread(lambda: read() if issuer.find_identity() else None)
        except InputError:  # of a compromised key, whose lists nobody vouches for
            found = None
        if found is None:
            raise refused(404, "resource.unknown")
        body = orjson.dumps(found)
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {
            "ETag": tag,
            "Cache-Control": f"public, max-age={seconds}",
            "Access-Control-Allow-Origin": "*",
        }
        return not_modified(request, tag, headers) or Response(body, headers=headers, media_type=media_type)

    async def show_did(request: Request) -> Response:
        def read() -> dict[str, Json] | None:
            identity = issuer.identity()
            if not identity.is_web:
                return None
            # where the service is below a path, a proxy leaves that away
            path = urlsplit(address_of_did(identity.did)).path.removeprefix(urlsplit(identity.address).path)
            return issuer.did_document() if path == request.url.path else None

        return await answer(request, read, "application/did+ld+json", KEYS_SECONDS)

    async def show_keys(request: Request) -> Response:
        return await answer(request, issuer.key_set, "application/jwk-set+json", KEYS_SECONDS)

    async def show_profile(request: Request) -> Response:
        return await answer(request, issuer.profile, "application/ld+json", KEYS_SECONDS)

    async def show_achievement(request: Request) -> Response:
        key = request.path_params["key"]
        return await answer(request, lambda: issuer.achievement(key), "application/ld+json", DEFINITION_SECONDS)

    async def show_status(request: Request) -> Response:
        text = request.path_params["number"]
        if not (text.isascii() and text.isdigit()) or len(text) > _NUMBER_DIGITS:
            raise refused(404, "resource.unknown")
        return await answer(request, lambda: issuer.status_list(int(text)), "application/vc", STATUS_SECONDS)

    return [
        guard.route("/.well-known/did.json", show_did),
        guard.route("/did.json", show_did),
        guard.route("/.well-known/jwks.json", show_keys),
        guard.route("/issuer", show_profile),
        guard.route("/issuer/achievements/{key}", show_achievement),
        guard.route("/issuer/status/{number}", show_status),
    ]
