"""Signing in at the operator's OpenID Connect provider: where a browser is sent, and what its answer proves.

The provider is the operator's own choice, so its addresses may be inside the operator's network; they are https (in
development also http to this machine), no redirect is followed, each answer has a size and a time, and the environment
has no say. Algorithms come from a list here, never from the token. Blocks; called in a thread.

Source: OpenID Connect Core 1.0, 3.1; OpenID Connect Discovery 1.0; RFC 7636, 9207.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

import httpx
import jwt
import orjson
import structlog

from ontology.errors import InputError, UnavailableError

from .client_registration import is_address

log = structlog.get_logger("headwater.sign_in")

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA")
"""By which an id_token may be signed: with a key of the provider's alone."""
ANSWER_BYTES: Final = 256 << 10
SECONDS: Final = 5.0
"""Of one exchange with the provider, to its last byte."""
KEPT_SECONDS: Final = 600
"""So long what the provider says of itself is used."""
KEYS_AGAIN_SECONDS: Final = 60
"""So often keys are asked for anew where a token names one that is not known."""
LEEWAY_SECONDS: Final = 60
SUBJECT_AT_MOST: Final = 255
"""Characters, as OpenID Connect has it."""
_SCOPE: Final = "openid"
"""Nothing but who it is: neither name nor address is asked for."""


class Provider:
    """The provider of a service."""

    def __init__(
        self, issuer: str, client_id: str, secret: str, *, loopback: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.issuer = issuer
        self._client_id, self._secret = client_id, secret
        self._loopback = loopback
        self._clock = clock
        self._lock = threading.Lock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None

    def new_secrets(self) -> dict[str, str]:
        """What a sign-in is bound to; the browser carries it sealed."""
        return {"nonce": secrets.token_urlsafe(32), "verifier": secrets.token_urlsafe(32)}

    def address(self, callback: str, state: str, kept: dict[str, str]) -> str:
        """Where the browser is sent. Raises UnavailableError where the provider does not say."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(kept["verifier"].encode()).digest()).decode().rstrip("=")
        place = self._place("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": _SCOPE,
            "state": state,
            "nonce": kept["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def subject(self, callback: str, given: dict[str, str], kept: dict[str, str]) -> str:
        """Who signed in, as the provider names them.

        Args:
            given: what the browser brought back.
            kept: the secrets of this sign-in.

        Raises InputError (`oauth.sign-in`), the same for each answer that proves nothing; UnavailableError.
        """
        if given.get("iss", self.issuer) != self.issuer:
            raise _refused("the answer is another provider's")
        if "error" in given or not given.get("code"):
            raise _refused("the provider gave no code")
        form = {
            "grant_type": "authorization_code",
            "code": given["code"],
            "redirect_uri": callback,
            "code_verifier": kept["verifier"],
        }
        status, answer = self._ask("POST", self._place("token_endpoint"), form)
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise _refused("the provider gave no id_token")
        return self._subject_of(token, kept["nonce"])

    def _subject_of(self, token: str, nonce: str) -> str:
        try:
            header = jwt.get_unverified_header(token)
            algorithm = header.get("alg")
            if algorithm not in ALGORITHMS:
                raise _refused(f"the algorithm is {str(algorithm)[:20]}")
            key = self._key(header.get("kid"), algorithm)
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[algorithm],
                audience=self._client_id,
                issuer=self.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _refused(f"the id_token is not good: {type(error).__name__}") from error
        audience = claims["aud"]
        several = isinstance(audience, list) and len(audience) > 1
        if claims.get("azp", None if several else self._client_id) != self._client_id:
            raise _refused("the id_token is for another client")
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise _refused("the id_token is of another sign-in")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_AT_MOST:
            raise _refused("the id_token names nobody")
        return subject

    def _key(self, kid: object, algorithm: str) -> jwt.PyJWK:
        """The provider's key for a token; keys are asked for again, not too often, where it is not among them."""
        for fresh in (False, True):
            fitting = []
            for each in self._key_set(fresh=fresh):
                named = kid is None or each.get("kid") == kid
                if named and each.get("use", "sig") == "sig" and each.get("alg", algorithm) == algorithm:
                    try:
                        fitting.append(jwt.PyJWK(each, algorithm=algorithm))
                    except (jwt.PyJWTError, ValueError, TypeError):
                        continue
            if len(fitting) == 1:
                return fitting[0]
        raise _refused("no key of the provider's fits")

    def _key_set(self, *, fresh: bool) -> list[dict[str, Any]]:
        with self._lock:
            kept = self._keys
        since = KEYS_AGAIN_SECONDS if fresh else KEPT_SECONDS
        if kept is not None and self._clock() - kept[0] < since:
            return kept[1]
        status, answer = self._ask("GET", self._place("jwks_uri"))
        listed = answer.get("keys")
        if status != 200 or not isinstance(listed, list):
            raise _unavailable("it has no keys")
        keys = [each for each in listed if isinstance(each, dict)]
        with self._lock:
            self._keys = (self._clock(), keys)
        return keys

    def _place(self, name: str) -> str:
        """An address of the provider's."""
        with self._lock:
            kept = self._described
        if kept is None or self._clock() - kept[0] >= KEPT_SECONDS:
            status, answer = self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if status != 200 or answer.get("issuer") != self.issuer:
                raise _unavailable("it does not describe itself, or as another one")
            kept = (self._clock(), answer)
            with self._lock:
                self._described = kept
        place = kept[1].get(name)
        if not isinstance(place, str) or not is_address(place, loopback=self._loopback):
            raise _unavailable(f"its {name} is no address")
        return place

    def _ask(self, method: str, address: str, form: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
        """(status, JSON object) of an answer. Raises UnavailableError."""
        ends = time.monotonic() + SECONDS
        body = b""
        auth = httpx.BasicAuth(_encoded(self._client_id), _encoded(self._secret)) if form is not None else None
        try:
            with (
                httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
                client.stream(
                    method, address, data=form, auth=auth, headers={"Accept": "application/json"}
                ) as response,
            ):
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > ANSWER_BYTES or time.monotonic() > ends:
                        raise _unavailable("its answer is too large, or comes too slowly")
            found = orjson.loads(body)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _unavailable(f"{type(error).__name__} at {address[:120]}") from error
        if not isinstance(found, dict):
            raise _unavailable("its answer is no object")
        return response.status_code, found


def _encoded(text: str) -> str:
    """As RFC 6749, 2.3.1 has it in the header."""
    return urlencode({"x": text})[2:]


def _refused(why: str) -> InputError:
    log.warning("sign-in refused", why=why)
    return InputError(
        "The sign-in proves nothing.", code="oauth.sign-in", hint="Go back to the application and begin again."
    )


def _unavailable(why: str) -> UnavailableError:
    log.warning("the provider does not answer as it should", why=why)
    return UnavailableError(
        "The provider at which learners sign in does not answer as it should.",
        code="oauth.provider",
        hint="Try again later.",
    )
