"""The authorization server: authlib's grants (authorization code with PKCE, refresh, revocation) over the stored ones.

An adapter: it gives authlib a request without a web framework and gives back a plain answer, and keeps everything in
`learner_grants` and `access_register`. Stricter than authlib where OAuth 2.1 and Open Badges 3.0 ask for it: S256,
`state`, `redirect_uri` and `scope` are always needed, no parameter twice, nothing from the query at the token endpoint.
Blocks for files; called in a thread by the routes.

Sources: RFC 6749, 7009, 7636, 8414, 9207, 9700; Open Badges 3.0, 7.1.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidGrantError,
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from graph.access_register import AccessRegister, RegisteredClient
from graph.learner_grants import ACCESS_SECONDS, Asked, Client, Found, Grants, Kind, Tokens
from graph.learner_records import Grant
from graph.learner_rules import Reader
from ontology.errors import UnauthenticatedError

from .client_registration import AUTH_METHOD, CODE, REFRESH
from .scopes import OFFLINE, SCOPES, ordered

AUTHORIZE: Final = "/oauth/authorize"
SIGN_IN: Final = "/oauth/sign-in"
CALLBACK: Final = "/oauth/callback"
DECIDE: Final = "/oauth/decide"
TOKEN: Final = "/oauth/token"  # noqa: S105 - an address
REVOKE: Final = "/oauth/revoke"
REGISTER: Final = "/oauth/register"
ABOUT: Final = "/oauth/about"
METADATA: Final = "/.well-known/oauth-authorization-server"
STATE_AT_MOST: Final = 512
QUERY_AT_MOST: Final = 4096
"""Characters of an authorization request."""
_ONCE: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_PLAIN: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*")
"""Characters that an error may repeat (RFC 6749, 4.1.2.1)."""
_STATE: Final = re.compile(r"[\x20-\x7e]+")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_BASIC: Final = re.compile(r"basic +([A-Za-z0-9+/]+={0,2}) *", re.IGNORECASE)
Pairs = Sequence[tuple[str, str]]


@dataclass(slots=True, kw_only=True)
class Answer:
    """What goes back: JSON, or a redirection."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the learner is asked."""

    client: RegisteredClient
    scopes: tuple[str, ...]
    redirect_uri: str


class AccessServer:
    """The authorization server of a data folder, under one address."""

    def __init__(self, issuer: str, register: AccessRegister, given: Grants) -> None:
        self.issuer = issuer
        self._register = register
        self._server = _Server(register, given)

    def ask(self, pairs: Pairs) -> Question | Answer:
        """What the learner is to be asked; or the answer to a request that cannot be asked.

        An answer of 302 leads back to the application; any other one is for the page, since it is not certain whose
        the address is that the request names (RFC 6749, 4.1.2.1).
        """
        request = _Request("GET", self.issuer + AUTHORIZE, pairs)
        try:
            grant = self._authorization(request, pairs)
        except OAuth2Error as error:
            return self._failed(error, request)
        return Question(
            client=grant.request.client.registered,
            scopes=tuple(grant.request.scope.split()),
            redirect_uri=grant.redirect_uri,
        )

    def decide(self, pairs: Pairs, learner: str | None, scopes: Sequence[str]) -> Answer:
        """The way back to the application, with a code for what the learner agreed to, or with the refusal.

        Args:
            learner: None: refused.
            scopes: of those that were asked for.
        """
        request = _Request("GET", self.issuer + AUTHORIZE, pairs)
        try:
            grant = self._authorization(request, pairs)
            agreed = [each for each in request.scope.split() if each in scopes]
            if not set(agreed) - {OFFLINE}:
                learner = None
            request.scope = " ".join(agreed)
            status, _, headers = grant.create_authorization_response(grant.redirect_uri, learner)
        except OAuth2Error as error:
            return self._failed(error, request)
        return self._with_issuer(Answer(status=status, body={}, headers=dict(headers)))

    def exchange(self, pairs: Pairs, authorization: str | None) -> Answer:
        """Tokens for a code or refresh token; or why not."""
        return self._answered(TOKEN, pairs, authorization, self._server.create_token_response)

    def revoke(self, pairs: Pairs, authorization: str | None) -> Answer:
        """Nothing, and what a token stood for has ended, if it stood for anything; or why not."""

        def end(request: "_Request") -> Answer:
            answer: Answer = self._server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME, request)
            return answer

        return self._answered(REVOKE, pairs, authorization, end)

    def metadata(self) -> dict[str, object]:
        """What RFC 8414 tells clients."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": self.issuer + AUTHORIZE,
            "token_endpoint": self.issuer + TOKEN,
            "registration_endpoint": self.issuer + REGISTER,
            "revocation_endpoint": self.issuer + REVOKE,
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": [CODE, REFRESH],
            "token_endpoint_auth_methods_supported": [AUTH_METHOD],
            "revocation_endpoint_auth_methods_supported": [AUTH_METHOD],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def _authorization(self, request: "_Request", pairs: Pairs) -> Any:
        """The grant, as authlib has it, of a request that was checked whole. Raises OAuth2Error."""
        named = [name for name, _ in pairs]
        plain = all(_PLAIN.fullmatch(value) for name, value in pairs if name != "state")
        size = sum(len(name) + len(value) for name, value in pairs)
        if size > QUERY_AT_MOST or not plain or any(named.count(name) > 1 for name in _ONCE):
            raise InvalidRequestError("A parameter comes twice, is too long, or has characters that it must not have.")
        # the address of an error is known from here on, where authlib finds that it is the client's
        return self._server.get_consent_grant(request)

    def _answered(self, path: str, pairs: Pairs, authorization: str | None, answer: Any) -> Answer:
        header = {"Authorization": authorization or ""} if _is_basic(authorization) else {}
        request = _Request("POST", self.issuer + path, pairs, header)
        try:
            if len({name for name, _ in pairs}) < len(pairs):
                raise InvalidRequestError("A parameter comes twice.")
            if not all(_PLAIN.fullmatch(value) for _, value in pairs):
                raise InvalidRequestError("A parameter has characters that it must not have.")
            found: Answer = answer(request)
        except OAuth2Error as error:
            found = self._server.handle_error_response(request, error)
        return found

    def _failed(self, error: Any, request: "_Request") -> Answer:
        error.state = request.payload.state
        if error.state is not None and not _STATE.fullmatch(error.state):
            error.state = None
        found: Answer = self._server.handle_error_response(request, error)
        return self._with_issuer(found)

    def _with_issuer(self, answer: Answer) -> Answer:
        """With `iss`, so that a client of several servers knows which one answers (RFC 9207)."""
        location = answer.headers.get("Location")
        if location is not None:
            answer.headers["Location"] = _with_parameters(location, [("iss", self.issuer)])
        return answer


class _Request(OAuth2Request):  # type: ignore[misc]  # authlib has no types
    """A request as authlib reads it."""

    def __init__(self, method: str, uri: str, pairs: Pairs, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(method, uri, headers=dict(headers or {}))
        self._given = dict(pairs)
        self.payload = BasicOAuth2Payload(self._given)

    @property
    def args(self) -> dict[str, str]:
        return self._given

    @property
    def form(self) -> dict[str, str]:
        return self._given


class _Client(ClientMixin):  # type: ignore[misc]
    """A registered application as authlib asks it."""

    def __init__(self, registered: RegisteredClient) -> None:
        self.registered = registered

    def get_client_id(self) -> str:
        return self.registered.id

    def get_default_redirect_uri(self) -> None:
        """None: it is always to be named (Open Badges 3.0)."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = ordered(scope or "")
        return " ".join(asked) if set(asked) <= set(self.registered.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.registered.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return self.registered.has_secret(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        del endpoint
        return method == self.registered.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.registered.grant_types


class _Proven:
    """A grant that a code or token proves, as authlib asks it."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.code_challenge = found.grant.challenge
        self.code_challenge_method = "S256"

    def get_redirect_uri(self) -> str:
        return self.found.grant.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.found.grant.scopes)

    def check_client(self, client: _Client) -> bool:
        return client.registered.id == self.found.grant.client


class _Server(AuthorizationServer):  # type: ignore[misc]
    """authlib's server with the grants that there are."""

    def __init__(self, register: AccessRegister, given: Grants) -> None:
        super().__init__(scopes_supported=list(SCOPES))
        self.register, self.given = register, given
        self.register_grant(_CodeGrant, [_Challenge(required=True)])
        self.register_grant(_RefreshGrant)
        self.register_endpoint(_Revocation)

    def query_client(self, client_id: str) -> _Client | None:
        found = self.register.find_client(client_id)
        return _Client(found) if found is not None else None

    def save_token(self, token: dict[str, object], request: _Request) -> None:
        """Nothing: it was kept when it was made, in one step with the end of what it was exchanged for."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nothing listens."""

    def create_oauth2_request(self, request: _Request) -> _Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        return Answer(status=status, body=body if isinstance(body, dict) else {}, headers=dict(headers))


class _Challenge(CodeChallenge):  # type: ignore[misc]
    """PKCE, always, with S256."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        data = grant.request.payload.data
        state, challenge = data.get("state"), data.get("code_challenge")
        if not state or len(state) > STATE_AT_MOST or not _STATE.fullmatch(state):
            raise InvalidRequestError(f"'state' is needed: 1 to {STATE_AT_MOST} printable characters.")
        if data.get("code_challenge_method") != "S256" or not challenge or not _CHALLENGE.fullmatch(challenge):
            raise InvalidRequestError("'code_challenge' with 'code_challenge_method' S256 is needed.")
        if data.get("response_mode", "query") != "query":
            raise InvalidRequestError("'response_mode' is query.")
        if "request" in data or "request_uri" in data:
            raise InvalidRequestError("Request objects are not read.")
        if not grant.request.scope or grant.request.scope == OFFLINE:
            raise InvalidScopeError
        super().validate_code_challenge(grant, redirect_uri)


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)

    def create_authorization_response(self, redirect_uri: str, grant_user: str | None) -> tuple[int, str, list[Any]]:
        request = self.request
        if grant_user is None:
            return super().create_authorization_response(redirect_uri, None)  # type: ignore[no-any-return]
        registered = request.client.registered
        asked = Asked(
            scopes=tuple(request.scope.split()),
            redirect_uri=redirect_uri,
            challenge=request.payload.data["code_challenge"],
        )
        code = self.server.given.give(grant_user, Client(id=registered.id, name=registered.name), asked)
        answer = [("code", code), ("scope", request.scope), ("state", request.payload.state)]
        return 302, "", [("Location", _with_parameters(redirect_uri, answer))]

    def query_authorization_code(self, code: str, client: _Client) -> _Proven | None:
        return _find(self.server.given, Kind.CODE, code, client)

    def authenticate_user(self, authorization_code: _Proven) -> str:
        return authorization_code.found.learner

    def delete_authorization_code(self, authorization_code: _Proven) -> None:
        """Nothing: it was spent when the token was made."""

    def generate_token(
        self, user: str | None = None, scope: str | None = None, include_refresh_token: bool = True, **_: object
    ) -> dict[str, object]:
        grant: Grant = self.request.authorization_code.found.grant
        with_refresh = include_refresh_token and OFFLINE in grant.scopes
        tokens = _redeem(self.server.given, Kind.CODE, self.request.form["code"], None, with_refresh=with_refresh)
        self.server.register.note_use(grant.client)
        return tokens


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Proven | None:
        return _find(self.server.given, Kind.REFRESH, refresh_token, self.request.client)

    def authenticate_user(self, refresh_token: _Proven) -> str:
        return refresh_token.found.learner

    def revoke_old_credential(self, refresh_token: _Proven) -> None:
        """Nothing: it was spent when the new one was made."""

    def generate_token(self, user: str | None = None, scope: str | None = None, **_: object) -> dict[str, object]:
        text = self.request.form["refresh_token"]
        scopes = ordered(scope or "")
        if not scopes:
            raise InvalidScopeError
        return _redeem(self.server.given, Kind.REFRESH, text, scopes, with_refresh=True)


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = (AUTH_METHOD,)

    def query_token(self, token_string: str, token_type_hint: str | None) -> _Proven | None:
        kinds = (Kind.REFRESH, Kind.ACCESS)
        found = (self.server.given.find(kind, token_string) for kind in kinds)
        proven = next((each for each in found if each is not None), None)
        return _Proven(proven) if proven is not None else None

    def revoke_token(self, token: _Proven, request: _Request) -> None:
        grant = token.found.grant
        by = Reader(who=f"client {grant.client}", own=True, purpose="revocation")
        self.server.given.revoke(token.found.learner, grant.id, by)


def _find(given: Grants, kind: Kind, text: str, client: _Client) -> _Proven | None:
    """What a code or token proves to this client; another client's is none."""
    found = given.find(kind, text)
    return _Proven(found) if found is not None and found.grant.client == client.registered.id else None


def _redeem(
    given: Grants, kind: Kind, text: str, scopes: Sequence[str] | None, *, with_refresh: bool
) -> dict[str, object]:
    try:
        tokens: Tokens = given.redeem(kind, text, scopes=scopes, with_refresh=with_refresh)
    except UnauthenticatedError:
        raise InvalidGrantError from None
    shown: dict[str, object] = {
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "scope": " ".join(tokens.scopes),
    }
    return shown | ({"refresh_token": tokens.refresh} if tokens.refresh is not None else {})


def _is_basic(authorization: str | None) -> bool:
    """Whether a header is one that authlib reads without failing."""
    found = _BASIC.fullmatch(authorization or "")
    if found is None:
        return False
    try:
        return ":" in base64.b64decode(found[1], validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return False


def _with_parameters(address: str, parameters: Pairs) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"
