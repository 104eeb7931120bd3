"""`/oauth`: registration, sign-in, consent, tokens and their end, over HTTP.

Pages are plain HTML that nobody frames and no script runs in. A decision counts with a ticket of this service and the
cookie of the browser that began; there is no session, so that nothing is asked of a learner who is not there. Knows
requests, cookies and pages; what is allowed is said by `authorizing`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from graph.learner_grants import GRANT_DAYS, Grants
from graph.releases import utc_now
from ontology.credentials.strict_json import NotStrictError, parse_strict
from ontology.errors import InputError
from service import authorizing
from service.auth import ANYBODY
from service.authorizing import AccessServer, Answer, Question
from service.client_registration import AUTH_METHOD, BODY_BYTES, is_address, is_loopback, read_registration
from service.learners import LearnerDesk
from service.limits import AddressBuckets, QueryLimits
from service.settings import Profile, Settings
from service.sign_in import Provider
from service.tickets import Stage, Tickets, binding_of, new_binding
from service.transport import RefusedError, address_of, read_body, too_many_requests
from service.web.access_pages import (
    Applicant,
    access_policy,
    render_about,
    render_consent,
    render_fault,
    render_sign_in,
)

from .guard import Guard, media_type_of, refused

log = structlog.get_logger("headwater.oauth")

REGISTRATIONS_A_MINUTE: Final = 10
"""Of one address, in every profile."""
SIGN_INS_A_MINUTE: Final = 10
"""With the local account, of one address."""
FORM_BYTES: Final = 32 << 10
COOKIE_SECONDS: Final = 600
_FORM: Final = "application/x-www-form-urlencoded"
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Authorization:
    """The routes' handlers, and who is meant by a token."""

    def __init__(
        self,
        settings: Settings,
        desk: LearnerDesk,
        *,
        limits: QueryLimits,
        clock: Callable[[], float],
        pace: AddressBuckets | None,
    ) -> None:
        self._settings = settings
        self._desk = desk
        self.given = Grants(desk.stored)
        self._tickets = Tickets(desk.stored.keys)
        self._guard = Guard(limits=limits, buckets=pace, identify=lambda _: ANYBODY)
        self._registrations = AddressBuckets(REGISTRATIONS_A_MINUTE, clock)
        self._sign_ins = AddressBuckets(SIGN_INS_A_MINUTE, clock)
        self._development = settings.profile is Profile.DEVELOPMENT
        self._provider = provider_of(settings)

    def base(self, request: Request) -> str:
        """The address under which this is offered.

        Raises RefusedError (404, `oauth.off`) where there is no address that learners can trust, or no way to sign in.
        """
        public = self._settings.public_url
        if self._development:
            if public is not None:
                return public
            if is_loopback(request.base_url.hostname or ""):
                return str(request.base_url).rstrip("/")
        elif public is not None and public.startswith("https://") and self._provider is not None:
            return public
        raise refused(
            404,
            "oauth.off",
            "Applications are not let in here.",
            hint="HEADWATER_PUBLIC_URL (https) and HEADWATER_OIDC_ISSUER are needed; docs/learner-apis.md.",
        )

    def server(self, request: Request) -> AccessServer:
        """The authorization server under the address of a request. Raises as `base`."""
        return AccessServer(self.base(request), self._desk.access, self.given)

    def routes(self) -> list[Route]:
        """All routes."""
        page, data = self._guard.route, self._guard.route
        return [
            data(authorizing.METADATA, self.show_metadata),
            data(authorizing.METADATA + "/{rest:path}", self.show_metadata),
            data(authorizing.REGISTER, self.register, methods=("POST",), render=render_oauth),
            data(authorizing.TOKEN, self.exchange, methods=("POST",), render=render_oauth),
            data(authorizing.REVOKE, self.revoke, methods=("POST",), render=render_oauth),
            page(authorizing.AUTHORIZE, self.authorize, render=self.render_page),
            page(authorizing.SIGN_IN, self.sign_in, methods=("POST",), render=self.render_page),
            page(authorizing.CALLBACK, self.come_back, render=self.render_page),
            page(authorizing.DECIDE, self.decide, methods=("POST",), render=self.render_page),
            page(authorizing.ABOUT, self.show_about, render=self.render_page),
        ]

    # ------------------------------------------------------------------------------------------------ for clients

    async def show_metadata(self, request: Request) -> Response:
        """What RFC 8414 tells."""
        return _json(self.server(request).metadata(), 200, {"Cache-Control": "public, max-age=300"})

    async def register(self, request: Request) -> Response:
        """A new application, with its secret."""
        self.base(request)
        wait = self._registrations.take(address_of(request))
        if wait > 0:
            raise too_many_requests(wait)
        if media_type_of(request) != "application/json":
            raise refused(415, "http.media-type", "Send application/json.")
        body = await self._body(request, BODY_BYTES)
        try:
            told = read_registration(parse_strict(body), loopback=self._development)
        except NotStrictError as error:
            raise refused(400, "oauth.metadata", f"The registration cannot be read: {error}.") from error
        secret, client = await asyncio.to_thread(
            self._desk.access.register,
            name=told.name,
            redirect_uris=told.redirect_uris,
            scopes=told.scopes,
            grant_types=told.grant_types,
            auth_method=AUTH_METHOD,
            described=told.described,
        )
        log.info("application registered", client=client.id)
        shown = {
            "client_id": client.id,
            "client_secret": secret,
            "client_id_issued_at": int(datetime.fromisoformat(client.registered_at).timestamp()),
            "client_secret_expires_at": 0,
            "client_name": client.name,
            "redirect_uris": list(client.redirect_uris),
            "token_endpoint_auth_method": client.auth_method,
            "grant_types": list(client.grant_types),
            "response_types": ["code"],
            "scope": " ".join(client.scopes),
            **client.described,
        }
        return _json(shown, 201, _NO_STORE)

    async def exchange(self, request: Request) -> Response:
        """Tokens."""
        server, pairs = self.server(request), await self._form(request)
        return _answered(await asyncio.to_thread(server.exchange, pairs, request.headers.get("authorization")))

    async def revoke(self, request: Request) -> Response:
        """The end of a token and all of its family."""
        server, pairs = self.server(request), await self._form(request)
        return _answered(await asyncio.to_thread(server.revoke, pairs, request.headers.get("authorization")))

    # ----------------------------------------------------------------------------------------------- for learners

    async def authorize(self, request: Request) -> Response:
        """The way to the sign-in, or back to the application, or a page that says what is wrong."""
        server = self.server(request)
        try:
            pairs = parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=50, errors="strict")
        except ValueError:
            raise refused(400, "oauth.request", "The request cannot be read.") from None
        asked = await asyncio.to_thread(server.ask, pairs)
        if isinstance(asked, Answer):
            return self._failed(asked)
        binding = binding_of(request.cookies.get(self._cookie(request))) or new_binding()
        return self._bound(request, binding, await self._begin(request, binding, pairs))

    async def _begin(self, request: Request, binding: str, pairs: list[tuple[str, str]]) -> Response:
        if self._provider is not None:
            kept = self._provider.new_secrets()
            state = await asyncio.to_thread(self._tickets.make, Stage.PROVIDER, binding, {"pairs": pairs, "kept": kept})
            callback = self.base(request) + authorizing.CALLBACK
            address = await asyncio.to_thread(self._provider.address, callback, state, kept)
            return RedirectResponse(address, 303, headers=_NO_STORE)
        ticket = await asyncio.to_thread(self._tickets.make, Stage.LOCAL, binding, {"pairs": pairs})
        return _page(render_sign_in(self.base(request), authorizing.SIGN_IN, ticket, failed=False))

    async def sign_in(self, request: Request) -> Response:
        """The question of the application, where name and password are right."""
        base, form = self.base(request), dict(await self._form(request))
        if not self._development or self._provider is not None:
            raise refused(404, "oauth.off", "There is no local account here.")
        content, binding = await self._opened(request, Stage.LOCAL, form)
        wait = self._sign_ins.take(address_of(request))
        if wait > 0:
            raise too_many_requests(wait)
        name, password = form.get("name", ""), form.get("password", "")
        learner = await asyncio.to_thread(self._desk.access.sign_in_locally, name, password)
        if learner is None:
            log.info("local sign-in failed")
            page = render_sign_in(base, authorizing.SIGN_IN, form["ticket"], failed=True)
            return _page(page, status=403)
        return await self._ask(request, binding, content["pairs"], {"learner": learner})

    async def come_back(self, request: Request) -> Response:
        """The question of the application, where the provider says who came back."""
        base = self.base(request)
        if self._provider is None:
            raise refused(404, "oauth.off", "There is no provider here.")
        pairs = request.query_params.multi_items()
        given = dict(pairs)
        if len(given) < len(pairs):
            raise refused(400, "oauth.request", "A parameter comes twice.")
        binding = binding_of(request.cookies.get(self._cookie(request)))
        try:
            content = await asyncio.to_thread(self._tickets.open, Stage.PROVIDER, binding, given.get("state", ""))
            assert binding is not None, "the ticket opened"
            callback = base + authorizing.CALLBACK
            subject = await asyncio.to_thread(self._provider.subject, callback, given, content["kept"])
        except InputError as error:
            raise refused(403, error.code, error.message, hint=error.hint) from None
        mark = await asyncio.to_thread(self._desk.mark_of, self._provider.issuer, subject)
        return await self._ask(request, binding, content["pairs"], {"mark": mark})

    async def _ask(self, request: Request, binding: str, pairs: Any, account: dict[str, str]) -> Response:
        """The page that asks."""
        pairs = [(str(name), str(value)) for name, value in pairs]
        asked = await asyncio.to_thread(self.server(request).ask, pairs)
        if isinstance(asked, Answer):
            return self._failed(asked)
        content = {"pairs": pairs, "account": account}
        ticket = await asyncio.to_thread(self._tickets.make, Stage.CONSENT, binding, content)
        ends_on = (utc_now() + timedelta(days=GRANT_DAYS)).date().isoformat()
        page = render_consent(self.base(request), authorizing.DECIDE, ticket, _applicant(asked), asked.scopes, ends_on)
        return _page(page, access_policy(asked.redirect_uri))

    async def decide(self, request: Request) -> Response:
        """The way back to the application, with the learner's answer."""
        server, form = self.server(request), await self._form(request)
        given = dict(form)
        content, _ = await self._opened(request, Stage.CONSENT, given)
        pairs = [(str(name), str(value)) for name, value in content["pairs"]]
        if given.get("decision") not in ("allow", "refuse"):
            raise refused(400, "oauth.request", "Allow or refuse.")
        scopes = [value for name, value in form if name == "scope"]

        def answer() -> Answer:
            allowed = given["decision"] == "allow"
            learner = self._learner(content["account"]) if allowed and scopes else None
            return server.decide(pairs, learner, scopes)

        response = self._failed(await asyncio.to_thread(answer))
        response.delete_cookie(self._cookie(request), secure=self._secure(request), httponly=True)
        return response

    def _learner(self, account: dict[str, str]) -> str:
        """The stored learner as whom somebody signed in."""
        return account["learner"] if "learner" in account else self._desk.learner_for(account["mark"])

    async def show_about(self, request: Request) -> Response:
        """What applications may do, and what is kept."""
        return _page(render_about(self.base(request)))

    def render_page(self, request: Request, error: RefusedError) -> Response:
        """An error as a page."""
        extensions = error.error.extensions or {}
        try:
            base = self.base(request)
        except RefusedError:
            base = ""
        page = render_fault(base, error.error.message, str(extensions.get("hint") or ""))
        response = _page(page, status=error.status)
        response.headers.update(error.headers)
        return response

    # --------------------------------------------------------------------------------------------------- inside

    async def _opened(self, request: Request, stage: Stage, form: dict[str, str]) -> tuple[dict[str, Any], str]:
        """(what the ticket of a form holds, the cookie's secret). Raises RefusedError where the form is another's."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            raise refused(403, "oauth.ticket", "The form comes from another site.")
        binding = binding_of(request.cookies.get(self._cookie(request)))
        try:
            content = await asyncio.to_thread(self._tickets.open, stage, binding, form.get("ticket", ""))
        except InputError as error:
            raise refused(403, error.code, error.message, hint=error.hint) from None
        assert binding is not None, "the ticket opened"
        return content, binding

    async def _form(self, request: Request) -> list[tuple[str, str]]:
        if media_type_of(request) != _FORM:
            raise refused(415, "http.media-type", f"Send {_FORM}.")
        body = await self._body(request, FORM_BYTES)
        try:
            return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=50, errors="strict")
        except ValueError as error:
            raise refused(400, "oauth.request", "The form cannot be read.") from error

    async def _body(self, request: Request, most: int) -> bytes:
        if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise refused(415, "http.media-type", "Send the body without content encoding.")
        return await read_body(request, most)

    def _failed(self, answer: Answer) -> Response:
        """The way back to the application; a page where there is none."""
        location = answer.headers.get("Location")
        if location is not None:
            return RedirectResponse(location, 303, headers=_NO_STORE)
        told = str(answer.body.get("error_description") or answer.body.get("error") or "")
        hint = "Nothing was given to the application. Tell whoever made it what stands here."
        return _page(render_fault("", f"The application's request is not right. {told}".strip(), hint), status=400)

    def _secure(self, request: Request) -> bool:
        return self.base(request).startswith("https://")

    def _cookie(self, request: Request) -> str:
        return "__Host-headwater-access" if self._secure(request) else "headwater-access"

    def _bound(self, request: Request, binding: str, response: Response) -> Response:
        response.set_cookie(
            self._cookie(request),
            binding,
            max_age=COOKIE_SECONDS,
            secure=self._secure(request),
            httponly=True,
            samesite="lax",
        )
        return response


def provider_of(settings: Settings) -> Provider | None:
    """The provider at which learners sign in, None where none is set. Raises InputError (`settings.invalid`)."""
    if settings.oidc_issuer is None:
        return None
    loopback = settings.profile is Profile.DEVELOPMENT
    secret = settings.oidc_client_secret
    if settings.oidc_client_id is None or secret is None or not is_address(settings.oidc_issuer, loopback=loopback):
        raise InputError(
            "HEADWATER_OIDC_ISSUER is an https address, and needs HEADWATER_OIDC_CLIENT_ID and _SECRET.",
            code="settings.invalid",
            hint="docs/settings.md lists the settings.",
        )
    client_id = settings.oidc_client_id
    return Provider(settings.oidc_issuer, client_id, secret.get_secret_value(), loopback=loopback)


def render_oauth(_: Request, error: RefusedError) -> Response:
    """An error as RFC 6749 and 7591 have it."""
    detail = str((error.error.extensions or {}).get("detail"))
    word = {"oauth.redirect-uri": "invalid_redirect_uri", "oauth.metadata": "invalid_client_metadata"}.get(detail)
    if word is None:
        word = "temporarily_unavailable" if error.status in (429, 503) else "invalid_request"
    if error.status >= 500 and error.status != 503:
        word = "server_error"
    text = error.error.message.replace('"', "'").replace("\\", "/")
    body = {"error": word, "error_description": text.encode("ascii", "replace").decode()}
    return _json(body, error.status, {**_NO_STORE, **error.headers})


def _applicant(asked: Question) -> Applicant:
    described = asked.client.described
    return Applicant(
        name=asked.client.name,
        client_uri=str(described["client_uri"]),
        tos_uri=str(described["tos_uri"]),
        policy_uri=str(described["policy_uri"]),
        redirect_uri=asked.redirect_uri,
    )


def _answered(answer: Answer) -> Response:
    return _json(answer.body, answer.status, {**answer.headers, **_NO_STORE})


def _json(body: object, status: int, headers: dict[str, str]) -> Response:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return Response(orjson.dumps(body), status, kept, "application/json; charset=utf-8")


def _page(html: str, policy: str | None = None, *, status: int = 200) -> Response:
    headers = {"Content-Security-Policy": policy or access_policy(), "X-Frame-Options": "DENY", **_NO_STORE}
    return HTMLResponse(html, status, headers)
