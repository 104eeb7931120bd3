"""All REST surfaces of a service but health, put together: RDF, SPARQL, downloads, reconciliation, CASE."""

import contextlib
from collections.abc import AsyncIterator

from starlette.routing import Route

from ontology.writers.case_index import DEFAULT_BASE
from service.serving import Serving
from service.settings import Settings

from .case import case_routes
from .case_source import CaseSource
from .changes import change_routes
from .guard import Guard
from .public_store import PublicStore
from .reconciliation import reconciliation_routes
from .releases import release_routes
from .resources import resource_routes
from .sparql import sparql_routes
from .void import void_routes


class Surfaces:
    """The routes, and what they keep going beside them."""

    def __init__(self, serving: Serving, settings: Settings, guard: Guard) -> None:
        self._store = PublicStore(
            serving.releases,
            lambda: serving.state.number,
            at_once=settings.sparql_at_once,
            seconds=settings.sparql_seconds,
        )
        base = settings.public_url or ""
        in_payloads = f"{base}/ims/case/v1p1" if base else DEFAULT_BASE
        self._case = CaseSource(serving.releases, lambda: serving.state.number, in_payloads)
        self.routes: list[Route] = [
            *case_routes(self._case, guard, base),
            *resource_routes(self._store, guard, base, lambda: serving.state.checksum),
            *(sparql_routes(self._store, guard, base) if settings.sparql else ()),
            *reconciliation_routes(lambda: serving.state.public.snapshot, self._store, guard, base),
            *void_routes(self._store, guard, base),
            *release_routes(serving.releases, lambda: serving.state.number, guard),
            *change_routes(serving.releases, lambda: serving.state.number, guard),
        ]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Nothing, while the surfaces can answer."""
        async with self._store.running(), self._case.running():
            yield
