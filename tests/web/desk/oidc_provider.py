"""A little OpenID Connect provider on loopback: real HTTP, real signatures, and every fault that a test asks for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "digest", "a secret & more"


def new_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    """What the provider says and does; tests change the fields between two log-ins."""

    issuer: str = ""
    email: str = "ada@example.org"
    verified: bool = True
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    shown_keys: list[RSAKey] = field(default_factory=list)  # else `key`
    claims: dict[str, Any] = field(default_factory=dict)  # over the right ones; None takes one away
    algorithm: str = "RS256"  # or "none", "HS256"
    metadata: dict[str, Any] = field(default_factory=dict)
    endless: bool = False  # the token endpoint never ends its answer
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def documents(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        } | self.metadata

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the visitor is sent after logging in: to the desk, with a code."""
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the ID token for a code; None where the request is not right."""
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        client, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        is_client = (unquote(client), unquote(secret)) == (CLIENT, SECRET)
        if asked is None or not is_client or asked["redirect_uri"] != form["redirect_uri"]:
            return None
        if asked["code_challenge"] != challenge or asked["code_challenge_method"] != "S256":
            return None
        return {"access_token": "x", "token_type": "Bearer", "id_token": self.sign(asked["nonce"])}

    def sign(self, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "sub": "42", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": nonce}
        claims |= {"email": self.email, "email_verified": self.verified} | self.claims
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm in ("none", "HS256"):  # nothing, or the public key as if it were a secret
            body = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
            public = self.key.as_pem(private=False)
            mac = hmac.new(public, body.encode(), "sha256").digest() if self.algorithm == "HS256" else b""
            return f"{body}.{_base64(mac)}"
        return jwt.encode(header, claims, self.key, algorithms=[self.algorithm])


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, urlsplit(self.path).query
        self.provider.requests.append(path)
        if path == "/.well-known/openid-configuration":
            self._json(self.provider.documents())
        elif path == "/keys":
            self._json(KeySet(self.provider.shown_keys or [self.provider.key]).as_dict(private=False))
        elif path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize({k: v[0] for k, v in parse_qs(query).items()}))
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.provider.requests.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.provider.endless:
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(2_000):
                    self.wfile.write(b" " * 4_096)
            except OSError:
                pass
            return
        form = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.provider.token(form, self.headers.get("Authorization", ""))
        self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def _json(self, document: object, status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@contextmanager
def serve_provider() -> Iterator[Provider]:
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
