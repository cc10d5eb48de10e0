"""Log-in sessions: a signed cookie for twelve hours, which survives a restart and ends everywhere at log-out.

The cookie names the person and the version of their sessions; logging out raises the version in the store, so that
every cookie with the one before it is worth nothing any more.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from digest.store import desk_sessions
from digest.store.engine import Store

HOURS = 12
_VERSION_SECONDS = 2.0  # so long a version is believed, where another desk on the same store may have raised it
_MOST = 1_000  # people whose version is remembered
_LONGEST = 2_000  # characters of a cookie


class Sessions:
    """Sessions of one way to log in. `salt` changes where all sessions have to end, as with another password."""

    def __init__(
        self, store: Store, key: bytes, *, salt: str, cookie: str, now: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._signer = URLSafeSerializer(key, salt=f"desk session {hashlib.sha256(salt.encode()).hexdigest()}")
        self._now = now
        self._versions: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()
        self.cookie = cookie

    def read(self, request: Request) -> tuple[str, str] | None:
        """Return log-in and mark of the visitor's session; None if there is none or it has ended."""
        value = request.cookies.get(self.cookie, "")
        if not value or len(value) > _LONGEST:
            return None
        try:
            login, mark, version, since = self._signer.loads(value)
            in_time = 0 <= self._now() - since < HOURS * 3600
            is_whole = isinstance(login, str) and isinstance(mark, str)
        except (BadSignature, ValueError, TypeError):
            return None
        return (login, mark) if in_time and is_whole and version == self._version(login) else None

    def start(self, request: Request, response: Response, login: str, mark: str = "") -> None:
        """Log somebody in. `mark` is given back by `read`: what must not have changed meanwhile."""
        response.set_cookie(
            self.cookie,
            str(self._signer.dumps([login, mark, self._version(login), int(self._now())])),
            max_age=HOURS * 3600,
            httponly=True,
            # Links in mails to editors lead to pages of the desk. Forms need a cookie that is Strict (`FormTokens`).
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def end_all(self, response: Response, login: str) -> None:
        """End all sessions of somebody, in every browser."""
        with self._store.writing() as connection:
            version = desk_sessions.end_all(connection, _name(login))
        with self._lock:
            self._versions[login] = (version, time.monotonic())
        response.delete_cookie(self.cookie)

    def _version(self, login: str) -> int:
        with self._lock:
            known = self._versions.get(login)
        if known is not None and time.monotonic() - known[1] < _VERSION_SECONDS:
            return known[0]
        with self._store.reading() as connection:
            version = desk_sessions.version(connection, _name(login))
        with self._lock:
            if len(self._versions) >= _MOST:
                self._versions.clear()
            self._versions[login] = (version, time.monotonic())
        return version


def _name(login: str) -> str:
    """Return what the store calls somebody: no personal data."""
    return hashlib.sha256(b"desk person\0" + login.casefold().encode()).hexdigest()
