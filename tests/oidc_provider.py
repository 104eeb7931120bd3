"""A small OpenID Connect provider over real HTTP on this machine, which tells lies where a test asks for them."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT_ID, SECRET = "headwater-test", "an invented secret"
Claims = dict[str, Any]


class OidcProvider:
    """The provider. `lie` changes claims, `sign` signs in another way, `describe` changes the description."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = "key-1"
        self.issuer = ""
        self.subject = "ada-at-the-provider"
        self.lie: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.signed
        self.describe: Callable[[dict[str, Any]], dict[str, Any]] = lambda told: told
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def signed(self, claims: Claims) -> str:
        """An id_token as it should be."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.kid})

    def sign_in(self, address: str) -> dict[str, str]:
        """What the browser brings back after the person signed in there."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def answer(self, path: str) -> tuple[int, object]:
        """Of a GET."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
            told = {name: self.issuer + place for name, place in places.items()}
            return 200, self.describe({"issuer": self.issuer, **told})
        if path == "/jwks":
            key = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [{**key, "kid": self.kid, "use": "sig", "alg": "RS256"}]}
        return 404, {}

    def exchange(self, authorization: str | None, form: dict[str, str]) -> tuple[int, object]:
        """Of a token request: the code once, to who has secret and verifier."""
        expected = base64.b64encode(f"{CLIENT_ID}:{SECRET.replace(' ', '+')}".encode()).decode()
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if authorization != f"Basic {expected}" or asked is None or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        if form.get("redirect_uri") != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": self.subject,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
        }
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(self.lie(claims))}


@contextmanager
def provider_running() -> Iterator[OidcProvider]:
    """A provider on a free port."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(*provider.exchange(self.headers.get("authorization"), form))

        def _send(self, status: int, content: object) -> None:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
