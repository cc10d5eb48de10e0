"""The log-in of a desk that is served beyond loopback: a name for the audit trail, and one shared password."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import deque
from collections.abc import Callable

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

HOURS = 12
FAILURES, MINUTES = 8, 5
"""After so many wrong passwords within so many minutes, whoever sent them, nobody can log in for a while."""


class Login:
    """Log-in sessions in a signed cookie, and the count of wrong passwords. Without a password nobody has to log in."""

    def __init__(
        self, key: bytes, password: str, *, cookie: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        # The password is part of the salt: changing it logs everybody out.
        salt = hashlib.sha256(b"desk\0" + password.encode()).hexdigest()
        self._sessions = URLSafeTimedSerializer(key, salt=salt)
        self._password = password
        self._failures: deque[float] = deque(maxlen=FAILURES)
        self._monotonic = monotonic
        self.cookie = cookie

    @property
    def required(self) -> bool:
        return bool(self._password)

    def name(self, request: Request) -> str:
        """Return who is logged in; "" for nobody."""
        if not self.required:
            return ""
        try:
            return str(self._sessions.loads(request.cookies.get(self.cookie, ""), max_age=HOURS * 3600))
        except BadSignature:
            return ""

    @property
    def locked(self) -> bool:
        """Whether there were too many wrong passwords lately."""
        full = len(self._failures) == FAILURES
        return full and self._monotonic() - self._failures[0] < MINUTES * 60

    def check_password(self, password: str) -> bool:
        """Return whether this is the password. A wrong one is counted."""
        if hmac.compare_digest(password.encode(), self._password.encode()):
            return True
        self._failures.append(self._monotonic())
        return False

    def log_in(self, request: Request, response: Response, name: str) -> None:
        response.set_cookie(
            self.cookie,
            str(self._sessions.dumps(name)),
            max_age=HOURS * 3600,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    def log_out(self, response: Response) -> None:
        response.delete_cookie(self.cookie)
