"""OpenID Connect: the code flow with PKCE, state and nonce.

/login/oidc ─▶ the provider ─▶ /login/oidc/callback?code ─▶ code for ID token ─▶ its claims prove the log-in
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from itsdangerous import BadSignature, URLSafeTimedSerializer

from digest.settings import Settings
from digest.web.desk.who.id_tokens import BadTokenError, login_in, read_id_token
from digest.web.desk.who.oidc_fetch import ProviderError, fetch_json, is_safe

CALLBACK = "/login/oidc/callback"
MINUTES = 15  # from the click on "Log in" until the provider sends the visitor back
_FRESH = 3600.0  # seconds that the provider's documents are kept
_RENEW_KEYS = 60.0  # seconds before a signature by an unknown key makes us fetch the keys again
_MOST_USED = 5_000


@dataclass(frozen=True, slots=True)
class Started:
    """A log-in on its way through the provider; it travels in a signed cookie."""

    state: str
    nonce: str
    verifier: str
    page: str  # where to go afterwards
    texts: str = ""  # which typed texts wait for it, see `WaitingTexts`


class Provider:
    """The provider of `[desk] oidc_issuer`."""

    def __init__(self, settings: Settings, *, now: Callable[[], float] = time.time) -> None:
        rule = settings.desk
        self._issuer, self._client_id, self._claim = rule.oidc_issuer, rule.oidc_client_id, rule.oidc_claim
        self._secret = settings.secrets.read("oidc_client_secret")
        self._signer = URLSafeTimedSerializer(settings.secret_key, salt="desk oidc")
        self._now = now
        self._documents: dict[str, tuple[dict[str, Any], float]] = {}
        self._used: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, page: str, texts: str, callback: str) -> tuple[str, str]:
        """Return the address to send the visitor to, and the value of the cookie that remembers them."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        started = Started(state, nonce, verifier, page, texts)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(started.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": callback,
            "scope": "openid email profile",
            "state": started.state,
            "nonce": started.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        endpoint = str(self._metadata()["authorization_endpoint"])
        url = f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
        return url, str(self._signer.dumps(list(asdict(started).values())))

    def started(self, cookie: str, state: str) -> Started | None:
        """Return the log-in that the visitor began and comes back from; None if this is another one, or used."""
        try:
            started = Started(*self._signer.loads(cookie[:4_000], max_age=MINUTES * 60))
        except (BadSignature, ValueError, TypeError):
            return None
        if not hmac.compare_digest(started.state.encode(), state.encode()):
            return None
        with self._lock:
            if state in self._used:
                return None
            self._used[state] = None
            while len(self._used) > _MOST_USED:
                self._used.popitem(last=False)
        return started

    def login(self, started: Started, code: str, issuer: str, callback: str) -> str:
        """Exchange the code for the visitor's log-in. Raises ProviderError."""
        if issuer and issuer != self._issuer:  # RFC 9207
            raise BadTokenError("The answer comes from another log-in provider.", "Log in again.")
        metadata = self._metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": started.verifier,
        }
        basic = None
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in methods:
            basic = (quote(self._client_id, safe=""), quote(self._secret, safe=""))  # RFC 6749, section 2.3.1
        else:
            form |= {"client_id": self._client_id} | ({"client_secret": self._secret} if self._secret else {})
        token = fetch_json(metadata["token_endpoint"], form=form, basic=basic).get("id_token")
        if not isinstance(token, str):
            raise ProviderError("The log-in provider sends no ID token.", "It must know the desk as an OIDC client.")
        return login_in(self._claims(token, started.nonce, metadata["jwks_uri"]), self._claim)

    def _claims(self, token: str, nonce: str, keys_url: str) -> dict[str, Any]:
        def read(keys: dict[str, Any]) -> dict[str, Any]:
            now = int(self._now())
            return read_id_token(token, keys, issuer=self._issuer, client_id=self._client_id, nonce=nonce, now=now)

        keys = self._document(keys_url, _FRESH)
        try:
            return read(keys)
        except BadTokenError:
            renewed = self._document(keys_url, _RENEW_KEYS)  # the provider may have new keys
            if renewed is keys:
                raise
            return read(renewed)

    def _metadata(self) -> dict[str, Any]:
        url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        return self._document(url, _FRESH, check=self._check_metadata)

    def _check_metadata(self, document: dict[str, Any]) -> None:
        if document.get("issuer") != self._issuer:
            raise ProviderError(
                f"The log-in provider calls itself {str(document.get('issuer'))[:200]!r}, not {self._issuer!r}.",
                "Whoever runs the desk: write [desk] oidc_issuer exactly so.",
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_safe(document.get(name)):
                raise ProviderError(f"The log-in provider has no safe {name}.", "It must start with https://.")

    def _document(
        self, url: str, fresh: float, *, check: Callable[[dict[str, Any]], None] = lambda _document: None
    ) -> dict[str, Any]:
        """Return a document, which is kept for a while unless it is refused."""
        with self._lock:
            known = self._documents.get(url)
        if known is not None and time.monotonic() - known[1] < fresh:
            return known[0]
        document = fetch_json(url)
        check(document)
        with self._lock:
            self._documents[url] = (document, time.monotonic())
        return document


class WaitingTexts:
    """Signed texts that wait, in memory, while their writer is at the provider: they are too long for a cookie."""

    _MOST, _LONGEST = 50, 400_000

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, signed: str) -> str:
        """Return the name under which the texts wait; "" if there are none."""
        if not signed or len(signed) > self._LONGEST:
            return ""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._texts[name] = signed
            while len(self._texts) > self._MOST:
                self._texts.popitem(last=False)
        return name

    def take(self, name: str) -> str:
        with self._lock:
            return self._texts.pop(name, "")
