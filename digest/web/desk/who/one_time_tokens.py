"""One-time tokens: whoever can read the terminal of the desk may open it, and no other user of the machine."""

from __future__ import annotations

import hashlib
import secrets
import threading
from urllib.parse import parse_qsl, urlencode, urlsplit

_MOST = 20  # tokens that wait to be used


class OneTimeTokens:
    """Tokens in memory, each for one log-in. A restart forgets them; sessions go on."""

    def __init__(self) -> None:
        self._digests: dict[bytes, None] = {}
        self._lock = threading.Lock()

    def new(self) -> str:
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._digests[_digest(token)] = None
            while len(self._digests) > _MOST:
                del self._digests[next(iter(self._digests))]
        return token

    def use(self, token: str) -> bool:
        """Return whether the token is one of ours that nobody has used; it is used up then."""
        with self._lock:
            # Looked up by its hash: how long that takes tells nothing about the tokens.
            return self._digests.pop(_digest(token), b"") is None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def token_in(text: str) -> str:
    """Return the token in what somebody pasted: a whole address or the token alone."""
    text = text.strip()[:2_000]
    try:
        return dict(parse_qsl(urlsplit(text).query)).get("token", text)
    except ValueError:
        return text


def without_token(path: str, query: str) -> str:
    """Return the path with its query, but without the token."""
    rest = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "token"]
    return path + (f"?{urlencode(rest)}" if rest else "")
