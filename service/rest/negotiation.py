"""Which of the media types that can be given a client gets, and whether it has the content already.

Pure. Source: RFC 9110, 12.5.1 (Accept) and 13.1.2 (If-None-Match). Called by the routes that give RDF.
"""

import hashlib
from collections.abc import Iterable, Sequence

import orjson
from starlette.requests import Request
from starlette.responses import Response


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that the client weighs most, the first among equals; None where it takes none."""
    if accept is None or not accept.strip():
        return offered[0]
    ranges = dict(_ranges(accept))
    best: tuple[float, str] | None = None
    for media_type in offered:
        weight = _weight_of(media_type, ranges)
        if weight > 0 and (best is None or weight > best[0]):
            best = weight, media_type
    return best[1] if best else None


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    for part in accept.split(","):
        name, *parameters = (each.strip().lower() for each in part.split(";"))
        if name:
            yield name, _quality(parameters)


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _weight_of(media_type: str, ranges: dict[str, float]) -> float:
    """By the range that fits best."""
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0


def entity_tag(*parts: object) -> str:
    """A weak tag of what the content depends on."""
    return f'W/"{hashlib.sha256(orjson.dumps([str(part) for part in parts])).hexdigest()[:32]}"'


def not_modified(request: Request, tag: str, headers: dict[str, str]) -> Response | None:
    """304 where the client has the content of this tag."""
    listed = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if listed == ["*"] or tag.removeprefix("W/") in listed:
        return Response(status_code=304, headers=headers)
    return None
