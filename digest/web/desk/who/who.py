"""Who uses the desk: one object for the way of `[desk] auth`, asked by the guard for each request."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from functools import cached_property
from typing import Literal
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from digest.errors import SettingsError
from digest.settings import Settings
from digest.settings.desk_tables import DeskRule
from digest.store.engine import Store
from digest.web.desk.who.login_limits import LoginLimits, attempt_keys
from digest.web.desk.who.one_time_tokens import OneTimeTokens
from digest.web.desk.who.passwords import is_password
from digest.web.desk.who.people import People, Person, Role
from digest.web.desk.who.proxies import Proxies, login_in_header
from digest.web.desk.who.sessions import Sessions

Way = Literal["token", "password", "header", "oidc"]
_DEVICE_SECONDS = 180 * 86_400


class Who:
    """How people log in to one desk, and who they are. `editor` is the name of whoever runs it."""

    def __init__(
        self, settings: Settings, store: Store, *, port: int, editor: str, rule_now: Callable[[], DeskRule]
    ) -> None:
        self.rule = settings.desk
        self.way = way_of(settings)
        self.editor = editor
        self._rule_now = rule_now
        self._people = People(self.rule)
        self.proxies = Proxies(self.rule.proxies)
        self.tokens = OneTimeTokens()
        self.limits = LoginLimits()
        self.announce: Callable[[str], None] = lambda _token: None  # called with each new token, once one is used
        self._password = settings.secrets.read("desk_password") if self.way == "password" else ""
        self._key = settings.secret_key
        self._port = port
        salt = f"{self.way} {self.rule.oidc_issuer} {self.rule.oidc_client_id}"
        self.sessions = Sessions(store, self._key, salt=salt, cookie=f"digest_desk_{port}")

    @property
    def people(self) -> People:
        """Whom the settings let in as they are now: whoever is taken out of the file is out at once."""
        rule = self._rule_now()
        if rule is not self._people.rule:
            self._people = People(rule)
        return self._people

    @property
    def has_sessions(self) -> bool:
        """Whether people log in and out here; otherwise the proxy sees to it."""
        return self.way != "header"

    @property
    def issuer_host(self) -> str:
        return urlsplit(self.rule.oidc_issuer).hostname or ""

    @property
    def has_shared_password(self) -> bool:
        return bool(self._password)

    def person(self, request: Request) -> Person | None:
        """Return who sends the request; None for nobody whom we know."""
        if self.way == "header":
            login = login_in_header(request.scope, self.rule.header) if self.proxies.is_proxy(request.scope) else ""
            return self.people.proven(login) if login else None
        session = self.sessions.read(request)
        return None if session is None else self._in_session(*session)

    def _in_session(self, login: str, mark: str) -> Person | None:
        if self.way == "token":
            return self.operator
        if self.way == "oidc":
            return self.people.proven(login)
        if mark != self._mark(login):
            return None
        kind, _, name = login.partition(":")
        return self.people.proven(name) if kind == "own" else self.people.typed(name)

    @property
    def operator(self) -> Person:
        """Whoever can read the terminal."""
        return Person(self.editor, self.editor, Role.APPROVER)

    def log_in(self, request: Request, response: Response, person: Person) -> None:
        login = self._session_of(person)
        self.sessions.start(request, response, login, self._mark(login))

    def log_out(self, response: Response, person: Person) -> None:
        """End all sessions of somebody."""
        self.sessions.end_all(response, self._session_of(person))

    def _session_of(self, person: Person) -> str:
        return person.login if self.way != "password" else f"{'own' if person.proven else 'typed'}:{person.login}"

    def _mark(self, login: str) -> str:
        """Return what ends a session when it changes: the password that it was begun with."""
        if self.way != "password":
            return ""
        kind, _, name = login.partition(":")
        row = self.people.row(name) if kind == "own" else None
        password = self._password if kind == "typed" else row.password if row else ""
        return hashlib.sha256(self._key + b"mark\0" + password.encode()).hexdigest()[:16] if password else "none"

    def by_password(self, name: str, password: str) -> Person | None:
        """Return who has this name and password; None for nobody. It takes as long for a name that nobody has."""
        row = self.people.row(name) or self.people.row_named(name)
        if self.people.have_passwords and is_password(password, row.password if row else "") and row:
            return self.people.proven(row.login)
        shared = self._password
        same = hmac.compare_digest(hashlib.sha256(password.encode()).digest(), hashlib.sha256(shared.encode()).digest())
        return self.people.typed(name) if shared and same else None

    def attempt(self, request: Request, name: str) -> dict[str, int]:
        """Return what an attempt to log in is counted under."""
        try:
            known = self._devices.loads(request.cookies.get(self._device_cookie, "")[:1_000])
            device = known[1] if known[0] == name.casefold() else ""
        except (BadSignature, ValueError, TypeError, IndexError, KeyError):
            device = ""
        return attempt_keys(name, self.proxies.ip(request.scope), str(device))

    def remember_device(self, request: Request, response: Response, name: str, device: str) -> None:
        """Give the browser of somebody who has logged in a count of wrong passwords of its own."""
        response.set_cookie(
            self._device_cookie,
            str(self._devices.dumps([name.casefold(), device])),
            max_age=_DEVICE_SECONDS,
            path="/login",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )

    @cached_property
    def _devices(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt="desk device")

    @property
    def _device_cookie(self) -> str:
        return f"digest_device_{self._port}"


def way_of(settings: Settings) -> Way:
    """Return how people log in. A password in the environment is meant, where the settings say nothing else."""
    if settings.desk.auth == "token" and settings.secrets.read("desk_password"):
        return "password"
    return settings.desk.auth


def check_settings(settings: Settings, *, beyond_loopback: str) -> None:
    """Refuse to serve a desk that is open to others, or that nobody can use. Raises SettingsError.

    `beyond_loopback` is the address that it listens on; "" for loopback.
    """
    rule, way = settings.desk, way_of(settings)
    if way == "token" and beyond_loopback:
        raise SettingsError(
            f"The desk would be open to everybody who can reach {beyond_loopback}.",
            'Set [desk] auth to "password", "header" or "oidc" (or DIGEST_DESK_PASSWORD), or serve it on 127.0.0.1.',
        )
    if way == "password" and not settings.secrets.read("desk_password") and not any(p.password for p in rule.people):
        raise SettingsError(
            'Nobody can log in: [desk] auth is "password", and nobody has one.',
            "Add [[desk.people]] with a password from `digest desk password`, or set DIGEST_DESK_PASSWORD.",
        )
    if way in ("header", "oidc") and not rule.people and rule.default_role == "none":
        raise SettingsError(
            f'Nobody could use the desk: [desk] auth is "{way}", and no one is let in.',
            "Add [[desk.people]] with login and role, or set [desk] default_role.",
        )
    if way == "header" and not rule.proxies:
        raise SettingsError(
            f"[desk] proxies is empty: the header {rule.header} would be believed from nobody.",
            'Name your reverse proxy, such as proxies = ["127.0.0.1/32"].',
        )
    if way == "oidc" and beyond_loopback and not rule.address:
        raise SettingsError(
            '[desk] auth is "oidc", and [desk] address is empty: the provider has to send people back there.',
            'Set [desk] address, such as "https://desk.example.org".',
        )
