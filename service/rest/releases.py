"""Releases over HTTP: the list, each one's manifest, and each public dataset as the archive has it.

What is private in a release, or has become private since, is in none of them; overlays neither. Knows no RDF: a
download is the archive's file, byte for byte.
"""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from graph.archive import Manifest
from graph.layout import DatasetInfo
from graph.rdf_store import public_datasets
from graph.releases import Releases

from .guard import Guard, refused
from .negotiation import entity_tag, not_modified

CURRENT = "current"


def release_routes(releases: Releases, number: Callable[[], int], guard: Guard) -> list[Route]:
    """The routes.

    Args:
        number: of the release that is served.
    """
    served = ServedReleases(releases, number)

    async def show_list(_: Request) -> Response:
        shown = [
            {"release": each.number, "publishedAt": each.published_at, "datasets": len(served.datasets(each))}
            for each in served.all()
        ]
        return JSONResponse({"releases": shown}, headers={"Cache-Control": "no-cache"})

    async def show(request: Request) -> Response:
        manifest = served.get(request.path_params["number"])
        datasets = served.datasets(manifest)
        tag = entity_tag(manifest.checksum, served.note(manifest), *(each.name for each in datasets))
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        body = {
            "id": manifest.iri,
            "release": manifest.number,
            "publishedAt": manifest.published_at,
            "note": served.note(manifest),
            "datasets": [_shown(each, manifest) for each in datasets],
        }
        return not_modified(request, tag, headers) or JSONResponse(body, headers=headers)

    async def download(request: Request) -> Response:
        manifest = served.get(request.path_params["number"])
        name = request.path_params["name"]
        dataset = next((each for each in served.datasets(manifest) if each.name == name), None)
        if dataset is None:
            raise refused(404, "resource.unknown")
        path = releases.archive.path(dataset.name, dataset.checksum)
        if not path.is_file():
            raise refused(410, "release.gone")
        tag = f'"{dataset.checksum}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache", "X-Headwater-Release": str(manifest.number)}
        return not_modified(request, tag, headers) or FileResponse(
            path, headers=headers, media_type="application/gzip", filename=f"{dataset.name}.nq.gz"
        )

    return [
        guard.route("/releases", show_list),
        guard.route("/releases/{number}", show),
        guard.route("/releases/{number}/{name}.nq.gz", download),
    ]


def download_path(number: int | str, dataset: DatasetInfo) -> str:
    """Where the dataset of a release is downloaded."""
    return f"/releases/{number}/{dataset.name}.nq.gz"


def _shown(dataset: DatasetInfo, manifest: Manifest) -> dict[str, object]:
    return {
        "id": dataset.iri,
        "name": dataset.name,
        "format": dataset.format,
        "license": dataset.license,
        "attribution": dataset.attribution,
        "sha256": dataset.checksum,
        "download": download_path(manifest.number, dataset),
    }


class ServedReleases:
    """The releases up to the one that is served, and what of each everybody may read."""

    def __init__(self, releases: Releases, number: Callable[[], int]) -> None:
        self._releases = releases
        self._number = number

    def all(self) -> list[Manifest]:
        """Newest first, down to the oldest that the archive has."""
        return [each for each in self._releases.published() if each.number <= self._number()]

    def get(self, text: str) -> Manifest:
        """A release by its number or `current`. Raises RefusedError (404; 410 where the archive has it no more)."""
        newest = self._number()
        if text == CURRENT:
            text = str(newest)
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or not 1 <= int(text) <= newest:
            raise refused(404, "release.unknown")
        if int(text) not in self._releases.archive.numbers():
            raise refused(410, "release.gone")
        return self._releases.archive.manifest(int(text))

    def datasets(self, manifest: Manifest) -> tuple[DatasetInfo, ...]:
        """Those of a release that are public in it and have not become private since."""
        current = self._releases.archive.manifest(self._number()) if self._number() else manifest
        hidden = {each.name for each in current.datasets} - {each.name for each in public_datasets(current.datasets)}
        return tuple(each for each in public_datasets(manifest.datasets) if each.name not in hidden)

    def note(self, manifest: Manifest) -> str | None:
        """What was noted of a release; None where that names what is not public, then, before or now."""
        numbers = {number for number in self._releases.archive.numbers() if number < manifest.number}
        around = [manifest, *(self._releases.archive.manifest(each) for each in {max(numbers, default=0)} & numbers)]
        around += [self._releases.archive.manifest(self._number())] if self._number() else []
        hidden = {each.name for listed in around for each in {*listed.datasets} - {*public_datasets(listed.datasets)}}
        words = {each.strip(".,;:") for each in (manifest.note or "").split()}
        return None if words & hidden else manifest.note
